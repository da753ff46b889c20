"""The commands of the warehouse: `pamga build`, `pamga explain`, `pamga reproduce`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pamga.cli import json_option, load_settings, print_json
from pamga.errors import PamgaError, UsageError
from pamga.plan import plan
from pamga.quarter import Quarter

if TYPE_CHECKING:
    from warehouse.closing import ClosedBy


def parse_quarter(text: str | None) -> Quarter | None:
    """A quarter given on the command line. Raises UsageError when it is none."""
    try:
        return Quarter.parse(text) if text else None
    except ValueError as error:
        raise UsageError(f"{error}.", "Write the year, T and the quarter: 2026T3.") from error


def closing_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that may close a quarter; `closing_asked` says what they come to."""
    for option in (
        click.option(
            "--motivo", "motivos", metavar="EXPORT=MOTIVO", multiple=True, help="Por qué se cierra sin esta entrega; una vez por archivo que falta."
        ),
        click.option("--cierra", metavar="NOMBRE", help="Quién cierra aunque falten entregas; se publica si algo faltaba."),
        click.option("--cierre", metavar="TRIMESTRE", help="Es el cierre de este trimestre (2026T3)."),
    ):  # fmt: skip
        command = option(command)
    return command


def closing_asked(
    cierre: str | None, cierra: str | None, motivos: tuple[str, ...]
) -> tuple[Quarter | None, ClosedBy | None]:
    """The quarter to close, and who closes it although something is missing. Raises UsageError when they do not fit together."""
    from warehouse.closing import closed_by

    closing, by = parse_quarter(cierre), closed_by(cierra, motivos)
    if by and closing is None:
        raise UsageError("--cierra and --motivo belong to a closing.", "Give --cierre as well.")
    return closing, by


@click.command(help="Construye el candidato: fija los insumos, corre dbt y escribe los archivos por publicar.")
@closing_options
@click.option(
    "--entero",
    is_flag=True,
    help="Lo calcula todo, sin tomar nada de la corrida anterior; los archivos son los mismos.",
)
@json_option
def build(cierre: str | None, cierra: str | None, motivos: tuple[str, ...], entero: bool, as_json: bool) -> None:
    from warehouse.build import build as build_candidate

    closing, by = closing_asked(cierre, cierra, motivos)
    result = build_candidate(load_settings(), closing, by, whole=entero)
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


@click.command(help="Vuelve a construir una publicación desde el lago y compara sus archivos byte por byte.")
@click.argument("release")
@json_option
def reproduce(release: str, as_json: bool) -> None:
    from warehouse.reproduce import reproduce as build_again

    result = build_again(load_settings(), release)
    if as_json:
        print_json(asdict(result))
    else:
        click.echo(f"{release}: {len(result.equal)} archivos idénticos, {len(result.different)} distintos.")
        for name in result.different:
            click.echo(f"  distinto: {name}")
    if result.different:
        advice = (
            "The lake or the engine changed." if result.same_code else f"The code changed: check out {result.commit}."
        )
        raise PamgaError(f"{release} was not reproduced: {len(result.different)} files differ.", advice)


@click.command(
    help=f"De una cifra a sus entregas y filas: INDICADOR EJERCICIO TRIMESTRE, por ejemplo {plan().cifra_de_ejemplo}."
)
@click.argument("indicador")
@click.argument("ejercicio", type=int)
@click.argument("trimestre")
@click.option("--rows", is_flag=True, help="Lista también las filas que cuentan en numerador y denominador.")
@click.option(
    "--release", metavar="PUBLICACION", help="El valor de esta publicación (2026T3-r01); si falta, el de la vigente."
)
@json_option
def explain(indicador: str, ejercicio: int, trimestre: str, rows: bool, release: str | None, as_json: bool) -> None:
    from warehouse.explain import explain as explain_figure
    from warehouse.explain_words import in_words

    parse_quarter(trimestre)
    document = explain_figure(
        load_settings(),
        indicador.upper(),
        ejercicio,
        trimestre,
        rows,
        release,
        lambda said: click.echo(f"{said} …", err=True),
    )
    if as_json:
        print_json(document)
    else:
        click.echo(in_words(document))
