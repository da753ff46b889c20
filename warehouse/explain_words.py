"""What `pamga explain` answers, as plain Spanish for a person at a terminal."""

from __future__ import annotations

from typing import Any

import pandas as pd


def in_words(document: dict[str, Any]) -> str:
    """The document as plain Spanish for a person at a terminal."""
    rule = document["regla"]
    lines = [
        f"{document['indicador']} {document['ejercicio']}, {document['trimestre']}: {document['nombre']}",
        *_judged(document),
        f"  Situación:   {document['situacion']}; la meta vence el {document['vence']}",
        f"  Dictamen:    {document['dictamen_texto']}",
        *([f"  Con otra lectura: {document['otra_lectura']}"] if document["otra_lectura"] else []),
        f"  Publicación: {document['release']}{_what_became_of(document)}",
        f"  Responsable: {document['responsables']}",
        "",
        "Regla",
        f"  Fórmula del plan: {rule['formula']}",
        f"  Abajo se cuentan: {rule['denominador']}.",
        f"  Arriba se cuentan: {rule['numerador']}.",
        f"  Se leyó lo vigente al {document['trimestre']}, hasta el {document['fecha_corte']}.",
    ]
    if rule["decisiones"]:
        lines.append(f"  Decisiones: {rule['decisiones']}")
    lines += _what_was_counted(document)
    due = document.get("al_vencimiento")
    if due:
        lines += [
            "",
            f"Al vencimiento ({due['dia']}, con lo vigente al {due['estado_del_trimestre']}): {due['valor_texto']}"
            f" ({due['numerador']} de {due['denominador']})",
            *_what_was_counted(due),
        ]
    return "\n".join(lines)


def _judged(document: dict[str, Any]) -> list[str]:
    """The value that the verdict was given for, and today's once that is another day's."""
    now = f"{document['valor_texto']} ({document['numerador']} de {document['denominador']})"
    due = document.get("al_vencimiento")
    if due is None:
        return [f"  Valor:       {now}; meta: {document['meta_texto']}"]
    judged = f"{due['valor_texto']} ({due['numerador']} de {due['denominador']}) al {due['dia']}"
    return [f"  Valor:       {judged}; meta: {document['meta_texto']}", f"  Hoy:         {now}"]


def _what_became_of(document: dict[str, Any]) -> str:
    if not document["publicado"]:
        return " (candidata, aún sin publicar)"
    return "" if document["vigente"] else " (no es la vigente)"


def _what_was_counted(counted: dict[str, Any]) -> list[str]:
    lines = ["", "Entregas", *_deliveries_table(counted["entregas"])]
    if "personas_en_numerador" in counted:
        lines += [
            "",
            f"Cada persona cuenta una vez: {counted['personas_en_numerador']} arriba, {counted['personas_en_denominador']} abajo",
        ]
    if counted["bitacora"]:
        lines += ["", "Bitácora de publicación de este portal", *_table(counted["bitacora"])]
    if "filas" in counted:
        lines += ["", "Filas que cuentan", *_table(counted["filas"])]
    return lines


def _deliveries_table(records: list[dict[str, Any]]) -> list[str]:
    shown = {
        "archivo": "archivo",
        "version": "versión",
        "recibido": "recibido",
        "sha256": "sha256",
        "filas_en_numerador": "filas arriba",
        "filas_en_denominador": "filas abajo",
    }
    return _table([{title: record[name] for name, title in shown.items()} for record in records])


def _table(records: list[dict[str, Any]]) -> list[str]:
    if not records:
        return ["  ninguna"]
    frame = pd.DataFrame(records).replace({True: "sí", False: "no"})
    return ["  " + line for line in frame.to_string(index=False).splitlines()]
