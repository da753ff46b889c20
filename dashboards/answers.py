"""The answers that visitors without an account get, kept whole for a few minutes.

Superset caches a chart's rows, yet for every request it loads chart, dataset and rights from its metadata and writes the answer
again: some 20 ms of processor each, which ten readers at once on two cores wait for ten times over. Everybody without an account
has the same rights, so the same question has the same answer: it is kept as it was sent, compressed too.

Kept are only answers that Superset allowed (200) to questions of charts (asked.py, so that their number is bounded), for the releases that the pointers name (release_cache.py), and for
LIFETIME, so that a right taken away is felt within minutes also where nobody runs refresh.py (it empties these too).
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import row_counts
from flask import Flask, Response, g, request
from flask_login import current_user
from release_cache import pointers

ENCODINGS = ("br", "deflate", "gzip", "zstd")
KEPT_HEADERS = ("Content-Type", "Content-Encoding", row_counts.HEADER)
LIFETIME = int(timedelta(minutes=5).total_seconds())
LARGEST_ANSWER = 2 * 1024 * 1024


class Kept(NamedTuple):
    """An answer as it was sent."""

    body: bytes
    headers: dict[str, str]
    at: float


def install(app: Flask, root: Path) -> None:
    """Answer from what is kept before Superset's views, keep what they answer. `root` is PAMGA_DATA."""

    def from_kept() -> Response | None:
        g.question = None
        if not _same_for_everybody():
            return None
        g.question = _question(root)
        kept = cache().get(g.question)
        if kept is None:
            return None
        g.question = None  # it is kept already
        return Response(kept.body, headers={**kept.headers, "Age": str(int(time.time() - kept.at))})

    def keep(response: Response) -> Response:
        question = g.get("question")
        # a release that was published meanwhile may have answered half of the question
        if question is None or response.status_code != 200 or question != _question(root) or response.is_streamed:
            return response
        if len(response.get_data()) > LARGEST_ANSWER:
            return response
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        cache().set(question, Kept(response.get_data(), headers, time.time()), timeout=LIFETIME)
        return response

    app.before_request(from_kept)
    # Flask calls these from the last to the first: ours must see the answer after it was compressed
    app.after_request_funcs.setdefault(None, []).insert(0, keep)


def _same_for_everybody() -> bool:
    """Whether this is a chart's own question (asked.py), no download, by somebody without an account."""
    own = g.get("own_question")
    if own is None or own["result_format"] != "json":
        return False
    return "Authorization" not in request.headers and not current_user.is_authenticated


def _question(root: Path) -> str:
    digest = hashlib.sha256(request.get_data(cache=True))
    accepted = ",".join(name for name in ENCODINGS if name in request.headers.get("Accept-Encoding", ""))
    for part in (accepted, pointers(root)):
        digest.update(b"\0" + part.encode())
    return f"answer-{digest.hexdigest()}"


def cache() -> Any:
    """Where answers are kept."""
    from superset.extensions import cache_manager  # not importable while the configuration is read

    return cache_manager.data_cache
