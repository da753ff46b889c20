"""What every room may ask of an export without reading its contract: exports.json, made from the contracts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pamga.documents.exports import Export, Exports

FILE = Path(__file__).with_name("exports.json")


@cache
def exports() -> dict[str, Export]:
    """Export -> what its contract says."""
    return Exports.read(FILE).exports
