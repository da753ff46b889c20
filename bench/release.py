"""Releases: writing 30 datasets of 10 million rows against DuckDB's bare COPY, and publishing an ordinary release.

python bench/release.py            sizes: BENCH_ROWS (10000000), BENCH_DATASETS (30); BENCH_SAMPLE=no leaves the sample out
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pamga.documents.lock import Code, Lock
from pamga.engine import connect, quoted
from pamga.settings import Settings
from warehouse.export import write_candidate

ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
DATASETS = int(os.environ.get("BENCH_DATASETS", "30"))
MEMORY_LIMIT = "1300MB"
COLUMNS = {
    "clave": "i", "colonia": "'Colonia ' || (i * 7919 % 1149)", "tema": "['Bacheo', 'Alumbrado', 'Agua', 'Parques'][1 + i % 4]",
    "fecha": "date '2025-01-01' + cast(i * 31 % 720 as integer)", "monto": "cast(i * 13 % 900000 as decimal(20, 6)) / 7",
    "valor": "i * 0.37", "atendido": "i % 3 = 0", "latitud": "21.0 + i % 1000 / 3000.0",
    "descripcion": "'Se atiende el reporte número ' || i || ' en la esquina'", "asistentes": "i * 11 % 120",
}  # fmt: skip


def make_warehouse(settings: Settings, folder: Path) -> None:
    """warehouse.duckdb with the marts, and dbt's manifest that describes them."""
    (folder / "dbt").mkdir(parents=True)
    nodes = {}
    with connect(settings, folder / "warehouse.duckdb") as connection:
        connection.execute("create schema marts")
        for number in range(DATASETS):
            name = f"conjunto_{number:02d}"
            select = ", ".join(f"{expression} as {column}" for column, expression in COLUMNS.items())
            connection.execute(f"create table marts.{name} as select {select} from range({ROWS // DATASETS}) t(i)")
            nodes[name] = _node(name)
    (folder / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes}))


def _node(name: str) -> dict[str, Any]:
    columns = {
        c: {"name": c, "description": f"La columna {c}.", "config": {"meta": {"publico": True}}} for c in COLUMNS
    }
    meta = {"publico": True, "titulo": name, "llave": ["clave"], "periodicidad": "anual", "columna_periodo": "fecha"}
    return {
        "resource_type": "model",
        "schema": "marts",
        "name": name,
        "description": "Para medir.",
        "config": {"meta": meta},
        "columns": columns,
    }


def bare_copy(settings: Settings, folder: Path) -> None:
    """The peer: COPY of the same tables to Parquet and CSV, and nothing else."""
    target = folder / "bare"
    target.mkdir()
    with connect(settings, folder / "warehouse.duckdb", read_only=True) as connection:
        for number in range(DATASETS):
            name = f"conjunto_{number:02d}"
            for extension, options in (
                ("parquet", "format parquet, compression zstd"),
                ("csv", "format csv, header true"),
            ):
                connection.execute(f"copy marts.{name} to {quoted(str(target / f'{name}.{extension}'))} ({options})")


def candidate(settings: Settings, folder: Path) -> None:
    """Ours: every file, the DuckDB file, the description and the sums."""
    lock = Lock(
        release="2026T3-r01", run="bench", trimestre="2026T3", closing=None, example=True, digest="", deliveries=[],
        code=Code(sha256=""),
    )  # fmt: skip
    write_candidate(settings, lock, folder)


def measured(step: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak memory (GB) of a step, in a process of its own."""
    output = subprocess.run(
        [sys.executable, __file__, step, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    ).stdout
    seconds, peak = output.split()
    return float(seconds), float(peak)


def run_step(step: str, folder: Path) -> None:
    settings = Settings(data=folder, memory_limit=MEMORY_LIMIT)
    start = time.perf_counter()
    {"bare": bare_copy, "candidate": candidate, "warehouse": make_warehouse}[step](settings, folder)
    seconds = time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def bench_writing(console: Console) -> None:
    folder = Path(tempfile.mkdtemp(prefix="pamga-bench-"))
    try:
        measured("warehouse", folder)
        bare, bare_peak = measured("bare", folder)
        shutil.rmtree(folder / "bare")
        ours, peak = measured("candidate", folder)
        table = Table(title=f"Writing {DATASETS} datasets, {ROWS:,} rows in all")
        for heading in ("what", "seconds", "rows/s", "peak memory"):
            table.add_column(heading, justify="left" if heading == "what" else "right")
        table.add_row("DuckDB COPY to Parquet and CSV", f"{bare:.1f}", f"{ROWS / bare:,.0f}", f"{bare_peak:.2f} GB")
        table.add_row(
            "candidate (Parquet, CSV, DuckDB file, sums)", f"{ours:.1f}", f"{ROWS / ours:,.0f}", f"{peak:.2f} GB"
        )
        console.print(table)
        console.print(f"speed against bare COPY: {bare / ours:.2f} (at least 0.50); memory {peak:.2f} GB (under 2)")
    finally:
        shutil.rmtree(folder)


def bench_sample(console: Console) -> None:
    """An ordinary release: sample inbox, received, built, checked; then published, and again after a correction."""
    folder = Path(tempfile.mkdtemp(prefix="pamga-bench-"))
    environment = {**os.environ, "PAMGA_DATA": str(folder), "PAMGA_HOY": "2026-10-20"}
    pamga = Path(sys.executable).with_name("pamga")

    def call(*arguments: str) -> float:
        start = time.perf_counter()
        done = subprocess.run([pamga, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pamga {' '.join(arguments)} ended with {done.returncode}: {done.stderr or done.stdout}")
        return time.perf_counter() - start

    try:
        call("sample", str(folder / "inbox"))
        table = Table(title="Publishing the sample release: written, compared, read back, verified")
        for heading in ("release", "seconds"):
            table.add_column(heading)
        for title in ("first", "second, after a correction"):
            for step in ("receive", "build", "check"):
                call(step)
            table.add_row(title, f"{call('publish'):.1f}")
            correct(folder / "inbox")
        console.print(table)
    finally:
        shutil.rmtree(folder)


def correct(inbox: Path) -> None:
    """Deliver the newest directory again without its last row."""
    path = sorted(inbox.glob("presupuesto_participativo/eventos_mbh_*.csv"))[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    os.utime(path, (time.time() - 60, time.time() - 60))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_step(sys.argv[1], Path(sys.argv[2]))
    else:
        terminal = Console()
        bench_writing(terminal)
        if os.environ.get("BENCH_SAMPLE") != "no":
            bench_sample(terminal)
