"""The databases of an installation: the registry, Airflow's and Superset's metadata. SQLite by its backup interface, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from pamga.airflow_settings import airflow_setting
from pamga.errors import PamgaError, UsageError
from pamga.keys import from_files
from pamga.registry import damage
from pamga.settings import Settings
from pamga.storage import make_folder, sync

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SUPERSET = "PAMGA_SUPERSET_DATABASE_URL"
HIDDEN = "airflow-db-not-allowed:"
NAMES = ("registry", "airflow", "superset")
PG_DUMP = "pg_dump"
_LAST_LINES = 3
_SECONDS = 10
_CLIENT = "Install PostgreSQL's client, of the server's version or newer (Debian: postgresql-client; the image's is in docker/Dockerfile)."


@dataclass(frozen=True)
class Database:
    """One of them, and where it is."""

    name: str
    url: sa.URL

    @property
    def kind(self) -> str:
        return self.url.get_backend_name()

    @property
    def file(self) -> Path:
        return Path(self.url.database or "")

    @property
    def shown(self) -> str:
        """Its address without the password."""
        return self.url.render_as_string(hide_password=True)


def databases(settings: Settings) -> list[Database]:
    """The databases that there are: a SQLite one that was never made is left out."""
    known = (database_of(settings, name) for name in NAMES)
    return [database for database in known if database.kind != SQLITE or database.file.exists()]


def database_of(settings: Settings, name: str) -> Database:
    """The database of this name, whether it was made or not."""
    root = settings.layout.root
    given, home = {
        "registry": (settings.registry_url, settings.layout.registry),
        "airflow": (_airflow_url(settings), root / "airflow" / "airflow.db"),
        "superset": (
            os.environ.get(SUPERSET) or from_files([SUPERSET]).get(SUPERSET),
            root / "superset" / "superset.db",
        ),
    }[name]
    return Database(name, _url(name, given, home))


def _airflow_url(settings: Settings) -> str | None:
    """Ours, else Airflow's own setting. A task does not see Airflow's: in its place stands an address that is none."""
    url = settings.airflow_database_url or airflow_setting("database", "sql_alchemy_conn")
    return None if url and url.startswith(HIDDEN) else url


def _url(name: str, given: str | None, home: Path) -> sa.URL:
    try:
        url = sa.make_url(given) if given else sa.URL.create(SQLITE, database=str(home))
    except (sa.exc.ArgumentError, ValueError):  # its text may hold the password, or a piece of it
        raise UsageError(f"The address of the database {name} is no SQLAlchemy URL.", "Mend it.") from None
    if url.get_backend_name() not in (SQLITE, POSTGRESQL):
        raise UsageError(
            f"The database {name} is {url.get_backend_name()}.", "Only SQLite and PostgreSQL are backed up."
        )
    return url


def dump(database: Database, into: Path) -> Path:
    """Write a consistent copy of a database that may be in use; returns the file. Raises PamgaError for a damaged one: a copy of the damage
    would in time take the place of every whole copy."""
    make_folder(into)
    if database.kind == SQLITE:
        path = into / f"{database.name}.sqlite"
        broken = damage(database.file)
        if broken is not None:
            raise PamgaError(
                f"The database {database.name} ({database.file}) is damaged: {broken}.",
                "`pamga doctor` says the way out; then take the backup again.",
            )
        where = f"file:{quote(str(database.file))}?mode=ro"
        with closing(sqlite3.connect(where, uri=True, timeout=60)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
        return path
    path = into / f"{database.name}.dump"
    _postgresql(database, PG_DUMP, "--format=custom", "--no-owner", "--no-privileges", "--file", str(path))
    return path


def dump_problem(database: Database) -> tuple[str, str] | None:
    """Why a copy of it could not be taken here, and the way out: a pg_dump that is older than the server refuses."""
    if database.kind == SQLITE:
        return None
    if shutil.which(PG_DUMP) is None:
        return f"{PG_DUMP} is not installed here: {database.name} cannot be backed up.", _CLIENT
    said = subprocess.run([PG_DUMP, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)[.\d]*", said)
    ours = int(found[1]) if found else 0
    engine = sa.create_engine(database.url, poolclass=sa.NullPool, connect_args={"connect_timeout": _SECONDS})
    with engine.connect() as connection:
        theirs = int(connection.exec_driver_sql("show server_version_num").scalar_one()) // 10_000
    if ours >= theirs:
        return None
    return (
        f"{PG_DUMP} is of version {ours} and the server of {database.name} of {theirs}: it cannot be backed up.",
        _CLIENT,
    )


def is_empty(database: Database) -> bool:
    """Whether nothing was put into it yet: then a copy may take its place."""
    if database.kind == SQLITE:
        return not database.file.exists() or database.file.stat().st_size == 0
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
    except sa.exc.OperationalError as error:
        raise PamgaError(
            f"The database {database.name} ({database.shown}) does not answer: {str(error.orig).strip().splitlines()[0]}.",
            "Start it, make the empty database and its role, and do it again.",
        ) from error


def load(database: Database, copy: Path) -> None:
    """Put a copy in the place of a database, wholly or not at all; whoever calls has seen that nothing is lost."""
    kind = SQLITE if copy.suffix == ".sqlite" else POSTGRESQL
    if kind != database.kind:
        raise UsageError(
            f"The copy of the database {database.name} is of {kind}, and here it is {database.kind}.",
            "Restore into the same kind of database.",
        )
    if kind == SQLITE:
        make_folder(database.file.parent)
        for leftover in ("-wal", "-shm", "-journal"):
            database.file.with_name(database.file.name + leftover).unlink(missing_ok=True)
        database.file.unlink(missing_ok=True)
        shutil.move(copy, database.file)
        sync(database.file.parent)
        return
    _postgresql(
        database, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--clean", "--if-exists",
        "--dbname", database.url.database or "", str(copy),
    )  # fmt: skip


def _postgresql(database: Database, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where no list of processes shows it."""
    if shutil.which(program) is None:
        raise PamgaError(f"{program} is not installed here.", _CLIENT)
    url = database.url
    given = {
        "PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password,
        "PGDATABASE": url.database, "PGSSLMODE": url.query.get("sslmode"),
    }  # fmt: skip
    environment = {name: str(value) for name, value in given.items() if value}
    done = subprocess.run(
        [program, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = " ".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise PamgaError(
            f"{program} of the database {database.name} ({database.shown}) failed: {said}", "Mend it and do it again."
        )
