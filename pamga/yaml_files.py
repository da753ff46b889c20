"""Reading YAML with the C parser: contracts and mart descriptions are many, and the pure one takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = type("Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {"ignore_aliases": lambda self, data: True})
"""What is equal is written equally, wherever else in the document the same object stands."""


def load_yaml(path: Path) -> Any:
    """The document in `path`."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str | bytes) -> Any:
    """The document that `text` is."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C
