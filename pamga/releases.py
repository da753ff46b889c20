"""Names and order of releases. The order is that of publication: a closing release of an earlier quarter may come after a later one's."""

from __future__ import annotations

from collections.abc import Iterable

from pamga.documents.log import Publication, Rollback
from pamga.quarter import Quarter


def release_order(release: str) -> tuple[Quarter, int]:
    """The quarter and the number in a release name such as `2026T3-r02`."""
    trimestre, _, number = release.partition("-r")
    return Quarter.parse(trimestre), int(number)


def in_order(publications: Iterable[Publication]) -> list[Publication]:
    """Objects of the publication log as they were published; those of before `orden` was written come first, by name."""
    return sorted(publications, key=lambda entry: (entry.orden, release_order(entry.release)))


def next_order(publications: Iterable[Publication]) -> int:
    """The `orden` of the publication after these."""
    known = list(publications)
    return max([len(known), *(entry.orden for entry in known)]) + 1


def lineage(publications: Iterable[Publication], rollbacks: Iterable[Rollback]) -> list[str]:
    """The releases that lead to the one the world should see, oldest first: each was built on what stood when it went out.

    A release that was rolled back from is not among them, unless a later rollback brought it back. Both logs oldest first.
    """
    stood = {record.ultima: record.a for record in rollbacks}  # the last rollback after each publication
    before: dict[str, str | None] = {}
    newest: str | None = None
    for entry in publications:
        before[entry.release] = newest
        newest = stood.get(entry.release, entry.release)
    line = []
    while newest is not None:
        line.append(newest)
        newest = before[newest]
    return line[::-1]


def closed_quarters(publications: Iterable[Publication], rollbacks: Iterable[Rollback]) -> set[str]:
    """The quarters whose closing release stands."""
    published = list(publications)
    line = set(lineage(published, rollbacks))
    return {entry.cierre for entry in published if entry.cierre and entry.release in line}
