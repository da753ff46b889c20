"""Releases over HTTP, from a real server: what a portal, a browser and DuckDB ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urljoin

import duckdb
import pytest
import requests

from pamga.engine import load_extensions
from pamga.errors import UsageError
from pamga.settings import Settings
from pamga.storage import sha256_file
from publish.release import publish, rollback
from publish.server import make_app


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=10)


def test_duckdb_queries_parquet_from_afar(address: str) -> None:
    with duckdb.connect() as connection:
        load_extensions(connection, ["httpfs"])
        rows = connection.execute(
            f"select estado, count(*) from '{address}current/data/indicadores_trimestre.parquet' where ejercicio = 2026 group by 1"
        ).fetchall()
    assert rows == [("en_proceso", 78)]


def test_ranges(address: str, published: Settings) -> None:
    url = f"{address}current/data/seguimiento_acuerdos.csv"
    whole = (published.layout.current / "data" / "seguimiento_acuerdos.csv").read_bytes()
    part = get(url, Range="bytes=5-14")
    assert (part.status_code, part.content) == (206, whole[5:15])
    assert part.headers["Content-Range"] == f"bytes 5-14/{len(whole)}"
    assert get(url, Range="bytes=-7").content == whole[-7:]
    assert get(url, Range=f"bytes={len(whole) + 1}-").status_code == 416
    other = {"If-Range": '"otra"', "Range": "bytes=0-3"}
    assert get(url, **other).content == whole  # the file is another one than the reader thinks: all of it
    head = requests.head(url, timeout=10)
    assert (head.headers["Content-Length"], head.headers["Accept-Ranges"], head.content) == (
        str(len(whole)),
        "bytes",
        b"",
    )


def test_tags_and_caches(address: str, published: Settings) -> None:
    fixed, moving = f"{address}2026T3-r01/data/colonias.csv", f"{address}current/data/colonias.csv"
    tag = f'"{sha256_file(published.layout.current / "data" / "colonias.csv")}"'
    assert get(fixed).headers["ETag"] == get(moving).headers["ETag"] == tag
    assert get(fixed).headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    assert get(moving).headers["Cache-Control"] == "public, max-age=60, must-revalidate"
    assert get(moving).headers["Content-Location"] == "/2026T3-r01/data/colonias.csv"
    for url in (fixed, moving, address):
        again = get(url, **{"If-None-Match": get(url).headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert get(fixed, **{"If-None-Match": '"otra"'}).status_code == 200


def test_current_follows_the_pointer(address: str, published: Settings, candidate: Callable[..., str]) -> None:
    url = f"{address}current/publicacion.json"
    first = get(url)
    candidate(release="2026T3-r02", finished=85)
    publish(published)
    second = get(url, **{"If-None-Match": first.headers["ETag"]})
    assert (first.json()["release"], second.json()["release"]) == ("2026T3-r01", "2026T3-r02")
    unchanged = f"{address}current/data/colonias.parquet"
    assert (
        get(
            unchanged, **{"If-None-Match": get(f"{address}2026T3-r01/data/colonias.parquet").headers["ETag"]}
        ).status_code
        == 304
    )


def test_what_browsers_and_crawlers_ask_for_by_themselves(address: str) -> None:
    robots = get(f"{address}robots.txt")
    assert (robots.status_code, robots.text.splitlines()[0]) == (
        200,
        "User-agent: *",
    ) and "Disallow: /" not in robots.text
    assert robots.headers["Content-Type"].startswith("text/plain")
    icon = get(f"{address}favicon.ico")
    assert (icon.status_code, icon.content) == (204, b"")
    assert get(f"{address}current/robots.txt").status_code == 404


@pytest.mark.slow
def test_every_link_and_anchor_leads_somewhere(
    address: str, published: Settings, candidate: Callable[..., str]
) -> None:
    candidate(release="2026T3-r02", finished=85, agreements=[("A-1", "Bacheo", "2026-05-03")])
    publish(published)
    rollback(published, reason="Prueba")
    anchors: dict[str, set[str]] = {}
    asked: set[str] = set()
    waiting = {address}
    while waiting:
        page, _, anchor = waiting.pop().partition("#")
        if page not in anchors:
            answer = get(page)
            assert answer.status_code == 200, page
            html = answer.text if answer.headers["Content-Type"].startswith("text/html") else ""
            anchors[page] = set(re.findall(r'\bid="([^"]*)"', html))
            found = {urljoin(answer.url, unescape(link)) for link in re.findall(r'\b(?:href|src)="([^"]*)"', html)}
            waiting |= {link for link in found if link.startswith(address)} - asked
            asked |= found
        assert not anchor or anchor in anchors[page], f"{page}#{anchor}"
    assert len(anchors) > 2 * len(list(published.layout.release("2026T3-r02").rglob("*.html")))


def test_reading_from_another_site(address: str) -> None:
    url = f"{address}current/data/colonias.parquet"
    answer = get(url, Origin="https://portal.example", Range="bytes=0-3")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"ETag", "Content-Range", "Accept-Ranges"} <= set(
        answer.headers["Access-Control-Expose-Headers"].split(", ")
    )
    asked = {
        "Origin": "https://portal.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range",
    }
    assert requests.options(url, headers=asked, timeout=10).status_code == 200
    asked["Access-Control-Request-Method"] = "PUT"
    assert requests.options(url, headers=asked, timeout=10).status_code == 400
    assert requests.put(url, data=b"x", timeout=10).status_code == 405
    assert requests.delete(url, timeout=10).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/../registry.db", "/%2e%2e/secreto.txt", "/current/../../secreto.txt", "/current/%2e%2e/%2e%2e/secreto.txt", "//etc/passwd",
     "/..%2fsecreto.txt", "/.tmp-oculto/x", "/current/%00", "/salida/secreto.txt", "/no/existe", "/current/data", "/..%5csecreto.txt"],
)  # fmt: skip
def test_nothing_outside_is_served(address: str, published: Settings, path: str) -> None:
    (published.layout.root / "secreto.txt").write_text("secreto")
    (published.layout.releases / ".tmp-oculto").mkdir()
    (published.layout.releases / ".tmp-oculto" / "x").write_text("secreto")
    (published.layout.releases / "salida").symlink_to(published.layout.root)
    # does not tidy the path up first
    connection = HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"secreto" not in answer.read()


def test_an_address_that_leads_nowhere_is_a_page_for_people_and_a_line_for_programs(address: str) -> None:
    page = get(f"{address}current/indicadores/ZZ-1.html", Accept="text/html,application/xhtml+xml")
    assert page.status_code == 404
    assert "<h1>Esta página no existe</h1>" in page.text and 'href="/current/index.html"' in page.text
    assert get(f"{address}nada").text == "No existe esa dirección.\n"


def test_pages_and_types(address: str) -> None:
    page = get(f"{address}current")  # without the slash
    assert page.url == f"{address}current/"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Publicación 2026T3-r01" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    for name, kind in {
        "catalogo.jsonld": "application/ld+json", "catalogo.ttl": "text/turtle; charset=utf-8",
        "data/colonias.geojson": "application/geo+json", "data/colonias.parquet": "application/vnd.apache.parquet",
        "inputs.lock": "application/json", "LICENCIA.txt": "text/plain; charset=utf-8",
    }.items():  # fmt: skip
        assert get(f"{address}current/{name}").headers["Content-Type"] == kind
    assert get(f"{address}publicaciones.xml").headers["Content-Type"].startswith("application/atom+xml")


def test_all_of_the_data_in_place_of_the_releases_is_not_served(settings: Settings) -> None:
    """What a Docker Engine may mount where a part of a volume was asked for."""
    (settings.layout.releases / "lake").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"holds lake: .* none of it is served"):
        make_app(settings)
