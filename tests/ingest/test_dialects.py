"""Any delivery, as any program may write it, is the same rows: contract -> rows -> a program's dialect -> what lands.

`python -m tests.ingest.test_dialects 200` writes each export in so many ways and prints what was read otherwise than it was meant.
"""

from __future__ import annotations

import csv
import io
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pandas as pd
import polars as pl
import pytest
import xlsxwriter
import xlwt

from ingest.checks.bench import Door
from ingest.checks.delivery import Checked, check_delivery
from ingest.contract import Column, Contract, load_contract, load_contracts
from ingest.reading import MONTH_HEADERS

from .files import read_as

TODAY = date(2026, 10, 10)
_MONTHS_BEGUN = 9
WORDS = ["León", "Ñandú", "Peña Alta", "Jardín «Río»", "Obra; y agua", "coma, aquí", 'comilla "doble"', "barra | y", "Nº 5", "Plaza 1"]  # fmt: skip
TABLES = [name for name, contract in load_contracts().items() if contract.formato.disposicion in ("tabla", "meses")]
Cell = Any
Table = list[list[Cell]]


def _value(column: Column, number: int, dice: random.Random, office: str) -> Cell:  # noqa: PLR0911 - one return per type
    if column.tipo in ("categoria", "lista") and column.valores:
        allowed = list(column.allowed(office) or column.valores)
        return (
            dice.choice(allowed) if column.tipo == "categoria" else ";".join(dice.sample(allowed, min(2, len(allowed))))
        )
    if column.tipo == "lista":
        return dice.choice(["SAPAL", "SAPAL;IMPLAN", "Obra Pública;SAPAL"])
    if column.tipo == "fecha":
        return date(2026, 7, 1) + timedelta(days=dice.randrange(92))
    if column.tipo == "booleano":
        return dice.random() < 0.5
    if column.tipo == "entero":
        low = int(column.minimo or 0)
        return dice.randint(low, min(int(column.maximo or low + 5000), 2026 if column.nombre == "anio" else low + 5000))
    if column.tipo == "decimal":
        least, most = float(column.minimo or 0), float(column.maximo or 2_000_000)
        return Decimal(str(round(dice.uniform(least, most), 6 if column.nombre in ("latitud", "longitud") else 2)))
    if column.tipo in ("url", "correo"):
        return f"https://leon.gob.mx/a?b={number}&c=1" if column.tipo == "url" else f"oficina{number}@leon.gob.mx"
    return column.ejemplo if column.patron else dice.choice(WORDS)


def _rows(contract: Contract, dice: random.Random, count: int = 5) -> list[dict[str, Cell]]:
    """Rows as their office means them, by column; months under their headers."""
    office, rows = contract.dependencias[0], []
    by_month = contract.formato.disposicion == "meses"
    for number in range(count):
        row: dict[str, Cell] = {}
        for column in contract.columnas:
            if column.tipo == "geometria" or column.retirada or (by_month and column.nombre in ("mes", "casos")):
                continue
            is_key = column.nombre in contract.key_columns
            row[column.nombre] = _value(column, number, dice, office)
            if is_key and column.tipo == "texto" and not column.patron:
                row[column.nombre] = f"{column.nombre[0].upper()}-2026-{number:03d}"
            elif is_key and column.tipo == "entero" and column.maximo is None:
                row[column.nombre] = number + 1
            elif not (is_key or column.obligatoria or column.seudonimo) and dice.random() < 0.3:
                row[column.nombre] = None
        begun = {
            header: dice.randrange(40) if month <= _MONTHS_BEGUN else None
            for month, header in enumerate(MONTH_HEADERS, 1)
        }
        rows.append(row | (begun if by_month else {}))
    return rows


def _table(contract: Contract, rows: list[dict[str, Cell]]) -> Table:
    """Header and rows as they stand in the file, with what says that they are the city's."""
    headers = {column.nombre: column.header for column in contract.columnas}
    scope = {item.encabezado: item.igual for item in contract.solo if item.encabezado}
    head = [headers.get(name, name) for name in rows[0]]
    return [[*head, *scope], *([*row.values(), *scope.values()] for row in rows)]


# ---- how programs write ------------------------------------------------------------------------------------------------

Writer = Callable[[Path, Table, random.Random], Path]


def _as_text(cell: Cell, style: dict[str, Any]) -> str:
    if cell is None:
        return str(style["empty"])
    if isinstance(cell, bool):
        return str(style["truth"][not cell])
    if isinstance(cell, date):
        return cell.strftime(style["date"])
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", style["point"])
    return str(cell)


def _csv(folder: Path, table: Table, dice: random.Random) -> Path:
    style = {
        "empty": dice.choice(["", "NA", "N/A", "-", "S/D"]),
        "truth": dice.choice([("Sí", "No"), ("VERDADERO", "FALSO"), ("TRUE", "FALSE"), ("1", "0"), ("s", "n")]),
        "date": dice.choice(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%y", "%Y-%m-%dT00:00:00", "%d/%m/%Y 00:00", "%Y%m%d"]),
        "point": dice.choice(".,"),
    }  # fmt: skip
    written = io.StringIO()
    quotings: list[Literal[0, 1, 2]] = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    writer = csv.writer(
        written,
        delimiter=dice.choice(",;\t|"),
        quoting=dice.choice(quotings),
        lineterminator=dice.choice(["\n", "\r\n"]),
    )
    writer.writerows([[_as_text(cell, style) for cell in row] for row in table])
    path = folder / "x.csv"
    path.write_bytes(written.getvalue().encode(dice.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"])))
    return path


def _plain(cell: Cell) -> Cell:
    return float(cell) if isinstance(cell, Decimal) else cell


def _openpyxl(folder: Path, table: Table, dice: random.Random) -> Path:
    book = openpyxl.Workbook(write_only=dice.random() < 0.5)
    sheet = book.create_sheet("Datos", 0)
    for row in table:
        sheet.append([_plain(cell) for cell in row])
    book.save(folder / "x.xlsx")
    return folder / "x.xlsx"


def _xlsxwriter(folder: Path, table: Table, dice: random.Random) -> Path:
    """Titles above, columns to the left and a total below, as reports have them."""
    down, across = dice.randrange(4), dice.randrange(3)
    with xlsxwriter.Workbook(folder / "x.xlsx", {"constant_memory": dice.random() < 0.5}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": dice.choice(["dd/mm/yyyy", "d-mmm-yy", 14])})
        if down:
            sheet.write_string(0, 0, "Municipio de León")
        for number, row in enumerate(table):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number + down, place + across, cell, day)
                elif cell is not None:
                    sheet.write(number + down, place + across, _plain(cell))
        sheet.write_string(len(table) + down, across, "Total")
    return folder / "x.xlsx"


def _xlwt(folder: Path, table: Table, dice: random.Random) -> Path:
    book = xlwt.Workbook()
    book.dates_1904 = dice.random() < 0.3
    sheet, day = book.add_sheet("Hoja1"), xlwt.easyxf(num_format_str="DD/MM/YYYY")
    shift = 1462 if book.dates_1904 else 0  # xlwt counts the days of 1900 all the same
    for number, row in enumerate(table):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(number, place, (cell - date(1899, 12, 30)).days - shift, day)
            elif cell is not None:
                sheet.write(number, place, _plain(cell))
    book.save(folder / "x.xls")
    return folder / "x.xls"


def _pandas(folder: Path, table: Table, dice: random.Random) -> Path:
    kind = dice.choice(["ods", "xlsx", "csv"])
    frame = pd.DataFrame([[_plain(cell) for cell in row] for row in table[1:]], columns=table[0])
    path = folder / f"x.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False, na_rep=dice.choice(["", "NA"]))
    else:
        frame.to_excel(path, index=False)
    return path


def _polars(folder: Path, table: Table, dice: random.Random) -> Path:
    cells = {name: [_plain(row[place]) for row in table[1:]] for place, name in enumerate(table[0])}
    frame = pl.DataFrame([pl.Series(name, column, strict=False) for name, column in cells.items()])
    if dice.random() < 0.5:
        frame.write_csv(
            folder / "x.csv", separator=dice.choice(",;\t|"), quote_style=dice.choice(["necessary", "always"])
        )
        return folder / "x.csv"
    frame.write_excel(folder / "x.xlsx")
    return folder / "x.xlsx"


WRITERS: list[Writer] = [_csv, _csv, _openpyxl, _xlsxwriter, _xlwt, _pandas, _polars]


# ---- the same rows -----------------------------------------------------------------------------------------------------


def _faults(contract: Contract, rows: list[dict[str, Cell]], checked: Checked) -> list[Any]:
    """What was read otherwise than it was meant, or not at all."""
    if checked.rejects.height:
        return checked.rejects.select("fila", "columna", "valor", "regla", "motivo").rows()
    if contract.formato.disposicion == "meses":
        meant = sorted(row[header] for row in rows for header in MONTH_HEADERS[:_MONTHS_BEGUN])
        return [] if sorted(checked.rows["casos"]) == meant else [(checked.rows["casos"].to_list(), meant)]
    faults: list[Any] = [] if len(checked.rows) == len(rows) else [(len(checked.rows), len(rows))]
    for column in contract.columnas:
        if not column.in_lake or column.seudonimo or column.moderado or column.nombre not in rows[0]:
            continue
        for row, read in zip(rows, checked.rows[column.nombre], strict=False):
            meant = row[column.nombre]
            alike = (
                abs(Decimal(str(read)) - meant) < Decimal("1e-6")
                if isinstance(meant, Decimal) and read is not None
                else read == meant
            )
            faults += [] if alike else [(column.nombre, meant, read)]
    return faults


def _tried(export: str, seed: int, writer: Writer) -> list[Any]:
    contract, dice = load_contract(export), random.Random(f"{export} {seed}")
    rows = _rows(contract, dice)
    with tempfile.TemporaryDirectory() as folder:
        reading = read_as(export, writer(Path(folder), _table(contract, rows), dice))
        checked = check_delivery(reading, contract, Door(contract.dependencias[0], "x", TODAY, b"llave"))
    assert checked.accepted + checked.quarantined + checked.out_of_scope == checked.rows_read
    return _faults(contract, rows, checked)


@pytest.mark.parametrize("export", TABLES)
def test_what_any_program_writes_is_the_same_rows(export: str) -> None:
    seed = TABLES.index(export)
    for turn in range(2):
        assert _tried(export, seed + turn, WRITERS[(seed + 3 * turn) % len(WRITERS)]) == []


def main(count: int) -> None:
    """Write and read each export in so many ways."""
    tried: Counter[str] = Counter()
    for export in TABLES:
        for seed in range(count):
            writer = WRITERS[seed % len(WRITERS)]
            tried[writer.__name__.strip("_")] += 1
            for fault in _tried(export, seed, writer)[:1]:
                print(export, seed, writer.__name__, fault)
    print(f"{tried.total():,} files: {dict(tried)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
