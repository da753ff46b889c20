"""Backup and restore of an installation made by hand: what goes in comes out, or nothing does and the reason is said."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
import s3fs
from pydantic import SecretStr

from operation.doctor import examine
from operation.monitor import problems
from pamga.backup import back_up, make, open_repository, put_back, restore, restore_release, snapshots
from pamga.backup.acts import keep_acts, unkept
from pamga.backup.snapshots import Snapshot, last_backup
from pamga.backup.store import BucketStore, open_store
from pamga.documents.backup import LastBackup
from pamga.documents.deliveries import Manifest
from pamga.documents.log import Answer
from pamga.errors import PamgaError, UsageError
from pamga.log import decisions, newest_answer
from pamga.registry import open_registry
from pamga.rights import RESTORING
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.standing import BY_PERSON, LET_IN, SET_ASIDE, decide
from pamga.storage import flip_symlink
from tests.documents import stored

HMAC, VAULT, SEALED = "una llave de prueba", "5a" * 32, "ab" * 32
SECRET = b"el original de una persona"


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


@pytest.fixture
def city(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "ciudad", symlinks=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with something of every kind."""
    root = tmp_path_factory.mktemp("ciudad")
    version = root / "lake/export=acuerdos/trimestre=2026T3/dependencia=imju/version=0001"
    write(version / "manifest.json", stored(Manifest, {"hmac_key_id": key_id(HMAC.encode())}))
    write(version / "rows.parquet", SECRET)
    write(root / "lake/_log/publications/2026T3-r01.json", b"{}")
    write(root / "lake/export=acuerdos/.tmp-abc/rows.parquet", b"a killed process")
    write(root / "vault/ab/abcd.enc", b"PAMGAV01" + key_id(bytes.fromhex(VAULT)).encode() + b"\0" * 40, 0o600)
    write(root / "receipts/imju/acuerdos_2026T3_v0001/index.html", b"<p>Recibido</p>")
    write(root / "releases/2026T3-r01/data/acuerdos.csv", b"a,b\n1,2\n", 0o444)
    write(root / "releases/2026T3-r01/index.html", b"<h1>Plan</h1>", 0o444)
    sums = "".join(
        f"{hashlib.sha256((root / 'releases/2026T3-r01' / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("data/acuerdos.csv", "index.html")
    )
    write(root / "releases/2026T3-r01/sumas_sha256.txt", sums.encode(), 0o444)
    write(root / "releases/2026T3-r02/index.html", b"<h1>Plan</h1>", 0o444)
    flip_symlink(root / "releases/current", "2026T3-r02")
    write(root / "runs/2026T3-r02-abc/warehouse.duckdb", b"follows from the lake")
    write(root / "keys/hmac.key", HMAC.encode(), 0o600)
    write(root / "keys/vault.key", VAULT.encode(), 0o600)
    for name in ("airflow/airflow.db", "superset/superset.db"):
        (root / name).parent.mkdir()
        with closing(sqlite3.connect(root / name)) as connection:
            connection.execute("create table cosas (nombre text)")
            connection.execute("insert into cosas values (?)", (name,))
            connection.commit()
    open_registry(Settings(data=root)).record_reminder("aviso-1", "imju", "Acuerdos", Settings().today)
    return root


def at(root: Path, key: str | None = None, **more: object) -> Settings:
    return Settings(data=root, backup_key=SecretStr(key) if key else None, **more)  # type: ignore[arg-type]


def held(root: Path, parts: tuple[str, ...] = ("lake", "vault", "receipts", "releases")) -> dict[str, object]:
    """Every committed file and link of an installation: bytes and mode."""
    found: dict[str, object] = {}
    for part in parts:
        for path in sorted((root / part).rglob("*")):
            if ".tmp-" in str(path.relative_to(root)) or (path.is_dir() and not path.is_symlink()):
                continue
            name = path.relative_to(root).as_posix()
            found[name] = (
                str(path.readlink()) if path.is_symlink() else (path.read_bytes(), path.stat().st_mode & 0o777)
            )
    return found


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "respaldo") if request.param == "folder" else f"{request.getfixturevalue('bucket')}/respaldo"


@pytest.mark.parametrize("key", [None, SEALED])
def test_everything_comes_back_as_it_was(city: Path, tmp_path: Path, place: str, key: str | None) -> None:
    done = back_up(at(city, key), place)
    assert done.databases == ["airflow", "registry", "superset"]
    assert (done.sealed, done.keys) == (key is not None, key is not None)
    other = at(tmp_path / "otra", key, hmac_key=SecretStr(HMAC), vault_key=SecretStr(VAULT))
    told = restore(other, place)
    assert (told.snapshot, told.files, told.bytes) == (done.snapshot, done.files, done.bytes)
    root = other.layout.root
    assert held(root) == held(city)
    assert (root / "keys/vault.key").exists() == (key is not None)
    for name in ("airflow/airflow.db", "superset/superset.db"):
        assert rows(root / name, "select nombre from cosas") == [(name,)]
    assert rows(root / "registry.db", "select id from reminders") == [("aviso-1",)]
    assert not (root / "runs/2026T3-r02-abc").exists()
    assert not list(root.rglob(".tmp-*")) and not (root / RESTORING).exists()


def test_a_second_backup_brings_only_what_is_new(city: Path, place: str) -> None:
    first = back_up(at(city), place)
    again = back_up(at(city), place)
    assert (again.files, again.copied) == (first.files, 0)
    write(city / "vault/cd/cdef.enc", (city / "vault/ab/abcd.enc").read_bytes()[:20] + b"otro")
    third = back_up(at(city), place)
    assert (third.files, third.copied) == (first.files + 1, 1)
    assert [each.name for each in open_repository(at(city), place).snapshots()] == [
        first.snapshot,
        again.snapshot,
        third.snapshot,
    ]
    told = last_backup(at(city))
    assert told is not None and told.snapshot == third.snapshot


def test_what_was_deleted_leaves_the_backup_when_its_snapshots_do(city: Path, place: str, tmp_path: Path) -> None:
    """Retention and takedowns reach the backup: with no days kept, only the newest snapshot and what it names are left."""
    back_up(at(city), place)
    lost = (city / "receipts/imju/acuerdos_2026T3_v0001/index.html").read_bytes()
    name = open_repository(at(city), place).object_name(hashlib.sha256(lost).hexdigest())
    assert name in open_repository(at(city), place).store.sizes("objects")
    (city / "receipts/imju/acuerdos_2026T3_v0001/index.html").unlink()
    assert back_up(at(city), place).forgotten == 0
    assert back_up(at(city), place, keep_days=0).forgotten == 2
    repository = open_repository(at(city), place)
    assert len(repository.snapshots()) == 1 and name not in repository.store.sizes("objects")
    restore(at(tmp_path / "otra"), place, without_keys=True)
    assert held(tmp_path / "otra") == held(city)


def test_a_sealed_backup_tells_nothing_and_opens_to_its_key_only(city: Path, tmp_path: Path) -> None:
    place = tmp_path / "respaldo"
    back_up(at(city, SEALED), str(place))
    stored = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    assert all(
        secret not in content for content in stored for secret in (SECRET, HMAC.encode(), VAULT.encode(), b"acuerdos")
    )
    names = {path.name for path in place.rglob("*")}
    assert hashlib.sha256(SECRET).hexdigest() not in names
    for other in (None, "cd" * 32):
        with pytest.raises(UsageError, match="sealed with the key"):
            restore(at(tmp_path / "otra", other), str(place))
        with pytest.raises(UsageError, match="sealed with the key"):
            back_up(at(city, other), str(place))
    with pytest.raises(UsageError, match="64 hex"):
        back_up(at(city, "corta"), str(place))
    assert held(tmp_path / "otra") == {}


def test_keys_never_go_into_what_anybody_can_read(city: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="anybody can read"):
        back_up(at(city), str(tmp_path / "respaldo"), with_keys=True)
    assert back_up(at(city, SEALED), str(tmp_path / "cifrado"), with_keys=False).keys is False


def test_without_its_keys_nothing_is_restored(city: Path, tmp_path: Path) -> None:
    """New keys would be made otherwise: the vault could not be opened any more and nobody would be the same person as before."""
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    back_up(at(city), place)
    with pytest.raises(UsageError, match=r"PAMGA_HMAC_KEY .* is not here"):
        restore(at(root), place)
    with pytest.raises(UsageError, match=r"PAMGA_VAULT_KEY .* is another key"):
        restore(at(root, hmac_key=SecretStr(HMAC), vault_key=SecretStr("11" * 32)), place)
    assert held(root) == {}
    write(root / "keys/hmac.key", HMAC.encode() + b"\n", 0o600)
    write(root / "keys/vault.key", VAULT.encode() + b"\n", 0o600)
    restore(at(root), place)
    assert held(root) == held(city)


def test_keys_that_stand_in_no_file_are_not_in_a_sealed_backup_and_are_asked_for(city: Path, tmp_path: Path) -> None:
    """As in production: they are secrets of the services, and the folder of keys is empty."""
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    shutil.rmtree(city / "keys")
    keys = {"hmac_key": SecretStr(HMAC), "vault_key": SecretStr(VAULT)}
    done = back_up(at(city, SEALED, **keys), place)
    assert done.sealed and not done.keys
    with pytest.raises(UsageError, match=r"PAMGA_HMAC_KEY .* is not here"):
        restore(at(root, SEALED), place)
    with pytest.raises(UsageError, match=r"PAMGA_VAULT_KEY .* is another key"):
        restore(at(root, SEALED, **keys | {"vault_key": SecretStr("11" * 32)}), place)
    assert held(root) == {}
    assert restore(at(root, SEALED, **keys), place).keys is False
    assert held(root) == held(city)


def test_a_key_that_is_given_wins_over_the_snapshots_and_has_to_be_the_same(city: Path, tmp_path: Path) -> None:
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    assert back_up(at(city, SEALED), place).keys
    with pytest.raises(UsageError, match=r"PAMGA_VAULT_KEY .* is another key"):
        restore(at(root, SEALED, vault_key=SecretStr("11" * 32)), place)
    assert held(root) == {}
    assert restore(at(root, SEALED), place).keys


@pytest.mark.parametrize("key", [None, SEALED])
def test_what_others_put_beside_the_snapshots_stops_nothing(city: Path, tmp_path: Path, key: str | None) -> None:
    """What a synchronising program, an operator or a file manager leaves in a folder that everybody may reach."""
    place = tmp_path / "respaldo"
    first = back_up(at(city, key), str(place))
    foreign = [
        place / "snapshots" / name
        for name in (f"{first.snapshot} (1).json", "nota.json", ".nfs0001", "99999999T999999999999Z-0.json")
    ]
    foreign += [place / "objects/ab/leeme.txt", place / "snapshots/viejas" / f"{first.snapshot}.json"]
    for path in foreign:
        write(path, b"{}")
    second = back_up(at(city, key), str(place), keep_days=0)
    assert second.forgotten == 1
    assert [each.name for each in open_repository(at(city, key), str(place)).snapshots()] == [second.snapshot]
    assert all(path.exists() for path in foreign)
    restore(at(tmp_path / "otra", key), str(place), without_keys=True)
    assert held(tmp_path / "otra") == held(city)


def test_an_answer_that_was_lost_is_no_refusal(city: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library asks again after a line that broke, and its own first writing refuses the second."""
    real, twice = s3fs.S3FileSystem.call_s3, []

    def lost(self: s3fs.S3FileSystem, method: str, *arguments: Any, **more: Any) -> Any:
        if "IfNoneMatch" in more:
            twice.append(real(self, method, *arguments, **more))
        return real(self, method, *arguments, **more)

    monkeypatch.setattr(s3fs.S3FileSystem, "call_s3", lost)
    done = back_up(at(city), f"{bucket}/respaldo")
    assert [each.name for each in open_repository(at(city), f"{bucket}/respaldo").snapshots()] == [done.snapshot]
    assert len(twice) == 2
    store = BucketStore(f"{bucket}/respaldo")
    with pytest.raises(FileExistsError):
        store.put_new("pamga-backup.json", b"another's")


@pytest.mark.parametrize("key", [None, SEALED])
@pytest.mark.parametrize("mark", [None, b"", b"{"])
def test_a_lost_mark_costs_nothing(city: Path, tmp_path: Path, key: str | None, mark: bytes | None) -> None:
    """The snapshots say themselves how they are sealed: a whole backup is not given up for a few bytes, nor taken over with another key."""
    place = tmp_path / "respaldo"
    back_up(at(city, key), str(place))
    (place / "pamga-backup.json").unlink() if mark is None else (place / "pamga-backup.json").write_bytes(mark)
    for other in {None, SEALED, "cd" * 32} - {key}:
        with pytest.raises(UsageError, match=r"is (not )?sealed"):
            restore(at(tmp_path / "otra", other), str(place))
        with pytest.raises(UsageError, match=r"is (not )?sealed"):
            back_up(at(city, other), str(place))
    restore(at(tmp_path / "otra", key), str(place), without_keys=True)
    assert held(tmp_path / "otra") == held(city)
    assert back_up(at(city, key), str(place)).copied == 0


def test_a_clock_that_jumped_forgets_nothing(city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One night a machine believes that it is 2099: by its count every other snapshot is too old. Doctor and monitor say whose day it is."""
    place = str(tmp_path / "respaldo")
    settings = at(city, backup=place, superset_python=Path("/no"))
    kept = [back_up(settings).snapshot, back_up(settings).snapshot]

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:  # type: ignore[override]
            return cls(2099, 1, 1, tzinfo=tz)

    with monkeypatch.context() as patch:
        for module in (make, snapshots):
            patch.setattr(module, "datetime", Later)
        late = back_up(settings)
    assert late.forgotten == 0
    assert {each.name for each in open_repository(settings).snapshots()} == {*kept, late.snapshot}
    said = [(check.state, check.said) for check in examine(settings) if check.part == "backup"]
    assert any(state == "warn" and "the future" in text for state, text in said)
    assert any("the future" in problem for problem in problems(settings))
    assert restore(at(tmp_path / "otra"), place, without_keys=True).snapshot == kept[-1]
    assert restore(at(tmp_path / "ahora"), place, late.snapshot[:12], without_keys=True).snapshot == late.snapshot
    assert back_up(settings).forgotten == 0


@pytest.mark.parametrize("key", [None, SEALED])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone", "swapped"])
def test_a_damaged_object_stops_everything_and_nothing_is_there(
    city: Path, tmp_path: Path, key: str | None, damage: str
) -> None:
    place = tmp_path / "respaldo"
    back_up(at(city, key), str(place))
    repository = open_repository(at(city, key), str(place))
    path = place / repository.object_name(hashlib.sha256(SECRET).hexdigest())
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "swapped":
        shutil.copyfile(place / repository.object_name(hashlib.sha256(b"<h1>Plan</h1>").hexdigest()), path)
    else:
        path.write_bytes(content[:-1] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(PamgaError, match=r"damaged|is gone"):
        restore(at(tmp_path / "otra", key), str(place), without_keys=True)
    assert held(tmp_path / "otra", ("lake", "vault", "receipts", "releases", "keys", "airflow", "superset")) == {}


@pytest.mark.slow
@pytest.mark.parametrize("key", [None, SEALED])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_what_was_damaged_in_the_backup_is_brought_anew(
    city: Path, tmp_path: Path, place: str, key: str | None, damage: str
) -> None:
    """What is too short is noticed every night; what only has other bytes when the backup is read back."""
    back_up(at(city, key), place)
    repository = open_repository(at(city, key), place)
    name = repository.object_name(hashlib.sha256(SECRET).hexdigest())
    content = repository.store.read(name)
    spoiled = tmp_path / "spoiled"
    spoiled.write_bytes(content[:-1] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    repository.store.put({name: spoiled})
    again = back_up(at(city, key), place, read_back=damage == "changed")
    assert (again.damaged, again.copied >= 1) == (1, True)
    assert back_up(at(city, key), place, read_back=True).damaged == 0
    restore(at(tmp_path / "otra", key), place, without_keys=True)
    assert held(tmp_path / "otra") == held(city)


def test_a_damaged_snapshot_stops_no_further_backup_and_nothing_is_forgotten_meanwhile(
    city: Path, tmp_path: Path
) -> None:
    place = tmp_path / "respaldo"
    first = back_up(at(city), str(place))
    path = place / f"snapshots/{first.snapshot}.json"
    path.write_bytes(path.read_bytes()[:-3])
    (city / "vault/ab/abcd.enc").unlink()
    objects = {entry.name for entry in (place / "objects").rglob("*")}
    second = back_up(at(city), str(place))
    assert objects <= {entry.name for entry in (place / "objects").rglob("*")}
    assert last_backup(at(city)) == LastBackup(
        snapshot=second.snapshot,
        where=str(place),
        bytes=second.bytes,
        taken=str(Snapshot(second.snapshot).taken),
        known=sorted([first.snapshot, second.snapshot]),
    )
    assert {check.state for check in examine(at(city, backup=str(place)), quick=True) if check.part == "backup"} == {
        "ok",
        "warn",
    }
    back_up(at(city), str(place), keep_days=0)
    assert objects > {entry.name for entry in (place / "objects").rglob("*")}, (
        "with the damaged one gone, what only it held goes"
    )


def test_a_share_that_is_not_mounted_gets_no_new_backup(city: Path, tmp_path: Path) -> None:
    place = tmp_path / "respaldo"
    back_up(at(city), str(place))
    place.rename(tmp_path / "aparte")
    place.mkdir()
    with pytest.raises(PamgaError, match="is gone"):
        back_up(at(city), str(place))
    assert list(place.iterdir()) == []
    back_up(at(city), str(tmp_path / "otro"))  # another place may begin
    place.rmdir()
    (tmp_path / "aparte").rename(place)
    back_up(at(city), str(place))


@pytest.mark.parametrize("name", ["registry.db", "airflow/airflow.db"])
def test_a_damaged_database_is_no_backup(city: Path, tmp_path: Path, name: str) -> None:
    place = str(tmp_path / "respaldo")
    whole = back_up(at(city), place)
    (city / name).write_bytes(b"otra cosa" * 4000)
    with pytest.raises(PamgaError, match="is damaged: file is not a database"):
        back_up(at(city), place)
    assert [each.name for each in open_repository(at(city), place).snapshots()] == [whole.snapshot]


def test_what_a_killed_backup_left_goes(city: Path, tmp_path: Path) -> None:
    place = tmp_path / "respaldo"
    back_up(at(city), str(place))
    leftover = place / "objects/ab/.tmp-medio"
    write(leftover, b"x" * 1000)
    back_up(at(city), str(place))
    assert not leftover.exists()


def test_an_interrupted_restore_is_not_taken_for_that_of_another_snapshot(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "respaldo")
    first, second = back_up(at(city), place).snapshot, back_up(at(city), place).snapshot
    with monkeypatch.context() as patch:
        patch.setattr("pamga.backup.put_back._put_in_place", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore(at(tmp_path / "otra"), place, first, without_keys=True)
    with pytest.raises(UsageError, match="another snapshot is asked for"):
        restore(at(tmp_path / "otra"), place, second, without_keys=True)
    assert restore(at(tmp_path / "otra"), place, without_keys=True).snapshot == first


@pytest.mark.parametrize("key", [None, SEALED])
def test_a_damaged_snapshot_is_refused_and_the_one_before_is_taken_by_name(
    city: Path, tmp_path: Path, key: str | None
) -> None:
    place = tmp_path / "respaldo"
    first = back_up(at(city, key), str(place))
    newest = back_up(at(city, key), str(place))
    path = place / f"snapshots/{newest.snapshot}.json"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1) if key is None else path.read_bytes()[:-3])
    with pytest.raises(PamgaError, match=r"changed or cut off|not what its name says"):
        restore(at(tmp_path / "otra", key), str(place), without_keys=True)
    restore(at(tmp_path / "otra", key), str(place), first.snapshot[:20], without_keys=True)
    assert held(tmp_path / "otra") == held(city)


def test_what_is_not_empty_is_not_restored_into(city: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "respaldo")
    back_up(at(city), place)
    before = held(city)
    with pytest.raises(UsageError, match="is not empty: it holds lake, releases, vault, receipts, runs"):
        restore(at(city), place, without_keys=True)
    assert held(city) == before
    other = tmp_path / "otra"
    write(other / "inbox/imju/acuerdos_2026T4.csv", b"waits")
    (other / "lake").mkdir()
    shutil.copytree(city / "airflow", other / "airflow")
    with pytest.raises(UsageError, match=r"database airflow .* is not empty"):
        restore(at(other), place, without_keys=True)
    restore(at(other), place, without_keys=True, replace_databases=True)
    assert held(other) == held(city) and (other / "inbox/imju/acuerdos_2026T4.csv").exists()


@pytest.mark.parametrize("moves", range(7))
def test_killed_while_things_take_their_place_it_goes_on_and_nobody_works_meanwhile(
    city: Path, tmp_path: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    back_up(at(city), place)
    left = [moves]

    def limited(real: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return real(*arguments)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(put_back, "load", limited(vars(put_back)["load"]))
        patch.setattr(put_back, "_move", limited(put_back._move))
        with pytest.raises(KeyboardInterrupt):
            restore(at(root), place, without_keys=True)
    with pytest.raises(PamgaError, match="a restore was interrupted"):
        open_registry(at(root))
    restore(at(root), str(tmp_path / "not even there"), without_keys=True)
    assert held(root) == held(city)
    assert rows(root / "airflow/airflow.db", "select nombre from cosas") == [("airflow/airflow.db",)]


def test_killed_while_copying_nothing_is_there_and_it_starts_anew(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    back_up(at(city), place)
    with monkeypatch.context() as patch:
        patch.setattr("pamga.backup.put_back.sync_tree", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore(at(root), place, without_keys=True)
    assert held(root) == {}
    restore(at(root), place, without_keys=True)
    assert held(root) == held(city)


def test_a_part_on_a_file_system_of_its_own_is_filled(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mounted folder cannot be replaced by a rename."""
    place, root = str(tmp_path / "respaldo"), tmp_path / "otra"
    back_up(at(city), place)
    real = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if target in (root / "lake", root / "releases"):
            raise OSError(18, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    restore(at(root), place, without_keys=True)
    assert held(root) == held(city)


def test_a_file_system_without_hard_links_is_backed_up(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    place = tmp_path / "respaldo"
    with monkeypatch.context() as patch:
        patch.setattr("pamga.backup.make.os.link", refuse)
        back_up(at(city, SEALED), str(place))
    restore(at(tmp_path / "otra", SEALED), str(place))
    assert held(tmp_path / "otra") == held(city)


def test_an_unfinished_rotation_is_not_backed_up(city: Path, tmp_path: Path) -> None:
    write(city / "lake/_rotation.json", b"{}")
    with pytest.raises(PamgaError, match="pamga rotate-key"):
        back_up(at(city), str(tmp_path / "respaldo"))


def test_one_release_comes_back_from_the_snapshot_that_holds_it_as_published(city: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "respaldo")
    back_up(at(city), place)
    release = city / "releases/2026T3-r01"
    sums = hashlib.sha256((release / "sumas_sha256.txt").read_bytes()).hexdigest()
    whole = held(city, ("releases/2026T3-r01",))
    shutil.rmtree(release)
    back_up(at(city), place)
    assert restore_release(at(city), "2026T3-r01", "0" * 64, place) is None
    folder = restore_release(at(city), "2026T3-r01", sums, place)
    assert folder is not None
    folder.rename(release)
    assert held(city, ("releases/2026T3-r01",)) == whole


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (None, "Nobody said where"),
        ("ftp://servidor/respaldo", "neither a folder nor an S3 bucket"),
        ("s3://cuenta:clave-secreta@cubeta/respaldo", "holds an account or a password"),
        ("s3://", "names no bucket"),
    ],
)
def test_an_unusable_place_is_said(city: Path, place: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        back_up(at(city), place)
    assert "clave-secreta" not in str(refused.value)


def test_a_bucket_that_does_not_answer_is_said_in_a_line(
    city: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PamgaError, match=r"s3://no-existe-nunca/x cannot be used"):
        back_up(at(city), "s3://no-existe-nunca/x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(PamgaError, match=r"cannot be used: Could not connect"):
        back_up(at(city), f"{bucket}/x")
    assert not [path for path in city.iterdir() if path.name.startswith(".tmp-")]


@pytest.mark.parametrize(
    "address", ["s3://cubeta/datos", "s3:/cubeta/datos", "sftp://a:b@servidor/datos", "https://x/y"]
)
def test_data_do_not_lie_in_an_address(address: str) -> None:
    with pytest.raises(ValueError, match="is an address, and the data must lie in a folder") as refused:
        Settings(data=address)  # type: ignore[arg-type]
    assert "a:b@" not in str(refused.value).partition("[")[0]
    assert not Path("s3:").exists()


def test_nothing_outside_is_written(city: Path, tmp_path: Path) -> None:
    """A snapshot made by hand that names a path above the installation."""
    place = tmp_path / "respaldo"
    back_up(at(city), str(place))
    repository = open_repository(at(city), str(place))
    document = repository.read_snapshot(repository.choose())
    first, *others = document.files
    outside = first.model_copy(update={"path": "../fuera.txt"})
    repository.write_snapshot(document.model_copy(update={"files": [outside, *others]}))
    with pytest.raises(UsageError, match="outside of the installation"):
        restore(at(tmp_path / "otra"), str(place), without_keys=True)
    assert not (tmp_path / "fuera.txt").exists()


def test_rights_of_the_backup_are_the_accounts_own(city: Path, tmp_path: Path) -> None:
    place = tmp_path / "respaldo"
    back_up(at(city), str(place))
    assert place.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.rglob("*") if path.is_file())
    assert os.stat(city / "locks/last-backup.json").st_size > 0  # noqa: PTH116


def test_a_task_backs_up_airflows_metadata_although_airflow_hides_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pamga.backup.databases import database_of

    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    assert database_of(Settings(data=tmp_path), "airflow").file == tmp_path / "airflow" / "airflow.db"
    monkeypatch.setenv("PAMGA_AIRFLOW_DATABASE_URL", "postgresql+psycopg2://reader:a%2Fb@postgres/airflow")
    assert database_of(Settings(data=tmp_path), "airflow").url.password == "a/b"


@pytest.mark.parametrize(
    ("address", "said"),
    [("s3:/b/x", "no S3 bucket"), ("gs://b", "no S3 bucket"), ("/srv/copia", "no S3 bucket"), ("file:///srv/x", "no S3 bucket"), ("", "no S3 bucket"),
     ("s3://", "names no bucket"), ("s3:///x", "names no bucket"), ("s3://a:secreta@b/x", "holds an account"), ("s3://b/x?versionId=1", "a query"),
     ("https://x/y?firma=secreta", "no S3 bucket")],
)  # fmt: skip
def test_a_bucket_is_written_in_one_way(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        BucketStore(address)
    assert "secreta" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "name"),
    [("file:///srv/mis%20datos", "/srv/mis datos"), ("file:/srv/x", "/srv/x"), ("/srv/a#b?c %20ñ", "/srv/a#b?c %20ñ"), ("S3://b/x", "s3://b/x"), ("s3://b/x/", "s3://b/x/")],
)  # fmt: skip
def test_a_place_for_a_backup(address: str, name: str) -> None:
    assert open_store(address).name == name


@pytest.mark.parametrize("address", [" ", "~/respaldo", "s3:/b", "gs://b/x", "ftp://a:secreta@b/x"])
def test_what_is_no_place_for_a_backup_is_said(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_store(address)
    assert "secreta" not in str(refused.value)


WRONG = ("acuerdos", "2026T3", "imju", 1)


def test_what_a_person_set_aside_after_the_snapshot_stays_aside(city: Path, tmp_path: Path) -> None:
    settings = at(city, backup=str(tmp_path / "respaldo"))
    back_up(settings)
    said = {"origin": BY_PERSON, "person": "Ana Ruiz", "reason": "Estaba mal."}
    decide(settings, SET_ASIDE, WRONG, **said)
    decide(settings, LET_IN, WRONG, **said | {"reason": "Estaba bien."})
    decide(settings, SET_ASIDE, WRONG, **said | {"reason": "No lo estaba."})
    other = at(tmp_path / "otra", backup=settings.backup)
    told = restore(other, without_keys=True)
    assert decisions(other.layout) == decisions(settings.layout) and len(told.acts) == 3
    assert unkept(settings) == keep_acts(other) == []


def test_what_was_set_aside_is_no_other_file_that_gets_its_number(city: Path, tmp_path: Path) -> None:
    """The version came after the snapshot: the next one that comes may be a correction, and a person is told to decide again."""
    settings = at(city, backup=str(tmp_path / "respaldo"))
    back_up(settings)
    later = settings.layout.version(*WRONG[:3], 2)
    write(later / "manifest.json", stored(Manifest, {"sha256": "ab" * 32, "version": 2}))
    decide(settings, SET_ASIDE, (*WRONG[:3], 2), origin=BY_PERSON, person="Ana Ruiz", reason="Estaba mal.")
    other = at(tmp_path / "otra", backup=settings.backup)
    told = restore(other, without_keys=True)
    assert (told.acts, decisions(other.layout)) == ([], []) and "decídalo de nuevo" in told.not_applied[0]


def test_a_no_of_the_secretariado_stays_a_no(city: Path, tmp_path: Path) -> None:
    """Also where the snapshot holds an earlier yes; a yes of after the snapshot is asked for again."""
    settings = at(city, backup=str(tmp_path / "respaldo"))
    folder = settings.layout.log / "approvals"
    yes = {"run": "2026T3-r02-abc", "release": "2026T3-r02", "decision": Answer.APPROVE, "persona": "Ana Ruiz"}
    write(folder / "2026T3-r02-abc.json", stored(Answer, yes))
    back_up(settings)
    write(folder / "2026T3-r02-abc-2.json", stored(Answer, yes | {"decision": Answer.REJECT}))
    write(folder / "2026T3-r03-abc.json", stored(Answer, yes | {"run": "2026T3-r03-abc"}))
    assert keep_acts(settings) == []
    other = at(tmp_path / "otra", backup=settings.backup)
    assert restore(other, without_keys=True).acts == ["rechazo de 2026T3-r02 (x, Ana Ruiz)"]
    last = newest_answer(other.layout, "2026T3-r02-abc")
    assert last is not None and not last.approves
    assert newest_answer(other.layout, "2026T3-r03-abc") is None


def test_a_restore_that_was_killed_forgets_no_act(city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(city, backup=str(tmp_path / "respaldo"))
    back_up(settings)
    decide(settings, SET_ASIDE, WRONG, origin=BY_PERSON, person="Ana Ruiz", reason="Estaba mal.")
    other = at(tmp_path / "otra", backup=settings.backup)
    moved: list[Path] = []

    def killed(source: Path, final: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(final)
        real(source, final)

    real = put_back._move
    monkeypatch.setattr(put_back, "_move", killed)
    with pytest.raises(KeyboardInterrupt):
        restore(other, without_keys=True)
    monkeypatch.undo()
    (tmp_path / "respaldo").rename(tmp_path / "lejos")  # what it needs is here
    assert len(restore(other, without_keys=True).acts) == 1
    assert len(decisions(other.layout)) == 1
