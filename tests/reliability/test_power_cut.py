"""A power cut at any moment: what was acknowledged is there, what is there is whole, and going on ends in the state of one good life."""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.receive import receive_inbox
from pamga.backup import back_up, restore
from pamga.settings import Settings
from publish.release import publish
from publish.takedown import take_down
from tests.documents import tree
from tests.publish.scene import BASE_URL, DAY, Scene, make_run
from tests.reliability.crash_disk import EMPTY, NAMES_WITHOUT_BYTES, ONLY_SYNCED, POLICIES, CrashDisk, Told
from tests.reliability.life import Life, drop, go_on, settings_of, survey
from tests.reliability.promises import broken_promises

POINTS = int(os.environ.get("PAMGA_TEST_CUTS", "2400"))
RECOVERIES = int(os.environ.get("PAMGA_TEST_RECOVERIES", "3"))


@pytest.mark.slow
def test_every_promise_holds_after_every_cut(life: Life) -> None:
    played, broken = survey(life, POINTS, seed=2026)
    assert played >= 2000
    assert broken == []


@pytest.mark.slow
def test_going_on_after_a_cut_ends_as_the_undisturbed_life(life: Life, tmp_path: Path) -> None:
    rng = random.Random(2026)
    late = [at for step, at in life.moments.items() if step in {"publish again", "rotate"}]
    moments = [rng.randrange(late[0], len(life.disk.operations)) for _ in range(RECOVERIES)]
    for moment in moments:
        policy = rng.choice(POLICIES)
        end = go_on(life, moment, policy, 1, tmp_path / f"{moment}-{policy}" / "life")
        assert end == life.end, f"cut before operation {moment}, {policy}"


def test_the_disk_finds_a_name_that_was_synced_before_its_bytes(tmp_path: Path) -> None:
    """The simulator itself: the fault that it is there to find, found."""
    root = tmp_path / "root"
    (root / "lake" / "_log").mkdir(parents=True)
    disk = CrashDisk(root, tmp_path / "blobs")
    with disk.recording():
        path = root / "lake" / "_log" / "a.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text("{}")
        temporary.replace(path)
        disk.tell("written", files={"lake/_log/a.json": None})
    moment = len(disk.operations)
    assert broken_promises(disk, disk.after_cut(moment, NAMES_WITHOUT_BYTES), moment) == [
        "lake/_log/a.json is empty or torn"
    ]
    assert broken_promises(disk, disk.after_cut(moment, ONLY_SYNCED), moment) == [
        "told «written», but lake/_log/a.json is gone"
    ]


def test_a_dataset_that_was_taken_down_does_not_come_back(tmp_path: Path) -> None:
    """Nor does the pointer lead to a release that is down."""
    root = tmp_path / "life"
    settings = Settings(data=root, hoy=DAY, base_url=BASE_URL)
    publish(settings, make_run(settings, Scene()))
    disk = CrashDisk(root, tmp_path / "blobs")
    with disk.recording():
        for what in ("seguimiento_acuerdos", "2026T3-r01"):
            take_down(settings, what, "Llevaba un domicilio.", "Unidad de Transparencia")
            disk.tell(what, files={})
    dataset, release = (at + 1 for at, step in enumerate(disk.operations) if isinstance(step, Told))
    for policy in POLICIES:
        names = [name for name in disk.after_cut(dataset, policy) if not name.startswith("releases/retiros/")]
        assert not [name for name in names if Path(name).name.startswith("seguimiento_acuerdos.")], policy
        assert not [name for name in disk.after_cut(release, policy) if "/data/" in name or name.endswith("/current")]


def test_a_restore_that_is_told_is_whole_with_its_keys(tmp_path: Path) -> None:
    sealed = {
        "backup_key": SecretStr(secrets.token_hex(32)),
        "backup": str(tmp_path / "respaldo"),
        "hmac_key": None,
        "vault_key": None,
    }
    first, again = (settings_of(tmp_path / name).model_copy(update=sealed) for name in ("primera", "otra"))
    drop(first, "receive")
    receive_inbox(first)
    back_up(first)
    again.layout.root.mkdir()
    disk = CrashDisk(again.layout.root, tmp_path / "blobs")
    with disk.recording():
        restore(again)
        disk.tell("restored", files={})
    wanted = tree(first.layout.root, "lake", "vault", "keys", "receipts")
    assert any(name.startswith("keys/") for name in wanted)
    for policy in POLICIES:
        state = disk.after_cut(len(disk.operations), policy)
        assert sorted(wanted.keys() - state.keys()) == [], policy
        assert not [name for name in wanted if state[name] == EMPTY and (first.layout.root / name).stat().st_size]


def test_atomic_writes_outlast_a_cut(tmp_path: Path) -> None:
    from pamga.storage import write_atomically, write_once

    root = tmp_path / "root"
    root.mkdir()
    disk = CrashDisk(root, tmp_path / "blobs")
    with disk.recording():
        for number in range(3):
            write_atomically(root / "lake" / "_log" / "a.json", b'{"n": %d}' % number)
            disk.tell("a", files={"lake/_log/a.json": None})
        write_once(root / "lake" / "_log" / "checks" / "b.json", b"{}")
        disk.tell("b", files={"lake/_log/checks/b.json": None})
    for moment in range(len(disk.operations) + 1):
        for policy in POLICIES:
            assert broken_promises(disk, disk.after_cut(moment, policy), moment) == []


RECEIVE = """
import sys
from datetime import date
from pathlib import Path
from pydantic import SecretStr
from pamga.settings import Settings
from ingest.receive import receive_inbox
settings = Settings(data=Path(sys.argv[1]), settle_seconds=0, hoy=date(2026, 10, 12), hmac_key=SecretStr("k"))
print(*(receipt.state for receipt in receive_inbox(settings)), flush=True)
"""


def _mounted(image: Path, at: Path) -> bool:
    """Whether an ext4 image can be made and mounted here (not in every sandbox)."""
    image.write_bytes(b"")
    os.truncate(image, 96 << 20)
    at.mkdir()
    try:
        subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", image, at], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@pytest.mark.slow
def test_a_real_ext4_copied_as_the_command_ends_holds_what_was_acknowledged(tmp_path: Path) -> None:
    """The image is copied while it is mounted, as the command exits: what the kernel had not written yet is lost."""
    image, mounted = tmp_path / "disk.img", tmp_path / "mounted"
    if not _mounted(image, mounted):
        pytest.skip("no ext4 image can be mounted here; the simulated disk above proves the same")
    try:
        data = mounted / "data"
        office = data / "inbox" / "presupuesto_participativo"
        office.mkdir(parents=True)
        head = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia\n"
        for number, quarter in enumerate(("2026T1", "2026T2", "2026T3")):
            (office / f"acuerdos_{quarter}.csv").write_text(
                head + f"A{number},E1,05/01/2026,inmediato,Luz,Obra Pública\n"
            )
        os.sync()
        done = subprocess.run([sys.executable, "-c", RECEIVE, str(data)], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["accepted"] * 3
        copy = tmp_path / "copy.img"
        copy.write_bytes(image.read_bytes())
    finally:
        subprocess.run(["umount", mounted], check=True)
    subprocess.run(["mount", "-o", "loop", copy, mounted], check=True)
    try:
        manifests = sorted((mounted / "data" / "lake").rglob("manifest.json"))
        assert len(manifests) == 3
        files = [
            path
            for folder in ("lake", "vault", "receipts")
            for path in (mounted / "data" / folder).rglob("*")
            if path.is_file()
        ]
        assert files and all(path.stat().st_size for path in files if not path.name.startswith(".tmp-"))
        again = subprocess.run(
            [sys.executable, "-c", RECEIVE, str(mounted / "data")], capture_output=True, text=True, check=True
        )
        assert again.stdout.split() == [], "nothing is new: the registry and the lake agree"
    finally:
        subprocess.run(["umount", mounted], check=True)
