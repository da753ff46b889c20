"""After a release: empty the data cache and warm it as an anonymous visitor would.

    .venv-superset/bin/python dashboards/refresh.py [--json]

The DAG refrescar_tableros runs it after apply.py. Exit 0 done, 2 wrong environment, 3 a chart's query failed.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from apply import access
from environment import end_with, make_app, one_at_a_time, options, prepare
from opening import Ask, Question, opened

QUESTIONS = "/api/v1/chart/data"
AS_A_BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}  # answers are kept compressed, as they are sent


Touch = Callable[[dict[str, Any]], None]
"""Asks a question as browsers do, whose answers are kept as they are sent: compressed. Raises OSError."""


def warm(ask: Ask, touch: Touch, slugs: list[str], at_once: int = 1) -> dict[str, Any]:
    """Ask what a visitor's browser asks when it opens these dashboards. Returns counts and what failed."""
    failed: list[str] = []
    questions: list[tuple[str, Question]] = []
    for slug in slugs:
        try:
            questions.extend((slug, question) for question in opened(ask, slug).questions)
        except (OSError, ValueError) as error:
            failed.append(f"{slug}: {error}")

    def try_one(one: tuple[str, Question]) -> None:
        slug, question = one
        try:
            touch(question.body)
        except OSError as error:
            failed.append(f"{slug}: {question.chart['slice_name']}: {error}")

    with ThreadPoolExecutor(at_once) as readers:
        list(readers.map(try_one, questions))
    return {"asked": len(questions), "failed": failed}


def _warm_this_process(slugs: list[str]) -> dict[str, Any]:
    """Without a server: the application is made here, and what it answers is kept where the server will look."""
    from superset.extensions import cache_manager

    app = make_app()

    def answer(path: str, body: dict[str, Any] | None, headers: dict[str, str] | None = None) -> Any:
        told = app.test_client().open(path, method="POST" if body else "GET", json=body, headers=headers)
        if told.status_code != 200:
            raise OSError(f"{told.status_code} {told.get_data()[:300]!r}")
        return told

    with app.app_context():
        cache_manager.data_cache.clear()
    return warm(
        lambda path, body: answer(path, body).get_json(), lambda body: answer(QUESTIONS, body, AS_A_BROWSER), slugs
    )


def _warm_server(url: str, slugs: list[str]) -> dict[str, Any]:
    """Of the server that runs at `url`: nothing has to be started, and its own caches are warm."""

    def ask(path: str, body: dict[str, Any] | None) -> Any:
        return json.loads(_call(url, path, body, {}))

    def touch(body: dict[str, Any]) -> None:
        _call(url, QUESTIONS, body, AS_A_BROWSER)

    done = warm(ask, touch, slugs, at_once=2)
    for slug in slugs:
        with suppress(OSError):  # a page that is not there failed above
            _call(url, f"/superset/dashboard/{slug}/", None, {})  # its first screen (first_screen.py)
    return done


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/health", timeout=10):  # noqa: S310
            return True
    except OSError:
        return False


def _call(url: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> bytes:
    asked = urllib.request.Request(  # noqa: S310 - the address is the operator's own setting
        url.rstrip("/") + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json", **headers},
    )
    with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def refresh() -> dict[str, Any]:
    """Empty, warm. A server that runs is only warmed: what it keeps belongs to its release anyway."""
    started = time.monotonic()
    prepare()
    slugs, url = access()["public_dashboards"], os.environ.get("PAMGA_SUPERSET_URL")
    if url and _answers(url):
        warmed = _warm_server(url, slugs)
    else:
        with one_at_a_time():  # nobody changes charts or rights while they are asked
            warmed = _warm_this_process(slugs)
    return {
        "asked": warmed["asked"],
        "failed": warmed["failed"],
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    done = refresh()
    if arguments.json:
        print(json.dumps(done, ensure_ascii=False))
    else:
        print(f"{done['asked']} charts warmed in {done['seconds']} s")
        print("\n".join(done["failed"]))
    return 3 if done["failed"] else 0


if __name__ == "__main__":
    end_with(main)
