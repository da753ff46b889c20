"""Rules as data: what an entry of the matrix may say, and what it is told when it says something else."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pamga.errors import UsageError
from warehouse.indicator_rules import counted_by_the_schedule, macro, rules
from warehouse.matrix import load_matrix


def rule_of(matrix: dict[str, Any], key: str, reading: str = "") -> dict[str, Any]:
    (found,) = [r for r in rules(matrix) if (r["indicador"], r["lectura"]) == (key, reading)]
    return found


def changed(key: str, **how: Any) -> dict[str, Any]:
    matrix = copy.deepcopy(load_matrix())
    matrix["indicadores"][key]["calculo"] = {
        name: value for name, value in (matrix["indicadores"][key]["calculo"] | how).items() if value is not None
    }
    return matrix


def test_every_indicator_and_every_reading_has_a_rule() -> None:
    matrix = load_matrix()
    wanted = {(key, "") for key in matrix["indicadores"]}
    wanted |= {
        (key, name) for key, indicator in matrix["indicadores"].items() for name in indicator.get("lecturas", {})
    }
    found = [(rule["indicador"], rule["lectura"]) for rule in rules(matrix)]
    assert set(found) == wanted
    assert len(found) == len(wanted)


def test_a_reading_changes_what_it_names_and_keeps_the_rest() -> None:
    matrix = load_matrix()
    followed, other = rule_of(matrix, "PP-2"), rule_of(matrix, "PP-2", "todo_el_anio")
    assert {name for name in followed if followed[name] != other[name]} == {"lectura", "ventana"}


def test_rows_are_the_versions_of_the_export_and_their_key_that_of_its_contract() -> None:
    rule = rule_of(load_matrix(), "CAJ-2")
    assert (rule["filas"], rule["llave"]) == ("int_documentos_versiones", ["documento_id"])


def test_counted_by_the_schedule_is_what_has_a_window_of_the_target() -> None:
    matrix = load_matrix()
    assert counted_by_the_schedule(rule_of(matrix, "PP-4"))
    assert not counted_by_the_schedule(rule_of(matrix, "PP-4", "todo_el_anio"))
    assert not counted_by_the_schedule(rule_of(matrix, "CAJ-5"))


@pytest.mark.parametrize(
    ("key", "how", "said"),
    [
        ("MBH-4", {"fecha": "dia"}, r"MBH-4: eventos_mbh no tiene la columna dia"),
        ("MBH-4", {"arrriba": "true"}, r"arrriba no se conoce"),
        ("CAJ-5", {"hecha": None}, r"CAJ-5: en calculo falta hecha"),
        ("CAJ-5", {"ventana": "trimestre"}, r"no hay ventana trimestre"),
        ("PP-3", {"hecha": ["fecha_carta_compromiso", "fecha_firma"]}, r"no tiene la columna fecha_firma"),
        (
            "MBH-4",
            {"arriba": "asistentess >= 50"},
            r"MBH-4: la condición arriba .*asistentess.*Las columnas son evento_id",
        ),
        ("MBH-4", {"arriba": 'asistentes >= "50"'}, r"no se puede leer.*un texto se escribe entre comillas simples"),
        ("MBH-4", {"solo": "colonia = 'Centro"}, r"la condición solo .*no se puede leer"),
        ("MBH-4", {"arriba": 50}, r"arriba es una condición de SQL, no 50"),
    ],
)
def test_what_cannot_be_counted_is_told_in_words(key: str, how: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rules(changed(key, **how))


def test_a_rule_that_reads_a_column_unnamed_is_told_where_the_export_has_none() -> None:
    matrix = load_matrix()
    matrix["indicadores"]["CAJ-3"] |= {
        "fuentes": ["mesas_trabajo"],
        "calculo": {"fecha": "fecha_realizada", "categoria": "eje", "presentes": ["seguridad_paz", "emprendimiento"]},
    }
    with pytest.raises(UsageError, match="CAJ-3: la regla lee la columna ejercicio, que mesas_trabajo no tiene"):
        rules(matrix)


def test_what_a_macro_of_a_condition_says_is_taken_for_anything() -> None:
    late = "{{ dbt.datediff('fecha', 'fecha', 'day') }} <= 5 and colonia is not null"
    assert rule_of(changed("MBH-4", arriba=late), "MBH-4")["arriba"] == late


def test_a_rule_of_no_kind_and_an_export_of_no_contract_are_told() -> None:
    matrix = load_matrix()
    matrix["indicadores"]["CAJ-5"]["regla"] = "a_ojo"
    with pytest.raises(UsageError, match="la regla a_ojo no es de las que se cuentan con datos"):
        rules(matrix)
    matrix = load_matrix()
    matrix["indicadores"]["CAJ-5"]["fuentes"] = ["sesiones"]
    with pytest.raises(UsageError, match="no hay exportación sesiones"):
        rules(matrix)


def test_a_condition_keeps_its_quotes_and_may_call_a_macro() -> None:
    matrix = changed("MBH-4", solo='colonia <> \'"Las" Joyas\' and {{ distinto("a", "b") }}')
    assert """'solo': ["colonia <> '\\"Las\\" Joyas' and " ~ distinto("a", "b")]""" in macro(matrix)


def test_the_quarters_are_those_of_the_plan() -> None:
    matrix = load_matrix()
    matrix["plan"]["fin"] = matrix["plan"]["fin"].replace(year=2029)
    assert "'primer_trimestre': 8100, 'trimestres': 20," in macro(matrix)
