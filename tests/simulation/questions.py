"""Is anything public false today? What a person would ask of each statement, counted: how many were looked at, which were false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from pamga.deadlines import owed
from pamga.quarter import Quarter
from pamga.storage import read_json
from pamga.workdays import is_workday
from publish import log
from tests.oracle.lake_writer import standing_deliveries
from tests.oracle.second_opinion import KEYS, Lake, indicadores_trimestre
from tests.simulation.city import City

VERDICTS = {"cumplida", "cumplida_con_retraso", "incumplida"}
MEASURED = ("numerador", "denominador", "valor", "valor_al_vencimiento", "estado", "provisional", "fecha_corte")
MACHINES = ("root", "airflow", "persona no identificada")


@dataclass
class Tally:
    """How many statements were asserted, and those that were false."""

    asserted: int = 0
    false: list[str] = field(default_factory=list)

    def say(self, true: bool, said: str) -> None:
        self.asserted += 1
        if not true:
            self.false.append(said)


def ask(city: City, tally: Tally) -> None:
    """Every question about what is public today."""
    _verdicts(city, tally)
    _figures(city, tally)
    _what_falls_due(city, tally)
    _release(city, tally)
    _restatements(city, tally)
    _closings(city, tally)
    _calendar(city, tally)
    _agreements(city, tally)


def _verdicts(city: City, tally: Tally) -> None:
    """No verdict before its day, and none on a day of which the lake knows nothing."""
    closed = {entry.cierre for entry in log.publications(city.settings)}
    for row in city.public("indicadores_trimestre"):
        said = f"{city.today}: {row['indicador']} {row['ejercicio']} {row['trimestre']} is {row['estado']}"
        judged = row["estado"] in VERDICTS or row["valor_al_vencimiento"] is not None
        tally.say(not judged or row["vence"] <= min(city.today, row["fecha_corte"]), f"{said} before {row['vence']}")
        known = row["fecha_corte"] <= city.newest_receipt() or row["trimestre"] in closed
        tally.say(known, f"{said} as of {row['fecha_corte']}, of which the lake knows nothing")


def _figures(city: City, tally: Tally) -> None:
    """Every figure that is public is what rules.md says in plain Python of the deliveries that the release read."""
    lock = read_json(city.settings.layout.current / "inputs.lock")
    if lock["today"] != city.today.isoformat() or lock["closing"] or lock.get("apartadas"):
        return  # the second opinion reads the lake as it lies
    lake = Lake([d for d in standing_deliveries(city.settings.layout.lake) if d.export in KEYS])
    closed = {entry.cierre for entry in log.publications(city.settings)}
    theirs = {(r["indicador"], r["ejercicio"], r["trimestre"]): r for r in city.public("indicadores_trimestre")}
    for row in indicadores_trimestre(lake):
        if row["trimestre"] in closed or row["indicador"] in ("DA-5", "DA-6"):
            continue  # closed quarters and our own publication log are other questions
        public = theirs.get((row["indicador"], row["ejercicio"], row["trimestre"]))
        for name in MEASURED:
            same = public is not None and public[name] == row[name]
            tally.say(
                same,
                f"{city.today}: {row['indicador']} {row['ejercicio']} {row['trimestre']} {name}: {public and public[name]!r}, not {row[name]!r}",
            )


def _what_falls_due(city: City, tally: Tally) -> None:
    """What is not judged yet and falls due within two quarters is in the list of what falls due."""
    rows = city.public("indicadores_trimestre")
    newest = max(row["trimestre"] for row in rows)
    listed = {(row["indicador"], row["ejercicio"]) for row in city.public("proximos_vencimientos")}
    for row in rows:
        if row["trimestre"] == newest and Quarter.containing(row["vence"]).index <= Quarter.parse(newest).index + 2:
            should = row["vence"] > row["fecha_corte"]
            tally.say(
                ((row["indicador"], row["ejercicio"]) in listed) == should,
                f"{city.today}: {row['indicador']} {row['ejercicio']} due {row['vence']} {'is missing from' if should else 'is in'} what falls due",
            )


def _release(city: City, tally: Tally) -> None:
    """What the release says of itself: its quarter, its day, who closed it."""
    publication, settings = city.publication(), city.settings
    rows = city.public("indicadores_trimestre")
    newest = max(rows, key=lambda row: str(row["trimestre"]))
    page = (settings.layout.current / "index.html").read_text(encoding="utf-8")
    day = newest["fecha_corte"]
    name = f"{city.today}: {publication['release']}"
    tally.say(f"al {day.day} de " in page, f"{name} does not say as of which day ({day}) it speaks")
    runs = day < Quarter.parse(newest["trimestre"]).cutoff
    tally.say(("que aún no termina" in page) == runs, f"{name} says that a quarter {'has ended' if runs else 'runs'}")
    if publication["cierre"]:
        tally.say(publication["release"].startswith(publication["cierre"]), f"{name} closes {publication['cierre']}")
        tally.say(newest["trimestre"] == publication["cierre"], f"{name} shows {newest['trimestre']}")
        tally.say(day == Quarter.parse(publication["cierre"]).cutoff, f"{name} is judged on {day}")
        missing = read_json(settings.layout.current / "inputs.lock")["missing"]
        by = publication["cierre_por"]
        tally.say((by is not None) == bool(missing), f"{name} names {by} and lacked {missing}")
    else:
        tally.say(publication["cierre_por"] is None, f"{name} names who closed and closes nothing")
    for record in log.rollbacks(settings):
        tally.say(record.persona not in MACHINES, f"{name}: a rollback by {record.persona}")


def _restatements(city: City, tally: Tally) -> None:
    """What moved while its quarter ran is no restatement."""
    for entry in log.publications(city.settings):
        folder = city.settings.layout.release(entry.release)
        changes, before = read_json(folder / "cambios.json"), None
        if changes["de"]:
            before = read_json(city.settings.layout.release(changes["de"]) / "publicacion.json")["corte"]
        for item in changes["indicadores"]["reexpresados"]:
            ended = before is not None and before["fecha"] >= Quarter.parse(item["trimestre"]).cutoff.isoformat()
            tally.say(ended, f"{entry.release}: {item['indicador']} {item['trimestre']} restated while its quarter ran")


def _closings(city: City, tally: Tally) -> None:
    """The page above the releases says of a quarter that it is not closed when its closing was held, and of no other."""
    page = (city.settings.layout.releases / "index.html").read_text(encoding="utf-8")
    made = {quarter for quarter, outcome, _ in city.closings if outcome == "made"}
    for quarter in {quarter for quarter, _, _ in city.closings}:
        said = f"El trimestre {quarter}" in page and "no se ha cerrado" in page
        tally.say(said == (quarter not in made), f"{city.today}: the page is wrong about whether {quarter} is closed")


def _calendar(city: City, tally: Tally) -> None:
    """The public calendar against the city's own memory of what it received."""
    lock = read_json(city.settings.layout.current / "inputs.lock")
    have = {(d["export"], d["dependencia"], d["trimestre"]) for d in lock["deliveries"]}
    plazos = {(file.export, file.dependencia): file for file in owed()}
    for row in city.public("calendario_entregas"):
        key = (row["export"], row["dependencia"], row["trimestre"])
        said = f"{city.today}: {key} is {row['situacion']}"
        if row["situacion"] == "falta":
            due = plazos[row["export"], row["dependencia"]].due(Quarter.parse(row["trimestre"]))
            tally.say(key not in have, f"{said} and was delivered")
            tally.say(due < date.fromisoformat(lock["today"]), f"{said} before it was due")
        elif row["situacion"] == "por_entregar":
            tally.say(
                key not in have and row["fecha_limite"] >= date.fromisoformat(lock["today"]),
                f"{said}, it is late or here",
            )
        else:
            tally.say(key in have or row["version_vigente"] is None, f"{said} and never came")


def _agreements(city: City, tally: Tally) -> None:
    """No agreement is public as overdue that was not, on the day as of which it is told."""
    for row in city.public("acuerdos_seguimiento"):
        _, due, _ = city.agreements.get(row["acuerdo_id"], (None, row["fecha_limite"], None))
        if row["situacion"] == "vencido":
            tally.say(
                due < row["fecha_corte"],
                f"{city.today}: agreement {row['acuerdo_id']} is overdue as of {row['fecha_corte']}, due {due}",
            )


def ask_about_mails(city: City, tally: Tally) -> None:
    """Once each, on work days, to the right office, true on the day it was sent."""
    ids = [message.id for _, message in city.mails]
    for name in set(ids):
        tally.say(ids.count(name) == 1, f"the message {name} went out {ids.count(name)} times")
    closed_on = {e.cierre: date.fromisoformat(e.fecha) for e in log.publications(city.settings) if e.cierre}
    for day, message in city.mails:
        tally.say(is_workday(day), f"{message.id} went out on {day}, a day without work")
        if message.kind == "entrega":
            quarter = message.id[:6]
            there = city.delivered(until=day - timedelta(days=1))
            for export, office, text in _asked_for(message, quarter):
                tally.say(
                    (export, office, quarter) not in there,
                    f"{day}: {office} was asked for {text}, which it had delivered",
                )
            closed = closed_on.get(quarter)
            tally.say(
                closed is None or day <= closed, f"{day}: {message.office} was asked for {quarter}, closed on {closed}"
            )
        if message.kind == "acuerdos":
            tally.say("según lo entregado el" in message.subject, f"{day}: {message.subject} does not say as of when")


def _asked_for(message: object, quarter: str) -> Iterator[tuple[str, str, str]]:
    html = str(getattr(message, "html", ""))
    for file in owed():
        text = f"{file.dependencia}/{file.export}_{quarter}"
        if f"<code>{text}</code>" in html:
            yield file.export, file.dependencia, text
