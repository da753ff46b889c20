"""The pages of a release: plain Spanish, one inline stylesheet, no script, readable on a phone and by a screen reader."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pamga.candidate import Candidate
from pamga.documents.candidate import Dataset, title_of_checked
from pamga.documents.changes import Changes, IndicatorFile, Row, Target
from pamga.documents.exports import PersonalData
from pamga.documents.log import Rollback, Takedown
from pamga.documents.quality import Check, Quality
from pamga.documents.release import Dictionary, HeldClosing, ReleaseCard
from pamga.exports import exports
from pamga.glossary import terms
from pamga.plan import plan
from pamga.settings import Settings
from pamga.spanish import counted, file_name, heading
from pamga.takedowns import DATASET, RELEASE
from publish import feeds, spanish
from publish.candidate import quality_of
from publish.catalogue import addresses, description_of, format_name, origin_sentence, title_of
from publish.changes import INDICATORS, OFFICES, RESERVED, SHEETS, SOURCES, change_sentence
from publish.datapackage import dictionary
from publish.indicators import SCHEMA_FILE, changed_verdicts, deliveries_behind, set_aside

OUTCOMES = {
    "pass": ("Bien", "●", "bien"),
    "warn": ("Con aviso", "▲", "proceso"),
    "fail": ("No pasa", "■", "mal"),
    "not_evaluated": ("No se pudo evaluar", "—", "neutro"),
}
DIMENSIONS = {
    "esquema": "estructura", "volumen": "volumen", "frescura": "al corriente", "validez": "validez", "unicidad": "unicidad",
    "referencias": "referencias", "conciliacion": "conciliación", "futuro": "fechas futuras", "anomalia": "anomalía",
    "hallazgos": "hallazgos",
}  # fmt: skip
# how the sheet's own columns are called; a further column goes under its description in the dictionary
SHEET_LABELS = {
    "nombre_compromiso": "Compromiso", "unidad": "Unidad", "formula": "Fórmula", "responsables": "Responsables",
    "fuentes": "Se calcula con", "medio_verificacion": "Medio de verificación", "actividad": "Actividad del plan", "meta_esperada": "Meta esperada",
    "seguimiento": "Da seguimiento", "que_cuenta_el_numerador": "Qué se cuenta arriba", "que_cuenta_el_denominador": "Qué se cuenta abajo",
    "problematicas": "Problemáticas que atiende", "ods": "Metas de los ODS",
    "decisiones": "Decisiones donde el plan no precisa", "descripcion": "Descripción de la actividad",
}  # fmt: skip
PLAN_PAGE = "como_leimos_el_plan.html"
# kinds of palabras_del_plan in the order of the page: (clase, heading, anchor); kinds without a heading stand under another one
WORDS = (
    ("version", "Versiones de la matriz", "versiones"), ("compromiso", "Los {compromisos} compromisos", "compromisos"),
    ("actividad", "Indicador por indicador", "indicadores"), ("decision", "", ""), ("lectura", "", ""),
    ("diferencia", "Donde las secciones 4 y 6 no dicen lo mismo", "diferencias"),
    ("correccion", "Lo que se escribe de otra manera", "correcciones"),
    ("promesa", "Lo que el plan promete de su seguimiento y evaluación", "promesas"), ("glosario", "Glosario del plan", "glosario"),
)  # fmt: skip
OWN_WORDS = ("Palabras de este portal", "palabras")
PRIVACY_PAGE = "proteccion_datos.html"
PEOPLE_CHECKS = (".celdas_deducibles", ".desglose_de_personas")
TREATMENTS = {
    "personal": "Se lee, se revisa y se descarta al recibir el archivo: no llega a ninguna tabla, informe ni mensaje.",
    "seudonimo": "Se cambia por una clave que no puede deshacerse sin la llave: sirve para no contar dos veces a la misma persona.",
    "moderado": "Texto escrito por o sobre personas: se publica sólo si una persona lo leyó y lo marcó como publicable.",
}
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(td|th)\b([^>]*)>")
TITLE = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
FOR_PROGRAMS = {"compromiso", "orden", SOURCES, OFFICES}  # of the sheet: in the JSON file, not on the page
CHART_HEIGHT, CHART_TOP, CHART_LEFT, CHART_RIGHT = 200.0, 24.0, 70.0, 596.0


@cache
def _style() -> tuple[str, str]:
    """The stylesheet and its hash, the only style that a page's content security policy lets through."""
    css = (files("publish") / "templates" / "estilo.css").read_text(encoding="utf-8")
    return css, base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=spanish.number,
        spelled=spanish.spelled,
        percent=spanish.percent,
        measure=spanish.measure,
        target=spanish.target,
        long_date=spanish.long_date,
        quarter=spanish.quarter,
        quarter_as_of=spanish.quarter_as_of,
        as_of=spanish.as_of,
        size=spanish.size,
        cell=spanish.cell,
        said=spanish.said,
        heading=heading,
        reserved=spanish.reserved,
        count=counted,
        described_changes=feeds.described_changes,
        described_causes=feeds.described_causes,
    )
    environment.globals.update(plan=plan(), states=spanish.STATES, opinions=spanish.OPINIONS)
    return environment


@cache
def _themes() -> dict[str, str]:
    """Theme of a dataset -> its heading, in the order of the page; a commitment's is the commitment's own."""
    commitments = {file_name(name): name for name in plan().compromisos.values()}
    themes = {theme: said.nombre for theme, said in plan().temas.items()}
    return {
        "seguimiento": "Seguimiento del plan",
        **commitments,
        "territorio": "Territorio",
        **themes,
        "calidad": "Entregas y calidad",
    }


def _render(
    template: str, settings: Settings, *, title: str, summary: str, top: str, here: str | None, **values: Any
) -> bytes:
    """A page. `top` leads from it to the folder of all releases, `here` to its own release (None above them)."""
    from markupsafe import Markup

    css, style_hash = _style()
    text = _environment().get_template(template).render(
        title=title, summary=" ".join(summary.split())[:200], top=top, here=here, style=Markup(css), style_hash=Markup(style_hash),  # noqa: S704 - our own stylesheet
        publisher=settings.publisher, license_url=settings.license_url, license_name=settings.license_name,
        contact=settings.contact_email, dashboards=settings.dashboards_url and settings.dashboards_url.rstrip("/") + "/", **values,
    )  # fmt: skip
    return TABLE.sub(_titled_cells, text).encode()


def _titled_cells(table: re.Match[str]) -> str:
    """A table whose cells say their column: on a phone each row is a card (estilo.css), and no title stands above it."""
    head, end, body = table[0].partition("</thead>")
    titles = [html.escape(html.unescape(TAG.sub("", title)).strip()) for title in TITLE.findall(head)]

    def row(found: re.Match[str]) -> str:
        columns = iter(titles)
        return CELL.sub(lambda cell: _titled(cell, next(columns, "")), found[0])

    return head + end + ROW.sub(row, body)


def _titled(cell: re.Match[str], title: str) -> str:
    """A cell with its column's title. The row's own heading needs none, and what stands for several columns has none."""
    if cell[1] == "th" or "colspan" in cell[2] or not title:
        return cell[0]
    return f'<td{cell[2]} data-columna="{title}">'


def release_pages(
    settings: Settings,
    candidate: Candidate,
    publication: ReleaseCard,
    changes: Changes,
    indicators: dict[str, IndicatorFile],
    words: list[Row],
    modified: dict[str, str],
) -> dict[str, bytes]:
    """relative path -> bytes of every page of a release.

    `words`: how the plan was read, the rows of palabras_del_plan; `modified`: dataset -> the day its rows last changed.
    """
    common = {
        "release": candidate.release,
        "example": candidate.example,
        "publication": publication,
        "plan_page": PLAN_PAGE if words else None,
    }
    pages = {
        "index.html": _release_page(settings, candidate, changes, indicators, common),
        PRIVACY_PAGE: _privacy_page(settings, candidate, common),
        "cambios.html": changes_page(settings, changes),
        "calidad.html": quality_page(settings, candidate, common),
    }
    if words:
        pages[PLAN_PAGE] = _plan_page(settings, words, indicators, common)
    for dataset in candidate.datasets:
        document = dictionary(candidate, dataset)
        pages[f"conjuntos/{dataset.name}.html"] = _dataset_page(
            settings, candidate, dataset, document, changes, {**common, "modified": modified[dataset.name]}
        )
        pages[f"diccionario/{dataset.name}.html"] = _render(
            "dictionary.html.j2", settings, title=f"Diccionario de {dataset.title}", summary=dataset.description,
            top="../../", here="../", document=document, **common,
        )  # fmt: skip
    for identity, indicator in indicators.items():
        pages[f"indicadores/{identity}.html"] = indicator_page(settings, candidate, indicator, common)
    return pages


def changes_page(settings: Settings, changes: Changes) -> bytes:
    """The page of what changed between two releases."""
    return _render(
        "changes.html.j2", settings, title=f"Cambios de {changes.a}", summary=f"Qué cambió en la publicación {changes.a}.",
        top="../", here="", release=changes.a, example=changes.ejemplo, changes=changes, verdicts=changed_verdicts(changes.veredictos),
    )  # fmt: skip


def releases_page(
    settings: Settings,
    history: list[feeds.Told],
    back: list[Rollback],
    current: str | None,
    line: list[str],
    held: list[HeldClosing],
    taken: list[Takedown],
) -> bytes:
    """The page above all releases. `history`: what is told of each, oldest first; `line`: those not withdrawn;
    `held`: the quarters that could not be closed (log.held_closings); `taken`: the record of takedowns."""
    return _render(
        "releases.html.j2", settings, title="Datos abiertos", summary=f"Publicaciones de datos abiertos del Plan de Gobierno Abierto de {plan().municipio}.",
        top="", here=None, example=any(r.ejemplo for r in history if r.release == current), history=history[::-1],
        back=back, current=current, line=line, held=held, privacy=current is not None and (settings.layout.current / PRIVACY_PAGE).exists(), taken=taken[::-1],
        down={record.nombre: record.numero for record in taken if record.tipo == RELEASE},
    )  # fmt: skip


def tombstone_page(settings: Settings, record: Takedown, top: str) -> bytes:
    """The page that says what was taken down, when, who decided, why, and which hashes stood. `top` leads to the folder of releases."""
    removed = [
        (release, path, sha256)
        for release, held in record.publicaciones.items()
        for path, sha256 in held.retirados.items()
    ]
    rewritten = [
        (release, path, sha256)
        for release, held in record.publicaciones.items()
        for path, sha256 in held.sustituidos.items()
    ]
    return _render(
        "tombstone.html.j2", settings, title=taken_down_title(record), summary=taken_down_title(record), top=top, here=None,
        example=False, record=record, removed=removed, rewritten=rewritten,
    )  # fmt: skip


def missing_page(settings: Settings) -> bytes:
    """What a person sees at an address that leads nowhere."""
    return _render(
        "missing.html.j2", settings, title="Esta página no existe", summary="La dirección no lleva a ninguna página.", top="/", here=None,
        example=False, current=settings.layout.current.exists(),
    )  # fmt: skip


def taken_down_title(record: Takedown) -> str:
    """A takedown in a line."""
    words = {RELEASE: "Se retiró la publicación", DATASET: "Se retiró el conjunto de datos"}
    return f"{words.get(record.tipo, 'Puede volver a publicarse el conjunto')} {record.nombre}"


def _privacy_page(settings: Settings, candidate: Candidate, common: dict[str, Any]) -> bytes:
    """Which personal data enter, what becomes of them, what is published instead and how that was tested; from the contracts, the
    attacker's model and the gate's report, so that it says what the code does."""
    from pamga.attacker import knowledge

    entering = PersonalData.read(Path(__file__).with_name("personal_data.json"))
    about_people = [dataset for dataset in candidate.datasets if dataset.about_people]
    names = {dataset.name for dataset in about_people} | {"candidata"}
    checks = [c for c in quality_of(candidate).checks if c.dataset in names and c.id.endswith(PEOPLE_CHECKS)]
    moderated = [
        (dataset, column.name.removesuffix(RESERVED))
        for dataset in candidate.datasets
        for column in dataset.columns
        if column.name.endswith(RESERVED)
    ]
    return _render(
        "privacy.html.j2", settings, title="Protección de datos personales",
        summary="Qué datos personales entran, qué se hace con ellos y qué se publica en su lugar.", top="../", here="",
        deliveries=entering.entregas, recognised=entering.se_reconoce, planted=entering.datos_sembrados, about_people=about_people,
        checks=checks, outcomes=OUTCOMES, moderated=moderated, values_left=knowledge().values_left, people_moved=knowledge().people_moved,
        vault_years=settings.vault_retention_years, cache_minutes=settings.cache_seconds / 60, treatments=TREATMENTS, **common,
    )  # fmt: skip


def _files(candidate: Candidate, dataset: Dataset) -> list[dict[str, Any]]:
    entries = []
    for extension in candidate.formats(dataset.name):
        path = f"data/{dataset.name}.{extension}"
        name, use = format_name(dataset, extension), spanish.FORMATS[extension][1]
        entries.append(
            {"path": path, "extension": extension, "name": name, "use": use, **candidate.files[path].stored()}
        )
    return entries


def _page_of(candidate: Candidate, dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "title": title_of(candidate, dataset),
        "description": description_of(candidate, dataset),
        "rows": dataset.rows,
        "sources": dataset.sources,
        "files": _files(candidate, dataset),
    }


def warnings_of(quality: Quality, dataset: str | None = None) -> list[Check]:
    """The checks that did not simply pass, of one dataset or of all."""
    if dataset is not None:  # beside the dataset itself everything is said
        return [c for c in quality.checks if c.outcome != "pass" and c.dataset == dataset]
    return [c for c in quality.checks if c.told and c.outcome != "pass"]


def _release_page(
    settings: Settings,
    candidate: Candidate,
    changes: Changes,
    indicators: dict[str, IndicatorFile],
    common: dict[str, Any],
) -> bytes:
    by_theme: dict[str, list[dict[str, Any]]] = {}
    names = _themes()
    for dataset in candidate.datasets:
        theme = names.get(dataset.theme or "", "Otros datos")
        # the theme's heading and the page say that the data are examples; a card need not repeat it
        by_theme.setdefault(theme, []).append(
            {**_page_of(candidate, dataset), "title": dataset.title, "description": dataset.description}
        )
    order = [*names.values(), "Otros datos"]
    return _render(
        "release.html.j2", settings, title=f"Publicación {candidate.release}",
        summary=f"Datos abiertos del Plan de Gobierno Abierto de {plan().municipio}, publicación {candidate.release}.", top="../", here="",
        datasets=candidate.datasets, total_rows=sum(dataset.rows for dataset in candidate.datasets),
        deliveries=len(candidate.lock.deliveries), commitments=_commitments(indicators), changes=changes,
        changed=sum(c.estado != "sin_cambios" for c in changes.conjuntos), quality=quality_of(candidate),
        warnings=warnings_of(quality_of(candidate)), themes=sorted(by_theme.items(), key=lambda item: order.index(item[0])),
        base=addresses(settings, candidate.release).base, schema_file=SCHEMA_FILE, set_aside=set_aside(candidate.lock),
        verdicts=changed_verdicts(candidate.lock.veredictos), **common,
    )  # fmt: skip


def _commitments(indicators: dict[str, IndicatorFile]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Per commitment the newest quarter of each target, in the plan's order."""
    groups = []
    for prefix, name in plan().compromisos.items():
        rows = []
        for identity in sorted((i for i in indicators if i.partition("-")[0] == prefix), key=_place):
            document = indicators[identity]
            targets = {target.ejercicio: target for target in document.metas}
            own = {"indicador": identity, "nombre": document.nombre, "unidad": document.unidad}
            rows += [targets[row.ejercicio].stored() | row.stored() | own for row in document.situacion]
        if rows:
            groups.append((name, rows))
    return groups


def _place(indicator: str) -> tuple[int, str]:
    """Where an indicator stands in the plan; one that the plan no longer has, at the end."""
    listed = plan().indicadores
    return (listed.index(indicator) if indicator in listed else len(listed), indicator)


def _dataset_page(
    settings: Settings,
    candidate: Candidate,
    dataset: Dataset,
    document: Dictionary,
    changes: Changes,
    common: dict[str, Any],
) -> bytes:
    return _render(
        "dataset.html.j2", settings, title=dataset.title, summary=dataset.description, top="../../", here="../",
        page=_page_of(candidate, dataset), document=document, period=spanish.period(dataset.temporal),
        periodicity=spanish.periodicity(dataset.periodicity).capitalize(),
        warnings=warnings_of(quality_of(candidate), dataset.name),
        checks=sum(check.dataset == dataset.name for check in quality_of(candidate).checks),
        change_sentence=change_sentence(changes.dataset(dataset.name), changes.de), origin=origin_sentence(candidate, dataset),
        deliveries=deliveries_behind(candidate.lock, dataset.sources), set_aside=set_aside(candidate.lock, dataset.sources),
        current=addresses(settings, candidate.release).current(""), **common,
    )  # fmt: skip


def quality_page(settings: Settings, candidate: Candidate, common: dict[str, Any]) -> bytes:
    """The page of what the gate found. `common`: release, example, publication."""
    checks = quality_of(candidate).checks
    amounts = [(words, sum(c.outcome == outcome for c in checks)) for outcome, (words, _, _) in OUTCOMES.items()]
    return _render(
        "quality.html.j2", settings, title="Informe de calidad", summary=f"Verificaciones de la publicación {candidate.release}.",
        top="../", here="", quality=quality_of(candidate), totals=[("Verificaciones", len(checks)), *[a for a in amounts if a[1]]],
        warnings=warnings_of(quality_of(candidate)), closed_by=quality_of(candidate).closed_by, outcomes=OUTCOMES,
        dimensions=DIMENSIONS, title_of=_checked_title(candidate), **common,
    )  # fmt: skip


def _checked_title(candidate: Candidate) -> Callable[[str], str]:
    """What each check's dataset is called, in words."""
    marts = {dataset.name: dataset.title for dataset in candidate.datasets}
    deliveries = {name: export.titulo for name, export in exports().items()}
    return lambda dataset: title_of_checked(dataset, marts, deliveries)


# column of the observations -> code -> words
CODES = {
    "dictamen": {code: words for code, (words, _, _) in spanish.OPINIONS.items()},
    "situacion": spanish.OBSERVATIONS,
}


def indicator_page(settings: Settings, candidate: Candidate, document: IndicatorFile, common: dict[str, Any]) -> bytes:
    """The page of an indicator. `common`: release, example, publication."""
    labels = {  # of a description its first part: what follows is for the dictionary
        (dataset.name, column.name): re.split(r"[;:]", column.description)[0].rstrip(".")
        for dataset in candidate.datasets
        if dataset.name in (SHEETS, INDICATORS, "observaciones")
        for column in dataset.columns
    }
    sheet = [
        (SHEET_LABELS.get(name) or labels.get((SHEETS, name), name), re.sub(r";\s*", "; ", str(value)))
        for name, value in document.ficha.items()
        if value not in (None, "") and name not in FOR_PROGRAMS
    ]
    return _render(
        "indicator.html.j2", settings, title=f"{document.indicador} · {document.nombre}", summary=document.nombre,
        top="../../", here="../", document=document, targets={target.ejercicio: target for target in document.metas}, sheet=sheet,
        labels=labels, codes=CODES, charts=_charts(document), **common,
    )  # fmt: skip


def _plan_page(
    settings: Settings, words: list[Row], indicators: dict[str, IndicatorFile], common: dict[str, Any]
) -> bytes:
    """How the plan was read: the matrix's own words, with what each other reading would turn in the newest quarter."""
    how_many = spanish.spelled(len(plan().compromisos))
    by_kind: dict[str, list[Row]] = {kind: [] for kind, _, _ in WORDS}
    for row in sorted(words, key=itemgetter("orden")):
        by_kind.setdefault(str(row["clase"]), []).append(row)
    activities = {str(row["de"]): row["texto"] for row in by_kind["actividad"]}
    readings = []
    for key, activity in activities.items():
        document = indicators.get(key)
        turning = [row for row in document.otras_lecturas if row["difiere"]] if document else []
        others = [
            {**row, "cambia": [turned for turned in turning if turned["descripcion"] == row["titulo"]]}
            for row in by_kind["lectura"]
            if row["de"] == key
        ]
        decisions = [row for row in by_kind["decision"] if row["de"] == key]
        readings.append((key, document.nombre if document else "", activity, decisions, others))
    return _render(
        "plan.html.j2", settings, title="Cómo leímos el plan", summary="Cada decisión tomada donde el plan no precisa, y lo que cambiaría con otra lectura.",
        top="../", here="", words=by_kind, readings=readings, commitments=_grouped(by_kind["compromiso"], "de"),
        names=plan().compromisos, promises=_grouped(by_kind["promesa"], "seccion"), fields=SHEET_LABELS | {"nombre": "Nombre"},
        sections=[*((title.format(compromisos=how_many), anchor) for kind, title, anchor in WORDS if title and by_kind[kind]), OWN_WORDS],
        own_words=terms(), data=["palabras_del_plan"], **common,
    )  # fmt: skip


def _grouped(rows: list[Row], field: str) -> list[tuple[str, list[Row]]]:
    """The rows by a field, in the order in which its values first appear."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row[field]), []).append(row)
    return list(groups.items())


def _charts(document: IndicatorFile) -> list[dict[str, Any]]:
    """One chart for each year with values; none where there is only a Sí or a No to draw."""
    if document.unidad == spanish.YES_OR_NO:
        return []
    return [chart for target in document.metas if (chart := _chart(document, target))]


def _chart(document: IndicatorFile, target: Target) -> dict[str, Any] | None:
    """Coordinates of the line of one year's values against its target; None when there is nothing to draw."""
    rows = sorted((r for r in document.serie if r.ejercicio == target.ejercicio), key=lambda r: r.trimestre)
    known = [(row, row.valor_juzgado) for row in rows if row.valor_juzgado is not None]
    if not known:
        return None
    rows = rows[rows.index(known[0][0]) :]
    top = max(100.0, target.meta, *(value for _, value in known))

    def height(value: float) -> float:
        return float(round(CHART_HEIGHT - (CHART_HEIGHT - CHART_TOP) * value / top, 1))

    step = (CHART_RIGHT - CHART_LEFT) / max(len(rows) - 1, 1)
    places = {row.trimestre: round(CHART_LEFT + step * i, 1) for i, row in enumerate(rows)}
    every = (len(rows) + 5) // 6  # at most six labels, so that they do not run into one another
    said = ", ".join(f"{row.trimestre}: {spanish.percent(row.valor)}" for row, _ in known)
    return {
        "year": target.ejercicio,
        "target": target.meta,
        "target_y": height(target.meta),
        "label_y": height(target.meta) + (16 if known[-1][1] >= target.meta else -8),  # where the line is not
        "ticks": [{"y": height(top * part / 4), "label": spanish.number(top * part / 4, 0)} for part in range(5)],
        "points": [
            {"x": places[row.trimestre], "y": height(value), "provisional": row.provisional} for row, value in known
        ],
        "axis": [{"x": places[row.trimestre], "label": row.trimestre} for row in rows[::every]],
        "words": f"Ejercicio {target.ejercicio}, meta {spanish.percent(target.meta)}. {said}",
    }
