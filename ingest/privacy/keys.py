"""The two keys of the installation: from the settings, or made on first use in the embedded default (mode 0600)."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from pamga.errors import UsageError
from pamga.keys import UnusableKey, kept_key
from pamga.sealing import key_of_hex
from pamga.settings import Settings
from pamga.storage import make_folder, write_atomically, write_once

HMAC_KEY_FILE = "hmac.key"
VAULT_KEY_FILE = "vault.key"


def hmac_key(settings: Settings) -> bytes:
    """Key of the pseudonyms. Raises UsageError when keys are required and PAMGA_HMAC_KEY is not set."""
    given = settings.hmac_key.get_secret_value() if settings.hmac_key else None
    return (given or _kept_key(settings, HMAC_KEY_FILE, "PAMGA_HMAC_KEY")).encode()


def vault_key(settings: Settings) -> bytes:
    """256-bit key of the vault. Raises UsageError when it is not 64 hex digits, or required and absent."""
    given = settings.vault_key.get_secret_value() if settings.vault_key else None
    text = given or _kept_key(settings, VAULT_KEY_FILE, "PAMGA_VAULT_KEY")
    return key_of_hex(text, "PAMGA_VAULT_KEY")


def key_file(settings: Settings, name: str) -> Path:
    return settings.layout.keys / name


def write_key(path: Path, text: str) -> None:
    """Replace a key file in one step, readable by the owner only."""
    make_folder(path.parent, mode=0o700)
    write_atomically(path, f"{text}\n".encode(), mode=0o600)


def _kept_key(settings: Settings, name: str, variable: str) -> str:
    path = key_file(settings, name)
    if path.exists():
        return _read(path)
    if settings.require_keys:
        raise UsageError(f"{variable} is not set and PAMGA_REQUIRE_KEYS forbids to make one.", f"Set {variable}.")
    return make_key(path)


def make_key(path: Path) -> str:
    """The key kept in `path`, made when it is not there yet; of two processes that make it at once, both get the same."""
    if not path.exists():
        make_folder(path.parent, mode=0o700)
        with suppress(FileExistsError):
            write_once(path, f"{secrets.token_hex(32)}\n".encode(), mode=0o600)
    return _read(path)


def _read(path: Path) -> str:
    try:
        return kept_key(path)
    except UnusableKey as unusable:
        raise UsageError(str(unusable)) from None
