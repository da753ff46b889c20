"""Make Superset what git says: metadata, permissions, administrator, assets, roles, row-level security. Idempotent.

    .venv-superset/bin/python dashboards/apply.py [--json] [--if-changed] [--overwrite]

Run by `make up`, by the DAG refrescar_tableros and by the tests. What somebody changed in the browser and git does not have is
never undone unsaid. Exit 0 done, 2 wrong environment, 3 broken, 4 refused: there are such changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from assets_io import ASSETS, HERE, METADATA, charts_of, contents_for_import, held, in_git, load
from declared import DECLARATIONS
from environment import end_with, make_app, one_at_a_time, options, prepare, superset_home
from export import exported, live
from said_once import SOURCES

from pamga.plan import plan
from pamga.yaml_files import load_yaml, parse_yaml

ADMIN = "admin"
SECRETARIADO = "Secretariado"
EDITED = 4


def access() -> dict[str, Any]:
    """access.yaml, parsed."""
    document: dict[str, Any] = load_yaml(HERE / "access.yaml")
    return document


def migrate() -> None:
    """Bring Superset's metadata to this version's schema."""
    from flask_migrate import upgrade

    with contextlib.redirect_stdout(sys.stderr):
        upgrade()


def drop_unfinished_metadata() -> None:
    """Forget the embedded metadata of a first start that was killed on its way.

    SQLite commits each step of a migration by itself, so a killed one can neither go on nor start again. Without an
    administrator nobody has ever entered: there is nothing to lose.
    """
    path = superset_home() / "superset.db"
    if os.environ.get("PAMGA_SUPERSET_DATABASE_URL") or not path.exists():
        return
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        users = connection.execute("select count(*) from ab_user").fetchone()[0] if "ab_user" in tables else 0
    if not users:
        path.unlink()
        path.with_name(path.name + "-journal").unlink(missing_ok=True)


def ensure_admin() -> str | None:
    """The administrator; returns the password when it was made here (it is shown once and stored nowhere).

    Until somebody enters for the first time a given password holds, whichever process made the account: on a first start
    `make up` gives one to serve.py and prints it, and the DAG's process, which has none, may come first. A password made by
    a process that was killed before it could show it is replaced too.
    """
    from superset import security_manager

    given = os.environ.get("PAMGA_SUPERSET_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(15)
    admin = security_manager.find_user(ADMIN)
    if admin is None:
        security_manager.add_user(
            ADMIN,
            "Administración",
            "Tableros",
            f"tableros@{plan().corto}.example",
            security_manager.find_role("Admin"),
            password,
        )
    elif not admin.login_count and (given or not applied_before().exists()):
        security_manager.reset_password(admin.id, password)
    else:
        return None
    return None if given else password


class EditedInTheBrowser(Exception):
    """Somebody changed dashboards in the browser, and applying would undo it. The message says what and what to do."""


def applied_before() -> Path:
    """The file that remembers what the last complete run applied."""
    return superset_home() / "applied.json"


def last_applied() -> dict[str, Any]:
    """What the last complete run left: uuids of the assets, what git said (`git`), what Superset then had (`held`)."""
    if not applied_before().exists():
        return {"assets": [], "git": None, "held": None}
    kept = json.loads(applied_before().read_text())
    return {"assets": [], "git": None, "held": None} | (kept if isinstance(kept, dict) else {"assets": kept})


def fingerprint(folder: Path = ASSETS) -> str:
    """Of all that applying depends on: assets and what they take from elsewhere, rights, these scripts, Superset's version."""
    from importlib.metadata import version

    digest = hashlib.sha256(version("apache-superset").encode())
    for path in sorted([*folder.rglob("*.yaml"), HERE / "access.yaml", *HERE.glob("*.py"), *SOURCES, *DECLARATIONS]):
        base = next(base for base in (folder, HERE, HERE.parent) if path.is_relative_to(base))
        digest.update(path.relative_to(base).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def edited(folder: Path) -> dict[str, str]:
    """What somebody changed in the browser since the last run and git does not have: path to text ("" when removed)."""
    before = last_applied()["held"]
    if before is None:
        return {}
    everything = exported()
    now = held(everything)
    changed = {uuid for uuid in before.keys() | now.keys() if before.get(uuid) != now.get(uuid)}
    if not changed:
        return {}
    texts = live(everything, folder)
    paths = {asset["uuid"]: path for path, asset in load(folder).items()}
    paths |= {parse_yaml(text)["uuid"]: path for path, text in texts.items() if path != METADATA}
    found = {paths[uuid]: texts.get(paths[uuid], "") for uuid in changed if uuid in paths}
    return {path: text for path, text in in_git(found).items() if text != _text(folder / path)}


def keep_edits(folder: Path, overwrite: bool) -> None:
    """Refuse when applying would undo edits; when told to overwrite, keep a copy of them. Raises EditedInTheBrowser."""
    changed = edited(folder)
    if not changed:
        return
    names = "\n".join(f"  {path}" for path in sorted(changed))
    if not overwrite:
        raise EditedInTheBrowser(
            f"Changed in the browser since the last apply, and not in git:\n{names}\n"
            "Next: `make dashboards-export` brings it to git (look at git diff), then apply again; "
            "or `dashboards/apply.py --overwrite` undoes it and keeps a copy under superset/edits/."
        )
    copy = superset_home() / "edits" / hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()[:12]
    for path, text in changed.items():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    print(f"Undone, a copy is in {copy}:\n{names}", file=sys.stderr)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def import_assets(folder: Path = ASSETS) -> None:
    """Databases, datasets, charts, dashboards: what exists under a uuid is updated in place."""
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    ImportAssetsCommand(contents_for_import(folder)).run()


def remove_what_git_dropped(folder: Path = ASSETS) -> list[str]:
    """Delete charts, datasets and dashboards that apply.py once imported and git no longer has."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    before = set(last_applied()["assets"])
    now = {asset["uuid"] for asset in load(folder).values()}
    removed = []
    for model in (Dashboard, Slice, SqlaTable):
        for item in db.session.query(model).all():
            if str(item.uuid) in before - now:
                removed.append(f"{model.__name__}: {item}")
                db.session.delete(item)
    db.session.commit()
    return removed


def remember(folder: Path = ASSETS) -> None:
    """Write what was applied, whole or not at all."""
    document = {
        "assets": sorted(asset["uuid"] for asset in load(folder).values()),
        "git": fingerprint(folder),
        "held": held(exported()),
    }
    spare = applied_before().with_suffix(".new")
    spare.write_text(json.dumps(document))
    spare.replace(applied_before())


def _permission(action: str, resource: str) -> Any:
    from superset import security_manager

    return security_manager.add_permission_view_menu(action, resource)


def ensure_roles(rules: dict[str, Any]) -> dict[str, Any]:
    """Public, Secretariado and one role a department: they may look and download, nothing more."""
    from superset import db, security_manager

    allowed = {_permission(action, resource) for action, resource in security_manager.PUBLIC_ROLE_PERMISSIONS} | {
        _permission(action, resource) for action, resource in rules["permissions"]["everyone"]
    }
    roles = {}
    for name in ["Public", SECRETARIADO, *rules["departments"].values()]:
        role = security_manager.add_role(name)
        role.permissions = sorted(allowed, key=lambda permission: permission.id)
        roles[name] = role
    for name in (SECRETARIADO, *rules["departments"].values()):
        roles[name].permissions = [
            *roles[name].permissions,
            _permission("can_read", "user"),  # their own account: name, password
            _permission("can_write", "CurrentUserRestApi"),
            _permission("menu_access", "Dashboards"),
        ]
    db.session.commit()
    return roles


def ensure_dashboard_roles(rules: dict[str, Any], roles: dict[str, Any]) -> None:
    """Roles of each dashboard (Superset's export leaves them out); every dashboard of git is published."""
    from superset import db
    from superset.models.dashboard import Dashboard

    departments = [roles[name] for name in rules["departments"].values()]
    audience = {
        "public_dashboards": [roles["Public"], roles[SECRETARIADO], *departments],
        "internal_dashboards": [roles[SECRETARIADO], *departments],
        "review_dashboards": [roles[SECRETARIADO]],
    }
    for kind, readers in audience.items():
        for dashboard in db.session.query(Dashboard).filter(Dashboard.slug.in_(rules[kind])).all():
            dashboard.roles = readers
            dashboard.published = True
    db.session.commit()


def internal_tables(rules: dict[str, Any]) -> set[str]:
    """uuids of the datasets behind the internal dashboards."""
    assets = load()
    wanted = set(rules["internal_dashboards"])
    charts = {uuid for asset in assets.values() if asset.get("slug") in wanted for uuid in charts_of(asset)}
    return {asset["dataset_uuid"] for asset in assets.values() if asset["uuid"] in charts}


def ensure_row_level_security(rules: dict[str, Any], roles: dict[str, Any]) -> None:
    """A department sees its own rows; whoever has no rule sees none (the base rule fails closed)."""
    from superset import db, security_manager
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
    from superset.utils.core import RowLevelSecurityFilterType

    column = rules["row_level_security"]["column"]
    uuids = internal_tables(rules)
    common = set(rules["row_level_security"]["without"])
    tables = [
        table
        for table in db.session.query(SqlaTable).all()
        if str(table.uuid) in uuids and table.table_name not in common
    ]

    def ensure(name: str, kind: str, clause: str, members: list[Any]) -> None:
        rule = db.session.query(RowLevelSecurityFilter).filter_by(name=name).one_or_none()
        rule = rule or RowLevelSecurityFilter(name=name)
        rule.description = "dashboards/access.yaml"
        rule.filter_type, rule.clause, rule.group_key = kind, clause, column
        rule.roles, rule.tables = members, tables
        db.session.add(rule)

    open_to = [security_manager.find_role("Admin"), roles[SECRETARIADO]]
    departments = {key: roles[name] for key, name in rules["departments"].items()}
    ensure(
        "Nadie sin regla",
        RowLevelSecurityFilterType.BASE,
        "1 = 0",
        [*open_to, *departments.values()],
    )
    for key, role in departments.items():
        ensure(f"Sólo {key}", RowLevelSecurityFilterType.REGULAR, f"{column} = '{key}'", [role])
    db.session.commit()


def apply(folder: Path = ASSETS, overwrite: bool = False) -> dict[str, Any]:
    """Everything, in order. Returns what was done, with the administrator's password if it was made now.

    Raises EditedInTheBrowser before anything was changed, unless told to `overwrite`.
    """
    prepare()
    with one_at_a_time():
        return _apply(folder, overwrite)


def _apply(folder: Path, overwrite: bool) -> dict[str, Any]:
    started = time.monotonic()
    drop_unfinished_metadata()
    app = make_app()
    with app.app_context(), app.test_request_context():
        migrate()
        from flask import g
        from superset import appbuilder, security_manager
        from superset.utils.core import override_user

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        password = ensure_admin()
        g.user = security_manager.find_user(ADMIN)
        rules = access()
        with override_user(g.user):
            keep_edits(folder, overwrite)
            import_assets(folder)
            removed = remove_what_git_dropped(folder)
            roles = ensure_roles(rules)
            ensure_dashboard_roles(rules, roles)
            ensure_row_level_security(rules, roles)
        remember(folder)
        assets = load(folder)
        return {
            "dashboards": sorted(asset["slug"] for path, asset in assets.items() if path.startswith("dashboards/")),
            "charts": sum(path.startswith("charts/") for path in assets),
            "datasets": sum(path.startswith("datasets/") for path in assets),
            "removed": removed,
            "admin_user": ADMIN,
            "admin_password": password,
            "seconds": round(time.monotonic() - started, 1),
        }


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--overwrite", action="store_true", help="undo what was changed in the browser (a copy is kept)"
    )
    parser.add_argument("--if-changed", action="store_true", help="do nothing when git says what was applied last")
    arguments = parser.parse_args()
    prepare()
    if arguments.if_changed and last_applied()["git"] == fingerprint():
        print("Nothing to apply: git says what was applied last.")
        return 0
    try:
        done = apply(overwrite=arguments.overwrite)
    except EditedInTheBrowser as problem:
        print(problem, file=sys.stderr)
        return EDITED
    if arguments.json:
        print(json.dumps(done, ensure_ascii=False))
        return 0
    if done["admin_password"]:
        print(f"Superset administrator (shown once): {ADMIN} / {done['admin_password']}")
    for line in done["removed"]:
        print(f"removed {line}")
    # the DAG keeps the last line as its result, so the password must not be the last
    print(f"{len(done['dashboards'])} dashboards, {done['charts']} charts applied in {done['seconds']} s")
    return 0


if __name__ == "__main__":
    end_with(main)
