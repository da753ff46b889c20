"""A base map of our own: quiet tiles with the outline of every colonia, drawn from the published release.

Points need to be seen *somewhere*, and the maps must work without any outside service. One setting, PAMGA_TILES_URL, sends
the same address to a tile service instead (a redirect, so no dashboard changes).
"""

from __future__ import annotations

import io
import json
import math
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import served_file
from environment import data_root
from flask import Blueprint, Response, abort, redirect
from flask.typing import ResponseReturnValue
from PIL import Image, ImageDraw

from pamga.plan import plan

SIDE = 256
ZOOMS = range(7, 18)
GROUND, FILL, LINE = "#F6F8FA", "#E7ECF1", "#C2CCD6"
Ring = tuple[float, float, float, float, list[tuple[float, float]]]  # west, north, east, south, points; unit square


def _unit(lon: float, lat: float) -> tuple[float, float]:
    """Web Mercator on the unit square, origin in the north-west."""
    sine = math.sin(math.radians(lat))
    return (lon + 180) / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


@lru_cache(maxsize=2)
def _rings(database: str) -> list[Ring]:
    """Rings of the colonias of one release file."""
    with closing(served_file.connect(Path(database))) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("select anillo_json from publico.mapa_colonias order by colonia_id, anillo")
        rows = cursor.fetchall()
    rings = []
    for (text,) in rows:
        points = [_unit(lon, lat) for lon, lat in json.loads(text or "[]")]
        if len(points) > 2:
            xs, ys = [x for x, _ in points], [y for _, y in points]
            rings.append((min(xs), min(ys), max(xs), max(ys), points))
    return rings


@lru_cache(maxsize=1024)
def draw(database: str, z: int, x: int, y: int) -> bytes:
    """One PNG tile, drawn at twice its size and reduced, so that lines are smooth."""
    scale, big = 2**z, SIDE * 2
    image = Image.new("RGB", (big, big), GROUND)
    pen = ImageDraw.Draw(image)
    west, north, east, south = x / scale, y / scale, (x + 1) / scale, (y + 1) / scale
    for left, top, right, bottom, points in _rings(database):
        if left > east or right < west or top > south or bottom < north:
            continue
        corners = [((px * scale - x) * big, (py * scale - y) * big) for px, py in points]
        pen.polygon(corners, fill=FILL)
        pen.line([*corners, corners[0]], fill=LINE, width=2 if z > 12 else 1)
    buffer = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def blueprint(tiles_url: str) -> Blueprint:
    """The route /pamga/base/z/x/y.png; with `tiles_url` it only redirects."""
    routes = Blueprint("pamga_base", __name__)

    @routes.route("/pamga/base/<int:z>/<int:x>/<int:y>.png")
    def tile(z: int, x: int, y: int) -> ResponseReturnValue:
        if z not in ZOOMS or not (0 <= x < 2**z and 0 <= y < 2**z):
            abort(404)
        if tiles_url:
            return redirect(tiles_url.format(z=z, x=x, y=y))
        database = (data_root() / "releases" / "current" / plan().base_publica).resolve()
        if not Path(database).is_file():
            abort(404)
        response = Response(draw(str(database), z, x, y), mimetype="image/png")
        response.cache_control.max_age = 86_400
        response.cache_control.public = True
        return response

    return routes
