"""`make` on a machine that lacks something: it says what, in words, and writes nowhere but in the clone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder as a person may name it, with a program folder in which there is only what every Debian has."""
    folder = tmp_path / "Datos de León" / "tubería"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "bash", "grep", "sed", "dirname", "touch", "mkdir", "rm"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return folder


def make(clone: Path, *targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program, path = str(shutil.which("make")), str(clone.parents[1] / "bin")
    return subprocess.run(
        [program, *targets], cwd=clone, env={"PATH": path, **environment}, capture_output=True, text=True, check=False
    )


def program(clone: Path, name: str, script: str) -> None:
    path = clone.parents[1] / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_help_needs_nothing(clone: Path) -> None:
    done = make(clone, "help")
    assert (done.returncode, done.stderr) == (0, "") and "make both environments" in done.stdout.lower()


def test_a_machine_without_python(clone: Path) -> None:
    done = make(clone, "setup")
    assert done.returncode == 2 and "apt-get install python3-venv" in done.stderr


def test_a_machine_with_another_python(clone: Path) -> None:
    """What uv does where it may not bring one."""
    program(clone, "python3", "echo Python 3.13.5")
    program(clone, "uv", '[ "$1" = venv ] && { echo "error: no download" >&2; exit 2; }')
    done = make(clone, "setup")
    assert done.returncode == 2 and "needs Python 3.11 or 3.12, and this machine has Python 3.13.5" in done.stderr


@pytest.mark.parametrize("home", ["none", "closed", "open"])
def test_caches_lie_where_the_account_may_write(clone: Path, tmp_path: Path, home: str) -> None:
    program(clone, "uv", 'echo "${XDG_CACHE_HOME:-elsewhere}" >&2; exit 2')
    program(clone, "python3", "echo Python")
    (tmp_path / "casa").mkdir()
    where = {"none": {}, "closed": {"HOME": "/proc/casa"}, "open": {"HOME": str(tmp_path / "casa")}}[home]
    said = make(clone, "setup", **where).stderr.splitlines()[0]
    assert said == ("elsewhere" if home == "open" else f"{clone}/.tools/cache")
    assert list((tmp_path / "casa").iterdir()) == [] and not (clone / ".tools").exists()


def test_tests_on_an_unpacked_archive(clone: Path) -> None:
    done = make(clone, "unit")
    assert done.returncode == 2 and "need git and a clone" in done.stderr
    program(clone, "git", "exit 0")
    done = make(clone, "unit")
    assert done.returncode == 2 and "../shared" in done.stderr
