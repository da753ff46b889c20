"""One grammar of separated text: two paths give the same rows for the same bytes, and a row's answer is its own.

`python -m tests.ingest.test_csv_grammar 20000` tries that many files and prints how many the fast path took.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.contract import load_contract
from ingest.readers import read, text
from ingest.readers.csv_grammar import is_canonical
from ingest.reading import Reading, RefusedFile

from .files import LIMITS, read_as

CONTRACT = load_contract("mesas_trabajo")
HEADER = ["mesa_id", "titulo", "eje", "fecha_programada", "asistentes"]
PLAIN = ["M-0", "Mesa", "emprendimiento", "01/07/2026", "3"]
_PIECES = ['"', '""', '\\"', ",", ";", "\t", "|", " ", ' "', '" ', "\n", "\r\n", "\r", "\ufeff", "\x1a", "\x0b", "\x85", "\u2028", "'", "a", "Total", "ñ", "1", "sep=;"]  # fmt: skip
_CELLS = st.one_of(
    st.sampled_from(["", "M-1", "Mesa, con coma", 'dice "hola"', "dos\nlíneas", "emprendimiento", "01/07/2026", " x "]),
    st.lists(st.sampled_from(_PIECES), max_size=5).map("".join),
)


def _quoted(cell: str, separator: str, style: str) -> str:
    """A cell as a program writes it: `never` is the program that forgets."""
    if style == "never":
        return cell
    needed = any(char in cell for char in (separator, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if needed or style == "always" else cell


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of a few rows, well written or not, then damaged here and there."""
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    style = draw(st.sampled_from(["needed", "needed", "always", "never"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    row = st.one_of(st.just(PLAIN), st.lists(_CELLS, min_size=5, max_size=5))
    rows = [HEADER, *draw(st.lists(row, min_size=1, max_size=6))]
    lines = [separator.join(_quoted(cell, separator, style) for cell in row) for row in rows]
    for _ in range(draw(st.integers(0, 2))):
        index = draw(st.integers(1, len(lines) - 1))
        kind = draw(st.sampled_from(["piece", "cut", "trailing", "wrap", "blank", "double"]))
        line = lines[index]
        place = draw(st.integers(0, len(line)))
        lines[index] = {
            "piece": line[:place] + draw(st.sampled_from(_PIECES)) + line[place:],
            "cut": line[:place],
            "trailing": line + separator,
            "wrap": '"' + line.replace('"', '""') + '"',
            "blank": "",
            "double": line + end + line,
        }[kind]
    start = draw(st.sampled_from(["", "", "", "\ufeff", f"sep={separator}{end}", f"Mesas{end}"]))
    tail = draw(st.sampled_from([end, end, "", end * 2, f"{end}\x1a", "\x1a"]))
    return (start + end.join(lines) + tail).encode()


def _answer(path: Path) -> dict[str, Any] | list[str]:
    """All that a reading says, but which path said it."""
    try:
        reading = read(path, CONTRACT, LIMITS)
    except RefusedFile as refused:
        return refused.reasons
    return {
        "rows": reading.rows.rows(),
        "columns": reading.rows.columns,
        "fila": reading.fila.tolist(),
        "bad": reading.bad_cells,
        "broken": reading.broken,
        "notes": reading.notes,
        "understood": reading.understood | {"lectura": None},
    }


def _both_paths(content: bytes, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """Read the bytes by both paths; they agree. Returns the path that a delivery takes."""
    path = folder / "mesas_trabajo_2026T3.csv"
    path.write_bytes(content)
    usual = _answer(path)
    taken: list[str] = []
    fast = text._read_fast
    with patch.context() as patched:
        patched.setattr(text, "_read_fast", lambda *given: taken.append("rápida" if fast(*given) else "cuidadosa"))
        assert usual == _answer(path), content
    return taken[0] if taken else "rechazada"


@pytest.mark.slow
@example(content=(",".join(HEADER) + '\n,,, x ,", "\n').encode())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=files())
def test_both_paths_read_the_same_rows(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        _both_paths(content, Path(folder), patch)


_LINES = st.lists(st.sampled_from([*_PIECES, "M-7", ",", ",", '"', "Mesa", "01/07/2026"]), min_size=1, max_size=12).map(
    lambda pieces: "".join(piece for piece in pieces if "\n" not in piece and "\r" not in piece)
)


def _rows_of(lines: list[str], folder: Path) -> list[Any]:
    """The answer to each line of a file of one-line records: its cells, or the cause for which it cannot be read."""
    path = folder / "mesas_trabajo_2026T3.csv"
    path.write_text("\n".join([",".join(HEADER), *lines]) + "\n", newline="")
    reading = read(path, CONTRACT, LIMITS)
    cells = dict(zip(reading.fila.tolist(), reading.rows.rows(), strict=True))
    bad = {cell.fila: (cell.valor, cell.motivo) for cell in reading.bad_cells}
    return [bad.get(row) or cells.get(row) for row in range(2, len(lines) + 2)]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(line=_LINES, others=st.lists(st.one_of(_LINES, st.just(",".join(PLAIN))), max_size=3), place=st.integers(0, 3))
def test_a_line_gets_the_same_answer_whatever_its_neighbours(line: str, others: list[str], place: int) -> None:
    """Between whole rows, that is: only a cell in quotes that goes on belongs to its neighbours."""
    whole = ",".join(PLAIN)
    with tempfile.TemporaryDirectory() as folder:
        alone = _rows_of([whole, line, whole], Path(folder))[1]
        place = min(place, len(others))
        around = [piece for other in [*others[:place], line, *others[place:]] for piece in (whole, other, whole)]
        answers = _rows_of(around, Path(folder))
        assert answers[3 * place + 1] == alone
        assert all(answer == tuple(PLAIN) for answer in answers[0::3] + answers[2::3])


def _read(folder: Path, content: str, export: str = "mesas_trabajo") -> Reading:
    path = folder / f"{export}_2026T3.csv"
    path.write_bytes(content.encode())
    return read_as(export, path)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('M-1,"Mesa ""Azul"", norte",emprendimiento,01/07/2026,3', "M-1|Mesa \"Azul\", norte|emprendimiento|01/07/2026|3"),
        ('M-1,Mesa "Azul",emprendimiento,01/07/2026,3', 'M-1|Mesa "Azul"|emprendimiento|01/07/2026|3'),
        ('M-1,5" de tubo,emprendimiento,01/07/2026,3', 'M-1|5" de tubo|emprendimiento|01/07/2026|3'),
        ('M-1, "Mesa, sur", emprendimiento,01/07/2026,3', "M-1|Mesa, sur|emprendimiento|01/07/2026|3"),
        ('"M-1,""Mesa, sur"",emprendimiento,01/07/2026,3"', "M-1|Mesa, sur|emprendimiento|01/07/2026|3"),
        ('"M-1","Mesa","emprendimiento","01/07/2026","3"', "M-1|Mesa|emprendimiento|01/07/2026|3"),
        ("M-1,Mesa,emprendimiento,01/07/2026,3,", "M-1|Mesa|emprendimiento|01/07/2026|3"),
        ("M-1,'Mesa',emprendimiento,01/07/2026,3", "M-1|'Mesa'|emprendimiento|01/07/2026|3"),
        ('M-1,"Mesa "Azul", norte",emprendimiento,01/07/2026,3', None),
        ('M-1,"Mesa \\"Azul\\" norte",emprendimiento,01/07/2026,3', None),
        ('M-1,"Mesa,emprendimiento,01/07/2026,3', None),
        ('M-1,"Mesa" ,emprendimiento,01/07/2026,3', None),
        ("M-1,Mesa, con coma,emprendimiento,01/07/2026,", None),
        ("M-1,Mesa,emprendimiento,01/07/2026", None),
        ("M-1,Mesa,emprendimiento,01/07/2026,3,4", None),
    ],
)  # fmt: skip
def test_what_a_line_is(tmp_path: Path, line: str, cells: str | None) -> None:
    reading = _read(tmp_path, "\n".join([",".join(HEADER), line, ",".join(PLAIN)]) + "\n")
    assert reading.rows.row(1) == tuple(PLAIN)
    if cells is None:
        assert [(cell.fila, cell.regla) for cell in reading.bad_cells] == [(2, "no_legible")] and reading.broken == {2}
    else:
        assert not reading.bad_cells and "|".join(reading.rows.row(0)).replace(" |", "|").replace("| ", "|") == cells


@pytest.mark.parametrize("neighbour", ["M-8,Otra,emprendimiento,01/07/2026,3", 'M-8,"Otra\nmesa",emprendimiento,01/07/2026,3', 'M-8,"Otra",emprendimiento,01/07/2026,3'])  # fmt: skip
def test_a_damaged_row_has_the_same_answer_beside_any_other(tmp_path: Path, neighbour: str) -> None:
    damaged = 'M-9,"Mesa "Azul", norte",emprendimiento,01/07/2026,3'
    reading = _read(tmp_path, "\n".join([",".join(HEADER), neighbour, damaged]) + "\n")
    assert reading.rows.height == 2 and reading.broken == {3}


def test_a_line_in_quotes_is_read_and_said(tmp_path: Path) -> None:
    lines = [",".join(HEADER), ",".join(PLAIN), 'M-2,""Mesa, sur"",emprendimiento,02/07/2026,4']
    reading = _read(tmp_path, "".join(f'"{line}"\n' for line in lines))
    assert reading.rows["titulo"].to_list() == ["Mesa", "Mesa, sur"] and not reading.bad_cells
    assert any("entre comillas, como si fuera una sola celda" in note for note in reading.notes)


def test_a_thousand_open_quotes_take_no_time(tmp_path: Path) -> None:
    lines = ['"' + "x" * 500 for _ in range(3000)]
    reading = _read(tmp_path, "\n".join([",".join(HEADER), *lines, ",".join(PLAIN)]) + "\n")
    assert len(reading.broken) == 3000 and reading.rows.row(-1) == tuple(PLAIN)


def test_canonical_quotes() -> None:
    good = [b'"a","b"', b'"a""b",c', b'"""",x', b'a,""', b'"a\nb",c', b'"",""', b'"a,""b""",c', b'x,"a"\r\n"b",c']
    bad = [b'a"b,c', b'"a"b,c', b'"a" ,c', b' "a",c', b'"a', b'"a""', b'a,"b"c"', b'"a\\"b",c']
    assert all(is_canonical(content, 0, len(content), ",") for content in good)
    assert not any(is_canonical(content, 0, len(content), ",") for content in bad)


def main(count: int) -> None:
    """Try many files and print which path they take."""
    taken: Counter[str] = Counter()

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(content=files())
    def many(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            taken[_both_paths(content, Path(folder), patch)] += 1

    many()
    print(f"{taken.total():,} files, both paths alike; a delivery takes: {dict(taken)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
