"""One life for all: receive, build, check, publish, correct, publish again, roll back, rotate, restore (tests/reliability/life.py)."""

from __future__ import annotations

import pytest

from tests.reliability.life import Life, live


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    folder = tmp_path_factory.mktemp("corte")
    return live(folder / "life", folder / "blobs")
