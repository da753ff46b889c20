"""The commands of publishing: `pamga publish` (with --rollback, --verify, --diff) and `pamga serve`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import click

from pamga.cli import json_option, load_settings, print_json, tell_unkept
from pamga.documents.changes import Restatement
from pamga.errors import PamgaError, UsageError
from pamga.person import named
from pamga.settings import Settings

PREVIOUS = ""  # --rollback without a release


@click.command(help="Publica el candidato: escribe la publicación, la lee de nuevo y mueve el puntero «current».")
@click.option("--run", metavar="RUN", help="Candidato por publicar; si falta, el más reciente.")
@click.option(
    "--rollback", metavar="[PUBLICACION]", is_flag=False, flag_value=PREVIOUS, default=None, help="Vuelve a la publicación anterior, o a la que se diga."
)  # fmt: skip
@click.option("--reason", metavar="TEXTO", help="Por qué se vuelve atrás; se publica.")
@click.option("--persona", metavar="NOMBRE", help="Quién vuelve atrás; se publica. Si falta, se pregunta.")
@click.option(
    "--entrega", "entregas", metavar="EXPORT/TRIMESTRE/DEPENDENCIA", multiple=True, help="Con --rollback: la entrega que estaba mal, que se aparta hasta que se corrija; si no se dice, todas las que la publicación anterior no tenía."
)  # fmt: skip
@click.option("--ninguna", is_flag=True, help="Con --rollback: el error no vino de ninguna entrega; no se aparta nada.")
@click.option("--verify", metavar="PUBLICACION", help="Lee de nuevo una publicación: sumas, filas, columnas y enlaces.")
@click.option("--diff", nargs=2, metavar="A B", help="Qué cambió entre dos publicaciones.")
@click.option("--copia", "copy", is_flag=True, help="Sólo copia las publicaciones a la cubeta de PAMGA_PUBLISHED_COPY.")
@click.option("--html", "as_html", is_flag=True, help="Con --diff: imprime la página en vez del resumen.")
@json_option
def publish(
    run: str | None,
    rollback: str | None,
    reason: str | None,
    persona: str | None,
    entregas: tuple[str, ...],
    ninguna: bool,
    verify: str | None,
    diff: tuple[str, str] | None,
    copy: bool,
    as_html: bool,
    as_json: bool,
) -> None:
    if sum(option is not None for option in (run, rollback, verify, diff, copy or None)) > 1:
        raise UsageError("--run, --rollback, --verify, --diff and --copia exclude one another.", "Give one of them.")
    settings = load_settings()
    if copy:
        from publish.mirror import mirror

        done = mirror(settings)
        said = f"Copia de las publicaciones: {done.copied} archivos nuevos, {done.removed} retirados; vigente: {done.release or 'ninguna'}."
        print_json(done.__dict__) if as_json else click.echo(said)
        return
    if verify is not None:
        _verify(settings, verify, as_json)
    elif diff is not None:
        _diff(settings, diff, as_html, as_json)
    elif rollback is not None:
        if entregas and ninguna:
            raise UsageError("--entrega and --ninguna exclude one another.", "Give one of them.")
        wrong = [] if ninguna else list(entregas) or None
        _rollback(settings, rollback or None, reason or "", named(persona), wrong, as_json)
    else:
        _publish(settings, run, as_json)


def _publish(settings: Settings, run: str | None, as_json: bool) -> None:
    from publish.release import publish as publish_candidate

    with _progress(quiet=as_json) as progress:
        result = publish_candidate(settings, run, progress)
    if as_json:
        print_json(_result(settings, result.release, result.flipped))
    elif result.flipped:
        click.echo(f"Publicación {result.release} vigente: {settings.layout.current}")
    else:
        click.echo(f"Nada nuevo: sigue vigente la publicación {result.release}.")


def _rollback(
    settings: Settings, to: str | None, reason: str, person: str, wrong: list[str] | None, as_json: bool
) -> None:
    from publish import log
    from publish.release import rollback as roll_back

    result = roll_back(settings, to, reason, person, wrong)
    tell_unkept(settings)
    if as_json:
        print_json(_result(settings, result.release, result.flipped))
    elif result.flipped:
        click.echo(f"Se volvió a la publicación {result.release}.")
        for delivery in log.rollbacks(settings)[-1].entregas:
            name = f"{delivery.dependencia}/{delivery.export}_{delivery.trimestre}"
            click.echo(f"Apartada hasta que se corrija: {name}, versión {delivery.version}.")
    else:
        click.echo(f"La publicación {result.release} ya era la vigente.")


def _result(settings: Settings, release: str, flipped: bool) -> dict[str, Any]:
    return {"release": release, "flipped": flipped, "folder": str(settings.layout.release(release))}


def _verify(settings: Settings, release: str, as_json: bool) -> None:
    from publish.verify import as_documents, verify_release

    problems = verify_release(settings, release)
    if as_json:
        print_json({"release": release, "problems": as_documents(problems)})
    else:
        click.echo("\n".join(map(str, problems)) or f"La publicación {release} está completa e intacta.")
    if problems:
        raise PamgaError(
            f"Release {release} has {len(problems)} problems.",
            "Roll back to a whole release, and restore this one from its backup or with `make reproduce`.",
        )


def _diff(settings: Settings, releases: tuple[str, str], as_html: bool, as_json: bool) -> None:
    from publish.changes import change_sentence
    from publish.pages import changes_page
    from publish.release import difference

    changes = difference(settings, *releases)
    if as_json:
        print_json(changes.stored())
    elif as_html:
        click.echo(changes_page(settings, changes).decode())
    else:
        for change in changes.conjuntos:
            if change.estado != "sin_cambios":
                click.echo(f"{change.conjunto}: {change_sentence(change, changes.de)}")
        _echo_restated(changes.indicadores.reexpresados)


def _echo_restated(items: list[Restatement]) -> None:
    from publish.feeds import described

    click.echo(f"Cifras publicadas que cambiaron: {len(items)}")
    for item in items:
        said = " ".join(described(item))
        click.echo(f"{item.indicador} {item.ejercicio} {item.trimestre}: {said}")


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Says the step on a terminal; silent in a log."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Publicando") as status:
        yield status.update


@click.command(
    help="Retira lo que no debe leerse: una publicación, o un conjunto de todas las publicaciones que lo tienen."
)
@click.argument("what", metavar="PUBLICACION|CONJUNTO", required=False)
@click.option("--motivo", metavar="TEXTO", default="", help="Por qué se retira; se publica, así que no nombre a nadie.")
@click.option(
    "--persona", metavar="NOMBRE", help="Quién lo decide, con su cargo; se publica. Si falta, la cuenta del sistema."
)
@click.option(
    "--lift",
    "--levantar",
    "lifted",
    is_flag=True,
    help="Permite que un conjunto vuelva a publicarse; lo retirado no regresa.",
)
@click.option("--finish", "--terminar", "finish", is_flag=True, help="Sólo termina los retiros que quedaron a medias.")
@click.option(
    "--revisado",
    "reviewed",
    is_flag=True,
    help="Lo que en el motivo parece el nombre de una persona es el de un lugar o una dependencia.",
)
@json_option
def takedown(
    what: str | None, motivo: str, persona: str | None, lifted: bool, finish: bool, reviewed: bool, as_json: bool
) -> None:
    from publish.takedown import finish_pending, lift, take_down

    if (what is None) != finish:
        raise UsageError("Name a release or a dataset, or give --finish alone.", "pamga takedown --help")
    settings = load_settings()
    if what is None:
        current = finish_pending(settings)
        tell_unkept(settings)
        said = f"No queda ningún retiro a medias. Publicación vigente: {current or 'ninguna'}."
        print_json({"current": current}) if as_json else click.echo(said)
        return
    if lifted:
        record = lift(settings, what, motivo, persona, reviewed=reviewed)
        tell_unkept(settings)
        said = f"El conjunto {what} puede volver a publicarse desde la próxima publicación."
        print_json(record.stored()) if as_json else click.echo(said)
        return
    result = take_down(settings, what, motivo, persona, reviewed=reviewed)
    tell_unkept(settings)
    if settings.published_copy:
        from publish.mirror import mirror

        mirror(settings)
    if as_json:
        print_json({**result.record.stored(), "new": result.new, "current": result.current})
        return
    from pamga.spanish import counted

    releases = counted(len(result.record.publicaciones), "publicación", "publicaciones")
    click.echo(f"Se retiró {what} de {releases} (aviso {result.record.numero:04d}).")
    click.echo(f"Publicación vigente: {result.current or 'ninguna'}. Construya y publique de nuevo con `pamga run`.")


@click.command(help="Sirve las publicaciones por HTTP, para el portal y para quien consulte los datos.")
@click.option("--host", metavar="DIRECCION", help="Dónde escuchar; si falta, la de PAMGA_BASE_URL.")
@click.option("--port", type=int, metavar="PUERTO", help="Puerto; si falta, el de PAMGA_BASE_URL.")
def serve(host: str | None, port: int | None) -> None:
    import uvicorn

    from publish.server import make_app

    settings = load_settings()
    address = urlsplit(settings.base_url)
    default_port = address.port or (443 if address.scheme == "https" else 80)
    uvicorn.run(
        make_app(settings),
        host=host or address.hostname or "127.0.0.1",
        port=port or default_port,
        log_level="warning",
        server_header=False,
    )
