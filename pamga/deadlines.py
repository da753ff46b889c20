"""Who delivers what until when: the seed dbt_project/seeds/plazos_entrega.csv, which is written from the contracts (`dias_plazo`)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pamga.plan import plan
from pamga.quarter import Quarter

SEED = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "plazos_entrega.csv"


@dataclass(frozen=True)
class Deadline:
    """One row of the seed: an office delivers an export, so many days after the quarter's end."""

    export: str
    dependencia: str
    nombre: str
    dias_plazo: int
    exigible: bool

    def due(self, quarter: Quarter) -> date:
        """The last day on which the delivery of a quarter is in time."""
        return quarter.cutoff + timedelta(days=self.dias_plazo)


@cache
def deadlines(seed: Path = SEED) -> tuple[Deadline, ...]:
    """The rows of the seed, in its order."""
    with seed.open(encoding="utf-8", newline="") as file:
        return tuple(
            Deadline(
                row["export"], row["dependencia"], row["nombre"], int(row["dias_plazo"]), row["exigible"] == "true"
            )
            for row in csv.DictReader(file)
        )


def owed(seed: Path = SEED) -> tuple[Deadline, ...]:
    """What is owed every quarter of the plan."""
    return tuple(deadline for deadline in deadlines(seed) if deadline.exigible)


def in_plan(quarter: Quarter) -> bool:
    """Whether anybody owes anything for this quarter: nobody does for one outside the plan."""
    return plan().primer_trimestre <= quarter <= plan().ultimo_trimestre
