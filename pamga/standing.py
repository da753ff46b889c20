"""Which version of a delivery stands: the one answer that lock, receipts, status, calendar and reminders give.

Of a delivery the newest version that may stand does (rules.md, "Quarters, deliveries, versions"), unless it is set aside: by a
person, in an immutable object of `lake/_log/apartadas` (a rollback names the deliveries that were wrong), or by the build, for
what it found in the delivery (rules.md, "Rows"), which `inputs.lock` says. Then its previous version stands, or it counts as not
delivered.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from pamga.backup.acts import keep_acts
from pamga.documents.lock import Lock
from pamga.documents.log import Decision, NamedVersion
from pamga.errors import UsageError
from pamga.layout import Layout, Named
from pamga.log import decisions
from pamga.reasons import signed, to_publish
from pamga.settings import Settings
from pamga.storage import canonical_json, exclusive_lock, sha256_bytes, write_once

SET_ASIDE, LET_IN = "apartar", "readmitir"
BY_ROLLBACK, BY_PERSON, BY_FINDINGS = "reversion", "persona", "hallazgos"

Identity = tuple[str, str, str]
"""export, trimestre, dependencia"""
Version = tuple[str, str, str, int]
"""export, trimestre, dependencia, version"""


class Kept(Named, Protocol):
    """A version as manifest or lock know it."""

    @property
    def stands(self) -> bool | None: ...
    @property
    def rows_hash(self) -> str | None: ...
    @property
    def restored_from(self) -> int | None: ...


class Apart(Protocol):
    """Why a version is set aside: a person's decision, or what the build found."""

    @property
    def motivo(self) -> str | None: ...


K = TypeVar("K", bound=Kept)


def identity_of(entry: Named) -> Identity:
    """The delivery that a manifest, an entry of a lock or a decision is about."""
    return entry.export, entry.trimestre, entry.dependencia


def version_of(entry: Named) -> Version:
    """The version that a manifest, an entry of a lock or a decision is about."""
    return (*identity_of(entry), entry.version)


def named(version: Version) -> NamedVersion:
    """The version as documents name it."""
    export, trimestre, dependencia, number = version
    return NamedVersion(export=export, trimestre=trimestre, dependencia=dependencia, version=number)


def standing_versions(versions: Iterable[K], apart: Container[Version] = ()) -> dict[Identity, K]:
    """Per delivery the version that stands, in order of identity; a delivery of which none does is not there."""
    newest: dict[Identity, K] = {}
    for entry in versions:
        identity = identity_of(entry)
        known = newest.get(identity)
        newer = known is None or entry.version > known.version
        if newer and entry.stands and version_of(entry) not in apart:
            newest[identity] = entry
    return {identity: newest[identity] for identity in sorted(newest)}


def let_in(decided: Iterable[Decision]) -> dict[Version, Decision]:
    """The versions that a person let in whatever is found in them; the last word about a version counts."""
    return {version: entry for version, entry in _last_words(decided).items() if entry.accion == LET_IN}


def set_aside_by_people(versions: Sequence[Kept], decided: Iterable[Decision]) -> dict[Version, Decision]:
    """The versions that a person set aside, each with the decision.

    The same rows delivered again in other bytes are no correction, so they are set aside too; a version that a person
    restored or let in is not.
    """
    last = _last_words(decided)
    named = {version: entry for version, entry in last.items() if entry.accion == SET_ASIDE}
    rows = {version_of(entry): entry.rows_hash for entry in versions}
    wrong = {(version[:3], rows[version]): entry for version, entry in named.items() if rows.get(version)}
    found = {}
    for entry in versions:
        version = version_of(entry)
        same = None if entry.restored_from or version in last else wrong.get((version[:3], rows[version]))
        decision = named.get(version) or same
        if decision is not None:
            found[version] = decision
    return found


def _last_words(decided: Iterable[Decision]) -> dict[Version, Decision]:
    return {version_of(entry): entry for entry in decided}


def set_aside_now(layout: Layout, versions: Sequence[Kept]) -> dict[Version, Apart]:
    """Every version that is set aside now: by people, and by the newest build for what it found.

    A version that came after the newest build is judged by the next one.
    """
    decided = decisions(layout)
    people, admitted = set_aside_by_people(versions, decided), let_in(decided)
    lock = Lock.if_there(layout.run("latest") / "inputs.lock")
    found = {version_of(entry): entry for entry in (lock.apartadas if lock else ()) if entry.origen == BY_FINDINGS}
    return {**{version: entry for version, entry in found.items() if version not in admitted}, **people}


def reading(lock: Lock) -> str:
    """What a build from this lock would say, whatever the days and numbers under which its deliveries came: of each delivery the rows that
    stand, what people decided about them, the code, what is closed and what is withdrawn."""
    rows = {version_of(entry): entry.rows_hash for entry in lock.versions}
    stands = [[*identity, entry.rows_hash] for identity, entry in standing_versions(lock.versions).items()]
    decided: dict[str, Sequence[Named]] = {
        "apartadas": [entry for entry in lock.apartadas if entry.origen != BY_FINDINGS],
        "readmitidas": lock.readmitidas,
    }
    said = {
        kind: sorted([*identity_of(entry), str(rows.get(version_of(entry)))] for entry in entries)
        for kind, entries in decided.items()
    }
    by = lock.closing_by.stored() if lock.closing_by else None
    whole = {
        "rows": stands,
        "code": lock.code.sha256,
        "closing": [lock.closing, by],
        "withdrawn": lock.withdrawn,
        **said,
    }
    return sha256_bytes(canonical_json(whole))


def decide(
    settings: Settings,
    action: str,
    version: Version,
    *,
    origin: str,
    person: str,
    reason: str,
    newest: str | None = None,
) -> Path:
    """Set a version aside, or let it in again; the object is one of the log and nothing is ever taken back but by another.

    `newest`: the newest publication at that moment. The same word said twice is kept once. Raises UsageError without a person or
    a reason, for a reason that may not be published, or when the lake has no such version.
    """
    layout, (export, trimestre, dependencia, number) = settings.layout, version
    if not person.strip() or not reason.strip():
        raise UsageError("Setting a delivery aside needs a named person and a reason.", "Give --persona and --motivo.")
    if not (layout.version(export, trimestre, dependencia, number) / "manifest.json").exists():
        raise UsageError(
            f"The lake has no version {number} of {export} {trimestre} of {dependencia}.", "`pamga status` lists them."
        )
    # of a rollback it was looked at before, when it was given
    said = to_publish(reason) if origin == BY_PERSON else " ".join(reason.split())
    who = signed(person) if origin == BY_PERSON else " ".join(person.split())
    with exclusive_lock(layout.locks / "apartadas.lock"):
        known = decisions(layout)
        entry = Decision(
            accion=action, export=export, trimestre=trimestre, dependencia=dependencia, version=number, origen=origin,
            persona=who, motivo=said, ultima=newest, fecha=settings.today.isoformat(),
        )  # fmt: skip
        last = [(i, old) for i, old in enumerate(known, start=1) if version_of(old) == version]
        if last and last[-1][1].model_copy(update={"fecha": entry.fecha}) == entry:
            return _path(layout, last[-1][0])
        path = _path(layout, len(known) + 1)
        write_once(path, entry.content())
    keep_acts(settings)
    return path


def _path(layout: Layout, number: int) -> Path:
    return layout.log / "apartadas" / f"{number:04d}.json"
