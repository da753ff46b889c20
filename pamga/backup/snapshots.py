"""The documents of a backup: what there was at one time, every file by its hash; and the objects that hold them."""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pamga.backup.store import Store, open_store
from pamga.documents.backup import BackupMarker, SnapshotFiles
from pamga.documents.base import NewerDocument
from pamga.errors import PamgaError, UsageError
from pamga.sealing import BrokenSeal, SealedByAnotherKey, key_id, key_of_hex, opened, seal, sealed_size
from pamga.settings import Settings
from pamga.storage import DamagedFile, sha256_bytes, sha256_file

_LOG = logging.getLogger(__name__)
MARKER, OBJECTS, SNAPSHOTS = "pamga-backup.json", "objects", "snapshots"
MARK = b"PAMGAB01"
CLOCKS_DIFFER = timedelta(hours=1)
"""By how much the clocks of two machines may differ without anybody's being wrong."""
_TIME = "%Y%m%dT%H%M%S%fZ"
_SNAPSHOT = re.compile(rf"{SNAPSHOTS}/(\d{{8}}T\d{{12}}Z-[0-9a-f]{{16}})\.json")
_OBJECT = re.compile(rf"{OBJECTS}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}")
_NEXT_COPY = "Take another snapshot (`pamga restore --copia …`; `pamga restore --lista` names them) or another copy of the backup."


class DamagedBackup(PamgaError):
    """An object or a snapshot of the backup is not what it was when it was written."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as it is listed: its name and when it was taken."""

    name: str

    @property
    def taken(self) -> datetime:
        return datetime.strptime(self.name.partition("-")[0], _TIME).replace(tzinfo=UTC)


class Repository:
    """A backup: its store, and the key with which it is sealed (None: it is not)."""

    def __init__(self, store: Store, key: bytes | None) -> None:
        self.store, self._key = store, key

    @property
    def sealed(self) -> bool:
        return self._key is not None

    def object_name(self, sha256: str) -> str:
        """Where a content lies. In a sealed backup the name does not tell the content's hash either."""
        name = sha256 if self._key is None else hmac.new(self._key, sha256.encode(), "sha256").hexdigest()
        return f"{OBJECTS}/{name[:2]}/{name}"

    def stored_size(self, size: int) -> int:
        """How large the object of a content of so many bytes is."""
        return size if self._key is None else sealed_size(size)

    def prepare(self) -> None:
        """Mark an empty place as a backup, or one that lost its mark anew; refuse one that is sealed otherwise."""
        if self.snapshots():
            self.refuse_other_key()
        marker = BackupMarker(format=BackupMarker.FORMAT, key=key_id(self._key) if self._key else None)
        with suppress(FileExistsError):
            self.store.put_new(MARKER, marker.content())
        self.refuse_other_key()

    def is_there(self) -> bool:
        """Whether the place was ever a backup."""
        try:
            self.store.read(MARKER)
            return True
        except FileNotFoundError:
            return bool(self.snapshots())

    def refuse_other_key(self) -> None:
        """Raise UsageError where this is no backup, or its key is not ours."""
        marker = self._marker()
        if marker.key != (key_id(self._key) if self._key else None):
            how = f"sealed with the key {marker.key}" if marker.key else "not sealed"
            ours = f"PAMGA_BACKUP_KEY is {key_id(self._key)}" if self._key else "PAMGA_BACKUP_KEY is not set"
            raise UsageError(
                f"The backup in {self.store.name} is {how}, and {ours}.", "Give that key, or another folder."
            )

    def _marker(self) -> BackupMarker:
        """The mark; where it was lost or damaged, what the newest snapshot says by its own beginning."""
        try:
            return BackupMarker.parsed(self.store.read(MARKER), Path(self.store.name, MARKER))
        except (FileNotFoundError, DamagedFile) as error:
            for snapshot in reversed(self.snapshots()):
                head = self.store.read(f"{SNAPSHOTS}/{snapshot.name}.json")[: len(MARK) + len(key_id(b""))]
                sealed = head.startswith(MARK)
                return BackupMarker(
                    format=BackupMarker.FORMAT, key=head[len(MARK) :].decode("ascii", "replace") if sealed else None
                )
            if isinstance(error, DamagedFile):
                raise DamagedBackup(f"{self.store.name}/{MARKER} cannot be read: {error}.", _NEXT_COPY) from error
            raise UsageError(
                f"There is no backup in {self.store.name}.", "Give the folder or bucket of PAMGA_BACKUP."
            ) from None

    def snapshots(self) -> list[Snapshot]:
        """Oldest first; what others put beside them is none."""
        found = (_SNAPSHOT.fullmatch(name) for name in self.store.sizes(SNAPSHOTS))
        return sorted((Snapshot(match[1]) for match in found if match), key=lambda snapshot: snapshot.name)

    def choose(self, name: str | None = None) -> Snapshot:
        """The newest snapshot, or the one whose name begins so. Raises UsageError when there is none.

        One that a machine with a wrong clock dated ahead is not the newest, unless there is no other.
        """
        known = self.snapshots()
        soon = datetime.now(UTC) + CLOCKS_DIFFER
        present = [snapshot for snapshot in known if snapshot.taken <= soon] or known
        chosen = present if name is None else [snapshot for snapshot in known if snapshot.name.startswith(name)]
        if not chosen:
            listed = ", ".join(snapshot.name for snapshot in known[-5:]) or "none"
            raise UsageError(
                f"{self.store.name} has no snapshot {name or ''}".rstrip() + ".", f"The newest are: {listed}."
            )
        return chosen[-1]

    def write_snapshot(self, document: SnapshotFiles) -> Snapshot:
        """Write the document, last of all; from then on the snapshot is there."""
        content = document.content()
        name = f"{datetime.now(UTC).strftime(_TIME)}-{sha256_bytes(content)[:16]}"
        self.store.put_new(f"{SNAPSHOTS}/{name}.json", self._closed(content))
        return Snapshot(name)

    def read_snapshot(self, snapshot: Snapshot) -> SnapshotFiles:
        """The document. Raises DamagedBackup when it is not what its name says."""
        where = f"{self.store.name}/{SNAPSHOTS}/{snapshot.name}.json"
        content = self.store.read(f"{SNAPSHOTS}/{snapshot.name}.json")
        try:
            plain = b"".join(opened(io.BytesIO(content), self._key, MARK)) if self._key else content
        except (SealedByAnotherKey, BrokenSeal):
            raise DamagedBackup(f"{where} was changed or cut off.", _NEXT_COPY) from None
        if not snapshot.name.endswith(f"-{sha256_bytes(plain)[:16]}"):
            raise DamagedBackup(f"{where} is not what its name says.", _NEXT_COPY)
        return SnapshotFiles.parsed(plain, Path(where))

    def _closed(self, content: bytes) -> bytes:
        if self._key is None:
            return content
        sealed = io.BytesIO()
        seal(io.BytesIO(content), sealed, self._key, MARK)
        return sealed.getvalue()

    def close_file(self, source: Path, sealed: Path, sha256: str) -> Path:
        """A file as it is stored: itself, or sealed into `sealed`. Raises PamgaError when it is not what was hashed."""
        if self._key is None:
            return source
        with source.open("rb") as plain, sealed.open("wb") as out:
            if seal(plain, out, self._key, MARK) != sha256:
                raise PamgaError(f"{source} changed while it was backed up.", "Run `pamga backup` again.")
        return sealed

    def open_file(self, stored: Path, target: Path, sha256: str) -> None:
        """A stored object becomes the file that it was. Raises DamagedBackup when it is not."""
        try:
            if self._key is None:
                stored.replace(target)
                found = sha256_file(target)
            else:
                digest = hashlib.sha256()
                with stored.open("rb") as sealed, target.open("wb") as plain:
                    for block in opened(sealed, self._key, MARK):
                        digest.update(block)
                        plain.write(block)
                found = digest.hexdigest()
        except (SealedByAnotherKey, BrokenSeal):
            found = "changed or cut off"
        if found != sha256:
            raise DamagedBackup(f"The object {self.object_name(sha256)} of {self.store.name} is damaged.", _NEXT_COPY)

    def fetch(self, files: Iterable[tuple[str, Path]], work: Path) -> Iterator[Path]:
        """Bring contents (by hash) to their places, verified; gives each place as it is done.

        Raises DamagedBackup for one that is missing or not what it was.
        """
        pending = list(files)
        for start in range(0, len(pending), 200):
            batch = pending[start : start + 200]
            stored = {self.object_name(sha256): work / str(number) for number, (sha256, _) in enumerate(batch)}
            try:
                self.store.get(stored)
            except FileNotFoundError as error:
                raise DamagedBackup(f"An object of {self.store.name} is gone: {error}.", _NEXT_COPY) from error
            for sha256, target in batch:
                self.open_file(stored[self.object_name(sha256)], target, sha256)
                yield target
            for path in stored.values():
                path.unlink(missing_ok=True)

    def damaged(self, contents: Iterable[str], work: Path) -> list[str]:
        """Which of these contents (by hash) the store no longer holds as they were: each is read back and held against its hash."""
        found = []
        for sha256 in contents:
            try:
                for path in self.fetch([(sha256, work / "read-back")], work):
                    path.unlink()
            except DamagedBackup:
                found.append(sha256)
        return found

    def forget(self, keep: Iterable[Snapshot]) -> tuple[int, int]:
        """Remove every snapshot that is not kept, and what no kept one names; returns how many snapshots and objects went.

        Where a kept one cannot be read nobody knows what it names: then every object stays.
        """
        kept = list(keep)
        gone = [snapshot for snapshot in self.snapshots() if snapshot not in kept]
        self.store.remove(f"{SNAPSHOTS}/{snapshot.name}.json" for snapshot in gone)
        named = set()
        for snapshot in kept:
            try:
                entries = self.read_snapshot(snapshot).files
            except (DamagedBackup, NewerDocument) as unreadable:
                _LOG.warning("%s Nothing that the backup holds is removed until that snapshot is.", unreadable.cause)
                return len(gone), 0
            named |= {self.object_name(entry.sha256) for entry in entries}
        unnamed = [name for name in self.store.sizes(OBJECTS) if name not in named and _OBJECT.fullmatch(name)]
        self.store.remove(unnamed)
        return len(gone), len(unnamed)


def open_repository(settings: Settings, address: str | None = None) -> Repository:
    """The backup of the settings, or at another address. Raises UsageError when there is none, or its key has another form."""
    where = address or settings.backup
    if not where:
        raise UsageError(
            "Nobody said where the backup is.", "Set PAMGA_BACKUP to a folder or s3://bucket/folder, or name one."
        )
    key = None
    if settings.backup_key is not None:
        key = key_of_hex(settings.backup_key.get_secret_value(), "PAMGA_BACKUP_KEY")
    return Repository(open_store(where), key)
