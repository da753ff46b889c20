"""What a release says of itself."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Cell, Document, Part
from pamga.documents.candidate import Shown
from pamga.documents.log import Answer, ClosedBy, ReceiptDay, Rollback


class HeldClosing(Part):
    """A quarter whose closing was tried and held and that is not closed."""

    trimestre: str
    fecha: str
    faltan: list[str] = Field(
        description="the owed files, in words, that were missing and for which nobody gave a reason"
    )


class ReleaseCard(Document):
    """What a release is: when it went out, what it closes, what came before it, and who said yes."""

    WHERE: ClassVar[str] = "releases/<release>/publicacion.json"

    format: int = 1
    release: str
    run: str
    digest: str
    fecha: str = Field(description="the day on which it went out")
    trimestre: str
    corte: Shown | None = None
    cierre: str | None = Field(None, description="the quarter that it closes")
    cierre_por: ClosedBy | None = None
    ejemplo: bool
    anterior: str | None = Field(None, description="the release that stood when it went out")
    aprobacion: Answer | None = None
    sello_anterior: str | None = Field(
        None,
        description="sha256 of the newest seal, so that a copy kept outside can be held against a chain that was made anew",
    )
    dias_corregidos: list[ReceiptDay] = Field(
        default_factory=list, description="days of receipt that a person corrected; absent where there are none"
    )
    retirada_anterior: Rollback | None = Field(None, description="the rollback after which it is the first to go out")
    cierres_pendientes: list[HeldClosing] = Field(
        default_factory=list, description="the other quarters whose closing was held"
    )


class Resource(Part):
    """A file of the release."""

    path: str


class Licence(Part):
    """What allows to use it."""

    name: str = ""
    path: str = ""


class DataPackage(Document):
    """The release as a Frictionless Data Package (datapackage.org, version 2), which says what else is in it; this is what we read of it."""

    WHERE: ClassVar[str] = "releases/<release>/datapackage.json"

    resources: list[Resource]
    licenses: list[Licence] = Field(default_factory=list)


class DictionaryColumn(Part):
    """A column in plain words."""

    nombre: str
    tipo: str
    tipo_tecnico: str
    descripcion: str
    unidad: str | None
    valores: list[Cell] | None
    ejemplo: Cell
    proviene_de: list[str]


class Dictionary(Document):
    """What each column of a dataset is, in plain Spanish."""

    WHERE: ClassVar[str] = "releases/<release>/diccionario/<dataset>.json"

    conjunto: str
    titulo: str
    descripcion: str
    publicacion: str
    llave: list[str]
    proviene_de: list[str]
    columnas: list[DictionaryColumn]


class Pointer(Document):
    """Which release stands, in a bucket, which has no links."""

    WHERE: ClassVar[str] = "current.json of the bucket of PAMGA_PUBLISHED_COPY"

    release: str | None
    publicaciones: list[str]
    indice: str
