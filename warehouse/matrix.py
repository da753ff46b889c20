"""Writes the dbt seeds of the plan's matrix from the one file that a person checks: `python -m warehouse.matrix`."""

from __future__ import annotations

import copy
import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pamga.errors import UsageError
from pamga.exports import exports
from pamga.plan import MATRIX, read_matrix
from pamga.situations import Said, opinions, states
from pamga.spanish import month
from pamga.yaml_files import load_yaml
from warehouse.indicator_rules import counted_by_the_schedule, macro, rules

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
WORDS = MATRIX.with_name("palabras.yaml")
SEEDS = PROJECT / "seeds"
RULES = PROJECT / "macros" / "indicadores" / "reglas.sql"
SAID = PROJECT / "macros" / "indicadores" / "situaciones.sql"

MAY_BE_EMPTY = {
    "matriz_validadores.csv": ("indicador", "orden", "organo", "nombre"),
    "matriz_fases.csv": ("indicador", "proyecto", "orden", "fase"),
    "matriz_lecturas.csv": ("indicador", "lectura", "orden", "texto", "por_que", "seccion"),
    "matriz_lecturas_metas.csv": ("indicador", "lectura", "ejercicio", "inicio", "vence", "operador", "meta"),
    "matriz_metas_anteriores.csv": ("version", "indicador", "ejercicio", "inicio", "vence", "operador", "meta"),
}
"""The columns of what a plan need not have; their types are said in dbt_project.yml, since there may be no row to tell them by."""

Rows = list[dict[str, Any]]


def load_matrix(path: Path = MATRIX) -> dict[str, Any]:
    """The plan's matrix (plan sections 1, 4 and 6.C) as it stands in the YAML file."""
    return copy.deepcopy(read_matrix(path))


def load_words(path: Path = WORDS) -> dict[str, Any]:
    """The plan's other words: versions, differences between its sections, corrections, glossary, what it promises."""
    words: dict[str, Any] = load_yaml(path)
    return words


def seeds(matrix: dict[str, Any], words: dict[str, Any]) -> dict[str, str]:
    """File name -> CSV text of every seed, in the matrix's own order."""
    check_versions(matrix, words)
    return {
        name: _csv(rows, MAY_BE_EMPTY.get(name, ()))
        for name, rows in {
            "matriz_compromisos.csv": _commitments(matrix),
            "matriz_dependencias.csv": [{"dependencia": k, "nombre": v} for k, v in matrix["dependencias"].items()],
            "matriz_indicadores.csv": _indicators(matrix),
            "matriz_metas.csv": _targets(matrix),
            "matriz_responsables.csv": _pairs(matrix, "responsables", "dependencia"),
            "matriz_fuentes.csv": _pairs(matrix, "fuentes", "export"),
            "matriz_validadores.csv": _validators(matrix),
            "matriz_fases.csv": _phases(matrix),
            "matriz_decisiones.csv": _decisions(matrix),
            "matriz_lecturas.csv": _readings(matrix),
            "matriz_lecturas_metas.csv": _targets_of_readings(matrix),
            "matriz_exportaciones.csv": _exports(matrix),
            "matriz_ods.csv": _goals(matrix),
            "matriz_versiones.csv": _versions(words),
            "matriz_palabras.csv": _words(matrix, words),
            "matriz_metas_anteriores.csv": _former_targets(words),
        }.items()
    }


def files() -> dict[Path, str]:
    """Path -> text of all that is written from the matrix."""
    matrix = load_matrix()
    return {SEEDS / name: text for name, text in seeds(matrix, load_words()).items()} | {
        RULES: macro(matrix),
        SAID: said_in_sql(),
    }


def write_files() -> list[Path]:
    """Write all that follows from the matrix; returns the files written."""
    written = files()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return list(written)


def said_in_sql() -> str:
    """The macros with the words of states, opinions and months."""
    return (
        "{# Written by `python -m warehouse.matrix` from pamga/situaciones.yaml and Babel; a test says when it is stale. #}\n\n"
        "{# Every state and its words, from what asks for attention last to what asks for it first. #}\n"
        + _macro("estados", states())
        + "\n{# Every opinion of the Secretariado and its words. #}\n"
        + _macro("dictamenes", opinions())
        + "\n{# The months, January first. #}\n"
        + _macro("meses", [month(number) for number in range(1, 13)])
    )


def _macro(name: str, gives: dict[str, Said] | list[str]) -> str:
    words = [f"'{key}': '{one.texto}'" for key, one in gives.items()] if isinstance(gives, dict) else map(repr, gives)
    opened, closed = ("{", "}") if isinstance(gives, dict) else ("[", "]")
    said = "".join(f"        {one},\n" for one in words)
    return f"{{% macro {name}() %}}\n    {{{{ return({opened}\n{said}    {closed}) }}}}\n{{% endmacro %}}\n"


def _commitments(matrix: dict[str, Any]) -> Rows:
    return [
        {
            "compromiso": key,
            "orden": order,
            "nombre": commitment["nombre"],
            "problematicas": "; ".join(matrix["problematicas"][p] for p in commitment["problematicas"]),
            "problematica": commitment["problematica"],
            "objetivo": commitment["objetivo"],
            "descripcion": commitment["descripcion"],
            "poblacion": commitment["poblacion"],
        }
        for order, (key, commitment) in enumerate(matrix["compromisos"].items(), start=1)
    ]


def _indicators(matrix: dict[str, Any]) -> Rows:
    followed = {rule["indicador"]: rule for rule in rules(matrix) if not rule["lectura"]}
    return [
        {
            "indicador": key,
            "compromiso": key.split("-")[0],
            "orden": order,
            "nombre": indicator["nombre"],
            "actividad": indicator["actividad"],
            "descripcion": indicator["descripcion"],
            "unidad": indicator["unidad"],
            "formula": indicator["formula"],
            "meta_esperada": indicator["meta_esperada"],
            "medio_verificacion": indicator["medio_verificacion"],
            "regla": indicator["regla"],
            "filas_de": followed[key]["export"],
            "relacion": followed[key].get("modelo") or followed[key]["filas"],
            "se_cuentan": followed[key]["se_cuentan"],
            "denominador": indicator["denominador"],
            "numerador": indicator["numerador"],
            "fases_plan": len(indicator["fases_plan"]) if "fases_plan" in indicator else "",
            "decisiones": " ".join(decision["texto"] for decision in indicator["decisiones"]),
            "seguimiento": matrix["seguimiento"],
            "cuenta_uno": indicator.get("cuenta", {}).get("uno", ""),
            "cuenta_varios": indicator.get("cuenta", {}).get("varios", ""),
            "producto": indicator.get("producto", ""),
        }
        for order, (key, indicator) in enumerate(matrix["indicadores"].items(), start=1)
    ]


def _targets(matrix: dict[str, Any]) -> Rows:
    return [_target(key, target) for key, indicator in matrix["indicadores"].items() for target in indicator["metas"]]


def _target(indicator: str, target: dict[str, Any]) -> dict[str, Any]:
    return {
        "indicador": indicator,
        "ejercicio": target["ejercicio"],
        "inicio": target["inicio"],
        "vence": target["vence"],
        "operador": target["op"],
        "meta": target["meta"],
    }


def _pairs(matrix: dict[str, Any], field: str, column: str) -> Rows:
    return [
        {"indicador": key, "orden": order, column: value}
        for key, indicator in matrix["indicadores"].items()
        for order, value in enumerate(indicator.get(field, []), start=1)
    ]


def _validators(matrix: dict[str, Any]) -> Rows:
    return [
        {**row, "nombre": matrix["organos_validadores"][row["organo"]]} for row in _pairs(matrix, "validan", "organo")
    ]


def _phases(matrix: dict[str, Any]) -> Rows:
    """Every name under which a phase of the plan may be delivered; `orden` says which phase it is."""
    return [
        {"indicador": key, "proyecto": indicator["proyecto"], "orden": order, "fase": name}
        for key, indicator in matrix["indicadores"].items()
        for order, phase in enumerate(indicator.get("fases_plan", []), start=1)
        for name in ([phase] if isinstance(phase, str) else phase)
    ]


def _decisions(matrix: dict[str, Any]) -> Rows:
    return [
        {"indicador": key, "orden": order, "decision": decision["texto"], "seccion": decision["seccion"]}
        for key, indicator in matrix["indicadores"].items()
        for order, decision in enumerate(indicator["decisiones"], start=1)
    ]


def _readings(matrix: dict[str, Any]) -> Rows:
    return [
        {
            "indicador": key,
            "lectura": name,
            "orden": order,
            "texto": reading["texto"],
            "por_que": reading["por_que"],
            "seccion": reading["seccion"],
        }
        for key, indicator in matrix["indicadores"].items()
        for order, (name, reading) in enumerate(indicator.get("lecturas", {}).items(), start=1)
    ]


def _targets_of_readings(matrix: dict[str, Any]) -> Rows:
    """The targets of every reading: those of the indicator, but for what the reading changes (a day as `MM-DD`)."""
    return [
        {
            "indicador": key,
            "lectura": name,
            "ejercicio": target["ejercicio"],
            **{
                day: f"{target['ejercicio']}-{reading[day]}" if day in reading else target[day]
                for day in ("inicio", "vence")
            },
            "operador": target["op"],
            "meta": reading.get("meta", target["meta"]),
        }
        for key, indicator in matrix["indicadores"].items()
        for name, reading in indicator.get("lecturas", {}).items()
        for target in indicator["metas"]
    ]


def _exports(matrix: dict[str, Any]) -> Rows:
    """Who delivers an export stands in its contract, which indicators it serves in their `fuentes`."""
    schema = exports()
    named = [*matrix["exportaciones"], *(s for i in matrix["indicadores"].values() for s in i["fuentes"])]
    return [
        {
            "export": key,
            "nombre": matrix["exportaciones"].get(key, schema[key].titulo),
            "dependencia": office,
            "indicador": indicator,
        }
        for key in dict.fromkeys(named)
        for office in schema[key].dependencias
        for indicator, entry in matrix["indicadores"].items()
        if key in entry["fuentes"]
    ]


def _goals(matrix: dict[str, Any]) -> Rows:
    """The plan's own words for each commitment (section 1): main goals, relevant targets, goals across commitments."""
    rows = []
    for key, commitment in matrix["compromisos"].items():
        aligned = [("principal", g, text) for g, text in commitment["ods_principales"].items()]
        aligned += [("relevante", g, text) for g, text in commitment["metas_relevantes"].items()]
        aligned += [
            ("transversal", g, f"{goal['objetivo']}: {goal['texto']}")
            for g, goal in matrix["ods_transversales"].items()
            if key in goal["compromisos"]
        ]
        rows += [
            {"compromiso": key, "ods": goal, "texto": text, "alineacion": kind, "orden": order}
            for order, (kind, goal, text) in enumerate(aligned, start=1)
        ]
    return rows


def _versions(words: dict[str, Any]) -> Rows:
    fields = ("version", "vigente_desde", "sesion", "aprobada_por", "cambios")
    return [{"orden": order, **{f: v[f] for f in fields}} for order, v in enumerate(words["versiones"], start=1)]


def check_versions(matrix: dict[str, Any], words: dict[str, Any]) -> None:
    """A version may not move a schedule by which rows are counted: earlier quarters would be counted by the new one unseen."""
    scheduled = {rule["indicador"] for rule in rules(matrix) if not rule["lectura"] and counted_by_the_schedule(rule)}
    for version in words["versiones"]:
        for key, targets in version["metas_anteriores"].items():
            now = {target["ejercicio"]: target for target in matrix["indicadores"][key]["metas"]}
            for target in targets if key in scheduled else ():
                if any(target[day] != now[target["ejercicio"]][day] for day in ("inicio", "vence")):
                    raise UsageError(
                        f"Version {version['version']} of the matrix moves the schedule of {key} {target['ejercicio']}, and the rows of {key} are "
                        f"counted by it. Earlier quarters would be counted by the new schedule: give its facts "
                        "both windows first (docs/dbt.md, 'Other readings of the plan')."
                    )


def _former_targets(words: dict[str, Any]) -> Rows:
    """Targets as they were before the version that changed them."""
    return [
        {"version": version["version"], **_target(key, target)}
        for version in words["versiones"]
        for key, targets in version["metas_anteriores"].items()
        for target in targets
    ]


def _words(matrix: dict[str, Any], words: dict[str, Any]) -> Rows:
    """One row per thing that the page "Cómo leímos el plan" says, by kind; `de` is a commitment, an indicator or nothing."""
    said = [
        *(("version", "", "nota aclaratoria" if v["version"] != "1" else "", f"Versión {v['version']}, desde el {v['vigente_desde']:%d/%m/%Y}",
           f"{v['cambios']} {v['sesion']}. {v['aprobada_por']}.", "") for v in words["versiones"]),
        *(("compromiso", key, f"4.{order}", title, commitment[field], "")
          for order, (key, commitment) in enumerate(matrix["compromisos"].items(), start=1)
          for title, field in (("Problemática pública priorizada", "problematica"), ("Objetivo", "objetivo"), ("Descripción", "descripcion"),
                               ("Población objetivo", "poblacion"))),
        *(("actividad", key, "4", indicator["actividad"], indicator["descripcion"], "") for key, indicator in matrix["indicadores"].items()),
        *(("decision", key, decision["seccion"], "", decision["texto"], "")
          for key, indicator in matrix["indicadores"].items() for decision in indicator["decisiones"]),
        *(("lectura", key, reading["seccion"], reading["texto"], reading["por_que"], "")
          for key, indicator in matrix["indicadores"].items() for reading in indicator.get("lecturas", {}).values()),
        *(("diferencia", d["de"], "4 y 6", d["titulo"], f"Sección 4: {d['seccion_4']}. Sección 6: {d['seccion_6']}.", d["se_sigue"])
          for d in words["diferencias"]),
        *(("correccion", c["de"], "6.C", c["campo"], f"El plan dice «{c['dice']}»; aquí se escribe «{c['aqui']}».", "") for c in words["correcciones"]),
        *(("promesa", "", section, promise["titulo"], text, "") for section, promise in words["promesas"].items() for text in promise["texto"]),
        *(("glosario", "", "Glosario de términos", term, text, "") for term, text in words["glosario"].items()),
    ]  # fmt: skip
    fields = ("clase", "de", "seccion", "titulo", "texto", "se_sigue")
    return [{"orden": order, **dict(zip(fields, row, strict=True))} for order, row in enumerate(said, start=1)]


def _csv(rows: Rows, fields: Sequence[str] = ()) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=fields or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def main() -> int:
    """Write the files; the exit code."""
    try:
        for file in write_files():
            print(file.relative_to(PROJECT))
    except UsageError as error:
        print(f"plan/{MATRIX.name}: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
