"""What the exporter writes for people's spreadsheets."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.formats import csv_expression

DANGEROUS = ["=1+1", "+52 477", "-3", "@SUMA(A1)", "\t=1", "\r=1", "=\u0301x"]
HARMLESS = ["Calle 5 = esquina", "ñandú", " =1", "'=1", ""]


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS, None])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(text: str | None) -> None:
    expression = csv_expression("celda", "VARCHAR", None)
    with duckdb.connect() as connection:
        (written,) = connection.execute(f"select {expression} from (select ? as celda)", [text]).fetchone() or (None,)
    assert written == (f"'{text}" if text in DANGEROUS else text)


def test_a_large_table_is_written_in_its_order(tmp_path: Path) -> None:
    """On several threads too: the same rows are the same bytes."""
    columns = [f"texto_{number}" for number in range(6)]
    expressions = ", ".join(csv_expression(column, "VARCHAR", None) for column in columns)
    with duckdb.connect(config={"threads": 2}) as connection:
        texts = ", ".join(f"printf('%07d {column}', fila) as {column}" for column in columns)
        connection.execute(f"create table tabla as select {texts} from range(300_000) as filas(fila)")
        connection.execute(
            f"copy (select {expressions} from tabla) to '{tmp_path / 'tabla.csv'}' (format csv, header false)"
        )
    lines = (tmp_path / "tabla.csv").read_text().splitlines()
    assert len(lines) == 300_000
    assert lines == sorted(lines)
