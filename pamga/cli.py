"""The `pamga` command. It knows no room: each room offers its commands as entry points of the group `pamga.commands`.

Exit codes: 0 done, 1 stopped by the gate (the old release stands), 2 wrong use, 3 broken, 130 and 143 stopped by SIGINT or SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from pamga.errors import PamgaError, UsageError
from pamga.faults import first_line, our_fault
from pamga.plan import plan
from pamga.settings import Settings
from pamga.stopped import SIGNALS, stopped_by

COMMAND_GROUP = "pamga.commands"


class LazyGroup(click.Group):
    """Loads a room only when its command is called, so that `pamga status` does not import dbt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(entry_points(group=COMMAND_GROUP).names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in entry_points(group=COMMAND_GROUP, name=cmd_name):
            command: click.Command = entry.load()
            return command
        return None


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with the command's own options on top. Raises UsageError when one is unusable."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"PAMGA_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise UsageError(f"Unusable settings: {problems}.", "Mend the environment and call again.") from error


json_option = click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")


def print_json(document: Any) -> None:
    """The one machine-readable document of a command called with --json."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")


def tell_unkept(settings: Settings) -> None:
    """After an act that no restore may undo: say in red, on standard error, which ones the backup does not hold yet."""
    from pamga.backup.acts import unkept

    pending = unkept(settings)
    if pending:
        click.secho(
            f"El respaldo no contestó: {len(pending)} decisiones valen aquí y todavía no están en él ({', '.join(pending[:3])}). Si se restaurara "
            "ahora una copia anterior, se desharían. Se intenta de nuevo con cada publicación y cada noche; `pamga backup` lo hace ya.",
            fg="red",
            err=True,
        )


class _Signals:
    """What ends a command from outside: the first signal ends it as an error does, so that what is unfinished is cleared away (a killed
    process leaves it to the next run); a second one ends it at once."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._received) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _received(self, number: int, _frame: object) -> None:
        self.received = signal.Signals(number)
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt


def run_command(command: click.Command) -> NoReturn:
    """Run a click command with the project's exit codes; neither bad input nor a signal ends in a traceback."""
    signals = _Signals()
    with signals.watched():
        status = _status_of(command, signals)
    raise SystemExit(status)


def _status_of(command: click.Command, signals: _Signals) -> int:
    try:
        return _done(command)
    except SystemExit:
        raise
    except (
        BaseException
    ) as error:  # a library may have made something else of the interruption; a panic of polars is no Exception
        if signals.received is None:
            return _told(error)
        print(stopped_by(signals.received), file=sys.stderr)
        return 128 + signals.received


def _done(command: click.Command) -> int:
    try:
        status = command.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    return status if isinstance(status, int) else 0


def _told(error: BaseException) -> int:
    """Say what went wrong; returns the exit code."""
    if isinstance(error, click.Abort):
        return 3
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, PamgaError):
        print(f"pamga: {error}", file=sys.stderr)
        return error.exit_code
    if os.environ.get("PAMGA_TRACEBACK"):  # engineers set it to see where
        raise error
    print(f"pamga: {our_fault(error) or _unexpected(error)}", file=sys.stderr)
    return 3


def _unexpected(error: BaseException) -> str:
    said = first_line(error)
    return f"unexpected {type(error).__name__}: {said}. Run again with PAMGA_TRACEBACK=1 and report the traceback."


def main() -> NoReturn:
    """The `pamga` command, once it is loaded (pamga/start.py)."""
    run_command(LazyGroup(name="pamga", help=f"Tubería de datos del {plan().nombre} de {plan().municipio}."))
