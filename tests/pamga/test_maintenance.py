"""Which runs are pruned: by number, by size, and never one that something points at."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import pytest

from pamga import storage
from pamga.maintenance import LEFTOVER_SECONDS, prune_logs, prune_runs, sweep
from pamga.settings import Settings
from pamga.storage import flip_symlink

MEGABYTE = 1_000_000


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Five runs of a megabyte each; run-1 is the oldest."""
    folder = tmp_path / "runs"
    for age, name in enumerate(("run-5", "run-4", "run-3", "run-2", "run-1")):
        (folder / name / "candidate").mkdir(parents=True)
        (folder / name / "candidate" / "data").write_bytes(b"\0" * MEGABYTE)
        os.utime(folder / name, (1e9 - age, 1e9 - age))
    return folder


def pruned(runs: Path, **limits: float) -> list[str]:
    gone = prune_runs(Settings(data=runs.parent, **limits))  # type: ignore[arg-type]
    assert all(not (runs / name).exists() for name in gone)
    left = {path.name for path in runs.iterdir() if not path.is_symlink()}
    assert left | set(gone) == {f"run-{n}" for n in range(1, 6)}
    return gone


def test_the_oldest_runs_go_until_the_rest_is_small_enough(runs: Path) -> None:
    assert pruned(runs, keep_runs=10, keep_runs_gb=0.0035) == ["run-1", "run-2"]
    assert pruned_again(runs, 0.0035) == []


def pruned_again(runs: Path, gigabytes: float) -> list[str]:
    return prune_runs(Settings(data=runs.parent, keep_runs=10, keep_runs_gb=gigabytes))


def test_runs_exactly_as_large_as_allowed_stay(runs: Path) -> None:
    assert pruned(runs, keep_runs=10, keep_runs_gb=0.005) == []


def test_number_and_size_both_hold(runs: Path) -> None:
    assert pruned(runs, keep_runs=4, keep_runs_gb=0.0035) == ["run-1", "run-2"]
    assert pruned_again(runs, 1) == []


def test_few_runs_that_are_small_are_pruned_by_number(runs: Path) -> None:
    assert pruned(runs, keep_runs=2, keep_runs_gb=20) == ["run-1", "run-2", "run-3"]


def test_what_is_pointed_at_stays_however_large(runs: Path) -> None:
    """`latest`, and what may still be published, also a closing release: the next older ones go instead."""
    for pointer, name in (("latest", "run-5"), ("passed", "run-1"), ("passed-closing", "run-2")):
        flip_symlink(runs / pointer, name)
    assert pruned(runs, keep_runs=1, keep_runs_gb=0.0001) == ["run-3", "run-4"]
    assert {path.name for path in runs.iterdir() if path.is_symlink()} == {"latest", "passed", "passed-closing"}
    assert all(path.resolve().is_dir() for path in runs.iterdir())


def test_an_original_that_a_killed_worker_left_decrypted_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    killed = multiprocessing.get_context("fork").Process(target=_die_with_an_original)
    killed.start()
    killed.join()
    (left,) = storage.private_leftovers()
    assert (left / "original.csv").exists() and left.stat().st_mode & 0o077 == 0
    settings = Settings(data=tmp_path / "data")
    assert sweep(settings) == 0, "it may still be in use"
    os.utime(left, times=(time.time() - LEFTOVER_SECONDS - 60,) * 2)
    assert sweep(settings) == 1 and not left.exists()


def _die_with_an_original() -> None:
    with storage.private_folder() as folder:
        (folder / "original.csv").write_text("a person")
        os._exit(9)


def test_logs_of_long_ago_go_with_their_folders(tmp_path: Path) -> None:
    old, new = (
        tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log",
        tmp_path / "dag_id=a" / "run_id=2" / "attempt=1.log",
    )
    for path, days in ((old, 181), (new, 179)):
        path.parent.mkdir(parents=True)
        path.write_text("x")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    (tmp_path / "dag_id=a" / "latest").symlink_to("run_id=1")
    (tmp_path / "superset").mkdir()  # nothing was written there yet; Docker mounts it, and starts no service without it
    assert prune_logs(tmp_path, 180) == 1
    assert new.exists() and not old.parent.exists() and (tmp_path / "superset").is_dir()
    assert prune_logs(tmp_path, 180) == 0


def test_what_runs_share_counts_once(runs: Path) -> None:
    """Two more runs that hold the newest one's file: they take no room, so no other has to go for them."""
    for number in (6, 7):
        folder = runs / f"run-{number}" / "candidate"
        folder.mkdir(parents=True)
        os.link(runs / "run-5" / "candidate" / "data", folder / "data")
    gone = prune_runs(Settings(data=runs.parent, keep_runs=10, keep_runs_gb=0.005))
    assert gone == []
    assert prune_runs(Settings(data=runs.parent, keep_runs=10, keep_runs_gb=0.0045)) == ["run-1"]
