"""The themes and the reference layers of the example: the same layouts as the real files, with invented contents."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from shapely import Point, Polygon, box

from ingest.reading import MONTH_HEADERS
from ingest.sample import facts
from ingest.sample.geography import MUNICIPALITY_OUTLINE, City, as_typed
from ingest.sample.history import LAST, Category, Record, Row, reported
from pamga.quarter import Quarter
from pamga.spanish import without_accents

STATIONS = (
    (74, "CICEG - Bomberos", "CC", 21.103056, -101.636111),
    (75, "Facultad de Medicina", "FM", 21.133333, -101.68),
    (76, "T21", "T21", 21.108611, -101.688611),
)
DAM = "EPLGJ"
DAM_CAPACITY_HM3 = Decimal("9.643")


# ---- the warehouse's own templates


def areas_verdes(seed: int, city: City) -> Iterator[Record]:
    """Eighty green areas, looked over once a year."""
    rng = random.Random(f"{seed}:areas")
    kinds = {
        "parque": "Parque", "jardin": "Jardín", "camellon": "Camellón", "bosque_urbano": "Bosque urbano", "ribera": "Ribera",
    }  # fmt: skip
    for n in range(80):
        colonia = rng.choice(city.colonias)
        kind = rng.choice(("parque", "parque", "jardin", "jardin", "camellon", "bosque_urbano", "ribera"))
        latitude, longitude = city.point_in(colonia, rng)
        first = date(2025, 3, 1) + timedelta(days=rng.randrange(200))
        states = ("bueno", "bueno", "regular", "regular", "malo", "abandonado", "en_recuperacion")
        yield Record(
            {"area_id": f"AV-{n + 1:03d}", "nombre": f"{kinds[kind]} {colonia.nombre}", "tipo": Category(kind), "colonia": as_typed(colonia.nombre, rng),
             "latitud": Decimal(str(latitude)), "longitud": Decimal(str(longitude)), "superficie_m2": Decimal(rng.randrange(300, 42000)),
             "estado": Category(rng.choice(states)), "fecha_revision": first},
            Quarter(2025, 4),
            amended={Quarter(2026, 3): {"estado": Category(rng.choice(states)), "fecha_revision": min(first + timedelta(days=365), LAST.cutoff)}},
        )  # fmt: skip


def mediciones_aire(seed: int) -> Iterator[Record]:
    """A mean and a maximum per station, pollutant and day of 2026."""
    rng = random.Random(f"{seed}:aire")
    usual = {"PM10": (52, "µg/m³"), "PM2.5": (23, "µg/m³"), "O3": (38, "ppb"), "NO2": (19, "ppb")}
    day = date(2026, 1, 1)
    while day <= LAST.cutoff:
        for station, *_ in STATIONS:
            for pollutant, (level, unit) in usual.items():
                if rng.random() < 0.04:
                    continue  # the analyser was off
                mean = max(1.0, rng.gauss(level, level / 5))
                yield Record(
                    {"estacion_id": station, "fecha": day, "contaminante": Category(pollutant), "promedio": Decimal(f"{mean:.1f}"),
                     "maximo": Decimal(f"{mean * rng.uniform(1.3, 2.4):.1f}"), "unidad": unit},
                    reported(day),
                )  # fmt: skip
        day += timedelta(days=1)


def almacenamiento_presas(seed: int) -> Iterator[Record]:
    """El Palote once a week: it empties until June and fills with the rains."""
    rng = random.Random(f"{seed}:presas")
    day = date(2025, 1, 6)
    while day <= LAST.cutoff:
        season = abs((day.timetuple().tm_yday - 165) / 183)
        stored = (DAM_CAPACITY_HM3 * Decimal(f"{0.35 + 0.5 * min(season, 1) + rng.uniform(-0.02, 0.02):.4f}")).quantize(
            Decimal("0.0001")  # with three decimals in every cell, rules.md reads thousands
        )
        share = (100 * stored / DAM_CAPACITY_HM3).quantize(Decimal("0.1"))
        values: Row = {"clave_presa": DAM, "fecha": day, "almacenamiento_hm3": stored, "llenado_pct": share}
        yield Record(values, reported(day))
        day += timedelta(days=7)


# ---- layers in the layouts of other bodies


def colonias(city: City) -> bytes:
    """Polygons as the planning institute draws them: capitals, numbers as floats, a bow-tie, one far outside the municipality."""
    drawn: list[tuple[float, str, float, float, Polygon | None]] = [
        (
            float(c.colonia_id),
            without_accents(c.nombre).upper(),
            float(c.clasificacion),
            float(c.codigo_postal),
            c.polygon,
        )
        for c in city.colonias
    ]
    bow_tie = Polygon([(-101.800, 21.160), (-101.790, 21.170), (-101.790, 21.160), (-101.800, 21.170)])
    drawn += [
        (901.0, "RUSTICO SAN PEDRO", 4.0, 10000.0, bow_tie),
        (902.0, "FUERA DEL MUNICIPIO", 2.0, 0.0, box(-101.30, 20.80, -101.29, 20.81)),
        (903.0, "SIN POLIGONO", 2.0, 0.0, None),
    ]
    features = [
        _feature(
            {"ID": number, "MUNICIPIO": 20.0, "NOMBRE": name, "CLASIFICAC": kind, "CP": postal},
            shape and _multipolygon(shape),
        )
        for number, name, kind, postal, shape in drawn
    ]
    return _collection("colonias_ejemplo", features)


def municipio() -> bytes:
    return _collection(
        "municipio_ejemplo",
        [_feature({"cvegeo": "11020", "nom_agem": "León", "pob": "1721215"}, _multipolygon(MUNICIPALITY_OUTLINE))],
    )


def localidades(seed: int) -> bytes:
    """The city and some of its towns, as small squares."""
    rng = random.Random(f"{seed}:localidades")
    features = []
    for key, name, kind, inhabitants in facts.LOCALIDADES:
        if key == "110200001":
            shape = Polygon([(-101.77, 21.04), (-101.77, 21.19), (-101.58, 21.19), (-101.58, 21.04)])
        else:
            shape = _somewhere_outside_the_city(rng)
        centre = shape.centroid
        properties = {"cvegeo": key, "nom_loc": name, "ambito": kind.capitalize()}
        people = {"pob": inhabitants, "viv": str(int(inhabitants) // 4)}
        place = {"latitud": f"{centre.y:.6f}", "longitud": f"{centre.x:.6f}"}
        features.append(_feature(properties | people | place, _multipolygon(shape)))
    return _collection("localidades_ejemplo", features)


def _somewhere_outside_the_city(rng: random.Random) -> Polygon:
    west, south, east, north = MUNICIPALITY_OUTLINE.bounds
    while True:
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        if MUNICIPALITY_OUTLINE.contains(Point(lon, lat)) and not (-101.78 < lon < -101.57 and 21.03 < lat < 21.20):
            return box(lon - 0.006, lat - 0.005, lon + 0.006, lat + 0.005)


def codigos_postales(city: City) -> bytes:
    """The postal catalogue's layout: no header, pipes, Latin-1, 14 columns; other municipalities of the state come with it."""
    lines = [
        f"{c.codigo_postal}|{c.nombre}|{'Fraccionamiento' if c.clasificacion == 35 else 'Colonia'}|León|Guanajuato|León de los Aldama|37001|11|37001|{'21' if c.clasificacion == 35 else '09'}|020|{n:04d}|Urbano|07"
        for n, c in enumerate(city.colonias, start=1)
    ]
    lines += [
        "36000|Guanajuato Centro|Colonia|Guanajuato|Guanajuato|Guanajuato|36001|11|36001|09|015|0001|Urbano|05",
        "38000|Celaya Centro|Colonia|Celaya|Guanajuato|Celaya|38001|11|38001|09|007|0001|Urbano|02",
        "36500|Irapuato Centro|Colonia|Irapuato|Guanajuato|Irapuato|36501|11|36501|09|017|0001|Urbano|08",
        "3700|La Mal Capturada|Colonia|León|Guanajuato|León de los Aldama|37001|11|37001|09|020|9001|Urbano|07",
    ]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def incidencia_delictiva(seed: int) -> bytes:
    """Months side by side; the months after the quarter are not reported; other municipalities come with it. Invented counts."""
    rng = random.Random(f"{seed}:incidencia")
    months = ",".join(MONTH_HEADERS)
    lines = [
        f"Año,Clave_Ent,Entidad,Cve. Municipio,Municipio,Bien jurídico afectado,Tipo de delito,Subtipo de delito,Modalidad,{months}"
    ]
    kinds = (
        ("La vida y la Integridad corporal", "Homicidio", "Homicidio doloso", ("Con arma de fuego", "Con arma blanca", "Con otro elemento", "No especificado")),
        ("La vida y la Integridad corporal", "Homicidio", "Homicidio culposo", ("En accidente de tránsito", "Con otro elemento", "No especificado")),
        ("El patrimonio", "Robo", "Robo a casa habitación", ("Con violencia", "Sin violencia")),
        ("El patrimonio", "Robo", "Robo a negocio", ("Con violencia", "Sin violencia")),
        ("El patrimonio", "Robo", "Robo a transeúnte en vía pública", ("Con violencia", "Sin violencia")),
    )  # fmt: skip
    for year in (2024, 2025, 2026):
        for code, town, size in ((11015, "Guanajuato", 0.15), (11017, "Irapuato", 0.5), (11020, "León", 1.0)):
            for good, kind, subtype, ways in kinds:
                for n, way in enumerate(ways):
                    counts = [str(int(rng.uniform(3, 30) * size / (n + 1))) for _ in range(12)]
                    if year == LAST.year:
                        counts[3 * LAST.number :] = [""] * (12 - 3 * LAST.number)
                    lines.append(f"{year},11,Guanajuato,{code},{town},{good},{kind},{subtype},{way},{','.join(counts)}")
    bad = lines[-1].split(",")
    bad[-5] = "doce"  # one month written in words holds the whole source row back
    lines[-1] = ",".join(bad)
    return ("\n".join(lines) + "\n").encode()


def estaciones_calidad_aire() -> bytes:
    """Stations of the country; three of León and one whose coordinates lie far away."""
    rows = [f'{key},"{name}","{code}",47,"León","LEO",{lat},{lon}' for key, name, code, lat, lon in STATIONS]
    rows.append('348,"Zona Sur","LN-S",47,"León","LEO",21.001222,-101.143722')
    rows.append('141,"Obispado","CE",72,"Monterrey","MTY",25.675833,-100.338333')
    return (
        '"station_id","station_name","station_code","network_id","network_name","network_code","lat","lon"\n'
        + "\n".join(rows)
        + "\n"
    ).encode()


def presas() -> bytes:
    rows = (
        "clavesih,nombreoficial,nombrecomun,estado,nommunicipio,latitud,longitud,corriente,namoalmac",
        f'{DAM},"El Palote, Gto.","El Palote, Gto.",Guanajuato,León,21.173611,-101.678889,R. De Los Gómez,{DAM_CAPACITY_HM3}',
        'GDLMX,"Guadalupe, Méx.","Guadalupe, Méx.",Estado de México,Cuautitlán Izcalli,19.635556,-99.252222,R. Cuautitlán,56.91',
    )
    return ("\n".join(rows) + "\n").encode()


def tianguis(city: City) -> bytes:
    """Street markets as hand-drawn lines; the colonia is typed by hand."""
    rng = random.Random("tianguis")
    by_name = {without_accents(c.nombre).upper(): c for c in city.colonias}
    features = []
    for n, (name, colonia, day, street) in enumerate(facts.TIANGUIS, start=1):
        place = by_name.get(colonia) or rng.choice(city.colonias)
        centre = place.polygon.representative_point()
        line = [[round(centre.x + 0.0004 * step, 6), round(centre.y + 0.0002 * step, 6)] for step in range(4)]
        properties = {"Id": float(n), "NOMBRE": name, "COLONIA": colonia, "DIA": day, "CALLE": street}
        features.append(_feature(properties, {"type": "LineString", "coordinates": line}))
    return _collection("tianguis_ejemplo", features)


def _feature(properties: dict[str, Any], geometry: dict[str, Any] | None) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _multipolygon(shape: Polygon) -> dict[str, Any]:
    rings = [[[round(x, 6), round(y, 6)] for x, y in ring.coords] for ring in (shape.exterior, *shape.interiors)]
    return {"type": "MultiPolygon", "coordinates": [rings]}


def _collection(name: str, features: list[dict[str, Any]]) -> bytes:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return json.dumps(
        {"type": "FeatureCollection", "name": name, "crs": crs, "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
