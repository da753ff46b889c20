"""What a newcomer may write wrongly into the matrix, and that each is told with where it is and what to do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pamga import plan_faults
from pamga.plan import read_matrix
from pamga.plan_faults import faults, faults_of_versions
from pamga.yaml_files import load_yaml

Edit = Callable[[dict[str, Any]], Any]
FIRST = next(iter(read_matrix()["indicadores"]))


def indicator(matrix: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = matrix["indicadores"][FIRST]
    return entry


def renamed(key: str) -> Edit:
    def edit(matrix: dict[str, Any]) -> None:
        matrix["indicadores"][key] = matrix["indicadores"].pop(FIRST)

    return edit


def put(name: str, value: Any) -> Edit:
    return lambda matrix: indicator(matrix).__setitem__(name, value)


def target(**change: Any) -> Edit:
    return lambda matrix: indicator(matrix)["metas"][0].update(change)


def test_the_plan_has_none() -> None:
    assert faults(read_matrix()) == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (renamed("DA1"), "DA1: la clave de un indicador"),
        (renamed("DA-01"), "DA-01: la clave de un indicador"),
        (renamed("XX-1"), "XX-1: la clave de un indicador es la de su compromiso (DA, PP"),
        (lambda m: m["indicadores"].__setitem__(FIRST, "porcentaje"), f"{FIRST}: se escriben renglones"),
        (lambda m: indicator(m).pop("metas"), f"{FIRST}: falta `metas`"),
        (put("metas", []), f"{FIRST}: `metas` es una lista con uno o más"),
        (put("fuentes", "documentos"), f"{FIRST}: `fuentes` es una lista"),
        (put("responsable", ["imju"]), "`responsable` no se conoce. ¿quisiste decir `responsables`?"),
        (put("unidad", "numero"), "`unidad` es porcentaje o cualitativo, no numero"),
        (lambda m: indicator(m).pop("cuenta"), "falta `cuenta`"),
        (put("cuenta", {"uno": "fase"}), "cuenta: falta `varios`"),
        (put("responsables", ["obras"]), "obras no está en `dependencias`"),
        (put("validan", ["cabildo"]), "cabildo no está en `organos_validadores`"),
        (put("decisiones", [{"texto": "Así."}]), "decisiones: falta `seccion`"),
        (put("nombre", None), f"indicadores.{FIRST}.nombre: no dice nada"),
        (put("metas", [{"ejercicio": 2025}]), "metas: falta `vence`"),
        (target(vence="30/11/2025"), "`vence` es un día, escrito año-mes-día, no 30/11/2025"),
        (target(ejercicio="2025"), "`ejercicio` es un número entero"),
        (target(meta=99.5), "`meta` es un número entero"),
        (target(meta=True), "`meta` es un número entero"),
        (target(op="="), "`op` es >= o >"),
        (target(vence=date(2024, 12, 31)), "`inicio` va antes que `vence`"),
        (target(vence=date(2028, 1, 31)), "los dos caen entre 2025-01-01 y 2027-12-31"),
        (target(vence=date(2026, 1, 15)), "en otro año que su ejercicio"),
        (lambda m: indicator(m)["metas"].append(indicator(m)["metas"][0]), "el ejercicio tiene dos metas"),
        (lambda m: m.pop("compromisos"), "La matriz: falta `compromisos`"),
        (lambda m: m.__setitem__("lugares", {}), "`lugares` no se conoce. ¿quisiste decir `lugar`?"),
        (lambda m: m["lugar"].pop("zona_horaria"), "lugar: falta `zona_horaria`"),
        (lambda m: m.__setitem__("sistemas", "sistemas"), "sistemas no está en `dependencias`"),
        (lambda m: m.__setitem__("indicadores", []), "indicadores: se escriben renglones"),
        (lambda m: m["compromisos"]["PP"].pop("poblacion"), "compromisos.PP: falta `poblacion`"),
        (lambda m: m["compromisos"]["PP"]["problematicas"].append("agua"), "agua no está en `problematicas`"),
        (lambda m: m["ods_transversales"]["5"]["compromisos"].append("ZZ"), "ZZ no está en `compromisos`"),
    ],
)  # fmt: skip
def test_each_fault_is_told_once_with_where_it_is(edit: Edit, said: str) -> None:
    matrix = copy.deepcopy(read_matrix())
    edit(matrix)
    assert [said in fault for fault in faults(matrix)].count(True) == 1, faults(matrix)


@pytest.mark.parametrize(
    ("former", "said"),
    [
        ({f"{FIRST}9": []}, f"cambia las metas de {FIRST}9, que no es un indicador"),
        ({FIRST: [{"ejercicio": 2025, "inicio": date(2025, 1, 1), "vence": date(2025, 9, 30), "meta": 100}]}, "falta `op`"),
        ({FIRST: [{"ejercicio": 2026, "inicio": date(2025, 1, 1), "vence": date(2026, 9, 30), "op": ">=", "meta": 100}]}, "tiene las de 2025"),
    ],
)  # fmt: skip
def test_a_version_that_changes_what_there_is_not_is_told(former: dict[str, Any], said: str) -> None:
    words = copy.deepcopy(load_yaml(plan_faults.WORDS))
    assert faults_of_versions(words, read_matrix()) == []
    words["versiones"][-1]["metas_anteriores"] = former
    (fault,) = faults_of_versions(words, read_matrix())
    assert fault.startswith("versiones, 2") and said in fault
    words["versiones"][-1].pop("cambios")
    assert faults_of_versions(words, read_matrix()) == ["versiones, 2: falta `cambios`."]


def test_what_is_no_matrix_is_told_and_nothing_ends_in_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "indicadores.yaml"
    monkeypatch.setattr(plan_faults, "MATRIX", written)
    for text, said in (
        ("a: b: c", "No es YAML"),
        ("a: 1\na: 2", "`a` is said twice"),
        ("vence: 2026-02-31", "day is out of range for month"),
        ("", "no tiene partes"),
        ("- a", "no tiene partes"),
    ):
        written.write_text(text, encoding="utf-8")
        assert plan_faults.main() == 1
        assert said in capsys.readouterr().out
