"""One real Superset under gunicorn for the whole session, over a real release made by the pipeline from the sample inbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-superset" / "bin" / "python"
ARTIFACTS = ROOT / ".ci" / "artifacts"
PASSWORD = "una-clave-de-prueba-7"
PEOPLE = {
    "secretariado": "Secretariado",
    "participativo": "Dependencia: Presupuesto Participativo",
    "juventudes": "Dependencia: IMJU",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Superset:
    """A running instance: its address, its data, and how to act on it."""

    url: str
    data: Path
    env: dict[str, str]
    applied: list[dict[str, Any]] = field(default_factory=list)

    def script(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run one of the dashboards' scripts as people run it."""
        return subprocess.run(
            [str(PYTHON), str(ROOT / "dashboards" / name), *arguments],
            env={**self.env, **env}, capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip

    def login(self, username: str | None) -> requests.Session:
        """A session of one of PEOPLE, of admin, or (None) of somebody without an account."""
        session = requests.Session()
        if username:
            page = session.get(f"{self.url}/login/", timeout=60).text
            token = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
            assert token, "the login page carries no CSRF token"
            answer = session.post(
                f"{self.url}/login/",
                data={"username": username, "password": PASSWORD, "csrf_token": token[1]},
                timeout=60,
            )
            assert answer.ok
            assert session.get(f"{self.url}/api/v1/me/", timeout=60).json()["result"]["username"] == username
        return session

    def chart_data(self, session: requests.Session, payload: dict[str, Any]) -> requests.Response:
        return session.post(f"{self.url}/api/v1/chart/data", json=payload, timeout=120)

    def flip(self, release: str) -> None:
        """Move `releases/current` as publishing does: a new symlink renamed over the old one."""
        spare = self.data / "releases" / ".current-test"
        spare.unlink(missing_ok=True)
        spare.symlink_to(release)
        spare.replace(self.data / "releases" / "current")


def _release(data: Path) -> None:
    """A published release, a candidate and the internal marts: the sample inbox through the whole pipeline."""
    ready = os.environ.get("PAMGA_TEST_DATA")  # a PAMGA_DATA that an earlier step of .ci/run made
    if ready:
        for part in ("releases", "runs"):
            shutil.copytree(Path(ready) / part, data / part, symlinks=True)
        return
    pamga = str(ROOT / ".venv" / "bin" / "pamga")
    env = {**os.environ, "PAMGA_DATA": str(data)}
    for command in (["sample", str(data / "inbox")], ["run"]):
        done = subprocess.run([pamga, *command], env=env, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="session")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    data = tmp_path_factory.mktemp("tableros")
    _release(data)
    port = free_port()
    env = {
        **os.environ,
        "PAMGA_DATA": str(data),
        "PAMGA_SUPERSET_ADMIN_PASSWORD": PASSWORD,
        "PAMGA_SUPERSET_USER_PASSWORD": PASSWORD,
        "PAMGA_SUPERSET_PLAIN_HTTP": "true",
    }
    instance = Superset(f"http://127.0.0.1:{port}", data, env)
    for _ in range(2):  # the second time must find nothing to do; test_as_code looks at both
        done = instance.script("apply.py", "--json")
        assert done.returncode == 0, done.stderr[-3000:]
        instance.applied.append(json.loads(done.stdout))
    done = instance.script("add_user.py", *(f"{username}={role}" for username, role in PEOPLE.items()))
    assert done.returncode == 0, done.stderr[-2000:]
    server = subprocess.Popen(
        [str(PYTHON), str(ROOT / "dashboards" / "serve.py"), "--port", str(port), "--no-apply"],
        env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(instance.url)
        yield instance
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"{url} did not come up")


@pytest.fixture(scope="session")
def assets() -> dict[str, dict[str, Any]]:
    """Assets of git by uuid, with their kind."""
    import sys

    sys.path.insert(0, str(ROOT / "dashboards"))
    from assets_io import load

    return {asset["uuid"]: {**asset, "kind": path.split("/")[0]} for path, asset in load().items()}
