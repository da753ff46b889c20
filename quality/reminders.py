"""Who must be written to today: deliveries that fall due or are late, and the weekly list of open Mi Barrio Habla agreements.

Everything here is computed from the lake, the seeds and the settings; sending is a function that the caller gives (the DAG gives
Airflow's SMTP connection). An event is written to once: the registry claims it, an immutable object in lake/_log/reminders keeps it.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

from pamga import deadlines
from pamga.deadlines import SEED, in_plan
from pamga.engine import connect
from pamga.errors import PamgaError
from pamga.layout import Layout
from pamga.quarter import Quarter
from pamga.registry import open_registry
from pamga.releases import in_order, lineage
from pamga.settings import Settings
from pamga.standing import set_aside_now, standing_versions, version_of
from pamga.storage import canonical_json, exclusive_lock, read_json, write_once
from pamga.workdays import is_workday, next_workday
from quality.approval import NOBODY, REJECT, said_of
from quality.offices import responsible
from quality.set_aside import as_html, set_aside_versions
from quality.yaml_files import load_yaml

SEEDS = SEED.parent
ADDRESSES = Path(__file__).parent / "addresses.yaml"
AGREEMENTS_OFFICE = "presupuesto_participativo"

log = logging.getLogger("pamga.reminders")


@dataclass(frozen=True)
class Stage:
    """A moment of the calendar: from how many days after the due day, who is told, how it is said."""

    name: str
    days: int
    copies: tuple[str, ...]  # keys of the addresses file beside the office itself
    opening: str


# Before it, on it, after it; then one step up each week (issue: department, Unidad de Transparencia, Secretariado).
STAGES = (
    Stage("previo", -5, (), "Se acerca la fecha de entrega"),
    Stage("hoy", 0, (), "Hoy es el último día para entregar a tiempo"),
    Stage("vencida", 1, (), "La entrega está vencida"),
    Stage("transparencia", 8, ("unidad_de_transparencia",), "La entrega sigue pendiente; se avisa a la Unidad de Transparencia"),
    Stage(
        "secretariado", 15, ("unidad_de_transparencia", "secretariado"),
        "La entrega sigue pendiente; se avisa al Secretariado Técnico",
    ),
)  # fmt: skip
FORGET_AFTER_DAYS = 45  # an installation that starts late does not write about the quarters of years ago
SOON_DAYS = 14  # an agreement that falls due within them is worth a letter every week
RECEIVED = {"rejected": "no se pudo recibir", "held": "espera su confirmación"}  # else no row of it could be taken


@dataclass(frozen=True)
class Owed:
    """A delivery that an office owes for a quarter."""

    export: str
    title: str
    office: str
    quarter: Quarter
    due: date
    refused: str | None = None  # what became of the file that came and does not count


@dataclass(frozen=True)
class Message:
    """A message about one event. `id` names the event: the same event is never written about twice."""

    id: str
    kind: str
    office: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    html: str


Send = Callable[[Message], None]


class MayHaveGoneOutError(Exception):
    """The line broke while a message was handed over: nobody knows whether it went out. A `Send` raises it."""


# ---- the calendar


def owed_deliveries(quarters: Iterable[Quarter], seeds: Path = SEEDS) -> list[Owed]:
    """What the plan's offices owe for those of these quarters that are the plan's (pamga.deadlines, as the mart)."""
    return [
        Owed(file.export, file.nombre, file.dependencia, quarter, file.due(quarter))
        for quarter in quarters if in_plan(quarter)
        for file in deadlines.owed(seeds / SEED.name)
    ]  # fmt: skip


def _manifests(layout: Layout) -> list[dict[str, Any]]:
    return [read_json(path) for path in layout.lake.glob("export=*/trimestre=*/dependencia=*/version=*/manifest.json")]


def delivered(layout: Layout) -> set[tuple[str, str, str]]:
    """(export, office, quarter) of every delivery of which a version stands now, from the manifests."""
    manifests = _manifests(layout)
    standing = standing_versions(manifests, set_aside_now(layout, manifests))
    return {(export, office, quarter) for export, quarter, office in standing}


def not_counted(layout: Layout) -> dict[tuple[str, str, str], str]:
    """(export, office, quarter) -> what became of the newest file that came for it and does not count, in words."""
    manifests = _manifests(layout)
    apart = set_aside_now(layout, manifests)
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for manifest in manifests:
        key = (manifest["export"], manifest["dependencia"], manifest["trimestre"])
        if manifest["stands"] and version_of(manifest) not in apart:
            continue
        if manifest["version"] >= newest.get(key, manifest)["version"]:
            newest[key] = manifest
    words = {}
    for key, manifest in newest.items():
        decision = apart.get(version_of(manifest))
        said = RECEIVED.get(str(manifest.get("state")), "ninguna de sus filas se pudo aceptar")
        if decision is not None:
            said = f"se apartó: {decision['motivo']}"
        day = manifest.get("received_on")
        words[key] = f"llegó{f' el {_spanish(date.fromisoformat(day))}' if day else ''} y {said}"
    return words


def closed_quarters(settings: Settings) -> set[str]:
    """The quarters whose closing release stands: nothing is asked for them any more."""
    log_folder = settings.layout.log
    published = in_order(read_json(path) for path in (log_folder / "publications").glob("*.json"))
    back = [read_json(path) for path in sorted((log_folder / "rollbacks").glob("*.json"))]
    line = set(lineage(published, back))
    return {str(entry["cierre"]) for entry in published if entry.get("cierre") and entry["release"] in line}


def current_stage(due: date, today: date) -> Stage | None:
    """The stage that `today` has reached; None before the first one and long after the last.

    Where the due day is one without work, its letter goes out on the last work day before it.
    """
    days = (today - due).days
    if days < 0 and next_workday(today) > due:
        days = 0
    reached = [stage for stage in STAGES if stage.days <= days]
    return reached[-1] if reached and days <= FORGET_AFTER_DAYS else None


def delivery_reminders(settings: Settings) -> list[Message]:
    """One message per office, quarter, due day and stage for what has not been delivered.

    Empty when nothing is due, on days without work, and for a quarter that is closed.
    """
    today, addresses = settings.today, read_addresses(settings)
    if not is_workday(today):
        return []
    current = Quarter.containing(today)
    closed, layout = closed_quarters(settings), settings.layout
    have, came = delivered(layout), not_counted(layout)
    groups: dict[tuple[str, Quarter, date], list[Owed]] = defaultdict(list)
    quarters = [quarter for quarter in (current.shift(-2), current.shift(-1), current) if str(quarter) not in closed]
    for owed in owed_deliveries(quarters):
        key = (owed.export, owed.office, str(owed.quarter))
        if key not in have and current_stage(owed.due, today) is not None:
            groups[owed.office, owed.quarter, owed.due].append(replace(owed, refused=came.get(key)))
    return [
        _delivery_message(office, quarter, due, items, settings, addresses)
        for (office, quarter, due), items in sorted(groups.items(), key=lambda group: str(group[0]))
    ]


def _delivery_message(
    office: str, quarter: Quarter, due: date, items: list[Owed], settings: Settings, addresses: Mapping[str, Any]
) -> Message:
    stage = current_stage(due, settings.today)
    assert stage is not None  # noqa: S101 - the caller keeps only what has reached a stage
    opening = stage.opening
    if stage.name == "hoy" and due != settings.today:
        opening = "Hoy es el último día hábil para entregar a tiempo"
    never = [owed for owed in items if owed.refused is None]
    refused = [owed for owed in items if owed.refused is not None]
    html = (
        f"<p>{opening}.</p>"
        f"<p>Son los datos del {_quarter_in_words(quarter)} ({quarter}). {_due_in_words(due, settings.today)}</p>"
        + (f"<p>No hemos recibido:</p><ul>{_files(never)}</ul>" if never else "")
        + (
            f"<p>Llegó, pero todavía no cuenta; el acuse dice por qué y cómo corregirlo:</p><ul>{_files(refused)}</ul>"
            if refused
            else ""
        )
        + "<p>Deje cada archivo (CSV, Excel o GeoJSON) en la carpeta de su dependencia, con ese nombre. Si en el trimestre no hubo nada "
        f"nuevo, entregue el archivo sólo con el encabezado.</p>{_signature(settings)}"
    )
    return Message(
        f"{quarter}-{office}-{due.isoformat()}-{stage.name}",
        "entrega",
        office,
        (_address(addresses, office),),
        tuple(addresses[copy] for copy in stage.copies if addresses[copy] != _address(addresses, office)),
        f"{opening}: {quarter} ({_counted(len(items), 'archivo')})",
        html,
    )


def _files(items: Iterable[Owed]) -> str:
    return "".join(
        f"<li><strong>{escape(owed.title)}</strong>: <code>{owed.office}/{owed.export}_{owed.quarter}</code>"
        f"{f' ({escape(owed.refused)})' if owed.refused else ''}</li>"
        for owed in items
    )


# ---- figures that the Secretariado rejected


def set_aside_notices(settings: Settings) -> list[Message]:
    """One message for each version that is set aside, to the office that delivered it: why, which rows, what counts meanwhile."""
    addresses = read_addresses(settings)
    if not is_workday(settings.today):
        return []
    messages = []
    for entry in set_aside_versions(settings.layout):
        office = str(entry["dependencia"])
        name = f"{entry['export']}-{entry['trimestre']}-{office}-v{entry['version']:04d}-{entry['origen']}"
        subject = f"Una entrega suya se apartó y no cuenta: {entry['export']} {entry['trimestre']}"
        html = f"{as_html(entry)}{_signature(settings)}"
        to = _address(addresses, office)
        # whether a verdict may change is a person's word to give
        copies = (addresses["secretariado"],) if entry.get("veredictos") and addresses["secretariado"] != to else ()
        messages.append(Message(f"apartada-{name}", "apartada", office, (to,), copies, subject, html))
    return messages


def rejection_notices(settings: Settings) -> list[Message]:
    """One message for each rejection by a person and office that answers for a rejected figure: what, who, when and why.

    None on days without work, and none about what was rejected long ago.
    """
    today, addresses = settings.today, read_addresses(settings)
    if not is_workday(today):
        return []
    messages = []
    for path in sorted((settings.layout.log / "approvals").glob("*.json")):
        answer = read_json(path)
        old = (today - date.fromisoformat(answer["fecha"])).days > FORGET_AFTER_DAYS
        if answer["decision"] != REJECT or answer["persona"] == NOBODY or old:
            continue
        figures: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for figure in answer.get("cifras", ()):
            for office in responsible().get(figure["indicador"], ()):
                figures[office].append(figure)
        messages += [
            _rejection_message(path.stem, office, items, answer, settings, addresses)
            for office, items in sorted(figures.items())
        ]
    return messages


def _rejection_message(
    name: str,
    office: str,
    figures: list[dict[str, Any]],
    answer: Mapping[str, Any],
    settings: Settings,
    addresses: Mapping[str, Any],
) -> Message:
    rows = "".join(f"<li>{escape(said_of(figure))}</li>" for figure in figures)
    html = (
        f"<p>{escape(str(answer['persona']))} rechazó el {_spanish(date.fromisoformat(answer['fecha']))} una candidata que traía estas "
        f"cifras de las que responde su dependencia; no se publicaron.</p><ul>{rows}</ul>"
        f"<p>Motivo: {escape(str(answer['motivo']))}</p>"
        "<p>Si la entrega de la que salen está mal, deje el archivo corregido en su carpeta. Mientras no cambien, quien apruebe la "
        f"siguiente candidata verá que ya se rechazaron.</p>{_signature(settings)}"
    )
    subject = f"Cifras rechazadas por el Secretariado: {_counted(len(figures), 'cifra')} ({answer['release']})"
    return Message(f"rechazo-{name}-{office}", "rechazo", office, (_address(addresses, office),), (), subject, html)


# ---- the weekly follow-up of agreements


@dataclass(frozen=True)
class Agreement:
    """An open Mi Barrio Habla agreement."""

    id: str
    office: str
    topic: str
    place: str | None
    folio: str | None
    made: date
    due: date


@dataclass(frozen=True)
class Followed:
    """The open agreements as a run knows them: what was delivered by `known` is in them, and nothing later."""

    agreements: list[Agreement]
    contacts: dict[str, str]  # office, folded -> its address in the published directory
    delivered_on: date | None  # when the newest agreements were received; None where the run does not say
    known: date | None  # until when they say how things stand


def trusted_run(settings: Settings) -> Path | None:
    """The folder of the run that people may be written to about: that of the current release, else one that passed the gate.

    Never one that the gate stopped. None when there is no such run with its warehouse.
    """
    layout = settings.layout
    lock = layout.current / "inputs.lock"
    folders = [layout.run(read_json(lock)["run"])] if lock.exists() else []
    folders += [layout.passed, layout.passed_closing]
    latest = layout.run("latest")
    if not (latest / "quality.json").exists():  # not judged yet
        folders.append(latest)
    return next((folder.resolve() for folder in folders if (folder / "warehouse.duckdb").exists()), None)


def followed(settings: Settings) -> Followed:
    """The open agreements of the trusted run (mart acuerdos_abiertos), by office and due day; none without a run."""
    folder = trusted_run(settings)
    if folder is None:
        return Followed([], {}, None, None)
    with connect(settings, folder / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute(
            """select acuerdo_id, dependencia, tema, colonia, folio_sac, fecha_acuerdo, fecha_limite
            from marts.acuerdos_abiertos order by dependencia, fecha_limite, acuerdo_id"""
        ).fetchall()
        contacts = connection.execute(
            "select dependencia, correo from marts.directorio where correo is not null order by dependencia, correo"
        ).fetchall()
    agreements = [Agreement(*row) for row in rows]
    return Followed(agreements, {_slug(office): address for office, address in reversed(contacts)}, *_known(folder))


def _known(folder: Path) -> tuple[date | None, date | None]:
    """When the newest agreements were received, and until when they say how things stand: that day, or the end of their quarter,
    since what is attended to later is told in the next quarter's file."""
    lock = folder / "inputs.lock"
    files = [d for d in read_json(lock)["deliveries"] if d["export"] == "acuerdos"] if lock.exists() else []
    if not files:
        return None, None
    newest = max(files, key=lambda d: d["trimestre"])
    received = date.fromisoformat(newest["received_on"])
    return received, min(received, Quarter.parse(newest["trimestre"]).cutoff)


def agreement_reminders(settings: Settings) -> list[Message]:
    """One message per office with open agreements, for the week of today; none on a day without work.

    What is said of an agreement is what was delivered, with its day. An office of which nothing is overdue or falls due soon is
    written to in the first week of the month only.
    """
    today, addresses = settings.today, read_addresses(settings)
    if not is_workday(today):
        return []
    monday = today - timedelta(days=today.weekday())
    state = followed(settings)
    delivered_on, known = state.delivered_on or today, state.known or today
    contacts = {**state.contacts, **{_slug(k): v for k, v in (addresses.get("acuerdos") or {}).items()}}
    groups: dict[str, list[Agreement]] = defaultdict(list)
    for agreement in state.agreements:
        groups[_slug(agreement.office)].append(agreement)  # one office, however its name was typed
    return [
        _agreements_message(slug, sorted(items, key=lambda item: (item.due, item.id)), settings, monday, delivered_on, known,
                            contacts.get(slug) or _address(addresses, AGREEMENTS_OFFICE))
        for slug, items in sorted(groups.items())
        if monday.day <= 7 or any(item.due <= today + timedelta(days=SOON_DAYS) for item in items)
    ]  # fmt: skip


def _agreements_message(
    slug: str,
    items: list[Agreement],
    settings: Settings,
    monday: date,
    delivered_on: date,
    known: date,
    address: str,
) -> Message:
    office, today = items[0].office, settings.today
    late = sum(item.due < known for item in items)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (
                item.id, item.folio or "", item.topic, item.place or "", _spanish(item.made), _spanish(item.due),
                _how_it_stands(item.due, known, today),
            )
        )
        + "</tr>"
        for item in items
    )  # fmt: skip
    heads = ("Acuerdo", "Folio SAC", "Tema", "Colonia", "Se acordó", "Vence", "Plazo")
    as_delivered = f"según lo entregado el {_spanish(delivered_on)}"
    html = (
        f"<p>{as_delivered.capitalize()}, {escape(office)} tiene {_counted(len(items), 'acuerdo')} de Mi Barrio Habla por atender, "
        f"{_counted(late, 'vencido')} al {_spanish(known)}. Lo que se haya atendido después todavía no lo sabemos.</p>"
        "<table border='1'><thead><tr>" + "".join(f"<th scope='col'>{head}</th>" for head in heads) + "</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        "<p>Cuando se atienda uno, anote <code>fecha_finalizacion</code> en el archivo de acuerdos del trimestre; puede entregarse "
        f"cada semana.</p>{_signature(settings)}"
    )
    subject = f"Mi Barrio Habla: {_counted(len(items), 'acuerdo')} por atender, {_counted(late, 'vencido')} ({office}), {as_delivered}"
    return Message(f"acuerdos-{monday.isoformat()}-{slug}", "acuerdos", office, (address,), (), subject, html)


def _how_it_stands(due: date, known: date, today: date) -> str:
    """How late an agreement was when it was last heard of, and how long it still has: never both from one day."""
    if due < known:
        late = _days_in_words((due - known).days)
        return late if known == today else f"{late} al {_spanish(known)}"
    if due < today:
        return "venció después de la última entrega; si ya se atendió, falta anotarlo"
    return _days_in_words((due - today).days)


# ---- sending


def send_once(settings: Settings, messages: Iterable[Message], send: Send) -> list[Message]:
    """Send what has not been sent; returns what was.

    A message that cannot be sent keeps no other waiting: the rest goes out, then the first failure is raised, and the next run tries
    again. The claim in the registry comes before the sending, so that a process killed in between never makes a second message.
    """
    sent: list[Message] = []
    failures: list[tuple[Message, Exception]] = []
    for message in messages:
        try:
            if _send_unless_sent(settings, message, send):
                sent.append(message)
        except Exception as error:  # whatever the server or the line said: the other messages still go out
            failures.append((message, error))
            log.warning("The message %s could not be sent: %s", message.id, error)
    if failures:
        first, reason = failures[0]
        raise PamgaError(
            f"{len(failures)} of {len(failures) + len(sent)} messages could not be sent, the first ({first.id}) because of: {reason}",
            "See to the mail server or the address; only what certainly did not go out is tried again.",
        ) from reason
    return sent


def _send_unless_sent(settings: Settings, message: Message, send: Send) -> bool:
    registry, path = open_registry(settings), settings.layout.log / "reminders" / f"{message.id}.json"
    with exclusive_lock(settings.layout.locks / "reminders.lock"):
        if path.exists():
            return False
        if not registry.record_reminder(message.id, message.office, message.subject, settings.today):
            log.warning("The message %s was claimed by a process that ended; it may not have gone out.", message.id)
            return False
        try:
            send(message)
        except MayHaveGoneOutError:
            raise  # the claim stays: a second message is worse than none
        except Exception:  # refused, or nobody was there; whoever is stopped from outside does not get here
            registry.withdraw_reminder(message.id)
            raise
        write_once(path, canonical_json(_entry(message, settings.today)))
    return True


def _entry(message: Message, day: date) -> dict[str, Any]:
    return {
        "id": message.id, "clase": message.kind, "dependencia": message.office, "destinatarios": [*message.to, *message.cc],
        "asunto": message.subject, "fecha": day.isoformat(),
    }  # fmt: skip


# ---- words and addresses


def read_addresses(settings: Settings) -> dict[str, Any]:
    """The addresses file. Raises PamgaError when it is absent or lacks a part."""
    path = settings.addresses or ADDRESSES
    if not path.exists():
        raise PamgaError(
            f"There is no addresses file {path}.", "Set PAMGA_ADDRESSES to a file like quality/addresses.yaml."
        )
    addresses: dict[str, Any] = load_yaml(path)
    lacking = [part for part in ("dependencias", "unidad_de_transparencia", "secretariado") if not addresses.get(part)]
    if lacking:
        raise PamgaError(f"{path} lacks {', '.join(lacking)}.", "Give it the shape of quality/addresses.yaml.")
    return addresses


def _address(addresses: Mapping[str, Any], office: str) -> str:
    address: str | None = addresses["dependencias"].get(office)
    return address or str(addresses["unidad_de_transparencia"])


MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def _spanish(day: date) -> str:
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


def _quarter_in_words(quarter: Quarter) -> str:
    return f"{('primer', 'segundo', 'tercer', 'cuarto')[quarter.number - 1]} trimestre de {quarter.year}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _days_in_words(days: int) -> str:
    if days == 0:
        return "vence hoy"
    count = _counted(abs(days), "día")
    if days < 0:
        return f"{count} de retraso"
    return f"{'falta' if days == 1 else 'faltan'} {count}"


def _due_in_words(due: date, today: date) -> str:
    if due == today:
        return f"La fecha límite es hoy, {_spanish(due)}."
    return (
        f"La fecha límite {'era' if due < today else 'es'} el {_spanish(due)} ({_days_in_words((due - today).days)})."
    )


def _signature(settings: Settings) -> str:
    return (
        "<p>Este aviso lo manda el sistema de seguimiento del Plan de Acción Municipal de Gobierno Abierto. "
        f"Si tiene dudas, escriba a {escape(settings.contact_email)}.</p>"
    )


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "sin-nombre"
