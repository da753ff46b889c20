"""dbt in this process: one call on the warehouse of a run, and what each of its nodes took (`runs/<run>/dbt_results.json`)."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from typing import Any

from pamga.documents.build import DbtNode, DbtRun
from pamga.errors import PamgaError
from pamga.faults import first_line, our_fault
from pamga.settings import Settings
from pamga.storage import sha256_bytes
from warehouse import lineage
from warehouse.fingerprint import sources_hash
from warehouse.lake import WAREHOUSE
from warehouse.spark import session as spark

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
DBT_RESULTS = "dbt_results.json"
DBT_KINDS = ("model", "seed", "test")
AS_BEFORE = "as before"
SHOWN_FAILURES = 3
PARSE_CACHE = "partial_parse.msgpack"
DIGEST = 64  # hex digits before a kept parse


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
    kept = parsed is None and _take_parse_cache(caches, target / PARSE_CACHE)
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
    with chdir(folder), _environment(environment), _rare_garbage_collection(), _silent_log_failures():
        try:
            result = dbtRunner(manifest=parsed).invoke([*arguments, *common])
        finally:
            _let_go_of_warehouse()
        lineage.emit(settings, PROJECT, target)
    if isinstance(result.exception, KeyboardInterrupt):  # dbt makes a failure of it
        raise result.exception
    _keep_results(folder, result)
    if not result.success:
        failed = PamgaError(f"dbt {arguments[0]} failed: {_failures(result)}.", f"Read {target / 'logs' / 'dbt.log'}.")
        raise our_fault(failed) or failed
    if parsed is None and not kept:
        _keep_parse_cache(target / PARSE_CACHE, caches)
    return result.result


def _results_so_far(folder: Path) -> list[DbtNode]:
    run = DbtRun.if_there(folder / DBT_RESULTS)
    return run.nodes if run else []


def _keep_results(folder: Path, result: Any) -> None:
    """Add what this call of dbt ran to what those before it did."""
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
    kept = [node for node in _results_so_far(folder) if (node.kind, node.name) not in again]
    (folder / DBT_RESULTS).write_bytes(DbtRun(nodes=[*kept, *ran]).content())


def keep_as_before(folder: Path, nodes: Iterable[Mapping[str, Any]]) -> None:
    """Add these nodes of the manifest, which were taken from the run before, to what dbt ran."""
    ran = _results_so_far(folder)
    names = {node.name for node in ran}
    taken = [
        DbtNode(
            name=node["name"],
            layer=_layer(node["fqn"], node["resource_type"]),
            kind=node["resource_type"],
            status=AS_BEFORE,
            seconds=0,
        )
        for node in nodes
        if node["name"] not in names
    ]
    (folder / DBT_RESULTS).write_bytes(DbtRun(nodes=[*ran, *taken]).content())


def _layer(fqn: list[str], kind: str) -> str:
    return fqn[1] if len(fqn) > 2 else f"{kind}s"


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


def _take_parse_cache(caches: Sequence[Path], target: Path) -> bool:
    """Give dbt the first kept parse that is whole. dbt runs the SQL that it holds without another look at the models' files, so a
    bit that a disk changed in it would be a figure that is wrong in every run."""
    for cache in caches:
        with suppress(OSError):
            digest, parse = (content := cache.read_bytes())[:DIGEST], content[DIGEST:]
            if digest == sha256_bytes(parse).encode():
                target.write_bytes(parse)
                return True
    return False


def _keep_parse_cache(made: Path, caches: Sequence[Path]) -> None:
    """Keep the parse, behind its hash, for the next run in the first place where that is allowed."""
    for cache in caches:
        with suppress(OSError):
            cache.parent.mkdir(exist_ok=True)
            temporary = cache.with_name(f".tmp-{cache.name}-{os.getpid()}")
            parse = made.read_bytes()
            temporary.write_bytes(sha256_bytes(parse).encode() + parse)
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
def _silent_log_failures() -> Iterator[None]:
    """On a full disk dbt's log fails at each line, with a traceback: what fails besides says it once."""
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


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
