"""Clients that are slow, idle or do not listen keep nobody else out: our worker of gunicorn with an application of two lines."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

from tests.dashboards.instance import PYTHON, ROOT
from tests.servers import HANGS, free_port, listens, wait_until

pytestmark = pytest.mark.slow
BIG = 8_000_000
CONFIGURATION = f"""
import sys; sys.path.insert(0, {str(ROOT / "dashboards")!r})
import slow_clients
slow_clients.HEAD_SECONDS = slow_clients.SECONDS = {{seconds}}
slow_clients.MOST_OF_AN_ADDRESS = 150
worker_class, sendfile, graceful_timeout, keepalive, timeout = slow_clients.Worker, False, {HANGS}, {HANGS}, {HANGS}
"""
APPLICATION = f"""
import hashlib
def app(environ, start):
    big = environ["PATH_INFO"] == "/big"
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = b"b" * {BIG} if big else environ["wsgi.input"].read() if size <= 8_000_000 else b"too large"
    said = body if big else hashlib.sha256(body).hexdigest().encode()
    start("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"""


@contextmanager
def running(folder: Path, seconds: float) -> Iterator[tuple[int, int]]:
    """Its port and process; a client has these seconds."""
    (folder / "configuration.py").write_text(CONFIGURATION.format(seconds=seconds))
    (folder / "application.py").write_text(APPLICATION)
    port = free_port()
    process = subprocess.Popen(
        [
            str(PYTHON), "-m", "gunicorn", "application:app", "--chdir", str(folder), "-c", str(folder / "configuration.py"),
            "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2",
        ],
        env={**os.environ, "PAMGA_DATA": str(folder)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until("gunicorn", lambda: listens(port), HANGS)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """It lets nobody go while a test lasts: who is served is so beside the slow ones and not after them."""
    with running(tmp_path_factory.mktemp("lentos"), 2 * HANGS) as one:
        yield one


def connected(port: int, sent: bytes = b"", whence: str = "127.0.0.1") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=HANGS, source_address=(whence, 0))
    made.sendall(sent)
    return made


def received(line: socket.socket, whole: Callable[[bytes], object]) -> bytes:
    """What comes until it is whole, or until the end."""
    answer = b""
    while not whole(answer) and (more := line.recv(1000)):
        answer += more
    return answer


def served(port: int) -> bool:
    """Whether somebody at another address gets an answer while the others hold on."""
    with connected(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "127.0.0.9") as honest:
        return honest.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx",
        b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["idle", "head", "body", "chunks", "does not read"],
)
def test_sixty_slow_clients_keep_nobody_out(server: tuple[int, int], begun: bytes) -> None:
    port, _ = server
    with ExitStack() as held:
        many = 60 if b"/big" not in begun else 6
        slow = [held.enter_context(connected(port, begun)) for _ in range(many)]
        for _ in range(2):
            for one in slow:
                with suppress(OSError):  # who says no length was shown the door
                    one.send(b"a")
            assert served(port)
        assert b"chunked" in begun or gone(slow) == 0


def test_whole_requests_come_through_however_they_are_cut(server: tuple[int, int]) -> None:
    port, _ = server
    body = os.urandom(60_000)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + body
    with connected(port) as pieces:
        for start in range(0, len(request), 9_000):
            pieces.sendall(request[start : start + 9_000])
            time.sleep(0.02)
        digest = hashlib.sha256(body).hexdigest().encode()
        assert digest in received(pieces, lambda answer: digest in answer)
        pieces.sendall(request + request[:100])  # two more on the same connection, the second cut in its body
        time.sleep(0.1)
        pieces.sendall(request[100:])
        answers = received(pieces, lambda answer: answer.count(digest) == 2)
        assert answers.count(b"HTTP/1.1 200") == 2
    with requests.Session() as session:
        for size in (0, 1, 65_536, 2_000_000):
            sent = os.urandom(size)
            assert (
                session.post(f"http://127.0.0.1:{port}/", data=sent, timeout=HANGS).text
                == hashlib.sha256(sent).hexdigest()
            )


def test_who_asks_before_sending_a_body_is_told_to_go_on(server: tuple[int, int]) -> None:
    port, _ = server
    body = os.urandom(60_000)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 60000\r\n\r\n"
    with connected(port, head) as polite:
        assert polite.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        polite.sendall(body)
        digest = hashlib.sha256(body).hexdigest().encode()
        assert b"HTTP/1.1 200" in received(polite, lambda answer: digest in answer)


def test_who_reads_slowly_gets_everything(server: tuple[int, int]) -> None:
    port, _ = server
    with connected(port, b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n") as reader:
        time.sleep(0.5)
        assert served(port)
        read = 0
        while read < BIG:
            read += len(reader.recv(500_000))
            time.sleep(0.005)
        assert served(port)


def test_a_body_that_is_too_large_is_answered_unread(server: tuple[int, int]) -> None:
    port, _ = server
    with connected(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n") as large:
        digest = hashlib.sha256(b"too large").hexdigest().encode()
        assert digest in received(large, lambda answer: digest in answer)


def test_a_head_has_its_time(tmp_path: Path) -> None:
    with running(tmp_path, 1) as (port, _), connected(port, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ") as slow:
        assert slow.recv(100) == b""


def test_an_address_has_its_connections(server: tuple[int, int]) -> None:
    port, _ = server
    with ExitStack() as held:
        many = [held.enter_context(connected(port, whence="127.0.0.77")) for _ in range(200)]
        wait_until("the refusal of those above the limit", lambda: gone(many) >= 50, HANGS, every=0.1)
        assert gone(many) == 50 and served(port)


def gone(connections: list[socket.socket]) -> int:
    """How many of them the server has closed."""
    closed = 0
    for one in connections:
        one.setblocking(False)
        try:
            closed += one.recv(1) == b""
        except ConnectionResetError:
            closed += 1
        except BlockingIOError:
            continue
    return closed


def test_it_stops_though_clients_hold_on(tmp_path: Path) -> None:
    """gunicorn would wait for them as long as it is told to."""
    with running(tmp_path, 1) as (port, process), connected(port), connected(port, b"GET / HTTP/1.1\r\n"):
        os.kill(process, signal.SIGTERM)
        ended = Path(f"/proc/{process}/stat")
        wait_until("the end", lambda: ended.read_text().split()[2] == "Z", HANGS / 2)
