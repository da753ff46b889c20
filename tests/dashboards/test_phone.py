"""The stacked layout of phones, as a function of the layout in git."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.dashboards.instance import PYTHON, ROOT

SCRIPT = (
    "import sys, json; sys.path.insert(0, 'dashboards'); import phone; from assets_io import load; "
    "print(json.dumps([phone.stack(a['position']) for p, a in load().items() if p.startswith('dashboards/')]))"
)


@pytest.fixture(scope="module")
def stacked() -> list[dict[str, Any]]:
    done = subprocess.run([str(PYTHON), "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_one_part_a_row_and_nothing_lost(stacked: list[dict[str, Any]]) -> None:
    for position in stacked:
        seen = []
        waiting = ["ROOT_ID"]
        while waiting:
            part = position[waiting.pop()]
            seen.append(part["id"])
            waiting.extend(part["children"])
            if part["type"] == "ROW":
                assert len(part["children"]) == 1
            if part["type"] in {"CHART", "MARKDOWN", "COLUMN"}:
                assert part["meta"]["width"] == 12
        charts = {key for key, part in position.items() if isinstance(part, dict) and part.get("type") == "CHART"}
        assert charts <= set(seen)
