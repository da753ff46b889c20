"""Notices to an office about what it delivered: a version that is set aside, figures that the Secretariado rejected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

from pamga.documents.log import Answer, Figure
from pamga.log import answers
from pamga.plan import plan
from pamga.settings import Settings
from pamga.spanish import counted, day_in_words
from pamga.workdays import is_workday
from quality.set_aside import as_html, set_aside_versions
from reminders.sending import FORGET_AFTER_DAYS, Message
from reminders.words import address_of, read_addresses, signature


def set_aside_notices(settings: Settings) -> list[Message]:
    """One message for each version that is set aside, to the office that delivered it: why, which rows, what counts meanwhile."""
    addresses = read_addresses(settings)
    if not is_workday(settings.today):
        return []
    messages = []
    for entry in set_aside_versions(settings.layout):
        office = entry.dependencia
        name = f"{entry.export}-{entry.trimestre}-{office}-v{entry.version:04d}-{entry.origen}"
        subject = f"Una entrega suya se apartó y no cuenta: {entry.export} {entry.trimestre}"
        html = f"{as_html(entry)}{signature(settings)}"
        to = address_of(addresses, office)
        # whether a verdict may change is a person's word to give
        copies = (addresses["secretariado"],) if entry.veredictos and addresses["secretariado"] != to else ()
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
    for name, answer in answers(settings.layout).items():
        old = (today - date.fromisoformat(answer.fecha)).days > FORGET_AFTER_DAYS
        if not answer.rejected_by_a_person or old:
            continue
        figures: dict[str, list[Figure]] = defaultdict(list)
        for figure in answer.cifras:
            for office in plan().responsables.get(figure.indicador, ()):
                figures[office].append(figure)
        messages += [
            _rejection_message(name, office, items, answer, settings, addresses)
            for office, items in sorted(figures.items())
        ]
    return messages


def _rejection_message(
    name: str,
    office: str,
    figures: list[Figure],
    answer: Answer,
    settings: Settings,
    addresses: Mapping[str, Any],
) -> Message:
    rows = "".join(f"<li>{escape(figure.said)}</li>" for figure in figures)
    html = (
        f"<p>{escape(answer.persona)} rechazó el {day_in_words(date.fromisoformat(answer.fecha))} una candidata que traía estas "
        f"cifras de las que responde su dependencia; no se publicaron.</p><ul>{rows}</ul>"
        f"<p>Motivo: {escape(answer.motivo)}</p>"
        "<p>Si la entrega de la que salen está mal, deje el archivo corregido en su carpeta. Mientras no cambien, quien apruebe la "
        f"siguiente candidata verá que ya se rechazaron.</p>{signature(settings)}"
    )
    subject = f"Cifras rechazadas por el Secretariado: {counted(len(figures), 'cifra')} ({answer.release})"
    return Message(f"rechazo-{name}-{office}", "rechazo", office, (address_of(addresses, office),), (), subject, html)
