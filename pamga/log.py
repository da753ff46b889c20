"""The log of the lake, read: the one place that finds its objects and says in which order they came (docs/interfaces.md)."""

from __future__ import annotations

from pathlib import Path

from pamga.documents.log import Answer, ClosingAttempt, Decision, Publication, Rollback
from pamga.layout import Layout
from pamga.releases import in_order


def publications(layout: Layout) -> list[Publication]:
    """The publication log, oldest first."""
    return in_order(Publication.all_in((layout.log / "publications").glob("*.json")))


def rollbacks(layout: Layout) -> list[Rollback]:
    """The record of rollbacks, oldest first."""
    return Rollback.all_in(sorted((layout.log / "rollbacks").glob("*.json")))


def decisions(layout: Layout) -> list[Decision]:
    """What people decided about versions, oldest first."""
    return Decision.all_in(sorted((layout.log / "apartadas").glob("*.json")))


def closing_attempts(layout: Layout) -> dict[str, ClosingAttempt]:
    """Quarter -> its newest attempt at closing, by quarter, also of quarters that were closed since."""
    newest: dict[str, tuple[int, Path]] = {}
    for path in (layout.log / "closings").glob("*.json"):
        quarter, _, number = path.stem.partition("-")
        newest[quarter] = max(newest.get(quarter, (0, path)), (int(number or 1), path))
    return {quarter: ClosingAttempt.read(path) for quarter, (_, path) in sorted(newest.items())}


def answers(layout: Layout) -> dict[str, Answer]:
    """What the Secretariado answered about candidates, by the name of the object."""
    return {path.stem: Answer.read(path) for path in sorted((layout.log / "approvals").glob("*.json"))}


def newest_answer(layout: Layout, run: str) -> Answer | None:
    """The last answer given for a run: approvals/<run>.json, then <run>-2.json and so on."""
    folder = layout.log / "approvals"
    number, newest = 1, None
    while (path := folder / (f"{run}.json" if number == 1 else f"{run}-{number}.json")).exists():
        newest, number = path, number + 1
    return Answer.read(newest) if newest else None
