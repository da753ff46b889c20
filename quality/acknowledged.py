"""Warnings that a named person has seen: told once with name and reason, and not again until what they found changes.

An immutable object of `lake/_log/acknowledged` says who acknowledged which check, why, and the fingerprint of what it had found.
"""

from __future__ import annotations

from pathlib import Path

from pamga.documents.log import Acknowledgement
from pamga.documents.quality import Check, Quality
from pamga.errors import UsageError
from pamga.reasons import signed, to_publish
from pamga.settings import Settings
from pamga.storage import canonical_json, exclusive_lock, sha256_bytes, write_once

COUNTED_DAYS = ("dias_de_atraso", "dias_retraso")
"""Columns that only say how long ago something was: a day more is no change."""


def fingerprint(check: Check) -> str:
    """What a check found, as far as it would be news when it changed."""
    rows = [{name: cell for name, cell in row.items() if name not in COUNTED_DAYS} for row in check.rows]
    return sha256_bytes(canonical_json({"id": check.id, "outcome": check.outcome, "rows": rows}))


def acknowledgements(settings: Settings) -> dict[str, Acknowledgement]:
    """Fingerprint -> who acknowledged it, why and when; the last word counts."""
    return {entry.huella: entry for entry in _known(settings)}


def _known(settings: Settings) -> list[Acknowledgement]:
    return Acknowledgement.all_in(sorted((settings.layout.log / "acknowledged").glob("*.json")))


def acknowledge(settings: Settings, check_id: str, person: str, reason: str, run: str | None = None) -> Path:
    """Acknowledge what a warning of a run (default: the newest) found. The same word twice is kept once.

    Raises UsageError without a person or a reason, or when the run has no such warning: what stops is not acknowledged, it is mended
    or waived.
    """
    who, why = signed(person), to_publish(reason)
    if not who or not why:
        raise UsageError("A warning is acknowledged by a named person with a reason.", "Give --persona and --motivo.")
    path = settings.layout.run(run or "latest") / "quality.json"
    checks = Quality.read(path).checks if path.exists() else []
    warned = {check.id: check for check in checks if check.outcome == "warn"}
    if check_id not in warned:
        raise UsageError(
            f"{check_id} does not warn in {path.parent.name}.", f"Warnings: {', '.join(sorted(warned)) or 'none'}."
        )
    entry = Acknowledgement(
        verificacion=check_id,
        huella=fingerprint(warned[check_id]),
        persona=who,
        motivo=why,
        fecha=settings.today.isoformat(),
    )
    folder = settings.layout.log / "acknowledged"
    with exclusive_lock(settings.layout.locks / "acknowledged.lock"):
        known = _known(settings)
        for number, old in enumerate(known, start=1):
            if old.model_copy(update={"fecha": entry.fecha}) == entry:
                return folder / f"{number:04d}.json"
        new = folder / f"{len(known) + 1:04d}.json"
        write_once(new, entry.content())
        return new
