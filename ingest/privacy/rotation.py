"""Rotation of the pseudonyms' key: every kept pseudonym is made again with the new key, from the originals in the vault.

Only the pseudonym columns of `rows.parquet` change, and the manifest's `rows_sha256` and `hmac_key_id`. A rotation that was
interrupted is taken up where it stopped: a version whose manifest names the new key is done.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ingest.checks.delivery import Door, check_delivery
from ingest.contract import Contract, load_contract
from ingest.landing import ROW_GROUP, Identity, all_manifests
from ingest.privacy import vault
from ingest.privacy.keys import HMAC_KEY_FILE, hmac_key, key_file, key_id, make_key, write_key
from ingest.readers import read
from ingest.reading import Limits
from pamga.errors import PamgaError, UsageError
from pamga.settings import Settings
from pamga.storage import canonical_json, exclusive_lock, sha256_file, write_atomically

NEXT_KEY_FILE = "hmac.key.next"


def rotate(settings: Settings) -> dict[str, Any]:
    """Replace the key of the pseudonyms. Returns `hmac_key_id` and the `deliveries` that were hashed again.

    Raises UsageError when PAMGA_HMAC_KEY is set and PAMGA_HMAC_KEY_NEXT is not, PamgaError when an original is missing.
    """
    with exclusive_lock(settings.layout.locks / "rotation.lock"):
        new = _next_key(settings)
        done = [
            f"{m['dependencia']}/{m['export']}_{m['trimestre']} v{m['version']}"
            for m in all_manifests(settings.layout)
            if m["hmac_key_id"] not in (None, key_id(new)) and m["state"] != "rejected"
            if _hash_again(settings, m, new)
        ]
        if settings.hmac_key is None:
            write_key(key_file(settings, HMAC_KEY_FILE), new.decode())
            key_file(settings, NEXT_KEY_FILE).unlink(missing_ok=True)
        return {"hmac_key_id": key_id(new), "deliveries": done}


def _next_key(settings: Settings) -> bytes:
    if settings.hmac_key_next is not None:
        return settings.hmac_key_next.get_secret_value().encode()
    if settings.hmac_key is not None:
        raise UsageError("PAMGA_HMAC_KEY comes from the environment.", "Give the new key in PAMGA_HMAC_KEY_NEXT.")
    hmac_key(settings)  # the present key must be there, or there is nothing to rotate
    return make_key(key_file(settings, NEXT_KEY_FILE)).encode()


def _hash_again(settings: Settings, manifest: dict[str, Any], key: bytes) -> bool:
    identity = Identity(manifest["export"], manifest["trimestre"], manifest["dependencia"])
    name = f"{identity.export}-{identity.trimestre}-{identity.dependencia}.lock"
    folder = settings.layout.version(identity.export, identity.trimestre, identity.dependencia, manifest["version"])
    contract = load_contract(identity.export)
    with exclusive_lock(settings.layout.locks / name), tempfile.TemporaryDirectory(prefix="pamga-") as private:
        original = vault.take_out(
            settings, manifest["sha256"], Path(private) / ("original" + Path(manifest["archivo"]).suffix)
        )
        door = Door(identity.dependencia, manifest["archivo"], date.fromisoformat(manifest["received_on"]), key)
        again = check_delivery(read(original, contract, Limits.of(settings)), contract, door).rows
        rows = _with_new_pseudonyms(contract, pl.read_parquet(folder / "rows.parquet"), again)
        temporary = folder / ".tmp-rows.parquet"
        rows.write_parquet(
            temporary, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, statistics=True
        )
        temporary.replace(folder / "rows.parquet")
        changed = manifest | {"rows_sha256": sha256_file(folder / "rows.parquet"), "hmac_key_id": key_id(key)}
        write_atomically(folder / "manifest.json", canonical_json(changed))
    return True


def _with_new_pseudonyms(contract: Contract, kept: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """The kept rows with the pseudonyms of the same file rows, made with the new key."""
    names = [column.nombre for column in contract.columnas if column.seudonimo]
    joined = kept.select("fila").join(again.select("fila", *names), on="fila", how="left", maintain_order="left")
    for name in names:
        if joined[name].is_null().ne(kept[name].is_null()).any():
            raise PamgaError(
                f"{contract.export}: the original no longer gives the rows that were accepted.",
                "Its contract changed since; deliver the file again with the new key, then rotate.",
            )
    return kept.with_columns(joined.select(names))
