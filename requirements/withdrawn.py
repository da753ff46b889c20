"""Whether a pinned package was withdrawn by its author since it was locked: `make lock-check`.

What the package index itself says (yanked releases, with the reason) is what can be had wherever the packages can; a database of
advisories is another service, which an installation may not reach. Nothing is installed. Exit 1 when something was withdrawn.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def withdrawn(lock: Path) -> list[str]:
    """`name version` of the pinned packages that the index calls withdrawn. Raises CalledProcessError when it cannot be asked."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed",
             "--report", str(report), "-r", str(lock)],
            check=True,
        )  # fmt: skip
        found: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return [f"{item['metadata']['name']} {item['metadata']['version']}" for item in found if item.get("is_yanked")]


def main() -> None:
    gone = {lock: withdrawn(lock) for lock in sorted(Path(__file__).parent.glob("*.txt"))}
    for lock, names in gone.items():
        print(f"{lock.name}: {', '.join(names) or 'nothing was withdrawn'}")
    raise SystemExit(1 if any(gone.values()) else 0)


if __name__ == "__main__":
    main()
