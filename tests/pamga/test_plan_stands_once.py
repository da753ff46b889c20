"""No place but the plan's matrix knows how many indicators and targets there are, their codes, the commitments, the years, the municipality,
its time zone and files, its offices or whom it calls young.

Four kinds of place may say them: the city's own texts (plan, contracts, what its datasets are), what is generated from these,
proofs (tests, benchmarks, dbt's unit tests: what proves a rule speaks of an indicator) and a short list, each with its reason. What
the city's own texts say of the plan is compared with it.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from pamga.clock import midnight
from pamga.exports import exports
from pamga.plan import plan, read_matrix
from pamga.yaml_files import load_yaml

ROOT = Path(__file__).resolve().parents[2]
PLAN = plan()
TARGETS = sum(len(indicator["metas"]) for indicator in read_matrix()["indicadores"].values())
YOUNG = read_matrix()["jovenes"]
CODE = {".py", ".sql", ".j2", ".js", ".css", ".html"}
PROSE = {".md", ".yaml", ".yml", ".toml", ".cfg", ".sh"}
CITY = (
    "plan/*", "ingest/contracts/*", "ingest/sample/*", "dbt_project/conjuntos/*",
    "dashboards/static/logo.svg",
)  # fmt: skip
GENERATED = (
    "dbt_project/seeds/*", "dbt_project/macros/indicadores/reglas.sql", "dbt_project/models/sources/lake.yml", "dbt_project/models/exposures/*",
    "dbt_project/models/marts/*.yml", "docs/diccionario_entregas.md", "pamga/exports.json", "requirements/*",
)  # fmt: skip
PROOFS = ("tests/*", "bench/*", "dbt_project/models/*.yml", "dbt_project/tests/*")
AS_IT_WAS = ("docs/decisions/*", "CHANGELOG.md")

_COMMITMENTS = "|".join(PLAN.compromisos)
_COUNTED = r"(?=[^\n]{0,30}(?:indicador|indicator|\bmetas?\b|\btargets?\b|compromiso|commitment))"
PATTERNS = {
    "number": rf"(?i)\b({len(PLAN.indicadores)}|veintiséis|twenty-six|{TARGETS}|cincuenta|fifty|cuatro|four)\b{_COUNTED}",
    "code": rf"\b({_COMMITMENTS})-[0-9]+\b",
    "commitment": rf"""["'\[]({_COMMITMENTS})["'\],]""",
    # a quarter written as 2026T3 is how quarters are explained to people, 31/08/2026 how a day is
    "year": rf"(?<![\d.])({'|'.join(map(str, PLAN.ejercicios))})(?!\d|T\d)",
    "municipality": PLAN.municipio,
    "state": rf"\b({PLAN.lugar.estado}|{PLAN.lugar.clave})\b",
    "time zone": rf"{PLAN.lugar.zona_horaria}|T00:00:00{midnight(f'{PLAN.inicio}')[-6:]}|\b21600000000\b|hours=-6\b",
    "bounds": "|".join(rf"{low}\b.{{0,20}}\b{high}\b" for low, high in PLAN.lugar.coordenadas.values()),
    "file": rf"\b{re.escape(PLAN.base_publica)}\b",
    # every Mexican authority has a Unidad de Transparencia, by law
    "office": "|".join(name for name in PLAN.dependencias.values() if name != "Unidad de Transparencia"),
    "key of an office": rf"""["']({"|".join(PLAN.dependencias)})["']""",
    "theme": rf"""["']({"|".join(theme for theme in PLAN.temas if theme not in exports())})["']""",
    "young": rf"\b{YOUNG['desde']} ?(?:to|a|y|and|-|–) ?{YOUNG['hasta']}\b",
}
# Who says one of them all the same, and why.
SAID = {
    ("code", "README.md"): "an example to type",
    ("code", "CONTRIBUTING.md"): "a recipe that a test carries out",
    ("code", "pamga/attacker.yaml"): "what an attacker knows of one figure about people",
    ("code", "quality/checks.yaml"): "cases that prove the rule of one indicator",
    ("code", "dashboards/assets/charts/mi_barrio_habla/dependencias_acuerdos_y_atrasos.yaml"): "an indicator's means of verification",
    ("year", "README.md"): "the title of the repository",
    ("year", "pyproject.toml"): "the title of the repository",
    ("year", "CONTRIBUTING.md"): "a recipe that a test carries out",
    ("year", "docs/*"): "days on which something was measured, dates as people write them",
    ("year", "quality/checks.yaml"): "cases that prove a check",
    ("year", "quality/mutations.py"): "a day for a cell that is to be planted",
    ("year", "dbt_project/lint/pamga_leon.py"): "what the linter reads in place of the matrix",
    ("year", "dashboards/assets/metadata.yaml"): "the day that an export says it was made, always the same",
    ("year", "dashboards/export.py"): "the same",
    ("year", "ingest/commands.py"): "where chance begins, any number",
    ("year", "ingest/checks/cells.py"): "how a date is written, for people",
    ("year", "pamga/settings.py"): "the same",
    ("year", "ingest/receipts/correction.py"): "the day that a workbook says it was made, always the same",
    ("year", "ingest/templates.py"): "the day that a workbook says it was made, always the same",
    ("year", "publish/spanish.py"): "how long a day is in ISO 8601",
    ("municipality", "README.md"): "the title of the repository",
    ("municipality", "pyproject.toml"): "the title of the repository",
    ("time zone", "docker/airflow.cfg"): "what Airflow reads in production, which cannot ask the plan: a test compares",
    ("file", "docs/*"): "how the file is called in León, for whoever runs it there",
    ("state", "README.md"): "the title of the repository",
    ("state", "pyproject.toml"): "the title of the repository",
    ("state", "docs/privacy.md"): "where the list of people's names that ingest knows is from",
    ("key of an office", "docs/interfaces.md"): "an example",
    ("key of an office", "quality/checks.yaml"): "cases that prove a check",
    ("young", "docs/rules.md"): "a group of ages of the tables about people (rules.md, 'Personal data')",
    ("young", "docs/small-cells.md"): "the same",
    ("young", "dbt_project/macros/marts/situaciones.sql"): "the same",
    ("young", "pamga/attacker.yaml"): "the same",
}  # fmt: skip


def _among(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


@cache
def _tracked() -> list[str]:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [
        name
        for name in tracked.splitlines()
        if Path(name).suffix in CODE | PROSE and not _among(name, (*GENERATED, *AS_IT_WAS)) and (ROOT / name).exists()
    ]


@cache
def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _said(name: str, kind: str) -> str:
    """What a file says. Comments and docstrings count too, but for years, the municipality and its files: there they are examples of how things
    are written (`30 de septiembre de 2026`, `León, Guanajuato`)."""
    text = _text(name)
    if kind not in ("year", "municipality", "state", "file") or Path(name).suffix not in CODE:
        return text
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
    elsewhere = [name for name in _tracked() if not _among(name, (*CITY, *PROOFS))]
    maybe = [name for name in elsewhere if re.search(PATTERNS[kind], _text(name))]
    found = {name for name in maybe if re.search(PATTERNS[kind], _said(name, kind))}
    known = [name for told, name in SAID if told == kind]
    assert {name for name in found if not _among(name, tuple(known))} == set()
    assert [name for name in known if not any(fnmatch(one, name) for one in found)] == [], (
        "and nobody is excused who need not be"
    )


def test_how_many_there_are_is_typed_nowhere_at_all() -> None:
    """Nor in tests: who counts them asks the matrix."""
    own = Path(__file__).resolve().relative_to(ROOT).as_posix()
    names = [name for name in _tracked() if name != own and not name.startswith("plan/")]
    found = {name: said for name in names if (said := re.findall(rf"{PATTERNS['number']}.*", _text(name)))}
    assert {name for name in found if not _among(name, ("dbt_project/models/*_pruebas*.yml",))} == set(), found


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("number", f"the {len(PLAN.indicadores)} indicators"), ("number", f"sus {TARGETS} metas"), ("number", "los cuatro compromisos"),
        ("code", f"-- {PLAN.indicadores[0]} counts it"), ("commitment", f"compromiso = '{[*PLAN.compromisos][-1]}'"),
        ("year", f"where ejercicio = {PLAN.ejercicios[1]}"), ("municipality", f"label: Presas de {PLAN.municipio}"),
        ("state", f'name = "{PLAN.municipio_y_estado}"'), ("time zone", f'ZoneInfo("{PLAN.lugar.zona_horaria}")'),
        ("bounds", f"latitud: {{min: {PLAN.lugar.latitud[0]}, max: {PLAN.lugar.latitud[1]}}}"), ("time zone", "EPOCH_US(NOW()) - 21600000000"), ("file", f"releases/current/{PLAN.base_publica}"), ("office", [*PLAN.dependencias.values()][-1]),
        ("key of an office", f'OFFICE = "{[*PLAN.dependencias][-1]}"'), ("theme", f'{{"{next(iter(PLAN.temas))}": "x"}}'),
        ("young", f"edad between {YOUNG['desde']} and {YOUNG['hasta']}"),
    ],
)  # fmt: skip
def test_each_kind_is_found(kind: str, line: str) -> None:
    assert re.search(PATTERNS[kind], line)


def _codes(text: str) -> set[str]:
    """The indicators that a text names: `MBH-2` is one, `MBH-2026-18` and `A2-DA-01` are keys of something else."""
    return set(re.findall(rf"(?<![\w-])(?:{_COMMITMENTS})-[0-9]+\b(?!-)", text))


def test_every_indicator_that_anybody_names_is_the_plan_s() -> None:
    """But in tests and planted mistakes, which speak of some that do not exist, and in the recipe that adds one."""
    strays = {
        name: codes
        for name in _tracked()
        if not _among(name, ("tests/*", "ingest/sample/mistakes.py", "CONTRIBUTING.md"))
        and (codes := _codes(_text(name)) - {*PLAN.indicadores})
    }
    assert strays == {}


def _contracts() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "ingest" / "contracts").glob("*.yaml")):
        described = load_yaml(path).get("description", {})
        yield path.stem, " ".join(str(described.get(part, "")) for part in ("purpose", "usage"))


def test_an_indicator_that_a_contract_says_it_serves_is_computed_from_it() -> None:
    astray = {
        export: strays for export, said in _contracts() if (strays := _codes(said) - {*PLAN.fuentes.get(export, ())})
    }
    assert astray == {}


def test_the_years_and_bounds_that_a_contract_says_are_the_plan_s() -> None:
    said = str(load_yaml(ROOT / "ingest" / "contracts" / "in_common" / "in_common.yaml"))
    years = [str(year) for year in PLAN.ejercicios]
    assert f"{', '.join(years[:-1])} o {years[-1]}" in said
    assert all(f"En {PLAN.municipio} va de {low} a {high}" in said for low, high in PLAN.lugar.coordenadas.values())
