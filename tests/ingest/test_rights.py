"""What other accounts of the machine may read: releases, and nothing of what is received."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Office, common_user
from .test_delivery import ATTENDANCE, ATTENDANCE_PATH


@pytest.fixture
def open_office(make_office: Callable[..., Office], tmp_path: Path) -> Office:
    """An installation whose account hides nothing by itself, and whose root others may enter."""
    before = os.umask(0)
    try:
        office = make_office("datos")
        office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,4771234567,20,mujer,\nT1,P2,Eva,,x,mujer,\n")
        office.settings.layout.release("2026T3-r01").mkdir(parents=True)
        (office.settings.layout.release("2026T3-r01") / "index.html").write_text("pública")
    finally:
        os.umask(before)
    temporary = Path(tempfile.gettempdir())
    for folder in (office.settings.data, *office.settings.data.parents):
        if folder.is_relative_to(temporary) and folder != temporary:
            folder.chmod(0o755)
    return office


def _private(office: Office) -> list[Path]:
    layout = office.settings.layout
    files = [path for path in layout.root.rglob("*") if path.is_file()]
    return [
        path for path in files if not path.is_relative_to(layout.releases) and not path.is_relative_to(layout.inbox)
    ]


def test_another_account_reads_releases_and_nothing_else(open_office: Office) -> None:
    private = _private(open_office)
    names = {path.name for path in private}
    assert {"rows.parquet", "rejects.parquet", "manifest.json", "registry.db", "index.html", "vault.key"} <= names
    public = open_office.settings.layout.release("2026T3-r01") / "index.html"
    root = open_office.settings.layout.root
    assert [path for path in private if _open_to_others(path, root)] == [] and _open_to_others(public, root)
    if os.geteuid() == 0:  # who may become another account tries it for real
        with common_user():
            assert [path for path in private if _opens(path)] == [] and public.read_text() == "pública"


def test_an_installation_of_before_is_closed_when_it_is_used(open_office: Office) -> None:
    layout = open_office.settings.layout
    for folder in (layout.lake, layout.receipts, layout.vault, layout.keys):
        folder.chmod(0o777)
    layout.registry.chmod(0o666)
    open_office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P3,Ana,4771234567,20,mujer,\n")
    assert all(
        path.stat().st_mode & 0o007 == 0
        for path in (layout.lake, layout.receipts, layout.vault, layout.keys, layout.registry)
    )


def _open_to_others(path: Path, root: Path) -> bool:
    """Whether the rights let any other account read a file: each folder on the way must be open too."""
    folders = [folder for folder in path.parents if folder.is_relative_to(root) and folder != root]
    return bool(path.stat().st_mode & 0o004) and all(folder.stat().st_mode & 0o001 for folder in folders)


def _opens(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return False
    return True
