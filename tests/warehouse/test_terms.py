"""One text a term: what a published column means stands once, in the terms, the contract or the one mart that has it."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pamga.errors import UsageError
from pamga.exports import exports
from pamga.plan import read_matrix
from pamga.situations import opinions, states
from pamga.yaml_files import load_yaml
from warehouse import marts
from warehouse.marts import DECLARATIONS, MARTS, PROJECT, declarations, described_sources, model, stale_files, terms


def entries() -> Iterator[tuple[Path, Any]]:
    """(declaration, entry) of every column of every declared mart."""
    for path in declarations():
        yield from ((path, entry) for entry in load_yaml(path)["columns"])


def own_texts() -> Iterator[str]:
    """The descriptions that stand in one mart's declaration alone."""
    yield from (entry["description"] for _, entry in entries() if isinstance(entry, dict) and "description" in entry)


def test_the_descriptions_of_marts_are_what_is_declared() -> None:
    assert stale_files() == [], "run python -m warehouse.marts"


def test_a_mart_that_no_contract_describes_is_declared() -> None:
    written = {
        path.relative_to(MARTS).with_suffix("") for path in MARTS.glob("*/*.sql") if path.parent.name != "tal_cual"
    }
    assert written == {path.relative_to(DECLARATIONS).with_suffix("") for path in declarations()}


def test_no_text_stands_twice() -> None:
    texts = Counter([*own_texts(), *(term["description"] for term in terms().values())])
    assert [text for text, times in texts.items() if times > 1] == [], f"a term of {marts.TERMS.name}"


def test_no_mart_says_again_what_its_delivery_says() -> None:
    sources = {path: model(path)["config"]["meta"]["fuentes"] for path in declarations()}
    again = [
        (path.stem, entry["name"])
        for path, entry in entries()
        if isinstance(entry, dict) and "description" in entry
        for export in sources[path]
        if described_sources()[export].get(entry["name"]) == entry["description"]
    ]
    assert again == [], "name the column alone"


def test_every_term_is_used_in_two_marts_and_terms_are_in_order() -> None:
    used: dict[str, set[str]] = {}
    for path, entry in entries():
        used.setdefault(marts._named(entry)[1], set()).add(path.stem)
    assert {term for term in terms() if len(used.get(term, ())) < 2} == SHARED_WITHIN_ONE
    assert list(terms()) == sorted(terms())


SHARED_WITHIN_ONE = {"estado_texto_de_la_lectura", "realizadas"}  # two columns of one mart


@pytest.fixture
def declaration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a declaration, to be spoilt."""
    monkeypatch.setattr(marts, "PROJECT", tmp_path)
    shutil.copytree(DECLARATIONS, tmp_path / "conjuntos")
    return tmp_path / "conjuntos" / "mi_barrio_habla" / "directorio.yaml"


def spoilt(path: Path, **changes: Any) -> Path:
    path.write_text(yaml.safe_dump({**load_yaml(path), **changes}, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": ["dependencia_id", "no_hay_tal"]}, "no_hay_tal"),
        ({"columns": ["dependencia_id", {"telefono": "no_hay_tal"}]}, "no_hay_tal"),
        ({"columns": ["dependencia_id", {"name": "telefono", "publica": True}]}, "publica"),
        ({"columns": ["dependencia_id", "dependencia_id"]}, "twice"),
        ({"columns": ["dependencia_id", {"description": "Algo.", "data_type": "date"}]}, "without a name"),
        ({"columns": ["dependencia_id", {"name": "telefono", "data_tests": ["accepted_values"]}]}, "lists none"),
        ({"columns": ["dependencia_id", {"name": "telefono", "valores": "no_hay_tal"}]}, "lists none"),
        ({"columns": ["dependencia_id", {"name": "telefono", "valores": "colonia"}]}, "lists none"),
        ({"columns": ["dependencia_id", {"name": "telefono", "valores": "acuerdos.tema"}]}, "lists none"),
        (
            {"columns": ["dependencia_id", {"name": "telefono", "valores": "matriz_compromisos.no_hay_tal"}]},
            "lists none",
        ),
        ({"llave": ["otra"]}, "no column"),
        ({"fuentes": ["no_hay_tal"]}, "nobody delivers"),
        ({"fuentes": "no_hay_tal"}, "lists none"),
        ({"fuentes": "directorio"}, "lists none"),
        ({"titular": "Directorio"}, "titular"),
    ],
)
def test_what_cannot_be_described_is_said(declaration: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        model(spoilt(declaration, **changes))


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("acuerdos.tipo", ["inmediato", "gestion"]),
        ("matriz_compromisos.compromiso", list(read_matrix()["compromisos"])),
        ("estado_texto", [said.texto for said in states().values()]),
        ("dictamenes.clave", list(opinions())),
    ],
)
def test_values_are_listed_where_they_are_decided(declaration: Path, where: str, values: list[str]) -> None:
    told = {"name": "telefono", "valores": where, "data_tests": ["accepted_values"]}
    column = model(spoilt(declaration, columns=["dependencia_id", told]))["columns"][1]
    assert column["config"]["meta"]["valores"] == values
    assert column["data_tests"] == [{"accepted_values": {"arguments": {"values": values}}}]


def test_no_list_of_a_contract_is_typed_again() -> None:
    listed = {tuple(values) for export in exports().values() for values in export.valores.values()}
    said = [*terms().values(), *(entry for _, entry in entries() if isinstance(entry, dict))]
    assert [
        entry for entry in said if isinstance(entry.get("valores"), list) and tuple(entry["valores"]) in listed
    ] == []


def test_a_column_is_what_its_delivery_says_unless_the_mart_says_otherwise(declaration: Path) -> None:
    told = {"name": "fecha_actualizacion", "description": "Otro día.", "publico": False, "unidad": "días"}
    columns = ["dependencia_id", "telefono", {"fecha_actualizacion": "directorio"}]
    first = model(spoilt(declaration, columns=columns))["columns"]
    assert [(c["data_type"], c.get("constraints"), c["config"]["meta"]) for c in first] == [
        ("varchar", [{"type": "not_null"}], {"publico": True}),
        ("varchar", None, {"publico": True}),
        ("date", None, {"publico": True}),
    ]
    assert [c["description"] for c in first] == [
        described_sources()["directorio"][name] for name in ("dependencia_id", "telefono", "fecha_actualizacion")
    ]
    other = model(spoilt(declaration, columns=["dependencia_id", told]))["columns"][1]
    assert other["description"] == "Otro día."
    assert other["config"]["meta"] == {"publico": False, "unidad": "días"}
    assert not any(c["config"]["meta"]["publico"] for c in model(spoilt(declaration, publico=False))["columns"])


def test_the_rows_behind_a_figure_say_how_many_are_shown() -> None:
    """As many as stand in dbt's variable, for people too."""
    bound = load_yaml(PROJECT / "dbt_project.yml")["vars"]["pamga_leon"]["renglones_por_meta"]
    described = model(DECLARATIONS / "seguimiento" / "filas_que_cuentan.yaml")
    said = " ".join([described["description"], described["columns"][-1]["config"]["meta"]["ejemplo"]])
    assert [word for word in re.findall(r"[\d,]*\d,\d{3}", said) if word != "1,234,567"] == [f"{bound:,}"] * 3


def test_what_sets_a_delivery_aside_is_what_the_rules_and_the_check_say() -> None:
    variables = load_yaml(PROJECT / "dbt_project.yml")["vars"]["pamga_leon"]
    share, rows = variables["por_ciento_para_apartar"], variables["filas_para_apartar"]
    root = PROJECT.parent
    assert (
        f"more than {share} % of a delivery's rows, and in at least {rows}," in (root / "docs" / "rules.md").read_text()
    )
    check = load_yaml(root / "quality" / "checks.yaml")["verificaciones"]["hallazgos_resumen.<tipo>"]
    assert f"más de {share} % de las filas y al menos {rows}" in check["explicacion"]
