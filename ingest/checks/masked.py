"""A mask that stands in a cell (`[teléfono oculto]`) hides what was written: it is no value and never lands."""

from __future__ import annotations

import polars as pl

from ingest.privacy.masks import MASKED

_MOTIVE = "La celda trae una marca de dato oculto en lugar del texto: así se le devolvió, pero no es lo que decía."
_EXPECTED = "El texto completo, sin teléfonos, correos, CURP, RFC ni CLABE de personas."
_REMEDY = "Escriba el texto original sin el dato personal, o quite la marca entre corchetes."


def masked_positions(texts: pl.Series) -> pl.Series:
    """Positions of the cells in which a mask stands."""
    return texts.str.contains(MASKED).fill_null(False).arg_true().cast(pl.UInt32)


def masked_cells(name: str, texts: pl.Series, positions: pl.Series) -> pl.DataFrame:
    """Bad cells (`BAD_CELLS`) for the masks of a column."""
    return pl.DataFrame({"indice": positions, "valor": texts.gather(positions)}).select(
        "indice",
        pl.lit(name).alias("columna"),
        "valor",
        *(
            pl.lit(words).alias(field)
            for field, words in (
                ("regla", "no_legible"),
                ("motivo", _MOTIVE),
                ("esperado", _EXPECTED),
                ("correccion", _REMEDY),
            )
        ),
    )
