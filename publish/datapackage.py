"""Frictionless Data Package v2 of a release, and the dictionary of each dataset."""

from __future__ import annotations

from typing import Any

from pamga.candidate import Candidate
from pamga.clock import midnight
from pamga.documents.candidate import Column, Dataset
from pamga.documents.release import DataPackage, Dictionary, DictionaryColumn, Resource
from pamga.plan import plan
from pamga.settings import Settings
from publish import spanish
from publish.catalogue import MEDIA_TYPES, addresses, description_of, format_name, title_of

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_FIELD_TYPES = {
    "BIGINT": "integer", "INTEGER": "integer", "SMALLINT": "integer", "HUGEINT": "integer", "UBIGINT": "integer",
    "DOUBLE": "number", "FLOAT": "number", "DATE": "date", "BOOLEAN": "boolean", "TIMESTAMP": "datetime",
}  # fmt: skip


def field_type(sql_type: str) -> str:
    """The Table Schema type of a CSV column; geometry goes out as WKT text."""
    return "number" if sql_type.startswith("DECIMAL") else _FIELD_TYPES.get(sql_type, "string")


def datapackage(settings: Settings, candidate: Candidate, day: str) -> DataPackage:
    """The descriptor: every data file of the release is a resource, the CSV ones with their table schema."""
    at = addresses(settings, candidate.release)
    resources = []
    for dataset in candidate.datasets:
        for extension in candidate.formats(dataset.name):
            resources.append(_resource(candidate, dataset, extension))
    descriptor: dict[str, Any] = {
        "$schema": PROFILE,
        "name": f"{plan().corto}-gobierno-abierto-{candidate.release.lower()}",
        "id": at.root,
        "title": plan().titulo + (" (datos de ejemplo)" if candidate.example else ""),
        "version": candidate.release,
        "created": midnight(day),
        "homepage": at.file("index.html"),
        "licenses": [{"name": "CC-BY-4.0" if "/by/4.0" in settings.license_url else "other", "path": settings.license_url, "title": settings.license_name}],
        "contributors": [{"title": settings.publisher, "email": settings.contact_email, "roles": ["publisher"]}],
    }  # fmt: skip
    return DataPackage(**descriptor, resources=resources)


def _resource(candidate: Candidate, dataset: Dataset, extension: str) -> Resource:
    path = f"data/{dataset.name}.{extension}"
    file = candidate.files[path]
    resource: dict[str, Any] = {
        "name": f"{dataset.name}-{extension}",
        "path": path,
        "title": f"{title_of(candidate, dataset)} ({format_name(dataset, extension)})",
        "description": description_of(candidate, dataset),
        "format": extension,
        "mediatype": MEDIA_TYPES[extension],
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if extension == "csv":
        resource |= {
            "type": "table",
            "encoding": "utf-8",
            "dialect": {"header": True, "csv": {"delimiter": ","}},
            "schema": {
                "fields": [_field(dataset, column) for column in dataset.columns],
                "missingValues": [""],
                **({"primaryKey": dataset.primary_key} if dataset.primary_key else {}),
            },
        }
    else:
        resource["type"] = "file"
    return Resource(**resource)


def _field(dataset: Dataset, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": field_type(column.type), "description": column.description}
    if column.name == dataset.geometry:
        field |= {"type": "string", "description": f"{column.description} (texto WKT, EPSG:4326)"}
    if column.example is not None:
        field["example"] = column.example
    return field


def dictionary(candidate: Candidate, dataset: Dataset) -> Dictionary:
    """The dictionary of a dataset for programs."""
    return Dictionary(
        conjunto=dataset.name,
        titulo=title_of(candidate, dataset),
        descripcion=description_of(candidate, dataset),
        publicacion=candidate.release,
        llave=dataset.primary_key,
        proviene_de=dataset.sources,
        columnas=[
            DictionaryColumn(
                nombre=column.name,
                tipo=spanish.kind(column.type, column.name == dataset.geometry),
                tipo_tecnico=column.type,
                descripcion=column.description,
                unidad=column.unit,
                valores=column.values,
                ejemplo=column.example,
                proviene_de=dataset.sources,
            )
            for column in dataset.columns
        ],
    )
