"""Catalogue, Data Package, dictionary, indicator files: what a release says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import frictionless
import jsonschema
import pyshacl
import pytest
import rdflib
from rdflib.compare import isomorphic

from pamga.settings import Settings
from pamga.storage import read_json, sha256_file
from publish.release import publish
from tests.publish.scene import BASE_URL, INDICATORS, delivery

DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")
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


def shapes_file() -> Path:
    here = Path(__file__).resolve()
    found = [p / "shared/real/dcat-shapes/dcat-ap-3.0.0-shacl.ttl" for p in here.parents]
    return next((path for path in found if path.exists()), found[0])


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
            int(catalogue.value(distribution, DCAT.byteSize)),
            str(catalogue.value(checksum, SPDX.checksumValue)),
        )
    files = (release / "data").iterdir()
    assert said == {f"data/{path.name}": (path.stat().st_size, sha256_file(path)) for path in files}


def test_datasets_say_what_a_portal_needs(catalogue: rdflib.Graph) -> None:
    datasets = list(catalogue.subjects(rdflib.RDF.type, DCAT.Dataset))
    assert len(datasets) == 6
    for dataset in datasets:
        for needed in (DCT.title, DCT.description, DCT.publisher, DCT.license, DCT.spatial, DCT.accrualPeriodicity, DCAT.theme,
                       DCAT.keyword, DCAT.contactPoint, DCAT.version, DCAT.inSeries, DCAT.landingPage):  # fmt: skip
            assert catalogue.value(dataset, needed, any=True) is not None, needed
        assert str(catalogue.value(dataset, DCT.title)).startswith("[Datos de ejemplo]")


def test_versions_of_a_series(published: Settings, candidate: Callable[..., str]) -> None:
    candidate(release="2026T3-r02", finished=85)
    publish(published)
    graph = rdflib.Graph().parse(published.layout.current / "catalogo.ttl")
    at = {
        release: rdflib.URIRef(f"{BASE_URL}{release}/conjuntos/colonias.html#conjunto")
        for release in ("2026T3-r01", "2026T3-r02")
    }
    series = rdflib.URIRef(f"{BASE_URL}current/conjuntos/colonias.html#serie")
    assert graph.value(at["2026T3-r02"], DCAT.prev) == at["2026T3-r01"]
    assert graph.value(at["2026T3-r02"], DCAT.inSeries) == series
    assert (graph.value(series, DCAT.first), graph.value(series, DCAT.last)) == (at["2026T3-r01"], at["2026T3-r02"])


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
    schema = read_json(release / "esquemas" / "indicador-1.0.schema.json")
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
        "Falta la entrega de «acuerdos» de julio a septiembre de 2026; lo último que se recibió llega hasta abril a junio de 2026."
    ]
    assert notices[0] in (published.layout.current / "indicadores" / "MBH-2.html").read_text()
    assert (
        "Todavía no se ha recibido ninguna entrega de «eventos_mbh»."
        in (published.layout.current / "indicadores" / "MBH-4.html").read_text()
    )
