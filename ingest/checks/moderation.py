"""Texts by or about people go out only where a person said so (rules.md, 'Personal data').

A text that may not be published does not leave this room at all: its cell lands empty and the column `<texto>_reservado` says
why. What looks personal is marked for the person who decides, with its kind and never its value.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.privacy.masks import HIDDEN
from pamga.suspects import (
    A_DWELLING,
    ADDRESS,
    IDENTIFIERS,
    MINOR,
    NAME,
    NAMED_MINOR,
    PLACE,
    PLATES,
    STRONG,
    UNREAD,
    in_order,
    looks_personal,
    names_a_home,
    speaks_of_a_vehicle,
)

NOT_ALLOWED, PERSONAL = "sin_autorizacion", "datos_personales"
"""Why a text is not shown: nobody marked it publishable, or it was and still looks personal."""
HIDDEN_LABEL = HIDDEN

MARKS: dict[str, pl.DataType] = {
    "fila": pl.Int64(),
    "columna": pl.String(),
    "tipos": pl.String(),
    "que_pasa": pl.String(),
}
"""What looks personal, one row a cell."""

WITHHELD = "No se publica: la fila no dice Sí en «publicable»."
STRONGLY = "No se publica aunque la fila diga Sí en «publicable»: quite ese dato del texto y entregue de nuevo."
SOFTLY = (
    "No se publica todavía: quite el dato, o escriba Sí también en «revisado» si comprobó que puede hacerse público "
    "(por ejemplo, es el nombre de un lugar o de una persona servidora pública en su función)."
)
TOO_MUCH = "No se publica: la entrega trae más texto del que se revisa de una vez; entréguelo en varias partes."
CONFIRMED = "Se publica: la fila dice Sí en «publicable» y en «revisado»."
LABEL_HIDDEN = "El texto se ocultó completo: aquí no debe haber datos de personas."
LABEL_SHOWN = "Este texto se publica sin esperar autorización: si nombra a un particular, quítelo y entregue de nuevo."

_LOOKED_THROUGH = 5_000
"""Distinct texts nobody marked publishable that are looked through for the receipt; those marked are looked through always."""
_CHARACTERS = 5_000_000
"""Characters of a column that are looked through, half a minute at worst: a text marked publishable beyond them is not published."""
_LONGEST_LABEL = 500  # characters; what is longer is looked through by `_kinds` alone
_LABEL_KINDS = IDENTIFIERS | {NAME, ADDRESS, PLATES, NAMED_MINOR}


@dataclass(frozen=True)
class Moderated:
    """A column of texts after moderation. `marks`: position, kinds, what happens; `unread`: texts not looked through."""

    values: pl.Series
    reserved: pl.Series
    marks: list[tuple[int, str, str]]
    unread: int = 0


def moderate(texts: pl.Series, publishable: pl.Series, reviewed: pl.Series) -> Moderated:
    """Keep the texts of the rows marked publishable in which nothing personal is found, or nothing strong and reviewed."""
    allowed, confirmed = publishable.fill_null(False), reviewed.fill_null(False)
    kinds, unread = _kinds(texts, texts.filter(allowed))
    strong = [text for text, found in kinds.items() if found & STRONG]
    personal = texts.is_in(strong) | (texts.is_in(list(kinds)) & ~confirmed)
    cells = pl.DataFrame({"texto": texts, "si": allowed, "personal": personal.fill_null(False)})
    why = pl.when(~pl.col("si")).then(pl.lit(NOT_ALLOWED)).when(pl.col("personal")).then(pl.lit(PERSONAL))
    reserved = cells.select(
        pl.when(pl.col("texto").is_not_null()).then(why).alias(f"{texts.name}_reservado")
    ).to_series()
    suspect = texts.is_in(list(kinds)).fill_null(False).arg_true().to_list()
    marks = [
        (position, ", ".join(in_order(kinds[text])), _said(kinds[text], allowed[position], confirmed[position]))
        for position, text in zip(suspect, texts.gather(suspect).to_list(), strict=True)
    ]
    return Moderated(texts.set(reserved.is_not_null(), None), reserved, marks, unread)


def _said(found: frozenset[str], allowed: bool, confirmed: bool) -> str:
    """What becomes of a text in which something was found."""
    if not allowed:
        return WITHHELD
    if UNREAD in found:
        return TOO_MUCH
    if found & STRONG:
        return STRONGLY
    return CONFIRMED if confirmed else SOFTLY


def _kinds(texts: pl.Series, marked: pl.Series) -> tuple[dict[str, frozenset[str]], int]:
    """What each distinct text looks to hold: the `marked` ones, and the first of the others; and how many were left."""
    always = marked.drop_nulls().unique(maintain_order=True)
    others = texts.drop_nulls().unique(maintain_order=True)
    others = others.filter(~others.is_in(always.implode()))
    kinds, left = {}, _CHARACTERS
    for text in always.to_list():
        left -= len(text)
        found = looks_personal(text) if left >= 0 else frozenset({UNREAD})
        if found:
            kinds[text] = found
    looked = 0
    for text in others.head(_LOOKED_THROUGH).to_list():
        left -= len(text)
        if left < 0:
            break
        looked += 1
        if found := looks_personal(text):
            kinds[text] = found
    return kinds, len(others) - looked


def check_labels(texts: pl.Series, names_are_usual: bool, is_topic: bool, of_a_person: bool = False) -> Moderated:
    """Titles, topics, places: published without waiting for anybody. One that tells somebody's number or home is hidden whole.

    `names_are_usual`: places bear people's names, which are not even marked. `is_topic`: nobody at all is named in a topic.
    `of_a_person`: the place is where the person of the row lives, and an address would be that of the home.
    """
    kinds, _ = _kinds(texts, texts)
    kinds = {text: found for text, found in kinds.items() if UNREAD not in found}  # the masks have seen them all
    # what stands after the word for a home is taken for the name of a place
    kinds |= {
        text: frozenset({ADDRESS}) for text in _with_a_dwelling(texts) if text not in kinds and names_a_home(text)
    }
    marks, values = [], texts
    if kinds:
        suspect = texts.is_in(list(kinds)).fill_null(False).arg_true().to_list()
        for position, text in zip(suspect, texts.gather(suspect).to_list(), strict=True):
            found = kinds[text]
            plates = PLATES in found and (names_are_usual or speaks_of_a_vehicle(text))
            at_home = of_a_person and bool(found & {ADDRESS, PLACE})
            hidden = plates or at_home or _hides_label(text, found, is_topic)
            if hidden:
                values = values.scatter(position, HIDDEN_LABEL)
            if hidden or (found & _LABEL_KINDS and not names_are_usual):
                said = LABEL_HIDDEN if hidden else LABEL_SHOWN
                marks.append((position, ", ".join(in_order(found)), said))
    return Moderated(values, pl.Series([], dtype=pl.String), marks)


def _with_a_dwelling(texts: pl.Series) -> list[str]:
    """The labels in which a word for a home stands, once each; as many as are looked through."""
    known = texts.filter(texts.str.contains(A_DWELLING).fill_null(False)).unique(maintain_order=True)
    return known.filter(known.str.len_chars() <= _LONGEST_LABEL).head(_CHARACTERS // _LONGEST_LABEL).to_list()


def _hides_label(text: str, found: frozenset[str], is_topic: bool) -> bool:
    """Somebody's number, somebody at an address, a child, somebody's home; in a topic, anything personal."""
    at_home = NAME in found and ADDRESS in found
    return is_topic or at_home or bool(found & (IDENTIFIERS | {MINOR})) or names_a_home(text)
