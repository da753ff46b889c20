"""What earlier releases say of a dataset and of a file: which versions led here, since when they are what they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from pamga.documents.changes import Changes
from pamga.settings import Settings
from publish import log
from publish.standing import standing_of
from publish.verify import read_sums


@dataclass(frozen=True)
class Past:
    """A dataset before the release that is being written."""

    versions: list[str] = field(default_factory=list)  # the releases that lead to the new one and hold it, oldest first
    first_day: str | None = None  # when the oldest of them was published
    changed: str | None = None  # the day its rows last changed


@dataclass(frozen=True)
class History:
    """What a release adds to: each dataset's past, and since when rows and files are what they are."""

    past: dict[str, Past]
    modified: dict[str, str]
    """Dataset -> the day its rows last changed."""
    files: dict[str, str]
    """Path -> since when it has been published with these bytes."""


def history_of(settings: Settings, changes: Changes, sums: dict[str, str]) -> History:
    """What leads to the release with these changes and files."""
    past, day = past_of(settings), changes.fecha_a
    return History(past, changed_days(past, changes, day), file_days(settings, sums, day))


def past_of(settings: Settings) -> dict[str, Past]:
    """dataset -> its past, for every dataset that was ever published."""
    published = log.publications(settings)
    line = log.lineage(settings)
    days = {entry.release: entry.fecha for entry in published}
    holds = {entry.release: {d.conjunto: d.cambio for d in entry.datasets} for entry in published}
    names = {name for held in holds.values() for name in held}
    past = {}
    for name in names:
        versions = [release for release in line if name in holds[release]]
        changed = None
        for release in reversed(holds):
            if name not in holds[release]:
                break
            changed = days[release]
            if holds[release][name]:
                break
        past[name] = Past(versions, days[versions[0]] if versions else None, changed)
    return past


def changed_days(past: dict[str, Past], changes: Changes, day: str) -> dict[str, str]:
    """dataset -> the day its rows last changed, as of a release of `day` with these changes."""
    return {
        change.conjunto: day if change.rows_differ else past.get(change.conjunto, Past()).changed or day
        for change in changes.conjuntos
    }


def file_days(settings: Settings, sums: dict[str, str], day: str) -> dict[str, str]:
    """path -> the day since which releases have held it with these very bytes; `day` for what is new.

    A release that is gone or damaged ends the walk: what cannot be shown to be unchanged counts as changed then.
    """
    days, alike = dict.fromkeys(sums, day), set(sums)
    for entry in reversed(log.publications(settings)):
        try:
            earlier = standing_of(settings, entry.release).of(read_sums(settings.layout.release(entry.release)))
        except (OSError, ValueError):
            break
        alike = {path for path in alike if earlier.get(path) == sums[path]}
        days.update(dict.fromkeys(alike, entry.fecha))
        if not alike:
            break
    return days
