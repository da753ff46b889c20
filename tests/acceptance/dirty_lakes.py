"""Lakes as careless offices write them: each row spelt in its own way, and rows among them that nobody may accept.

    python -m tests.acceptance.dirty_lakes [--lakes 10] [--seed 1]

rules.md, "Rows", read anew: what may be written otherwise and mean the same, and which rows are quarantined. An accepted row must
count as if it had been spelt plainly, a quarantined one as if it were not there (the key keeps its earlier row). The figures of
each release are then counted by hand, as those of tests/acceptance/odd_lakes.py.
"""

from __future__ import annotations

import argparse
import codecs
import csv
import io
import random
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl

from pamga import spanish
from tests.acceptance.figures_by_hand import EXPORTS, Dropped, Row, last_day
from tests.acceptance.odd_lakes import OFFICES, Cells, Life, Outcome, Stage, after, live, try_all

Written = dict[str, Any]
"""Texts, and in a workbook the sheet's own numbers, dates and booleans."""
EMPTY = ("", "", "-", "N/A", "na", "S/D", "ND", " ")
YES, NO = ("Sí", "si", "SI", "S", "s", "1", "true", "TRUE"), ("No", "NO", "n", "0", "false", "False")


def spelt(rng: random.Random, column: dict[str, Any], value: Any) -> str:
    """One of the ways in which rules.md lets a value of a column be written."""
    if value is None:
        return rng.choice(EMPTY)
    if isinstance(value, bool):
        return rng.choice(YES if value else NO)
    if isinstance(value, date):
        return _day(rng, value)
    if isinstance(value, int):
        return rng.choice((str(value), str(value), f"{value}.0", f" {value} "))
    return _in_words(rng, column, str(value))


def _in_words(rng: random.Random, column: dict[str, Any], text: str) -> str:
    if column["tipo"] == "categoria":
        return _category(rng, text)
    if column["tipo"] == "lista":
        parts = [_category(rng, part) if column.get("valores") else part for part in text.split(";")]
        return rng.choice((";", "; ", " ;")).join(parts + parts[: rng.choice((0, 0, 1))]) + rng.choice(("", ";"))
    return rng.choice((text, text, f"  {text} ", unicodedata.normalize("NFD", text), text.replace(" ", "\u00a0 ")))


def _day(rng: random.Random, day: date) -> str:
    """Day first, ISO 8601, in words; a time in León, or in Greenwich when it is the evening before there."""
    greenwich = datetime.combine(day, time(23, 30), UTC) + timedelta(hours=6)
    words = f"{day.day} de {spanish.month(day.month)} de {day.year}"
    ways = (
        f"{day:%d/%m/%Y}", f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day.day}/{day.month}/{day.year}", f"{day:%Y-%m-%d}", words, words.upper(),
        f"{day:%Y-%m-%d}T10:15:00", f"{day:%d/%m/%Y} 23:15", f"{greenwich:%Y-%m-%dT%H:%M:%SZ}", f"{day:%Y-%m-%d}T00:00:01-06:00",
    )  # fmt: skip
    return rng.choice(ways)


def _category(rng: random.Random, value: str) -> str:
    return rng.choice(
        (value, value.upper(), value.replace("_", " "), value.replace("_", "-").capitalize(), f" {value} ")
    )


# ---- rows that nobody may accept -----------------------------------------------------------------------------------------


BAD = {
    "fecha": ("31/02/2026", "pendiente", "2026-13-45", "00/00/0000"),
    "booleano": ("tal vez",),
    "categoria": ("marte", "123"),
    "entero": ("tres", "2.5", "1e"),
    "url": ("no está",),
}
PLANNED = ("fecha_programada", "fecha_compromiso", "fecha_entrega_programada")


def faults(export: str, today: date) -> list[tuple[str, str]]:
    """(column, text) each of which makes its row bad, and none of which says anything of how its column is written."""
    found = []
    for name, column in EXPORTS[export]["columnas"].items():
        if column.get("personal") or column.get("seudonimo"):
            continue
        texts = list(BAD.get(column["tipo"], ()))
        if column["tipo"] == "fecha" and name not in PLANNED:
            texts.append(f"{today + timedelta(days=1):%Y-%m-%d}")
        if column["tipo"] == "entero" and "min" in column:
            texts.append(str(column["min"] - 1))
        if column.get("obligatoria") or name in EXPORTS[export]["clave"]:
            texts += ["", "N/A"]
        found += [(name, text) for text in texts]
    return found


def dirty(rng: random.Random, d: Dropped, share: float) -> tuple[Dropped, bytes, int]:
    """What of a delivery is accepted, the file as its office writes it, and how many of its rows are quarantined."""
    said = EXPORTS[d.export]
    columns = said["columnas"]
    used = [
        n for n, c in columns.items() if c.get("obligatoria") or n in said["clave"] or any(n in row for row in d.rows)
    ]
    bad = [(column, text) for column, text in faults(d.export, d.day) if column in used]
    keys = [name for name in said["clave"] if name in columns]
    said_in_words = [
        n for n in used if n not in keys and columns[n]["tipo"] == "texto" and columns[n].get("obligatoria")
    ]
    lines: list[Written] = []
    accepted: list[Row] = []
    quarantined = 0

    apart = random.Random(f"{d.office} {d.export} {d.quarter}")
    workbook = apart.random() < 0.35
    own = {name for name in used if workbook and apart.random() < 0.6}

    def write(row: Row) -> Written:
        cells = {name: spelt(rng, columns[name], row.get(name)) for name in used}
        cells |= {name: row[name] for name in own if isinstance(row.get(name), date | int | float)}
        return cells | ({"baja": rng.choice(YES)} if row.get("baja") else {"baja": rng.choice(("", "No"))})

    for row in d.rows:
        line = write(row)
        chance = rng.random()
        if chance > share:
            accepted.append(row)
            lines.append(line)
            continue
        what = rng.choice(("cell", "cell", "same twice", "twice otherwise", "twice, one bad"))
        column, text = rng.choice(bad)
        if what == "cell":
            lines.append(line | {column: text})
            quarantined += 1
        elif what == "same twice":
            accepted.append(row)
            lines += [line, write(row)]
            quarantined += 1
        elif what == "twice otherwise" and said_in_words:
            lines += [line, write(row) | {rng.choice(said_in_words): "otra cosa"}]
            quarantined += 2
        elif what == "twice, one bad" and column not in keys:
            lines += [line, write(row) | {column: text}]
            quarantined += 2
        else:
            accepted.append(row)
            lines.append(line)
    rng.shuffle(lines)
    return (
        Dropped(d.office, d.export, d.quarter, tuple(accepted), d.day),
        _file(rng, used, lines, workbook),
        quarantined,
    )


def _file(rng: random.Random, columns: list[str], lines: list[Written], workbook: bool) -> bytes:
    """A table with a title, columns in another order and one that nobody asked for, blank and total rows, in some encoding."""
    names = [*columns, "baja", "Observaciones internas"]
    rng.shuffle(names)
    headers = [rng.choice((name, name.upper(), name.replace("_", " ").title())) for name in names]
    separator, table = rng.choice((",", ";", "\t")), []
    if rng.random() < 0.3:
        table += [["Reporte trimestral", *[""] * (len(names) - 1)], [""] * len(names)]
    table.append(headers)
    for line in lines:
        table.append([line.get(name, "x" if name.startswith("Obs") else "") for name in names])
        if rng.random() < 0.05:
            table.append([""] * len(names))
    if rng.random() < 0.3:
        table.append(["TOTAL", *[""] * (len(names) - 1)])
    return _workbook(table) if workbook else _text(rng, table, separator)


def _workbook(table: list[list[Any]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in table:
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(file)
    return file.getvalue()


def _text(rng: random.Random, table: list[list[Any]], separator: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(table)
    text = file.getvalue()
    encoding = rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return codecs.BOM_UTF8 + text.encode()


def lake(rng: random.Random, share: float = 0.12) -> Iterator[Stage]:
    """Two or three quarters, with offices that are silent, late by a year, or hand in on the quarter's last day."""
    day = date(2000, 1, 1)
    quarters = sorted(rng.sample([f"{y}T{n}" for y in (2025, 2026, 2027) for n in (1, 2, 3, 4)], rng.randrange(2, 4)))
    for quarter in quarters:
        day = max(day, rng.choice((last_day(quarter), after(quarter, 1), after(quarter, 9), after(quarter, 300))))
        cells = Cells(rng, day, keys=rng.choice((4, 9, 25)))
        silent = rng.sample(sorted(OFFICES), rng.randrange(4))
        files, contents, quarantined = [], [], 0
        for export, offices in OFFICES.items():
            for office in offices:
                if export in silent:
                    continue
                rows = tuple(
                    row | ({"baja": True} if rng.random() < 0.08 else {}) for row in cells.rows(export, office)
                )
                good, content, bad = dirty(rng, Dropped(office, export, quarter, rows, day), share)
                files.append(good)
                contents.append(content)
                quarantined += bad
        yield Stage(day, files, contents=tuple(contents), quarantined=quarantined)


def try_lake(folder: Path, seed: int, share: float = 0.12) -> Outcome:
    """Drop, publish and count a lake of a seed."""
    return live(lake(random.Random(seed), share), folder, may_be_set_aside=True)


def at_the_door(folder: Path, seed: int, share: float) -> Outcome:
    """Drop and receive the files of a lake of a seed; nothing is built."""
    outcome = Outcome()
    life = Life(folder, outcome)
    for stage in lake(random.Random(seed), share):
        life.receive(stage, life.settings(stage))
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lakes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.12, help="of rows that something is done to")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.lakes)
    return try_all({f"lake {seed}": partial(try_lake, seed=seed, share=asked.share) for seed in seeds})


if __name__ == "__main__":
    sys.exit(main())
