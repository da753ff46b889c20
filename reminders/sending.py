"""A message, and sending it once: the registry claims it, an immutable object in lake/_log/reminders keeps it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pamga.documents.log import Reminder
from pamga.errors import PamgaError
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.storage import exclusive_lock, write_once

FORGET_AFTER_DAYS = 45
"""An installation that starts late does not write about the quarters, or the rejections, of years ago."""

log = logging.getLogger("pamga.reminders")


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
    files: tuple[Path, ...] = ()


Send = Callable[[Message], None]


class MayHaveGoneOutError(Exception):
    """The line broke while a message was handed over: nobody knows whether it went out. A `Send` raises it."""


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
    today = settings.today  # the mail server may answer after midnight
    with exclusive_lock(settings.layout.locks / "reminders.lock"):
        if path.exists():
            return False
        if not registry.record_reminder(message.id, message.office, message.subject, today):
            log.warning("The message %s was claimed by a process that ended; it may not have gone out.", message.id)
            return False
        try:
            send(message)
        except MayHaveGoneOutError:
            raise  # the claim stays: a second message is worse than none
        except Exception:  # refused, or nobody was there; whoever is stopped from outside does not get here
            registry.withdraw_reminder(message.id)
            raise
        write_once(path, _entry(message, today).content())
    return True


def _entry(message: Message, day: date) -> Reminder:
    return Reminder(
        id=message.id, clase=message.kind, dependencia=message.office, destinatarios=[*message.to, *message.cc],
        asunto=message.subject, fecha=day.isoformat(),
    )  # fmt: skip
