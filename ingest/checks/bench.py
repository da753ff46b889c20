"""The rows of one delivery while they are judged: which of them are the municipality's, their cells, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from rapidfuzz import fuzz

from ingest.checks.bad_cells import BAD_CELLS
from ingest.checks.columns import Cells
from ingest.checks.damage import HOLDS_WHOLE_MARKS, LOST_LETTER, mended, unreadable
from ingest.checks.words import folded, normalised_text
from ingest.contract import Column, Contract, Scope
from ingest.reading import MONTH_COLUMNS, MONTH_HEADERS, Reading
from pamga.plan import plan
from pamga.spanish import some

WITHDRAWN = "baja"
_MONTHS = dict(zip(MONTH_COLUMNS, MONTH_HEADERS, strict=True))
ROWS_NAMED = 10
SHOWN_VALUE = 200  # characters of a rejected value that are kept
_NEARLY = 85  # how much alike two names are; of two codes that differ in one of five figures it is 80


@dataclass(frozen=True)
class Door:
    """What judging needs to know besides the file: who delivers, when, with which key, and the municipality's boundary."""

    dependencia: str
    archivo: str
    today: date
    hmac_key: bytes
    municipality: Any = None
    """shapely geometry in WGS 84, or None: then nothing is outside."""


class Bench:
    """The rows in scope of one reading while they are judged."""

    def __init__(self, reading: Reading, contract: Contract, door: Door) -> None:
        self.reading, self.contract, self.door = reading, contract, door
        in_scope = rows_in_scope(reading, contract)
        self.rows_read = reading.rows.height
        self.kept = None if in_scope.all() else in_scope
        self.fila = pl.Series("fila", reading.fila, dtype=pl.Int64)
        if self.kept is not None:
            self.fila = self.fila.filter(self.kept)
        self.height = len(self.fila)
        self.texts: dict[str, pl.Series] = {}
        """Normalised texts of the key's and the personal columns; of the others only the meaning is kept."""
        self.values: dict[str, pl.Series] = {}
        self.bad: list[pl.DataFrame] = [self._unreadable()]
        self.known_bad = self._known_bad()
        self.notes = [*reading.notes, *_unreadable_scope(reading, contract)]
        self.marks: list[tuple[int, str, str, str]] = []
        self.said: list[pl.DataFrame] = []
        self.letters_lost = _letters_lost(reading, contract)
        self.unreadable: dict[str, pl.Series] = {}
        """Positions of the key cells that cannot be read."""

    def raw(self, name: str) -> pl.Series | None:
        """A column's cells as read, in scope; None when the file does not have it."""
        return self._in_scope(self.reading.rows[name]) if name in self.reading.rows.columns else None

    def _in_scope(self, series: pl.Series | None) -> pl.Series | None:
        return series if series is None or self.kept is None else series.filter(self.kept)

    def cells(self, name: str, elsewhere: Sequence[tuple[str, int]] = ()) -> Cells:
        """A column to judge; all its cells are empty when the file does not have it."""
        raw = self.raw(name)
        if raw is None:
            raw = pl.Series(name, [None], dtype=pl.String).new_from_index(0, self.height)
        native, dated = (self._in_scope(masks.get(name)) for masks in (self.reading.native, self.reading.dated))
        return Cells(raw, native, dated, self.silenced(name), elsewhere)

    def elsewhere(self, column: Column) -> list[tuple[str, int]]:
        """Distinct texts of a number column in the rows out of scope, with their counts: evidence of how it is written."""
        is_number = column.tipo in ("entero", "decimal") and column.nombre in self.reading.rows.columns
        if self.kept is None or not is_number:
            return []
        outside = self.reading.rows[column.nombre].filter(~self.kept).drop_nulls()
        return [(text, count) for text, count in outside.value_counts(sort=True).iter_rows()]

    def geometry(self) -> pl.Series:
        shapes = self._in_scope(self.reading.geometry)
        if shapes is None:
            shapes = pl.Series([None], dtype=pl.Binary).new_from_index(0, self.height)
        return shapes.alias("geometria")

    def _unreadable(self) -> pl.DataFrame:
        """The reader's bad cells of the rows in scope."""
        position = {row: index for index, row in enumerate(self.fila.to_list())} if self.reading.bad_cells else {}
        cells = [
            (position[c.fila], _MONTHS.get(c.columna, c.columna), c.valor, c.regla, c.motivo, c.esperado, c.correccion)
            for c in self.reading.bad_cells
            if c.fila in position
        ]
        return pl.DataFrame(cells, schema=BAD_CELLS, orient="row")

    def _known_bad(self) -> dict[str, set[int]]:
        known: dict[str, set[int]] = {}
        headers = {header: month for month, header in _MONTHS.items()}
        for index, name in self.bad[0].select("indice", "columna").iter_rows():
            known.setdefault(headers.get(name, name), set()).add(index)
        return known

    def broken(self) -> pl.Series:
        """Positions of the rows that could not be split into cells."""
        if not self.reading.broken:
            return pl.Series("indice", [], dtype=pl.UInt32)
        return self.fila.is_in(list(self.reading.broken)).arg_true().cast(pl.UInt32).alias("indice")

    def silenced(self, name: str) -> pl.Series:
        """Positions about which nothing more is said in this column."""
        known = pl.Series("indice", sorted(self.known_bad.get(name, ())), dtype=pl.UInt32)
        return pl.concat([known, self.broken()])


def _letters_lost(reading: Reading, contract: Contract) -> bool:
    """A program that wrote the file in an encoding without our letters made each of them a `?`: some stand within a word."""
    names = [c.nombre for c in contract.columnas if c.tipo == "texto" and c.nombre in reading.rows.columns]
    for name in names:
        asking = reading.rows[name].filter(reading.rows[name].str.contains("?", literal=True))
        if (asking.str.contains(LOST_LETTER) & ~asking.str.contains(HOLDS_WHOLE_MARKS)).any():
            return True
    return False


def rows_in_scope(reading: Reading, contract: Contract) -> pl.Series:
    """True for the rows that `solo` keeps. A row that could not be split into cells is in scope: it is told to its author."""
    inside = pl.repeat(True, reading.rows.height, eager=True)
    if not contract.solo or reading.scope is None:
        return inside
    for condition in contract.solo:
        inside &= _says(reading.scope[condition.nombre], condition)
    if reading.broken:
        inside |= pl.Series(reading.fila).is_in(list(reading.broken))
    return inside


def _says(raw: pl.Series, condition: Scope) -> pl.Series:
    """True where the cell is what the condition asks for."""
    wanted = folded(condition.igual)
    right = [text for text in raw.drop_nulls().unique() if folded(normalised_text(mended(text)[0])) == wanted]
    return raw.is_in(right).fill_null(False)


def _unreadable_scope(reading: Reading, contract: Contract) -> Iterator[str]:
    """What to tell of rows of which it cannot be read whether they are the municipality's: they are not taken for it."""
    if not contract.solo or reading.scope is None:
        return
    for condition in contract.solo:
        raw = reading.scope[condition.nombre]
        texts = raw.drop_nulls().unique().sort()
        lost = [
            text
            for text in texts
            if _nearly(text, condition.igual) or unreadable(normalised_text(mended(text)[0]) or "-", "texto")
        ]
        missing = raw.is_null()
        for other in contract.solo:
            if other is not condition:
                missing &= _says(reading.scope[other.nombre], other)
        unclear = raw.is_in(lost).fill_null(False) | missing
        if unclear.any():
            rows = reading.fila[unclear.to_numpy()]
            name = condition.encabezado or condition.nombre
            yield f"En las filas {some(rows.tolist(), ROWS_NAMED)} no se puede leer «{name}» o está vacío o mal escrito, y dice si son de {plan().municipio}: no se tomaron. Corríjalas si lo son."


def _nearly(text: str, wanted: str) -> bool:
    """A name that nearly is the wanted one: what a stray quote, a line break or a slip of the hand makes of it."""
    said = folded(normalised_text(mended(text)[0]))
    return said != folded(wanted) and fuzz.ratio(said, folded(wanted)) >= _NEARLY


def is_month(contract: Contract, column: Column) -> bool:
    """Whether it is made of the twelve columns of a file that has its months side by side."""
    return contract.formato.disposicion == "meses" and column.nombre in ("mes", "casos")
