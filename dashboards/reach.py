"""What a filter does not change, said beside the filter.

Superset shows at each chart how many filters act on it, and nothing at the filter. On the way out the description of each filter
(the ⓘ beside it) gets the titles of the charts that it leaves as they are, computed from what the charts read; a big figure that
a filter leaves as it is says so in the words below it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from addresses import dashboard_of
from flask import Response, request
from visitors import is_administrator

DASHBOARD = re.compile(r"/api/v1/dashboard/([^/]+)")
CHARTS = re.compile(r"/api/v1/dashboard/([^/]+)/charts")
NOTICE_COLUMN = "aviso"
"""The notice of example data reads this column; no filter acts on it, and nobody expects it to."""


def said(response: Response) -> Response:
    """After a request: the answer with a dashboard, its filters described whole; that with its charts, the figures too."""
    page, charts = DASHBOARD.fullmatch(request.path), CHARTS.fullmatch(request.path)
    if not (page or charts) or request.method != "GET" or response.status_code != 200 or is_administrator():
        return response
    document = response.get_json()
    result = document.get("result")
    if page and isinstance(result, dict) and "json_metadata" in result:
        metadata = json.loads(result["json_metadata"] or "{}")
        on_the_page = _charts(dashboard_of(str(result["id"])))
        for native in metadata.get("native_filter_configuration", []):
            native["description"] = described(native, on_the_page)
        result["json_metadata"] = json.dumps(metadata, ensure_ascii=False)
    elif charts and isinstance(result, list):
        _say_below_the_figures(result, dashboard_of(charts[1]))
    else:
        return response
    response.set_data(json.dumps(document, ensure_ascii=False))
    return response


def _say_below_the_figures(sent: list[dict[str, Any]], dashboard: Any) -> None:
    natives = json.loads((dashboard and dashboard.json_metadata) or "{}").get("native_filter_configuration", [])
    columns_of = {number: columns for number, _, columns in _charts(dashboard)}
    for chart in sent:
        form = chart.get("form_data") or {}
        if str(form.get("viz_type")).startswith("big_number") and chart["id"] in columns_of:
            form["subtitle"] = below(str(form.get("subtitle") or ""), chart["id"], columns_of[chart["id"]], natives)


def below(subtitle: str, number: int, columns: set[str], natives: list[dict[str, Any]]) -> str:
    """The words below a big figure, with the filters of the page that leave it as it is."""
    unmoved = [
        native["name"]
        for native in natives
        if (column := _column(native)) and (column not in columns or number in _excluded(native))
    ]
    names = " ni ".join([", ".join(unmoved[:-1]), unmoved[-1]] if len(unmoved) > 1 else unmoved)
    return ". ".join(part for part in (subtitle, f"No cambia con {names}" if unmoved else "") if part)


def _column(native: dict[str, Any]) -> str | None:
    return next((target["column"]["name"] for target in native.get("targets", []) if "column" in target), None)


def _excluded(native: dict[str, Any]) -> set[int]:
    return set((native.get("scope") or {}).get("excluded", []))


def described(native: dict[str, Any], charts: list[tuple[int, str, set[str]]]) -> str:
    """The filter's own words and what it does not change. `charts`: number, title, columns of what it reads."""
    own = str(native.get("description") or "").strip()
    column, excluded = _column(native), _excluded(native)
    rest = [title for number, title, columns in charts if column not in columns or number in excluded]
    if column is None or not rest or len(rest) == len(charts):
        return own
    titles = ", ".join(f"«{title}»" for title in rest)
    sentence = f"No cambia {titles}." if len(rest) <= len(charts) / 2 else _only(charts, rest)
    return f"{own.rstrip('.')}. {sentence}" if own else sentence


def _only(charts: list[tuple[int, str, set[str]]], rest: list[str]) -> str:
    reached = ", ".join(f"«{title}»" for _, title, _ in charts if title not in rest)
    return f"Sólo cambia {reached}."


def _charts(dashboard: Any) -> list[tuple[int, str, set[str]]]:
    """Number, title and columns of what each chart reads, but for the notice."""
    found = []
    for chart in sorted(dashboard.slices if dashboard else [], key=lambda chart: str(chart.slice_name)):
        columns = {column.column_name for column in chart.table.columns} if chart.table else set()
        if NOTICE_COLUMN not in columns:
            found.append((chart.id, chart.slice_name, columns))
    return found
