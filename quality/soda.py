"""Run contracts with Soda on open relations: Soda counts, and the rows that it counted are listed by the same definition."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import duckdb

from pamga.errors import PamgaError
from pamga.faults import our_fault
from quality.catalogue import Card
from quality.contracts import Contract, card_of
from quality.definitions import Definition
from quality.offending import Offending, existing_columns, offending, quoted_name, structure_differences

os.environ.setdefault("SODA_CORE_TELEMETRY_ENABLED", "false")

OUTCOMES = {"PASSED": "pass", "FAILED": "fail", "WARN": "warn", "NOT_EVALUATED": "not_evaluated"}


@dataclass(frozen=True)
class Measured:
    """What Soda said of one check, with the offending rows. The card's `{dependencias}` are not filled in yet."""

    id: str
    dataset: str
    outcome: str  # pass | fail | warn | not_evaluated
    card: Card
    value: float | None
    threshold: str
    offending: Offending


@dataclass(frozen=True)
class _Said:
    outcome: str
    value: float | None
    card: Card


def verify_contract(
    connection: duckdb.DuckDBPyConnection, contract: Contract, variables: Mapping[str, str]
) -> list[Measured]:
    """Run one contract. Raises PamgaError when Soda cannot run it at all (a relation is missing, a query is wrong).

    A missing column makes Soda give up on the whole contract; then only the structure is reported, and the others count as not evaluated.
    """
    existing = existing_columns(connection, contract.name)
    missing = [name for name in contract.columns if name not in existing]
    if missing:
        return [_without_columns(contract, check, missing) for check in contract.checks]
    results = _run(connection, contract, variables)
    measured = []
    for check in contract.checks:
        said = results[check.id]
        found = _offending(connection, contract, check, variables) if said.outcome in ("fail", "warn") else Offending()
        measured.append(
            Measured(check.id, contract.name, said.outcome, said.card, said.value, _threshold(check), found)
        )
    return measured


def _offending(
    connection: duckdb.DuckDBPyConnection, contract: Contract, check: Definition, variables: Mapping[str, str]
) -> Offending:
    if check.is_structure:
        return Offending(structure_differences(existing_columns(connection, contract.name), contract.columns))
    return offending(connection, check.rows_sql(quoted_name(contract.name)), variables)


def _run(connection: duckdb.DuckDBPyConnection, contract: Contract, variables: Mapping[str, str]) -> dict[str, _Said]:
    """Check id -> outcome, value and the words of its attributes, from Soda itself."""
    from soda_core.contracts.contract_verification import ContractVerificationSession
    from soda_duckdb.common.data_sources.duckdb_data_source import DuckDBDataSourceImpl

    document = contract.document()
    source = DuckDBDataSourceImpl.from_existing_cursor(connection, contract.soda_name.split("/")[0])
    reference = date.fromisoformat(variables["corte"])  # from 30 September to 31 December there are 92 days
    session = ContractVerificationSession.execute(
        contract_yaml_sources=[_soda()(document)],
        data_source_impls=[source],
        variables={name: value for name, value in variables.items() if name in document["variables"]},
        data_timestamp=f"{reference.isoformat()}T00:00:00+00:00",
    )
    if session.has_errors:
        failed = PamgaError(
            f"Soda could not run the contract of {contract.name}: {session.get_errors_str()}",
            "Mend the check's SQL in quality/checks.yaml or quality/definitions.py; "
            f"`pamga check --print {contract.name}` shows the contract.",
        )
        raise our_fault(failed) or failed
    (result,) = session.contract_verification_results
    return {
        check.check.name: _Said(
            OUTCOMES[check.outcome.name],
            None if check.threshold_value is None else float(check.threshold_value),
            card_of(check.check.attributes, str(check.check.threshold.level)),
        )
        for check in result.check_results
    }


@cache
def _soda() -> Any:
    """Soda's source of a contract, made of a document as it is.

    Soda reads contracts as YAML, with a parser that keeps comments and lines for messages to people, and writes each check as YAML
    again for its cloud: that is three quarters of what the gate takes. The documents are made here; nobody reads either text.
    """
    from soda_core.common.logging_constants import soda_logger
    from soda_core.common.yaml import ContractYamlSource, FileType, YamlObject
    from soda_core.contracts.impl.contract_verification_impl import CheckImpl

    class Document(ContractYamlSource, file_type=FileType.CONTRACT):  # type: ignore[call-arg, misc]
        def __init__(self, document: dict[str, Any]) -> None:
            super().__init__(yaml_str="")
            self.document = document

        def parse(self) -> Any:
            return YamlObject(self, _as_read(self.document))

    soda_logger.setLevel(logging.CRITICAL)  # its findings come back as objects; its log would only repeat them
    setattr(CheckImpl, "_build_definition", lambda check: "")  # noqa: B010 - for its cloud alone
    return Document


def _as_read(value: Any) -> Any:
    """A part of a document in the form in which Soda's parser gives it: with the place in a file, here the beginning of none."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    read: Any
    if isinstance(value, dict):
        read = CommentedMap((key, _as_read(one)) for key, one in value.items())
    elif isinstance(value, list):
        read = CommentedSeq(map(_as_read, value))
    else:
        return value
    read.lc.line = read.lc.col = 0
    return read


def _without_columns(contract: Contract, check: Definition, missing: list[str]) -> Measured:
    if check.is_structure:
        rows = Offending([{"columna": column, "problema": "falta"} for column in missing])
        return Measured(check.id, contract.name, "fail", check.card, float(len(missing)), "0", rows)
    return Measured(check.id, contract.name, "not_evaluated", check.card, None, "", Offending())


def _threshold(check: Definition) -> str:
    """The threshold in words."""
    if check.measure is not None:
        return f"a lo más {check.measure.limit} {check.measure.unit}".rstrip()
    return "a lo más 0" if check.is_structure else "igual a 0"
