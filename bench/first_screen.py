"""The first screen of a dashboard in a real browser: seconds and bytes until it is read, until the board is drawn, and of what.

    .venv/bin/python bench/first_screen.py http://127.0.0.1:8088 [--slug tablero-del-plan] [--device "iPhone 13"] [--shown 15]

Bytes are those that came over the line (encoded, with their heads), as Chromium's network log counts them.
"""

from __future__ import annotations

import argparse
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from playwright.sync_api import BrowserContext, sync_playwright

DRAWN = "() => document.querySelector('.grid-container') && !document.getElementById('portada')"


def visit(context: BrowserContext, address: str, shown: int) -> str:
    """One visit in words; with `shown`, the heaviest of what was fetched."""
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked: dict[str, dict[str, Any]] = {}
    network.on(
        "Network.requestWillBeSent",
        lambda event: asked.setdefault(event["requestId"], {}).update(url=event["request"]["url"]),
    )
    network.on(
        "Network.loadingFinished",
        lambda event: asked.setdefault(event["requestId"], {}).update(bytes=event["encodedDataLength"]),
    )

    def fetched(*needed: str) -> int:
        return sum(
            one.get("bytes", 0) for one in asked.values() if not needed or urlsplit(one.get("url", "")).path in needed
        )

    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("#portada table", timeout=60_000)
    read = time.perf_counter() - started
    page.wait_for_function(DRAWN, timeout=120_000, polling=50)
    drawn = time.perf_counter() - started
    page.wait_for_load_state("networkidle")
    own = fetched(
        urlsplit(address).path, "/pamga/portada.css", "/pamga/tema.css", "/pamga/partes.js", "/pamga/logo.svg"
    )
    lines = [
        f"read {read:5.2f} s, {own / 1e3:6.0f} KB    drawn {drawn:5.2f} s, {fetched() / 1e6:6.3f} MB in {len(asked)} requests"
    ]
    for one in sorted(asked.values(), key=lambda one: -one.get("bytes", 0))[:shown]:
        lines.append(f"  {one.get('bytes', 0):>9}  {urlsplit(one.get('url', '')).path[:100]}")
    page.close()
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--slug", default="tablero-del-plan")
    parser.add_argument("--device", help="a phone as Playwright names it")
    parser.add_argument("--shown", type=int, default=0)
    arguments = parser.parse_args()
    address = f"{arguments.url.rstrip('/')}/superset/dashboard/{arguments.slug}/"
    for _ in range(60):  # a server that has just started makes its first screen first
        if "portada" in requests.get(address, timeout=60).text:
            break
        time.sleep(1)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        screen: Any = {"viewport": {"width": 1440, "height": 900}}
        if arguments.device:
            screen = {
                key: value
                for key, value in playwright.devices[arguments.device].items()
                if key != "default_browser_type"
            }
        for _ in range(2):
            context = chromium.new_context(**screen, locale="es-MX")
            print("first visit ", visit(context, address, arguments.shown))
            print("later visit ", visit(context, address, arguments.shown))
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
