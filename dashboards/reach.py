"""What a filter does not change, said beside the filter.

Superset shows at each chart how many filters act on it, and nothing at the filter. On the way out the description of each filter
(the ⓘ beside it) gets the titles of the charts that it leaves as they are, computed from what the charts read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from visitors import is_administrator

DASHBOARD = re.compile(r"/api/v1/dashboard/([^/]+)")
NOTICE_COLUMN = "aviso"
"""The notice of example data reads this column; no filter acts on it, and nobody expects it to."""


def said(response: Response) -> Response:
    """After a request: the answer with a dashboard, its filters described whole."""
    found = DASHBOARD.fullmatch(request.path)
    if not found or request.method != "GET" or response.status_code != 200 or is_administrator():
        return response
    document = response.get_json()
    result = document.get("result")
    if not isinstance(result, dict) or "json_metadata" not in result:
        return response
    metadata = json.loads(result["json_metadata"] or "{}")
    charts = _charts(result["id"])
    for native in metadata.get("native_filter_configuration", []):
        native["description"] = described(native, charts)
    result["json_metadata"] = json.dumps(metadata, ensure_ascii=False)
    response.set_data(json.dumps(document, ensure_ascii=False))
    return response


def described(native: dict[str, Any], charts: list[tuple[int, str, set[str]]]) -> str:
    """The filter's own words and what it does not change. `charts`: number, title, columns of what it reads."""
    own = str(native.get("description") or "").strip()
    column = next((target["column"]["name"] for target in native.get("targets", []) if "column" in target), None)
    excluded = set((native.get("scope") or {}).get("excluded", []))
    rest = [title for number, title, columns in charts if column not in columns or number in excluded]
    if column is None or not rest or len(rest) == len(charts):
        return own
    titles = ", ".join(f"«{title}»" for title in rest)
    sentence = f"No cambia {titles}." if len(rest) <= len(charts) / 2 else _only(charts, rest)
    return f"{own.rstrip('.')}. {sentence}" if own else sentence


def _only(charts: list[tuple[int, str, set[str]]], rest: list[str]) -> str:
    reached = ", ".join(f"«{title}»" for _, title, _ in charts if title not in rest)
    return f"Sólo cambia {reached}."


def _charts(dashboard_id: int) -> list[tuple[int, str, set[str]]]:
    from superset import db
    from superset.models.dashboard import Dashboard

    dashboard = db.session.get(Dashboard, dashboard_id)
    found = []
    for chart in sorted(dashboard.slices if dashboard else [], key=lambda chart: str(chart.slice_name)):
        columns = {column.column_name for column in chart.table.columns} if chart.table else set()
        if NOTICE_COLUMN not in columns:
            found.append((chart.id, chart.slice_name, columns))
    return found
