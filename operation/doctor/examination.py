"""All parts looked at beside one another, each for a bounded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from operation.doctor.airflow import airflow, pool, tasks
from operation.doctor.databases import databases, migrations
from operation.doctor.drop import inbox, sftp
from operation.doctor.found import FAIL, OK, WARN, Check, Found
from operation.doctor.hidden import pieces_of_secrets, without_ours
from operation.doctor.kept import backup, integrity, published_copy
from operation.doctor.keys import keys
from operation.doctor.machine import clock, code, disk, engine, file_system, interrupted_restore
from operation.doctor.mail import mail
from operation.doctor.served import boards, certificate, superset
from pamga.errors import PamgaError
from pamga.faults import first_line, our_fault
from pamga.keys import UnusableKey
from pamga.settings import Settings

PART_SECONDS = 60
"""What a part may take, all of them beside one another."""
_AS_LONG_AS_IT_TAKES = frozenset({"integrity"})


def examine(settings: Settings, *, quick: bool = False) -> list[Check]:
    """Every part in turn; one that cannot be looked at is a failure of that part. `quick` leaves out reading releases and lake."""
    parts: dict[str, Callable[[Settings], Iterator[Found]]] = {
        "filesystem": file_system,
        "disk": disk,
        "clock": clock,
        "restore": interrupted_restore,
        "code": code,
        "keys": keys,
        "inbox": inbox,
        "sftp": sftp,
        "databases": databases,
        "migrations": migrations,
        "airflow": airflow,
        "queue": tasks,
        "pool": pool,
        "certificate": certificate,
        "mail": mail,
        "backup": backup,
        "copy": published_copy,
        "engine": engine,
        "superset": superset,
        "boards": boards,
    }
    if not quick:
        parts["integrity"] = integrity
    looks = {part: Look(part, look, settings) for part, look in parts.items()}
    deadline = time.monotonic() + PART_SECONDS
    hidden = pieces_of_secrets(settings)
    return [
        Check(check.part, check.state, without_ours(check.said, hidden), without_ours(check.mend, hidden))
        for part, look in looks.items()
        for check in look.checks(None if part in _AS_LONG_AS_IT_TAKES else deadline)
    ]


class Look(threading.Thread):
    """The look at one part, beside the others: a server or a mounted folder that swallows what is asked holds up nobody else."""

    def __init__(self, part: str, look: Callable[[Settings], Iterator[Found]], settings: Settings) -> None:
        super().__init__(name=f"doctor-{part}", daemon=True)
        self._part, self._look, self._settings = part, look, settings
        self._found: list[Check] = []
        self.start()

    def run(self) -> None:
        try:
            for found in self._look(self._settings):
                self._found.append(Check(self._part, *found))
        except (PamgaError, UnusableKey) as error:
            said, mend = (error.cause, error.next_step) if isinstance(error, PamgaError) else (str(error), "")
            self._found.append(Check(self._part, FAIL, said, mend or "Mend what it says."))
        except Exception as error:  # whatever it is, that part is not well, and the others are looked at
            fault = our_fault(error) if isinstance(error, OSError) else None
            said = fault.cause if fault else f"it cannot be looked at: {type(error).__name__}: {first_line(error)}"
            self._found.append(Check(self._part, FAIL, said, fault.next_step if fault else "Mend what it says."))

    def checks(self, deadline: float | None) -> list[Check]:
        """What was found until then (a moment of time.monotonic; None: until it is done)."""
        self.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        silent = self.is_alive()  # asked first: what ends meanwhile is then in what was found
        found = list(self._found)
        if silent:
            said = f"this was not done after {PART_SECONDS} s: a server or a folder of another machine says nothing, or this one is very busy."
            found.append(
                Check(self._part, FAIL, said, "See whether it is up and reached from here; then `pamga doctor` again.")
            )
        return found


def as_document(checks: list[Check]) -> dict[str, Any]:
    """For --json."""
    worst = next((state for state in (FAIL, WARN) if any(check.state == state for check in checks)), OK)
    return {"state": worst, "checks": [check.__dict__ for check in checks]}
