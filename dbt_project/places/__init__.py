"""The places step: coordinates and hand-typed names become colonias and hexagons, once, before dbt (docs/places.md)."""

from dbt_project.places.step import write_places

__all__ = ["write_places"]
