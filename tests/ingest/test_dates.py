"""Dates: every way in which people write one, and the column as the evidence of what is meant (rules.md, 'Rows')."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checks.cells import AS_IN_THE_CITY, AS_MIDNIGHT_ELSEWHERE, AS_MONTH_FIRST, AS_SHORT_YEAR
from ingest.checks.columns import Cells, Circumstances, Judged, judge_column
from ingest.checks.dates import read_date, why_no_date
from ingest.contract import FIRST_DATE, LAST_DATE, load_contract

from .conftest import Office

TODAY = date(2026, 11, 22)


def judged(texts: list[str], native: list[bool] | None = None, column: str = "talleres.fecha_programada") -> Judged:
    export, _, name = column.partition(".")
    mask = None if native is None else pl.Series(native)
    cells = Cells(pl.Series(texts, dtype=pl.String), mask)
    return judge_column(load_contract(export).column(name), cells, Circumstances(TODAY))


def meanings(
    texts: list[str], native: list[bool] | None = None, column: str = "talleres.fecha_programada"
) -> list[Any]:
    """Each cell's day as dd/mm, or its broken rule."""
    result = judged(texts, native, column)
    broken = dict(result.bad.select("indice", "regla").iter_rows())
    return [broken.get(i, None if day is None else f"{day:%d/%m}") for i, day in enumerate(result.values.to_list())]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15 de julio de 2026", date(2026, 7, 15)),
        ("1º de julio de 2026", date(2026, 7, 1)),
        ("1 de jul. de 2026", date(2026, 7, 1)),
        ("miércoles, 15 de julio de 2026", date(2026, 7, 15)),
        ("15-jul-2026", date(2026, 7, 15)),
        ("15/JUL/26", date(2026, 7, 15)),
        ("15-sept-2026", date(2026, 9, 15)),
        ("5 setiembre 2026", date(2026, 9, 5)),
        ("15-VII-2026", date(2026, 7, 15)),
        ("July 15, 2026", date(2026, 7, 15)),
        ("mar 3, 2026", date(2026, 3, 3)),
        ("Wed Jul 15 2026 00:00:00 GMT-0600 (hora estándar central)", date(2026, 7, 15)),
        ("2026.07.15", date(2026, 7, 15)),
        ("15/07/2026 10:30 p. m.", date(2026, 7, 15)),
        ("15/07/2026 10:30 hrs", date(2026, 7, 15)),
        ("15/07/2026, 22:30", date(2026, 7, 15)),
        ("1ero. de julio de 2026", date(2026, 7, 1)),
        ("Primero de julio de 2026", date(2026, 7, 1)),
        ("15JUL2026", date(2026, 7, 15)),
        ("1ene26", date(2026, 1, 1)),
        ("15-JUL-26 12.00.00.000000000 AM", date(2026, 7, 15)),
        ("15/07/26 22.30.00,000000", date(2026, 7, 15)),
        ("15-JUL-26 13.30.00 PM", None),
        ("15iii2026", date(2026, 3, 15)),
        ("15enero2026", None),
        ("15/07/2026 25:30", None),
        ("15/07/2026 13:30 pm", None),
        ("julio de 2026", None),
        ("mar-26", None),
        ("jul-26", None),
        ("3-jul", None),
        ("2026-07", None),
        ("2026", None),
        ("15 de jolio de 2026", None),
        ("31 de abril de 2026", None),
        ("15/07/206", None),
        ("x" * 60_000, None),
    ],
)
def test_dates_in_words_and_with_times(text: str, day: date | None) -> None:
    assert read_date(text, native=False).day_first == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-07-01T03:00:00Z", date(2026, 6, 30)),
        ("2026-07-01 05:59:59+00:00", date(2026, 6, 30)),
        ("2026-07-01 06:00:00+00:00", date(2026, 7, 1)),
        ("2026-07-01T23:30:00-06:00", date(2026, 7, 1)),
        ("2026-07-01T23:30:00-0800", date(2026, 7, 2)),
        ("2026-07-01 03:00 UTC", date(2026, 6, 30)),
        ("01/07/2026 03:00 GMT+1", date(2026, 6, 30)),
        ("Wed, 01 Jul 2026 03:00:00 GMT", date(2026, 6, 30)),
        ("2026-07-01T03:00:00.123Z", date(2026, 6, 30)),
        ("2026-07-01T10:30:00-06:00[America/Mexico_City]", date(2026, 7, 1)),
        ("2026-07-01T03:00:00", date(2026, 7, 1)),
        ("2021-07-01T05:30:00Z", date(2021, 7, 1)),  # León had summer time until 2022
        ("2026-07-01T05:30:00Z", date(2026, 6, 30)),
        ("2026-07-01T03:00:00+25:00", None),
    ],
)
def test_a_time_with_a_zone_is_the_day_in_the_city(text: str, day: date | None) -> None:
    assert read_date(text, native=False).day_first == day


def test_a_day_that_a_zone_moves_is_said() -> None:
    said = judged(["2026-07-01T03:00:00Z", "2026-07-01T12:00:00Z"]).said
    assert said.select("texto", "leido", "como").rows() == [("2026-07-01T03:00:00Z", "30/06/2026", AS_IN_THE_CITY)]


@pytest.mark.parametrize(
    "text", ["12-14/07/2026", "12/07/2026 al 14/07/2026", "12/07/2026 y 13/07/2026", "12 y 13 de julio de 2026", "12 al 14-jul-2026"]
)  # fmt: skip
def test_several_days_are_told_as_such(text: str) -> None:
    assert read_date(text, native=False).day_first is None
    assert why_no_date(text) == "trae más de una fecha y aquí va una sola"


@pytest.mark.parametrize(
    ("text", "why"), [("01072026", "parece el 01/07/2026 sin sus diagonales"), ("20261301", "no hay mes 13")]
)
def test_a_date_without_its_strokes_is_told_as_one(text: str, why: str) -> None:
    assert read_date(text, native=False).day_first is None and why_no_date(text) == why


def test_a_column_of_midnights_elsewhere_is_told_as_what_it_may_be() -> None:
    said = judged(["2026-07-01T00:00:00.000Z", "2026-07-02T00:00:00+00:00"]).said
    assert said["leido"].to_list() == ["30/06/2026", "01/07/2026"] and set(said["como"]) == {AS_MIDNIGHT_ELSEWHERE}
    said = judged(["2026-07-01T00:00:00Z", "2026-07-02T13:30:00Z"]).said
    assert said["como"].to_list() == [AS_IN_THE_CITY]


def test_a_column_that_is_month_first_throughout_is_read_so_and_said() -> None:
    texts = ["07/15/2026", "07/04/2026", "08/22/2026", "2026-09-01", "15 de julio de 2026"]
    assert meanings(texts) == ["15/07", "04/07", "22/08", "01/09", "15/07"]
    assert judged(texts).said["como"].to_list() == [AS_MONTH_FIRST] * 3


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["07/15/2026", "25/08/2026", "07/04/2026"], ["tipo", "25/08", "tipo"]),
        (["07/15/2026", "25/08/2026", "07/07/2026"], ["tipo", "25/08", "07/07"]),
        (["07/15/2026", "07/04/2026"], ["tipo", "tipo"]),  # one cell is no column
        (["07-15-2026", "07.16.2026", "04/07/2026"], ["15/07", "16/07", "07/04"]),
        (["07/15/2026 10:00", "07/16/2026 11:00", "07/04/2026 09:30"], ["15/07", "16/07", "04/07"]),
        (["25/08/2026", "07/04/2026"], ["25/08", "07/04"]),
        (["07/04/2026", "08/03/2026"], ["07/04", "08/03"]),  # nothing says otherwise: day first
        (["07/04/2026", "13/13/2026", "30/02/2026"], ["07/04", "tipo", "tipo"]),  # no dates at all are no evidence
        (["2026-07-04", "2026-15-07"], ["tipo", "tipo"]),
        (["2026-07-04", "2026-15-07", "2026-07-31", "2026-07-30"], ["tipo", "tipo", "31/07", "30/07"]),
        # ISO 8601 has one order: a month 13 among dates that can only be in it is a slip of the hand
        (
            ["2026-07-04", "2026-13-01", "2026-07-31", "2026-07-30", "2026-08-29"],
            ["04/07", "tipo", "31/07", "30/07", "29/08"],
        ),
        (["2026-07-04", "07/15/2026", "07/16/2026"], ["04/07", "15/07", "16/07"]),
        (["2026-07-04", "04/07/2026", "15/07/2026"], ["04/07", "04/07", "15/07"]),
    ],
)
def test_the_column_is_the_evidence(texts: list[str], expected: list[str]) -> None:
    assert meanings(texts) == expected


def test_one_cell_that_cannot_be_day_first_makes_the_ambiguous_ones_doubtful_with_the_reason() -> None:
    texts = [f"{day:02d}/07/2026" for day in range(1, 29)] + ["07/15/2026"]
    result = judged(texts)
    assert result.bad["indice"].to_list() == [*(i for i in range(12) if i != 6), 28]
    motive = result.bad["motivo"][0]
    assert "1 de julio de 2026 o 7 de enero de 2026" in motive and "«07/15/2026»" in motive


def test_a_spreadsheet_s_own_dates_are_doubtful_beside_texts_that_it_could_not_read() -> None:
    """A month-first CSV opened by a day-first Excel: 07/04 became a date (7 April), 07/15 stayed text; and the reverse."""
    own = ["2026-04-07", "2026-03-08", "2026-09-09"]
    assert meanings([*own, "07/15/2026", "08/22/2026"], [True] * 3 + [False] * 2) == [
        "tipo",
        "tipo",
        "09/09",
        "15/07",
        "22/08",
    ]
    assert meanings([*own, "15/07/2026"], [True] * 3 + [False]) == ["tipo", "tipo", "09/09", "15/07"]
    # a date that no such Excel would have made, or a text that it would have read: people typed some and pasted others
    assert meanings([*own, "2026-07-20", "15/07/2026"], [True] * 4 + [False]) == [
        "07/04",
        "08/03",
        "09/09",
        "20/07",
        "15/07",
    ]
    assert meanings([*own, "03/07/2026", "15/07/2026"], [True] * 3 + [False] * 2)[:3] == ["07/04", "08/03", "09/09"]


def test_times_that_are_seconds_short_of_midnight_are_no_day_until_the_column_has_other_times() -> None:
    """A known fault of programs that write spreadsheets in the browser: 15 July comes as 14 July, 23:59:24."""
    assert meanings(["2026-07-14 23:59:24", "2026-07-15", "2026-08-01 23:59:24"], [True] * 3) == [
        "tipo",
        "15/07",
        "tipo",
    ]
    assert meanings(["14/07/2026 23:59:24", "15/07/2026 10:30"]) == ["14/07", "15/07"]
    assert meanings(["14/07/2026 23:59:59", "14/07/2026 23:59"]) == ["14/07", "14/07"]


def test_years_of_two_digits_are_read_near_today_and_said() -> None:
    assert meanings(["15/07/26", "1-8-26", "01/07/99", "15/07/15"]) == ["15/07", "01/08", "tipo", "tipo"]
    assert judged(["15/07/26"]).said.select("texto", "leido", "como").rows() == [
        ("15/07/26", "15/07/2026", AS_SHORT_YEAR)
    ]
    assert meanings(["07/15/26", "07/16/26", "07/04/26"]) == ["15/07", "16/07", "04/07"]
    # 26/07/31 makes sense only with the year first: then 26/07/25 is not known either
    assert meanings(["26/07/31", "26/07/25", "26/11/30"])[1] == "tipo"


@pytest.mark.parametrize("text", ["31/12/1999", "01/01/2100", "15/07/1926", "15/07/2206", "1999-12-31"])
def test_a_date_outside_what_the_template_allows_is_a_bad_cell(text: str) -> None:
    assert meanings([text]) == ["rango"]
    assert meanings([f"{FIRST_DATE:%d/%m/%Y}", f"{LAST_DATE:%d/%m/%Y}"]) == ["01/01", "31/12"]


def test_a_serial_number_outside_the_template_is_one_too() -> None:
    assert meanings(["20001"], [True]) == ["rango"] and meanings(["46218"], [True]) == ["15/07"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30/02/2026", "febrero de 2026 tiene 28 días"),
        ("30/02/2024", "febrero de 2024 tiene 29 días"),
        ("31/04/2026", "abril de 2026 tiene 30 días"),
        ("13/13/2026", "no hay mes 13"),
        ("2026-02-30", "febrero de 2026 tiene 28 días"),
        ("31/06/2026 10:00", "junio de 2026 tiene 30 días"),
        ("00/07/2026", "no hay día 0"),
        ("46218", "parece el número con que la hoja de cálculo guarda el 15/07/2026"),
    ],
)
def test_a_day_that_does_not_exist_is_told_so(text: str, words: str) -> None:
    assert words in judged([text]).bad["motivo"][0]


TALLERES = "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede\n"
PATH = "presupuesto_participativo/talleres_2026T3.csv"


def test_what_would_not_have_happened_yet_is_evidence_too() -> None:
    """Received on 22 November: 07/12/2026 in a column of what happened cannot be 7 December."""
    texts = ["07/04/2026", "08/03/2026", "07/12/2026"]
    assert meanings(texts, column="talleres.fecha_realizada") == ["tipo", "tipo", "tipo"]
    assert meanings(texts) == ["07/04", "08/03", "07/12"]
    own = [*texts, "25/10/2026"]
    assert meanings(own, column="talleres.fecha_realizada") == ["07/04", "08/03", "fecha_futura", "25/10"]


def test_another_column_of_the_file_makes_a_silent_one_doubtful(office: Office) -> None:
    """One program writes all dates of a file alike."""
    body = "T1,07/15/2026,07/04/2026,UG,escuela\nT2,07/16/2026,08/03/2026,UG,escuela\nT3,07/04/2026,,UG,escuela\n"
    receipt = office.deliver(PATH, TALLERES + body)
    assert office.rules(receipt) == [(2, "fecha_realizada", "tipo"), (3, "fecha_realizada", "tipo")]
    assert office.table(receipt)["fecha_programada"].to_list() == [date(2026, 7, 4)]
    own = "T1,07/15/2026,04/07/2026,UG,escuela\nT2,07/16/2026,20/07/2026,UG,escuela\n"
    receipt = office.deliver(PATH, TALLERES + own)
    assert office.table(receipt)["fecha_realizada"].to_list() == [date(2026, 7, 4), date(2026, 7, 20)]


_DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@settings(max_examples=200, deadline=None)
@given(st.lists(_DAYS, min_size=1, max_size=12), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]), st.lists(_DAYS, max_size=3))
def test_no_ambiguous_date_is_ever_accepted_wrongly_where_the_column_shows_its_order(
    days: list[date], order: str, others: list[date]
) -> None:
    """A column of one order (with some cells of the other order that cannot be mistaken) never gives another day unless
    nothing in it says so: then it is day first, by the rule."""
    strays = [day for day in others if day.day > 12]
    other_order = "%d/%m/%Y" if order == "%m/%d/%Y" else "%m/%d/%Y"
    texts = [f"{day:{order}}" for day in days] + [f"{day:{other_order}}" for day in strays]
    values = judged(texts).values.to_list()
    shows = any(day.day > 12 for day in days) or (order == "%d/%m/%Y" and not strays)
    if shows:
        assert all(value in (None, day) for value, day in zip(values, [*days, *strays], strict=True))


@settings(max_examples=100, deadline=None)
@given(_DAYS, st.integers(0, 23), st.integers(0, 59), st.integers(-12, 14))
def test_a_moment_is_the_same_day_however_its_zone_is_written(day: date, hour: int, minute: int, east: int) -> None:
    sign = "-" if east < 0 else "+"
    text = f"{day:%Y-%m-%d}T{hour:02d}:{minute:02d}:00{sign}{abs(east):02d}:00"
    in_leon = day + timedelta(days=(60 * hour + minute - 60 * east - 360) // 1440)
    assert read_date(text, native=False).day_first == in_leon
    assert read_date(f"{day:%d/%m/%Y} {hour:02d}:{minute:02d} GMT{sign}{abs(east)}", native=False).day_first == in_leon


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("sábado 4 de julio de 2026", date(2026, 7, 4)),
        ("lunes 4 de julio de 2026", None),
        ("mié 15/07/2026", date(2026, 7, 15)),
        ("jue 15/07/2026", None),
        ("Fri, Jul 3, 2026", date(2026, 7, 3)),
        ("mar 15, 2026", date(2026, 3, 15)),  # March
        ("mar 14 de julio de 2026", date(2026, 7, 14)),  # a Tuesday
    ],
)
def test_a_day_of_another_weekday_is_none(text: str, day: date | None) -> None:
    assert read_date(text, native=False).day_first == day
    if day is None:
        assert "corrija el día de la semana" in (why_no_date(text) or "")


def test_a_weekday_tells_day_and_month_apart() -> None:
    """Wednesday is 8 July and not 7 August: the column is month first, whatever its plain cells could be."""
    said = read_date("mié 07/08/2026", native=False)
    assert (said.day_first, said.month_first) == (None, date(2026, 7, 8))
    said = read_date("vie 07/08/2026", native=False)
    assert (said.day_first, said.month_first) == (date(2026, 8, 7), None)


@pytest.mark.parametrize("text", ["15/07", "15-7", "15 de julio", "15-jul", "1 ene"])
def test_a_day_without_its_year_is_told_so(text: str) -> None:
    assert read_date(text, native=False).day_first is None and why_no_date(text) == "falta el año"


@pytest.mark.parametrize("text", ["99/99", "1.5", "3-26", "2026/13"])
def test_what_is_no_day_is_told_nothing(text: str) -> None:
    assert read_date(text, native=False).day_first is None and why_no_date(text) is None


@pytest.mark.parametrize("text", ["marzo de 2026", "mar-26", "sep. 2026", "Julio del 2026", "07/2026", "2026-7"])
def test_a_month_without_its_day_is_told_so(text: str) -> None:
    assert read_date(text, native=False).day_first is None and why_no_date(text) == "falta el día"


@pytest.mark.parametrize(("text", "is_told"), [("13994640000", True), ("1782864000000.0", True), ("20260732", False)])
def test_a_number_of_seconds_is_told_as_one(text: str, is_told: bool) -> None:
    """SPSS counts from 1582, Unix from 1970: the number says neither."""
    (remedy,) = judged([text]).bad["correccion"].to_list()
    assert ("como segundos" in remedy) is is_told
