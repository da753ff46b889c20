"""Reading YAML with the C parser: contracts and mart descriptions are many, and the pure one takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path) -> Any:
    """The document in `path`."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C


def dump_yaml(document: Any) -> str:
    """A document as YAML for Soda, not for people."""
    return str(yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=True))
