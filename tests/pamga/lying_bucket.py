"""A bucket that lies: a proxy before a server that speaks S3, which answers some requests as broken or overloaded ones were seen to."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Asked(NamedTuple):
    """A request, and how many came before it."""

    method: str
    path: str
    number: int

    @property
    def lists(self) -> bool:
        return self.method == "GET" and "list-type" in self.path

    @property
    def writes(self) -> bool:
        return self.method in ("PUT", "POST")


class Lie(NamedTuple):
    """What is answered instead of the truth. `forwarded`: the request is done all the same, and only its answer is lost."""

    status: int
    body: bytes = b""
    forwarded: bool = False
    cut: bool = False
    """The truth, cut off in the middle."""
    drop: tuple[str, ...] = ()
    """The truth, without these headers."""


Liar = Callable[[Asked], Lie | None]


def refusal(status: int, code: str, message: str = "x") -> Lie:
    """An error as S3 words it."""
    said = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Lie(status, said.encode())


class _Proxy(ThreadingHTTPServer):
    def __init__(self, server: str, liar: Liar) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told, self._liar, self._lock, self._count = urlsplit(server), liar, threading.Lock(), 0

    def lie_about(self, method: str, path: str) -> Lie | None:
        with self._lock:
            asked = Asked(method, path, self._count)
            self._count += 1
        return self._liar(asked)


class _Handler(BaseHTTPRequestHandler):
    server: _Proxy
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""

    def _answer(self) -> None:
        body = self._body()
        lie = self.server.lie_about(self.command, self.path)
        if lie is not None and not (lie.forwarded or lie.cut or lie.drop):
            self._send(lie.status, {"Content-Type": "application/xml"}, lie.body)
            return
        upstream = http.client.HTTPConnection(str(self.server.told.hostname), self.server.told.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("transfer-encoding", "expect", "content-length")}  # fmt: skip
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content, given = answer.read(), dict(answer.getheaders())
        upstream.close()
        if lie is not None and lie.forwarded:
            self._send(lie.status, {"Content-Type": "application/xml"}, lie.body)
            return
        dropped = {name.lower() for name in (lie.drop if lie else ())} | {
            "content-length",
            "connection",
            "transfer-encoding",
        }
        length = given.get("Content-Length", str(len(content))) if self.command == "HEAD" else str(len(content))
        kept = {name: value for name, value in given.items() if name.lower() not in dropped}
        self._send(answer.status, kept, content, length, cut=lie is not None and lie.cut)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            whole = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else None

    def _send(
        self, status: int, headers: dict[str, str], content: bytes, length: str = "", *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(content)))
        if cut:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has heard enough
                self.wfile.write(content[: len(content) // 2] if cut else content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer


@contextmanager
def lying(server: str, liar: Liar) -> Iterator[str]:
    """The address of a bucket's server that lies as `liar` says; None of it is the truth."""
    proxy = _Proxy(server, liar)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        proxy.server_close()
