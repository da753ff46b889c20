"""What happens in the simulated city."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pamga.quarter import Quarter
from pamga.standing import BY_PERSON, LET_IN, decide
from pamga.storage import read_json
from publish import log
from quality.approval import REJECT, candidate_summary, record_answer
from tests.simulation.city import PARTICIPATION, TRANSPARENCY, City
from tests.simulation.questions import Tally, ask


def events(city: City, quarter: str, days: list[date]) -> None:
    """Neighbourhood events with police and citizens' attention at all of them."""
    rows = [
        {
            "evento_id": f"E-{day.isoformat()}",
            "fecha": day.strftime("%d/%m/%Y"),
            "funcionarios_seguridad": 2,
            "operadores_sac": 1,
        }
        for day in days
    ]
    city.drop("eventos_mbh", PARTICIPATION, quarter, rows)


def agreements(city: City, quarter: str, made: list[date], done: int, prefix: str = "") -> None:
    """Agreements of those days, the first `done` of them attended to ten days later."""
    rows: list[dict[str, Any]] = []
    for number, day in enumerate(made):
        finished = day + timedelta(days=10) if number < done else None
        name = f"A-{prefix}{day.isoformat()}-{number}"
        city.agreements[name] = (day, _a_month_later(day), finished)
        rows.append(
            {
                "acuerdo_id": name, "evento_id": f"E-{day.isoformat()}", "fecha_acuerdo": day.strftime("%d/%m/%Y"), "tipo": "inmediato",
                "tema": "Bacheo", "dependencia": "Obras Públicas",
                "fecha_finalizacion": finished.strftime("%d/%m/%Y") if finished else "",
            }
        )  # fmt: skip
    city.drop("acuerdos", PARTICIPATION, quarter, rows)


def workshops(city: City, quarter: str, days: list[date]) -> None:
    """Workshops on those days, each with the same twelve people and one of its own."""
    held = [{"taller_id": f"T-{day.isoformat()}", "fecha_programada": day.strftime("%d/%m/%Y"), "fecha_realizada": day.strftime("%d/%m/%Y"),
             "sede": "Delegación Centro", "tipo_sede": "delegacion", "dependencias_colaboradoras": "Obras Públicas"} for day in days]  # fmt: skip
    people = [
        {"taller_id": row["taller_id"], "asistente_id": f"P-{number if number < 12 else row['taller_id']}", "edad": 20 + number, "sexo": "mujer"}
        for row in held
        for number in range(13)
    ]  # fmt: skip
    city.drop("talleres", PARTICIPATION, quarter, held)
    city.drop("asistencia_talleres", PARTICIPATION, quarter, people)


def rotate_the_key(city: City, tally: Tally, new: str) -> None:
    """The key of the pseudonyms is changed: every person stays one person, and no figure moves."""
    before = city.public("indicadores_trimestre")
    done = city.rotate(new)
    run = city.candidate()
    after = {_key(row): row for row in city.candidate_rows(run, "indicadores_trimestre")}
    people = [row for row in before if row["indicador"] in {"PP-1", "PP-4"}]
    tally.say(bool(done), "the rotation found no pseudonym to make again")
    tally.say(
        all(after[_key(row)]["numerador"] == row["numerador"] for row in people),
        "a rotation of the key moved a figure about people",
    )


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["indicador"], row["ejercicio"], row["trimestre"]


def _a_month_later(day: date) -> date:
    from tests.oracle.second_opinion import months_before

    return months_before(day, -1)


def live_through_a_closing(city: City, tally: Tally) -> None:
    """From the first load in October 2025 to the closing of its last quarter in February 2026."""
    # the first load of all: three quarters at once
    for quarter in ("2025T1", "2025T2", "2025T3"):
        city.drop_all(quarter, but=[("eventos_mbh", PARTICIPATION), ("acuerdos", PARTICIPATION)])
        first = Quarter.parse(quarter).first_day
        events(city, quarter, [first + timedelta(days=7 * n) for n in range(4)])
        agreements(city, quarter, [first + timedelta(days=7 * n) for n in range(4)], done=3)
    workshops(city, "2025T3", [date(2025, 7, 4 + 7 * n) for n in range(3)])
    city.run()
    ask(city, tally)
    loaded = [row for row in city.public("calendario_entregas") if row["trimestre"] <= "2025T3"]
    tally.say(all(row["situacion"] == "entregada_a_tiempo" for row in loaded), "the first load is late")

    # four rows of a quarter that runs
    city.live_until(date(2025, 11, 6))
    events(city, "2025T4", [date(2025, 10, day) for day in (4, 11, 18, 25)])
    city.run()
    ask(city, tally)

    # the quarter is over; one office owes a file, so the closing is held
    city.live_until(date(2026, 1, 13))
    city.drop_all(
        "2025T4", but=[("eventos_mbh", PARTICIPATION), ("acuerdos", PARTICIPATION), ("directorio", PARTICIPATION)]
    )
    agreements(city, "2025T4", [date(2025, 10, 4 + 7 * n) for n in range(4)], done=2)
    city.live_until(date(2026, 1, 16))
    tally.say(not city.close(Quarter.parse("2025T4")), "2025T4 was closed without the directory")
    city.run()
    ask(city, tally)

    # a wrong correction goes out, is taken back, and does not come back with another office's file
    city.live_until(date(2026, 1, 20))
    before = log.current_release(city.settings)
    right = _value(city, "MBH-2", 2025, "2025T4")
    agreements(city, "2025T4", [date(2025, 10, 4 + 7 * n) for n in range(4)], done=4)
    city.run()
    wrong = _value(city, "MBH-2", 2025, "2025T4")
    city.live_until(date(2026, 1, 21))
    city.roll_back("El 100 % no es cierto.", "Ana Ruiz, directora")
    tally.say(log.current_release(city.settings) == before, "the rollback did not go to the release before")
    city.live_until(date(2026, 2, 3))
    city.drop("capacitaciones", TRANSPARENCY, "2026T1")  # a quarter that has begun
    city.run()
    tally.say(wrong != right == _value(city, "MBH-2", 2025, "2025T4"), f"the withdrawn figure {wrong} is public again")
    ask(city, tally)

    # what held the closing arrives: it is made, named after its quarter, although the next one has begun
    city.live_until(date(2026, 2, 5))
    city.drop("directorio", PARTICIPATION, "2025T4")
    city.receive()
    city.run()
    ask(city, tally)
    closing = [entry for entry in log.publications(city.settings) if entry.cierre == "2025T4"]
    tally.say(len(closing) == 1 and closing[0].release.startswith("2025T4-"), f"the closing release is {closing}")
    lock = read_json(city.settings.layout.release(closing[0].release) / "inputs.lock")
    tally.say(lock["closing_by"] is None, f"{lock['closing_by']} closed although nothing was missing")
    city.live_until(date(2026, 2, 9))
    rotate_the_key(city, tally, "la llave de febrero")
    city.live_until(date(2026, 2, 16))
    change_a_verdict(city, tally)


def change_a_verdict(city: City, tally: Tally) -> None:
    """A correction that comes after the closing and would change a verdict: it waits for a person, the Secretariado rejects it once, and
    the earlier verdict stays beside the new one."""
    earlier, right = _state(city, "MBH-2", 2025, "2025T4"), _value(city, "MBH-2", 2025, "2025T4")
    days = [date(2025, 10, 4 + 7 * n) for n in range(4)]
    third = Quarter.parse("2025T3").first_day  # the file of the quarter before, under this one's name
    agreements(city, "2025T4", [third + timedelta(days=7 * n) for n in range(4)], done=3)
    (receipt,) = city.receive()
    tally.say(receipt.state == "held", f"a copy of another quarter's delivery is {receipt.state}")
    agreements(city, "2025T4", days * 6, done=24)
    city.drop("capacitaciones", TRANSPARENCY, "2026T1")  # another office's, which nothing holds
    city.run()
    corrected = max(entry["version"] for entry in city.versions() if _is_agreements(entry))
    lock = read_json(city.settings.layout.current / "inputs.lock")
    waiting = {(entry["export"], entry["version"]) for entry in lock["apartadas"] if entry.get("veredictos")}
    tally.say(waiting == {("acuerdos", corrected)}, f"{waiting} wait for a person")
    unchanged = (_state(city, "MBH-2", 2025, "2025T4"), _value(city, "MBH-2", 2025, "2025T4")) == (earlier, right)
    tally.say(unchanged, "a verdict or its figure changed although nobody let it")
    tally.say("cambiaría un veredicto" in _page(city, "MBH-2"), "the page does not say what waits")

    person, reason = "Ana Ruiz, directora", "Los acuerdos se atendieron y faltaban en el archivo"
    version = ("acuerdos", "2025T4", PARTICIPATION, corrected)
    decide(city.settings, LET_IN, version, origin=BY_PERSON, person=person, reason=reason)
    run = city.candidate()
    record_answer(city.settings, run, REJECT, "Eva Luna, secretaria", "Falta el oficio de la dependencia")
    shown = candidate_summary(city.settings, run)
    tally.say("Eva Luna, secretaria" in shown, "whoever approves next is not told who rejected these figures")
    city.live_until(date(2026, 2, 18))
    told = [message for _, message in city.mails if message.kind == "rechazo" and message.office == PARTICIPATION]
    tally.say(len(told) == 1 and "MBH-2" in told[0].html, "the office is not told that its figure was rejected")
    tally.say(_state(city, "MBH-2", 2025, "2025T4") == earlier, "what was rejected is public")
    city.run()  # the oficio is there, and it is approved
    tally.say(_state(city, "MBH-2", 2025, "2025T4") == "cumplida" != earlier, "what a person let in does not count")
    for words in (person, reason, "Antes: Incumplida (publicado en 2025T4-"):
        tally.say(words in _page(city, "MBH-2"), f"the page does not say «{words}»")
    tally.say(person not in _page(city, "PP-1"), "a verdict that did not change has a name beside it")
    ask(city, tally)


def _is_agreements(entry: dict[str, Any]) -> bool:
    return (entry["export"], entry["trimestre"]) == ("acuerdos", "2025T4")


def _page(city: City, indicador: str) -> str:
    return (city.settings.layout.current / "indicadores" / f"{indicador}.html").read_text(encoding="utf-8")


def _state(city: City, indicador: str, ejercicio: int, trimestre: str) -> str:
    return next(
        str(row["estado"])
        for row in city.public("indicadores_trimestre")
        if (row["indicador"], row["ejercicio"], row["trimestre"]) == (indicador, ejercicio, trimestre)
    )


def _value(city: City, indicador: str, ejercicio: int, trimestre: str) -> float | None:
    value: float | None = next(
        row["valor"]
        for row in city.public("indicadores_trimestre")
        if (row["indicador"], row["ejercicio"], row["trimestre"]) == (indicador, ejercicio, trimestre)
    )
    return value
