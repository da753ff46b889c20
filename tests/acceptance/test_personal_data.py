"""No planted personal value survives the door: a walk over every byte that the pipeline leaves (rules.md, "Personal data").

Compressed files are opened first: a Parquet page or a workbook hides a name from a plain search.
"""

from __future__ import annotations

import html
import io
import os
import re
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.sample import PLANTED_PERSONAL_VALUES, write_inbox
from pamga.storage import sha256_file

pytestmark = pytest.mark.slow

# The inbox is the office's own; the vault is encrypted and is walked like everything else.
NOT_OURS = {"inbox"}


def folded(text: str) -> str:
    """Without accents, case, escapes: a name must not hide behind a spelling."""
    text = html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text))
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


NEEDLES = {value: folded(value) for value in PLANTED_PERSONAL_VALUES}
DIGITS = {value: re.sub(r"\D", "", value) for value in PLANTED_PERSONAL_VALUES if re.fullmatch(r"[\d ]{10,}", value)}


def found_in(text: str) -> list[str]:
    haystack = folded(text)
    squeezed = re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", haystack)
    return [v for v, needle in NEEDLES.items() if needle in haystack] + [
        v for v, digits in DIGITS.items() if digits in squeezed
    ]


def readings(path: Path) -> Iterator[str]:
    """Every text that is in a file: its bytes in three encodings, and what a reader of its format sees."""
    raw = path.read_bytes()
    yield from bytes_as_text(raw)
    if raw.startswith(b"PK"):
        yield from unzipped(raw)
    elif raw.startswith(b"PAR1"):
        yield from columns_as_text(duckdb.connect(), f"read_parquet('{path}')")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where not internal"
            ).fetchall():
                yield from columns_as_text(connection, f'"{schema}"."{table}"')
    elif raw.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            yield "\n".join(connection.iterdump())


def bytes_as_text(raw: bytes) -> Iterator[str]:
    for encoding in ("utf-8", "cp1252"):
        yield raw.decode(encoding, errors="ignore")
    if b"\x00" in raw:
        yield raw.replace(b"\x00", b"").decode("cp1252", errors="ignore")  # UTF-16 of Latin letters


def unzipped(raw: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            yield name
            yield from bytes_as_text(archive.read(name))


def columns_as_text(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[str]:
    for name, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall():
        if kind in ("VARCHAR", "JSON") or kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
            yield "\n".join(
                str(value) for (value,) in connection.execute(f'select distinct "{name}" from {relation}').fetchall()
            )


def leaks(root: Path) -> list[str]:
    """`file: value` for every planted value found below `root`."""
    found: set[str] = set()
    walked = set()  # a release holds the very bytes of its run: they are read once
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.relative_to(root).parts[0] in NOT_OURS:
            continue
        content = sha256_file(path)
        if content in walked:
            continue
        walked.add(content)
        for text in (path.name, *readings(path)):
            found.update(f"{path.relative_to(root)}: {value}" for value in found_in(text))
    return sorted(found)


def test_the_walk_itself_finds_what_is_hidden(tmp_path: Path) -> None:
    """A test that cannot fail proves nothing: each kind of file is given a planted value, and each must be found."""
    value = PLANTED_PERSONAL_VALUES[0]
    (tmp_path / "plain.txt").write_text(f"{value} en texto")
    (tmp_path / "windows.txt").write_bytes(value.encode("cp1252"))
    (tmp_path / "wide.txt").write_bytes(value.encode("utf-16"))
    (tmp_path / "shouted.html").write_text(
        f"<td>{html.escape(value.upper()).encode('ascii', 'xmlcharrefreplace').decode()}</td>"
    )
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", value)
    with duckdb.connect(str(tmp_path / "base.duckdb")) as connection:
        connection.execute("create table t as select ? as nombre from range(5000)", [value])
        connection.execute(
            f"copy (select ? as nombre from range(5000)) to '{tmp_path / 'rows.parquet'}' (compression zstd)", [value]
        )
    with sqlite3.connect(tmp_path / "registry.db") as base:
        base.execute("create table t (nombre text)")
        base.execute("insert into t values (?)", [value])
    assert {line.partition(":")[0] for line in leaks(tmp_path)} == {p.name for p in tmp_path.iterdir()}
    phone = tmp_path / "phones"
    phone.mkdir()
    (phone / "note.txt").write_text("llamar al (477) 613-9057 por la tarde")
    assert leaks(phone) == ["note.txt: 477 613 90 57"]


def test_no_planted_value_is_in_any_byte_that_the_pipeline_leaves(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_inbox(data / "inbox")
    assert found_in(
        "\n".join(text for path in (data / "inbox").rglob("*") if path.is_file() for text in readings(path))
    )
    environment = {**os.environ, "PAMGA_DATA": str(data)}
    done = subprocess.run(
        [Path(sys.executable).with_name("pamga"), "run"], env=environment, capture_output=True, text=True, check=False
    )
    (data / "output.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-3000:]
    for folder in ("lake", "runs", "releases", "receipts", "vault"):
        assert any((data / folder).rglob("*")), folder
    assert leaks(data) == []
