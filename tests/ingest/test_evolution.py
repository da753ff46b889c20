"""A year of deliveries under a contract that changes: old deliveries are read as before (docs/contracts.md)."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import pamga.exports
from ingest import contract as contracts_module
from ingest import names
from ingest.contract import Contract, contract_from, load_contract, load_contracts
from ingest.evolution import contract_of, faults, recorded, shape
from ingest.generate import (
    as_text,
    exports,
    followed,
    half_said,
    main,
    unknown_offices,
    unknown_themes,
    unlawful_changes,
)
from ingest.odcs import Document, as_yaml, whole
from pamga.documents.deliveries import Manifest, Receipt
from warehouse import lake
from warehouse.lock import make_lock

from .conftest import Office

PATH = "presupuesto_participativo/talleres_{}.csv"


class Ministry:
    """Where the contracts are written; an office delivers under what is in force."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.schema = root / "contracts", root / "exports.json"
        shutil.copytree(contracts_module.CONTRACTS_FOLDER, self.folder)
        monkeypatch.setattr(contracts_module, "CONTRACTS_FOLDER", self.folder)
        monkeypatch.setattr(pamga.exports, "FILE", self.schema)
        self.office = Office(root / "data", hoy=date(2026, 4, 10))

    def decree(self, edit: Callable[[list[Document]], None], export: str = "talleres") -> Contract:
        """Change the columns of a contract; it is in force at once."""
        (self.folder / f"{export}.yaml").write_bytes(as_yaml(edited(edit, whole(self.folder / f"{export}.yaml"))))
        forget()
        self.schema.write_text(as_text(exports(load_contracts())))
        pamga.exports.exports.cache_clear()
        return load_contract(export)

    def lake(self, query: str) -> list[Any]:
        """Rows of the schema `lake` that a build would make now."""
        lock = make_lock(self.office.settings)
        with duckdb.connect() as connection:
            lake.make_lake_schema(connection, self.office.settings.layout.lake, lock)
            return connection.execute(query).fetchall()


def edited(edit: Callable[[list[Document]], None], document: Document) -> Document:
    """A whole document with its columns changed."""
    changed = copy.deepcopy(document)
    edit(changed["schema"][0]["properties"])
    return changed


def forget() -> None:
    for cached in (load_contract, contracts_module.export_names, names._offices, names._exports):
        cached.cache_clear()


@pytest.fixture
def ministry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ministry]:
    yield Ministry(tmp_path, monkeypatch)
    monkeypatch.undo()
    forget()
    pamga.exports.exports.cache_clear()


def column(name: str, tipo: str, **own: Any) -> Document:
    properties = [{"property": key, "value": value} for key, value in {"tipo": tipo, **own}.items()]
    return {"name": name, "businessName": name.capitalize(), "description": f"La columna {name} de la prueba.",
            "logicalType": "string", "physicalType": "VARCHAR", "examples": ["7"], "customProperties": properties}  # fmt: skip


def named(columns: list[Document], name: str) -> Document:
    return next(item for item in columns if item["name"] == name)


def own(item: Document, **values: Any) -> None:
    """Set custom properties of a column."""
    kept = [entry for entry in item["customProperties"] if entry["property"] not in values]
    item["customProperties"] = kept + [{"property": key, "value": value} for key, value in values.items()]


# The present contract is the last of five; what came before it is made by undoing.


def in_2025(columns: list[Document]) -> None:
    """No `delegacion` yet, `sede` was called `lugar`; `aforo` in whole numbers and `turno` were asked for."""
    columns[:] = [item for item in columns if item["name"] != "delegacion"]
    named(columns, "sede")["name"] = "lugar"
    columns.insert(3, column("aforo", "entero"))
    columns.append(column("turno", "texto"))


def add(columns: list[Document]) -> None:
    columns.append(column("delegacion", "texto"))


def rename(columns: list[Document]) -> None:
    item = named(columns, "lugar")
    item["name"] = "sede"
    own(item, antes=["lugar"])


def retype(columns: list[Document]) -> None:
    own(named(columns, "aforo"), tipo="decimal")


def retire(columns: list[Document]) -> None:
    own(named(columns, "turno"), retirada=True)


def deliver(ministry: Ministry, quarter: str, header: str, *rows: str) -> Receipt:
    receipt = ministry.office.deliver(PATH.format(quarter), "\n".join([header, *rows, ""]))
    assert receipt.state == "accepted", receipt.reasons
    return receipt


def a_year(ministry: Ministry) -> None:
    """Each quarter's file as its template was then; in the end 2025T1 is corrected and a file comes on an old template."""
    base = "taller_id,fecha_programada,fecha_realizada"
    ministry.decree(in_2025)
    deliver(ministry, "2025T1", f"{base},lugar,tipo_sede,aforo,turno", "A1,02/02/2025,,UG,escuela,30,mañana")
    ministry.decree(add)
    deliver(
        ministry, "2025T2", f"{base},lugar,tipo_sede,aforo,turno,delegacion", "A2,02/05/2025,,UG,escuela,40,tarde,Norte"
    )
    ministry.decree(rename)
    deliver(ministry, "2025T3", f"{base},sede,tipo_sede,aforo,turno,delegacion", "A3,02/08/2025,,UIA,escuela,50,,Sur")
    ministry.decree(retype)
    deliver(
        ministry, "2025T4", f"{base},sede,tipo_sede,aforo,turno,delegacion", 'A4,02/11/2025,,UIA,escuela,"60,5",noche,'
    )
    ministry.decree(retire)
    deliver(ministry, "2026T1", f"{base},sede,tipo_sede,delegacion", "A6,02/02/2026,,ITL,escuela,Sur")
    deliver(ministry, "2025T1", f"{base},lugar,tipo_sede,aforo,turno", "A1,02/02/2025,,UG,escuela,31,mañana")


ROWS = [
    ("2025T1", 2, "A1", "UG", Decimal(31), "mañana", None),
    ("2025T2", 1, "A2", "UG", Decimal(40), "tarde", "Norte"),
    ("2025T3", 1, "A3", "UIA", Decimal(50), None, "Sur"),
    ("2025T4", 1, "A4", "UIA", Decimal("60.5"), "noche", None),
    ("2026T1", 1, "A6", "ITL", None, None, "Sur"),
]


def test_a_year_of_deliveries_through_each_kind_of_change(ministry: Ministry) -> None:
    layout = ministry.office.settings.layout
    a_year(ministry)
    query = "select entrega_trimestre, entrega_version, taller_id, sede, aforo, turno, delegacion from lake.talleres order by 1"
    assert ministry.lake(query) == ROWS

    manifests = [m for m in ministry.office.manifests() if m["export"] == "talleres"]
    assert len({m["contract_sha256"] for m in manifests}) == 5, "each version names the contract of its day"
    for manifest in manifests:
        assert contract_of(layout, Manifest(**manifest)).sha256 == manifest["contract_sha256"]
    change = next(m for m in manifests if m["version"] == 2)["replaces"]
    assert change["changed_by_column"] == {"aforo": 1}, "compared under the present names and types"
    notes = " ".join(manifests[-1]["notes"] + next(m for m in manifests if m["version"] == 2)["notes"])
    assert "«lugar» ahora se llama «sede»" in notes and "«turno» ya no se pide" in notes


def test_an_added_obligatory_column_is_asked_of_new_files_only(ministry: Ministry) -> None:
    deliver(ministry, "2025T1", "taller_id,fecha_programada,sede,tipo_sede", "A1,02/02/2025,UG,escuela")

    def demand(columns: list[Document]) -> None:
        columns.append({**column("aforo", "entero"), "required": True})

    ministry.decree(demand)
    assert ministry.lake("select taller_id, aforo from lake.talleres") == [("A1", None)]
    refused = ministry.office.deliver(
        PATH.format("2025T2"), "taller_id,fecha_programada,sede,tipo_sede\nA2,02/05/2025,UG,escuela\n"
    )
    assert refused.state == "rejected" and "aforo" in refused.reasons[0]


def test_a_retired_column_is_in_no_template_and_nobody_misses_it(ministry: Ministry) -> None:
    from ingest.templates import data_columns

    def retired(columns: list[Document]) -> None:
        own(named(columns, "delegacion"), retirada=True)

    contract = ministry.decree(retired)
    assert "delegacion" not in [header for header, _ in data_columns(contract)]
    receipt = deliver(ministry, "2025T1", "taller_id,fecha_programada,sede,tipo_sede", "A1,02/02/2025,UG,escuela")
    (manifest,) = ministry.office.manifests()
    assert not any("delegacion" in note for note in manifest["notes"]), receipt


@pytest.mark.slow
def test_a_whole_build_after_the_year(ministry: Ministry) -> None:
    from warehouse.build import build

    a_year(ministry)
    result = build(ministry.office.settings)
    assert result.run_dir is not None
    talleres = result.run_dir / "candidate" / "data" / "talleres.csv"
    published = duckdb.sql(f"select taller_id, sede, delegacion from read_csv('{talleres}') order by 1").fetchall()
    assert published == [(taller, sede, delegacion) for _, _, taller, sede, _, _, delegacion in ROWS]


# ---- what a contract may not do ----------------------------------------------------------------------------------------


def _other_key(columns: list[Document]) -> None:
    named(columns, "taller_id").pop("primaryKey")
    named(columns, "sede").update(primaryKey=True, primaryKeyPosition=1)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda columns: own(named(columns, "colonia"), personal=True), "changed `personal`"),
        (lambda columns: columns.remove(named(columns, "colonia")), "colonia is gone"),
        (lambda columns: own(named(columns, "colonia"), tipo="categoria", valores=["centro"]), "does not take over every value"),
        (lambda columns: own(named(columns, "tipo_sede"), valores=["escuela"]), "no longer allows"),
        (_other_key, "another key is a new export"),
        (lambda columns: own(named(columns, "sede"), antes=["colonia"]), "a name is never given to another"),
        (lambda columns: own(named(columns, "sede"), retirada=True), "retired and obligatory"),
    ],
)  # fmt: skip
def test_a_change_that_older_versions_cannot_follow_is_named(edit: Callable[..., None], said: str) -> None:
    found = faults(contract_from(edited(edit, load_contract("talleres").document)), recorded()["talleres"])
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize("edit", [add, rename, retype, retire])
def test_each_allowed_change_is_lawful(edit: Callable[..., None]) -> None:
    document = edited(in_2025, load_contract("talleres").document)
    before, after = contract_from(document), contract_from(edited(edit, document))
    assert faults(after, [{"sha256": before.sha256, "forma": shape(before)}]) == []


def test_an_office_that_the_plan_does_not_name_is_said_with_where_it_belongs() -> None:
    contract = load_contract("talleres")
    assert unknown_offices(contract) == []
    (fault,) = unknown_offices(replace(contract, dependencias=(*contract.dependencias, "obras_publicas")))
    assert "obras_publicas" in fault and "plan/indicadores.yaml" in fault


@pytest.mark.parametrize(
    ("column", "change", "said"),
    [
        ("fecha_realizada", {"hecho": False}, "`hecho: true`"), ("fecha_realizada", {"futura": True}, "say which"),
        ("tipo_sede", {"valores": ()}, "names its `valores`"), ("sede", {"ejemplo": None}, "give an example"),
        ("sede", {"descripcion": "La sede"}, "ends with a full stop"), ("sede", {"referencia": "postes.poste_id"}, "which no contract has"),
        ("sede", {"referencia": "colonias.clave"}, "which no contract has"),
    ],
)  # fmt: skip
def test_what_a_contract_leaves_open_is_said_before_anything_is_made_of_it(
    column: str, change: dict[str, Any], said: str
) -> None:
    contract, contracts = load_contract("talleres"), load_contracts()
    assert half_said(contract, contracts) == []
    columns = tuple(replace(c, **change) if c.nombre == column else c for c in contract.columnas)
    (fault,) = half_said(replace(contract, columnas=columns), contracts)
    assert fault.startswith(f"talleres.{column}: ") and said in fault
    (fault,) = half_said(replace(contract, clave=()), contracts)
    assert "no column is `primaryKey: true`" in fault


def test_a_change_of_a_contract_that_never_received_a_file_is_told_how_it_is_made() -> None:
    assert followed("talleres", []) == []
    assert "git checkout" in followed("talleres", ["talleres.sede is gone"])[-1]


def test_a_theme_that_the_plan_does_not_name_is_said_with_the_ones_that_it_does() -> None:
    contract = load_contract("tianguis")
    assert unknown_themes(contract) == [] == unknown_themes(replace(contract, tema=None))
    (fault,) = unknown_themes(replace(contract, tema="movilidad"))
    assert "movilidad" in fault and "emprendimiento" in fault and "plan/indicadores.yaml" in fault


def test_the_present_contracts_are_lawful_and_on_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert unlawful_changes() == [] and main(["--check"]) == 0, capsys.readouterr().out
    record = recorded()
    assert {name: shapes[-1]["forma"] for name, shapes in record.items()} == {
        name: json.loads(json.dumps(shape(contract))) for name, contract in load_contracts().items()
    }
