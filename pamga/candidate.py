"""A candidate: what a run wants to publish and what it read. Gate, approval and publishing look at the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pamga.documents.candidate import Dataset, Description, File, Files
from pamga.documents.lock import Lock
from pamga.documents.log import Answer
from pamga.documents.quality import Quality
from pamga.errors import UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings

LOCK_NAME = "inputs.lock"
FORMATS = ("csv", "xlsx", "parquet", "geojson")


@dataclass(frozen=True)
class Candidate:
    """The complete candidate of a run, its lock, and what the gate and a person said of it (None: nothing yet)."""

    run: str
    folder: Path
    """The folder of its files: `runs/<run>/candidate`, or that of the release that was made of it."""
    description: Description
    files: dict[str, File]
    lock: Lock
    quality: Quality | None = None
    approval: Answer | None = None

    @property
    def run_folder(self) -> Path:
        return self.folder.parent

    @property
    def release(self) -> str:
        return self.description.release

    @property
    def example(self) -> bool:
        return self.description.example

    @property
    def closing(self) -> str | None:
        """The quarter that this release closes; None when it is provisional."""
        return self.description.cierre

    @property
    def closes_too_early(self) -> bool:
        """Whether it closes a quarter that had not ended on the day of the build."""
        if self.closing is None or self.lock.today is None:
            return False
        return date.fromisoformat(self.lock.today) <= Quarter.parse(self.closing).cutoff

    @property
    def datasets(self) -> list[Dataset]:
        return self.description.datasets

    @cached_property
    def by_name(self) -> dict[str, Dataset]:
        return {dataset.name: dataset for dataset in self.datasets}

    def dataset(self, name: str) -> Dataset | None:
        """The dataset of that name, or None when the candidate has none."""
        return self.by_name.get(name)

    def formats(self, name: str) -> list[str]:
        """Extensions in which a dataset is offered, the usual one first."""
        return [extension for extension in FORMATS if f"data/{name}.{extension}" in self.files]

    @property
    def withdrawn(self) -> list[str]:
        """Datasets that were taken down: nobody publishes them until a person lifts that."""
        return self.description.withdrawn

    @property
    def cutoff(self) -> str | None:
        """`fecha_corte` of the board's newest quarter; None while nothing that has indicators was delivered."""
        return self.description.corte.fecha if self.description.corte else None

    @property
    def delivered_exports(self) -> list[str]:
        """The exports with a standing delivery: the others have nothing raw to check."""
        return sorted({delivery.export for delivery in self.lock.deliveries})

    @property
    def received_until(self) -> date:
        """The newest day of receipt of what stands or is set aside: nobody knows of later days (rules.md: no wall clock in results)."""
        days = [str(delivery.received_on) for delivery in self.lock.deliveries]
        return date.fromisoformat(self.lock.received_until or max(days, default="2000-01-01"))

    @property
    def newest_receipt(self) -> date:
        """The newest day on which anything came, also what was refused: no deed can be later."""
        days = [date.fromisoformat(str(version.received_on)) for version in self.lock.versions]
        return max([self.received_until, *days])

    @property
    def quarter(self) -> Quarter:
        """The quarter that freshness is measured for: the one being closed, else the newest one delivered."""
        text = self.closing or self.description.trimestre
        return Quarter.parse(text) if text else Quarter.containing(self.received_until)

    @property
    def owed_quarter(self) -> Quarter:
        """The quarter whose deliveries are missed: a quarter that still runs is owed by nobody, the one before it is."""
        running = self.closing is None and self.quarter.cutoff > self.received_until
        return self.quarter.shift(-1) if running else self.quarter

    @property
    def reference_day(self) -> date:
        """The quarter's cut-off; of a quarter that is still running, the newest day of receipt."""
        return self.quarter.cutoff if self.closing else min(self.quarter.cutoff, self.received_until)


def load_candidate(settings: Settings, run: str | None = None) -> Candidate:
    """The candidate of `run`, by default of the newest complete run, before anybody said anything of it.

    Raises UsageError when there is none.
    """
    folder = settings.layout.run(run or "latest").resolve()
    offered = folder / "candidate"
    if not (offered / "manifest.json").exists():
        raise UsageError(f"There is no complete candidate in {folder}.", "Run `pamga build` first.")
    return Candidate(
        run=folder.name,
        folder=offered,
        description=Description.read(offered / "datasets.json"),
        files=Files.read(offered / "manifest.json").files,
        lock=Lock.read(folder / LOCK_NAME),
    )
