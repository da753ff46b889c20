"""The front door: versions, duplicates, restoring, order, names, hostile entries, status."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest import commands
from ingest.dropped import list_inbox
from ingest.landing import Identity, versions
from ingest.names import understand
from ingest.receive import Dropped, discover, receive_each, receive_file, receive_inbox, restore
from ingest.remote.found import A_FOLDER, CLOSED_FOLDER
from ingest.status import status
from pamga.errors import PamgaError, UsageError
from pamga.registry import open_registry

from .conftest import Office, common_user, folder_of, page
from .test_delivery import ACUERDOS, ACUERDOS_PATH, acuerdo

IDENTITY = Identity("acuerdos", "2026T3", "presupuesto_participativo")


def touch(path: Path, seconds: float) -> None:
    os.utime(path, (seconds, seconds))


def test_an_unchanged_inbox_is_not_read_again(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    before, lines = office.lake(), status(office.settings)
    assert office.receive() == []
    assert office.lake() == before and status(office.settings) == lines and len(lines.deliveries) == 1


def test_the_log_says_of_every_delivery_what_became_of_it(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "ingest.receive")
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    office.deliver("presupuesto_participativo/sin sentido.csv", "x\n")
    said = [record.getMessage() for record in caplog.records if record.name == "ingest.receive"]
    whole = "[entrega=presupuesto_participativo/acuerdos/2026T3] accepted: version 1, 1 rows accepted, 0 quarantined, 0 out of scope"
    assert said[0] == whole
    assert said[1].startswith("[entrega=presupuesto_participativo/sin sentido.csv] rejected: ")


def test_equal_bytes_are_a_duplicate_and_change_nothing(office: Office) -> None:
    first = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    before = office.lake()
    again = office.deliver("presupuesto_participativo/Acuerdos 2026 T3.csv", ACUERDOS + acuerdo("A1"))
    assert (again.state, again.version, again.landed) == ("duplicate", first.version, False)
    assert office.lake() == before
    lines = status(office.settings).stored()["deliveries"]
    assert [line["state"] for line in lines] == ["accepted", "duplicate"] and lines[1]["reasons"]
    assert folder_of(again).exists()
    assert office.receive() == []


def test_other_bytes_are_a_new_version_and_the_older_one_is_kept(office: Office) -> None:
    path = office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    office.receive()
    older = office.lake()
    path.write_text(ACUERDOS + acuerdo("A1", tema="Agua"))
    (receipt,) = office.receive()
    assert receipt.version == 2
    assert older.items() <= office.lake().items()
    vigente = [line["version"] for line in status(office.settings).stored()["deliveries"] if line["vigente"]]
    assert vigente == [2]
    path.write_text(ACUERDOS + acuerdo("A1"))
    (back,) = office.receive()
    assert back.state == "duplicate" and back.version == 1


def test_a_version_without_an_accepted_row_does_not_stand(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1", day="ayer"))
    assert receipt.version == 2 and receipt.accepted == 0
    newest = office.stands(IDENTITY)
    assert newest is not None and newest.version == 1
    assert office.deliver(ACUERDOS_PATH, ACUERDOS).version == 3
    newest = office.stands(IDENTITY)
    assert newest is not None and newest.version == 3


def test_an_older_version_is_restored_as_a_new_one(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A2"))
    manifest = restore(office.settings, IDENTITY, 1).stored()
    assert (manifest["version"], manifest["restored_from"]) == (3, 1)
    rows = [m.rows_sha256 for m in versions(office.settings.layout, IDENTITY)]
    assert rows[2] == rows[0] != rows[1]
    assert restore(office.settings, IDENTITY, 1).version == 3, "restoring what stands changes nothing"
    with pytest.raises(UsageError):
        restore(office.settings, IDENTITY, 9)
    assert office.receive() == []


def test_why_a_version_was_restored_stands_in_its_notes(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A2"))
    restore(
        office.settings, IDENTITY, 1, "La segunda era de otro mes; lo pidió ana@leon.gob.mx.", "Eva Luna, directora"
    )
    notes = versions(office.settings.layout, IDENTITY)[-1].notes
    said = "Se restauró la versión 1. Motivo: La segunda era de otro mes; lo pidió [correo oculto]. Lo hizo Eva Luna, directora."
    assert notes[-1] == said
    receipt = office.settings.layout.receipts / "presupuesto_participativo" / "acuerdos_2026T3_v0003"
    assert said in (receipt / "index.html").read_text()  # the office is told
    assert said in (receipt / "resumen.txt").read_text().replace("\n", " ")


def test_two_new_files_of_one_delivery_come_by_time_then_name(office: Office) -> None:
    late = office.drop("presupuesto_participativo/acuerdos_2026T3.csv", ACUERDOS + acuerdo("LATE"))
    early = office.drop("presupuesto_participativo/acuerdos_2026-T3.csv", ACUERDOS + acuerdo("EARLY"))
    twin = office.drop("presupuesto_participativo/acuerdos_2026_t3.csv", ACUERDOS + acuerdo("TWIN"))
    touch(late, 2_000_000_000)
    touch(early, 1_000_000_000)
    touch(twin, 2_000_000_000)
    dropped = discover(office.settings)
    receipt = receive_file(office.settings, Dropped.from_queue(dropped[2].queued()))
    assert receipt.version == 3, "what must come first came first, though it was asked for last"
    archivos = [m.archivo.split("/")[1] for m in versions(office.settings.layout, IDENTITY)]
    assert archivos == ["acuerdos_2026-T3.csv", "acuerdos_2026T3.csv", "acuerdos_2026_t3.csv"]
    assert [receive_file(office.settings, d).version for d in dropped] == [1, 2, 3]
    assert all(receive_file(office.settings, d).landed for d in dropped), (
        "whoever received it first, its build is asked for"
    )


class Waiting:
    """The clock of whoever waits for files that are still being written: it goes on while they sleep, however busy the machine is, and
    what a writer does meanwhile is done in the first sleep."""

    def __init__(self, meanwhile: Callable[[float], None]) -> None:
        self._ahead, self._meanwhile = 0.0, [meanwhile]

    def time_ns(self) -> int:
        return time.time_ns() + int(self._ahead * 1e9)

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds
        if self._meanwhile:
            self._meanwhile.pop()(time.time() + self._ahead)


def test_a_file_still_being_written_is_waited_for(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office("data")
    office.settings.settle_seconds = 600
    growing = office.drop(ACUERDOS_PATH, ACUERDOS)

    def finish(now: float) -> None:
        growing.write_text(ACUERDOS + acuerdo("A1"))
        touch(growing, now)

    monkeypatch.setattr("ingest.dropped.time", Waiting(finish))
    (receipt,) = office.receive()
    assert receipt.rows_read == 1


def test_a_clock_that_runs_ahead_hides_no_file_being_written(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share's clock dates every file a day ahead, that which is being written too; an old one is there besides."""
    office = make_office("data")
    office.settings.settle_seconds = 600
    ahead = time.time() + 86_400
    touch(office.drop("presupuesto_participativo/acuerdos_2026T2.csv", ACUERDOS), ahead)
    growing = office.drop(ACUERDOS_PATH, ACUERDOS)
    touch(growing, ahead + 1)

    def finish(_: float) -> None:
        growing.write_text(ACUERDOS + acuerdo("A1"))
        touch(growing, ahead + 2)

    monkeypatch.setattr("ingest.dropped.time", Waiting(finish))
    receipts = office.receive()
    assert sorted((str(r.trimestre), r.rows_read) for r in receipts) == [("2026T2", 0), ("2026T3", 1)]


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import readers

    path = office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    original = readers.read

    def read_slowly(*arguments: object) -> object:
        path.write_text(ACUERDOS + acuerdo("A1") + acuerdo("A2"))
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(readers, "read", read_slowly)
    (receipt,) = office.receive()
    assert receipt.state == "pending" and office.manifests() == []
    monkeypatch.undo()
    (receipt,) = office.receive()
    assert receipt.rows_read == 2


def test_example_data_are_marked(office: Office) -> None:
    office.drop("DATOS_DE_EJEMPLO.txt", "ejemplo")
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    assert [m["example"] for m in office.manifests()] == [True]


def test_a_lost_registry_costs_nothing(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    before = office.lake()
    office.settings.layout.registry.unlink()
    (receipt,) = office.receive()
    assert (receipt.state, receipt.version) == ("accepted", 1) and office.lake() == before
    assert office.receive() == []


def test_hostile_entries_are_refused_and_the_others_go_on(make_office: Callable[..., Office], tmp_path: Path) -> None:
    office = make_office("data", read_apart=True, max_file_mb=1)
    secret = tmp_path / "secreto.csv"
    secret.write_text(ACUERDOS + acuerdo("SECRETO"))
    folder = office.inbox / "presupuesto_participativo"
    office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    (folder / "talleres_2026T3.csv").symlink_to(secret)
    (folder / "eventos_mbh_2026T3.csv").mkdir()
    (folder / "directorio_2026T3.csv").write_bytes(b"")
    (folder / ("n" * 240 + "_2026T3.csv")).write_text("x")
    (folder / "acuerdos_\u202e2026T3.csv").write_text("x")
    os.mkfifo(folder / "proyectos_pp_2026T3.csv")
    (office.inbox / "otra.csv").symlink_to("/dev/zero")
    (folder / os.fsdecode(b"acuerdos_\xff_2026T3.csv")).write_text("x")
    (folder / "talleres\n_2026T3.csv").write_text("x")
    (folder / "encuestas_satisfaccion_2026T3.csv").write_bytes(b"x" * 2_000_000)
    (folder / "acuerdos_2026T1.xlsx").write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    receipts = office.receive()
    for receipt in receipts:
        assert page(receipt) and receipt.archivo.isprintable(), receipt.archivo
        assert folder_of(receipt).resolve().is_relative_to(office.settings.layout.receipts.resolve())
    states = {receipt.archivo: receipt.state for receipt in receipts}
    assert states.pop(ACUERDOS_PATH) == "accepted"
    assert len(states) == 11 and set(states.values()) == {"rejected"}
    assert office.receive() == []
    lines = status(office.settings).stored()["deliveries"]
    assert len(lines) == 12 and all(line["reasons"] for line in lines if line["state"] == "rejected")
    written = (path for path in office.settings.data.rglob("*") if path.is_file() and office.inbox not in path.parents)
    assert not any(b"SECRETO" in path.read_bytes() for path in written)
    assert "\u202e" not in json.dumps(lines, ensure_ascii=False)


def test_what_nobody_lets_us_read_is_refused_until_somebody_does(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    meeting = office.drop("imju/mesas_trabajo_2026T3.csv", MEETING)
    named_wrong = office.drop("presupuesto_participativo/acuerdo_2026T3.csv", ACUERDOS)
    when = [path.stat().st_mtime for path in (locked, meeting.parent, meeting)]
    for path in (locked, named_wrong, meeting.parent):
        path.chmod(0)
    monkeypatch.chdir(office.settings.layout.root)
    office.settings.layout.root.chmod(0o755)
    with common_user():
        entries = list_inbox("inbox")
    faults = {entry.path: entry.fault for entry in entries}
    assert set(faults) == {ACUERDOS_PATH, "imju", "presupuesto_participativo/acuerdo_2026T3.csv"}
    assert all("permiso" in str(fault) for fault in faults.values())
    entries = [replace(entry, inbox=str(office.inbox.resolve())) for entry in entries]
    refused = list(receive_each(office.settings, [Dropped(entry, entry.path) for entry in entries]))
    assert {receipt.state for receipt in refused} == {"rejected"}
    assert any("¿Quiso decir acuerdos_2026T3?" in " ".join(receipt.reasons) for receipt in refused), (
        "all is told at once"
    )
    assert [receipt.reasons for receipt in refused if receipt.archivo == "imju"] == [[CLOSED_FOLDER]], (
        "nothing misleads"
    )
    for path in (meeting.parent, locked, named_wrong):
        path.chmod(0o755)
    assert [path.stat().st_mtime for path in (locked, meeting.parent, meeting)] == when
    taken = {receipt.archivo: receipt.state for receipt in office.receive()}
    assert taken == {ACUERDOS_PATH: "accepted", "imju/mesas_trabajo_2026T3.csv": "accepted"}
    assert office.receive() == []


@pytest.mark.parametrize(
    ("path", "office_of", "told"),
    [
        ("imju/entregas", "imju", [CLOSED_FOLDER]),
        ("imju/octubre/semana 2", "imju", [CLOSED_FOLDER]),
        ("imju/octubre.2026", "imju", [A_FOLDER]),
        ("imju/mesas_trabajo_2026T3.csv", "imju", [A_FOLDER]),
        (
            "imjuu",
            None,
            [CLOSED_FOLDER, "La carpeta «imjuu» no es de ninguna dependencia que entregue. ¿Quiso decir imju?"],
        ),
        (
            "imju.1",
            None,
            [A_FOLDER, "La carpeta «imju.1» no es de ninguna dependencia que entregue. ¿Quiso decir imju?"],
        ),
    ],
)
def test_a_folder_is_told_what_is_wrong_with_a_folder(
    office: Office, monkeypatch: pytest.MonkeyPatch, path: str, office_of: str | None, told: list[str]
) -> None:
    """Not that its name lacks the quarter, the export or the ending of a file."""
    folder = office.inbox / path
    folder.mkdir(parents=True)
    folder.chmod(0o700 if told[0] == A_FOLDER else 0)
    monkeypatch.chdir(office.settings.layout.root)
    office.settings.layout.root.chmod(0o755)
    with common_user():
        entries = [replace(entry, inbox=str(office.inbox.resolve())) for entry in list_inbox("inbox")]
    [receipt] = receive_each(office.settings, [Dropped(entry, entry.path) for entry in entries])
    assert list(receipt.reasons) == told and page(receipt)
    line = status(office.settings).deliveries[0]
    assert line.dependencia == office_of


def test_an_inbox_that_cannot_be_opened_is_told_to_the_engineers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.inbox.mkdir(parents=True)
    office.inbox.chmod(0)
    monkeypatch.chdir(office.settings.layout.root)
    office.settings.layout.root.chmod(0o755)
    with common_user(), pytest.raises(PamgaError, match=r"There is no right to open the inbox"):
        list_inbox("inbox")


def test_a_file_that_goes_away_while_the_inbox_is_listed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1"))
    passing = office.drop("presupuesto_participativo/acuerdos_2026T2.csv", ACUERDOS)
    emptied = office.inbox / "imju"
    emptied.mkdir()
    scandir = os.scandir

    def and_then_gone(folder: Path) -> list[os.DirEntry[str]]:
        children = list(scandir(folder))
        if emptied.exists():
            emptied.rmdir()
        elif passing.exists():
            passing.unlink()
        return children

    monkeypatch.setattr(os, "scandir", and_then_gone)
    assert [entry.path for entry in list_inbox(str(office.inbox))] == [ACUERDOS_PATH]


MEETING = "mesa_id,titulo,eje,fecha_programada\nM1,Uno,emprendimiento,01/07/2026\n"


def test_content_that_defeats_the_program_is_refused_and_the_others_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours at one file: kept, answered in Spanish, logged without what the file says."""
    import ingest.apart as receiving

    def defeated(reading: Any, contract: Any, door: Any) -> Any:
        if contract.export == "mesas_trabajo":
            raise IndexError("Rosa Jiménez")
        return real(reading, contract, door)

    real: Any = vars(receiving)["check_delivery"]
    monkeypatch.setattr(receiving, "check_delivery", defeated)
    office.drop("imju/mesas_trabajo_2026T3.csv", MEETING)
    office.drop("presupuesto_participativo/talleres_2026T3.csv", "taller_id,fecha_programada,sede,tipo_sede\n")
    first, second = office.receive()
    assert (first.state, second.state) == ("rejected", "accepted")
    assert "IndexError" in first.reasons[0] and "Se conserva completo" in first.reasons[0]
    assert page(first)
    assert "Rosa" not in caplog.text and "IndexError at" in caplog.text
    assert office.receive() == []


def test_a_failure_at_one_file_is_raised_when_the_others_are_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import receipts

    def full_disk(settings: Any, outcome: Any, source: Any, files: Any) -> Path:
        if outcome.manifest.export == "mesas_trabajo":
            raise ZeroDivisionError
        return real(settings, outcome, source, files)

    real = receipts.write_receipt
    monkeypatch.setattr(receipts, "write_receipt", full_disk)
    office.drop("imju/mesas_trabajo_2026T3.csv", MEETING)
    office.drop("presupuesto_participativo/talleres_2026T3.csv", "taller_id,fecha_programada,sede,tipo_sede\n")
    with pytest.raises(ZeroDivisionError):
        office.receive()
    assert [manifest["export"] for manifest in office.manifests()] == ["mesas_trabajo", "talleres"]
    monkeypatch.undo()
    (again,) = office.receive()
    assert (again.export, again.state, again.version, again.landed) == ("mesas_trabajo", "accepted", 1, True)


def test_an_object_store_is_an_inbox(make_office: Callable[..., Office]) -> None:
    import fsspec

    files = fsspec.filesystem("memory")
    files.pipe("/buzon/presupuesto_participativo/acuerdos_2026T3.csv", (ACUERDOS + acuerdo("A1")).encode())
    office = make_office("data")
    (receipt,) = receive_inbox(office.settings, "memory://buzon")
    assert receipt.state == "accepted" and receipt.accepted == 1
    assert receive_inbox(office.settings, "memory://buzon") == []


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "name",
    [
        "Acuerdos 2026 T3.xlsx",
        "acuerdos_3er_trimestre_2026.csv",
        "ACUERDOS_2026t3.CSV",
        "acuerdos-2026-T3.csv",
        "acuerdos 3T 2026.csv",
        "Acuerdos tercer trimestre de 2026.ods",
        "acuerdos_2026T3 (1).csv",
        "acuerdos 3° trimestre 2026.xlsx",
        "acuerdos 3er. trimestre de 2026.xlsx",
        "acuerdos_2026T3.csv.xlsx",
        "Copia de acuerdos_2026T3.xlsx",
        "acuerdos_2026T3_final.xlsx",
        "acuerdos_trimestre_3_2026.csv",
        "acuerdos2026T3.csv",
        "Acuerdos de Mi Barrio Habla 2026T3.xlsx",
        "acuerdos_2026T3_correccion.xlsx",
        "acuerdos_2026T3 (corregida).xlsx",
        "acuerdos_2026T3_corregido (2).xlsx",
        "copia de acuerdos_2026T3 - copia.xlsx",
        "plantilla_acuerdos_2026T3.xlsx",
        "Plantilla de acuerdos 2026T3 final v2.xlsx",
        "acuerdos_2026T3_final_v2.xlsx",
        "acuerdos_2026T3 [1].csv",
        "acuerdos_2026T3_2026-10-05.csv",
        "acuerdos_2026T3_20261005.csv",
        "correccion acuerdos 3er trimestre 2026.xlsx",
        "acuerdos_2026T3.v1.2.xlsx",
        "acuerdos_2026T3(1).xlsx",
        "Acuerdos (2026T3).xlsx",
        "acuerdos_2026T3_confirmada.csv",
        "acuerdos_2026T3.xlsx ",  # what nobody sees in a name stops nothing
        "acuerdos_2026T3.xlsx.",
        "acuerdos–2026T3.csv",
        "acuerdos_2026T3 .CSV",
    ],
)
def test_nearly_right_names_are_understood(name: str) -> None:
    named = understand(f"presupuesto_participativo/{name}", TODAY)
    assert (named.export, named.trimestre, named.reasons) == ("acuerdos", "2026T3", ())


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("presupuesto_participativo/acuerods_2026T3.csv", "acuerdos_2026T3"),
        ("presupuesto_participativo/taleres_2026T3.csv", "talleres_2026T3"),
        ("presupuesto_participativo/acuerdos.csv", "trimestre"),
        ("presupuesto_participativo/talleres_2026T5.ods", "como talleres_2026T3.ods"),
        ("presupuesto_partisipativo/acuerdos_2026T3.csv", "¿Quiso decir presupuesto_participativo?"),
        ("presupuesto_participativo/acuerdos_2026T3.pdf", "XLSX"),
        ("imju/acuerdos_2026T3.csv", "presupuesto_participativo"),
        ("presupuesto_participativo/acuerdos_2027T2.csv", "01/04/2027"),
        ("acuerdos_2026T3.csv", "carpeta"),
        ("presupuesto_participativo/correccion.xlsx", "talleres_2026T3_correccion.xlsx"),
        ("presupuesto_participativo/correccion (1).xlsx", "con el nombre de su archivo"),
        ("presupuesto_participativo/acuerdos_2026T3_borrador de Ana.xlsx", "sobra «borrador_de_ana»"),
        ("presupuesto_participativo/acuerdos_correccion.xlsx", "como acuerdos_2026T3.xlsx"),
        ("presupuesto_participativo/acuerdos_2026T2_2026T3.xlsx", "sobra «2026t3»"),
    ],
)
def test_other_names_are_answered_with_the_right_one(path: str, answer: str) -> None:
    assert answer in " ".join(understand(path, TODAY).reasons)


@pytest.mark.parametrize(
    ("name", "confirmed"),
    [
        ("acuerdos_2026T3.csv", False),
        ("acuerdos_2026T3_confirmada.csv", True),
        ("acuerdos_confirmado_2026T3.csv", True),
        ("acuerdos_2026T3_correccion_CONFIRMADA (1).xlsx", True),
        ("acuerdos_2026T3_final.csv", False),
    ],
)
def test_a_name_may_say_that_it_was_confirmed(name: str, confirmed: bool) -> None:
    named = understand(f"presupuesto_participativo/{name}", TODAY)
    assert (named.export, named.reasons, named.confirmed) == ("acuerdos", (), confirmed)


def test_the_commands_speak_json(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_DATA", str(office.settings.data))
    monkeypatch.setenv("PAMGA_SETTLE_SECONDS", "0")
    monkeypatch.setenv("PAMGA_HOY", "2026-11-22")
    office.drop(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2", kind="x"))
    run = CliRunner()
    before = json.loads(run.invoke(commands.status, ["--json"]).stdout)
    assert before == {"deliveries": [], "release": None, "inbox": [ACUERDOS_PATH]}
    (receipt,) = json.loads(run.invoke(commands.receive, ["--json"]).stdout)["receipts"]
    assert receipt["state"] == "accepted_with_rejects" and receipt["quarantined"] == 1
    after = json.loads(run.invoke(commands.status, ["--json"]).stdout)
    assert after["inbox"] == []
    (line,) = after["deliveries"]
    assert {
        "dependencia", "export", "trimestre", "version", "sha256", "received_at", "state", "rows_read", "accepted",
        "quarantined", "out_of_scope", "reasons",
    } <= set(line)  # fmt: skip
    assert line["received_at"] == "2026-11-22"
    arguments = ["--restore", "acuerdos", "2026T3", "presupuesto_participativo", "1", "--json"]
    assert json.loads(run.invoke(commands.receive, arguments).stdout)["version"] == 1
    assert "acuerdos" in run.invoke(commands.status, []).stdout
    assert "No hay archivos nuevos" in run.invoke(commands.receive, []).stdout


def test_the_registry_s_migrations_give_its_tables(office: Office) -> None:
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from pamga import registry

    open_registry(office.settings)
    engine = sa.create_engine(office.settings.registry_sqlalchemy_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), registry.metadata) == []
    assert ScriptDirectory(str(registry.MIGRATIONS)).get_current_head() == registry.HEAD


def test_reminders_and_approvals_are_recorded_once(office: Office) -> None:
    registry = open_registry(office.settings)
    assert registry.record_reminder("r1", "imju", "vence", TODAY)
    assert not registry.record_reminder("r1", "imju", "vence", TODAY)
    assert registry.record_approval("run", "2026T3-r01", "aprobada", "Ana", None, TODAY)
    assert not registry.record_approval("run", "2026T3-r01", "rechazada", "Eva", "x", TODAY)


@pytest.mark.parametrize(
    ("path", "office_folder"),
    [
        (
            "Presupuesto Participativo (2026)/acuerdos_2026T3.csv",
            "presupuesto_participativo",
        ),  # the one office that delivers it
        ("zzz/acuerdos_2026T3.csv", "presupuesto_participativo"),
        (
            "unidad de transparencias/documentos_2026T3.csv",
            "unidad_transparencia",
        ),  # two deliver it: the one that it resembles
        ("zzz/documentos_2026T3.csv", "_sin_identificar"),
    ],
)
def test_the_receipt_of_a_renamed_folder_is_found_by_its_office(office: Office, path: str, office_folder: str) -> None:
    receipt = office.deliver(path, ACUERDOS + acuerdo("A1"))
    assert receipt.state == "rejected"
    assert folder_of(receipt).parent.name == office_folder


def test_receipts_that_come_back_by_the_same_way_are_no_deliveries(office: Office) -> None:
    """An office's folder on the SFTP server: it drops in `entregas/` and reads in `acuses/`."""
    folder = Path(ACUERDOS_PATH).parent
    dropped = office.drop(str(folder / "entregas" / Path(ACUERDOS_PATH).name), ACUERDOS + acuerdo("A1"))
    (receipt,) = office.receive()
    assert (receipt.archivo, receipt.state) == (str(dropped.relative_to(office.inbox)), "accepted")
    shutil.copytree(office.settings.layout.receipts / folder, office.inbox / folder / "acuses")
    office.drop(str(folder / "acuses" / Path(ACUERDOS_PATH).name), ACUERDOS + acuerdo("A2"))
    assert office.receive() == []
