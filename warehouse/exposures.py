"""Writes dbt's exposures: one for each dashboard and each published dataset (`python -m warehouse.exposures`).

A dashboard's marts are those that its charts in dashboards/assets read; a published dataset is a mart with `meta.publico`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pamga.plan import plan
from pamga.settings import Settings
from pamga.yaml_files import as_yaml, load_yaml

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
MARTS = PROJECT / "models" / "marts"
ASSETS = PROJECT.parent / "dashboards" / "assets"
EXPOSURES = PROJECT / "models" / "exposures"

OWNER = {"name": plan().seguimiento, "email": Settings.model_fields["contact_email"].default}
HEADER = "# Written by `python -m warehouse.exposures`; a test says when it is stale.\n"


def mart_descriptions(folder: Path = MARTS) -> dict[str, dict[str, Any]]:
    """Mart -> its description in YAML, in order of name."""
    models = [model for path in folder.glob("**/*.yml") for model in _read(path).get("models", [])]
    return {model["name"]: model for model in sorted(models, key=lambda m: str(m["name"]))}


def is_public(model: dict[str, Any]) -> bool:
    """Whether a mart is a published dataset (docs/interfaces.md, Marts)."""
    return bool(model.get("config", {}).get("meta", {}).get("publico"))


def dashboard_exposures(marts: dict[str, dict[str, Any]], assets: Path = ASSETS) -> list[dict[str, Any]]:
    """One exposure per dashboard of dashboards/assets, with the marts that its charts read."""
    tables = {
        dataset["uuid"]: dataset["table_name"]
        for dataset in map(_read, assets.glob("datasets/*/*.yaml"))
        if dataset["table_name"] in marts
    }
    exposures = []
    for path in sorted((assets / "dashboards").glob("*.yaml")):
        dashboard = _read(path)
        charts = map(_read, (assets / "charts" / path.stem).glob("*.yaml"))
        read = sorted({tables[chart["dataset_uuid"]] for chart in charts if chart["dataset_uuid"] in tables})
        exposures.append(
            {
                "name": f"tablero_{path.stem.removeprefix('tablero_')}",
                "label": _said(dashboard["dashboard_title"]),
                "type": "dashboard",
                "maturity": "high",
                "description": _said(dashboard["description"] or dashboard["dashboard_title"]),
                "depends_on": [f"ref('{mart}')" for mart in read],
                "owner": OWNER,
                "config": {"meta": {"slug": dashboard["slug"]}},
            }
        )
    return exposures


def _said(text: str) -> str:
    for place, words in plan().nombres.items():
        text = text.replace(place, words)
    return text


def dataset_exposures(marts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One exposure per published dataset."""
    return [
        {
            "name": f"conjunto_{name}",
            "label": model["config"]["meta"]["titulo"],
            "type": "application",
            "maturity": "high",
            "description": f"Open data: releases/current/data/{name}.csv and its other formats.",
            "depends_on": [f"ref('{name}')"],
            "owner": OWNER,
        }
        for name, model in marts.items()
        if is_public(model)
    ]


def documents() -> dict[str, str]:
    """File name -> YAML text of the exposures."""
    marts = mart_descriptions()
    return {
        "tableros.yml": _yaml(dashboard_exposures(marts)),
        "conjuntos.yml": _yaml(dataset_exposures(marts)),
    }


def write_exposures(folder: Path = EXPOSURES) -> list[Path]:
    """Write both files into `folder`; returns them."""
    folder.mkdir(exist_ok=True)
    written = []
    for name, text in documents().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = load_yaml(path)
    return document


def _yaml(exposures: list[dict[str, Any]]) -> str:
    return HEADER + as_yaml({"version": 2, "exposures": exposures})


if __name__ == "__main__":
    for file in write_exposures():
        print(file.relative_to(PROJECT))
