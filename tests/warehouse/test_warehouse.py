"""The lake's relations hold what the files hold, each version read with its own columns (docs/contracts.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pamga.documents.exports import Export
from pamga.documents.lock import LockedVersion
from pamga.errors import PamgaError
from tests.documents import made
from warehouse.lake import _check_casts, _export_view, _kept_columns


def _delivery(lake: Path, select: str, trimestre: str = "2026T1", version: int = 1) -> LockedVersion:
    path = f"export=acuerdos/trimestre={trimestre}/dependencia=presupuesto_participativo/version={version:04d}"
    (lake / path).mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{lake / path / 'rows.parquet'}' (format parquet)")
    return LockedVersion(
        export="acuerdos", path=path, dependencia="presupuesto_participativo", trimestre=trimestre, version=version
    )


def _read(lake: Path, description: dict[str, Any], deliveries: list[LockedVersion], wanted: str) -> list[Any]:
    with duckdb.connect() as connection:
        connection.execute("create schema lake")
        kept, export = _kept_columns(connection, lake, deliveries), made(Export, **description)
        for delivery in deliveries:
            _check_casts(connection, "acuerdos", export, delivery, kept[delivery.path], lake)
        connection.execute(_export_view("acuerdos", export, deliveries, kept, lake))
        return connection.execute(f"select {wanted} from lake.acuerdos order by all").fetchall()


def test_an_exports_own_dependencia_is_not_the_folders(tmp_path: Path) -> None:
    """acuerdos, directorio and capacitaciones have a column dependencia; the folder's name also says `dependencia=`."""
    delivery = _delivery(tmp_path, "select 'Dirección General de Movilidad' as dependencia, 'A-1' as acuerdo_id")
    description = {"columns": {"acuerdo_id": "VARCHAR", "dependencia": "VARCHAR"}}
    rows = _read(tmp_path, description, [delivery], "dependencia, entrega_dependencia, entrega_trimestre")
    assert rows == [("Dirección General de Movilidad", "presupuesto_participativo", "2026T1")]


def test_a_column_that_an_older_version_did_not_know_is_a_typed_null_there(tmp_path: Path) -> None:
    old = _delivery(tmp_path, "select 'A-1' as acuerdo_id")
    new = _delivery(tmp_path, "select 'A-2' as acuerdo_id, true as publicable", "2026T2")
    description = {"columns": {"acuerdo_id": "VARCHAR", "publicable": "BOOLEAN"}}
    rows = _read(tmp_path, description, [old, new], "acuerdo_id, publicable, typeof(publicable)")
    assert rows == [("A-1", None, "BOOLEAN"), ("A-2", True, "BOOLEAN")]


def test_a_renamed_column_is_read_under_the_name_that_each_version_gave_it(tmp_path: Path) -> None:
    oldest = _delivery(tmp_path, "select 'A-1' as clave, 1 as fila")
    older = _delivery(tmp_path, "select 'A-2' as folio, 1 as fila", "2026T2")
    new = _delivery(tmp_path, "select 'A-3' as acuerdo_id, 1 as fila", "2026T3")
    description = {"columns": {"acuerdo_id": "VARCHAR"}, "antes": {"acuerdo_id": ["folio", "clave"]}}
    rows = _read(tmp_path, description, [oldest, older, new], "acuerdo_id, entrega_trimestre")
    assert rows == [("A-1", "2026T1"), ("A-2", "2026T2"), ("A-3", "2026T3")]


@pytest.mark.parametrize(
    ("kept", "sql_type", "read"),
    [
        ("cast(7 as bigint)", "DECIMAL(20,6)", "7.000000"),
        ("cast(7 as bigint)", "VARCHAR", "7"),
        ("cast(12.5 as decimal(20,6))", "VARCHAR", "12.5"),
        ("cast(100 as decimal(20,6))", "VARCHAR", "100"),
        ("cast(0 as decimal(20,6))", "VARCHAR", "0"),
        ("cast(21.1225 as decimal(20,6))", "DOUBLE", "21.1225"),
        ("date '2026-07-04'", "VARCHAR", "2026-07-04"),
    ],
)
def test_a_column_of_another_type_takes_over_the_older_values(
    tmp_path: Path, kept: str, sql_type: str, read: str
) -> None:  # fmt: skip
    delivery = _delivery(tmp_path, f"select 'A-1' as acuerdo_id, {kept} as folio")
    description = {"columns": {"acuerdo_id": "VARCHAR", "folio": sql_type}}
    assert _read(tmp_path, description, [delivery], "cast(folio as varchar)") == [(read,)]


@pytest.mark.parametrize(
    ("kept", "sql_type"),
    [("'tres'", "BIGINT"), ("cast(10 as bigint) ** 15", "DECIMAL(20,6)"), ("'04/07/2026'", "DATE")],
)
def test_a_type_that_would_lose_older_values_stops_with_the_cause(tmp_path: Path, kept: str, sql_type: str) -> None:
    delivery = _delivery(tmp_path, f"select 'A-1' as acuerdo_id, {kept} as folio")
    description = {"columns": {"acuerdo_id": "VARCHAR", "folio": sql_type}}
    with pytest.raises(PamgaError, match=f"acuerdos.folio is {sql_type[:4]}.*1 values.*do not fit"):
        _read(tmp_path, description, [delivery], "folio")
