"""DuckDB and Spark build the same candidate from the same lock: every file byte for byte, every table of the DuckDB files row for row.

`python -m tests.acceptance.engines --lakes 10` draws lakes (tests/acceptance/legitimate_lakes.py), lets each go through the pipeline on
DuckDB, builds its newest run again on both engines and prints what differs; `--data FOLDER` compares the newest run of a PAMGA_DATA.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ingest.contract import load_contracts
from pamga.settings import Settings
from tests.acceptance.legitimate_lakes import FIRST, SHAPES, TEXTS, Lake, go_through
from tests.documents import tree
from warehouse.build import LATEST, rebuild
from warehouse.lock import LOCK_NAME

DATABASES = ("candidate/leon.duckdb", "internal.duckdb")  # never the same bytes twice: their tables are compared
NOT_COMPARED = {
    "candidate/manifest.json",
    "computed.json",
    "dbt_results.json",
    "spark.log",
    "warehouse.duckdb",
    *DATABASES,
}


def drawn(seed: int) -> Lake:
    """A lake of two quarters in which most exports deliver something, in every shape."""
    rng = random.Random(seed)
    first = FIRST.shift(rng.randrange(8))
    quarters = (first, first.shift(1))
    kinds = [(e, o) for e, contract in load_contracts().items() for o in contract.dependencias]
    plan = {(e, o, q): rng.choice(SHAPES) for q in quarters for e, o in kinds}
    corrected = frozenset(rng.sample([key for key in sorted(plan, key=str) if plan[key] != "nothing"], 5))
    return Lake(
        seed, quarters, plan, TEXTS[seed % len(TEXTS)], corrected, rng.random() < 0.5, rng.random() < 0.7, rng.random() < 0.5,
    )  # fmt: skip


def built_on(engine: str, settings: Settings, run: Path, folder: Path) -> Path:
    """The run again in `folder`, computed by this engine."""
    rebuild(settings.model_copy(update={"engine": engine}), run / LOCK_NAME, folder)
    return folder


def differences(one: Path, other: Path) -> list[str]:
    """What is not the same in two folders of one run."""
    left, right = tree(one), tree(other)
    compared = [name for name in sorted(left.keys() | right.keys()) if name not in NOT_COMPARED and name[:4] != "dbt/"]
    found = [name for name in compared if left.get(name) != right.get(name)]
    return found + [difference for name in DATABASES for difference in _other_tables(one / name, other / name)]


def _other_tables(one: Path, other: Path) -> Iterator[str]:
    with duckdb.connect() as connection:
        for alias, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {alias} (read_only)")
        described = (
            "select table_name, column_name, data_type from duckdb_columns() where database_name = ? order by all"
        )
        if connection.execute(described, ["one"]).fetchall() != connection.execute(described, ["other"]).fetchall():
            yield f"{one.name}: the columns"
        tables = "select schema_name, table_name from duckdb_tables() where database_name = 'one' order by all"
        for schema, table in connection.execute(tables).fetchall():
            rows = [
                connection.execute(f'select * from {alias}.{schema}."{table}"').fetchall() for alias in ("one", "other")
            ]
            if rows[0] != rows[1]:
                yield f"{one.name}: {table}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lakes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    different = 0
    for seed in [0] if options.data else range(options.seed, options.seed + options.lakes):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            data = options.data or Path(folder) / "data"
            if not options.data:
                stopped = go_through(drawn(seed), data).said
                print(f"lake {seed}: {stopped or 'went through'}", flush=True)
            settings = Settings(data=data)
            run = settings.layout.runs / LATEST
            folders = [built_on(engine, settings, run, Path(folder) / engine) for engine in ("duckdb", "spark")]
            found = differences(*folders)
        different += bool(found)
        print(f"  {found or 'the same'}; {time.monotonic() - started:.0f} s", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
