"""Lays the real public files out as deliveries, byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from pamga.errors import UsageError
from pamga.quarter import Quarter

# File of the source folder -> the delivery it is: dependencia/export and the extension.
DELIVERIES = {
    "leon_colonias.geojson": ("implan/colonias", "geojson"),
    "inegi_municipio_leon.geojson": ("implan/municipio", "geojson"),
    "inegi_localidades_leon.geojson": ("implan/localidades", "geojson"),
    "sepomex_guanajuato.txt": ("implan/codigos_postales", "txt"),
    "sesnsp_guanajuato_homicidios_2020_2025.csv": ("seguridad/incidencia_delictiva", "csv"),
    "sinaica_estaciones.csv": ("medio_ambiente/estaciones_calidad_aire", "csv"),
    "conagua_presas.csv": ("medio_ambiente/presas", "csv"),
    "leon_tianguis.geojson": ("economia/tianguis", "geojson"),
}


def lay_out(source: Path, inbox: Path, trimestre: str = "2026T3") -> list[Path]:
    """Copy the eight real files from `source` into `inbox` under their names as deliveries of `trimestre`.

    The bytes are the source's own. Returns the files written, sorted. Raises UsageError when a file is missing or
    `trimestre` is not a quarter.
    """
    try:
        quarter = Quarter.parse(trimestre)
    except ValueError as error:
        raise UsageError(str(error)) from error
    missing = sorted(name for name in DELIVERIES if not (source / name).is_file())
    if missing:
        raise UsageError(f"{source} lacks {', '.join(missing)}.", "Give the folder that holds the eight real files.")
    written = []
    for name, (delivery, extension) in DELIVERIES.items():
        target = inbox / f"{delivery}_{quarter}.{extension}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
        written.append(target)
    return sorted(written)
