"""What judges a cell takes time in proportion to the cell: no text of the length that a cell may have stops the others."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import pytest

from ingest.checks.cells import Style, judge_cell, read_number
from ingest.checks.damage import MAX_CELL, mended, unreadable
from ingest.checks.dates import read_date, why_no_date
from ingest.checks.words import folded, is_empty, normalised_text
from ingest.contract import load_contract
from ingest.names import shown, understand
from ingest.privacy.masks import masked
from ingest.readers.grid import is_total
from ingest.readers.header import fold

TODAY = date(2026, 11, 22)
PIECES = (
    "a", "A", "1", " ", "a ", "1,", "1.", "a.", "a@", "@", "é", "Ã", "Ã©", "(", "=", "#", "&a", "&amp;", "-", "1-", "1/", "A1", "ABCD", "_x", "de ",
    "Ana ", "calle ", "www.", "http://", "x@y.z,", "\u00a0", "1:", "T1:11 ", '"', "=(", "total ", "uno ", "1 de ",
)  # fmt: skip
COLUMNS = ("talleres.sede", "talleres.fecha_programada", "eventos_mbh.asistentes", "proyectos_pp.monto_mxn", "proyectos_pp.financiado",
           "evidencias.url", "evidencias.indicador", "directorio.correo", "acuerdos.tipo", "documentos.organos_validadores")  # fmt: skip


def _judge(text: str) -> None:
    for name in COLUMNS:
        export, _, column = name.partition(".")
        judged = load_contract(export).column(column)
        judge_cell(judged, text, False, TODAY, judged.valores, Style())


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "normalised": normalised_text,
    "folded": folded,
    "is_empty": is_empty,
    "mended": mended,
    "unreadable": lambda text: unreadable(text or "-", "texto"),
    "read_date": lambda text: (read_date(text, native=False), why_no_date(text)),
    "read_number": lambda text: (read_number(text, native=False), read_number(text, native=True)),
    "judge_cell": _judge,
    "masked": masked,
    "is_total": is_total,
    "header": fold,
    "name": lambda text: (shown(text), understand(f"imju/{text[:250].replace('/', '_')}.csv", TODAY)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_longest_cell_is_judged_at_once(name: str) -> None:
    judge = FUNCTIONS[name]
    judge("calentar")
    slow = []
    for piece in PIECES:
        text = (piece * (MAX_CELL // len(piece) + 1))[: MAX_CELL - 1] + "\x01"
        began = time.thread_time()
        judge(text)
        seconds = time.thread_time() - began
        if seconds > 1:  # a pattern that takes the square of the length takes many seconds
            slow.append((piece, seconds))
    assert slow == []
