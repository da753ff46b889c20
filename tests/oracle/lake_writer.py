"""Writes deliveries as a real lake (Parquet and manifests, docs/interfaces.md) and asks the real dbt models for the mart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pamga.exports import exports
from pamga.settings import Settings
from pamga.storage import canonical_json, sha256_bytes, sha256_file
from tests.oracle.second_opinion import Delivery, LogEntry, Row
from warehouse.dbt_runner import run_dbt
from warehouse.lake import PLACES, WAREHOUSE, make_lake_schema
from warehouse.lock import make_lock

_ARROW = {
    "VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "DATE": pa.date32(), "BOOLEAN": pa.bool_(),
    "DECIMAL(20,6)": pa.decimal128(20, 6), "BLOB": pa.binary(),
}  # fmt: skip
# What the places step leaves, empty: indicators do not look at places.
_PLACES = {
    "sitios": "export varchar, nombre varchar, latitud double, longitud double, geometria blob, "
    "colonia_id bigint, hexagono varchar, metodo varchar, certeza double",
    "lugares": "export varchar, entrega_dependencia varchar, entrega_trimestre varchar, entrega_version integer, fila bigint, "
    "colonia_id bigint, hexagono varchar, metodo varchar, certeza double, nombre_entregado varchar",
    "geometrias_colonia": "colonia_id bigint, anillo integer, anillo_json varchar, latitud double, longitud double",
    "geometrias_hexagono": "hexagono varchar, anillo_json varchar, geometria blob, latitud double, longitud double",
}


@dataclass(frozen=True)
class Version:
    """One version of a delivery to be written; `stands` false is a file of which nothing could be taken."""

    delivery: Delivery
    number: int = 1
    stands: bool = True


def write_lake(lake: Path, versions: Sequence[Version], log: Sequence[LogEntry] = ()) -> None:
    """Write every version in the given order, and the publication log."""
    for version in versions:
        _write_version(lake, version)
    for number, entry in enumerate(log, start=1):
        document = {
            "release": f"2025T1-r{number:02d}", "run": "", "fecha": entry.fecha.isoformat(), "digest": "", "code": "", "deliveries": [],
            "datasets": [{"conjunto": entry.conjunto, "columnas": list(entry.columnas), "filas": 1, "cambio": entry.cambio}],
        }  # fmt: skip
        path = lake / "_log" / "publications" / f"2025T1-r{number:02d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical_json(document))


def _write_version(lake: Path, version: Version) -> None:
    d = version.delivery
    folder = (
        lake
        / f"export={d.export}"
        / f"trimestre={d.trimestre}"
        / f"dependencia={d.dependencia}"
        / f"version={version.number:04d}"
    )
    folder.mkdir(parents=True)
    rows = d.rows if version.stands else ()
    types = exports()[d.export].columns
    numbered: list[Row] = [{**row, "fila": fila} for fila, row in enumerate(rows, start=2)]
    schema = pa.schema([(name, _ARROW[sql_type]) for name, sql_type in types.items()])
    complete = [{name: row.get(name, False if name == "baja" else None) for name in types} for row in numbered]
    pq.write_table(pa.Table.from_pylist(complete, schema=schema), folder / "rows.parquet")
    manifest = {
        "format": 1, "export": d.export, "trimestre": d.trimestre, "dependencia": d.dependencia, "version": version.number,
        "archivo": f"{d.dependencia}/{d.export}_{d.trimestre}.csv", "sha256": sha256_bytes(repr((d, version.number)).encode()), "bytes": 1,
        "received_on": d.received_on.isoformat(), "state": "accepted" if version.stands else "rejected", "stands": version.stands,
        "example": True, "restored_from": None, "rows_read": len(rows), "accepted": len(rows), "quarantined": 0, "out_of_scope": 0,
        "rejects_by_rule": {}, "reasons": [], "notes": [], "understood": {}, "contract_sha256": "", "rejects_sha256": "",
        "rows_sha256": sha256_file(folder / "rows.parquet"),
    }  # fmt: skip
    (folder / "manifest.json").write_bytes(canonical_json(manifest))


def make_warehouse(data: Path) -> Path:
    """Lock the lake under `data` and make the schema lake of a run's warehouse; returns the run's folder."""
    settings = Settings(data=data)
    folder = data / "runs" / "oracle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lock = make_lock(settings)
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        make_lake_schema(connection, settings.layout.lake, lock)
        for name in PLACES:
            connection.execute(f"create table lake.{name} ({_PLACES[name]})")
    return folder


def marts_of(data: Path) -> dict[str, list[Row]]:
    """Let dbt build the indicators and their other readings from the lake under `data`; mart -> its rows."""
    folder = make_warehouse(data)
    run_dbt(
        Settings(data=data),
        folder,
        [
            "build",
            "--select",
            *(f"+{mart}" for mart in MARTS),
            "--indirect-selection",
            "cautious",
            "--exclude-resource-type",
            "unit_test",
        ],
    )
    return {mart: read_mart(folder / WAREHOUSE, mart) for mart in MARTS}


JUDGED = (
    "inicio, vence, operador, meta, numerador, denominador, valor, valor_al_vencimiento, juzgado_el, numerador_juzgado, "
    "denominador_juzgado, valor_juzgado, estado"
)
MARTS = {
    "indicadores_trimestre": f"indicador, compromiso, ejercicio, trimestre, fecha_corte, {JUDGED}, provisional",
    "otras_lecturas": f"indicador, lectura, ejercicio, trimestre, {JUDGED}, estado_elegido, difiere",
}


def read_mart(warehouse: Path, mart: str = "indicadores_trimestre") -> list[Row]:
    """The rows of a mart with the columns that the second opinion has a say on."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(f"select {MARTS[mart]} from marts.{mart}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def standing_deliveries(lake: Path) -> list[Delivery]:
    """The standing deliveries of a lake on disk, read without the project's own lock."""
    newest: dict[tuple[str, str, str], tuple[int, Delivery]] = {}
    for path in sorted(lake.glob("export=*/trimestre=*/dependencia=*/version=*/manifest.json")):
        manifest: dict[str, Any] = json.loads(path.read_text())
        if not manifest["stands"]:
            continue
        identity = (manifest["export"], manifest["trimestre"], manifest["dependencia"])
        if identity not in newest or manifest["version"] > newest[identity][0]:
            rows = pq.read_table(path.parent / "rows.parquet").to_pylist()
            received = date.fromisoformat(manifest["received_on"])
            newest[identity] = (
                manifest["version"],
                Delivery(identity[0], identity[2], identity[1], tuple(rows), received),
            )
    return [delivery for _, delivery in newest.values()]
