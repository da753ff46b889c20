"""The environment of Airflow in the embedded default: everything under PAMGA_DATA/airflow, nothing sent anywhere."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pamga.addresses import scheme_of
from pamga.plan import plan
from pamga.settings import Settings
from pamga.storage import write_atomically

BUILD_POOL = "construccion"
"""One slot: DuckDB lets one process write, so one build at a time. `operation.servers` creates it."""

DAGS_FOLDER = Path(__file__).resolve().parent.parent / "dags"


def airflow_environment(settings: Settings, port: int = 8080) -> dict[str, str]:
    """Environment variables for Airflow's processes; what the caller's environment already says wins.

    To be set before Airflow is imported.
    """
    from cryptography.fernet import Fernet

    home = settings.layout.root / "airflow"
    defaults = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "20000",  # files found at once in the inbox: years of deliveries may come together
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": plan().lugar.zona_horaria,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__API__INSTANCE_NAME": plan().portal,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__SECRET_KEY": _kept_secret(settings, "airflow_api_secret"),
        "AIRFLOW__API_AUTH__JWT_SECRET": _kept_secret(settings, "airflow_jwt_secret"),
        "AIRFLOW__CORE__FERNET_KEY": _kept_secret(settings, "airflow_fernet", lambda: Fernet.generate_key().decode()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(settings.layout.keys / "airflow_passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",  # eleven tasks follow one another from drop to dashboard
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # a task whose process was killed is missed within a minute
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "60",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "pamga-leon",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(_transport(settings.lineage)) if settings.lineage else "",
        "PAMGA_DATA": str(settings.layout.root),
    }
    home.mkdir(parents=True, exist_ok=True)
    return {name: os.environ.get(name, value) for name, value in defaults.items()}


def _transport(address: str) -> dict[str, Any]:
    """OpenLineage's way to a URL or a file, where dbt's events go too (PAMGA_LINEAGE)."""
    if scheme_of(address) in ("http", "https"):
        return {"type": "http", "url": address}
    return {"type": "file", "log_file_path": str(Path(address).resolve()), "append": True}


def _kept_secret(settings: Settings, name: str, make: Callable[[], str] = secrets.token_hex) -> str:
    """A secret of the embedded default: made on first use, readable by its owner only."""
    path = settings.layout.keys / name
    if not path.exists():
        write_atomically(path, make().encode(), 0o600)
    return path.read_text()
