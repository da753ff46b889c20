"""A verdict that changed after the closing is told with the earlier one, the person and the reason (rules.md, "Status at a quarter")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pamga.documents.lock import Lock, ToldVerdict
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json
from publish.indicators import changed_verdicts, set_aside
from publish.release import publish
from publish.verify import verify_release
from tests.documents import made

CHANGED: dict[str, Any] = {
    "indicador": "MBH-2", "ejercicio": 2025, "trimestre": "2025T4", "antes": "incumplida", "publicacion": "2025T4-r02",
    "despues": "cumplida", "persona": "Ana Ruiz", "motivo": "Se atendieron.", "fecha": "2026-02-16",
}  # fmt: skip
TOLD = ToldVerdict(**CHANGED)


def test_the_earlier_verdict_stands_beside_the_new_one_with_person_and_reason() -> None:
    (said,) = changed_verdicts([TOLD], "MBH-2")
    for part in (
        "MBH-2 de 2025",
        "Antes: Incumplida (publicado en 2025T4-r02)",
        "después: Cumplida",
        "Ana Ruiz: Se atendieron.",
    ):
        assert part in said


def test_another_indicator_and_an_older_lock_say_nothing() -> None:
    assert changed_verdicts([TOLD], "PP-1") == []
    assert changed_verdicts([]) == []
    assert len(changed_verdicts([TOLD, TOLD.model_copy(update={"indicador": "PP-1"})])) == 2


def test_nobody_is_named_for_what_the_method_changed() -> None:
    (said,) = changed_verdicts([TOLD.model_copy(update={"persona": None, "motivo": None})])
    assert "decidió" not in said


def test_what_waits_is_not_asked_to_be_corrected() -> None:
    entry = {
        "export": "acuerdos", "trimestre": "2025T4", "version": 2, "motivo": "Cambiaría un veredicto.", "persona": None, "queda": 1,
        "corregida": False,
    }  # fmt: skip
    assert "no se corrija, vale su versión 1" in set_aside(made(Lock, apartadas=[entry]))[0]
    assert (
        "una persona no la acepte con su motivo, vale"
        in set_aside(made(Lock, apartadas=[entry | {"veredictos": [CHANGED]}]))[0]
    )


def test_page_of_release_indicator_and_changes_and_the_document_for_programs_say_it(
    settings: Settings, candidate: Callable[..., str]
) -> None:
    run = candidate()
    path = settings.layout.run(run) / "inputs.lock"
    path.write_bytes(canonical_json(read_json(path) | {"veredictos": [CHANGED]}))
    result = publish(settings, run)
    release = settings.layout.release(result.release)
    assert verify_release(settings, result.release) == []
    for page in ("index.html", "indicadores/MBH-2.html", "cambios.html"):
        text = (release / page).read_text(encoding="utf-8")
        assert "Antes: Incumplida (publicado en 2025T4-r02)" in text, page
        assert "Ana Ruiz: Se atendieron." in text, page
    assert read_json(release / "cambios.json")["veredictos"] == [CHANGED]
    assert "Ana Ruiz" in read_json(release / "indicadores" / "MBH-2.json")["avisos"][0]
