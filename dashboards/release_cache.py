"""A data cache that cannot serve an old release: what is kept under a key belongs to the releases it was read from.

Superset keys a chart's answer by its query alone, so after a flip of `releases/current` it would go on showing the old
figures until somebody emptied the cache. Here the name of the release (and of the candidate) that the pointers name when
the answer is *looked up* becomes part of the key. A query that began before a flip is stored under the old release's key
and is never read again. Emptying the cache after publishing (refresh.py) frees the space.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import decision
from bounded_cache import BoundedFiles, BoundedRedis
from flask import Flask, g, has_app_context
from flask_caching.backends.base import BaseCache

from pamga.clock import today_in_the_city


def pointers(root: Path) -> str:
    """What `releases/current` and `runs/latest` name now, what was taken down, and the day where the city is, as one short token: days left are counted from the day of reading."""
    names = [str((root / pointer).resolve()) for pointer in ("releases/current", "runs/latest")]
    names += sorted(
        path.name for path in (root / "lake/_log/takedowns").glob("*.json")
    )  # a takedown empties a release in place
    names.append(decision.token(root))  # what the gate and people say of the candidate
    names.append(today_in_the_city().isoformat())
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


class ReleaseCache(BaseCache):
    """Wraps a file or Redis cache; `root` is PAMGA_DATA."""

    def __init__(self, inner: BaseCache, root: Path, default_timeout: int) -> None:
        super().__init__(default_timeout=default_timeout)
        self.inner = inner
        self.root = root

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> ReleaseCache:
        make = BoundedRedis if config.get("CACHE_REDIS_URL") else BoundedFiles
        return cls(
            make.factory(app, config, args, kwargs), Path(config["CACHE_RELEASE_ROOT"]), kwargs["default_timeout"]
        )

    def _key(self, key: str, looking_up: bool) -> str:
        token = getattr(g, "release_token", None) if has_app_context() else None
        if token is None or looking_up:
            token = pointers(self.root)
            if has_app_context():
                g.release_token = token
        return f"{token}-{key}"

    def get(self, key: str) -> Any:
        return self.inner.get(self._key(key, looking_up=True))

    def has(self, key: str) -> bool:
        return bool(self.inner.has(self._key(key, looking_up=True)))

    def set(self, key: str, value: Any, timeout: int | None = None) -> bool | None:
        return self.inner.set(self._key(key, looking_up=False), value, timeout)

    def add(self, key: str, value: Any, timeout: int | None = None) -> bool:
        return bool(self.inner.add(self._key(key, looking_up=False), value, timeout))

    def delete(self, key: str) -> bool:
        return bool(self.inner.delete(self._key(key, looking_up=False)))

    def clear(self) -> bool:
        return bool(self.inner.clear())
