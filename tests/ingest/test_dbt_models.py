"""The dbt models that follow from a contract, for contracts that nobody has written yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ingest import dbt_models
from ingest.contract import DELIVERING_OFFICE, Column, Contract, Dataset, load_contract, load_contracts
from ingest.generate import NOTICE, ROOT, generated_files


def column(nombre: str, **facts: Any) -> Column:
    given = {"tipo": "texto", "titulo": "Título", "descripcion": "Lo que es.", "ejemplo": "x", **facts}
    return Column(nombre=nombre, **given)


PUNTO = column("punto_id", obligatoria=True)


def contract(*columns: Column, **facts: Any) -> Contract:
    first = (columns or (PUNTO,))[0].nombre
    given = {
        "export": "puntos",
        "tal_cual": True,
        "conjunto": Dataset(),
        "clave": (first,),
        "columnas": columns,
        **facts,
    }
    return replace(load_contract("areas_verdes"), **given)


def test_the_contracts_of_today_are_all_in_order() -> None:
    assert [fault for each in load_contracts().values() for fault in dbt_models.refusals(each)] == []


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (contract(PUNTO, column("quien", personal=True)), "rows that are people"),
        (contract(column("persona_id", seudonimo=True, obligatoria=True)), "rows that are people"),
        (contract(PUNTO, filas_de_personas=True), "rows that are people"),
        (contract(PUNTO, column("dependencia"), clave=(DELIVERING_OFFICE, "punto_id")), "one of its own"),
        (contract(PUNTO, column("a", tipo="geometria"), column("b", tipo="geometria")), "more than one geometry"),
        (contract(PUNTO, conjunto=Dataset(columna_periodo="fecha")), "names fecha"),
        (contract(PUNTO, conjunto=Dataset(columna_cobertura=("anio",))), "names anio"),
        (contract(column("punto_id")), "may be empty"),
        (contract(PUNTO, export="talleres"), "has that name already"),
        (contract(PUNTO, column("order")), "`order` cannot name a column"),
        (contract(PUNTO, column("Año")), "`Año` cannot name a column"),
        (contract(PUNTO, export="table"), "`table` cannot name a table"),
        (contract(PUNTO, column("a", descripcion="Lo que {{ es }}.")), "braces"),
        (contract(PUNTO, column("a", descripcion_publica="{% raw %}.")), "braces"),
    ],
)
def test_what_could_not_be_built_is_refused_with_the_reason(refused: Contract, why: str) -> None:
    faults = dbt_models.refusals(refused)
    assert len(faults) == 1 and why in faults[0]


def test_people_may_be_delivered_if_they_are_not_published_as_they_are() -> None:
    assert dbt_models.refusals(contract(PUNTO, column("quien", personal=True), tal_cual=False)) == []


def published(told: Contract) -> list[str]:
    return [entry["name"] for entry in dbt_models.mart_description(told)["columns"]]


def test_a_moderated_text_is_guarded_and_says_why_it_is_not_there() -> None:
    told = contract(
        PUNTO, column("queja", moderado=True, texto_libre=True),
        column("publicable", tipo="booleano"), column("revisado", tipo="booleano"),
    )  # fmt: skip
    assert "{{ texto_moderado('queja') }}" in dbt_models.staging_sql(told)
    assert published(told) == ["punto_id", "queja", "queja_reservado"]


def test_who_delivered_is_part_of_the_published_key() -> None:
    shared = contract(PUNTO, clave=(DELIVERING_OFFICE, "punto_id"))
    assert "entrega_dependencia as dependencia,\n        punto_id" in dbt_models.mart_sql(shared)
    assert dbt_models.mart_sql(shared).endswith("order by dependencia, punto_id\n")
    assert "['entrega_dependencia', 'punto_id']" in dbt_models.versions_sql(shared)


def test_how_a_source_writes_nothing_is_null_from_staging_on() -> None:
    written = contract(PUNTO, column("telefono", sin_valor=("S/N", "0'")))
    assert "nullif(nullif(telefono, 'S/N'), '0''') as telefono" in dbt_models.staging_sql(written)


def test_what_is_retired_or_renamed_stays_and_a_personal_column_is_nowhere() -> None:
    changed = contract(
        PUNTO, column("nuevo", antes=("viejo",)), column("fax", retirada=True), column("quien", personal=True)
    )
    assert published(changed) == ["punto_id", "nuevo", "fax"]
    assert "quien" not in dbt_models.staging_sql(changed) and "viejo" not in dbt_models.staging_sql(changed)


def test_words_come_from_the_contract_unless_citizens_need_others() -> None:
    plain = dbt_models.mart_description(contract(PUNTO, column("carga", tipo="decimal", unidad="hm³")))
    assert (plain["config"]["meta"]["titulo"], plain["config"]["meta"]["periodicidad"]) == (
        "Áreas verdes",
        "trimestral",
    )
    assert plain["columns"][1]["config"]["meta"]["unidad"] == "hectómetros cúbicos"
    other = Dataset(titulo="Otro", descripcion="Otra cosa.", tema="territorio", periodicidad="anual")
    key = column("punto_id", obligatoria=True, descripcion_publica="La clave.")
    said = dbt_models.mart_description(contract(key, conjunto=other))
    assert (said["description"], said["columns"][0]["description"]) == ("Otra cosa.", "La clave.")
    assert (said["config"]["meta"]["tema"], said["config"]["meta"]["periodicidad"]) == ("territorio", "anual")


def test_a_long_key_stays_within_the_lines_that_sqlfluff_takes() -> None:
    long = [column(f"una_columna_de_nombre_muy_largo_{n}", obligatoria=True) for n in range(9)]
    many = contract(*long, clave=tuple(each.nombre for each in long))
    for sql in (dbt_models.versions_sql(many), dbt_models.mart_sql(many), dbt_models.staging_sql(many)):
        assert max(len(line) for line in sql.splitlines()) < 120


def test_every_generated_model_is_marked() -> None:
    folders = [ROOT / folder for folder in dbt_models.FOLDERS]
    texts = [text for path, text in generated_files().items() if path.parent in folders]
    assert texts and all(NOTICE in text.splitlines()[0] for text in texts)
