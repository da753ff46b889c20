"""Landing a large CSV, side by side with what only checks and what only loads. `python bench/landing.py`

A CSV of 1,000,000 rows x 12 columns (acuerdos) with 0.1 % bad cells. Each contender runs in a process of its own. Seconds and
CPU seconds are from the first byte read to the last byte written, imports apart; 'with imports' is the CPU of the whole
process; the memory is its peak. 'pamga landing' reads, checks and writes rows, quarantine and the list of bad cells;
'pamga receive' is all that happens to a dropped file, with vault, receipt and registry.
PAMGA_BENCH_ROWS changes the size.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROWS = int(os.environ.get("PAMGA_BENCH_ROWS", "1000000"))
BAD_SHARE = 0.001
COLUMNS = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,descripcion,folio_sac,colonia,latitud,longitud,fecha_finalizacion"
DATES, KINDS = ("fecha_acuerdo", "fecha_finalizacion"), ("inmediato", "gestion")
RANGES = {"latitud": (20.7, 21.4), "longitud": (-102.0, -101.2)}
REQUIRED = ("acuerdo_id", "evento_id", "fecha_acuerdo", "tipo", "tema", "dependencia")
Contender = Callable[[Path, Path], Callable[[], int | None]]


def write_csv(path: Path, rows: int) -> int:
    """The file; returns how many bad cells were planted (0.1 % of the rows hold one)."""
    rng = random.Random(2026)  # noqa: S311 - sample data
    planted = 0
    spoil = {2: "31/31/2026", 3: "urgente", 4: "", 9: "91.5", 10: "oeste", 11: "ayer"}
    with path.open("w", encoding="utf-8") as file:
        file.write(COLUMNS + "\n")
        for number in range(rows):
            day = date(2024, 1, 1) + timedelta(days=rng.randrange(900))
            done = (day + timedelta(days=rng.randrange(90))).strftime("%d/%m/%Y") if rng.random() < 0.7 else ""
            cells = [
                f"AC-{number:07d}",
                f"MBH-{rng.randrange(500):03d}",
                day.strftime("%d/%m/%Y"),
                rng.choice(KINDS),
                rng.choice(("Alumbrado", "Bacheo", "Seguridad", "Parques", "Agua")),
                rng.choice(("Obra Pública", "SAPAL", "Medio Ambiente")),
                f"Reparar {rng.randrange(1000)} luces",
                f"SAC-{rng.randrange(1_000_000):06d}",
                f"Col {rng.randrange(1000)}",
                f"{rng.uniform(20.9, 21.3):.6f}",
                f"{rng.uniform(-101.9, -101.5):.6f}",
                done,
            ]
            if rng.random() < BAD_SHARE:
                column = rng.choice(list(spoil))
                cells[column] = spoil[column]
                planted += 1
            file.write(",".join(cells) + "\n")
    return planted


def landing(csv: Path, folder: Path) -> Callable[[], int | None]:
    """The landing itself: read, judged, written as Parquet with its bad cells."""
    import ingest.readers.text  # noqa: F401
    from ingest.checks.bench import Door
    from ingest.checks.delivery import check_delivery
    from ingest.contract import load_contract
    from ingest.landing import write_tables
    from ingest.readers import read
    from ingest.reading import Limits
    from pamga.settings import Settings

    contract, limits = load_contract("acuerdos"), Limits.of(Settings(data=folder))
    door = Door("presupuesto_participativo", csv.name, date(2026, 11, 22), b"")

    def run() -> int | None:
        checked = check_delivery(read(csv, contract, limits), contract, door)
        write_tables(folder, checked)
        return checked.rejects.height

    return run


def receiving(csv: Path, folder: Path) -> Callable[[], int | None]:
    """The whole of `pamga receive`: vault, reading, checks, lake, receipt, registry."""
    import ingest.readers.text
    import ingest.receipts  # noqa: F401
    import pamga.registry
    from ingest.landing import all_manifests
    from ingest.receive import receive_inbox
    from pamga.settings import Settings

    settings = Settings(data=folder, settle_seconds=0, hoy=date(2026, 11, 22))
    inbox = settings.layout.inbox / "presupuesto_participativo"
    inbox.mkdir(parents=True)
    os.link(csv, inbox / "acuerdos_2026T3.csv")
    pamga.registry.open_registry(settings)

    def run() -> int | None:
        receive_inbox(settings)
        found: int = sum(all_manifests(settings.layout)[0].rejects_by_rule.values())
        return found

    return run


def bare_duckdb(csv: Path, folder: Path) -> Callable[[], int | None]:
    """DuckDB's own read_csv into Parquet, without any rule."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads = 2")

    def run() -> int | None:
        connection.execute(f"copy (select * from read_csv('{csv}')) to '{folder}/rows.parquet' (format parquet)")
        return None

    return run


def pandera_polars(csv: Path, folder: Path) -> Callable[[], int | None]:
    """pandera on polars, all failures collected; it only checks."""
    import pandera.polars as pa
    import polars as pl
    from pandera.errors import SchemaErrors

    columns: dict[str, pa.Column] = {}
    for name in COLUMNS.split(","):
        kind: Any = pl.String
        checks: list[Any] = []
        if name in RANGES:
            kind, checks = pl.Float64, [pa.Check.in_range(*RANGES[name])]
        elif name == "tipo":
            checks = [pa.Check.isin(KINDS)]
        elif name in DATES:
            kind, checks = pl.Date, [pa.Check.le(date(2026, 11, 22))]
        columns[name] = pa.Column(kind, checks, nullable=name not in REQUIRED, unique=name == "acuerdo_id")
    schema = pa.DataFrameSchema(columns)

    def run() -> int | None:
        frame = pl.read_csv(csv, infer_schema=False)
        raw = {name: int(frame[name].is_not_null().sum()) for name in (*DATES, *RANGES)}
        typed = frame.with_columns(
            *(pl.col(name).str.to_date("%d/%m/%Y", strict=False) for name in DATES),
            *(pl.col(name).cast(pl.Float64, strict=False) for name in RANGES),
        )
        untyped = sum(raw[name] - int(typed[name].is_not_null().sum()) for name in raw)
        try:
            schema.validate(typed, lazy=True)
        except SchemaErrors as errors:
            return untyped + int(errors.failure_cases.height)
        return untyped

    return run


def frictionless_validate(csv: Path, folder: Path) -> Callable[[], int | None]:
    """frictionless validate."""
    from frictionless import Resource, Schema, system

    fields = []
    for name in COLUMNS.split(","):
        field: dict[str, object] = {"name": name, "type": "string", "constraints": {"required": name in REQUIRED}}
        if name in RANGES:
            low, high = RANGES[name]
            field |= {"type": "number", "constraints": {"minimum": low, "maximum": high}}
        elif name == "tipo":
            field["constraints"] = {"required": True, "enum": list(KINDS)}
        elif name in DATES:
            field |= {"type": "date", "format": "%d/%m/%Y"}
        fields.append(field)
    schema = Schema.from_descriptor({"fields": fields, "primaryKey": ["acuerdo_id"]})

    def run() -> int | None:
        with system.use_context(trusted=True):
            report = Resource(path=str(csv), schema=schema).validate(limit_errors=1_000_000)
        return sum(task.stats["errors"] for task in report.tasks)

    return run


CONTENDERS: dict[str, Contender] = {
    "bare DuckDB load": bare_duckdb,
    "pamga landing": landing,
    "pamga receive": receiving,
    "pandera on polars": pandera_polars,
    "frictionless": frictionless_validate,
}


def measure(name: str, csv: Path) -> dict[str, float | int | None]:
    """Run one contender in its own process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory(dir=csv.parent) as folder:
        said = subprocess.run(
            [sys.executable, __file__, name, str(csv), folder], check=True, capture_output=True, text=True
        ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    measured: dict[str, float | int | None] = json.loads(said.splitlines()[-1])
    return measured | {"whole_cpu": whole}


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "acuerdos.csv"
        planted = write_csv(csv, ROWS)
        print(f"{ROWS:,} rows x 12, {csv.stat().st_size / 1e6:.0f} MB, {planted:,} bad cells planted")
        print(f"{'':20}{'seconds':>9}{'x bare':>8}{'CPU s':>8}{'with imports':>14}{'peak MB':>9}{'bad cells':>11}")
        bare = None
        for name in CONTENDERS:
            result = measure(name, csv)
            seconds = float(result["seconds"] or 0)
            bare = bare or seconds
            found = "-" if result["bad"] is None else f"{result['bad']:,}"
            print(
                f"{name:20}{seconds:9.2f}{seconds / bare:8.2f}{result['cpu']:8.2f}{result['whole_cpu']:14.2f}"
                f"{result['peak_mb']:9.0f}{found:>11}",
                flush=True,
            )


def run_one(name: str, csv: Path, folder: Path) -> None:
    """In the contender's own process: prepare, run, tell."""
    run = CONTENDERS[name](csv, folder)
    cpu, start = time.process_time(), time.perf_counter()
    bad = run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - cpu, "peak_mb": peak, "bad": bad}))


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run_one(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
