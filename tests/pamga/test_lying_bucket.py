"""A bucket that lies: what a backup says that it holds can be restored, or it says that it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs

from pamga.backup import back_up, restore
from pamga.backup.acts import unkept
from pamga.backup.store import BucketStore
from pamga.documents.log import Decision
from pamga.errors import PamgaError
from pamga.settings import Settings
from tests.documents import stored
from tests.pamga.lying_bucket import Asked, Liar, Lie, lying, refusal

EMPTY = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>x</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>'
    b"</ListBucketResult>"
)
SLOW = refusal(503, "SlowDown", "Please reduce your request rate.")
SKEWED = refusal(
    403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
)
Through = Callable[[Liar], str]
pytestmark = pytest.mark.slow


@pytest.fixture
def city(tmp_path: Path) -> Settings:
    root = tmp_path / "ciudad"
    for number in range(4):
        path = root / f"lake/_log/checks/{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * (1000 + number))
    return Settings(data=root)


@pytest.fixture
def through(bucket: str, s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Through]:
    """Gives the backup's address, reached from now on through one that lies so."""
    opened = []

    def lies(liar: Liar) -> str:
        address = lying(s3_server, liar)
        opened.append(address)
        monkeypatch.setenv("AWS_ENDPOINT_URL", address.__enter__())
        s3fs.S3FileSystem.clear_instance_cache()
        return f"{bucket}/respaldo"

    yield lies
    for address in opened:
        address.__exit__(None, None, None)


def truth(_: Asked) -> None:
    return None


def comes_back(city: Settings, place: str, tmp_path: Path) -> bool:
    other = tmp_path / "otra"
    restore(Settings(data=other), place)
    lake = city.layout.lake
    return {p.name: p.read_bytes() for p in lake.rglob("*.json")} == {
        p.name: p.read_bytes() for p in (other / "lake").rglob("*.json")
    }


@pytest.mark.parametrize("kind", ["objects", "snapshots"])
@pytest.mark.parametrize("answer", [Lie(200), refusal(200, "InternalError")], ids=["200", "200 with an error"])
def test_what_was_taken_and_is_not_there_is_no_backup(
    city: Settings, through: Through, tmp_path: Path, kind: str, answer: Lie
) -> None:
    place = through(lambda asked: answer if asked.writes and f"/{kind}/" in asked.path else None)
    with pytest.raises(PamgaError):
        back_up(city, place)
    back_up(city, through(truth))
    assert comes_back(city, place, tmp_path)


def test_a_bucket_that_wants_time_gets_it(city: Settings, through: Through, tmp_path: Path) -> None:
    place = through(lambda asked: SLOW if asked.number % 4 == 1 else None)
    back_up(city, place)
    assert comes_back(city, place, tmp_path)


def test_the_clock_is_named_where_it_is_refused(city: Settings, through: Through) -> None:
    with pytest.raises(PamgaError, match=r"refuses the time of this machine.s clock"):
        back_up(city, through(lambda _: SKEWED))


def test_an_old_list_removes_nothing(city: Settings, through: Through, tmp_path: Path) -> None:
    """It does not show what was just written: what only that names must not be taken for what nobody names."""
    place = through(truth)
    back_up(city, place)
    (city.layout.lake / "_log/checks/0.json").write_text("otra cosa")
    through(lambda asked: Lie(200, EMPTY) if asked.lists else None)
    assert back_up(city, place, keep_days=0).forgotten == 0
    through(truth)
    assert comes_back(city, place, tmp_path)


def test_a_list_that_lacks_an_older_snapshot_removes_nothing_that_it_names(
    city: Settings, through: Through, tmp_path: Path
) -> None:
    place = through(truth)
    first = back_up(city, place)
    (city.layout.lake / "_log/checks/0.json").write_text("otra cosa")
    store = BucketStore(place)
    kept = store.read(f"snapshots/{first.snapshot}.json")
    store.remove([f"snapshots/{first.snapshot}.json"])
    assert back_up(city, place, keep_days=0).forgotten == 0
    store.put_new(f"snapshots/{first.snapshot}.json", kept)
    restore(Settings(data=tmp_path / "entonces"), place, first.snapshot)
    assert (tmp_path / "entonces/lake/_log/checks/0.json").read_text() == "x" * 1000


@pytest.mark.parametrize("times", [1, 10_000])
def test_what_is_cut_off_on_its_way_back_is_whole_or_refused(
    city: Settings, through: Through, tmp_path: Path, times: int
) -> None:
    place = through(truth)
    cuts: list[Asked] = []

    def cut(asked: Asked) -> Lie | None:
        if asked.method == "GET" and "/objects/" in asked.path and len(cuts) < times:
            cuts.append(asked)
            return Lie(200, cut=True)
        return None

    back_up(city, place)
    through(cut)
    if times == 1:
        assert comes_back(city, place, tmp_path)
    else:
        with pytest.raises(PamgaError):
            restore(Settings(data=tmp_path / "otra"), place)
            assert not (tmp_path / "otra" / "lake").exists()
    assert cuts


def test_an_act_that_the_bucket_only_says_it_took_is_still_to_be_brought(city: Settings, through: Through) -> None:
    place = through(lambda asked: Lie(200) if asked.writes and "/acts/" in asked.path else None)
    kept = city.model_copy(update={"backup": place})
    path = city.layout.log / "apartadas" / "0001.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(stored(Decision, {}))
    with pytest.raises(PamgaError, match="does not give it back"):
        back_up(kept)
    assert unkept(kept) == ["lake/_log/apartadas/0001.json"]


def test_a_bucket_without_etags_is_refused_for_the_pointer(city: Settings, through: Through) -> None:
    place = through(truth)
    back_up(city, place)
    through(lambda _: Lie(200, drop=("ETag",)))
    with pytest.raises(PamgaError, match="ETag"):
        BucketStore(place).tag("pamga-backup.json")
