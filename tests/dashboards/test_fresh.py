"""After a release: readers see the new figures at the next load, and no error at any moment of a swap under load."""

from __future__ import annotations

import json
import shutil
import threading
from typing import Any

import duckdb
import pytest
import requests

from tests.dashboards.instance import Superset

pytestmark = pytest.mark.servers
TITLE = "Acuerdos por colonia en cifras"
FLIPS = 6


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
        f"{superset.url}/api/v1/chart/?q=(filters:!((col:slice_name,opr:eq,value:'{TITLE}')))", timeout=60
    ).json()["result"]
    (page,) = [
        found
        for found in admin.get(f"{superset.url}/api/v1/dashboard/?q=(page_size:100)", timeout=60).json()["result"]
        if found["slug"] == "mi-barrio-habla"
    ]
    stored = admin.get(f"{superset.url}/api/v1/chart/{chart['id']}", timeout=60).json()["result"]["query_context"]
    body: dict[str, Any] = json.loads(stored)
    body["form_data"] = {"slice_id": chart["id"], "dashboardId": page["id"]}
    return body


def figure(superset: Superset, body: dict[str, Any]) -> int:
    answer = superset.chart_data(requests.Session(), body)
    assert answer.status_code == 200, answer.text[:400]
    return int(sum(row["eventos"] for row in answer.json()["result"][0]["data"]))


def waiting(superset: Superset) -> list[str]:
    """The filters for whose first value Mi Barrio Habla's board waits before it draws anything."""
    page = requests.get(f"{superset.url}/api/v1/dashboard/mi-barrio-habla", timeout=60).json()["result"]
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


def test_swap_under_load(superset: Superset, second_release: str, request_body: dict[str, Any]) -> None:
    first = (superset.data / "releases/current").readlink().name
    old = figure(superset, request_body)
    assert figure(superset, request_body) == old
    stop, failures, served = threading.Event(), [], [0]

    def read() -> None:
        while not stop.is_set():
            answer = superset.chart_data(requests.Session(), request_body)
            served[0] += 1
            if answer.status_code != 200:
                failures.append(answer.text[:300])

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    stale = 0
    try:
        for turn in range(FLIPS):
            superset.flip(second_release if turn % 2 == 0 else first)
            stale += (figure(superset, request_body) > old) != (turn % 2 == 0)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        superset.flip(first)
    assert failures == []
    assert stale == 0, f"{stale} stale answers in {FLIPS} swaps"
    assert served[0] > FLIPS


def test_refresh_empties_and_warms(superset: Superset, request_body: dict[str, Any]) -> None:
    done = superset.script("refresh.py", "--json")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said["asked"] > 50
    assert said["failed"] == []
    answer = requests.post(
        f"{superset.url}/api/v1/chart/data", json=first_question(superset), timeout=60,
        headers={"Accept-Encoding": "gzip, deflate, br, zstd"},
    )  # fmt: skip
    assert "Age" in answer.headers, "the first visitor after a release waits for a query"


def first_question(superset: Superset) -> dict[str, Any]:
    """What a browser asks of the chart when the page is opened."""
    from opening import opened

    def ask(path: str, body: dict[str, Any] | None) -> Any:
        return requests.request("POST" if body else "GET", superset.url + path, json=body, timeout=60).json()

    page = opened(ask, "mi-barrio-habla")
    return next(question.body for question in page.questions if question.chart["slice_name"] == TITLE)


def test_the_same_question_is_answered_from_what_is_kept(
    superset: Superset, second_release: str, request_body: dict[str, Any]
) -> None:
    first = (superset.data / "releases/current").readlink().name
    asked = superset.chart_data(requests.Session(), request_body)
    again = superset.chart_data(requests.Session(), request_body)
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
            f"{superset.url}/api/v1/chart/data", data=body, headers={"Content-Type": "application/json"}, timeout=60
        )
        assert answer.status_code == 400, answer.text[:200]
        assert "Age" not in answer.headers
