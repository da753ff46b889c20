"""OpenLineage events of what dbt built: each model and test with what it read and wrote, to a URL or a file (PAMGA_LINEAGE).

They come from dbt's own artifacts, after dbt has ended. A server that does not answer never stops a build.
"""

from __future__ import annotations

import logging
from pathlib import Path

from pamga.addresses import scheme_of, without_secrets
from pamga.faults import first_line
from pamga.settings import Settings

_LOG = logging.getLogger("pamga.warehouse")
NAMESPACE = "pamga-leon"
_SECONDS = 10.0
PRODUCER = "https://openlineage.io/pamga-leon"


def emit(settings: Settings, project: Path, target: Path) -> int:
    """Send the events of the dbt artifacts in `target`; returns how many went. None go where PAMGA_LINEAGE is not set."""
    if not settings.lineage or not (target / "run_results.json").exists():
        return 0
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import Transport
    from openlineage.client.transport.file import FileConfig, FileTransport
    from openlineage.client.transport.http import HttpConfig, HttpTransport
    from openlineage.common.provider.dbt import DbtLocalArtifactProcessor

    try:
        processor = DbtLocalArtifactProcessor(
            project_dir=str(project), target_path=str(target), producer=PRODUCER, job_namespace=NAMESPACE, skip_errors=True
        )  # fmt: skip
        if scheme_of(settings.lineage) in ("http", "https"):
            transport: Transport = HttpTransport(HttpConfig.from_dict({"url": settings.lineage, "retry": {"total": 1}}))
        else:
            transport = FileTransport(FileConfig(log_file_path=settings.lineage, append=True))
        client = OpenLineageClient(transport=transport)
        events = processor.parse().events()
        for event in events:
            client.emit(event)
        client.close(timeout=_SECONDS)
    except Exception as error:  # whatever it says: lineage is told about a build, and does not decide on it
        _LOG.warning("No lineage was sent to %s: %s", without_secrets(settings.lineage), first_line(error))
        return 0
    return len(events)
