"""The dashboards as pictures for a meeting: a PNG and a PDF of each public dashboard of the current release, and by mail.

Taken by a headless browser from the running Superset, under pictures/<release>/; once taken they stay as they are.
"""

from __future__ import annotations

import os
import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from operation.superset import DASHBOARDS, superset_url
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import write_atomically
from pamga.yaml_files import load_yaml
from reminders.sending import Message
from reminders.words import secretariado

if TYPE_CHECKING:
    from playwright.sync_api import Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, SHEET = 1440, 1113  # a letter sheet lying on its side, as Mexico prints, in pixels
TALLEST = 15_000
PATIENCE = 120_000
ARGUMENTS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"
]  # fmt: skip
DRAWN = """(() => {
  const charts = [...document.querySelectorAll(".chart-slice")];
  return charts.length > 0 && charts.every(chart => chart.querySelector(".slice_container, .ant-empty, [role=alert]"))
    && document.querySelectorAll('[data-test="loading-indicator"], .loading').length === 0;
})()"""
LARGEST_MAIL = 12 * 1024 * 1024


class NoBrowserError(PamgaError):
    """This machine has no browser, so there are no pictures; nothing else needs one."""


class SupersededError(PamgaError):
    """Another release is shown meanwhile: its own run takes its pictures, and nobody can take those of this one any more."""


class NotDrawnError(PamgaError):
    """A dashboard was not whole in time: nothing is kept of it."""


def public_dashboards() -> list[str]:
    """Their slugs, as dashboards/access.yaml has them; those that need a choice first are no picture."""
    document = load_yaml(DASHBOARDS / "access.yaml")
    return list(document["public_dashboards"])


def take_pictures(settings: Settings) -> list[Path]:
    """PNG and PDF of each public dashboard; those already there are not taken again. Raises NoBrowserError, SupersededError."""
    release = settings.layout.current.resolve().name
    folder = settings.layout.pictures / release
    missing = [slug for slug in public_dashboards() if not all(path.exists() for path in _paths(folder, slug))]
    if missing:
        _take(settings, missing, folder, browser_here())
    return sorted(path for slug in public_dashboards() for path in _paths(folder, slug))


def _paths(folder: Path, slug: str) -> tuple[Path, Path]:
    return folder / f"{slug}.png", folder / f"{slug}.pdf"


def browser_here() -> str:
    """The program that takes the pictures. Raises NoBrowserError."""
    given = os.environ.get("PAMGA_CHROMIUM")
    found = given or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if not found or not shutil.which(found):
        raise NoBrowserError(
            f"No browser ({given or ', '.join(BROWSERS)}) on this machine: no pictures of the dashboards.",
            "Install chromium, or set PAMGA_CHROMIUM to one.",
        )
    return found


def _take(settings: Settings, slugs: list[str], folder: Path, browser: str) -> None:
    from playwright.sync_api import sync_playwright

    url = superset_url()
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        try:
            for slug in slugs:
                page = chromium.new_context(viewport={"width": WIDE, "height": SHEET}, locale="es-MX").new_page()
                _open_whole(page, f"{url}/superset/dashboard/{slug}/?standalone=1")
                picture, printed = _paths(folder, slug)
                page.emulate_media(media="print")  # the picture is the sheet: whole tables, nothing to click
                _in_sight(page)
                seen = page.screenshot()  # of the window: the whole page in it would be laid out, and drawn, anew
                on_paper = page.pdf(width=f"{WIDE}px", height=f"{SHEET}px", print_background=True)
                if (now := settings.layout.current.resolve().name) != folder.name:
                    raise SupersededError(
                        f"{now} took the place of {folder.name} while its pictures were taken.",
                        "Nothing to do: the pictures of what is shown follow.",
                    )
                write_atomically(picture, seen)
                write_atomically(printed, on_paper)
                page.context.close()
        finally:
            chromium.close()


def _open_whole(page: Page, address: str) -> None:
    """Open a dashboard and wait until every chart is drawn: those out of sight are drawn only once they are in sight."""
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector(".dashboard-component-chart-holder", timeout=PATIENCE)
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    _in_sight(page)


def _in_sight(page: Page) -> None:
    """Make the window as high as the dashboard and wait until every chart is drawn: a picture of one that is not says nothing.
    Raises NotDrawnError."""
    page.wait_for_timeout(500)
    height = int(page.evaluate("document.querySelector('.grid-container').getBoundingClientRect().bottom + scrollY"))
    page.set_viewport_size({"width": WIDE, "height": min(height + 24, TALLEST)})
    for _ in range(PATIENCE // 500):
        if page.evaluate(DRAWN):
            break
        page.wait_for_timeout(500)
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    page.wait_for_timeout(2500)  # maps and bars move into place
    if not page.evaluate(DRAWN):
        raise NotDrawnError(
            f"{page.url} is not drawn after {PATIENCE // 1000} s.", "The task tries again; see Superset's log."
        )


def message(settings: Settings, pictures: list[Path]) -> Message:
    """To the Secretariado: the PDFs of this release, as many as a mail carries, the plan's first."""
    release = pictures[0].parent.name  # not what is current by now
    attached: list[Path] = []
    for path in (path for slug in public_dashboards() for path in pictures if path.name == f"{slug}.pdf"):
        if sum(one.stat().st_size for one in [*attached, path]) <= LARGEST_MAIL:
            attached.append(path)
    left = [path.name for path in pictures if path.suffix == ".pdf" and path not in attached]
    more = (
        f"<p>Por su tamaño no van aquí: {escape(', '.join(left))}; están en pictures/{escape(release)}/.</p>"
        if left
        else ""
    )
    return Message(
        f"tableros-{release}", "tableros", "secretariado", (secretariado(settings),), (),
        f"Tableros de la publicación {release}",
        f"<p>Se publicó {escape(release)}. Van los tableros en PDF, listos para una reunión.</p>{more}", tuple(attached),
    )  # fmt: skip
