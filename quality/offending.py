"""Which rows make a check fail: Soda gives counts only, and a number alone tells nobody what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

MAX_ROWS = 20
MAX_CONCERNED = 500
WHO = ("dependencia", "nombre_dependencia", "export", "fuente", "indicador")  # columns that say whose row it is


@dataclass(frozen=True)
class Offending:
    """Up to MAX_ROWS offending rows, and whose they all are: also the offices of those rows that are not listed."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    concerned: list[dict[str, Any]] = field(default_factory=list)


def offending(connection: duckdb.DuckDBPyConnection, rows_sql: str, variables: Mapping[str, str]) -> Offending:
    """The rows that make a check fail, by the SQL that counted them."""
    for name, value in variables.items():
        rows_sql = rows_sql.replace(f"${{var.{name}}}", value)
    rows = fetch_rows(connection, f"select * from ({rows_sql}) as filas limit {MAX_ROWS}")
    whose = [column for column in WHO if rows and column in rows[0]]
    if len(rows) < MAX_ROWS or not whose:
        return Offending(rows, [{column: row[column] for column in whose} for row in rows])
    listed = ", ".join(f'"{column}"' for column in whose)
    distinct = f"select distinct {listed} from ({rows_sql}) as filas order by all limit {MAX_CONCERNED}"
    return Offending(rows, fetch_rows(connection, distinct))


def structure_differences(existing: Mapping[str, str], agreed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Columns that a relation has and nobody agreed, and columns of another type; `agreed` are all there."""
    differences = [{"columna": name, "problema": "sobra"} for name in existing if name not in agreed]
    for name, sql_type in agreed.items():
        found = existing[name].split("(")[0]
        if found != sql_type:
            differences.append({"columna": name, "problema": f"es {found} y debe ser {sql_type}"})
    return differences[:MAX_ROWS]


def existing_columns(connection: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """Column -> SQL type in lower case."""
    described = connection.execute(f"describe {quoted_name(dataset)}").fetchall()
    return {row[0]: row[1].lower() for row in described}


def quoted_name(dataset: str) -> str:
    """A relation, with or without its schema, as SQL."""
    return ".".join(f'"{part}"' for part in dataset.split("."))


def fetch_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Rows as dictionaries of JSON values; geometries and long texts are left out or cut."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True) if not isinstance(value, bytes)}
        for row in cursor.fetchall()
    ]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:200]
