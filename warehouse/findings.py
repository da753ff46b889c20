"""Deliveries that a build finds too much in (rules.md, "Rows"): which versions are set aside, and the sentence that says why."""

from __future__ import annotations

from pathlib import Path

from pamga.documents.lock import ExampleRow, Finding, Lock, SetAside
from pamga.engine import connect
from pamga.settings import Settings
from pamga.standing import BY_FINDINGS, Version, identity_of, version_of


def set_aside_for_findings(
    settings: Settings, lock: Lock, warehouse: Path, *, whole: bool = False
) -> dict[Version, SetAside]:
    """The versions that a built warehouse finds too much in, each with its findings and a sentence that says them.

    `whole`: every version of such a delivery.
    """
    with connect(settings, warehouse, read_only=True) as connection:
        rows = connection.execute(FOUND_TOO_MUCH).fetchall()
    found: dict[Version, list[Finding]] = {}
    for *named, tipo, titulo, remedio, filas, aceptadas, listed in rows:
        export_name, trimestre, dependencia, number = named
        finding = Finding(
            tipo=tipo, titulo=titulo, remedio=remedio, filas=filas, filas_aceptadas=aceptadas,
            ejemplos=[ExampleRow(fila=fila, columna=columna, detalle=detalle) for fila, columna, detalle in listed],
        )  # fmt: skip
        found.setdefault((export_name, trimestre, dependencia, number), []).append(finding)
    if not whole:
        return {version: _for_findings(version, items) for version, items in found.items()}
    identities = {version[:3]: items for version, items in found.items()}
    return {
        version_of(v): _for_findings(version_of(v), identities[identity_of(v)])
        for v in lock.versions
        if identity_of(v) in identities
    }


def _for_findings(version: Version, findings: list[Finding]) -> SetAside:
    export_name, trimestre, dependencia, number = version
    return SetAside(
        export=export_name, trimestre=trimestre, dependencia=dependencia, version=number, origen=BY_FINDINGS,
        motivo=_findings_in_words(findings), hallazgos=findings,
    )  # fmt: skip


# With the first rows of each kind, since they are no longer there when the delivery is. Rows of people have no key in a finding.
FOUND_TOO_MUCH = """
    with filas as (
        select tipo, export, dependencia, trimestre, version, max(remedio) as remedio,
            list([cast(fila as varchar), columna, detalle] order by fila, llave, columna)[1:20] as ejemplos
        from marts.hallazgos group by all
    )
    select export, trimestre, dependencia, version, tipo, resumen.titulo, filas.remedio, resumen.filas, filas_aceptadas, ejemplos
    from marts.hallazgos_resumen as resumen inner join filas using (tipo, export, dependencia, trimestre, version)
    where detiene order by export, trimestre, dependencia, version, tipo
"""


def _findings_in_words(findings: list[Finding]) -> str:
    said = [f"{item.titulo.lower()} ({item.reach})" for item in findings]
    return f"{'; '.join(said).capitalize()}."
