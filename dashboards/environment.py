"""What Superset needs from the environment, in one place: folders, keys, plain http on the loopback.

Every script of this folder calls `prepare()` before it imports Superset. It runs in `.venv-superset`, which holds none of
the pipeline's packages, so it reads `PAMGA_DATA` itself (the layout is docs/interfaces.md).

The secrets may be given as files too (PAMGA_SUPERSET_SECRET_KEY_FILE=/run/secrets/…).

| variable | default | meaning |
| --- | --- | --- |
| PAMGA_DATA | data | root of releases, runs and of Superset's own state (`superset/`) |
| PAMGA_REQUIRE_KEYS | false | production: refuse to make a secret key |
| PAMGA_SUPERSET_SECRET_KEY | made on first use in keys/superset.key | signs sessions and encrypts what Superset stores |
| PAMGA_SUPERSET_DATABASE_URL | SQLite in superset/ | Superset's own metadata; PostgreSQL in production |
| PAMGA_SUPERSET_CACHE_URL | files | redis://… when several machines serve (bounded by its own maxmemory) |
| PAMGA_SUPERSET_CACHE_DIR | a folder of our own in the system's temporary folder | caches as files: bounded, and not on the disk of the lake |
| PAMGA_SUPERSET_URL | none | where Superset runs, for whoever refreshes it after a release; without it a second one is started for that |
| PAMGA_SUPERSET_REQUESTS_PER_MINUTE | 1200 | requests that one address may make, static files apart; 0: no limit |
| PAMGA_SUPERSET_ERROR_LOG | none | a file to which errors go too, for `pamga monitor` to count |
| PAMGA_SUPERSET_QUERY_SECONDS | 30 | after so long a query is stopped |
| PAMGA_SUPERSET_ADMIN_PASSWORD | made and printed once | password of the administrator until somebody enters with it |
| PAMGA_SUPERSET_PLAIN_HTTP | false (serve.py: true on the loopback) | cookies without Secure, no HSTS |
| PAMGA_SUPERSET_BEHIND_PROXY | false | trust X-Forwarded-* of one proxy |
| PAMGA_TILES_URL | none | base map, e.g. https://tile.openstreetmap.org/{z}/{x}/{y}.png; without it no outside request is made |
| PAMGA_LOGO_URL | the project's own | logo of the municipality, a same-origin path |
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))  # pamga.keys needs nothing but the standard library

from pamga.keys import UnusableKey, from_files, require_strong  # noqa: E402

SECRETS = tuple(f"PAMGA_SUPERSET_{name}" for name in ("SECRET_KEY", "DATABASE_URL", "CACHE_URL", "ADMIN_PASSWORD"))
_came_as_files: dict[str, str] = {}
TRUE, FALSE = {"1", "true", "t", "yes", "y", "si", "sí", "on"}, {"0", "false", "f", "no", "n", "off"}


class EnvironmentProblem(RuntimeError):
    """A setting is missing or unusable; the message says which and what to do."""


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable; unset or empty is the default. Raises EnvironmentProblem: what is neither would silently be no."""
    value = os.environ.get(name, "").strip().lower()
    if value and value not in TRUE | FALSE:
        raise EnvironmentProblem(f"{name} is {value!r}. Next: set it to true or false, or not at all.")
    return value in TRUE if value else default


def number(name: str, default: int) -> int:
    """A whole number; unset or empty is the default. Raises EnvironmentProblem."""
    value = os.environ.get(name, "").strip()
    if value and not value.isdigit():
        raise EnvironmentProblem(f"{name} is {value!r}. Next: set it to a whole number, or not at all.")
    return int(value) if value else default


def cache_folder() -> Path:
    """Where caches lie as files: not under PAMGA_DATA, so that what visitors ask can never fill the disk of the lake."""
    given = os.environ.get("PAMGA_SUPERSET_CACHE_DIR")
    own = hashlib.sha256(str(data_root()).encode()).hexdigest()[:12]
    return Path(given) if given else Path(tempfile.gettempdir()) / f"pamga-tableros-{os.getuid()}-{own}"


def data_root() -> Path:
    return Path(os.environ.get("PAMGA_DATA") or "data").resolve()


def superset_home() -> Path:
    """Folder of Superset's own state: metadata database, cache."""
    return data_root() / "superset"


def _secret_key() -> str:
    """The key from the environment or, in the embedded default only, from keys/superset.key, made on first use."""
    given = os.environ.get("PAMGA_SUPERSET_SECRET_KEY")
    if given:
        return given
    if flag("PAMGA_REQUIRE_KEYS"):
        raise EnvironmentProblem(
            "PAMGA_SUPERSET_SECRET_KEY is not set and PAMGA_REQUIRE_KEYS forbids making one. "
            "Next: set it to at least 32 random characters (`openssl rand -base64 42`)."
        )
    path = data_root() / "keys" / "superset.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        spare = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was quicker: its key is the key
            os.link(spare, path)  # under its name the key is whole
        spare.unlink()
    return path.read_text(encoding="ascii").strip()


def take_secrets() -> None:
    """Secrets that came as files, as variables of this process. Raises EnvironmentProblem."""
    try:
        given = from_files(SECRETS)
    except UnusableKey as unusable:
        raise EnvironmentProblem(str(unusable)) from None
    for variable, text in given.items():
        os.environ[variable] = text
        _came_as_files[f"{variable}_FILE"] = os.environ.pop(f"{variable}_FILE")


def handed_on() -> dict[str, str]:
    """The environment for a process that this one starts: what came as a file goes on as one, because what a process was started with
    may be read by all of its account (`/proc/…/environ`)."""
    secret = {name.removesuffix("_FILE") for name in _came_as_files}
    return {name: value for name, value in os.environ.items() if name not in secret} | _came_as_files


def _require_addresses() -> None:
    """SQLAlchemy and redis quote a piece of an address that they cannot take apart, and it may be one of the password."""
    for name, kinds in (
        ("PAMGA_SUPERSET_DATABASE_URL", "postgresql sqlite"),
        ("PAMGA_SUPERSET_CACHE_URL", "redis rediss unix"),
    ):
        given = os.environ.get(name)
        try:
            kind = urlsplit(given or kinds).scheme.partition("+")[0]
            whole = not given or (kind in kinds.split() and urlsplit(given).port != 0 and given == given.strip())
        except ValueError:
            whole = False
        if not whole:
            raise EnvironmentProblem(
                f"{name} is no address ({kinds.split()[0]}://role:password@host:port/…). "
                "Next: write it so; in role and password %XX for what is neither letter nor digit (docker/make_secrets.py does)."
            )


def prepare() -> None:
    """Set what superset_config.py requires; idempotent. Raises EnvironmentProblem."""
    take_secrets()
    _require_addresses()
    try:
        if given := os.environ.get("PAMGA_SUPERSET_SECRET_KEY"):
            require_strong("PAMGA_SUPERSET_SECRET_KEY", given, "openssl rand -base64 42")
    except UnusableKey as unusable:
        raise EnvironmentProblem(str(unusable)) from None
    os.environ["PAMGA_DATA"] = str(data_root())
    os.environ["PAMGA_SUPERSET_SECRET_KEY"] = _secret_key()
    os.environ["SUPERSET_CONFIG_PATH"] = str(HERE / "superset_config.py")
    os.environ["SUPERSET_HOME"] = str(superset_home())
    os.environ.setdefault("FLASK_APP", "superset.app:create_app()")
    superset_home().mkdir(parents=True, exist_ok=True, mode=0o700)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the right to write Superset's metadata; whoever comes second waits.

    On a first start two processes apply at once: serve.py, and the DAG refrescar_tableros that Airflow starts for the first
    release. Two migrations of one database break each other. The lock is of the kernel, so a killed process leaves none;
    it lies in PAMGA_DATA, which every machine that serves or schedules shares.
    """
    with (superset_home() / "apply.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process is writing Superset's metadata; waiting for it.", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def options(about: str | None) -> argparse.ArgumentParser:
    """The options of a script, whose page of help is what its file says of itself."""
    return argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)


def end_with(script: Callable[[], int | None]) -> NoReturn:
    """Run a script and end with its exit code; what is wrong with the environment is told, and is 2."""
    logging.disable(logging.WARNING)
    try:
        code = script()
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        code = 2
    sys.exit(code)


def make_app() -> Any:
    """Superset's application; what it prints while it starts goes to stderr, so that --json prints one document."""
    with redirect_stdout(sys.stderr):
        from superset.app import create_app

        return create_app()
