"""The dashboards in a real headless Chromium: drawn maps, Spanish, phone width, accessibility, nothing from outside.

Screenshots stay in .ci/artifacts for people to look at.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Playwright, sync_playwright

from tests.dashboards.instance import ARTIFACTS, PYTHON, ROOT, Superset
from tests.servers import HANGS, wait_until

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
ONE_LINE, TWO_SHORT_LINES = 64, 72
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
    """With the scroll bars that people have, which take their part of a wide screen; Playwright hides them unless told."""
    chromium = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=CHROMIUM, ignore_default_args=["--hide-scrollbars"]
    )
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


ALL_DRAWN = """() => {
    const parts = [...document.querySelectorAll(".dashboard-component-chart-holder")].filter((part) => {
        const box = part.getBoundingClientRect();
        return box.height > 0 && box.top < innerHeight && box.bottom > 0;
    });
    return parts.length > 0 && parts.every((part) => !part.querySelector(".loading, [data-test='loading-indicator']") && part.innerText.trim());
}"""
"""Every chart on the screen says something and none still loads."""


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
    page.wait_for_selector(".grid-container", timeout=HANGS * 1000)
    page.wait_for_timeout(1500)
    height = page.evaluate("document.querySelector('.grid-container').scrollHeight")
    page.set_viewport_size({"width": screen["viewport"]["width"], "height": min(int(height) + 400, 7000)})
    page.wait_for_load_state("networkidle", timeout=HANGS * 1000)
    page.wait_for_timeout(1000)
    page.wait_for_function(ALL_DRAWN, timeout=HANGS * 1000)
    page.wait_for_timeout(1500)  # what a drawing moves when it is there
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


# the right edge of the last column lies 7 pixels further than its words
SIDEWAYS = """all => all.filter(e => e.scrollWidth > e.clientWidth + 8)
  .map(e => `${e.closest(".chart-slice").innerText.slice(0, 60)}: ${e.scrollWidth} of ${e.clientWidth}`)"""


@pytest.mark.parametrize("slug", PUBLIC)
def test_every_column_of_every_table_is_seen_without_scrolling_sideways(desktop: Opened, slug: str) -> None:
    page, _ = desktop(slug)
    tables = page.locator(".superset-chart-table [role='table'], .superset-chart-table [role='table'] > div")
    assert tables.count()
    assert tables.evaluate_all(SIDEWAYS) == []


def test_the_table_of_the_commitments_is_seen_whole(desktop: Opened) -> None:
    page, _ = desktop("tablero-del-plan")
    table = page.locator("[data-test-chart-name='Cada compromiso'] .superset-chart-table [role='table'] > div")
    assert table.evaluate_all("all => all.filter(e => e.scrollHeight > e.clientHeight + 1).length") == 0


@pytest.mark.parametrize(
    "of_the_page",
    [
        ("Copy permalink", "Refresh dashboard"),
        ("Enter your login and password below",),
        ("Your user information", "Login count"),
        ("There was an issue exporting the selected dashboards",),
        ("Choose...", "Select all"),  # what all pages share
    ],
    ids=["board", "login", "account", "list", "shared"],
)
def test_no_sentence_that_a_program_guessed_is_shown(superset: Superset, of_the_page: tuple[str, ...]) -> None:
    """What Superset's catalogue calls fuzzy is the nearest sentence that a program knew: a download that "was saved as a dashboard", as was a
    changed password; a "select all" that says that it unselects."""
    package = next(PYTHON.parents[1].glob("lib/python*/site-packages/superset"))
    catalogue = (package / "translations/es/LC_MESSAGES/messages.po").read_text()
    guessed = re.findall(r'^#,.*\bfuzzy\b.*\nmsgid "(.+)"\nmsgstr "(.+)"$', catalogue, re.MULTILINE)
    scripts = [path.read_text(errors="ignore") for path in (package / "static/assets").glob("*.js")]
    parts = [text for text in scripts if all(said in text for said in of_the_page)]
    there = [(english, spanish) for english, spanish in guessed if any(f'"{english}"' in text for text in parts)]
    assert there
    pack = requests.get(f"{superset.url}/superset/language_pack/es/", timeout=60).json()["locale_data"]["superset"]
    ours = json.loads(
        (ROOT / "dashboards" / "traducciones.json").read_text(encoding="utf-8")
    )  # also a guess that was right
    assert [english for english, spanish in there if pack.get(english) == [spanish] and english not in ours] == []
    assert [english for english, said in pack.items() if "de control" in str(said) and "anel" in str(said)] == []


def away(addresses: list[str], superset: Superset) -> set[str]:
    return {urlsplit(url).netloc for url in addresses if url.startswith("http")} - {urlsplit(superset.url).netloc}


def test_figures_are_of_the_quarter_that_the_filter_shows(desktop: Opened, superset: Superset) -> None:
    """The page opens on the last quarter and its figures are that quarter's, not the sum of all."""
    page, _ = desktop("mi-barrio-habla")
    ((figure,),) = superset.published(
        "select sum(acuerdos) from publico.acuerdos_por_dependencia"
        " where trimestre = (select max(trimestre) from publico.acuerdos_por_dependencia)"
    )
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
    (indicator, row, reach), *_ = superset.published(
        "select f.indicador, f.renglon, f.alcance from publico.filas_que_cuentan as f inner join publico.indicadores as i using (indicador)"
        " where i.unidad = ? and f.renglon is not null and f.orden = 1 order by f.indicador, f.ejercicio desc", unit,
    )  # fmt: skip
    page = browser.new_context(viewport={"width": 1440, "height": 2600}, locale="es-MX").new_page()
    page.goto(f"{superset.url}/indicador/{indicator}")
    rows = page.locator("[data-test-chart-name='Renglones detrás de la cifra']")
    rows.filter(has_text=row).filter(has_text=reach).first.wait_for(timeout=HANGS * 1000)
    page.wait_for_load_state("networkidle", timeout=HANGS * 1000)
    page.locator(f"[data-test-chart-name='{hidden}']").wait_for(state="hidden", timeout=HANGS * 1000)
    assert page.locator(f"[data-test-chart-name='{shown}'] canvas").is_visible()
    page.context.close()


def test_the_map_of_colonias_is_drawn(desktop: Opened) -> None:
    """Pixels of the traffic of blues, not only of the base map: as many colours as the legend has, at least two."""
    page, _ = desktop("mi-barrio-habla")
    canvas = page.locator("canvas#deckgl-overlay, .deckgl-overlay canvas, #deckgl-overlay").first

    def drawn(seen: Counter[tuple[int, int, int]]) -> bool:
        blues = sum(count for (r, g, b), count in seen.items() if b - r > 25 and b > 80)
        ground = sum(
            count for (r, g, b), count in seen.items() if abs(r - g) < 12 and abs(g - b) < 12 and 190 < r < 252
        )
        return blues > 300 and ground > 3000  # the colonias, and the outline of those without any

    assert_drawn(canvas, "mapa_mi_barrio_habla", drawn)


def test_the_map_of_hexagons_is_drawn(desktop: Opened) -> None:
    page, _ = desktop("mi-barrio-habla")
    canvas = page.locator("#deckgl-overlay").nth(1)
    assert_drawn(
        canvas, "mapa_hexagonos", lambda seen: sum(count for (r, g, b), count in seen.items() if r - b > 40) > 300
    )


def assert_drawn(canvas: Locator, name: str, drawn: Callable[[Counter[tuple[int, int, int]]], bool]) -> None:
    """The map's own colours come: tiles and layers are there after the answer, sooner or later."""
    canvas.scroll_into_view_if_needed()
    wait_until(name, lambda: drawn(colours(canvas.screenshot(path=ARTIFACTS / f"{name}.png"))), HANGS)


def test_the_map_of_projects_is_drawn(desktop: Opened) -> None:
    page, _ = desktop("presupuesto-participativo")
    canvas = page.locator("#deckgl-overlay").first
    states = {"entregado": (0, 158, 115), "en obra": (230, 159, 0)}

    def drawn(seen: Counter[tuple[int, int, int]]) -> bool:
        """A circle of each state at least."""
        return all(
            sum(count for (r, g, b), count in seen.items() if abs(r - red) + abs(g - green) + abs(b - blue) < 60) > 20
            for red, green, blue in states.values()
        )

    assert_drawn(canvas, "mapa_presupuesto_participativo", drawn)


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

    tables = page.locator(".superset-chart-table [role='table'], .superset-chart-table [role='table'] > div")
    assert tables.evaluate_all(SIDEWAYS) == []
    menu = page.locator("#main-menu").bounding_box()
    # at 320 logo and entrance do not fit beside each other
    assert menu and menu["height"] <= (ONE_LINE if width > 320 else TWO_SHORT_LINES), "the menu has an empty line"
    if slug == "cabildo-abierto-juvenil":
        bars = page.locator(".chart-slice", has_text="Sesiones de la escuela por eje").locator("canvas").first
        edge = "min(min(i.getpixel((0, y))) for y in range(h // 5, h))"
        assert pixels(bars.screenshot(), edge) > 200, "the words beside the bars are cut"
    if slug == "datos-abiertos":
        bars = (
            page.locator(".chart-slice", has_text="Qué tan al corriente están las variables, por tema")
            .locator("canvas")
            .first
        )
        named = "sum(n > 100 and max(c) - min(c) > 90 for n, c in i.crop((0, 0, w, h // 6)).getcolors(w * h))"
        wait_until("a legend that names its colours", lambda: pixels(bars.screenshot(), named) >= 3, HANGS)
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
    first = "min((x for x in range(w) for y in range(h // 2, h) if max(i.getpixel((x, y))) - min(i.getpixel((x, y))) > 90), default=w) / w"
    # where the page's font comes late, the names were given the place of a wider one: bars that run backwards start much further right
    wait_until("bars that start at the left", lambda: pixels(bars.screenshot(), first) < 0.5, HANGS)
    page.context.close()


@pytest.mark.parametrize("slug", PUBLIC)
def test_accessibility(desktop: Opened, slug: str) -> None:
    """No serious or critical finding of axe-core."""
    page, _ = desktop(slug)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response["violations"]
    assert {f["id"]: _where(f) for f in found if f["impact"] in {"serious", "critical"}} == {}


NAMES = """() => [...document.querySelectorAll("[role='img'][aria-label], :is([role='combobox'], [role='button'][aria-label], button)")]
  .filter(e => !e.closest("[aria-hidden='true']") && e.checkVisibility({ visibilityProperty: true })).map(e => e.getAttribute("aria-label") || e.textContent.trim())"""
OF_A_PROGRAM = re.compile(r"^[a-z]+(-[a-z]+)*$|NATIVE_FILTER|^$")


@pytest.mark.parametrize("slug", PUBLIC)
def test_what_a_screen_reader_hears_is_spanish_and_the_headings_lead_through_the_board(
    desktop: Opened, slug: str
) -> None:
    """No English name of a drawing, no number of a filter; each chart's title is a heading; nothing hovers that no cell says."""
    page, _ = desktop(slug)
    names = page.evaluate(NAMES)
    assert len(names) > 10
    assert [name for name in names if OF_A_PROGRAM.search(name)] == []
    charts = page.locator(".chart-slice").count()
    headings = page.locator(".chart-slice [role='heading'][aria-level='2']")
    assert headings.count() == charts > 3
    assert page.locator(".superset-chart-table td[title]").count() == 0


@pytest.mark.parametrize("width", [1366, 1280, 1200, 1093])
def test_a_laptop_shows_every_column_and_every_link(browser: Browser, superset: Superset, width: int) -> None:
    """The commonest screen of an office, a smaller one, and the first made a quarter larger by Windows."""
    page = opened(browser, superset, "tablero-del-plan", {"viewport": {"width": width, "height": 768}})
    tables = page.locator(".superset-chart-table [role='table'], .superset-chart-table [role='table'] > div")
    assert tables.count() and tables.evaluate_all(SIDEWAYS) == []
    assert page.locator(".enlaces a").last.evaluate(CUT) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_board_that_gets_no_answer_says_so_in_spanish(browser: Browser, superset: Superset) -> None:
    """What stands before the server answers for it (503), then the board itself does not come: nothing loads for ever, nothing is English."""
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="es-MX")
    page.route("**/api/v1/chart/data**", lambda route: route.fulfill(status=503, body="-"))
    page.goto(f"{superset.url}/superset/dashboard/datos-abiertos/")
    told = page.locator(".chart-slice [role='alert']")
    told.filter(has_text="no hay conexión con los datos").first.wait_for(timeout=HANGS * 1000)
    assert [words for words in told.all_inner_texts() if re.search(r"error|available|Superset", words)] == []
    page.context.close()

    address = f"{superset.url}/superset/dashboard/tablero-del-plan/"
    # a machine that is busy leaves the first screen out of the page until it is made
    wait_until("the first screen", lambda: 'id="portada"' in requests.get(address, timeout=HANGS).text, HANGS)
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="es-MX")
    page.clock.install()
    page.route("**/api/v1/dashboard/**", lambda route: route.abort())
    page.goto(address)
    page.clock.run_for(31_000)
    page.locator("#portada [role='status']", has_text="vuelva a cargar la página").wait_for(timeout=HANGS * 1000)
    assert page.locator("#portada a").count() > 3
    page.context.close()


LONG = "https://ejemplo.example/" + "a" * 150


def test_a_word_without_an_end_leaves_the_other_columns_their_place(desktop: Opened) -> None:
    page, _ = desktop("tablero-del-plan")
    cell = page.locator("[data-test-chart-name='Comentarios de la ciudadanía'] td").nth(3)
    own = cell.inner_text()
    cell.evaluate("(cell, words) => { cell.firstChild.nodeValue = words; cell.append(''); }", LONG)
    page.locator("[data-test-chart-name='Comentarios de la ciudadanía'] td[data-larga]").wait_for()
    tables = page.locator("[data-test-chart-name='Comentarios de la ciudadanía'] [role='table'] > div")
    assert tables.evaluate_all(SIDEWAYS) == []
    cell.evaluate("(cell, words) => { cell.firstChild.nodeValue = words; cell.append(''); }", own)
    page.locator("[data-test-chart-name='Comentarios de la ciudadanía'] td[data-larga]").wait_for(state="detached")


def test_a_figure_is_downloaded_by_keyboard_alone(desktop: Opened) -> None:
    page, _ = desktop("tablero-del-plan")
    page.locator("[data-test-chart-name='Cada compromiso'] button[aria-label='Opciones de la gráfica']").focus()
    page.keyboard.press("Enter")
    entries = page.locator(".ant-dropdown:visible [role='menuitem']")
    entries.filter(has_text="Descargar").wait_for(timeout=HANGS * 1000)
    page.wait_for_timeout(1500)  # the menu takes the focus once it has opened, and moves it as it is drawn
    for key in [*["ArrowDown"] * entries.all_inner_texts().index("Descargar"), "ArrowRight"]:
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    assert page.evaluate("document.activeElement.textContent") == "CSV, lo que se ve"
    with page.expect_download(timeout=HANGS * 1000) as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    page.keyboard.press("Escape")


def test_a_sheet_of_paper_shows_what_the_screen_showed(browser: Browser, superset: Superset) -> None:
    """A Letter sheet is as narrow as a phone: the board keeps the width that it had, and the browser makes it smaller."""
    page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="es-MX")
    page.goto(f"{superset.url}/superset/dashboard/indicador/?indicador=DA-1")
    page.locator(".grid-container").wait_for(timeout=HANGS * 1000)
    phone = page.locator("#pamga-telefono")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 976, "height": 700})  # Letter that lies, without its margins
    assert phone.get_attribute("media") == "screen and (max-width: 899px)"
    assert page.evaluate("getComputedStyle(document.body).width") == "1366px"
    assert not page.locator(".enlaces").first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert phone.get_attribute("media") == "(max-width: 899px)"
    page.context.close()


def _where(finding: dict[str, Any]) -> list[str]:
    return [node["html"][:160] for node in finding["nodes"]][:3]


def test_tooltip_and_table_say_the_same(superset: Superset) -> None:
    """The map and the table beside it come from two marts: colonia by colonia, the same figures."""
    differ = superset.published(
        "select colonia_id from (select distinct colonia_id, acuerdos, acuerdos_abiertos, acuerdos_vencidos, eventos, tianguis"
        " from publico.mapa_colonias) except select colonia_id from (select colonia_id, acuerdos, acuerdos_abiertos,"
        " acuerdos_vencidos, eventos, tianguis from publico.territorio_colonias)"
    )
    assert differ == []
