"""Where the departments drop their files: the inbox, and the SFTP server before it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from operation.doctor.found import FAIL, OK, WARN, Found
from pamga.settings import Settings

HOST_KEYS, HOST_KEYS_BEFORE = ".sftp", ".sftp.before"
"""In the inbox, by docker/sftp/start.sh: the fingerprints that the departments' programs know, and those of before they changed."""


def inbox(settings: Settings) -> Iterator[Found]:
    """Whether files can be taken from where the departments drop them."""
    from ingest.dropped import inbox_url, list_inbox
    from ingest.remote import is_remote

    name = inbox_url(settings)
    if not is_remote(name) and not os.access(name, os.R_OK | os.X_OK):
        there = Path(name).is_dir()
        said = f"This account may not look into {name}." if there else f"There is no folder {name}."
        state = FAIL if there or settings.inbox else WARN
        yield Found(state, said, "Give it to the pipeline's account." if there else "Make it, or mend PAMGA_INBOX.")
        return
    entries = list_inbox(name)
    faulty = [entry for entry in entries if entry.fault]
    for entry in faulty[:5]:
        yield Found(WARN, f"{entry.path}: {entry.fault}", "See to that file; the others are received.")
    if settings.inbox_url.startswith("http://"):
        yield Found(
            WARN, f"{name} is not encrypted: whoever is in between reads and changes what comes.", "Use https://."
        )
    yield Found(OK, f"{name} can be read: {len(entries) - len(faulty)} files.")


def sftp(settings: Settings) -> Iterator[Found]:
    """The keys by which the departments' programs know the SFTP server: with others they refuse to send anything."""
    inbox = settings.layout.inbox
    present = _lines(inbox / HOST_KEYS)
    offices = sum(1 for _ in inbox.glob("*/entregas")) if inbox.is_dir() else 0
    if present is None:
        if offices:
            yield Found(
                FAIL,
                f"{offices} departments come by SFTP, and its server has shown no host key yet.",
                "docker compose up -d --wait sftp, and read its log.",
            )
        return
    before = _lines(inbox / HOST_KEYS_BEFORE)
    if before is not None and before != present:
        yield Found(
            FAIL,
            f"The SFTP server's host keys are others than before: {', '.join(present)}. The departments' programs refuse it.",
            "Put the volume sftp-keys back (docs/backup.md), or tell each department these fingerprints and remove "
            f"{inbox / HOST_KEYS_BEFORE} (docker compose exec sftp rm /data/inbox/{HOST_KEYS_BEFORE}).",
        )
        return
    yield Found(OK, f"The SFTP server has its host keys: {', '.join(present)}.")


def _lines(path: Path) -> list[str] | None:
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else None
