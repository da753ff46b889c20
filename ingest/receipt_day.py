"""Correct the day on which a version was received, which a wrong clock wrote (docs/reading-files.md, 'The day of a delivery').

The manifest stays as it landed, and sealed: a person's word about its day is an object of the log. What depends on the day in the rows
themselves (the date of a deed after it) is judged again from the original in the vault, and lands as a new version where it differs.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from ingest.contract import load_contract
from ingest.landing import HELD, Facts, Identity, land, manifest_of, standing, versions
from ingest.privacy import vault
from ingest.reading import Outcome
from ingest.receive import judge_again
from pamga.backup.acts import keep_acts
from pamga.documents.deliveries import Manifest
from pamga.documents.log import ReceiptDay
from pamga.errors import UsageError
from pamga.log import decisions
from pamga.quarter import Quarter
from pamga.reasons import signed, to_publish
from pamga.receipt_days import KIND, corrected_days, corrections
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.standing import set_aside_by_people, version_of
from pamga.storage import exclusive_lock, private_folder, write_once


def correct_receipt_day(
    settings: Settings, identity: Identity, version: int, day: date, person: str, reason: str
) -> tuple[ReceiptDay, Manifest]:
    """Say that a version was received on another day; returns the object of the log and the manifest that stands for it now: a new
    version where its rows come to something else on that day. The same word twice is one object.

    Raises UsageError without a person or a reason, for a version that is not there, or for a day that cannot be: after today, or before
    the quarter began.
    """
    if not person.strip() or not reason.strip():
        raise UsageError(
            "A corrected day needs a named person and a reason: both are published.", "Give --persona and --motivo."
        )
    layout = settings.layout
    if layout.rotation.exists():
        raise UsageError(
            "The pseudonyms' key is being rotated.", "Let it end (`pamga rotate-key`), then correct the day."
        )
    first = Quarter.parse(identity.trimestre).first_day
    if not first <= day <= settings.today:
        raise UsageError(
            f"{day} cannot be the day of receipt: {identity.trimestre} begins on {first}, and today is {settings.today}.",
            "Give --dia as YYYY-MM-DD.",
        )
    with exclusive_lock(layout.locks / f"{identity.export}-{identity.trimestre}-{identity.dependencia}.lock"):
        known = {manifest.version: manifest for manifest in versions(layout, identity)}
        if version not in known:
            raise UsageError(f"There is no version {version} of {identity}.", f"There are: {sorted(known)}.")
        entry = _record(settings, known[version], day, signed(person), to_publish(reason))
        open_registry(settings).correct_receipt(identity.dependencia, identity.export, identity.trimestre, version, day)
        keep_acts(settings)
        return entry, _land_again(settings, identity, known[version], entry, list(known.values()))


def judge_corrected(settings: Settings) -> None:
    """Complete what corrected days ask for: after a restore the words may be newer than the lake. Done already, it changes nothing."""
    layout = settings.layout
    for entry in corrected_days(layout).values():
        identity = Identity(entry.export, entry.trimestre, entry.dependencia)
        with exclusive_lock(layout.locks / f"{identity.export}-{identity.trimestre}-{identity.dependencia}.lock"):
            known = {manifest.version: manifest for manifest in versions(layout, identity)}
            if entry.version in known:
                day = date.fromisoformat(entry.recibido)
                open_registry(settings).correct_receipt(
                    identity.dependencia, identity.export, identity.trimestre, entry.version, day
                )
                _land_again(settings, identity, known[entry.version], entry, list(known.values()))


def _record(settings: Settings, manifest: Manifest, day: date, person: str, reason: str) -> ReceiptDay:
    layout = settings.layout
    dropped = date.fromisoformat(manifest.day_dropped)
    told = day if manifest.day_dropped == manifest.received_on else min(dropped, day)
    entry = ReceiptDay(
        export=manifest.export, trimestre=manifest.trimestre, dependencia=manifest.dependencia, version=manifest.version,
        decia=manifest.received_on, recibido=day.isoformat(), dejado=told.isoformat(), persona=" ".join(person.split()),
        motivo=reason, fecha=settings.today.isoformat(),
    )  # fmt: skip
    with exclusive_lock(layout.locks / "receipt-days.lock"):
        said = corrections(layout)
        mine = [
            old
            for old in said
            if (old.export, old.trimestre, old.dependencia, old.version)
            == (entry.export, entry.trimestre, entry.dependencia, entry.version)
        ]
        if mine and mine[-1].recibido == entry.recibido:
            return mine[-1]
        write_once(layout.log / KIND / f"{len(said) + 1:04d}.json", entry.content())
    return entry


def _land_again(
    settings: Settings, identity: Identity, manifest: Manifest, entry: ReceiptDay, known: list[Manifest]
) -> Manifest:
    """The version that says what the file comes to on its right day: itself, one that was landed for it before, or a new one."""
    from ingest.receipts import write_receipt

    layout, contract = settings.layout, load_contract(identity.export)
    current = _said_now(settings, manifest, known)
    if current is None:
        return manifest
    if not vault.object_path(layout.vault, manifest.sha256).exists() or manifest.restored_from is not None:
        return manifest  # its original left the vault at the end of its time: the rows stay as they were judged
    day = date.fromisoformat(entry.recibido)
    with private_folder() as private:
        source = vault.take_out(settings, manifest.sha256, private / ("original" + Path(manifest.archivo).suffix))
        understood, checked, reasons, corrects = judge_again(settings, manifest, day, source)
        if reasons:
            return manifest
        if _says_the_same(settings, current, checked.rows, checked.rejects):
            return current
        facts = Facts(
            archivo=manifest.archivo, sha256=manifest.sha256, bytes=manifest.bytes or 0, received_on=entry.recibido, dropped_on=entry.dejado,
            example=manifest.example, understood=understood, contract_sha256=contract.sha256, hmac_key_id=manifest.hmac_key_id,
        )  # fmt: skip
        anew = manifest_of(identity, facts, checked, reasons)
        why = f"Se revisó de nuevo la versión {manifest.version} con su día de recibo correcto, {day:%d/%m/%Y}. Motivo: {entry.motivo}"
        landed = land(
            layout,
            identity,
            anew.model_copy(
                update={"restored_from": manifest.version, "corrects": corrects, "notes": [*anew.notes, why]}
            ),
            checked,
        )
        write_receipt(settings, Outcome(landed, checked.rejects, contract, None, checked.marks), source)
    return landed


def _said_now(settings: Settings, manifest: Manifest, known: list[Manifest]) -> Manifest | None:
    """The version that says what a version holds: itself, or the newest one that was made of it. None where a day changes nothing of what
    counts: the office has delivered something else since, a person set it aside, or it is held for a second word."""
    made = [manifest]
    for later in known:
        if later.restored_from in {one.version for one in made}:
            made.append(later)
    counts = standing(settings.layout, known)
    if counts is not None and counts in made:
        return counts
    apart = set_aside_by_people(known, decisions(settings.layout))
    replaced = counts is not None and counts.version > manifest.version
    if replaced or manifest.state == HELD or any(version_of(one) in apart for one in (manifest, made[-1])):
        return None
    return made[-1]


def _says_the_same(settings: Settings, manifest: Manifest, rows: pl.DataFrame, rejects: pl.DataFrame) -> bool:
    folder = settings.layout.version_of(manifest)
    return rows.equals(pl.read_parquet(folder / "rows.parquet")) and rejects.equals(
        pl.read_parquet(folder / "rejects.parquet")
    )
