"""Every bad cell of a delivery, as the receipt lists them and as the file `errores.csv`: where it stands, what is wrong, the remedy."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.reading import LIST_HEADERS, MONTH_COLUMNS, MONTH_HEADERS, Outcome

EMPTY = "(vacía)"
_MONTHS = dict(zip(MONTH_HEADERS, MONTH_COLUMNS, strict=True))
_WORDS = ("motivo", "esperado", "correccion")
_FORMULA_STARTS = r"^[=+\-@\t\r\n＝＋－＠|]"
"""A spreadsheet would run what begins so."""
_BOM = b"\xef\xbb\xbf"  # without it Excel takes the file for Windows' letters
_COLUMNS = ("fila", "celda", "columna", "valor", *_WORDS)
CSV_HEADERS = dict(zip(_COLUMNS, LIST_HEADERS, strict=True)) | {"apartada": "Fila apartada"}


@dataclass(frozen=True)
class BadCellLine:
    """One bad cell as the receipt tells it."""

    fila: int
    celda: str
    """The cell as a spreadsheet names it (C13); "" where the file has no such names."""
    columna: str
    valor: str | None
    motivo: str
    esperado: str
    correccion: str
    cuarentena: bool


def bad_cell_lines(outcome: Outcome, shows_values: bool, limit: int) -> list[BadCellLine]:
    """The first rejects as told to their author. Where personal data may lie anywhere in a row, no value is repeated."""
    told = _told(outcome, outcome.rejects.head(limit), shows_values).with_columns(
        valor=pl.col("valor") if shows_values else pl.lit(None, dtype=pl.String)
    )
    return [BadCellLine(**line) for line in told.select(*_COLUMNS, "cuarentena").iter_rows(named=True)]


def bad_cells_csv(outcome: Outcome, shows_values: bool) -> bytes:
    """The whole list as a CSV that a spreadsheet opens as it is: no cell of it is a formula, no personal value is in it."""
    told = _told(outcome, outcome.rejects, shows_values)
    cells = told.with_columns(apartada=pl.when("cuarentena").then(pl.lit("Sí")).otherwise(pl.lit("No")))
    names = [name for name in CSV_HEADERS if shows_values or name != "valor"]
    safe = [_safe(name) if cells.schema[name] == pl.String else pl.col(name) for name in names]
    lines = cells.select(safe).rename({name: CSV_HEADERS[name] for name in names})
    return _BOM + lines.write_csv(line_terminator="\r\n").encode()


def _safe(name: str) -> pl.Expr:
    text = pl.col(name).fill_null("")
    return pl.when(text.str.contains(_FORMULA_STARTS)).then("'" + text).otherwise(text).alias(name)


def _told(outcome: Outcome, rejects: pl.DataFrame, shows_values: bool) -> pl.DataFrame:
    """Rejects with the name of their cell; without their values where those may not be shown."""
    told = rejects.with_columns(_cell_names(outcome, rejects), *(pl.col(name).fill_null("") for name in _WORDS))
    if shows_values:
        unsaid = pl.col("valor").is_null() & (pl.col("regla") == "obligatoria")
        return told.with_columns(valor=pl.when(unsaid).then(pl.lit(EMPTY)).otherwise(pl.col("valor")))
    quoting = told.select("valor", *_WORDS).filter(pl.col("valor").fill_null("") != "").unique(maintain_order=True)
    if not quoting.height:
        return told
    silent = quoting.with_columns(
        pl.Series(
            f"sin_{name}", [text.replace(value, "…") for value, text in quoting.select("valor", name).iter_rows()]
        )
        for name in _WORDS
    )
    joined = told.join(silent, on=["valor", *_WORDS], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(f"sin_{name}", name).alias(name) for name in _WORDS)


def _cell_names(outcome: Outcome, rejects: pl.DataFrame) -> pl.Expr:
    """Where each bad cell stands as a spreadsheet names it: C13; a repeated key's cells all."""
    understood = outcome.manifest.understood or {}
    columns = understood.get("columnas")
    letters = {name: str(letter) for name, letter in columns.items()} if isinstance(columns, dict) else {}
    if understood.get("formato") == "geojson" or not letters:
        return pl.lit("").alias("celda")
    names: dict[str, pl.Expr] = {}
    for columna in rejects["columna"].unique():
        places = [letters.get(_MONTHS.get(name, name)) for name in columna.split(", ")]
        found = [pl.lit(place) + pl.col("fila").cast(pl.String) for place in places if place]
        names[columna] = pl.concat_str(found, separator=", ") if found else pl.lit("")
    chosen = pl.lit("")
    for columna, name in sorted(names.items(), key=lambda pair: pair[0]):
        chosen = pl.when(pl.col("columna") == columna).then(name).otherwise(chosen)
    return chosen.alias("celda")
