"""The process that holds Spark: a request comes in as a line of JSON, and an answer goes out for each (warehouse/spark/session.py).

It runs in an environment of its own (requirements/spark.txt), so it imports nothing of ours. One process serves a whole build: the
catalogue lives in its memory, and starting Java and dbt costs many seconds. When the build ends or dies, its standard input ends, and
it goes too, whatever it is doing.

    {"tables": {"lake.acuerdos": {"path": "/…/lake.acuerdos", "columns": "`acuerdo_id` STRING, …"}}}
    {"folder": "/…/runs/.building", "dbt": ["run", …]}
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from pyspark import SparkContext
from pyspark.sql import SparkSession

SMALL_BYTES = 32 * 1024 * 1024  # of Parquet: below it a query is over before Java has compiled it
PART_BYTES = 32 * 1024 * 1024


def settings_of(folder: Path, memory: str, threads: int, size: int) -> dict[str, str]:
    """What results and speed hang on; everything else (executors, their memory, the cluster's file system) is Spark's own
    configuration (SPARK_CONF_DIR)."""
    small = size < SMALL_BYTES
    # the first compiler alone: most of what a small build does is done once or twice
    java = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC" if small else "-XX:+UseParallelGC"
    return {
        "spark.app.name": "pamga",
        "spark.driver.memory": memory,
        # its compression is a library that it unpacks first: in a container /tmp runs nothing
        "spark.driver.extraJavaOptions": f'{java} "-Djava.io.tmpdir={folder / "tmp"}"',
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": f"file://{folder / 'tables'}",
        "spark.local.dir": str(folder / "scratch"),
        # a catalogue that ends with the process: a build knows nothing of the one before
        "spark.sql.catalogImplementation": "in-memory",
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        # standard SQL, as DuckDB reads it: overflow and division by zero are errors, "names" are names, a backslash is a backslash
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        "spark.sql.parser.escapedStringLiterals": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.shuffle.partitions": str(1 if small else max(2 * threads, size // PART_BYTES)),
        "spark.sql.adaptive.enabled": str(not small).lower(),
        "spark.sql.codegen.wholeStage": str(not small).lower(),
    }


def main() -> None:
    """argv[1]: where Spark works. The environment says master, memory, threads and how much there is to read."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever dbt, Spark or Java print goes to the log
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    folder = Path(sys.argv[1])
    (folder / "tmp").mkdir(exist_ok=True)
    spark = open_session(folder)
    while True:
        answers.write(json.dumps(_answer(spark, json.loads(requests.get()))) + "\n")
        answers.flush()


def _listen(requests: queue.Queue[str]) -> None:
    """Read requests until there is nobody left to answer. Java ends when its own standard input does, and is waited for."""
    for line in sys.stdin:
        requests.put(line)
    java = getattr(SparkContext._gateway, "proc", None)
    if java is not None:
        java.stdin.close()
        java.wait()
    os._exit(0)


def open_session(folder: Path) -> SparkSession:
    """A Spark with the settings of a build."""
    settings = settings_of(
        folder,
        os.environ["PAMGA_SPARK_MEMORY"],
        int(os.environ["PAMGA_THREADS"]),
        int(os.environ["PAMGA_SPARK_INPUT_BYTES"]),
    )
    builder = SparkSession.builder.master(os.environ["PAMGA_SPARK_MASTER"])
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _answer(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    if "tables" in request:
        for name, table in request["tables"].items():
            _give(spark, name, **table)
        return {}
    os.chdir(request["folder"])
    result = dbtRunner().invoke(request["dbt"])
    nodes = [
        {
            "id": run.node.unique_id,
            "name": run.node.name,
            "status": str(run.status),
            "seconds": round(float(run.execution_time), 3),
            "message": str(run.message),
        }
        for run in getattr(result.result, "results", None) or []
    ]
    return {"success": result.success, "nodes": nodes, "error": str(result.exception or "")}


def _give(spark: SparkSession, name: str, path: str, columns: str) -> None:
    """Make a table over a folder of Parquet files; an earlier one of that name is forgotten."""
    spark.sql(f"create database if not exists {name.split('.', maxsplit=1)[0]}")
    spark.sql(f"drop table if exists {name}")
    spark.sql(f"create table {name} ({columns}) using parquet location 'file://{path}'")


if __name__ == "__main__":
    main()
