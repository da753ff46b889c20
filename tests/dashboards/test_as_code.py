"""Assets are code: applied twice changes nothing, and what Superset exports is what is in git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.instance import ROOT, Superset
from tests.servers import HANGS

pytestmark = pytest.mark.servers
TITLE = "Acuerdos vencidos sin atender"
FILE = "acuerdos_vencidos_sin_atender.yaml"


def test_applying_again_changes_nothing(superset: Superset) -> None:
    first, second = superset.applied
    for key in ("dashboards", "charts", "datasets"):
        assert first[key] == second[key]
    assert second["removed"] == []
    found = superset.login("admin").get(f"{superset.url}/api/v1/chart/", timeout=HANGS).json()["count"]
    assert found == second["charts"], "a second apply made second charts"


def test_round_trip(superset: Superset) -> None:
    done = superset.script("export.py", "--check")
    assert done.returncode == 0, done.stdout[:4000]


def test_a_change_by_hand_is_never_undone_unsaid_and_comes_back_to_git(
    superset: Superset, tmp_path: Path, assets: dict[str, Any]
) -> None:
    session = superset.login("admin")
    (chart,) = session.get(
        f"{superset.url}/api/v1/chart/?q=(filters:!((col:slice_name,opr:eq,value:'{TITLE}')))",
        timeout=HANGS,
    ).json()["result"]
    token = session.get(f"{superset.url}/api/v1/security/csrf_token/", timeout=HANGS).json()["result"]
    headers = {"X-CSRFToken": token, "Referer": superset.url}

    def describe(text: str) -> None:
        answer = session.put(
            f"{superset.url}/api/v1/chart/{chart['id']}", json={"description": text}, headers=headers, timeout=HANGS
        )
        assert answer.ok, answer.text

    def described() -> str:
        answer = session.get(f"{superset.url}/api/v1/chart/{chart['id']}", timeout=HANGS).json()
        return str(answer["result"]["description"])

    was = described()
    describe("Cambiada a mano.")
    try:
        done = superset.script("export.py", "--to", str(tmp_path))
        assert done.returncode == 0, done.stderr[-2000:]
        changed = [
            path.relative_to(tmp_path)
            for path in tmp_path.rglob("*.yaml")
            if path.read_text() != (ROOT / "dashboards" / "assets" / path.relative_to(tmp_path)).read_text()
        ]
        assert [path.name for path in changed] == [FILE]
        before, after = (
            (folder / changed[0]).read_text().splitlines() for folder in (ROOT / "dashboards/assets", tmp_path)
        )
        assert [line for line in after if line not in before] == ["description: Cambiada a mano."]

        refused = superset.script("apply.py")
        assert refused.returncode == 4 and FILE in refused.stderr and "dashboards-export" in refused.stderr
        assert described() == "Cambiada a mano."
        assert superset.script("apply.py", "--if-changed").returncode == 0, "nothing new in git: a release goes on"
        assert described() == "Cambiada a mano."

        undone = superset.script("apply.py", "--overwrite")
        assert undone.returncode == 0, undone.stderr[-2000:]
        assert described() == was
        (copy,) = (superset.data / "superset" / "edits").rglob(FILE)
        assert "Cambiada a mano." in copy.read_text()
        assert superset.script("apply.py").returncode == 0
    finally:
        describe(was)


def test_without_a_key_nothing_starts(superset: Superset) -> None:
    done = superset.script("apply.py", PAMGA_REQUIRE_KEYS="true", PAMGA_SUPERSET_SECRET_KEY="")
    assert done.returncode == 2
    assert "PAMGA_SUPERSET_SECRET_KEY" in done.stderr
