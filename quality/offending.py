"""Which rows make a check fail, in SQL: Soda gives counts only, and a number alone tells nobody what to mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pamga.engine import quoted
from pamga.errors import PamgaError

MAX_ROWS = 20
MAX_CONCERNED = 500
WHO = ("dependencia", "nombre_dependencia", "export", "fuente", "indicador")  # columns that say whose row it is


@dataclass(frozen=True)
class Offending:
    """Up to MAX_ROWS offending rows, and whose they all are: also the offices of those rows that are not listed."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    concerned: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Question:
    """A check as its contract declares it, and what its queries read of the run."""

    dataset: str  # `acuerdos_seguimiento`, `lake.acuerdos`
    contract: dict[str, Any]
    kind: str  # Soda's
    column: str | None
    body: dict[str, Any]
    variables: Mapping[str, str]

    @property
    def table(self) -> str:
        """The relation, quoted."""
        return ".".join(f'"{part}"' for part in self.dataset.split("."))

    @property
    def name(self) -> str:
        """The check's own name: `frescura`, `entrega_rechazo`…"""
        return str(self.body["name"]).split(".")[1]


def offending(connection: duckdb.DuckDBPyConnection, question: Question) -> Offending:
    """The rows that make a check fail, by the SQL that says the same as Soda's check."""
    if question.kind == "schema":
        return Offending(_schema_differences(connection, question))
    sql = rows_query(question)
    for name, value in question.variables.items():
        sql = sql.replace(f"${{var.{name}}}", value)
    rows = fetch_rows(connection, f"select * from ({sql}) as filas limit {MAX_ROWS}")
    whose = [column for column in WHO if rows and column in rows[0]]
    if len(rows) < MAX_ROWS or not whose:
        return Offending(rows, [{column: row[column] for column in whose} for row in rows])
    listed = ", ".join(f'"{column}"' for column in whose)
    distinct = f"select distinct {listed} from ({sql}) as filas order by all limit {MAX_CONCERNED}"
    return Offending(rows, fetch_rows(connection, distinct))


def rows_query(question: Question) -> str:
    """The rows behind a check, as SQL (still with ${var.…} in it). Raises PamgaError for a kind that nobody wrote one for."""
    table, column, body = question.table, question.column, question.body
    queries: dict[str, Callable[[], str]] = {
        "failed_rows": lambda: str(body.get("query") or f"select * from {table} where {body['expression']}").strip(),
        "metric": lambda: _delivery_rows(question),
        "missing": lambda: f'select * from {table} where "{column}" is null',
        "duplicate": lambda: _repeated(table, body["columns"]),
        "freshness": lambda: _newest(question),
        "invalid": lambda: (
            f'select * from {table} where "{column}" is not null and ({body.get("filter", "true")}) and not ({_valid(column, body)})'
        ),
    }
    if question.kind not in queries:
        raise PamgaError(
            f"No query is known for Soda's check {question.kind}.", "Add it to quality.offending.rows_query."
        )
    return queries[question.kind]()


def _repeated(table: str, columns: list[str]) -> str:
    keys = ", ".join(f'"{name}"' for name in columns)
    return f"select {keys}, count(*) as veces from {table} group by all having count(*) > 1 order by all"


def _newest(question: Question) -> str:
    """An observed series: its newest day, the oldest that would do, and how far it is behind."""
    body, days = question.body, question.body["threshold"]["must_be_less_than_or_equal"]
    return f"""
    select '{question.dataset}' as conjunto, cubre_hasta, date '${{var.corte}}' - {days} as debe_cubrir_hasta,
        date_diff('day', cubre_hasta, date '${{var.corte}}' - {days}) as dias_de_atraso
    from (select max("{body["column"]}") filter (where {body["filter"]}) as cubre_hasta from {question.table}) as serie
    """


def _delivery_rows(question: Question) -> str:
    """The deliveries behind a check on raw: what stands of the export, what is late, what was quarantined."""
    export = question.dataset.rpartition(".")[2]
    limit = question.body["threshold"].get("must_be_less_than_or_equal", 0)
    queries = {
        "entrega_frescura": LATE_DELIVERIES,
        "entrega_rechazo": QUARANTINED_DELIVERIES,
    }
    return queries[question.name].format(export=export, limit=limit)


# The quarter that would do is the run's own; a layer may be as many quarters old as the check allows.
LATE_DELIVERIES = """
    with esperado as (
        select date '${{var.fin_exigible}}' as fin, last_day(date '${{var.fin_exigible}}' - interval ({limit} * 3) month) as fin_exigido
    ),
    entregado as (
        select dependencia, max(trimestre) as ultimo_trimestre from lake.entregas where export = '{export}' and vigente group by all
    ),
    plazos as (select dependencia, dias_plazo from seeds.plazos_entrega where export = '{export}')
    select '{export}' as export, entregado.dependencia, ultimo_trimestre,
        year(fin_exigido) || 'T' || quarter(fin_exigido) as trimestre_esperado,
        fin_exigido + cast(coalesce(dias_plazo, 0) as integer) as fecha_limite,
        greatest(date_diff('day', fin_exigido + cast(coalesce(dias_plazo, 0) as integer), date '${{var.recibido_hasta}}'), 0) as dias_de_atraso
    from entregado cross join esperado left join plazos using (dependencia)
    where ultimo_trimestre < year(fin_exigido) || 'T' || quarter(fin_exigido)
    order by ultimo_trimestre, entregado.dependencia
"""

QUARANTINED_DELIVERIES = """
    select export, dependencia, trimestre, version, rows_read as filas_leidas, quarantined as filas_apartadas,
        round(100.0 * quarantined / (rows_read - out_of_scope), 1) as porcentaje_apartado
    from lake.entregas
    where export = '{export}' and vigente and quarantined * 100.0 > {limit} * (rows_read - out_of_scope)
    qualify row_number() over (partition by dependencia order by trimestre desc) = 1
    order by porcentaje_apartado desc, dependencia
"""


def _valid(column: str | None, body: dict[str, Any]) -> str:
    conditions = []
    if "valid_values" in body:
        values = ", ".join(quoted(v) if isinstance(v, str) else str(v) for v in body["valid_values"])
        conditions.append(f'"{column}" in ({values})')
    if "valid_min" in body:
        conditions.append(f'"{column}" >= {body["valid_min"]}')
    if "valid_max" in body:
        conditions.append(f'"{column}" <= {body["valid_max"]}')
    if "valid_reference_data" in body:
        reference = body["valid_reference_data"]
        referred = reference["dataset"].rsplit("/", 1)[1]
        conditions.append(f'"{column}" in (select "{reference["column"]}" from "{referred}")')
    return " and ".join(conditions)


def existing_columns(connection: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """Column -> SQL type in lower case."""
    relation = ".".join(f'"{part}"' for part in dataset.split("."))
    return {row[0]: row[1].lower() for row in connection.execute(f"describe {relation}").fetchall()}


def _schema_differences(connection: duckdb.DuckDBPyConnection, question: Question) -> list[dict[str, Any]]:
    existing = existing_columns(connection, question.dataset)
    agreed = {column["name"]: column["data_type"] for column in question.contract["columns"]}
    differences = [{"columna": name, "problema": "sobra"} for name in existing if name not in agreed]
    for name, sql_type in agreed.items():
        found = existing[name].split("(")[0]
        if found != sql_type:
            differences.append({"columna": name, "problema": f"es {found} y debe ser {sql_type}"})
    return differences[:MAX_ROWS]


def fetch_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Rows as dictionaries of JSON values; geometries and long texts are left out or cut."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True) if not isinstance(value, bytes)}
        for row in cursor.fetchall()
    ]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:200]
