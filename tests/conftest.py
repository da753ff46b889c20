"""How tests share the cores: what a module prepares is prepared once, only one process ever imports Airflow, and what takes longest begins
first. Which modules are read at all. Which examples Hypothesis tries. And a bucket for tests."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from xdist.scheduler import LoadScopeScheduling

AIRFLOW = ("tests/dags/", "tests/simulation/")
"""Airflow takes its settings from the environment when it is first imported: these tests share one process and one home."""

LONGEST = (
    "airflow",
    "tests/acceptance/test_make_run.py",
    "tests/acceptance/test_legitimate_lakes.py",
    "tests/acceptance/test_another_city.py",
    "tests/acceptance/test_isolation.py",
    "tests/acceptance/test_dirty_lakes.py",
    "tests/reliability/test_our_fault.py",
    "tests/reliability/test_walk.py",
    "tests/oracle/test_second_opinion.py",
)
"""Modules that are known to take long, though most of them have few tests; to begin with in this order."""

WANTED = {"servers": "mark.servers", "slow and not servers": "mark.slow"}
"""What is written in a module that has tests for an expression of the Makefile: the others need not be imported to be left out."""

EXPLORE = "explore"
"""New examples at every run, and Hypothesis' own database of what failed: `pytest --hypothesis-profile=explore FILE`."""


def the_same_examples() -> None:
    """Every run, on every machine, tries the same examples: what is new is found by who looks for it, and not by who changed something
    else. Hypothesis would also draw from the literals of our modules that happen to be imported, which differ from process to process."""
    none = Constants()
    assert callable(providers._get_local_constants)
    providers._get_local_constants = lambda: none


hypothesis.settings.register_profile(EXPLORE, deadline=None)
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile") != EXPLORE:
        the_same_examples()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What has none of the wanted tests is not imported: all modules cost each process more than twice as many seconds."""
    wanted = WANTED.get(config.option.markexpr)
    if wanted is None or not collection_path.match("test_*.py"):
        return None
    return True if wanted not in collection_path.read_text(encoding="utf-8") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mark that a module has from elsewhere would take its tests out of every run: the quick tests, which read all, see it."""
    for path, wanted in {
        (item.path, f"mark.{mark.name}")
        for item in items
        for mark in item.iter_markers()
        if mark.name in ("slow", "servers")
    }:
        if wanted not in path.read_text(encoding="utf-8"):
            raise pytest.UsageError(
                f"{path}: its tests have a mark that it does not write as pytest.{wanted}, so make slow and make servers would not find them."
            )


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a module run in one process, and those of the DAGs all in the same. (Marks of groups do not reach xdist 3.8 under pytest 9.)"""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", maxsplit=1)[0]
        return "airflow" if module.startswith(AIRFLOW) else module

    def _assign_work_unit(self, node: Any) -> None:
        """xdist begins with the modules of many tests, so that those of one long test would come last, for one process while others idle."""
        for scope in reversed(LONGEST):
            if scope in self.workqueue:
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return ByModule(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session", autouse=True)
def threads_are_not_measured() -> None:
    """Coverage has each new thread traced from its first line; Python 3.11 ends one that is born while another's tracing begins ("Cannot
    install a trace function while another trace function is being installed"), and with it, now and then, a server of a test."""
    threading.settrace(None)  # type: ignore[arg-type]


OURS = ("PAMGA_", "AIRFLOW", "AWS_", "SUPERSET_")
"""What the names of variables begin with that decide where something is read or written."""


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_for_the_next_module() -> Iterator[None]:
    """Which modules share a process, and in which order, is chance: each begins in the folder and with the settings that the first one
    found. (A task that runs in this process, for one, leaves Airflow's AIRFLOW_CTX_… behind.)"""
    folder, before = Path.cwd(), {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    yield
    for name in [name for name in os.environ if name.startswith(OURS) and name not in before]:
        del os.environ[name]
    os.environ.update(before)
    os.chdir(folder)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A server that speaks S3 over HTTP on the loopback; its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new bucket, with the environment that leads to it."""
    import s3fs

    given = {
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "prueba", "AWS_SECRET_ACCESS_KEY": "clave-de-prueba",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull) if name != "AWS_PROFILE" else monkeypatch.delenv(name, raising=False)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"leon-{uuid.uuid4().hex[:12]}"
    s3fs.S3FileSystem().mkdir(name)
    return f"s3://{name}"
