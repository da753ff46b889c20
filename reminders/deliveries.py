"""The delivery calendar's reminders: before a delivery is due, on the day, after it, one step up each week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Any

from pamga import deadlines
from pamga.deadlines import in_plan
from pamga.documents.deliveries import Manifest
from pamga.layout import MANIFESTS, Layout
from pamga.log import publications, rollbacks
from pamga.quarter import Quarter
from pamga.receipt_days import as_corrected
from pamga.releases import closed_quarters as released_quarters
from pamga.settings import Settings
from pamga.spanish import counted, day_in_words
from pamga.standing import set_aside_now, standing_versions, version_of
from pamga.workdays import is_workday, next_workday
from reminders.sending import FORGET_AFTER_DAYS, Message
from reminders.words import address_of, due_in_words, quarter_in_words, read_addresses, signature


@dataclass(frozen=True)
class Stage:
    """A moment of the calendar: from how many days after the due day, who is told, how it is said."""

    name: str
    days: int
    copies: tuple[str, ...]  # keys of the addresses file beside the office itself
    opening: str


# Before it, on it, after it; then one step up each week (the department, Unidad de Transparencia, Secretariado).
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


def owed_deliveries(quarters: Iterable[Quarter]) -> list[Owed]:
    """What the plan's offices owe for those of these quarters that are the plan's (pamga.deadlines, as the mart)."""
    return [
        Owed(file.export, file.nombre, file.dependencia, quarter, file.due(quarter))
        for quarter in quarters if in_plan(quarter)
        for file in deadlines.owed()
    ]  # fmt: skip


def _manifests(layout: Layout) -> list[Manifest]:
    return as_corrected(layout, Manifest.all_in(layout.lake.glob(MANIFESTS)))


def delivered(layout: Layout) -> set[tuple[str, str, str]]:
    """(export, office, quarter) of every delivery of which a version stands now, from the manifests."""
    manifests = _manifests(layout)
    standing = standing_versions(manifests, set_aside_now(layout, manifests))
    return {(export, office, quarter) for export, quarter, office in standing}


def not_counted(layout: Layout) -> dict[tuple[str, str, str], str]:
    """(export, office, quarter) -> what became of the newest file that came for it and does not count, in words."""
    manifests = _manifests(layout)
    apart = set_aside_now(layout, manifests)
    newest: dict[tuple[str, str, str], Manifest] = {}
    for manifest in manifests:
        key = (manifest.export, manifest.dependencia, manifest.trimestre)
        if manifest.stands and version_of(manifest) not in apart:
            continue
        if manifest.version >= newest.get(key, manifest).version:
            newest[key] = manifest
    words = {}
    for key, manifest in newest.items():
        decision = apart.get(version_of(manifest))
        said = RECEIVED.get(manifest.state, "ninguna de sus filas se pudo aceptar")
        if decision is not None:
            said = f"se apartó: {decision.motivo}"
        day = manifest.received_on
        words[key] = f"llegó{f' el {day_in_words(date.fromisoformat(day))}' if day else ''} y {said}"
    return words


def closed_quarters(settings: Settings) -> set[str]:
    """The quarters whose closing release stands: nothing is asked for them any more."""
    return released_quarters(publications(settings.layout), rollbacks(settings.layout))


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
    settings = settings.of_one_day()
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
        f"<p>Son los datos del {quarter_in_words(quarter)} ({quarter}). {due_in_words(due, settings.today)}</p>"
        + (f"<p>No hemos recibido:</p><ul>{_files(never)}</ul>" if never else "")
        + (
            f"<p>Llegó, pero todavía no cuenta; el acuse dice por qué y cómo corregirlo:</p><ul>{_files(refused)}</ul>"
            if refused
            else ""
        )
        + "<p>Deje cada archivo (CSV, Excel o GeoJSON) en la carpeta de su dependencia, con ese nombre. Si en el trimestre no hubo nada "
        f"nuevo, entregue el archivo sólo con el encabezado.</p>{signature(settings)}"
    )
    return Message(
        f"{quarter}-{office}-{due.isoformat()}-{stage.name}",
        "entrega",
        office,
        (address_of(addresses, office),),
        tuple(addresses[copy] for copy in stage.copies if addresses[copy] != address_of(addresses, office)),
        f"{opening}: {quarter} ({counted(len(items), 'archivo')})",
        html,
    )


def _files(items: Iterable[Owed]) -> str:
    return "".join(
        f"<li><strong>{escape(owed.title)}</strong>: <code>{owed.office}/{owed.export}_{owed.quarter}</code>"
        f"{f' ({escape(owed.refused)})' if owed.refused else ''}</li>"
        for owed in items
    )
