"""`pamga doctor`: whether this installation can work, part by part, and what to mend. It changes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import smtplib
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

import sqlalchemy as sa

from operation import queue
from operation.airflow_env import BUILD_POOL
from operation.airflow_health import WELL, airflow_parts, airflow_url
from operation.certificate import shown_at
from operation.hidden import pieces_of_secrets, without_ours
from operation.migrations import lines
from operation.superset import superset_problem, superset_url
from pamga import seals
from pamga.addresses import local_path, scheme_of
from pamga.airflow_settings import airflow_setting
from pamga.backup import open_repository
from pamga.backup.acts import unkept
from pamga.backup.databases import NAMES, SQLITE, Database, database_of, dump_problem
from pamga.backup.snapshots import CLOCKS_DIFFER, Repository, Snapshot
from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.errors import PamgaError
from pamga.faults import OurFault, first_line, our_fault
from pamga.filesystem import REMEDY, problems_of
from pamga.keys import UnusableKey, kept_key, key_bytes, weakness
from pamga.layout import MANIFESTS, Layout
from pamga.plausible import require_plausible_day
from pamga.registry import HEAD, damage
from pamga.rights import RESTORING, private_folders
from pamga.sealing import key_id, key_id_of
from pamga.settings import Settings
from warehouse.fingerprint import code_fingerprint
from warehouse.spark import session as spark

OK, WARN, FAIL = "ok", "warn", "fail"
BACKUP_HOURS = 48
"""A backup is taken every night: older than this, two nights failed."""
CLOCK_SECONDS = 5
"""Airflow takes a token that is ten seconds off, and what is signed now may be looked at by a third machine."""
LITTLE_DISK, TOO_LITTLE_DISK = 0.10, 1e9
CERTIFICATE_DAYS, LAST_CERTIFICATE_DAYS = 21, 7
"""Whatever renews certificates does so a month before their end."""
HOST_KEYS, HOST_KEYS_BEFORE = ".sftp", ".sftp.before"
"""In the inbox, by docker/sftp/start.sh: the fingerprints that the departments' programs know, and those of before they changed."""
SMTP_CONNECTION = "smtp_default"
_SECONDS = 5
PART_SECONDS = 60
"""What a part may take, all of them beside one another."""
_AS_LONG_AS_IT_TAKES = frozenset({"integrity"})
LITTLE_INODES, TOO_FEW_INODES = 0.05, 1000
_DUCKDB_HEAD = 12_288  # three headers of a page each
_SUPERSET_TABLE = "dashboards"
_BROKER_WAY = "docker compose logs redis, then docker compose restart redis"
_BROKER_WAYS = {
    "maxmemory": "Redis is full: docker compose exec redis redis-cli info memory says of what; its maxmemory is in docker/redis/start.sh.",
    "unable to persist": "Redis cannot write its disk: see to the volume redis, then docker compose restart redis.",
    "username-password": "secrets/broker_password is not what Redis was started with: python3 docker/make_secrets.py, then docker compose up -d --wait --force-recreate.",
    "Authentication required": "secrets/broker_url holds no password: python3 docker/make_secrets.py, then docker compose up -d --wait --force-recreate.",
    "permission": "The account of the queue's address is not that of the queue (docker/redis/start.sh): mend secrets/broker_url.",
}
"""By words of Redis' answer; its client leaves out the code."""


class Found(NamedTuple):
    """How something is, and what to do when it is not well."""

    state: str
    said: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """What was found of one part."""

    part: str
    state: str
    said: str
    mend: str


def examine(settings: Settings, *, quick: bool = False) -> list[Check]:
    """Every part in turn; one that cannot be looked at is a failure of that part. `quick` leaves out reading releases and lake."""
    parts: dict[str, Callable[[Settings], Iterator[Found]]] = {
        "filesystem": _file_system,
        "disk": _disk,
        "clock": _clock,
        "restore": _restore,
        "code": _code,
        "keys": _keys,
        "inbox": _inbox,
        "sftp": _sftp,
        "databases": _databases,
        "migrations": _migrations,
        "airflow": _airflow,
        "queue": _queue,
        "pool": _pool,
        "certificate": _certificate,
        "mail": _mail,
        "backup": _backup,
        "copy": _copy,
        "engine": _engine,
        "superset": _superset,
        "boards": _boards,
    }
    if not quick:
        parts["integrity"] = _integrity
    looks = {part: _Look(part, look, settings) for part, look in parts.items()}
    deadline = time.monotonic() + PART_SECONDS
    hidden = pieces_of_secrets(settings)
    return [
        Check(check.part, check.state, without_ours(check.said, hidden), without_ours(check.mend, hidden))
        for part, look in looks.items()
        for check in look.checks(None if part in _AS_LONG_AS_IT_TAKES else deadline)
    ]


class _Look(threading.Thread):
    """The look at one part, beside the others: a server or a mounted folder that swallows what is asked holds up nobody else."""

    def __init__(self, part: str, look: Callable[[Settings], Iterator[Found]], settings: Settings) -> None:
        super().__init__(name=f"doctor-{part}", daemon=True)
        self._part, self._look, self._settings = part, look, settings
        self._found: list[Check] = []
        self.start()

    def run(self) -> None:
        try:
            for found in self._look(self._settings):
                self._found.append(Check(self._part, *found))
        except (PamgaError, UnusableKey) as error:
            said, mend = (error.cause, error.next_step) if isinstance(error, PamgaError) else (str(error), "")
            self._found.append(Check(self._part, FAIL, said, mend or "Mend what it says."))
        except Exception as error:  # whatever it is, that part is not well, and the others are looked at
            fault = our_fault(error) if isinstance(error, OSError) else None
            said = fault.cause if fault else f"it cannot be looked at: {type(error).__name__}: {first_line(error)}"
            self._found.append(Check(self._part, FAIL, said, fault.next_step if fault else "Mend what it says."))

    def checks(self, deadline: float | None) -> list[Check]:
        """What was found until then (a moment of time.monotonic; None: until it is done)."""
        self.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        silent = self.is_alive()  # asked first: what ends meanwhile is then in what was found
        found = list(self._found)
        if silent:
            said = f"this was not done after {PART_SECONDS} s: a server or a folder of another machine says nothing, or this one is very busy."
            found.append(
                Check(self._part, FAIL, said, "See whether it is up and reached from here; then `pamga doctor` again.")
            )
        return found


def _file_system(settings: Settings) -> Iterator[Found]:
    root = settings.layout.root
    if not root.is_dir():
        yield Found(FAIL, f"There is no folder {root}.", "Make it, or set PAMGA_DATA to the one that is meant.")
        return
    try:
        problems = problems_of(root)
    except OSError as error:
        fault = our_fault(error) or OurFault(f"{root}: {first_line(error)}.", "Mend it.")
        yield Found(FAIL, fault.cause, fault.next_step)
        return
    for problem in problems:
        yield Found(FAIL, f"{root}: {problem}.", REMEDY)
    if not problems:
        yield Found(OK, f"{root} has locks, hard and symbolic links, and renames that hold.")
    for folder, mode in private_folders(settings.layout).items():
        if folder.exists() and folder.stat().st_mode & 0o777 & ~mode:
            yield Found(FAIL, f"Others of this machine may enter {folder}.", f"chmod {mode:o} {folder}")
    yield from _owners(settings)


def _owners(settings: Settings) -> Iterator[Found]:
    """What somebody else made in there (a command run as root, a copy put back by hand) stops the first delivery that needs it."""
    root, us = settings.layout.root, os.geteuid()
    ours = {path.relative_to(root).parts[0] for path in _own(settings.layout)} - {settings.layout.inbox.name}
    parts = [path for path in root.iterdir() if path.name in ours]
    looked_at = [
        *parts,
        *(
            path
            for folder in (settings.layout.lake, settings.layout.log, settings.layout.vault)
            for path in _children(folder)
        ),
    ]
    others = [path for path in looked_at if path.lstat().st_uid not in (us, root.stat().st_uid)]
    closed = [
        path
        for path in looked_at
        if path.is_dir() and not path.is_symlink() and not os.access(path, os.R_OK | os.W_OK | os.X_OK)
    ]
    mend = f"chown -R --no-dereference {root.stat().st_uid}:{root.stat().st_gid} {root}"
    for path in closed[:5]:
        yield Found(FAIL, f"This account ({us}) may not work in {path}, which belongs to {path.lstat().st_uid}.", mend)
    if others and not closed:
        said = f"{len(others)} entries belong to another account than {root} does, {others[0]} among them (to {others[0].lstat().st_uid})."
        yield Found(WARN, said, mend)
    if us == 0 and root.stat().st_uid != 0:
        yield Found(
            WARN,
            f"This is root, and {root} belongs to {root.stat().st_uid}: what is made now the services may not change.",
            "Run it as that account.",
        )


def _own(layout: Layout) -> Iterator[Path]:
    """What an installation makes at its root; lost+found and the like are the file system's."""
    places = (getattr(layout, name) for name in dir(layout) if not name.startswith("_"))
    yield from (
        place
        for place in places
        if isinstance(place, Path) and place != layout.root and place.is_relative_to(layout.root)
    )


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK) else []


def _disk(settings: Settings) -> Iterator[Found]:
    """Every file system that something is written to, once: a part of the data, or what is only for now, may lie on another disk."""
    layout = settings.layout
    written = {
        "the data": layout.root,
        "the lake": layout.lake,
        "the runs": layout.runs,
        "the releases": layout.releases,
        "the boards' caches": layout.root / "superset",
        "temporary files": Path(tempfile.gettempdir()),
        "the logs": Path(airflow_setting("logging", "base_log_folder") or layout.root),
    }
    if settings.backup and scheme_of(settings.backup) in (None, "file"):
        written["the backup"] = local_path(settings.backup)
    disks: dict[int, list[str]] = {}
    for what, folder in written.items():
        if folder.is_dir():
            disks.setdefault(folder.stat().st_dev, []).append(what)
    for names in disks.values():
        usage = shutil.disk_usage(written[names[0]])
        said = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free for {', '.join(names)}."
        scarce = usage.free < LITTLE_DISK * usage.total
        if usage.free < (TOO_LITTLE_DISK if {"the data", "the runs"} & set(names) else TOO_LITTLE_DISK / 10):
            mend = "Free space: a build needs it. PAMGA_KEEP_RUNS and PAMGA_KEEP_RUNS_GB prune runs."
            yield Found(FAIL, said, mend)
        elif scarce:
            yield Found(WARN, said, "Free space before it runs out.")
        else:
            yield Found(OK, said)
        yield from _inodes(written[names[0]], names)


def _inodes(folder: Path, names: list[str]) -> Iterator[Found]:
    """A disk that may hold no further file, however small, says that there is no space."""
    told = os.statvfs(folder)
    if told.f_files and told.f_favail < max(TOO_FEW_INODES, LITTLE_INODES * told.f_files):
        said = f"There is room for {told.f_favail} more files for {', '.join(names)}, whatever their size (inodes)."
        few = told.f_favail < TOO_FEW_INODES
        yield Found(
            FAIL if few else WARN,
            said,
            "Remove files (PAMGA_KEEP_RUNS prunes runs), or make the file system anew with more inodes.",
        )


def _clock(settings: Settings) -> Iterator[Found]:
    """Several machines go by one time: with another one Airflow refuses a worker's word, and files and backups are of the wrong day."""
    apart = {whose: seconds for whose, seconds in clocks(settings).items() if abs(seconds) > CLOCK_SECONDS}
    for whose, seconds in apart.items():
        way = "behind" if seconds > 0 else "ahead of"
        mend = "Let both keep time by the same servers (timedatectl set-ntp true)."
        yield Found(FAIL, f"This machine's clock is {abs(seconds):.0f} s {way} that of {whose}.", mend)
    try:
        require_plausible_day(settings, _newest_receipt(settings))
    except PamgaError as error:
        yield Found(FAIL, error.cause, error.next_step)
    if not apart:
        yield Found(OK, "The clocks of this machine, of the data folder and of the databases agree.")


def _newest_receipt(settings: Settings) -> date | None:
    days = [
        date.fromisoformat(str(manifest.received_on))
        for manifest in map(Manifest.read, settings.layout.lake.glob(MANIFESTS))
    ]
    return max(days, default=None)


def clocks(settings: Settings) -> dict[str, float]:
    """By how many seconds the clocks of what may be another machine's are ahead of this one's; what does not answer is not among them."""
    found = {}
    with suppress(OSError), tempfile.NamedTemporaryFile(prefix=".tmp-doctor-", dir=settings.layout.root) as probe:
        found["the data folder"] = os.fstat(probe.fileno()).st_mtime - time.time()
    for name in NAMES:
        database = database_of(settings, name)
        if database.kind != SQLITE:
            with suppress(sa.exc.SQLAlchemyError), _reached(database).connect() as connection:
                theirs: Any = connection.exec_driver_sql("select extract(epoch from clock_timestamp())").scalar_one()
                found[f"the database {name}"] = float(theirs) - time.time()
    return found


def _engine(settings: Settings) -> Iterator[Found]:
    """What Spark needs, where it is to compute."""
    if settings.engine == "spark":
        problems = spark.problems_of(settings)
        for said, mend in problems:
            yield Found(FAIL, said, mend)
        if not problems:
            yield Found(OK, f"Java and Spark's environment are there; the master is {spark.master(settings)}.")


def _restore(settings: Settings) -> Iterator[Found]:
    if (settings.layout.root / RESTORING).exists():
        yield Found(FAIL, "A restore was interrupted, or runs.", "Run `pamga restore` again: it goes on.")


def _code(_: Settings) -> Iterator[Found]:
    """By what a release will be proved: an image that was built with another word for its commit would be noticed at the first build only."""
    code = code_fingerprint()
    yield Found(
        OK,
        f"The code is {code.sha256[:12]}, of {f'commit {code.commit[:12]}' if code.commit else 'no commit that is known here'}.",
    )


def _keys(settings: Settings) -> Iterator[Found]:
    """Form and strength (the settings refuse bad ones before this), and whether they are those that the lake and the vault were made with."""
    given = {
        "hmac": settings.hmac_key.get_secret_value() if settings.hmac_key else _kept(settings, "hmac.key"),
        "vault": settings.vault_key.get_secret_value() if settings.vault_key else _kept(settings, "vault.key"),
    }
    for name, key in given.items():
        variable = f"PAMGA_{name.upper()}_KEY"
        if key is None and settings.require_keys:
            yield Found(FAIL, f"{variable} is not set.", f"Set {variable} (or {variable}_FILE).")
        elif key is None:
            yield Found(
                WARN,
                f"{variable} is not set: the first delivery makes one in {settings.layout.keys}.",
                f"In production set {variable} and PAMGA_REQUIRE_KEYS=true.",
            )
        elif name == "vault" and key_bytes(key) is None:
            yield Found(
                FAIL,
                f"{variable} is not 64 hex digits.",
                f"Put the right {settings.layout.keys / 'vault.key'} back: without it the originals do not open.",
            )
        elif weakness(key):
            yield Found(
                FAIL,
                f"{variable} is too weak: {weakness(key)}.",
                "Make one with `openssl rand -hex 32` and run `pamga rotate-key` (hmac).",
            )
    used = {
        "hmac": _newest_of_lake(settings),
        "vault": next((key_id_of(path) for path in settings.layout.vault.glob("*/*.enc")), None),
    }
    for name, identity in used.items():
        key = given[name]
        bits = key_bytes(key or "") if name == "vault" else (key or "").encode()
        ours = key_id(bits) if bits else None
        if identity and ours != identity:
            yield Found(
                FAIL,
                f"PAMGA_{name.upper()}_KEY is {ours or 'not here'}, and what is kept was made with {identity}.",
                "Give the key of before: with another one the vault does not open and the same people become others.",
            )
        elif key and not weakness(key):
            yield Found(OK, f"PAMGA_{name.upper()}_KEY is strong" + (" and fits what is kept." if identity else "."))


def _kept(settings: Settings, name: str) -> str | None:
    path = settings.layout.keys / name
    return kept_key(path) if path.exists() else None


def _newest_of_lake(settings: Settings) -> str | None:
    """The key of the pseudonyms that landed last."""
    manifests = settings.layout.lake.glob(MANIFESTS)
    known = [m for m in map(Manifest.read, manifests) if m.hmac_key_id]
    return max(known, key=lambda m: (m.received_on, m.version)).hmac_key_id if known else None


def _inbox(settings: Settings) -> Iterator[Found]:
    """Whether files can be taken from where the departments drop them."""
    from ingest.dropped import inbox_url, list_inbox
    from ingest.remote import is_remote

    name = inbox_url(settings)
    if not is_remote(name) and not os.access(name, os.R_OK | os.X_OK):
        there = Path(name).is_dir()
        said = f"This account may not look into {name}." if there else f"There is no folder {name}."
        state = FAIL if there or settings.inbox else WARN
        yield Found(state, said, "Give it to the pipeline's account." if there else "Make it, or mend PAMGA_INBOX.")
        return
    entries = list_inbox(name)
    faulty = [entry for entry in entries if entry.fault]
    for entry in faulty[:5]:
        yield Found(WARN, f"{entry.path}: {entry.fault}", "See to that file; the others are received.")
    if settings.inbox_url.startswith("http://"):
        yield Found(
            WARN, f"{name} is not encrypted: whoever is in between reads and changes what comes.", "Use https://."
        )
    yield Found(OK, f"{name} can be read: {len(entries) - len(faulty)} files.")


def _sftp(settings: Settings) -> Iterator[Found]:
    """The keys by which the departments' programs know the SFTP server: with others they refuse to send anything."""
    inbox = settings.layout.inbox
    present = _lines(inbox / HOST_KEYS)
    offices = sum(1 for _ in inbox.glob("*/entregas")) if inbox.is_dir() else 0
    if present is None:
        if offices:
            yield Found(
                FAIL,
                f"{offices} departments come by SFTP, and its server has shown no host key yet.",
                "docker compose up -d --wait sftp, and read its log.",
            )
        return
    before = _lines(inbox / HOST_KEYS_BEFORE)
    if before is not None and before != present:
        yield Found(
            FAIL,
            f"The SFTP server's host keys are others than before: {', '.join(present)}. The departments' programs refuse it.",
            "Put the volume sftp-keys back (docs/backup.md), or tell each department these fingerprints and remove "
            f"{inbox / HOST_KEYS_BEFORE} (docker compose exec sftp rm /data/inbox/{HOST_KEYS_BEFORE}).",
        )
        return
    yield Found(OK, f"The SFTP server has its host keys: {', '.join(present)}.")


def _lines(path: Path) -> list[str] | None:
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else None


def _databases(settings: Settings) -> Iterator[Found]:
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
        engine = _reached(database)
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


def _migrations(settings: Settings) -> Iterator[Found]:
    """Tables of an older version are read wrongly by the code of today, and of a newer one by nobody here."""
    behind = False
    for line in lines(settings):
        database = database_of(settings, line.database)
        if database.kind == SQLITE and not database.file.exists():
            continue
        try:
            with _reached(database).connect() as connection:
                problem = line.problem(connection)
        except sa.exc.SQLAlchemyError:
            continue  # said of the databases
        if problem is not None:
            behind = True
            yield Found(FAIL, problem, line.mend if "of older code" in problem else "Use the code of before, or newer.")
    if not behind:
        yield Found(OK, "No migration is pending.")


def _reached(database: Database) -> sa.Engine:
    """A server that swallows what is sent holds the doctor for a bounded time."""
    more = {} if database.kind == SQLITE else {"connect_timeout": _SECONDS}
    return sa.create_engine(database.url, poolclass=sa.NullPool, connect_args=more)


def _airflow(settings: Settings) -> Iterator[Found]:
    """Its parts, where their API is known: without the scheduler or the DAG processor nothing is received, and nothing is red."""
    url = airflow_url()
    if url is None:
        return
    for part, said in airflow_parts(url).items():
        if said == WELL:
            yield Found(OK, f"Airflow's {part} is well.")
        else:
            service = f"airflow-{part.replace('_', '-')}".replace("airflow-metadatabase", "postgres")
            yield Found(
                FAIL, f"Airflow's {part}: {said}.", f"Read its log and restart it: docker compose restart {service}."
            )


def _queue(settings: Settings) -> Iterator[Found]:
    """Celery's: whether somebody takes the tasks, since when they wait, and whether those that run are still heard of."""
    if not queue.uses_queue():
        return
    worker = "docker compose logs airflow-worker, then docker compose restart airflow-worker"
    try:
        seen = queue.look(settings)
    except Exception as error:  # kombu's, redis' and SQLAlchemy's have no common one
        said = f"The queue cannot be looked at: {type(error).__name__}: {first_line(error)}"
        mend = next((way for words, way in _BROKER_WAYS.items() if words in str(error)), _BROKER_WAY)
        yield Found(FAIL, said, mend)
        return
    waiting = f"{seen.in_broker} in the queue, {seen.queued} given out, the oldest {seen.oldest_seconds:.0f} s ago"
    problems = [
        Found(FAIL, f"{name} answers and takes no tasks.", worker) for name in seen.deaf
    ]  # fmt: skip
    if not seen.workers:
        problems.append(Found(FAIL, f"No worker takes tasks ({waiting}).", worker))
    elif seen.oldest_seconds > queue.WAITS_SECONDS:
        more = "See what the workers do (`airflow tasks`, their log); start more of them, or wait."
        problems.append(Found(WARN, f"Tasks wait for long: {waiting}.", more))
    if seen.silent:
        said = f"{seen.silent} tasks run on a worker of which nothing is heard since {queue.SILENT_SECONDS} s."
        problems.append(
            Found(
                FAIL, said, "docker compose ps; the scheduler tries them again: docker compose logs airflow-scheduler"
            )
        )
    yield from problems or [Found(OK, f"{len(seen.workers)} workers take tasks: {waiting}.")]


def _pool(settings: Settings) -> Iterator[Found]:
    """The pool of one slot: DuckDB lets one process write."""
    database = database_of(settings, "airflow")
    mend = f"airflow pools set {BUILD_POOL} 1 'One build at a time'"
    if database.kind == SQLITE and not database.file.exists():
        yield Found(OK, "Airflow was not started yet; its first start makes the pool.")
        return
    engine = _reached(database)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("slot_pool"):
            yield Found(FAIL, "Airflow's metadata were not made.", "airflow db migrate, then " + mend)
            return
        slots = connection.execute(
            sa.text("select slots from slot_pool where pool = :pool"), {"pool": BUILD_POOL}
        ).scalar()
    if slots == 1:
        yield Found(OK, f"The pool {BUILD_POOL} has one slot.")
    elif slots is None and not settings.require_keys:
        yield Found(WARN, f"The pool {BUILD_POOL} is not there yet.", "`make up` makes it.")
    else:
        there = (
            "is not there: nothing would ever be built"
            if slots is None
            else f"has {slots} slots: builds would get in one another's way"
        )
        yield Found(FAIL, f"The pool {BUILD_POOL} {there}.", mend)


def _certificate(settings: Settings) -> Iterator[Found]:
    """As a citizen's browser is shown it."""
    mend = "Put the new one in secrets/tls_certificate.pem and secrets/tls_key.pem, python3 docker/make_secrets.py, docker compose up -d --wait --force-recreate proxy."
    for address in dict.fromkeys((settings.base_url, settings.dashboards_url)):
        try:
            shown = shown_at(address)
        except ssl.SSLError as error:
            said = f"What answers at {address} speaks no TLS that a browser would: {first_line(error)}"
            yield Found(FAIL, said, "See what listens there: docker compose ps proxy, and its log.")
            continue
        except OSError as error:
            said = f"{address} cannot be reached from here: {first_line(error)}"
            yield Found(WARN, said, "See whether it can from outside; its name must lead to this machine.")
            continue
        if shown is None:
            continue
        days = shown.seconds_left / 86_400
        said = f"The certificate of {shown.name} ends in {days:.0f} days."
        if shown.refused is not None and re.search("mismatch|not yet valid|not valid for", shown.refused, re.I):
            yield Found(FAIL, f"The certificate that is shown for {shown.name} is not its own: {shown.refused}.", mend)
        elif days < LAST_CERTIFICATE_DAYS:
            yield Found(FAIL, said if days > 0 else f"The certificate of {shown.name} has ended.", mend)
        elif shown.refused is not None:
            yield Found(WARN, f"No browser takes the certificate of {shown.name}: {shown.refused}.", mend)
        else:
            yield Found(WARN if days < CERTIFICATE_DAYS else OK, said, mend if days < CERTIFICATE_DAYS else "")


def _mail(settings: Settings) -> Iterator[Found]:
    address = _smtp_address()
    if address is None:
        yield Found(
            WARN,
            "There is no mail server: no reminder and no failure notice goes out.",
            f"Write {SMTP_CONNECTION}=smtp://… in secrets/connections.env, or set AIRFLOW_CONN_SMTP_DEFAULT (docs/production.md).",
        )
        return
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    plain = options.get("disable_ssl", "").lower() == "true"
    try:
        host, port = parts.hostname, parts.port or (25 if plain else 465)
    except ValueError:  # its text quotes what it took for a port, and may be a piece of the password
        host = None
    if host is None:
        yield Found(
            FAIL,
            f"The address of {SMTP_CONNECTION} is none.",
            "Write it as smtp://account:password@server:587/?disable_ssl=true&from_email=pamga%40leon.example, in account and password %XX for what is neither letter nor digit.",
        )
        return
    problem = _mail_problem(parts, host, port, options, settings.alert_email)
    if problem:
        yield problem
        return
    yield Found(OK, f"The mail server {host}:{port} answers" + (" and knows the account." if parts.username else "."))
    if not settings.alert_email:
        yield Found(WARN, "Nobody is written to when a task fails.", "Set PAMGA_ALERT_EMAIL.")
    if settings.addresses is None:
        yield Found(
            WARN, "The offices' addresses are the examples of the code.", "Set PAMGA_ADDRESSES to a file of your own."
        )


def _mail_problem(parts: SplitResult, host: str, port: int, options: dict[str, str], told: str | None) -> Found | None:
    """Why nothing would go out by this server; None where it would take a message. None is sent."""
    plain, sender = options.get("disable_ssl", "").lower() == "true", options.get("from_email") or ""
    kind = smtplib.SMTP if plain else smtplib.SMTP_SSL
    try:
        with kind(host, port, timeout=_SECONDS) as server:
            server.ehlo()
            if plain and options.get("disable_tls", "").lower() != "true":
                server.starttls()
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
            refused = _refused_mail(server, sender, told or sender) if sender else None
    except UnicodeError:  # its text quotes the letter
        said = "The account or the password of the mail server holds a letter that its way of signing in cannot say."
        return Found(FAIL, said, "Give the account a password of letters without accents, digits and signs.")
    except (OSError, smtplib.SMTPException) as error:
        said = f"The mail server {host}:{port} refused: {first_line(error)}"
        return Found(FAIL, said, "Mend the address, the account or the server.")
    if not sender:
        said = f"{SMTP_CONNECTION} names no sender, and without one nothing goes out."
        return Found(FAIL, said, "Add from_email=pamga%40leon.example to its address.")
    if refused:
        said = f"The mail server {host}:{port} answers, and {refused}"
        return Found(FAIL, said, "Mend from_email, PAMGA_ALERT_EMAIL, or what the server lets this account send.")
    return None


def _refused_mail(server: smtplib.SMTP, sender: str, to: str) -> str | None:
    """What the server says to a message from and to these addresses, of which nothing is sent; None when it would take one."""
    steps = [("from", sender, server.mail)] + [("to", one.strip(), server.rcpt) for one in re.split("[,;]", to)]
    for way, address, ask in steps:
        number, text = ask(address)
        if number >= 400:
            return f"refuses a message {way} {address}: {number} {text.decode('utf-8', 'replace')}"
    server.rset()
    return None


def _smtp_address() -> str | None:
    """The address of the connection that the DAGs send by. Airflow also takes it as a JSON document."""
    given = _smtp_connection()
    if given is None or not given.lstrip().startswith("{"):
        return given
    try:
        facts = dict(json.loads(given))
        extra = facts.get("extra") or {}
        options = urlencode(
            {
                name: str(value).lower() if isinstance(value, bool) else value
                for name, value in dict(json.loads(extra) if isinstance(extra, str) else extra).items()
            }
        )
        account = ":".join(quote(str(facts[name]), safe="") for name in ("login", "password") if facts.get(name))
        port = f":{int(facts['port'])}" if facts.get("port") else ""
        return f"smtp://{account + '@' if account else ''}{facts['host']}{port}/?{options}"
    except (KeyError, TypeError, ValueError):
        return "none"


def _smtp_connection() -> str | None:
    """From the environment, or from the file of connections that Airflow's configuration names."""
    given = os.environ.get(f"AIRFLOW_CONN_{SMTP_CONNECTION.upper()}")
    if given:
        return given
    try:
        path = json.loads(airflow_setting("secrets", "backend_kwargs") or "{}").get("connections_file_path")
        lines = Path(path).read_text(encoding="utf-8").splitlines() if path else []
    except (OSError, ValueError):
        return None
    found = (line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == SMTP_CONNECTION)
    return next(found, None) or None


def _backup(settings: Settings) -> Iterator[Found]:
    if not settings.backup:
        state = FAIL if settings.require_keys else WARN
        yield Found(
            state,
            "Nothing is backed up: PAMGA_BACKUP is not set.",
            "Set it to a folder of another machine or s3://bucket/folder (docs/backup.md).",
        )
        return
    pending = unkept(settings)
    if pending:
        yield Found(
            FAIL,
            f"The backup lacks {len(pending)} acts that no restore may undo: {', '.join(pending[:5])}.",
            "`pamga backup` brings them; a restore made before would put what was taken down online again.",
        )
    repository = open_repository(settings)
    repository.refuse_other_key()
    repository.acts()
    known = repository.snapshots()
    if not known:
        yield Found(FAIL, f"{repository.store.name} holds no snapshot.", "pamga backup")
        return
    hours = (datetime.now(UTC) - known[-1].taken).total_seconds() / 3600
    said = f"The newest of {len(known)} snapshots in {repository.store.name} is {hours:.0f} hours old."
    if known[-1].taken > datetime.now(UTC) + CLOCKS_DIFFER:
        yield Found(
            WARN,
            f"The newest of {len(known)} snapshots in {repository.store.name}, {known[-1].name}, is of the future: a clock was or is wrong.",
            "Set the clock of whatever takes backups; `pamga restore` takes that snapshot only where --copia names it.",
        )
    elif hours > BACKUP_HOURS:
        yield Found(FAIL, said, "See why the nightly one failed (DAG respaldar), and run `pamga backup`.")
    else:
        yield Found(OK, said)
    yield from _snapshots(repository, known)
    if scheme_of(settings.backup) in (None, "file") and _same_disk(local_path(settings.backup), settings.layout.root):
        yield Found(
            WARN,
            "The backup lies on the disk of the data: what takes the one takes the other.",
            "Give PAMGA_BACKUP a folder of another disk or machine, or s3://bucket/folder.",
        )
    if not repository.sealed:
        yield Found(
            WARN,
            "The backup is not sealed: whoever gets it reads the lake.",
            "Set PAMGA_BACKUP_KEY and another PAMGA_BACKUP.",
        )


def _snapshots(repository: Repository, known: list[Snapshot]) -> Iterator[Found]:
    """Every snapshot's document, and of the newest whether its objects are there."""
    for snapshot in known:
        try:
            document = repository.read_snapshot(snapshot)
            lacking = repository.lacking(document) if snapshot == known[-1] else []
            if lacking:
                said = f"The newest snapshot, {snapshot.name}, cannot be restored: {len(lacking)} of its objects are gone or cut off, {lacking[0]} among them."
                yield Found(
                    FAIL, said, "`pamga backup` brings them anew from what is here; see to that disk or bucket."
                )
        except PamgaError as error:
            state = FAIL if snapshot == known[-1] else WARN
            yield Found(
                state, error.cause, "`pamga backup` takes another one; nothing of the backup is forgotten meanwhile."
            )


def _copy(settings: Settings) -> Iterator[Found]:
    """The published copy: nothing that was taken down is left there."""
    if not settings.published_copy:
        return
    from publish.mirror import still_there

    left = still_there(settings)
    if left:
        said = f"{settings.published_copy} still holds what was taken down: {', '.join(left[:5])}."
        yield Found(FAIL, said, "pamga publish --copia")
    else:
        yield Found(OK, f"{settings.published_copy} answers, and holds nothing that was taken down.")


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def _superset(settings: Settings) -> Iterator[Found]:
    address, said = superset_url(), superset_problem()
    if said is None:
        yield Found(OK, f"Superset answers at {address}.")
    else:
        state = FAIL if os.environ.get("PAMGA_SUPERSET_URL") else WARN
        yield Found(
            state, f"Superset at {address}: {said}.", "Start it and read its log; PAMGA_SUPERSET_URL says where it is."
        )


def _boards(settings: Settings) -> Iterator[Found]:
    """What insiders and the reminders read: the run of the release that is up."""
    lock = Lock.if_there(settings.layout.current / "inputs.lock")
    if lock is None:
        yield Found(WARN, "No release is up.", "pamga run")
        return
    run = lock.run
    warehouse = settings.layout.run(run) / "warehouse.duckdb"
    if warehouse.exists() and not _is_duckdb(warehouse):
        yield Found(
            FAIL,
            f"{warehouse} is damaged or cut off.",
            f"Remove {warehouse.parent}, then `pamga run`; `pamga reproduce` builds it from the lake.",
        )
    elif warehouse.exists():
        yield Found(OK, f"The run {run} of the release that is up is there.")
    else:
        yield Found(
            FAIL,
            f"The run {run} is gone: boards for insiders and the agreements' reminders have nothing to read.",
            "pamga run",
        )


def _is_duckdb(path: Path) -> bool:
    """By its mark, and whole pages: the file is large, and is not read."""
    with path.open("rb") as file:
        head = file.read(_DUCKDB_HEAD)
    return len(head) == _DUCKDB_HEAD and head[8:12] == b"DUCK" and path.stat().st_size % 4096 == 0


def _integrity(settings: Settings) -> Iterator[Found]:
    """Releases, ledger, pointer and lake against what was recorded when they were made."""
    from publish.audit import audit_releases

    if not settings.layout.lake.exists():
        yield Found(OK, "Nothing was received yet.")
        return
    found = [*seals.findings(settings), *audit_releases(settings)]
    for finding in found[:20]:
        yield Found(FAIL, f"{finding.object}: {finding.problem}.", finding.way_back)
    if not found:
        yield Found(OK, "Releases, ledger and sealed objects are as they were made.")


def as_document(checks: list[Check]) -> dict[str, Any]:
    """For --json."""
    worst = next((state for state in (FAIL, WARN) if any(check.state == state for check in checks)), OK)
    return {"state": worst, "checks": [check.__dict__ for check in checks]}
