"""The documents of a backup: what there was at one time, every file by its hash; and the objects that hold them."""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pamga.backup.store import Store, open_store
from pamga.documents.backup import BackedUpFile, BackupMarker, KeptAct, LastBackup, SnapshotFiles
from pamga.documents.base import NewerDocument
from pamga.errors import PamgaError, UsageError
from pamga.sealing import BrokenSeal, SealedByAnotherKey, key_id, key_of_hex, opened, seal, sealed_size
from pamga.settings import Settings
from pamga.storage import DamagedFile, sha256_bytes, sha256_file

_LOG = logging.getLogger(__name__)
MARKER, OBJECTS, SNAPSHOTS, ACTS = "pamga-backup.json", "objects", "snapshots", "acts"
LAST = "last-backup.json"  # under locks/: what the newest backup was, for whoever watches
MARK = b"PAMGAB01"
CLOCKS_DIFFER = timedelta(hours=1)
"""By how much the clocks of two machines may differ without anybody's being wrong."""
_TIME = "%Y%m%dT%H%M%S%fZ"
_SNAPSHOT = re.compile(rf"{SNAPSHOTS}/(\d{{8}}T\d{{12}}Z-[0-9a-f]{{16}})\.json")
_ACT = re.compile(rf"{ACTS}/[0-9a-f]{{64}}\.json")
_OBJECT = re.compile(rf"{OBJECTS}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}")
_LOST_ACT = (
    "`pamga backup --revisar` brings it anew from a working installation; to restore without one, take it from another copy of the backup, "
    "or remove that file and do by hand afterwards what was taken down or rejected after the snapshot."
)
_TRY_AGAIN = (
    "Run `pamga backup` again; where it is said again, see to that disk or bucket: nothing of this night is safe there."
)
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
        name = self._shown(sha256)
        return f"{OBJECTS}/{name[:2]}/{name}"

    def _shown(self, sha256: str) -> str:
        return sha256 if self._key is None else hmac.new(self._key, sha256.encode(), "sha256").hexdigest()

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
        snapshot = Snapshot(name)
        try:
            self.read_snapshot(snapshot)
        except FileNotFoundError as error:
            raise DamagedBackup(_took_and_lost(self.store.name, error), _TRY_AGAIN) from error
        return snapshot

    def read_snapshot(self, snapshot: Snapshot) -> SnapshotFiles:
        """The document. Raises DamagedBackup when it is not what its name says."""
        where = f"{self.store.name}/{SNAPSHOTS}/{snapshot.name}.json"
        content = self.store.read(f"{SNAPSHOTS}/{snapshot.name}.json")
        try:
            plain = self._opened(content)
        except (SealedByAnotherKey, BrokenSeal):
            raise DamagedBackup(f"{where} was changed or cut off.", _NEXT_COPY) from None
        if not snapshot.name.endswith(f"-{sha256_bytes(plain)[:16]}"):
            raise DamagedBackup(f"{where} is not what its name says.", _NEXT_COPY)
        return SnapshotFiles.parsed(plain, Path(where))

    # ---- acts (pamga.backup.acts) --------------------------------------------------------------------------------------

    def act_name(self, name: str) -> str:
        """Where an act lies; in a sealed backup its name tells nothing."""
        return f"{ACTS}/{self._shown(name)}.json"

    def act_names(self) -> set[str]:
        """Of all acts that are here; what others put beside them is none."""
        return {name for name in self.store.sizes(ACTS) if _ACT.fullmatch(name)}

    def write_act(self, name: str, act: KeptAct) -> None:
        """Write an act and read it back, in place of a damaged one. Raises DamagedBackup when it is not there then."""
        where, content = self.act_name(name), self._closed(act.content())
        try:
            self.store.put_new(where, content)
        except FileExistsError:
            if self.holds_act(name):
                return
            self.store.remove([where])
            self.store.put_new(where, content)
        if not self.holds_act(name):
            raise DamagedBackup(
                f"{self.store.name} took {where} and does not give it back as it was.", "See to that place."
            )

    def holds_act(self, name: str) -> bool:
        """Whether an act is here and whole."""
        try:
            self._act(self.act_name(name))
        except (FileNotFoundError, DamagedBackup):
            return False
        return True

    def acts(self) -> list[KeptAct]:
        """Every act, in the order in which they came. Raises DamagedBackup for one that cannot be read: what it says would be undone."""
        return sorted((self._act(name) for name in self.act_names()), key=lambda act: (act.written, act.path))

    def _act(self, where: str) -> KeptAct:
        try:
            act = KeptAct.parsed(self._opened(self.store.read(where)), Path(self.store.name, where))
        except (SealedByAnotherKey, BrokenSeal, DamagedFile) as error:
            raise DamagedBackup(
                f"{self.store.name}/{where}, an act that no restore may undo, is damaged.", _LOST_ACT
            ) from error
        name = sha256_bytes(act.path.encode() + b"\0" + act.files.get(act.path, "").encode())
        if self.act_name(name) != where or act.sum != act.summed:
            raise DamagedBackup(f"{self.store.name}/{where}, an act that no restore may undo, was changed.", _LOST_ACT)
        return act

    # ---- contents --------------------------------------------------------------------------------------------------------

    def _opened(self, content: bytes) -> bytes:
        return b"".join(opened(io.BytesIO(content), self._key, MARK)) if self._key else content

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

    def refuse_lost(self, brought: Mapping[str, BackedUpFile], work: Path) -> None:
        """Raise DamagedBackup where the store said that it took an object (its name -> what it holds) and does not have it. A listing that is
        late is no proof: what it lacks is read back."""
        held = self.store.sizes(OBJECTS)
        unseen = {entry.sha256 for name, entry in brought.items() if held.get(name) != self.stored_size(entry.bytes)}
        lost = self.damaged(unseen, work)
        if lost:
            raise DamagedBackup(_took_and_lost(self.store.name, f"{len(lost)} objects"), _TRY_AGAIN)

    def lacking(self, document: SnapshotFiles) -> list[str]:
        """Objects of a snapshot that are gone or of another length, as the store lists them; what has the right one may still be damaged."""
        held = self.store.sizes(OBJECTS)
        wanted = {self.object_name(entry.sha256): self.stored_size(entry.bytes) for entry in document.files}
        return sorted(name for name, size in wanted.items() if held.get(name) != size)

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


def _took_and_lost(where: str, what: object) -> str:
    return f"{where} said that it took what was written, and does not give it back as it was: {what}."


def last_backup(settings: Settings) -> LastBackup | None:
    """What the newest backup of this installation was; None before the first one."""
    return LastBackup.if_there(settings.layout.locks / LAST)


def open_present(settings: Settings, address: str | None = None) -> Repository:
    """The backup, to write to it. Raises PamgaError where it was there before and is gone: a share that is not mounted is an empty folder,
    and what began anew there would fill this machine's disk."""
    repository, last = open_repository(settings, address), last_backup(settings)
    if last is not None and last.where == repository.store.name and not repository.is_there():
        raise PamgaError(
            f"The backup that {repository.store.name} held is gone: it may not be mounted, or somebody emptied it.",
            f"Mount it. Where a backup is to begin anew there, remove {settings.layout.locks / LAST} first.",
        )
    return repository


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
