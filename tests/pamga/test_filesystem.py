"""Where the file system cannot keep what is promised, nothing starts, and the reason is said."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pamga.filesystem import UnfitFileSystem, problems_of, problems_of_mount, require_fit
from pamga.registry import open_registry
from pamga.settings import Settings


def test_this_machines_disk_will_do_and_nothing_stays(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def refusing(number: int) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize(
    ("name", "instead", "said"),
    [
        ("os.link", refusing(errno.ENOTSUP), "hard links: Operation not supported"),
        ("os.link", shutil.copy, "a hard link is a copy"),
        ("fcntl.flock", refusing(errno.ENOSYS), "locks (flock): Function not implemented"),
        ("fcntl.flock", lambda *_: None, "a lock (flock) is given to two at once"),
        (
            "os.rename",
            lambda *_: None,
            "a folder takes the place of one that holds something",
        ),
        ("os.fsync", refusing(errno.EINVAL), "syncing a folder: Invalid argument"),
    ],
)
def test_what_is_lacking_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, instead: Callable[..., Any], said: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"pamga.filesystem.{name}", instead)
        problems = problems_of(tmp_path)
    assert said in problems


def test_a_copying_symlink_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", refusing(errno.EPERM))
        assert "symbolic links: Operation not permitted" in problems_of(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("s3fs /data fuse.s3fs rw,nosuid 0 0", "mounted by s3fs"),
        ("bucket: /data fuse.rclone rw 0 0", "mounted by rclone"),
        ("mount-s3 /data fuse.mount-s3 rw 0 0", "mounted by mount-s3"),
        ("nas:/x /data nfs rw,vers=3,nolock 0 0", "its locks end at this machine"),
        ("nas:/x /data nfs4 rw,local_lock=flock 0 0", "its locks end at this machine"),
        ("nas:/x /data nfs4 rw,vers=4.2,local_lock=none 0 0", None),
        ("/dev/vda1 /data ext4 rw 0 0", None),
        ("s3fs /data/otra fuse.s3fs rw 0 0", None),
        ("s3fs /da fuse.s3fs rw 0 0", None),
    ],
)
def test_the_table_of_mounts(line: str, said: str | None) -> None:
    problems = list(problems_of_mount(Path("/data/leon"), f"overlay / overlay rw 0 0\n{line}\n"))
    assert [said in problem for problem in problems] == [True] if said else problems == []


def test_a_mount_below_an_unfit_one_counts_for_itself() -> None:
    mounts = "overlay / overlay rw 0 0\ns3fs /data fuse.s3fs rw 0 0\n/dev/sda /data/leon\\040uno ext4 rw 0 0\n"
    assert list(problems_of_mount(Path("/data/leon uno/x"), mounts)) == []
    assert list(problems_of_mount(Path("/data/otra"), mounts)) != []


def test_nothing_starts_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_fit.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr("os.link", refusing(errno.ENOTSUP))
        with pytest.raises(
            UnfitFileSystem, match=r"hard links: Operation not supported\. Put PAMGA_DATA on a local disk"
        ):
            open_registry(Settings(data=tmp_path))
    assert not (tmp_path / "registry.db").exists()
    require_fit.cache_clear()
