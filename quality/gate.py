"""The gate: every check on the very files that would be published, and the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pamga.attacker import knowledge
from pamga.candidate import Candidate, load_candidate
from pamga.documents.candidate import Agreed
from pamga.documents.log import Answer, ClosedBy, ClosingAttempt, LoggedCheck, LoggedChecks
from pamga.documents.quality import Check, Quality, Seen
from pamga.logs import about
from pamga.settings import Settings
from pamga.storage import flip_symlink, sha256_file, write_atomically, write_once
from quality import catalogue, people, soda
from quality.acknowledged import acknowledgements, fingerprint
from quality.candidate import opened, variables
from quality.catalogue import Card
from quality.contracts import Contract, contracts_of
from quality.marts import agreed_of, words_of
from quality.offending import MAX_ROWS
from quality.offices import Offices
from quality.report import notice, report_page
from quality.set_aside import write_notes

PUBLISH, STOP = Quality.PUBLISH, Quality.STOP

# Checks on the candidate as a whole; they need no relation, so no contract holds them.
WITHOUT_CONTRACT = Card(
    "esquema", "fail", "Equipo de datos",
    "Cada conjunto que se quiere publicar tiene un contrato que lo revisa.",
    "Revise que su modelo dbt diga `publico` y describa sus columnas, y vuelva a construir la candidata.",
)  # fmt: skip
MISSING_DATASET = Card(
    "esquema", "fail", "Equipo de datos",
    "Cada conjunto con contrato está entre los archivos por publicar: ninguno desaparece sin que nadie lo decida.",
    "Vuelva a construir la candidata; si el conjunto se retira a propósito, quítelo del modelo dbt y explíquelo en el historial.",
)  # fmt: skip
DAMAGED_FILE = Card(
    "conciliacion", "fail", "Equipo de datos",
    "Cada archivo por publicar tiene los bytes que la construcción anotó.",
    "Alguien o algo cambió la candidata después de construirla: vuelva a construirla.",
)  # fmt: skip
DEDUCIBLE_CELL = Card(
    "validez", "fail", "Equipo de datos",
    "Nadie puede deducir lo que se oculta: con todo lo publicado en esta y en las demás publicaciones, cada celda oculta puede tener "
    "al menos {valores} valores distintos, y ninguna celda de un ejercicio ya publicado cambia en menos de {personas} personas.",
    "Vuelva a construir la candidata. Si persiste, corrija qué se oculta (docs/small-cells.md); no publique hasta que salga bien.",
)  # fmt: skip
BREAKDOWN = Card(
    "validez", "fail", "Equipo de datos",
    "Sólo las dos tablas de participación desglosan a las personas por edad, sexo o colonia.",
    "Quite `publico` a la columna en el modelo del conjunto, o no publique el conjunto.",
)  # fmt: skip
RUNNING_QUARTER = Card(
    "futuro", "fail", "Unidad de Transparencia",
    "Un trimestre se cierra cuando ha terminado: su cierre lo juzga a su último día, y nada se juzga antes de su día.",
    "Espere a que termine el trimestre y vuelva a cerrarlo.",
)  # fmt: skip
WHOLE = "candidata"


@dataclass(frozen=True)
class GateResult:
    """What the gate decided: `decision` is publicar or detener."""

    run: str
    decision: str
    checks: list[Check]
    agreed: Agreed
    """What the candidate agreed to: the titles and names of what the checks are about."""

    @property
    def stopped(self) -> bool:
        return self.decision != PUBLISH

    @property
    def stopped_by(self) -> list[Check]:
        return [check for check in self.checks if check.outcome == "fail"]

    @property
    def warnings(self) -> list[Check]:
        """What goes out with the release and somebody still has to be told of."""
        return [check for check in self.checks if check.outcome == "warn" and check.open]

    def notice(self, *, only_stopped: bool = False) -> str:
        """What did not pass, for people: what is wrong, who mends it, how. Empty when everything passed."""
        chosen = self.stopped_by if only_stopped else [check for check in self.checks if check.open]
        return notice(chosen, self.agreed)


def check(settings: Settings, run: str | None = None) -> GateResult:
    """Check the candidate of `run` (default: the newest), write quality.json, quality.html and the log entry, decide.

    A run that may go out becomes `runs/passed`, a closing one `runs/passed-closing`: the DAG publicar publishes both.
    Raises PamgaError when there is no complete candidate. Checking again gives the same answer and writes nothing new.
    """
    candidate = load_candidate(settings, run)
    agreed = agreed_of(candidate)
    with about(run=candidate.run):
        checks = run_checks(settings, candidate)
    closed_by = _closed_by(candidate)
    if closed_by:
        owed = Offices.of(agreed).owed
        checks = [_accept_for_closing(entry, closed_by, candidate, owed) for entry in checks]
    checks = _acknowledged(settings, _told_once(checks))
    decision = STOP if any(entry.outcome == "fail" for entry in checks) else PUBLISH
    document = Quality(
        run=candidate.run,
        release=candidate.release,
        decision=decision,
        closing=candidate.closing,
        closed_by=closed_by,
        verdicts=candidate.lock.veredictos,
        checks=checks,
    )
    write_atomically(candidate.run_folder / "quality.json", document.content())
    write_atomically(candidate.run_folder / "quality.html", report_page(document, agreed).encode())
    _write_log(settings, document)
    write_notes(settings)
    if candidate.closing and not candidate.closes_too_early:
        _write_closing(settings, candidate, document)
    if decision == PUBLISH:
        pointer = settings.layout.passed_closing if candidate.closing else settings.layout.passed
        flip_symlink(pointer, candidate.run)
    return GateResult(candidate.run, decision, checks, agreed)


def what_stopped(settings: Settings) -> str:
    """What stopped the newest candidate, who mends it and how; empty when the gate did not stop it."""
    quality = Quality.if_there(settings.layout.run("latest") / "quality.json")
    found = [check for check in quality.checks if check.outcome == "fail"] if quality else []
    return notice(found, words_of(load_candidate(settings))) if found else ""


def run_checks(settings: Settings, candidate: Candidate) -> list[Check]:
    """Every check on the candidate, by dataset."""
    agreed = agreed_of(candidate)
    known, offices = contracts_of(candidate), Offices.of(agreed)
    checks = _structure_checks(candidate, {mart.name for mart in agreed.marts})
    beside = {*candidate.by_name, *catalogue.internal_relations()}
    runnable = [contract for name, contract in known.items() if name in beside or name.startswith("lake.")]
    try:
        checks += _contract_checks(settings, candidate, runnable, offices)
    except duckdb.Error:
        if not damaged_files(candidate):
            raise
        # a file that cannot even be opened: its damage is the finding, and it stops the candidate
    waived = {waiver.check: waiver for waiver in catalogue.waivers() if waiver.release == candidate.release}
    checks = _none_unseen([_waived(_escalated(entry, candidate, offices.owed), waived) for entry in checks])
    return sorted(checks, key=lambda entry: (entry.dataset, entry.id))


def _none_unseen(checks: list[Check]) -> list[Check]:
    """A check that could not be evaluated stops the candidate, unless something that stops already explains why (a column is missing).

    The freshness of an empty dataset is the exception: it covers no period.
    """
    if any(entry.outcome == "fail" for entry in checks):
        return checks
    return [
        changed(entry, severity="fail", outcome="fail")
        if entry.outcome == "not_evaluated" and entry.dimension != "frescura"
        else entry
        for entry in checks
    ]


def _contract_checks(
    settings: Settings, candidate: Candidate, chosen: Iterable[Contract], offices: Offices
) -> list[Check]:
    checks = []
    with opened(settings, candidate) as connection:
        for contract in chosen:
            measured = soda.verify_contract(connection, contract, variables(candidate))
            checks += [_described(entry, contract.sources, offices) for entry in measured]
        checks += people_checks(connection, candidate, settings.layout.lake)
    return checks


def people_checks(connection: duckdb.DuckDBPyConnection, candidate: Candidate, lake: Path) -> list[Check]:
    """The attack on every table about people, on the very bytes to be published and with all releases before at hand."""
    known = knowledge()
    card = DEDUCIBLE_CELL.filled(valores=str(known.values_left), personas=str(known.people_moved))
    return [
        _listed(people.KIND, card, people.what_gives_people_away(connection, candidate, lake, name), name)
        for name in people.tables_about_people(candidate)
        if name in known.tables
    ]


def _described(measured: soda.Measured, sources: Sequence[str], offices: Offices) -> Check:
    """The check with its offices by name: those that the offending rows concern, else those that deliver the dataset."""
    rows = measured.offending.concerned
    card = measured.card.filled(dependencias=offices.concerned(rows, sources), responsables=offices.answering(rows))
    return Check.taken_from(
        card, id=measured.id, dataset=measured.dataset, outcome=measured.outcome, value=measured.value, threshold=measured.threshold,
        rows=[offices.with_office(row) for row in measured.offending.rows], told_with=None, acknowledged=None,
    )  # fmt: skip


def _structure_checks(candidate: Candidate, agreed: set[str]) -> list[Check]:
    """The candidate as a whole: nothing without a contract, nothing missing, nothing changed since it was built."""
    without = sorted(set(candidate.by_name) - agreed)
    missing = sorted(agreed - set(candidate.by_name) - set(candidate.withdrawn))
    damaged = damaged_files(candidate)
    return [
        _listed("sin_contrato", WITHOUT_CONTRACT, [{"conjunto": name} for name in without]),
        _listed("conjunto_faltante", MISSING_DATASET, [{"conjunto": name} for name in missing]),
        _listed("desglose_de_personas", BREAKDOWN, people.columns_that_break_down(candidate)),
        _listed("archivos_intactos", DAMAGED_FILE, [{"archivo": name} for name in damaged]),
        *(
            [_listed("trimestre_en_curso", RUNNING_QUARTER, [{"trimestre": candidate.closing}])]
            if candidate.closes_too_early
            else []
        ),
    ]


def damaged_files(candidate: Candidate) -> list[str]:
    """Files of the candidate that are absent or not the bytes that its manifest says."""
    return [
        name
        for name, entry in candidate.files.items()
        if not (candidate.folder / name).exists() or sha256_file(candidate.folder / name) != entry.sha256
    ]


def _listed(name: str, card: Card, rows: list[dict[str, Any]], dataset: str = WHOLE) -> Check:
    return Check.taken_from(
        card, id=f"{dataset}.{name}", dataset=dataset, outcome="fail" if rows else "pass", value=float(len(rows)),
        threshold="igual a 0", rows=rows[:MAX_ROWS], told_with=None, acknowledged=None,
    )  # fmt: skip


def _escalated(entry: Check, candidate: Candidate, owed: frozenset[str]) -> Check:
    """Freshness stops a closing release, of what an office owes alone (rules.md, "Provisional and closing releases")."""
    if candidate.closing is None or entry.dimension != "frescura" or entry.dataset.startswith("lake."):
        return entry
    if entry.outcome == "warn" and not behind(entry, candidate) & owed:
        return entry
    return changed(entry, severity="fail", outcome="fail" if entry.outcome == "warn" else entry.outcome)


def behind(entry: Check, candidate: Candidate) -> set[str]:
    """The exports that hold a dataset back: those that the offending rows name, else all that it is made of."""
    named = {
        str(row.get("export") or row.get("fuente")) for row in entry.rows if row.get("export") or row.get("fuente")
    }
    dataset = candidate.dataset(entry.dataset)
    return named or set(dataset.sources if dataset else ())


def _waived(entry: Check, waived: Mapping[str, catalogue.Waiver]) -> Check:
    waiver = waived.get(entry.id)
    if waiver is None or entry.outcome != "fail":
        return entry
    words = f"{entry.explanation} Aceptado por {waiver.person} en esta publicación: {waiver.reason}"
    return changed(entry, outcome="warn", explanation=words)


MISSING_FILES = "calendario_entregas.entregas_faltantes"


def _told_once(checks: list[Check]) -> list[Check]:
    """A dataset that is behind only for files which are missing says nothing that the list of missing files does not say."""
    missing = {row["export"] for entry in checks if entry.id == MISSING_FILES for row in entry.rows}

    def repeats(entry: Check) -> bool:
        if entry.dimension != "frescura" or entry.outcome not in ("warn", "fail") or entry.id == MISSING_FILES:
            return False
        if entry.dataset.startswith("lake."):
            return entry.dataset.removeprefix("lake.") in missing
        named = {str(row.get("export") or row.get("fuente")) for row in entry.rows}
        return bool(named) and named <= missing

    return [changed(entry, told_with=MISSING_FILES) if repeats(entry) else entry for entry in checks]


def _acknowledged(settings: Settings, checks: list[Check]) -> list[Check]:
    known = acknowledgements(settings)
    return [
        changed(entry, acknowledged=Seen.taken_from(known[print_]))
        if entry.outcome == "warn" and (print_ := fingerprint(entry)) in known
        else entry
        for entry in checks
    ]


def changed(entry: Check, **fields: Any) -> Check:
    """The check with other words or another outcome."""
    return entry.model_copy(update=fields)


def _closed_by(candidate: Candidate) -> ClosedBy | None:
    """Who closes the quarter although something is missing, with a reason for each missing delivery, as the build locked it."""
    return candidate.description.cierre_por if candidate.closing else None


def _accept_for_closing(entry: Check, closed_by: ClosedBy, candidate: Candidate, owed: frozenset[str]) -> Check:
    """What stops only for deliveries that a person gave a reason for warns instead, with name and reasons in its words."""
    if entry.dimension != "frescura" or entry.outcome != "fail":
        return entry
    reasons = closed_by.motivos
    excused = {(reason.export, reason.dependencia) for reason in reasons}
    exports = {reason.export for reason in reasons}
    files = [(row["export"], row["dependencia"]) for row in entry.rows if "export" in row and "dependencia" in row]
    held = set(files) - excused if files else (behind(entry, candidate) & owed) - exports
    if held:
        return entry
    said = "; ".join(f"{reason.archivo}: {reason.motivo}" for reason in reasons)
    words = f"{entry.explanation} El trimestre lo cierra así {closed_by.persona}. {said}."
    return changed(entry, outcome="warn", explanation=words)


def _write_closing(settings: Settings, candidate: Candidate, document: Quality) -> None:
    """lake/_log/closings/<quarter>.json: each attempt at closing, what it lacked and what held it. It is tried again, and the public told."""
    attempt = ClosingAttempt(
        trimestre=str(candidate.closing),
        run=candidate.run,
        digest=candidate.lock.digest,
        decision=document.decision,
        faltan=candidate.lock.missing,
        cierre_por=document.closed_by,
        detienen=[check.id for check in document.checks if check.outcome == "fail"],
        fecha=settings.today.isoformat(),
    )
    append_to_log(settings, "closings", str(candidate.closing), attempt)


def _write_log(settings: Settings, document: Quality) -> None:
    """lake/_log/checks/<run>.json, once; another outcome of the same run is a further object."""
    checks = [LoggedCheck.taken_from(check) for check in document.checks]
    entry = LoggedChecks.taken_from(document, checks=checks, fecha=settings.today.isoformat())
    append_to_log(settings, "checks", document.run, entry)


D = TypeVar("D", ClosingAttempt, LoggedChecks, Answer)


def append_to_log(settings: Settings, kind: str, name: str, entry: D) -> Path:
    """Write an immutable object, unless the newest one under this name says the same but for its day.

    The first is `<name>.json`, later ones `<name>-2.json`… Returns the object that holds the entry.
    """
    folder, number = settings.layout.log / kind, 1
    path = folder / f"{name}.json"
    while path.exists():
        following = folder / f"{name}-{number + 1}.json"
        if not following.exists() and type(entry).read(path).model_copy(update={"fecha": entry.fecha}) == entry:
            return path
        path, number = following, number + 1
    try:
        write_once(path, entry.content())
    except FileExistsError:  # another process wrote something else under this number meanwhile
        return append_to_log(settings, kind, name, entry)
    return path
