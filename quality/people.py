"""Attack the candidate's tables about people as a reader would, with everything published before at hand (rules.md, "Personal data").

The attacker is pamga/attacker.py, the one that the build hides from. Nothing that is hidden is said here: quality.json is published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb

from pamga.attacker import Key, Place, Table, Version, attack, knowledge, moved_enough, versions_of
from pamga.candidate import Candidate
from pamga.documents.log import People, PeopleOfRun
from pamga.errors import PamgaError
from quality.offending import existing_columns

PEOPLE_FILE = "people.json"
KIND = "celdas_deducibles"

Shown = Mapping[Key, int | None]
"""The cells of one exercise as the file shows them: the people, or None where they are hidden."""


def tables_about_people(candidate: Candidate) -> list[str]:
    """The candidate's datasets that break people down, as their description says."""
    return sorted(dataset.name for dataset in candidate.datasets if dataset.about_people)


def columns_that_break_down(candidate: Candidate) -> list[dict[str, Any]]:
    """Published columns that say people's age or sex outside the tables where that may be said, and tables nobody knows."""
    known = knowledge()
    rows = [
        {"conjunto": dataset.name, "columna": column}
        for dataset in candidate.datasets
        if dataset.name not in known.tables
        for column in dataset.column_names
        if column in known.breakdowns
    ]
    unknown = set(tables_about_people(candidate)) ^ (known.tables.keys() & candidate.by_name.keys())
    return rows + [{"conjunto": name, "columna": None} for name in sorted(unknown)]


def what_gives_people_away(
    connection: duckdb.DuckDBPyConnection, candidate: Candidate, lake: Path, name: str
) -> list[dict[str, Any]]:
    """Cells of a table that are not what the build decided to show, or that a reader of all releases can work out."""
    table = knowledge().tables[name]
    if not table.columns <= existing_columns(connection, name).keys():
        return [{"problema": "faltan columnas"}]
    versions, chosen = _versions(candidate, lake)
    shown = _shown(connection, table)
    decided = {place for place in chosen if place[0] == name}
    rows: list[dict[str, Any]] = []
    for place in sorted(decided | {(name, exercise) for exercise in shown}):
        cells, exercise = shown.get(place[1], {}), place[1]
        known = [version for version in versions.get(place, []) if version.release == chosen.get(place)]
        if not known or not cells:
            rows.append({"ejercicio": exercise, "problema": "no es lo que la construcción decidió mostrar"})
            continue
        rows += [{"ejercicio": exercise, **row} for row in _attacked(table, versions[place], known[-1], cells)]
    return rows


def _attacked(table: Table, versions: Sequence[Version], chosen: Version, cells: Shown) -> Iterator[dict[str, Any]]:
    """What is wrong with one exercise: `cells` is what the file shows, `chosen` what was decided."""
    for key in sorted(cells.keys() | chosen.counts.keys()):
        expected = None if key in chosen.hidden else chosen.counts.get(key, -1)
        if cells.get(key, -1) != expected:
            yield {**_named(table, key), "problema": "la celda no es la que la construcción decidió mostrar"}
    open_now = frozenset(key for key, people in cells.items() if people is not None)
    as_read = [replace(v, hidden=v.hidden - open_now) if v is chosen else v for v in versions]
    enough = knowledge().values_left
    for unknown in attack(as_read, limit=enough):
        if len(unknown.values) < enough:
            yield {
                **_named(table, unknown.key),
                "problema": f"la celda oculta en {as_read[unknown.version].release} sólo puede tener {len(unknown.values)} valores",
            }
    for older, newer in combinations(versions, 2):
        if not moved_enough(older.counts, newer.counts):
            yield {"problema": f"entre {older.release} y {newer.release} una celda cambia en muy pocas personas"}


def _named(table: Table, key: Key) -> dict[str, str]:
    return {column: value for column, value in ((table.row, key[0]), (table.column, key[1])) if column is not None}


def _versions(candidate: Candidate, lake: Path) -> tuple[dict[Place, list[Version]], dict[Place, str]]:
    """Every version that the reader will know once this is published, oldest first, and which one the candidate shows.

    Raises PamgaError when the run does not say what it shows: it was built by code that hid less.
    """
    path = candidate.run_folder / PEOPLE_FILE
    if not path.exists():
        raise PamgaError(f"There is no {path}.", "Build the candidate again: `pamga build`.")
    document = PeopleOfRun.read(path)
    earlier = People.all_in(lake / locked for locked in candidate.lock.objects("people"))
    chosen = {(entry.tabla, entry.ejercicio): entry.release for entry in document.mostradas}
    return versions_of((*earlier, document)), chosen


def _shown(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[int, dict[Key, int | None]]:
    """The cells of the file by exercise."""
    row = "''" if table.row is None else f'"{table.row}"'
    cells: dict[int, dict[Key, int | None]] = defaultdict(dict)
    for exercise, *key, people, hidden in connection.execute(
        f'select ejercicio, {row}, cast("{table.column}" as varchar), personas, suprimido from "{table.name}"'
    ).fetchall():
        # a figure beside `suprimido` is a figure that is read
        cells[-1 if exercise is None else exercise][str(key[0]), str(key[1])] = (
            None if hidden and people is None else people
        )
    return dict(cells)
