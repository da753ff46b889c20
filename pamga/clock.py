"""The wall clock, where the city is. Used at the door and in the calendar, never in a result."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pamga.plan import plan

CITY = ZoneInfo(plan().lugar.zona_horaria)


def today_in_the_city() -> date:
    """Today's date where the city is."""
    return datetime.now(CITY).date()


def day_in_the_city(nanoseconds: int) -> date:
    """The day where the city is of a moment counted from 1970 in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, CITY).date()


def midnight(day: str) -> str:
    """The moment at which a day begins where the city is, as ISO 8601 writes it with its offset."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), CITY).isoformat()
