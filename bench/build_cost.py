"""What a build costs, part by part: the first one of a lake, then those of one more delivery.

    python bench/build_cost.py                          # the example deliveries
    BENCH_ROWS=1000000 python bench/build_cost.py       # so many acuerdos and as many attendances in the place of the example's

Seconds of processor time of the process (its threads included, its waiting not), the build's wall time, and the bytes that each run adds
to the disk. The deliveries of the second and third build: a correction of the newest quarter's acuerdos, then one of a table that
few others read.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from large_lake import put_large_lake

from ingest.receive import receive_inbox
from ingest.sample import write_inbox
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json, sha256_file

ROWS = int(os.environ.get("BENCH_ROWS", "0"))
CORRECTED = ("acuerdos", "eventos_mbh", "tianguis")
PARTS = (
    ("warehouse.build", "make_lock", "lock"),
    ("warehouse.build", "make_lake_schema", "schema lake"),
    ("warehouse.places", "write_places", "places"),
    ("warehouse.build", "run_dbt", "dbt"),
    ("warehouse.people", "write_people", "people"),
    ("warehouse.export", "write_files", "export: files"),
    ("warehouse.export", "write_database", "export: databases"),
    ("warehouse.export", "write_candidate", "export: rest"),
    ("warehouse.build", "share_unchanged", "share with the run before"),
    ("warehouse.build", "commit_folder", "to the disk"),
    ("warehouse.build", "begin", "copy of the run before"),
)


def spent() -> float:
    """Seconds of processor time of this process and of the children that it has waited for."""
    return sum(os.times()[:4])


class Parts:
    """Processor seconds by part, what a part calls of the others not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def watch(self, module: str, function: str, part: str) -> None:
        """Count what this function takes."""
        loaded = __import__(module, fromlist=[function])
        setattr(loaded, function, self._counted(getattr(loaded, function), part))

    def _counted(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            begun = spent()
            self._inner.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                took = spent() - begun
                self.seconds[part] += took - self._inner.pop()
                self._inner[-1] += took

        return call


def size(folder: Path) -> int:
    """Bytes on the disk below a folder; what is linked several times counts once."""
    seen = {p.stat().st_ino: p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}
    return sum(seen.values())


def measured_build(settings: Settings) -> None:
    """Build in this process and print what it took."""
    from warehouse.build import build

    parts = Parts()
    for module, function, name in PARTS:
        parts.watch(module, function, name)
    before = size(settings.layout.runs) if settings.layout.runs.exists() else 0
    begun, cpu = time.perf_counter(), spent()
    result = build(settings)
    wall, whole = time.perf_counter() - begun, spent() - cpu
    grown = size(settings.layout.runs) - before
    for _, _, part in PARTS:
        print(f"  {part:<28}{parts.seconds[part]:8.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  {'the rest':<28}{whole - sum(parts.seconds.values()):8.1f}")
    print(
        f"  {'whole':<28}{whole:8.1f}  wall {wall:.1f} s, peak {peak:.2f} GB, {grown / 1e6:,.0f} MB on the disk, {result.run}"
    )


def correct(lake: Path, export: str) -> None:
    """A correction of the newest delivery of an export: the same rows but the last."""
    newest = sorted(lake.glob(f"export={export}/*/*/*"))[-1]
    number = int(newest.name.partition("=")[2]) + 1
    target = newest.with_name(f"version={number:04d}")
    target.mkdir()
    rows = (
        f"(select *, max(fila) over () as ultima from read_parquet('{newest}/rows.parquet', hive_partitioning = false))"
    )
    duckdb.sql(
        f"copy (select * exclude (ultima) from {rows} where fila < ultima order by fila) to '{target}/rows.parquet' (format parquet, compression zstd)"
    )
    digest = sha256_file(target / "rows.parquet")
    manifest = read_json(newest / "manifest.json")
    count = manifest["accepted"] - 1
    manifest |= {
        "version": number, "sha256": digest, "rows_sha256": digest, "accepted": count, "rows_read": count + manifest["quarantined"] + manifest["out_of_scope"],
    }  # fmt: skip
    for other in newest.iterdir():
        if other.name not in ("rows.parquet", "manifest.json"):
            shutil.copyfile(other, target / other.name)
    (target / "manifest.json").write_bytes(canonical_json(manifest))


def prepare(settings: Settings) -> None:
    """The lake of the measurement."""
    write_inbox(settings.layout.inbox)
    receive_inbox(settings)
    if ROWS:
        put_large_lake(settings, ROWS)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pamga-bench-", dir=os.environ.get("PAMGA_BENCH_DIR")) as name:
        settings = Settings(data=Path(name))
        prepare(settings)
        for export in ("", "", *CORRECTED):
            if export:
                correct(settings.layout.lake, export)
            elif settings.layout.runs.exists():
                shutil.rmtree(settings.layout.runs)  # once more: now the parse is kept, as in production
            print(f"after a correction of {export}" if export else "everything", flush=True)
            subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        measured_build(Settings(data=Path(sys.argv[1])))
    else:
        main()
