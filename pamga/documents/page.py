"""The page of the documents: docs/interfaces.md says of each where it lies, its fields, their types and what they mean, from the models.

`python -m pamga.documents.page` writes the section again.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import JsonValue

from pamga.documents import backup, build, candidate, changes, deliveries, exports, lock, log, quality, release, status
from pamga.documents.base import Document, Part

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interfaces.md"
BEGIN, END = "<!-- documents: begin (python -m pamga.documents.page) -->", "<!-- documents: end -->"
MODULES = (deliveries, lock, log, build, candidate, quality, release, changes, status, exports, backup)
WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "null",
    JsonValue: "any JSON",
}


def documents() -> list[type[Document]]:
    """Every document that lies somewhere, in the order of the modules."""
    found = [value for module in MODULES for value in vars(module).values() if _is(value, Document)]
    return [model for model in dict.fromkeys(found) if "WHERE" in vars(model)]


def section() -> str:
    """The section, without its markers."""
    told: set[type[Part]] = set()
    return "\n".join(line for model in documents() for line in _document(model, told))


def written(page: str) -> str:
    """The page with the section as the models say it."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{section()}\n{END}{rest.partition(END)[2]}"


def _document(model: type[Document], told: set[type[Part]]) -> Iterator[str]:
    yield f"### {model.__name__}"
    yield f"`{model.WHERE}`, format {model.FORMAT}. {_said(model)}"
    yield ""
    yield from _fields(model)
    for part in _parts(model):
        if part not in told:
            told.add(part)
            yield f"**{part.__name__}**: {_said(part)}"
            yield ""
            yield from _fields(part)


def _said(model: type[Part]) -> str:
    return " ".join((inspect.getdoc(model) or "").split())


def _fields(model: type[Part]) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        lacking = "" if field.is_required() else ", may be absent"
        yield f"| `{name}` | {_type(field.annotation)}{lacking} | {field.description or ''} |"
    yield ""


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"map of {_type(arguments[0])} to {_type(arguments[1])}"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        kinds = [kind for kind in arguments if not (kind is int and float in arguments)]
        return " or ".join(_type(kind) for kind in kinds)
    return WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation))


def _parts(model: type[Part]) -> list[type[Part]]:
    """The parts of a model, those of its parts included, in the order of the fields."""
    found: list[type[Part]] = []
    for field in model.model_fields.values():
        for part in _named(field.annotation):
            found += [part, *_parts(part)]
    return list(dict.fromkeys(found))


def _named(annotation: Any) -> list[type[Part]]:
    if _is(annotation, Part):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _named(argument)]


def _is(value: Any, kind: type[Part]) -> bool:
    return isinstance(value, type) and issubclass(value, kind)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
