"""What the marts of the dbt project declare, read from their own descriptions: the gate reads it from a run."""

from __future__ import annotations

from pathlib import Path

from pamga.documents.candidate import Agreed
from pamga.yaml_files import load_yaml
from quality.marts import Mart, marts_from
from warehouse.describe import MartModel, agreed, agreed_mart

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"


def mart_models() -> list[MartModel]:
    """Every mart as dbt's manifest would give it to the exporter, with the types of its contract."""
    said = [model for path in sorted(MARTS.rglob("*.yml")) for model in (load_yaml(path) or {}).get("models", [])]
    return [MartModel.of({**model, "columns": {c["name"]: c for c in model["columns"]}}) for model in said]


def agreed_now() -> Agreed:
    """What a build of this code would agree to."""
    return agreed([agreed_mart(model) for model in mart_models() if model.public])


def published_marts() -> list[Mart]:
    """The same, as the gate reads them."""
    return marts_from(agreed_now())
