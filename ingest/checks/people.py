"""What a delivery holds of people does not land: pseudonyms, masks, texts that wait for leave, keys that say who somebody is."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from ingest.checks.bad_cells import bad_cells
from ingest.checks.bench import ROWS_NAMED, Bench
from ingest.checks.columns import few_distinct
from ingest.checks.moderation import check_labels, moderate
from ingest.contract import RESERVED, Column, Contract
from ingest.odcs import PUBLISHABLE, REVIEWED
from ingest.privacy.masks import HIDDEN, MASKED, mask_series
from ingest.privacy.pseudonyms import pseudonyms
from ingest.reading import RefusedFile
from pamga.spanish import some
from pamga.suspects import CURP, NAME, RFC, VOTER, looks_personal

_TEXTS_LOOKED_AT, _FEWEST_NAMES = 200, 3  # distinct texts of a column: enough to tell, too few to tell
_MOST_ARE_NAMES = 0.7  # of the city's colonias, one in fifty bears a name
PROSE = r"\p{L}{2}[.,]? +\p{L}{2}"  # a code has no two words
_PLACES = frozenset({"colonia", "localidad", "delegacion", "dependencia"})
"""They bear people's names, and are resolved or known."""
_NEVER_OF_A_PERSON = frozenset({"tema", "dependencia", "unidad"})
"""What a topic is about, which office sees to it, in which unit something is measured: nobody at all is named there."""
_NAMES_NOBODY = frozenset({"dia", "periodo", "repite", "folio_sac"})
"""Codes besides the keys that an office numbers itself; in other columns of codes (a street, a market) places bear people's names."""
_DAYS = re.compile(
    r"(?<![^\W\d_])(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bados?|domingos?)(?![^\W\d_])", re.IGNORECASE
)
_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RFC_OF_A_PERSON = re.compile(rf"(?<![A-ZÑ&])[A-ZÑ&]{{4}}[ -]?{_DAY}", re.IGNORECASE)
"""How it begins; that of an office has three letters."""


def hide_personal(bench: Bench, column: Column) -> None:
    """What a column's texts hold of people does not land."""
    if column.moderado:  # before the masks: a masked telephone no longer looks like one
        _moderate(bench, column)
    if column.texto_libre and column.nombre not in bench.contract.key_columns:
        _mask(bench, column)
    elif _holds_codes(bench.contract, column):
        _mask(bench, column, codes=True)
    elif _is_of_a_directory(bench.contract, column):
        _hide_identities(bench, column)
    if column.texto_libre and not column.moderado:
        _check_label(bench, column)


def refuse_masks(bench: Bench, column: Column) -> None:
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


def refuse_exchanged_names(bench: Bench) -> None:
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


def refuse_people(bench: Bench, column: Column) -> None:
    """A key by which a row would say who somebody is (a CURP, an e-mail address) is no key: rows with it cannot be published."""
    if not (column.nombre in bench.contract.key_columns or column.referencia):
        return
    positions: list[int] = []
    if _holds_codes(bench.contract, column):
        _, _, positions = mask_series(bench.values[column.nombre].cast(pl.String), codes=True)
        positions = sorted({*positions, *_named(bench, column)})
    elif _is_of_a_directory(bench.contract, column):
        positions = _identities(bench, column)
    if positions:
        motive = (
            "La clave lleva lo que parece la CURP, el correo, el teléfono o el nombre de una persona; no se muestra."
        )
        remedy = "Use una clave que no diga quién es nadie, la misma en todos los archivos que la nombran."
        expected = f"Algo como {column.ejemplo}." if column.ejemplo else "Una clave sin datos de personas."
        bench.bad.append(bad_cells(column.nombre, positions, "patron", motive, expected, remedy))


def _named(bench: Bench, column: Column) -> list[int]:
    """Positions of the codes that name somebody: in a row that slid by a cell a name stands where a key or a day should."""
    name = column.nombre
    is_key = name.endswith("_id") or name.startswith("clave_")
    if not (bench.contract.has_personal or is_key or name in _NAMES_NOBODY):
        return []
    texts = bench.values[name].cast(pl.String)
    prose = texts.str.contains(PROSE).fill_null(False).arg_true()
    said = zip(prose.to_list(), texts.gather(prose).to_list(), strict=True)
    days = name == "dia"  # people are called Domingo, and markets are held on it
    return [place for place, text in said if NAME in looks_personal(_DAYS.sub(" ", text) if days else text)]


def _is_of_a_directory(contract: Contract, column: Column) -> bool:
    """A text beside the public contact of an office: its telephone and its address are what it is for."""
    return column.tipo == "texto" and any(other.contacto_publico for other in contract.columnas)


def _identities(bench: Bench, column: Column) -> list[int]:
    """Positions of the texts that say by a code who somebody is, which is no contact of any office."""
    texts = bench.values[column.nombre]
    suspects = texts.str.contains(r"[0-9](?:[^0-9]{0,2}[0-9]){3}").fill_null(False).arg_true()
    found = ((place, text, looks_personal(text)) for place, text in zip(suspects, texts.gather(suspects), strict=True))
    return [
        place
        for place, text, kinds in found
        if kinds & {CURP, VOTER} or (RFC in kinds and _RFC_OF_A_PERSON.search(text))
    ]


def _hide_identities(bench: Bench, column: Column) -> None:
    positions = _identities(bench, column)
    if positions:
        bench.values[column.nombre] = bench.values[column.nombre].scatter(positions, HIDDEN)
        rows = some(bench.fila.gather(positions).to_list(), ROWS_NAMED)
        bench.notes.append(
            f"La columna {column.nombre} trae la CURP, el RFC o la clave de elector de alguien, que se ocultó (filas {rows}): "
            "no es el contacto de una oficina."
        )


def pseudonymise(bench: Bench, column: Column) -> None:
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


def _moderate(bench: Bench, column: Column) -> None:
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


def _check_label(bench: Bench, column: Column) -> None:
    """Titles, topics and places: no number or name of a private person belongs there."""
    if column.tipo not in ("texto", "lista"):
        return
    texts, bodies = bench.values[column.nombre], column.nombre in _PLACES or column.tipo == "lista"
    result = check_labels(
        texts,
        names_are_usual=bodies,
        is_topic=column.nombre in _NEVER_OF_A_PERSON,
        of_a_person=any(other.seudonimo for other in bench.contract.columnas),
    )
    bench.values[column.nombre] = result.values
    _mark(bench, column, result.marks)


def _mark(bench: Bench, column: Column, marks: list[tuple[int, str, str]]) -> None:
    rows = bench.fila.gather([position for position, _, _ in marks]).to_list()
    bench.marks += [(fila, column.nombre, kinds, said) for fila, (_, kinds, said) in zip(rows, marks, strict=True)]


def _mask(bench: Bench, column: Column, *, codes: bool = False) -> None:
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
        f"La columna {column.nombre} trae datos personales, que se ocultaron ({kinds}; filas {some(rows, ROWS_NAMED)}). "
        "No los escriba en textos libres."
    )
