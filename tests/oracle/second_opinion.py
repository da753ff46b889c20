"""A second opinion on indicadores_trimestre: rules.md once more, in plain Python over rows, as naively as it can be said.

Written from rules.md alone. No SQL, no intervals of quarters, no cleverness: for every target and quarter the state is put
together again and counted again. It knows nothing of how dbt does it, and that is its whole worth.
"""

from __future__ import annotations

import calendar
import operator
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]

TARGETS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "targets.yaml").read_text())
OPERATORS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt}

# exports.yaml: the key, and the offices that owe the export, for every export with `indicadores`.
KEYS: dict[str, tuple[str, ...]] = {
    "fases_proyecto": ("proyecto", "fase_id"),
    "documentos": ("dependencia_que_entrega", "documento_id"),
    "capacitaciones": ("capacitacion_id",),
    "variables_datos_abiertos": ("variable_id",),
    "actualizaciones_datos_abiertos": ("variable_id", "fecha_actualizacion"),
    "elementos_interactivos": ("elemento_id",),
    "talleres": ("taller_id",),
    "asistencia_talleres": ("taller_id", "asistente_id"),
    "proyectos_pp": ("proyecto_id",),
    "eventos_mbh": ("evento_id",),
    "acuerdos": ("acuerdo_id",),
    "encuestas_satisfaccion": ("respuesta_id",),
    "directorio": ("dependencia_id",),
    "comite_seleccion": ("integrante_id",),
    "sesiones_escuela": ("sesion_id",),
    "mesas_trabajo": ("mesa_id",),
    "propuestas_cabildo": ("propuesta_id",),
}
UT, PP, IMJU = "unidad_transparencia", "presupuesto_participativo", "imju"
OFFICES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(KEYS, (PP,)),
    **dict.fromkeys(("fases_proyecto", "capacitaciones", "variables_datos_abiertos", "actualizaciones_datos_abiertos", "elementos_interactivos"), (UT,)),
    **dict.fromkeys(("comite_seleccion", "sesiones_escuela", "mesas_trabajo", "propuestas_cabildo"), (IMJU,)),
    "documentos": (UT, IMJU),
}  # fmt: skip
MONTHS = {"mensual": 1, "bimestral": 2, "trimestral": 3, "semestral": 6, "anual": 12}


@dataclass(frozen=True)
class Delivery:
    """A standing delivery: its accepted rows as landed (`baja` among the columns)."""

    export: str
    dependencia: str
    trimestre: str
    rows: tuple[Row, ...]
    received_on: date


@dataclass(frozen=True)
class LogEntry:
    """One dataset of one release; it counts when its rows differed from the release before. No columns listed means all."""

    fecha: date
    conjunto: str
    columnas: tuple[str, ...] = ()
    cambio: bool = True


@dataclass
class Lake:
    deliveries: list[Delivery]
    log: list[LogEntry] = field(default_factory=list)
    _states: dict[tuple[str, str], list[Row]] = field(default_factory=dict, repr=False)

    def has_delivery(self, export: str, offices: Iterable[str], quarters: Callable[[str], bool]) -> bool:
        return any(d.export == export and d.dependencia in offices and quarters(d.trimestre) for d in self.deliveries)

    def state(self, export: str, quarter: str) -> list[Row]:
        """The state as of `quarter`: per key the row of the delivery with the greatest quarter that holds it, unless withdrawn.

        Texts of quarters compare as the quarters do. Remembered, because every target asks again.
        """
        if (export, quarter) not in self._states:
            self._states[export, quarter] = self._put_together(export, quarter)
        return self._states[export, quarter]

    def _put_together(self, export: str, quarter: str) -> list[Row]:
        standing: dict[tuple[Any, ...], Row] = {}
        for delivery in sorted(self.deliveries, key=lambda d: d.trimestre):
            if delivery.export != export or delivery.trimestre > quarter:
                continue
            for row in delivery.rows:
                whole = row | {"dependencia_que_entrega": delivery.dependencia}
                standing[tuple(whole[column] for column in KEYS[export])] = whole
        return [row for row in standing.values() if not row.get("baja")]


@dataclass(frozen=True)
class Question:
    """One evaluation: indicator i, exercise y with its first and its due day, at day d, on the state as of a quarter."""

    indicador: str
    ejercicio: int
    inicio: date
    vence: date
    day: date
    quarter: str
    lake: Lake

    def rows(self, export: str) -> list[Row]:
        return self.lake.state(export, self.quarter)

    def done(self, day: date | None) -> bool:
        """A date of something that happened, seen from the day of evaluation."""
        return day is not None and day <= self.day

    def done_in_year(self, day: date | None) -> bool:
        return day is not None and day <= self.day and day.year == self.ejercicio


def cutoff(quarter: str) -> date:
    year, number = int(quarter[:4]), int(quarter[5])
    return date(year, 3 * number, calendar.monthrange(year, 3 * number)[1])


def judged_on(lake: Lake, quarter: str) -> date:
    """`fecha_corte` where no quarter was closed: of days after the newest receipt nobody knows anything yet."""
    return min(cutoff(quarter), max(d.received_on for d in lake.deliveries))


def quarter_of(day: date) -> str:
    return f"{day.year}T{(day.month + 2) // 3}"


def quarters_between(first: str, last: str) -> list[str]:
    return [q for year in range(2025, 2028) for number in (1, 2, 3, 4) if first <= (q := f"{year}T{number}") <= last]


def months_before(day: date, months: int) -> date:
    """So many calendar months earlier, the day clipped to the month's end."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def folded(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return "_".join(plain.lower().replace("_", " ").replace("-", " ").split())


def listed(value: str | None) -> set[str]:
    return set(value.split(";")) if value else set()


# ---- the table of rules.md, one function a row; each returns (numerador, denominador)

Counts = tuple[int, int]


def phases(q: Question, project: str, planned: int) -> Counts:
    rows = [r for r in q.rows("fases_proyecto") if r["proyecto"] == project]
    return sum(q.done(r["fecha_completada"]) for r in rows), max(planned, len(rows))


def document(q: Question, validators: frozenset[str] = frozenset()) -> Counts:
    offices = TARGETS[q.indicador]["responsables"]
    if not q.lake.has_delivery("documentos", offices, lambda t: t <= q.quarter):
        return 0, 0
    for r in q.rows("documentos"):
        if r["indicador"] != q.indicador or r["ejercicio"] != q.ejercicio:
            continue
        if (
            q.done(r["fecha_validacion"])
            and q.done(r["fecha_publicacion"])
            and validators <= listed(r["organos_validadores"])
        ):
            return 1, 1
    return 0, 1


def held_of_planned(q: Question, export: str) -> Counts:
    rows = [r for r in q.rows(export) if r["fecha_programada"].year == q.ejercicio]
    return sum(q.done(r["fecha_realizada"]) for r in rows), len(rows)


def with_a_technical_office(q: Question) -> Counts:
    rows = [
        r for r in q.rows("talleres") if r["fecha_programada"].year == q.ejercicio and r["fecha_programada"] <= q.vence
    ]
    return sum(q.done(r["fecha_realizada"]) and bool(listed(r["dependencias_colaboradoras"])) for r in rows), len(rows)


def at_universities(q: Question) -> Counts:
    rows = [r for r in q.rows("talleres") if q.inicio <= r["fecha_programada"] <= q.vence]
    venues = ("universidad_publica", "universidad_privada")
    return sum(q.done(r["fecha_realizada"]) and r["tipo_sede"] in venues for r in rows), len(rows)


def log_of(q: Question, variable: Row) -> list[date]:
    """Days up to the day of evaluation on which the warehouse published this variable anew."""
    days = []
    for entry in q.lake.log:
        if not entry.cambio:
            continue
        same_dataset = folded(variable["conjunto"]) == entry.conjunto
        if (
            same_dataset
            and (not entry.columnas or folded(variable["variable"]) in entry.columnas)
            and entry.fecha <= q.day
        ):
            days.append(entry.fecha)
    return days


def up_to_date(q: Question) -> Counts:
    variables = [r for r in q.rows("variables_datos_abiertos") if r["periodicidad"] != "sin_periodicidad"]
    return sum(last_update(q, v) > months_before(q.day, MONTHS[v["periodicidad"]]) for v in variables), len(variables)


def last_update(q: Question, variable: Row) -> date:
    """The latest day up to the day of evaluation on which the variable was updated, from whatever source; long ago when none."""
    days = log_of(q, variable)
    days += [
        r["fecha_actualizacion"]
        for r in q.rows("actualizaciones_datos_abiertos")
        if r["variable_id"] == variable["variable_id"] and q.done(r["fecha_actualizacion"])
    ]
    if q.done(variable["fecha_ultima_actualizacion"]):
        days.append(variable["fecha_ultima_actualizacion"])
    return max(days, default=date.min)


def published_variables(q: Question) -> Counts:
    variables = [r for r in q.rows("variables_datos_abiertos") if r["planificada"] and r["tema"] != "otro"]
    out = [r for r in variables if (q.done(r["fecha_publicacion"]) and r["url"]) or log_of(q, r)]
    return len(out), len(variables)


def interactive_elements(q: Question) -> Counts:
    rows = [r for r in q.rows("elementos_interactivos") if r["fecha_programada"] <= q.vence]
    return sum(q.done(r["fecha_integracion"]) for r in rows), len(rows)


def attendances_against_last_year(q: Question) -> Counts:
    held = {r["taller_id"]: r["fecha_realizada"].year for r in q.rows("talleres") if q.done(r["fecha_realizada"])}
    years = [held.get(r["taller_id"]) for r in q.rows("asistencia_talleres")]
    return years.count(q.ejercicio), years.count(q.ejercicio - 1)


def young_people(q: Question) -> Counts:
    last = min(q.day, q.vence)
    held = {
        r["taller_id"] for r in q.rows("talleres") if r["fecha_realizada"] and q.inicio <= r["fecha_realizada"] <= last
    }
    rows = [r for r in q.rows("asistencia_talleres") if r["taller_id"] in held]
    everybody = {r["asistente_id"] for r in rows}
    young = {r["asistente_id"] for r in rows if r["edad"] is not None and 18 <= r["edad"] <= 30}
    return len(young), len(everybody)


def letters(q: Question) -> Counts:
    rows = [
        r
        for r in q.rows("proyectos_pp")
        if r["ejercicio_fiscal"] == q.ejercicio and r["financiado"] and r["tipo_espacio"] != "otro"
    ]
    return sum(q.done(r["fecha_carta_compromiso"]) for r in rows), len(rows)


def satisfaction(q: Question) -> Counts:
    rows = [
        r for r in q.rows("encuestas_satisfaccion") if q.done_in_year(r["fecha"]) and r["respuesta"] != "no_contesta"
    ]
    return sum(r["respuesta"] in ("satisfecho", "muy_satisfecho") for r in rows), len(rows)


def agreements(q: Question) -> Counts:
    rows = [r for r in q.rows("acuerdos") if q.done_in_year(r["fecha_acuerdo"])]
    return sum(q.done_in_year(r["fecha_finalizacion"]) for r in rows), len(rows)


def directory(q: Question) -> Counts:
    e = min(q.day, date(q.ejercicio, 12, 31))
    if e < date(q.ejercicio, 1, 1):
        return 0, 0
    half_year = date(e.year, 1 if e.month <= 6 else 7, 1)
    rows = [r for r in q.rows("directorio") if r["tiene_contacto_ciudadano"]]
    return sum(r["fecha_actualizacion"] is not None and half_year <= r["fecha_actualizacion"] <= e for r in rows), len(
        rows
    )


def events_with(q: Question, column: str) -> Counts:
    rows = [r for r in q.rows("eventos_mbh") if q.done_in_year(r["fecha"])]
    return sum(r[column] >= 1 for r in rows), len(rows)


def received_by_the_council(proposal: Row) -> bool:
    """Delivered to the Ayuntamiento or to one of its commissions."""
    body = folded(proposal["instancia_receptora"] or "")
    return "ayuntamiento" in body or "comision" in body


def both_present(q: Question, export: str, column: str, needed: set[str], counts: Callable[[Row], bool]) -> Counts:
    if not q.lake.has_delivery(export, (IMJU,), lambda t: t <= q.quarter):
        return 0, 0
    found = {r[column] for r in q.rows(export) if r["ejercicio"] == q.ejercicio and counts(r)}
    return int(needed <= found), 1


RULES: dict[str, Callable[[Question], Counts]] = {
    "DA-1": lambda q: phases(q, "diagnostico_datos_abiertos", 4),
    "DA-2": lambda q: document(q, frozenset({"unidad_transparencia"})),
    "DA-3": lambda q: held_of_planned(q, "capacitaciones"),
    "DA-4": lambda q: phases(q, "portal_datos_abiertos", 5),
    "DA-5": up_to_date,
    "DA-6": published_variables,
    "DA-7": interactive_elements,
    "DA-8": lambda q: document(q, frozenset({"unidad_transparencia"})),
    "PP-1": attendances_against_last_year,
    "PP-2": with_a_technical_office,
    "PP-3": letters,
    "PP-4": young_people,
    "PP-5": at_universities,
    "MBH-1": satisfaction,
    "MBH-2": agreements,
    "MBH-3": directory,
    "MBH-4": lambda q: events_with(q, "funcionarios_seguridad"),
    "MBH-5": lambda q: events_with(q, "operadores_sac"),
    "CAJ-1": lambda q: document(q, frozenset({"consejo_directivo_imju", "comision_juventud"})),
    "CAJ-2": document,
    "CAJ-3": lambda q: both_present(q, "comite_seleccion", "sector", {"universidad", "comite_colonos"}, lambda r: q.done(r["fecha_integracion"])),
    "CAJ-4": document,
    "CAJ-5": lambda q: held_of_planned(q, "sesiones_escuela"),
    "CAJ-6": lambda q: held_of_planned(q, "mesas_trabajo"),
    "CAJ-7": lambda q: document(q, frozenset({"cabildo_abierto_juvenil"})),
    "CAJ-8": lambda q: both_present(
        q, "propuestas_cabildo", "tipo", {"politica_publica", "reforma_reglamentaria"}, lambda r: q.done(r["fecha_entrega"]) and received_by_the_council(r)
    ),
}  # fmt: skip


# ---- other readings of the plan: what the matrix lists under `lecturas`, counted once more


def updated_each_quarter(q: Question) -> Counts:
    variables = [r for r in q.rows("variables_datos_abiertos") if r["periodicidad"] != "sin_periodicidad"]
    return sum(last_update(q, v) > months_before(q.day, 3) for v in variables), len(variables)


def published_of_any_theme(q: Question) -> Counts:
    variables = [r for r in q.rows("variables_datos_abiertos") if r["planificada"]]
    out = [r for r in variables if (q.done(r["fecha_publicacion"]) and r["url"]) or log_of(q, r)]
    return len(out), len(variables)


def all_interactive_elements(q: Question) -> Counts:
    rows = q.rows("elementos_interactivos")
    return sum(q.done(r["fecha_integracion"]) for r in rows), len(rows)


def a_year_later(day: date) -> date:
    return date(day.year + 1, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year + 1)


def attendances_of_the_same_months(q: Question) -> Counts:
    this_year, last_year = set(), set()
    for r in q.rows("talleres"):
        held = r["fecha_realizada"]
        if held and held.year == q.ejercicio and held <= q.day:
            this_year.add(r["taller_id"])
        if held and held.year == q.ejercicio - 1 and a_year_later(held) <= q.day:
            last_year.add(r["taller_id"])
    rows = q.rows("asistencia_talleres")
    return sum(r["taller_id"] in this_year for r in rows), sum(r["taller_id"] in last_year for r in rows)


def people_against_last_year(q: Question) -> Counts:
    held = {r["taller_id"]: r["fecha_realizada"].year for r in q.rows("talleres") if q.done(r["fecha_realizada"])}
    rows = q.rows("asistencia_talleres")
    people = {
        year: {r["asistente_id"] for r in rows if held.get(r["taller_id"]) == year}
        for year in (q.ejercicio, q.ejercicio - 1)
    }
    return len(people[q.ejercicio]), len(people[q.ejercicio - 1])


def workshops_of_the_year(q: Question, counts: Callable[[Row], bool]) -> Counts:
    rows = [r for r in q.rows("talleres") if r["fecha_programada"].year == q.ejercicio]
    return sum(q.done(r["fecha_realizada"]) and counts(r) for r in rows), len(rows)


def letters_by(q: Question, counts: Callable[[Row], bool]) -> Counts:
    rows = [
        r
        for r in q.rows("proyectos_pp")
        if r["ejercicio_fiscal"] == q.ejercicio and r["financiado"] and r["tipo_espacio"] != "otro"
    ]
    return sum(counts(r) for r in rows), len(rows)


def young_people_of_the_year(q: Question) -> Counts:
    held = {r["taller_id"] for r in q.rows("talleres") if q.done_in_year(r["fecha_realizada"])}
    rows = [r for r in q.rows("asistencia_talleres") if r["taller_id"] in held]
    young = {r["asistente_id"] for r in rows if r["edad"] is not None and 18 <= r["edad"] <= 30}
    return len(young), len({r["asistente_id"] for r in rows})


def answers(q: Question, counts: Callable[[Row], bool]) -> Counts:
    rows = [
        r
        for r in q.rows("encuestas_satisfaccion")
        if q.done_in_year(r["fecha"]) and r["respuesta"] != "no_contesta" and counts(r)
    ]
    return sum(r["respuesta"] in ("satisfecho", "muy_satisfecho") for r in rows), len(rows)


def events_that_keep_their_word(q: Question) -> Counts:
    made: dict[str, list[bool]] = {}
    for r in q.rows("acuerdos"):
        if q.done_in_year(r["fecha_acuerdo"]):
            made.setdefault(r["evento_id"], []).append(q.done_in_year(r["fecha_finalizacion"]))
    return sum(100 * sum(settled) >= 80 * len(settled) for settled in made.values()), len(made)


def months_after(day: date, months: int) -> date:
    return months_before(day, -months)


def agreements_whose_time_ran_out(q: Question) -> Counts:
    """Due within the year and before the day of evaluation."""
    rows = []
    for r in q.rows("acuerdos"):
        due = months_after(r["fecha_acuerdo"], 1 if r["tipo"] == "inmediato" else 3)
        if r["fecha_acuerdo"].year == q.ejercicio and due < min(q.day, date(q.ejercicio, 12, 31)):
            rows.append(r)
    return sum(q.done_in_year(r["fecha_finalizacion"]) for r in rows), len(rows)


def directory_of_half_a_year(q: Question, first: date, last: date) -> Counts:
    if q.day < first:
        return 0, 0
    rows = [r for r in q.rows("directorio") if r["tiene_contacto_ciudadano"]]
    return sum(q.done(r["fecha_actualizacion"]) and first <= r["fecha_actualizacion"] <= last for r in rows), len(rows)


def document_with(q: Question, dates: Sequence[str], validators: frozenset[str] = frozenset()) -> Counts:
    if not q.lake.has_delivery("documentos", TARGETS[q.indicador]["responsables"], lambda t: t <= q.quarter):
        return 0, 0
    found = [
        r
        for r in q.rows("documentos")
        if r["indicador"] == q.indicador
        and r["ejercicio"] == q.ejercicio
        and all(q.done(r[column]) for column in dates)
        and validators <= listed(r["organos_validadores"])
    ]
    return int(bool(found)), 1


@dataclass(frozen=True)
class Reading:
    """How it counts, and what it changes of the target: its first or its due day (month, day) or the value asked for."""

    counts: Callable[[Question], Counts]
    inicio: tuple[int, int] | None = None
    vence: tuple[int, int] | None = None
    meta: int | None = None

    def target(self, target: Row) -> Row:
        changed = dict(target)
        if self.inicio:
            changed["inicio"] = date(target["ejercicio"], *self.inicio)
        if self.vence:
            changed["vence"] = date(target["ejercicio"], *self.vence)
        if self.meta:
            changed["meta"] = self.meta
        return changed


READINGS: dict[tuple[str, str], Reading] = {
    ("DA-5", "cada_trimestre"): Reading(updated_each_quarter),
    ("DA-6", "todos_los_temas"): Reading(published_of_any_theme),
    ("DA-7", "todos_los_programados"): Reading(all_interactive_elements),
    ("PP-1", "mismos_meses"): Reading(attendances_of_the_same_months),
    ("PP-1", "personas"): Reading(people_against_last_year),
    ("PP-2", "todo_el_anio"): Reading(lambda q: workshops_of_the_year(q, lambda r: bool(listed(r["dependencias_colaboradoras"])))),
    ("PP-3", "con_espacio_entregado"): Reading(lambda q: letters_by(q, lambda r: q.done(r["fecha_carta_compromiso"]) and q.done(r["fecha_entrega"]))),
    ("PP-3", "el_dia_de_la_entrega"): Reading(
        lambda q: letters_by(q, lambda r: q.done(r["fecha_carta_compromiso"]) and r["fecha_carta_compromiso"] == r["fecha_entrega"])
    ),
    ("PP-4", "todo_el_anio"): Reading(young_people_of_the_year),
    ("PP-5", "todo_el_anio"): Reading(lambda q: workshops_of_the_year(q, lambda r: r["tipo_sede"] in ("universidad_publica", "universidad_privada"))),
    ("MBH-1", "enero_a_julio"): Reading(lambda q: answers(q, lambda r: r["fecha"].month <= 7), vence=(7, 31)),
    ("MBH-1", "septiembre_a_diciembre"): Reading(lambda q: answers(q, lambda r: r["fecha"].month >= 9), inicio=(9, 1)),
    ("MBH-1", "de_un_acuerdo"): Reading(lambda q: answers(q, lambda r: r["acuerdo_id"] is not None)),
    ("MBH-2", "por_evento"): Reading(events_that_keep_their_word, meta=100),
    ("MBH-2", "con_plazo_cumplido"): Reading(agreements_whose_time_ran_out),
    ("MBH-2", "cien_por_ciento"): Reading(agreements, meta=100),
    ("MBH-3", "primer_semestre"): Reading(
        lambda q: directory_of_half_a_year(q, date(q.ejercicio, 1, 1), date(q.ejercicio, 6, 30)), vence=(6, 30)
    ),
    ("MBH-3", "segundo_semestre"): Reading(
        lambda q: directory_of_half_a_year(q, date(q.ejercicio, 7, 1), date(q.ejercicio, 12, 31)), inicio=(7, 1)
    ),
    ("CAJ-1", "solo_validado"): Reading(
        lambda q: document_with(q, ("fecha_validacion",), frozenset({"consejo_directivo_imju", "comision_juventud"}))
    ),
    ("CAJ-4", "solo_el_acto"): Reading(lambda q: document_with(q, ("fecha_validacion",))),
    ("CAJ-4", "solo_publicada"): Reading(lambda q: document_with(q, ("fecha_publicacion",))),
    ("CAJ-7", "validado_por_cualquiera"): Reading(lambda q: document_with(q, ("fecha_validacion", "fecha_publicacion"))),
}  # fmt: skip


# ---- status at a quarter


def value(counts: Counts) -> float | None:
    numerator, denominator = counts
    return None if denominator == 0 else 100 * numerator / denominator


def meets(counts: Counts, target: Row) -> bool:
    numerator, denominator = counts
    return denominator != 0 and OPERATORS[target["op"]](100 * numerator, target["meta"] * denominator)


def status(target: Row, c: date, now: Counts, at_due: Counts | None) -> str:
    if at_due is None:
        if meets(now, target):
            return "en_meta"
        if c < target["inicio"]:
            return "no_iniciada"
        return "sin_datos" if value(now) is None else "en_proceso"
    if meets(at_due, target):
        return "cumplida"
    if meets(now, target):
        return "cumplida_con_retraso"
    return "sin_datos" if value(at_due) is None and value(now) is None else "incumplida"


def provisional(lake: Lake, indicador: str, target: Row, quarter: str, c: date) -> bool:
    """Of a due target it is the quarter of the due day that must have been delivered, and be over."""
    entry = TARGETS[indicador]
    if c >= target["vence"]:
        quarter = quarter_of(target["vence"])
    for source in entry["fuentes"]:
        offices = [office for office in OFFICES[source] if office in entry["responsables"]]
        if not lake.has_delivery(source, offices, lambda t: t == quarter):
            return True
    return max(d.received_on for d in lake.deliveries) <= cutoff(quarter)


def indicadores_trimestre(lake: Lake) -> list[Row]:
    """Every row of the mart, in order of its key, with the columns of architecture.md."""
    delivered = [d.trimestre for d in lake.deliveries if d.export in KEYS]
    last = max(delivered, default="")
    result = []
    for indicador, entry in TARGETS.items():
        for target in entry["metas"]:
            for quarter in quarters_between("2025T1", min(last, "2027T4")):
                result.append(_row(lake, indicador, target, quarter))
    return sorted(result, key=lambda r: (r["indicador"], r["ejercicio"], r["trimestre"]))


def _row(lake: Lake, indicador: str, target: Row, quarter: str) -> Row:
    c = judged_on(lake, quarter)
    return {
        "indicador": indicador,
        "compromiso": indicador.split("-", maxsplit=1)[0],
        "ejercicio": target["ejercicio"],
        "trimestre": quarter,
        "fecha_corte": c,
        **_judged(lake, indicador, RULES[indicador], target, quarter),
        "provisional": provisional(lake, indicador, target, quarter, c),
    }


def _judged(
    lake: Lake, indicador: str, counts: Callable[[Question], Counts], target: Row, quarter: str
) -> dict[str, Any]:
    """Target, counts, values and status; what is judged is the value of the due day once that has come, else that of the cut-off."""
    c, vence, ejercicio = judged_on(lake, quarter), target["vence"], target["ejercicio"]
    now = counts(Question(indicador, ejercicio, target["inicio"], vence, c, quarter, lake))
    at_due = (
        counts(Question(indicador, ejercicio, target["inicio"], vence, vence, quarter_of(vence), lake))
        if c >= vence
        else None
    )
    judged = now if at_due is None else at_due
    return {
        "inicio": target["inicio"],
        "vence": vence,
        "operador": target["op"],
        "meta": float(target["meta"]),
        "numerador": now[0],
        "denominador": now[1],
        "valor": value(now),
        "valor_al_vencimiento": None if at_due is None else value(at_due),
        "juzgado_el": c if at_due is None else vence,
        "numerador_juzgado": judged[0],
        "denominador_juzgado": judged[1],
        "valor_juzgado": value(judged),
        "estado": status(target, c, now, at_due),
    }


SAYS = {"cumplida": "met", "en_meta": "met", "cumplida_con_retraso": "late", "incumplida": "missed"}


def otras_lecturas(lake: Lake) -> list[Row]:
    """Every row of the mart of other readings, in order of its key."""
    chosen = {(r["indicador"], r["ejercicio"], r["trimestre"]): r["estado"] for r in indicadores_trimestre(lake)}
    result = []
    for (indicador, lectura), reading in READINGS.items():
        for target in TARGETS[indicador]["metas"]:
            changed = reading.target(target)
            for quarter in sorted({key[2] for key in chosen}):
                row = _judged(lake, indicador, reading.counts, changed, quarter)
                other = chosen[indicador, target["ejercicio"], quarter]
                result.append(
                    {"indicador": indicador, "lectura": lectura, "ejercicio": target["ejercicio"], "trimestre": quarter}
                    | row
                    | {"estado_elegido": other, "difiere": SAYS.get(row["estado"]) != SAYS.get(other)}
                )
    return sorted(result, key=lambda r: (r["indicador"], r["lectura"], r["ejercicio"], r["trimestre"]))


KEY = ("indicador", "ejercicio", "trimestre")


def differences(ours: Sequence[Row], theirs: Sequence[Row], key: Sequence[str] = KEY) -> list[str]:
    """Every row and cell in which two versions of a mart differ, in words."""
    left = {tuple(r[k] for k in key): r for r in ours}
    right = {tuple(r[k] for k in key): r for r in theirs}
    found = [f"{k}: only in the second opinion" for k in sorted(left.keys() - right.keys())]
    found += [f"{k}: only in the mart" for k in sorted(right.keys() - left.keys())]
    for k in sorted(left.keys() & right.keys()):
        found += [
            f"{k} {c}: second opinion {left[k][c]!r}, mart {right[k][c]!r}"
            for c in left[k]
            if left[k][c] != right[k][c]
        ]
    return found + ([f"the mart repeats {len(theirs) - len(right)} rows"] if len(theirs) != len(right) else [])
