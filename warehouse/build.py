"""Build a candidate: lock the inputs, make the schema `lake`, resolve places, run dbt, export the files to publish.

A run is a pure function of its lock. It is built in a folder of its own and appears under its name in one rename, so a killed
build leaves nothing that a reader could take for a candidate, and building the same inputs again finds the run already there. What
would be computed of what the run before was computed of is taken from there (warehouse/reuse.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from pamga.documents.lock import Lock
from pamga.engine import connect, writing
from pamga.logs import about
from pamga.quarter import Quarter
from pamga.rights import keep_private
from pamga.settings import Settings
from pamga.storage import commit_folder, exclusive_lock, flip_symlink, make_folder, read_json
from pamga.takedowns import datasets_down, takedowns
from warehouse import export, verdicts
from warehouse.closing import ClosedBy, given_before
from warehouse.dbt_runner import DBT_RESULTS, PROJECT, keep_as_before, run_dbt
from warehouse.findings import set_aside_for_findings
from warehouse.lake import WAREHOUSE, make_lake_schema
from warehouse.lock import LOCK_NAME, already_published, make_lock, set_aside
from warehouse.reuse import Graph, Reuse, begin
from warehouse.sharing import share_unchanged
from warehouse.spark import session as spark

LATEST = "latest"
CHOSEN = "por_calcular"  # the tag of the nodes that dbt is to run
SHOWN_OF_PEOPLE, SHOWN_RELATION = "stg_celdas_publicadas", "celdas_publicadas"
VERSIONS_TRIED = 3


@dataclass(frozen=True)
class BuildResult:
    """What a build made. `built` is false when the inputs are those of the newest release or of a run already there."""

    run: str
    release: str
    run_dir: Path | None
    built: bool


def build(
    settings: Settings, closing: Quarter | None = None, by: ClosedBy | None = None, *, whole: bool = False
) -> BuildResult:
    """Build the candidate of what stands in the lake now; `closing` makes it the closing one of that quarter.

    `by`: who closes it although deliveries are missing; without it, what was said with the held attempt that is tried again.
    `whole`: take nothing from the run before; the bytes are the same.
    Raises PamgaError when nothing was delivered or when dbt fails.
    """
    layout = settings.layout
    keep_private(layout)
    if closing is not None:
        by = by or given_before(settings, closing)
    with exclusive_lock(layout.locks / "build.lock"):
        lock = make_lock(settings, closing, by)
        published = already_published(settings, lock)
        if published is not None:
            _make_run_again(settings)
            return BuildResult(run="", release=published, run_dir=None, built=False)
        final = layout.run(lock.run)
        built = not (final / "candidate" / "manifest.json").exists()
        if built:
            make_folder(layout.runs)
            working = layout.runs / ".building"
            with about(run=lock.run), spark.session(settings, working):
                lock = _build_isolating(
                    settings, lock, working, None if whole or spark.current() else layout.runs / LATEST
                )
            share_unchanged(layout.runs / LATEST / "candidate", working / "candidate")
            shutil.rmtree(final, ignore_errors=True)
            commit_folder(working, final)
        flip_symlink(layout.runs / LATEST, lock.run)
        return BuildResult(run=lock.run, release=lock.release, run_dir=final, built=built)


def make_run_again(settings: Settings) -> str | None:
    """Build the run of the release that is up again, from its own lock, where its folder is gone: after a restore, a takedown, a
    disk. What insiders see and the reminders read it. Returns the run, or None when it is there or nothing is up."""
    with exclusive_lock(settings.layout.locks / "build.lock"):
        return _make_run_again(settings)


def _make_run_again(settings: Settings) -> str | None:
    layout = settings.layout
    lock_path = layout.current / LOCK_NAME
    if not lock_path.exists():
        return None
    run = Lock.read(lock_path).run
    final = layout.run(run)
    if (final / WAREHOUSE).exists():
        return None
    working = layout.runs / ".building"
    make_folder(layout.runs)
    rebuild(settings, lock_path, working)
    for name in ("json", "html"):  # what the gate said of it
        judged = layout.current / f"calidad.{name}"
        if judged.exists():
            shutil.copyfile(judged, working / f"quality.{name}")
    shutil.rmtree(final, ignore_errors=True)
    commit_folder(working, final)
    if not (layout.runs / LATEST).exists():
        flip_symlink(layout.runs / LATEST, run)
    return run


def rebuild(settings: Settings, lock_path: Path, folder: Path) -> Path:
    """Build again from a given lock into `folder`; returns the candidate's data folder. Used to prove a release's bytes.

    Raises PamgaError when the lake no longer holds a locked object.
    """
    lock = Lock.read(lock_path)
    down = datasets_down(takedowns(settings.layout.log))  # what was taken down since is not made again, not even here
    withdrawn = sorted({*lock.withdrawn, *down})
    with spark.session(settings, folder):
        _build_into(settings, lock.model_copy(update={"withdrawn": withdrawn}), folder)
    return folder / "candidate" / "data"


def _build_isolating(settings: Settings, lock: Lock, folder: Path, before: Path | None) -> Lock:
    """Build without the deliveries that are set aside for what the build finds in them; returns the lock that says which.

    Whatever is set aside is another version of a delivery, so this ends; after VERSIONS_TRIED builds a delivery is set
    aside with all its versions, so that a long row of bad ones costs no build each. What would change a verdict is looked for in
    what is left, and set aside down to what the public read (warehouse/verdicts.py). What is the same in the run `before`, and in
    the next build in what the one before made, is not computed again.
    """
    attempts = count(1)
    reuse = _begin(lock, folder, before)
    while True:
        _start(settings, lock, folder, reuse)
        found = set_aside_for_findings(settings, lock, folder / WAREHOUSE, whole=next(attempts) >= VERSIONS_TRIED)
        if not found:
            with connect(settings, folder / WAREHOUSE, read_only=True) as connection:
                changed = verdicts.changed_verdicts(connection, settings, lock)
            found = verdicts.to_set_aside(lock, changed)
        if not found:
            break
        lock = set_aside(lock, found)
    told = verdicts.accepted(settings, lock, changed)
    if told:
        lock = lock.model_copy(update={"veredictos": told})
        (folder / LOCK_NAME).write_bytes(lock.content())
    _finish(settings, lock, folder, reuse, before)
    return lock


def _build_into(settings: Settings, lock: Lock, folder: Path) -> None:
    reuse = _begin(lock, folder, None)
    _start(settings, lock, folder, reuse)
    _finish(settings, lock, folder, reuse, None)


def _begin(lock: Lock, folder: Path, before: Path | None) -> Reuse:
    """A new folder, with the warehouse of the run `before` where that serves."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return begin(before, lock, folder)


def _start(settings: Settings, lock: Lock, folder: Path, reuse: Reuse) -> None:
    """All that can be counted of what the lock names."""
    (folder / LOCK_NAME).write_bytes(lock.content())
    _prepare_warehouse(settings, lock, folder, reuse)
    _count(settings, folder, reuse)


def _finish(settings: Settings, lock: Lock, folder: Path, reuse: Reuse, before: Path | None) -> None:
    """What of the counts of people may be seen, and the files to publish."""
    _show(settings, lock, folder, reuse)
    export.write_candidate(settings, lock, folder, before, reuse.tables_as_before())
    if spark.current() is None:
        reuse.write(folder, lock)


def _count(settings: Settings, folder: Path, reuse: Reuse) -> None:
    """The first part of dbt: everything but what shows counts of people.

    Of what is there already, first what is made of small relations alone (quarters, cut-offs, what was delivered, layers): where
    that comes out as it was, what is counted of it stays as it was.
    """
    if spark.current() is not None:
        _compute_on_spark(settings, folder, ["--exclude", f"{SHOWN_OF_PEOPLE}+"])
        return
    if reuse.parsed is None:
        reuse.parsed = run_dbt(settings, folder, ["parse"])
        reuse.graph = Graph(read_json(folder / "dbt" / "manifest.json"))
    counted = [name for name in reuse.graph.in_order if SHOWN_RELATION not in reuse.graph.upstream(name)]
    small = [name for name in counted if reuse.graph.upstream(name) <= reuse.looked_at]
    compute: Callable[[list[str]], None] = partial(_compute, settings, folder, reuse)
    if not reuse.keys:
        compute(counted)
        compute = _is_computed
    compute(reuse.stale(small))
    with connect(settings, folder / WAREHOUSE, read_only=True) as connection:
        reuse.look_at(connection, small)
    compute(reuse.stale(set(counted) - set(small)))


def _is_computed(_: list[str]) -> None:
    """Everything is computed already."""


def _compute(settings: Settings, folder: Path, reuse: Reuse, names: list[str]) -> None:
    """Let dbt run these nodes and no others."""
    if names:
        for name, node in reuse.parsed.nodes.items():
            node.tags = [CHOSEN] if name in names else []
        chosen = [
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--indirect-selection",
            "empty",
            "--select",
            f"tag:{CHOSEN}",
        ]
        run_dbt(settings, folder, chosen, reuse.parsed)


def _show(settings: Settings, lock: Lock, folder: Path, reuse: Reuse) -> None:
    """The second part: of the counts of people, what the people step lets be seen."""
    from warehouse.people import write_people

    with writing(settings, folder / WAREHOUSE) as connection:
        write_people(connection, settings.layout.lake, lock, folder)
        reuse.take_sources(connection, lock)
    if spark.current() is not None:
        _compute_on_spark(settings, folder, ["--select", f"{SHOWN_OF_PEOPLE}+"])
        return
    shown = [name for name in reuse.graph.in_order if SHOWN_RELATION in reuse.graph.upstream(name)]
    _compute(settings, folder, reuse, reuse.stale(shown))
    keep_as_before(folder, [reuse.graph.nodes[name] for name in reuse.as_before()])


def _compute_on_spark(settings: Settings, folder: Path, selection: list[str]) -> None:
    """Seeds, models and tests of a selection: Spark computes the tables, and they are taken over from its files."""
    computing = spark.current()
    if computing is not None:
        seed = partial(run_dbt, settings, folder, ["seed"])
        computing.compute(folder, folder / WAREHOUSE, PROJECT, selection, seed)
        run_dbt(settings, folder, ["build", "--exclude-resource-type", "unit_test", *selection])
        computing.note_seconds(folder / DBT_RESULTS)


def _prepare_warehouse(settings: Settings, lock: Lock, folder: Path, reuse: Reuse) -> None:
    """The schema `lake`: locked deliveries, the log, and where each located row lies."""
    from warehouse.places import write_places

    with writing(settings, folder / WAREHOUSE) as connection:
        make_lake_schema(connection, settings.layout.lake, lock)
        write_places(connection, same_layers=reuse.has_places_of(lock))
        reuse.take_sources(connection, lock)
