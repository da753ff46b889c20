"""What must not be lost, and what must not come back: backup, published copy, releases and lake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from operation.doctor.found import FAIL, OK, WARN, Found
from pamga import seals
from pamga.addresses import local_path, scheme_of
from pamga.backup import open_repository
from pamga.backup.acts import unkept
from pamga.backup.snapshots import CLOCKS_DIFFER, Repository, Snapshot
from pamga.errors import PamgaError
from pamga.settings import Settings

BACKUP_HOURS = 48
"""A backup is taken every night: older than this, two nights failed."""


def backup(settings: Settings) -> Iterator[Found]:
    if not settings.backup:
        state = FAIL if settings.require_keys else WARN
        yield Found(
            state,
            "Nothing is backed up: PAMGA_BACKUP is not set.",
            "Set it to a folder of another machine or s3://bucket/folder (docs/backup.md).",
        )
        return
    pending = unkept(settings)
    if pending:
        yield Found(
            FAIL,
            f"The backup lacks {len(pending)} acts that no restore may undo: {', '.join(pending[:5])}.",
            "`pamga backup` brings them; a restore made before would put what was taken down online again.",
        )
    repository = open_repository(settings)
    repository.refuse_other_key()
    repository.acts()
    known = repository.snapshots()
    if not known:
        yield Found(FAIL, f"{repository.store.name} holds no snapshot.", "pamga backup")
        return
    hours = (datetime.now(UTC) - known[-1].taken).total_seconds() / 3600
    said = f"The newest of {len(known)} snapshots in {repository.store.name} is {hours:.0f} hours old."
    if known[-1].taken > datetime.now(UTC) + CLOCKS_DIFFER:
        yield Found(
            WARN,
            f"The newest of {len(known)} snapshots in {repository.store.name}, {known[-1].name}, is of the future: a clock was or is wrong.",
            "Set the clock of whatever takes backups; `pamga restore` takes that snapshot only where --copia names it.",
        )
    elif hours > BACKUP_HOURS:
        yield Found(FAIL, said, "See why the nightly one failed (DAG respaldar), and run `pamga backup`.")
    else:
        yield Found(OK, said)
    yield from _snapshots(repository, known)
    if scheme_of(settings.backup) in (None, "file") and _same_disk(local_path(settings.backup), settings.layout.root):
        yield Found(
            WARN,
            "The backup lies on the disk of the data: what takes the one takes the other.",
            "Give PAMGA_BACKUP a folder of another disk or machine, or s3://bucket/folder.",
        )
    if not repository.sealed:
        yield Found(
            WARN,
            "The backup is not sealed: whoever gets it reads the lake.",
            "Set PAMGA_BACKUP_KEY and another PAMGA_BACKUP.",
        )


def _snapshots(repository: Repository, known: list[Snapshot]) -> Iterator[Found]:
    """Every snapshot's document, and of the newest whether its objects are there."""
    for snapshot in known:
        try:
            document = repository.read_snapshot(snapshot)
            lacking = repository.lacking(document) if snapshot == known[-1] else []
            if lacking:
                said = f"The newest snapshot, {snapshot.name}, cannot be restored: {len(lacking)} of its objects are gone or cut off, {lacking[0]} among them."
                yield Found(
                    FAIL, said, "`pamga backup` brings them anew from what is here; see to that disk or bucket."
                )
        except PamgaError as error:
            state = FAIL if snapshot == known[-1] else WARN
            yield Found(
                state, error.cause, "`pamga backup` takes another one; nothing of the backup is forgotten meanwhile."
            )


def published_copy(settings: Settings) -> Iterator[Found]:
    """The published copy: nothing that was taken down is left there."""
    if not settings.published_copy:
        return
    from publish.mirror import still_there

    left = still_there(settings)
    if left:
        said = f"{settings.published_copy} still holds what was taken down: {', '.join(left[:5])}."
        yield Found(FAIL, said, "pamga publish --copia")
    else:
        yield Found(OK, f"{settings.published_copy} answers, and holds nothing that was taken down.")


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def integrity(settings: Settings) -> Iterator[Found]:
    """Releases, ledger, pointer and lake against what was recorded when they were made."""
    from publish.audit import audit_releases

    if not settings.layout.lake.exists():
        yield Found(OK, "Nothing was received yet.")
        return
    found = [*seals.findings(settings), *audit_releases(settings)]
    for finding in found[:20]:
        yield Found(FAIL, f"{finding.object}: {finding.problem}.", finding.way_back)
    if not found:
        yield Found(OK, "Releases, ledger and sealed objects are as they were made.")
