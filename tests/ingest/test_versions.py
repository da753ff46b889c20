"""A new version against the one that it replaces: what the receipt says, what waits for a second word (rules.md, 'Rows')."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.comparison import compare, loss
from ingest.contract import load_contract
from ingest.landing import Identity, as_contract
from ingest.receive import restore
from ingest.status import status
from pamga.documents.deliveries import Manifest
from pamga.layout import Layout
from tests.documents import made

from .conftest import Office, killed_at, page, summary
from .files import sheet_of
from .test_delivery import ACUERDOS, ACUERDOS_PATH, acuerdo

IDENTITY = Identity("acuerdos", "2026T3", "presupuesto_participativo")
CONFIRMED = "presupuesto_participativo/acuerdos_2026T3_confirmada.csv"
BAJA = ACUERDOS.rstrip("\n") + ",baja\n"


def keyed(numbers: Iterable[int], prefix: str = "AC-2026-0", **cells: str) -> str:
    return ACUERDOS + "".join(acuerdo(f"{prefix}{number:03d}", **cells) for number in numbers)


def stands(office: Office, identity: Identity = IDENTITY) -> int | None:
    newest = office.stands(identity)
    return None if newest is None else newest.version


# ---- what the receipt says ---------------------------------------------------------------------------------------------


def test_a_receipt_compares_with_the_version_that_it_replaces(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(1, 21)))
    body = keyed(range(3, 21)) + acuerdo("NUEVO-1") + acuerdo("NUEVO-2")
    body = body.replace("AC-2026-0005,E1,01/07/2026,inmediato,Luz", "AC-2026-0005,E1,02/07/2026,inmediato,Agua")
    body = body.replace("AC-2026-0006,E1,01/07/2026,inmediato,Luz", "AC-2026-0006,E1,01/07/2026,inmediato,Agua")
    receipt = office.deliver(ACUERDOS_PATH, body)
    change = office.manifests()[1]["replaces"]
    assert change == {
        "trimestre": "2026T3", "version": 1, "rows_before": 20, "rows_after": 20, "lost": 2, "keys_gone": 2, "keys_new": 2,
        "withdrawn": 0, "rows_changed": 2, "changed_by_column": {"fecha_acuerdo": 1, "tema": 2},
        "first_gone": ["AC-2026-0001", "AC-2026-0002"], "first_new": ["NUEVO-1", "NUEVO-2"], "respelt": None,
    }  # fmt: skip
    assert receipt.state == "accepted" and stands(office) == 2
    said = summary(receipt)
    assert "Claves que ya no vienen: 2 (AC-2026-0001, AC-2026-0002)" in said and "Cambió tema en 2 filas" in said
    assert "RECIBIDO COMPLETO:" in said and "AC-2026-0001, AC-2026-0002" in page(receipt)


def test_the_first_version_is_compared_with_nothing(office: Office) -> None:
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(3)))
    assert office.manifests()[0]["replaces"] is None and "Comparada" not in page(receipt)


def test_the_headline_says_when_most_of_a_small_delivery_vanishes(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(9)))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(1)))
    assert receipt.state == "accepted" and stands(office) == 2, "fewer than ten rows are lost: it stands and says so"
    assert summary(receipt).startswith("RECIBIDO COMPLETO: QUITA 8 DE LAS 9 FILAS QUE VALÍAN")


def test_no_pseudonym_is_shown(office: Office) -> None:
    head = "taller_id,asistente_id,nombre,edad\n"
    path = "presupuesto_participativo/asistencia_talleres_2026T3.csv"
    office.deliver(path, head + "".join(f"T1,P{n},Ana Ruiz {n},30\n" for n in range(30)))
    receipt = office.deliver(path, head + "".join(f"T1,P{n},Ana Ruiz {n},31\n" for n in range(20, 50)))
    change = office.manifests()[1]["replaces"]
    assert (change["keys_gone"], change["keys_new"], change["first_gone"], change["first_new"]) == (20, 20, [], [])
    assert receipt.state == "held" and change["changed_by_column"] == {"edad": 10}
    assert "Ruiz" not in page(receipt) + summary(receipt) and "P20" not in page(receipt)


# ---- what waits --------------------------------------------------------------------------------------------------------


def test_a_version_that_would_take_most_rows_away_is_kept_and_does_not_stand(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(250)))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(3)))
    assert (receipt.state, receipt.version, receipt.accepted, stands(office)) == ("held", 2, 3, 1)
    said = summary(receipt)
    assert "ESPERA SU CONFIRMACIÓN: QUITARÍA 247 DE LAS 250 FILAS" in said.splitlines()[0]
    assert "acuerdos_2026T3_confirmada.csv" in said and "sigue vigente" in said
    line = status(office.settings).stored()["deliveries"][1]
    assert (line["state"], line["stands"], line["vigente"]) == ("held", False, False) and "247" in line["reasons"][0]
    again = office.deliver("presupuesto_participativo/acuerdos_2026T3 (2).csv", keyed(range(3)))
    assert again.state == "duplicate" and "espera su confirmación" in page(again) and stands(office) == 1


def test_the_same_bytes_confirmed_are_no_duplicate_and_stand(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(250)))
    office.deliver(ACUERDOS_PATH, keyed(range(3)))
    receipt = office.deliver(CONFIRMED, keyed(range(3)))
    assert (receipt.state, receipt.version, stands(office)) == ("accepted", 3, 3)
    assert "La dependencia confirmó esta versión" in page(receipt) and "QUITA 247 DE LAS 250" in summary(receipt)
    assert office.receive() == []
    again = office.deliver("presupuesto_participativo/acuerdos_2026T3_confirmada_2.csv", keyed(range(3)))
    assert again.state == "duplicate" and stands(office) == 3


def test_a_confirmed_file_of_other_bytes_stands_too_but_a_name_is_a_word_once(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(250)))
    office.deliver(ACUERDOS_PATH, keyed(range(3)))
    assert office.deliver(CONFIRMED, keyed(range(4))).state == "accepted" and stands(office) == 3
    office.deliver(ACUERDOS_PATH, keyed(range(200)))
    saved_again = office.deliver(CONFIRMED, keyed(range(5)))
    assert saved_again.state == "held" and stands(office) == 4
    assert "acuerdos_2026T3_confirmada_6.csv" in summary(saved_again)
    third = office.deliver("presupuesto_participativo/acuerdos_2026T3_confirmada_6.csv", keyed(range(5)))
    assert third.state == "accepted" and stands(office) == 6


def test_a_workbook_written_anew_confirms(office: Office) -> None:
    """Saving a workbook again gives other bytes."""

    def book(rows: int) -> bytes:
        return sheet_of(*(line.split(",") for line in keyed(range(rows)).splitlines()))

    office.deliver(ACUERDOS_PATH.replace(".csv", ".xlsx"), book(60))
    assert office.deliver(ACUERDOS_PATH.replace(".csv", ".xlsx"), book(20)).state == "held"
    assert office.deliver(CONFIRMED.replace(".csv", ".xlsx"), book(20)).state == "accepted"
    assert stands(office) == 3


@pytest.mark.parametrize(
    ("before", "after", "state"), [(20, 10, "accepted"), (19, 9, "held"), (18, 9, "accepted"), (10, 0, "held")]
)
def test_more_than_half_and_at_least_ten(office: Office, before: int, after: int, state: str) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(before)))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(after)))
    assert receipt.state == state
    assert stands(office) == (2 if state == "accepted" else 1)


def test_bad_cells_count_as_rows_that_are_lost(office: Office) -> None:
    """The quarter's dates typed wrong: 30 of 40 rows would be gone."""
    office.deliver(ACUERDOS_PATH, keyed(range(40)))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(10)) + keyed(range(10, 40), day="ayer").removeprefix(ACUERDOS))
    assert (receipt.state, receipt.quarantined, stands(office)) == ("held", 30, 1)
    assert "Celdas por corregir (30)" in summary(receipt)


def test_no_accepted_row_is_no_version_to_confirm(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(40)))
    receipt = office.deliver(CONFIRMED, keyed(range(40), day="ayer"))
    assert receipt.state == "accepted_with_rejects" and stands(office) == 1


def test_keys_withdrawn_by_baja_are_rows_taken_away(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(30)))
    rows = [line + ("," if number < 12 else ",Sí") for number, line in enumerate(keyed(range(30)).splitlines()[1:])]
    receipt = office.deliver(ACUERDOS_PATH, BAJA + "\n".join(rows) + "\n")
    assert receipt.state == "held" and "18 vienen con baja" in summary(receipt)
    few = [line + ("," if number > 3 else ",Sí") for number, line in enumerate(keyed(range(30)).splitlines()[1:])]
    receipt = office.deliver(ACUERDOS_PATH, BAJA + "\n".join(few) + "\n")
    assert receipt.state == "accepted" and "Claves que ahora vienen con baja: 4" in summary(receipt)


@pytest.mark.parametrize(("old", "new"), [("AC-2026-0", "ac 2026 0"), ("00", ""), ("AC-2026-0", "AC_2026_0"), ("AC/", "AC-")])  # fmt: skip
def test_a_key_spelt_otherwise_is_told_as_such(office: Office, old: str, new: str) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(101, 131), old))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(101, 131), new))
    assert receipt.state == "held"
    assert f"cambió la forma de escribir la clave: antes «{old}101», ahora «{new}101»" in summary(receipt)


def test_a_held_version_is_no_yardstick(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(100)))
    office.deliver(ACUERDOS_PATH, keyed(range(2)))
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(98)))
    change = office.manifests()[-1]["replaces"]
    assert receipt.state == "accepted" and (change["version"], change["keys_gone"]) == (1, 2)


def test_a_restored_version_is_what_the_next_one_is_compared_with(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(100)))
    office.deliver(CONFIRMED, keyed(range(3)))
    restore(office.settings, IDENTITY, 1)
    assert stands(office) == 3
    receipt = office.deliver(ACUERDOS_PATH, keyed(range(4)))
    assert receipt.state == "held" and office.manifests()[-1]["replaces"]["version"] == 3
    manifest = restore(office.settings, IDENTITY, 4, "Lo confirmó la dependencia por teléfono.").stored()
    assert (manifest["state"], manifest["stands"], manifest["reasons"]) == ("accepted", True, []) and stands(
        office
    ) == 5


def test_another_quarter_is_not_compared_but_a_whole_layer_is(office: Office) -> None:
    office.deliver("presupuesto_participativo/acuerdos_2026T2.csv", keyed(range(100), day="01/05/2026"))
    assert office.deliver(ACUERDOS_PATH, keyed(range(200, 203))).state == "accepted"
    layer = "medio_ambiente/estaciones_calidad_aire_{}.csv"
    head = "station_id,station_name,station_code,lat,lon,network_name\n"
    rows = [f"{n},Estación {n},E{n},21.1,-101.6,León\n" for n in range(24)]
    assert office.deliver(layer.format("2026T2"), head + "".join(rows)).state == "accepted"
    small = office.deliver(layer.format("2026T3"), head + "".join(rows[:3]))
    assert small.state == "held" and "versión 1 de 2026T2" in summary(small)
    assert stands(office, Identity("estaciones_calidad_aire", "2026T3", "medio_ambiente")) is None
    same = office.deliver(layer.format("2026T3"), head + "".join(rows))
    assert same.state == "accepted", "a whole layer may stay the same"


def test_a_killed_run_does_not_hold_or_confirm_twice(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(50)))
    office.deliver(ACUERDOS_PATH, keyed(range(3)))
    office.drop(CONFIRMED, keyed(range(3)))

    with killed_at("ingest.receive.Registry.record"):
        office.receive()
    (receipt,) = office.receive()
    assert (receipt.state, receipt.version, len(office.manifests())) == ("accepted", 3, 3) and stands(office) == 3


# ---- a copy of another quarter -----------------------------------------------------------------------------------------

T2_PATH = "presupuesto_participativo/acuerdos_2026T2.csv"
T2 = keyed(range(40), day="05/05/2026")


@pytest.mark.parametrize(
    "content",
    [
        T2,
        T2.replace("\n", "\r\n"),
        ACUERDOS + "".join(sorted(T2.removeprefix(ACUERDOS).splitlines(True), reverse=True)),
        T2.replace("AC-2026-0003,E1,05/05/2026,inmediato,Luz", "AC-2026-0003,E1,05/05/2026,inmediato,Agua"),
        T2.replace("05/05/2026", "2026-05-05"),
    ],
    ids=["same bytes", "other line ends", "other order", "one cell edited", "dates written otherwise"],
)
def test_a_copy_of_another_quarter_is_asked_back(office: Office, content: str) -> None:
    office.deliver(T2_PATH, T2)
    receipt = office.deliver(ACUERDOS_PATH, content)
    assert receipt.state == "held" and stands(office) is None
    assert "Es igual a acuerdos_2026T2 (versión 1)" in summary(receipt) and "¿Se equivocó de archivo" in summary(
        receipt
    )
    assert office.deliver(CONFIRMED, content).state == "accepted" and stands(office) == 2


def test_a_copy_with_other_keys_is_asked_back_and_rows_that_are_all_alike_are_not(office: Office) -> None:
    """The same 40 agreements numbered anew; 40 new ones that say the same of the same day are 40 agreements."""

    def told(prefix: str, *topics: str) -> str:
        return ACUERDOS + "".join(
            acuerdo(f"{prefix}{n:03d}", day="05/05/2026", tema=topics[n % len(topics)]) for n in range(40)
        )

    topics = [f"Tema {n}" for n in range(40)]
    office.deliver(T2_PATH, told("A-", *topics))
    receipt = office.deliver(ACUERDOS_PATH, told("B-", *reversed(topics)))
    assert receipt.state == "held" and "trae las mismas filas, con otras claves" in summary(receipt)
    other = "presupuesto_participativo/acuerdos_2026T1.csv"
    assert office.deliver(other, told("C-", "Luz", "Agua")).state == "accepted"
    assert office.deliver(ACUERDOS_PATH, told("D-", "Luz", "Agua")).state == "accepted"


def test_an_earlier_quarter_delivered_later_is_compared_too(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, keyed(range(40)))
    receipt = office.deliver("presupuesto_participativo/acuerdos_2025T1.csv", keyed(range(40)))
    assert receipt.state == "held" and "acuerdos_2026T3" in summary(receipt)


@pytest.mark.parametrize(
    "content",
    [
        T2 + acuerdo("AC-2026-0900", day="14/08/2026"),
        T2.replace("AC-2026-0003,E1,05/05/2026,inmediato,Luz,Obra Pública,Poste,,", "AC-2026-0003,E1,05/05/2026,inmediato,Luz,Obra Pública,Poste,,20/07/2026"),
        keyed(range(20), day="05/05/2026"),
        keyed(range(40), day="05/05/2026", fin="02/09/2026"),
        ACUERDOS,
    ],
    ids=["one new row of the quarter", "one finished in the quarter", "half of the rows again", "all finished", "header only"],
)  # fmt: skip
def test_a_quarter_may_repeat_earlier_rows(office: Office, content: str) -> None:
    office.deliver(T2_PATH, T2)
    assert office.deliver(ACUERDOS_PATH, content).state == "accepted"


@pytest.mark.parametrize(("count", "state"), [(4, "accepted"), (5, "held")])
def test_a_few_rows_may_be_the_same_as_before(office: Office, count: int, state: str) -> None:
    body = keyed(range(count), day="05/05/2026")
    office.deliver(T2_PATH, body)
    assert office.deliver(ACUERDOS_PATH, body.replace(",,\n", ", ,\n")).state == state
    assert office.deliver("presupuesto_participativo/acuerdos_2026T1.csv", body).state == "held", (
        "the same bytes are asked back"
    )


def test_headers_only_are_equal_by_nature(office: Office) -> None:
    office.deliver(T2_PATH, ACUERDOS)
    assert office.deliver(ACUERDOS_PATH, ACUERDOS).state == "accepted" and stands(office) == 1


def test_an_inventory_may_stay_as_it_is(make_office: Callable[..., Office]) -> None:
    office = make_office("inventario")
    body = "dependencia_id,dependencia,tiene_contacto_ciudadano,fecha_actualizacion\n"
    body += "".join(f"D{n},Dirección {n},Sí,15/02/2026\n" for n in range(30))
    office.deliver("presupuesto_participativo/directorio_2026T1.csv", body)
    assert office.deliver("presupuesto_participativo/directorio_2026T2.csv", body).state == "accepted"


def test_another_office_s_file_is_no_copy(office: Office) -> None:
    """documentos comes from two offices; evidencias from three."""
    body = "evidencia_id,indicador,ejercicio,titulo,tipo,url\nE1,CAJ-5,2026,Lista,documento,https://leon.gob.mx/a\n"
    assert office.deliver("imju/evidencias_2026T2.csv", body).state == "accepted"
    assert office.deliver("presupuesto_participativo/evidencias_2026T3.csv", body).state == "accepted"
    assert office.deliver("imju/evidencias_2026T3.csv", body).state == "held"


def test_a_damaged_older_version_is_named_and_the_others_go_on(office: Office) -> None:
    from pamga.storage import DamagedFile

    office.deliver(ACUERDOS_PATH, keyed(range(40)))
    folder = IDENTITY.folder(office.settings.layout) / "version=0001"
    shutil.copy(folder / "manifest.json", folder / "rows.parquet")
    office.drop(ACUERDOS_PATH, keyed(range(41)))
    office.drop("presupuesto_participativo/acuerdos_2026T4.csv", keyed(range(50, 52), day="20/11/2026"))
    with pytest.raises(DamagedFile, match=r"rows\.parquet"):
        office.receive()
    assert [m["trimestre"] for m in office.manifests()] == ["2026T3", "2026T4"]
    assert office.settings.today == date(2026, 11, 22)


# ---- against a slow count ----------------------------------------------------------------------------------------------

ROWS = st.dictionaries(st.integers(0, 40), st.tuples(st.sampled_from(["Luz", "Agua"]), st.booleans()), max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(before=ROWS, after=ROWS)
def test_the_comparison_counts_what_a_person_would_count(
    before: dict[int, tuple[str, bool]], after: dict[int, tuple[str, bool]]
) -> None:
    contract = load_contract("acuerdos")

    def frame(rows: dict[int, tuple[str, bool]]) -> pl.DataFrame:
        columns = {"acuerdo_id": [f"A{key}" for key in rows], "tema": [tema for tema, _ in rows.values()],
                   "baja": [baja for _, baja in rows.values()], "fila": list(range(2, len(rows) + 2))}  # fmt: skip
        return as_contract(
            pl.DataFrame(columns, schema_overrides={"acuerdo_id": pl.String, "tema": pl.String}), contract
        )

    gone, both = before.keys() - after.keys(), before.keys() & after.keys()
    withdrawn = [key for key in both if after[key][1] and not before[key][1]]
    lost = len(gone) + len(withdrawn)
    with TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        manifest = made(
            Manifest, export="acuerdos", trimestre="2026T3", dependencia="presupuesto_participativo", version=1
        )
        path = IDENTITY.folder(layout) / "version=0001" / "rows.parquet"
        path.parent.mkdir(parents=True)
        frame(before).write_parquet(path)
        change = compare(layout, contract, manifest, frame(after), None)
    assert (change.rows_before, change.rows_after) == (len(before), len(after))
    assert (change.keys_gone, change.keys_new) == (len(gone), len(after.keys() - before.keys()))
    assert (change.withdrawn, change.lost) == (len(withdrawn), lost)
    assert change.rows_changed == sum(before[key] != after[key] for key in both)
    changed = {
        "tema": sum(before[k][0] != after[k][0] for k in both),
        "baja": sum(before[k][1] != after[k][1] for k in both),
    }
    assert change.changed_by_column == {name: count for name, count in changed.items() if count}
    assert (loss(change) is not None) == (lost >= 10 and 2 * lost > len(before))


# ---- the quarter of its name -------------------------------------------------------------------------------------------


def test_a_file_that_only_tells_of_later_days_than_its_quarter_says_so(office: Office) -> None:
    said = "Todas las fechas de este archivo son posteriores al 2026T1, que terminó el 31/03/2026"
    path = "presupuesto_participativo/acuerdos_2026T1.csv"
    receipt = office.deliver(path, keyed(range(3)))
    assert receipt.state == "accepted" and said in page(receipt)
    timely = keyed(range(3)).replace("01/07/2026", "31/03/2026", 1)
    assert said not in page(office.deliver(path, timely))
    assert said not in page(office.deliver(ACUERDOS_PATH, keyed(range(4))))


def test_a_day_many_years_away_is_said_with_its_row_and_still_counts(office: Office) -> None:
    """2052 for 2025 is no date that a rule forbids, but it would take the row out of its figures unsaid."""
    head = "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede\n"
    days = ["30/08/2025,", "04/02/2052,", "31/12/2016,30/12/2016", "01/01/2017,", "01/01/2036,"]
    body = "".join(f"T{n},{day},Sede,escuela\n" for n, day in enumerate(days))
    receipt = office.deliver("presupuesto_participativo/talleres_2026T3.csv", head + body)
    assert (receipt.state, receipt.accepted) == ("accepted", 5)
    said = page(receipt)
    far = "trae fechas a 10 años o más de 2026T3"
    assert (
        f"Columna «fecha_programada»: {far}: «04/02/2052» (fila 3), «31/12/2016» (fila 4), «01/01/2036» (fila 6)."
        in said
    )
    assert f"Columna «fecha_realizada»: {far}: «30/12/2016» (fila 4)." in said


PROYECTOS = "proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,monto_mxn,avance_fisico_pct\n"


def projects(times: float, *, last: float = 1.0, share: float = 1.0) -> str:
    return PROYECTOS + "".join(
        f"P{n},Parque,area_verde,Sí,2026,{(100000 + n) * (last if n == 9 else times):.3f},{(40 + n) * share:.2f}\n"
        for n in range(10)
    )


def test_a_correction_in_another_unit_is_told_and_one_that_changes_many_is_not(office: Office) -> None:
    """Pesos and then thousands of pesos, percentages and then shares of one."""
    path = "presupuesto_participativo/proyectos_pp_2026T3.csv"
    office.deliver(path, projects(1))
    said = page(office.deliver(path, projects(0.001, last=0.5, share=0.01)))
    assert (
        "Columna «monto_mxn»: 9 números son mil veces menores que en la versión 1 de 2026T3 (por ejemplo, en la fila 2 decía 100,000 "
        "y ahora 100)." in said
    )
    assert "Columna «avance_fisico_pct»: 10 números son cien veces menores que en la versión 1" in said
    said = page(office.deliver(path, projects(1, last=0.9)))
    assert "Columna «monto_mxn»: 9 números son mil veces mayores que en la versión 2 de 2026T3" in said
    assert "veces" not in page(office.deliver(path, projects(1.5)))
