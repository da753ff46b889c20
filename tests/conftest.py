"""How tests share the cores: what a module prepares is prepared once, and only one process ever imports Airflow. And a bucket for tests."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

AIRFLOW = ("tests/dags/", "tests/simulation/")
"""Airflow takes its settings from the environment when it is first imported: these tests share one process and one home."""


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a module run in one process, and those of the DAGs all in the same. (Marks of groups do not reach xdist 3.8 under pytest 9.)"""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", maxsplit=1)[0]
        return "airflow" if module.startswith(AIRFLOW) else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return ByModule(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session", autouse=True)
def threads_are_not_measured() -> None:
    """Coverage has each new thread traced from its first line; Python 3.11 ends one that is born while another's tracing begins ("Cannot
    install a trace function while another trace function is being installed"), and with it, now and then, a server of a test."""
    threading.settrace(None)  # type: ignore[arg-type]


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
