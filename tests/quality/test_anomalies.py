"""Anomalies: far from the earlier quarters is a warning with the numbers; a quarter that still runs cannot hold too few rows yet."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from quality import catalogue
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
            "mad": 1.0, "margen": 74.9, "trimestres_de_historia": 5,
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


def test_four_earlier_quarters_are_needed() -> None:
    assert odd_volumes([100, 104, 98, 5], "2026-12-01") == []


def odd_values(steps: list[tuple[str, int, int]], recibido_hasta: str = "2026-10-10") -> list[dict[str, Any]]:
    """What the check lists for an indicator's (quarter, numerator, denominator)."""
    query = catalogue.written_checks()["indicadores_trimestre.valor_raro"].query
    with duckdb.connect() as connection:
        connection.execute(
            "create table indicadores_trimestre (trimestre varchar, numerador bigint, denominador bigint, valor double, "
            "indicador varchar default 'MBH-2', ejercicio integer default 2026)"
        )
        for quarter, done, planned in steps:
            connection.execute(
                "insert into indicadores_trimestre (trimestre, numerador, denominador, valor) values (?, ?, ?, ?)",
                [quarter, done, planned, 100 * done / planned],
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


def test_a_document_that_is_done_in_one_step_is_no_anomaly() -> None:
    assert odd_values([*zip(QUARTERS, [0, 0, 0, 0, 0, 1], [1] * 6, strict=True)]) == []
