"""Retention: originals leave the vault when their time is over; deliveries in the lake stay (they hold no personal data)."""

from __future__ import annotations

from datetime import date

from ingest.landing import all_manifests
from ingest.privacy.vault import object_path
from pamga.documents.deliveries import Received, Refusal
from pamga.plausible import require_plausible_day
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.storage import remove_durably


def enforce_retention(settings: Settings) -> list[str]:
    """Delete the originals last received PAMGA_VAULT_RETENTION_YEARS ago or more.

    Returns the SHA-256 of the originals that went. One that no manifest and no arrival names (a receiver was killed) has no
    day of receipt and is kept until its file is that old. Raises ImplausibleDay, with nothing deleted, where the clock cannot be right.
    """
    require_plausible_day(settings, open_registry(settings).newest_receipt(), open_registry(settings).newest_look())
    end = end_of_retention(settings)
    last = _last_received(settings)
    removed = []
    for path in sorted(settings.layout.vault.glob("??/*.enc")):
        received = last.get(path.stem) or date.fromtimestamp(path.stat().st_mtime)  # noqa: DTZ012 - a day is enough
        if received <= end:
            remove_durably(object_path(settings.layout.vault, path.stem))
            removed.append(path.stem)
    return removed


def end_of_retention(settings: Settings) -> date:
    """What was last received on this day or before has left the vault, or leaves it with the next upkeep."""
    return _years_before(settings.today, settings.vault_retention_years)


def _last_received(settings: Settings) -> dict[str, date]:
    """SHA-256 -> the last day on which that content was received."""
    refusals = Refusal.all_in(settings.layout.refused.glob("*/manifest.json"))
    manifests: list[Received] = [*all_manifests(settings.layout), *refusals]
    last: dict[str, date] = {}
    received = [(m.sha256, date.fromisoformat(m.received_on)) for m in manifests]
    received += [(arrival.sha256, arrival.received_on) for arrival in open_registry(settings).arrivals()]
    for sha256, day in received:
        if sha256 is not None:
            last[sha256] = max(day, last.get(sha256, day))
    return last


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
