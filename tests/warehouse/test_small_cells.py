"""Small cells: what is hidden cannot be worked out from what is shown, in this and all earlier releases (rules.md, "Personal data")."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from pamga.attacker import Key, Version, attack, knowledge
from tests.warehouse.backwards import random_counts, read_backwards
from tests.warehouse.people_lakes import (
    BY_AGE,
    BY_COLONIA,
    GROUPS,
    SEXES,
    Findings,
    correct,
    counts_of,
    random_lake,
    read_everything,
)  # fmt: skip
from warehouse.people.protection import Decision, complete_lines, decide, open_cells, protect

Table = np.ndarray
ROWS, COLUMNS = len(GROUPS), len(SEXES)
KNOWN = knowledge()
MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"


def by_age(
    counts: dict[Key, int], release: str = "r01", young: int | None = None, figure: str = "jovenes_del_indicador"
) -> Version:
    every = {(group, sex): counts.get((group, sex), 0) for group in GROUPS for sex in SEXES}
    figures = {"total": sum(every.values()), "jovenes": sum(n for key, n in every.items() if key[0] == "18-30")}
    if young is not None:
        figures[figure] = young
    return Version(release, BY_AGE, 2026, every, frozenset(), figures)


def by_colonia(values: list[int], release: str = "r01") -> Version:
    counts = {("", str(number)): value for number, value in enumerate(values, start=1) if value}
    return Version(release, BY_COLONIA, 2026, counts, frozenset(), {"total": sum(values)})


def given_away(hidden: Table) -> list[tuple[int, int]]:
    """Hidden cells that follow from the sums of the lines: those on which no solution of the linear equations can differ."""
    cells = np.argwhere(hidden)
    equations = np.zeros((sum(hidden.shape), len(cells)))
    for unknown, (row, column) in enumerate(cells):
        equations[row, unknown] = equations[hidden.shape[0] + column, unknown] = 1
    if not len(cells):
        return []
    _, values, vectors = np.linalg.svd(equations)
    free = vectors[np.count_nonzero(values > 1e-9) :]
    return [
        (cell[0], cell[1])
        for cell, moves in zip(cells.tolist(), np.abs(free).max(axis=0, initial=0), strict=True)
        if moves < 1e-9
    ]


def random_table(generator: np.random.Generator) -> Table:
    """Tables of every temper: full and nearly empty, with many small cells and with one."""
    table = generator.poisson(generator.choice([1, 2, 5, 20, 200]) * generator.gamma(0.7, size=(ROWS, COLUMNS)))
    drawn: Table = table * (generator.random((ROWS, COLUMNS)) > generator.choice([0, 0.3, 0.8]))
    return drawn


def as_counts(table: Table) -> dict[Key, int]:
    return {(GROUPS[row], SEXES[column]): int(table[row, column]) for row in range(ROWS) for column in range(COLUMNS)}


def as_table(cells: set[Key] | frozenset[Key]) -> Table:
    return np.array([[(group, sex) in cells for sex in SEXES] for group in GROUPS])


@pytest.mark.parametrize("seed", range(3))
def test_no_hidden_cell_follows_from_the_sums_of_the_lines(seed: int) -> None:
    """As long as there is anybody else in its lines to hide it with: a 0 is shown, and sums of lines are published nowhere."""
    generator = np.random.default_rng(seed)
    for _ in range(200):
        counts = as_counts(random_table(generator))
        hidden = complete_lines(counts, {key for key, people in counts.items() if 1 <= people <= 4})
        open_now = open_cells(counts, hidden)
        for row, column in given_away(as_table(hidden)):
            group, sex = GROUPS[row], SEXES[column]
            alone = [
                not any(key[side] == place for key in open_now) and sum(key[side] == place for key in hidden) == 1
                for side, place in ((0, group), (1, sex))
            ]
            crossing = [k for k in open_now if k[0] in {h[0] for h in hidden} and k[1] in {h[1] for h in hidden}]
            assert any(alone) or not crossing or (group, sex) in _hanging_from_a_lonely_line(hidden, open_now)


def _hanging_from_a_lonely_line(hidden: set[Key], open_now: list[Key]) -> set[Key]:
    """What follows after a cell that is alone in its line, which nothing can help, is taken out: and so on."""
    left = set(hidden)
    found: set[tuple[str, str]] = set()
    while True:
        lonely = {
            key for key in left
            if any(sum(other[side] == key[side] for other in left) == 1 for side in (0, 1))
        }  # fmt: skip
        if not lonely:
            return found
        found |= lonely
        left -= lonely


def test_the_check_itself_finds_what_is_given_away() -> None:
    alone = np.zeros((3, 3), dtype=bool)
    alone[0, 0] = alone[0, 1] = alone[1, 0] = alone[1, 1] = alone[2, 2] = True
    assert given_away(alone) == [(2, 2)]


def test_every_small_cell_is_hidden_a_zero_is_shown_and_nothing_is_hidden_without_need() -> None:
    generator = np.random.default_rng(7)
    for _ in range(150):
        truth = by_age(as_counts(random_table(generator)))
        version = protect(truth)
        if version is None:
            continue
        small = {key for key, people in truth.counts.items() if 1 <= people <= 4}
        assert small <= version.hidden
        assert all(truth.counts[key] for key in version.hidden)
        assert small or not version.hidden


@pytest.mark.parametrize("seed", range(4))
def test_every_hidden_cell_keeps_three_possible_values(seed: int) -> None:
    """Whole numbers, total and young people known, zeros shown, and which cells are the small ones known too."""
    generator = np.random.default_rng(seed)
    for _ in range(40):
        version = protect(by_age(as_counts(random_table(generator))))
        if version is not None:
            assert all(len(unknown.values) >= 3 for unknown in attack([version]))


def test_the_case_that_was_solved_from_outside() -> None:
    """443 young people with 193 men and 248 women: two hidden cells that could only be 1 and 1. Now a third one is hidden."""
    counts = {("18-30", "hombre"): 193, ("18-30", "mujer"): 248, ("18-30", "otro"): 1, ("18-30", "no_especificado"): 1,
              ("31-45", "hombre"): 300, ("31-45", "mujer"): 400, ("31-45", "otro"): 40, ("31-45", "no_especificado"): 30}  # fmt: skip
    as_it_was = replace(by_age(counts), hidden=frozenset({("18-30", "otro"), ("18-30", "no_especificado")}))
    assert [unknown.values for unknown in attack([as_it_was])] == [(1,), (1,)]
    version = protect(by_age(counts))
    assert version is not None
    assert ("18-30", "hombre") in version.hidden
    assert all(len(unknown.values) >= 3 for unknown in attack([version]))


def test_the_reader_agrees_with_trying_out_every_table() -> None:
    """The solver against brute force over all whole-number tables that fit what is shown."""
    random = Random(3)
    for _ in range(25):
        values = [random.choice((1, 2, 3, 4, 5, 6, 7)) for _ in range(4)]
        truth = by_colonia(values)
        hidden = frozenset(key for key, people in truth.counts.items() if people <= 4 or random.random() < 0.5)
        version = replace(truth, hidden=hidden)
        ranges = [range(1, 5) if values[int(k[1]) - 1] <= 4 else range(5, 29) for k in sorted(hidden)]
        rest = sum(truth.counts[key] for key in hidden)
        fitting = [combination for combination in _products(ranges) if sum(combination) == rest]
        expected = [tuple(sorted({c[i] for c in fitting}))[:5] for i in range(len(ranges))]
        assert [unknown.values for unknown in attack([version])] == expected


def _products(ranges: list[range]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [()]
    for values in ranges:
        found = [(*head, value) for head in found for value in values if sum(head) + value <= 28]
    return found


@pytest.mark.parametrize("figure", ["jovenes_del_indicador", "jovenes_en_otra_lectura"])
def test_a_published_bound_narrows_and_one_that_is_not_true_tells_nothing(figure: str) -> None:
    """PP-4 counts people who were 18 in any workshop; the table takes the lowest age: some of them are under 18 there. Its other
    reading (otras_lecturas) counts whoever turned 18 after August too."""
    counts = {("0-17", "mujer"): 4, ("0-17", "hombre"): 4, ("18-30", "mujer"): 30, ("18-30", "hombre"): 30,
              ("31-45", "mujer"): 2, ("31-45", "hombre"): 60}  # fmt: skip
    hidden = frozenset({("0-17", "mujer"), ("0-17", "hombre"), ("31-45", "mujer")})
    loose = replace(by_age(counts), hidden=hidden)
    tight = replace(by_age(counts, young=68, figure=figure), hidden=hidden)
    assert [len(unknown.values) for unknown in attack([loose])] == [3, 3, 3]
    assert [unknown.values for unknown in attack([tight])] == [(4,), (4,), (2,)]  # eight of them are under 18
    protected = protect(by_age(counts, young=68, figure=figure))
    assert protected is not None
    assert all(len(unknown.values) >= 3 for unknown in attack([protected]))
    false = protect(by_age(counts, young=500, figure=figure))
    assert false is not None
    assert figure not in false.figures


def test_every_published_figure_that_counts_people_by_age_is_known_to_the_reader() -> None:
    """Each way in which PP-4 is published, other readings of the plan included, bounds the cells of the young."""
    queries = " ".join(figure.query or "" for figure in KNOWN.figures)
    by_age = [
        rule
        for rule in (MACROS / "indicadores" / "reglas.sql").read_text().splitlines()
        if "'arriba': es_joven('edad')" in rule
    ]
    assert len(by_age) == 2, by_age
    for rule in by_age:
        reading = re.search(r"'lectura': \"(\w*)\"", rule)
        assert reading is not None and (f"lectura = '{reading[1]}'" in queries or not reading[1]), rule


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 6, 7], ()),
        ([3, 9, 7], ("1", "3")),
        ([1, 4, 8], ("1", "2")),
        # 1 and 5 alone can only be 1 and 5; and three 5 would have been hidden otherwise, so 1, 5 and 7 leave two values
        ([1, 5, 7, 30], ("1", "2", "3", "4")),
        ([1, 1, 9, 40], ("1", "2", "3")),  # 1 and 1 can only be 1 and 1
    ],
)
def test_a_line_hides_the_smallest_cells_that_leave_doubt(values: list[int], expected: tuple[str, ...]) -> None:
    version = protect(by_colonia(values))
    assert version is not None
    assert version.hidden == {("", column) for column in expected}


@pytest.mark.parametrize("values", [[2], [1, 1], [1, 1, 1], [1, 2]])
def test_too_few_people_to_hide_behind_are_not_broken_down(values: list[int]) -> None:
    assert protect(by_colonia(values)) is None
    assert decide(by_colonia(values), ()) == Decision(None, is_new=False, held_back=False)


def test_cells_of_few_people_are_protected_from_a_reader_who_cannot_tell_which_are_small() -> None:
    version = protect(by_colonia([1, 1, 5]))
    assert version is not None
    assert not version.knows_rule
    assert len(version.hidden) == 3


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("values", [[4, 7, 7, 8], [5, 4, 7, 6, 5], [2, 5, 5], [3, 7, 6, 7], [4, 4]])
def test_the_rule_run_backwards_leaves_doubt(values: list[int], told: bool) -> None:
    """The code is public: where 7 was left open, what protects a 4 was no larger, so that 4 and 7 hidden alone could be nothing else."""
    read = read_backwards(BY_COLONIA, by_colonia(values).counts, told)
    assert read is None or not (read.pinned if told else read.weak)


def test_whoever_runs_the_rule_backwards_pins_no_cell_down() -> None:
    random = Random(11)
    read = [
        found for _ in range(40) if (found := read_backwards(*random_counts(random), told=bool(random.getrandbits(1))))
    ]
    assert len(read) > 10 and not any(one.pinned for one in read)


def moved(version: Version, **changes: int) -> Version:
    """The version with some colonias changed by so many people, as the next release would count it."""
    counts = dict(version.counts)
    for column, by in changes.items():
        counts["", column[1:]] = counts.get(("", column[1:]), 0) + by
    total = sum(counts.values())
    return Version("r02", BY_COLONIA, 2026, counts, frozenset(), {"total": total})


def test_one_person_more_changes_nothing_that_is_shown() -> None:
    first = protect(by_colonia([50, 60, 70]))
    assert first is not None
    for change in ({"_1": 1}, {"_1": -1, "_2": 1}, {"_1": 10, "_2": 9}, {"_9": 1}, {"_1": 25, "_3": -1}):
        assert decide(moved(first, **change), [first]) == Decision(first, is_new=False, held_back=True)


def test_ten_people_in_every_cell_that_moves_are_shown() -> None:
    first = protect(by_colonia([50, 60, 70]))
    assert first is not None
    decision = decide(moved(first, _1=10, _3=-12), [first])
    assert decision.is_new
    assert not decision.held_back
    assert decision.shown is not None
    assert dict(decision.shown.counts) == {("", "1"): 60, ("", "2"): 60, ("", "3"): 58}


def test_nothing_changed_is_the_version_that_is_known() -> None:
    first = protect(by_colonia([50, 60, 70]))
    assert first is not None
    assert decide(replace(first, release="r02"), [first]) == Decision(first, is_new=False, held_back=False)


def test_after_a_rollback_a_single_person_is_not_read_off_the_version_before() -> None:
    """r02 added twelve people by mistake and was rolled back; r03 has one person more than r01: against r02 eleven moved, against r01 one."""
    first = protect(by_colonia([50, 60, 70]))
    assert first is not None
    second = decide(moved(first, _1=12), [first]).shown
    assert second is not None
    assert second.release == "r02"
    assert decide(moved(first, _1=1), [first, second]) == Decision(first, is_new=False, held_back=True)
    assert decide(moved(first), [first, second]) == Decision(first, is_new=False, held_back=False)


def test_a_version_that_would_give_away_the_one_before_is_not_published() -> None:
    """The 7 that protected the 3 may not be opened: a cell that did not move by ten did not move at all."""
    first = protect(by_colonia([3, 7, 40, 80]))
    assert first is not None
    assert first.hidden == {("", "1"), ("", "2")}
    decision = decide(moved(first, _1=20), [first])
    assert decision.shown is not None
    versions = [first, decision.shown] if decision.is_new else [first]
    assert all(len(unknown.values) >= 3 for unknown in attack(versions))
    opened = Version("r02", BY_COLONIA, 2026, moved(first, _1=20).counts, frozenset(), {"total": 150})
    assert min(len(unknown.values) for unknown in attack([first, opened])) == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_reader_of_all_releases_identifies_nobody(seed: int) -> None:
    found = follow(seed, releases=5)
    assert found.identified == 0
    assert (found.fewest_values or 3) >= 3


def follow(seed: int, releases: int) -> Findings:
    """A random lake over so many releases, read by the attacker."""
    lake, random = random_lake(seed), Random(seed + 1000)
    lake.release()
    for _ in range(releases - 1):
        correct(lake, random)
        lake.release()
    return read_everything(lake)


def test_the_attack_itself_finds_people_when_nothing_is_held_back() -> None:
    """The same lakes, published as they are with their small cells hidden: the reader finds somebody in nearly all of them."""
    found = 0
    for seed in range(6):
        lake, random = random_lake(seed), Random(seed + 1000)
        for _ in range(3):
            for place, truth in counts_of(lake.people.values(), f"r{len(lake.releases)}", lake.closed).items():
                small = frozenset(key for key, people in truth.counts.items() if 1 <= people <= 4)
                lake.published.setdefault(place, []).append(replace(truth, hidden=small))
            lake.releases.append({place: Decision(v[-1], True, False) for place, v in lake.published.items()})
            correct(lake, random)
        found += read_everything(lake).identified > 0
    assert found >= 5


def test_the_same_counts_are_always_shown_alike_and_the_solver_says_nothing() -> None:
    """In other processes, with other hash seeds: the bytes of a release depend on neither. A banner would break `--json`."""
    script = (
        "from tests.warehouse.test_small_cells import by_age, by_colonia, protect\n"
        "counts = {(g, s): n for n, (g, s) in enumerate((g, s) for g in ('0-17', '18-30', '61+') for s in ('mujer', 'hombre', 'otro'))}\n"
        "print(sorted(protect(by_age(counts)).hidden), sorted(protect(by_colonia([1, 2, 5, 5, 6, 9, 9])).hidden))"
    )
    said = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1
    assert next(iter(said)).startswith("[(")
