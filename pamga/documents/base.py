"""What all documents share: they are read whole or not at all, they carry a version, and what is written again is what was read.

A document is a JSON file whose bytes are canonical (pamga.storage). A field that a document of an earlier day lacks has its default
here and stays absent when the document is written again, so that reading and writing never change a byte of what was published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pamga.errors import PamgaError
from pamga.storage import DamagedFile, canonical_json, parsed_json

Number = int | float
"""A JSON number: a whole one stays whole."""
Cell = str | int | float | bool | None
"""A value of a row, as JSON writes it."""


class NewerDocument(PamgaError):
    """A document written by a later version of this code: nobody guesses what it means."""


class Part(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)

    @classmethod
    def out_of(cls, row: Mapping[str, Any]) -> Self:
        """Its fields out of a row that may have more."""
        return cls.model_validate({name: row[name] for name in cls.model_fields})

    @classmethod
    def taken_from(cls, other: object, **more: Any) -> Self:
        """Its fields out of an object that has them under the same names, but for those given."""
        return cls(**{name: getattr(other, name) for name in cls.model_fields.keys() - more.keys()}, **more)

    def stored(self) -> dict[str, Any]:
        """As it is stored: the fields that it was made with, those of a later day that this code does not know included."""
        return self.model_dump(exclude_unset=True)


class Document(Part):
    """A document with a version: `FORMAT`, under the key `format` in the documents that say it (without the key it is the first)."""

    FORMAT: ClassVar[int] = 1
    WHERE: ClassVar[str]
    """Where it lies, below PAMGA_DATA."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The document in `path`. Raises FileNotFoundError when it is not there, DamagedFile when it is no such document,
        NewerDocument when this code is older than the document."""
        return cls.parsed(path.read_bytes(), path)

    @classmethod
    def parsed(cls, content: bytes, path: Path) -> Self:
        """The document that these bytes are, which lie in `path`, also where that is no file of this machine."""
        return cls.of(parsed_json(content, path), path)

    @classmethod
    def if_there(cls, path: Path) -> Self | None:
        """The document in `path`; None where there is none. Raises as `read` does for one that cannot be read."""
        return cls.read(path) if path.exists() else None

    @classmethod
    def if_whole(cls, path: Path) -> Self | None:
        """The document in `path`; None where it is gone or damaged."""
        try:
            return cls.read(path)
        except (OSError, ValueError):
            return None

    @classmethod
    def of(cls, stored: Any, path: Path) -> Self:
        """The document that was stored; `path` is named when it is none."""
        if not isinstance(stored, dict):
            raise DamagedFile(path, f"no {cls.__name__}: it is no JSON object")
        written = stored.get("format", 1)
        if not isinstance(written, int) or written > cls.FORMAT:
            raise NewerDocument(
                f"{path} has the format {written}, and this code knows {cls.FORMAT} at most.",
                "Install the version of this code that wrote it, or a later one.",
            )
        try:
            return cls.model_validate(cls.upgraded(stored, written))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "it"
            raise DamagedFile(path, f"no {cls.__name__}: {where}: {first['msg']}") from error

    @classmethod
    def upgraded(cls, stored: dict[str, Any], written: int) -> dict[str, Any]:
        """A document of the format `written` in that of today. A model whose format has grown says here what became of each field."""
        return stored

    @classmethod
    def all_in(cls, paths: Iterable[Path]) -> list[Self]:
        """The documents in some files, in the files' order."""
        return [cls.read(path) for path in paths]

    def content(self) -> bytes:
        """The bytes of its file."""
        return canonical_json(self.stored())
