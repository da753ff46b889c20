"""What pages name is there: files, commands with their options, targets of make, modules, settings, models."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from pamga.cli import LazyGroup

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "*/README.md")  # a decision tells what was
ROOMS = ("pamga", "ingest", "warehouse", "quality", "publish", "reminders", "operation", "dags")
ENDINGS = r"(?:py|sql|yml|yaml|md|j2|sh|toml|cfg|json|html|duckdb)\b"
WRITTEN_THERE = (".ci/artifacts/",)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)


@cache
def tracked() -> frozenset[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return frozenset(listed) | {parent.as_posix() for name in listed for parent in Path(name).parents}


def pages() -> list[Path]:
    return sorted({path for pattern in PAGES for path in ROOT.glob(pattern)})


def code(text: str) -> Iterator[str]:
    """What stands in the page as code, one line each."""
    for found in CODE.finditer(text):
        yield from (line.strip("`").strip() for line in found.group().splitlines() if not line.startswith("```"))


def absent(text: str) -> list[str]:
    """What a page names and nobody finds, each with where it says so."""
    looks = (_commands, _targets, _files, _modules, _names, _settings, _models)
    return [f"{line[:70]}: {fault}" for line in code(text) for look in looks for fault in look(line)]


def _commands(line: str) -> Iterator[str]:
    for found in re.finditer(r"(?:^|[\s;&|(])pamga ([a-z][a-z-]*)([^;&|`#]*)", line):
        command = LazyGroup().get_command(click.Context(LazyGroup()), found[1])
        if command is None:
            yield f"no command {found[1]}"
            continue
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
            "--help"
        }
        yield from (
            f"{found[1]} has no {option}"
            for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", found[2])
            if option not in known
        )


def _targets(line: str) -> Iterator[str]:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for found in re.finditer(r"(?:^|[\s;&|(])make ((?:[a-z][\w-]*\s?)+)", line):
        yield from (f"no target {word}" for word in found[1].split()[:1] if word not in targets)


def _files(line: str) -> Iterator[str]:
    tops = "|".join(
        sorted(re.escape(name) for name in tracked() if "/" not in name and name != "." and (ROOT / name).is_dir())
    )
    for found in re.finditer(rf"(?<![\w./<>*-])(?:{tops})/[\w./*<>{{}},-]*", line):
        name = found.group().rstrip("/.,")
        if not name.startswith(WRITTEN_THERE) and not any(_there(one) for one in _spelt_out(name)):
            yield f"no file {name}"
    for found in re.finditer(r"(?<![\w./<>*{}$-])(?<![<>] )_?[\w-]+\.(?:py|sql|yml|md|j2|sh|toml|cfg)\b(?!\.)", line):
        if not any(name.endswith(f"/{found.group()}") or name == found.group() for name in tracked()):
            yield f"no file called {found.group()}"


def _spelt_out(name: str) -> list[str]:
    """`a/{b,c}/<d>.sql` as patterns of files."""
    if several := re.search(r"\{([^{}]*)\}", name):
        return [one for word in several[1].split(",") for one in _spelt_out(name.replace(several.group(), word, 1))]
    return [re.sub(r"<[^>]*>", "*", name)]


def _there(pattern: str) -> bool:
    return pattern in tracked() or any(ROOT.glob(pattern)) or f"{pattern}.py" in tracked()


def _modules(line: str) -> Iterator[str]:
    for found in re.finditer(r"python[\w./]* -m ([\w.]+)", line):
        path = found[1].replace(".", "/")
        ours = path.partition("/")[0] in tracked()
        if ours and not ({f"{path}.py", f"{path}/__main__.py"} & tracked()):
            yield f"no module {found[1]}"


def _names(line: str) -> Iterator[str]:
    """`room.module.name` is defined there; a group of entry points is named likewise."""
    groups = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for found in re.finditer(rf"(?<![\w./-])(?:{'|'.join(ROOMS)})(?:\.[a-z_]\w*)*\.(?!{ENDINGS})\w+(?![\w/])", line):
        *modules, name = found.group().split(".")
        paths = [ROOT / f"{'/'.join(modules)}{end}" for end in (".py", "/__init__.py")]
        own = "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())
        module = {f"{found.group().replace('.', '/')}{end}" for end in (".py", "")} & tracked()
        if (
            found.group() not in groups
            and not module
            and not re.search(rf"(?:\b(?:def|class|as) |^|import .*|^    ){name}\b", own, re.M)
        ):
            yield f"no {found.group()}"


@cache
def _words() -> frozenset[str]:
    names = [
        name
        for name in tracked()
        if name.endswith((".py", ".yml", ".cfg", ".sh", ".yaml", "Makefile", "Dockerfile", "/run"))
    ]
    text = "\n".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in names
        if not name.startswith("tests/") and (ROOT / name).is_file()
    )
    settings = re.findall(r"^    (\w+): ", (ROOT / "pamga" / "settings.py").read_text(encoding="utf-8"), re.M)
    return frozenset(re.findall(r"\bPAMGA_\w+", text)) | {f"PAMGA_{name.upper()}" for name in settings}


def _settings(line: str) -> Iterator[str]:
    yield from (
        f"no setting {name}"
        for name in re.findall(r"\bPAMGA_[A-Z0-9_]+[A-Z0-9]\b", line)
        if name.removesuffix("_FILE") not in _words()
    )


def _models(line: str) -> Iterator[str]:
    for name in re.findall(r"(?<![\w.*<])(?:int|stg)_[a-z0-9_]+\b(?![*<.(])", line):
        if not any(f"/{name}" in one for one in tracked()):
            yield f"no model {name}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    assert absent(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("pamga build --entero", True), ("pamga bild", False), ("PAMGA_DATA=x pamga build --entera", False),
        ("make unit && make slow", True), ("make units", False), ("make test; make nothing", False),
        ("ingest/contracts/<export>.yaml", True), ("ingest/contratcs/<export>.yaml", False),
        ("dbt_project/models/{intermediate,marts}", True), ("dbt_project/models/{intermedias,almacenes}", False),
        ("warehouse/build.py", True), ("warehouse/bild.py", False), ("test_named.py", True), ("test_nobody.py", False),
        ("python -m ingest.generate --check", True), ("python -m ingest.generator", False),
        ("ingest.real_files.lay_out(source)", True), ("ingest.real_files.lay_in(source)", False),
        ("PAMGA_DATA", True), ("PAMGA_HMAC_KEY_FILE", True), ("PAMGA_DATE", False),
        ("int_hechos", True), ("int_echos", False), ("data/calidad.json", True),
    ],
)  # fmt: skip
def test_what_is_not_there_is_found(line: str, right: bool) -> None:
    assert (absent(f"a `{line}` b") == []) is right
