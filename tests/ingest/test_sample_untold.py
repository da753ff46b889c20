"""A contract alone is enough for an example delivery: the door takes every row of what is made from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ingest.contract import Contract, load_contract, load_contracts
from ingest.sample import untold, write_inbox
from ingest.sample.geography import City
from tests.ingest.conftest import Office

LAYOUTS_OF_OTHERS = ("posiciones", "meses")


def test_what_is_made_from_a_contract_alone_is_accepted_whole(office: Office) -> None:
    city = City(2025)
    made = [c for c in load_contracts().values() if c.formato.disposicion not in LAYOUTS_OF_OTHERS]
    for contract in made:
        extension, content = untold.delivery(contract, contract.dependencias[-1], 2025, city)
        office.drop(f"{contract.dependencias[-1]}/{contract.export}_2026T3.{extension}", content)
    receipts = {receipt.export: receipt for receipt in office.receive()}
    assert {export: office.rules(receipt) for export, receipt in receipts.items() if receipt.state != "accepted"} == {}
    assert set(receipts) == {contract.export for contract in made}
    assert all(office.table(receipt).height >= 2 for export, receipt in receipts.items() if export != "municipio")


def test_an_export_without_a_story_is_in_the_sample_inbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ingest import sample

    new: Contract = dataclasses.replace(load_contract("areas_verdes"), export="puntos_de_recarga")
    monkeypatch.setattr(sample, "load_contracts", lambda: {**load_contracts(), "puntos_de_recarga": new})
    names = [f"{path.parent.name}/{path.name}" for path in write_inbox(tmp_path)]
    assert [name for name in names if "puntos_de_recarga" in name] == ["medio_ambiente/puntos_de_recarga_2026T3.csv"]


def test_a_layout_of_another_body_asks_for_a_sample_of_its_own() -> None:
    contract = load_contract("codigos_postales")
    with pytest.raises(ValueError, match="codigos_postales: write the sample"):
        untold.delivery(contract, "implan", 2025, City(2025))
