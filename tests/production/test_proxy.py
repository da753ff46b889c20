"""docker/proxy/nginx.conf in a real nginx, before stand-ins that answer at once: a crowd behind one address is served, a flood is held back."""

from __future__ import annotations

import http.client
import select
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.production.proxy import BEHIND, INNER, PUBLIC, Ports, serving
from tests.servers import HANGS, free_port, wait_until

pytestmark = pytest.mark.servers

QUESTIONS = 40
"""What a dashboard asks when it is opened."""
RATE, AT_ONCE = 80, 500
"""Of nginx.conf: questions a second to the dashboards, and how many come through at once before those after them wait."""
TRIES, TRIES_A_SECOND = 30, 10 / 60
"""To sign in: at once, and after those."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[Ports]:
    with before_a_stand_in() as ports:
        yield ports


@contextmanager
def before_a_stand_in(**rates: str) -> Iterator[Ports]:
    """One that answers at once."""
    behind = free_port()
    answers = f'server {{ listen 127.0.0.1:{behind}; default_type text/plain; return 200 "$request_method $uri"; }}'
    with serving(behind, http=answers, rates=rates) as ports:
        yield ports


def ask(port: int, host: str, method: str, path: str, source: str = "127.0.0.1") -> int:
    """The status of one answer; 0 where there was none."""
    with suppress(OSError, http.client.HTTPException):
        return several(port, host, method, [path], source)[0]
    return 0


def several(port: int, host: str, method: str, paths: list[str], source: str = "127.0.0.1") -> list[int]:
    """One after the other on one connection, as a browser does on each of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANGS, source_address=(source, 0))
    codes = []
    for path in paths:
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        codes.append(answer.status)
    connection.close()
    return codes


def test_thirty_citizens_behind_one_address_open_a_dashboard_in_the_same_moment(proxy: Ports) -> None:
    """Six connections each, as browsers do; nobody is refused, and the last answer does not come before the rate lets it."""
    people, connections = 30, 6
    questions = [f"/api/v1/chart/{number}" for number in range(QUESTIONS)]
    shares = [questions[each::connections] for each in range(connections)] * people
    began = time.monotonic()
    with ThreadPoolExecutor(people * connections) as pool:
        codes = Counter(
            code
            for found in pool.map(lambda share: several(proxy[PUBLIC], "tableros.x", "GET", share), shares)
            for code in found
        )
    seconds = time.monotonic() - began
    assert codes == {200: people * QUESTIONS}
    assert seconds > (people * QUESTIONS - AT_ONCE) / RATE - 1, "held to the rate, however fast the machine is"
    print(f"{people} people, {people * QUESTIONS} questions: {seconds:.1f} s, {dict(codes)}")


def test_who_floods_waits_and_nobody_else_waits_for_it() -> None:
    """At a rate that gives nobody a turn while the test lasts: what the one asks beyond is not answered, what the other asks is."""
    path, beyond, turns = "/api/v1/chart/1", 40, 20
    with before_a_stand_in(ask_boards="1r/m") as slow, ExitStack() as lines:
        assert several(slow[PUBLIC], "tableros.x", "GET", [path] * AT_ONCE, "127.0.0.7") == [200] * AT_ONCE
        held = []
        for _ in range(beyond):
            source = ("127.0.0.7", 0)
            line = http.client.HTTPConnection("127.0.0.1", slow[PUBLIC], timeout=HANGS, source_address=source)
            lines.enter_context(closing(line)).request("GET", path, headers={"Host": "tableros.x"})
            held.append(line.sock)
        assert several(slow[PUBLIC], "tableros.x", "GET", [path] * 10, "127.0.0.8") == [200] * 10
        answered, _, _ = select.select(held, [], [], 0)
        assert len(answered) < turns, "of minutes: a machine that took longer would show nothing"


def test_guessing_a_password_is_slow_and_thirty_people_may_come_at_nine(proxy: Ports) -> None:
    doors = ((PUBLIC, "tableros.x", "/login/", "127.0.0.2"), (INNER, "tuberia.x", "/auth/token", "127.0.0.3"))
    for port, host, path, source in doors:
        looked = Counter(several(proxy[port], host, "GET", [path] * 60, source))
        assert looked == {200: 60}, "looking at the form is no try"
        began = time.monotonic()
        tried = Counter(several(proxy[port], host, "POST", [path] * 60, source))
        more = (time.monotonic() - began) * TRIES_A_SECOND
        assert TRIES <= tried[200] <= TRIES + 2 + more and tried[200] + tried[429] == 60, tried
        assert ask(proxy[port], host, "GET", path, source) == 200


def test_the_public_learns_whether_all_is_well_and_insiders_why(proxy: Ports) -> None:
    def said(port: str, host: str, path: str, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", proxy[port], timeout=HANGS)
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    assert said(PUBLIC, "datos.x", "/health") == (200, "GET /health/short")
    assert said(PUBLIC, "datos.x", "/health", "POST")[0] == 403
    assert said(PUBLIC, "datos.x", "/metrics") == (200, "GET /metrics"), (
        "there it is a file of the releases, which there is not"
    )
    assert said(INNER, "tuberia.x", "/health") == (200, "GET /health")
    assert said(INNER, "tuberia.x", "/metrics") == (200, "GET /metrics")
    assert said(INNER, "tuberia.x", "/execution/x")[0] == 404
    for name in ("datos.x", "tableros.x"):
        with pytest.raises(ConnectionResetError):
            said(INNER, name, "/metrics")


def test_a_service_that_is_away_when_the_proxy_starts_takes_only_its_own_part_along(tmp_path: Path) -> None:
    """A machine that is started anew starts all of it in no order, and one may not come up at all: the releases are there all the same."""
    behind = free_port()
    for name, address in BEHIND.items():
        if name != "superset":
            (tmp_path / address).touch()
    with serving(behind, http=f"server {{ listen *:{behind}; return 200; }}", names=tmp_path) as ports:
        assert ask(ports[PUBLIC], "datos.x", "GET", "/") == 200
        assert ask(ports[INNER], "tuberia.x", "GET", "/") == 200
        assert ask(ports[PUBLIC], "tableros.x", "GET", "/") == 502
        (tmp_path / BEHIND["superset"]).touch()
        wait_until("the boards", lambda: ask(ports[PUBLIC], "tableros.x", "GET", "/") == 200, HANGS, every=0.1)
        assert ask(ports[PUBLIC], "datos.x", "GET", "/") == 200
