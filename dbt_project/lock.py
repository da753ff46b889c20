"""The lock of a run: exactly which deliveries, log entries, code and engine it reads (docs/interfaces.md, inputs.lock)."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json, sha256_bytes, sha256_file

LOCK_NAME = "inputs.lock"
ROOMS = ("pamga", "ingest", "dbt_project", "quality", "publish")
FIGURE_ROOMS = ("pamga", "ingest", "dbt_project")  # the others check and present what these compute
CODE_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json", ".j2", ".html", ".css", ".toml"}
GENERATED_FOLDERS = {"__pycache__", "target", "logs"}

_VERSION_FIELDS = (
    "dependencia", "export", "trimestre", "version", "archivo", "sha256", "rows_sha256", "received_on", "state", "stands",
    "rows_read", "accepted", "quarantined", "out_of_scope", "example", "restored_from",
)  # fmt: skip


def read_versions(lake: Path) -> list[dict[str, Any]]:
    """Every committed version in the lake, in order of identity and version; `path` is relative to the lake."""
    versions = []
    for manifest_path in sorted(lake.glob("export=*/trimestre=*/dependencia=*/version=*/manifest.json")):
        manifest = read_json(manifest_path)
        entry = {field: manifest.get(field) for field in _VERSION_FIELDS}
        entry["path"] = manifest_path.parent.relative_to(lake).as_posix()
        versions.append(entry)
    return versions


def standing_versions(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per delivery the newest version that may stand (rules.md, 'Quarters, deliveries, versions')."""
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in versions:
        if entry["stands"]:
            identity = (entry["export"], entry["trimestre"], entry["dependencia"])
            if identity not in newest or entry["version"] > newest[identity]["version"]:
                newest[identity] = entry
    return [newest[identity] for identity in sorted(newest)]


def sources_hash(rooms: Sequence[str] = ROOMS) -> str:
    """SHA-256 over the names and contents of the sources of these rooms."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            parts = path.relative_to(root).parts
            if path.suffix in CODE_SUFFIXES and path.is_file() and not GENERATED_FOLDERS.intersection(parts):
                digest.update(f"{'/'.join(parts)}\0{sha256_file(path)}\n".encode())
    return digest.hexdigest()


def code_fingerprint() -> dict[str, str]:
    """The hash of every room that shapes a release, that of the rooms that shape its figures, and the commit where there is one."""
    fingerprint = {"sha256": sources_hash(), "figures": sources_hash(FIGURE_ROOMS)}
    commit = subprocess.run(
        ["git", "-C", str(Path(__file__).resolve().parent), "rev-parse", "HEAD"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    if commit:
        fingerprint["commit"] = commit
    return fingerprint


def publications(lake: Path) -> list[dict[str, Any]]:
    """The publication log, oldest first."""
    entries = [read_json(path) for path in (lake / "_log" / "publications").glob("*.json")]
    return sorted(entries, key=lambda entry: release_order(entry["release"]))


def release_order(release: str) -> tuple[Quarter, int]:
    """Sort key of a release name such as `2026T3-r02`."""
    trimestre, _, number = release.partition("-r")
    return Quarter.parse(trimestre), int(number)


def make_lock(settings: Settings, closing: Quarter | None = None) -> dict[str, Any]:
    """What a build started now would read. Raises PamgaError when nothing has been delivered."""
    layout = settings.layout
    versions = read_versions(layout.lake)
    deliveries = standing_versions(versions)
    if not deliveries:
        raise PamgaError(
            "There is no standing delivery in the lake.", "Drop files in the inbox and run `pamga receive` first."
        )
    code = code_fingerprint()
    close = {
        "trimestre": str(closing) if closing else None,
        "persona": settings.closed_by if closing else None,
        "motivo": settings.close_reason if closing else None,
    }
    newest = max(Quarter.parse(d["trimestre"]) for d in deliveries)
    log = [
        {"path": path.relative_to(layout.lake).as_posix(), "sha256": sha256_file(path)}
        for kind in ("approvals", "checks", "ledger", "publications")
        for path in sorted((layout.log / kind).glob("*.json"))
    ]
    digest = _digest(deliveries, code["sha256"], close)
    numbers = [
        release_order(p["release"])[1] for p in publications(layout.lake) if release_order(p["release"])[0] == newest
    ]
    release = f"{newest}-r{max(numbers, default=0) + 1:02d}"
    return {
        "format": 1,
        "run": f"{release}-{digest[:12]}",
        "release": release,
        "trimestre": str(newest),
        "closing": close["trimestre"],
        "closing_by": {"persona": close["persona"], "motivo": close["motivo"]} if closing else None,
        "example": any(d["example"] for d in deliveries),
        "digest": digest,
        "deliveries": deliveries,
        "versions": versions,
        "log": log,
        "code": code,
        "engine": {name: version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")},
    }


def already_published(settings: Settings, lock: dict[str, Any]) -> str | None:
    """The newest published release when it was built from the very same inputs, else None.

    After a rollback the newest *published* one still counts, so that a run with nothing new stays rolled back. A closing
    release holds all that a provisional one of the same deliveries would.
    """
    log = publications(settings.layout.lake)
    if not log:
        return None
    newest = log[-1]
    same = newest["digest"] == lock["digest"] or (
        lock["closing"] is None
        and newest["digest"]
        == _digest(lock["deliveries"], lock["code"]["sha256"], _closing_of(settings, newest["release"]))
    )
    return str(newest["release"]) if same else None


def _closing_of(settings: Settings, release: str) -> dict[str, str | None]:
    """Which quarter a published release closes, and who closed it in spite of what."""
    path = settings.layout.release(release) / LOCK_NAME
    lock = read_json(path) if path.exists() else {}
    by = lock.get("closing_by") or {}
    return {"trimestre": lock.get("closing"), "persona": by.get("persona"), "motivo": by.get("motivo")}


def _digest(deliveries: list[dict[str, Any]], code: str, closing: dict[str, str | None]) -> str:
    """What starts a build: the deliveries that stand, the code, and what is being closed."""
    fields = ("export", "trimestre", "dependencia", "version", "sha256", "rows_sha256", "received_on")
    read = [[delivery[field] for field in fields] for delivery in deliveries]
    return sha256_bytes(canonical_json({"deliveries": read, "code": code, "closing": closing}))
