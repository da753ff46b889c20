"""The schema `lake` of a run's warehouse: relations over the locked files, made before dbt starts (docs/interfaces.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pamga.documents.deliveries import Manifest
from pamga.documents.exports import Export
from pamga.documents.lock import Lock, LockedVersion
from pamga.documents.log import Answer, Ledger, LoggedChecks, Publication, ReadVersion, Rotation
from pamga.engine import quoted
from pamga.errors import PamgaError
from pamga.exports import exports
from pamga.lake_secret import keyed, lake_secret
from pamga.releases import in_order
from pamga.standing import version_of
from pamga.storage import sha256_file

WAREHOUSE = "warehouse.duckdb"
PLACES = ("sitios", "lugares", "geometrias_colonia", "geometrias_hexagono")

ENTREGAS = """dependencia varchar, export varchar, trimestre varchar, version integer, archivo varchar,
    received_on date, dropped_on date, state varchar, vigente boolean, rows_read bigint, accepted bigint, quarantined bigint,
    out_of_scope bigint, example boolean, restored_from integer, apartada boolean, readmitida boolean"""
APARTADAS = """dependencia varchar, export varchar, trimestre varchar, version integer, archivo varchar, received_on date, origen varchar,
    motivo varchar, persona varchar, fecha date, queda integer, corregida boolean"""
CLAVES_NO_VIGENTES = (
    "dependencia varchar, export varchar, trimestre varchar, version integer, apartada boolean, clave varchar"
)
RECHAZOS = """dependencia varchar, export varchar, trimestre varchar, version integer, archivo varchar, hoja varchar,
    fila bigint, columna varchar, valor varchar, regla varchar, motivo varchar, esperado varchar, correccion varchar,
    cuarentena boolean"""
PUBLICACIONES = (
    "release varchar, orden integer, fecha date, conjunto varchar, columnas varchar, filas bigint, cambio boolean"
)
LIBRO_VALORES = """release varchar, fecha date, indicador varchar, ejercicio integer, trimestre varchar, numerador bigint,
    denominador bigint, valor double, valor_al_vencimiento double, estado varchar, provisional boolean"""
INSUMOS_RELEASE = """release varchar, orden integer, corte date, dependencia varchar, export varchar, trimestre varchar, version integer,
    codigo varchar"""
VERIFICACIONES = """run varchar, release varchar, fecha date, verificacion varchar, conjunto varchar, dimension varchar,
    severidad varchar, resultado varchar, valor double, umbral varchar"""
APROBACIONES = "run varchar, release varchar, decision varchar, persona varchar, motivo varchar, fecha date"
CORRIDA = "run varchar, release varchar, cierre varchar, ejemplo boolean, recibido_hasta date, hoy date"
CIERRES = "trimestre varchar"
# What the people step lets be seen (warehouse/people), between the two parts of a build.
CELDAS_PUBLICADAS = """tabla varchar, ejercicio bigint, renglon varchar, columna varchar, nombre varchar, personas bigint,
    suprimido boolean"""


def make_lake_schema(connection: duckdb.DuckDBPyConnection, lake: Path, lock: Lock) -> None:
    """Create every relation of schema `lake` but the places. Raises PamgaError when a locked file is missing or changed."""
    verify_lock(lake, lock)
    connection.execute("create schema if not exists lake")
    kept = _kept_columns(connection, lake, lock.deliveries)
    for export, description in exports().items():
        deliveries = [d for d in lock.deliveries if d.export == export]
        for delivery in deliveries:
            _check_casts(connection, export, description, delivery, kept[delivery.path], lake)
        connection.execute(_export_view(export, description, deliveries, kept, lake))
    _make_deliveries(connection, lock)
    _make_set_aside(connection, lock)
    _make_former_keys(connection, lake, lock)
    _make_rejects(connection, lake, lock)
    _make_log(connection, lake, lock)
    insert(connection, "celdas_publicadas", CELDAS_PUBLICADAS, [])
    run = (lock.run, lock.release, lock.closing, lock.example, lock.received_until, lock.today)
    insert(connection, "corrida", CORRIDA, [run])
    insert(connection, "cierres", CIERRES, [(quarter,) for quarter in lock.closed])


def verify_lock(lake: Path, lock: Lock) -> None:
    """Check that every locked object is there with the locked bytes, but for pseudonyms that were made again since with another key."""
    secret, rotated = lake_secret(lake), _rotated(lake)
    read = [*lock.deliveries, *former_versions(lock)]
    expected = [(f"{d.path}/rows.parquet", d.rows_hmac, d.rows_sha256) for d in read]
    told = [d for d in read if d.rejects_hmac or d.rejects_sha256]
    expected += [(f"{d.path}/rejects.parquet", d.rejects_hmac, d.rejects_sha256) for d in told]
    expected += [(entry.path, entry.hmac, entry.sha256) for entry in lock.log]
    for relative, hmac, sha256 in expected:
        path = lake / relative
        held = sha256_file(path) if path.exists() else ""
        same = keyed(secret, held) == hmac if hmac else held == sha256
        if not same and rotated.get(relative) != held:
            raise PamgaError(
                f"The lake does not hold {relative} with the locked bytes.",
                "Restore the lake from its backup; the lake is append-only and must not be edited.",
            )


def _rotated(lake: Path) -> dict[str, str | None]:
    """rows.parquet of each version whose pseudonyms were made again -> its hash, as the manifest says it that the newest rotation wrote."""
    written: dict[str, set[str]] = {}
    for rotation in Rotation.all_in((lake / "_log" / "rotations").glob("*.json")):
        for entry in rotation.manifests:
            written.setdefault(entry.path, set()).add(entry.after)
    now = {path: lake / path for path in written if (lake / path).exists()}
    return {
        Path(path).with_name("rows.parquet").as_posix(): Manifest.read(manifest).rows_sha256
        for path, manifest in now.items()
        if sha256_file(manifest) in written[path]
    }


def _kept_columns(
    connection: duckdb.DuckDBPyConnection, lake: Path, deliveries: list[LockedVersion]
) -> dict[str, dict[str, str]]:
    """Path of each delivery -> the columns that its file holds with their types: those of the contract under which it landed."""
    kept: dict[str, dict[str, str]] = {d.path: {} for d in deliveries}
    if not kept:
        return kept
    files = {str(lake / path / "rows.parquet"): path for path in kept}
    rows = connection.execute(
        "select file_name, name, duckdb_type from parquet_schema(?) where num_children is null order by file_name, column_id",
        [sorted(files)],
    ).fetchall()
    for file, name, sql_type in rows:
        kept[files[file]][name] = sql_type
    return kept


def _origins(description: Export, kept: dict[str, str]) -> dict[str, str | None]:
    """Column of the contract -> the column of a file that holds it: its own name, an earlier one, or None where the contract
    under which the file landed did not know it (docs/contracts.md)."""
    earlier = description.antes
    origins: dict[str, str | None] = {}
    for name in description.columns:
        names = [name, *earlier.get(name, [])]
        origins[name] = next((other for other in names if other in kept), None)
    return origins


def _retyped(origin: str, kept_type: str, sql_type: str) -> str:
    """SQL of a kept column in the contract's type; a number as text is written without the zeros that its type adds."""
    column = f'"{origin}"'
    if sql_type == "VARCHAR" and kept_type.startswith("DECIMAL"):
        return f"rtrim(rtrim(cast({column} as varchar), '0'), '.')"
    return f"cast({column} as {sql_type})"


def _check_casts(
    connection: duckdb.DuckDBPyConnection,
    export: str,
    description: Export,
    delivery: LockedVersion,
    kept: dict[str, str],
    lake: Path,
) -> None:
    """Raise PamgaError when a column that changed its type cannot take over each value of an older version."""
    for name, origin in _origins(description, kept).items():
        sql_type = description.columns[name]
        if origin is None or kept[origin] == sql_type or sql_type == "VARCHAR":
            continue
        (lost,) = connection.execute(
            f'select count(*) from read_parquet(?, hive_partitioning = false) where "{origin}" is not null '
            f'and try_cast("{origin}" as {sql_type}) is null',
            [str(lake / delivery.path / "rows.parquet")],
        ).fetchone() or (0,)
        if lost:
            raise PamgaError(
                f"{export}.{name} is {sql_type} now, and {lost} values of {delivery.path} ({kept[origin]}) do not fit.",
                "Give the contract a new column of that type and retire this one (docs/contracts.md).",
            )


def _export_view(
    export: str,
    description: Export,
    deliveries: list[LockedVersion],
    kept: dict[str, dict[str, str]],
    lake: Path,
) -> str:
    """One relation per export: the union of its locked files, each read with its own columns and typed by the contract, each
    row with its delivery."""
    columns: dict[str, str] = description.columns
    identity = "{} as entrega_dependencia, {} as entrega_trimestre, cast({} as integer) as entrega_version"
    parts = []
    for d in deliveries:
        types = kept[d.path]
        typed = ", ".join(
            f'{f"cast(null as {columns[name]})" if origin is None else _retyped(origin, types[origin], columns[name])} as "{name}"'
            for name, origin in _origins(description, types).items()
        )
        parts.append(
            f"select {typed}, {identity.format(quoted(d.dependencia), quoted(d.trimestre), d.version)} "
            # not from the folders' names: `dependencia=…` would take the place of an export's own column dependencia
            f"from read_parquet({quoted(str(lake / d.path / 'rows.parquet'))}, hive_partitioning = false)"
        )
    if not parts:
        empty = ", ".join(f'cast(null as {sql_type}) as "{name}"' for name, sql_type in columns.items())
        parts = [
            f"select {empty}, {identity.format('cast(null as varchar)', 'cast(null as varchar)', 'null')} where false"
        ]
    return f'create or replace view lake."{export}" as ' + " union all ".join(parts)


def _make_deliveries(connection: duckdb.DuckDBPyConnection, lock: Lock) -> None:
    standing = {d.path for d in lock.deliveries}
    apart, admitted = ({version_of(entry) for entry in kind} for kind in (lock.apartadas, lock.readmitidas))
    rows = [
        (
            v.dependencia, v.export, v.trimestre, v.version, v.archivo, v.received_on,
            v.dropped_on, v.state, v.path in standing, v.rows_read, v.accepted, v.quarantined, v.out_of_scope,
            v.example, v.restored_from, version_of(v) in apart, version_of(v) in admitted,
        )
        for v in lock.versions
    ]  # fmt: skip
    insert(connection, "entregas", ENTREGAS, rows)


def _make_set_aside(connection: duckdb.DuckDBPyConnection, lock: Lock) -> None:
    """lake.apartadas: the versions that do not count although they could stand, and why."""
    fields = [column.split()[0] for column in APARTADAS.split(",")]
    rows = [tuple(getattr(entry, field) for field in fields) for entry in lock.apartadas]
    insert(connection, "apartadas", APARTADAS, rows)


def former_versions(lock: Lock) -> list[LockedVersion]:
    """Versions with rows that do not stand, of the exports that others refer to."""
    standing, referred = {d.path for d in lock.deliveries}, referred_keys()
    return [v for v in lock.versions if v.export in referred and v.path not in standing and v.accepted]


@cache
def referred_keys() -> dict[str, str]:
    """Export -> its column that other exports refer to, as the contracts say."""
    named = {to for description in exports().values() for to in description.referencias.values()}
    return {export: column for export, _, column in (to.partition(".") for to in sorted(named))}


def _make_former_keys(connection: duckdb.DuckDBPyConnection, lake: Path, lock: Lock) -> None:
    """lake.claves_no_vigentes: the keys that versions which do not stand held, of exports that others refer to.

    A reference to a key that is gone is the fault of the delivery that took it away, not of the one that names it.
    """
    apart = {version_of(entry) for entry in lock.apartadas}
    _create(connection, "claves_no_vigentes", CLAVES_NO_VIGENTES)
    for export, key in referred_keys().items():
        former = [version for version in former_versions(lock) if version.export == export]
        kept = _kept_columns(connection, lake, former)
        for version in former:
            path = lake / version.path / "rows.parquet"
            column = _origins(exports()[export], kept[version.path])[key]
            if column is None:
                continue
            connection.execute(
                f"""insert into lake.claves_no_vigentes select distinct ?, ?, ?, cast(? as integer), cast(? as boolean), cast("{column}" as varchar)
                from read_parquet(?, hive_partitioning = false) where "{column}" is not null""",
                [
                    version.dependencia,
                    export,
                    version.trimestre,
                    version.version,
                    version_of(version) in apart,
                    str(path),
                ],
            )


def _make_rejects(connection: duckdb.DuckDBPyConnection, lake: Path, lock: Lock) -> None:
    names = "archivo, hoja, fila, columna, valor, regla, motivo, esperado, correccion, cuarentena"
    _create(connection, "rechazos", RECHAZOS)
    for d in lock.deliveries:
        if d.state == "accepted":
            continue
        connection.execute(
            f"insert into lake.rechazos select ?, ?, ?, ?, {names} from read_parquet(?)",
            [d.dependencia, d.export, d.trimestre, d.version, str(lake / d.path / "rejects.parquet")],
        )


class ReadBy(NamedTuple):
    """What a release, or the run that is being built, read."""

    release: str
    corte: str | None
    code: str | None
    deliveries: Sequence[ReadVersion | LockedVersion]


def _make_log(connection: duckdb.DuckDBPyConnection, lake: Path, lock: Lock) -> None:
    """Publication log, ledger, inputs of earlier releases, outcomes of earlier gates, approvals: as the lock names them."""
    # the people step reads people (warehouse/people), and the decisions about versions are in the lock
    published = in_order(Publication.all_in(lake / path for path in lock.objects("publications")))
    ledger = Ledger.all_in(lake / path for path in lock.objects("ledger"))
    checks = LoggedChecks.all_in(lake / path for path in lock.objects("checks"))
    answers = Answer.all_in(lake / path for path in lock.objects("approvals"))
    # the history of a figure is that of what stands: what was withdrawn is no step of it
    still_said = [p for p in published if lock.line is None or p.release in lock.line]
    withdrawn = {p.release for p in published} - {p.release for p in still_said}
    own = ReadBy(lock.release, None, lock.code.sha256, lock.deliveries)
    reads = [*(ReadBy(p.release, p.corte, p.code, p.deliveries) for p in still_said), own]
    for table, columns, rows in (
        ("publicaciones", PUBLICACIONES, [
            (p.release, order, p.fecha, c.conjunto, ";".join(c.columnas), c.filas, c.cambio)
            for order, p in enumerate(published, start=1) for c in p.datasets
        ]),
        ("libro_valores", LIBRO_VALORES, [
            (e.release, e.fecha, v.indicador, v.ejercicio, v.trimestre, v.numerador, v.denominador, v.valor,
             v.valor_al_vencimiento, v.estado, v.provisional)
            for e in ledger for v in e.valores if e.release not in withdrawn
        ]),
        ("insumos_release", INSUMOS_RELEASE, [
            (r.release, order, r.corte, d.dependencia, d.export, d.trimestre, d.version, r.code)
            for order, r in enumerate(reads, start=1) for d in r.deliveries
        ]),
        ("verificaciones", VERIFICACIONES, [
            (o.run, o.release, o.fecha, c.id, c.dataset, c.dimension, c.severity, c.outcome, c.value, c.threshold)
            for o in checks for c in o.checks
        ]),
        ("aprobaciones", APROBACIONES, [(a.run, a.release, a.decision, a.persona, a.motivo, a.fecha) for a in answers]),
    ):  # fmt: skip
        insert(connection, table, columns, rows)


def _create(connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> None:
    connection.execute(f"create or replace table lake.{name} ({columns})")


def insert(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Create lake.<name> with these rows. One JSON document carries them in, which is fast and keeps every type."""
    _create(connection, name, columns)
    if not rows:
        return
    pairs = [column.split() for column in columns.split(",")]
    document = json.dumps(
        [dict(zip((name for name, _ in pairs), row, strict=True)) for row in rows], ensure_ascii=False
    )
    shape = json.dumps([dict(pairs)])
    connection.execute(
        f"insert into lake.{name} select unnest(from_json(cast(? as json), {quoted(shape)}), recursive := true)",
        [document],
    )
