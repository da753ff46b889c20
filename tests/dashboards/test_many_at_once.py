"""Every answer is the one that was asked for, however many ask at once: no worker reads another one's connection.

On SQLite there is nothing to share; with PAMGA_TEST_SERVICES (as .ci/run does too) the metadata are in PostgreSQL.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.dashboards.instance import Superset
from tests.servers import HANGS

pytestmark = pytest.mark.servers
REQUESTS, AT_ONCE = 600, 12


def test_600_requests_get_their_own_answers(superset: Superset) -> None:
    """Dashboards and charts by number, each answer held against what the list says."""
    person = superset.login("admin")
    cookies = person.cookies.get_dict()
    listed = {
        kind: person.get(f"{superset.url}/api/v1/{kind}/?q=(page_size:100)", timeout=HANGS).json()["result"]
        for kind in ("dashboard", "chart")
    }
    names = {
        f"/api/v1/{kind}/{entry['id']}": entry["dashboard_title" if kind == "dashboard" else "slice_name"]
        for kind, entries in listed.items()
        for entry in entries
    }
    assert len(names) > 20

    def ask(number: int) -> str:
        path = random.Random(number).choice(sorted(names))
        try:
            answer = requests.get(f"{superset.url}{path}", cookies=cookies, timeout=HANGS)
        except requests.RequestException as error:
            return type(error).__name__
        if answer.status_code != 200:
            return f"{answer.status_code}"
        result = answer.json()["result"]
        said = result.get("dashboard_title") or result.get("slice_name")
        return "right" if said == names[path] else f"{path}: {said!r}"

    started = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = Counter(pool.map(ask, range(REQUESTS)))
    print(f"{REQUESTS} requests in {time.monotonic() - started:.0f} s: {dict(outcomes)}")
    assert outcomes == {"right": REQUESTS}
