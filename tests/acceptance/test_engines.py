"""PAMGA_ENGINE=spark: the same candidate as DuckDB's, on this machine and on a cluster; what is missing is said; nothing is half done."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psutil
import pytest

from operation.doctor import FAIL, examine
from pamga.errors import PamgaError
from pamga.settings import Settings
from tests.acceptance.engines import built_on, differences, drawn
from tests.acceptance.legitimate_lakes import go_through
from tests.oracle.lake_writer import Version, write_lake
from tests.oracle.second_opinion import Delivery
from tests.servers import free_port, wait_until
from warehouse.build import LATEST
from warehouse.spark.session import FOLDER, ROOT, java_memory

PAMGA = Path(sys.executable).with_name("pamga")
SECONDS = 900  # on a machine that does something else as well


def sample_lake(data: Path) -> None:
    """The lake of the sample's deliveries, of which nothing was built yet."""
    ready = os.environ.get("PAMGA_TEST_DATA")  # a PAMGA_DATA that an earlier step of .ci/run made
    if ready:
        shutil.copytree(Path(ready) / "lake", data / "lake", ignore=shutil.ignore_patterns("_log"))
        return
    for command in (["sample", str(data / "inbox")], ["receive"]):
        subprocess.run([PAMGA, *command], env={**os.environ, "PAMGA_DATA": str(data)}, check=False, capture_output=True)


@pytest.mark.servers
def test_killed_and_started_again_spark_builds_what_duckdb_builds_of_the_sample(tmp_path: Path) -> None:
    data, runs = tmp_path / "data", tmp_path / "data" / "runs"
    sample_lake(data)
    # Java's folder for what it unpacks will not do, as in a container whose /tmp runs nothing
    nowhere = f"-Djava.io.tmpdir={tmp_path / 'nowhere'}"
    environment = {**os.environ, "PAMGA_DATA": str(data), "PAMGA_ENGINE": "spark", "JAVA_TOOL_OPTIONS": nowhere}
    killed = subprocess.Popen([PAMGA, "build"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until("a table of Spark's", lambda: any(runs.glob(f"{FOLDER}*/tables/intermediate.db/*/part-*")), SECONDS)
    of_the_build = psutil.Process(killed.pid).children(recursive=True)
    assert any(process.name() == "java" for process in of_the_build)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    wait_until("the end of Spark", lambda: not any(lives(process) for process in of_the_build), SECONDS)
    assert not (runs / LATEST).exists()

    subprocess.run([PAMGA, "build"], env=environment, check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)
    assert list(runs.glob(f"{FOLDER}*")) == []
    settings = Settings(data=data)
    assert differences(built_on("duckdb", settings, runs / LATEST, tmp_path / "duckdb"), runs / LATEST) == []


@pytest.mark.servers
def test_a_cluster_builds_what_duckdb_builds_of_a_random_lake(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert go_through(drawn(2), data).said == ""
    settings = Settings(data=data)
    with cluster(tmp_path) as master:
        on_it = settings.model_copy(update={"spark_master": master})
        computed = built_on("spark", on_it, settings.layout.runs / LATEST, tmp_path / "spark")
    assert differences(built_on("duckdb", settings, settings.layout.runs / LATEST, tmp_path / "duckdb"), computed) == []


@pytest.mark.servers
def test_what_a_failing_spark_says_and_leaves(tmp_path: Path) -> None:
    """An address that is none; a cluster that does not answer ends the same way, after the minute in which Spark tries again."""
    data = tmp_path / "data"
    write_lake(
        data / "lake", [Version(Delivery("acuerdos", "presupuesto_participativo", "2026T3", (), date(2026, 10, 10)))]
    )
    environment = {**os.environ, "PAMGA_DATA": str(data), "PAMGA_ENGINE": "spark"}
    environment["PAMGA_SPARK_MASTER"] = "sparc://127.0.0.1:7077"
    done = subprocess.run(
        [PAMGA, "build"], env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 3
    assert (
        "Master must either be yarn or start with spark, k8s, or local" in done.stderr
        and "Traceback" not in done.stderr
    )
    assert not (data / "runs" / LATEST).exists()
    assert list((data / "runs").glob(f"{FOLDER}*")) == []


def test_what_is_missing_is_said_before_anything_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "no-java"))
    settings = Settings(data=tmp_path, engine="spark", spark_python=tmp_path / "bin" / "python")
    said = [check for check in examine(settings, quick=True) if check.part == "engine"]
    assert [check.state for check in said] == [FAIL, FAIL]
    assert "there is no " in said[0].said and "make spark" in said[0].mend
    assert "Spark needs Java 17" in said[1].said and "openjdk-17-jre-headless" in said[1].mend
    assert not [check for check in examine(Settings(data=tmp_path), quick=True) if check.part == "engine"]


def test_an_amount_of_memory_is_written_as_java_reads_it() -> None:
    assert [java_memory(text) for text in ("3GB", "512MB", "1.5GiB", "2 g")] == [
        "3145728k",
        "524288k",
        "1572864k",
        "2097152k",
    ]
    with pytest.raises(PamgaError, match="80%"):
        java_memory("80%")


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A Spark of its own processes, with its own Java for the driver, the master, a worker and what it starts; its address."""
    found = ROOT / ".venv-spark" / "bin" / "python"
    home = subprocess.run(
        [found, "-c", "import pyspark; print(pyspark.__path__[0])"], check=True, capture_output=True, text=True
    ).stdout.strip()
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    start = [str(Path(home) / "bin" / "spark-class")]
    parts = [
        ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"],
        ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g", "--webui-port", "0",
         "--work-dir", str(folder / "work"), address],
    ]  # fmt: skip
    environment = {**os.environ, "SPARK_HOME": home, "SPARK_DAEMON_MEMORY": "256m"}
    running = []
    try:
        for part in parts:
            with (folder / f"{part[0].rpartition('.')[2]}.log").open("w") as log:
                running.append(subprocess.Popen([*start, *part], env=environment, stdout=log, stderr=log))
        worker = folder / "Worker.log"
        registered = "Successfully registered with master"
        wait_until("Spark's worker", lambda: registered in worker.read_text(), SECONDS, worker)
        yield address
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def lives(process: psutil.Process) -> bool:
    """Whether it still does something: one that nobody waits for keeps its number."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
