"""Serve the releases over HTTP: static files that a portal, a browser or DuckDB can read from afar.

What a release holds never changes, so its files may be kept for a year; `current` and the pages above change with each release.
The tag of a file is its SHA-256, so a copy stays good across releases that hold the same bytes.
"""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pamga.settings import Settings
from pamga.storage import sha256_file
from publish.catalogue import MEDIA_TYPES
from publish.verify import SUMS, read_sums

FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=60, must-revalidate"
CURRENT = "current"
TYPES = {f".{extension}": kind for extension, kind in MEDIA_TYPES.items()} | {
    ".jsonld": "application/ld+json",
    ".ttl": "text/turtle; charset=utf-8",
    ".xml": "application/atom+xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8; header=present",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".lock": "application/json",
    ".duckdb": "application/octet-stream",
}
SECURITY = {
    # pages carry their own stricter policy, with the hash of their stylesheet; this one holds for everything that is served
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def make_app(settings: Settings) -> Starlette:
    """The application over `releases/` of an installation."""
    root = settings.layout.releases

    async def serve_file(request: Request) -> Response:
        return respond(root, request)

    return Starlette(
        routes=[Route("/{path:path}", serve_file, methods=["GET", "HEAD"])],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD"],
                allow_headers=["Range", "If-Range", "If-None-Match", "If-Modified-Since"],
                expose_headers=[
                    "ETag",
                    "Content-Length",
                    "Content-Range",
                    "Accept-Ranges",
                    "Content-Location",
                    "Last-Modified",
                ],
                max_age=86400,
            )
        ],
    )


def respond(root: Path, request: Request) -> Response:
    """The answer to one request. The pointer is resolved once, so an answer never mixes two releases."""
    asked = request.path_params["path"]
    found = locate(root, asked)
    if found is not None and found.is_dir():
        found = locate(root, f"{asked}/index.html")
        if found is not None and asked and not asked.endswith("/"):  # else a page's relative links would miss
            return RedirectResponse(f"/{quote(asked.strip('/'))}/", status_code=308, headers=SECURITY)
    if found is None:
        return PlainTextResponse(
            "No existe esa dirección.\n", status_code=404, headers={**SECURITY, "Cache-Control": SHORT}
        )
    relative = found.relative_to(root.resolve())
    moving = asked.split("/")[0] == CURRENT or len(relative.parts) == 1
    tag = f'"{_content_hash(root, relative)}"'
    headers = {**SECURITY, "ETag": tag, "Cache-Control": SHORT if moving else FOREVER}
    if moving:
        headers["Content-Location"] = f"/{relative.as_posix()}"
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return FileResponse(found, headers=headers, media_type=kind)


def locate(root: Path, asked: str) -> Path | None:
    """The real file or folder below `root` that an address names; None for anything hidden, absent or outside."""
    parts = [part for part in asked.split("/") if part]
    if any(part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    base = root.resolve()
    try:
        found = base.joinpath(*parts).resolve(strict=True)
    except OSError:
        return None
    return found if found.is_relative_to(base) else None


def _content_hash(root: Path, relative: Path) -> str:
    """SHA-256 of a served file: in a release from its list of sums, above the releases from the bytes."""
    release, _, path = relative.as_posix().partition("/")
    return _sums(root.resolve() / release).get(path) or sha256_file(root.resolve() / relative)


@lru_cache(maxsize=64)
def _sums(release: Path) -> dict[str, str]:
    """The sums of an immutable release; none for what is no release."""
    return read_sums(release) if (release / SUMS).is_file() else {}


def _matches(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag."""
    return header is not None and (
        header.strip() == "*" or tag in {t.strip().removeprefix("W/") for t in header.split(",")}
    )
