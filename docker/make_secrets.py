#!/usr/bin/env python3
"""Make the secrets of an installation, a file each, in `secrets/`: what is missing is made at random, what is there stays.

    python3 docker/make_secrets.py [--folder secrets] [--domain pamga.example]

Run it again after something in there was written by hand: the addresses that hold a password are written anew, and the services may
read what came. `docker-compose.yml` says which
service gets which file. Nothing but the standard library (and openssl, for the trial certificate).
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pamga.keys import UnusableKey, require_hex_key, require_strong


def hex_key() -> str:
    return secrets.token_hex(32)


def fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def long_password() -> str:
    return secrets.token_urlsafe(32)


MADE: dict[str, Callable[[], str]] = {
    "hmac_key": hex_key,
    "vault_key": hex_key,
    "backup_key": hex_key,
    "airflow_fernet_key": fernet_key,
    "airflow_api_secret": lambda: secrets.token_urlsafe(48),
    "airflow_jwt_secret": lambda: secrets.token_urlsafe(64),
    "superset_secret_key": lambda: secrets.token_urlsafe(48),
    "superset_admin_password": lambda: secrets.token_urlsafe(24),
    "postgres_password": long_password,
    "airflow_db_password": long_password,
    "celery_db_password": long_password,
    "pamga_db_password": long_password,
    "superset_db_password": long_password,
    "reader_db_password": long_password,
    "broker_password": long_password,
    "cache_password": long_password,
}
ADDRESSES = {
    "airflow_database_url": ("airflow_db_password", "postgresql+psycopg2://airflow:{}@postgres:5432/airflow"),
    "airflow_reader_url": ("reader_db_password", "postgresql+psycopg2://reader:{}@postgres:5432/airflow"),
    "celery_result_url": ("celery_db_password", "db+postgresql://celery:{}@postgres:5432/celery"),
    "registry_url": ("pamga_db_password", "postgresql+psycopg2://pamga:{}@postgres:5432/pamga"),
    "superset_database_url": ("superset_db_password", "postgresql+psycopg2://superset:{}@postgres:5432/superset"),
    "broker_url": ("broker_password", "redis://broker:{}@redis:6379/0"),
    "superset_cache_url": ("cache_password", "redis://cache:{}@redis:6379/1"),
}
"""What is written from a password: percent-encoded, so that it may hold any character."""
CONNECTIONS = """\
# Airflow's connections, one a line. Without smtp_default no reminder and no failure notice goes out by mail:
# smtp_default=smtp://user:password@mail.example:587/?disable_ssl=true&from_email=pamga%40leon.example
"""
AWS = """\
# The account of the backup's bucket, where PAMGA_BACKUP is s3://…; remove the marks and fill in:
# [default]
# aws_access_key_id =
# aws_secret_access_key =
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("secrets"))
    parser.add_argument("--domain", default="pamga.example", help="of the trial certificate")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(exist_ok=True, mode=0o700)
    folder.chmod(
        0o700
    )  # nobody but its owner gets as far as the files, which the users inside the containers must read
    try:
        for name, make in MADE.items():
            _keep(folder / name, make())
            _look_at(name, _read(folder / name))
        for name, (password, address) in ADDRESSES.items():
            _write(folder / name, address.format(quote(_read(folder / password), safe="")))
    except UnusableKey as unusable:
        print(f"secrets: {unusable}", file=sys.stderr)
        return 2
    _keep(folder / "connections.env", CONNECTIONS)
    _keep(folder / "aws_credentials", AWS)
    _keep(
        folder / "inbox_url", ""
    )  # an inbox elsewhere, whose address holds an account; empty: the folder of the volume
    if not (folder / "tls_certificate.pem").exists():
        _trial_certificate(folder, arguments.domain)
    for path in folder.iterdir():  # also what a person, or whatever renews the certificate, put there for himself alone
        path.chmod(0o444)
    wrong = _wrong_with_certificate(folder / "tls_certificate.pem", folder / "tls_key.pem")
    if wrong:
        print(f"secrets: {wrong}", file=sys.stderr)
        return 2
    print(f"{folder}: {len(list(folder.iterdir()))} files. Keep a copy of them apart from the backup of the data.")
    return 0


def _look_at(name: str, text: str) -> None:
    if name in {"hmac_key", "vault_key", "backup_key"}:
        require_hex_key(name, text)
    elif name == "airflow_fernet_key":
        try:
            good = len(base64.urlsafe_b64decode(text)) == 32
        except ValueError:
            good = False
        if not good:
            raise UnusableKey(f"{name} is not 32 bytes in base64. Next: remove the file and run this again.")
    elif name.endswith(("secret", "secret_key")):
        require_strong(name, text, "openssl rand -base64 48")
    elif len(text) < 12:
        raise UnusableKey(f"{name} has {len(text)} characters and needs at least 12. Next: write a longer one.")


def _keep(path: Path, fresh: str) -> None:
    """Write what is missing; of what a person wrote, take away what the editor added: the newline at the end, the mark before."""
    if not path.exists():
        _write(path, fresh)
    elif path.name in MADE and path.read_bytes() != (text := _read(path)).encode():
        _write(path, text)


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UnusableKey(
            f"{path.name} is not UTF-8. Next: save it as UTF-8, or remove it and run this again."
        ) from None
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise UnusableKey(
            f"{path.name} holds more than one line, or a control character. Next: leave the secret alone in it."
        )
    return text


def _write(path: Path, text: str) -> None:
    spare = path.with_name(f".{path.name}.{os.getpid()}")
    spare.write_text(text, encoding="utf-8")
    spare.chmod(0o444)
    spare.replace(path)


def _wrong_with_certificate(certificate: Path, key: Path) -> str | None:
    """What would keep the proxy from starting, and with it the releases; said while the one before is still shown. One that has ended is shown all
    the same; that is for `pamga doctor` to say."""

    def ask(*command: str) -> tuple[bool, str]:
        done = subprocess.run(["openssl", *command], capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout

    try:
        opened, of_key = ask("pkey", "-in", str(key), "-pubout", "-passin", "pass:")
        read, of_certificate = ask("x509", "-in", str(certificate), "-noout", "-pubkey")
    except OSError:
        return None  # no openssl here: said when the trial one could not be made
    if not opened:
        return f"{key} is no private key, or a password closes it, which nobody types when the proxy starts. Next: openssl pkey -in … -out …"
    if not read:
        return f"{certificate} is no certificate in PEM. Next: put there what the authority gave, the site's own first."
    if of_key != of_certificate:
        return f"{certificate} is not of {key.name}. Next: the pair of one request, and in the first file the site's own certificate before the authority's."
    return None


def _trial_certificate(folder: Path, domain: str) -> None:
    """A certificate that no browser trusts, so that everything starts; the real one takes its place (docs/production.md)."""
    certificate, key = folder / "tls_certificate.pem", folder / "tls_key.pem"
    names = ",".join(f"DNS:{name}.{domain}" for name in ("datos", "tableros", "tuberia"))
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
             "-subj", f"/CN=datos.{domain}", "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        print(f"secrets: no openssl here; put a certificate and its key in {certificate} and {key}.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
