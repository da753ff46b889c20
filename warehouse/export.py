"""Write the candidate: the public marts as files, exactly the bytes that will be published, and their description.

Which marts and columns are public is said in dbt (`meta.publico`); everything here follows from dbt's manifest and the tables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from pamga.documents.base import Cell
from pamga.documents.candidate import (
    Agreed,
    AgreedColumn,
    AgreedMart,
    Column,
    Dataset,
    Description,
    File,
    Files,
    Office,
    Shown,
    Temporal,
)
from pamga.documents.lock import Lock
from pamga.documents.log import PeopleOfRun
from pamga.engine import connect, quoted
from pamga.errors import PamgaError
from pamga.exports import exports
from pamga.plan import plan
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import read_json, sha256_file
from warehouse.people import PEOPLE_FILE
from warehouse.workbook import make_readable, width

DATA = "data"
AGREED_FILE = "marts.json"
PUBLIC_FILE, PUBLIC_SCHEMA = "leon.duckdb", "publico"
INTERNAL_FILE, INTERNAL_SCHEMA = "internal.duckdb", "interno"
XLSX_MAX_ROWS = 50_000  # a workbook is for people; a larger table is for programs, which read Parquet or CSV
ROW_GROUP_ROWS = 122_880  # a multiple of 2,048, else the bytes depend on the number of threads
NO_EXAMPLE = ("BLOB", "GEOMETRY")  # of any other column the smallest value: an example that the same data always give
FORMULA_STARTS = tuple(map(ord, "=+-@\t\r"))


def write_candidate(
    settings: Settings, lock: Lock, folder: Path, before: Path | None = None, as_before: Collection[str] = ()
) -> None:
    """Write candidate/ and internal.duckdb of the run in `folder`.

    `as_before`: the marts that hold what they hold in the run `before`, made by the same code: their files are the same files.
    Raises PamgaError when a public column has no description: nothing is published that nobody can explain.
    """
    candidate = folder / "candidate"
    (candidate / DATA).mkdir(parents=True)
    models = mart_models(read_json(folder / "dbt" / "manifest.json"))
    withdrawn = set(lock.withdrawn)
    public = [model for model in models if model["meta"].get("publico")]
    earlier = Earlier(before, as_before)
    with connect(settings, folder / "warehouse.duckdb", extensions=("spatial", "excel")) as connection:
        connection.execute("set preserve_insertion_order = true")
        shown = board_cutoff(connection)
        datasets = []
        people = folder / PEOPLE_FILE
        notices = PeopleOfRun.read(people).avisos if people.exists() else {}
        for model in public:
            if model["name"] in withdrawn:  # taken down: nobody reads it until a person lifts that
                continue
            dataset = earlier.described(model["name"], lock) or _describe(connection, model, lock)
            dataset = dataset.model_copy(update={"notice": notices.get(model["name"])})
            datasets.append(dataset)
            if not earlier.link(model["name"], candidate):
                _write_files(connection, model, dataset, candidate / DATA)
        _write_database(connection, candidate / PUBLIC_FILE, PUBLIC_SCHEMA, public, empty=withdrawn)
        internal = [model for model in models if not model["meta"].get("publico")]
        _write_database(connection, folder / INTERNAL_FILE, INTERNAL_SCHEMA, internal)
    description = Description(
        release=lock.release,
        run=lock.run,
        trimestre=lock.trimestre,
        corte=shown,
        cierre=lock.closing,
        cierre_por=lock.closing_by,
        example=lock.example,
        withdrawn=sorted(withdrawn),
        datasets=datasets,
    )
    (candidate / "datasets.json").write_bytes(description.content())
    (folder / AGREED_FILE).write_bytes(agreed([_agreed(model) for model in public]).content())
    rows = {dataset.name: dataset.rows for dataset in datasets}
    paths = [path for path in sorted(candidate.rglob("*")) if path.is_file()]
    files = dict(earlier.linked)
    new = [path for path in paths if path.relative_to(candidate).as_posix() not in files]
    with ThreadPoolExecutor() as hashing:
        sums = list(hashing.map(sha256_file, new))
    for path, digest in zip(new, sums, strict=True):
        entry = File(sha256=digest, bytes=path.stat().st_size)
        if path.parent.name == DATA:
            entry = entry.model_copy(update={"rows": rows[path.stem]})
        files[path.relative_to(candidate).as_posix()] = entry
    (candidate / "manifest.json").write_bytes(Files(files=files).content())


def agreed(marts: list[AgreedMart]) -> Agreed:
    """What the code of the run says of these marts, the exports and the plan's offices."""
    return Agreed(
        marts=marts,
        exports=exports(),
        dependencias=[Office(dependencia=key, nombre=name) for key, name in plan().dependencias.items()],
        responsables={indicator: list(offices) for indicator, offices in plan().responsables.items()},
    )


class Earlier:
    """The candidate of the run before: what it says of the marts that are the same now, and their files."""

    def __init__(self, before: Path | None, as_before: Collection[str]) -> None:
        self.linked: dict[str, File] = {}
        self._folder = before / "candidate" if before else Path()
        self._files: dict[str, File] = {}
        self._datasets: dict[str, Dataset] = {}
        if not before or not as_before:
            return
        try:
            description = Description.read(self._folder / "datasets.json")
            self._files = Files.read(self._folder / "manifest.json").files
        except (OSError, PamgaError):
            return
        self._datasets = {dataset.name: dataset for dataset in description.datasets if dataset.name in as_before}

    def described(self, name: str, lock: Lock) -> Dataset | None:
        """The dataset as it was described. What has no period shows how things stand on the last day that is known now."""
        dataset = self._datasets.get(name)
        if dataset is None or dataset.temporal is None or dataset.temporal.column is not None:
            return dataset
        return dataset.model_copy(update={"temporal": _as_of(lock)})

    def link(self, name: str, candidate: Path) -> bool:
        """Make hard links to all files of a dataset; False when they are not there with the bytes that they had, or cannot be linked."""
        if name not in self._datasets:
            return False
        files = {
            path: entry
            for path, entry in self._files.items()
            if PurePosixPath(path).parent.name == DATA and PurePosixPath(path).stem == name
        }
        made = []
        for path, entry in files.items():
            old = self._folder / path
            try:
                intact = old.is_file() and sha256_file(old) == entry.sha256
                if intact:
                    os.link(old, candidate / path)
                    made.append(candidate / path)
            except OSError:
                intact = False
            if not intact:
                for link in made:
                    link.unlink()
                return False
        self.linked |= files
        return bool(files)


def _agreed(model: dict[str, Any]) -> AgreedMart:
    """What a public mart declares of what it publishes."""
    meta = model["meta"]
    return AgreedMart(
        name=model["name"],
        title=meta.get("titulo", model["name"]),
        columns=[
            AgreedColumn(
                name=name,
                type=column["data_type"] or "",
                values=[_cell(value) for value in column["meta"].get("valores") or ()],
                unit=column["meta"].get("unidad"),
            )
            for name, column in model["columns"].items()
            if column["meta"].get("publico")
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


def mart_models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The marts of a dbt manifest by name, with what the exporter needs: name, description, meta, columns, relation."""
    models = []
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            models.append(
                {
                    "name": node["name"],
                    "description": node["description"].strip(),
                    "meta": node["config"].get("meta", {}),
                    "columns": {
                        name: {
                            "description": column["description"].strip(),
                            "meta": _column_meta(column),
                            "data_type": column.get("data_type"),
                        }
                        for name, column in node["columns"].items()
                    },
                }
            )
    return sorted(models, key=lambda model: str(model["name"]))


def _column_meta(column: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = column.get("config", {}).get("meta") or column.get("meta") or {}
    return meta


def published_columns(model: dict[str, Any], everything: bool) -> list[str]:
    """The columns to write: those marked public, or all of them in the insiders' file."""
    return [name for name, column in model["columns"].items() if everything or column["meta"].get("publico")]


def _describe(connection: duckdb.DuckDBPyConnection, model: dict[str, Any], lock: Lock) -> Dataset:
    """The dataset's entry in datasets.json."""
    meta, name = model["meta"], model["name"]
    names = published_columns(model, everything=False)
    undescribed = [column for column in names if not model["columns"][column]["description"]]
    if undescribed or not model["description"] or not names:
        raise PamgaError(
            f"The public mart {name} lacks a description ({', '.join(undescribed) or 'of itself or of any public column'}).",
            "Describe it in Spanish in the mart's yml, or do not mark it public.",
        )
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = 'marts' and table_name = ?", [name]
        ).fetchall()
    )
    period = meta.get("columna_periodo") or meta.get("columna_cobertura")
    value = f'make_date("{period[0]}", "{period[1]}", 1)' if isinstance(period, list) else f'"{period}"'
    said = [column for column in names if "ejemplo" in model["columns"][column]["meta"] or types[column] in NO_EXAMPLE]
    counted = _in_one_pass(
        connection,
        f'marts."{name}"',
        {
            "count(*)": "count(*)",
            **{column: f'cast(min("{column}") as varchar)' for column in names if column not in said},
            **(
                {}
                if period is None
                else {f"{bound}()": f"cast({bound}({value}) as varchar)" for bound in ("min", "max")}
            ),
        },
    )
    columns = []
    for column in names:
        column_meta = model["columns"][column]["meta"]
        columns.append(
            Column(
                name=column,
                type=types[column],
                description=model["columns"][column]["description"],
                unit=column_meta.get("unidad"),
                values=None if column_meta.get("valores") is None else [_cell(v) for v in column_meta["valores"]],
                example=_cell(column_meta.get("ejemplo", counted.get(column))),
            )
        )
    return Dataset(
        name=name,
        title=meta.get("titulo", name),
        description=model["description"],
        theme=meta.get("tema"),
        keywords=meta.get("palabras_clave", []),
        periodicity=meta.get("periodicidad"),
        primary_key=meta.get("llave", []),
        geometry=meta.get("geometria"),
        sources=meta.get("fuentes", []),
        about_people=bool(meta.get("sobre_personas")),
        rows=counted["count(*)"],
        temporal=_as_of(lock) if period is None else _temporal(period, counted["min()"], counted["max()"]),
        columns=columns,
    )


def _cell(value: Any) -> Cell:
    """A value of a description as JSON: YAML reads a day where somebody meant its text."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _as_of(lock: Lock) -> Temporal:
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


def _write_files(connection: duckdb.DuckDBPyConnection, model: dict[str, Any], dataset: Dataset, folder: Path) -> None:
    """<name>.parquet, .csv, .xlsx (up to XLSX_MAX_ROWS) and .geojson (with geometry), from one sorted table."""
    name, geometry = model["name"], dataset.geometry
    types = {column.name: column.type for column in dataset.columns}
    table = f'marts."{name}"'
    plain = [f'"{column}"' for column in types]
    spatial = [f'st_geomfromwkb("{c}") as "{c}"' if c == geometry else f'"{c}"' for c in types]
    text = [_csv_expression(column, sql_type, geometry) for column, sql_type in types.items()]
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


def _csv_expression(column: str, sql_type: str, geometry: str | None) -> str:
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
    """RFC 7946: one feature a line, in the mart's order, WGS 84."""
    properties = ", ".join(f'"{column}"' for column in types if column != geometry)
    lines = connection.execute(
        f"""select '{{"type":"Feature","properties":' || to_json(struct_pack({_packed(properties)})) || ',"geometry":'
            || coalesce(st_asgeojson(st_geomfromwkb("{geometry}")), 'null') || '}}' from marts."{name}\""""
    )
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"type":"FeatureCollection","name":"{name}","features":[\n')
        separator = ""
        while batch := lines.fetchmany(10_000):
            file.write(separator + ",\n".join(row[0] for row in batch))
            separator = ",\n"
        file.write("\n]}\n")


def _packed(properties: str) -> str:
    return ", ".join(f"{column} := {column}" for column in properties.split(", "))


def _write_database(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    schema: str,
    models: list[dict[str, Any]],
    empty: Collection[str] = (),
) -> None:
    """A DuckDB file with these marts, for Superset, those of `empty` without rows, so that their charts say that there is nothing.

    Its name differs from its schema's: else every query is ambiguous.
    """
    alias = f"out_{schema}"
    connection.execute(f"attach {quoted(str(path))} as {alias}")
    connection.execute(f"create schema {alias}.{schema}")
    for model in models:
        names = published_columns(model, everything=schema == INTERNAL_SCHEMA)
        columns = ", ".join(f'"{name}"' for name in names)
        connection.execute(
            f'create table {alias}.{schema}."{model["name"]}" as select {columns} from marts."{model["name"]}"'
            + (" where false" if model["name"] in empty else "")
        )
    connection.execute(f"detach {alias}")
