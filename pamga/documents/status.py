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


class SeenQueue(Document):
    """The queue of Airflow's tasks as a worker saw it last, for whoever watches and knows no secret."""

    WHERE: ClassVar[str] = "locks/queue.json"

    seen: str
    in_broker: int = Field(description="tasks that lie in the queue and that no worker took yet")
    queued: int = Field(description="tasks that Airflow gave out and that nobody began")
    oldest_seconds: float = Field(description="since when the oldest of these waits")
    silent: int = Field(description="tasks that run, as Airflow believes, and of which nothing is heard")
    workers: list[str] = Field(description="who answers and takes tasks")
    deaf: list[str] = Field(description="who answers and takes none")
    clock_seconds: float = Field(
        description="by how much the clock of the database or of the data folder is off, at most"
    )
