"""Take a snapshot while everything runs.

First the databases are copied, so that what they say was received is in the lake by the time that the lake is looked at. Then, for
a moment, nobody publishes, takes down or rotates a key: meanwhile every file gets a second name (a hard link) in a folder of our own.
Files are replaced and never rewritten, so those names keep showing what stood at that moment however long copying takes.
"""

from __future__ import annotations

import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pamga.backup.acts import bring_acts
from pamga.backup.databases import databases, dump
from pamga.backup.snapshots import LAST, OBJECTS, Repository, Snapshot, last_backup, open_present, open_repository
from pamga.documents.backup import BackedUpFile, LastBackup, SnapshotFiles
from pamga.documents.deliveries import Manifest
from pamga.errors import PamgaError, UsageError
from pamga.rights import refuse_half_restored
from pamga.sealing import key_id_of
from pamga.settings import Settings
from pamga.storage import exclusive_lock, sha256_file, write_atomically

_LOG = logging.getLogger(__name__)
WORK = ".tmp-backup-"
PARTS = ("lake", "releases", "vault", "receipts", "notices")
"""In this order: what a version names (its original, its receipt) is looked at after the version."""
KEYS, DATABASES = "keys", "databases"
KEY_FILES = {"hmac": "hmac.key", "vault": "vault.key"}
"""The two without which a lake is of no use. In production they are no files of the installation's, and no snapshot holds them."""
BATCH_FILES, BATCH_BYTES = 200, 1 << 30


@dataclass(frozen=True)
class BackupResult:
    """What a backup came to. `copied` counts what was not there yet."""

    snapshot: str
    files: int
    bytes: int
    copied: int
    copied_bytes: int
    databases: list[str]
    keys: bool
    sealed: bool
    forgotten: int
    damaged: int
    """Objects that the backup held otherwise than they were written, and that were brought anew."""


def back_up(
    settings: Settings,
    address: str | None = None,
    *,
    with_keys: bool | None = None,
    keep_days: int | None = None,
    read_back: bool = False,
) -> BackupResult:
    """Take a snapshot into the backup of the settings, or at `address`.

    `with_keys`: also the folder of keys; by default PAMGA_BACKUP_KEYS, else where the backup is sealed. `read_back`: what the backup holds
    already of this snapshot is read and held against its hash, and what was damaged there is brought anew. Raises UsageError for keys in an
    unsealed backup, and PamgaError when a rotation of the pseudonyms' key was not finished, or the place does not answer.
    """
    repository = open_repository(settings, address)
    keys = _keys_too(settings, repository, with_keys)
    root = settings.layout.root
    if not root.is_dir():
        raise UsageError(f"There is nothing in {root}.", "Set PAMGA_DATA to the folder of the installation.")
    with exclusive_lock(settings.layout.locks / "backup.lock"), _work_folder(root) as work:
        refuse_half_restored(settings.layout)
        open_present(settings, address)
        repository.store.sweep()
        bring_acts(settings, repository, read_back=read_back)
        copies = {database.name: dump(database, work / DATABASES) for database in databases(settings)}
        frozen, links = _freeze(settings, work, keys)
        frozen |= {f"{DATABASES}/{path.name}": path for path in copies.values()}
        files, copied, copied_bytes, damaged = _store(repository, frozen, work, read_back)
        document = _facts(frozen, files, links)
        snapshot = repository.write_snapshot(document)
        days = settings.backup_keep_days if keep_days is None else keep_days
        forgotten = _forget(settings, repository, snapshot, days)
        _remember(settings, repository, snapshot, document.bytes)
        return BackupResult(
            snapshot=snapshot.name,
            files=len(files),
            bytes=document.bytes,
            copied=copied,
            copied_bytes=copied_bytes,
            databases=sorted(copies),
            keys=document.keys,
            sealed=repository.sealed,
            forgotten=forgotten,
            damaged=damaged,
        )


def _keys_too(settings: Settings, repository: Repository, with_keys: bool | None) -> bool:
    """Whether the folder of keys comes along. Raises UsageError where anybody could read them."""
    keys = next(choice for choice in (with_keys, settings.backup_keys, repository.sealed) if choice is not None)
    if keys and not repository.sealed:
        raise UsageError(
            "Keys do not go into a backup that anybody can read.", "Set PAMGA_BACKUP_KEY, or leave them out."
        )
    return keys


def _remember(settings: Settings, repository: Repository, snapshot: Snapshot, size: int) -> None:
    """Leave word here of the snapshot that was taken."""
    told = LastBackup(
        snapshot=snapshot.name,
        taken=str(snapshot.taken),
        where=repository.store.name,
        bytes=size,
        known=sorted({snapshot.name, *(each.name for each in repository.snapshots())}),
    )
    write_atomically(settings.layout.locks / LAST, told.content())


@contextmanager
def _work_folder(root: Path) -> Iterator[Path]:
    """A folder of our own on the same file system; what a killed backup left goes first."""
    for leftover in root.glob(f"{WORK}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    work = root / f"{WORK}{uuid.uuid4().hex}"
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _freeze(settings: Settings, work: Path, keys: bool) -> tuple[dict[str, Path], dict[str, str]]:
    """Every committed file by its name below the data folder, under a second name that keeps its present bytes; and the links."""
    layout = settings.layout
    frozen: dict[str, Path] = {}
    links: dict[str, str] = {}
    with exclusive_lock(layout.locks / "publish.lock"), exclusive_lock(layout.rotation_lock, shared=True):
        if layout.rotation.exists():
            raise PamgaError(
                "A rotation of the pseudonyms' key was begun and not finished.",
                "Run `pamga rotate-key`, then this again.",
            )
        for part in (*PARTS, *((KEYS,) if keys else ())):
            if (layout.root / part).is_symlink():
                _found(layout.root / part, below=layout.root)
            for path in _committed(layout.root / part):
                name = path.relative_to(layout.root).as_posix()
                if path.is_symlink() and not _leads_elsewhere(path):
                    links[name] = str(path.readlink())
                    continue
                second = work / "files" / str(len(frozen))
                second.parent.mkdir(exist_ok=True)
                if _second_name(path.resolve() if path.is_symlink() else path, second):
                    frozen[name] = second
    return frozen, links


def _committed(folder: Path) -> Iterator[Path]:
    """Files below a folder, and the links that lead to something beside them, without what is still being written.

    A folder or file that lies elsewhere and is only linked here is one of ours: what it holds comes along, and comes back as a plain one.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".tmp-"))
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        for name in (*linked, *sorted(files)):
            path = Path(parent, name)
            if name.startswith(".tmp-"):
                continue
            if not path.is_symlink() or not _leads_elsewhere(path):
                yield path
            elif _found(path, below=Path(parent)).is_dir():
                yield from _committed(path)
            else:
                yield path


def _found(link: Path, below: Path) -> Path:
    """Where a link leads. Raises PamgaError where that is nothing (a disk that is not mounted), or round in a circle."""
    target = link.resolve()
    if not target.exists() or below.resolve().is_relative_to(target):
        raise PamgaError(
            f"{link} leads to {target}, which is {'above it' if target.exists() else 'not there'}: what it holds cannot be backed up.",
            "Mount it, or mend the link; no snapshot was taken.",
        )
    return target


def _leads_elsewhere(link: Path) -> bool:
    target = link.readlink()
    return target.is_absolute() or ".." in target.parts


def _second_name(path: Path, second: Path) -> bool:
    """False when the file went away meanwhile (its retention ended)."""
    try:
        os.link(path, second)
    except FileNotFoundError:
        return False
    except OSError:  # another file system, or one without links
        try:
            shutil.copy2(path, second)
        except FileNotFoundError:
            return False
    return True


def _store(
    repository: Repository, frozen: dict[str, Path], work: Path, read_back: bool
) -> tuple[list[BackedUpFile], int, int, int]:
    """Bring what is not there yet, or not as it was; returns the snapshot's files, how many and how many bytes were brought, and how
    many of them because the backup held something else."""
    known = repository.store.sizes(OBJECTS)
    entries: list[BackedUpFile] = []
    pending: dict[str, Path] = {}
    looked_at: set[str] = set()
    brought: dict[str, BackedUpFile] = {}
    copied, copied_bytes, waiting, damaged = 0, 0, 0, 0
    for name, path in sorted(frozen.items()):
        facts = path.stat()
        sha256 = sha256_file(path)
        entries.append(BackedUpFile(path=name, sha256=sha256, bytes=facts.st_size, mode=facts.st_mode & 0o777))
        stored = repository.object_name(sha256)
        if stored in looked_at:
            continue
        looked_at.add(stored)
        held = stored in known
        whole = held and known[stored] == repository.stored_size(facts.st_size)
        if whole and not (read_back and repository.damaged([sha256], work)):
            continue
        damaged += held
        brought[stored] = entries[-1]
        pending[stored] = repository.close_file(path, work / f"sealed-{len(pending)}", sha256)
        copied, copied_bytes, waiting = copied + 1, copied_bytes + facts.st_size, waiting + facts.st_size
        if len(pending) >= BATCH_FILES or waiting >= BATCH_BYTES:
            repository.store.put(pending)
            pending, waiting = {}, 0
    repository.store.put(pending)
    repository.refuse_lost(brought, work)
    return entries, copied, copied_bytes, damaged


def _facts(frozen: dict[str, Path], files: list[BackedUpFile], links: dict[str, str]) -> SnapshotFiles:
    """The files, and what whoever restores has to know beside them: which keys belong to them, and whether they are among them."""
    manifests = (
        path for name, path in frozen.items() if name.startswith("lake/export=") and name.endswith("/manifest.json")
    )
    pseudonyms = {Manifest.read(path).hmac_key_id for path in manifests}
    originals = (path for name, path in frozen.items() if name.startswith("vault/"))
    return SnapshotFiles(
        format=SnapshotFiles.FORMAT,
        taken=datetime.now(UTC).isoformat(timespec="seconds"),
        keys=any(f"{KEYS}/{name}" in frozen for name in KEY_FILES.values()),
        hmac_key_ids=sorted(identity for identity in pseudonyms if identity),
        vault_key_ids=sorted({key_id_of(path) for path in originals}),
        files=files,
        links=links,
    )


def _forget(settings: Settings, repository: Repository, newest: Snapshot, days: int) -> int:
    """Remove what is too old; returns how many snapshots went. Where the place does not list what it listed last time, or what was just
    written, it lists wrongly or somebody removed it: then nothing goes tonight, since what only they name would."""
    last, listed = last_backup(settings), {snapshot.name for snapshot in repository.snapshots()}
    before = set(last.known) if last is not None and last.where == repository.store.name else set()
    unseen = sorted(({newest.name} | before) - listed)
    if unseen:
        _LOG.warning(
            "%s does not list %s: nothing is removed from the backup this time.",
            repository.store.name,
            ", ".join(unseen[:3]),
        )
        return 0
    forgotten, _ = repository.forget(_kept(repository, newest, days))
    return forgotten


def _kept(repository: Repository, newest: Snapshot, days: int) -> list[Snapshot]:
    """Where all others are too old at once, the clock jumped or nothing was backed up for long: then none goes on that account."""
    oldest, known = newest.taken - timedelta(days=days), repository.snapshots()
    kept = [snapshot for snapshot in known if snapshot.taken >= oldest or snapshot == newest]
    return known if days and kept == [newest] else kept
