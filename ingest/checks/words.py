"""Text as the checks compare it: normalised, folded, or empty (rules.md, 'Rows')."""

from __future__ import annotations

import re
import unicodedata

from ingest.checks.damage import SUSPECT_QUESTION_MARK, SUSPECT_TEXT
from pamga.spanish import without_accents

EMPTY_TOKENS = frozenset({"", "-", "N/A", "NA", "S/D", "ND"})
"""What counts as an empty cell, in any case."""

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_INTEGRAL_FLOAT = re.compile(r"-?\d+\.0+")

ODD_TEXT = (
    r"^ | $|  "  # blanks to trim or collapse
    r"|[^ -~\x{c0}\x{c1}\x{c4}-\x{ff}]"  # other blanks, invisible characters, whatever may not be NFC, half a letter (Â, Ã)
    r"|[a-z\x{df}-\x{ff}][\x{c0}-\x{de}]"  # a letter of another encoding among small ones
    r"|^-?[0-9]+\.0+$"  # an integral float in a text cell
    rf"|{SUSPECT_TEXT}"
)
"""Rust regex of the texts that `normalised_text` or `damage.mended` may change, or that are damaged; all others stay as they are.
A superset is right, a subset is not."""
ODD_WORDS = rf"{ODD_TEXT}|{SUSPECT_QUESTION_MARK}"
"""The same in columns that hold no addresses."""


def normalised(text: str) -> str:
    """Trimmed, NFC, blanks collapsed, invisible characters dropped."""
    return " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())


def normalised_text(text: str) -> str:
    """A text cell: `normalised`, and 1.0 is 1."""
    clean = normalised(text)
    return clean.partition(".")[0] if _INTEGRAL_FLOAT.fullmatch(clean) else clean


def is_empty(text: str | None) -> bool:
    """Blank, `-`, `N/A`, `NA`, `S/D` or `ND`."""
    return text is None or text.strip().upper() in EMPTY_TOKENS


def folded(text: str) -> str:
    """Without accents and case; blanks, underscores and hyphens are one and the same."""
    return re.sub(r"[\s_\-]+", "_", without_accents(text).casefold().strip()).strip("_")


def digits(text: str) -> str:
    """The decimal digits of a text."""
    return "".join(c for c in text if c.isdecimal() and c.isascii())
