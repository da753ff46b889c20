"""The published marts as their dbt descriptions say them: the source of the generated contracts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pamga.yaml_files import load_yaml

MARTS = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "marts"


@dataclass(frozen=True)
class Column:
    """A published column. `type` is the SQL type without precision, lower case."""

    name: str
    type: str
    values: tuple[Any, ...]
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

    def column(self, name: str) -> Column | None:
        """The column of that name, when it is published."""
        return next((column for column in self.columns if column.name == name), None)


def published_marts(folder: Path = MARTS) -> list[Mart]:
    """Every mart whose dbt meta says `publico`, with its public columns, by name."""
    marts = []
    for path in sorted(folder.rglob("*.yml")):
        described: dict[str, Any] = load_yaml(path) or {}
        marts += [_mart(model) for model in described.get("models", []) if _meta(model).get("publico")]
    return sorted(marts, key=lambda mart: mart.name)


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    """dbt takes meta under config or beside it."""
    meta: dict[str, Any] = node.get("config", {}).get("meta") or node.get("meta") or {}
    return meta


def plain_type(sql_type: str) -> str:
    """`DECIMAL(20, 6)` -> `decimal`: Soda compares types without precision."""
    return re.sub(r"\s*\(.*\)$", "", sql_type.strip()).lower()


def _mart(model: dict[str, Any]) -> Mart:
    meta = _meta(model)
    columns = []
    for entry in model["columns"]:
        column_meta = _meta(entry)
        if column_meta.get("publico"):
            values = tuple(column_meta.get("valores") or ())
            # a geometry leaves the warehouse as GeoParquet, where it has a type of its own
            is_geometry = entry["name"] == meta.get("geometria")
            sql_type = "geometry" if is_geometry else plain_type(entry["data_type"])
            columns.append(Column(entry["name"], sql_type, values, column_meta.get("unidad")))
    return Mart(
        model["name"],
        meta.get("titulo", model["name"]),
        tuple(columns),
        tuple(meta.get("llave", ())),
        meta.get("columna_periodo"),
        meta.get("periodicidad"),
        tuple(meta.get("fuentes", ())),
        bool(meta.get("sobre_personas")),
    )
