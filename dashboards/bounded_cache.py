"""Caches that cannot fill a disk: each entry and all entries together have a largest size.

Superset's file cache counts entries, not bytes (5,000 answers of 200 MB are 5,000 entries), and keeps filter states in its
metadata database. Here each cache is a folder of its own with a limit in bytes, outside of PAMGA_DATA: whatever visitors do, the
disk of the lake does not notice.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import struct
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cachelib.serializers import RedisSerializer
from flask import Flask
from flask_caching.backends.base import BaseCache
from flask_caching.backends.rediscache import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger("pamga.dashboards")

CONNECT_SECONDS, ANSWER_SECONDS, AWAY_SECONDS = 2.0, 5.0, 5.0
UNTIL = struct.Struct("<d")


class BoundedFiles(BaseCache):
    """Entries as files; the oldest go when all together are larger than `most`. Entries larger than `largest` are not kept."""

    def __init__(self, folder: Path, largest: int, most: int, default_timeout: int) -> None:
        super().__init__(default_timeout=default_timeout)
        self.folder, self.largest, self.most = folder, largest, most
        self._since_looked = most  # look at once: other processes and earlier ones wrote there too
        own_folder(folder)

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> BoundedFiles:
        return cls(
            Path(config["CACHE_DIR"]),
            config["CACHE_LARGEST_ENTRY"],
            config["CACHE_MOST_BYTES"],
            kwargs["default_timeout"],
        )

    def _path(self, key: str) -> Path:
        return self.folder / hashlib.sha256(str(key).encode()).hexdigest()

    def get(self, key: str) -> Any:
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        (until,) = UNTIL.unpack_from(content)
        if until and until < time.time():
            path.unlink(missing_ok=True)
            return None
        return pickle.loads(content[UNTIL.size :])  # noqa: S301 - own_folder: nobody else can write here

    def has(self, key: str) -> bool:
        return self.get(key) is not None

    def add(self, key: str, value: Any, timeout: int | None = None) -> bool:
        return False if self.has(key) else bool(self.set(key, value, timeout))

    def set(self, key: str, value: Any, timeout: int | None = None) -> bool | None:
        timeout = self.default_timeout if timeout is None else timeout
        if timeout < 0:
            return False
        content = UNTIL.pack(time.time() + timeout if timeout else 0.0) + pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if len(content) > self.largest:
            self.delete(key)
            return False
        self._make_room(len(content))
        handle, spare = tempfile.mkstemp(dir=self.folder, prefix="new-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(spare).replace(self._path(key))
        return True

    def delete(self, key: str) -> bool:
        self._path(key).unlink(missing_ok=True)
        return True

    def clear(self) -> bool:
        for path in self.folder.iterdir():
            path.unlink(missing_ok=True)
        return True

    def _make_room(self, coming: int) -> None:
        """Look at the folder each time that an eighth of what may lie there was written, and remove the oldest."""
        self._since_looked += coming
        if self._since_looked < self.most // 8:
            return
        self._since_looked = coming
        entries = []
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):
                entries.append((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.most // 2:  # with two workers writing, it stays below the whole
                break
            Path(path).unlink(missing_ok=True)
            total -= size


class _SmallEnough(RedisSerializer):
    def __init__(self, largest: int) -> None:
        super().__init__()
        self.largest = largest

    def dumps(self, value: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
        dumped: bytes = super().dumps(value, protocol)
        if len(dumped) > self.largest:
            raise OverflowError
        return dumped


class BoundedRedis(RedisCache):
    """Redis with a largest entry; all entries together are bounded by Redis itself (maxmemory, an eviction policy).

    One that does not answer, or takes nothing, keeps nothing: the boards work without it, only slower, and ask it again a little later.
    """

    _away_until = 0.0

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> BoundedRedis:
        made: BoundedRedis = super().factory(app, config, args, kwargs)
        made.serializer = _SmallEnough(config["CACHE_LARGEST_ENTRY"])
        waits = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS}
        made._write_client.connection_pool.connection_kwargs.update(waits)  # the one that reads, too
        return made

    def _asked(self, nothing: Any, ask: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        if time.monotonic() < self._away_until:
            return nothing
        try:
            return ask(*arguments, **more)
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.error("The cache in Redis does not answer: %s", error)
            return nothing

    def get(self, key: str) -> Any:
        return self._asked(None, super().get, key)

    def get_many(self, *keys: str) -> Any:
        return self._asked([None] * len(keys), super().get_many, *keys)

    def has(self, key: str) -> Any:
        return self._asked(False, super().has, key)

    def add(self, key: str, value: Any, timeout: int | None = None) -> Any:
        return self._asked(False, super().add, key, value, timeout)

    def set(self, key: str, value: Any, timeout: int | None = None) -> Any:
        try:
            return self._asked(False, super().set, key, value, timeout)
        except OverflowError:
            self.delete(key)
            return False

    def set_many(self, mapping: dict[str, Any], timeout: int | None = None) -> Any:
        return self._asked([], super().set_many, mapping, timeout)

    def delete(self, key: str) -> Any:
        return self._asked(False, super().delete, key)

    def delete_many(self, *keys: str) -> Any:
        return self._asked([], super().delete_many, *keys)

    def clear(self) -> Any:
        return self._asked(False, super().clear)


def own_folder(folder: Path) -> None:
    """Make the folder for our eyes only. What lies in it is executed when it is read, so a folder of others is refused."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in (folder, folder.parent):
        found = path.lstat()
        if found.st_uid != os.getuid() or found.st_mode & 0o022 or not path.is_dir() or path.is_symlink():
            raise PermissionError(f"{path} is not ours alone. Next: remove it, or set PAMGA_SUPERSET_CACHE_DIR.")
