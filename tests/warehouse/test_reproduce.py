"""What a proof of a release says of its database, whose bytes differ between equal builds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pamga.settings import Settings
from warehouse.reproduce import _tables

PLAIN = (
    "create table publico.t as select * from (values (1, 'a', 0.1::double), (2, null, 0.2)) as v(k, s, d) order by k"
)


def told(path: Path, *statements: str) -> dict[str, str]:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema publico")
        for statement in statements:
            connection.execute(statement)
    return _tables(Settings(data=path.parent), path)


def test_equal_tables_are_told_alike_whatever_the_bytes(tmp_path: Path) -> None:
    one, other = told(tmp_path / "one.duckdb", PLAIN), told(tmp_path / "other.duckdb", PLAIN)
    assert one == other and list(one) == ["leon.duckdb: t"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "update publico.t set s = 'b' where k = 1",
        "update publico.t set d = d + 1e-15 where k = 2",
        "delete from publico.t where k = 2",
        "create or replace table publico.t as select * from publico.t order by k desc",
        "create or replace table publico.t as select k, d, s from publico.t",
        "alter table publico.t alter column k type bigint",
        "insert into publico.t select * from publico.t",
    ],
)
def test_a_cell_a_row_their_order_or_a_type_is_told_apart(tmp_path: Path, change: str) -> None:
    assert told(tmp_path / "one.duckdb", PLAIN) != told(tmp_path / "other.duckdb", PLAIN, change)
