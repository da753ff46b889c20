"""A reader of every release of the sample: whole builds with corrections, and every correction of a single person there can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.receive import receive_inbox
from ingest.sample import write_inbox
from pamga.attacker import Key, Place, Version, attack, knowledge
from pamga.candidate import load_candidate
from pamga.settings import Settings
from pamga.storage import read_json
from publish.release import publish
from quality.candidate import opened, planted
from quality.gate import check, people_checks
from tests.warehouse.people_lakes import BY_AGE, BY_COLONIA, GROUPS, SEXES
from warehouse.build import build
from warehouse.people.protection import decide
from warehouse.people.step import published_versions

pytestmark = pytest.mark.slow

NEEDED = ("talleres_", "asistencia_talleres_", "colonias_")
CORRECTED = "presupuesto_participativo/asistencia_talleres_2025T3.csv"
KNOWN = knowledge()


@dataclass(frozen=True)
class Release:
    """What everybody can read of one release, and the warehouse it came from."""

    folder: Path
    warehouse: Path

    def bytes_of(self, table: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.folder / "data").glob(f"{table}.*"))}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "leon.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change(self, table: str) -> dict[str, Any]:
        changes = read_json(self.folder / "cambios.json")["conjuntos"]
        return next(change for change in changes if change["conjunto"] == table)

    def dataset(self, table: str) -> dict[str, Any]:
        datasets = read_json(self.folder / "datasets.json")["datasets"]
        return next(dataset for dataset in datasets if dataset["name"] == table)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("personas") / "data"
    write_inbox(data / "inbox")
    for path in (data / "inbox").glob("*/*"):
        if not path.name.startswith(NEEDED):
            path.unlink()
    return Settings(data=data)


@pytest.fixture(scope="module")
def releases(settings: Settings) -> list[Release]:
    """The sample; one attendance more; that one taken back, and twelve people of one age, sex and colonia more."""
    return list(_released(settings))


def _released(settings: Settings) -> Iterator[Release]:
    file = settings.layout.inbox / CORRECTED
    one = [("ALGUIEN-1", 70, "otro", "LEON MODERNO")]
    twelve = [(f"GRUPO-{number}", 40, "mujer", "LEON MODERNO") for number in range(12)]
    original = file.read_bytes()
    for added in ([], one, twelve):
        if added:
            file.write_bytes(_with(original, added))
        receive_inbox(settings)
        result = build(settings)
        assert result.run_dir is not None
        assert [entry.id for entry in check(settings).stopped_by] == []
        yield Release(settings.layout.release(publish(settings).release), result.run_dir / "warehouse.duckdb")


def _with(original: bytes, people: list[tuple[str, int, str, str]]) -> bytes:
    """Rows more at the end of the office's file, in the workshop of its first row and in the file's own way of writing."""
    lines = original.decode("cp1252").splitlines()
    separator = ";" if lines[0].count(";") > lines[0].count(",") else ","
    header, first = lines[0].split(separator), lines[1].split(separator)
    for identity, age, sex, colonia in people:
        row = dict.fromkeys(header, "") | {header[0]: first[0], header[1]: identity, header[-3]: str(age)}
        row |= {header[-2]: sex, header[-1]: colonia}
        lines.append(separator.join(row[name] for name in header))
    return "\r\n".join([*lines, ""]).encode("cp1252")


def test_one_attendance_more_moves_indicator_and_head_count_but_no_table_about_people(releases: list[Release]) -> None:
    first, second, _ = releases
    for table in (BY_AGE, BY_COLONIA):
        assert first.bytes_of(table)
        assert first.bytes_of(table) == second.bytes_of(table)
        assert second.change(table)["estado"] == "sin_cambios"
        assert first.dataset(table)["notice"] is None
        assert "no se muestran" in second.dataset(table)["notice"]
        for said in (f"conjuntos/{table}.html", f"diccionario/{table}.json", "catalogo.jsonld", "datapackage.json"):
            assert second.dataset(table)["notice"] in (second.folder / said).read_text()
    heads = [sum(n for (n,) in r.rows("select asistencias from publico.talleres")) for r in (first, second)]
    assert heads[1] == heads[0] + 1
    exact = "select numerador from publico.indicadores_trimestre where indicador = 'PP-1' and ejercicio = 2025 and trimestre = '2026T3'"
    assert second.rows(exact)[0][0] == first.rows(exact)[0][0] + 1


def test_twelve_people_of_one_group_are_shown_and_their_differences_are_not_listed(releases: list[Release]) -> None:
    _, second, third = releases
    for table in (BY_AGE, BY_COLONIA):
        change = third.change(table)
        assert change["estado"] == "modificado"
        assert third.dataset(table)["notice"] is None
        total = f"select sum(personas) from publico.{table} where ejercicio = 2025"
        if table == BY_COLONIA:  # nothing is hidden there
            assert third.rows(total)[0][0] == second.rows(total)[0][0] + 12
        assert (change["agregadas"], change["modificadas"], change["eliminadas"], change["detalle"]) == (0, 0, 0, [])
        assert change["sobre_personas"]
    for page in ("cambios.html", "cambios.json"):
        assert "grupo_edad" not in (third.folder / page).read_text()


def test_whoever_has_all_releases_identifies_nobody(settings: Settings, releases: list[Release]) -> None:
    identified = 0
    for table, key in ((BY_AGE, "grupo_edad, sexo"), (BY_COLONIA, "colonia_id")):
        shown = [
            {row[:-2]: row[-2:] for row in r.rows(f"select ejercicio, {key}, personas, suprimido from publico.{table}")}
            for r in releases
        ]
        for newer in range(len(shown)):
            for older in range(newer):
                for cell in shown[newer].keys() | shown[older].keys():
                    before, now = (shown[n].get(cell, (0, False)) for n in (older, newer))
                    moved = None if before[1] or now[1] else now[0] - before[0]
                    identified += moved is not None and 0 < abs(moved) < KNOWN.people_moved
    for versions in _versions(settings, releases[-1]).values():
        identified += sum(len(unknown.values) < KNOWN.values_left for unknown in attack(versions))
    assert identified == 0


def test_whoever_has_only_the_published_files_is_left_in_doubt(releases: list[Release]) -> None:
    """Without the log: the total is the sum over colonias, which hide nothing in the sample; hidden cells are 1 or more."""
    for release in releases:
        totals = dict(
            release.rows(
                f"select ejercicio, sum(personas) from publico.{BY_COLONIA} group by 1 having not bool_or(suprimido)"
            )
        )
        assert totals.keys() == {2024, 2025}
        for exercise, total in totals.items():
            rows = release.rows(
                f"select grupo_edad, sexo, personas from publico.{BY_AGE} where ejercicio = {exercise} order by all"
            )
            shown = {(group, sex): people for group, sex, people in rows}
            hidden = sorted(key for key, people in shown.items() if people is None)
            rest = int(total) - sum(people or 0 for people in shown.values())
            guess = {key: rest - len(hidden) + 1 if key == hidden[0] else 1 for key in hidden}  # any that fits
            counts = {key: guess.get(key, people) for key, people in shown.items()}
            version = Version(release.folder.name, BY_AGE, exercise, counts, frozenset(hidden), {"total": int(total)})
            unknowns = attack([replace(version, knows_rule=False)])
            assert len(unknowns) > 5
            assert all(len(unknown.values) >= KNOWN.values_left for unknown in unknowns)


def _versions(settings: Settings, release: Release) -> dict[Place, list[Version]]:
    """What readers know after a release: the log that the next build would read."""
    from warehouse.lock import make_lock

    return published_versions(settings.layout.lake, make_lock(settings))


def test_the_gate_catches_every_hidden_cell_of_the_sample_that_is_opened(
    settings: Settings, releases: list[Release]
) -> None:
    """On the candidate of the last release: each hidden cell shown in turn, with any figure."""
    candidate = load_candidate(settings)
    hidden = releases[-1].rows(f"select ejercicio, grupo_edad, sexo from publico.{BY_AGE} where suprimido")
    assert len(hidden) > 10
    with opened(settings, candidate) as connection:
        assert [check.outcome for check in people_checks(connection, candidate, settings.layout.lake)] == [
            "pass",
            "pass",
        ]
        for exercise, group, sex in hidden:
            here = f"ejercicio = {exercise} and grupo_edad = '{group}' and sexo = '{sex}'"
            fault = (
                f"select * replace (case when {here} then 77 else personas end as personas, "
                f"suprimido and not ({here}) as suprimido) from {{}}"
            )
            with planted(connection, {BY_AGE: fault}):
                checks = {check.dataset: check for check in people_checks(connection, candidate, settings.layout.lake)}
            assert checks[BY_AGE].outcome == "fail"
            assert {"ejercicio": exercise, "grupo_edad": group, "sexo": sex} in [
                {k: v for k, v in row.items() if k != "problema"} for row in checks[BY_AGE].rows
            ]


def test_no_hidden_count_and_no_secret_leaves_the_lake(settings: Settings, releases: list[Release]) -> None:
    """The log keeps hidden counts; nothing of it is in a release but its hash, which nobody can try out."""
    for path in sorted((settings.layout.log / "people").glob("*.json")):
        document = read_json(path)
        assert len(document["sal"]) == 64
        for release in releases:
            for file in release.folder.rglob("*"):
                if file.is_file():
                    assert document["sal"].encode() not in file.read_bytes()
    public = read_json(releases[-1].folder / "inputs.lock")
    assert "personas" not in json.dumps([entry for entry in public["log"] if "/people/" in entry["path"]])


def test_every_correction_of_a_single_person_of_the_sample_shows_nothing(
    settings: Settings, releases: list[Release]
) -> None:
    """Each participant of each closed exercise taken out, added once more, and moved to every other age group, sex and colonia."""
    known = {place: versions[:1] for place, versions in _versions(settings, releases[0]).items()}
    tried = identified = 0
    with duckdb.connect(str(releases[0].warehouse), read_only=True) as connection:
        cells = connection.execute(
            "select tabla, ejercicio, renglon, columna, personas from intermediate.int_celdas_de_personas order by all"
        ).fetchall()
    truth: dict[Place, dict[Key, int]] = {}
    for table, exercise, row, column, people in cells:
        truth.setdefault((table, exercise), {})[row, column] = people
    for place, counts in truth.items():
        places = [(g, s) for g in GROUPS for s in SEXES] if place[0] == BY_AGE else [*counts, ("", "999999")]
        for origin in [None, *(key for key, people in counts.items() if people)]:
            for target in [None, *places]:
                if origin == target:
                    continue
                moved = dict(counts)
                if origin is not None:
                    moved[origin] -= 1
                if target is not None:
                    moved[target] = moved.get(target, 0) + 1
                version = replace(known[place][0], release="r02", counts=moved, hidden=frozenset())
                decision = decide(version, known[place])
                tried += 1
                identified += decision.shown is not known[place][0] or not decision.held_back
    assert tried > 5_000
    assert identified == 0
