"""The reader who wants to know what the tables about people hide: possible values of each hidden cell, by a whole-number solver.

What the reader knows is data (attacker.yaml). The build hides cells until this attacker is left in doubt, the gate attacks the
candidate's bytes with it, the tests every sequence of releases. Only optimal values are used, never the solver's choice among
equal solutions, so the answer depends on no thread, seed or platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import highspy

from pamga.documents.log import People, PeopleCell, PeopleVersion
from pamga.yaml_files import load_yaml

MODEL = Path(__file__).with_suffix(".yaml")
EQUAL, AT_LEAST = "igual", "al_menos"
FREE, SAME, EITHER = "free", "same", "either"  # two versions of a cell: nothing to say, equal, equal or ten apart
# One thread, no gap, and tolerances under which a whole number is one even where thousands of people may have moved. What is not
# solved within so many nodes counts as no possible value, which hides more or changes nothing: never the other way round.
EXACT: dict[str, float | str] = {
    "threads": 1, "parallel": "off", "mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "mip_max_nodes": 20_000,
    "mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9,
}  # fmt: skip

Key = tuple[str, str]
"""A cell: the value of the row's and of the column's breakdown (the row's is empty in a table of one line)."""


@dataclass(frozen=True)
class Table:
    """A table about people: the columns of the mart by which people are broken down."""

    name: str
    row: str | None
    column: str

    @property
    def columns(self) -> set[str]:
        """The columns of the mart."""
        return {"ejercicio", self.column, "personas", "suprimido", *([self.row] if self.row else [])}

    def key(self, values: Mapping[str, object]) -> Key:
        """The cell of a row of the mart."""
        return ("" if self.row is None else str(values[self.row]), str(values[self.column]))


@dataclass(frozen=True)
class Figure:
    """A published figure that bounds the sum of some cells of an exercise."""

    name: str
    tables: tuple[str, ...]
    only: Mapping[str, frozenset[str]]
    relation: str
    query: str | None

    def covers(self, table: Table, key: Key) -> bool:
        """Whether the cell is one of those that the figure adds up."""
        places = {table.row: key[0], table.column: key[1]}
        return all(places.get(column) in allowed for column, allowed in self.only.items())


@dataclass(frozen=True)
class Knowledge:
    """attacker.yaml as an object."""

    values_left: int
    people_moved: int
    small_min: int
    small_max: int
    tables: Mapping[str, Table]
    figures: tuple[Figure, ...]
    breakdowns: frozenset[str]

    def is_small(self, count: int) -> bool:
        return self.small_min <= count <= self.small_max

    def figures_of(self, table: str) -> list[Figure]:
        """The figures that bound cells of a table, the narrowest first."""
        return sorted((f for f in self.figures if table in f.tables), key=lambda f: (not f.only, f.name))


@dataclass(frozen=True)
class Version:
    """A table of one exercise as a release published it: people per cell, which cells were hidden, the figures beside it.

    `knows_rule`: the reader is taken to know which hidden cells are small and which protect them. False only where nothing else
    leaves enough doubt (too few people to hide behind). `ranges`: what the reader can say of a cell that protects others by knowing how
    such a cell is chosen: it is no larger than those of its line that were left open.
    """

    release: str
    table: str
    exercise: int
    counts: Mapping[Key, int]
    hidden: frozenset[Key]
    figures: Mapping[str, int]
    knows_rule: bool = True
    ranges: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    names: Mapping[Key, str] = field(default_factory=dict)

    def as_document(self) -> PeopleVersion:
        """As it is kept in `lake/_log/people` (docs/interfaces.md)."""
        cells = [
            PeopleCell(
                renglon=key[0],
                columna=key[1],
                nombre=self.names.get(key),
                personas=self.counts[key],
                suprimido=key in self.hidden,
                **(dict(zip(("desde", "hasta"), self.ranges[key], strict=True)) if key in self.ranges else {}),
            )
            for key in sorted(self.counts)
        ]
        return PeopleVersion(
            tabla=self.table,
            ejercicio=self.exercise,
            conoce_la_regla=self.knows_rule,
            cifras=dict(self.figures),
            celdas=cells,
        )

    @classmethod
    def from_document(cls, release: str, document: PeopleVersion) -> Version:
        cells = {(cell.renglon, cell.columna): cell for cell in document.celdas}
        return cls(
            release=release,
            table=document.tabla,
            exercise=document.ejercicio,
            counts={key: cell.personas for key, cell in cells.items()},
            hidden=frozenset(key for key, cell in cells.items() if cell.suprimido),
            figures=document.cifras,
            knows_rule=document.conoce_la_regla,
            ranges={
                key: (cell.desde, cell.hasta)
                for key, cell in cells.items()
                if cell.desde is not None and cell.hasta is not None
            },
            names={key: cell.nombre for key, cell in cells.items() if cell.nombre is not None},
        )


Place = tuple[str, int]
"""A table and an exercise."""


def versions_of(published: Iterable[People]) -> dict[Place, list[Version]]:
    """Every version in objects of `lake/_log/people`, by table and exercise, in the order of the objects."""
    versions: dict[Place, list[Version]] = {}
    for entry in published:
        for document in entry.versiones:
            version = Version.from_document(entry.release, document)
            versions.setdefault((version.table, version.exercise), []).append(version)
    return versions


@cache
def knowledge() -> Knowledge:
    """What the reader knows, read from attacker.yaml."""
    document = load_yaml(MODEL)
    return Knowledge(
        values_left=document["valores_posibles"],
        people_moved=document["personas_por_cambio"],
        small_min=document["chica"]["min"],
        small_max=document["chica"]["max"],
        tables={name: Table(name, entry["renglon"], entry["columna"]) for name, entry in document["tablas"].items()},
        figures=tuple(
            Figure(
                name,
                tuple(entry["tablas"]),
                {column: frozenset(map(str, allowed)) for column, allowed in entry["celdas"].items()},
                entry["relacion"],
                entry.get("consulta"),
            )
            for name, entry in document["cifras"].items()
        ),
        breakdowns=frozenset(document["desgloses"]),
    )


@dataclass(frozen=True)
class Unknown:
    """A hidden cell of one of the versions, and the values that it may still have (the smallest ones, up to the limit asked)."""

    version: int
    key: Key
    values: tuple[int, ...]


def attack(versions: Sequence[Version], known: Knowledge | None = None, limit: int = 5) -> list[Unknown]:
    """Everything that a reader of all these versions of one table and exercise can say of each hidden cell."""
    return sorted(_attacked(versions, known or knowledge(), limit), key=lambda unknown: (unknown.version, unknown.key))


def weak_cell(versions: Sequence[Version], known: Knowledge) -> Unknown | None:
    """A hidden cell that is not in doubt enough, of the newest version that has one; None when none is."""
    unknowns = _attacked(versions, known, known.values_left)
    return next((unknown for unknown in unknowns if len(unknown.values) < known.values_left), None)


def _attacked(versions: Sequence[Version], known: Knowledge, limit: int) -> Iterator[Unknown]:
    """Cells of which the reader knows the same things are exchangeable: one of each kind is solved. The newest version first."""
    if not any(version.hidden for version in versions):
        return
    problem = _Problem(versions, known)
    for index in reversed(range(len(versions))):
        for kind, keys in problem.kinds.items():
            if keys[0] in versions[index].hidden:
                values = tuple(problem.values(index, kind, limit))
                yield from (Unknown(index, key, values) for key in keys)


def moved_enough(before: Mapping[Key, int], after: Mapping[Key, int], known: Knowledge | None = None) -> bool:
    """Whether every cell that differs differs by enough people (rules.md): then the difference names no small group."""
    known = known or knowledge()
    moves = (after.get(key, 0) - before.get(key, 0) for key in before.keys() | after.keys())
    return all(abs(move) >= known.people_moved for move in moves if move)


class _SilentSolver(highspy.Highs):
    """HiGHS prints its banner when its callbacks are made, unless it was told before: commands print JSON."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> Any:
        self.setOptionValue("output_flag", False)
        return super().enableCallbacks()  # type: ignore[no-untyped-call]


Bounds = tuple[int, int]
Kind = tuple[Any, ...]


class _Problem:
    """The equations over whole numbers that all published versions of one table and exercise make together.

    Per figure and version the sum of its cells; between two versions of a cell the rule that they are equal or at least ten apart,
    which the reader knows as well. Of the cells of a kind one is a variable; the others are one variable too, their sum, which loses
    nothing where each of them may have any value of an interval: a table of hundreds of hidden colonias is a handful of variables.
    """

    def __init__(self, versions: Sequence[Version], known: Knowledge) -> None:
        self.versions, self.known = versions, known
        self.table = known.tables[versions[0].table]
        self.figures = known.figures_of(self.table.name)
        self.largest = max([1, *(sum(version.counts.values()) for version in versions)])
        self.solver = _SilentSolver()
        for option, value in EXACT.items():
            self.solver.setOptionValue(option, value)
        self.kinds: dict[Kind, list[Key]] = {}
        for key in sorted({key for version in versions for key in version.hidden}):
            self.kinds.setdefault(self.kind(key), []).append(key)
        self.variables: dict[tuple[int, Kind], Any] = {}
        sums: dict[tuple[int, str], list[Any]] = {}
        for kind, keys in self.kinds.items():
            self._add_kind(kind, keys, sums)
        self._add_figures(sums)

    def kind(self, key: Key) -> Kind:
        """What the reader knows of a cell: cells of one kind can be exchanged without anybody noticing."""
        states = tuple(self._state(version, key) for version in self.versions)
        return states, tuple(figure.covers(self.table, key) for figure in self.figures)

    def _state(self, version: Version, key: Key) -> tuple[Bounds, bool]:
        """The values that a cell may have as far as it alone says, and whether it is hidden; what is not listed has nobody."""
        count = version.counts.get(key, 0)
        if key not in version.hidden:
            return (count, count), False
        if not version.knows_rule:
            return (self.known.small_min, self.largest), True
        if self.known.is_small(count):
            return (self.known.small_min, self.known.small_max), True
        lower, upper = version.ranges.get(key, (self.known.small_max + 1, self.largest))
        return (lower, min(upper, self.largest)), True

    def _add_kind(self, kind: Kind, keys: Sequence[Key], sums: dict[tuple[int, str], list[Any]]) -> None:
        """The variables of the cells of one kind: one cell, and the others together where they can be added up."""
        states, covered = kind
        relations = {
            (before, after): self._relation(states[before][0], states[after][0])
            for before in range(len(states))
            for after in range(before + 1, len(states))
            if states[before][1] or states[after][1]
        }
        together = EITHER not in relations.values()
        sizes = [1, len(keys) - 1] if together else [1] * len(keys)
        for place, size in enumerate(size for size in sizes if size):
            cell: list[Any] = [
                self.solver.addIntegral(size * lower, size * upper) if hidden else size * lower
                for (lower, upper), hidden in states
            ]
            for (before, after), relation in relations.items():
                self._add_move(cell[before], cell[after], relation)
            for index, (_, hidden) in enumerate(states):
                if place == 0 and hidden:
                    self.variables[index, kind] = cell[index]
                for figure, covers in zip(self.figures, covered, strict=True):
                    if covers and hidden:
                        sums.setdefault((index, figure.name), []).append(cell[index])

    def _relation(self, before: Bounds, after: Bounds) -> str:
        """What the rule of ten says of two versions of a cell, given the values that each may have."""
        nearest = max(0, after[0] - before[1], before[0] - after[1])
        farthest = max(after[1] - before[0], before[1] - after[0])
        if nearest >= self.known.people_moved:
            return FREE
        return SAME if farthest < self.known.people_moved else EITHER

    def _add_move(self, old: Any, new: Any, relation: str) -> None:
        if relation == FREE:
            return
        if relation == SAME:
            self.solver.addConstr(new - old == 0)
            return
        far, top = self.known.people_moved, self.largest
        up, down = self.solver.addIntegral(0, top), self.solver.addIntegral(0, top)
        rises, falls = self.solver.addBinary(), self.solver.addBinary()
        self.solver.addConstr(new - old - up + down == 0)
        for move, moves in ((up, rises), (down, falls)):
            self.solver.addConstr(move - far * moves >= 0)
            self.solver.addConstr(move - top * moves <= 0)
        self.solver.addConstr(rises + falls <= 1)

    def _add_figures(self, sums: Mapping[tuple[int, str], Sequence[Any]]) -> None:
        for (index, name), hidden in sums.items():
            version = self.versions[index]
            if name not in version.figures:
                continue
            figure = next(figure for figure in self.figures if figure.name == name)
            shown = sum(
                people
                for key, people in version.counts.items()
                if key not in version.hidden and figure.covers(self.table, key)
            )
            total, rest = sum(hidden[1:], hidden[0] * 1), version.figures[name] - shown
            self.solver.addConstr(total == rest if figure.relation == EQUAL else total >= rest)

    def values(self, index: int, kind: Kind, limit: int) -> Iterator[int]:
        """The smallest values that a cell of this kind may have in a version, exactly: there may be gaps between them."""
        variable = self.variables[index, kind]
        (lower, upper), _ = kind[0][index]
        least = lower
        for _ in range(limit):
            if least > upper:
                break
            self.solver.changeColBounds(variable.index, least, upper)
            self.solver.minimize(variable)
            if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            value = round(self.solver.getInfo().objective_function_value)
            yield value
            least = value + 1
        self.solver.changeColBounds(variable.index, lower, upper)
