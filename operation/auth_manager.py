"""Who may do what in Airflow, in production: FAB's accounts and roles, and one rule of our own.

Only people with the role `Secretariado` answer questions (approve a candidate, confirm a takedown): nobody of IT, the administrator included.
Marking the task as done does not help either: publishing asks the log for the approval (`publish.candidate`). And nobody writes by hand what tasks tell
one another (XCom): an answer that was never given would be recorded as somebody's.
"""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager

from operation.roles import SECRETARIADO


class PamgaAuthManager(FabAuthManager):
    """FAB, but that only the Secretariado answers, and that answers come from nowhere else."""

    def is_authorized_dag(
        self, *, method: Any, user: Any, access_entity: DagAccessEntity | None = None, details: Any = None
    ) -> bool:
        if access_entity == DagAccessEntity.HITL_DETAIL and method != "GET":
            sees = super().is_authorized_dag(method="GET", user=user, access_entity=access_entity, details=details)
            return sees and SECRETARIADO in {role.name for role in user.roles}
        if access_entity == DagAccessEntity.XCOM and method != "GET":
            return False
        allowed: bool = super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )
        return allowed
