"""Catalogue, Data Package, dictionary, indicator files: what a release says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import frictionless
import jsonschema
import pyshacl
import pytest
import rdflib
from rdflib.compare import isomorphic

from pamga.settings import Settings
from pamga.storage import read_json, sha256_file
from publish.release import publish, rollback
from tests.publish.scene import BASE_URL, INDICATORS, MODELS, delivery, shapes_file

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
ADMS = rdflib.Namespace("http://www.w3.org/ns/adms#")
PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture
def release(published: Settings) -> Path:
    return published.layout.current.resolve()


@pytest.fixture
def catalogue(release: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(release / "catalogo.jsonld", format="json-ld")


def test_json_ld_and_turtle_say_the_same(release: Path, catalogue: rdflib.Graph) -> None:
    turtle = rdflib.Graph().parse(release / "catalogo.ttl")
    assert isomorphic(turtle, catalogue)
    assert not any(isinstance(node, rdflib.BNode) for node in catalogue.all_nodes())


@pytest.mark.skipif(not shapes_file().exists(), reason="the shapes of DCAT-AP 3 are not beside this checkout")
def test_no_violation_of_dcat_ap_3(catalogue: rdflib.Graph) -> None:
    shapes = rdflib.Graph().parse(shapes_file())
    conforms, _, report = pyshacl.validate(catalogue, shacl_graph=shapes, do_owl_imports=False)
    assert conforms, report
    dataset = next(catalogue.subjects(rdflib.RDF.type, DCAT.Dataset))
    catalogue.remove((dataset, DCT.title, None))
    assert not pyshacl.validate(catalogue, shacl_graph=shapes, do_owl_imports=False)[0]  # the shapes do look


def test_every_file_is_a_distribution_with_its_size_and_sum(release: Path, catalogue: rdflib.Graph) -> None:
    said = {}
    for distribution in catalogue.subjects(rdflib.RDF.type, DCAT.Distribution):
        address = str(catalogue.value(distribution, DCAT.downloadURL))
        checksum = catalogue.value(distribution, SPDX.checksum)
        said[address.removeprefix(f"{BASE_URL}{release.name}/")] = (
            int(str(catalogue.value(distribution, DCAT.byteSize))),
            str(catalogue.value(checksum, SPDX.checksumValue)),
        )
    files = (release / "data").iterdir()
    assert said == {f"data/{path.name}": (path.stat().st_size, sha256_file(path)) for path in files}


def test_datasets_say_what_a_portal_needs(catalogue: rdflib.Graph) -> None:
    datasets = list(catalogue.subjects(rdflib.RDF.type, DCAT.Dataset))
    assert len(datasets) == len(MODELS)
    for dataset in datasets:
        for needed in (DCT.title, DCT.description, DCT.publisher, DCT.license, DCT.spatial, DCT.accrualPeriodicity, DCAT.theme,
                       DCAT.keyword, DCAT.contactPoint, DCAT.version, DCAT.inSeries, DCAT.landingPage):  # fmt: skip
            assert catalogue.value(dataset, needed, any=True) is not None, needed
        assert str(catalogue.value(dataset, DCT.title)).startswith("[Datos de ejemplo]")


def node(release: str, name: str, part: str = "conjunto") -> rdflib.URIRef:
    return rdflib.URIRef(f"{BASE_URL}{release}/conjuntos/{name}.html#{part}")


def line_of(settings: Settings, name: str) -> tuple[rdflib.Graph, list[str]]:
    """The current catalogue, and the releases of a dataset's series from first to last, following dcat:prev over every catalogue."""
    graph = rdflib.Graph().parse(settings.layout.current / "catalogo.ttl")
    every = graph
    for path in settings.layout.releases.glob("*-r*/catalogo.ttl"):
        every = every + rdflib.Graph().parse(path)
    series = node("current", name, "serie")
    version, line = graph.value(series, DCAT.last), []
    while version is not None:
        line.append(version)
        version = every.value(version, DCAT.prev)
    assert graph.value(series, DCAT.first) == line[-1]
    assert set(graph.objects(series, DCAT.seriesMember)) == set(line)
    return graph, [str(version).removeprefix(BASE_URL).split("/")[0] for version in reversed(line)]


def on(settings: Settings, day: str) -> Settings:
    return settings.model_copy(update={"hoy": date.fromisoformat(day)})


@pytest.mark.slow
def test_versions_of_a_series(published: Settings, candidate: Callable[..., str]) -> None:
    candidate(release="2026T3-r02", finished=85)
    publish(on(published, "2026-11-02"))
    candidate(release="2026T3-r03", finished=85, agreements=[("A-1", "Bacheo", None)])
    publish(on(published, "2026-11-09"))
    graph, line = line_of(published, "colonias")
    assert line == ["2026T3-r01", "2026T3-r02", "2026T3-r03"]
    assert graph.value(node("2026T3-r03", "colonias"), DCAT.inSeries) == node("current", "colonias", "serie")
    days = {
        name: [str(graph.value(node("2026T3-r03", name), term)) for term in (DCT.issued, DCT.modified)]
        for name in ("colonias", "sin_filas", "indicadores_trimestre", "seguimiento_acuerdos")
    }
    assert days == {  # published with the release, changed when the rows did
        "colonias": ["2026-11-09", "2026-10-20"],
        "sin_filas": ["2026-11-09", "2026-10-20"],
        "indicadores_trimestre": ["2026-11-09", "2026-11-02"],
        "seguimiento_acuerdos": ["2026-11-09", "2026-11-09"],
    }
    whole = rdflib.URIRef(f"{BASE_URL}current/catalogo.jsonld#catalogo")
    assert list(graph.subjects(rdflib.RDF.type, DCAT.Catalog)) == [whole]
    assert [str(graph.value(whole, term)) for term in (DCT.issued, DCT.modified)] == ["2026-10-20", "2026-11-09"]
    series = node("current", "seguimiento_acuerdos", "serie")
    assert [str(graph.value(series, term)) for term in (DCT.issued, DCT.modified)] == ["2026-10-20", "2026-11-09"]
    files = {part: str(graph.value(node("2026T3-r03", "colonias", part), DCT.modified)) for part in ("csv", "geojson")}
    assert files == {"csv": "2026-10-20", "geojson": "2026-10-20"}
    assert str(graph.value(node("2026T3-r03", "indicadores_trimestre", "xlsx"), DCT.modified)) == "2026-11-02"
    notes = ADMS.versionNotes
    assert str(graph.value(node("2026T3-r03", "colonias"), notes)) == "Sin cambios frente a 2026T3-r02."
    assert str(graph.value(node("2026T3-r03", "seguimiento_acuerdos"), notes)) == (
        "Frente a 2026T3-r02: 1 fila modificada y 2 filas eliminadas."
    )


@pytest.mark.slow
def test_what_was_rolled_back_from_is_no_version_of_the_series(
    published: Settings, candidate: Callable[..., str]
) -> None:
    candidate(release="2026T3-r02", finished=85)
    publish(published)
    rollback(published, reason="La cifra era otra")
    assert line_of(published, "colonias")[1] == ["2026T3-r01"]
    candidate(release="2026T3-r03", finished=90)
    publish(published)
    assert line_of(published, "colonias")[1] == ["2026T3-r01", "2026T3-r03"]
    rollback(published, "2026T3-r02", "La segunda era la buena")
    candidate(release="2026T3-r04", finished=91)
    publish(published)
    assert line_of(published, "colonias")[1] == ["2026T3-r01", "2026T3-r02", "2026T3-r04"]
    graph = rdflib.Graph().parse(published.layout.current / "catalogo.ttl")
    shapes = rdflib.Graph().parse(shapes_file()) if shapes_file().exists() else rdflib.Graph()
    assert pyshacl.validate(graph, shacl_graph=shapes, do_owl_imports=False)[0]


def test_a_dataset_says_where_it_comes_from(catalogue: rdflib.Graph, release: Path) -> None:
    said = catalogue.value(node(release.name, "seguimiento_acuerdos"), DCT.provenance)
    sentence = "Se calcula con 2 entregas de «acuerdos»; la última llega hasta julio a septiembre de 2026."
    assert str(catalogue.value(said, rdflib.RDFS.label)) == sentence
    page = (release / "conjuntos" / "seguimiento_acuerdos.html").read_text()
    assert sentence in page
    assert "presupuesto_participativo/acuerdos_2026T2.csv" in page
    assert 'id="procedencia"' in page
    activity = catalogue.value(node(release.name, "seguimiento_acuerdos"), PROV.wasGeneratedBy)
    used = {str(thing).removeprefix(f"{BASE_URL}{release.name}/") for thing in catalogue.objects(activity, PROV.used)}
    assert used == {"inputs.lock", "inputs.lock#codigo"}


def test_files_with_geometry_say_their_coordinates(catalogue: rdflib.Graph, release: Path) -> None:
    crs84 = rdflib.URIRef("http://www.opengis.net/def/crs/OGC/1.3/CRS84")
    located = set(catalogue.subjects(DCT.conformsTo, crs84))
    assert located == {node(release.name, "colonias", part) for part in ("csv", "parquet", "geojson")}
    assert str(catalogue.value(node(release.name, "colonias", "parquet"), DCT.title)).endswith("(GeoParquet)")
    assert str(catalogue.value(node(release.name, "sin_filas", "parquet"), DCT.title)).endswith("(Parquet)")


def test_the_data_package_is_valid_on_every_file(release: Path) -> None:
    report = frictionless.validate(str(release / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "note"])
    assert len(report.tasks) == len(list((release / "data").iterdir()))
    package = read_json(release / "datapackage.json")
    tabular = next(r for r in package["resources"] if r["path"] == "data/indicadores_trimestre.csv")
    types = {field["name"]: field["type"] for field in tabular["schema"]["fields"]}
    assert (types["valor"], types["fecha_corte"], types["provisional"], types["ejercicio"]) == (
        "number",
        "date",
        "boolean",
        "integer",
    )
    assert tabular["schema"]["primaryKey"] == ["indicador", "ejercicio", "trimestre"]


def test_a_damaged_file_makes_the_data_package_invalid(release: Path) -> None:
    path = release / "data" / "seguimiento_acuerdos.csv"
    content = path.read_text().replace("12.500000", "mucho", 1)
    path.unlink()
    path.write_text(content)
    assert not frictionless.validate(str(release / "datapackage.json")).valid


def test_dictionary_explains_every_column(release: Path) -> None:
    for dataset in read_json(release / "datasets.json")["datasets"]:
        document = read_json(release / "diccionario" / f"{dataset['name']}.json")
        assert [column["nombre"] for column in document["columnas"]] == [
            column["name"] for column in dataset["columns"]
        ]
        assert all(column["descripcion"] and column["tipo"] for column in document["columnas"])
    colonias = read_json(release / "diccionario" / "colonias.json")
    assert colonias["columnas"][-1]["tipo"] == "geometría"
    assert colonias["proviene_de"] == ["colonias"]


def test_indicator_files_hold_to_their_schema(release: Path) -> None:
    schema = read_json(release / "esquemas" / "indicador-1.1.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    files = {path.stem: read_json(path) for path in (release / "indicadores").glob("*.json")}
    assert set(files) == set(INDICATORS)
    for document in files.values():
        validator.validate(document)
    mbh2 = files["MBH-2"]
    assert [row["trimestre"] for row in mbh2["serie"]] == ["2026T1", "2026T2", "2026T3"]
    assert mbh2["situacion"][0]["estado_en_palabras"] == "En proceso (por confirmar)"
    assert {delivery["export"] for delivery in mbh2["entregas"]} == {"acuerdos"}
    assert mbh2["observaciones"][0]["observacion"] == "Falta la evidencia."
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(json.loads(json.dumps(mbh2)) | {"trimestre": "2026-3"})


def test_missing_deliveries_are_said_beside_the_figure(published: Settings, candidate: Callable[..., str]) -> None:
    candidate(release="2026T3-r02", deliveries=[delivery("acuerdos", "2026T2"), delivery("talleres", "2026T3")])
    publish(published)
    notices = read_json(published.layout.current / "indicadores" / "MBH-2.json")["avisos"]
    assert notices == [
        "No se ha recibido la entrega de «acuerdos» de julio a septiembre de 2026; lo último que se recibió llega hasta abril a junio de 2026."
    ]
    assert notices[0] in (published.layout.current / "indicadores" / "MBH-2.html").read_text()
    assert (
        "Todavía no se ha recibido ninguna entrega de «eventos_mbh»."
        in (published.layout.current / "indicadores" / "MBH-4.html").read_text()
    )
