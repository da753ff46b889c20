"""A backup: what there was at one time, every file by its hash. Sealed ones are read after their seal was opened."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part
from pamga.storage import canonical_json, sha256_bytes


class BackupMarker(Document):
    """That a place is a backup, and with which key it is sealed (null: it is not)."""

    WHERE: ClassVar[str] = "pamga-backup.json of the backup"

    format: int = 1
    key: str | None


class BackedUpFile(Part):
    """A file of a snapshot."""

    path: str = Field(description="below PAMGA_DATA")
    sha256: str
    bytes: int
    mode: int


class SnapshotFiles(Document):
    """What there was when it was taken, and what whoever restores has to know beside the files."""

    WHERE: ClassVar[str] = "snapshots/<time>-<hash>.json of the backup"

    format: int = 1
    taken: str
    keys: bool = Field(description="the keys are among the files")
    hmac_key_ids: list[str] = Field(description="which keys of the pseudonyms belong to it")
    vault_key_ids: list[str] = Field(description="which keys of the vault")
    files: list[BackedUpFile]
    links: dict[str, str] = Field(description="path -> where it leads to")

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.files)


class KeptAct(Document):
    """What no restore may undo: an object of the log, as it was written, with what it takes to apply it to a lake of before."""

    WHERE: ClassVar[str] = "acts/<hash>.json of the backup"

    format: int = 1
    path: str = Field(description="of the object, below PAMGA_DATA")
    files: dict[str, str] = Field(
        description="path -> text: the object itself; of a release that was taken down its publication; of a rotation the new key, "
        "where the backup is sealed and holds keys"
    )
    of_content: str | None = Field(None, description="of a decision about a version: the SHA-256 of its original")
    written: str = Field(description="when it came here")
    sum: str = Field(description="sha256 over `files` and `of_content`")

    @property
    def content_of_object(self) -> bytes:
        """The bytes of the object itself."""
        return self.files[self.path].encode()

    @property
    def summed(self) -> str:
        """What `sum` must be."""
        return sha256_bytes(canonical_json([self.files, self.of_content]))


class ActsInBackup(Document):
    """Which acts of the log the backup holds, for whoever watches."""

    WHERE: ClassVar[str] = "locks/acts-in-backup.json"

    where: str
    names: list[str]


class RestoredSnapshot(Document):
    """A restore whose files are all there and verified; what is left is to put them in their place."""

    WHERE: ClassVar[str] = ".restoring/whole.json"

    snapshot: str
    taken: str
    files: int
    bytes: int
    databases: list[str]
    keys: bool
    acts: list[str] = Field(default_factory=list, description="the later acts that were applied to it, in words")
    not_applied: list[str] = Field(default_factory=list, description="those that nothing here answers to, in words")


class LastBackup(Document):
    """The newest backup, for whoever watches."""

    WHERE: ClassVar[str] = "locks/last-backup.json"

    snapshot: str
    taken: str
    where: str
    bytes: int
    known: list[str] = Field(default_factory=list, description="the snapshots that the place listed then")
