"""The day on which a version was received, where a person corrected it (`lake/_log/receipt_days`): a wrong clock had written another.

A manifest is never changed; whoever reads one for its days reads it through `as_corrected`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, Self, TypeVar

from pamga.documents.log import ReceiptDay
from pamga.layout import Layout, Named

KIND = "receipt_days"
Version = tuple[str, str, str, int]


class Dated(Named, Protocol):
    """A manifest, or an entry of a lock: it names a version and says its days."""

    def model_copy(self, *, update: Mapping[str, object]) -> Self: ...


D = TypeVar("D", bound=Dated)


def corrections(layout: Layout) -> list[ReceiptDay]:
    """Every correction, oldest first."""
    return ReceiptDay.all_in(sorted((layout.log / KIND).glob("*.json")))


def corrected_days(layout: Layout) -> dict[Version, ReceiptDay]:
    """The versions whose day was corrected, each with the last word about it."""
    return {(e.export, e.trimestre, e.dependencia, e.version): e for e in corrections(layout)}


def as_corrected(layout: Layout, entries: Iterable[D]) -> list[D]:
    """Manifests or entries of a lock with the days that are right."""
    days = corrected_days(layout)
    if not days:
        return list(entries)
    return [
        _with(entry, days.get((entry.export, entry.trimestre, entry.dependencia, entry.version))) for entry in entries
    ]


def _with(entry: D, correction: ReceiptDay | None) -> D:
    if correction is None:
        return entry
    return entry.model_copy(update={"received_on": correction.recibido, "dropped_on": correction.dejado})
