"""`pamga status --json`: what became of every delivery."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part


class DeliveryStatus(Part):
    """A version, a refused file or a duplicate."""

    received_at: str
    dropped_on: str
    dependencia: str | None
    export: str | None
    trimestre: str | None
    version: int | None
    sha256: str | None
    state: str = Field(description="as in the manifest; `duplicate` for a file that repeats a version")
    rows_read: int
    accepted: int
    quarantined: int
    out_of_scope: int
    reasons: list[str]
    archivo: str
    stands: bool
    example: bool
    restored_from: int | None
    vigente: bool = Field(description="it stands now")
    apartada: str | None = Field(description="why it is set aside; null: it is not")


class Status(Document):
    """Every delivery, what stands, what still lies in the inbox."""

    WHERE: ClassVar[str] = "printed by `pamga status --json`"

    deliveries: list[DeliveryStatus]
    release: str | None = Field(description="the current release")
    inbox: list[str] = Field(description="files not yet received")
