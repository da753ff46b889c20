"""Build a release again from the lake and its lock, and compare the bytes of data/."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pamga.documents.lock import Lock
from pamga.errors import UsageError
from pamga.settings import Settings
from pamga.storage import exclusive_lock, sha256_file
from pamga.takedowns import releases_down, takedowns
from warehouse.build import rebuild
from warehouse.fingerprint import code_fingerprint
from warehouse.lock import LOCK_NAME


@dataclass(frozen=True)
class Reproduction:
    """What came of building a release again: files with equal bytes, files that differ, whether the code is the same."""

    release: str
    equal: list[str]
    different: list[str]
    same_code: bool
    commit: str | None


def reproduce(settings: Settings, release: str) -> Reproduction:
    """Build `release` again from its own inputs.lock. Raises UsageError when there is no such release."""
    folder = settings.layout.release(release)
    lock_path = folder / LOCK_NAME
    records = takedowns(settings.layout.log)
    if release in releases_down(records):
        gone = releases_down(records)[release]
        raise UsageError(
            f"{release} was taken down on {gone.fecha}: there is nothing left to prove.",
            f"Its tombstone is {settings.layout.releases}/retiros/{gone.numero:04d}.html.",
        )
    if not lock_path.exists():
        raise UsageError(f"There is no release {release}.", f"Choose one of the folders in {settings.layout.releases}.")
    lock = Lock.read(lock_path)
    with exclusive_lock(settings.layout.locks / "build.lock"):
        working = settings.layout.runs / ".reproduce"
        again = _hashes(rebuild(settings, lock_path, working))
        shutil.rmtree(working)
    published = _hashes(folder / "data")
    absent = {
        Path(path).name for r in records if release in r.publicaciones for path in r.publicaciones[release].retirados
    }
    names = sorted((published.keys() | again.keys()) - absent)  # of what was taken down there is nothing to prove
    equal = [name for name in names if published.get(name) == again.get(name)]
    return Reproduction(
        release=release,
        equal=equal,
        different=[name for name in names if name not in equal],
        same_code=lock.code.sha256 == code_fingerprint().sha256,
        commit=lock.code.commit,
    )


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256_file(path) for path in sorted(folder.iterdir()) if path.is_file()}
