"""Hand-typed names of colonias: folding, numbers, aliases, likeness, and names that several polygons bear."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import shapely

from warehouse.places.gazetteer import Gazetteer, read_aliases
from warehouse.places.names import fold

# Facts: pairs of which every street market that gives the name lies on (or within 50 m of) the colonia's polygon.
VERIFIED = Path(__file__).with_name("nombres_verificados.csv")


def gazetteer(*names: str, together: bool = False) -> Gazetteer:
    """Colonias numbered from 1, in boxes that touch when `together`, else kilometres apart."""
    step = 0.01 if together else 0.05
    boxes = [shapely.box(step * i, 21, step * i + 0.01 + i / 10000, 21.01) for i in range(len(names))]
    return Gazetteer(range(1, len(names) + 1), names, boxes, read_aliases())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RETIRO, EL", "El Retiro"),
        ("Fracc. Las Joyas", "LAS JOYAS"),
        ("Col. San Juan Bosco", "San Juan  Bosco"),
        ("DIEZ DE MAYO", "10 de mayo"),
        ("Valle Hermoso 1ra. Secc.", "VALLE HERMOSO I SECCION"),
        ("LOMAS DE LA PAZ 2daSECC", "Lomas de la Paz Segunda Sección"),
        ("ARTICULO 4o CONSTITUCIONAL", "Artículo Cuarto Constitucional"),
        ("Hda. Sta. Fé", "HACIENDA SANTA FE"),
        ("BRISAS DE S FCO2A SECC", "Brisas de San Francisco II"),
        ("Valle de Señora", "VALLE DE SENORA"),
        ("Rivera de la Presa", "RIBERA DE LA PRESA"),
        ("SIGLO XXI", "siglo 21"),
    ],
)
def test_what_a_person_reads_as_one_name_folds_to_one_key(one: str, other: str) -> None:
    assert fold(one).exact == fold(other).exact


@pytest.mark.parametrize(
    ("one", "other"),
    [("MARAVILLAS 2", "MARAVILLAS 3"), ("QUINTA LOS CASTILLOS", "5 LOS CASTILLOS"), ("VALLE DEL SOL", "VALLE DEL SUR")],
)
def test_other_places_keep_other_keys(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_every_verified_pair_is_found_the_way_it_was_verified() -> None:
    with VERIFIED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["colonia"] for row in rows})
    matches = gazetteer(*names).match_names([row["escrito"] for row in rows])
    found = [
        (row["escrito"], names[m.colonia_id - 1], m.metodo)
        for row, m in zip(rows, matches, strict=True)
        if m.colonia_id
    ]
    assert found == [(row["escrito"], row["colonia"], row["metodo"]) for row in rows]


@pytest.mark.parametrize(
    ("written", "layer"),
    [
        # seen in the city's own files: alike, and kilometres apart
        ("UNIDAD OBRERA", "UNION OBRERA"),
        ("BRISAS DEL CAMPESTRE", "VILLAS DEL CAMPESTRE"),
        ("VALLE DEL SOL", "VALLE DEL SUR"),
        ("LOMAS DE LA PRESA", "LOMAS DE LA PRADERA"),
        ("PERA", "LA PERLA"),
        ("MARAVILLAS 2", "MARAVILLAS 3"),
    ],
)
def test_likeness_alone_does_not_make_a_match(written: str, layer: str) -> None:
    (match,) = gazetteer(layer).match_names([written])
    assert match.metodo in ("dudoso", "sin_coincidencia")


@pytest.mark.parametrize("typo", ["SAN JUAN BOSC0", "SAN JUAN VOSCO", "SAN JAUN BOSCO", "BOSCO SAN JUAN"])
def test_a_slip_of_the_finger_is_forgiven(typo: str) -> None:
    (match,) = gazetteer("SAN JUAN BOSCO", "SAN JUAN DE DIOS", "VILLAS DE SAN JUAN").match_names([typo])
    assert (match.colonia_id, match.metodo) == (1, "similitud")
    assert 0.8 <= match.certeza < 1


@pytest.mark.parametrize(
    ("typo", "meant"), [("Atzeca", "AZTECA"), ("Dleta 2000", "DELTA 2000"), ("Chaplaita", "CHAPALITA")]
)
def test_two_letters_swapped_are_forgiven_in_a_short_name(typo: str, meant: str) -> None:
    (match,) = gazetteer(meant, "OTRA COSA").match_names([typo])
    assert (match.colonia_id, match.metodo) == (1, "similitud")
    assert 0.75 <= match.certeza < 0.9


def test_another_letter_in_a_short_name_is_not() -> None:
    (match,) = gazetteer("PALMAS").match_names(["Palmar"])
    assert match.metodo == "dudoso"


def test_one_name_for_several_polygons_is_one_colonia_only_when_they_adjoin() -> None:
    (apart,) = gazetteer("LAS ARBOLEDAS", "LAS ARBOLEDAS").match_names(["Las Arboledas"])
    assert apart.metodo == "dudoso"
    (together,) = gazetteer("LAS ARBOLEDAS", "LAS ARBOLEDAS", together=True).match_names(["Las Arboledas"])
    # the second box is the larger one
    assert (together.colonia_id, together.metodo, together.certeza) == (2, "nombre", 0.8)


def test_a_section_goes_to_the_colonia_that_holds_it() -> None:
    layer = gazetteer(
        "VISTA ESMERALDA I Y II SECC",
        "VILLAS DE SAN NICOLAS",
        "VILLAS DE SAN NICOLAS II",
        "SAN FRANCISCO 1A",
        "SAN FRANCISCO 2A",
    )
    part, whole, second, which = layer.match_names(
        ["Vista Esmeralda II", "Villas de San Nicolás I", "Villas de San Nicolás 2a. Sección", "San Francisco"]
    )
    assert (part.colonia_id, part.metodo, part.certeza) == (1, "nombre", 0.9)
    assert (whole.colonia_id, whole.metodo, whole.certeza) == (2, "similitud", 0.85)
    assert (second.colonia_id, second.metodo) == (3, "nombre")
    assert which.metodo == "dudoso"


@pytest.mark.parametrize("nothing", ["SIN NOMBRE", "s/n", "...", "", "no existe en ninguna parte"])
def test_nothing_is_found_for_what_names_nothing(nothing: str) -> None:
    (match,) = gazetteer("SIN NOMBRE", "SAN JUAN").match_names([nothing])
    assert (match.colonia_id, match.metodo, match.certeza) == (None, "sin_coincidencia", 0.0)


def test_an_alias_of_the_table_names_a_colonia_of_its_own_spelling() -> None:
    for written, meant in read_aliases():
        (match,) = gazetteer(meant, "OTRA COSA").match_names([written])
        assert (match.colonia_id, match.metodo) == (1, "alias"), written


def test_an_empty_layer_matches_nothing() -> None:
    (match,) = gazetteer().match_names(["SAN JUAN BOSCO"])
    assert match.metodo == "sin_coincidencia"
