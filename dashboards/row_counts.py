"""How many of how many: a chart that has more rows than it may ask for says so where it is read.

A chart's query stops at a number of rows (its own, or that of asked.py). The answer that reaches it is counted once without the
limit, with the same filters and the same rights, and carries what the page shows below the chart (`static/partes.js`):

    X-Pamga-Parte: filas=10000&de=123456&todas=http://…/2026T3-r01/conjuntos/acuerdos_seguimiento.html

`todas` leads to the whole dataset; what is not published has no such page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import downloads
from flask import Flask, Response, g

HEADER = "X-Pamga-Parte"
ROWS = re.compile(rb'"sql_rowcount":\s*(\d+)')
"""In an answer, one a query; a cell cannot hold these bytes, since the quotes in it are escaped."""


def install(app: Flask, root: Path) -> None:
    """Look at each answer of a chart that readers get. `root` is PAMGA_DATA."""

    def counted(response: Response) -> Response:
        own = g.get("own_question")
        if own is None or "slice_id" not in own["form_data"] or own["result_format"] != "json":
            return response
        if response.status_code != 200 or response.is_streamed:
            return response
        found = [int(count) for count in ROWS.findall(response.get_data())]
        for number, (query, rows) in enumerate(zip(own["queries"], found, strict=False)):
            limit = query.get("row_limit")
            if isinstance(limit, int) and rows >= limit and (total := _total(own, number)) > rows:
                response.headers[HEADER] = urlencode({"filas": rows, "de": total, **_where(own, root)})
                break
        return response

    app.after_request(counted)


def _where(own: dict[str, Any], root: Path) -> dict[str, str]:
    whole = downloads.whole_dataset(own["datasource"]["id"], root)
    return {"todas": whole} if whole else {}


def _total(own: dict[str, Any], number: int) -> int:
    """Rows of one of the question's queries without its limit, as Superset itself would run it: filters, rights and cache are its own."""
    from superset.charts.schemas import ChartDataQueryContextSchema

    context = ChartDataQueryContextSchema().load({**own, "queries": [own["queries"][number]]})
    (query,) = context.queries
    query.row_limit, query.is_rowcount, query.post_processing, query.orderby = None, True, [], []
    frame = context.get_df_payload(query)["df"]
    return int(frame.iloc[0, 0]) if len(frame) else 0
