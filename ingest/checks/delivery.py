"""A reading becomes what lands: accepted rows in the lake's types, bad cells, counts that add up (rules.md, 'Rows')."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
from rapidfuzz import fuzz

from ingest.checks.bad_cells import BAD_CELLS, bad_cells
from ingest.checks.columns import Cells, Circumstances, Judged, clean_series, few_distinct, judge_column
from ingest.checks.damage import HOLDS_WHOLE_MARKS, LOST_LETTER, mended, unreadable
from ingest.checks.dates import read_date
from ingest.checks.interpreted import interpretations
from ingest.checks.keys import repeated_keys
from ingest.checks.moderation import MARKS, check_labels, moderate
from ingest.checks.second_header import MOST, second_headers
from ingest.checks.words import NULL_WORDS, cut, folded, normalised_text
from ingest.contract import RESERVED, Column, Contract, Scope
from ingest.odcs import PUBLISHABLE, REVIEWED
from ingest.privacy.masks import HIDDEN, MASKED, mask_series, mask_title
from ingest.privacy.pseudonyms import as_compared, pseudonyms
from ingest.reading import MONTH_COLUMNS, MONTH_HEADERS, Reading, RefusedFile
from pamga.plan import plan
from pamga.spanish import counted, day_in_words, some, without_accents
from pamga.suspects import ADDRESS, NAME, is_listed_name, looks_personal

WITHDRAWN = "baja"
_UNREADABLE = "\0"
"""What an unreadable cell is compared as: it is not empty."""
_WITHDRAWN = Column(WITHDRAWN, "booleano", "Baja", "Retira la clave.", "Sí")

REJECTS: dict[str, pl.DataType] = {
    "archivo": pl.String(),
    "hoja": pl.String(),
    "fila": pl.Int64(),
    **{name: kind for name, kind in BAD_CELLS.items() if name != "indice"},
    "cuarentena": pl.Boolean(),
}
"""Columns of rejects.parquet (docs/interfaces.md)."""

_MONTHS = dict(zip(MONTH_COLUMNS, MONTH_HEADERS, strict=True))
_LONG = 50_000  # rows from which columns are judged side by side
_ROWS_NAMED = 10
_SHOWN_VALUE = 200  # characters of a rejected value that are kept
_NULL = rf"(?i)^\s*(?:{'|'.join(re.escape(word) for word in sorted(NULL_WORDS))})\s*$"
_ALIKE_NAMED = 5
_LOOKS_PERSONAL = "La celda tiene un error; su valor no se muestra porque parece llevar datos personales."
_TEXTS_LOOKED_AT, _FEWEST_NAMES = 200, 3  # distinct texts of a column: enough to tell, too few to tell
_MOST_ARE_NAMES = 0.7  # of the city's colonias, one in fifty bears a name
_NEARLY = 85  # how much alike two names are; of two codes that differ in one of five figures it is 80
_HARDLY_DIFFERENT = (
    (r"\p{M}", ""),  # accents
    (r"[\s_\-\u{2010}-\u{2015}./]+", "-"),
    (r"(^|[^0-9])0+([0-9])", "${1}${2}"),
)
"""What two keys of one file may differ in without being two keys: pattern and what is left of it."""


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
        self.letters_lost = _letters_lost(reading, contract)
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
        is_number = column.tipo in ("entero", "decimal") and column.nombre in self.reading.rows.columns
        if self.kept is None or not is_number:
            return []
        outside = self.reading.rows[column.nombre].filter(~self.kept).drop_nulls()
        return [(text, count) for text, count in outside.value_counts(sort=True).iter_rows()]

    def geometry(self) -> pl.Series:
        shapes = self._in_scope(self.reading.geometry)
        if shapes is None:
            shapes = pl.Series([None], dtype=pl.Binary).new_from_index(0, self.height)
        return shapes.alias("geometria")

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


def _letters_lost(reading: Reading, contract: Contract) -> bool:
    """A program that wrote the file in an encoding without our letters made each of them a `?`: some stand within a word."""
    names = [c.nombre for c in contract.columnas if c.tipo == "texto" and c.nombre in reading.rows.columns]
    for name in names:
        asking = reading.rows[name].filter(reading.rows[name].str.contains("?", literal=True))
        if (asking.str.contains(LOST_LETTER) & ~asking.str.contains(HOLDS_WHOLE_MARKS)).any():
            return True
    return False


def rows_in_scope(reading: Reading, contract: Contract) -> pl.Series:
    """True for the rows that `solo` keeps. A row that could not be split into cells is in scope: it is told to its author."""
    inside = pl.repeat(True, reading.rows.height, eager=True)
    if not contract.solo or reading.scope is None:
        return inside
    for condition in contract.solo:
        inside &= _says(reading.scope[condition.nombre], condition)
    if reading.broken:
        inside |= pl.Series(reading.fila).is_in(list(reading.broken))
    return inside


def _says(raw: pl.Series, condition: Scope) -> pl.Series:
    """True where the cell is what the condition asks for."""
    wanted = folded(condition.igual)
    right = [text for text in raw.drop_nulls().unique() if folded(normalised_text(mended(text)[0])) == wanted]
    return raw.is_in(right).fill_null(False)


def _unreadable_scope(reading: Reading, contract: Contract) -> Iterator[str]:
    """What to tell of rows of which it cannot be read whether they are the municipality's: they are not taken for it."""
    if not contract.solo or reading.scope is None:
        return
    for condition in contract.solo:
        raw = reading.scope[condition.nombre]
        texts = raw.drop_nulls().unique().sort()
        lost = [
            text
            for text in texts
            if _nearly(text, condition.igual) or unreadable(normalised_text(mended(text)[0]) or "-", "texto")
        ]
        missing = raw.is_null()
        for other in contract.solo:
            if other is not condition:
                missing &= _says(reading.scope[other.nombre], other)
        unclear = raw.is_in(lost).fill_null(False) | missing
        if unclear.any():
            rows = reading.fila[unclear.to_numpy()]
            name = condition.encabezado or condition.nombre
            yield f"En las filas {some(rows.tolist(), _ROWS_NAMED)} no se puede leer «{name}» o está vacío o mal escrito, y dice si son de {plan().municipio}: no se tomaron. Corríjalas si lo son."


def _nearly(text: str, wanted: str) -> bool:
    """A name that nearly is the wanted one: what a stray quote, a line break or a slip of the hand makes of it."""
    said = folded(normalised_text(mended(text)[0]))
    return said != folded(wanted) and fuzz.ratio(said, folded(wanted)) >= _NEARLY


def check_delivery(reading: Reading, contract: Contract, door: Door) -> Checked:
    """Judge every cell of a reading and put together what lands."""
    bench = _Bench(reading, contract, door)
    _judge_columns(bench)
    if contract.formato.disposicion == "meses":
        _judge_months(bench)
    if contract.entrega == "parcial":
        _judge(bench, _WITHDRAWN)
        bench.values[WITHDRAWN] = bench.values[WITHDRAWN].fill_null(False)
    _refuse_exchanged_names(bench)
    for column in contract.columnas:
        _refuse_masks(bench, column)
        _refuse_people(bench, column)
    for column in contract.columnas:
        if column.seudonimo:
            _hash(bench, column)
    bench.bad.append(_repeated(bench))
    for column in contract.columnas:
        _hide_personal(bench, column)
    return _assemble(bench)


def _hide_personal(bench: _Bench, column: Column) -> None:
    """What a column's texts hold of people does not land."""
    if column.moderado:  # before the masks: a masked telephone no longer looks like one
        _moderate(bench, column)
    if column.texto_libre and column.nombre not in bench.contract.key_columns:
        _mask(bench, column)
    elif _holds_codes(bench.contract, column):
        _mask(bench, column, codes=True)
    if column.texto_libre and not column.moderado:
        _check_label(bench, column)


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
    bench.notes += [
        *_dates_read_by_the_rule(judged),
        *chain.from_iterable(_words_of_programs(bench, column) for column in plain),
    ]
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
        f"Las fechas de {columns} se leyeron con el día primero (día/mes/año): «{cut(str(style.either_way), _SHOWN_VALUE)}» es el "
        f"{day_in_words(day)}. Ninguna dice otra cosa; si su programa las escribe con el mes primero, expórtelas como día/mes/año."
    ]


def _words_of_programs(bench: _Bench, column: Column) -> list[str]:
    """What to tell of texts that say «NULL»: to a program they are no data, and they count as empty for nobody else."""
    if column.tipo not in ("texto", "lista"):
        return []
    said = bench.cells(column.nombre).raw
    rows = said.str.contains(_NULL).fill_null(False).arg_true()
    if not len(rows):
        return []
    filas = some(bench.fila.gather(rows).to_list(), _ROWS_NAMED)
    many = len(rows) > 1
    return [
        f"En «{column.nombre}» hay {counted(len(rows), 'celda')} que {'dicen' if many else 'dice'} «{said[int(rows[0])].strip()}» "
        f"({'filas' if many else 'fila'} {filas}); se guardó así, como un texto. Si su programa lo escribe donde no hay dato, "
        "deje la celda vacía."
    ]


def _is_month(contract: Contract, column: Column) -> bool:
    return contract.formato.disposicion == "meses" and column.nombre in ("mes", "casos")


def _judge(bench: _Bench, column: Column) -> None:
    _keep(bench, column, _judged(bench, column))


def _judged(bench: _Bench, column: Column, month_first_elsewhere: str | None = None) -> Judged:
    allowed = column.allowed(bench.door.dependencia)
    around = Circumstances(bench.door.today, allowed, month_first_elsewhere, bench.letters_lost)
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


def _holds_codes(contract: Contract, column: Column) -> bool:
    """Keys, folios, addresses of pages: nobody types prose there, and what stands there is published as it is."""
    if column.tipo not in ("texto", "url", "lista") or column.valores or column.patron:
        return False
    about_people = column.personal or column.seudonimo or column.moderado or column.texto_libre
    return not about_people and not any(other.contacto_publico for other in contract.columnas)


def _refuse_exchanged_names(bench: _Bench) -> None:
    """Raises RefusedFile where a column that lands is one of people's names, in a file that has a column for them: the two were
    exchanged, and nobody's name leaves this room. Places that bear somebody's name are few among places."""
    personal = [column.nombre for column in bench.contract.columnas if column.personal]
    reasons = []
    for column in bench.contract.columnas:
        if not personal or column.tipo != "texto" or column.personal or column.seudonimo or column.moderado:
            continue
        texts = bench.values[column.nombre].drop_nulls().unique(maintain_order=True).head(_TEXTS_LOOKED_AT)
        named = sum(NAME in looks_personal(text) for text in texts)
        if len(texts) >= _FEWEST_NAMES and named > _MOST_ARE_NAMES * len(texts):
            reasons.append(
                f"La columna «{column.header}» trae nombres de personas: parece que está cambiada con otra ({', '.join(personal)}). "
                "Ponga cada dato en su columna y vuelva a entregar el archivo."
            )
    if reasons:
        raise RefusedFile(*reasons)


def _refuse_people(bench: _Bench, column: Column) -> None:
    """A key by which a row would say who somebody is (a CURP, an e-mail address) is no key: rows with it cannot be published."""
    if not _holds_codes(bench.contract, column) or not (
        column.nombre in bench.contract.key_columns or column.referencia
    ):
        return
    _, _, positions = mask_series(bench.values[column.nombre].cast(pl.String), codes=True)
    positions = sorted({*positions, *_named(bench, column)})
    if positions:
        motive = (
            "La clave lleva lo que parece la CURP, el correo, el teléfono o el nombre de una persona; no se muestra."
        )
        remedy = "Use una clave que no diga quién es nadie, la misma en todos los archivos que la nombran."
        expected = f"Algo como {column.ejemplo}." if column.ejemplo else "Una clave sin datos de personas."
        bench.bad.append(bad_cells(column.nombre, positions, "patron", motive, expected, remedy))


_PROSE = r"\p{L}{2}[.,]? +\p{L}{2}"  # a code has no two words


def _named(bench: _Bench, column: Column) -> list[int]:
    """Positions of the codes that name somebody, in a file about people: in a row that slid by a cell a name stands where a key should."""
    if not bench.contract.has_personal:
        return []
    texts = bench.values[column.nombre].cast(pl.String)
    prose = texts.str.contains(_PROSE).fill_null(False).arg_true()
    said = zip(prose.to_list(), texts.gather(prose).to_list(), strict=True)
    return [position for position, text in said if NAME in looks_personal(text)]


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


def _as_understood(bench: _Bench, places: pl.Series) -> pl.DataFrame:
    """Some rows by what their cells mean, the shape too: rules.md, 'Rows'. A bad cell counts by its text. Personal columns are
    compared as pseudonyms are made of them, since nothing of them lands."""
    columns = []
    known = {column.nombre: column for column in bench.contract.columnas} | {WITHDRAWN: _WITHDRAWN}
    for name in bench.reading.rows.columns:
        column = known.get(name) or bench.contract.column("casos")
        columns.append(_meaning(bench, column, name, places).alias(name))
    if bench.contract.geometry_column:
        columns.append(_normal_shapes(bench.geometry().gather(places)).alias("geometria"))
    return pl.DataFrame(columns)


def _meaning(bench: _Bench, column: Column, name: str, places: pl.Series) -> pl.Series:
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
        said = {"sin_autorizacion": waiting, "datos_personales": personal}
        why = ", ".join(words for reason, words in said.items() if counts[reason])
        bench.notes.append(
            f"Los renglones cuentan, pero el texto de la columna {column.nombre} no se publica en: {why}."
        )
    if result.unread:
        bench.notes.append(
            f"En la columna {column.nombre} quedaron {result.unread} textos sin revisar; se revisan cuando se marquen publicables."
        )


# bear people's names, and are resolved or known
_PLACES = frozenset({"colonia", "localidad", "delegacion", "dependencia"})
_NEVER_OF_A_PERSON = frozenset({"tema", "dependencia"})
"""What a topic is about and which office sees to it: nobody at all is named there."""


def _check_label(bench: _Bench, column: Column) -> None:
    """Titles, topics and places: no number or name of a private person belongs there."""
    if column.tipo not in ("texto", "lista"):
        return
    texts, bodies = bench.values[column.nombre], column.nombre in _PLACES or column.tipo == "lista"
    result = check_labels(texts, names_are_usual=bodies, is_topic=column.nombre in _NEVER_OF_A_PERSON)
    bench.values[column.nombre] = result.values
    _mark(bench, column, result.marks)


def _mark(bench: _Bench, column: Column, marks: list[tuple[int, str, str]]) -> None:
    rows = bench.fila.gather([position for position, _, _ in marks]).to_list()
    bench.marks += [(fila, column.nombre, kinds, said) for fila, (_, kinds, said) in zip(rows, marks, strict=True)]


def _mask(bench: _Bench, column: Column, *, codes: bool = False) -> None:
    """Mask personal data in hand-typed text, or in a folio or an address of a page, and say so."""
    texts = bench.values[column.nombre]
    values, found, positions = mask_series(texts, few_distinct(texts), codes=codes)
    if codes and (named := _named(bench, column)):
        values, found = values.scatter(named, HIDDEN), found + Counter({NAME: len(named)})
        positions = sorted({*positions, *named})
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
    sheet = bench.reading.hoja
    names = [*(column.nombre for column in contract.columnas), *MONTH_HEADERS, WITHDRAWN]
    order = {name: place for place, name in enumerate(names)}
    personal = [column.nombre for column in contract.columnas if column.personal]
    # A row that did not split is quarantined whichever column its fault is told under.
    quarantines = ~pl.col("columna").is_in(personal) | pl.col("indice").is_in(bench.broken().implode())
    bad = _told_as_notes(bench, _second_headers_told(bench, pl.concat(bench.bad))).with_columns(cuarentena=quarantines)
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
            pl.lit(sheet and mask_title(sheet), dtype=pl.String).alias("hoja"),
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


def _second_headers_told(bench: _Bench, bad: pl.DataFrame) -> pl.DataFrame:
    """Bad cells with one alone, which says what it is, for each row right below the header that is a header again."""
    contract, reading = bench.contract, bench.reading
    columns = {c.nombre: c for c in contract.columnas if c.tipo != "geometria" and c.nombre in reading.rows.columns}
    header = reading.understood.get("fila_encabezado")
    count = 0 if header is None else int((bench.fila.head(MOST) <= header + MOST).sum())
    if not count:
        return bad
    places = list(range(count)) if bench.kept is None else bench.kept.arg_true().head(count).to_list()
    head = {name: reading.rows[name].gather(places).to_list() for name in columns}
    rows = [{name: cells[i] for name, cells in head.items() if cells[i] is not None} for i in range(count)]
    meanings = {
        name: bench.values[name].head(count).is_not_null().to_list() for name in columns if name in bench.values
    }
    taken = [{name for name, known in meanings.items() if known[i] and name in rows[i]} for i in range(count)]
    found = list(second_headers(rows, columns, reading.understood.get("columnas") or {}, taken))
    if not found:
        return bad
    filas = bench.fila.gather(found).cast(pl.String)
    told = bad_cells(
        contract.key_columns[0],
        found,
        "no_legible",
        "La fila " + filas + " parece un segundo encabezado: trae los nombres, los tipos, las unidades o los números de las columnas, y no datos.",
        "Un solo encabezado y, debajo de él, los renglones.",
        "Borre esa fila y vuelva a entregar el archivo.",
    )  # fmt: skip
    return pl.concat([bad.filter(~pl.col("indice").is_in(found)), told])


def _told_as_notes(bench: _Bench, bad: pl.DataFrame) -> pl.DataFrame:
    """Bad cells with a better remedy for the rows of which one cell alone is filled: a source, a title, a signature."""
    is_missing = pl.col("regla") == "obligatoria"
    rows = bad.filter(is_missing)["indice"].unique()
    if not len(rows):
        return bad
    names = [name for name in bench.reading.rows.columns if bench.raw(name) is not None]
    filled = pl.DataFrame(
        [bench.cells(name).raw.gather(rows).is_not_null().alias(name) for name in names]
    ).sum_horizontal()
    alone = rows.filter(filled == 1)
    remedy = (
        "Si la fila es una nota, una fuente o un título, bórrela; si es un renglón, escriba los datos que le faltan."
    )
    is_alone = is_missing & pl.col("indice").is_in(alone.implode())
    return bad.with_columns(correccion=pl.when(is_alone).then(pl.lit(remedy)).otherwise(pl.col("correccion")))


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
        rejects = _without_suspects(rejects, public, {c.nombre: c.valores for c in contract.columnas})
    else:
        rejects = _without_names(rejects, _never_text(contract))
    numeric = [] if contract.has_personal else [c.nombre for c in contract.columnas if c.tipo in ("entero", "decimal")]
    shown = pl.col("valor").str.slice(0, _SHOWN_VALUE)
    rejects = rejects.with_columns(
        valor=pl.when(pl.col("columna").is_in(hidden)).then(None).otherwise(shown),
        motivo=pl.when(pl.col("columna").is_in(hidden) & pl.col("valor").is_not_null())
        .then(pl.lit("La celda tiene un error; su valor no se muestra porque es un dato personal."))
        .otherwise(pl.col("motivo")),
    )
    is_public = rejects["columna"].is_in(public)
    unscanned = rejects["columna"].is_in(public + numeric + _shown_keys(contract))
    for name in ("valor", "motivo", "correccion"):
        # codes: also in a key, where one says who somebody is
        for left_out, codes in ((unscanned, False), (is_public, True)):
            masked, _, positions = mask_series(rejects[name].set(left_out, None), codes=codes, whole=True)
            if positions:
                rejects = rejects.with_columns(rejects[name].scatter(positions, masked.gather(positions)).alias(name))
    return rejects.with_columns(
        motivo=pl.when(pl.col("motivo") == HIDDEN).then(pl.lit(_LOOKS_PERSONAL)).otherwise(pl.col("motivo"))
    )


_MONTH = "(?:ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic)[a-z]{0,7}"
_PLAIN_VALUE = re.compile(
    rf"-?[0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?|#?[a-z]{{1,2}}|[0-9]{{1,4}}[ ./\-](?:de )?(?:[0-9]{{1,2}}|{_MONTH})[ ./\-](?:del? )?[0-9]{{1,4}}"
    r"(?:[ t][0-9:. ]{4,15}[apmhz. ]{0,5})?"
)


_OF_KEYS = ("clave_repetida", "fila_repetida")
_LONGEST_WORD = 12
_CLOSE = 60  # of 100, to a value that is allowed


def _is_plain(value: str, allowed: Sequence[str]) -> bool:
    said = without_accents(value).casefold()
    if value.isalpha() and value.islower() and len(value) <= _LONGEST_WORD:  # «ayer» in a date
        return not is_listed_name(value)
    return _PLAIN_VALUE.fullmatch(said) is not None or any(
        fuzz.ratio(said, without_accents(other).casefold()) >= _CLOSE for other in allowed
    )


def _without_suspects(rejects: pl.DataFrame, public: list[str], allowed: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Where rows are about people, a bad cell is repeated only when it is plainly none of theirs: in a row that slid, a name or a comment stands
    in any column, and no list knows every name. A short number, a date, a value close to one that is allowed stay."""
    suspect = [
        value is not None
        and column not in public
        and (bool(looks_personal(value)) or (rule not in _OF_KEYS and not _is_plain(value, allowed.get(column, ()))))
        for column, value, rule in rejects.select("columna", "valor", "regla").iter_rows()
    ]
    return _without_values(rejects, pl.Series(suspect)) if any(suspect) else rejects


def _never_text(contract: Contract) -> list[str]:
    """Numbers, dates, categories: where a name stands there, a row slid, and the name is of no use to whoever mends it."""
    return [
        c.nombre
        for c in contract.columnas
        if c.tipo in ("entero", "decimal", "fecha", "booleano", "categoria") or c.patron
    ]


def _without_names(rejects: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Bad cells of these columns without the names and homes of people."""
    suspect = rejects["columna"].is_in(columns) & rejects["valor"].str.contains(_PROSE).fill_null(False)
    places = suspect.arg_true().to_list()
    texts = rejects["valor"].gather(places).to_list()
    named = [place for place, text in zip(places, texts, strict=True) if looks_personal(text) & {NAME, ADDRESS}]
    return _without_values(rejects, pl.int_range(rejects.height, eager=True).is_in(named)) if named else rejects


def _without_values(rejects: pl.DataFrame, hidden: pl.Series) -> pl.DataFrame:
    """Rejects that do not repeat the value of some cells."""
    return rejects.with_columns(
        rejects["valor"].set(hidden, None),
        rejects["motivo"].set(hidden, _LOOKS_PERSONAL),
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
