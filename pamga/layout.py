"""Where everything lies under PAMGA_DATA. The only module that spells these paths; see docs/interfaces.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

EXAMPLE_MARKER = "DATOS_DE_EJEMPLO.txt"
MANIFESTS = "export=*/trimestre=*/dependencia=*/version=*/manifest.json"
"""In the lake: the manifest of every version of every delivery."""


class Named(Protocol):
    """What names a version of a delivery: a manifest, an entry of a lock, a decision."""

    @property
    def export(self) -> str: ...
    @property
    def trimestre(self) -> str: ...
    @property
    def dependencia(self) -> str: ...
    @property
    def version(self) -> int: ...


class _Below:
    """A path of the installation, below its root."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, layout: Layout, _: type[Layout]) -> Path:
        return layout.root.joinpath(*self._parts)


@dataclass(frozen=True)
class Layout:
    """The folders of one installation."""

    root: Path

    inbox = _Below("inbox")
    lake = _Below("lake")
    log = _Below("lake", "_log")
    """Append-only objects kept with the lake: publications, ledger, checks, approvals, reminders."""
    refused = _Below("lake", "_refused")
    rotation = _Below("lake", "_rotation.json")
    """There while the pseudonyms' key is being rotated: which versions get which new rows."""
    rotation_lock = _Below("locks", "rotation.lock")
    """Held alone by a rotation, and shared by whoever receives pseudonyms."""
    vault = _Below("vault")
    receipts = _Below("receipts")
    runs = _Below("runs")
    passed = _Below("runs", "passed")
    """The pointer to the run that last passed the gate; a stopped run built after it moves only `runs/latest`."""
    passed_closing = _Below("runs", "passed-closing")
    """The closing run that last passed the gate; a provisional one that passes after it must not take its place."""
    releases = _Below("releases")
    current = _Below("releases", "current")
    """The pointer: a symlink to the release that the world sees."""
    keys = _Below("keys")
    locks = _Below("locks")
    notices = _Below("notices")
    """What failed in Airflow, a file per day and task."""
    pictures = _Below("pictures")
    """The dashboards as PNG and PDF, a folder per release."""
    registry = _Below("registry.db")

    def contract(self, sha256: str) -> Path:
        """A contract under which versions landed, kept with the lake."""
        return self.lake / "_contracts" / f"{sha256}.yaml"

    def delivery(self, export: str, trimestre: str, dependencia: str) -> Path:
        """Folder of all versions of one delivery."""
        return self.lake / f"export={export}" / f"trimestre={trimestre}" / f"dependencia={dependencia}"

    def version(self, export: str, trimestre: str, dependencia: str, version: int) -> Path:
        """Folder of one version of one delivery."""
        return self.delivery(export, trimestre, dependencia) / f"version={version:04d}"

    def version_of(self, named: Named) -> Path:
        """Folder of the version that a manifest, an entry of a lock or a decision names."""
        return self.version(named.export, named.trimestre, named.dependencia, named.version)

    def run(self, run: str) -> Path:
        return self.runs / run

    def candidate(self, run: str) -> Path:
        return self.runs / run / "candidate"

    def release(self, release: str) -> Path:
        return self.releases / release

    def staged_release(self, release: str) -> Path:
        """Where a release waits, whole, until the publication log names it; hidden, so that nobody serves it."""
        return self.releases / f".staged-{release}"
