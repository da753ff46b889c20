"""OpenLineage events of Airflow's own tasks go where one setting says, and nowhere unless it does; tests/production/test_end_to_end.py
reads those of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def python(*arguments: str, **environment: str) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "PAMGA_", "OPENLINEAGE", "PYTEST"))
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_the_embedded_default_follows_the_one_setting(tmp_path: Path) -> None:
    ask = "from operation.airflow_env import airflow_environment as a; from pamga.settings import Settings as S; print(a(S())['AIRFLOW__OPENLINEAGE__TRANSPORT'])"
    data = {"PAMGA_DATA": str(tmp_path)}
    assert python("-c", ask, **data) == ""
    assert json.loads(python("-c", ask, **data, PAMGA_LINEAGE="https://linaje.example")) == {
        "type": "http",
        "url": "https://linaje.example",
    }
    told = json.loads(python("-c", ask, **data, PAMGA_LINEAGE=str(tmp_path / "l.json")))
    assert told == {"type": "file", "log_file_path": str(tmp_path / "l.json"), "append": True}


def test_nothing_is_told_unless_it_is_asked_for(tmp_path: Path) -> None:
    ask = "from airflow.providers.openlineage.conf import is_disabled, namespace; print(is_disabled(), namespace())"
    production = {
        "AIRFLOW_CONFIG": str(ROOT / "docker/airflow.cfg"),
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
    }
    assert python("-c", ask, **production).splitlines()[-1] == "True pamga-leon"
