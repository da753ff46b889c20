"""Lays public files out as the deliveries that they are, byte for byte: those that the contracts name."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.contract import Contract, load_contracts
from pamga.errors import UsageError
from pamga.quarter import Quarter


def public_files() -> dict[str, Contract]:
    """File of the source folder -> the contract of the delivery that it is."""
    return {contract.archivo_publico: contract for contract in load_contracts().values() if contract.archivo_publico}


def lay_out(source: Path, inbox: Path, trimestre: str = "2026T3") -> list[Path]:
    """Copy the public files from `source` into `inbox` under their names as deliveries of `trimestre`.

    The bytes are the source's own. Returns the files written, sorted. Raises UsageError when a file is missing or
    `trimestre` is not a quarter.
    """
    try:
        quarter = Quarter.parse(trimestre)
    except ValueError as error:
        raise UsageError(str(error)) from error
    files = public_files()
    missing = sorted(name for name in files if not (source / name).is_file())
    if missing:
        raise UsageError(
            f"{source} lacks {', '.join(missing)}.", "Give the folder that holds the files that the contracts name."
        )
    written = []
    for name, contract in files.items():
        target = inbox / contract.dependencias[0] / f"{contract.export}_{quarter}{Path(name).suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
        written.append(target)
    return sorted(written)
