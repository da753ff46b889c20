"""What passes between a reader, the checks and the receipt: the shapes on which the modules of this room agree.

A reader turns a dropped file into a `Reading`; the checks turn a `Reading` into what lands; the receipt tells its author
about the `Outcome`. Nothing here leaves the room.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from pamga.spanish import month

if TYPE_CHECKING:
    from ingest.contract import Contract
    from pamga.documents.deliveries import Received
    from pamga.settings import Settings

POLARS_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "DECIMAL(20,6)": pl.Decimal(20, 6),
    "DATE": pl.Date(),
    "BOOLEAN": pl.Boolean(),
    "BLOB": pl.Binary(),
}
"""SQL type in rows.parquet -> polars."""

Rule = Literal[
    "tipo", "obligatoria", "rango", "patron", "categoria", "clave_repetida", "fila_repetida", "fecha_futura", "geometria",
    "no_legible",
]  # fmt: skip
"""The closed list of `regla` (rules.md, 'Rows')."""

MONTH_COLUMNS = tuple(f"mes_{month}" for month in range(1, 13))
"""How a reader names the twelve months that stand side by side in incidencia_delictiva."""

MONTH_HEADERS = tuple(month(number).capitalize() for number in range(1, 13))
"""Their headers; a bad month's `columna` is its header, because `casos` would not say which cell."""


LIST_SHEET = "Lista de errores"
LIST_HEADERS = ("Fila", "Celda", "Columna", "Valor", "Qué pasa", "Se esperaba", "Cómo corregirlo")
ROWS_SHEET = "Filas por corregir"
"""Sheets of the workbook that goes back to be mended; they are known again when it is dropped."""


class RefusedFile(Exception):
    """The file is refused whole; `reasons` are Spanish sentences for its author and hold no personal value."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Limits:
    """What a hostile or mistaken file may cost at most (settings PAMGA_MAX_*)."""

    file_bytes: int
    unzipped_bytes: int
    rows: int
    columns: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            settings.max_file_mb * 1_000_000,
            settings.max_unzipped_mb * 1_000_000,
            settings.max_rows,
            settings.max_columns,
        )


@dataclass(frozen=True)
class BadCell:
    """One bad cell, as its author is told about it (rules.md, 'Rows': a reject is one bad cell).

    `columna` is a contract column; for a repeated key the key's columns joined by ', '. `valor` is None where it may not be
    shown (personal columns).
    """

    fila: int
    columna: str
    valor: str | None
    regla: Rule
    motivo: str
    esperado: str
    correccion: str


@dataclass
class Reading:
    """A dropped file as its contract's columns, cell by cell as a person sees them, nothing judged yet."""

    rows: pl.DataFrame
    """One string column per contract column found (contract names; `baja` too), null when empty; order of the file kept.
    incidencia_delictiva: `mes_1` … `mes_12` in place of mes and casos."""
    fila: npt.NDArray[np.int64]
    """The row number that the person sees, one per row of `rows` (GeoJSON: number of the feature, from 1)."""
    hoja: str | None
    understood: dict[str, Any]
    """formato, codificacion, separador, fila_encabezado, hoja … as the receipt and the manifest say it."""
    native: dict[str, pl.Series] = field(default_factory=dict)
    """Per column: true where the cell was a real number, date or boolean in the file. Absent: all text."""
    dated: dict[str, pl.Series] = field(default_factory=dict)
    """Per column: true where the cell was a date or a time in the file (a key that a spreadsheet turned into a date is one).
    Absent: none. In a text column a number stands in `rows` as its number format shows it ("T-"000 gives T-001)."""
    notes: list[str] = field(default_factory=list)
    """Spanish sentences: columns dropped and named, hidden rows, repaired geometries …"""
    bad_cells: list[BadCell] = field(default_factory=list)
    """Cells unreadable in themselves (no_legible, geometria)."""
    geometry: pl.Series | None = None
    """WKB in EPSG:4326, valid, for exports with a geometria column; null where there is none."""
    missing_optional: list[str] = field(default_factory=list)
    """Optional columns of the contract that the file does not have."""
    scope: pl.DataFrame | None = None
    """The raw columns that the contract's `solo` names (`Scope.nombre`), one row per row of `rows`."""
    extent: int = 0
    """Cells of the rectangle up to the last cell that a sheet mentions, empty ones too: what copying it would cost."""
    origin: pl.Series | None = None
    """Our own sheet of rows to mend, dropped again: the row that each one has in the file that it corrects, as text."""
    broken: frozenset[int] = frozenset()
    """`fila` of the rows that could not be split into cells (too few or too many, an open quote). All their cells are null,
    `bad_cells` holds one no_legible each, and nothing else is said about them: they are quarantined and counted as read."""

    def keep_bad_rows(self, filas: npt.NDArray[np.int64]) -> None:
        """Once judged, a separated text is needed no more but for the rows with a bad cell, which its receipt gives back:
        a million rows are in memory once, not twice."""
        if self.understood.get("formato") == "csv":
            kept = np.isin(self.fila, filas)
            self.rows, self.fila, self.native, self.scope = self.rows.filter(kept), self.fila[kept], {}, None


@dataclass(frozen=True)
class Outcome:
    """What became of a dropped file: all that the receipt needs."""

    manifest: Received
    """As docs/interfaces.md describes it; for a duplicate, that of the version it repeats with `state` duplicate."""
    rejects: pl.DataFrame
    """Columns of rejects.parquet."""
    contract: Contract | None
    """None where the export is not known."""
    reading: Reading | None = None
    """None where the file was refused before it was read, or is a duplicate."""
    marks: pl.DataFrame | None = None
    """What looks personal in typed texts (ingest.checks.moderation.MARKS); never a value."""
