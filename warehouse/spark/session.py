"""A Spark that serves one build: it gets the schema `lake` as Parquet, runs dbt's models, and leaves their tables as Parquet.

What it computed is taken by the ordinary build (macros/engine/materializaciones.sql): the same seeds, views, contracts and tests, but what
a table holds is read from Spark's files. So gate, release and `pamga explain` know nothing of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pamga.documents.build import DbtRun
from pamga.engine import connect, quoted
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import sha256_file
from warehouse.lock import LOCK_NAME

ROOT = Path(__file__).resolve().parent.parent.parent
WORKER = Path(__file__).with_name("worker.py")
LOG = "spark.log"
FOLDER = ".spark-"
JAVA_NEEDED = 17
BETWEEN_PARTS = "celdas_publicadas"  # what of the schema `lake` changes while a lock is built (warehouse/people)
TYPES = {"VARCHAR": "STRING", "BLOB": "BINARY", "INTEGER": "INT"}
Seed = Callable[[], None]

_open: Session | None = None  # a build holds the lock of builds: there is never another in this process


class Session:
    """A running Spark with its folder beside the run's. Every machine of a cluster must see that folder under the same path."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._run = folder  # whose log it is
        self._lock = ""
        self._seconds: dict[str, float] = {}

    @property
    def tables(self) -> Path:
        """Where Spark's tables lie: <schema>.db/<table>/part-*.parquet."""
        return self._folder / "tables"

    def compute(self, run: Path, warehouse: Path, project: Path, selection: Sequence[str], seed: Seed) -> None:
        """Let Spark compute the selected models of the run in `run`. Raises PamgaError naming what failed."""
        self._run = run
        lock = sha256_file(run / LOCK_NAME)
        if lock != self._lock:
            seed()
        given = self._hand_over(warehouse, whole=lock != self._lock)
        self._lock = lock
        self._ask({"tables": given})
        answer = self._ask({"folder": str(run), "dbt": _command(project, self._folder, selection)})
        self._seconds |= {node["name"]: node["seconds"] for node in answer["nodes"]}
        if not answer["success"]:
            raise PamgaError(f"dbt on Spark failed: {_failures(answer)}.", f"Read {self._keep_log()}.")

    def note_seconds(self, results: Path) -> None:
        """Give the tables of dbt_results.json the seconds that Spark took for them, on top of those of taking them over."""
        nodes = [
            node.model_copy(update={"seconds": round(node.seconds + self._seconds.pop(node.name, 0), 3)})
            for node in DbtRun.read(results).nodes
        ]
        results.write_bytes(DbtRun(nodes=nodes).content())

    def close(self) -> None:
        """End Spark and sweep its folder: what was computed is in the run by now."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()  # which it takes as its end
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _hand_over(self, warehouse: Path, *, whole: bool) -> dict[str, dict[str, str]]:
        """Write the relations of the schemas lake and seeds as Parquet: name -> file and columns.

        Typed by the contracts, each row with its delivery, as DuckDB reads them from the lake: types that changed and columns that
        got another name are resolved in one place.
        """
        with connect(self._settings, warehouse, read_only=True) as connection:
            columns: dict[str, list[str]] = {}
            for schema, table, column, sql_type in connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "where schema_name in ('lake', 'seeds') order by schema_name, table_name, column_index"
            ).fetchall():
                columns.setdefault(f"{schema}.{table}", []).append(f"`{column}` {TYPES.get(sql_type, sql_type)}")
            given = {}
            for name, described in columns.items():
                if not whole and not name.endswith(f".{BETWEEN_PARTS}"):
                    continue
                path = self._folder / "given" / name
                path.mkdir(parents=True, exist_ok=True)
                schema, table = name.split(".")
                connection.execute(
                    f'copy (select * from {schema}."{table}") to {quoted(str(path / "rows.parquet"))} (format parquet, compression zstd)'
                )
                given[name] = {"path": str(path), "columns": ", ".join(described)}
        return given

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101  (both are pipes)
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PamgaError(
                f"Spark ended: {_what_went_wrong(self._folder / LOG)}",
                f"Read {self._keep_log()}; with PAMGA_SPARK_MASTER, see that the cluster answers. Then build again: nothing is half done.",
            )
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        problems = problems_of(self._settings)
        if problems:
            raise PamgaError(*problems[0])
        size = sum(path.stat().st_size for path in self._folder.rglob("*.parquet"))
        environment = os.environ | {
            "PAMGA_SPARK_MASTER": master(self._settings),
            "PAMGA_SPARK_MEMORY": java_memory(self._settings.memory_limit),
            "PAMGA_SPARK_INPUT_BYTES": str(size),
            "PAMGA_THREADS": str(self._settings.threads),
            "DO_NOT_TRACK": "1",
        }
        with (self._folder / LOG).open("w") as log:
            return subprocess.Popen(
                [str(python(self._settings)), str(WORKER), str(self._folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, start_new_session=True,
            )  # fmt: skip

    def _keep_log(self) -> Path:
        """The log where it can be read once Spark's folder is swept."""
        kept = self._run / LOG
        if (self._folder / LOG).exists():
            shutil.copyfile(self._folder / LOG, kept)
        return kept


@contextmanager
def session(settings: Settings, run: Path) -> Iterator[None]:
    """While a run is built: on Spark when PAMGA_ENGINE says so. What a killed build left behind is swept first."""
    global _open  # noqa: PLW0603
    if settings.engine != "spark":
        yield
        return
    run.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{FOLDER}{run.name.lstrip('.')}-"
    for left in run.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    _open = Session(settings, Path(tempfile.mkdtemp(prefix=prefix, dir=run.parent)))
    try:
        yield
    finally:
        _open.close()
        _open = None


def current() -> Session | None:
    """The Spark of the build that is under way; None where DuckDB computes."""
    return _open


def master(settings: Settings) -> str:
    """Which Spark: the cluster of PAMGA_SPARK_MASTER, or this machine."""
    return settings.spark_master or f"local[{settings.threads}]"


def python(settings: Settings) -> Path:
    """Python of Spark's environment."""
    return ROOT / settings.spark_python


def java_memory(limit: str) -> str:
    """DuckDB's way of writing an amount of memory in Java's. Raises PamgaError when it is none that Java knows."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt])i?b?\s*", limit.lower())
    if found is None:
        raise PamgaError(f"PAMGA_MEMORY_LIMIT={limit} is no amount of memory for Spark.", "Write it as 3GB.")
    kilobytes = float(found[1]) * 1024 ** "kmgt".index(found[2])
    return f"{int(kilobytes)}k"


def problems_of(settings: Settings) -> list[tuple[str, str]]:
    """What is missing for Spark on this machine, each with what to do."""
    problems = []
    if not python(settings).exists():
        problems.append(
            (
                f"PAMGA_ENGINE=spark needs an environment of its own, and there is no {python(settings)}.",
                "Run `make spark`, or set PAMGA_SPARK_PYTHON to the Python of one.",
            )
        )
    version = _java_version()
    if version is None or version < JAVA_NEEDED:
        found = "there is none" if version is None else f"this machine has {version}"
        problems.append(
            (
                f"Spark needs Java {JAVA_NEEDED} or newer, and {found}.",
                "Install it (Debian: apt-get install openjdk-17-jre-headless) or point JAVA_HOME to one.",
            )
        )
    return problems


def _java_version() -> int | None:
    """Major version of the Java that Spark would take."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True, timeout=30).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def _command(project: Path, folder: Path, selection: Sequence[str]) -> list[str]:
    return [
        "run", *selection, "--target", "spark", "--project-dir", str(project), "--profiles-dir", str(project),
        "--target-path", str(folder / "dbt"), "--log-path", str(folder / "logs"),
        "--no-use-colors", "--log-level", "error", "--log-level-file", "warn",
    ]  # fmt: skip


def _failures(answer: dict[str, Any]) -> str:
    failed = [node for node in answer["nodes"] if node["status"] == "error"]
    said = [f"{node['id']}: {' '.join(node['message'].split())[:300]}" for node in failed[:3]]
    if len(failed) > len(said):
        said.append(f"and {len(failed) - len(said)} more")
    return "; ".join(said) or answer["error"] or "no node reported why"


def _what_went_wrong(log: Path) -> str:
    """What the log says first of what went wrong, else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()] if log.exists() else []
    told = [line for line in lines if re.search(r"error|exception|killed|refused", line, re.IGNORECASE)]
    return (told[:1] or lines[-1:] or ["it said nothing"])[0][:300].rstrip(".") + "."
