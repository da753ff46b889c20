"""How tests share the cores: what a module prepares is prepared once, and only one process ever imports Airflow."""

from __future__ import annotations

import pytest

AIRFLOW = ("tests/dags/", "tests/simulation/")
"""Airflow takes its settings from the environment when it is first imported: these tests share one process and one home."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`: the tests of a module run in one process, and those of the DAGs all in the same."""
    for item in items:
        module = item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group("airflow" if module.startswith(AIRFLOW) else module))
