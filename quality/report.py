"""What the gate found, for people, in plain Spanish: quality.html (no script, readable by a screen reader) and the notice that goes
to a terminal, a log or a message when the gate stops a publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pamga.documents.candidate import Agreed
from pamga.documents.quality import Check, Quality
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
    environment.filters.update(found=found, about=lambda check: agreed.title_of(check.dataset), heading=heading)
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


def heading(column: str) -> str:
    """A column's name for people: words apart, with their accents."""
    return " ".join(ACCENTS.get(word, word) for word in column.split("_"))


ACCENTS = {
    "dias": "días", "limite": "límite", "ultimo": "último", "titulo": "título", "version": "versión", "export": "archivo",
    "publicacion": "publicación", "situacion": "situación", "leidas": "leídas", "anio": "año",
}  # fmt: skip


def found(check: Check) -> str:
    """What a check measured, against what it should be."""
    value, kind = check.value, check.id.split(".")[1]
    if value is None:
        return "no se pudo evaluar"
    if check.threshold == "igual a 0":
        return f"{value:g} {'fila que no cumple' if value == 1 else 'filas que no cumplen'}"
    return f"{value:.4g}{UNITS.get(kind, '')} (debe ser {check.threshold})"


UNITS = {
    "entrega_rechazo": " de cada 100 filas apartadas",
    "entrega_frescura": " trimestres de atraso",
    "frescura": " días desde el dato más reciente",
    "esquema": " columnas distintas de lo acordado",
}
