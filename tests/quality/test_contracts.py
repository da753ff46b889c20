"""The contracts: valid by Soda's own schema, one for every published dataset, each check with its words and its fault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from click.testing import CliRunner

from pamga.errors import PamgaError
from pamga.yaml_files import as_yaml, load_yaml
from quality import catalogue, definitions
from quality.commands import check as check_command
from quality.contracts import Contract, all_contracts
from quality.mutations import EXTREMES, FAULTS
from tests.quality.agreed import agreed_now, published_marts
from tests.quality.specimen import FEW, make_run

CONTRACTS = all_contracts(agreed_now())
BY_NAME = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


@pytest.fixture(scope="module")
def validator() -> Any:
    """Soda's bundled schema; closed where Soda left it open, because it ignores a misspelt check in silence."""
    text = (files("soda_core") / "contracts" / "soda_data_contract_json_schema_1_0_0.json").read_text()
    schema = json.loads(text)
    schema["properties"]["columns"]["items"]["unevaluatedProperties"] = False
    # Soda reads attributes of every kind of check; its schema forgot two
    for form in forms(schema, {"failed_rows", "metric"}):
        form["properties"]["attributes"] = {"$ref": "#/$defs/attributes"}
    return jsonschema.Draft202012Validator(schema)


def forms(node: Any, kinds: set[str], inside: bool = False) -> Iterator[dict[str, Any]]:
    """The places of Soda's schema that say which keys a check of these kinds may have."""
    if inside and isinstance(node, dict) and "threshold" in node.get("properties", {}):
        yield node
        return
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from forms(child, kinds, inside or key in kinds)


@BY_NAME
def test_contract_is_valid_by_sodas_schema(contract: Contract, validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(contract.document())] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"checks": [{"row_count": {"treshold": {"must_be": 0}}}]},
        {"checks": [{"freshness": {"column": "f", "unit": "day", "threshold": {"must_be_less_than": 1}}}]},
        {"columns": [{"name": "a", "checks": [{"invalid": {"valid_value": ["x"]}}]}]},
    ],
)
def test_the_schema_sees_misspelt_keys(broken: dict[str, Any], validator: Any) -> None:
    assert list(validator.iter_errors({"dataset": "a/main/b", **broken}))


def key_paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key of a document, through lists too."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if isinstance(key, str):
            yield (*path, key)
        yield from key_paths(child, (*path, key))


def misspelt(document: Any, path: tuple[Any, ...]) -> Any:
    """A copy of the document in which the key at `path` has one letter too many."""
    head, *rest = path
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    if rest:
        copy[head] = misspelt(document[head], tuple(rest))
    else:
        copy[f"{head}x"] = copy.pop(head)
    return copy


def test_no_key_of_a_contract_can_be_misspelt_unseen(validator: Any) -> None:
    """Every kind of key that our contracts use, however deep, with one letter too many."""
    tried, unseen = set(), []
    for contract in CONTRACTS.values():
        document = contract.document()
        for way in key_paths(document):
            shape = tuple("#" if isinstance(step, int) else step for step in way)
            # names that are ours to choose
            ours = (shape[0] == "variables" and len(shape) == 2) or "attributes" in shape[:-1]
            if shape in tried or ours:
                continue
            tried.add(shape)
            if next(validator.iter_errors(misspelt(document, way)), None) is None:
                unseen.append(".".join(map(str, shape)))
    assert unseen == []
    assert len(tried) > 40


@BY_NAME
def test_contract_declares_the_variables_that_it_uses(contract: Contract) -> None:
    document = contract.document()
    assert set(re.findall(r"\$\{var\.(\w+)\}", json.dumps(document))) <= set(document["variables"])


def test_a_contract_is_printed_as_yaml_that_soda_reads(validator: Any, tmp_path: Path) -> None:
    make_run(tmp_path, FEW | {"acuerdos_por_colonia"})
    for name in ("acuerdos_por_colonia", "lake.acuerdos", "hallazgos_resumen"):
        printed = CliRunner().invoke(check_command, ["--print", name, "--data", str(tmp_path)], catch_exceptions=False)
        assert printed.exit_code == 0
        (tmp_path / "contract.yml").write_text(printed.output, encoding="utf-8")
        assert load_yaml(tmp_path / "contract.yml") == CONTRACTS[name].document()


def test_every_published_dataset_has_a_contract() -> None:
    assert {mart.name for mart in published_marts()} <= set(CONTRACTS)


def every_check() -> Iterator[definitions.Definition]:
    for contract in CONTRACTS.values():
        yield from contract.checks


def test_every_check_has_words_a_fault_and_an_extreme_that_it_lets_through() -> None:
    for check in every_check():
        card = check.card.filled(dependencias="la oficina", responsables="la oficina")
        assert card.dimension in catalogue.DIMENSIONS, check.id
        assert all((card.explanation, card.owner, card.remedy)), check.id
        assert "{" not in card.explanation + card.owner + card.remedy, check.id
        written = catalogue.written_checks().get(check.id)
        assert written.fault if written else FAULTS[check.id.split(".")[1]], check.id
        assert written.lawful if written else EXTREMES[check.id.split(".")[1]], check.id


def test_every_check_that_is_written_belongs_to_a_dataset() -> None:
    """One whose name begins with no dataset would never be asked."""
    assert set(catalogue.written_checks()) - {check.id for check in every_check()} == set()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"remedio": None}, "lacks `remedio`"), ({"gravedad": "avisar"}, "says `gravedad`, which means nothing"),
        ({"dimension": "exactitud"}, "the dimension exactitud, which is none of esquema"), ({"severidad": "alta"}, "none of detener, avisar"),
    ],
)  # fmt: skip
def test_what_a_check_says_wrongly_is_told_with_its_name(
    change: dict[str, str | None], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = load_yaml(catalogue.CATALOGUE)
    entry = written["verificaciones"]["satisfaccion_trimestre.suma_de_respuestas"]
    for word, text in change.items():
        if text is None:
            entry.pop(word)
        else:
            entry[word] = text
    (tmp_path / "checks.yaml").write_text(as_yaml(written), encoding="utf-8")
    monkeypatch.setattr(catalogue, "CATALOGUE", tmp_path / "checks.yaml")
    with pytest.raises(PamgaError, match=f"satisfaccion_trimestre.suma_de_respuestas .*{said}"):
        catalogue.document.__wrapped__()


def test_what_soda_counts_is_what_is_listed() -> None:
    """The SQL of the contract is the SQL of the rows, but for the structure, which has none."""
    for contract in CONTRACTS.values():
        document = contract.document()
        said = {
            body["name"]: body
            for owner in [*document["columns"], document]
            for check in owner.get("checks", [])
            for body in check.values()
        }
        for check in contract.checks:
            if not check.is_structure:
                own = str(check.query or check.condition)
                assert own in (said[check.id].get("query") or said[check.id]["expression"]), check.id
                assert own in check.rows_sql("t"), check.id


def test_an_empty_cell_points_nowhere_also_where_the_other_dataset_is_empty() -> None:
    marts = {mart.name: mart for mart in published_marts()}
    columns_of = ((mart, column.name) for mart in marts.values() for column in mart.columns)
    references = {found for mart, name in columns_of if (found := definitions.reference_of(mart, name))}
    tried = 0
    with duckdb.connect() as connection:
        for mart in marts.values():
            columns = ", ".join(f'cast(null as {column.type}) as "{column.name}"' for column in mart.columns)
            connection.execute(f'create table "{mart.name}" as select {columns}')
            if any(mart.name == found.dataset for found in references):
                connection.execute(f'delete from "{mart.name}"')
        for mart in marts.values():
            for check in definitions.mart_definitions(mart, set(marts)):
                if ".referencia" in check.id:
                    tried += 1
                    assert connection.execute(check.rows_sql(f'"{mart.name}"')).fetchall() == [], check.id
    assert tried > 10


def test_an_entry_with_cases_is_one_check_for_each() -> None:
    entries = load_yaml(catalogue.CATALOGUE)["verificaciones"]
    cases = [case for entry in entries.values() for case in entry.get("casos", [])]
    assert cases and len(catalogue.written_checks()) == len(cases) + sum("casos" not in e for e in entries.values())
    resolved = catalogue.document()["verificaciones"]
    for case in cases:
        assert any(all(text in f"{name} {entry}" for text in case.values()) for name, entry in resolved.items())
    assert not [word for case in cases for word in case if f"<{word}>" in str(resolved)]


def test_every_check_has_its_reason() -> None:
    """Nothing that rules.md and the contracts allow may stop: each check says why it cannot, or only warns."""
    for group in ("clases", "verificaciones"):
        for name, entry in catalogue.document()[group].items():
            assert len(entry["razon"]) >= len("Sólo avisa."), name
            if entry["severidad"] == "avisar":
                assert "visa" in entry["razon"], f"{name} only warns and its reason does not say so"
            else:
                assert "Sólo avisa" not in entry["razon"], name


def _within(limits: dict[str, float], wanted: dict[str, float]) -> bool:
    """Limits of the whole country hold nothing that is asked of a city's coordinates."""
    return limits.get("min", -inf) >= wanted.get("min", -inf) and limits.get("max", inf) <= wanted.get("max", inf)


def test_a_number_outside_a_range_stops_only_where_ingest_would_have_held_it() -> None:
    """`rango` stops: each contract that delivers such a column holds the limit; else the check is `rango_entregado`, which warns."""
    stops: set[str] = set()
    warns: set[str] = set()
    for mart in published_marts():
        for column in mart.columns:
            wanted = definitions.limits_of(column)
            delivered = [mart.exports[source].limites.get(column.name) for source in mart.sources]
            own = [limits.stored() for limits in delivered if limits is not None]
            derived = column.name in ("latitud", "longitud") and {"colonia_id", "hexagono"} & set(mart.key)
            if wanted and own and not derived:
                held = all(_within(limits, wanted) for limits in own)
                (stops if held else warns).add(f"{mart.name}.{column.name}")
    ids = {check.id for check in every_check()}
    assert {f"{name.split('.')[0]}.rango.{name.split('.')[1]}" for name in stops} <= ids
    assert {f"{name.split('.')[0]}.rango_entregado.{name.split('.')[1]}" for name in warns} <= ids
    assert "presas.latitud" in warns
    assert "mapa_hexagonos.rango_entregado.latitud" in ids, "the middle of a hexagon on the edge lies a little outside"
    assert "talleres.latitud" in stops


def test_who_mends_a_check_and_how_ride_in_sodas_attributes() -> None:
    document = CONTRACTS["mediciones_aire"].document()
    bodies = [
        body
        for owner in [*document["columns"], document]
        for check in owner.get("checks", [])
        for body in check.values()
    ]
    assert bodies
    for body in bodies:
        assert set(body["attributes"]) == {"dimension", "responsable", "explicacion", "remedio"}, body["name"]
        assert body["threshold"]["level"] in ("fail", "warn")


RAW = ("entrega_frescura", "entrega_rechazo", "entrega_magnitud", "entrega_periodo")


def test_checks_on_raw_deliveries_only_warn() -> None:
    raw = [check for check in every_check() if check.id.split(".")[1] in RAW]
    assert raw
    assert {check.card.severity for check in raw} == {"warn"}


def test_freshness_ignores_periods_after_the_reference_day() -> None:
    (fresh,) = [check for check in CONTRACTS["mediciones_aire"].checks if check.id.endswith(".frescura")]
    assert fresh.query
    assert """filter ("fecha" <= date '${var.corte}')""" in fresh.query
    assert fresh.measure
    assert fresh.measure.unit == "días"


def test_a_hexagon_of_a_place_on_the_limit_reaches_beyond_it() -> None:
    """Its middle is no delivered coordinate: nobody could mend it."""
    conditions = {check.id: check.condition for check in every_check() if check.id.endswith(".latitud")}
    assert conditions["eventos_mbh.rango.latitud"] == '"latitud" < 20.7 or "latitud" > 21.4'
    assert conditions["mapa_hexagonos.rango_entregado.latitud"] == '"latitud" < 20.69 or "latitud" > 21.41'


NEVER = (date(2026, 9, 30) - date(1900, 1, 1)).days


@pytest.mark.parametrize(
    ("month", "until", "days"),
    [("2026-09-01", "2026-09-30", 0), ("2026-08-01", "2026-08-31", 30), ("2026-07-01", "2026-07-31", 61), ("2026-10-01", None, NEVER)],
)  # fmt: skip
def test_a_month_is_covered_to_its_end(month: str, until: str | None, days: int) -> None:
    """At the end of September the series that ends with August is a month old, not two; one whose months have not begun covers nothing."""
    (fresh,) = [check for check in CONTRACTS["homicidios_mensuales"].checks if check.id.endswith(".frescura")]
    assert fresh.query and fresh.measure and fresh.measure.limit == 31
    with duckdb.connect() as connection:
        connection.execute(f"create table homicidios_mensuales as select date '{month}' as fecha")
        said = connection.sql(fresh.query.replace("${var.corte}", "2026-09-30"))
        (row,) = said.select("cast(cubre_hasta as varchar), dias_sin_cubrir").fetchall()
    assert row == (until, days)


def test_soda_reads_the_document_as_it_would_read_its_text() -> None:
    """What the gate gives to Soda is what Soda makes of the printed contract."""
    from soda_core.common.yaml import ContractYamlSource

    from quality.soda import _as_read

    contract = max(CONTRACTS.values(), key=lambda one: len(one.checks))
    assert ContractYamlSource.from_str(contract.text()).parse().yaml_dict == _as_read(contract.document())
