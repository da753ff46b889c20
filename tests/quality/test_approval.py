"""The answer of a person, and what counts as none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pamga.errors import PamgaError
from quality.approval import NOBODY, answer_of, candidate_summary, record_answer
from tests.quality.specimen import FEW, RUN, make_run


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            {"chosen_options": ["aprobar"], "responded_by_user": {"id": "1", "name": "ana"}, "params_input": {"persona": " Ana Ruiz ", "motivo": "bien"}},
            ("aprobar", "Ana Ruiz (cuenta ana)", "bien"),
        ),
        (
            {"chosen_options": ["rechazar"], "responded_by_user": {"id": "1", "name": "ana"}, "params_input": {"persona": "", "motivo": "mal"}},
            ("rechazar", "ana", "mal"),
        ),
        (
            {"chosen_options": ["aprobar"], "responded_by_user": {"id": "1", "name": "ana"}, "params_input": {}},
            ("rechazar", "ana", "Respondió «aprobar» sin escribir el motivo: no cuenta como aprobación."),
        ),
        (
            {"chosen_options": ["rechazar"], "responded_by_user": None, "params_input": {"persona": "", "motivo": ""}},
            ("rechazar", NOBODY, "Nadie respondió en 72 horas: se rechaza por omisión."),
        ),
    ],
)  # fmt: skip
def test_answers(result: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert answer_of(result, 72) == expected


def test_an_unchecked_candidate_has_no_summary_and_an_answer_needs_a_reason(tmp_path: Path) -> None:
    settings = make_run(tmp_path, FEW)
    with pytest.raises(PamgaError, match="pamga check"):
        candidate_summary(settings)
    with pytest.raises(PamgaError, match="reason"):
        record_answer(settings, RUN, "aprobar", "Ana", " ")
    first = record_answer(settings, RUN, "aprobar", "Ana", "bien")
    assert record_answer(settings, RUN, "aprobar", "Ana", "bien") == first
    assert record_answer(settings, RUN, "rechazar", "Ana", "mal").name == f"{RUN}-2.json"
