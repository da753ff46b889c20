"""Whoever may write to the inbox puts something else in a file's place while it is taken: what is read is the file that was listed, once."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.audit import audit_lake, rebuild_registry
from ingest.dropped import is_readable, list_inbox, local_copy
from ingest.privacy import vault
from ingest.remote import OtherBytes
from ingest.remote.found import write_exactly

from .conftest import Office
from .test_delivery import ACUERDOS, ACUERDOS_PATH, acuerdo

OURS, OTHERS = ACUERDOS + acuerdo("A1"), ACUERDOS + acuerdo("B2")


def _dated(path: Path, like: os.stat_result) -> None:
    os.utime(path, ns=(like.st_atime_ns, like.st_mtime_ns), follow_symlinks=False)


def _secret(path: Path) -> Path:
    """A file of the same size, of which the office may know the name and no more."""
    secret = path.parents[2] / "aparte" / path.name
    secret.parent.mkdir()
    secret.write_text(OTHERS)
    _dated(secret, path.stat())
    return secret


def _link(path: Path) -> None:
    secret, before = _secret(path), path.stat()
    path.unlink()
    path.symlink_to("/" * (before.st_size - len(str(secret)) + 1) + str(secret).lstrip("/"))
    _dated(path, before)
    assert (path.lstat().st_size, path.lstat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def _folder_link(path: Path) -> None:
    secret = _secret(path)
    shutil.rmtree(path.parent)
    path.parent.symlink_to(secret.parent)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _socket(path: Path) -> None:
    path.unlink()
    there = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:  # a name of 108 bytes at most
        bound.bind(f"/proc/self/fd/{there}/{path.name}")
    os.close(there)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _file_for_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.touch()


def _longer(path: Path) -> None:
    before = path.stat()
    path.write_text(OURS + acuerdo("A2"))
    _dated(path, before)


SWAPS = [_link, _folder_link, _pipe, _socket, _folder, _file_for_folder, _longer]


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__[1:])
def test_what_was_put_in_a_files_place_is_not_read(office: Office, swap: Callable[[Path], None]) -> None:
    path = office.drop(ACUERDOS_PATH, OURS)
    (entry,) = list_inbox(str(office.inbox))
    swap(path)
    with pytest.raises(OtherBytes), local_copy(entry):
        pass
    assert not is_readable(entry)


def test_a_file_that_is_written_to_while_it_is_read_waits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its size and date are put back."""
    path = office.drop(ACUERDOS_PATH, OURS)
    old = path.stat()

    def beside(*arguments: object) -> None:
        write_exactly(*arguments)  # type: ignore[arg-type]
        while (
            path.stat().st_ctime_ns == old.st_ctime_ns
        ):  # an older kernel's clock of files ticks a hundred times a second
            path.write_text(OTHERS)
            _dated(path, old)

    with monkeypatch.context() as attacked:
        attacked.setattr("ingest.dropped.write_exactly", beside)
        (receipt,) = office.receive()
    assert receipt.state == "pending" and "cambió mientras se leía" in receipt.reasons[0]
    assert [receipt.state for receipt in office.receive()] == ["accepted"]


def test_what_is_kept_and_what_is_judged_are_the_same_bytes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path, keep = office.drop(ACUERDOS_PATH, OURS), vault.keep

    def swapped_after(*arguments: object) -> str:
        kept, before = keep(*arguments), path.stat()  # type: ignore[arg-type]
        path.write_text(OTHERS)
        _dated(path, before)
        return kept

    monkeypatch.setattr(vault, "keep", swapped_after)
    (receipt,) = office.receive()
    assert office.table(receipt)["acuerdo_id"].to_list() == ["A1"]


def test_a_terabyte_of_nothing_fills_no_disk(office: Office) -> None:
    path = office.drop(ACUERDOS_PATH, b"")
    os.truncate(path, 10**12)
    (receipt,) = office.receive()
    assert receipt.state == "rejected" and "pesa 1,000,000 MB" in receipt.reasons[0]
    assert not list(office.settings.layout.vault.rglob("*.enc"))
    office.settings.layout.registry.unlink()
    rebuild_registry(office.settings)
    assert [receipt.state for receipt in office.receive()] == ["rejected"] and audit_lake(office.settings) == []


def test_what_programs_and_systems_leave_there_is_no_delivery(office: Office) -> None:
    for name in (
        "~$acuerdos_2026T3.xlsx", ".~lock.acuerdos_2026T3.ods#", "acuerdos_2026T3.csv.filepart", ".DS_Store", "Thumbs.db", "ehthumbs.db",
        "desktop.ini", "Icon\r", "$RECYCLE.BIN/x.csv", "lost+found/x.csv", "@eaDir/x.csv", "acuerdos_2026T3.csv.download",
    ):  # fmt: skip
        office.drop(f"presupuesto_participativo/{name}", OURS)
    assert list_inbox(str(office.inbox)) == []
