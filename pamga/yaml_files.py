"""Reading YAML with the C parser: contracts and mart descriptions are many, and the pure one takes seconds.

A word that is said twice in one mapping is an error: YAML forbids it, PyYAML takes the last and loses the other unsaid.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SAFE):  # type: ignore[misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        said: set[tuple[str, str]] = set()
        for key, _ in node.value:
            word = (key.tag, str(key.value))
            if word in said:
                raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` is said twice", key.start_mark)
            said.add(word)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """What is equal is written equally, wherever else in the document the same object stands."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Readable(_Dumper):
    """Lines of text are lines."""

    def text(self, text: str) -> yaml.Node:
        node: yaml.Node = self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
        return node


_Readable.add_representer(str, _Readable.text)


def as_yaml(document: Any, width: int = 140, *, readable: bool = True) -> str:
    """The document as YAML, its words in the order in which they are given. `readable`: texts of several lines stand as such."""
    dumper = _Readable if readable else _Dumper
    return str(yaml.dump(document, Dumper=dumper, allow_unicode=True, sort_keys=False, width=width))


def load_yaml(path: Path) -> Any:
    """The document in `path`. Raises yaml.YAMLError, with the line."""
    return parse_yaml(path.read_text(encoding="utf-8"))


def parse_yaml(text: str | bytes) -> Any:
    """The document that `text` is."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
