"""Nobody without an account gets more than the charts' own answers, fills a disk or keeps others waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboards import attacker
from tests.dashboards.instance import ARTIFACTS, REQUESTS_A_MINUTE, Superset

pytestmark = pytest.mark.servers


def test_every_attack_is_held(superset: Superset) -> None:
    """tests/dashboards/attacker.py against the running instance; its figures stay in .ci/artifacts."""
    visitor = attacker.Attacker(superset.url, superset.data, Path(superset.env["PAMGA_SUPERSET_CACHE_DIR"]))
    figures = attacker.attack(visitor, REQUESTS_A_MINUTE)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / "ataques.txt").write_text("\n".join(map(str, figures)) + "\n", encoding="utf-8")
    assert [str(figure) for figure in figures if not figure.held] == []
