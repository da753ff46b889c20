"""How each indicator is counted, as data of the matrix (`calculo`), written for dbt as the macro `reglas()`.

Every kind of `regla` takes a few columns and conditions (KINDS); a reading of the plan that is not followed changes some of them.
macros/indicadores/hechos.sql says what each kind makes of the rows, macros/indicadores/contar.sql how what it makes is counted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb

from pamga.errors import UsageError
from pamga.exports import exports

OFFICE = "entrega_dependencia"  # part of some keys; every fact says its office anyway

# What may be said of any kind but of a rule of its own: the relation whose rows are counted where it is not the export's versions, the rows
# that count at all, the condition to count above, and what is counted where that is not rows.
OF_ALL = {"filas", "solo", "arriba", "grupo", "umbral", "persona"}
WINDOWS = ("anio", "anio_hasta_vence", "inicio_a_vence", "hasta_vence", "siempre")
BY_THE_SCHEDULE = {"anio_hasta_vence", "inicio_a_vence", "hasta_vence"}


@dataclass(frozen=True)
class Kind:
    """What a kind of rule needs, may have besides, and the columns that it reads of the export without their being named."""

    needs: frozenset[str]
    may_have: frozenset[str] = field(default_factory=frozenset)
    reads: tuple[str, ...] = ()


KINDS = {
    "hecho_de_planeado": Kind(frozenset({"hecha"}), frozenset({"programada", "ventana"})),
    "proporcion_de_registros": Kind(frozenset(), frozenset({"fecha", "desde", "hecha", "ejercicio"})),
    "razon_entre_anios": Kind(frozenset({"fecha"}), frozenset({"corrimiento"})),
    "personas_distintas": Kind(frozenset({"persona", "fecha", "ventana"})),
    "producto_aprobado_y_publicado": Kind(
        frozenset({"fechas"}), frozenset({"cualquiera_valida"}), ("indicador", "ejercicio", "organos_validadores")
    ),
    "ambos_presentes": Kind(frozenset({"fecha", "categoria", "presentes"}), reads=("ejercicio",)),
}


def rules(matrix: dict[str, Any]) -> list[dict[str, Any]]:
    """The rule of every indicator and of every other reading of it (`lectura`, empty for the one that is followed).

    Raises UsageError, in words for whoever wrote the entry, for a rule that cannot be counted.
    """
    found = []
    for key, indicator in matrix["indicadores"].items():
        readings = {name: reading.get("calculo", {}) for name, reading in indicator.get("lecturas", {}).items()}
        for name, change in {"": {}, **readings}.items():
            found.append(_rule(key, name, indicator, indicator.get("calculo", {}) | change))
    return found


def counted_by_the_schedule(rule: dict[str, Any]) -> bool:
    """Whether rows count from `inicio` or up to `vence` of the target, so that its facts carry those days."""
    return rule.get("ventana") in BY_THE_SCHEDULE


def _rule(key: str, reading: str, indicator: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    export = indicator.get("filas_de", indicator["fuentes"][-1])
    where = f"{key}{f', lectura {reading}' if reading else ''}"
    if export not in exports():
        raise UsageError(f"{where}: no hay exportación {export}.", "Escribe en fuentes el nombre de su contrato.")
    rule = {"indicador": key, "lectura": reading, "regla": indicator["regla"], "export": export}
    if "modelo" in how:
        return rule | {"se_cuentan": "filas"} | how
    kind = KINDS.get(indicator["regla"])
    if kind is None:
        raise UsageError(
            f"{where}: la regla {indicator['regla']} no es de las que se cuentan con datos ({', '.join(KINDS)}).",
            "Elige una, o escribe sus hechos en un modelo y nómbralo en calculo: {modelo: …}.",
        )
    missing, unknown = kind.needs - how.keys(), how.keys() - kind.needs - kind.may_have - OF_ALL
    if missing or unknown:
        said = [*(f"falta {n}" for n in sorted(missing)), *(f"{n} no se conoce" for n in sorted(unknown))]
        raise UsageError(
            f"{where}: en calculo {' y '.join(said)}.", f"Así se escribe {indicator['regla']}: docs/dbt.md."
        )
    if how.get("ventana", "anio") not in WINDOWS:
        raise UsageError(f"{where}: no hay ventana {how['ventana']}.", f"Elige una de {', '.join(WINDOWS)}.")
    if "filas" not in how:
        _require_columns(exports()[export].columns, export, where, how, kind.reads)
        for name in ("solo", "arriba"):
            _require_condition(exports()[export].columns, where, name, how.get(name, "true"))
    rule |= {"filas": f"int_{export}_versiones", "llave": [k for k in exports()[export].clave if k != OFFICE]} | how
    rule["solo"] = _conditions(indicator, rule)
    return rule | _counted(indicator, rule)


def _conditions(indicator: dict[str, Any], rule: dict[str, Any]) -> list[str]:
    project = f"proyecto = '{indicator['proyecto']}'" if "fases_plan" in indicator else ""
    return [condition for condition in (project, rule.get("solo", "")) if condition]


def _counted(indicator: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    """What of its facts is counted: rows (never fewer than the plan fixes), people, groups that reach a share, or whether all is there."""
    if rule["regla"] == "producto_aprobado_y_publicado":
        return {"se_cuentan": "presentes", "hacen_falta": 1}
    if rule["regla"] == "ambos_presentes":
        return {"se_cuentan": "presentes", "hacen_falta": len(rule["presentes"]), "grupo": rule["categoria"]}
    if "persona" in rule:
        return {"se_cuentan": "personas", "llave": [rule["persona"]]}
    if "umbral" in rule:
        return {"se_cuentan": "grupos"}
    return {"se_cuentan": "filas", "al_menos": len(indicator.get("fases_plan", []))}


def _require_columns(
    columns: dict[str, str], export: str, where: str, how: dict[str, Any], reads: tuple[str, ...]
) -> None:
    """Columns that a rule names alone, or reads unnamed, must be the export's."""
    for column in reads:
        if column not in columns:
            raise UsageError(
                f"{where}: la regla lee la columna {column}, que {export} no tiene.",
                "Cuenta otra exportación, agrega la columna a su contrato o nombra en filas: una relación que la tenga.",
            )
    named = [how[n] for n in ("programada", "fecha", "ejercicio", "persona", "categoria", "grupo") if n in how]
    for several in (how.get("hecha", []), how.get("fechas", [])):
        named += [several] if isinstance(several, str) else several
    for column in named:
        if column not in columns:
            raise UsageError(
                f"{where}: {export} no tiene la columna {column}.", f"Sus columnas son {', '.join(columns)}."
            )


def _require_condition(columns: dict[str, str], where: str, name: str, condition: str) -> None:
    """A condition must be one over the export's columns; what a macro says stands for anything."""
    if not isinstance(condition, str):
        if isinstance(condition, bool):
            return
        raise UsageError(f"{where}: {name} es una condición de SQL, no {condition}.", "Escríbela entre comillas.")
    wrong = _unreadable(tuple(columns.items()), condition)
    if wrong:
        raise UsageError(
            f"{where}: la condición {name} ({condition}) no se puede leer: {wrong}",
            f"Las columnas son {', '.join(columns)}; un texto se escribe entre comillas simples.",
        )


@cache
def _unreadable(columns: tuple[tuple[str, str], ...], condition: str) -> str | None:
    plain = re.sub(r"\{\{.*?\}\}", "null", condition)
    listed = ", ".join(f'null::{kind} as "{column}"' for column, kind in columns)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"explain select 1 from (select {listed}) as filas where ({plain})")
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


# ---- for dbt


def macro(matrix: dict[str, Any]) -> str:
    """macros/indicadores/reglas.sql: the rules and the days of the plan, as what Jinja reads."""
    first, last = matrix["plan"]["inicio"], matrix["plan"]["fin"]
    listed = "\n".join(f"    {_jinja(rule)}," for rule in rules(matrix))
    columns = "\n".join(f"    '{export}': {_jinja(named)}," for export, named in shown(matrix).items())
    return f"""{{# Written by `python -m warehouse.matrix` from plan/indicadores.yaml; never edit it by hand. #}}

{{# How every indicator is counted (`calculo`), and every other reading of it: what macros/indicadores/hechos.sql and contar.sql read. #}}
{{% macro reglas() %}}
{{% set todas = [
{listed}
] %}}
{{{{ return(todas) }}}}
{{% endmacro %}}

{{# Of each export whose rows are shown, the columns that say what a row is about. #}}
{{% macro se_muestran() %}}
{{% set todas = {{
{columns}
}} %}}
{{{{ return(todas) }}}}
{{% endmacro %}}

{{# The municipality. #}}
{{% macro municipio() %}}
    {{{{ return({_jinja(matrix["plan"]["municipio"])}) }}}}
{{% endmacro %}}

{{# Its key in the national catalogue. #}}
{{% macro clave_del_municipio() %}}
    {{{{ return({_jinja(matrix["lugar"]["clave"])}) }}}}
{{% endmacro %}}

{{# Whom the plan calls young: first and last age. #}}
{{% macro jovenes() %}}
    {{{{ return({_jinja(matrix["jovenes"])}) }}}}
{{% endmacro %}}

{{# First and last day of the plan, the index of its first quarter and how many it has. #}}
{{% macro plan() %}}
    {{{{ return({_jinja({"inicio": f"{first}", "fin": f"{last}", "primer_trimestre": _index(first), "trimestres": _index(last) - _index(first) + 1, "dias": (last - first).days + 1})}) }}}}
{{% endmacro %}}
"""


def shown(matrix: dict[str, Any]) -> dict[str, list[str]]:
    """Of each export whose rows may be shown, the columns that say what a row is about. Raises UsageError for one that it does not have."""
    found: dict[str, list[str]] = matrix["se_muestran"]
    for export, columns in found.items():
        missing = [column for column in columns if column not in exports()[export].columns]
        if missing:
            raise UsageError(
                f"se_muestran: {export} no tiene {', '.join(missing)}.",
                "Escribe columnas de su contrato que ya sean públicas.",
            )
    return found


def _index(day: Any) -> int:
    return int(day.year * 4 + (day.month - 1) // 3)


def _jinja(value: Any) -> str:
    """A value as Jinja writes it; what stands in {{ }} within a text is an expression of its own."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{key}': {_jinja(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_jinja, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    parts = re.split(r"\{\{\s*(.*?)\s*\}\}", value)  # texts and expressions in turn
    said = [part if n % 2 else json.dumps(part, ensure_ascii=False) for n, part in enumerate(parts) if part or n % 2]
    return " ~ ".join(said) or '""'
