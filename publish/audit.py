"""Releases, log and ledger against one another: what was published must still be what was recorded when it was."""

from __future__ import annotations

from collections.abc import Iterator

from pamga.documents.log import LedgerValue
from pamga.engine import connect
from pamga.seals import Finding
from pamga.settings import Settings
from pamga.takedowns import releases_down, takedowns
from publish import log
from publish.changes import indicator_rows, side_of_release
from publish.verify import verify_release

_RESTORE = "Put releases/{release} back from the backup"
_RESTORE_LEDGER = "Put the object back from the backup of the lake"


def audit_releases(settings: Settings) -> list[Finding]:
    """Every release, pointer and ledger object that is not what the publication log says."""
    return [*_releases(settings), *_pointer(settings), *_ledger(settings)]


def _releases(settings: Settings) -> Iterator[Finding]:
    published = {entry.release for entry in log.publications(settings)}
    down = releases_down(takedowns(settings.layout.log))
    for release in sorted(published):
        way_back = (
            f"{_RESTORE.format(release=release)}, or build its data again with `make reproduce RELEASE={release}`."
        )
        if not settings.layout.release(release).is_dir():
            if release in down:
                continue  # it was lost before or after it was taken down: there is nothing to bring back
            yield Finding(f"releases/{release}", "is gone", way_back)
            continue
        for problem in verify_release(settings, release):
            yield Finding(f"releases/{release}/{problem.file}", problem.what, way_back)
    folder = settings.layout.releases
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        is_release = path.is_dir() and not path.is_symlink() and "-r" in path.name and not path.name.startswith(".")
        if is_release and path.name not in published:
            yield Finding(
                f"lake/_log/publications/{path.name}.json", "is gone: its release is there", f"{_RESTORE_LEDGER}."
            )


def _pointer(settings: Settings) -> Iterator[Finding]:
    expected, current = log.expected_current(settings), log.current_release(settings)
    if expected != current:
        yield Finding(
            "releases/current",
            f"points at {current}, and the log says {expected}",
            "`pamga publish` mends the pointer.",
        )


def _ledger(settings: Settings) -> Iterator[Finding]:
    """The ledger follows from the releases: each object, laid over what was said before it, says what its release says.

    It may say again what was said before: objects of earlier versions do so of what a release that was taken down had said.
    """
    # its ledger can no longer be held against it: the seals vouch for it
    down = releases_down(takedowns(settings.layout.log))
    for entry in log.publications(settings):
        release, name = entry.release, f"lake/_log/ledger/{entry.release}.json"
        if not log.has_values(settings, release):
            yield Finding(name, "is gone", f"{_RESTORE_LEDGER}, or `pamga publish` writes it from its release.")
            return
        if release in down or not settings.layout.release(release).is_dir():
            continue
        with connect(settings) as connection:
            rows = [LedgerValue.out_of(row) for row in indicator_rows(connection, side_of_release(settings, release))]
        own = {log.indicator_key(row): row for row in log.ledger_values(settings, release)}
        said = log.values_before(settings, release) | own
        shown = {log.indicator_key(row): row for row in rows}
        if not own.keys() <= shown.keys() or any(said.get(key) != row for key, row in shown.items()):
            yield Finding(name, "says other values than its release", f"{_RESTORE_LEDGER}.")
