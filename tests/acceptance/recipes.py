"""CONTRIBUTING.md as a program: a recipe's blocks are carried out in a copy of the repository, as a newcomer would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"^```(diff|sh)(?: (\S+))?\n(.*?)^```$", flags=re.M | re.S)


@dataclass(frozen=True)
class Recipe:
    """What a recipe changes by hand, in its order, and what it runs afterwards."""

    edits: tuple[tuple[str, str], ...]  # file, lines with `-`, `+` or a blank before them
    commands: str

    @property
    def files_by_hand(self) -> set[str]:
        return {file for file, _ in self.edits}


def recipe(title: str) -> Recipe:
    """The recipe of that title in CONTRIBUTING.md."""
    _, found, rest = PAGE.read_text(encoding="utf-8").partition(f"\n### {title}\n")
    assert found, f"CONTRIBUTING.md has no recipe {title!r}"
    blocks = BLOCK.findall(rest.partition("\n### ")[0])
    edits = tuple((file, text) for kind, file, text in blocks if kind == "diff")
    return Recipe(edits, "".join(text for kind, _, text in blocks if kind == "sh"))


def copy_of_the_repository(folder: Path) -> Path:
    """What git knows of the tree, with the environments of this one and what lies beside it."""
    root = folder / "main"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")  # fmt: skip
    for name in listed:
        if name and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    for environment in (".venv", ".venv-superset", ".tools"):
        if (ROOT / environment).exists():
            (root / environment).symlink_to(ROOT / environment)
    if (ROOT.parent / "shared").exists():
        (folder / "shared").symlink_to(ROOT.parent / "shared")
    run(root, "git init -q . && git add -A && git -c user.name=a -c user.email=a@b.c commit -qm copy")
    return root


def run(root: Path, commands: str, **environment: str) -> str:
    """Run commands in the copy, with its own code; what they print. A command that fails fails the test."""
    pamga = f'pamga() {{ "{sys.executable}" -c "from pamga.cli import main; main()" "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", pamga + commands],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(root),
            "PAMGA_DATA": str(root / "data"), **environment,
        },
    )  # fmt: skip
    assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def edit(root: Path, file: str, lines: str) -> None:
    """Do to a file what a block says."""
    path = root / file
    before = "".join(line[1:] + "\n" for line in lines.splitlines() if not line.startswith("+"))
    after = "".join(line[1:] + "\n" for line in lines.splitlines() if not line.startswith("-"))
    if not before:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as target:
            target.write(after)
        return
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{file} holds these lines {text.count(before)} times:\n{before}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def carry_out(title: str, folder: Path) -> tuple[Path, Recipe]:
    """A copy of the repository with a recipe carried out in it."""
    chosen, root = recipe(title), copy_of_the_repository(folder)
    for file, lines in chosen.edits:
        edit(root, file, lines)
    run(root, chosen.commands)
    return root, chosen


def changed_files(root: Path) -> set[str]:
    """What differs from the copy as it was: by hand and by generators."""
    return {line[3:] for line in run(root, "git status --porcelain --untracked-files=all").splitlines()}
