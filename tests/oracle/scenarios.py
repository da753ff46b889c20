"""Random deliveries for the second opinion: many boundary days, corrections, withdrawals, gaps, late quarters, any order.

Hypothesis decides what is delivered when, in which versions and in which order; the cells are drawn from a stream that it
seeds, so that one scenario is large enough to touch every indicator at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.oracle.lake_writer import Version
from tests.oracle.second_opinion import KEYS, OFFICES, TARGETS, Delivery, Lake, LogEntry, Row, cutoff

QUARTERS = [f"{year}T{number}" for year in (2024, 2025, 2026, 2027) for number in (1, 2, 3, 4)]


def _boundary_days() -> list[date]:
    """Days on which a rule turns: due days, starts, ends of quarter, half-year, year, February; and their neighbours."""
    turning = [target[name] for entry in TARGETS.values() for target in entry["metas"] for name in ("inicio", "vence")]
    turning += [cutoff(quarter) for quarter in QUARTERS] + [date(year, 6, 30) for year in (2025, 2026, 2027)]
    turning += [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2026, 5, 31),
        date(2026, 11, 30),
        date(2025, 1, 31),
        date(2026, 3, 31),
    ]
    return sorted({day + timedelta(days=shift) for day in turning for shift in (-1, 0, 1)})


DAYS = _boundary_days()


@dataclass
class Cells:
    """Draws the cells of one scenario; in a prompt one nearly everything is done by `prompt_until`, so that targets are met."""

    rng: random.Random
    prompt_until: date | None = None

    def day(self) -> date:
        return (
            self.rng.choice(DAYS)
            if self.rng.random() < 0.6
            else date(2024, 1, 1) + timedelta(days=self.rng.randrange(4 * 365))
        )

    def maybe_day(self) -> date | None:
        if self.prompt_until is not None and self.rng.random() < 0.97:
            return self.prompt_until - timedelta(days=self.rng.randrange(60))
        return None if self.rng.random() < 0.25 else self.day()

    def year(self) -> int:
        return self.rng.choice((2025, 2026, 2026, 2027))

    def one(self, *values: object) -> object:
        return self.rng.choice(values)


def _document(c: Cells, office: str) -> Row:
    own = [i for i in ("DA-2", "DA-8", "CAJ-1", "CAJ-2", "CAJ-4", "CAJ-7") if office in TARGETS[i]["responsables"]]
    bodies = (
        "consejo_directivo_imju",
        "comision_juventud",
        "ayuntamiento",
        "unidad_transparencia",
        "cabildo_abierto_juvenil",
        "otro",
    )
    validators = c.rng.sample(bodies, c.rng.randrange(len(bodies) + 1))
    return {
        "indicador": c.one(*own), "ejercicio": c.year(), "titulo": "Documento", "fecha_validacion": c.maybe_day(),
        "organos_validadores": ";".join(validators) or None, "fecha_publicacion": c.maybe_day(), "url_publicacion": None,
    }  # fmt: skip


def _variable(c: Cells, office: str) -> Row:
    return {
        "conjunto": c.one("Áreas verdes", "tianguis", "Otro conjunto"), "variable": c.one("superficie_m2", "estado", "dia", "nombre"),
        "tema": c.one("seguridad_paz", "areas_verdes", "emprendimiento", "otro"), "planificada": c.one(True, True, False),
        "periodicidad": c.one("mensual", "bimestral", "trimestral", "semestral", "anual", "sin_periodicidad"),
        "fecha_ultima_actualizacion": c.maybe_day(), "fecha_publicacion": c.maybe_day(), "url": c.one("https://ejemplo.leon.gob.mx/d", None),
    }  # fmt: skip


def _letter(c: Cells) -> Row:
    """Signed and handed over, now and then on the same day."""
    signed = c.maybe_day()
    return {"fecha_carta_compromiso": signed, "fecha_entrega": signed if c.rng.random() < 0.3 else c.maybe_day()}


def _session(c: Cells, office: str) -> Row:
    return {
        "titulo": "Sesión",
        "eje": "emprendimiento",
        "fecha_programada": c.day(),
        "fecha_realizada": c.maybe_day(),
        "asistentes": None,
    }


FILL: dict[str, Callable[[Cells, str], Row]] = {
    "fases_proyecto": lambda c, _: {"fase": "Fase", "fecha_programada": c.day(), "fecha_completada": c.maybe_day()},
    "documentos": _document,
    "capacitaciones": lambda c, _: {"titulo": "Curso", "modalidad": "digital", "fecha_programada": c.day(), "fecha_realizada": c.maybe_day()},
    "variables_datos_abiertos": _variable,
    "actualizaciones_datos_abiertos": lambda c, _: {"periodo": None},
    "elementos_interactivos": lambda c, _: {"nombre": "Mapa", "tipo": "mapa", "fecha_programada": c.day(), "fecha_integracion": c.maybe_day()},
    "talleres": lambda c, _: {
        "fecha_programada": c.day(), "fecha_realizada": c.maybe_day(), "sede": "Sede",
        "tipo_sede": c.one("universidad_publica", "universidad_privada", "escuela", "colonia"), "dependencias_colaboradoras": c.one(None, "SAPAL", "SAPAL;SIAP"),
    },
    "asistencia_talleres": lambda c, _: {"edad": c.one(None, 0, 17, 18, 19, 30, 31, 60), "sexo": c.one("mujer", "hombre", None)},
    "proyectos_pp": lambda c, _: {
        "nombre": "Proyecto", "tipo_espacio": c.one("escuela", "area_verde", "otro"), "financiado": c.one(True, True, False), "ejercicio_fiscal": c.year(),
        "monto_mxn": Decimal("1000.50"), **_letter(c),
    },
    "eventos_mbh": lambda c, _: {"fecha": c.day(), "funcionarios_seguridad": c.one(0, 1, 3), "operadores_sac": c.one(0, 1, 3)},
    "acuerdos": lambda c, _: {"evento_id": c.one("E1", "E2", "E3"), "fecha_acuerdo": c.day(), "tipo": c.one("gestion", "inmediato"), "tema": "Bacheo", "dependencia": "OP", "fecha_finalizacion": c.maybe_day()},
    "encuestas_satisfaccion": lambda c, _: {"fecha": c.day(), "acuerdo_id": c.one(None, "A1"), "respuesta": c.one("muy_satisfecho", "satisfecho", "satisfecho", "neutral", "insatisfecho", "no_contesta")},
    "directorio": lambda c, _: {"dependencia": "Oficina", "tiene_contacto_ciudadano": c.one(True, True, False), "fecha_actualizacion": c.maybe_day()},
    "comite_seleccion": lambda c, _: {"ejercicio": c.year(), "sector": c.one("universidad", "comite_colonos", "otro"), "institucion": "I", "fecha_integracion": c.maybe_day()},
    "sesiones_escuela": _session,
    "mesas_trabajo": _session,
    "propuestas_cabildo": lambda c, _: {
        "ejercicio": c.year(), "tipo": c.one("politica_publica", "reforma_reglamentaria"), "eje": "emprendimiento", "titulo": "T", "fecha_entrega": c.maybe_day(),
        "instancia_receptora": c.one("Ayuntamiento", "H. AYUNTAMIENTO de León", "Comisión de Juventud", "Dirección General de Educación", None),
    },
}  # fmt: skip


def _key(export: str, c: Cells, keys: int) -> Row:
    number = c.rng.randrange(keys)
    match export:
        case "fases_proyecto":
            return {
                "proyecto": c.one("diagnostico_datos_abiertos", "portal_datos_abiertos"),
                "fase_id": f"F{number % 8}",
            }
        case "actualizaciones_datos_abiertos":
            return {"variable_id": f"K{number}", "fecha_actualizacion": c.day()}
        case "asistencia_talleres":
            return {"taller_id": f"K{number % 12}", "asistente_id": f"{c.rng.randrange(3 * keys):032x}"}
    return {next(column for column in KEYS[export] if column != "dependencia_que_entrega"): f"K{number}"}


def _rows(export: str, office: str, c: Cells, count: int, keys: int) -> tuple[Row, ...]:
    rows: dict[tuple[object, ...], Row] = {}
    for _ in range(count):
        row = _key(export, c, keys) | FILL[export](c, office) | {"baja": c.rng.random() < 0.08}
        rows[tuple(row.get(column) for column in KEYS[export])] = row
    return tuple(rows.values())


@dataclass(frozen=True, repr=False)
class Scenario:
    """What was delivered, in the order of arrival, and what the second opinion gets to see of it."""

    versions: tuple[Version, ...]
    log: tuple[LogEntry, ...]

    def __repr__(self) -> str:
        rows = sum(len(version.delivery.rows) for version in self.versions)
        return f"<{len(self.versions)} versions with {rows} rows, {len(self.log)} entries in the log>"

    @property
    def lake(self) -> Lake:
        newest: dict[tuple[str, str, str], Version] = {}
        for version in self.versions:
            d = version.delivery
            identity = (d.export, d.trimestre, d.dependencia)
            if version.stands and (identity not in newest or version.number > newest[identity].number):
                newest[identity] = version
        return Lake([version.delivery for version in newest.values()], list(self.log))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Deliveries of every export for a random span of quarters, with gaps, corrections and withdrawals, in random order."""
    cells = Cells(draw(st.randoms(use_true_random=True)))
    cells.prompt_until = draw(
        st.sampled_from((None, date(2025, 8, 31), date(2025, 12, 1), date(2026, 8, 31), date(2027, 2, 28)))
    )
    last = draw(st.sampled_from((15, 11, 10, 14, 9, 12, 8, 7, 13, 3)))
    first = draw(st.integers(0, min(last, 6)))
    share = draw(st.sampled_from((0.7, 0.95, 0.4)))  # how many of the deliveries came
    absent = draw(st.sets(st.sampled_from(sorted(KEYS)), max_size=3))
    keys = draw(st.sampled_from((25, 8, 60, 3)))
    early = draw(st.booleans())  # everything received while its quarter ran: the last one is judged before its end
    versions = []
    for export in sorted(KEYS.keys() - absent):
        for office in OFFICES[export]:
            for quarter in QUARTERS[first : last + 1]:
                if cells.rng.random() > share:
                    continue
                versions += _versions(export, office, quarter, cells, keys, early)
    if not any(version.stands for version in versions):
        quarter = QUARTERS[last]
        versions.append(
            Version(
                Delivery("acuerdos", OFFICES["acuerdos"][0], quarter, (), cutoff(quarter) + timedelta(days=5)), number=9
            )
        )
    return Scenario(tuple(draw(st.permutations(versions))), _log(cells))


def _versions(export: str, office: str, quarter: str, c: Cells, keys: int, early: bool) -> list[Version]:
    """One to three versions of a delivery; the newest one may be a file of which nothing could be taken."""
    made = []
    for number in range(1, c.rng.choice((1, 1, 1, 2, 3)) + 1):
        received = cutoff(quarter) + timedelta(days=-c.rng.randrange(90) if early else c.rng.randrange(1, 40))
        delivery = Delivery(
            export,
            office,
            quarter,
            _rows(export, office, c, c.rng.choice((0, 2, keys, keys, 2 * keys)), keys),
            received,
        )
        made.append(Version(delivery, number, stands=number == 1 or c.rng.random() < 0.7))
    return made


def _log(c: Cells) -> tuple[LogEntry, ...]:
    datasets: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("areas_verdes", ("estado", "superficie_m2")), ("tianguis", ()), ("colonias", ("nombre",)),
    )  # fmt: skip
    return tuple(
        LogEntry(c.day(), dataset, columns, c.rng.random() < 0.7)
        for _ in range(c.rng.randrange(6))
        for dataset, columns in (c.rng.choice(datasets),)
    )
