"""What was withdrawn after the snapshot that is restored stays withdrawn: on this machine, in the published copy, in the next release."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import s3fs
from click.testing import CliRunner
from pydantic import SecretStr

from operation import steps
from operation.commands import restore as restore_command
from operation.doctor import examine
from operation.monitor import problems
from pamga.backup import back_up, open_repository, restore
from pamga.backup.acts import keep_acts, unkept
from pamga.backup.snapshots import DamagedBackup
from pamga.documents.log import Publication
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import sha256_file
from pamga.takedowns import datasets_down, releases_down, takedowns
from publish import log
from publish.audit import audit_releases
from publish.commands import takedown as takedown_command
from publish.mirror import mirror, still_there
from publish.release import publish, rollback
from publish.takedown import lift, take_down
from publish.verify import verify_release
from tests.publish.test_release import CORRECTED

MakeRun = Callable[..., str]
FIRST, SECOND = "2026T3-r01", "2026T3-r02"
DATASET, WHY, WHO = "seguimiento_acuerdos", "Llevaba el nombre de una persona.", "Ana Ruiz, Unidad de Transparencia"
SEALED = "ab" * 32
pytestmark = pytest.mark.slow


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "respaldo") if request.param == "folder" else f"{request.getfixturevalue('bucket')}/respaldo"


def backed_up(settings: Settings, place: str, key: str | None = None) -> Settings:
    kept = settings.model_copy(update={"backup": place, "backup_key": SecretStr(key) if key else None})
    back_up(kept)
    return kept


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """The same settings over an empty machine."""
    other = settings.model_copy(update={"data": tmp_path / "otra"})
    other.__dict__.pop("layout", None)
    assert other.layout.root == tmp_path / "otra"
    return other


def come_back(settings: Settings, tmp_path: Path) -> Settings:
    """The disk is lost; the newest snapshot is restored, as the command does it."""
    other = elsewhere(settings, tmp_path)
    restore(other, without_keys=True)
    assert steps.carry_out_acts(other) == []
    return other


@pytest.fixture
def with_a_copy(published: Settings, candidate: MakeRun, tmp_path: Path, bucket: str) -> Settings:
    """A second release was published after the snapshot, and copied to the bucket."""
    settings = backed_up(published, str(tmp_path / "respaldo")).model_copy(update={"published_copy": f"{bucket}/datos"})
    candidate(**CORRECTED)
    publish(settings)
    mirror(settings)
    return settings


def holds(settings: Settings, name: str) -> list[str]:
    root = settings.layout.releases
    return [path.relative_to(root).as_posix() for path in root.rglob(f"data/{name}.*")]


@pytest.mark.parametrize("key", [None, SEALED])
def test_a_dataset_that_was_taken_down_after_the_snapshot_does_not_come_back(
    published: Settings, tmp_path: Path, place: str, key: str | None
) -> None:
    settings = backed_up(published, place, key)
    record = take_down(settings, DATASET, WHY, WHO).record
    assert unkept(settings) == []
    other = elsewhere(settings, tmp_path)
    told = restore(other, without_keys=True)
    assert told.not_applied == [] and told.acts == [f"retiro de {DATASET} ({record.fecha}, {WHO})"]
    assert takedowns(other.layout.log) == [record]  # from the first moment on, before anything is carried out
    assert steps.carry_out_acts(other) == []
    assert holds(other, DATASET) == [] and holds(published, "indicadores")
    assert verify_release(other, FIRST) == [] and audit_releases(other) == []
    assert DATASET in datasets_down(takedowns(other.layout.log))


def test_what_was_lifted_again_is_lifted(published: Settings, tmp_path: Path) -> None:
    settings = backed_up(published, str(tmp_path / "respaldo"))
    take_down(settings, DATASET, WHY, WHO)
    lift(settings, DATASET, "Ya se corrigió.", WHO)
    other = come_back(settings, tmp_path)
    assert datasets_down(takedowns(other.layout.log)) == {} and holds(other, DATASET) == []


def test_a_release_that_was_published_and_withdrawn_after_the_snapshot(
    published: Settings, candidate: MakeRun, tmp_path: Path, with_a_copy: Settings
) -> None:
    """Its folder is lost with its place in the log: the number is not given to another one, its address says why, it leaves the bucket."""
    take_down(with_a_copy, SECOND, WHY, WHO)  # and the machine dies before the bucket is told
    assert any(name.startswith(f"{SECOND}/data/") for name in bucket_of(with_a_copy))
    other = elsewhere(with_a_copy, tmp_path)
    restore(other, without_keys=True)
    assert [entry.release for entry in log.publications(other)] == [FIRST, SECOND]
    assert still_there(other) and [c.state for c in examine(other) if c.part == "copy"] == ["fail"]
    assert steps.carry_out_acts(other) == []
    left = bucket_of(with_a_copy)
    assert not [name for name in left if name.startswith(f"{SECOND}/data/")]
    assert json.loads(left["current.json"])["release"] == FIRST
    assert still_there(other) == [] and [c.state for c in examine(other) if c.part == "copy"] == ["ok"]
    assert log.current_release(other) == FIRST and SECOND in releases_down(takedowns(other.layout.log))
    assert (other.layout.releases / "retiros" / "0001.html").exists()
    assert audit_releases(other) == []
    shutil.copytree(published.layout.runs, other.layout.runs, dirs_exist_ok=True, symlinks=True)
    again = candidate(release="2026T3-r03", finished=71)
    shutil.copytree(with_a_copy.layout.run(again), other.layout.run(again), dirs_exist_ok=True)
    assert publish(other, again).release == "2026T3-r03"
    mirror(other)
    assert not [name for name in bucket_of(with_a_copy) if name.startswith(f"{SECOND}/data/")]


def bucket_of(settings: Settings) -> dict[str, bytes]:
    files, root = s3fs.S3FileSystem(use_listings_cache=False), str(settings.published_copy).removeprefix("s3://")
    return {name.removeprefix(f"{root}/"): files.cat_file(name) for name in files.find(root)}


def test_a_release_lost_here_still_loses_in_the_bucket_what_was_withdrawn(
    tmp_path: Path, with_a_copy: Settings
) -> None:
    """It was published after the snapshot and is not down itself; the dataset and what quotes it leave, the rest stays."""
    take_down(with_a_copy, DATASET, WHY, WHO)
    other = come_back(with_a_copy, tmp_path)
    left = {name for name in bucket_of(with_a_copy) if name.startswith(f"{SECOND}/")}
    assert f"{SECOND}/data/indicadores.csv" in left
    assert not {name for name in left if DATASET in name} and f"{SECOND}/leon.duckdb" not in left
    assert [entry.release for entry in log.publications(other)] == [FIRST]


def test_a_rollback_after_the_snapshot_stands_where_what_it_withdrew_is_there(
    published: Settings, candidate: MakeRun, tmp_path: Path
) -> None:
    candidate(**CORRECTED)
    publish(published)
    settings = backed_up(published, str(tmp_path / "respaldo"))
    rollback(settings, reason="Cifra equivocada", person="Ana Ruiz", wrong=[])
    other = come_back(settings, tmp_path)
    assert log.current_release(other) == FIRST and len(log.rollbacks(other)) == 1


def test_a_rollback_of_what_was_lost_says_nothing_of_what_comes_after(
    published: Settings, candidate: MakeRun, tmp_path: Path
) -> None:
    settings = backed_up(published, str(tmp_path / "respaldo"))
    candidate(**CORRECTED)
    publish(settings)
    rollback(settings, reason="Cifra equivocada", person="Ana Ruiz", wrong=[])
    other = come_back(settings, tmp_path)
    assert log.rollbacks(other) == [] and log.current_release(other) == FIRST


def test_the_act_happens_though_the_backup_is_gone_and_it_is_said_until_it_is_there(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "respaldo"
    settings = backed_up(published, str(place))
    place.rename(tmp_path / "desmontado")
    place.mkdir()  # a share that is not mounted is an empty folder: nothing is begun there
    for name, value in {"DATA": settings.data, "BACKUP": place, "HOY": settings.hoy, "SUPERSET_PYTHON": "/no"}.items():
        monkeypatch.setenv(f"PAMGA_{name}", str(value))
    said = CliRunner().invoke(takedown_command, [DATASET, "--motivo", WHY, "--persona", WHO], color=True)
    assert said.exit_code == 0 and holds(settings, DATASET) == []
    assert "\x1b[31mEl respaldo no contestó" in said.stderr and "takedowns/0001.json" in said.stderr
    assert unkept(settings) == ["lake/_log/takedowns/0001.json"] and not list(place.iterdir())
    assert any("takedowns/0001.json" in problem for problem in problems(settings))
    assert any(c.state == "fail" and "takedowns/0001.json" in c.said for c in examine(settings) if c.part == "backup")
    place.rmdir()
    (tmp_path / "desmontado").rename(place)
    assert keep_acts(settings) == [] and unkept(settings) == []
    assert not any("takedowns" in problem for problem in problems(settings))
    assert holds(come_back(settings, tmp_path), DATASET) == []


def test_acts_of_before_there_was_this_come_with_the_next_backup(published: Settings, tmp_path: Path) -> None:
    take_down(published, DATASET, WHY, WHO)
    settings = published.model_copy(update={"backup": str(tmp_path / "respaldo")})
    assert unkept(settings) == ["lake/_log/takedowns/0001.json"]
    back_up(settings)
    assert unkept(settings) == []
    assert restore(elsewhere(settings, tmp_path), without_keys=True).acts == []  # the snapshot knows it


@pytest.mark.parametrize("key", [None, SEALED])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_act_is_no_act_forgotten(published: Settings, tmp_path: Path, key: str | None, damage: str) -> None:
    settings = backed_up(published, str(tmp_path / "respaldo"), key)
    take_down(settings, DATASET, WHY, WHO)
    (path,) = (tmp_path / "respaldo" / "acts").iterdir()
    content = path.read_bytes()
    assert (DATASET.encode() in content) == (key is None)
    changed = (
        content.replace(DATASET.encode(), b"indicadores") if key is None else content[:-1] + bytes([content[-1] ^ 1])
    )
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else changed)
    with pytest.raises(DamagedBackup, match="no restore may undo"):
        restore(elsewhere(settings, tmp_path), without_keys=True)
    assert any(c.state == "fail" and "no restore may undo" in c.said for c in examine(settings) if c.part == "backup")
    back_up(settings, read_back=True)
    assert [act.path for act in open_repository(settings).acts()] == ["lake/_log/takedowns/0001.json"]
    assert holds(come_back(settings, tmp_path), DATASET) == []


def test_a_takedown_is_not_applied_to_another_release_of_that_name(
    published: Settings, candidate: MakeRun, tmp_path: Path
) -> None:
    """A restore of before there were acts gave the number again: another release must not go for it, and a person is told."""
    settings = backed_up(published, str(tmp_path / "respaldo"))
    candidate(**CORRECTED)
    publish(settings)
    take_down(settings, SECOND, WHY, WHO)
    (path,) = (settings.layout.log / "takedowns").iterdir()
    path.unlink()
    entry = settings.layout.log / "publications" / f"{SECOND}.json"
    other_one = Publication.read(entry).model_copy(update={"run": "2026T3-r02-otra"}).content()
    entry.unlink()
    entry.write_bytes(other_one)
    shutil.rmtree(settings.layout.log / "seals")
    back_up(settings)
    told = restore(elsewhere(settings, tmp_path), without_keys=True)
    assert told.acts == [] and "es otra publicación" in told.not_applied[0]


def test_the_command_says_what_it_applied(published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = backed_up(published, str(tmp_path / "respaldo"))
    take_down(settings, DATASET, WHY, WHO)
    before = sha256_file(settings.layout.release(FIRST) / "leon.duckdb")
    for name, value in {"DATA": tmp_path / "otra", "BACKUP": settings.backup, "HOY": settings.hoy}.items():
        monkeypatch.setenv(f"PAMGA_{name}", str(value))
    said = CliRunner().invoke(restore_command, ["--sin-llaves", "--sin-construir"])
    assert said.exit_code == 0, said.output
    assert f"se aplicó de nuevo: retiro de {DATASET}" in said.output
    assert before and not list((tmp_path / "otra").rglob(f"{DATASET}.*"))


def test_nothing_is_taken_down_into_a_backup_of_another_key(published: Settings, tmp_path: Path) -> None:
    settings = backed_up(published, str(tmp_path / "respaldo"), SEALED)
    other_key = settings.model_copy(update={"backup_key": SecretStr("cd" * 32)})
    take_down(other_key, DATASET, WHY, WHO)
    assert unkept(other_key) == ["lake/_log/takedowns/0001.json"]
    with pytest.raises(PamgaError, match="sealed with the key"):
        back_up(other_key)
    assert keep_acts(settings) == []
