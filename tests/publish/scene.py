"""Runs to publish, small but real: marts in a DuckDB file, written out by the project's own exporter.

Only dbt is left out: the few marts are typed here, with a dbt manifest that describes them, because what is tested is publishing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pamga.documents.lock import Lock
from pamga.engine import connect
from pamga.settings import Settings
from pamga.storage import canonical_json, sha256_bytes
from warehouse.export import write_candidate

DAY, BASE_URL = date(2026, 10, 20), "https://datos.leon.example/"
FORMULA = '=HYPERLINK("http://malo.example","clic")'
INDICATORS = [*(f"DA-{i}" for i in range(1, 9)), *(f"PP-{i}" for i in range(1, 6)), *(f"MBH-{i}" for i in range(1, 6)),
              *(f"CAJ-{i}" for i in range(1, 9))]  # fmt: skip


def shapes_file() -> Path:
    """The SHACL shapes of DCAT-AP 3, which lie beside the project and not in it."""
    here = Path(__file__).resolve()
    found = [p / "shared/real/dcat-shapes/dcat-ap-3.0.0-shacl.ttl" for p in here.parents]
    return next((path for path in found if path.exists()), found[0])


def delivery(
    export: str, trimestre: str, version: int = 1, dependencia: str = "presupuesto_participativo"
) -> dict[str, Any]:
    """A standing delivery as a lock names it."""
    archivo = f"{dependencia}/{export}_{trimestre}.csv"
    return {
        "dependencia": dependencia, "export": export, "trimestre": trimestre, "version": version, "archivo": archivo,
        "sha256": sha256_bytes(f"{archivo}{version}".encode()), "rows_sha256": sha256_bytes(b"rows"), "received_on": "2026-10-10",
        "state": "accepted", "stands": True, "rows_read": 3, "accepted": 3, "quarantined": 0, "out_of_scope": 0,
        "example": True, "restored_from": None, "path": f"export={export}/trimestre={trimestre}/dependencia={dependencia}/version={version:04d}",
    }  # fmt: skip


@dataclass
class Scene:
    """What a run saw. Change a field and make another run to see what publishing says of the difference."""

    release: str = "2026T3-r01"
    code: str = "a" * 64
    example: bool = True
    decision: str = "publicar"
    deliveries: list[dict[str, Any]] = field(
        default_factory=lambda: [
            delivery("acuerdos", "2026T2"),
            delivery("acuerdos", "2026T3"),
            delivery("eventos_mbh", "2026T3"),
        ]
    )
    finished: int = 70  # numerator of MBH-2 at 2026T2
    # (indicator, what the Secretariado said of it, value at the due day, today's, state) of targets due on 31 May 2026
    verdicts: tuple[tuple[str, str, float, float, str], ...] = ()
    agreements: list[tuple[str, str, str | None]] = field(
        default_factory=lambda: [("A-1", "Bacheo", "2026-05-02"), ("A-2", "Alumbrado", None), ("A-3", FORMULA, None)]
    )
    withdrawn: tuple[str, ...] = ()
    observation: str | None = "Falta la evidencia."  # None: nobody marked it publishable
    checks: list[dict[str, Any]] = field(
        default_factory=lambda: [
            _check("indicadores_trimestre.llave", "indicadores_trimestre", "unicidad", "pass", "La llave no se repite."),
            _check("acuerdos.frescura", "seguimiento_acuerdos", "frescura", "warn", "Faltan los acuerdos de 2026T3.", "Entregar el archivo."),
        ]
    )  # fmt: skip


def _check(
    identity: str, dataset: str, dimension: str, outcome: str, explanation: str, remedy: str = ""
) -> dict[str, Any]:
    return {
        "id": identity, "dataset": dataset, "dimension": dimension, "severity": "warn", "outcome": outcome, "value": 0,
        "threshold": "= 0", "explanation": explanation, "owner": "Unidad de Transparencia", "remedy": remedy,
        "rows": [{"export": "acuerdos", "trimestre": "2026T3"}] if outcome == "warn" else [],
    }  # fmt: skip


def _model(name: str, title: str, key: list[str], columns: dict[str, str], **meta: Any) -> dict[str, Any]:
    return {
        "resource_type": "model", "schema": "marts", "name": name, "description": f"{title}: para probar la publicación.",
        "config": {"meta": {"publico": True, "titulo": title, "tema": "seguimiento", "palabras_clave": ["león", "plan"],
                            "periodicidad": "trimestral", "llave": key, **meta}},
        "columns": {
            column: {"name": column, "description": description, "config": {"meta": {"publico": True}}}
            for column, description in columns.items()
        },
    }  # fmt: skip


def _words(names: str) -> dict[str, str]:
    return {name: f"Descripción de {name.replace('_', ' ')}." for name in names.split()}


MODELS = [
    _model("indicadores_trimestre", "Indicadores por trimestre", ["indicador", "ejercicio", "trimestre"], _words(
        "indicador compromiso ejercicio trimestre fecha_corte inicio vence operador meta numerador denominador valor "
        "valor_al_vencimiento juzgado_el numerador_juzgado denominador_juzgado valor_juzgado estado provisional dictamen "
        "dictamen_trimestre otra_lectura"), columna_periodo="fecha_corte", fuentes=["acuerdos", "eventos_mbh"]),
    _model("indicadores", "Fichas de los indicadores", ["indicador"], _words(
        "indicador nombre compromiso unidad formula responsables fuentes claves_responsables claves_exportaciones "
        "medio_verificacion ods decisiones")),
    _model("otras_lecturas", "Otras lecturas", ["indicador", "ejercicio", "trimestre", "lectura"], _words(
        "indicador lectura ejercicio trimestre fecha_corte orden descripcion por_que seccion meta_texto numerador denominador valor juzgado_el "
        "numerador_juzgado denominador_juzgado valor_juzgado valor_juzgado_texto estado estado_texto estado_elegido_texto difiere")),
    _model("palabras_del_plan", "Cómo leímos el plan", ["orden"], _words("orden clase de seccion titulo texto se_sigue")),
    _model("observaciones", "Observaciones", ["observacion_id"], _words("observacion_id indicador ejercicio observacion observacion_reservado respuesta")),
    _model("seguimiento_acuerdos", "Seguimiento de acuerdos", ["acuerdo_id"], _words("acuerdo_id tema fecha_finalizacion monto"),
           tema="mi_barrio_habla", columna_periodo="fecha_finalizacion", fuentes=["acuerdos"]),
    _model("colonias", "Colonias", ["colonia_id"], _words("colonia_id nombre geometria"), tema="territorio", geometria="geometria",
           periodicidad="anual", fuentes=["colonias"]),
    _model("sin_filas", "Conjunto todavía vacío", ["clave"], _words("clave texto fecha")),
]  # fmt: skip


def _fill(connection: duckdb.DuckDBPyConnection, scene: Scene) -> None:
    connection.execute("create schema marts")
    connection.execute("""create table marts.indicadores_trimestre (indicador varchar, compromiso varchar, ejercicio integer,
        trimestre varchar, fecha_corte date, inicio date, vence date, operador varchar, meta double, numerador bigint,
        denominador bigint, valor double, valor_al_vencimiento double, juzgado_el date, numerador_juzgado bigint,
        denominador_juzgado bigint, valor_juzgado double, estado varchar, provisional boolean, dictamen varchar,
        dictamen_trimestre varchar, otra_lectura varchar)""")
    rows: list[tuple[Any, ...]] = []
    for indicator in INDICATORS:
        for quarter, cut in (("2026T1", "2026-03-31"), ("2026T2", "2026-06-30"), ("2026T3", "2026-09-30")):
            done = scene.finished if (indicator, quarter) == ("MBH-2", "2026T2") else 40
            rows.append((indicator, indicator.split("-")[0], 2026, quarter, cut, "2026-01-01", "2026-12-31", ">=", 80.0, done,
                         100, float(done), None, cut, done, 100, float(done), "en_proceso", quarter == "2026T3",
                         "sin_revisar", None, None))  # fmt: skip
    for indicator, said, judged, today, state in scene.verdicts:
        due = [row for row in rows if row[0] == indicator and row[3] > "2026T1"]
        rows = [row for row in rows if row not in due]
        rows += [(*row[:6], "2026-05-31", ">=", 80.0, int(today), 100, today, judged, "2026-05-31", int(judged), 100, judged, state,
                  row[18], said, None if said == "sin_revisar" else "2026T2", None) for row in due]  # fmt: skip
    connection.executemany(f"insert into marts.indicadores_trimestre values ({', '.join('?' * 22)})", rows)
    connection.execute("""create table marts.indicadores (indicador varchar, nombre varchar, compromiso varchar, unidad varchar,
        formula varchar, responsables varchar, fuentes varchar, claves_responsables varchar, claves_exportaciones varchar,
        medio_verificacion varchar, ods varchar, decisiones varchar)""")
    connection.executemany(
        f"insert into marts.indicadores values ({', '.join('?' * 12)})",
        [(i, f"% de lo previsto en {i} atendido", i.split("-")[0], "porcentaje", "hechos / previstos × 100",
          "Presupuesto Participativo", "acuerdos", "presupuesto_participativo", "acuerdos" if i == "MBH-2" else "eventos_mbh",
          "Listas", "16.7", None) for i in sorted(INDICATORS)],
    )  # fmt: skip
    connection.execute("""create table marts.otras_lecturas as select 'MBH-2' as indicador, 'por_evento' as lectura, 2026 as ejercicio,
        '2026T3' as trimestre, date '2026-09-30' as fecha_corte, 1 as orden, 'Cada evento por su cuenta' as descripcion,
        'No se eligió porque la fórmula suma el año.' as por_que, '6.C, meta' as seccion, 'al menos 100 %' as meta_texto, 3 as numerador,
        9 as denominador, 100.0 / 3 as valor, date '2026-09-30' as juzgado_el, 3 as numerador_juzgado, 9 as denominador_juzgado,
        100.0 / 3 as valor_juzgado, '33.3 %' as valor_juzgado_texto, 'incumplida' as estado, 'Incumplida' as estado_texto,
        'En proceso' as estado_elegido_texto, true as difiere""")
    connection.execute("create table marts.palabras_del_plan as select * from (values " + ", ".join(
        f"({n}, '{kind}', {de}, '6.C', '{title}', 'Texto de {kind} <b>', null)"
        for n, (kind, de, title) in enumerate((("version", "null", "Versión 1"), ("compromiso", "'MBH'", "Objetivo"), ("actividad", "'MBH-2'", "Actividad"),
            ("decision", "'MBH-2'", ""), ("lectura", "'MBH-2'", "Cada evento por su cuenta"), ("diferencia", "'CAJ-4'", "Título"),
            ("correccion", "null", "formula"), ("promesa", "null", "Principios"), ("glosario", "null", "Cocreación")), start=1)
    ) + ") as t(orden, clase, de, seccion, titulo, texto, se_sigue)")  # fmt: skip
    connection.execute(
        """create table marts.observaciones as select 'O-1' as observacion_id, 'MBH-2' as indicador, 2026 as ejercicio,
        cast(? as varchar) as observacion, cast(? as varchar) as observacion_reservado, 'Se entregó el 3 de octubre.' as respuesta""",
        [scene.observation, None if scene.observation else "sin_autorizacion"],
    )
    connection.execute("""create table marts.seguimiento_acuerdos (acuerdo_id varchar, tema varchar, fecha_finalizacion date,
        monto decimal(20,6))""")
    connection.executemany("insert into marts.seguimiento_acuerdos values (?, ?, ?, 12.5)", scene.agreements)
    connection.execute("""create table marts.colonias as select i as colonia_id, 'Colonia ' || i as nombre,
        st_aswkb(st_makeenvelope(-101.7 + i * 0.01, 21.1, -101.69 + i * 0.01, 21.11)) as geometria from range(4) t(i)""")
    connection.execute("create table marts.sin_filas (clave varchar, texto varchar, fecha date)")


def make_run(settings: Settings, scene: Scene) -> str:
    """Make runs/<run>/ as a build and a gate would have left it; returns the run's name."""
    digest = sha256_bytes(
        json.dumps(
            [scene.deliveries, scene.code, scene.finished, scene.verdicts, scene.agreements, scene.observation]
        ).encode()
    )
    run = f"{scene.release}-{digest[:12]}"
    folder = settings.layout.run(run)
    (folder / "dbt").mkdir(parents=True)
    (folder / "dbt" / "manifest.json").write_text(json.dumps({"nodes": {m["name"]: m for m in MODELS}}))
    lock = {
        "format": 1, "run": run, "release": scene.release, "trimestre": scene.release[:6], "closing": None, "closing_by": None,
        "closed": [], "received_until": "2026-10-10",
        "example": scene.example, "withdrawn": list(scene.withdrawn), "digest": digest, "deliveries": scene.deliveries, "versions": scene.deliveries, "log": [],
        "code": {"sha256": scene.code}, "engine": {"duckdb": duckdb.__version__},
    }  # fmt: skip
    (folder / "inputs.lock").write_bytes(canonical_json(lock))
    with connect(settings, folder / "warehouse.duckdb", extensions=("spatial",)) as connection:
        _fill(connection, scene)
    write_candidate(settings, Lock.of(lock, folder / "inputs.lock"), folder)
    quality = {
        "run": run,
        "release": scene.release,
        "decision": scene.decision,
        "closing": None,
        "closed_by": None,
        "checks": scene.checks,
    }
    (folder / "quality.json").write_bytes(canonical_json(quality))
    return run
