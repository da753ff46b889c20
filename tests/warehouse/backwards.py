"""Whoever runs the rule backwards: the code is public, so a reader can ask which tables would have been shown just like this one.

Of a small table every other one is tried that agrees with what is shown and known, and protected in turn: those that come out alike are what the
reader is left with. Such a reader may even be told which cells are small. `python -m tests.warehouse.backwards 300` prints how often a cell
keeps fewer values than it must.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from pamga.attacker import Key, Version, knowledge
from warehouse.people.protection import protect

Counts = Mapping[Key, int]
COLONIAS, AGES = "participacion_colonia", "participacion_edad_sexo"
TEMPERS = (0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 9, 10, 12)
MOST = 1_500
"""Tables that are tried: those with more that fit leave doubt enough."""


class Backwards(NamedTuple):
    """What is hidden, and the values that each hidden cell may have."""

    hidden: frozenset[Key]
    values: Mapping[Key, set[int]]

    @property
    def pinned(self) -> set[Key]:
        return {key for key, values in self.values.items() if len(values) == 1}

    @property
    def weak(self) -> set[Key]:
        return {key for key, values in self.values.items() if len(values) < knowledge().values_left}


def shown(table: str, counts: Counts) -> Version | None:
    figures = {"total": sum(counts.values())}
    if table == AGES:
        figures["jovenes"] = sum(count for key, count in counts.items() if key[0] == "18-30")
    return protect(Version("r", table, 2025, counts, frozenset(), figures))


def read_backwards(table: str, counts: Counts, told: bool) -> Backwards | None:
    """What such a reader knows of a table; None where nothing is hidden or too many tables fit. `told`: which cells are small."""
    version = shown(table, counts)
    if version is None or not version.hidden:
        return None
    names = sorted(version.hidden)
    rest = sum(counts[key] for key in names)
    if math.comb(rest - 1, len(names) - 1) > MOST:
        return None
    small = knowledge().is_small
    values: dict[Key, set[int]] = {key: set() for key in names}
    for drawn in _shares(rest, len(names)):
        other = {**counts, **dict(zip(names, drawn, strict=True))}
        if told and version.knows_rule and any(small(other[key]) != small(counts[key]) for key in names):
            continue
        if table == AGES and shown_young(other) != shown_young(counts):
            continue
        if all(other[key] in values[key] for key in names):
            continue
        again = shown(table, other)
        if again is not None and again.hidden == version.hidden:
            for key in names:
                values[key].add(other[key])
    return Backwards(version.hidden, values)


def shown_young(counts: Counts) -> int:
    return sum(count for key, count in counts.items() if key[0] == "18-30")


def _shares(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(1, total - parts + 2):
        for others in _shares(total - first, parts - 1):
            yield (first, *others)


def random_counts(random: Random) -> tuple[str, Counts]:
    if random.random() < 0.5:
        return COLONIAS, {("", str(place)): random.choice(TEMPERS) for place in range(random.randint(2, 6))}
    groups = random.sample(["0-17", "18-30", "31-45"], random.randint(1, 2))
    sexes = ("hombre", "mujer", "otro")[: random.randint(2, 3)]
    return AGES, {(group, sex): random.choice(TEMPERS) for group in groups for sex in sexes}


def main(size: int) -> None:
    random = Random(1)
    for told in (False, True):
        read = [found for _ in range(size) if (found := read_backwards(*random_counts(random), told=told))]
        pinned, weak = sum(bool(one.pinned) for one in read), sum(bool(one.weak) for one in read)
        print(
            f"told which are small: {told}; {len(read)} tables, {pinned} with a cell of one value, {weak} with fewer than three"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
