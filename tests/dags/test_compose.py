"""docker-compose.yml and the image against the code: no setting that nobody reads, no file that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from operation.airflow_env import BUILD_POOL, airflow_environment
from pamga.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def environment(compose: dict[str, Any]) -> dict[str, str]:
    variables: dict[str, str] = compose["x-pipeline"]["environment"]
    return variables


def test_every_setting_is_read_by_somebody(environment: dict[str, str]) -> None:
    ours = {f"PAMGA_{name.upper()}" for name in Settings.model_fields}
    superset = set(
        re.findall(r"PAMGA_SUPERSET_\w+", (ROOT / "dashboards" / "environment.py").read_text(encoding="utf-8"))
    )
    assert {name for name in environment if name.startswith("PAMGA_")} <= ours | superset


def test_settings_of_the_installation_reach_every_part(compose: dict[str, Any]) -> None:
    """Addresses, the mail connection, who closes a quarter: whatever .env says."""
    assert compose["x-pipeline"]["env_file"] == [".env"]
    parts = ("airflow-api", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-worker")
    for part in (*parts, "airflow-init", "files", "superset"):
        assert compose["services"][part]["env_file"] == [".env"], part


def test_production_differs_from_the_embedded_default_only_where_it_must(
    environment: dict[str, str], tmp_path: Path
) -> None:
    embedded = airflow_environment(Settings(data=tmp_path))
    for name in ("AIRFLOW__CORE__DEFAULT_TIMEZONE", "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"):
        assert environment[name] == embedded[name], name
    in_image = dict(re.findall(r"(AIRFLOW__\w+)=(\S+)", DOCKERFILE))
    for name in ("AIRFLOW__CORE__LOAD_EXAMPLES", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"):
        assert in_image[name] == embedded[name], name


def test_no_secret_has_a_default(environment: dict[str, str]) -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY")
    for name, value in environment.items():
        for variable, modifier in re.findall(r"\$\{(\w+)(:[-?])?", str(value)):
            if secret.search(variable):
                assert modifier == ":?", name
        if secret.search(name) and name != "PAMGA_REQUIRE_KEYS":
            assert str(value).startswith("${"), name


def test_the_pool_of_one_is_made(compose: dict[str, Any]) -> None:
    assert f"pools set {BUILD_POOL} 1 " in compose["services"]["airflow-init"]["command"][2]


def test_the_image_copies_what_is_there_and_every_room() -> None:
    copied = [source for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for source in line.split()[:-1]]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {
        "pamga",
        "ingest",
        "warehouse",
        "dbt_project",
        "quality",
        "publish",
        "reminders",
        "operation",
        "dags",
        "dashboards",
    } <= set(copied)
