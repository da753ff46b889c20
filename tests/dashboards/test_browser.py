"""The dashboards in a real headless Chromium: drawn maps, Spanish, phone width, accessibility, nothing from outside.

Screenshots stay in .ci/artifacts for people to look at.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.dashboards.instance import ARTIFACTS, PYTHON, Superset

pytestmark = pytest.mark.servers
PUBLIC = [
    "tablero-del-plan",
    "indicador",
    "mi-barrio-habla",
    "presupuesto-participativo",
    "cabildo-abierto-juvenil",
    "datos-abiertos",
]
ENGLISH = [
    " records",
    "Search",
    "Loading",
    "No data",
    "No results",
    "Filters",
    "Apply",
    "Error:",
    "Unexpected error",
    "entries",
]
CHROMIUM = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]  # fmt: skip


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def devices(playwright: Playwright) -> dict[str, Any]:
    """Phones as Playwright describes them: viewport, pixels, finger, user agent."""
    return {
        name: {key: value for key, value in described.items() if key != "default_browser_type"}
        for name, described in playwright.devices.items()
    }


@dataclass
class Traffic:
    """Addresses that a page asked for and got an answer from."""

    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)


Opened = Callable[[str], tuple[Page, Traffic]]


@pytest.fixture(scope="module")
def desktop(browser: Browser, superset: Superset) -> Opened:
    """A citizen's page of a dashboard on a wide screen, opened once for all the tests that look at it."""
    pages: dict[str, tuple[Page, Traffic]] = {}

    def page_of(slug: str) -> tuple[Page, Traffic]:
        if slug not in pages:
            traffic = Traffic()
            pages[slug] = opened(browser, superset, slug, traffic=traffic), traffic
        return pages[slug]

    return page_of


def opened(
    browser: Browser,
    superset: Superset,
    slug: str,
    device: dict[str, Any] | None = None,
    traffic: Traffic | None = None,
) -> Page:
    """A citizen's page of one dashboard, complete: every chart's answer has arrived and nothing spins."""
    screen = device or {"viewport": {"width": 1440, "height": 900}}
    page = browser.new_context(**screen, locale="es-MX").new_page()
    if traffic is not None:
        page.on("request", lambda request: traffic.asked.append(request.url))
        page.on("response", lambda response: traffic.answered.append(response.url))
    page.goto(f"{superset.url}/superset/dashboard/{slug}/")
    page.wait_for_selector(".grid-container", timeout=90_000)
    page.wait_for_timeout(1500)
    height = page.evaluate("document.querySelector('.grid-container').scrollHeight")
    page.set_viewport_size({"width": screen["viewport"]["width"], "height": min(int(height) + 400, 7000)})
    page.wait_for_load_state("networkidle", timeout=90_000)
    page.wait_for_timeout(2500)
    return page


def pixels(picture: bytes, expression: str) -> Any:
    """What `expression` says of the picture `i`; read by Superset's environment, which has Pillow."""
    code = (
        "import sys, io, json; from PIL import Image; i = Image.open(io.BytesIO(sys.stdin.buffer.read())).convert('RGB'); "
        f"w, h = i.size; print(json.dumps({expression}))"
    )
    return json.loads(subprocess.run([str(PYTHON), "-c", code], input=picture, capture_output=True, check=True).stdout)


def colours(picture: bytes) -> Counter[tuple[int, int, int]]:
    """How many pixels of each colour."""
    counted = pixels(picture, "i.getcolors(w * h)")
    return Counter({(red, green, blue): count for count, (red, green, blue) in counted})


@pytest.mark.parametrize("slug", PUBLIC)
def test_dashboard_is_complete_and_in_spanish(desktop: Opened, superset: Superset, slug: str) -> None:
    page, traffic = desktop(slug)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"tablero_{slug}.png")
    placeholders = page.eval_on_selector_all("[placeholder]", "all => all.map(e => e.placeholder)")
    text = " ".join([page.inner_text("body"), *placeholders])
    assert [word for word in ENGLISH if word in text] == []
    assert page.locator("[data-test='error-message'], .ant-alert-error").count() == 0
    assert "DATOS DE EJEMPLO" in text, "the notice of example data is missing"
    assert page.locator("html").get_attribute("lang") == "es-MX"
    # Superset's page names one telemetry image; the content security policy stops it before it leaves the browser
    assert away(traffic.asked, superset) <= {"apachesuperset.gateway.scarf.sh"}
    assert away(traffic.answered, superset) == set(), "an outside service answered"


def away(addresses: list[str], superset: Superset) -> set[str]:
    return {urlsplit(url).netloc for url in addresses if url.startswith("http")} - {urlsplit(superset.url).netloc}


def test_figures_are_of_the_quarter_that_the_filter_shows(desktop: Opened, superset: Superset) -> None:
    """The page opens on the last quarter and its figures are that quarter's, not the sum of all."""
    page, _ = desktop("mi-barrio-habla")
    with duckdb.connect(str((superset.data / "releases/current/leon.duckdb").resolve()), read_only=True) as connection:
        (figure,) = connection.execute(
            "select sum(acuerdos) from publico.acuerdos_por_dependencia"
            " where trimestre = (select max(trimestre) from publico.acuerdos_por_dependencia)"
        ).fetchall()[0]
    holder = page.locator(".dashboard-component-chart-holder", has_text="Acuerdos hechos hasta el corte")
    assert f"{figure:,}" in holder.inner_text()


@pytest.mark.parametrize(
    ("unit", "shown", "hidden"),
    [
        ("porcentaje", "Tendencia del indicador contra su meta", "Trimestre a trimestre: ¿se cumple?"),
        ("cualitativo", "Trimestre a trimestre: ¿se cumple?", "Tendencia del indicador contra su meta"),
    ],
)
def test_an_indicator_has_the_trend_of_its_kind_and_its_rows(
    browser: Browser, superset: Superset, unit: str, shown: str, hidden: str
) -> None:
    """Sí or No in words, percentages against the target; below, the rows that were counted as the mart has them."""
    with duckdb.connect(str((superset.data / "releases/current/leon.duckdb").resolve()), read_only=True) as connection:
        (indicator, row, reach), *_ = connection.execute(
            "select f.indicador, f.renglon, f.alcance from publico.filas_que_cuentan as f inner join publico.indicadores as i using (indicador)"
            " where i.unidad = ? and f.renglon is not null and f.orden = 1 order by f.indicador, f.ejercicio desc", [unit]
        ).fetchall()  # fmt: skip
    page = browser.new_context(viewport={"width": 1440, "height": 2600}, locale="es-MX").new_page()
    page.goto(f"{superset.url}/indicador/{indicator}")
    rows = page.locator("[data-test-chart-name='Renglones detrás de la cifra']")
    rows.filter(has_text=row).filter(has_text=reach).first.wait_for(timeout=90_000)
    page.wait_for_load_state("networkidle", timeout=90_000)
    page.locator(f"[data-test-chart-name='{hidden}']").wait_for(state="hidden", timeout=30_000)
    assert page.locator(f"[data-test-chart-name='{shown}'] canvas").is_visible()
    page.context.close()


def test_the_map_of_colonias_is_drawn(desktop: Opened) -> None:
    """Pixels of the traffic of blues, not only of the base map: as many colours as the legend has, at least two."""
    page, _ = desktop("mi-barrio-habla")
    canvas = page.locator("canvas#deckgl-overlay, .deckgl-overlay canvas, #deckgl-overlay").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    picture = canvas.screenshot(path=ARTIFACTS / "mapa_mi_barrio_habla.png")
    seen = colours(picture)
    blues = sum(count for (r, g, b), count in seen.items() if b - r > 25 and b > 80)
    assert blues > 300, seen.most_common(8)
    ground = sum(count for (r, g, b), count in seen.items() if abs(r - g) < 12 and abs(g - b) < 12 and 190 < r < 252)
    assert ground > 3000, "the outline of the colonias is missing"


def test_the_map_of_hexagons_is_drawn(desktop: Opened) -> None:
    page, _ = desktop("mi-barrio-habla")
    canvas = page.locator("#deckgl-overlay").nth(1)
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    seen = colours(canvas.screenshot(path=ARTIFACTS / "mapa_hexagonos.png"))
    oranges = sum(count for (r, g, b), count in seen.items() if r - b > 40)
    assert oranges > 300, seen.most_common(8)


def test_the_map_of_projects_is_drawn(desktop: Opened) -> None:
    page, _ = desktop("presupuesto-participativo")
    canvas = page.locator("#deckgl-overlay").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    seen = colours(canvas.screenshot(path=ARTIFACTS / "mapa_presupuesto_participativo.png"))
    for name, (red, green, blue) in {"entregado": (0, 158, 115), "en obra": (230, 159, 0)}.items():
        near = sum(count for (r, g, b), count in seen.items() if abs(r - red) + abs(g - green) + abs(b - blue) < 60)
        assert near > 20, f"no circle of a project {name}: {seen.most_common(8)}"


# What an element's ancestors hide of it, with nothing scrolled: to the right, and below.
CUT = """element => {
  const own = element.getBoundingClientRect();
  let cut = Math.max(0, own.right - document.documentElement.clientWidth);
  for (let box = element; box && box !== document.body; box = box.parentElement) {
    const around = box.getBoundingClientRect();
    if (getComputedStyle(box).overflow !== "visible")
      cut = Math.max(cut, own.right - around.right, own.bottom - around.bottom, box === element ? box.scrollHeight - box.clientHeight : 0);
  }
  return Math.round(cut);
}"""
PHONES = [*((slug, "iPhone 13") for slug in PUBLIC), ("tablero-del-plan", "Pixel 5"), ("mi-barrio-habla", "Galaxy S9+")]


@pytest.mark.parametrize(("slug", "device"), PHONES)
def test_fits_a_phone(browser: Browser, devices: dict[str, Any], superset: Superset, slug: str, device: str) -> None:
    """On a phone as it is (its own viewport, a finger, an address bar), not on a narrow window of a desktop."""
    page = opened(browser, superset, slug, devices[device])
    page.screenshot(path=ARTIFACTS / f"tablero_{slug}_{device.replace(' ', '_')}.png", scale="css")
    width = devices[device]["viewport"]["width"]
    assert page.evaluate("innerWidth") == width, "the page is drawn for another screen and made smaller"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    holders = page.locator(".dashboard-component-chart-holder")
    # of an indicator's two trends the one that says nothing of it is not there
    sizes = holders.evaluate_all(
        "all => all.filter(e => e.offsetParent).map(e => [e.offsetWidth, e.querySelector('table') !== null])"
    )
    assert sizes
    assert all(wide >= (width - 30 if table else width / 2 - 20) for wide, table in sizes), sizes

    notice = page.get_by_text("DATOS DE EJEMPLO").first
    assert notice.evaluate(CUT) == 0, "the notice of example data is cut"
    titles = page.locator(".chart-slice .header-title")
    assert [titles.nth(n).inner_text() for n in range(titles.count()) if titles.nth(n).evaluate(CUT) > 1] == []
    assert titles.count() > 3

    sideways = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.closest('.chart-slice').innerText.slice(0, 60))"
    assert (
        page.locator(".superset-chart-table [role='table'], .superset-chart-table [role='table'] > div").evaluate_all(
            sideways
        )
        == []
    )
    buttons = page.locator("[data-test='dropdown-container-btn'], [data-test='filter-bar__apply-button']")
    edges_of = "all => all.map(e => e.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
    places = buttons.evaluate_all(edges_of)
    for (left, top, right, bottom), (left_2, top_2, right_2, bottom_2) in itertools.combinations(places, 2):
        apart = right <= left_2 or right_2 <= left or bottom <= top_2 or bottom_2 <= top
        assert apart, "the filters' buttons lie on each other"
    untitled = "all => all.filter(e => e.getBoundingClientRect().width > 0 && !e.dataset.columna).length"
    assert page.locator(".superset-chart-table td[aria-labelledby]").evaluate_all(untitled) == 0

    for number in range(page.locator("canvas#deckgl-overlay").count()):
        canvas = page.locator("canvas#deckgl-overlay").nth(number)
        canvas.scroll_into_view_if_needed()
        page.wait_for_timeout(1500)
        # the ground and its outlines are grey; what the chart itself draws has a colour
        edges = "sum(max(i.getpixel((x, y))) - min(i.getpixel((x, y))) > 24 for x in (1, w - 2) for y in range(h // 10, h * 9 // 10))"
        assert pixels(canvas.screenshot(), edges) == 0, f"map {number} goes on beyond the screen"
    page.context.close()


def test_bars_start_at_the_left_of_a_phone(browser: Browser, devices: dict[str, Any], superset: Superset) -> None:
    """Words beside the bars take at most two fifths of the screen, so that lengths can be compared."""
    page = opened(browser, superset, "mi-barrio-habla", devices["Pixel 5"])
    bars = (
        page.locator(".chart-slice", has_text="Acuerdos vencidos y abiertos en plazo por tema").locator("canvas").first
    )
    # the legend above is coloured too: the lower half is bars and words
    first = "min(x for x in range(w) for y in range(h // 2, h) if max(i.getpixel((x, y))) - min(i.getpixel((x, y))) > 90) / w"
    assert pixels(bars.screenshot(), first) < 0.4
    page.context.close()


def test_accessibility(desktop: Opened) -> None:
    """No serious or critical finding of axe-core in what this project writes; what Superset's own frame lacks is listed."""
    page, _ = desktop("tablero-del-plan")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    grave = {finding["id"]: _where(finding) for finding in found if finding["impact"] in {"serious", "critical"}}
    of_superset = {
        "aria-allowed-attr", "aria-required-children", "aria-required-attr", "aria-input-field-name", "button-name",
        "label", "nested-interactive", "scrollable-region-focusable", "aria-required-parent", "aria-hidden-focus",
        "aria-valid-attr-value", "aria-command-name", "aria-toggle-field-name",
    }  # fmt: skip
    assert {name: where for name, where in grave.items() if name not in of_superset} == {}


def _where(finding: dict[str, Any]) -> list[str]:
    return [node["html"][:160] for node in finding["nodes"]][:3]


def test_tooltip_and_table_say_the_same(superset: Superset) -> None:
    """The map and the table beside it come from two marts: colonia by colonia, the same figures."""
    with duckdb.connect(str((superset.data / "releases/current/leon.duckdb").resolve()), read_only=True) as connection:
        differ = connection.execute(
            "select colonia_id from (select distinct colonia_id, acuerdos, acuerdos_abiertos, acuerdos_vencidos, eventos, tianguis"
            " from publico.mapa_colonias) except select colonia_id from (select colonia_id, acuerdos, acuerdos_abiertos,"
            " acuerdos_vencidos, eventos, tianguis from publico.territorio_colonias)"
        ).fetchall()
    assert differ == []
