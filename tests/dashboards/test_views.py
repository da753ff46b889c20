"""A filtered view: an address that anybody can open and that stores nothing, downloads that say what they are, filters that say so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Route

from tests.dashboards.instance import Superset
from tests.servers import HANGS

pytestmark = pytest.mark.servers
SLUG = "mi-barrio-habla"


def page_of(superset: Superset) -> tuple[int, dict[str, dict[str, Any]]]:
    """Number of the page, and its filters by the column they filter."""
    page = requests.get(f"{superset.url}/api/v1/dashboard/{SLUG}", timeout=HANGS).json()["result"]
    natives = json.loads(page["json_metadata"])["native_filter_configuration"]
    return page["id"], {native["targets"][0]["column"]["name"]: native for native in natives}


def test_a_view_is_shared_by_its_address(superset: Superset) -> None:
    number, natives = page_of(superset)
    masks = {natives["dependencia"]["id"]: {"filterState": {"value": ["DG Salud"]}}}
    shared = requests.post(
        f"{superset.url}/api/v1/dashboard/{number}/permalink", json={"dataMask": masks}, timeout=HANGS
    ).json()["url"]
    assert parse_qs(urlsplit(shared).query) == {"dependencia": ["DG Salud"]}
    opened = requests.get(shared, timeout=HANGS, allow_redirects=False)
    assert opened.status_code == 302
    (sent,) = parse_qs(urlsplit(opened.headers["Location"]).query)["native_filters"]
    assert natives["dependencia"]["id"] in sent and "DG Salud" in sent
    unknown = requests.get(
        f"{superset.url}/superset/dashboard/{SLUG}/?no_existe=1", timeout=HANGS, allow_redirects=False
    )
    assert unknown.status_code == 200


def test_a_filter_says_what_it_does_not_change(superset: Superset) -> None:
    _, natives = page_of(superset)
    said = [native["description"] for native in natives.values()]
    assert any("No cambia «" in text or "Sólo cambia «" in text for text in said), said


def test_a_figure_says_which_filter_leaves_it_as_it_is(superset: Superset) -> None:
    """Beside the figure, not only at the filter; a chart that every filter moves says nothing of the sort."""
    charts = requests.get(f"{superset.url}/api/v1/dashboard/{SLUG}/charts", timeout=HANGS).json()["result"]
    below = {one["slice_name"]: one["form_data"].get("subtitle", "") for one in charts}
    assert below["Acuerdos atendidos"].endswith(". No cambia con Colonia")
    assert not any("No cambia" in text for title, text in below.items() if not title.startswith("Acuerdos "))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_download_is_named_after_dataset_release_filter_and_licence(superset: Superset, kind: str) -> None:
    number, _ = page_of(superset)
    charts = requests.get(f"{superset.url}/api/v1/dashboard/{SLUG}/charts", timeout=HANGS).json()["result"]
    (chart,) = [one for one in charts if one["slice_name"].startswith("Consulta de acuerdos")]
    dataset = int(chart["form_data"]["datasource"].split("__")[0])
    body = {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"filters": [{"col": "dependencia", "op": "IN", "val": ["DG Salud"]}], "row_limit": 100_000}],
        "form_data": {"slice_id": chart["id"], "dashboardId": number},
        "result_format": kind,
    }
    answer = requests.post(f"{superset.url}/api/v1/chart/data", data={"form_data": json.dumps(body)}, timeout=HANGS)
    assert answer.status_code == 200, answer.text[:300]
    release = (superset.data / "releases" / "current").resolve().name
    name = answer.headers["Content-Disposition"].split('"')[1]
    assert name.startswith(f"acuerdos_seguimiento_{release}_dependencia-dg-salud_CC-BY-4.0") and name.endswith(kind)
    assert 'rel="license"' in answer.headers["Link"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_is_not_all_says_so(superset: Superset, kind: str) -> None:
    """In its name, with a link to the whole dataset. A chart of ten rows meets its limit as one of 100,000 does."""
    page = f"{superset.url}/api/v1/dashboard/indicador"
    charts = {one["slice_name"]: one for one in requests.get(f"{page}/charts", timeout=HANGS).json()["result"]}
    chart, number = charts["De dónde sale la cifra"], requests.get(page, timeout=HANGS).json()["result"]["id"]

    def file_of(*filters: dict[str, Any]) -> requests.Response:
        body = {
            "datasource": {"id": int(chart["form_data"]["datasource"].split("__")[0]), "type": "table"},
            "queries": [{"filters": list(filters)}],
            "form_data": {"slice_id": chart["id"], "dashboardId": number},
            "result_format": kind,
        }
        answer = requests.post(f"{superset.url}/api/v1/chart/data", data={"form_data": json.dumps(body)}, timeout=HANGS)
        assert answer.status_code == 200, answer.text[:300]
        return answer

    first = file_of()
    assert "indicadores_solo-las-primeras-10-filas_" in first.headers["Content-Disposition"]
    assert "/conjuntos/indicadores.html>" in first.headers["Link"]
    whole = file_of({"col": "indicador", "op": "IN", "val": ["DA-1"]})
    assert "primeras" not in whole.headers["Content-Disposition"] and "conjuntos" not in whole.headers["Link"]


def test_a_chart_that_is_not_all_says_how_many_of_how_many(superset: Superset, browser: Browser) -> None:
    """The chart of ten rows, asked without the filter that its page starts on; with the filter it is whole and says nothing."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})

    def unfiltered(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        for query in body["queries"]:
            query["filters"] = []
        route.continue_(post_data=json.dumps(body))

    title = "[data-test-chart-name='De dónde sale la cifra']"
    page.goto(f"{superset.url}/superset/dashboard/indicador/?indicador=DA-1")
    page.locator(title).get_by_text("Sale de").first.wait_for()
    assert page.locator(f"{title} .parte").count() == 0
    page.route("**/api/v1/chart/data?*", unfiltered)
    page.goto(f"{superset.url}/superset/dashboard/indicador/?indicador=DA-2")
    note = page.locator(f"{title} .parte")
    note.wait_for()
    ((indicators,),) = superset.published("select count(*) from publico.indicadores")
    assert f"Se muestran 10 de {indicators} filas." in note.inner_text()
    leads = note.locator("a").get_attribute("href") or ""
    release = (superset.data / "releases/current").resolve()
    assert leads.endswith(f"/{release.name}/conjuntos/indicadores.html")
    assert (release / "conjuntos/indicadores.html").is_file()
    page.close()


def test_a_slow_line_gets_spanish_too(superset: Superset, browser: Browser) -> None:
    """The words of the interface come after seven seconds; Superset would go on in English after five."""
    page = browser.new_page(locale="es-MX", viewport={"width": 1440, "height": 900})

    def late(route: Route) -> None:
        page.wait_for_timeout(7_000)
        route.continue_()

    page.route("**/superset/language_pack/es/", late)
    page.goto(f"{superset.url}/superset/dashboard/indicador/?indicador=DA-1", wait_until="commit")
    page.get_by_role("button", name="Aplicar").or_(page.get_by_text("Borrar Todo")).first.wait_for()
    page.close()
