"""The Secretariado's word on a candidate (section 6.B of the plan): what is shown to the person, and the record of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import duckdb

from pamga.backup.acts import keep_acts
from pamga.candidate import Candidate, load_candidate
from pamga.documents.candidate import Agreed, Description
from pamga.documents.log import Answer, Figure
from pamga.documents.quality import Quality
from pamga.engine import connect, quoted
from pamga.errors import PamgaError, UsageError
from pamga.log import answers
from pamga.reasons import signed, to_publish
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.spanish import day_in_words
from quality.gate import append_to_log
from quality.marts import words_of
from quality.offending import fetch_rows
from quality.report import found

APPROVE, REJECT, NOBODY = Answer.APPROVE, Answer.REJECT, Answer.NOBODY
MAX_LISTED = 25


def candidate_summary(settings: Settings, run: str | None = None) -> str:
    """What a candidate would change, as Markdown in plain Spanish: checks that failed or warned, rows against the current
    release, restated figures, and the Secretariado's own observations beside the figures they concern.

    Raises PamgaError when the candidate has not been checked.
    """
    candidate = load_candidate(settings, run)
    quality = Quality.if_there(candidate.run_folder / "quality.json")
    if quality is None:
        raise PamgaError(f"Run {candidate.run} has not been checked.", "Run `pamga check` first.")
    kind = f"de cierre de {candidate.closing}" if candidate.closing else "provisional"
    parts = [
        f"## Publicación {candidate.release} ({kind})",
        f"Corrida `{candidate.run}`. Decisión del control de calidad: **{quality.decision}**.",
    ]
    if candidate.example:
        parts.append("**Son datos de ejemplo.**")
    parts += [
        _rejected_before(settings, candidate),
        _verdicts(candidate),
        _checks(quality, words_of(candidate)),
        _changes(settings, candidate),
        _restated(settings, candidate),
        _observations(candidate, settings),
    ]
    return "\n\n".join(part for part in parts if part)


def record_answer(settings: Settings, run: str, decision: str, person: str, reason: str) -> Path:
    """Write lake/_log/approvals/<run>.json and the registry's row; the same answer twice is one record.

    Raises PamgaError when a person gives no reason: who, when and why are part of the release.
    """
    if decision not in (APPROVE, REJECT):
        raise PamgaError(f"Unknown decision {decision!r}.", f"It is {APPROVE} or {REJECT}.")
    if not reason.strip():
        raise PamgaError("An approval or rejection needs a reason.", "Answer again and write the reason.")
    candidate, today = load_candidate(settings, run), settings.today
    entry = Answer(
        run=candidate.run, release=candidate.release, decision=decision, persona=person, motivo=reason.strip(),
        fecha=today.isoformat(),
    )  # fmt: skip
    if decision == REJECT:  # remembered, so that whoever approves the next candidate sees that it carries them again
        entry = entry.model_copy(update={"cifras": new_figures(settings, candidate)})
    path = append_to_log(settings, "approvals", candidate.run, entry)
    keep_acts(settings)
    open_registry(settings).record_approval(candidate.run, candidate.release, decision, person, reason.strip(), today)
    return path


class HumanAnswer(TypedDict):
    """What Airflow's human-in-the-loop task returns."""

    chosen_options: list[str]
    responded_by_user: NotRequired[Mapping[str, str] | str | None]
    params_input: NotRequired[Mapping[str, str | None] | None]


class AnswerDoesNotCount(PamgaError):
    """A person answered and something is missing: it is said, and the question is asked again. Never a silent no."""


def answer_of(result: HumanAnswer, hours: float, asked_by: str | None = None) -> tuple[str, str, str]:
    """(decision, person, reason) of the result of Airflow's human-in-the-loop task. No answer in time is a rejection.

    Raises AnswerDoesNotCount for a reason that may not be published, for a yes without one, and for a yes of the account that asks (`asked_by`): a second person has to say it.
    """
    (decision,) = result["chosen_options"]
    user = result.get("responded_by_user")
    if not user:
        return REJECT, NOBODY, f"Nadie respondió en {hours:g} horas: se rechaza por omisión."
    given = result.get("params_input") or {}
    reason = str(given.get("motivo") or "").strip()
    account = str(user["name"] if isinstance(user, Mapping) else user)
    named = str(given.get("persona") or "").strip()
    person = f"{named} (cuenta {account})" if named else account  # a typed name is not proved; the account is
    if decision == APPROVE and not reason:
        raise AnswerDoesNotCount(
            f"{person} respondió «{APPROVE}» sin escribir el motivo: no cuenta.", "Se pregunta de nuevo."
        )
    if decision == APPROVE and asked_by and account == asked_by:
        raise AnswerDoesNotCount(
            f"{person} es quien lo pide: tiene que aprobarlo otra persona.", "Se pregunta de nuevo."
        )
    try:
        reason, named = to_publish(reason), signed(named)
    except UsageError:
        raise AnswerDoesNotCount(
            f"La cuenta {account} escribió en el motivo o en el nombre lo que parece un dato personal, y los dos se publican: no cuenta.",
            "Se pregunta de nuevo; escríbalo sin teléfonos, correos, domicilios ni claves.",
        ) from None
    return str(decision), person, reason or "No escribió el motivo."


def new_figures(settings: Settings, candidate: Candidate) -> list[Figure]:
    """The figures of a candidate that the public does not read yet: new ones, and those that it would change."""
    new, now = _figures_of(candidate.folder), settings.layout.current
    if not new.exists():
        return []
    columns = ", ".join(Figure.model_fields)
    query = f"select {columns} from read_parquet({quoted(str(new))})"
    if _figures_of(now).exists():
        query += f" except select {columns} from read_parquet({quoted(str(_figures_of(now)))})"
    with connect(settings) as connection:
        rows = fetch_rows(connection, f"select * from ({query}) order by indicador, ejercicio, trimestre")
    return [Figure(**row) for row in rows]


def _figures_of(folder: Path) -> Path:
    return folder / "data" / f"{FIGURES}.parquet"


def rejected_figures(settings: Settings, candidate: Candidate) -> list[tuple[Figure, Answer]]:
    """The figures that the candidate would publish and a person has rejected: each with the newest answer that rejected it.

    One that was approved afterwards, with the same value, is rejected no more.
    """
    said = sorted(answers(settings.layout).values(), key=lambda entry: (entry.fecha, entry.run))
    refused = [(figure, answer) for answer in said if answer.rejected_by_a_person for figure in answer.cifras]
    newest = {figure.model_dump_json(): answer for figure, answer in refused}
    return [
        (figure, newest[key])
        for figure in new_figures(settings, candidate)
        if (key := figure.model_dump_json()) in newest
    ]


def _verdicts(candidate: Candidate) -> str:
    """Verdicts of closed quarters that changed, in this candidate or before it, with who decided it and why."""
    lines = []
    for entry in candidate.lock.veredictos:
        before, after = (state.replace("_", " ") for state in (entry.antes, entry.despues))
        by = f"; lo decidió {entry.persona}: {entry.motivo}" if entry.persona else "; lo cambió el método"
        lines.append(
            f"- {entry.indicador} {entry.ejercicio}, {entry.trimestre}: de {before} ({entry.publicacion}) a {after}{by}"
        )
    return "\n".join(["### Veredictos que cambiaron después del cierre", *lines]) if lines else ""


def _rejected_before(settings: Settings, candidate: Candidate) -> str:
    found_again = rejected_figures(settings, candidate)
    if not found_again:
        return ""
    lines = [
        f"- **{figure.said}**: la rechazó {answer.persona} el {day_in_words(date.fromisoformat(answer.fecha))}. Motivo: {answer.motivo}"
        for figure, answer in found_again[:MAX_LISTED]
    ]
    if len(found_again) > MAX_LISTED:
        lines.append(f"- … y {len(found_again) - MAX_LISTED} más.")
    return "### Cifras que ya se rechazaron y esta candidata vuelve a traer\n" + "\n".join(lines)


def _checks(quality: Quality, agreed: Agreed) -> str:
    listed = [check for check in quality.checks if check.outcome == "fail" or (check.outcome == "warn" and check.told)]
    if not listed:
        return "### Revisiones\nTodas salieron bien."
    lines = [
        f"- **{'Detiene' if check.outcome == 'fail' else 'Aviso'}** `{check.id}` ({agreed.title_of(check.dataset)}): {check.explanation} "
        f"Se encontró: {found(check)}. Le toca a: {check.owner}."
        for check in listed[:MAX_LISTED]
    ]
    if len(listed) > MAX_LISTED:
        lines.append(f"- … y {len(listed) - MAX_LISTED} más en quality.html.")
    return "### Revisiones con aviso\n" + "\n".join(lines)


def _changes(settings: Settings, candidate: Candidate) -> str:
    """Rows of each dataset against the release that is up now."""
    current = Description.if_there(settings.layout.current / "datasets.json")
    if current is None:
        return "### Qué cambia\nEs la primera publicación."
    before, lines = {d.name: d.rows for d in current.datasets}, []
    for dataset in candidate.datasets:
        title, rows = dataset.title, dataset.rows
        if dataset.name not in before:
            lines.append(f"| {title} | nuevo | {rows:,} |")
        elif before[dataset.name] != rows:
            lines.append(f"| {title} | {before[dataset.name]:,} | {rows:,} |")
    lines += [f"| {d.title} | {d.rows:,} | se retira |" for d in current.datasets if d.name not in candidate.by_name]
    if not lines:
        return "### Qué cambia\nNingún conjunto cambia de número de filas."
    return "### Qué cambia\n| Conjunto | Filas ahora | Filas con esta publicación |\n| --- | --- | --- |\n" + "\n".join(
        lines
    )


FIGURES = "tablero_indicadores"  # every value also in the words that the dashboards show


def _restated(settings: Settings, candidate: Candidate) -> str:
    """Figures already published that this candidate would change."""
    now, new = _figures_of(settings.layout.current), _figures_of(candidate.folder)
    if not now.exists() or not new.exists():
        return "### Cifras que cambian\nNo hay cifras publicadas con qué comparar."
    with connect(settings) as connection:
        rows = fetch_rows(
            connection,
            f"""select indicador, ejercicio, trimestre, {_in_words("antes")}, {_in_words("ahora")}
            from read_parquet({quoted(str(now))}) as antes
            inner join read_parquet({quoted(str(new))}) as ahora using (indicador, ejercicio, trimestre)
            where antes.valor is distinct from ahora.valor or antes.estado is distinct from ahora.estado
                or antes.valor_al_vencimiento is distinct from ahora.valor_al_vencimiento
            order by indicador, ejercicio, trimestre""",
        )
    if not rows:
        return "### Cifras que cambian\nNinguna cifra ya publicada cambia."
    lines = [
        f"| {r['indicador']} | {r['ejercicio']} | {r['trimestre']} | {_figure(r, 'antes')} | {_figure(r, 'ahora')} |"
        for r in rows[:MAX_LISTED]
    ]
    head = "| Indicador | Ejercicio | Trimestre | Publicado | Con esta publicación |\n| --- | --- | --- | --- | --- |\n"
    more = f"\n\n… y {len(rows) - MAX_LISTED} más." if len(rows) > MAX_LISTED else ""
    return "### Cifras que cambian\n" + head + "\n".join(lines) + more


def _in_words(side: str) -> str:
    columns = {
        "valor": "valor_juzgado",
        "texto": "valor_juzgado_texto",
        "situacion": "situacion",
        "hoy": "valor_hoy_texto",
    }
    return ", ".join(f"{side}.{column} as {name}_{side}" for name, column in columns.items())


def _figure(row: dict[str, Any], side: str) -> str:
    """`77.6 % (En proceso)`; with the exact value where both sides read alike, and today's where that is what differs."""
    said = row[f"texto_{side}"]
    if row["texto_antes"] == row["texto_ahora"] and row["valor_antes"] != row["valor_ahora"]:
        said = f"{row[f'valor_{side}']:.6f} %"
    today = f"; hoy {row[f'hoy_{side}']}" if row["hoy_antes"] != row["hoy_ahora"] else ""
    return f"{said} ({row[f'situacion_{side}']}{today})"


def _observations(candidate: Candidate, settings: Settings) -> str:
    """The delivered observaciones of the quarter, beside the figures that they concern."""
    folder = candidate.folder / "data"
    if not (folder / "observaciones.parquet").exists() or not (folder / f"{FIGURES}.parquet").exists():
        return "### Observaciones del Secretariado\nEl Secretariado todavía no ha entregado ningún dictamen."
    with connect(settings) as connection:
        rows = _observed_figures(connection, folder)
        unseen = fetch_rows(
            connection,
            f"""select count(*) as metas from read_parquet({quoted(str(folder / f"{FIGURES}.parquet"))})
            where es_ultimo_trimestre and dictamen = 'sin_revisar'""",
        )[0]["metas"]
    not_seen = f"Metas que el Secretariado aún no revisa: {unseen}."
    if not rows:
        return f"### Observaciones del Secretariado\nNinguna de las revisadas tiene observaciones abiertas. {not_seen}"
    lines = [
        f"- **{r['indicador']} {r['ejercicio']}, {r['trimestre_evaluado']}** ({r['valor_juzgado_texto'] or 'Sin datos'}, {r['situacion'] or 'Sin datos'}): "
        f"{r['dictamen'].replace('_', ' ')}. {r['observacion'] or ''} {('Respuesta: ' + r['respuesta']) if r['respuesta'] else 'Sin respuesta.'}"
        for r in rows[:MAX_LISTED]
    ]
    return "### Observaciones del Secretariado\n" + "\n".join([*lines, "", not_seen])


def _observed_figures(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    observations, figures = (quoted(str(folder / f"{name}.parquet")) for name in ("observaciones", FIGURES))
    return fetch_rows(
        connection,
        f"""select o.indicador, o.ejercicio, o.trimestre_evaluado, o.dictamen, o.observacion, o.respuesta, f.valor_juzgado_texto, f.situacion
        from read_parquet({observations}) as o
        left join read_parquet({figures}) as f
            on o.indicador = f.indicador and o.ejercicio = f.ejercicio and o.trimestre_evaluado = f.trimestre
        where o.fecha_atencion is null and o.dictamen <> 'validado'
        order by o.trimestre_evaluado desc, o.indicador, o.ejercicio""",
    )
