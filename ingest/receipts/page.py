"""The receipt as a page and as plain text: what was understood, how many rows were taken, which cells to mend and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from ingest.corrections import kind_of_correction
from ingest.names import shown
from ingest.reading import Outcome
from ingest.receipts.bad_cells import BadCellLine, bad_cell_lines
from ingest.receipts.compared import Compared, compared, headline, how_to_confirm
from pamga.documents.deliveries import Received
from pamga.plan import plan
from pamga.spanish import counted, day_in_words

MAX_LISTED = 500
"""Bad cells listed on the page; the workbook lists more."""
_MAX_IN_SUMMARY = 15
INTERPRETED_TITLE = "Lo que se reparó o se interpretó"

RULE_WORDS = {
    "tipo": "no es del tipo que se pide",
    "obligatoria": "falta un dato obligatorio",
    "rango": "fuera del rango permitido",
    "patron": "no tiene la forma que se pide",
    "categoria": "no está en la lista de valores",
    "clave_repetida": "clave repetida con datos distintos",
    "fila_repetida": "fila repetida",
    "fecha_futura": "fecha posterior al día de recepción",
    "geometria": "geometría con problemas",
    "no_legible": "no se pudo leer",
}


@dataclass(frozen=True)
class Status:
    """How a delivery ended, in a word and with a shape, so that it does not depend on colour."""

    css: str
    shape: str
    title: str
    explanation: str


_STATUSES = {
    "accepted": Status(
        "bien", "✔", "Recibido completo", "Todas las filas que leímos se aceptaron. No tiene que hacer nada más."
    ),
    "accepted_with_rejects": Status(
        "revisar",
        "▲",
        "Recibido, con filas por corregir",
        "Se aceptaron las filas correctas y se apartaron las que tienen errores.",
    ),
    "only_emptied": Status(
        "revisar",
        "▲",
        "Recibido, con celdas por revisar",
        "Todas las filas se aceptaron; algunas celdas con error se dejaron vacías.",
    ),
    "none_accepted": Status(
        "mal",
        "▲",
        "Recibido, pero ninguna fila se aceptó",
        "Todas las filas tienen errores: esta versión no cuenta. Si había una anterior, sigue vigente.",
    ),
    "none_in_scope": Status(
        "mal",
        "▲",
        f"Recibido, pero ninguna fila es de {plan().municipio}",
        "Todas las filas son de otro municipio o ámbito: no se guardó ninguna. Revise que sea el archivo correcto. "
        "Si había una versión anterior, sigue vigente.",
    ),
    "held": Status(
        "mal",
        "‖",
        "Recibido, pero espera su confirmación",
        "El archivo se conserva completo, pero todavía no cuenta; si había una versión anterior, sigue vigente. Confírmelo o corríjalo.",
    ),
    "held_again": Status(
        "mal",
        "‖",
        "Ya se había recibido y espera su confirmación",
        "Este archivo es idéntico a uno que todavía no cuenta, por lo que se dice abajo. Confírmelo o corríjalo.",
    ),
    "rejected": Status(
        "mal",
        "✖",
        "No se recibió",
        "El archivo se rechazó completo: no se guardó ninguna fila. El archivo original se conserva.",
    ),
    "duplicate": Status(
        "igual",
        "＝",
        "Ya se había recibido",
        "Este archivo es idéntico a uno que ya teníamos. No cambió nada y no tiene que hacer nada.",
    ),
    "refused_again": Status(
        "mal",
        "✖",
        "Ya se había rechazado",
        "Este archivo es idéntico a uno que no se recibió, por lo mismo que se dice abajo. Sigue sin guardarse ninguna fila.",
    ),
    "older_again": Status(
        "igual",
        "＝",
        "Ya se había recibido",
        "Este archivo es idéntico a una versión anterior. No cambió nada: sigue vigente la más nueva.",
    ),
}
_REFUSED = ("rejected", "refused_again")
_NOTHING_TO_DO = "No tiene que hacer nada más."
_LOOK_BELOW = "Abajo hay algo que conviene revisar."
_LOOK_AT_INTERPRETED = (
    "Algunas celdas se repararon o se interpretaron: revise abajo que digan lo que usted quiso decir."
)
_HELD = ("held", "held_again")


@dataclass(frozen=True)
class MarkLine:
    """One cell whose text looks personal: what of it, and what becomes of the text. Never the text."""

    fila: int
    columna: str
    tipos: str
    que_pasa: str


@dataclass
class Reply:
    """All that the page and the summary say to the author of a file."""

    status: Status
    titulo: str
    archivo: str
    identity: list[tuple[str, str]]
    counts: list[tuple[str, int]]
    reasons: list[str]
    notes: list[str]
    understood: list[tuple[str, str]]
    cells: list[BadCellLine]
    total_cells: int
    by_column: list[tuple[str, str, int]]
    shows_values: bool
    example: bool
    marks: list[MarkLine] = field(default_factory=list)
    total_marks: int = 0
    interpreted: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)
    reasons_title: str = "Por qué no se recibió"
    compared: Compared | None = None
    correction: str | None = None
    correction_note: str = ""
    listing: str | None = None
    """Name of the file with every bad cell."""

    @property
    def hidden_cells(self) -> int:
        return self.total_cells - len(self.cells)

    @property
    def names_cells(self) -> bool:
        """The file's cells have the names that a spreadsheet gives them."""
        return any(cell.celda for cell in self.cells)


def describe(outcome: Outcome) -> Reply:
    """The answer to an outcome, without its workbook."""
    manifest, rejects = outcome.manifest, outcome.rejects
    shows_values = outcome.contract is None or not outcome.contract.has_personal
    duplicate = manifest.state == "duplicate"
    state = _state(outcome)
    titles = [outcome.contract.titulo if outcome.contract else None, manifest.export, "Archivo sin identificar"]
    return Reply(
        status=_status(
            state, manifest, bool(manifest.notes) or bool(outcome.marks is not None and outcome.marks.height)
        ),
        titulo=next(str(title) for title in titles if title),
        archivo=_file_name(manifest),
        identity=_identity(manifest),
        counts=_counts(manifest) if not duplicate and state not in _REFUSED else [],
        reasons=list(manifest.reasons or []) if state in (*_REFUSED, *_HELD) else [],
        reasons_title="Por qué espera su confirmación" if state in _HELD else "Por qué no se recibió",
        compared=None if duplicate else compared(manifest),
        notes=list(manifest.notes or []),
        understood=[] if duplicate else list(_understood(manifest.understood or {})),
        cells=[] if duplicate else bad_cell_lines(outcome, shows_values, MAX_LISTED),
        total_cells=0 if duplicate else rejects.height,
        by_column=_by_column(rejects),
        shows_values=shows_values,
        example=bool(manifest.example),
        marks=_marks(outcome),
        total_marks=outcome.marks.height if outcome.marks is not None else 0,
        interpreted=[] if duplicate else list(manifest.interpreted or []),
        next_steps=_next_steps(state, outcome),
    )


def _status(state: str, manifest: Received, to_look_at: bool) -> Status:
    """How the delivery ended; the headline says so when it takes most of what stood away."""
    status, more = _STATUSES[state], headline(manifest)
    if state == "accepted" and manifest.interpreted:
        status = replace(status, explanation=status.explanation.replace(_NOTHING_TO_DO, _LOOK_AT_INTERPRETED))
    elif state == "accepted" and to_look_at:
        status = replace(status, explanation=status.explanation.replace(_NOTHING_TO_DO, _LOOK_BELOW))
    if more is None or state in ("none_accepted", "none_in_scope", *_REFUSED):
        return status
    css, shape = ("revisar", "▲") if status.css == "bien" else (status.css, status.shape)
    explanation = status.explanation.replace(" No tiene que hacer nada más.", " Revise que sea lo que quería.")
    return Status(css, shape, f"{status.title}: {more}", explanation)


def _marks(outcome: Outcome) -> list[MarkLine]:
    """The first cells that look personal."""
    if outcome.marks is None:
        return []
    return [MarkLine(**mark) for mark in outcome.marks.head(MAX_LISTED).to_dicts()]


def _state(outcome: Outcome) -> str:
    """Which of `_STATUSES` it is: what became of the rows, and of a duplicate whether what it repeats was refused or stands."""
    manifest, rejects = outcome.manifest, outcome.rejects
    if manifest.state == "held":
        return "held"
    if manifest.state == "duplicate":
        if manifest.doubts and not manifest.stands:
            return "held_again"
        return "refused_again" if manifest.reasons else "older_again" if manifest.notes else "duplicate"
    if manifest.rows_read and not manifest.accepted:
        return "none_accepted" if manifest.quarantined else "none_in_scope"
    if rejects.height and not rejects["cuarentena"].any():
        return "only_emptied"
    return str(manifest.state)


def _by_column(rejects: pl.DataFrame) -> list[tuple[str, str, int]]:
    """(column, what is wrong, number of cells), the most frequent first."""
    counted = rejects.group_by("columna", "regla").len().to_dicts()
    counted.sort(key=lambda line: (-line["len"], line["columna"], line["regla"]))
    return [(line["columna"], RULE_WORDS.get(line["regla"], line["regla"]), line["len"]) for line in counted]


def _file_name(manifest: Received) -> str:
    return shown(Path(str(manifest.archivo or "sin nombre")).name)


def _identity(manifest: Received) -> list[tuple[str, str]]:
    received = manifest.received_on
    lines = [
        ("Archivo", _file_name(manifest)),
        ("Dependencia", _office(manifest)),
        ("Entrega", str(manifest.export or "no se pudo saber")),
        ("Trimestre", str(manifest.trimestre or "no se pudo saber")),
        ("Versión", str(manifest.version) if manifest.version else "ninguna"),
        ("Recibido el", spanish_date(str(received)) if received else "sin fecha"),
        *_dropped_before(manifest),
        ("Huella del archivo, para comprobar que es el mismo (SHA-256)", str(manifest.sha256 or "no se pudo leer")),
    ]
    if manifest.restored_from:
        lines.append(("Restaurada de la versión", str(manifest.restored_from)))
    return lines


def _office(manifest: Received) -> str:
    """The office by its name, with its folder; by the folder alone where that is no office's."""
    folder = shown(str(manifest.dependencia or "no se pudo saber"))
    name = plan().dependencias.get(folder)
    return f"{name} (carpeta {folder})" if name else folder


def _dropped_before(manifest: Received) -> list[tuple[str, str]]:
    """Where the file was read on a later day than it was dropped: the day that counts for the calendar."""
    dropped = manifest.dropped_on
    return [] if dropped in (None, manifest.received_on) else [("Entregado el", spanish_date(str(dropped)))]


def spanish_date(iso: str) -> str:
    """`2026-10-10` as people write it: 10 de octubre de 2026."""
    return day_in_words(date.fromisoformat(iso[:10]))


def _counts(manifest: Received) -> list[tuple[str, int]]:
    return [
        ("Filas leídas", int(manifest.rows_read)),
        ("Aceptadas", int(manifest.accepted)),
        ("Apartadas por errores", int(manifest.quarantined)),
        ("De otro municipio o ámbito (no son error)", int(manifest.out_of_scope)),
    ]


_UNDERSTOOD_WORDS = {
    "formato": "Formato",
    "codificacion": "Codificación del texto",
    "separador": "Separador de celdas",
    "fin_de_linea": "Fin de línea",
    "fila_encabezado": "Fila del encabezado",
    "hoja": "Hoja",
    "lectura": "Modo de lectura",
    "sistema_de_coordenadas": "Sistema de coordenadas",
}
_SEPARATOR_WORDS = {",": "coma (,)", ";": "punto y coma (;)", "|": "barra vertical (|)", "\t": "tabulador"}


def _understood(understood: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, word in _UNDERSTOOD_WORDS.items():
        value = understood.get(key)
        if value is not None:
            shown = _SEPARATOR_WORDS.get(str(value), str(value)) if key == "separador" else str(value)
            yield word, shown


def _next_steps(state: str, outcome: Outcome) -> list[str]:
    if state in _HELD:
        return how_to_confirm(outcome.manifest, outcome.contract)
    if state in _REFUSED:
        return [
            "Corrija lo que se señala arriba.",
            "Deje de nuevo el archivo completo en su carpeta, con el mismo nombre.",
        ]
    if state not in ("accepted_with_rejects", "only_emptied", "none_accepted"):
        return []
    kind = kind_of_correction(outcome.contract, outcome.reading)
    mend, drop = {
        "copia": (
            "Corrija las celdas señaladas en correccion.xlsx, que es su propia hoja con las celdas marcadas.",
            "Deje esa hoja completa en su carpeta, con el nombre de su archivo: la nueva versión sustituye a esta, "
            "así que debe llevar también las filas que ya estaban bien.",
        ),
        "filas": (
            "Corrija las celdas señaladas en correccion.xlsx, que trae solo esas filas, o en su archivo original.",
            "Deje en su carpeta el archivo que corrigió, con el mismo nombre que tenía la entrega. Si es correccion.xlsx, las demás "
            "filas se toman de lo que ya entregó; si es su archivo, debe llevar también las filas que ya estaban bien.",
        ),
        "lista": (
            "Corrija las celdas señaladas en su archivo original.",
            "Deje el archivo completo en su carpeta, con el mismo nombre: la nueva versión sustituye a esta, "
            "así que debe llevar también las filas que ya estaban bien.",
        ),
    }[kind]
    geometry = outcome.contract.geometry_column if outcome.contract else None
    if geometry is not None and geometry in set(outcome.rejects["columna"]):
        mend = "Corrija los elementos señalados en su programa de mapas: una forma no se puede corregir en correccion.xlsx."
        drop = (
            "Exporte la capa completa como GeoJSON y déjela en su carpeta, con el mismo nombre: la nueva versión sustituye a esta, así que "
            "debe llevar también los elementos que ya estaban bien."
        )
    return [
        mend,
        drop,
        "Si no puede corregirlas ahora, no pasa nada con lo aceptado: ya cuenta. Lo apartado no se pierde."
        if outcome.manifest.accepted
        else "Mientras no se corrija alguna, ninguna fila de este archivo cuenta.",
    ]


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["miles"] = lambda number: f"{number:,}"
    environment.filters["contadas"] = counted
    environment.globals = {"plan": plan().titulo, "interpreted_title": INTERPRETED_TITLE, "most": _MAX_IN_SUMMARY}
    return environment


def html_page(reply: Reply) -> str:
    """The page: one file, no script, nothing fetched."""
    return _templates().get_template("receipt.html.j2").render(r=reply)


def plain_summary(reply: Reply) -> str:
    """The receipt as plain text for an e-mail."""
    return _templates().get_template("resumen.txt.j2").render(r=reply)
