"""Run by Spark's Python: expressions over values, as Spark computes them with the settings of a build (test_engine_expressions.py).

argv: a folder with values/*.parquet, the SQL in expressions.sql, and a place for answers/.
"""

import os
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[2]


def main(folder: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from warehouse.spark.worker import open_session

    os.environ |= {
        "PAMGA_SPARK_MASTER": "local[1]",
        "PAMGA_SPARK_MEMORY": "1g",
        "PAMGA_THREADS": "1",
        "PAMGA_SPARK_INPUT_BYTES": "0",
    }
    spark = open_session(folder)
    spark.sql(f"create table valores using parquet location 'file://{folder / 'values'}'")
    project = str(ROOT / "dbt_project")
    done: Any = dbtRunner().invoke(
        ["compile", "--quiet", "--target", "spark", "--project-dir", project, "--profiles-dir", project,
         "--target-path", str(folder / "spark"), "--log-path", str(folder), "--inline", (folder / "expressions.sql").read_text()]
    )  # fmt: skip
    if not done.success:
        raise SystemExit(str(done.exception))
    spark.sql(done.result.results[0].node.compiled_code).coalesce(1).write.parquet(str(folder / "answers"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
