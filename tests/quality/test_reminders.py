"""Who is written to, when, and never twice."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
from datetime import date, timedelta
from pathlib import Path

import duckdb
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
    manifest = {"export": export, "dependencia": office, "trimestre": quarter, "version": 1, "stands": stands}
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
    with pytest.raises(PamgaError, match="no server"):
        send_once(here, messages, broken)
    send_once(here, messages, sent.append)
    send_once(here, messages, sent.append)
    assert sorted(message.id for message in sent) == sorted(message.id for message in messages)


def test_one_bad_address_keeps_no_other_office_waiting(tmp_path: Path) -> None:
    here, sent = settings(tmp_path, "2026-10-15"), []

    def refusing_the_first(message: Message) -> None:
        if message.office == "imju":
            raise ConnectionError("550 no such user")
        sent.append(message.office)

    messages = delivery_reminders(here)
    assert messages[0].office == "imju"
    with pytest.raises(PamgaError, match=r"1 of 3 .*550 no such user"):
        send_once(here, messages, refusing_the_first)
    assert sent == ["presupuesto_participativo", "unidad_transparencia"]
    assert [message.office for message in send_once(here, messages, lambda message: None)] == ["imju"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_while_sending_never_makes_a_second_message(tmp_path: Path, moment: str) -> None:
    here, outbox = settings(tmp_path, "2026-10-15"), tmp_path / "outbox"
    message = delivery_reminders(here)[0]

    def send_and_die(message: Message) -> None:
        if moment == "after":
            append(outbox, message)
        os.kill(os.getpid(), signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=send_once, args=(here, [message], send_and_die))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert send_once(here, [message], lambda message: append(outbox, message)) == []
    assert (outbox.read_text().splitlines() if outbox.exists() else []) == ([message.id] if moment == "after" else [])


def test_two_at_once_send_each_message_once(tmp_path: Path) -> None:
    here, outbox = settings(tmp_path, "2026-10-15"), tmp_path / "outbox"
    messages = delivery_reminders(here)
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)

    def run() -> None:
        start.wait()
        send_once(here, messages, lambda message: append(outbox, message))

    both = [context.Process(target=run) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert sorted(outbox.read_text().splitlines()) == sorted(message.id for message in messages)


def append(outbox: Path, message: Message) -> None:
    with outbox.open("a") as file:
        file.write(f"{message.id}\n")


@pytest.mark.parametrize("day", ["2025-01-16", "2028-04-20"])
def test_nothing_is_owed_outside_the_plan(tmp_path: Path, day: str) -> None:
    assert delivery_reminders(settings(tmp_path, day)) == []


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("2026-10-14", "La fecha límite es el 15 de octubre de 2026 (falta 1 día)."),
        ("2026-10-15", "La fecha límite es hoy, 15 de octubre de 2026."),
        ("2026-10-16", "La fecha límite era el 15 de octubre de 2026 (1 día de retraso)."),
    ],
)
def test_the_message_says_when_in_plain_words(tmp_path: Path, day: str, says: str) -> None:
    message = delivery_reminders(settings(tmp_path, day))[0]
    assert f"Son los datos del tercer trimestre de 2026 (2026T3). {says}" in message.html
    assert "escriba a datosabiertos@leon.example" in message.html


def test_an_office_typed_in_two_ways_gets_one_list(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-12")
    here.layout.run("latest").mkdir(parents=True)
    with duckdb.connect(str(here.layout.run("latest") / "warehouse.duckdb")) as connection:
        connection.execute(
            """create schema marts;
            create table marts.acuerdos_abiertos as select * from (values
                ('A-1', 'Obras Públicas', 'bacheo', 'Centro', 'F-9', date '2026-09-10', date '2026-10-10'),
                ('A-2', 'OBRAS PUBLICAS', 'alumbrado', null, null, date '2026-07-11', date '2026-10-11')
            ) as v (acuerdo_id, dependencia, tema, colonia, folio_sac, fecha_acuerdo, fecha_limite);
            create table marts.directorio as select 'Obras públicas' as dependencia, 'obras@leon.example' as correo"""
        )
    (message,) = reminders.agreement_reminders(here)
    assert message.to == ("obras@leon.example",)
    assert message.subject.startswith("Mi Barrio Habla: 2 acuerdos por atender, 2 vencidos (")
    assert message.html.index("<td>A-1</td>") < message.html.index("<td>A-2</td>")


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
