"""The weekly list of each office's open Mi Barrio Habla agreements (the plan promises a weekly follow-up)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from pathlib import Path

from pamga.documents.lock import Lock
from pamga.engine import connect
from pamga.exports import exports
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.spanish import counted, day_in_words, file_name
from pamga.workdays import is_workday
from reminders.sending import Message
from reminders.words import address_of, days_in_words, read_addresses, signature

AGREEMENTS = "acuerdos"
SOON_DAYS = 14  # an agreement that falls due within them is worth a letter every week


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
    lock = Lock.if_there(layout.current / "inputs.lock")
    folders = [layout.run(lock.run)] if lock else []
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
    return Followed(
        agreements,
        {_folded(office): address for office, address in reversed(contacts)},
        *_known(folder),
    )


def _folded(office: str) -> str:
    return file_name(office, "-") or "sin-nombre"


def _known(folder: Path) -> tuple[date | None, date | None]:
    """When the newest agreements were received, and until when they say how things stand: that day, or the end of their quarter,
    since what is attended to later is told in the next quarter's file."""
    lock = Lock.if_there(folder / "inputs.lock")
    files = [d for d in lock.deliveries if d.export == AGREEMENTS] if lock else []
    if not files:
        return None, None
    newest = max(files, key=lambda d: d.trimestre)
    received = date.fromisoformat(str(newest.received_on))
    return received, min(received, Quarter.parse(newest.trimestre).cutoff)


def agreement_reminders(settings: Settings) -> list[Message]:
    """One message per office with open agreements, for the week of today; none on a day without work.

    What is said of an agreement is what was delivered, with its day. An office of which nothing is overdue or falls due soon is
    written to in the first week of the month only.
    """
    settings = settings.of_one_day()
    today, addresses = settings.today, read_addresses(settings)
    if AGREEMENTS not in exports() or not is_workday(today):
        return []
    deliverer = exports()[AGREEMENTS].dependencias[0]
    monday = today - timedelta(days=today.weekday())
    state = followed(settings)
    delivered_on, known = state.delivered_on or today, state.known or today
    contacts = {
        **state.contacts,
        **{_folded(office): address for office, address in (addresses.get("acuerdos") or {}).items()},
    }
    groups: dict[str, list[Agreement]] = defaultdict(list)
    for agreement in state.agreements:
        # one office, however its name was typed
        groups[_folded(agreement.office)].append(agreement)
    return [
        _agreements_message(slug, sorted(items, key=lambda item: (item.due, item.id)), settings, monday, delivered_on, known,
                            contacts.get(slug) or address_of(addresses, deliverer))
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
                item.id, item.folio or "", item.topic, item.place or "", day_in_words(item.made), day_in_words(item.due),
                _how_it_stands(item.due, known, today),
            )
        )
        + "</tr>"
        for item in items
    )  # fmt: skip
    heads = ("Acuerdo", "Folio SAC", "Tema", "Colonia", "Se acordó", "Vence", "Plazo")
    as_delivered = f"según lo entregado el {day_in_words(delivered_on)}"
    html = (
        f"<p>{as_delivered.capitalize()}, {escape(office)} tiene {counted(len(items), 'acuerdo')} de Mi Barrio Habla por atender, "
        f"{counted(late, 'vencido')} al {day_in_words(known)}. Lo que se haya atendido después todavía no lo sabemos.</p>"
        "<table border='1'><thead><tr>" + "".join(f"<th scope='col'>{head}</th>" for head in heads) + "</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        "<p>Cuando se atienda uno, anote <code>fecha_finalizacion</code> en el archivo de acuerdos del trimestre; puede entregarse "
        f"cada semana.</p>{signature(settings)}"
    )
    subject = f"Mi Barrio Habla: {counted(len(items), 'acuerdo')} por atender, {counted(late, 'vencido')} ({office}), {as_delivered}"
    return Message(f"acuerdos-{monday.isoformat()}-{slug}", "acuerdos", office, (address,), (), subject, html)


def _how_it_stands(due: date, known: date, today: date) -> str:
    """How late an agreement was when it was last heard of, and how long it still has: never both from one day."""
    if due < known:
        late = days_in_words((due - known).days)
        return late if known == today else f"{late} al {day_in_words(known)}"
    if due < today:
        return "venció después de la última entrega; si ya se atendió, falta anotarlo"
    return days_in_words((due - today).days)
