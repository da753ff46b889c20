"""Writes the dbt seeds of the plan's matrix from the one file that a person checks: `python -m dbt_project.matrix`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent
MATRIX = PROJECT / "matriz" / "indicadores.yaml"
SEEDS = PROJECT / "seeds"

Rows = list[dict[str, Any]]


def load_matrix(path: Path = MATRIX) -> dict[str, Any]:
    """The plan's matrix (plan sections 1, 4 and 6.C) as it stands in the YAML file."""
    matrix: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return matrix


def seeds(matrix: dict[str, Any]) -> dict[str, str]:
    """File name -> CSV text of every seed, in the matrix's own order."""
    return {
        name: _csv(rows)
        for name, rows in {
            "matriz_compromisos.csv": _commitments(matrix),
            "matriz_dependencias.csv": [{"dependencia": k, "nombre": v} for k, v in matrix["dependencias"].items()],
            "matriz_indicadores.csv": _indicators(matrix),
            "matriz_metas.csv": _targets(matrix),
            "matriz_responsables.csv": _pairs(matrix, "responsables", "dependencia"),
            "matriz_fuentes.csv": _pairs(matrix, "fuentes", "export"),
            "matriz_exportaciones.csv": _exports(matrix),
            "matriz_ods.csv": _goals(matrix),
        }.items()
    }


def write_seeds(folder: Path = SEEDS) -> list[Path]:
    """Write every seed into `folder`; returns the files written."""
    written = []
    for name, text in seeds(load_matrix()).items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _commitments(matrix: dict[str, Any]) -> Rows:
    return [
        {
            "compromiso": key,
            "orden": order,
            "nombre": commitment["nombre"],
            "problematicas": "; ".join(matrix["problematicas"][p] for p in commitment["problematicas"]),
        }
        for order, (key, commitment) in enumerate(matrix["compromisos"].items(), start=1)
    ]


def _indicators(matrix: dict[str, Any]) -> Rows:
    return [
        {
            "indicador": key,
            "compromiso": key.split("-")[0],
            "orden": order,
            "nombre": indicator["nombre"],
            "actividad": indicator["actividad"],
            "unidad": indicator["unidad"],
            "formula": indicator["formula"],
            "meta_esperada": indicator["meta_esperada"],
            "medio_verificacion": indicator["medio_verificacion"],
            "regla": indicator["regla"],
            "denominador": indicator["denominador"],
            "numerador": indicator["numerador"],
            "fases_plan": indicator.get("fases_plan", ""),
            "decisiones": " ".join(indicator["decisiones"]),
            "seguimiento": matrix["seguimiento"],
        }
        for order, (key, indicator) in enumerate(matrix["indicadores"].items(), start=1)
    ]


def _targets(matrix: dict[str, Any]) -> Rows:
    return [
        {
            "indicador": key,
            "ejercicio": target["ejercicio"],
            "inicio": target["inicio"],
            "vence": target["vence"],
            "operador": target["op"],
            "meta": target["meta"],
        }
        for key, indicator in matrix["indicadores"].items()
        for target in indicator["metas"]
    ]


def _pairs(matrix: dict[str, Any], field: str, column: str) -> Rows:
    return [
        {"indicador": key, "orden": order, column: value}
        for key, indicator in matrix["indicadores"].items()
        for order, value in enumerate(indicator[field], start=1)
    ]


def _exports(matrix: dict[str, Any]) -> Rows:
    return [
        {"export": key, "nombre": export["nombre"], "dependencia": office, "indicador": indicator}
        for key, export in matrix["exportaciones"].items()
        for office in export["dependencias"]
        for indicator in export["indicadores"]
    ]


def _goals(matrix: dict[str, Any]) -> Rows:
    rows = []
    for key, commitment in matrix["compromisos"].items():
        direct = [
            {"compromiso": key, "ods": g, "texto": matrix["ods"][g], "alineacion": "directa"} for g in commitment["ods"]
        ]
        across = [
            {"compromiso": key, "ods": g, "texto": text, "alineacion": "transversal"}
            for g, text in matrix["ods_transversales"].items()
        ]
        rows += [{**row, "orden": order} for order, row in enumerate(direct + across, start=1)]
    return rows


def _csv(rows: Rows) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


if __name__ == "__main__":
    for file in write_seeds():
        print(file.relative_to(PROJECT))
