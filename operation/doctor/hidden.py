"""What of a text is a secret of this installation: an error that some library wrote may quote the address, or a piece of it, that it stumbled over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from pamga.airflow_settings import airflow_setting
from pamga.errors import PamgaError
from pamga.keys import FILE_SUFFIX
from pamga.settings import Settings

HIDDEN = "•••"
_SHORTEST_PIECE, _SHORTEST_SECRET = 4, 12
_WHOLE = re.compile(r"(?<!HOST)_KEY|SECRET|PASSW|TOKEN", re.I)
"""Names whose whole text is a secret; of what others hold, an address' password is."""
_WITH_A_SECRET = (("database", "sql_alchemy_conn"), ("celery", "broker_url"), ("celery", "result_backend"))


def without_ours(text: str, hidden: list[str]) -> str:
    """The text, in which nothing of `hidden` is left."""
    for piece in hidden:
        text = text.replace(piece, HIDDEN)
    return text


def pieces_of_secrets(settings: Settings) -> list[str]:
    """What no output may hold, the longest first: keys whole, of addresses what stands between account and server."""
    found: set[str] = set()
    for name, text in _given(settings):
        account = re.match(r"[\w+.-]+:/*([^@]*(?:@[^@]*)*)@", text)
        if account is not None:
            password = account[1].partition(":")[2]
            plain = unquote(password)
            found |= {password, plain, *re.split(r"[/?#:@]", password), *re.split(r"[/?#:@]", plain)}
        elif _WHOLE.search(name) and len(text) >= _SHORTEST_SECRET:
            found.add(text)
    return sorted((piece for piece in found if len(piece) >= _SHORTEST_PIECE), key=len, reverse=True)


def _given(settings: Settings) -> Iterator[tuple[str, str]]:
    """What may hold a secret, with the name under which it was given."""
    for key in (settings.hmac_key, settings.hmac_key_next, settings.vault_key, settings.backup_key):
        if key is not None:
            yield "_KEY", key.get_secret_value()
    for address in (settings.registry_url, settings.airflow_database_url, settings.inbox, settings.lineage):
        yield "address", address or ""
    for name, value in os.environ.items():
        if not name.endswith(FILE_SUFFIX):
            yield name, value
        elif Path(value).is_file():
            yield from ((name, line) for line in _lines(value))
    for section, option in _WITH_A_SECRET:
        try:
            yield option, airflow_setting(section, option) or ""
        except PamgaError:
            continue


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
