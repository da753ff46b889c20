"""Who is written to, when, and never twice."""

from __future__ import annotations

import csv
import itertools
import json
import multiprocessing
import os
import signal
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pamga import deadlines
from pamga.documents.lock import Lock
from pamga.documents.log import Publication
from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import write_atomically
from quality.approval import NOBODY
from reminders.agreements import agreement_reminders
from reminders.deliveries import current_stage, delivery_reminders, owed_deliveries
from reminders.notices import rejection_notices
from reminders.sending import Message, send_once
from reminders.words import read_addresses
from tests.documents import landed, stored

DUE = date(2026, 10, 15)
SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


def settings(root: Path, day: str) -> Settings:
    return Settings(data=root, hoy=day)


def deliver(root: Path, export: str, office: str, quarter: str, stands: bool = True) -> None:
    landed(Settings(data=root), export, quarter, office, stands=stands)


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


def test_the_deadlines_are_those_that_dbt_seeds_its_calendar_with() -> None:
    with (SEEDS / "plazos_entrega.csv").open(encoding="utf-8", newline="") as file:
        seeded = [
            (r["export"], r["dependencia"], r["nombre"], r["dias_plazo"], r["exigible"]) for r in csv.DictReader(file)
        ]
    said = [
        (d.export, d.dependencia, d.nombre, str(d.dias_plazo), str(d.exigible).lower()) for d in deadlines.deadlines()
    ]
    assert said == seeded
    with (SEEDS / "matriz_fuentes.csv").open(encoding="utf-8", newline="") as file:
        measured = {row["export"] for row in csv.DictReader(file)}
    assert {deadline.export for deadline in deadlines.owed()} == measured


def test_one_message_per_office_and_quiet_once_delivered(tmp_path: Path) -> None:
    assert {message.office for message in delivery_reminders(settings(tmp_path, "2026-10-16"))} == {
        "imju", "presupuesto_participativo", "unidad_transparencia",
    }  # fmt: skip
    for owed in owed_deliveries([Quarter(2026, 3)]):
        deliver(tmp_path, owed.export, owed.office, "2026T3")
    assert delivery_reminders(settings(tmp_path, "2026-10-16")) == []


def test_messages_made_over_midnight_are_of_one_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time the clock is read here it is another day: what is told must be what would have been told on the first of them."""
    expected = delivery_reminders(settings(tmp_path, "2026-10-15"))
    monkeypatch.setattr(
        "pamga.settings.today_in_the_city", map(date.fromordinal, itertools.count(DUE.toordinal())).__next__
    )
    assert expected and delivery_reminders(Settings(data=tmp_path)) == expected


def test_a_refused_file_is_still_missing(tmp_path: Path) -> None:
    for owed in owed_deliveries([Quarter(2026, 3)]):
        deliver(tmp_path, owed.export, owed.office, "2026T3", stands=owed.export != "acuerdos")
    (message,) = delivery_reminders(settings(tmp_path, "2026-10-30"))
    assert message.office == "presupuesto_participativo"
    assert "presupuesto_participativo/acuerdos_2026T3" in message.html
    assert message.cc == ("transparencia@leon.example", "secretariado.gobierno.abierto@leon.example")


def test_an_event_is_written_to_once_and_a_failed_sending_again(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-15")
    sent: list[Message] = []

    def broken(message: Message) -> None:
        raise ConnectionError("no server")

    messages = delivery_reminders(here)
    with pytest.raises(PamgaError, match="no server"):
        send_once(here, messages, broken)
    send_once(here, messages, sent.append)
    send_once(here, messages, sent.append)
    assert sorted(message.id for message in sent) == sorted(message.id for message in messages)


def test_one_bad_address_keeps_no_other_office_waiting(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-15")
    sent: list[str] = []

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
    (message,) = agreement_reminders(here)
    assert message.to == ("obras@leon.example",)
    assert message.subject.startswith("Mi Barrio Habla: 2 acuerdos por atender, 2 vencidos (")
    assert message.html.index("<td>A-1</td>") < message.html.index("<td>A-2</td>")


def test_a_lost_registry_makes_no_second_message(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-15")
    sent: list[Message] = []
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
        read_addresses(here)


def test_without_a_run_there_is_no_list_of_agreements(tmp_path: Path) -> None:
    assert agreement_reminders(settings(tmp_path, "2026-10-12")) == []


def followed_run(here: Settings, run: str, day: str = "2026-10-11", quarter: str = "2026T3") -> Path:
    """A run with three open agreements, of which the newest delivery came on `day`."""
    folder = here.layout.run(run)
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            """create schema marts;
            create table marts.acuerdos_abiertos as select * from (values
                ('A-1', 'SAPAL', 'agua', null, null, date '2026-08-10', date '2026-09-10'),
                ('A-2', 'SAPAL', 'fuga', null, null, date '2026-09-12', date '2026-10-12'),
                ('A-3', 'Parques', 'poda', null, null, date '2026-09-12', date '2026-12-12')
            ) as v (acuerdo_id, dependencia, tema, colonia, folio_sac, fecha_acuerdo, fecha_limite);
            create table marts.directorio as select 'SAPAL' as dependencia, 'sapal@leon.example' as correo"""
        )
    delivery = {"export": "acuerdos", "trimestre": quarter, "received_on": day}
    (folder / "inputs.lock").write_bytes(stored(Lock, {"run": run, "deliveries": [delivery]}))
    return folder


def test_agreements_are_told_as_they_were_delivered(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-11-09")  # four weeks after the delivery
    here.layout.passed.parent.mkdir(parents=True)
    here.layout.passed.symlink_to(followed_run(here, "r1").name)
    sapal = next(m for m in agreement_reminders(here) if m.office == "SAPAL")
    assert (
        sapal.subject
        == "Mi Barrio Habla: 2 acuerdos por atender, 1 vencido (SAPAL), según lo entregado el 11 de octubre de 2026"
    )
    assert "20 días de retraso al 30 de septiembre de 2026" in sapal.html
    assert "venció después de la última entrega" in sapal.html  # it may have been attended to since
    assert "60 días" not in sapal.html


def test_an_office_with_nothing_urgent_is_written_to_once_a_month(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-11-09")
    here.layout.passed.parent.mkdir(parents=True)
    here.layout.passed.symlink_to(followed_run(here, "r1").name)
    offices = {
        day: {m.office for m in agreement_reminders(settings(tmp_path, day))}
        for day in ("2026-10-05", "2026-11-09", "2026-11-30")
    }
    assert offices == {"2026-10-05": {"SAPAL", "Parques"}, "2026-11-09": {"SAPAL"}, "2026-11-30": {"SAPAL", "Parques"}}
    assert agreement_reminders(settings(tmp_path, "2026-11-16")) == []  # the third Monday of November


def test_a_run_that_the_gate_stopped_is_not_written_about(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-12")
    stopped = followed_run(here, "parada")
    (stopped / "quality.json").write_text("{}")
    (here.layout.runs / "latest").symlink_to(stopped.name)
    assert agreement_reminders(here) == []
    here.layout.passed.symlink_to(followed_run(here, "buena", day="2026-10-02").name)
    assert agreement_reminders(here)[0].subject.endswith("según lo entregado el 2 de octubre de 2026")


@pytest.mark.parametrize("day", ["2026-10-17", "2026-10-18", "2026-11-16"])
def test_nobody_is_written_to_on_a_day_without_work(tmp_path: Path, day: str) -> None:
    assert delivery_reminders(settings(tmp_path, day)) == []


def test_a_due_day_without_work_is_told_on_the_last_work_day(tmp_path: Path) -> None:
    (friday, *_) = delivery_reminders(settings(tmp_path, "2027-01-15"))  # a Friday
    assert friday.subject.startswith("Hoy es el último día para entregar a tiempo: 2026T4")
    due = current_stage(date(2026, 8, 15), date(2026, 8, 14))  # a Saturday, told on Friday
    assert due is not None and due.name == "hoy"


def test_after_a_quarter_is_closed_nothing_is_asked_for_it(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-20")
    assert delivery_reminders(here) != []
    closing = stored(Publication, {"release": "2026T3-r02", "orden": 1, "cierre": "2026T3"})
    write_atomically(here.layout.log / "publications" / "2026T3-r02.json", closing)
    assert delivery_reminders(here) == []


def test_a_refused_file_is_reminded_as_refused(tmp_path: Path) -> None:
    for owed in owed_deliveries([Quarter(2026, 3)]):
        deliver(tmp_path, owed.export, owed.office, "2026T3", stands=owed.export not in ("acuerdos", "talleres"))
    refused = ("acuerdos", "2026T3", "presupuesto_participativo")
    landed(Settings(data=tmp_path), *refused, stands=False, state="rejected", received_on="2026-10-03")
    (message,) = delivery_reminders(settings(tmp_path, "2026-10-16"))
    assert (
        "presupuesto_participativo/acuerdos_2026T3</code> (llegó el 3 de octubre de 2026 y no se pudo recibir)"
        in message.html
    )
    assert "No hemos recibido" not in message.html


def test_a_day_lost_by_a_server_that_is_down_is_told_in_the_next_days_words(tmp_path: Path) -> None:
    def down(message: Message) -> None:
        raise ConnectionError("nobody there")

    here = settings(tmp_path, "2026-10-15")
    with pytest.raises(PamgaError):
        send_once(here, delivery_reminders(here), down)
    sent: list[Message] = []
    there = settings(tmp_path, "2026-10-16")
    send_once(there, delivery_reminders(there), sent.append)
    assert len(sent) == 3
    assert all("Hoy es el último día" not in message.html and "1 día de retraso" in message.html for message in sent)


def test_the_office_is_told_what_was_rejected_and_why(tmp_path: Path) -> None:
    here = settings(tmp_path, "2026-10-21")
    figure = {
        "indicador": "MBH-2",
        "ejercicio": 2026,
        "trimestre": "2026T3",
        "valor": 85.1,
        "valor_al_vencimiento": None,
        "estado": "en_meta",
    }
    answer = {"run": "r", "release": "2026T3-r02", "decision": "rechazar", "persona": "Eva Luna", "motivo": "Están <dos veces>.",
              "fecha": "2026-10-20", "cifras": [figure]}  # fmt: skip
    log = here.layout.log / "approvals"
    log.mkdir(parents=True)
    (log / "r.json").write_text(json.dumps(answer))
    (log / "r-2.json").write_text(json.dumps(answer | {"persona": NOBODY}))  # nobody answered: nobody rejected it
    (message,) = rejection_notices(here)
    assert message.office == "presupuesto_participativo"
    assert "MBH-2 2026, 2026T3 (85.1 %, en meta)" in message.html
    assert "Eva Luna rechazó el 20 de octubre de 2026" in message.html
    assert "Están &lt;dos veces&gt;." in message.html
    assert rejection_notices(settings(tmp_path, "2026-12-21")) == []
    sent: list[Message] = []
    send_once(here, [message], sent.append)
    send_once(here, rejection_notices(here), sent.append)
    assert len(sent) == 1
