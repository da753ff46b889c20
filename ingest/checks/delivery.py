"""A reading becomes what lands: accepted rows in the lake's types, bad cells, counts that add up (rules.md, 'Rows')."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from ingest.checks.bad_cells import BAD_CELLS, bad_cells
from ingest.checks.columns import Cells, Circumstances, Judged, clean_series, few_distinct, judge_column
from ingest.checks.damage import mended, unreadable
from ingest.checks.interpreted import interpretations
from ingest.checks.keys import repeated_keys
from ingest.checks.moderation import MARKS, check_labels, moderate
from ingest.checks.words import folded, normalised_text
from ingest.contract import RESERVED, Column, Contract
from ingest.odcs import PUBLISHABLE, REVIEWED
from ingest.privacy.masks import MASKED, mask_series
from ingest.privacy.pseudonyms import as_compared, pseudonyms
from ingest.privacy.suspects import looks_personal
from ingest.reading import MONTH_COLUMNS, MONTH_HEADERS, Reading
from pamga.plan import plan
from pamga.spanish import some

WITHDRAWN = "baja"
_UNREADABLE = "\0"
"""What an unreadable cell is compared as: it is not empty."""
_WITHDRAWN = Column(WITHDRAWN, "booleano", "Baja", "Retira la clave.", "Sí")

REJECTS: dict[str, pl.DataType] = {
    "archivo": pl.String(),
    "hoja": pl.String(),
    "fila": pl.Int64(),
    "columna": pl.String(),
    "valor": pl.String(),
    "regla": pl.String(),
    "motivo": pl.String(),
    "esperado": pl.String(),
    "correccion": pl.String(),
    "cuarentena": pl.Boolean(),
}
"""Columns of rejects.parquet (docs/interfaces.md)."""

_MONTHS = dict(zip(MONTH_COLUMNS, MONTH_HEADERS, strict=True))
_LONG = 50_000  # rows from which columns are judged side by side
_ROWS_NAMED = 10
_SHOWN_VALUE = 200  # characters of a rejected value that are kept


@dataclass
class Checked:
    """What a delivery comes to. accepted + quarantined + out_of_scope = rows_read."""

    rows: pl.DataFrame
    """Accepted rows, the contract's lake columns, sorted by fila."""
    rejects: pl.DataFrame
    """Bad cells, `REJECTS`, sorted by fila and the contract's columns."""
    rows_read: int
    accepted: int
    quarantined: int
    out_of_scope: int
    notes: list[str] = field(default_factory=list)
    marks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MARKS))
    """What looks personal in typed texts, `MARKS`, sorted by fila: for the receipt alone."""
    interpreted: list[str] = field(default_factory=list)
    """Spanish sentences: cells that were repaired, or understood in one of several ways."""


@dataclass(frozen=True)
class Door:
    """What judging needs to know besides the file: who delivers, when, with which key, and the municipality's boundary."""

    dependencia: str
    archivo: str
    today: date
    hmac_key: bytes
    municipality: Any = None
    """shapely geometry in WGS 84, or None: then nothing is outside."""


class _Bench:
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
        if (
            self.kept is None
            or column.tipo not in ("entero", "decimal")
            or column.nombre not in self.reading.rows.columns
        ):
            return []
        outside = self.reading.rows[column.nombre].filter(~self.kept).drop_nulls()
        return [(text, count) for text, count in outside.value_counts(sort=True).iter_rows()]

    def geometry(self) -> pl.Series:
        if self.reading.geometry is None:
            return pl.Series("geometria", [None], dtype=pl.Binary).new_from_index(0, self.height)
        series = self.reading.geometry.alias("geometria")
        return series if self.kept is None else series.filter(self.kept)

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


def rows_in_scope(reading: Reading, contract: Contract) -> pl.Series:
    """True for the rows that `solo` keeps. A row that could not be split into cells is in scope: it is told to its author."""
    inside = pl.repeat(True, reading.rows.height, eager=True)
    if not contract.solo or reading.scope is None:
        return inside
    for condition in contract.solo:
        raw = reading.scope[condition.nombre]
        wanted = folded(condition.igual)
        right = [t for t in raw.unique() if t is not None and folded(normalised_text(mended(t)[0])) == wanted]
        inside &= raw.is_in(right).fill_null(False)
    if reading.broken:
        inside |= pl.Series(reading.fila).is_in(list(reading.broken))
    return inside


def _unreadable_scope(reading: Reading, contract: Contract) -> list[str]:
    """What to tell of rows of which it cannot be read whether they are the municipality's: they are not taken for it."""
    if not contract.solo or reading.scope is None:
        return []
    notes = []
    for condition in contract.solo:
        raw = reading.scope[condition.nombre]
        lost = [
            t
            for t in raw.unique().sort()
            if t is not None and unreadable(normalised_text(mended(t)[0]) or "-", "texto")
        ]
        if lost:
            rows = reading.fila[raw.is_in(lost).fill_null(False).to_numpy()]
            name = condition.encabezado or condition.nombre
            notes.append(
                f"En las filas {some(rows.tolist(), _ROWS_NAMED)} no se puede leer «{name}», que dice si son de {plan().municipio}: no se tomaron. Corríjalas si lo son."
            )
    return notes


def check_delivery(reading: Reading, contract: Contract, door: Door) -> Checked:
    """Judge every cell of a reading and put together what lands."""
    bench = _Bench(reading, contract, door)
    _judge_columns(bench)
    if contract.formato.disposicion == "meses":
        _judge_months(bench)
    if contract.entrega == "parcial":
        _judge(bench, _WITHDRAWN)
        bench.values[WITHDRAWN] = bench.values[WITHDRAWN].fill_null(False)
    for column in contract.columnas:
        _refuse_masks(bench, column)
    for column in contract.columnas:
        if column.seudonimo:
            _hash(bench, column)
    bench.bad.append(_repeated(bench))
    for column in contract.columnas:
        if column.moderado:  # before the masks: a masked telephone no longer looks like one
            _moderate(bench, column)
        if column.texto_libre and column.nombre not in contract.key_columns:
            _mask(bench, column)
        if column.texto_libre and not column.moderado:
            _check_label(bench, column)
    return _assemble(bench)


def _judge_columns(bench: _Bench) -> None:
    """Judge the contract's columns: those of a long delivery on all cores, as none depends on another."""
    contract = bench.contract
    plain = [c for c in contract.columnas if c.tipo != "geometria" and not _is_month(contract, c)]
    if bench.height < _LONG:
        verdicts = [_judged(bench, column) for column in plain]
    else:
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            verdicts = list(workers.map(partial(_judged, bench), plain))
    judged = {column.nombre: verdict for column, verdict in zip(plain, verdicts, strict=True)}
    _doubt_silent_dates(bench, plain, judged)
    for column in contract.columnas:
        if column.tipo == "geometria":
            _judge_geometry(bench, column)
        elif column.nombre in judged:
            _keep(bench, column, judged[column.nombre])


def _doubt_silent_dates(bench: _Bench, columns: list[Column], judged: dict[str, Judged]) -> None:
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


def _is_month(contract: Contract, column: Column) -> bool:
    return contract.formato.disposicion == "meses" and column.nombre in ("mes", "casos")


def _judge(bench: _Bench, column: Column) -> None:
    _keep(bench, column, _judged(bench, column))


def _judged(bench: _Bench, column: Column, month_first_elsewhere: str | None = None) -> Judged:
    around = Circumstances(bench.door.today, column.allowed(bench.door.dependencia), month_first_elsewhere)
    is_key = column.nombre in bench.contract.key_columns and not column.seudonimo
    return judge_column(column, bench.cells(column.nombre, bench.elsewhere(column)), around, is_key)


def _keep(bench: _Bench, column: Column, judged: Judged) -> None:
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


def _judge_months(bench: _Bench) -> None:
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


def _beyond_today(bench: _Bench, values: pl.Series, month: int, header: str) -> pl.DataFrame:
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


def _judge_geometry(bench: _Bench, column: Column) -> None:
    """A shape that is missing, or lies wholly outside the municipality."""
    shapes = bench.geometry()
    bench.values[column.nombre] = shapes.alias(column.nombre)
    silenced = set(bench.silenced(column.nombre).to_list())
    empty = [i for i in shapes.is_null().arg_true().to_list() if i not in silenced]
    if column.obligatoria:
        motive, expected = (
            "El elemento no tiene geometría.",
            "Una forma en el mapa (coordenadas de longitud y latitud).",
        )
        bench.bad.append(
            bad_cells(column.nombre, empty, "obligatoria", motive, expected, "Dibuje el elemento o bórrelo.")
        )
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


def _refuse_masks(bench: _Bench, column: Column) -> None:
    """A cell in which a mask stands is bad; nobody is told apart by one."""
    texts = bench.texts if column.personal or column.seudonimo else bench.values
    cells = texts.get(column.nombre)
    if cells is None or cells.dtype != pl.String:
        return
    positions = cells.str.contains(MASKED).fill_null(False).arg_true()
    if len(positions):
        motive = (
            "La celda trae una marca de dato oculto en lugar del texto: así se le devolvió, pero no es lo que decía."
        )
        expected = "El texto completo, sin teléfonos, correos, CURP, RFC ni CLABE de personas."
        remedy = "Escriba el texto original sin el dato personal, o quite la marca entre corchetes."
        bench.bad.append(
            bad_cells(column.nombre, positions, "no_legible", motive, expected, remedy, cells.gather(positions))
        )
        texts[column.nombre] = cells.scatter(positions, None)


def _hash(bench: _Bench, column: Column) -> None:
    """Replace a pseudonym column by its hashes; a person whom nothing identifies is quarantined."""
    names = {name for group in column.seudonimo_de for name in group}
    personal = {name: bench.texts[name] for name in names if name in bench.texts}
    hashes = pseudonyms(column, bench.texts[column.nombre], personal, bench.door.hmac_key)
    bench.values[column.nombre] = hashes
    if not column.seudonimo_de:
        return
    silenced = set(bench.silenced(column.nombre).to_list())
    unknown = [i for i in hashes.is_null().arg_true().to_list() if i not in silenced]
    sources = ", ".join(name for group in column.seudonimo_de for name in group)
    motive = f"No hay {column.nombre} ni {sources}: no se puede distinguir a la persona."
    remedy = f"Escriba {column.nombre}, o el nombre y el teléfono o el correo."
    bench.bad.append(bad_cells(column.nombre, unknown, "obligatoria", motive, f"{column.titulo}, o {sources}.", remedy))


def _repeated(bench: _Bench) -> pl.DataFrame:
    contract = bench.contract
    keys = pl.DataFrame([_key_cells(bench, contract.column(name)) for name in _source_key(contract)])
    hidden = any(contract.column(name).seudonimo or contract.column(name).personal for name in contract.key_columns)
    if keys.width == 1 and not hidden:
        bench.notes += _keys_that_differ_in_zeros(contract.key_columns[0], keys.to_series())
    # A row whose key cannot be read has none to repeat.
    without_key = pl.concat([bench.broken(), *(bench.silenced(n) for n in keys.columns), *bench.unreadable.values()])
    if not len(without_key):
        return repeated_keys(contract, keys, lambda places: _as_understood(bench, places), bench.fila, hidden)
    whole = ~pl.int_range(bench.height, eager=True, dtype=pl.UInt32).is_in(without_key.implode())
    positions = whole.arg_true().cast(pl.UInt32)
    found = repeated_keys(
        contract,
        keys.filter(whole),
        lambda places: _as_understood(bench, positions.gather(places)),
        bench.fila.filter(whole),
        hidden,
    )
    return found.with_columns(positions.gather(found["indice"]).alias("indice"))


def _keys_that_differ_in_zeros(name: str, keys: pl.Series) -> list[str]:
    """What to tell of keys such as 007 and 7 in one file: a spreadsheet may have taken the zeros from one of them."""
    if keys.dtype != pl.String or not keys.str.starts_with("0").any():
        return []
    zeros = keys.filter(keys.str.contains("^0+[0-9]")).unique()
    clashing = zeros.filter(zeros.str.strip_chars_start("0").is_in(keys.implode())).sort()
    if not len(clashing):
        return []
    listed = ", ".join(f"«{key}» y «{key.lstrip('0')}»" for key in clashing.head(5).to_list())
    return [
        f"En {name} hay claves que sólo difieren en los ceros de la izquierda ({listed}): se tomaron por claves distintas."
    ]


def _as_understood(bench: _Bench, places: pl.Series) -> pl.DataFrame:
    """Some rows by what their cells mean, the shape too: rules.md, 'Rows'. A bad cell counts by its text. Personal columns are
    compared as pseudonyms are made of them, since nothing of them lands."""
    columns = []
    known = {column.nombre: column for column in bench.contract.columnas} | {WITHDRAWN: _WITHDRAWN}
    for name in bench.reading.rows.columns:
        raw = bench.raw(name)
        if raw is None:
            continue
        column = known.get(name) or bench.contract.column("casos")
        columns.append(_meaning(bench, column, name, raw.gather(places), places).alias(name))
    if bench.contract.geometry_column:
        columns.append(_normal_shapes(bench.geometry().gather(places)).alias("geometria"))
    return pl.DataFrame(columns)


def _meaning(bench: _Bench, column: Column, name: str, raw: pl.Series, places: pl.Series) -> pl.Series:
    cleaned = clean_series(column, raw)
    text = cleaned.text.set(cleaned.text.is_null() & raw.is_not_null() & _unread(raw, cleaned.bad), _UNREADABLE)
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


def _unread(raw: pl.Series, bad: pl.DataFrame) -> pl.Series:
    return pl.int_range(len(raw), eager=True, dtype=pl.UInt32).is_in(bad["indice"].implode())


def _normal_shapes(shapes: pl.Series) -> pl.Series:
    """Shapes that are equal whichever point they begin with."""
    import shapely

    geometries = shapely.from_wkb(np.array(shapes.to_list(), dtype=object))
    return pl.Series(shapes.name, list(shapely.to_wkb(shapely.normalize(geometries))), dtype=pl.Binary)


def _source_key(contract: Contract) -> list[str]:
    """The key's columns as they stand in the file: with months side by side, the month is not one of them."""
    return [name for name in contract.key_columns if not _is_month(contract, contract.column(name))]


def _key_cells(bench: _Bench, column: Column) -> pl.Series:
    """What a key column is compared by: its meaning, or its text where it has none."""
    if column.tipo == "texto" and not column.seudonimo:
        return bench.texts[column.nombre].alias(column.nombre)
    meaning = bench.values[column.nombre].cast(pl.String)
    return meaning.zip_with(meaning.is_not_null(), bench.texts[column.nombre]).alias(column.nombre)


def _moderate(bench: _Bench, column: Column) -> None:
    """Take out the texts that may not be published, and mark what looks personal in all of them."""
    texts = bench.values[column.nombre].alias(column.nombre)
    result = moderate(texts, bench.values[PUBLISHABLE], bench.values[REVIEWED])
    bench.values[column.nombre], bench.values[column.nombre + RESERVED] = result.values, result.reserved
    _mark(bench, column, result.marks)
    counts = Counter(dict(result.reserved.drop_nulls().value_counts().iter_rows()))
    if counts:
        waiting = f"{counts['sin_autorizacion']} porque la fila no dice Sí en «publicable»"
        personal = f"{counts['datos_personales']} porque parecen llevar datos personales"
        why = ", ".join(words for reason, words in (("sin_autorizacion", waiting), ("datos_personales", personal)) if counts[reason])  # fmt: skip
        bench.notes.append(
            f"Los renglones cuentan, pero el texto de la columna {column.nombre} no se publica en: {why}."
        )
    if result.unread:
        bench.notes.append(
            f"En la columna {column.nombre} quedaron {result.unread} textos sin revisar; se revisan cuando se marquen publicables."
        )


# bear people's names, and are resolved or known
_PLACES = frozenset({"colonia", "localidad", "delegacion", "dependencia"})


def _check_label(bench: _Bench, column: Column) -> None:
    """Titles, topics and places: no number or name of a private person belongs there."""
    texts = bench.values[column.nombre]
    if column.tipo != "texto":
        return
    result = check_labels(texts, names_are_usual=column.nombre in _PLACES, is_topic=column.nombre == "tema")
    bench.values[column.nombre] = result.values
    _mark(bench, column, result.marks)


def _mark(bench: _Bench, column: Column, marks: list[tuple[int, str, str]]) -> None:
    rows = bench.fila.gather([position for position, _, _ in marks]).to_list()
    bench.marks += [(fila, column.nombre, kinds, said) for fila, (_, kinds, said) in zip(rows, marks, strict=True)]


def _mask(bench: _Bench, column: Column) -> None:
    """Mask personal data in hand-typed text, and say so."""
    texts = bench.values[column.nombre]
    values, found, positions = mask_series(texts, few_distinct(texts))
    if not found:
        return
    bench.values[column.nombre] = values
    rows = bench.fila.gather(positions).to_list()
    kinds = ", ".join(f"{count} de tipo {kind}" for kind, count in sorted(found.items()))
    bench.notes.append(
        f"La columna {column.nombre} trae datos personales, que se ocultaron ({kinds}; filas {some(rows, _ROWS_NAMED)}). "
        "No los escriba en textos libres."
    )


def _assemble(bench: _Bench) -> Checked:
    contract = bench.contract
    order = {
        name: i for i, name in enumerate([c.nombre for c in contract.columnas] + list(MONTH_HEADERS) + [WITHDRAWN])
    }
    personal = [column.nombre for column in contract.columnas if column.personal]
    # A row that did not split is quarantined whichever column its fault is told under.
    quarantines = ~pl.col("columna").is_in(personal) | pl.col("indice").is_in(bench.broken().implode())
    bad = pl.concat(bench.bad).with_columns(cuarentena=quarantines)
    quarantined = bad.filter("cuarentena")["indice"].unique()
    accepted = None
    if len(quarantined):
        accepted = ~pl.int_range(bench.height, eager=True, dtype=pl.UInt32).is_in(quarantined.implode())
    bench.reading.keep_bad_rows(bench.fila.gather(bad["indice"].unique()).to_numpy())
    rows = _lake_rows(bench, accepted)
    rejects = (
        bad.with_columns(
            bench.fila.gather(bad["indice"]).alias("fila"),
            pl.lit(bench.door.archivo).alias("archivo"),
            pl.lit(bench.reading.hoja, dtype=pl.String).alias("hoja"),
            pl.col("columna").replace_strict(order, default=len(order), return_dtype=pl.Int64).alias("orden"),
        )
        .sort("fila", "orden", "regla", maintain_order=True)
        .select(list(REJECTS))
    )
    return Checked(
        rows,
        _without_personal(rejects, contract),
        bench.rows_read,
        bench.height - len(quarantined),
        len(quarantined),
        bench.rows_read - bench.height,
        bench.notes,
        pl.DataFrame(bench.marks, schema=MARKS, orient="row").sort("fila", maintain_order=True),
        interpretations(bench.said, contract, bench.fila),
    )


def _lake_rows(bench: _Bench, accepted: pl.Series | None) -> pl.DataFrame:
    """Accepted rows in the contract's lake columns."""
    contract = bench.contract
    bench.texts.clear()  # a million rows are held once, not twice: each column leaves the bench as it is taken
    names = [name for name in contract.lake_columns if name != "fila" and name in bench.values]
    if contract.formato.disposicion == "meses":
        names += MONTH_COLUMNS
    taken = ((name, bench.values.pop(name)) for name in names)
    columns = [(cells if accepted is None else cells.filter(accepted)).alias(name) for name, cells in taken]
    rows = pl.DataFrame([*columns, bench.fila if accepted is None else bench.fila.filter(accepted)])
    if contract.formato.disposicion == "meses":
        rows = _one_row_per_month(rows)
    return rows.select(list(contract.lake_columns))


def _one_row_per_month(rows: pl.DataFrame) -> pl.DataFrame:
    """The twelve months side by side become rows; an empty month makes none."""
    number = {column: month for month, column in enumerate(MONTH_COLUMNS, start=1)}
    return (
        rows.unpivot(
            MONTH_COLUMNS, index=[n for n in rows.columns if n not in number], variable_name="mes", value_name="casos"
        )
        .filter(pl.col("casos").is_not_null())
        .with_columns(pl.col("mes").replace_strict(number, return_dtype=pl.Int64))
        .sort("fila", "mes")
    )


def _without_personal(rejects: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Rejects that may leave the room: no value of a personal column or pseudonym, no personal datum in another."""
    hidden = [c.nombre for c in contract.columnas if c.personal or c.seudonimo]
    public = [c.nombre for c in contract.columnas if c.contacto_publico]
    if contract.has_personal:
        rejects = _without_suspects(rejects, public)
    numeric = [] if contract.has_personal else [c.nombre for c in contract.columnas if c.tipo in ("entero", "decimal")]
    shown = pl.col("valor").str.slice(0, _SHOWN_VALUE)
    rejects = rejects.with_columns(
        valor=pl.when(pl.col("columna").is_in(hidden)).then(None).otherwise(shown),
        motivo=pl.when(pl.col("columna").is_in(hidden) & pl.col("valor").is_not_null())
        .then(pl.lit("La celda tiene un error; su valor no se muestra porque es un dato personal."))
        .otherwise(pl.col("motivo")),
    )
    scanned = ~rejects["columna"].is_in(public + numeric + _shown_keys(contract))
    for name in ("valor", "motivo", "correccion"):
        masked, _, positions = mask_series(rejects[name].set(~scanned, None))
        if positions:
            rejects = rejects.with_columns(rejects[name].scatter(positions, masked.gather(positions)).alias(name))
    return rejects


def _without_suspects(rejects: pl.DataFrame, public: list[str]) -> pl.DataFrame:
    """Where rows are about people, a bad cell that looks personal (a comment that slid into another column) is not repeated."""
    suspect = [
        value is not None and column not in public and bool(looks_personal(value))
        for column, value in rejects.select("columna", "valor").iter_rows()
    ]
    if not any(suspect):
        return rejects
    hidden = pl.Series(suspect)
    motive = "La celda tiene un error; su valor no se muestra porque parece llevar datos personales."
    return rejects.with_columns(
        rejects["valor"].set(hidden, None),
        rejects["motivo"].set(hidden, motive),
        rejects["correccion"].set(hidden, None),
    )


def _shown_keys(contract: Contract) -> list[str]:
    """How rejects name the columns of a key that may be shown: a key of ten digits is no telephone."""
    keys = [contract.column(name) for name in contract.key_columns]
    shown = [column.nombre for column in keys if not (column.personal or column.seudonimo)]
    return [*shown, ", ".join(contract.key_columns)] if len(shown) == len(keys) else shown


def reject_counts(rejects: pl.DataFrame) -> dict[str, int]:
    """Bad cells by rule."""
    return dict(sorted(Counter(rejects["regla"].to_list()).items()))
