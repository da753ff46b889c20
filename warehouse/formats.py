"""A mart as the files that people and programs read: Parquet, CSV, XLSX, GeoJSON, and DuckDB for the dashboards."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import duckdb

from pamga.documents.candidate import Dataset
from pamga.engine import quoted
from pamga.plan import plan
from warehouse.describe import MartModel
from warehouse.workbook import make_readable, width

PUBLIC_FILE, PUBLIC_SCHEMA = plan().base_publica, "publico"
INTERNAL_FILE, INTERNAL_SCHEMA = "internal.duckdb", "interno"
XLSX_MAX_ROWS = 50_000  # a workbook is for people; a larger table is for programs, which read Parquet or CSV
ROW_GROUP_ROWS = 122_880  # a multiple of 2,048, else the bytes depend on the number of threads
FORMULA_STARTS = tuple(map(ord, "=+-@\t\r"))


def write_files(connection: duckdb.DuckDBPyConnection, dataset: Dataset, folder: Path) -> None:
    """<name>.parquet, .csv, .xlsx (up to XLSX_MAX_ROWS) and .geojson (with geometry), from one sorted table."""
    name, geometry = dataset.name, dataset.geometry
    types = {column.name: column.type for column in dataset.columns}
    table = f'marts."{name}"'
    plain = [f'"{column}"' for column in types]
    spatial = [f'st_geomfromwkb("{c}") as "{c}"' if c == geometry else f'"{c}"' for c in types]
    text = [csv_expression(column, sql_type, geometry) for column, sql_type in types.items()]
    parquet = (
        f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS}{_geoparquet(connection, table, geometry)})"
    )
    rows = f"select {', '.join(spatial if geometry else plain)} from {table}"
    _copy(connection, rows, folder / f"{name}.parquet", parquet)
    _copy(connection, f"select {', '.join(text)} from {table}", folder / f"{name}.csv", "(format csv, header true)")
    if dataset.rows <= XLSX_MAX_ROWS:
        cells = [c for c, column in zip(text, types, strict=True) if column != geometry]
        sheet = f"(format xlsx, header true, sheet {quoted(name[:31])})"
        _copy(connection, f"select {', '.join(cells)} from {table}", folder / f"{name}.xlsx", sheet)
        _dress(connection, table, dataset, folder / f"{name}.xlsx")
    if geometry:
        _write_geojson(connection, name, types, geometry, folder / f"{name}.geojson")


def _dress(connection: duckdb.DuckDBPyConnection, table: str, dataset: Dataset, path: Path) -> None:
    """Give a workbook what people need to read it (warehouse/workbook.py)."""
    columns = [column for column in dataset.columns if column.name != dataset.geometry]
    lengths = ", ".join(f'coalesce(max(length(cast("{column.name}" as varchar))), 0)' for column in columns)
    longest = connection.execute(f"select {lengths} from {table}").fetchone() or ()
    widths = [width(length, column.name) for length, column in zip(longest, columns, strict=True)]
    dictionary = [
        (column.name, column.description, column.unit or "", ", ".join(map(str, column.values or [])))
        for column in columns
    ]
    make_readable(path, widths, dataset.rows, dictionary)


def _geoparquet(connection: duckdb.DuckDBPyConnection, table: str, geometry: str | None) -> str:
    """The options of GeoParquet 1.0.

    DuckDB writes a geometry column without a single value (no row, or no event with coordinates) as plain bytes without
    the key `geo`: then the key is given here, so that the column has the same type whatever it holds.
    """
    if not geometry:
        return ""
    (located,) = connection.execute(f'select count("{geometry}") from {table}').fetchone() or (0,)
    if located:
        return ", geoparquet_version 'V1'"
    column = {"encoding": "WKB", "geometry_types": []}
    described = {"version": "1.0.0", "primary_column": geometry, "columns": {geometry: column}}
    return f", geoparquet_version 'V1', kv_metadata {{geo: {quoted(json.dumps(described))}}}"


def csv_expression(column: str, sql_type: str, geometry: str | None) -> str:
    """A column for CSV and XLSX: geometry as WKT, text that a spreadsheet would run as a formula made harmless."""
    if column == geometry:
        return f'st_astext(st_geomfromwkb("{column}")) as "{column}"'
    if sql_type == "VARCHAR":
        return (  # not with `in`: DuckDB makes a join of a long one, and a join of a large table gives its rows in any order
            f"case when list_contains({list(FORMULA_STARTS)}, ascii(\"{column}\")) then '''' || \"{column}\" "
            f'else "{column}" end as "{column}"'
        )
    return f'"{column}"'


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({select}) to {quoted(str(path))} {options}")


def _write_geojson(
    connection: duckdb.DuckDBPyConnection, name: str, types: dict[str, str], geometry: str, path: Path
) -> None:
    """RFC 7946: one feature a line, in the mart's order, WGS 84, the outer ring of an area against the clock and its holes with it.

    A map that draws on a sphere takes a ring the other way round for the whole Earth but that area.
    """
    packed = ", ".join(f'"{column}" := "{column}"' for column in types if column != geometry)
    shape = f'st_geomfromwkb("{geometry}")'  # a normal polygon is the other way round
    drawn = f"case when st_dimension({shape}) = 2 then st_reverse(st_normalize({shape})) else {shape} end"
    lines = connection.execute(
        f"""select '{{"type":"Feature","properties":' || to_json(struct_pack({packed})) || ',"geometry":'
            || coalesce(st_asgeojson({drawn}), 'null') || '}}' from marts."{name}\""""
    )
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"type":"FeatureCollection","name":"{name}","features":[\n')
        separator = ""
        while batch := lines.fetchmany(10_000):
            file.write(separator + ",\n".join(row[0] for row in batch))
            separator = ",\n"
        file.write("\n]}\n")


def write_database(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    schema: str,
    models: list[MartModel],
    empty: Collection[str] = (),
) -> None:
    """A DuckDB file with these marts, for Superset, those of `empty` without rows, so that their charts say that there is nothing.

    Its name differs from its schema's: else every query is ambiguous.
    """
    alias = f"out_{schema}"
    connection.execute(f"attach {quoted(str(path))} as {alias}")
    connection.execute(f"create schema {alias}.{schema}")
    for model in models:
        columns = ", ".join(f'"{name}"' for name in model.published(everything=schema == INTERNAL_SCHEMA))
        connection.execute(
            f'create table {alias}.{schema}."{model.name}" as select {columns} from marts."{model.name}"'
            + (" where false" if model.name in empty else "")
        )
    connection.execute(f"detach {alias}")
