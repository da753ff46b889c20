"""A disk that lies as far as POSIX lets it: what a program did below a folder is recorded, and any power cut can be played back.

The recorder watches this process (audit events, and `os.fsync` itself); what native libraries write is found when a folder is
looked at next. A write that was not synced may be lost or torn; a name that was not synced with its folder may be lost, whatever
came after it. `registry.db` is taken as it is at each moment: SQLite syncs itself, and the worst that can be asked of the rest is
a registry that forgot nothing.
"""

# ruff: noqa: PTH100, PTH115, PTH117, PTH118
# What the audit events carry are the arguments of os's own functions, links unresolved.
from __future__ import annotations

import hashlib
import os
import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EMPTY = hashlib.sha256(b"").hexdigest()
_UNWATCHED = {"locks", "inbox"}
_REGISTRY = "registry.db"

# What survives of what was not synced.
ONLY_SYNCED, NAMES_WITHOUT_BYTES, TORN, SOME_NAMES = "only_synced", "names_without_bytes", "torn", "some_names"
POLICIES = (ONLY_SYNCED, NAMES_WITHOUT_BYTES, TORN, SOME_NAMES)


@dataclass
class File:
    """An inode: `synced` are the digests of its bytes by the operation that synced them, `dirty` the operations that wrote."""

    synced: list[tuple[int, str]] = field(default_factory=list)
    dirty: list[int] = field(default_factory=list)


@dataclass
class Folder:
    names: dict[str, Any] = field(default_factory=dict)
    syncs: list[int] = field(default_factory=list)


Node = File | Folder | str
"""A string is the target of a symbolic link."""


@dataclass(frozen=True)
class Naming:
    """A change of a name in a folder: the node that it means from now on, None where the name is gone."""

    folder: Folder
    name: str
    node: Node | None
    leaves: tuple[Folder, str] | None = None
    """Where a rename took it from."""


@dataclass(frozen=True)
class Told:
    """The program told somebody that something is done."""

    what: str
    detail: dict[str, Any]


State = dict[str, str]
"""What is there after a cut: path below the root -> digest of its bytes, or `-> target` for a symbolic link."""


class CrashDisk:
    """Records what happens below `root`, and gives the state after a power cut at any recorded moment."""

    def __init__(self, root: Path, blobs: Path) -> None:
        self.root, self.blobs = root, blobs
        blobs.mkdir(parents=True, exist_ok=True)
        self.top = Folder()
        self.operations: list[Naming | Told | str] = []
        self.registries: list[tuple[int, str]] = []
        self._start: dict[int, dict[str, Node]] = {}

    # ---- recording ---------------------------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[CrashDisk]:
        """Record what this process does in the block. What is there already counts as long on the disk."""
        global _active  # noqa: PLW0603 - an audit hook cannot be taken out again, only told to do nothing
        self._take_in(self.top, self.root, durable=True)
        self._remember_start(self.top)
        self._note_registry()
        real_fsync = os.fsync

        def fsync(fd: Any) -> None:
            real_fsync(fd)
            number = fd if isinstance(fd, int) else fd.fileno()
            self._synced(Path(os.readlink(f"/proc/self/fd/{number}")))

        os.fsync = fsync
        _active = self
        try:
            yield self
        finally:
            _active = None
            os.fsync = real_fsync
            self._note_registry()

    def tell(self, what: str, **detail: Any) -> None:
        """Note that the program has acknowledged something."""
        self._note_registry()
        self.operations.append(Told(what, detail))

    def _put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        blob = self.blobs / digest
        if not blob.exists():
            blob.write_bytes(content)
        return digest

    def _note_registry(self) -> None:
        path = self.root / _REGISTRY
        if path.exists():
            digest = self._put(path.read_bytes())
            if not self.registries or self.registries[-1][1] != digest:
                self.registries.append((len(self.operations), digest))

    def _parts(self, path: Path) -> tuple[str, ...] | None:
        try:
            parts = path.relative_to(self.root).parts
        except ValueError:
            return None
        if not parts or parts[0] in _UNWATCHED or parts[0].startswith(_REGISTRY):
            return None
        return parts

    def _folder(self, path: Path) -> Folder | None:
        """The folder at a real path; one that was made unseen is taken in."""
        if path == self.root:
            return self.top
        parts = self._parts(path)
        if parts is None:
            return None
        here, at = self.top, self.root
        for part in parts:
            at = at / part
            node = here.names.get(part)
            if not isinstance(node, Folder):
                if not at.is_dir() or at.is_symlink():
                    return None
                node = Folder()
                self._name(Naming(here, part, node))
            here = node
        return here

    def _name(self, naming: Naming) -> None:
        if naming.leaves is not None:
            naming.leaves[0].names.pop(naming.leaves[1], None)
        if naming.node is None:
            naming.folder.names.pop(naming.name, None)
        else:
            naming.folder.names[naming.name] = naming.node
        self.operations.append(naming)

    def _take_in(self, folder: Folder, path: Path, durable: bool = False) -> None:  # noqa: C901
        """Names that native code made or removed in a folder since it was last looked at."""
        if not path.is_dir():
            return
        there = {entry.name: entry for entry in os.scandir(path)}
        for name in sorted(set(folder.names) - set(there)):
            self._name(Naming(folder, name, None))
        for name, entry in sorted(there.items()):
            if self._parts(Path(entry.path)) is None:
                continue
            known = folder.names.get(name)
            if entry.is_symlink():
                node: Node = os.readlink(entry.path)
            elif entry.is_dir():
                node = known if isinstance(known, Folder) else Folder()
                self._take_in(node, Path(entry.path), durable)
            else:
                node = known if isinstance(known, File) else File()
                if durable:
                    node.synced.append((-1, self._put(Path(entry.path).read_bytes())))
            if node is not known and node != known:
                if durable:
                    folder.names[name] = node
                else:
                    self._name(Naming(folder, name, node))
        if durable:
            folder.syncs.append(-1)

    def _synced(self, path: Path) -> None:
        if path.is_dir():
            folder = self._folder(path)
            if folder is not None:
                self._take_in(folder, path)
                folder.syncs.append(len(self.operations))
                self.operations.append(f"sync {path.name}/")
            return
        file = self._file(path)
        if file is not None:
            file.synced.append((len(self.operations), self._put(path.read_bytes())))
            self.operations.append(f"sync {path.name}")

    def _file(self, path: Path) -> File | None:
        if self._parts(path) is None:
            return None
        folder = self._folder(path.parent)
        if folder is None:
            return None
        node = folder.names.get(path.name)
        if not isinstance(node, File):
            node = File()
            self._name(Naming(folder, path.name, node))
        return node

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """One audit event of this process, raised before the thing is done."""
        if name == "open":
            self._opened(*arguments[:3])
        elif name in {"os.rename", "os.link"}:
            self._moved(name, *arguments)
        elif name == "os.symlink":
            self._linked(*arguments[:2])
        elif name == "os.mkdir":
            self._made(arguments)
        elif name in {"os.remove", "os.rmdir"}:
            self._removed(arguments)

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike) or not flags & (os.O_WRONLY | os.O_RDWR):
            return
        file = self._file(Path(os.path.abspath(os.fsdecode(path))))
        if file is not None:
            file.dirty.append(len(self.operations))
            self.operations.append(f"write {Path(os.fsdecode(path)).name}")

    def _moved(self, kind: str, source: Any, target: Any, *descriptors: int) -> None:
        one, other = (_located(path, at) for path, at in zip((source, target), descriptors, strict=False))
        if self._parts(one) is None and self._parts(other) is None:
            return
        into = self._folder(other.parent)
        out_of = self._folder(one.parent)
        if into is None:
            return
        node: Node | None = None
        if out_of is not None:
            self._take_in(out_of, one.parent)
            node = out_of.names.get(one.name)
            if isinstance(node, Folder):
                self._take_in(node, one)
        if node is None:
            node = File()
        leaves = (out_of, one.name) if kind == "os.rename" and out_of is not None else None
        if kind == "os.link" and other.exists():
            return  # it will fail
        self._name(Naming(into, other.name, node, leaves))

    def _linked(self, target: Any, path: Any) -> None:
        at = Path(os.path.abspath(os.fsdecode(path)))
        folder = self._folder(at.parent)
        if folder is not None and self._parts(at) is not None:
            self._name(Naming(folder, at.name, os.fsdecode(target)))

    def _made(self, arguments: tuple[Any, ...]) -> None:
        at = _located(arguments[0], arguments[2] if len(arguments) > 2 else -1)
        folder = self._folder(at.parent)
        if folder is not None and self._parts(at) is not None and not at.exists():
            self._name(Naming(folder, at.name, Folder()))

    def _removed(self, arguments: tuple[Any, ...]) -> None:
        at = _located(arguments[0], arguments[1] if len(arguments) > 1 else -1)
        if self._parts(at) is None:
            return
        folder = self._folder(at.parent)
        if folder is not None and at.name in folder.names:
            self._name(Naming(folder, at.name, None))

    # ---- playing back --------------------------------------------------------------------------------------------------

    def after_cut(self, moment: int, policy: str, seed: int = 0) -> State:
        """What the disk holds when the power goes before operation number `moment`."""
        rng = random.Random(f"{moment}{policy}{seed}")
        synced: dict[int, int] = {}
        names = {folder: dict(known) for folder, known in self._start.items()}

        def of(folder: Folder) -> dict[str, Node]:
            return names.setdefault(id(folder), {})

        def durable(folder: Folder, number: int) -> bool:
            if id(folder) not in synced:
                synced[id(folder)] = max((at for at in folder.syncs if at < moment), default=-2)
            return synced[id(folder)] > number

        for number, operation in enumerate(self.operations[:moment]):
            if not isinstance(operation, Naming):
                continue
            sure = durable(operation.folder, number)
            if not sure and (policy == ONLY_SYNCED or (policy == SOME_NAMES and rng.random() < 0.5)):
                continue
            if operation.leaves is not None:
                of(operation.leaves[0]).pop(operation.leaves[1], None)
            if operation.node is None:
                of(operation.folder).pop(operation.name, None)
            else:
                of(operation.folder)[operation.name] = operation.node
        state: State = {}
        self._collect(self.top, "", names, moment, policy, state)
        registry = [digest for at, digest in self.registries if at <= moment]
        if registry:
            state[_REGISTRY] = registry[-1]
        return state

    def _remember_start(self, folder: Folder) -> None:
        self._start[id(folder)] = dict(folder.names)
        for node in folder.names.values():
            if isinstance(node, Folder):
                self._remember_start(node)

    def _collect(
        self, folder: Folder, path: str, names: dict[int, dict[str, Node]], moment: int, policy: str, state: State
    ) -> None:  # fmt: skip
        for name, node in names.get(id(folder), {}).items():
            at = f"{path}{name}"
            if isinstance(node, Folder):
                self._collect(node, f"{at}/", names, moment, policy, state)
            elif isinstance(node, str):
                state[at] = f"-> {node}"
            else:
                state[at] = self._bytes(node, moment, policy)

    def _bytes(self, file: File, moment: int, policy: str) -> str:
        last = max((entry for entry in file.synced if entry[0] < moment), default=(-2, EMPTY))
        written = [at for at in file.dirty if last[0] < at < moment]
        if last[0] != -2 and not written:
            return last[1]
        following = [digest for at, digest in file.synced if at >= moment]
        if policy != TORN or not following:
            return EMPTY
        content = (self.blobs / following[0]).read_bytes()
        return self._put(content[: len(content) // 2])

    def lay_out(self, state: State, root: Path) -> None:
        """Make the state real below `root`, to go on from there."""
        for name, content in state.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content.startswith("-> "):
                path.symlink_to(content[3:])
            else:
                shutil.copyfile(self.blobs / content, path)


_active: CrashDisk | None = None
_busy = False


def _hook(name: str, arguments: tuple[Any, ...]) -> None:
    global _busy  # noqa: PLW0603 - what the recorder itself opens is not to be recorded
    if _active is None or _busy or not (name == "open" or name.startswith("os.")):
        return
    _busy = True
    try:
        _active.event(name, arguments)
    finally:
        _busy = False


sys.addaudithook(_hook)


def _located(path: Any, descriptor: int) -> Path:
    """The absolute path of an argument that may be relative to an open folder."""
    text = os.fsdecode(path)
    if descriptor is not None and descriptor >= 0 and not os.path.isabs(text):
        text = os.path.join(os.readlink(f"/proc/self/fd/{descriptor}"), text)
    return Path(os.path.abspath(text))
