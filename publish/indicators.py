"""One file per indicator: its sheet, its series by quarter, the deliveries behind it, what was observed, and links.

The layout is versioned: schemas/indicador-1.1.schema.json goes out with every release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from operator import itemgetter

import duckdb

from pamga.candidate import Candidate
from pamga.documents.changes import Changes, DeliveryBehind, IndicatorFile, Point, Row, Situation, Target
from pamga.documents.lock import Lock, ToldVerdict
from pamga.plan import plan
from pamga.quarter import Quarter
from pamga.settings import Settings
from publish import spanish
from publish.catalogue import addresses
from publish.changes import INDICATORS, OFFICES, SHEETS, SOURCES, Side, indicator_rows, listed, table_rows

SCHEMA_VERSION = "1.1"
SCHEMA_FILE = f"esquemas/indicador-{SCHEMA_VERSION}.schema.json"
READINGS = "otras_lecturas"
FINDINGS = "avisos_indicadores"
BESIDE = ("observaciones", "evidencias", READINGS, FINDINGS)  # datasets whose rows name the indicator they concern


def schema_bytes() -> bytes:
    """The JSON Schema of an indicator file, as published."""
    text = (files("publish") / "schemas" / f"indicador-{SCHEMA_VERSION}.schema.json").read_text(encoding="utf-8")
    for name, value in {
        "@plan@": plan().titulo,
        "@indicador@": plan().patron_de_indicador,
        '"@primer_ejercicio@"': str(plan().ejercicios[0]),
        '"@ultimo_ejercicio@"': str(plan().ejercicios[-1]),
    }.items():
        text = text.replace(name, value)
    return text.encode()


def indicator_files(
    settings: Settings, candidate: Candidate, connection: duckdb.DuckDBPyConnection, side: Side, changes: Changes
) -> dict[str, IndicatorFile]:
    """indicador -> its document, for every indicator that has a sheet."""
    if side.dataset(SHEETS) is None:
        return {}
    rows = indicator_rows(connection, side)
    beside = {
        name: table_rows(connection, side.parquet(name))
        for name in BESIDE
        if (dataset := side.dataset(name)) and "indicador" in dataset.column_names
    }
    return {
        str(sheet["indicador"]): _document(settings, candidate, sheet, rows, beside, changes)
        for sheet in table_rows(connection, side.parquet(SHEETS), ("indicador",))
    }


def _document(
    settings: Settings,
    candidate: Candidate,
    sheet: Row,
    rows: list[Row],
    beside: dict[str, list[Row]],
    changes: Changes,
) -> IndicatorFile:
    identity = str(sheet["indicador"])
    own = [row for row in rows if row["indicador"] == identity]
    series = [Point.out_of(row) for row in own]
    sources, offices = listed(sheet[SOURCES]), listed(sheet[OFFICES])
    return IndicatorFile(
        version_esquema=SCHEMA_VERSION,
        indicador=identity,
        nombre=str(sheet["nombre"]),
        ejemplo=candidate.example,
        publicacion=candidate.release,
        trimestre=candidate.description.trimestre,
        ficha={name: value for name, value in sheet.items() if name not in ("indicador", "nombre")},
        metas=_targets(own),
        situacion=_situation(series),
        serie=series,
        entregas=deliveries_behind(candidate.lock, sources, offices),
        avisos=[
            *changed_verdicts(candidate.lock.veredictos, identity),
            *set_aside(candidate.lock, sources),
            *missing_deliveries(candidate, sources, offices),
        ],
        observaciones=_beside(beside, "observaciones", identity),
        evidencias=_beside(beside, "evidencias", identity),
        otras_lecturas=_other_readings(beside, identity, series),
        reexpresiones=[r for r in changes.indicadores.reexpresados if r.indicador == identity],
        enlaces=_links(settings, candidate, identity),
    )


def _targets(rows: list[Row]) -> list[Target]:
    targets = [Target.out_of(row) for row in rows]
    return sorted({target.ejercicio: target for target in targets}.values(), key=lambda target: target.ejercicio)


def _situation(series: list[Point]) -> list[Situation]:
    """The newest quarter of each year's target, with its state in words."""
    newest = {point.ejercicio: point for point in sorted(series, key=lambda point: point.trimestre)}
    return [
        Situation(
            **point.stored(),
            estado_en_palabras=spanish.situation(point),
            dictamen_en_palabras=spanish.OPINIONS[str(point.dictamen)][0],
        )
        for _, point in sorted(newest.items())
    ]


def deliveries_behind(lock: Lock, sources: list[str], offices: Sequence[str] = ()) -> list[DeliveryBehind]:
    """The standing deliveries of these exports (and, when some are given, by these offices), as published."""
    return [
        DeliveryBehind.taken_from(delivery, recibido=delivery.received_on)
        for delivery in lock.deliveries
        if delivery.export in sources and (not offices or delivery.dependencia in offices)
    ]


def set_aside(lock: Lock, sources: Sequence[str] | None = None) -> list[str]:
    """In words: which deliveries of these exports (None: of all) this release goes out without, why, and what counts instead."""
    notices = []
    for entry in lock.apartadas:
        if entry.corregida or (sources is not None and entry.export not in sources):
            continue
        by = f" Lo decidió {entry.persona}." if entry.persona else ""
        instead = f"vale su versión {entry.queda}" if entry.queda else "cuenta como no recibida"
        until = "una persona no la acepte con su motivo" if entry.veredictos else "no se corrija"
        notices.append(
            f"La entrega de «{entry.export}» de {spanish.quarter(entry.trimestre)} (versión {entry.version}) se apartó: "
            f"{str(entry.motivo).rstrip('.')}.{by} Mientras {until}, {instead}."
        )
    return notices


def changed_verdicts(told: Iterable[ToldVerdict], indicator: str | None = None) -> list[str]:
    """In words: the verdicts of closed quarters that changed, of this indicator (None: of all): what was said before, in which
    publication, and who let it change and why (rules.md, "Status at a quarter")."""
    notices = []
    for entry in told:
        if indicator not in (None, entry.indicador):
            continue
        before, after = (spanish.STATES[state][0] for state in (entry.antes, entry.despues))
        by = f" Lo decidió {entry.persona}: {str(entry.motivo).rstrip('.')}." if entry.persona else ""
        notices.append(
            f"El veredicto de {entry.indicador} de {entry.ejercicio} en {spanish.quarter(entry.trimestre)} cambió después del "
            f"cierre. Antes: {before} (publicado en {entry.publicacion}); después: {after}.{by}"
        )
    return notices


def missing_deliveries(candidate: Candidate, sources: list[str], offices: list[str]) -> list[str]:
    """In words: which source of the indicator has not arrived for the newest quarter that has ended, and until when it reaches.

    A quarter that runs is owed by nobody, and what is not owed is not missing.
    """
    shown = candidate.description.corte
    if not shown:
        return []
    last = Quarter.parse(shown.trimestre)
    newest = str(last.shift(-1) if shown.en_curso else last)
    notices = []
    for source in sources:
        quarters = sorted(
            Quarter.parse(d.trimestre)
            for d in candidate.lock.deliveries
            if d.export == source and (not offices or d.dependencia in offices)
        )
        if not quarters:
            notices.append(f"Todavía no se ha recibido ninguna entrega de «{source}».")
        elif str(quarters[-1]) < newest:
            notices.append(
                f"No se ha recibido la entrega de «{source}» de {spanish.quarter(newest)}; lo último que se recibió llega hasta "
                f"{spanish.quarter(str(quarters[-1]))}."
            )
    return notices


def _beside(beside: dict[str, list[Row]], name: str, indicator: str) -> list[Row]:
    rows = [row for row in beside.get(name, []) if row["indicador"] == indicator]
    return [{key: value for key, value in row.items() if key != "indicador"} for row in rows]


def _other_readings(beside: dict[str, list[Row]], indicator: str, series: list[Point]) -> list[Row]:
    """What each other reading of the plan says of each year's target in the newest quarter."""
    newest = max((point.trimestre for point in series), default="")
    found = [row for row in _beside(beside, READINGS, indicator) if row["trimestre"] == newest]
    return sorted(found, key=itemgetter("ejercicio", "orden"))


def _links(settings: Settings, candidate: Candidate, indicator: str) -> dict[str, str]:
    at = addresses(settings, candidate.release)
    return {
        "este_archivo": at.file(f"indicadores/{indicator}.json"),
        "siempre_vigente": at.current(f"indicadores/{indicator}.json"),
        "pagina": at.file(f"indicadores/{indicator}.html"),
        "datos_csv": at.file(f"data/{INDICATORS}.csv"),
        "datos_parquet": at.file(f"data/{INDICATORS}.parquet"),
        "esquema": at.file(SCHEMA_FILE),
        "cambios": at.file("cambios.json"),
        "catalogo": at.file("catalogo.jsonld"),
    }
