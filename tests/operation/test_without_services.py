"""What CI installs starts no service, and the machine's own file that says which ones may start is as it was before."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "without_services"
THEIRS = "#!/bin/sh\n# the administrator's own\nexit 0\n"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy-rc.d"


def run(policy: Path, command: str) -> int:
    return subprocess.run(
        [SCRIPT, "sh", "-c", command], env={**os.environ, "POLICY_RC_D": str(policy)}, check=False
    ).returncode


def theirs(policy: Path) -> None:
    policy.write_text(THEIRS)
    policy.chmod(0o700)


@pytest.mark.parametrize("ending", ["exit 0", "exit 7", "kill -TERM $PPID; exit 0"])
@pytest.mark.parametrize("kept", [False, True])
def test_the_machines_own_answer_is_there_again(policy: Path, ending: str, kept: bool) -> None:
    if kept:
        theirs(policy)
    asked = policy.parent / "asked"
    status = run(policy, f"{policy}; echo $? >{asked}; {ending}")
    assert asked.read_text() == "101\n"
    assert status == {"exit 0": 0, "exit 7": 7}.get(ending, 128 + signal.SIGTERM)
    assert policy.exists() == kept
    if kept:
        assert (policy.read_text(), policy.stat().st_mode & 0o777) == (THEIRS, 0o700)
    assert not policy.with_name("policy-rc.d.kept").exists()


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_that_was_killed_outright_is_put_right_by_the_next(policy: Path, kept: bool) -> None:
    if kept:
        theirs(policy)
    assert run(policy, "kill -KILL $PPID") == -signal.SIGKILL
    assert policy.read_text() != THEIRS
    assert run(policy, f"{policy}; test $? = 101") == 0
    assert policy.exists() == kept
    assert not kept or policy.read_text() == THEIRS


def test_a_link_stays_a_link(policy: Path) -> None:
    elsewhere = policy.parent / "elsewhere"
    theirs(elsewhere)
    policy.symlink_to(elsewhere)
    assert run(policy, f"{policy}; test $? = 101") == 0
    assert policy.is_symlink() and elsewhere.read_text() == THEIRS
