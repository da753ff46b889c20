"""Every published dataset keeps its columns and types whatever it holds: no row, one row, nothing in any column but the key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml

from pamga.documents.candidate import Dataset
from pamga.documents.lock import Lock
from pamga.engine import load_extensions
from publish.verify import READERS, _read_back
from tests.documents import made
from warehouse.describe import describe
from warehouse.formats import write_files

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"
VALUES = {
    "varchar": "'Ñandú'", "date": "date '2026-09-15'", "boolean": "true", "bigint": "7", "integer": "7", "double": "7.5",
    "decimal(20,6)": "7.5",
}  # fmt: skip
SHAPES = ("full", "empty", "one row, only its key", "three rows, only their keys")


@cache
def public_models() -> dict[str, dict[str, Any]]:
    """The public marts as dbt's manifest would give them to the exporter, with the types of their contracts."""
    models = {}
    for path in sorted(MARTS.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            if model["config"]["meta"]["publico"]:
                models[model["name"]] = {
                    "name": model["name"],
                    "description": model["description"],
                    "meta": model["config"]["meta"],
                    "columns": {
                        column["name"]: {**column, "meta": column["config"]["meta"]} for column in model["columns"]
                    },
                }
    return models


def relation(model: dict[str, Any], shape: str) -> str:
    """SQL of the mart's table in this shape."""
    kept = set(model["meta"]["llave"])
    cells = []
    for name, column in model["columns"].items():
        sql_type, value = column["data_type"], "null"
        if shape == "full" or name in kept:
            value = VALUES.get(sql_type, "st_aswkb(st_point(-101.6, 21.1))")
        cells.append(f'cast({value} as {sql_type}) as "{name}"')
    rows = {"full": 1, "empty": 0, "one row, only its key": 1}.get(shape, 3)
    return f"select {', '.join(cells)} from range({rows})"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        load_extensions(opened, ["spatial", "excel"])
        opened.execute("create schema marts")
        yield opened


def written(
    connection: duckdb.DuckDBPyConnection, model: dict[str, Any], shape: str, folder: Path
) -> tuple[Dataset, dict[str, tuple[list[str], int]]]:
    """The files of the dataset in this shape, read back by the libraries that verify a release."""
    folder.mkdir()
    connection.execute(f'create or replace table marts."{model["name"]}" as {relation(model, shape)}')
    dataset = describe(connection, model, made(Lock, trimestre="2026T3", received_until="2026-10-12"))
    write_files(connection, model, dataset, folder)
    found = {}
    for extension, read in READERS.items():
        path = folder / f"{dataset.name}.{extension}"
        if path.exists():
            assert list(_read_back(path, path.name, dataset, read)) == []
            found[extension] = read(path, dataset)
    return dataset, found


def parquet_types(path: Path) -> tuple[list[tuple[str, str]], bool]:
    """The columns as the file declares them (with logical types), and whether it is GeoParquet."""
    with pa.parquet.ParquetFile(path) as file:
        physical = [file.schema.column(index) for index in range(len(file.schema))]
        columns = [(column.name, f"{column.physical_type} {column.logical_type}") for column in physical]
        return columns, b"geo" in (file.schema_arrow.metadata or {})


@pytest.mark.parametrize("name", sorted(public_models()))
def test_a_dataset_keeps_its_columns_and_types_whatever_it_holds(
    connection: duckdb.DuckDBPyConnection, name: str, tmp_path: Path
) -> None:
    model = public_models()[name]
    full, files = written(connection, model, "full", tmp_path / "full")
    assert set(files) == {"csv", "parquet", "xlsx"} | ({"geojson"} if full.geometry else set())
    expected = parquet_types(tmp_path / "full" / f"{name}.parquet")
    for shape in SHAPES[1:]:
        folder = tmp_path / shape
        _, found = written(connection, model, shape, folder)
        assert parquet_types(folder / f"{name}.parquet") == expected, shape
        for extension, (columns, rows) in found.items():
            if rows or extension != "geojson":  # a collection without features has no place for columns
                assert columns == files[extension][0], (shape, extension)
