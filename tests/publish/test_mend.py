"""A release that was damaged or lost never blocks for ever: it comes back from the backup, or a person is told the way out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pamga.backup import back_up
from pamga.errors import PamgaError, UsageError
from pamga.settings import Settings
from publish import log
from publish.mend import DAMAGED, mend_release
from publish.release import publish
from publish.takedown import take_down
from publish.verify import UnreadableRelease, verify_release
from tests.documents import tree
from tests.publish.test_release import CORRECTED, damage

MakeRun = Callable[..., str]
FIRST = "2026T3-r01"


@pytest.fixture
def backed_up(published: Settings, tmp_path: Path) -> Settings:
    settings = published.model_copy(update={"backup": str(tmp_path / "respaldo")})
    back_up(settings)
    return settings


def test_the_next_delivery_is_published_although_the_folder_was_lost(backed_up: Settings, candidate: MakeRun) -> None:
    before = tree(backed_up.layout.release(FIRST))
    shutil.rmtree(backed_up.layout.release(FIRST))
    candidate(**CORRECTED)
    assert publish(backed_up).flipped
    assert tree(backed_up.layout.release(FIRST)) == before
    assert verify_release(backed_up, FIRST) == []


def test_a_damaged_one_is_mended_and_what_was_there_stays_aside(backed_up: Settings, candidate: MakeRun) -> None:
    damage(backed_up.layout.release(FIRST) / "datasets.json", b"{")
    candidate(**CORRECTED)
    assert publish(backed_up).flipped
    assert verify_release(backed_up, FIRST) == []
    aside = backed_up.layout.releases / f"{DAMAGED}{FIRST}-1"
    assert (aside / "datasets.json").read_bytes() == b"{"


def test_what_was_taken_down_since_does_not_come_back(backed_up: Settings) -> None:
    take_down(backed_up, "seguimiento_acuerdos", "Llevaba un nombre.", "Ana Ruiz")
    after = tree(backed_up.layout.release(FIRST))
    with pytest.raises(PamgaError, match="as the backup holds it is not whole"):  # of before the takedown
        shutil.rmtree(backed_up.layout.release(FIRST))
        mend_release(backed_up, FIRST)
    assert not backed_up.layout.release(FIRST).exists() and after


def test_a_backup_of_after_the_takedown_mends(backed_up: Settings) -> None:
    take_down(backed_up, "seguimiento_acuerdos", "Llevaba un nombre.", "Ana Ruiz")
    after = tree(backed_up.layout.release(FIRST))
    back_up(backed_up)
    shutil.rmtree(backed_up.layout.release(FIRST))
    mend_release(backed_up, FIRST)
    assert tree(backed_up.layout.release(FIRST)) == after


def test_what_no_backup_holds_is_said_with_the_way_out(published: Settings, candidate: MakeRun, tmp_path: Path) -> None:
    """Nobody has a copy: the release is taken down, the public reads why, and publishing goes on."""
    shutil.rmtree(published.layout.release(FIRST))
    candidate(**CORRECTED)
    with pytest.raises(UnreadableRelease, match=f"pamga takedown {FIRST} --motivo"):
        publish(published)
    settings = published.model_copy(update={"backup": str(tmp_path / "nada")})
    with pytest.raises(UnreadableRelease, match="The backup did not mend it: There is no backup in"):
        publish(settings)
    take_down(published, FIRST, "El archivo se perdió con el disco.", "Ana Ruiz, Unidad de Transparencia")
    assert publish(published).flipped
    assert log.current_release(published) == "2026T3-r02"
    assert verify_release(published, "2026T3-r02") == []
    assert "se perdió con el disco" in (published.layout.releases / "retiros" / "0001.html").read_text()


def test_only_what_was_published_is_mended(backed_up: Settings) -> None:
    with pytest.raises(UsageError, match="no published release '2026T9-r01'"):
        mend_release(backed_up, "2026T9-r01")
