"""Whether today's day may be believed: a clock that is years off writes days that nobody can take back into an append-only lake.

What was received, and when the inbox was looked at, are the traces of earlier days. Before the newest receipt nothing can be received any
more; long after every trace the clock is the likelier fault, and a person has to say that it is right (PAMGA_CLOCK_DAYS).
"""

from __future__ import annotations

from datetime import date, timedelta

from pamga.errors import PamgaError
from pamga.plan import plan
from pamga.settings import Settings

BACK = timedelta(days=1)
"""Of two machines one may be past midnight and the other not."""
BEFORE_THE_PLAN = timedelta(days=366)
_CLOCK = "Set the clock of this machine (timedatectl) and do it again: nothing was done."


class ImplausibleDay(PamgaError):
    """Today cannot be right."""


def somebody_set_it(settings: Settings) -> bool:
    """Whether today is the day that PAMGA_HOY says, and not the machine's clock's."""
    return settings.hoy is not None


def require_plausible_day(settings: Settings, received: date | None, seen: date | None = None) -> None:
    """Raise ImplausibleDay where today is before the newest receipt, or PAMGA_CLOCK_DAYS or more after it and every other trace (`seen`).

    Where nothing was ever received only what lies long before the plan is refused. A day that somebody set (PAMGA_HOY) is no clock's: it is
    what rules.md says that it is, whether a year is told again in an hour or a city is silent for two.
    """
    if somebody_set_it(settings):
        return
    today = settings.today
    if received is None and today < plan().inicio - BEFORE_THE_PLAN:
        raise ImplausibleDay(f"Today is {today} by the clock, and the plan begins on {plan().inicio}.", _CLOCK)
    if received is not None and today < received - BACK:
        raise ImplausibleDay(
            f"Today is {today} by the clock, and something was received on {received}: what came now would seem to have come before it.",
            f"{_CLOCK} Where that receipt is the wrong one, `pamga receipt-day` corrects its day.",
        )
    newest = max((day for day in (received, seen) if day is not None), default=None)
    if newest is not None and today > newest + timedelta(days=settings.clock_days):
        raise ImplausibleDay(
            f"Today is {today} by the clock, {(today - newest).days} days after anything was last received or looked for ({newest}).",
            f"{_CLOCK} Where the day is right, say so once with PAMGA_CLOCK_DAYS={(today - newest).days + 1} in the environment of the command.",
        )
