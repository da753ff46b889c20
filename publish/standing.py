"""What takedowns made of a release: the list of sums as published, less what is gone, with the new hashes of what was rewritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pamga.documents.log import Takedown, TakedownDone
from pamga.settings import Settings
from pamga.takedowns import takedowns

TOMBSTONES = "retiros"
"""Folder beside the releases with the page and the document of each takedown."""


@dataclass
class Standing:
    """What takedowns made of a release: files that are gone, files that have other bytes (None while that is not finished)."""

    removed: dict[str, int] = field(default_factory=dict)
    """path -> number of the takedown."""
    replaced: dict[str, str | None] = field(default_factory=dict)

    def of(self, sums: dict[str, str]) -> dict[str, str]:
        """The sums that the files of the release have now."""
        now = {path: self.replaced.get(path, sha256) or sha256 for path, sha256 in sums.items()}
        return {path: sha256 for path, sha256 in now.items() if path not in self.removed}


def standing_of(settings: Settings, release: str) -> Standing:
    """What all takedowns together made of a release."""
    standing = Standing()
    for record in takedowns(settings.layout.log):
        own = record.publicaciones.get(release)
        if own is None:
            continue
        done = TakedownDone.if_there(done_path(settings, record.numero))
        after = done.despues.get(release, {}) if done else {}
        standing.removed.update(dict.fromkeys(own.retirados, record.numero))
        standing.replaced.update({path: after.get(path) for path in own.sustituidos})
    standing.replaced = {path: sha for path, sha in standing.replaced.items() if path not in standing.removed}
    return standing


def done_path(settings: Settings, number: int) -> Path:
    """The object that says that a takedown was carried out, and what the rewritten files hash to."""
    return settings.layout.log / "takedowns_done" / f"{number:04d}.json"


def tombstone(record: Takedown) -> str:
    """Where the tombstone of a takedown is, below the folder of all releases and without its extension."""
    return f"{TOMBSTONES}/{record.numero:04d}"
