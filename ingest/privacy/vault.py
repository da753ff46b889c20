"""The vault: originals as they were dropped, encrypted with AES-GCM, named by their content's SHA-256.

Write-only for daily work; read by key rotation and by a person with the key (pamga/sealing.py has the form of the files).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from ingest.privacy.keys import vault_key
from pamga.errors import PamgaError
from pamga.sealing import BrokenSeal, SealedByAnotherKey, opened, seal
from pamga.settings import Settings
from pamga.storage import make_folder, sync

_MARK = b"PAMGAV01"


def object_path(vault: Path, sha256: str) -> Path:
    return vault / sha256[:2] / f"{sha256}.enc"


def keep(settings: Settings, source: Path) -> str:
    """Encrypt a file into the vault; returns the SHA-256 of its content. The same content is kept once."""
    key = vault_key(settings)
    make_folder(settings.layout.vault)
    temporary = settings.layout.vault / f".tmp-{uuid.uuid4().hex}"
    try:
        with source.open("rb") as plain, temporary.open("wb") as sealed:
            sha256 = seal(plain, sealed, key, _MARK)
            sealed.flush()
            os.fsync(sealed.fileno())
        final = object_path(settings.layout.vault, sha256)
        if not final.exists():
            make_folder(final.parent)
            temporary.rename(final)
        sync(final.parent)  # also where a killed process had renamed it
    finally:
        temporary.unlink(missing_ok=True)
    return sha256


def blocks(settings: Settings, sha256: str) -> Iterator[bytes]:
    """The original's content, block by block. Raises PamgaError when it is not there, another key sealed it, or it changed."""
    path = object_path(settings.layout.vault, sha256)
    if not path.exists():
        raise PamgaError(f"The vault does not hold {sha256}.", "Its retention may have ended, or restore the vault from its backup.")  # fmt: skip
    try:
        with path.open("rb") as sealed:
            yield from opened(sealed, vault_key(settings), _MARK)
    except SealedByAnotherKey:
        raise PamgaError(
            f"Another key sealed {path.name}.", "Set PAMGA_VAULT_KEY to the key with which it was kept."
        ) from None
    except BrokenSeal:
        raise PamgaError(f"{path.name} was changed or cut off.", "Restore the vault from its backup.") from None


def take_out(settings: Settings, sha256: str, target: Path) -> Path:
    """Decrypt an original into `target` (mode 0600), for key rotation. Raises PamgaError as `blocks` does."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks(settings, sha256):
            file.write(block)
    return target
