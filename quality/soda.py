"""Run Soda contracts on open relations; which rows offend, `quality.offending` says in SQL (Soda gives counts only)."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pamga.errors import PamgaError
from pamga.yaml_files import dump_yaml, load_yaml
from quality.offending import Offending, Question, existing_columns, offending

os.environ.setdefault("SODA_CORE_TELEMETRY_ENABLED", "false")

OUTCOMES = {"PASSED": "pass", "FAILED": "fail", "WARN": "warn", "NOT_EVALUATED": "not_evaluated"}


@dataclass(frozen=True)
class Measured:
    """What Soda said of one check, with the offending rows."""

    id: str
    dataset: str
    outcome: str  # pass | fail | warn | not_evaluated
    severity: str
    value: float | None
    threshold: str
    offending: Offending


def verify_contract(
    connection: duckdb.DuckDBPyConnection, path: Path, variables: Mapping[str, str], only: str | None = None
) -> list[Measured]:
    """Run one contract. Raises PamgaError when Soda cannot run it at all (a relation is missing, the YAML is wrong).

    A missing column makes Soda give up on the whole contract; then only the schema check is run and reported, and the others count
    as not evaluated. `only` keeps the answer to one check, for the mutation table.
    """
    contract = load_yaml(path)
    dataset = relation_name(contract)
    if only is not None:
        contract = _narrowed(contract, only)
    missing = _missing_columns(connection, dataset, contract)
    results = {} if missing else _run(connection, contract, variables)
    measured = []
    for check_id, (kind, column, body) in _declared(contract).items():
        if missing:
            measured.append(_without_columns(dataset, check_id, kind, body, missing))
            continue
        outcome, value = results[check_id]
        if outcome == "fail" and body["threshold"]["level"] == "warn":
            outcome = "warn"  # Soda fails a freshness check that finds no date at all, whatever its level
        if kind == "freshness" and value is None and _is_empty(connection, dataset):
            outcome = "not_evaluated"  # an empty dataset covers no period
        question = Question(dataset, contract, kind, column, body, variables)
        found = Offending() if outcome == "pass" else offending(connection, question)
        measured.append(
            Measured(check_id, dataset, outcome, body["threshold"]["level"], value, _threshold(body, variables), found)
        )
    return measured


def relation_name(contract: dict[str, Any]) -> str:
    """`candidata/main/acuerdos` -> `acuerdos`; `almacen/lake/acuerdos` -> `lake.acuerdos`."""
    _, schema, table = contract["dataset"].split("/")
    return str(table) if schema == "main" else f"{schema}.{table}"


def _sql_name(dataset: str) -> str:
    return ".".join(f'"{part}"' for part in dataset.split("."))


def _narrowed(contract: dict[str, Any], only: str) -> dict[str, Any]:
    """The contract with one check left."""

    def kept(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [check for check in checks if next(iter(check.values()))["name"] == only]

    columns = []
    for column in contract.get("columns", []):
        rest = {key: value for key, value in column.items() if key != "checks"}
        checks = kept(column.get("checks", []))
        columns.append({**rest, "checks": checks} if checks else rest)
    narrowed = {**contract, "columns": columns, "checks": kept(contract.get("checks", []))}
    return {key: value for key, value in narrowed.items() if value or key != "checks"}


def _run(
    connection: duckdb.DuckDBPyConnection, contract: dict[str, Any], variables: Mapping[str, str]
) -> dict[str, tuple[str, float | None]]:
    """Check id -> (outcome, value), from Soda itself."""
    from soda_core.common.logging_constants import soda_logger
    from soda_core.common.yaml import ContractYamlSource
    from soda_core.contracts.contract_verification import ContractVerificationSession
    from soda_duckdb.common.data_sources.duckdb_data_source import DuckDBDataSourceImpl

    soda_logger.setLevel(logging.CRITICAL)  # its findings come back as objects; its log would only repeat them
    source = DuckDBDataSourceImpl.from_existing_cursor(connection, contract["dataset"].split("/")[0])
    known = set(contract.get("variables", {}))
    reference = date.fromisoformat(variables["corte"])  # from 30 September to 31 December there are 92 days
    session = ContractVerificationSession.execute(
        contract_yaml_sources=[ContractYamlSource.from_str(dump_yaml(contract))],
        data_source_impls=[source],
        variables={name: value for name, value in variables.items() if name in known},
        data_timestamp=f"{reference.isoformat()}T00:00:00+00:00",
    )
    if session.has_errors:
        raise PamgaError(
            f"Soda could not run the contract of {contract['dataset']}: {session.get_errors_str()}",
            "Generate the contracts again (`python -m quality.generate`) and build again.",
        )
    (result,) = session.contract_verification_results
    return {
        check.check.name: (OUTCOMES[check.outcome.name], _number(check.threshold_value))
        for check in result.check_results
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _declared(contract: dict[str, Any]) -> dict[str, tuple[str, str | None, dict[str, Any]]]:
    """Check id -> (Soda's kind, column or None, the check's body), in the contract's order."""
    declared = {}
    for column in contract.get("columns", []):
        for check in column.get("checks", []):
            ((kind, body),) = check.items()
            declared[body["name"]] = (kind, column["name"], body)
    for check in contract.get("checks", []):
        ((kind, body),) = check.items()
        declared[body["name"]] = (kind, None, body)
    return declared


def _missing_columns(connection: duckdb.DuckDBPyConnection, dataset: str, contract: dict[str, Any]) -> list[str]:
    existing = existing_columns(connection, dataset)
    return [column["name"] for column in contract.get("columns", []) if column["name"] not in existing]


def _is_empty(connection: duckdb.DuckDBPyConnection, dataset: str) -> bool:
    return connection.execute(f"select 1 from {_sql_name(dataset)} limit 1").fetchone() is None


def _without_columns(dataset: str, check_id: str, kind: str, body: dict[str, Any], missing: list[str]) -> Measured:
    if kind == "schema":
        rows = [{"columna": column, "problema": "falta"} for column in missing]
        return Measured(
            check_id, dataset, "fail", body["threshold"]["level"], float(len(missing)), "0", Offending(rows)
        )
    return Measured(check_id, dataset, "not_evaluated", body["threshold"]["level"], None, "", Offending())


def _threshold(body: dict[str, Any], variables: Mapping[str, str]) -> str:
    """The threshold in words."""
    words = {
        "must_be": "igual a",
        "must_be_less_than_or_equal": "a lo más",
        "must_be_less_than": "menos de",
        "must_be_greater_than": "más de",
        "must_be_greater_than_or_equal": "al menos",
    }
    threshold = body["threshold"]
    unit = " días" if threshold.get("unit") == "day" else ""
    return ", ".join(f"{words[key]} {limit}{unit}" for key, limit in threshold.items() if key in words)
