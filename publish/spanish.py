"""Plain Spanish for people: numbers, dates, quarters and the words for what the codes of the data mean, as Mexico writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pamga import situations, spanish
from pamga.documents.candidate import Shown, Temporal
from pamga.documents.changes import Judged
from pamga.exports import exports
from pamga.plan import plan
from pamga.quarter import Quarter
from pamga.situations import opinions, states

STATES, OPINIONS = states(), opinions()
listed = spanish.listed

# situacion of an observation -> words
OBSERVATIONS = {
    "sin_observacion": "Sin observación",
    "atendida": "Atendida",
    "abierta": "Abierta",
    "vencida": "Vencida sin atender",
}

FORMATS = {
    "csv": ("CSV", "para hojas de cálculo y programas"),
    "xlsx": ("Excel", "libro de cálculo"),
    "parquet": ("Parquet", "para análisis de datos"),
    "geojson": ("GeoJSON", "para mapas"),
}

PERIODICITIES = ("diaria", "semanal", "mensual", "bimestral", "trimestral", "semestral", "anual", "irregular")

TYPES = {
    "VARCHAR": "texto", "BIGINT": "número entero", "INTEGER": "número entero", "SMALLINT": "número entero",
    "DOUBLE": "número decimal", "DATE": "fecha", "BOOLEAN": "verdadero o falso", "TIMESTAMP": "fecha y hora",
}  # fmt: skip

MOST_DECIMALS = 6
YES_OR_NO = "cualitativo"  # unit of the indicators that count a document or a body: there is one or there is none
YEARS = range(1900, 2101)  # whole numbers that are written without a comma, since they mostly name a year
ISO_DAY = len("2026-09-30")
QUARTER = re.compile(r"20\d\dT[1-4]", re.ASCII)


COUNTS = ("cero", "un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez")


def spelled(value: int) -> str:
    """Cuatro; from eleven on in figures."""
    return COUNTS[value] if value < len(COUNTS) else str(value)


def number(value: float | int | None, decimals: int = 2) -> str:
    """1,234.5: comma for thousands, point for decimals, no needless zeros."""
    if value is None:
        return "sin dato"
    return spanish.number(value, decimals)


def percent(value: float | None, decimals: int = 1) -> str:
    """85.7 %. What is no whole number is not shown as one: 79.98 % is not 80 %, which may be the target."""
    if value is None:
        return "sin dato"
    while decimals < MOST_DECIMALS and value != round(value) == round(value, decimals):
        decimals += 1
    return f"{number(value, decimals)} %"


def measure(value: float | None, unit: str | None, decimals: int = 1) -> str:
    """A value of an indicator in its unit: what is either done or not reads Sí or No."""
    if unit == YES_OR_NO and value in (0, 100):
        return "Sí" if value else "No"
    return percent(value, decimals)


def contrast(before: float | None, after: float | None, unit: str | None) -> tuple[str, str]:
    """Two different values with as many decimals as it takes to tell them apart."""
    for decimals in range(1, MOST_DECIMALS + 1):
        said = measure(before, unit, decimals), measure(after, unit, decimals)
        if said[0] != said[1] or before == after:
            break
    return said


def target(meta: float, operator: str, unit: str | None) -> str:
    """What an indicator has to reach: al menos 80 %, más de 80 %, or Sí."""
    said = measure(meta, unit)
    return said if unit == YES_OR_NO else f"{'más de' if operator == '>' else 'al menos'} {said}"


def situation(said: Judged) -> str:
    """The state of a target: what is provisional is 'por confirmar' (rules.md, 'Status at a quarter')."""
    return STATES[said.estado][0] + (" (por confirmar)" if said.provisional else "")


def opinion(said: Judged) -> str:
    """What the Secretariado said of a target, and of which quarter it spoke; that nobody has looked is said too."""
    of = f" ({quarter(said.dictamen_trimestre)})" if said.dictamen_trimestre else ""
    return OPINIONS[str(said.dictamen)][0] + of


def long_date(day: str | date | None) -> str:
    """30 de septiembre de 2026."""
    if not day:
        return "sin fecha"
    read = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return spanish.day_in_words(read)


def quarter(text: str | None) -> str:
    """julio a septiembre de 2026."""
    if not text:
        return "sin trimestre"
    read = Quarter.parse(text)
    return f"{spanish.month(read.first_day.month)} a {spanish.month(read.cutoff.month)} de {read.year}"


def as_of(shown: Shown | None) -> str:
    """The day as of which a release speaks (`corte` of datasets.json): al 6 de noviembre de 2025; and of which quarter."""
    if not shown:
        return "todavía sin cifras de los indicadores"
    runs = ", que aún no termina" if shown.en_curso else ""
    return f"al {long_date(shown.fecha)} ({quarter(shown.trimestre)}{runs})"


def quarter_as_of(text: str, day: str | None) -> str:
    """octubre a diciembre de 2025, and with the day where it was judged before its end: …, al 6 de noviembre."""
    runs = bool(day) and str(day)[:ISO_DAY] < Quarter.parse(text).cutoff.isoformat()
    return f"{quarter(text)} (al {long_date(day)}, aún no termina)" if runs else quarter(text)


def periodicity(said: str | None) -> str:
    """How often a dataset is made anew."""
    return said if said in PERIODICITIES else "sin periodicidad fija"


def period(temporal: Temporal | None) -> str:
    """The period that a dataset covers, in words."""
    if temporal is None or not temporal.start or not temporal.end:
        return "Ninguno en particular; muestra lo vigente."
    if str(temporal.start) == str(temporal.end) and len(str(temporal.end)) == ISO_DAY:
        return f"Al {long_date(str(temporal.end))}."
    return f"Del {_day(str(temporal.start), first=True)} al {_day(str(temporal.end), first=False)}."


def period_bounds(temporal: Temporal | None) -> tuple[date, date] | None:
    """First and last day that a dataset covers; None when it covers no period."""
    if temporal is None or not temporal.start or not temporal.end:
        return None
    return _bound(str(temporal.start), first=True), _bound(str(temporal.end), first=False)


def _bound(text: str, first: bool) -> date:
    """A day of a period given as a date, a quarter or a year."""
    text = str(text)
    if "T" in text[:6] and len(text) == 6:
        read = Quarter.parse(text)
        return read.first_day if first else read.cutoff
    if len(text) == 4:
        return date(int(text), 1, 1) if first else date(int(text), 12, 31)
    return date.fromisoformat(text[:10])


def _day(text: str, first: bool) -> str:
    return long_date(_bound(text, first))


def size(count: int) -> str:
    """1.2 MB."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{number(amount, 0 if unit == 'bytes' else 1)} {unit}"
        amount /= 1000
    return f"{number(amount, 1)} GB"


def kind(sql_type: str, is_geometry: bool = False) -> str:
    """What a column holds, in words."""
    if is_geometry or sql_type.startswith("GEOMETRY"):
        return "geometría"
    if sql_type.startswith("DECIMAL"):
        return "número decimal"
    return TYPES.get(sql_type, sql_type.lower())


def reserved(reason: str) -> str:
    """Why a text by or about people is not shown."""
    return situations.reserved().get(reason, "Texto reservado.")


def cell(value: Any) -> str:
    """A value of any column, as a person reads it."""
    if value is None or value == "":
        return "vacío"
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, int) and value in YEARS:
        return str(value)
    if isinstance(value, int | float):
        return number(value)
    text = str(value)
    if QUARTER.fullmatch(text):
        return quarter(text)
    return STATES[text][0] if text in STATES else spanish.day_or_text(text)


def said(value: Any, column: str) -> str:
    """A value of this column of a check's row: offices and exports by their names."""
    if column not in ("dependencia", "export", "fuente") or not isinstance(value, str):
        return cell(value)
    return "; ".join(_names(column).get(part, part) for part in value.split(", "))


def _names(column: str) -> Mapping[str, str]:
    return plan().dependencias if column == "dependencia" else {key: e.titulo for key, e in exports().items()}
