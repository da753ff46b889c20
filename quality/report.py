"""What the gate found, for people, in plain Spanish: quality.html (no script, readable by a screen reader) and the notice that goes
to a terminal, a log or a message when the gate stops a publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pamga.documents.candidate import Agreed
from pamga.documents.quality import Check, Quality
from pamga.spanish import counted, day_in_words, heading, number
from quality.offices import Offices

TEMPLATES = Path(__file__).parent / "templates"
OUTCOMES = {"fail": "Detiene la publicación", "warn": "Aviso", "pass": "Bien", "not_evaluated": "No se pudo evaluar"}
DIMENSIONS = {
    "esquema": "Columnas y tipos",
    "volumen": "Cantidad de filas",
    "frescura": "Al corriente",
    "validez": "Valores válidos",
    "unicidad": "Sin repetidos",
    "referencias": "Referencias entre tablas",
    "conciliacion": "Las cuentas cuadran",
    "futuro": "Sin fechas futuras",
    "anomalia": "Valores fuera de lo acostumbrado",
    "hallazgos": "Hallazgos en las entregas",
}


def report_page(document: Quality, agreed: Agreed) -> str:
    """The page of what the gate found, in the words of what the candidate agreed to."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        found=found, about=lambda check: agreed.title_of(check.dataset), heading=heading, count=counted,
        long_date=lambda day: day_in_words(date.fromisoformat(day)),
    )  # fmt: skip
    by_outcome: dict[str, list[Check]] = {outcome: [] for outcome in OUTCOMES}
    for check in document.checks:
        if check.outcome != "warn" or check.told:
            by_outcome[check.outcome].append(check)
    seen = [check for check in document.checks if check.outcome == "warn" and check.acknowledged]
    page: str = environment.get_template("quality.html.j2").render(
        document=document,
        by_outcome=by_outcome,
        outcomes=OUTCOMES,
        dimensions=DIMENSIONS,
        said=Offices.of(agreed).said,
        seen=seen,
    )
    return page


LISTED = 3
"""Rows that a notice shows of each check; the page shows more."""


def notice(checks: Iterable[Check], agreed: Agreed) -> str:
    """The checks that did not pass, those that stop first: what is wrong, with its values and some rows, who mends it and how."""
    found_wanting = [check for check in checks if check.outcome in ("fail", "warn")]
    chosen = sorted(found_wanting, key=lambda check: check.outcome)  # fail, then warn
    return "\n\n".join(_said_of(check, agreed) for check in chosen)


def _said_of(check: Check, agreed: Agreed) -> str:
    offices = Offices.of(agreed)
    word = "DETIENE" if check.outcome == "fail" else "AVISO"
    lines = [
        f"{word}: {DIMENSIONS[check.dimension]} · {agreed.title_of(check.dataset)} ({check.id})",
        f"  Debe cumplirse: {check.explanation}",
    ]
    lines.append(f"  Se encontró: {found(check)}")
    lines += [f"    - {_row(row, offices)}" for row in check.rows[:LISTED]]
    if len(check.rows) > LISTED:
        lines.append("    - … y más, en la página de la revisión")
    return "\n".join([*lines, f"  Le toca a: {check.owner}", f"  Qué hacer: {check.remedy}"])


def _row(row: Mapping[str, Any], offices: Offices) -> str:
    return "; ".join(
        f"{heading(name)}: {offices.said(name, value)}" for name, value in row.items() if value is not None
    )


def found(check: Check) -> str:
    """What a check measured, against what it should be."""
    value, kind = check.value, check.id.split(".")[1]
    if value is None:
        return "no se pudo evaluar"
    if check.threshold == "igual a 0":
        return counted(int(value), "fila que no cumple", "filas que no cumplen")
    one, many = UNITS.get(kind, ("", ""))
    return f"{number(value)} {one if value == 1 else many}".rstrip() + f" (debe ser {check.threshold})"


UNITS = {
    "entrega_rechazo": ("de cada 100 filas apartada", "de cada 100 filas apartadas"),
    "entrega_frescura": ("trimestre de atraso", "trimestres de atraso"),
    "frescura": ("día desde el dato más reciente", "días desde el dato más reciente"),
    "esquema": ("columna distinta de lo acordado", "columnas distintas de lo acordado"),
}
