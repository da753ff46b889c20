"""docker-compose.yml by a real Docker Engine, without a registry: images built, everything started, and the commands of docs/production.md.

    python -m tests.production.engine [--folder FOLDER] [--built]

As root, on Debian 12 with mmdebstrap; some ten minutes. Engine and Compose are Debian's (docker.io and docker-compose of the release that has Engine 26),
put into a root of their own, with namespaces of their own: nothing of the machine is touched. The images of others (python, postgres,
redis, nginx, debian) cannot be pulled here: stand-ins of the same names are made of Debian's packages, with what our files rely on
(users, folders, PATH, volumes, PostgreSQL's entry point). So the digests are taken out of a copy of our files; all else is as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests
import yaml

from tests.production.compose import IMAGE_OF, ROOT
from tests.production.stack import own_network
from tests.servers import wait_until

ADDRESS, DOMAIN, OFFICE = "10.89.0.1", "pamga.example", "presupuesto_participativo"
"""Where the doors are published, in the network that is made for it (tests/production/stack.py)."""
ADMIN_PORT = 8444
ENDED = (IMAGE_OF, "airflow-init")
"""They do their work and are gone."""
NO_BACKUP = {"backup: There is no backup in /backup.", "backup: /backup holds no snapshot."}
"""Before the first one; the night's, which a first start may catch up on, makes the folder before the snapshot."""
UPGRADED = (
    "airflow-init airflow-api airflow-scheduler airflow-dag-processor airflow-triggerer airflow-worker",
    "superset", "files", "sftp", "monitor proxy", "postgres", "redis",
)  # fmt: skip
"""What the page's table of upgrades names, command by command."""
SMALL_DISK_MB, LEFT_MB = 2000, 8
"""A disk for the data, and what of it is left for a build: enough to receive, too little for a warehouse."""
ENGINE_RELEASE = "trixie"
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
PACKAGES = "docker.io,docker-cli,docker-compose,docker-buildx,containerd,runc,iptables,iproute2,ca-certificates,tini,procps,mount"
PASSWORD = "d3:una/clave#con@todo%"
POSTGRES_ENTRYPOINT = r"""#!/usr/bin/env bash
set -Eeo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  eval 'initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" '"$POSTGRES_INITDB_ARGS"
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  for file in /docker-entrypoint-initdb.d/*.sh; do if [ -x "$file" ]; then "$file"; else . "$file"; fi; done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
"""
"""What the official entry point does for an unprivileged user with these variables."""
INSTALL = "apt-get update && apt-get install -y --no-install-recommends"
STAND_INS = {
    "python:3.11-slim-bookworm": f"""
RUN {INSTALL} python3.11 python3-pip && rm -rf /var/lib/apt/lists/* /usr/lib/python3.11/EXTERNALLY-MANAGED \\
 && for name in python python3 python3.11; do ln -s /usr/bin/python3.11 /usr/local/bin/$name; done && ln -s /usr/bin/pip3 /usr/local/bin/pip
ENV LANG=C.UTF-8
""",
    "postgres:15.14-bookworm": f"""
RUN groupadd -r postgres --gid=999 && useradd -r -g postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres
RUN {INSTALL} locales postgresql-common && echo 'en_US.UTF-8 UTF-8' >>/etc/locale.gen && locale-gen \\
 && sed -ri 's/#(create_main_cluster) .*$/\\1 = false/' /etc/postgresql-common/createcluster.conf \\
 && apt-get install -y --no-install-recommends postgresql-15 && mkdir /docker-entrypoint-initdb.d \\
 && sed -ri "s/^#?listen_addresses.*/listen_addresses = '*'/" /usr/share/postgresql/15/postgresql.conf.sample
ENV LANG=en_US.utf8 PATH=$PATH:/usr/lib/postgresql/15/bin PGDATA=/var/lib/postgresql/data
RUN install -d -o postgres -g postgres -m 3777 /var/run/postgresql && install -d -o postgres -g postgres -m 1777 $PGDATA
VOLUME /var/lib/postgresql/data
COPY entrypoint /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
CMD ["postgres"]
""",
    "redis:7.2-bookworm": f"""
RUN groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis && {INSTALL} redis-server && mkdir /data && chown redis:redis /data
VOLUME /data
WORKDIR /data
""",
    "nginx:1.28.0-bookworm": f"""
RUN groupadd --system --gid 101 nginx && useradd --system --gid nginx --no-create-home --home /nonexistent --shell /bin/false --uid 101 nginx
RUN {INSTALL} nginx-light curl
STOPSIGNAL SIGQUIT
""",
}
BASE = "debian:bookworm-slim"
START = r"""
set -eu
mount --make-rprivate /
mkdir -p {root}/host {root}/var/lib/docker {root}/oldroot
mount --bind {root} {root}
cd {root}
mount --rbind /dev dev
mount -t proc proc proc
mount --rbind /sys sys
mount --bind {folder}/docker var/lib/docker
mount --bind {folder} host
mount -t tmpfs tmpfs run
cp /etc/hosts /etc/resolv.conf etc/
pivot_root . oldroot
cd /
exec dockerd --host unix:///host/docker.sock --group root --pidfile /run/dockerd.pid {more}
"""


def sources(release: str) -> str:
    """The machine's own sources of Debian's packages, for another release."""
    return Path("/etc/apt/sources.list.d/debian.sources").read_text(encoding="utf-8").replace("bookworm", release)


class Engine:
    """A Docker Engine in a root of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self._files: list[str] = []

    # --- the engine and its images ----------------------------------------------------------------------------------------

    def make(self) -> None:
        """Its root, and the tree that the stand-ins are made of."""
        (self.folder / "docker").mkdir(parents=True, exist_ok=True)
        options = [f"--aptopt={path}" for path in sorted(Path("/etc/apt/apt.conf.d").glob("99*"))]
        for release, variant, packages, made in (
            (ENGINE_RELEASE, "apt", PACKAGES, "root"),
            ("bookworm", "minbase", "ca-certificates,netbase,tzdata", "slim.tar"),
        ):
            if not (self.folder / made).exists():
                (self.folder / f"{release}.sources").write_text(sources(release), encoding="utf-8")
                subprocess.run(
                    ["mmdebstrap", "--quiet", f"--variant={variant}", f"--include={packages}", *options, release, str(self.folder / made),
                     str(self.folder / f"{release}.sources")], check=True,
                )  # fmt: skip

    @contextmanager
    def running(self, *more: str) -> Iterator[None]:
        """In the network of whoever calls."""
        script = START.format(root=self.folder / "root", folder=self.folder, more=" ".join(more))
        with (self.folder / "engine.log").open("ab") as log:
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        try:
            wait_until("the engine", lambda: children.read_text().split(), 30)
            self._pid = int(children.read_text().split()[0])
            wait_until("the engine", lambda: self._docker("version").returncode == 0, 90, self.folder / "engine.log")
            yield
        finally:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
            process.wait(120)

    def _docker(self, *arguments: str, folder: str = "/", **more: Any) -> subprocess.CompletedProcess[str]:
        command = [
            *self._inside,
            "env",
            "-C",
            folder,
            "DOCKER_HOST=unix:///host/docker.sock",
            "HOME=/root",
            PATH,
            "docker",
            *arguments,
        ]
        return subprocess.run(command, text=True, check=False, capture_output=True, **more)

    def inside(self, *command: str) -> None:
        subprocess.run([*self._inside, "env", PATH, *command], check=True)

    @property
    def _inside(self) -> list[str]:
        return ["nsenter", f"--target={self._pid}", "--mount", "--pid", "--root", "--wd=/"]

    def docker(self, *arguments: str, folder: str = "/", given: str | None = None) -> str:
        """What a command printed. Raises where it fails."""
        done = self._docker(*arguments, folder=folder, input=given)
        if done.returncode != 0:
            raise AssertionError(
                f"docker {' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done.stdout

    def compose(self, *arguments: str, given: str | None = None) -> str:
        return self.docker("compose", *self._files, *arguments, folder="/host/site", given=given)

    @contextmanager
    def with_file(self, more: str) -> Iterator[None]:
        """Another file beside docker-compose.yml, as an installation has one."""
        with self.with_files(["-f", "docker-compose.yml", "-f", more]):
            yield

    @contextmanager
    def with_files(self, options: list[str]) -> Iterator[None]:
        """Every command of compose with these options."""
        self._files = options
        try:
            yield
        finally:
            self._files = []

    def build(self) -> None:
        """The stand-ins, then our images from a copy of the commit, as the page says."""
        known = [
            line.split() for line in Path("/etc/hosts").read_text().splitlines() if line.strip() and line[0] != "#"
        ]
        # Not the machine's own names: nothing asks for them, and of several names Compose makes another order, thus another layer, each time.
        hosts = {name: entry[0] for entry in known for name in entry[1:] if not entry[0].startswith(("127.", "::1"))}
        out = ["--network=host", *(f"--add-host={name}:{address}" for name, address in hosts.items())]
        certificates = "/etc/ssl/certs/ca-certificates.crt"
        files = {"slim.tar": self.folder / "slim.tar", "ca-certificates.crt": Path(certificates)}
        files |= {path.name: path for path in Path("/etc/apt/apt.conf.d").glob("99*")}
        text = f"FROM scratch\nADD slim.tar /\nCOPY 99* /etc/apt/apt.conf.d/\nCOPY ca-certificates.crt {certificates}\nENV SSL_CERT_FILE={certificates} PIP_CERT={certificates}\n"
        self._stand_in(BASE, text, files, out)
        for name, body in STAND_INS.items():
            (self.folder / "entrypoint").write_text(POSTGRES_ENTRYPOINT)
            (self.folder / "entrypoint").chmod(0o755)
            self._stand_in(name, f"FROM {BASE}{body}", {"entrypoint": self.folder / "entrypoint"}, out)
        self._copy(hosts)
        self.first_day()
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        command = [
            "-f",
            "docker-compose.yml",
            "-f",
            "/host/network.yml",
            "--progress",
            "plain",
            "build",
            "--build-arg",
            f"PAMGA_COMMIT={commit}",
        ]
        began = time.monotonic()
        done = self._docker("compose", *command, folder="/host/site")
        (self.folder / "build.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        assert done.returncode == 0, done.stderr[-4000:]
        print(f"docker compose build: {time.monotonic() - began:.0f} s", flush=True)

    def _stand_in(self, name: str, text: str, files: dict[str, Path], out: list[str]) -> None:
        context = self.folder / "context"
        shutil.rmtree(context, ignore_errors=True)
        context.mkdir()
        for target, source in files.items():
            shutil.copy(source, context / target)
        (context / "Dockerfile").write_text(text, encoding="utf-8")
        self.docker("build", "--quiet", *out, "--tag", name, "/host/context")

    def _copy(self, hosts: dict[str, str]) -> None:
        shutil.rmtree(self.site, ignore_errors=True)
        self.site.mkdir()
        tree = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(self.site)], input=tree, check=True)
        for name in ("docker-compose.yml", "docker/Dockerfile", "docker/sftp/Dockerfile"):
            path = self.site / name
            path.write_text(re.sub(r"@sha256:[0-9a-f]{64}", "", path.read_text(encoding="utf-8")), encoding="utf-8")
        services = yaml.safe_load((self.site / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        built = {"build": {"network": "host", "extra_hosts": hosts}}
        network = {"services": {name: built for name, service in services.items() if "build" in service}}
        (self.folder / "network.yml").write_text(yaml.safe_dump(network), encoding="utf-8")

    # --- the first day ----------------------------------------------------------------------------------------------------

    def first_day(self) -> None:
        """`.env`, `secrets/`, `offices/` as the page says."""
        text = (self.site / ".env.example").read_text(encoding="utf-8")
        text = re.sub(r"^(PAMGA_(?:PUBLIC|ADMIN|SFTP)_ADDRESS)=.*$", rf"\1={ADDRESS}", text, flags=re.M)
        text += "PAMGA_HOY=2026-10-20\nPAMGA_SETTLE_SECONDS=1\nPAMGA_RECEIVE_CRON=* * * * *\n"
        (self.site / ".env").write_text(text, encoding="utf-8")
        self.make_secrets()
        (self.site / "offices").mkdir()
        key = self.folder / "office.key"
        key.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        shutil.copy(f"{key}.pub", self.site / "offices" / OFFICE)

    def make_secrets(self) -> None:
        command = [sys.executable, "docker/make_secrets.py", "--domain", DOMAIN]
        subprocess.run(command, cwd=self.site, check=True, stdout=subprocess.DEVNULL)

    def up(self, *arguments: str) -> float:
        """Seconds until all of it is well."""
        began = time.monotonic()
        try:
            self.compose("up", "-d", "--wait", *arguments)
        except AssertionError as failed:  # what those said that are not well goes with it
            states = self.states()
            ill = sorted(name for name, state in states.items() if "(healthy)" not in state and name not in ENDED)
            said = f"{states}\n" + self.compose("logs", "--no-color", "--tail", "30", *ENDED, *ill)
            raise AssertionError(f"{failed}\n{said}") from failed
        return time.monotonic() - began

    def states(self) -> dict[str, str]:
        lines = self.compose("ps", "--all", "--format", "{{.Service}} {{.Status}}").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def pamga(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._docker(
            "compose", *self._files, "exec", "-T", "airflow-worker", "pamga", *command, folder="/host/site"
        )

    def failures(self) -> list[str]:
        checks = json.loads(self.pamga("doctor", "--json").stdout)["checks"]
        return [f"{check['part']}: {check['said']}" for check in checks if check["state"] == "fail"]

    def get(self, name: str, path: str, port: int = 443, **more: Any) -> requests.Response:
        """What the proxy answers to whoever opens this name (`named` leads it to the proxy)."""
        session = requests.Session()
        session.trust_env, session.verify = (
            False,
            str(self.site / "secrets/tls_certificate.pem"),
        )  # a bundle of the machine's would win
        return session.request(more.pop("method", "GET"), f"https://{name}.{DOMAIN}:{port}{path}", timeout=60, **more)

    def hashes(self) -> str:
        """Every file of every release, as the worker sees it."""
        look = "cd /data/releases && readlink current && find . -type f ! -name '.*' -exec sha256sum {} + | sort -k2"
        return self.compose("exec", "-T", "airflow-worker", "sh", "-c", look)


@contextmanager
def named() -> Iterator[None]:
    """The installation's names lead to its doors, as its DNS would have it."""
    known = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        return known(ADDRESS if str(host).endswith(DOMAIN) else host, *arguments, **more)

    with patch.object(socket, "getaddrinfo", resolve):
        yield


def prove(engine: Engine) -> None:
    """A delivery walks through, and the commands of docs/production.md do what it says. Raises where something does not."""

    def say(what: str, seconds: float | None = None) -> None:
        print(what if seconds is None else f"{what}: {seconds:.0f} s", flush=True)

    say("from nothing to all well", engine.up())
    say(f"states: {engine.states()}")
    assert set(engine.failures()) <= NO_BACKUP, engine.failures()
    add_people(engine)
    began = time.monotonic()
    deliver(engine)
    publish(engine)
    say("from the file dropped by SFTP to the release", time.monotonic() - began)
    page = engine.get("datos", "/current/")
    assert page.status_code == 200 and "Gobierno Abierto" in page.text
    open_boards(engine)
    keeps_its_secrets(engine)
    say("memory: " + engine.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").replace("\n", "; "))
    engine.compose("exec", "-T", "airflow-worker", "pamga", "backup")
    assert engine.failures() == []
    before = engine.hashes()

    say("die and come back by themselves", die_and_come_back(engine))

    engine.compose("exec", "-T", "airflow-worker", "pamga", "backup")
    engine.compose("down")
    for volume in ("data", "postgres", "logs", "redis"):
        engine.docker("volume", "rm", f"pamga-leon_{volume}")
    engine.compose("up", "-d", "--wait", "postgres")
    engine.compose("run", "--rm", "-T", "airflow-init", "pamga", "restore")
    say("restored into nothing, and all well", engine.up())
    assert engine.hashes() == before
    assert engine.failures() == [], engine.failures()
    open_boards(engine)
    deliver(engine, rows=13)
    publish(engine)
    say("restored: every file has its hash, the boards open, the next delivery is published")
    change_a_password(engine)
    rotate(engine)
    say("a password of the database and the pseudonyms' key were changed")
    join_a_second_machine(engine)
    say("a worker of another machine did the work of the first")
    move_host_keys(engine)
    move_postgresql(engine)
    say("the host keys and PostgreSQL's contents were taken out and put back")
    assert engine.hashes() != before and up_now(engine)
    assert engine.failures() == [], engine.failures()
    engine.compose("stop", "airflow-worker")
    for part in UPGRADED:
        engine.up(*part.split())
    engine.compose("down")
    say("all of it holds")


def open_boards(engine: Engine) -> None:
    boards = engine.get("tableros", "/api/v1/dashboard/").json()["result"]
    assert len(boards) >= 4, boards


def deliver(engine: Engine, rows: int = 12) -> None:
    lines = "".join(f"EV-{number},2026-08-{number:02d},Centro,2,1\n" for number in range(1, rows + 1))
    (engine.folder / "entrega.csv").write_text(
        f"evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n{lines}", encoding="utf-8"
    )
    command = ["sftp", "-b", "-", "-P", "2222", "-i", str(engine.folder / "office.key"), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o",
               "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{OFFICE}@{ADDRESS}"]  # fmt: skip
    given = f"put {engine.folder}/entrega.csv eventos_mbh_2026T3.csv\n"
    subprocess.run(command, input=given, text=True, check=True, capture_output=True)


def publish(engine: Engine) -> None:
    """The Secretariado's yes, by Airflow's API behind the proxy, until another release is up."""
    before = up_now(engine)
    headers = signed_in(engine, "secretariado")

    def question() -> dict[str, Any] | None:
        path = "/api/v2/dags/publicar/dagRuns/~/hitlDetails?response_received=false"
        found = engine.get("tuberia", path, ADMIN_PORT, headers=headers).json().get("hitl_details", [])
        return dict(found[-1]["task_instance"]) if found else None

    wait_until("the question", question, 900)
    asked = question()
    assert asked is not None
    path = f"/api/v2/dags/publicar/dagRuns/{asked['dag_run_id']}/taskInstances/{asked['task_id']}/-1/hitlDetails"
    yes = {
        "chosen_options": ["aprobar"],
        "params_input": {"persona": "Ana Ruiz, Secretaria Técnica", "motivo": "Revisado en sesión."},
    }
    assert engine.get("tuberia", path, ADMIN_PORT, method="PATCH", json=yes, headers=headers).status_code == 200
    wait_until("the release", lambda: up_now(engine) != before, 600)


def up_now(engine: Engine) -> str:
    """The release to which `current` leads those who open it; nothing before the first."""
    answer = engine.get("datos", "/current/inputs.lock")
    return answer.text if answer.status_code == 200 else ""


def signed_in(engine: Engine, person: str) -> dict[str, str]:
    """What this person's program sends with each question to Airflow."""
    asked = {"username": person, "password": PASSWORD}
    answer = engine.get("tuberia", "/auth/token", ADMIN_PORT, method="POST", json=asked)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def add_people(engine: Engine) -> None:
    for person, role in (("sistemas", "Admin"), ("secretariado", "Secretariado")):
        engine.compose("exec", "-T", "airflow-api", "airflow", "users", "create", "--role", role, "--username", person, "--firstname", "Ana",
                       "--lastname", "Ruiz", "--email", f"{person}@{DOMAIN}", "--password", PASSWORD)  # fmt: skip


def fill_the_disk(engine: Engine) -> None:
    """The data on a small disk that is full while a delivery is built: two tries fail, nothing is half done, and the third one, with space
    again, goes through to the release."""
    small = engine.folder / "small.img"
    subprocess.run(["truncate", "--size", f"{SMALL_DISK_MB}M", str(small)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(small)], check=True)
    engine.inside(
        "sh", "-c", "mkdir -p /host/small && mount -o loop /host/small.img /host/small && chown 1000:1000 /host/small"
    )
    disk = {"volumes": {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "/host/small"}}}}
    (engine.folder / "small.yml").write_text(yaml.safe_dump(disk), encoding="utf-8")
    with engine.with_file("/host/small.yml"):
        try:
            engine.up()
            add_people(engine)
            inside = f"fallocate -l $(($(df --output=avail -m /data | tail -1) - {LEFT_MB}))M /data/.filler && df -m /data | tail -1"
            print("full:", engine.compose("exec", "-T", "airflow-worker", "sh", "-c", inside).strip(), flush=True)
            deliver(engine)
            headers = signed_in(engine, "sistemas")

            def tries() -> int:
                path = "/api/v2/dags/construir_candidata/dagRuns/~/taskInstances?state=up_for_retry"
                found = engine.get("tuberia", path, ADMIN_PORT, headers=headers).json().get("task_instances", [])
                return max((int(task["try_number"]) for task in found), default=0)

            wait_until("two tries that failed", lambda: tries() >= 2, 900)
            ill = engine.failures()
            assert any(failure.startswith("disk:") for failure in ill), ill
            runs = engine.compose("exec", "-T", "airflow-worker", "sh", "-c", "ls -A /data/runs /data/releases").split()
            assert not [name for name in runs if name.startswith("20")], runs
            engine.compose("exec", "-T", "airflow-worker", "rm", "/data/.filler")
            began = time.monotonic()
            publish(engine)
            print(
                f"disk full for two tries; from space again to the release: {time.monotonic() - began:.0f} s",
                flush=True,
            )
            assert set(engine.failures()) <= NO_BACKUP, engine.failures()
        finally:
            engine.compose("down", "--volumes", "--timeout", "10")
            engine.inside("umount", "/host/small")


def change_a_password(engine: Engine) -> None:
    secret = engine.site / "secrets" / "pamga_db_password"
    secret.unlink()
    secret.write_text("nueva /#@% clave ñ\n", encoding="utf-8")
    engine.make_secrets()
    engine.compose("stop", "airflow-worker")
    engine.up("--force-recreate", "postgres")
    engine.compose(
        "exec", "-T", "postgres", "bash", "/docker-entrypoint-initdb.d/roles.sh"
    )  # all others begin anew with the key below


def keeps_its_secrets(engine: Engine) -> None:
    """Who may use Docker sees what containers were started with, their processes and their logs: none of it holds a secret."""
    files = [path for path in (engine.site / "secrets").iterdir() if path.suffix not in (".pem", ".env")]
    known = {path.name: path.read_text(encoding="utf-8").strip() for path in files}
    containers = engine.compose("ps", "--all", "--quiet").split()
    shown = {
        "inspect": engine.docker("inspect", *containers), "top": engine.compose("top"), "logs": engine.compose("logs", "--no-color"),
        "history": engine.docker("history", "--no-trunc", f"pamga-leon-{IMAGE_OF}"),
    }  # fmt: skip
    told = [
        (name, where)
        for name, text in known.items()
        if len(text) >= 12
        for where, all_of_it in shown.items()
        if text in all_of_it
    ]
    assert not told, told


def join_a_second_machine(engine: Engine) -> None:
    """The page's two files; as the second machine another project of this engine, with nothing in common but the share and the network."""
    shared = {
        "volumes": {name: {"external": True, "name": f"pamga-leon_{name}"} for name in ("data", "logs", "backup")}
    }
    (engine.folder / "share.yml").write_text(yaml.safe_dump(shared), encoding="utf-8")
    environment = engine.site / ".env"
    alone = environment.read_text(encoding="utf-8")
    environment.write_text(f"{alone}PAMGA_INNER_ADDRESS={ADDRESS}\n", encoding="utf-8")
    try:
        with engine.with_file("docker/first_machine.yml"):
            engine.compose("stop", "airflow-worker")
            engine.up()
            engine.compose("stop", "airflow-worker")
        second = [
            "-p",
            "second",
            "-f",
            "docker-compose.yml",
            "-f",
            "docker/second_machine.yml",
            "-f",
            "/host/share.yml",
            "-f",
            "/host/network.yml",
        ]
        with engine.with_files(second):
            engine.compose("build", IMAGE_OF)
            engine.up("--no-deps", "airflow-worker")
            deliver(engine, rows=14)
            publish(engine)
            assert engine.failures() == [], engine.failures()
            engine.compose("down", "--timeout", "10")
    finally:
        environment.write_text(alone, encoding="utf-8")
    engine.up()


def move_host_keys(engine: Engine) -> None:
    """Kept beside the secrets, and put back on a new machine: no department's program notices."""
    shown = engine.compose("exec", "-T", "sftp", "cat", "/data/inbox/.sftp")
    engine.compose("cp", "sftp:/keys", "/host/sftp-keys")
    engine.compose("exec", "-T", "sftp", "sh", "-c", "rm /keys/*")
    engine.compose("cp", "/host/sftp-keys/.", "sftp:/keys")
    engine.compose("restart", "sftp")
    engine.up("sftp")
    assert engine.compose("exec", "-T", "sftp", "cat", "/data/inbox/.sftp") == shown


def move_postgresql(engine: Engine) -> None:
    """As to the next version, into which the dump of the one before goes."""
    engine.compose("down")
    engine.up("postgres")
    everything = engine.compose("exec", "-T", "postgres", "pg_dumpall", "-U", "postgres")
    engine.compose("down")
    engine.docker("volume", "rm", "pamga-leon_postgres")
    engine.up("postgres")
    engine.compose("exec", "-T", "postgres", "psql", "-q", "-U", "postgres", given=everything)
    engine.up()


def rotate(engine: Engine) -> None:
    following = engine.site / "secrets" / "hmac_key_next"
    following.write_text(secrets.token_hex(32), encoding="utf-8")
    following.chmod(0o444)
    engine.compose("stop", "airflow-worker")
    engine.compose("run", "--rm", "-T", "-v", "/host/site/secrets/hmac_key_next:/run/secrets/hmac_key_next:ro",
                   "-e", "PAMGA_HMAC_KEY_NEXT_FILE=/run/secrets/hmac_key_next", "airflow-init", "pamga", "rotate-key")  # fmt: skip
    following.replace(engine.site / "secrets" / "hmac_key")
    engine.make_secrets()
    engine.up("--force-recreate")


def die_and_come_back(engine: Engine) -> float:
    """Each first process killed from outside, as the kernel does when memory ends: the restart policy brings all of it back."""
    stay = sorted(name for name, state in engine.states().items() if state.startswith("Up"))
    for name in stay:
        identity = engine.compose("ps", "--quiet", name).strip()
        pid = engine.docker("inspect", "--format", "{{.State.Pid}}", identity).strip()
        engine.inside("kill", "-KILL", pid)
    began = time.monotonic()
    wait_until("all of it", lambda: all("(healthy)" in engine.states()[name] for name in stay), 400)
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path("/var/tmp/pamga-engine"), help="some 20 GB; what is there is used again"
    )
    parser.add_argument("--built", action="store_true", help="with the images of the last time")
    arguments = parser.parse_args()
    engine = Engine(arguments.folder.resolve())
    engine.make()
    if not arguments.built:
        with engine.running("--bridge=none", "--iptables=false"):
            began = time.monotonic()
            engine.build()
            print(f"images built: {time.monotonic() - began:.0f} s", flush=True)
    with own_network(), engine.running(), named():
        try:
            prove(engine)
        finally:
            engine.compose("down", "--volumes", "--timeout", "10")
        fill_the_disk(engine)
    return 0


if __name__ == "__main__":
    sys.exit(main())
