"""The databases: registry, Airflow's and Superset's metadata."""

from __future__ import annotations

import os
from collections.abc import Iterator

import sqlalchemy as sa

from operation.doctor.found import ANSWER_SECONDS, FAIL, OK, WARN, Found
from operation.doctor.migrations import lines
from pamga.backup.databases import NAMES, SQLITE, Database, database_of, dump_problem
from pamga.faults import first_line
from pamga.layout import MANIFESTS
from pamga.registry import HEAD, damage
from pamga.settings import Settings

_SUPERSET_TABLE = "dashboards"


def databases(settings: Settings) -> Iterator[Found]:
    for name in NAMES:
        database = database_of(settings, name)
        if database.kind == SQLITE and not database.file.exists():
            if settings.require_keys:
                yield Found(
                    WARN,
                    f"{name}: this service has no address of it.",
                    "Run doctor where its address is known: the backup is taken there too.",
                )
            elif name == "registry" and (lost := _lost_registry(settings)):
                yield lost
            else:
                yield Found(OK, f"{name} was not made yet.")
            continue
        broken = damage(database.file) if database.kind == SQLITE else None
        if broken is not None:
            mend = (
                "`pamga audit --registro` makes it again."
                if name == "registry"
                else "Put it back from the backup (docs/backup.md)."
            )
            yield Found(FAIL, f"{name} ({database.shown}) is damaged: {broken}.", mend)
            continue
        engine = reached(database)
        try:
            with engine.connect() as connection:
                inspector = sa.inspect(connection)
                if name == "registry" and inspector.has_table("alembic_version"):
                    at = connection.execute(sa.text("select version_num from alembic_version")).scalar()
                    if at is not None and at > HEAD:
                        yield Found(
                            FAIL, f"The registry is of a newer pamga ({at}).", "Use the code of before, or newer."
                        )
                        continue
                connection.execute(sa.text("select 1"))
                problems = list(_unfit(settings, database, connection, inspector))
        except sa.exc.SQLAlchemyError as error:
            said = first_line(getattr(error, "orig", None) or error)
            yield Found(
                FAIL,
                f"{name} ({database.shown}) does not answer: {said}",
                "Start it, or mend its address, role or password.",
            )
            continue
        yield from problems or [Found(OK, f"{name} answers ({database.kind}).")]
        problem = dump_problem(database)
        if problem is not None:
            yield Found(FAIL, *problem)


def _unfit(
    settings: Settings, database: Database, connection: sa.Connection, inspector: sa.Inspector
) -> Iterator[Found]:
    """A database that answers and does not serve: nothing in it, or nothing may be written."""
    name = database.name
    if _read_only(database, connection):
        yield Found(
            FAIL, f"{name} ({database.shown}) answers and takes nothing: it is read-only.",
            "See whether it is a standby, its disk is full, or its file belongs to another account; give the address of the one that writes.",
        )  # fmt: skip
    tables = set(inspector.get_table_names())
    if name == "registry" and "arrivals" not in tables and (lost := _lost_registry(settings)):
        yield lost
    if name == "superset" and _SUPERSET_TABLE not in tables:
        state = FAIL if settings.require_keys else WARN
        yield Found(
            state,
            f"superset ({database.shown}) is empty: no boards were made in it.",
            "Start Superset (docker compose up -d --wait superset), or restore it (docs/backup.md).",
        )


def _lost_registry(settings: Settings) -> Found | None:
    """An empty registry is the first day's, but not beside a lake that holds deliveries."""
    versions = sum(1 for _ in settings.layout.lake.glob(MANIFESTS))
    if not versions:
        return None
    said = f"The registry is empty, and the lake holds {versions} versions: files that were taken would be taken again."
    return Found(
        FAIL,
        said,
        "`pamga audit --registro` makes it from lake and inbox; where PAMGA_REGISTRY_URL names another database than before, mend it.",
    )


def _read_only(database: Database, connection: sa.Connection) -> bool:
    if database.kind == SQLITE:
        return not (os.access(database.file, os.W_OK) and os.access(database.file.parent, os.W_OK | os.X_OK))
    return str(connection.exec_driver_sql("show transaction_read_only").scalar_one()) == "on"


def migrations(settings: Settings) -> Iterator[Found]:
    """Tables of an older version are read wrongly by the code of today, and of a newer one by nobody here."""
    behind = False
    for line in lines(settings):
        database = database_of(settings, line.database)
        if database.kind == SQLITE and not database.file.exists():
            continue
        try:
            with reached(database).connect() as connection:
                problem = line.problem(connection)
        except sa.exc.SQLAlchemyError:
            continue  # said of the databases
        if problem is not None:
            behind = True
            yield Found(FAIL, problem, line.mend if "of older code" in problem else "Use the code of before, or newer.")
    if not behind:
        yield Found(OK, "No migration is pending.")


def reached(database: Database) -> sa.Engine:
    """A server that swallows what is sent holds the doctor for a bounded time."""
    more = {} if database.kind == SQLITE else {"connect_timeout": ANSWER_SECONDS}
    return sa.create_engine(database.url, poolclass=sa.NullPool, connect_args=more)
