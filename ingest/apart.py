"""Reading, judging and answering apart: a file's content is only ever looked at in a process of its own, with limits.

A workbook of six kilobytes can ask for half a terabyte, and a library can abort or never come back. So one worker process
reads the files of a run one after the other; it writes nothing. Where it takes more memory, processor or time than a delivery
may (settings `file_memory_mb`, `file_cpu_seconds`, `file_seconds`), or dies, that file is refused with the reason, a new
worker takes its place and the next files go on. Starting a worker costs about a second, so it is kept for many files.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import psutil

from ingest.checks.bench import Door
from ingest.checks.delivery import Checked, check_delivery
from ingest.corrections import Vaulted, completed, read_dropped
from ingest.reading import Limits, Outcome, Reading, RefusedFile
from pamga.documents.deliveries import Corrects
from pamga.errors import PamgaError
from pamga.settings import Settings

_LOOK_EVERY = 0.1  # seconds between two looks at what a busy worker uses
_FILES_PER_WORKER = 500
_ROOM = 4 << 30  # bytes of addresses beyond the memory that may be used: libraries reserve more than they touch
_SPARE_CPU = 30  # seconds after which a worker ends itself, where nobody is left to end it
_START_SECONDS = 120.0
_COMMAND = ("-P", "-m", "ingest.apart")


Judgement = tuple[dict[str, Any], Checked, Corrects | None]
"""(how the file was understood, what it comes to, of which version it is the correction)."""


class Defeated(Exception):
    """What a file holds stopped the program: `kind` of error, and where. Never its message, which may quote a personal value."""

    def __init__(self, kind: str, where: str) -> None:
        super().__init__(kind, where)
        self.kind = kind
        self.where = where


class Stopped(Exception):
    """The worker was stopped, or stopped by itself, at a file; `reason` is a Spanish sentence for its author."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Desk(Protocol):
    """Where a file's content is looked at."""

    def judge(self, source: Path, originals: Vaulted, door: Door) -> Judgement:
        """What the file comes to; `originals`: what it may be a correction of. Raises RefusedFile, Defeated, Stopped, or OSError as it came."""

    def answer(self, outcome: Outcome, source: Path) -> Mapping[str, bytes]:
        """The files of the receipt of what was judged last. Raises Stopped."""


class Here:
    """A desk in this process: no limits."""

    def __init__(self) -> None:
        self._reading: Reading | None = None

    def judge(self, source: Path, originals: Vaulted, door: Door) -> Judgement:
        self._reading = None
        contract = originals.contract
        try:
            dropped = read_dropped(source, contract, Limits.of(originals.settings))
            reading, corrects = completed(originals, dropped)
            checked = check_delivery(reading, contract, door)
        except (RefusedFile, OSError, PamgaError):
            raise
        except MemoryError:
            raise RefusedFile(
                "El archivo pide más memoria de la que puede tener una entrega. Divídalo o simplifíquelo."
            ) from None
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            raise Defeated(type(error).__name__, f"{place.filename}:{place.lineno}") from None
        self._reading = reading
        return reading.understood, checked, corrects

    def answer(self, outcome: Outcome, source: Path) -> Mapping[str, bytes]:
        from ingest.receipts import receipt_files

        return receipt_files(dataclasses.replace(outcome, reading=self._reading), source)


@dataclass(frozen=True)
class _Bounds:
    """What one file may cost."""

    memory: int
    cpu: float
    wall: float

    @classmethod
    def of(cls, settings: Settings) -> _Bounds:
        return cls(settings.file_memory_mb * 1_000_000, settings.file_cpu_seconds, settings.file_seconds)


class Apart:
    """A desk in a worker process, with limits."""

    def __init__(self, settings: Settings) -> None:
        self._bounds = _Bounds.of(settings)
        self._worker = _hired()

    def judge(self, source: Path, originals: Vaulted, door: Door) -> Judgement:
        request = ("judge", (source, originals, door))
        try:
            answer: Judgement = self._worker.ask(request, self._bounds)
        except _KilledFromOutside:  # no fault of the file's, as far as can be told: once more
            self._worker = _hired()
            answer = self._worker.ask(request, self._bounds)
        return answer

    def answer(self, outcome: Outcome, source: Path) -> Mapping[str, bytes]:
        files: Mapping[str, bytes] = self._worker.ask(("answer", (outcome, source)), self._bounds)
        return files


def desk(settings: Settings) -> Desk:
    """A desk for one file."""
    return Apart(settings) if settings.read_apart else Here()


def warm_up(settings: Settings) -> None:
    """Start the worker already, beside what this process has to do first."""
    if settings.read_apart:
        _hired()


# ---- the side that asks ------------------------------------------------------------------------------------------------


class _KilledFromOutside(Stopped):
    """Somebody else killed the worker."""


class _Worker:
    """A worker process and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *_COMMAND, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        self._line = Connection(ours.detach())
        self._made_by = os.getpid()
        self._ready = False
        self.files = 0

    @property
    def is_fit(self) -> bool:
        """Alive, of this process (a fork shares no line), and not yet to be replaced."""
        return self._made_by == os.getpid() and self._process.poll() is None and self.files < _FILES_PER_WORKER

    def ask(self, request: tuple[str, tuple[Any, ...]], bounds: _Bounds) -> Any:
        """What the worker answers; what it raises is raised here. Raises Stopped when it does not answer within bounds."""
        if not self._ready:
            self._wait_until_ready()
        self.files += request[0] == "judge"
        try:
            self._line.send((request, bounds))
            self._watch(bounds)
            kind, content = self._line.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise self._died(bounds) from None
        if kind == "raised":
            raise content
        return content

    def _wait_until_ready(self) -> None:
        try:
            if not self._line.poll(_START_SECONDS):
                raise EOFError
            self._line.recv()
        except (EOFError, OSError):
            self.end()
            raise PamgaError(
                f"The process that reads the files did not start (exit {self._process.returncode}).",
                "Run `python -m ingest.apart` to see why; PAMGA_READ_APART=false reads them without limits meanwhile.",
            ) from None
        self._ready = True

    def _watch(self, bounds: _Bounds) -> None:
        """Wait for the answer while the worker stays within bounds."""
        began = time.monotonic()
        process = psutil.Process(self._process.pid)
        cpu_before = sum(process.cpu_times()[:2])
        while not self._line.poll(_LOOK_EVERY):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.memory_info().rss > bounds.memory:
                    raise self._stop(_too_much_memory(bounds))
                if sum(process.cpu_times()[:2]) - cpu_before > bounds.cpu:
                    raise self._stop(_too_long(bounds.cpu, "de procesador"))
                if time.monotonic() - began > bounds.wall:
                    raise self._stop(_too_long(bounds.wall, "en total"))

    def _stop(self, reason: str) -> Stopped:
        self.end()
        return Stopped(reason)

    def _died(self, bounds: _Bounds) -> Stopped:
        self.end(patience=5)
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return Stopped(_too_long(bounds.cpu, "de procesador"))
        named = signal.Signals(-code).name if code < 0 else f"salida {code}"
        reason = (
            f"El archivo no se pudo revisar: algo en su contenido cerró el programa que lo leía ({named}), casi siempre porque pide "
            "más memoria de la que hay. Se conserva completo. Copie solo los datos a un libro nuevo y vuelva a entregarlo; "
            "si se repite, avise a la Unidad de Transparencia."
        )
        return _KilledFromOutside(reason) if code in (-signal.SIGKILL, -signal.SIGTERM) else Stopped(reason)

    def end(self, patience: float = 0) -> None:
        """End the process, if it does not end by itself."""
        if self._made_by != os.getpid():
            return
        self._line.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _too_much_memory(bounds: _Bounds) -> str:
    return (
        f"El archivo pidió más de {bounds.memory / 1e6:,.0f} MB de memoria al leerse, que es el límite de una entrega. "
        "Copie solo los datos a un libro nuevo, sin celdas sueltas ni formatos, o divida el archivo."
    )


def _too_long(seconds: float, kind: str) -> str:
    return (
        f"Leer el archivo tomó más de {seconds:,.0f} segundos {kind}, que es el límite de una entrega, y se detuvo. "
        "Copie solo los datos a un libro nuevo, o divida el archivo."
    )


_current: list[_Worker] = []
_hiring = threading.Lock()


def _hired() -> _Worker:
    """The worker of this process, a new one where the old one is not fit any more."""
    with _hiring:
        if _current and not _current[0].is_fit:
            _current.pop().end(patience=1)
        if not _current:
            _current.append(_Worker())
        return _current[0]


@atexit.register
def _dismiss() -> None:
    while _current:
        _current.pop().end(patience=1)


# ---- the side that answers ---------------------------------------------------------------------------------------------


def serve(line: Connection) -> None:
    """Answer one request after the other until the line is closed."""
    import ingest.readers.text
    import ingest.readers.workbook
    import ingest.receipts  # noqa: F401 - what the first file would wait for

    here = Here()
    addresses = psutil.Process().memory_info().vms
    with contextlib.suppress(OSError):  # whoever asked may be gone already: then nothing comes either
        line.send("ready")
    while True:
        try:
            (name, given), bounds = line.recv()
        except (EOFError, OSError):
            return
        _limit(bounds, addresses)
        try:
            reply: tuple[str, Any] = ("answered", getattr(here, name)(*given))
        except BaseException as error:
            reply = ("raised", _portable(error))
        with contextlib.suppress(BrokenPipeError):
            line.send(reply)


def _limit(bounds: _Bounds, addresses: int) -> None:
    """What the system itself holds this process to: an absurd request for memory fails at once, and a worker that nobody
    watches any more ends."""
    used = time.process_time()
    for kind, limit in (
        (resource.RLIMIT_AS, addresses + bounds.memory + _ROOM),
        (resource.RLIMIT_CPU, int(used + bounds.cpu + _SPARE_CPU)),
    ):
        resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))


def _portable(error: BaseException) -> BaseException:
    """An error that survives the line: of a class that the other side knows."""
    if isinstance(error, (RefusedFile, Defeated, OSError)):
        return error
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Defeated(type(error).__name__, f"{place.filename}:{place.lineno}")


def _end_when_orphaned() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)


def main() -> None:
    if len(sys.argv) < 2:
        print("ingest.apart starts.")
        return
    resource.setrlimit(
        resource.RLIMIT_CORE, (0, 0)
    )  # where a library aborts, its memory would lie open: rows that nobody has masked yet
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: whoever asked ends this one
    threading.Thread(target=_end_when_orphaned, daemon=True).start()
    serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    from ingest.apart import (
        main as as_asked,  # what it raises is of the classes that whoever asks knows, and not of __main__
    )

    as_asked()
