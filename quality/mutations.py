"""The mutation table: for every check a fault is planted in a copy of the candidate, and the check must catch it and list rows.

Nothing is written: a fault is a view over the clean relation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from pamga.errors import PamgaError
from pamga.settings import Settings
from quality import catalogue, soda
from quality.candidate import load_candidate, opened, planted
from quality.marts import Mart, plain_type, published_marts
from quality.yaml_files import load_yaml

FUTURE, PAST = "date '2999-12-31'", "date '1990-01-01'"
HUGE = 1_000_000_000

# What is done to the candidate, in words, by kind of check.
FAULTS = {
    "esquema": "a private column slips into the file",
    "unicidad": "a row is repeated",
    "llave_vacia": "a row without key",
    "valores": "a value that nobody agreed",
    "rango": "a number outside the range",
    "futuro": "a date in the year 2999",
    "referencia": "a key that does not exist in the other table",
    "referencia_entregada": "a key that does not exist in the other table",
    "archivo_completo": "the file holds another number of rows than its table",
    "volumen_perdida": "the release before had a thousand million rows",
    "volumen_cambio": "the release before had a thousand million rows",
    "frescura": "the newest period is many years old",
    "lago_completo": "a row that the lake does not have",
    "entrega_volumen": "the deliveries hold no row",
    "entrega_frescura": "the newest delivery is of 2001",
    "entrega_rechazo": "every row of the delivery is quarantined",
}
RAW_FAULTS = {
    "entrega_volumen": ("lake.{}", "select * from {} where false"),
    "entrega_frescura": ("lake.entregas", "select * replace ('2001T1' as trimestre) from {}"),
    "entrega_rechazo": (
        "lake.entregas",
        "select * replace (1000 as rows_read, 0 as out_of_scope, 1000 as quarantined) from {}",
    ),
}


@dataclass(frozen=True)
class Mutation:
    """One line of the table."""

    check: str
    fault: str
    clean: str  # outcome on the candidate as it is
    faulty: str  # outcome with the fault
    rows: int  # offending rows that the check lists then

    @property
    def proved(self) -> bool:
        """The clean relation passes, the faulty one does not, and the check says which rows."""
        return self.clean == "pass" and self.faulty in ("fail", "warn") and self.rows > 0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "proved": self.proved}


def mutation_table(settings: Settings, run: str | None = None, datasets: set[str] | None = None) -> list[Mutation]:
    """Plant every fault, one at a time, and run only the contract that must catch it. `datasets` narrows the table."""
    candidate = load_candidate(settings, run)
    known = set(candidate.datasets) | set(catalogue.internal_relations())
    paths = [path for path in sorted(catalogue.CONTRACTS.glob("*.yml")) if path.stem in known]
    paths += [catalogue.RAW_CONTRACTS / f"{export}.yml" for export in candidate.delivered_exports]
    table = []
    with opened(settings, candidate) as connection:
        for path in paths:
            if datasets is not None and path.stem not in datasets:
                continue
            clean = {m.id: m.outcome for m in soda.verify_contract(connection, path, candidate.variables)}
            for check_id, (words, faults) in contract_faults(connection, path).items():
                with planted(connection, faults):
                    (measured,) = soda.verify_contract(connection, path, candidate.variables, only=check_id)
                rows = len(measured.offending.rows)
                table.append(Mutation(check_id, words, clean[check_id], measured.outcome, rows))
    return table


def contract_faults(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Check id -> (the fault in words, relations to replace) for every check of a contract."""
    contract = load_yaml(path)
    relation = soda.relation_name(contract)
    mart = next((mart for mart in published_marts() if mart.name == relation), None)
    types = {row[0]: plain_type(row[1]) for row in connection.execute(f"describe {relation}").fetchall()}
    return {check_id: _fault(check_id, mart, types) for check_id in check_ids(contract)}


def check_ids(contract: dict[str, Any]) -> Iterator[str]:
    """The ids of a contract's checks, in its order."""
    for owner in [*contract.get("columns", []), contract]:
        for check in owner.get("checks", []):
            (body,) = check.values()
            yield body["name"]


def _fault(check_id: str, mart: Mart | None, types: dict[str, str]) -> tuple[str, dict[str, str]]:
    written = catalogue.written_checks().get(check_id)
    if written:
        if not written.fault:
            raise PamgaError(
                f"The check {check_id} has no fault that proves it.", "Add `falla` in quality/checks.yaml."
            )
        return written.fault_words, written.fault
    dataset, kind, *rest = check_id.split(".")
    if kind in RAW_FAULTS:
        relation, query = RAW_FAULTS[kind]
        return FAULTS[kind], {relation.format(dataset): query}
    if mart is None:
        raise PamgaError(f"The check {check_id} belongs to no published mart.", "Generate the contracts again.")
    return FAULTS[kind], _kind_fault(mart, kind, rest[0] if rest else next(iter(types)), types)


def _kind_fault(mart: Mart, kind: str, column: str, types: dict[str, str]) -> dict[str, str]:
    """The relations to replace for a check of a kind."""
    name = mart.name
    if kind in ("volumen_perdida", "volumen_cambio"):
        before = f"'2999T4-r99' as release, {FUTURE} as fecha, '{name}' as conjunto, {HUGE} as filas"
        return {"lake.publicaciones": f"select * from {{}} union all by name select {before}"}
    if kind == "frescura":
        old_rows = f"select * replace ({_old('trimestre', 'varchar')} as trimestre) from {{}}"
        period = mart.period_column or column
        rows = f"select * replace ({_old(period, types[period])} as {period}) from {{}}"
        return {
            name: f"{rows} union all by name {_row({period: _old(period, types[period])})}",
            "lake.entregas": old_rows,
        }
    if kind == "esquema":
        return {name: "select *, 'privado' as columna_privada from {}"}
    if kind == "unicidad":
        repeated = _row({key: _value(types[key]) for key in mart.key})
        return {name: f"select * from {{}} union all by name {repeated} union all by name {repeated}"}
    absent = "'no existe'" if types[column] == "varchar" else str(HUGE)
    wrong = {
        "llave_vacia": "null",
        "archivo_completo": "null",
        "lago_completo": "null",
        "valores": "'valor que nadie acordó'" if types[column] == "varchar" else str(HUGE),
        "rango": "-200",
        "futuro": FUTURE,
        "referencia": absent,
        "referencia_entregada": absent,
    }[kind]
    return {name: f"select * from {{}} union all by name {_row({column: f'cast({wrong} as {types[column]})'})}"}


def _row(values: dict[str, str]) -> str:
    return "select " + ", ".join(f'{value} as "{name}"' for name, value in values.items())


def _value(sql_type: str) -> str:
    return {"varchar": "'repetida'", "date": "date '2026-01-01'"}.get(sql_type, f"cast(1 as {sql_type})")


def _old(column: str, sql_type: str) -> str:
    return {"date": PAST, "varchar": "'2001T1'"}.get(sql_type, f"cast(1990 as {sql_type})")


def table_text(table: list[Mutation]) -> str:
    """The table as Markdown, for the terminal and for docs/quality.md."""
    lines = [
        "| check | fault planted | clean | with the fault | rows listed | caught |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{m.check}` | {m.fault} | {m.clean} | {m.faulty} | {m.rows} | {'yes' if m.proved else 'NO'} |"
        for m in table
    ]
    caught = sum(m.proved for m in table)
    return "\n".join([*lines, "", f"{caught} of {len(table)} faults caught by checks that pass on clean data."])
