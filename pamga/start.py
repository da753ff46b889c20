"""Where the command `pamga` begins: a signal that comes while Python still loads the program is answered as one that comes later.

Nothing but the standard library's smallest parts is loaded before the handler stands.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

from pamga.stopped import SIGNALS, stopped_by


def main() -> NoReturn:
    """Entry point of the `pamga` command."""
    for number in SIGNALS:
        signal.signal(number, _end)
    from pamga.cli import main as run

    run()


def _end(number: int, _frame: object) -> NoReturn:
    """Nothing was begun that could be cleared away, and an exception in the middle of an import would end in a traceback."""
    os.write(2, f"{stopped_by(signal.Signals(number))}\n".encode())
    os._exit(128 + number)
