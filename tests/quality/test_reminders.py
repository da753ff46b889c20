"""Who is written to, when, and never twice."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from quality import reminders
from quality.reminders import SEEDS, Message, current_stage, delivery_reminders, owed_deliveries, send_once

DUE = date(2026, 10, 15)
LAKE_SCHEMA = Path(__file__).resolve().parents[2] / "dbt_project" / "lake_schema.json"


def settings(root: Path, day: str) -> Settings:
    return Settings(data=root, hoy=day)


def deliver(root: Path, export: str, office: str, quarter: str, stands: bool = True) -> None:
    folder = Settings(data=root).layout.version(export, quarter, office, 1)
    folder.mkdir(parents=True)
    manifest = {"export": export, "dependencia": office, "trimestre": quarter, "stands": stands}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("days", "stage"),
    [(-6, None), (-5, "previo"), (-1, "previo"), (0, "hoy"), (1, "vencida"), (7, "vencida"), (8, "transparencia"),
     (14, "transparencia"), (15, "secretariado"), (45, "secretariado"), (46, None)],
)  # fmt: skip
def test_stages_around_the_due_day(days: int, stage: str | None) -> None:
    reached = current_stage(DUE, DUE + timedelta(days=days))
    assert (reached.name if reached else None) == stage


def test_due_fifteen_days_after_the_quarter() -> None:
    owed = owed_deliveries([Quarter(2026, 3)])
    assert {item.due for item in owed} == {DUE}
    assert ("documentos", "imju") in {(item.export, item.office) for item in owed}
    assert "colonias" not in {item.export for item in owed}  # a layer is delivered when it changes


def test_due_days_are_configurable_per_export(tmp_path: Path) -> None:
    (tmp_path / "plazos_entrega.csv").write_text(
        "export,dependencia,nombre,dias_plazo,exigible\nacuerdos,presupuesto_participativo,Acuerdos,20,true\n"
    )
    (owed,) = owed_deliveries([Quarter(2026, 3)], tmp_path)
    assert owed.due == date(2026, 10, 20)


def test_the_seed_names_the_offices_of_the_contracts() -> None:
    contracts = json.loads(LAKE_SCHEMA.read_text())
    with (SEEDS / "plazos_entrega.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = {(name, office) for name, contract in contracts.items() for office in contract["dependencias"]}
    assert {(row["export"], row["dependencia"]) for row in rows} == expected
    assert all((row["exigible"] == "true") == bool(contracts[row["export"]]["indicadores"]) for row in rows)


def test_one_message_per_office_and_quiet_once_delivered(tmp_path: Path) -> None:
    assert {message.office for message in delivery_reminders(settings(tmp_path, "2026-10-16"))} == {
        "imju", "presupuesto_participativo", "unidad_transparencia",
    }  # fmt: skip
    for owed in owed_deliveries([Quarter(2026, 3)]):
        deliver(tmp_path, owed.export, owed.office, "2026T3")
    assert delivery_reminders(settings(tmp_path, "2026-10-16")) == []


def test_a_refused_file_is_still_missing(tmp_path: Path) -> None:
    for owed in owed_deliveries([Quarter(2026, 3)]):
        deliver(tmp_path, owed.export, owed.office, "2026T3", stands=owed.export != "acuerdos")
    (message,) = delivery_reminders(settings(tmp_path, "2026-10-30"))
    assert message.office == "presupuesto_participativo"
    assert "presupuesto_participativo/acuerdos_2026T3" in message.html
    assert message.cc == ("transparencia@leon.example", "secretariado.gobierno.abierto@leon.example")


def test_an_event_is_written_to_once_and_a_failed_sending_again(tmp_path: Path) -> None:
    here, sent = settings(tmp_path, "2026-10-15"), []

    def broken(message: Message) -> None:
        raise ConnectionError("no server")

    messages = delivery_reminders(here)
    with pytest.raises(ConnectionError):
        send_once(here, messages, broken)
    send_once(here, messages, sent.append)
    send_once(here, messages, sent.append)
    assert sorted(message.id for message in sent) == sorted(message.id for message in messages)


def test_a_lost_registry_makes_no_second_message(tmp_path: Path) -> None:
    here, sent = settings(tmp_path, "2026-10-15"), []
    send_once(here, delivery_reminders(here), sent.append)
    here.layout.registry.unlink()
    assert send_once(here, delivery_reminders(here), sent.append) == []


def test_addresses_file_is_overridable_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "direcciones.yaml"
    path.write_text(
        "dependencias: {imju: a@b.example}\nunidad_de_transparencia: c@d.example\nsecretariado: e@f.example\n"
    )
    here = Settings(data=tmp_path, hoy="2026-10-16", addresses=path)
    assert {message.to for message in delivery_reminders(here)} == {("a@b.example",), ("c@d.example",)}
    path.write_text("dependencias: {}\n")
    with pytest.raises(PamgaError, match="secretariado"):
        reminders.read_addresses(here)


def test_without_a_run_there_is_no_list_of_agreements(tmp_path: Path) -> None:
    assert reminders.agreement_reminders(settings(tmp_path, "2026-10-12")) == []
