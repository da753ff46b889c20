"""Random lives of a lake: after each step the build that takes from the run before what is the same is held against one from nothing.

    python -m tests.warehouse.rebuilt [--steps 40] [--seed 1] [--lives 1]

A step delivers late quarters, corrects a delivery, closes a quarter, changes the code, damages or loses the run before, kills a build, lets
a person set a version aside. Whatever a reader could see of either build must be the same: each file of the candidate byte for byte,
each row of each table in the three databases.
"""

from __future__ import annotations

import argparse
import errno
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from ingest.receive import receive_inbox
from ingest.sample import write_inbox
from pamga.documents.lock import Code
from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.standing import BY_PERSON, SET_ASIDE, decide
from pamga.storage import canonical_json, read_json, sha256_file
from publish.release import publish
from quality.gate import check
from warehouse import build as building
from warehouse.build import build, rebuild
from warehouse.dbt_runner import AS_BEFORE, DBT_RESULTS
from warehouse.fingerprint import code_fingerprint
from warehouse.lake import WAREHOUSE
from warehouse.lock import LOCK_NAME
from warehouse.reuse import COMPUTED

PARTS = (
    WAREHOUSE,
    COMPUTED,
    "internal.duckdb",
    LOCK_NAME,
    "people.json",
    "candidate/manifest.json",
    "candidate/datasets.json",
)
STEPS = ("begin", "_prepare_warehouse", "_count", "_show", "share_unchanged", "commit_folder", "flip_symlink")
DATABASES = (WAREHOUSE, "internal.duckdb", "candidate/leon.duckdb")


@dataclass
class Life:
    """A lake with a part of the example's deliveries; the others come later, in any order."""

    settings: Settings
    chance: random.Random
    to_come: list[tuple[Path, Path]] = field(default_factory=list)
    code: int = 0
    closing: Quarter | None = None
    taken: int = 0
    """How many nodes were taken from a run before, in all."""

    @property
    def lake(self) -> Path:
        return self.settings.layout.lake

    @property
    def latest(self) -> Path:
        return self.settings.layout.runs / "latest"

    def hold_back(self, share: float) -> None:
        """Take a part of the deliveries out of the lake."""
        aside = self.settings.data / "to_come"
        for folder in self._versions():
            if self.chance.random() < share:
                target = aside / folder.relative_to(self.lake)
                target.parent.mkdir(parents=True, exist_ok=True)
                folder.rename(target)
                self.to_come.append((target, folder))

    def _versions(self) -> list[Path]:
        return sorted(self.lake.glob("export=*/*/*/*"))

    def deliver(self) -> None:
        """Some deliveries arrive, of whatever quarter."""
        for _ in range(min(self.chance.randint(1, 3), len(self.to_come))):
            kept, folder = self.to_come.pop(self.chance.randrange(len(self.to_come)))
            folder.parent.mkdir(parents=True, exist_ok=True)
            kept.rename(folder)

    def correct(self) -> None:
        """A delivery comes again with one row less."""
        correct(self.chance.choice([v for v in self._versions() if read_json(v / "manifest.json")["accepted"] > 1]))

    def set_aside(self) -> None:
        """A person takes a version out."""
        entry = read_json(self.chance.choice(self._versions()) / "manifest.json")
        version = (entry["export"], entry["trimestre"], entry["dependencia"], entry["version"])
        decide(
            self.settings, SET_ASIDE, version, origin=BY_PERSON, person="Ana Ruiz", reason="Se prueba la construcción."
        )

    def close(self) -> None:
        self.closing = self.chance.choice([None, Quarter(2025, 4), Quarter(2026, 1)])

    def publish(self) -> None:
        """What was built goes out, if the gate lets it, and is corrected: the next build reads of it in the log."""
        run = self.latest.resolve().name
        if check(self.settings, run).decision == "publicar":
            publish(self.settings, run)
        self.correct()

    def change_the_code(self) -> None:
        self.code += 1

    def damage(self) -> None:
        """A disk changes a byte of the run before, and a correction asks for the next."""
        files = [p for p in self.latest.rglob("*") if p.is_file()]
        path = self.chance.choice([self.latest / WAREHOUSE, self.latest / COMPUTED, *files])
        content = bytearray(path.read_bytes())
        content[self.chance.randrange(len(content))] ^= 1
        path.unlink()  # not the other runs' file of the same bytes
        path.write_bytes(content)
        self.correct()

    def lose(self) -> None:
        """The run before is gone, or the pointer to it, or a part of it."""
        runs, run = self.settings.layout.runs, self.latest.resolve()
        lost = self.chance.choice([None, run, self.latest, *(run / part for part in PARTS)])
        if lost is None:
            shutil.rmtree(runs)
        elif lost.is_dir() and not lost.is_symlink():
            shutil.rmtree(lost)
        else:
            lost.unlink(missing_ok=True)
        self.correct()

    def mix_up(self) -> None:
        """A backup brought one file of another run back: the run before says of itself what is not so."""
        others = [
            p
            for p in self.settings.layout.runs.iterdir()
            if not p.is_symlink() and p.is_dir() and p != self.latest.resolve()
        ]
        other = self.chance.choice([p for p in others if (p / COMPUTED).exists()] or [self.latest.resolve()])
        part = self.chance.choice(PARTS)
        if (other / part).is_file() and other != self.latest.resolve():
            (self.latest / part).unlink(missing_ok=True)
            shutil.copyfile(other / part, self.latest / part)
        self.correct()

    def kill(self) -> None:
        """The build after a correction is killed at one of its steps, before or behind it, and leaves its folder."""
        self.correct()
        step, behind = self.chance.choice(STEPS), self.chance.random() < 0.5
        real = getattr(building, step)

        def killed(*arguments: Any, **named: Any) -> None:
            if behind:
                real(*arguments, **named)
            raise KeyboardInterrupt

        with mock.patch.object(building, step, killed), suppress(KeyboardInterrupt):
            self.build()

    def fill_the_disk(self) -> None:
        """The disk is full while the warehouse of the run before is copied: half of it lies there."""
        self.correct()

        def full(source: Path, target: Path) -> None:
            content = source.read_bytes()
            target.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        with mock.patch("warehouse.reuse.shutil.copyfile", full), suppress(OSError, PamgaError):
            self.build()

    def step(self) -> str:
        """Something happens; returns what."""
        happens: list[Callable[[], None]] = [self.correct, self.set_aside, self.close]
        happens += [self.deliver] * 4 if self.to_come else []
        if (self.latest / COMPUTED).exists():
            happens += [
                self.publish,
                self.change_the_code,
                self.damage,
                self.lose,
                self.mix_up,
                self.kill,
                self.fill_the_disk,
            ]
        what = self.chance.choice(happens)
        what()
        return what.__name__

    def build(self) -> Path | None:
        """Build; returns the run's folder, or None when all that stands was published."""
        real = code_fingerprint()
        code = Code(sha256=f"{real.sha256}{self.code}", figures=f"{real.figures}{self.code}")
        with mock.patch("warehouse.lock.code_fingerprint", lambda: code):
            return build(self.settings, self.closing).run_dir

    def differences(self) -> list[str]:
        """Build, build the same from nothing, and say what differs."""
        run, whole = self.build(), self.settings.data / "whole"
        if run is None:
            return []
        self.taken += sum(node["status"] == AS_BEFORE for node in read_json(run / DBT_RESULTS)["nodes"])
        rebuild(self.settings, run / LOCK_NAME, whole)
        return [*_different_files(run, whole), *_different_rows(run, whole)]


def correct(version: Path) -> None:
    """A correction of a delivery: its rows but the last."""
    number = 1 + max(int(path.name.partition("=")[2]) for path in version.parent.iterdir())
    target = version.with_name(f"version={number:04d}")
    shutil.copytree(version, target)
    rows = f"(select *, max(fila) over () as ultima from read_parquet('{version}/rows.parquet', hive_partitioning = false))"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * exclude (ultima) from {rows} where fila < ultima order by fila) to '{target}/rows.parquet' (format parquet)"
        )
    digest, manifest = sha256_file(target / "rows.parquet"), read_json(version / "manifest.json")
    fewer = {name: manifest[name] - 1 for name in ("accepted", "rows_read")}
    manifest |= {"version": number, "sha256": digest, "rows_sha256": digest, **fewer}
    (target / "manifest.json").write_bytes(canonical_json(manifest))


def _different_files(one: Path, other: Path) -> list[str]:
    """Files of the candidate that differ; databases are compared by their rows, and the manifest holds the hashes of all."""
    sums = []
    for folder in (one, other):
        files = [path for path in folder.glob("candidate/**/*") if path.is_file()] + [
            folder / "people.json",
            folder / "marts.json",
        ]
        left_out = {"leon.duckdb", "manifest.json"}
        sums.append(
            {path.relative_to(folder).as_posix(): sha256_file(path) for path in files if path.name not in left_out}
        )
    mine, theirs = sums
    said = [read_json(folder / "candidate" / "manifest.json")["files"] for folder in (one, other)]
    wrong = [
        name
        for name in said[0].keys() | said[1].keys()
        if name != "leon.duckdb" and said[0].get(name) != said[1].get(name)
    ]
    wrong += [
        f"candidate/{name}"
        for name, entry in said[0].items()
        if sha256_file(one / "candidate" / name) != entry["sha256"]
    ]
    return sorted({*wrong, *(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))})


def _different_rows(one: Path, other: Path) -> list[str]:
    """Tables whose rows, or their order, differ."""
    found = []
    with duckdb.connect() as connection:
        for name in DATABASES:
            connection.execute(
                f"attach '{one / name}' as one (read_only); attach '{other / name}' as other (read_only)"
            )
            tables = [
                set(
                    connection.execute(
                        "select schema_name, table_name from duckdb_tables() where database_name = ?", [database]
                    ).fetchall()
                )
                for database in ("one", "other")
            ]
            found += [f"{name}: {table}" for table in tables[0] ^ tables[1]]
            for schema, table in sorted(tables[0] & tables[1]):
                rows = [f'select * from {database}."{schema}"."{table}"' for database in ("one", "other")]
                (different,) = connection.execute(
                    f"select count(*) from (({rows[0]} except all {rows[1]}) union all ({rows[1]} except all {rows[0]}))"
                ).fetchone() or (1,)
                if different:
                    found.append(f"{name}: {schema}.{table}")
            connection.execute("detach one; detach other")
    return found


def live(folder: Path, seed: int, steps: int, said: Callable[[str], None] = lambda _: None) -> Life:
    """A life of so many steps. Raises AssertionError when a build differs from one from nothing."""
    life = Life(Settings(data=folder), random.Random(seed))
    write_inbox(life.settings.layout.inbox)
    receive_inbox(life.settings)
    life.hold_back(0.3)
    life.build()
    for number in range(1, steps + 1):
        what, before = life.step(), life.taken
        different = life.differences()
        said(
            f"life {seed}, step {number:3}, {what:16} {life.taken - before:4} nodes taken over, {len(different)} differences"
        )
        if different:
            raise AssertionError(f"seed {seed}, step {number} ({what}): {different[:10]}")
    return life


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--lives", type=int, default=1)
    asked = arguments.parse_args()
    for seed in range(asked.seed, asked.seed + asked.lives):
        with tempfile.TemporaryDirectory() as folder:
            live(Path(folder), seed, asked.steps, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
