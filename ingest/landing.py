"""Landing: a judged delivery becomes an immutable version in the lake (docs/interfaces.md, 'Delivery in the lake')."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ingest.checks.delivery import Checked
from ingest.checks.rejects import REJECTS, reject_counts
from ingest.contract import Contract, load_contract
from ingest.privacy.masks import mask_quoted, mask_title
from ingest.reading import POLARS_TYPES
from pamga.documents.deliveries import Manifest
from pamga.layout import MANIFESTS, Layout
from pamga.receipt_days import as_corrected
from pamga.standing import set_aside_now, standing_versions
from pamga.storage import sha256_file, staged_folder

HELD = "held"
"""State of a version that waits for a second word of its office: kept, and not standing."""
ROW_GROUP = 2048 * 60  # a multiple of 2,048, so that equal rows give equal bytes
_VERSION_FOLDER = re.compile(r"version=(\d{4,})")


@dataclass(frozen=True)
class Identity:
    """One export of one department for one quarter."""

    export: str
    trimestre: str
    dependencia: str

    def folder(self, layout: Layout) -> Path:
        return layout.delivery(self.export, self.trimestre, self.dependencia)


@dataclass(frozen=True)
class Facts:
    """What is known of a file besides what its rows come to: fields of its manifest."""

    archivo: str
    sha256: str
    bytes: int
    received_on: str
    dropped_on: str
    example: bool
    understood: dict[str, Any]
    contract_sha256: str
    hmac_key_id: str | None


def versions(layout: Layout, identity: Identity) -> list[Manifest]:
    """Manifests of all versions of a delivery, oldest first. A folder without manifest does not exist."""
    folders = _version_folders(layout, identity)
    landed = Manifest.all_in(path / "manifest.json" for _, path in folders if (path / "manifest.json").exists())
    return as_corrected(layout, landed)


def _version_folders(layout: Layout, identity: Identity) -> list[tuple[int, Path]]:
    folder = identity.folder(layout)
    if not folder.exists():
        return []
    return sorted((int(match[1]), path) for path in folder.iterdir() if (match := _VERSION_FOLDER.fullmatch(path.name)))


def next_version(layout: Layout, identity: Identity) -> int:
    """The number of the next version; that of a folder without manifest is not used again."""
    return max((number for number, _ in _version_folders(layout, identity)), default=0) + 1


def standing(layout: Layout, manifests: list[Manifest]) -> Manifest | None:
    """Of the versions of one delivery the one that stands now, if any does."""
    return next(iter(standing_versions(manifests, set_aside_now(layout, manifests)).values()), None)


def quarters_of(layout: Layout, identity: Identity) -> list[str]:
    """Quarters for which this export of this department has a folder in the lake, oldest first."""
    export = identity.folder(layout).parent.parent
    folders = export.glob(f"trimestre=*/{identity.folder(layout).name}") if export.is_dir() else ()
    return sorted(folder.parent.name.partition("=")[2] for folder in folders)


def as_contract(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The rows of an older version under the contract's present columns: renamed ones under their new name, added ones null
    (docs/contracts.md). A value that does not fit a new type is null."""
    columns = []
    for name, sql_type in contract.lake_columns.items():
        earlier = contract.column(name).antes if name in contract.names else ()
        origin = next((other for other in (name, *earlier) if other in rows.columns), None)
        kind = POLARS_TYPES[sql_type]
        column = pl.lit(None, dtype=kind) if origin is None else pl.col(origin).cast(kind, strict=False)
        if origin is not None and kind == pl.String() and rows.schema[origin].is_decimal():
            column = column.str.strip_chars_end("0").str.strip_chars_end(".")
        columns.append(column.alias(name))
    return rows.select(columns)


def all_manifests(layout: Layout) -> list[Manifest]:
    """Manifests of every version of every delivery, by identity and version, with their days as they were corrected since."""
    return as_corrected(layout, manifests_as_landed(layout))


def manifests_as_landed(layout: Layout) -> list[Manifest]:
    """The same, as their files say them."""
    paths = layout.lake.glob(MANIFESTS)
    return sorted(Manifest.all_in(paths), key=lambda m: (m.dependencia, m.export, m.trimestre, m.version))


def empty_rows(contract: Contract) -> pl.DataFrame:
    """No rows, with the contract's lake types."""
    return pl.DataFrame(schema={name: POLARS_TYPES[kind] for name, kind in contract.lake_columns.items()})


def empty_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema=REJECTS)


def refused_checked(contract: Contract) -> Checked:
    """What a file refused whole comes to: nothing read."""
    return Checked(empty_rows(contract), empty_rejects(), 0, 0, 0, 0)


def manifest_of(identity: Identity, facts: Facts, checked: Checked, reasons: list[str]) -> Manifest:
    """The manifest of a version but for its number (0 until it lands) and the hashes of its files. What it quotes of the file holds nothing
    personal."""
    people = load_contract(identity.export).has_personal
    known = facts.__dict__ | {"understood": _repeated(facts.understood)}
    return Manifest(
        format=Manifest.FORMAT,
        export=identity.export,
        trimestre=identity.trimestre,
        dependencia=identity.dependencia,
        version=0,
        restored_from=None,
        **known,
        state="rejected" if reasons else state_of(bool(checked.rejects.height)),
        stands=not reasons and (checked.accepted > 0 or checked.rows_read == 0),
        rows_read=checked.rows_read,
        accepted=checked.accepted,
        quarantined=checked.quarantined,
        out_of_scope=checked.out_of_scope,
        rejects_by_rule=reject_counts(checked.rejects),
        reasons=[mask_quoted(reason, people) for reason in reasons],
        notes=[mask_quoted(note, people) for note in checked.notes],
        replaces=None,
        doubts=[],
        interpreted=checked.interpreted,
        corrects=None,
    )


def _repeated(understood: dict[str, Any]) -> dict[str, Any]:
    sheet = understood.get("hoja")
    return understood | {"hoja": mask_title(str(sheet))} if sheet else understood


def state_of(has_rejects: bool) -> str:
    """State of a version of which rows were taken."""
    return "accepted_with_rejects" if has_rejects else "accepted"


def land(layout: Layout, identity: Identity, manifest: Manifest, checked: Checked) -> Manifest:
    """Write the next version in one rename; returns the manifest as written. Raises FileExistsError when another receiver
    landed that version meanwhile."""
    number = next_version(layout, identity)
    final = layout.version(identity.export, identity.trimestre, identity.dependencia, number)
    with staged_folder(final) as folder:
        written = manifest.model_copy(update={"version": number, **write_tables(folder, checked)})
        (folder / "manifest.json").write_bytes(written.content())
    return written


def write_tables(folder: Path, checked: Checked) -> dict[str, str]:
    """Write rows.parquet and rejects.parquet; returns their hashes as the manifest names them."""
    hashes = {}
    for name, frame in (("rows", checked.rows), ("rejects", checked.rejects)):
        path = folder / f"{name}.parquet"
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, statistics=True)
        hashes[f"{name}_sha256"] = sha256_file(path)
    return hashes
