"""Run once before dbt: every located row of the lake gets its colonia and its hexagon, in a table any engine reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from pamga.engine import quoted
from warehouse.places.gazetteer import Gazetteer, NameMatch, read_aliases
from warehouse.places.locate import Ints, Locator, hexagon_ring, hexagons

METODOS = ("coordenadas", "nombre", "alias", "similitud", "dudoso", "sin_coincidencia", "fuera_del_municipio")
BY_COORDINATES, OUTSIDE, NO_NAME = METODOS.index("coordenadas"), METODOS.index("fuera_del_municipio"), -1
PLACE = ("nombre", "latitud", "longitud", "geometria")  # what a row says of where it is
BATCH = 500_000  # distinct places at a time: some 200 MB
SIMPLIFY_DEGREES = 0.0001  # about 10 m: a ring on a city map has no use for more
RINGS = "colonia_id bigint, anillo integer, anillo_json varchar, latitud double, longitud double"
HEXAGONS = "hexagono varchar, anillo_json varchar, geometria blob, latitud double, longitud double"
SITIOS = """export varchar, nombre varchar, latitud double, longitud double, geometria blob,
    colonia_id bigint, hexagono varchar, metodo varchar, certeza double"""
NO_ROWS = """select cast(null as varchar) as export, cast(null as varchar) as entrega_dependencia, cast(null as varchar) as entrega_trimestre,
    cast(null as integer) as entrega_version, cast(null as bigint) as fila, cast(null as bigint) as colonia_id,
    cast(null as varchar) as hexagono, cast(null as varchar) as metodo, cast(null as double) as certeza,
    cast(null as varchar) as nombre_entregado where false"""


@dataclass(frozen=True)
class Colonias:
    """The standing colonias, in order of their number."""

    ids: Ints
    names: list[str]
    polygons: npt.NDArray[np.object_]


def write_places(con: duckdb.DuckDBPyConnection, *, same_layers: bool = False) -> None:
    """Resolve the places of every delivered row: makes lake.lugares, lake.geometrias_colonia and lake.geometrias_hexagono (docs/interfaces.md).

    con: a connection whose schema `lake` holds the relations of the exports (and `entregas`). What is not there (no colonias, no
    municipality, no located export) gives empty relations or fewer answers, never an error.

    What is written is each distinct place once (lake.sitios): of ten million rows, writing the place of each costs more than all the
    rest of this step, and joining them to their places when somebody asks costs a second. `same_layers`: lake.sitios holds places that
    were resolved with these very colonias and this municipality, which stay as they are.
    """
    relations = _lake_columns(con)
    colonias = _standing_colonias(con, relations)
    resolver = _Resolver(colonias, _boundary(con, relations))
    if not same_layers:
        con.execute(f"create or replace table lake.sitios ({SITIOS})")
    located = _located(relations)
    con.execute("delete from lake.sitios where not list_contains(?, export)", [[export for export, _ in located]])
    for export, columns in located:
        _resolve_export(con, export, columns, resolver)
    rows = " union all ".join(_rows_with_place(export, columns) for export, columns in located)
    con.execute(f"create or replace view lake.lugares as {rows or NO_ROWS}")
    _write_rows(con, "geometrias_colonia", RINGS, _colonia_rings(colonias))
    _write_rows(con, "geometrias_hexagono", HEXAGONS, _hexagon_rings(con))


class _Resolver:
    """Rules of docs/places.md: coordinates decide where there are any, otherwise the name."""

    def __init__(self, colonias: Colonias, boundary: shapely.Geometry | None) -> None:
        self._position = {int(colonia_id): i for i, colonia_id in enumerate(colonias.ids)}
        self._ids = colonias.ids
        self._gazetteer = Gazetteer(
            [int(i) for i in colonias.ids], colonias.names, list(colonias.polygons), read_aliases()
        )
        self._locator = Locator(colonias.polygons, boundary)
        self._known: dict[str, NameMatch] = {}

    def resolve(self, names: list[str | None], latitud: Any, longitud: Any) -> dict[str, npt.NDArray[Any]]:
        """Per place colonia_id (-1 none), hexagono (0 none), metodo (position in METODOS) and certeza."""
        by_name = self._names(names)
        metodo = np.array([METODOS.index(m.metodo) if m else NO_NAME for m in by_name], dtype=np.int8)
        certeza = np.array([m.certeza if m else 0.0 for m in by_name])
        named = np.array(
            [-1 if m is None or m.colonia_id is None else self._position[m.colonia_id] for m in by_name], dtype=np.int64
        )
        colonia = named.copy()
        hexagono = np.zeros(len(names), dtype=np.uint64)
        placed = np.flatnonzero(np.isfinite(latitud) & np.isfinite(longitud))
        if len(placed):
            located = self._locator.locate(longitud[placed], latitud[placed], named[placed])
            decides = (located.colonia >= 0) | located.outside | (metodo[placed] == NO_NAME)
            target = placed[decides]
            colonia[target], certeza[target] = located.colonia[decides], located.certeza[decides]
            metodo[target] = np.where(located.outside[decides], OUTSIDE, BY_COORDINATES)
            inside = placed[~located.outside]
            hexagono[inside] = hexagons(latitud[inside], longitud[inside])
            # A point in the municipality and in no colonia is surely where it is: its hexagon is known, its colonia is not.
            certeza[target[(colonia[target] < 0) & (metodo[target] == BY_COORDINATES)]] = 1.0
        ids = np.append(self._ids, -1)[colonia]
        return {"colonia_id": ids, "hexagono": hexagono, "metodo": metodo, "certeza": certeza}

    def _names(self, names: list[str | None]) -> list[NameMatch | None]:
        new = sorted({name for name in names if name is not None} - self._known.keys())
        self._known |= dict(zip(new, self._gazetteer.match_names(new), strict=True))
        return [None if name is None else self._known[name] for name in names]


def _lake_columns(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    rows = con.execute(
        """select table_name, column_name from duckdb_columns()
        where database_name = current_database() and schema_name = 'lake' order by table_name"""
    ).fetchall()
    relations: dict[str, set[str]] = {}
    for table, column in rows:
        relations.setdefault(table, set()).add(column)
    return relations


def _located(relations: dict[str, set[str]]) -> list[tuple[str, set[str]]]:
    """Exports whose rows say where they are: by the name of a colonia, by coordinates, or by both."""
    return [
        (name, columns)
        for name, columns in relations.items()
        if {"fila", "entrega_trimestre"} <= columns
        and ("colonia" in columns or {"latitud", "longitud"} <= columns)
        and not name.startswith("lugares")
    ]


def _newest(con: duckdb.DuckDBPyConnection, export: str, relations: dict[str, set[str]]) -> str:
    """SQL of the rows of the newest standing delivery of a whole layer (rules.md, `entrega: completa`)."""
    newest = f'(select max(entrega_trimestre) from lake."{export}")'
    if "entregas" in relations:
        newest = f"(select max(trimestre) from lake.entregas where export = '{export}' and vigente)"
    return f'(select * from lake."{export}" where entrega_trimestre = {newest})'


def _standing_colonias(con: duckdb.DuckDBPyConnection, relations: dict[str, set[str]]) -> Colonias:
    if "colonias" not in relations:
        return Colonias(np.array([], dtype=np.int64), [], np.array([], dtype=object))
    rows = con.execute(
        f"""select colonia_id, nombre, geometria from {_newest(con, "colonias", relations)}
        where geometria is not null order by colonia_id"""
    ).fetchall()
    polygons = np.array(shapely.from_wkb([bytes(row[2]) for row in rows]), dtype=object).reshape(len(rows))
    return Colonias(np.array([row[0] for row in rows], dtype=np.int64), [row[1] or "" for row in rows], polygons)


def _boundary(con: duckdb.DuckDBPyConnection, relations: dict[str, set[str]]) -> shapely.Geometry | None:
    if "municipio" not in relations:
        return None
    rows = con.execute(
        f"select geometria from {_newest(con, 'municipio', relations)} where geometria is not null order by 1"
    ).fetchall()
    return shapely.union_all(shapely.from_wkb([bytes(row[0]) for row in rows])) if rows else None


def _given(columns: set[str]) -> dict[str, str]:
    """What of a place the rows of an export say -> the column that says it."""
    given = {
        "nombre": "colonia",
        "latitud": "latitud",
        "longitud": "longitud",
        # Tianguis are lines with the name of a colonia: a point on the line stands for it.
        "geometria": "geometria" if "colonia" in columns else "",
    }
    return {part: column for part, column in given.items() if column in columns}


def _resolve_export(con: duckdb.DuckDBPyConnection, export: str, columns: set[str], resolver: _Resolver) -> None:
    """Let lake.sitios hold the distinct places of one export and no others, each resolved once."""
    given = _given(columns)
    told = {part: f'"{given[part]}"' if part in given else f"cast(null as {_type(part)})" for part in PLACE}
    con.execute(
        f"""create or replace temp table _lugares as
        select distinct {", ".join(f"{said} as {part}" for part, said in told.items())} from lake."{export}"
        where {told["nombre"]} is not null or ({told["latitud"]} is not null and {told["longitud"]} is not null)
            or {told["geometria"]} is not null"""
    )
    same = _same("sitios", "_lugares", given)
    con.execute(
        f"delete from lake.sitios where export = {quoted(export)} and not exists (select 1 from _lugares where {same})"
    )
    con.execute(
        f"""create or replace temp table _nuevos as
        select row_number() over () as id, * from _lugares
        where not exists (select 1 from lake.sitios as sitios where sitios.export = {quoted(export)} and {same})"""
    )
    (count,) = con.execute("select count(*) from _nuevos").fetchone() or (0,)
    names = ", ".join(quoted(metodo) for metodo in METODOS)
    for start in range(0, count, BATCH):
        places = con.execute(
            "select * from _nuevos where id > ? and id <= ? order by id", [start, start + BATCH]
        ).to_arrow_table()
        resolved = _resolve_batch(places, resolver)
        con.register("_resolved", pa.table({"id": places["id"], **resolved}))
        con.execute(
            f"""insert into lake.sitios
            select {quoted(export)}, {", ".join(f"_nuevos.{part}" for part in PLACE)}, nullif(_resolved.colonia_id, -1),
                case when _resolved.hexagono <> 0 then lower(hex(_resolved.hexagono)) end,
                ([{names}])[_resolved.metodo + 1], _resolved.certeza
            from _nuevos inner join _resolved using (id)"""
        )
        con.unregister("_resolved")
    con.execute("drop table _lugares; drop table _nuevos")


def _type(part: str) -> str:
    return {"nombre": "varchar", "geometria": "blob"}.get(part, "double")


def _same(one: str, other: str, parts: Iterable[str]) -> str:
    """SQL: two relations with the columns of PLACE say the same place."""
    return " and ".join(f"{one}.{part} is not distinct from {other}.{part}" for part in parts)


def _rows_with_place(export: str, columns: set[str]) -> str:
    """SQL: the located rows of an export, each with what was found of its place."""
    same = " and ".join(
        f'filas."{column}" is not distinct from sitios.{part}' for part, column in _given(columns).items()
    )
    return f"""
        select {quoted(export)} as export, filas.entrega_dependencia, filas.entrega_trimestre,
            cast(filas.entrega_version as integer) as entrega_version, cast(filas.fila as bigint) as fila,
            sitios.colonia_id, sitios.hexagono, sitios.metodo, sitios.certeza, sitios.nombre as nombre_entregado
        from lake."{export}" as filas inner join lake.sitios as sitios on sitios.export = {quoted(export)} and {same}"""


def _resolve_batch(places: pa.Table, resolver: _Resolver) -> dict[str, npt.NDArray[Any]]:
    latitud = places["latitud"].to_numpy(zero_copy_only=False).astype(float)
    longitud = places["longitud"].to_numpy(zero_copy_only=False).astype(float)
    shapes = shapely.from_wkb(np.array(places["geometria"].to_pylist(), dtype=object))
    drawn = ~shapely.is_missing(shapes)
    if drawn.any():
        # The middle of a line, the inside of an area: the one point that stands for the shape.
        points = shapely.point_on_surface(shapes[drawn])
        latitud[drawn], longitud[drawn] = shapely.get_y(points), shapely.get_x(points)
    return resolver.resolve(places["nombre"].to_pylist(), latitud, longitud)


def _colonia_rings(colonias: Colonias) -> list[tuple[Any, ...]]:
    """Outer rings only (a map of the city has no use for holes), the largest part first."""
    rows: list[tuple[Any, ...]] = []
    simple = shapely.simplify(colonias.polygons, SIMPLIFY_DEGREES, preserve_topology=True)
    inside = shapely.point_on_surface(colonias.polygons)
    for colonia_id, geometry, point in zip(colonias.ids.tolist(), simple, inside, strict=True):
        parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon" and not p.is_empty]
        parts.sort(key=lambda part: (-part.area, part.wkb))
        for number, part in enumerate(parts, start=1):
            ring = [[round(x, 6), round(y, 6)] for x, y in part.exterior.coords]
            rows.append((colonia_id, number, _json(ring), round(point.y, 6), round(point.x, 6)))
    return rows


def _hexagon_rings(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    found = con.execute("select distinct hexagono from lake.sitios where hexagono is not null order by 1").fetchall()
    rows = []
    for (hexagon,) in found:
        ring, (latitud, longitud) = hexagon_ring(int(hexagon, 16))
        geometry = shapely.to_wkb(shapely.Polygon(ring), byte_order=1)
        rows.append((hexagon, _json(ring), geometry, latitud, longitud))
    return rows


def _json(ring: Any) -> str:
    return json.dumps(ring, separators=(",", ":"))


def _write_rows(con: duckdb.DuckDBPyConnection, relation: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    con.execute(f"create or replace table lake.{relation} ({columns})")
    if rows:
        names = [column.split()[0] for column in columns.split(",")]
        con.register("_rows", pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))))
        con.execute(f"insert into lake.{relation} by name select * from _rows")
        con.unregister("_rows")
