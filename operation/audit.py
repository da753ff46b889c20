"""`pamga audit`: lake, log, ledger, vault, releases and registry against what was recorded when they were made."""

from __future__ import annotations

from pamga import seals
from pamga.seals import Finding
from pamga.settings import Settings


def audit(settings: Settings) -> list[Finding]:
    """Everything that is not what it was, each once, with the way back; empty when all is well."""
    from ingest.audit import audit_lake
    from publish.audit import audit_releases

    found: dict[tuple[str, str], Finding] = {}
    for finding in [*seals.findings(settings), *audit_lake(settings), *audit_releases(settings)]:
        found.setdefault((finding.object, finding.problem), finding)
    return list(found.values())
