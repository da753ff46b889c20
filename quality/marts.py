"""The datasets that a candidate agreed to publish, as the marts of its own dbt project declared them (`runs/<run>/marts.json`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pamga.candidate import Candidate
from pamga.documents.base import Cell
from pamga.documents.candidate import Agreed, AgreedMart
from pamga.documents.exports import Export
from pamga.errors import PamgaError
from pamga.storage import DamagedFile

AGREED = "marts.json"


@dataclass(frozen=True)
class Column:
    """A published column. `type` is the SQL type without precision, lower case."""

    name: str
    type: str
    values: tuple[Cell, ...]
    unit: str | None


@dataclass(frozen=True)
class Mart:
    """A published dataset: one public mart."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    period_column: str | None
    periodicity: str | None
    sources: tuple[str, ...]
    about_people: bool  # it breaks people down (rules.md, "Personal data")
    exports: Mapping[str, Export] = field(compare=False, repr=False)
    """What the contracts of its run say."""

    @property
    def observed(self) -> bool:
        """Whether its rows are observations of a period: how fresh they are is what they say, not which quarter came."""
        return all(self.exports[source].serie_observada for source in self.sources)

    @property
    def as_it_is(self) -> bool:
        """Whether it is an export that is published as it is, under its own name."""
        return self.name in self.exports and self.exports[self.name].tal_cual

    def column(self, name: str) -> Column | None:
        """The column of that name, when it is published."""
        return next((column for column in self.columns if column.name == name), None)


def agreed_of(candidate: Candidate) -> Agreed:
    """What the candidate's own project, contracts and plan said when it was built. Raises PamgaError when the run does not say."""
    path = candidate.run_folder / AGREED
    try:
        return Agreed.read(path)
    except (FileNotFoundError, DamagedFile) as error:
        raise PamgaError(
            f"{path} does not say what the run agreed to.", "Build the candidate again: `pamga build`."
        ) from error


def words_of(candidate: Candidate) -> Agreed:
    """The same for words alone: a run of an earlier code, which does not say it all, is told of by the keys of things."""
    try:
        return agreed_of(candidate)
    except PamgaError:
        return Agreed(marts=[], exports={}, dependencias=[], responsables={})


def marts_of(candidate: Candidate) -> list[Mart]:
    """Every dataset that the candidate's code meant to publish, by name."""
    return marts_from(agreed_of(candidate))


def marts_from(agreed: Agreed) -> list[Mart]:
    """The datasets of what was agreed, by name."""
    return sorted((_mart(mart, agreed.exports) for mart in agreed.marts), key=lambda mart: mart.name)


def plain_type(sql_type: str) -> str:
    """`DECIMAL(20, 6)` -> `decimal`: Soda compares types without precision."""
    return re.sub(r"\s*\(.*\)$", "", sql_type.strip()).lower()


def _mart(mart: AgreedMart, exports: Mapping[str, Export]) -> Mart:
    columns = [
        # a geometry leaves the warehouse as GeoParquet, where it has a type of its own
        Column(c.name, "geometry" if c.name == mart.geometry else plain_type(c.type), tuple(c.values), c.unit)
        for c in mart.columns
    ]
    return Mart(
        mart.name,
        mart.title,
        tuple(columns),
        tuple(mart.key),
        mart.period_column if isinstance(mart.period_column, str) else None,  # of a year and a month no check is made
        mart.periodicity,
        tuple(mart.sources),
        mart.about_people,
        exports,
    )
