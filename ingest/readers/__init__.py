"""Readers: a dropped file becomes a `Reading`, the contract's columns as a person sees them. Nothing is judged here.

What a file is, its content says; a name that says otherwise is noted. Every file is taken as hostile: see `guard`.
"""

from __future__ import annotations

from pathlib import Path

from ingest.contract import Contract
from ingest.readers.guard import Kind, first_look
from ingest.reading import Limits, Reading, RefusedFile

__all__ = ["read"]


def read(path: Path, contract: Contract, limits: Limits) -> Reading:
    """Read one dropped file.

    Raises RefusedFile with Spanish reasons when it cannot be taken as a whole: not a file of a known kind, beyond the
    limits, damaged, or without an obligatory column. What a parser did not foresee may raise anything; the receiver refuses
    that file too.
    """
    kind = first_look(path, limits)
    if contract.formato.disposicion == "geojson" and kind is not Kind.GEOJSON:
        raise RefusedFile("Esta entrega lleva geometrías: debe ser un archivo GeoJSON.")
    try:
        return _read(kind, path, contract, limits)
    except (MemoryError, RecursionError):
        raise RefusedFile(
            "El archivo pide más memoria de la que puede tener una entrega. Divídalo o simplifíquelo."
        ) from None


def _read(kind: Kind, path: Path, contract: Contract, limits: Limits) -> Reading:
    """Each reader is imported when it is needed: a CSV does not load the libraries of maps."""
    if kind is Kind.GEOJSON:
        from ingest.readers.geojson import read_geojson

        return read_geojson(path, contract, limits)
    if kind is Kind.TEXT:
        from ingest.readers.text import read_text

        return read_text(path, contract, limits)
    from ingest.readers.workbook import read_workbook

    return read_workbook(path, kind, contract, limits)
