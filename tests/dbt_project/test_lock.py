"""What a run reads, and whether the newest release holds it already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt_project.lock import LOCK_NAME, already_published, make_lock
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import canonical_json

CLOSED = Quarter.parse("2026T3")


def deliver(settings: Settings, version: int) -> None:
    """A committed version of one delivery, as the landing writes it."""
    folder = settings.layout.version("acuerdos", "2026T3", "presupuesto_participativo", version)
    folder.mkdir(parents=True)
    manifest = {
        "dependencia": "presupuesto_participativo", "export": "acuerdos", "trimestre": "2026T3", "version": version,
        "sha256": f"{version:064d}", "rows_sha256": f"{version:064d}", "received_on": "2026-10-10", "stands": True, "example": False,
    }  # fmt: skip
    (folder / "manifest.json").write_bytes(canonical_json(manifest))


def publish(settings: Settings, lock: dict[str, Any]) -> None:
    """What a publication leaves of its lock."""
    for path, document in (
        (settings.layout.release(lock["release"]) / LOCK_NAME, lock),
        (
            settings.layout.log / "publications" / f"{lock['release']}.json",
            {"release": lock["release"], "digest": lock["digest"]},
        ),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical_json(document))


def test_a_closing_release_holds_what_a_provisional_one_would(tmp_path: Path) -> None:
    """Otherwise the next run with nothing new would replace the closing release by a provisional one."""
    settings = Settings(data=tmp_path, closed_by="Ana Ruiz", close_reason="Falta PP-1.")
    deliver(settings, 1)
    publish(settings, make_lock(settings, CLOSED))
    assert already_published(settings, make_lock(settings)) == "2026T3-r01"
    assert already_published(settings, make_lock(settings, CLOSED)) == "2026T3-r01"
    deliver(settings, 2)
    assert already_published(settings, make_lock(settings)) is None


def test_a_provisional_release_is_not_yet_the_closing_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    deliver(settings, 1)
    assert already_published(settings, make_lock(settings)) is None
    publish(settings, make_lock(settings))
    assert already_published(settings, make_lock(settings)) == "2026T3-r01"
    assert already_published(settings, make_lock(settings, CLOSED)) is None
