"""The Soda contracts of a run, made when they are needed from the checks' definitions: what `pamga check --print <conjunto>` shows.

Who mends a check, how, and what it is about ride in Soda's own attributes; `{dependencias}` and `{responsables}` stand in them for the
offices that the offending rows turn out to concern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pamga.candidate import Candidate
from pamga.documents.candidate import Agreed
from pamga.documents.exports import Export
from pamga.errors import PamgaError
from pamga.yaml_files import as_yaml
from quality import catalogue
from quality.catalogue import Card
from quality.definitions import (
    COORDINATES,
    Definition,
    delivery_definitions,
    mart_definitions,
    reference_of,
    written_definitions,
)
from quality.marts import Mart, agreed_of, marts_from
from quality.offices import exports_in_words

# The gate gives these for every run; the defaults are only what Soda needs to parse a contract alone.
VARIABLES = {
    "corte": "2000-03-31",
    "recibido_hasta": "2000-03-31",
    "trimestre": "2000T1",
    "trimestre_exigible": "2000T1",
    "fin_exigible": "2000-03-31",
    "cierre": "",
}
ATTRIBUTES = {"dimension": "dimension", "owner": "responsable", "explanation": "explicacion", "remedy": "remedio"}
OFFICES = {"dependencias": "{dependencias}", "responsables": "{responsables}"}  # filled in when the rows are known


@dataclass(frozen=True)
class Contract:
    """What is agreed of one relation: its columns and its checks."""

    name: str  # `acuerdos_seguimiento`, `lake.acuerdos`
    columns: dict[str, str]  # column -> type; empty where the structure is not agreed here
    checks: tuple[Definition, ...]
    sources: Sequence[str]  # the exports that it is made of

    @property
    def soda_name(self) -> str:
        """The relation as Soda says it: data source, schema, table."""
        schema, _, table = self.name.rpartition(".")
        return f"almacen/{schema}/{table}" if schema else f"candidata/main/{table}"

    def narrowed(self, check_id: str) -> Contract:
        """The contract with one check left."""
        return replace(self, checks=tuple(check for check in self.checks if check.id == check_id))

    def document(self) -> dict[str, Any]:
        """The contract in Soda's words."""
        columns = []
        for name, sql_type in self.columns.items():
            own = [_soda_check(check) for check in self.checks if check.column == name]
            columns.append({"name": name, "data_type": sql_type, **({"checks": own} if own else {})})
        whole = [_soda_check(check) for check in self.checks if check.column is None]
        return {
            "dataset": self.soda_name,
            "variables": {variable: {"default": default} for variable, default in VARIABLES.items()},
            "columns": columns,
            **({"checks": whole} if whole else {}),
        }

    def text(self) -> str:
        """The contract for a person to read."""
        return as_yaml(self.document())


def contracts(marts: Sequence[Mart], exports: Mapping[str, Export]) -> dict[str, Contract]:
    """Every contract by relation: the published datasets, the internal relations with written checks, the raw deliveries of `exports`."""
    published = {mart.name for mart in marts}
    made = [mart_contract(mart, published) for mart in marts]
    made += [Contract(name, {}, _worded(written_definitions(name)), ()) for name in catalogue.internal_relations()]
    made += [delivery_contract(name, export) for name, export in exports.items()]
    return {contract.name: contract for contract in made if contract.checks}


def mart_contract(mart: Mart, published: set[str]) -> Contract:
    """The contract of one published dataset."""

    def worded(check: Definition) -> Definition:
        column = check.column or ""
        reference = reference_of(mart, column)
        limits = COORDINATES.get(column, {"min": 0})
        return _with_words(
            check,
            conjunto=mart.name,
            columna=column,
            fuentes=exports_in_words(mart.sources, mart.exports),
            periodicidad=mart.periodicity or "",
            llave=", ".join(mart.key),
            rango=", ".join(f"{'desde' if side == 'min' else 'hasta'} {limit}" for side, limit in limits.items()),
            referido=f"{reference.dataset}.{reference.column}" if reference else "",
        )

    checks = tuple(worded(check) for check in mart_definitions(mart, published))
    return Contract(mart.name, {column.name: column.type for column in mart.columns}, checks, mart.sources)


def delivery_contract(name: str, export: Export) -> Contract:
    """The contract of an export's deliveries as they lie in the lake."""
    checks = [
        _with_words(check, conjunto=export.titulo, columna=check.id.split(".")[-1])
        for check in delivery_definitions(name, export)
    ]
    return Contract(f"lake.{name}", {}, tuple(checks), (name,))


def _worded(checks: Iterable[Definition], **words: str) -> tuple[Definition, ...]:
    return tuple(_with_words(check, **words) for check in checks)


def _with_words(check: Definition, **words: str) -> Definition:
    return replace(check, card=check.card.filled(**words, **OFFICES))


def card_of(attributes: dict[str, Any], severity: str) -> Card:
    """What a check says to people, out of Soda's attributes."""
    return Card(severity=severity, **{name: attributes[called] for name, called in ATTRIBUTES.items()})


def _soda_check(check: Definition) -> dict[str, Any]:
    kind, said = _kind_and_sql(check)
    limit: dict[str, float] = {"must_be": 0} if kind == "failed_rows" else {"must_be_less_than_or_equal": check.limit}
    attributes = {called: getattr(check.card, name) for name, called in ATTRIBUTES.items()}
    names = {"name": check.id, "qualifier": check.id.replace(".", "__")}
    return {
        kind: {**names, "attributes": attributes, **said, "threshold": {"level": check.card.severity, **limit}},
    }


def _kind_and_sql(check: Definition) -> tuple[str, dict[str, Any]]:
    """Soda's kind of check and what it reads."""
    if check.is_structure:
        return "schema", {"allow_other_column_order": True}
    if check.measure is not None:
        return "metric", {"query": check.measured_sql}
    if check.query is not None:
        return "failed_rows", {"query": check.query + "\n"}
    return "failed_rows", {"expression": check.condition}


def contracts_of(candidate: Candidate) -> dict[str, Contract]:
    """The contracts by which a candidate is judged: its datasets and the deliveries of what was delivered."""
    agreed = agreed_of(candidate)
    return contracts(marts_from(agreed), {name: agreed.exports[name] for name in candidate.delivered_exports})


def all_contracts(agreed: Agreed) -> dict[str, Contract]:
    """Every contract over what was agreed, whatever was delivered."""
    return contracts(marts_from(agreed), agreed.exports)


def named_contract(known: dict[str, Contract], name: str) -> Contract:
    """The contract of that name. Raises PamgaError for one that nobody knows."""
    if name not in known:
        raise PamgaError(f"No contract is called {name}.", f"Known: {', '.join(sorted(known))}.")
    return known[name]
