"""The machine and its folder of data: file system, disks, clocks, code, and the engine that computes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from operation.doctor.databases import reached
from operation.doctor.found import FAIL, OK, WARN, Found
from pamga.addresses import local_path, scheme_of
from pamga.airflow_settings import airflow_setting
from pamga.backup.databases import NAMES, SQLITE, database_of
from pamga.documents.deliveries import Manifest
from pamga.errors import PamgaError
from pamga.faults import OurFault, first_line, our_fault
from pamga.filesystem import REMEDY, problems_of
from pamga.layout import MANIFESTS, Layout
from pamga.plausible import require_plausible_day
from pamga.rights import RESTORING, private_folders
from pamga.settings import Settings
from warehouse.fingerprint import code_fingerprint
from warehouse.spark import session as spark

CLOCK_SECONDS = 5
"""Airflow takes a token that is ten seconds off, and what is signed now may be looked at by a third machine."""
LITTLE_DISK, TOO_LITTLE_DISK = 0.10, 1e9
LITTLE_INODES, TOO_FEW_INODES = 0.05, 1000


def file_system(settings: Settings) -> Iterator[Found]:
    root = settings.layout.root
    if not root.is_dir():
        yield Found(FAIL, f"There is no folder {root}.", "Make it, or set PAMGA_DATA to the one that is meant.")
        return
    try:
        problems = problems_of(root)
    except OSError as error:
        fault = our_fault(error) or OurFault(f"{root}: {first_line(error)}.", "Mend it.")
        yield Found(FAIL, fault.cause, fault.next_step)
        return
    for problem in problems:
        yield Found(FAIL, f"{root}: {problem}.", REMEDY)
    if not problems:
        yield Found(OK, f"{root} has locks, hard and symbolic links, and renames that hold.")
    for folder, mode in private_folders(settings.layout).items():
        if folder.exists() and folder.stat().st_mode & 0o777 & ~mode:
            yield Found(FAIL, f"Others of this machine may enter {folder}.", f"chmod {mode:o} {folder}")
    yield from _owners(settings)


def _owners(settings: Settings) -> Iterator[Found]:
    """What somebody else made in there (a command run as root, a copy put back by hand) stops the first delivery that needs it."""
    root, us = settings.layout.root, os.geteuid()
    ours = {path.relative_to(root).parts[0] for path in _own(settings.layout)} - {settings.layout.inbox.name}
    parts = [path for path in root.iterdir() if path.name in ours]
    looked_at = [
        *parts,
        *(
            path
            for folder in (settings.layout.lake, settings.layout.log, settings.layout.vault)
            for path in _children(folder)
        ),
    ]
    others = [path for path in looked_at if path.lstat().st_uid not in (us, root.stat().st_uid)]
    closed = [
        path
        for path in looked_at
        if path.is_dir() and not path.is_symlink() and not os.access(path, os.R_OK | os.W_OK | os.X_OK)
    ]
    mend = f"chown -R --no-dereference {root.stat().st_uid}:{root.stat().st_gid} {root}"
    for path in closed[:5]:
        yield Found(FAIL, f"This account ({us}) may not work in {path}, which belongs to {path.lstat().st_uid}.", mend)
    if others and not closed:
        said = f"{len(others)} entries belong to another account than {root} does, {others[0]} among them (to {others[0].lstat().st_uid})."
        yield Found(WARN, said, mend)
    if us == 0 and root.stat().st_uid != 0:
        yield Found(
            WARN,
            f"This is root, and {root} belongs to {root.stat().st_uid}: what is made now the services may not change.",
            "Run it as that account.",
        )


def _own(layout: Layout) -> Iterator[Path]:
    """What an installation makes at its root; lost+found and the like are the file system's."""
    places = (getattr(layout, name) for name in dir(layout) if not name.startswith("_"))
    yield from (
        place
        for place in places
        if isinstance(place, Path) and place != layout.root and place.is_relative_to(layout.root)
    )


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK) else []


def disk(settings: Settings) -> Iterator[Found]:
    """Every file system that something is written to, once: a part of the data, or what is only for now, may lie on another disk."""
    layout = settings.layout
    written = {
        "the data": layout.root,
        "the lake": layout.lake,
        "the runs": layout.runs,
        "the releases": layout.releases,
        "the boards' caches": layout.root / "superset",
        "temporary files": Path(tempfile.gettempdir()),
        "the logs": Path(airflow_setting("logging", "base_log_folder") or layout.root),
    }
    if settings.backup and scheme_of(settings.backup) in (None, "file"):
        written["the backup"] = local_path(settings.backup)
    disks: dict[int, list[str]] = {}
    for what, folder in written.items():
        if folder.is_dir():
            disks.setdefault(folder.stat().st_dev, []).append(what)
    for names in disks.values():
        usage = shutil.disk_usage(written[names[0]])
        said = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free for {', '.join(names)}."
        scarce = usage.free < LITTLE_DISK * usage.total
        if usage.free < (TOO_LITTLE_DISK if {"the data", "the runs"} & set(names) else TOO_LITTLE_DISK / 10):
            mend = "Free space: a build needs it. PAMGA_KEEP_RUNS and PAMGA_KEEP_RUNS_GB prune runs."
            yield Found(FAIL, said, mend)
        elif scarce:
            yield Found(WARN, said, "Free space before it runs out.")
        else:
            yield Found(OK, said)
        yield from _inodes(written[names[0]], names)


def _inodes(folder: Path, names: list[str]) -> Iterator[Found]:
    """A disk that may hold no further file, however small, says that there is no space."""
    told = os.statvfs(folder)
    if told.f_files and told.f_favail < max(TOO_FEW_INODES, LITTLE_INODES * told.f_files):
        said = f"There is room for {told.f_favail} more files for {', '.join(names)}, whatever their size (inodes)."
        few = told.f_favail < TOO_FEW_INODES
        yield Found(
            FAIL if few else WARN,
            said,
            "Remove files (PAMGA_KEEP_RUNS prunes runs), or make the file system anew with more inodes.",
        )


def clock(settings: Settings) -> Iterator[Found]:
    """Several machines go by one time: with another one Airflow refuses a worker's word, and files and backups are of the wrong day."""
    apart = {whose: seconds for whose, seconds in clocks(settings).items() if abs(seconds) > CLOCK_SECONDS}
    for whose, seconds in apart.items():
        way = "behind" if seconds > 0 else "ahead of"
        mend = "Let both keep time by the same servers (timedatectl set-ntp true)."
        yield Found(FAIL, f"This machine's clock is {abs(seconds):.0f} s {way} that of {whose}.", mend)
    try:
        require_plausible_day(settings, _newest_receipt(settings))
    except PamgaError as error:
        yield Found(FAIL, error.cause, error.next_step)
    if not apart:
        yield Found(OK, "The clocks of this machine, of the data folder and of the databases agree.")


def _newest_receipt(settings: Settings) -> date | None:
    days = [
        date.fromisoformat(str(manifest.received_on))
        for manifest in map(Manifest.read, settings.layout.lake.glob(MANIFESTS))
    ]
    return max(days, default=None)


def clocks(settings: Settings) -> dict[str, float]:
    """By how many seconds the clocks of what may be another machine's are ahead of this one's; what does not answer is not among them."""
    found, before = {}, time.time()
    with suppress(OSError), tempfile.NamedTemporaryFile(prefix=".tmp-doctor-", dir=settings.layout.root) as probe:
        found["the data folder"] = _ahead(os.fstat(probe.fileno()).st_mtime, before)
    for name in NAMES:
        database = database_of(settings, name)
        if database.kind != SQLITE:
            with suppress(sa.exc.SQLAlchemyError), reached(database).connect() as connection:
                before = time.time()
                theirs: Any = connection.exec_driver_sql("select extract(epoch from clock_timestamp())").scalar_one()
                found[f"the database {name}"] = _ahead(float(theirs), before)
    return found


def _ahead(theirs: float, before: float) -> float:
    """By how many seconds their clock is surely ahead of ours: it was read some time between `before` and now, which may be long on a
    busy machine or network."""
    return min(theirs - before, 0.0) or max(theirs - time.time(), 0.0)


def engine(settings: Settings) -> Iterator[Found]:
    """What Spark needs, where it is to compute."""
    if settings.engine == "spark":
        problems = spark.problems_of(settings)
        for said, mend in problems:
            yield Found(FAIL, said, mend)
        if not problems:
            yield Found(OK, f"Java and Spark's environment are there; the master is {spark.master(settings)}.")


def interrupted_restore(settings: Settings) -> Iterator[Found]:
    if (settings.layout.root / RESTORING).exists():
        yield Found(FAIL, "A restore was interrupted, or runs.", "Run `pamga restore` again: it goes on.")


def code(_: Settings) -> Iterator[Found]:
    """By what a release will be proved: an image that was built with another word for its commit would be noticed at the first build only."""
    code = code_fingerprint()
    yield Found(
        OK,
        f"The code is {code.sha256[:12]}, of {f'commit {code.commit[:12]}' if code.commit else 'no commit that is known here'}.",
    )
