"""The datasets that a candidate agreed to publish, as the marts of its own dbt project declared them (`runs/<run>/marts.json`)."""

from __future__ import annotations

import re

from pydantic import Field

from pamga.candidate import Candidate
from pamga.documents.candidate import Agreed, AgreedColumn, AgreedMart
from pamga.documents.exports import Export
from pamga.errors import PamgaError
from pamga.storage import DamagedFile

AGREED = "marts.json"


class Mart(AgreedMart):
    """A published dataset: one public mart, its types as Soda compares them."""

    exports: dict[str, Export] = Field(repr=False, description="what the contracts of its run say")

    @property
    def period(self) -> str | None:
        """The column by which freshness is measured; of a year and a month no check is made."""
        return self.period_column if isinstance(self.period_column, str) else None

    @property
    def observed(self) -> bool:
        """Whether its rows are observations of a period: how fresh they are is what they say, not which quarter came."""
        return all(self.exports[source].serie_observada for source in self.sources)

    @property
    def as_it_is(self) -> bool:
        """Whether it is an export that is published as it is, under its own name."""
        return self.name in self.exports and self.exports[self.name].tal_cual

    def column(self, name: str) -> AgreedColumn | None:
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


def _mart(mart: AgreedMart, exports: dict[str, Export]) -> Mart:
    # a geometry leaves the warehouse as GeoParquet, where it has a type of its own
    types = {c.name: "geometry" if c.name == mart.geometry else plain_type(c.type) for c in mart.columns}
    columns = [column.model_copy(update={"type": types[column.name]}) for column in mart.columns]
    return Mart.taken_from(mart, columns=columns, exports=exports)
