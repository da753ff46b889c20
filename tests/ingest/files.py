"""Files as other programs write them, and what the readers make of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import openpyxl

from ingest.contract import load_contract
from ingest.readers import read
from ingest.reading import Limits, Reading

Target = TypeVar("Target", Path, io.BytesIO)
LIMITS = Limits(50_000_000, 200_000_000, 100_000, 500)


def read_as(export: str, path: Path) -> Reading:
    """What a file says as a delivery of that export."""
    return read(path, load_contract(export), LIMITS)


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    """A workbook with these rows on these sheets, some of them hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def sheet_of(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def zipped(path: Target, parts: Mapping[str, str | bytes]) -> Target:
    """A workbook of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
