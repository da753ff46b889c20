"""Folders that are links or lie on other file systems, odd names, a registry that is no registry, no inode left: it works, or says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.audit import audit_lake, rebuild_registry
from ingest.receive import receive_inbox
from pamga.backup import back_up, restore
from pamga.errors import PamgaError
from pamga.faults import our_fault
from pamga.registry import open_registry
from pamga.settings import Settings
from tests.reliability import life

OFFICE = life.OFFICE


def settings_of(root: Path) -> Settings:
    return life.settings_of(root)


def drop(root: Path, name: str = f"{OFFICE}/acuerdos_2026T3.csv", finished: int = 60) -> None:
    path = root / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(life._agreements(finished))


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder of another file system."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        if Path(name).stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
            pytest.skip("there is one file system here")
        yield Path(name)


def plain(root: Path) -> dict[str, str]:
    """What the same deliveries come to in an ordinary folder."""
    drop(root)
    receive_inbox(settings_of(root))
    return life.end_of(root)


@pytest.mark.parametrize("part", ["", "lake", "vault", "receipts", "inbox", "locks", "lake/export=acuerdos"])
def test_a_folder_that_is_a_link_to_another_disk_changes_nothing(tmp_path: Path, other_disk: Path, part: str) -> None:
    expected = plain(tmp_path / "normal")
    root = tmp_path / "ciudad"
    (other_disk / "aparte").mkdir()
    linked = root / part if part else root
    linked.parent.mkdir(parents=True, exist_ok=True)
    linked.symlink_to(other_disk / "aparte")
    drop(root)
    assert [receipt.state for receipt in receive_inbox(settings_of(root))] == ["accepted"]
    assert receive_inbox(settings_of(root)) == []
    held = {
        path.relative_to(root / "lake").as_posix()
        for base, _, names in os.walk(root / "lake", followlinks=True)
        for path in (Path(base, name) for name in names)
    }
    assert {f"lake/{name}" for name in held} == set(expected)
    assert audit_lake(settings_of(root)) == []
    back_up(settings_of(root), str(tmp_path / "respaldo"))
    other = tmp_path / "otra"
    if part and "/" not in part:  # also back into a folder that is such a link
        (other_disk / "vuelta").mkdir()
        other.mkdir()
        (other / part).symlink_to(other_disk / "vuelta")
    restore(settings_of(other), str(tmp_path / "respaldo"))
    assert audit_lake(settings_of(other)) == []
    found = {path.name for path in (other / "lake").rglob("rows.parquet")} or {
        name for _, _, names in os.walk(other / "lake", followlinks=True) for name in names
    }
    assert "rows.parquet" in found


@pytest.mark.parametrize("damage", [b"", b"no es una base de datos" * 100, None], ids=["empty", "garbage", "cut"])
def test_a_damaged_registry_says_what_to_do_and_comes_back(tmp_path: Path, damage: bytes | None) -> None:
    expected = plain(tmp_path)
    path = settings_of(tmp_path).layout.registry
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    try:
        receipts = receive_inbox(settings_of(tmp_path))
        assert all(receipt.state in ("accepted", "duplicate") for receipt in receipts)
    except Exception as error:  # what a person reads
        told = our_fault(error)
        assert told is not None and "audit --registro" in str(told), repr(error)
        assert rebuild_registry(settings_of(tmp_path))["arrivals"] == 1
    assert receive_inbox(settings_of(tmp_path)) == []
    assert life.end_of(tmp_path) == expected


def test_locks_of_dead_processes_hold_nobody(tmp_path: Path) -> None:
    plain(tmp_path)
    for path in settings_of(tmp_path).layout.locks.glob("*.lock"):
        path.write_text("12345\n")
    drop(tmp_path, finished=90)
    assert [receipt.state for receipt in receive_inbox(settings_of(tmp_path))] == ["accepted"]
    back_up(settings_of(tmp_path), str(tmp_path / "respaldo"))


def test_names_that_file_systems_treat_otherwise(tmp_path: Path) -> None:
    """255 bytes; composed and decomposed; differing in case alone: each is received once, and none takes another's place unseen."""
    long = "acuerdos_2026T3 " + "ñ" * 117 + ".csv"
    assert len(long.encode()) == 254
    composed = unicodedata.normalize("NFC", "Acuerdos_2026T3 revisión.csv")
    names = [long, composed, unicodedata.normalize("NFD", composed), "ACUERDOS_2026T3.CSV", "acuerdos_2026T3.csv"]
    for number, name in enumerate(names):
        drop(tmp_path, f"{OFFICE}/{name}", finished=10 + number)
        os.utime(tmp_path / "inbox" / OFFICE / name, (1_760_000_000 + number, 1_760_000_000 + number))
    receipts = receive_inbox(settings_of(tmp_path))
    assert len(receipts) == len(names)
    assert {receipt.state for receipt in receipts} <= {"accepted", "rejected", "held"}
    taken = [receipt.version for receipt in receipts if receipt.version is not None]
    assert sorted(taken) == list(range(1, len(taken) + 1)) and len(taken) >= 2
    assert receive_inbox(settings_of(tmp_path)) == [] and audit_lake(settings_of(tmp_path)) == []


@pytest.mark.parametrize("years", [-400, -56, 0, 5, 330, 420])
def test_a_file_of_a_clock_that_is_centuries_off_holds_nobody_up(tmp_path: Path, years: int) -> None:
    """A date beyond what a database keeps as a number of nanoseconds; before 1970; in the future."""
    drop(tmp_path)
    drop(tmp_path, f"{OFFICE}/acuerdos_2026T2.csv", finished=30)
    moment = 1_760_000_000 + years * 31_556_952
    os.utime(tmp_path / "inbox" / OFFICE / "acuerdos_2026T2.csv", (moment, moment))
    receipts = receive_inbox(settings_of(tmp_path))
    assert sorted(receipt.state for receipt in receipts) in (["accepted", "accepted"], ["accepted", "held"])
    assert receive_inbox(settings_of(tmp_path)) == [] and audit_lake(settings_of(tmp_path)) == []
    settings_of(tmp_path).layout.registry.unlink()
    assert rebuild_registry(settings_of(tmp_path))["arrivals"] == 2
    assert receive_inbox(settings_of(tmp_path)) == []


@contextmanager
def few_inodes(at: Path, count: int) -> Iterator[None]:
    at.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=64m,nr_inodes={count}", "tmpfs", at], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", at], check=True)


def test_no_inode_left_is_ours_and_the_next_run_takes_the_file(tmp_path: Path) -> None:
    root = tmp_path / "datos"
    expected = plain(tmp_path / "normal")
    with few_inodes(root, 28):
        drop(root)
        with pytest.raises((OSError, PamgaError)) as failed:
            receive_inbox(settings_of(root))
        told = our_fault(failed.value)
        assert told is not None and "no space left" in str(told)
        subprocess.run(["mount", "-o", "remount,nr_inodes=4000", root], check=True)
        assert [receipt.state for receipt in receive_inbox(settings_of(root))] == ["accepted"]
        assert life.end_of(root) == expected


@pytest.mark.parametrize("kept", [True, False])
def test_a_backup_onto_a_full_disk_is_no_backup(tmp_path: Path, kept: bool) -> None:
    """What was there before stays whole, and the next one goes on."""
    plain(tmp_path / "ciudad")
    place = tmp_path / "disco"
    with few_inodes(place, 4000):
        address = str(place / "respaldo")
        if kept:
            back_up(settings_of(tmp_path / "ciudad"), address)
            drop(tmp_path / "ciudad", finished=90)
            receive_inbox(settings_of(tmp_path / "ciudad"))
        filler = place / "lleno"
        with pytest.raises(OSError, match="No space left"), filler.open("wb") as file:
            while True:
                file.write(b"0" * (1 << 20))
        with pytest.raises((OSError, PamgaError)) as failed:
            back_up(settings_of(tmp_path / "ciudad"), address)
        assert our_fault(failed.value) is not None
        filler.unlink()
        if kept:
            restore(settings_of(tmp_path / "entonces"), address)
            assert audit_lake(settings_of(tmp_path / "entonces")) == []
        back_up(settings_of(tmp_path / "ciudad"), address)
        restore(settings_of(tmp_path / "ahora"), address)
        assert life.end_of(tmp_path / "ahora") == life.end_of(tmp_path / "ciudad")


def test_a_restore_excludes_everything_else(tmp_path: Path) -> None:
    """While it runs, or after it was killed, nothing is received, built, backed up or restored beside it."""
    from pamga.rights import RESTORING
    from publish.release import publish
    from warehouse.build import build

    plain(tmp_path)
    back_up(settings_of(tmp_path), str(tmp_path / "respaldo"))
    (tmp_path / RESTORING).mkdir()
    drop(tmp_path, finished=90)
    lake = life.end_of(tmp_path)
    settings = settings_of(tmp_path)
    for work in (receive_inbox, build, publish, lambda s: back_up(s, str(tmp_path / "respaldo"))):
        with pytest.raises(PamgaError, match="being restored"):
            work(settings)
    assert life.end_of(tmp_path) == lake
    shutil.rmtree(tmp_path / RESTORING)
    assert open_registry(settings.model_copy(update={"hmac_key": SecretStr("k" * 40)})).arrivals()


@pytest.mark.parametrize("part", ["lake", "lake/export=acuerdos", "releases"])
@pytest.mark.parametrize("target", ["gone", "circle"])
def test_a_link_to_a_disk_that_is_not_mounted_is_no_snapshot(tmp_path: Path, part: str, target: str) -> None:
    """An empty lake, or none, would in time take the place of every whole copy."""
    root = tmp_path / "ciudad"
    plain(root)
    linked = root / part
    if linked.exists():
        linked.rename(tmp_path / "aparte")
    linked.symlink_to(tmp_path / "desmontado" if target == "gone" else root)
    with pytest.raises(PamgaError, match="leads to"):
        back_up(settings_of(root), str(tmp_path / "respaldo"))
    assert not list((tmp_path / "respaldo").glob("snapshots/*"))
