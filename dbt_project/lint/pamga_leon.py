"""Our macros that give lists, as sqlfluff sees them: one export of each kind is enough to see the shape of the SQL."""

from __future__ import annotations

from typing import Any


def exportaciones() -> list[dict[str, Any]]:
    return [
        {"export": export, "clave": ["clave"], "llave": "clave", "fijas": [], "referencias": []}
        for export in ("una", "otra")
    ]


def columnas_fijas() -> list[list[str]]:
    return [["una", "clave", "clave", "fecha"], ["otra", "clave", "clave", "fecha"]]


def referencias_entre_exportaciones() -> list[list[Any]]:
    return [["una", "clave", "otra", "clave", "clave", True], ["otra", "clave", "una", "clave", "null", False]]


def referidas() -> list[list[Any]]:
    return [["una", "clave", False], ["otra", "clave", True]]
