"""OpenLineage events of what dbt built: each model and test with what it read and wrote, to a URL or a file (PAMGA_LINEAGE).

They come from dbt's own artifacts, after dbt has ended. A server that does not answer never stops a build, and one that answers slowly
holds it for a bounded time, however many events there are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pamga.addresses import scheme_of, without_secrets
from pamga.faults import first_line
from pamga.settings import Settings

if TYPE_CHECKING:
    from openlineage.client.transport import Transport

_LOG = logging.getLogger("pamga.warehouse")
NAMESPACE = "pamga-leon"
PATIENCE = 30.0
"""As long as a build waits, in seconds, until all its events were taken."""
PRODUCER = "https://openlineage.io/pamga-leon"


def emit(settings: Settings, project: Path, target: Path) -> int:
    """Send the events of the dbt artifacts in `target`; returns how many were taken. None go where PAMGA_LINEAGE is not set."""
    if not settings.lineage or not (target / "run_results.json").exists():
        return 0
    from openlineage.client.transport.file import FileConfig, FileTransport
    from openlineage.client.transport.http import HttpConfig, HttpTransport
    from openlineage.common.provider.dbt import DbtLocalArtifactProcessor

    try:
        processor = DbtLocalArtifactProcessor(
            project_dir=str(project), target_path=str(target), producer=PRODUCER, job_namespace=NAMESPACE, skip_errors=True
        )  # fmt: skip
        if scheme_of(settings.lineage) in ("http", "https"):
            transport: Any = HttpTransport(HttpConfig.from_dict({"url": settings.lineage, "retry": {"total": 1}}))
        else:
            transport = FileTransport(FileConfig(log_file_path=settings.lineage, append=True))
        events = processor.parse().events()
    except Exception as error:  # whatever it says: lineage is told about a build, and does not decide on it
        return _not_all(settings, 0, error)
    told = _Telling(transport, events)
    told.start()
    told.join(PATIENCE)
    if told.error is not None:
        return _not_all(settings, told.taken, told.error)
    if told.taken < len(events) or told.is_alive():
        return _not_all(settings, told.taken, f"it took longer than {PATIENCE:.0f} s for {len(events)} events")
    return told.taken


class _Telling(threading.Thread):
    """A server may take each event a moment before its own limit, or answer a letter at a time: no limit of one request bounds them all."""

    def __init__(self, transport: Transport, events: Iterable[Any]) -> None:
        super().__init__(daemon=True)
        self._transport, self._events = transport, events
        self._until = time.monotonic() + PATIENCE
        self.taken = 0
        self.error: Exception | None = None

    def run(self) -> None:
        from openlineage.client import OpenLineageClient

        try:
            client = OpenLineageClient(transport=self._transport)
            for event in self._events:
                if time.monotonic() > self._until:
                    return  # nobody waits any more
                client.emit(event)
                self.taken += 1
            client.close(timeout=PATIENCE)
        except Exception as error:
            self.error = error


def _not_all(settings: Settings, taken: int, why: Exception | str) -> int:
    said = first_line(why) if isinstance(why, Exception) else why
    _LOG.warning(
        "No lineage was sent to %s: %s; %d events were taken", without_secrets(settings.lineage or ""), said, taken
    )
    return taken
