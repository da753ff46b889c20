"""A reason that a person types is published: personal data in it are refused, and not repeated in the refusal."""

from __future__ import annotations

import pytest

from pamga.errors import UsageError
from pamga.reasons import signed, to_publish

PLAIN = (
    "La cifra estaba mal.",
    "Un texto llevaba datos de una persona.",
    "El archivo se perdió con el disco el 30/09/2026; 12,345 filas de la 2026T3-r01 a la 2026T3-r02.",
    "No hubo nada que entregar en julio, agosto y septiembre de 2026.",
    "La Dirección General de Presupuesto Participativo confirmó 250 talleres, 1,200 asistentes y 3 sedes.",
    "Lo confirmó la Unidad de Transparencia en la sesión del 15 de octubre de 2026.",
)
NUMBERS = (
    "Lo pidió quien llama del 477 613 90 57",
    "Traía la CURP PEGJ800101HGTRRN09",
    "Escribió juan.perez@gmail.com",
    "El vecino de Calle Madero núm. 12 lo pidió",
    "cuatro siete siete seis trece noventa cincuenta y siete",
)


@pytest.mark.parametrize("reason", PLAIN)
def test_a_reason_that_names_nobody_is_kept_on_one_line(reason: str) -> None:
    assert to_publish(f"  {reason}\n", names_allowed=False) == reason


@pytest.mark.parametrize("reason", NUMBERS)
def test_a_number_or_an_address_is_refused_and_not_repeated(reason: str) -> None:
    for names_allowed in (True, False):
        with pytest.raises(UsageError) as refused:
            to_publish(reason, names_allowed=names_allowed)
        assert reason[-8:] not in str(refused.value) and "--revisado" not in str(refused.value)


def test_who_answers_for_something_is_named_and_who_asked_for_silence_is_not() -> None:
    reason = "Lo pidió Zenaida Quiroz Pérez"
    assert to_publish(reason) == reason
    with pytest.raises(UsageError, match="--revisado") as refused:
        to_publish(reason, names_allowed=False)
    assert "Zenaida" not in str(refused.value)


@pytest.mark.parametrize(
    "person", ["Eva Luna, directora", "Eva (cuenta eva@leon.gob.mx); confirmó: Ana Ruiz (cuenta ana)", "cuenta root"]
)
def test_who_does_it_is_a_name_an_office_and_an_account(person: str) -> None:
    assert signed(f" {person}\n") == person


@pytest.mark.parametrize("number", ["477 613 90 57", "eva.luna@gmail.com", "LUEE800101AB1", "LUEE800101MGTRRN09"])
def test_who_does_it_gives_no_number_of_theirs(number: str) -> None:
    with pytest.raises(UsageError) as refused:
        signed(f"Eva Luna, {number}")
    assert number not in str(refused.value)
