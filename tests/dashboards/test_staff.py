"""The entrance of the Secretariado and of departments: words, where it leads, own password, no error that only a machine reads."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.dashboards.instance import PASSWORD, Superset
from tests.dashboards.screen import turn
from tests.dashboards.test_browser import CHROMIUM
from tests.servers import HANGS

pytestmark = pytest.mark.servers
AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml"}
LANDS = {"secretariado": "candidata", "juventudes": "entregas-y-calidad", "admin": "tablero-del-plan"}


@pytest.mark.parametrize("who", LANDS)
def test_lands_on_their_dashboard_and_never_on_an_empty_home(superset: Superset, who: str) -> None:
    session = superset.login(who)
    for path in ("/", "/superset/welcome/"):
        answer = session.get(superset.url + path, timeout=HANGS)
        assert answer.url == f"{superset.url}/superset/dashboard/{LANDS[who]}/"
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/explore/?slice_id=1", "/no/existe", "/sqllab/", "/roles/list/", "/databaseview/list/"]
)
def test_an_error_is_a_page_in_spanish(superset: Superset, path: str) -> None:
    answer = superset.login("juventudes").get(superset.url + path, headers=AS_A_BROWSER, timeout=HANGS)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.ok or ('lang="es-MX"' in answer.text and "<h1>" in answer.text)
    assert '{"errors"' not in answer.text


@pytest.mark.parametrize("who", [None, "secretariado", "juventudes", "admin"])
def test_the_log_of_the_pages_is_accepted_and_not_kept(superset: Superset, who: str | None) -> None:
    answer = superset.login(who).post(
        f"{superset.url}/superset/log/?explode=events", data={"events": "[]"}, timeout=HANGS
    )
    assert answer.status_code == 200


def test_own_password_is_changed_and_nobody_elses(superset: Superset) -> None:
    session = superset.login("participativo")
    headers = superset.csrf(session)

    def change(password: str) -> requests.Response:
        return session.put(f"{superset.url}/api/v1/me/", json={"password": password}, headers=headers, timeout=HANGS)

    assert session.get(f"{superset.url}/user_info/", timeout=HANGS).status_code == 200
    assert session.get(f"{superset.url}/resetmypassword/form", timeout=HANGS).url == f"{superset.url}/user_info/"
    short = change("corta")
    assert short.status_code == 400 and "12 caracteres" in short.text
    assert change("otra-clave-larga-9").status_code == 200
    try:
        with pytest.raises((AssertionError, requests.JSONDecodeError, KeyError)):
            superset.login("participativo")
    finally:
        assert change(PASSWORD).status_code == 200
    superset.login("participativo")


def test_the_entrance_in_spanish_by_keyboard_and_by_ear(superset: Superset) -> None:
    playwright: Playwright
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="es-MX").new_page()
        page.goto(f"{superset.url}/login/")
        page.wait_for_selector("input[type=password]")
        page.wait_for_function("document.body.innerText.includes('Iniciar sesión')")
        text = page.inner_text("body")
        assert [word for word in ("No está en", "Enter your", "Sign in", "Password") if word in text] == []
        page.locator("input[type=text]").first.fill("secretariado")
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/superset/dashboard/candidata/**")
        page.wait_for_selector(".grid-container")
        page.wait_for_function("document.querySelector('h1')?.textContent === 'Candidata en revisión'")
        page.locator("#pamga-saltar").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.classList.contains('grid-container')")
        page.wait_for_selector("input[role=combobox]")
        unnamed = page.locator("input[role=combobox]:not([aria-label]):not([aria-labelledby])")
        assert unnamed.evaluate_all("all => all.filter(e => !e.labels?.length).map(e => e.outerHTML)") == []
        browser.close()


def test_who_comes_back_after_the_session_ended_is_not_told_of_a_wrong_password(
    superset: Superset, browser: Browser
) -> None:
    """Superset's form remembers in the tab that somebody tried; who typed a wrong one is told all the same."""
    page = browser.new_page(locale="es-MX")

    def enter(password: str) -> None:
        page.locator("#username, input[name=username]").first.fill("secretariado")
        page.locator("#password, input[name=password]").first.fill(password)
        page.keyboard.press("Enter")

    page.goto(f"{superset.url}/login/")
    enter(PASSWORD)
    page.locator(".grid-container").wait_for()
    page.context.clear_cookies()
    page.goto(f"{superset.url}/superset/dashboard/candidata/")
    page.get_by_text("Escriba su usuario y su contraseña.").wait_for()
    turn(page, 1000)
    assert page.get_by_text("no son correctos").count() == 0
    enter("otra-que-no-es-9")
    page.get_by_text("no son correctos").wait_for()
    page.context.close()
