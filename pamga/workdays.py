"""Days without work at the city: weekends, the rest days of the Ley Federal del Trabajo (article 74) and the two of Holy Week."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.easter import easter

FIXED = ((1, 1), (5, 1), (9, 16), (12, 25))
NTH_MONDAYS = ((2, 1), (3, 3), (11, 3))  # month, which Monday of it
FIRST_CHANGE_OF_GOVERNMENT, EVERY_YEARS = 2024, 6
SATURDAY = 5


def is_workday(day: date) -> bool:
    """Whether people of the offices work on this day."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


def next_workday(day: date) -> date:
    """The first work day after `day`."""
    following = day + timedelta(days=1)
    while not is_workday(following):
        following += timedelta(days=1)
    return following


def _holidays(year: int) -> set[date]:
    days = {date(year, month, day) for month, day in FIXED}
    for month, nth in NTH_MONDAYS:
        first = date(year, month, 1)
        days.add(first + timedelta(days=(-first.weekday()) % 7 + 7 * (nth - 1)))
    if (year - FIRST_CHANGE_OF_GOVERNMENT) % EVERY_YEARS == 0:
        days.add(date(year, 10, 1))
    sunday = easter(year)
    return days | {sunday - timedelta(days=3), sunday - timedelta(days=2)}
