"""The mart of the indicators that the plan was signed with against a second opinion in plain Python."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracle.lake_writer import Version, marts_of, write_lake
from tests.oracle.scenarios import Scenario, scenarios
from tests.oracle.second_opinion import (
    KEY,
    TARGETS,
    Delivery,
    Lake,
    LogEntry,
    differences,
    indicadores_trimestre,
    months_before,
    otras_lecturas,
)

# Each example is a lake of its own and one run of dbt; more of them by hand: PAMGA_ORACLE_EXAMPLES=200.
EXAMPLES = int(os.environ.get("PAMGA_ORACLE_EXAMPLES", "8"))

PP = "presupuesto_participativo"


def assert_same_opinion(versions: tuple[Version, ...], log: tuple[LogEntry, ...], lake: Lake) -> None:
    """Build the mart from these deliveries with the real dbt models; every row and cell must equal the second opinion."""
    with tempfile.TemporaryDirectory(prefix="pamga-oracle-") as folder:
        write_lake(Path(folder) / "lake", versions, log)
        marts = {mart: [r for r in rows if r["indicador"] in TARGETS] for mart, rows in marts_of(Path(folder)).items()}
        found = differences(indicadores_trimestre(lake), marts["indicadores_trimestre"])
        found += differences(otras_lecturas(lake), marts["otras_lecturas"], (*KEY, "lectura"))
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:40])


@pytest.mark.slow
@given(scenario=scenarios())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PAMGA_ORACLE_EXAMPLES" not in os.environ,
    phases=(Phase.explicit, Phase.generate),  # shrinking would run dbt hundreds of times
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=True,
)
def test_random_deliveries_in_random_order_give_the_values_of_the_second_opinion(scenario: Scenario) -> None:
    assert_same_opinion(scenario.versions, scenario.log, scenario.lake)


# ---- the second opinion itself, on cases small enough to check by eye against rules.md


def acuerdos(
    trimestre: str, *rows: tuple[str, date, date | None], received: date = date(2027, 12, 31), baja: bool = False
) -> Delivery:
    cells = tuple(
        {"acuerdo_id": key, "fecha_acuerdo": made, "fecha_finalizacion": done, "baja": baja} for key, made, done in rows
    )
    return Delivery("acuerdos", PP, trimestre, cells, received)


def row_of(lake: Lake, indicador: str, ejercicio: int, trimestre: str) -> dict[str, object]:
    return next(
        r
        for r in indicadores_trimestre(lake)
        if (r["indicador"], r["ejercicio"], r["trimestre"]) == (indicador, ejercicio, trimestre)
    )


def test_a_late_correction_restates_its_own_quarter_and_the_later_ones() -> None:
    open_one = acuerdos("2025T1", ("A", date(2025, 2, 1), None))
    settled = acuerdos("2025T3", ("A", date(2025, 2, 1), date(2025, 3, 1)))
    lake = Lake([settled, open_one])
    assert [row_of(lake, "MBH-2", 2025, f"2025T{n}")["valor"] for n in (1, 2, 3)] == [0.0, 0.0, 100.0]


def test_a_withdrawn_key_is_gone_from_that_quarter_on_and_may_come_back() -> None:
    first = acuerdos("2025T1", ("A", date(2025, 2, 1), None))
    gone = acuerdos("2025T2", ("A", date(2025, 2, 1), None), baja=True)
    back = acuerdos("2025T4", ("A", date(2025, 2, 1), None))
    assert [row_of(Lake([back, gone, first]), "MBH-2", 2025, f"2025T{n}")["denominador"] for n in (1, 2, 3, 4)] == [
        1,
        0,
        0,
        1,
    ]


def test_done_on_the_due_day_is_in_time_and_the_day_after_is_late() -> None:
    for done, expected in ((date(2025, 11, 30), "cumplida"), (date(2025, 12, 1), "cumplida_con_retraso")):
        row = {
            "documento_id": "D",
            "indicador": "DA-2",
            "ejercicio": 2025,
            "fecha_validacion": done,
            "fecha_publicacion": done,
            "organos_validadores": "unidad_transparencia",
        }
        lake = Lake([Delivery("documentos", "unidad_transparencia", "2025T4", (row,), date(2026, 1, 9))])
        assert row_of(lake, "DA-2", 2025, "2025T4")["estado"] == expected


def test_reported_in_a_later_quarter_counts_as_late_until_the_quarter_of_the_due_day_is_delivered_again() -> None:
    row = {"documento_id": "D", "indicador": "DA-2", "ejercicio": 2025, "organos_validadores": "unidad_transparencia"}
    done = row | {"fecha_validacion": date(2025, 11, 3), "fecha_publicacion": date(2025, 11, 3)}
    late = Delivery("documentos", "unidad_transparencia", "2026T1", (done,), date(2026, 4, 9))
    nothing = Delivery("documentos", "unidad_transparencia", "2025T4", (), date(2026, 1, 9))
    again = Delivery("documentos", "unidad_transparencia", "2025T4", (done,), date(2026, 5, 9))
    assert row_of(Lake([nothing, late]), "DA-2", 2025, "2026T1")["estado"] == "cumplida_con_retraso"
    assert row_of(Lake([again, late]), "DA-2", 2025, "2026T1")["estado"] == "cumplida"


def test_a_quarter_that_runs_is_judged_on_the_day_of_the_newest_receipt() -> None:
    lake = Lake([acuerdos("2025T4", ("A", date(2025, 10, 3), None), received=date(2025, 11, 6))])
    row = row_of(lake, "DA-2", 2025, "2025T4")  # due on 30 November
    assert (row["fecha_corte"], row["estado"], row["valor_al_vencimiento"]) == (date(2025, 11, 6), "sin_datos", None)
    assert row_of(lake, "MBH-2", 2025, "2025T3")["fecha_corte"] == date(2025, 9, 30)


def test_a_due_target_is_confirmed_by_the_quarter_of_its_due_day() -> None:
    due = acuerdos("2025T4", received=date(2026, 1, 9))
    later = acuerdos("2026T1", received=date(2026, 2, 3))
    assert row_of(Lake([due, later]), "MBH-2", 2025, "2026T1")["provisional"] is False
    assert row_of(Lake([later]), "MBH-2", 2025, "2026T1")["provisional"] is True
    assert row_of(Lake([due, later]), "MBH-2", 2026, "2026T1")["provisional"] is True  # 2026T1 is not over


def test_an_empty_exercise_has_no_value() -> None:
    lake = Lake([acuerdos("2025T1")])
    assert row_of(lake, "MBH-2", 2025, "2025T1")["estado"] == "sin_datos"
    assert row_of(lake, "MBH-2", 2026, "2025T1")["estado"] == "no_iniciada"


def test_months_are_clipped_to_the_end_of_the_month() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2024, 3, 30), 1) == date(2024, 2, 29)
    assert months_before(date(2026, 1, 15), 2) == date(2025, 11, 15)
