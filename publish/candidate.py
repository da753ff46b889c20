"""The candidate that may go out: the gate passed it and, where that is required, a person approved it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pamga import candidate
from pamga.candidate import Candidate
from pamga.documents.quality import Quality
from pamga.errors import GateStopped, PamgaError
from pamga.log import newest_answer
from pamga.settings import Settings


def load_candidate(settings: Settings, run: str | None = None) -> Candidate:
    """The candidate of `run` (default: runs/latest) when it may go out.

    Raises UsageError when there is no such complete run, GateStopped when the gate or a person did not let it through.
    """
    found = candidate.load_candidate(settings, run)
    quality = _passed_gate(found.run_folder)
    approval = newest_answer(settings.layout, found.run)
    if settings.require_approval and (approval is None or not approval.approves):
        said = "nobody has approved it yet" if approval is None else f"{approval.persona} said {approval.decision}"
        raise GateStopped(
            f"Run {found.run} needs the approval of the Secretariado: {said}.",
            "Approve it in Airflow (DAG publicar), or set PAMGA_REQUIRE_APPROVAL=false.",
        )
    return replace(found, quality=quality, approval=approval)


def quality_of(found: Candidate) -> Quality:
    """What the gate said of a candidate that is being published."""
    if found.quality is None:
        raise PamgaError(f"Run {found.run} has not been checked.", "Run `pamga check` first.")
    return found.quality


def _passed_gate(run_folder: Path) -> Quality:
    path = run_folder / "quality.json"
    quality = Quality.if_there(path)
    if quality is None:
        raise GateStopped(f"Run {run_folder.name} has not been checked.", "Run `pamga check` first.")
    if quality.run != run_folder.name:
        raise PamgaError(f"{path} speaks of run {quality.run!r}.", "Run `pamga check` again.")
    if quality.stopped:
        raise GateStopped(
            f"The gate stopped run {run_folder.name} (decision {quality.decision!r}).",
            "Read quality.html of the run: it names what to mend and who must do it.",
        )
    return quality
