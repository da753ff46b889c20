"""The mail server, by which reminders and failure notices go out."""

from __future__ import annotations

import json
import os
import re
import smtplib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from operation.doctor.found import ANSWER_SECONDS, FAIL, OK, WARN, Found
from pamga.airflow_settings import airflow_setting
from pamga.faults import first_line
from pamga.settings import Settings

SMTP_CONNECTION = "smtp_default"


def mail(settings: Settings) -> Iterator[Found]:
    address = _smtp_address()
    if address is None:
        yield Found(
            WARN,
            "There is no mail server: no reminder and no failure notice goes out.",
            f"Write {SMTP_CONNECTION}=smtp://… in secrets/connections.env, or set AIRFLOW_CONN_SMTP_DEFAULT (docs/production.md).",
        )
        return
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    plain = options.get("disable_ssl", "").lower() == "true"
    try:
        host, port = parts.hostname, parts.port or (25 if plain else 465)
    except ValueError:  # its text quotes what it took for a port, and may be a piece of the password
        host = None
    if host is None:
        yield Found(
            FAIL,
            f"The address of {SMTP_CONNECTION} is none.",
            "Write it as smtp://account:password@server:587/?disable_ssl=true&from_email=pamga%40leon.example, in account and password %XX for what is neither letter nor digit.",
        )
        return
    problem = _mail_problem(parts, host, port, options, settings.alert_email)
    if problem:
        yield problem
        return
    yield Found(OK, f"The mail server {host}:{port} answers" + (" and knows the account." if parts.username else "."))
    if not settings.alert_email:
        yield Found(WARN, "Nobody is written to when a task fails.", "Set PAMGA_ALERT_EMAIL.")
    if settings.addresses is None:
        yield Found(
            WARN, "The offices' addresses are the examples of the code.", "Set PAMGA_ADDRESSES to a file of your own."
        )


def _mail_problem(parts: SplitResult, host: str, port: int, options: dict[str, str], told: str | None) -> Found | None:
    """Why nothing would go out by this server; None where it would take a message. None is sent."""
    plain, sender = options.get("disable_ssl", "").lower() == "true", options.get("from_email") or ""
    kind = smtplib.SMTP if plain else smtplib.SMTP_SSL
    try:
        with kind(host, port, timeout=ANSWER_SECONDS) as server:
            server.ehlo()
            if plain and options.get("disable_tls", "").lower() != "true":
                server.starttls()
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.noop()
            refused = _refused_mail(server, sender, told or sender) if sender else None
    except UnicodeError:  # its text quotes the letter
        said = "The account or the password of the mail server holds a letter that its way of signing in cannot say."
        return Found(FAIL, said, "Give the account a password of letters without accents, digits and signs.")
    except (OSError, smtplib.SMTPException) as error:
        said = f"The mail server {host}:{port} refused: {first_line(error)}"
        return Found(FAIL, said, "Mend the address, the account or the server.")
    if not sender:
        said = f"{SMTP_CONNECTION} names no sender, and without one nothing goes out."
        return Found(FAIL, said, "Add from_email=pamga%40leon.example to its address.")
    if refused:
        said = f"The mail server {host}:{port} answers, and {refused}"
        return Found(FAIL, said, "Mend from_email, PAMGA_ALERT_EMAIL, or what the server lets this account send.")
    return None


def _refused_mail(server: smtplib.SMTP, sender: str, to: str) -> str | None:
    """What the server says to a message from and to these addresses, of which nothing is sent; None when it would take one."""
    steps = [("from", sender, server.mail)] + [("to", one.strip(), server.rcpt) for one in re.split("[,;]", to)]
    for way, address, ask in steps:
        number, text = ask(address)
        if number >= 400:
            return f"refuses a message {way} {address}: {number} {text.decode('utf-8', 'replace')}"
    server.rset()
    return None


def _smtp_address() -> str | None:
    """The address of the connection that the DAGs send by. Airflow also takes it as a JSON document."""
    given = _smtp_connection()
    if given is None or not given.lstrip().startswith("{"):
        return given
    try:
        facts = dict(json.loads(given))
        extra = facts.get("extra") or {}
        options = urlencode(
            {
                name: str(value).lower() if isinstance(value, bool) else value
                for name, value in dict(json.loads(extra) if isinstance(extra, str) else extra).items()
            }
        )
        account = ":".join(quote(str(facts[name]), safe="") for name in ("login", "password") if facts.get(name))
        port = f":{int(facts['port'])}" if facts.get("port") else ""
        return f"smtp://{account + '@' if account else ''}{facts['host']}{port}/?{options}"
    except (KeyError, TypeError, ValueError):
        return "none"


def _smtp_connection() -> str | None:
    """From the environment, or from the file of connections that Airflow's configuration names."""
    given = os.environ.get(f"AIRFLOW_CONN_{SMTP_CONNECTION.upper()}")
    if given:
        return given
    try:
        path = json.loads(airflow_setting("secrets", "backend_kwargs") or "{}").get("connections_file_path")
        lines = Path(path).read_text(encoding="utf-8").splitlines() if path else []
    except (OSError, ValueError):
        return None
    found = (line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == SMTP_CONNECTION)
    return next(found, None) or None
