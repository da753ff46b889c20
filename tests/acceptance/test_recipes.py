"""The recipes of CONTRIBUTING.md, each carried out in a copy of the repository: they work, and take no more hand-written files than promised."""

from __future__ import annotations

import csv
import re
import uuid
from pathlib import Path

import pytest
import yaml

from tests.acceptance.recipes import PAGE, carry_out, changed_files, copy_of_the_repository, recipe, run

pytestmark = pytest.mark.slow


def test_every_recipe_has_its_test() -> None:
    """The test of a recipe is called as it is."""
    titles = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8").partition("\n## Six recipes\n")[2], flags=re.M)
    assert titles
    assert [title for title in titles if f"test_{title.lower().replace(' ', '_')}" not in globals()] == []


PROVE_CHECK = """
import sys
from pathlib import Path
from quality.mutations import mutation_table
from tests.quality.specimen import make_run
settings = make_run(Path(sys.argv[1]), frozenset({"talleres", "colonias"}))
print([entry.proved for entry in mutation_table(settings, datasets={"talleres"}) if entry.check == "talleres.realizado_con_sede"])
"""


def test_change_a_due_date(tmp_path: Path) -> None:
    root, done = carry_out("Change a due date", tmp_path)
    assert len(done.files_by_hand) == 1
    with (root / "dbt_project" / "seeds" / "plazos_entrega.csv").open(encoding="utf-8", newline="") as file:
        days = {row["export"]: row["dias_plazo"] for row in csv.DictReader(file)}
    assert days["acuerdos"] == "20"
    assert {value for export, value in days.items() if export != "acuerdos"} == {"15"}


def test_add_a_check(tmp_path: Path) -> None:
    root, done = carry_out("Add a check", tmp_path)
    assert changed_files(root) == done.files_by_hand == {"quality/checks.yaml"}
    (root / "prove.py").write_text(PROVE_CHECK, encoding="utf-8")
    assert run(root, f"python prove.py {tmp_path / 'data'}").strip().endswith("[True]")


def add_chart(root: Path, width: int) -> None:
    """What an export leaves of a chart that somebody made in the browser: its file, and a row of its own in the dashboard."""
    assets = root / "dashboards" / "assets"
    chart = yaml.safe_load(
        (assets / "charts" / "datos_abiertos" / "llenado_de_las_presas.yaml").read_text(encoding="utf-8")
    )
    chart |= {"uuid": str(uuid.UUID(int=7)), "slice_name": "Las presas, otra vez"}
    board_path = assets / "dashboards" / "datos_abiertos.yaml"
    board = yaml.safe_load(board_path.read_text(encoding="utf-8"))
    parents = ["ROOT_ID", "GRID_ID"]
    board["position"]["GRID_ID"]["children"].append("ROW-nueva")
    board["position"]["ROW-nueva"] = {
        "type": "ROW", "id": "ROW-nueva", "children": ["CHART-nueva", "CHART-otra"], "parents": parents,
        "meta": {"background": "BACKGROUND_TRANSPARENT"},
    }  # fmt: skip
    for part, columns, title in (("CHART-nueva", width, chart), ("CHART-otra", 4, None)):
        shown = title or yaml.safe_load(
            (assets / "charts" / "datos_abiertos" / "llenado_de_las_presas.yaml").read_text(encoding="utf-8")
        )
        board["position"][part] = {
            "type": "CHART", "id": part, "children": [], "parents": [*parents, "ROW-nueva"],
            "meta": {"chartId": 900, "width": columns, "height": 40, "sliceName": shown["slice_name"], "uuid": shown["uuid"]},
        }  # fmt: skip
    new = assets / "charts" / "las_presas_otra_vez_00000000.yaml"
    for path, document in ((new, chart), (board_path, board)):
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def test_add_a_chart(tmp_path: Path) -> None:
    """The way through the browser itself is tests/dashboards/test_as_code.py; here what it leaves is accepted, and a row too wide is not."""
    root = copy_of_the_repository(tmp_path)
    chosen = recipe("Add a chart")
    assert chosen.files_by_hand == set()
    add_chart(root, width=8)
    run(root, chosen.commands)
    run(root, "git checkout -q .")
    add_chart(root, width=11)
    with pytest.raises(AssertionError, match="15 columns"):
        run(root, chosen.commands)
