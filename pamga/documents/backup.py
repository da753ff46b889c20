"""A backup: what there was at one time, every file by its hash. Sealed ones are read after their seal was opened."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part


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


class RestoredSnapshot(Document):
    """A restore whose files are all there and verified; what is left is to put them in their place."""

    WHERE: ClassVar[str] = ".restoring/whole.json"

    snapshot: str
    taken: str
    files: int
    bytes: int
    databases: list[str]
    keys: bool


class LastBackup(Document):
    """The newest backup, for whoever watches."""

    WHERE: ClassVar[str] = "locks/last-backup.json"

    snapshot: str
    taken: str
    where: str
    bytes: int
