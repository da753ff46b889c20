"""The vault: originals as they were dropped, encrypted with AES-GCM, named by their content's SHA-256.

Write-only for daily work; read by key rotation and by a person with the key. A file is cut into blocks, each sealed with its
number and whether it is the last, so that blocks cannot be swapped, dropped or cut off, and a large file needs no memory.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest.privacy.keys import key_id, vault_key
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import make_folder, sync

_MAGIC = b"PAMGAV01"
_BLOCK = 1 << 20
_SEALED = _BLOCK + 16
_PREFIX = 7  # bytes of a nonce that are random per file; then 4 of block number, 1 of 'last block'
_HEADER = len(_MAGIC) + 12 + _PREFIX


def object_path(vault: Path, sha256: str) -> Path:
    return vault / sha256[:2] / f"{sha256}.enc"


def keep(settings: Settings, source: Path) -> str:
    """Encrypt a file into the vault; returns the SHA-256 of its content. The same content is kept once."""
    key = vault_key(settings)
    make_folder(settings.layout.vault)
    temporary = settings.layout.vault / f".tmp-{uuid.uuid4().hex}"
    try:
        with source.open("rb") as plain, temporary.open("wb") as sealed:
            sha256 = _seal(plain, sealed, key)
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


def _seal(plain: BinaryIO, sealed: BinaryIO, key: bytes) -> str:
    cipher, prefix, digest = AESGCM(key), secrets.token_bytes(_PREFIX), hashlib.sha256()
    header = _MAGIC + key_id(key).encode() + prefix
    sealed.write(header)
    number, block = 0, plain.read(_BLOCK)
    while True:
        following = plain.read(_BLOCK)
        digest.update(block)
        sealed.write(cipher.encrypt(_nonce(prefix, number, not following), block, header))
        if not following:
            return digest.hexdigest()
        number, block = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


def blocks(settings: Settings, sha256: str) -> Iterator[bytes]:
    """The original's content, block by block. Raises PamgaError when it is not there, another key sealed it, or it changed."""
    path = object_path(settings.layout.vault, sha256)
    if not path.exists():
        raise PamgaError(f"The vault does not hold {sha256}.", "Its retention may have ended, or restore the vault from its backup.")  # fmt: skip
    key = vault_key(settings)
    cipher = AESGCM(key)
    with path.open("rb") as sealed:
        header = sealed.read(_HEADER)
        if header[:8] != _MAGIC or header[8:20] != key_id(key).encode():
            raise PamgaError(
                f"Another key sealed {path.name}.", "Set PAMGA_VAULT_KEY to the key with which it was kept."
            )
        prefix = header[20:]
        number, block = 0, sealed.read(_SEALED)
        while True:
            following = sealed.read(_SEALED)
            try:
                yield cipher.decrypt(_nonce(prefix, number, not following), block, header)
            except InvalidTag:
                raise PamgaError(f"{path.name} was changed or cut off.", "Restore the vault from its backup.") from None
            if not following:
                return
            number, block = number + 1, following


def take_out(settings: Settings, sha256: str, target: Path) -> Path:
    """Decrypt an original into `target` (mode 0600), for key rotation. Raises PamgaError as `blocks` does."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks(settings, sha256):
            file.write(block)
    return target
