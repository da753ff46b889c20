"""The same dashboards on a phone: one chart under the other, each as wide as the screen.

Superset computes a chart's width from its columns of twelve, whatever the screen; stacking with CSS alone leaves every chart
drawn in a strip. So the layout itself is stacked on its way out, for narrow windows (a cookie that the page's first script
sets) and for people who cannot edit (an editor must see the layout that would be saved).
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from flask_login import current_user

COOKIE = "pamga_telefono"
DASHBOARD = re.compile(r"/api/v1/dashboard/[^/]+")
FULL = 12
ONE_ROW = 20


def stack(position: dict[str, Any]) -> dict[str, Any]:
    """Every row with several parts becomes as many rows of one part, twelve columns wide."""
    stacked = dict(position)
    for row_id, row in position.items():
        if not isinstance(row, dict) or row.get("type") != "ROW":
            continue
        parent_id = row["parents"][-1]
        rows = []
        for number, child_id in enumerate(row["children"]):
            new_id = row_id if number == 0 else f"{row_id}-{number}"
            stacked[new_id] = {**row, "id": new_id, "children": [child_id]}
            _widen(stacked, child_id)
            rows.append(new_id)
        siblings = stacked[parent_id]["children"]
        place = siblings.index(row_id)
        stacked[parent_id] = {**stacked[parent_id], "children": [*siblings[:place], *rows, *siblings[place + 1 :]]}
    return stacked


def _widen(position: dict[str, Any], part_id: str) -> None:
    part = position[part_id]
    meta = {**part.get("meta", {}), "width": FULL}
    if part["type"] == "MARKDOWN":
        meta["height"] = int(meta["height"] * 2.6)  # the same words need more lines
    if part["type"] == "CHART" and meta["height"] < ONE_ROW:
        meta["height"] *= 2  # a table of one row, such as the notice of example data, is many lines in a narrow cell
    position[part_id] = {**part, "meta": meta}
    for child in part.get("children", []):
        _widen(position, child)


def restack(response: Response) -> Response:
    """After a request: the answer with a dashboard's layout, stacked for a phone."""
    if not DASHBOARD.fullmatch(request.path) or request.method != "GET":
        return response
    response.vary.add("Cookie")
    if request.cookies.get(COOKIE) != "1" or response.status_code != 200 or _may_edit():
        return response
    document = response.get_json()
    position = json.loads(document["result"].get("position_json") or "{}")
    document["result"]["position_json"] = json.dumps(stack(position))
    response.set_data(json.dumps(document))
    return response


def _may_edit() -> bool:
    return current_user.is_authenticated and any(role.name == "Admin" for role in current_user.roles)
