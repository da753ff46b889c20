"""Texts by or about people: what looks personal is marked, and only what a person marked publishable leaves the room."""

from __future__ import annotations

import time

import polars as pl
import pytest

from ingest.checks import moderation
from ingest.checks.moderation import HIDDEN_LABEL
from pamga import suspects
from pamga.suspects import looks_personal

from .conftest import Office, page, summary
from .test_delivery import ACUERDOS, ACUERDOS_PATH

COMMENTS = "comentario_id,fecha,canal,comentario,remitente,respuesta,fecha_respuesta,publicable,revisado\n"
COMMENTS_PATH = "unidad_transparencia/comentarios_ciudadanos_2026T3.csv"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Soy Juan Pérez García y quiero que arreglen el parque", suspects.NAME),
        ("juan perez lopez", suspects.NAME),
        ("PÉREZ LÓPEZ JUAN", suspects.NAME),
        ("la señora Lupita", suspects.NAME),
        ("mi nombre es Wulfrano", suspects.NAME),
        ("Ju4n P3rez", suspects.NAME),
        ("J u a n P é r e z", suspects.NAME),
        ("J. Pérez dijo que no", suspects.NAME),
        ("Juan_Pérez", suspects.NAME),
        ("Ѕofíа Hernández", suspects.NAME),  # Cyrillic letters that look Latin
        ("María de la Luz Torres", suspects.NAME),
        ("tel 477 613 90 57", suspects.PHONE),
        ("4 7 7 6 1 3 9 0 5 7", suspects.PHONE),
        ("477.613.9O57", suspects.PHONE),  # a letter O that a scanner saw
        ("márquenme al 713-44-55", suspects.PHONE),
        ("cuatro siete siete, seis trece, noventa, cincuenta y siete", suspects.PHONE),
        ("cuatrocientos setenta y siete seiscientos trece noventa cincuenta y siete", suspects.PHONE),
        ("cel: siete uno tres cuatro cuatro cinco cinco", suspects.PHONE),
        ("CURP PEGJ 800101 HGTRRN 09", suspects.CURP),
        ("cuph-640911-qx3", suspects.RFC),
        ("INE 1234567890123", suspects.VOTER),
        ("PRGRJN80010111H400", suspects.VOTER),
        ("pasaporte G12345678", suspects.PASSPORT),
        ("depositen a 012 225 00123456789 3", suspects.ACCOUNT),
        ("placas GTO 12 34", suspects.PLATES),
        ("el taxi GVR-123-A no para", suspects.PLATES),
        ("escriban a juan arroba gmail punto com", suspects.EMAIL),
        ("juan @ gmail . com", suspects.EMAIL),
        ("sigueme @juanito_perez", suspects.HANDLE),
        ("instagram.com/juanito", suspects.HANDLE),
        ("Calle Madero núm. 12", suspects.ADDRESS),
        ("vivo en Hidalgo #105, altos", suspects.ADDRESS),
        ("Blvd. Adolfo López Mateos 1220 interior 3", suspects.ADDRESS),
        ("vivo en el número 45 de la calle Madero", suspects.ADDRESS),
        ("Manzana 4 Lote 12", suspects.ADDRESS),
        ("queda en 21.12345, -101.67891", suspects.PLACE),
        ("nací el 12 de mayo de 1980", suspects.BIRTH),
        ("mi nieto de ocho años", suspects.MINOR),
        ("mi hija va en segundo grado", suspects.MINOR),
        ("mi hijo Diego de 8 años", suspects.NAMED_MINOR),
        ("477/613/9057", suspects.PHONE),
        ("477,613,9057", suspects.PHONE),
        ("477 | 613 | 9057", suspects.PHONE),
        ("４７７–６１３–９０５７", suspects.PHONE),
        ("TEL-2026-104233", suspects.PHONE),
        ("PEGJ-800101-HGTRRN-09", suspects.CURP),
        ("P E G J 8 0 0 1 0 1 H G T R R N 0 9", suspects.CURP),
        ("РEGJ800101HGTRRN09", suspects.CURP),  # a Cyrillic letter that looks Latin
        ("idPEGJ800101HGTRRN09x", suspects.CURP),
        ("PEGJ/800101/AB1", suspects.RFC),
        ("PEGJ 800101 AB1", suspects.RFC),
        ("su rfc: pegj 800101 ab1", suspects.RFC),
        ("ana[at]servidor[dot]com", suspects.EMAIL),
        *(
            (text, suspects.PHONE)
            for text in (
                "Tel. 477-123 45 67",
                "(477)1234567",
                "+52 1 477 123 4567",
                "044 477 123 45 67",
                "cel477 1234567",
                "telefono7134455",
                "mi numero es 4 77 1 23 45 67",
                "tel 713-4455 ext 12",
                "0052 477 123 4567",
                "cel. 4771O34567",
                "477–123–4567",
            )
        ),
        *(
            (text, suspects.NAME)
            for text in (
                "C. Juan Pérez",
                "JUAN PEREZ LOPEZ solicita poda",
                "Jose Luis Ma. de la Luz Mc Gregor",
                "María Fernanda de la O Hernández",
                "Lic. Ana Sofía McCormick Torres",
                "Francisco (Pancho) Torres",
                "Juan 'El Güero' Pérez",
                "la maestra Paty",
                "Hernandez Lopez Maria",
                "mi vecino Beto",
                "PROFRA. ELVIA CARRILLO P.",
            )
        ),
        *(
            (text, suspects.ADDRESS)
            for text in (
                "vecina de Roble 45",
                "frente al 45 de Roble",
                "en la casa marcada con el 45 de Roble",
                "Roble num 45 col. Arboledas",
                "Priv. Roble 45-B",
                "Mz 3 Lt 4",
                "calle 5 de mayo 105",
            )
        ),
        ("RFC PEGJ850101", suspects.RFC),
        ("CIC 123456789", suspects.VOTER),
    ],
)
def test_what_looks_personal_is_recognised(text: str, kind: str) -> None:
    assert kind in looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "¿Cuándo repararán las luminarias de mi calle?",
        "Felicito a las y los jóvenes del cabildo",
        "Al taller de mi colonia no fue nadie de Obra Pública",
        "Hay 12 baches en la calle Madero desde hace 3 años",
        "En el Parque Miguel Hidalgo faltan 20 luminarias",
        "Escuela Primaria Urbana Benito Juárez",
        "Bulevar Adolfo López Mateos esquina con Francisco Villa",
        "El presupuesto 2024 2025 2026 fue de 1,200,000 pesos",
        "Se invirtieron 12,345,678.90 pesos en 2025",
        "Que arreglen la calle 5 de Mayo, por favor",
        "Taller para niños de 8 a 12 años",
        "Sistema de Agua Potable y Alcantarillado de León",
        "El indicador PP-1 pasó de 45 a 60 por ciento",
        "Reportar al 072, de lunes a viernes de 9 a 15 horas",
        "Felicidades a León por el Plan 2025-2027",
        "Hubo sesiones el 12-11-2025 y el 13-11-2025, y antes entre 2025-10-01 y 2025-10-31",
        "Mi reporte con folio SAC-2026-104233 no se ha atendido",
        "El oficio SHA/2025/001234 dice otra cosa",
        "El expediente 477/613/2025 sigue abierto",
        "Según el oficio SFP 250115 123 eran para 250115 123",
        "[ver anexo] (2) {b}",
        "Rehabilitar los juegos infantiles del parque de Las Torres",
        "Escuela Primaria Profr. Juan B. Diosdado",
        "Secundaria Lic. Benito Juárez",
        "Jardín de niños Rosaura Zapata",
        "Polideportivo Ana Gabriela Guevara",
        "Monumento a José María Morelos",
        "Barrio de San Miguel",
        "Torres Landa y López Mateos",
        "Rehabilitación del Blvd. Juan Alonso de Torres tramo Hidalgo a Morelos",
        "Acuerdo No. 477/2026",
        "Convenio núm. 12 con SAPAL",
        "Contrato PMLG-123-2026",
        "lote de 20 árboles",
        "Los vecinos de Roble juntaron 50 firmas",
        "frente al 16 de Septiembre hay baches",
        "vecinos de San Felipe 20 familias",
        "Una casa de 2 pisos en el centro",
        "Taller (Presencial) Centro",
        "El Presidente Municipal asistió",
        "la Directora General de Obra Pública respondió",
    ],
)
def test_what_is_not_personal_is_left_alone(text: str) -> None:
    assert looks_personal(text) == frozenset()


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["a ", "4 ", "2024 ", "@", "J. ", "Juan ", "A", "de la ", "calle ", "mi hijo ", "a.b", "x@", "cuatro ", "1,"],
)
def test_the_time_grows_with_the_length_only(unit: str) -> None:
    """A text eight times as long takes eight times as long; a quadratic one would take sixty-four. Between the two lies what a busy
    machine does to a measurement."""

    def seconds(length: int) -> float:
        started = time.thread_time()
        looks_personal(unit * (length // len(unit)))
        return time.thread_time() - started

    looks_personal(unit)
    short, long = (min(seconds(length) for _ in range(3)) for length in (4_000, 32_000))
    assert long < 32 * short + 0.05


def test_a_text_leaves_only_when_a_person_marked_it(office: Office) -> None:
    receipt = office.deliver(
        COMMENTS_PATH,
        COMMENTS
        + "C1,01/07/2026,portal,Falta luz en el parque,,Se turnó,02/07/2026,,\n"
        + "C2,01/07/2026,portal,Falta luz en el parque,,Se turnó,02/07/2026,Sí,\n"
        + "C3,01/07/2026,portal,Soy Zenaida Quiroz Pérez,,Se turnó,02/07/2026,Sí,\n"
        + "C4,01/07/2026,portal,Gracias a la regidora Zenaida Quiroz Pérez,,Se turnó,02/07/2026,Sí,Sí\n"
        + "C5,01/07/2026,portal,Llámenme al 477 555 0123,,Se turnó,02/07/2026,Sí,Sí\n"
        + "C6,01/07/2026,portal,Vivo en Calle Roble 45 y mi hijo Diego va en primaria,,,,No,Sí\n",
    )
    assert (receipt.accepted, receipt.quarantined) == (6, 0)  # the rows count all the same
    rows = {row["comentario_id"]: row for row in office.table(receipt).to_dicts()}
    said = {key: (row["comentario"], row["comentario_reservado"]) for key, row in rows.items()}
    assert said == {
        "C1": (None, "sin_autorizacion"),
        "C2": ("Falta luz en el parque", None),
        "C3": (None, "datos_personales"),
        "C4": ("Gracias a la regidora Zenaida Quiroz Pérez", None),
        "C5": (None, "datos_personales"),
        "C6": (None, "sin_autorizacion"),
    }
    assert rows["C3"]["respuesta"] == "Se turnó" and rows["C1"]["respuesta_reservado"] == "sin_autorizacion"
    assert (rows["C6"]["respuesta"], rows["C6"]["respuesta_reservado"]) == (None, None)  # there was none
    told = page(receipt) + summary(receipt)
    assert "Fila 4, comentario: nombre de persona. No se publica todavía" in told
    assert "Fila 6, comentario: teléfono. No se publica aunque" in told
    assert "Fila 7, comentario: domicilio, menor de edad con nombre, nombre de persona. No se publica: la fila" in told
    assert "Fila 5, comentario: nombre de persona. Se publica" in told and "Fila 2, comentario" not in told
    assert not any(word in told for word in ("Zenaida", "Roble", "0123", "Diego"))


def test_without_the_column_nothing_is_shown(office: Office) -> None:
    """What departments deliver today has no `publicable`: the rows count, the texts stay here."""
    receipt = office.deliver(
        ACUERDOS_PATH,
        ACUERDOS + "A1,E1,01/07/2026,inmediato,Luz,Obra Pública,Poste frente a la casa de doña Lupita,,\n",
    )
    (row,) = office.table(receipt).to_dicts()
    assert (row["descripcion"], row["descripcion_reservado"], row["publicable"]) == (None, "sin_autorizacion", None)


def test_a_flag_that_is_no_flag_sets_the_row_aside(office: Office) -> None:
    receipt = office.deliver(COMMENTS_PATH, COMMENTS + "C1,01/07/2026,portal,Hola,,,,quizás,\n")
    assert receipt.quarantined == 1


SEDES = {
    "cuatro siete siete seis trece noventa cincuenta y siete": HIDDEN_LABEL,
    "Casa de la señora Lupita": HIDDEN_LABEL,
    "Domicilio de Juan Pérez López": HIDDEN_LABEL,
    "Con doña Lupita en Calle Roble 45": HIDDEN_LABEL,
    "Salón de mi hijo de 8 años": HIDDEN_LABEL,
    "Casa de la Cultura Diego Rivera": None,
    "Escuela Primaria Benito Juárez": None,
    "Jardín de Niños María Montessori": None,
    "Calle Madero 123": None,
    "Auditorio Mateo Herrera": None,
}


def test_a_venue_is_public_but_holds_nobody_s_number_or_home(office: Office) -> None:
    """Venues bear names and have addresses; where somebody can be called or lives is no venue to publish."""
    rows = "".join(f"T{n},01/07/2026,,{sede},otro\n" for n, sede in enumerate(SEDES))
    path = "presupuesto_participativo/talleres_2026T3.csv"
    receipt = office.deliver(path, "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede\n" + rows)
    landed = office.table(receipt)["sede"].to_list()
    assert landed == [hidden or sede for sede, hidden in SEDES.items()]
    said = summary(receipt)
    assert "Fila 2, sede: teléfono. El texto se ocultó" in said and "Fila 10, sede: domicilio. Este texto" in said


def test_nobody_is_named_in_a_topic(office: Office) -> None:
    receipt = office.deliver(
        ACUERDOS_PATH,
        ACUERDOS
        + "A1,E1,01/07/2026,inmediato,Fuga con Juan Pérez López,Obra Pública,,,\n"
        + "A2,E1,01/07/2026,inmediato,Agua y drenaje,Obra Pública,,,\n",
    )
    assert [row["tema"] for row in office.table(receipt).to_dicts()] == [HIDDEN_LABEL, "Agua y drenaje"]


def test_what_was_not_looked_through_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery full of text does not keep the door busy for hours, and nothing goes out unread."""
    monkeypatch.setattr(moderation, "_CHARACTERS", 30)
    texts = pl.Series("comentario", ["Falta luz en el parque", "Gracias", "Otro texto más", None])
    yes = pl.Series([True] * 4)
    result = moderation.moderate(texts, yes, yes)
    assert result.values.to_list() == ["Falta luz en el parque", "Gracias", None, None]
    assert result.reserved.to_list() == [None, None, "datos_personales", None]
    assert "varias partes" in result.marks[0][2]


def test_a_comment_that_slid_into_another_column_is_not_repeated(office: Office) -> None:
    receipt = office.deliver(
        COMMENTS_PATH, COMMENTS + "C1,Soy Zenaida Quiroz Pérez,portal,Hola,,,,,\nC2,ayer,portal,Hola,,,,,\n"
    )
    assert receipt.quarantined == 2
    rejects = office.table(receipt, "rejects")
    assert rejects["valor"].to_list() == [None, "ayer"]
    assert "Zenaida" not in str(rejects.to_dicts())
