"""What is published of an object of the lake is a keyed hash: whoever knows a short delivery but for a name, an age or an answer could
write the file with each of them until a plain SHA-256 fits (docs/privacy.md, "Hashes").

The key is an object of the lake itself, random, written once and never published. It is none of the installation's keys: a build
needs no key of ingest, rotating the pseudonyms' key leaves it as it is, and it comes back with the lake, so that every release that
names these hashes can be proved for as long as there is the lake that it was built from.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from pathlib import Path

from pamga.documents.log import LakeSecret
from pamga.storage import write_once

OBJECT = Path("_log/secret/0001.json")


def lake_secret(lake: Path) -> bytes:
    """The secret of this lake; made where there is none yet. Of two that make it at once both get the one that was written."""
    path = lake / OBJECT
    if not path.exists():
        made = LakeSecret(format=LakeSecret.FORMAT, secreto=secrets.token_hex(32))
        with suppress(FileExistsError):
            write_once(path, made.content())
    return bytes.fromhex(LakeSecret.read(path).secreto)


def keyed(secret: bytes, sha256: str) -> str:
    """The hash under which an object of the lake is named where everybody can read it."""
    return hmac.digest(secret, sha256.encode(), hashlib.sha256).hex()
