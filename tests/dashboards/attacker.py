"""An anonymous visitor who means harm: what each attack got, in figures.

    .venv/bin/python -m tests.dashboards.attacker http://127.0.0.1:8088 --data PAMGA_DATA --cache FOLDER

Give it only an instance of your own. Exit 1 when an attack got through.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

PAGE = "mi-barrio-habla"
TITLE = "Acuerdos por colonia en cifras"
MB = 1024 * 1024
FAMOUS_SECRET = "root:"
EXPRESSION = "repeat('x', 1000000)"


@dataclass
class Figure:
    """What one attack sent and got."""

    attack: str
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    largest_answer: int = 0
    slowest: float = 0.0
    got: str = ""
    held: bool = True

    def __str__(self) -> str:
        statuses = " ".join(f"{status}×{count}" for status, count in sorted(self.statuses.items()))
        size, mark = f"{self.largest_answer / 1024:.0f} KB", "held" if self.held else "GOT THROUGH"
        return f"{self.attack:<44}{self.sent:>6}  {statuses:<22}{size:>9}{self.slowest:>7.2f} s  {mark}  {self.got}"


class FromAddress(HTTPAdapter):
    """Another address of the loopback, so that the flood is not counted as the tests' own requests."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, source_address=("127.0.0.66", 0), **kwargs)


class Attacker:
    """One visitor at one address, and the disk on which the instance keeps things."""

    def __init__(self, url: str, data: Path, cache: Path) -> None:
        self.url, self.data, self.cache = url, data, cache
        self.session = requests.Session()
        self.session.mount("http://127.", FromAddress(pool_maxsize=8))
        opened = self.session.get(f"{url}/superset/dashboard/{PAGE}/", timeout=60).text
        token = re.search(r'id="csrf_token"\s+value="([^"]+)"', opened)
        assert token, "the page carries no CSRF token"
        self.session.headers.update({"X-CSRFToken": token[1], "Referer": url})
        charts = self.session.get(f"{url}/api/v1/dashboard/{PAGE}/charts", timeout=60).json()["result"]
        (self.chart,) = [chart for chart in charts if chart["slice_name"] == TITLE]
        self.dataset = int(self.chart["form_data"]["datasource"].split("__")[0])
        page = self.session.get(f"{url}/api/v1/dashboard/{PAGE}", timeout=60).json()["result"]
        self.page = page["id"]
        self.columns = self.chart["form_data"]["all_columns"]

    def question(self, form: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """The chart's question with something else in it."""
        return {
            "datasource": {"id": self.dataset, "type": "table"},
            "queries": [{"columns": self.columns, "metrics": [], "filters": [], **query}],
            "form_data": {"slice_id": self.chart["id"], "dashboardId": self.page, **(form or {})},
            "result_format": "json",
            "result_type": "full",
        }

    def send(self, figure: Figure, method: str, path: str, **more: Any) -> requests.Response:
        started = time.perf_counter()
        answer = self.session.request(method, self.url + path, timeout=120, allow_redirects=False, **more)
        figure.sent += 1
        figure.statuses[answer.status_code] += 1
        figure.largest_answer = max(figure.largest_answer, len(answer.content))
        figure.slowest = max(figure.slowest, time.perf_counter() - started)
        return answer

    def ask(self, figure: Figure, body: Any) -> requests.Response:
        return self.send(figure, "POST", "/api/v1/chart/data", json=body)

    def own_size(self) -> int:
        """How long the chart's own answer is."""
        return len(self.ask(Figure(""), self.question()).content)

    def kept(self) -> int:
        """Bytes of the caches."""
        return size_of(self.cache)

    def of_the_lake(self) -> int:
        """Bytes on the disk of the lake, Superset's metadata included."""
        return size_of(self.data)


def size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
        except FileNotFoundError:
            continue
    return total


def other_queries(attacker: Attacker) -> Figure:
    """SQL expressions, other columns, more rows, other kinds of results: the answer is the chart's own, or none."""
    figure = Figure("other queries than the chart's own")
    own = attacker.own_size()
    sql = {"expressionType": "SQL", "label": "x", "sqlExpression": EXPRESSION}
    secret = {**sql, "sqlExpression": "(SELECT max(content) FROM read_text('/etc/passwd'))"}
    bodies: list[Any] = [
        attacker.question(columns=[sql]), attacker.question(columns=[secret]), attacker.question(metrics=[sql]),
        attacker.question(orderby=[[sql, True]]), attacker.question(columns=["no_existe"]),
        attacker.question(row_limit=10_000_000), attacker.question(row_limit=0), attacker.question(row_offset=-5),
        attacker.question(extras={"where": "1=0) UNION SELECT version() --"}),
        attacker.question(filters=[{"col": "no_existe", "op": "==", "val": 1}]),
        attacker.question(filters=[{"col": attacker.columns[0], "op": "REGEX", "val": "(a+)+$"}]),
        attacker.question(filters=[{"col": sql, "op": "==", "val": 1}]),
        attacker.question(post_processing=[{"operation": "cum", "options": {}}], is_timeseries=True),
        attacker.question(time_range="1 : 2", annotation_layers=[{"name": "x"}]),
        {**attacker.question(), "queries": [{"columns": [sql]}] * 50},
        *({**attacker.question(columns=[sql]), "result_type": kind} for kind in ("samples", "query", "drill_detail", "columns", "timegrains", "x")),
        *({**attacker.question(), "result_format": kind} for kind in ("parquet", "", None, 7)),
        attacker.question({"slice_id": 10**9}), attacker.question({"slice_id": "1 or 1=1"}), attacker.question({"dashboardId": None}),
        attacker.question({"type": "NATIVE_FILTER", "native_filter_id": "NATIVE_FILTER-x"}),
        [], {}, "x", None, {"form_data": []}, {"form_data": {"slice_id": {}}},
    ]  # fmt: skip
    for body in bodies:
        answer = attacker.ask(figure, body)
        same = answer.status_code == 200 and len(answer.content) <= own * 1.2
        refused = 400 <= answer.status_code < 500
        if FAMOUS_SECRET in answer.text or "xxxxxxxx" in answer.text or not (same or refused):
            figure.held, figure.got = False, f"{answer.status_code} {json.dumps(body)[:120]}"
    return figure


def variations(attacker: Attacker) -> Figure:
    """The same question wrapped in ever new words must not be kept again and again."""
    figure = Figure("one question in 150 wrappings")
    attacker.ask(figure, attacker.question())
    before = attacker.kept()
    chance = random.Random(28)
    for number in range(149):
        label = {"expressionType": "SQL", "label": f"c{number}", "sqlExpression": f"'{chance.random()}'"}
        body = attacker.question(
            {"noise": chance.random()}, columns=[*attacker.columns, label], row_limit=1000 + number
        )
        attacker.send(
            figure, "POST", f"/api/v1/chart/data?noise={number}", json={**body, "force": True, "custom_cache_timeout": number},
            headers={"Accept-Encoding": f"gzip;q=0.{number}"},
        )  # fmt: skip
    grown = attacker.kept() - before
    figure.got = f"cache +{grown / 1024:.0f} KB"
    figure.held = grown < MB
    return figure


def filter_values(attacker: Attacker) -> Figure:
    """Each new value of a filter is a new question; what is kept of it is small."""
    figure = Figure("100 invented values of a filter")
    before = attacker.kept()
    for number in range(100):
        value = [f"{number}-{'x' * 280}"] * 150
        attacker.ask(figure, attacker.question(filters=[{"col": "colonia", "op": "IN", "val": value}]))
    grown = attacker.kept() - before
    figure.got = f"cache +{grown / 1024:.0f} KB"
    figure.held = grown < 8 * MB
    return figure


def large_bodies(attacker: Attacker) -> Figure:
    figure = Figure("bodies of 20 MB, and without a length")
    body = json.dumps({**attacker.question(), "noise": "x" * (20 * MB)})
    headers = {"Content-Type": "application/json"}

    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    for path in (
        "/api/v1/chart/data", "/login/", f"/api/v1/dashboard/{attacker.page}/filter_state", "/superset/log/",
        f"/api/v1/dashboard/{attacker.page}/permalink", "/api/v1/explore/form_data",
    ):  # fmt: skip
        for data in (body, pieces()):
            try:
                answer = attacker.send(figure, "POST", path, data=data, headers=headers)
            except requests.ConnectionError:  # it hung up before it had read all
                continue
            if answer.status_code not in {403, 411, 413}:
                figure.held, figure.got = False, f"{path}: {answer.status_code}"
    return figure


def stores(attacker: Attacker) -> Figure:
    """States, permalinks, colours: nothing that a visitor sends is stored."""
    figure = Figure("stores: filter states, permalinks, colours")
    before = attacker.of_the_lake()
    for number in range(25):
        note = json.dumps({"noise": f"{number}" + "x" * 8000})
        state = f"/api/v1/dashboard/{attacker.page}/filter_state"
        attacker.send(figure, "POST", state, json={"value": note})
        attacker.send(figure, "PUT", f"{state}/abc", json={"value": note})
        attacker.send(figure, "POST", "/api/v1/explore/form_data", json={"form_data": note, "datasource_id": 1, "datasource_type": "table"})  # fmt: skip
        attacker.send(figure, "POST", "/api/v1/explore/permalink", json={"formData": {"noise": note}})
        attacker.send(figure, "PUT", f"/api/v1/dashboard/{attacker.page}/colors", json={"label_colors": {"x": note}})
        made = attacker.send(
            figure, "POST", f"/api/v1/dashboard/{attacker.page}/permalink",
            json={"dataMask": {f"NATIVE_FILTER-{number}": {"filterState": {"value": ["x"]}}}, "urlParams": [["a", note]]},
        )  # fmt: skip
        if "x" * 100 in made.text:
            figure.held, figure.got = False, "a permalink repeats what was sent"
    grown = attacker.of_the_lake() - before
    figure.got = figure.got or f"disk of the lake +{grown} bytes"
    figure.held = figure.held and grown == 0
    return figure


def other_addresses(attacker: Attacker) -> Figure:
    """What a browser of a visitor never asks for."""
    figure = Figure("addresses that no page asks for")
    number = attacker.chart["id"]
    for method, path in (
        ("GET", f"/api/v1/chart/{number}/data/?force=true"), ("GET", f"/api/v1/chart/{number}/data/?format=csv&type=full"),
        ("GET", "/api/v1/chart/data/abc"), ("GET", f"/explore/?slice_id={number}"), ("POST", "/superset/explore_json/"),
        ("GET", f"/api/v1/datasource/table/{attacker.dataset}/column/colonia/values/"), ("GET", "/api/v1/chart/export/?q=!(1)"),
        ("GET", f"/api/v1/explore/?slice_id={number}"), ("POST", "/api/v1/sqllab/execute/"), ("POST", "/api/v1/security/login"),
        ("GET", f"/api/v1/dashboard/{attacker.page}/thumbnail/x/"), ("POST", f"/api/v1/dashboard/{attacker.page}/cache_dashboard_screenshot/"),
        ("GET", "/api/v1/query/"), ("GET", "/api/v1/log/recent_activity/"), ("DELETE", f"/api/v1/dashboard/{attacker.page}"),
        ("GET", "/datasource/external_metadata/table/1/"), ("GET", "/api/v1/time_range/?q='Last week'"), ("POST", "/api/v1/query/"),
        ("PUT", "/api/v1/chart/warm_up_cache"), ("GET", "/superset/slice/1/"), ("GET", "/api/v1/rowlevelsecurity/"),
    ):  # fmt: skip
        answer = attacker.send(figure, method, path, **({} if method == "GET" else {"json": {}}))
        if answer.status_code not in {302, 401, 403, 404, 405}:
            figure.held, figure.got = False, f"{method} {path}: {answer.status_code}"
    return figure


def logins(attacker: Attacker) -> Figure:
    figure = Figure("guessed passwords of one account")
    for guess in range(14):
        attacker.send(figure, "POST", "/login/", data={"username": "atacante", "password": f"clave-{guess}"})
    figure.held = figure.statuses[429] >= 3
    return figure


def flood(attacker: Attacker, requests_a_minute: int) -> Figure:
    """Ask until it is refused; a slow machine needs more than a minute's requests, since meanwhile the bucket fills again."""
    figure = Figure(f"a flood, {requests_a_minute} requests a minute are allowed")
    batch = max(1, requests_a_minute // 5)
    with ThreadPoolExecutor(8) as many:
        for _ in range(20):
            list(many.map(lambda _: attacker.send(figure, "GET", "/api/v1/query/"), range(batch)))
            figure.held = figure.statuses[429] > 0
            if figure.held:
                break
    return figure


def attack(attacker: Attacker, requests_a_minute: int) -> list[Figure]:
    """Every attack, the flood last: after it the address may not ask anything for a while."""
    steps: list[Callable[[Attacker], Figure]] = [
        other_queries, variations, filter_values, large_bodies, stores, other_addresses, logins
    ]  # fmt: skip
    before = attacker.of_the_lake()
    figures = [step(attacker) for step in steps]
    figures.append(flood(attacker, requests_a_minute))
    grown = attacker.of_the_lake() - before
    figures.append(Figure("all together", got=f"disk of the lake +{grown} bytes", held=grown == 0))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--rate", type=int, default=1200, help="the instance's PAMGA_SUPERSET_REQUESTS_PER_MINUTE")
    arguments = parser.parse_args()
    figures = attack(Attacker(arguments.url, arguments.data, arguments.cache), arguments.rate)
    print(*figures, sep="\n")
    return 0 if all(figure.held for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
