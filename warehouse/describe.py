"""What is said of the published marts: each dataset's entry in datasets.json, and what the code of the run agreed to (marts.json).

Which marts and columns are public is said in dbt (`meta.publico`); everything here follows from dbt's manifest and the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from pamga.documents.base import Cell
from pamga.documents.candidate import Agreed, AgreedColumn, AgreedMart, Column, Dataset, Office, Shown, Temporal
from pamga.documents.lock import Lock
from pamga.errors import PamgaError
from pamga.exports import exports
from pamga.plan import plan
from pamga.quarter import Quarter

NO_EXAMPLE = ("BLOB", "GEOMETRY")  # of any other column the smallest value: an example that the same data always give


@dataclass(frozen=True)
class MartColumn:
    """A column of a mart, as its dbt description declares it."""

    description: str
    data_type: str
    meta: dict[str, Any]

    @property
    def public(self) -> bool:
        return bool(self.meta.get("publico"))


@dataclass(frozen=True)
class MartModel:
    """A mart, as its dbt description declares it."""

    name: str
    description: str
    meta: dict[str, Any]
    columns: dict[str, MartColumn]

    @classmethod
    def of(cls, node: dict[str, Any]) -> MartModel:
        """The mart of a node of dbt's manifest."""
        columns = {
            name: MartColumn(said["description"].strip(), said.get("data_type") or "", _meta(said))
            for name, said in node["columns"].items()
        }
        return cls(node["name"], node["description"].strip(), _meta(node), columns)

    @property
    def public(self) -> bool:
        return bool(self.meta.get("publico"))

    @property
    def title(self) -> str:
        return str(self.meta.get("titulo", self.name))

    def published(self, *, everything: bool = False) -> list[str]:
        """The columns to write: those marked public, or all of them in the insiders' file."""
        return [name for name, column in self.columns.items() if everything or column.public]


def mart_models(manifest: dict[str, Any]) -> list[MartModel]:
    """The marts of a dbt manifest by name."""
    nodes = manifest["nodes"].values()
    marts = (node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts")
    return sorted(map(MartModel.of, marts), key=lambda model: model.name)


def _meta(said: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = said.get("config", {}).get("meta") or said.get("meta") or {}
    return meta


def agreed(marts: list[AgreedMart]) -> Agreed:
    """What the code of the run says of these marts, the exports and the plan's offices."""
    return Agreed(
        marts=marts,
        exports=exports(),
        dependencias=[Office(dependencia=key, nombre=name) for key, name in plan().dependencias.items()],
        responsables={indicator: list(offices) for indicator, offices in plan().responsables.items()},
    )


def agreed_mart(model: MartModel) -> AgreedMart:
    """What a public mart declares of what it publishes."""
    meta = model.meta
    return AgreedMart(
        name=model.name,
        title=model.title,
        columns=[
            AgreedColumn(
                name=name,
                type=column.data_type,
                values=[_cell(value) for value in column.meta.get("valores") or ()],
                unit=column.meta.get("unidad"),
            )
            for name, column in model.columns.items()
            if column.public
        ],
        key=list(meta.get("llave", [])),
        geometry=meta.get("geometria"),
        period_column=meta.get("columna_periodo"),
        periodicity=meta.get("periodicidad"),
        sources=list(meta.get("fuentes", [])),
        about_people=bool(meta.get("sobre_personas")),
    )


def board_cutoff(connection: duckdb.DuckDBPyConnection) -> Shown | None:
    """The newest quarter of the indicators, the day as of which it is judged, and whether it still ran that day.

    None while nothing that has indicators was delivered.
    """
    row = connection.execute(
        "select trimestre, cast(fecha_corte as varchar) from marts.indicadores_trimestre order by trimestre desc limit 1"
    ).fetchone()
    if row is None:
        return None
    quarter, day = row
    return Shown(trimestre=quarter, fecha=day, en_curso=day < Quarter.parse(quarter).cutoff.isoformat())


def describe(connection: duckdb.DuckDBPyConnection, model: MartModel, lock: Lock) -> Dataset:
    """The dataset's entry in datasets.json."""
    meta, name, names = model.meta, model.name, model.published()
    undescribed = [column for column in names if not model.columns[column].description]
    if undescribed or not model.description or not names:
        raise PamgaError(
            f"The public mart {name} lacks a description ({', '.join(undescribed) or 'of itself or of any public column'}).",
            "Describe it in Spanish in the mart's yml, or do not mark it public.",
        )
    period = meta.get("columna_periodo") or meta.get("columna_cobertura")
    types = _types(connection, name)
    exampled = [c for c in names if "ejemplo" not in model.columns[c].meta and types[c] not in NO_EXAMPLE]
    found = _in_one_pass(
        connection,
        f'marts."{name}"',
        {
            "count(*)": "count(*)",
            **{column: f'cast(min("{column}") as varchar)' for column in exampled},
            **({} if period is None else _bounds_of(period)),
        },
    )
    return Dataset(
        name=name,
        title=model.title,
        description=model.description,
        theme=meta.get("tema"),
        keywords=meta.get("palabras_clave", []),
        periodicity=meta.get("periodicidad"),
        primary_key=meta.get("llave", []),
        geometry=meta.get("geometria"),
        sources=meta.get("fuentes", []),
        about_people=bool(meta.get("sobre_personas")),
        rows=found["count(*)"],
        temporal=as_of(lock) if period is None else _temporal(period, found["min()"], found["max()"]),
        columns=[_column(column, model.columns[column], types[column], found.get(column)) for column in names],
    )


def _types(connection: duckdb.DuckDBPyConnection, mart: str) -> dict[str, str]:
    """The type of each column of a mart's table."""
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = 'marts' and table_name = ?", [mart]
        ).fetchall()
    )


def _bounds_of(period: str | list[str]) -> dict[str, str]:
    """SQL of the smallest and the largest value of the period column."""
    value = f'make_date("{period[0]}", "{period[1]}", 1)' if isinstance(period, list) else f'"{period}"'
    return {f"{bound}()": f"cast({bound}({value}) as varchar)" for bound in ("min", "max")}


def _column(name: str, said: MartColumn, sql_type: str, example: str | None) -> Column:
    """A column's entry; `example`: the one that the data give, where nobody wrote another."""
    meta = said.meta
    return Column(
        name=name,
        type=sql_type,
        description=said.description,
        unit=meta.get("unidad"),
        values=None if meta.get("valores") is None else [_cell(value) for value in meta["valores"]],
        example=_cell(meta.get("ejemplo", example)),
    )


def _cell(value: Any) -> Cell:
    """A value of a description as JSON: YAML reads a day where somebody meant its text."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def as_of(lock: Lock) -> Temporal:
    """What has no period, such as a layer, shows how things stand on the last day of the release's quarter, or that of the newest
    receipt while it runs."""
    last = Quarter.parse(lock.trimestre).cutoff.isoformat()
    day = last if lock.closing else min(last, str(lock.received_until))
    return Temporal(column=None, start=day, end=day)


def _in_one_pass(connection: duckdb.DuckDBPyConnection, table: str, asked: dict[str, str]) -> dict[str, Any]:
    """What these aggregates of a table come to: name -> value."""
    found = connection.execute(f"select {', '.join(asked.values())} from {table}").fetchone() or ()
    return dict(zip(asked, found, strict=True))


def _temporal(column: str | list[str], start: str | None, end: str | None) -> Temporal:
    """What period the data cover: smallest and largest value of the dataset's period column (a date, a quarter or a year; or
    a list of two columns, year and month)."""
    return Temporal(column=", ".join(column) if isinstance(column, list) else column, start=start, end=end)
