"""What happens in the simulated city."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from pamga.quarter import Quarter
from pamga.storage import read_json
from publish import log
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
    closing = [entry for entry in log.publications(city.settings) if entry.get("cierre") == "2025T4"]
    tally.say(len(closing) == 1 and closing[0]["release"].startswith("2025T4-"), f"the closing release is {closing}")
    lock = read_json(city.settings.layout.release(closing[0]["release"]) / "inputs.lock")
    tally.say(lock["closing_by"] is None, f"{lock['closing_by']} closed although nothing was missing")
    city.live_until(date(2026, 2, 16))


def _value(city: City, indicador: str, ejercicio: int, trimestre: str) -> float | None:
    return next(
        row["valor"]
        for row in city.public("indicadores_trimestre")
        if (row["indicador"], row["ejercicio"], row["trimestre"]) == (indicador, ejercicio, trimestre)
    )
