"""What must hold of an installation after a power cut at any moment, and what an acknowledgement rests on."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar

from tests.reliability.crash_disk import EMPTY, CrashDisk, State, Told

ROTATION = "lake/_rotation.json"
SUMS = "sumas_sha256.txt"


def broken_promises(disk: CrashDisk, state: State, moment: int) -> list[str]:
    """Every promise that the state breaks; none when all hold. `moment`: acknowledgements before it count."""
    reader = _Reader(disk.blobs, state)
    broken = [*_documents(reader), *_versions(reader), *_pointers(reader)]
    told = [operation for operation in disk.operations[:moment] if isinstance(operation, Told)]
    under_way = [operation for operation in disk.operations[moment:] if isinstance(operation, Told)][:1]
    for number, operation in enumerate(told):
        taken = [pattern for later in (*told[number + 1 :], *under_way) for pattern in later.detail.get("takes", ())]
        broken += _kept(reader, operation, taken)
        broken += _gone(reader, operation)
    return broken


class _Reader:
    """A state's files by content. Parsed documents are kept by digest, since the states differ by little."""

    parsed: ClassVar[dict[str, Any]] = {}

    def __init__(self, blobs: Path, state: State) -> None:
        self.blobs, self.state = blobs, state

    def json(self, name: str) -> Any:
        digest = self.state[name]
        if digest not in self.parsed:
            try:
                self.parsed[digest] = json.loads((self.blobs / digest).read_bytes())
            except ValueError:
                self.parsed[digest] = None
        return self.parsed[digest]

    def text(self, name: str) -> str:
        return (self.blobs / self.state[name]).read_text()

    def folder(self, prefix: str) -> dict[str, str]:
        return {name.removeprefix(prefix): digest for name, digest in self.state.items() if name.startswith(prefix)}


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _documents(reader: _Reader) -> list[str]:
    """Every object of the log, every refusal, every key and every original is whole or absent."""
    broken = []
    for name, digest in reader.state.items():
        watched = name.startswith(("lake/_log/", "lake/_refused/", "vault/", "keys/", "receipts/"))
        if not watched or _hidden(name):
            continue
        if digest == EMPTY or (name.endswith(".json") and reader.json(name) is None):
            broken.append(f"{name} is empty or torn")
    return broken


def _versions(reader: _Reader) -> list[str]:
    """A version that a reader can see is what its manifest says; while a rotation is under way, nobody reads pseudonyms."""
    broken: list[str] = []
    if ROTATION in reader.state:
        return broken if reader.json(ROTATION) is not None else [f"{ROTATION} is empty or torn"]
    for name in reader.state:
        if not (name.startswith("lake/export=") and name.endswith("/manifest.json")) or _hidden(name):
            continue
        manifest, folder = reader.json(name), name.removesuffix("manifest.json")
        if manifest is None:
            broken.append(f"{name} is empty or torn")
            continue
        for table in ("rows", "rejects"):
            if reader.state.get(f"{folder}{table}.parquet") != manifest[f"{table}_sha256"]:
                broken.append(f"{folder}{table}.parquet is not what its manifest says")
    return broken


def _pointers(reader: _Reader) -> list[str]:
    """Whatever a pointer names is there, whole."""
    broken = []
    for pointer, listing in (("runs/latest", _candidate), ("runs/passed", _candidate), ("releases/current", _release)):
        if pointer in reader.state:
            folder = f"{pointer.split('/')[0]}/{reader.state[pointer].removeprefix('-> ')}/"
            broken += [f"{pointer}: {problem}" for problem in listing(reader, folder)]
    return broken


def _candidate(reader: _Reader, folder: str) -> list[str]:
    name = f"{folder}candidate/manifest.json"
    if name not in reader.state or reader.json(name) is None:
        return [f"{name} is not there"]
    files = reader.json(name)["files"]
    return [
        f"{folder}candidate/{file} differs"
        for file, entry in files.items()
        if reader.state.get(f"{folder}candidate/{file}") != entry["sha256"]
    ]


def _release(reader: _Reader, folder: str) -> list[str]:
    name = f"{folder}{SUMS}"
    if reader.state.get(name, EMPTY) == EMPTY:
        return [f"{name} is not there"]
    listed = {file: digest for digest, file in (line.split("  ", 1) for line in reader.text(name).splitlines())}
    present = reader.folder(folder)
    return [f"{folder}{file} differs" for file, digest in listed.items() if present.get(file) != digest]


def _gone(reader: _Reader, told: Told) -> list[str]:
    """What was said to be taken away is not there."""
    left: set[str] = told.detail.get("there", set())
    return [
        f"told «{told.what}», but {name} is back"
        for name in reader.state
        for pattern in told.detail.get("takes", ())
        if fnmatch(name, pattern)
        and name not in left
        and not _hidden(name)
        and not reader.state[name].startswith("-> ")
    ]


def _kept(reader: _Reader, told: Told, taken: list[str]) -> list[str]:
    """What was acknowledged is there, but for what was taken away since."""
    wanted: dict[str, str | None] = told.detail["files"]
    wanted = {name: sha for name, sha in wanted.items() if not any(fnmatch(name, pattern) for pattern in taken)}
    return [
        f"told «{told.what}», but {name} is {'gone' if name not in reader.state else 'another'}"
        for name, digest in wanted.items()
        if name not in reader.state or (digest is not None and reader.state[name] != digest)
    ]
