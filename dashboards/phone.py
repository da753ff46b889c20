"""The same dashboards on a phone: one chart under the other, each as wide as the screen.

Superset computes a chart's width from its columns of twelve, whatever the screen; stacking with CSS alone leaves every chart
drawn in a strip. So the layout itself is stacked on its way out, and what a chart draws is fitted to a narrow screen, for
narrow screens (a cookie that the page's first script sets) and for people who cannot edit (an editor must see the layout that
would be saved). Tables become cards by CSS (static/tema.css).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, request
from visitors import is_administrator

COOKIE = "pamga_telefono"  # set by templates/head_custom_extra.html
TABLET, PHONE = "1", "2"
LAYOUT = re.compile(r"/api/v1/dashboard/[^/]+")
CHARTS = re.compile(r"/api/v1/dashboard/[^/]+/charts")
FULL = 12
ONE_FIGURE = 23  # a chart lower than this is one big figure, or a table of one row
FIGURES_IN_A_ROW = 2
HALF_WIDE_HEIGHT = 25  # a title of three lines over its figure and the words below it
MAP_ZOOM = 0.8  # what half a wide screen shows fits the narrowest phone (320 points) when the map steps back by so much
SHORT_DATES = "smart_date"  # 2026, julio: of what each day beside the others has that is new
LEGEND_TOP, LEGEND_LINE = 20, 24  # pixels, as Superset reckons them
LINES_OF_STATES = 3  # of a legend whose entries are values: up to five, two beside each other
WHOLE_LEGEND = "legend: {type: 'plain'}"
BAR_LABELS = "grid: {left: 12}, yAxis: {axisTick: {show: false}, axisLabel: {fontSize: 11, margin: 4}}"


def stack(position: dict[str, Any]) -> dict[str, Any]:
    """Every row with several parts becomes as many rows of one part, twelve columns wide; big figures stay two by two."""
    stacked = dict(position)
    for row_id, row in position.items():
        if not isinstance(row, dict) or row.get("type") != "ROW":
            continue
        parent_id = row["parents"][-1]
        rows = []
        for number, children in enumerate(_groups(position, row["children"])):
            new_id = row_id if number == 0 else f"{row_id}-{number}"
            stacked[new_id] = {**row, "id": new_id, "children": children}
            for child_id in children:
                _widen(stacked, child_id, FULL // len(children))
            rows.append(new_id)
        siblings = stacked[parent_id]["children"]
        place = siblings.index(row_id)
        stacked[parent_id] = {**stacked[parent_id], "children": [*siblings[:place], *rows, *siblings[place + 1 :]]}
    return stacked


def _groups(position: dict[str, Any], children: list[str]) -> list[list[str]]:
    figures = all(
        position[child]["type"] == "CHART" and position[child]["meta"]["height"] < ONE_FIGURE for child in children
    )
    size = FIGURES_IN_A_ROW if figures else 1
    return [children[start : start + size] for start in range(0, len(children), size)]


def _widen(position: dict[str, Any], part_id: str, width: int) -> None:
    part = position[part_id]
    position[part_id] = {**part, "meta": {**part.get("meta", {}), "width": width}}
    if part["type"] == "CHART" and width < FULL:
        position[part_id]["meta"]["height"] = HALF_WIDE_HEIGHT
    for child in part.get("children", []):
        _widen(position, child, FULL)


def fit(form_data: dict[str, Any], size: str = PHONE) -> dict[str, Any]:
    """A chart's settings for a narrow screen: maps from further off, words beside bars smaller, dates as short as they can be, and on a
    phone the legend whole: Superset rolls one of more than two lines, so that most of the colours would have no name."""
    fitted = dict(form_data)
    if isinstance(viewport := fitted.get("viewport"), dict) and "zoom" in viewport:
        fitted["viewport"] = {**viewport, "zoom": viewport["zoom"] - MAP_ZOOM}
    if fitted.get("viz_type") == "gantt_chart":
        fitted["x_axis_time_format"] = SHORT_DATES
    options = []
    if fitted.get("orientation") == "horizontal":
        options.append(BAR_LABELS)
    if size == PHONE and fitted.get("show_legend") and fitted.get("legendOrientation") == "top":
        options.append(WHOLE_LEGEND)
        fitted["legendMargin"] = LEGEND_TOP + LEGEND_LINE * (_lines(fitted) - 1)
    if options:
        own = str(fitted.get("echart_options") or "{}").strip()[1:-1]
        fitted["echart_options"] = "{" + ", ".join(part for part in (own, *options) if part) + "}"
    return fitted


def _lines(form_data: dict[str, Any]) -> int:
    """How many lines the legend takes on the narrowest phone: short names of metrics stand beside each other."""
    if form_data.get("groupby") or form_data.get("series"):
        return LINES_OF_STATES
    metrics = len(form_data.get("metrics") or [])
    return metrics if metrics < LINES_OF_STATES else metrics - 1


def restack(response: Response) -> Response:
    """After a request: the answer with a dashboard's layout or its charts, fitted to a phone."""
    if request.method != "GET":
        return response
    change: Callable[[Any, Any], Any]
    if LAYOUT.fullmatch(request.path):
        change = _stack_layout
    elif CHARTS.fullmatch(request.path):
        change = _fit_charts
    else:
        return response
    response.vary.add("Cookie")
    if (
        (size := request.cookies.get(COOKIE)) not in {TABLET, PHONE}
        or response.status_code != 200
        or is_administrator()
    ):
        return response
    document = response.get_json()
    change(document["result"], size)
    response.set_data(json.dumps(document))
    return response


def _stack_layout(dashboard: dict[str, Any], _size: str) -> None:
    dashboard["position_json"] = json.dumps(stack(json.loads(dashboard.get("position_json") or "{}")))


def _fit_charts(charts: list[dict[str, Any]], size: str) -> None:
    for chart in charts:
        chart["form_data"] = fit(chart.get("form_data") or {}, size)
