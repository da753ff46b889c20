"""Production as docker-compose.yml writes it, from an empty machine: a department's file by SFTP, a worker that dies, the Secretariado's
yes, the release and the dashboards behind the proxy, the backup and its restore into nothing. One set of servers for all of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.production.compose import ROOT
from tests.production.services import program
from tests.production.stack import ADDRESS, PUBLIC_NAMES, Stack, example_environment, other_machine, own_network
from tests.servers import HANGS, wait_until

pytestmark = pytest.mark.servers

DATA, BOARDS, PIPELINE = (
    "https://datos.pamga.example:8443",
    "https://tableros.pamga.example:8443",
    "https://tuberia.pamga.example:8444",
)
OFFICE, OTHER = "presupuesto_participativo", "imju"
PASSWORDS = [
    *(f"{role}_db_password" for role in ("airflow", "celery", "pamga", "superset", "reader")),
    "broker_password",
]
HARD = """a/b#c@d%e:f?g&h i'j"k\\l$m`n%%o{p}ñ"""
"""What breaks an address, a shell, a configuration file or an SQL statement that was put together carelessly."""
PERSON, APPROVER, PASSWORD = "sistemas", "secretariado", "d3:una/clave#con@todo%"
FILE = "eventos_mbh_2026T3.csv"
EVENTS = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n" + "".join(
    f"EV-{number},2026-08-{number:02d},Centro,2,1\n" for number in range(1, 13)
)
LINEAGE = {
    "type": "composite", "continue_on_failure": True, "continue_on_success": True, "transports": {
        "gone": {"type": "http", "url": "http://127.0.0.1:9", "timeout": 1, "retry": {"total": 0}, "priority": 2},
        "file": {"type": "file", "log_file_path": "/logs/airflow.lineage", "append": True, "priority": 1},
    },
}  # fmt: skip
"""Events to a file, beside a server that does not answer: what cannot be told stops nothing."""
SECOND_WORKER = "airflow-worker-2"
PATIENCE = 900  # seconds; on a machine of its own all of this takes four minutes


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    """A network with nothing on it but the services, in which the installation's names lead to them, as its DNS would have it."""
    known = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        return known(ADDRESS if host in PUBLIC_NAMES else host, *arguments, **more)

    with own_network(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield


@pytest.fixture(scope="module")
def stack(network: None) -> Iterator[Stack]:
    """Everything up, from nothing, with one department that has a key and another one beside it."""
    folder = Path(tempfile.mkdtemp(prefix="pamga-stack-"))
    environment = example_environment(
        PAMGA_RECEIVE_CRON="* * * * *",
        PAMGA_SETTLE_SECONDS="1",
        PAMGA_THREADS="2",
        PAMGA_HOY="2026-10-20",
        PAMGA_LINEAGE="/logs/dbt.lineage",
        AIRFLOW__OPENLINEAGE__TRANSPORT=json.dumps(LINEAGE),
    )
    stack = Stack.make(folder, environment, dict.fromkeys(PASSWORDS, HARD) | {"cache_password": f"otra {HARD}"})
    for office in (OFFICE, OTHER):
        key = folder / f"{office}.key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        shutil.copy(f"{key}.pub", folder / "offices" / office)
    try:
        stack.up()
        with other_machine() as machine:
            stack.start_elsewhere("airflow-worker", SECOND_WORKER, machine)
            until("the second machine's worker", lambda: stack.is_well(SECOND_WORKER), stack, SECOND_WORKER)
            yield stack
            stack.down()
    finally:
        stack.down()
        if not os.environ.get("PAMGA_KEEP_STACK"):
            shutil.rmtree(folder, ignore_errors=True)


class Airflow:
    """Airflow's API, through the proxy, as a person who signed in."""

    def __init__(self, stack: Stack, person: str = PERSON) -> None:
        self.certificate = str(stack.folder / "secrets" / "tls_certificate.pem")
        answer = requests.post(
            f"{PIPELINE}/auth/token",
            json={"username": person, "password": PASSWORD},
            verify=self.certificate,
            timeout=HANGS,
        )
        assert answer.status_code == 201, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def ask(self, path: str, **params: str) -> Any:
        answer = requests.get(
            f"{PIPELINE}/api/v2{path}", params=params, headers=self.headers, verify=self.certificate, timeout=HANGS
        )
        answer.raise_for_status()
        return answer.json()

    def change(self, path: str, document: dict[str, Any]) -> requests.Response:
        return requests.patch(
            f"{PIPELINE}/api/v2{path}", json=document, headers=self.headers, verify=self.certificate, timeout=HANGS
        )

    def runs(self, dag: str = "~", state: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(
            f"/dags/{dag}/dagRuns", limit="100", **({"state": state} if state else {})
        )["dag_runs"]
        return found


@pytest.fixture(scope="module")
def airflow(stack: Stack) -> Airflow:
    """Somebody of IT; and somebody of the Secretariado, who alone may answer."""
    for person, role in ((PERSON, "Admin"), (APPROVER, "Secretariado")):
        made = stack.execute(
            "airflow-api", "airflow", "users", "create", "--role", role, "--username", person, "--firstname", "Ana", "--lastname", "Ruiz",
            "--email", f"{person}@pamga.example", "--password", PASSWORD,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr[-1500:]
    return Airflow(stack)


def sftp(stack: Stack, office: str, *commands: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a department's own program does; stops at the first command that is refused."""
    return subprocess.run(
        [program("sftp", "openssh-client"), "-b", "-", "-P", "2222", "-i", str(stack.folder / f"{key or office}.key"), "-o", "BatchMode=yes",
         "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{office}@{ADDRESS}"],
        input="\n".join(commands) + "\n", capture_output=True, text=True, check=False, timeout=HANGS, cwd=stack.folder,
    )  # fmt: skip


def until(what: str, holds: Callable[[], object], stack: Stack, *logs: str, seconds: float = PATIENCE) -> None:
    try:
        wait_until(what, holds, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{stack.tails(*logs)}") from None


# --- The first day ----------------------------------------------------------------------------------------------------------


def test_a_first_start_is_whole_and_not_red(stack: Stack, airflow: Airflow) -> None:
    print("seconds until well:", {name: round(seconds) for name, seconds in stack.healthy_after.items()})
    until(
        "the runs of the first minutes", lambda: {run["dag_id"] for run in airflow.runs(state="success")} >= {"cierre_trimestre", "recibir_entregas"},
        stack, "airflow-worker", "airflow-scheduler",
    )  # fmt: skip
    assert [(run["dag_id"], run["dag_run_id"]) for run in airflow.runs(state="failed")] == []
    assert airflow.ask("/pools/construccion")["slots"] == 1
    assert not (stack.volume("data") / "releases" / "current").exists()
    print("MiB at rest:", memory := stack.memory(), "all:", sum(memory.values()))


def test_nobody_has_more_than_needed(stack: Stack) -> None:
    """Looked at from inside the services: what the compose file promises holds in what runs."""
    for name in ("files", "superset", "airflow-api", "airflow-scheduler", "sftp", "proxy"):
        assert stack.execute(name, "ls", "/data/vault").returncode != 0, name
        assert stack.execute(name, "cat", "/run/secrets/vault_key").returncode != 0, name
        assert stack.execute(name, "touch", "/opt/x").returncode != 0, name
    for name in stack.running:
        said = stack.execute(name, "cat", "/proc/1/status").stdout
        if said:
            assert re.search(r"^NoNewPrivs:\s+1$", said, re.M), name
            assert name == "sftp" or re.search(r"^CapEff:\s+0+$", said, re.M), name
            assert "sftp" in name or not re.search(r"^Uid:\s+0\s", said, re.M), name
    for name in ("files", "superset"):
        assert stack.execute(name, "touch", "/data/releases/x").returncode != 0, name


def test_no_secret_is_where_others_look(stack: Stack) -> None:
    """Neither in what a process was started with, nor on its command line, nor in what it wrote: a person on the machine with the
    number of the image's user may read the first two of every container."""
    folder = stack.folder / "secrets"
    secrets = {
        path.name: path.read_text()
        for path in folder.iterdir()
        if not path.name.endswith((".pem", ".env", "aws_credentials"))
    }
    secrets = {name: text for name, text in secrets.items() if text}
    assert len(secrets) > 20
    texts = {
        "logs": "".join(
            path.read_text(errors="replace")
            for root in (stack.folder / "logs", stack.volume("logs"))
            for path in root.rglob("*")
            if path.is_file()
        )
    }
    for name in stack.running:
        for process in stack.processes(name):
            with suppress(OSError, psutil.Error):
                texts[f"{name} {process.name()}"] = Path(f"/proc/{process.pid}/environ").read_text(
                    errors="replace"
                ) + " ".join(process.cmdline())
    assert any("gunicorn" in text for text in texts.values()) and any("celery" in text for text in texts.values())
    assert [(where, name) for where, text in texts.items() for name, secret in secrets.items() if secret in text] == []


def test_a_role_of_the_database_is_its_parts_own(stack: Stack) -> None:
    def ask(sql: str, role: str = "", database: str = "postgres") -> subprocess.CompletedProcess[str]:
        password = (stack.folder / "secrets" / f"{role}_db_password").read_text() if role else ""
        login = (
            ["env", f"PGPASSWORD={password}", "psql", "-h", "postgres", "-U", role]
            if role
            else ["psql", "-U", "postgres"]
        )
        return stack.execute("postgres", *login, "-qAtX", "-d", database, "-c", sql)

    assert ask("select string_agg(rolname, ',') from pg_roles where rolsuper").stdout.strip() == "postgres"
    for role in ("airflow", "celery", "pamga", "superset"):
        assert ask("select 1", role, role).stdout.strip() == "1", role
        for other in {"airflow", "celery", "pamga", "superset", "postgres"} - {role}:
            assert "permission denied" in ask("select 1", role, other).stderr, (role, other)
    assert ask("select count(*) > 0 from dag", "reader", "airflow").stdout.strip() == "t"
    assert "permission denied" in ask("delete from dag", "reader", "airflow").stderr
    cache = (stack.folder / "secrets" / "cache_password").read_text()
    as_cache = ["redis-cli", "-h", "redis", "--no-auth-warning", "--user", "cache", "--pass", cache]
    for command in (
        ["get", "_kombu.binding.default"],
        ["lrange", "default", "0", "-1"],
        ["config", "get", "*"],
        ["flushall"],
    ):
        assert "NOPERM" in stack.execute("redis", *as_cache, *command).stdout, command
    assert "OK" in stack.execute("redis", *as_cache, "set", "pamga_x", "1", "EX", "1").stdout
    assert "NOAUTH" in stack.execute("redis", "redis-cli", "-h", "redis", "keys", "*").stdout


# --- A department's way in --------------------------------------------------------------------------------------------------


def test_a_department_is_alone_in_its_folder(stack: Stack) -> None:
    seen = sftp(stack, OFFICE, "ls -1 /", "pwd", "ls -1 /../..")
    assert seen.returncode == 0, seen.stderr
    assert set(re.findall(r"^\S*(acuses|entregas)/?$", seen.stdout, re.M)) == {"acuses", "entregas"}
    assert OTHER not in seen.stdout and "/entregas" in seen.stdout
    (stack.folder / "x.csv").write_text("x\n")
    for refused in (
        "put x.csv /x.csv",
        "put x.csv /acuses/x.csv",
        "mkdir /nueva",
        "rmdir /acuses",
        "symlink /etc/passwd /entregas/l.csv",
        "chmod 777 /",
        "get /etc/passwd",
    ):
        assert sftp(stack, OFFICE, refused).returncode != 0, refused
    assert sftp(stack, OTHER, "ls", key=OFFICE).returncode != 0, "another's key"
    assert sftp(stack, "root", "ls", key=OFFICE).returncode != 0
    for asked in (["-W", "postgres:5432"], ["id"], ["-s", "netconf"]):
        options, command = (asked, []) if asked[0] == "-W" else ([], asked[-1:])
        shell = subprocess.run(
            ["ssh", "-p", "2222", "-i", str(stack.folder / f"{OFFICE}.key"), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o",
             "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *options, f"{OFFICE}@{ADDRESS}", *command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=HANGS,
        )  # fmt: skip
        assert "uid=" not in shell.stdout, asked
        assert asked[0] != "-W" or shell.returncode != 0, "no way through to the database"


def test_a_dropped_file_survives_the_death_of_a_worker(stack: Stack, airflow: Airflow) -> None:
    """One of two machines dies in the middle of the build: the other one goes on with its task."""
    (stack.folder / FILE).write_text(EVENTS, encoding="utf-8")
    (stack.folder / FILE).chmod(0o600)  # clients send the rights along
    dropped = sftp(stack, OFFICE, "chmod 700 /entregas", f"put {FILE}", "ls -l")  # the folder's as well
    assert dropped.returncode == 0 and FILE in dropped.stdout, dropped.stderr
    folder = stack.volume("data") / "inbox" / OFFICE / "entregas"
    until(
        "the pipeline's right to the folder",
        lambda: folder.stat().st_mode & 0o7777 == 0o2750,
        stack,
        "sftp",
    )
    logs = ("airflow-worker", SECOND_WORKER, "airflow-scheduler")

    def building() -> dict[str, Any] | None:
        for run in airflow.runs("construir_candidata", "running"):
            found = airflow.ask(f"/dags/construir_candidata/dagRuns/{run['dag_run_id']}/taskInstances/construir")
            if found["state"] == "running":
                return dict(found)
        return None

    until("the build", building, stack, *logs)
    found = building()
    assert found is not None
    victim = found["hostname"]
    assert victim in {"airflow-worker", SECOND_WORKER}
    stack.kill(victim)
    died = time.monotonic()
    where = f"/dags/construir_candidata/dagRuns/{found['dag_run_id']}"

    def second_try() -> dict[str, Any] | None:
        again = airflow.ask(f"{where}/taskInstances/construir")
        return dict(again) if again["try_number"] > 1 and again["state"] in ("running", "success") else None

    until("its second try", second_try, stack, *logs)
    again = time.monotonic() - died
    most: dict[str, int] = {}

    def ended() -> bool:
        nonlocal most
        most = max(most, stack.memory(), key=lambda memory: sum(memory.values()))
        return str(airflow.ask(where)["state"]) == "success"

    until("the end of the build", ended, stack, *logs)
    print("MiB while it builds, at most:", most, "all:", sum(most.values()))
    finished = second_try()
    assert finished is not None and finished["hostname"] != victim
    print(
        f"from the death of {victim}: {again:.0f} s to the second try, {time.monotonic() - died:.0f} s to the finished DAG"
    )
    stack.restart(victim)
    until("the machine that came back", lambda: stack.is_well(victim), stack, victim)


def test_two_machines_that_build_at_once_give_the_same_bytes(stack: Stack) -> None:
    """The same lake, a folder that both share, no local disk in common; one dies while it builds."""
    shared, folder = stack.volume("data") / "two", "/data/two"
    shutil.copytree(stack.volume("data") / "lake", shared / "lake")
    for path in (shared, *shared.rglob("*")):
        os.chown(path, 1000, 1000)
    first = stack.begin("airflow-worker", "pamga", "build", PAMGA_DATA=folder)
    until("the first machine's build", (shared / "runs" / ".building" / "warehouse.duckdb").exists, stack)
    second = stack.begin(SECOND_WORKER, "pamga", "build", PAMGA_DATA=folder)
    for process in psutil.Process(first.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    first.wait(HANGS)
    assert first.returncode != 0
    _, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, said.decode()[-2000:]
    made, known = ((root / "runs" / "latest" / "candidate" / "data") for root in (shared, stack.volume("data")))
    assert hashes(made) == hashes(known) and hashes(made)


def test_the_receipt_comes_back_by_the_same_way(stack: Stack) -> None:
    folder = f"/acuses/{FILE.removesuffix('.csv')}_v0001"
    until(
        "the receipt",
        lambda: sftp(stack, OFFICE, f"get {folder}/resumen.txt resumen.txt").returncode == 0,
        stack,
        "sftp",
    )
    assert "12" in (stack.folder / "resumen.txt").read_text(encoding="utf-8")
    assert sftp(stack, OFFICE, f"rm {folder}/resumen.txt").returncode != 0


def test_what_airflow_and_dbt_did_is_told(stack: Stack) -> None:
    def events(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (stack.volume("logs") / name).read_text(encoding="utf-8").splitlines()]

    tasks = events("airflow.lineage")
    assert {event["job"]["namespace"] for event in tasks} == {"pamga-leon"}
    told = {(event["job"]["name"], event["eventType"]) for event in tasks}
    for job in ("recibir_entregas.recibir", "construir_candidata.construir"):
        assert {(job, "START"), (job, "COMPLETE")} <= told, job
    assert ("construir_candidata", "COMPLETE") in told
    assert "EV-1" not in str(tasks), "no data"
    models = {event["job"]["name"] for event in events("dbt.lineage")}
    assert any("indicadores" in name for name in models)
    lines = "\n".join(path.read_text(encoding="utf-8") for path in stack.volume("logs").glob("dag_id=*/**/*.log"))
    for said in (
        rf"\[entrega={OFFICE}/eventos_mbh/2026T3\] accepted: version 1, 12 rows",
        r"\[run=2026T3-r01-\w+\] built",
        r"\[run=\S+\] the gate: publicar",
    ):
        assert re.search(said, lines), said


# --- The Secretariado and the public ----------------------------------------------------------------------------------------


def test_the_secretariado_says_yes_and_the_release_is_out(stack: Stack, airflow: Airflow) -> None:
    def question() -> dict[str, Any] | None:
        found = airflow.ask("/dags/publicar/dagRuns/~/hitlDetails", response_received="false")["hitl_details"]
        return dict(found[-1]["task_instance"]) if found else None

    until("the question", question, stack, "airflow-worker", "airflow-scheduler", "airflow-triggerer")
    asked = question()
    assert asked is not None
    assert not (stack.volume("data") / "releases" / "current").exists(), "nothing goes out before the answer"
    path = f"/dags/publicar/dagRuns/{asked['dag_run_id']}/taskInstances/{asked['task_id']}/-1/hitlDetails"
    yes = {
        "chosen_options": ["aprobar"],
        "params_input": {"persona": "Ana Ruiz, Secretaria Técnica", "motivo": "Revisado en sesión."},
    }
    assert airflow.change(path, yes).status_code == 403, "nobody of IT answers, not even the administrator"
    reply = Airflow(stack, APPROVER).change(path, yes)
    assert reply.status_code == 200, reply.text
    until(
        "the release",
        (stack.volume("data") / "releases" / "current").exists,
        stack,
        "airflow-worker",
        "airflow-triggerer",
    )


def test_the_releases_are_served_behind_the_proxy(stack: Stack, airflow: Airflow) -> None:
    page = requests.get(f"{DATA}/current/", verify=airflow.certificate, timeout=HANGS)
    assert page.status_code == 200 and "Gobierno Abierto" in page.text
    assert int(re.findall(r"max-age=(\d+)", page.headers["Strict-Transport-Security"])[0]) >= 31536000
    assert ("nosniff" in page.headers["X-Content-Type-Options"] and "Server" not in page.headers) or page.headers[
        "Server"
    ] == "nginx"
    part = requests.get(
        f"{DATA}/current/datapackage.json", headers={"Range": "bytes=0-99"}, verify=airflow.certificate, timeout=HANGS
    )
    assert (part.status_code, len(part.content)) == (206, 100)
    assert requests.post(f"{DATA}/current/", data=b"x", verify=airflow.certificate, timeout=HANGS).status_code == 403
    assert requests.get(f"{DATA}/../lake/", verify=airflow.certificate, timeout=HANGS).status_code == 404
    plain = requests.get(
        f"http://{ADDRESS}:8081/current/", headers={"Host": "datos.pamga.example"}, allow_redirects=False, timeout=HANGS
    )
    assert (plain.status_code, plain.headers["Location"]) == (308, "https://datos.pamga.example/current/")
    with pytest.raises(requests.ConnectionError):  # a name that is not ours gets no answer at all
        requests.get(f"http://{ADDRESS}:8081/", headers={"Host": "example.com"}, timeout=HANGS)


def test_the_dashboards_are_served_behind_the_proxy(stack: Stack, airflow: Airflow) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, airflow.certificate  # a bundle of the machine's would win
    page = session.get(f"{BOARDS}/superset/dashboard/tablero-del-plan/", timeout=HANGS)
    assert page.status_code == 200 and "max-age" in page.headers["Strict-Transport-Security"]
    for cookie in page.headers["Set-Cookie"].split(", session=") if "Set-Cookie" in page.headers else []:
        assert "Secure" in cookie or "secure" in cookie
    boards = session.get(f"{BOARDS}/api/v1/dashboard/", timeout=HANGS).json()["result"]
    assert len(boards) >= 4
    large = session.post(
        f"{BOARDS}/api/v1/chart/data", data=b"x" * 300_000, headers={"Content-Type": "application/json"}, timeout=HANGS
    )
    assert large.status_code == 413
    assert session.get(f"{PIPELINE}/execution/health", timeout=HANGS).status_code == 404, (
        "what workers ask is not for people"
    )


def test_600_requests_get_their_own_answers_on_postgresql(stack: Stack) -> None:
    """Straight to Superset: the proxy would slow down whoever asks so much."""
    base = f"http://{ADDRESS}:8088"
    boards = {
        entry["id"]: entry["dashboard_title"]
        for entry in requests.get(f"{base}/api/v1/dashboard/", timeout=HANGS).json()["result"]
    }

    def ask(number: int) -> str:
        which = sorted(boards)[number % len(boards)]
        answer = requests.get(f"{base}/api/v1/dashboard/{which}", timeout=HANGS)
        right = answer.ok and answer.json()["result"]["dashboard_title"] == boards[which]
        return "right" if right else f"{answer.status_code}"

    with ThreadPoolExecutor(12) as pool:
        assert Counter(pool.map(ask, range(600))) == {"right": 600}


def test_whoever_guesses_passwords_is_slowed_down(airflow: Airflow) -> None:
    """tests/production/test_proxy.py has the numbers of crowds and floods."""
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        tries = pool.map(
            lambda _: requests.post(f"{BOARDS}/login/", data={}, verify=airflow.certificate, timeout=HANGS).status_code,
            range(60),
        )
        codes = Counter(tries)
    allowed = 10 * (2 + (time.monotonic() - began) / 20)  # Superset's own limit is ten in twenty seconds
    assert codes[429] >= 60 - allowed and sum(codes.values()) - codes[429] >= 5, codes


def test_what_watches_sees_it_from_outside(stack: Stack, airflow: Airflow) -> None:
    """The public whether all is well; insiders why, and Prometheus the numbers, among them the release that is up."""
    short = requests.get(f"{DATA}/health", verify=airflow.certificate, timeout=HANGS)
    assert short.json() in ({"status": "ok"}, {"status": "ill"}) and short.status_code in (200, 503)

    def asked(path: str) -> requests.Response:
        return requests.get(f"{PIPELINE}{path}", verify=airflow.certificate, timeout=HANGS)

    # a machine that is busy is ill for a moment, and says so
    well: tuple[list[str], ...] = ([], ["no backup was taken yet"])
    until("that nothing is wrong", lambda: asked("/health").json()["problems"] in well, stack, "monitor")
    lines = {
        "pamga_releases 1.0", "pamga_dashboards_up 1.0", 'pamga_deliveries{state="accepted"} 1.0', "pamga_candidates_waiting 0.0"
    }  # fmt: skip
    until("the numbers", lambda: lines <= set(asked("/metrics").text.splitlines()), stack, "monitor")
    numbers = asked("/metrics").text
    assert not re.search(r"^pamga_part_unreadable.* 1\.0$", numbers, re.M)
    assert requests.get(f"{DATA}/metrics", verify=airflow.certificate, timeout=HANGS).status_code == 404
    assert stack.execute("monitor", "touch", "/data/lake/x").returncode != 0
    for kept in ("vault", "inbox", "receipts"):
        assert stack.execute("monitor", "ls", f"/data/{kept}").returncode != 0, kept


# --- The backup -------------------------------------------------------------------------------------------------------------


def test_a_password_is_changed_as_the_page_says(stack: Stack) -> None:
    """A container sees a secret as it was when it started: the server has to be made anew before it can be told the new password."""
    secret = stack.folder / "secrets" / "pamga_db_password"
    secret.unlink()
    secret.write_text(f"nueva {HARD}\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, str(ROOT / "docker/make_secrets.py"), "--folder", str(secret.parent)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for name in ("postgres", "airflow-worker"):
        stack.kill(name)
        stack.restart(name)
        if name == "postgres":
            until("the server", lambda: stack.is_well("postgres"), stack, "postgres")
            told = stack.execute("postgres", "bash", "/docker-entrypoint-initdb.d/roles.sh")
            assert told.returncode == 0, told.stderr
    until(
        "the worker's place",
        lambda: stack.execute("airflow-worker", "test", "-s", "/run/secrets/registry_url").returncode == 0,
        stack,
    )

    def all_is_well() -> bool:
        said = json.loads(stack.execute("airflow-worker", "pamga", "doctor", "--rapido", "--json").stdout)
        parts = {(check["part"], check["state"]) for check in said["checks"]}
        looked_at = ("filesystem", "clock", "keys", "pool", "inbox", "superset", "boards")
        served = ("databases", "ok") in parts and ("databases", "fail") not in parts
        return served and {state for part, state in parts if part in looked_at} == {"ok"}

    until("what was started anew", all_is_well, stack, "airflow-worker")


def test_it_comes_back_from_its_backup(stack: Stack, network: None) -> None:
    """Taken while everything runs, by the worker with the rights that it has; restored into nothing on another machine."""
    taken = stack.execute("airflow-worker", "pamga", "backup")
    assert taken.returncode == 0, taken.stderr[-2000:]
    before = hashes(stack.volume("data") / "releases")
    users = stack.execute(
        "postgres", "psql", "-U", "postgres", "-qAtX", "-d", "airflow", "-c", "select username from ab_user"
    ).stdout
    assert PERSON in users and before
    stack.down()
    folder = Path(tempfile.mkdtemp(prefix="pamga-again-"))
    shutil.copytree(stack.folder / "secrets", folder / "secrets")
    again = Stack.make(folder, stack.environment_file)
    again.volume("backup").rmdir()
    shutil.copytree(stack.volume("backup"), again.volume("backup"))
    for path in (again.volume("backup"), *again.volume("backup").rglob("*")):
        os.chown(path, 1000, 1000)
    try:
        again.up("postgres")
        restored = again.run("airflow-init", "pamga", "restore")
        assert restored.returncode == 0, restored.stderr.decode()[-3000:]
        assert hashes(again.volume("data") / "releases") == before
        assert (
            again.execute(
                "postgres", "psql", "-U", "postgres", "-qAtX", "-d", "airflow", "-c", "select username from ab_user"
            ).stdout
            == users
        )
        again.up("files")
        assert requests.get(f"http://{ADDRESS}:8090/current/", timeout=HANGS).status_code == 200
    finally:
        again.down()
        shutil.rmtree(folder, ignore_errors=True)


def hashes(folder: Path) -> dict[str, str]:
    """Every file that the public reads, and where the pointer leads."""
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".")
    }
    return found | ({"current": str((folder / "current").readlink())} if (folder / "current").is_symlink() else {})
