"""The keys of the pseudonyms and of the vault."""

from __future__ import annotations

from collections.abc import Iterator

from operation.doctor.found import FAIL, OK, WARN, Found
from pamga.documents.deliveries import Manifest
from pamga.keys import kept_key, key_bytes, weakness
from pamga.layout import MANIFESTS
from pamga.sealing import key_id, key_id_of
from pamga.settings import Settings


def keys(settings: Settings) -> Iterator[Found]:
    """Form and strength (the settings refuse bad ones before this), and whether they are those that the lake and the vault were made with."""
    given = {
        "hmac": settings.hmac_key.get_secret_value() if settings.hmac_key else _kept(settings, "hmac.key"),
        "vault": settings.vault_key.get_secret_value() if settings.vault_key else _kept(settings, "vault.key"),
    }
    for name, key in given.items():
        variable = f"PAMGA_{name.upper()}_KEY"
        if key is None and settings.require_keys:
            yield Found(FAIL, f"{variable} is not set.", f"Set {variable} (or {variable}_FILE).")
        elif key is None:
            yield Found(
                WARN,
                f"{variable} is not set: the first delivery makes one in {settings.layout.keys}.",
                f"In production set {variable} and PAMGA_REQUIRE_KEYS=true.",
            )
        elif name == "vault" and key_bytes(key) is None:
            yield Found(
                FAIL,
                f"{variable} is not 64 hex digits.",
                f"Put the right {settings.layout.keys / 'vault.key'} back: without it the originals do not open.",
            )
        elif weakness(key):
            yield Found(
                FAIL,
                f"{variable} is too weak: {weakness(key)}.",
                "Make one with `openssl rand -hex 32` and run `pamga rotate-key` (hmac).",
            )
    used = {
        "hmac": _newest_of_lake(settings),
        "vault": next((key_id_of(path) for path in settings.layout.vault.glob("*/*.enc")), None),
    }
    for name, identity in used.items():
        key = given[name]
        bits = key_bytes(key or "") if name == "vault" else (key or "").encode()
        ours = key_id(bits) if bits else None
        if identity and ours != identity:
            yield Found(
                FAIL,
                f"PAMGA_{name.upper()}_KEY is {ours or 'not here'}, and what is kept was made with {identity}.",
                "Give the key of before: with another one the vault does not open and the same people become others.",
            )
        elif key and not weakness(key):
            yield Found(OK, f"PAMGA_{name.upper()}_KEY is strong" + (" and fits what is kept." if identity else "."))


def _kept(settings: Settings, name: str) -> str | None:
    path = settings.layout.keys / name
    return kept_key(path) if path.exists() else None


def _newest_of_lake(settings: Settings) -> str | None:
    """The key of the pseudonyms that landed last."""
    manifests = settings.layout.lake.glob(MANIFESTS)
    known = [m for m in map(Manifest.read, manifests) if m.hmac_key_id]
    return max(known, key=lambda m: (m.received_on, m.version)).hmac_key_id if known else None
