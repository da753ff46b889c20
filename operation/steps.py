"""Receive, build, check, publish, and what lies between them: the one place that the commands, the DAGs and the local run call."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pamga.documents.build import DbtRun
from pamga.documents.deliveries import Receipt
from pamga.errors import PamgaError
from pamga.logs import about
from pamga.quarter import Quarter
from pamga.settings import Settings

if TYPE_CHECKING:
    from publish.release import PublishResult
    from quality.gate import GateResult
    from warehouse.build import BuildResult
    from warehouse.closing import ClosedBy

_LOG = logging.getLogger("pamga.operation")
SLOWEST = 10
"""How many tables and tests of a layer are named."""
MAX_ROUNDS = 5
"""How often a candidate is built again because another run published before it; each round needs yet another new delivery."""


@dataclass(frozen=True)
class Outcome:
    """How far the steps came. `decision` is None when there was nothing new to judge; `published`: the public sees something new."""

    built: BuildResult
    judged: GateResult | None
    published: bool

    @property
    def nothing_new(self) -> bool:
        return self.built.run_dir is None

    @property
    def stopped(self) -> bool:
        return self.judged is not None and self.judged.stopped


def receive(settings: Settings) -> list[Receipt]:
    """Take what waits in the inbox: what became of each file that was looked at."""
    from ingest.receive import receive_inbox

    return receive_inbox(settings)


def receive_all(settings: Settings) -> list[Receipt]:
    """The same for a quarter that is to be closed. Raises PamgaError while a file is still on its way."""
    from ingest.arrivals import archivo_of
    from ingest.receive import pending

    receipts = receive(settings)
    if waiting := pending(settings):
        raise PamgaError(
            f"{len(waiting)} files of the inbox are not in yet, the first of them {archivo_of(waiting[0])}.",
            "Nothing is closed over half a delivery: this is tried again until they are.",
        )
    return receipts


def build(settings: Settings, closing: Quarter | None = None, by: ClosedBy | None = None) -> BuildResult:
    """Build the candidate of what stands in the lake; its `run_dir` is None when the newest release holds that already."""
    from warehouse.build import build as build_candidate

    built = build_candidate(settings, closing, by)
    with about(run=built.run or built.release):
        _LOG.info("built" if built.built else "nothing new to build")
    return built


def check(settings: Settings, run: str) -> GateResult:
    """The gate's word on a candidate."""
    from publish.release import complete
    from quality.gate import check as judge

    judged = judge(settings, run)
    with about(run=run):
        outcomes = Counter(entry.outcome for entry in judged.checks)
        _LOG.info(
            "the gate: %s, %s",
            judged.decision,
            ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())),
        )
    if judged.stopped:
        complete(settings)  # a closing that was held is said on the page above the releases
    return judged


def publish(settings: Settings, run: str) -> PublishResult:
    """Publish a run. Raises GateStopped when the gate or the Secretariado said no, StaleCandidate when another was faster."""
    from publish.release import publish as publish_candidate

    with about(run=run):
        published = publish_candidate(settings, run)
        _LOG.info(
            "release %s: %s", published.release, "the pointer leads to it" if published.flipped else "published already"
        )
        return published


def finish(settings: Settings) -> bool:
    """Finish a publication that was killed between log and pointer. True when that moved the pointer."""
    from publish.release import complete

    return complete(settings)


def carry_out_acts(settings: Settings) -> list[str]:
    """After a restore: what was withdrawn, or had to go, after the snapshot leaves this machine and the published copy before anything
    starts. Returns in words what could not be done and who does it."""
    from ingest.privacy.retention import enforce_retention
    from ingest.privacy.rotation import rotate
    from ingest.receipt_day import judge_corrected
    from pamga.backup.acts import keep_acts

    left = []
    if settings.layout.rotation.exists():
        try:
            rotate(settings)
        except PamgaError as error:
            left.append(f"Los seudónimos son de una llave que ya se había cambiado: {error}")
    finish(settings)
    keep_acts(settings)
    try:
        judge_corrected(settings)
    except PamgaError as error:
        left.append(
            f"No se revisó de nuevo lo que tiene un día de recibo corregido (repita `pamga receipt-day`): {error}"
        )
    enforce_retention(settings)
    if settings.published_copy:
        from publish.mirror import withdraw

        try:
            withdraw(settings)
        except PamgaError as error:
            left.append(f"La copia publicada puede tener todavía lo que se retiró (`pamga publish --copia`): {error}")
    return left


def make_run_again(settings: Settings) -> str | None:
    """After a restore: the run of the release that is up, which boards for insiders and reminders read. None when nothing is up, or when
    this code cannot build from the release's lock (an older code wrote it): the next build, which is new then, takes its place."""
    from warehouse.build import make_run_again as make_again

    finish(settings)
    try:
        return make_again(settings)
    except (PamgaError, KeyError) as error:
        _LOG.warning(
            "The run of the release that is up could not be built again: %r. The next `pamga run` makes one.", error
        )
        return None


def build_check_publish(settings: Settings, closing: Quarter | None = None, by: ClosedBy | None = None) -> Outcome:
    """Publish what stands in the lake, as far as the gate lets it. Built again when another run published before this one."""
    from publish.release import StaleCandidate

    for rounds_left in reversed(range(MAX_ROUNDS)):
        built = build(settings, closing, by)
        if built.run_dir is None:
            return Outcome(built, None, finish(settings))
        outcome = Outcome(built, check(settings, built.run), published=False)
        if outcome.stopped:
            return outcome
        try:
            return Outcome(built, outcome.judged, publish(settings, built.run).flipped)
        except StaleCandidate:
            if not rounds_left:
                raise
    raise AssertionError("the last round returns or raises")


def close_what_was_held(settings: Settings) -> Iterator[tuple[Quarter, Outcome]]:
    """Try again the closings that what has arrived may let through, each to its end. One that is held again stops nothing else."""
    from warehouse.lock import closings_to_try

    for quarter in closings_to_try(settings):
        yield quarter, build_check_publish(settings, quarter)


def next_to_publish(settings: Settings, rebuild: Callable[[Quarter | None], str]) -> str | None:
    """The run that is to be published: the one that last passed the gate; None when it is up already.

    Two candidates may both have been built to follow the same release; once one of them is out, `rebuild` makes the other again.
    """
    from publish.release import StaleCandidate
    from publish.release import next_to_publish as passed

    try:
        return passed(settings)
    except StaleCandidate as stale:
        return rebuild(Quarter.parse(stale.closing) if stale.closing else None)


def waits_to_be_published(settings: Settings) -> bool:
    """Whether a run that passed the gate is still to be published."""
    from publish.release import StaleCandidate
    from publish.release import next_to_publish as passed

    try:
        return passed(settings) is not None
    except StaleCandidate:
        return True


def something_new(settings: Settings) -> bool:
    """Whether a new file waits in the inbox or the lake differs from the newest release."""
    from ingest.receive import discover
    from pamga.standing import standing_versions
    from warehouse.lock import already_published, make_lock, read_versions

    if discover(settings):
        return True
    if not standing_versions(read_versions(settings.layout.lake)):
        return False
    return already_published(settings, make_lock(settings)) is None


def dbt_layers(settings: Settings, run: str) -> list[str]:
    """The layers that dbt built for a run, in order; none for a run of before that was kept."""
    said = _dbt_run(settings, run)
    return list(said.layers()) if said else []


def dbt_layer_in_words(settings: Settings, run: str, layer: str) -> tuple[str, str]:
    """A layer in a line, and its slowest nodes with their seconds; `runs/<run>/dbt_results.json` has all."""
    said = _dbt_run(settings, run)
    nodes = said.layers().get(layer, []) if said else []
    tests, taken = sum(node.kind == "test" for node in nodes), sum(node.status == "as before" for node in nodes)
    title = f"{layer}: {len(nodes) - tests} tablas, {tests} pruebas, {sum(node.seconds for node in nodes):.1f} s"
    title += f" ({taken} como antes)" if taken else ""
    slowest = sorted(nodes, key=lambda node: -node.seconds)
    return title, "\n".join(
        f"{node.seconds:8.3f} s  {node.status:8} {node.kind:5} {node.name}" for node in slowest[:SLOWEST]
    )


def _dbt_run(settings: Settings, run: str) -> DbtRun | None:
    return DbtRun.if_there(settings.layout.run(run) / "dbt_results.json")
