"""Every column of a delivery by its contract: texts to values in the lake's types, bad cells, and what to tell of how they were read."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from ingest.checks.bad_cells import BAD_CELLS, bad_cells
from ingest.checks.bench import ROWS_NAMED, SHOWN_VALUE, WITHDRAWN, Bench, is_month
from ingest.checks.columns import Circumstances, Judged, judge_column
from ingest.checks.dates import read_date
from ingest.checks.words import NULL_WORDS, cut
from ingest.contract import Column
from ingest.reading import MONTH_COLUMNS, MONTH_HEADERS
from pamga.plan import plan
from pamga.spanish import counted, day_in_words, some

WITHDRAWN_COLUMN = Column(WITHDRAWN, "booleano", "Baja", "Retira la clave.", "Sí")
_LONG = 50_000  # rows from which columns are judged side by side
_NULL = rf"(?i)^\s*(?:{'|'.join(re.escape(word) for word in sorted(NULL_WORDS))})\s*$"


def judge_columns(bench: Bench) -> None:
    """Judge the contract's columns: those of a long delivery on all cores, as none depends on another."""
    contract = bench.contract
    plain = [c for c in contract.columnas if c.tipo != "geometria" and not is_month(contract, c)]
    if bench.height < _LONG:
        verdicts = [_judged(bench, column) for column in plain]
    else:
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            verdicts = list(workers.map(partial(_judged, bench), plain))
    judged = {column.nombre: verdict for column, verdict in zip(plain, verdicts, strict=True)}
    _doubt_silent_dates(bench, plain, judged)
    bench.notes += [
        *_dates_read_by_the_rule(judged),
        *chain.from_iterable(_words_of_programs(bench, column) for column in plain),
    ]
    for column in contract.columnas:
        if column.tipo == "geometria":
            _judge_geometry(bench, column)
        elif column.nombre in judged:
            _keep(bench, column, judged[column.nombre])


def _doubt_silent_dates(bench: Bench, columns: list[Column], judged: dict[str, Judged]) -> None:
    """One program writes all dates of a file alike: where a column of dates is month first, or day and month may be exchanged
    in it, the cells of the others that no cell of their own column settles are judged again with that doubt."""
    dates = {column.nombre: column for column in columns if column.tipo == "fecha"}
    month_first = next((name for name in dates if judged[name].dates.leans_month_first), None)
    swapped = next((name for name in dates if judged[name].dates.swapped is not None), None)
    for name, column in dates.items():
        style = judged[name].dates
        if month_first not in (None, name) and style.ambiguous and not style.speaks:
            judged[name] = _judged(bench, column, month_first)
        elif swapped not in (None, name) and style.swapped is None and style.own_dates_may_be_swapped:
            judged[name] = _judged(bench, column, swapped)


def _dates_read_by_the_rule(judged: dict[str, Judged]) -> list[str]:
    """What to tell where nothing in the file says whether its dates have the day first: they were read by the rule."""
    styles = {name: verdict.dates for name, verdict in judged.items()}
    silent = {name: style for name, style in styles.items() if style.either_way is not None and style.elsewhere is None}
    if not silent or any(style.day_first for style in styles.values()):
        return []
    style = next(iter(silent.values()))
    day = read_date(str(style.either_way), native=False).day_first
    if day is None or style.too_late is not None:
        return []
    columns = ", ".join(f"«{name}»" for name in silent)
    return [
        f"Las fechas de {columns} se leyeron con el día primero (día/mes/año): «{cut(str(style.either_way), SHOWN_VALUE)}» es el "
        f"{day_in_words(day)}. Ninguna dice otra cosa; si su programa las escribe con el mes primero, expórtelas como día/mes/año."
    ]


def _words_of_programs(bench: Bench, column: Column) -> list[str]:
    """What to tell of texts that say «NULL»: to a program they are no data, and they count as empty for nobody else."""
    if column.tipo not in ("texto", "lista"):
        return []
    said = bench.cells(column.nombre).raw
    rows = said.str.contains(_NULL).fill_null(False).arg_true()
    if not len(rows):
        return []
    filas = some(bench.fila.gather(rows).to_list(), ROWS_NAMED)
    many = len(rows) > 1
    return [
        f"En «{column.nombre}» hay {counted(len(rows), 'celda')} que {'dicen' if many else 'dice'} «{said[int(rows[0])].strip()}» "
        f"({'filas' if many else 'fila'} {filas}); se guardó así, como un texto. Si su programa lo escribe donde no hay dato, "
        "deje la celda vacía."
    ]


def judge(bench: Bench, column: Column) -> None:
    """Judge one column that no other has a say in, and keep what it comes to."""
    _keep(bench, column, _judged(bench, column))


def _judged(bench: Bench, column: Column, month_first_elsewhere: str | None = None) -> Judged:
    allowed = column.allowed(bench.door.dependencia)
    around = Circumstances(bench.door.today, allowed, month_first_elsewhere, bench.letters_lost)
    is_key = column.nombre in bench.contract.key_columns and not column.seudonimo
    return judge_column(column, bench.cells(column.nombre, bench.elsewhere(column)), around, is_key)


def _keep(bench: Bench, column: Column, judged: Judged) -> None:
    bench.values[column.nombre] = judged.values
    is_key = column.nombre in bench.contract.key_columns
    if column.personal or is_key:
        bench.texts[column.nombre] = judged.text
    if judged.bad.height:
        bench.bad.append(judged.bad)
        if is_key:
            bench.unreadable[column.nombre] = judged.bad.filter(
                (pl.col("regla") == "no_legible") | ((pl.col("regla") == "tipo") & (column.tipo == "texto"))
            )["indice"]
    if judged.said.height:
        bench.said.append(judged.said)


def judge_months(bench: Bench) -> None:
    """The twelve months side by side: each is judged as `casos`; a bad one is told under the month's own header. A month that
    has not begun has no cases, not even 0."""
    cases = bench.contract.column("casos")
    for month, header in zip(MONTH_COLUMNS, MONTH_HEADERS, strict=True):
        judged = judge_column(cases, bench.cells(month), Circumstances(bench.door.today))
        bench.values[month] = judged.values.alias(month)
        bench.bad.append(judged.bad.with_columns(columna=pl.lit(header)))
        if judged.said.height:
            bench.said.append(judged.said.with_columns(columna=pl.lit(header)))
        bench.bad.append(_beyond_today(bench, judged.values, MONTH_COLUMNS.index(month) + 1, header))


def _beyond_today(bench: Bench, values: pl.Series, month: int, header: str) -> pl.DataFrame:
    """Filled cells of a month that begins after the day of receipt."""
    today = bench.door.today
    last_year = today.year if month <= today.month else today.year - 1
    beyond = (values.is_not_null() & (bench.values["anio"] > last_year)).fill_null(False)
    if not beyond.any():
        return pl.DataFrame(schema=BAD_CELLS)
    years = bench.values["anio"].filter(beyond).cast(pl.String)
    return bad_cells(
        header,
        beyond.arg_true(),
        "fecha_futura",
        f"{header} de " + years + f" todavía no comenzaba el {today:%d/%m/%Y}.",
        "La celda vacía: un mes que no ha comenzado no tiene casos, ni 0.",
        "Deje vacías las celdas de los meses que faltan, o corrija el año.",
        values.filter(beyond).cast(pl.String),
    )


def _judge_geometry(bench: Bench, column: Column) -> None:
    """A shape that is missing, or lies wholly outside the municipality."""
    shapes = bench.geometry()
    bench.values[column.nombre] = shapes.alias(column.nombre)
    silenced = set(bench.silenced(column.nombre).to_list())
    empty = [i for i in shapes.is_null().arg_true().to_list() if i not in silenced]
    if column.obligatoria:
        motive, remedy = "El elemento no tiene geometría.", "Dibuje el elemento o bórrelo."
        expected = "Una forma en el mapa (coordenadas de longitud y latitud)."
        bench.bad.append(bad_cells(column.nombre, empty, "obligatoria", motive, expected, remedy))
    outside = _outside(shapes, bench.door.municipality) if bench.contract.export != "municipio" else []
    motive = f"El elemento está todo fuera del municipio de {plan().municipio}."
    remedy = "Revise sus coordenadas y su sistema de referencia, o bórrelo de la entrega."
    outside = [i for i in outside if i not in silenced]
    bench.bad.append(bad_cells(column.nombre, outside, "geometria", motive, "Una forma dentro del municipio.", remedy))


def _outside(shapes: pl.Series, municipality: Any) -> list[int]:
    if municipality is None or not len(shapes):
        return []
    import shapely

    shapely.prepare(municipality)
    geometries = shapely.from_wkb(np.array(shapes.to_list(), dtype=object))
    known = np.array([geometry is not None for geometry in geometries])
    return [int(i) for i in np.flatnonzero(known & ~shapely.intersects(municipality, geometries))]
