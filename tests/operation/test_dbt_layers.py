"""What Airflow shows of dbt: a box a layer, named by what it holds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from operation.steps import dbt_layer_in_words, dbt_layers
from pamga.documents.build import DbtRun
from pamga.settings import Settings
from warehouse.dbt_runner import DBT_RESULTS, _keep_results


def ran(name: str, kind: str, layer: str, seconds: float) -> SimpleNamespace:
    path = [layer, "tema", name] if kind != "seed" else [name]
    node = SimpleNamespace(name=name, resource_type=kind, fqn=["pamga", *path])
    return SimpleNamespace(node=node, status="success", execution_time=seconds)


def test_both_calls_of_a_build_are_kept_and_shown_by_layer(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    folder = settings.layout.run("2026T3-r01-x")
    folder.mkdir(parents=True)
    first = [
        ran("metas", "seed", "", 0.25),
        ran("stg_a", "model", "staging", 0.5),
        ran("clave", "test", "staging", 0.125),
    ]
    second = [ran("mart_a", "model", "marts", 1.0), ran("tablero", "exposure", "exposures", 0.0)]
    for results in (first, second):
        _keep_results(folder, SimpleNamespace(result=SimpleNamespace(results=results)))
    assert [node.name for node in DbtRun.read(folder / DBT_RESULTS).nodes] == ["metas", "stg_a", "clave", "mart_a"]
    assert dbt_layers(settings, folder.name) == ["seeds", "staging", "marts"]
    title, lines = dbt_layer_in_words(settings, folder.name, "staging")
    assert title == "staging: 1 tablas, 1 pruebas, 0.6 s"
    assert [line.split()[-1] for line in lines.splitlines()] == ["stg_a", "clave"]


def test_a_build_that_failed_early_and_a_run_of_before_show_nothing(tmp_path: Path) -> None:
    _keep_results(tmp_path, SimpleNamespace(result=None))
    assert DbtRun.read(tmp_path / DBT_RESULTS).nodes == []
    assert dbt_layers(Settings(data=tmp_path), "gone") == []
