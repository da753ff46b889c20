"""Tables about people: hidden cells, possible values, people identified, over the sample and random lakes with corrections.

python bench/small_cells.py            sizes: BENCH_LAKES (50), BENCH_RELEASES (8); PAMGA_DATA with a built run adds it (`pamga build`)
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from random import Random

import duckdb
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pamga.attacker import attack
from pamga.settings import Settings
from tests.warehouse.people_lakes import Findings, correct, random_lake, read_everything
from warehouse.people.step import closed_exercises, current_counts, decide_all

LAKES = int(os.environ.get("BENCH_LAKES", "50"))
RELEASES = int(os.environ.get("BENCH_RELEASES", "8"))


def random_lakes() -> tuple[list[Findings], float]:
    """What a reader of all releases of each lake finds, and the longest that the step took for one release."""
    found, slowest = [], 0.0
    for seed in range(LAKES):
        lake, random = random_lake(seed), Random(seed + 1000)  # noqa: S311
        for number in range(RELEASES):
            if number:
                correct(lake, random)
            started = time.perf_counter()
            lake.release()
            slowest = max(slowest, time.perf_counter() - started)
        found.append(read_everything(lake))
    return found, slowest


def built_run(settings: Settings) -> tuple[str, int, int | None, float] | None:
    """Hidden cells of the newest run as a first publication, their fewest values, and how long the step takes."""
    warehouse = settings.layout.runs / "latest" / "warehouse.duckdb"
    if not warehouse.exists():
        return None
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        started = time.perf_counter()
        decisions = decide_all(current_counts(connection, "r01"), {}, closed_exercises(connection))
        taken = time.perf_counter() - started
    shown = [decision.shown for decision in decisions.values() if decision.shown]
    values = [len(unknown.values) for version in shown for unknown in attack([version])]
    return warehouse.resolve().parent.name, len(values), min(values, default=None), taken


def main() -> None:
    started = time.perf_counter()
    found, slowest = random_lakes()
    table = Table("measure", "figure")
    fewest = [f.fewest_values for f in found if f.fewest_values is not None]
    table.add_row("random lakes, releases each", f"{LAKES}, {RELEASES}")
    table.add_row("hidden cells, of all versions", str(sum(f.hidden_cells for f in found)))
    table.add_row("fewest possible values of a hidden cell", str(min(fewest, default=None)))
    table.add_row("exercises too small to break down", str(sum(f.withheld for f in found)))
    table.add_row("times that a table stayed as it was", str(sum(f.held_back for f in found)))
    table.add_row("times that a table was published again", str(sum(f.shown_anew for f in found)))
    table.add_row("people identified", str(sum(f.identified for f in found)))
    table.add_row("slowest step of one release, s", f"{slowest:.2f}")
    table.add_row("all of it, s", f"{time.perf_counter() - started:.1f}")
    sample = built_run(Settings())
    if sample:
        run, hidden, least, taken = sample
        table.add_row(f"run {run}: hidden cells", str(hidden))
        table.add_row("  fewest possible values", str(least))
        table.add_row("  the step, s", f"{taken:.3f}")
    Console().print(table)
    if any(f.identified for f in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
