"""The publication log, the ledger of published values and the record of rollbacks (docs/interfaces.md, `lake/_log`).

One immutable object per entry. The pointer `releases/current` is a function of this log, which is what lets a killed
publication or rollback be completed by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from pamga import releases
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json, write_once
from pamga.takedowns import releases_down, takedowns

INDICATOR_KEY = ("indicador", "ejercicio", "trimestre")
LEDGER_FIELDS = ("numerador", "denominador", "valor", "valor_al_vencimiento", "estado", "provisional")

IndicatorKey = tuple[str, int, str]


def publications(settings: Settings) -> list[dict[str, Any]]:
    """The publication log, oldest first."""
    return releases.in_order(read_json(path) for path in (settings.layout.log / "publications").glob("*.json"))


def rollbacks(settings: Settings) -> list[dict[str, Any]]:
    """The record of rollbacks, oldest first."""
    return [read_json(path) for path in sorted((settings.layout.log / "rollbacks").glob("*.json"))]


def expected_current(settings: Settings) -> str | None:
    """The release that the log says the world should see: what was published last, unless it was rolled back since."""
    line = lineage(settings)
    return line[-1] if line else None


def lineage(settings: Settings) -> list[str]:
    """The releases that lead to the one the world should see, oldest first; those that were taken down are not among them."""
    down = releases_down(takedowns(settings.layout.log))
    return [name for name in releases.lineage(publications(settings), rollbacks(settings)) if name not in down]


def current_release(settings: Settings) -> str | None:
    """The release that the pointer names now."""
    link = settings.layout.current
    return link.readlink().name if link.is_symlink() else None


def newest_withdrawal(settings: Settings) -> dict[str, Any] | None:
    """The rollback after which nothing was published yet, or None: what the next release has to mention."""
    back, published = rollbacks(settings), publications(settings)
    if back and published and back[-1]["ultima"] == published[-1]["release"] and back[-1]["a"] != back[-1]["de"]:
        return back[-1]
    return None


def is_repeated(settings: Settings, person: str, reason: str) -> bool:
    """Whether the newest rollback is this very one: same person, same reason, same day, and nothing published since."""
    newest = newest_withdrawal(settings)
    same = (person, reason, settings.today.isoformat())
    return newest is not None and (newest["persona"], newest["motivo"], newest["fecha"]) == same


def held_closings(settings: Settings) -> list[dict[str, Any]]:
    """The quarters whose closing was tried and held and that are not closed, oldest first: {trimestre, fecha, faltan}.

    `faltan` are the owed files, in words, that were missing at the newest attempt and for which nobody gave a reason.
    """
    line = set(lineage(settings))
    closed = {entry.get("cierre") for entry in publications(settings) if entry["release"] in line}
    newest: dict[str, tuple[int, Path]] = {}
    for path in (settings.layout.log / "closings").glob("*.json"):
        quarter, _, number = path.stem.partition("-")
        newest[quarter] = max(newest.get(quarter, (0, path)), (int(number or 1), path))
    held = []
    for quarter, (_, path) in sorted(newest.items()):
        entry = read_json(path)
        if entry["decision"] == "detener" and quarter not in closed:
            said = {(m["export"], m["dependencia"]) for m in (entry["cierre_por"] or {"motivos": []})["motivos"]}
            files = [f["archivo"] for f in entry["faltan"] if (f["export"], f["dependencia"]) not in said]
            held.append({"trimestre": quarter, "fecha": entry["fecha"], "faltan": files})
    return held


def published_values(settings: Settings) -> dict[IndicatorKey, dict[str, Any]]:
    """What the ledger says of every indicator value: its objects laid over one another, oldest first, without what was withdrawn."""
    values: dict[IndicatorKey, dict[str, Any]] = {}
    for release in lineage(settings):
        path = _ledger_path(settings, release)
        if path.exists():
            values.update((indicator_key(row), row) for row in read_json(path)["valores"])
    return values


def indicator_key(row: dict[str, Any]) -> IndicatorKey:
    """(indicador, ejercicio, trimestre): the grain of the indicator mart (rules.md, 'Status at a quarter')."""
    return row["indicador"], row["ejercicio"], row["trimestre"]


def new_or_changed(before: dict[IndicatorKey, dict[str, Any]], rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's rows for a release: those of the mart that are new or differ from what the ledger said before."""
    entries = [{name: row[name] for name in (*INDICATOR_KEY, *LEDGER_FIELDS)} for row in rows]
    changed = [row for row in entries if before.get(indicator_key(row)) != row]
    return sorted(changed, key=indicator_key)


def record_people(settings: Settings, release: str, document: dict[str, Any], tables: Collection[str]) -> None:
    """Keep what a release publishes of these tables about people, hidden counts included, for the builds that come after.

    Written just before the publication object, so that no published release lacks it. What a killed publication of the same name
    left was never public, and no build reads it: it is replaced.
    """
    path = settings.layout.log / "people" / f"{release}.json"
    versions = [version for version in document["versiones"] if version["tabla"] in tables]
    content = canonical_json({"release": document["release"], "sal": document["sal"], "versiones": versions})
    if all(entry["release"] != release for entry in publications(settings)):
        path.unlink(missing_ok=True)
    write_once(path, content)


def record_publication(settings: Settings, entry: dict[str, Any]) -> None:
    """Write the publication object: from here on the release is published, whoever has to finish the work."""
    write_once(settings.layout.log / "publications" / f"{entry['release']}.json", canonical_json(entry))


def record_values(settings: Settings, entry: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
    """Write the ledger object of a publication; `rows` are the release's indicator rows."""
    values = new_or_changed(published_values(settings), rows)
    document = {"release": entry["release"], "fecha": entry["fecha"], "valores": values}
    write_once(_ledger_path(settings, entry["release"]), canonical_json(document))


def ledger_values(settings: Settings, release: str) -> list[dict[str, Any]]:
    """The rows of one ledger object."""
    rows: list[dict[str, Any]] = read_json(_ledger_path(settings, release))["valores"]
    return rows


def has_values(settings: Settings, release: str) -> bool:
    """Whether the ledger has its object for a release: a kill may have come between the two."""
    return _ledger_path(settings, release).exists()


def _ledger_path(settings: Settings, release: str) -> Path:
    return settings.layout.log / "ledger" / f"{release}.json"


def publication(settings: Settings, release: str) -> dict[str, Any]:
    """The log's object of a published release."""
    entry: dict[str, Any] = read_json(settings.layout.log / "publications" / f"{release}.json")
    return entry


def record_rollback(
    settings: Settings, origin: str, target: str, person: str, reason: str, wrong: list[dict[str, Any]]
) -> None:
    """Say who took which release down, for which older one, why, and which deliveries were wrong."""
    back = rollbacks(settings)
    entry = {
        "de": origin,
        "a": target,
        "persona": person,
        "motivo": reason,
        "fecha": settings.today.isoformat(),
        "ultima": publications(settings)[-1]["release"],
        "entregas": wrong,
    }
    write_once(settings.layout.log / "rollbacks" / f"{len(back) + 1:04d}.json", canonical_json(entry))
