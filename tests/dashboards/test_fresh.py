"""After a release: readers see the new figures at the next load, and no error at any moment of a swap under load."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import duckdb
import pytest
import requests

from pamga.yaml_files import load_yaml
from tests.dashboards.instance import ROOT, Superset
from tests.servers import HANGS

pytestmark = pytest.mark.servers
TITLE = "Acuerdos por colonia en cifras"
FLIPS, READERS, AFTERWARDS = 6, 4, 2
AND_AFTER_MIDNIGHT = range(2)
"""What is kept is a day's: days left are counted. Where the city's day ends between a question and the next one, it is asked again."""


@pytest.fixture
def second_release(superset: Superset) -> str:
    """The same release with one more event in every colonia: a figure that can be told from the old one."""
    name = "2099T1-r99"
    folder = superset.data / "releases" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    published = (superset.data / "releases/current/leon.duckdb").resolve()
    shutil.copyfile(published, folder / "leon.duckdb")  # not its mode: published files are read-only
    with duckdb.connect(str(folder / "leon.duckdb")) as connection:
        connection.execute("update publico.territorio_colonias set eventos = eventos + 1000")
    return name


@pytest.fixture
def request_body(superset: Superset) -> dict[str, Any]:
    admin = superset.login("admin")
    (chart,) = admin.get(
        f"{superset.url}/api/v1/chart/?q=(filters:!((col:slice_name,opr:eq,value:'{TITLE}')))", timeout=HANGS
    ).json()["result"]
    (page,) = [
        found
        for found in admin.get(f"{superset.url}/api/v1/dashboard/?q=(page_size:100)", timeout=HANGS).json()["result"]
        if found["slug"] == "mi-barrio-habla"
    ]
    stored = admin.get(f"{superset.url}/api/v1/chart/{chart['id']}", timeout=HANGS).json()["result"]["query_context"]
    body: dict[str, Any] = json.loads(stored)
    body["form_data"] = {"slice_id": chart["id"], "dashboardId": page["id"]}
    return body


def figure(superset: Superset, body: dict[str, Any]) -> int:
    return figure_of(superset.chart_data(requests.Session(), body))


def figure_of(answer: requests.Response) -> int:
    assert answer.status_code == 200, answer.text[:400]
    return int(sum(row["eventos"] for row in answer.json()["result"][0]["data"]))


def waiting(superset: Superset) -> list[str]:
    """The filters for whose first value Mi Barrio Habla's board waits before it draws anything."""
    page = requests.get(f"{superset.url}/api/v1/dashboard/mi-barrio-habla", timeout=HANGS).json()["result"]
    filters = json.loads(page["json_metadata"])["native_filter_configuration"]
    return [native["name"] for native in filters if native.get("requiredFirst")]


def test_a_board_without_data_does_not_wait_for_a_first_value(superset: Superset, second_release: str) -> None:
    """As after a first release of other deliveries: a filter without values kept the whole board from being drawn."""
    first = (superset.data / "releases/current").readlink().name
    assert waiting(superset) == ["Trimestre"]
    with duckdb.connect(str(superset.data / "releases" / second_release / "leon.duckdb")) as connection:
        connection.execute("delete from publico.acuerdos_por_dependencia")
    superset.flip(second_release)
    try:
        assert waiting(superset) == []
    finally:
        superset.flip(first)
    assert waiting(superset) == ["Trimestre"]


def test_before_the_first_release_a_chart_says_so_in_words(superset: Superset, request_body: dict[str, Any]) -> None:
    """Not in the engine's, which names the folders of the machine."""
    current = superset.data / "releases/current"
    first = current.readlink().name
    current.unlink()
    try:
        answer = superset.chart_data(requests.Session(), request_body)
        assert waiting(superset) == []
    finally:
        superset.flip(first)
    assert answer.status_code >= 400
    assert "Todavía no hay nada publicado" in answer.json()["errors"][0]["message"]
    assert str(superset.data) not in answer.text and "duckdb" not in answer.text


class Question(io.BytesIO):
    """The body of a question; tells when all of it has been sent."""

    def __init__(self, body: dict[str, Any], sent: Callable[[], None]) -> None:
        super().__init__(json.dumps(body).encode())
        self.sent = sent

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        if not piece:
            self.sent()
        return piece


@dataclass
class Readers:
    """They ask the whole time, while the release is swapped under their questions."""

    url: str
    body: dict[str, Any]
    swaps: int = 0
    with_the_server: int = 0
    change: threading.Condition = field(default_factory=threading.Condition)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def swap_between(self, swap: Callable[[], None]) -> list[tuple[int, int, int]]:
        """Swap while a question is with the server. Of every answer: how many swaps had been when it was asked for and when it came, and
        its figure. Each reader goes on until it was answered AFTERWARDS times what it asked after the swap."""
        with ThreadPoolExecutor(READERS) as pool:
            reading = [pool.submit(self._read, number, self.swaps) for number in range(READERS)]
            with self.change:
                self.change.wait_for(lambda: self.with_the_server or all(one.done() for one in reading), HANGS)
                under_way = self.with_the_server
                swap()
                self.swaps += 1
            answers = [answer for one in reading for answer in one.result()]
        assert under_way, "nobody was reading"
        return answers

    def _read(self, reader: int, before: int) -> list[tuple[int, int, int]]:
        """Every second reader asks what is kept, the others what nobody has asked yet."""
        answers: list[tuple[int, int, int]] = []
        with requests.Session() as session:
            while sum(asked > before for asked, _, _ in answers) < AFTERWARDS:
                body = self.body if reader % 2 else never_asked(self.body, next(self.numbers))
                answers.append(self._ask(session, body))
        return answers

    def _ask(self, session: requests.Session, body: dict[str, Any]) -> tuple[int, int, int]:
        asked = self.swaps
        answer = session.post(
            f"{self.url}/api/v1/chart/data",
            data=Question(body, partial(self._count, 1)),  # type: ignore[arg-type]
            headers={"Content-Type": "application/json"}, timeout=HANGS,
        )  # fmt: skip
        return asked, self._count(-1), figure_of(answer)

    def _count(self, more: int) -> int:
        """One more question is with the server, or one less; how many swaps there have been."""
        with self.change:
            self.with_the_server += more
            self.change.notify_all()
            return self.swaps


def never_asked(body: dict[str, Any], number: int) -> dict[str, Any]:
    """The same figures, by a question that is in no cache: a filter leaves out a colonia that there is not."""
    (query,) = body["queries"]
    more = {"col": "colonia", "op": "NOT IN", "val": [f"Ninguna {number}"]}
    return {**body, "queries": [{**query, "filters": [*query.get("filters", []), more]}]}


def test_swap_under_load(superset: Superset, second_release: str, request_body: dict[str, Any]) -> None:
    """At each swap a question is with the server; it is answered with the one release or the other, whoever asks afterwards with the new one."""
    first = (superset.data / "releases/current").readlink().name
    readers = Readers(superset.url, request_body)
    assert figure(superset, never_asked(request_body, -1)) == figure(superset, request_body)
    figures = [figure(superset, request_body)]
    try:
        superset.flip(second_release)
        figures.append(figure(superset, request_body))
        superset.flip(first)
        answers = []
        for turn in range(FLIPS):
            to = first if turn % 2 else second_release
            answers += readers.swap_between(partial(superset.flip, to))
    finally:
        superset.flip(first)
    assert figures[1] > figures[0]
    across = [(asked, came) for asked, came, _ in answers if asked < came]
    assert set(across) == {(turn, turn + 1) for turn in range(FLIPS)}
    assert [said for *_, said in answers if said not in figures] == []
    stale = [(asked, said) for asked, came, said in answers if asked == came and said != figures[asked % 2]]
    assert stale == []


def test_refresh_empties_and_warms(superset: Superset, request_body: dict[str, Any]) -> None:
    question = last_question(superset)

    def is_kept_when_the_first_visitor_comes() -> bool:
        done = superset.script("refresh.py", "--json")
        assert done.returncode == 0, done.stdout + done.stderr[-2000:]
        said = json.loads(done.stdout)
        assert said["asked"] > 50
        assert said["failed"] == []
        answer = requests.post(
            f"{superset.url}/api/v1/chart/data", json=question, timeout=HANGS, headers={"Accept-Encoding": "gzip, deflate, br, zstd"}
        )  # fmt: skip
        return "Age" in answer.headers

    assert any(is_kept_when_the_first_visitor_comes() for _ in AND_AFTER_MIDNIGHT), (
        "the first visitor after a release waits for a query"
    )


def last_question(superset: Superset) -> dict[str, Any]:
    """Of those that browsers ask when the boards are opened, the one that is asked last: on a slow machine the first one's answer is no
    longer kept by then."""
    from opening import opened

    def ask(path: str, body: dict[str, Any] | None) -> Any:
        return requests.request("POST" if body else "GET", superset.url + path, json=body, timeout=HANGS).json()

    last = load_yaml(ROOT / "dashboards" / "access.yaml")["public_dashboards"][-1]
    body: dict[str, Any] = opened(ask, last).questions[-1].body
    return body


def test_the_same_question_is_answered_from_what_is_kept(
    superset: Superset, second_release: str, request_body: dict[str, Any]
) -> None:
    first = (superset.data / "releases/current").readlink().name
    asked = superset.chart_data(requests.Session(), request_body)
    for _ in AND_AFTER_MIDNIGHT:
        again = superset.chart_data(requests.Session(), request_body)
        if "Age" in again.headers:
            break
    assert "Age" in again.headers, "the second visitor waited for Superset"
    assert again.json()["result"][0]["data"] == asked.json()["result"][0]["data"]
    assert "Age" not in superset.chart_data(superset.login("participativo"), request_body).headers
    try:
        superset.flip(second_release)
        after = superset.chart_data(requests.Session(), request_body)
        assert "Age" not in after.headers, "an answer of the old release was given after the swap"
        assert after.json()["result"][0]["data"] != asked.json()["result"][0]["data"]
    finally:
        superset.flip(first)


@pytest.mark.parametrize("body", [b"[1]", b"{", b'"a"', b"{}"])
def test_a_question_that_is_none_is_refused_and_not_kept(superset: Superset, body: bytes) -> None:
    for _ in range(2):
        answer = requests.post(
            f"{superset.url}/api/v1/chart/data", data=body, headers={"Content-Type": "application/json"}, timeout=HANGS
        )
        assert answer.status_code == 400, answer.text[:200]
        assert "Age" not in answer.headers
