"""What the exporter writes for people's spreadsheets."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.export import _csv_expression

DANGEROUS = ["=1+1", "+52 477", "-3", "@SUMA(A1)", "\t=1", "\r=1", "=\u0301x"]
HARMLESS = ["Calle 5 = esquina", "ñandú", " =1", "'=1", ""]


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS, None])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(text: str | None) -> None:
    expression = _csv_expression("celda", "VARCHAR", None)
    with duckdb.connect() as connection:
        (written,) = connection.execute(f"select {expression} from (select ? as celda)", [text]).fetchone() or (None,)
    assert written == (f"'{text}" if text in DANGEROUS else text)
