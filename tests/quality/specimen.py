"""A small clean candidate made from the marts' own descriptions: every published dataset with one believable row.

It stands in for a build where only the gate is under test: files, warehouse, lock and description lie as docs/interfaces.md says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from pamga.attacker import Version, knowledge
from pamga.documents.candidate import AgreedColumn, Description
from pamga.documents.lock import Lock
from pamga.engine import load_extensions
from pamga.exports import exports
from pamga.settings import Settings
from pamga.storage import canonical_json, sha256_file
from quality import definitions
from quality.marts import Mart
from tests.documents import stored
from tests.quality.agreed import MARTS, agreed_now, published_marts

RUN, RELEASE, QUARTER = "2026T3-r02-specimen", "2026T3-r02", "2026T3"
SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
DELIVERED = [
    ("presupuesto_participativo", "acuerdos"),
    ("presupuesto_participativo", "eventos_mbh"),
    ("implan", "colonias"),
]


# One dataset of each shape and those that they refer to: enough for the gate's own behaviour, at a fifth of the time.
FEW = frozenset({
    "indicadores", "indicadores_trimestre", "metas", "acuerdos_seguimiento", "eventos_mbh", "colonias", "participacion_colonia",
    "calendario_entregas", "mediciones_aire", "estaciones_calidad_aire", "hallazgos_resumen", "entregas_vigentes",
})  # fmt: skip


def make_run(data: Path, only: frozenset[str] | None = None) -> Settings:
    """Write a complete run under `data`, of every dataset or `only` of some, and point runs/latest at it."""
    settings = Settings(data=data, hoy="2026-10-20", threads=1, memory_limit="500MB")
    folder = settings.layout.run(RUN)
    (folder / "candidate" / "data").mkdir(parents=True)
    marts = [mart for mart in published_marts() if only is None or mart.name in only]
    delivered = [(export.dependencias[0], name) for name, export in exports().items()] if only is None else DELIVERED
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        load_extensions(connection, ["spatial"])
        _make_lake(connection, marts, delivered)
        _make_marts(connection, marts)
        _make_seeds(connection)
        for mart in marts:
            path = folder / "candidate" / "data" / f"{mart.name}.parquet"
            connection.execute(f"copy ({_rows(mart)}) to '{path}' (format parquet)")
    description = {
        "release": RELEASE, "run": RUN, "trimestre": QUARTER, "cierre": None, "cierre_por": None, "example": True,
        "datasets": [
            {
                "name": mart.name, "title": mart.title, "rows": int(mart.name not in EMPTY), "sources": mart.sources,
                "about_people": mart.about_people,
            }
            for mart in marts
        ],
    }  # fmt: skip
    (folder / "people.json").write_bytes(canonical_json(_people(marts)))
    (folder / "candidate" / "datasets.json").write_bytes(stored(Description, description))
    names = {mart.name for mart in marts}
    agreed = agreed_now()
    kept = agreed.model_copy(update={"marts": [mart for mart in agreed.marts if mart.name in names]})
    (folder / "marts.json").write_bytes(kept.content())
    (folder / "inputs.lock").write_bytes(
        stored(
            Lock,
            {
                "run": RUN,
                "release": RELEASE,
                "closing": None,
                "digest": "d",
                "missing": [],
                "deliveries": _deliveries(delivered),
            },
        )
    )
    seal(folder / "candidate")
    (settings.layout.runs / "latest").symlink_to(RUN)
    return settings


def seal(candidate: Path) -> None:
    """Write the candidate's manifest over the files as they are."""
    files = {
        path.relative_to(candidate).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(candidate.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    (candidate / "manifest.json").write_bytes(canonical_json({"files": files}))


def _deliveries(delivered: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"dependencia": office, "export": export, "trimestre": QUARTER, "version": 1, "received_on": "2026-10-10"}
        for office, export in delivered
    ]


# Cells that the written checks tie together: sums of parts, quotients, what is shown of people.
TIED = {
    "latitud": "21.1", "longitud": "-101.6", "trimestre": f"'{QUARTER}'", "fecha_corte": "date '2026-09-30'", "valor": "100",
    "vence": "date '2026-12-31'", "estado": "'en_meta'", "financiado": "true", "personas": "12", "ejercicio": "2026", "tipo_delito": "'Homicidio'",
    "indicador": "'DA-2'", "finalizados_con_retraso": "0", "en_plazo": "0", "vencidos": "0", "validas": "5", "satisfechas": "2",
}  # fmt: skip


def _value(mart: Mart, column: AgreedColumn) -> str:
    """A believable cell: an agreed value, a date in the quarter, one of anything."""
    tied = TIED.get(column.name)
    if column.name in ("valor", "estado") and mart.name not in ("indicadores_trimestre", "tablero_indicadores"):
        tied = None
    if tied:
        return tied
    if column.values:
        value = column.values[0]
        return f"'{value}'" if column.type == "varchar" else str(value)
    by_type = {
        "varchar": "'uno'",
        "date": "date '2026-09-15'",
        "boolean": "false",
        "blob": "cast(null as blob)",
        "geometry": "st_point(-101.6, 21.1)",
    }
    return by_type.get(column.type, "1")


EMPTY = frozenset({"entregas_apartadas"})
"""A row of these is something to mend: clean data have none."""


def _rows(mart: Mart) -> str:
    return f"select {_row(mart)}{' where false' if mart.name in EMPTY else ''}"


def _row(mart: Mart) -> str:
    return ", ".join(f'cast({_value(mart, column)} as {column.type}) as "{column.name}"' for column in mart.columns)


def _people(marts: list[Mart]) -> dict[str, Any]:
    """What the people step says of a candidate whose tables about people have one open cell each."""
    known = knowledge()
    versions = []
    for mart in marts:
        if mart.about_people:
            table = known.tables[mart.name]
            values = {column.name: _value(mart, column).strip("'") for column in mart.columns}
            counts = {table.key(values): int(values["personas"])}
            version = Version(RELEASE, mart.name, int(values["ejercicio"]), counts, frozenset(), {})
            versions.append(version)
    return {
        "release": RELEASE, "sal": "", "avisos": {}, "versiones": [version.as_document().stored() for version in versions],
        "mostradas": [{"tabla": v.table, "ejercicio": v.exercise, "release": RELEASE} for v in versions],
    }  # fmt: skip


def _make_marts(connection: duckdb.DuckDBPyConnection, marts: list[Mart]) -> None:
    connection.execute("create schema marts")
    for mart in marts:
        connection.execute(f'create table marts."{mart.name}" as {_rows(mart)}')
    for name in ("hallazgos", "hallazgos_resumen"):
        (model,) = yaml.safe_load((MARTS / "calidad" / f"{name}.yml").read_text())["models"]
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        connection.execute(f"create table marts.{name} ({columns})")


def _make_seeds(connection: duckdb.DuckDBPyConnection) -> None:
    """What dbt seeds from: who delivers what, and how many days after the quarter's end."""
    connection.execute("create schema seeds")
    connection.execute(f"create table seeds.plazos_entrega as from read_csv('{SEEDS / 'plazos_entrega.csv'}')")


def _make_lake(connection: duckdb.DuckDBPyConnection, marts: list[Mart], delivered: list[tuple[str, str]]) -> None:
    connection.execute("create schema lake")
    reconciled = {entry.export for mart in published_marts() if (entry := definitions.reconciled(mart))}
    for export, told in exports().items():
        columns = ", ".join(f'"{name}" {sql_type}' for name, sql_type in told.columns.items())
        connection.execute(
            f'create table lake."{export}" ({columns}, entrega_dependencia varchar, entrega_trimestre varchar, '
            "entrega_version integer)"
        )
        if export in reconciled | {export for _, export in delivered}:
            connection.execute(f"insert into lake.\"{export}\" (fila, entrega_trimestre) values (2, '{QUARTER}')")
    connection.execute("update lake.acuerdos set fecha_acuerdo = date '2026-09-15'")
    connection.execute(
        """create table lake.entregas (dependencia varchar, export varchar, trimestre varchar, version integer, archivo varchar,
        received_on date, state varchar, vigente boolean, rows_read bigint, accepted bigint,
        quarantined bigint, out_of_scope bigint, example boolean, restored_from integer)"""
    )
    sources = {source for mart in marts for source in mart.sources} | {export for _, export in delivered} | reconciled
    offices = {export: office for office, export in delivered}
    for export in sorted(sources):
        connection.execute(
            "insert into lake.entregas values (?, ?, ?, 1, '', date '2026-10-10', 'accepted', true, 1, 1, 0, 0, true, null)",
            [offices.get(export, "unidad_transparencia"), export, QUARTER],
        )
    connection.execute(
        "create table lake.insumos_release (release varchar, orden integer, corte date, dependencia varchar, export varchar, "
        "trimestre varchar, version integer, codigo varchar)"
    )
    connection.execute(
        "create table lake.publicaciones (release varchar, orden integer, fecha date, conjunto varchar, columnas varchar, filas bigint, cambio boolean)"
    )
