"""The approval as the Secretariado sees it in Airflow: a question that really waits, in a browser. Writes the pictures of docs/operations.md.

python -m tests.dags.approval_pictures docs/pictures
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from tests.servers import HANGS, free_port, wait_until

ACCOUNT, PASSWORD = "aruiz", "una-clave-larga-de-ejemplo"
PERSON, REASON = "Ana Ruiz, Secretaria Técnica", "Revisado en la sesión del 20 de octubre."
WIDE, TALL = 1100, 820
PICTURES = ("aprobar-1-acciones.png", "aprobar-2-pregunta.png", "aprobar-3-respuesta.png")


def main(out: Path) -> None:
    from quality import gate
    from tests.quality.specimen import make_run

    with tempfile.TemporaryDirectory(prefix="pamga-pictures-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        gate.check(make_run(folder / "data"))
        _take(folder, out)


def _take(folder: Path, out: Path) -> None:
    from operation.airflow_env import airflow_environment
    from pamga.settings import Settings

    port = free_port()
    os.environ |= {
        "PAMGA_HOY": "2026-10-20", "PAMGA_REQUIRE_APPROVAL": "true",
        "AIRFLOW__CORE__AUTH_MANAGER": "operation.auth_manager.PamgaAuthManager", "AIRFLOW__FAB__UPDATE_FAB_PERMS": "True",
    }  # fmt: skip
    os.environ |= airflow_environment(Settings(data=folder / "airflow"), port)
    os.environ["PAMGA_DATA"] = str(folder / "data")
    from airflow.utils.db import initdb

    initdb()
    from operation.roles import SECRETARIADO, make_role

    make_role()
    import uvicorn
    from airflow.api_fastapi.app import create_app, get_auth_manager

    app = create_app(apps="core")
    manager: Any = get_auth_manager()
    with manager.flask_app.app_context():
        security = manager.security_manager
        security.add_user(
            ACCOUNT, "Ana", "Ruiz", "aruiz@leon.example", security.find_role(SECRETARIADO), password=PASSWORD
        )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    import publish.release

    def publish_it(_settings: Settings, _run: str) -> publish.release.PublishResult:
        return publish.release.PublishResult(release="2026T3-r02", flipped=True)

    publish.release.publish = publish_it  # type: ignore[assignment]
    problems: list[BaseException] = []
    person = threading.Thread(target=_look, args=(f"http://127.0.0.1:{port}", out, problems))
    person.start()
    run: Any = importlib.import_module("dags.publicar").DAG_OBJECT.test()
    person.join()
    if problems:
        raise problems[0]
    assert str(run.state) == "success", "the answer that was given in the browser counts"
    server.should_exit = True


def _look(address: str, out: Path, problems: list[BaseException]) -> None:
    """A question that nobody answers would be waited for during days."""
    try:
        _answer(address, out)
    except BaseException as error:
        problems.append(error)
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)


def _answer(address: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    from operation.pictures import ARGUMENTS, browser_here

    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_here(), args=ARGUMENTS)
        page = chromium.new_context(viewport={"width": WIDE, "height": TALL}, locale="es-MX").new_page()
        page.set_default_timeout(HANGS * 1000)
        page.goto(f"{address}/auth/login/")
        page.fill("input[name=username]", ACCOUNT)
        page.fill("input[name=password]", PASSWORD)
        page.click("input[type=submit], button[type=submit]")
        page.wait_for_load_state("networkidle")
        question = page.locator("a[href*='aprobar_candidata']").first

        def asked() -> bool:
            page.goto(f"{address}/required_actions")
            page.wait_for_load_state("networkidle")
            return question.count() > 0

        wait_until("the question", asked, HANGS, every=1)
        page.screenshot(path=str(out / PICTURES[0]), clip={"x": 0, "y": 0, "width": WIDE, "height": 320})
        page.goto(address + str(question.get_attribute("href")))  # the list is drawn anew now and then
        page.wait_for_load_state("networkidle")
        page.locator("[name=element_persona]").wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=str(out / PICTURES[1]))
        page.locator("[name=element_persona]").fill(PERSON)
        page.locator("[name=element_motivo]").fill(REASON)
        approve = page.get_by_role("button", name="aprobar", exact=True)
        approve.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        page.screenshot(
            path=str(out / PICTURES[2]), clip={"x": 300, "y": 535, "width": WIDE - 300, "height": TALL - 535}
        )
        with page.expect_response(
            lambda answer: answer.request.method == "PATCH" and "hitlDetails" in answer.url
        ) as said:
            approve.click()
        assert said.value.ok


if __name__ == "__main__":
    main(Path(sys.argv[1]))
