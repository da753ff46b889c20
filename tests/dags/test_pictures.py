"""The pictures of docs/operations.md can be taken again: the question, its form and the answer work in a browser as they show it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dags.approval_pictures import PICTURES, TALL, WIDE

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 150_000


def size_of(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def test_the_page_shows_each_with_words_for_who_does_not_see_it() -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"!\[([^\]]+)\]\(pictures/([^)]+)\)", page))
    assert sorted(shown.values()) == sorted(PICTURES)
    assert all(len(words) > 60 for words in shown)
    for name in PICTURES:
        content = (ROOT / "docs/pictures" / name).read_bytes()
        assert len(content) < LARGEST and size_of(content)[0] <= WIDE


@pytest.mark.servers
def test_the_secretariado_answers_in_a_browser_as_the_pictures_show(tmp_path: Path) -> None:
    """The script ends well only if the answer that was typed and clicked let the run go on."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "PAMGA_")) or name == "PAMGA_CHROMIUM"
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.approval_pictures", str(tmp_path)], cwd=ROOT, env=clean, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for name in PICTURES:
        content = (tmp_path / name).read_bytes()
        assert len(content) < LARGEST and size_of(content)[1] <= TALL
        assert size_of(content) == size_of((ROOT / "docs/pictures" / name).read_bytes())
