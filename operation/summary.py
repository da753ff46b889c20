"""The table that a run ends with: every indicator with its value, target and status, read from the current release."""

from __future__ import annotations

from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pamga.engine import quoted
from pamga.plan import plan
from pamga.settings import Settings
from pamga.situations import states

STYLES = {
    "cumplida": "green",
    "en_meta": "green",
    "cumplida_con_retraso": "cyan",
    "incumplida": "red",
    "sin_datos": "dim",
}


OPINIONS = {
    "validado": "validado",
    "validado_con_observaciones": "con observaciones",
    "no_validado": "no validado",
    "sin_revisar": "sin revisar",
}
WIDTH = 120
"""Columns in which a target is one line; a log has no width of its own."""


def print_summary(settings: Settings, console: Console | None = None) -> None:
    """Print the current release's last quarter, one line per target, and where to look next."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    current = settings.layout.current
    if not current.exists():
        console.print("Todavía no hay ninguna publicación.")
        return
    release = current.resolve().name
    data = current / "data" / "tablero_indicadores.parquet"
    rows = duckdb.sql(
        f"""select indicador, ejercicio, valor_juzgado_texto, juzgado_el, valor_hoy_texto, meta_texto, estado, estado_texto, provisional,
                dictamen, otra_lectura, trimestre || ' al ' || strftime(fecha_corte, '%d/%m/%Y')
            from read_parquet({quoted(str(data))}) where es_ultimo_trimestre
            order by orden, ejercicio"""
    ).fetchall()
    if rows:
        console.print(_table(f"Publicación {release} · trimestre {rows[0][-1]}", rows))
        for indicador, ejercicio, *_, other, _ in rows:
            if other:
                console.print(f"* {indicador} {ejercicio}, con otra lectura: {other}.", highlight=False)
    else:
        console.print(f"Publicación {release}: aún no hay entregas de los exports que alimentan indicadores.")
    _print_next_steps(console, settings)


def _table(title: str, rows: list[tuple[Any, ...]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("Indicador", "Año", "Valor", "Al", "Hoy", "Meta", "Estado", "Secretariado"):
        table.add_column(name, justify="right" if name in ("Valor", "Hoy") else "left")
    shapes = states()
    for indicador, ejercicio, judged, day, today, target, estado, word, provisional, opinion, other, _ in rows:
        mark = f"{shapes[estado].figura} {word}{' (por confirmar)' if provisional else ''}{' *' if other else ''}"
        verdict = f"[{STYLES.get(estado, 'yellow')}]{mark}[/]"
        table.add_row(indicador, str(ejercicio), judged, f"{day:%d/%m/%Y}", today, target, verdict, OPINIONS[opinion])
    return table


def _print_next_steps(console: Console, settings: Settings) -> None:
    root = settings.layout.root
    console.print(f"Datos publicados:     {root / 'releases' / 'current' / 'index.html'}")
    console.print(f"Acuses de entregas:   {root / 'receipts'}")
    console.print(f"Control de calidad:   {root / 'runs' / 'latest' / 'quality.html'}")
    console.print(f"De dónde sale un valor: .venv/bin/pamga explain {plan().cifra_de_ejemplo}")
    console.print("Tableros y Airflow:   make up")
