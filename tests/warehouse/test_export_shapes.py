"""Every published dataset keeps its columns and types whatever it holds: no row, one row, nothing in any column but the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely

from pamga.documents.candidate import Dataset
from pamga.documents.lock import Lock
from pamga.engine import load_extensions
from publish.verify import READERS, _read_back
from tests.documents import made
from tests.quality.agreed import mart_models
from warehouse.describe import MartModel, describe
from warehouse.formats import write_files

VALUES = {
    "varchar": "'Ñandú'", "date": "date '2026-09-15'", "boolean": "true", "bigint": "7", "integer": "7", "double": "7.5",
    "decimal(20,6)": "7.5",
}  # fmt: skip
SHAPES = ("full", "empty", "one row, only its key", "three rows, only their keys")


PUBLIC = {model.name: model for model in mart_models() if model.public}


def relation(model: MartModel, shape: str) -> str:
    """SQL of the mart's table in this shape."""
    kept = set(model.meta["llave"])
    cells = []
    for name, column in model.columns.items():
        sql_type, value = column.data_type, "null"
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
    connection: duckdb.DuckDBPyConnection, model: MartModel, shape: str, folder: Path
) -> tuple[Dataset, dict[str, tuple[list[str], int]]]:
    """The files of the dataset in this shape, read back by the libraries that verify a release."""
    folder.mkdir()
    connection.execute(f'create or replace table marts."{model.name}" as {relation(model, shape)}')
    dataset = describe(connection, model, made(Lock, trimestre="2026T3", received_until="2026-10-12"))
    write_files(connection, dataset, folder)
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


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_dataset_keeps_its_columns_and_types_whatever_it_holds(
    connection: duckdb.DuckDBPyConnection, name: str, tmp_path: Path
) -> None:
    model = PUBLIC[name]
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


@pytest.mark.parametrize(
    ("drawn", "rings"),
    [
        ("POLYGON ((0 0, 0 3, 3 3, 3 0, 0 0), (1 1, 2 1, 2 2, 1 1))", [True, False]),  # both the other way round
        ("POLYGON ((0 0, 3 0, 3 3, 0 3, 0 0), (1 1, 2 2, 2 1, 1 1))", [True, False]),  # as it is to be
        ("MULTIPOLYGON (((0 0, 0 3, 3 3, 0 0)), ((5 5, 6 5, 6 6, 5 5)))", [True, True]),
    ],
)
def test_geojson_draws_the_area_and_not_all_but_the_area(
    connection: duckdb.DuckDBPyConnection, drawn: str, rings: list[bool], tmp_path: Path
) -> None:
    """RFC 7946, 3.1.6: an outer ring runs against the clock, a hole with it, however the office drew it; the area stays what it is."""
    model = next(model for model in PUBLIC.values() if model.name == "colonias")
    table = relation(model, "full").replace("st_point(-101.6, 21.1)", f"st_geomfromtext('{drawn}')")
    connection.execute(f'create or replace table marts."{model.name}" as {table}')
    write_files(connection, describe(connection, model, made(Lock, trimestre="2026T3")), tmp_path)
    (feature,) = json.loads((tmp_path / "colonias.geojson").read_text(encoding="utf-8"))["features"]
    read = shapely.geometry.shape(feature["geometry"])
    assert read.equals(shapely.from_wkt(drawn))
    polygons = shapely.get_parts(read)
    found = [ring.is_ccw for polygon in polygons for ring in [polygon.exterior, *polygon.interiors]]
    assert found == rings


def test_geojson_leaves_a_line_in_the_direction_that_it_was_drawn(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    model = next(model for model in PUBLIC.values() if model.name == "colonias")
    table = relation(model, "full").replace("st_point(-101.6, 21.1)", "st_geomfromtext('LINESTRING (3 3, 0 0, 1 0)')")
    connection.execute(f'create or replace table marts."{model.name}" as {table}')
    write_files(connection, describe(connection, model, made(Lock, trimestre="2026T3")), tmp_path)
    (feature,) = json.loads((tmp_path / "colonias.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["geometry"]["coordinates"] == [[3, 3], [0, 0], [1, 0]]
