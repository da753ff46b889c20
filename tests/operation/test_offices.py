"""Every office of the plan can be written to and has somewhere to look: what lacks is found here, not at its first delivery."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pamga.plan import plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "part"), [("reminders/addresses.yaml", "dependencias"), ("dashboards/access.yaml", "departments")]
)
def test_every_office_has_an_address_and_a_role(path: str, part: str) -> None:
    assert set(yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))[part]) == set(plan().dependencias)
