"""Whether a database's tables are those of the code that is installed here: the newest migration that it has against the newest one.

The migrations' files are read, never imported: those of Superset lie in an environment that is not ours.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from pamga.registry import MIGRATIONS
from pamga.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
_REVISION = re.compile(r"^revision(?:\s*:\s*\w+)?\s*=\s*[\"']([^\"']+)[\"']", re.M)
_BEFORE = re.compile(r"^down_revision(?:\s*:[^=\n]+)?\s*=\s*(\([^)]*\)|[^\n]*)", re.M)


@dataclass(frozen=True)
class Line:
    """A line of migrations: whose, which table of the database says how far it is, and where its files are."""

    of: str
    database: str
    table: str
    folder: Path
    mend: str

    def revisions(self) -> tuple[set[str], set[str]]:
        """All that the code has, and of these the newest: those that no other one follows."""
        known, followed = set(), set()
        for path in self.folder.glob("*.py"):
            text = path.read_text(encoding="utf-8")
            if found := _REVISION.search(text):
                known.add(found[1])
                before = _BEFORE.search(text)
                followed.update(re.findall(r"[\"']([^\"']+)[\"']", before[1] if before else ""))
        return known, known - followed

    def problem(self, connection: sa.Connection) -> str | None:
        """What is wrong; None when the tables are those of the code, or were never made."""
        if not sa.inspect(connection).has_table(self.table):
            return None
        at: set[str] = set(connection.execute(sa.text(f"select version_num from {self.table}")).scalars())
        known, newest = self.revisions()
        if at == newest:
            return None
        age = "older" if at <= known else "newer"
        return f"The tables of {self.of} are of {age} code ({', '.join(sorted(at)) or 'none'}; the code's is {', '.join(sorted(newest))})."


def lines(settings: Settings) -> Iterator[Line]:
    """All lines whose code is installed here."""
    yield Line(
        "the registry", "registry", "alembic_version", MIGRATIONS / "versions", "`pamga status` brings them up to date."
    )
    for of, table, module, folder in (
        ("Airflow", "alembic_version", "airflow", "migrations/versions"),
        ("FAB", "alembic_version_fab", "airflow.providers.fab", "migrations/versions"),
    ):
        spec = importlib.util.find_spec(module)
        for place in spec.submodule_search_locations or [] if spec else []:
            yield Line(
                of,
                "airflow",
                table,
                Path(place) / folder,
                "docker compose up -d --wait airflow-init (`airflow db migrate`).",
            )
    for versions in (PROJECT / settings.superset_python).parent.parent.glob(
        "lib/python3.*/site-packages/superset/migrations/versions"
    ):
        yield Line(
            "Superset",
            "superset",
            "alembic_version",
            versions,
            "docker compose up -d --wait superset (its start brings them up to date).",
        )
