"""The answer of a person, and what counts as none."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pamga.documents.quality import Quality
from pamga.errors import PamgaError
from pamga.storage import canonical_json, read_json
from quality.approval import NOBODY, AnswerDoesNotCount, HumanAnswer, answer_of, candidate_summary, record_answer
from tests.documents import stored
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
            {"chosen_options": ["rechazar"], "responded_by_user": {"id": "1", "name": "ana"}, "params_input": {}},
            ("rechazar", "ana", "No escribió el motivo."),
        ),
        (
            {"chosen_options": ["rechazar"], "responded_by_user": None, "params_input": {"persona": "", "motivo": ""}},
            ("rechazar", NOBODY, "Nadie respondió en 72 horas: se rechaza por omisión."),
        ),
    ],
)  # fmt: skip
def test_answers(result: HumanAnswer, expected: tuple[str, str, str]) -> None:
    assert answer_of(result, 72) == expected


@pytest.mark.parametrize(
    ("params", "asked_by", "said"),
    [
        (
            {"persona": "Ana Ruiz", "motivo": "  "},
            None,
            r"Ana Ruiz \(cuenta ana\) respondió «aprobar» sin escribir el motivo: no cuenta",
        ),
        ({}, None, "sin escribir el motivo"),
        ({"motivo": "bien"}, "ana", "es quien lo pide: tiene que aprobarlo otra persona"),
    ],
)
def test_a_yes_that_does_not_count_is_no_silent_no(params: dict[str, str], asked_by: str | None, said: str) -> None:
    yes: HumanAnswer = {
        "chosen_options": ["aprobar"],
        "responded_by_user": {"id": "1", "name": "ana"},
        "params_input": params,
    }
    with pytest.raises(AnswerDoesNotCount, match=said):
        answer_of(yes, 72, asked_by)
    assert answer_of({**yes, "params_input": {"motivo": "bien"}}, 72, "otra")[0] == "aprobar"
    assert answer_of({**yes, "chosen_options": ["rechazar"]}, 72, asked_by)[0] == "rechazar"


def test_an_unchecked_candidate_has_no_summary_and_an_answer_needs_a_reason(tmp_path: Path) -> None:
    settings = make_run(tmp_path, FEW)
    with pytest.raises(PamgaError, match="pamga check"):
        candidate_summary(settings)
    with pytest.raises(PamgaError, match="reason"):
        record_answer(settings, RUN, "aprobar", "Ana", " ")
    first = record_answer(settings, RUN, "aprobar", "Ana", "bien")
    assert record_answer(settings, RUN, "aprobar", "Ana", "bien") == first
    assert record_answer(settings, RUN, "rechazar", "Ana", "mal").name == f"{RUN}-2.json"


def test_restated_figures_and_observations_are_said_as_people_read_them(tmp_path: Path) -> None:
    settings = make_run(tmp_path, FEW | {"tablero_indicadores", "observaciones"})
    (settings.layout.run(RUN) / "quality.json").write_bytes(stored(Quality, {"decision": "publicar", "checks": []}))
    new = settings.layout.run(RUN) / "candidate" / "data"
    now = settings.layout.releases / "2026T3-r01" / "data"
    now.mkdir(parents=True)
    (settings.layout.releases / "current").symlink_to("2026T3-r01")
    columns = "indicador, ejercicio, trimestre, valor, valor_juzgado_texto, situacion, valor_hoy_texto"
    published = "('MBH-2', 2026, '2026T3', 79.98, '79.98 %', 'Incumplida', '79.98 %'), ('PP-1', 2026, '2026T3', 95.61, '95.6 %', 'Incumplida', '—')"
    candidate = published.replace("79.98, '79.98 %', 'Incumplida', '79.98 %'", "81.2, '81.2 %', 'Cumplida', '81.2 %'")
    candidate = candidate.replace("95.61, '95.6 %'", "95.62, '95.6 %'")
    with duckdb.connect() as connection:
        for folder, rows in ((now, published), (new, candidate)):
            connection.execute(
                f"""copy (
                    select {columns.replace("valor,", "cast(valor as double) as valor,")}, cast(valor as double) as valor_al_vencimiento, 'incumplida' as estado,
                        cast(valor as double) as valor_juzgado, true as es_ultimo_trimestre, 'sin_revisar' as dictamen
                    from (values {rows}) as t({columns})
                ) to '{folder / "tablero_indicadores.parquet"}'"""
            )
        connection.execute(
            f"""copy (
                select 'PP-1' as indicador, 2026 as ejercicio, '2026T3' as trimestre_evaluado, 'no_validado' as dictamen,
                    'Faltan listas' as observacion, null as respuesta, cast(null as date) as fecha_atencion
            ) to '{new / "observaciones.parquet"}'"""
        )
    said = candidate_summary(settings)
    assert "ya se rechazaron" not in said
    record_answer(settings, RUN, "rechazar", "Eva Luna (cuenta eluna)", "Los acuerdos están contados dos veces.")
    again = candidate_summary(settings)
    assert "### Cifras que ya se rechazaron y esta candidata vuelve a traer" in again
    assert (
        "- **MBH-2 2026, 2026T3 (81.2 %, incumplida)**: la rechazó Eva Luna (cuenta eluna) el 20 de octubre de 2026."
        in again
    )
    assert "Motivo: Los acuerdos están contados dos veces." in again
    assert "| MBH-2 | 2026 | 2026T3 | 79.98 % (Incumplida; hoy 79.98 %) | 81.2 % (Cumplida; hoy 81.2 %) |" in said
    assert "| PP-1 | 2026 | 2026T3 | 95.610000 % (Incumplida) | 95.620000 % (Incumplida) |" in said
    assert "**PP-1 2026, 2026T3** (95.6 %, Incumplida): no validado. Faltan listas Sin respuesta." in said
    assert "Metas que el Secretariado aún no revisa: 2." in said


def test_whoever_approves_reads_which_verdicts_changed_after_the_closing(tmp_path: Path) -> None:
    settings = make_run(tmp_path, FEW)
    folder = settings.layout.run(RUN)
    (folder / "quality.json").write_bytes(stored(Quality, {"decision": "publicar", "checks": []}))
    assert "Veredictos" not in candidate_summary(settings)
    changed = {
        "indicador": "MBH-2", "ejercicio": 2025, "trimestre": "2025T4", "antes": "incumplida", "publicacion": "2025T4-r02",
        "despues": "cumplida", "persona": "Ana Ruiz", "motivo": "Se atendieron.",
    }  # fmt: skip
    (folder / "inputs.lock").write_bytes(canonical_json(read_json(folder / "inputs.lock") | {"veredictos": [changed]}))
    said = candidate_summary(settings)
    assert "MBH-2 2025, 2025T4: de incumplida (2025T4-r02) a cumplida; lo decidió Ana Ruiz: Se atendieron." in said
