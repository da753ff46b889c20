"""Rotation of the pseudonyms' key: every kept pseudonym is made again with the new key, from the originals in the vault.

Only the pseudonym columns of `rows.parquet` change, and the manifest's `rows_sha256` and `hmac_key_id`. Half a rotation would give
figures that are wrong and look right (the same person under two names), so nothing of the lake changes before every original was
read and its new rows lie on the disk; from then on a marker in the lake says that a rotation is under way: nothing is built and no
export with pseudonyms is received until it is finished, by the same command. A version whose original left the vault at the end
of its retention keeps its pseudonyms under the old key; which ones is kept in `lake/_log/rotations`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from ingest.checks.bench import Door
from ingest.checks.delivery import check_delivery
from ingest.contract import Contract
from ingest.evolution import contract_of
from ingest.landing import ROW_GROUP, manifests_as_landed
from ingest.privacy import vault
from ingest.privacy.keys import HMAC_KEY_FILE, hmac_key, key_file, make_key, write_key
from ingest.privacy.retention import end_of_retention
from ingest.readers import read
from ingest.reading import Limits, RefusedFile
from pamga import seals
from pamga.backup.acts import keep_acts
from pamga.documents.deliveries import Manifest
from pamga.documents.log import ChangedManifest, KeptPseudonyms, RehashedVersion, Rotation, RotationPlan
from pamga.errors import PamgaError, UsageError
from pamga.keys import kept_key
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.storage import (
    exclusive_lock,
    make_folder,
    private_folder,
    remove_durably,
    sha256_bytes,
    sha256_file,
    sync,
    write_atomically,
    write_once,
)  # fmt: skip

NEXT_KEY_FILE = "hmac.key.next"
STAGED = "rotation"
"""Folder of PAMGA_DATA in which the new rows wait until all of them are there."""


@dataclass(frozen=True)
class Rotated:
    """What a rotation came to: the deliveries that were hashed again, and those that were kept under their old key because their
    original left the vault at the end of its retention."""

    hmac_key_id: str
    deliveries: list[str]
    kept: list[str]


def rotate(settings: Settings) -> Rotated:
    """Replace the key of the pseudonyms.

    Raises UsageError when PAMGA_HMAC_KEY is set and PAMGA_HMAC_KEY_NEXT is not, PamgaError when an original is missing before its
    time: then nothing was changed. Called again after a kill it finishes what was begun.
    """
    layout = settings.layout
    with exclusive_lock(layout.rotation_lock):
        new = _next_key(settings)
        begun = RotationPlan.if_there(layout.rotation)
        if begun is None or begun.due:
            write_atomically(layout.rotation, _prepare(settings, new).content())
        plan = RotationPlan.read(layout.rotation)
        if plan.hmac_key_id != key_id(new):
            raise UsageError(
                f"A rotation to the key {plan.hmac_key_id} was begun and not finished.",
                "Give that key again to finish it.",
            )
        for version in plan.versions:
            _replace(settings, version, plan.hmac_key_id)
        if plan.versions or plan.kept:
            _record(settings, plan)
        if settings.hmac_key is None:
            write_key(key_file(settings, HMAC_KEY_FILE), new.decode())
        remove_durably(layout.rotation)
        if settings.hmac_key is None:
            remove_durably(key_file(settings, NEXT_KEY_FILE))  # one that came back would be the next rotation's new key
        shutil.rmtree(layout.root / STAGED, ignore_errors=True)
        keep_acts(settings)
        kept = [entry.name for entry in plan.kept]
        return Rotated(plan.hmac_key_id, [version.name for version in plan.versions], kept)


def _next_key(settings: Settings) -> bytes:
    if settings.hmac_key_next is not None:
        return settings.hmac_key_next.get_secret_value().encode()
    begun, present = RotationPlan.if_there(settings.layout.rotation), _present_key(settings)
    if begun is not None and present is not None and key_id(present) == begun.hmac_key_id:
        return present  # it was put in its place already, or a restore brought back pseudonyms of the key before
    if settings.hmac_key is not None:
        raise UsageError("PAMGA_HMAC_KEY comes from the environment.", "Give the new key in PAMGA_HMAC_KEY_NEXT.")
    hmac_key(settings)  # the present key must be there, or there is nothing to rotate
    return make_key(key_file(settings, NEXT_KEY_FILE)).encode()


def _present_key(settings: Settings) -> bytes | None:
    if settings.hmac_key is not None:
        return settings.hmac_key.get_secret_value().encode()
    path = key_file(settings, HMAC_KEY_FILE)
    return kept_key(path).encode() if path.exists() else None


def _prepare(settings: Settings, key: bytes) -> RotationPlan:
    """Make the new rows of every version and put them on the disk beside the lake; nothing of the lake changes."""
    folder = settings.layout.root / STAGED
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    versions, kept, lost = [], [], []
    for manifest in manifests_as_landed(settings.layout):
        if manifest.hmac_key_id in (None, key_id(key)) or manifest.state == "rejected":
            continue
        if vault.object_path(settings.layout.vault, manifest.sha256).exists():
            versions.append(_hash_again(settings, manifest, key, folder))
        elif date.fromisoformat(manifest.received_on) <= end_of_retention(settings):
            kept.append(KeptPseudonyms(name=_name(manifest), hmac_key_id=str(manifest.hmac_key_id)))
        else:
            lost.append(_name(manifest))
    if lost:
        raise PamgaError(
            f"The vault lacks originals that it should still hold, so nothing was rotated: {', '.join(lost)}.",
            "Restore the vault from its backup and rotate again.",
        )
    _refuse_former(settings, versions)
    sync(folder)
    return RotationPlan(
        format=RotationPlan.FORMAT,
        fecha=settings.today.isoformat(),
        hmac_key_id=key_id(key),
        versions=versions,
        kept=sorted(kept, key=lambda entry: entry.name),
    )


def _name(manifest: Manifest) -> str:
    return f"{manifest.dependencia}/{manifest.export}_{manifest.trimestre} v{manifest.version}"


def _hash_again(settings: Settings, manifest: Manifest, key: bytes, into: Path) -> RehashedVersion:
    folder = settings.layout.version_of(manifest)
    contract = contract_of(settings.layout, manifest)
    with private_folder() as private:
        target = private / ("original" + Path(manifest.archivo).suffix)
        original = vault.take_out(settings, manifest.sha256, target)
        door = Door(manifest.dependencia, manifest.archivo, date.fromisoformat(manifest.received_on), key)
        try:
            again = check_delivery(read(original, contract, Limits.of(settings)), contract, door).rows
        except RefusedFile:  # what was read when it came is refused by the rules of today
            raise _other_rows(_name(manifest)) from None
    rows = _with_new_pseudonyms(contract, pl.read_parquet(folder / "rows.parquet"), again)
    named = RehashedVersion(
        export=manifest.export, trimestre=manifest.trimestre, dependencia=manifest.dependencia, version=manifest.version,
        rows_sha256="", before=sha256_file(folder / "manifest.json"), after="",
    )  # fmt: skip
    path = into / named.staged
    rows.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, statistics=True)
    sync(path)
    rows_sha256 = sha256_file(path)
    after = sha256_bytes(_rehashed(manifest, rows_sha256, key_id(key)).content())
    return named.model_copy(update={"rows_sha256": rows_sha256, "after": after})


def _rehashed(manifest: Manifest, rows_sha256: str, new_id: str) -> Manifest:
    return manifest.model_copy(update={"rows_sha256": rows_sha256, "hmac_key_id": new_id})


def _replace(settings: Settings, version: RehashedVersion, new_id: str) -> None:
    """Put the waiting rows in the place of the old ones; done already where the manifest names the new key."""
    folder = settings.layout.version_of(version)
    manifest = Manifest.read(folder / "manifest.json")
    if manifest.hmac_key_id == new_id:
        return
    staged = settings.layout.root / STAGED / version.staged
    write_atomically(folder / "rows.parquet", staged.read_bytes())
    changed = _rehashed(manifest, version.rows_sha256, new_id)
    write_atomically(folder / "manifest.json", changed.content())


def _record(settings: Settings, plan: RotationPlan) -> None:
    layout = settings.layout
    paths = [(layout.version_of(v) / "manifest.json").relative_to(layout.lake).as_posix() for v in plan.versions]
    changed = [
        ChangedManifest(path=path, before=version.before, after=version.after)
        for path, version in zip(paths, plan.versions, strict=True)
    ]
    entry = Rotation(fecha=plan.fecha, hmac_key_id=plan.hmac_key_id, kept=plan.kept, manifests=changed)
    folder, number = settings.layout.log / "rotations", 1
    while (path := folder / _object_name(plan.hmac_key_id, number)).exists() and path.read_bytes() != entry.content():
        number += 1  # to the same key again: something was received under the old one since
    write_once(path, entry.content())


def _object_name(key: str, number: int) -> str:
    return f"{key}.json" if number == 1 else f"{key}-{number}.json"


def _refuse_former(settings: Settings, versions: list[RehashedVersion]) -> None:
    """A key that was rotated away may be known to others; and seals could not tell what is of today from what was before."""
    layout, changed = settings.layout, seals.rotated(settings)
    for version in versions:
        path = (layout.version_of(version) / "manifest.json").relative_to(layout.lake).as_posix()
        if version.after in changed.get(path, {}):
            raise UsageError(
                "The new key was the pseudonyms' key before, and was rotated away: nothing was rotated.",
                "Make a new one with `openssl rand -hex 32`.",
            )


def _with_new_pseudonyms(contract: Contract, kept: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """The kept rows with the pseudonyms of the same file rows, made with the new key."""
    names = [column.nombre for column in contract.columnas if column.seudonimo]
    joined = kept.select("fila").join(again.select("fila", *names), on="fila", how="left", maintain_order="left")
    for name in names:
        if joined[name].is_null().ne(kept[name].is_null()).any():
            raise _other_rows(contract.export)
    return kept.with_columns(joined.select(names))


def _other_rows(name: str) -> PamgaError:
    return PamgaError(
        f"{name}: the original no longer gives the rows that were accepted.",
        "Its contract, or how it is read, changed since; deliver the file again with the new key, then rotate.",
    )
