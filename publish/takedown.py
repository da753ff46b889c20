"""Take down what must not be read: a release, or a dataset from every release that holds it (docs/operations.md, runbook).

Writing the object in the log is the decision: from then on the server answers 410, the pointer leaves a release that is down, and
builds leave a dataset out. The rest (publish.purge) follows from it and is completed by whoever comes next after a kill.
"""

from __future__ import annotations

import difflib
import getpass
from dataclasses import dataclass
from typing import Any

from pamga.documents.lock import Lock
from pamga.documents.log import Takedown
from pamga.errors import UsageError
from pamga.reasons import signed, to_publish
from pamga.settings import Settings
from pamga.standing import reading
from pamga.storage import exclusive_lock, write_once
from pamga.takedowns import DATASET, LIFT, RELEASE, datasets_down, releases_down, takedowns
from publish import log
from publish.changes import INDICATORS, SHEETS
from publish.purge import plan
from publish.release import complete_locked

NEEDED = (SHEETS, INDICATORS)  # every page of every release stands on these


@dataclass(frozen=True)
class TakedownResult:
    """The object of the takedown and whether this call wrote it (else it stood already, and was completed)."""

    record: Takedown
    new: bool
    current: str | None
    """The release that the world sees now."""


def take_down(
    settings: Settings, what: str, reason: str, person: str | None = None, *, reviewed: bool = False
) -> TakedownResult:
    """Take down a release or a dataset by name; taking down what is down already completes what was left undone.

    `reviewed`: what looks like somebody's name in the reason is none. Raises UsageError without a reason, for one that names somebody, for
    a name that was never published, or for what every release needs.
    """
    if not reason.strip():
        raise UsageError("A takedown needs a reason: it is published, so name nobody in it.", "Give --motivo.")
    reason, who = to_publish(reason, names_allowed=reviewed), signed(person or getpass.getuser())
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        kind = _kind(settings, what)
        records = takedowns(settings.layout.log)
        standing = (releases_down(records) if kind == RELEASE else datasets_down(records)).get(what)
        record = standing or _record(settings, records, kind, what, reason, who)
        complete_locked(settings)
        return TakedownResult(record, new=standing is None, current=log.current_release(settings))


def lift(
    settings: Settings, dataset: str, reason: str, person: str | None = None, *, reviewed: bool = False
) -> Takedown:
    """Let a dataset be published again by the builds that follow; what was removed stays removed. Returns the object.

    Raises UsageError without a reason, for one that names somebody (unless `reviewed`), or when the dataset is not down.
    """
    if not reason.strip():
        raise UsageError("Lifting a takedown needs a reason: it is published.", "Give --motivo.")
    reason, who = to_publish(reason, names_allowed=reviewed), signed(person or getpass.getuser())
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        records = takedowns(settings.layout.log)
        if dataset not in datasets_down(records):
            known = ", ".join(sorted(datasets_down(records))) or "none"
            raise UsageError(f"The dataset {dataset!r} is not down.", f"Down now: {known}.")
        entry = _signed(settings, records, LIFT, dataset, reason, who)
        _write(settings, entry)
        complete_locked(settings)
        return entry


def finish_pending(settings: Settings) -> str | None:
    """Complete the takedowns that a kill left undone; returns the release that the world sees."""
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        complete_locked(settings)
        return log.current_release(settings)


def _kind(settings: Settings, what: str) -> str:
    published = log.publications(settings)
    names = {entry.release for entry in published}
    datasets = {dataset.conjunto for entry in published for dataset in entry.datasets}
    if what in names:
        return RELEASE
    if what in NEEDED:
        raise UsageError(f"Every release needs {what}: it cannot be taken down alone.", "Take down the releases, or roll back.")  # fmt: skip
    if what in datasets:
        return DATASET
    close = difflib.get_close_matches(what, [*names, *datasets], n=3) or sorted(names)[-3:]
    raise UsageError(f"Nothing named {what!r} was ever published.", f"Did you mean {', '.join(close) or 'nothing'}?")


def _record(settings: Settings, records: list[Takedown], kind: str, what: str, reason: str, person: str) -> Takedown:
    published = log.publications(settings)
    said: dict[str, Any] = {
        "publicaciones": plan(settings, kind, what, [p.release for p in published]),
        "corrida": next((p.run for p in published if p.release == what), None),
    }
    lock = Lock.if_whole(settings.layout.release(what) / "inputs.lock") if kind == RELEASE else None
    if lock is not None:
        said["lectura"] = reading(lock)
    entry = _signed(settings, records, kind, what, reason, person).model_copy(update=said)
    _write(settings, entry)
    return entry


def _signed(settings: Settings, records: list[Takedown], kind: str, what: str, reason: str, person: str) -> Takedown:
    return Takedown(
        numero=max((record.numero for record in records), default=0) + 1,
        tipo=kind,
        nombre=what,
        fecha=settings.today.isoformat(),
        persona=person,
        motivo=reason,
    )


def _write(settings: Settings, entry: Takedown) -> None:
    write_once(settings.layout.log / "takedowns" / f"{entry.numero:04d}.json", entry.content())
