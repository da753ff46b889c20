"""What was taken down: the objects `lake/_log/takedowns/<n>.json`, which whoever builds, checks, publishes or serves must respect.

A takedown names a release or a dataset; a later object of kind `levantar` lifts that of a dataset. Objects are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pamga.storage import read_json

RELEASE, DATASET, LIFT = "publicacion", "conjunto", "levantar"


def takedowns(log: Path) -> list[dict[str, Any]]:
    """The record of takedowns, oldest first. `log` is the folder `lake/_log`."""
    return [read_json(path) for path in sorted((log / "takedowns").glob("*.json"))]


def datasets_down(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """dataset -> the takedown that holds; one that was lifted since is not among them."""
    down: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["tipo"] == DATASET:
            down[record["nombre"]] = record
        elif record["tipo"] == LIFT:
            down.pop(record["nombre"], None)
    return down


def releases_down(records: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """release -> its takedown; nobody lifts that of a release: its bytes are gone."""
    return {record["nombre"]: record for record in records if record["tipo"] == RELEASE}
