"""The operational registry: which dropped files were taken, as what; reminders sent; approvals given.

SQLite by default, PostgreSQL in production (PAMGA_REGISTRY_URL). It is no source of truth: deliveries are in the lake, and
reminders and approvals also have their immutable object in `lake/_log`. Losing it costs only the list of duplicates.
The tables are made and changed by the Alembic migrations in `pamga/migrations`.
"""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from pamga.rights import keep_private
from pamga.settings import Settings
from pamga.storage import exclusive_lock

HEAD = "0002"
"""The newest migration; a test holds it against the folder of migrations."""
MIGRATIONS = Path(__file__).parent / "migrations"
_WAIT_SECONDS = 60  # for another writer of a SQLite registry

metadata = sa.MetaData()

arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("archivo", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("dependencia", sa.Text),
    sa.Column("export", sa.Text),
    sa.Column("trimestre", sa.String(6)),
    sa.Column("version", sa.Integer),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("refused_id", sa.String(16)),
    sa.Column("not_yet", sa.Boolean, nullable=False, default=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.UniqueConstraint("inbox", "path", "size", "mtime_ns", name="one_arrival_per_file"),
)
"""One row per dropped file that was taken: its claim, and what became of it."""

looks = sa.Table(
    "looks",
    metadata,
    sa.Column("inbox", sa.Text, primary_key=True),
    sa.Column("fecha", sa.Date, nullable=False),
)
"""The day on which each inbox was last looked at."""

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("inbox", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("dropped_on", sa.Date, nullable=False),
    sa.UniqueConstraint("inbox", "path", "size", "mtime_ns", name="one_sighting_per_file"),
)
"""The day on which each file was dropped, as it was understood when it was first seen."""

reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("dependencia", sa.Text, nullable=False),
    sa.Column("asunto", sa.Text, nullable=False),
    sa.Column("fecha", sa.Date, nullable=False),
)
"""Reminders sent, by the id of their object in lake/_log/reminders."""

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("persona", sa.Text, nullable=False),
    sa.Column("motivo", sa.Text),
    sa.Column("fecha", sa.Date, nullable=False),
)
"""Who approved or rejected which candidate."""


@dataclass(frozen=True)
class Arrival:
    """A dropped file and what became of it. `path`, `size` and `mtime_ns` name it: unchanged, it is never taken again."""

    inbox: str
    path: str
    size: int
    mtime_ns: int
    archivo: str
    sha256: str | None
    dependencia: str | None
    export: str | None
    trimestre: str | None
    version: int | None
    state: str
    refused_id: str | None
    not_yet: bool
    received_on: date


class Registry:
    """Reads and writes of one installation's registry."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def arrival(self, inbox: str, path: str, size: int, mtime_ns: int) -> Arrival | None:
        """The arrival of exactly this file, or None when it is new or changed."""
        table = arrivals.c
        same = (table.inbox == inbox, table.path == path, table.size == size, table.mtime_ns == mtime_ns)
        return next(iter(self._select(sa.select(arrivals).where(*same))), None)

    def arrivals(self, state: str | None = None) -> list[Arrival]:
        """All arrivals in the order in which they came; of one state when given."""
        query = sa.select(arrivals).order_by(arrivals.c.id)
        return self._select(query if state is None else query.where(arrivals.c.state == state))

    def landed_from(self, dependencia: str, export: str, trimestre: str, version: int) -> Arrival | None:
        """The arrival that made this version; None when that was never recorded (killed before, or the registry was lost)."""
        table = arrivals.c
        identity = (table.dependencia == dependencia, table.export == export, table.trimestre == trimestre)
        query = sa.select(arrivals).where(*identity, table.version == version, table.state != "duplicate")
        return next(iter(self._select(query)), None)

    def record(self, arrival: Arrival) -> bool:
        """Record an arrival in place of what was recorded of the same file; the caller holds the delivery's lock and has found
        that the file is to be taken (again). False when another process recorded it meanwhile."""
        values = arrival.__dict__
        table = arrivals.c
        same = sa.and_(*(table[name] == values[name] for name in ("inbox", "path", "size", "mtime_ns")))
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(arrivals).where(same))
                connection.execute(sa.insert(arrivals).values(values))
        except sa.exc.IntegrityError:
            return False
        return True

    def newest_receipt(self) -> date | None:
        """The newest day on which anything was received; None before the first."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(arrivals.c.received_on))).scalar()

    def newest_look(self) -> date | None:
        """The newest day on which any inbox was looked at."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(looks.c.fecha))).scalar()

    def correct_receipt(self, dependencia: str, export: str, trimestre: str, version: int, day: date) -> None:
        """The arrivals that came to this version were on another day than was recorded."""
        table = arrivals.c
        same = (
            table.dependencia == dependencia,
            table.export == export,
            table.trimestre == trimestre,
            table.version == version,
        )
        with self._engine.begin() as connection:
            connection.execute(sa.update(arrivals).where(*same).values(received_on=day))

    def last_look(self, inbox: str) -> date | None:
        """The day on which this inbox was last looked at; None when it never was."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(looks.c.fecha).where(looks.c.inbox == inbox)).scalar()

    def record_look(self, inbox: str, fecha: date) -> None:
        """Record that this inbox was looked at. Several receivers may do so at once."""
        if self.last_look(inbox) == fecha or self._insert_once(looks, {"inbox": inbox, "fecha": fecha}):
            return
        with self._engine.begin() as connection:
            connection.execute(sa.update(looks).where(looks.c.inbox == inbox).values(fecha=fecha))

    def dropped_on(self, inbox: str, path: str, size: int, mtime_ns: int) -> date | None:
        """The day on which exactly this file was dropped, as the first look at it said; None when it was not seen yet."""
        same = {"inbox": inbox, "path": path, "size": size, "mtime_ns": mtime_ns}
        query = sa.select(sightings.c.dropped_on).where(*(sightings.c[name] == value for name, value in same.items()))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def record_sighting(self, inbox: str, path: str, size: int, mtime_ns: int, dropped_on: date) -> bool:
        """Record a file's first sighting; False when it was seen before."""
        row = {"inbox": inbox, "path": path, "size": size, "mtime_ns": mtime_ns, "dropped_on": dropped_on}
        return self._insert_once(sightings, row)

    def record_reminder(self, id: str, dependencia: str, asunto: str, fecha: date) -> bool:
        """Record a reminder sent; False when it already was."""
        return self._insert_once(reminders, {"id": id, "dependencia": dependencia, "asunto": asunto, "fecha": fecha})

    def withdraw_reminder(self, id: str) -> None:
        """Take back the record of a reminder whose message could not be sent, so that it is tried again."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(reminders).where(reminders.c.id == id))

    def record_approval(
        self, run: str, release: str, decision: str, persona: str, motivo: str | None, fecha: date
    ) -> bool:  # fmt: skip
        """Record a decision about a candidate; False when there already is one."""
        row = {
            "run": run,
            "release": release,
            "decision": decision,
            "persona": persona,
            "motivo": motivo,
            "fecha": fecha,
        }
        return self._insert_once(approvals, row)

    def _select(self, query: sa.Select[Any]) -> list[Arrival]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [Arrival(**{name: value for name, value in row.items() if name != "id"}) for row in rows]

    def _insert_once(self, table: sa.Table, row: dict[str, Any]) -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(table).values(row))
        except sa.exc.IntegrityError:
            return False
        return True


def open_registry(settings: Settings) -> Registry:
    """The registry of this installation, made or migrated when it has to be."""
    url = settings.registry_sqlalchemy_url
    engine = _engine(url)
    keep_private(settings.layout)
    if url in _at_head and _exists(engine):
        return Registry(engine)
    if _revision(engine) != HEAD:
        if url.startswith("sqlite"):
            settings.layout.root.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(settings.layout.locks / "registry.lock"):
            if _revision(engine) != HEAD:
                migrate(url)
        keep_private(settings.layout)
    _at_head.add(url)
    return Registry(engine)


def damage(path: Path) -> str | None:
    """What is wrong with a SQLite database's file, as SQLite says it; None when it is whole or not there."""
    if not path.exists():
        return None
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_WAIT_SECONDS)
        ) as connection:
            said = str(connection.execute("pragma integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if said == "ok" else said


def set_aside_if_damaged(settings: Settings) -> Path | None:
    """Give a damaged SQLite registry another name, so that a new one can be made; returns it, None when there is no damage."""
    path = settings.layout.registry
    if settings.registry_url is not None or damage(path) is None:
        return None
    aside = path.with_name(f"{path.name}.damaged-{uuid.uuid4().hex[:8]}")
    with exclusive_lock(settings.layout.locks / "registry.lock"):
        for leftover in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
        path.rename(aside)
        _at_head.discard(settings.registry_sqlalchemy_url)
    return aside


_at_head: set[str] = set()
"""Registries that this process has seen at the newest migration; they never go back."""


@lru_cache(maxsize=8)
def _engine(url: str) -> sa.Engine:
    arguments = {"timeout": _WAIT_SECONDS} if url.startswith("sqlite") else {}
    engine = sa.create_engine(url, connect_args=arguments, poolclass=sa.NullPool)
    if url.startswith("sqlite"):
        # FULL leaves the deletion of the journal unsynced: after a power cut the last commit would be taken back
        sa.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous = extra"))
    return engine


def _revision(engine: sa.Engine) -> str | None:
    """The migration at which the registry stands; None when it is not there."""
    if not _exists(engine):
        return None
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def _exists(engine: sa.Engine) -> bool:
    """False when a SQLite registry was not made yet, was lost, or a disk left nothing of it but its name."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return True
    path = Path(engine.url.database)
    return path.exists() and path.stat().st_size > 0


def migrate(url: str) -> None:
    """Bring a registry to the newest migration."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "head")
