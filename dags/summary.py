"""The table that a run ends with: every indicator with its value, target and status, read from the current release."""

from __future__ import annotations

import duckdb
from rich.console import Console
from rich.table import Table

from pamga.engine import quoted
from pamga.settings import Settings

STATUS_WORDS = {
    "cumplida": "● Cumplida",
    "cumplida_con_retraso": "◐ Cumplida con retraso",
    "en_meta": "▲ En meta",
    "en_proceso": "▶ En proceso",
    "no_iniciada": "○ No iniciada",
    "sin_datos": "– Sin datos",
    "incumplida": "✕ Incumplida",
}
STYLES = {
    "cumplida": "green",
    "en_meta": "green",
    "cumplida_con_retraso": "cyan",
    "incumplida": "red",
    "sin_datos": "dim",
}


def print_summary(settings: Settings, console: Console | None = None) -> None:
    """Print the current release's last quarter, one line per target, and where to look next."""
    console = console or Console()
    current = settings.layout.current
    if not current.exists():
        console.print("Todavía no hay ninguna publicación.")
        return
    release = current.resolve().name
    data = current / "data" / "indicadores_trimestre.parquet"
    rows = duckdb.sql(
        f"""select indicador, ejercicio, valor, operador, meta, estado, provisional, trimestre
            from read_parquet({quoted(str(data))}) qualify trimestre = max(trimestre) over ()
            order by string_split(indicador, '-')[1], cast(string_split(indicador, '-')[2] as integer), ejercicio"""
    ).fetchall()
    if rows:
        table = Table(title=f"Publicación {release} · trimestre {rows[0][7]}", title_justify="left")
        for name, justify in (
            ("Indicador", "left"),
            ("Ejercicio", "left"),
            ("Valor", "right"),
            ("Meta", "right"),
            ("Estado", "left"),
        ):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]
        for indicador, ejercicio, valor, operador, meta, estado, provisional, _ in rows:
            shown = "sin dato" if valor is None else f"{valor:,.1f} %"
            word = STATUS_WORDS[estado] + (" (por confirmar)" if provisional else "")
            goal = f"{'≥' if operador == '>=' else operador} {meta:g} %"
            table.add_row(indicador, str(ejercicio), shown, goal, f"[{STYLES.get(estado, 'yellow')}]{word}[/]")
        console.print(table)
    else:
        console.print(f"Publicación {release}: aún no hay entregas de los exports que alimentan indicadores.")
    _print_next_steps(console, settings)


def _print_next_steps(console: Console, settings: Settings) -> None:
    root = settings.layout.root
    console.print(f"Datos publicados:     {root / 'releases' / 'current' / 'index.html'}")
    console.print(f"Acuses de entregas:   {root / 'receipts'}")
    console.print(f"Control de calidad:   {root / 'runs' / 'latest' / 'quality.html'}")
    console.print("De dónde sale un valor: .venv/bin/pamga explain MBH-2 2026 2026T3")
    console.print("Tableros y Airflow:   make up")
