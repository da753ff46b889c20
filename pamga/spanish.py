"""Days, months, numbers and names as Mexico writes them, for every room: Unicode's own data (Babel) and python-slugify."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from slugify import slugify

LOCALE = Locale.parse("es_MX")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day_in_words(day: date) -> str:
    """30 de septiembre de 2026."""
    return format_date(day, "d 'de' MMMM 'de' y", locale=LOCALE)


def day_or_text(text: str) -> str:
    """2026-09-30 in words; whatever is no day of the calendar (a title, a 2026-02-31 that somebody typed) as it is."""
    try:
        return day_in_words(date.fromisoformat(text)) if ISO_DAY.fullmatch(text) else text
    except ValueError:
        return text


@cache
def month(number: int) -> str:
    """enero is 1."""
    return str(LOCALE.months["format"]["wide"][number])


def number(value: float, decimals: int = 2) -> str:
    """1,234.5: comma for thousands, point for decimals, no needless zeros; rounded as the machine's own number is."""
    rounded = Decimal(f"{value:.{decimals}f}")
    return format_decimal(rounded, f"#,##0.{'#' * decimals}" if decimals else "#,##0", locale=LOCALE)


def counted(amount: int, one: str, many: str | None = None) -> str:
    """1 fila, 1,200 filas; `many` where it is not the same word with an s."""
    return f"{number(amount, 0)} {one if amount == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """a, b y c."""
    return " y ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def some(items: Sequence[object], most: int, count: int | None = None) -> str:
    """The first of many, and how many more there are (of `count`, where `items` are not all): 2, 3, 5 y 1,204 más."""
    more = (len(items) if count is None else count) - min(len(items), most)
    return ", ".join(map(str, items[:most])) + (f" y {more:,} más" if more > 0 else "")


def without_accents(text: str) -> str:
    """Every letter as its plain one: `Ñandú` is `Nandu`."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def file_name(text: str, separator: str = "_", longest: int = 80) -> str:
    """A name that is safe as a file or in an address: ASCII letters in lower case, digits and the separator."""
    return slugify(text, separator=separator, max_length=longest)


def heading(column: str) -> str:
    """A column's name for people: words apart, with their accents."""
    return " ".join(ACCENTS.get(word, word) for word in column.split("_"))


ACCENTS = {
    "dias": "días", "limite": "límite", "ultimo": "último", "titulo": "título", "version": "versión", "export": "archivo",
    "publicacion": "publicación", "situacion": "situación", "leidas": "leídas", "anio": "año",
    "mad": "desviación mediana", "sha256": "SHA-256",
}  # fmt: skip
