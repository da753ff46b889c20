"""The day of a delivery is the day on which its file was dropped, whoever reads it later (rules.md, 'Quarters, deliveries, versions')."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest import receive
from ingest.receive import discover
from pamga.clock import CITY, today_in_the_city

from .conftest import Office, killed_at, summary
from .test_delivery import ACUERDOS, ACUERDOS_PATH, acuerdo

FRIDAY, SATURDAY, MONDAY = date(2026, 10, 16), date(2026, 10, 17), date(2026, 10, 19)


def dated(path: Path, when: datetime) -> None:
    os.utime(path, (when.timestamp(), when.timestamp()))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CITY)


def days(office: Office) -> list[tuple[str, str]]:
    return [(m["dropped_on"], m["received_on"]) for m in office.manifests()]


@pytest.fixture
def monday(make_office: Callable[..., Office]) -> Office:
    return make_office("monday", hoy=MONDAY)


@pytest.mark.parametrize(("hour", "minute"), [(0, 1), (20, 30), (23, 59)])
def test_what_was_dropped_on_friday_and_is_read_on_monday_is_friday_s(monday: Office, hour: int, minute: int) -> None:
    """Late in the evening it is the next day in UTC already."""
    dated(monday.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1")), at(FRIDAY, hour, minute))
    (receipt,) = monday.receive()
    assert days(monday) == [(FRIDAY.isoformat(), MONDAY.isoformat())]
    assert "Entregado el: 16 de octubre de 2026" in summary(receipt)


def test_an_old_date_is_not_believed_beyond_the_last_look(monday: Office) -> None:
    """A copy keeps the day on which the file was last edited; it was not there when the inbox was last looked at."""
    monday.settings.hoy = FRIDAY
    assert discover(monday.settings) == []
    monday.settings.hoy = MONDAY
    dated(monday.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1")), at(date(2026, 8, 3), 10))
    monday.receive()
    assert days(monday) == [(FRIDAY.isoformat(), MONDAY.isoformat())]


def test_the_first_look_at_a_file_settles_its_day(monday: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was seen on Friday and could not be received until Monday, though the inbox was looked at in between."""
    monday.settings.hoy = date(2026, 10, 15)
    discover(monday.settings)
    dated(monday.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1")), at(date(2026, 8, 3), 10))
    for day in (FRIDAY, SATURDAY):
        monday.settings.hoy = day
        assert len(discover(monday.settings)) == 1
    monday.settings.hoy = MONDAY
    monday.receive()
    assert days(monday) == [("2026-10-15", MONDAY.isoformat())]


@pytest.mark.parametrize(
    "when",
    [
        at(date(2027, 3, 1), 10),
        at(date(2026, 10, 20), 0, 1),
        at(date(2026, 5, 31), 10),
        at(date(1980, 1, 1), 0),
        datetime.fromtimestamp(0, CITY),
    ],
    ids=["the share's clock runs ahead", "tomorrow", "before its quarter began", "the first day of a zip", "no date"],
)
def test_a_date_that_cannot_be_is_today(monday: Office, when: datetime) -> None:
    dated(monday.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1")), when)
    monday.receive()
    assert days(monday) == [(MONDAY.isoformat(), MONDAY.isoformat())]


def test_a_file_just_written_is_of_the_day_that_is_played(make_office: Callable[..., Office]) -> None:
    for name, day in (("past", date(2026, 10, 10)), ("future", today_in_the_city() + timedelta(days=200))):
        office = make_office(name, hoy=day)
        office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
        assert days(office) == [(day.isoformat(), day.isoformat())]


def test_figures_go_by_the_day_of_receipt(monday: Office) -> None:
    """A date of something that happened may be as late as the day on which the file is judged, and no later."""
    body = ACUERDOS + acuerdo("A1", day="17/10/2026") + acuerdo("A2", day="20/10/2026")
    dated(monday.drop(ACUERDOS_PATH, body), at(FRIDAY, 19))
    (receipt,) = monday.receive()
    assert monday.table(receipt)["acuerdo_id"].to_list() == ["A1"]
    assert monday.rules(receipt) == [(3, "fecha_acuerdo", "fecha_futura")]


def test_a_killed_look_is_no_look(monday: Office) -> None:
    monday.settings.hoy = FRIDAY
    discover(monday.settings)
    dated(monday.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1")), at(FRIDAY, 19))
    monday.settings.hoy = SATURDAY

    with killed_at("ingest.receive.Registry.record_sighting"):
        discover(monday.settings)
    monday.settings.hoy = MONDAY
    monday.receive()
    assert days(monday) == [(FRIDAY.isoformat(), MONDAY.isoformat())]


def test_what_is_read_over_midnight_is_of_the_day_as_of_which_it_was_judged(
    monday: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a date of tomorrow is refused as one of the future in a delivery that says that it was received tomorrow."""
    tomorrow, judge = MONDAY + timedelta(days=1), receive._judge

    def slowly(*args: Any) -> Any:
        judged = judge(*args)
        monday.settings.hoy = tomorrow
        return judged

    monkeypatch.setattr(receive, "_judge", slowly)
    body = ACUERDOS + acuerdo("A1") + acuerdo("A2", day=tomorrow.strftime("%d/%m/%Y"))
    receipt = monday.deliver(ACUERDOS_PATH, body)
    assert monday.rules(receipt) == [(3, "fecha_acuerdo", "fecha_futura")]
    assert days(monday) == [(MONDAY.isoformat(), MONDAY.isoformat())]
