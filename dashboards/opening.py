"""What a page asks when it is opened: each chart's question, with the values that the page's filters start on.

Asked by whoever needs the answers before a browser does (refresh.py, first_screen.py), over HTTP or inside of the application.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

Ask = Callable[[str, dict[str, Any] | None], Any]
"""The JSON that an anonymous visitor gets from a path, for a body (None: GET). Raises OSError or ValueError."""


class Question(NamedTuple):
    """A chart of a page, as its browser asks it. The server knows the query (asked.py): this says which, and what filters start on."""

    chart: dict[str, Any]
    body: dict[str, Any]


class Page(NamedTuple):
    """A dashboard as it is sent to browsers, and what it asks."""

    dashboard: dict[str, Any]
    questions: list[Question]


def opened(ask: Ask, slug: str) -> Page:
    """The page of a dashboard. Raises what `ask` raises."""
    dashboard = ask(f"/api/v1/dashboard/{slug}", None)["result"]
    filters = natives(dashboard["json_metadata"])
    starts = [(native, value) for native in filters if (value := _start(ask, dashboard["id"], native))]
    return Page(
        dashboard,
        [
            _question(chart, dashboard["id"], starts)
            for chart in ask(f"/api/v1/dashboard/{slug}/charts", None)["result"]
        ],
    )


def natives(json_metadata: str | None) -> list[dict[str, Any]]:
    """The filters of a page, by what its dashboard is stored with: those that choose among the values of a column."""
    configured = json.loads(json_metadata or "{}").get("native_filter_configuration", [])
    return [native for native in configured if native.get("targets") and "column" in native["targets"][0]]


def _start(ask: Ask, dashboard: int, native: dict[str, Any]) -> list[Any]:
    """What a filter that "starts on its first value" starts on. The list of values of the others is asked for too, as browsers do."""
    target = native["targets"][0]
    form = {"dashboardId": dashboard, "type": "NATIVE_FILTER", "native_filter_id": native["id"]}
    body = {"datasource": {"id": target["datasetId"], "type": "table"}, "form_data": form}
    rows = ask("/api/v1/chart/data", body)["result"][0]["data"]
    first = (native.get("controlValues") or {}).get("defaultToFirstItem")
    return [rows[0][target["column"]["name"]]] if first and rows else []


def _question(chart: dict[str, Any], dashboard: int, starts: list[tuple[dict[str, Any], list[Any]]]) -> Question:
    filters = [
        {"col": native["targets"][0]["column"]["name"], "op": "IN", "val": value}
        for native, value in starts
        if chart["id"] not in (native.get("scope") or {}).get("excluded", [])
    ]
    dataset = {"id": int(str(chart["form_data"]["datasource"]).partition("__")[0]), "type": "table"}
    form = {"slice_id": chart["id"], "dashboardId": dashboard}
    return Question(chart, {"datasource": dataset, "queries": [{"filters": filters}], "form_data": form})
