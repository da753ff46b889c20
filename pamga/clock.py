"""The wall clock, where the city is. Used at the door and in the calendar, never in a result."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

LEON = ZoneInfo("America/Mexico_City")


def today_in_leon() -> date:
    """Today's date in America/Mexico_City."""
    return datetime.now(LEON).date()


def day_in_leon(nanoseconds: int) -> date:
    """The day in America/Mexico_City of a moment counted from 1970 in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, LEON).date()
