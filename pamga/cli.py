"""The `pamga` command. It knows no room: each room offers its commands as entry points of the group `pamga.commands`.

Exit codes: 0 done, 1 stopped by the gate (the old release stands), 2 wrong use, 3 broken.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import entry_points
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from pamga.errors import PamgaError, UsageError
from pamga.faults import first_line, our_fault
from pamga.plan import plan
from pamga.settings import Settings

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


def print_json(document: Any) -> None:
    """The one machine-readable document of a command called with --json."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")


def run_command(command: click.Command) -> NoReturn:
    """Run a click command with the project's exit codes; bad input never ends in a traceback."""
    try:
        status = command.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.ClickException as error:
        error.show()
        status = 2
    except click.Abort:
        status = 3
    except PamgaError as error:
        print(f"pamga: {error}", file=sys.stderr)
        status = error.exit_code
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:  # engineers set PAMGA_TRACEBACK=1 to see where
        if os.environ.get("PAMGA_TRACEBACK"):
            raise
        print(f"pamga: {our_fault(error) or _unexpected(error)}", file=sys.stderr)
        status = 3
    raise SystemExit(status if isinstance(status, int) else 0)


def _unexpected(error: Exception) -> str:
    said = first_line(error)
    return f"unexpected {type(error).__name__}: {said}. Run again with PAMGA_TRACEBACK=1 and report the traceback."


def main() -> NoReturn:
    """Entry point of the `pamga` command."""
    run_command(LazyGroup(name="pamga", help=f"Tubería de datos del {plan().nombre} de {plan().municipio}."))
