"""Whatever somebody writes as a setting is meant, or told in words: never a traceback, never a secret, never silently something else."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from pamga.cli import load_settings
from pamga.errors import UsageError
from pamga.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "xyzzy/plugh"
FREE_TEXT = {"publisher", "license_name", "inbox_host_key"}
KEY = "9f1c6b0e47d25a83f0be61c94d7a2358e6b1f09c3d4a875e2071bc96af5d384e"
ODD = [
    "", " ", "\t", "dos", "-1", "0", "1e9", "1e999", "nan", "inf", "9" * 40, "1,5", "quizás", "'10'", '"10"', " 10 ", "10 # comentario", "~/x", "~", "../x", "%",
    "%zz", "ñandú", "2026-13-01", "s3://", "https://", "https:///x", "/x/", "'/data'", "\ufeff/data", "/da\rta", "/data\r", "a\u200bb", "[", "http://[::1",
    f"postgresql://u:{PASSWORD}@h/d", f"https://u:{PASSWORD}@h/", f"ftp://u:{PASSWORD}@h/x", f"smtp://u:{PASSWORD}@h:x", "file://x", "\\\\servidor\\x", "C:\\datos",
]  # fmt: skip


def given(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> Settings:
    monkeypatch.setenv(f"PAMGA_{name.upper()}", text)
    return load_settings()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_whatever_is_written_is_taken_or_refused_in_a_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was taken can be worked with: nothing is infinite, nothing is for a later program to stumble over."""
    for text in ODD:
        try:
            settings = given(monkeypatch, name, text)
        except UsageError as refused:
            told = str(refused)
            assert f"PAMGA_{name.upper()}" in told and "\n" not in told and len(told) < 450, told
            assert not any(piece in told for piece in PASSWORD.split("/")), told
            assert PASSWORD not in "".join(traceback.format_exception(refused))
        else:
            assert name in FREE_TEXT or PASSWORD not in f"{settings!r} {settings}", text
            value = getattr(settings, name)
            assert value not in (float("inf"), "'10'", '"10"', "'/data'"), text
            assert not isinstance(value, str) or value == value.strip(), text


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("threads", "", 2), ("hoy", " ", None), ("registry_url", "", None), ("memory_limit", "", "3GB"), ("memory_limit", "500 mb", "500 mb"), ("addresses", "", None),
        ("dashboards_url", "", ""), ("base_url", " https://datos.leon.example ", "https://datos.leon.example"), ("inbox", "", None), ("backup", " ", None),
        ("alert_email", "ti@leon.example; ana@leon.example", "ti@leon.example; ana@leon.example"), ("receive_cron", "@hourly", "@hourly"),
        ("publisher", "Municipio de León #1 («Gto.»)", "Municipio de León #1 («Gto.»)"), ("published_copy", "s3://cubeta/publicado/", "s3://cubeta/publicado/"),
        ("lineage", "/data/linaje.json", "/data/linaje.json"), ("data", "/srv/datos de León", Path("/srv/datos de León")),
    ],
)  # fmt: skip
def test_what_is_meant(monkeypatch: pytest.MonkeyPatch, name: str, text: str, meant: object) -> None:
    assert getattr(given(monkeypatch, name, text), name) == meant


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("require_keys", "", "true or false"), ("require_approval", " ", "true or false"), ("hoy", "0", "2026-10-20"), ("hoy", "20/10/2026", "2026-10-20"),
        ("file_seconds", "inf", "finite"), ("approval_hours", "1e9", "8784"), ("memory_limit", "mucha", "3GB"), ("memory_limit", "0GB", "3GB"), ("memory_limit", "3", "3GB"),
        ("registry_url", "postgres://u:p@h/d", "postgresql+psycopg2"), ("registry_url", "mysql://h/d", "SQLite and PostgreSQL"), ("registry_url", "sqlite://", "no file"),
        ("registry_url", "postgresql+asyncpg://u:p@h/d", "driver"), ("registry_url", "postgresql://u:pass@h:x/d", "%XX"), ("registry_url", "postgresql+psycopg2://h", "no database"),
        ("receive_cron", "cada hora", "no schedule"), ("receive_cron", "61 * * * *", "no schedule"), ("base_url", "datos.leon.example", "https://"),
        ("base_url", "https://datos.leon.example/?a=1", "query"), ("contact_email", "Ana <ana@leon.example>", "e-mail"), ("published_copy", "/srv/copia", "s3://"),
        ("backup", "sftp://h/x", "s3://"), ("backup", "~/respaldo", "~"), ("lineage", "kafka://h", "https://"), ("data", "/data # los datos", "remark"),
        ("data", '"/data"', "quotation marks"), ("data", "/data\r", "Windows"), ("inbox", "\ufeff/srv/buzon", "nobody sees"), ("inbox", "s3:///x", "neither"),
        ("hmac_key", f'"{KEY}"', "quotation marks"), ("hmac_key", f"{KEY} ", "blank"), ("hmac_key", f"{KEY}\r", "Windows"),
    ],
)  # fmt: skip
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"PAMGA_{name.upper()}") as refused:
        given(monkeypatch, name, text)
    assert said in str(refused.value) and KEY not in str(refused.value)


def test_a_file_with_a_line_too_many_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With it the same people would become others."""
    (tmp_path / "llave").write_text(f"{KEY}\n\n")
    monkeypatch.setenv("PAMGA_HMAC_KEY_FILE", str(tmp_path / "llave"))
    with pytest.raises(UsageError, match=r"PAMGA_HMAC_KEY \(PAMGA_HMAC_KEY_FILE\) holds a line break"):
        Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PAMGA_SUPERSET_DATABASE_URL", f"postgresql://superset:{PASSWORD}@h/superset"), ("PAMGA_SUPERSET_DATABASE_URL", f"superset:{PASSWORD}@h"),
        ("PAMGA_SUPERSET_CACHE_URL", f"redis://cache:{PASSWORD}@h:6379/1"), ("PAMGA_REQUIRE_KEYS", "verdadero"), ("PAMGA_SUPERSET_PLAIN_HTTP", "'false'"),
    ],
)  # fmt: skip
def test_supersets_settings_likewise(name: str, text: str, tmp_path: Path) -> None:
    script = "import environment; environment.end_with(lambda: environment.prepare() or environment.flag('PAMGA_SUPERSET_PLAIN_HTTP'))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "dashboards", env={"PAMGA_DATA": str(tmp_path), name: text}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith(name) and done.stderr.count("\n") == 1, done.stderr
    assert not any(piece in done.stderr for piece in PASSWORD.split("/"))
