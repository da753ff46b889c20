"""What became of a dropped file: the manifest of a version in the lake, and that of a file that was refused."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, JsonValue

from pamga.documents.base import Document, Part


class Replaces(Part):
    """What a version changes against the one whose place it takes. Keys as a person sees them, none where a pseudonym is part of the
    key."""

    trimestre: str
    version: int
    rows_before: int
    rows_after: int
    lost: int = Field(description="keys gone and keys withdrawn by `baja`")
    keys_gone: int
    keys_new: int
    withdrawn: int = 0
    rows_changed: int = 0
    changed_by_column: dict[str, int] = Field(default_factory=dict)
    first_gone: list[str] = Field(default_factory=list)
    first_new: list[str] = Field(default_factory=list)
    respelt: list[str] | None = Field(
        None, description="one key in its old and new spelling, where most keys that are gone came back spelt otherwise"
    )


class Corrects(Part):
    """Of our own sheet of rows dropped again: whose rows it holds, and onto which version they went."""

    version: int
    applied_to: int


class Received(Document):
    """What is known of a file that was dropped, whatever became of it."""

    format: int = 1
    export: str | None
    trimestre: str | None
    dependencia: str | None
    version: int | None
    archivo: str
    sha256: str | None = None
    bytes: int | None = None
    received_on: str = Field("", description="the day on which it was read")
    state: str = Field(
        "",
        description="accepted, accepted_with_rejects, held (it waits for a second word of its office; `reasons` says why) or rejected (refused whole: 0 rows)",
    )
    stands: bool = Field(description="it may stand: an accepted row, or an empty body, and not held")
    example: bool = False
    restored_from: int | None = Field(
        None, description="a restored version is a new one with the older one's rows: its number"
    )
    rows_read: int = 0
    accepted: int = 0
    quarantined: int = 0
    out_of_scope: int = 0
    rejects_by_rule: dict[str, int] = Field(default_factory=dict)
    reasons: list[str] = Field(default_factory=list, description="Spanish sentences: why it was refused or is held")
    notes: list[str] = Field(default_factory=list, description="Spanish sentences for its author")
    understood: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="how the file was read: formato, codificacion, separador, fila_encabezado, hoja…",
    )
    dropped_on: str | None = Field(
        None, description="the day on which it was dropped, which the calendar goes by (absent: the same day)"
    )
    replaces: Replaces | None = None
    doubts: list[str] = Field(
        default_factory=list,
        description="`pierde_filas`, `copia_de_otro_trimestre`; on a version that stands they were confirmed",
    )
    interpreted: list[str] = Field(
        default_factory=list, description="Spanish sentences: cells repaired, or read in one of several ways"
    )
    corrects: Corrects | None = None

    @property
    def day_dropped(self) -> str:
        return self.dropped_on or self.received_on


class Manifest(Received):
    """A version of a delivery. Written last in its folder: a version folder without it does not exist for any reader. Nothing in it depends
    on the clock but `received_on` and `dropped_on`. Rotating the pseudonyms' key is the one thing that changes a landed version: its
    pseudonym columns, `rows_sha256` and `hmac_key_id`, nothing else."""

    WHERE: ClassVar[str] = "lake/export=E/trimestre=T/dependencia=D/version=0001/manifest.json"

    export: str
    trimestre: str
    dependencia: str
    version: int
    sha256: str = ""
    contract_sha256: str | None = Field(None, description="the contract under which it landed")
    rows_sha256: str | None = None
    rejects_sha256: str | None = None
    hmac_key_id: str | None = Field(None, description="the key of the pseudonyms; null for exports without any")

    @property
    def rows_hash(self) -> str | None:
        """What tells its rows from others."""
        return self.rows_sha256


class Refusal(Received):
    """A file whose identity (export, quarter, office) is not known or not allowed; it is kept all the same."""

    WHERE: ClassVar[str] = "lake/_refused/<id>/manifest.json"

    refused_id: str


class Receipt(Document):
    """What became of a dropped file, for whoever received it. Where the answer to its author lies is `folder`."""

    WHERE: ClassVar[str] = "printed by `pamga receive --json`"

    archivo: str
    state: str = Field(
        description="accepted, accepted_with_rejects, held, rejected, duplicate, or pending: not received this time, the next run takes it"
    )
    dependencia: str | None
    export: str | None
    trimestre: str | None
    version: int | None
    rows_read: int
    accepted: int
    quarantined: int
    out_of_scope: int
    reasons: list[str]
    folder: str | None
    landed: bool = Field(
        description="it made a version of the lake, of which whoever builds is to be told (once more where a killed run may not have)"
    )

    @classmethod
    def telling(cls, manifest: Received, folder: Path | None, landed: bool) -> Receipt:
        return cls.taken_from(manifest, folder=None if folder is None else str(folder), landed=landed)
