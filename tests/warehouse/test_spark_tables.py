"""What Spark computed is taken over as DuckDB would have computed it, whatever the sizes of Spark's files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from pamga.settings import Settings
from tests.oracle.lake_writer import Version, make_warehouse, write_lake
from tests.oracle.second_opinion import Delivery
from warehouse.dbt_runner import run_dbt
from warehouse.formats import ROW_GROUP_ROWS
from warehouse.lake import WAREHOUSE
from warehouse.spark import session

MART = "acuerdos_seguimiento"
FILES = (3 * ROW_GROUP_ROWS - 22_757, 1, 110_000, 2_047, ROW_GROUP_ROWS + 1)  # none ends where a group of rows does


@pytest.mark.slow
def test_a_table_taken_over_is_stored_as_one_that_was_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the files' order, in full groups of rows: on those hang the bytes of the Parquet file that is made of it."""
    write_lake(
        tmp_path / "lake",
        [Version(Delivery("acuerdos", "presupuesto_participativo", "2026T3", (), date(2026, 10, 10)))],
    )
    folder = make_warehouse(tmp_path)
    settings = Settings(data=tmp_path)
    run_dbt(
        settings, folder, ["build", "--empty", "--select", f"+{MART}", "--exclude-resource-type", "unit_test", "test"]
    )
    tables = tmp_path / "tables"
    made = tables / "marts.db" / MART
    made.mkdir(parents=True)
    with duckdb.connect(str(folder / WAREHOUSE)) as con:
        con.execute(f"set threads = 1; create temp table rows as from marts.{MART} where false")
        said = {
            "acuerdo_id": "'A' || (number * 7919 % 1000003)",
            "dias_vencidos": "number",
        }  # no order but the files' own
        wanted = {name: said.get(name) for name, *_ in con.execute("describe rows").fetchall()}
        columns = ", ".join(
            f"cast({expression or _filler(kind)} as {kind}) as {name}"
            for (name, kind, *_), expression in zip(
                con.execute("describe rows").fetchall(), wanted.values(), strict=True
            )
        )
        start = 0
        for number, rows in enumerate(FILES):
            con.execute(
                f"copy (select {columns} from range({start}, {start + rows}) as r(number)) to "
                f"'{made}/part-{number:05d}.parquet' (format parquet, row_group_size 50000)"
            )
            start += rows
    monkeypatch.setattr(session, "_open", SimpleNamespace(tables=tables))
    run_dbt(settings, folder, ["run", "--select", MART])

    with duckdb.connect(str(folder / WAREHOUSE), read_only=True) as con:
        groups = con.execute(
            f"select max(start + count) from pragma_storage_info('marts.{MART}') group by row_group_id order by row_group_id"
        ).fetchall()
        in_order = con.execute(
            f"select count(*), count(case when dias_vencidos <> rowid then 1 end) from marts.{MART}"
        ).fetchone()
    assert in_order == (sum(FILES), 0)
    assert [rows for (rows,) in groups[:-1]] == [ROW_GROUP_ROWS] * (sum(FILES) // ROW_GROUP_ROWS)


def _filler(kind: str) -> str:
    return {"DATE": "date '2026-01-01'", "VARCHAR": "'x'"}.get(kind, "1")
