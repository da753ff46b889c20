"""Documents for tests: what a test says of one, and something plausible for every other field that it must have; and a folder's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pamga.documents.base import Part
from pamga.documents.deliveries import Manifest
from pamga.settings import Settings
from pamga.storage import canonical_json, sha256_file, write_atomically

P = TypeVar("P", bound=Part)
PLAUSIBLE: dict[Any, Any] = {str: "x", int: 1, float: 1.0, bool: False}


def made(model: type[P], **given: Any) -> P:
    """A document with these fields; parts may be given as dictionaries that lack what the test does not speak of."""
    return model.model_validate(_filled(model, given))


def stored(model: type[Part], given: dict[str, Any]) -> bytes:
    """The bytes of such a document."""
    return canonical_json(_filled(model, given))


def landed(settings: Settings, export: str, trimestre: str, dependencia: str, version: int = 1, **more: Any) -> Path:
    """The folder of a committed version of a delivery: its manifest, as the landing writes it."""
    folder = settings.layout.version(export, trimestre, dependencia, version)
    said = {"export": export, "trimestre": trimestre, "dependencia": dependencia, "version": version, "stands": True}
    write_atomically(folder / "manifest.json", stored(Manifest, said | more))
    return folder


def tree(root: Path, *parts: str) -> dict[str, str]:
    """Every file's hash and where each link leads, by its path below the root: in all of it, or in these folders."""
    return {
        path.relative_to(root).as_posix(): str(path.readlink()) if path.is_symlink() else sha256_file(path)
        for part in parts or (".",)
        for path in sorted((root / part).rglob("*"))
        if path.is_symlink() or path.is_file()
    }


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
