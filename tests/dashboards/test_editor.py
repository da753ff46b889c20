"""Edits by mouse in Superset's own editors: what comes back to git is what the person changed, and nothing is undone unsaid."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, sync_playwright

from tests.dashboards.instance import ROOT, Superset

pytestmark = pytest.mark.servers
ASSETS = ROOT / "dashboards" / "assets"
PAGE = "presupuesto-participativo"
CHART = "Talleres, uno por uno"
PATIENCE = 120_000


@pytest.fixture
def page(superset: Superset) -> Iterator[Page]:
    """A browser in which the administrator has entered."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = chromium.new_context(viewport={"width": 1440, "height": 1000}, locale="es-MX").new_page()
        page.set_default_timeout(PATIENCE)
        page.context.add_cookies(
            [
                {"name": one.name, "value": str(one.value), "url": superset.url}
                for one in superset.login("admin").cookies
            ]
        )
        yield page
        chromium.close()


def made_taller(page: Page, superset: Superset) -> None:
    """Take the lower edge of a chart with the mouse, draw it down, save."""
    page.goto(f"{superset.url}/superset/dashboard/{PAGE}/")
    page.wait_for_selector(".dashboard-component-chart-holder")
    page.click("[data-test='edit-dashboard-button']")
    page.wait_for_selector(".dashboard--editing")
    holder = page.locator(f".resizable-container:has(.chart-slice[data-test-chart-name='{CHART}'])").last
    holder.scroll_into_view_if_needed()
    holder.hover()
    edge = holder.locator(".resizable-container-handle--bottom").last.bounding_box()
    assert edge is not None
    x, y = edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 30, steps=5)
    page.mouse.move(x, y + 80, steps=8)
    page.mouse.up()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/dashboard/" in answer.url) as saved:
        page.click("[data-test='header-save-button']")
    assert saved.value.ok


def ticked_a_setting(page: Page, superset: Superset) -> None:
    """Open a chart in its editor, click a box, save over it."""
    found = page.request.get(
        f"{superset.url}/api/v1/chart/?q=(filters:!((col:slice_name,opr:eq,value:'{CHART}')))"
    ).json()["result"]
    page.goto(f"{superset.url}/explore/?slice_id={found[0]['id']}")
    page.wait_for_selector("[data-test='query-save-button']:not([disabled])")
    page.wait_for_load_state("networkidle")
    page.click("[data-test='server_pagination'] input")
    page.click("[data-test='query-save-button']")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/chart/" in answer.url) as saved:
        page.click("[data-test='btn-modal-save']")
    assert saved.value.ok


def changes(superset: Superset, folder: Path) -> dict[str, list[str]]:
    """The lines that an export would change, by file."""
    done = superset.script("export.py", "--to", str(folder))
    assert done.returncode == 0, done.stderr[-2000:]
    found = {}
    for path in folder.rglob("*.yaml"):
        name = path.relative_to(folder)
        before, after = (one.read_text().splitlines() for one in (ASSETS / name, path))
        lines = [
            line
            for line in difflib.unified_diff(before, after, n=0)
            if line[0] in "+-" and line[:3] not in {"+++", "---"}
        ]
        if lines:
            found[name.name] = [line[0] + line[1:].strip() for line in lines]
    return found


def height() -> int:
    """The chart's height in git."""
    position = yaml.safe_load((ASSETS / "dashboards" / "presupuesto_participativo.yaml").read_text())["position"]
    (part,) = [
        one for one in position.values() if isinstance(one, dict) and one.get("meta", {}).get("sliceName") == CHART
    ]
    return int(part["meta"]["height"])


def test_edits_by_mouse_come_back_as_they_were_made_and_are_not_undone_unsaid(
    superset: Superset, page: Page, tmp_path: Path
) -> None:
    drawn = [f"-height: {height()}", f"+height: {height() + 10}"]
    try:
        made_taller(page, superset)
        assert changes(superset, tmp_path / "first") == {
            "presupuesto_participativo.yaml": ["-height: 60", "+height: 70"]
        }

        ticked_a_setting(page, superset)
        both = changes(superset, tmp_path / "second")
        assert both["presupuesto_participativo.yaml"] == drawn
        chart = both["talleres_uno_por_uno.yaml"]
        assert {"-server_pagination: false", "+server_pagination: true"} <= set(chart)
        assert not any("matrixify" in line or "comparison" in line for line in chart), "settings that nobody touched"
        assert len(both) == 2

        refused = superset.script("apply.py")
        assert refused.returncode == 4
        assert "presupuesto_participativo.yaml" in refused.stderr and "talleres_uno_por_uno.yaml" in refused.stderr
        assert changes(superset, tmp_path / "third") == both, "the refusal changed something"
    finally:
        undone = superset.script("apply.py", "--overwrite")
    assert undone.returncode == 0, undone.stderr[-2000:]
    assert changes(superset, tmp_path / "last") == {}
