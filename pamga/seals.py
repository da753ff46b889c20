"""Seals: with each publication, every object of the lake that is new since the one before is written down by its hash, in a chain.

The lake is append-only; a seal is what a later audit holds it against. Each seal names the hash of the one before, so none can be
changed, taken out or put in without breaking the chain after it, and the hash of the newest one is published with the release,
where whoever keeps a copy holds it against us. A seal lists only what is new, so that the seals of ten years grow as the lake does.

What may change after it was sealed: the manifest of a version whose pseudonyms were made again (`_log/rotations` says from which
hash to which).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pamga.documents.log import Rotation, Seal
from pamga.errors import PamgaError
from pamga.layout import MANIFESTS
from pamga.rights import refuse_half_restored
from pamga.settings import Settings
from pamga.storage import sha256_bytes, sha256_file, write_once

SEALS = "seals"
_SEALED = (
    MANIFESTS,
    "_refused/*/manifest.json",
    "_contracts/*.yaml",
    "_log/*/*.json",
)
FROM_BACKUP = "Put it back from the backup of the lake, as it was when {release} was published, and audit again."


class RewrittenLake(PamgaError):
    """The lake is no longer what it was when it was sealed: nothing is published on top of that."""


@dataclass(frozen=True)
class Finding:
    """An object that is not what was recorded when it was made, and the way back."""

    object: str
    problem: str
    way_back: str

    def __str__(self) -> str:
        return f"{self.object}: {self.problem}. {self.way_back}"


def seal(settings: Settings, release: str) -> Path:
    """Write the seal of a publication, once; returns its path."""
    path = _folder(settings) / f"{release}.json"
    if path.exists():
        return path
    known = seals(settings)
    sealed = _sealed(known)
    present = {name: sha256_file(settings.layout.lake / name) for name in objects(settings)}
    document = Seal(
        format=Seal.FORMAT,
        release=release,
        orden=len(known) + 1,
        anterior=newest(settings),
        objetos={name: sha256 for name, sha256 in present.items() if sealed.get(name) != sha256},
    )
    write_once(path, document.content())
    return path


def seals(settings: Settings) -> list[Seal]:
    """Every seal, oldest first."""
    return sorted(Seal.all_in(_folder(settings).glob("*.json")), key=lambda entry: entry.orden)


def objects(settings: Settings) -> list[str]:
    """The names, below the lake, of what is sealed."""
    lake = settings.layout.lake
    found = [path.relative_to(lake).as_posix() for pattern in _SEALED for path in lake.glob(pattern)]
    return sorted(name for name in found if "/.tmp-" not in name and _is_final(settings, name))


def _is_final(settings: Settings, name: str) -> bool:
    """Not a seal itself, nor what a killed publication left of a release that was never published."""
    parts = Path(name).parts
    if parts[1] == SEALS:
        return False
    return parts[1] != "people" or (settings.layout.log / "publications" / parts[-1]).exists()


def newest(settings: Settings) -> str | None:
    """The hash of the newest seal, which the next release publishes; None before the first."""
    known = seals(settings)
    return sha256_file(_folder(settings) / f"{known[-1].release}.json") if known else None


def findings(settings: Settings) -> list[Finding]:
    """What of the lake is not as it was sealed; empty when all is well."""
    return [*_chain(settings), *_objects(settings)]


def refuse_rewritten(settings: Settings) -> None:
    """Raise RewrittenLake when the lake is not as it was sealed, or a rotation of the pseudonyms' key is under way."""
    refuse_half_restored(settings.layout)
    if settings.layout.rotation.exists():
        raise PamgaError("The pseudonyms' key is being rotated.", "Let it end: run `pamga rotate-key`.")
    found = findings(settings)
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise RewrittenLake(
            f"The lake was changed after it was sealed: {'; '.join(f'{f.object} {f.problem}' for f in found[:5])}{more}.",
            f"{found[0].way_back} `pamga audit` lists everything.",
        )


def _folder(settings: Settings) -> Path:
    return settings.layout.log / SEALS


def _sealed(known: list[Seal]) -> dict[str, str]:
    """Object -> the hash under which it was sealed last."""
    return {name: sha256 for entry in known for name, sha256 in entry.objetos.items()}


def _chain(settings: Settings) -> Iterator[Finding]:
    before: str | None = None
    for number, entry in enumerate(seals(settings), start=1):
        name = f"_log/{SEALS}/{entry.release}.json"
        if entry.orden != number:
            yield Finding(name, f"is seal {entry.orden}, and seal {number} is gone", _way_back(entry.release))
            return
        if entry.anterior != before:
            yield Finding(name, "does not follow from the seal before it", _way_back(entry.release))
        before = sha256_bytes((_folder(settings) / f"{entry.release}.json").read_bytes())


def _objects(settings: Settings) -> Iterator[Finding]:
    lake, rehashed = settings.layout.lake, rotated(settings)
    for entry in seals(settings):
        for name, sha256 in entry.objetos.items():
            path = lake / name
            if not path.exists():
                yield Finding(name, "was there and is gone", _way_back(entry.release))
            elif sha256_file(path) != _expected(rehashed.get(name, {}), sha256):
                yield Finding(name, "was changed", _way_back(entry.release))


def rotated(settings: Settings) -> dict[str, dict[str, str]]:
    """Manifest -> {hash before a rotation: hash after it}."""
    changed: dict[str, dict[str, str]] = {}
    for path in sorted((settings.layout.log / "rotations").glob("*.json")):
        for entry in Rotation.read(path).manifests:
            changed.setdefault(entry.path, {})[entry.before] = entry.after
    return changed


def _expected(steps: dict[str, str], sha256: str) -> str:
    """The hash that an object sealed as `sha256` has after the rotations since."""
    seen = set()
    while sha256 in steps and sha256 not in seen:
        seen.add(sha256)
        sha256 = steps[sha256]
    return sha256


def _way_back(release: str) -> str:
    return FROM_BACKUP.format(release=release)
