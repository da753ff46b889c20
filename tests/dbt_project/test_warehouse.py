"""The lake's relations hold what the files hold."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dbt_project.warehouse import _export_view


def test_an_exports_own_dependencia_is_not_the_folders(tmp_path: Path) -> None:
    """acuerdos, directorio and capacitaciones have a column dependencia; the folder's name also says `dependencia=`."""
    path = "export=acuerdos/trimestre=2026T1/dependencia=presupuesto_participativo/version=0001"
    (tmp_path / path).mkdir(parents=True)
    delivery = {"path": path, "dependencia": "presupuesto_participativo", "trimestre": "2026T1", "version": 1}
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'Dirección General de Movilidad' as dependencia, 'A-1' as acuerdo_id) "
            f"to '{tmp_path / path / 'rows.parquet'}' (format parquet)"
        )
        connection.execute("create schema lake")
        columns = {"acuerdo_id": "varchar", "dependencia": "varchar"}
        connection.execute(_export_view("acuerdos", columns, [delivery], tmp_path))
        rows = connection.execute("select dependencia, entrega_dependencia, entrega_trimestre from lake.acuerdos")
        assert rows.fetchall() == [("Dirección General de Movilidad", "presupuesto_participativo", "2026T1")]
