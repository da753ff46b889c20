"""docker-compose.yml, the image and .env.example: valid, hardened, and of the same mind as the code."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import secrets
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import yaml

from operation.airflow_env import BUILD_POOL, airflow_environment
from operation.monitor import Installation
from pamga.cli import COMMAND_GROUP
from pamga.settings import Settings
from tests.certificates import certificate
from tests.production.compose import IMAGE_OF, ROOT, Compose, is_pipeline, read_environment_file

BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = ROOT / ".env.example"
ENDING = {"folders", "airflow-init"}  # they do their work and are gone
FROM_OUTSIDE = {"postgres", "redis", "proxy"}  # images that others make
SECRET = re.compile(r"PASSWORD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(^|_)KEYS?(_|$)")


@pytest.fixture(scope="module")
def compose() -> Compose:
    return Compose.read(ROOT / "docker-compose.yml", read_environment_file(EXAMPLE))


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False, cwd=cwd)


# --- What others' tools say -------------------------------------------------------------------------------------------------


def test_the_compose_file_keeps_to_its_schema() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_lint_finds_nothing_of_weight(tmp_path: Path) -> None:
    """From a folder without a configuration, so that nothing is set aside."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    own = f"-{IMAGE_OF}\n  pull_policy: never\n"  # built here and pulled nowhere: of this one no version can be another
    assert text.count(own) == 1
    (tmp_path / "docker-compose.yml").write_text(text.replace(own, f"-{IMAGE_OF}@sha256:{'0' * 64}\n"))
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"))
    done = run("compose-lint", "check", "--fail-on", "medium", "docker-compose.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["docker/Dockerfile", "docker/sftp/Dockerfile"])
def test_hadolint_finds_nothing(name: str) -> None:
    done = run("hadolint", "--failure-threshold", "info", name)
    assert done.returncode == 0, done.stdout + done.stderr


# --- Every service ----------------------------------------------------------------------------------------------------------


def test_every_service_is_held_in(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert service["read_only"] is True, name
        assert service["init"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] and service["mem_limit"] and service["cpus"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["stop_grace_period"], name
        assert set(service["ulimits"]["nofile"].values()) == {16384}, name
        assert service["ulimits"]["core"] == 0, name
        assert ("cap_add" in service) == (name == "sftp"), name  # the one that must become the offices' users
        assert name == "sftp" or re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service["user"])), name


def test_every_service_that_stays_says_whether_it_is_well(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert ("healthcheck" in service) == (name not in ENDING), name
        assert service["restart"] == ("no" if name in ENDING else "unless-stopped"), name


def test_no_health_check_is_green_because_somebody_else_answers(compose: Compose, tmp_path: Path) -> None:
    """A program that hangs still listens: the kernel answers. Redis tells a stranger nothing of itself, whatever its state."""
    from starlette.testclient import TestClient

    from operation.monitor import make_app as monitor
    from publish.server import make_app as files

    health = the_file("docker/health.py")
    with socket.create_server(("127.0.0.1", 0)) as hangs, pytest.MonkeyPatch.context() as patch:
        patch.setattr(health, "SECONDS", 0.1)
        with pytest.raises(TimeoutError):
            health.http(f"http://127.0.0.1:{hangs.getsockname()[1]}/")
    for name, make in (("files", files), ("monitor", monitor)):
        *_, how, address = compose.services[name]["healthcheck"]["test"]
        path = urlsplit(address).path
        assert how == "http" and TestClient(make(Settings(data=tmp_path / "data"))).get(path).is_success
    asked = compose.services["redis"]["healthcheck"]["test"][1]
    assert "--user broker" in asked and "NOAUTH" not in asked


def test_files_that_may_be_open_are_enough_for_the_connections(compose: Compose) -> None:
    """What the proxy may hold open of clients and services; Superset takes half of what there is (dashboards/gunicorn_conf.py)."""
    nginx = (ROOT / "docker/proxy/nginx.conf").read_text(encoding="utf-8")
    (connections,) = re.findall(r"worker_connections (\d+);", nginx)
    assert compose.services["proxy"]["ulimits"]["nofile"]["soft"] > 2 * int(connections)


def test_nothing_is_started_before_what_it_needs(compose: Compose) -> None:
    for name, service in compose.services.items():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ENDING else "service_healthy"
            assert how["condition"] == wanted, f"{name} -> {needed}"
    for part in ("scheduler", "dag-processor", "triggerer", "worker"):
        assert "airflow-api" in compose.services[f"airflow-{part}"]["depends_on"], part


def test_images_of_others_are_named_by_their_digest(compose: Compose) -> None:
    images = {
        name: service["image"]
        for name, service in compose.services.items()
        if "image" in service and not is_pipeline(service)
    }
    assert set(images) == FROM_OUTSIDE
    bases = re.findall(
        r"^FROM (?!\$\{ENGINE\}|duckdb )(\S+)",
        DOCKERFILE + (ROOT / "docker/sftp/Dockerfile").read_text(encoding="utf-8"),
        re.M,
    )
    for image in [*images.values(), *bases]:
        assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image


def test_one_image_is_built_once_before_anybody_needs_it(compose: Compose) -> None:
    """Ten builds of the same one ran its long steps twice and more, and nothing tells Compose which to build first; nobody may ask a
    registry for it either."""
    users = {name for name, service in compose.services.items() if is_pipeline(service)}
    assert users == set(compose.services) - FROM_OUTSIDE - {"sftp"}
    assert {name for name, service in compose.services.items() if "build" in service} == {IMAGE_OF, "sftp"}
    assert {compose.services[name]["pull_policy"] for name in users - {IMAGE_OF}} == {"never"}
    for name in users:
        before, reached = {name}, set[str]()
        while before - reached:
            one = sorted(before - reached)[0]
            reached.add(one)
            before |= set(compose.services[one].get("depends_on", {}))
        assert IMAGE_OF in reached, f"{name} alone would be built where that image was never built"


def test_the_engine_that_is_set_is_the_one_that_the_image_holds() -> None:
    """One setting for both: `.env` says what computes, and the image is built from the stage of that name."""
    (engines,) = (field.annotation.__args__ for name, field in Settings.model_fields.items() if name == "engine")  # type: ignore[union-attr]
    assert set(engines) == set(re.findall(r"^FROM .* AS (\w+)$", DOCKERFILE, re.M))
    default = str(Settings.model_fields["engine"].default)
    assert f"\nARG ENGINE={default}\n" in DOCKERFILE and "\nFROM ${ENGINE}\n" in DOCKERFILE
    for engine in engines:
        chosen = Compose.read(ROOT / "docker-compose.yml", read_environment_file(EXAMPLE) | {"PAMGA_ENGINE": engine})
        assert chosen.services[IMAGE_OF]["build"]["args"]["ENGINE"] == engine
    assert (
        Compose.read(ROOT / "docker-compose.yml", read_environment_file(EXAMPLE)).services[IMAGE_OF]["build"]["args"][
            "ENGINE"
        ]
        == default
    )


def test_superset_has_one_address_for_whoever_asks_it(compose: Compose) -> None:
    """Its own, to which each adds what it asks; the worker would start a second Superset where it does not answer."""
    given = {name: compose.environment(name).get("PAMGA_SUPERSET_URL") for name in compose.services}
    told = {name for name, address in given.items() if address is not None}
    assert told == {"airflow-worker", "monitor"}
    for name in told:
        assert given[name] == "http://superset:8088/"
        assert set(compose.services[name]["networks"]) & set(compose.services["superset"]["networks"])


def test_airflow_is_looked_at_where_it_is_and_not_at_the_door(compose: Compose) -> None:
    """The public address would lead out of the installation and, before its certificate is there, nowhere."""
    for name in ("airflow-worker", "monitor"):
        assert compose.environment(name)["PAMGA_AIRFLOW_URL"] == "http://airflow-api:8080/"
        assert set(compose.services[name]["networks"]) & set(compose.services["airflow-api"]["networks"])


def test_whatever_tells_lineage_gets_out(compose: Compose) -> None:
    """The scheduler tells of runs, the worker of tasks and of what dbt built."""
    for name in ("airflow-scheduler", "airflow-worker"):
        assert "out" in compose.services[name]["networks"]


def test_only_the_doors_are_published(compose: Compose) -> None:
    assert {name for name, service in compose.services.items() if "ports" in service} == {"proxy", "sftp"}
    for name, service in compose.services.items():
        reachable = {
            network for network in service["networks"] if not compose.document["networks"][network].get("internal")
        }
        assert reachable <= {"proxy": {"street"}, "sftp": {"departments"}}.get(name, {"out"}), name


# --- Secrets ----------------------------------------------------------------------------------------------------------------

AIRFLOW = {"airflow_database_url", "airflow_fernet_key"}
QUEUE = {"broker_url", "celery_result_url"}
PIPELINE = {"hmac_key", "vault_key", "registry_url"}
BACKUP = {"backup_key", "aws_credentials"}
BOARDS = {"superset_secret_key", "superset_database_url", "superset_cache_url", "superset_admin_password"}
WHO_KNOWS_WHAT = {
    "postgres": {
        "postgres_password",
        *(f"{role}_db_password" for role in ("airflow", "celery", "pamga", "superset", "reader")),
    },
    "redis": {"broker_password", "cache_password"},
    "folders": set(),
    "airflow-init": AIRFLOW | PIPELINE | BACKUP | {"superset_database_url"},
    "airflow-api": AIRFLOW | {"airflow_api_secret", "airflow_jwt_secret"},
    "airflow-scheduler": AIRFLOW | QUEUE | {"airflow_jwt_secret"},
    "airflow-dag-processor": AIRFLOW | {"connections.env"},
    "airflow-triggerer": AIRFLOW,
    "airflow-worker": QUEUE | PIPELINE | BOARDS | BACKUP | {"inbox_url", "connections.env", "airflow_reader_url"},
    "files": set(),
    "monitor": set(),
    "superset": BOARDS,
    "sftp": set(),
    "proxy": {"tls_certificate.pem", "tls_key.pem"},
}


def test_a_service_knows_only_the_secrets_that_it_works_with(compose: Compose) -> None:
    assert {name: set(service.get("secrets", [])) for name, service in compose.services.items()} == WHO_KNOWS_WHAT
    assert set(compose.document["secrets"]) == set().union(*WHO_KNOWS_WHAT.values())


def test_no_secret_is_in_the_environment(compose: Compose) -> None:
    for name, service in compose.services.items():
        for variable, value in service.get("environment", {}).items():
            assert not SECRET.search(variable) or variable.endswith("_FILE") or value in ("true", "false"), (
                name,
                variable,
            )
            if variable.endswith("_FILE"):
                assert Path(value).parent == Path("/run/secrets") and Path(value).name in service["secrets"], (
                    name,
                    variable,
                )
            assert not re.search(r"://[^/\s]*:[^/\s]*@", value), (name, variable)


def test_superset_hands_its_secrets_on_as_files(tmp_path: Path) -> None:
    """What a process was started with shows in /proc: serve.py takes them in and becomes gunicorn, which reads the files again."""
    given = {"SECRET_KEY": secrets.token_urlsafe(48), "DATABASE_URL": "postgresql://a:clave@b/c"}
    for name, text in given.items():
        (tmp_path / name).write_text(f"{text}\n")
    files = {f"PAMGA_SUPERSET_{name}_FILE": str(tmp_path / name) for name in given}
    script = "import json, os, environment as e; e.prepare(); print(json.dumps([dict(os.environ), e.handed_on()]))"
    environment = {"PAMGA_DATA": str(tmp_path / "datos"), "PYTHONPATH": str(ROOT / "dashboards")} | files
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    here, onward = json.loads(done.stdout)
    assert {name: here[f"PAMGA_SUPERSET_{name}"] for name in given} == given
    assert files.items() <= onward.items() and not set(given.values()) & set(onward.values())
    again = subprocess.run([sys.executable, "-c", script], env=onward, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)[1] == onward


def test_every_secret_that_airflow_asks_for_is_there(compose: Compose) -> None:
    asked = re.findall(r"_cmd = cat /run/secrets/(\w+)", (ROOT / "docker/airflow.cfg").read_text(encoding="utf-8"))
    assert set(asked) == AIRFLOW | QUEUE | {"airflow_api_secret", "airflow_jwt_secret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the secrets, with what a person put there before the others are made."""
    made = tmp_path / "secrets"
    made.mkdir()
    return made


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docker/make_secrets.py"), "--folder", str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_all_secrets_are_made_by_one_command(compose: Compose, folder: Path) -> None:
    folder.rmdir()
    assert make_secrets(folder).returncode == 0
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(compose.document["secrets"]) == set(made)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert make_secrets(folder).returncode == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made, "what is there stays"
    assert made.pop("inbox_url") == b""
    others = [text for name, text in made.items() if not name.endswith(("_url", ".env", ".pem", "aws_credentials"))]
    assert len(set(others)) == len(others)


@pytest.mark.parametrize("password", ["a/b#c@d%e:f?g h&i", "contraseña-ñandú-%40", "'; drop role airflow; --"])
def test_a_password_may_hold_any_character(folder: Path, password: str) -> None:
    from sqlalchemy.engine import make_url

    for name in ("airflow_db_password", "broker_password"):
        (folder / name).write_text(f"{password}\n")
    assert make_secrets(folder).returncode == 0
    for name in ("airflow_database_url", "broker_url"):
        assert make_url((folder / name).read_text()).password == password
    assert (folder / "airflow_db_password").read_text() == password, "the editor's newline is not the password's"


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "\ufeff{}", "\ufeff{}\r\n", "{}\n\n"])
def test_what_an_editor_adds_is_not_the_secret(folder: Path, around: str) -> None:
    secret = "una clave larga y rara"
    (folder / "broker_password").write_bytes(around.format(secret).encode())
    assert make_secrets(folder).returncode == 0
    assert (folder / "broker_password").read_bytes() == secret.encode()
    assert quote(secret, safe="") in (folder / "broker_url").read_text()


def test_what_a_person_put_there_for_himself_alone_is_read_by_the_services(folder: Path) -> None:
    """A certificate as it is copied with its rights, a password written under `umask 077`: the users inside are others."""
    assert make_secrets(folder).returncode == 0
    for name in ("tls_certificate.pem", "tls_key.pem", "connections.env", "broker_password"):
        (folder / name).chmod(0o600)
    assert make_secrets(folder).returncode == 0
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_certificate_with_which_the_proxy_would_not_start_is_said_before_it_is_asked_to(folder: Path) -> None:
    paths = folder / "tls_certificate.pem", folder / "tls_key.pem"
    mine, other, ended = (certificate(folder.parent, days).read_bytes() for days in (30, 60, -1))
    closed = ["openssl", "pkey", "-aes128", "-passout", "pass:clave"]
    locked = subprocess.run(closed, input=mine, check=True, capture_output=True).stdout
    for contents, said in (
        ((mine, mine), ""), ((mine, other), "is not of tls_key.pem"), ((mine, locked), "a password closes it"), ((mine, b""), "is no private key"),
        ((b"hola", mine), "is no certificate"), ((ended, ended), ""),
    ):  # fmt: skip
        for path, content in zip(paths, contents, strict=True):
            path.unlink(missing_ok=True)
            path.write_bytes(content)
        done = make_secrets(folder)
        assert (done.returncode, said in done.stderr) == (2 if said else 0, True), done.stderr


@pytest.mark.parametrize(
    "content", [b"una clave\nde dos lineas", b"con\tun tabulador dentro", "contraseña muy larga".encode("latin-1")]
)
def test_a_secret_that_no_part_would_read_alike_is_said(folder: Path, content: bytes) -> None:
    (folder / "broker_password").write_bytes(content)
    done = make_secrets(folder)
    assert done.returncode == 2 and "broker_password" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [("hmac_key", "a"), ("vault_key", "5a" * 32), ("airflow_fernet_key", "x" * 44), ("superset_secret_key", "thisISaSECRET_1234"),
     ("airflow_jwt_secret", "secret"), ("postgres_password", "postgres"), ("broker_password", "")],
)  # fmt: skip
def test_a_bad_secret_is_said_when_the_secrets_are_made(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    done = make_secrets(folder)
    assert done.returncode == 2
    assert name in done.stderr


# --- Folders ----------------------------------------------------------------------------------------------------------------

ALL = "/data"
WHO_SEES_WHAT = {
    "airflow-dag-processor": {"notices"},
    "files": {"releases (read)", "lake/_log (read)"},
    "monitor": {f"{folder} (read)" for folder in ("lake", "locks", "notices", "releases", "runs")},
    "superset": {"releases (read)", "runs (read)", "lake/_log (read)", "superset"},
    "sftp": {"inbox", "receipts (read)"},
    "folders": {ALL}, "airflow-init": {ALL}, "airflow-worker": {ALL},
}  # fmt: skip


@pytest.mark.parametrize("name", ["first_machine", "second_machine"])
def test_what_other_machines_are_let_in_by(compose: Compose, name: str) -> None:
    """Only what a worker asks for, by the names and doors that its own files know, and never on every address."""
    path = ROOT / f"docker/{name}.yml"
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(path))
    assert done.returncode == 0, done.stdout
    more = Compose.read(path, {"PAMGA_INNER_ADDRESS": "10.0.0.1"}).services
    doors = {"postgres": "5432", "redis": "6379", "airflow-api": "8080", "superset": "8088"}
    if name == "first_machine":
        assert {service: facts["ports"] for service, facts in more.items()} == {
            service: [f"10.0.0.1:{port}:{port}"] for service, port in doors.items()
        }
    else:
        (worker,) = more.values()
        assert worker == {"extra_hosts": [f"{service}:10.0.0.1" for service in doors]}
    assert set(more) <= set(compose.services)


def test_a_service_sees_only_the_folders_that_it_works_with(compose: Compose) -> None:
    seen = {}
    for name in compose.services:
        mounts = {
            (mount.subpath or ALL) + (" (read)" if mount.read_only else "")
            for mount in compose.mounts(name)
            if mount.volume == "data"
        }
        if mounts:
            seen[name] = mounts
    assert seen == WHO_SEES_WHAT


def test_what_is_mounted_alone_is_made_first(compose: Compose, tmp_path: Path) -> None:
    environment = {"PAMGA_DATA": str(tmp_path / "data"), "LOGS": str(tmp_path / "logs"), "PATH": "/usr/bin:/bin"}
    (tmp_path / "data").mkdir()
    done = subprocess.run(["sh", str(ROOT / "docker/folders.sh")], env=environment, check=False)
    assert done.returncode == 0
    mounts = [mount for name in compose.services for mount in compose.mounts(name) if mount.subpath]
    assert {mount.volume for mount in mounts} == {"data", "logs"}
    assert all((tmp_path / str(mount.volume) / str(mount.subpath)).is_dir() for mount in mounts)


def test_requests_are_limited_in_one_place(compose: Compose) -> None:
    """Superset's own limit by address would refuse a crowd behind one address that the proxy lets wait."""
    assert compose.environment("superset")["PAMGA_SUPERSET_REQUESTS_PER_MINUTE"] == "0"


def the_file(name: str) -> Any:
    """A file of ours that is started and not imported."""
    spec = importlib.util.spec_from_file_location(Path(name).stem, ROOT / name)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_log_that_is_large_gives_way_while_several_write_it_and_no_line_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Superset's errors, however many there are before its next start: each worker has a handler of its own."""
    module = the_file("dashboards/gunicorn_conf.py")
    lines = [f"error {number:03d}" for number in range(100)]
    monkeypatch.setattr(module, "LARGEST_LOG", len("\n".join(lines)) * 2 // 3)
    handlers = [module.ErrorLog(str(tmp_path / "superset.log"), delay=True) for _ in range(3)]
    for number, line in enumerate(lines):
        handlers[number % 3].emit(logging.makeLogRecord({"msg": line}))
    for handler in handlers:
        handler.close()
    before, now = ((tmp_path / f"superset.{end}").read_text().splitlines() for end in ("1", "log"))
    assert before + now == lines and len(before) > len(now) > 0


def test_what_superset_keeps_of_its_errors_is_what_the_monitor_counts(
    compose: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through Superset's own hook, to the file that the compose file names, of which the monitor sees the same part of the volume."""
    path = compose.environment("superset")["PAMGA_SUPERSET_ERROR_LOG"]
    parts = {name: {(m.target, m.volume, m.subpath) for m in compose.mounts(name)} for name in ("superset", "monitor")}
    assert ("/data/logs", "logs", "superset") in parts["superset"] & parts[
        "monitor"
    ] and path == "/data/logs/superset.log"
    module = the_file("dashboards/gunicorn_conf.py")
    log = tmp_path / path.lstrip("/")
    log.parent.mkdir(parents=True)
    root = logging.getLogger()
    before = list(root.handlers)
    try:
        module.keep_errors(str(log))
        logging.getLogger("superset.views").error("Una consulta falló")
        logging.getLogger("superset.views").info("ERROR sólo en el texto")
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
    monkeypatch.setenv("PAMGA_SUPERSET_URL", "http://127.0.0.1:9")
    told = {metric.name: metric for metric in Installation(Settings(data=tmp_path / "data")).collect()}
    assert told["pamga_dashboard_errors"].samples[0].value == 1


# --- Settings ---------------------------------------------------------------------------------------------------------------


def test_every_setting_is_read_by_somebody(compose: Compose) -> None:
    ours = {f"PAMGA_{name.upper()}" for name in Settings.model_fields}
    readers = (ROOT / "dashboards" / "environment.py", ROOT / "operation" / "superset.py")
    superset = {
        name for path in readers for name in re.findall(r"PAMGA_SUPERSET_\w+", path.read_text(encoding="utf-8"))
    }
    known = ours | superset | {"PAMGA_COMMIT", "PAMGA_AIRFLOW_URL", "PAMGA_PROXY"}
    for name, service in compose.services.items():
        named = {
            variable.removesuffix("_FILE")
            for variable in service.get("environment", {})
            if variable.startswith("PAMGA_")
        }
        assert named <= known, name
    for_compose = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert set(read_environment_file(EXAMPLE)) <= known | for_compose


def test_settings_of_the_installation_reach_every_part(compose: Compose) -> None:
    """Addresses, who closes a quarter: whatever .env says."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for name, service in document["services"].items():
        if name not in FROM_OUTSIDE | {"sftp"}:
            assert service["env_file"] == [".env"], name


def test_the_example_says_everything_that_must_be_said_and_holds_no_secret() -> None:
    """`docker compose` stops at a variable that is marked with `:?` and not given."""
    example = read_environment_file(EXAMPLE)
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert required <= set(example)
    for name, value in example.items():
        assert not SECRET.search(name), name
        assert value and len(value) < 60, name
    assert not re.search(r"[A-Za-z0-9+/_-]{24,}", " ".join(example.values())), "nothing there could be taken for a key"


def test_production_differs_from_the_embedded_default_only_where_it_must(tmp_path: Path) -> None:
    import configparser

    written = configparser.ConfigParser(interpolation=None)
    written.read(ROOT / "docker/airflow.cfg", encoding="utf-8")
    embedded = airflow_environment(Settings(data=tmp_path))
    same = {}
    for variable, value in embedded.items():
        section, _, option = variable.removeprefix("AIRFLOW__").lower().partition("__")
        if written.has_option(section, option):
            same[variable] = (value, written.get(section, option))
    different = {name for name, (here, there) in same.items() if here != there}
    assert different == {
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__DAGS_FOLDER",
    }
    assert len(same) >= 9


def test_the_pool_of_one_is_made() -> None:
    assert f"airflow pools set {BUILD_POOL} 1 " in (ROOT / "docker/first_start.sh").read_text(encoding="utf-8")


def test_the_image_copies_what_is_there_and_every_room() -> None:
    copied = [source for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for source in line.split()[:-1]]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    rooms: dict[str, Any] = {
        path.parent.name: path for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"
    }
    assert {*rooms, "plan", "dbt_project", "dashboards", "docker"} <= set(copied)
    kept = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    assert set(copied) <= kept, "what the image copies, .dockerignore lets through"


# --- Digests ----------------------------------------------------------------------------------------------------------------


def pin(tmp_path: Path, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """docker/pin.py on a copy of the files, before a `docker` that gives this answer for each tag: no registry can be asked here."""
    for name in ("docker-compose.yml", "docker/Dockerfile", "docker/sftp/Dockerfile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / name).exists():
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:/usr/bin:/bin"}
    command = [sys.executable, str(ROOT / "docker/pin.py"), "--root", str(tmp_path), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_one_command_writes_every_digest_and_nothing_else(tmp_path: Path) -> None:
    one = "echo sha256:$(printf %s \"$4\" | sha256sum | cut -d' ' -f1)"
    before = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert pin(tmp_path, one, "--check").returncode == 1
    assert (tmp_path / "docker-compose.yml").read_text(encoding="utf-8") == before, "looking changes nothing"
    done = pin(tmp_path, one)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "5 images, 5 with another digest."), (
        done.stdout + done.stderr
    )
    written = (tmp_path / "docker-compose.yml").read_text(encoding="utf-8")
    digest = re.compile(r"@sha256:[0-9a-f]{64}")
    assert digest.sub("", written) == digest.sub("", before) and digest.findall(written) != digest.findall(before)
    assert re.match(
        r"# One image.*\n(?:#.*\n)*ARG ENGINE=duckdb\nFROM python:[\w.-]+@sha256:",
        (tmp_path / "docker/Dockerfile").read_text(encoding="utf-8"),
    )
    assert pin(tmp_path, one, "--check").returncode == 0


@pytest.mark.parametrize("answer", ["echo 'no such image' >&2; exit 1", "echo", "echo latest"])
def test_a_digest_that_nobody_tells_is_not_made_up(tmp_path: Path, answer: str) -> None:
    done = pin(tmp_path, answer)
    assert done.returncode == 2 and "Nothing was written" in done.stderr
    assert (tmp_path / "docker-compose.yml").read_bytes() == (ROOT / "docker-compose.yml").read_bytes()


# --- What the pages say -----------------------------------------------------------------------------------------------------


def _page(name: str) -> str:
    """Prose in one line, in which a command may be broken; blocks of commands as they are."""
    parts = (ROOT / name).read_text(encoding="utf-8").split("```")
    return "\n".join(part if number % 2 else part.replace("\n", " ") for number, part in enumerate(parts))


PAGES = "\n".join(
    _page(name)
    for name in (
        "docs/production.md",
        "docs/operations.md",
        "docs/backup.md",
        "docs/monitoring.md",
        "docs/spark.md",
        "README.md",
    )
)
WITH_A_VALUE = {"-e", "-v", "-u", "--build-arg", "-U", "-c", "-f"}


def test_every_command_of_the_pages_names_services_that_there_are(compose: Compose) -> None:
    """Commands are never run here as they are written, because there is no Docker: at least what they name is there."""
    said = re.findall(r"docker compose ((?:up|exec|run|restart|stop|logs|build)\b[^`;|&<>\n]*)", PAGES)
    assert len(said) >= 20
    for command in said:
        verb, *words = re.sub(r"\"[^\"]*\"", "X", command).split()
        names = [
            word
            for before, word in zip(["", *words], words, strict=False)
            if not word.startswith("-") and before not in WITH_A_VALUE
        ]
        names = names[:1] if verb in ("exec", "run") else names
        for name in names:
            assert name in compose.services or name == "airflow-", command


def test_every_pamga_command_of_the_pages_is_one() -> None:
    known = {entry.name for entry in entry_points(group=COMMAND_GROUP)}
    said = set(re.findall(r"`(?:[A-Z_]+=\S+ )*pamga ([a-z][a-z-]+)", PAGES)) | set(
        re.findall(r"airflow-(?:worker|init) pamga ([a-z-]+)", PAGES)
    )
    assert {"backup", "restore", "doctor", "rotate-key", "run"} <= said
    assert said <= known, said - known


def test_every_secret_and_script_of_the_pages_is_there(compose: Compose) -> None:
    named = {name for name in re.findall(r"secrets/([a-z_]+(?:\.[a-z]+)?)\b", PAGES) if not name.endswith("_")}
    assert {"backup_key", "connections.env", "tls_key.pem"} <= named
    assert named - {"hmac_key_next"} <= set(compose.document["secrets"]), named
    for script in set(re.findall(r"(?:python3|bash|sh) (docker/[\w./]+)", PAGES)):
        assert (ROOT / script).exists(), script


@pytest.mark.parametrize("other", ["lake", "vault"])
def test_sftp_does_not_start_in_all_of_the_data(tmp_path: Path, other: str) -> None:
    """What a Docker Engine may mount where a part of a volume was asked for."""
    script = (ROOT / "docker/sftp/start.sh").read_text(encoding="utf-8").replace("/data/inbox", str(tmp_path))
    (tmp_path / other).mkdir()
    ended = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"{other} lies in it" in ended.stdout and [path.name for path in tmp_path.iterdir()] == [other]


@pytest.mark.servers
def test_an_office_s_keys_are_read_however_they_were_saved_and_a_private_one_is_none(tmp_path: Path) -> None:
    script = (ROOT / "docker/sftp/start.sh").read_text(encoding="utf-8")
    functions = "\n".join(re.findall(r"^say\(\) [^\n]*$|^keys_of\(\) \{.*?^\}$", script, re.M | re.S))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(tmp_path / "own")], check=True)
    public = (tmp_path / "own.pub").read_bytes()
    putty = subprocess.run(
        ["ssh-keygen", "-e", "-f", str(tmp_path / "own.pub")], check=True, capture_output=True
    ).stdout
    for sent, taken in (
        (public, True), (b"\xef\xbb\xbf" + public.replace(b"\n", b"\r\n"), True), (putty, True), (putty.replace(b"\n", b"\r\n"), True),
        ((tmp_path / "own").read_bytes(), False), (b"PuTTY-User-Key-File-3: ssh-ed25519\n" + public, False),
    ):  # fmt: skip
        (tmp_path / "imju").write_bytes(sent)
        done = subprocess.run(["sh", "-euc", f"{functions}\nkeys_of {tmp_path}/imju"], check=True, capture_output=True)
        assert done.stdout.split()[:2] == (public.split()[:2] if taken else [])
        assert (b"PRIVATE" in done.stderr) is not taken
