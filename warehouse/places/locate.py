"""Points to colonias and hexagons, in bulk: one spatial index, arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import shapely

RESOLUTION = 8  # hexagons of some 0.7 km2: the city's built-up area is a few hundred of them
NEAR_DEGREES = 0.0003  # about 30 m: a point in the street between two colonias belongs to the nearer one

SURE_INSIDE = 1.0
SURE_NAMED = 0.95  # several polygons overlap there, and the name given is one of theirs
SURE_OVERLAP = 0.9  # several overlap: the smallest, which is the more telling one
SURE_NEAR = 0.9

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Located:
    """Per point: position of its colonia in the list given (-1 none), how surely, and whether it lies outside the municipality."""

    colonia: Ints
    certeza: Floats
    outside: npt.NDArray[np.bool_]


class Locator:
    """The standing polygons, ready to be asked. `boundary` is None when no municipality was delivered."""

    def __init__(self, polygons: npt.NDArray[np.object_], boundary: shapely.Geometry | None) -> None:
        # Polygons in order of size, so that of several overlapping ones the first is the smallest.
        self._by_size = np.lexsort((np.arange(len(polygons)), shapely.area(polygons)))
        self._tree = shapely.STRtree(polygons[self._by_size])
        self._boundary = boundary
        if boundary is not None:
            shapely.prepare(boundary)

    def locate(self, longitud: Floats, latitud: Floats, named: Ints) -> Located:
        """`named`: position of the colonia that the row's own name gives, -1 none; it only settles overlaps."""
        points = shapely.points(longitud, latitud)
        colonia = np.full(len(points), -1, dtype=np.int64)
        certeza = np.zeros(len(points))
        outside = np.zeros(len(points), dtype=bool)
        if self._boundary is not None:
            outside = ~shapely.intersects_xy(self._boundary, longitud, latitud)
        which, hit = self._tree.query(points, predicate="intersects")
        self._settle(which, hit, named, colonia, certeza)
        missed = np.flatnonzero((colonia < 0) & ~outside)
        if len(missed):
            which, hit = self._tree.query_nearest(points[missed], max_distance=NEAR_DEGREES)
            order = np.lexsort((hit, which))
            first = np.unique(which[order], return_index=True)[1]
            colonia[missed[which[order][first]]] = self._by_size[hit[order][first]]
            certeza[missed[which[order][first]]] = SURE_NEAR
        colonia[outside], certeza[outside] = -1, 0.0
        return Located(colonia, certeza, outside)

    def _settle(self, which: Ints, hit: Ints, named: Ints, colonia: Ints, certeza: Floats) -> None:
        """Of the polygons that hold a point: the one that its row names, else the smallest."""
        position = self._by_size[hit]
        agrees = position == named[which]
        order = np.lexsort((hit, ~agrees, which))
        points, first, hits = np.unique(which[order], return_index=True, return_counts=True)
        chosen = order[first]
        colonia[points] = position[chosen]
        certeza[points] = np.where(hits == 1, SURE_INSIDE, np.where(agrees[chosen], SURE_NAMED, SURE_OVERLAP))


def hexagons(latitud: Floats, longitud: Floats) -> npt.NDArray[np.uint64]:
    """H3 index of each point."""
    cell = h3.latlng_to_cell
    pairs = zip(latitud.tolist(), longitud.tolist(), strict=True)
    return np.fromiter((cell(lat, lon, RESOLUTION) for lat, lon in pairs), dtype=np.uint64, count=len(latitud))


def hexagon_ring(hexagon: int) -> tuple[list[tuple[float, float]], tuple[float, float]]:
    """Closed ring as (longitud, latitud) pairs, and the centre as (latitud, longitud); six decimals, some 10 cm."""
    corners = [(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(hexagon)]
    latitud, longitud = h3.cell_to_latlng(hexagon)
    return [*corners, corners[0]], (round(latitud, 6), round(longitud, 6))
