"""Who delivers what until when: what the contracts say of it (`dias_plazo`), of the exports that the plan needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pamga.exports import exports
from pamga.plan import plan
from pamga.quarter import Quarter


@dataclass(frozen=True)
class Deadline:
    """An office delivers an export, so many days after the quarter's end."""

    export: str
    dependencia: str
    nombre: str
    dias_plazo: int
    exigible: bool

    def due(self, quarter: Quarter) -> date:
        """The last day on which the delivery of a quarter is in time."""
        return quarter.cutoff + timedelta(days=self.dias_plazo)


@cache
def deadlines() -> tuple[Deadline, ...]:
    """Every office's of every export, in the exports' order (the seed `plazos_entrega` of dbt)."""
    return tuple(
        Deadline(name, office, export.titulo, export.dias_plazo, export.exigible)
        for name, export in exports().items()
        for office in sorted(export.dependencias)
    )


def owed() -> tuple[Deadline, ...]:
    """What is owed every quarter of the plan."""
    return tuple(deadline for deadline in deadlines() if deadline.exigible)


def in_plan(quarter: Quarter) -> bool:
    """Whether anybody owes anything for this quarter: nobody does for one outside the plan."""
    return plan().primer_trimestre <= quarter <= plan().ultimo_trimestre
