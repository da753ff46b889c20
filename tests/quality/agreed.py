"""What the marts of the dbt project declare, read from their own descriptions: the gate reads it from a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pamga.documents.candidate import Agreed
from pamga.yaml_files import load_yaml
from quality.marts import Mart, marts_from
from warehouse.describe import agreed, agreed_mart, column_meta

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"


def agreed_now() -> Agreed:
    """What a build of this code would agree to."""
    models = [model for path in sorted(MARTS.rglob("*.yml")) for model in (load_yaml(path) or {}).get("models", [])]
    return agreed([agreed_mart(_as_dbt_says(model)) for model in models if column_meta(model).get("publico")])


def published_marts() -> list[Mart]:
    """The same, as the gate reads them."""
    return marts_from(agreed_now())


def _as_dbt_says(model: dict[str, Any]) -> dict[str, Any]:
    columns = {c["name"]: {"meta": column_meta(c), "data_type": c.get("data_type")} for c in model["columns"]}
    return {"name": model["name"], "meta": column_meta(model), "columns": columns}
