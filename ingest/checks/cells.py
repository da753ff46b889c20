"""One cell judged against its column: what it means, or which rule it breaks and how to mend it (rules.md, 'Rows').

This is the careful definition; `columns` uses it for every distinct text that its vectorised forms do not settle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from rapidfuzz import fuzz, process

from ingest.checks.dates import DateStyle, DateText, read_date, why_no_date
from ingest.checks.words import cut, folded, is_empty, normalised, says_no_data, with_plain_marks
from ingest.contract import FIRST_DATE, LAST_DATE, Column, load_contract
from ingest.reading import Rule
from pamga.plan import plan
from pamga.spanish import day_in_words

_TYPE_WORDS = {
    "entero": ("no es un número entero", "Un número entero, por ejemplo 42.", "Escriba sólo cifras, sin letras ni unidades."),
    "decimal": ("no es un número", "Un número, por ejemplo 1250.50.", "Escriba sólo cifras, con punto o coma para los decimales."),
    "booleano": ("no es Sí ni No", "Sí o No.", "Escriba Sí o No."),
    "url": (
        "no es una dirección de internet completa",
        "Una dirección que empieza con http:// o https://.",
        "Copie la dirección completa desde el navegador.",
    ),
    "correo": ("no es un correo electrónico", "Un correo, por ejemplo oficina@leon.gob.mx.", "Revise la arroba y el dominio."),
}  # fmt: skip

_DATE_EXPECTED = "Una fecha día/mes/año, por ejemplo 31/08/2026."
_SHOWN = 80  # characters of a value that a sentence quotes
SUGGESTION_SCORE = 65
BIGINT_MAX = 2**63 - 1
TOO_LARGE = Decimal(10) ** 14 - Decimal(
    "0.0000005"
)  # DECIMAL(20,6) holds 14 digits before the point; from here on it rounds to a fifteenth
MICRO = Decimal("0.000001")
_COORDINATES = ("latitud", "longitud")
_LONGEST_NUMBER = 100  # characters; a longer text is no number
_SUGGESTED_FROM = 200  # characters of a wrong category that are compared with the right ones

AS_MONTH_FIRST = "con el mes primero (mes/día/año), como toda la columna"
AS_SHORT_YEAR = "con el año de dos cifras"
AS_IN_THE_CITY = f"con la hora de otra zona: vale el día en {plan().municipio}"
AS_MIDNIGHT_ELSEWHERE = (
    f"con la medianoche de otra zona horaria: vale el día en {plan().municipio}, que es otro. Si son fechas sin hora, expórtelas sin hora "
    "ni zona y vuelva a entregar el archivo"
)
AS_ONE_VALUE = "como un solo valor, porque los de una lista se separan con punto y coma"
AS_THOUSANDS = "con el punto o la coma como separador de miles"
AS_DECIMALS = "con el punto o la coma como decimales"
AS_ACCOUNTING = "con el guion con que la hoja de cálculo muestra un cero en pesos"
AS_SCIENTIFIC = "en notación científica (abreviadas con una E)"
AS_PERCENTAGE = "como por ciento, aunque nada en la columna pasa de 1; si son fracciones (0.85 por 85 %), corríjalas"


@dataclass(frozen=True)
class Verdict:
    """What a cell means, or (with `regla`) what is wrong with it. `value` null and no rule: the cell is empty."""

    value: str | int | float | Decimal | date | bool | None = None
    regla: Rule | None = None
    motivo: str = ""
    esperado: str = ""
    correccion: str = ""
    leido: str = ""
    """The value as a person is told it, where `como` says that it was interpreted."""
    como: str = ""
    """What was interpreted to understand it; "" when it could only mean this."""


def quoted(text: str) -> str:
    """A value as a sentence shows it."""
    return f"«{cut(text, _SHOWN)}»"


def wrong_type(column: Column, text: str) -> Verdict:
    problem, expected, remedy = _TYPE_WORDS[column.tipo]
    remedies = (_without_data, _minus_before, _in_decimal_degrees)
    better = next((said for said in (told(column, text) for told in remedies) if said is not None), None)
    return Verdict(None, "tipo", f"{quoted(text)} {problem}.", expected, better or remedy)


def _minus_before(column: Column, text: str) -> str | None:
    """The remedy for a number whose sign does not stand before it."""
    match = _MINUS_BEHIND.fullmatch(text) if column.tipo in ("entero", "decimal") else None
    if match is None:
        return None
    number = (match["behind"] or match["inside"]).strip()
    return f"¿Quiso decir -{number}? Escriba el signo menos antes del número."


def _in_decimal_degrees(column: Column, text: str) -> str | None:
    """The remedy for a coordinate that is written with its other one, or in degrees, minutes and seconds."""
    if column.nombre not in _COORDINATES:
        return None
    pair = _PAIR_OF_COORDINATES.fullmatch(text)
    if pair is not None:
        return f"La celda trae las dos coordenadas: escriba {pair[1]} en «latitud» y {pair[2]} en «longitud»."
    if _DEGREES.search(text) is not None:
        return "Escríbala en grados decimales, por ejemplo 21.1222 de latitud y -101.6847 de longitud."
    return None


def _without_data(column: Column, text: str) -> str | None:
    """The remedy for a cell that says in words that there is no data."""
    if not says_no_data(text):
        return None
    if column.obligatoria:
        return "Escriba el dato que falta: esta columna no puede ir sin él."
    return "Si todavía no hay dato, deje la celda vacía."


# ---- dates -------------------------------------------------------------------------------------------------------------

_DATE_REMEDY = "Escriba la fecha como día/mes/año, con el año de cuatro cifras."
_SECONDS = re.compile(r"[1-9]\d{8,13}(?:\.0*)?", re.ASCII)
_SECONDS_REMEDY = "Es un número y no una fecha: algunos programas (SPSS, sistemas en línea) la guardan como segundos. Expórtela como día/mes/año."


def judge_date(column: Column, text: str, said: DateText, today: date, style: DateStyle) -> Verdict:
    """A date as its column writes them; of something that happened, not later than the day of receipt."""
    doubt = style.doubt(said)
    if doubt is not None:
        return _two_days(text, said, doubt)
    day, month_first = style.meaning(said)
    if day is None:
        return _no_date(column, text, said)
    if said.short_year and style.short_year_doubt(text, day, today):
        motive = f"El año de {quoted(text)} tiene dos cifras y no se puede saber cuál es."
        return Verdict(None, "tipo", motive, _DATE_EXPECTED, _DATE_REMEDY)
    if not FIRST_DATE <= day <= LAST_DATE:
        expected = f"Una fecha del {FIRST_DATE:%d/%m/%Y} al {LAST_DATE:%d/%m/%Y}."
        return Verdict(None, "rango", f"{quoted(text)} está fuera de lo posible.", expected, "Revise el año.")
    if column.hecho and day > today:
        return _not_yet(text, today)
    elsewhere = AS_MIDNIGHT_ELSEWHERE if style.midnights else AS_IN_THE_CITY
    como = AS_MONTH_FIRST if month_first else AS_SHORT_YEAR if said.short_year else elsewhere if said.moved else ""
    return Verdict(day, leido=f"{day:%d/%m/%Y}" if como else "", como=como)


def _two_days(text: str, said: DateText, doubt: str) -> Verdict:
    days = (said.day_first, None if said.native or said.seconds_to_midnight else said.month_first)
    both = " o ".join(day_in_words(day) for day in days if day is not None)
    motive = f"{quoted(text)} puede ser {both}: {doubt}."
    remedy = (
        "Escriba la fecha sin duda posible, por ejemplo con el mes en palabras, o toda la columna como día/mes/año."
    )
    return Verdict(None, "tipo", motive, _DATE_EXPECTED, remedy)


def _no_date(column: Column, text: str, said: DateText) -> Verdict:
    why = why_no_date(text)
    motive = f"{quoted(text)} no es una fecha{'' if why is None else f': {why}'}."
    remedy = _without_data(column, text) or (_SECONDS_REMEDY if _SECONDS.fullmatch(text) else _DATE_REMEDY)
    if said.month_first is not None and not said.year_first:
        motive = f"{quoted(text)} trae el mes primero y la columna no: no se puede saber qué día es."
        remedy = f"El día va primero: ¿quiso decir {said.month_first:%d/%m/%Y}? Escriba día/mes/año."
    return Verdict(None, "tipo", motive, _DATE_EXPECTED, remedy)


def _not_yet(text: str, today: date) -> Verdict:
    return Verdict(
        None,
        "fecha_futura",
        f"{quoted(text)} es posterior al día en que se recibió el archivo ({today:%d/%m/%Y}).",
        f"Una fecha no posterior al {today:%d/%m/%Y}, o la celda vacía si todavía no ocurre.",
        "Corrija la fecha, o deje la celda vacía hasta que ocurra.",
    )


# ---- numbers -----------------------------------------------------------------------------------------------------------

_DECORATION = re.compile(r"^(?:(?:MXN|MX)\s*\$?|\$)\s*|\s*(?:MXN|M\.N\.|%)$", re.IGNORECASE)
_GROUPED_BY = {mark: re.compile(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:[.,]\d*)?", re.ASCII) for mark in " '"}
_MILLIONS = re.compile(r"([+-]?\d{1,3})'(\d{3},\d{3}(?:\.\d*)?)", re.ASCII)
"""1'250,000.00: the millions as many write them in Mexico, the thousands with a comma."""
_MINUS_BEHIND = re.compile(r"(?P<behind>\$?\s?\d[\d.,' ]*)\s?-|\(\s?(?P<inside>\$?\s?\d[\d.,' ]*)\)", re.ASCII)
"""1,250.50- and (1,250.50): how programs of accounting write a negative number."""
_PAIR_OF_COORDINATES = re.compile(r"\(?\s?([+-]?\d{1,3}\.\d+)\s?[,;]\s?([+-]?\d{1,3}\.\d+)\s?\)?", re.ASCII)
_DEGREES = re.compile(r"\d\s?[°º]|\d\s?[NSEWO]\b|\d'\s?\d", re.IGNORECASE)
_MONEY = re.compile(r"\$|MXN|M\.N\.", re.IGNORECASE)
_ACCOUNTING_ZERO = re.compile(r"\$\s?-|-\s?\$")
_PLAIN = re.compile(r"[+-]?\d+", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d{1,3}", re.ASCII)
_GROUPED = {mark: re.compile(rf"[+-]?\d{{1,3}}(?:\{mark}\d{{3}})+", re.ASCII) for mark in ",."}
_ONE_MARK = re.compile(r"([+-]?\d*)([.,])(\d*)", re.ASCII)
_BOTH_MARKS = re.compile(r"([+-]?[\d.,]+)([.,])(\d*)", re.ASCII)


@dataclass(frozen=True)
class NumberText:
    """The possible readings of a number's text; two only when one separator has exactly three digits after it."""

    as_decimal: Decimal | None = None
    as_thousands: Decimal | None = None
    mark: str | None = None
    """The separator whose role this text settles, or (with two readings) leaves open."""

    @property
    def ambiguous(self) -> bool:
        return self.as_decimal is not None and self.as_thousands is not None


def read_number(text: str, native: bool) -> NumberText | None:
    """The readings of a cell's text as a number; None when it is not one. A spreadsheet's own number has one reading."""
    if len(text) > _LONGEST_NUMBER:
        return None
    if native:
        return _own_number(text)
    if _ACCOUNTING_ZERO.fullmatch(text):
        return NumberText(as_decimal=Decimal(0))
    body = _DECORATION.sub("", text)
    if (millions := _MILLIONS.fullmatch(body)) is not None:
        body = f"{millions[1]},{millions[2]}"
    for mark, grouped in _GROUPED_BY.items():
        if grouped.fullmatch(body):
            body = body.replace(mark, "")
    if _PLAIN.fullmatch(body) or _SCIENTIFIC.fullmatch(body):
        return NumberText(as_decimal=Decimal(body.replace(",", ".")))
    marks = [mark for mark in ",." if mark in body]
    if not marks:
        return None
    return _with_both_marks(body) if len(marks) == 2 else _with_one_mark(body, marks[0])


def _own_number(text: str) -> NumberText | None:
    """A spreadsheet's own number, which has one reading."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return NumberText(as_decimal=number) if number.is_finite() else None


def _with_both_marks(body: str) -> NumberText | None:
    """The last separator is the decimal one, the other groups thousands: 1,234.50 or 1.234,50."""
    match = _BOTH_MARKS.fullmatch(body)
    if match is None:
        return None
    whole, mark, decimals = match.groups()
    thousands = "," if mark == "." else "."
    if mark in whole:  # 1,234.567.890: neither order of the separators makes sense
        return None
    if not _GROUPED[thousands].fullmatch(whole):
        return None
    return NumberText(as_decimal=Decimal(f"{whole.replace(thousands, '')}.{decimals or '0'}"), mark=mark)


def _with_one_mark(body: str, mark: str) -> NumberText | None:
    if body.count(mark) > 1:
        if not _GROUPED[mark].fullmatch(body):
            return None
        return NumberText(as_thousands=Decimal(body.replace(mark, "")), mark=mark)
    match = _ONE_MARK.fullmatch(body)
    if match is None or not (match[1].lstrip("+-") or match[3]):
        return None
    whole, _, decimals = match.groups()
    as_decimal = Decimal(f"{whole if whole.lstrip('+-') else whole + '0'}.{decimals or '0'}")
    if len(decimals) == 3 and _GROUPED[mark].fullmatch(body) and not whole.lstrip("+-").startswith("0"):
        return NumberText(as_decimal, Decimal(body.replace(mark, "")), mark)
    return NumberText(as_decimal, mark=mark)


@dataclass(frozen=True)
class NumberStyle:
    """How the column's unambiguous cells use the two separators; settles the cells with exactly three digits after one."""

    decimal_marks: tuple[tuple[str, int], ...] = ()
    thousands_marks: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, column: Column, texts: Iterable[tuple[str, int]], point_decimals: int = 0) -> NumberStyle:
        """Learn from (text, count); `point_decimals` is how many cells with a plain decimal point are not among them."""
        decimal_marks, thousands_marks = Counter({".": point_decimals}), Counter[str]()
        for text, count in texts:
            number = read_number(text, native=False)
            if number is None or number.mark is None:
                continue
            readings = _readings_within(column, number) if number.ambiguous else None
            if readings is not None and len(readings) != 1:
                continue
            is_decimal = (number.as_decimal is not None) if readings is None else readings[0] == "decimal"
            (decimal_marks if is_decimal else thousands_marks)[number.mark] += count
            if readings is None and is_decimal and {",", "."} <= set(text):
                thousands_marks["," if number.mark == "." else "."] += count
        return cls(tuple(sorted(decimal_marks.items())), tuple(sorted(thousands_marks.items())))

    def is_decimal(self, mark: str) -> bool:
        """Whether the column's other cells use `mark` for decimals; the other separator's role counts as well."""
        other = "," if mark == "." else "."
        decimals, thousands = dict(self.decimal_marks), dict(self.thousands_marks)
        for_decimal = decimals.get(mark, 0) + thousands.get(other, 0)
        for_thousands = thousands.get(mark, 0) + decimals.get(other, 0)
        return for_decimal > for_thousands


def _readings_within(column: Column, number: NumberText) -> list[str]:
    """Which readings of an ambiguous number hold the column's type, min and max."""
    named = (("decimal", number.as_decimal), ("thousands", number.as_thousands))
    return [name for name, value in named if value is not None and _fits(column, value)]


def _fits(column: Column, value: Decimal) -> bool:
    if column.tipo == "entero" and value != value.to_integral_value():
        return False
    if column.minimo is not None and value < column.minimo:
        return False
    return column.maximo is None or value <= column.maximo


def judge_number(column: Column, text: str, native: bool, style: NumberStyle) -> Verdict:
    """An entero or decimal: type, the three-digit rule, range."""
    number = read_number(text, native)
    if number is None or (not native and _of_another_unit(column, text)):
        return wrong_type(column, text)
    fitting, is_decimal = list[str](), False
    if number.ambiguous:
        fitting = _readings_within(column, number)
        by_others = (
            style.is_decimal(number.mark or ".") or column.nombre in _COORDINATES
        )  # a coordinate has no thousands
        is_decimal = fitting == ["decimal"] or (fitting != ["thousands"] and by_others)
        value = number.as_decimal if is_decimal else number.as_thousands
    else:
        value = number.as_decimal if number.as_decimal is not None else number.as_thousands
    assert value is not None  # noqa: S101 - read_number gives at least one reading
    if column.tipo == "entero" and value != value.to_integral_value():
        return wrong_type(column, text)
    out_of_range = _within_range(column, text, value)
    if out_of_range is not None:
        return out_of_range
    como = ""
    if number.ambiguous and fitting != ["decimal"]:
        como = AS_DECIMALS if is_decimal else AS_THOUSANDS
    elif not native and "e" in text.lower() and _SCIENTIFIC.fullmatch(text):
        como = AS_SCIENTIFIC
    elif not native and _ACCOUNTING_ZERO.fullmatch(text):
        como = AS_ACCOUNTING
    return Verdict(_stored(column, value), leido=_without_zeros(f"{value:,f}") if como else "", como=como)


def _without_zeros(number: str) -> str:
    """1,000.50 as 1,000.5: the zeros at the end say nothing."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _of_another_unit(column: Column, text: str) -> bool:
    """A sign says that the number is not what its column asks for: a percentage, money that slid from another column; or, among
    whole numbers, «+30», which many write for more than thirty."""
    if "%" in text and column.unidad != "%":
        return True
    if column.tipo == "entero" and text.startswith("+"):
        return True
    return column.unidad != "MXN" and _MONEY.search(text) is not None


def _stored(column: Column, value: Decimal) -> int | float | Decimal:
    """A number in the lake's type."""
    if column.tipo == "entero":
        return int(value)
    return float(value) if column.lake_type == "DOUBLE" else value.quantize(MICRO, rounding=ROUND_HALF_EVEN)


def _within_range(column: Column, text: str, value: Decimal) -> Verdict | None:
    """The verdict on a value outside min and max, or too large to be stored; None when it is inside."""
    low, high = column.minimo, column.maximo
    if abs(value) >= (BIGINT_MAX + 1 if column.tipo == "entero" else TOO_LARGE):
        return Verdict(
            None, "rango", f"{quoted(text)} es un número demasiado grande.", "Un número de tamaño normal.", "Revise si sobran cifras."
        )  # fmt: skip
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    if low is not None and high is not None:
        expected = f"Un número de {low} a {high}."
    elif low is not None:
        expected = f"Un número de {low} en adelante."
    else:
        expected = f"Un número hasta {high}."
    remedy = "Corrija el número"
    if column.nombre in ("latitud", "longitud"):
        remedy = "Revise que latitud y longitud no estén cambiadas de columna, el signo y el punto decimal"
    elif low == 0 and value < 0:
        remedy = "Quite el signo menos o corrija el número"
    if (swapped := _swapped(column, text, value)) is not None:
        return Verdict(None, "rango", swapped[0], expected, swapped[1])
    unit = f" ({column.unidad})" if column.unidad else ""
    return Verdict(None, "rango", f"{quoted(text)} está fuera de lo posible{unit}.", expected, f"{remedy}.")


def _swapped(column: Column, text: str, value: Decimal) -> tuple[str, str] | None:
    """(what is wrong, how to mend it) for a coordinate of the municipality that stands in the other's column or lost its sign."""
    low, high = column.minimo, column.maximo
    if column.nombre not in _COORDINATES or low is None or high is None:
        return None
    other = next(name for name in _COORDINATES if name != column.nombre)
    first, last = plan().lugar.coordenadas[other]
    if first <= value <= last:
        longitude, latitude = load_contract("municipio").column("geometria").contiene or (0, 0)
        return (
            f"{quoted(text)} es una {other} de {plan().municipio}, no una {column.nombre}: latitud y longitud están cambiadas de columna.",
            f"Escriba en «latitud» el número cercano a {latitude:.1f} y en «longitud» el cercano a {longitude:.1f}.",
        )
    if low <= -value <= high:
        sign = "le falta el signo menos" if value > 0 else "le sobra el signo menos"
        return f"{quoted(text)}: a la {column.nombre} {sign}.", f"Escriba {-value}."
    return None


# ---- the other types ---------------------------------------------------------------------------------------------------

_TRUE = frozenset({"si", "s", "1", "1.0", "true", "verdadero"})
_FALSE = frozenset({"no", "n", "0", "0.0", "false", "falso"})
_URL = re.compile(r"https?://[^\W_][\w-]*(?:\.[\w-]+)+(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)
SEVERAL_URLS = r"(?i)[;,|]https?://"
_SEVERAL_URLS = re.compile(SEVERAL_URLS)
_EMAIL = re.compile(r"[^\s@,;:<>()\"]+@[^\s@,;:<>()\".]+(?:\.[^\s@,;:<>()\".]+)+")


def judge_boolean(column: Column, text: str) -> Verdict:
    word = folded(text) if text[:1] != "-" else ""  # -1 is no 1
    if word in _TRUE:
        return Verdict(True)
    if word in _FALSE:
        return Verdict(False)
    return wrong_type(column, text)


def judge_url(column: Column, text: str) -> Verdict:
    verdict = wrong_type(column, text)
    if _SEVERAL_URLS.search(text):
        return replace(
            verdict,
            motivo=f"{quoted(text)} trae varias direcciones.",
            correccion="Deje una sola dirección en la celda.",
        )
    if _URL.fullmatch(text):
        return Verdict(text)
    if _URL.fullmatch(f"https://{text}"):
        return Verdict(None, "tipo", verdict.motivo, verdict.esperado, f"¿Quiso decir https://{text}?")
    return verdict


def judge_email(column: Column, text: str) -> Verdict:
    return Verdict(text) if _EMAIL.fullmatch(text) else wrong_type(column, text)


@lru_cache(maxsize=256)
def _spellings(values: tuple[str, ...]) -> dict[str, str]:
    return {folded(value): value for value in values}


def judge_category(column: Column, text: str, allowed: tuple[str, ...]) -> Verdict:
    """One of a closed list, accents, case, blanks, underscores and hyphens folded; a wrong one gets the nearest valid one."""
    value = _spellings(allowed).get(folded(text))
    if value is not None:
        return Verdict(value)
    remedy = nearest(text, allowed)
    if _spellings(column.valores).get(folded(text)) is not None:
        motive = f"{quoted(text)} no le corresponde a su dependencia."
    else:
        motive = f"{quoted(text)} no es uno de los valores permitidos."
    return Verdict(None, "categoria", motive, f"Uno de: {', '.join(allowed)}.", remedy)


def nearest(text: str, allowed: tuple[str, ...]) -> str:
    """The remedy for a wrong category: the nearest valid one when there is one."""
    best = process.extractOne(
        folded(text[:_SUGGESTED_FROM]), list(_spellings(allowed)), scorer=fuzz.WRatio, score_cutoff=SUGGESTION_SCORE
    )
    if best is None:
        return "Elija uno de los valores de la lista."
    return f"¿Quiso decir {_spellings(allowed)[best[0]]}?"


_OTHER_SEPARATORS = re.compile(r"[;,/|+&]|\s(?:y|e)\s")
_LIKE_SEPARATORS = re.compile(r"\w\s?[,/|+]\s?\w")
"""Signs that stand between values, and also within the name of an office."""


def judge_list(column: Column, text: str, allowed: tuple[str, ...]) -> Verdict:
    """Values separated by ';', in the order given, repeated ones once; joined by ';' without blanks."""
    items: list[str] = []
    for part in text.split(";"):
        item = normalised(part)
        if is_empty(item):
            continue
        if allowed:
            verdict = judge_category(column, item, allowed)
            if verdict.regla is not None:
                return _otherwise_separated(text, allowed, verdict)
            item = str(verdict.value)
        if item not in items:
            items.append(item)
    if not allowed and len(items) == 1 and _LIKE_SEPARATORS.search(items[0]):
        return Verdict(items[0], leido=items[0], como=AS_ONE_VALUE)
    return Verdict(";".join(items) or None)


def _otherwise_separated(text: str, allowed: tuple[str, ...], verdict: Verdict) -> Verdict:
    """The verdict on a list, with the right remedy where its values are good and only their separator is not."""
    items = [_spellings(allowed).get(folded(part)) for part in _OTHER_SEPARATORS.split(text) if part.strip()]
    values = [item for item in items if item is not None]
    if len(values) < max(2, len(items)):
        return verdict
    return replace(verdict, correccion=f"Separe los valores con punto y coma: {';'.join(values)}.")


def judge_pattern(column: Column, text: str) -> Verdict:
    """A text with a pattern."""
    if column.patron is None or re.search(column.patron, text):
        return Verdict(text)
    remedy = "Escríbalo como en el ejemplo."
    repaired = re.sub(r"\s", "", with_plain_marks(text).upper())
    if re.search(column.patron, repaired):
        remedy = f"¿Quiso decir {repaired}?"
    return Verdict(
        None, "patron", f"{quoted(text)} no tiene la forma esperada.", f"Algo como {column.ejemplo}.", remedy
    )  # fmt: skip


_BY_TEXT_ALONE = {"booleano": judge_boolean, "url": judge_url, "correo": judge_email, "texto": judge_pattern}


@dataclass(frozen=True)
class Style:
    """What a column's other cells say about those with more than one reading."""

    numbers: NumberStyle = field(default_factory=NumberStyle)
    dates: DateStyle = field(default_factory=DateStyle)


def judge_cell(column: Column, text: str, native: bool, today: date, allowed: tuple[str, ...], style: Style) -> Verdict:
    """Judge one cell that is not empty and can be read; `text` is normalised."""
    if column.tipo in ("entero", "decimal"):
        return judge_number(column, text, native, style.numbers)
    if column.tipo == "fecha":
        return judge_date(column, text, read_date(text, native), today, style.dates)
    if column.tipo in ("categoria", "lista"):
        return (judge_category if column.tipo == "categoria" else judge_list)(column, text, allowed)
    return _BY_TEXT_ALONE[column.tipo](column, text)


def missing(column: Column) -> Verdict:
    """An obligatory cell that is empty."""
    example = f", por ejemplo {column.ejemplo}" if column.ejemplo and not column.personal else ""
    return Verdict(
        None,
        "obligatoria",
        "La celda está vacía y es obligatoria.",
        f"{column.titulo}{example}.",
        "Escriba el valor que falta.",
    )
