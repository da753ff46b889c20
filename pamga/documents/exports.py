"""What the rooms are told of the exports by their contracts, which ingest alone reads."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Number, Part


class Limits(Part):
    """Inside which ingest keeps a number."""

    min: Number | None = None
    max: Number | None = None


class Export(Part):
    """What its contract says of an export."""

    columns: dict[str, str] = Field(description="column as it lies in the lake -> its SQL type")
    antes: dict[str, list[str]] = Field(description="column -> the names that it had in earlier contracts")
    clave: list[str]
    entrega: str = Field(description="`parcial` or `completa` (a whole layer, which the newest replaces)")
    serie_observada: bool = Field(description="its rows observe a period: how fresh they are is what they say")
    tal_cual: bool = Field(description="it is published as it is, under its own name")
    dependencias: list[str]
    dias_plazo: int = Field(description="days after the quarter's end in which it is delivered")
    exigible: bool = Field(description="it is owed every quarter: an indicator is computed from it")
    tema: str | None
    titulo: str
    fuente: str | None
    futuras: list[str] = Field(description="columns of a plan or a deadline")
    referencias: dict[str, str] = Field(description="column -> `export.column` in which it must exist")
    valores: dict[str, list[str]] = Field(description="column of a category -> what it may say")
    limites: dict[str, Limits]


class Exports(Document):
    """What the contracts say, for the rooms that do not read them (`python -m ingest.generate` writes it)."""

    WHERE: ClassVar[str] = "pamga/exports.json"

    exports: dict[str, Export]


class PersonalColumn(Part):
    """A column with personal data, and what becomes of it."""

    columna: str
    titulo: str
    descripcion: str
    trato: str = Field(description="`personal`, `seudonimo` or `moderado`")


class PersonalExport(Part):
    """An export with personal data."""

    export: str
    titulo: str
    dependencias: list[str]
    columnas: list[PersonalColumn]
    de_la_persona: list[str] = Field(description="titles of what describes the one person of a row")


class PersonalData(Document):
    """Which personal data enter, for the public page of data protection (`python -m ingest.generate` writes it)."""

    WHERE: ClassVar[str] = "publish/personal_data.json"

    entregas: list[PersonalExport]
    se_reconoce: list[str]
    datos_sembrados: int
