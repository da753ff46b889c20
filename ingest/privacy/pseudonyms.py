"""Pseudonyms: who is the same person, without saying who (rules.md, 'Personal data')."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import polars as pl

from ingest.checks.words import digits, folded
from ingest.contract import Column

PSEUDONYM_DIGITS = 32
_PHONE_DIGITS = 10  # a number with and without its country code is the same telephone


def pseudonym(text: str, key: bytes) -> str:
    """HMAC-SHA256 over the trimmed, NFC, upper-case text, as 32 lower-case hex digits."""
    said = unicodedata.normalize("NFC", text.strip()).upper()
    return hmac.digest(key, said.encode(), hashlib.sha256).hex()[:PSEUDONYM_DIGITS]


def pseudonyms(column: Column, texts: pl.Series, personal: dict[str, pl.Series], key: bytes) -> pl.Series:
    """The pseudonym of each row; null where there is nothing to make it of.

    `texts`: normalised cells of the column. `personal`: normalised cells of the personal columns, for rows (paper lists) in
    which the cell itself is empty; then the pseudonym is made of the column's `seudonimo_de`, folded.
    """
    sources = texts.to_list()
    if column.seudonimo_de and texts.null_count():
        substitutes = _substitutes(column, personal, len(texts))
        sources = [text if text is not None else other for text, other in zip(sources, substitutes, strict=True)]
    known: dict[str, str] = {}
    hashed = [
        None if text is None else known.get(text) or known.setdefault(text, pseudonym(text, key)) for text in sources
    ]
    return pl.Series(column.nombre, hashed, dtype=pl.String)


def _substitutes(column: Column, personal: dict[str, pl.Series], height: int) -> list[str | None]:
    """For each row what the pseudonym is made of when the person has no id: folded name and telephone (or e-mail)."""
    parts: list[list[str]] = []
    for group in column.seudonimo_de:
        cells = [(name, personal[name].to_list()) for name in group if name in personal]
        parts.append([_first_filled([(name, values[row]) for name, values in cells]) for row in range(height)])
    return ["|".join(row) if any(row) else None for row in zip(*parts, strict=True)]


def _first_filled(cells: list[tuple[str, str | None]]) -> str:
    for name, text in cells:
        if text is not None:
            said = as_compared(name, text)
            if said:
                return said
    return ""


def as_compared(name: str, text: str) -> str:
    """A personal cell as two of them are compared: a telephone by its digits, all else without accents and case."""
    return digits(text)[-_PHONE_DIGITS:] if name == "telefono" else folded(text)
