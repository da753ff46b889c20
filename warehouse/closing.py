"""Closing a quarter: what is owed for it, what is missing, and who closes it all the same (rules.md, "Provisional and closing releases")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pamga import deadlines
from pamga.documents import log as documents
from pamga.documents.log import MissingFile, ReasonGiven
from pamga.errors import UsageError
from pamga.layout import Named
from pamga.log import closing_attempts
from pamga.plan import plan
from pamga.quarter import Quarter
from pamga.reasons import signed, to_publish
from pamga.settings import Settings


@dataclass(frozen=True)
class ClosedBy:
    """The named person who closes a quarter although deliveries are missing, with a reason for each, given for that closing alone.

    `motivos`: `export` or `export/dependencia` -> the reason.
    """

    persona: str
    motivos: dict[str, str] = field(default_factory=dict)


def closed_by(persona: str | None, motivos: Iterable[str]) -> ClosedBy | None:
    """What a person gave with a closing: a name and reasons as `export=motivo`. None when neither was given.

    Raises UsageError when one of the two is missing or a reason names nothing that is owed.
    """
    given = [text for text in motivos if text.strip()]
    name = signed(persona or "")
    if not name and not given:
        return None
    if not name or not given:
        raise UsageError(
            "A quarter is closed by a named person with a reason for each missing delivery; only one of the two was given.",
            'Give both: --cierra "Ana Ruiz, directora" --motivo acuerdos="…".',
        )
    reasons = {}
    for text in given:
        what, _, reason = text.partition("=")
        what, reason = what.strip(), to_publish(reason)
        if not reason or not any(what in (o.export, f"{o.export}/{o.dependencia}") for o in deadlines.owed()):
            owed = ", ".join(sorted({o.export for o in deadlines.owed()}))
            raise UsageError(
                f"{text!r} is no reason for a delivery that is owed.",
                f"Write EXPORT=REASON or EXPORT/OFFICE=REASON. Owed are: {owed}.",
            )
        reasons[what] = reason
    return ClosedBy(name, reasons)


def missing(deliveries: Iterable[Named], quarter: Quarter) -> list[MissingFile]:
    """What offices owe for a quarter and no standing delivery holds."""
    if not deadlines.in_plan(quarter):
        return []
    there = {(d.export, d.dependencia) for d in deliveries if d.trimestre == str(quarter)}
    return [
        MissingFile(
            export=file.export,
            dependencia=file.dependencia,
            archivo=f"{file.nombre} ({plan().dependencias.get(file.dependencia, file.dependencia)})",
        )
        for file in deadlines.owed()
        if (file.export, file.dependencia) not in there
    ]


def excused(by: ClosedBy | None, lacking: Iterable[MissingFile]) -> documents.ClosedBy | None:
    """What is published of who closed: the reasons for what is missing, and nothing at all when nothing is."""
    if by is None:
        return None
    motives = []
    for file in lacking:
        reason = by.motivos.get(f"{file.export}/{file.dependencia}") or by.motivos.get(file.export)
        if reason:
            motives.append(ReasonGiven(**file.stored(), motivo=reason))
    return documents.ClosedBy(persona=by.persona, motivos=motives) if motives else None


def given_before(settings: Settings, quarter: Quarter) -> ClosedBy | None:
    """Who closes a quarter that is being tried again: what was said with its held attempt still holds for what is still missing."""
    attempt = closing_attempts(settings.layout).get(str(quarter))
    if attempt is None or not attempt.held or attempt.cierre_por is None:
        return None
    by = attempt.cierre_por
    return ClosedBy(by.persona, {f"{m.export}/{m.dependencia}": m.motivo for m in by.motivos})
