"""What is wrong with the plan's matrix as it is written, in words for whoever wrote it: `python -m pamga.plan_faults`.

The first step of `make generated`: all that is made from the matrix takes it as it finds it. What an indicator counts is looked at where
it is counted (warehouse/indicator_rules.py).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

import yaml

from pamga.plan import MATRIX
from pamga.yaml_files import load_yaml

CODE = re.compile(r"([A-Z]+)-[1-9][0-9]*")
UNITS = ("porcentaje", "cualitativo")
SIGNS = (">=", ">")
TARGET = ("ejercicio", "inicio", "vence", "op", "meta")
NEEDED = (
    "nombre", "actividad", "descripcion", "unidad", "formula", "meta_esperada", "medio_verificacion", "responsables", "regla",
    "denominador", "numerador", "calculo", "fuentes", "metas", "decisiones",
)  # fmt: skip
MAY_HAVE = ("cuenta", "producto", "validan", "proyecto", "fases_plan", "filas_de", "lecturas", "palabras_de")
LISTS = ("responsables", "fuentes", "metas", "decisiones")
COMMITMENT = (
    "nombre", "problematica", "objetivo", "descripcion", "poblacion", "problematicas", "ods_principales", "metas_relevantes",
)  # fmt: skip
VERSION = ("version", "vigente_desde", "sesion", "aprobada_por", "cambios", "metas_anteriores")
WORDS_OF_THE_PLAN = ("versiones", "diferencias", "correcciones", "promesas", "glosario")
WORDS = MATRIX.with_name("palabras.yaml")
PARTS = {
    "plan": ("nombre", "municipio", "corto", "inicio", "fin"),
    "lugar": ("estado", "pais", "clave", "geonames", "zona_horaria", "caja", "latitud", "longitud"),
    "jovenes": ("desde", "hasta"),
    "dependencias": (), "organos_validadores": (), "problematicas": (), "temas": (), "ods_transversales": (), "compromisos": (),
    "exportaciones": (), "se_muestran": (), "indicadores": (),
}  # fmt: skip
"""The parts of the matrix that are mappings, and what each needs to say."""
WHOLE = ("seguimiento", "sistemas", *PARTS)


def faults(matrix: Any) -> list[str]:
    """What keeps the matrix from being read, one sentence each; empty when nothing does."""
    if not isinstance(matrix, dict):
        return ["La matriz no tiene partes: empieza por `plan:` y termina con `indicadores:`."]
    found = [*_words("La matriz", matrix, WHOLE), *_empty(matrix, "")]
    for part, needed in PARTS.items():
        if part in matrix and not isinstance(matrix[part], dict):
            found.append(f"{part}: se escriben renglones `clave: …`.")
        elif part in matrix and needed:
            found += _words(part, matrix[part], needed)
    if found:
        return found  # what follows looks things up in these parts
    found += _known("sistemas", [matrix["sistemas"]], matrix["dependencias"], "dependencias")
    for key, commitment in matrix["compromisos"].items():
        wrong = [*_words(f"compromisos.{key}", commitment, COMMITMENT, ("tema_europeo",))]
        found += wrong or _known(key, commitment["problematicas"], matrix["problematicas"], "problematicas")
    for key, goal in matrix["ods_transversales"].items():
        found += _known(f"ods_transversales {key}", goal["compromisos"], matrix["compromisos"], "compromisos")
    for key, indicator in matrix["indicadores"].items():
        found += _of_indicator(str(key), indicator, matrix)
    return found


def _of_indicator(key: str, indicator: Any, matrix: dict[str, Any]) -> Iterator[str]:
    commitments = matrix["compromisos"]
    code = CODE.fullmatch(key)
    if code is None or code[1] not in commitments:
        yield (
            f"{key}: la clave de un indicador es la de su compromiso ({', '.join(commitments)}), un guion y un número sin ceros delante, "
            f"como {next(iter(commitments), 'AB')}-1."
        )
    wrong = [*_words(key, indicator, NEEDED, MAY_HAVE)]
    wrong += [
        f"{key}: `{name}` es una lista con uno o más."
        for name in LISTS
        if name in indicator and not _is_list(indicator[name])
    ]
    if wrong:
        yield from wrong
        return
    if indicator["unidad"] not in UNITS:
        yield f"{key}: `unidad` es {' o '.join(UNITS)}, no {indicator['unidad']}."
    told = "producto" if indicator["unidad"] == "cualitativo" else "cuenta"
    if told not in indicator:
        yield f"{key}: falta `{told}`: con qué palabras se dice lo que falta para cumplir (los demás indicadores tienen ejemplos)."
    if "cuenta" in indicator:
        yield from _words(f"{key}, cuenta", indicator["cuenta"], ("uno", "varios"))
    yield from _known(key, indicator["responsables"], matrix["dependencias"], "dependencias")
    yield from _known(key, indicator.get("validan", ()), matrix["organos_validadores"], "organos_validadores")
    for decision in indicator["decisiones"]:
        yield from _words(f"{key}, decisiones", decision, ("texto", "seccion"))
    yield from _of_targets(key, indicator["metas"], matrix["plan"])


def _of_targets(key: str, targets: list[Any], plan: dict[str, Any]) -> Iterator[str]:
    years: list[Any] = []
    for target in targets:
        wrong = [*_words(f"{key}, metas", target, TARGET)]
        if wrong:
            yield from wrong
            continue
        where = f"{key} {target['ejercicio']}"
        for name, kind in (("ejercicio", int), ("meta", int), ("inicio", date), ("vence", date)):
            if type(target[name]) is not kind:
                said = "un día, escrito año-mes-día" if kind is date else "un número entero"
                wrong.append(f"{where}: `{name}` es {said}, no {target[name]}.")
        if target["op"] not in SIGNS:
            wrong.append(f"{where}: `op` es {' o '.join(SIGNS)} (entre comillas), no {target['op']}.")
        yield from wrong
        if wrong:
            continue
        if not plan["inicio"] <= target["inicio"] < target["vence"] <= plan["fin"]:
            yield f"{where}: `inicio` va antes que `vence`, y los dos caen entre {plan['inicio']} y {plan['fin']}, que es lo que dura el plan."
        if target["vence"].year != target["ejercicio"]:
            yield (
                f"{where}: vence el {target['vence']}, en otro año que su ejercicio. Lo que se cuenta es lo del ejercicio: escribe la meta en el "
                f"de {target['vence'].year}, o un día de {target['ejercicio']}."
            )
        if target["ejercicio"] in years:
            yield f"{where}: el ejercicio tiene dos metas; se juzga una por ejercicio."
        years.append(target["ejercicio"])


def faults_of_versions(words: Any, matrix: dict[str, Any]) -> list[str]:
    """What keeps the plan's other words from being read; of its versions, the targets that they say they changed."""
    found = [*_words("Las palabras del plan", words, WORDS_OF_THE_PLAN), *_empty(words, "")]
    for version in words["versiones"] if not found else ():
        said = f"versiones, {version.get('version')}" if isinstance(version, dict) else "versiones"
        wrong = [*_words(said, version, VERSION)]
        former = version["metas_anteriores"] if not wrong else {}
        for key, targets in former.items():
            if key not in matrix["indicadores"]:
                wrong.append(f"{said}: cambia las metas de {key}, que no es un indicador.")
                continue
            wrong += _of_targets(f"{said}, {key}", targets, matrix["plan"])
            now = [target["ejercicio"] for target in matrix["indicadores"][key]["metas"]]
            wrong += [
                f"{said}: cambia la meta de {key} de {target['ejercicio']}, y {key} tiene las de {', '.join(map(str, now))}."
                for target in (targets if not wrong else ())
                if target["ejercicio"] not in now
            ]
        found += wrong
    return found


def _words(where: str, said: Any, needed: Collection[str], may_have: Collection[str] = ()) -> Iterator[str]:
    """Words that are missing, and words that mean nothing, with the one that may have been meant."""
    if not isinstance(said, dict):
        yield f"{where}: se escriben renglones `palabra: …`, con {', '.join(needed)}."
        return
    known = [*needed, *may_have]
    for name in said:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            meant = f"¿quisiste decir `{close[0]}`?" if close else f"Se conocen {', '.join(known)}."
            yield f"{where}: `{name}` no se conoce. {meant}"
    for name in needed:
        if name not in said:
            yield f"{where}: falta `{name}`."


def _known(where: str, named: Collection[str], known: Mapping[str, Any], part: str) -> Iterator[str]:
    for name in named:
        if name not in known:
            yield f"{where}: {name} no está en `{part}` ({', '.join(known)}). Escríbelo ahí con su nombre, o corrige la clave."


def _empty(node: Any, path: str) -> Iterator[str]:
    """What has no value. In `{se_sigue: one, two}` YAML reads `two` as a word without a value: the page would show half a sentence."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            here = f"{path}.{key}".lstrip(".")
            if value is None:
                yield f"{here}: no dice nada. Un texto con dos puntos, o con comas entre llaves, se escribe entre comillas."
            yield from _empty(value, here)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def main() -> int:
    """Print what is wrong; the exit code."""
    found = []
    try:
        matrix = load_yaml(MATRIX)
        found = [f"{MATRIX.name}: {fault}" for fault in faults(matrix)]
        found = found or [f"{WORDS.name}: {fault}" for fault in faults_of_versions(load_yaml(WORDS), matrix)]
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a day that no month has
        found = [f"No es YAML: {error}"]
    for fault in found:
        print(f"plan/{fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
