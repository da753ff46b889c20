"""A board whose filter starts with its first value opens although there is none yet.

Superset draws nothing until such a filter ("requiredFirst") has its value: with a dataset that is still empty, as after a first release
of other deliveries, or without any release, a reader would wait for ever. Then the filter starts without a value, and each chart says
that it has nothing to show.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import reach
from flask import Response, request
from visitors import is_administrator

log = logging.getLogger("pamga.dashboards")


def waived(response: Response) -> Response:
    """After a request: the answer with a dashboard, none of whose filters waits for a value that there is not."""
    if request.method != "GET" or response.status_code != 200 or not reach.DASHBOARD.fullmatch(request.path):
        return response
    if is_administrator():  # who edits saves what is shown
        return response
    document = response.get_json()
    result = document.get("result")
    if isinstance(result, dict) and "json_metadata" in result:
        metadata = json.loads(result["json_metadata"] or "{}")
        if waive(metadata.get("native_filter_configuration", []), _is_empty):
            result["json_metadata"] = json.dumps(metadata, ensure_ascii=False)
            response.set_data(json.dumps(document, ensure_ascii=False))
    return response


def waive(filters: list[dict[str, Any]], is_empty: Callable[[int], bool]) -> bool:
    """Let the filters start without a value whose dataset is empty; whether there was one. `is_empty` knows it by the dataset's number."""
    found = False
    for native in filters:
        numbers = [target["datasetId"] for target in native.get("targets", []) if "datasetId" in target]
        if native.get("requiredFirst") and numbers and is_empty(numbers[0]):
            native["requiredFirst"] = False
            native["controlValues"] = {
                **native.get("controlValues", {}), "defaultToFirstItem": False, "enableEmptyFilter": False
            }  # fmt: skip
            found = True
    return found


def _is_empty(number: int) -> bool:
    """Whether a dataset has no row that a filter could take a value of; also where its file is not there."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    table = db.session.get(SqlaTable, number)
    try:
        found = table.database.get_df(
            f'SELECT 1 FROM "{table.schema}"."{table.table_name}" LIMIT 1', schema=table.schema
        )
    except Exception:  # whatever engine and driver raise where there is no file: the charts say so themselves
        log.info("Nothing to choose from in %s", table.table_name, exc_info=True)
        return True
    return bool(found.empty)
