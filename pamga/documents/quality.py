"""What the gate says of a candidate."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Cell, Document, Number, Part
from pamga.documents.lock import ToldVerdict
from pamga.documents.log import ClosedBy


class Seen(Part):
    """Who has seen a finding, why and when."""

    persona: str
    motivo: str
    fecha: str


class Check(Part):
    """One check and what came out of it."""

    id: str
    dataset: str
    dimension: str = Field(
        description="esquema, volumen, frescura, validez, unicidad, referencias, conciliacion, futuro, anomalia or hallazgos"
    )
    severity: str = Field(description="`fail` or `warn`")
    outcome: str = Field(description="`pass`, `fail`, `warn` or `not_evaluated`")
    value: Number | None
    threshold: str
    explanation: str = Field(description="Spanish")
    owner: str
    remedy: str = Field(description="Spanish")
    rows: list[dict[str, Cell]] = Field(
        description="at most 20 offending rows (of every check that fails or warns at least one), never personal data"
    )
    told_with: str | None = Field(
        None,
        description="the check that tells the same: one missing file is one notice; such a one is in no notice and no count of warnings",
    )
    acknowledged: Seen | None = Field(None, description="who has seen this very finding; nor is such a one")

    @property
    def told(self) -> bool:
        """Whether a warning still has to be told: no other check tells it, and nobody has acknowledged it."""
        return self.told_with is None and self.acknowledged is None

    @property
    def open(self) -> bool:
        """Whether somebody still has to be told of it."""
        return self.outcome == "fail" or self.told


class Quality(Document):
    """What the gate found and decided."""

    WHERE: ClassVar[str] = "runs/<run>/quality.json, releases/<release>/calidad.json"
    PUBLISH: ClassVar[str] = "publicar"
    STOP: ClassVar[str] = "detener"

    run: str
    release: str
    decision: str = Field(description="`publicar` or `detener`")
    closing: str | None = None
    closed_by: ClosedBy | None = Field(
        None, description="the lock's `closing_by`: a named person closed the quarter although something was missing"
    )
    verdicts: list[ToldVerdict] = Field(default_factory=list)
    checks: list[Check]

    @property
    def stopped(self) -> bool:
        return self.decision != self.PUBLISH
