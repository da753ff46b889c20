"""The indicators over a large lake: dbt build with its data tests against DuckDB SQL written by hand.

A lake of N million acuerdos and N million attendances over 12 quarters is generated in the lake's own layout (Parquet and
manifests). Then, each in a process of its own and from the same Parquet files:
- `dbt build --select +int_indicadores_evaluados` with every data test of these models, unit tests out: the counting of the indicators, without
  the other readings of the plan, of which the SQL by hand knows nothing;
- hand-written SQL that writes the same long tables (versions of workshops, attendances and events with all their columns, values,
  indicadores_trimestre; those of acuerdos are a view in dbt) as an engineer would write it for this one purpose, without any test.
Both must say the same of every indicator that counts these rows at every target and quarter, and none of them may be all zeros,
else the comparison is worth nothing.
The run is repeated with twice the rows. With PAMGA_BENCH_FULL=1 the whole dbt build is measured as well.

    python bench/indicators.py                               # 10 million rows each, then 20 (up to 14 GB of disk)
    PAMGA_BENCH_MILLIONS=2 python bench/indicators.py        # a quick look
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
from large_lake import generate

from pamga.settings import Settings
from warehouse.dbt_runner import run_dbt
from warehouse.lake import PLACES, WAREHOUSE, make_lake_schema
from warehouse.lock import make_lock

MILLIONS = float(os.environ.get("PAMGA_BENCH_MILLIONS", "10"))
FULL = os.environ.get("PAMGA_BENCH_FULL") == "1"
MODEL = "int_indicadores_evaluados"  # what the mart indicadores_trimestre is made of
TARGETS = {"memory_gb": 4.0, "ratio": 1.5, "scaling": 2.2}

# ---- dbt


def prepare_dbt(data: Path) -> None:
    """The warehouse as dbt finds it: the schema lake over the locked files. Not measured: no SQL by hand needs it."""
    settings = Settings(data=data)
    folder = data / "run"
    folder.mkdir(parents=True)
    lock = make_lock(settings)
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        make_lake_schema(connection, settings.layout.lake, lock)
        places = "export varchar, entrega_dependencia varchar, entrega_trimestre varchar, entrega_version integer, fila bigint, colonia_id bigint, hexagono varchar, metodo varchar, certeza double, nombre_entregado varchar"
        sites = "export varchar, nombre varchar, latitud double, longitud double, geometria blob, colonia_id bigint, hexagono varchar, metodo varchar, certeza double"
        rings = "anillo_json varchar, latitud double, longitud double"
        shapes = dict(
            zip(
                PLACES,
                (
                    sites,
                    places,
                    f"colonia_id bigint, anillo integer, {rings}",
                    f"hexagono varchar, geometria blob, {rings}",
                ),
                strict=True,
            )
        )
        for name, columns in shapes.items():
            connection.execute(f"create table lake.{name} ({columns})")
    run_dbt(settings, folder, ["parse"])  # the parse is cached in production


def child_dbt(data: Path, selection: list[str]) -> None:
    run_dbt(Settings(data=data), data / "run", ["build", *selection, "--exclude-resource-type", "unit_test"])


# ---- by hand

_BY_HAND = """
create temp table metas as select * from (values
    ('MBH-2', 2025, date '2025-12-31'), ('MBH-2', 2026, date '2026-12-31'), ('MBH-2', 2027, date '2027-12-31'),
    ('PP-1', 2025, date '2025-08-31'), ('PP-1', 2026, date '2026-08-31'), ('PP-1', 2027, date '2027-08-31'),
    ('PP-4', 2026, date '2026-08-31'), ('PP-4', 2027, date '2027-08-31'),
    ('PP-2', 2025, date '2025-08-31'), ('PP-2', 2026, date '2026-08-31'), ('PP-2', 2027, date '2027-08-31'),
    ('PP-5', 2026, date '2026-08-31'), ('PP-5', 2027, date '2027-08-31'),
    ('MBH-4', 2025, date '2025-12-31'), ('MBH-4', 2026, date '2026-12-31'), ('MBH-4', 2027, date '2027-12-31'),
    ('MBH-5', 2025, date '2025-12-31'), ('MBH-5', 2026, date '2026-12-31'), ('MBH-5', 2027, date '2027-12-31')
) as t(indicador, ejercicio, vence);
create temp table cortes as
    select i as q, cast(make_date(2025 + i // 4, 3 * (i % 4) + 1, 1) + interval 3 month - interval 1 day as date) as corte from range(12) as r(i);
create temp table puntos as
    select indicador, ejercicio, q, corte as d from metas cross join cortes
    union
    select indicador, ejercicio, (year(vence) - 2025) * 4 + quarter(vence) - 1, vence from metas;

create temp table acuerdos as
with entregados as (
    select acuerdo_id, fecha_acuerdo, fecha_finalizacion, baja,
        (cast(trimestre[1:4] as integer) - 2025) * 4 + cast(trimestre[6] as integer) - 1 as desde
    from read_parquet('{lake}/export=acuerdos/*/*/*/rows.parquet', hive_partitioning = true)
),
versiones as (
    select *, coalesce(lead(desde) over (partition by acuerdo_id order by desde), 99) as hasta from entregados
)
select year(fecha_acuerdo) as ejercicio, desde, hasta, fecha_acuerdo as dia,
    case when year(fecha_finalizacion) = year(fecha_acuerdo) then greatest(fecha_acuerdo, fecha_finalizacion) end as hecho, count(*) as n
from versiones where not baja group by all;

create table talleres as
with entregados as (
    select * exclude (trimestre),
        (cast(trimestre[1:4] as integer) - 2025) * 4 + cast(trimestre[6] as integer) - 1 as desde
    from read_parquet('{lake}/export=talleres/*/*/*/rows.parquet', hive_partitioning = true)
)
select *, coalesce(lead(desde) over (partition by taller_id order by desde), 99) as hasta from entregados;
delete from talleres where baja;

create table eventos as
with entregados as (
    select * exclude (trimestre),
        (cast(trimestre[1:4] as integer) - 2025) * 4 + cast(trimestre[6] as integer) - 1 as desde
    from read_parquet('{lake}/export=eventos_mbh/*/*/*/rows.parquet', hive_partitioning = true)
)
select *, coalesce(lead(desde) over (partition by evento_id order by desde), 99) as hasta from entregados;
delete from eventos where baja;

create table versiones_asistencias as
with entregados as (
    select * exclude (trimestre),
        (cast(trimestre[1:4] as integer) - 2025) * 4 + cast(trimestre[6] as integer) - 1 as desde
    from read_parquet('{lake}/export=asistencia_talleres/*/*/*/rows.parquet', hive_partitioning = true)
)
select *, coalesce(lead(desde) over (partition by taller_id, asistente_id order by desde), 99) as hasta from entregados;
create temp view asistencias as
select a.asistente_id, a.edad between 18 and 30 as joven, t.fecha_realizada as dia, greatest(a.desde, t.desde) as desde, least(a.hasta, t.hasta) as hasta
from versiones_asistencias a join talleres t on a.taller_id = t.taller_id and a.desde < t.hasta and t.desde < a.hasta
where not a.baja and t.fecha_realizada is not null;

create temp table conteos_asistencias as
    select year(dia) as anio, dia, desde, hasta, count(*) as n from asistencias group by all;

create temp table mascaras as
    select m.dia, m.desde, m.hasta, cast(sum(1::bigint << p.bit) as bigint) as mascara
    from conteos_asistencias m
    join (select *, row_number() over (order by ejercicio, q, d) - 1 as bit from puntos where indicador = 'PP-4') p
        on m.dia between make_date(p.ejercicio, 6, 1) and make_date(p.ejercicio, 8, 31) and m.desde <= p.q and m.hasta > p.q and m.dia <= p.d
    group by all;
create temp table personas as
with una as (
    select asistente_id, bit_or(mascara) as todas, coalesce(bit_or(mascara) filter (joven), 0) as jovenes
    from asistencias join mascaras using (dia, desde, hasta) group by 1
)
select todas, jovenes, count(*) as n from una group by all;

create table valores as
select p.*, coalesce(sum(n) filter (hecho <= d), 0)::bigint as numerador, coalesce(sum(n) filter (dia <= d), 0)::bigint as denominador
from puntos p left join acuerdos a on a.ejercicio = p.ejercicio and desde <= q and hasta > q where indicador = 'MBH-2' group by all
union all
select p.*, coalesce(sum(n) filter (anio = p.ejercicio and dia <= d), 0)::bigint, coalesce(sum(n) filter (anio = p.ejercicio - 1 and dia <= d), 0)::bigint
from puntos p left join conteos_asistencias on anio in (p.ejercicio, p.ejercicio - 1) and desde <= q and hasta > q where indicador = 'PP-1' group by all
union all
select p.* exclude (bit), coalesce(sum(n) filter (jovenes & (1::bigint << bit) != 0), 0)::bigint, coalesce(sum(n) filter (todas & (1::bigint << bit) != 0), 0)::bigint
from (select *, row_number() over (order by ejercicio, q, d) - 1 as bit from puntos where indicador = 'PP-4') p left join personas on true group by p.indicador, p.ejercicio, p.q, p.d, p.bit
union all
select p.*, count(taller_id) filter (fecha_realizada <= d and case indicador when 'PP-2' then dependencias_colaboradoras is not null else tipo_sede like 'universidad%' end), count(taller_id)
from puntos p left join talleres on fecha_programada between make_date(p.ejercicio, case indicador when 'PP-2' then 1 else 6 end, 1) and make_date(p.ejercicio, 8, 31)
    and desde <= q and hasta > q where indicador in ('PP-2', 'PP-5') group by all
union all
select p.*, count(evento_id) filter (case indicador when 'MBH-4' then funcionarios_seguridad else operadores_sac end >= 1), count(evento_id)
from puntos p left join eventos on year(fecha) = p.ejercicio and fecha <= d and desde <= q and hasta > q where indicador in ('MBH-4', 'MBH-5') group by all;

create table indicadores_trimestre as
select m.indicador, m.ejercicio, (2025 + c.q // 4) || 'T' || (c.q % 4 + 1) as trimestre, c.corte as fecha_corte, m.vence, v.numerador, v.denominador,
    case when v.denominador > 0 then 100 * v.numerador::double / v.denominador end as valor,
    case when c.corte >= m.vence and w.denominador > 0 then 100 * w.numerador::double / w.denominador end as valor_al_vencimiento
from metas m cross join cortes c
join valores v on v.indicador = m.indicador and v.ejercicio = m.ejercicio and v.q = c.q and v.d = c.corte
join valores w on w.indicador = m.indicador and w.ejercicio = m.ejercicio and w.d = m.vence and w.q = (year(m.vence) - 2025) * 4 + quarter(m.vence) - 1
order by all;
"""


def child_by_hand(data: Path) -> None:
    settings = Settings(data=data)
    with duckdb.connect(
        str(data / "by_hand.duckdb"), config={"memory_limit": settings.memory_limit, "threads": settings.threads}
    ) as connection:
        connection.execute(_BY_HAND.replace("{lake}", str(data / "lake")))


# ---- measuring


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_gb: float


def measured(what: str, data: Path) -> Measured:
    """Run one side in a process of its own: wall time from its start to its end, and its peak resident memory."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, what, str(data)])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{what} failed")
    return Measured(seconds, usage.ru_maxrss / 1024**2)


def same_figures(data: Path) -> int:
    """How many rows of the mart both sides agree on; any difference ends the benchmark."""
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{data / 'run' / WAREHOUSE}' as dbt (read_only); attach '{data / 'by_hand.duckdb'}' as hand (read_only)"
        )
        columns = (
            "indicador, ejercicio, trimestre, fecha_corte, vence, numerador, denominador, valor, valor_al_vencimiento"
        )
        of_dbt = f"select {columns} from dbt.intermediate.{MODEL} where indicador in (select indicador from hand.indicadores_trimestre)"
        different = connection.execute(
            f"({of_dbt} except select {columns} from hand.indicadores_trimestre) limit 5"
        ).fetchall()
        (count,) = connection.execute(
            f"select count(*) from ({of_dbt} intersect select {columns} from hand.indicadores_trimestre)"
        ).fetchone() or (0,)
        empty = connection.execute(
            "select indicador from hand.indicadores_trimestre group by 1 having max(numerador) = 0 or max(denominador) = 0"
        ).fetchall()
    if different:
        raise SystemExit(f"dbt and the SQL by hand disagree: {different}")
    if empty:
        raise SystemExit(f"no row counts for {empty}: nothing is compared")
    return int(count)


def compare(rows: int, folder: Path) -> tuple[Measured, Measured]:
    data = folder / str(rows)
    begun = time.perf_counter()
    generate(data, rows)
    prepare_dbt(data)
    print(
        f"{rows / 1e6:g} M acuerdos and {rows / 1e6:g} M attendances made in {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    hand = measured("by-hand", data)
    dbt = measured("dbt", data)
    print(f"{same_figures(data)} rows of indicadores_trimestre are equal on both sides", flush=True)
    if FULL:
        whole = measured("dbt-full", data)
        print(f"whole dbt build with every data test: {whole.seconds:.1f} s, {whole.peak_gb:.2f} GB", flush=True)
    shutil.rmtree(data)
    return dbt, hand


def main() -> None:
    rows = int(MILLIONS * 1_000_000)
    with tempfile.TemporaryDirectory(prefix="pamga-bench-", dir=os.environ.get("PAMGA_BENCH_DIR")) as name:
        results = {size: compare(size, Path(name)) for size in (rows, 2 * rows)}
    print(f"\n{'rows each':>10} {'dbt build + tests':>18} {'by hand':>9} {'ratio':>6} {'dbt peak':>9} {'hand peak':>9}")
    for size, (dbt, hand) in results.items():
        print(
            f"{size:>10,} {dbt.seconds:>16.1f} s {hand.seconds:>7.1f} s {dbt.seconds / hand.seconds:>6.2f} {dbt.peak_gb:>6.2f} GB {hand.peak_gb:>6.2f} GB"
        )
    (first, _), (second, _) = results.values()
    print(f"twice the rows: {second.seconds / first.seconds:.2f} times the time of dbt")
    print(f"targets: {json.dumps(TARGETS)} (ratio and memory at 10 M rows)")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dbt", folder]:
            child_dbt(Path(folder), ["--select", f"+{MODEL}", "--indirect-selection", "cautious"])
        case ["dbt-full", folder]:
            child_dbt(Path(folder), [])
        case ["by-hand", folder]:
            child_by_hand(Path(folder))
        case _:
            main()
