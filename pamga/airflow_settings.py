"""A setting of Airflow, read without importing Airflow: from its variable, the command that prints it, or its configuration file.

The same order as Airflow's own; what is in none of them is None, not Airflow's default.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from configparser import ConfigParser, Error
from pathlib import Path

from pamga.errors import UsageError

_SECONDS = 30


def airflow_setting(section: str, option: str) -> str | None:
    """The value. Raises UsageError when its command fails or the configuration file does not parse; neither's output is quoted."""
    variable = f"AIRFLOW__{section.upper()}__{option.upper()}"
    if os.environ.get(variable):
        return os.environ[variable]
    if os.environ.get(f"{variable}_CMD"):
        return _printed(os.environ[f"{variable}_CMD"], f"{variable}_CMD")
    path = os.environ.get("AIRFLOW_CONFIG")
    if not path or not Path(path).is_file():
        return None
    config = ConfigParser(interpolation=None)
    try:
        config.read(path, encoding="utf-8")
    except (Error, UnicodeDecodeError):
        raise UsageError(f"AIRFLOW_CONFIG names {path}, which is no configuration file.", "Mend it.") from None
    value = config.get(section, option, fallback=None)
    command = config.get(section, f"{option}_cmd", fallback=None)
    return value or (_printed(command, f"{section}.{option}_cmd of {path}") if command else None)


def _printed(command: str, name: str) -> str:
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(
            f"The command of {name} failed ({type(error).__name__}).", "Mend it, or give the service its secret."
        ) from None
    return done.stdout.strip()
