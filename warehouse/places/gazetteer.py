"""The colonias as a gazetteer: from a name as somebody wrote it to a colonia, with how it was found and how surely."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from warehouse.places.names import FoldedName, fold, other_names

ALIASES = Path(__file__).with_name("alias_colonias.csv")

# Thresholds, 0 to 100 (docs/places.md says how they were chosen).
SIMILAR = 90.0  # from here on two names are taken for the same
DOUBTFUL = 80.0  # from here on the likeness is shown to the department, and nothing is counted
RIVAL_MARGIN = 3.0  # a second name as near as this makes the first doubtful
WORD_SIMILAR = 72.0  # every single word must be this much like one of the other name's

SURE_EXACT = 1.0
SURE_ALIAS = 1.0
SURE_FOLDED = 0.95  # same telling words and numbers, other articles
SURE_ONE_OF_PARTS = 0.9  # `VISTA ESMERALDA II` in the colonia `VISTA ESMERALDA I Y II`
SURE_WHOLE = 0.85  # a numbered section of a colonia that the layer does not divide, or the other way round
SURE_REPEATED = 0.8  # several adjoining polygons of one name: the largest
DOUBTFUL_REPEATED = 0.5  # several polygons of one name far apart
ADJACENT_DEGREES = 0.0005  # about 50 m: a street's width between two polygons of one colonia

# How the layer says that a polygon has no name.
NAMELESS = frozenset({"SIN NOMBRE", "SIN DATO", "S N"})


@dataclass(frozen=True)
class NameMatch:
    """colonia_id is None when nothing is near; a doubtful match keeps its best guess, for the review list only."""

    colonia_id: int | None
    metodo: str
    certeza: float


NO_MATCH = NameMatch(None, "sin_coincidencia", 0.0)


@dataclass(frozen=True)
class _Entry:
    colonia_id: int
    numbers: frozenset[int]


class Gazetteer:
    """The standing colonias, indexed by folded name."""

    def __init__(
        self,
        ids: Sequence[int],
        names: Sequence[str],
        polygons: Sequence[shapely.Geometry],
        aliases: Iterable[tuple[str, str]] | None = None,
    ) -> None:
        self._polygons = dict(zip(ids, polygons, strict=True))
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._other: dict[str, list[int]] = defaultdict(list)
        self._by_words: dict[str, list[_Entry]] = defaultdict(list)
        for colonia_id, name in sorted(zip(ids, names, strict=True)):
            folded = fold(name)
            if folded.exact in NAMELESS or not folded.exact:
                continue
            self._exact[folded.exact].append(colonia_id)
            self._by_words[folded.words].append(_Entry(colonia_id, folded.numbers))
            for other in {fold(part) for part in other_names(name)}:
                self._other[other.exact].append(colonia_id)
        self._aliases = {fold(written).exact: fold(meant).exact for written, meant in (aliases or ())}
        self._word_keys = sorted(self._by_words)

    def match_names(self, written: Sequence[str]) -> list[NameMatch]:
        """The colonia of each name as written, in the same order."""
        folded = [fold(name) for name in written]
        found = [self._match_folded(name) for name in folded]
        open_keys = sorted({f.words for f, match in zip(folded, found, strict=True) if match is None and f.words})
        nearest = dict(zip(open_keys, self._nearest(open_keys), strict=True))
        return [
            match or self._match_similar(name, nearest.get(name.words))
            for name, match in zip(folded, found, strict=True)
        ]

    def _match_folded(self, name: FoldedName) -> NameMatch | None:
        if not name.exact or name.exact in NAMELESS:
            return NO_MATCH
        if name.exact in self._aliases:
            meant = self._aliases[name.exact]
            candidates = self._exact.get(meant) or self._other.get(meant)
            if candidates:
                return self._one_of(candidates, "alias", SURE_ALIAS)
        for index, sure in ((self._exact, SURE_EXACT), (self._other, SURE_FOLDED)):
            if name.exact in index:
                return self._one_of(index[name.exact], "nombre", sure)
        return self._match_numbers(name, self._by_words.get(name.words, []), "nombre", 1.0)

    def _match_numbers(self, name: FoldedName, entries: list[_Entry], metodo: str, likeness: float) -> NameMatch | None:
        """Among colonias with the same telling words, the one whose numbers agree."""
        if not entries:
            return None
        same = [e.colonia_id for e in entries if e.numbers == name.numbers]
        if same:
            return self._one_of(same, metodo, SURE_FOLDED * likeness)
        parts = [e.colonia_id for e in entries if name.numbers and name.numbers < e.numbers]
        if parts:
            return self._one_of(parts, metodo, SURE_ONE_OF_PARTS * likeness)
        whole = [e.colonia_id for e in entries if not e.numbers] if name.numbers else []
        overlapping = [e for e in entries if e.numbers & name.numbers]
        # Which of several polygons of that name is the section cannot be told.
        if len(whole) == 1 and not overlapping:
            return self._one_of(whole, "similitud", SURE_WHOLE * likeness)
        if not name.numbers and len(entries) == 1:
            return self._one_of([entries[0].colonia_id], "similitud", SURE_WHOLE * likeness)
        return NameMatch(min(e.colonia_id for e in entries), "dudoso", DOUBTFUL_REPEATED * likeness)

    def _match_similar(self, name: FoldedName, nearest: tuple[str, float, bool] | None) -> NameMatch:
        if nearest is None:
            return NO_MATCH
        words, score, sure = nearest
        match = self._match_numbers(name, self._by_words[words], "similitud", score / 100)
        if match is None or sure:
            return match or NO_MATCH
        return NameMatch(match.colonia_id, "dudoso", min(match.certeza, DOUBTFUL_REPEATED))

    def _nearest(self, keys: list[str], block: int = 1000) -> list[tuple[str, float, bool] | None]:
        """For each key the most alike key of the gazetteer, its likeness, and whether that is enough to count."""
        result: list[tuple[str, float, bool] | None] = []
        for start in range(0, len(keys) if self._word_keys else 0, block):
            part = keys[start : start + block]
            plain = process.cdist(part, self._word_keys, scorer=fuzz.ratio, score_cutoff=DOUBTFUL)
            in_any_order = process.cdist(part, self._word_keys, scorer=fuzz.token_sort_ratio, score_cutoff=DOUBTFUL)
            result += [self._best(key, row) for key, row in zip(part, np.maximum(plain, in_any_order), strict=True)]
        return result or [None] * len(keys)

    def _best(self, key: str, scores: np.ndarray) -> tuple[str, float, bool] | None:
        order = np.argsort(-scores, kind="stable")[:2]
        best = float(scores[order[0]])
        if best < DOUBTFUL:
            return None
        words = self._word_keys[order[0]]
        rival = float(scores[order[1]]) if len(order) > 1 else 0.0
        clear = best - rival >= RIVAL_MARGIN and _alike_word_by_word(key, words)
        return words, best, clear and (best >= SIMILAR or _two_letters_swapped(key, words))

    def _one_of(self, ids: list[int], metodo: str, sure: float) -> NameMatch:
        """One colonia of a name that several polygons bear: the largest when they adjoin, doubtful when they do not."""
        distinct = sorted(set(ids))
        if len(distinct) == 1:
            return NameMatch(distinct[0], metodo, round(sure, 4))
        largest = max(distinct, key=lambda i: (self._polygons[i].area, -i))
        if self._adjoin(distinct):
            return NameMatch(largest, metodo, round(min(sure, SURE_REPEATED), 4))
        return NameMatch(largest, "dudoso", DOUBTFUL_REPEATED)

    def _adjoin(self, ids: list[int]) -> bool:
        """Whether the polygons make one piece when each is widened by half a street."""
        widened = [self._polygons[i].buffer(ADJACENT_DEGREES / 2) for i in ids]
        return bool(shapely.get_num_geometries(shapely.unary_union(widened)) == 1)


def _alike_word_by_word(one: str, other: str) -> bool:
    """No word of either name is without a counterpart: `VALLE DEL SOL` is not `VALLE DEL SUR`, likeness or not."""
    ones, others = one.split(), other.split()
    return all(
        max(fuzz.ratio(word, counterpart) for counterpart in counterparts) >= WORD_SIMILAR
        for words, counterparts in ((ones, others), (others, ones))
        for word in words
    )


def _two_letters_swapped(one: str, other: str) -> bool:
    """`AZTCEA` for `AZTECA`: the commonest slip, which in a short name weighs more than it should and gives no other name."""
    return sorted(one) == sorted(other) and OSA.distance(one, other, score_cutoff=1) == 1


def read_aliases(path: Path = ALIASES) -> list[tuple[str, str]]:
    """The table that a person edits: escrito (as offices write it), colonia (its name in the layer), nota."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["escrito"], row["colonia"]) for row in csv.DictReader(file)]
