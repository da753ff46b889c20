"""What a release says that the one before it did not, and the files of its indicators."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pamga.documents.base import Cell, Document, Number, Part
from pamga.documents.lock import ToldVerdict

Row = dict[str, Cell]
"""A row of a published dataset; what its columns are, the dataset's own description says."""


class Differs(Part):
    """What was said of something, and what is said of it now."""

    antes: Cell
    despues: Cell


class ChangedRow(Part):
    """A row that came, went or changed."""

    tipo: str = Field(description="`agregada`, `modificada` or `eliminada`")
    llave: Row
    cambios: dict[str, Differs] = Field(
        default_factory=dict, description="of a changed one: its columns that differ; `…` is never quoted again"
    )


class ChangedDataset(Part):
    """A dataset of either release."""

    conjunto: str
    titulo: str
    estado: str = Field(description="`nuevo`, `retirado`, `modificado` or `sin_cambios`")
    filas_antes: int | None
    filas_despues: int | None
    agregadas: int
    modificadas: int
    eliminadas: int
    columnas_agregadas: list[str]
    columnas_eliminadas: list[str]
    detalle: list[ChangedRow] = Field(description="the first rows one by one, in the key's order")
    sobre_personas: bool = Field(False, description="a table that breaks people down: what differs in it is not said")

    @property
    def rows_differ(self) -> bool:
        """Whether its rows differ from the release before: an entry of the publication log (rules.md)."""
        return bool(self.filas_despues) if self.estado == "nuevo" else self.estado == "modificado"


class ChangedDelivery(Part):
    """A delivery that stands in another version than before, that came (`version_anterior` null) or that is gone (`version` null)."""

    dependencia: str
    export: str
    trimestre: str
    version: int | None
    version_anterior: int | None
    archivo: str | None
    sha256: str | None
    recibido: str | None


class ChangedMethod(Part):
    """The code that computes the figures is another one."""

    codigo_antes: str
    codigo_despues: str


class DeliveryCause(ChangedDelivery):
    """A figure may differ for a delivery."""

    tipo: Literal["entrega"]


class MethodCause(ChangedMethod):
    """A figure may differ for the method."""

    tipo: Literal["metodo"]


class LogCause(Part):
    """A figure counts what was published itself."""

    tipo: Literal["bitacora_publicaciones"]
    desde: str = Field(description="the release that it counted last")


class FigureKey(Part):
    """What names a figure."""

    indicador: str
    ejercicio: int
    trimestre: str


class Judged(Part):
    """What is said of a target as of a day: the verdict, the value that was judged, today's, and the Secretariado's opinion. A release of
    an earlier day may lack what was not said then."""

    fecha_corte: str
    numerador: Number | None = None
    denominador: Number | None = None
    valor: Number | None = None
    juzgado_el: str | None = Field(None, description="the day whose value decides the state")
    numerador_juzgado: Number | None = None
    denominador_juzgado: Number | None = None
    valor_juzgado: Number | None = None
    estado: str
    provisional: bool
    dictamen: str | None = None
    dictamen_trimestre: str | None = None
    otra_lectura: str | None = None


class Stands(Judged):
    """How a target whose figure changed stands now."""

    vence: str
    operador: str
    meta: Number


class Restatement(FigureKey):
    """A published figure that changed."""

    nombre: str | None
    unidad: str | None
    vencida: bool = Field(False, description="its target was due")
    cambios: dict[str, Differs] = Field(description="column of the indicators -> what it said and says")
    ahora: Stands | None = None
    causas: list[DeliveryCause | MethodCause | LogCause]


class ChangedFigures(Part):
    """The figures of the indicators."""

    reexpresados: list[Restatement]
    nuevos: list[FigureKey]
    retirados: list[FigureKey]


class Changes(Document):
    """What changed between two releases: rows by key, columns, restated figures with their causes, deliveries, method. Without a release
    before, everything is new."""

    WHERE: ClassVar[str] = "releases/<release>/cambios.json"

    format: int = 1
    de: str | None = Field(description="the release before")
    a: str
    fecha_de: str | None
    fecha_a: str
    ejemplo: bool
    conjuntos: list[ChangedDataset]
    indicadores: ChangedFigures
    veredictos: list[ToldVerdict] = Field(
        default_factory=list, description="verdicts of closed quarters that changed since, with who let them"
    )
    entregas: list[ChangedDelivery]
    metodo: ChangedMethod | None

    def dataset(self, name: str) -> ChangedDataset:
        return next(change for change in self.conjuntos if change.conjunto == name)


class Target(Part):
    """The target of a year."""

    ejercicio: int
    inicio: str
    vence: str
    operador: str
    meta: Number


class Point(Judged):
    """A figure of the series."""

    ejercicio: int
    trimestre: str
    valor_al_vencimiento: Number | None = None


class Situation(Point):
    """The newest quarter of a year's target, in words."""

    estado_en_palabras: str
    dictamen_en_palabras: str


class DeliveryBehind(Part):
    """A standing delivery on which figures rest."""

    dependencia: str
    export: str
    trimestre: str
    version: int
    archivo: str | None
    sha256: str | None
    recibido: str | None


class IndicatorFile(Document):
    """An indicator for programs. Its JSON Schema goes out with the release (`esquemas/`)."""

    WHERE: ClassVar[str] = "releases/<release>/indicadores/<indicador>.json"

    version_esquema: str
    indicador: str
    nombre: str
    ejemplo: bool
    publicacion: str
    trimestre: str
    ficha: Row = Field(description="its row of `indicadores`")
    metas: list[Target]
    situacion: list[Situation]
    serie: list[Point]
    entregas: list[DeliveryBehind]
    avisos: list[str]
    observaciones: list[Row] = Field(
        description="its rows of the dataset of that name, as `evidencias` and `otras_lecturas`"
    )
    evidencias: list[Row]
    otras_lecturas: list[Row]
    reexpresiones: list[Restatement]
    enlaces: dict[str, str]

    @property
    def unidad(self) -> str:
        return str(self.ficha["unidad"])
