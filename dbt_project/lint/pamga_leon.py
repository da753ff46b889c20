"""Our macros that give lists, as sqlfluff sees them: one export of each kind is enough to see the shape of the SQL."""

from __future__ import annotations

from typing import Any


def exportaciones() -> list[dict[str, Any]]:
    return [
        {"export": export, "clave": ["clave"], "llave": "clave", "fijas": [], "referencias": []}
        for export in ("una", "otra")
    ]


def columnas_de_lugar(export: str) -> list[str]:
    return ["colonia", "latitud"]


def columnas_fijas() -> list[list[str]]:
    return [["una", "clave", "clave", "fecha"], ["otra", "clave", "clave", "fecha"]]


def referencias_entre_exportaciones() -> list[list[Any]]:
    return [["una", "clave", "otra", "clave", "clave", True], ["otra", "clave", "una", "clave", "null", False]]


def referidas() -> list[list[Any]]:
    return [["una", "clave", False], ["otra", "clave", True]]


_RULE = {
    "lectura": "",
    "regla": "proporcion_de_registros",
    "export": "una",
    "filas": "int_una_versiones",
    "llave": ["clave"],
    "fecha": "fecha",
    "solo": [],
}


def reglas() -> list[dict[str, Any]]:
    """One rule of each way of counting, one of them of another reading."""
    return [
        _RULE | {"indicador": "X-1", "se_cuentan": "filas", "al_menos": 4},
        _RULE | {"indicador": "X-2", "se_cuentan": "presentes", "hacen_falta": 2, "grupo": "columna"},
        _RULE | {"indicador": "X-3", "se_cuentan": "grupos", "umbral": 80, "grupo": "columna"},
        _RULE | {"indicador": "X-4", "se_cuentan": "personas", "lectura": "otra"},
    ]


def reglas_que_se_cuentan(otras_lecturas: bool) -> list[dict[str, Any]]:
    return reglas()


def reglas_que_se_muestran() -> list[dict[str, Any]]:
    return reglas()


def se_muestran() -> dict[str, list[str]]:
    return {"una": ["columna", "otra"]}


def reglas_de_modelo(nombre: str) -> list[dict[str, Any]]:
    return reglas()


def se_entrega(export: str) -> bool:
    return True


def municipio() -> str:
    return "Una"


def clave_del_municipio() -> str:
    return "00000"


def jovenes() -> dict[str, int]:
    return {"desde": 18, "hasta": 29}


def plan() -> dict[str, Any]:
    return {"inicio": "2025-01-01", "fin": "2025-12-31", "primer_trimestre": 8100, "trimestres": 4, "dias": 365}


def respuestas() -> list[str]:
    return ["una", "otra"]


def estados() -> dict[str, str]:
    return {"uno": "Uno", "otro": "Otro"}


def meses() -> list[str]:
    return ["enero", "febrero"]


def dictamenes() -> dict[str, str]:
    return {"uno": "Uno", "sin_revisar": "Nadie"}


def grupos_de_edad() -> dict[str, int | None]:
    return {"joven": 30, "mayor": None}
