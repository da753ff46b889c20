"""From what size Spark pays: whole builds (lock to candidate) of the same large lake on DuckDB and on Spark, each in a process of its own.

Wall seconds, seconds of processor time (which other work on the machine changes less), and peak memory of the pipeline's process and of the largest
below it (Spark's Java). Both candidates must have the same bytes.

    python bench/engines.py                                  # 1 million acuerdos and as many attendances
    PAMGA_BENCH_MILLIONS=10 python bench/engines.py
    PAMGA_SPARK_MASTER=spark://host:7077 python bench/engines.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large_lake import generate
from rich.console import Console
from rich.table import Table

from pamga.settings import Settings
from pamga.storage import sha256_file
from warehouse.build import rebuild
from warehouse.lock import LOCK_NAME, make_lock

MILLIONS = float(os.environ.get("PAMGA_BENCH_MILLIONS", "1"))
ENGINES = ("duckdb", "spark")


def child(data: Path, engine: str) -> None:
    """Build on one engine; prints what it took."""
    started = time.monotonic()
    settings = Settings(data=data, engine=engine)  # type: ignore[arg-type]
    rebuild(settings, data / LOCK_NAME, data / engine)
    own, below = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    took = {
        "seconds": time.monotonic() - started,
        "processor": sum(used.ru_utime + used.ru_stime for used in (own, below)),
        "memory": own.ru_maxrss / 1024**2,
        "below": below.ru_maxrss / 1024**2,
    }
    print(json.dumps(took))


def files(folder: Path) -> dict[str, str]:
    return {path.name: sha256_file(path) for path in sorted((folder / "candidate" / "data").iterdir())}


def main() -> None:
    rows = round(MILLIONS * 1e6)
    with tempfile.TemporaryDirectory(dir=os.environ.get("PAMGA_BENCH_FOLDER")) as folder:
        data = Path(folder)
        generate(data, rows)
        (data / LOCK_NAME).write_bytes(make_lock(Settings(data=data)).content())
        table = Table(title=f"Whole builds, {rows:,} acuerdos and {rows:,} attendances")
        for column in ("engine", "wall s", "processor s", "memory GB", "Java GB"):
            table.add_column(column)
        for engine in ENGINES:
            run = [sys.executable, __file__, "child", folder, engine]
            done = subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True)
            took = json.loads(done.stdout.splitlines()[-1])
            table.add_row(engine, *(f"{took[name]:.1f}" for name in ("seconds", "processor", "memory", "below")))
        Console().print(table)
        made = [files(data / engine) for engine in ENGINES]
        different = [name for name in made[0] if made[0][name] != made[1].get(name)]
        print(f"{len(made[0])} files, {len(different)} different {different[:5]}")
        raise SystemExit(1 if different or made[0].keys() != made[1].keys() else 0)


if __name__ == "__main__":
    child(Path(sys.argv[2]), sys.argv[3]) if sys.argv[1:2] == ["child"] else main()
