"""GeoJSON: properties become columns, geometries become valid WKB in WGS 84.

Any coordinate system that the file names is honoured, at the level of the collection (the 2008 custom that QGIS still
writes), of a feature or of a geometry (INEGI). A file that names none is in WGS 84, as RFC 7946 says.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyproj
import shapely
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from ingest.contract import MEXICO, Column, Contract, Shape
from ingest.readers.encoding import BinaryContent, decode_text
from ingest.readers.grid import Grid, assemble
from ingest.readers.header import (
    HeaderMatch,
    check_length,
    check_width,
    match_header,
    refuse_lost_columns,
    require_header,
    title_shown,
)
from ingest.reading import BadCell, Limits, Reading, RefusedFile
from pamga.plan import plan
from pamga.spanish import some

_WGS84_NAMES = frozenset({"urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"})
_MAX_DEPTH_ERROR = "El GeoJSON está anidado sin fin y no se puede leer. Vuelva a exportarlo."
_MAX_LISTED = 20
_SEVERAL = (
    "El archivo trae un documento tras otro (un elemento por renglón, GeoJSONSeq) y se espera uno solo. "
    "Exporte la capa como GeoJSON: una sola «FeatureCollection» con todos sus elementos."
)
_RECORD = b"\x1e"
"""The sign with which each element of a sequence may begin (RFC 8142)."""
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MULTI = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}
"""Type id of a simple geometry -> what promotes it."""
_COLLECTION = 7
_POLYGONS = (3, 6)
_LINES = (1, 5)
_POINTS = (0, 4)
_FORMS: dict[Shape, tuple[int, int]] = {"punto": _POINTS, "linea": _LINES, "poligono": _POLYGONS}
_FORM_NAMES = {"punto": "un punto", "linea": "una línea", "poligono": "un polígono (un contorno)"}


@dataclass(frozen=True)
class _Problem:
    """What is wrong with a geometry, what is expected, and how to mend it."""

    motivo: str
    esperado: str = "Una geometría en coordenadas de longitud y latitud."
    correccion: str = "Dibuje o corrija la geometría de este elemento en el programa de mapas y exporte de nuevo."


def read_geojson(path: Path, contract: Contract, limits: Limits) -> Reading:
    """Read a GeoJSON file. Raises RefusedFile: not JSON, not GeoJSON, an unknown coordinate system, a property missing."""
    document, encoding = _document(path, contract)
    features = _features(document, contract)
    check_length(len(features), limits)
    properties = [_properties(feature) for feature in features]
    names = list(dict.fromkeys(name for own in properties for name in own))
    check_width(len(names), limits)
    match = match_header(names, contract)
    match.lettered = False
    if features or match.score:
        require_header(match, [names], contract, " (son las propiedades de cada elemento)")
    columns, native = _columns(properties, names)
    refuse_lost_columns(match, columns, contract, "")
    fila = np.arange(1, len(features) + 1, dtype=np.int64)
    geometry, systems, repaired, bad = _geometries(document, features, contract)
    bad += _nested(properties, match)
    understood: dict[str, Any] = {
        "formato": "geojson",
        "codificacion": encoding,
        "separador": None,
        "fila_encabezado": None,
        "hoja": None,
        "sistema_de_coordenadas": ", ".join(systems) or "WGS 84 (no lo dice el archivo)",
    }
    reading = assemble(Grid(columns, fila, native, every_row=True), match, contract, understood)
    if contract.geometry_column is not None:
        reading.geometry = geometry
        reading.bad_cells += bad
        reading.notes += _geometry_notes(systems, repaired)
    return reading


def _document(path: Path, contract: Contract) -> tuple[dict[str, Any], str]:
    """(the JSON object, the encoding that was understood)."""
    try:
        text = decode_text(path.read_bytes())
    except BinaryContent:
        raise RefusedFile("El archivo está dañado: trae bytes que no son texto. Vuelva a exportarlo.") from None
    if text.utf8.lstrip().startswith(_RECORD):
        raise RefusedFile(_SEVERAL)
    try:
        document = json.loads(text.utf8, object_pairs_hook=_once)
        if _SURROGATE.search(text.utf8):  # half of a pair is a letter that was lost, and no table can hold it
            document = json.loads(_HALF_A_PAIR.sub("\ufffd", json.dumps(document, ensure_ascii=False)))
    except RecursionError:
        raise RefusedFile(_MAX_DEPTH_ERROR) from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            raise RefusedFile(_SEVERAL) from None
        where = f"línea {error.lineno}" if isinstance(error, json.JSONDecodeError) else "un número imposible"
        raise RefusedFile(
            f"El archivo no es un JSON válido o está incompleto (se detuvo en {where}). Vuelva a exportarlo."
        ) from None
    if not isinstance(document, dict):
        raise _no_layer({}, contract)
    return document, text.encoding


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises RefusedFile where it has a name twice: which of the two values counts is not known."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise RefusedFile(
            f"Un elemento trae dos veces «{title_shown(twice)}»: no se sabe cuál vale. Deje una sola y vuelva a exportar la capa."
        )
    return members


def _features(document: dict[str, Any], contract: Contract) -> list[dict[str, Any]]:
    if document.get("type") == "Feature":
        return [document]
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _no_layer(document, contract)
    return [feature if isinstance(feature, dict) else {} for feature in features]


def _no_layer(document: dict[str, Any], contract: Contract) -> RefusedFile:
    """Why a JSON is not taken, and what to deliver instead."""
    if "docs.google.com" in str(document.get("url", "")) or "doc_id" in document:
        return RefusedFile(
            "Es el acceso directo a una hoja de Google, no la hoja. En Google elija Archivo, Descargar, Microsoft Excel (.xlsx), y entregue ese archivo."
        )
    if contract.formato.disposicion != "geojson":
        return RefusedFile("El archivo es JSON y esta entrega es una tabla: entréguela como XLSX, ODS o CSV.")
    return RefusedFile(
        "El archivo es JSON pero no GeoJSON: debe ser una «FeatureCollection» con sus «features». Exporte la capa como GeoJSON, en WGS 84."
    )


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


# ---- properties --------------------------------------------------------------------------------------------------------


def _columns(
    properties: Sequence[dict[str, Any]], names: Sequence[str]
) -> tuple[list[pl.Series], dict[int, npt.NDArray[np.bool_]]]:
    columns, native = [], {}
    for index, name in enumerate(names):
        values = [own.get(name) for own in properties]
        columns.append(pl.Series([_text(value) for value in values], dtype=pl.String))
        native[index] = np.array([isinstance(value, (int, float)) for value in values], dtype=bool)
    return columns, native


def _nested(properties: Sequence[dict[str, Any]], match: HeaderMatch) -> list[BadCell]:
    """Properties that hold an object or a list where a column's value is asked for."""
    motive = "La propiedad trae dentro una lista o varios datos con nombre, y se espera uno solo."
    remedy = "Deje en esa propiedad un solo dato y exporte la capa de nuevo."
    return [
        BadCell(number, name, None, "no_legible", motive, "Un texto, un número o una fecha.", remedy)
        for name, place in match.columns.items()
        for number, own in enumerate(properties, start=1)
        if isinstance(own.get(match.cells[place]), (dict, list))
    ]


def _text(value: Any) -> str | None:
    """A property as a person sees it; an integral float is an integer. NaN is how programs of numbers write that there is none."""
    if (
        value is None
        or value == ""
        or isinstance(value, (dict, list))
        or (isinstance(value, float) and math.isnan(value))
    ):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


# ---- geometries --------------------------------------------------------------------------------------------------------


def _geometries(
    document: dict[str, Any], features: Sequence[dict[str, Any]], contract: Contract
) -> tuple[pl.Series, list[str], list[int], list[BadCell]]:
    """(WKB per feature, coordinate systems named, features repaired, bad cells)."""
    column = next((column for column in contract.columnas if column.tipo == "geometria"), None)
    default = _named_system(document)
    shapes: list[bytes | None] = []
    systems: dict[str, None] = {}
    repaired: list[int] = []
    bad: list[BadCell] = []
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry")
        named = _named_system(geometry) or _named_system(feature) or default
        if named is not None:
            systems.setdefault(named)
        shape, problem, mended = _shape(geometry, named, column)
        if mended:
            repaired.append(number)
        if problem is not None:
            said = (problem.motivo, problem.esperado, problem.correccion)
            bad.append(BadCell(number, contract.geometry_column or "geometria", None, "geometria", *said))
        shapes.append(None if shape is None else shapely.to_wkb(shape, byte_order=1, output_dimension=2))
    return pl.Series(shapes, dtype=pl.Binary), list(systems), repaired, bad


def _named_system(holder: Any) -> str | None:
    """The name in a `crs` member, where there is one. Raises RefusedFile for one that nobody knows."""
    system = holder.get("crs") if isinstance(holder, dict) else None
    if system is None:
        return None
    properties = system.get("properties") if isinstance(system, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else system
    # as the draft of 2006 had it
    if (
        isinstance(properties, dict)
        and isinstance(system, dict)
        and system.get("type") == "EPSG"
        and "code" in properties
    ):
        name = f"EPSG:{properties['code']}"
    if not isinstance(name, str):
        raise RefusedFile(
            "El archivo señala un sistema de coordenadas por enlace o sin nombre. Exporte la capa en WGS 84 (EPSG:4326)."
        )
    _transformer(name)
    return name


@lru_cache(maxsize=32)
def _transformer(name: str) -> pyproj.Transformer | None:
    """From the named system to longitude and latitude in WGS 84; None where nothing is to be done."""
    if name in _WGS84_NAMES:
        return None
    try:
        source = pyproj.CRS.from_user_input(name)
        return pyproj.Transformer.from_crs(source, pyproj.CRS.from_epsg(4326), always_xy=True)
    except CRSError:
        raise RefusedFile(
            f"No se conoce el sistema de coordenadas «{title_shown(name)}» que dice el archivo. Exporte la capa en WGS 84 (EPSG:4326)."
        ) from None


def _shape(geometry: Any, system: str | None, column: Column | None) -> tuple[Any, _Problem | None, bool]:
    """(valid Multi* geometry in WGS 84 or None, what is wrong with it, whether it was repaired)."""
    shape, problem = _drawn(geometry)
    if shape is None:
        return None, problem, False
    transformer = _transformer(system) if system is not None else None
    if transformer is not None:
        if (problem := _in_degrees(shape.bounds, str(system), transformer)) is not None:
            return None, problem, False
        shape = shapely.transform(shape, transformer.transform, interleaved=False)
    problem = _misplaced(shape.bounds) or (_misshapen(shape, column) if column is not None else None)
    if problem is not None:
        return None, problem, False
    mended = not shape.is_valid
    if mended:
        shape = _repair(shape)
        if shape is None or shape.is_empty:
            return None, _Problem("La geometría es inválida y no se pudo reparar."), False
    if column is not None and (problem := _elsewhere(shape, column)) is not None:
        return None, problem, False
    return _promote(shape), None, mended


def _drawn(geometry: Any) -> tuple[Any, _Problem | None]:
    """(what is drawn, as its file has it, or what is wrong with it)."""
    if not isinstance(geometry, dict):
        return None, _Problem("El elemento no tiene geometría.")
    own = {key: geometry[key] for key in geometry if key != "crs"}
    try:
        try:
            shape = shapely.from_geojson(json.dumps(own))
        except ShapelyError:
            shape = shapely.from_geojson(json.dumps(_flat(own)))
    except (ShapelyError, ValueError, TypeError, RecursionError):
        return None, _Problem("La geometría no se puede leer: sus coordenadas están incompletas o mal formadas.")
    if shape is None or shape.is_empty:
        return None, _Problem("La geometría está vacía.")
    return _unwrapped(shapely.force_2d(shape)), None


def _flat(part: Any) -> Any:
    """A geometry without what its positions hold behind longitude and latitude: a measure, or a height that is null, which some
    programs write and no reader has to understand."""
    if isinstance(part, dict):
        return {key: _flat(own) if key in ("coordinates", "geometries") else own for key, own in part.items()}
    if not isinstance(part, list):
        return part
    is_position = len(part) > 2 and all(isinstance(number, (int, float)) for number in part[:2])
    return part[:2] if is_position else [_flat(own) for own in part]


def _unwrapped(shape: Any) -> Any:
    """What a collection holds, where it is all of one form: polygons in a collection are a multipolygon."""
    if shapely.get_type_id(shape) != _COLLECTION:
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    kinds = {int(kind) for kind in shapely.get_type_id(parts)}
    return _MULTI[kinds.pop()](parts) if len(kinds) == 1 and kinds <= _MULTI.keys() else shape


def _in_degrees(
    bounds: tuple[float, float, float, float], system: str, transformer: pyproj.Transformer
) -> _Problem | None:
    """Degrees in a file that says metres: taken for metres they would lie in the sea."""
    source = transformer.source_crs
    if source is None or not source.is_projected or not _inside(bounds, (-180, -90, 180, 90)):
        return None
    return _Problem(
        f"El archivo dice que sus coordenadas están en metros ({title_shown(system)}), y están en grados.",
        "Coordenadas en el sistema que dice el archivo.",
        "Exporte la capa de nuevo en WGS 84 (EPSG:4326).",
    )


def _misplaced(bounds: tuple[float, float, float, float]) -> _Problem | None:
    """Coordinates that are no longitudes and latitudes, or that were written the other way round or without their sign."""
    west, south, east, north = bounds
    if not _inside(bounds, MEXICO):
        if _inside((south, west, north, east), MEXICO):
            return _Problem(
                f"La latitud y la longitud están cambiadas de lugar: la primera coordenada ({west:.6g}) es una latitud y la segunda ({south:.6g}) una longitud.",
                "Primero la longitud (cerca de -101.68) y después la latitud (cerca de 21.12).",
                "Exporte la capa de nuevo con las coordenadas en el orden longitud, latitud (WGS 84, EPSG:4326).",
            )
        if _inside((-east, south, -west, north), MEXICO):
            return _Problem(
                f"La longitud ({east:.6g}) no lleva el signo menos: así queda en Asia.",
                "Longitudes negativas (cerca de -101.68).",
                "Exporte la capa de nuevo con la longitud en grados negativos (oeste).",
            )
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return _Problem(
            "Las coordenadas no son longitudes y latitudes, y el archivo no dice en qué sistema están.",
            correccion="Exporte la capa de nuevo en WGS 84 (EPSG:4326).",
        )
    if not _inside(bounds, MEXICO):
        return _Problem(
            f"La geometría queda fuera de México (longitud {west:.6g}, latitud {south:.6g}).",
            correccion="Revise el sistema de coordenadas de la capa y expórtela de nuevo en WGS 84 (EPSG:4326).",
        )
    return None


def _inside(bounds: tuple[float, float, float, float], frame: tuple[float, float, float, float]) -> bool:
    return frame[0] <= bounds[0] and frame[1] <= bounds[1] and bounds[2] <= frame[2] and bounds[3] <= frame[3]


def _misshapen(shape: Any, column: Column) -> _Problem | None:
    """A geometry of a form that the contract does not ask for."""
    kind = int(shapely.get_type_id(shape))
    if not column.formas or any(kind in _FORMS[form] for form in column.formas):
        return None
    found = next((_FORM_NAMES[form] for form, kinds in _FORMS.items() if kind in kinds), "una mezcla de formas")
    wanted = " o ".join(_FORM_NAMES[form] for form in column.formas)
    return _Problem(
        f"La geometría es {found} y se espera {wanted}.",
        f"{wanted[0].upper()}{wanted[1:]}, en una o varias partes.",
        f"Dibuje {wanted} para este elemento en el programa de mapas y exporte de nuevo.",
    )


def _elsewhere(shape: Any, column: Column) -> _Problem | None:
    """A boundary that is not the one that the contract asks for: another municipality's, or a state's."""
    too_large = column.marco is not None and not _inside(shape.bounds, column.marco)
    missed = column.contiene is not None and not shape.intersects(shapely.Point(column.contiene))
    if not (too_large or missed):
        return None
    why = "se sale de la zona en la que está el municipio" if too_large else "no contiene el centro de la ciudad"
    return _Problem(
        f"No es el contorno del municipio de {plan().municipio}: {why}.",
        f"El contorno de {plan().municipio_y_estado} (clave {plan().lugar.clave}), y solo ese.",
        f"Deje en el archivo solo el contorno del municipio de {plan().municipio} y vuelva a entregarlo.",
    )


def _repair(shape: Any) -> Any:
    """The valid geometry of the same dimension: slivers and stray lines that a repair leaves are dropped."""
    family = next(
        kinds for kinds in (_POLYGONS, _LINES, _POINTS, (_COLLECTION,)) if shapely.get_type_id(shape) in kinds
    )
    valid = shapely.make_valid(shape)
    if shapely.get_type_id(valid) != _COLLECTION or family == (_COLLECTION,):
        return valid if shapely.get_type_id(valid) in family else None
    parts = [part for part in shapely.get_parts(valid) if shapely.get_type_id(part) in family]
    return shapely.union_all(parts) if parts else None


def _promote(shape: Any) -> Any:
    promote = _MULTI.get(int(shapely.get_type_id(shape)))
    return shape if promote is None else promote([shape])


def _geometry_notes(systems: Sequence[str], repaired: Sequence[int]) -> Iterator[str]:
    converted = [name for name in systems if name not in _WGS84_NAMES]
    if converted:
        yield f"Las coordenadas venían en {', '.join(map(title_shown, converted))} y se pasaron a WGS 84."
    if len(repaired) == 1:
        yield f"La geometría del elemento {repaired[0]} era inválida (su contorno se cruza) y se reparó."
    elif repaired:
        yield f"Las geometrías de los elementos {some(repaired, _MAX_LISTED)} eran inválidas (su contorno se cruza) y se repararon."
