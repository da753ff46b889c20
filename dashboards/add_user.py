"""Give somebody an account: the Secretariado, or a department (which sees its own rows only).

    .venv-superset/bin/python dashboards/add_user.py ana="Dependencia: IMJU" luis=Secretariado

Each password comes from PAMGA_SUPERSET_USER_PASSWORD or is made here and printed once. An existing user gets the role and,
when one is given, the password.
"""

from __future__ import annotations

import os
import secrets

from environment import EnvironmentProblem, end_with, make_app, options, prepare

from pamga.plan import plan


def add_user(username: str, role_name: str) -> str | None:
    """Make or change the user; returns the password when it was made here. Raises EnvironmentProblem."""
    from superset import db, security_manager

    role = security_manager.find_role(role_name)
    if role is None:
        known = ", ".join(sorted(found.name for found in security_manager.get_all_roles()))
        raise EnvironmentProblem(f"No role {role_name!r}. Next: choose one of {known}.")
    given = os.environ.get("PAMGA_SUPERSET_USER_PASSWORD")
    user = security_manager.find_user(username)
    if user:
        user.roles = [role]
        db.session.commit()
        if given:
            security_manager.reset_password(user.id, given)
        return None
    password = given or secrets.token_urlsafe(15)
    security_manager.add_user(username, username, "", f"{username}@{plan().corto}.example", role, password)
    return None if given else password


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("people", nargs="+", metavar="USER=ROLE")
    arguments = parser.parse_args()
    prepare()
    with make_app().app_context():
        for person in arguments.people:
            username, equals, role = person.partition("=")
            if not equals:
                raise EnvironmentProblem(f"{person!r} is not USER=ROLE.")
            password = add_user(username, role)
            print(f"{username}: {role}" + (f"; password (shown once): {password}" if password else ""))


if __name__ == "__main__":
    end_with(main)
