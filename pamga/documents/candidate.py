"""What a run offers: the description of its files that quality and publish read instead of dbt's own, and the files' hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Cell, Document, Part
from pamga.documents.exports import Export
from pamga.documents.log import ClosedBy


class Column(Part):
    """A published column, as dbt describes it."""

    name: str
    type: str
    description: str
    unit: str | None
    values: list[Cell] | None
    example: Cell


class Temporal(Part):
    """What period the data cover."""

    column: str | None
    start: Cell
    end: Cell


class Dataset(Part):
    """A published dataset: one public mart, its release's rows."""

    name: str
    title: str
    description: str
    theme: str | None
    keywords: list[str]
    periodicity: str | None
    primary_key: list[str]
    geometry: str | None = Field(description="the column that holds it, or null")
    sources: list[str] = Field(description="the exports that it is made of")
    rows: int
    temporal: Temporal | None
    columns: list[Column]
    about_people: bool = Field(False, description="a table that breaks people down: its differences are never listed")
    notice: str | None = Field(None, description="what a reader must be told of these figures")

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


class Shown(Part):
    """The newest quarter of the indicators and how it is judged."""

    trimestre: str
    fecha: str = Field(description="the day as of which it is judged")
    en_curso: bool = Field(description="whether the quarter still ran that day")


class Description(Document):
    """The description of a candidate, and of the release that it becomes."""

    WHERE: ClassVar[str] = "runs/<run>/candidate/datasets.json, releases/<release>/datasets.json"

    release: str
    run: str | None = None
    trimestre: str
    corte: Shown | None = Field(None, description="null before any delivery that has indicators")
    cierre: str | None = Field(None, description="the quarter that it closes")
    cierre_por: ClosedBy | None = None
    example: bool = False
    withdrawn: list[str] = Field(
        default_factory=list,
        description="datasets that were taken down: nobody publishes them until a person lifts that",
    )
    datasets: list[Dataset]


class File(Part):
    """A file of a candidate."""

    sha256: str
    bytes: int
    rows: int | None = None


class Files(Document):
    """The files of a candidate. The folder is complete when this is there; it is written last."""

    WHERE: ClassVar[str] = "runs/<run>/candidate/manifest.json"

    files: dict[str, File] = Field(description="path below the candidate -> what it is")


class AgreedColumn(Part):
    """A column that is to be published, as the mart declares it."""

    name: str
    type: str
    values: list[Cell] = Field(default_factory=list)
    unit: str | None = None


class AgreedMart(Part):
    """A mart that is to be published, as its dbt description declares it."""

    name: str
    title: str
    columns: list[AgreedColumn]
    key: list[str] = Field(default_factory=list)
    geometry: str | None = None
    period_column: str | list[str] | None = Field(None, description="what freshness is measured by")
    periodicity: str | None = None
    sources: list[str] = Field(default_factory=list)
    about_people: bool = False


class Office(Part):
    """An office and its name."""

    dependencia: str
    nombre: str


class Agreed(Document):
    """What the run's own dbt project, contracts and plan say: the gate judges the candidate by it, and not by what they are when somebody
    checks."""

    WHERE: ClassVar[str] = "runs/<run>/marts.json"

    marts: list[AgreedMart]
    exports: dict[str, Export] = Field(description="what the contracts say")
    dependencias: list[Office] = Field(description="in the plan's order")
    responsables: dict[str, list[str]] = Field(description="indicator -> the offices that answer for it")

    def title_of(self, dataset: str) -> str:
        """What a check's dataset is called."""
        exports = {name: export.titulo for name, export in self.exports.items()}
        return title_of_checked(dataset, {mart.name: mart.title for mart in self.marts}, exports)


def title_of_checked(dataset: str, marts: Mapping[str, str], exports: Mapping[str, str]) -> str:
    """What a check's dataset is called: a mart, the deliveries of an export (`lake.…`), or what the gate looks at as a whole."""
    _, _, export = dataset.rpartition("lake.")
    titles = {**marts, **WHOLES}
    if dataset in titles or export == dataset:
        return titles.get(dataset, dataset)
    return f"{exports.get(export, export)} (entregas)"


WHOLES = {
    "candidata": "Los archivos por publicar",
    "hallazgos_resumen": "Lo que las entregas dicen en conjunto",
    "entregas_vigentes": "Entregas de todos los trimestres",
}
