"""GeoJSON: any named coordinate system to WGS 84, invalid polygons repaired, Multi* promoted, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyproj
import pytest
import shapely

from ingest.reading import Reading, RefusedFile

from .files import read_as

SQUARE = [[-101.7, 21.1], [-101.69, 21.1], [-101.69, 21.11], [-101.7, 21.11], [-101.7, 21.1]]
BOW_TIE = [[-101.7, 21.1], [-101.69, 21.11], [-101.69, 21.1], [-101.7, 21.11], [-101.7, 21.1]]


def _feature(geometry: Any, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"ID": float(number), "NOMBRE": f"C {number}", "CP": 37000.0},
        "geometry": geometry,
        **more,
    }


def _read(folder: Path, features: list[Any], **more: Any) -> Reading:
    path = folder / "colonias_2026T3.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}))
    return read_as("colonias", path)


def _shapes(reading: Reading) -> list[Any]:
    assert reading.geometry is not None
    return [None if wkb is None else shapely.from_wkb(wkb) for wkb in reading.geometry.to_list()]


def _polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def test_properties_and_promotion(tmp_path: Path) -> None:
    reading = _read(tmp_path, [_feature(_polygon(SQUARE), 7)])
    assert reading.rows.to_dicts() == [{"colonia_id": "7", "nombre": "C 7", "codigo_postal": "37000"}]
    assert reading.native["colonia_id"].to_list() == [True]
    assert _shapes(reading)[0].geom_type == "MultiPolygon"
    assert reading.fila.tolist() == [1]


def test_an_invalid_polygon_is_repaired_and_said(tmp_path: Path) -> None:
    reading = _read(tmp_path, [_feature(_polygon(SQUARE)), _feature(_polygon(BOW_TIE), 2)])
    shape = _shapes(reading)[1]
    assert shape.is_valid and shape.geom_type == "MultiPolygon" and shape.area > 0
    assert any("elemento 2 era inválida" in note for note in reading.notes)
    assert not reading.bad_cells


@pytest.mark.parametrize("level", ["collection", "feature", "geometry"])
@pytest.mark.parametrize("name", ["EPSG:32614", "urn:ogc:def:crs:EPSG::6372", "EPSG:6365"])
def test_any_named_system_becomes_wgs84(tmp_path: Path, level: str, name: str) -> None:
    there = pyproj.Transformer.from_crs(4326, name, always_xy=True)
    crs = {"type": "name", "properties": {"name": name}}
    geometry = _polygon([list(there.transform(x, y)) for x, y in SQUARE])
    feature = _feature(geometry)
    if level == "geometry":
        geometry["crs"] = crs
    if level == "feature":
        feature["crs"] = crs
    reading = _read(tmp_path, [feature], **({"crs": crs} if level == "collection" else {}))
    assert _shapes(reading)[0].equals_exact(shapely.MultiPolygon([shapely.Polygon(SQUARE)]), 1e-6)
    assert reading.understood["sistema_de_coordenadas"] == name


def test_degrees_in_a_file_that_says_metres_are_no_place_in_the_sea(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::6372"}}
    reading = _read(tmp_path, [_feature(_polygon(SQUARE))], crs=crs)
    (bad,) = reading.bad_cells
    assert bad.regla == "geometria" and "están en metros" in bad.motivo and "están en grados" in bad.motivo


def test_an_unknown_system_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="No se conoce el sistema de coordenadas"):
        _read(tmp_path, [_feature(_polygon(SQUARE))], crs={"type": "name", "properties": {"name": "EPSG:999999"}})


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "no tiene geometría"),
        ({"type": "Polygon", "coordinates": []}, "vacía"),
        ({"type": "Polygon", "coordinates": [[[1, 2], ["a", 3]]]}, "no se puede leer"),
        ({"type": "Nada"}, "no se puede leer"),
        (_polygon([[220000, 2330000], [220100, 2330000], [220100, 2330100], [220000, 2330000]]), "no son longitudes"),
        (_polygon([[-101.7, 21.1]] * 4), "no se pudo reparar"),
        (_polygon([[0, 0], [0.01, 0], [0.01, 0.01], [0, 0]]), "fuera de México"),
    ],
)
def test_a_bad_geometry_is_one_bad_cell(tmp_path: Path, geometry: Any, words: str) -> None:
    reading = _read(tmp_path, [_feature(_polygon(SQUARE)), _feature(geometry, 2)])
    assert [(cell.fila, cell.columna, cell.regla) for cell in reading.bad_cells] == [(2, "geometria", "geometria")]
    assert words in reading.bad_cells[0].motivo
    assert reading.rows.height == 2 and _shapes(reading)[1] is None


def test_a_feature_without_properties_still_counts(tmp_path: Path) -> None:
    reading = _read(tmp_path, [_feature(_polygon(SQUARE)), {"type": "Feature", "geometry": _polygon(SQUARE)}, "x"])
    assert reading.fila.tolist() == [1, 2, 3]
    assert reading.geometry is not None and len(reading.geometry) == 3


def test_an_empty_collection_is_an_empty_delivery(tmp_path: Path) -> None:
    assert _read(tmp_path, []).rows.height == 0


@pytest.mark.parametrize(
    "text", ['{"type": "FeatureCollection", "features": [', '{"a": 1}', "{" * 20_000, '{"a":' * 20_000]
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "colonias_2026T3.geojson"
    path.write_text(text)
    with pytest.raises(RefusedFile):
        read_as("colonias", path)


def test_a_missing_property_is_named(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"ID": 1, "NOMBRES": "x"}, "geometry": _polygon(SQUARE)}
    with pytest.raises(RefusedFile) as refused:
        _read(tmp_path, [feature])
    assert "«NOMBRES»: ¿quiso decir «NOMBRE»?" in " ".join(refused.value.reasons)


def test_a_table_does_for_no_map(tmp_path: Path) -> None:
    path = tmp_path / "colonias_2026T3.csv"
    path.write_text("ID,NOMBRE\n1,x\n")
    with pytest.raises(RefusedFile, match="GeoJSON"):
        read_as("colonias", path)


@pytest.mark.parametrize(
    ("encoding", "understood"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 con BOM"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_the_encoding_is_understood_and_said(tmp_path: Path, encoding: str, understood: str) -> None:
    feature = _feature(_polygon(SQUARE))
    feature["properties"]["NOMBRE"] = "Peñitas"
    path = tmp_path / "colonias_2026T3.geojson"
    document = {"type": "FeatureCollection", "features": [feature]}
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(encoding))
    reading = read_as("colonias", path)
    assert reading.rows["nombre"].to_list() == ["Peñitas"]
    assert reading.understood["codificacion"] == understood


def test_half_a_character_is_no_reason_to_lose_a_layer(tmp_path: Path) -> None:
    """JSON can write one half of a surrogate pair; a whole pair is a character like any other."""
    feature = _feature(_polygon(SQUARE))
    feature["properties"] |= {"NOMBRE": "Las \ud800Torres \U0001f333", "\udc00nota": "x"}
    reading = _read(tmp_path, [feature, _feature(_polygon(SQUARE), 2)])
    assert reading.rows["nombre"].to_list() == ["Las \ufffdTorres \U0001f333", "C 2"]
    assert any("«\ufffdnota»" in note for note in reading.notes)


def _shape(kind: str, points: list[list[float]]) -> dict[str, object]:
    nested: object = {
        "Point": points[0],
        "LineString": points,
        "Polygon": [[*points, points[0]]],
        "MultiPoint": points,
    }[kind]
    return {"type": kind, "coordinates": nested}


_CORNERS = [[-101.68, 21.12], [-101.67, 21.12], [-101.67, 21.13]]
_LAYERS = {
    "colonias": {"ID": 1, "NOMBRE": "Centro"},
    "tianguis": {"Id": 1, "NOMBRE": "Uno", "COLONIA": "Centro", "DIA": "LUNES", "CALLE": "Uno"},
    "localidades": {"cvegeo": "110200001", "nom_loc": "León", "ambito": "URBANO"},
    "municipio": {"cvegeo": "11020", "nom_agem": "León"},
}


def _layer(tmp_path: Path, export: str, geometry: object) -> Reading:
    document = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": _LAYERS[export], "geometry": geometry}]}  # fmt: skip
    path = tmp_path / f"{export}_2026T3.geojson"
    path.write_text(json.dumps(document))
    return read_as(export, path)


@pytest.mark.parametrize(
    ("export", "kind", "fits"),
    [
        ("colonias", "Point", False),
        ("colonias", "MultiPoint", False),
        ("colonias", "LineString", False),
        ("colonias", "Polygon", True),
        ("tianguis", "Polygon", False),
        ("tianguis", "LineString", True),
        ("localidades", "LineString", False),
        ("localidades", "Point", True),
        ("localidades", "Polygon", True),
        ("municipio", "LineString", False),
    ],
)
def test_a_geometry_has_the_form_of_its_contract(tmp_path: Path, export: str, kind: str, fits: bool) -> None:
    reading = _layer(tmp_path, export, _shape(kind, _CORNERS))
    assert [cell.regla for cell in reading.bad_cells] == ([] if fits else ["geometria"])
    assert fits or "y se espera" in reading.bad_cells[0].motivo


def test_a_mixture_of_forms_is_none(tmp_path: Path) -> None:
    parts = [_shape("Polygon", _CORNERS), _shape("Point", _CORNERS)]
    (cell,) = _layer(tmp_path, "colonias", {"type": "GeometryCollection", "geometries": parts}).bad_cells
    assert "una mezcla de formas y se espera un polígono" in cell.motivo


@pytest.mark.parametrize("export", ["colonias", "tianguis", "localidades", "municipio"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, y: [y, x], "La latitud y la longitud están cambiadas de lugar"),
        (lambda x, y: [-x, y], "no lleva el signo menos"),
        (lambda x, y: [x * 3000, y * 100000], "no dice en qué sistema"),
    ],
)
def test_coordinates_written_another_way_are_named_as_such(
    tmp_path: Path, export: str, change: Callable[[float, float], list[float]], words: str
) -> None:
    kind = "LineString" if export == "tianguis" else "Polygon"
    (cell,) = _layer(tmp_path, export, _shape(kind, [change(x, y) for x, y in _CORNERS])).bad_cells
    assert cell.regla == "geometria" and words in cell.motivo


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ([[-102.1, 19.9], [-99.7, 19.9], [-99.7, 21.9], [-102.1, 21.9]], "se sale de la zona"),  # Guanajuato
        ([[-103.0, 20.0], [-101.0, 20.0], [-101.0, 22.0], [-103.0, 22.0]], "se sale de la zona"),
        ([[-101.95, 20.75], [-101.85, 20.75], [-101.85, 20.95], [-101.95, 20.95]], "no contiene el centro"),
        ([[-101.60, 20.9], [-101.40, 20.9], [-101.40, 21.1], [-101.60, 21.1]], "no contiene el centro"),
    ],
)
def test_a_boundary_of_somewhere_else_is_refused(tmp_path: Path, outline: list[list[float]], words: str) -> None:
    (cell,) = _layer(tmp_path, "municipio", _shape("Polygon", outline)).bad_cells
    assert cell.motivo.startswith("No es el contorno del municipio de León") and words in cell.motivo


def test_the_boundary_of_the_city_is_taken(tmp_path: Path) -> None:
    outline = [[-101.83, 20.87], [-101.38, 20.87], [-101.38, 21.33], [-101.83, 21.33]]
    assert not _layer(tmp_path, "municipio", _shape("Polygon", outline)).bad_cells


def test_no_number_is_an_empty_property_and_several_values_are_none(tmp_path: Path) -> None:
    features = [_feature(_polygon(SQUARE), number) for number in (1, 2, 3)]
    features[0]["properties"]["CP"] = float("nan")
    features[1]["properties"]["NOMBRE"] = {"es": "León"}
    features[2]["properties"]["NOMBRE"] = ["Uno", "Dos"]
    reading = _read(tmp_path, features)
    assert reading.rows["codigo_postal"].to_list() == [None, "37000", "37000"]
    assert [(cell.fila, cell.columna, cell.regla) for cell in reading.bad_cells] == [
        (2, "nombre", "no_legible"),
        (3, "nombre", "no_legible"),
    ]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"a": 1}\n{"a": 2}\n', "un documento tras otro"),
        ('\x1e{"a": 1}\n', "un documento tras otro"),
        ('[ {"type": "Feature"} ]', "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": [{"properties": {"ID": 1, "ID": 2}}]}', "dos veces «ID»"),
        (
            '{"type": "FeatureCollection", "features": [{"properties": {"NOMBRE": "a", "Nombre": "b", "ID": 1}}]}',
            "propiedades",
        ),
        ('\x1e{"type": "Feature"}\n\x1e{"type": "Feature"}\n', "un documento tras otro"),
        ('<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "GeoJSON en WGS 84"),
        ('<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="x"/>', "GeoJSON en WGS 84"),
        ('{"type": "Topology", "objects": {}}', "Exporte la capa como GeoJSON"),
    ],
)
def test_json_that_is_no_layer_and_other_formats_of_maps_are_told_what_they_are(
    tmp_path: Path, written: str, words: str
) -> None:
    path = tmp_path / "colonias_2026T3.geojson"
    path.write_text(written)
    with pytest.raises(RefusedFile, match=words):
        read_as("colonias", path)


def test_a_system_that_is_named_by_its_code(tmp_path: Path) -> None:
    forward = pyproj.Transformer.from_crs(4326, 32614, always_xy=True)
    ring = [list(forward.transform(x, y)) for x, y in SQUARE]
    reading = _read(tmp_path, [_feature(_polygon(ring))], crs={"type": "EPSG", "properties": {"code": 32614}})
    assert _shapes(reading)[0].centroid.x == pytest.approx(-101.695, abs=1e-6)


def test_a_system_that_is_a_bare_text_is_honoured(tmp_path: Path) -> None:
    """Unheeded, a layer in NAD27 would lie 60 metres beside its streets."""
    there = pyproj.Transformer.from_crs(4326, 4267, always_xy=True)
    geometry = _polygon([list(there.transform(x, y)) for x, y in SQUARE])
    reading = _read(tmp_path, [_feature(geometry)], crs="EPSG:4267")
    assert _shapes(reading)[0].equals_exact(shapely.MultiPolygon([shapely.Polygon(SQUARE)]), 1e-6)
    with pytest.raises(RefusedFile, match="por enlace o sin nombre"):
        _read(tmp_path, [_feature(geometry)], crs=4267)


def test_a_collection_of_one_form_is_that_form(tmp_path: Path) -> None:
    several = {"type": "MultiPolygon", "coordinates": [[[[x - 0.1, y] for x, y in SQUARE]]]}
    together = {"type": "GeometryCollection", "geometries": [_polygon(SQUARE), several]}
    reading = _read(tmp_path, [_feature(together)])
    assert _shapes(reading)[0].geom_type == "MultiPolygon" and len(_shapes(reading)[0].geoms) == 2
    assert not reading.bad_cells


@pytest.mark.parametrize("behind", [[1800.5], [1800.5, 3.0], [None], [None, 0]])
@pytest.mark.parametrize("collected", [False, True])
def test_heights_and_measures_of_a_position_are_left_out(tmp_path: Path, behind: list[Any], collected: bool) -> None:
    ring = [[-101.7, 21.1], [-101.69, 21.1], [-101.69, 21.11], [-101.7, 21.1]]
    plain: dict[str, Any] = {"type": "Polygon", "coordinates": [ring]}
    more: dict[str, Any] = {"type": "Polygon", "coordinates": [[[*place, *behind] for place in ring]]}
    if collected:
        more = {"type": "GeometryCollection", "geometries": [more]}
    reading = _read(tmp_path, [_feature(plain), _feature(more, 2)])
    assert reading.geometry is not None and not reading.bad_cells
    assert reading.geometry[0] == reading.geometry[1] is not None
