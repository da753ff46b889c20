"""Runs share the files that did not change, and nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from warehouse.sharing import share_unchanged


def candidate(folder: Path, **files: str) -> Path:
    (folder / "data").mkdir(parents=True)
    said = {}
    for name, text in files.items():
        (folder / "data" / name).write_text(text)
        said[f"data/{name}"] = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text), "rows": 1}
    (folder / "manifest.json").write_text(json.dumps({"files": said}))
    return folder


def same(one: Path, other: Path, name: str) -> bool:
    return (one / "data" / name).stat().st_ino == (other / "data" / name).stat().st_ino


def test_what_is_alike_is_one_file(tmp_path: Path) -> None:
    old = candidate(tmp_path / "old", a="igual", b="antes", gone="x")
    new = candidate(tmp_path / "new", a="igual", b="ahora", c="nuevo")
    assert share_unchanged(old, new) == len("igual")
    assert same(old, new, "a") and not same(old, new, "b")
    assert {path.name: path.read_text() for path in (new / "data").iterdir()} == {
        "a": "igual",
        "b": "ahora",
        "c": "nuevo",
    }


def test_what_a_disk_damaged_is_not_taken_over(tmp_path: Path) -> None:
    old, new = candidate(tmp_path / "old", a="igual"), candidate(tmp_path / "new", a="igual")
    (old / "data" / "a").write_text("igua1")
    assert share_unchanged(old, new) == 0
    assert (new / "data" / "a").read_text() == "igual"


def test_without_links_or_a_run_before_the_copies_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = candidate(tmp_path / "old", a="igual"), candidate(tmp_path / "new", a="igual")
    assert share_unchanged(tmp_path / "none", new) == 0

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("warehouse.sharing.os.link", refuse)
    assert share_unchanged(old, new) == 0
    assert (new / "data" / "a").read_text() == "igual" and len(list((new / "data").iterdir())) == 1
