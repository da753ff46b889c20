"""When a page in a browser has come to rest, told by the page's own clock: a machine that is slow is slow there too."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

from tests.servers import HANGS, wait_until

ALL_DRAWN = """() => {
    const parts = [...document.querySelectorAll(".dashboard-component-chart-holder")].filter((part) => {
        const box = part.getBoundingClientRect();
        return box.height > 0 && box.top < innerHeight && box.bottom > 0;
    });
    return parts.length > 0 && parts.every((part) => !part.querySelector(".loading, [data-test='loading-indicator']") && part.innerText.trim());
}"""
"""Every chart on the screen says something and none still loads."""
TURN = """(pause) => new Promise((done) => setTimeout(() => requestIdleCallback(() => done(true), { timeout: 60000 }), pause))"""
"""What the page itself put off for so long is done: its timers come due in one order, and then it has nothing else to do."""
STILL = f"""async () => {{
    const look = () => JSON.stringify([...document.querySelectorAll(".dashboard-component-chart-holder")].map((part) => {{
        const box = part.getBoundingClientRect();
        return [box.x, box.y, box.width, box.height, part.innerText];
    }}));
    const before = look();
    await ({TURN})(1000);
    return look() === before && ({ALL_DRAWN})();
}}"""


def turn(page: Page, milliseconds: int) -> None:
    """Let the page do what it put off for at most so long."""
    page.evaluate(TURN, milliseconds)


def still(page: Page) -> None:
    """Wait until every chart on the screen is drawn and for a second no chart has moved or said anything else."""
    wait_until("a page at rest", lambda: page.evaluate(STILL), HANGS, every=0.01)


def patient(make: Any) -> Any:
    """A way to make a page or a context of a browser, in which nothing is given up before no machine is slow any more."""

    def made(self: Browser, **options: Any) -> Any:
        one = make(self, **options)
        one.set_default_timeout(HANGS * 1000)
        return one

    return made
