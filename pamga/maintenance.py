"""Upkeep of an installation: what a build no longer needs goes, what cannot be made again is copied elsewhere."""

from __future__ import annotations

import shutil
import tarfile
import time
from pathlib import Path

from pamga.settings import Settings
from pamga.storage import exclusive_lock, private_leftovers, remove_leftover, sweep_leftovers, sync

CANNOT_BE_MADE_AGAIN = ("lake", "vault", "keys", "registry.db")
"""Everything else under PAMGA_DATA follows from these (releases too: `pamga reproduce`)."""


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
        sizes = {path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in runs}
        kept, left = runs[-settings.keep_runs :], sum(sizes.values())
        gone = []
        for path in runs:  # the oldest first
            if path.name not in pointed_at and (path not in kept or left > settings.keep_runs_gb * 1e9):
                gone.append(path)
                left -= sizes[path]
        for path in gone:
            shutil.rmtree(path)
    return [path.name for path in gone]


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


def back_up(settings: Settings, folder: Path) -> Path:
    """Write one tar file of what cannot be made again into `folder`, named by the day; returns it.

    The vault is encrypted; the keys are in the file too, so keep it where the keys may be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"pamga-{settings.today.isoformat()}.tar.gz"
    temporary = final.with_suffix(".tmp")
    with tarfile.open(temporary, "w:gz") as archive:
        for name in CANNOT_BE_MADE_AGAIN:
            path = settings.layout.root / name
            if path.exists():
                archive.add(path, arcname=name)
    temporary.chmod(0o600)
    sync(temporary)
    temporary.replace(final)
    sync(folder)
    return final
