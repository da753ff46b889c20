"""The large lake of the benchmarks: millions of acuerdos and of attendances over 12 quarters, in the lake's own layout.

`generate` writes the lake alone, for measuring the indicators. `publish_release` puts it beside the example deliveries, builds,
checks and publishes it with the very functions that the DAGs call, so that the dashboards can be measured on it.

    .venv/bin/python bench/large_lake.py FOLDER ROWS       # PAMGA_DATA to be, and rows each; prints the release
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from ingest.receive import receive_inbox
from ingest.sample import write_inbox
from pamga.exports import exports
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json, sha256_file
from publish.release import publish
from quality.gate import check
from warehouse.build import build

QUARTERS = [Quarter(2025, 1).shift(n) for n in range(12)]
OFFICE = "presupuesto_participativo"

# A row is delivered in the quarter in which it happened; every fourth key comes again, changed, in the next quarter.
_GENERATED = {
    "talleres": """
        select 'T' || k as taller_id, day as fecha_programada, if(k % 7 = 0, null, day + cast(k % 9 as integer)) as fecha_realizada,
            'Sede ' || k % 50 as sede, ['universidad_publica', 'escuela', 'colonia', 'delegacion'][1 + k % 4] as tipo_sede,
            'Colonia ' || k % 300 as colonia, 'Delegación ' || k % 7 as delegacion, 21.05 + (k % 1000) / 8000.0 as latitud,
            -101.75 + (k % 997) / 6000.0 as longitud, if(k % 11 = 0, null, 'SAPAL;SIAP') as dependencias_colaboradoras""",
    "asistencia_talleres": """
        select 'T' || (q * {workshops} // 12 + k % ({workshops} // 12)) as taller_id, md5(cast(k * 31 % {people} as varchar)) as asistente_id,
            if(again and k % 2 = 0, null, cast(12 + k * 13 % 70 as bigint)) as edad, ['mujer', 'hombre'][1 + k % 2] as sexo,
            'Colonia ' || k % 300 as colonia""",
    "eventos_mbh": """
        select 'E' || k as evento_id, day as fecha, 'Colonia ' || k % 300 as colonia, null as localidad, 'Delegación ' || k % 7 as delegacion,
            21.05 + (k % 1000) / 8000.0 as latitud, -101.75 + (k % 997) / 6000.0 as longitud, cast(40 as bigint) as asistentes,
            cast(k % 5 as bigint) as funcionarios_seguridad, cast(k % 3 as bigint) as operadores_sac, null as dependencias_presentes,
            cast(22 as bigint) as mujeres, cast(18 as bigint) as hombres""",
    "acuerdos": """
        select 'A' || k as acuerdo_id, 'E' || (q * {workshops} // 12 + k % ({workshops} // 12)) as evento_id, day as fecha_acuerdo,
            ['inmediato', 'gestion'][1 + k % 2] as tipo, 'Tema ' || k % 12 as tema, 'Dependencia ' || k % 9 as dependencia,
            'Reparar lo acordado en la calle ' || k % 100003 as descripcion, 'SAC' || k as folio_sac, 'Colonia ' || k % 300 as colonia,
            21.05 + (k % 1000) / 8000.0 as latitud, -101.75 + (k % 997) / 6000.0 as longitud,
            case when again or k % 3 = 0 then day + cast(k % 80 as integer) end as fecha_finalizacion""",
}  # fmt: skip


def key_counts(rows: int) -> dict[str, int]:
    """How many keys each export has so that acuerdos and attendances come to `rows` versions each."""
    places = max(rows // 400, 1200)
    return {"talleres": places, "eventos_mbh": places, "acuerdos": rows * 4 // 5, "asistencia_talleres": rows * 4 // 5}


def generate(folder: Path, rows: int) -> None:
    """A lake with `rows` versions of acuerdos and as many of attendances."""
    sizes = key_counts(rows)
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for export, keys in sizes.items():
            for number, quarter in enumerate(QUARTERS):
                _write_delivery(connection, folder / "lake", export, quarter, number, keys, sizes)


def _write_delivery(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    export: str,
    quarter: Quarter,
    number: int,
    keys: int,
    sizes: dict[str, int],
) -> None:
    target = lake / f"export={export}" / f"trimestre={quarter}" / f"dependencia={OFFICE}" / "version=0001"
    target.mkdir(parents=True)
    per_quarter = keys // 12
    days = (quarter.cutoff - quarter.first_day).days + 1
    drawn = f"""
        select k, {number} as q, false as again, date '{quarter.first_day}' + cast(k * 17 % {days} as integer) as day
        from range({number * per_quarter}, {(number + 1) * per_quarter}) as r(k)"""
    if number:
        before = quarter.shift(-1)
        days_before = (before.cutoff - before.first_day).days + 1
        drawn += f"""
        union all select k, {number - 1}, true, date '{before.first_day}' + cast(k * 17 % {days_before} as integer)
        from range({(number - 1) * per_quarter}, {number * per_quarter}) as r(k) where k % 4 = 0"""
    body = _GENERATED[export].format(workshops=sizes["talleres"] // 12 * 12, people=max(keys * 2 // 3, 1))
    columns = exports()[export].columns
    given = {row[0] for row in connection.execute(f"describe {body} from ({drawn})").fetchall()}
    typed = ", ".join(
        f'cast({name if name in given else "null"} as {kind}) as "{name}"'
        for name, kind in columns.items()
        if name not in ("baja", "fila")
    )
    key = ", ".join(exports()[export].clave)
    sql = f"""
        select {typed}, false as baja, row_number() over () + 1 as fila
        from (select distinct on ({key}) * from ({body} from ({drawn})))"""
    connection.execute(
        f"copy ({sql}) to '{target / 'rows.parquet'}' (format parquet, compression zstd, row_group_size 122880)"
    )
    (count,) = connection.execute(f"select count(*) from '{target / 'rows.parquet'}'").fetchone() or (0,)
    digest = sha256_file(target / "rows.parquet")
    manifest = {
        "format": 1, "export": export, "trimestre": str(quarter), "dependencia": OFFICE, "version": 1, "archivo": f"{OFFICE}/{export}_{quarter}.csv",
        "sha256": digest, "rows_sha256": digest, "received_on": "2028-01-15", "state": "accepted", "stands": True, "example": True, "restored_from": None,
        "rows_read": count, "accepted": count, "quarantined": 0, "out_of_scope": 0,
    }  # fmt: skip
    (target / "manifest.json").write_bytes(canonical_json(manifest))


# ---- a release


def publish_release(data: Path, rows: int) -> str:
    """Publish a release of the example deliveries with the large lake in the place of their acuerdos, workshops and events.

    Returns its name. Raises SystemExit when the gate stops it: figures about a release that may not go out are worth nothing.
    """
    settings = Settings(data=data)
    write_inbox(settings.layout.inbox)
    receive_inbox(settings)
    put_large_lake(settings, rows)
    run = build(settings).run
    result = check(settings, run)
    if result.decision != "publicar":
        raise SystemExit(f"the gate stopped the large release: {[entry.id for entry in result.stopped_by]}")
    return publish(settings, run).release


def put_large_lake(settings: Settings, rows: int) -> None:
    """The large lake in the place of the example's acuerdos, workshops and events."""
    for export in _GENERATED:
        shutil.rmtree(settings.layout.lake / f"export={export}")
    generate(settings.data, rows)
    _point_surveys_at_generated(settings.layout.lake, rows)


def _point_surveys_at_generated(lake: Path, rows: int) -> None:
    """The example's survey answers speak of its own events and acuerdos: give them generated ones, always the same for the same key."""
    sizes = key_counts(rows)
    for path in sorted(lake.glob("export=encuestas_satisfaccion/*/*/*/rows.parquet")):
        replaced = ", ".join(
            f"if({column} is null, null, '{letter}' || hash({column}) % {sizes[export] // 12 * 12}) as {column}"
            for column, letter, export in (("evento_id", "E", "eventos_mbh"), ("acuerdo_id", "A", "acuerdos"))
        )
        new = path.with_suffix(".new")
        duckdb.sql(f"copy (select * replace ({replaced}) from '{path}') to '{new}' (format parquet, compression zstd)")
        new.replace(path)
        manifest = read_json(path.parent / "manifest.json") | {"rows_sha256": sha256_file(path)}
        (path.parent / "manifest.json").write_bytes(canonical_json(manifest))


if __name__ == "__main__":
    print(publish_release(Path(sys.argv[1]), int(sys.argv[2])))
