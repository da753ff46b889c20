"""What another act takes away in the middle of one, or left behind a killed one: told in words, and nothing taken down comes back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pamga.errors import UsageError
from pamga.settings import Settings
from pamga.storage import remove_folder
from publish.audit import audit_releases
from publish.release import publish
from publish.takedown import take_down
from warehouse import reproduce as proof

FIRST, SECOND, DATASET = "2026T3-r01", "2026T3-r02", "seguimiento_acuerdos"
WHY, WHO = "Llevaba el nombre de una persona.", "Unidad de Transparencia"
pytestmark = pytest.mark.slow


def test_a_run_that_is_pruned_while_it_is_published_is_refused_in_words(
    published: Settings, candidate: Callable[..., str]
) -> None:
    run = published.layout.run(candidate(release=SECOND, finished=85))

    def prune(_: str) -> None:
        if run.exists():
            remove_folder(run)

    with pytest.raises(UsageError, match="was removed while it was being published") as refused:
        publish(published, run.name, progress=prune)
    assert "pamga build" in refused.value.next_step
    assert not published.layout.release(SECOND).exists() and audit_releases(published) == []
    assert not list(published.layout.releases.glob(".staged-*"))
    assert publish(published, candidate(release=SECOND, finished=85)).release == SECOND


def _killed_proof(settings: Settings, release: str) -> Path:
    """What `pamga reproduce` leaves when it is killed between its build and its end."""
    run = next(settings.layout.runs.glob(f"{release}-*"))
    return Path(shutil.copytree(run, settings.layout.runs / ".reproduce"))


@pytest.mark.parametrize("what", [FIRST, DATASET])
def test_what_a_killed_proof_left_goes_with_a_takedown(published: Settings, what: str) -> None:
    left = _killed_proof(published, FIRST)
    take_down(published, what, WHY, WHO)
    assert not left.exists()


@pytest.mark.parametrize("what", [FIRST, DATASET])
def test_a_takedown_during_a_proof_is_no_difference(
    published: Settings, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The build takes minutes; here it is a copy of the release's own run, made of the same lock."""

    def rebuild(settings: Settings, _: Path, folder: Path) -> Path:
        shutil.copytree(next(settings.layout.runs.glob(f"{FIRST}-*")), folder)
        kept = folder.rename(settings.data / "kept")  # the takedown removes runs, and waits for builds
        with monkeypatch.context() as alone:
            alone.setattr("publish.purge.purge_runs", lambda *_: None)
            take_down(settings, what, WHY, WHO)
        return kept.rename(folder) / "candidate" / "data"

    monkeypatch.setattr(proof, "rebuild", rebuild)
    if what == FIRST:
        with pytest.raises(UsageError, match="was taken down on"):
            proof.reproduce(published, FIRST)
    else:
        result = proof.reproduce(published, FIRST)
        assert result.different == [] and result.equal and not any(DATASET in name for name in result.equal)
