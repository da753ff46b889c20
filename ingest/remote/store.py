"""An inbox in an object store (S3, or what else fsspec reaches): listed once, each object by name, size, time and content."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec

from ingest.remote.found import (
    CLOSED_FILE,
    MOST_FILES,
    NO_PATH,
    SECONDS_OF_A_FILE,
    STEPS,
    Found,
    OtherBytes,
    is_dropped,
)
from pamga.errors import PamgaError

_SECOND = 1_000_000_000


class ObjectStore:
    """A place in a store. Account and server come from the AWS_ variables or the machine's role, as botocore reads them."""

    def __init__(self, address: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(address)
        self._files.invalidate_cache()

    def exists(self, path: str = "") -> bool:
        if path:
            return bool(self._files.exists(self._address(path)))
        return bool(self._files.exists(self._root)) or self._may_be_empty()

    def _may_be_empty(self) -> bool:
        """An object store has no folders: a place in a bucket that is there is empty as long as nothing lies in it."""
        protocol = self._files.protocol if isinstance(self._files.protocol, str) else self._files.protocol[0]
        if protocol in ("s3", "s3a"):
            return bool(self._files.exists(self._root.partition("/")[0]))
        return protocol == "memory"

    def files(self) -> Iterator[Found]:
        base = self._root.strip("/") + "/"
        if not self._files.exists(self._root):
            return
        found = self._files.find(self._root, detail=True)
        if len(found) > MOST_FILES:
            raise PamgaError(f"It holds {len(found)} objects.", "Move what was received long ago elsewhere.")
        for name, facts in found.items():
            path = name.removeprefix("/").removeprefix(base)
            if name.endswith("/") or not is_dropped(path):
                continue  # what a console makes to show a folder is no file
            yield self._told(path, facts)

    def look(self, path: str) -> Found:
        self._files.invalidate_cache()
        try:
            return self._told(path, self._files.info(self._address(path)))
        except PermissionError:
            return Found(path, 0, 0, CLOSED_FILE)

    def bring(self, path: str, target: Path, size: int) -> None:
        began = time.monotonic()
        try:
            self._files.get_file(self._address(path), str(target))
        except PermissionError:
            raise OtherBytes(CLOSED_FILE) from None
        if target.stat().st_size != size:
            raise OtherBytes(f"{target.stat().st_size} bytes came and {size} were told")
        if time.monotonic() - began > SECONDS_OF_A_FILE:
            raise OtherBytes("it took too long")

    def _address(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"

    def _told(self, path: str, facts: dict[str, Any]) -> Found:
        fault = NO_PATH if any(part in STEPS for part in path.split("/")) else None
        return Found(path, int(facts.get("size") or 0), _mtime(facts), fault)


def _mtime(facts: dict[str, Any]) -> int:
    """Modification time in nanoseconds, as the store tells it; 0 when it does not.

    A bucket tells whole seconds. Two contents of the same length within one second differ in what is below them, which comes from the
    content's own mark.
    """
    for name in ("mtime", "LastModified", "last_modified", "modified", "created"):
        value = facts.get(name)
        if isinstance(value, datetime):
            value = value.timestamp()
        if isinstance(value, int | float):
            mark = facts.get("ETag")
            if mark is None or value % 1:
                return int(value * _SECOND)
            return (
                int(value) * _SECOND + int(hashlib.sha256(str(mark).strip('"').encode()).hexdigest()[:12], 16) % _SECOND
            )
    return 0
