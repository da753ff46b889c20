"""The role of the Secretariado in Airflow (FAB), made at every first start: what it has more than this is taken from it.

    python -m operation.roles

It sees the two DAGs that ask people something, their runs and the questions, and answers these (`operation/auth_manager.py` lets nobody
else). It starts, stops, edits and configures nothing.
"""

from __future__ import annotations

SECRETARIADO = "Secretariado"
ASKING = ("publicar", "retirar_publicacion")
"""The DAGs that wait for a person."""
PERMISSIONS = (
    ("can_read", "Website"),
    ("can_read", "My Profile"),
    ("can_read", "My Password"),
    ("can_edit", "My Password"),
    ("menu_access", "HITL Detail"),
    ("can_read", "HITL Detail"),
    ("can_edit", "HITL Detail"),
    *(("can_read", f"DAG:{dag}") for dag in ASKING),
    ("can_read", "DAG Runs"),
    ("can_read", "Task Instances"),
)


def make_role() -> set[tuple[str, str]]:
    """Make the role, or set it right; returns what it may do now. Airflow's metadata must be there."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        role = manager.find_role(SECRETARIADO) or manager.add_role(SECRETARIADO)
        for permission in list(role.permissions):
            if (permission.action.name, permission.resource.name) not in PERMISSIONS:
                manager.remove_permission_from_role(role, permission)
        for action, resource in PERMISSIONS:
            manager.add_permission_to_role(role, manager.create_permission(action, resource))
        return {(permission.action.name, permission.resource.name) for permission in role.permissions}


if __name__ == "__main__":
    print(f"{SECRETARIADO}: {len(make_role())} permissions")
