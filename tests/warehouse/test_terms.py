"""One text a term: what a published column means stands once (dbt_project/models/marts/terminos.md), however many datasets have it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"
TERMS = MARTS / "terminos.md"
OFTEN = 3
"""A text that so many datasets share is a term."""
DOC = re.compile(r"""\{\{ doc\(["'](\w+)["']\) \}\}""")


def descriptions() -> Iterator[tuple[str, str]]:
    """(column, description) of every mart that is written by hand; the others' come from the contracts."""
    for path in sorted(MARTS.rglob("*.yml")):
        if path.parent.name != "tal_cual":
            for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
                yield from ((column["name"], column["description"]) for column in model.get("columns", []))


def test_a_text_that_many_datasets_share_is_a_term() -> None:
    own = Counter(pair for pair in descriptions() if not DOC.search(pair[1]))
    assert {pair for pair, times in own.items() if times >= OFTEN} == set(), f"put the text into {TERMS.name}"


def test_every_term_is_used_and_no_text_stands_twice() -> None:
    blocks = re.findall(r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", TERMS.read_text(encoding="utf-8"), flags=re.S)
    used = {name for _, text in descriptions() for name in DOC.findall(text)}
    assert {name for name, _ in blocks} == used
    first_words = Counter((name.partition("_")[0], text) for name, text in blocks)
    assert [pair for pair, times in first_words.items() if times > 1] == []
