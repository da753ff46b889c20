"""Calendar quarters, written `2026T3` (rules.md, 'Quarters, deliveries, versions')."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_PATTERN = re.compile(r"^(20\d{2})T([1-4])$")


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; ordered by time."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read `2026T3`. Raises ValueError on anything else."""
        match = _PATTERN.match(text)
        if match is None:
            raise ValueError(f"not a quarter: {text!r} (expected for instance 2026T3)")
        return cls(int(match.group(1)), int(match.group(2)))

    @classmethod
    def containing(cls, day: date) -> Quarter:
        """The quarter that holds `day`."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def index(self) -> int:
        """Quarters since year 0, so that consecutive quarters differ by one."""
        return self.year * 4 + self.number - 1

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def cutoff(self) -> date:
        """`fecha_corte`: the last day of the quarter."""
        return self.shift(1).first_day - timedelta(days=1)

    def shift(self, quarters: int) -> Quarter:
        """The quarter so many quarters later (earlier when negative)."""
        year, number = divmod(self.index + quarters, 4)
        return Quarter(year, number + 1)

    def __str__(self) -> str:
        return f"{self.year}T{self.number}"
