"""Write docs/quality.md's table of faults: `python -m quality.page <data>` on a run whose data are clean."""

from __future__ import annotations

import sys
from pathlib import Path

from pamga.settings import Settings
from quality.mutations import Mutation, mutation_table, table_text

PAGE = Path(__file__).resolve().parent.parent / "docs" / "quality.md"
START = "<!-- mutation table: `python -m quality.page <data>` -->\n"


def with_table(page: str, table: list[Mutation]) -> str:
    """The page with the table after its mark. Raises ValueError when the mark is gone."""
    before, mark, _ = page.partition(START)
    if not mark:
        raise ValueError(f"{PAGE.name} has lost its mark: {START.strip()}")
    return f"{before}{START}\n{table_text(table)}\n"


def main(data: Path) -> None:
    """Run every mutation on the newest run under `data` and keep the table."""
    table = mutation_table(Settings(data=data))
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
