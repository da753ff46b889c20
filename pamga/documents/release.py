"""What a release says of itself."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part
from pamga.documents.candidate import Shown
from pamga.documents.log import Answer, ClosedBy, Rollback


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
    retirada_anterior: Rollback | None = Field(None, description="the rollback after which it is the first to go out")
    cierres_pendientes: list[HeldClosing] = Field(
        default_factory=list, description="the other quarters whose closing was held"
    )
