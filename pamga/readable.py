"""A text as whoever reads it understands it, however it was written: for what looks for personal data, never for what is shown.

Escapes of web pages and addresses are read (`&#64;`, `%40`), what nobody sees is taken out (zero-width characters, soft hyphens), signs
that stand for digits and letters become them (full-width, circled, keycaps), and what is written in base64 is read too.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from urllib.parse import unquote

_ENTITY = re.compile(r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|[a-z]{2,31});", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,4096}={0,2}(?![A-Za-z0-9+/=_-])")
_NEVER_SEEN = frozenset({"\N{COMBINING ENCLOSING KEYCAP}", "\N{COMBINING GRAPHEME JOINER}"})
_NESTED = 3  # escapes of escapes


def readable(text: str) -> str:
    """The text as it is read. Takes time in proportion to its length."""
    for _ in range(_NESTED):
        before = text
        if "&" in text:
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if "%" in text and _PERCENT.search(text):
            text = unquote(text, errors="replace")
        if text == before:
            break
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        text = "".join(_plain_digit(sign) for sign in text if not _is_invisible(sign))
    if hidden := [said for found in _BASE64.findall(text) if (said := _decoded(found))]:
        text = " ; ".join([text, *hidden])
    return text


def _is_invisible(sign: str) -> bool:
    return sign in _NEVER_SEEN or unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f"


def _plain_digit(sign: str) -> str:
    """A digit of any script as ours."""
    return sign if sign.isascii() else str(unicodedata.decimal(sign, sign))


def _decoded(run: str) -> str | None:
    """What a run of letters says in base64; None where it says nothing that a person could read."""
    plain = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        said = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unicodedata.normalize("NFKC", said) if said.isprintable() else None
