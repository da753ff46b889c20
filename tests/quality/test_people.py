"""The gate attacks the tables about people on the candidate's bytes: whatever is opened or can be worked out stops the candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pamga.attacker import Key, Version
from pamga.candidate import Candidate
from pamga.documents.candidate import Description
from pamga.documents.lock import Lock
from pamga.documents.log import People, PeopleOfRun
from pamga.storage import write_atomically
from quality.gate import people_checks
from quality.people import columns_that_break_down
from tests.documents import made

BY_AGE = "participacion_edad_sexo"
COUNTS: dict[Key, int] = {
    ("18-30", "hombre"): 193, ("18-30", "mujer"): 248, ("18-30", "otro"): 1, ("18-30", "no_especificado"): 1,
    ("31-45", "hombre"): 300, ("31-45", "mujer"): 400, ("31-45", "otro"): 0, ("31-45", "no_especificado"): 30,
}  # fmt: skip
HIDDEN = frozenset({
    ("18-30", "hombre"), ("18-30", "otro"), ("18-30", "no_especificado"), ("31-45", "hombre"), ("31-45", "no_especificado"),
})  # fmt: skip
FIGURES = {"total": sum(COUNTS.values()), "jovenes": 443}
RELEASE = "2027T2-r02"


def version(release: str = RELEASE, counts: Mapping[Key, int] = COUNTS, hidden: frozenset[Key] = HIDDEN) -> Version:
    return Version(release, BY_AGE, 2026, counts, hidden, {**FIGURES, "total": sum(counts.values())})


def candidate_of(folder: Path, datasets: list[dict[str, Any]], lock: Lock) -> Candidate:
    return Candidate("run", folder / "candidate", made(Description, datasets=datasets), {}, lock)


def offending(
    folder: Path, decided: Version, shown: Version, earlier: tuple[Version, ...] = ()
) -> list[dict[str, Any]]:
    """What the gate lists when the run decided one thing and the file shows another."""
    lake, log = folder / "lake", []
    for known in earlier:
        path = lake / "_log" / "people" / f"{known.release}.json"
        write_atomically(path, made(People, release=known.release, versiones=[known.as_document()]).content())
        log.append({"path": path.relative_to(lake).as_posix(), "sha256": ""})
    new = [] if decided in earlier else [decided.as_document()]
    document = {
        "release": RELEASE, "versiones": new,
        "mostradas": [{"tabla": BY_AGE, "ejercicio": 2026, "release": decided.release}],
    }  # fmt: skip
    (folder / "people.json").write_bytes(made(PeopleOfRun, **document).content())
    rows = [
        (2026, *key, None if key in shown.hidden else people, key in shown.hidden)
        for key, people in sorted(shown.counts.items())
    ]
    candidate = candidate_of(folder, [{"name": BY_AGE, "about_people": True}], made(Lock, log=log))
    with duckdb.connect() as connection:
        connection.execute(
            f"create table {BY_AGE} (ejercicio bigint, grupo_edad varchar, sexo varchar, personas bigint, suprimido boolean)"
        )
        connection.executemany(f"insert into {BY_AGE} values (?, ?, ?, ?, ?)", rows)
        (check,) = people_checks(connection, candidate, lake)
    assert check.id == f"{BY_AGE}.celdas_deducibles"
    assert check.outcome == ("fail" if check.rows else "pass")
    return check.rows


def test_what_was_decided_and_leaves_doubt_passes(tmp_path: Path) -> None:
    assert offending(tmp_path, version(), version()) == []


@pytest.mark.parametrize("cell", sorted(HIDDEN))
def test_opening_any_hidden_cell_is_caught_and_its_figure_is_not_said(tmp_path: Path, cell: Key) -> None:
    rows = offending(tmp_path, version(), version(hidden=HIDDEN - {cell}))
    named = {"ejercicio": 2026, "grupo_edad": cell[0], "sexo": cell[1]}
    assert {**named, "problema": "la celda no es la que la construcción decidió mostrar"} in rows
    assert not any(isinstance(value, int) and value != 2026 for row in rows for value in row.values())


def test_a_decision_that_gives_a_cell_away_is_caught_although_the_file_is_true_to_it(tmp_path: Path) -> None:
    """The case solved from outside: two hidden cells that can only be 1 and 1."""
    faulty = version(hidden=frozenset({("18-30", "otro"), ("18-30", "no_especificado")}))
    rows = offending(tmp_path, faulty, faulty)
    assert [(row["sexo"], row["problema"]) for row in rows] == [
        (sex, f"la celda oculta en {RELEASE} sólo puede tener 1 valores") for sex in ("no_especificado", "otro")
    ]


def test_a_cell_of_an_earlier_release_that_this_one_gives_away_is_caught(tmp_path: Path) -> None:
    before = version("2027T2-r01")
    counts = {**COUNTS, ("31-45", "mujer"): 420}
    opened = version(counts=counts, hidden=HIDDEN - {("18-30", "hombre")})
    rows = offending(tmp_path, opened, opened, (before,))
    assert any("2027T2-r01" in row["problema"] for row in rows)


def test_a_difference_of_one_person_is_caught(tmp_path: Path) -> None:
    before, after = version("2027T2-r01"), version(counts={**COUNTS, ("31-45", "mujer"): 401})
    rows = offending(tmp_path, after, after, (before,))
    assert {
        "ejercicio": 2026,
        "problema": f"entre 2027T2-r01 y {RELEASE} una celda cambia en muy pocas personas",
    } in rows


def test_what_was_published_before_may_stay(tmp_path: Path) -> None:
    before = version("2027T2-r01")
    assert offending(tmp_path, before, before, (before,)) == []


def test_an_exercise_that_nobody_decided_to_show_is_caught(tmp_path: Path) -> None:
    shown = version()
    decided = replace(shown, exercise=2025)
    assert offending(tmp_path, decided, shown)


def test_a_breakdown_in_another_dataset_is_caught() -> None:
    datasets = [
        {"name": BY_AGE, "about_people": True, "columns": [{"name": "sexo"}]},
        {"name": "talleres", "about_people": False, "columns": [{"name": "asistencias"}]},
        {"name": "eventos_mbh", "about_people": False, "columns": [{"name": "mujeres"}]},
        {"name": "voluntarios", "about_people": True, "columns": []},
    ]
    candidate = candidate_of(Path(), datasets, made(Lock))
    assert columns_that_break_down(candidate) == [
        {"conjunto": "eventos_mbh", "columna": "mujeres"}, {"conjunto": "voluntarios", "columna": None},
    ]  # fmt: skip
