"""What offices get wrong, planted on purpose: bad cells of every rule, and personal data where they must not survive.

Tests read these constants: every planted mistake must be reported under its rule, and no planted personal value may be
found in any byte of lake, runs, releases, receipts or logs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.sample.history import Cell, Row


@dataclass(frozen=True)
class Mistake:
    """The cell of `column` in row `row` (0 is the first data row) of one delivery is written wrongly, which breaks `rule`.

    `rule` None: the value is poor but no column rule is broken (personal data in free text, a reference to nothing).
    """

    dependencia: str
    export: str
    trimestre: str
    row: int
    column: str
    written: Cell
    rule: str | None


@dataclass(frozen=True)
class Repetition:
    """Row `row` stands a second time at the end of the file, with `changed` cells: none is fila_repetida, else clave_repetida."""

    dependencia: str
    export: str
    trimestre: str
    row: int
    changed: tuple[tuple[str, Cell], ...] = ()

    @property
    def rule(self) -> str:
        return "clave_repetida" if self.changed else "fila_repetida"


_PP, _UT, _IMJU, _MA = "presupuesto_participativo", "unidad_transparencia", "imju", "medio_ambiente"

MISTAKES = (
    Mistake(_PP, "talleres", "2026T2", 3, "fecha_programada", "31/02/2026", "tipo"),
    Mistake(_PP, "talleres", "2026T1", 8, "longitud", "101,6823", "rango"),  # the sign is missing
    Mistake(_PP, "talleres", "2025T1", 5, "sede", None, "obligatoria"),
    Mistake(_PP, "talleres", "2026T3", 1, "tipo_sede", "Universidad Publca", "categoria"),
    Mistake(_PP, "asistencia_talleres", "2026T2", 40, "edad", "treinta y dos", "tipo"),
    Mistake(_PP, "asistencia_talleres", "2026T2", 55, "edad", 230, "rango"),
    Mistake(_PP, "asistencia_talleres", "2026T2", 70, "sexo", "F", "categoria"),
    Mistake(_PP, "asistencia_talleres", "2025T2", 12, "taller_id", "N/A", "obligatoria"),
    Mistake(_PP, "asistencia_talleres", "2026T2", 90, "taller_id", "T-2026-999", None),
    Mistake(_PP, "proyectos_pp", "2026T1", 4, "monto_mxn", "#DIV/0!", "no_legible"),
    Mistake(_PP, "proyectos_pp", "2026T2", 2, "avance_fisico_pct", 140, "rango"),
    Mistake(_PP, "proyectos_pp", "2026T3", 0, "financiado", "quizás", "tipo"),
    Mistake(_PP, "eventos_mbh", "2026T2", 2, "funcionarios_seguridad", "tres", "tipo"),
    Mistake(_PP, "eventos_mbh", "2026T2", 1, "operadores_sac", -1, "rango"),
    Mistake(_PP, "acuerdos", "2026T3", 11, "tipo", "gestión urgente", "categoria"),
    Mistake(_PP, "acuerdos", "2026T3", 25, "fecha_finalizacion", "15/08/2036", "fecha_futura"),
    Mistake(_PP, "acuerdos", "2026T3", 37, "fecha_acuerdo", "pendiente", "tipo"),
    Mistake(_PP, "acuerdos", "2026T2", 19, "latitud", "21122,5", "rango"),
    Mistake(_PP, "acuerdos", "2026T2", 44, "evento_id", "MBH-2026-99", None),
    Mistake(_PP, "acuerdos", "2025T3", 6, "tema", "-", "obligatoria"),
    Mistake(_PP, "encuestas_satisfaccion", "2026T3", 30, "respuesta", "contento", "categoria"),
    Mistake(_PP, "encuestas_satisfaccion", "2026T3", 61, "fecha", "S/D", "obligatoria"),
    Mistake(_PP, "directorio", "2026T1", 4, "correo", "contacto arroba leon", "tipo"),
    Mistake(_UT, "evidencias", "2026T3", 0, "indicador", "DA-9", "patron"),
    Mistake(_UT, "capacitaciones", "2026T2", 0, "asistentes", "20 aprox.", "tipo"),
    Mistake(_UT, "actualizaciones_datos_abiertos", "2026T2", 5, "fecha_actualizacion", "2026-13-01", "tipo"),
    Mistake(_UT, "actualizaciones_datos_abiertos", "2026T2", 9, "variable_id", "VAR-900", None),
    Mistake(_IMJU, "sesiones_escuela", "2026T2", 1, "eje", "cultura", "categoria"),
    Mistake(_MA, "areas_verdes", "2025T4", 13, "superficie_m2", "mil metros", "tipo"),
    Mistake(_MA, "mediciones_aire", "2026T2", 100, "contaminante", "PM100", "categoria"),
    Mistake(_MA, "mediciones_aire", "2026T2", 200, "promedio", "-4.5", "rango"),
)  # fmt: skip

REPETITIONS = (
    Repetition(_PP, "acuerdos", "2026T2", 60),
    Repetition(_PP, "acuerdos", "2026T2", 70, (("tema", "Otro tema"),)),
    Repetition(_PP, "asistencia_talleres", "2026T2", 120),
    Repetition(_MA, "mediciones_aire", "2026T1", 10, (("promedio", "77.7"),)),
)

# Of people who do not exist. Each value in braces is unusual enough that finding it anywhere is a leak and not a coincidence.
_PERSONAL = (
    Mistake(_PP, "asistencia_talleres", "2026T2", 20, "nombre", "{Xóchitl Berenice Zavalza Quintanar}", None),
    Mistake(_PP, "asistencia_talleres", "2026T2", 20, "telefono", "{477 613 90 57}", None),
    Mistake(_PP, "asistencia_talleres", "2026T2", 20, "correo", "{xochitl.zavalza@correo-planta.example}", None),
    Mistake(_PP, "asistencia_talleres", "2026T2", 20, "asistente_id", "{ZAQX980214MGTVNC06}", None),
    Mistake(_PP, "asistencia_talleres", "2026T2", 40, "nombre", "{Eudoro Wenceslao Yrigoyen Trápaga}", None),  # in a row held back
    Mistake(_PP, "asistencia_talleres", "2026T2", 40, "telefono", "{4776139058}", None),
    Mistake(_PP, "asistencia_talleres", "2025T3", 15, "nombre", "{Nepomuceno Ildefonso Urrutia Bazaldúa}", None),
    Mistake(_PP, "asistencia_talleres", "2025T3", 15, "correo", "{nepomuceno.sin.arroba.planta}", None),
    Mistake(_PP, "asistencia_talleres", "2026T2", 120, "nombre", "{Crisanta Elodia Ñuño Villafuerte}", None),  # in a repeated row
    Mistake(_PP, "acuerdos", "2026T3", 5, "solicitante", "{Casimira Domitila Órnelas Betancur}", None),
    Mistake(_PP, "acuerdos", "2026T3", 11, "solicitante", "{Teófilo Anacleto Ybarra Quezadas}", None),  # in a row held back
    Mistake(_PP, "acuerdos", "2026T3", 5, "descripcion", "Reparar la lámpara; hablar con la vecina al {477 613 90 61}", None),
    Mistake(_PP, "acuerdos", "2026T2", 8, "descripcion", "Podar el árbol. CURP de quien pide: {YEQT701103HGTRZF05}", None),
    Mistake(_IMJU, "comite_seleccion", "2026T1", 1, "nombre", "{Wulfrano Plutarco Echegoyen Zamarripa}", None),
    Mistake(_IMJU, "integrantes_cabildo", "2026T1", 2, "nombre", "{Itzel Anahuac Quijotoa Bringas}", None),
    Mistake(_IMJU, "integrantes_cabildo", "2026T1", 2, "integrante_id", "{QUBI070630MGTJRT09}", None),
    Mistake(_UT, "comentarios_ciudadanos", "2026T1", 0, "remitente", "{Hermenegilda Zoila Cuauhtle Pizaña}", None),
    Mistake(_UT, "comentarios_ciudadanos", "2026T1", 1, "comentario", "Escríbanme a {hermenegilda.cuauhtle@correo-planta.example}, mi RFC es {CUPH640911QX3}", None),
    # word for word what citizens write, in rows that the office did not mark publishable, and in rows that it did
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 0, "comentario", "Soy {Melquíades Zumárraga Ordaz}, vivo en {Privada del Quetzal 318} y mi hija Citlali de 9 años cruza sola; mi número es cuatro siete siete, {seis uno cero, nueve cinco, siete uno}", None),
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 1, "comentario", "La camioneta con placas {GZX-417-B} tapa la rampa; es de don {Eustorgio Quiñonero}, @{eustorgio.quinonero}", None),
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 2, "respuesta", "Ya se atendió en {Callejón del Zarzal 27}; preguntar por la vecina {Radegunda Ychaurregui}", None),
    Mistake(_UT, "observaciones", "2026T1", 0, "observacion", "Falta la lista que firmó {Epifanía Zubizarreta Lechón}, mamá de un niño de 6 años del kínder", None),
    Mistake(_PP, "acuerdos", "2026T1", 3, "descripcion", "Bajar la banqueta frente a la casa de doña {Hermelinda Tzompantzi}, {Cerrada Alhelí 114}", None),
    Mistake(_UT, "comentarios_ciudadanos", "2026T2", 0, "comentario", "Depositen el apoyo en la CLABE {012225001234567893}", None),
)  # fmt: skip
PERSONAL_CELLS = tuple(replace(cell, written=re.sub("[{}]", "", str(cell.written))) for cell in _PERSONAL)
PLANTED_PERSONAL_VALUES = tuple(value for cell in _PERSONAL for value in re.findall("{(.+?)}", str(cell.written)))

# What the office says of the rows above: marked publishable although they look personal, or not marked.
MARKED_PUBLISHABLE = (
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 0, "publicable", None, None),
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 1, "publicable", "Sí", None),
    Mistake(_UT, "comentarios_ciudadanos", "2025T4", 2, "publicable", "Sí", None),
    Mistake(_UT, "observaciones", "2026T1", 0, "publicable", "Sí", None),
    Mistake(_PP, "acuerdos", "2026T1", 3, "publicable", None, None),
)


def plant(dependencia: str, export: str, trimestre: str, rows: list[Row]) -> list[Row]:
    """The rows of a delivery with its mistakes and personal data written in; rows that the file does not have are an error."""
    spoiled = [dict(row) for row in rows]
    here = (dependencia, export, trimestre)
    for mistake in (*MISTAKES, *PERSONAL_CELLS, *MARKED_PUBLISHABLE):
        if (mistake.dependencia, mistake.export, mistake.trimestre) == here:
            spoiled[mistake.row][mistake.column] = mistake.written
    for repetition in REPETITIONS:
        if (repetition.dependencia, repetition.export, repetition.trimestre) == here:
            spoiled.append(spoiled[repetition.row] | dict(repetition.changed))
    return spoiled
