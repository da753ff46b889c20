"""Documents for tests: what a test says of one, and something plausible for every other field that it must have."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin

from pamga.documents.base import Part
from pamga.storage import canonical_json

P = TypeVar("P", bound=Part)
PLAUSIBLE: dict[Any, Any] = {str: "x", int: 1, float: 1.0, bool: False}


def made(model: type[P], **given: Any) -> P:
    """A document with these fields; parts may be given as dictionaries that lack what the test does not speak of."""
    return model.model_validate(_filled(model, given))


def stored(model: type[Part], given: dict[str, Any]) -> bytes:
    """The bytes of such a document."""
    return canonical_json(_filled(model, given))


def _filled(model: type[Part], given: dict[str, Any]) -> dict[str, Any]:
    known = {
        name: _value(model.model_fields[name].annotation, value) if name in model.model_fields else value
        for name, value in given.items()
    }
    for name, field in model.model_fields.items():
        if name not in known and field.is_required():
            known[name] = _plausible(field.annotation)
    return known


def _value(annotation: Any, value: Any) -> Any:
    parts = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type) and issubclass(kind, Part)]
    if isinstance(value, Part):
        return value
    if isinstance(value, dict) and parts and get_origin(annotation) is not dict:
        return _filled(parts[0], value)
    if isinstance(value, list) and parts:
        return [_value(parts[0], entry) for entry in value]
    return value


def _plausible(annotation: Any) -> Any:
    if type(None) in get_args(annotation):
        return None
    if get_origin(annotation) in (list, dict):
        return get_origin(annotation)()
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return _filled(annotation, {})
    return PLAUSIBLE[annotation]
