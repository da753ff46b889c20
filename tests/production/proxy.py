"""docker/proxy/nginx.conf in a real nginx, without TLS and on ports that are free; everything else as it is written."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.production.compose import ROOT
from tests.production.services import program, stop
from tests.servers import HANGS, free_port, listens, wait_until

PUBLIC, INNER, PLAIN = "8443", "8444", "8081"
Ports = dict[str, int]
BEHIND = {"files": "127.0.0.11", "superset": "127.0.0.12", "airflow-api": "127.0.0.13", "monitor": "127.0.0.14"}


@contextmanager
def serving(
    behind: int,
    http: str = "",
    seconds: dict[str, int] | None = None,
    rates: dict[str, str] | None = None,
    names: Path | None = None,
) -> Iterator[Ports]:
    """All services behind it are one, on this port. `http`: more of nginx's, to answer there; `seconds`, `rates`: other waits, other rates
    of zones than written; `names`: started by docker/proxy/start.sh, each service at an address of its own (BEHIND) that is its name, which
    leads there while a file of this folder is called so."""
    ports = {name: free_port() for name in (PUBLIC, INNER, PLAIN)}
    text = (ROOT / "docker/proxy/nginx.conf").read_text(encoding="utf-8")
    for name, port in ports.items():
        text = re.sub(rf"listen {name}(?: ssl)?(?: http2)?", f"listen 127.0.0.1:{port}", text)
    text = re.sub(r"^ *ssl_certificate\S* .*;$", "", text, flags=re.M)
    for name, address in BEHIND.items():
        text = re.sub(rf"server {name}:\d+", f"server {address if names else '127.0.0.1'}:{behind}", text)
    for name, wait in (seconds or {}).items():
        text, changed = re.subn(rf"^  {name} \d+s;$", f"  {name} {wait}s;", text, flags=re.M)
        assert changed == 1, name
    for zone, rate in (rates or {}).items():
        text, changed = re.subn(rf"(zone={zone}:10m rate=)\w+/\w;", rf"\g<1>{rate};", text)
        assert changed == 1, zone
    folder = Path(tempfile.mkdtemp(prefix="pamga-proxy-"))
    text = text.replace("/tmp/", f"{folder}/").replace("http {", f"http {{\n{http}", 1)
    text = text.replace("access_log /dev/stdout short", "access_log off")
    (folder / "nginx.conf").write_text(f"user root;\n{text}")
    command = [program("nginx", "nginx-light"), "-e", "stderr", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    if names is not None:
        command = ["sh", "-c", _started(folder, names)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until("nginx", lambda: all(map(listens, ports.values())), HANGS, folder / "log")
        yield ports | {"pid": process.pid}
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, names: Path) -> str:
    """start.sh with the folders, the names and the haste of a test."""
    configuration = str(folder / "nginx.conf")
    text = (ROOT / "docker/proxy/start.sh").read_text(encoding="utf-8")
    for written, here in {
        "/tmp/": f"{folder}/read-", "/etc/nginx/nginx.conf": configuration, "/run/secrets/tls_certificate.pem": configuration,
        "getent hosts ": f"ls -d {names}/", " ".join(BEHIND): " ".join(BEHIND.values()), "LOOK_SECONDS:-10": "LOOK_SECONDS:-0.2",
    }.items():  # fmt: skip
        assert written in text, written
        text = text.replace(written, here)
    return text
