"""Personal data: nothing of it leaves the vault; keys, rotation, retention (rules.md, 'Personal data')."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import openpyxl
import polars as pl
import pytest
from pydantic import SecretStr

from ingest.privacy import keys, vault
from ingest.privacy.masks import masked
from ingest.privacy.retention import enforce_retention
from ingest.privacy.rotation import rotate
from ingest.reading import RefusedFile
from ingest.status import status
from pamga import seals
from pamga.errors import PamgaError, UsageError
from pamga.sealing import key_id

from .conftest import Office
from .test_delivery import ACUERDOS, ACUERDOS_PATH, ATTENDANCE, ATTENDANCE_PATH, acuerdo

PLANTED = ["Zenaida", "Quiroz", "4775550123", "477 555 0123", "zenaida@ejemplo.mx", "QUZE800101MGTRRN09", "QUZE800101AB1", "012345678901234567", "PERSONA-77"]  # fmt: skip


def plant(office: Office) -> None:
    office.drop(
        ATTENDANCE_PATH,
        ATTENDANCE
        + "T1,PERSONA-77,Zenaida Quiroz,477 555 0123,zenaida@ejemplo.mx,20,mujer,San\n"
        + "T1,PERSONA-77,Zenaida Quiroz,4775550123,,20,mujer,San\n"
        + "T2,,Zenaida Quiroz,4775550123,,veinte,mujer,San\n"
        + "T3,,Zenaida Quiroz,4775550123,,,,\n",
    )
    free = (
        "Llamar a 477 555 0123 o zenaida@ejemplo.mx; CURP QUZE800101MGTRRN09 RFC QUZE800101AB1 CLABE 012345678901234567"
    )
    office.drop(
        ACUERDOS_PATH,
        ACUERDOS
        + acuerdo("A1", descripcion=free, solicitante="Zenaida Quiroz")
        + acuerdo("A2", kind="zenaida@ejemplo.mx", day="4775550123", solicitante="Zenaida Quiroz")
        + acuerdo("A3", tema="4775550123")
        + acuerdo("A3", tema="otro"),
    )
    office.drop(
        "unidad_transparencia/comentarios_ciudadanos_2026T3.csv",
        "comentario_id;fecha;canal;comentario;remitente\nC1;01/07/2026;portal;Escríbanme a zenaida@ejemplo.mx;Zenaida Quiroz\n"
        "C2;01/07/2026;fax zenaida@ejemplo.mx;Hola;Zenaida Quiroz\n",
    )
    office.drop("imju/lista de 4775550123 zenaida@ejemplo.mx.csv", "Zenaida Quiroz,4775550123\n")


def test_planted_personal_data_are_nowhere(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    plant(office)
    receipts = office.receive()
    assert sum(receipt.quarantined for receipt in receipts) >= 5
    said = f"{receipts} {status(office.settings).stored()} {caplog.text}"
    layout = office.settings.layout
    walked = 0
    for root in (layout.lake, layout.receipts, layout.vault, layout.locks, layout.keys, layout.registry):
        for path in [root] if root.is_file() else root.rglob("*"):
            said += f" {path.name}"
            if path.is_file():
                said += _every_text(path)
                walked += 1
    assert walked > 15
    for planted in PLANTED:
        assert planted not in said, planted


def _every_text(path: Path) -> str:
    """A file's bytes as text, archives and columns unpacked."""
    import zipfile

    import polars as pl

    text = path.read_bytes().decode("latin-1") + path.read_bytes().decode("utf-8", "ignore")
    if path.suffix == ".parquet":
        text += str(pl.read_parquet(path).to_dicts())
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            text += "".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist())
    return text


def test_masks_are_reported_with_their_rows(office: Office) -> None:
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1", tema="Tel. 477-555-0123"))
    assert office.table(receipt)["tema"].to_list() == ["Tel. [teléfono oculto]"]
    assert any("tema" in note and "filas 2" in note for note in office.manifests()[0]["notes"])


def test_the_public_contact_of_an_office_is_kept(office: Office) -> None:
    header = "dependencia_id,dependencia,tiene_contacto_ciudadano,telefono,correo\n"
    receipt = office.deliver(
        "presupuesto_participativo/directorio_2026T3.csv", header + "D1,Obra,Sí,4777880000,a@leon.gob.mx\n"
    )
    assert office.table(receipt).select("telefono", "correo").rows() == [("4777880000", "a@leon.gob.mx")]


@pytest.mark.parametrize(
    "text",
    [
        "Reparar 6 luminarias",
        "del 15-07-2026 10:30 al 16/08/2026",
        "monto 1,234,567,890.00",
        "2026-07-15 2026",
        "10 20 30",
        "folio 123456789",
    ],
)
def test_what_is_no_personal_datum_stays(text: str) -> None:
    assert masked(text)[0] == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a@b.mx-foo@c.mx", "[correo oculto][correo oculto]"),
        ("escriba a ana.ruiz@leon.gob.mx; gracias", "escriba a [correo oculto]; gracias"),
        ("@leon_mx y @imju, ana@", "@leon_mx y @imju, ana@"),
        ("ana@servidor", "ana@servidor"),
        ("(ana@x.mx)", "([correo oculto])"),
        ("a@@b.mx", "a@@b.mx"),
        ("x" * 500 + "@leon.mx", "[correo oculto]"),
    ],
)
def test_addresses_are_masked_whole(text: str, clean: str) -> None:
    assert masked(text)[0] == clean


@pytest.mark.parametrize(
    "piece", ["a", "1", "a.", "1 ", "@", "a@", "a@b.", "(1", "+52 ", "ABCD901231", "é", "-", "1-", "A1", "x@y.z,"]
)
def test_masking_takes_time_in_proportion_to_the_length(piece: str) -> None:
    import time

    began = time.thread_time()
    masked(piece * (200_000 // len(piece)))
    assert time.thread_time() - began < 2


def test_keys_are_made_once_and_readable_by_the_owner_only(make_office: Callable[..., Office]) -> None:
    office = make_office("data")
    office.settings.hmac_key = None
    first = keys.hmac_key(office.settings), keys.vault_key(office.settings)
    assert (keys.hmac_key(office.settings), keys.vault_key(office.settings)) == first
    for path in office.settings.layout.keys.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    strict = make_office("strict", require_keys=True)
    with pytest.raises(UsageError):
        keys.vault_key(strict.settings)
    strict.settings.vault_key = SecretStr("corta")
    with pytest.raises(UsageError):
        keys.vault_key(strict.settings)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_vault_gives_back_what_it_was_given(office: Office, size: int, tmp_path: Path) -> None:
    source = tmp_path / "original"
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    source.write_bytes(content)
    sha256 = vault.keep(office.settings, source)
    assert b"".join(vault.blocks(office.settings, sha256)) == content
    assert vault.keep(office.settings, source) == sha256


@pytest.mark.parametrize("damage", ["flip", "cut", "swap"])
def test_a_damaged_original_is_noticed(office: Office, damage: str, tmp_path: Path) -> None:
    source = tmp_path / "original"
    source.write_bytes(b"a" * (1 << 20) + b"b" * (1 << 20) + b"c" * 10)
    path = vault.object_path(office.settings.layout.vault, vault.keep(office.settings, source))
    sealed = bytearray(path.read_bytes())
    header, block = 27, (1 << 20) + 16
    if damage == "flip":
        sealed[100] ^= 1
    elif damage == "cut":
        del sealed[header + 2 * block :]
    else:
        first, second = sealed[header : header + block], sealed[header + block : header + 2 * block]
        sealed[header : header + 2 * block] = second + first
    path.write_bytes(sealed)
    with pytest.raises(PamgaError):
        list(vault.blocks(office.settings, path.stem))


def test_rotation_hashes_again_from_the_vault(make_office: Callable[..., Office]) -> None:
    from ingest.privacy.pseudonyms import pseudonym

    office = make_office("data")
    receipt = office.deliver(
        ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\nT2,,Eva,4771112222,,x,mujer,\nT3,P3,,,,,,\n"
    )
    before, others = office.table(receipt), office.table(receipt, "rejects")
    office.settings.hmac_key_next = SecretStr("llave nueva")
    done = rotate(office.settings)
    assert len(done.deliveries) == 1 and rotate(office.settings).deliveries == []
    after = office.table(receipt)
    assert after["asistente_id"].to_list() == [pseudonym("P1", b"llave nueva"), pseudonym("P3", b"llave nueva")]
    assert after.drop("asistente_id").equals(before.drop("asistente_id"))
    assert office.table(receipt, "rejects").equals(others)
    from pamga.storage import sha256_file

    (manifest,) = office.manifests()
    (rows,) = office.settings.layout.lake.rglob("rows.parquet")
    assert manifest["rows_sha256"] == sha256_file(rows)
    office.settings.hmac_key_next = None
    with pytest.raises(UsageError):
        rotate(office.settings)


@pytest.mark.slow
def test_what_came_under_the_old_key_after_a_rotation_is_rotated_by_one_more(
    make_office: Callable[..., Office],
) -> None:
    """A worker that nobody gave the new key; and the old key, which others may know, does not come back."""
    office = make_office("data")
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    seals.seal(office.settings, "2026T3-r01")
    office.settings.hmac_key_next = SecretStr("llave nueva")
    rotate(office.settings)
    seals.seal(office.settings, "2026T3-r02")
    office.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T2"), ATTENDANCE + "T1,P2,Eva,,,20,mujer,\n")
    assert rotate(office.settings).deliveries == ["presupuesto_participativo/asistencia_talleres_2026T2 v1"]
    assert {m["hmac_key_id"] for m in office.manifests()} == {key_id(b"llave nueva")}
    rotations = sorted(path.name for path in (office.settings.layout.log / "rotations").iterdir())
    assert rotations == [f"{key_id(b'llave nueva')}-2.json", f"{key_id(b'llave nueva')}.json"]
    assert seals.findings(office.settings) == []

    office.settings.hmac_key, office.settings.hmac_key_next = SecretStr("llave nueva"), SecretStr("llave tercera")
    rotate(office.settings)
    before = office.lake()
    office.settings.hmac_key, office.settings.hmac_key_next = SecretStr("llave tercera"), SecretStr("llave nueva")
    with pytest.raises(UsageError, match="was rotated away"):
        rotate(office.settings)
    assert office.lake() == before and seals.findings(office.settings) == []
    assert not office.settings.layout.rotation.exists()


def test_nothing_is_rotated_when_an_original_would_be_refused_today(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How files are read grows stricter; what was accepted before stays as it is, and an engineer is told."""
    office = make_office("data")
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    before = office.lake()
    monkeypatch.setattr("ingest.privacy.rotation.read", Mock(side_effect=RefusedFile("El archivo no se recibe.")))
    office.settings.hmac_key_next = SecretStr("llave nueva")
    with pytest.raises(PamgaError, match="no longer gives the rows that were accepted"):
        rotate(office.settings)
    assert office.lake() == before


def test_nothing_is_rotated_when_an_original_is_missing_before_its_time(make_office: Callable[..., Office]) -> None:
    office = make_office("data")
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    office.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T2"), ATTENDANCE + "T1,P2,Eva,,,20,mujer,\n")
    vault.object_path(office.settings.layout.vault, office.manifests()[1]["sha256"]).unlink()
    before = office.lake()
    office.settings.hmac_key_next = SecretStr("llave nueva")
    with pytest.raises(PamgaError, match="asistencia_talleres_2026T3 v1"):
        rotate(office.settings)
    assert office.lake() == before


def test_what_left_the_vault_by_retention_keeps_its_pseudonyms_and_the_rotation_goes_on(
    make_office: Callable[..., Office],
) -> None:
    from warehouse.lock import make_lock

    early = make_office("data", hoy=date(2026, 7, 1))
    old = early.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T2"), ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    before = early.table(old)
    later = make_office("data", hoy=date(2031, 8, 1))
    new = later.deliver(ATTENDANCE_PATH, ATTENDANCE + "T2,P2,Eva,,,20,mujer,\n")
    assert len(enforce_retention(later.settings)) == 1
    later.settings.hmac_key_next = SecretStr("llave nueva")
    done = rotate(later.settings)
    assert done.kept == ["presupuesto_participativo/asistencia_talleres_2026T2 v1"]
    assert done.deliveries == ["presupuesto_participativo/asistencia_talleres_2026T3 v1"]
    assert later.table(old).equals(before)
    kept, rehashed = (m["hmac_key_id"] for m in later.manifests())
    assert rehashed == key_id(b"llave nueva") != kept
    assert make_lock(later.settings).hmac_key_id == rehashed
    assert later.table(new).height == 1


def test_two_keys_under_the_standing_deliveries_refuse_to_be_built(make_office: Callable[..., Office]) -> None:
    from warehouse.lock import make_lock

    office = make_office("data")
    office.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T2"), ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    assert make_lock(office.settings).hmac_key_id == key_id(b"llave de prueba")
    office.settings.hmac_key = SecretStr("otra llave")
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T2,P1,Ana,,,20,mujer,\n")
    with pytest.raises(PamgaError, match="2 keys"):
        make_lock(office.settings)


def test_a_rotation_cut_short_is_finished_and_nothing_is_built_or_received_meanwhile(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.privacy import rotation
    from warehouse.lock import make_lock

    office = make_office("data")
    office.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T2"), ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T2,P1,Ana,,,20,mujer,\n")
    office.settings.hmac_key_next = SecretStr("llave nueva")
    replace = rotation._replace
    done: list[Any] = []

    def cut(settings: Any, version: Any, new_id: str) -> None:
        if done:
            raise KeyboardInterrupt
        done.append(replace(settings, version, new_id))

    monkeypatch.setattr(rotation, "_replace", cut)
    with pytest.raises(KeyboardInterrupt):
        rotate(office.settings)
    monkeypatch.undo()
    with pytest.raises(PamgaError, match="being rotated"):
        make_lock(office.settings)
    (waiting,) = [office.deliver(ATTENDANCE_PATH.replace("2026T3", "2026T1"), ATTENDANCE + "T1,P9,Ana,,,20,mujer,\n")]
    assert waiting.state == "pending"
    assert len(rotate(office.settings).deliveries) == 2
    office.settings.hmac_key = SecretStr("llave nueva")
    assert make_lock(office.settings).hmac_key_id == key_id(b"llave nueva")
    pseudonyms = {
        frozenset(pl.read_parquet(path)["asistente_id"]) for path in office.settings.layout.lake.rglob("rows.parquet")
    }
    assert len(pseudonyms) == 1, "the same person has one pseudonym again"


def test_a_kept_key_is_replaced_by_rotation(make_office: Callable[..., Office]) -> None:
    office = make_office("data")
    office.settings.hmac_key = None
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    old = keys.hmac_key(office.settings)
    rotated = rotate(office.settings)
    new = keys.hmac_key(office.settings)
    assert new != old and rotated.hmac_key_id == key_id(new) == office.manifests()[0]["hmac_key_id"]


@pytest.mark.parametrize("kept_in_a_file", [True, False])
def test_a_rotation_after_the_snapshot_is_not_undone_by_a_restore(
    make_office: Callable[..., Office], tmp_path: Path, kept_in_a_file: bool
) -> None:
    """Its old key may be known to somebody: it does not come back, and nothing is built before the pseudonyms are made again."""
    from pamga.backup import back_up, restore
    from warehouse.lock import make_lock

    place = {"backup": str(tmp_path / "respaldo"), "backup_key": SecretStr("ab" * 32)}
    office, key = make_office("data", **place), SecretStr("llave nueva")
    if kept_in_a_file:
        office.settings.hmac_key = None
    office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,P1,Ana,,,20,mujer,\n")
    back_up(office.settings)
    if not kept_in_a_file:
        office.settings.hmac_key_next = key
    new = rotate(office.settings).hmac_key_id
    rotated = office.lake()
    other = make_office("otra", **place)
    other.settings.hmac_key = None if kept_in_a_file else other.settings.hmac_key
    if not kept_in_a_file:
        with pytest.raises(UsageError, match=f"{new}.*rotated after this snapshot"):
            restore(other.settings)
        other.settings.hmac_key = key
    told = restore(other.settings)
    assert told.acts == [f"cambio de la llave de los seudónimos a {new} (2026-11-22)"]
    with pytest.raises(PamgaError, match="being rotated"):
        make_lock(other.settings)
    assert rotate(other.settings).hmac_key_id == new
    assert make_lock(other.settings).hmac_key_id == new
    made_by_locks = {"_log/secret/0001.json"}  # in the first lake no lock was made yet
    assert {name: sha for name, sha in other.lake().items() if name not in made_by_locks} == rotated
    assert key_id(keys.hmac_key(other.settings)) == new


def test_retention_removes_originals_whose_time_is_over(make_office: Callable[..., Office]) -> None:
    office = make_office("data")
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    (original,) = office.settings.layout.vault.rglob("*.enc")
    before = office.lake()
    almost = make_office("data", hoy=date(2031, 11, 21))
    assert enforce_retention(almost.settings) == []
    over = make_office("data", hoy=date(2031, 11, 22))
    assert enforce_retention(over.settings) == [original.stem]
    assert not original.exists() and office.lake() == before


@pytest.mark.parametrize("exchanged", ["colonia", "taller_id"])
def test_people_s_names_in_another_column_refuse_the_file(office: Office, exchanged: str) -> None:
    """Two headers that were exchanged would send the names on as places, or as keys."""
    header = "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia\n"
    places = ("San Miguel", "Julián Carrillo", "Jesús María", "Centro")  # two of them bear a name
    people = ("Juan Pérez López", "María Ramírez Ruiz", "Karla Hernández Juárez", "José Luis Torres Gómez")
    rows = "".join(
        f"T-{n},A-{n},{person},,,20,mujer,{place}\n"
        for n, (person, place) in enumerate(zip(people, places, strict=True))
    )
    path = "presupuesto_participativo/asistencia_talleres_2026T3.csv"
    assert office.deliver(path, header + rows).accepted == 4
    swapped = header.replace("nombre", "~").replace(exchanged, "nombre").replace("~", exchanged)
    receipt = office.deliver(path, swapped + rows)
    assert receipt.state == "rejected" and f"«{exchanged}» trae nombres de personas" in receipt.reasons[0]
    kept = b"".join(p.read_bytes() for p in office.settings.layout.lake.rglob("*") if p.is_file())
    assert not any(word.encode() in kept for person in people for word in (person, person.split()[-1]))


def test_what_slid_into_another_column_is_in_no_reject_whatever_it_is_called(office: Office) -> None:
    """No list knows every name: in a row that slid by a cell a person's name or number stands under a date, an age or a category."""
    names = ("Wxquet Ptlkrf", "lupita", "K'inich", "apodo-del-barrio", "8812345")
    header = "integrante_id,ejercicio,nombre,edad,sexo,colonia,procedencia\n"
    rows = "".join(f"{name},{name},x,{name},{name},Centro,{name}\n" for name in names)
    plain = "I9,2026,y,130,hombbre,Centro,x\n"
    receipt = office.deliver("imju/integrantes_cabildo_2026T3.csv", header + rows + plain)
    rejects = office.table(receipt, "rejects")
    said = str(rejects.to_dicts()) + str(office.manifests())
    assert receipt.accepted == 0 and not [name for name in names if name in said]
    assert {"130", "hombbre"} <= set(rejects["valor"].drop_nulls().to_list())


def test_the_name_of_a_sheet_and_of_a_column_is_repeated_without_personal_data(office: Office) -> None:
    office.deliver(
        ATTENDANCE_PATH.replace("2026T3", "2026T1"),
        ATTENDANCE.strip()
        + ",Llamar al 477·613·9057,Xochitl Pérez López,PEGJ850101HGTRRN09,apodo\nT1,P9,Ana,,,20,mujer,,a,b,c,d\n",
    )
    book = openpyxl.Workbook()
    book.active.title = "Juan Pérez López"
    for row in (ATTENDANCE.strip().split(","), ["T1", "P9", "Ana", "", "", "900", "mujer", ""]):
        book.active.append(row)
    path = office.inbox / ATTENDANCE_PATH.replace(".csv", ".xlsx")
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    office.receive()
    said = str(office.manifests())
    for parquet in office.settings.layout.lake.rglob("rejects.parquet"):
        said += str(pl.read_parquet(parquet).to_dicts())
    assert not [word for word in ("9057", "Xochitl", "Juan", "PEGJ85") if word in said]
    assert "apodo" in said and "[dato personal oculto]" in said
