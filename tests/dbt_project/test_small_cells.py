"""Small cells: what is hidden cannot be worked out from what is shown (rules.md, "Personal data").

The macros hold no dbt, so they are rendered here as they stand and run on thousands of random tables at once.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pytest

MACROS = Path(__file__).parents[2] / "dbt_project/macros/marts/celdas_chicas.sql"
ROWS, COLUMNS = 6, 4
Table = np.ndarray


def render(call: str) -> str:
    return jinja2.Environment().from_string(MACROS.read_text() + "{{ " + call + " }}").render()  # noqa: S701


def hidden_cells(tables: Table) -> Table:
    """Run the two-way macro on an array (table, row, column) of counts; the mask of hidden cells."""
    count, rows, columns = tables.shape
    con = duckdb.connect()
    index = np.indices(tables.shape).reshape(3, -1)
    con.register("entrada", {"tabla": index[0], "renglon": index[1], "columna": index[2], "valor": tables.ravel()})
    ctes = render(f"celdas_protegidas(lineas={rows + columns}, columnas={columns})")
    answer = con.execute(
        f"with celdas as (select * from entrada), {ctes} select oculta from celdas_protegidas order by tabla, renglon, columna"
    ).fetchnumpy()["oculta"]
    return np.asarray(answer, dtype=bool).reshape(count, rows, columns)


def given_away(hidden: Table) -> list[tuple[int, int]]:
    """Hidden cells that follow from the margins: those on which no solution of the linear equations can differ."""
    cells = np.argwhere(hidden)
    equations = np.zeros((sum(hidden.shape), len(cells)))
    for unknown, (row, column) in enumerate(cells):
        equations[row, unknown] = equations[hidden.shape[0] + column, unknown] = 1
    if not len(cells):
        return []
    _, values, vectors = np.linalg.svd(equations)
    free = vectors[np.count_nonzero(values > 1e-9) :]
    return [
        tuple(cell)
        for cell, moves in zip(cells.tolist(), np.abs(free).max(axis=0, initial=0), strict=True)
        if moves < 1e-9
    ]


def random_tables(seed: int, count: int) -> Table:
    """Tables of every temper: full and nearly empty, with many small cells and with one."""
    generator = np.random.default_rng(seed)
    scale = generator.choice([1, 2, 5, 20, 200], size=(count, 1, 1))
    table = generator.poisson(scale * generator.gamma(0.7, size=(count, ROWS, COLUMNS)))
    return table * (generator.random((count, ROWS, COLUMNS)) > generator.choice([0, 0.3, 0.8], size=(count, 1, 1)))


@pytest.mark.parametrize("seed", range(3))
def test_no_hidden_cell_follows_from_the_margins(seed: int) -> None:
    tables = random_tables(seed, 500)
    hidden = hidden_cells(tables)
    assert not [n for n in range(len(tables)) if given_away(hidden[n])]


def test_the_check_itself_finds_what_is_given_away() -> None:
    alone = np.zeros((3, 3), dtype=bool)
    alone[0, 0] = alone[0, 1] = alone[1, 0] = alone[1, 1] = alone[2, 2] = True
    assert given_away(alone) == [(2, 2)]


def test_every_small_cell_is_hidden_and_nothing_without_need() -> None:
    tables = random_tables(7, 2000)
    hidden = hidden_cells(tables)
    small = (tables >= 1) & (tables <= 4)
    assert not (small & ~hidden).any()
    assert not hidden[~small.any(axis=(1, 2))].any()


def test_the_smallest_open_cell_of_the_line_is_hidden_too_and_a_zero_only_as_a_last_resort() -> None:
    table = np.array(
        [[[3, 9, 7, 0], [8, 6, 20, 30], [5, 40, 11, 0], [90, 10, 12, 13], [21, 22, 23, 24], [50, 51, 52, 53]]]
    )
    expected = np.zeros_like(table, dtype=bool)
    expected[0, 0, [0, 2]] = True  # 3, and the 7 beside it
    expected[0, 2, [0, 2]] = True  # the smallest of both columns: 5 and 11, in one row
    assert (hidden_cells(table) == expected).all()
    only = np.zeros((1, ROWS, COLUMNS), dtype=int)
    only[0, 0, 0] = 2
    assert hidden_cells(only)[0].sum() == 4  # three zeros stand in, since nothing else is open


def test_a_bridge_between_two_groups_of_hidden_cells_is_hidden_with_its_whole_crossing() -> None:
    """Rows 0-1 with columns 0-1 and rows 2-3 with columns 2-3 hide one another; cell (0, 2) alone joins them and would follow."""
    table = np.full((1, ROWS, COLUMNS), 50)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (0, 2)):
        table[0, row, column] = 3
    lines_only = table[0] == 3
    assert given_away(lines_only) == [(0, 2)]
    hidden = hidden_cells(table)[0]
    assert hidden[:4].all()
    assert not hidden[4:].any()
    assert not given_away(hidden)


def test_the_same_table_is_always_hidden_alike() -> None:
    tables = random_tables(11, 300)
    assert (hidden_cells(tables) == hidden_cells(tables)).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 6, 7], []),
        ([3, 9, 7], [0, 2]),
        ([1, 4, 8], [0, 1]),
        ([2], [0]),
        ([4, 5, 5], [0, 1]),
    ],
)
def test_a_line_never_hides_one_cell_alone(values: list[int], expected: list[int]) -> None:
    con = duckdb.connect()
    con.register("entrada", {"columna": np.arange(len(values)), "valor": np.array(values)})
    rows = con.execute(
        f"with celdas as (select 1 as tabla, * from entrada), {render('linea_protegida()')} "
        "select columna from linea_protegida where oculta order by columna"
    ).fetchall()
    assert [row[0] for row in rows] == expected
