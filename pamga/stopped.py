"""What stops a command from outside, and what whoever did it is told. Loaded before anything else: the standard library's smallest parts alone."""

from __future__ import annotations

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stopped_by(number: signal.Signals) -> str:
    """What whoever stopped a command is told."""
    return f"pamga: stopped by {number.name}. Next: do it again; nothing was lost and nothing is half done."
