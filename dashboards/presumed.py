"""What a board or a chart says that follows from the rest of it, or that is so in every one: git leaves it out, Superset gets it (`filled`).

Both are inverses of one another, whatever a person chose in the browser: what is otherwise than presumed is said.
"""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]
ASKED = {
    "datasource": {"id": 0, "type": "table"},
    "force": False,
    "form_data": {},
    "result_format": "json",
    "result_type": "full",
}
"""Of a chart's question. Superset fills in the dataset on import."""
ASKED_FIRST = ("datasource", "force", "queries")
QUERY: Part = {
    "applied_time_extras": {}, "annotation_layers": [], "series_limit": 0, "group_others_when_limit_reached": False, "order_desc": True,
}  # fmt: skip
QUERY_FIRST = (
    "filters", "extras", "applied_time_extras", "columns", "metrics", "orderby", "annotation_layers", "row_limit", "series_columns",
    "series_limit", "series_limit_metric", "group_others_when_limit_reached", "order_desc",
)  # fmt: skip
BARE = "BACKGROUND_TRANSPARENT"
PART_FIRST = ("type", "id", "children", "parents", "meta")
META_FIRST = ("chartId", "width", "background")
LEAVES, WITHOUT_META = ("CHART", "MARKDOWN"), ("ROOT", "GRID")


def number_of(uuid: str) -> int:
    """The number by which a dashboard's file names a chart: from its uuid alone, so that a new chart changes no other's."""
    return int(uuid.replace("-", "")[:8], 16)


def in_order(first: tuple[str, ...], said: Part) -> Part:
    """`said` with these keys first, as an export writes them; the others follow as they stand."""
    return {key: said[key] for key in sorted(said, key=lambda key: first.index(key) if key in first else len(first))}


def without(said: Part, known: Part) -> Part:
    """What is said otherwise than it is known."""
    return {key: value for key, value in said.items() if key not in known or known[key] != value}


def filled_chart(chart: Part) -> Part:
    """A chart of git as Superset is to hold it."""
    if "query_context" not in chart:
        return chart
    asked = in_order(ASKED_FIRST, ASKED | chart["query_context"])
    asked["queries"] = [in_order(QUERY_FIRST, QUERY | query) for query in asked["queries"]]
    return {**chart, "query_context": asked}


def emptied_chart(chart: Part) -> Part:
    """A chart of Superset as git holds it."""
    if not isinstance(chart.get("query_context"), dict):
        return chart
    asked = without(chart["query_context"], ASKED)
    asked["queries"] = [without(query, QUERY) for query in asked["queries"]]
    return {**chart, "query_context": asked}


def filled_board(board: Part) -> Part:
    """A board of git as Superset is to hold it."""
    known = _known(board["position"])
    return {
        **board,
        "position": {name: _filled_part(part, known.get(name, {})) for name, part in board["position"].items()},
    }


def emptied_board(board: Part) -> Part:
    """A board of Superset as git holds it."""
    known = _known(board["position"])
    return {
        **board,
        "position": {name: _emptied_part(part, known.get(name, {})) for name, part in board["position"].items()},
    }


def _known(position: Part) -> dict[str, Part]:
    """Of every part of a page: its own name, where it lies, and what all of its kind say."""
    known: dict[str, Part] = {}

    def walk(name: str, above: list[str]) -> None:
        part = position.get(name)
        if not isinstance(part, dict) or name in known:
            return
        lies = {"parents": above} if above else {}
        leaf: Part = {"children": []} if part["type"] in LEAVES else {}
        meta = {} if part["type"] in WITHOUT_META else {"meta": _known_meta(part)}
        known[name] = {"id": name, **leaf, **lies, **meta}
        for child in part.get("children", ()):
            walk(child, [*above, name])

    walk("ROOT_ID", [])
    return known


def _known_meta(part: Part) -> Part:
    if part["type"] == "CHART" and "uuid" in part.get("meta", {}):
        return {"chartId": number_of(part["meta"]["uuid"])}
    return {"background": BARE} if part["type"] in ("ROW", "COLUMN") else {}


def _filled_part(part: Any, known: Part) -> Any:
    if not known:
        return part
    meta = {"meta": in_order(META_FIRST, known["meta"] | part.get("meta", {}))} if "meta" in known else {}
    return in_order(PART_FIRST, known | part | meta)


def _emptied_part(part: Any, known: Part) -> Any:
    if "meta" in known and "meta" in part:
        part = {**part, "meta": without(part["meta"], known["meta"])}
        known = {**known, "meta": {}}
    return without(part, known) if known else part
