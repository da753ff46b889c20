"""DuckDB connections: one way to open them, with limits and the extensions that came as packages (nothing is downloaded)."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pamga.settings import Settings


def extension_path(name: str) -> Path:
    """The extension's binary inside its Python package `duckdb-extension-<name>`."""
    package = importlib.resources.files(f"duckdb_extension_{name}")
    return Path(str(package)) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def load_extensions(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Load extensions into an open connection, offline."""
    for name in names:
        connection.execute(f"load '{extension_path(name)}'")


def connect(
    settings: Settings, path: Path | str = ":memory:", *, read_only: bool = False, extensions: Sequence[str] = ()
) -> duckdb.DuckDBPyConnection:
    """A connection that holds to the memory and thread limits of the settings."""
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    # DuckDB takes a program without a file (`python -c`) for a person's session and draws a slow query's progress into what it prints.
    connection.execute("set enable_progress_bar_print = false")
    load_extensions(connection, extensions)
    return connection


@contextmanager
def writing(settings: Settings, path: Path, *, extensions: Sequence[str] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database file that is to hold what is written when the block ends.

    Closing brings the tables from the log beside the file into it and says nothing where the disk refuses: whoever takes the file alone
    would have one without them. Asked for, it raises.
    """
    with connect(settings, path, extensions=extensions) as connection:
        yield connection
        connection.execute("checkpoint")


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
