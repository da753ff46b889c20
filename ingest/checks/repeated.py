"""Rows of one file that say the same key: by what their cells mean, not by how they are written (rules.md, 'Rows')."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from ingest.checks.bench import WITHDRAWN, Bench, is_month
from ingest.checks.columns import clean_series
from ingest.checks.judging import WITHDRAWN_COLUMN
from ingest.checks.keys import repeated_keys
from ingest.contract import Column, Contract
from ingest.privacy.pseudonyms import as_compared

_UNREADABLE = "\0"
"""What an unreadable cell is compared as: it is not empty."""
_ALIKE_NAMED = 5
_HARDLY_DIFFERENT = (
    (r"\p{M}", ""),  # accents
    (r"[\s_\-\u{2010}-\u{2015}./]+", "-"),
    (r"(^|[^0-9])0+([0-9])", "${1}${2}"),
)
"""What two keys of one file may differ in without being two keys: pattern and what is left of it."""


def repeated_rows(bench: Bench) -> pl.DataFrame:
    """Bad cells (`BAD_CELLS`) of the rows whose key another row of the file has; of keys that hardly differ the receipt is told."""
    contract = bench.contract
    keys = pl.DataFrame([_key_cells(bench, contract.column(name)) for name in _source_key(contract)])
    hidden = any(contract.column(name).seudonimo or contract.column(name).personal for name in contract.key_columns)
    if keys.width == 1 and not hidden:
        bench.notes += _keys_that_hardly_differ(contract.key_columns[0], keys.to_series())
    # A row whose key cannot be read has none to repeat.
    without_key = pl.concat([bench.broken(), *(bench.silenced(n) for n in keys.columns), *bench.unreadable.values()])
    if not len(without_key):
        return repeated_keys(contract, keys, lambda places: _as_understood(bench, places), bench.fila, hidden)
    whole = ~pl.int_range(bench.height, eager=True, dtype=pl.UInt32).is_in(without_key.implode())
    positions = whole.arg_true().cast(pl.UInt32)

    def as_understood(places: pl.Series) -> pl.DataFrame:
        return _as_understood(bench, positions.gather(places))

    found = repeated_keys(contract, keys.filter(whole), as_understood, bench.fila.filter(whole), hidden)
    return found.with_columns(positions.gather(found["indice"]).alias("indice"))


def _keys_that_hardly_differ(name: str, keys: pl.Series) -> list[str]:
    """What to tell of keys such as 007 and 7, or T-1 and t–01, in one file: they may be one key that was written in two ways."""
    if keys.dtype != pl.String:
        return []
    distinct = keys.drop_nulls().unique(maintain_order=True)
    bare = distinct.str.to_lowercase().str.normalize("NFD")
    for pattern, plain in _HARDLY_DIFFERENT:
        bare = bare.str.replace_all(pattern, plain)
    if bare.n_unique() == len(bare):
        return []
    groups = pl.DataFrame({"bare": bare, "key": distinct}).filter(bare.is_duplicated())
    alike = groups.group_by("bare", maintain_order=True).agg("key")["key"].head(_ALIKE_NAMED)
    listed = ", ".join(" y ".join(f"«{key}»" for key in sorted(found)) for found in alike.to_list())
    return [
        f"En {name} hay claves que sólo difieren en mayúsculas, acentos, guiones o ceros ({listed}): se tomaron por claves distintas."
    ]


def _as_understood(bench: Bench, places: pl.Series) -> pl.DataFrame:
    """Some rows by what their cells mean, the shape too: rules.md, 'Rows'. A bad cell counts by its text. Personal columns are
    compared as pseudonyms are made of them, since nothing of them lands."""
    columns = []
    known = {column.nombre: column for column in bench.contract.columnas} | {WITHDRAWN: WITHDRAWN_COLUMN}
    for name in bench.reading.rows.columns:
        column = known.get(name) or bench.contract.column("casos")
        columns.append(_meaning(bench, column, name, places).alias(name))
    if bench.contract.geometry_column:
        columns.append(_normal_shapes(bench.geometry().gather(places)).alias("geometria"))
    return pl.DataFrame(columns)


def _meaning(bench: Bench, column: Column, name: str, places: pl.Series) -> pl.Series:
    raw = bench.cells(name).raw.gather(places)
    cleaned = clean_series(column, raw, letters_lost=bench.letters_lost)
    unread = pl.int_range(len(raw), eager=True, dtype=pl.UInt32).is_in(cleaned.bad["indice"].implode())
    text = cleaned.text.set(cleaned.text.is_null() & raw.is_not_null() & unread, _UNREADABLE)
    known = bench.silenced(name)
    if len(known):
        text = text.set(places.is_in(known.implode()) & text.is_null(), _UNREADABLE)
    if column.personal:
        return text.map_elements(partial(as_compared, name), return_dtype=pl.String)
    if column.tipo == "texto" and not column.seudonimo:
        return text
    meaning = bench.values[name].gather(places).cast(pl.String)
    if column.tipo == "lista":
        meaning = meaning.str.split(";").list.sort().list.join(";")
    return meaning.zip_with(meaning.is_not_null(), text)


def _normal_shapes(shapes: pl.Series) -> pl.Series:
    """Shapes that are equal whichever point they begin with."""
    import shapely

    geometries = shapely.from_wkb(np.array(shapes.to_list(), dtype=object))
    return pl.Series(shapes.name, list(shapely.to_wkb(shapely.normalize(geometries))), dtype=pl.Binary)


def _source_key(contract: Contract) -> list[str]:
    """The key's columns as they stand in the file: with months side by side, the month is not one of them."""
    return [name for name in contract.key_columns if not is_month(contract, contract.column(name))]


def _key_cells(bench: Bench, column: Column) -> pl.Series:
    """What a key column is compared by: its meaning, or its text where it has none."""
    if column.tipo == "texto" and not column.seudonimo:
        return bench.texts[column.nombre].alias(column.nombre)
    meaning = bench.values[column.nombre].cast(pl.String)
    return meaning.zip_with(meaning.is_not_null(), bench.texts[column.nombre]).alias(column.nombre)
