"""What every room may ask of the plan: its quarters, exercises, commitments and indicators, read from the one matrix of the plan.

The matrix (plan/indicadores.yaml) is what people edit. No other place knows how many indicators there are, their codes or the
years; this is how the rooms that are no SQL read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pamga.quarter import Quarter
from pamga.yaml_files import load_yaml

MATRIX = Path(__file__).resolve().parent.parent / "plan" / "indicadores.yaml"
DOCUMENT = "producto_aprobado_y_publicado"  # `regla` of the indicators that are a document


@dataclass(frozen=True)
class Lugar:
    """The municipality: its state, country, key, address in GeoNames, time zone, box, and between what all its coordinates lie."""

    estado: str
    pais: str
    clave: str
    geonames: str
    zona_horaria: str
    caja: str
    latitud: list[float]
    longitud: list[float]

    @property
    def coordenadas(self) -> dict[str, list[float]]:
        """Column of a coordinate -> the least and the most that it may be."""
        return {"latitud": self.latitud, "longitud": self.longitud}


@dataclass(frozen=True)
class Tema:
    """A theme of datasets: how it is called, and where it stands among the European data themes."""

    nombre: str
    europeo: str


@dataclass(frozen=True)
class Plan:
    """The plan as the matrix states it."""

    nombre: str
    municipio: str
    corto: str
    """The municipality in names of files."""
    inicio: date
    fin: date
    lugar: Lugar
    temas: dict[str, Tema]
    """The themes that a contract may name, in the order of the page."""
    compromisos: dict[str, str]
    temas_europeos: dict[str, str]
    """Commitment -> its European data theme, of those that have one of their own."""
    indicadores: tuple[str, ...]
    ejercicios: tuple[int, ...]
    fuentes: dict[str, tuple[str, ...]]
    """Export -> the indicators that are computed from it."""
    dependencias: dict[str, str]
    """Office -> its name."""
    organos_validadores: tuple[str, ...]
    """The bodies that validate documents."""
    seguimiento: str
    """Who follows the plan up."""
    sistemas: str
    """The name of the office that keeps this system running."""
    responsables: dict[str, tuple[str, ...]]
    """Indicator -> the offices that answer for it."""
    documentos: dict[str, tuple[str, ...]]
    """The same, of the indicators that are a document."""

    @property
    def patron_de_indicador(self) -> str:
        """How an indicator is written, as a regular expression."""
        last = max(int(key.rpartition("-")[2]) for key in self.indicadores)
        return f"^({'|'.join(self.compromisos)})-{f'[1-{last}]' if last < 10 else '[1-9][0-9]*'}$"

    @property
    def primer_trimestre(self) -> Quarter:
        """The first quarter that is judged."""
        return Quarter.containing(self.inicio)

    @property
    def ultimo_trimestre(self) -> Quarter:
        """The last quarter that is judged."""
        return Quarter.containing(self.fin)

    @property
    def anios(self) -> str:
        """2025-2027."""
        return f"{self.inicio.year}-{self.fin.year}"

    @property
    def compromisos_con_documentos(self) -> list[str]:
        """Those with an indicator that is a document."""
        return [key for key in self.compromisos if any(one.startswith(f"{key}-") for one in self.documentos)]

    @property
    def cifra_de_ejemplo(self) -> str:
        """A figure as one asks for it: an indicator, a year and a quarter."""
        return f"{self.indicadores[0]} {self.ejercicios[0]} {self.primer_trimestre}"

    @property
    def portal(self) -> str:
        """How the site of the plan is called."""
        return f"Gobierno Abierto {self.municipio}"

    @property
    def base_publica(self) -> str:
        """The file with every published table."""
        return f"{self.corto}.duckdb"

    @property
    def municipio_y_estado(self) -> str:
        """León, Guanajuato."""
        return f"{self.municipio}, {self.lugar.estado}"

    @property
    def titulo(self) -> str:
        """With the municipality and the years, as it stands on pages and files."""
        return f"{self.nombre} de {self.municipio} {self.anios}"

    @property
    def nombres(self) -> dict[str, str]:
        """Place in a text -> what stands there; the longest first, since the title holds the municipality."""
        return {"{plan}": self.titulo, "{municipio}": self.municipio, "{base publica}": self.base_publica}

    @property
    def titulo_corto(self) -> str:
        """With the years only."""
        return f"{self.nombre} {self.anios}"


@cache
def read_matrix(path: Path = MATRIX) -> dict[str, Any]:
    """The matrix as it stands in the file; do not change what this gives."""
    document: dict[str, Any] = load_yaml(path)
    return document


@cache
def plan(path: Path = MATRIX) -> Plan:
    """The plan of the matrix."""
    matrix = read_matrix(path)
    indicators = matrix["indicadores"]
    responsible = {key: tuple(indicator["responsables"]) for key, indicator in indicators.items()}
    return Plan(
        **matrix["plan"],
        lugar=Lugar(**matrix["lugar"]),
        temas={key: Tema(**theme) for key, theme in matrix["temas"].items()},
        temas_europeos={key: c["tema_europeo"] for key, c in matrix["compromisos"].items() if "tema_europeo" in c},
        compromisos={key: commitment["nombre"] for key, commitment in matrix["compromisos"].items()},
        indicadores=tuple(indicators),
        ejercicios=tuple(sorted({t["ejercicio"] for i in indicators.values() for t in i["metas"]})),
        dependencias=matrix["dependencias"],
        organos_validadores=tuple(matrix["organos_validadores"]),
        seguimiento=matrix["seguimiento"],
        sistemas=matrix["dependencias"][matrix["sistemas"]],
        responsables=responsible,
        documentos={key: responsible[key] for key, i in indicators.items() if i["regla"] == DOCUMENT},
        fuentes={
            export: tuple(key for key, i in indicators.items() if export in i["fuentes"])
            for export in dict.fromkeys(source for i in indicators.values() for source in i["fuentes"])
        },
    )
