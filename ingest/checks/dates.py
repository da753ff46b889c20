"""Dates as people write them, and a whole column as the evidence of what its cells mean (rules.md, 'Rows').

Day first is the rule. Where some cell of a column cannot be day first, the column is month first or mixed: what could be read
both ways is held, unless the whole column says the same. A time with a zone is the day where the city is.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from babel import Locale
from xlrd.xldate import xldate_as_datetime

from ingest.checks.words import folded
from pamga.clock import CITY
from pamga.spanish import counted
from pamga.spanish import month as month_name

FIRST_YEAR = 1000  # a year of fewer digits is a slip of the hand, not a date
LONGEST_DATE = 80  # characters; a longer text is no date
_EXCEL_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_MONTHS_OF_A_YEAR = 12
_SLIPS = 3  # so many cells in the one order of ISO 8601 outweigh one that cannot be in it
_SHORT_YEARS_BACK, _SHORT_YEARS_AHEAD = 6, 3  # a year of two digits is taken only near the day of receipt

_TRAILING_YEAR = re.compile(r"(\d{1,2})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?(?:'?(\d{2})|(\d{4}))", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_WITHOUT_STROKES = re.compile(r"(\d{2})(\d{2})(20\d{2})", re.ASCII)
_TIME = re.compile(
    r"(?:T|\s|,\s)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[ap])\.?\s?m\.?)?(?:\s?(?:h|hrs|horas)\.?)?"
    r"\s?(?P<zone>Z|(?:UTC|GMT)?\s?[+\-−]\d{1,2}(?::?\d{2})?|UTC|GMT|CST|CDT)?(?:\s?(?:\[[^\]]{1,40}\]|\([^)]{1,40}\)))?",
    re.ASCII | re.IGNORECASE,
)
_TIME_WITH_POINTS = re.compile(
    r"\s(\d{1,2})\.(\d{2})\.(\d{2}(?:[.,]\d{1,9})?(?:\s?[ap]\.?\s?m\.?)?)$", re.ASCII | re.IGNORECASE
)
"""12.00.00.000000000 AM: how Oracle writes the time of a moment."""
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_MONTHS = {
    folded(name).strip("._"): number
    for language in ("es", "es_MX", "en")
    for width in ("wide", "abbreviated")
    for number, name in Locale.parse(language).months["format"][width].items()
}
_MONTHS |= {"febr": 2, "set": 9, "setiembre": 9} | {name: number for number, name in enumerate(_ROMAN, start=1)}
_WEEKDAY = re.compile(
    r"^(?P<name>lunes|martes|miercoles|jueves|viernes|sabado|domingo|lun|mar|mie|jue|vie|sab|dom|(?:mon|tues?|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?)"
    r"\.?,?_+(?:el_|,_)?"
)
_WEEKDAYS = {
    name: number for number, names in enumerate(["lun mon", "mar tue", "mie wed", "jue thu", "vie fri", "sab sat", "dom sun"]) for name in names.split()
}  # fmt: skip
_NAMES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MARK = r"[_/.,]{1,3}"
_OF = rf"{_MARK}(?:de_|del_)?(?:ano_)?"
_IN_WORDS = (
    re.compile(
        rf"(?P<day>\d{{1,2}})(?:o|º|°|er|ro|ero|st|nd|rd|th)?{_OF}(?P<month>[a-z]{{1,10}}){_OF}(?:'?(?P<short>\d{{2}})|(?P<year>\d{{4}}))"
    ),
    re.compile(
        rf"(?P<month>[a-z]{{3,10}}){_MARK}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_OF}(?P<year>\d{{4}})(?P<short>(?!))?"
    ),
    re.compile(rf"(?P<year>\d{{4}}){_MARK}(?P<month>[a-z]{{3,10}}){_MARK}(?P<day>\d{{1,2}})(?P<short>(?!))?"),
    re.compile(
        r"(?P<day>\d{1,2})(?P<month>[a-z]{3,4})(?:(?P<year>\d{4})|(?P<short>\d{2}))"
    ),  # 01JUL2026: SAS and Stata
)
_MONTH_AND_YEAR = re.compile(rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))}){_OF}'?(?:\d{{2}}|\d{{4}})")
_NUMBERED_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])\s?[/.\-]\s?20\d{2}|20\d{2}\s?[/.\-]\s?(?:0?[1-9]|1[0-2])", re.ASCII)
_DAY_AND_MONTH = re.compile(
    rf"(?:0?[1-9]|[12]\d|3[01])[/_](?:0?[1-9]|1[0-2])|\d{{1,2}}{_MARK}(?:de_)?(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
)

_WHOLE_DAY = r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}"
_SEVERAL_DAYS = re.compile(rf"{_WHOLE_DAY}.+{_WHOLE_DAY}|^\d{{1,2}}_?(?:_|,|y|al?)_?\d{{1,2}}(?:/|_de_|_[a-z]{{3}})")
"""12/07/2026 al 14/07/2026, 12-14/07/2026, 12 y 13 de julio de 2026."""


@dataclass(frozen=True)
class DateText:
    """The possible meanings of a date's text."""

    day_first: date | None = None
    """What it means by the rule. ISO 8601, words and a spreadsheet's own dates have this meaning only."""
    month_first: date | None = None
    """What it means where day and month change places; None where that is no date, or the same one."""
    year_first: bool = False
    """Written year, month, day."""
    short_year: bool = False
    by_number: bool = False
    """Day and month are both numbers whose order a person chose."""
    native: bool = False
    seconds_to_midnight: int = 0
    """Of a text with a time within the last minute of a day and not its last second: how many."""
    timed: bool = False
    moved: bool = False
    """The text names a zone in which it was another day than where the city is."""
    zoned: bool = False
    """The text names a zone."""

    @property
    def ambiguous(self) -> bool:
        return self.day_first is not None and self.month_first is not None


NO_DATE = DateText()


def read_date(text: str, native: bool) -> DateText:
    """The possible meanings of a cell's text; neither is there when it is no date at all."""
    if len(text) > LONGEST_DATE:
        return NO_DATE
    body, time = _without_time(text)
    if body is None:
        return NO_DATE
    said = _read_day(body, native)
    if time is None:
        return said
    if time.hour or time.minute or time.second:
        left = 60 - time.second if (time.hour, time.minute) == (23, 59) and time.second else 0
        said = replace(said, timed=True, seconds_to_midnight=left if left > 1 else 0)
    if time.east is None:
        return said
    days = _in_the_city(said.day_first, time), _in_the_city(said.month_first, time)
    moved = days != (said.day_first, said.month_first)
    return replace(said, day_first=days[0], month_first=days[1], moved=moved, zoned=True)


class _Time(NamedTuple):
    """A time of day; `east`: minutes east of Greenwich of the zone that it names, None without zone."""

    hour: int
    minute: int
    second: int
    east: int | None


def _without_time(text: str) -> tuple[str | None, _Time | None]:
    """The day's part of a text and its time. No day: no such time."""
    colon = text.find(":")
    if colon < 0 and text.count(".") >= 2:
        text = _TIME_WITH_POINTS.sub(r" \1:\2:\3", text)
        colon = text.find(":")
    if colon < 0:
        return text, None
    start = max(text.rfind(mark, 0, colon) for mark in "T ,t")
    match = None if start <= 0 else _TIME.fullmatch(text, start - (text[start - 1] == ","))
    if match is None:
        return text, None
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None, None
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None, None
    body = text[: match.start()]
    east = None if match["zone"] is None else _minutes_east(match["zone"])
    if match["zone"] is not None and east is None:
        return None, None
    return body, _Time(hour, minute, min(second, 59), east)


def _minutes_east(zone: str) -> int | None:
    """How far east of Greenwich a zone is; None for a number that no zone has."""
    name = zone.upper().replace("−", "-")
    if name in ("CST", "CDT"):
        return -360 if name == "CST" else -300
    for prefix in ("UTC", "GMT"):
        name = name.removeprefix(prefix).strip()
    if name in ("Z", ""):
        return 0
    figures = name[1:].replace(":", "")
    hours, minutes = int(figures[:2]), int(figures[2:] or 0)
    if hours > 14 or minutes > 59:
        return None
    return (-1 if name[0] == "-" else 1) * (60 * hours + minutes)


def _in_the_city(day: date | None, time: _Time) -> date | None:
    if day is None:
        return None
    zone = timezone(timedelta(minutes=time.east or 0))
    moment = datetime(day.year, day.month, day.day, time.hour, time.minute, time.second, tzinfo=zone)
    return moment.astimezone(CITY).date()


def _read_day(body: str, native: bool) -> DateText:
    body = body.strip()
    match = _TRAILING_YEAR.fullmatch(body)
    if match is not None:
        first, second = int(match[1]), int(match[2])
        year = int(match[4]) if match[4] else 2000 + int(match[3])
        other = None if first == second else _day(year, first, second)
        return DateText(_day(year, second, first), other, short_year=match[4] is None, by_number=True)
    match = _YEAR_FIRST.fullmatch(body)
    if match is not None:
        year, first, second = (int(group) for group in match.groups())
        other = None if first == second else _day(year, second, first)
        return DateText(_day(year, first, second), other, year_first=True, by_number=True, native=native)
    match = _BASIC.fullmatch(body)
    if match is not None:
        return DateText(_day(*(int(group) for group in match.groups())))
    whole = body.partition(".")[0]
    if native and whole.isdecimal() and len(whole) <= 5 and int(whole) in _EXCEL_SERIALS:
        return DateText(xldate_as_datetime(int(whole), 0).date(), native=True)
    return _in_words(body)


def _in_words(body: str) -> DateText:
    if not any(char.isalpha() for char in body):
        return NO_DATE
    said = folded(body)
    in_words = _with_month_in_words(said)  # first: `mar 15, 2026` is March, `mar 15 de julio de 2026` a Tuesday
    weekday = _WEEKDAY.match(said)
    if in_words is not None or weekday is None:
        return in_words or NO_DATE
    rest = said[weekday.end() :]
    day = _with_month_in_words(rest) or _read_day(rest, native=False)  # `mié 15/07/2026`
    return _on_a(_WEEKDAYS[weekday["name"][:3]], day)


def _with_month_in_words(said: str) -> DateText | None:
    if said.startswith("primero_"):
        said = said.replace("primero", "1", 1)
    for pattern in _IN_WORDS:
        match = pattern.fullmatch(said)
        if match is not None and match["month"] in _MONTHS:
            short = match["short"]
            year = int(match["year"] or 2000 + int(short))
            return DateText(_day(year, _MONTHS[match["month"]], int(match["day"])), short_year=short is not None)
    return None


def _on_a(weekday: int, said: DateText) -> DateText:
    """What is left of a date's meanings where the text names its day of the week: it tells day and month apart, or denies both."""
    kept = (day if day is not None and day.weekday() == weekday else None for day in (said.day_first, said.month_first))
    day_first, month_first = kept
    return replace(said, day_first=day_first, month_first=month_first)


def _day(year: int, month: int, day: int) -> date | None:
    if year < FIRST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


# ---- the column as evidence --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DateStyle:
    """What the cells of a column with one possible order say about those that could be read both ways."""

    month_first: str | None = None
    """A text that cannot be day first; None where there is none."""
    day_first: int = 0
    """Cells that can only be day first."""
    month_first_cells: int = 0
    ambiguous: int = 0
    year_day_month: str | None = None
    """A text such as 2026-15-07, where such texts may be how the column writes dates: year, day, month."""
    swapped: str | None = None
    """Why a spreadsheet's own dates may have day and month in each other's place; None where nothing says so."""
    short_year_first: str | None = None
    """A text such as 26/07/31 in a column of two-digit years."""
    too_late: str | None = None
    """In a column of what happened, a text that lies in the future when it is read day first, and does not the other way."""
    either_way: str | None = None
    """A text that could be read both ways, where no cell shows an order: day first by the rule, and nobody said so."""
    midnights: bool = False
    """All moments with a zone are midnight there: the column may hold days that a program wrote as moments of its own zone."""
    short_of_midnight: bool = False
    """All times of the column lie within the last minute of a day: a program that is seconds short of midnight wrote them."""
    native_both: int = 0
    """The spreadsheet's own dates that would be another day with day and month exchanged."""
    native_beyond: int = 0
    """Those that cannot come of an exchange: their day is later than 12."""
    elsewhere: str | None = None
    """Another column of the file is month first: its name. It counts where this one's own cells say nothing."""

    @classmethod
    def of(
        cls,
        texts: Iterable[tuple[str, DateText, int]],
        today: date,
        happened: bool = False,
        elsewhere: str | None = None,
    ) -> DateStyle:
        """Learn from (text, its possible meanings, count). `happened`: nothing of the column lies after `today`."""
        cells, example = Counter[str](), dict[str, str]()
        for text, said, count in texts:
            for what in _shows(text, said, today, happened):
                cells[what] += count
                example.setdefault(what, text)
        return cls(
            month_first=example.get("month first"),
            day_first=cells["day first"],
            month_first_cells=cells["month first"],
            ambiguous=cells["ambiguous"],
            year_day_month=_year_day_month(cells, example),
            swapped=_why_swapped(cells, example.get("month first"), elsewhere),
            short_year_first=example.get("short year first"),
            too_late=example.get("too late"),
            either_way=None if cells["day first"] or cells["month first"] else example.get("ambiguous"),
            midnights=0 < cells["zoned"] == cells["zoned midnight"],
            short_of_midnight=0 < cells["short of midnight"] == cells["timed"],
            native_both=cells["own, both ways"],
            native_beyond=cells["own, one way"],
            elsewhere=elsewhere,
        )

    @property
    def is_month_first(self) -> bool:
        """The whole column is month first: no cell can only be day first, and enough of them can only be month first."""
        return self.day_first == 0 and self.month_first_cells >= 2 and 3 * self.month_first_cells >= self.ambiguous

    @property
    def speaks(self) -> bool:
        """Some cell of the column shows an order by itself."""
        return self.day_first > 0 or self.month_first_cells > 0

    @property
    def leans_month_first(self) -> bool:
        """Strong enough to make the ambiguous cells of the file's other columns doubtful."""
        return self.month_first_cells > 0 and self.month_first_cells >= self.day_first

    @property
    def own_dates_may_be_swapped(self) -> bool:
        """No date of the spreadsheet's own shows that day and month stand in their places."""
        return self.native_both > 0 and self.native_beyond == 0

    def doubt(self, said: DateText) -> str | None:
        """Why a date that could be read both ways is not known; None where the column, or the rule, settles it."""
        if said.seconds_to_midnight and self.short_of_midnight:
            return (
                f"le {'falta' if said.seconds_to_midnight == 1 else 'faltan'} {counted(said.seconds_to_midnight, 'segundo')} para la medianoche, como a todas las horas de la columna, y así las "
                "guardan los programas que se equivocan por segundos: no se sabe si es ese día o el siguiente"
            )
        if said.native:
            return self._doubt_of_a_native(said.day_first)
        if not said.ambiguous:
            return None
        if said.year_first:
            return None if self.year_day_month is None else f"otra celda de la columna dice «{self.year_day_month}»"
        if self.month_first is not None:
            return (
                None if self.is_month_first else f"otra celda de la columna, «{self.month_first}», trae el mes primero"
            )
        return None if self.speaks else self._doubt_of_a_silent_column()

    def _doubt_of_a_native(self, day: date | None) -> str | None:
        if self.swapped is None or day is None or day.day > 12 or day.day == day.month:
            return None
        return f"la hoja de cálculo pudo cambiar el día por el mes: {self.swapped}"

    def _doubt_of_a_silent_column(self) -> str | None:
        if self.too_late is not None:
            return f"otra celda de la columna, «{self.too_late}», todavía no habría ocurrido si el día fuera primero"
        if self.elsewhere is not None:
            return f"la columna {self.elsewhere} del mismo archivo trae el mes primero y ésta no dice lo contrario"
        return None

    def meaning(self, said: DateText) -> tuple[date | None, bool]:
        """(the day, whether it was read month first)."""
        if said.by_number and not said.year_first and not said.native and self.is_month_first:
            return (said.month_first, True) if said.month_first is not None else (said.day_first, False)
        return said.day_first, False

    def short_year_doubt(self, text: str, day: date, today: date) -> bool:
        """A year of two digits that is not near the day of receipt, or may not be the year."""
        if not _is_near(day.year, today):
            return True
        return self.short_year_first is not None and _with_year_first(text, today) is not None


def _shows(text: str, said: DateText, today: date, happened: bool) -> Iterator[str]:
    """What one cell says about how its column writes dates."""
    yield from _time_of(said)
    if said.short_year and _is_year_first(text, said, today):
        yield "short year first"
    if said.native:
        if said.day_first is not None and said.day_first.day != said.day_first.month:
            yield "own, both ways" if said.day_first.day <= 12 else "own, one way"
    elif said.by_number and said.year_first:
        if said.day_first is None and said.month_first is not None:
            yield "year, day, month"
        elif said.day_first is not None and said.month_first is None and said.day_first.day > _MONTHS_OF_A_YEAR:
            yield "year, month, day"
    elif said.by_number:
        yield from _order_of(said, today, happened)


def _time_of(said: DateText) -> Iterator[str]:
    """What a text says about how its column writes times."""
    if said.timed:
        yield "timed"
    if said.zoned:
        yield "zoned"
        if not said.timed:
            yield "zoned midnight"
    if said.seconds_to_midnight:
        yield "short of midnight"


def _order_of(said: DateText, today: date, happened: bool) -> Iterator[str]:
    """What a text with the year at its end says about the order of day and month."""
    if said.day_first is not None and said.month_first is not None:
        yield "ambiguous"
        if happened and said.month_first <= today < said.day_first:
            yield "too late"
    elif said.month_first is not None:
        yield "month first"
    elif said.day_first is not None:
        yield "day first" if said.day_first.day != said.day_first.month else "same"


def _year_day_month(cells: Counter[str], example: dict[str, str]) -> str | None:
    """A text that shows that the column may write year, day, month. ISO 8601 has one order: among enough cells that can only
    be in it, a month 13 is a slip of the hand and makes no other cell doubtful."""
    if _SLIPS * cells["year, day, month"] <= cells["year, month, day"]:
        return None
    return example.get("year, day, month")


def _why_swapped(cells: Counter[str], month_first: str | None, elsewhere: str | None) -> str | None:
    """Why a spreadsheet's own dates may have day and month in each other's place: texts beside them that its language could not
    read show that it read the others by another order than they were written in."""
    both, beyond = cells["own, both ways"], cells["own, one way"]
    texts = cells["ambiguous"] + cells["month first"] + cells["day first"]
    if both and month_first is not None:
        return f"otras celdas de la columna, como «{month_first}», traen el mes primero"
    if both >= 2 and cells["day first"] and not cells["ambiguous"] and not beyond:
        return "las fechas con día mayor que 12 quedaron como texto y las demás no"
    if both and elsewhere is not None and not beyond and not texts:
        return f"así pasó en la columna {elsewhere} del mismo archivo"
    return None


def _is_near(year: int, today: date) -> bool:
    return today.year - _SHORT_YEARS_BACK <= year <= today.year + _SHORT_YEARS_AHEAD


def _with_year_first(text: str, today: date) -> date | None:
    """What a date of three two-digit numbers means when the first is the year."""
    match = _TRAILING_YEAR.match(text)
    if match is None or match[3] is None or len(match[1]) != 2:
        return None
    day = _day(2000 + int(match[1]), int(match[2]), int(match[3]))
    return day if day is not None and _is_near(day.year, today) else None


def _is_year_first(text: str, said: DateText, today: date) -> bool:
    """A date with a two-digit year that makes sense only when the first number is the year."""
    days = [day for day in (said.day_first, said.month_first) if day is not None and _is_near(day.year, today)]
    return not days and _with_year_first(text, today) is not None


# ---- words -------------------------------------------------------------------------------------------------------------


def why_no_date(text: str) -> str | None:
    """Why a text that looks like a date is none: February has no day 30; None when it does not look like one."""
    body = _without_time(text)[0] if len(text) <= LONGEST_DATE else None
    if body is None:
        return None
    serial, _, fraction = body.partition(".")
    if (serial + fraction).isdecimal() and len(serial) == 5 and int(serial) in _EXCEL_SERIALS:
        day = xldate_as_datetime(int(serial), 0).date()
        return f"parece el número con que la hoja de cálculo guarda el {day:%d/%m/%Y}; dé a la columna formato de fecha"
    other_weekday = _another_weekday(body)
    if other_weekday is not None:
        return other_weekday
    match = _TRAILING_YEAR.fullmatch(body.strip())
    if match is not None:
        return _no_such_day(int(match[4] or 2000 + int(match[3])), int(match[2]), int(match[1]))
    if (otherwise := _otherwise_written(body.strip())) is not None:
        return otherwise
    match = _YEAR_FIRST.fullmatch(body.strip()) or _BASIC.fullmatch(body.strip())
    return None if match is None else _no_such_day(*(int(group) for group in match.groups()))


def _otherwise_written(body: str) -> str | None:
    """Why a text is no date that is near one: a month, several days, a day without its strokes (01072026)."""
    said = folded(body)
    if _MONTH_AND_YEAR.fullmatch(said) or _NUMBERED_MONTH.fullmatch(body):
        return "falta el día"
    if _DAY_AND_MONTH.fullmatch(said):
        return "falta el año"
    if _SEVERAL_DAYS.search(said):
        return "trae más de una fecha y aquí va una sola"
    match = _WITHOUT_STROKES.fullmatch(body)
    day = None if match is None else _day(int(match[3]), int(match[2]), int(match[1]))
    return None if day is None else f"parece el {day:%d/%m/%Y} sin sus diagonales"


def _another_weekday(body: str) -> str | None:
    """That the day is not of the weekday which the text names; None where it names none, or no day."""
    said = folded(body)
    weekday = _WEEKDAY.match(said)
    if weekday is None:
        return None
    rest = said[weekday.end() :]
    day = (_with_month_in_words(rest) or _read_day(rest, native=False)).day_first
    if day is None:
        return None
    return f"el {day:%d/%m/%Y} es {_NAMES[day.weekday()]}; corrija el día de la semana o la fecha"


def _no_such_day(year: int, month: int, day: int) -> str | None:
    if year < FIRST_YEAR or _day(year, month, day) is not None:
        return None
    if not 1 <= month <= 12:
        return f"no hay mes {month}"
    last = calendar.monthrange(year, month)[1]
    return f"{month_name(month)} de {year} tiene {last} días, no hay día {day}"
