"""The match rate on the city's own files, when they are there (docs/places.md gives these figures)."""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from warehouse.places.gazetteer import Gazetteer, read_aliases

REAL = Path(os.environ.get("PAMGA_REAL_FILES", Path(__file__).parents[3] / "shared" / "real"))
METRES_PER_DEGREE = 105_000  # in León, between the length of a degree of longitude and of latitude
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not REAL.is_dir(), reason=f"the real public files are not at {REAL}; set PAMGA_REAL_FILES to their folder"
    ),
]


def features(name: str) -> list[dict[str, Any]]:
    return list(json.loads((REAL / name).read_text(encoding="utf-8"))["features"])


def without_accents(text: str) -> str:
    return " ".join(
        "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).upper().split()
    )


def test_street_markets_are_matched_far_beyond_folding_and_as_rightly() -> None:
    colonias = features("leon_colonias.geojson")
    names = [c["properties"]["NOMBRE"] for c in colonias]
    ids = [int(c["properties"]["ID"]) for c in colonias]
    polygons = dict(zip(ids, (shapely.make_valid(shape(c["geometry"])) for c in colonias), strict=True))
    markets = features("leon_tianguis.geojson")
    written = [market["properties"]["COLONIA"] or "" for market in markets]
    matches = Gazetteer(ids, names, list(polygons.values()), read_aliases()).match_names(written)
    methods = Counter(match.metodo for match in matches)
    assert methods == {"nombre": 189, "similitud": 25, "alias": 14, "dudoso": 15, "sin_coincidencia": 5}

    plain = {without_accents(name) for name in names}
    folded = [without_accents(name) in plain for name in written]
    assert sum(folded) == 158

    def near(extra: bool) -> tuple[int, int]:
        """Of the matched rows that plain folding finds (or not), how many lie within 50 m of the polygon; and all of them."""
        distances = [
            polygons[match.colonia_id].distance(shape(market["geometry"])) * METRES_PER_DEGREE
            for match, market, by_folding in zip(matches, markets, folded, strict=True)
            if match.colonia_id is not None and match.metodo != "dudoso" and by_folding != extra
        ]
        return sum(distance <= 50 for distance in distances), len(distances)

    right_extra, extra = near(extra=True)
    right_plain, by_folding = near(extra=False)
    assert (extra, by_folding) == (74, 154)
    assert right_extra / extra >= right_plain / by_folding >= 0.9
