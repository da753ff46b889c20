"""A second header below the first is told once, as what it is, and its cells are nobody's data."""

from __future__ import annotations

from string import ascii_uppercase

import pytest

from ingest.checks.second_header import second_headers
from ingest.contract import load_contract

from .conftest import Office

PROJECTS = ("proyecto_id", "nombre", "tipo_espacio", "financiado", "ejercicio_fiscal", "monto_mxn", "fecha_inicio")
PEOPLE = ("taller_id", "asistente_id", "nombre")
IMPORTED = tuple(f'{{"ImportId":"QID{number}"}}' for number in range(7))


def _found(export: str, header: tuple[str, ...], *rows: tuple[str, ...], taken: tuple[str, ...] = ()) -> list[int]:
    """Which rows are headers again; `taken`: columns whose cells mean something in all of them."""
    contract = load_contract(export)
    columns = {name: contract.column(name) for name in header}
    letters = dict(zip(header, ascii_uppercase, strict=False))
    filled = [{name: cell for name, cell in zip(header, cells, strict=True) if cell} for cells in rows]
    texts = {name for name in header if columns[name].tipo == "texto"}
    return list(second_headers(filled, columns, letters, [{*taken, *texts} & set(cells) for cells in filled]))


@pytest.mark.parametrize(
    "row",
    [
        ("ID", "Nombre", "Tipo", "¿Financiado?", "Ejercicio", "Monto", "Fecha"),
        ("Clave del proyecto", "Nombre del proyecto", "Tipo de espacio", "Financiado", "Ejercicio fiscal", "", ""),
        ("text", "text", "select_one", "boolean", "integer", "decimal", "date"),
        ("Open-Ended Response", "Open-Ended Response", *["Response"] * 5),
        ("", "", "", "", "(núm.)", "(MXN)", "dd/mm/aaaa"),
        ("obligatorio", "obligatorio", "catálogo", "booleano", "número", "pesos", "fecha"),
        tuple("1234567"),
        tuple(f"({number})" for number in range(1, 8)),
        ("-----",) * 7,
    ],
)
def test_names_kinds_units_and_numbers_of_the_columns_are_a_header(row: tuple[str, ...]) -> None:
    assert _found("proyectos_pp", PROJECTS, row) == [0]


def test_there_may_be_two_of_them() -> None:
    labels = ("Clave", "Nombre", "Tipo", "Financiado", "Ejercicio", "Monto", "Fecha")
    row = ("P-1", "Parque", "otro", "Sí", "2026", "1250.50", "15/07/2026")
    assert _found("proyectos_pp", PROJECTS, labels, IMPORTED, row) == [0, 1]
    assert _found("proyectos_pp", PROJECTS, row, labels) == []


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        (("P-9", "Tipo", "tal vez", "quizá", "dos mil", "mucho", "ayer"), ()),
        (("P-9", "Nombre", "otro", "pendiente", "pendiente", "pendiente", "pendiente"), ("tipo_espacio",)),
        (("ID", "Nombre", "Tipo", "Financiado", "Ejercicio", "Monto", "15/07/2026"), ("fecha_inicio",)),
        (("1", "2", "3", "5", "8", "13", "21"), ()),
        (("", "", "", "", "", "(MXN)", "dd/mm/aaaa"), ()),
    ],
)
def test_a_row_of_bad_cells_is_none(row: tuple[str, ...], taken: tuple[str, ...]) -> None:
    assert _found("proyectos_pp", PROJECTS, row, taken=taken) == []


def test_small_numbers_are_no_numbers_of_columns() -> None:
    assert _found("asistencia_talleres", ("taller_id", "asistente_id", "edad"), ("1", "2", "3"), taken=("edad",)) == []


def test_it_is_one_bad_cell_that_says_so_and_no_attendant(october: Office) -> None:
    rows = [PEOPLE, ("Clave del taller", "Clave de la persona", "Nombre"), ("T1", "P1", "Ana"), ("T1", "P2", "Eva")]
    rows += [("T1", f"P{number}", "Ana") for number in range(3, 6)] + [("Clave", "Persona", "Nombre")]
    content = "Lista de asistencia\n" + "\n".join(map(",".join, rows)) + "\n"
    receipt = october.deliver("presupuesto_participativo/asistencia_talleres_2026T3.csv", content)
    assert (receipt.accepted, october.rules(receipt)) == (
        6,
        [(3, "taller_id", "no_legible")],
    )  # further down it is a row
    said = october.table(receipt, "rejects")["motivo"].item()
    assert said.startswith("La fila 3 parece un segundo encabezado")
