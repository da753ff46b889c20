"""`pamga doctor`: whether this installation can work, part by part, and what to mend. It changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import sqlalchemy as sa

from operation.airflow_env import BUILD_POOL
from operation.airflow_health import WELL, airflow_parts, airflow_url
from operation.superset import superset_problem, superset_url
from pamga import seals
from pamga.addresses import local_path, scheme_of
from pamga.airflow_settings import airflow_setting
from pamga.backup import open_repository
from pamga.backup.databases import NAMES, SQLITE, Database, database_of, dump_problem
from pamga.backup.snapshots import CLOCKS_DIFFER
from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.errors import PamgaError
from pamga.faults import OurFault, first_line, our_fault
from pamga.filesystem import REMEDY, problems_of
from pamga.keys import weakness
from pamga.layout import MANIFESTS
from pamga.registry import HEAD, damage
from pamga.rights import RESTORING, private_folders
from pamga.sealing import key_id, key_id_of
from pamga.settings import Settings
from warehouse.spark import session as spark

OK, WARN, FAIL = "ok", "warn", "fail"
BACKUP_HOURS = 48
"""A backup is taken every night: older than this, two nights failed."""
CLOCK_SECONDS = 5
"""Airflow takes a token that is ten seconds off, and what is signed now may be looked at by a third machine."""
LITTLE_DISK, TOO_LITTLE_DISK = 0.10, 1e9
SMTP_CONNECTION = "smtp_default"
_SECONDS = 10


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
        "keys": _keys,
        "inbox": _inbox,
        "databases": _databases,
        "airflow": _airflow,
        "pool": _pool,
        "mail": _mail,
        "backup": _backup,
        "engine": _engine,
        "superset": _superset,
        "boards": _boards,
    }
    if not quick:
        parts["integrity"] = _integrity
    checks: list[Check] = []
    for part, look in parts.items():
        try:
            checks.extend(Check(part, *found) for found in look(settings))
        except PamgaError as error:
            checks.append(Check(part, FAIL, error.cause, error.next_step))
        except Exception as error:  # whatever it is, that part is not well, and the others are looked at
            said = f"it cannot be looked at: {type(error).__name__}: {first_line(error)}"
            checks.append(Check(part, FAIL, said, "Mend what it says."))
    return checks


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


def _disk(settings: Settings) -> Iterator[Found]:
    usage = shutil.disk_usage(settings.layout.root)
    said = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free."
    if usage.free < TOO_LITTLE_DISK:
        yield Found(FAIL, said, "Free space: a build needs it. PAMGA_KEEP_RUNS and PAMGA_KEEP_RUNS_GB prune runs.")
    elif usage.free < LITTLE_DISK * usage.total:
        yield Found(WARN, said, "Free space before it runs out.")
    else:
        yield Found(OK, said)


def _clock(settings: Settings) -> Iterator[Found]:
    """Several machines go by one time: with another one Airflow refuses a worker's word, and files and backups are of the wrong day."""
    apart = {whose: seconds for whose, seconds in clocks(settings).items() if abs(seconds) > CLOCK_SECONDS}
    for whose, seconds in apart.items():
        way = "behind" if seconds > 0 else "ahead of"
        mend = "Let both keep time by the same servers (timedatectl set-ntp true)."
        yield Found(FAIL, f"This machine's clock is {abs(seconds):.0f} s {way} that of {whose}.", mend)
    if not apart:
        yield Found(OK, "The clocks of this machine, of the data folder and of the databases agree.")


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
        ours = None if key is None else key_id(bytes.fromhex(key) if name == "vault" else key.encode())
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
    return path.read_text().strip() if path.exists() else None


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
        except sa.exc.SQLAlchemyError as error:
            said = first_line(getattr(error, "orig", None) or error)
            yield Found(
                FAIL,
                f"{name} ({database.shown}) does not answer: {said}",
                "Start it, or mend its address, role or password.",
            )
            continue
        yield Found(OK, f"{name} answers ({database.kind}).")
        problem = dump_problem(database)
        if problem is not None:
            yield Found(FAIL, *problem)


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
            "Write it as smtp://account:password@server:587/?disable_ssl=true, in account and password %XX for what is neither letter nor digit.",
        )
        return
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
    except (OSError, smtplib.SMTPException) as error:
        yield Found(
            FAIL,
            f"The mail server {host}:{port} refused: {first_line(error)}",
            "Mend the address, the account or the server.",
        )
        return
    yield Found(OK, f"The mail server {host}:{port} answers" + (" and knows the account." if parts.username else "."))
    if not settings.alert_email:
        yield Found(WARN, "Nobody is written to when a task fails.", "Set PAMGA_ALERT_EMAIL.")
    if settings.addresses is None:
        yield Found(
            WARN, "The offices' addresses are the examples of the code.", "Set PAMGA_ADDRESSES to a file of your own."
        )


def _smtp_address() -> str | None:
    """The connection that the DAGs send by: from the environment, or from the file of connections that Airflow's configuration names."""
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
    repository = open_repository(settings)
    repository.refuse_other_key()
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
    for snapshot in known:
        try:
            repository.read_snapshot(snapshot)
        except PamgaError as error:
            state = FAIL if snapshot == known[-1] else WARN
            yield Found(
                state, error.cause, "`pamga backup` takes another one; nothing of the backup is forgotten meanwhile."
            )
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
    if (settings.layout.run(run) / "warehouse.duckdb").exists():
        yield Found(OK, f"The run {run} of the release that is up is there.")
    else:
        yield Found(
            FAIL,
            f"The run {run} is gone: boards for insiders and the agreements' reminders have nothing to read.",
            "pamga run",
        )


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
