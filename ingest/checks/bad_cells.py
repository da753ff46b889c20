"""Bad cells while they are collected: where each stands, which rule it breaks, what was expected and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

BAD_CELLS: dict[str, pl.DataType] = {
    "indice": pl.UInt32(),
    "columna": pl.String(),
    "valor": pl.String(),
    "regla": pl.String(),
    "motivo": pl.String(),
    "esperado": pl.String(),
    "correccion": pl.String(),
}
"""`indice` is the row's position among the rows in scope."""

Told = str | pl.Series | None
"""One text for all cells, or one for each."""


def bad_cells(
    columna: str, positions: pl.Series | Sequence[int], regla: str, motivo: Told, esperado: str, correccion: str, valor: Told = None
) -> pl.DataFrame:  # fmt: skip
    """The bad cells (`BAD_CELLS`) of a column that break one rule."""
    cells = (positions, columna, valor, regla, motivo, esperado, correccion)
    return pl.DataFrame(dict(zip(BAD_CELLS, cells, strict=True)), schema=BAD_CELLS)
