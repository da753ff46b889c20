"""The stacked layout of phones, as a function of the layout in git."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dashboards.instance import in_superset

SCRIPT = (
    "import json, phone; from assets_io import load; "
    "print(json.dumps({'layouts': [phone.stack(a['position']) for p, a in load().items() if p.startswith('dashboards/')],"
    " 'charts': [[a['params'], phone.fit(a['params'], phone.TABLET), phone.fit(a['params'])] for p, a in load().items() if p.startswith('charts/')]}))"
)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    """Layouts of all dashboards as a phone gets them, and the settings of all charts before and after."""
    found: dict[str, Any] = json.loads(in_superset(SCRIPT))
    return found


def test_one_part_a_row_and_nothing_lost(fitted: dict[str, Any]) -> None:
    """Only charts of one big figure stand beside each other, two by two."""
    for position in fitted["layouts"]:
        seen = []
        waiting = ["ROOT_ID"]
        while waiting:
            part = position[waiting.pop()]
            seen.append(part["id"])
            waiting.extend(part["children"])
            if part["type"] == "ROW":
                parts = [position[child] for child in part["children"]]
                assert [child["meta"]["width"] for child in parts] in ([12], [6, 6])
                assert len(parts) == 1 or all(child["type"] == "CHART" for child in parts)
        charts = {key for key, part in position.items() if isinstance(part, dict) and part.get("type") == "CHART"}
        assert charts <= set(seen)


def test_maps_step_back_and_bars_make_room_and_nothing_else_changes(fitted: dict[str, Any]) -> None:
    maps = bars = 0
    for before, after, _phone in fitted["charts"]:
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed <= {"viewport", "echart_options", "x_axis_time_format"}
        assert ("x_axis_time_format" in changed) == (before["viz_type"] == "gantt_chart")
        if "viewport" in changed:
            maps += 1
            assert after["viewport"]["zoom"] < before["viewport"]["zoom"]
        if "echart_options" in changed:
            bars += 1
            assert before["orientation"] == "horizontal"
            assert (before.get("echart_options") or "{}")[:-1] in after["echart_options"]  # whole numbers stay whole
    assert maps and bars


def test_a_phone_s_legend_is_whole_and_has_its_lines_above_the_drawing(fitted: dict[str, Any]) -> None:
    """Superset rolls a legend of more than two lines: most of the colours would have no name that is seen."""
    legends = 0
    for before, tablet, phone in fitted["charts"]:
        changed = {key for key in tablet.keys() | phone.keys() if tablet.get(key) != phone.get(key)}
        has_one = before.get("show_legend") and before.get("legendOrientation") == "top"
        assert changed == ({"echart_options", "legendMargin"} if has_one else set())
        if has_one:
            legends += 1
            assert "legend: {type: 'plain'}" in phone["echart_options"]
            entries = len(before.get("metrics") or []) if not (before.get("groupby") or before.get("series")) else 3
            assert phone["legendMargin"] >= 20 + 24 * (min(entries, 2) - 1)
    assert legends > 5
