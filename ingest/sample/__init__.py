"""The sample inbox: believable deliveries of every office, 2024T3 to 2026T3, the same bytes for the same seed.

None of it is true but the names of places and offices. `DATOS_DE_EJEMPLO.txt` in the inbox says so, and every release
built on it repeats it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from ingest.contract import load_contracts
from ingest.sample import dialects, themes, untold
from ingest.sample.commitments import Commitments, documentos, evidencias
from ingest.sample.dialects import Dialect, cp1252_semicolon, totalled, utf8_bom, utf8_iso, workbook
from ingest.sample.geography import City
from ingest.sample.history import FIRST, LAST, Cell, Record, Row, deliveries
from ingest.sample.mistakes import MISTAKES, PLANTED_PERSONAL_VALUES, REPETITIONS, Mistake, Repetition, plant
from pamga.layout import EXAMPLE_MARKER
from pamga.quarter import Quarter

__all__ = [
    "MENDED",
    "MISTAKES",
    "PLANTED_PERSONAL_VALUES",
    "REPETITIONS",
    "Mistake",
    "Repetition",
    "dialects",
    "write_inbox",
]

_NOTICE = (
    "Lo que hay en esta carpeta son DATOS DE EJEMPLO, inventados por un programa.\n"
    "Los nombres de colonias, localidades y dependencias existen; los hechos, las cifras y las personas no.\n"
)


@dataclass(frozen=True)
class Series:
    """What one office delivers of one export: from which quarter on, and in which dialects, taken in turn."""

    dependencia: str
    export: str
    since: Quarter
    records: Callable[[], Iterable[Record]]
    writes: Sequence[tuple[str, Dialect]]
    quiet: bool = True  # also deliver quarters in which nothing changed, with a header only
    until: Quarter = LAST  # a delivery after this one never came


CSV_EXCEL, CSV_UTF8, CSV_SYSTEM = ("csv", cp1252_semicolon), ("csv", utf8_bom), ("csv", utf8_iso)
XLSX = ("xlsx", workbook)
UT, PP, IMJU, MA = "unidad_transparencia", "presupuesto_participativo", "imju", "medio_ambiente"


# After the receipt the office drops a second file, under nearly the right name, in which these cells are right: rows on which
# others depend (the agreements of an event) and whatever else it cared to mend. Its other bad cells stay.
MENDED: dict[tuple[str, str], tuple[str, Dialect, tuple[tuple[int, str, Cell], ...]]] = {
    ("eventos_mbh", "2026T2"): (
        "Eventos MBH 2026 T2.xlsx",
        workbook,
        ((1, "operadores_sac", 1), (2, "funcionarios_seguridad", 3)),
    ),
    ("acuerdos", "2026T3"): (
        "acuerdos_3er_trimestre_2026.csv",
        cp1252_semicolon,
        ((11, "tipo", "Gestión"), (25, "fecha_finalizacion", None)),
    ),
    ("talleres", "2025T1"): ("talleres 2025T1.csv", cp1252_semicolon, ((5, "sede", "Centro comunitario"),)),
    ("talleres", "2026T1"): ("talleres 2026T1.csv", cp1252_semicolon, ((8, "longitud", "-101,6823"),)),
}


def _series(seed: int, city: City) -> list[Series]:
    told = Commitments(seed, city)
    q = Quarter
    attended = totalled(cp1252_semicolon, "asistentes")
    return [
        Series(UT, "fases_proyecto", q(2025, 1), told.fases_proyecto, (XLSX,)),
        Series(UT, "documentos", q(2025, 4), partial(documentos, UT), (CSV_EXCEL,)),
        Series(UT, "capacitaciones", q(2025, 1), told.capacitaciones, (("csv", attended), XLSX)),
        Series(UT, "variables_datos_abiertos", q(2025, 2), told.variables_datos_abiertos, (XLSX, CSV_UTF8)),
        Series(UT, "actualizaciones_datos_abiertos", q(2025, 4), told.actualizaciones_datos_abiertos, (CSV_SYSTEM,)),
        Series(UT, "elementos_interactivos", q(2026, 1), told.elementos_interactivos, (CSV_EXCEL,)),
        Series(UT, "evidencias", q(2025, 4), partial(evidencias, UT), (CSV_UTF8,), quiet=False),
        Series(UT, "observaciones", q(2025, 4), told.observaciones, (XLSX,), quiet=False),
        Series(UT, "banco_propuestas", q(2025, 3), told.banco_propuestas, (CSV_UTF8,), quiet=False),
        Series(UT, "sesiones_rendicion", q(2025, 3), told.sesiones_rendicion, (CSV_UTF8,), quiet=False),
        Series(UT, "comentarios_ciudadanos", q(2025, 3), told.comentarios_ciudadanos, (CSV_UTF8,), quiet=False),
        Series(PP, "talleres", FIRST, told.talleres, (CSV_EXCEL, XLSX)),
        Series(PP, "asistencia_talleres", FIRST, told.asistencia_talleres, (CSV_EXCEL, CSV_UTF8, XLSX, CSV_EXCEL)),
        Series(
            PP, "proyectos_pp", q(2025, 1), told.proyectos_pp, (XLSX, ("csv", totalled(cp1252_semicolon, "monto_mxn")))
        ),
        Series(PP, "eventos_mbh", q(2025, 1), told.eventos_mbh, (CSV_EXCEL, ("csv", attended), XLSX)),
        Series(PP, "acuerdos", q(2025, 1), told.acuerdos, (CSV_EXCEL, XLSX, CSV_UTF8)),
        Series(PP, "encuestas_satisfaccion", q(2025, 1), told.encuestas_satisfaccion, (CSV_SYSTEM, CSV_EXCEL)),
        Series(PP, "directorio", q(2025, 2), told.directorio, (XLSX, CSV_EXCEL), until=LAST.shift(-1)),
        Series(PP, "evidencias", q(2025, 3), partial(evidencias, PP), (CSV_EXCEL,), quiet=False),
        Series(IMJU, "documentos", q(2025, 4), partial(documentos, IMJU), (XLSX,)),
        Series(IMJU, "comite_seleccion", q(2026, 1), told.comite_seleccion, (XLSX,)),
        Series(IMJU, "sesiones_escuela", q(2026, 1), told.sesiones_escuela, (XLSX,)),
        Series(IMJU, "mesas_trabajo", q(2026, 1), told.mesas_trabajo, (CSV_EXCEL,)),
        Series(IMJU, "propuestas_cabildo", q(2026, 3), told.propuestas_cabildo, (XLSX,)),
        Series(IMJU, "integrantes_cabildo", q(2026, 1), told.integrantes_cabildo, (XLSX,), quiet=False),
        Series(IMJU, "evidencias", q(2026, 1), partial(evidencias, IMJU), (CSV_EXCEL,), quiet=False),
        Series(MA, "areas_verdes", q(2025, 4), lambda: themes.areas_verdes(seed, city), (CSV_EXCEL,), quiet=False),
        Series(MA, "mediciones_aire", q(2026, 1), lambda: themes.mediciones_aire(seed), (CSV_SYSTEM,)),
        Series(MA, "almacenamiento_presas", q(2025, 4), lambda: themes.almacenamiento_presas(seed), (CSV_UTF8,)),
    ]


def write_inbox(folder: Path, seed: int = 2025) -> list[Path]:
    """Write the sample inbox into `folder` and return its files, deliveries in order of quarter and the marker last.

    The bytes and the modification times depend on `seed` alone.
    """
    city = City(seed)
    written = []
    told = [*_tables(seed, city), *_layers(seed, city)]
    others = _untold(seed, city, {Path(name).stem.rpartition("_")[0] for name, *_ in told})
    for name, quarter, late, content in [*told, *others]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        # Dropped ten days after the quarter's end; a corrected file a week later, so that it is the newer version.
        dropped = datetime.combine(quarter.cutoff, time(12), UTC) + timedelta(days=17 if late else 10)
        os.utime(path, (dropped.timestamp(), dropped.timestamp()))
        written.append((quarter, late, path))
    marker = folder / EXAMPLE_MARKER
    marker.write_text(_NOTICE, encoding="utf-8")
    return [path for *_, path in sorted(written)] + [marker]


def _tables(seed: int, city: City) -> Iterator[tuple[str, Quarter, bool, bytes]]:
    """Name, quarter, whether it came late, and bytes of every delivery made of rows."""
    for series in _series(seed, city):
        made = deliveries(series.records(), series.since, series.until)
        columns = _columns(made.values())
        for turn, (quarter, rows) in enumerate(made.items()):
            if not rows and not series.quiet:
                continue
            extension, write = series.writes[turn % len(series.writes)]
            spoiled = plant(series.dependencia, series.export, str(quarter), rows)
            header = [*columns, "baja"] if any("baja" in row for row in rows) else columns
            name = f"{series.dependencia}/{series.export}_{quarter}.{extension}"
            yield name, quarter, False, write(series.export, header, spoiled)
            yield from _second_thoughts(series, quarter, columns, spoiled)


def _columns(made: Iterable[list[Row]]) -> list[str]:
    """The columns of the export, in the order of its records."""
    for rows in made:
        for row in rows:
            return [column for column in row if column != "baja"]
    raise ValueError("a series without a single row has no columns")


def _second_thoughts(
    series: Series, quarter: Quarter, columns: list[str], rows: list[Row]
) -> Iterator[tuple[str, Quarter, bool, bytes]]:
    """What an office drops beside its delivery: corrected files under nearly the right name, copies, files of somebody else."""
    if (series.export, str(quarter)) in MENDED:
        name, write, cells = MENDED[series.export, str(quarter)]
        mended = [dict(row) for row in rows]
        for row, column, cell in cells:
            mended[row][column] = cell
        yield f"{series.dependencia}/{name}", quarter, True, write(series.export, columns, mended)
    match series.export, str(quarter):
        case ("mesas_trabajo", "2026T2"):  # the same bytes under another name: a duplicate
            yield f"{IMJU}/Mesas Trabajo 2026T2.csv", quarter, True, cp1252_semicolon(series.export, columns, rows)
        case ("propuestas_cabildo", _):  # an obligatory column is missing: refused whole
            content = cp1252_semicolon(series.export, [c for c in columns if c != "eje"], rows)
            yield f"{IMJU}/propuestas_cabildo_2026T2.csv", Quarter(2026, 2), False, content
        case ("talleres", "2026T3"):  # an office that does not owe this export: refused
            yield f"economia/talleres_{quarter}.csv", quarter, False, cp1252_semicolon(series.export, columns, rows[:3])
        case _:
            return


def _untold(seed: int, city: City, told: set[str]) -> Iterator[tuple[str, Quarter, bool, bytes]]:
    """A delivery of each office for every export without a story of its own."""
    for export, contract in load_contracts().items():
        if export not in told:
            for office in contract.dependencias:
                extension, content = untold.delivery(contract, office, seed, city)
                yield f"{office}/{export}_{LAST}.{extension}", LAST, False, content


def _layers(seed: int, city: City) -> Iterator[tuple[str, Quarter, bool, bytes]]:
    for name, content in (
        (f"implan/colonias_{LAST}.geojson", themes.colonias(city)),
        (f"implan/municipio_{LAST}.geojson", themes.municipio()),
        (f"implan/localidades_{LAST}.geojson", themes.localidades(seed)),
        (f"implan/codigos_postales_{LAST}.txt", themes.codigos_postales(city)),
        (f"seguridad/incidencia_delictiva_{LAST}.csv", themes.incidencia_delictiva(seed)),
        (f"{MA}/estaciones_calidad_aire_{LAST}.csv", themes.estaciones_calidad_aire()),
        (f"{MA}/presas_{LAST}.csv", themes.presas()),
        (f"economia/tianguis_{LAST}.geojson", themes.tianguis(city)),
    ):
        yield name, LAST, False, content
