"""From a contract as it is written to the ODCS 3.1 document that it stands for.

What is written by hand says each fact once (docs/contracts.md): ODCS's own words where it has one, ours beside them, and nothing
that follows from something else. The whole document is what is kept with each version in the lake and what `pamga contract` prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pamga.errors import PamgaError
from pamga.yaml_files import as_yaml as yaml_of
from pamga.yaml_files import load_yaml

Document = dict[str, Any]

CUSTOM_PROPERTIES_SCHEMA = Path(__file__).parent / "contracts" / "custom_properties.schema.json"
"""What the words mean that ODCS has not."""

IN_COMMON = Path("in_common") / "in_common.yaml"
"""Beside the contracts: what all of them say, and the columns that several have."""

PUBLISHABLE, REVIEWED = "publicable", "revisado"
"""The columns in which a person says that a row's moderated texts may be published, and that what was marked in them was looked at."""

LINE = 130
"""Width of the lines of a whole document."""

_TYPES = {
    "texto": ("string", "VARCHAR"),
    "url": ("string", "VARCHAR"),
    "correo": ("string", "VARCHAR"),
    "categoria": ("string", "VARCHAR"),
    "lista": ("string", "VARCHAR"),
    "entero": ("integer", "BIGINT"),
    "decimal": ("number", "DECIMAL(20,6)"),
    "fecha": ("date", "DATE"),
    "booleano": ("boolean", "BOOLEAN"),
    "geometria": ("object", "BLOB"),
}
"""Our `tipo` -> ODCS's logical type, and the SQL type in rows.parquet (docs/interfaces.md, 'Delivery in the lake')."""
_COORDINATES = ("latitud", "longitud")
_FORMATS = {"url": "uri", "correo": "email"}
_OPTIONS = ("minimum", "maximum", "pattern")
_TEXTS = ("name", "businessName", "description")
_COLUMN_WORDS = (*_TEXTS, "required", "primaryKey", "primaryKeyPosition", "examples", "foreignKey", *_OPTIONS)
_CONTRACT_WORDS = ("name", "description", "properties")


def lake_type(nombre: str, tipo: str) -> str:
    """SQL type of a column in rows.parquet."""
    return "DOUBLE" if tipo == "decimal" and nombre in _COORDINATES else _TYPES[tipo][1]


def whole(path: Path) -> Document:
    """The ODCS document of the contract written in `path`; one that is whole already is taken as it is."""
    try:
        written = _mapping(load_yaml(path), "the file")
        return written if "schema" in written else _completed(path.stem, written, _in_common(path.parent / IN_COMMON))
    except (_Unclear, yaml.YAMLError) as error:
        raise PamgaError(f"{path.name}: {error}.", "docs/contracts.md says how a contract is written.") from error


def _completed(export: str, written: Document, always: Document) -> Document:
    _demand(written, "it", (*_CONTRACT_WORDS, "dependencias", "entrega"))
    own = _own("contrato", written, "it", {*_CONTRACT_WORDS, *always["contract"]})
    several = isinstance(own["dependencias"], list) and len(own["dependencias"]) > 1
    if several and not (own["entrega"] == "parcial" and own.get("clave_por_dependencia")):
        raise _Unclear(
            "several offices deliver it: with `entrega: parcial` and `clave_por_dependencia: true` neither replaces or repeats the other's rows"
        )
    if not isinstance(written["properties"], list):
        raise _Unclear("`properties` is no list of columns")
    columns = list(_columns(written["properties"], always["columns"]))
    names = [column["name"] for column in columns]
    _demand_company(columns, names)
    if len(set(names)) < max(1, len(names)):
        raise _Unclear(f"`properties` names a column twice, or none: {', '.join(names)}")
    key = sorted(column["primaryKeyPosition"] for column in columns if "primaryKey" in column)
    if key != list(range(1, len(key) + 1)):
        raise _Unclear(f"the columns of the key have the positions {', '.join(map(str, key))}")
    said = {word: written.get(word, value) for word, value in always["contract"].items()}
    return {
        **{word: said[word] for word in ("apiVersion", "kind")},
        "id": export,
        **{word: said[word] for word in ("version", "status")},
        "name": written["name"],
        "domain": said["domain"],
        "description": written["description"],
        "customProperties": _pairs(own),
        "schema": [{"name": export, "logicalType": "object", "physicalType": "table", "properties": columns}],
    }


def as_yaml(document: Document) -> bytes:
    """A whole document as a file; equal documents are equal bytes."""
    return yaml_of(document, LINE, readable=False).encode()


def faults_of_own_words(document: Document) -> list[str]:
    """What in the words that ODCS has not is not as their schema says; a word that is neither ours nor ODCS's is among them."""
    import jsonschema

    schema = _schema_of_own_words()
    parts = [("contrato", document), *(("columna", column) for column in document["schema"][0]["properties"])]
    found = []
    for kind, part in parts:
        validator = jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{kind}"})
        own = {item["property"]: item["value"] for item in part["customProperties"]}
        for error in validator.iter_errors(own):
            where = ".".join(map(str, error.absolute_path)) or "own words"
            found.append(f"{document['id']}, {part['name']}, {where}: {error.message}")
    return found


class _Unclear(ValueError):
    """What is written of a column cannot be completed."""


def _mapping(value: Any, of: str) -> Document:
    if not isinstance(value, dict):
        raise _Unclear(f"{of} is not made of words with what they say")
    return value


def _demand(facts: Document, of: str, words: tuple[str, ...]) -> None:
    """Raise _Unclear where a word is missing that nothing else says."""
    for word in words:
        if word not in facts:
            raise _Unclear(f"{of} has no `{word}`")


def _demand_company(columns: list[Document], names: list[str]) -> None:
    """Raise _Unclear where a column needs another that is not there: without it each file of the export would be refused."""
    said = {
        column["name"]: {pair["property"]: pair["value"] for pair in column.get("customProperties", ())}
        for column in columns
    }
    for name, own in said.items():
        needed = (PUBLISHABLE, REVIEWED) if "moderado" in own else ()
        if missing := [other for other in needed if other not in names]:
            raise _Unclear(f"`moderado` of the column {name!r} needs the columns {' and '.join(map(repr, missing))}")
        for other in (other for group in own.get("seudonimo_de", ()) for other in group):
            if "personal" not in said.get(other, {}):
                raise _Unclear(f"`seudonimo_de` of the column {name!r} names {other!r}, which is no `personal` column")


def _own(kind: str, facts: Document, of: str, words_of_odcs: set[str]) -> Document:
    """What is said in our own words. Raises _Unclear where one is none, or half said: a misspelt `personal`, or one that takes back what
    the columns in common say, must not let a name into the lake."""
    own = {word: value for word, value in facts.items() if word not in words_of_odcs}
    unknown = own.keys() - _our_words()[kind].keys()
    if unknown:
        raise _Unclear(f"{of} says {', '.join(f'`{word}`' for word in sorted(unknown))}, which means nothing")
    unsure = sorted(word for word, value in own.items() if word in _flags()[kind] and value is not True)
    if unsure:
        raise _Unclear(f"`{unsure[0]}` of {of} is `true` or is not said")
    return own


@cache
def _our_words() -> dict[str, dict[str, Document]]:
    """Of a contract and of a column, what `custom_properties.schema.json` explains: word -> what it may say."""
    return {kind: words["properties"] for kind, words in _schema_of_own_words()["$defs"].items()}


@cache
def _schema_of_own_words() -> Document:
    schema: Document = json.loads(CUSTOM_PROPERTIES_SCHEMA.read_text(encoding="utf-8"))
    return schema


@cache
def _flags() -> dict[str, frozenset[str]]:
    """The words of ours that are `true` or are not there."""
    return {
        kind: frozenset(word for word, says in words.items() if says.get("const") is True)
        for kind, words in _our_words().items()
    }


@cache
def _in_common(path: Path) -> Document:
    document: Document = load_yaml(path)
    return {**document, "columns": {column["name"]: column for column in document["columns"]}}


def _columns(written: list[Document], in_common: dict[str, Document]) -> Iterator[Document]:
    position = 0
    for number, item in enumerate(written, start=1):
        _mapping(item, f"column {number}")
        base: Document = {}
        if "common" in item:
            if item["common"] not in in_common:
                raise _Unclear(f"no column in common is called {item['common']!r}")
            base = in_common[item["common"]]
        facts = {**base, **{word: value for word, value in item.items() if word != "common"}}
        of = f"the column {facts.get('name')!r}"
        _demand(facts, of, _TEXTS)
        if facts.get("tipo") not in _TYPES:
            raise _Unclear(f"`tipo` of {of} is none of {', '.join(_TYPES)}")
        position += bool(facts.get("primaryKey"))
        yield _column(facts, position, _own("columna", facts, of, {*_COLUMN_WORDS}))


def _column(facts: Document, position: int, own: Document) -> Document:
    """One column of the document: its types follow from `tipo`; a column of the key has its place in it and is required."""
    tipo, is_key = facts["tipo"], facts.get("primaryKey", False)
    options = {word: facts[word] for word in _OPTIONS if word in facts}
    options |= {"format": _FORMATS[tipo]} if tipo in _FORMATS else {}
    column = {
        **{word: facts[word] for word in _TEXTS},
        "logicalType": _TYPES[tipo][0],
        "physicalType": lake_type(facts["name"], tipo),
        "logicalTypeOptions": options,
        "required": facts.get("required", is_key),
        "primaryKey": is_key,
        "primaryKeyPosition": is_key and facts.get("primaryKeyPosition", position),
        "examples": facts.get("examples"),
        "relationships": [{"type": "foreignKey", "to": facts["foreignKey"]}] if "foreignKey" in facts else None,
        "customProperties": _pairs(own),
    }
    return {word: value for word, value in column.items() if value}


def _pairs(own: Document) -> list[Document]:
    """ODCS writes what it has no word for as pairs."""
    return [{"property": word, "value": value} for word, value in own.items()]
