"""Every target under every reading of the plan, as a table: `python -m warehouse.readings`; `--decisiones` lists the decisions.

The figures are those of the newest run's warehouse (PAMGA_DATA says which data), in its newest quarter.
"""

from __future__ import annotations

import sys

from pamga.engine import connect
from pamga.errors import PamgaError
from pamga.settings import Settings
from warehouse.build import LATEST
from warehouse.lake import WAREHOUSE
from warehouse.matrix import load_matrix

READINGS = """
with ultimo as (select max(trimestre) as trimestre from marts.indicadores_trimestre),

lecturas as (
    select t.indicador, t.ejercicio, 0 as orden, 'la que se sigue' as lectura, t.numerador_juzgado, t.denominador_juzgado,
        t.valor_juzgado_texto, t.juzgado_el, t.meta_texto, t.estado, false as difiere
    from marts.tablero_indicadores as t inner join ultimo using (trimestre)
    union all
    select o.indicador, o.ejercicio, o.orden, o.lectura, o.numerador_juzgado, o.denominador_juzgado, o.valor_juzgado_texto,
        o.juzgado_el, o.meta_texto, o.estado, o.difiere
    from marts.otras_lecturas as o inner join ultimo using (trimestre)
)

select lecturas.* exclude (orden, difiere), case when difiere then 'otro veredicto' else '' end as difiere
from lecturas inner join seeds.matriz_indicadores as m using (indicador)
order by m.orden, lecturas.ejercicio, lecturas.orden
"""
TITLES = ("indicador", "ejercicio", "lectura", "arriba", "abajo", "valor", "al", "meta", "estado", "")


def readings(settings: Settings) -> list[tuple[str, ...]]:
    """One row per target and reading in the newest quarter, the one that is followed first. Raises PamgaError before the first run."""
    warehouse = settings.layout.run(LATEST) / WAREHOUSE
    if not warehouse.exists():
        raise PamgaError("Nothing has been built yet.", "Run `pamga build` first.")
    with connect(settings, warehouse, read_only=True) as connection:
        rows = connection.execute(READINGS).fetchall()
    return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]


def decisions() -> list[tuple[str, ...]]:
    """Every decision of the matrix with the plan's section."""
    return [
        (key, decision["seccion"], decision["texto"])
        for key, indicator in load_matrix()["indicadores"].items()
        for decision in indicator["decisiones"]
    ]


def in_columns(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """The rows as a plain table."""
    widths = [max(len(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (titles, *rows)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if "--decisiones" in sys.argv:
        print(in_columns(("indicador", "sección del plan", "decisión"), decisions()))
    else:
        print(in_columns(TITLES, readings(Settings())))
