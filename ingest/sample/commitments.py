"""What happened in the commitments, invented: the records behind the exports of the plan.

The story is told so that the matrix of 2026T3 shows every status: targets met, met late, missed, under way and without data.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from ingest.sample import facts
from ingest.sample.geography import City, as_typed
from ingest.sample.history import LAST, Category, Record, Row, reported
from ingest.sample.tables import written_out
from pamga.quarter import Quarter

WORKSHOPS_A_YEAR = {2024: 54, 2025: 60, 2026: 62}
EVENTS_A_YEAR = {2025: 45, 2026: 36}
AGREEMENTS_AN_EVENT = 20
ANSWERS_A_YEAR = {2025: 1500, 2026: 1150}
PROJECTS_A_YEAR = 60


class Commitments:
    """The records of every export of one seed; each table draws from its own stream, so that one does not disturb another."""

    def __init__(self, seed: int, city: City) -> None:
        self._seed = seed
        self._city = city
        self._workshops = list(self._make_workshops())
        self._events = list(self._make_events())
        self._agreements = list(self._make_agreements())

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}:{name}")

    def _place(self, rng: random.Random, located: float = 0.7) -> Row:
        """A colonia as typed, with coordinates in it more often than not; now and then only coordinates or only a vague name."""
        colonias = self._city.colonias
        colonia = colonias[min(int(rng.triangular(0, len(colonias), 20)), len(colonias) - 1)]
        name: str | None = as_typed(colonia.nombre, rng)
        chance = rng.random()
        if chance < 0.03:
            name = None
        elif chance < 0.045:
            name = rng.choice(("Por definir", "Zona norte", "Varias"))
        place: Row = {"colonia": name, "latitud": None, "longitud": None}
        if rng.random() < located:
            latitude, longitude = self._city.point_in(colonia, rng)
            place |= {"latitud": Decimal(str(latitude)), "longitud": Decimal(str(longitude))}
        return place

    # ---- Datos Abiertos

    def fases_proyecto(self) -> list[Record]:
        return written_out(
            "fases_proyecto", Quarter(2025, 1), {"fecha_completada": ("fecha_completada", "evidencia_url")}
        )

    def capacitaciones(self) -> Iterator[Record]:
        rng = self._rng("capacitaciones")
        titles = (
            "Introducción a los datos abiertos", "Calidad de datos", "Formatos abiertos", "Protección de datos personales",
            "Visualización de datos", "Inventario de datos",
        )  # fmt: skip
        for n in range(18):
            planned = date(2025, 2, 14) + timedelta(days=26 * n if n < 12 else 26 * n + 45)
            held: date | None = planned + timedelta(days=rng.choice((0, 0, 0, 6, 13)))
            if n == 9 or (held is not None and held > LAST.cutoff):  # one training of 2025 was never held
                held = None
            yield Record(
                {"capacitacion_id": f"CAP-{n + 1:03d}", "titulo": titles[n % len(titles)], "modalidad": Category(rng.choice(("presencial", "digital"))),
                 "fecha_programada": planned, "fecha_realizada": held, "asistentes": rng.randrange(14, 46) if held else None,
                 "dependencia": facts.DIRECTORIO[n % len(facts.DIRECTORIO)]},
                Quarter(planned.year, 1),
                {"fecha_realizada": reported(held), "asistentes": reported(held)},
            )  # fmt: skip

    def variables_datos_abiertos(self) -> Iterator[Record]:
        rng = self._rng("variables")
        for n, (dataset, variable, topic, period) in enumerate(facts.VARIABLES):
            published = date(2025, 9, 1) + timedelta(days=rng.randrange(380)) if n % 4 else None
            record = Record(
                {"variable_id": f"VAR-{n + 1:03d}", "conjunto": dataset, "variable": variable, "descripcion": f"{variable} de {dataset.replace('_', ' ')}",
                 "tema": Category(topic), "planificada": topic != "otro" and n % 9 != 0, "periodicidad": Category(period),
                 "fecha_ultima_actualizacion": published, "fecha_publicacion": published,
                 "url": f"https://ejemplo.leon.gob.mx/datos/{n + 1}" if published else None},
                Quarter(2025, 2),
                {column: reported(published) for column in ("fecha_ultima_actualizacion", "fecha_publicacion", "url")},
            )  # fmt: skip
            yield record

    def actualizaciones_datos_abiertos(self) -> Iterator[Record]:
        rng = self._rng("actualizaciones")
        months = {"mensual": 1, "bimestral": 2, "trimestral": 3, "semestral": 6, "anual": 12}
        for variable in self.variables_datos_abiertos():
            day, period = variable.values["fecha_publicacion"], months.get(str(variable.values["periodicidad"]))
            if not isinstance(day, date) or period is None:
                continue
            while (day := day + timedelta(days=round(30.4 * period) + rng.randrange(-3, 3))) <= LAST.cutoff:
                if rng.random() < 0.12:
                    continue  # an update that the office skipped
                key, url = variable.values["variable_id"], variable.values["url"]
                values = {"variable_id": key, "fecha_actualizacion": day, "periodo": f"{day:%m/%Y}", "url": url}
                yield Record(values, reported(day))

    def elementos_interactivos(self) -> list[Record]:
        """All were put off to 2027 in 2026T3: DA-7 then has nothing to divide by."""
        records = written_out("elementos_interactivos", Quarter(2026, 1))
        for n, record in enumerate(records, start=1):
            record.amended[Quarter(2026, 3)] = {"fecha_programada": date(2027, 1 + n % 4, 15)}
        return records

    # ---- Presupuesto Participativo

    def _make_workshops(self) -> Iterator[Record]:
        rng = self._rng("talleres")
        for year, count in WORKSHOPS_A_YEAR.items():
            universities = 11 if year == 2026 else 4
            for n in range(count):
                planned = date(year, 2, 3) + timedelta(days=round(n * 190 / count) + rng.randrange(4))
                held = planned + timedelta(days=rng.choice((0, 0, 0, 0, 7)))
                if year == 2025 and n % 9 == 4:
                    held = date(2025, 9, 2) + timedelta(days=n)  # put off until after the due day
                if n % (count // universities) == 3 and n // (count // universities) < universities:
                    public = rng.random() < 0.5
                    kind = "universidad_publica" if public else "universidad_privada"
                    venue = rng.choice(facts.UNIVERSIDADES_PUBLICAS if public else facts.UNIVERSIDADES_PRIVADAS)
                else:
                    kind = rng.choice(("colonia", "colonia", "colonia", "escuela", "delegacion"))
                    venue = {
                        "colonia": "Centro comunitario",
                        "escuela": "Escuela primaria",
                        "delegacion": "Delegación",
                    }[kind]
                helpers = tuple(sorted(rng.sample(facts.DIRECTORIO, rng.randrange(1, 4))))
                if year == 2025 and n % 20 == 7:
                    helpers = ()
                since = max(reported(date(year, 1, 1)), Quarter(2024, 3))
                told = reported(held, lag=1 if n % 23 == 11 else 0)  # a few are reported one quarter late
                yield Record(
                    {"taller_id": f"T-{year}-{n + 1:03d}", "fecha_programada": planned, "fecha_realizada": held, "sede": venue, "tipo_sede": Category(kind),
                     **self._place(rng), "delegacion": rng.choice(facts.DELEGACIONES), "dependencias_colaboradoras": helpers},
                    since,
                    {"fecha_realizada": told, "dependencias_colaboradoras": told},
                )  # fmt: skip

    def talleres(self) -> list[Record]:
        return self._workshops

    def asistencia_talleres(self) -> Iterator[Record]:
        """About forty people a workshop; one in seven came to another one before, one list in ten has no identifiers."""
        rng = self._rng("asistencia")
        usual = {2024: 41.5, 2025: 43.5, 2026: 42.0}
        people: list[Row] = []
        for workshop in self._workshops:
            key, held = str(workshop.values["taller_id"]), _day(workshop, "fecha_realizada")
            since = workshop.known_from["fecha_realizada"]
            on_paper = rng.random() < 0.1
            guests = [people[n] for n in sorted(rng.sample(range(len(people)), min(len(people), rng.randrange(4, 9))))]
            for _ in range(max(8, round(rng.gauss(usual[held.year], 7))) - len(guests)):
                person = self._person(rng, len(people) + 1)
                people.append(person)
                guests.append(person)
            for guest in guests:
                row = {"taller_id": key, **guest}
                if on_paper:
                    row["asistente_id"] = None
                yield Record(row, since)

    def _person(self, rng: random.Random, number: int) -> Row:
        woman = rng.random() < 0.56
        name = _full_name(rng, facts.NOMBRES_MUJER if woman else facts.NOMBRES_HOMBRE)
        colonia = rng.choice(self._city.colonias[:90])
        age = None if rng.random() < 0.04 else min(max(int(rng.gauss(41, 16)), 9), 88)
        sex = rng.choice(("otro", "no_especificado")) if rng.random() < 0.02 else "mujer" if woman else "hombre"
        return {
            "asistente_id": f"PP{number:06d}",
            "nombre": name,
            "telefono": f"477 555 {number % 10000:04d}",
            "correo": f"persona{number}@correo.example" if rng.random() < 0.3 else None,
            "edad": age,
            "sexo": Category(sex),
            "colonia": as_typed(colonia.nombre, rng),
        }

    def proyectos_pp(self) -> Iterator[Record]:
        rng = self._rng("proyectos")
        names = {
            "espacio_publico": "Rehabilitación de plaza en",
            "escuela": "Techumbre de escuela en",
            "area_verde": "Rehabilitación de parque en",
            "otro": "Pavimentación en",
        }
        for year in (2025, 2026):
            for n in range(PROJECTS_A_YEAR):
                place = self._place(rng, located=0.9)
                kind = rng.choice(("espacio_publico", "espacio_publico", "escuela", "area_verde", "area_verde", "otro"))
                financed = rng.random() < 0.8
                amount = Decimal(rng.randrange(350_000, 4_200_000)).quantize(Decimal(1)) + Decimal("0.50")
                start = date(year, 5, 2) + timedelta(days=rng.randrange(70))
                due = start + timedelta(days=rng.randrange(60, 150))
                handed_over: date | None = due + timedelta(days=rng.choice((-5, 0, 12, 40, 75)))
                letter: date | None = start + timedelta(days=rng.randrange(5, 120))
                if not financed or rng.random() < 0.08:
                    handed_over = letter = None
                over = handed_over is not None and handed_over <= LAST.cutoff
                values: Row = {
                    "proyecto_id": f"PY-{year}-{n + 1:03d}", "nombre": f"{names[kind]} {place['colonia'] or 'zona por definir'}", "tipo_espacio": Category(kind),
                    "financiado": financed, "ejercicio_fiscal": year, **place, "delegacion": rng.choice(facts.DELEGACIONES), "monto_mxn": amount,
                    "monto_contratado_mxn": (amount * Decimal("0.96")).quantize(Decimal("0.01")) if financed else None,
                    "monto_ejercido_mxn": (amount * Decimal("0.95")).quantize(Decimal("0.01")) if over else None,
                    "contratista": f"Constructora {rng.choice(facts.APELLIDOS)} y Asociados" if financed else None,
                    "superficie_m2": Decimal(rng.randrange(180, 5200)), "votos": rng.randrange(60, 1900),
                    "fecha_inicio": start if financed else None, "fecha_entrega_programada": due if financed else None,
                    "avance_fisico_pct": (Decimal(100) if over else Decimal(rng.randrange(10, 90))) if financed else Decimal(0),
                    "fecha_entrega": handed_over if over else None, "fecha_carta_compromiso": letter if letter and letter <= LAST.cutoff else None,
                }  # fmt: skip
                begun = (
                    "monto_contratado_mxn", "contratista", "fecha_inicio", "fecha_entrega_programada", "avance_fisico_pct",
                )  # fmt: skip
                known = dict.fromkeys(begun, reported(start)) | {"fecha_carta_compromiso": reported(letter)}
                known |= dict.fromkeys(("fecha_entrega", "monto_ejercido_mxn"), reported(handed_over))
                withdrawn = Quarter(year, 3) if n % 29 == 13 else None  # the office withdraws a project
                yield Record(values, Quarter(year, 1), known, withdrawn=withdrawn)

    # ---- Mi Barrio Habla

    def _make_events(self) -> Iterator[Record]:
        rng = self._rng("eventos")
        for year, count in EVENTS_A_YEAR.items():
            span = 300 if year == 2025 else 225
            for n in range(count):
                day = date(year, 2, 6) + timedelta(days=round(n * span / count))
                women, men = rng.randrange(15, 70), rng.randrange(10, 50)
                rural = n % 11 == 5
                place = self._place(rng, located=0.75)
                if rural:
                    place["colonia"] = None
                values: Row = {
                    "evento_id": f"MBH-{year}-{n + 1:02d}", "fecha": day, **place, "localidad": rng.choice(facts.LOCALIDADES[1:])[1] if rural else None,
                    "delegacion": "Rural" if rural else rng.choice(facts.DELEGACIONES[:-1]), "asistentes": women + men,
                    "funcionarios_seguridad": rng.randrange(1, 6), "operadores_sac": rng.randrange(1, 4) if n % 17 != 9 else 0,
                    "dependencias_presentes": tuple(sorted(rng.sample(facts.DIRECTORIO, rng.randrange(3, 8)))), "mujeres": women, "hombres": men,
                }  # fmt: skip
                record = Record(values, reported(day, lag=1 if n == 20 else 0))
                if year == 2025 and n == 7:  # corrected two quarters later: an operator had been there
                    values["operadores_sac"] = 0
                    record.amended[reported(day, lag=2)] = {"operadores_sac": 2}
                yield record

    def eventos_mbh(self) -> list[Record]:
        return self._events

    def _make_agreements(self) -> Iterator[Record]:
        rng = self._rng("acuerdos")
        number = 0
        for event in self._events:
            made = _day(event, "fecha")
            never, around = (0.13, 1.0) if made.year == 2025 else (0.1, 0.9)
            for _ in range(rng.randrange(AGREEMENTS_AN_EVENT - 5, AGREEMENTS_AN_EVENT + 6)):
                number += 1
                immediate = rng.random() < 0.55
                topic, office, text = rng.choice(facts.TEMAS_ACUERDO)
                days = rng.randrange(2, 42) if immediate else rng.randrange(25, 125)
                done: date | None = made + timedelta(days=round(days * around))
                if rng.random() < never or (done is not None and done > LAST.cutoff):
                    done = None
                place = self._place(rng, located=0.6)
                values: Row = {
                    "acuerdo_id": f"A-{made.year}-{number:05d}", "evento_id": event.values["evento_id"], "fecha_acuerdo": made,
                    "tipo": Category("inmediato" if immediate else "gestion"), "tema": topic, "dependencia": office,
                    "descripcion": text.format(lugar=place["colonia"] or event.values["localidad"] or "la zona"),
                    "folio_sac": f"SAC{made:%y}{number:06d}" if rng.random() < 0.8 else None, **place,
                    "solicitante": _full_name(rng, facts.NOMBRES_MUJER + facts.NOMBRES_HOMBRE),
                    "fecha_finalizacion": done, "publicable": number % 4 != 0,
                }  # fmt: skip
                late = 1 if rng.random() < 0.06 else 0
                record = Record(values, event.since, {"fecha_finalizacion": reported(done, late)})
                if number % 211 == 0:
                    record.withdrawn = event.since.shift(1)  # written down twice: the office withdraws one
                yield record

    def acuerdos(self) -> list[Record]:
        return self._agreements

    def encuestas_satisfaccion(self) -> Iterator[Record]:
        rng = self._rng("encuestas")
        answers = ("muy_satisfecho", "satisfecho", "neutral", "insatisfecho", "muy_insatisfecho", "no_contesta")
        weights = {2025: (38, 43, 9, 5, 3, 4), 2026: (35, 41, 12, 6, 3, 5)}
        for year, count in ANSWERS_A_YEAR.items():
            settled = [
                a
                for a in self._agreements
                if isinstance(day := a.values["fecha_finalizacion"], date) and day.year == year
            ]
            for n in range(count):
                agreement = rng.choice(settled)
                day = min(
                    _day(agreement, "fecha_finalizacion") + timedelta(days=rng.randrange(1, 21)),
                    LAST.cutoff,
                    date(year, 12, 31),
                )
                yield Record(
                    {"respuesta_id": f"E-{year}-{n + 1:05d}", "evento_id": agreement.values["evento_id"], "acuerdo_id": agreement.values["acuerdo_id"] if n % 3 else None,
                     "fecha": day, "respuesta": Category(rng.choices(answers, weights[year])[0])},
                    reported(day),
                )  # fmt: skip

    def directorio(self) -> Iterator[Record]:
        rng = self._rng("directorio")
        updates = (date(2025, 3, 10), date(2025, 10, 6), date(2026, 2, 9), date(2026, 8, 17))
        for n, office in enumerate(facts.DIRECTORIO):
            days = [day + timedelta(days=rng.randrange(45)) for day in updates]
            if n % 6 == 5:
                days[3] = days[2]  # not yet looked over in the second half of 2026
            values: Row = {
                "dependencia_id": f"D{n + 1:02d}", "dependencia": office, "tiene_contacto_ciudadano": n != 23, "telefono": f"477 788 {n:02d}00",
                "correo": f"contacto{n + 1:02d}@leon.example", "domicilio": "Plaza Principal s/n, Centro", "url": f"https://ejemplo.leon.gob.mx/dependencias/{n + 1}",
                "horario": "Lunes a viernes de 8:00 a 15:30 h", "fecha_actualizacion": days[0],
            }  # fmt: skip
            later: dict[Quarter, Row] = {reported(day): {"fecha_actualizacion": day} for day in days[1:]}
            yield Record(values, Quarter(2025, 2), amended=later)

    # ---- Cabildo Abierto Juvenil

    def comite_seleccion(self) -> list[Record]:
        rng = self._rng("comite")
        records = written_out("comite_seleccion", Quarter(2026, 1))
        for record in records:
            record.values["nombre"] = _full_name(rng, facts.NOMBRES_MUJER)
        return records

    def sesiones_escuela(self) -> Iterator[Record]:
        return self._sessions("sesion", "SE", "relatoria_url", 10, skipped=())

    def mesas_trabajo(self) -> Iterator[Record]:
        return self._sessions("mesa", "MT", "acta_url", 6, skipped=(5,))

    def _sessions(self, kind: str, prefix: str, link: str, count: int, skipped: Sequence[int]) -> Iterator[Record]:
        rng = self._rng(kind)
        topics = (
            "Cultura de paz",
            "Cuidado del agua",
            "Espacios para jóvenes",
            "Emprender en León",
        )  # of each of the axes
        for n in range(count):
            topic, axis = topics[n % len(topics)], facts.EJES[n % len(topics)]
            planned = date(2026, 3, 7) + timedelta(days=round(n * 126 / count))
            held = None if n in skipped else planned + timedelta(days=rng.choice((0, 0, 7)))
            women, men = rng.randrange(6, 16), rng.randrange(5, 14)
            values: Row = {
                f"{kind}_id": f"{prefix}-2026-{n + 1:02d}", "titulo": topic, "eje": Category(axis), "fecha_programada": planned, "fecha_realizada": held,
                "asistentes": women + men if held else None, "mujeres": women if held else None, "hombres": men if held else None,
                link: f"https://ejemplo.leon.gob.mx/cabildo-juvenil/{kind}-{n + 1}.pdf" if held else None,
            }  # fmt: skip
            known = dict.fromkeys(("fecha_realizada", "asistentes", "mujeres", "hombres", link), reported(held))
            yield Record(values, Quarter(2026, 1), known)

    def propuestas_cabildo(self) -> list[Record]:
        """The reform was handed in after the due day."""
        return written_out("propuestas_cabildo", Quarter(2026, 3))

    def integrantes_cabildo(self) -> Iterator[Record]:
        rng = self._rng("integrantes")
        for n in range(27):
            person = self._person(rng, 9000 + n)
            yield Record(
                {"integrante_id": f"CAJ{n + 1:04d}", "ejercicio": 2026, "nombre": person["nombre"], "edad": rng.randrange(18, 31), "sexo": person["sexo"],
                 "colonia": person["colonia"], "procedencia": Category(rng.choice(("universidad", "universidad", "comite_colonos", "convocatoria_abierta")))},
                Quarter(2026, 1),
            )  # fmt: skip

    # ---- Follow-up

    def observaciones(self) -> list[Record]:
        return written_out("observaciones", "fecha_sesion", {"fecha_atencion": ("fecha_atencion", "respuesta")})

    def banco_propuestas(self) -> list[Record]:
        """The Annex 2 of the plan, with the activity that takes each proposal up by our reading: facts, not invented."""
        return written_out("banco_propuestas", Quarter(2025, 3))

    def sesiones_rendicion(self) -> list[Record]:
        return written_out("sesiones_rendicion", "fecha")

    def comentarios_ciudadanos(self) -> Iterator[Record]:
        rng = self._rng("comentarios")
        texts = (
            ("MBH-2", "¿Cuándo repararán las luminarias de mi calle?"), ("PP-3", "La carta compromiso del parque sigue sin firmarse"), ("DA-6", "Publiquen los datos de calidad del aire por hora"),
            ("CAJ-5", "Felicito a las y los jóvenes del cabildo"), (None, "El tablero se entiende bien, falta la versión para celular"), ("PP-2", "Al taller de mi colonia no fue nadie de Obra Pública"),
        )  # fmt: skip
        sessions = self.sesiones_rendicion()
        for n in range(24):
            session = sessions[n % len(sessions)]
            day = _day(session, "fecha")
            indicator, text = texts[n % len(texts)]
            answered = day + timedelta(days=rng.randrange(6, 40)) if n % 4 else None
            yield Record(
                {"comentario_id": f"CC-{n + 1:03d}", "sesion_id": session.values["sesion_id"], "fecha": day, "canal": Category(rng.choice(("sesion", "portal", "correo", "redes"))),
                 "indicador": indicator, "comentario": text, "remitente": _full_name(rng, facts.NOMBRES_HOMBRE),
                 "respuesta": "Gracias por su comentario; se turnó a la dependencia responsable." if answered else None, "fecha_respuesta": answered,
                 "publicable": n % 5 != 3},
                reported(day),
                {"respuesta": reported(answered), "fecha_respuesta": reported(answered)} if answered else {},
            )  # fmt: skip


def documentos(office: str) -> list[Record]:
    """One is said to be published, and nobody says where."""
    published = {"fecha_publicacion": ("fecha_publicacion", "url_publicacion")}
    return written_out("documentos", "fecha_validacion", published, office)


def evidencias(office: str) -> list[Record]:
    return written_out("evidencias", "fecha", office=office)


def _day(record: Record, column: str) -> date:
    """A day that every record of the kind has."""
    return cast(date, record.values[column])


def _full_name(rng: random.Random, given: Sequence[str]) -> str:
    return f"{rng.choice(given)} {rng.choice(facts.APELLIDOS)} {rng.choice(facts.APELLIDOS)}"
