"""The plan's first screen: in the page itself, with the board's own figures, small, and gone once the board is drawn."""

from __future__ import annotations

import json
import re
import time

import pytest
import requests
from playwright.sync_api import Browser

from tests.dashboards.instance import Superset, in_superset

PLAN = "/superset/dashboard/tablero-del-plan/"
LARGEST = 100_000
"""Bytes of the page as it is sent: its first screen needs it, a style sheet and a script."""

SCRIPT = """
import json
from first_screen import html_of
from opening import Page, Question
layout = {
    "GRID_ID": {"children": ["r1", "r2", "r3"]},
    "r1": {"type": "ROW", "children": ["m"]}, "r2": {"type": "ROW", "children": ["t"]}, "r3": {"type": "ROW", "children": ["x"]},
    "m": {"type": "MARKDOWN", "meta": {"height": 5, "width": 12, "code": "<b>Plan</b> <a href='javascript:alert(1)'>x</a><script>no()</script>"}},
    "t": {"type": "CHART", "meta": {"height": 9, "width": 12, "chartId": 7}},
    "x": {"type": "CHART", "meta": {"height": 9, "width": 12, "chartId": 8}},
}
table = {"viz_type": "table", "allow_render_html": True, "table_timestamp_format": "%d/%m/%Y",
         "conditional_formatting": [{"column": "a", "operator": "begins with", "targetValue": "■", "colorScheme": "#F9DCCB"}]}
def question(number, **changes):
    return Question({"id": number, "slice_name": f"Gráfica <{number}>", "form_data": {**table, **changes}}, {"datasource": {"id": 1}})
def page(*questions):
    return Page({"position_json": json.dumps(layout), "dashboard_title": "Plan & más"}, list(questions))
rows = {"colnames": ["a", "dia", "n"], "coltypes": [1, 2, 0], "data": [
    {"a": "■ <a href='/indicador/DA-1'>DA-1</a><img src=x onerror=no()>", "dia": 1798675200000, "n": 12345.0}, {"a": None, "dia": None, "n": None}]}
labels = {1: {"a": "Situación"}}
print(json.dumps([
    html_of(page(question(7), question(8, viz_type="pie")), lambda one: rows, labels),
    html_of(page(question(7), question(8)), lambda one: {**rows, "data": [{"a": "x", "dia": None, "n": 0.5}]}, labels),
    html_of(page(question(7, column_config={"n": {"d3NumberFormat": ".1%"}})), lambda one: rows, labels),
    html_of(page(question(7, allow_render_html=False)), lambda one: rows, labels),
]))
"""


def test_what_can_be_said_in_words_is_and_nothing_else() -> None:
    whole, decimals, formatted, plain = json.loads(in_superset(SCRIPT))
    assert "Plan &amp; más" in whole
    assert "Gráfica &lt;7&gt;" in whole
    assert '<th style="min-width: 0px">Situación</th>' in whole
    assert (
        '<a href="/indicador/DA-1">DA-1</a></td><td data-columna="dia">31/12/2026</td><td data-columna="n">12,345</td>'
        in whole
    )
    assert 'style="background: #F9DCCB"' in whole
    assert whole.count("<td") == 6
    assert "—" in whole
    assert "Gráfica &lt;8&gt;" not in whole, "a chart that is no table"
    for forbidden in ("script", "javascript", "onerror", "no()"):
        assert forbidden not in whole
    assert decimals == formatted == "", "how such a number is written is not known here"
    assert "&lt;img src=x" in plain


def headline(superset: Superset) -> str:
    ((failed, targets),) = superset.published(
        "select count(case when estado = 'incumplida' then 1 end), count(*)"
        " from publico.tablero_indicadores where es_ultimo_trimestre"
    )
    return f"{failed} de {targets} incumplidas"


def covered(superset: Superset) -> str:
    """The page with its first screen: whoever comes first after a release does not wait long for it to be made."""
    for _ in range(30):
        page = requests.get(superset.url + PLAN, timeout=60).text
        if "portada" in page:
            return page
        time.sleep(1)
    raise AssertionError("the page never carries its first screen")


@pytest.mark.servers
def test_the_page_says_the_headline_without_any_script(superset: Superset) -> None:
    words = re.sub(r"<[^>]+>", "", covered(superset).partition('<main id="portada">')[2].partition("</main>")[0])
    assert headline(superset) in words
    assert "DATOS DE EJEMPLO" in words
    packed = requests.get(superset.url + PLAN, timeout=60, stream=True, headers={"Accept-Encoding": "gzip"})
    assert len(packed.raw.read(decode_content=False)) < LARGEST


@pytest.mark.servers
def test_it_is_for_whoever_opens_the_board_as_it_is(superset: Superset) -> None:
    def cover(address: str, username: str | None = None) -> bool:
        return "portada" in superset.login(username).get(superset.url + address, timeout=60).text

    covered(superset)
    assert cover(PLAN)
    assert not cover(f"{PLAN}?standalone=1")
    assert not cover(f"{PLAN}?compromiso=DA")
    assert not cover(PLAN, "secretariado"), "who has an account may see other figures"
    assert not cover("/superset/dashboard/candidata/")
    assert not cover("/login/")


@pytest.mark.servers
def test_it_goes_when_the_board_is_drawn(superset: Superset, browser: Browser) -> None:
    covered(superset)
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="es-MX").new_page()
    page.goto(superset.url + PLAN, wait_until="commit")
    page.wait_for_selector("#portada table", timeout=60_000)
    assert page.evaluate("document.getElementById('app') === null || document.getElementById('app').inert")
    assert headline(superset) in page.inner_text("#portada")
    page.wait_for_selector("#portada", state="detached", timeout=90_000)
    assert not page.evaluate("document.getElementById('app').inert")
    assert page.locator(".chart-slice .loading").count() == 0
    board = page.locator(".chart-slice[data-test-chart-name='Cómo van las metas del plan']")
    assert headline(superset) in board.inner_text().replace("\n", " ")
    page.context.close()
