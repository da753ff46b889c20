"""The way back: a snapshot into an empty installation, or one release that was damaged.

Everything is brought into a folder of its own, each file held against its hash, and only then takes its place by renames, the lake last.
Killed before, nothing is there and it starts anew; killed between, the same command goes on where it was, and nothing else starts
(`pamga.rights.refuse_half_restored`).
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from pamga.backup.acts import HMAC_KEY, Applied, apply_acts, rotation_since
from pamga.backup.databases import Database, database_of, is_empty, load
from pamga.backup.make import DATABASES, KEY_FILES, KEYS, PARTS
from pamga.backup.snapshots import Repository, open_repository
from pamga.documents.backup import BackedUpFile, KeptAct, RestoredSnapshot, SnapshotFiles
from pamga.documents.log import Rotation
from pamga.errors import PamgaError, UsageError
from pamga.keys import kept_key
from pamga.rights import RESTORING, keep_private
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.storage import exclusive_lock, make_folder, sync, sync_tree, write_atomically

# in the folder of a restore: everything is here and verified; what is left is to put it in its place
WHOLE = "whole.json"


def restore(
    settings: Settings,
    address: str | None = None,
    snapshot: str | None = None,
    *,
    without_keys: bool = False,
    replace_databases: bool = False,
) -> RestoredSnapshot:
    """Put a snapshot (default: the newest) into an installation that holds nothing.

    Raises UsageError when the installation holds something, when the keys of the snapshot are neither in it nor given (unless
    `without_keys`), or when a database holds something (unless `replace_databases`, for one that was only just made); DamagedBackup,
    with nothing put back, when a file is not what was backed up.
    """
    layout = settings.layout
    folder = layout.root / RESTORING
    make_folder(layout.root)
    with exclusive_lock(layout.locks / "backup.lock"):
        if not (folder / WHOLE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            _refuse_something(settings)
            repository = open_repository(settings, address)
            repository.refuse_other_key()
            chosen = repository.choose(snapshot)
            document = repository.read_snapshot(chosen)
            acts = repository.acts()
            rotation = rotation_since(acts, document)
            if not without_keys:
                _refuse_without_keys(settings, document, rotation)
            wanted = [database_of(settings, name) for name in _copies(document)]
            _refuse_full_databases(wanted, replace_databases)
            _refuse_too_large(layout.root, document)
            _bring(repository, document, folder)
            if rotation is not None:  # its old key does not come back
                (folder / "files" / HMAC_KEY).unlink(missing_ok=True)
            applied = apply_acts(acts, folder / "files", rotation)
            write_atomically(folder / WHOLE, _whole(chosen.name, document, applied).content())
        whole = RestoredSnapshot.read(folder / WHOLE)
        if snapshot is not None and not whole.snapshot.startswith(snapshot):
            raise UsageError(
                f"The restore of {whole.snapshot} was interrupted, and another snapshot is asked for.",
                "Run `pamga restore` without --copia: it goes on with that one. For another, empty the folder first.",
            )
        _put_in_place(settings, folder)
    keep_private(layout)
    return whole


def _whole(name: str, document: SnapshotFiles, applied: Applied) -> RestoredSnapshot:
    return RestoredSnapshot(
        snapshot=name,
        taken=document.taken,
        files=len(document.files),
        bytes=document.bytes,
        databases=sorted(_copies(document)),
        keys=document.keys,
        acts=applied.done,
        not_applied=applied.not_applied,
    )


def _copies(document: SnapshotFiles) -> list[str]:
    """The names of the databases that it holds copies of."""
    return [Path(entry.path).stem for entry in document.files if entry.path.startswith(f"{DATABASES}/")]


def _refuse_something(settings: Settings) -> None:
    """An installation that holds anything is not restored into: what it holds would be lost or mixed."""
    root = settings.layout.root
    held = [part for part in (*PARTS, "runs") if any(path.is_file() for path in (root / part).rglob("*"))]
    if held:
        raise UsageError(
            f"{root} is not empty: it holds {', '.join(held)}.",
            "Restore into an empty folder (PAMGA_DATA), or move what is there away first. "
            "One damaged release comes back with `pamga restore --publicacion RELEASE`.",
        )


def _refuse_without_keys(settings: Settings, document: SnapshotFiles, rotation: KeptAct | None) -> None:
    """With other keys, or none, the vault could not be opened and everybody would become somebody else. A key that the environment gives
    wins over the one in the snapshot, which wins over a file that is here. After a rotation that came later than the snapshot its new key
    is the one of the pseudonyms: the old one may be known to others, and is not needed to make them again."""
    given = {"hmac": settings.hmac_key, "vault": settings.vault_key}
    made_with = {"hmac": document.hmac_key_ids, "vault": document.vault_key_ids}
    inside = {entry.path for entry in document.files}
    if rotation is not None:
        made_with["hmac"] = [Rotation.parsed(rotation.content_of_object, Path(rotation.path)).hmac_key_id]
        inside = inside - {HMAC_KEY} | (rotation.files.keys() & {HMAC_KEY})
    for kind, name in KEY_FILES.items():
        secret = given[kind]
        if secret is None and f"{KEYS}/{name}" in inside:
            continue
        text = secret.get_secret_value() if secret else _key_file(settings, name)
        key = _hex(text) if kind == "vault" else text.encode()
        if made_with[kind] and (not key or key_id(key) not in made_with[kind]):
            variable = f"PAMGA_{kind.upper()}_KEY"
            raise UsageError(
                f"{variable} ({' or '.join(made_with[kind])}), {_whose(kind, rotation)}, {'is another key' if key else 'is not here'}.",
                f"Set {variable} or put {KEYS}/{name} into {settings.layout.root}; `--sin-llaves` restores all the same.",
            )


def _whose(kind: str, rotation: KeptAct | None) -> str:
    if kind == "hmac" and rotation is not None:
        return f"to which the key was rotated after this snapshot ({rotation.written[:10]})"
    return "with which this snapshot was made"


def _key_file(settings: Settings, name: str) -> str:
    path = settings.layout.keys / name
    return kept_key(path) if path.exists() else ""


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _refuse_full_databases(wanted: Iterable[Database], replace: bool) -> None:
    for database in wanted:
        if not replace and not is_empty(database):
            raise UsageError(
                f"The database {database.name} ({database.shown}) is not empty.",
                "Give an empty one, or `--reemplazar-bases` when it was only just made and nothing in it is of use.",
            )


def _refuse_too_large(root: Path, document: SnapshotFiles) -> None:
    needed, free = document.bytes, shutil.disk_usage(root).free
    if needed > free:
        raise PamgaError(
            f"{needed / 1e9:.1f} GB are to be restored, and {root} has {free / 1e9:.1f} GB.",
            "Make room, then do it again.",
        )


def _bring(repository: Repository, document: SnapshotFiles, folder: Path) -> None:
    """Every file of a snapshot below `folder`, verified and on the disk; what the same read-only bytes are is stored once."""
    work = folder / "objects"
    make_folder(work, 0o700)
    files = folder / "files"
    first: dict[str, BackedUpFile] = {}
    again: list[tuple[BackedUpFile, BackedUpFile]] = []
    for entry in document.files:
        _refuse_outside(entry.path)
        earlier = first.setdefault(entry.sha256, entry)
        if earlier is not entry:
            again.append((entry, earlier))
    for entry in document.files:
        (files / entry.path).parent.mkdir(parents=True, exist_ok=True)
    for _ in repository.fetch(((sha256, files / entry.path) for sha256, entry in first.items()), work):
        pass
    for entry, earlier in again:
        _same_bytes(files / earlier.path, files / entry.path, read_only=not (entry.mode | earlier.mode) & 0o222)
    for entry in document.files:
        (files / entry.path).chmod(entry.mode)
    for name, leads_to in document.links.items():
        _refuse_outside(name)
        _refuse_outside(leads_to)
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).symlink_to(leads_to)
    shutil.rmtree(work)
    sync_tree(folder)


def _refuse_outside(name: str) -> None:
    if name.startswith("/") or ".." in Path(name).parts:
        raise UsageError(
            f"The snapshot names {name!r}, outside of the installation.", "Somebody made it by hand: do not use it."
        )


def _same_bytes(source: Path, target: Path, *, read_only: bool) -> None:
    if read_only:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def _put_in_place(settings: Settings, folder: Path) -> None:
    """Databases, then every part, the lake last. Each step may have been done already by one that was killed."""
    root, files = settings.layout.root, folder / "files"
    copies = files / DATABASES
    for copy in sorted(copies.iterdir()) if copies.exists() else ():
        database = database_of(settings, copy.stem)
        load(database, copy)
        copy.unlink(missing_ok=True)
    if (files / KEYS).exists():
        make_folder(root / KEYS, 0o700)
        for path in sorted((files / KEYS).iterdir()):
            path.replace(root / KEYS / path.name)
        sync(root / KEYS)
    for part in reversed(PARTS):
        if (files / part).exists():
            _move(files / part, root / part)
    shutil.rmtree(folder)
    sync(root)


def _move(source: Path, final: Path) -> None:
    """One rename; where the part is a file system of its own, which cannot be replaced, file by file (a repetition completes it)."""
    try:
        _remove_empty(final)
        source.rename(final)
    except OSError:
        shutil.copytree(source, final, symlinks=True, copy_function=_copy_anew, dirs_exist_ok=True)
        sync_tree(final)
        shutil.rmtree(source)
    sync(final.parent)


def _copy_anew(source: str, target: str) -> None:
    Path(target).unlink(missing_ok=True)
    shutil.copy2(source, target)


def _remove_empty(folder: Path) -> None:
    """Folders without a file, such as a start makes them."""
    for parent, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            Path(parent, name).rmdir()
    if folder.exists():
        folder.rmdir()


def restore_release(settings: Settings, release: str, sums: str, address: str | None = None) -> Path | None:
    """Bring the folder of a published release from the newest snapshot that holds it with these sums (the SHA-256 of its list of sums,
    which the publication log says) into a folder beside the releases, verified; None when no snapshot holds it.

    What was taken down since is left to whoever puts it in its place.
    """
    repository = open_repository(settings, address)
    repository.refuse_other_key()
    prefix = f"releases/{release}/"
    for snapshot in reversed(repository.snapshots()):
        document = repository.read_snapshot(snapshot)
        entries = [entry for entry in document.files if entry.path.startswith(prefix)]
        if not any(entry.sha256 == sums and entry.path.endswith("/sumas_sha256.txt") for entry in entries):
            continue
        folder = settings.layout.releases / f".tmp-{uuid.uuid4().hex}"
        files = [entry.model_copy(update={"path": entry.path.removeprefix(prefix)}) for entry in entries]
        cut = document.model_copy(update={"links": {}, "files": files})
        try:
            _bring(repository, cut, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder / "files"
    return None
