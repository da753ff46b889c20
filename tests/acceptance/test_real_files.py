"""The eight real public files through the real door and the real models.

What must come out is worked out here from the raw files, with the standard library and shapely alone.
"""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shapely.geometry import shape
from shapely.validation import make_valid

from ingest.real_files import lay_out
from ingest.receive import receive_inbox
from pamga import spanish
from pamga.settings import Settings
from pamga.storage import sha256_file
from tests.documents import tree
from warehouse.build import build

REAL = Path(os.environ.get("PAMGA_REAL_FILES", Path(__file__).parents[3] / "shared" / "real"))
MONTHS = [spanish.month(number).capitalize() for number in range(1, 13)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not REAL.is_dir(), reason=f"the real public files are not at {REAL}; set PAMGA_REAL_FILES to their folder"
    ),
]


@dataclass(frozen=True)
class Run:
    settings: Settings
    inbox: Path
    data: Path  # the candidate's data folder

    def manifest(self, export: str) -> dict[str, Any]:
        (path,) = self.settings.layout.lake.glob(f"export={export}/trimestre=2026T3/*/version=0001/manifest.json")
        return dict(json.loads(path.read_text()))

    def rejects(self, export: str) -> list[dict[str, Any]]:
        (path,) = self.settings.layout.lake.glob(f"export={export}/trimestre=2026T3/*/version=0001/rejects.parquet")
        return rows(f"select * from '{path}' order by fila, columna")

    def mart(self, name: str) -> list[dict[str, Any]]:
        return rows(f"select * from '{self.data / name}.parquet'")


def rows(sql: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        cursor = connection.execute(sql)
        return [dict(zip([c[0] for c in cursor.description], row, strict=True)) for row in cursor.fetchall()]


def features(name: str) -> list[dict[str, Any]]:
    return list(json.loads((REAL / name).read_text())["features"])


def table(name: str) -> list[dict[str, str]]:
    with (REAL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("real")
    lay_out(REAL, folder / "inbox")
    settings = Settings(data=folder / "data", inbox=str(folder / "inbox"), settle_seconds=0)
    receive_inbox(settings)
    built = build(settings)
    assert built.run_dir is not None
    return Run(settings, folder / "inbox", built.run_dir / "candidate" / "data")


@pytest.mark.parametrize(
    ("export", "read", "accepted", "quarantined"),
    [
        ("colonias", 1149, 1148, 1),  # Playas de Sotelo lies outside the municipality
        ("municipio", 1, 1, 0),
        ("localidades", 161, 161, 0),
        ("codigos_postales", 10258, 1246, 0),
        ("incidencia_delictiva", 2484, 54, 0),  # source rows
        ("estaciones_calidad_aire", 365, 3, 1),  # Zona Sur has the coordinates of another place
        ("presas", 210, 1, 0),
        ("tianguis", 248, 245, 3),  # La Nopalera: one line twice, one key with two lines
    ],
)
def test_every_row_is_accepted_quarantined_or_out_of_scope(
    run: Run, export: str, read: int, accepted: int, quarantined: int
) -> None:
    manifest = run.manifest(export)
    assert (manifest["rows_read"], manifest["accepted"], manifest["quarantined"]) == (read, accepted, quarantined), (
        manifest["reasons"]
    )
    assert manifest["out_of_scope"] == read - accepted - quarantined
    assert manifest["sha256"] == sha256_file(run.inbox / manifest["archivo"])


def test_the_expected_counts_follow_from_the_raw_files() -> None:
    assert len(features("leon_colonias.geojson")) == 1149
    assert len(features("leon_tianguis.geojson")) == 248
    postal = (REAL / "sepomex_guanajuato.txt").read_text(encoding="latin-1").splitlines()
    assert (len(postal), sum(line.split("|")[3] == "León" for line in postal)) == (10258, 1246)
    crimes = table("sesnsp_guanajuato_homicidios_2020_2025.csv")
    assert (len(crimes), sum(row["Cve. Municipio"] == "11020" for row in crimes)) == (2484, 54)
    stations = table("sinaica_estaciones.csv")
    assert (len(stations), sum(row["network_name"] == "León" for row in stations)) == (365, 4)
    assert (len(table("conagua_presas.csv")), len(features("inegi_localidades_leon.geojson"))) == (210, 161)


def test_the_colonia_outside_the_municipality_is_the_one_held_back(run: Run) -> None:
    boundary = shape(features("inegi_municipio_leon.geojson")[0]["geometry"])
    outside = [
        number
        for number, f in enumerate(features("leon_colonias.geojson"), start=1)
        if not make_valid(shape(f["geometry"])).intersects(boundary)
    ]
    held = [r for r in run.rejects("colonias") if r["cuarentena"]]
    assert [(r["fila"], r["regla"]) for r in held] == [(outside[0], "geometria")]
    assert len(outside) == 1


def test_the_invalid_polygon_is_repaired_and_said_so(run: Run) -> None:
    from shapely import from_wkb

    (invalid,) = [f["properties"]["ID"] for f in features("leon_colonias.geojson") if not shape(f["geometry"]).is_valid]
    (path,) = run.settings.layout.lake.glob("export=colonias/*/*/version=0001/rows.parquet")
    shapes = {
        r["colonia_id"]: from_wkb(bytes(r["geometria"])) for r in rows(f"select colonia_id, geometria from '{path}'")
    }
    assert all(s.is_valid for s in shapes.values()) and int(invalid) in shapes
    assert any("repar" in note.lower() or "corrig" in note.lower() for note in run.manifest("colonias")["notes"])


def test_the_station_far_away_and_the_repeated_markets_are_named(run: Run) -> None:
    assert [(r["columna"], r["regla"]) for r in run.rejects("estaciones_calidad_aire")] == [("longitud", "rango")]
    rules = [r["regla"] for r in run.rejects("tianguis") if r["cuarentena"]]
    assert sorted(set(rules)) == ["clave_repetida", "fila_repetida"]
    assert len({r["fila"] for r in run.rejects("tianguis") if r["cuarentena"]}) == 3


def test_monthly_homicides_by_subtype_are_our_own_sum(run: Run) -> None:
    expected: dict[tuple[int, int, str], int] = defaultdict(int)
    for row in table("sesnsp_guanajuato_homicidios_2020_2025.csv"):
        if row["Cve. Municipio"] == "11020":
            for month, name in enumerate(MONTHS, start=1):
                if row[name].strip():  # an empty month is not reported, which is not 0
                    expected[int(row["Año"]), month, row["Subtipo de delito"]] += round(float(row[name]))
    ours = {(r["anio"], r["mes"], r["subtipo_delito"]): r["casos"] for r in run.mart("homicidios_mensuales")}
    assert ours == dict(expected)


def test_localities_with_their_population(run: Run) -> None:
    expected = {
        f["properties"]["cvegeo"]: None if (pob := f["properties"]["pob"]) == "-" else int(pob)
        for f in features("inegi_localidades_leon.geojson")
    }
    assert {r["clave_localidad"]: r["poblacion"] for r in run.mart("localidades")} == expected


def test_colonias_with_postal_code_and_geometry(run: Run) -> None:
    standing = {
        int(f["properties"]["ID"]): int(f["properties"]["CP"] or 0)
        for f in features("leon_colonias.geojson")
        if f["properties"]["NOMBRE"] != "PLAYAS DE SOTELO"
    }
    published = {r["colonia_id"]: r for r in run.mart("colonias")}
    assert published.keys() == standing.keys()
    assert all(r["geometria"] for r in published.values())
    told = {key: r["codigo_postal"] for key, r in published.items()}
    assert sum(code in (0, 10000) for code in standing.values()) > 400
    # 0 and 10000 are the source's way of saying none.
    assert told == {key: None if code in (0, 10000) else str(code) for key, code in standing.items()}


def test_street_markets_by_colonia_and_day(run: Run) -> None:
    def key(f: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(" ".join(str(f["properties"][c]).split()) for c in ("Id", "NOMBRE", "COLONIA", "DIA", "CALLE"))

    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for f in features("leon_tianguis.geojson"):
        groups[key(f)].append(json.dumps(f["geometry"]))
    accepted = [k for k, shapes in groups.items() if len(set(shapes)) == 1]
    assert len(accepted) == 245
    published = run.mart("tianguis")
    assert sorted(
        (r["nombre"], r["colonia"] or "None", r["dia"] or "None", r["calle"] or "None") for r in published
    ) == sorted(k[1:] for k in accepted)
    two_days = sum(" Y " in k[3] for k in accepted)  # "DOMINGO Y MIERC" counts on both days
    assert sum(r["tramos"] for r in run.mart("tianguis_por_colonia_dia")) == 245 + two_days


def test_the_postal_catalogue_of_leon_is_whole(run: Run) -> None:
    expected = {
        (p[0], p[11], p[1])
        for line in (REAL / "sepomex_guanajuato.txt").read_text(encoding="latin-1").splitlines()
        if (p := line.split("|"))[3] == "León"
    }
    assert {
        (r["codigo_postal"], r["asentamiento_id"], r["asentamiento"]) for r in run.mart("codigos_postales")
    } == expected


def test_receiving_the_same_files_again_changes_nothing(run: Run) -> None:
    before = tree(run.settings.layout.lake)
    receive_inbox(run.settings)
    assert tree(run.settings.layout.lake) == before
    assert build(run.settings).built is False
