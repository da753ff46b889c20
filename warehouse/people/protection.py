"""Which cells of a table about people are hidden, and whether a table that was published before changes at all.

Pure functions of counts; the reader whom they hide from is pamga/attacker.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from pamga.attacker import AT_LEAST, Key, Knowledge, Version, knowledge, moved_enough, weak_cell

# Every further hidden cell leaves more doubt; where this many do not leave enough, nothing will.
MOST_TRIES = 40


@dataclass(frozen=True)
class Decision:
    """What a release shows of one table and exercise: a version of it, new or already published; None: nothing can be shown."""

    shown: Version | None
    is_new: bool
    held_back: bool  # the counts have changed, by too few people to show it


@dataclass(frozen=True)
class Choice:
    """Among which open cells one was chosen that protects others: the smallest, or (`least_last`) the smallest of those that count more
    than the least that is no small one."""

    among: frozenset[Key]
    least_last: bool = False


def decide(truth: Version, earlier: Sequence[Version], known: Knowledge | None = None) -> Decision:
    """What to show of the counts of `truth` (hidden cells ignored), when `earlier` versions are already known to everybody.

    An earlier version stays as it is unless every cell that moves moves by enough people against each of them, those that were
    rolled back from included, and the new version beside them still leaves every hidden cell in doubt.
    """
    known = known or knowledge()
    same = [version for version in earlier if _counts(version) == _counts(truth)]
    if same:
        return Decision(same[-1], is_new=False, held_back=False)
    if all(moved_enough(version.counts, truth.counts, known) for version in earlier):
        protected = protect(truth, earlier, known)
        if protected is not None or not earlier:
            return Decision(protected, is_new=protected is not None, held_back=False)
    # after a rollback: not the wrong version but the one that is nearest to what is true
    distances = [_distance(version.counts, truth.counts) for version in earlier]
    nearest = min(range(len(earlier)), key=lambda index: (distances[index], -index))
    return Decision(earlier[nearest], is_new=False, held_back=True)


def protect(truth: Version, earlier: Sequence[Version] = (), known: Knowledge | None = None) -> Version | None:
    """The version to publish: its hidden cells, and those of the earlier versions, keep enough possible values.

    First for a reader who knows which hidden cells are small; where too few people are there for that, for one who does not.
    None when neither works: then the exercise is not broken down at all.
    """
    known = known or knowledge()
    figures = {name: value for name, value in truth.figures.items() if _holds(truth, name, value, known)}
    for knows_rule in (True, False):
        found = _hide_enough(replace(truth, figures=figures, knows_rule=knows_rule), earlier, known)
        if found is not None:
            return found
    return None


def _hide_enough(truth: Version, earlier: Sequence[Version], known: Knowledge) -> Version | None:
    # who cannot be told which cells are small must not find out by what was left open beside them either
    hidden = {key for key, count in truth.counts.items() if count and (known.is_small(count) or not truth.knows_rule)}
    # what an earlier version shows and what did not move since is known: to hide it now protects nothing
    too_late = {
        key
        for v in earlier
        for key, count in v.counts.items()
        if key not in v.hidden and count == truth.counts.get(key)
    }
    chosen: dict[Key, Choice] = {}
    for _ in range(MOST_TRIES):
        hidden = complete_lines(truth.counts, hidden, chosen)
        if hidden & too_late:
            return None
        version = replace(truth, hidden=frozenset(hidden), ranges=_ranges(truth.counts, hidden, chosen, known))
        weak = weak_cell([*earlier, version], known)
        if weak is None:
            return version
        more = _next_to_hide(version, weak.key, too_late, known)
        if more is None:
            return None
        key, chosen[key] = more
        hidden = hidden | {key}
    return None


def _ranges(
    counts: Mapping[Key, int], hidden: Set[Key], chosen: Mapping[Key, Choice], known: Knowledge
) -> dict[Key, tuple[int, int]]:
    """What a reader who knows how the cells that protect others are chosen can say of each: those that were left open beside it are
    no smaller, and of two that are equal the first one is chosen."""
    least, most = known.small_max + 1, sum(counts.values())
    ranges = {}
    for key, choice in chosen.items():
        lower, upper = least, most
        for other in choice.among - hidden:
            if choice.least_last and counts[other] <= least:
                continue
            lower = least + choice.least_last
            upper = min(upper, counts[other] - (other < key))
        ranges[key] = (lower, upper)
    return ranges


def _next_to_hide(version: Version, weak: Key, too_late: Set[Key], known: Knowledge) -> tuple[Key, Choice] | None:
    """The smallest open cell that shares the narrowest published sum with a cell that is not in doubt enough.

    A cell that counts just more than a small one leaves the reader no doubt about itself, hence none about others: it comes last.
    """
    table = known.tables[version.table]
    sums = [figure for figure in known.figures_of(version.table) if figure.covers(table, weak)]
    rank = {
        key: next((place for place, figure in enumerate(sums) if figure.covers(table, key)), len(sums))
        for key in open_cells(version.counts, version.hidden)
        if key not in too_late
    }
    if not rank:
        return None
    least, narrowest = known.small_max + 1, min(rank.values())
    among = frozenset(key for key, place in rank.items() if place == narrowest)
    key = min(among, key=lambda key: (version.counts[key] <= least, version.counts[key], key))
    return key, Choice(among, least_last=True)


def open_cells(counts: Mapping[Key, int], hidden: Iterable[Key]) -> list[Key]:
    """The cells that can still be hidden: a 0 is always shown."""
    taken = set(hidden)
    return [key for key, count in counts.items() if count and key not in taken]


def complete_lines(
    counts: Mapping[Key, int], hidden: Iterable[Key], choices: dict[Key, Choice] | None = None
) -> set[Key]:
    """No row and no column hides one cell alone, and no hidden cell alone joins two groups of hidden cells: it would follow from
    the sums of the lines, were they published. The smallest open cell of the line (of the crossing) is hidden too, to a fixpoint.

    A line with nothing else to hide stays as it is: its sum is published nowhere. `choices` is told among which each was chosen.
    """
    chosen = set(hidden)
    while True:
        among = _lonely(counts, chosen) or _bridged(counts, chosen)
        if not among:
            return chosen
        key = min(among, key=lambda key: (counts[key], key))
        if choices is not None:
            choices[key] = Choice(frozenset(among))
        chosen.add(key)


def _lonely(counts: Mapping[Key, int], hidden: set[Key]) -> list[Key]:
    """The open cells of a line that hides one cell alone."""
    for side in (0, 1):
        for line in sorted({key[side] for key in hidden}):
            if sum(key[side] == line for key in hidden) == 1:
                found = [key for key in open_cells(counts, hidden) if key[side] == line]
                if found:
                    return found
    return []


def _bridged(counts: Mapping[Key, int], hidden: set[Key]) -> list[Key]:
    """The open cells of the crossing of the hidden rows and columns, when a hidden cell that is not the last of its line is a bridge."""
    rows, columns = {key[0] for key in hidden}, {key[1] for key in hidden}
    for bridge in sorted(hidden):
        if any(sum(key[side] == bridge[side] for key in hidden) == 1 for side in (0, 1)):
            continue
        if ("row", bridge[0]) in _reachable(hidden - {bridge}, ("column", bridge[1])):
            continue
        crossing = [key for key in open_cells(counts, hidden) if key[0] in rows and key[1] in columns]
        if crossing:
            return crossing
    return []


def _reachable(hidden: set[Key], start: tuple[str, str]) -> set[tuple[str, str]]:
    """The lines that hang together with a line over hidden cells."""
    reached, waiting = {start}, [start]
    while waiting:
        side, line = waiting.pop()
        for row, column in hidden:
            here, there = (("row", row), ("column", column)) if side == "row" else (("column", column), ("row", row))
            if here == (side, line) and there not in reached:
                reached.add(there)
                waiting.append(there)
    return reached


def _holds(truth: Version, name: str, value: int, known: Knowledge) -> bool:
    """Whether a published bound is true of the counts: what is not true of them tells nobody anything about them."""
    figure = next(figure for figure in known.figures if figure.name == name)
    total = sum(count for key, count in truth.counts.items() if figure.covers(known.tables[truth.table], key))
    return total >= value if figure.relation == AT_LEAST else total == value


def _counts(version: Version) -> dict[Key, int]:
    return {key: count for key, count in version.counts.items() if count}


def _distance(one: Mapping[Key, int], other: Mapping[Key, int]) -> int:
    return sum(abs(one.get(key, 0) - other.get(key, 0)) for key in one.keys() | other.keys())
