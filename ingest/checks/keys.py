"""Repeated keys within one delivery (rules.md, 'Rows')."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ingest.checks.bad_cells import BAD_CELLS
from ingest.contract import Contract
from ingest.reading import MONTH_COLUMNS

_ROWS_NAMED = 5  # rows that a sentence lists before it says 'and n more'


def repeated_keys(
    contract: Contract,
    keys: pl.DataFrame,
    as_understood: Callable[[pl.Series], pl.DataFrame],
    fila: pl.Series,
    hidden: bool,
) -> pl.DataFrame:
    """Bad cells (`BAD_CELLS`) of the rows whose key is there more than once.

    `keys`: canonical key cells; null equals null. `as_understood`: gives the
    meaning of the rows at some positions, all columns (asked for only where a key may be repeated). Rows that are
    identical as understood: the first is kept, the others are fila_repetida; otherwise all rows of the key are clave_repetida.
    `hidden`: the key may not be shown. With months side by side the month is part of the key, so that rows which share no
    filled month do not collide.
    """
    if keys.width == 0 or not keys.height:
        return pl.DataFrame(schema=BAD_CELLS)
    hashes = keys.hash_rows()
    if hashes.n_unique() == keys.height:  # distinct hashes are distinct keys
        return pl.DataFrame(schema=BAD_CELLS)
    suspect = hashes.is_duplicated()
    positions = suspect.arg_true().cast(pl.UInt32)
    names, suspects = keys.columns, as_understood(positions)
    months = suspects.select(MONTH_COLUMNS) if MONTH_COLUMNS[0] in suspects.columns else None
    grouped = keys.filter(suspect).with_columns(
        positions.alias("indice"),
        suspects.hash_rows().alias("leido"),
        fila.filter(suspect).alias("fila"),
    )
    if months is not None:
        grouped = grouped.with_columns(_filled_months(months))
    groups = (
        grouped.group_by(names, maintain_order=True)
        .agg(
            "indice", "fila", *(["meses"] if months is not None else []), pl.col("leido").n_unique().alias("distintas")
        )
        .filter(pl.col("indice").list.len() > 1)
    )
    columns = ", ".join(contract.key_columns)
    expected = f"Un solo renglón por cada {columns}."
    found: list[tuple[int, str, str | None, str, str, str, str]] = []
    for group in groups.iter_rows(named=True):
        key = None if hidden else " | ".join("(vacía)" if group[name] is None else str(group[name]) for name in names)
        shown = "" if key is None else f" «{key}»"
        rows = group["fila"]
        if group["distintas"] == 1:
            motive = f"El renglón dice lo mismo que el de la fila {rows[0]}."
            found += [
                (i, columns, key, "fila_repetida", motive, expected, "Borre el renglón repetido.")
                for i in group["indice"][1:]
            ]
        elif months is None or _share_a_month(group["meses"]):
            motive = f"La clave{shown} está repetida en las filas {_listed(rows)} con datos distintos."
            remedy = "Deje un solo renglón con esa clave, o corrija la clave de los otros."
            found += [(i, columns, key, "clave_repetida", motive, expected, remedy) for i in group["indice"]]
    return pl.DataFrame(found, schema=BAD_CELLS, orient="row")


def _filled_months(months: pl.DataFrame) -> pl.Series:
    """For each row a bit per filled month."""
    bits = [sum(1 << month for month, cell in enumerate(row) if cell is not None) for row in months.iter_rows()]
    return pl.Series("meses", bits, dtype=pl.UInt16)


def _share_a_month(filled: list[int]) -> bool:
    seen = 0
    for months in filled:
        if seen & months:
            return True
        seen |= months
    return False


def _listed(rows: list[int]) -> str:
    named = [str(row) for row in rows[:_ROWS_NAMED]]
    if len(rows) > _ROWS_NAMED:
        return f"{', '.join(named)} y {len(rows) - _ROWS_NAMED} más"
    return f"{', '.join(named[:-1])} y {named[-1]}"
