"""Files made to harm: each is refused in plain Spanish, quickly and within bounded memory."""

from __future__ import annotations

import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.readers.guard import unsafe_name
from ingest.reading import RefusedFile

from .conftest import common_user
from .files import ods_cell, ods_of, ods_row, parts_of, read_as, workbook, zipped

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
    members = parts_of(_book(path))
    change(members)
    return zipped(path, members)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mesas_trabajo_2026T3.xlsx"


def test_the_plain_book_is_fine(path: Path) -> None:
    assert read_as("mesas_trabajo", _book(path)).rows.height == 1


SHEET = "xl/worksheets/sheet1.xml"


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


def _added(row: bytes, times: int = 1) -> Callable[[dict[str, bytes]], None]:
    """A row behind those of the sheet, so many times."""

    def change(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET].replace(b"</sheetData>", row * times + b"</sheetData>")

    return change


def _one_more(name: str, size: int = 1) -> Callable[[dict[str, bytes]], None]:
    return lambda members: members.update({name: b" " * size})


def _entities(members: dict[str, bytes]) -> None:
    members[SHEET] = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + members[SHEET]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_one_more("xl/bomba.xml", 150_000_000), "mucho más de lo que pesa"),
        (_added(b'<row r="10000000"><c r="A10000000" t="n"><v>1</v></c></row>'), "más de 100,000 filas"),
        (_added(b"<row><c><v>1</v></c></row>", 1_000_000), "filas"),
        # so far out that the rectangle would fill the memory
        (_added(b'<row r="99999"><c r="XFD99999" t="n"><v>1</v></c></row>'), "muy lejos"),
        (_added(b'<row r="99999"><c r="ZZ99999" t="n"><v>1</v></c></row>'), "muy lejos"),
        (_entities, "entidades"),
        (_one_more("xl/vbaProject.bin"), "macros"),
        (_one_more("xl/externalLinks/externalLink1.xml"), "vínculos"),
        (_one_more("xl/connections.xml"), "vínculos"),
        (_one_more("../../etc/passwd"), "rutas"),
    ],
    ids=["zip bomb", "row ten million", "ten million rows", "far", "farther than the limit", "entities", "macros", "links", "connections", "climbs out"],
)  # fmt: skip
def test_what_no_workbook_may_hold(path: Path, change: Callable[[dict[str, bytes]], None], words: str) -> None:
    assert words in _refusal(_rewritten(path, change))


@pytest.mark.parametrize("keep", [30, 200, 3000])
def test_truncated_books(path: Path, keep: int) -> None:
    path.write_bytes(_book(path).read_bytes()[:keep])
    assert "dañado" in _refusal(path)


@pytest.mark.parametrize("seed", range(25))
def test_books_with_flipped_bytes_never_raise_anything_else(path: Path, seed: int) -> None:
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
    cell = ods_cell("x", numbercolumnsrepeated=columns)
    path = tmp_path / "mesas_trabajo_2026T3.ods"
    path.write_bytes(ods_of(ods_row([cell], numberrowsrepeated=rows)))
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


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K"mesa_id"\r\n', "formato antiguo"),
        (b'TABLE\r\n0,1\r\n""\r\n', "formato antiguo"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "formato antiguo"),
        (b"\x1f\x8b\x08\x00\x00", "comprimido"),
        (b"Rar!\x1a\x07", "comprimido"),
        (b"SQLite format 3\x00", "base de datos"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"{\\rtf1\\ansi mesa_id}", "RTF"),
        (b"\x89PNG\r\n", "imagen"),
        (b'{"url":"https://docs.google.com/spreadsheets/d/1","doc_id":"1"}', "hoja de Google"),
        (b'{"data":[{"mesa_id":"M-1"}]}', "es una tabla"),
        (b'[{"mesa_id":"M-1"}]', "es una tabla"),
    ],
)
def test_what_another_program_wrote_is_told_how_to_be_delivered(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.xlsx"
    path.write_bytes(content)
    assert words in _refusal(path)


def test_a_text_that_begins_like_an_old_format_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "mesas_trabajo_2026T3.csv"
    path.write_text("ID;Personal\n" + ";".join(HEADER) + "\n" + ";".join(ROW) + "\n")
    assert read_as("mesas_trabajo", path).rows.height == 1


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("Index/Document.iwa", "Numbers"),
        ("word/document.xml", "Word"),
        ("capa/colonias.shp", "GeoJSON"),
        ("doc.kml", "KMZ"),
    ],
)
def test_zips_of_other_programs_are_told_apart(tmp_path: Path, part: str, words: str) -> None:
    assert words in _refusal(zipped(tmp_path / "mesas_trabajo_2026T3.xlsx", {part: "x"}))


def test_a_zip_that_is_no_book(tmp_path: Path) -> None:
    assert "comprimido" in _refusal(zipped(tmp_path / "mesas_trabajo_2026T3.xlsx", {"mesas.csv": "x"}))


@pytest.mark.parametrize("seed", range(25))
def test_noise_is_refused(tmp_path: Path, seed: int) -> None:
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


def test_good_names() -> None:
    assert unsafe_name("Acuerdos 2026 T3 (versión final).xlsx") is None
