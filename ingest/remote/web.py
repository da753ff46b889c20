"""An inbox on a web server: a page of links. Nothing is followed to another server, no answer is longer or slower than it may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import requests

from ingest.remote.found import (
    CLOSED_FILE,
    DEEPEST,
    SECONDS,
    SECONDS_OF_A_FILE,
    STEPS,
    Found,
    OtherBytes,
    bounded,
    is_dropped,
    write_exactly,
)
from pamga.errors import PamgaError

_LARGEST_PAGE = 20_000_000
_MOST_PAGES = 5_000
_MOST_REDIRECTS = 5
_ELSEWHERE = (
    "El servidor manda este archivo a otra dirección, y eso no se sigue. Pida a sistemas que lo deje en el buzón mismo."
)
_UNTOLD = "El servidor no dice cuánto mide el archivo (Content-Length) o cuándo cambió (Last-Modified). Pida a sistemas que lo diga."


class _Elsewhere(Exception):
    """A redirect that leads to another server, or nowhere."""


class WebServer:
    """A folder of a web server. Account and password go apart, since libraries log the addresses that they ask."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/") + "/", "", ""))
        self._query = f"?{parts.query}" if parts.query else ""
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "identity"  # what is counted is what was told
        if parts.username:
            self._session.auth = (unquote(parts.username), unquote(parts.password or ""))

    def exists(self, path: str = "") -> bool:
        with self._ask_page("HEAD" if path else "GET", self._address(path)) as answer:
            if answer.status_code == 404:
                return False
            answer.raise_for_status()
            return True

    def files(self) -> Iterator[Found]:
        return bounded(self._told())

    def _told(self) -> Iterator[Found]:
        for path in self._paths("", time.monotonic() + SECONDS_OF_A_FILE, [0]):
            with suppress(FileNotFoundError):  # taken away while we looked
                yield self.look(path)

    def _paths(self, above: str, end: float, pages: list[int]) -> Iterator[str]:
        """What the page of a folder links to below itself, and what lies in the folders among that."""
        pages[0] += 1
        if pages[0] > _MOST_PAGES or time.monotonic() > end:
            raise PamgaError(
                f"Its pages have no end ({pages[0]} were read).", "Let the address lead to the inbox alone."
            )
        where = self._address(above)
        names = {_below(where, link) for link in _links(self._page(where))}
        for name in sorted(filter(None, names)):
            own = name.rstrip("/")
            if "/" in own or own in STEPS or not is_dropped(above + own):
                continue
            if own == name:
                yield above + own
            elif above.count("/") < DEEPEST:
                yield from self._paths(f"{above}{own}/", end, pages)

    def look(self, path: str) -> Found:
        """Asked of the server: a page of links tells neither size nor day."""
        try:
            with self._ask("HEAD", self._address(path)) as answer:
                if answer.status_code in (401, 403):
                    return Found(path, 0, 0, CLOSED_FILE)
                if answer.status_code in (404, 410):
                    raise FileNotFoundError(path)
                answer.raise_for_status()
                length, changed = answer.headers.get("Content-Length"), _moment(answer.headers.get("Last-Modified"))
        except _Elsewhere:
            return Found(path, 0, 0, _ELSEWHERE)
        if length is None or not length.isascii() or not length.isdigit() or changed is None:
            return Found(path, 0, 0, _UNTOLD)
        return Found(path, int(length), changed)

    def bring(self, path: str, target: Path, size: int) -> None:
        end = time.monotonic() + SECONDS_OF_A_FILE
        try:
            with self._ask("GET", self._address(path)) as answer, target.open("wb") as file:
                if answer.status_code in (404, 410):
                    raise FileNotFoundError(path)
                if answer.status_code != 200:
                    raise OtherBytes(f"the server answered {answer.status_code}")
                write_exactly(_reader(answer), file, size, lambda: time.monotonic() > end)
        except _Elsewhere:
            raise OtherBytes(_ELSEWHERE) from None

    def _page(self, where: str) -> str:
        end = time.monotonic() + SECONDS
        content = b""
        with self._ask_page("GET", where) as answer:
            if answer.status_code == 404:
                return ""
            answer.raise_for_status()
            read = _reader(answer)
            while block := read(1 << 16):
                content += block
                if len(content) > _LARGEST_PAGE or time.monotonic() > end:
                    raise PamgaError(
                        f"The page {_shown(where)} has no end ({len(content)} bytes were read).",
                        "Let the address lead to a page of links.",
                    )
            return content.decode(answer.encoding or "utf-8", errors="replace")

    def _ask_page(self, method: str, where: str) -> requests.Response:
        """The beginning of a page of links: one that leads to another server is said, for the whole inbox depends on it."""
        try:
            return self._ask(method, where)
        except _Elsewhere:
            raise PamgaError(
                f"{_shown(where)} leads on to another server, or on and on.",
                "Set where it leads to as the address, if that is meant.",
            ) from None

    def _ask(self, method: str, where: str) -> requests.Response:
        """One answer, its body still to be read; redirects within the same server are followed."""
        for _ in range(_MOST_REDIRECTS):
            try:
                answer = _within(SECONDS, partial(self._begin, method, where + self._query))
            except ValueError:  # the library looks where a redirect leads, and it leads to no address
                raise _Elsewhere from None
            if not answer.is_redirect:
                return answer
            answer.close()
            following = _followed(where, answer.headers["Location"])
            if following is None:
                raise _Elsewhere
            where = following
        raise _Elsewhere

    def _begin(self, method: str, where: str) -> requests.Response:
        return self._session.request(method, where, timeout=SECONDS, allow_redirects=False, stream=True)

    def _address(self, path: str) -> str:
        return self._base + quote(path.encode("utf-8", "surrogateescape"))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if tag == "a" and name == "href" and value}


def _followed(where: str, location: str) -> str | None:
    """Where a redirect leads within the same server; None for any other."""
    try:
        following = urljoin(where, location).partition("?")[0]
        return following if urlsplit(following)[:2] == urlsplit(where)[:2] else None
    except ValueError:
        return None


def _below(where: str, link: str) -> str | None:
    """What a link of a folder's page names below that folder; None for elsewhere, above, and another order of the same page."""
    try:
        target = urlsplit(urljoin(where, link))
    except ValueError:  # no address
        return None
    name = target.path.removeprefix(urlsplit(where).path)
    same = target[:2] == urlsplit(where)[:2] and name != target.path and not target.query and not target.fragment
    return unquote(name, errors="surrogateescape") if same else None


def _links(page: str) -> set[str]:
    parser = _Links()
    parser.feed(page)
    return parser.found


def _moment(told: str | None) -> int | None:
    try:
        moment = parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1_000_000_000


def _reader(answer: requests.Response) -> Callable[[int], bytes]:
    """What comes, as it comes: waiting for a full block would let a server that drips keep us for ever."""

    def read(most: int) -> bytes:
        try:
            block: bytes = answer.raw.read1(most, decode_content=False)
        except Exception as error:  # cut off, silent, or not what its headers say
            raise OtherBytes(f"the transfer broke off: {type(error).__name__}") from None
        return block

    return read


def _within(seconds: float, ask: Callable[[], requests.Response]) -> requests.Response:
    """The beginning of an answer, within a time in all: the library's own limit starts again with every byte."""
    told: list[Any] = []

    def run() -> None:
        try:
            told.append(ask())
        except Exception as error:
            told.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not told:
        raise TimeoutError(f"the server did not begin to answer within {seconds:.0f} s")
    if isinstance(told[0], Exception):
        raise told[0]
    answer: requests.Response = told[0]
    return answer


def _shown(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
