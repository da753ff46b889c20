"""Ten questions of a citizen: how many clicks from the plan's dashboard to the answer, and how long it takes in a real browser.

Each answer is read from the marts of the release that is served. The table stays in .ci/artifacts/preguntas.md; docs/dashboards.md
holds one of them. What the first screen must answer is looked for inside it, on a wide screen and on a phone.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from tests.dashboards.instance import ARTIFACTS, Superset
from tests.dashboards.screen import still
from tests.servers import HANGS

pytestmark = pytest.mark.servers
PLAN = "/superset/dashboard/tablero-del-plan/"
WHY = "Lo que no se cumplió o llegó tarde, y por qué"


@pytest.fixture(scope="module")
def facts(superset: Superset) -> dict[str, Any]:
    """What the marts say, and with it the answers."""
    failed_of = "count(case when estado = 'incumplida' then 1 end)"
    board = "publico.tablero_indicadores where es_ultimo_trimestre"
    failing = superset.published(
        f"select indicador, por_que, responsables from {board} and estado = 'incumplida' order by orden, ejercicio"
    )[0]

    def one(query: str) -> Any:
        return superset.published(query)[0][0]

    return {
        "failed": superset.published(f"select {failed_of}, count(*) from {board}")[0],
        "commitments": superset.published(f"select nombre_compromiso, {failed_of} from {board} group by 1"),
        "failing": failing,
        "formula": one(f"select formula from publico.indicadores where indicador = '{failing[0]}'"),
        "first_said": one(
            f"select primera_publicacion from publico.indicadores_historia where indicador = '{failing[0]}'"
        ),
        "session": one("select max(fecha) from publico.sesiones_rendicion").strftime("%d/%m/%Y"),
        "due": one("select indicador from publico.proximos_vencimientos order by vence, indicador"),
    }


def holder(page: Page, title: str) -> Any:
    return page.locator(f"[data-test-chart-name='{title}']")


def wait_for(page: Page, title: str, words: str) -> None:
    """Until the chart shows the words; a chart below is scrolled to, as a reader does."""
    chart = holder(page, title)
    chart.first.scroll_into_view_if_needed()
    chart.filter(has_text=words).first.wait_for()


def opened(browser: Browser, superset: Superset, **how: Any) -> tuple[BrowserContext, Page]:
    context = browser.new_context(locale="es-MX", **how)
    page = context.new_page()
    page.goto(superset.url + PLAN)
    wait_for(page, WHY, "Incumplida")
    return context, page


WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 393, "height": 727}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2
}  # fmt: skip


def test_ten_questions(browser: Browser, superset: Superset, facts: dict[str, Any]) -> None:
    """On a wide screen and on a phone."""
    wide, phone = (asked(browser, superset, facts, screen) for screen in (WIDE, PHONE))
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    lines = ["| pregunta | clics | segundos, pantalla ancha | segundos, teléfono |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {question} | {clicks} | {seconds:.1f} | {by_phone:.1f} |"
        for (question, clicks, seconds), (_, _, by_phone) in zip(wide, phone, strict=True)
    ]
    (ARTIFACTS / "preguntas.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert len(wide) == 10
    assert max(clicks for _, clicks, _ in wide + phone) <= 1


def asked(
    browser: Browser, superset: Superset, facts: dict[str, Any], screen: dict[str, Any]
) -> list[tuple[str, int, float]]:
    """The questions with their clicks and seconds, on this screen."""
    indicator, why, offices = facts["failing"]
    began = time.monotonic()
    context, page = opened(browser, superset, **screen)
    table: list[tuple[str, int, float]] = []

    def answered(question: str, clicks: int, since: float) -> None:
        table.append((question, clicks, time.monotonic() - since))

    failed, of = facts["failed"]
    wait_for(page, "Cómo van las metas del plan", f"■ {failed} de {of} incumplidas")
    answered("¿Cuántas metas se incumplieron, de cuántas?", 0, began)
    for name, count in facts["commitments"]:
        row = holder(page, "Cada compromiso").locator("tr", has_text=name)
        row.filter(has_text=f"■ {count}").wait_for()
    answered("¿Qué compromisos fallan?", 0, began)
    wait_for(page, WHY, why)
    answered("¿Por qué no se cumplió una meta?", 0, began)
    wait_for(page, "Lo que vence primero", facts["due"])
    answered("¿Qué vence primero y cuántos días faltan?", 0, began)
    wait_for(page, "Sesiones de rendición de cuentas", facts["session"])
    answered("¿Cuándo y dónde fue la última rendición de cuentas?", 0, began)
    for words, address in (("Datos para descargar", "/current/index.html"), ("Glosario", "como_leimos_el_plan.html")):
        since = time.monotonic()
        link = page.locator(".enlaces a", has_text=words).get_attribute("href")
        leads = requests.get(f"{superset.url}{link}", allow_redirects=False, timeout=HANGS).headers["Location"]
        assert leads.endswith(address), leads
        answered(f"¿Dónde está: {words.lower()}?", 1, since)
    since = time.monotonic()
    holder(page, WHY).locator("a", has_text=indicator).first.click()
    wait_for(page, "Ficha del indicador elegido", facts["formula"])
    answered("¿Cómo se calcula y con qué se comprueba?", 1, since)
    wait_for(page, "Ficha del indicador elegido", offices)
    answered("¿Quién responde de esa meta?", 1, since)
    wait_for(page, "Lo que se dijo antes", facts["first_said"])
    answered("¿Qué se había dicho antes de esa cifra?", 1, since)
    context.close()
    return table


@pytest.mark.parametrize("device", [None, "iPhone 13", "Pixel 5"])
def test_the_first_screen_says_which_commitments_fail_and_why(
    browser: Browser, superset: Superset, facts: dict[str, Any], device: str | None
) -> None:
    """Without scrolling: of how many targets how many failed, a failing one with its commitment and the reason in words."""
    with_device: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
    if device:
        with_device = {
            "viewport": {"width": 390, "height": 664} if device == "iPhone 13" else {"width": 393, "height": 727},
            "is_mobile": True, "has_touch": True, "device_scale_factor": 2,
        }  # fmt: skip
    context, page = opened(browser, superset, **with_device)
    wait_for(page, "Cómo van las metas del plan", "incumplidas")
    page.evaluate("window.scrollTo(0, 0)")
    still(page)
    page.screenshot(path=ARTIFACTS / f"primera_pantalla_{(device or 'escritorio').replace(' ', '_')}.png")
    height = with_device["viewport"]["height"]
    for title, words in (("Cómo van las metas del plan", "de"), (WHY, facts["failing"][1])):
        box = holder(page, title).locator("td", has_text=words).first.bounding_box()
        assert box and box["y"] + box["height"] <= height, f"{title}: {box} of {height}"
        assert box["x"] >= 0 and box["x"] + box["width"] <= with_device["viewport"]["width"] + 1
    context.close()
