"""What readers reach: the certificate they are shown, Superset, and the run that insiders' boards read."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

from operation.certificate import shown_at
from operation.doctor.found import FAIL, OK, WARN, Found
from operation.superset import superset_problem, superset_url
from pamga.documents.lock import Lock
from pamga.faults import first_line
from pamga.settings import Settings

CERTIFICATE_DAYS, LAST_CERTIFICATE_DAYS = 21, 7
"""Whatever renews certificates does so a month before their end."""
_DUCKDB_HEAD = 12_288  # three headers of a page each


def certificate(settings: Settings) -> Iterator[Found]:
    """As a citizen's browser is shown it."""
    mend = "Put the new one in secrets/tls_certificate.pem and secrets/tls_key.pem, python3 docker/make_secrets.py, docker compose up -d --wait --force-recreate proxy."
    for address in dict.fromkeys((settings.base_url, settings.dashboards_url)):
        try:
            shown = shown_at(address)
        except ssl.SSLError as error:
            said = f"What answers at {address} speaks no TLS that a browser would: {first_line(error)}"
            yield Found(FAIL, said, "See what listens there: docker compose ps proxy, and its log.")
            continue
        except OSError as error:
            said = f"{address} cannot be reached from here: {first_line(error)}"
            yield Found(WARN, said, "See whether it can from outside; its name must lead to this machine.")
            continue
        if shown is None:
            continue
        days = shown.seconds_left / 86_400
        said = f"The certificate of {shown.name} ends in {days:.0f} days."
        if shown.refused is not None and re.search("mismatch|not yet valid|not valid for", shown.refused, re.I):
            yield Found(FAIL, f"The certificate that is shown for {shown.name} is not its own: {shown.refused}.", mend)
        elif days < LAST_CERTIFICATE_DAYS:
            yield Found(FAIL, said if days > 0 else f"The certificate of {shown.name} has ended.", mend)
        elif shown.refused is not None:
            yield Found(WARN, f"No browser takes the certificate of {shown.name}: {shown.refused}.", mend)
        else:
            yield Found(WARN if days < CERTIFICATE_DAYS else OK, said, mend if days < CERTIFICATE_DAYS else "")


def superset(settings: Settings) -> Iterator[Found]:
    address, said = superset_url(), superset_problem()
    if said is None:
        yield Found(OK, f"Superset answers at {address}.")
    else:
        state = FAIL if os.environ.get("PAMGA_SUPERSET_URL") else WARN
        yield Found(
            state, f"Superset at {address}: {said}.", "Start it and read its log; PAMGA_SUPERSET_URL says where it is."
        )


def boards(settings: Settings) -> Iterator[Found]:
    """What insiders and the reminders read: the run of the release that is up."""
    lock = Lock.if_there(settings.layout.current / "inputs.lock")
    if lock is None:
        yield Found(WARN, "No release is up.", "pamga run")
        return
    run = lock.run
    warehouse = settings.layout.run(run) / "warehouse.duckdb"
    if warehouse.exists() and not _is_duckdb(warehouse):
        yield Found(
            FAIL,
            f"{warehouse} is damaged or cut off.",
            f"Remove {warehouse.parent}, then `pamga run`; `pamga reproduce` builds it from the lake.",
        )
    elif warehouse.exists():
        yield Found(OK, f"The run {run} of the release that is up is there.")
    else:
        yield Found(
            FAIL,
            f"The run {run} is gone: boards for insiders and the agreements' reminders have nothing to read.",
            "pamga run",
        )


def _is_duckdb(path: Path) -> bool:
    """By its mark, and whole pages: the file is large, and is not read."""
    with path.open("rb") as file:
        head = file.read(_DUCKDB_HEAD)
    return len(head) == _DUCKDB_HEAD and head[8:12] == b"DUCK" and path.stat().st_size % 4096 == 0
