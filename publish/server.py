"""Serve the releases over HTTP: static files that a portal, a browser or DuckDB can read from afar.

What a release holds never changes, but it may be taken down: so a copy may be used for a few minutes without asking
(PAMGA_CACHE_SECONDS) and is asked about after that, which costs next to nothing, as the tag of a file is its SHA-256. A takedown
thus reaches every cache that obeys HTTP within that time; what was taken down answers 410, from the moment of the decision.
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

from pamga.documents.log import Takedown
from pamga.errors import UsageError
from pamga.layout import Layout
from pamga.settings import Settings
from pamga.storage import sha256_file
from pamga.takedowns import RELEASE, takedowns
from publish import log
from publish.catalogue import MEDIA_TYPES
from publish.pages import missing_page, tombstone_page
from publish.standing import tombstone
from publish.verify import SUMS, read_sums

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
ROBOTS = "User-agent: *\nDisallow:\n"
"""Everything may be found: who may not look would not see either that something was taken down."""
SECURITY = {
    # pages carry their own stricter policy, with the hash of their stylesheet; this one holds for everything that is served
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def make_app(settings: Settings) -> Starlette:
    """The application over `releases/` of an installation. Raises UsageError where the folder holds what is nobody's to read."""
    _refuse_all_of_the_data(settings.layout)
    headers = {**SECURITY, "Cache-Control": kept(settings)}

    async def serve_file(request: Request) -> Response:
        return respond(settings, request)

    async def robots(_: Request) -> Response:
        return PlainTextResponse(ROBOTS, headers=headers)

    async def no_icon(_: Request) -> Response:
        return Response(status_code=204, headers=headers)  # an empty answer ends the question

    return Starlette(
        routes=[
            Route("/robots.txt", robots),
            Route("/favicon.ico", no_icon),
            Route("/{path:path}", serve_file, methods=["GET", "HEAD"]),
        ],
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


def _refuse_all_of_the_data(layout: Layout) -> None:
    """A Docker Engine may mount all of a volume with driver_opts where its part was asked for: lake and vault would be served."""
    kept_apart = (layout.lake, layout.vault, layout.keys)
    found = [part.name for part in kept_apart if (layout.releases / part.name).exists()]
    if found:
        raise UsageError(
            f"{layout.releases} holds {', '.join(found)}: it is all of the data, not its releases, and none of it is served.",
            "Mount the folder of releases alone: docs/production.md, 'The data on another disk or on several machines'.",
        )


def respond(settings: Settings, request: Request) -> Response:
    """The answer to one request. The pointer is resolved once, so an answer never mixes two releases."""
    root, asked = settings.layout.releases, request.path_params["path"]
    record = taken_down(settings, asked)
    if record is not None:
        return _gone(settings, record)
    found = locate(root, asked)
    if found is not None and found.is_dir():
        found = locate(root, f"{asked}/index.html")
        if found is not None and asked and not asked.endswith("/"):  # else a page's relative links would miss
            return RedirectResponse(f"/{quote(asked.strip('/'))}/", status_code=308, headers=SECURITY)
    if found is None:
        return _nowhere(settings, request)
    relative = found.relative_to(root.resolve())
    moving = asked.split("/")[0] == CURRENT or len(relative.parts) == 1
    tag = f'"{_content_hash(settings, relative)}"'
    headers = {**SECURITY, "ETag": tag, "Cache-Control": SHORT if moving else kept(settings)}
    if moving:
        headers["Content-Location"] = f"/{relative.as_posix()}"
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    kind = TYPES.get(found.suffix) or mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return FileResponse(found, headers=headers, media_type=kind)


def _nowhere(settings: Settings, request: Request) -> Response:
    """404: a page for people, a line for programs."""
    headers = {**SECURITY, "Cache-Control": SHORT, "Vary": "Accept"}
    if "text/html" in request.headers.get("accept", ""):
        return Response(missing_page(settings), status_code=404, headers=headers, media_type=TYPES[".html"])
    return PlainTextResponse("No existe esa dirección.\n", status_code=404, headers=headers)


def kept(settings: Settings) -> str:
    """How long a copy of a release's file may be used before it is asked about again."""
    return f"public, max-age={settings.cache_seconds}, must-revalidate"


def taken_down(settings: Settings, asked: str) -> Takedown | None:
    """The takedown that removed what an address names, whether its bytes are gone by now or not."""
    parts = [part for part in asked.split("/") if part]
    if not parts:
        return None
    release = (log.current_release(settings) or "") if parts[0] == CURRENT else parts[0]
    path = "/".join(parts[1:])
    for record in _takedowns(settings.layout.log, _marks(settings)):
        held = record.publicaciones.get(release)
        if held is None:
            continue
        whole = record.tipo == RELEASE and record.nombre == release
        if (whole and path != SUMS) or path in held.retirados:  # the hashes that stood stay public
            return record
    return None


def _gone(settings: Settings, record: Takedown) -> Response:
    """410, with the tombstone as the page, and a word to the browser to forget its copies."""
    headers = {
        **SECURITY,
        "Cache-Control": SHORT,
        "Clear-Site-Data": '"cache"',
        "Link": f'</{tombstone(record)}.json>; rel="describedby"',
    }
    page = tombstone_page(settings, record, top="/")
    return Response(page, status_code=410, headers=headers, media_type=TYPES[".html"])


def _marks(settings: Settings) -> tuple[str, ...]:
    """What tells one state of the takedowns from another: the names of their objects."""
    return tuple(
        sorted(
            path.name
            for kind in ("takedowns", "takedowns_done")
            for path in (settings.layout.log / kind).glob("*.json")
        )
    )


@lru_cache(maxsize=4)
def _takedowns(folder: Path, marks: tuple[str, ...]) -> list[Takedown]:
    return takedowns(folder) if marks else []


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


def _content_hash(settings: Settings, relative: Path) -> str:
    """SHA-256 of a served file: in a release from its list of sums, above the releases and where a takedown wrote it anew from
    the bytes."""
    root = settings.layout.releases.resolve()
    release, _, path = relative.as_posix().partition("/")
    rewritten = any(
        (held := record.publicaciones.get(release)) is not None and path in held.sustituidos
        for record in _takedowns(settings.layout.log, _marks(settings))
    )
    return (None if rewritten else _sums(root / release).get(path)) or sha256_file(root / relative)


@lru_cache(maxsize=64)
def _sums(release: Path) -> dict[str, str]:
    """The sums of a release as published; none for what is no release."""
    return read_sums(release) if (release / SUMS).is_file() else {}


def _matches(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag."""
    return header is not None and (
        header.strip() == "*" or tag in {t.strip().removeprefix("W/") for t in header.split(",")}
    )
