"""Build a release again from the lake and its lock, and compare the bytes of data/ and the rows of its database.

A DuckDB file is not byte-stable (docs/decisions/duckdb-files.md): of it the tables, their columns and their rows in order are compared.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pamga.documents.lock import Lock
from pamga.engine import connect
from pamga.errors import UsageError
from pamga.plan import plan
from pamga.settings import Settings
from pamga.storage import exclusive_lock, sha256_bytes, sha256_file
from pamga.takedowns import releases_down, takedowns
from warehouse.build import rebuild
from warehouse.fingerprint import code_fingerprint
from warehouse.lock import LOCK_NAME


@dataclass(frozen=True)
class Reproduction:
    """What came of building a release again: files with equal bytes and tables with equal rows (`<database>: <table>`), those that
    differ, whether the code is the same."""

    release: str
    equal: list[str]
    different: list[str]
    same_code: bool
    commit: str | None


def reproduce(settings: Settings, release: str) -> Reproduction:
    """Build `release` again from its own inputs.lock. Raises UsageError when there is no such release."""
    folder = settings.layout.release(release)
    lock_path = folder / LOCK_NAME
    _refuse_taken_down(settings, release)
    if not lock_path.exists():
        raise UsageError(f"There is no release {release}.", f"Choose one of the folders in {settings.layout.releases}.")
    lock = Lock.read(lock_path)
    with exclusive_lock(settings.layout.locks / "build.lock"):
        working = settings.layout.runs / ".reproduce"
        data = rebuild(settings, lock_path, working)
        again = _hashes(data) | _tables(settings, data.parent / plan().base_publica)
        shutil.rmtree(working)
    with exclusive_lock(settings.layout.locks / "publish.lock", shared=True):  # nothing is taken down while it is read
        _refuse_taken_down(settings, release)
        published = _hashes(folder / "data") | _tables(settings, folder / plan().base_publica)
        records = takedowns(settings.layout.log)  # with what was taken down during the build
    gone_files = [
        Path(path) for r in records if release in r.publicaciones for path in r.publicaciones[release].retirados
    ]
    absent = {path.name for path in gone_files} | {_table(path.name.partition(".")[0]) for path in gone_files}
    names = sorted((published.keys() | again.keys()) - absent)  # of what was taken down there is nothing to prove
    equal = [name for name in names if published.get(name) == again.get(name)]
    return Reproduction(
        release=release,
        equal=equal,
        different=[name for name in names if name not in equal],
        same_code=lock.code.sha256 == code_fingerprint().sha256,
        commit=lock.code.commit,
    )


def _refuse_taken_down(settings: Settings, release: str) -> None:
    gone = releases_down(takedowns(settings.layout.log)).get(release)
    if gone is not None:
        raise UsageError(
            f"{release} was taken down on {gone.fecha}: there is nothing left to prove.",
            f"Its tombstone is {settings.layout.releases}/retiros/{gone.numero:04d}.html.",
        )


def _tables(settings: Settings, database: Path) -> dict[str, str]:
    """Table -> what tells its columns and its rows, in their order, from any others."""
    with connect(settings, database, read_only=True, extensions=("spatial",)) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        found = {}
        for schema, table in tables:
            name = f'"{schema}"."{table}"'
            columns = connection.execute(f"describe {name}").fetchall()
            listed = ", ".join(f'"{column}"' for column, *_ in columns)
            rows = connection.execute(
                f"select count(*), coalesce(sum(hash(rowid, {listed})::hugeint), 0), bit_xor(hash({listed}, rowid)) from {name}"
            ).fetchone()
            found[_table(table)] = sha256_bytes(repr((schema, [column[:2] for column in columns], rows)).encode())
        return found


def _table(name: str) -> str:
    return f"{plan().base_publica}: {name}"


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256_file(path) for path in sorted(folder.iterdir()) if path.is_file()}
