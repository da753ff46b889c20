"""The office whose delivery was set aside is told why, which rows and what to do; nobody else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pamga.documents.lock import Lock, SetAside
from pamga.log import decisions
from pamga.settings import Settings
from pamga.standing import BY_PERSON, LET_IN, SET_ASIDE, decide
from pamga.storage import read_json, write_atomically
from quality.commands import set_aside
from quality.set_aside import NOTE, in_words, set_aside_versions, write_notes
from reminders.notices import set_aside_notices
from tests.documents import landed, made, stored

OFFICE = "presupuesto_participativo"
NAMED = {"export": "acuerdos", "trimestre": "2026T3", "dependencia": OFFICE, "version": 2}
FOUND: dict[str, Any] = {
    "tipo": "referencia_inexistente", "titulo": "Referencia a una clave que no existe", "remedio": "Corrija la clave.",
    "filas": 6, "filas_aceptadas": 100,
    "ejemplos": [{"fila": "7", "columna": "evento_id", "detalle": "evento_id E-9 no está en eventos_mbh"}],
}  # fmt: skip
APART = NAMED | {
    "archivo": f"{OFFICE}/acuerdos_2026T3.csv", "received_on": "2026-10-10", "origen": "hallazgos", "persona": None,
    "fecha": None, "motivo": "Referencia a una clave que no existe (6 de 100 filas).", "queda": 1, "corregida": False,
    "hallazgos": [FOUND],
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation whose newest run set the second version aside; the receipts of two offices are there."""
    settings = Settings(data=tmp_path, hoy="2026-10-20")
    versions = [{**NAMED, "version": number, "stands": True, "rows_sha256": str(number)} for number in (1, 2)]
    lock = stored(Lock, {"apartadas": [APART], "versions": versions})
    write_atomically(settings.layout.run("latest") / "inputs.lock", lock)
    for number in (1, 2):
        landed(settings, "acuerdos", "2026T3", OFFICE, number, rows_sha256=str(number))
        (settings.layout.receipts / OFFICE / f"acuerdos_2026T3_v{number:04d}").mkdir(parents=True)
    (settings.layout.receipts / "imju" / "mesas_trabajo_2026T3_v0001").mkdir(parents=True)
    return settings


def test_the_words_say_why_which_rows_what_counts_and_what_to_do() -> None:
    text = "\n".join(in_words(made(SetAside, **APART)))
    for part in (
        "presupuesto_participativo/acuerdos_2026T3", "6 de 100 filas", "vale su versión 1", "- fila 7, evento_id: evento_id E-9",
        "Corrija la clave.", "déjelo de nuevo",
    ):  # fmt: skip
        assert part in text
    wide = {**FOUND, "filas": 27, "filas_aceptadas": 1}  # a boundary is one row, and leaves out those of others
    assert "alcanza a 27 filas de otras entregas" in "\n".join(
        in_words(made(SetAside, **APART | {"hallazgos": [wide]}))
    )
    assert "alcanza a 1 fila de otras" in "\n".join(
        in_words(made(SetAside, **APART | {"hallazgos": [{**FOUND, "filas": 1, "filas_aceptadas": 0}]}))
    )
    without = "\n".join(
        in_words(made(SetAside, **APART | {"hallazgos": [{**FOUND, "remedio": None}], "received_on": None}))
    )
    assert "None" not in without and "recibida" not in without.split("no cuenta")[0]
    assert "cuenta como no recibida" in "\n".join(in_words(made(SetAside, **APART | {"queda": None})))
    assert "Lo decidió Ana Ruiz." in "\n".join(
        in_words(made(SetAside, **APART | {"origen": "persona", "persona": "Ana Ruiz"}))
    )


def test_only_the_office_at_fault_is_told_by_mail_and_beside_its_receipt(settings: Settings) -> None:
    (message,) = set_aside_notices(settings)
    assert (message.office, message.id) == (OFFICE, f"apartada-acuerdos-2026T3-{OFFICE}-v0002-hallazgos")
    assert "fila 7" in message.html
    (written,) = write_notes(settings)
    assert written == settings.layout.receipts / OFFICE / "acuerdos_2026T3_v0002" / NOTE
    assert write_notes(settings) == [], "the same words are written once"
    assert list(settings.layout.receipts.glob(f"*/*/{NOTE}")) == [written]


def test_nothing_is_said_any_more_of_what_a_person_let_in(settings: Settings) -> None:
    write_notes(settings)
    version = ("acuerdos", "2026T3", OFFICE, 2)
    decide(settings, LET_IN, version, origin=BY_PERSON, person="Ana Ruiz", reason="Los eventos llegan mañana.")
    assert set_aside_versions(settings.layout) == []
    assert set_aside_notices(settings) == []
    write_notes(settings)
    assert list(settings.layout.receipts.glob(f"*/*/{NOTE}")) == []


def test_the_command_sets_aside_and_lets_in_again(settings: Settings) -> None:
    said = [
        "acuerdos",
        "2026T3",
        OFFICE,
        "2",
        "--motivo",
        "Era de otro año.",
        "--persona",
        "Ana Ruiz",
        "--data",
        str(settings.data),
    ]
    answer = CliRunner().invoke(set_aside, [*said, "--readmit"])
    assert answer.exit_code == 0
    assert "vuelve a contar" in answer.output
    assert set_aside_versions(settings.layout) == []
    answer = CliRunner().invoke(set_aside, said)
    assert "queda apartada" in answer.output
    (entry,) = [entry for entry in decisions(settings.layout) if entry.accion == SET_ASIDE]
    assert (entry.persona, entry.origen, entry.version) == ("Ana Ruiz", BY_PERSON, 2)


def test_who_changes_a_verdict_is_told_that_a_person_must_accept_it_and_so_is_the_secretariado(
    settings: Settings,
) -> None:
    changed = {
        "indicador": "MBH-2",
        "ejercicio": 2026,
        "trimestre": "2026T3",
        "antes": "incumplida",
        "despues": "cumplida",
    }
    path = settings.layout.run("latest") / "inputs.lock"
    lock = read_json(path)
    reason = (
        "Llegó después del cierre y cambiaría un veredicto publicado (MBH-2 de 2026, de «incumplida» a «cumplida»)."
    )
    lock["apartadas"] = [APART | {"hallazgos": [], "motivo": reason, "veredictos": [changed]}]
    path.write_bytes(stored(Lock, lock))
    text = "\n".join(in_words(made(SetAside, **lock["apartadas"][0])))
    assert "MBH-2 de 2026, de «incumplida» a «cumplida»" in text
    assert f"pamga set-aside acuerdos 2026T3 {OFFICE} 2 --readmit" in text
    assert "déjelo de nuevo" not in text, "there is nothing to mend where it is right"
    (message,) = set_aside_notices(settings)
    assert [copy.split("@")[0] for copy in message.cc] == ["secretariado.gobierno.abierto"]
