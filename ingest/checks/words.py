"""Text as the checks compare it: normalised, folded, or empty (rules.md, 'Rows')."""

from __future__ import annotations

import re
import unicodedata

from ingest.checks.damage import SUSPECT_QUESTION_MARK, SUSPECT_TEXT
from pamga.spanish import without_accents

EMPTY_TOKENS = frozenset({"", "-", "N/A", "NA", "S/D", "ND"})
"""What counts as an empty cell, in any case."""

_PLAIN_MARKS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u2044\u2215\uff0f", "/")
    | dict.fromkeys("\u2019\u02bc", "'")
    | {"\uff05": "%", "\uff0e": ".", "\uff0c": ",", "\uff1a": ":"}
)
"""What word processors, telephones and keyboards of other languages write for a plain sign."""
_WORDS_FOR_NOTHING = frozenset({
    "na", "nd", "sd", "sf", "sn", "null", "none", "nan", "nil", "pendiente", "pendientes", "vacio", "enblanco", "noaplica", "nodisponible",
    "sindato", "sindatos", "sininformacion", "sinfecha", "sinregistro", "pordefinir", "porconfirmar",
    "enproceso", "entramite", "porrealizar", "norealizado", "norealizada", "noserealizo", "cancelado", "cancelada", "desconocido", "seignora",
})  # fmt: skip
NULL_WORDS = frozenset({"null", "(null)", "<null>", "[null]", "nan", "none", "nil", "undefined", "\\n"})
"""What programs write where they have no data, and a person would not; in small letters."""
_NO_INFORMATION = re.compile(r"s[/.]\s?i\.?", re.IGNORECASE)
"""S/I, S.I.: without their sign the letters say yes."""
_NO_WORD = re.compile(r"[\d\s_.,:;/*\-…\u2010-\u2015]+")
_ZEROS_OF_A_DATE = (0, 6, 8)
"""00/00/00, 00/00/0000; or no figure at all: `--`."""

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
    """Blank, `-` (however long its dash), `N/A`, `NA`, `S/D` or `ND`."""
    return text is None or with_plain_marks(text).strip().upper() in EMPTY_TOKENS


def with_plain_marks(text: str) -> str:
    """Dashes, slashes and points of other keyboards as the plain ones: `03–09–2026` is `03-09-2026`."""
    return text if text.isascii() else text.translate(_PLAIN_MARKS)


def says_no_data(text: str) -> bool:
    """Words and signs with which people say that a cell has no data, and that do not count as empty: pendiente, null, 00/00/0000."""
    letters = "".join(char for char in without_accents(text).casefold() if char.isalnum())
    if letters in _WORDS_FOR_NOTHING or text.casefold() in NULL_WORDS or _NO_INFORMATION.fullmatch(text.strip()):
        return True
    return not letters.strip("0") and len(letters) in _ZEROS_OF_A_DATE and _NO_WORD.fullmatch(text) is not None


def folded(text: str) -> str:
    """Without accents and case; blanks, underscores and hyphens are one and the same."""
    return re.sub(r"[\s_\-]+", "_", without_accents(with_plain_marks(text)).casefold().strip()).strip("_")


def digits(text: str) -> str:
    """The decimal digits of a text."""
    return "".join(c for c in text if c.isdecimal() and c.isascii())


def cut(text: str, length: int) -> str:
    """A text as a sentence quotes it: no longer than this."""
    return text if len(text) <= length else text[: length - 1] + "…"
