"""Code and pages cite our own documents by section: every citation leads somewhere, and none leads to an issue."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ("*.py", "*.sql", "*.yml", "*.yaml", "*.md", "*.j2", "*.csv", "*.toml", "Makefile", "Dockerfile")
OUTSIDE = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
LINE_START = re.compile(r"\n[ \t]*(?:#|--|\*|//)?[ \t]*")
DOCUMENT = re.compile(r"(?<![\w/.<>-])(?:\.\./)*(docs/)?((?:decisions/)?[\w-]+\.md)\b")
SECTION = re.compile(r"""^(?:,? \(?|,)\\?["'«“]([^"'»”\\]+)""")
FURTHER = re.compile(r"""^[^"'«“»”]{0,2}["'»”]? (?:and|y) \\?["'«“]([^"'»”\\]+)""")


def written_files() -> list[Path]:
    """What people wrote, as git knows it; a test's own examples are left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *WRITTEN],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).exists() and ROOT / name != Path(__file__)]


@cache
def sections(document: Path) -> frozenset[str]:
    """The titles of a page and the bold words that open its paragraphs, folded."""
    text = document.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, flags=re.M) + re.findall(r"^(?:- )?\*\*(.+?)\*\*", text, flags=re.M)
    # "Takedown: what must not be read is online" is cited as "Takedown"
    titles += [re.split(r":| \(", title)[0] for title in titles]
    return frozenset(title.strip().rstrip(".").lower() for title in titles)


def citations(path: Path) -> Iterator[tuple[Path, str | None]]:
    """(document, section or None) of everything that a file cites."""
    text = LINE_START.sub(" ", path.read_text(encoding="utf-8"))
    for found in DOCUMENT.finditer(text):
        name, after = found.group(2), text[found.end() :][:300]
        ours = ROOT / "docs" / name
        if not found.group(1) and not ours.exists():
            continue  # a page beside it, or of somebody else
        section = SECTION.match(after)
        yield ours, section.group(1) if section else None
        if section and (second := FURTHER.match(after[section.end() :])):
            yield ours, second.group(1)


def unresolved(path: Path) -> list[str]:
    """What a file cites and nobody wrote."""
    wrong = []
    for document, section in citations(path):
        if not document.exists():
            wrong.append(f"{document.name} does not exist")
        elif section and section.strip().rstrip(".,").lower() not in sections(document):
            wrong.append(f"{document.name} has no section {section!r}")
    return wrong


def test_every_citation_of_a_document_resolves() -> None:
    wrong = {str(path.relative_to(ROOT)): faults for path in written_files() if (faults := unresolved(path))}
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('# as it says (rules.md, "Rows")', True),
        ("-- as it says (rules.md,\n-- 'Status at a\n-- quarter'), always", True),
        ('"razon": "Lo manda rules.md («Personal data»)."', True),
        ('# both (rules.md, "Updates" and "The publication log")', True),
        ('# as it says (rules.md, "Rews")', False),
        ('# both (rules.md, "Updates" and "The publication dog")', False),
        ("# docs/nothing-here.md says why", False),
        ("# docs/decisions/why-not.md says why", False),
    ],
)
def test_a_citation_of_nothing_is_found(text: str, right: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(text, encoding="utf-8")
    assert (unresolved(path) == []) is right


def test_the_rules_are_cited() -> None:
    cited = {
        section
        for path in written_files()
        for document, section in citations(path)
        if document.name == "rules.md" and section
    }
    assert len(cited) > 5


def test_no_comment_cites_an_issue() -> None:
    """An issue is closed and forgotten; a rule or a decision stands in the repository."""
    number = re.compile(
        r"\b(?:issues?|hu)[ #:]*\d+|\(issue\b|\bthe issues?\b(?! thread)|#\d{1,4}\b(?![0-9a-fA-F])", re.I
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in written_files()
        for line in path.read_text(encoding="utf-8").splitlines()
        if (found := number.search(line)) and not found.group().startswith("#")
    ]
    assert wrong == []


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_a_link_of_a_page_leads_to_a_file(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (ROOT / "docs" / target).exists()] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    for page in pages:
        text = (folder / page).read_text(encoding="utf-8")
        assert all(f"**{part}" in text for part in ("Decided.", "Why", "Price.", "Again if")), page


def test_the_readme_leads_to_every_page() -> None:
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    linked = {
        target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / "README.md").read_text("utf-8"))
    }
    assert pages <= linked
    assert [target for target in linked if "://" not in target and not (ROOT / target).exists()] == []
