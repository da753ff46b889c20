"""Laying the real files out as deliveries: the names of the contract, the bytes of the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.real_files import lay_out, public_files
from pamga.errors import UsageError


def source(folder: Path) -> Path:
    folder.mkdir()
    for name in public_files():
        (folder / name).write_bytes(f"bytes of {name} \xff".encode("latin-1"))
    return folder


def test_eight_deliveries_byte_for_byte(tmp_path: Path) -> None:
    given = source(tmp_path / "real")
    written = lay_out(given, tmp_path / "inbox", "2026T2")
    assert len(written) == 8
    layout = (tmp_path / "inbox" / "seguridad" / "incidencia_delictiva_2026T2.csv").read_bytes()
    assert layout == (given / "sesnsp_guanajuato_homicidios_2020_2025.csv").read_bytes()
    assert (tmp_path / "inbox" / "implan" / "codigos_postales_2026T2.txt").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    given = source(tmp_path / "real")
    (given / "conagua_presas.csv").unlink()
    with pytest.raises(UsageError, match=r"conagua_presas\.csv"):
        lay_out(given, tmp_path / "inbox")
    assert not (tmp_path / "inbox").exists()


def test_a_wrong_quarter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2026T3"):
        lay_out(source(tmp_path / "real"), tmp_path / "inbox", "2026-T3")
