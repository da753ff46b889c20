"""The people step: from the true counts in the warehouse and what was published of them before, what this release shows.

It runs between two parts of a build: dbt has counted (`int_celdas_de_personas`), the step decides, and dbt goes on with the marts
that show people. Like everything in a build it is a function of the lock: what was published before is kept with the lake.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pamga.attacker import EQUAL, Key, Place, Version, knowledge, versions_of
from pamga.documents.lock import Lock
from pamga.documents.log import People, PeopleOfRun, Publication, ShownPeople
from pamga.releases import in_order
from pamga.spanish import listed
from warehouse.lake import CELDAS_PUBLICADAS, insert
from warehouse.people.protection import Decision, decide

PEOPLE_FILE = "people.json"


def write_people(connection: duckdb.DuckDBPyConnection, lake: Path, lock: Lock, folder: Path) -> None:
    """Fill `lake.celdas_publicadas` with what may be shown, and write people.json: what publishing adds to the log, and notices."""
    earlier = published_versions(lake, lock)
    decisions = decide_all(current_counts(connection, lock.release), earlier, closed_exercises(connection))
    rows = [row for decision in decisions.values() for row in _rows(decision)]
    insert(connection, "celdas_publicadas", CELDAS_PUBLICADAS, rows)
    new = [decision.shown for decision in decisions.values() if decision.is_new and decision.shown]
    document = PeopleOfRun(
        release=lock.release,
        versiones=[version.as_document() for version in new],
        mostradas=[
            ShownPeople(tabla=table, ejercicio=exercise, release=decision.shown.release)
            for (table, exercise), decision in decisions.items()
            if decision.shown
        ],
        avisos=_notices(decisions),
        sal=_secret(connection),
    )
    (folder / PEOPLE_FILE).write_bytes(document.content())


def published_versions(lake: Path, lock: Lock) -> dict[Place, list[Version]]:
    """Every version of every table and exercise that a release of the lock's log published, oldest first."""
    published = in_order(Publication.all_in(lake / path for path in lock.objects("publications")))
    order = {entry.release: place for place, entry in enumerate(published)}
    people = People.all_in(lake / path for path in lock.objects("people"))
    return versions_of(sorted(people, key=lambda entry: order[entry.release]))


def current_counts(connection: duckdb.DuckDBPyConnection, release: str) -> dict[Place, Version]:
    """The true counts of every table and closed exercise, with the figures that are published about them."""
    if not _is_counted(connection, "int_celdas_de_personas"):
        return {}
    counts: dict[Place, dict[Key, int]] = defaultdict(dict)
    names: dict[Place, dict[Key, str]] = defaultdict(dict)
    for table, exercise, row, column, name, people in connection.execute(
        "select tabla, ejercicio, renglon, columna, nombre, personas from intermediate.int_celdas_de_personas order by all"
    ).fetchall():
        counts[table, exercise][row, column] = people
        if name is not None:
            names[table, exercise][row, column] = name
    bounds = _bounds(connection)
    return {
        (table, exercise): Version(
            release=release,
            table=table,
            exercise=exercise,
            counts=cells,
            hidden=frozenset(),
            figures=figures_of(table, exercise, cells, bounds),
            names=names[table, exercise],
        )
        for (table, exercise), cells in counts.items()
    }


def figures_of(
    table: str, exercise: int, counts: Mapping[Key, int], bounds: Mapping[str, Mapping[int, int]]
) -> dict[str, int]:
    """The figures of attacker.yaml for one table and exercise: sums that are taken as known exactly, and published bounds."""
    known = knowledge()
    figures = {}
    for figure in known.figures_of(table):
        if figure.relation == EQUAL:
            figures[figure.name] = sum(
                people for key, people in counts.items() if figure.covers(known.tables[table], key)
            )
        elif exercise in bounds.get(figure.name, {}):
            figures[figure.name] = bounds[figure.name][exercise]
    return figures


def _is_counted(connection: duckdb.DuckDBPyConnection, model: str) -> bool:
    """Whether this plan has tables about people at all."""
    there = "select 1 from information_schema.tables where table_schema = 'intermediate' and table_name = ?"
    return connection.execute(there, [model]).fetchone() is not None


def closed_exercises(connection: duckdb.DuckDBPyConnection) -> frozenset[int]:
    """The exercises that may be broken down."""
    if not _is_counted(connection, "int_ejercicios_cerrados"):
        return frozenset()
    rows = connection.execute("select ejercicio from intermediate.int_ejercicios_cerrados").fetchall()
    return frozenset(row[0] for row in rows)


def decide_all(
    truths: Mapping[Place, Version], earlier: Mapping[Place, Sequence[Version]], closed: Container[int]
) -> dict[Place, Decision]:
    """What is shown of every table and closed exercise that has people or was published before."""
    known = knowledge()
    places = {place for place in {*truths, *earlier} if place[1] in closed and place[0] in known.tables}
    nobody = {
        place: Version(release="", table=place[0], exercise=place[1], counts={}, hidden=frozenset(), figures={})
        for place in places - truths.keys()
    }
    return {place: decide({**truths, **nobody}[place], earlier.get(place, ()), known) for place in sorted(places)}


def _bounds(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[int, int]]:
    """Published figures by name and exercise; attacker.yaml asks for them under the names of the datasets."""
    connection.execute("set search_path = 'marts'")
    try:
        return {
            figure.name: {int(row[0]): int(row[1]) for row in connection.execute(figure.query).fetchall()}
            for figure in knowledge().figures
            if figure.query
        }
    finally:
        connection.execute("reset search_path")


def _rows(decision: Decision) -> Iterable[tuple[Any, ...]]:
    version = decision.shown
    if version is None:
        return
    for key in sorted(version.counts):
        hidden = key in version.hidden
        people = None if hidden else version.counts[key]
        yield version.table, version.exercise, *key, version.names.get(key), people, hidden


def _notices(decisions: Mapping[Place, Decision]) -> dict[str, str]:
    """By table, what a reader must be told of figures that stay as they were published."""
    held: dict[str, list[str]] = defaultdict(list)
    for (table, exercise), decision in decisions.items():
        if decision.held_back and decision.shown:
            held[table].append(f"{exercise} (son las de la publicación {decision.shown.release})")
    moved = knowledge().people_moved
    return {
        table: "Después de publicarse hubo correcciones que no se muestran, porque alguna cifra cambiaría en menos de "
        f"{moved} personas y la diferencia podría señalar a una persona. No se actualizan las cifras de {listed(exercises)}. "
        "Los indicadores sí incluyen las correcciones."
        for table, exercises in held.items()
    }


def _secret(connection: duckdb.DuckDBPyConnection) -> str:
    """A value that only the lake knows. The object's SHA-256 is public (inputs.lock), and without it a reader could try out all values
    of the few hidden cells until the sum fits. Made of the pseudonyms, which are keyed hashes and never published."""
    digest = hashlib.sha256(b"celdas de personas")
    if not _is_counted(connection, "int_participantes"):
        return digest.hexdigest()
    rows = connection.execute(
        "select distinct asistente_id from intermediate.int_participantes where asistente_id is not null order by 1"
    )
    while batch := rows.fetchmany(100_000):
        digest.update("\n".join(row[0] for row in batch).encode())
    return digest.hexdigest()
