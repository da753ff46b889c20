"""What whoever watches sees: `/health` and Prometheus' `/metrics`, from the files of the installation alone. It writes nothing.

Served by `pamga monitor`, beside the releases and not with them: the public has no business here.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from operation import queue
from operation.airflow_health import WELL, airflow_parts, airflow_url
from operation.certificate import shown_at
from operation.superset import superset_problem
from pamga.backup.acts import unkept
from pamga.backup.snapshots import CLOCKS_DIFFER, last_backup
from pamga.clock import CITY
from pamga.documents.deliveries import Manifest
from pamga.documents.quality import Quality
from pamga.errors import PamgaError
from pamga.faults import first_line
from pamga.layout import MANIFESTS, Layout
from pamga.log import publications
from pamga.rights import RESTORING
from pamga.settings import Settings

_LOG = logging.getLogger(__name__)
BACKUP_HOURS = 48
LEAST_DISK = 1e9
_DAY = 86_400


class Installation:
    """The numbers of an installation, read anew at each look."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def collect(self) -> Iterable[Metric]:
        """Part by part: what is written, pruned or damaged at this moment costs the numbers of its own part, and is told."""
        parts: dict[str, Callable[[], Iterator[Metric]]] = {
            "deliveries": self._deliveries, "gate": self._gate, "releases": self._releases, "upkeep": self._upkeep,
            "dashboards": self._dashboards, "airflow": self._airflow, "queue": self._queue, "certificate": self._certificate,
        }  # fmt: skip
        unreadable = GaugeMetricFamily(
            "pamga_part_unreadable", "A part of these numbers cannot be told", labels=["part"]
        )
        for name, part in parts.items():
            try:
                told, failed = list(part()), False
            except (OSError, ValueError, KeyError, PamgaError) as error:
                told, failed = [], True
                _LOG.warning("%s cannot be read: %s", name, first_line(error))
            unreadable.add_metric([name], float(failed))
            yield from told
        yield unreadable

    def _deliveries(self) -> Iterator[Metric]:
        """Versions of deliveries by state, files refused without an identity, rows by what became of them."""
        lake = self.settings.layout.lake
        states: Counter[str] = Counter()
        rows: Counter[str] = Counter()
        newest = 0.0
        for path in lake.glob(MANIFESTS):
            facts = path.stat()
            state, counts = _version(path, facts.st_mtime_ns)
            states[state] += 1
            rows.update(counts)
            newest = max(newest, facts.st_mtime)
        refused = sum(1 for _ in lake.glob("_refused/*/manifest.json"))
        yield _by("pamga_deliveries", "Versions of deliveries in the lake", "state", states)
        yield _by("pamga_rows", "Rows of all versions", "outcome", rows)
        yield _one("pamga_refused_files", "Files refused without an identity", refused)
        if newest:
            yield _one("pamga_last_delivery_timestamp_seconds", "When a version landed last", newest)

    def _gate(self) -> Iterator[Metric]:
        """What the gate said of the newest run that it judged."""
        path = self.settings.layout.run("latest") / "quality.json"
        if not path.exists():
            return
        quality = Quality.read(path)
        yield _one("pamga_gate_passed", "The gate let the newest run through", float(not quality.stopped))
        outcomes = Counter(check.outcome for check in quality.checks if check.acknowledged is None)
        yield _by("pamga_gate_checks", "Checks of the newest run", "outcome", outcomes)

    def _releases(self) -> Iterator[Metric]:
        layout = self.settings.layout
        known = publications(layout)
        yield _one("pamga_releases", "Releases published so far", len(known))
        up = layout.current.readlink().name if layout.current.is_symlink() else None
        entry = next((each for each in known if each.release == up), None)
        if entry is not None:
            yield _one(
                "pamga_release_age_seconds", "Since the day on which the release that is up went out", _age(entry.fecha)
            )
            named = GaugeMetricFamily("pamga_release_info", "The release that is up", labels=["release"])
            named.add_metric([entry.release], 1)
            yield named
        waiting = [link for link in (layout.passed, layout.passed_closing) if link.exists()]
        published = {each.run for each in known}
        count = sum(link.resolve().name not in published for link in waiting)
        yield _one("pamga_candidates_waiting", "Candidates that passed the gate and are not published", count)

    def _upkeep(self) -> Iterator[Metric]:
        settings = self.settings
        newest = last_backup(settings)
        if newest is not None:
            age = (datetime.now(UTC) - datetime.fromisoformat(newest.taken)).total_seconds()
            yield _one("pamga_backup_age_seconds", "Since the newest backup", age)
            yield _one("pamga_backup_bytes", "What the newest backup holds", newest.bytes)
        if settings.backup:
            yield _one(
                "pamga_acts_not_in_backup", "Takedowns and the like that a restore would undo", len(unkept(settings))
            )
        today = datetime.now(CITY).date().isoformat()
        failed = sum(1 for _ in settings.layout.notices.glob(f"{today}-*.txt"))
        yield _one("pamga_failed_tasks_today", "Tasks that failed for good today (notices/)", failed)
        yield _one("pamga_disk_free_bytes", "Free space of the data folder", free_bytes(settings.layout))

    def _dashboards(self) -> Iterator[Metric]:
        yield _one("pamga_dashboards_up", "Superset answers", float(superset_problem() is None))
        log = self.settings.layout.root / "logs" / "superset.log"
        if log.exists():
            with log.open("rb") as lines:
                errors = sum(b":ERROR:" in line or b" ERROR " in line for line in lines)
            yield _one("pamga_dashboard_errors", "Errors in Superset's log", errors)

    def _airflow(self) -> Iterator[Metric]:
        """Its parts, where their API is known."""
        url = airflow_url()
        if url is not None:
            up = GaugeMetricFamily("pamga_airflow_part_up", "This part of Airflow is well", labels=["part"])
            for part, said in airflow_parts(url).items():
                up.add_metric([part], float(said == WELL))
            yield up

    def _queue(self) -> Iterator[Metric]:
        """As a worker saw it last; where none ever looked there is no queue."""
        seen = queue.noted(self.settings)
        if seen is not None:
            yield _one(
                "pamga_queue_seen_age_seconds", "Since a worker last looked at the queue", max(0.0, queue.age_of(seen))
            )
            yield _one("pamga_queue_waiting", "Tasks given out that nobody began", seen.queued)
            yield _one("pamga_queue_oldest_seconds", "Since when the oldest of these waits", seen.oldest_seconds)
            yield _one("pamga_queue_workers", "Workers that take tasks", len(seen.workers))
            yield _one(
                "pamga_silent_tasks", "Tasks that run and of which nothing is heard", seen.silent + len(seen.deaf)
            )
            yield _one(
                "pamga_clock_difference_seconds", "Between a worker's clock and the database's", seen.clock_seconds
            )

    def _certificate(self) -> Iterator[Metric]:
        """Of each public name, as it is shown; absent where nobody answers or there is no TLS."""
        left = GaugeMetricFamily("pamga_certificate_seconds_left", "Until the certificate's end", labels=["name"])
        for address in dict.fromkeys((self.settings.base_url, self.settings.dashboards_url)):
            shown = shown_at(address)
            if shown is not None:
                left.add_metric([shown.name], shown.seconds_left)
        if left.samples:
            yield left


def problems(settings: Settings) -> list[str]:
    """Why this installation is not well, in words; empty when it is."""
    layout, found = settings.layout, []
    if not layout.root.is_dir():
        return [f"there is no folder {layout.root}"]
    if (layout.root / RESTORING).exists():
        found.append("a restore was interrupted, or runs")
    if not (layout.current / "index.html").exists():
        found.append("no release is up")
    if free_bytes(layout) < LEAST_DISK:
        found.append("less than 1 GB of disk is free")
    if settings.backup:
        found += _backup_problems(settings)
    return found


def _backup_problems(settings: Settings) -> Iterator[str]:
    try:
        acts, newest = unkept(settings), last_backup(settings)
    except (OSError, PamgaError) as error:
        yield f"what the backup holds cannot be read: {first_line(error)}"
        return
    if acts:
        yield f"{len(acts)} acts that no restore may undo are not in the backup yet: {', '.join(acts[:3])}"
    if newest is None:
        yield "no backup was taken yet"
        return
    hours = (datetime.now(UTC) - datetime.fromisoformat(newest.taken)).total_seconds() / 3600
    if timedelta(hours=-hours) > CLOCKS_DIFFER:
        yield "the newest backup is of the future: a clock was or is wrong"
    elif hours > BACKUP_HOURS:
        yield f"the newest backup is {hours:.0f} hours old"


def free_bytes(layout: Layout) -> int:
    """Of the fullest file system that the data lie on: a container may be given parts of the folder, and parts may be mounted."""
    parts = [part for part in (layout.lake, layout.runs, layout.releases) if part.is_dir()]
    return min(shutil.disk_usage(part).free for part in parts or [layout.root])


@lru_cache(maxsize=200_000)
def _version(manifest: Path, _changed: int) -> tuple[str, dict[str, int]]:
    """State and rows of a version, which are read once: years of deliveries are asked for every fifteen seconds."""
    read = Manifest.read(manifest)
    return read.state, {kind: getattr(read, kind) for kind in ("accepted", "quarantined", "out_of_scope")}


def make_app(settings: Settings) -> Starlette:
    """`/metrics` and `/health` for those who keep it running; `/health/short`, without the reasons, for everybody."""
    registry = CollectorRegistry()
    registry.register(Installation(settings))  # type: ignore[arg-type]

    def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    def health(_: Request) -> Response:
        found = problems(settings)
        return _answer({"status": "ill" if found else "ok", "problems": found}, bool(found))

    def short(_: Request) -> Response:
        ill = bool(problems(settings))
        return _answer({"status": "ill" if ill else "ok"}, ill)

    def alive(
        _: Request,
    ) -> Response:  # of this program alone, for the container's health check: /health says how the installation is
        return Response(status_code=204)

    routes = {"/metrics": metrics, "/health": health, "/health/short": short, "/alive": alive}
    return Starlette(routes=[Route(path, answer) for path, answer in routes.items()])


def _answer(document: dict[str, Any], ill: bool) -> Response:
    return JSONResponse(document, status_code=503 if ill else 200, headers={"Cache-Control": "no-store"})


def _age(day: Any) -> float:
    began = date.fromisoformat(str(day))
    return max(0.0, (datetime.now(CITY).date() - began).days * _DAY)


def _one(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=float(value))


def _by(name: str, said: str, label: str, counts: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family
