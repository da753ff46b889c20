"""`inputs.lock`: exactly what a run reads."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part
from pamga.documents.log import ClosedBy, MissingFile, NamedVersion, ReceiptDay


class LockedVersion(Part):
    """A version of a delivery as the lake's manifest says it."""

    dependencia: str
    export: str
    trimestre: str
    version: int
    archivo: str | None = None
    rows_hmac: str | None = Field(
        None,
        description="HMAC-SHA-256 of the SHA-256 of its rows.parquet, by the lake's secret (LakeSecret): nobody else can try rows out",
    )
    received_on: str | None = None
    dropped_on: str | None = None
    state: str | None = None
    stands: bool | None = None
    rows_read: int | None = None
    accepted: int | None = None
    quarantined: int | None = None
    out_of_scope: int | None = None
    example: bool | None = None
    restored_from: int | None = None
    hmac_key_id: str | None = None
    rejects_hmac: str | None = Field(None, description="the same of its rejects.parquet")
    path: str = Field("", description="its folder, relative to the lake")
    sha256: str | None = Field(None, description="of the original: null since format 2")
    rows_sha256: str | None = Field(None, description="null since format 2")
    rejects_sha256: str | None = Field(None, description="null since format 2")

    @property
    def name(self) -> str:
        return f"{self.dependencia}/{self.export}_{self.trimestre} v{self.version}"

    @property
    def rows_hash(self) -> str | None:
        """What tells its rows from others."""
        return self.rows_hmac or self.rows_sha256


class ExampleRow(Part):
    """One of the first rows of a finding."""

    fila: str | None
    columna: str | None
    detalle: str | None


class Finding(Part):
    """What the build found too much of in a delivery."""

    tipo: str
    titulo: str
    remedio: str | None
    filas: int
    filas_aceptadas: int
    ejemplos: list[ExampleRow] = Field(default_factory=list)

    @property
    def reach(self) -> str:
        """How far it reaches, in words: a boundary or a withdrawn key is found in the rows of others."""
        of_others = self.filas > self.filas_aceptadas
        rows = "fila" if (self.filas if of_others else self.filas_aceptadas) == 1 else "filas"
        if of_others:
            return f"alcanza a {self.filas:,} {rows} de otras entregas"
        return f"{self.filas:,} de {self.filas_aceptadas:,} {rows}"


class ChangedVerdict(Part):
    """A verdict of a closed quarter that a delivery changes."""

    indicador: str
    ejercicio: int
    trimestre: str
    antes: str
    publicacion: str
    despues: str


class MovedDelivery(Part):
    """A delivery of which another version was read before."""

    export: str
    trimestre: str
    dependencia: str
    version_anterior: int | None
    version: int | None


class ToldVerdict(ChangedVerdict):
    """A verdict that changed, in this release or one before it, with who decided about the deliveries that did it (null: the method or the
    publication log did)."""

    entregas: list[MovedDelivery] = Field(default_factory=list)
    persona: str | None = None
    motivo: str | None = None
    fecha: str | None = None


class SetAside(Part):
    """A version that could stand and is set aside, by people or by the build itself for what it found in it."""

    export: str
    trimestre: str
    dependencia: str
    version: int
    archivo: str | None = None
    received_on: str | None = None
    origen: str = Field(description="`hallazgos`, `reversion` or `persona`")
    motivo: str | None = None
    persona: str | None = None
    fecha: str | None = None
    queda: int | None = Field(None, description="the version that stands instead, or null")
    corregida: bool = Field(False, description="the one that stands instead is a newer one")
    hallazgos: list[Finding] = Field(default_factory=list)
    veredictos: list[ChangedVerdict] = Field(
        default_factory=list, description="only where it would change a verdict of a closed quarter"
    )


class LoggedObject(Part):
    """An object of `lake/_log`."""

    path: str
    hmac: str | None = Field(None, description="HMAC-SHA-256 of its SHA-256 by the lake's secret")
    sha256: str | None = Field(None, description="only in locks of format 1")


class Code(Part):
    """The code of a run."""

    sha256: str = Field(description="over our sources")
    figures: str | None = Field(None, description="over those of the rooms that compute")
    commit: str | None = Field(None, description="of git, where there is one")


class Lock(Document):
    """Exactly what a run reads. Run name = `<release>-<first 12 of digest>`; treat it as opaque."""

    FORMAT: ClassVar[int] = 2
    WHERE: ClassVar[str] = "runs/<run>/inputs.lock"

    format: int = 1
    run: str
    release: str = Field(
        description="the name it will get: newest quarter of a standing delivery or the one being closed, next free number"
    )
    trimestre: str
    closing: str | None = Field(
        description="the quarter that it closes: `deliveries` and `versions` are then those of quarters up to it"
    )
    closing_by: ClosedBy | None = Field(
        None,
        description="who closes it all the same, with a reason for each file that is missing; kept only where something is",
    )
    missing: list[MissingFile] = Field(
        default_factory=list, description="of a closing run: what is owed for it and not there"
    )
    closed: list[str] = Field(
        default_factory=list, description="quarters whose closing release stands, and the one that this run closes"
    )
    received_until: str | None = Field(
        None,
        description="newest day of receipt of a delivery that stands or is set aside: what happened later nobody knows",
    )
    today: str | None = Field(None, description="the day of the build where the city is")
    previous: str | None = Field(
        None,
        description="the newest publication that it read: when another has come since, the candidate is built again",
    )
    line: list[str] | None = Field(
        None,
        description="the releases that lead to the one that is up: what was withdrawn is no step in the history of a figure",
    )
    withdrawn: list[str] = Field(default_factory=list, description="datasets that were taken down")
    lost: list[str] = Field(
        default_factory=list,
        description="only after a restore: releases that a takedown names and the publication log does not; their names are not given again",
    )
    example: bool = False
    digest: str = Field(
        description="sha256 over the deliveries that the build started with, what people decided about versions, code and closing: what starts a build; what the build sets aside for its findings follows from these, so it changes neither `digest` nor `run`"
    )
    deliveries: list[LockedVersion] = Field(description="every standing delivery")
    versions: list[LockedVersion] = Field(
        default_factory=list, description="every version of every delivery with its counts (for calendar and history)"
    )
    apartadas: list[SetAside] = Field(default_factory=list)
    readmitidas: list[NamedVersion] = Field(
        default_factory=list, description="the versions that people let in whatever is found in them"
    )
    dias: list[ReceiptDay] = Field(
        default_factory=list, description="only where a person corrected the day of receipt of a version"
    )
    veredictos: list[ToldVerdict] = Field(
        default_factory=list, description="only where a verdict of a closed quarter changed"
    )
    log: list[LoggedObject] = Field(default_factory=list, description="every object of `lake/_log` that it reads")
    hmac_key_id: str | None = None
    code: Code
    engine: dict[str, str] = Field(default_factory=dict, description="versions of duckdb, dbt-core and dbt-duckdb")

    def objects(self, kind: str) -> list[str]:
        """The paths, below the lake, of the locked objects of a kind."""
        return [entry.path for entry in self.log if entry.path.split("/")[1] == kind]
