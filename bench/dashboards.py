"""Every public chart's query through Superset, cold and cached, with readers at once, beside plain DuckDB running the same SQL.

    .venv/bin/python bench/dashboards.py [--data PAMGA_DATA]      PAMGA_BENCH_READERS=10

Publishes a release of the large lake (PAMGA_BENCH_MILLIONS, 10) in a temporary folder and measures on it; with --data, on the
release under that folder. Starts its own Superset on a free port.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any

import duckdb
import large_lake
import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "dashboards")]

from assets_io import charts_of, load  # noqa: E402

from tests.dashboards.instance import PYTHON  # noqa: E402
from tests.servers import free_port  # noqa: E402

READERS = int(os.environ.get("PAMGA_BENCH_READERS", "10"))


def p50_p95(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    cuts = quantiles(seconds, n=20, method="inclusive")
    return cuts[9] * 1000, cuts[18] * 1000


def timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def requests_of(url: str, admin: requests.Session) -> Iterator[tuple[str, dict[str, Any]]]:
    """(dashboard, body) of every chart of the public dashboards."""
    listing = {kind: everything(admin, f"{url}/api/v1/{kind}/") for kind in ("chart", "dashboard", "dataset")}
    charts = {found["uuid"]: found["id"] for found in listing["chart"]}
    pages = {found["slug"]: found["id"] for found in listing["dashboard"]}
    datasets = {found["uuid"]: found["id"] for found in listing["dataset"]}
    assets = {asset["uuid"]: asset for asset in load().values()}
    for asset in assets.values():
        if asset.get("slug") in pages and asset["slug"] not in {"candidata", "entregas-y-calidad"}:
            for uuid in charts_of(asset):
                body = json.loads(json.dumps(assets[uuid]["query_context"]))
                body["datasource"]["id"] = datasets[assets[uuid]["dataset_uuid"]]
                body["form_data"] = {"slice_id": charts[uuid], "dashboardId": pages[asset["slug"]]}
                yield asset["slug"], body


def everything(admin: requests.Session, address: str) -> list[dict[str, Any]]:
    """A listing, page after page: Superset gives at most 100 entries at once."""
    found: list[dict[str, Any]] = []
    while page := admin.get(f"{address}?q=(page_size:100,page:{len(found) // 100})", timeout=60).json()["result"]:
        found.extend(page)
        if len(page) < 100:
            break
    return found


def measure(url: str, data: Path, password: str, cache: Path) -> None:
    admin = requests.Session()
    page = admin.get(f"{url}/login/", timeout=60).text
    token = page.split('id="csrf_token"')[1].split('value="')[1].split('"')[0]
    admin.post(f"{url}/login/", data={"username": "admin", "password": password, "csrf_token": token}, timeout=60)
    bodies = list(requests_of(url, admin))
    admin.headers["X-CSRFToken"] = admin.get(f"{url}/api/v1/security/csrf_token/", timeout=60).json()["result"]

    def ask(body: dict[str, Any]) -> None:
        requests.post(f"{url}/api/v1/chart/data", json=body, timeout=120).raise_for_status()

    def forget() -> None:
        """A visitor's `force` is not heard: what is kept goes as after a release, and the next answer is cold."""
        for kept in (cache / "data").rglob("*"):
            if kept.is_file():
                kept.unlink(missing_ok=True)

    for _, body in bodies[:5]:
        ask(body)  # the workers' first request imports what they need
    with ThreadPoolExecutor(READERS) as readers:
        forget()
        cold = list(readers.map(lambda one: timed(lambda: ask(one[1])), bodies))
        list(readers.map(lambda one: ask(one[1]), bodies))  # as refresh.py asks after every release
        cached = list(readers.map(lambda one: timed(lambda: ask(one[1])), bodies * 3))
    sql: list[str] = []
    for _, body in bodies:
        told = admin.post(f"{url}/api/v1/chart/data", json={**body, "force": True}, timeout=120)
        told.raise_for_status()
        sql.extend(result["query"] for result in told.json()["result"])
    plain = []
    with duckdb.connect(str((data / "releases/current/leon.duckdb").resolve()), read_only=True) as connection:
        connection.execute("set threads = 1")
        for query in dict.fromkeys(sql):
            plain.append(timed(lambda query=query: connection.execute(query).fetchall()))
    print(f"{len(bodies)} charts, {READERS} readers at once, {os.cpu_count()} cores")
    print(f"{'':28}{'p50 ms':>10}{'p95 ms':>10}")
    for name, seconds in (("cold, through Superset", cold), ("cached", cached), ("plain DuckDB, one reader", plain)):
        print("{:28}{:>10.0f}{:>10.0f}".format(name, *p50_p95(seconds)))
    print("\nall data of one dashboard, cold, its charts asked for at once (s)")
    for slug in dict.fromkeys(slug for slug, _ in bodies):
        mine = [body for found, body in bodies if found == slug]
        forget()
        with ThreadPoolExecutor(6) as browser:  # a browser keeps six connections to a host
            took = timed(lambda mine=mine, browser=browser: list(browser.map(ask, mine)))
        print(f"  {slug:28}{len(mine):>4} charts {took:>8.2f}")


def serve_and_measure(data: Path) -> None:
    """Start Superset over the release under `data`, measure, stop it."""
    password, port = "medir-tableros-1", free_port()
    with tempfile.TemporaryDirectory() as home:
        root = Path(home)
        for name in ("releases", "runs"):
            (root / name).symlink_to(data / name)
        env = {
            **os.environ, "PAMGA_DATA": home, "PAMGA_SUPERSET_ADMIN_PASSWORD": password,
            "PAMGA_SUPERSET_CACHE_DIR": str(root / "cache"), "PAMGA_SUPERSET_PLAIN_HTTP": "true", "PAMGA_SUPERSET_REQUESTS_PER_MINUTE": "0",
        }  # fmt: skip
        server = subprocess.Popen(
            [str(PYTHON), str(ROOT / "dashboards" / "serve.py"), "--port", str(port)],
            env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}")
            measure(f"http://127.0.0.1:{port}", data, password, root / "cache")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def measure_large_release() -> None:
    """Publish a release of the large lake in a process of its own, so that nothing of it is held while measuring."""
    with tempfile.TemporaryDirectory(prefix="pamga-bench-", dir=os.environ.get("PAMGA_BENCH_DIR")) as folder:
        rows = int(float(os.environ.get("PAMGA_BENCH_MILLIONS", "10")) * 1_000_000)
        started = time.perf_counter()
        making = [sys.executable, str(Path(large_lake.__file__)), folder, str(rows)]
        release = subprocess.run(making, capture_output=True, text=True, check=True).stdout.split()[-1]
        print(
            f"release {release} of a lake with {rows / 1e6:g} M acuerdos and {rows / 1e6:g} M attendances, "
            f"made and published in {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        serve_and_measure(Path(folder))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    data = parser.parse_args().data
    if data is None:
        measure_large_release()
    elif (data / "releases/current/leon.duckdb").exists():
        serve_and_measure(data.resolve())
    else:
        print(f"No release under {data}. Next: make run.", file=sys.stderr)
        return 2
    return 0


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            requests.get(f"{url}/health", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"{url} did not come up")


if __name__ == "__main__":
    sys.exit(main())
