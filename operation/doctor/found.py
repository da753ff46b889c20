"""How the parts of an installation are said to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "fail"
ANSWER_SECONDS = 5
"""How long a server may keep a look waiting for one answer."""


class Found(NamedTuple):
    """How something is, and what to do when it is not well."""

    state: str
    said: str
    mend: str = ""


@dataclass(frozen=True)
class Check:
    """What was found of one part."""

    part: str
    state: str
    said: str
    mend: str
