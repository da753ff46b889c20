"""docker/proxy/nginx.conf against people who mean harm: drops of bytes, floods of connections, questions that two servers read differently.

Behind it stands a server that keeps what reached it, byte by byte.
"""

from __future__ import annotations

import re
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

import psutil
import pytest

from tests.production.proxy import INNER, PLAIN, PUBLIC, Ports, serving
from tests.servers import HANGS, wait_until

pytestmark = pytest.mark.servers

WAITS = ("client_header_timeout", "client_body_timeout", "send_timeout")
SHORT = dict.fromkeys(WAITS, 4) | {"keepalive_timeout": 1}
"""Instead of a quarter of a minute and a minute: what is not ended by the other side ends soon."""
LONG = dict.fromkeys((*WAITS, "proxy_connect_timeout", "proxy_read_timeout"), 2 * HANGS)
"""Who is slow is not let go while the test lasts: whoever is served is so beside him, and not after him, however slow the machine is."""
LARGE = 40_000_000
TRIES, TRIES_A_SECOND = 30, 10 / 60
"""To sign in, of nginx.conf: at once, and after those."""
BOARDS, FILES, PIPELINE = "tableros.leon.example", "datos.leon.example", "tuberia.leon.example"


@dataclass
class Behind:
    """A service that answers each question it is sent, and keeps its head and body."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    sent: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    """Until then /espera is not answered."""

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=(listener.accept()[0],), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        held = b""
        with line, suppress(OSError):
            while True:
                while b"\r\n\r\n" not in held:
                    more = line.recv(65536)
                    if not more:
                        return
                    held += more
                head, _, held = held.partition(b"\r\n\r\n")
                self.heads.append(head)
                length = int((re.search(rb"(?i)\r\ncontent-length: *(\d+)", head) or [0, 0])[1])
                while len(held) < length:
                    held += line.recv(65536)
                held = held[length:]
                if b"/grande" in head:
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE)
                    for _ in range(LARGE // 100_000):
                        line.sendall(b"x" * 100_000)
                        self.sent += 100_000
                elif b"/espera" in head:
                    self.go_on.wait(HANGS)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    with socket.create_server(("127.0.0.1", 0), backlog=2000) as listener:
        service = Behind(listener.getsockname()[1])
        threading.Thread(target=service.serve, args=(listener,), daemon=True).start()
        yield service


@pytest.fixture(scope="module")
def proxy(behind: Behind) -> Iterator[Ports]:
    with serving(behind.port, seconds=SHORT) as ports:
        yield ports


@pytest.fixture(scope="module")
def patient(behind: Behind) -> Iterator[Ports]:
    with serving(behind.port, seconds=LONG) as ports:
        yield ports


def opened(port: int, text: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    line.settimeout(HANGS)
    line.bind((source, 0))
    line.connect(("127.0.0.1", port))
    line.sendall(text)
    return line


def said(port: int, text: bytes) -> bytes:
    """All that comes back until the line is closed."""
    with closing(opened(port, text)) as line:
        found = b""
        with suppress(ConnectionError):
            while more := line.recv(65536):
                found += more
        return found


def get(path: str, host: str = BOARDS, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode("latin-1")


def is_well(proxy: Ports) -> bool:
    """Whether an ordinary citizen is answered meanwhile."""
    with closing(opened(proxy[PUBLIC], get("/bien"), "127.0.0.9")) as line:
        return line.recv(100).startswith(b"HTTP/1.1 200")


def heard_of(lines: list[socket.socket]) -> list[socket.socket]:
    """Those on which something came, were it the end."""
    poll, of_number = select.poll(), {line.fileno(): line for line in lines}
    for number in of_number:
        poll.register(number, select.POLLIN)
    return [of_number[number] for number, _ in poll.poll(0)]


def are_let_go(lines: list[socket.socket]) -> None:
    """Each ends, unanswered."""
    for line in lines:
        with suppress(ConnectionError):
            assert not line.recv(1000).startswith(b"HTTP/1.1 200")


def statuses(answer: bytes) -> list[int]:
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


# --- Slow ones --------------------------------------------------------------------------------------------------------------


UNENDED = b"GET / HTTP/1.1\r\nHost: tableros.x\r\nX-"
DRIPPING = f"POST /api/v1/chart/data HTTP/1.1\r\nHost: {BOARDS}\r\nContent-Length: 200000\r\n\r\n{{".encode()


def test_heads_that_never_end_hold_nobody_up(patient: Ports, behind: Behind) -> None:
    seen = len(behind.heads)
    with ExitStack() as lines:
        slow = [lines.enter_context(closing(opened(patient[PUBLIC], UNENDED))) for _ in range(600)]
        assert is_well(patient)
        for line in slow:
            line.sendall(b"a")
        assert is_well(patient)
        assert heard_of(slow) == []
    assert len(behind.heads) == seen + 2, "none of them got any further"


def test_a_body_that_drips_reaches_nobody(patient: Ports, behind: Behind) -> None:
    seen = len(behind.heads)
    with ExitStack() as lines:
        slow = [lines.enter_context(closing(opened(patient[PUBLIC], DRIPPING))) for _ in range(200)]
        for _ in range(3):
            for line in slow:
                line.sendall(b" ")
            assert is_well(patient)
        assert heard_of(slow) == []
        assert [each for each in behind.heads[seen:] if b"POST" in each] == [], (
            "a service is asked when the question is whole"
        )


@pytest.mark.parametrize("begun", [UNENDED, DRIPPING], ids=["head", "body"])
def test_whoever_drips_is_let_go(proxy: Ports, behind: Behind, begun: bytes) -> None:
    """Drop by drop: that a head comes is no reason to wait longer."""
    seen = len(behind.heads)
    with ExitStack() as lines:
        slow = [lines.enter_context(closing(opened(proxy[PUBLIC], begun))) for _ in range(100)]
        for line in slow:
            with suppress(OSError):  # it was let go already
                line.sendall(b"a")
        are_let_go(slow)
    assert behind.heads[seen:] == []


@pytest.mark.parametrize(("host", "held"), [(FILES, 13_000_000), (BOARDS, 25_000_000)])
def test_whoever_reads_slowly_costs_no_memory(patient: Ports, behind: Behind, host: str, held: int) -> None:
    """What is not read stays in the service's file; of a board's answer so much is taken at once as its workers would be held up by."""
    before, behind.sent = memory(patient), 0
    with ExitStack() as lines:
        for _ in range(20):
            lines.enter_context(closing(opened(patient[PUBLIC], get("/grande", host))))
        seen: list[int] = []

        def no_more_is_taken() -> bool:
            seen.append(behind.sent)
            return len(seen) > 3 and seen[-1] == seen[-3] > 0

        wait_until("the end of what is taken", no_more_is_taken, HANGS)
        assert is_well(patient)
        assert behind.sent / 20 < held, "and not the whole of it"
        assert memory(patient) - before < 60_000_000
    assert is_well(patient)


def memory(proxy: Ports) -> int:
    master = psutil.Process(proxy["pid"])
    return sum(process.memory_info().rss for process in (master, *master.children()))


# --- Many and large ones ----------------------------------------------------------------------------------------------------


def test_a_thousand_questions_at_once_are_enough_for_one_address(patient: Ports, behind: Behind) -> None:
    seen = len(behind.heads)
    with ExitStack() as lines:
        lines.callback(behind.go_on.set)  # the service answers, whatever becomes of the test
        many = [
            lines.enter_context(closing(opened(patient[PUBLIC], get("/static/espera"), "127.0.0.4")))
            for _ in range(1200)
        ]
        wait_until("the refusal of those above", lambda: len(heard_of(many)) >= 200, HANGS)
        wait_until("the thousand", lambda: len(behind.heads) - seen >= 1000, HANGS)
        assert is_well(patient)
        assert len(behind.heads) - seen == 1001
        refused = heard_of(many)
        assert [line.recv(12) for line in refused] == [b"HTTP/1.1 429"] * 200


@pytest.mark.parametrize(
    ("port", "question", "size", "status"),
    [
        (PUBLIC, (BOARDS, "POST", "/api/v1/chart/data"), 262_145, 413),
        (PUBLIC, (BOARDS, "POST", "/login/"), 8_193, 413),
        (PUBLIC, (FILES, "GET", "/current/"), 2_000, 413),
        (PUBLIC, (FILES, "POST", "/current/"), 10, 403),
        (PUBLIC, (FILES, "PUT", "/current/index.html"), 10, 403),
        (PUBLIC, (FILES, "DELETE", "/current/index.html"), 0, 403),
        (INNER, (PIPELINE, "POST", "/api/v2/dags"), 1_048_577, 413),
        (PUBLIC, (BOARDS, "POST", "/api/v1/chart/data"), 262_144, 200),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_as_large_as_it_may_be(
    proxy: Ports, behind: Behind, port: str, question: tuple[str, str, str], size: int, status: int, chunked: bool
) -> None:
    (host, method, path), seen = question, len(behind.heads)
    how = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    body = (
        b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size) if chunked and size else b"0\r\n\r\n" if chunked else b"x" * size
    )
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{how}\r\nConnection: close\r\n\r\n".encode()
    with suppress(ConnectionError):
        assert statuses(said(proxy[port], head + body)) == [status]
    assert len(behind.heads) == seen + (status == 200)


def test_heads_and_addresses_have_an_end(proxy: Ports) -> None:
    assert statuses(said(proxy[PUBLIC], get("/" + "a" * 20_000))) == [414]
    assert statuses(said(proxy[PUBLIC], get("/", more=f"X: {'a' * 20_000}\r\n"))) == [400]
    assert statuses(
        said(proxy[PUBLIC], get("/", more="".join(f"X{number}: {'a' * 15_000}\r\n" for number in range(5))))
    ) == [400]


# --- Questions that two servers read differently ----------------------------------------------------------------------------

HIDDEN = b"GET /escondida HTTP/1.1\r\nHost: tableros.leon.example\r\n\r\n"
POST = "POST /api/v1/x HTTP/1.1\r\nHost: tableros.leon.example\r\n"


@pytest.mark.parametrize(
    "heads",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 80\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        "X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "X: y\rContent-Length: 5\r\n",
        " Content-Length: 5\r\n",
        "Content_Length: 5\r\n",
        "Host: otra.example\r\n",
        "X: y\x00\r\n",
    ],
)
def test_nothing_is_smuggled_past_it(proxy: Ports, behind: Behind, heads: str) -> None:
    """What could be read in two ways is refused, or handed on in one: never a second question of the body of the first."""
    seen = len(behind.heads)
    answer = said(proxy[PUBLIC], f"{POST}{heads}\r\n".encode("latin-1") + b"0\r\n\r\n" + HIDDEN)
    reached = behind.heads[seen:]
    codes = statuses(answer)
    assert len(reached) <= len([code for code in codes if code == 200]), "one answer for each question that got through"
    for head in reached:
        lengths = re.findall(rb"(?i)^(content-length|transfer-encoding)\s*:", head, re.M)
        assert len(lengths) <= 1, head
        assert head.count(b"\r\nHost: ") == 1 and b"Host: tableros.leon.example" in head
    if any(b"/escondida" in head for head in reached):
        assert 400 not in codes[:1] and len(codes) == len(reached) == 2, (
            "a second question of its own, answered as such"
        )


@pytest.mark.parametrize(
    ("port", "text", "expected"),
    [
        (PUBLIC, b"GET / HTTP/1.1\r\nHost: otra.example\r\n\r\n", []),
        (PUBLIC, b"GET / HTTP/1.1\r\nHost: tuberia.leon.example\r\n\r\n", []),
        (INNER, b"GET / HTTP/1.1\r\nHost: datos.leon.example\r\n\r\n", []),
        (PLAIN, b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", []),
        (PUBLIC, b"GET / HTTP/1.1\r\n\r\n", [400]),
        (PUBLIC, b"GET / HTTP/1.1\r\nHost: \r\n\r\n", [400]),
        (PUBLIC, b"GET / HTTP/1.0\r\n\r\n", []),
        (PUBLIC, b"GET /\r\n", []),
        (PUBLIC, b"GET / HTTP/1.1\r\nHost: tableros.x/../y\r\n\r\n", [400]),
        (PUBLIC, b"GET / HTTP/1.1\r\nHost: tableros.x\x00y\r\n\r\n", [400]),
        (PUBLIC, b"CONNECT tableros.x:443 HTTP/1.1\r\nHost: tableros.x\r\n\r\n", [400]),
        (PUBLIC, b"TRACE / HTTP/1.1\r\nHost: tableros.x\r\n\r\n", [405]),
        (PUBLIC, b"GET / HTTP/9.9\r\nHost: tableros.x\r\n\r\n", [505]),
        (PUBLIC, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
        (PUBLIC, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]),
    ],
)
def test_a_name_that_is_not_ours_gets_no_answer(
    proxy: Ports, behind: Behind, port: str, text: bytes, expected: list[int]
) -> None:
    seen = len(behind.heads)
    codes = statuses(said(proxy[port], text))
    assert codes == expected or (codes == [405] and text.startswith(b"CONNECT")), "newer ones know the word"
    assert behind.heads[seen:] == []


def test_the_service_is_told_the_name_that_chose_it(proxy: Ports, behind: Behind) -> None:
    """And of what the visitor claims about himself nothing."""
    claims = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: mala.example\r\nX-Forwarded-Prefix: /mala\r\nX-Forwarded-Proto: http\r\nForwarded: host=mala.example\r\nX-Real-IP: 1.2.3.4\r\n"
    text = f"GET http://tableros.leon.example/a HTTP/1.1\r\nHost: mala.example\r\n{claims}Connection: close\r\n\r\n"
    assert statuses(said(proxy[PUBLIC], text.encode())) == [200]
    head = behind.heads[-1]
    assert b"mala" not in head and b"1.2.3.4" not in head
    assert b"\r\nHost: tableros.leon.example" in head and b"\r\nX-Forwarded-Host: tableros.leon.example" in head


# --- Ways around a path -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/execution/x", "/%65xecution/x", "/x/../execution/x", "//execution/x", "/./execution/x", "/x/%2e%2e/execution/x", "/x/%2e%2e%2fexecution/x", "/execution%2fx"],
)  # fmt: skip
def test_what_is_for_workers_is_reached_by_no_other_spelling(proxy: Ports, behind: Behind, path: str) -> None:
    seen = len(behind.heads)
    assert statuses(said(proxy[INNER], get(path, PIPELINE))) == [404]
    assert behind.heads[seen:] == []


@pytest.mark.parametrize(
    "path", ["/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/a/../../b", "/a%00b", "/%ZZ", "/a\x00b"]
)
def test_no_path_leads_above_the_root(proxy: Ports, behind: Behind, path: str) -> None:
    seen = len(behind.heads)
    for host in (FILES, BOARDS):
        assert statuses(said(proxy[PUBLIC], get(path, host))) == [400], host
    assert behind.heads[seen:] == []


def test_signing_in_is_counted_however_it_is_spelled(proxy: Ports) -> None:
    """From an address of its own: thirty tries in all, whatever the spelling."""
    spellings = [
        "/login/",
        "/%6cogin/",
        "//login/",
        "/x/../login/",
        "/login",
        "/./login/",
        "/api/v1/security/login",
        "/api/v1//security/login/",
    ]
    codes: list[int] = []
    began = time.monotonic()
    for number in range(64):
        text = get(spellings[number % len(spellings)]).replace(b"GET", b"POST", 1)
        with closing(opened(proxy[PUBLIC], text, "127.0.0.5")) as line:
            codes += statuses(line.recv(1000))
    more = (time.monotonic() - began) * TRIES_A_SECOND
    assert TRIES <= codes.count(200) <= TRIES + 2 + more and codes.count(200) + codes.count(429) == 64


@pytest.mark.parametrize(
    ("asked", "handed_on"),
    [
        ("bytes=0-99", True),
        ("bytes=-500", True),
        ("bytes=0-1,4-5", True),
        ("bytes=" + ",".join("0-" for _ in range(1000)), False),
        ("bytes=" + ",".join(f"{number}-{number}" for number in range(1000)), False),
        ("bytes=" + "0-1," * 6 + "0-1", False),
        ("bytes=a-b", False),
        ("lines=0-1", False),
    ],
)
def test_a_file_is_asked_for_in_few_pieces(proxy: Ports, behind: Behind, asked: str, handed_on: bool) -> None:
    assert statuses(said(proxy[PUBLIC], get("/current/a.csv", FILES, f"Range: {asked}\r\n"))) == [200]
    assert (f"\r\nRange: {asked}".encode() in behind.heads[-1]) == handed_on
    assert handed_on or b"\r\nRange" not in behind.heads[-1]
