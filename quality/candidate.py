"""A run's candidate as the gate sees it: the very files as views, the run's warehouse beside them, the reference days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pamga.documents.lock import Lock
from pamga.engine import connect, quoted
from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import read_json
from pamga.takedowns import releases_down, takedowns
from quality import catalogue

WAREHOUSE_SCHEMAS = ("lake", "marts", "seeds")


@dataclass(frozen=True)
class Candidate:
    """What a run wants to publish and what it read."""

    run: str
    folder: Path
    description: dict[str, Any]  # datasets.json
    lock: Lock

    @property
    def release(self) -> str:
        return str(self.description["release"])

    @property
    def closing(self) -> str | None:
        """The quarter that this release closes; None when it is provisional."""
        quarter: str | None = self.description.get("cierre")
        return quarter

    @property
    def closes_too_early(self) -> bool:
        """Whether it closes a quarter that had not ended on the day of the build."""
        today = self.lock.today
        return (
            bool(self.closing and today) and date.fromisoformat(str(today)) <= Quarter.parse(str(self.closing)).cutoff
        )

    @property
    def datasets(self) -> dict[str, dict[str, Any]]:
        return {dataset["name"]: dataset for dataset in self.description["datasets"]}

    @property
    def withdrawn(self) -> list[str]:
        """Datasets that were taken down: nobody publishes them until a person lifts that."""
        return list(self.description.get("withdrawn", []))

    @property
    def delivered_exports(self) -> list[str]:
        """The exports with a standing delivery: the others have nothing raw to check."""
        return sorted({delivery.export for delivery in self.lock.deliveries})

    @property
    def received_until(self) -> date:
        """The newest day of receipt of what stands or is set aside: nobody knows of later days (rules.md: no wall clock in results)."""
        days = [str(delivery.received_on) for delivery in self.lock.deliveries]
        return date.fromisoformat(self.lock.received_until or max(days, default="2000-01-01"))

    @property
    def newest_receipt(self) -> date:
        """The newest day on which anything came, also what was refused: no deed can be later."""
        days = [date.fromisoformat(str(version.received_on)) for version in self.lock.versions]
        return max([self.received_until, *days])

    @property
    def quarter(self) -> Quarter:
        """The quarter that freshness is measured for: the one being closed, else the newest one delivered."""
        text = self.closing or self.description.get("trimestre")
        return Quarter.parse(text) if text else Quarter.containing(self.received_until)

    @property
    def owed_quarter(self) -> Quarter:
        """The quarter whose deliveries are missed: a quarter that still runs is owed by nobody, the one before it is."""
        running = self.closing is None and self.quarter.cutoff > self.received_until
        return self.quarter.shift(-1) if running else self.quarter

    @property
    def reference_day(self) -> date:
        """The quarter's cut-off; of a quarter that is still running, the newest day of receipt."""
        return self.quarter.cutoff if self.closing else min(self.quarter.cutoff, self.received_until)

    @property
    def variables(self) -> dict[str, str]:
        """What the contracts' queries read of the run."""
        return {
            "corte": self.reference_day.isoformat(),
            "recibido_hasta": self.newest_receipt.isoformat(),
            "trimestre": str(self.quarter),
            "trimestre_exigible": str(self.owed_quarter),
            "fin_exigible": self.owed_quarter.cutoff.isoformat(),
            "cierre": self.closing or "",
        }


def load_candidate(settings: Settings, run: str | None = None) -> Candidate:
    """The candidate of `run`, by default of the newest complete run. Raises PamgaError when there is none."""
    folder = settings.layout.run(run or "latest").resolve()
    if not (folder / "candidate" / "manifest.json").exists():
        raise PamgaError(f"There is no complete candidate in {folder}.", "Run `pamga build` first.")
    return Candidate(
        folder.name, folder, read_json(folder / "candidate" / "datasets.json"), Lock.read(folder / "inputs.lock")
    )


@contextmanager
def opened(settings: Settings, candidate: Candidate) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection with a view per published file and the run's warehouse, both read only."""
    with connect(settings, extensions=("spatial",)) as connection:
        connection.execute(f"attach {quoted(str(candidate.folder / 'warehouse.duckdb'))} as almacen (read_only)")
        _mirror_warehouse(connection)
        for name in candidate.datasets:
            path = candidate.folder / "candidate" / "data" / f"{name}.parquet"
            connection.execute(f'create view "{name}" as select * from read_parquet({quoted(str(path))})')
        for name in candidate.withdrawn:  # checked nowhere, but others point at its keys
            connection.execute(f'create view "{name}" as select * from marts."{name}"')
        for name, relation in catalogue.internal_relations().items():
            connection.execute(f'create view "{name}" as select * from {relation}')
        connection.execute(_published_before(settings, candidate))
        connection.execute(DELIVERIES_CHANGED)
        yield connection


def _published_before(settings: Settings, candidate: Candidate) -> str:
    """What a loss of rows is measured against: what the public reads of the newest quarter, by dataset.

    Only releases that lead to what is up count: never one that was rolled back from or taken down. The closing release of an older
    quarter, which shows no later one, is measured against the newest release of that quarter or an earlier one; and a release that
    comes after such a closing against the one that had shown more than it.
    """
    stands = ["true"]
    line, down = candidate.lock.line, releases_down(takedowns(settings.layout.log))
    if line is not None:
        stands.append(f"list_contains({_listed(line)}, release)")
    if down:
        stands.append(f"not list_contains({_listed(sorted(down))}, release)")
    if candidate.closing:
        stands.append(f"split_part(release, '-', 1) <= {quoted(candidate.closing)}")
    return f"""
create view publicado_antes as
select release, fecha, conjunto, filas from lake.publicaciones
where {" and ".join(stands)}
qualify rank() over (order by split_part(release, '-', 1) desc, orden desc) = 1
"""


def _listed(names: Iterable[str]) -> str:
    return f"cast([{', '.join(quoted(name) for name in names)}] as varchar[])"


# The deliveries that are not, or not in the same version, what that release read: new, corrected, set aside.
DELIVERIES_CHANGED = """
create view entregas_cambiadas as
with antes as (
    select export, dependencia, trimestre, version from lake.insumos_release
    where release in (select release from publicado_antes)
),
ahora as (select export, dependencia, trimestre, version from lake.entregas where vigente)
select coalesce(antes.export, ahora.export) as export, coalesce(antes.dependencia, ahora.dependencia) as dependencia,
    coalesce(antes.trimestre, ahora.trimestre) as trimestre, antes.version as version_anterior, ahora.version
from antes full join ahora using (export, dependencia, trimestre)
where antes.version is distinct from ahora.version and exists (select 1 from antes)
"""


def _mirror_warehouse(connection: duckdb.DuckDBPyConnection) -> None:
    """Views in the schemas of the warehouse, so that queries name them as dbt does and a fault can replace one."""
    relations = connection.execute(
        """
        select schema_name, name from (
            select database_name, schema_name, table_name as name from duckdb_tables()
            union all
            select database_name, schema_name, view_name as name from duckdb_views() where not internal
        ) where database_name = 'almacen' order by all
        """
    ).fetchall()
    for schema in WAREHOUSE_SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    for schema, name in relations:
        if schema in WAREHOUSE_SCHEMAS:
            connection.execute(f'create view {schema}."{name}" as select * from almacen.{schema}."{name}"')


@contextmanager
def planted(connection: duckdb.DuckDBPyConnection, faults: Mapping[str, str]) -> Iterator[None]:
    """Replace relations by faulty ones for the length of the block: name (`acuerdos`, `lake.entregas`) -> query.

    `{}` in a query stands for the clean relation. Raises PamgaError when a relation is not known.
    """
    clean: dict[str, str] = {}
    try:
        for name, query in faults.items():
            schema, _, table = name.rpartition(".")
            relation = f'{schema or "main"}."{table}"'
            definition = connection.execute(
                "select sql from duckdb_views() where schema_name = ? and view_name = ? and database_name = 'memory'",
                [schema or "main", table],
            ).fetchone()
            if definition is None:
                raise PamgaError(f"The fault names an unknown relation {name}.", "Mend `falla` in quality/checks.yaml.")
            copy = f"sin_falla_{len(clean)}"
            connection.execute(f"create or replace temp table {copy} as select * from {relation}")
            clean[relation] = str(definition[0])
            connection.execute(f"create or replace view {relation} as {query.replace('{}', 'temp.' + copy)}")
        yield
    finally:
        for definition_sql in clean.values():
            connection.execute(definition_sql.replace("CREATE VIEW", "create or replace view", 1))
