"""The publication log, the ledger of published values and the record of rollbacks (docs/interfaces.md, `lake/_log`).

One immutable object per entry. The pointer `releases/current` is a function of this log, which is what lets a killed
publication or rollback be completed by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pamga import log, releases
from pamga.documents.base import Cell
from pamga.documents.log import Ledger, LedgerValue, NamedVersion, People, Publication, Rollback
from pamga.documents.release import HeldClosing
from pamga.settings import Settings
from pamga.storage import write_once
from pamga.takedowns import releases_down, takedowns

IndicatorKey = tuple[str, int, str]


def publications(settings: Settings) -> list[Publication]:
    """The publication log, oldest first."""
    return log.publications(settings.layout)


def rollbacks(settings: Settings) -> list[Rollback]:
    """The record of rollbacks, oldest first."""
    return log.rollbacks(settings.layout)


def expected_current(settings: Settings) -> str | None:
    """The release that the log says the world should see: what was published last, unless it was rolled back since."""
    line = lineage(settings)
    return line[-1] if line else None


def lineage(settings: Settings) -> list[str]:
    """The releases that lead to the one the world should see, oldest first; those that were taken down are not among them."""
    down = releases_down(takedowns(settings.layout.log))
    return [name for name in releases.lineage(publications(settings), rollbacks(settings)) if name not in down]


def current_release(settings: Settings) -> str | None:
    """The release that the pointer names now."""
    link = settings.layout.current
    return link.readlink().name if link.is_symlink() else None


def newest_withdrawal(settings: Settings) -> Rollback | None:
    """The rollback after which nothing was published yet, or None: what the next release has to mention."""
    back, published = rollbacks(settings), publications(settings)
    if back and published and back[-1].ultima == published[-1].release and back[-1].a != back[-1].de:
        return back[-1]
    return None


def is_repeated(settings: Settings, person: str, reason: str) -> bool:
    """Whether the newest rollback is this very one: same person, same reason, same day, and nothing published since."""
    newest = newest_withdrawal(settings)
    same = (person, reason, settings.today.isoformat())
    return newest is not None and (newest.persona, newest.motivo, newest.fecha) == same


def held_closings(settings: Settings) -> list[HeldClosing]:
    """The quarters whose closing was tried and held and that are not closed, oldest first: {trimestre, fecha, faltan}.

    `faltan` are the owed files, in words, that were missing at the newest attempt and for which nobody gave a reason.
    """
    line = set(lineage(settings))
    closed = {entry.cierre for entry in publications(settings) if entry.release in line}
    return [
        HeldClosing(trimestre=quarter, fecha=attempt.fecha, faltan=attempt.without_reason)
        for quarter, attempt in log.closing_attempts(settings.layout).items()
        if attempt.held and quarter not in closed
    ]


def values_before(settings: Settings, release: str) -> dict[IndicatorKey, LedgerValue]:
    """What the ledger said of every indicator value when a release went out: the objects of the releases that led to it, laid over
    one another, oldest first. What had been rolled back by then is not among them; what was taken down is, since it was said.

    It follows from what came before the publication alone, so that the object is the same whoever writes it, and when.
    """
    published = publications(settings)
    earlier = published[: [entry.release for entry in published].index(release)]
    known = {entry.release for entry in earlier}
    values: dict[IndicatorKey, LedgerValue] = {}
    for name in releases.lineage(earlier, [record for record in rollbacks(settings) if record.ultima in known]):
        if has_values(settings, name):
            values.update((indicator_key(row), row) for row in ledger_values(settings, name))
    return values


def indicator_key(row: LedgerValue) -> IndicatorKey:
    """(indicador, ejercicio, trimestre): the grain of the indicator mart (rules.md, 'Status at a quarter')."""
    return row.indicador, row.ejercicio, row.trimestre


def _new_or_changed(
    before: Mapping[IndicatorKey, LedgerValue], rows: Iterable[Mapping[str, Cell]]
) -> list[LedgerValue]:
    """The ledger's rows for a release: those of the mart that are new or differ from what the ledger said before."""
    entries = [LedgerValue.out_of(row) for row in rows]
    changed = [row for row in entries if before.get(indicator_key(row)) != row]
    return sorted(changed, key=indicator_key)


def record_people(settings: Settings, release: str, document: People, tables: Collection[str]) -> None:
    """Keep what a release publishes of these tables about people, hidden counts included, for the builds that come after.

    Written just before the publication object, so that no published release lacks it. What a killed publication of the same name
    left was never public, and no build reads it: it is replaced.
    """
    path = settings.layout.log / "people" / f"{release}.json"
    versions = [version for version in document.versiones if version.tabla in tables]
    kept = People(release=document.release, sal=document.sal, versiones=versions)
    if all(entry.release != release for entry in publications(settings)):
        path.unlink(missing_ok=True)
    write_once(path, kept.content())


def record_publication(settings: Settings, entry: Publication) -> None:
    """Write the publication object: from here on the release is published, whoever has to finish the work."""
    write_once(settings.layout.log / "publications" / f"{entry.release}.json", entry.content())


def record_values(settings: Settings, entry: Publication, rows: Iterable[Mapping[str, Cell]]) -> None:
    """Write the ledger object of a publication; `rows` are the release's indicator rows."""
    values = _new_or_changed(values_before(settings, entry.release), rows)
    document = Ledger(release=entry.release, fecha=entry.fecha, valores=values)
    write_once(_ledger_path(settings, entry.release), document.content())


def ledger_values(settings: Settings, release: str) -> list[LedgerValue]:
    """The rows of one ledger object."""
    return Ledger.read(_ledger_path(settings, release)).valores


def has_values(settings: Settings, release: str) -> bool:
    """Whether the ledger has its object for a release: a kill may have come between the two."""
    return _ledger_path(settings, release).exists()


def _ledger_path(settings: Settings, release: str) -> Path:
    return settings.layout.log / "ledger" / f"{release}.json"


def publication(settings: Settings, release: str) -> Publication:
    """The log's object of a published release."""
    return Publication.read(settings.layout.log / "publications" / f"{release}.json")


def record_rollback(
    settings: Settings, origin: str, target: str, person: str, reason: str, wrong: list[NamedVersion]
) -> None:
    """Say who took which release down, for which older one, why, and which deliveries were wrong."""
    back = rollbacks(settings)
    entry = Rollback(
        de=origin,
        a=target,
        persona=person,
        motivo=reason,
        fecha=settings.today.isoformat(),
        ultima=publications(settings)[-1].release,
        entregas=wrong,
    )
    write_once(settings.layout.log / "rollbacks" / f"{len(back) + 1:04d}.json", entry.content())
