"""The steps that construir_candidata, cierre_trimestre and publicar share; each calls the function that the command calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.shared import CANDIDATE
from pamga.errors import GateStopped
from pamga.quarter import Quarter
from pamga.settings import Settings

if TYPE_CHECKING:
    from publish.release import PublishResult
    from warehouse.closing import ClosedBy


def build_candidate(closing: Quarter | None, by: ClosedBy | None = None) -> dict[str, str]:
    """Build the candidate. Skips the task when there is nothing new to publish."""
    from publish.release import complete
    from warehouse.build import build

    result = build(Settings(), closing, by)
    if result.run_dir is None:
        complete(Settings())  # a publication that was killed between log and pointer is finished here
        raise AirflowSkipException(f"Nothing new: release {result.release} holds what stands in the lake.")
    return {"run": result.run, "release": result.release}


def check_candidate(candidate: dict[str, str]) -> dict[str, str]:
    """The gate on a candidate. Fails the task for good when it says no: trying again would not change the data."""
    from publish.release import complete
    from quality.gate import check

    result = check(Settings(), candidate["run"])
    if result.decision != "publicar":
        complete(Settings())  # a closing that was held is said on the page above the releases
        raise AirflowFailException(
            f"The gate stopped run {result.run}; the old release stands.\n\n{result.notice(only_stopped=True)}\n\n"
            f"Todo lo demás está en runs/{result.run}/quality.html."
        )
    return candidate


def closings_to_try() -> list[str]:
    """The held closings that the newest deliveries may let through, as quarters."""
    from warehouse.lock import closings_to_try as to_try

    return [str(quarter) for quarter in to_try(Settings())]


def announce_candidate(candidate: dict[str, str], outlet_events: Any) -> None:
    """Emit the asset `candidata` for the quarter of the release."""
    outlet_events[CANDIDATE].add_partitions(candidate["release"].partition("-")[0])


def candidate_to_publish() -> str:
    """The run that `publicar` publishes: the one that last passed the gate.

    Two candidates may both have been built to follow the same release; once one of them is out, the other is built again.
    Skips the task when what passed is published already.
    """
    from publish.release import StaleCandidate, next_to_publish

    settings = Settings()
    try:
        run = next_to_publish(settings)
    except StaleCandidate as stale:
        run = check_candidate(build_candidate(Quarter.parse(stale.closing) if stale.closing else None))["run"]
    if run is None:
        raise AirflowSkipException("What passed the gate is published already.")
    return run


def publish_candidate(run: str) -> PublishResult:
    """Publish a run. Fails the task for good when the gate or the Secretariado says no: trying again would not change that."""
    from publish.release import publish

    try:
        return publish(Settings(), run)
    except GateStopped as stopped:
        raise AirflowFailException(str(stopped)) from stopped
