"""The plan's matrix, the seeds that come from it, and that both say what the delivery contracts say."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from pamga.documents.exports import PersonalData
from pamga.errors import UsageError
from pamga.exports import exports
from pamga.plan import plan
from pamga.yaml_files import load_yaml
from tests.oracle.second_opinion import TARGETS
from warehouse.exposures import EXPOSURES, documents
from warehouse.matrix import MAY_BE_EMPTY, PROJECT, files, load_matrix, load_words, seeds

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("path", sorted(files()), ids=lambda path: path.name)
def test_what_is_written_from_the_matrix_is_up_to_date(path: Path) -> None:
    assert path.read_text() == files()[path], "stale: run python -m warehouse.matrix"


def test_exposures_are_what_dashboards_and_marts_say() -> None:
    for name, text in documents().items():
        assert (EXPOSURES / name).read_text() == text, f"{name} is stale: run python -m warehouse.exposures"


def test_every_indicator_that_the_plan_was_signed_with_has_its_targets() -> None:
    """As the second opinion has them, which was typed apart."""
    indicators = load_matrix()["indicadores"]
    for key, entry in TARGETS.items():
        assert [t["ejercicio"] for t in indicators[key]["metas"]] == [t["ejercicio"] for t in entry["metas"]], key


def test_rows_that_are_people_are_never_shown_one_by_one() -> None:
    """A row is a person where the contract asks for who it is: by name, dropped when received, or by a key that is kept as a pseudonym."""
    people = {
        entry.export
        for entry in PersonalData.read(ROOT / PersonalData.WHERE).entregas
        for column in entry.columnas
        if column.columna == "nombre" or column.trato == "seudonimo"
    }
    assert {"asistencia_talleres", "comite_seleccion", "integrantes_cabildo"} <= people
    assert people.isdisjoint(load_matrix()["se_muestran"])


def test_every_target_falls_due_within_the_plan_and_after_it_begins() -> None:
    for key, indicator in load_matrix()["indicadores"].items():
        for target in indicator["metas"]:
            assert plan().inicio <= target["inicio"] < target["vence"] <= plan().fin, key
            assert target["vence"].year == target["ejercicio"], key


def test_every_reference_inside_the_matrix_exists() -> None:
    matrix = load_matrix()
    for key, indicator in matrix["indicadores"].items():
        assert key.split("-")[0] in matrix["compromisos"]
        assert set(indicator["responsables"]) <= matrix["dependencias"].keys(), key
        assert set(indicator["fuentes"]) <= exports().keys(), key
    for commitment in matrix["compromisos"].values():
        assert set(commitment["metas_relevantes"]) <= set(commitment["ods_principales"])
        assert set(commitment["problematicas"]) <= matrix["problematicas"].keys()


def test_a_version_that_moves_a_schedule_by_which_rows_are_counted_is_refused() -> None:
    matrix, words = load_matrix(), load_words()
    (now,) = [m for m in matrix["indicadores"]["PP-2"]["metas"] if m["ejercicio"] == 2026]
    for change, refused in (
        ({"meta": 50}, False),
        ({"inicio": date(2026, 2, 1)}, True),
        ({"vence": date(2026, 6, 30)}, True),
    ):
        words["versiones"][-1]["metas_anteriores"] = {"PP-2": [now | change]}
        if refused:
            with pytest.raises(UsageError, match="PP-2 2026"):
                seeds(matrix, words)
        else:
            assert "PP-2,2026" in seeds(matrix, words)["matriz_metas_anteriores.csv"]
    words["versiones"][-1]["metas_anteriores"] = {
        "CAJ-1": [m | {"vence": date(2025, 10, 31)} for m in matrix["indicadores"]["CAJ-1"]["metas"]]
    }
    # its documents are counted whenever they were made
    assert "CAJ-1" in seeds(matrix, words)["matriz_metas_anteriores.csv"]


def test_every_decision_and_reading_names_its_section_of_the_plan() -> None:
    for key, indicator in load_matrix()["indicadores"].items():
        assert indicator["decisiones"], key
        for said in [*indicator["decisiones"], *indicator.get("lecturas", {}).values()]:
            assert said["texto"] and re.match(r"[46]\.|nota aclaratoria", said["seccion"]), key


PLAN = Path(
    os.environ.get("PAMGA_PLAN", ROOT.parent / "shared/seed/plan-accion-municipal-gobierno-abierto-leon-2025-2027.txt")
)


@pytest.mark.skipif(not PLAN.is_file(), reason=f"the plan is not at {PLAN}; PAMGA_PLAN says where it is")
def test_the_words_of_the_matrix_are_the_plans_own_but_for_the_corrections_that_it_lists() -> None:
    plan = _squeezed(re.sub(r"<[^>]+>|\*\*", " ", PLAN.read_text(encoding="utf-8")))
    matrix, words = load_matrix(), load_words()
    said = {
        (key, field): indicator[field]
        for key, indicator in matrix["indicadores"].items()
        if "palabras_de" not in indicator
        for field in ("nombre", "actividad", "descripcion", "formula", "meta_esperada", "medio_verificacion")
    }
    for correction in words["correcciones"]:
        where = [
            k
            for k in said
            if correction["de"] in ("", k[0]) and k[1] == correction["campo"] and correction["aqui"] in said[k]
        ]
        assert where, f"no text has what was corrected: {correction}"
        for k in where:
            said[k] = said[k].replace(correction["aqui"], correction["dice"])
    quoted = [*said.values(), *(t for p in words["promesas"].values() for t in p["texto"])]
    quoted += [f"{term}: {text}" for term, text in words["glosario"].items()]
    for commitment in matrix["compromisos"].values():
        quoted += [commitment[field] for field in ("problematica", "objetivo", "descripcion", "poblacion")]
        quoted += [*commitment["ods_principales"].values(), *commitment["metas_relevantes"].values()]
    quoted += [goal["texto"] for goal in matrix["ods_transversales"].values()]
    assert [text for text in quoted if _squeezed(text).rstrip(".") not in plan] == [], (
        "not the plan's words: write them as it does, list what was corrected under `correcciones` of plan/palabras.yaml, or, where the indicator "
        "is not in the published plan, say in its `palabras_de` where its words stand"
    )
    argued = [f"{d['seccion_4']} {d['seccion_6']}" for d in words["diferencias"]]
    for indicator in matrix["indicadores"].values():
        argued += [decision["texto"] for decision in indicator["decisiones"]]
        argued += [reading["por_que"] for reading in indicator.get("lecturas", {}).values()]
    phrases = [phrase for text in argued for phrase in re.findall(r'"([^"]+)"', text)]
    assert len(phrases) > 50
    assert [phrase for phrase in phrases if _squeezed(phrase).lower() not in plan.lower()] == []


def _squeezed(text: str) -> str:
    """With single blanks, and none around the sign of a formula, which the plan writes in two ways."""
    return re.sub(r" ?\* ?100", "*100", " ".join(text.split()))


def test_no_text_of_the_matrix_was_cut_at_a_comma() -> None:
    """In `{se_sigue: one, two}` YAML reads `two` as a key without a value: the page would show half a sentence."""

    def empty(node: object, path: str) -> list[str]:
        if isinstance(node, dict):
            return [
                e
                for key, value in node.items()
                for e in ([f"{path}.{key}"] if value is None else empty(value, f"{path}.{key}"))
            ]
        return (
            [e for number, value in enumerate(node) for e in empty(value, f"{path}[{number}]")]
            if isinstance(node, list)
            else []
        )

    assert empty(load_words(), "palabras") + empty(load_matrix(), "indicadores") == []


def test_what_a_plan_need_not_have_keeps_its_columns_and_their_types() -> None:
    """Another plan has no other readings, phases or validators: its seeds have a header and no row, and dbt cannot tell types by them."""
    matrix, words = load_matrix(), load_words()
    written = seeds(matrix, words)
    for indicator in matrix["indicadores"].values():
        for part in ("lecturas", "fases_plan", "proyecto", "validan"):
            indicator.pop(part, None)
    words |= {"diferencias": [], "correcciones": []}
    bare = seeds(matrix, words)
    types = load_yaml(PROJECT / "dbt_project.yml")["seeds"]["pamga_leon"]
    for name, columns in MAY_BE_EMPTY.items():
        header = ",".join(columns)
        assert bare[name].splitlines() == [header]
        assert written[name].splitlines()[0] == header
        assert set(types[name.removesuffix(".csv")]["+column_types"]) == {*columns}
    assert {*bare["matriz_palabras.csv"].splitlines()[0].split(",")} == {*types["matriz_palabras"]["+column_types"]}
