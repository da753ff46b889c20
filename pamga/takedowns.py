"""What was taken down: the objects `lake/_log/takedowns/<n>.json`, which whoever builds, checks, publishes or serves must respect.

A takedown names a release or a dataset; a later object of kind `levantar` lifts that of a dataset. Objects are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pamga.documents.log import Takedown

RELEASE, DATASET, LIFT = "publicacion", "conjunto", "levantar"


def takedowns(log: Path) -> list[Takedown]:
    """The record of takedowns, oldest first. `log` is the folder `lake/_log`."""
    return Takedown.all_in(sorted((log / "takedowns").glob("*.json")))


def datasets_down(records: Iterable[Takedown]) -> dict[str, Takedown]:
    """dataset -> the takedown that holds; one that was lifted since is not among them."""
    down: dict[str, Takedown] = {}
    for record in records:
        if record.tipo == DATASET:
            down[record.nombre] = record
        elif record.tipo == LIFT:
            down.pop(record.nombre, None)
    return down


def releases_down(records: Iterable[Takedown]) -> dict[str, Takedown]:
    """release -> its takedown; nobody lifts that of a release: its bytes are gone."""
    return {record.nombre: record for record in records if record.tipo == RELEASE}
