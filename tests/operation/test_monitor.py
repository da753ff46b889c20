"""What whoever watches sees is what there is, and every alert asks for something that is told."""

from __future__ import annotations

import re
import shutil
import threading
import types
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from operation.monitor import make_app
from pamga.backup import back_up
from pamga.documents.deliveries import Manifest
from pamga.documents.quality import Quality
from pamga.settings import Settings
from pamga.storage import canonical_json, flip_symlink, staged_folder, write_atomically
from tests.certificates import certificate, shown
from tests.documents import landed, stored

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PAMGA_SUPERSET_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PAMGA_AIRFLOW_URL", "http://127.0.0.1:9")
    given = Settings(data=tmp_path / "datos", backup=str(tmp_path / "respaldo"))
    for number, state in enumerate(("accepted", "accepted", "rejected"), start=1):
        counts = {"accepted": 10, "quarantined": number, "out_of_scope": 0}
        landed(given, "acuerdos", "2026T3", "imju", number, state=state, **counts)
    write_atomically(given.layout.refused / "abc" / "manifest.json", b"{}")
    write_atomically(given.layout.root / "logs" / "superset.log", b"2026-10-20 ERROR uno\n2026-10-20 INFO dos\n")
    return given


def publish_by_hand(settings: Settings) -> None:
    layout = settings.layout
    entry = {
        "release": "2026T3-r01", "orden": 1, "fecha": "2026-10-20", "corte": "2026-09-30", "cierre": None, "run": "2026T3-r01-abc", "digest": "d",
        "code": "c", "sumas": "s", "deliveries": [], "datasets": [],
    }  # fmt: skip
    write_atomically(layout.log / "publications" / "2026T3-r01.json", canonical_json(entry))
    write_atomically(layout.release("2026T3-r01") / "index.html", b"<h1>Plan</h1>")
    layout.current.symlink_to("2026T3-r01")
    run = layout.run("2026T4-r01-def")
    checks = [{"outcome": outcome} for outcome in ("pass", "pass", "fail")]
    write_atomically(run / "quality.json", stored(Quality, {"decision": "detener", "checks": checks}))
    for pointer in ("latest", "passed"):
        (layout.runs / pointer).symlink_to(run.name)


def told(settings: Settings) -> dict[str, float]:
    answer = TestClient(make_app(settings)).get("/metrics")
    assert answer.status_code == 200
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_numbers_are_those_of_the_installation(settings: Settings) -> None:
    publish_by_hand(settings)
    back_up(settings)
    found = told(settings)
    expected = {
        "pamga_deliveries{accepted}": 2, "pamga_deliveries{rejected}": 1, "pamga_refused_files": 1, "pamga_rows{accepted}": 30,
        "pamga_rows{quarantined}": 6, "pamga_gate_passed": 0, "pamga_gate_checks{fail}": 1, "pamga_releases": 1,
        "pamga_release_info{2026T3-r01}": 1, "pamga_candidates_waiting": 1, "pamga_failed_tasks_today": 0, "pamga_dashboards_up": 0, "pamga_airflow_part_up{api}": 0,
        "pamga_dashboard_errors": 1,
    }  # fmt: skip
    assert expected.items() <= found.items()
    assert 0 <= found["pamga_backup_age_seconds"] < 3600
    assert found["pamga_release_age_seconds"] % 86_400 == 0


def test_every_alert_asks_for_what_is_told_and_has_its_way_out(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_by_hand(settings)
    back_up(settings)
    see_queue(settings)
    with shown(certificate(tmp_path, 10.5)) as port:
        monkeypatch.setenv("PAMGA_PROXY", f"127.0.0.1:{port}")
        public = {"base_url": "https://datos.leon.example/", "dashboards_url": "https://tableros.leon.example/"}
        found = told(settings.model_copy(update=public))
    assert found["pamga_certificate_seconds_left{datos.leon.example}"] == pytest.approx(10.5 * 86_400, abs=3600)
    names = {name.partition("{")[0] for name in found}
    page = (ROOT / "docs" / "monitoring.md").read_text()
    (group,) = yaml.safe_load((ROOT / "docker" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        asked = set(re.findall(r"pamga_\w+", rule["expr"]))
        assert asked <= names, rule["alert"]
        assert f"| {rule['alert']} |" in page
    assert all(f"`{name}" in page for name in names)


def test_an_alert_whose_number_is_not_told_at_all_goes_off_or_another_one_does(
    tmp_path: Path, settings: Settings
) -> None:
    """What compares is silent where there is nothing to compare: a worker that never came up looked at no queue."""
    (tmp_path / "nuevo").mkdir()
    names = {name.partition("{")[0] for name in told(Settings(data=tmp_path / "nuevo", backup=settings.backup))}
    (group,) = yaml.safe_load((ROOT / "docker" / "alerts.yml").read_text())["groups"]
    silent = {
        rule["alert"]
        for rule in group["rules"]
        if not set(re.findall(r"pamga_\w+", rule["expr"])) <= names and "absent(" not in rule["expr"]
    }
    looked_at_by_nobody = {"PamgaQueueWaits", "PamgaTasksSilent", "PamgaClocksDiffer"}  # PamgaNoWorker goes off
    assert silent == looked_at_by_nobody | {"PamgaGateStopped", "PamgaCertificateEnds"}  # no run; PamgaPartUnreadable


def see_queue(settings: Settings) -> None:
    facts = {
        "in_broker": 2,
        "queued": 3,
        "oldest_seconds": 40.5,
        "silent": 1,
        "deaf": ["celery@b"],
        "workers": ["celery@a"],
    }
    seen = {"seen": "2026-10-20T12:00:00+00:00", "clock_seconds": 0.5} | facts
    settings.layout.locks.mkdir(exist_ok=True)
    (settings.layout.locks / "queue.json").write_bytes(canonical_json(seen))


def test_the_queue_is_told_as_a_worker_saw_it(settings: Settings) -> None:
    assert not [name for name in told(settings) if name.startswith("pamga_queue")], "where nobody looked there is none"
    see_queue(settings)
    found = told(settings)
    expected = {
        "pamga_queue_waiting": 3,
        "pamga_queue_oldest_seconds": 40.5,
        "pamga_queue_workers": 1,
        "pamga_silent_tasks": 2,
        "pamga_clock_difference_seconds": 0.5,
    }
    assert expected.items() <= found.items() and found["pamga_queue_seen_age_seconds"] > 0
    (settings.layout.locks / "queue.json").write_text("{")
    assert unreadable(told(settings)) == {"queue"}


def test_a_proxy_that_does_not_answer_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_PROXY", "127.0.0.1:9")
    assert unreadable(told(settings.model_copy(update={"base_url": "https://datos.leon.example/"}))) == {"certificate"}


def test_what_is_damaged_costs_only_its_own_numbers(settings: Settings) -> None:
    publish_by_hand(settings)
    assert set(unreadable(told(settings))) == set()
    manifest = settings.layout.version("acuerdos", "2026T3", "imju", 2) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:20])
    (settings.layout.run("latest") / "quality.json").write_text("{}")
    found = told(settings)
    assert unreadable(found) == {"deliveries", "gate"}
    assert found["pamga_releases"] == 1 and "pamga_rows{accepted}" not in found


def unreadable(found: dict[str, float]) -> set[str]:
    return {name.split("{")[1].rstrip("}") for name, value in found.items() if name.startswith("pamga_part_") and value}


def test_it_tells_whole_numbers_while_versions_land_and_runs_go(settings: Settings) -> None:
    """Scraped all the while that somebody writes: folders appear whole, pointers move, old runs are removed."""
    publish_by_hand(settings)
    client, done = TestClient(make_app(settings)), threading.Event()

    def write() -> None:
        for number in range(4, 60):
            final = settings.layout.version("acuerdos", "2026T3", "imju", number)
            with staged_folder(final) as folder:
                (folder / "manifest.json").write_bytes(stored(Manifest, {"state": "accepted", "accepted": 1}))
            run = settings.layout.run(f"2026T4-r01-{number:03d}")
            with staged_folder(run) as folder:
                (folder / "quality.json").write_bytes(stored(Quality, {"decision": "publicar"}))
            old = settings.layout.run("latest").resolve()
            flip_symlink(settings.layout.runs / "latest", run.name)
            shutil.rmtree(old)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    answers = []
    while not done.is_set():
        answers.append(client.get("/metrics"))
    writer.join()
    assert {answer.status_code for answer in answers} == {200}
    assert "pamga_rows" in answers[-1].text
    assert told(settings)["pamga_deliveries{accepted}"] == 2 + 56


def test_the_fullest_disk_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container is given parts of the data folder; the folder above them is its own root."""
    settings.layout.runs.mkdir(exist_ok=True)
    sizes = {settings.layout.root: 9e12, settings.layout.lake: 7e9, settings.layout.runs: 5e8}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=sizes[path]))
    assert told(settings)["pamga_disk_free_bytes"] == 5e8
    assert "less than 1 GB of disk is free" in TestClient(make_app(settings)).get("/health").json()["problems"]


def test_health_says_why(settings: Settings) -> None:
    client = TestClient(make_app(settings))
    ill = client.get("/health")
    assert ill.status_code == 503
    assert ill.json()["problems"] == ["no release is up", "no backup was taken yet"]
    publish_by_hand(settings)
    back_up(settings)
    well = client.get("/health")
    assert (well.status_code, well.json()) == (200, {"status": "ok", "problems": []})
    (settings.layout.root / ".restoring").mkdir()
    short = client.get("/health/short")
    assert (short.status_code, short.json()) == (503, {"status": "ill"}), "the public is told no reasons"
    assert client.get("/health").json()["problems"] == ["a restore was interrupted, or runs"]


def test_an_empty_installation_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_SUPERSET_URL", "http://127.0.0.1:9")
    assert told(Settings(data=tmp_path))["pamga_releases"] == 0
    assert list(tmp_path.iterdir()) == []
    gone = TestClient(make_app(Settings(data=tmp_path / "no"))).get("/health")
    assert (gone.status_code, gone.json()["problems"]) == (503, [f"there is no folder {tmp_path / 'no'}"])
    assert not (tmp_path / "no").exists()
