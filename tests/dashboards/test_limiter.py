"""Buckets of requests, and caches that stay below their limit, without a server."""

from __future__ import annotations

import multiprocessing

import flask
import pytest
import visitors
from limiter import Limiter, address
from sqlalchemy.exc import OperationalError

from tests.dashboards.instance import in_superset

# one cache, two objects as in two workers; prints the largest size that the folder had, and whether the newest is there
CACHE = """
import tempfile
from pathlib import Path
from bounded_cache import BoundedFiles, BoundedRedis
with tempfile.TemporaryDirectory() as home:
    folder = Path(home) / "cache"
    workers = [BoundedFiles(folder, 10_000, 200_000, 60) for _ in range(2)]
    largest = 0
    for number in range(400):
        workers[number % 2].set(f"k{number}", b"x" * 4000)
        largest = max(largest, sum(path.stat().st_size for path in folder.iterdir()))
    newest = workers[0].get("k399") == b"x" * 4000
    kept_large = workers[0].set("large", b"x" * 20_000), workers[0].get("large")
    workers[0].set("short", 1, timeout=-1)
    added = workers[0].add("once", 1), workers[1].add("once", 2), workers[1].get("once")
    folder.chmod(0o777)
    try:
        BoundedFiles(folder, 1, 1, 1)
        refused = False
    except PermissionError:
        refused = True
    options = {"CACHE_REDIS_URL": sys.argv[1], "CACHE_LARGEST_ENTRY": 100}
    away = BoundedRedis.factory(None, options, [], {"default_timeout": 60})
    print(away.get("a"), away.get_many("a", "b"), away.has("a"), away.set("a", 1), away.set("a", b"x" * 200), away.add("a", 1),
          away.set_many({"a": 1}), away.delete("a"), away.delete_many("a"), away.clear())
    print(largest <= 200_000, newest, kept_large, workers[0].get("short"), added, refused)
"""


def test_a_bucket_empties_and_fills_again() -> None:
    limiter = Limiter()
    waits = [limiter.wait("a", 60, now=100.0) for _ in range(61)]
    assert waits[:60] == [0] * 60
    assert waits[60] == 1
    assert limiter.wait("b", 60, now=100.0) == 0, "one client's flood is another's refusal"
    assert [limiter.wait("a", 60, now=103.0) for _ in range(4)] == [0, 0, 0, 1]
    assert limiter.wait("a", 60, cost=20, now=104.0) == 19
    assert limiter.wait("a", 0, now=104.0) == 0


def test_invented_addresses_cannot_grow_it_and_the_flooder_stays_known() -> None:
    limiter = Limiter(slots=64)
    size = len(limiter.memory)
    for number in range(5000):
        limiter.wait(f"10.0.{number // 250}.{number % 250}", 60, now=float(number) / 1000)
    assert len(limiter.memory) == size


def test_workers_share_the_buckets() -> None:
    """As gunicorn does: made before the fork, emptied by one worker, empty for the other."""
    limiter = Limiter()
    worker = multiprocessing.get_context("fork").Process(target=lambda: [limiter.wait("a", 60) for _ in range(60)])
    worker.start()
    worker.join(30)
    assert limiter.wait("a", 60, cost=30) > 0


def test_an_ipv6_customer_is_one_client() -> None:
    assert address("2806:10ae:7:1::1") == address("2806:10ae:7:1:ffff::2") != address("2806:10ae:7:2::1")
    assert address("10.1.2.3") == "10.1.2.3"
    assert address(None) == "?"


def test_caches_stay_below_their_limit_and_one_that_is_away_keeps_nothing() -> None:
    away, files = in_superset(CACHE, "redis://cache:clave@127.0.0.1:9/1").splitlines()
    assert away == "None [None, None] False False False False [] False [] False", "nothing is kept, and no board fails"
    assert files == "True True (False, None) None (True, False, 1) True"


@pytest.mark.parametrize("knows_why", [False, True])
def test_readers_are_not_told_which_server_failed(monkeypatch: pytest.MonkeyPatch, knows_why: bool) -> None:
    """What Superset answers to every question while its metadata are away."""

    def asked() -> bool:
        if not knows_why:
            raise OperationalError("select * from ab_user", {}, Exception("server closed the connection"))
        return True

    monkeypatch.setattr(visitors, "is_administrator", asked)
    message = 'connection to server at "postgres" (10.89.0.1), port 5432 failed'
    with flask.Flask("boards").test_request_context():
        said = visitors._in_plain_words(visitors.say(500, message))
    assert said.status_code == 500
    assert (message in said.get_data(as_text=True).replace("\\", "")) is knows_why
