"""An installation for the doctor, of which nothing is known but its folder and its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from pamga.registry import open_registry
from pamga.settings import Settings

HMAC, VAULT = "9b1f7c3e5a2d8046be17" + "c4d2a9f0e6b35871d3", "3f9c1e7b5a2d8046" * 2 + "b7e1c4d2a9f0e6538d21f0a4c6e9b357"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in (
        "AIRFLOW_CONFIG",
        "AIRFLOW_CONN_SMTP_DEFAULT",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "PAMGA_SUPERSET_DATABASE_URL",
        "PAMGA_AIRFLOW_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    given = Settings(data=tmp_path, hmac_key=SecretStr(HMAC), vault_key=SecretStr(VAULT))
    open_registry(given)
    return given
