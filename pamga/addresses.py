"""Addresses of places elsewhere (s3, sftp, https): a folder or a URL, and what of a URL may be written down."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/")


def scheme_of(address: str) -> str | None:
    """The scheme of a URL, also of one whose two slashes became one (`s3:/bucket`); None for a path of this machine."""
    match = _SCHEME.match(address.strip())
    return match[1].lower() if match else None


def local_path(address: str) -> Path:
    """The folder that a path of this machine, or its `file:` address, names."""
    return Path(unquote(urlsplit(address).path)) if scheme_of(address) == "file" else Path(address)


def why_no_path(given: str) -> str | None:
    """Why a text names no folder of this machine, where it would silently become a strange one; None when it may."""
    if not given.strip():
        return "it is empty. Give the path of a folder"
    if given.startswith("~"):
        return "only a shell knows what ~ stands for. Give the whole path"
    if re.search(r"\s#", given):
        return "it holds a remark (#), which is part of the path here. Write the remark on a line of its own"
    return None


def without_secrets(address: str) -> str:
    """The URL without account, password, query and fragment: what may stand in lake, receipts, registry and logs.

    A password with / # ? in it ends the account too early; then all before the last @ may be of it.
    """
    scheme = scheme_of(address)
    if scheme is None:
        return address
    after = address.partition(":")[2].lstrip("/")
    machine = re.split("[/?#]", after, maxsplit=1)[0]
    if "@" not in machine and ":" in machine and "@" in after:
        return f"{scheme}://{re.split('[?#]', after.rpartition('@')[2], maxsplit=1)[0]}"
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket that no other closes
        return f"{scheme}://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def why_no_web_address(given: str) -> str | None:
    """Why a text is no address of pages that a browser opens; None when it is one."""
    parts = _parts(given)
    if (
        parts is None
        or parts.scheme.lower() not in ("http", "https")
        or not parts.hostname
        or re.search(r"[\s<>\"'{}|\\^`]", given)
    ):
        return "it is no address of the web. Write it as https://datos.example/"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return "it holds an account, a password, a query or a fragment, and is published. Write it as https://datos.example/"
    return None


def _parts(address: str) -> SplitResult | None:
    """The parts of a URL whose port is one; None where it cannot be taken apart. The error that says so may quote a password."""
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def why_no_mailboxes(given: str) -> str | None:
    """Why a text is not one or more e-mail addresses; None when it is."""
    each = [one.strip() for one in re.split("[,;]", given)]
    if all(re.fullmatch(r"[^\s@<>()\[\]\":]+@[^\s@<>()\[\]\":]+\.[^\s@<>()\[\]\":.]+", one) for one in each):
        return None
    return "it is no e-mail address. Write it as datos@leon.example, without a name"


def why_no_database(url: str) -> str | None:
    """Why a text is no address of a database that this project keeps things in; None when it is. It quotes nothing: there is a password in it."""
    import sqlalchemy as sa

    form = "Write it as postgresql+psycopg2://role:password@host:5432/database; in role and password %XX for what is neither letter nor digit"
    try:
        parsed = sa.make_url(url)
        kind = parsed.get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            return f"it is of {kind}, and it may be of SQLite and PostgreSQL. {form}"
        dialect = parsed.get_dialect()
        dialect.import_dbapi()
    except (sa.exc.ArgumentError, ValueError):
        return f"it is no address of a database. {form}"
    except (sa.exc.NoSuchModuleError, ImportError):
        return f"there is no driver for {parsed.drivername} here. {form}"
    if dialect.is_async:
        return f"the driver {parsed.drivername} is one for other programs. {form}"
    if not parsed.database or parsed.database == ":memory:":
        return (
            f"it names no database. {form}"
            if kind == "postgresql"
            else "it names no file. Write it as sqlite:////folder/file.db"
        )
    return None
