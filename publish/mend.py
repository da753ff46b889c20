"""A release that is damaged or gone comes back from the backup, byte for byte, or whoever asks is told the way out."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from pamga.backup import restore_release
from pamga.errors import PamgaError, UsageError
from pamga.settings import Settings
from pamga.storage import commit_folder, exclusive_lock
from publish import log
from publish.standing import standing_of
from publish.verify import UnreadableRelease, in_a_line, refuse_unreadable, verify_folder

_LOG = logging.getLogger("pamga.publish")
DAMAGED = ".damaged-"


def mend_release(settings: Settings, release: str, address: str | None = None) -> Path:
    """Put a published release back from the backup, as it was published less what was taken down since; returns where what was there
    before lies now. The old folder stays aside, hidden, until a person removes it.

    Raises UsageError when it was never published or there is no backup, PamgaError when the backup does not hold it whole.
    """
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        return _mend(settings, release, address)


def refuse_unmendable(settings: Settings, release: str, next_step: str) -> None:
    """Read a published release back; a damaged one is mended from the backup where there is one. Raises UnreadableRelease with the way
    out otherwise. The caller holds the publishing lock."""
    try:
        refuse_unreadable(settings, release, next_step)
    except UnreadableRelease as damaged:
        if not settings.backup:
            raise
        try:
            _mend(settings, release)
        except PamgaError as error:
            raise UnreadableRelease(f"{damaged.cause} The backup did not mend it: {error.cause}", next_step) from error
        _LOG.warning("%s It was put back from the backup.", damaged.cause)


def _mend(settings: Settings, release: str, address: str | None = None) -> Path:
    entry = next((entry for entry in log.publications(settings) if entry.release == release), None)
    if entry is None:
        raise UsageError(f"There is no published release {release!r}.", "See releases/index.html.")
    layout = settings.layout
    brought = restore_release(settings, release, entry.sumas or "", address)
    if brought is None:
        raise PamgaError(
            f"No snapshot of the backup holds {release} as it was published.", "See `pamga restore --lista`."
        )
    work = brought.parent
    try:
        folder = brought.rename(work / release)  # by its name it is known what was taken down of it
        for path in standing_of(settings, release).removed:
            (folder / path).unlink(missing_ok=True)
        problems = verify_folder(settings, folder, entry.sumas)
        if problems:
            raise PamgaError(
                f"{release} as the backup holds it is not whole: {in_a_line(problems)}.",
                "`pamga restore --lista` names older snapshots.",
            )
        final = layout.release(release)
        aside = _aside(layout.releases, release)
        if final.exists():
            final.rename(aside)
        commit_folder(folder, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return aside


def _aside(releases: Path, release: str) -> Path:
    number = 1
    while (releases / f"{DAMAGED}{release}-{number}").exists():
        number += 1
    return releases / f"{DAMAGED}{release}-{number}"
