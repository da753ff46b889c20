"""Which code made a run: the hash of the sources that shape a release, and the commit where there is one."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pamga.documents.lock import Code
from pamga.errors import PamgaError
from pamga.storage import sha256_file

ROOMS = ("pamga", "plan", "ingest", "warehouse", "dbt_project", "quality", "publish")
# the others check and present what these compute
FIGURE_ROOMS = (
    "pamga",
    "plan",
    "ingest",
    "warehouse",
    "dbt_project",
)
CODE_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json", ".j2", ".html", ".css", ".toml"}
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
GENERATED_FOLDERS = {"__pycache__", "target", "logs"}


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


def code_fingerprint() -> Code:
    """The hash of every room that shapes a release, that of the rooms that shape its figures, and the commit where there is one."""
    fingerprint = Code(sha256=sources_hash(), figures=sources_hash(FIGURE_ROOMS))
    commit = _commit()
    return fingerprint.model_copy(update={"commit": commit}) if commit else fingerprint


def _commit() -> str | None:
    """The commit of the code: what the image was built with (PAMGA_COMMIT), else what git says of this checkout.

    The image holds neither git nor the repository. A folder of code inside somebody else's repository has no commit of ours,
    and nothing is ever stopped for want of one: the hash of the sources is what a release is proved by.
    """
    given = os.environ.get("PAMGA_COMMIT", "").strip()
    if given:
        if not COMMIT.fullmatch(given):
            raise PamgaError(
                f"PAMGA_COMMIT is {given!r}, which names no commit.",
                "Build the image with `--build-arg PAMGA_COMMIT=$(git rev-parse HEAD)`, or leave it empty.",
            )
        return given
    root = Path(__file__).resolve().parent.parent
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--show-toplevel", "HEAD"],
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):  # no git on the path, or one that may not be run
        return None
    top, _, commit = said.stdout.strip().partition("\n")
    return commit if said.returncode == 0 and Path(top).resolve() == root and COMMIT.fullmatch(commit) else None
