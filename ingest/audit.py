"""The lake against itself, the vault and the registry: what a version's manifest says must be what lies beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from ingest.arrivals import arrival_of, kept_manifest, refused_id_of, told
from ingest.dropped import Entry, inbox_url, list_inbox, local_copy
from ingest.landing import Identity, all_manifests, versions
from ingest.names import understand
from ingest.privacy import vault
from ingest.privacy.retention import end_of_retention
from ingest.reading import Limits
from pamga.documents.deliveries import Manifest, Refusal
from pamga.documents.log import Answer, Reminder
from pamga.errors import PamgaError
from pamga.faults import ALWAYS_OURS
from pamga.registry import Arrival, open_registry, set_aside_if_damaged
from pamga.seals import Finding
from pamga.settings import Settings
from pamga.storage import sha256_file

_RESTORE = "Put it back from the backup of the lake; or take the version's folder out, and `pamga receive` takes the file again"
_RESTORE_VAULT = "Put it back from the backup of the vault"


def audit_lake(settings: Settings) -> list[Finding]:
    """Every version, original and arrival that is not what was recorded of it."""
    found: list[Finding] = []
    manifests = all_manifests(settings.layout)
    for manifest in manifests:
        found += _version(settings, manifest)
    found += _vault(settings, manifests)
    found += _registry(settings)
    return found


def _version(settings: Settings, manifest: Manifest) -> Iterator[Finding]:
    folder = settings.layout.version_of(manifest)
    relative = folder.relative_to(settings.layout.root).as_posix()
    for table, expected in (("rows", manifest.rows_sha256), ("rejects", manifest.rejects_sha256)):
        path = folder / f"{table}.parquet"
        if not path.exists():
            yield Finding(f"{relative}/{table}.parquet", "is gone", f"{_RESTORE}.")
        elif sha256_file(path) != expected:
            yield Finding(f"{relative}/{table}.parquet", "is not what its manifest says", f"{_RESTORE}.")
    counted = manifest.accepted + manifest.quarantined + manifest.out_of_scope
    if counted != manifest.rows_read:
        yield Finding(f"{relative}/manifest.json", "counts rows that do not add up to those read", f"{_RESTORE}.")
    if manifest.rejects_by_rule != _rules(folder / "rejects.parquet"):
        yield Finding(f"{relative}/manifest.json", "counts other rejects than lie beside it", f"{_RESTORE}.")


def _rules(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    counts = pl.read_parquet(path, columns=["regla"]).group_by("regla").len()
    return dict(sorted(counts.iter_rows()))


def _vault(settings: Settings, manifests: list[Manifest]) -> Iterator[Finding]:
    """Every original is there until its time is over, and opens to the bytes that it is named by."""
    received: dict[str, date] = {}
    for manifest in manifests:
        day = date.fromisoformat(manifest.received_on)
        sha256 = str(manifest.sha256)
        received[sha256] = max(day, received.get(sha256, day))
    for sha256, day in sorted(received.items()):
        path = vault.object_path(settings.layout.vault, sha256)
        name = path.relative_to(settings.layout.root).as_posix()
        if not path.exists():
            if day > end_of_retention(settings):
                yield Finding(name, "is gone before its time", f"{_RESTORE_VAULT}.")
            continue
        try:
            digest = hashlib.sha256()
            for block in vault.blocks(settings, sha256):
                digest.update(block)
        except PamgaError as error:
            yield Finding(name, error.cause.rstrip("."), f"{_RESTORE_VAULT}.")
            continue
        if digest.hexdigest() != sha256:
            yield Finding(name, "holds other bytes than it is named by", f"{_RESTORE_VAULT}.")


def _registry(settings: Settings) -> Iterator[Finding]:
    for arrival in open_registry(settings).arrivals():
        if not kept_manifest(settings, arrival).exists():
            yield Finding(
                f"registry: {arrival.archivo}",
                f"was received as version {arrival.version}, which the lake does not hold",
                "`pamga receive` takes the file of the inbox again; or put the version back from the backup.",
            )


def rebuild_registry(settings: Settings) -> dict[str, int]:
    """Record again what the lake, and the inbox as it lies, say of arrivals, reminders and approvals.

    For a registry that was lost or is damaged. Returns how many of each were recorded. A file of the inbox that the lake does not hold
    is left for `pamga receive`.
    """
    set_aside_if_damaged(settings)
    registry = open_registry(settings)
    arrivals = 0
    for entry in list_inbox(inbox_url(settings, None)):
        arrival = _found_again(settings, entry)
        if (
            arrival is not None
            and registry.arrival(arrival.inbox, arrival.path, arrival.size, arrival.mtime_ns) is None
        ):
            arrivals += registry.record(arrival)
    log, reminders, approvals = settings.layout.log, 0, 0
    for path in sorted((log / "reminders").glob("*.json")):
        entry_said = Reminder.read(path)
        day = date.fromisoformat(entry_said.fecha)
        reminders += registry.record_reminder(path.stem, entry_said.dependencia, entry_said.asunto, day)
    for path in sorted((log / "approvals").glob("*.json")):
        said = Answer.read(path)
        approvals += registry.record_approval(
            said.run, said.release, said.decision, said.persona, said.motivo, date.fromisoformat(said.fecha)
        )  # fmt: skip
    return {"arrivals": arrivals, "reminders": reminders, "approvals": approvals}


def _found_again(settings: Settings, entry: Entry) -> Arrival | None:
    """The arrival that a file of the inbox must have been, when the lake holds what it came to. What cannot be read now, or is too large
    to have been read, is new again."""
    named = understand(told(entry.path), settings.today)
    if entry.fault is not None or entry.size > Limits.of(settings).file_bytes:
        return None
    try:
        with local_copy(entry) as source:
            sha256 = sha256_file(source)
    except OSError as error:
        if error.errno in ALWAYS_OURS:
            raise
        return None
    if named.reasons:
        refused_id = refused_id_of(entry, sha256)
        refusal = Refusal.if_there(settings.layout.refused / refused_id / "manifest.json")
        return arrival_of(settings, entry, refusal, refused_id, named.not_yet) if refusal else None
    identity = Identity(str(named.export), str(named.trimestre), str(named.dependencia))
    same = next((m for m in reversed(versions(settings.layout, identity)) if m.sha256 == sha256), None)
    return None if same is None else arrival_of(settings, entry, same, None, False)
