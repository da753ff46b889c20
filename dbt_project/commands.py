"""The commands of the warehouse: `pamga build`, `pamga explain`."""

from __future__ import annotations

import click

from pamga.cli import load_settings, print_json
from pamga.errors import UsageError
from pamga.quarter import Quarter


def parse_quarter(text: str | None) -> Quarter | None:
    """A quarter given on the command line. Raises UsageError when it is none."""
    try:
        return Quarter.parse(text) if text else None
    except ValueError as error:
        raise UsageError(f"{error}.", "Write the year, T and the quarter: 2026T3.") from error


@click.command(help="Construye el candidato: fija los insumos, corre dbt y escribe los archivos por publicar.")
@click.option("--cierre", metavar="TRIMESTRE", help="Es la construcción de cierre de este trimestre (2026T3).")
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def build(cierre: str | None, as_json: bool) -> None:
    from dbt_project.build import build as build_candidate

    result = build_candidate(load_settings(), parse_quarter(cierre))
    if as_json:
        print_json(
            {
                "run": result.run,
                "release": result.release,
                "run_dir": str(result.run_dir) if result.run_dir else None,
                "built": result.built,
            }
        )
    elif result.run_dir is None:
        click.echo(f"Nada nuevo: la publicación {result.release} ya contiene estas entregas.")
    else:
        click.echo(f"Candidato {result.run} {'construido' if result.built else 'ya estaba construido'}.")
