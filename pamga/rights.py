"""Who may read what on the disk: releases are for everybody, the rest for the pipeline's account and its group.

A folder that others may not enter protects whatever lies in it, also what a library writes there with rights of its own.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pamga.errors import PamgaError
from pamga.filesystem import require_fit
from pamga.layout import Layout
from pamga.storage import make_folder

RESTORING = ".restoring"
"""Folder of a restore; while it is there the installation is not whole, and nothing works on it."""
ACCOUNT_ONLY, ACCOUNT_AND_GROUP, REGISTRY_FILE = 0o700, 0o750, 0o640
PUBLIC_FOLDER, PUBLIC_FILE = 0o755, 0o644


def private_folders(layout: Layout) -> dict[Path, int]:
    """The folders that other accounts of the machine may not enter, with their rights."""
    shared = (layout.lake, layout.receipts, layout.runs, layout.locks)
    return dict.fromkeys((layout.vault, layout.keys), ACCOUNT_ONLY) | dict.fromkeys(shared, ACCOUNT_AND_GROUP)


def keep_private(layout: Layout) -> None:
    """Make the private folders, and take from other accounts whatever they may do there.

    What this account may not change (a mounted folder of somebody else's) stays as its owner set it.
    """
    require_fit(layout.root)
    refuse_half_restored(layout)
    for folder, mode in private_folders(layout).items():
        make_folder(folder, mode)
        _take_away(folder, mode)
    if layout.registry.exists():
        _take_away(layout.registry, REGISTRY_FILE)


def keep_public(layout: Layout) -> None:
    """Whoever serves the releases reads them and others of the machine do not write there, whatever the umask of this process."""
    for folder in (layout.releases, layout.releases / "retiros"):
        if folder.is_dir():
            _set(folder, (folder.stat().st_mode | PUBLIC_FOLDER) & ~0o002 & 0o7777)


def refuse_half_restored(layout: Layout) -> None:
    """Raise PamgaError while a restore runs, or when one was killed before it had put everything in its place."""
    if (layout.root / RESTORING).exists():
        raise PamgaError(
            f"{layout.root} is being restored, or a restore was interrupted.", "Run `pamga restore` again: it goes on."
        )


def _take_away(path: Path, mode: int) -> None:
    rights = path.stat().st_mode & 0o777
    if rights & ~mode:
        _set(path, rights & mode)


def _set(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o7777 != mode:
        with suppress(PermissionError):
            path.chmod(mode)
