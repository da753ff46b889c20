"""quality.html: what the gate found, for people. One page, plain Spanish, no script, readable by a screen reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
OUTCOMES = {"fail": "Detiene la publicación", "warn": "Aviso", "pass": "Bien", "not_evaluated": "No se pudo evaluar"}
DIMENSIONS = {
    "esquema": "Columnas y tipos",
    "volumen": "Cantidad de filas",
    "frescura": "Al día",
    "validez": "Valores válidos",
    "unicidad": "Sin repetidos",
    "referencias": "Referencias entre tablas",
    "conciliacion": "Las cuentas cuadran",
    "futuro": "Sin fechas futuras",
    "anomalia": "Valores fuera de lo acostumbrado",
    "hallazgos": "Hallazgos en las entregas",
}


def report_page(document: Mapping[str, Any]) -> str:
    """The page of a quality.json document."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_outcome: dict[str, list[Mapping[str, Any]]] = {outcome: [] for outcome in OUTCOMES}
    for check in document["checks"]:
        by_outcome[check["outcome"]].append(check)
    page: str = environment.get_template("quality.html.j2").render(
        document=document, by_outcome=by_outcome, outcomes=OUTCOMES, dimensions=DIMENSIONS
    )
    return page
