"""Build a candidate: lock the inputs, make the schema `lake`, resolve places, run dbt, export the files to publish.

A run is a pure function of its lock. It is built in a folder of its own and appears under its name in one rename, so a killed
build leaves nothing that a reader could take for a candidate, and building the same inputs again finds the run already there. What
would be computed of what the run before was computed of is taken from there (warehouse/reuse.py).
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from pamga.documents.build import DbtNode, DbtRun
from pamga.documents.lock import ExampleRow, Finding, Lock, SetAside
from pamga.engine import connect
from pamga.errors import PamgaError
from pamga.faults import first_line, our_fault
from pamga.logs import about
from pamga.quarter import Quarter
from pamga.rights import keep_private
from pamga.settings import Settings
from pamga.standing import BY_FINDINGS, Version, identity_of, version_of
from pamga.storage import commit_folder, exclusive_lock, flip_symlink, make_folder, read_json
from pamga.takedowns import datasets_down, takedowns
from warehouse import export, lineage, verdicts
from warehouse.closing import ClosedBy, given_before
from warehouse.lake import WAREHOUSE, make_lake_schema
from warehouse.lock import LOCK_NAME, already_published, make_lock, set_aside, sources_hash
from warehouse.reuse import Graph, Reuse, begin
from warehouse.sharing import share_unchanged
from warehouse.spark import session as spark

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
LATEST = "latest"
DBT_RESULTS = "dbt_results.json"
DBT_KINDS = ("model", "seed", "test")
AS_BEFORE = "as before"
SHOWN_FAILURES = 3
PARSE_CACHE = "partial_parse.msgpack"
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


def set_aside_for_findings(
    settings: Settings, lock: Lock, warehouse: Path, *, whole: bool = False
) -> dict[Version, SetAside]:
    """The versions that a built warehouse finds too much in, each with its findings and a sentence that says them.

    `whole`: every version of such a delivery.
    """
    with connect(settings, warehouse, read_only=True) as connection:
        rows = connection.execute(FOUND_TOO_MUCH).fetchall()
    found: dict[Version, list[Finding]] = {}
    for *named, tipo, titulo, remedio, filas, aceptadas, listed in rows:
        export_name, trimestre, dependencia, number = named
        finding = Finding(
            tipo=tipo, titulo=titulo, remedio=remedio, filas=filas, filas_aceptadas=aceptadas,
            ejemplos=[ExampleRow(fila=fila, columna=columna, detalle=detalle) for fila, columna, detalle in listed],
        )  # fmt: skip
        found.setdefault((export_name, trimestre, dependencia, number), []).append(finding)
    if not whole:
        return {version: _for_findings(version, items) for version, items in found.items()}
    identities = {version[:3]: items for version, items in found.items()}
    return {
        version_of(v): _for_findings(version_of(v), identities[identity_of(v)])
        for v in lock.versions
        if identity_of(v) in identities
    }


def _for_findings(version: Version, findings: list[Finding]) -> SetAside:
    export_name, trimestre, dependencia, number = version
    return SetAside(
        export=export_name, trimestre=trimestre, dependencia=dependencia, version=number, origen=BY_FINDINGS,
        motivo=_findings_in_words(findings), hallazgos=findings,
    )  # fmt: skip


# With the first rows of each kind, since they are no longer there when the delivery is. Rows of people have no key in a finding.
FOUND_TOO_MUCH = """
    with filas as (
        select tipo, export, dependencia, trimestre, version, max(remedio) as remedio,
            list([cast(fila as varchar), columna, detalle] order by fila, llave, columna)[1:20] as ejemplos
        from marts.hallazgos group by all
    )
    select export, trimestre, dependencia, version, tipo, resumen.titulo, filas.remedio, resumen.filas, filas_aceptadas, ejemplos
    from marts.hallazgos_resumen as resumen inner join filas using (tipo, export, dependencia, trimestre, version)
    where detiene order by export, trimestre, dependencia, version, tipo
"""


def _findings_in_words(findings: list[Finding]) -> str:
    said = [f"{item.titulo.lower()} ({item.reach})" for item in findings]
    return f"{'; '.join(said).capitalize()}."


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

    with connect(settings, folder / WAREHOUSE) as connection:
        write_people(connection, settings.layout.lake, lock, folder)
        reuse.take_sources(connection, lock)
    if spark.current() is not None:
        _compute_on_spark(settings, folder, ["--select", f"{SHOWN_OF_PEOPLE}+"])
        return
    shown = [name for name in reuse.graph.in_order if SHOWN_RELATION in reuse.graph.upstream(name)]
    _compute(settings, folder, reuse, reuse.stale(shown))
    _keep_as_before(folder, reuse)


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

    with connect(settings, folder / WAREHOUSE) as connection:
        make_lake_schema(connection, settings.layout.lake, lock)
        standing = [version_of(delivery) for delivery in lock.deliveries]
        write_places(connection, standing, reuse.located(lock))
        reuse.take_sources(connection, lock)


def run_dbt(settings: Settings, folder: Path, arguments: list[str], parsed: Any = None) -> Any:
    """Run dbt in this process on `folder`/warehouse.duckdb; returns what dbt returned. Raises PamgaError naming what failed.

    `parsed`: what it returned when it parsed the project, which need not be read again then, nor be written for anybody but lineage.

    dbt works with the folder as its current one and a relative path to the warehouse: then its parse cache, which depends on
    the connection's path, serves every run. It is kept per content of the project: dbt's own partial parsing has lost
    columns of models whose yml had changed. What went wrong is in the error and in dbt.log; every statement as dbt sent it is
    in the folder's dbt/run, so nothing else is logged: writing ten thousand lines took longer than the queries.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from dbt.cli.main import dbtRunner

    target = folder / "dbt"
    target.mkdir(exist_ok=True)
    caches = parse_caches(settings)
    kept = next((cache for cache in caches if cache.exists()), None)
    if parsed is None and kept is not None:
        shutil.copyfile(kept, target / PARSE_CACHE)
    common = [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target),
        "--log-path", str(target / "logs"), "--target", "duckdb", "--no-use-colors", "--log-level", "none", "--log-level-file", "warn",
    ]  # fmt: skip
    environment = {
        "PAMGA_WAREHOUSE": WAREHOUSE,
        "PAMGA_MEMORY_LIMIT": settings.memory_limit,
        "PAMGA_THREADS": str(settings.threads),
        "PAMGA_SPARK_TABLES": str(computing.tables) if (computing := spark.current()) else "",
    }
    if parsed is not None and not settings.lineage:
        common.append("--no-write-json")
    with chdir(folder), _environment(environment), _rare_garbage_collection():
        try:
            result = dbtRunner(manifest=parsed).invoke([*arguments, *common])
        finally:
            _let_go_of_warehouse()
        lineage.emit(settings, PROJECT, target)
    _keep_results(folder, result)
    if not result.success:
        failed = PamgaError(f"dbt {arguments[0]} failed: {_failures(result)}.", f"Read {target / 'logs' / 'dbt.log'}.")
        raise our_fault(failed) or failed
    if parsed is None and kept is None:
        _keep_parse_cache(target / PARSE_CACHE, caches)
    return result.result


def _keep_results(folder: Path, result: Any) -> None:
    """Add what this call of dbt ran to what those before it did."""
    path = folder / DBT_RESULTS
    before = DbtRun.read(path).nodes if path.exists() else []
    ran = [
        DbtNode(
            name=r.node.name,
            layer=_layer(r.node.fqn, r.node.resource_type),
            kind=str(r.node.resource_type),
            status=str(r.status),
            seconds=round(float(r.execution_time), 3),
        )
        for r in getattr(result.result, "results", None) or []
        if r.node.resource_type in DBT_KINDS
    ]
    again = {(node.kind, node.name) for node in ran}
    path.write_bytes(DbtRun(nodes=[*(n for n in before if (n.kind, n.name) not in again), *ran]).content())


def _layer(fqn: list[str], kind: str) -> str:
    return fqn[1] if len(fqn) > 2 else f"{kind}s"


def _keep_as_before(folder: Path, reuse: Reuse) -> None:
    """Add the nodes that are those of the run before."""
    path = folder / DBT_RESULTS
    ran = DbtRun.read(path).nodes if path.exists() else []
    names = {node.name for node in ran}
    nodes = [reuse.graph.nodes[name] for name in reuse.as_before()]
    taken = [
        DbtNode(
            name=n["name"],
            layer=_layer(n["fqn"], n["resource_type"]),
            kind=n["resource_type"],
            status=AS_BEFORE,
            seconds=0,
        )
        for n in nodes
        if n["name"] not in names
    ]
    path.write_bytes(DbtRun(nodes=[*ran, *taken]).content())


def _let_go_of_warehouse() -> None:
    """Close the database that dbt-duckdb keeps open for the process.

    It is kept under its path, which is the same relative one for every run: a second build in this process would write into
    the first one's warehouse.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()


def _failures(result: Any) -> str:
    """What failed first, in a line; the log has the rest."""
    if result.exception is not None:
        return first_line(result.exception)
    nodes = getattr(result.result, "results", [])
    failed = [r for r in nodes if r.status in ("error", "fail", "runtime error")]
    said = [first_line(PamgaError(f"{r.node.unique_id}: {r.message}")) for r in failed[:SHOWN_FAILURES]]
    if len(failed) > len(said):
        said.append(f"and {len(failed) - len(said)} more")
    return "; ".join(said) or "no node reported why"


def parse_caches(settings: Settings) -> list[Path]:
    """Where the parse of this very project is kept: beside it, and with the runs where the installation is read-only."""
    name = f"{sources_hash(['dbt_project'])[:16]}-{PARSE_CACHE}"
    return [PROJECT / "target" / name, settings.layout.runs / ".parsed" / name]


def _keep_parse_cache(made: Path, caches: Sequence[Path]) -> None:
    """Keep the parse for the next run in the first place where that is allowed."""
    for cache in caches:
        with suppress(OSError):
            cache.parent.mkdir(exist_ok=True)
            temporary = cache.with_name(f".tmp-{cache.name}-{os.getpid()}")
            shutil.copyfile(made, temporary)
            temporary.replace(cache)
            for older in sorted(cache.parent.glob(f"*-{PARSE_CACHE}"), key=lambda path: path.stat().st_mtime)[:-3]:
                older.unlink(missing_ok=True)
            return


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """dbt keeps the whole project in memory and makes many short-lived objects: looking for cycles among all of them as often
    as Python does by default takes a tenth of a build."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
