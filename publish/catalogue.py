"""The catalogue of a release: DCAT-AP 3 with rdflib, as JSON-LD and Turtle, without a blank node and in a fixed order.

Every address starts with the setting base_url. A dataset of a release is a version in a series whose address never changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, XSD

from pamga.candidate import Candidate
from pamga.documents.candidate import Dataset
from pamga.documents.changes import Changes
from pamga.documents.lock import LockedVersion
from pamga.documents.log import Takedown
from pamga.plan import plan
from pamga.settings import Settings
from pamga.storage import canonical_json
from publish import spanish
from publish.changes import change_sentence
from publish.history import History, Past

DCAT = Namespace("http://www.w3.org/ns/dcat#")  # rdflib knows version 2 of the vocabulary, without series
SPDX = Namespace("http://spdx.org/rdf/terms#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
LOCN = Namespace("http://www.w3.org/ns/locn#")
EU = "http://publications.europa.eu/resource/authority/"
WITHDRAWN = f"{EU}dataset-status/WITHDRAWN"

# The municipality: INEGI's key 11020, its place in GeoNames, and the box that holds its boundary (INEGI, Marco Geoestadístico)

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
EU_FILE_TYPES = {"csv": "CSV", "xlsx": "XLSX", "parquet": "PARQUET", "geojson": "GEOJSON"}
EU_FREQUENCIES = {
    "diaria": "DAILY", "semanal": "WEEKLY", "mensual": "MONTHLY", "bimestral": "BIMONTHLY", "trimestral": "QUARTERLY",
    "semestral": "ANNUAL_2", "anual": "ANNUAL", "irregular": "IRREG",
}  # fmt: skip
FREQUENCY_NAMES = {
    "DAILY": "diaria", "WEEKLY": "semanal", "MONTHLY": "mensual", "BIMONTHLY": "bimestral", "QUARTERLY": "trimestral",
    "ANNUAL_2": "semestral", "ANNUAL": "anual", "IRREG": "irregular",
}  # fmt: skip
# the themes of the marts in the vocabulary of European data themes; what is not named here speaks of government
EU_THEMES = {
    "seguridad_paz": "JUST", "medio_ambiente_agua": "ENVI", "areas_verdes": "ENVI", "emprendimiento": "ECON",
    "territorio": "REGI", "mi_barrio_habla": "SOCI", "cabildo_abierto_juvenil": "SOCI",
}  # fmt: skip
EU_THEME_NAMES = {
    "JUST": "Justicia, sistema judicial y seguridad pública", "ENVI": "Medio ambiente", "ECON": "Economía y finanzas",
    "REGI": "Regiones y ciudades", "SOCI": "Población y sociedad", "GOVE": "Gobierno y sector público",
}  # fmt: skip
# longitude and latitude in degrees, in that order: what GeoJSON, GeoParquet and the WKT of our CSV files are in
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
STANDARDS = {
    "csv": {CRS84: "Longitud y latitud (OGC CRS84)"},
    "parquet": {CRS84: "Longitud y latitud (OGC CRS84)", "https://geoparquet.org/releases/v1.0.0/": "GeoParquet 1.0"},
    "geojson": {
        CRS84: "Longitud y latitud (OGC CRS84)",
        "https://www.rfc-editor.org/rfc/rfc7946": "GeoJSON (RFC 7946)",
    },
}  # of the distributions of a dataset with geometry; its workbook leaves the geometry out
EXAMPLE_PREFIX = "[Datos de ejemplo] "
EXAMPLE_NOTE = "Son datos de ejemplo: no describen hechos reales."


@dataclass(frozen=True)
class Addresses:
    """The stable addresses under which a release is served."""

    base: str
    release: str

    @property
    def root(self) -> str:
        return f"{self.base}{self.release}/"

    def file(self, path: str) -> str:
        return self.root + path

    def current(self, path: str) -> str:
        return f"{self.base}current/{path}"

    def dataset(self, name: str) -> URIRef:
        return URIRef(f"{self.root}conjuntos/{name}.html#conjunto")

    def series(self, name: str) -> URIRef:
        return URIRef(self.current(f"conjuntos/{name}.html#serie"))


def addresses(settings: Settings, release: str) -> Addresses:
    """Addresses of a release; the setting base_url may or may not end with a slash."""
    return Addresses(settings.base_url.rstrip("/") + "/", release)


def title_of(candidate: Candidate, dataset: Dataset) -> str:
    """A dataset's title as published: example data say so first."""
    return (EXAMPLE_PREFIX if candidate.example else "") + dataset.title


def description_of(candidate: Candidate, dataset: Dataset) -> str:
    """A dataset's description as published: whoever harvests it is told what a reader of its page is told."""
    parts = (EXAMPLE_NOTE if candidate.example else None, dataset.description, dataset.notice)
    return " ".join(part for part in parts if part)


def format_name(dataset: Dataset, extension: str) -> str:
    """How people call a file's format: Parquet with a geometry is GeoParquet."""
    return "GeoParquet" if extension == "parquet" and dataset.geometry else spanish.FORMATS[extension][0]


def build_catalogue(
    settings: Settings,
    candidate: Candidate,
    changes: Changes,
    history: History,
    down: Mapping[str, Takedown] | None = None,
) -> Graph:
    """The graph of a release with these changes; `down`: the datasets that were taken down."""
    day = changes.fecha_a
    at = addresses(settings, candidate.release)
    graph = Graph()
    for prefix, namespace in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("spdx", SPDX), ("vcard", VCARD),
                              ("adms", ADMS), ("skos", SKOS), ("locn", LOCN), ("prov", PROV)):  # fmt: skip
        graph.bind(prefix, namespace)
    shared = _shared_resources(graph, settings, at)
    catalogue = URIRef(
        at.current("catalogo.jsonld#catalogo")
    )  # one catalogue for whoever harvests it, release after release
    since = min((dataset.first_day for dataset in history.past.values() if dataset.first_day), default=day)
    mark = EXAMPLE_PREFIX if candidate.example else ""
    note = f"{EXAMPLE_NOTE} " if candidate.example else ""
    _add(
        graph, catalogue, RDF.type, DCAT.Catalog, (DCTERMS.title, _es(f"{mark}Datos abiertos del {plan().titulo}")),
        (DCTERMS.description, _es(f"{note}Seguimiento de los {spanish.spelled(len(plan().compromisos))} compromisos y {len(plan().indicadores)} indicadores del plan, con los datos con que se calculan. Publicación {candidate.release}.")),
        (DCTERMS.publisher, shared["publisher"]), (DCTERMS.license, shared["license"]), (DCTERMS.language, shared["language"]),
        (DCTERMS.spatial, _place()), (DCTERMS.issued, _date(since)), (DCTERMS.modified, _date(day)),
        (FOAF.homepage, _typed(graph, at.current("index.html"), FOAF.Document)),
        (DCAT.themeTaxonomy, shared["taxonomy"]), (DCAT.version, Literal(candidate.release)),
    )  # fmt: skip
    shared["activity"] = _add_activity(graph, candidate, at, shared)
    for dataset in candidate.datasets:
        before, change = history.past.get(dataset.name, Past()), changes.dataset(dataset.name)
        series = _add_series(graph, candidate, dataset, at, shared)
        node = _add_dataset(graph, candidate, dataset, at, shared, day)
        _add(
            graph, node, DCAT.inSeries, series, (DCTERMS.modified, _date(history.modified[dataset.name])),
            (ADMS.versionNotes, _es(change_sentence(change, changes.de))),
        )  # fmt: skip
        for extension in candidate.formats(dataset.name):
            since = history.files[f"data/{dataset.name}.{extension}"]
            distribution = _add_distribution(graph, candidate, dataset, extension, at, shared)
            _add(graph, distribution, DCTERMS.issued, _date(day), (DCTERMS.modified, _date(since)))
            _add(graph, node, DCAT.distribution, distribution)
        _add(graph, catalogue, DCAT.resource, series, (DCAT.dataset, node))
        earlier = [addresses(settings, release).dataset(dataset.name) for release in before.versions]
        if earlier:
            _add(graph, node, DCAT.prev, earlier[-1], (DCAT.previousVersion, earlier[-1]))
        _add(
            graph, series, DCAT.first, [*earlier, node][0], (DCAT.last, node),
            (DCTERMS.issued, _date(before.first_day or day)), (DCTERMS.modified, _date(history.modified[dataset.name])),
        )  # fmt: skip
        for version in [*earlier, node]:
            _add(graph, series, DCAT.seriesMember, version)
    for name, record in sorted((down or {}).items()):
        _add_withdrawn(graph, catalogue, at, name, record)
    return graph


def _add_withdrawn(graph: Graph, catalogue: URIRef, at: Addresses, name: str, record: Takedown) -> None:
    """A dataset that no release holds any more: harvesters are told that it was withdrawn, and not left to guess."""
    status = URIRef(WITHDRAWN)
    _add(graph, status, RDF.type, SKOS.Concept, (SKOS.prefLabel, _es("Retirado")))
    said = f"Se retiró el {spanish.long_date(record.fecha)}. Motivo: {record.motivo}"
    _add(
        graph, at.series(name), RDF.type, DCAT.DatasetSeries, (DCTERMS.identifier, Literal(name)), (DCTERMS.title, _es(name)),
        (DCTERMS.description, _es(said)), (ADMS.status, status), (DCTERMS.modified, _date(record.fecha)),
    )  # fmt: skip
    _add(graph, catalogue, DCAT.resource, at.series(name))


def _shared_resources(graph: Graph, settings: Settings, at: Addresses) -> dict[str, URIRef]:
    """Publisher, contact, licence, language, place: said once and pointed to."""
    publisher = URIRef(at.current("catalogo.jsonld#editor"))
    _add(graph, publisher, RDF.type, FOAF.Agent, (FOAF.name, _es(settings.publisher)))
    contact = URIRef(at.current("catalogo.jsonld#contacto"))
    _add(
        graph, contact, RDF.type, VCARD.Kind, (RDF.type, VCARD.Organization), (VCARD.fn, _es(settings.publisher)),
        (VCARD.hasEmail, URIRef(f"mailto:{settings.contact_email}")),
    )  # fmt: skip
    licence = URIRef(settings.license_url)
    _add(graph, licence, RDF.type, DCTERMS.LicenseDocument, (DCTERMS.title, _es(settings.license_name)))
    language = URIRef(f"{EU}language/SPA")
    _add(graph, language, RDF.type, DCTERMS.LinguisticSystem)
    _add(
        graph, _place(), RDF.type, DCTERMS.Location, (SKOS.prefLabel, _es(f"{plan().municipio_y_estado}, {plan().lugar.pais}")),
        (DCTERMS.identifier, Literal(plan().lugar.clave)),
        (DCAT.bbox, Literal(plan().lugar.caja, datatype=URIRef("http://www.opengis.net/ont/geosparql#wktLiteral"))),
    )  # fmt: skip
    algorithm = SPDX.checksumAlgorithm_sha256
    _add(graph, algorithm, RDF.type, SPDX.ChecksumAlgorithm)
    taxonomy = URIRef(f"{EU}data-theme")
    _add(graph, taxonomy, RDF.type, SKOS.ConceptScheme, (DCTERMS.title, _es("Temas de datos")))
    public = URIRef(f"{EU}access-right/PUBLIC")
    _add(graph, public, RDF.type, DCTERMS.RightsStatement, (RDFS.label, _es("Acceso público")))
    return {
        "publisher": publisher, "contact": contact, "license": licence, "language": language, "algorithm": algorithm,
        "taxonomy": taxonomy, "public": public,
    }  # fmt: skip


def _add_activity(graph: Graph, candidate: Candidate, at: Addresses, shared: dict[str, URIRef]) -> URIRef:
    """What made the datasets of a release: the code over the deliveries, both named by its inputs.lock."""
    activity, plan = URIRef(at.file("inputs.lock#corrida")), URIRef(at.file("inputs.lock#codigo"))
    code = candidate.lock.code
    _add(
        graph, activity, RDF.type, PROV.Activity,
        (RDFS.label, _es(f"Cálculo de la publicación {candidate.release} a partir de {_deliveries(candidate.lock.deliveries)}")),
        (PROV.used, _typed(graph, at.file("inputs.lock"), PROV.Entity)), (PROV.used, plan), (PROV.wasAssociatedWith, shared["publisher"]),
    )  # fmt: skip
    _add(
        graph, plan, RDF.type, PROV.Entity, (RDFS.label, _es("Código con que se calculó")),
        (DCTERMS.identifier, Literal(code.commit or f"sha256:{code.sha256}")),
    )  # fmt: skip
    return activity


def _deliveries(deliveries: Sequence[LockedVersion]) -> str:
    return spanish.count(len(deliveries), "entrega", "entregas")


def origin_sentence(candidate: Candidate, dataset: Dataset) -> str:
    """Where a dataset comes from, in words: which deliveries, and until which quarter they reach."""
    if not dataset.sources:
        return "Sale del plan y del registro de entregas y publicaciones, no de una entrega en particular."
    behind = [d for d in candidate.lock.deliveries if d.export in dataset.sources]
    named = spanish.listed([f"«{source}»" for source in dataset.sources])
    if not behind:
        return f"Se calcula con las entregas de {named}; todavía no se ha recibido ninguna."
    newest = max(delivery.trimestre for delivery in behind)
    return f"Se calcula con {_deliveries(behind)} de {named}; la última llega hasta {spanish.quarter(newest)}."


def _place() -> URIRef:
    return URIRef(plan().lugar.geonames)


def _describe(graph: Graph, node: URIRef, candidate: Candidate, dataset: Dataset, shared: dict[str, URIRef]) -> None:
    """What a version and its series say alike."""
    _add(
        graph, node, DCTERMS.title, _es(title_of(candidate, dataset)),
        (DCTERMS.description, _es(description_of(candidate, dataset))), (DCTERMS.publisher, shared["publisher"]),
        (DCAT.contactPoint, shared["contact"]), (DCTERMS.spatial, _place()),
    )  # fmt: skip
    frequency = EU_FREQUENCIES.get(dataset.periodicity or "", "IRREG")
    _add(
        graph,
        node,
        DCTERMS.accrualPeriodicity,
        _concept(graph, f"{EU}frequency/{frequency}", DCTERMS.Frequency, FREQUENCY_NAMES[frequency]),
    )
    bounds = spanish.period_bounds(dataset.temporal)
    if bounds:
        period = URIRef(f"{str(node).split('#')[0]}#periodo")
        _add(
            graph,
            period,
            RDF.type,
            DCTERMS.PeriodOfTime,
            (DCAT.startDate, _date(bounds[0].isoformat())),
            (DCAT.endDate, _date(bounds[1].isoformat())),
        )
        _add(graph, node, DCTERMS.temporal, period)


def _add_series(
    graph: Graph, candidate: Candidate, dataset: Dataset, at: Addresses, shared: dict[str, URIRef]
) -> URIRef:
    """The dataset through time: one address for all its releases."""
    series = at.series(dataset.name)
    _add(graph, series, RDF.type, DCAT.DatasetSeries, (DCTERMS.identifier, Literal(dataset.name)))
    _describe(graph, series, candidate, dataset, shared)
    return series


def _add_dataset(
    graph: Graph, candidate: Candidate, dataset: Dataset, at: Addresses, shared: dict[str, URIRef], day: str
) -> URIRef:
    """The dataset as of this release."""
    node = at.dataset(dataset.name)
    _describe(graph, node, candidate, dataset, shared)
    theme = EU_THEMES.get(dataset.theme or "", "GOVE")
    _add(
        graph, node, RDF.type, DCAT.Dataset, (DCTERMS.identifier, Literal(f"{candidate.release}/{dataset.name}")),
        (DCAT.version, Literal(candidate.release)), (DCTERMS.issued, _date(day)),
        (DCTERMS.language, shared["language"]), (DCTERMS.license, shared["license"]), (DCTERMS.accessRights, shared["public"]),
        (DCAT.landingPage, _typed(graph, at.file(f"conjuntos/{dataset.name}.html"), FOAF.Document)),
        (FOAF.page, _typed(graph, at.file(f"diccionario/{dataset.name}.html"), FOAF.Document)),
        (DCAT.theme, _concept(graph, f"{EU}data-theme/{theme}", SKOS.Concept, EU_THEME_NAMES[theme], shared["taxonomy"])),
    )  # fmt: skip
    for keyword in dataset.keywords:
        _add(graph, node, DCAT.keyword, _es(keyword))
    origin = URIRef(f"{str(node).split('#')[0]}#procedencia")
    _add(graph, origin, RDF.type, DCTERMS.ProvenanceStatement, (RDFS.label, _es(origin_sentence(candidate, dataset))))
    _add(graph, node, DCTERMS.provenance, origin, (PROV.wasGeneratedBy, shared["activity"]))
    return node


def _add_distribution(
    graph: Graph,
    candidate: Candidate,
    dataset: Dataset,
    extension: str,
    at: Addresses,
    shared: dict[str, URIRef],
) -> URIRef:
    """One file of the dataset."""
    path = f"data/{dataset.name}.{extension}"
    file = candidate.files[path]
    node = URIRef(f"{at.root}conjuntos/{dataset.name}.html#{extension}")
    checksum = URIRef(f"{node}-suma")
    _add(
        graph, checksum, RDF.type, SPDX.Checksum, (SPDX.algorithm, shared["algorithm"]),
        (SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)),
    )  # fmt: skip
    address = _typed(graph, at.file(path), RDFS.Resource)
    name = format_name(dataset, extension)
    kind = _concept(
        graph, f"{EU}file-type/{EU_FILE_TYPES[extension]}", DCTERMS.MediaTypeOrExtent, spanish.FORMATS[extension][0]
    )
    media_type = URIRef(f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[extension]}")
    _add(graph, media_type, RDF.type, DCTERMS.MediaType)
    _add(
        graph, node, RDF.type, DCAT.Distribution, (DCTERMS.title, _es(f"{title_of(candidate, dataset)} ({name})")),
        (DCAT.accessURL, address), (DCAT.downloadURL, address), (DCTERMS.license, shared["license"]),
        (DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger)), (SPDX.checksum, checksum),
        (DCTERMS["format"], kind), (DCAT.mediaType, media_type),
    )  # fmt: skip
    for standard, label in (STANDARDS.get(extension, {}) if dataset.geometry else {}).items():
        _add(graph, node, DCTERMS.conformsTo, _typed(graph, standard, DCTERMS.Standard))
        _add(graph, URIRef(standard), DCTERMS.title, _es(label))
    return node


def _concept(graph: Graph, address: str, kind: URIRef, label: str, scheme: URIRef | None = None) -> URIRef:
    node = URIRef(address)
    _add(graph, node, RDF.type, kind, (RDF.type, SKOS.Concept), (SKOS.prefLabel, _es(label)))
    if scheme is not None:
        _add(graph, node, SKOS.inScheme, scheme)
    return node


def _typed(graph: Graph, address: str, kind: URIRef) -> URIRef:
    node = URIRef(address)
    _add(graph, node, RDF.type, kind)
    return node


def _add(graph: Graph, subject: URIRef, predicate: URIRef, value: Any, *more: tuple[URIRef, Any]) -> None:
    """One statement about a subject, and further ones."""
    for verb, said in ((predicate, value), *more):
        graph.add((subject, verb, said))


def _es(text: str) -> Literal:
    return Literal(text, lang="es")


def _date(day: str) -> Literal:
    return Literal(day, datatype=XSD.date)


def as_turtle(graph: Graph) -> bytes:
    """Turtle; rdflib orders subjects and predicates, and there is no blank node whose label could vary."""
    return str(graph.serialize(format="turtle")).encode()


def as_json_ld(graph: Graph) -> bytes:
    """Expanded JSON-LD under @graph with every list sorted: equal graphs give equal bytes."""
    nodes = json.loads(graph.serialize(format="json-ld", auto_compact=False))
    for node in nodes:
        for key, values in node.items():
            if isinstance(values, list):
                node[key] = sorted(values, key=lambda value: json.dumps(value, sort_keys=True))
    return canonical_json({"@graph": sorted(nodes, key=lambda node: str(node["@id"]))})
