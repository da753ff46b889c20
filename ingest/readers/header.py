"""Finding the header: which row of a file names the contract's columns, and which file column is which.

Row 1 is not taken on trust: title rows stand above the header. Names are compared folded (accents, case, blanks,
underscores and punctuation gone); what matches nearly is never guessed, it is named in the answer ("¿quiso decir…?").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import polars as pl
from rapidfuzz import fuzz
from xlsxwriter.utility import xl_col_to_name

from ingest.checks.damage import mended
from ingest.checks.words import cut
from ingest.contract import Contract, load_contracts
from ingest.privacy.masks import mask_title
from ingest.reading import MONTH_COLUMNS, MONTH_HEADERS, Limits, RefusedFile

HEADER_SEARCH_ROWS = 50
"""Title rows above a header are few; a header below this row is not looked for."""
_HEADER_LINES = 3
NEAR_MISS = 75.0
_SHORTEST_BEGINNING = 3
_FEWEST_NUMBERED = 3
WITHDRAWN = "baja"
ORIGIN_HEADER = "fila en su archivo"
"""Header of our own sheet of rows to mend: the row that each one has in the file that it corrects."""
_SHOWN_NAME = 60
_LONGEST_LINE = 2000  # characters of a cell that may hold all names at once
_OF_A_GROUP = re.compile(r"(?:[\w.-]+/)+([\w.-]+)")
"""grupo/pregunta: how programs of forms (KoboToolbox, ODK) name the columns of a question that stands in a group."""
_FEWEST_OF_A_GROUP = 3  # one `mujeres/hombres` is another thing
_OTHER_UNIT = re.compile(r"\b(miles|millones|mdp|mdd|usd|d[oó]lares|euros|hect[aá]reas|km2?)\b", re.IGNORECASE)
_LONGEST_HEADER = 300  # characters: what is longer names no column


def fold(text: str) -> str:
    """Letters and digits only, lower case, without accents: `Cve. Municipio` and `cve_municipio` are the same header. A header
    that was damaged on its way (`AÃ±o`) is that which it was."""
    return _fold(text[:_LONGEST_HEADER])


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", mended(text)[0])
    return "".join(char for char in decomposed if char.isalnum()).casefold()


def shown(text: str, length: int = _SHOWN_NAME) -> str:
    """Delivered text made safe to quote in a sentence: no control or direction marks, one line, bounded."""
    visible = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    return cut(" ".join(visible.split()), length)


def title_shown(text: str, length: int = _SHOWN_NAME) -> str:
    """The name of a column or of a sheet, made safe to quote and without what it says of a person."""
    return mask_title(shown(text, length))


def column_letter(index: int) -> str:
    """Spreadsheet name of the column with index 0, 1, …"""
    return str(xl_col_to_name(index))


@dataclass(frozen=True)
class Expected:
    """A column that the file may carry: its name in the reading, the header a person writes, and the accepted spellings."""

    name: str
    header: str
    folded: tuple[str, ...]
    """In order of preference."""
    required: bool
    asked: bool = True
    """False for a retired column: read where a file still brings it, never missed."""


@dataclass
class HeaderMatch:
    """What one row of the file means as a header."""

    row: int
    """Index of the row among those searched."""
    cells: list[str]
    columns: dict[str, int] = field(default_factory=dict)
    """Name in the reading -> index of the file's column."""
    scope: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, list[int]] = field(default_factory=dict)
    origin: int | None = None
    """The file's column under ORIGIN_HEADER."""
    lettered: bool = True
    """The columns have spreadsheet letters; the properties of a GeoJSON have none."""

    @property
    def score(self) -> int:
        return len(self.columns) + len(self.scope)


@lru_cache(maxsize=64)
def expected_columns(contract: Contract) -> tuple[Expected, ...]:
    """The columns of a delivery as they stand in the file: geometry apart, months side by side, `baja` where it may come."""
    expected: list[Expected] = []
    by_month = contract.formato.disposicion == "meses"
    for column in contract.columnas:
        if column.tipo == "geometria" or (by_month and column.nombre in ("mes", "casos")):
            continue
        spellings = dict.fromkeys((fold(column.header), fold(column.nombre), *map(fold, column.antes)))
        expected.append(
            Expected(column.nombre, column.header, tuple(spellings), column.obligatoria, not column.retirada)
        )
    if by_month:
        expected += [
            Expected(name, month, (fold(month), fold(name)), True)
            for name, month in zip(MONTH_COLUMNS, MONTH_HEADERS, strict=True)
        ]
    if contract.entrega == "parcial":
        expected.append(Expected(WITHDRAWN, WITHDRAWN, (WITHDRAWN,), False))
    return tuple(expected)


def match_header(cells: Sequence[str], contract: Contract, row: int = 0) -> HeaderMatch:
    """Which columns of the contract the cells of one row name."""
    match = HeaderMatch(row, list(cells))
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(_without_groups(cells, _spellings(contract))):
        if cell and (folded := fold(cell)):
            places.setdefault(folded, []).append(index)
    taken: set[int] = set()
    for expected in expected_columns(contract):
        for spelling in expected.folded:
            found = [index for index in places.get(spelling, ()) if index not in taken]
            if found:
                match.columns[expected.name] = found[0]
                taken.add(found[0])
                if len(found) > 1:
                    match.repeated[expected.name] = found
                break
    for scope in contract.solo:
        if scope.encabezado is not None and (found := places.get(fold(scope.encabezado), [])):
            match.scope[scope.nombre] = found[0]
    match.origin = next(iter(places.get(fold(ORIGIN_HEADER), ())), None)
    return match


def _without_groups(cells: Sequence[str], known: frozenset[str]) -> Sequence[str]:
    """The names of a header in which several questions have their group before them, without it."""
    if sum("/" in cell for cell in cells) < _FEWEST_OF_A_GROUP:
        return cells
    inner = [_within_a_group(cell, known) for cell in cells]
    if sum(name is not None for name in inner) < _FEWEST_OF_A_GROUP:
        return cells
    return [cell if name is None else name for cell, name in zip(cells, inner, strict=True)]


def _within_a_group(cell: str, known: frozenset[str]) -> str | None:
    match = _OF_A_GROUP.fullmatch(cell.strip()) if len(cell) <= _LONGEST_HEADER else None
    return match[1] if match is not None and fold(cell) not in known and fold(match[1]) in known else None


def find_header(rows: Sequence[Sequence[str]], contract: Contract) -> HeaderMatch | None:
    """The row that names most of the contract's columns, the first of equals; None when no row names any.

    A header may be written over two or three rows ("Coordenadas" above "latitud" and "longitud"; a name merged downwards
    stands in the first row only): such rows are taken together where they name more than any single one. What is merged
    plays no part, so a sheet and the CSV saved from it have the same header.
    """
    rows = rows[:HEADER_SEARCH_ROWS]
    best: HeaderMatch | None = None
    for index, cells in enumerate(rows):
        match = match_header(cells, contract, index)
        if match.score and (best is None or match.score > best.score):
            best = match
    if best is None or best.score == len(expected_columns(contract)) + len(contract.solo):
        return best
    known = _spellings(contract)
    place = best.row
    for height in range(2, _HEADER_LINES + 1):
        for last in range(place, min(place + height, len(rows))):
            lines = rows[last - height + 1 : last + 1]
            if len(lines) == height and all(map(any, lines)):
                match = match_header(_stacked(lines, known), contract, last)
                if match.score > best.score:
                    best = match
    return best


@lru_cache(maxsize=64)
def _spellings(contract: Contract) -> frozenset[str]:
    own = {spelling for expected in expected_columns(contract) for spelling in expected.folded}
    return frozenset(own | {fold(scope.encabezado) for scope in contract.solo if scope.encabezado})


def _stacked(lines: Sequence[Sequence[str]], known: frozenset[str]) -> list[str]:
    """The names of a header of several lines: from the top down ("Fecha" above "programada" and "realizada") where that is
    a name, else the lowest that is written."""
    width = max(map(len, lines))
    padded = [[*line, *[""] * (width - len(line))] for line in lines]
    lowest = [next((cell for cell in reversed(column) if cell.strip()), "") for column in zip(*padded, strict=True)]
    spread = [*map(_spread, padded[:-1]), padded[-1]]
    joined = [" ".join(filter(str.strip, column)) for column in zip(*spread, strict=True)]
    return [whole if fold(whole) in known else low for whole, low in zip(joined, lowest, strict=True)]


def _spread(line: Sequence[str]) -> list[str]:
    """A title over several columns, written in each of them."""
    spread: list[str] = []
    current = ""
    for cell in line:
        current = cell if cell.strip() else current
        spread.append(current)
    return spread


def complete(match: HeaderMatch | None, contract: Contract) -> bool:
    """Every obligatory column is there, once."""
    return match is not None and not missing_required(match, contract) and not match.repeated


def missing_required(match: HeaderMatch, contract: Contract) -> list[str]:
    """Headers that the file must have and has not, as the contract writes them."""
    missing = [c.header for c in expected_columns(contract) if c.required and c.name not in match.columns]
    if match.origin is None:  # our own sheet of rows holds rows of this municipality only
        missing += [s.encabezado for s in contract.solo if s.encabezado is not None and s.nombre not in match.scope]
    return list(dict.fromkeys(missing))


def missing_optional(match: HeaderMatch, contract: Contract) -> list[str]:
    """Optional columns of the contract that the file does not have (`baja` is not missed)."""
    return [
        c.name
        for c in expected_columns(contract)
        if not c.required and c.asked and c.name not in match.columns and c.name != WITHDRAWN
    ]


def near_misses(
    rows: Sequence[Sequence[str]], missing: Sequence[str], taken: Sequence[str], contract: Contract | None = None
) -> list[tuple[str, str]]:
    """(cell as written, header it nearly is) for cells of the given rows that nearly match a missing header, or the title with
    which its `contract` explains it."""
    titles = {column.header: column.titulo for column in contract.columnas} if contract else {}
    spellings = [(fold(text), name) for name in missing for text in dict.fromkeys((name, titles.get(name, name)))]
    pairs: dict[str, tuple[str, str]] = {}
    known = {fold(name) for name in taken}
    for cells in rows:
        for cell in cells:
            folded = fold(cell) if cell and len(cell) <= 2 * _SHOWN_NAME else ""
            if len(folded) < 3 or folded in known:
                continue
            scored = [(fuzz.ratio(folded, spelling), name) for spelling, name in spellings]
            score, name = max(scored, default=(0.0, ""))
            if score >= NEAR_MISS:
                pairs.setdefault(name, (title_shown(cell), name))
    return list(pairs.values())


def require_header(
    match: HeaderMatch | None, rows: Sequence[Sequence[str]], contract: Contract, where: str
) -> HeaderMatch:
    """The match, when it is complete. Raises RefusedFile that names what is missing and what nearly matches."""
    names = [column.header for column in expected_columns(contract) if column.name != WITHDRAWN]
    if match is None:
        required = [column.header for column in expected_columns(contract) if column.required]
        reasons = [
            f"No se encontró la fila de encabezados{where}. Debe llevar al menos estas columnas: {', '.join(required)}."
        ]
        together = _names_together(rows[:HEADER_SEARCH_ROWS], required)
        reasons += (
            [together]
            if together
            else _near_miss_sentences(near_misses(rows[:HEADER_SEARCH_ROWS], names, (), contract))
        )
        others = (
            _other_export(HeaderMatch(row, list(cells)), contract)
            for row, cells in enumerate(rows[:HEADER_SEARCH_ROWS])
        )
        reasons += [_looks_like(other, contract) for other in others if other is not None][:1]
        raise RefusedFile(*reasons)
    missing = missing_required(match, contract)
    reasons = []
    if missing:
        one = len(missing) == 1
        label, remedy = (
            ("Falta la columna obligatoria", "Agréguela") if one else ("Faltan las columnas obligatorias", "Agréguelas")
        )
        named = ", ".join(f"«{name}»" for name in missing)
        place = "en la fila de encabezados" if match.lettered else "a las propiedades de cada elemento"
        reasons.append(f"{label}{where}: {named}. {remedy} {place} y vuelva a entregar el archivo.")
        reasons += _near_miss_sentences(near_misses([match.cells], missing, _names_found(match), contract))
    if (other := _other_export(match, contract)) is not None:
        reasons.append(_looks_like(other, contract))
    for name, places in match.repeated.items():
        letters = " y ".join(column_letter(index) if match.lettered else f"«{match.cells[index]}»" for index in places)
        which = f"columnas {letters}" if match.lettered else f"propiedades {letters}"
        reasons.append(f"El encabezado «{name}» aparece más de una vez ({which}): deje una sola columna.")
    if reasons:
        raise RefusedFile(*reasons)
    return match


def _other_export(match: HeaderMatch, contract: Contract) -> str | None:
    """The export whose file this is by its header, dropped under the name of another one of the same office: all that it must
    have is there, and the file has more of its columns than of this one's. A table that joins both keeps the key of each."""
    if match.origin is not None:
        return None
    keys = {name for name in contract.key_columns if name in match.columns}
    best, found = match.score, None
    for other in load_contracts().values():
        if other.export == contract.export or not set(other.dependencias) & set(contract.dependencias):
            continue
        own = match_header(match.cells, other)
        if own.score > best and keys <= own.columns.keys() and complete(own, other):
            best, found = own.score, other.export
    return found


def _looks_like(other: str, contract: Contract) -> str:
    return (
        f"Por sus columnas, el archivo parece ser la entrega «{other}» y no «{contract.export}». Si lo es, déjelo con el nombre "
        f"{other} y su trimestre; si no, quite las columnas que no son de «{contract.export}»."
    )


def _names_together(rows: Sequence[Sequence[str]], required: Sequence[str]) -> str | None:
    """What to do where all names stand in one cell: an unknown separator, or a CSV that nobody split into columns."""
    for cells in rows:
        for cell in cells:
            folded = _fold(cell[:_LONGEST_LINE])
            if len(required) > 1 and all(fold(name) in folded for name in required):
                return (
                    f"Los encabezados vienen todos en una sola celda: «{title_shown(cell)}». Separe las columnas: en Excel, seleccione la columna y "
                    "elija Datos, Texto en columnas; al exportar un CSV, sepárelas con coma, punto y coma, tabulador o barra vertical."
                )
    return None


def _names_found(match: HeaderMatch) -> list[str]:
    return [match.cells[index] for index in (*match.columns.values(), *match.scope.values())]


def _near_miss_sentences(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"El archivo trae «{cell}»: ¿quiso decir «{name}»?{_other_unit(cell)}" for cell, name in pairs]


def _other_unit(cell: str) -> str:
    """What to say before a header that names another unit is only spelt otherwise."""
    found = _OTHER_UNIT.search(cell)
    if found is None:
        return ""
    return f" Antes de cambiarle el nombre, escriba las cantidades completas y en la unidad que se pide: aquí dice «{found[1]}»."


def _changed_columns(match: HeaderMatch, contract: Contract) -> Iterator[str]:
    """What an older template still has: columns under an earlier name, columns that are no longer asked for."""
    for column in contract.columnas:
        index = match.columns.get(column.nombre)
        if index is None:
            continue
        cell = match.cells[index]
        if fold(cell) in map(fold, column.antes) and fold(cell) not in (fold(column.header), fold(column.nombre)):
            yield f"La columna «{title_shown(cell)}» ahora se llama «{column.header}»; se leyó igual."
        if column.retirada:
            yield f"La columna «{title_shown(cell)}» ya no se pide; se leyó como antes."


def header_notes(match: HeaderMatch, contract: Contract) -> list[str]:
    """What to tell about the header: unknown columns dropped and named, optional ones missing, near misses."""
    used = {*match.columns.values(), *match.scope.values(), match.origin}
    unknown = [(index, cell) for index, cell in enumerate(match.cells) if index not in used and fold(cell)]
    damaged = [(cell, mended(cell)[0]) for index, cell in enumerate(match.cells) if index in used and mended(cell)[1]]
    notes = [
        f"El encabezado «{title_shown(cell)}» venía dañado y se leyó como «{title_shown(whole)}»."
        for cell, whole in damaged
    ]
    grouped = [cell for cell in match.cells if match.columns and _within_a_group(cell, _spellings(contract))]
    if len(grouped) >= _FEWEST_OF_A_GROUP:
        notes.append(
            f"Los encabezados traen delante el grupo de su formulario, como «{title_shown(grouped[0])}»; se leyeron sin él."
        )
    if unknown:
        named = ", ".join(
            f"«{title_shown(cell)}»" + (f" (columna {column_letter(index)})" if match.lettered else "")
            for index, cell in unknown
        )
        notes.append(f"Columnas que no pide este formato; no se guardaron: {named}.")
    notes += _changed_columns(match, contract)
    missing = missing_optional(match, contract)
    if missing:
        headers = {column.name: column.header for column in expected_columns(contract)}
        optional = [headers[name] for name in missing]
        notes.append(f"Columnas opcionales que no vinieron: {', '.join(optional)}. El archivo se aceptó sin ellas.")
        notes += _near_miss_sentences(near_misses([[cell for _, cell in unknown]], optional, (), contract))
    return notes


def refuse_lost_columns(match: HeaderMatch, columns: Sequence[pl.Series], contract: Contract, where: str) -> None:
    """Raises RefusedFile when a column with data was not taken although it may be one of the contract's that did not come:
    its header is nearly that name, or it stands among them, has none and does more than number the rows. `columns`: the cells of
    every column of the file."""
    headers = {column.name: column.header for column in expected_columns(contract)}
    missing = [headers[name] for name in missing_optional(match, contract)]
    used = {*match.columns.values(), *match.scope.values()}
    last = max(used, default=-1)
    reasons = []
    for index, column in enumerate(columns):
        cell = match.cells[index] if index < len(match.cells) else ""
        if index in used or not missing or column.null_count() == len(column):
            continue
        place = f" (columna {column_letter(index)})" if match.lettered else ""
        if fold(cell):
            near = near_misses([[cell]], missing, _names_found(match), contract) or _begun_alike(cell, missing)
            for written, name in near:
                reasons.append(
                    f"La columna «{written}»{place}{where} trae datos y se parece a «{name}», que no vino: ¿quiso decir «{name}»?{_other_unit(written)} "
                    "Corrija el encabezado, o quite la columna si es otra cosa, y vuelva a entregar el archivo."
                )
        elif (
            index <= last + 1
            and not _numbers_the_rows(column)
            and 2 * column.drop_nulls().str.strip_chars().ne("").sum() > len(column)
        ):
            reasons.append(
                f"La columna {column_letter(index)}{where} trae datos y no tiene encabezado: no se sabe si es una de las que no vinieron "
                f"({', '.join(f'«{name}»' for name in missing)}). Escriba su encabezado, o quite la columna."
            )
    if reasons:
        raise RefusedFile(*reasons)


def _numbers_the_rows(column: pl.Series) -> bool:
    """0, 1, 2 … or 1, 2, 3 … from the first row to the last: what a program or a person puts before rows to count them."""
    texts = column.drop_nulls().str.strip_chars().str.strip_suffix(".0")
    count = len(texts)
    if count < _FEWEST_NUMBERED:
        return False
    return any(texts.equals(pl.int_range(first, first + count, eager=True).cast(pl.String)) for first in (0, 1))


def _begun_alike(cell: str, missing: Sequence[str]) -> list[tuple[str, str]]:
    """(cell as written, header) where one is the other's beginning, and no other's: `lat`, `latitud (WGS 84)`."""
    folded = fold(cell)
    alike = [
        name
        for name in missing
        if (len(folded) >= _SHORTEST_BEGINNING and fold(name).startswith(folded))
        or (len(fold(name)) > _SHORTEST_BEGINNING and folded.startswith(fold(name)))
    ]
    return [(title_shown(cell), alike[0])] if len(alike) == 1 else []


def resembles(
    head: Sequence[Sequence[str]], last_row: int, read: HeaderMatch, contract: Contract
) -> tuple[int, list[tuple[str, str]]] | None:
    """Whether a sheet that is not read looks like one of the export with rows below: its header's row, and the cells that
    nearly name a column with that name. None when it does not. `read`: the header of the sheet that is read."""
    headers = {column.name: column.header for column in expected_columns(contract)}
    wanted = [headers[name] for name in read.columns if name in headers]
    required = {column.header for column in expected_columns(contract) if column.required}
    keys = {headers[name] for name in contract.key_columns if name in headers}
    best: tuple[int, int, list[tuple[str, str]]] | None = None
    for row, cells in enumerate(head):
        if row >= last_row:
            break
        match = match_header(cells, contract, row)
        exact = {headers[name] for name in match.columns if name in headers}
        near = near_misses([cells], [name for name in wanted if name not in exact], sorted(exact))
        named = exact | {name for _, name in near}
        count = len(named)
        # A catalogue shares a name or two with the export; a month of it shares the key and most of what it must have.
        enough = (named & keys and 2 * len(named & required) > len(required)) or count >= 0.6 * len(wanted)
        if enough and count >= min(2, len(wanted)) and (best is None or count > best[0]):
            best = (count, row, near)
    return None if best is None else (best[1], best[2])


def column_letters(match: HeaderMatch) -> dict[str, str]:
    """Name in the reading -> letter of the file's column."""
    return {name: column_letter(index) for name, index in match.columns.items()}


def check_width(width: int, limits: Limits) -> None:
    """Raises RefusedFile when a file has more columns than the settings allow."""
    if width > limits.columns:
        raise RefusedFile(
            f"El archivo tiene {width:,} columnas y el límite es {limits.columns:,}. Borre las columnas sobrantes."
        )


def check_length(rows: int, limits: Limits) -> None:
    """Raises RefusedFile when a file has more rows than the settings allow."""
    if rows > limits.rows:
        raise RefusedFile(
            f"El archivo tiene más de {limits.rows:,} filas, que es el límite. Divídalo o borre las filas vacías del final."
        )
