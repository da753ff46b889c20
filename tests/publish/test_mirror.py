"""The copy of the releases in a bucket: what is new goes there, what was taken down leaves it, the pointer comes last and on a condition."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import s3fs

from pamga.errors import PamgaError, UsageError
from pamga.settings import Settings
from publish import mirror as mirror_module
from publish.mirror import POINTER, mirror
from publish.release import publish, rollback
from publish.takedown import TakedownResult, take_down
from tests.publish.test_release import CORRECTED

MakeRun = Callable[..., str]
pytestmark = pytest.mark.slow


@pytest.fixture
def copied(published: Settings, bucket: str) -> Settings:
    return published.model_copy(update={"published_copy": f"{bucket}/datos"})


def held(settings: Settings) -> dict[str, bytes]:
    files, root = s3fs.S3FileSystem(use_listings_cache=False), str(settings.published_copy).removeprefix("s3://")
    return {name.removeprefix(f"{root}/"): files.cat_file(name) for name in files.find(root)}


def on_disk(settings: Settings, release: str) -> dict[str, bytes]:
    root = settings.layout.releases
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in (root / release).rglob("*") if path.is_file()
    }


def test_without_an_address_the_setting_is_named(published: Settings) -> None:
    with pytest.raises(UsageError, match="PAMGA_PUBLISHED_COPY"):
        mirror(published)


def test_what_is_published_or_rolled_back_meanwhile_is_there_before_the_pointer_leads_to_it(
    copied: Settings, candidate: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate(**CORRECTED)
    acts, look = (
        [lambda: rollback(copied, reason="Cifra equivocada"), lambda: publish(copied)],
        mirror_module._refuse_lost,
    )

    def meanwhile(*arguments: Any) -> None:
        look(*arguments)
        if acts:
            acts.pop()()

    monkeypatch.setattr(mirror_module, "_refuse_lost", meanwhile)
    assert mirror(copied).release == "2026T3-r01" and not acts
    bucket = held(copied)
    pointer, index = json.loads(bucket[POINTER]), copied.layout.releases / "index.html"
    assert pointer["publicaciones"] == ["2026T3-r01", "2026T3-r02"] and bucket["index.html"] == index.read_bytes()
    assert (on_disk(copied, "2026T3-r01") | on_disk(copied, "2026T3-r02")).items() <= bucket.items()


def test_it_holds_every_release_and_copies_only_what_is_new(copied: Settings, candidate: MakeRun) -> None:
    first = mirror(copied)
    assert first.moved and first.release == "2026T3-r01"
    bucket = held(copied)
    assert on_disk(copied, "2026T3-r01").items() <= bucket.items()
    assert json.loads(bucket[POINTER])["release"] == "2026T3-r01" and "index.html" in bucket
    again = mirror(copied)
    assert (again.moved, again.removed) == (False, 0) and again.copied < 6  # the pages above the releases
    candidate(**CORRECTED)
    publish(copied)
    second = mirror(copied)
    assert second.moved and on_disk(copied, "2026T3-r02").items() <= held(copied).items()
    rollback(copied, reason="Cifra equivocada")
    assert mirror(copied).moved and json.loads(held(copied)[POINTER])["release"] == "2026T3-r01"


def test_browsers_get_its_kind_and_for_how_long(copied: Settings) -> None:
    mirror(copied)
    root = str(copied.published_copy).removeprefix("s3://")
    facts = s3fs.S3FileSystem().call_s3("head_object", Bucket=root.split("/")[0], Key="datos/2026T3-r01/index.html")
    assert (facts["ContentType"], facts["CacheControl"]) == ("text/html", "public, max-age=300, must-revalidate")


def test_what_was_taken_down_leaves_it_and_what_is_not_ours_stays(copied: Settings) -> None:
    mirror(copied)
    files, root = s3fs.S3FileSystem(), str(copied.published_copy).removeprefix("s3://")
    files.pipe_file(f"{root}/de-otros/nota.txt", b"de otros")
    take_down(copied, "seguimiento_acuerdos", "Llevaba un nombre.", "Ana Ruiz")
    done = mirror(copied)
    bucket = held(copied)
    assert done.removed and not [name for name in bucket if "data/seguimiento_acuerdos" in name]
    assert {name: content for name, content in bucket.items() if name.startswith("2026T3-r01/")} == on_disk(
        copied, "2026T3-r01"
    )
    assert bucket["de-otros/nota.txt"] == b"de otros" and "retiros/0001.html" in bucket


@pytest.mark.parametrize("first", [True, False])
def test_a_pointer_that_another_copy_moved_meanwhile_is_not_taken_back(
    copied: Settings, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if not first:
        mirror(copied)
        rolled = json.dumps({"release": "2026T2-r09"}).encode()
        s3fs.S3FileSystem().pipe_file(f"{copied.published_copy}/{POINTER}", rolled)
    from publish import mirror as module

    real = module._put
    newer = json.dumps({"release": "2026T4-r01"}).encode()

    def another_is_faster(*arguments: Any) -> None:
        real(*arguments)
        s3fs.S3FileSystem().pipe_file(f"{copied.published_copy}/{POINTER}", newer)

    monkeypatch.setattr(module, "_put", another_is_faster)
    with pytest.raises(PamgaError, match="Another copy moved the pointer"):
        mirror(copied)
    assert held(copied)[POINTER] == newer


def test_a_number_that_is_given_again_after_a_restore_shows_the_new_release(copied: Settings) -> None:
    """What was published after the backup that came back is lost here and still in the bucket, its files as long as the new ones."""
    mirror(copied)
    files, root = s3fs.S3FileSystem(), str(copied.published_copy).removeprefix("s3://")
    for name in files.find(f"{root}/2026T3-r01"):
        files.pipe_file(name, bytes(files.info(name)["size"]))
    files.pipe_file(f"{root}/2026T3-r01/data/solo_entonces.csv", b"x")
    mirror(copied)
    bucket = held(copied)
    assert {name: content for name, content in bucket.items() if name.startswith("2026T3-r01/")} == on_disk(
        copied, "2026T3-r01"
    )
    assert mirror(copied).copied < 6


def test_an_answer_that_was_lost_is_no_other_copy(copied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = s3fs.S3FileSystem.call_s3

    def lost(self: s3fs.S3FileSystem, method: str, *arguments: Any, **more: Any) -> Any:
        if {"IfMatch", "IfNoneMatch"} & set(more):
            real(self, method, *arguments, **more)
        return real(self, method, *arguments, **more)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", lost)
    assert mirror(copied).moved
    s3fs.S3FileSystem().pipe_file(f"{copied.published_copy}/{POINTER}", b"{}")
    assert mirror(copied).moved and json.loads(held(copied)[POINTER])["release"] == "2026T3-r01"


def test_a_copy_is_a_bucket(published: Settings) -> None:
    with pytest.raises(UsageError):
        mirror(published, "s3://")


def test_a_takedown_waits_for_no_copy_and_the_next_copy_has_nothing_of_it(
    copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, taken = mirror_module._put, list[TakedownResult]()

    def put_after_a_takedown(*given: Any) -> None:
        if not taken:
            taken.append(take_down(copied, "seguimiento_acuerdos", "Llevaba un domicilio.", "Unidad de Transparencia"))
        put(*given)

    monkeypatch.setattr(mirror_module, "_put", put_after_a_takedown)
    with pytest.raises(PamgaError, match="went away while the releases were copied"):
        mirror(copied)
    assert POINTER not in held(copied)
    assert mirror(copied).moved
    bucket = held(copied)
    assert on_disk(copied, "2026T3-r01").items() <= bucket.items()
    assert not [name for name in bucket if "/seguimiento_acuerdos." in name and not name.startswith("retiros/")]
    assert (mirror(copied).moved, mirror(copied).removed) == (False, 0)
