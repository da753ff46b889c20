"""A copy of the releases in a bucket, for readers that should not reach this machine: what is new goes there, the pointer last.

A bucket has no links, so `current` is a document there, `current.json`. It is written only on the condition that
it is still the one that was read (If-Match, or If-None-Match for the first): of two that copy at once, the slower one, whose view is the
older, does not take the pointer back. What was taken down here is removed there, before anything is added.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pamga.backup.store import BucketStore
from pamga.documents.release import Pointer
from pamga.errors import PamgaError, UsageError
from pamga.faults import first_line
from pamga.settings import Settings
from pamga.storage import exclusive_lock
from pamga.takedowns import releases_down, takedowns
from publish import log
from publish.standing import standing_of
from publish.verify import SUMS, read_sums

POINTER = "current.json"


@dataclass(frozen=True)
class Mirrored:
    """What copying came to."""

    release: str | None
    copied: int
    removed: int
    moved: bool


def mirror(settings: Settings, address: str | None = None) -> Mirrored:
    """Bring the bucket of PAMGA_PUBLISHED_COPY in line with the releases.

    Raises UsageError for an address that is no bucket, PamgaError when it does not answer or when another copy moved the pointer meanwhile.
    """
    name = address or settings.published_copy
    if not name:
        raise UsageError("Nobody said where the published copy is.", "Set PAMGA_PUBLISHED_COPY to s3://bucket/folder.")
    store = BucketStore(name)
    copied, removed = 0, 0
    with _one_at_a_time(settings, store):
        while True:
            # before anything is looked at: what is copied is at least as new as this
            tag, pointer = store.tag(POINTER), _pointer(settings)
            brought, gone = _bring_in_line(settings, store)
            copied, removed = copied + brought, removed + gone
            if _pointer(settings) == pointer:
                break  # else it would lead to what was published meanwhile and is not there, or to what was rolled back
        moved = _point(store, pointer, tag)
    return Mirrored(pointer.release, copied, removed, moved)


def _pointer(settings: Settings) -> Pointer:
    """What is up here now."""
    published = [entry.release for entry in log.publications(settings)]
    return Pointer(release=log.expected_current(settings), publicaciones=published, indice="index.html")


def _bring_in_line(settings: Settings, store: BucketStore) -> tuple[int, int]:
    """Everything but the pointer; how many files were copied and how many removed."""
    wanted = _wanted(settings)
    there = store.sizes("")
    ours = {entry.release for entry in log.publications(settings)}  # nothing else of the bucket is touched
    withdrawn = _withdrawn(settings)
    gone = [name for name in there if name not in wanted and (name in withdrawn or name.partition("/")[0] in ours)]
    store.remove(gone)
    others = {release for release in ours if _is_anothers(store, wanted, there, release)}
    new = {
        name: path
        for name, path in wanted.items()
        if there.get(name) != path.stat().st_size or _moves(settings, name) or name.partition("/")[0] in others
    }
    for name, path in sorted(new.items(), key=lambda item: _turn(item[0])):
        _put(store, settings, name, path)
    _refuse_lost(store, new)
    return len(new), len(gone)


@contextmanager
def _one_at_a_time(settings: Settings, store: BucketStore) -> Iterator[None]:
    """Nobody waits with a takedown until a copy is through: what went away under it is said, and the copy made again."""
    with exclusive_lock(settings.layout.locks / "mirror.lock"):
        try:
            yield
        except FileNotFoundError as error:
            raise PamgaError(
                f"Something went away while the releases were copied to {store.name} (a takedown): {first_line(error)}.",
                "The pointer was not moved. Run `pamga publish --copia` again.",
            ) from error


def _refuse_lost(store: BucketStore, brought: dict[str, Path]) -> None:
    """Before the pointer leads there: what was copied is there. A listing that is late is no proof."""
    there = store.sizes("")
    lost = [
        name for name, path in brought.items() if there.get(name) != path.stat().st_size and store.tag(name) is None
    ]
    if lost:
        raise PamgaError(
            f"{store.name} said that it took {len(lost)} files and does not have them: {', '.join(sorted(lost)[:3])}.",
            "The pointer was not moved. Run `pamga publish --copia` again.",
        )


def withdraw(settings: Settings, address: str | None = None) -> int:
    """Only remove from the bucket what was taken down, write anew there what a takedown wrote anew here, and take the pointer from a
    release that is down; returns how many files went. After a restore, which must not put an older state of everything else online."""
    store = BucketStore(address or settings.published_copy or "")
    with _one_at_a_time(settings, store):
        tag = store.tag(POINTER)
        wanted, there = _wanted(settings), store.sizes("")
        gone = [name for name in there if name not in wanted and name in _withdrawn(settings)]
        store.remove(gone)
        for name, path in wanted.items():
            release, _, inside = name.partition("/")
            if name in there and inside in standing_of(settings, release).replaced:
                _put(store, settings, name, path)
        if tag is not None:
            said = Pointer.parsed(store.read(POINTER), Path(store.name, POINTER))
            if said.release in releases_down(takedowns(settings.layout.log)):
                up = log.expected_current(settings)
                _point(store, said.model_copy(update={"release": up if f"{up}/{SUMS}" in there else None}), tag)
    return len(gone)


def still_there(settings: Settings) -> list[str]:
    """What was taken down and the bucket of PAMGA_PUBLISHED_COPY still holds."""
    wanted, there = _wanted(settings), BucketStore(settings.published_copy or "").sizes("")
    return sorted(name for name in there if name not in wanted and name in _withdrawn(settings))


def _withdrawn(settings: Settings) -> set[str]:
    """Every file of the bucket that a takedown removed; of a release that is lost here also those that it wrote anew, which quote it."""
    lost: set[str] = set()
    for record in takedowns(settings.layout.log):
        for release, held in record.publicaciones.items():
            here = settings.layout.release(release).is_dir()
            lost |= {f"{release}/{path}" for path in (*held.retirados, *(() if here else held.sustituidos))}
    return lost


def _turn(name: str) -> tuple[bool, bool, str]:
    """The pages above the releases after these; a release's list of sums, by which it is known, after its other files."""
    return "/" not in name, name.endswith(f"/{SUMS}"), name


def _is_anothers(store: BucketStore, wanted: dict[str, Path], there: dict[str, int], release: str) -> bool:
    """Whether what the bucket holds under this name is not this release: after a restore of an older backup a number is given again, and
    files of the same length would be taken for the same."""
    sums = f"{release}/{SUMS}"
    return sums in wanted and sums in there and store.read(sums) != wanted[sums].read_bytes()


def _wanted(settings: Settings) -> dict[str, Path]:
    """Every file that the world may read, by its name in the bucket."""
    root = settings.layout.releases
    wanted: dict[str, Path] = {}
    for entry in log.publications(settings):
        folder = settings.layout.release(entry.release)
        if not (folder / SUMS).exists():
            continue
        standing = standing_of(settings, entry.release).of(read_sums(folder))
        for file in (*standing, SUMS):
            if (folder / file).is_file():
                wanted[f"{entry.release}/{file}"] = folder / file
    above = [path for path in root.rglob("*") if path.is_file() and path.suffix in (".html", ".xml", ".json")]
    for path in above:
        name = path.relative_to(root).as_posix()
        if name.partition("/")[0] in ("retiros", path.name) and not name.startswith("."):
            wanted[name] = path
    return wanted


def _moves(settings: Settings, name: str) -> bool:
    """A file that may have other bytes of the same length: what lies above the releases, and what a takedown wrote anew."""
    release, _, path = name.partition("/")
    return not path or release == "retiros" or path in standing_of(settings, release).replaced


def _put(store: BucketStore, settings: Settings, name: str, path: Path) -> None:
    kept = settings.cache_seconds if "/" in name else 60
    store.put_as(
        name,
        path,
        mimetypes.guess_type(name)[0] or "application/octet-stream",
        f"public, max-age={kept}, must-revalidate",
    )


def _point(store: BucketStore, pointer: Pointer, tag: str | None) -> bool:
    content = pointer.content()
    if tag is not None and store.read(POINTER) == content:
        return False
    condition = {"IfMatch": tag} if tag is not None else {"IfNoneMatch": "*"}
    try:
        store.put_if(
            POINTER,
            content,
            ContentType="application/json",
            CacheControl="public, max-age=60, must-revalidate",
            **condition,
        )
    except FileExistsError as error:
        raise PamgaError(
            f"Another copy moved the pointer of {store.name} meanwhile.",
            "Run `pamga publish --copia` again: it sees what is newest.",
        ) from error
    return True
