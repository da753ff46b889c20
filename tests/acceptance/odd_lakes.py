"""Legitimate lakes of shapes that nobody draws by chance, each published, read back, and its figures counted by hand.

    python -m tests.acceptance.odd_lakes [--only NAME …] [--seed 1]

A lake is a row of stages: a day, what is dropped on it, perhaps what a person does, and then a publication. What may be dropped is
dropped as offices write it (CSV, days first); what a release then says of every target in every quarter must be what
tests/acceptance/figures_by_hand.py counts of the cells that were dropped, without looking at lake, state or marts.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ingest.landing import Identity
from ingest.receive import receive_inbox, restore
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import read_json
from publish.release import publish, rollback
from publish.verify import verify_release
from quality import gate
from tests.acceptance.figures_by_hand import (
    EXPORTS,
    TARGETS,
    Dropped,
    Known,
    Row,
    folded,
    last_day,
    published_table,
    verdicts,
)
from warehouse.build import BuildResult, build
from warehouse.closing import closed_by, missing

UT, PP, IMJU = "unidad_transparencia", "presupuesto_participativo", "imju"
OFFICES = {export: said["dependencias"] for export, said in EXPORTS.items() if said.get("indicadores")}
COMPARED = ("numerador", "denominador", "valor", "valor_al_vencimiento", "estado", "provisional", "fecha_corte")


@dataclass
class Stage:
    """What is dropped on a day, in the order of arrival, and what is done before the publication."""

    day: date
    files: list[Dropped]
    closing: str | None = None
    before: Callable[[Settings], None] = lambda _: None
    names: tuple[str, ...] = ()
    """The files' names where they are not the usual ones."""
    contents: tuple[bytes, ...] = ()
    """The files' bytes where they are not those of `as_csv`: spelt otherwise, or with rows that nobody may accept."""
    quarantined: int = 0
    """How many rows of them nobody may accept."""


# ---- cells: each export's rows, with days on which rules turn ------------------------------------------------------------


@dataclass
class Cells:
    """Draws rows of which nothing may be quarantined or found fault with: what happened happened by the day of the drop."""

    rng: random.Random
    today: date
    keys: int = 9

    def turning(self) -> list[date]:
        days = [target[name] for said in TARGETS.values() for target in said["metas"] for name in ("inicio", "vence")]
        days += [
            date(year, month, day)
            for year in (2024, 2025, 2026, 2027)
            for month, day in ((1, 1), (6, 30), (7, 1), (12, 31))
        ]
        return [day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)]

    def planned(self) -> date:
        return self.rng.choice(self.turning())

    def happened(self, after: date | None = None) -> date | None:
        days = [day for day in [*self.turning(), self.today] if day <= self.today and (after is None or day >= after)]
        return self.rng.choice(days) if days and self.rng.random() < 0.85 else None

    def one(self, *values: Any) -> Any:
        return self.rng.choice(values)

    def fixed(self, key: str) -> date:
        """A day that a key keeps whenever it comes again."""
        return random.Random(key).choice(
            [day for day in self.turning() if day <= date(2025, 1, 1)] if key < "K5" else self.turning()
        )

    def year(self) -> int:
        return self.rng.choice((2025, 2026, 2027))

    def session(self) -> Row:
        return {"fecha_programada": self.planned(), "fecha_realizada": self.happened(), "titulo": "Sesión"}

    def row(self, export: str, office: str, number: int) -> Row:
        """One row of a key; the same key has the same fixed columns whenever it comes again."""
        key = f"K{number}"
        return _document(self, key, office) if export == "documentos" else FILL[export](self, key)

    def rows(self, export: str, office: str, count: int | None = None) -> tuple[Row, ...]:
        """Rows of so many keys (by default all), each key once; all keys that others refer to are always there."""
        made = {}
        for number in range(self.keys if count is None else count):
            row = self.row(export, office, number)
            made[tuple(row.get(column) for column in EXPORTS[export]["clave"])] = row
        return tuple(made.values())


def _document(c: Cells, key: str, office: str) -> Row:
    own = [i for i in EXPORTS["documentos"]["indicadores"] if office in TARGETS[i]["responsables"]]
    bodies = ("consejo_directivo_imju", "comision_juventud", "unidad_transparencia", "cabildo_abierto_juvenil")
    valid = c.happened()
    return {
        "documento_id": key, "indicador": c.one(*own), "ejercicio": c.year(), "titulo": "Documento", "fecha_validacion": valid,
        "organos_validadores": ";".join(c.rng.sample(bodies, c.rng.randrange(1, 5))), "fecha_publicacion": c.happened(valid),
    }  # fmt: skip


def _agreement(c: Cells, key: str) -> Row:
    made = min(c.fixed(key), c.today)
    return {
        "acuerdo_id": key, "evento_id": key, "fecha_acuerdo": made, "tipo": c.one("gestion", "inmediato"), "tema": "Bacheo",
        "dependencia": "Obra Pública", "fecha_finalizacion": c.happened(made),
    }  # fmt: skip


FILL: dict[str, Callable[[Cells, str], Row]] = {
    "acuerdos": _agreement,
    "fases_proyecto": lambda c, key: {"proyecto": c.one("diagnostico_datos_abiertos", "portal_datos_abiertos"), "fase_id": key, "fase": "Fase", "fecha_programada": c.planned(), "fecha_completada": c.happened()},
    "capacitaciones": lambda c, key: {"capacitacion_id": key, "modalidad": "digital", **c.session()},
    "variables_datos_abiertos": lambda c, key: {"variable_id": key, "conjunto": "Otro conjunto", "variable": "x", "tema": c.one("areas_verdes", "emprendimiento", "otro"), "planificada": c.one(True, True, False), "periodicidad": c.one("mensual", "bimestral", "trimestral", "semestral", "anual", "sin_periodicidad"), "fecha_ultima_actualizacion": c.happened(), "fecha_publicacion": c.happened(), "url": c.one("https://leon.gob.mx/d", None)},
    "actualizaciones_datos_abiertos": lambda c, key: {"variable_id": key, "fecha_actualizacion": c.happened() or c.today},
    "elementos_interactivos": lambda c, key: {"elemento_id": key, "nombre": "Mapa", "tipo": "mapa", "fecha_programada": c.planned(), "fecha_integracion": c.happened()},
    "talleres": lambda c, key: {"taller_id": key, "fecha_programada": c.fixed(key), "fecha_realizada": c.happened(), "sede": "Sede", "tipo_sede": c.one("universidad_publica", "universidad_privada", "escuela"), "dependencias_colaboradoras": c.one(None, "SAPAL", "SAPAL;SIAP")},
    "asistencia_talleres": lambda c, key: {"taller_id": key, "asistente_id": f"P{c.rng.randrange(40)}", "edad": c.one(None, 17, 18, 30, 31), "sexo": c.one("mujer", "hombre", None)},
    "proyectos_pp": lambda c, key: {"proyecto_id": key, "nombre": "Proyecto", "tipo_espacio": c.one("escuela", "area_verde", "otro"), "financiado": c.one(True, True, False), "ejercicio_fiscal": c.year(), "fecha_carta_compromiso": c.happened()},
    "eventos_mbh": lambda c, key: {"evento_id": key, "fecha": min(c.fixed(key), c.today), "funcionarios_seguridad": c.one(0, 1, 3), "operadores_sac": c.one(0, 1, 3)},
    "encuestas_satisfaccion": lambda c, key: {"respuesta_id": key, "fecha": c.happened() or c.today, "respuesta": c.one("muy_satisfecho", "satisfecho", "satisfecho", "neutral", "no_contesta")},
    "directorio": lambda c, key: {"dependencia_id": key, "dependencia": "Oficina", "tiene_contacto_ciudadano": c.one(True, True, False), "fecha_actualizacion": c.happened()},
    "comite_seleccion": lambda c, key: {"integrante_id": key, "ejercicio": c.year(), "sector": c.one("universidad", "comite_colonos"), "institucion": "I", "fecha_integracion": c.happened()},
    "sesiones_escuela": lambda c, key: {"sesion_id": key, "eje": "emprendimiento", **c.session()},
    "mesas_trabajo": lambda c, key: {"mesa_id": key, "eje": "emprendimiento", **c.session()},
    "propuestas_cabildo": lambda c, key: {"propuesta_id": key, "ejercicio": c.year(), "tipo": c.one("politica_publica", "reforma_reglamentaria"), "eje": "emprendimiento", "titulo": "T", "fecha_entrega": c.happened(), "instancia_receptora": c.one("H. AYUNTAMIENTO", "Comisión de Juventud", "Dirección")},
}  # fmt: skip


def drop(
    cells: Cells, quarter: str, exports: dict[str, list[str]] = OFFICES, count: int | None = None
) -> list[Dropped]:
    """A delivery of each of these exports by each of its offices."""
    return [
        Dropped(office, export, quarter, cells.rows(export, office, count), cells.today)
        for export, offices in exports.items()
        for office in offices
    ]


def of_office(*offices: str) -> dict[str, list[str]]:
    mine = {export: [o for o in said if o in offices] for export, said in OFFICES.items()}
    return {export: said for export, said in mine.items() if said}


def emptied(files: list[Dropped], *exports: str) -> list[Dropped]:
    """The same deliveries, header only for these exports."""
    return [Dropped(d.office, d.export, d.quarter, () if d.export in exports else d.rows, d.day) for d in files]


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return "" if value is None else str(value)


def as_csv(delivery: Dropped, spelt: Callable[[Any], str] = text_of) -> bytes:
    """As an office writes it: the columns that any row has, and `baja`."""
    required = [
        n
        for n, said in EXPORTS[delivery.export]["columnas"].items()
        if said.get("obligatoria") or n in EXPORTS[delivery.export]["clave"]
    ]
    names = list(dict.fromkeys([*required, *(name for row in delivery.rows for name in row)]))
    names = [name for name in names if name != "dependencia_que_entrega"]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows([[spelt(row.get(name)) for name in names] for row in delivery.rows])
    return file.getvalue().encode()


# ---- lakes ---------------------------------------------------------------------------------------------------------------

LAKES: dict[str, Callable[[random.Random], Iterator[Stage]]] = {}


def lake(make: Callable[[random.Random], Iterator[Stage]]) -> Callable[[random.Random], Iterator[Stage]]:
    LAKES[make.__name__] = make
    return make


def after(quarter: str, days: int = 8) -> date:
    return last_day(quarter) + timedelta(days=days)


@lake
def one_office_only(rng: random.Random) -> Iterator[Stage]:
    """Only the institute of the young ever delivers."""
    for quarter in ("2026T1", "2026T3"):
        yield Stage(after(quarter), drop(Cells(rng, after(quarter)), quarter, of_office(IMJU)))


@lake
def first_delivery_is_of_a_late_quarter(rng: random.Random) -> Iterator[Stage]:
    """The first that ever comes is of two years ago; then the quarter before it."""
    day = date(2027, 2, 3)
    yield Stage(day, drop(Cells(rng, day), "2025T2"))
    yield Stage(day + timedelta(days=1), drop(Cells(rng, day), "2025T1", of_office(PP)))


@lake
def three_quarters_at_once_in_reversed_order(rng: random.Random) -> Iterator[Stage]:
    day = date(2026, 10, 6)
    cells = Cells(rng, day)
    yield Stage(day, [d for quarter in ("2026T3", "2026T2", "2026T1") for d in drop(cells, quarter)])


@lake
def everything_withdrawn_in_the_next_quarter(rng: random.Random) -> Iterator[Stage]:
    """Every key of every export is taken back by the quarter after it, and half of them return later."""
    first = drop(Cells(rng, after("2025T4")), "2025T4")
    yield Stage(after("2025T4"), first)
    day = after("2026T1")
    gone = [Dropped(d.office, d.export, "2026T1", tuple(row | {"baja": True} for row in d.rows), day) for d in first]
    yield Stage(day, gone)
    day = after("2026T2")
    yield Stage(day, [Dropped(d.office, d.export, "2026T2", d.rows[::2], day) for d in first])


@lake
def everything_comes_and_is_withdrawn_at_once(rng: random.Random) -> Iterator[Stage]:
    day = after("2026T1")
    first = drop(Cells(rng, day), "2025T4")
    gone = [replace(d, quarter="2026T1", rows=tuple(row | {"baja": True} for row in d.rows)) for d in first]
    yield Stage(day, [*first, *gone])


@lake
def one_row_each(rng: random.Random) -> Iterator[Stage]:
    """Every export holds exactly one row, in a quarter that began today."""
    day = date(2026, 10, 1)
    yield Stage(day, drop(Cells(rng, day), "2026T4", count=1))


@lake
def everything_corrected_in_one_day(rng: random.Random) -> Iterator[Stage]:
    """All of it comes, and on the same day all of it again with other cells, twice."""
    day = after("2026T2")
    yield Stage(day, drop(Cells(rng, day), "2026T2"))
    for _ in range(2):
        yield Stage(day, drop(Cells(rng, day), "2026T2"))


@lake
def two_offices_number_alike(rng: random.Random) -> Iterator[Stage]:
    """Documents of two offices under the same keys, one office withdrawing its own."""
    both = {"documentos": [UT, IMJU]}
    first = drop(Cells(rng, after("2025T4")), "2025T4", both)
    yield Stage(after("2025T4"), first)
    day = after("2026T1")
    mine = next(d for d in first if d.office == UT)
    yield Stage(day, [
        Dropped(UT, "documentos", "2026T1", tuple(row | {"baja": True} for row in mine.rows[::2]), day),
        Dropped(IMJU, "documentos", "2026T1", Cells(rng, day).rows("documentos", IMJU, 4), day),
    ])  # fmt: skip


@lake
def a_year_without_any_event(rng: random.Random) -> Iterator[Stage]:
    """Whole years in which nothing was held: header only, again and again, and the same header on another day."""
    for quarter in ("2025T4", "2026T4"):
        files = drop(Cells(rng, after(quarter)), quarter, of_office(PP))
        yield Stage(
            after(quarter),
            emptied(files, "eventos_mbh", "acuerdos", "encuestas_satisfaccion", "talleres", "asistencia_talleres"),
        )


@lake
def a_lake_that_begins_in_the_last_year(rng: random.Random) -> Iterator[Stage]:
    for quarter in ("2027T1", "2027T4"):
        yield Stage(after(quarter), drop(Cells(rng, after(quarter)), quarter))


@lake
def beyond_the_plan(rng: random.Random) -> Iterator[Stage]:
    """Deliveries of the year after the plan, agreements withdrawn among them: the last quarter of the plan is the last that is judged."""
    day = after("2028T2")
    first = drop(Cells(rng, day), "2027T3", of_office(PP))
    gone = [
        Dropped(d.office, d.export, "2028T2", tuple(row | {"baja": True} for row in d.rows[::2]), day) for d in first
    ]
    yield Stage(day, [*first, *gone])


@lake
def a_quarter_in_which_nobody_came(rng: random.Random) -> Iterator[Stage]:
    yield Stage(after("2025T1"), drop(Cells(rng, after("2025T1")), "2025T1"))
    yield Stage(after("2026T4", 1), drop(Cells(rng, after("2026T4", 1)), "2026T4", of_office(UT)))


@lake
def on_the_day_itself(rng: random.Random) -> Iterator[Stage]:
    """Received on the last day of the quarter and of several targets, and again on the day after: nothing to be confirmed any more."""
    for day in (date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 1)):
        yield Stage(day, drop(Cells(rng, day), "2026T3"))


@lake
def emptied_by_its_correction(rng: random.Random) -> Iterator[Stage]:
    """An office takes back all it said of a quarter, says so in the file's name, and then restores it."""
    day = after("2026T1")
    first = drop(Cells(rng, day, keys=14), "2026T1", of_office(PP))
    yield Stage(day, first)
    empty = emptied(first, *OFFICES)
    yield Stage(
        day + timedelta(days=2),
        [Dropped(d.office, d.export, d.quarter, (), day + timedelta(days=2)) for d in empty],
        names=tuple(f"{d.export}_{d.quarter}_confirmada" for d in empty),
    )
    back = day + timedelta(days=3)

    def restored(settings: Settings) -> None:
        for d in first:
            restore(settings, Identity(d.export, d.quarter, d.office), 1, "Se entregó vacío por error.")

    yield Stage(
        back, [Dropped(d.office, d.export, d.quarter, d.rows, day, restored=True) for d in first], before=restored
    )


@lake
def closed_in_the_middle_of_corrections(rng: random.Random) -> Iterator[Stage]:
    """Everything comes, one office corrects, the quarter is closed, and then come corrections of what was closed."""
    day = after("2026T1")
    yield Stage(day, [d for quarter in ("2025T4", "2026T1") for d in drop(Cells(rng, day), quarter)])
    yield Stage(day + timedelta(days=1), drop(Cells(rng, day), "2026T1", of_office(IMJU)), closing="2026T1")
    yield Stage(day + timedelta(days=2), drop(Cells(rng, day), "2025T4", of_office(PP)))
    yield Stage(after("2026T2"), drop(Cells(rng, after("2026T2")), "2026T2"))


@lake
def rolled_back_and_corrected(rng: random.Random) -> Iterator[Stage]:
    """A release is taken back with what was wrong in it, and its office corrects it."""
    day = after("2026T2")
    yield Stage(day, drop(Cells(rng, day), "2026T2"))
    yield Stage(day + timedelta(days=1), drop(Cells(rng, day), "2026T2", {"acuerdos": [PP], "mesas_trabajo": [IMJU]}))

    def back(settings: Settings) -> None:
        rollback(settings, reason="La cifra estaba mal.", person="Ana Ruiz")

    yield Stage(
        day + timedelta(days=2),
        drop(Cells(rng, day), "2026T2", {"acuerdos": [PP], "mesas_trabajo": [IMJU]}),
        before=back,
    )


@lake
def strangely_spelt(rng: random.Random) -> Iterator[Stage]:
    """Names and neighbourhoods decomposed, in capitals, with hard blanks, marks of order and other scripts; keys with blanks around."""
    import unicodedata

    strange = [
        "LEO\u0301N  I",
        "\u00a0Centro\u00a0",
        "colonia\u2009«El Ñandú»",
        "San José\u200b de los Olvera",
        "MÉXICO 68 ª SECCIÓN",
        "Čapek",
        "10 de Mayo",
        "a" * 300,
        "Á",
        "L'Hôpital-Nord",
        "Col. Ño\u0303o",
    ]
    day = after("2026T2")
    for quarter in ("2026T1", "2026T2"):
        files = []
        for d in drop(Cells(rng, day), quarter):
            rows = tuple(
                {name: rng.choice(strange) if name in ("titulo", "nombre", "sede", "tema", "fase", "institucion", "dependencia", "conjunto") and EXPORTS[d.export]["columnas"][name]["tipo"] == "texto" else value for name, value in row.items()}
                | ({"colonia": rng.choice(strange)} if "colonia" in EXPORTS[d.export]["columnas"] else {})
                for row in d.rows
            )  # fmt: skip
            files.append(Dropped(d.office, d.export, quarter, rows, day))
        yield Stage(day, files)
    assert unicodedata.normalize("NFC", strange[0]) != strange[0]


@lake
def its_own_publications(rng: random.Random) -> Iterator[Stage]:
    """Variables that are datasets of this warehouse: what counts is the log of what it published."""
    day = date(2026, 11, 30)
    green = {
        "area_id": "A1",
        "nombre": "Parque",
        "tipo": "parque",
        "estado": "bueno",
        "fecha_revision": date(2026, 11, 1),
    }
    variable = {"conjunto": "Áreas Verdes", "tema": "areas_verdes", "planificada": True, "periodicidad": "mensual"}
    variables = tuple(
        {"variable_id": f"V{n}", "variable": name, **variable}
        for n, name in enumerate(("estado", "superficie_m2", "Estado", "no existe"))
    )
    yield Stage(
        day,
        [
            Dropped("medio_ambiente", "areas_verdes", "2026T4", (green,), day),
            Dropped(UT, "variables_datos_abiertos", "2026T4", variables, day),
        ],
    )
    day = date(2026, 12, 31)
    yield Stage(day, [Dropped("medio_ambiente", "areas_verdes", "2026T4", (green, green | {"area_id": "A2"}), day)])
    day = date(2027, 1, 2)
    yield Stage(day, [Dropped(UT, "variables_datos_abiertos", "2026T4", variables[:3], day)])


@dataclass
class Idle(Cells):
    """Plans, and never does anything."""

    def happened(self, after: date | None = None) -> date | None:
        return None


@lake
def nothing_is_ever_done(rng: random.Random) -> Iterator[Stage]:
    """Everything is planned and nothing happens, until the plan's last day and past its end: all that is due is unkept."""
    for quarter, day in (("2025T4", date(2025, 12, 31)), ("2027T4", date(2027, 12, 31)), ("2028T1", date(2028, 2, 29))):
        yield Stage(day, drop(Idle(rng, day), quarter))


@lake
def nothing_but_themes(rng: random.Random) -> Iterator[Stage]:
    """No office of the plan has ever delivered: no quarter is judged."""
    day = date(2026, 5, 2)
    green = {"area_id": "A1", "nombre": "Parque", "tipo": "parque", "estado": "bueno", "fecha_revision": day}
    yield Stage(day, [Dropped("medio_ambiente", "areas_verdes", "2026T2", (green,), day)])
    yield Stage(day, drop(Cells(rng, day), "2026T1", {"directorio": [PP]}))


# ---- the proof -----------------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of a lake: what stopped it and what was otherwise than counted by hand."""

    releases: int = 0
    rows: int = 0
    aside: int = 0
    figures: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counted = f"{self.releases} releases, {self.rows} rows, {self.figures} figures, {self.aside} set aside"
        return f"{counted}, {len(self.wrong)} wrong"


@dataclass
class Life:
    """A lake that goes through its stages, and what its author knows of it."""

    folder: Path
    outcome: Outcome
    known: dict[tuple[str, str, str], list[Dropped]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    seen: dict[tuple[str, int], str] = field(default_factory=dict)
    """The verdicts that were published since the first closing."""

    tick: int = 1_700_000_000
    may_be_set_aside: bool = False
    """Whether what is found in a delivery may set it aside, as in lakes with rows that nobody may accept."""

    def settings(self, stage: Stage) -> Settings:
        """The installation on the day of a stage."""
        return Settings(
            data=self.folder, hoy=stage.day, settle_seconds=0, hmac_key=SecretStr("llave de prueba"), threads=2
        )

    def receive(self, stage: Stage, settings: Settings) -> None:
        """Drop the stage's files, in their order, and receive them: every row must be accepted."""
        shutil.rmtree(self.folder / "inbox", ignore_errors=True)
        stage.before(settings)
        settings.layout.inbox.mkdir(parents=True, exist_ok=True)
        names = stage.names or tuple(f"{d.export}_{d.quarter}" for d in stage.files)
        expected = 0
        contents = stage.contents or tuple(as_csv(d) for d in stage.files)
        for d, name, content in zip(stage.files, names, contents, strict=True):
            versions = self.known.setdefault(d.identity, [])
            versions.append(replace(d, day=d.day if d.restored else stage.day, version=len(versions) + 1))
            if d.restored:
                continue
            path = settings.layout.inbox / d.office / f"{name}.{'xlsx' if content.startswith(b'PK') else 'csv'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.tick += 10
            os.utime(path, (self.tick, self.tick))
            expected += len(d.rows)
        receipts = receive_inbox(settings)
        accepted = sum(receipt.accepted for receipt in receipts)
        self.outcome.rows += accepted
        if (accepted, sum(receipt.quarantined for receipt in receipts)) != (expected, stage.quarantined):
            self.outcome.wrong += [
                f"{r.archivo}: {r.state} {r.accepted}+{r.quarantined}/{r.rows_read} {r.reasons[:2]}" for r in receipts
            ]

    def build(self, stage: Stage, settings: Settings) -> BuildResult:
        if stage.closing is None:
            return build(settings)
        closing = Quarter.parse(stage.closing)
        lacking = missing([_Named(versions[-1]) for versions in self.known.values()], closing)
        reasons = [f"{m.export}/{m.dependencia}=No hubo nada que entregar." for m in lacking]
        return build(settings, closing, closed_by("Ana Ruiz", reasons) if reasons else None)

    def pass_through(self, stage: Stage) -> bool:
        """Whether the stage was published; what is wrong is added to the outcome."""
        settings = self.settings(stage)
        self.receive(stage, settings)
        result = self.build(stage, settings)
        if result.run_dir is None:
            self.outcome.wrong.append(f"{stage.day}: nothing was built")
            return False
        lock = read_json(result.run_dir / "inputs.lock")
        aside = {(e["export"], e["trimestre"], e["dependencia"], e["version"]): e["motivo"] for e in lock["apartadas"]}
        judged = gate.check(settings, result.run)
        stops = judged.stopped_by
        self.outcome.wrong += [f"{stage.day}: stopped by {c.id} = {c.value} {c.rows[:2]}" for c in stops]
        if stops:
            return False
        logged = list(_logged(settings))
        release = publish(settings, result.run).release
        self.outcome.releases += 1
        self.outcome.wrong += [str(problem) for problem in verify_release(settings, release)]
        if stage.closing:
            self.closed.add(stage.closing)
        mine = _hand(self.standing(aside), stage, self.closed, logged)
        _compare(settings, release, mine, f"{stage.day} {release}", self.outcome)
        self.judge_what_was_set_aside(aside, verdicts(_hand(self.standing({}), stage, self.closed, logged)))
        if self.closed:
            self.seen |= verdicts(mine)
        return True

    def standing(self, aside: Container[tuple[str, str, str, int]]) -> list[Dropped]:
        whole = [[v for v in versions if (*v.identity, v.version) not in aside] for versions in self.known.values()]
        return [versions[-1] for versions in whole if versions]

    def judge_what_was_set_aside(self, aside: dict[Any, str], otherwise: dict[tuple[str, int], str]) -> None:
        """Only what would change a verdict that was closed, or what a rollback named and nobody corrected."""
        self.outcome.aside += len(aside)
        changes = any(self.seen.get(target, verdict) != verdict for target, verdict in otherwise.items())
        for version, why in aside.items():
            if not self.may_be_set_aside and not ("veredicto" in why and changes) and "La cifra estaba mal" not in why:
                self.outcome.wrong.append(f"{version} set aside: {why}")


@dataclass(frozen=True)
class _Named:
    delivery: Dropped

    def __getattr__(self, name: str) -> Any:
        return {
            "export": self.delivery.export,
            "trimestre": self.delivery.quarter,
            "dependencia": self.delivery.office,
            "version": self.delivery.version,
        }[name]


def _hand(
    stands: list[Dropped], stage: Stage, closed: set[str], logged: list[tuple[date, str, tuple[str, ...]]]
) -> dict[Any, Any]:
    known = Known(stands, frozenset(closed), logged)
    if stage.closing:
        over = last_day(stage.closing) + timedelta(days=1)
        read = [d for d in stands if d.quarter <= stage.closing]
        known = Known(read, frozenset(closed), logged, newest=max([*(d.day for d in read), min(over, known.until)]))
    return published_table(known)


def _logged(settings: Settings) -> Iterator[tuple[date, str, tuple[str, ...]]]:
    """What was published before this release: for the days, the only thing that is read of the lake."""
    for path in sorted((settings.layout.log / "publications").glob("*.json")):
        entry = json.loads(path.read_bytes())
        for dataset in entry["datasets"]:
            if dataset["cambio"]:
                yield (
                    date.fromisoformat(entry["fecha"]),
                    folded(dataset["conjunto"]),
                    tuple(map(folded, dataset["columnas"])),
                )


def _compare(settings: Settings, release: str, mine: dict[Any, Any], where: str, outcome: Outcome) -> None:
    path = settings.layout.release(release) / "data" / "indicadores_trimestre.csv"
    with path.open(newline="") as file:
        theirs = {(r["indicador"], int(r["ejercicio"]), r["trimestre"]): r for r in csv.DictReader(file)}
    theirs = {key: row for key, row in theirs.items() if key[0] in TARGETS}
    outcome.figures += len(mine) * len(COMPARED)
    if mine.keys() != theirs.keys():
        outcome.wrong.append(f"{where}: other rows, {sorted(mine.keys() ^ theirs.keys())[:5]}")
    for key in sorted(mine.keys() & theirs.keys()):
        for name in COMPARED:
            said, counted = theirs[key][name], mine[key][name]
            same = (said == "") == (counted is None) and (counted is None or _equal(said, counted))
            if not same:
                outcome.wrong.append(f"{where} {key} {name}: published {said!r}, counted {counted!r}")


def _equal(said: str, counted: Any) -> bool:
    if isinstance(counted, bool):
        return said == str(counted).lower()
    if isinstance(counted, float):
        return float(said) == counted
    return said == str(counted)


def live(stages: Iterator[Stage], folder: Path, may_be_set_aside: bool = False) -> Outcome:
    """Let a lake go through its stages, until one is not published."""
    life = Life(folder, Outcome(), may_be_set_aside=may_be_set_aside)
    for stage in stages:
        if not life.pass_through(stage):
            break
    return life.outcome


def try_lake(name: str, folder: Path, seed: int = 1) -> Outcome:
    return live(LAKES[name](random.Random(f"{name}{seed}")), folder)


def try_all(lakes: dict[str, Callable[[Path], Outcome]]) -> int:
    """Try lakes one after the other and say what became of each and of all; the exit code."""
    total, begun = Outcome(), time.monotonic()
    for name, lake in lakes.items():
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                one = lake(Path(folder))
            except Exception as error:  # a failure of ours is counted, and the others are tried all the same
                one = Outcome(wrong=[f"{type(error).__name__}: {str(error)[:1500]}"])
        print(f"{name}: {one}; {time.monotonic() - started:.0f} s", *one.wrong[:25], sep="\n    ", flush=True)
        for said in fields(Outcome):
            setattr(total, said.name, getattr(total, said.name) + getattr(one, said.name))
    print(f"{len(lakes)} lakes, {total}; {time.monotonic() - begun:.0f} s")
    return 1 if total.wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=sorted(LAKES), choices=sorted(LAKES))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    return try_all({name: partial(try_lake, name, seed=asked.seed) for name in asked.only})


if __name__ == "__main__":
    sys.exit(main())
