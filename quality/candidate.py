"""A run's candidate as the gate sees it: the very files as views, the run's warehouse beside them, the reference days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import duckdb

from pamga.candidate import Candidate
from pamga.engine import connect, quoted
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.takedowns import releases_down, takedowns
from quality import catalogue

WAREHOUSE_SCHEMAS = ("lake", "marts", "seeds")


def variables(candidate: Candidate) -> dict[str, str]:
    """What the contracts' queries read of the run."""
    return {
        "corte": candidate.reference_day.isoformat(),
        "recibido_hasta": candidate.newest_receipt.isoformat(),
        "trimestre": str(candidate.quarter),
        "trimestre_exigible": str(candidate.owed_quarter),
        "fin_exigible": candidate.owed_quarter.cutoff.isoformat(),
        "cierre": candidate.closing or "",
    }


@contextmanager
def opened(settings: Settings, candidate: Candidate) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection with a view per published file and the run's warehouse, both read only."""
    with connect(settings, extensions=("spatial",)) as connection:
        connection.execute(f"attach {quoted(str(candidate.run_folder / 'warehouse.duckdb'))} as almacen (read_only)")
        _mirror_warehouse(connection)
        for name in candidate.by_name:
            path = candidate.folder / "data" / f"{name}.parquet"
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
