"""The ground floor: quarters, atomic storage, settings, the command's exit codes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from unittest import mock

import click
import pytest

from pamga import storage
from pamga.cli import run_command
from pamga.errors import UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings


@pytest.mark.parametrize(
    ("text", "first", "cutoff"),
    [
        ("2024T1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2026T3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026T4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarter_bounds(text: str, first: date, cutoff: date) -> None:
    quarter = Quarter.parse(text)
    assert (str(quarter), quarter.first_day, quarter.cutoff) == (text, first, cutoff)
    assert Quarter.containing(first) == Quarter.containing(cutoff) == quarter


def test_quarters_are_ordered_and_counted() -> None:
    assert Quarter.parse("2025T4") < Quarter.parse("2026T1")
    assert Quarter.parse("2025T4").shift(1) == Quarter.parse("2026T1")
    assert Quarter.parse("2026T1").index - Quarter.parse("2024T3").index == 6


@pytest.mark.parametrize("text", ["2026T5", "2026-T3", "26T1", "2026t3", "2026T3 "])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quarter"):
        Quarter.parse(text)


def test_write_once_keeps_the_first_object(tmp_path: Path) -> None:
    target = tmp_path / "log" / "entry.json"
    assert storage.write_once(target, b"one")
    assert not storage.write_once(target, b"one")
    with pytest.raises(FileExistsError):
        storage.write_once(target, b"two")
    assert target.read_bytes() == b"one"
    assert [path.name for path in target.parent.iterdir()] == ["entry.json"]


def test_a_staged_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    final = tmp_path / "version=0001"
    with pytest.raises(RuntimeError), storage.staged_folder(final) as folder:
        (folder / "rows").write_text("half")
        raise RuntimeError
    assert not final.exists()
    assert not list(tmp_path.iterdir())
    with storage.staged_folder(final) as folder:
        (folder / "rows").write_text("whole")
    assert (final / "rows").read_text() == "whole"
    with pytest.raises(FileExistsError), storage.staged_folder(final):
        pass


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    (tmp_path / "a" / ".tmp-dead").mkdir(parents=True)
    (tmp_path / "a" / ".tmp-dead" / "x").write_text("x")
    (tmp_path / "a" / "kept").write_text("k")
    assert storage.sweep_leftovers(tmp_path) == 1
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


def test_a_folder_goes_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while its files go, it leaves no folder of its name that lacks some of them."""
    (tmp_path / "run" / "candidate").mkdir(parents=True)
    (tmp_path / "run" / "candidate" / "manifest.json").write_text("{}")

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("shutil.rmtree", killed)
        storage.remove_folder(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    storage.sweep_leftovers(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "becomes", [KeyboardInterrupt, RuntimeError], ids=["as it came", "made something else by a library"]
)
def test_a_signal_ends_a_command_in_words_and_clears_away(
    number: signal.Signals, becomes: type[BaseException], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]

    @click.command()
    def work() -> None:
        try:
            with storage.staged_folder(tmp_path / "final"):
                os.kill(os.getpid(), number)
                time.sleep(5)
        except KeyboardInterrupt:
            raise becomes("Query interrupted") from None

    with mock.patch.object(sys, "argv", ["pamga"]), pytest.raises(SystemExit) as ended:
        run_command(work)
    assert ended.value.code == 128 + number
    said = capfd.readouterr().err.strip().splitlines()
    assert len(said) == 1 and f"stopped by {number.name}. Next: " in said[0]
    assert not list(tmp_path.iterdir())
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_program_is_still_loaded_ends_in_words_too(number: signal.Signals) -> None:
    """It comes in the middle of the first import of ours, and a library would make a traceback of an exception there."""
    command = f"""
import os, sys
class Stopped:
    def find_spec(self, name, *rest):
        if name == "pamga.cli":
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Stopped())
from pamga.start import main
main()
"""
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + number and done.stdout == ""
    said = done.stderr.splitlines()
    assert len(said) == 1 and f"stopped by {number.name}. Next: " in said[0]


def test_a_panic_of_a_library_ends_in_words(capfd: pytest.CaptureFixture[str]) -> None:
    class PanicException(BaseException):
        """As polars' core throws it."""

    @click.command()
    def work() -> None:
        raise PanicException("failed to spawn a thread: Resource temporarily unavailable")

    with mock.patch.object(sys, "argv", ["pamga"]), pytest.raises(SystemExit) as ended:
        run_command(work)
    assert ended.value.code == 3
    assert capfd.readouterr().err.startswith("pamga: No further thread")


def _append_under_lock(lock: Path, file: Path) -> None:
    with storage.exclusive_lock(lock):
        before = file.read_text()
        os.sched_yield()
        file.write_text(before + "x")


def test_a_pointer_that_became_a_folder_is_a_pointer_again_and_the_folder_stays(tmp_path: Path) -> None:
    """A program that follows links copied the installation: what stood there is put aside, hidden."""
    (tmp_path / "r01").mkdir()
    (tmp_path / "current").mkdir()
    (tmp_path / "current" / "index.html").write_text("copia")
    storage.flip_symlink(tmp_path / "current", "r01")
    assert (tmp_path / "current").readlink() == Path("r01")
    (aside,) = tmp_path.glob(".aside-current-*")
    assert (aside / "index.html").read_text() == "copia"
    assert {path.name for path in tmp_path.iterdir()} == {"r01", "current", aside.name}


def test_the_lock_lets_one_process_in_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    processes = [
        multiprocessing.get_context("fork").Process(target=_append_under_lock, args=(tmp_path / "lock", file))
        for _ in range(8)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert file.read_text() == "x" * 8


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-10")
    monkeypatch.delenv("PAMGA_INBOX", raising=False)
    settings = Settings()
    assert settings.today == date(2026, 10, 10)
    assert settings.layout.lake == tmp_path / "lake"
    assert settings.inbox_url == str(tmp_path / "inbox")


def test_secrets_do_not_show_in_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HMAC_KEY", "3f9a-no debe verse-77c1-e2d4-9b08")
    assert "3f9a-no debe verse-77c1-e2d4-9b08" not in repr(Settings())


def test_an_unusable_setting_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    from pamga.cli import load_settings

    monkeypatch.setenv("PAMGA_THREADS", "many")
    with pytest.raises(UsageError, match="PAMGA_THREADS"):
        load_settings()


def _pamga(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pamga.cli import main; main()", *arguments],
        capture_output=True, text=True, env={**os.environ, **environment}, check=False,
    )  # fmt: skip


def test_exit_codes_and_no_traceback(tmp_path: Path) -> None:
    unknown = _pamga("frobnicate")
    assert unknown.returncode == 2
    bad_quarter = _pamga("build", "--cierre", "2026T9", PAMGA_DATA=str(tmp_path))
    assert bad_quarter.returncode == 2
    nothing = _pamga("build", PAMGA_DATA=str(tmp_path))
    assert nothing.returncode == 3
    for result in (unknown, bad_quarter, nothing):
        assert "Traceback" not in result.stderr
        assert result.stderr.strip()


def test_status_of_an_empty_installation_is_one_json_document(tmp_path: Path) -> None:
    result = _pamga("status", "--json", PAMGA_DATA=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["deliveries"] == []


def test_a_registry_whose_making_was_killed_is_finished_by_the_next_run(tmp_path: Path) -> None:
    import sqlite3

    from pamga.registry import open_registry

    settings = Settings(data=tmp_path)
    whole = open_registry(settings)
    assert whole.arrival("inbox", "office/file.csv", 1, 1) is None
    with sqlite3.connect(settings.layout.registry) as connection:  # as a kill after the first table leaves it
        connection.execute("drop table approvals")
        connection.execute("drop table reminders")
        connection.execute("delete from alembic_version")
    again = subprocess.run(
        [sys.executable, "-c", "from pamga.cli import main; main()", "status", "--json"],
        capture_output=True, text=True, env={**os.environ, "PAMGA_DATA": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    with sqlite3.connect(settings.layout.registry) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    assert {"arrivals", "reminders", "approvals"} <= tables


@pytest.mark.slow
def test_no_slow_query_draws_its_progress_into_what_a_program_prints(tmp_path: Path) -> None:
    """DuckDB takes a program without a file for a person's session."""
    program = (
        "from pathlib import Path; from pamga.engine import connect; from pamga.settings import Settings\n"
        f"with connect(Settings(data=Path({str(tmp_path)!r}))) as connection:\n"
        "    connection.execute('set progress_bar_time = 1')\n"
        "    connection.execute('select sum(range % 7) from range(30000000)').fetchall()\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == ""
