"""Legitimate lakes of odd shapes go out, and every figure is what is counted by hand of the cells that were dropped.

One lake here; all of them by `python -m tests.acceptance.odd_lakes`.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from tests.acceptance.figures_by_hand import RULES, TARGETS, Dropped, Known, published_table
from tests.acceptance.odd_lakes import LAKES, OFFICES, as_csv, try_lake


def test_every_lake_can_be_dropped() -> None:
    exports = set()
    for name, lake in LAKES.items():
        for stage in lake(random.Random(name)):
            assert all(as_csv(delivery) for delivery in stage.files)
            assert all(delivery.day <= stage.day for delivery in stage.files)
            exports |= {delivery.export for delivery in stage.files}
    assert exports >= OFFICES.keys() and RULES.keys() == TARGETS.keys()


def test_the_count_by_hand_on_a_case_that_is_seen_at_a_glance() -> None:
    """Done on the due day is in time; the day after is late; what nobody delivered has no data."""
    phases = [{"proyecto": "diagnostico_datos_abiertos", "fase_id": f"F{n}"} for n in range(4)]
    due, late = date(2025, 11, 30), date(2025, 12, 1)
    for last, expected in ((due, "cumplida"), (late, "cumplida_con_retraso")):
        rows = tuple(row | {"fecha_completada": last if n == 3 else due} for n, row in enumerate(phases))
        known = Known([Dropped("unidad_transparencia", "fases_proyecto", "2025T4", rows, date(2026, 1, 9))])
        table = published_table(known)
        assert table["DA-1", 2025, "2025T4"]["estado"] == expected
        assert table["DA-1", 2025, "2025T3"]["valor"] == 0.0 and table["DA-3", 2025, "2025T4"]["valor"] is None


@pytest.mark.slow
def test_a_quarter_that_takes_everything_back_goes_out_and_is_counted(tmp_path: Path) -> None:
    """No table by quarter has a row of that quarter then; the sums of before are not held against the list of now."""
    outcome = try_lake("everything_comes_and_is_withdrawn_at_once", tmp_path)
    assert outcome.wrong == [] and outcome.releases == 1 and outcome.figures > 1000
