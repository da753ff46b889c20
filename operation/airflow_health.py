"""How the parts of Airflow are, as its API tells whoever reaches it: a scheduler that hangs would otherwise be noticed by nobody."""

from __future__ import annotations

import os

import requests

WELL = "healthy"
_SECONDS = 10


def airflow_url() -> str | None:
    """Where Airflow's API is reached by the other parts (PAMGA_AIRFLOW_URL); None where nobody said it."""
    return (os.environ.get("PAMGA_AIRFLOW_URL") or "").rstrip("/") or None


def airflow_parts(url: str) -> dict[str, str]:
    """What each part is ('healthy', or what is wrong), the API among them."""
    try:
        answer = requests.get(f"{url}/api/v2/monitor/health", timeout=_SECONDS)
        answer.raise_for_status()
        parts = {str(part): str(facts["status"]) for part, facts in answer.json().items() if facts}
    except requests.RequestException as error:
        status = getattr(error.response, "status_code", None)
        return {"api": f"it answers {status}" if status else f"it does not answer ({type(error).__name__})"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"api": "it answers something else"}
    return {"api": WELL, **parts}
