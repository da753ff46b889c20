"""How often one address may ask: buckets that fill again, in memory that gunicorn's workers share.

Superset's own limiter counts in each worker by itself, and only logins. Here the counters lie in one piece of anonymous shared
memory that is made before gunicorn forks, so that it cannot grow and all workers see it. Two workers that write one counter at
the same instant may lose one count: this keeps floods away, it is no ledger. Addresses stand there only as salted digests.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import mmap
import os
import struct
import threading
import time

SLOTS = 1 << 15
NEIGHBOURS = 4
ENTRY = struct.Struct("<Qdd")  # whose, what is left in the bucket, when that was
FORGOTTEN = 120.0
"""Seconds after which a bucket is full again whatever it held, so that its place is free."""


class Limiter:
    """Token buckets by key: `rate` a minute, as many at once."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.slots = slots
        self.memory = mmap.mmap(-1, slots * ENTRY.size)  # shared with the processes that fork from this one
        self.salt = os.urandom(16)
        self.lock = threading.Lock()

    def wait(self, key: str, rate: int, cost: float = 1.0, now: float | None = None) -> int:
        """0 when `key` may go on (and the cost is taken from its bucket), else the seconds until it may. 0 rate: no limit."""
        if rate <= 0:
            return 0
        now = time.monotonic() if now is None else now
        digest = hashlib.blake2b(key.encode(), digest_size=8, key=self.salt).digest()
        whose = int.from_bytes(digest, "little") or 1
        with self.lock:
            place, left, since = self._find(whose, rate, now)
            left = min(float(rate), left + (now - since) * rate / 60)
            if left < cost:
                ENTRY.pack_into(self.memory, place, whose, left, now)
                return max(1, math.ceil((cost - left) * 60 / rate))
            ENTRY.pack_into(self.memory, place, whose, left - cost, now)
            return 0

    def _find(self, whose: int, rate: int, now: float) -> tuple[int, float, float]:
        """Where this key's bucket is, or the place among its neighbours that was used longest ago."""
        places = [((whose + step) % self.slots) * ENTRY.size for step in range(NEIGHBOURS)]
        entries = [(place, *ENTRY.unpack_from(self.memory, place)) for place in places]
        for place, owner, left, since in entries:
            if owner == whose and now - since < FORGOTTEN:
                return place, left, since
        place = min(entries, key=lambda entry: entry[3] if entry[1] else -1.0)[0]
        return place, float(rate), now


def address(remote: str | None) -> str:
    """The client as it is counted: an IPv4 address, or the network of 2^64 addresses that one IPv6 customer has."""
    try:
        found = ipaddress.ip_address(remote or "")
    except ValueError:
        return remote or "?"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
