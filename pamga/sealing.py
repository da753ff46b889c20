"""Sealed files: AES-GCM in blocks, each with its number and whether it is the last, so that blocks cannot be swapped, dropped or cut
off and a large file needs no memory. The vault and an encrypted backup are made of them, each with a mark of its own.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pamga.errors import UsageError
from pamga.keys import key_bytes

_BLOCK = 1 << 20
_SEALED = _BLOCK + 16
_PREFIX = 7  # bytes of a nonce that are random per file; then 4 of block number, 1 of 'last block'
_MARK, _KEY_ID = 8, 12
_HEADER = _MARK + _KEY_ID + _PREFIX


class SealedByAnotherKey(Exception):
    """The file has another mark, or names another key."""


class BrokenSeal(Exception):
    """The file was changed or cut off."""


def key_id(key: bytes) -> str:
    """What names a key in manifests, vault and backup without telling it."""
    return hashlib.sha256(b"pamga key id\0" + key).hexdigest()[:_KEY_ID]


def key_id_of(sealed: Path) -> str:
    """The name of the key with which a file was sealed, as its header says it."""
    with sealed.open("rb") as file:
        return file.read(_MARK + _KEY_ID)[_MARK:].decode("ascii", "replace")


def key_of_hex(text: str, variable: str) -> bytes:
    """A 256-bit key from its 64 hex digits. Raises UsageError naming the setting it came from."""
    key = key_bytes(text)
    if key is None:
        raise UsageError(f"{variable} is not 64 hex digits.", "Make one with `openssl rand -hex 32`.")
    return key


def seal(plain: BinaryIO, sealed: BinaryIO, key: bytes, mark: bytes) -> str:
    """Write `plain` sealed; returns the SHA-256 of the plain content."""
    cipher, prefix, digest = AESGCM(key), secrets.token_bytes(_PREFIX), hashlib.sha256()
    header = mark + key_id(key).encode() + prefix
    sealed.write(header)
    number, block = 0, plain.read(_BLOCK)
    while True:
        following = plain.read(_BLOCK)
        digest.update(block)
        sealed.write(cipher.encrypt(_nonce(prefix, number, not following), block, header))
        if not following:
            return digest.hexdigest()
        number, block = number + 1, following


def sealed_size(plain: int) -> int:
    """How many bytes a content of so many has when it is sealed."""
    return _HEADER + plain + (_SEALED - _BLOCK) * max(1, -(-plain // _BLOCK))


def opened(sealed: BinaryIO, key: bytes, mark: bytes) -> Iterator[bytes]:
    """The content, block by block; what came before a broken block has been given out already.

    Raises SealedByAnotherKey, or BrokenSeal where the file was changed or cut off.
    """
    header = sealed.read(_HEADER)
    if header[:_MARK] != mark or header[_MARK : _MARK + _KEY_ID] != key_id(key).encode():
        raise SealedByAnotherKey
    cipher, prefix = AESGCM(key), header[_MARK + _KEY_ID :]
    number, block = 0, sealed.read(_SEALED)
    while True:
        following = sealed.read(_SEALED)
        try:
            yield cipher.decrypt(_nonce(prefix, number, not following), block, header)
        except (InvalidTag, ValueError):
            raise BrokenSeal from None
        if not following:
            return
        number, block = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)
