"""`pamga run`: receive, build, check and publish, one after the other, without Airflow; `pamga audit`, `backup`, `restore`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from operation import steps
from pamga.cli import json_option, load_settings, print_json
from pamga.errors import GateStopped, UsageError
from pamga.settings import Settings
from warehouse.commands import closing_asked, closing_options


@click.command(help="Recibe, construye, revisa y publica: las cuatro cosas, sin Airflow.")
@click.option("--inbox", help="Carpeta (o dirección fsspec) con las entregas; por omisión la del ajuste PAMGA_INBOX.")
@closing_options
@json_option
def run(inbox: str | None, cierre: str | None, cierra: str | None, motivos: tuple[str, ...], as_json: bool) -> None:
    if inbox and "://" not in inbox:
        if not Path(inbox).is_dir():
            raise UsageError(f"There is no folder {inbox}.", "Give an existing folder with --inbox.")
        inbox = str(Path(inbox).resolve())
        os.environ["PAMGA_INBOX"] = inbox
    settings = load_settings(inbox=inbox)
    closing, by = closing_asked(cierre, cierra, motivos)
    document: dict[str, Any] = {"received": len(steps.receive(settings))}
    if closing is None:
        document["closed"] = _close_what_was_held(settings)
    outcome = steps.build_check_publish(settings, closing, by)
    document |= {"run": outcome.built.run, "release": outcome.built.release, "published": outcome.published}
    if outcome.judged is not None:
        document["decision"] = outcome.judged.decision
    if as_json:
        print_json(document)
    if outcome.stopped:
        raise _stopped(outcome, say=not as_json)
    if as_json:
        return
    from operation.summary import print_summary

    if outcome.nothing_new:
        click.echo(f"Nada nuevo: la publicación {outcome.built.release} ya contiene lo que hay en el lago.")
    print_summary(settings)


def _close_what_was_held(settings: Settings) -> list[str]:
    """Close the quarters whose closing was held by what has arrived now; returns their releases. One held again is only said."""
    releases = []
    for quarter, outcome in steps.close_what_was_held(settings):
        if outcome.stopped:
            click.echo(f"{quarter}: {_stopped(outcome, say=True)}", err=True)
        else:
            releases.append(outcome.built.release)
    return releases


def _stopped(outcome: steps.Outcome, say: bool) -> GateStopped:
    """What the command ends with when the gate says no; `say`: print first what is wrong, who mends it and how."""
    judged, folder = outcome.judged, outcome.built.run_dir
    assert judged is not None and folder is not None  # noqa: S101 - only what was built is judged
    if say:
        click.echo(f"{judged.notice(only_stopped=True)}\n")
    return GateStopped(
        f"The gate stopped run {judged.run}; the old release stands.", f"Read {folder / 'quality.html'}."
    )


@click.command(
    help="Compara lago, bitácora, libro, bóveda, publicaciones y registro con lo que se anotó cuando se hicieron."
)
@click.option("--registro", "registry", is_flag=True, help="Vuelve a hacer el registro a partir del lago y del buzón.")
@json_option
def audit(registry: bool, as_json: bool) -> None:
    from ingest.audit import rebuild_registry
    from operation.audit import audit as audit_all

    settings = load_settings()
    rebuilt = rebuild_registry(settings) if registry else None
    found = audit_all(settings)
    if as_json:
        print_json({"rebuilt": rebuilt, "findings": [finding.__dict__ for finding in found]})
    else:
        if rebuilt is not None:
            click.echo("Registro: " + ", ".join(f"{count} {what}" for what, count in rebuilt.items()) + ".")
        for finding in found:
            click.echo(str(finding))
        click.echo("Todo está como se anotó." if not found else f"{len(found)} hallazgos.")
    if found:
        raise click.exceptions.Exit(3)


@click.command(
    help="Respalda lo que no se puede volver a hacer: lago, bóveda, publicaciones, acuses, registro y bases de datos, mientras todo trabaja."
)
@click.argument("place", metavar="CARPETA|s3://…", required=False)
@click.option(
    "--llaves/--sin-llaves",
    "keys",
    default=None,
    help="Si van las llaves; por omisión sólo en un respaldo cifrado (PAMGA_BACKUP_KEY).",
)
@click.option(
    "--conservar-dias",
    "days",
    type=click.IntRange(0),
    help="Cuántos días de copias se conservan (PAMGA_BACKUP_KEEP_DAYS).",
)
@click.option(
    "--revisar", "read_back", is_flag=True, help="Lee de nuevo lo que el respaldo ya tiene y repone lo que se dañó."
)
@json_option
def backup(place: str | None, keys: bool | None, days: int | None, read_back: bool, as_json: bool) -> None:
    from pamga.backup import back_up

    done = back_up(load_settings(), place, with_keys=keys, keep_days=days, read_back=read_back)
    if as_json:
        print_json(done.__dict__)
        return
    click.echo(
        f"Copia {done.snapshot}: {done.files} archivos, {done.bytes / 1e6:.1f} MB; nuevos {done.copied}, {done.copied_bytes / 1e6:.1f} MB."
    )
    click.echo(f"Bases de datos: {', '.join(done.databases) or 'ninguna'}. Copias que vencieron: {done.forgotten}.")
    if done.damaged:
        click.echo(f"El respaldo tenía {done.damaged} objetos dañados: se repusieron. Revise el disco o la cubeta.")
    if not done.keys:
        click.echo("Las llaves no van en esta copia: guárdelas aparte; sin ellas la bóveda no se abre.")
    if not done.sealed:
        click.echo("La copia no está cifrada (PAMGA_BACKUP_KEY): quien la tenga lee el lago. La bóveda sí lo está.")


@click.command(
    help="Pone una copia del respaldo en una instalación vacía, o sólo una publicación dañada en la que ya trabaja."
)
@click.argument("place", metavar="CARPETA|s3://…", required=False)
@click.option("--copia", "snapshot", metavar="NOMBRE", help="Cuál copia; por omisión la más reciente.")
@click.option("--lista", "listed", is_flag=True, help="Sólo dice qué copias hay.")
@click.option("--publicacion", "release", metavar="PUBLICACION", help="Sólo esta publicación, que se dañó o se perdió.")
@click.option("--sin-llaves", "without_keys", is_flag=True, help="Aunque las llaves no estén ni en la copia ni aquí.")
@click.option(
    "--reemplazar-bases",
    "replace",
    is_flag=True,
    help="Aunque las bases de datos no estén vacías: se pierde lo que tengan.",
)
@click.option(
    "--sin-construir", "without_build", is_flag=True, help="No construye de nuevo lo que leen los tableros internos."
)
@json_option
def restore(
    place: str | None,
    snapshot: str | None,
    listed: bool,
    release: str | None,
    without_keys: bool,
    replace: bool,
    without_build: bool,
    as_json: bool,
) -> None:
    from pamga.backup import open_repository
    from pamga.backup import restore as put_back

    if sum((listed, release is not None, snapshot is not None)) > 1:
        raise UsageError("--lista, --publicacion and --copia exclude one another.", "Give one of them.")
    settings = load_settings()
    if listed:
        repository = open_repository(settings, place)
        repository.refuse_other_key()
        known = [
            {"snapshot": each.name, "taken": each.taken.isoformat(timespec="seconds")}
            for each in repository.snapshots()
        ]
        print_json(known) if as_json else click.echo("\n".join(f"{e['taken']}  {e['snapshot']}" for e in known))
        return
    if release is not None:
        from publish.mend import mend_release

        aside = mend_release(settings, release, place)
        document = {"release": release, "aside": str(aside) if aside.exists() else None}
        said = f"La publicación {release} está de nuevo completa." + (
            f" Lo que había quedó en {aside}." if aside.exists() else ""
        )
        print_json(document) if as_json else click.echo(said)
        return
    done = put_back(settings, place, snapshot, without_keys=without_keys, replace_databases=replace)
    left = [*done.not_applied, *steps.carry_out_acts(settings)]
    run = None if without_build else steps.make_run_again(settings)
    for said in left:
        click.secho(f"Falta: {said}", fg="red", err=True)
    if as_json:
        print_json({**done.stored(), "run": run, "left": left})
        return
    for said in done.acts:
        click.echo(f"Se decidió después de esta copia y se aplicó de nuevo: {said}.")
    click.echo(
        f"Copia {done.snapshot} del {done.taken}: {done.files} archivos, {done.bytes / 1e6:.1f} MB, en {settings.layout.root}."
    )
    click.echo(
        f"Bases de datos: {', '.join(done.databases) or 'ninguna'}. Tableros internos y avisos leen la corrida {run or 'que haga `pamga run`'}."
    )


@click.command(help="Dice, parte por parte, si esta instalación puede trabajar y qué hay que arreglar. No cambia nada.")
@click.option("--rapido", "quick", is_flag=True, help="Sin leer de nuevo las publicaciones y el lago.")
@json_option
def doctor(quick: bool, as_json: bool) -> None:
    """Exit 0 when nothing fails (warnings are no failures), 3 otherwise."""
    from operation.doctor import FAIL, as_document, examine
    from pamga.spanish import counted

    checks = examine(load_settings(), quick=quick)
    if as_json:
        print_json(as_document(checks))
    else:
        words = {"ok": "bien ", "warn": "aviso", "fail": "FALLA"}
        for check in checks:
            click.echo(
                f"{words[check.state]}  {check.part:<10}  {check.said}"
                + (f"\n{'':19}→ {check.mend}" if check.mend else "")
            )
        failing = sum(check.state == FAIL for check in checks)
        click.echo("Puede trabajar." if not failing else f"{counted(failing, 'falla')}.")
    if any(check.state == FAIL for check in checks):
        raise click.exceptions.Exit(3)


@click.command(help="Dice a quien vigila cómo va todo: /health y /metrics (Prometheus).")
@click.option("--host", metavar="DIRECCION", default="127.0.0.1", show_default=True, help="Dónde escuchar.")
@click.option("--port", type=int, metavar="PUERTO", default=9108, show_default=True)
def monitor(host: str, port: int) -> None:
    import uvicorn

    from operation.monitor import make_app

    uvicorn.run(make_app(load_settings()), host=host, port=port, log_level="warning", server_header=False)
