"""The tables beside the code (`tables/*.csv`): facts of the city, and exports of which every row of the example is written out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files

from ingest.contract import Column, load_contract
from ingest.sample.history import Category, Cell, Record, reported
from pamga.quarter import Quarter

_READ: dict[str, Callable[[str], Cell]] = {
    "fecha": date.fromisoformat,
    "entero": int,
    "booleano": lambda text: text == "true",
    "lista": lambda text: tuple(text.split(";")),
}


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table as text."""
    text = (files("ingest.sample") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def facts_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a table without its header."""
    return tuple(tuple(row.values()) for row in table(name))


def written_out(
    export: str, since: Quarter | str, later: Mapping[str, tuple[str, ...]] | None = None, office: str | None = None
) -> list[Record]:
    """The records of an export, those of one office where each has a table of its own. `since`: the quarter in which they are first
    told, or the column whose day says so; `later`: a column with a day -> the columns that are known from that day on."""
    contract = load_contract(export)
    records = []
    for row in table(f"{export}_{office}" if office else export):
        values = {name: _cell(contract.column(name), text) for name, text in row.items()}
        days = {name: cell for name, cell in values.items() if isinstance(cell, date)}
        known = {name: reported(days.get(day)) for day, names in (later or {}).items() for name in names}
        records.append(Record(values, reported(days[since]) if isinstance(since, str) else since, known))
    return records


def _cell(column: Column, text: str) -> Cell:
    if not text:
        return None
    if column.tipo == "categoria" and text.islower():
        return Category(text)
    return _READ.get(column.tipo, str)(text)
