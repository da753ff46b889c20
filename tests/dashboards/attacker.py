"""An anonymous visitor who means harm: what each attack got, in figures.

    .venv/bin/python -m tests.dashboards.attacker http://127.0.0.1:8088 --data PAMGA_DATA --cache FOLDER

Give it only an instance of your own. Exit 1 when an attack got through.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.servers import HANGS

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
        opened = self.session.get(f"{url}/superset/dashboard/{PAGE}/", timeout=HANGS).text
        token = re.search(r'id="csrf_token"\s+value="([^"]+)"', opened)
        assert token, "the page carries no CSRF token"
        self.session.headers.update({"X-CSRFToken": token[1], "Referer": url})
        charts = self.session.get(f"{url}/api/v1/dashboard/{PAGE}/charts", timeout=HANGS).json()["result"]
        (self.chart,) = [chart for chart in charts if chart["slice_name"] == TITLE]
        self.dataset = int(self.chart["form_data"]["datasource"].split("__")[0])
        page = self.session.get(f"{url}/api/v1/dashboard/{PAGE}", timeout=HANGS).json()["result"]
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
        answer = self.session.request(method, self.url + path, timeout=HANGS, allow_redirects=False, **more)
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
        told = any(word in answer.text for word in (FAMOUS_SECRET, "xxxxxxxx", "SELECT "))
        if told or not (same or refused):
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


HOSTILE: list[Any] = [
    None, True, -1, 0, 10**30, -(10**30), 1e308, float("nan"), float("inf"), "", "x", "\x00", "\ud800", "x" * 5000, "1 or 1=1", "1__table", "१२",
    "'; DROP TABLE x; --", "{{ 7*7 }}", "../../etc/passwd", [], [[]], [{}], [None] * 300, {}, {"a": {}}, {"__class__": "x"}, {"$ne": 1},
]  # fmt: skip


def mutated(question: dict[str, Any], chance: random.Random) -> Any:
    """A question with some of its parts replaced by what does not belong there, taken out, or doubled."""
    body: Any = json.loads(json.dumps(question))
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places: list[tuple[Any, Any]] = []
        waiting = [body]
        while waiting:
            holder = waiting.pop()
            parts = holder.items() if isinstance(holder, dict) else enumerate(holder)
            for key, value in list(parts):
                places.append((holder, key))
                if isinstance(value, (dict, list)):
                    waiting.append(value)
        if not places:
            return deepcopy(chance.choice(HOSTILE))
        holder, key = chance.choice(places)
        how = chance.random()
        if how < 0.15 and isinstance(holder, dict):
            del holder[key]
        elif how < 0.25 and isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        else:
            holder[key] = deepcopy(chance.choice(HOSTILE))
    return body


def mutations(attacker: Attacker, many: int = 300, seed: int = 16) -> Figure:
    """Questions with any part replaced: the chart's own answer or a refusal, never an error of ours, never more than the chart."""
    figure = Figure(f"{many} mutated questions and links to share")
    chance = random.Random(seed)
    own = attacker.own_size()
    base = attacker.question(
        filters=[{"col": "colonia", "op": "IN", "val": ["Centro", "x"]}], row_limit=50, extras={"where": "", "having": ""},
        orderby=[["colonia", True]], post_processing=[], annotation_layers=[], series_limit_metric="eventos", time_range="No filter",
    )  # fmt: skip
    share = {"dataMask": {"NATIVE_FILTER-x": {"filterState": {"value": ["2026T3", 1]}}}, "urlParams": [["a", "b"]]}
    for number in range(many):
        shared = number % 6 == 0
        path = f"/api/v1/dashboard/{attacker.page}/permalink" if shared else "/api/v1/chart/data"
        body = json.dumps(mutated(share if shared else base, chance))
        answer = attacker.send(figure, "POST", path, data=body, headers={"Content-Type": "application/json"})
        fine = 400 <= answer.status_code < 500 or (
            answer.status_code in {200, 201} and len(answer.content) <= own * 1.2
        )
        if not fine:
            figure.held, figure.got = False, f"{answer.status_code} {path} {body[:200]}"
    return figure


def odd_bodies(attacker: Attacker) -> Figure:
    """Bodies that only look like JSON: nested deep, packed, of another kind, with numbers that no machine holds."""
    figure = Figure("deep, packed and broken bodies")
    whole = json.dumps(attacker.question())
    deep = 30_000
    bodies: list[tuple[str, bytes]] = [
        ("application/json", b"[" * deep + b"]" * deep), ("application/json", b'{"form_data":' * 4000 + b"1" + b"}" * 4000),
        ("application/json", b'{"form_data": {"slice_id": ' + b"9" * 6000 + b"}}"), ("application/json", b'{"form_data": NaN}'),
        ("application/json", whole.encode("utf-16")), ("application/json", b"\xff\xfe" + whole.encode()), ("application/json", b"\x00" * 100),
        ("application/json; charset=utf-7", whole.encode()), ("application/vnd.api+json", whole.encode()), ("text/plain", whole.encode()),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=form_data\r\n\r\n" + b"[" * deep + b"\r\n--x--"),
        ("application/x-www-form-urlencoded", b"form_data=" + b"[" * deep), ("application/x-www-form-urlencoded", b"a=1&" * 12_000),
        ("application/x-www-form-urlencoded", b"form_data=%FF%00%ED%A0%80"),
    ]  # fmt: skip
    for kind, body in bodies:
        for path in ("/api/v1/chart/data", "/login/", f"/api/v1/dashboard/{attacker.page}/permalink"):
            answer = attacker.send(figure, "POST", path, data=body, headers={"Content-Type": kind})
            if answer.status_code >= 500:
                figure.held, figure.got = False, f"{path}: {answer.status_code} for {kind} {body[:40]!r}"
    packed = gzip.compress(b" " * (40 * MB) + whole.encode())
    answer = attacker.send(
        figure, "POST", "/api/v1/chart/data", data=packed, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )  # fmt: skip
    if answer.status_code not in {400, 413}:
        figure.held, figure.got = False, f"a packed body: {answer.status_code}"
    return figure


def odd_requests(attacker: Attacker) -> Figure:
    """What no browser sends, byte by byte: other methods, two lengths, climbing paths, another host, huge heads."""
    figure = Figure("requests that no browser sends")
    place = urlsplit(attacker.url)
    page = f"/superset/dashboard/{PAGE}/"
    host = f"Host: {place.netloc}\r\n"
    smuggled = "GET /api/v1/query/ HTTP/1.1\r\n" + host + "\r\n"
    climbing = [
        "/static/../superset_config.py", "/static/..%2f..%2fconfig.py", "/static/assets/..%2f..%2f..%2fconfig.py", "/pamga/..%2fsuperset_config.py",
        "/pamga/%2e%2e/access.yaml", "/static//etc/passwd", "/static/assets/%00", "/pamga/base/..%2f/1/1.png", "/portal/..%2f..%2fkeys/superset.key",
        "/portal//evil.example/", "/portal/%2F%2Fevil.example", "/indicador/%0d%0aSet-Cookie:%20a=b", "/superset/dashboard/%00/", "/superset/dashboard/%ff/",
        f"/api/v1/dashboard/{10**30}", f"/superset/dashboard/{10**30}/", "/superset/language_pack/..%2f..%2f/", "/recibos/..%2f..%2fkeys/x/", page + "?" + "a=b&" * 1500,
        page + "?native_filters=" + "(" * 3000, page + "?trimestre=%00%ff", page + "?form_data=%7B%7B7*7%7D%7D", page + "?standalone[]=1", "/login/?next=//evil.example",
        "/login/?next=http://evil.example", "/?next=javascript:alert(1)", "/superset/dashboard/p/" + "x" * 4000 + "/",
    ]  # fmt: skip
    heads = [
        *(f"GET {path} HTTP/1.1\r\n{host}" for path in climbing),
        *(f"{method} {page} HTTP/1.1\r\n{host}" for method in ("TRACE", "OPTIONS", "HEAD", "DELETE", "PROPFIND", "CONNECT", "get", "G\x00T")),
        f"GET http://evil.example{page} HTTP/1.1\r\n{host}", f"GET {page} HTTP/9.9\r\n{host}", f"GET {page}\r\n{host}",
        f"GET {page} HTTP/1.1\r\nHost: evil.example\r\n", "GET /login/ HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /portal/index.html HTTP/1.1\r\nHost: evil.example\r\n", "GET / HTTP/1.1\r\nHost: evil.example\r\n",
        f"GET / HTTP/1.1\r\n{host}X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: evil\r\nForwarded: host=evil.example\r\n",
        f"GET {page} HTTP/1.1\r\n{host}Cookie: session={'x' * 6000}; pamga_telefono={'1' * 1000}\r\n",
        f"GET {page} HTTP/1.1\r\n{host}{''.join(f'X-{n}: y' + chr(13) + chr(10) for n in range(150))}", f"GET {page} HTTP/1.1\r\n{host}X: {'y' * 20000}\r\n",
        f"GET {page} HTTP/1.1\r\n{host}Range: bytes=0-1,5-9,{','.join(f'{n}-' for n in range(500))}\r\n",
        f"GET /pamga/tema.css HTTP/1.1\r\n{host}Range: bytes={','.join(f'{n}-' for n in range(500))}\r\n",
        f"GET {page} HTTP/1.1\r\n{host}Authorization: Bearer x.y.z\r\n", f"GET {page} HTTP/1.1\r\n{host}Accept-Language: ../../etc/passwd\r\n",
        f"GET {page} HTTP/1.1\r\n{host}If-None-Match: {'a,' * 3000}\r\n", f"GET {page} HTTP/1.1\r\n{host}Accept-Encoding: {'br;q=0.1,' * 700}\r\n",
        f"POST /api/v1/chart/data HTTP/1.1\r\n{host}Content-Length: -1\r\n", f"POST /api/v1/chart/data HTTP/1.1\r\n{host}Content-Length: 0x10\r\n",
        f"POST /api/v1/chart/data HTTP/1.1\r\n{host}Content-Length: 5\r\nContent-Length: {len(smuggled)}\r\n\r\n{smuggled}",
        f"POST /api/v1/chart/data HTTP/1.1\r\n{host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
        f"POST /api/v1/chart/data HTTP/1.1\r\n{host}Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n", f"GET {page} HTTP/1.1\r\n{host} folded: x\r\n",
    ]  # fmt: skip
    for head in heads:
        started = time.perf_counter()
        statuses, answer = _raw(place.hostname or "", place.port or 80, head + "Connection: close\r\n\r\n")
        figure.sent += 1
        figure.statuses.update(statuses)
        figure.largest_answer = max(figure.largest_answer, len(answer))
        figure.slowest = max(figure.slowest, time.perf_counter() - started)
        start, _, _ = answer.partition("\r\n\r\n")
        wrong = [
            *(f"{status}" for status in statuses if status >= 500 and status not in {501, 505}),
            *(["two answers"] if len(statuses) > 1 and 400 not in statuses else []),
            *(["led away"] if re.search(r"(?im)^location:\s*(?:\w+:)?//evil|https?://evil", answer) else []),
            *(["a header of the sender"] if re.search(r"(?im)^set-cookie:\s*a=b", start) else []),
            *(["a file"] if FAMOUS_SECRET in answer or "SECRET_KEY" in answer or "public_dashboards" in answer else []),
        ]
        if wrong:
            figure.held, figure.got = False, f"{', '.join(wrong)}: {head[:110]!r}"
    return figure


def _raw(host: str, port: int, request: str) -> tuple[list[int], str]:
    """The statuses and the text that come back for exactly these bytes."""
    answer = b""
    with socket.create_connection((host, port), timeout=HANGS, source_address=("127.0.0.66", 0)) as line:
        try:
            line.sendall(request.encode("latin-1"))
            while part := line.recv(65_536):
                answer += part
        except OSError:  # it hung up
            pass
    text = answer.decode("latin-1")
    return [int(status) for status in re.findall(r"(?m)^HTTP/1\.[01] (\d{3})", text)], text


def logins(attacker: Attacker) -> Figure:
    """Guess until it is refused; while a slow machine answers, new tries are allowed."""
    figure = Figure("guessed passwords of one account")

    def guess(number: int) -> None:
        attacker.send(figure, "POST", "/login/", data={"username": "atacante", "password": f"clave-{number}"})

    with ThreadPoolExecutor(8) as many:
        for begin in range(0, 400, 20):
            list(many.map(guess, range(begin, begin + 20)))
            figure.held = figure.statuses[429] >= 3
            if figure.held:
                break
    return figure


def flood(attacker: Attacker, requests_a_minute: int) -> Figure:
    """Ask for files, each of which counts as twenty requests, until it is refused: while a slow machine answers, the bucket fills again."""
    figure = Figure(f"a flood, {requests_a_minute} requests a minute are allowed")
    batch = max(1, requests_a_minute // 100)
    with ThreadPoolExecutor(8) as many:
        for _ in range(50):
            list(many.map(lambda _: attacker.ask(figure, {"result_format": "csv"}), range(batch)))
            figure.held = figure.statuses[429] > 0
            if figure.held:
                break
    return figure


def attack(attacker: Attacker, requests_a_minute: int) -> list[Figure]:
    """Every attack, the flood last: after it the address may not ask anything for a while."""
    steps: list[Callable[[Attacker], Figure]] = [
        other_queries, mutations, odd_bodies, odd_requests, variations, filter_values, large_bodies, stores, other_addresses, logins
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
