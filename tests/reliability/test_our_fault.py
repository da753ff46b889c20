"""A full disk, a read-only one, a missing right, a database that is gone: told to engineers in a line, never to a department."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from pamga.engine import connect, writing
from pamga.faults import OurFault, our_fault
from pamga.settings import Settings

PAMGA = Path(sys.executable).with_name("pamga")
HEAD = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia\n"


def pamga(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a person or a task calls it."""
    return subprocess.run(
        [str(PAMGA), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {"PAMGA_DATA": str(data), "PAMGA_HOY": "2026-10-12", "PAMGA_SETTLE_SECONDS": "0"}
        | environment,
    )


def drop(data: Path, rows: int = 1) -> None:
    office = data / "inbox" / "presupuesto_participativo"
    office.mkdir(parents=True, exist_ok=True)
    text = random.Random(rows)  # what no packing makes smaller, the same bytes each time
    body = "".join(f"A{n},E1,05/07/2026,inmediato,{text.randbytes(200).hex()},Obra Pública\n" for n in range(rows))
    (office / "acuerdos_2026T3.csv").write_text(HEAD + body)


@contextmanager
def small_disk(at: Path, size: str) -> Iterator[None]:
    """A file system of its own that can be filled, or made read-only."""
    at.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", at], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("no file system can be mounted here: the same answers are tried one by one below")
    try:
        yield
    finally:
        subprocess.run(["umount", at], check=True)


def assert_told(done: subprocess.CompletedProcess[str], words: str) -> None:
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert len(lines) == 1 and words in lines[0] and "Traceback" not in done.stderr and "unexpected" not in done.stderr


@pytest.mark.slow
def test_a_full_disk_is_ours_and_the_next_run_takes_the_file(tmp_path: Path) -> None:
    data = tmp_path / "datos"
    with small_disk(data, "320k"):
        drop(data, 600)
        told = 0
        for size in ("320k", "480k", "560k", "640k"):  # full at another moment each time
            subprocess.run(["mount", "-o", f"remount,size={size}", data], check=True)
            done = pamga(data, "receive")
            if done.returncode == 0:
                break
            assert_told(done, "no space left on the disk")
            told += 1
            assert not list((data / "receipts").rglob("index.html")), "the department is told nothing of our disk"
        assert told >= 2
        subprocess.run(["mount", "-o", "remount,size=64m", data], check=True)
        again = pamga(data, "receive")
        assert again.returncode == 0, again.stderr
        assert len(list((data / "lake").rglob("manifest.json"))) == 1


def test_a_read_only_disk_is_ours(tmp_path: Path) -> None:
    data = tmp_path / "datos"
    with small_disk(data, "64m"):
        drop(data)
        subprocess.run(["mount", "-o", "remount,ro", data], check=True)
        for command in (("receive",), ("build",), ("publish",)):
            assert_told(pamga(data, *command), "read-only")


def test_a_database_file_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """Its log fits on the disk and its tables do not: DuckDB closes such a file without a word, and it holds nothing."""
    settings, disk = Settings(data=tmp_path), tmp_path / "disco"

    def write(path: Path, rows: int) -> None:
        with writing(settings, path) as connection:
            connection.execute(f"create table t as select md5(i::text) as x from range({rows}) as r(i)")

    with small_disk(disk, "6m"):
        write(disk / "uno.duckdb", 20_000)
        with connect(settings, disk / "uno.duckdb", read_only=True) as connection:
            assert connection.execute("select count(*) from duckdb_tables()").fetchone() == (1,)
        (disk / "uno.duckdb").unlink()
        with pytest.raises(duckdb.Error) as failed:
            write(disk / "dos.duckdb", 120_000)
        assert "no space left" in str(our_fault(failed.value))


def test_a_registry_that_is_gone_is_ours(tmp_path: Path) -> None:
    drop(tmp_path)
    done = pamga(tmp_path, "receive", PAMGA_REGISTRY_URL="postgresql+psycopg2://pamga:secreto@127.0.0.1:9/pamga")
    assert_told(done, "The registry's database does not answer")
    assert "secreto" not in done.stderr


@pytest.mark.slow
def test_the_plain_c_locale_changes_nothing(tmp_path: Path) -> None:
    drop(tmp_path)
    office = tmp_path / "inbox" / "imju"
    office.mkdir()
    (office / "sesiones_escuela_2026T3 ñandú.csv").write_text("x\n")
    done = pamga(tmp_path, "receive", "--json", LC_ALL="C", LANG="C", PYTHONIOENCODING="")
    assert done.returncode == 0 and "Obra" not in done.stderr, done.stderr
    assert '"state": "accepted"' in done.stdout


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "/srv/lake/rows.parquet"),
            "no space left on the disk: /srv/lake",
        ),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "quota"),
        (MemoryError(), "not enough memory"),
        (RuntimeError("can't start new thread"), "No further thread"),
        (
            RuntimeError('failed to spawn: Os { code: 11, message: "Resource temporarily unavailable" }'),
            "No further thread",
        ),
        (RuntimeError("Out of Memory Error: failed to allocate data of size 16.0 MiB"), "not enough memory"),
        (RuntimeError("IO Error: Could not write file: No space left on device"), "no space left"),
        (sa.exc.OperationalError("insert", {}, Exception("database or disk is full")), "no space left"),
        (sa.exc.OperationalError("insert", {}, Exception("attempt to write a readonly database")), "read-only"),
        (sa.exc.OperationalError("select", {}, Exception("connection refused")), "does not answer"),
    ],
)
def test_what_libraries_leave_of_it_is_understood(error: Exception, words: str) -> None:
    told = our_fault(error)
    assert isinstance(told, OurFault) and words in str(told) and "\n" not in str(told)


def test_a_cause_further_down_is_found_and_words_of_a_file_are_not_believed() -> None:
    outer = RuntimeError("writing failed")
    outer.__cause__ = OSError(errno.EROFS, "Read-only file system", "/x")
    assert "read-only" in str(our_fault(outer))
    assert our_fault(ValueError("no space left on device"), by_words=False) is None
    assert our_fault(ValueError("day is out of range")) is None
