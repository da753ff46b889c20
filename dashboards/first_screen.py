"""The first screen of a public dashboard in the page itself, in words and tables, until Superset has drawn the board.

Superset's application is two megabytes of scripts, which a phone fetches and runs for seconds before the first figure is seen. The
page that starts it carries what the reader came for: the rows of the layout that lie above the fold, their charts' own answers
(asked as any visitor asks), their own titles and colours. No query, figure or word is made here. static/partes.js takes it away once
the board below it is drawn; without scripts it stays.

Only tables and words can be said so: from the first row with something else on, nothing is. A view with filters (any address with a
question mark) opens as before, and so does a page whose answers are not there in time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import answers
import nh3
from flask import Flask, Response, request
from flask_login import current_user
from opening import Page, Question, opened
from release_cache import pointers

PAGE = re.compile(r"/superset/dashboard/([\w-]+)/?")
MARK = b'<div id="app"'
FOLD = 86
"""Rows that begin above this are on the first screen: in the layout's units of 8 pixels, of a screen of 900 less menu and filters."""
MOST_ROWS = 40
PATIENCE = 3.0
"""Seconds that a page waits for its first screen; it is kept afterwards."""
OURSELVES = {"REMOTE_ADDR": "::1"}  # no visitor's requests are counted for these
TEMPORAL = 2
TAGS = {"a", "b", "br", "div", "em", "p", "span", "strong"}
ATTRIBUTES = {"a": {"href"}, "div": {"class"}, "span": {"class"}}

_makers = ThreadPoolExecutor(1, thread_name_prefix="first-screen")
_making: dict[str, Future[str]] = {}


class Unsayable(Exception):
    """A row of the layout holds more than tables and words."""


def install(app: Flask, root: Path) -> None:
    """Put the first screen into the pages of dashboards. `root` is PAMGA_DATA."""

    def put(response: Response) -> Response:
        found = PAGE.fullmatch(request.path)
        if (
            found is None
            or request.method != "GET"
            or request.query_string
            or response.status_code != 200
            or response.mimetype != "text/html"
            or current_user.is_authenticated
        ):
            return response
        said = _kept_or_made(app, found[1], root)
        if said and response.get_data().count(MARK) == 1:
            response.set_data(response.get_data().replace(MARK, said.encode() + MARK + b" inert"))
        return response

    # Flask calls these from the last to the first: ours must see the page before it is compressed
    app.after_request(put)


def _kept_or_made(app: Flask, slug: str, root: Path) -> str:
    """The first screen of a dashboard, of the release that is up; empty when there is none, or not yet."""
    key = f"first-screen-{hashlib.sha256(f'{slug} {pointers(root)}'.encode()).hexdigest()}"
    cache = answers.cache()
    kept: str | None = cache.get(key)
    if kept is not None:
        return kept
    making = _making.get(key)
    if making is None:
        making = _making[key] = _makers.submit(_make, app, slug)
    wait([making], PATIENCE)
    if not making.done():
        return ""
    _making.pop(key, None)
    try:
        said = making.result()
    except (
        OSError,
        ValueError,
        LookupError,
    ):  # no such page for visitors, or a chart does not answer: the board will say so
        said = ""
    cache.set(key, said, timeout=answers.LIFETIME)
    return said


def _make(app: Flask, slug: str) -> str:
    client = app.test_client()

    def ask(path: str, body: dict[str, Any] | None) -> Any:
        answer = client.open(path, method="POST" if body else "GET", json=body, environ_overrides=OURSELVES)
        if answer.status_code != 200:
            raise OSError(f"{path}: {answer.status_code}")
        return answer.get_json()

    page = opened(ask, slug)
    labels = {data["id"]: data["verbose_map"] for data in ask(f"/api/v1/dashboard/{slug}/datasets", None)["result"]}
    return html_of(page, lambda question: ask("/api/v1/chart/data", question.body)["result"][0], labels)


def html_of(page: Page, answer: Any, labels: dict[int, dict[str, str]]) -> str:
    """The first screen of `page`. `answer` gives a question's rows, `labels` a dataset's words for its columns."""
    layout = json.loads(page.dashboard["position_json"] or "{}")
    questions = {question.chart["id"]: question for question in page.questions}
    rows, figures = [], 0
    for row in _above_the_fold(layout):
        try:
            parts = [_part(layout, child, questions, answer, labels) for child in row["children"]]
        except Unsayable:
            break
        figures += sum("<table" in part for part in parts)
        rows.append(f'<div class="fila">{"".join(parts)}</div>')
    if not figures:
        return ""
    title = escape(page.dashboard["dashboard_title"])
    return (
        f'<link rel="stylesheet" href="/pamga/portada.css"><main id="portada"><header><img src="/pamga/logo.svg" alt="" height="32"><p class="titulo">{title}</p></header>'
        f'{"".join(rows)}<p role="status">Se están cargando los filtros y las demás tablas y gráficas…</p></main>'
    )


def _above_the_fold(layout: dict[str, Any]) -> Iterator[dict[str, Any]]:
    top = 0
    for name in layout["GRID_ID"]["children"]:
        row = layout[name]
        if row["type"] != "ROW" or top > FOLD:
            return
        yield row
        top += max((_height(layout, child) for child in row["children"]), default=0)


def _height(layout: dict[str, Any], name: str) -> int:
    part = layout[name]
    return int(part["meta"].get("height") or sum(_height(layout, child) for child in part["children"]))


def _part(
    layout: dict[str, Any], name: str, questions: dict[int, Question], answer: Any, labels: dict[int, dict[str, str]]
) -> str:
    part = layout[name]
    if part["type"] == "COLUMN":
        inner = "".join(_part(layout, child, questions, answer, labels) for child in part["children"])
    elif part["type"] == "MARKDOWN":
        inner = f"<section>{clean(part['meta']['code'])}</section>"
    elif part["type"] == "CHART" and part["meta"]["chartId"] in questions:
        question = questions[part["meta"]["chartId"]]
        inner = table(question, answer(question), labels.get(question.body["datasource"]["id"], {}))
    else:
        raise Unsayable(part["type"])
    return f'<div style="flex: {int(part["meta"].get("width") or 12)}">{inner}</div>'


def table(question: Question, answer: dict[str, Any], labels: dict[str, str]) -> str:
    """A chart that is a table, as one, with the colours that its settings give to what cells begin with. Raises Unsayable."""
    chart, settings = question.chart, question.chart["form_data"]
    formats = settings.get("column_config") or {}
    if settings["viz_type"] != "table" or any("d3NumberFormat" in one for one in formats.values()):
        raise Unsayable(chart["slice_name"])
    columns, types = answer["colnames"], answer["coltypes"]
    colours = [
        (one["column"], one["targetValue"], one["colorScheme"])
        for one in settings.get("conditional_formatting") or []
        if one["operator"] == "begins with"
    ]
    html = bool(settings.get("allow_render_html"))

    def cell(column: str, kind: int, value: Any) -> str:
        text = said(value, kind, settings.get("table_timestamp_format") or "%d/%m/%Y")
        colour = next((tone for name, begin, tone in colours if name == column and text.startswith(begin)), None)
        style = f' style="background: {escape(colour)}"' if colour else ""
        title = escape(labels.get(column, column), quote=True)
        return f'<td data-columna="{title}"{style}>{clean(text) if html else escape(text)}</td>'

    head = "".join(
        f'<th style="min-width: {int((formats.get(column) or {}).get("columnWidth", 0))}px">{escape(labels.get(column, column))}</th>'
        for column in columns
    )
    body = "".join(
        f"<tr>{''.join(cell(column, kind, row[column]) for column, kind in zip(columns, types, strict=True))}</tr>"
        for row in answer["data"][:MOST_ROWS]
    )
    name = escape(chart["slice_name"])
    return f'<section data-tabla="{name}"><h2>{name}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>'


def said(value: Any, kind: int, day: str) -> str:
    """A value as the board writes it. Raises Unsayable for a number with decimals: how it is written is not known here."""
    if value is None:
        return "—"
    if kind == TEMPORAL and isinstance(value, (int, float)):
        return datetime.fromtimestamp(value / 1000, UTC).strftime(day)
    if isinstance(value, float) and not value.is_integer():
        raise Unsayable(value)
    return f"{int(value):,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def clean(html: str) -> str:
    """Words and links of a cell; whatever else was in it is gone."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel=None, url_schemes={"http", "https", "mailto"})
