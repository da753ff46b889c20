"""Publish a candidate: stage the release, read it back, write the log, flip the pointer. Roll back: flip it to an older one.

The order makes every step repeatable. A release is staged under a hidden name, which nobody serves; without an object in the
publication log it was never public and is made again. From the log object on the publication stands, and whoever comes next
completes what a killed process left undone: the release gets its name, then the pointer moves.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pamga import seals
from pamga.backup.acts import keep_acts
from pamga.candidate import Candidate
from pamga.documents.changes import Changes
from pamga.documents.lock import Lock
from pamga.documents.log import NamedVersion, People, Publication, PublishedDataset, ReadVersion
from pamga.documents.release import ReleaseCard
from pamga.engine import connect
from pamga.errors import PamgaError, UsageError
from pamga.log import decisions
from pamga.person import account
from pamga.plan import plan
from pamga.plausible import require_plausible_day
from pamga.reasons import signed, to_publish
from pamga.releases import next_order
from pamga.rights import PUBLIC_FILE, PUBLIC_FOLDER, keep_public, refuse_half_restored
from pamga.settings import Settings
from pamga.standing import BY_ROLLBACK, LET_IN, SET_ASIDE, decide, named, version_of
from pamga.storage import (
    exclusive_lock,
    flip_symlink,
    remove_durably,
    sha256_file,
    staged_folder,
    sweep_leftovers,
    sync,
    write_atomically,
)  # fmt: skip
from pamga.takedowns import datasets_down, releases_down, takedowns
from publish import log, pages
from publish.candidate import load_candidate, quality_of
from publish.catalogue import as_json_ld, as_turtle, build_catalogue
from publish.changes import SHEETS, WORDS, Side, compare, indicator_rows, side_of_release, table_rows
from publish.datapackage import datapackage, dictionary
from publish.feeds import PUBLICATIONS_FEED, RESTATEMENTS_FEED, Told, publications_feed, restatements_feed
from publish.history import history_of
from publish.indicators import SCHEMA_FILE, indicator_files, schema_bytes
from publish.mend import refuse_unmendable
from publish.purge import finish
from publish.standing import tombstone
from publish.verify import SUMS, UnreadableRelease, in_a_line, verify_folder

LOCK_NAME = "inputs.lock"
COPIED = ("datasets.json", plan().base_publica)  # of the candidate, beside data/
READ_ONLY = 0o444
PEOPLE_FILE = "people.json"  # of the run: what the release shows of the tables about people
COMPARED = ("publicacion.json", "datasets.json", LOCK_NAME)  # what a comparison reads beside the Parquet files

Progress = Callable[[str], None]


class StaleCandidate(UsageError):
    """The candidate was built before the newest publication: it does not know the log as it stands now.

    `closing` is the quarter that it closes, so that it can be built again as what it was.
    """

    closing: str | None = None


@dataclass(frozen=True)
class PublishResult:
    """The release that the world sees now, and whether this call moved the pointer."""

    release: str
    flipped: bool


def publish(settings: Settings, run: str | None = None, progress: Progress = lambda _: None) -> PublishResult:
    """Publish the candidate of `run` (default: the newest).

    Raises GateStopped when the gate or the Secretariado did not let it through, UsageError when there is no candidate,
    StaleCandidate when it was built before the newest release, PamgaError when what was written cannot be read back,
    UnreadableRelease when the release before, which this one must be compared with, is damaged. The pointer then stays.
    """
    layout = settings.layout
    with exclusive_lock(layout.locks / "publish.lock"):
        completed = complete_locked(settings)
        published = log.publications(settings)
        run_name = layout.run(run or "latest").resolve().name
        pruned = run is None and bool(published) and not layout.run(run_name).exists()
        if pruned or any(entry.run == run_name for entry in published):
            return PublishResult(log.current_release(settings) or "", flipped=completed)
        with _unless_removed(layout.run(run_name)):
            candidate = load_candidate(settings, run)
            require_plausible_day(settings, _newest_receipt(candidate.lock))
            seals.refuse_rewritten(settings)
            _refuse_stale(candidate.lock, published)
            _refuse_taken_down(settings, candidate)
            day = settings.today.isoformat()
            read = log.expected_current(settings)  # not what was withdrawn: nobody reads that any more
            before = _release_before(settings, read) if read else None
            sweep_leftovers(layout.releases)
            staged = layout.staged_release(candidate.release)
            shutil.rmtree(staged, ignore_errors=True)  # an attempt that never reached the log
            with staged_folder(staged) as folder:
                changes = _write_release(settings, candidate, folder, before, day, progress)
                progress("Leyendo de nuevo lo escrito")
                problems = verify_folder(settings, folder)
                if problems:
                    raise PamgaError(
                        f"The release {candidate.release} could not be read back: {in_a_line(problems)}.",
                        "The old release stands. Build the candidate again; if it persists, report it with the run.",
                    )
                _make_read_only(folder)
                sums = sha256_file(folder / SUMS)
            progress("Moviendo el puntero")
            about_people = {dataset.name for dataset in candidate.datasets if dataset.about_people}
            if about_people:
                people = People.read(candidate.run_folder / PEOPLE_FILE)
                log.record_people(settings, candidate.release, people, about_people)
            log.record_publication(settings, _log_entry(candidate, changes, day, sums, next_order(published)))
        complete_locked(settings, verified=candidate.release)
        return PublishResult(candidate.release, flipped=True)


@contextmanager
def _unless_removed(run: Path) -> Iterator[None]:
    """Publishing does not hold up builds, which prune old runs: one that goes under its hands is refused in words, and nothing was
    published of it. Raises UsageError."""
    try:
        yield
    except FileNotFoundError:
        if run.exists():
            raise
        raise UsageError(
            f"The run {run.name} was removed while it was being published: nothing of it went out.",
            "Run `pamga build` and publish the new run.",
        ) from None


def _newest_receipt(lock: Lock) -> date | None:
    days = [date.fromisoformat(version.received_on) for version in lock.versions if version.received_on]
    return max(days, default=None)


def next_to_publish(settings: Settings) -> str | None:
    """The run that last passed the gate, when it is not published yet; a closing one before a provisional one.

    Not the newest run: one that the gate stopped, such as a closing one that waits for an office, must not hide what passed
    before it. Raises StaleCandidate when it was built before the newest release.
    """
    published = log.publications(settings)
    runs = {entry.run for entry in published}
    closed = {entry.cierre for entry in published if entry.release in log.lineage(settings)}
    for pointer in (settings.layout.passed_closing, settings.layout.passed):
        run = pointer.resolve()
        if not (run / "candidate" / "manifest.json").exists() or run.name in runs:
            continue
        lock = Lock.read(run / LOCK_NAME)
        if lock.closing and lock.closing in closed:
            continue  # another run closed it meanwhile
        _refuse_stale(lock, published)
        return run.name
    return None


def rollback(
    settings: Settings,
    to: str | None = None,
    reason: str = "",
    person: str | None = None,
    wrong: Sequence[str] | None = None,
) -> PublishResult:
    """Point `current` at an earlier release (default: the one published before the current one) and record who and why.

    `wrong` names the deliveries that were wrong, as `export/trimestre/dependencia`; by default they are all that the withdrawn
    release read and the other one did not, and an empty list says that no delivery was to blame. They are set aside until their
    office corrects them or a person lets them in again, so that the next landing of anybody does not publish the figure again.
    Going to a release that read what an earlier rollback set aside lets that in again.

    Raises UsageError without a reason, when there is no such published release, or when a named delivery is not one of those;
    UnreadableRelease when that release is damaged: the pointer then stays, and nothing is recorded.
    """
    if not reason.strip():
        raise UsageError("A rollback needs a reason: it is published.", "Give --reason.")
    reason, who = to_publish(reason), signed(person or account())
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        with suppress(UnreadableRelease):  # what should be up is damaged: that is what one rolls back from
            complete_locked(settings)
        current = log.expected_current(settings) or ""
        if to is None and log.is_repeated(settings, who, reason):
            to = current  # the same person with the same reason again: a killed command is repeated, not taken one step further
        to = rollback_target(settings, to)
        if to != current:
            blamed = _blamed(settings, current, to, wrong)
            refuse_unmendable(settings, to, _restore_step(settings, to))
            log.record_rollback(settings, current, to, who, reason, blamed)
        complete_locked(settings, verified=to)
        _set_aside_what_was_wrong(settings)
        return PublishResult(to, flipped=to != current)


def _blamed(settings: Settings, origin: str, target: str, wrong: Sequence[str] | None) -> list[NamedVersion]:
    """The deliveries that the withdrawn release read and the other one did not: those that are named as wrong, by default all."""
    read = {entry.release: {version_of(d) for d in entry.deliveries} for entry in log.publications(settings)}
    gone = sorted(read.get(origin, set()) - read.get(target, set()))
    changed = {"/".join(version[:3]): named(version) for version in gone}
    if wrong is None:
        return list(changed.values())
    unknown = sorted(set(wrong) - set(changed))
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)} did not change between {target} and {origin}.",
            f"What changed: {', '.join(sorted(changed)) or 'nothing'} (export/trimestre/dependencia).",
        )
    return [changed[name] for name in sorted(set(wrong))]


def _set_aside_what_was_wrong(settings: Settings) -> None:
    """Set aside what the newest rollback names, and let in again what the release that is up read; a repetition completes both."""
    newest = log.rollbacks(settings)[-1:]
    if not newest or newest[0].ultima != log.publications(settings)[-1].release:
        return
    record, up = newest[0], log.publication(settings, newest[0].a)
    said = {"person": record.persona, "reason": record.motivo, "newest": record.ultima}
    last = {version_of(entry): entry for entry in decisions(settings.layout)}
    for delivery in record.entregas:
        version = version_of(delivery)
        known = last.get(version)
        if not (settings.layout.version(*version) / "manifest.json").exists():
            continue  # taken out of the lake since: it cannot stand again
        if known is None or (known.ultima, known.motivo) != (record.ultima, record.motivo):
            decide(settings, SET_ASIDE, version, origin=BY_ROLLBACK, **said)
    for read in up.deliveries:
        known = last.get(version_of(read))
        if known is not None and known.accion == SET_ASIDE and known.origen == BY_ROLLBACK:
            decide(settings, LET_IN, version_of(read), origin=BY_ROLLBACK, **said)


def rollback_target(settings: Settings, to: str | None = None) -> str:
    """The release that a rollback goes to: the one named, else the one that stood before the current one.

    Raises UsageError when there is no such published release, or it was taken down.
    """
    names = [entry.release for entry in log.publications(settings)]
    if to is None:
        earlier = log.lineage(settings)[:-1]  # not what was withdrawn before
        if not earlier:
            raise UsageError("There is no earlier release to go back to.", "See releases/index.html.")
        to = earlier[-1]
    if to not in names:
        raise UsageError(f"There is no published release {to!r}.", f"Published: {', '.join(names) or 'none'}.")
    gone = releases_down(takedowns(settings.layout.log)).get(to)
    if gone is not None:
        raise UsageError(
            f"The release {to} was taken down on {gone.fecha}: nobody goes back to it.",
            "Choose another one, or publish anew.",
        )
    return to


def difference(settings: Settings, first: str, second: str) -> Changes:
    """What changed between any two published releases. Raises UsageError for an unknown one."""
    down = releases_down(takedowns(settings.layout.log))
    for release in (first, second):
        if release in down or not settings.layout.release(release).is_dir():
            why = f"was taken down on {down[release].fecha}" if release in down else "does not exist"
            raise UsageError(f"The release {release!r} {why}.", "See releases/index.html.")
    sides = [_release_before(settings, release) for release in (first, second)]
    return compare(settings, sides[0], sides[1])


def complete(settings: Settings) -> bool:
    """Finish what a killed publication or rollback left undone, when there is nothing new to publish. True: the pointer moved."""
    with exclusive_lock(settings.layout.locks / "publish.lock"):
        return complete_locked(settings)


def _refuse_stale(lock: Lock, published: list[Publication]) -> None:
    """A candidate reads log and ledger as they stood when it was built: nothing may have been published since.

    Names do not tell: a closing release of an earlier quarter may follow one of a later quarter.
    """
    newest = published[-1].release if published else None
    if (lock.previous != newest and "previous" in lock.model_fields_set) or any(
        entry.release == lock.release for entry in published
    ):
        stale = StaleCandidate(
            f"Run {lock.run} wants to become {lock.release}, but {newest} is published already.",
            "Run `pamga build` again: the candidate then reads the log as it stands now.",
        )
        stale.closing = lock.closing
        raise stale


def _refuse_taken_down(settings: Settings, candidate: Candidate) -> None:
    """A candidate built before a takedown still holds the dataset."""
    down = datasets_down(takedowns(settings.layout.log))
    held = [dataset.name for dataset in candidate.datasets if dataset.name in down]
    if held:
        raise StaleCandidate(
            f"Run {candidate.run} holds {', '.join(held)}, which was taken down since.",
            "Run `pamga build` again: the candidate is then made without it.",
        )


def _restore_step(settings: Settings, release: str) -> str:
    """What an engineer does about a damaged release."""
    current = log.current_release(settings)
    return (
        f"`current` stays {f'at {current}' if current else 'unset'}. Put the named files back from a copy of releases/{release}, "
        f"check with `pamga publish --verify {release}` and run this again (`pamga restore --publicacion {release}` takes them from a "
        "backup); or choose a whole release with `pamga publish --rollback RELEASE --reason …`. Where no copy is left anywhere, "
        f"`pamga takedown {release} --motivo …` says so to the public, and publishing goes on."
    )


def complete_locked(settings: Settings, verified: str | None = None) -> bool:
    """Bring pointer, ledger and the pages above the releases in line with the log. Returns whether the pointer moved.

    `verified` is a release that the caller has just read back. Raises UnreadableRelease, with the pointer where it was, when
    another one would have to go up or into the ledger and is damaged.
    """
    refuse_half_restored(settings.layout)
    published = log.publications(settings)
    expected = log.expected_current(settings)
    if not published:
        return False
    keep_acts(settings)  # before anybody is told that it is done
    for entry in published:
        _give_its_name(settings, entry.release)
    moved = expected != log.current_release(settings)
    if moved:
        _point_at(settings, expected, verified)
    _complete_ledger(settings, published, {verified, expected})
    _write_above(settings, published)  # the tombstones are up before the bytes go
    if finish(settings):
        _write_above(settings, published)
    seals.seal(settings, published[-1].release)
    return moved


def _point_at(settings: Settings, release: str | None, verified: str | None) -> None:
    if release is None:  # everything that stood was taken down
        remove_durably(settings.layout.current)
        return
    if release != verified:
        refuse_unmendable(settings, release, _restore_step(settings, release))
    flip_symlink(settings.layout.current, release)


def _complete_ledger(settings: Settings, published: list[Publication], whole: set[str | None]) -> None:
    """Write what the ledger lacks: the object of a publication that was killed before it. `whole`: releases that were read back."""
    down = releases_down(takedowns(settings.layout.log))
    for entry in published:
        if log.has_values(settings, entry.release):
            continue
        if entry.release in down:
            log.record_values(settings, entry, [])  # taken down since
            continue
        if entry.release not in whole:
            refuse_unmendable(settings, entry.release, _restore_step(settings, entry.release))
        with connect(settings) as connection:
            rows = indicator_rows(connection, side_of_release(settings, entry.release))
        log.record_values(settings, entry, rows)


def _give_its_name(settings: Settings, release: str) -> None:
    """A staged release that the log names becomes the release."""
    staged, final = settings.layout.staged_release(release), settings.layout.release(release)
    if staged.is_dir() and not final.exists():
        staged.rename(final)
        sync(final.parent)


def _release_before(settings: Settings, release: str) -> Side:
    """A published release to compare with. Raises UnreadableRelease when it is damaged: a wrong diff must not go out.

    Only the files that a comparison reads are looked at, so that it costs next to nothing.
    """
    for mended in (False, True):
        try:
            side = side_of_release(settings, release)
            if mended or _reads_as_published(settings, side):
                return side
        except (OSError, ValueError, KeyError):
            if mended:
                raise
        refuse_unmendable(settings, release, _restore_step(settings, release))
    raise AssertionError("the second look returns or raises")


def _reads_as_published(settings: Settings, side: Side) -> bool:
    names = [*COMPARED, *(f"data/{dataset.name}.parquet" for dataset in side.datasets)]
    return all(sha256_file(settings.layout.release(side.release) / name) == side.sums.get(name) for name in names)


def _write_above(settings: Settings, published: list[Publication]) -> None:
    """The page and the feeds above the releases, from the log and the releases alone; untouched when they say the same."""
    folder = settings.layout.releases
    back = log.rollbacks(settings)
    taken = takedowns(settings.layout.log)
    down = releases_down(taken)
    history: list[Told] = []
    changes: list[Changes] = []
    for entry in published:
        said = None if entry.release in down else _said_by(folder / entry.release)
        history.append(Told.of(*said) if said else Told.by_the_log(entry))
        changes += [said[1]] if said else []
    documents = {
        "index.html": pages.releases_page(
            settings,
            history,
            back,
            log.current_release(settings),
            log.lineage(settings),
            log.held_closings(settings),
            taken,
        ),
        PUBLICATIONS_FEED: publications_feed(settings, history, back, taken),
        RESTATEMENTS_FEED: restatements_feed(settings, changes),
        **{f"{address}.html": pages.tombstone_page(settings, r, top="../") for r in taken if (address := tombstone(r))},
        **{f"{address}.json": r.content() for r in taken if (address := tombstone(r))},
    }
    for name, content in documents.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content, PUBLIC_FILE)
    keep_public(settings.layout)


def _said_by(folder: Path) -> tuple[ReleaseCard, Changes] | None:
    """What a release says of itself and of its changes; None when it is gone or damaged, which must not hold the others up."""
    card, changes = ReleaseCard.if_whole(folder / "publicacion.json"), Changes.if_whole(folder / "cambios.json")
    return (card, changes) if card and changes else None


def _make_read_only(folder: Path) -> None:
    """What is published is never written again. The folders stay writable, so that whoever prunes can still remove them."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(READ_ONLY if path.is_file() else PUBLIC_FOLDER)


def _log_entry(candidate: Candidate, changes: Changes, day: str, sums: str, order: int) -> Publication:
    """The object of the publication log (docs/interfaces.md)."""
    return Publication(
        release=candidate.release,
        orden=order,
        fecha=day,
        corte=candidate.cutoff,
        cierre=candidate.closing,
        run=candidate.run,
        digest=candidate.lock.digest,
        code=candidate.lock.code.sha256,
        sumas=sums,
        deliveries=[ReadVersion.taken_from(delivery) for delivery in candidate.lock.deliveries],
        datasets=[
            PublishedDataset(
                conjunto=d.name, columnas=d.column_names, filas=d.rows, cambio=changes.dataset(d.name).rows_differ
            )
            for d in candidate.datasets
        ],
    )


def _write_release(
    settings: Settings, candidate: Candidate, folder: Path, before: Side | None, day: str, progress: Progress
) -> Changes:
    """Everything of a release into `folder`; returns its changes."""
    if candidate.dataset(SHEETS) is None:
        raise PamgaError(
            f"The candidate has no dataset {SHEETS}, so there can be no indicator files.",
            f"Mark the mart {SHEETS} public (docs/interfaces.md).",
        )
    progress("Copiando los archivos")
    _take_files(candidate, folder)
    progress("Comparando con la publicación anterior")
    after = Side(
        release=candidate.release,
        day=day,
        folder=folder,
        datasets=candidate.datasets,
        sums={path: entry.sha256 for path, entry in candidate.files.items()},
        lock=candidate.lock,
    )
    changes = compare(settings, before, after)
    with connect(settings) as connection:
        indicators = indicator_files(settings, candidate, connection, after, changes)
        words = table_rows(connection, after.parquet(WORDS)) if after.dataset(WORDS) else []
    publication = _publication(settings, candidate, before, day)
    progress("Escribiendo catálogo, diccionarios y páginas")
    history = history_of(settings, changes, after.sums)
    down = datasets_down(takedowns(settings.layout.log))
    graph = build_catalogue(settings, candidate, changes, history, down)
    documents: dict[str, bytes] = {
        "publicacion.json": publication.content(),
        "inputs.lock": (candidate.run_folder / LOCK_NAME).read_bytes(),
        "calidad.json": quality_of(candidate).content(),
        "cambios.json": changes.content(),
        "catalogo.jsonld": as_json_ld(graph),
        "catalogo.ttl": as_turtle(graph),
        "datapackage.json": datapackage(settings, candidate, day).content(),
        "LICENCIA.txt": _licence(settings).encode(),
        SCHEMA_FILE: schema_bytes(),
        **{f"diccionario/{d.name}.json": dictionary(candidate, d).content() for d in candidate.datasets},
        **{f"indicadores/{identity}.json": document.content() for identity, document in indicators.items()},
        **pages.release_pages(settings, candidate, publication, changes, indicators, words, history.modified),
    }
    for name, content in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    _write_sums(folder)
    return changes


def _take_files(candidate: Candidate, folder: Path) -> None:
    """The candidate's files, byte for byte: as hard links where the file system has them, else as copies.

    They become read-only, since a release is immutable and its links share the run's bytes. Raises PamgaError when the
    candidate is no longer what its manifest says: the gate looked at other bytes.
    """
    (folder / "data").mkdir()
    names = [name for name in candidate.files if name.startswith("data/")]
    for name in (*names, *COPIED):
        source, target = candidate.folder / name, folder / name
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
        target.chmod(READ_ONLY)
        if sha256_file(target) != candidate.files[name].sha256:
            raise PamgaError(f"{source} has changed since the candidate was built.", "Build and check it again.")


def _publication(settings: Settings, candidate: Candidate, before: Side | None, day: str) -> ReleaseCard:
    card = ReleaseCard(
        format=ReleaseCard.FORMAT,
        release=candidate.release,
        run=candidate.run,
        digest=candidate.lock.digest,
        fecha=day,
        trimestre=candidate.description.trimestre,
        corte=candidate.description.corte,
        cierre=candidate.closing,
        cierre_por=candidate.lock.closing_by,
        ejemplo=candidate.example,
        anterior=before.release if before else None,
        aprobacion=candidate.approval,
        sello_anterior=seals.newest(settings),
        retirada_anterior=log.newest_withdrawal(settings),
        cierres_pendientes=[entry for entry in log.held_closings(settings) if entry.trimestre != candidate.closing],
    )
    days = candidate.lock.dias
    return card.model_copy(update={"dias_corregidos": days}) if days else card


def _licence(settings: Settings) -> str:
    return (
        f"{settings.license_name}\n{settings.license_url}\n\n"
        f"Estos datos son de {settings.publisher}. Puede copiarlos, compartirlos y transformarlos para cualquier fin, también\n"
        f"comercial, si menciona la fuente: «{settings.publisher}, {plan().titulo_corto}».\n"
    )


def _write_sums(folder: Path) -> None:
    """sumas_sha256.txt, as `sha256sum -c` reads it: every other file of the release."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
