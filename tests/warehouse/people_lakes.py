"""Random lakes at the level of attendances, releases that follow one another with corrections, and a reader who joins all of them.

Nothing of the sample: people, workshops, closings, late rows, corrected ages, moves between colonias, bad deliveries that are rolled
back. What is shown of each release the real people step decides; what the reader then knows is worked out here, from what is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from pamga.attacker import Key, Place, Version, attack, knowledge
from warehouse.people.protection import Decision
from warehouse.people.step import decide_all, figures_of

GROUPS = ("0-17", "18-30", "31-45", "46-60", "61+", "sin_dato")
SEXES = ("mujer", "hombre", "otro", "no_especificado")
BY_AGE, BY_COLONIA = "participacion_edad_sexo", "participacion_colonia"
FIRST_YEAR = 2025


@dataclass(frozen=True)
class Person:
    """One participant of one exercise, as the warehouse has them (int_participantes)."""

    name: int
    exercise: int
    age: int | None
    sex: str
    colonia: int

    @property
    def cells(self) -> dict[str, Key]:
        """In which cell of each table the person is counted."""
        return {BY_AGE: (age_group(self.age), self.sex), BY_COLONIA: ("", str(self.colonia))}


def age_group(age: int | None) -> str:
    if age is None:
        return "sin_dato"
    return next(group for limit, group in zip((17, 30, 45, 60, 200), GROUPS, strict=False) if age <= limit)


@dataclass
class Lake:
    """People of several exercises, and what releases have shown of them."""

    people: dict[tuple[int, int], Person]
    closed: int  # exercises before this year are closed
    published: dict[Place, list[Version]] = field(default_factory=dict)
    releases: list[dict[Place, Decision]] = field(default_factory=list)
    truths: list[dict[tuple[int, int], Person]] = field(default_factory=list)

    def release(self) -> dict[Place, Decision]:
        """Publish what stands now."""
        name = f"r{len(self.releases) + 1:02d}"
        truths = counts_of(self.people.values(), name, self.closed)
        decisions = decide_all(truths, self.published, range(0, self.closed))
        for place, decision in decisions.items():
            if decision.is_new and decision.shown:
                self.published.setdefault(place, []).append(decision.shown)
        self.releases.append(decisions)
        self.truths.append(dict(self.people))
        return decisions


def counts_of(people: Collection[Person], release: str, closed: int) -> dict[Place, Version]:
    """What int_celdas_de_personas counts, with the figures published beside it."""
    counted: dict[Place, Counter[Key]] = {}
    for person in people:
        if person.exercise < closed:
            for table, key in person.cells.items():
                counted.setdefault((table, person.exercise), Counter())[key] += 1
    versions = {}
    for (table, exercise), cells in counted.items():
        counts = (
            {(group, sex): cells[group, sex] for group in GROUPS for sex in SEXES} if table == BY_AGE else dict(cells)
        )
        young = {exercise: _young(people, exercise)}
        bounds = {"jovenes_del_indicador": young, "jovenes_en_otra_lectura": young}
        figures = figures_of(table, exercise, counts, bounds)
        versions[table, exercise] = Version(release, table, exercise, counts, frozenset(), figures)
    return versions


def _young(people: Collection[Person], exercise: int) -> int:
    """PP-4's numerator: it is exact, and a bound for the reader."""
    return sum(p.exercise == exercise and age_group(p.age) == "18-30" for p in people)


def random_lake(seed: int) -> Lake:
    """A lake of two or three exercises: from villages of a dozen people to a few thousand, colonias from three to three hundred."""
    random = Random(seed)
    size = random.choice((12, 40, 150, 600, 3000))
    colonias = random.choice((3, 12, 60, 300))
    rare = random.choice((0.002, 0.01, 0.05, 0.3))
    people = {}
    for exercise in range(FIRST_YEAR, FIRST_YEAR + random.choice((2, 3))):
        for name in range(max(3, int(size * random.uniform(0.5, 1.5)))):
            people[exercise, name] = _person(random, exercise, name, colonias, rare)
    return Lake(people, closed=FIRST_YEAR + 1)


def _person(random: Random, exercise: int, name: int, colonias: int, rare: float) -> Person:
    age = None if random.random() < 0.03 else min(100, max(5, int(random.gauss(38, 16))))
    odd = random.random() < rare
    sex = random.choice(SEXES[2:]) if odd else random.choice(SEXES[:2])
    return Person(name, exercise, age, sex, min(colonias, int(random.expovariate(6 / colonias)) + 1))


def correct(lake: Lake, random: Random) -> None:
    """What offices do between two releases: one person or many added, removed or corrected; a closing year; a bad delivery undone."""
    closed = [key for key in sorted(lake.people) if key[0] < lake.closed]
    what = random.choice(("one", "one", "one", "few", "group", "lists", "lists", "many", "undo", "close"))
    if what == "undo" and len(lake.truths) > 1:
        lake.people = dict(random.choice(lake.truths[:-1]))  # the older deliveries stand again
        return
    if what == "lists" and lake.truths:
        # whole lists of ten or more people alike turn up, or are taken out, after what stood at some release
        lake.people = dict(random.choice(lake.truths))
        exercise = random.choice(closed)[0]
        for _ in range(random.randint(1, 4)):
            whole_list(lake, random, exercise)
        return
    if what == "close":
        lake.closed += 1
    if what == "group":  # everybody of one workshop gets the same wrong sex and colonia
        sex, colonia = random.choice(SEXES), random.randint(1, 5)
        for key in random.sample(closed, min(len(closed), random.randint(8, 60))):
            lake.people[key] = replace(lake.people[key], sex=sex, colonia=colonia)
        return
    for _ in range({"one": 1, "few": random.randint(2, 9), "many": random.randint(10, 80)}.get(what, 1)):
        one_correction(lake, random, random.choice(closed))


def whole_list(lake: Lake, random: Random, exercise: int) -> None:
    """Ten people or more of one age, sex and colonia added; or everybody of one age, sex and colonia taken out."""
    name = max(number for _, number in lake.people) + 1
    like = random.choice([person for key, person in sorted(lake.people.items()) if key[0] == exercise])
    if random.random() < 0.7:
        for number in range(name, name + random.randint(10, 40)):
            lake.people[exercise, number] = replace(like, name=number)
    elif sum(key[0] == exercise for key in lake.people) > 60:
        for key in [key for key, person in lake.people.items() if key[0] == exercise and person.cells == like.cells]:
            del lake.people[key]


def one_correction(lake: Lake, random: Random, key: tuple[int, int]) -> None:
    """One person added, taken out, or with another age, sex or colonia."""
    person = lake.people.get(key)
    kind = random.choice(("add", "remove", "age", "sex", "colonia"))
    if kind == "add" or person is None:
        name = max(number for _, number in lake.people) + 1
        lake.people[key[0], name] = _person(random, key[0], name, 12, 0.3)
    elif kind == "remove":
        del lake.people[key]
    else:
        other = _person(random, key[0], key[1], 12, 0.3)
        field_name = {"age": "age", "sex": "sex", "colonia": "colonia"}[kind]
        lake.people[key] = replace(person, **{field_name: getattr(other, field_name)})


@dataclass(frozen=True)
class Findings:
    """What a reader of all releases found."""

    hidden_cells: int
    fewest_values: int | None  # of a hidden cell, counted up to five
    identified: int  # people that a difference or a cell singles out
    withheld: int  # exercises that are not broken down at all: too few people
    held_back: int  # times that a table stayed as it was
    shown_anew: int  # times that a table was published again


def read_everything(lake: Lake) -> Findings:
    """The attack: possible values of every hidden cell over all versions, and every difference between any two releases."""
    known, fewest, hidden, identified = knowledge(), [], 0, 0
    for versions in lake.published.values():
        for unknown in attack(versions):
            hidden += 1
            fewest.append(len(unknown.values))
            identified += len(unknown.values) < known.values_left
    for older, newer in differences(lake):
        identified += sum(0 < abs(move) < known.people_moved for move in _moves(older, newer))
    decisions = [decision for release in lake.releases for decision in release.values()]
    return Findings(
        hidden,
        min(fewest, default=None),
        identified,
        sum(decision.shown is None for decision in lake.releases[-1].values()),
        sum(decision.held_back for decision in decisions),
        sum(len(versions) - 1 for versions in lake.published.values()),
    )


def differences(lake: Lake) -> Iterator[tuple[Version, Version]]:
    """Every two releases that show one exercise differently, rolled back or not, neighbours or not."""
    for place in {place for release in lake.releases for place in release}:
        shown = [release[place].shown for release in lake.releases if place in release]
        versions = [version for version in shown if version is not None]
        for index, newer in enumerate(versions):
            for older in versions[:index]:
                if older is not newer:
                    yield older, newer


def _moves(older: Version, newer: Version) -> Iterator[int]:
    """What the reader sees move: cells that both show (a place that is not listed has nobody), and sums of what both hide."""
    for key in older.counts.keys() | newer.counts.keys():
        if key not in older.hidden and key not in newer.hidden:
            yield newer.counts.get(key, 0) - older.counts.get(key, 0)
