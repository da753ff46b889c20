"""Killed at any moment, or run twice at once: the lake ends byte for byte as after one undisturbed run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from .conftest import Office, page
from .test_delivery import ACUERDOS, ACUERDOS_PATH, ATTENDANCE, ATTENDANCE_PATH, CRIMES, CRIMES_PATH, acuerdo, crime

KILLS = int(os.environ.get("PAMGA_TEST_KILLS", "20"))
RECEIVE = """
import sys
from datetime import date
from pathlib import Path
from pydantic import SecretStr
from pamga.settings import Settings
import ingest.readers.text, ingest.receipts, pamga.registry, polars, sqlalchemy, rapidfuzz
from ingest.receive import receive_inbox
print("ready", flush=True)
receive_inbox(Settings(data=Path(sys.argv[1]), settle_seconds=0, hoy=date(2026, 11, 22), hmac_key=SecretStr("llave de prueba")))
"""


def fill(office: Office) -> None:
    """An inbox with several deliveries, a second file of one of them, a duplicate and a refusal."""
    many = "".join(acuerdo(f"A{n}", descripcion=f"texto {n}") for n in range(3000))
    dropped = [
        office.drop(ACUERDOS_PATH, ACUERDOS + many + acuerdo("A1") + acuerdo("B", day="ayer")),
        office.drop("presupuesto_participativo/acuerdos_2026-T3.csv", ACUERDOS + many),
        office.drop("presupuesto_participativo/acuerdos 2026 t3.csv", ACUERDOS + many),
        office.drop(ATTENDANCE_PATH, ATTENDANCE + "".join(f"T1,P{n},Ana,,,20,mujer,\n" for n in range(3000))),
        office.drop(CRIMES_PATH, CRIMES + crime("1,2,3,4,5,6,7,8,9,10,11,12")),
        office.drop("imju/acuerdos_2026T3.csv", "x"),
    ]
    for number, path in enumerate(dropped):
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))


def start(office: Office) -> subprocess.Popen[str]:
    """A receiver in a process of its own, ready to begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", RECEIVE, str(office.settings.data)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_killed_at_random_moments_the_lake_ends_the_same(make_office: Callable[..., Office]) -> None:
    undisturbed = make_office("undisturbed")
    fill(undisturbed)
    receiver = start(undisturbed)
    begun = time.monotonic()  # from "ready" on: a kill is to come while the receiver is at work
    assert receiver.wait() == 0
    seconds = time.monotonic() - begun
    expected = undisturbed.lake()
    assert len([name for name in expected if not name.startswith("_contracts/")]) == 4 * 3 + 1
    rng = random.Random(2026)
    killed = attempts = since_empty = 0
    office = make_office("killed")
    fill(office)
    while killed < KILLS and attempts < 4 * KILLS:
        attempts += 1
        process, begun = start(office), time.monotonic()
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, seconds))
            # It was through: the machine is less busy than it was when it was measured.
            seconds = time.monotonic() - begun
        process.send_signal(signal.SIGKILL)
        was_killed = process.wait() == -signal.SIGKILL
        killed += was_killed
        since_empty += 1
        if since_empty == 4 or not was_killed:  # else the next receiver meets what this one left
            assert start(office).wait() == 0
            assert office.lake() == expected, attempts
            assert office.receive() == []
            _empty(office)
            since_empty = 0
    assert killed == KILLS, f"{killed} kills in {attempts} attempts came while the receiver was at work"
    assert start(office).wait() == 0
    assert office.lake() == expected
    assert _states(office) == _states(undisturbed)


@pytest.mark.slow
def test_two_receivers_at_once_land_nothing_twice(make_office: Callable[..., Office]) -> None:
    alone, together = make_office("alone"), make_office("together")
    for office in (alone, together):
        fill(office)
    assert start(alone).wait() == 0
    receivers = [start(together) for _ in range(2)]
    assert [receiver.wait() for receiver in receivers] == [0, 0]
    assert together.lake() == alone.lake()
    assert _states(together) == _states(alone)


def _empty(office: Office) -> None:
    """Forget everything but the inbox."""
    for path in office.settings.data.iterdir():
        if path.name != "inbox":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _states(office: Office) -> list[tuple[str, str]]:
    from ingest.status import status

    document = status(office.settings).stored()
    assert document["inbox"] == []
    return sorted((line["archivo"], line["state"]) for line in document["deliveries"])


def test_nothing_but_the_day_of_receipt_depends_on_the_clock(make_office: Callable[..., Office]) -> None:
    first, second = make_office("first"), make_office("second")
    for office in (first, second):
        fill(office)
        office.receive()
    assert first.lake() == second.lake()


def test_what_a_killed_receiver_left_is_swept(office: Office) -> None:
    delivery = office.settings.layout.delivery("acuerdos", "2026T3", "presupuesto_participativo")
    leftover = delivery / ".tmp-dead"
    leftover.mkdir(parents=True)
    (leftover / "rows.parquet").write_bytes(b"half")
    (delivery / "version=0001").mkdir()
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    assert not leftover.exists()
    assert (receipt.state, receipt.version) == ("accepted", 2), "a folder without manifest is no version"


def test_a_landing_that_was_not_recorded_is_not_called_a_duplicate(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pamga.registry import Registry

    class Killed(BaseException):
        pass

    def die(*_: object) -> bool:
        raise Killed

    office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A1", tema="x"))
    monkeypatch.setattr(Registry, "record", die)
    with pytest.raises(Killed):
        office.receive()
    before = office.lake()
    monkeypatch.undo()
    (receipt,) = office.receive()
    assert (receipt.state, receipt.version) == ("accepted_with_rejects", 1)
    assert receipt.landed, "the killed run told nobody: its build is asked for now"
    assert office.lake() == before and page(receipt)
