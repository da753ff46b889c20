"""The two ways to read a sheet's XML give the same cells, for well-written sheets and for damaged ones.

`python -m tests.ingest.test_ooxml_paths 20000` tries that many sheets and prints how many took the quick way.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers import ooxml
from ingest.readers.ooxml import DAMAGE, open_xlsx
from ingest.readers.sheets import CellError, Percentage, ShapedNumber
from ingest.reading import RefusedFile
from tests.ingest.test_other_programs import MAIN, _parts

from .files import LIMITS, zipped

_WORDS = st.sampled_from(["", "Ñandú", "a &amp; b", "&lt;b&gt;", "_x000D_", " x ", "1", "46204", "0.85", "TRUE", "&#65;", "línea\nnueva", "1e400", "nan"])  # fmt: skip


@st.composite
def _cell(draw: st.DrawFn, place: str) -> str:
    style = draw(st.sampled_from(["", "", ' s="0"', ' s="1"', ' s="2"', ' s="4"', ' s="9"']))
    word, number = draw(_WORDS), draw(st.sampled_from(["0", "1", "0.85", "46204", "46204.75", "-3", "1E3", " 5 ", ""]))
    formula = draw(st.sampled_from(["<f>A1+1</f>", '<f t="shared" si="0"/>', '<f ca="1">"T-"&amp;9</f>']))
    content = draw(
        st.sampled_from(
            [
                f"><v>{number}</v></c>",
                f"><v>{number}</v></c>",
                f' t="s"><v>{draw(st.sampled_from(["0", "1", "1", "7", "x"]))}</v></c>',
                f' t="inlineStr"><is><t>{word}</t></is></c>',
                f' t="inlineStr"><is><t xml:space="preserve">{word}</t></is></c>',
                f' t="inlineStr"><is><r><t>{word}</t></r><r><t>b</t></r></is></c>',
                f' t="str">{formula}<v>{word}</v></c>',
                f">{formula}<v>{number}</v></c>",
                f">{formula}<v/></c>",
                f">{formula}</c>",
                ' t="e"><v>#N/A</v></c>',
                ' t="b"><v>1</v></c>',
                ' t="d"><v>2026-07-01</v></c>',
                ' t="z"><v>1</v></c>',
                "/>",
                "></c>",
                "><v/></c>",
            ]
        )
    )
    return f'<c r="{place}"{style}{content}'


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    """A sheet's part: rows with gaps, hidden ones, then a byte changed here and there."""
    rows, number = [], 0
    for _ in range(draw(st.integers(1, 4))):
        number += draw(st.sampled_from([1, 1, 1, 3]))
        places = draw(st.lists(st.sampled_from("ABCDE"), unique=True, max_size=4).map(sorted))
        cells = "".join(draw(_cell(f"{letter}{number}")) for letter in places)
        extra = draw(
            st.sampled_from(["", ' spans="1:5"', ' hidden="1"', ' ht="0" customHeight="1"', ' x14ac:dyDescent="0.25"'])
        )
        rows.append(f'<row r="{number}"{extra}>{cells}</row>' if cells else f'<row r="{number}"{extra}/>')
    space = ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"' if draw(st.booleans()) else ""
    tail = draw(
        st.sampled_from(["", '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>', "<!-- fin -->", "<roto>"])
    )
    text = f'<worksheet xmlns="{MAIN}"{space}><cols><col min="2" max="3" hidden="1"/></cols><sheetData>{"".join(rows)}</sheetData>{tail}</worksheet>'
    content = bytearray(text.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(content) - 1))
        kind = draw(st.sampled_from(["drop", "put", "twice"]))
        if kind == "drop":
            del content[place]
        elif kind == "put":
            content[place:place] = draw(
                st.sampled_from([b" ", b"<", b"&", b'"', b"\r\n", b"\x01", b"\xc3", b"9", b"r", b"<!-- x -->", b"'"])
            )
        else:
            content[place:place] = content[place : place + 12]
    return bytes(content)


def _plain(value: Any) -> Any:
    if isinstance(value, CellError):
        return ("error", value.text)
    return ("shaped", value.value, value.text) if isinstance(value, (ShapedNumber, Percentage)) else value


def _answer(content: bytes, enough: bool) -> Any:
    parts: dict[str, str | bytes] = dict(_parts())
    parts["xl/worksheets/sheet1.xml"] = content
    buffer = io.BytesIO()
    zipped(buffer, parts)
    try:
        with zipfile.ZipFile(buffer) as archive:
            (sheet,) = open_xlsx(archive, LIMITS).sheets
            cells = sheet.head() if enough else sheet.read()
    except RefusedFile as refused:
        return refused.reasons
    except DAMAGE:
        return "damaged"
    columns = {column: list(map(_plain, values)) for column, values in cells.columns.items()}
    return cells.rows, columns, cells.hidden_rows, cells.hidden_columns, cells.merges, cells.end


def _both_ways(content: bytes, patch: pytest.MonkeyPatch) -> str:
    taken: list[bool] = []
    quick: Any = vars(ooxml)["read_regular"]

    def watched(*given: Any) -> bool:
        taken.append(quick(*given))
        return taken[-1]

    for enough in (False, True):
        with patch.context() as patched:
            patched.setattr(ooxml, "read_regular", watched)
            usual = _answer(content, enough)
        with patch.context() as patched:
            patched.setattr(ooxml, "read_regular", lambda *_: False)
            assert usual == _answer(content, enough), content.decode("utf-8", "replace")
    return "quick" if taken and all(taken) else "parser"


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=sheets())
def test_both_ways_read_the_same_cells(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _both_ways(content, patch)


def main(count: int) -> None:
    """Try many sheets and print which way they take."""
    taken: Counter[str] = Counter()

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(content=sheets())
    def many(content: bytes) -> None:
        with pytest.MonkeyPatch.context() as patch:
            taken[_both_ways(content, patch)] += 1

    many()
    print(f"{taken.total():,} sheets, both ways alike; a delivery takes: {dict(taken)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
