"""After a release: empty the data cache and warm it as an anonymous visitor would.

    .venv-superset/bin/python dashboards/refresh.py [--apply] [--json]

The DAG refrescar_tableros runs it after apply.py. Exit 0 done, 2 wrong environment, 3 a chart's query failed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from apply import access, apply
from environment import EnvironmentProblem, make_app, one_at_a_time, prepare

AS_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}  # answers are kept compressed, as they are sent


def _first_value(client: Any, dashboard_id: int, native: dict[str, Any]) -> list[Any]:
    """What a filter that 'starts on its first value' starts on, asked as the browser asks."""
    column, dataset = native["targets"][0]["column"]["name"], native["targets"][0]["datasetId"]
    ascending = bool(native["controlValues"].get("sortAscending"))
    answer = client.post(
        "/api/v1/chart/data",
        json={
            "datasource": {"id": dataset, "type": "table"},
            "queries": [{"columns": [column], "metrics": [], "orderby": [[column, ascending]], "row_limit": 1}],
            "form_data": {"dashboardId": dashboard_id, "type": "NATIVE_FILTER", "native_filter_id": native["id"]},
            "result_format": "json",
            "result_type": "full",
        },
    )
    rows = answer.get_json()["result"][0]["data"] if answer.status_code == 200 else []
    return [row[column] for row in rows]


def opening_queries(client: Any, dashboard: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Each chart of a dashboard with the request that a browser makes when the page is opened."""
    metadata = json.loads(dashboard.json_metadata or "{}")
    natives = metadata.get("native_filter_configuration", [])
    starts = {
        native["id"]: _first_value(client, dashboard.id, native)
        for native in natives
        if (native.get("controlValues") or {}).get("defaultToFirstItem")
    }
    requests = []
    for chart in dashboard.slices:
        payload = json.loads(chart.query_context) if chart.query_context else None
        if not payload or not chart.table:
            continue
        columns = {column.column_name for column in chart.table.columns}
        for native in natives:
            column = native["targets"][0]["column"]["name"] if native["targets"] else None
            excluded = chart.id in (native.get("scope") or {}).get("excluded", [])
            if starts.get(native["id"]) and column in columns and not excluded:
                for query in payload["queries"]:
                    query["filters"] = [
                        *query.get("filters", []),
                        {"col": column, "op": "IN", "val": starts[native["id"]]},
                    ]
        payload["form_data"] = {"slice_id": chart.id, "dashboardId": dashboard.id}
        requests.append((chart, payload))
    return requests


def warm(slugs: list[str]) -> dict[str, Any]:
    """Ask every chart of these dashboards its opening query, as anonymous. Returns counts and what failed."""
    from flask import current_app
    from superset import db
    from superset.models.dashboard import Dashboard

    asked, failed = 0, []
    client = current_app.test_client()
    for dashboard in db.session.query(Dashboard).filter(Dashboard.slug.in_(slugs)).order_by(Dashboard.id).all():
        for chart, payload in opening_queries(client, dashboard):
            answer = client.post("/api/v1/chart/data", json=payload, headers=AS_A_BROWSER)
            asked += 1
            if answer.status_code != 200:
                failed.append(f"{dashboard.slug}: {chart.slice_name}: {answer.get_data()[:300]!r}")
    return {"asked": asked, "failed": failed}


def warm_running(url: str, slugs: list[str]) -> dict[str, Any]:
    """The same, asked of the server that runs at `url`: nothing has to be started, and its own caches are warm.

    The server knows each chart's query (asked.py), so a question names the chart and what the filters start on.
    """
    failed: list[str] = []

    def ask(slug: str, title: str, body: dict[str, Any]) -> Any:
        try:
            return _call(url, "/api/v1/chart/data", body)
        except (OSError, ValueError) as error:
            failed.append(f"{slug}: {title}: {error}")
            return None

    questions: list[tuple[str, str, dict[str, Any]]] = []
    for slug in slugs:
        page = _call(url, f"/api/v1/dashboard/{slug}")["result"]
        natives = json.loads(page["json_metadata"] or "{}").get("native_filter_configuration", [])
        starts = []
        for native in natives:
            form = {"dashboardId": page["id"], "type": "NATIVE_FILTER", "native_filter_id": native["id"]}
            target = native["targets"][0]
            body = {"datasource": {"id": target["datasetId"], "type": "table"}, "form_data": form}
            answer = ask(slug, native["name"], body)
            rows = answer["result"][0]["data"] if answer else []
            if (native.get("controlValues") or {}).get("defaultToFirstItem") and rows:
                starts.append((native, [rows[0][target["column"]["name"]]]))
        for chart in _call(url, f"/api/v1/dashboard/{slug}/charts")["result"]:
            filters = [
                {"col": native["targets"][0]["column"]["name"], "op": "IN", "val": value}
                for native, value in starts
                if chart["id"] not in (native.get("scope") or {}).get("excluded", [])
            ]
            dataset = {"id": int(str(chart["form_data"]["datasource"]).partition("__")[0]), "type": "table"}
            form = {"slice_id": chart["id"], "dashboardId": page["id"]}
            questions.append(
                (
                    slug,
                    chart["slice_name"],
                    {"datasource": dataset, "queries": [{"filters": filters}], "form_data": form},
                )
            )
    with ThreadPoolExecutor(2) as readers:
        list(readers.map(lambda question: ask(*question), questions))
    return {"asked": len(questions), "failed": failed}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/health", timeout=10):  # noqa: S310
            return True
    except OSError:
        return False


def _call(url: str, path: str, body: dict[str, Any] | None = None) -> Any:
    asked = urllib.request.Request(  # noqa: S310 - the address is the operator's own setting
        url.rstrip("/") + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json", "Accept-Encoding": "gzip"},
    )
    with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310
        content = answer.read()
        return json.loads(gzip.decompress(content) if answer.headers.get("Content-Encoding") == "gzip" else content)


def refresh(apply_assets: bool = False) -> dict[str, Any]:
    """Apply (when told to), empty, warm. A server that runs is only warmed: what it keeps belongs to its release anyway."""
    started = time.monotonic()
    applied = apply() if apply_assets else None
    prepare()
    slugs, url = access()["public_dashboards"], os.environ.get("PAMGA_SUPERSET_URL")
    if url and _answers(url):
        warmed = warm_running(url, slugs)
    else:
        with one_at_a_time(), make_app().app_context():  # nobody changes charts or rights while they are asked
            from superset.extensions import cache_manager

            cache_manager.data_cache.clear()
            warmed = warm(slugs)
    return {
        "charts": applied["charts"] if applied else None,
        "admin_password": applied["admin_password"] if applied else None,
        "asked": warmed["asked"],
        "failed": warmed["failed"],
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apply", action="store_true", help="apply the assets first")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    try:
        done = refresh(arguments.apply)
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(done, ensure_ascii=False))
    else:
        print(f"{done['asked']} charts warmed in {done['seconds']} s")
        print("\n".join(done["failed"]))
    return 3 if done["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
