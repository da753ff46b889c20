"""What a dropped file's name says: office, export, quarter; nearly right names are understood or answered with the right one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import PurePosixPath

from rapidfuzz import fuzz, process

from ingest.checks.words import cut, folded
from ingest.contract import export_names, load_contract, load_contracts
from ingest.privacy.masks import masked
from pamga.quarter import Quarter

EXTENSIONS = ("csv", "txt", "xlsx", "xlsm", "xls", "ods", "geojson", "json")
DROP_FOLDER = "entregas"
_LONGEST_NAME = 120  # characters of a name that a sentence quotes
_LIKELY = 70  # how much alike a name must be to be offered as the right one

_ORDINALS = {
    "primer": 1, "primero": 1, "segundo": 2, "tercer": 3, "tercero": 3, "cuarto": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4,
}  # fmt: skip
_TRIMESTER = r"trim(?:estre)?"
_NUMBER = r"(?P<number>[1-4])_?(?:er|ero|do|to|o|ro|a|°)?\.?"
_WORD = rf"(?P<word>{'|'.join(_ORDINALS)})"
_YEAR = r"(?P<year>20\d{2})"
_QUARTER_PATTERNS = tuple(
    re.compile(rf"(?<!\d){pattern}(?![a-z0-9])")
    for pattern in (
        rf"{_YEAR}_?[tq]_?(?P<number>[1-4])",
        rf"[tq]_?(?P<number>[1-4])_?(?:de_|del_)?{_YEAR}",
        rf"(?P<number>[1-4])_?[tq]_?(?:de_|del_)?{_YEAR}",
        rf"{_YEAR}_(?P<number>[1-4])[tq]",
        rf"{_NUMBER}_{_TRIMESTER}_(?:de_|del_)?{_YEAR}",
        rf"{_YEAR}_(?:del_|de_)?{_NUMBER}_{_TRIMESTER}",
        rf"{_WORD}_{_TRIMESTER}_(?:de_|del_)?{_YEAR}",
        rf"{_YEAR}_{_WORD}_{_TRIMESTER}",
        rf"{_TRIMESTER}_?(?P<number>[1-4])_(?:de_|del_)?{_YEAR}",
        rf"{_YEAR}_{_TRIMESTER}_?(?P<number>[1-4])",
        rf"{_TRIMESTER}_{_WORD}_(?:de_|del_)?{_YEAR}",
    )
)
_LEFTOVERS = re.compile(
    r"(?:^|_)(?:copia(?:_de)?|copy(?:_of)?|duplicad[oa]|final(?:_final)*|definitiv[oa]|correccion(?:es)?|corregid[oa]s?|corrected"
    r"|confirmad[oa]|revisad[oa]|revision|actualizad[oa]|nuev[oa]|ultim[oa]|llen[oa]|llenad[oa]|con_datos|ok|version|ver_?\d*|rev_?\d*"
    r"|v_?\d+(?:_\d+)?|entrega|plantilla(?:_de)?|formato(?:_de)?|20\d{6}|20\d{2}_\d{2}_\d{2}|\d{1,2}_\d{1,2}_20\d{2}|\d{1,2})(?=_|$)"
)
"""Words of copies, versions and templates, and the day on which somebody saved the file: no part of what a name says."""
_CONFIRMED = re.compile(r"(?:^|_)confirmad[oa](?=_|$)")
_MARKS = re.compile(r"[()\[\]{}.,;+°#&]")

_LONG_NUMBER = re.compile(r"(?<![\dTt])\d(?:[ _.()\-]{0,2}\d){9,14}(?!\d)")
_SAVED_ON = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_SECOND_EXTENSION = re.compile(rf"\.(?:{'|'.join(EXTENSIONS)})$", re.IGNORECASE)  # Windows hides the first of two


@dataclass(frozen=True)
class Named:
    """What a name says. `reasons` is empty when office, export and quarter are known and the delivery may come."""

    dependencia: str | None
    export: str | None
    trimestre: str | None
    reasons: tuple[str, ...] = ()
    not_yet: bool = False
    """The only fault is that the quarter has not begun: the same file is welcome when it has."""
    confirmed: bool = False
    """The name says `confirmada`: its office knows that this version takes rows away (rules.md, 'Rows')."""


def shown(name: str) -> str:
    """A file's name as a person may be shown it: no control characters, no personal data, not endless."""
    visible = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return cut(without_personal(visible), _LONGEST_NAME)


def without_personal(name: str) -> str:
    """A name with personal data masked; a telephone also where its groups are parted as words of a name are, a date never."""
    return _LONG_NUMBER.sub(
        lambda run: run[0] if _SAVED_ON.search(re.sub(r"\D", "", run[0])) else "[teléfono oculto]", masked(name)[0]
    )


def understand(relative: str, today: date) -> Named:
    """Read `<dependencia>/<export>_<trimestre>.<ext>` from a path relative to the inbox, with '/' between its parts.

    An office that comes by SFTP drops in the folder `entregas` of its own: at the top of its jail it may not write.
    """
    parts = PurePosixPath(relative).parts
    if len(parts) == 3 and parts[1] == DROP_FOLDER:
        parts = (parts[0], parts[2])
    example = "presupuesto_participativo/acuerdos_2026T3.xlsx"
    if len(parts) != 2:
        reason = f"El archivo no está en la carpeta de una dependencia. Póngalo en la suya, por ejemplo {example}."
        return Named(None, None, None, (reason,))
    stem, _, extension = parts[1].rstrip(". ").rpartition(".")  # what nobody sees at the end of a name
    stem = _SECOND_EXTENSION.sub("", stem)
    office, reasons = _office(parts[0])
    known = extension.lower() in EXTENSIONS
    text = folded(stem or parts[1])
    quarter, rest = _quarter(text)
    rest = _MARKS.sub("_", rest)
    confirmed = _CONFIRMED.search(rest) is not None
    export = _export(rest) if quarter is not None else _export_at_start(_core(rest))
    if quarter is None and export is None and "correccion" in text:
        reasons.append(_a_correction_without_its_name(parts[1]))
        return Named(office, None, None, tuple(reasons))
    if quarter is None:
        reasons.append(
            f"No se entiende de qué trimestre es «{shown(parts[1])}». "
            f"Termine el nombre con el trimestre, como {export or 'acuerdos'}_2026T3.{extension if known else 'xlsx'}."
        )
    if export is None:
        reasons.append(_unknown_export(rest, quarter, parts[1]))
    if not known:
        kinds = ", ".join(name.upper() for name in ("csv", "txt", "xlsx", "xls", "ods", "geojson"))
        reasons.append(f"El archivo «{shown(parts[1])}» no es de un tipo que se reciba. Entréguelo como {kinds}.")
    trimestre = None if quarter is None else str(quarter)
    if reasons or office is None or export is None or quarter is None:
        return Named(office, export, trimestre, tuple(reasons))
    contract = load_contract(export)
    if office not in contract.dependencias:
        offices = ", ".join(contract.dependencias)
        return Named(
            office, export, trimestre, (f"La entrega {export} no le corresponde a {office}: la entrega {offices}.",)
        )
    if quarter.first_day > today:
        reason = f"El trimestre {quarter} todavía no comienza (empieza el {quarter.first_day:%d/%m/%Y}). Revise el nombre del archivo."
        return Named(office, export, trimestre, (reason,), not_yet=True, confirmed=confirmed)
    return Named(office, export, trimestre, confirmed=confirmed)


def understand_folder(relative: str, today: date) -> Named:
    """What the name of a folder says that cannot be read as a delivery: whose it is. That it lacks a quarter, an export or the ending of
    a file is no fault of its own."""
    named = understand(relative, today)
    if not named.reasons:
        return named
    office, reasons = _office((*PurePosixPath(relative).parts, relative)[0])
    return Named(office, None, None, tuple(reasons))


def _a_correction_without_its_name(name: str) -> str:
    return (
        f"«{shown(name)}» no dice de qué entrega es. Guarde la hoja corregida con el nombre de su archivo y su trimestre, "
        "como talleres_2026T3.xlsx o talleres_2026T3_correccion.xlsx, y déjela en la misma carpeta."
    )


@cache
def _offices() -> dict[str, str]:
    return {folded(office): office for contract in load_contracts().values() for office in contract.dependencias}


def _office(folder: str) -> tuple[str | None, list[str]]:
    offices = _offices()
    office = offices.get(folded(folder))
    if office is not None:
        return office, []
    best = process.extractOne(folded(folder), list(offices), scorer=fuzz.ratio, score_cutoff=_LIKELY)
    hint = f" ¿Quiso decir {offices[best[0]]}?" if best else f" Son: {', '.join(sorted(offices.values()))}."
    return None, [f"La carpeta «{shown(folder)}» no es de ninguna dependencia que entregue.{hint}"]


def _quarter(text: str) -> tuple[Quarter | None, str]:
    """The quarter that a folded name says, and the rest of the name."""
    for pattern in _QUARTER_PATTERNS:
        match = pattern.search(text)
        if match is not None:
            said = match.groupdict()
            number = int(said["number"]) if said.get("number") else _ORDINALS[said["word"]]
            return Quarter(int(said["year"]), number), text[: match.start()] + "_" + text[match.end() :]
    return None, text


def _export(rest: str) -> str | None:
    """The export that the rest of a folded name says: its name or its title, words of copies and versions left out."""
    return _exports().get(_core(rest))


def _core(rest: str) -> str:
    """A folded name without the words of copies and versions."""
    return re.sub(r"_+", "_", _LEFTOVERS.sub("_", re.sub(r"_+", "_", rest))).strip("_ ")


@cache
def _exports() -> dict[str, str]:
    """Export by its name and by its folded title."""
    titles = {folded(contract.titulo): name for name, contract in load_contracts().items()}
    return {name: name for name in export_names()} | titles


def _export_at_start(text: str) -> str | None:
    """Without a quarter: the longest export name with which the name begins."""
    begun = [name for name in export_names() if text == name or text.startswith(f"{name}_")]
    return max(begun, key=len, default=None)


def _unknown_export(rest: str, quarter: Quarter | None, name: str) -> str:
    core = _core(rest)
    begun = _export_at_start(core)
    if begun is not None:
        return (
            f"En el nombre «{shown(name)}» sobra «{shown(core.removeprefix(begun).strip('_'))}»: "
            f"si es la entrega de {begun}, llámelo {begun}_{quarter or '2026T3'}."
        )
    best = process.extractOne(core, export_names(), scorer=fuzz.ratio, score_cutoff=_LIKELY)
    if best is None:
        return f"«{shown(name)}» no es el nombre de ninguna entrega. Use el nombre de su plantilla, como acuerdos_2026T3.xlsx."
    return f"«{shown(name)}» no es el nombre de ninguna entrega. ¿Quiso decir {best[0]}_{quarter or '2026T3'}?"
