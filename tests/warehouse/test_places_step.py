"""The places step as a whole: coordinates decide, then names; every located row gets exactly one answer."""

from __future__ import annotations

from typing import Any

import duckdb
import h3
import pytest
import shapely

from warehouse.places import write_places

IDENTITY = "fila bigint, entrega_dependencia varchar, entrega_trimestre varchar, entrega_version integer"
# A town of three colonias side by side, the third overlapping the second, in a municipality a little larger.
COLONIAS = {
    10: ("SAN JUAN", shapely.box(-101.70, 21.10, -101.69, 21.11)),
    20: ("SAN JUAN BOSCO", shapely.box(-101.69, 21.10, -101.68, 21.11)),
    30: ("LOS PINOS", shapely.box(-101.682, 21.10, -101.679, 21.11)),
    40: (
        "LEJOS",
        shapely.MultiPolygon(
            [shapely.box(-101.66, 21.10, -101.658, 21.11), shapely.box(-101.65, 21.10, -101.64, 21.11)]
        ),
    ),
}
TOWN = shapely.box(-101.72, 21.08, -101.62, 21.13)


def lake(relations: dict[str, tuple[str, list[tuple[Any, ...]]]]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema lake")
    for name, (columns, rows) in relations.items():
        con.execute(f"create table lake.{name} ({columns}, {IDENTITY})")
        places = ", ".join("?" * len(con.execute(f"from lake.{name}").description))
        for number, row in enumerate(rows, start=2):
            con.execute(f"insert into lake.{name} values ({places})", [*row, number, "oficina", "2026T3", 1])
    return con


def layers() -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    return {
        "colonias": (
            "colonia_id bigint, nombre varchar, geometria blob",
            [(number, name, shapely.to_wkb(polygon)) for number, (name, polygon) in COLONIAS.items()],
        ),
        "municipio": ("clave_municipio varchar, geometria blob", [("11020", shapely.to_wkb(TOWN))]),
    }


def answers(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    write_places(con)
    rows = con.execute(
        "select export, fila, colonia_id, hexagono, metodo, certeza from lake.lugares order by all"
    ).fetchall()
    by_export: dict[str, list[tuple[Any, ...]]] = {}
    for export, *rest in rows:
        by_export.setdefault(export, []).append(tuple(rest))
    return by_export


def hexagon(latitud: float, longitud: float) -> str:
    return str(h3.latlng_to_cell(latitud, longitud, 8))


def test_coordinates_decide_and_names_fill_in() -> None:
    rows = [
        (21.105, -101.695, "San Juan Bosco"),  # in San Juan, whatever the name says
        (21.105, -101.681, "los pinos"),  # two polygons overlap there: the one named
        (21.105, -101.681, "San Juan Bosco"),
        (21.105, -101.681, None),  # the smaller of the two
        (21.1101, -101.695, None),  # some 10 m into the street: the nearest
        (21.12, -101.63, "Col. San Juan"),  # in the municipality, in no colonia: the name
        (21.12, -101.63, None),
        (21.12, -101.63, "quién sabe"),
        (21.30, -101.30, "San Juan"),  # outside: nothing is believed
        (None, -101.69, "San Juan Vosco"),  # half a coordinate is none
        (None, None, "quién sabe"),
        (None, None, None),  # not located: no row at all
    ]
    con = lake({**layers(), "acuerdos": ("latitud double, longitud double, colonia varchar", rows)})
    found = answers(con)["acuerdos"]
    street, edge, field = hexagon(21.105, -101.695), hexagon(21.105, -101.681), hexagon(21.12, -101.63)
    assert found == [
        (2, 10, street, "coordenadas", 1.0),
        (3, 30, edge, "coordenadas", 0.95),
        (4, 20, edge, "coordenadas", 0.95),
        (5, 30, edge, "coordenadas", 0.9),
        (6, 10, hexagon(21.1101, -101.695), "coordenadas", 0.9),
        (7, 10, field, "nombre", 1.0),
        (8, None, field, "coordenadas", 1.0),
        (9, None, field, "sin_coincidencia", 0.0),
        (10, None, None, "fuera_del_municipio", 0.0),
        (11, 20, None, "similitud", pytest.approx(0.88, abs=0.02)),
        (12, None, None, "sin_coincidencia", 0.0),
    ]


def test_an_export_with_columns_of_its_own_named_like_ours_keeps_its_rows() -> None:
    line = shapely.to_wkb(shapely.LineString([(-101.695, 21.104), (-101.695, 21.106)]))
    con = lake(
        {
            **layers(),
            "tianguis": (
                "nombre varchar, colonia varchar, geometria blob",
                [("X", "LOS PINOS", line), ("Y", "LOS PINOS", line)],
            ),
            "proyectos_pp": (
                "nombre varchar, colonia varchar, latitud double, longitud double",
                [("Parque", "San Juan", None, None)],
            ),
            "asistencia_talleres": ("colonia varchar", [("San Juan",), ("San Juan",)]),
            "presas": ("latitud double, longitud double", [(21.105, -101.695)]),
        }
    )
    found = answers(con)
    assert [(row[0], row[1], row[3]) for row in found["tianguis"]] == [(2, 10, "coordenadas"), (3, 10, "coordenadas")]
    assert [(row[0], row[1], row[3]) for row in found["proyectos_pp"]] == [(2, 10, "nombre")]
    assert [row[1] for row in found["asistencia_talleres"]] == [10, 10]
    assert [row[1] for row in found["presas"]] == [10]


def test_only_the_newest_standing_layer_counts() -> None:
    con = lake({**layers(), "eventos_mbh": ("colonia varchar", [("Vieja",)])})
    con.execute(
        "insert into lake.colonias select 99, 'VIEJA', geometria, 9, 'implan', '2026T2', 1 from lake.colonias limit 1"
    )
    assert answers(con)["eventos_mbh"] == [(2, None, None, "sin_coincidencia", 0.0)]
    con.execute("create table lake.entregas (export varchar, trimestre varchar, vigente boolean)")
    con.execute("insert into lake.entregas values ('colonias', '2026T2', true), ('colonias', '2026T3', false)")
    assert answers(con)["eventos_mbh"] == [(2, 99, None, "nombre", 1.0)]


def test_without_layers_points_still_have_a_hexagon() -> None:
    con = lake(
        {
            "talleres": (
                "latitud double, longitud double, colonia varchar",
                [(21.105, -101.695, "San Juan"), (21.105, -101.695, None)],
            )
        }
    )
    here = hexagon(21.105, -101.695)
    assert answers(con)["talleres"] == [
        (2, None, here, "sin_coincidencia", 0.0),
        (3, None, here, "coordenadas", 1.0),
    ]


def test_an_empty_lake_gives_empty_relations_of_the_written_layout() -> None:
    con = lake({})
    write_places(con)
    columns = {
        "lugares": "export entrega_dependencia entrega_trimestre entrega_version fila colonia_id hexagono metodo certeza nombre_entregado",
        "geometrias_colonia": "colonia_id anillo anillo_json latitud longitud",
        "geometrias_hexagono": "hexagono anillo_json geometria latitud longitud",
    }
    for relation, names in columns.items():
        found = con.execute(f"from lake.{relation}")
        assert [column[0] for column in found.description] == names.split() and not found.fetchall()


def test_rings_are_closed_and_the_largest_part_comes_first() -> None:
    con = lake({**layers(), "presas": ("latitud double, longitud double", [(21.105, -101.695)])})
    write_places(con)
    rings = con.execute(
        "select colonia_id, anillo, cast(anillo_json as json)::double[][] from lake.geometrias_colonia order by 1, 2"
    ).fetchall()
    assert [(colonia, number) for colonia, number, _ in rings] == [(10, 1), (20, 1), (30, 1), (40, 1), (40, 2)]
    assert all(ring[0] == ring[-1] for _, _, ring in rings)
    assert shapely.Polygon(rings[3][2]).area > shapely.Polygon(rings[4][2]).area
    (row,) = con.execute("from lake.geometrias_hexagono").fetchall()
    assert row[0] == hexagon(21.105, -101.695)
    (ring,) = con.execute("select cast(? as json)::double[][]", [row[1]]).fetchall()[0]
    assert shapely.from_wkb(row[2]).equals(shapely.Polygon(ring))
    assert shapely.Polygon(ring).contains(shapely.Point(row[4], row[3]))


RELATIONS = ("lugares", "geometrias_colonia", "geometrias_hexagono")


def places(con: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    return [con.execute(f"from lake.{relation} order by all").fetchall() for relation in RELATIONS]


def located(count: int) -> tuple[str, list[tuple[Any, ...]]]:
    rows = [(21.1 + i / 9000, -101.7 + i / 9000, "San Juan" if i % 3 else None) for i in range(count)]
    return "latitud double, longitud double, colonia varchar", rows


def test_twice_the_same_lake_gives_the_same_rows() -> None:
    con = lake({**layers(), "acuerdos": located(200)})
    write_places(con)
    once = con.execute("from lake.lugares").fetchall()
    write_places(con)
    assert once and con.execute("from lake.lugares").fetchall() == once


def test_only_what_is_new_is_resolved_and_what_is_gone_goes() -> None:
    con = lake({**layers(), "acuerdos": located(50), "eventos_mbh": located(20)})
    write_places(con)
    con.execute("update lake.sitios set metodo = 'as it was' where export = 'eventos_mbh' or latitud < 21.102")
    con.execute("delete from lake.acuerdos where fila > 40")
    con.execute(
        "insert into lake.acuerdos select * replace (latitud + 0.001 as latitud, '2026T2' as entrega_trimestre) from lake.acuerdos"
    )
    write_places(con, same_layers=True)
    counts = con.execute(
        "select export, entrega_trimestre, metodo = 'as it was', count(*) from lake.lugares group by all order by all"
    ).fetchall()
    assert counts == [
        ("acuerdos", "2026T2", False, 39),
        ("acuerdos", "2026T3", False, 21),
        ("acuerdos", "2026T3", True, 18),
        ("eventos_mbh", "2026T3", True, 20),
    ]
    assert con.execute("select count(*) from lake.sitios where export = 'acuerdos'").fetchone() == (78,)

    con.execute("alter table lake.eventos_mbh rename to eventos_de_antes")
    con.execute("alter table lake.eventos_de_antes drop fila")  # nothing that is located
    write_places(con, same_layers=True)
    assert con.execute("select distinct export from lake.sitios").fetchall() == [("acuerdos",)]
    con.execute("update lake.sitios set metodo = 'of other layers'")
    write_places(con)
    whole = places(con)
    write_places(con, same_layers=True)
    assert places(con) == whole and "of other layers" not in str(whole)
