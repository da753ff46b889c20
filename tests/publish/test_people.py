"""Tables about people: their differences are never listed, and what was published of them is kept with the lake."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pamga.documents.candidate import Column, Dataset
from pamga.documents.lock import Lock
from pamga.documents.log import PeopleOfRun, Publication
from pamga.engine import connect
from pamga.settings import Settings
from pamga.storage import read_json
from publish import log
from publish.changes import Side, change_sentence, compare
from publish.pages import changes_page
from tests.documents import made

TABLE = "participacion_edad_sexo"
RELEASE = "2026T3-r02"
DOCUMENT = made(PeopleOfRun, release=RELEASE, sal="s", versiones=[{"tabla": TABLE}], avisos={"x": "y"}, mostradas=[])


def side(folder: Path, release: str, people: int, about_people: bool = True) -> Side:
    """A release with one table about people, of one cell."""
    (folder / release / "data").mkdir(parents=True)
    with connect(Settings(data=folder)) as connection:
        connection.execute(
            f"copy (select 2025 as ejercicio, 'mujer' as sexo, {people} as personas) "
            f"to '{folder / release / 'data' / TABLE}.parquet' (format parquet)"
        )
    types = {"ejercicio": "INTEGER", "sexo": "VARCHAR", "personas": "INTEGER"}
    columns = [made(Column, name=name, type=kind) for name, kind in types.items()]
    dataset = made(
        Dataset,
        name=TABLE,
        title="Personas",
        primary_key=["ejercicio", "sexo"],
        columns=columns,
        about_people=about_people,
    )
    lock = made(Lock, deliveries=[], code={"sha256": "a"})
    sums = {f"data/{TABLE}.parquet": f"{release} {people}"}
    return Side(release, "2026-10-20", folder / release, [dataset], sums, lock)


@pytest.mark.parametrize("flagged_before", [True, False])  # a release of before the flag was written
def test_a_change_is_said_and_no_difference_is_listed(tmp_path: Path, flagged_before: bool) -> None:
    before, after = side(tmp_path, "2026T3-r01", 7, flagged_before), side(tmp_path, RELEASE, 19)
    changes = compare(Settings(data=tmp_path), before, after)
    (change,) = changes.conjuntos
    assert change.rows_differ
    assert (change.agregadas, change.modificadas, change.eliminadas, change.detalle) == (0, 0, 0, [])
    assert "no se dice qué cifras cambiaron" in change_sentence(change, "2026T3-r01")
    page = changes_page(Settings(data=tmp_path), changes).decode()
    assert "no se dice qué cambió" in page
    assert "mujer" not in page


def test_the_same_rows_in_other_bytes_are_no_change(tmp_path: Path) -> None:
    before, after = side(tmp_path, "2026T3-r01", 7), side(tmp_path, RELEASE, 7)
    (change,) = compare(Settings(data=tmp_path), before, after).conjuntos
    assert change.estado == "sin_cambios"


def test_any_other_table_lists_its_rows(tmp_path: Path) -> None:
    before, after = (replace(s, datasets=[s.datasets[0].model_copy(update={"about_people": False})])
                     for s in (side(tmp_path, "2026T3-r01", 7), side(tmp_path, RELEASE, 19)))  # fmt: skip
    (change,) = compare(Settings(data=tmp_path), before, after).conjuntos
    assert change.modificadas == len(change.detalle) == 1


def test_a_table_that_is_not_published_is_not_kept_as_known(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    log.record_people(settings, RELEASE, DOCUMENT, {"participacion_colonia"})
    assert read_json(settings.layout.log / "people" / f"{RELEASE}.json")["versiones"] == []


def test_what_is_published_of_people_is_kept_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    log.record_people(settings, RELEASE, DOCUMENT, {TABLE})
    kept = settings.layout.log / "people" / f"{RELEASE}.json"
    assert read_json(kept) == {
        "release": RELEASE,
        "sal": "s",
        "versiones": [version.stored() for version in DOCUMENT.versiones],
    }
    # the first one was killed before it was public
    log.record_people(settings, RELEASE, DOCUMENT.model_copy(update={"versiones": []}), {TABLE})
    assert read_json(kept)["versiones"] == []
    log.record_publication(settings, made(Publication, release=RELEASE))
    log.record_people(settings, RELEASE, DOCUMENT.model_copy(update={"versiones": []}), {TABLE})
    with pytest.raises(FileExistsError):
        log.record_people(settings, RELEASE, DOCUMENT, {TABLE})
    assert read_json(kept)["versiones"] == []
