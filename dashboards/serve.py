"""Serve the dashboards under gunicorn in the foreground; stops cleanly on SIGINT and SIGTERM.

    .venv-superset/bin/python dashboards/serve.py [--host 127.0.0.1] [--port 8088] [--workers 2] [--no-apply]

Applies the assets first, first start included (apply.py prints the administrator's password once).
"""

from __future__ import annotations

import os
import subprocess
import sys

from environment import HERE, end_with, flag, handed_on, options, prepare

EDITED = 4  # apply.py: somebody changed dashboards in the browser


def main() -> int | None:
    parser = options(__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-apply", action="store_true", help="the assets were applied already")
    arguments = parser.parse_args()
    if arguments.host in {"127.0.0.1", "localhost", "::1"} and "PAMGA_SUPERSET_PLAIN_HTTP" not in os.environ:
        os.environ["PAMGA_SUPERSET_PLAIN_HTTP"] = "true"  # nobody else can listen; elsewhere cookies need TLS
    prepare()
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
    end_with(main)
