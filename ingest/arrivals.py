"""Arrivals: how a dropped file is named in the registry, and on which manifest of the lake its record rests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.dropped import Entry, list_inbox
from ingest.names import shown, without_personal
from pamga.documents.deliveries import Received
from pamga.registry import Arrival
from pamga.settings import Settings
from pamga.storage import sha256_bytes

_KEY = re.compile("[0-9a-f]{64}")


def told(path: str) -> str:
    """A path that any database and any file can hold: bytes that are not UTF-8 are written out."""
    return path.encode("utf-8", "backslashreplace").decode()


def path_key(entry: Entry) -> str:
    """What a file is recognised by in the registry: its path, or its hash where somebody wrote personal data in the name."""
    path = told(entry.path)
    return path if without_personal(path) == path else sha256_bytes(path.encode())


def queued(entry: Entry) -> Entry:
    """An entry for a queue: by what it is recognised by where somebody wrote personal data in the name."""
    return replace(entry, path=path_key(entry))


def unqueued(entries: Sequence[Entry]) -> list[Entry]:
    """The entries again: those that are not named are looked for in their inbox. One that is no longer there keeps its key for a path."""
    inboxes = {entry.inbox for entry in entries if _KEY.fullmatch(entry.path)}
    found = {(inbox, path_key(entry)): entry.path for inbox in inboxes for entry in list_inbox(inbox)}
    return [replace(entry, path=found.get((entry.inbox, entry.path), entry.path)) for entry in entries]


def archivo_of(entry: Entry) -> str:
    """A file's path as it may be shown."""
    return "/".join(shown(part) for part in told(entry.path).split("/"))


def refused_id_of(entry: Entry, sha256: str | None) -> str:
    """What names the refusal of a file whose identity is not known."""
    return sha256_bytes(f"{told(entry.path)}\0{sha256}".encode())[:16]


def kept_manifest(settings: Settings, arrival: Arrival) -> Path:
    """The manifest in the lake on which an arrival rests."""
    if arrival.refused_id is not None:
        folder = settings.layout.refused / arrival.refused_id
    else:
        identity = (str(arrival.export), str(arrival.trimestre), str(arrival.dependencia))
        folder = settings.layout.version(*identity, arrival.version or 0)
    return folder / "manifest.json"


def arrival_of(
    settings: Settings, entry: Entry, manifest: Received, refused_id: str | None, not_yet: bool
) -> Arrival:  # fmt: skip
    """The record of a file that came to this manifest."""
    return Arrival(
        inbox=entry.inbox,
        path=path_key(entry),
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        archivo=archivo_of(entry),
        refused_id=refused_id,
        not_yet=not_yet,
        received_on=settings.today,
        sha256=manifest.sha256,
        dependencia=manifest.dependencia,
        export=manifest.export,
        trimestre=manifest.trimestre,
        version=manifest.version,
        state=manifest.state,
    )
