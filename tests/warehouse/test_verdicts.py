"""Which deliveries wait for a person because they would change a verdict (rules.md, "Status at a quarter")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pamga.documents.lock import Lock, ToldVerdict
from pamga.settings import Settings
from pamga.standing import BY_PERSON, LET_IN, decide
from pamga.storage import write_atomically
from tests.documents import landed, made
from warehouse.verdicts import accepted, to_set_aside

IDENTITY = {"export": "acuerdos", "trimestre": "2025T4", "dependencia": "presupuesto_participativo"}
NAMED = (IDENTITY["export"], IDENTITY["trimestre"], IDENTITY["dependencia"])


def lock(
    *numbers: int, let_in: tuple[int, ...] = (), restored: tuple[int, ...] = (), set_aside: tuple[int, ...] = ()
) -> Lock:
    versions = [
        IDENTITY | {"version": n, "stands": True, "restored_from": 1 if n in restored else None} for n in numbers
    ]
    apart = [IDENTITY | {"version": n} for n in set_aside]
    admitted = [IDENTITY | {"version": n} for n in let_in]
    return made(Lock, versions=versions, readmitidas=admitted, apartadas=apart)


def verdict(before: int | None, now: int | None, **more: Any) -> ToldVerdict:
    moved = IDENTITY | {"version_anterior": before, "version": now}
    said = {
        "indicador": "MBH-2", "ejercicio": 2025, "trimestre": "2025T4", "antes": "incumplida", "publicacion": "2025T4-r02",
        "despues": "cumplida", "entregas": [moved],
    }  # fmt: skip
    return made(ToldVerdict, **(said | more))


def waiting(lock_: Lock, *changed: ToldVerdict) -> list[int]:
    return sorted(version[3] for version in to_set_aside(lock_, changed))


@pytest.mark.parametrize(
    ("numbers", "before", "now", "expected"),
    [
        ((1, 2), 1, 2, [2]),
        ((1, 2, 3), 1, 3, [2, 3]),  # down to what the public read, at once
        ((1, 2, 3), 2, 3, [3]),
        ((1,), None, 1, [1]),  # the public read none of it
        ((1, 2), 2, 1, []),  # a person set the newer one aside
        ((1, 2), 2, None, []),
    ],
)
def test_every_version_since_what_the_public_read_waits(
    numbers: tuple[int, ...], before: int | None, now: int | None, expected: list[int]
) -> None:
    assert waiting(lock(*numbers), verdict(before, now)) == expected


def test_what_a_person_let_in_or_restored_waits_for_nobody() -> None:
    assert waiting(lock(1, 2, let_in=(2,)), verdict(1, 2)) == []
    assert waiting(lock(1, 2, restored=(2,)), verdict(1, 2)) == []
    assert waiting(lock(1, 2, 3, let_in=(2,)), verdict(1, 3)) == [3], "what came after it was not let in"


def test_what_is_set_aside_already_keeps_its_own_reason() -> None:
    assert waiting(lock(1, 2, 3, set_aside=(2,)), verdict(1, 3)) == [3]


def test_a_verdict_that_no_delivery_changed_holds_nothing() -> None:
    assert waiting(lock(1, 2), verdict(1, 2, entregas=[])) == []


def test_the_reason_names_the_verdict_once_per_target() -> None:
    later = verdict(1, 2, trimestre="2026T1")
    found = to_set_aside(lock(1, 2), [verdict(1, 2), later])[(*NAMED, 2)]
    assert (found.motivo or "").count("MBH-2 de 2025, de «incumplida» a «cumplida»") == 1
    assert [entry.trimestre for entry in found.veredictos] == ["2025T4", "2026T1"]
    assert all("entregas" not in entry.stored() for entry in found.veredictos)


def test_what_was_told_once_is_told_by_every_later_release(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, hoy="2026-02-16")
    told = made(ToldVerdict, indicador="PP-1", persona="Eva Luna", motivo="Faltaba.")
    write_atomically(settings.layout.release("2025T4-r02") / "inputs.lock", made(Lock, veredictos=[told]).content())
    landed(settings, *NAMED, 2)
    decide(settings, LET_IN, (*NAMED, 2), origin=BY_PERSON, person="Ana Ruiz", reason="Se atendieron.")
    up = made(Lock, line=["2025T4-r01", "2025T4-r02"])
    earlier, new = accepted(settings, up, [verdict(1, 2)])
    assert earlier == told
    assert (new.persona, new.motivo, new.fecha) == ("Ana Ruiz", "Se atendieron.", "2026-02-16")
    assert accepted(settings, made(Lock, line=[]), []) == []
    (by_method,) = accepted(settings, made(Lock, line=[]), [verdict(1, 2, entregas=[])])
    assert by_method.persona is None
