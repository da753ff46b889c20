"""Why somebody did something, as it is published: a reason that a person types is read by everybody, as any other text (rules.md, "Personal data")."""

from __future__ import annotations

import re

from pamga.errors import UsageError
from pamga.suspects import (
    ACCOUNT,
    CURP,
    EMAIL,
    NAME,
    PASSPORT,
    PHONE,
    RFC,
    SOCIAL,
    STRONG,
    VOTER,
    in_order,
    looks_personal,
)

_NOBODY_S_NAME = frozenset({ACCOUNT, CURP, EMAIL, PASSPORT, PHONE, RFC, SOCIAL, VOTER})
_ACCOUNT_OF_AIRFLOW = re.compile(r"\bcuenta [^\s)]+")
"""Beside a typed name; it may be an address of the office's."""


def to_publish(reason: str, *, names_allowed: bool = True) -> str:
    """The reason on one line.

    Raises UsageError where it seems to hold a person's number, address or the like; and, unless `names_allowed` (who answers for something
    is named in public, who asked for something to be hidden is not), where it seems to name a person. What was found is not repeated.
    """
    said = " ".join(reason.split())
    found = looks_personal(said)
    strong = found & STRONG if names_allowed else found & (STRONG | {NAME})
    if strong:
        advice = "" if strong & STRONG else " If it is the name of a place or of an office, say so: --revisado."
        raise UsageError(
            f"The reason is published and seems to hold personal data ({', '.join(in_order(strong))}).",
            f"Write it without.{advice}",
        )
    return said


def signed(person: str) -> str:
    """The name of who did something, on one line: it is published as the reason is.

    Raises UsageError where it seems to hold more than a name and an office. What was found is not repeated.
    """
    said = " ".join(person.split())
    if found := looks_personal(_ACCOUNT_OF_AIRFLOW.sub("", said)) & _NOBODY_S_NAME:
        raise UsageError(
            f"Who does it is published and seems to hold personal data ({', '.join(in_order(found))}).",
            "Give the name and the office alone.",
        )
    return said
