"""docker-compose.yml as Docker reads it: interpolated from the environment file, merged, its mounts told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT, IMAGE_OF = "pamga-leon", "folders"
"""The project's name, and the service for which the image of the whole pipeline is built."""
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<word>[^}]*))?\}")


@dataclass(frozen=True)
class Mount:
    """One mount of a service: a part of a volume, or a path of the host."""

    target: str
    volume: str | None
    source: Path | None
    subpath: str | None
    read_only: bool


@dataclass(frozen=True)
class Compose:
    """A compose file with its variables filled in."""

    folder: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, path: Path, environment: dict[str, str]) -> Compose:
        """Raises KeyError for a variable that is required and not given, as Docker would stop."""
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(path.parent, _filled(document, environment))

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.document["services"]
        return found

    def environment(self, name: str) -> dict[str, str]:
        return {variable: str(value) for variable, value in self.services[name].get("environment", {}).items()}

    def mounts(self, name: str) -> list[Mount]:
        return [self._mount(entry) for entry in self.services[name].get("volumes", [])]

    def _mount(self, entry: str | dict[str, Any]) -> Mount:
        if isinstance(entry, dict):
            subpath = entry.get("volume", {}).get("subpath")
            return Mount(entry["target"], entry["source"], None, subpath, bool(entry.get("read_only")))
        source, target, *options = entry.split(":")
        outside = source.startswith(("./", "/"))
        return Mount(
            target,
            None if outside else source,
            (self.folder / source).resolve() if outside else None,
            None,
            options == ["ro"],
        )


def is_pipeline(service: dict[str, Any]) -> bool:
    """Whether it runs in the image that is ours: which is built for one service and no other."""
    return (
        service.get("build", {}).get("dockerfile") == "docker/Dockerfile"
        or service.get("image") == f"{PROJECT}-{IMAGE_OF}"
    )


def read_environment_file(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line.strip() and not line.startswith("#"))


def _filled(value: Any, environment: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environment) for inner in value]
    return _VARIABLE.sub(lambda found: _variable(found, environment), value) if isinstance(value, str) else value


def _variable(found: re.Match[str], environment: dict[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    given = environment.get(found["name"])
    if given or found["how"] is None:
        return given or ""
    if "?" in found["how"]:
        raise KeyError(f"{found['name']} is not given: {found['word']}")
    return str(found["word"])
