"""The steps that construir_candidata and cierre_trimestre share; each calls the function that the command calls."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.shared import CANDIDATE
from pamga.quarter import Quarter
from pamga.settings import Settings


def build_candidate(closing: Quarter | None) -> dict[str, str]:
    """Build the candidate. Skips the task when there is nothing new to publish."""
    from dbt_project.build import build
    from publish.release import complete

    result = build(Settings(), closing)
    if result.run_dir is None:
        complete(Settings())  # a publication that was killed between log and pointer is finished here
        raise AirflowSkipException(f"Nothing new: release {result.release} holds what stands in the lake.")
    return {"run": result.run, "release": result.release}


def check_candidate(candidate: dict[str, str]) -> dict[str, str]:
    """The gate on a candidate. Fails the task for good when it says no: trying again would not change the data."""
    from quality.gate import check

    result = check(Settings(), candidate["run"])
    if result.decision != "publicar":
        raise AirflowFailException(f"The gate stopped run {result.run}: read runs/{result.run}/quality.html.")
    return candidate


def announce_candidate(candidate: dict[str, str], outlet_events: Any) -> None:
    """Emit the asset `candidata` for the quarter of the release."""
    outlet_events[CANDIDATE].add_partitions(candidate["release"].partition("-")[0])
