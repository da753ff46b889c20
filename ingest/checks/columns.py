"""A whole column judged at once.

Cells in a type's plain form are read by polars; every distinct other text is judged once by `cells.judge_cell` and its
verdict joined back to the rows that hold it. So the careful definition stays one function and a million rows take a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product

import polars as pl

from ingest.checks.bad_cells import BAD_CELLS, bad_cells
from ingest.checks.cells import AS_PERCENTAGE, SEVERAL_URLS, NumberStyle, Style, judge_cell, judge_date, missing
from ingest.checks.damage import AS_LINES, MAX_CELL, mended, unreadable
from ingest.checks.dates import DateStyle, read_date
from ingest.checks.words import (
    EMPTY_TOKENS,
    ODD_TEXT,
    ODD_WORDS,
    is_empty,
    normalised,
    normalised_text,
    with_plain_marks,
)
from ingest.contract import Column
from ingest.reading import POLARS_TYPES

SAID: dict[str, pl.DataType] = {
    "columna": pl.String(),
    "texto": pl.String(),
    "leido": pl.String(),
    "como": pl.String(),
    "celdas": pl.UInt32(),
    "indice": pl.UInt32(),
}
"""What was interpreted: each distinct text, what it was read as and how, in how many cells, in which the first."""

_EMPTY_AS_WRITTEN = sorted(
    {"".join(chars) for token in EMPTY_TOKENS for chars in product(*((c.upper(), c.lower()) for c in token))}
)
"""What counts as an empty cell in every case: looking a cell up takes a tenth of the time of raising its letters."""
_WORDS = ("regla", "motivo", "esperado", "correccion", "leido", "como")
"""What a verdict says in words."""
_OF_PLAIN_MARKS = ("entero", "decimal", "fecha", "booleano")
_SAMPLE = 20_000
_SHOWN_VALUE = 200  # characters of an unreadable value that are kept
_REPEATED = 5  # a text stands at least so often on average where a column counts as having few distinct ones
_PLAIN_NUMBER = r"^-?[0-9]{1,13}(?:\.(?:[0-9]{1,2}|[0-9]{4,6}))?$"
"""A number of one reading: no comma, no blank, and not exactly three digits after the point."""
_PLAIN_COORDINATE = r"^-?[0-9]{1,4}(?:\.(?:[0-9]{1,2}|[0-9]{4,18}))?$"
_PLAIN_INTEGER = r"^-?[0-9]{1,18}$"
_SHOWN_DATE = (
    r"(?i)^(?:[0-9]{1,2}-)?(?:ene|feb|mar|abr|may|jun|jul|ago|sep|sept|oct|nov|dic|jan|apr|aug|dec)\.?-[0-9]{2}(?:[0-9]{2})?$"
    r"|^[0-9]{1,2}-(?:ene|feb|mar|abr|may|jun|jul|ago|sep|sept|oct|nov|dic|jan|apr|aug|dec)\.?$"
    r"|^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
)
"""A date as a spreadsheet shows it of itself."""
_ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
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
    said: pl.DataFrame
    """What was interpreted, `SAID`."""
    dates: DateStyle = field(default_factory=DateStyle)
    """How a column of dates writes them."""


@dataclass(frozen=True)
class Cleaned:
    """A column's texts before they are judged."""

    text: pl.Series
    """Each cell mended and normalised; null when empty or unreadable."""
    bad: pl.DataFrame
    """Unreadable cells, `BAD_CELLS`."""
    said: pl.DataFrame
    """What was mended, `SAID`."""


@dataclass(frozen=True)
class Cells:
    """A column's cells as they were read."""

    raw: pl.Series
    """Texts as the person sees them."""
    native: pl.Series | None = None
    """True where the cell was a real number, date or boolean; None when the file does not tell."""
    dated: pl.Series | None = None
    """True where the cell was a date; None when none was."""
    known_bad: pl.Series = field(default_factory=lambda: pl.Series("indice", [], dtype=pl.UInt32))
    """Positions that the reader found unreadable; nothing more is said about those."""
    elsewhere: Sequence[tuple[str, int]] = ()
    """Texts of the cells in rows out of scope, with how often they stand there: they too show how the column writes its numbers."""


@dataclass(frozen=True)
class Circumstances:
    """What else decides how a column's cells are read."""

    today: date
    """The day of receipt."""
    allowed: tuple[str, ...] = ()
    month_first_elsewhere: str | None = None
    """Another column of dates of the file, which is month first."""
    letters_lost: bool = False
    """Some cell of the file lost a letter, which became `?`."""


def judge_column(column: Column, cells: Cells, around: Circumstances, is_key: bool = False) -> Judged:
    """Judge every cell of a column. `is_key`: part of the key."""
    raw, native, known_bad = cells.raw, cells.native, cells.known_bad
    is_plain = _plain_numbers(column, raw, native)
    cleaned = clean_series(column, raw, is_plain, cells.dated, around.letters_lost)
    if is_key and column.tipo == "texto":
        cleaned = _without_loose_quotes(column, _without_dates_among_keys(column, cleaned))
    text = cleaned.text
    if text is not raw:
        is_plain = _plain_numbers(column, text, native)
    plain = _plain_values(column, text, is_plain)
    positions = (text.is_not_null() & plain.is_null()).arg_true().cast(pl.UInt32)
    pending = pl.DataFrame({"texto": text.gather(positions), "indice": positions})
    if native is not None:
        pending = pending.with_columns(native.gather(positions).alias("nativo"))
    verdicts, style = _judge_distinct(column, pending, cells.elsewhere, _point_decimals(column, text, plain), around)
    keys = [name for name in ("texto", "nativo") if name in pending.columns]
    meaning = pending.join(verdicts.select(*keys, "value", "malo"), on=keys, how="left", maintain_order="left")
    values = plain.scatter(positions, meaning["value"]) if len(positions) else plain
    bad = _bad_cells(column, _with_words(pending, verdicts.filter("malo"), keys))
    if cleaned.bad.height:
        bad = pl.concat([cleaned.bad, bad])
        known_bad = pl.concat([known_bad.cast(pl.UInt32), cleaned.bad["indice"]])
    if column.obligatoria:
        empty = text.is_null() & ~pl.int_range(len(text), eager=True, dtype=pl.UInt32).is_in(known_bad.implode())
        if empty.any():
            bad = pl.concat([bad, _missing_cells(column, empty)])
    interpreted = _told(column, _with_words(pending, verdicts.filter(pl.col("como") != ""), keys))
    said = pl.concat([cleaned.said, interpreted, _like_fractions(column, text, values)])
    return Judged(text, values.alias(column.nombre), bad, said, style.dates)


def _with_words(cells: pl.DataFrame, verdicts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The cells that have one of these verdicts, with its words."""
    return cells.join(verdicts, on=keys, how="inner", maintain_order="left")


def _like_fractions(column: Column, text: pl.Series, values: pl.Series) -> pl.DataFrame:
    """`SAID` of a column of percentages in which nothing passes 1: 0.85 stands for 0.85 %, and its office may have meant 85."""
    if column.unidad != "%":
        return pl.DataFrame(schema=SAID)
    numbers = values.cast(pl.Float64)
    fractions = ((numbers > 0) & (numbers < 1)).fill_null(False)
    if not fractions.any() or (numbers > 1).any() or text.str.ends_with("%").any():
        return pl.DataFrame(schema=SAID)
    cells = pl.DataFrame({"texto": text, "indice": pl.int_range(len(text), eager=True, dtype=pl.UInt32)})
    return _told(
        column,
        cells.filter(fractions).with_columns(leido=pl.col("texto") + " %", como=pl.lit(AS_PERCENTAGE)),
    )


def _told(column: Column, cells: pl.DataFrame) -> pl.DataFrame:
    """`SAID` of cells with their `texto`, `leido`, `como` and `indice`."""
    return (
        cells.group_by("texto", "leido", "como", maintain_order=True)
        .agg(pl.len().cast(pl.UInt32).alias("celdas"), pl.col("indice").min())
        .select(pl.lit(column.nombre).alias("columna"), *list(SAID)[1:])
    )


def _bad_cells(column: Column, cells: pl.DataFrame) -> pl.DataFrame:
    """Bad cells (`BAD_CELLS`) with the words of their verdicts."""
    return cells.select(
        "indice", pl.lit(column.nombre).alias("columna"), pl.col("texto").alias("valor"), *list(BAD_CELLS)[3:]
    )


def clean_series(
    column: Column,
    raw: pl.Series,
    settled: pl.Series | None = None,
    dated: pl.Series | None = None,
    letters_lost: bool = False,
) -> Cleaned:
    """Each text mended, trimmed, NFC, blanks collapsed (in a text column 1.0 is 1); null when empty or unreadable. `settled`:
    true for cells that are known to be normal."""
    odd = _odd_texts(column, raw, letters_lost) if settled is None else _odd_among(column, raw, ~settled)
    bad, said = pl.DataFrame(schema=BAD_CELLS), pl.DataFrame(schema=SAID)
    text = raw
    if odd is not None:
        positions = odd.arg_true().cast(pl.UInt32)
        table = _clean_texts(column, raw.filter(odd).unique(maintain_order=True), letters_lost)
        cells = raw.gather(positions).to_frame("texto").with_columns(positions.alias("indice"))
        cells = cells.join(table, on="texto", how="left", maintain_order="left")
        text = raw.clone().scatter(positions, cells["normal"])  # scatter writes into a series that nobody shares
        if table["motivo"].null_count() < table.height:
            unreadable_cells = cells.filter(pl.col("motivo").is_not_null())
            bad = unreadable_cells.select(
                "indice",
                pl.lit(column.nombre).alias("columna"),
                "valor",
                pl.lit("no_legible").alias("regla"),
                *list(BAD_CELLS)[4:],
            )
        if table["como"].null_count() < table.height:
            said = _told(column, cells.filter(pl.col("como").is_not_null() & pl.col("leido").is_not_null()))
    turned = None
    if dated is not None and column.tipo != "fecha":
        # A time of day in a column that is no key stays: it says what the person sees.
        turned = (dated & (text.str.contains(_ISO_DATE) | column.obligatoria)).fill_null(False)
    if turned is not None and turned.any():
        bad = pl.concat([bad, _turned_into_dates(column, text, turned)])
        text = text.clone().set(turned, None)
    return Cleaned(text, bad, said)


def _clean_texts(column: Column, texts: pl.Series, letters_lost: bool) -> pl.DataFrame:
    """Each distinct odd text with what it is once mended, and why it cannot be read where it cannot."""
    normal = normalised_text if column.tipo == "texto" else normalised
    rows = [_clean_text(text, normal, column.tipo, letters_lost) for text in texts]
    names = ("normal", "leido", "como", "valor", "motivo", "esperado", "correccion")
    return pl.DataFrame(
        {"texto": texts, **{name: [row[place] for row in rows] for place, name in enumerate(names)}},
        schema={"texto": pl.String(), **dict.fromkeys(names, pl.String())},
    )


def _clean_text(text: str, normal: Callable[[str], str], tipo: str, letters_lost: bool) -> tuple[str | None, ...]:
    whole, how = (text, "") if len(text) > MAX_CELL else mended(text)
    if tipo == "lista" and "\n" in whole.strip() and ";" not in whole:
        whole, how = ";".join(whole.splitlines()), AS_LINES
    clean = normal(whole)
    if tipo in _OF_PLAIN_MARKS:
        clean = with_plain_marks(clean)
    if is_empty(clean):
        return (None,) * 7
    fault = unreadable(clean, tipo, letters_lost)
    if fault is not None:
        return (None, None, None, clean[:_SHOWN_VALUE], *fault)
    return (clean, clean, how or None, None, None, None, None)


def _turned_into_dates(column: Column, text: pl.Series, turned: pl.Series) -> pl.DataFrame:
    """Cells that should be none and are dates in the file: a spreadsheet turned what was typed (3-26, 5 de mayo, 1.5) into one."""
    texts = text.filter(turned)
    motive = (
        "«" + texts + "» es una fecha o una hora: la hoja de cálculo cambió por ella lo que se escribió en la celda."
    )
    form = "Número" if column.tipo in ("entero", "decimal") else "Texto"
    remedy = f"Dé a la columna formato de {form} y escriba de nuevo lo que decía la celda."
    expected = f"{column.titulo}: lo que se escribió, no una fecha."
    return bad_cells(column.nombre, turned.arg_true(), "tipo", motive, expected, remedy, texts)


def _without_dates_among_keys(column: Column, cleaned: Cleaned) -> Cleaned:
    """Keys that read like the dates that a spreadsheet shows (mar-26, 03-jul) among others that do not: it turned them into
    dates before they were saved as text. Where most keys look so, they are keys."""
    turned = cleaned.text.str.contains(_SHOWN_DATE).fill_null(False)
    if not 0 < 2 * int(turned.sum()) < cleaned.text.len() - cleaned.text.null_count():
        return cleaned
    bad = _turned_into_dates(column, cleaned.text, turned)
    return Cleaned(cleaned.text.clone().set(turned, None), pl.concat([cleaned.bad, bad]), cleaned.said)


def _without_loose_quotes(column: Column, cleaned: Cleaned) -> Cleaned:
    """Keys with a quote that nothing opens or closes: what is left of a cell whose other quote was lost."""
    loose = cleaned.text.str.contains('"', literal=True) & (cleaned.text.str.count_matches('"', literal=True) % 2 == 1)
    loose = loose.fill_null(False)
    if not loose.any():
        return cleaned
    texts = cleaned.text.filter(loose)
    bad = bad_cells(
        column.nombre,
        loose.arg_true(),
        "no_legible",
        "La clave «" + texts + "» trae una comilla suelta: no se puede saber si es parte de ella.",
        f"{column.titulo}, sin comillas.",
        "Escriba la clave sin la comilla.",
        texts,
    )
    return Cleaned(cleaned.text.clone().set(loose, None), pl.concat([cleaned.bad, bad]), cleaned.said)


def _odd_texts(column: Column, raw: pl.Series, letters_lost: bool = False) -> pl.Series | None:
    """True where cleaning may change or refuse a text; None where there is none. Few distinct texts decide for all."""
    few = few_distinct(raw)
    looked_at = raw if few is None else few
    pattern = ODD_TEXT if column.tipo in ("url", "correo") else ODD_WORDS
    if letters_lost:
        pattern = rf"{pattern}|\?"
    length = looked_at.str.len_bytes()
    odd = looked_at.str.contains(pattern) | looked_at.is_in(_EMPTY_AS_WRITTEN) | (length > MAX_CELL)
    if not odd.any():
        return None
    return (odd if few is None else raw.is_in(few.filter(odd.fill_null(False)).implode())).fill_null(False)


def _odd_among(column: Column, raw: pl.Series, unsettled: pl.Series) -> pl.Series | None:
    """`_odd_texts`, where only the `unsettled` cells may be odd."""
    positions = unsettled.fill_null(False).arg_true()
    odd = _odd_texts(column, raw.gather(positions))
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


def _plain_values(column: Column, text: pl.Series, is_plain: pl.Series | None) -> pl.Series:
    """Values of the cells in plain form, null for the others."""
    if column.tipo == "texto":
        return text if column.patron is None else text.set(~text.str.contains(column.patron), None)
    if column.tipo == "url":
        return text.set(~text.str.contains(_PLAIN_URL) | text.str.contains(SEVERAL_URLS), None)
    if is_plain is None:
        return pl.Series([None], dtype=POLARS_TYPES[column.lake_type]).new_from_index(0, len(text))
    number = text.set(~is_plain, None).cast(POLARS_TYPES[column.lake_type], strict=False)
    inside = pl.repeat(True, len(text), eager=True)
    if column.minimo is not None:
        inside &= number >= _bound(column, column.minimo)
    if column.maximo is not None:
        inside &= number <= _bound(column, column.maximo)
    return number.set(~inside, None)


def _bound(column: Column, bound: object) -> pl.Series:
    return pl.Series([bound]).cast(POLARS_TYPES[column.lake_type])


def _point_decimals(column: Column, text: pl.Series, plain: pl.Series) -> int:
    """How many plain cells use the point for decimals."""
    if column.tipo not in ("entero", "decimal"):
        return 0
    return int((plain.is_not_null() & text.str.contains(".", literal=True)).sum())


def _judge_distinct(
    column: Column,
    pending: pl.DataFrame,
    elsewhere: Sequence[tuple[str, int]],
    point_decimals: int,
    around: Circumstances,
) -> tuple[pl.DataFrame, Style]:
    """The verdict on each distinct text (and native, where the file tells), and how the column writes its cells."""
    names = [name for name in ("texto", "nativo") if name in pending.columns]
    distinct = pending.group_by(names, maintain_order=True).len()
    texts, counts = distinct["texto"].to_list(), distinct["len"].to_list()
    natives = distinct["nativo"].to_list() if "nativo" in names else [False] * len(texts)
    told = list(zip(texts, natives, counts, strict=True))
    style = Style()
    if column.tipo in ("entero", "decimal"):
        typed = [(text, count) for text, native, count in told if not native]
        style = Style(numbers=NumberStyle.of(column, [*typed, *elsewhere], point_decimals))
    if column.tipo == "fecha":
        read = [(text, read_date(text, native), count) for text, native, count in told]
        style = Style(dates=DateStyle.of(read, around.today, column.hecho, around.month_first_elsewhere))
        verdicts = [judge_date(column, text, said, around.today, style.dates) for text, said, _ in read]
    else:
        verdicts = [judge_cell(column, text, native, around.today, around.allowed, style) for text, native, _ in told]
    frame = distinct.select(names).with_columns(
        pl.Series("value", [v.value for v in verdicts], dtype=POLARS_TYPES[column.lake_type]),
        pl.Series("malo", [v.regla is not None for v in verdicts], dtype=pl.Boolean),
        *(pl.Series(name, [getattr(v, name) for v in verdicts], dtype=pl.String) for name in _WORDS),
    )
    return frame, style


def _missing_cells(column: Column, empty: pl.Series) -> pl.DataFrame:
    told = missing(column)
    return bad_cells(
        column.nombre, empty.arg_true(), str(told.regla), told.motivo, str(told.esperado), str(told.correccion)
    )
