"""Each file is read in a process of its own, with limits: what breaks them is refused with the reason, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest import apart
from ingest.apart import Defeated, Stopped
from ingest.checks.bench import Door
from ingest.contract import load_contract
from ingest.corrections import Vaulted
from ingest.landing import Identity
from ingest.reading import RefusedFile
from pamga.settings import Settings

from .conftest import Office, folder_of, page
from .files import case

MEETING = "mesa_id,titulo,eje,fecha_programada\n{},Uno,{},01/07/2026\n"


@pytest.fixture(autouse=True)
def _a_worker_of_its_own() -> Iterator[None]:
    """Limits and tricks of one test reach no other."""
    apart._dismiss()
    yield
    apart._dismiss()


def _meetings(office: Office) -> None:
    """A good delivery before and one after."""
    office.drop("imju/mesas_trabajo_2025T1.csv", MEETING.format("M1", "emprendimiento"))
    office.drop("imju/mesas_trabajo_2026T3.csv", MEETING.format("M2", "otro tema"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["1_far_cell", "2_merge", "3_redos"])
def test_a_poisoned_file_stops_nobody(make_office: Callable[..., Office], name: str) -> None:
    office = make_office("data", read_apart=True)
    _meetings(office)
    path = case(name)
    export = path.stem[len(name) + 1 :]
    folder = "imju" if "mesas" in export else "transparencia"
    office.drop(f"{folder}/{export}{path.suffix}", path.read_bytes())
    receipts = {receipt.archivo.rpartition("/")[2]: receipt for receipt in office.receive()}
    assert receipts["mesas_trabajo_2025T1.csv"].state == "accepted"
    assert receipts["mesas_trabajo_2026T3.csv"].quarantined == 1
    assert (folder_of(receipts["mesas_trabajo_2026T3.csv"]) / "correccion.xlsx").is_file()
    assert len(receipts) == 3 and office.receive() == []


TRICKS = {
    "memory": "hoard = []\n        while True: hoard.append(b'x' * (1 << 20)); time.sleep(0.001)",
    "address": "bytearray(549_755_813_888)",
    "cpu": "while True: pass",
    "wall": "time.sleep(600)",
    "abort": "os.abort()",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "exit": "os._exit(7)",
    "fault": "raise IndexError('Rosa Jiménez')",
    "unknown error": "raise type('PanicException', (BaseException,), {})('Rosa')",
    "disk": "raise OSError(28, 'No space left on device')",
    "killed once": "flag = path.with_suffix('.flag')\n        if not flag.exists(): flag.touch(); os.kill(os.getpid(), 9)",
    "killed always": "os.kill(os.getpid(), 9)",
}
"""What the worker is made to do while it reads a file with `trampa` in it."""
WORKER = """
import os, time
from ingest import apart, readers
real = readers.read
def read(path, contract, limits):
    if b"trampa" in path.read_bytes():
        {trick}
    return real(path, contract, limits)
readers.read = read
apart.main()
"""


def _none_before(settings: Settings) -> Vaulted:
    return Vaulted(settings, Identity("mesas_trabajo", "2026T3", "imju"), load_contract("mesas_trabajo"), [])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", file_memory_mb=700, file_cpu_seconds=2, file_seconds=8)


@pytest.fixture
def judge(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """Read a meeting with that title, in a worker that does that trick."""

    def ask(trick: str, title: str) -> Any:
        # what is well, or reaches another limit, has its time on a busy machine
        settings.file_seconds = 8 if (trick, title) == ("wall", "trampa") else 600
        settings.file_cpu_seconds = 2 if (trick, title) == ("cpu", "trampa") else 600
        monkeypatch.setattr(apart, "_COMMAND", ("-P", "-c", WORKER.format(trick=TRICKS[trick])))
        path = tmp_path / "mesas_trabajo_2026T3.csv"
        path.write_text(f"mesa_id,titulo,eje,fecha_programada\nM1,{title},emprendimiento,01/07/2026\n")
        door = Door("imju", "imju/mesas_trabajo_2026T3.csv", date(2026, 11, 22), b"")
        return apart.desk(settings).judge(path, _none_before(settings), door)

    return ask


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trick", "error", "words"),
    [
        ("memory", Stopped, "más de 700 MB de memoria"),
        ("address", RefusedFile, "pide más memoria"),
        ("cpu", Stopped, "más de 2 segundos de procesador"),
        ("wall", Stopped, "más de 8 segundos en total"),
        ("abort", Stopped, "SIGABRT"),
        ("segfault", Stopped, "SIGSEGV"),
        ("exit", Stopped, "salida 7"),
        ("fault", Defeated, "IndexError"),
        ("unknown error", Defeated, "PanicException"),
        ("disk", OSError, "No space left"),
        ("killed always", Stopped, "SIGKILL"),
    ],
)
def test_what_a_file_may_not_do(
    judge: Callable[[str, str], Any], trick: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as stopped:
        judge(trick, "trampa")
    assert words in str(stopped.value) and "Rosa" not in str(stopped.value)
    understood, checked, _ = judge(trick, "Otra")
    assert understood["formato"] == "csv" and checked.accepted == 1


def test_a_worker_that_somebody_else_killed_is_no_fault_of_the_file(judge: Callable[[str, str], Any]) -> None:
    assert judge("killed once", "trampa")[1].accepted == 1


def test_what_nobody_foresaw_comes_back_from_the_real_worker(settings: Settings) -> None:
    """The one that is started as a program, and not as the tests above start it: its error is one that this side knows."""
    worker = apart._Worker()
    try:
        with pytest.raises(Defeated, match="TypeError"):
            worker.ask(("judge", ("too", "little")), apart._Bounds(700_000_000, 600, 600))
    finally:
        worker.end()


def test_a_refusal_keeps_its_reasons(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.csv"
    path.write_text("mesa_id,titulo,eje\nM1,Uno,emprendimiento\n")
    door = Door("imju", "imju/mesas_trabajo_2026T3.csv", date(2026, 11, 22), b"")
    with pytest.raises(RefusedFile) as refused:
        apart.desk(settings).judge(path, _none_before(settings), door)
    with pytest.raises(RefusedFile) as here:
        apart.Here().judge(path, _none_before(settings), door)
    assert refused.value.reasons == here.value.reasons and "fecha_programada" in refused.value.reasons[0]


def test_one_worker_reads_many_files(judge: Callable[[str, str], Any]) -> None:
    workers = {judge("cpu", f"Mesa {number}") and apart._current[0]._process.pid for number in range(5)}
    assert len(workers) == 1
    assert psutil.Process(apart._current[0]._process.pid).rlimit(psutil.RLIMIT_CORE) == (0, 0), (
        "no memory is left where it crashes"
    )


def test_a_worker_ends_with_whoever_started_it(judge: Callable[[str, str], Any]) -> None:
    judge("cpu", "Mesa")
    worker = apart._current[0]._process
    apart._dismiss()
    assert worker.returncode is not None and not psutil.pid_exists(worker.pid)


@pytest.mark.slow
def test_a_copy_that_cannot_be_made_is_said_and_the_rows_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was read; what copies its sheet to be mended goes on for ever."""
    code = "from ingest import apart, receipts\ndef endless(*_):\n    while True: pass\nreceipts.correction_workbook = endless\napart.main()"
    monkeypatch.setattr(apart, "_COMMAND", ("-P", "-c", code))
    office = Office(tmp_path / "data", read_apart=True, file_cpu_seconds=5)
    _meetings(office)
    good, bad = office.receive()
    assert (good.state, bad.state, bad.quarantined) == ("accepted", "accepted_with_rejects", 1)
    assert "No se pudo preparar correccion.xlsx" in page(bad)
    assert not (folder_of(bad) / "correccion.xlsx").exists() and office.table(bad, "rejects").height == 1
