"""The steps of operation/steps.py as tasks see them: nothing new skips the task, a "no" fails it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.shared import BUILD_POOL, CANDIDATE, announce
from operation import steps
from pamga.errors import GateStopped, NothingDelivered
from pamga.quarter import Quarter
from pamga.settings import Settings

if TYPE_CHECKING:
    from publish.release import PublishResult
    from warehouse.closing import ClosedBy


def build_candidate(closing: Quarter | None, by: ClosedBy | None = None) -> dict[str, str]:
    """Build the candidate. Skips the task when there is nothing new to publish, or nothing at all: no quarter is closed over an empty
    lake, and a first start is not red."""
    settings = Settings()
    try:
        result = steps.build(settings, closing, by)
    except NothingDelivered as nothing:
        raise AirflowSkipException(
            f"{nothing.cause} Once the deliveries of {closing} are in, trigger cierre_trimestre for it."
            if closing
            else nothing.cause
        ) from nothing
    if result.run_dir is None:
        steps.finish(settings)
        raise AirflowSkipException(f"Nothing new: release {result.release} holds what stands in the lake.")
    return {"run": result.run, "release": result.release}


def check_candidate(candidate: dict[str, str]) -> dict[str, str]:
    """The gate on a candidate. Fails the task for good when it says no: trying again would not change the data."""
    result = steps.check(Settings(), candidate["run"])
    if result.stopped:
        raise AirflowFailException(
            f"The gate stopped run {result.run}; the old release stands.\n\n{result.notice(only_stopped=True)}\n\n"
            f"Todo lo demás está en runs/{result.run}/quality.html."
        )
    return candidate


def build_held_closings(outlet_events: Any) -> list[str]:
    """Build again the closings that were held by what has arrived, and announce those that pass. One that is held again stops nothing else."""
    from warehouse.lock import closings_to_try

    closed = []
    for quarter in closings_to_try(Settings()):
        try:
            candidate = check_candidate(build_candidate(quarter))
        except (AirflowFailException, AirflowSkipException) as held:
            print(f"{quarter}: {held}")
            continue
        announce(outlet_events, CANDIDATE, candidate["release"])
        closed.append(str(quarter))
    return closed


@task(pool=BUILD_POOL)
def revisar(candidata: dict[str, str]) -> dict[str, str]:
    """The gate. A 'no' fails without retries and the old release stands; a closing is also held by a missing delivery or a stale dataset."""
    return check_candidate(candidata)


@task(outlets=[CANDIDATE])
def anunciar(candidata: dict[str, str], *, outlet_events: Any) -> None:
    """What passed the gate is announced to `publicar`."""
    announce(outlet_events, CANDIDATE, candidata["release"])


def candidate_to_publish() -> str:
    """The run that `publicar` publishes: the one that last passed the gate. Skips the task when it is published already."""
    run = steps.next_to_publish(Settings(), lambda closing: check_candidate(build_candidate(closing))["run"])
    if run is None:
        raise AirflowSkipException("What passed the gate is published already.")
    return run


def publish_candidate(run: str) -> PublishResult:
    """Publish a run. Fails the task for good when the gate or the Secretariado says no: trying again would not change that."""
    try:
        return steps.publish(Settings(), run)
    except GateStopped as stopped:
        raise AirflowFailException(str(stopped)) from stopped
