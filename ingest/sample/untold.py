"""Exports for which nobody wrote a story: a small believable delivery made from the contract alone, its examples and its limits."""

from __future__ import annotations

import json
import random
import re
from datetime import date, timedelta
from decimal import Decimal

from shapely import LineString, MultiPolygon, Point
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from ingest.contract import Column, Contract
from ingest.sample.dialects import utf8_bom
from ingest.sample.geography import MUNICIPALITY_OUTLINE, City, Colonia
from ingest.sample.history import LAST, Category, Cell, Row

ROWS = 12
ROWS_OF_REFERENCES = 4
"""Few enough that a key which is nobody's is listed and holds nothing (rules.md, "Rows")."""
_LAST_NUMBER = re.compile(r"(\d+)(?=\D*$)")


def delivery(contract: Contract, dependencia: str, seed: int, city: City) -> tuple[str, bytes]:
    """Extension and bytes of the file. The layouts of other bodies (positions, months) have no example to be made from."""
    if contract.formato.disposicion not in ("tabla", "geojson"):
        raise ValueError(f"{contract.export}: write the sample of a layout that another body decides in ingest/sample.")
    rng = random.Random(f"{seed}:{dependencia}:{contract.export}")
    columns = [column for column in contract.columnas if not column.retirada]
    wanted = ROWS_OF_REFERENCES if any(c.referencia and c.obligatoria for c in columns) else ROWS
    rows: dict[tuple[Cell, ...], Row] = {}
    shapes: list[BaseGeometry] = []
    for number in range(wanted):
        colonia = rng.choice(city.colonias)
        place = city.point_in(colonia, rng)
        row = {c.nombre: _cell(contract, c, dependencia, number, colonia, place, rng) for c in columns}
        if tuple(row[name] for name in contract.key_columns) not in rows:
            shapes.append(_shape(contract, place, colonia))
        rows.setdefault(tuple(row[name] for name in contract.key_columns), row)
    scope = {s.encabezado: s.igual for s in contract.solo if s.encabezado}
    headed: list[Row] = [
        {**scope, **{c.header: row[c.nombre] for c in columns if c.tipo != "geometria"}} for row in rows.values()
    ]
    if contract.formato.disposicion == "geojson":
        return "geojson", _geojson(headed, shapes)
    return "csv", utf8_bom(contract.export, list(headed[0]), headed)


def _cell(  # noqa: PLR0911 one return per kind of column
    contract: Contract,
    column: Column,
    dependencia: str,
    number: int,
    colonia: Colonia,
    place: tuple[float, float],
    rng: random.Random,
) -> Cell:
    if column.referencia and not column.obligatoria:
        return None
    if column.nombre in ("latitud", "longitud"):
        return Decimal(str(place[column.nombre == "longitud"]))
    if column.nombre == "colonia" and column.tipo == "texto":
        return colonia.nombre
    in_key = column.nombre in contract.key_columns
    match column.tipo:
        case "booleano":
            return rng.random() < 0.5
        case "categoria" | "lista" if column.allowed(dependencia):
            allowed = column.allowed(dependencia)
            value = Category(allowed[number % len(allowed)] if in_key else rng.choice(allowed))
            return (value,) if column.tipo == "lista" else value
        case "fecha":
            return _day(column, number, rng)
        case "entero" | "decimal":
            return _number(column, number, rng, in_key=in_key)
        case "geometria":
            return None
    example = column.ejemplo or column.titulo
    return example if column.referencia or not in_key else _numbered(column, example, number)


def _numbered(column: Column, example: str, number: int) -> str:
    """The example's last number counted up (AV-0210, AV-0211), as far as the column's pattern allows."""
    last = _LAST_NUMBER.search(example)
    text = f"{example} {number + 1}"
    if last is not None:
        text = example[: last.start()] + str(int(last[1]) + number).zfill(len(last[1])) + example[last.end() :]
    return text if column.patron is None or re.fullmatch(column.patron, text) else example


def _day(column: Column, number: int, rng: random.Random) -> date:
    """A day of the quarter; a later one where it is a plan."""
    first, days = LAST.cutoff - timedelta(days=89), number if column.hecho else rng.randrange(90)
    return first + timedelta(days=days * 7 % 90)


def _number(column: Column, number: int, rng: random.Random, *, in_key: bool) -> int | Decimal:
    example = Decimal((column.ejemplo or "10").replace(",", ""))
    value = example + number if in_key else example * rng.randrange(80, 121) / 100
    low, high = column.minimo, column.maximo
    value = max(value, low) if low is not None else value
    value = min(value, high) if high is not None else value
    return int(value) if column.tipo == "entero" else value.quantize(Decimal("0.01"))


def _shape(contract: Contract, place: tuple[float, float], colonia: Colonia) -> BaseGeometry:
    latitud, longitud = place
    column = next((c for c in contract.columnas if c.tipo == "geometria"), None)
    if column and column.contiene:
        return MultiPolygon([MUNICIPALITY_OUTLINE])
    match (column.formas if column else ()) or ("punto",):
        case ("punto", *_):
            return Point(longitud, latitud)
        case ("linea", *_):
            return LineString([(longitud, latitud), (round(longitud + 0.001, 6), round(latitud + 0.001, 6))])
    return MultiPolygon([colonia.polygon])


def _geojson(rows: list[Row], shapes: list[BaseGeometry]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {name: None if cell is None else str(cell) for name, cell in row.items()},
            "geometry": mapping(shape),
        }
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
