"""Reading a large XLSX, against calamine's own read of it. `python bench/read_xlsx.py`

A workbook of 100,000 rows x 12 columns (acuerdos: text, dates, numbers) with shared strings, as Excel writes them. calamine's
own read gives Python lists and loses error cells; the reader gives Arrow columns as the person sees them, with error cells,
formulas without result, number formats, hidden and covered parts found, whatever program wrote the sheet. Best of three. PAMGA_BENCH_XLSX_ROWS changes the size.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from ingest.contract import load_contract
from ingest.readers import read
from ingest.reading import Limits

ROWS = int(os.environ.get("PAMGA_BENCH_XLSX_ROWS", "100000"))
LIMITS = Limits(500_000_000, 2_000_000_000, 3_000_000, 500)
COLUMNS = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,descripcion,folio_sac,colonia,latitud,longitud,fecha_finalizacion"
THEMES = ("bacheo", "alumbrado", "parques y jardines", "seguridad ciudadana", "agua potable")


def write_book(path: Path, rows: int) -> None:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Acuerdos")
    day_format = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, COLUMNS.split(","))
    for number in range(1, rows + 1):
        day = date(2024, 1, 1) + timedelta(days=number % 900)
        kind = "gestion" if number % 3 else "inmediato"
        texts = [
            kind,
            THEMES[number % 5],
            "Obras Públicas",
            f"Acuerdo {number} con vecinos",
            f"SAC-{number}",
            "León Moderno",
        ]
        sheet.write_row(number, 0, [f"AC-{number:07d}", f"EV-{number % 5000:05d}"])
        sheet.write_datetime(number, 2, day, day_format)
        sheet.write_row(number, 3, texts)
        sheet.write_row(number, 9, [20.9 + number % 5000 / 10000, -101.9 + number % 5000 / 10000])
        sheet.write_datetime(number, 11, day + timedelta(days=30), day_format)
    book.close()


def calamine_alone(path: Path) -> int:
    with CalamineWorkbook.from_path(str(path)) as book:
        return len(book.get_sheet_by_index(0).to_python()) - 1


def ours(path: Path) -> int:
    return read(path, load_contract("acuerdos"), LIMITS).rows.height


def best_of_three(contender: Callable[[Path], int], path: Path) -> float:
    """Seconds; raises when a row is missing."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        rows = contender(path)
        times.append(time.perf_counter() - start)
        if rows != ROWS:
            raise SystemExit(f"{contender.__name__}: {rows} rows of {ROWS}")
    return min(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "acuerdos_2026T3.xlsx"
        write_book(path, ROWS)
        print(f"XLSX of {ROWS:,} rows x 12 columns, {path.stat().st_size / 1e6:.1f} MB")
        base = best_of_three(calamine_alone, path)
        full = best_of_three(ours, path)
    print(f"{'contender':<28}{'seconds':>9}{'rows a second':>16}{'times calamine':>16}")
    for name, seconds in (("calamine's own read", base), ("pamga's reader", full)):
        print(f"{name:<28}{seconds:>9.2f}{ROWS / seconds:>16,.0f}{seconds / base:>16.2f}")


if __name__ == "__main__":
    main()
