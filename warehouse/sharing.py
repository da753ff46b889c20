"""Runs share the files that did not change: a file of the candidate that is byte for byte the one of the run before is the same file."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from pamga.documents.candidate import Files
from pamga.storage import sha256_file

MANIFEST = "manifest.json"


def share_unchanged(before: Path, candidate: Path) -> int:
    """Make hard links to the candidate `before` of what `candidate` has alike; returns how many bytes that saves.

    Both say the hash of each file in their manifest, and the older file is read again: what a disk damaged is not taken over. Where
    the file system refuses, the copies stay.
    """
    if not (before / MANIFEST).exists():
        return 0
    known = {name: entry.sha256 for name, entry in Files.read(before / MANIFEST).files.items()}
    saved = 0
    for name, entry in Files.read(candidate / MANIFEST).files.items():
        old, new = before / name, candidate / name
        if known.get(name) != entry.sha256 or not old.is_file():
            continue
        if old.samefile(new):  # taken over already (warehouse/export.py)
            saved += new.stat().st_size
            continue
        if sha256_file(old) != entry.sha256:
            continue
        link = new.parent / f".tmp-{uuid.uuid4().hex}"
        try:
            os.link(old, link)
        except OSError:
            return saved
        link.replace(new)
        saved += new.stat().st_size
    return saved
