"""Every DAG imports, has no cycle, an owner that is an office, a card, tags, a time limit; nothing catches up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.slow

EXPECTED = {
    "recibir_entregas",
    "construir_candidata",
    "publicar",
    "refrescar_tableros",
    "fotografiar_tableros",
    "cierre_trimestre",
    "avisos_entregas",
    "seguimiento_acuerdos",
    "retirar_publicacion",
    "revertir_publicacion",
    "reprocesar",
    "auditar_publicaciones",
    "mantenimiento",
    "respaldar",
}
CARD_ROWS = ("**Qué**", "**Cuándo**", "**De dónde**", "**A dónde**", "**A quién preguntar**")


@pytest.fixture(scope="module")
def dag_bag(airflow_home: Any) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    from operation.airflow_env import DAGS_FOLDER

    return DagBag(dag_folder=str(DAGS_FOLDER))


def test_every_dag_imports_and_no_other_is_there(dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == EXPECTED


def test_every_dag_has_its_card_owner_tags_and_limits(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        dag.check_cycle() if hasattr(dag, "check_cycle") else dag.topological_sort()
        assert all(row in (dag.doc_md or "") for row in CARD_ROWS), dag_id
        assert dag.tags, dag_id
        assert dag.dag_display_name != dag_id and "_" not in dag.dag_display_name, dag_id
        assert dag.catchup is False, dag_id
        assert dag.max_active_runs == 1, dag_id
        assert dag.dagrun_timeout is not None, dag_id
        for task in dag.tasks:
            assert task.owner not in ("", "airflow"), (dag_id, task.task_id)
            assert isinstance(task.execution_timeout, timedelta), (dag_id, task.task_id)
            assert task.retries >= 2, (dag_id, task.task_id)
            assert task.retry_exponential_backoff, (dag_id, task.task_id)


def test_assets_tie_the_dags(dag_bag: Any) -> None:
    def consumed(dag_id: str) -> set[str]:
        condition = dag_bag.dags[dag_id].timetable.asset_condition
        return {asset.name for asset in getattr(condition, "objects", [condition])}

    def produced(dag_id: str) -> set[str]:
        return {outlet.name for task in dag_bag.dags[dag_id].tasks for outlet in task.outlets}

    assert produced("recibir_entregas") == consumed("construir_candidata") == {"lake"}
    assert produced("construir_candidata") == produced("cierre_trimestre") == consumed("publicar") == {"candidata"}
    assert produced("publicar") == consumed("refrescar_tableros") == {"publicacion"}
    assert produced("refrescar_tableros") == consumed("fotografiar_tableros") == {"tableros"}


@pytest.mark.parametrize(
    ("partition", "closes"),
    [("2026-07-16", "2026T3"), ("2026-10-16", "2026T4"), ("2026-01-16", "2026T1"), ("2026-04-16", "2026T2")],
)
def test_the_closing_dag_closes_the_quarter_that_ended(airflow_home: Any, partition: str, closes: str) -> None:
    from types import SimpleNamespace

    from dags.cierre_trimestre import closing_quarter

    context = {"params": {"trimestre": None}, "dag_run": SimpleNamespace(partition_key=partition)}
    assert str(closing_quarter(context)) == closes
    assert str(closing_quarter({**context, "params": {"trimestre": "2025T2"}})) == "2025T2"
