"""Airflow with production's auth manager, in a process of its own: who may answer, and what else each may do. Prints one JSON document.

python -m tests.dags.fab_scene FOLDER      FOLDER holds `data/` with a run that the gate has seen
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.dags.people import states_of

ACCOUNTS = {"ana": "Secretariado", "ti": "Admin", "guardia": "Op"}
REASON = {"persona": "Ana Ruiz, Secretaria Técnica", "motivo": "Revisado en sesión."}


def main(folder: Path) -> dict[str, Any]:
    from operation.airflow_env import airflow_environment
    from pamga.settings import Settings

    os.environ |= {
        "PAMGA_DATA": str(folder / "data"), "PAMGA_HOY": "2026-10-20", "PAMGA_REQUIRE_APPROVAL": "true",
        "AIRFLOW__CORE__AUTH_MANAGER": "operation.auth_manager.PamgaAuthManager", "AIRFLOW__FAB__UPDATE_FAB_PERMS": "True",
    }  # fmt: skip
    os.environ |= airflow_environment(Settings(data=folder / "airflow"))
    os.environ["PAMGA_DATA"] = str(folder / "data")
    from airflow.utils.db import initdb

    initdb()
    from operation.roles import make_role

    said: dict[str, Any] = {"role": sorted(map(list, make_role())), "again": sorted(map(list, make_role()))}
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from fastapi.testclient import TestClient

    app = create_app(apps="core")
    manager: Any = get_auth_manager()
    clients = {}
    with manager.flask_app.app_context():  # type: ignore[attr-defined]
        security = manager.security_manager
        for name, role in ACCOUNTS.items():
            security.add_user(name, name, "x", f"{name}@leon.example", security.find_role(role), password="una larga")
            clients[name] = TestClient(app)
            clients[name].headers["Authorization"] = f"Bearer {manager.generate_jwt(security.find_user(name))}"
    clients["nobody"] = TestClient(app)
    import publish.release

    published: list[str] = []

    def publish_it(_settings: Settings, run: str) -> publish.release.PublishResult:
        published.append(run)
        return publish.release.PublishResult(release="2026T3-r02", flipped=True)

    publish.release.publish = publish_it  # type: ignore[assignment]
    people = threading.Thread(target=_answer_or_end, args=(clients, said))
    people.start()
    said["states"] = states_of("publicar")
    people.join()
    said["published"] = published
    return said


def _answer_or_end(clients: dict[str, Any], said: dict[str, Any]) -> None:
    """A question that nobody could answer would be waited for during days."""
    try:
        _people(clients, said)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
    if not isinstance(said.get("answers"), dict) or said["answers"].get("ana") != 200:
        print(said, file=sys.stderr, flush=True)
        os._exit(1)


def _people(clients: dict[str, Any], said: dict[str, Any]) -> None:
    """Each tries what the role should forbid; the Secretariado answers last."""
    ana = clients["ana"]
    pending: list[dict[str, Any]] = []
    for _ in range(1500):
        answer = ana.get("/api/v2/dags/~/dagRuns/~/hitlDetails", params={"response_received": "false"})
        pending = answer.json().get("hitl_details", [])
        if pending:
            break
        time.sleep(0.2)
    if not pending:
        said["answers"] = "no question was seen"
        return
    instance = pending[0]["task_instance"]
    where = f"/api/v2/dags/publicar/dagRuns/{instance['dag_run_id']}/taskInstances/aprobar_candidata"
    said["dags"] = sorted(dag["dag_id"] for dag in ana.get("/api/v2/dags").json().get("dags", []))
    said["forbidden"] = {
        "start": ana.post("/api/v2/dags/publicar/dagRuns", json={"logical_date": None}).status_code,
        "pause": ana.patch("/api/v2/dags/publicar", json={"is_paused": True}).status_code,
        "mark": ana.patch(where, json={"new_state": "success"}).status_code,
        "connections": ana.get("/api/v2/connections").status_code,
        "variables": ana.get("/api/v2/variables").status_code,
        "config": ana.get("/api/v2/config").status_code,
        "other DAG": ana.get("/api/v2/dags/mantenimiento/dagRuns").status_code,
        "pools": ana.get("/api/v2/pools").status_code,
    }
    said["sees"] = clients["ti"].get(where).status_code
    yes = {"chosen_options": ["aprobar"], "params_input": REASON}
    forged = {"key": "return_value", "value": {**yes, "responded_by_user": {"id": "1", "name": "ana"}}, "map_index": -1}
    said["forged"] = {}
    for name in ("ti", "guardia", "ana"):
        client = clients[name]
        said["forged"][name] = [
            client.post(f"{where}/xcomEntries", json=forged).status_code,
            client.patch(f"{where}/xcomEntries/return_value", json=forged).status_code,
            client.patch(
                f"{where.replace('aprobar', 'elegir')}/xcomEntries/return_value",
                json={"value": "otra", "map_index": -1},
            ).status_code,
            client.delete(f"{where.replace('aprobar', 'resumir')}/xcomEntries/summary").status_code,
        ]
    anonymous = clients["nobody"]
    said["anonymous"] = [
        anonymous.patch(f"{where}/-1/hitlDetails", json=yes).status_code,
        anonymous.get("/api/v2/dags/~/dagRuns/~/hitlDetails").status_code,
        anonymous.get(where).status_code,
        anonymous.post("/api/v2/dags/publicar/dagRuns", json={"logical_date": None}).status_code,
    ]
    said["answers"] = {}
    for name in ("ti", "guardia", "ana"):
        said["answers"][name] = clients[name].patch(f"{where}/-1/hitlDetails", json=yes).status_code
    no = {"chosen_options": ["rechazar"], "params_input": REASON}
    said["twice"] = [ana.patch(f"{where}/-1/hitlDetails", json=said_now).status_code for said_now in (yes, no)]


if __name__ == "__main__":
    document = main(Path(sys.argv[1]))
    Path(sys.argv[1], "said.json").write_text(json.dumps(document))
