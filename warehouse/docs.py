"""The documentation site of the warehouse, one HTML file that needs no server: `make docs`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pamga.cli import load_settings
from pamga.errors import PamgaError
from pamga.settings import Settings
from warehouse.build import LATEST
from warehouse.dbt_runner import run_dbt
from warehouse.lake import WAREHOUSE

SITE = Path("docs") / "dbt" / "index.html"  # under PAMGA_DATA


def write_docs(settings: Settings) -> Path:
    """Generate dbt's documentation over the newest candidate's warehouse; returns the page.

    Works on a copy: the warehouse of a run is not written after its build. Raises PamgaError when there is no run.
    """
    warehouse = settings.layout.run(LATEST) / WAREHOUSE
    if not warehouse.exists():
        raise PamgaError("There is no run to document.", "Run `pamga build` first.")
    page = settings.layout.root / SITE
    page.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.layout.runs, prefix=".docs-") as name:
        folder = Path(name)
        shutil.copyfile(warehouse, folder / WAREHOUSE)
        run_dbt(settings, folder, ["docs", "generate", "--static"])
        shutil.copyfile(folder / "dbt" / "static_index.html", page)
    return page


if __name__ == "__main__":
    print(write_docs(load_settings()))
