"""A clock that lies: what cannot be today's day is not written, and a day that was written wrongly is corrected in the open."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from ingest.landing import Identity, standing, versions
from ingest.privacy.retention import enforce_retention
from ingest.receipt_day import correct_receipt_day
from ingest.receive import discover, receive_file, restore
from operation import steps
from pamga import seals
from pamga.backup import back_up
from pamga.backup import restore as put_back
from pamga.clock import CITY
from pamga.errors import UsageError
from pamga.plan import plan
from pamga.plausible import ImplausibleDay
from pamga.receipt_days import corrected_days
from pamga.standing import BY_PERSON, LET_IN, SET_ASIDE, decide
from reminders.deliveries import _manifests
from warehouse.lock import already_published, make_lock

from .conftest import Office
from .test_delivery import ACUERDOS, ACUERDOS_PATH, acuerdo

TODAY = date(2026, 10, 20)
IDENTITY = Identity("acuerdos", "2026T3", "presupuesto_participativo")
WHO, WHY = "Ana Ruiz, TI", "El reloj del servidor estaba adelantado."
MakeOffice = Callable[..., Office]


@pytest.fixture
def working(make_office: MakeOffice) -> Office:
    """An installation that received something today."""
    office = make_office("data", hoy=TODAY)
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    return office


@pytest.fixture(autouse=True)
def by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hoy` of these tests is what the machine's clock says, not a day that somebody set."""
    monkeypatch.setattr("pamga.plausible.somebody_set_it", lambda _: False)


@pytest.mark.parametrize("wrong", [date(2036, 2, 7), date(2027, 5, 9), date(2026, 10, 18), date(1970, 1, 1)])
def test_nothing_is_received_on_a_day_that_cannot_be(working: Office, wrong: date) -> None:
    """Years ahead, months ahead of anything seen, and before what was received; nothing is written, also not that the inbox was looked at."""
    working.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2"))
    (waiting,) = discover(working.settings)
    lake, vault = working.lake(), sorted(working.settings.layout.vault.rglob("*"))
    working.settings.hoy = wrong
    for attempt in (
        working.receive,
        lambda: receive_file(working.settings, waiting),
        lambda: restore(working.settings, IDENTITY, 1),
        lambda: enforce_retention(working.settings),
    ):
        with pytest.raises(ImplausibleDay, match=f"Today is {wrong} by the clock"):
            attempt()
    assert working.lake() == lake and sorted(working.settings.layout.vault.rglob("*")) == vault
    working.settings.hoy = TODAY
    (receipt,) = working.receive()
    assert (receipt.state, working.manifests()[-1]["received_on"]) == ("accepted", TODAY.isoformat())


def test_after_a_long_silence_a_person_says_that_the_day_is_right(working: Office) -> None:
    working.settings.hoy = date(2027, 10, 20)
    working.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2"))
    with pytest.raises(ImplausibleDay, match="PAMGA_CLOCK_DAYS=366"):
        working.receive()
    working.settings.clock_days = 366
    assert [receipt.state for receipt in working.receive()] == ["accepted"]


@pytest.mark.parametrize("wrong", [date(1970, 1, 1), date(2000, 1, 1), date(2015, 1, 1)])
def test_a_new_installation_whose_clock_never_ran_receives_nothing(make_office: MakeOffice, wrong: date) -> None:
    office = make_office("data", hoy=wrong)
    office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    with pytest.raises(ImplausibleDay, match=str(plan().inicio)):
        office.receive()
    assert office.lake() == {}


def test_a_lost_registry_takes_no_wrong_day_either(working: Office) -> None:
    working.settings.layout.registry.unlink()
    working.settings.hoy = date(2036, 2, 7)
    with pytest.raises(ImplausibleDay):
        working.receive()


def test_machines_on_both_sides_of_midnight_both_receive(working: Office) -> None:
    working.settings.hoy = date(2026, 10, 19)
    working.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2"))
    assert [receipt.state for receipt in working.receive()] == ["accepted"]


@pytest.fixture
def misdated(make_office: MakeOffice) -> Office:
    """A row of the future was taken because the clock was months ahead."""
    office = make_office("data", hoy=date(2027, 4, 1))
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2", day="15/01/2027"))
    office.settings.hoy = TODAY
    return office


def test_a_wrong_day_is_corrected_with_name_and_reason_and_judged_again(misdated: Office) -> None:
    settings = misdated.settings
    wrong = make_lock(settings)
    before = {path: content for path, content in misdated.lake().items() if path.startswith("export=")}
    assert wrong.received_until == "2027-04-01" and "dias" not in wrong.stored()
    entry, stands = correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    assert (entry.decia, entry.recibido, entry.dejado) == ("2027-04-01", "2026-10-15", "2026-10-15")
    assert (stands.version, stands.accepted, stands.quarantined, stands.restored_from) == (2, 1, 1, 1)
    assert before.items() <= misdated.lake().items(), "what landed stays as it landed"
    lock = make_lock(settings)
    assert lock.received_until == "2026-10-15" and lock.digest != wrong.digest and lock.dias == [entry]
    assert {v.received_on for v in lock.versions} == {"2026-10-15"}
    assert already_published(settings, lock) is None
    assert {m.received_on for m in _manifests(settings.layout)} == {"2026-10-15"}
    misdated.drop(ACUERDOS_PATH.replace("2026T3", "2026T2"), ACUERDOS + acuerdo("B1", day="01/05/2026"))
    assert [receipt.state for receipt in misdated.receive()] == ["accepted"], "the clock is believed again"
    assert enforce_retention(settings) == []


def test_the_same_word_twice_is_one_and_another_word_counts(misdated: Office) -> None:
    settings = misdated.settings
    for _ in range(2):
        entry, stands = correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
        assert stands.version == 2 and len(misdated.manifests()) == 2
    again, stands = correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 16), WHO, WHY)
    assert (stands.version, stands.received_on) == (3, "2026-10-16")
    assert list(corrected_days(settings.layout).values()) == [again] and again != entry


def test_a_day_that_changes_no_row_makes_no_version(make_office: MakeOffice) -> None:
    office = make_office("data", hoy=date(2027, 4, 1))
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    office.settings.hoy = TODAY
    _, stands = correct_receipt_day(office.settings, IDENTITY, 1, TODAY, WHO, WHY)
    assert (stands.version, stands.received_on) == (1, "2027-04-01") and len(office.manifests()) == 1
    assert make_lock(office.settings).received_until == TODAY.isoformat()


def test_rows_that_a_clock_of_the_past_refused_stand_after_all(make_office: MakeOffice) -> None:
    office = make_office("data", hoy=date(2026, 7, 1))
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1", day="15/09/2026"))
    assert receipt.accepted == 0
    office.settings.hoy = TODAY
    _, stands = correct_receipt_day(office.settings, IDENTITY, 1, date(2026, 10, 10), WHO, WHY)
    assert (stands.version, stands.accepted) == (2, 1) and stands.stands


@pytest.mark.parametrize(
    ("version", "day", "who", "why"),
    [(1, date(2026, 10, 21), WHO, WHY), (1, date(2026, 6, 30), WHO, WHY), (9, TODAY, WHO, WHY), (1, TODAY, " ", WHY),
     (1, TODAY, WHO, ""), (1, TODAY, WHO, "Lo dijo Ana al 477 123 4567")],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(misdated: Office, version: int, day: date, who: str, why: str) -> None:
    lake = misdated.lake()
    with pytest.raises(UsageError):
        correct_receipt_day(misdated.settings, IDENTITY, version, day, who, why)
    assert misdated.lake() == lake


def test_a_correction_survives_the_restore_of_an_older_snapshot(misdated: Office, make_office: MakeOffice) -> None:
    settings = misdated.settings
    settings.backup = str(settings.layout.root.parent / "respaldo")
    back_up(settings)
    correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    other = make_office("otra", hoy=TODAY, backup=settings.backup)
    assert len(put_back(other.settings, without_keys=True).acts) == 1
    assert make_lock(other.settings).received_until == "2026-10-15"
    assert "vault" in " ".join(steps.carry_out_acts(other.settings)).lower(), "without the key, who does it is told"
    shutil.copytree(settings.layout.keys, other.settings.layout.keys, dirs_exist_ok=True)
    for _ in range(2):  # what the command does after a restore, and again where it was killed
        assert steps.carry_out_acts(other.settings) == []
        assert [(m.version, m.accepted) for m in versions(other.settings.layout, IDENTITY)] == [(1, 2), (2, 1)]


def test_a_day_that_is_taken_back_brings_its_rows_back(misdated: Office) -> None:
    settings = misdated.settings
    settings.hoy = date(2027, 4, 1)
    days = [date(2026, 10, 15), date(2027, 3, 1), date(2026, 10, 15)]
    stood = [correct_receipt_day(settings, IDENTITY, 1, day, WHO, WHY)[1] for day in days]
    assert [version.accepted for version in stood] == [1, 2, 1]
    assert standing(settings.layout, versions(settings.layout, IDENTITY)) == stood[-1]


def test_a_day_of_what_was_corrected_since_brings_nothing_back(misdated: Office) -> None:
    """The office's own correction counts, whatever is learnt of the day of what it replaced."""
    settings = misdated.settings
    settings.hoy = date(2027, 4, 1)  # the clock is still wrong
    misdated.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A3"))
    correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    counts = standing(settings.layout, versions(settings.layout, IDENTITY))
    assert counts is not None and (counts.version, counts.accepted) == (2, 2)


def test_a_day_lets_nothing_in_that_a_person_set_aside(misdated: Office) -> None:
    settings = misdated.settings
    version = (IDENTITY.export, IDENTITY.trimestre, IDENTITY.dependencia, 1)
    decide(settings, SET_ASIDE, version, origin=BY_PERSON, person=WHO, reason="No es de este trimestre.")
    correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    assert standing(settings.layout, versions(settings.layout, IDENTITY)) is None
    decide(settings, LET_IN, version, origin=BY_PERSON, person=WHO, reason="Sí lo es.")
    _, stands = correct_receipt_day(settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    assert (stands.version, stands.accepted) == (2, 1), "the same word completes what waited"


def test_the_seal_of_before_holds(misdated: Office) -> None:
    seals.seal(misdated.settings, "2026T3-r01")
    correct_receipt_day(misdated.settings, IDENTITY, 1, date(2026, 10, 15), WHO, WHY)
    assert seals.findings(misdated.settings) == []


# ---- zones ---------------------------------------------------------------------------------------------------------------

ZONES = ("UTC", "Asia/Tokyo", "America/Mexico_City", "Pacific/Kiritimati")
LAST, FIRST = "2026-09-30T23:59:59-06:00", "2026-10-01T00:00:00-06:00"


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    before = os.environ.get("TZ")

    def lives_in(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield lives_in
    os.environ.pop("TZ") if before is None else os.environ.__setitem__("TZ", before)
    time.tzset()


def test_a_machine_s_zone_changes_no_byte(make_office: MakeOffice, zone: Callable[[str], None]) -> None:
    """Dropped in the last second of a quarter and in the first of the next; dates with times, with zones and without."""
    body = ACUERDOS + "".join(
        acuerdo(f"A{number}", day=day)
        for number, day in enumerate(
            ("30/09/2026 23:59", LAST, "2026-10-01T05:59:59Z", "2026-10-01T06:00:00Z", FIRST, "2026-09-30 23:59:59")
        )
    )
    lakes = []
    for name in ZONES:
        zone(name)
        office = make_office(name.replace("/", "-"), hoy=TODAY)
        for path, moment in ((ACUERDOS_PATH, LAST), (ACUERDOS_PATH.replace("2026T3", "2026T4"), FIRST)):
            seconds = datetime.fromisoformat(moment).timestamp()
            os.utime(office.drop(path, body), (seconds, seconds))
        office.receive()
        lakes.append(office.lake())
        assert [(m["trimestre"], m["dropped_on"]) for m in office.manifests()] == [
            ("2026T3", "2026-09-30"), ("2026T4", "2026-10-01"),
        ]  # fmt: skip
    assert all(lake == lakes[0] for lake in lakes)


@pytest.mark.parametrize(("moment", "day"), [(LAST, date(2026, 9, 30)), (FIRST, date(2026, 10, 1))])
def test_today_is_the_city_s(
    moment: str, day: date, zone: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from pamga import clock
    from pamga.settings import Settings

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(moment).astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(clock, "datetime", Frozen)
    for name in ZONES:
        zone(name)
        assert Settings(data=tmp_path).today == day
    assert CITY.key == "America/Mexico_City"


@pytest.mark.parametrize("day", [date(2029, 5, 9), date(2026, 7, 5)])
def test_a_day_that_somebody_set_is_taken_as_it_is(working: Office, monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """rules.md: today is PAMGA_HOY where it is set; a lake may be silent for years, or be told again from its beginning."""
    monkeypatch.undo()
    working.settings.hoy = day
    working.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1", day="01/07/2026") + acuerdo("A2", day="02/07/2026"))
    assert [receipt.state for receipt in working.receive()] == ["accepted"]
