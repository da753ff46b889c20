"""From what happened to what an office delivers each quarter: its new rows and the earlier rows that changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pamga.quarter import Quarter


class Category(str):
    """A value of a closed list, which people type with blanks and capitals."""

    __slots__ = ()


Cell = str | int | Decimal | date | bool | tuple[str, ...] | None
Row = dict[str, Cell]

FIRST, LAST = Quarter(2024, 3), Quarter(2026, 3)
QUARTERS = tuple(FIRST.shift(n) for n in range(LAST.index - FIRST.index + 1))


@dataclass
class Record:
    """One thing an office keeps a row about, and when each part of that row became known to its spreadsheet."""

    values: Row
    since: Quarter
    known_from: dict[str, Quarter] = field(default_factory=dict)
    amended: dict[Quarter, Row] = field(default_factory=dict)
    withdrawn: Quarter | None = None

    def at(self, quarter: Quarter) -> Row | None:
        """The row as the office's spreadsheet has it at the end of `quarter`; None before it is written."""
        if quarter < self.since:
            return None
        row = {
            column: None if self.known_from.get(column, quarter) > quarter else cell
            for column, cell in self.values.items()
        }
        for amended, cells in sorted(self.amended.items()):
            if amended <= quarter:
                row.update(cells)
        if self.withdrawn is not None and quarter >= self.withdrawn:
            row["baja"] = True
        return row


def reported(day: date | None, lag: int = 0) -> Quarter:
    """The quarter in whose delivery something of `day` is told, `lag` quarters late; never before the first quarter."""
    return QUARTERS[0] if day is None else max(Quarter.containing(day).shift(lag), QUARTERS[0])


def deliveries(records: Iterable[Record], since: Quarter, until: Quarter = LAST) -> dict[Quarter, list[Row]]:
    """For each quarter the rows that are new or changed against the quarter before; a quiet quarter has an empty list."""
    quarters = [quarter for quarter in QUARTERS if since <= quarter <= until]
    delivered: dict[Quarter, list[Row]] = {quarter: [] for quarter in quarters}
    for record in records:
        before: Row | None = None
        for quarter in quarters:
            row = record.at(quarter)
            if row is not None and row != before:
                delivered[quarter].append(row)
            before = row
    return delivered
