"""An invented city with León's names: colonias as a mosaic, a boundary, and the way people type a colonia's name."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property

from shapely import MultiPoint, Point, Polygon, prepare, voronoi_polygons

from ingest.sample.facts import COLONIAS
from pamga.spanish import without_accents

# Rough outlines in longitude and latitude: invented, but where the city lies.
CITY_OUTLINE = Polygon(
    [
        (-101.765, 21.105), (-101.745, 21.150), (-101.715, 21.175), (-101.680, 21.190), (-101.640, 21.178),
        (-101.605, 21.160), (-101.585, 21.125), (-101.592, 21.090), (-101.620, 21.062), (-101.660, 21.048),
        (-101.705, 21.052), (-101.745, 21.072),
    ]
)  # fmt: skip
MUNICIPALITY_OUTLINE = Polygon(
    [
        (-101.83, 21.13), (-101.81, 21.24), (-101.72, 21.32), (-101.60, 21.33), (-101.50, 21.28), (-101.46, 21.19),
        (-101.48, 21.06), (-101.53, 20.98), (-101.62, 20.93), (-101.72, 20.95), (-101.79, 21.02),
    ]
)  # fmt: skip
CENTRE = Point(-101.682, 21.122)

_ABBREVIATIONS = (
    ("San ", "Sn. "), ("Santa ", "Sta. "), ("Santo ", "Sto. "), ("Jardines", "Jard."), ("Hacienda", "Hda."), ("Lomas", "Lmas."),
    ("Villas", "Vs."), ("Ciudad", "Cd."),
)  # fmt: skip
_ARTICLES = ("El", "La", "Los", "Las")


@dataclass(frozen=True)
class Colonia:
    colonia_id: int
    nombre: str
    clasificacion: int
    codigo_postal: int
    polygon: Polygon


class City:
    """The mosaic of colonias of one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed}:city")

    @cached_property
    def colonias(self) -> list[Colonia]:
        """One cell of a Voronoi mosaic per name, the first name nearest the centre."""
        points = self._spread_points(len(COLONIAS))
        cells = [
            cell.intersection(CITY_OUTLINE)
            for cell in voronoi_polygons(MultiPoint(points), extend_to=CITY_OUTLINE).geoms
        ]
        polygons = sorted((_largest_part(cell) for cell in cells), key=lambda cell: cell.centroid.distance(CENTRE))
        return [
            Colonia(
                101 + n, nombre, self._rng.choice((1, 1, 2, 2, 2, 35)), 37000 + 10 * self._rng.randrange(55), polygon
            )
            for n, (nombre, polygon) in enumerate(zip(COLONIAS, polygons, strict=True))
        ]

    def _spread_points(self, count: int) -> list[Point]:
        """Points that keep a distance, so that no colonia is a sliver."""
        west, south, east, north = CITY_OUTLINE.bounds
        prepare(CITY_OUTLINE)
        points: list[tuple[float, float]] = []
        apart = 0.0085
        while len(points) < count:
            lon, lat = self._rng.uniform(west, east), self._rng.uniform(south, north)
            near = any((lon - x) ** 2 + (lat - y) ** 2 < apart**2 for x, y in points)
            if near or not CITY_OUTLINE.contains(Point(lon, lat)):
                apart *= 0.9995  # makes room when the outline fills up
                continue
            points.append((lon, lat))
        return [Point(xy) for xy in points]

    def point_in(self, colonia: Colonia, rng: random.Random) -> tuple[float, float]:
        """Latitude and longitude somewhere inside the colonia, six decimals."""
        centre = colonia.polygon.representative_point()
        west, south, east, north = colonia.polygon.bounds
        for _ in range(8):
            lon, lat = rng.uniform(west, east), rng.uniform(south, north)
            if colonia.polygon.contains(Point(lon, lat)):
                return round(lat, 6), round(lon, 6)
        return round(centre.y, 6), round(centre.x, 6)


def _largest_part(geometry: object) -> Polygon:
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area)


def as_typed(name: str, rng: random.Random) -> str:  # noqa: PLR0911 one return per way of typing
    """A colonia's name as somebody types it: capitals, no accents, inverted article, abbreviation, now and then a slip."""
    chance = rng.random()
    if chance < 0.45:
        return name
    first, _, rest = name.partition(" ")
    if chance < 0.60:
        return without_accents(name).upper()
    if chance < 0.70:
        return f"{rng.choice(('Col.', 'Colonia', 'Fracc.'))} {name}"
    if chance < 0.80:
        return f"{rest}, {first}".upper() if first in _ARTICLES and rest else without_accents(name)
    if chance < 0.94:
        for long, short in _ABBREVIATIONS:
            if long in name:
                return name.replace(long, short)
        return name.lower()
    spot = rng.randrange(1, len(name) - 1)  # a slip of the finger: two neighbouring letters change places
    return name[:spot] + name[spot + 1] + name[spot] + name[spot + 2 :]
