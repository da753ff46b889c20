"""Views of every public board: figures equal the marts', shared addresses say the view, empty ones say so in Spanish."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser

from tests.dashboards import filters
from tests.dashboards.instance import Superset
from tests.dashboards.screen import still
from tests.servers import HANGS

pytestmark = pytest.mark.servers
COMBINATIONS = 1
"""Of each board, beside each filter alone; `python -m tests.dashboards.filters` takes any number."""
EMPTY = "No hay nada que mostrar aquí"
NOT_SPANISH = ("N/A", "No results", "No data", "undefined", "NaN", "Unexpected error", "[object")


def test_every_filter_and_combinations_say_what_the_marts_say(superset: Superset) -> None:
    with requests.Session() as session:
        found = filters.every_combination(superset.url, superset.data, session, COMBINATIONS, seed=16)
    assert found.differences == []
    assert found.compared > 200 and found.empty > 20, found


@pytest.mark.parametrize("value", filters.HOSTILE)
def test_a_shared_address_says_any_value(superset: Superset, value: str) -> None:
    page = requests.get(f"{superset.url}/api/v1/dashboard/mi-barrio-habla", timeout=HANGS).json()["result"]
    natives = json.loads(page["json_metadata"])["native_filter_configuration"]
    (native,) = [one for one in natives if one["targets"][0]["column"]["name"] == "colonia"]
    view = {"dataMask": {native["id"]: {"filterState": {"value": [value, "San Juan Bosco"]}}}}
    shared = requests.post(f"{superset.url}/api/v1/dashboard/{page['id']}/permalink", json=view, timeout=HANGS)
    assert shared.status_code == 201, shared.text
    address = shared.json()["url"]
    assert [said for name, said in parse_qsl(urlsplit(address).query, keep_blank_values=True)] == [
        value,
        "San Juan Bosco",
    ]
    opened = requests.get(address, timeout=HANGS, allow_redirects=False)
    assert opened.status_code == 302
    (masks,) = [
        said for name, said in parse_qsl(urlsplit(opened.headers["Location"]).query) if name == "native_filters"
    ]
    rison = value.replace("!", "!!").replace("'", "!'")
    assert (f"'{rison}'" in masks or f"!({rison}," in masks) and native["id"] in masks


@pytest.mark.parametrize(
    ("slug", "column"), [("tablero-del-plan", "responsables"), ("presupuesto-participativo", "delegacion")]
)
def test_a_view_of_nothing_says_so_in_spanish(superset: Superset, browser: Browser, slug: str, column: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="es-MX")
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{superset.url}/superset/dashboard/{slug}/?{urlencode({column: filters.HOSTILE[1]})}")
    page.locator("#portada").wait_for(state="detached")
    page.get_by_text(EMPTY).first.wait_for()
    text = ""
    for top in range(0, int(page.evaluate("document.documentElement.scrollHeight")), 800):
        page.evaluate(f"scrollTo(0, {top})")  # what is far from the screen is not drawn
        still(page)
        text += page.locator("#app").inner_text()
    assert text.count(EMPTY) > 1
    assert [word for word in NOT_SPANISH if word in text] == []
    if slug == "tablero-del-plan":
        assert "■ 0 de 0 incumplidas" in text
    assert page.locator(".ant-alert-error, [data-test='error-container']").count() == 0
    assert failed == []
    page.close()
