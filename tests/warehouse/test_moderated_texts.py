"""No model can hold a text that nobody marked publishable: staging is the one way in, and its macro guards every such column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.contract import RESERVED, load_contracts

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"
MODERATED = [(c.export, column.nombre) for c in load_contracts().values() for column in c.moderated]


@pytest.mark.parametrize(("export", "column"), MODERATED)
def test_staging_guards_every_moderated_column(export: str, column: str) -> None:
    sql = (MODELS / "staging" / "exports" / f"stg_{export}.sql").read_text(encoding="utf-8")
    assert f"{{{{ texto_moderado('{column}') }}}}" in sql and f"{{{{ texto_reservado('{column}') }}}}" in sql
    bare = re.sub(r"\{\{.*?\}\}", "", sql)
    assert not re.search(rf"\b{column}\b", bare)


def test_nothing_but_staging_reads_these_exports() -> None:
    readers = {
        path.relative_to(MODELS).as_posix()
        for path in MODELS.rglob("*.sql")
        for export, _ in MODERATED
        if re.search(rf"source\(\s*'lake',\s*'{export}'\s*\)", path.read_text(encoding="utf-8"))
    }
    assert readers == {f"staging/exports/stg_{export}.sql" for export, _ in MODERATED}


def test_every_published_text_says_why_it_may_be_missing() -> None:
    marts = "\n".join(path.read_text(encoding="utf-8") for path in (MODELS / "marts").rglob("*.yml"))
    for _, column in MODERATED:
        if re.search(rf"- name: {column}\n", marts):
            assert f"- name: {column}{RESERVED}\n" in marts, column
