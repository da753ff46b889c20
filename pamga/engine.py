"""DuckDB connections: one way to open them, with limits and the extensions that came as packages (nothing is downloaded)."""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
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
    load_extensions(connection, extensions)
    return connection


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
