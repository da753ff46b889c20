"""Something every day at an hour of León, for ever: for a service of its own, which knows what no worker of Airflow may know."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from pamga.clock import LEON
from pamga.errors import UsageError

_LOG = logging.getLogger("pamga.operation")


def seconds_until(hour: str, now: datetime) -> float:
    """How long it is until the clock of León next shows `HH:MM`. Raises UsageError for another form."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", hour)
    if not match:
        raise UsageError(f"{hour!r} is no hour.", "Write hours and minutes: 02:00.")
    today = now.astimezone(LEON)
    then = today.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    return ((then if then > today else then + timedelta(days=1)) - today).total_seconds()


def every_day(hour: str, step: Callable[[], None]) -> NoReturn:
    """Do it every day; a day on which it fails is logged, and the next day it is tried again."""
    while True:
        time.sleep(seconds_until(hour, datetime.now(LEON)))
        try:
            step()
        except Exception as error:  # a disk, a bucket, a database: tomorrow it may be there again
            _LOG.error("It failed today: %s", error)
