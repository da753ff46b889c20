"""Keys are looked at when the environment is read: nothing is received under a key that somebody guesses."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from pamga.errors import UsageError
from pamga.keys import weakness
from pamga.settings import Settings

GOOD = "9f1c6b0e47d25a83f0be61c94d7a2358e6b1f09c3d4a875e2071bc96af5d384e"
OTHER = "".join(reversed(GOOD))
WEAK = [
    "a", "llave", "x" * 64, "ab" * 32, "0123456789abcdef" * 4, "0123456789abcdefghijklmnopqrstuvwxyz", "0" * 63 + "1",
    "cambie-esta-clave-antes-de-empezar-2026", "CHANGE_ME_TO_A_LONG_RANDOM_STRING_PLEASE", "<64 hex digits from openssl rand>",
    "PleaseChangeThisLongSecretBefore2026EndsOrElse", "una-clave-larga-de-2026-que-nadie-conoce",
    GOOD[:31], "${PAMGA_HMAC_KEY} is what stood in the file",
]  # fmt: skip


@pytest.mark.parametrize("key", WEAK)
def test_a_guessable_key_is_refused_and_never_said(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("PAMGA_HMAC_KEY", key)
    with pytest.raises(UsageError, match="PAMGA_HMAC_KEY is too weak") as refused:
        Settings()
    assert len(key) < 8 or key not in str(refused.value)


def test_no_random_key_is_taken_for_a_weak_one() -> None:
    rng = random.Random(2026)
    for _ in range(2000):
        base64 = urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")
        for text in (rng.randbytes(16).hex(), rng.randbytes(32).hex(), base64):
            assert weakness(text) is None, text


@pytest.mark.parametrize(
    "key",
    [
        "bb4dcbb6673433253dc57eeb7cd33448",  # more than half of its digits follow their neighbour
        "m91ZA93rQAaK9wVcVx9PFEWaWNlbIzauvCHang7G6e8",
        "qc7UutKE8frSnsrW60qr4nrUnflLlAVeoMXsHncyzzk",
    ],
)
def test_chance_in_a_random_key_is_no_pattern(key: str) -> None:
    """Once in 100,000 keys; whoever drew it could not start, and was told of a phrase that he never wrote."""
    assert weakness(key) is None


@pytest.mark.parametrize(
    "key", ["", "deadbeef", "zz" * 32, GOOD + "00", f" {GOOD}", GOOD[:-1] + "ñ", "5a" * 32, GOOD.upper()]
)
def test_the_vaults_key_is_looked_at_at_the_start(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("PAMGA_VAULT_KEY", key)
    if key in ("", GOOD.upper()):
        Settings()
        return
    with pytest.raises(UsageError, match="PAMGA_VAULT_KEY"):
        Settings()


def test_one_key_for_both_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HMAC_KEY", GOOD)
    monkeypatch.setenv("PAMGA_VAULT_KEY", GOOD)
    with pytest.raises(UsageError, match="the same"):
        Settings()


def test_a_weak_key_that_stands_can_be_rotated_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HMAC_KEY", "llave")
    monkeypatch.setenv("PAMGA_HMAC_KEY_NEXT", "otra")
    with pytest.raises(UsageError, match="PAMGA_HMAC_KEY_NEXT is too weak"):
        Settings()
    monkeypatch.setenv("PAMGA_HMAC_KEY_NEXT", GOOD)
    assert Settings().hmac_key is not None


@pytest.mark.parametrize("written", [GOOD, f"{GOOD}\n", f"{GOOD}\r\n"])
def test_a_secret_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str) -> None:
    (tmp_path / "hmac_key").write_bytes(written.encode())
    (tmp_path / "registry").write_text("postgresql+psycopg2://pamga:a%2Fb%23c%40d%25e@postgres/pamga")
    monkeypatch.setenv("PAMGA_HMAC_KEY_FILE", str(tmp_path / "hmac_key"))
    monkeypatch.setenv("PAMGA_REGISTRY_URL_FILE", str(tmp_path / "registry"))
    settings = Settings()
    assert settings.hmac_key is not None and settings.hmac_key.get_secret_value() == GOOD
    assert str(settings.registry_url).endswith("a%2Fb%23c%40d%25e@postgres/pamga")


def test_an_empty_secret_is_not_given_and_a_missing_one_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PAMGA_HMAC_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        Settings()
    (tmp_path / "none").write_text("\n")
    assert Settings().hmac_key is None
    (tmp_path / "none").write_text("a\n")
    with pytest.raises(UsageError, match="too weak"):
        Settings()


def test_two_ways_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(GOOD)
    monkeypatch.setenv("PAMGA_HMAC_KEY", OTHER)
    monkeypatch.setenv("PAMGA_HMAC_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(UsageError, match="Both PAMGA_HMAC_KEY"):
        Settings()


def test_every_command_refuses_to_start_with_a_bad_key(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pamga.cli import main; main()", "status"],
        env={**os.environ, "PAMGA_DATA": str(tmp_path), "PAMGA_HMAC_KEY": "a"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("pamga: PAMGA_HMAC_KEY is too weak: it has 1 characters")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", "\ufeff{}", "\ufeff{}\r\n"])
def test_what_an_editor_adds_to_a_file_is_not_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, around: str
) -> None:
    (tmp_path / "clave").write_bytes(around.format("sqlite:////tmp/registro.db").encode())
    monkeypatch.setenv("PAMGA_REGISTRY_URL_FILE", str(tmp_path / "clave"))
    assert Settings(data=tmp_path).registry_url == "sqlite:////tmp/registro.db"


def test_an_empty_file_is_a_secret_that_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "buzon").write_text("")
    monkeypatch.setenv("PAMGA_INBOX_FILE", str(tmp_path / "buzon"))
    assert Settings(data=tmp_path).inbox is None
    monkeypatch.setenv("PAMGA_INBOX", "/srv/buzon")
    assert Settings(data=tmp_path).inbox == "/srv/buzon"
