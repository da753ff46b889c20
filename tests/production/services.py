"""PostgreSQL and Redis as Debian packages them, on ports and in folders of their own, for tests; .ci/run installs them.

A missing program is a failure that says what to install, never a skip.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers import HANGS, free_port, listens, wait_until

POSTGRES_USER = "postgres"


def program(name: str, package: str) -> str:
    """Where Debian's package put a program."""
    places = [*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True), "/usr/sbin", "/usr/bin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.fail(
            f"{name} is missing: apt-get install --no-install-recommends {package} (.ci/run does)", pytrace=False
        )
    return found


def stop(process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
    """Ask a process group to end, then insist."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(HANGS)


@dataclass
class Postgres:
    """A running PostgreSQL: where it listens and how to have it do something as its superuser."""

    port: int
    socket: Path

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+psycopg2://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def ask(self, sql: str, database: str = "postgres") -> str:
        """The answer of one statement, unaligned and without a header."""
        done = subprocess.run(
            [program("psql", "postgresql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket), "-p", str(self.port),
             "-U", "postgres", database],
            input=sql, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh cluster, which no role may enter over the network without its password.

    It has a folder of its own: PostgreSQL refuses root, and pytest's folders let nobody else in.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pamga-postgres-") as name:
        shutil.chown(name, POSTGRES_USER, POSTGRES_USER)
        with _cluster(Path(name), port) as server:
            yield server


@contextmanager
def _cluster(folder: Path, port: int) -> Iterator[Postgres]:
    data, log = folder / "data", folder / "log"
    as_postgres = ["setpriv", f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--init-groups"]
    if not data.exists():
        subprocess.run(
            [*as_postgres, program("initdb", "postgresql"), "-D", str(data), "--auth-host=scram-sha-256", "--auth-local=trust",
             "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            stdout=subprocess.DEVNULL, check=True, cwd="/",
        )  # fmt: skip
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*as_postgres, program("postgres", "postgresql"), "-D", str(data), "-p", str(port), "-c", "fsync=off",
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"],
            stdout=output, stderr=output, start_new_session=True, cwd="/",
        )  # fmt: skip
    ready = [program("pg_isready", "postgresql"), "-q", "-h", str(folder), "-p", str(port)]
    try:
        wait_until("PostgreSQL", lambda: subprocess.run(ready, check=False).returncode == 0, HANGS, log)
        yield Postgres(port, folder)
    finally:
        stop(process, signal.SIGINT)


@contextmanager
def redis(folder: Path, password: str) -> Iterator[str]:
    """A Redis that asks for a password; gives its URL without the database's number."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [program("redis-server", "redis-server"), "-"],
        stdin=subprocess.PIPE, stdout=(folder / "log").open("ab"), start_new_session=True, cwd=folder,
    )  # fmt: skip
    assert process.stdin
    process.stdin.write(f'bind 127.0.0.1\nport {port}\nsave ""\nrequirepass "{password}"\n'.encode())
    process.stdin.close()
    try:
        wait_until("Redis", lambda: listens(port), HANGS, folder / "log")
        yield f"redis://:{quote(password, safe='')}@127.0.0.1:{port}"
    finally:
        stop(process)


def make_database(server: Postgres, role: str, password: str) -> str:
    """A role that is no superuser with a database of its own; gives its URL."""
    quoted = password.replace("'", "''")
    server.ask(f"create role {role} login password '{quoted}'")
    server.ask(f"create database {role} owner {role}")
    return server.url(role, password, role)


def kept(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what an installation sets."""
    return {name: value for name, value in environment.items() if not name.startswith(("PAMGA_", "AIRFLOW"))}
