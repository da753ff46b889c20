"""Which office must see to what a check found: by the delivery or the indicator that it is about, from the plan's matrix."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"
MAX_NAMED = 4
UNKNOWN = "La dependencia que entrega los datos"


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def names() -> dict[str, str]:
    """Office -> its name."""
    return {row["dependencia"]: row["nombre"] for row in _seed("matriz_dependencias")}


@cache
def titles() -> dict[str, str]:
    """Export -> its name."""
    return {row["export"]: row["nombre"] for row in _seed("plazos_entrega")}


@cache
def deliverers() -> dict[str, tuple[str, ...]]:
    """Export -> the offices that deliver it."""
    return _grouped(_seed("plazos_entrega"), "export")


@cache
def owed() -> frozenset[str]:
    """The exports that some office owes every quarter; of the others nobody is asked for anything."""
    return frozenset(row["export"] for row in _seed("plazos_entrega") if row["exigible"] == "true")


@cache
def responsible() -> dict[str, tuple[str, ...]]:
    """Indicator -> the offices that answer for it."""
    return _grouped(_seed("matriz_responsables"), "indicador")


def _grouped(rows: Iterable[Mapping[str, str]], key: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row[key]] = (*found.get(row[key], ()), row["dependencia"])
    return found


def concerned(rows: Iterable[Mapping[str, Any]], exports: Sequence[str]) -> str:
    """The names of the offices whose deliveries the rows are about; where the rows do not say, of those that deliver `exports`.

    A row says it by its office or by its export. An office in a row counts only when it delivers: `dependencia` of an
    agreement is who must see to it, in the words of whoever typed it.
    """
    delivering = {office for export in exports or deliverers() for office in deliverers().get(export, ())}
    found = [office for row in rows for office in _of_row(row, delivering)]
    return in_words(found or [office for export in exports for office in deliverers().get(export, ())])


def _of_row(row: Mapping[str, Any], delivering: set[str]) -> Iterator[str]:
    office, export = row.get("dependencia"), row.get("export") or row.get("fuente")
    if office in (set(deliverers().get(export, ())) if export in deliverers() else delivering):
        yield str(office)
    elif export in deliverers():
        yield from deliverers()[str(export)]


def answering(rows: Iterable[Mapping[str, Any]]) -> str:
    """The names of the offices that answer for the indicators of the rows; of all of them when no row is given."""
    found = [office for row in rows for office in responsible().get(str(row.get("indicador")), ())]
    return in_words(found or [office for offices in responsible().values() for office in offices])


def with_office(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a source, with the offices that deliver it."""
    source = row.get("fuente")
    if source not in deliverers() or "dependencia" in row:
        return dict(row)
    return {**row, "dependencia": ", ".join(deliverers()[str(source)])}


def in_words(found: Iterable[str]) -> str:
    """The offices' names, each once, in the matrix's order."""
    kept = set(found)
    return "; ".join(name for office, name in names().items() if office in kept) or UNKNOWN


def exports_in_words(exports: Sequence[str]) -> str:
    """The names of some exports; their number when they are too many to read."""
    if len(exports) > MAX_NAMED:
        return f"los {len(exports)} archivos de los que sale"
    return ", ".join(f"«{titles().get(export, export)}»" for export in exports)


def said(column: str, value: Any) -> str:
    """A cell of an offending row for people: offices and exports by their names."""
    if value is None:
        return ""
    known = {"dependencia": names(), "export": titles(), "fuente": titles()}.get(column)
    if known is None:
        return str(value)
    return "; ".join(known.get(part, part) for part in str(value).split(", "))
