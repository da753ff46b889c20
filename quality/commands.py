"""`pamga check` and `pamga set-aside`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pamga.cli import json_option, load_settings, print_json

if TYPE_CHECKING:
    from quality.gate import GateResult


@click.command()
@click.option("--run", default=None, help="La corrida cuya candidata se revisa; por omisión la más nueva.")
@json_option
@click.option(
    "--mutations",
    is_flag=True,
    help="Siembra una falla por revisión en una copia de la candidata y dice quién la encontró.",
)
@click.option(
    "--print",
    "printed",
    metavar="CONJUNTO",
    help="Imprime el contrato de Soda de un conjunto de la corrida, o de lake.<export>.",
)
@click.option(
    "--reconocer",
    "acknowledge",
    metavar="REVISION",
    help="Da por visto lo que halló este aviso, hasta que halle otra cosa.",
)
@click.option("--persona", metavar="NOMBRE", help="Quién lo da por visto; va con --reconocer.")
@click.option("--motivo", metavar="TEXTO", help="Por qué; va con --reconocer.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=None, help="La carpeta de los datos; por omisión PAMGA_DATA."
)
def check(
    run: str | None,
    as_json: bool,
    mutations: bool,
    printed: str | None,
    acknowledge: str | None,
    persona: str | None,
    motivo: str | None,
    data: Path | None,
) -> None:
    """Revisa la candidata y decide si se publica (0) o no (1)."""
    from pamga.documents.quality import Quality
    from quality import gate
    from quality.mutations import mutation_table, table_text

    settings = load_settings(data=data)
    if printed is not None:
        from pamga.candidate import load_candidate
        from quality.contracts import all_contracts, named_contract
        from quality.marts import agreed_of

        click.echo(named_contract(all_contracts(agreed_of(load_candidate(settings, run))), printed).text())
        return
    if acknowledge is not None:
        from pamga.person import named
        from quality.acknowledged import acknowledge as acknowledge_warning

        click.echo(f"Reconocido: {acknowledge_warning(settings, acknowledge, named(persona), motivo or '', run).name}")
        return
    if mutations:
        table = mutation_table(settings, run)
        if as_json:
            print_json([entry.as_dict() for entry in table])
        else:
            click.echo(table_text(table))
        raise click.exceptions.Exit(0 if all(entry.proved for entry in table) else 1)
    result = gate.check(settings, run)
    if as_json:
        print_json(Quality.read(settings.layout.run(result.run) / "quality.json").stored())
    else:
        _print_summary(result, settings.layout.run(result.run))
    raise click.exceptions.Exit(0 if result.decision == gate.PUBLISH else 1)


def _print_summary(result: GateResult, folder: Path) -> None:
    from quality.gate import PUBLISH

    text = result.notice()
    if text:
        click.echo(f"{text}\n")
    verdict = "se puede publicar" if result.decision == PUBLISH else "no se publica; sigue la publicación anterior"
    click.echo(
        f"{result.run}: {verdict} ({len(result.checks)} revisiones, {len(result.warnings)} avisos, "
        f"{len(result.stopped_by)} que detienen). Detalle: {folder / 'quality.html'}"
    )


@click.command(name="set-aside")
@click.argument("export")
@click.argument("trimestre")
@click.argument("dependencia")
@click.argument("version", type=int)
@click.option("--motivo", required=True, help="Por qué; se publica.")
@click.option("--persona", metavar="NOMBRE", help="Quién lo decide; se publica. Si falta, se pregunta.")
@click.option("--readmit", is_flag=True, help="Al revés: que esa versión cuente, también si la revisión la apartó.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=None, help="La carpeta de los datos; por omisión PAMGA_DATA."
)
def set_aside(
    export: str, trimestre: str, dependencia: str, version: int, motivo: str, persona: str | None, readmit: bool, data: Path | None
) -> None:  # fmt: skip
    """Aparta una versión de una entrega, o deja que cuente de nuevo (--readmit)."""
    from pamga.cli import tell_unkept
    from pamga.person import named
    from pamga.standing import BY_PERSON, LET_IN, SET_ASIDE, decide

    settings = load_settings(data=data)
    action = LET_IN if readmit else SET_ASIDE
    named_version = (export, trimestre, dependencia, version)
    decide(settings, action, named_version, origin=BY_PERSON, person=named(persona), reason=motivo)
    tell_unkept(settings)
    said = "vuelve a contar" if readmit else "queda apartada"
    click.echo(f"{dependencia}/{export}_{trimestre}, versión {version}: {said} desde la siguiente construcción.")
