"""What a line of the log is about: the run and the delivery in hand stand before it, whichever library writes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_ABOUT: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place
_INSTALLED = "_says_what_it_is_about"


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """While the block runs, every line says these facts (`run=…`, `entrega=…`) besides those that hold already."""
    _install()
    token = _ABOUT.set(_ABOUT.get() | facts)
    try:
        yield
    finally:
        _ABOUT.reset(token)


def _install() -> None:
    """Lines are made by one factory, so that handlers of anybody (Airflow's, the terminal's) show what it adds."""
    before = logging.getLogRecordFactory()
    if getattr(before, _INSTALLED, False):
        return

    def factory(*arguments: Any, **more: Any) -> logging.LogRecord:
        record = before(*arguments, **more)
        facts = _ABOUT.get()
        record.about = facts  # for whoever writes JSON
        if facts:
            said = " ".join(f"{name}={_in_a_line(value)}" for name, value in facts.items())
            record.msg = f"[{said.replace('%', '%%') if record.args else said}] {record.msg}"
        return record

    setattr(factory, _INSTALLED, True)
    logging.setLogRecordFactory(factory)


def _in_a_line(value: str) -> str:
    """A file's name may hold a line break, and after it what looks like another line of the log."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in value)
