"""The plan's figures counted by hand: rules.md, "Value of an indicator" and "Status at a quarter", read anew in plain Python.

It counts what was dropped (the cells that a lake's author wrote), not what a lake holds: reading, landing, versions, state and
figures are all between it and the published file that it is held against (tests/acceptance/odd_lakes.py).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

SPEC = Path(__file__).resolve().parents[3] / "shared" / "spec"
Row = dict[str, Any]
Published = dict[tuple[str, int, str], dict[str, Any]]
MONTHS = {"mensual": 1, "bimestral": 2, "trimestral": 3, "semestral": 6, "anual": 12}
QUARTERS = [f"{year}T{number}" for year in (2025, 2026, 2027) for number in (1, 2, 3, 4)]
TARGETS: dict[str, Any] = yaml.safe_load((SPEC / "indicators.yaml").read_text())["indicadores"]
EXPORTS: dict[str, Any] = yaml.safe_load((SPEC / "exports.yaml").read_text())["exports"]


@dataclass(frozen=True)
class Dropped:
    """A delivery as its office wrote it: rows of Python values, the day on which it came, and which version it became."""

    office: str
    export: str
    quarter: str
    rows: tuple[Row, ...]
    day: date
    version: int = 1
    restored: bool = False
    """It stands again without being dropped."""

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.export, self.quarter, self.office


@dataclass
class Known:
    """What a release knows: what stands, the closed quarters, and which datasets were published on which days."""

    standing: list[Dropped]
    closed: frozenset[str] = frozenset()
    logged: list[tuple[date, str, tuple[str, ...]]] = field(default_factory=list)
    newest: date | None = None
    """The day of the newest delivery, where a closing release sees another one than those that stand say."""

    @property
    def until(self) -> date:
        return self.newest or max(d.day for d in self.standing)


def last_day(quarter: str) -> date:
    year, number = int(quarter[:4]), int(quarter[5])
    return date(year, number * 3, calendar.monthrange(year, number * 3)[1])


def quarter_of(day: date) -> str:
    return f"{day.year}T{(day.month + 2) // 3}"


def as_of(known: Known, export: str, quarter: str) -> list[Row]:
    """The state: for each key the row of the newest delivery not after `quarter` that holds it, without the withdrawn ones."""
    rows: dict[tuple[Any, ...], Row] = {}
    ours = [d for d in known.standing if d.export == export and d.quarter <= quarter]
    for delivery in sorted(ours, key=lambda d: d.quarter):
        for row in delivery.rows:
            seen = row | {"dependencia_que_entrega": delivery.office}
            rows[tuple(seen.get(column) for column in EXPORTS[export]["clave"])] = seen
    return [row for row in rows.values() if not row.get("baja")]


def folded(text: str) -> str:
    plain = str.maketrans("áéíóúü", "aeiouu")
    return "_".join(text.lower().translate(plain).split())


@dataclass
class Count:
    """Numerator and denominator of one target at one day."""

    known: Known
    indicator: str
    year: int
    begins: date
    due: date
    quarter: str
    day: date

    def rows(self, export: str) -> list[Row]:
        return as_of(self.known, export, self.quarter)

    def done(self, row: Row, column: str) -> date | None:
        """A thing that happened after the day has not happened yet."""
        day: date | None = row.get(column)
        return day if day is not None and day <= self.day else None

    def within(self, row: Row, column: str) -> bool:
        day = self.done(row, column)
        return day is not None and day.year == self.year

    def share(self, rows: Iterable[Row], counts: Callable[[Row], Any]) -> tuple[int, int]:
        rows = list(rows)
        return sum(bool(counts(row)) for row in rows), len(rows)

    def delivered(self, export: str) -> int:
        offices = set(EXPORTS[export]["dependencias"]) & set(TARGETS[self.indicator]["responsables"])
        return int(
            any(d.export == export and d.office in offices and d.quarter <= self.quarter for d in self.known.standing)
        )

    def phases(self, project: str) -> tuple[int, int]:
        done, made = self.share(
            (row for row in self.rows("fases_proyecto") if row["proyecto"] == project),
            lambda row: self.done(row, "fecha_completada"),
        )
        return done, max(made, TARGETS[self.indicator]["fases_plan"])

    def document(self, *needed: str) -> tuple[int, int]:
        office = self.delivered("documentos")
        found = any(
            row["indicador"] == self.indicator and row["ejercicio"] == self.year
            and self.done(row, "fecha_validacion") and self.done(row, "fecha_publicacion")
            and set(needed) <= set((row.get("organos_validadores") or "").split(";"))
            for row in self.rows("documentos")
        )  # fmt: skip
        return int(bool(found)), office

    def planned(self, export: str) -> tuple[int, int]:
        rows = [row for row in self.rows(export) if row["fecha_programada"].year == self.year]
        return self.share(rows, lambda row: self.done(row, "fecha_realizada"))

    def published_on(self, row: Row) -> list[date]:
        return [
            day
            for day, dataset, columns in self.known.logged
            if dataset == folded(row["conjunto"])
            and (not columns or folded(row["variable"]) in columns)
            and day <= self.day
        ]

    def updated(self) -> tuple[int, int]:
        log = self.rows("actualizaciones_datos_abiertos")

        def current(row: Row) -> bool:
            days = [self.done(e, "fecha_actualizacion") for e in log if e["variable_id"] == row["variable_id"]]
            known = [
                day for day in [*days, self.done(row, "fecha_ultima_actualizacion"), *self.published_on(row)] if day
            ]
            return bool(known) and max(known) > months_back(self.day, MONTHS[row["periodicidad"]])

        rows = [r for r in self.rows("variables_datos_abiertos") if r["periodicidad"] != "sin_periodicidad"]
        return self.share(rows, current)

    def published(self) -> tuple[int, int]:
        rows = [r for r in self.rows("variables_datos_abiertos") if r["planificada"] and r["tema"] != "otro"]
        return self.share(rows, lambda r: (self.done(r, "fecha_publicacion") and r.get("url")) or self.published_on(r))

    def attendances(self, held: Callable[[Row], bool]) -> list[Row]:
        workshops = {row["taller_id"] for row in self.rows("talleres") if held(row)}
        return [row for row in self.rows("asistencia_talleres") if row["taller_id"] in workshops]

    def growth(self) -> tuple[int, int]:
        def in_year(year: int) -> int:
            return len(
                self.attendances(lambda w: (d := self.done(w, "fecha_realizada")) is not None and d.year == year)
            )

        return in_year(self.year), in_year(self.year - 1)

    def young(self) -> tuple[int, int]:
        end = min(self.day, self.due)
        came = self.attendances(lambda w: (d := w.get("fecha_realizada")) is not None and self.begins <= d <= end)
        young = {row["asistente_id"] for row in came if row.get("edad") is not None and 18 <= row["edad"] <= 30}
        return len(young), len({row["asistente_id"] for row in came})

    def directory(self) -> tuple[int, int]:
        end = min(self.day, date(self.year, 12, 31))
        if end < date(self.year, 1, 1):
            return 0, 0
        half = date(end.year, 1 if end.month <= 6 else 7, 1)
        rows = [row for row in self.rows("directorio") if row["tiene_contacto_ciudadano"]]
        return self.share(rows, lambda row: (d := row.get("fecha_actualizacion")) is not None and half <= d <= end)

    def committee(self) -> tuple[int, int]:
        sectors = {
            row["sector"]
            for row in self.rows("comite_seleccion")
            if row["ejercicio"] == self.year and self.done(row, "fecha_integracion")
        }
        return int({"universidad", "comite_colonos"} <= sectors), self.delivered("comite_seleccion")

    def proposals(self) -> tuple[int, int]:
        kinds = {
            row["tipo"]
            for row in self.rows("propuestas_cabildo")
            if row["ejercicio"] == self.year and self.done(row, "fecha_entrega")
            and any(word in folded(row.get("instancia_receptora") or "") for word in ("ayuntamiento", "comision"))
        }  # fmt: skip
        return int(len(kinds) == 2), self.delivered("propuestas_cabildo")

    def events(self, who: str) -> tuple[int, int]:
        return self.share((r for r in self.rows("eventos_mbh") if self.within(r, "fecha")), lambda r: r[who] >= 1)

    def interactive(self) -> tuple[int, int]:
        rows = [row for row in self.rows("elementos_interactivos") if row["fecha_programada"] <= self.due]
        return self.share(rows, lambda row: self.done(row, "fecha_integracion"))

    def accompanied(self) -> tuple[int, int]:
        planned = [row for row in self.rows("talleres") if row["fecha_programada"].year == self.year]
        rows = [row for row in planned if row["fecha_programada"] <= self.due]
        return self.share(rows, lambda r: self.done(r, "fecha_realizada") and r.get("dependencias_colaboradoras"))

    def letters(self) -> tuple[int, int]:
        financed = [row for row in self.rows("proyectos_pp") if row["financiado"] and row["tipo_espacio"] != "otro"]
        rows = [row for row in financed if row["ejercicio_fiscal"] == self.year]
        return self.share(rows, lambda row: self.done(row, "fecha_carta_compromiso"))

    def at_universities(self) -> tuple[int, int]:
        rows = [row for row in self.rows("talleres") if self.begins <= row["fecha_programada"] <= self.due]
        return self.share(rows, lambda r: self.done(r, "fecha_realizada") and r["tipo_sede"].startswith("universidad_"))

    def satisfied(self) -> tuple[int, int]:
        answers = [row for row in self.rows("encuestas_satisfaccion") if row["respuesta"] != "no_contesta"]
        rows = [row for row in answers if self.within(row, "fecha")]
        return self.share(rows, lambda row: row["respuesta"] in ("satisfecho", "muy_satisfecho"))

    def settled(self) -> tuple[int, int]:
        rows = [row for row in self.rows("acuerdos") if self.within(row, "fecha_acuerdo")]
        return self.share(rows, lambda row: self.within(row, "fecha_finalizacion"))

    def counted(self) -> tuple[int, int]:
        return RULES[self.indicator](self)


RULES: dict[str, Callable[[Count], tuple[int, int]]] = {
    "DA-1": lambda c: c.phases("diagnostico_datos_abiertos"),
    "DA-2": lambda c: c.document("unidad_transparencia"),
    "DA-3": lambda c: c.planned("capacitaciones"),
    "DA-4": lambda c: c.phases("portal_datos_abiertos"),
    "DA-5": Count.updated,
    "DA-6": Count.published,
    "DA-7": Count.interactive,
    "DA-8": lambda c: c.document("unidad_transparencia"),
    "PP-1": Count.growth,
    "PP-2": Count.accompanied,
    "PP-3": Count.letters,
    "PP-4": Count.young,
    "PP-5": Count.at_universities,
    "MBH-1": Count.satisfied,
    "MBH-2": Count.settled,
    "MBH-3": Count.directory,
    "MBH-4": lambda c: c.events("funcionarios_seguridad"),
    "MBH-5": lambda c: c.events("operadores_sac"),
    "CAJ-1": lambda c: c.document("consejo_directivo_imju", "comision_juventud"),
    "CAJ-2": lambda c: c.document(),
    "CAJ-3": Count.committee,
    "CAJ-4": lambda c: c.document(),
    "CAJ-5": lambda c: c.planned("sesiones_escuela"),
    "CAJ-6": lambda c: c.planned("mesas_trabajo"),
    "CAJ-7": lambda c: c.document("cabildo_abierto_juvenil"),
    "CAJ-8": Count.proposals,
}


def months_back(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def published_table(known: Known) -> Published:
    """Every row of `indicadores_trimestre` that rules.md asks for."""
    of_indicators = [d.quarter for d in known.standing if EXPORTS[d.export].get("indicadores")]
    last = min(max(of_indicators, default=""), QUARTERS[-1])
    table: Published = {}
    for indicator, said in TARGETS.items():
        for target in said["metas"]:
            for quarter in (q for q in QUARTERS if q <= last):
                table[indicator, target["ejercicio"], quarter] = _judged(known, indicator, target, quarter)
    return table


def _judged(known: Known, indicator: str, target: dict[str, Any], quarter: str) -> dict[str, Any]:
    due, begins = target["vence"], target["inicio"]
    ends = last_day(quarter)
    cut = ends if quarter in known.closed else min(ends, known.until)

    def at(as_of_quarter: str, day: date) -> tuple[float | None, bool, tuple[int, int]]:
        part, whole = Count(known, indicator, target["ejercicio"], begins, due, as_of_quarter, day).counted()
        if whole == 0:
            return None, False, (part, whole)
        met = 100 * part > target["meta"] * whole if target["op"] == ">" else 100 * part >= target["meta"] * whole
        return 100 * part / whole, met, (part, whole)

    value, meets, counts = at(quarter, cut)
    at_due, met_at_due, _ = at(quarter_of(due), due) if cut >= due else (None, False, (0, 0))
    if cut < due:
        status = (
            "en_meta" if meets else "no_iniciada" if cut < begins else "sin_datos" if value is None else "en_proceso"
        )
    elif met_at_due:
        status = "cumplida"
    elif meets:
        status = "cumplida_con_retraso"
    else:
        status = "sin_datos" if value is None and at_due is None else "incumplida"
    period = quarter_of(due) if cut >= due else quarter
    lacking = any(
        not any(
            (d.export, d.quarter) == (source, period)
            and d.office in EXPORTS[source]["dependencias"] and d.office in TARGETS[indicator]["responsables"]
            for d in known.standing
        )
        for source in TARGETS[indicator]["fuentes"]
    )  # fmt: skip
    return {
        "numerador": counts[0], "denominador": counts[1], "valor": value, "valor_al_vencimiento": at_due, "estado": status,
        "provisional": lacking or known.until <= last_day(period), "fecha_corte": cut,
    }  # fmt: skip


def verdicts(table: Published) -> dict[tuple[str, int], str]:
    """The verdict on each target that is due: that of the newest quarter."""
    final = {}
    for (indicator, year, _), row in sorted(table.items(), key=lambda item: item[0][2]):
        if row["estado"] in ("cumplida", "cumplida_con_retraso", "incumplida"):
            final[indicator, year] = str(row["estado"])
    return final
