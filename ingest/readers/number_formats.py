"""What a spreadsheet's number format makes of a number: a percentage, a date, a time, or a text of its own ("T-"000 shows 1
as T-001). The same small language in XLSX and XLS.
"""

from __future__ import annotations

import enum
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from openpyxl.styles.numbers import BUILTIN_FORMATS

_DIGITS = "0#?"
_DATE_LETTERS = "dmyhsg"
_MEANS_NOTHING = frozenset(" $€£()+-−.,\u00a0'")
"""Literals that leave a number the same number: a currency's sign, a parenthesis of the negative ones, a blank."""
_WIDE = Context(prec=400)
"""Digits enough for the largest number with all decimals that a format may ask for."""
_ELAPSED = re.compile(r"^(h+|m+|s+)$", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.?) | (?P<blank>_).? | (?P<filled>\*).? | \[(?P<bracket>[^]]*)]? | (?P<section>;)
    | (?P<general>general|standard|est[aá]ndar) | (?P<half_of_day>am/pm|a/p) | (?P<scientific>e)[+-] | (?P<other>.)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, "<>": operator.ne, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
_MONEY = re.compile(r"^\$([^-]*)")
_PLAIN = {number: str(BUILTIN_FORMATS[number]) for number in (0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 17, 48, 49)}
_AGAIN = {59: 1, 60: 2, 61: 3, 62: 4, 67: 9, 68: 10, 69: 12, 70: 13}
BUILT_IN = {
    **_PLAIN,
    **dict.fromkeys((14, 15, 16, *range(27, 32), 36, *range(50, 55), 57, 58, *range(71, 76)), "dd/mm/yyyy"),
    **dict.fromkeys((18, 19, 20, 21, *range(32, 36), 55, 56, 76, 77, 78), "h:mm:ss"),
    22: "dd/mm/yyyy h:mm",
    **dict.fromkeys((5, 6, 7, 8, *range(37, 45)), "#,##0.00"),
    **dict.fromkeys((45, 46, 47, 79, 80, 81), "[h]:mm:ss"),
    **{number: _PLAIN[same] for number, same in _AGAIN.items()},
}
"""Formats that a workbook names by number only (those of one language by their kind)."""


class Meaning(enum.Enum):
    """What a number with this format is."""

    NUMBER = "number"
    PERCENT = "percent"
    """In one of its sections at least: see `is_percentage`."""
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    SHAPED = "shaped"
    """The number is shown as another text."""


@dataclass(frozen=True)
class _Piece:
    kind: str
    """digit, point, comma, percent, fraction, date, time, scientific, text (@), general, condition or literal."""
    text: str


@dataclass(frozen=True)
class NumberFormat:
    """A number format understood."""

    meaning: Meaning
    sections: tuple[tuple[_Piece, ...], ...] = field(repr=False)
    around_text: tuple[str, str] | None
    """What stands before and after a text cell with this format ("T-"@)."""

    @property
    def shows_day(self) -> bool:
        """Whether a date's day of the month is among what its format shows: it is not in `mmm-yy`."""
        letters = "".join(piece.text if piece.kind == "date" else " " for piece in self.sections[0])
        return any(run in ("d", "dd") for run in re.findall("d+", letters))

    def is_percentage(self, value: float) -> bool:
        """Whether the section that shows this number shows a percentage: of `[=0]"-";0%` only the second does."""
        numeric = [section for section in self.sections[:3] if not any(piece.kind == "text" for piece in section)]
        of_percentages = [any(piece.kind == "percent" for piece in section) for section in numeric]
        if all(of_percentages) or not any(of_percentages):
            return any(of_percentages)
        section = _section_of(numeric, value)
        return section is not None and any(piece.kind == "percent" for piece in section)

    def shown(self, value: float) -> str | None:
        """The text that a number is shown as; None when that cannot be told."""
        sections = self.sections[:3]
        if any(piece.kind == "condition" for section in self.sections for piece in section):
            return _rendered_where_it_holds(self.sections, value)
        if value < 0 and len(sections) > 1:
            return _rendered(sections[1], -value)
        if value == 0 and len(sections) > 2:
            return _rendered(sections[2], value)
        text = _rendered(sections[0], abs(value))
        return f"-{text}" if value < 0 and text and text != _rendered(sections[0], 0) else text


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat:
    """Understand a format's code."""
    sections: list[list[_Piece]] = [[]]
    for piece in _pieces(code):
        if piece is None:
            sections.append([])
        else:
            sections[-1].append(piece)
    around = next((_around(section) for section in sections if any(p.kind == "text" for p in section)), None)
    numeric = [s for s in sections[:3] if not any(p.kind == "text" for p in s)]
    return NumberFormat(_meaning(numeric), tuple(map(tuple, sections)), around)


def _pieces(code: str) -> Iterator[_Piece | None]:
    """The pieces of a code; None between two sections."""
    for token in _TOKEN.finditer(code):
        kind = str(token.lastgroup)
        text = token[kind]
        if kind in ("quoted", "escaped"):
            yield _Piece("literal", text)
        elif kind == "blank":
            # as wide as the sign that follows; a filled cell repeats it, and a text does not show that
            yield _Piece("literal", " ")
        elif kind == "bracket":
            yield from _bracket(text)
        elif kind == "section":
            yield None
        elif kind == "half_of_day":
            yield _Piece("time", "a")
        elif kind in ("general", "scientific"):
            yield _Piece(kind, text)
        elif kind == "other":
            yield _plain_piece(text)


def _bracket(inside: str) -> Iterator[_Piece]:
    if _ELAPSED.match(inside):
        yield _Piece("time", "h")
    elif money := _MONEY.match(inside):
        yield _Piece("literal", money.group(1))
    elif inside[:1] in ("<", ">", "="):
        yield _Piece("condition", inside)


def _plain_piece(char: str) -> _Piece:
    if char in _DIGITS:
        return _Piece("digit", char)
    if char.casefold() in _DATE_LETTERS or char == "e":
        return _Piece("date", char.casefold())
    kinds = {".": "point", ",": "comma", "%": "percent", "@": "text", "/": "fraction"}
    return _Piece(kinds.get(char, "literal"), char)


def _meaning(sections: list[list[_Piece]]) -> Meaning:
    first = sections[0] if sections else []
    letters = {piece.text for piece in first if piece.kind == "date"}
    has_time = bool(letters & {"h", "s"}) or any(piece.kind == "time" for piece in first)
    if letters or has_time:
        has_date = bool(letters & {"d", "y", "e", "g"}) or ("m" in letters and not has_time)
        if has_date:
            return Meaning.MOMENT if has_time else Meaning.DATE
        return Meaning.TIME
    if any(piece.kind == "percent" for section in sections for piece in section):
        return Meaning.PERCENT
    return Meaning.SHAPED if any(map(_is_shaped, sections)) else Meaning.NUMBER


def _is_shaped(section: list[_Piece]) -> bool:
    kinds = [piece.kind for piece in section]
    if "scientific" in kinds:
        return True
    if not {"digit", "general"} & set(kinds):
        return not section or any(not _means_nothing(piece) for piece in section)
    digits = [index for index, kind in enumerate(kinds) if kind == "digit"]
    inside = section[digits[0] : digits[-1]] if digits else []
    if any(piece.kind == "fraction" for piece in inside):
        return False  # the number is the same
    if any(piece.kind == "literal" and piece.text.strip() for piece in inside):
        return True
    whole = section[: kinds.index("point")] if "point" in kinds else section
    if sum(piece.text == "0" for piece in whole if piece.kind == "digit") > 1:
        return True
    return any(piece.kind == "literal" and not _means_nothing(piece) for piece in section)


def _means_nothing(piece: _Piece) -> bool:
    return piece.kind not in ("literal", "fraction") or set(piece.text) <= _MEANS_NOTHING


def _around(section: list[_Piece]) -> tuple[str, str] | None:
    place = next(index for index, piece in enumerate(section) if piece.kind == "text")
    before = "".join(piece.text for piece in section[:place] if piece.kind == "literal").lstrip()
    after = "".join(piece.text for piece in section[place + 1 :] if piece.kind == "literal").rstrip()
    return (before, after) if before or after else None


def _section_of(sections: list[tuple[_Piece, ...]], value: float) -> tuple[_Piece, ...] | None:
    """The section that shows a number; None where no condition holds for it."""
    conditions = [next((piece.text for piece in section if piece.kind == "condition"), None) for section in sections]
    if not any(conditions):
        place = 1 if value < 0 else 2 if value == 0 else 0
        return sections[place] if place < len(sections) else sections[0]
    for section, condition in zip(sections, conditions, strict=True):
        match = _CONDITION.fullmatch(condition) if condition is not None else None
        if condition is None or (match is not None and _COMPARISONS[match[1]](value, float(match[2]))):
            return section
    return None


def _rendered_where_it_holds(sections: tuple[tuple[_Piece, ...], ...], value: float) -> str | None:
    """A number in the first section whose condition holds (`[=1]"Sí";[=0]"No"`); one without a condition takes what is left.
    Of a negative number it cannot be told whether its sign is shown."""
    if value < 0:
        return None
    for section in sections:
        if any(piece.kind == "text" for piece in section):
            continue
        condition = next((piece.text for piece in section if piece.kind == "condition"), None)
        if condition is None:
            return _rendered(section, value) if section is not sections[0] else None
        match = _CONDITION.fullmatch(condition)
        if match is None:
            return None
        if _COMPARISONS[match[1]](value, float(match[2])):
            return _rendered(tuple(piece for piece in section if piece.kind != "condition"), value)
    return None


def _rendered(section: tuple[_Piece, ...], value: float) -> str | None:
    kinds = [piece.kind for piece in section]
    if {"percent", "date", "time", "condition"} & set(kinds):
        return None
    if (
        "scientific" in kinds
    ):  # where all its digits are shown, it may be a key like 12E5 that a spreadsheet took for a number
        mantissa = kinds[: kinds.index("scientific")]
        decimals = mantissa[mantissa.index("point") :].count("digit") if "point" in mantissa else 0
        return None if float(f"{value:.{decimals}e}") == value else f"{value:.15g}"
    if "general" in kinds:
        number = f"{value:.15g}"
        return "".join(number if p.kind == "general" else p.text for p in section if p.kind in ("general", "literal"))
    point = kinds.index("point") if "point" in kinds else len(section)
    digits = [index for index, kind in enumerate(kinds) if kind == "digit"]
    if not digits:
        return "".join(piece.text for piece in section if piece.kind == "literal").strip()
    if "fraction" in kinds or kinds[digits[-1] + 1 : digits[-1] + 2] == ["comma"]:
        return None  # a fraction, or thousands that are not shown
    decimals = sum(index > point for index in digits)
    whole, _, fraction = _rounded(value, decimals).partition(".")
    left = _whole_part(section[:point], "" if whole == "0" else whole)
    right = _fraction_part(section[point:], fraction)
    return None if left is None else (left + right).strip()


def _rounded(value: float, decimals: int) -> str:
    """As a spreadsheet rounds: a half goes up."""
    return f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE):f}"


def _whole_part(pieces: tuple[_Piece, ...], digits: str) -> str | None:
    """Digits go to their places from the right; the first place takes all that are left."""
    places = [index for index, piece in enumerate(pieces) if piece.kind == "digit"]
    if any(piece.kind == "comma" for piece in pieces):
        if sum(pieces[index].text == "0" for index in places) > 1:
            return None
        before = "".join(p.text for p in pieces[: places[0]] if p.kind == "literal")
        after = "".join(p.text for p in pieces[places[-1] + 1 :] if p.kind == "literal")
        return f"{before}{int(digits or 0):,}{after}"
    out: list[str] = []
    for index in range(len(pieces) - 1, -1, -1):
        piece = pieces[index]
        if piece.kind == "literal":
            out.append(piece.text)
        elif piece.kind == "digit":
            if places and index == places[0]:
                taken, digits = digits, ""
            else:
                taken, digits = digits[-1:], digits[:-1]
            out.append(taken or ("0" if piece.text == "0" else ""))
    return "".join(reversed(out))


def _fraction_part(pieces: tuple[_Piece, ...], digits: str) -> str:
    out, used = "", 0
    for piece in pieces:
        if piece.kind == "digit":
            digit = digits[used : used + 1]
            used += 1
            out += digit if piece.text == "0" or digits[used - 1 :].strip("0") else ""
        elif piece.kind in ("literal", "point"):
            out += piece.text
    return out.rstrip(".") if not any(char.isdigit() for char in out) else out
