"""A running Superset, seen by a test: where it is, who may log in, how to ask it something."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import requests

from tests.servers import HANGS

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-superset" / "bin" / "python"
ARTIFACTS = ROOT / ".ci" / "artifacts"
PASSWORD = "una-clave-de-prueba-7"
REQUESTS_A_MINUTE = 3000  # the tests are one visitor who asks more than people do
PEOPLE = {
    "secretariado": "Secretariado",
    "participativo": "Dependencia: Presupuesto Participativo",
    "juventudes": "Dependencia: IMJU",
}


def in_superset(code: str, *arguments: str, **environment: str) -> str:
    """What a piece of Python prints in Superset's environment, where it finds the modules of dashboards/."""
    found = f"import sys; sys.path.insert(0, 'dashboards')\n{code}"
    done = subprocess.run(
        [str(PYTHON), "-c", found, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False, cwd=ROOT
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


@dataclass
class Superset:
    """A running instance: its address, its data, and how to act on it."""

    url: str
    data: Path
    env: dict[str, str]
    applied: list[dict[str, Any]] = field(default_factory=list)
    admin: requests.Session | None = None

    def script(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run one of the dashboards' scripts as people run it."""
        return subprocess.run(
            [str(PYTHON), str(ROOT / "dashboards" / name), *arguments],
            env={**self.env, **env}, capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip

    def login(self, username: str | None) -> requests.Session:
        """A session of one of PEOPLE, of admin, or (None) of somebody without an account.

        The administrator enters once: more entrances a minute than a person needs are refused.
        """
        if username == "admin" and self.admin:
            return self.admin
        session = requests.Session()
        if username:
            page = session.get(f"{self.url}/login/", timeout=HANGS).text
            token = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
            assert token, "the login page carries no CSRF token"
            answer = session.post(
                f"{self.url}/login/",
                data={"username": username, "password": PASSWORD, "csrf_token": token[1]},
                timeout=HANGS,
            )
            assert answer.ok
            assert session.get(f"{self.url}/api/v1/me/", timeout=HANGS).json()["result"]["username"] == username
        if username == "admin":
            self.admin = session
        return session

    def csrf(self, session: requests.Session) -> dict[str, str]:
        """Headers with the CSRF token that any page carries, so that a refusal is about rights and not about the token."""
        page = session.get(f"{self.url}/superset/dashboard/tablero-del-plan/", timeout=HANGS).text
        token = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
        assert token, "the page carries no CSRF token"
        return {"X-CSRFToken": token[1], "Referer": self.url}

    def chart_data(self, session: requests.Session, payload: dict[str, Any]) -> requests.Response:
        return session.post(f"{self.url}/api/v1/chart/data", json=payload, timeout=HANGS)

    def published(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the published database."""
        path = (self.data / "releases/current/leon.duckdb").resolve()
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query, values).fetchall()

    def flip(self, release: str) -> None:
        """Move `releases/current` as publishing does: a new symlink renamed over the old one."""
        spare = self.data / "releases" / ".current-test"
        spare.unlink(missing_ok=True)
        spare.symlink_to(release)
        spare.replace(self.data / "releases" / "current")
