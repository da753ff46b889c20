"""What visitors may ask: the charts' own queries with the filters of their page, and nothing else.

Superset's chart data API takes any query from whoever may see a chart: SQL expressions, other columns, a million rows. Here a
question only says *which* chart (or which filter's list of values) and what the page's filters are set to; the query itself is
the one that is stored with the chart. What else the browser sent is not looked at, so there is nothing in it to attack, and the
same chart with the same filters is the same question, whatever it was wrapped in (answers.py keeps answers by it).

Administrators, who edit charts, ask what they like.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_FILTERS = 20
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
LARGEST_NUMBER = 2**53
MOST_VALUES = 200
LONGEST_VALUE = 300
MOST_ROWS = {"json": 10_000, "csv": 100_000, "xlsx": 20_000}
RESULT_TYPES = {"full", "results", "post_processed"}
OPERATORS = {"IN", "NOT IN", "=="}
REMEMBERED = 30.0
"""Seconds for which a chart's stored query is remembered: each is read from Superset's metadata, for every answer."""


class Refused(Exception):
    """The question is none that a page asks. `status` is 400 (no such question) or 403 (not of this page)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Chart(NamedTuple):
    """A chart as stored: its dataset, its queries, its settings, the pages that show it."""

    dataset: int
    queries: list[dict[str, Any]]
    params: dict[str, Any]
    dashboards: set[int]


class Native(NamedTuple):
    """A filter of a page: its dataset and column, the charts it leaves out, how its values are listed."""

    dataset: int
    column: str
    excluded: set[int]
    controls: dict[str, Any]
    kind: str
    """What its column holds: "text", "number", or "" for what is neither."""


class Page(NamedTuple):
    """A dashboard's filters by id, and the columns by which its charts filter each other (none unless switched on)."""

    natives: dict[str, Native]
    crossing: set[str]


_remembered: dict[tuple[str, int], tuple[float, Any]] = {}


def chosen(own: dict[str, Any]) -> list[dict[str, Any]]:
    """The filters of a question that are not stored with its chart: what the reader chose."""
    stored = _chart(own["form_data"]["slice_id"]).queries if "slice_id" in own["form_data"] else [{}]
    return [one for one in own["queries"][0]["filters"] if one not in (stored[0].get("filters") or [])]


def own_question(body: Any) -> dict[str, Any]:
    """The question that Superset is asked instead of `body`. Raises Refused."""
    if not isinstance(body, dict) or not isinstance(body.get("form_data"), dict):
        raise Refused(400, "La consulta no es de un tablero.")
    form = body["form_data"]
    dashboard = _number(form.get("dashboardId"))
    result_format, result_type = _word(body.get("result_format", "json")), _word(body.get("result_type", "full"))
    if result_format not in MOST_ROWS or result_type not in RESULT_TYPES:
        raise Refused(400, "Ese formato no existe.")
    page = _page(dashboard)
    if form.get("type") == "NATIVE_FILTER":
        dataset, queries, params = _values_of_a_filter(body, page, form)
        where = {
            "dashboardId": dashboard, "type": "NATIVE_FILTER", "native_filter_id": form.get("native_filter_id")
        }  # fmt: skip
    else:
        number = _number(form.get("slice_id"))
        chart = _chart(number)
        if dashboard not in chart.dashboards:
            raise Refused(403, "Esa gráfica no es de ese tablero.")
        dataset, params = chart.dataset, chart.params
        queries = list(_of_the_chart(body, chart, number, page, result_format))
        where = {"slice_id": number, "dashboardId": dashboard}
    datasource = body.get("datasource")
    if not isinstance(datasource, dict) or _number(datasource.get("id")) != dataset:
        raise Refused(403, "Esos datos no son de esa gráfica.")
    return {
        "datasource": {"id": dataset, "type": "table"},
        "force": False,
        "queries": queries,
        "form_data": {**(params if result_type == "post_processed" else {}), **where},
        "result_format": result_format,
        "result_type": result_type,
    }


def _of_the_chart(
    body: dict[str, Any], chart: Chart, number: int, page: Page, result_format: str
) -> Iterator[dict[str, Any]]:
    """The stored queries, each with the filters that came with it."""
    reach = dict.fromkeys(page.crossing, "") | {
        native.column: native.kind for native in page.natives.values() if number not in native.excluded
    }
    asked = body.get("queries") or [{}]  # without filters there is nothing to say
    if not isinstance(asked, list) or len(asked) not in {1, len(chart.queries)}:
        raise Refused(400, "La consulta no es la de esa gráfica.")
    asked = asked * len(chart.queries) if len(asked) == 1 else asked
    for own, sent in zip(chart.queries, asked, strict=True):
        kept = own.get("filters") or []
        query = {**own, "filters": [*kept, *_filters(sent, kept, reach, OPERATORS)]}
        limit = _limit(own.get("row_limit"), MOST_ROWS[result_format])
        if result_format != "json" and isinstance(
            sent.get("row_limit"), int
        ):  # the whole list instead of the part shown
            limit = _limit(max(sent["row_limit"], limit), MOST_ROWS[result_format])
        yield {**query, "row_limit": limit}


def _values_of_a_filter(
    body: dict[str, Any], page: Page, form: dict[str, Any]
) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """The list of values of one of the page's filters, as the browser asks for it."""
    native = page.natives.get(str(form.get("native_filter_id")))
    asked = body.get("queries") or [{}]
    if native is None or not isinstance(asked, list) or len(asked) != 1:
        raise Refused(403, "Ese filtro no es de ese tablero.")
    reach = {other.column: other.kind for other in page.natives.values()}
    operators = OPERATORS | ({"ILIKE"} if native.controls.get("searchAllOptions") else set())
    by = native.controls.get("sortMetric") or native.column
    query = {
        "columns": [native.column],
        "metrics": [by] if by != native.column else [],
        "filters": _filters(asked[0], [], reach, operators),
        "extras": {"having": "", "where": ""},
        "applied_time_extras": {},
        "orderby": [[by, bool(native.controls.get("sortAscending"))]],
        "annotation_layers": [],
        "row_limit": 1000,
        "series_limit": 0,
        "order_desc": True,
    }
    return native.dataset, [query], {}


def _filters(sent: Any, kept: list[Any], reach: dict[str, str], operators: set[str]) -> list[dict[str, Any]]:
    """The filters that the page set, checked: of its own columns, with plain values, in one order whatever was sent."""
    if not isinstance(sent, dict):
        raise Refused(400, "La consulta no es la de esa gráfica.")
    listed = sent.get("filters") or []
    if not isinstance(listed, list):
        raise Refused(400, "La consulta no es la de esa gráfica.")
    filters = [one for one in listed if one not in kept]
    if len(filters) > MOST_FILTERS:
        raise Refused(400, "Son demasiados filtros.")
    clean = []
    for one in filters:
        if not isinstance(one, dict) or not isinstance(one.get("col"), str) or _word(one.get("op")) not in operators:
            raise Refused(400, "Ese filtro no existe.")
        if one["col"] not in reach:
            raise Refused(400, f"Este tablero no filtra por {one['col'][:60]!r}.")
        value = _value(one.get("val"), reach[one["col"]])
        if isinstance(value, list) != (one["op"] in {"IN", "NOT IN"}):
            raise Refused(400, "Ese valor no puede ser de un filtro.")
        clean.append({"col": one["col"], "op": one["op"], "val": value})
    return sorted(clean, key=lambda one: json.dumps(one, sort_keys=True))


def _value(value: Any, kind: str) -> Any:
    """The value of a filter, in the form that its column has. Raises Refused."""
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        raise Refused(400, "Son demasiados valores en un filtro.")
    if not all(one is None or is_plain(one) for one in values):
        raise Refused(400, "Ese valor no puede ser de un filtro.")
    if kind == "number" and not all(one is None or _is_number(one) for one in values):
        raise Refused(400, "Ese filtro es de números.")
    if kind == "text":
        values = [str(one) if isinstance(one, (int, float)) else one for one in values]
    return values if isinstance(value, list) else values[0]


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def is_plain(value: Any) -> bool:
    """Whether a value can stand in a query and in an address: a number that fits, or text of a bearable length that can be written."""
    if isinstance(value, bool):
        return False  # no column that a page filters by holds any
    if isinstance(value, (int, float)):
        return math.isfinite(value) and abs(value) < LARGEST_NUMBER
    return isinstance(value, str) and len(value) <= LONGEST_VALUE and UNWRITABLE.search(value) is None


def _word(value: Any) -> str:
    """A word of the protocol; whatever else came is none."""
    return value if isinstance(value, str) else ""


def _limit(own: Any, most: int) -> int:
    return min(own, most) if isinstance(own, int) and own > 0 else most


def _number(value: Any) -> int:
    """The number of a chart, a page, a dataset, as number or as text."""
    if not NUMBER.fullmatch(str(value)[:20]):
        raise Refused(400, "La consulta no es de un tablero.")
    return int(value)


def _chart(number: int) -> Chart:
    return _remember("chart", number, _read_chart)


def _page(number: int) -> Page:
    return _remember("page", number, _read_page)


def _remember(kind: str, number: int, read: Any) -> Any:
    now = time.monotonic()
    until, found = _remembered.get((kind, number), (0.0, None))
    if until < now:
        found = read(number)  # what does not exist is refused, and not remembered
        _remembered[kind, number] = now + REMEMBERED, found
    return found


def _read_chart(number: int) -> Chart:
    from superset import db
    from superset.models.slice import Slice

    chart = db.session.get(Slice, number)
    if chart is None or not chart.query_context:
        raise Refused(403, "Esa gráfica no existe.")
    return Chart(
        chart.datasource_id,
        json.loads(chart.query_context)["queries"],
        json.loads(chart.params or "{}"),
        {dashboard.id for dashboard in chart.dashboards},
    )


def _kind(dataset: int, name: str) -> str:
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    table = db.session.get(SqlaTable, dataset)
    column = next((one for one in table.columns if one.column_name == name), None) if table else None
    if column is None:
        return ""
    return "number" if column.is_numeric else "text" if column.is_string else ""


def _read_page(number: int) -> Page:
    from superset import db
    from superset.models.dashboard import Dashboard

    dashboard = db.session.get(Dashboard, number)
    if dashboard is None:
        raise Refused(403, "Ese tablero no existe.")
    metadata = json.loads(dashboard.json_metadata or "{}")
    natives = {
        native["id"]: Native(
            target["datasetId"],
            target["column"]["name"],
            set((native.get("scope") or {}).get("excluded", [])),
            native.get("controlValues") or {},
            _kind(target["datasetId"], target["column"]["name"]),
        )
        for native in metadata.get("native_filter_configuration", [])
        for target in native.get("targets", [])
        if "datasetId" in target and "column" in target
    }
    crossing = set()
    if metadata.get("cross_filters_enabled"):
        for chart in dashboard.slices:
            queries = json.loads(chart.query_context)["queries"] if chart.query_context else []
            crossing |= {column for query in queries for column in query.get("columns", []) if isinstance(column, str)}
    return Page(natives, crossing)
