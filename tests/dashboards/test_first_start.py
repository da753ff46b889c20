"""The first start: a process is killed on its way, two apply at once, and Superset is whole all the same."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.dashboards.instance import PYTHON, ROOT, in_superset
from tests.servers import HANGS, wait_until

pytestmark = pytest.mark.servers
PRINTED = "la-que-se-mostro-1"
# logs in twice with the same password; between the two, the environment offers another one
ENTER_TWICE = """
import os
from environment import make_app, prepare
prepare()
from apply import ensure_admin
with make_app().test_request_context():
    from superset import security_manager
    def enters():
        return security_manager.auth_user_db("admin", sys.argv[1]) is not None
    before = enters()
    os.environ["PAMGA_SUPERSET_ADMIN_PASSWORD"] = "otra-que-llega-tarde-2"
    assert ensure_admin() is None
    print(f"enters: {before}, {enters()}")
"""


def start(home: Path, password: str | None, errors: Path) -> subprocess.Popen[str]:
    """apply.py on a home that has never been applied to; the keys and paths are made on the way."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PAMGA_", "SUPERSET_"))}
    env |= {"PAMGA_DATA": str(home)} | ({"PAMGA_SUPERSET_ADMIN_PASSWORD": password} if password else {})
    with errors.open("w") as file:
        return subprocess.Popen(
            [str(PYTHON), str(ROOT / "dashboards" / "apply.py"), "--json"],
            env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True,
        )  # fmt: skip


def wait_until_writing(home: Path) -> None:
    """Until some process holds the lock of the metadata."""
    lock = home / "superset" / "apply.lock"

    def held() -> bool:
        if lock.exists():
            with lock.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
        return False

    wait_until("the lock", held, HANGS, every=0.05)


def wait_for_tables(path: Path, count: int) -> None:
    """Until the migration has made so many tables, which is not yet all of them."""

    def made() -> int:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=HANGS) as connection:
            (found,) = connection.execute("select count(*) from sqlite_master where type = 'table'").fetchone()
        return int(found)

    wait_until(f"{count} tables", lambda: path.exists() and made() >= count, HANGS, every=0.05)


def test_killed_then_two_at_once_and_the_given_password_opens(tmp_path: Path) -> None:
    """As in `make up`: one process has no password for the administrator, the other has the one that is printed."""
    home = tmp_path / "datos"
    home.mkdir()
    errors = {name: tmp_path / name for name in ("killed", "first", "second")}
    killed = start(home, None, errors["killed"])
    wait_for_tables(home / "superset" / "superset.db", 25)
    killed.kill()
    killed.communicate()

    first = start(home, None, errors["first"])
    wait_until_writing(home)
    first.send_signal(signal.SIGSTOP)  # it is not done before the other one has come, however long that takes
    second = start(home, PRINTED, errors["second"])
    try:
        wait_until("the second one, which waits", lambda: "waiting" in errors["second"].read_text(), HANGS)
    finally:
        first.send_signal(signal.SIGCONT)
    said = {}
    for name, process in (("first", first), ("second", second)):
        output, _ = process.communicate(timeout=2 * HANGS)
        assert process.returncode == 0, f"{name}: {errors[name].read_text()[-3000:]}"
        said[name] = json.loads(output)
    assert said["first"]["charts"] == said["second"]["charts"] > 50
    assert said["first"]["admin_password"] and said["second"]["admin_password"] is None

    # the printed one opens; once somebody has entered the account is theirs, whatever the environment says
    assert "enters: True, True" in in_superset(ENTER_TWICE, PRINTED, PAMGA_DATA=str(home))
