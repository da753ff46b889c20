"""Deadlines and days without work."""

from __future__ import annotations

from datetime import date

import pytest

from pamga.deadlines import Deadline, in_plan
from pamga.quarter import Quarter
from pamga.workdays import is_workday, next_workday


@pytest.mark.parametrize(
    "day",
    ["2026-10-17", "2026-10-18", "2026-01-01", "2026-02-02", "2026-03-16", "2026-05-01", "2026-09-16", "2026-11-16", "2026-12-25",
     "2025-04-17", "2025-04-18", "2026-04-02", "2027-03-26", "2024-10-01", "2030-10-01"],
)  # fmt: skip
def test_days_without_work(day: str) -> None:
    assert not is_workday(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-10-16", "2026-02-03", "2026-04-06", "2026-10-01", "2027-01-04"])
def test_work_days(day: str) -> None:
    assert is_workday(date.fromisoformat(day))


def test_the_next_work_day() -> None:
    assert next_workday(date(2026, 12, 24)) == date(2026, 12, 28)
    assert next_workday(date(2026, 10, 14)) == date(2026, 10, 15)


def test_the_due_day_counts_from_the_quarters_end() -> None:
    assert Deadline("acuerdos", "presupuesto_participativo", "Acuerdos", 15, True).due(Quarter(2025, 2)) == date(
        2025, 7, 15
    )


def test_nobody_owes_anything_outside_the_plan() -> None:
    assert [in_plan(q) for q in (Quarter(2024, 4), Quarter(2025, 1), Quarter(2027, 4), Quarter(2028, 1))] == [
        False, True, True, False,
    ]  # fmt: skip
