"""Who did it: what a person does by hand is recorded under a person's name, never under the machine's account."""

from __future__ import annotations

import getpass
import sys

import click

from pamga.reasons import signed

UNNAMED = "persona no identificada"
MACHINES = frozenset(
    {"root", "airflow", "pamga", "nobody", "daemon", "admin", "default", "ubuntu", "runner", "www-data"}
)


def named(given: str | None) -> str:
    """The name given, or asked for on a terminal; else the account that is signed in, where it is a person's.

    Airflow gives the account that started the run. What nobody put a name to is said so.
    """
    name = signed(given or "")
    if not name and sys.stdin.isatty() and sys.stderr.isatty():
        name = signed(str(click.prompt("Quién lo hace (nombre y cargo; se publica)", err=True)))
    return name or account()


def account() -> str:
    """The account that is signed in on this machine, when it is a person's."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return UNNAMED
    return UNNAMED if user in MACHINES or user.isdigit() else f"cuenta {user}"
