"""What was interpreted, in the words of a receipt: repaired texts, and cells that had more than one reading."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ingest.checks.columns import SAID
from ingest.checks.words import cut
from ingest.contract import Contract
from ingest.privacy.masks import mask

_EXAMPLES = 20  # texts that a sentence quotes before it says how many more there are
_SHOWN = 60  # characters of a text that a sentence quotes


def interpretations(said: Sequence[pl.DataFrame], contract: Contract, fila: pl.Series) -> list[str]:
    """One sentence a column and way of reading. Where personal data may lie, no text is quoted but a number or a date."""
    if not said:
        return []
    plain = ("entero", "decimal", "fecha")
    hidden = {column.nombre for column in contract.columnas if column.personal or column.seudonimo}
    if contract.has_personal:
        hidden |= {column.nombre for column in contract.columnas if column.tipo not in plain}
    free_text = {column.nombre for column in contract.columnas if column.texto_libre} - set(contract.key_columns)
    sentences = []
    for frame in said:
        for (columna, como), group in frame.select(list(SAID)).group_by("columna", "como", maintain_order=True):
            cells = int(group["celdas"].sum())
            amount = "1 celda" if cells == 1 else f"{cells:,} celdas"
            quotes = columna not in hidden
            listed = [
                _example(row, fila, quotes, columna in free_text) for row in group.head(_EXAMPLES).iter_rows(named=True)
            ]
            more = group.height - len(listed)
            rest = "" if more <= 0 else f"; y {more:,} {'valor' if more == 1 else 'valores'} más"
            sentences.append(f"Columna «{columna}»: {amount} {como}. {'; '.join(listed)}{rest}.")
    return sentences


def _example(row: dict[str, object], fila: pl.Series, quotes: bool, masked: bool) -> str:
    first, count = int(fila[int(str(row["indice"]))]), int(str(row["celdas"]))
    where = f"fila {first}" if count == 1 else f"fila {first} y {count - 1:,} más"
    if not quotes:
        return where
    text, meant = (_quoted(str(row[name]), masked) for name in ("texto", "leido"))
    return f"«{text}» se leyó como «{meant}» ({where})"


def _quoted(text: str, masked: bool) -> str:
    visible = "".join(char if char.isprintable() else " " for char in text[: 4 * _SHOWN])
    return cut(" ".join((mask(visible) if masked else visible).split()), _SHOWN)
