"""The tables about people: which cells a release shows (rules.md, "Personal data"; docs/small-cells.md)."""

from warehouse.people.step import PEOPLE_FILE, write_people

__all__ = ["PEOPLE_FILE", "write_people"]
