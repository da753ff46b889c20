"""The lock of a run: exactly which deliveries, log entries, code and engine it reads (docs/interfaces.md, inputs.lock)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock, LockedVersion, LoggedObject, SetAside
from pamga.documents.log import ClosedBy as ClosedByName
from pamga.documents.log import Decision, NamedVersion, Publication, ReceiptDay, Rotation
from pamga.errors import NothingDelivered, PamgaError
from pamga.lake_secret import keyed, lake_secret
from pamga.layout import MANIFESTS, Layout
from pamga.log import closing_attempts, decisions, publications, rollbacks
from pamga.quarter import Quarter
from pamga.receipt_days import as_corrected, corrected_days
from pamga.releases import closed_quarters, lineage, release_order
from pamga.settings import Settings
from pamga.standing import (
    Version,
    identity_of,
    let_in,
    named,
    reading,
    set_aside_by_people,
    standing_versions,
    version_of,
)
from pamga.storage import canonical_json, sha256_bytes, sha256_file
from pamga.takedowns import datasets_down, releases_down, takedowns
from warehouse.closing import ClosedBy, excused, given_before, missing
from warehouse.fingerprint import code_fingerprint

LOCK_NAME = "inputs.lock"


def read_versions(lake: Path) -> list[LockedVersion]:
    """Every committed version in the lake, in order of identity and version; `path` is relative to the lake.

    Locks are published: they name rows and rejects by keyed hashes and the original by none (docs/privacy.md, "Hashes").
    """
    secret, versions = lake_secret(lake), []
    for path in sorted(lake.glob(MANIFESTS)):
        manifest, folder = Manifest.read(path), path.parent.relative_to(lake).as_posix()
        hashes = {"rows_hmac": manifest.rows_sha256, "rejects_hmac": manifest.rejects_sha256}
        told = {name: keyed(secret, sha256) if sha256 else None for name, sha256 in hashes.items()}
        versions.append(
            LockedVersion.taken_from(manifest, path=folder, sha256=None, rows_sha256=None, rejects_sha256=None, **told)
        )
    return as_corrected(Layout(lake.parent), versions)


def pseudonym_key(settings: Settings, deliveries: Iterable[LockedVersion]) -> str | None:
    """The id of the key that made the pseudonyms of these deliveries; None when there are none.

    Raises PamgaError when two keys did: one person would count as two. A version whose original had left the vault when the key
    was rotated keeps its old one (`lake/_log/rotations`).
    """
    layout = settings.layout
    if layout.rotation.exists():
        raise PamgaError(
            "The pseudonyms' key is being rotated, or a rotation was interrupted.",
            "Let it end: run `pamga rotate-key`.",
        )
    rotations = Rotation.all_in((layout.log / "rotations").glob("*.json"))
    kept = {entry.name for rotation in rotations for entry in rotation.kept}
    keys: dict[str, list[str]] = {}
    for delivery in deliveries:
        if delivery.hmac_key_id and delivery.name not in kept:
            keys.setdefault(delivery.hmac_key_id, []).append(delivery.name)
    if len(keys) > 1:
        said = "; ".join(f"key {key}: {', '.join(names[:3])}" for key, names in sorted(keys.items()))
        raise PamgaError(
            f"The pseudonyms of the standing deliveries were made with {len(keys)} keys ({said}), so people cannot be counted.",
            "Set PAMGA_HMAC_KEY to the key that stands, and run `pamga rotate-key` towards it (PAMGA_HMAC_KEY_NEXT).",
        )
    return next(iter(keys), None)


def make_lock(settings: Settings, closing: Quarter | None = None, by: ClosedBy | None = None) -> Lock:
    """What a build started now would read. Raises PamgaError when nothing has been delivered.

    The closing release of Q shows the state as of Q although a later quarter has begun: it reads nothing delivered for one.
    `by`: who closes it although deliveries are missing, with the reason for each.
    """
    layout = settings.layout
    everything, decided = read_versions(layout.lake), decisions(layout)
    versions = [v for v in everything if closing is None or Quarter.parse(v.trimestre) <= closing]
    apart = set_aside_by_people(versions, decided)
    deliveries = list(standing_versions(versions, apart).values())
    if not deliveries:
        raise NothingDelivered(
            "There is no standing delivery in the lake.", "Drop files in the inbox and run `pamga receive` first."
        )
    key, code = pseudonym_key(settings, deliveries), code_fingerprint()
    aside = _apart(versions, deliveries, apart)
    admitted = [named(entry) for entry in sorted(let_in(decided))]
    lacking = missing(deliveries, closing) if closing else []
    closes, closed_by = str(closing) if closing else None, excused(by, lacking)
    published, back = publications(layout), rollbacks(layout)
    released = {entry.release for entry in published}
    log, taken = _logged_objects(layout, released), takedowns(layout.log)
    withdrawn = sorted(datasets_down(taken))
    lost = sorted({name for record in taken for name in record.publicaciones} - released)
    digest = _digest(deliveries, code.sha256, _Closing(closes, closed_by), aside, admitted, withdrawn)
    quarter, release = _release_name(deliveries, log, lost, closes)
    made = Lock(
        format=Lock.FORMAT,
        run=f"{release}-{digest[:12]}",
        release=release,
        trimestre=quarter,
        closing=closes,
        closing_by=closed_by,
        missing=lacking,
        closed=sorted(closed_quarters(published, back) | ({closes} if closes else set())),
        received_until=_received_until(deliveries, everything, decided, closing),
        today=settings.today.isoformat(),
        previous=published[-1].release if published else None,
        line=lineage(published, back),
        withdrawn=withdrawn,
        example=any(d.example for d in deliveries),
        digest=digest,
        deliveries=deliveries,
        versions=versions,
        apartadas=aside,
        readmitidas=admitted,
        log=log,
        hmac_key_id=key,
        code=code,
        engine={name: version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")},
    )
    more = {"lost": lost, "dias": [entry for entry in corrected_days(layout).values() if _read(entry, versions)]}
    return made.model_copy(update={field: value for field, value in more.items() if value})


def _read(entry: ReceiptDay, versions: Iterable[LockedVersion]) -> bool:
    return any(version_of(version) == version_of(entry) for version in versions)


def _logged_objects(layout: Layout, released: Container[str]) -> list[LoggedObject]:
    """The objects of the log that a build reads; of the tables about people those of `released` ones alone: one of a publication that was
    killed was never public."""
    secret = lake_secret(layout.lake)
    return [
        LoggedObject(path=path.relative_to(layout.lake).as_posix(), hmac=keyed(secret, sha256_file(path)))
        for kind in ("apartadas", "approvals", "checks", "ledger", "people", "publications")
        for path in sorted((layout.log / kind).glob("*.json"))
        if kind != "people" or path.stem in released
    ]


def _received_until(
    deliveries: Iterable[LockedVersion],
    known: Sequence[LockedVersion],
    decided: Iterable[Decision],
    closing: Quarter | None,
) -> str:
    """The day of the newest receipt: the lake knows nothing of later days (rules.md, 'Status at a quarter').

    For a closing run a later quarter's delivery only says that its own quarter is over, so that another one changes nothing.
    """
    standing = standing_versions(known, set_aside_by_people(known, decided))
    newest = max(str(d.received_on) for d in standing.values())
    if closing is None:
        return newest
    over = (closing.cutoff + timedelta(days=1)).isoformat()
    return max([*(str(d.received_on) for d in deliveries), min(newest, over)])


def already_published(settings: Settings, lock: Lock) -> str | None:
    """The published release that holds what these inputs would say, when nothing is new; else None.

    What counts is the newest publication (after a rollback too, so that a run with nothing new stays rolled back) and the one
    that the world reads. A provisional candidate is also nothing new when the newest one closed its quarter with the same
    deliveries, or when only closing releases, which read less, came after the provisional one that held them; nor when a rollback
    set aside what was wrong and nothing came since: the release that is up read exactly what stands; nor when the newest one was taken
    down and read the same, also where the deliveries came anew after a restore.
    """
    published, back = publications(settings.layout), rollbacks(settings.layout)
    if not published:
        return None
    down = releases_down(takedowns(settings.layout.log))
    gone = down.get(published[-1].release)
    if gone is not None and gone.lectura == reading(lock):
        return gone.nombre
    line = [name for name in lineage(published, back) if name not in down]
    by_name = {entry.release: entry for entry in published}
    rolled_back = bool(back) and back[-1].ultima == published[-1].release
    if rolled_back and line and lock.closing is None and _reads_the_same(by_name[line[-1]], lock):
        return line[-1]
    known = [published[-1], *(by_name[name] for name in line[-1:])]
    if lock.closing is None:
        known += [entry for entry in reversed(published) if not entry.cierre][:1]
    for entry in known:
        earlier = _closing_of(settings, entry.release)
        same = _digest(lock.deliveries, lock.code.sha256, earlier, lock.apartadas, lock.readmitidas, lock.withdrawn)
        if entry.digest == lock.digest or (lock.closing is None and entry.digest == same):
            return entry.release
    return None


def _reads_the_same(entry: Publication, lock: Lock) -> bool:
    """Whether a published release was built by this code from the very versions that stand."""
    read, stands = ({(version_of(d), d.rows_hmac) for d in side.deliveries} for side in (entry, lock))
    return read == stands and entry.code == lock.code.sha256


def set_aside(lock: Lock, found: Mapping[Version, SetAside]) -> Lock:
    """The lock without the versions in `found` (version -> what was found in it), beside those that it sets aside already.

    `run` and `digest` stay: what a build leaves out follows from what it was started with. Raises PamgaError when nothing is
    left to stand.
    """
    apart: dict[Version, SetAside | Decision] = {version_of(entry): entry for entry in lock.apartadas}
    apart |= found
    deliveries = list(standing_versions(lock.versions, apart).values())
    if not deliveries:
        raise PamgaError(
            "Every delivery of the lake is set aside for what was found in it.",
            "Read lake and findings of the run; `pamga set-aside --readmit` lets a version in.",
        )
    trimestre, release = _release_name(deliveries, lock.log, lock.lost, lock.closing)
    return lock.model_copy(
        update={
            "deliveries": deliveries,
            "apartadas": _apart(lock.versions, deliveries, apart),
            "trimestre": trimestre,
            "release": release,
            "missing": missing(deliveries, Quarter.parse(lock.closing)) if lock.closing else [],
            "example": any(d.example for d in deliveries),
        }
    )


def _apart(
    versions: Iterable[LockedVersion],
    deliveries: Iterable[LockedVersion],
    apart: Mapping[Version, Decision | SetAside],
) -> list[SetAside]:
    """The versions that are set aside, with the reason and the version that stands instead (`queda`, null for none);
    `corregida` says that this is a newer one."""
    stands = {identity_of(entry): entry.version for entry in deliveries}
    entries = []
    for entry in versions:
        why, instead = apart.get(version_of(entry)), stands.get(identity_of(entry))
        if why is not None and entry.stands:
            found = why if isinstance(why, SetAside) else None
            entries.append(
                SetAside(
                    export=entry.export,
                    trimestre=entry.trimestre,
                    dependencia=entry.dependencia,
                    version=entry.version,
                    archivo=entry.archivo,
                    received_on=entry.received_on,
                    origen=why.origen,
                    motivo=why.motivo,
                    persona=why.persona,
                    fecha=why.fecha,
                    queda=instead,
                    corregida=instead is not None and instead > entry.version,
                    hallazgos=found.hallazgos if found else [],
                ).model_copy(update={"veredictos": found.veredictos} if found and found.veredictos else {})
            )
    return sorted(entries, key=version_of)


def _release_name(
    deliveries: Iterable[LockedVersion], log: Iterable[LoggedObject], lost: Iterable[str], closing: str | None
) -> tuple[str, str]:
    """The quarter that the release speaks of (the one being closed, else the newest of a standing delivery), and its next free
    name: neither published nor named by a takedown, whose tombstone would be another's."""
    quarter = Quarter.parse(closing) if closing else max(Quarter.parse(delivery.trimestre) for delivery in deliveries)
    paths = [Path(entry.path) for entry in log]
    named = [path.stem for path in paths if path.parent.name == "publications"]
    published = [release_order(name) for name in (*named, *lost)]
    number = max((number for of, number in published if of == quarter), default=0) + 1
    return str(quarter), f"{quarter}-r{number:02d}"


class _Closing(NamedTuple):
    """Which quarter a release closes, and who closed it in spite of what."""

    trimestre: str | None
    por: ClosedByName | None


def _closing_of(settings: Settings, release: str) -> _Closing:
    lock = Lock.if_there(settings.layout.release(release) / LOCK_NAME)
    return _Closing(lock.closing, lock.closing_by) if lock else _Closing(None, None)


def closings_to_try(settings: Settings) -> list[Quarter]:
    """The held closings that what arrived since may let through: nothing that is owed lacks any more without a reason.

    One that was held by something else is tried again with every new delivery for its quarter or an earlier one.
    """
    closed = closed_quarters(publications(settings.layout), rollbacks(settings.layout))
    due = []
    for quarter, attempt in closing_attempts(settings.layout).items():
        if not attempt.held or quarter in closed:
            continue
        closing = Quarter.parse(quarter)
        lock = make_lock(settings, closing, given_before(settings, closing))
        reasons = len(lock.closing_by.motivos) if lock.closing_by else 0
        if lock.digest != attempt.digest and reasons == len(lock.missing):
            due.append(closing)
    return due


def _digest(
    deliveries: Iterable[LockedVersion],
    code: str,
    closing: _Closing,
    aside: Iterable[SetAside],
    admitted: Iterable[NamedVersion],
    withdrawn: Sequence[str],
) -> str:
    """What starts a build: the deliveries that stand, what people set aside or let in, the code, what is being closed, and what
    was taken down."""
    read = [[*version_of(d), d.rows_hash, d.received_on] for d in deliveries]
    closes = {"trimestre": closing.trimestre, "por": closing.por.stored() if closing.por else None}
    document: dict[str, object] = {"deliveries": read, "code": code, "closing": closes}
    for kind, entries in (("apartadas", aside), ("readmitidas", admitted)):
        named = [list(version_of(entry)) for entry in entries]
        if named:
            document[kind] = named
    if withdrawn:
        document["withdrawn"] = list(withdrawn)
    return sha256_bytes(canonical_json(document))
