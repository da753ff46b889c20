"""Where everything lies under PAMGA_DATA. The only module that spells these paths; see docs/interfaces.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXAMPLE_MARKER = "DATOS_DE_EJEMPLO.txt"


@dataclass(frozen=True)
class Layout:
    """The folders of one installation."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def log(self) -> Path:
        """Append-only objects kept with the lake: publications, ledger, checks, approvals, reminders."""
        return self.lake / "_log"

    @property
    def refused(self) -> Path:
        return self.lake / "_refused"

    def contract(self, sha256: str) -> Path:
        """A contract under which versions landed, kept with the lake."""
        return self.lake / "_contracts" / f"{sha256}.yaml"

    @property
    def rotation(self) -> Path:
        """There while the pseudonyms' key is being rotated: which versions get which new rows."""
        return self.lake / "_rotation.json"

    @property
    def rotation_lock(self) -> Path:
        """Held alone by a rotation, and shared by whoever receives pseudonyms."""
        return self.locks / "rotation.lock"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def passed(self) -> Path:
        """The pointer to the run that last passed the gate; a stopped run built after it moves only `runs/latest`."""
        return self.runs / "passed"

    @property
    def passed_closing(self) -> Path:
        """The closing run that last passed the gate; a provisional one that passes after it must not take its place."""
        return self.runs / "passed-closing"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The pointer: a symlink to the release that the world sees."""
        return self.releases / "current"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def notices(self) -> Path:
        """What failed in Airflow, a file per day and task."""
        return self.root / "notices"

    @property
    def pictures(self) -> Path:
        """The dashboards as PNG and PDF, a folder per release."""
        return self.root / "pictures"

    @property
    def registry(self) -> Path:
        return self.root / "registry.db"

    def delivery(self, export: str, trimestre: str, dependencia: str) -> Path:
        """Folder of all versions of one delivery."""
        return self.lake / f"export={export}" / f"trimestre={trimestre}" / f"dependencia={dependencia}"

    def version(self, export: str, trimestre: str, dependencia: str, version: int) -> Path:
        """Folder of one version of one delivery."""
        return self.delivery(export, trimestre, dependencia) / f"version={version:04d}"

    def run(self, run: str) -> Path:
        return self.runs / run

    def candidate(self, run: str) -> Path:
        return self.runs / run / "candidate"

    def release(self, release: str) -> Path:
        return self.releases / release

    def staged_release(self, release: str) -> Path:
        """Where a release waits, whole, until the publication log names it; hidden, so that nobody serves it."""
        return self.releases / f".staged-{release}"
