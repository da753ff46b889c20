"""The real public files, read byte for byte as their sources publish them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
import shapely

from ingest.reading import Reading

from .files import read_as

REAL = Path(os.environ.get("PAMGA_REAL_FILES", Path(__file__).parents[3] / "shared" / "real"))

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"the real public files are not at {REAL}; PAMGA_REAL_FILES says where they are"
)


def _read(export: str, name: str) -> Reading:
    return read_as(export, REAL / name)


def test_codigos_postales() -> None:
    reading = _read("codigos_postales", "sepomex_guanajuato.txt")
    assert (reading.understood["codificacion"], reading.understood["separador"]) == ("cp1252", "|")
    assert reading.rows.height == 10_258 and reading.scope is not None
    assert reading.scope.to_series().to_list().count("León") == 1_246
    assert "Ex-Hacienda de Durán" in reading.rows["asentamiento"].to_list()


def test_incidencia_delictiva() -> None:
    reading = _read("incidencia_delictiva", "sesnsp_guanajuato_homicidios_2020_2025.csv")
    lines = (REAL / "sesnsp_guanajuato_homicidios_2020_2025.csv").read_text("utf-8-sig").splitlines()
    assert reading.rows.height == len(lines) - 1 and reading.fila[-1] == len(lines)
    assert reading.rows["mes_12"].to_list()[0] == "1.0"
    assert reading.rows["mes_12"].null_count() == sum(line.endswith(",") for line in lines[1:])


def test_estaciones_and_presas() -> None:
    stations = _read("estaciones_calidad_aire", "sinaica_estaciones.csv")
    assert stations.scope is not None and stations.scope["network_name"].to_list().count("León") == 4
    dams = _read("presas", "conagua_presas.csv")
    assert dams.scope is not None
    assert {"nommunicipio": "León", "estado": "Guanajuato"} in dams.scope.to_dicts()
    assert (stations.rows.height, dams.rows.height) == (365, 210)


@pytest.mark.parametrize(
    ("export", "name", "count", "kind", "system"),
    [
        ("colonias", "leon_colonias.geojson", 1_149, "MultiPolygon", "urn:ogc:def:crs:OGC:1.3:CRS84"),
        ("tianguis", "leon_tianguis.geojson", 248, "MultiLineString", "urn:ogc:def:crs:OGC:1.3:CRS84"),
        ("localidades", "inegi_localidades_leon.geojson", 161, "MultiPolygon", "EPSG:6365"),
        ("municipio", "inegi_municipio_leon.geojson", 1, "MultiPolygon", "EPSG:6365"),
    ],
)
def test_layers(export: str, name: str, count: int, kind: str, system: str) -> None:
    reading = _read(export, name)
    assert reading.understood["sistema_de_coordenadas"] == system
    assert reading.geometry is not None and reading.geometry.null_count() == 0
    shapes = [shapely.from_wkb(wkb) for wkb in reading.geometry.to_list()]
    assert Counter(shape.geom_type for shape in shapes) == {kind: count}
    assert all(shape.is_valid for shape in shapes)
    if export == "colonias":
        assert any("elemento 87 era inválida" in note for note in reading.notes)
        assert set(reading.rows["codigo_postal"].to_list()) >= {"0", "10000", "37260"}
