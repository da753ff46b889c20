"""Which version stands: the newest one that may, unless a person or the newest build set it aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.errors import UsageError
from pamga.log import decisions
from pamga.settings import Settings
from pamga.standing import (
    BY_PERSON,
    BY_ROLLBACK,
    LET_IN,
    SET_ASIDE,
    Version,
    decide,
    let_in,
    set_aside_by_people,
    set_aside_now,
    standing_versions,
)
from tests.documents import landed, made, stored

DELIVERY = ("acuerdos", "2026T3", "presupuesto_participativo")


def version(number: int, rows: str = "", **more: Any) -> Manifest:
    names = dict(zip(("export", "trimestre", "dependencia"), DELIVERY, strict=True))
    said = {"version": number, "stands": True, "rows_sha256": rows or f"rows {number}"}
    return made(Manifest, **(names | said | more))


def at(number: int) -> Version:
    return (*DELIVERY, number)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path, hoy="2026-10-20")
    for number in (1, 2, 3):
        landed(settings, *DELIVERY, number, rows_sha256=f"rows {number}")
    return settings


def say(settings: Settings, action: str, number: int, reason: str = "Traía los acuerdos de otro año.") -> Path:
    return decide(settings, action, at(number), origin=BY_PERSON, person="Ana Ruiz", reason=reason)


def test_the_newest_version_that_may_stand_does() -> None:
    versions = [version(1), version(2), version(3, stands=False)]
    assert standing_versions(versions)[DELIVERY].version == 2
    assert standing_versions(versions, {at(2)})[DELIVERY].version == 1
    assert standing_versions(versions, {at(2), at(1)}) == {}


def test_a_person_sets_aside_and_lets_in_again(settings: Settings) -> None:
    versions = [version(1), version(2)]
    first = say(settings, SET_ASIDE, 2)
    assert first.name == "0001.json"
    assert say(settings, SET_ASIDE, 2) == first, "the same word said twice is kept once"
    assert set(set_aside_by_people(versions, decisions(settings.layout))) == {at(2)}
    assert say(settings, LET_IN, 2, "Era correcto.").name == "0002.json"
    decided = decisions(settings.layout)
    assert set_aside_by_people(versions, decided) == {}
    assert set(let_in(decided)) == {at(2)}
    assert say(settings, SET_ASIDE, 2).name == "0003.json"
    assert set(set_aside_by_people(versions, decisions(settings.layout))) == {at(2)}


def test_the_same_rows_in_other_bytes_are_no_correction_but_a_restored_version_is_a_decision(
    settings: Settings,
) -> None:
    say(settings, SET_ASIDE, 2)
    decided = decisions(settings.layout)
    again, restored = version(3, rows="rows 2"), version(4, rows="rows 2", restored_from=2)
    versions = [version(1), version(2), again]
    apart = set_aside_by_people(versions, decided)
    assert set(apart) == {at(2), at(3)}
    assert standing_versions(versions, apart)[DELIVERY].version == 1
    versions.append(restored)
    assert standing_versions(versions, set_aside_by_people(versions, decided))[DELIVERY].version == 4
    corrected = [*versions, version(5)]
    assert standing_versions(corrected, set_aside_by_people(corrected, decided))[DELIVERY].version == 5


def test_a_decision_needs_a_version_a_person_and_a_reason(settings: Settings) -> None:
    for person, reason in (("", "x"), ("Ana Ruiz", " ")):
        with pytest.raises(UsageError, match="named person and a reason"):
            decide(settings, SET_ASIDE, at(1), origin=BY_ROLLBACK, person=person, reason=reason)
    with pytest.raises(UsageError, match="no version 9"):
        say(settings, SET_ASIDE, 9)
    assert decisions(settings.layout) == []


def test_what_the_newest_build_set_aside_counts_until_a_person_lets_it_in(settings: Settings) -> None:
    run = settings.layout.run("latest")
    run.mkdir(parents=True)
    named = dict(zip(("export", "trimestre", "dependencia", "version"), at(3), strict=True))
    found = named | {"origen": "hallazgos", "motivo": "Referencia a una clave que no existe (6 de 100 filas)."}
    (run / "inputs.lock").write_bytes(stored(Lock, {"apartadas": [found]}))
    versions = [version(1), version(2), version(3)]
    assert set(set_aside_now(settings.layout, versions)) == {at(3)}
    say(settings, LET_IN, 3)
    assert set_aside_now(settings.layout, versions) == {}
