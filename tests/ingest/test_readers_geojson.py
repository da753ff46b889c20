"""GeoJSON: any named coordinate system to WGS 84, invalid polygons repaired, Multi* promoted, nothing lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyproj
import pytest
import shapely

from ingest.contract import load_contract
from ingest.readers import read
from ingest.reading import Limits, Reading, RefusedFile

LIMITS = Limits(50_000_000, 200_000_000, 100_000, 500)
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
    return read(path, load_contract("colonias"), LIMITS)


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
    geometry = _polygon([list(there.transform(*point)) for point in SQUARE])
    feature = _feature(geometry)
    if level == "geometry":
        geometry["crs"] = crs
    if level == "feature":
        feature["crs"] = crs
    reading = _read(tmp_path, [feature], **({"crs": crs} if level == "collection" else {}))
    assert _shapes(reading)[0].equals_exact(shapely.MultiPolygon([shapely.Polygon(SQUARE)]), 1e-6)
    assert reading.understood["sistema_de_coordenadas"] == name


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
        (_polygon([[1, 1], [1, 1], [1, 1], [1, 1]]), "no se pudo reparar"),
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
        read(path, load_contract("colonias"), LIMITS)


def test_a_missing_property_is_named(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"ID": 1, "NOMBRES": "x"}, "geometry": _polygon(SQUARE)}
    with pytest.raises(RefusedFile) as refused:
        _read(tmp_path, [feature])
    assert "«NOMBRES»: ¿quiso decir «NOMBRE»?" in " ".join(refused.value.reasons)


def test_a_table_does_for_no_map(tmp_path: Path) -> None:
    path = tmp_path / "colonias_2026T3.csv"
    path.write_text("ID,NOMBRE\n1,x\n")
    with pytest.raises(RefusedFile, match="GeoJSON"):
        read(path, load_contract("colonias"), LIMITS)


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
    reading = read(path, load_contract("colonias"), LIMITS)
    assert reading.rows["nombre"].to_list() == ["Peñitas"]
    assert reading.understood["codificacion"] == understood


def test_half_a_character_is_no_reason_to_lose_a_layer(tmp_path: Path) -> None:
    """JSON can write one half of a surrogate pair; a whole pair is a character like any other."""
    feature = _feature(_polygon(SQUARE))
    feature["properties"] |= {"NOMBRE": "Las \ud800Torres \U0001f333", "\udc00nota": "x"}
    reading = _read(tmp_path, [feature, _feature(_polygon(SQUARE), 2)])
    assert reading.rows["nombre"].to_list() == ["Las ?Torres \U0001f333", "C 2"]
    assert any("«?nota»" in note for note in reading.notes)
