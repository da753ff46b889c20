"""One real Superset under gunicorn for the whole session, over a real release made by the pipeline from the sample inbox."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from requests.adapters import HTTPAdapter

from tests.dashboards.instance import PASSWORD, PEOPLE, PYTHON, REQUESTS_A_MINUTE, ROOT, Superset
from tests.dashboards.screen import patient
from tests.production import services
from tests.servers import HANGS, free_port, listens, wait_until

ADDRESSES = count(1)


@pytest.fixture(scope="module", autouse=True)
def a_visitor_of_its_own() -> Iterator[None]:
    """Each module asks from another address of the loopback: the limit of requests counts what one asks, however fast the machine is that
    runs all of them one after the other."""
    whence, usual = f"127.0.1.{next(ADDRESSES)}", HTTPAdapter.init_poolmanager

    def init_poolmanager(self: HTTPAdapter, *arguments: Any, **options: Any) -> None:
        usual(self, *arguments, **{"source_address": (whence, 0), **options})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "init_poolmanager", init_poolmanager)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_page_is_given_up() -> Iterator[None]:
    """Playwright does so after half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        for way in ("new_context", "new_page"):
            patch.setattr(Browser, way, patient(getattr(Browser, way)))
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


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
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where Superset keeps its metadata and its cache: the embedded default, or with PAMGA_TEST_SERVICES PostgreSQL and Redis.

    The passwords hold what breaks an address that was put together carelessly.
    """
    if not os.environ.get("PAMGA_TEST_SERVICES"):
        yield {}
        return
    password = "a/b#c@d%e f:g?h"
    with ExitStack() as running:
        server = running.enter_context(services.postgres())
        cache = running.enter_context(services.redis(tmp_path_factory.mktemp("redis"), password))
        yield {
            "PAMGA_SUPERSET_DATABASE_URL": services.make_database(server, "superset", password),
            "PAMGA_SUPERSET_CACHE_URL": f"{cache}/1",
        }


@pytest.fixture(scope="session")
def superset(tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, str]) -> Iterator[Superset]:
    data = tmp_path_factory.mktemp("tableros")
    _release(data)
    port = free_port()
    env = {
        **os.environ,
        "PAMGA_DATA": str(data),
        "PAMGA_SUPERSET_ADMIN_PASSWORD": PASSWORD,
        "PAMGA_SUPERSET_USER_PASSWORD": PASSWORD,
        "PAMGA_SUPERSET_PLAIN_HTTP": "true",
        "PAMGA_SUPERSET_CACHE_DIR": str(tmp_path_factory.mktemp("memoria")),
        "PAMGA_SUPERSET_REQUESTS_PER_MINUTE": str(REQUESTS_A_MINUTE),
        **metadata,
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
        wait_until(instance.url, lambda: listens(port), HANGS)
        yield instance
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=HANGS)


@pytest.fixture(scope="session")
def assets() -> dict[str, dict[str, Any]]:
    """Assets of git by uuid, with their kind."""
    from assets_io import load

    return {asset["uuid"]: {**asset, "kind": path.split("/")[0]} for path, asset in load().items()}
