"""Files made to harm: each is refused in plain Spanish, quickly and within bounded memory."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from ingest.names import understand
from ingest.readers.guard import unsafe_name
from ingest.reading import RefusedFile
from ingest.receive import receive_inbox
from pamga.settings import Settings

from .conftest import common_user
from .files import read_as, workbook, zipped

HEADER = ["mesa_id", "titulo", "eje", "fecha_programada"]
ROW = ["M-1", "Uno", "emprendimiento", "01/07/2026"]


def _refusal(path: Path) -> str:
    with pytest.raises(RefusedFile) as refused:
        read_as("mesas_trabajo", path)
    return " ".join(refused.value.reasons)


def _book(path: Path) -> Path:
    return workbook(path, {"Sheet": [HEADER, ROW]})


def _rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The workbook with its members changed."""
    with zipfile.ZipFile(_book(path)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    return zipped(path, members)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mesas_trabajo_2026T3.xlsx"


def test_the_plain_book_is_fine(path: Path) -> None:
    assert read_as("mesas_trabajo", _book(path)).rows.height == 1


SHEET = "xl/worksheets/sheet1.xml"


def test_a_zip_bomb(path: Path) -> None:
    def inflate(members: dict[str, bytes]) -> None:
        members["xl/bomba.xml"] = b" " * 150_000_000

    assert "bomba de compresión" in _refusal(_rewritten(path, inflate))


def test_a_zip_that_lies_about_its_size(path: Path) -> None:
    _rewritten(path, lambda members: members.update({SHEET: members[SHEET] + b" " * 3_000_000}))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        real = archive.getinfo(SHEET).file_size
    place = 0
    while (place := content.find(real.to_bytes(4, "little"), place)) >= 0:
        content[place : place + 4] = (1000).to_bytes(4, "little")
        place += 4
    path.write_bytes(content)
    assert "dañado" in _refusal(path)


def test_ten_million_rows(path: Path) -> None:
    def far(members: dict[str, bytes]) -> None:
        row = b'<row r="10000000"><c r="A10000000" t="n"><v>1</v></c></row>'
        members[SHEET] = members[SHEET].replace(b"</sheetData>", row + b"</sheetData>")

    assert "más de 100,000 filas" in _refusal(_rewritten(path, far))


def test_ten_million_rows_in_fact(path: Path) -> None:
    def many(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET].replace(
            b"</sheetData>", b"<row><c><v>1</v></c></row>" * 1_000_000 + b"</sheetData>"
        )

    assert "filas" in _refusal(_rewritten(path, many))


@pytest.mark.parametrize("cell", [b"XFD99999", b"ZZ99999"])
def test_a_cell_so_far_out_that_the_rectangle_would_fill_the_memory(path: Path, cell: bytes) -> None:
    def far(members: dict[str, bytes]) -> None:
        row = b'<row r="99999"><c r="' + cell + b'" t="n"><v>1</v></c></row>'
        members[SHEET] = members[SHEET].replace(b"</sheetData>", row + b"</sheetData>")

    assert "muy lejos" in _refusal(_rewritten(path, far))


def test_entities(path: Path) -> None:
    def entities(members: dict[str, bytes]) -> None:
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        members[SHEET] = bomb + members[SHEET]

    assert "entidades" in _refusal(_rewritten(path, entities))


def test_macros(path: Path) -> None:
    assert "macros" in _refusal(_rewritten(path, lambda members: members.update({"xl/vbaProject.bin": b"x"})))


@pytest.mark.parametrize("name", ["xl/externalLinks/externalLink1.xml", "xl/connections.xml"])
def test_external_links(path: Path, name: str) -> None:
    assert "vínculos" in _refusal(_rewritten(path, lambda members: members.update({name: b"<x/>"})))


def test_members_that_climb_out(path: Path) -> None:
    assert "rutas" in _refusal(_rewritten(path, lambda members: members.update({"../../etc/passwd": b"x"})))


@pytest.mark.parametrize("keep", [30, 200, 3000])
def test_truncated_books(path: Path, keep: int) -> None:
    path.write_bytes(_book(path).read_bytes()[:keep])
    assert "dañado" in _refusal(path)


@pytest.mark.parametrize("seed", range(25))
def test_books_with_flipped_bytes_never_raise_anything_else(path: Path, seed: int) -> None:
    import random

    dice = random.Random(seed)
    content = bytearray(_book(path).read_bytes())
    for _ in range(20):
        content[dice.randrange(len(content))] = dice.randrange(256)
    path.write_bytes(content)
    try:
        read_as("mesas_trabajo", path)
    except RefusedFile as refused:
        assert refused.reasons


@pytest.mark.parametrize(("rows", "columns", "words"), [(10_000_000, 1, "filas"), (90_000, 16_000, "muy lejos")])
def test_an_ods_that_says_a_cell_a_million_times(tmp_path: Path, rows: int, columns: int, words: str) -> None:
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Datos")
    row = TableRow(numberrowsrepeated=rows)
    cell = TableCell(valuetype="string", numbercolumnsrepeated=columns)
    cell.addElement(P(text="x"))
    row.addElement(cell)
    sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    path = tmp_path / "mesas_trabajo_2026T3.ods"
    document.save(path)
    assert words in _refusal(path)


def test_an_empty_file(path: Path) -> None:
    path.touch()
    assert "vacío" in _refusal(path)
    path.write_text("\n \n\n")
    assert "vacío" in _refusal(path)


def test_a_folder_named_like_a_file(path: Path) -> None:
    path.mkdir()
    assert "carpeta" in _refusal(path)


def test_a_symbolic_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "secreto.csv"
    target.write_text(",".join(HEADER) + "\n")
    path.symlink_to(target)
    assert "enlace" in _refusal(path)


def test_a_pipe_does_not_hang(path: Path) -> None:
    os.mkfifo(path)
    assert "No es un archivo común" in _refusal(path)


def test_no_permission(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _book(path).chmod(0)
    path.parent.chmod(0o755)
    monkeypatch.chdir(path.parent)
    with common_user():
        assert "permiso" in _refusal(Path(path.name))


def test_nulls_in_a_text(tmp_path: Path) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.csv"
    path.write_bytes(",".join(HEADER).encode() + b"\nM-1,\x00\x00,x,y\n")
    assert "no es texto" in _refusal(path)


@pytest.mark.parametrize("content", [b"%PDF-1.7 ...", b"<html><table>", b"<?xml version='1.0'?><a/>"])
def test_other_kinds_of_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.xls"
    path.write_bytes(content)
    assert "El contenido es un" in _refusal(path)


def test_a_zip_that_is_no_book(tmp_path: Path) -> None:
    assert "comprimido" in _refusal(zipped(tmp_path / "mesas_trabajo_2026T3.xlsx", {"mesas.csv": "x"}))


@pytest.mark.parametrize("seed", range(25))
def test_noise_is_refused(tmp_path: Path, seed: int) -> None:
    import random

    starts = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{", b"\xff\xfe", b"a,b\n"]
    path = tmp_path / "mesas_trabajo_2026T3.xlsx"
    path.write_bytes(starts[seed % len(starts)] + random.Random(seed).randbytes(5000))
    assert _refusal(path)


def test_a_line_of_a_million_separators(tmp_path: Path) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.csv"
    path.write_bytes(b",".join([*(name.encode() for name in HEADER), b"," * 1_000_000]) + b"\n")
    assert _refusal(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a\u202egpj.csv", "invisibles"),
        ("a\x00b.csv", "control"),
        ("a\nb.csv", "control"),
        ("../a.csv", "diagonales"),
        ("..\\a.csv", "diagonales"),
        ("a" * 300 + ".csv", "304 caracteres"),
        ("a\u200b.csv", "invisibles"),
    ],
)
def test_names(name: str, words: str) -> None:
    assert words in (unsafe_name(name) or "")


@pytest.mark.parametrize(
    "name", ["acuerdos_2026T3.xlsx ", "acuerdos_2026T3.xlsx.", "acuerdos–2026T3.csv", "acuerdos_2026T3 .CSV"]
)
def test_what_nobody_sees_in_a_name_stops_nothing(name: str) -> None:
    named = understand(f"presupuesto_participativo/{name}", date(2026, 11, 22))
    assert (named.export, named.trimestre, named.reasons) == ("acuerdos", "2026T3", ())


def test_good_names() -> None:
    assert unsafe_name("Acuerdos 2026 T3 (versión final).xlsx") is None


def test_the_other_deliveries_go_on(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", settle_seconds=0, hoy=date(2026, 11, 22), max_file_mb=1)
    office = settings.layout.inbox / "imju"
    office.mkdir(parents=True)
    secret = tmp_path / "secreto.csv"
    secret.write_text(",".join(HEADER) + "\nM-9,Secreto,emprendimiento,01/07/2026\n")
    (office / "mesas_trabajo_2025T1.csv").symlink_to(secret)
    (office / "mesas_trabajo_2025T2.csv").mkdir()
    (office / "mesas_trabajo_2025T3.csv").touch()
    (office / "mesas_trabajo_2025T4.csv").write_bytes(b"x" * 2_000_000)
    (office / "mesas_trabajo_2026T1.xlsx").write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    os.mkfifo(office / "mesas_trabajo_2026T2.csv")
    (office / ("a" * 200 + "_2026T3.csv")).write_text("x")
    (office / "mesas_trabajo\u202e_2026T3.csv").write_text("x")
    (office / "sesiones_escuela\n_2026T3.csv").write_text("x")
    (office / "mesas_trabajo_2026T3.csv").write_text(",".join(HEADER) + "\n" + ",".join(ROW) + "\n")
    receipts = receive_inbox(settings)
    accepted = [receipt.archivo for receipt in receipts if receipt.state == "accepted"]
    assert accepted == ["imju/mesas_trabajo_2026T3.csv"]
    refused = [receipt for receipt in receipts if receipt.state == "rejected"]
    assert len(refused) == 9
    for receipt in refused:
        assert receipt.reasons and (Path(str(receipt.folder)) / "index.html").is_file(), receipt.archivo
        assert receipt.archivo.isprintable()
    root = settings.layout.receipts.resolve()
    assert all(Path(str(receipt.folder)).resolve().is_relative_to(root) for receipt in receipts)
    assert all(
        b"Secreto" not in path.read_bytes()
        for path in settings.layout.root.rglob("*")
        if path.is_file() and "inbox" not in path.parts
    )
