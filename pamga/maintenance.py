"""Upkeep of an installation: what a build no longer needs goes (pamga/backup copies elsewhere what cannot be made again)."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pamga.settings import Settings
from pamga.storage import exclusive_lock, private_leftovers, remove_folder, remove_leftover, sweep_leftovers

LEFTOVER_SECONDS = 86_400
"""Nobody works this long on one file: what is older belongs to a process that was killed."""


def prune_runs(settings: Settings) -> list[str]:
    """Remove all but the newest `keep_runs` runs, and of those the oldest while together they are larger than `keep_runs_gb`; those that
    `latest` and the `passed` ones point at always stay. Returns what went."""
    layout = settings.layout
    if not layout.runs.exists():
        return []
    with exclusive_lock(layout.locks / "build.lock"):
        sweep_leftovers(layout.runs)
        pointed_at = {
            pointer.resolve().name for pointer in (layout.runs / "latest", layout.passed, layout.passed_closing)
        }
        runs = sorted(
            (
                path
                for path in layout.runs.iterdir()
                if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
            ),
            key=lambda path: path.stat().st_mtime,
        )
        owners, sizes = _shared(runs)
        kept, left = runs[-settings.keep_runs :], sum(sizes.values())
        gone = []
        for path in runs:  # the oldest first
            if path.name not in pointed_at and (path not in kept or left > settings.keep_runs_gb * 1e9):
                gone.append(path)
                for file, holders in owners.items():
                    if path in holders:
                        holders.remove(path)
                        left -= 0 if holders else sizes[file]
        for path in gone:
            remove_folder(path)
    return [path.name for path in gone]


def _shared(runs: list[Path]) -> tuple[dict[tuple[int, int], set[Path]], dict[tuple[int, int], int]]:
    """Which runs hold each file, and its bytes: runs share what did not change, and what two hold is there once."""
    owners: dict[tuple[int, int], set[Path]] = {}
    sizes: dict[tuple[int, int], int] = {}
    for run in runs:
        for path in run.rglob("*"):
            if path.is_file():
                facts = path.stat()
                file = (facts.st_dev, facts.st_ino)
                owners.setdefault(file, set()).add(run)
                sizes[file] = facts.st_size
    return owners, sizes


def sweep(settings: Settings) -> int:
    """Remove what killed processes left unfinished anywhere a day ago or more; returns how many entries went."""
    layout = settings.layout
    folders = (layout.lake, layout.receipts, layout.releases, layout.runs, layout.vault, layout.keys)
    unfinished = [path for folder in folders if folder.exists() for path in sorted(folder.rglob(".tmp-*"))]
    gone = 0
    for leftover in (*unfinished, *private_leftovers()):
        if leftover.exists() and time.time() - leftover.lstat().st_mtime > LEFTOVER_SECONDS:
            gone += remove_leftover(leftover)
    return gone


def prune_logs(folder: Path, days: int) -> int:
    """Remove the logs below `folder` that nobody has written to for so many days, and the folders that are empty then.

    Those right below it stay, empty or not: a service may be given one of them, and could not be started again without it.
    """
    limit = time.time() - days * 86_400
    gone = 0
    for place, _, files in os.walk(folder, topdown=False):
        for path in (Path(place) / name for name in files):
            if not path.is_symlink() and path.stat().st_mtime < limit:
                path.unlink()
                gone += 1
        if folder not in (Path(place), Path(place).parent) and not any(Path(place).iterdir()):
            Path(place).rmdir()
    return gone
