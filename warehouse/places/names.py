"""Folding of colonia names: what is the same name for a person becomes the same key.

A name is split into its words and its numbers, because `Maravillas 1a. Secc.` and `MARAVILLAS I SECCION` are the same
place and `MARAVILLAS 2` is not, however alike the letters are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pamga.spanish import without_accents

ARTICLES = frozenset({"EL", "LA", "LOS", "LAS"})
# Words that tie others together: they are left out when the exact name is unknown (`DEL COECILLO` and `EL COECILLO`).
CONNECTORS = ARTICLES | {"DE", "DEL", "Y", "E", "A"}
# Words that say what kind of place it is, not which one.
KINDS = frozenset({"COLONIA", "FRACCIONAMIENTO", "BARRIO", "SECCION"})
ABBREVIATIONS = {
    "AMP": "AMPLIACION", "AMPL": "AMPLIACION", "BO": "BARRIO", "CD": "CIUDAD", "COL": "COLONIA", "FCO": "FRANCISCO",
    "FRAC": "FRACCIONAMIENTO", "FRACC": "FRACCIONAMIENTO", "GPE": "GUADALUPE", "GRAL": "GENERAL", "HDA": "HACIENDA",
    "IND": "INDUSTRIAL", "JARD": "JARDINES", "MA": "MARIA", "NTRA": "NUESTRA", "PRIV": "PRIVADA", "RES": "RESIDENCIAL",
    "RESID": "RESIDENCIAL", "RIVERA": "RIBERA", "S": "SAN", "SEC": "SECCION", "SECC": "SECCION", "SN": "SAN",
    "SRA": "SENORA", "STA": "SANTA", "STO": "SANTO", "U": "UNIDAD", "UNID": "UNIDAD",
}  # fmt: skip
NUMBER_WORDS = {
    "PRIMERA": 1, "PRIMER": 1, "UNO": 1, "SEGUNDA": 2, "SEGUNDO": 2, "DOS": 2, "TERCERA": 3, "TERCER": 3, "TRES": 3,
    "CUARTA": 4, "CUARTO": 4, "CUATRO": 4, "CINCO": 5, "SEXTA": 6, "SEIS": 6, "SIETE": 7, "OCHO": 8, "NUEVE": 9,
    "DIEZ": 10, "ONCE": 11, "DOCE": 12, "QUINCE": 15, "DIECISEIS": 16, "VEINTE": 20,
}  # fmt: skip
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_ROMAN = re.compile(r"^(?=[IVX])X{0,3}(IX|IV|V?I{0,3})$")
_ORDINAL = re.compile(r"(\d+)(?:ERA|ER|RA|DA|DO|TA|TO|VA|VO|MA|NA|A|O)(?=SEC|[^A-Z]|$)")
_LETTER_DIGIT = re.compile(r"(?<=[A-Z])(?=\d)|(?<=\d)(?=[A-Z])")
_INVERTED = re.compile(r"^(?P<rest>.+?)\s*,\s*(?P<article>EL|LA|LOS|LAS)$")
_PARENTHESES = re.compile(r"\(([^()]*)\)?")


@dataclass(frozen=True)
class FoldedName:
    """`exact`: the whole folded name. `words`: its telling words, in order. `numbers`: the numbers in it."""

    exact: str
    words: str
    numbers: frozenset[int]


def fold(name: str) -> FoldedName:
    """Fold case, accents, inverted articles, abbreviations, ordinals, Roman numerals and numbers written as words."""
    parts = [_canonical(part) for part in _plain(name).split()]
    while len(parts) > 1 and parts[0] in ("COLONIA", "FRACCIONAMIENTO"):
        parts = parts[1:]
    exact = " ".join(part for part in parts if part != "SECCION")
    telling = [part for part in parts if not part.isdigit() and part not in CONNECTORS and part not in KINDS]
    # A name that is nothing but connectors and numbers keeps its words: `10` alone names nothing.
    words = telling or [part for part in parts if not part.isdigit()]
    return FoldedName(exact, " ".join(words), frozenset(int(part) for part in parts if part.isdigit()))


def other_names(name: str) -> list[str]:
    """The names that a reference layer gives in one cell: `A (B)` is known as `A (B)`, as `A` and as `B`."""
    inside = [part.strip() for part in _PARENTHESES.findall(name)]
    outside = _PARENTHESES.sub(" ", name).strip()
    return [part for part in (outside, *inside) if part and part != name]


def _plain(name: str) -> str:
    """Upper case without accents and punctuation, the article of `RETIRO, EL` put in front, `2daSECC` taken apart."""
    text = " ".join(without_accents(name).upper().split())
    inverted = _INVERTED.match(text)
    if inverted:
        text = f"{inverted['article']} {inverted['rest']}"
    text = _ORDINAL.sub(r"\1 ", text)
    return re.sub(r"[^A-Z0-9]+", " ", _LETTER_DIGIT.sub(" ", text))


def _canonical(token: str) -> str:
    if token.isdigit():
        return str(int(token))
    if token in NUMBER_WORDS:
        return str(NUMBER_WORDS[token])
    if _ROMAN.match(token):
        return str(_roman(token))
    return ABBREVIATIONS.get(token, token)


def _roman(token: str) -> int:
    values = [ROMAN_VALUES[letter] for letter in token]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))
