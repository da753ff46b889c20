"""Atom feeds beside the releases: what was published, and which published figures changed and why."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from pamga.clock import midnight
from pamga.documents.base import Cell
from pamga.documents.candidate import Shown
from pamga.documents.changes import Changes, DeliveryCause, LogCause, MethodCause, Restatement
from pamga.documents.log import Publication, Rollback, Takedown
from pamga.documents.release import ReleaseCard
from pamga.plan import plan
from pamga.releases import release_order
from pamga.settings import Settings
from pamga.takedowns import LIFT, RELEASE
from publish import spanish
from publish.catalogue import addresses
from publish.standing import tombstone

ATOM = "http://www.w3.org/2005/Atom"
PUBLICATIONS_FEED = "publicaciones.xml"
RESTATEMENTS_FEED = "reexpresiones.xml"

# Columns of a restatement in the order in which they are said, each with its word. Releases from before the judged value had
# a column of its own name the value at the due day or the value.
JUDGED = (
    (("valor_juzgado", "valor"), "Valor"),
    (("estado",), "Estado"),
    (("numerador_juzgado", "numerador"), "Numerador"),
    (("denominador_juzgado", "denominador"), "Denominador"),
)
JUDGED_AND_TODAY = (
    (("valor_juzgado", "valor_al_vencimiento"), "Valor en la fecha de vencimiento"),
    (("estado",), "Estado"),
    (("numerador_juzgado",), "Numerador en la fecha de vencimiento"),
    (("denominador_juzgado",), "Denominador en la fecha de vencimiento"),
    (("valor",), "Hoy"),
    (("numerador",), "Numerador de hoy"),
    (("denominador",), "Denominador de hoy"),
)


@dataclass(frozen=True)
class Told:
    """What is told of a release above all of them."""

    release: str
    fecha: str
    trimestre: str
    corte: Shown | None
    cierre: str | None
    ejemplo: bool
    restated: int | None
    """How many published figures it changed; None: it cannot be read, and only the log speaks of it."""

    @classmethod
    def of(cls, card: ReleaseCard, changes: Changes) -> Told:
        restated = len(changes.indicadores.reexpresados)
        return cls(card.release, card.fecha, card.trimestre, card.corte, card.cierre, card.ejemplo, restated)

    @classmethod
    def by_the_log(cls, entry: Publication) -> Told:
        """What the log alone knows of a release that cannot be read: it stays listed, and its row says so."""
        return cls(entry.release, entry.fecha, str(release_order(entry.release)[0]), None, None, False, None)


def publications_feed(settings: Settings, history: list[Told], back: list[Rollback], taken: list[Takedown]) -> bytes:
    """Feed of releases, rollbacks and takedowns, newest first. `history`: what is told of each release, oldest first."""
    entries = []
    for release in history:
        at = addresses(settings, release.release)
        kind = f"de cierre de {spanish.quarter(release.cierre)}" if release.cierre else "provisional"
        if release.restated is None:  # it cannot be read: only the log speaks of it
            kind = "no disponible por ahora"
        title = f"Publicación {release.release} ({kind})" + (" · datos de ejemplo" if release.ejemplo else "")
        said = spanish.as_of(release.corte) if release.corte else f"de {spanish.quarter(release.trimestre)}"
        summary = f"Cifras {said}, publicadas el {spanish.long_date(release.fecha)}."
        entries.append((release.fecha, at.root, at.file("index.html"), title, summary))
    for number, record in enumerate(back, start=1):
        at = addresses(settings, record.a)
        title = f"Se volvió a la publicación {record.a}"
        summary = f"Se retiró de «vigente» la publicación {record.de}. Motivo: {record.motivo}"
        entries.append((record.fecha, f"{at.base}#retiro-{number:04d}", at.file("index.html"), title, summary))
    for takedown in taken:
        address = f"{addresses(settings, '').base}{tombstone(takedown)}.html"
        what = "la publicación" if takedown.tipo == RELEASE else "el conjunto de datos"
        title = f"Se retiró {what} {takedown.nombre}"
        summary = f"Borre sus copias. Decidió: {takedown.persona}. Motivo: {takedown.motivo}"
        if takedown.tipo == LIFT:
            title, summary = f"Puede volver a publicarse {takedown.nombre}", f"Motivo: {takedown.motivo}"
        entries.append((takedown.fecha, address, address, title, summary))
    return _feed(settings, f"Publicaciones de datos abiertos de {plan().municipio}", PUBLICATIONS_FEED, entries)


def restatements_feed(settings: Settings, changes: list[Changes]) -> bytes:
    """Feed of restated indicator values, newest first. `changes`: those of each release, oldest first."""
    entries = []
    for document in changes:
        at = addresses(settings, document.a)
        for item in document.indicadores.reexpresados:
            address = at.file(f"cambios.html#{item.indicador}-{item.ejercicio}-{item.trimestre}")
            title = f"{item.indicador} {item.ejercicio}, {spanish.quarter(item.trimestre)}: cambió lo publicado"
            entries.append((document.fecha_a, address, address, title, " ".join(described(item))))
    return _feed(settings, "Cifras publicadas que cambiaron", RESTATEMENTS_FEED, entries)


def described(restatement: Restatement) -> list[str]:
    """A restated value in sentences: from what to what, how the target stands now, and why."""
    return [*described_changes(restatement), *described_standing(restatement), *described_causes(restatement)]


def described_changes(restatement: Restatement) -> list[str]:
    """From what to what, a sentence per field: what was judged first, and of a target that is due today's after it."""
    changes = restatement.cambios
    fields = JUDGED_AND_TODAY if restatement.vencida else JUDGED
    sentences = []
    for names, word in fields:
        field = next((name for name in names if name in changes), None)
        if field is None:
            continue
        before, after = changes[field].antes, changes[field].despues
        if field.startswith("valor"):
            said = spanish.contrast(_number(before), _number(after), restatement.unidad)
        else:
            said = spanish.cell(before), spanish.cell(after)
        sentences.append(f"{word}: antes {said[0]}, ahora {said[1]}.")
    return sentences


def described_standing(restatement: Restatement) -> list[str]:
    """How the target stands now: the verdict, the value that was judged with its day, and what the Secretariado said of it."""
    now, unit = restatement.ahora, restatement.unidad
    if now is None or not now.dictamen:  # a release from before the opinion stood beside the verdict
        return []
    sentences = [
        f"Queda: {spanish.situation(now)}, {spanish.measure(now.valor_juzgado, unit)} al {spanish.long_date(now.juzgado_el)}.",
        f"Meta: {spanish.target(now.meta, now.operador, unit)}.",
    ]
    if now.juzgado_el != now.fecha_corte:
        sentences.append(f"Al {spanish.long_date(now.fecha_corte)} (hoy): {spanish.measure(now.valor, unit)}.")
    sentences.append(f"{spanish.opinion(now)}.")
    if now.otra_lectura:
        sentences.append(f"Con otra lectura: {now.otra_lectura.rstrip('.')}.")
    return sentences


def described_causes(restatement: Restatement) -> list[str]:
    """Why, a sentence per cause."""
    return [_cause(cause) for cause in restatement.causas] or [
        "No se identificó una entrega ni un cambio de método que lo explique."
    ]


def _cause(cause: DeliveryCause | MethodCause | LogCause) -> str:
    if isinstance(cause, MethodCause):
        return f"Cambió el método de cálculo (código {cause.codigo_despues[:12]})."
    if isinstance(cause, LogCause):
        return f"Cuenta la bitácora de publicaciones hasta {cause.desde}."
    what = f"«{cause.export}» de {spanish.quarter(cause.trimestre)} ({cause.archivo}"
    if cause.version is None:
        return f"Dejó de estar vigente la entrega {what})."
    received = f", recibida el {spanish.long_date(cause.recibido)})."
    if cause.version_anterior is None:
        return f"Llegó la entrega {what}{received}"
    return f"Se corrigió la entrega {what}, versión {cause.version} en lugar de la {cause.version_anterior}{received}"


def _number(value: Cell) -> float | None:
    return value if isinstance(value, int | float) else None


def _feed(settings: Settings, title: str, name: str, entries: list[tuple[str, str, str, str, str]]) -> bytes:
    """An Atom document; `entries` are (day, id, link, title, summary) in the order of what happened."""
    base = addresses(settings, "").base
    Xml.register_namespace("", ATOM)
    feed = Xml.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "es-MX"})
    ordered = [entry for _, entry in sorted(enumerate(entries), key=lambda item: (item[1][0], item[0]), reverse=True)]
    newest = ordered[0][0] if ordered else str(plan().inicio)  # an empty feed still needs a date: the plan's first day
    for tag, text in (("id", base + name), ("title", title), ("updated", midnight(newest))):
        Xml.SubElement(feed, f"{{{ATOM}}}{tag}").text = text
    Xml.SubElement(feed, f"{{{ATOM}}}link", {"rel": "self", "href": base + name, "type": "application/atom+xml"})
    Xml.SubElement(feed, f"{{{ATOM}}}link", {"rel": "alternate", "href": base + "index.html", "type": "text/html"})
    author = Xml.SubElement(feed, f"{{{ATOM}}}author")
    Xml.SubElement(author, f"{{{ATOM}}}name").text = settings.publisher
    for day, identity, link, entry_title, summary in ordered:
        entry = Xml.SubElement(feed, f"{{{ATOM}}}entry")
        for tag, text in (("id", identity), ("title", entry_title), ("updated", midnight(day)), ("summary", summary)):
            Xml.SubElement(entry, f"{{{ATOM}}}{tag}").text = text
        Xml.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "href": link, "type": "text/html"})
    Xml.indent(feed)
    return bytes(Xml.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"
