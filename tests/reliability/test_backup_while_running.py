"""A snapshot that is taken while files are received is a state that could have been: whatever moment it shows, the audit finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.landing import all_manifests
from ingest.sample import write_inbox
from operation.audit import audit
from pamga.backup import back_up, open_repository, restore
from pamga.settings import Settings

RECEIVE = "from ingest.receive import receive_inbox; from pamga.settings import Settings; receive_inbox(Settings())"


@pytest.mark.slow
def test_every_moment_of_a_reception_is_whole(tmp_path: Path) -> None:
    data = tmp_path / "datos"
    write_inbox(data / "inbox")
    settings = Settings(
        data=data,
        backup=str(tmp_path / "respaldo"),
        backup_key=SecretStr("3f9c1e7b5a2d8046" * 4),
        hoy=date(2026, 10, 20),
    )
    environment = {**os.environ, "PAMGA_DATA": str(data), "PAMGA_HOY": "2026-10-20", "PAMGA_SETTLE_SECONDS": "0"}
    receiver = subprocess.Popen([sys.executable, "-c", RECEIVE], env=environment, stdout=subprocess.DEVNULL)
    try:
        while receiver.poll() is None:
            if (data / "lake").exists():
                back_up(settings)
    finally:
        receiver.kill()
        receiver.wait()
    assert receiver.returncode == 0
    back_up(settings)
    held = []
    snapshots = open_repository(settings).snapshots()
    step = max(1, len(snapshots) // 6)
    for number, snapshot in enumerate([*snapshots[:-1:step], snapshots[-1]]):
        other = settings.model_copy(update={"data": tmp_path / str(number)})
        other.__dict__.pop("layout", None)  # it follows from `data`
        restore(other, snapshot=snapshot.name)
        assert audit(other) == [], snapshot.name
        held.append(len(all_manifests(other.layout)))
    assert held == sorted(held) and held[0] < held[-1], f"moments that differ were looked at: {held}"
