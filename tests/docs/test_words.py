"""One vocabulary for people: a thing has one name on every surface, the one that the glossary gives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pamga.glossary import PAGE, WORDS, page, terms
from pamga.yaml_files import load_yaml

ROOT = Path(__file__).resolve().parents[2]
# where people read: what is published, what is told to them, what dashboards say
SURFACES = (
    "dashboards/assets/**/*.yaml", "dashboards/templates/**/*", "publish/templates/*", "publish/pages.py", "publish/spanish.py",
    "publish/feeds.py", "quality/checks.yaml", "quality/report.py", "quality/templates/*", "ingest/receipts/*", "reminders/*.py",
    "dbt_project/models/marts/**/*.yml", "dbt_project/conjuntos/**/*.yaml", "plan/*.yaml", "ingest/contracts/**/*.yaml",
)  # fmt: skip
# other names of what the glossary calls otherwise; codes of the data (`frescura: …`, "frescura":) are no words
OTHER_NAMES = {
    "Al corriente": re.compile(r"\b(fresc[oa]s?|frescura(?![\"':.\w]|$)|actualidad)\b(?![\"']?:)", re.IGNORECASE),
    "Por confirmar": re.compile(r"\b(preliminar(es)?|sin confirmar)\b", re.IGNORECASE),
    "Dependencia": re.compile(r"\bdepartamento que entrega\b", re.IGNORECASE),
}


def said_otherwise(text: str) -> list[str]:
    """Lines that call something by another name than the glossary's."""
    return [line.strip()[:120] for line in text.splitlines() for name in OTHER_NAMES.values() if name.search(line)]


def test_every_surface_calls_things_as_the_glossary_does() -> None:
    files = sorted({path for pattern in SURFACES for path in ROOT.glob(pattern) if path.is_file()})
    assert len(files) > 100
    found = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if (lines := said_otherwise(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("slice_name: Qué tan frescas están las variables", False),
        ('"volumen": "volumen", "frescura": "actualidad"', False),
        ("dimension: frescura", True),
        ("Variables al corriente, por tema", True),
        ("Cifra preliminar", False),
    ],
)
def test_another_name_is_found(line: str, right: bool) -> None:
    assert (said_otherwise(line) == []) is right


def test_the_glossary_is_in_order_and_its_page_is_not_stale() -> None:
    def folded(word: str) -> str:
        return word.translate(str.maketrans("áéíóúÁÉÍÓÚ", "aeiouAEIOU")).lower()

    assert list(terms()) == sorted(terms(), key=folded)
    assert all(
        text.endswith(".") and set(entry) == {"codigo", "texto"}
        for text, entry in zip(terms().values(), load_yaml(WORDS).values(), strict=True)
    )
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m pamga.glossary"
