"""Bad cells as they leave the room: what each is told as, and no value of a person among them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl
from rapidfuzz import fuzz

from ingest.checks.bad_cells import BAD_CELLS, bad_cells
from ingest.checks.bench import SHOWN_VALUE, WITHDRAWN, Bench
from ingest.checks.people import PROSE
from ingest.checks.second_header import MOST, second_headers
from ingest.contract import Column, Contract
from ingest.privacy.masks import HIDDEN, mask, mask_series, mask_title
from ingest.reading import MONTH_HEADERS
from pamga.spanish import without_accents
from pamga.suspects import ADDRESS, NAME, is_listed_name, looks_personal

REJECTS: dict[str, pl.DataType] = {
    "archivo": pl.String(),
    "hoja": pl.String(),
    "fila": pl.Int64(),
    **{name: kind for name, kind in BAD_CELLS.items() if name != "indice"},
    "cuarentena": pl.Boolean(),
}
"""Columns of rejects.parquet (docs/interfaces.md)."""
_LOOKS_PERSONAL = "La celda tiene un error; su valor no se muestra porque parece llevar datos personales."
_MONTH = "(?:ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic)[a-z]{0,7}"
_PLAIN_VALUE = re.compile(
    rf"-?[0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?|#?[a-z]{{1,2}}|[0-9]{{1,4}}[ ./\-](?:de )?(?:[0-9]{{1,2}}|{_MONTH})[ ./\-](?:del? )?[0-9]{{1,4}}"
    r"(?:[ t][0-9:. ]{4,15}[apmhz. ]{0,5})?"
)
_ONE_NUMBER = r"^[-+$ ]{0,3}(?:[0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:[.,'][0-9]+)*%?$"
_COORDINATES = ("latitud", "longitud")
_OF_KEYS = ("clave_repetida", "fila_repetida")
_LONGEST_WORD = 12
_CLOSE = 60  # of 100, to a value that is allowed


def rejects_of(bench: Bench, bad: pl.DataFrame) -> pl.DataFrame:
    """Bad cells with whether each quarantines its row, as `REJECTS`, sorted by fila and the contract's columns; nobody's datum among them."""
    contract, sheet = bench.contract, bench.reading.hoja
    names = [*(column.nombre for column in contract.columnas), *MONTH_HEADERS, WITHDRAWN]
    order = {name: place for place, name in enumerate(names)}
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
    return _without_personal(rejects, contract)


def told_bad_cells(bench: Bench) -> pl.DataFrame:
    """All bad cells that were found, as they are told, with whether each quarantines its row."""
    personal = [column.nombre for column in bench.contract.columnas if column.personal]
    # A row that did not split is quarantined whichever column its fault is told under.
    quarantines = ~pl.col("columna").is_in(personal) | pl.col("indice").is_in(bench.broken().implode())
    return _told_as_notes(bench, _second_headers_told(bench, pl.concat(bench.bad))).with_columns(cuarentena=quarantines)


def _second_headers_told(bench: Bench, bad: pl.DataFrame) -> pl.DataFrame:
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


def _told_as_notes(bench: Bench, bad: pl.DataFrame) -> pl.DataFrame:
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


def _without_personal(rejects: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Rejects that may leave the room: no value of a personal column or pseudonym, no personal datum in another."""
    hidden = [c.nombre for c in contract.columnas if c.personal or c.seudonimo]
    public = [c.nombre for c in contract.columnas if c.contacto_publico]
    if contract.has_personal:
        rejects = _without_suspects(rejects, public, {c.nombre: c.valores for c in contract.columnas})
    else:
        rejects = _without_names(rejects, _never_text(contract))
    numeric = [] if contract.has_personal else [c.nombre for c in contract.columnas if c.tipo in ("entero", "decimal")]
    rejects = _without_telephones(rejects, [contract.column(name) for name in numeric if name in _COORDINATES])
    shown = pl.col("valor").str.slice(0, SHOWN_VALUE)
    rejects = rejects.with_columns(
        valor=pl.when(pl.col("columna").is_in(hidden)).then(None).otherwise(shown),
        motivo=pl.when(pl.col("columna").is_in(hidden) & pl.col("valor").is_not_null())
        .then(pl.lit("La celda tiene un error; su valor no se muestra porque es un dato personal."))
        .otherwise(pl.col("motivo")),
    )
    is_public = rejects["columna"].is_in(public)
    # what else stands where a number, a date or one of a few words belongs is neither an amount nor a folio
    one_number = rejects["valor"].str.contains(_ONE_NUMBER).fill_null(True)
    folios = [name for name in _shown_keys(contract) if ", " in name or contract.column(name).tipo == "texto"]
    unscanned = rejects["columna"].is_in(public + folios) | (rejects["columna"].is_in(numeric) & one_number)
    for name in ("valor", "motivo", "correccion"):
        # codes: also in a key, where one says who somebody is
        for left_out, codes in ((unscanned, False), (is_public, True)):
            masked, _, positions = mask_series(rejects[name].set(left_out, None), codes=codes, whole=True)
            if positions:
                rejects = rejects.with_columns(rejects[name].scatter(positions, masked.gather(positions)).alias(name))
    return rejects.with_columns(
        motivo=pl.when(pl.col("motivo") == HIDDEN).then(pl.lit(_LOOKS_PERSONAL)).otherwise(pl.col("motivo"))
    )


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


def _without_telephones(rejects: pl.DataFrame, coordinates: Sequence[Column]) -> pl.DataFrame:
    """Bad coordinates without the telephones that stand in them: of ten digits nobody can say so in an amount, but in a coordinate, except
    where one of the city lost its point."""
    begins = {column.nombre: _whole_parts(column) for column in coordinates}
    if not begins:
        return rejects
    suspect = [
        column in begins
        and value is not None
        and mask(value) != value
        and not value.lstrip("-").startswith(begins[column])
        for column, value in rejects.select("columna", "valor").iter_rows()
    ]
    return _without_values(rejects, pl.Series(suspect)) if any(suspect) else rejects


def _whole_parts(column: Column) -> tuple[str, ...]:
    """With which digits a coordinate within the column's limits begins."""
    if column.minimo is None or column.maximo is None:
        return ()
    low, high = sorted((abs(column.minimo), abs(column.maximo)))
    return tuple(str(degrees) for degrees in range(int(low), int(high) + 1))


def _never_text(contract: Contract) -> list[str]:
    """Numbers, dates, categories: where a name stands there, a row slid, and the name is of no use to whoever mends it."""
    return [
        c.nombre
        for c in contract.columnas
        if c.tipo in ("entero", "decimal", "fecha", "booleano", "categoria") or c.patron
    ]


def _without_names(rejects: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Bad cells of these columns without the names and homes of people."""
    suspect = rejects["columna"].is_in(columns) & rejects["valor"].str.contains(PROSE).fill_null(False)
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
