"""Superset's scripts as small as they get, and asked for once.

Their names carry a digest of their content, yet Superset has browsers ask for each of the sixty again at every visit, and packs
them anew, lightly, for every new visitor. Here a browser keeps them for a year, and each is packed once, as tightly as brotli can:
in the background, when it is first asked for, next to the caches.
"""

from __future__ import annotations

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
from bounded_cache import own_folder
from flask import Flask, Response, request

BUNDLE = re.compile(r"/static/assets/([\w.-]*[0-9a-f]{16,}[\w.-]*\.(?:js|css))")
A_YEAR = 31_536_000
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
LARGEST = 3 * 1024 * 1024  # above, packing takes too long; none of those belongs to a dashboard

_packers = ThreadPoolExecutor(1, thread_name_prefix="bundles")
_packing: set[str] = set()


def install(app: Flask, folder: Path) -> None:
    """Serve packed bundles from `folder`, and let browsers keep all of them."""
    own_folder(folder)
    assets = Path(str(app.static_folder)) / "assets"

    def packed() -> Response | None:
        found = BUNDLE.fullmatch(request.path)
        if not found or request.method != "GET" or "br" not in request.headers.get("Accept-Encoding", ""):
            return None
        kept = folder / f"{found[1]}.br"
        try:
            content = kept.read_bytes()
        except FileNotFoundError:
            _pack_later(assets / found[1], kept)
            return None
        response = Response(content, headers={"Content-Encoding": "br", "Content-Type": KINDS[Path(found[1]).suffix]})
        response.vary.add("Accept-Encoding")
        return response

    def keep(response: Response) -> Response:
        if BUNDLE.fullmatch(request.path) and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response

    app.before_request_funcs.setdefault(None, []).insert(0, packed)
    app.after_request(keep)


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
