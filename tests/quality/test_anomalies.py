"""Anomalies: far from the earlier quarters is a warning with the numbers; a quarter that still runs cannot hold too few rows yet."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pamga.exports import exports
from quality import catalogue
from quality.definitions import delivery_definitions
from quality.offending import fetch_rows

QUARTERS = ["2025T2", "2025T3", "2025T4", "2026T1", "2026T2", "2026T3"]


def odd_volumes(filas: list[int], recibido_hasta: str) -> list[dict[str, Any]]:
    """What the check lists when an office delivered these numbers of rows, up to a day of receipt."""
    query = catalogue.written_checks()["entregas_vigentes.volumen_raro"].query
    with duckdb.connect() as connection:
        connection.execute(
            """create table entregas_vigentes as select 'acuerdos' as export, 'presupuesto_participativo' as dependencia,
            unnest(?::varchar[]) as trimestre, unnest(?::bigint[]) as accepted, true as vigente""",
            [QUARTERS[: len(filas)], filas],
        )
        return fetch_rows(connection, query.replace("${var.recibido_hasta}", recibido_hasta))


USUAL = [100, 104, 98, 101, 102]


@pytest.mark.parametrize("recibido_hasta", ["2026-08-15", "2026-09-30"])
def test_a_quarter_that_runs_may_hold_few_rows(recibido_hasta: str) -> None:
    assert odd_volumes([*USUAL, 12], recibido_hasta) == []


def test_too_few_rows_warn_once_the_quarter_is_over() -> None:
    assert odd_volumes([*USUAL, 12], "2026-10-01") == [
        {
            "export": "acuerdos", "dependencia": "presupuesto_participativo", "trimestre": "2026T3", "filas": 12, "mediana": 101.0,
            "mad": 1.0, "margen": 44.9, "trimestres_de_historia": 5,
            "filas_antes": "2025T2: 100, 2025T3: 104, 2025T4: 98, 2026T1: 101, 2026T2: 102",
        }
    ]  # fmt: skip


def test_too_many_rows_warn_also_while_the_quarter_runs() -> None:
    (found,) = odd_volumes([*USUAL, 900], "2026-08-15")
    assert (found["trimestre"], found["filas"]) == ("2026T3", 900)


def test_a_new_quarter_does_not_hide_the_one_that_ended_short() -> None:
    (found,) = odd_volumes([100, 104, 98, 101, 12, 30], "2026-08-15")
    assert (found["trimestre"], found["filas"], found["filas_antes"]) == (
        "2026T2", 12, "2025T2: 100, 2025T3: 104, 2025T4: 98, 2026T1: 101",
    )  # fmt: skip


def test_what_comes_once_a_year_is_no_anomaly_in_its_quarter() -> None:
    """The members of the council are delivered with the first quarter of each year; 57 after 40 is no more than before, 90 is."""
    yearly = [40, 0, 0, 0, 57]
    assert odd_volumes(yearly, "2026-12-01") == []
    (found,) = odd_volumes([*yearly[:4], 90], "2026-12-01")
    assert found["filas"] == 90


def test_half_a_file_is_told_and_two_thirds_of_one_is_not() -> None:
    assert odd_volumes([100, 104, 98, 101, 66], "2026-12-01") == []
    (found,) = odd_volumes([100, 104, 98, 101, 50], "2026-12-01")
    assert (found["trimestre"], found["filas"], found["mediana"]) == ("2026T2", 50, 100.5)


def test_four_earlier_quarters_are_needed() -> None:
    assert odd_volumes([100, 104, 98, 5], "2026-12-01") == []


def odd_values(
    steps: list[tuple[str, int, int]],
    recibido_hasta: str = "2026-10-10",
    vence: str = "2026-12-31",
    undelivered: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """What the check lists for an indicator's (quarter, numerator, denominator)."""
    query = catalogue.written_checks()["indicadores_trimestre.valor_raro"].query
    with duckdb.connect() as connection:
        connection.execute(
            "create table indicadores_trimestre (trimestre varchar, numerador bigint, denominador bigint, valor double, "
            f"indicador varchar default 'MBH-2', ejercicio integer default 2026, vence date default '{vence}', provisional boolean)"
        )
        for quarter, done, planned in steps:
            connection.execute(
                "insert into indicadores_trimestre (trimestre, numerador, denominador, valor, provisional) values (?, ?, ?, ?, ?)",
                [quarter, done, planned, 100 * done / planned, quarter in undelivered],
            )
        return fetch_rows(connection, query.replace("${var.recibido_hasta}", recibido_hasta))


def test_a_value_that_jumps_shows_the_steps_before() -> None:
    (found,) = odd_values([*zip(QUARTERS, [2, 4, 7, 9, 11, 90], [100] * 6, strict=True)])
    assert (found["indicador"], found["avance"], found["mediana"]) == ("MBH-2", 79.0, 2.0)
    assert (
        found["avances_antes"] == "2026 en 2025T3: 2.0, 2026 en 2025T4: 3.0, 2026 en 2026T1: 2.0, 2026 en 2026T2: 2.0"
    )


def test_a_value_may_lag_while_the_quarter_runs_and_hides_no_odd_one_before_it() -> None:
    falling = [*zip(QUARTERS, [60, 62, 65, 67, 69, 10], [100] * 6, strict=True)]
    assert odd_values(falling, "2026-09-30") == []
    (found,) = odd_values(falling, "2026-10-01")
    assert (found["trimestre"], found["avance"]) == ("2026T3", -59.0)
    fallen_before = [*zip([*QUARTERS, "2026T4"], [60, 62, 65, 67, 69, 10, 11], [100] * 7, strict=True)]
    (found,) = odd_values(fallen_before, "2026-11-15")
    assert (found["trimestre"], found["avance"]) == ("2026T3", -59.0)


def test_a_target_is_measured_until_the_quarter_in_which_it_is_judged() -> None:
    """What it is worth today may fall for good reasons: a record renewed this year no longer counts for the year before."""
    falling = [*zip(QUARTERS, [100] * 5 + [5], [100] * 6, strict=True)]
    assert len(odd_values(falling, vence="2026-07-01")) == 1
    assert odd_values(falling, vence="2026-06-30") == []


def test_quarters_of_which_nothing_was_delivered_took_no_step() -> None:
    """The first delivery of a project with a fixed number of phases: 0 of 5 before, for nobody had said anything."""
    first = [*zip(QUARTERS, [0, 0, 0, 0, 0, 3], [5] * 6, strict=True)]
    assert len(odd_values(first)) == 1
    assert odd_values(first, undelivered=tuple(QUARTERS[:5])) == []


def test_a_document_that_is_done_in_one_step_is_no_anomaly() -> None:
    assert odd_values([*zip(QUARTERS, [0, 0, 0, 0, 0, 1], [1] * 6, strict=True)]) == []


def unlike_before(check_id: str, deliveries: dict[str, list[tuple[float | None, str]]]) -> list[dict[str, Any]]:
    """What a check of an export's numbers or dates lists: quarter -> (litres or cubic hectometres, day)."""
    (check,) = [
        c for c in delivery_definitions("almacenamiento_presas", exports()["almacenamiento_presas"]) if c.id == check_id
    ]
    assert check.query
    with duckdb.connect() as connection:
        connection.execute(
            "create schema lake; create table lake.almacenamiento_presas (entrega_dependencia varchar, entrega_trimestre varchar, "
            "almacenamiento_hm3 decimal(20,6), fecha date)"
        )
        rows = [
            ["medio_ambiente", quarter, number, day] for quarter, cells in deliveries.items() for number, day in cells
        ]
        connection.executemany("insert into lake.almacenamiento_presas values (?, ?, ?, ?)", rows)
        return fetch_rows(connection, check.query)


def of_quarter(
    quarter: str, times: float = 1, year: str | None = None, rows: int = 6
) -> list[tuple[float | None, str]]:
    month = int(quarter[5]) * 3 - 1
    return [((10 + n) * times, f"{year or quarter[:4]}-{month:02}-{n + 1:02}") for n in range(rows)]


MAGNITUDE, PERIOD = (
    f"almacenamiento_presas.{kind}" for kind in ("entrega_magnitud.almacenamiento_hm3", "entrega_periodo.fecha")
)


@pytest.mark.parametrize("times", [1000, 1_000_000, 0.001])
def test_numbers_in_another_unit_warn(times: float) -> None:
    before = {"2025T4": of_quarter("2025T4"), "2026T1": of_quarter("2026T1", 1.3)}
    (found,) = unlike_before(MAGNITUDE, before | {"2026T2": of_quarter("2026T2", times)})
    assert (found["trimestre"], found["columna"], float(found["mediana_antes"])) == (
        "2026T2",
        "almacenamiento_hm3",
        14.375,
    )


@pytest.mark.parametrize(
    "newest",
    [
        of_quarter("2026T2", 20),
        of_quarter("2026T2", 0.05),
        of_quarter("2026T2", 0),
        of_quarter("2026T2", 1000, rows=4),
        [],
    ],
)
def test_a_flood_a_drought_and_a_few_cells_do_not_warn(newest: list[tuple[float | None, str]]) -> None:
    assert unlike_before(MAGNITUDE, {"2025T4": of_quarter("2025T4"), "2026T2": newest}) == []
    assert unlike_before(MAGNITUDE, {"2026T2": of_quarter("2026T2", 1000)}) == []  # nothing to hold it against


def test_more_large_numbers_than_before_are_no_other_unit() -> None:
    """Small works and large ones: the middle moves with what there is more of, while both kinds are as they were."""
    small, large = ([*of_quarter("2026T1", times, rows=10)] for times in (80, 50_000))
    assert unlike_before(MAGNITUDE, {"2026T1": small[:6] + large[:4], "2026T2": small[:4] + large[:6]}) == []
    assert len(unlike_before(MAGNITUDE, {"2026T1": small, "2026T2": large})) == 1


def test_dates_of_another_year_warn_and_a_history_at_the_first_delivery_does_not() -> None:
    before = {"2025T4": of_quarter("2025T4"), "2026T1": of_quarter("2026T1")}
    (found,) = unlike_before(PERIOD, before | {"2026T2": of_quarter("2026T2", year="2025")})
    assert (found["trimestre"], float(found["porcentaje_del_trimestre"]), float(found["porcentaje_antes"])) == (
        "2026T2",
        0,
        100,
    )
    assert (
        unlike_before(PERIOD, before | {"2026T2": [*of_quarter("2026T2", year="2025"), *of_quarter("2026T2", rows=1)]})
        == []
    )
    assert unlike_before(PERIOD, {"2026T2": [*of_quarter("2025T1"), *of_quarter("2024T3")]}) == []
    history = {"2025T4": [*of_quarter("2024T1"), *of_quarter("2024T3")], "2026T1": of_quarter("2026T1", year="2025")}
    assert (
        unlike_before(PERIOD, history | {"2026T2": of_quarter("2026T2", year="2025")}) == []
    )  # as this office always did
