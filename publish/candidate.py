"""What a run offers and what a release holds, as objects: both are folders with datasets.json's description of their files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pamga.documents.lock import Lock
from pamga.documents.log import Answer
from pamga.errors import GateStopped, PamgaError, UsageError
from pamga.log import newest_answer
from pamga.settings import Settings
from pamga.storage import read_json

FORMATS = ("csv", "xlsx", "parquet", "geojson")
LATER = ("about_people", "notice")  # keys that the datasets.json of older releases lacks


@dataclass(frozen=True)
class Column:
    """A published column, as dbt describes it."""

    name: str
    type: str
    description: str
    unit: str | None
    values: list[Any] | None
    example: str | None


@dataclass(frozen=True)
class Dataset:
    """A published dataset: one public mart (docs/interfaces.md, datasets.json)."""

    name: str
    title: str
    description: str
    theme: str | None
    keywords: list[str]
    periodicity: str | None
    primary_key: list[str]
    geometry: str | None
    sources: list[str]
    rows: int
    temporal: dict[str, Any] | None
    columns: list[Column]
    about_people: bool = False  # a table that breaks people down: its differences are never listed (rules.md)
    notice: str | None = None  # what a reader must be told of these figures

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Dataset:
        names = [
            name for name in cls.__dataclass_fields__ if name != "columns" and (name in entry or name not in LATER)
        ]
        known = {name: entry[name] for name in names}
        columns = [Column(**{key: column[key] for key in Column.__dataclass_fields__}) for column in entry["columns"]]
        return cls(columns=columns, **known)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Candidate:
    """The complete candidate of a run, its lock and what the gate and a person said of it."""

    run: str
    folder: Path
    description: dict[str, Any]
    files: dict[str, dict[str, Any]]
    lock: Lock
    quality: dict[str, Any]
    approval: Answer | None = None

    @property
    def release(self) -> str:
        return str(self.description["release"])

    @property
    def example(self) -> bool:
        return bool(self.description["example"])

    @property
    def cutoff(self) -> str | None:
        """`fecha_corte` of the board's newest quarter; None while nothing that has indicators was delivered."""
        shown = self.description["corte"]
        return str(shown["fecha"]) if shown else None

    @cached_property
    def datasets(self) -> list[Dataset]:
        return [Dataset.read(entry) for entry in self.description["datasets"]]

    def dataset(self, name: str) -> Dataset | None:
        """The dataset of that name, or None when the candidate has none."""
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def formats(self, name: str) -> list[str]:
        """Extensions in which a dataset is offered, the usual one first."""
        return [extension for extension in FORMATS if f"data/{name}.{extension}" in self.files]


def load_candidate(settings: Settings, run: str | None = None) -> Candidate:
    """The candidate of `run` (default: runs/latest) when it may go out.

    Raises UsageError when there is no such complete run, GateStopped when the gate or a person did not let it through.
    """
    layout = settings.layout
    folder = layout.run(run) if run else layout.runs / "latest"
    if not (folder / "candidate" / "manifest.json").exists():
        raise UsageError(f"There is no complete candidate in {folder}.", "Run `pamga build` first.")
    folder = folder.resolve()
    lock = Lock.read(folder / "inputs.lock")
    quality = _passed_gate(folder)
    approval = newest_answer(layout, folder.name)
    if settings.require_approval and (approval is None or not approval.approves):
        said = "nobody has approved it yet" if approval is None else f"{approval.persona} said {approval.decision}"
        raise GateStopped(
            f"Run {folder.name} needs the approval of the Secretariado: {said}.",
            "Approve it in Airflow (DAG publicar), or set PAMGA_REQUIRE_APPROVAL=false.",
        )
    candidate = folder / "candidate"
    return Candidate(
        run=folder.name,
        folder=candidate,
        description=read_json(candidate / "datasets.json"),
        files=read_json(candidate / "manifest.json")["files"],
        lock=lock,
        quality=quality,
        approval=approval,
    )


def _passed_gate(run_folder: Path) -> dict[str, Any]:
    path = run_folder / "quality.json"
    if not path.exists():
        raise GateStopped(f"Run {run_folder.name} has not been checked.", "Run `pamga check` first.")
    quality: dict[str, Any] = read_json(path)
    if quality.get("run") != run_folder.name:
        raise PamgaError(f"{path} speaks of run {quality.get('run')!r}.", "Run `pamga check` again.")
    if quality.get("decision") != "publicar":
        raise GateStopped(
            f"The gate stopped run {run_folder.name} (decision {quality.get('decision')!r}).",
            "Read quality.html of the run: it names what to mend and who must do it.",
        )
    return quality
