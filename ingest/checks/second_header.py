"""A second header below the first: what survey services (SurveyMonkey, KoboToolbox, Qualtrics) and official formats write between the
header and the rows. Its cells are the names, kinds, units or numbers of the columns, and none of it is a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from openpyxl.utils import column_index_from_string

from ingest.contract import Column
from pamga.spanish import without_accents

MOST = 3
"""Rows below the header that are looked at: Qualtrics writes two."""
_FEWEST_CELLS, _FEWEST_NUMBERS = 3, 5
_MOST_ARE_WORDS = 0.8
_WORD = re.compile(r"[a-z]+")
_NUMBERED = re.compile(r"\W{0,2}(\d{1,3})\W{0,2}", re.ASCII)
_IMPORTED = re.compile(r'\{\s*"ImportId"')
_OF_HEADERS = frozenset(
    _WORD.findall("""
    respuesta abierta pregunta etiqueta nombre response open ended question label
    texto cadena entero numero num decimal fecha hora booleano logico categoria catalogo lista liga enlace
    text string str varchar char character integer int bigint double float number numeric date datetime time boolean bool factor category
    select one multiple from list url link geopoint geometry
    dd mm aaaa yyyy aa yy mxn pesos grados metros cuadrados porcentaje por ciento
    obligatorio obligatoria opcional requerido requerida required optional
    de del la el los las en y o a
    """)
)
"""Words for kinds and units. No «sí», «no» or «otro»: those are values."""


def second_headers(
    rows: Sequence[Mapping[str, str]],
    columns: Mapping[str, Column],
    letters: Mapping[str, str],
    taken: Sequence[set[str]],
) -> Iterator[int]:
    """Which of the first rows, from the first on, are a header again. `rows`: their filled cells by column; `letters`: where
    each column stands in the file; `taken`: the columns of each row whose cell has the type that is asked for."""
    for position, (cells, understood) in enumerate(zip(rows, taken, strict=True)):
        own = {name: text for name, text in cells.items() if name in columns}
        if len(own) < _FEWEST_CELLS or not (_are_words(own, columns, understood) or _are_numbers(own, letters)):
            return
        yield position


def _are_words(cells: Mapping[str, str], columns: Mapping[str, Column], understood: set[str]) -> bool:
    """Names, kinds or units of their own columns, and no typed cell that holds what is asked for."""
    if any(columns[name].tipo not in ("texto", "lista") for name in understood):
        return False
    alike = sum(_is_of_a_header(text, columns[name]) for name, text in cells.items())
    return alike >= _MOST_ARE_WORDS * len(cells)


def _is_of_a_header(text: str, column: Column) -> bool:
    if _IMPORTED.match(text):
        return True
    own = set(_words(f"{column.nombre} {column.header} {column.titulo}")) | _OF_HEADERS
    return not any(char.isdecimal() for char in text) and own.issuperset(_words(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(without_accents(text).casefold())


def _are_numbers(cells: Mapping[str, str], letters: Mapping[str, str]) -> bool:
    """1, 2, 3 or (1), (2), (3): the numbers of the columns."""
    if len(cells) < _FEWEST_NUMBERS:
        return False
    steps = set()
    for name, text in cells.items():
        match = _NUMBERED.fullmatch(text.strip())
        if match is None or name not in letters:
            return False
        steps.add(int(match[1]) - column_index_from_string(letters[name]))
    return len(steps) == 1
