"""Superset's scripts as small as they get, and asked for once.

Their names carry a digest of their content, yet Superset has browsers ask for each of the sixty again at every visit (and again
once they have a cookie, which its answers vary by), and packs them anew, lightly, for every new visitor. Here a browser keeps them
for a year, and each is packed once, as tightly as brotli can: in the background, what every page starts with at once, the rest when
it is first asked for, next to the caches. They are answered before Flask: no session, no rights, no cookie.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
from bounded_cache import own_folder
from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

NAMED_BY_CONTENT = re.compile(r"/static/assets/([\w.-]*[0-9a-f]{16,}[\w.-]*\.(?:js|css|woff2?|svg|png|gif|jpe?g))")
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
"""What is packed; pictures and fonts are packed already."""
KEPT = ("Cache-Control", "public, max-age=31536000, immutable")
LARGEST = 3 * 1024 * 1024  # above, packing takes too long; none of those belongs to a dashboard

_packers = ThreadPoolExecutor(1, thread_name_prefix="bundles")
_packing: set[str] = set()


def install(app: Flask, folder: Path) -> None:
    """Serve packed bundles from `folder`, and let browsers keep all of them."""
    own_folder(folder)
    assets = Path(str(app.static_folder)) / "assets"
    app.wsgi_app = Bundles(app.wsgi_app, assets, folder)  # type: ignore[assignment, method-assign]


class Bundles:
    """Stands before the application for what is named by its content."""

    def __init__(self, application: WSGIApplication, assets: Path, folder: Path) -> None:
        self.application, self.assets, self.folder = application, assets, folder
        self.started = False

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if (
            not self.started
        ):  # not where the configuration is read: gunicorn's workers are forked after that, without its threads
            self.started = True
            self._pack_what_every_page_starts_with()
        found = NAMED_BY_CONTENT.fullmatch(environ.get("PATH_INFO", ""))
        if not found or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self.application(environ, start)
        packed = self._packed(found[1]) if "br" in environ.get("HTTP_ACCEPT_ENCODING", "") else None
        if packed is None:
            return self.application(environ, _kept(start))
        start(
            "200 OK",
            [
                ("Content-Type", KINDS[Path(found[1]).suffix]),
                ("Content-Encoding", "br"),
                ("Content-Length", str(len(packed))),
                ("Vary", "Accept-Encoding"),
                ("X-Content-Type-Options", "nosniff"),
                KEPT,
            ],
        )
        return [packed] if environ["REQUEST_METHOD"] == "GET" else []

    def _packed(self, name: str) -> bytes | None:
        """A bundle, packed; None while it is not."""
        if Path(name).suffix not in KINDS:
            return None
        kept = self.folder / f"{name}.br"
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            _pack_later(self.assets / name, kept)
            return None

    def _pack_what_every_page_starts_with(self) -> None:
        try:
            entries = json.loads((self.assets / "manifest.json").read_bytes())["entrypoints"]["spa"]
        except (OSError, ValueError, KeyError):  # another Superset: each is packed when it is asked for
            return
        for name in (Path(path).name for paths in entries.values() for path in paths):
            if not (self.folder / f"{name}.br").exists():
                _pack_later(self.assets / name, self.folder / f"{name}.br")


def _kept(start: StartResponse) -> Any:
    """Answers that browsers and proxies may keep, whoever asks."""

    def answer(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        if status.startswith("200"):
            headers = [one for one in headers if one[0].lower() not in {"cache-control", "vary", "set-cookie"}]
            headers += [KEPT, ("Vary", "Accept-Encoding")]
        return start(status, headers, error) if error else start(status, headers)

    return answer


def _pack_later(source: Path, target: Path) -> None:
    if source.name in _packing or not source.is_file() or source.stat().st_size > LARGEST:
        return
    _packing.add(source.name)
    _packers.submit(pack, source, target)


def pack(source: Path, target: Path) -> None:
    """Write `source`, packed, whole or not at all."""
    content = brotli.compress(source.read_bytes(), quality=11)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as spare:
        spare.write(content)
    Path(spare.name).replace(target)
