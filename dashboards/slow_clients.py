"""gunicorn's worker, where no thread waits for a client: nobody keeps others out by being slow.

A gunicorn without a proxy before it lets a thread read a request and write its answer at the client's pace, for as long as the client
likes: eight connections that send a byte a second are enough to keep everybody else out. Here one loop receives whole requests, within
a time and a size, before a thread gets them, and sends what a client has not taken yet after the thread has gone on. nginx does the same
in production; this holds on a machine of its own and inside the network too.

| what | limit |
| --- | --- |
| a head, from the first to the last byte | HEAD_SECONDS, LARGEST_HEAD |
| a body | SECONDS and what it takes at SLOWEST bytes a second; what is longer than LARGEST_BODY is refused unread |
| an answer | SECONDS and what it takes at SLOWEST |
| connections of one address, each worker | MOST_OF_AN_ADDRESS (none behind the proxy, which counts them itself) |
| bytes that wait for clients, each worker | MOST_HELD each way |
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from environment import flag
from gunicorn.workers.gthread import TConn, ThreadWorker
from visitors import LARGEST_OF_ALL as LARGEST_BODY

HEAD_SECONDS = 10.0
SECONDS = 10.0
SLOWEST = 4096
LINGER = 2.0
"""Seconds in which a client may still send what nobody reads, so that it sees the answer before the connection ends."""
LARGEST_HEAD = 64 * 1024
MOST_OF_AN_ADDRESS = 256
MOST_HELD = 64 * 1024 * 1024
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*(?=\r\n)", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
AT_ONCE = 256 * 1024


class Unhurried(socket.socket):
    """A connection that never makes a thread wait: what cannot be sent now is kept, what is not there yet is not there."""

    unsent: bytearray

    def setblocking(self, flag: bool, /) -> None:
        super().setblocking(False)

    def settimeout(self, value: float | None, /) -> None:
        super().settimeout(0.0)

    def recv(self, *arguments: Any) -> bytes:
        try:
            return super().recv(*arguments)
        except BlockingIOError:
            return b""  # gunicorn takes it for the end of what the client sends

    def received(self) -> bytes | None:
        """What the client sent, empty when it has gone; None when there is nothing yet."""
        try:
            return super().recv(AT_ONCE)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self.unsent += data
        self.send_unsent()

    def send_unsent(self) -> None:
        """As much as the client takes now. Raises OSError when it has gone."""
        try:
            while self.unsent:
                sent = self.send(memoryview(self.unsent)[:AT_ONCE].tobytes())
                del self.unsent[:sent]
        except BlockingIOError:
            return


def length_of(received: bytearray) -> int | None:
    """How long the request is that begins with these bytes; None while its head is not whole. One that says its length in another
    way than once is as long as its head: gunicorn or visitors.py refuse it."""
    end = received.find(END_OF_HEAD)
    if end < 0:
        return None
    said = LENGTH.findall(received, 0, end + 2)
    return end + len(END_OF_HEAD) + (int(said[0]) if len(said) == 1 else 0)


class Worker(ThreadWorker):
    """Threads that only work. All methods but `handle` run in the worker's own loop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waiting: dict[Any, float] = {}
        """Connections for whose client the loop waits -> until when."""
        self.held = self.unsent = 0
        self.swept = 0.0
        self.of_address: Counter[str] = Counter()
        self.most_of_an_address = 0 if flag("PAMGA_SUPERSET_BEHIND_PROXY") else MOST_OF_AN_ADDRESS

    def accept(self, listener: socket.socket) -> None:
        """Take a connection in; no thread hears of it before its request is whole."""
        try:
            client, address = listener.accept()
        except OSError:
            return  # it went away, or another worker was quicker
        who = str(address[0]) if address else ""
        if self.most_of_an_address and self.of_address[who] >= self.most_of_an_address:
            client.close()
            return
        sock = Unhurried(client.family, client.type, client.proto, fileno=client.detach())
        sock.unsent = bytearray()
        conn = TConn(self.cfg, sock, address, listener.getsockname())
        conn.received, conn.who, conn.whole, conn.head_seen, conn.counted = bytearray(), who, True, False, 0
        conn.data_ready = True
        self.nr_conns += 1
        self.of_address[who] += 1
        self._wait(conn, selectors.EVENT_READ, self._receive, HEAD_SECONDS)

    def handle(self, conn: Any) -> Any:
        """In a thread: gunicorn's own, with the request in its hands already."""
        conn.init()
        conn.parser.unreader.unread(conn.given)
        return super().handle(conn)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        return bool(conn.whole and super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """The thread has gone on: the rest of the answer, then the next request or the end."""
        keep = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        if self.unsent + len(conn.sock.unsent) > MOST_HELD:
            self._end(conn)
        elif conn.sock.unsent:
            conn.counted = len(conn.sock.unsent)
            self.unsent += conn.counted
            seconds = SECONDS + conn.counted / SLOWEST
            self._wait(conn, selectors.EVENT_WRITE, partial(self._send, keep), seconds)
        else:
            self._next(conn, keep)

    def murder_pending(self) -> None:
        """Once a second: whoever let the time pass goes; when the worker stops, whoever has said nothing."""
        now = time.monotonic()
        if now < self.swept + 1 and self.alive:
            return
        self.swept = now
        late = [conn for conn, until in self.waiting.items() if until < now]
        idle = [] if self.alive else [conn for conn in self.waiting if not conn.received and not conn.sock.unsent]
        for conn in {*late, *idle}:
            self._found(conn)
            self._end(conn)

    def _wait(self, conn: Any, event: int, callback: Any, seconds: float) -> None:
        self.waiting[conn] = time.monotonic() + seconds
        self.poller.register(conn.sock, event, partial(self._called, conn, callback))

    def _called(self, conn: Any, callback: Any, _sock: Any) -> None:
        if conn in self.waiting:  # else it ended in this very round
            callback(conn)

    def _found(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        del self.waiting[conn]

    def _end(self, conn: Any) -> None:
        self.held -= len(conn.received)
        self.unsent -= conn.counted
        self.nr_conns -= 1
        self.of_address[conn.who] -= 1
        if not self.of_address[conn.who]:
            del self.of_address[conn.who]
        conn.close()

    def _receive(self, conn: Any) -> None:
        data = conn.sock.received()
        if data is None:
            return
        conn.received += data
        self.held += len(data)
        if data and self.held <= MOST_HELD:
            self._look(conn)
        else:
            self._found(conn)
            self._end(conn)

    def _look(self, conn: Any) -> None:
        """Hand the request to a thread as soon as it is whole, or will not be."""
        length = length_of(conn.received)
        if length is None:
            if len(conn.received) < LARGEST_HEAD:
                return
            length = len(conn.received) + 1
        elif len(conn.received) < length <= LARGEST_BODY + LARGEST_HEAD:
            if not conn.head_seen:
                conn.head_seen = True
                if EXPECTS.search(conn.received, 0, conn.received.find(END_OF_HEAD) + 2):
                    with suppress(OSError):  # it has gone: the next look finds that
                        conn.sock.send(GO_ON)  # it sends no body before; nothing else waits to be sent
                self.waiting[conn] = time.monotonic() + SECONDS + length / SLOWEST
            return
        self._found(conn)
        conn.whole, conn.head_seen = len(conn.received) >= length, False
        self.held -= len(conn.received)
        conn.given, conn.received = bytes(conn.received), bytearray()
        self.enqueue_req(conn)

    def _send(self, keep: bool, conn: Any) -> None:
        try:
            conn.sock.send_unsent()
        except OSError:
            keep = False
            conn.sock.unsent.clear()
        if not conn.sock.unsent:
            self.unsent -= conn.counted
            conn.counted = 0
            self._found(conn)
            self._next(conn, keep)

    def _next(self, conn: Any, keep: bool) -> None:
        if keep and self.alive:
            conn.received = bytearray(conn.parser.unreader.take_buffered())
            self.held += len(conn.received)
            self._wait(conn, selectors.EVENT_READ, self._receive, HEAD_SECONDS if conn.received else self.cfg.keepalive)
            if conn.received:
                self._look(conn)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(conn)
            return
        self._wait(conn, selectors.EVENT_READ, self._drain, LINGER)

    def _drain(self, conn: Any) -> None:
        if conn.sock.received() == b"":
            self._found(conn)
            self._end(conn)
