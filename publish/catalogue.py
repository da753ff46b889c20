"""The catalogue of a release: DCAT-AP 3 with rdflib, as JSON-LD and Turtle, without a blank node and in a fixed order.

Every address starts with the setting base_url. A dataset of a release is a version in a series whose address never changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from pamga.spanish import counted, file_name
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
FREQUENCY_NAMES = {code: name for name, code in EU_FREQUENCIES.items()}
EU_THEME_NAMES = {
    "JUST": "Justicia, sistema judicial y seguridad pública", "ENVI": "Medio ambiente", "ECON": "Economía y finanzas",
    "REGI": "Regiones y ciudades", "SOCI": "Población y sociedad", "GOVE": "Gobierno y sector público",
}  # fmt: skip
# longitude and latitude in degrees, in that order: what GeoJSON, GeoParquet and the WKT of our CSV files are in
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# of the distributions of a dataset with geometry; its workbook leaves the geometry out
STANDARDS = {
    "csv": {CRS84: "Longitud y latitud (OGC CRS84)"},
    "parquet": {CRS84: "Longitud y latitud (OGC CRS84)", "https://geoparquet.org/releases/v1.0.0/": "GeoParquet 1.0"},
    "geojson": {
        CRS84: "Longitud y latitud (OGC CRS84)",
        "https://www.rfc-editor.org/rfc/rfc7946": "GeoJSON (RFC 7946)",
    },
}
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


def eu_theme(theme: str | None) -> str:
    """A theme of ours in the vocabulary of European data themes; what has none there speaks of government."""
    ours = {"territorio": "REGI"} | {key: said.europeo for key, said in plan().temas.items()}
    ours |= {file_name(plan().compromisos[key]): european for key, european in plan().temas_europeos.items()}
    return ours.get(theme or "", "GOVE")


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
    made = _Catalogue(settings, candidate, changes.fecha_a, addresses(settings, candidate.release))
    made.write(changes, history, down or {})
    return made.graph


@dataclass
class _Catalogue:
    """The graph of a release while it is made."""

    settings: Settings
    candidate: Candidate
    day: str
    at: Addresses
    graph: Graph = field(default_factory=Graph)
    shared: dict[str, URIRef] = field(default_factory=dict)
    """What is said once and pointed to."""

    def write(self, changes: Changes, history: History, down: Mapping[str, Takedown]) -> None:
        """Everything of the release, the datasets in their order."""
        for prefix, namespace in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("spdx", SPDX), ("vcard", VCARD),
                                  ("adms", ADMS), ("skos", SKOS), ("locn", LOCN), ("prov", PROV)):  # fmt: skip
            self.graph.bind(prefix, namespace)
        self._add_shared()
        # one catalogue for whoever harvests it, release after release
        catalogue = URIRef(self.at.current("catalogo.jsonld#catalogo"))
        since = min((dataset.first_day for dataset in history.past.values() if dataset.first_day), default=self.day)
        mark = EXAMPLE_PREFIX if self.candidate.example else ""
        note = f"{EXAMPLE_NOTE} " if self.candidate.example else ""
        self._add(
            catalogue, RDF.type, DCAT.Catalog, (DCTERMS.title, _es(f"{mark}Datos abiertos del {plan().titulo}")),
            (DCTERMS.description, _es(f"{note}Seguimiento de los {spanish.spelled(len(plan().compromisos))} compromisos y {len(plan().indicadores)} indicadores del plan, con los datos con que se calculan. Publicación {self.candidate.release}.")),
            (DCTERMS.publisher, self.shared["publisher"]), (DCTERMS.license, self.shared["license"]), (DCTERMS.language, self.shared["language"]),
            (DCTERMS.spatial, _place()), (DCTERMS.issued, _date(since)), (DCTERMS.modified, _date(self.day)),
            (FOAF.homepage, self._typed(self.at.current("index.html"), FOAF.Document)),
            (DCAT.themeTaxonomy, self.shared["taxonomy"]), (DCAT.version, Literal(self.candidate.release)),
        )  # fmt: skip
        self.shared["activity"] = self._add_activity()
        for dataset in self.candidate.datasets:
            before, change = history.past.get(dataset.name, Past()), changes.dataset(dataset.name)
            series = self._add_series(dataset)
            node = self._add_dataset(dataset)
            self._add(
                node, DCAT.inSeries, series, (DCTERMS.modified, _date(history.modified[dataset.name])),
                (ADMS.versionNotes, _es(change_sentence(change, changes.de))),
            )  # fmt: skip
            for extension in self.candidate.formats(dataset.name):
                since = history.files[f"data/{dataset.name}.{extension}"]
                distribution = self._add_distribution(dataset, extension)
                self._add(distribution, DCTERMS.issued, _date(self.day), (DCTERMS.modified, _date(since)))
                self._add(node, DCAT.distribution, distribution)
            self._add(catalogue, DCAT.resource, series, (DCAT.dataset, node))
            earlier = [addresses(self.settings, release).dataset(dataset.name) for release in before.versions]
            if earlier:
                self._add(node, DCAT.prev, earlier[-1], (DCAT.previousVersion, earlier[-1]))
            self._add(
                series, DCAT.first, [*earlier, node][0], (DCAT.last, node),
                (DCTERMS.issued, _date(before.first_day or self.day)), (DCTERMS.modified, _date(history.modified[dataset.name])),
            )  # fmt: skip
            for version in [*earlier, node]:
                self._add(series, DCAT.seriesMember, version)
        for name, record in sorted(down.items()):
            self._add_withdrawn(catalogue, name, record)

    def _add_withdrawn(self, catalogue: URIRef, name: str, record: Takedown) -> None:
        """A dataset that no release holds any more: harvesters are told that it was withdrawn, and not left to guess."""
        status = URIRef(WITHDRAWN)
        self._add(status, RDF.type, SKOS.Concept, (SKOS.prefLabel, _es("Retirado")))
        said = f"Se retiró el {spanish.long_date(record.fecha)}. Motivo: {record.motivo}"
        self._add(
            self.at.series(name), RDF.type, DCAT.DatasetSeries, (DCTERMS.identifier, Literal(name)), (DCTERMS.title, _es(name)),
            (DCTERMS.description, _es(said)), (ADMS.status, status), (DCTERMS.modified, _date(record.fecha)),
        )  # fmt: skip
        self._add(catalogue, DCAT.resource, self.at.series(name))

    def _add_shared(self) -> None:
        """Publisher, contact, licence, language, place: said once and pointed to."""
        publisher = URIRef(self.at.current("catalogo.jsonld#editor"))
        self._add(publisher, RDF.type, FOAF.Agent, (FOAF.name, _es(self.settings.publisher)))
        contact = URIRef(self.at.current("catalogo.jsonld#contacto"))
        self._add(
            contact, RDF.type, VCARD.Kind, (RDF.type, VCARD.Organization), (VCARD.fn, _es(self.settings.publisher)),
            (VCARD.hasEmail, URIRef(f"mailto:{self.settings.contact_email}")),
        )  # fmt: skip
        licence = URIRef(self.settings.license_url)
        self._add(licence, RDF.type, DCTERMS.LicenseDocument, (DCTERMS.title, _es(self.settings.license_name)))
        language = URIRef(f"{EU}language/SPA")
        self._add(language, RDF.type, DCTERMS.LinguisticSystem)
        self._add(
            _place(), RDF.type, DCTERMS.Location, (SKOS.prefLabel, _es(f"{plan().municipio_y_estado}, {plan().lugar.pais}")),
            (DCTERMS.identifier, Literal(plan().lugar.clave)),
            (DCAT.bbox, Literal(plan().lugar.caja, datatype=URIRef("http://www.opengis.net/ont/geosparql#wktLiteral"))),
        )  # fmt: skip
        algorithm = SPDX.checksumAlgorithm_sha256
        self._add(algorithm, RDF.type, SPDX.ChecksumAlgorithm)
        taxonomy = URIRef(f"{EU}data-theme")
        self._add(taxonomy, RDF.type, SKOS.ConceptScheme, (DCTERMS.title, _es("Temas de datos")))
        public = URIRef(f"{EU}access-right/PUBLIC")
        self._add(public, RDF.type, DCTERMS.RightsStatement, (RDFS.label, _es("Acceso público")))
        self.shared |= {
            "publisher": publisher, "contact": contact, "license": licence, "language": language, "algorithm": algorithm,
            "taxonomy": taxonomy, "public": public,
        }  # fmt: skip

    def _add_activity(self) -> URIRef:
        """What made the datasets of a release: the code over the deliveries, both named by its inputs.lock."""
        activity, plan = URIRef(self.at.file("inputs.lock#corrida")), URIRef(self.at.file("inputs.lock#codigo"))
        code = self.candidate.lock.code
        self._add(
            activity, RDF.type, PROV.Activity,
            (RDFS.label, _es(f"Cálculo de la publicación {self.candidate.release} a partir de {_deliveries(self.candidate.lock.deliveries)}")),
            (PROV.used, self._typed(self.at.file("inputs.lock"), PROV.Entity)), (PROV.used, plan), (PROV.wasAssociatedWith, self.shared["publisher"]),
        )  # fmt: skip
        self._add(
            plan, RDF.type, PROV.Entity, (RDFS.label, _es("Código con que se calculó")),
            (DCTERMS.identifier, Literal(code.commit or f"sha256:{code.sha256}")),
        )  # fmt: skip
        return activity

    def _describe(self, node: URIRef, dataset: Dataset) -> None:
        """What a version and its series say alike."""
        self._add(
            node, DCTERMS.title, _es(title_of(self.candidate, dataset)),
            (DCTERMS.description, _es(description_of(self.candidate, dataset))), (DCTERMS.publisher, self.shared["publisher"]),
            (DCAT.contactPoint, self.shared["contact"]), (DCTERMS.spatial, _place()),
        )  # fmt: skip
        frequency = EU_FREQUENCIES.get(dataset.periodicity or "", "IRREG")
        self._add(
            node,
            DCTERMS.accrualPeriodicity,
            self._concept(f"{EU}frequency/{frequency}", DCTERMS.Frequency, FREQUENCY_NAMES[frequency]),
        )
        bounds = spanish.period_bounds(dataset.temporal)
        if bounds:
            period = URIRef(f"{str(node).split('#')[0]}#periodo")
            self._add(
                period,
                RDF.type,
                DCTERMS.PeriodOfTime,
                (DCAT.startDate, _date(bounds[0].isoformat())),
                (DCAT.endDate, _date(bounds[1].isoformat())),
            )
            self._add(node, DCTERMS.temporal, period)

    def _add_series(self, dataset: Dataset) -> URIRef:
        """The dataset through time: one address for all its releases."""
        series = self.at.series(dataset.name)
        self._add(series, RDF.type, DCAT.DatasetSeries, (DCTERMS.identifier, Literal(dataset.name)))
        self._describe(series, dataset)
        return series

    def _add_dataset(self, dataset: Dataset) -> URIRef:
        """The dataset as of this release."""
        node = self.at.dataset(dataset.name)
        self._describe(node, dataset)
        theme = eu_theme(dataset.theme)
        self._add(
            node, RDF.type, DCAT.Dataset, (DCTERMS.identifier, Literal(f"{self.candidate.release}/{dataset.name}")),
            (DCAT.version, Literal(self.candidate.release)), (DCTERMS.issued, _date(self.day)),
            (DCTERMS.language, self.shared["language"]), (DCTERMS.license, self.shared["license"]), (DCTERMS.accessRights, self.shared["public"]),
            (DCAT.landingPage, self._typed(self.at.file(f"conjuntos/{dataset.name}.html"), FOAF.Document)),
            (FOAF.page, self._typed(self.at.file(f"diccionario/{dataset.name}.html"), FOAF.Document)),
            (DCAT.theme, self._concept(f"{EU}data-theme/{theme}", SKOS.Concept, EU_THEME_NAMES[theme], self.shared["taxonomy"])),
        )  # fmt: skip
        for keyword in dataset.keywords:
            self._add(node, DCAT.keyword, _es(keyword))
        origin = URIRef(f"{str(node).split('#')[0]}#procedencia")
        self._add(
            origin, RDF.type, DCTERMS.ProvenanceStatement, (RDFS.label, _es(origin_sentence(self.candidate, dataset)))
        )
        self._add(node, DCTERMS.provenance, origin, (PROV.wasGeneratedBy, self.shared["activity"]))
        return node

    def _add_distribution(self, dataset: Dataset, extension: str) -> URIRef:
        """One file of the dataset."""
        path = f"data/{dataset.name}.{extension}"
        file = self.candidate.files[path]
        node = URIRef(f"{self.at.root}conjuntos/{dataset.name}.html#{extension}")
        checksum = URIRef(f"{node}-suma")
        self._add(
            checksum, RDF.type, SPDX.Checksum, (SPDX.algorithm, self.shared["algorithm"]),
            (SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)),
        )  # fmt: skip
        address = self._typed(self.at.file(path), RDFS.Resource)
        name = format_name(dataset, extension)
        kind = self._concept(
            f"{EU}file-type/{EU_FILE_TYPES[extension]}", DCTERMS.MediaTypeOrExtent, spanish.FORMATS[extension][0]
        )
        media_type = URIRef(f"https://www.iana.org/assignments/media-types/{MEDIA_TYPES[extension]}")
        self._add(media_type, RDF.type, DCTERMS.MediaType)
        self._add(
            node, RDF.type, DCAT.Distribution, (DCTERMS.title, _es(f"{title_of(self.candidate, dataset)} ({name})")),
            (DCAT.accessURL, address), (DCAT.downloadURL, address), (DCTERMS.license, self.shared["license"]),
            (DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger)), (SPDX.checksum, checksum),
            (DCTERMS["format"], kind), (DCAT.mediaType, media_type),
        )  # fmt: skip
        for standard, label in (STANDARDS.get(extension, {}) if dataset.geometry else {}).items():
            self._add(node, DCTERMS.conformsTo, self._typed(standard, DCTERMS.Standard))
            self._add(URIRef(standard), DCTERMS.title, _es(label))
        return node

    def _concept(self, address: str, kind: URIRef, label: str, scheme: URIRef | None = None) -> URIRef:
        node = URIRef(address)
        self._add(node, RDF.type, kind, (RDF.type, SKOS.Concept), (SKOS.prefLabel, _es(label)))
        if scheme is not None:
            self._add(node, SKOS.inScheme, scheme)
        return node

    def _typed(self, address: str, kind: URIRef) -> URIRef:
        node = URIRef(address)
        self._add(node, RDF.type, kind)
        return node

    def _add(self, subject: URIRef, predicate: URIRef, value: Any, *more: tuple[URIRef, Any]) -> None:
        """One statement about a subject, and further ones."""
        for verb, said in ((predicate, value), *more):
            self.graph.add((subject, verb, said))


def _deliveries(deliveries: Sequence[LockedVersion]) -> str:
    return counted(len(deliveries), "entrega")


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
