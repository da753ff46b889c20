"""The places step: coordinates and hand-typed names become colonias and hexagons, once, before dbt (docs/places.md)."""

from warehouse.places.step import write_places

__all__ = ["write_places"]
