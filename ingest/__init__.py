"""Ingestion: from a dropped file to an immutable delivery in the lake. The only room that ever sees personal data."""

import os

# polars' allocator keeps what was freed for ten seconds: landing a large file would hold its cells twice. Read when polars loads.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:500,muzzy_decay_ms:0")
