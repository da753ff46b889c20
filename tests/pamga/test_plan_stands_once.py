"""No place but the plan's matrix knows how many indicators there are, their codes, the commitments, the years or the municipality."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from pamga.plan import plan

ROOT = Path(__file__).resolve().parents[2]
CODE = {".py", ".sql", ".j2", ".js", ".css", ".html"}
TEXTS = ("quality/checks.yaml", "pamga/attacker.yaml", "pamga/glosario.yaml", "dbt_project/dbt_project.yml")
# What is no code of the house: what proves it, what invents deliveries of this plan, what is made from the matrix.
ELSEWHERE = ("tests/", "bench/", "docs/", "ingest/sample/", "dbt_project/macros/indicadores/reglas.sql")
_INDICATORS = "|".join(plan().compromisos)
PATTERNS = {
    "code": rf"\b({_INDICATORS})-[0-9]+\b",
    "commitment": rf"""["']({_INDICATORS})["']""",
    # a quarter written as 2026T3 is how quarters are explained to people
    "year": rf"(?<![\d.])({'|'.join(map(str, plan().ejercicios))})(?!\d|T\d)",
    "number": rf"(?i)\b({len(plan().indicadores)}|veintiséis)\b(?=[^\n]{{0,30}}indicador)",
    "municipality": plan().municipio,
}
# Who says one of them all the same, and why.
SAID = {
    ("code", "dbt_project/tests/medios_de_verificacion_suman_el_indicador.sql"): "proves two special rules",
    ("code", "pamga/attacker.yaml"): "what an attacker knows of one figure about people",
    ("code", "quality/checks.yaml"): "cases that prove the rule of one indicator",
    ("year", "quality/checks.yaml"): "cases that prove a check",
    ("year", "quality/mutations.py"): "a day for a cell that is to be planted",
    ("year", "dbt_project/lint/pamga_leon.py"): "what the linter reads in place of the matrix",
    ("year", "ingest/commands.py"): "where chance begins, any number",
    ("year", "ingest/real_files.py"): "the name of a file of another authority",
    ("year", "ingest/checks/cells.py"): "how a date is written, for people",
    ("year", "ingest/receipts/correction.py"): "the day that a workbook says it was made, always the same",
    ("year", "ingest/templates.py"): "the day that a workbook says it was made, always the same",
    ("year", "dashboards/export.py"): "the day that an export says it was made, always the same",
    ("year", "publish/spanish.py"): "how long a day is in ISO 8601",
    ("municipality", "pamga/settings.py"): "the descriptions of settings, for engineers",
    ("municipality", "pamga/documents/lock.py"): "the description of a field, for engineers",
    ("municipality", "pamga/documents/log.py"): "the description of a field, for engineers",
}
CARDS = "dags/"  # whose cards say the hour of the city to people who read them there


def _files() -> Iterator[str]:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if (Path(name).suffix in CODE or name in TEXTS) and not name.startswith(ELSEWHERE) and (ROOT / name).exists():
            yield name


def _said(name: str) -> str:
    """What a file says but for its comments and docstrings."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".py"):
        return _python(text)
    text = re.sub(r"\{#.*?#\}|/\*.*?\*/|<!--.*?-->", "", text, flags=re.S)
    return re.sub(r"(?m)(^|\s)(--|//|#).*$", "", text) if not name.endswith((".html", ".j2", ".css")) else text


def _python(text: str) -> str:
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0] - 1] = lines[token.start[0] - 1][: token.start[1]]
    return "\n".join(lines)


@pytest.mark.parametrize("kind", PATTERNS)
def test_what_the_matrix_says_is_said_nowhere_else(kind: str) -> None:
    found = {name for name in _files() if re.search(PATTERNS[kind], _said(name))}
    cards = {name for name in found if kind == "municipality" and name.startswith(CARDS)}
    assert found - cards == {name for known, name in SAID if known == kind}
