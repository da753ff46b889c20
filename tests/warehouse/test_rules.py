"""The rules that the dbt project is held to (docs/dbt.md), read from dbt's own manifest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from pamga.storage import read_json
from pamga.yaml_files import load_yaml
from warehouse.dbt_runner import PROJECT, run_dbt
from warehouse.indicator_rules import rules
from warehouse.matrix import load_matrix

Node = dict[str, Any]

# What only some engines know; each such thing is behind one macro of macros/engine.
ENGINE_SPECIFIC = re.compile(
    r"::|//|\bqualify\b|group by all|\bexclude\b|\bfilter\s*\(\s*where\b|\b(arg_max|arg_min|list|unnest|strftime|date_diff|ilike"
    r"|strip_accents|regexp_\w+|epoch|struct_pack|string_agg|make_date|bit_or|any_value|first|last|st_\w+|h3_\w+|read_\w+)\s*\(",
    re.IGNORECASE,
)
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
DBT_MACRO = re.compile(r"\bdbt\.\w+\(")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("parse")
    run_dbt(Settings(data=folder), folder, ["parse"])
    document: dict[str, Any] = read_json(folder / "dbt" / "manifest.json")
    return document


def nodes(manifest: dict[str, Any], kind: str) -> list[Node]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == kind]


def layer(node: Node) -> str:
    return str(node["fqn"][1])


@pytest.mark.slow
def test_names_say_the_layer(manifest: dict[str, Any]) -> None:
    prefixes = {"staging": "stg_", "intermediate": "int_"}
    for model in nodes(manifest, "model"):
        prefix = prefixes.get(layer(model), "")
        assert model["name"].startswith(prefix), model["unique_id"]
        if layer(model) == "marts":
            assert not model["name"].startswith(("stg_", "int_")), model["unique_id"]


@pytest.mark.slow
def test_only_staging_reads_sources_and_only_one_each(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        sources = [parent for parent in model["depends_on"]["nodes"] if parent.startswith("source.")]
        assert len(sources) == (1 if layer(model) == "staging" else 0), model["unique_id"]


@pytest.mark.slow
def test_every_source_is_staged(manifest: dict[str, Any]) -> None:
    staged = {parent for model in nodes(manifest, "model") for parent in model["depends_on"]["nodes"]}
    assert set(manifest["sources"]) <= staged


@pytest.mark.slow
def test_layers_build_upwards(manifest: dict[str, Any]) -> None:
    order = {"staging": 0, "intermediate": 1, "marts": 2}
    for model in nodes(manifest, "model"):
        for parent in model["depends_on"]["nodes"]:
            if parent.startswith("model."):
                assert order[layer(manifest["nodes"][parent])] <= order[layer(model)], model["unique_id"]


@pytest.mark.slow
def test_everything_is_described(manifest: dict[str, Any]) -> None:
    described = [*nodes(manifest, "model"), *nodes(manifest, "seed"), *manifest["exposures"].values()]
    assert [n["unique_id"] for n in described if not n["description"].strip()] == []


def test_every_singular_test_is_described_and_no_other() -> None:
    described = {test["name"] for test in load_yaml(PROJECT / "tests" / "_pruebas.yml")["data_tests"]}
    assert described == {path.stem for folder in ("", "estado") for path in (PROJECT / "tests" / folder).glob("*.sql")}


@pytest.mark.slow
def test_every_model_is_tested(manifest: dict[str, Any]) -> None:
    tests = [*nodes(manifest, "test"), *manifest["unit_tests"].values()]
    tested = {parent for test in tests for parent in test["depends_on"]["nodes"]}
    assert [n["unique_id"] for n in nodes(manifest, "model") if n["unique_id"] not in tested] == []


@pytest.mark.slow
def test_marts_have_a_contract_and_a_description_for_every_column(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        if layer(model) != "marts":
            continue
        assert model["config"]["contract"]["enforced"], model["unique_id"]
        missing = [name for name, column in model["columns"].items() if not column["description"].strip()]
        assert not missing, f"{model['unique_id']}: {missing}"
        assert set(model["config"]["meta"]["llave"]) <= model["columns"].keys(), model["unique_id"]


@pytest.mark.slow
def test_every_rule_has_its_unit_test(manifest: dict[str, Any]) -> None:
    """The one that is followed and every other reading: named by `reglas_en_prueba` of a test of the counts."""
    tested = {
        rule
        for test in manifest["unit_tests"].values()
        if test["model"] in ("int_indicadores_valores", "int_lecturas_valores")
        for rule in test["overrides"]["vars"]["reglas_en_prueba"]
    }
    assert tested == {f"{rule['indicador']} {rule['lectura']}".strip() for rule in rules(load_matrix())}


@pytest.mark.slow
def test_every_public_mart_and_dashboard_is_an_exposure(manifest: dict[str, Any]) -> None:
    exposed = {e["name"]: e["depends_on"]["nodes"] for e in manifest["exposures"].values()}
    for model in nodes(manifest, "model"):
        if layer(model) == "marts" and model["config"]["meta"].get("publico"):
            assert exposed.get(f"conjunto_{model['name']}") == [model["unique_id"]]
    slugs = {e["config"]["meta"].get("slug") for e in manifest["exposures"].values() if e["type"] == "dashboard"}
    wanted = {
        "tablero-del-plan", "mi-barrio-habla", "presupuesto-participativo", "cabildo-abierto-juvenil", "datos-abiertos",
        "entregas-y-calidad",
    }  # fmt: skip
    assert wanted <= slugs


# ---- the rules of dbt_project_evaluator that the ones above do not say; each exception with its reason

KEYS_PROVED_BY = {"estado"}  # folder of singular tests over all models of a kind: docs/dbt.md, "Tests"
MAX_JOINED = 7
UNIONS = {  # one part for each export or kind of finding: they are stacked, not joined
    "int_hechos", "int_referencias_ausentes", "int_claves_retiradas", "int_cifras_por_lugar", "hallazgos",
    "int_rotulos",
}  # fmt: skip
BASES = {  # the concepts that lists are made of: quarters and their cut-off, an agreement's due day, places, an indicator's sheet
    "int_trimestres", "int_corte", "int_acuerdos_con_plazo", "int_colonias_vigente", "int_lugares", "int_fichas",
}  # fmt: skip
READ_ELSEWHERE = {"int_celdas_de_personas"}  # by the people step in the middle of a build
HARD_CODED = re.compile(r"(?<!\bdistinct )\b(?:from|join)\s+\"?[a-z_]\w*\"?\.\"?[a-z_]\w*", re.IGNORECASE)
OF_A_FUNCTION = re.compile(r"\bextract\s*\(\s*\w+\s+from\s+[\w.]+", re.IGNORECASE)


def children(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Node -> what is made of it: models and exposures."""
    found: dict[str, set[str]] = {}
    for node in [*nodes(manifest, "model"), *manifest["exposures"].values()]:
        for parent in node["depends_on"]["nodes"]:
            found.setdefault(parent, set()).add(node["unique_id"])
    return found


@pytest.mark.slow
def test_staging_builds_on_sources_and_nothing_hangs_in_the_air(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        assert model["depends_on"]["nodes"], f"{model['unique_id']} is a root"
        if layer(model) == "staging":
            assert all(parent.startswith(("source.", "seed.")) for parent in model["depends_on"]["nodes"]), model[
                "unique_id"
            ]


@pytest.mark.slow
def test_nothing_is_made_for_nobody(manifest: dict[str, Any]) -> None:
    """A model that no other reads and no exposure shows is dead."""
    read = children(manifest)
    unread = {m["name"] for m in nodes(manifest, "model") if layer(m) != "marts" and m["unique_id"] not in read}
    assert unread == READ_ELSEWHERE


@pytest.mark.slow
def test_relations_are_named_by_ref_and_source(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        code = OF_A_FUNCTION.sub("", COMMENTS.sub("", model["raw_code"]))
        assert HARD_CODED.findall(code) == [], model["unique_id"]
    assert HARD_CODED.search("select * from lake.acuerdos")
    assert HARD_CODED.search('join "lake"."acuerdos" using (a)')


@pytest.mark.slow
def test_every_key_is_tested(manifest: dict[str, Any]) -> None:
    """Of marts by `clave_unica`; of what lies below, by it, by a unit test, or by the tests over all models of a kind."""
    proved: set[str] = {f"model.pamga_leon.{test['model']}" for test in manifest["unit_tests"].values()}
    by_key: set[str] = set()
    for test in nodes(manifest, "test"):
        metadata = (test.get("test_metadata") or {}).get("name")
        if metadata in ("clave_unica", "unique"):
            by_key |= set(test["depends_on"]["nodes"])
        elif not metadata and Path(test["original_file_path"]).parent.name in KEYS_PROVED_BY:
            proved |= set(test["depends_on"]["nodes"])
    for model in nodes(manifest, "model"):
        if layer(model) == "marts":
            assert model["unique_id"] in by_key, model["unique_id"]
        else:
            assert model["unique_id"] in by_key | proved, model["unique_id"]


@pytest.mark.slow
def test_no_model_joins_more_than_a_reader_can_follow(manifest: dict[str, Any]) -> None:
    many = {m["name"] for m in nodes(manifest, "model") if len(m["depends_on"]["nodes"]) > MAX_JOINED}
    assert many == UNIONS


@pytest.mark.slow
def test_few_models_fan_out(manifest: dict[str, Any]) -> None:
    """More than three marts straight on one model: something between them is missing."""
    read = children(manifest)
    leaves = {m["unique_id"] for m in nodes(manifest, "model") if layer(m) == "marts"}
    wide = {
        m["name"]
        for m in nodes(manifest, "model")
        if layer(m) == "intermediate" and len(read.get(m["unique_id"], set()) & leaves) > 3
    }
    assert wide == BASES


@pytest.mark.slow
def test_upstream_models_are_not_joined_again(manifest: dict[str, Any]) -> None:
    """A joins B and C, and C is made of B for A alone: C is a detour, unless it is tested for itself or shown."""
    read = children(manifest)
    tested = {f"model.pamga_leon.{test['model']}" for test in manifest["unit_tests"].values()}
    detours = set()
    for model in nodes(manifest, "model"):
        parents = {parent for parent in model["depends_on"]["nodes"] if parent.startswith("model.")}
        for between in parents - tested:
            again = parents & set(manifest["nodes"][between]["depends_on"]["nodes"])
            if again and read[between] == {model["unique_id"]}:
                detours.add(manifest["nodes"][between]["name"])
    assert detours == set()


@pytest.mark.slow
def test_views_are_not_stacked_high_and_what_is_shown_is_stored(manifest: dict[str, Any]) -> None:
    """Each view in a row of views is computed again by all that read it."""
    kinds = {m["unique_id"]: m["config"]["materialized"] for m in nodes(manifest, "model")}

    def views_below(name: str) -> int:
        if kinds.get(name) != "view":
            return 0
        return 1 + max((views_below(parent) for parent in manifest["nodes"][name]["depends_on"]["nodes"]), default=0)

    assert max(map(views_below, kinds)) <= 4
    for exposure in manifest["exposures"].values():
        assert all(kinds.get(parent) == "table" for parent in exposure["depends_on"]["nodes"]), exposure["name"]


@pytest.mark.slow
def test_files_lie_in_the_folder_of_their_layer_and_are_described_beside_themselves(manifest: dict[str, Any]) -> None:
    for model in nodes(manifest, "model"):
        path = Path(model["original_file_path"])
        assert path.parts[:2] == ("models", layer(model)), path
        assert Path(model["patch_path"].partition("://")[2]).parent == path.parent, path
    for name, source in manifest["sources"].items():
        assert source["description"].strip() and source["source_description"].strip(), name


def test_engine_specific_sql_is_behind_a_macro() -> None:
    found = []
    for path in sorted(PROJECT.glob("m*/**/*.sql")):
        if path.is_relative_to(PROJECT / "macros" / "engine"):
            continue
        sql = DBT_MACRO.sub("", COMMENTS.sub("", path.read_text()))
        found += [f"{path.relative_to(PROJECT)}: {match.group(0)}" for match in ENGINE_SPECIFIC.finditer(sql)]
    assert found == []


def test_every_engine_macro_dispatches_and_is_listed() -> None:
    page = (PROJECT.parent / "docs" / "dbt.md").read_text()
    for path in sorted((PROJECT / "macros" / "engine").glob("*.sql")):
        sql = path.read_text()
        macros = re.findall(r"macro default__(\w+)\(", sql)
        # dbt itself looks for the materialization of the engine at hand before the default one
        of_one_engine = re.findall(r"materialization (\w+), adapter='\w+'", sql)
        assert macros or of_one_engine, f"{path.name} has nothing that another engine could say otherwise"
        for name in of_one_engine:
            assert f"`{name}`" in page, f"materialization {name} is not listed in docs/dbt.md"
        for name in macros:
            assert f"adapter.dispatch('{name}', 'pamga_leon')" in sql, f"{path.name}: {name} does not dispatch"
            assert f"`{name}`" in page, f"{name} is not listed in docs/dbt.md"


def test_the_matcher_of_engine_specific_sql_sees_what_it_must() -> None:
    for sql in ("x::date", "select * exclude (a)", "count(*) filter (where a)", "st_point(1, 2)", "a // b", "first(x)"):
        assert ENGINE_SPECIFIC.search(sql), sql
    assert not ENGINE_SPECIFIC.search("cast(x as date)")


def test_profile_sends_nothing_and_installs_nothing() -> None:
    assert "send_anonymous_usage_stats: false" in (PROJECT / "dbt_project.yml").read_text()
    assert "autoinstall_known_extensions: false" in (PROJECT / "profiles.yml").read_text()


def test_no_path_of_a_machine_in_the_project() -> None:
    for path in Path(PROJECT).glob("m*/**/*.*"):
        if path.suffix in {".sql", ".yml", ".yaml"}:
            assert "/home/" not in path.read_text(), path


def test_where_empty_values_are_sorted_is_said(manifest: dict[str, Any]) -> None:
    """DuckDB puts them last, Spark first: a mart is the same file on both only when it says so."""
    unsaid = []
    for mart in nodes(manifest, "model"):
        if layer(mart) != "marts":
            continue
        required = {
            name
            for name, column in mart["columns"].items()
            if any(constraint["type"] == "not_null" for constraint in column["constraints"])
        }
        *_, order = re.split(r"\border by\b", mart["raw_code"])
        unsaid += [
            (mart["name"], key)
            for key in (part.strip() for part in order.split(","))
            if key not in required and not key.endswith("nulls last")
        ]
    assert not unsaid
