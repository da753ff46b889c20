"""From a file's cells to a `Reading`: the step that every tabular reader shares.

Blank rows and total rows are dropped here (rules.md, 'Rows': they are not read), the contract's columns are picked and
named, and what was dropped is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.contract import Contract
from ingest.privacy.masks import mask
from ingest.readers.header import (
    HeaderMatch,
    column_letter,
    expected_columns,
    header_notes,
    match_header,
    missing_optional,
    shown,
)
from ingest.reading import BadCell, Reading, RefusedFile
from pamga.spanish import some

# "Total", "TOTAL GENERAL:", "Subtotal de acuerdos", "Suma", "Totales 2026"; not "Total Fitness", which is a name.
_TOTAL = (
    r"(?i)^\W*((gran|sub)[\s-]*)?(total(es)?|suma)\W*"
    r"($|:|\d|\(|(general(es)?|anual|trimestral|mensual|acumulado|de|del|por)\b)"
)
_NO_NUMBER = r"[^\s\d.,$%()+-]"
_WORDS_OF_A_TOTAL = 2  # cells with words of a total row: its label and what is totalled
_TOTAL_LABEL = re.compile(_TOTAL)
_MAX_LISTED_ROWS = 20
_MAX_REPEATED_HEADERS = 10_000


@dataclass(frozen=True)
class BrokenRow:
    """A row that could not be split into cells."""

    index: int
    """Position among the grid's rows."""
    column: str
    text: str
    reason: str
    remedy: str


@dataclass
class Grid:
    """The rows below the header, every column of the file, as text."""

    columns: list[pl.Series]
    """One string column per column of the file, in its order; null when empty."""
    fila: npt.NDArray[np.int64]
    native: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """File column -> true where the cell was a real number, date or boolean. Absent: all text."""
    dated: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)
    """File column -> true where the cell was a date or a time in the file. Absent: none."""
    broken: Sequence[BrokenRow] = ()
    unreadable: Sequence[tuple[int, int, str]] = ()
    """(row position, file column, text shown) of error cells such as #DIV/0!; their text is null in `columns`."""
    every_row: bool = False
    """A row counts even when it is blank: a GeoJSON feature has its geometry."""


def is_total(text: str) -> bool:
    """The label of a total row."""
    return _TOTAL_LABEL.match(text) is not None


def assemble(
    grid: Grid,
    match: HeaderMatch,
    contract: Contract,
    understood: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> Reading:
    """The reading of a grid whose header is complete. Raises RefusedFile when another table begins below its rows."""
    keep, dropped_totals = _rows_to_keep(grid, match, contract)
    repeated = _repeated_headers(grid, match, contract)
    keep[repeated] = False
    columns, fila, native, dated = grid.columns, grid.fila, grid.native, grid.dated
    if not keep.all():
        mask = pl.Series(keep)
        columns = [column.filter(mask) for column in columns]
        fila = fila[keep]
        native = {index: values[keep] for index, values in native.items()}
        dated = {index: values[keep] for index, values in dated.items()}
    names = [column.name for column in expected_columns(contract) if column.name in match.columns]
    rows = pl.DataFrame([columns[match.columns[name]].alias(name) for name in names])
    scope = pl.DataFrame([columns[i].alias(name) for name, i in match.scope.items()]) if contract.solo else None
    all_notes = [*notes, *header_notes(match, contract), *_unnamed_notes(grid, match)]
    if dropped_totals.size:
        listed = some(grid.fila[dropped_totals].tolist(), _MAX_LISTED_ROWS)
        all_notes.append(f"No se leyeron las filas de totales: {listed}.")
    if repeated:
        listed = some(grid.fila[repeated].tolist(), _MAX_LISTED_ROWS)
        all_notes.append(f"No se leyeron las filas que repiten el encabezado: {listed}.")
    return Reading(
        rows=rows,
        fila=fila,
        hoja=understood.get("hoja"),
        understood=dict(understood),
        native=_masks(native, match, names),
        dated=_masks(dated, match, names),
        notes=all_notes,
        bad_cells=_bad_cells(grid, keep, match, contract),
        missing_optional=missing_optional(match, contract),
        scope=scope,
        origin=None if match.origin is None else columns[match.origin],
        broken=frozenset(int(grid.fila[row.index]) for row in grid.broken),
    )


def _unnamed_notes(grid: Grid, match: HeaderMatch) -> list[str]:
    """Columns with data that nothing names, in a file that names its columns."""
    if not any(match.cells):
        return []
    used = {*match.columns.values(), *match.scope.values(), match.origin}
    unnamed = [
        column_letter(index)
        for index, column in enumerate(grid.columns)
        if index not in used and not (index < len(match.cells) and match.cells[index].strip()) and _holds_text(column)
    ]
    if not unnamed:
        return []
    return [
        f"Columnas que traen datos y no tienen encabezado; no se guardaron: {', '.join(unnamed[:_MAX_LISTED_ROWS])}."
    ]


def _holds_text(column: pl.Series) -> bool:
    return column.null_count() < len(column) and bool(column.drop_nulls().str.strip_chars().ne("").any())


def _masks(
    by_place: Mapping[int, npt.NDArray[np.bool_]], match: HeaderMatch, names: Sequence[str]
) -> dict[str, pl.Series]:
    """The masks of the contract's columns by name, where any cell is true."""
    places = {name: match.columns[name] for name in names}
    return {
        name: pl.Series(by_place[place])
        for name, place in places.items()
        if place in by_place and by_place[place].any()
    }


def _rows_to_keep(
    grid: Grid, match: HeaderMatch, contract: Contract
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """(rows that are neither blank nor totals, positions of the total rows). A row is blank too where nothing but its number
    stands in it, under a header that is not asked for; one that names a project as well as «Suma de Esfuerzos» is no total.

    Such rows leave an obligatory column or one of the key empty, so only rows that do are looked at: a regular file costs one pass over its
    null counts and one trimmed column.
    """
    keep = np.ones(len(grid.fila), dtype=bool)
    if grid.every_row:
        return keep, np.empty(0, dtype=np.int64)
    required = [
        grid.columns[match.columns[column.name]]
        for column in expected_columns(contract)
        if (column.required or column.name in contract.key_columns) and column.name in match.columns
    ]
    suspicious = _is_null(_trimmed(required[0])) if required else keep.copy()
    for column in required[1:]:
        suspicious |= _is_null(column)
    suspicious[[row.index for row in grid.broken]] = False
    positions = np.flatnonzero(suspicious)
    if not positions.size:
        return keep, positions
    cells = pl.DataFrame([_trimmed(c.gather(positions)).alias(str(i)) for i, c in enumerate(grid.columns)])
    first = cells.select(pl.coalesce(pl.all())).to_series()
    words = cells.select(pl.sum_horizontal(pl.all().str.contains(_NO_NUMBER).fill_null(False))).to_series()
    total = (first.str.contains(_TOTAL) & (words <= _WORDS_OF_A_TOTAL)).fill_null(False).to_numpy()
    own = {*match.columns.values(), *match.scope.values()}
    beside = cells.select(pl.coalesce(pl.lit(None, dtype=pl.String), *(pl.col(str(i)) for i in own))).to_series()
    only_numbered = _is_null(beside) & (words == 0).to_numpy()
    holds_error = np.isin(positions, [row for row, _, _ in grid.unreadable])
    keep[positions[total | (only_numbered & ~holds_error)]] = False
    return keep, positions[total]


def _repeated_headers(grid: Grid, match: HeaderMatch, contract: Contract) -> list[int]:
    """Positions of rows that are the header again (a page's, or a block's that was pasted below). Raises RefusedFile where
    such a row has its names in other columns: what stands below it is another table."""
    written = [cell for cell in match.cells if cell.strip()]
    names = [*written, *map(str.upper, written), *map(str.lower, written)]
    if grid.every_row or not match.columns or not names:
        return []
    clue = grid.columns[min(match.columns.values())]
    suspicious = clue.is_in(names).fill_null(False).to_numpy()
    repeated = []
    for position in np.flatnonzero(suspicious)[:_MAX_REPEATED_HEADERS]:
        cells = [column[int(position)] or "" for column in grid.columns]
        again = match_header(cells, contract)
        if 2 * again.score <= match.score or again.score < 2:
            continue
        if not again.columns.items() <= match.columns.items():
            raise RefusedFile(
                f"En la fila {grid.fila[position]} empieza otra tabla, con otro encabezado que el de arriba: sus filas quedarían en columnas "
                "equivocadas. Deje una sola tabla con un solo encabezado."
            )
        repeated.append(int(position))
    return repeated


def _is_null(column: pl.Series) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = column.is_null().to_numpy()
    return mask


def _trimmed(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars()
    return text.set(text == "", None)


def _bad_cells(grid: Grid, keep: npt.NDArray[np.bool_], match: HeaderMatch, contract: Contract) -> list[BadCell]:
    names = {index: name for name, index in match.columns.items()}
    personal = {column.nombre for column in contract.columnas if column.personal or column.seudonimo}
    cells = []
    expected = f"Una fila con {len(match.cells)} celdas, como el encabezado."
    for row in grid.broken:
        # A row that did not split may hold a personal value anywhere, so an export with personal columns shows none of it.
        said = None if contract.has_personal else mask(shown(row.text, 200))
        fila = int(grid.fila[row.index])
        cells.append(BadCell(fila, row.column, said, "no_legible", row.reason, expected, row.remedy))
    expected, remedy = "Un valor, no un error de fórmula.", "Corrija la fórmula o escriba el valor en la celda."
    for position, index, text in grid.unreadable:
        name = names.get(index)
        if name is None or not keep[position]:
            continue
        said = None if name in personal else shown(text)
        motive = f"La celda tiene un error de la hoja de cálculo ({shown(text)})."
        cells.append(BadCell(int(grid.fila[position]), name, said, "no_legible", motive, expected, remedy))
    cells.sort(key=lambda cell: cell.fila)
    return cells
