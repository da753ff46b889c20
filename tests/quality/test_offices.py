"""Who is told: the office whose delivery or indicator a check is about, by name."""

from __future__ import annotations

import pytest

from quality.offices import UNKNOWN, Offices
from tests.quality.agreed import agreed_now

offices = Offices.of(agreed_now())

UNIT, YOUTH = "Unidad de Transparencia", "Instituto Municipal de las Juventudes"
PARTICIPATION = "Dirección General de Presupuesto Participativo y Delegaciones"


@pytest.mark.parametrize(
    ("rows", "exports", "expected"),
    [
        ([], ["acuerdos"], PARTICIPATION),
        ([], ["documentos"], f"{UNIT}; {YOUTH}"),  # nobody is singled out: everyone who delivers it
        ([{"dependencia": "imju"}], ["documentos"], YOUTH),
        ([{"export": "documentos", "dependencia": "imju"}], [], YOUTH),
        ([{"fuente": "directorio"}, {"fuente": "propuestas_cabildo"}], ["documentos"], f"{PARTICIPATION}; {YOUTH}"),
        # who must see to an agreement is not who delivers the list of agreements
        ([{"dependencia": "Parques y Jardines"}], ["acuerdos"], PARTICIPATION),
        ([{"dependencia": "imju"}], ["acuerdos"], PARTICIPATION),
        ([], [], UNKNOWN),
    ],
)
def test_the_office_that_delivers(rows: list[dict[str, str]], exports: list[str], expected: str) -> None:
    assert offices.concerned(rows, exports) == expected


def test_the_offices_that_answer_for_an_indicator() -> None:
    assert offices.answering([{"indicador": "DA-3"}]) == (
        f"{UNIT}; Dirección General de Tecnologías de la Información y Gobierno Digital"
    )
    assert offices.answering([{"indicador": "CAJ-1"}, {"indicador": "PP-2"}]) == f"{PARTICIPATION}; {YOUTH}"


def test_every_export_and_indicator_has_an_office_with_a_name() -> None:
    assert offices.exports
    assert offices.responsible
    for found in [*(export.dependencias for export in offices.exports.values()), *offices.responsible.values()]:
        assert set(found) <= set(offices.names)
