"""Serve the dashboards under gunicorn in the foreground; stops cleanly on SIGINT and SIGTERM.

    .venv-superset/bin/python dashboards/serve.py [--host 127.0.0.1] [--port 8088] [--workers 2] [--no-apply]

Applies the assets first, first start included (apply.py prints the administrator's password once).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

EDITED = 4  # apply.py: somebody changed dashboards in the browser
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from environment import EnvironmentProblem, flag, handed_on, prepare  # noqa: E402


def main() -> int | None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-apply", action="store_true", help="the assets were applied already")
    arguments = parser.parse_args()
    if arguments.host in {"127.0.0.1", "localhost", "::1"} and "PAMGA_SUPERSET_PLAIN_HTTP" not in os.environ:
        os.environ["PAMGA_SUPERSET_PLAIN_HTTP"] = "true"  # nobody else can listen; elsewhere cookies need TLS
    try:
        prepare()
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        return 2
    code = 0 if arguments.no_apply else subprocess.call([sys.executable, str(HERE / "apply.py")], env=handed_on())
    if code == EDITED:
        print("Serving with what was changed in the browser; git was not applied.", file=sys.stderr)
    elif code:
        return code
    return os.execve(  # noqa: S606 - gunicorn takes this process's place, so that signals reach it
        sys.executable,
        [
            sys.executable, "-m", "gunicorn", "superset.app:create_app()", "--config", str(HERE / "gunicorn_conf.py"),
            "--bind", f"{arguments.host}:{arguments.port}",
            "--workers", str(arguments.workers), "--threads", "4",
            "--timeout", "120", "--graceful-timeout", "10", "--preload",
            "--log-level", "warning",
            *(["--access-logfile", "-"] if flag("PAMGA_SUPERSET_ACCESS_LOG") else []),
        ],
        handed_on(),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
