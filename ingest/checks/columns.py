"""A whole column judged at once.

Cells in a type's plain form are read by polars; every distinct other text is judged once by `cells.judge_cell` and its
verdict joined back to the rows that hold it. So the careful definition stays one function and a million rows take a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from ingest.checks.cells import NumberStyle, Verdict, judge_cell, missing
from ingest.checks.words import EMPTY_TOKENS, ODD_TEXT, normalised, normalised_text
from ingest.contract import Column

BAD_CELLS: dict[str, pl.DataType] = {
    "indice": pl.UInt32(),
    "columna": pl.String(),
    "valor": pl.String(),
    "regla": pl.String(),
    "motivo": pl.String(),
    "esperado": pl.String(),
    "correccion": pl.String(),
}
"""Bad cells while they are collected: `indice` is the row's position among the rows in scope."""

_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "DECIMAL(20,6)": pl.Decimal(20, 6),
    "DATE": pl.Date(),
    "BOOLEAN": pl.Boolean(),
}
_LONGEST_EMPTY = max(map(len, EMPTY_TOKENS))
_SAMPLE = 20_000
_REPEATED = 5  # a text stands at least so often on average where a column counts as having few distinct ones
_PLAIN_NUMBER = r"^-?[0-9]{1,13}(?:\.(?:[0-9]{1,2}|[0-9]{4,6}))?$"
"""A number of one reading: no comma, no blank, and not exactly three digits after the point."""
_PLAIN_COORDINATE = r"^-?[0-9]{1,4}(?:\.(?:[0-9]{1,2}|[0-9]{4,18}))?$"
_PLAIN_INTEGER = r"^-?[0-9]{1,18}$"
_PLAIN_URL = r"^https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[!-~]*)?$"


@dataclass(frozen=True)
class Judged:
    """A column's cells with their meaning."""

    text: pl.Series
    """Each cell normalised; null when empty. What keys and repeated rows are compared by."""
    values: pl.Series
    """The meaning, in the lake's type; null when empty or bad."""
    bad: pl.DataFrame
    """Bad cells, `BAD_CELLS`."""


def judge_column(
    column: Column,
    raw: pl.Series,
    native: pl.Series | None,
    known_bad: pl.Series,
    today: date,
    allowed: tuple[str, ...],
    elsewhere: Sequence[tuple[str, int]] = (),
) -> Judged:
    """Judge every cell of a column.

    `raw`: texts as the person sees them. `native`: true where the cell was a real number, date or boolean. `known_bad`:
    positions that the reader found unreadable; nothing more is said about those. `elsewhere`: texts of the column's cells
    in rows out of scope, with how often they stand there: they too show how the column writes its numbers.
    """
    is_plain = _plain_numbers(column, raw, native)
    text = normalise_series(raw, column.tipo == "texto", is_plain)
    if text is not raw:
        is_plain = _plain_numbers(column, text, native)
    plain = _plain_values(column, text, is_plain)
    unsettled = text.is_not_null() if plain is None else text.is_not_null() & plain.is_null()
    pending = pl.DataFrame({"texto": text if plain is None else text.filter(unsettled)})
    pending = pending.with_columns(_native_cells(native, None if plain is None else unsettled))
    verdicts = _judge_distinct(column, pending, today, allowed, _point_decimals(column, text, plain), elsewhere)
    keys = ["texto", "nativo"] if "nativo" in pending.columns else ["texto"]
    meaning = pending.join(verdicts.select(*keys, "value", "malo"), on=keys, how="left", maintain_order="left")
    if plain is None:
        values, positions = meaning["value"], None
    else:
        positions = unsettled.arg_true().cast(pl.UInt32)
        values = plain.scatter(positions, meaning["value"]) if len(positions) else plain
    bad = _bad_cells(column, pending, meaning["malo"].fill_null(False), positions, verdicts, keys)
    if column.obligatoria:
        empty = text.is_null() & ~pl.int_range(len(text), eager=True, dtype=pl.UInt32).is_in(known_bad.implode())
        if empty.any():
            bad = pl.concat([bad, _missing_cells(column, empty)])
    return Judged(text, values.alias(column.nombre), bad)


def _native_cells(native: pl.Series | None, unsettled: pl.Series | None) -> list[pl.Series]:
    """The column `nativo` of the cells to judge, where the file tells real numbers and dates from texts."""
    if native is None:
        return []
    return [(native if unsettled is None else native.filter(unsettled)).alias("nativo")]


def _bad_cells(
    column: Column,
    pending: pl.DataFrame,
    is_bad: pl.Series,
    positions: pl.Series | None,
    verdicts: pl.DataFrame,
    keys: list[str],
) -> pl.DataFrame:
    """Bad cells (`BAD_CELLS`) with the words of their verdicts. `positions`: where the pending cells stand; None: all."""
    if not is_bad.any():
        return pl.DataFrame(schema=BAD_CELLS)
    places = is_bad.arg_true().cast(pl.UInt32)
    cells = pending.filter(is_bad).with_columns(
        (places if positions is None else positions.gather(places)).alias("indice")
    )
    return cells.join(verdicts, on=keys, how="left", maintain_order="left").select(
        "indice", pl.lit(column.nombre).alias("columna"), pl.col("texto").alias("valor"), *list(BAD_CELLS)[3:]
    )


def normalise_series(raw: pl.Series, is_text: bool, settled: pl.Series | None = None) -> pl.Series:
    """Each text trimmed, NFC, blanks collapsed (in a text column 1.0 is 1); null when empty. `settled`: true for cells that
    are known to be normal."""
    odd = _odd_texts(raw) if settled is None else _odd_among(raw, ~settled)
    if odd is None:
        return raw
    normal = normalised_text if is_text else normalised
    texts = raw.filter(odd).unique(maintain_order=True)
    mended = [normal(text) for text in texts]
    table = pl.DataFrame({"texto": texts, "normal": [None if t.upper() in EMPTY_TOKENS else t for t in mended]})
    positions = odd.arg_true()
    replaced = raw.gather(positions).to_frame("texto").join(table, on="texto", how="left", maintain_order="left")
    return raw.scatter(positions, replaced["normal"])


def _odd_texts(raw: pl.Series) -> pl.Series | None:
    """True where normalising may change a text; None when it changes none. A column of few distinct texts is decided by them."""
    few = few_distinct(raw)
    looked_at = raw if few is None else few
    odd = looked_at.str.contains(ODD_TEXT) | (
        (looked_at.str.len_bytes() <= _LONGEST_EMPTY) & looked_at.str.to_uppercase().is_in(list(EMPTY_TOKENS))
    )
    if not odd.any():
        return None
    return (odd if few is None else raw.is_in(few.filter(odd.fill_null(False)).implode())).fill_null(False)


def _odd_among(raw: pl.Series, unsettled: pl.Series) -> pl.Series | None:
    """`_odd_texts`, where only the `unsettled` cells may be odd."""
    positions = unsettled.fill_null(False).arg_true()
    odd = _odd_texts(raw.gather(positions))
    return None if odd is None else pl.repeat(False, len(raw), eager=True).scatter(positions, odd)


def few_distinct(texts: pl.Series) -> pl.Series | None:
    """The distinct texts of a large column when a sample says that there are few; None otherwise."""
    if len(texts) < _SAMPLE:
        return None
    step = len(texts) // _SAMPLE
    if texts.gather_every(step).n_unique() > _SAMPLE // _REPEATED:
        return None
    distinct = texts.unique()
    return distinct if len(distinct) < len(texts) // _REPEATED else None


def _plain_numbers(column: Column, raw: pl.Series, native: pl.Series | None) -> pl.Series | None:
    """True for the cells of a number column that are plain numbers; None for another type."""
    if column.tipo not in ("entero", "decimal"):
        return None
    forms = {"BIGINT": _PLAIN_INTEGER, "DOUBLE": _PLAIN_COORDINATE}
    is_plain = raw.str.contains(forms.get(column.lake_type, _PLAIN_NUMBER))
    return is_plain if native is None else is_plain & ~native


def _plain_values(column: Column, text: pl.Series, is_plain: pl.Series | None) -> pl.Series | None:
    """Values of the cells in plain form, null for the others; None when the type has no plain form."""
    if column.tipo == "texto":
        return text if column.patron is None else text.set(~text.str.contains(column.patron), None)
    if column.tipo == "url":
        return text.set(~text.str.contains(_PLAIN_URL), None)
    if is_plain is None:
        return None
    number = text.set(~is_plain, None).cast(_TYPES[column.lake_type], strict=False)
    inside = pl.repeat(True, len(text), eager=True)
    if column.minimo is not None:
        inside &= number >= _bound(column, column.minimo)
    if column.maximo is not None:
        inside &= number <= _bound(column, column.maximo)
    return number.set(~inside, None)


def _bound(column: Column, bound: object) -> pl.Series:
    return pl.Series([bound]).cast(_TYPES[column.lake_type])


def _point_decimals(column: Column, text: pl.Series, plain: pl.Series | None) -> int:
    """How many plain cells use the point for decimals."""
    if plain is None or column.tipo not in ("entero", "decimal"):
        return 0
    return int((plain.is_not_null() & text.str.contains(".", literal=True)).sum())


def _judge_distinct(
    column: Column,
    pending: pl.DataFrame,
    today: date,
    allowed: tuple[str, ...],
    point_decimals: int,
    elsewhere: Sequence[tuple[str, int]],
) -> pl.DataFrame:
    """The verdict on each distinct text (and native, where the file tells)."""
    names = [name for name in ("texto", "nativo") if name in pending.columns]
    distinct = pending.filter(pl.col("texto").is_not_null()).group_by(names, maintain_order=True).len()
    texts, counts = distinct["texto"].to_list(), distinct["len"].to_list()
    natives = distinct["nativo"].to_list() if "nativo" in names else [False] * len(texts)
    style = NumberStyle()
    if column.tipo in ("entero", "decimal"):
        typed = [(t, n) for t, native, n in zip(texts, natives, counts, strict=True) if not native]
        style = NumberStyle.of(column, [*typed, *elsewhere], point_decimals)
    verdicts = [judge_cell(column, t, native, today, allowed, style) for t, native in zip(texts, natives, strict=True)]
    return distinct.select(names).with_columns(
        pl.Series("value", [v.value for v in verdicts], dtype=_TYPES[column.lake_type]),
        pl.Series("malo", [v.regla is not None for v in verdicts], dtype=pl.Boolean),
        *_words(verdicts),
    )


def _words(verdicts: list[Verdict]) -> list[pl.Series]:
    return [
        pl.Series("regla", [v.regla for v in verdicts], dtype=pl.String),
        pl.Series("motivo", [v.motivo for v in verdicts], dtype=pl.String),
        pl.Series("esperado", [v.esperado for v in verdicts], dtype=pl.String),
        pl.Series("correccion", [v.correccion for v in verdicts], dtype=pl.String),
    ]


def _missing_cells(column: Column, empty: pl.Series) -> pl.DataFrame:
    verdict = missing(column)
    positions = empty.arg_true().cast(pl.UInt32)
    return pl.DataFrame({"indice": positions}).select(
        "indice",
        pl.lit(column.nombre).alias("columna"),
        pl.lit(None, dtype=pl.String).alias("valor"),
        pl.lit(verdict.regla, dtype=pl.String).alias("regla"),
        pl.lit(verdict.motivo).alias("motivo"),
        pl.lit(verdict.esperado).alias("esperado"),
        pl.lit(verdict.correccion).alias("correccion"),
    )
