"""Every service of docker-compose.yml, started natively from that file, the environment file and the secrets: no Docker, the same rules.

Each runs in namespaces of its own (mounts, processes, host name) over a throw-away copy of the machine's root: it finds its code, its
volumes or their parts, its secrets and nothing else where the compose file says, the root read-only, as the user and with the
capabilities that it has there. All share one network namespace, made here, in which the services' names are addresses; so no port of
the machine is taken. What an image would bring, Debian's packages do (.ci/run installs them).
"""

from __future__ import annotations

import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.production.compose import ROOT, Compose, Mount, is_pipeline, read_environment_file
from tests.production.services import program
from tests.servers import HANGS

ADDRESS = "10.89.0.1"
"""Where the services find each other: no loopback address, so that what distrusts strangers shows it."""
NAMES = ("postgres", "redis", "airflow-api", "files", "monitor", "superset", "proxy")
PUBLIC_NAMES = ("datos.pamga.example", "tableros.pamga.example", "tuberia.pamga.example")
OWNERS = {"backup": 1000, "data": 1000, "logs": 1000, "postgres": 999, "redis": 999, "sftp-keys": 0}
"""Whom a fresh volume belongs to: the owner of the folder in the image on which it is mounted first."""
CLONE_NEWNET = 0x40000000
START_SECONDS = 900

POSTGRES_ENTRYPOINT = r"""
set -e
export PATH="$(dirname "$INITDB"):$PATH" PGDATA=/var/lib/postgresql/data
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --no-sync $POSTGRES_INITDB_ARGS >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=''" start
  for file in /docker-entrypoint-initdb.d/*.sh; do bash "$file"; done
  pg_ctl -w -m fast stop
fi
exec postgres -c listen_addresses='*' -c fsync=off
"""
"""What the official image's entry point does with these variables."""


@contextmanager
def own_network() -> Iterator[None]:
    """This thread, and what it starts, in a network of its own with nothing on it but the services."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
            yield
        finally:
            libc.setns(before.fileno(), CLONE_NEWNET)


@dataclass(frozen=True)
class Machine:
    """Another machine: a network of its own, joined to the services' by a cable; local disks are a service's own anyway."""

    namespace: str
    address: str


@contextmanager
def other_machine(number: int = 1) -> Iterator[Machine]:
    """To be made inside own_network: what runs there reaches the services over the network and by no other way."""
    name, here, there = f"pamga-{os.getpid()}-{number}", f"10.89.{number}.1", f"10.89.{number}.2"
    cable = (f"v{number}a", f"v{number}b")

    def ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)

    ip("netns", "add", name)
    try:
        ip("link", "add", cable[0], "type", "veth", "peer", "name", cable[1], "netns", name)
        for where, device, address in (((), cable[0], here), (("-n", name), cable[1], there)):
            ip(*where, "address", "add", f"{address}/24", "dev", device)
            ip(*where, "link", "set", device, "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "route", "add", "default", "via", here)
        yield Machine(name, there)
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


@dataclass
class Stack:
    """The services of one installation: started, looked at, killed and started again by name.

    A second instance of a service, on another machine, has a name of its own (`elsewhere` says of which service and where).
    """

    folder: Path
    compose: Compose
    environment_file: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started_at: dict[str, float] = field(default_factory=dict)
    healthy_after: dict[str, float] = field(default_factory=dict)
    elsewhere: dict[str, tuple[str, Machine]] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, environment_file: dict[str, str], passwords: dict[str, str] | None = None) -> Stack:
        """An installation in an empty folder: its secrets as docker/make_secrets.py makes them, but for the passwords that somebody
        wrote by hand; its volumes empty."""
        (folder / "secrets").mkdir(exist_ok=True)
        for name, password in (passwords or {}).items():
            (folder / "secrets" / name).write_text(f"{password}\n", encoding="utf-8")
        compose = Compose.read(ROOT / "docker-compose.yml", environment_file)
        stack = cls(folder, compose, environment_file)
        subprocess.run(
            [sys.executable, str(ROOT / "docker/make_secrets.py"), "--folder", str(folder / "secrets"), "--domain", "pamga.example"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for volume, owner in OWNERS.items():
            stack.volume(volume).mkdir(parents=True)
            os.chown(stack.volume(volume), owner, owner)
        assert set(OWNERS) == set(compose.document["volumes"])
        for name in ("offices", "logs", "roots"):
            (folder / name).mkdir()
        return stack

    def volume(self, name: str) -> Path:
        return self.folder / "volumes" / name

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    # --- starting and stopping ------------------------------------------------------------------------------------------

    def up(self, *names: str) -> None:
        """Start services, and what they depend on, each as soon as what it needs is there; wait until all are well."""
        wanted = self._with_what_they_need(names or tuple(self.compose.services))
        ready: set[str] = set()
        deadline = time.monotonic() + START_SECONDS
        while ready != wanted:
            for name in sorted(wanted - ready):
                if name not in self.running:
                    if set(self.compose.services[name].get("depends_on", {})) <= ready:
                        self.start(name)
                elif self._is_ready(name):
                    ready.add(name)
                    self.healthy_after.setdefault(name, time.monotonic() - self.started_at[name])
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not well in {START_SECONDS} s: {sorted(wanted - ready)}\n{self.tails(*(wanted - ready))}"
                )
            time.sleep(1)

    def _with_what_they_need(self, names: tuple[str, ...]) -> set[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.compose.services[name].get("depends_on", {})
        return found

    def _is_ready(self, name: str) -> bool:
        ended = self.running[name].poll()
        if "healthcheck" not in self.compose.services[name]:
            assert ended in (None, 0), f"{name} ended with {ended}\n{self.tails(name)}"
            return ended == 0
        assert ended is None, f"{name} ended with {ended}\n{self.tails(name)}"
        return self.is_well(name)

    def service(self, name: str) -> dict[str, Any]:
        """What the compose file says of a service, or of the one that this is a second instance of."""
        return self.compose.services[self._kind(name)]

    def _kind(self, name: str) -> str:
        return self.elsewhere[name][0] if name in self.elsewhere else name

    def start_elsewhere(self, service: str, name: str, machine: Machine) -> None:
        self.elsewhere[name] = (service, machine)
        self.start(name)

    def start(self, name: str) -> None:
        script = self.folder / "roots" / f"{name}.sh"
        script.write_text(self._script(name))
        log = self.log(name)
        log.touch()
        os.chown(log, *self._user(name))  # as a container's standard output belongs to its user
        with log.open("ab") as output:
            self.running[name] = subprocess.Popen(
                [*self._network(name), "unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--propagation=private", "sh", str(script)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/",
            )  # fmt: skip
        self.started_at[name] = time.monotonic()

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess[bytes]:
        """`docker compose run --rm`: another command in the place of the service's own, to its end."""
        script = self.folder / "roots" / f"{name}.sh"
        script.write_text(self._script(name, list(command)))
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--propagation=private", "sh", str(script)],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/", timeout=HANGS,
        )  # fmt: skip

    def _network(self, name: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.elsewhere[name][1].namespace}"] if name in self.elsewhere else []

    def kill(self, name: str) -> None:
        """As a machine dies: everything of the service at once, without a word. With its first process its others are gone."""
        first = self._pid(name)
        if first is not None:
            with suppress(ProcessLookupError):
                os.kill(first, signal.SIGKILL)
        self.running[name].wait(HANGS)

    def restart(self, name: str) -> None:
        """What `restart: unless-stopped` does after a service ended."""
        self.start(name)

    def down(self) -> None:
        order = sorted(self.running, key=lambda name: (name in ("postgres", "redis"), name))
        for name in order:
            pid = self._pid(name)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for name in order:
            with suppress(subprocess.TimeoutExpired):
                self.running[name].wait(8)
            self.kill(name)
        self.running.clear()

    # --- looking --------------------------------------------------------------------------------------------------------

    def is_well(self, name: str) -> bool:
        """What the service's own health check says."""
        test = self.service(name)["healthcheck"]["test"]
        command = ["sh", "-c", test[1]] if test[0] == "CMD-SHELL" else test[1:]
        return self.execute(name, *command).returncode == 0

    def execute(self, name: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`docker compose exec`: a command inside a running service, with its environment (and more) and as its user."""
        inside = self._inside(name, command, more)
        if inside is None:
            return subprocess.CompletedProcess(command, 127, "", f"{name} does not run")
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=HANGS)

    def begin(self, name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """The same, without waiting for its end."""
        inside = self._inside(name, command, more)
        assert inside is not None, f"{name} does not run"
        return subprocess.Popen(inside, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _inside(self, name: str, command: tuple[str, ...], more: dict[str, str]) -> list[str] | None:
        pid = self._pid(name)
        if pid is None:
            return None
        user, group = self._user(name)
        enter = ["nsenter", "--target", str(pid), "--mount", "--pid", "--uts", "--net", "--root", "--wd"]
        rights = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        return [
            *enter,
            *rights,
            "env",
            "-i",
            *(f"{key}={value}" for key, value in (self.environment(name) | more).items()),
            *command,
        ]

    def memory(self) -> dict[str, int]:
        """Resident memory of each service in MiB (proportional: what processes share is counted once)."""
        found = {}
        for name in self.running:
            with suppress(psutil.Error):
                found[name] = sum(process.memory_full_info().pss for process in self.processes(name)) >> 20
        return found

    def processes(self, name: str) -> list[psutil.Process]:
        """All that run in a service."""
        pid = self._pid(name)
        one = psutil.Process(pid) if pid is not None else None
        return [one, *one.children(recursive=True)] if one is not None else []

    def tails(self, *names: str) -> str:
        return "\n".join(
            f"== {name}\n{self.log(name).read_text(errors='replace')[-2500:]}"
            for name in names
            if self.log(name).exists()
        )

    def _pid(self, name: str) -> int | None:
        """The service's first process, as the machine numbers it."""
        process = self.running.get(name)
        if process is None or process.poll() is not None:
            return None
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    # --- what an image and the compose file say -------------------------------------------------------------------------

    def environment(self, name: str) -> dict[str, str]:
        service = self.service(name)
        base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8"}
        if is_pipeline(service):
            base |= _image_environment() | {"HOME": "/home/pamga"}
        if name == "postgres":
            base["INITDB"] = program("initdb", "postgresql")
        file = self.environment_file if "env_file" in service else {}
        return base | file | self.compose.environment(self._kind(name))

    def _user(self, name: str) -> tuple[int, int]:
        user, _, group = str(self.service(name).get("user", "0:0")).partition(":")
        return int(user), int(group)

    def _command(self, name: str) -> list[str]:
        service = self.service(name)
        if name == "postgres":
            return ["sh", "-c", POSTGRES_ENTRYPOINT]
        if name == "sftp":
            return ["/opt/sftp/start.sh"]
        command: list[str] = service.get("entrypoint") or service["command"]
        return command

    def _script(self, name: str, instead: list[str] | None = None) -> str:
        """What makes the service's root and turns into the service."""
        service = self.service(name)
        own = self.elsewhere[name][1].address if name in self.elsewhere else ADDRESS
        inside = self.folder / "roots" / name
        inside.mkdir(exist_ok=True)
        user, group = self._user(name)
        lines = [
            "set -eu", f"hostname {name}", f"mount -t tmpfs tmpfs {inside}", f"cd {inside}", "mkdir up work root",
            "mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root", "cd root",
            "mount --rbind /dev dev", "mount -t proc proc proc", "rm -f usr/bin/git",
            f"printf '%s\\n' '127.0.0.1 localhost' '{own} {name}' '{ADDRESS} {' '.join((*NAMES, *PUBLIC_NAMES))}' >etc/hosts",
            *(_image(service, name)),
        ]  # fmt: skip
        for entry in service.get("tmpfs", []):
            target, _, options = entry.partition(":")
            # Docker's own defaults
            lines += [
                f"mkdir -p .{target}",
                f"mount -t tmpfs -o noexec,nosuid,nodev,{options} tmpfs .{target}",
            ]
        for mount in sorted(self.compose.mounts(self._kind(name)), key=lambda one: one.target):
            lines += self._bind(mount)
        for secret in service.get("secrets", []):
            source = self.folder / self.compose.document["secrets"][secret]["file"]
            lines += [
                f"mkdir -p run/secrets && touch run/secrets/{secret}",
                *_bound(source, f"run/secrets/{secret}", read_only=True),
            ]
        lines += ["mount -o remount,ro ."] if service["read_only"] else []
        kept = ",".join(["-all", *(f"+{capability.lower()}" for capability in service.get("cap_add", []))])
        become = f"setpriv --reuid={user} --regid={group} --clear-groups --no-new-privs --bounding-set={kept} --inh-caps=-all"
        environment = " ".join(shlex.quote(f"{key}={value}") for key, value in self.environment(name).items())
        command = shlex.join(instead or self._command(name))
        folder = "/opt/pamga" if is_pipeline(service) else "/"
        lines.append(f"exec chroot . {become} env -i {environment} sh -c 'cd {folder} && exec \"$@\"' - {command}")
        return "\n".join(lines) + "\n"

    def _bind(self, mount: Mount) -> list[str]:
        if mount.volume is not None:
            source = self.volume(mount.volume) / (mount.subpath or "")
        else:
            assert mount.source is not None
            ours = mount.source == ROOT / "offices"
            source = self.folder / "offices" if ours else mount.source
        make = "touch" if source.is_file() else "mkdir -p"
        target = mount.target.lstrip("/")
        return [f"mkdir -p {Path(target).parent}", f"{make} {target}", *_bound(source, target, mount.read_only)]


def _bound(source: Path, target: str, read_only: bool) -> list[str]:
    return [f"mount --bind {source} {target}", *([f"mount -o remount,bind,ro {target}"] if read_only else [])]


def _image(service: dict[str, Any], name: str) -> list[str]:
    """What the image would bring, out of the machine's own files."""
    if is_pipeline(service):
        way = {
            parent
            for path in (ROOT / ".venv/bin/python", ROOT / ".venv-superset/bin/python")
            for parent in path.resolve().parents
        }
        reach = [str(folder).lstrip("/") for folder in sorted(way | {ROOT, *ROOT.parents}) if folder != Path("/")]
        return [
            f"chmod o+rx {' '.join(reach)}", "echo 'pamga:x:1000:1000::/home/pamga:/bin/sh' >>etc/passwd", "mkdir -p opt/pamga opt/pipeline opt/superset data logs backup",
            *_bound(ROOT, "opt/pamga", True), *_bound(ROOT / ".venv", "opt/pipeline", True), *_bound(ROOT / ".venv-superset", "opt/superset", True),
        ]  # fmt: skip
    if name == "sftp":
        return [
            "mkdir -p opt/sftp", f"cp {ROOT}/docker/sftp/sshd_config {ROOT}/docker/sftp/start.sh opt/sftp/",
            "for file in passwd group; do mv etc/$file etc/$file.base; ln -s /run/accounts/$file etc/$file; done",
        ]  # fmt: skip
    if name == "postgres":
        return [
            "sed -i /^postgres:/d etc/passwd",
            "echo 'postgres:x:999:999::/var/lib/postgresql:/bin/sh' >>etc/passwd",
        ]
    return []


def _image_environment() -> dict[str, str]:
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    pairs = re.findall(r"(\w+)=(\S*)", " ".join(re.findall(r"^ENV (.+)$", text, re.M)))
    found = dict(pairs)
    found["PATH"] = found["PATH"].replace("$PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    found["PAMGA_COMMIT"] = ""
    return found


def example_environment(**more: str) -> dict[str, str]:
    """.env.example as it is handed out, with what a test must have otherwise."""
    return read_environment_file(ROOT / ".env.example") | more


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
