"""Addresses of filtered views: `/superset/dashboard/mi-barrio-habla/?trimestre=2026T3&dependencia=IMJU`.

Superset shares a view by storing it in its metadata for ever, for whoever asks. Here the address says the filters by the names of
their columns: nothing is stored, a person can read and write it, and it holds over new releases and installations. A page that is
opened with such an address is sent on to the form that Superset reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import environment  # noqa: F401 - makes pamga findable
import prison
from asked import LONGEST_VALUE, MOST_VALUES, NUMBER, Refused, is_plain
from flask import Request, redirect
from opening import natives
from werkzeug.wrappers import Response as AnyResponse

from pamga.yaml_files import load_yaml

FILTERS = "native_filters"  # what Superset reads


def home(user: Any) -> str:
    """Where somebody begins: a department at its deliveries, the Secretariado at the release that waits, a citizen at the plan."""
    begin = load_yaml(Path(__file__).parent / "access.yaml")["home"]
    roles = [role.name for role in user.roles] if user.is_authenticated else []
    slug = next((begin[name] for name in begin for role in roles if role.startswith(name)), begin["Public"])
    return f"/superset/dashboard/{slug}/"


def login(wanted: str) -> str:
    """The login page, which leads on to `wanted`."""
    return f"/login/?next={quote(wanted.rstrip('?'), safe='/')}"


def of_view(dashboard: str, body: Any) -> str:
    """The path of what a page shows, from what its "share" sends (`dataMask`: filter id to state). Raises Refused."""
    found = dashboard_of(dashboard)
    masks = body.get("dataMask") if isinstance(body, dict) else None
    if found is None or not isinstance(masks, dict):
        raise Refused(400, "No hay qué compartir.")
    chosen: list[tuple[str, str]] = []
    for native in natives(found.json_metadata):
        mask = masks.get(native["id"])
        state = mask.get("filterState") if isinstance(mask, dict) else None
        value = state.get("value") if isinstance(state, dict) else None
        values = value if isinstance(value, list) else [] if value is None else [value]
        for one in values[:MOST_VALUES]:
            if not is_plain(one):
                raise Refused(400, "Ese valor no puede ser de un filtro.")
            chosen.append((native["targets"][0]["column"]["name"], str(one)))
    return path_of(found.slug or str(found.id), list(dict.fromkeys(chosen)))


def path_of(slug: str, chosen: list[tuple[str, str]]) -> str:
    """The address of a dashboard with these columns filtered by these values."""
    return f"/superset/dashboard/{slug}/" + (f"?{urlencode(chosen)}" if chosen else "")


def open_view(request: Request, slug: str) -> AnyResponse | None:
    """On to Superset's own form, when the address names columns that the dashboard filters by."""
    if FILTERS in request.args or not request.args:
        return None
    found = dashboard_of(slug)
    if found is None:
        return None
    masks = {}
    for native in natives(found.json_metadata):
        column = native["targets"][0]["column"]["name"]
        values = [value[:LONGEST_VALUE] for value in request.args.getlist(column)][:MOST_VALUES]
        if values:
            masks[native["id"]] = {
                "id": native["id"],
                "extraFormData": {"filters": [{"col": column, "op": "IN", "val": values}]},
                "filterState": {"label": ", ".join(values), "value": values},
                "ownState": {},
            }
    if not masks:
        return None
    kept = [(key, value) for key in ("standalone",) for value in request.args.getlist(key)]
    return redirect(f"/superset/dashboard/{slug}/?" + urlencode([*kept, (FILTERS, prison.dumps(masks))]))


def dashboard_of(slug_or_id: str) -> Any:
    """The dashboard of an address, which names it by its number or its slug."""
    from superset import db
    from superset.models.dashboard import Dashboard

    column = Dashboard.id if NUMBER.fullmatch(slug_or_id) else Dashboard.slug
    return db.session.query(Dashboard).filter(column == slug_or_id).one_or_none()
