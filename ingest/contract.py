"""The contracts: what each export of the departments is. One YAML per export in `ingest/contracts/`, which `ingest.odcs` completes to
an ODCS 3.1 document.

The YAML is the only place where a column is described. What ODCS has no word for is said in `contracts/custom_properties.schema.json`.
This module is the typed view that the rest of the room works with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from ingest.odcs import Document, as_yaml, lake_type, whole
from pamga.plan import plan
from pamga.yaml_files import parse_yaml

CONTRACTS_FOLDER = Path(__file__).parent / "contracts"

Tipo = Literal["texto", "entero", "decimal", "fecha", "booleano", "categoria", "lista", "url", "correo", "geometria"]
Shape = Literal["punto", "linea", "poligono"]
Layout = Literal["tabla", "geojson", "posiciones", "meses"]

DELIVERING_OFFICE = "dependencia_que_entrega"
"""Part of a key whose numbering may collide between departments; it is no column of the file."""

RESERVED = "_reservado"
"""Suffix of the lake's column that says why a moderated text is not there."""

AS_IT_IS = "tal_cual"
DAYS_TO_DELIVER = 15
"""Days after the quarter's end in which a delivery is in time where its contract says nothing else."""
MEXICO = (-118.6, 14.4, -86.5, 32.8)
"""West, south, east and north of the country: no place of a delivery lies elsewhere."""
_COORDINATES = {"latitud": (MEXICO[1], MEXICO[3]), "longitud": (MEXICO[0], MEXICO[2])}
FIRST_DATE, LAST_DATE = date(2000, 1, 1), date(2099, 12, 31)
"""The dates that a delivery may hold: what the templates let a person write, and what the checks take."""


@dataclass(frozen=True)
class Column:
    """One column of an export, as its contract describes it."""

    nombre: str
    tipo: Tipo
    titulo: str
    descripcion: str
    ejemplo: str | None
    obligatoria: bool = False
    valores: tuple[str, ...] = ()
    valores_por_dependencia: dict[str, tuple[str, ...]] | None = None
    """Where an office may deliver only some of `valores` (documentos: the indicators it is responsible for)."""
    minimo: Decimal | None = None
    maximo: Decimal | None = None
    patron: str | None = None
    unidad: str | None = None
    encabezado: str | None = None
    """The header in a file whose layout another body decides; None: the column's own name."""
    posicion: int | None = None
    """Position from 1 in a file without a header."""
    fija: bool = False
    personal: bool = False
    seudonimo: bool = False
    seudonimo_de: tuple[tuple[str, ...], ...] = ()
    """Columns from which the pseudonym is made when the cell is empty: each group gives its first filled column."""
    contacto_publico: bool = False
    texto_libre: bool = False
    """Hand-typed text, scanned for CURP, RFC, CLABE, telephones and e-mail addresses."""
    moderado: bool = False
    """Text by or about people: public only where the row's PUBLISHABLE column says so."""
    hecho: bool = False
    """A date of something that happened: it may not lie after the day of receipt."""
    futura: bool = False
    """A date of a plan or a deadline: it may."""
    referencia: str | None = None
    """`export.columna` that this column points at."""
    antes: tuple[str, ...] = ()
    """Earlier names of the column (or of its header): older versions keep it under them, and older templates write them."""
    formas: tuple[Shape, ...] = ()
    """What a geometry may be; empty: anything."""
    marco: tuple[float, float, float, float] | None = None
    """West, south, east and north between which a geometry must lie whole."""
    contiene: tuple[float, float] | None = None
    """Longitude and latitude of a point that a geometry must hold."""
    sin_valor: tuple[str, ...] = ()
    """How the source writes that there is none: kept as delivered, null from staging on."""
    retirada: bool = False
    """No longer asked for. What older versions hold stays readable, and a file that still brings it is read as before."""
    nota: str | None = None
    descripcion_publica: str | None = None
    """What a published dataset says of the column; None: its description."""
    ejemplo_publico: str | None = None
    """The example that it gives; None: one out of the data."""

    @property
    def in_lake(self) -> bool:
        """Personal columns never leave ingest."""
        return not self.personal

    @property
    def lake_type(self) -> str:
        """SQL type in rows.parquet (docs/interfaces.md, 'Delivery in the lake')."""
        return lake_type(self.nombre, self.tipo)

    @property
    def header(self) -> str:
        """The header that the file is expected to carry."""
        return self.encabezado or self.nombre

    @property
    def limits(self) -> str:
        """Its limits as a person is told them; "" where it has none."""
        low, high = ("" if limit is None else f"{limit.normalize():f}" for limit in (self.minimo, self.maximo))
        if low and high:
            return f"de {low} a {high}"
        return f"desde {low}" if low else f"hasta {high}" if high else ""

    def allowed(self, dependencia: str) -> tuple[str, ...]:
        """The values that this office may write in a categoria or lista column."""
        if self.valores_por_dependencia is None:
            return self.valores
        return self.valores_por_dependencia.get(dependencia, self.valores)


@dataclass(frozen=True)
class Scope:
    """One condition of `solo`: rows that do not meet all of them are out of scope, not errors."""

    nombre: str
    """Name of the raw column in `Reading.scope`."""
    encabezado: str | None
    posicion: int | None
    igual: str
    """Compared folded (accents, case); 11020.0 is 11020."""


@dataclass(frozen=True)
class FileLayout:
    """How the file lays its cells out; `tabla` is the usual header and rows."""

    disposicion: Layout = "tabla"
    separador: str | None = None
    codificacion: str | None = None
    """What the contract states; None: found out."""
    columnas: int | None = None
    """Number of columns of a file without a header."""
    nota: str | None = None


@dataclass(frozen=True)
class Dataset:
    """What the published dataset of an export says besides its contract; everything has a default."""

    titulo: str | None = None
    """None: the contract's name."""
    descripcion: str | None = None
    """None: the contract's purpose."""
    tema: str | None = None
    """None: the contract's own theme."""
    palabras_clave: tuple[str, ...] = ()
    """None given: the title."""
    periodicidad: str | None = None
    """None: every quarter; a whole layer (`entrega: completa`) has none."""
    columna_periodo: str | None = None
    """The column by which freshness is measured."""
    columna_cobertura: tuple[str, ...] = ()
    """Where there is no such column: the ones that say which period the rows cover."""


# one object an export (see load_contract): compared and hashed by identity
@dataclass(frozen=True, eq=False, kw_only=True)
class Contract:
    """One export: who delivers it, how, and what each column is."""

    export: str
    titulo: str
    descripcion: str
    fuente: str | None = None
    """The body that decides the layout, where it is not this warehouse."""
    archivo_publico: str | None = None
    """The file of the body's own that is a delivery as it is, byte for byte."""
    dependencias: tuple[str, ...]
    clave: tuple[str, ...]
    """The business key; may name DELIVERING_OFFICE."""
    entrega: Literal["parcial", "completa"]
    inventario: bool = False
    """The rows describe what there is; they may stay the same from quarter to quarter."""
    filas_de_personas: bool = False
    """Each row is a person's, although no column says whose."""
    formato: FileLayout = FileLayout()
    solo: tuple[Scope, ...] = ()
    tema: str | None = None
    dias_plazo: int = DAYS_TO_DELIVER
    """Days after the quarter's end in which a delivery is in time: the one place where a due date stands."""
    serie_observada: bool = False
    """The rows are observations of a period: how fresh they are is what they say, not which quarter was delivered."""
    tal_cual: bool
    """Published as it is: a public mart under the export's name with the contract's columns, standing rows only."""
    conjunto: Dataset = Dataset()
    columnas: tuple[Column, ...]
    document: Document = field(repr=False)
    kept: bytes | None = field(default=None, repr=False)
    """The document as it lies in the lake; None: a contract of today."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process knows a contract of today by its name, since contracts are told apart by identity."""
        return (load_contract, (self.export,)) if self.kept is None else tuple(object.__reduce_ex__(self, 2))

    @cached_property
    def content(self) -> bytes:
        """The whole document, as a version is kept with the one under which it landed."""
        return as_yaml(self.document) if self.kept is None else self.kept

    @cached_property
    def sha256(self) -> str:
        """Names the contract in manifests and in the lake."""
        return hashlib.sha256(self.content).hexdigest()

    def column(self, nombre: str) -> Column:
        """The column of that name. Raises KeyError."""
        for column in self.columnas:
            if column.nombre == nombre:
                return column
        raise KeyError(f"{self.export} has no column {nombre!r}")

    @property
    def names(self) -> frozenset[str]:
        """Names of all columns."""
        return frozenset(column.nombre for column in self.columnas)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The key within one delivery, where the delivering office is the same for all rows."""
        return tuple(name for name in self.clave if name != DELIVERING_OFFICE)

    @property
    def lake_columns(self) -> dict[str, str]:
        """Column -> SQL type of rows.parquet, in order: contract columns, why moderated texts are not there, `baja` when parcial,
        `fila`."""
        columns = {column.nombre: column.lake_type for column in self.columnas if column.in_lake}
        columns |= {column.nombre + RESERVED: "VARCHAR" for column in self.moderated}
        if self.entrega == "parcial":
            columns["baja"] = "BOOLEAN"
        columns["fila"] = "BIGINT"
        return columns

    @property
    def has_personal(self) -> bool:
        """The export holds personal columns, pseudonyms or texts about people: its receipt is a list, never a copy."""
        return any(column.personal or column.seudonimo or column.moderado for column in self.columnas)

    @property
    def about_people(self) -> bool:
        """Each row is a person's: nothing may name it."""
        return self.filas_de_personas or self.has_pseudonyms

    @property
    def has_pseudonyms(self) -> bool:
        """People are told apart by a keyed hash."""
        return any(column.seudonimo for column in self.columnas)

    @property
    def moderated(self) -> tuple[Column, ...]:
        """Texts by or about people."""
        return tuple(column for column in self.columnas if column.moderado)

    @property
    def geometry_column(self) -> str | None:
        return next((column.nombre for column in self.columnas if column.tipo == "geometria"), None)


def _properties(items: list[dict[str, Any]] | None) -> dict[str, Any]:
    """ODCS customProperties as a mapping."""
    return {item["property"]: item["value"] for item in items or ()}


def _fields(of: type, own: dict[str, Any]) -> dict[str, Any]:
    """The properties that are fields of that name. A contract of another day may hold one that is none today."""
    return {item.name: _frozen(own[item.name]) for item in fields(of) if item.name in own}


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _column(item: dict[str, Any], offices: Sequence[str]) -> Column:
    own = _properties(item.get("customProperties"))
    options = item.get("logicalTypeOptions", {})
    references = item.get("relationships")
    column = Column(
        nombre=item["name"],
        titulo=item["businessName"],
        descripcion=item["description"],
        ejemplo=str(item["examples"][0]) if item.get("examples") else None,
        obligatoria=item.get("required", False),
        minimo=_number(options.get("minimum")),
        maximo=_number(options.get("maximum")),
        patron=options.get("pattern"),
        referencia=references[0]["to"] if references else None,
        **_fields(Column, own),
    )
    if "del_plan" in own:
        return replace(column, **_of_the_plan(own["del_plan"], column, offices))
    if column.nombre in _COORDINATES and column.minimo is None and column.maximo is None:
        low, high = _COORDINATES[column.nombre]
        return replace(column, minimo=Decimal(str(low)), maximo=Decimal(str(high)))
    return column


def _of_the_plan(what: str, column: Column, offices: Sequence[str]) -> dict[str, Any]:
    """What a column may hold, where the plan says it: one of its exercises, its indicators, those that are a document of the office, its
    bodies that validate (and `valores`), or where the municipality lies."""
    if what == "ejercicio":
        return {"minimo": Decimal(plan().ejercicios[0]), "maximo": Decimal(plan().ejercicios[-1])}
    if what == "documento":
        by_office = {office: tuple(k for k, of in plan().documentos.items() if office in of) for office in offices}
        return {"valores": tuple(plan().documentos), "valores_por_dependencia": by_office}
    if what == "organo":
        return {"valores": (*plan().organos_validadores, *column.valores)}
    if what == "coordenada":
        (south, north), (west, east) = plan().lugar.latitud, plan().lugar.longitud
        if column.tipo == "geometria":
            return {"marco": (west, south, east, north)}
        low, high = (Decimal(str(degrees)) for degrees in plan().lugar.coordenadas[column.nombre])
        return {"minimo": low, "maximo": high}
    return {"patron": plan().patron_de_indicador} if column.tipo == "texto" else {"valores": plan().indicadores}


def _scope(item: dict[str, Any]) -> Scope:
    position = item.get("posicion")
    return Scope(item.get("encabezado") or f"columna_{position}", item.get("encabezado"), position, item["igual"])


def kept_contract(content: bytes) -> Contract:
    """The typed view of a contract as a version was kept with it."""
    return contract_from(parse_yaml(content), content)


def contract_from(document: Document, kept: bytes | None = None) -> Contract:
    """The typed view of an ODCS document. It is taken as valid: the tests hold it against ODCS and the written schema."""
    own = _properties(document["customProperties"])
    (table,) = document["schema"]
    keyed = [item for item in table["properties"] if item.get("primaryKey")]
    keyed.sort(key=lambda item: int(item["primaryKeyPosition"]))
    office = (DELIVERING_OFFICE,) if own.get("clave_por_dependencia") else ()
    parts = {
        "formato": FileLayout(**own.get("formato", {})),
        "solo": tuple(_scope(item) for item in own.get("solo", ())),
        "conjunto": Dataset(**_fields(Dataset, own.get("conjunto", {}))),
    }
    return Contract(
        export=document["id"],
        titulo=document["name"],
        descripcion=document["description"]["purpose"],
        clave=(*office, *(item["name"] for item in keyed)),
        tal_cual=own.get("publicar") == AS_IT_IS,
        columnas=tuple(_column(item, own["dependencias"]) for item in table["properties"]),
        document=document,
        kept=kept,
        **(_fields(Contract, own) | parts),
    )


@cache
def export_names() -> tuple[str, ...]:
    """Names of all exports, sorted, without reading a contract."""
    return tuple(sorted(path.stem for path in CONTRACTS_FOLDER.glob("*.yaml")))


@cache
def load_contract(export: str) -> Contract:
    """The contract of one export. Raises KeyError when there is none of that name."""
    if export not in export_names():
        raise KeyError(export)
    return contract_from(whole(CONTRACTS_FOLDER / f"{export}.yaml"))


def load_contracts() -> dict[str, Contract]:
    """Every contract by export name, sorted."""
    return {export: load_contract(export) for export in export_names()}
