"""Two acts at once: each is done or refused in words, nothing is there twice or lost, and one more run of both changes nothing."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from datetime import date
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.audit import audit_lake
from ingest.landing import Identity, all_manifests
from ingest.privacy.rotation import rotate
from ingest.receipt_day import correct_receipt_day
from ingest.receive import receive_inbox
from pamga import seals
from pamga.backup import back_up, open_repository, restore
from pamga.errors import PamgaError
from pamga.maintenance import prune_runs
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.storage import flip_symlink
from pamga.takedowns import datasets_down, takedowns
from publish.audit import audit_releases
from publish.release import publish as publish_release
from publish.release import rollback
from publish.takedown import take_down as take_down_dataset
from quality.approval import REJECT, record_answer
from tests.documents import tree
from tests.publish.scene import BASE_URL, DAY, Scene, make_run
from tests.reliability import life
from warehouse.build import build

IDENTITY = Identity("acuerdos", "2026T3", life.OFFICE)
Work = Callable[[Path], object]
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
_SECONDS = 600.0  # what takes longer hangs


def receive(root: Path) -> object:
    return receive_inbox(life.settings_of(root))


def backup(root: Path) -> object:
    return back_up(life.settings_of(root), str(root.parent / "respaldo"))


def put_back(root: Path) -> object:
    return restore(life.settings_of(root), str(root.parent / "respaldo"))


def correct(root: Path) -> object:
    return correct_receipt_day(life.settings_of(root), IDENTITY, 1, date(2026, 9, 30), "Ana Ruiz", "El reloj.")


def turned(root: Path) -> Settings:
    """The settings once the key is rotated."""
    return life.settings_of(root).model_copy(update={"hmac_key": SecretStr("la segunda llave")})


def rotate_key(root: Path) -> object:
    return rotate(life.settings_of(root).model_copy(update={"hmac_key_next": turned(root).hmac_key}))


def receive_turned(root: Path) -> object:
    return receive_inbox(turned(root))


def sound_turned(root: Path) -> object:
    """Everything agrees, and no pseudonym is of the key before."""
    found = audit_lake(turned(root))
    assert not found, found[0]
    keys = {manifest.hmac_key_id for manifest in all_manifests(turned(root).layout) if manifest.hmac_key_id}
    assert keys == {key_id(b"la segunda llave")}, keys
    return None


# ---- of releases: runs as a build and a gate leave them, without dbt ----------------------------------------------------


def city(root: Path) -> Settings:
    return Settings(data=root, hoy=DAY, base_url=BASE_URL, backup=str(root.parent / "respaldo"))


def first_published(root: Path) -> object:
    """One release is up, and the run of the next waits."""
    settings = city(root)
    later = Scene(
        release="2026T3-r02", finished=85, agreements=[("A-1", "Bacheo", "2026-05-03"), ("A-4", "Agua", None)]
    )
    for scene in (Scene(), later):
        run = make_run(settings, scene)
        for pointer in ("latest", "passed"):
            flip_symlink(settings.layout.runs / pointer, run)
        if scene is not later:
            publish_release(settings)
    return None


def publish(root: Path) -> object:
    return publish_release(city(root))


def take_down(root: Path) -> object:
    return take_down_dataset(city(root), "seguimiento_acuerdos", "Llevaba un domicilio.", "Unidad de Transparencia")


def take_down_first(root: Path) -> object:
    return take_down_dataset(city(root), "2026T3-r01", "Llevaba un domicilio.", "Unidad de Transparencia")


def roll_back(root: Path) -> object:
    return rollback(city(root), "2026T3-r01", "La cifra estaba mal.", "Ana Ruiz", [])


def save(root: Path) -> object:
    return back_up(city(root))


def prune(root: Path) -> object:
    return prune_runs(city(root).model_copy(update={"keep_runs": 1}))


def reject(root: Path) -> object:
    settings = city(root)
    return record_answer(settings, settings.layout.passed.resolve().name, REJECT, "Ana Ruiz", "No es la del acta.")


def published_rightly(root: Path) -> object:
    """Every release, its log, its ledger and the seals agree; whatever was taken down is nowhere."""
    settings = city(root)
    found = [*audit_releases(settings), *seals.findings(settings)]
    if found:
        raise AssertionError(str(found[0]))
    down = datasets_down(takedowns(settings.layout.log))
    left = [
        path for name in down for path in settings.layout.root.glob(f"r*/**/{name}.*") if "retiros" not in path.parts
    ]
    if left:
        raise AssertionError(f"{left[0]} is still there")
    return None


def sound(root: Path) -> object:
    """In a process of its own, as everything here: one that has begun threads is not to be forked."""
    found = audit_lake(life.settings_of(root))
    if found:
        raise AssertionError(str(found[0]))
    return None


def at_once(*jobs: tuple[Work, Path]) -> list[str]:
    """How each ended, begun at the same moment in processes of their own, none a copy of one that has begun threads."""
    gate = _PROCESSES.Barrier(len(jobs))
    answers = [_PROCESSES.SimpleQueue() for _ in jobs]
    children = [
        _PROCESSES.Process(target=_child, args=(gate, answer, *job)) for answer, job in zip(answers, jobs, strict=True)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(_SECONDS)
        child.kill()
    return ["killed" if answer.empty() else answer.get() for answer in answers]


def _child(gate: Barrier, answer: SimpleQueue[str], work: Work, root: Path) -> None:
    gate.wait(_SECONDS)
    try:
        work(root)
        said = "done"
    except PamgaError as error:
        said = f"told: {error.cause[:120]}"
    except BaseException as error:  # whatever it is goes to the parent by name
        said = f"{type(error).__name__}: {error}"[:200]
    answer.put(said)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    life.drop(life.settings_of(tmp_path / "life"), "receive")
    return tmp_path / "life"


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, str]:
    other = tmp_path / "sola" / "life"
    life.drop(life.settings_of(other), "receive")
    assert at_once((receive, other)) == ["done"]
    return life.end_of(other)


@pytest.mark.slow
@pytest.mark.parametrize("others", [(receive,), (receive, receive), (backup,), (backup, receive)])
def test_receiving_beside_another(
    root: Path, expected: dict[str, str], others: tuple[Work, ...], tmp_path: Path
) -> None:
    ended = at_once(*((work, root) for work in (receive, *others)))
    assert set(ended) <= {"done"}, ended
    assert at_once((receive, root)) == ["done"]
    assert life.end_of(root) == expected
    assert at_once((sound, root)) == ["done"]
    if backup in others:
        assert at_once((put_back, tmp_path / "otra")) == ["done"]
        assert at_once((sound, tmp_path / "otra")) == ["done"]


@pytest.mark.slow
def test_two_backups_at_once_are_two_whole_snapshots(root: Path, tmp_path: Path) -> None:
    at_once((receive, root))
    assert at_once(*[(backup, root)] * 3) == ["done"] * 3
    repository = open_repository(life.settings_of(root), str(tmp_path / "respaldo"))
    assert len(repository.snapshots()) == 3
    for snapshot in repository.snapshots():
        contents = {entry.sha256 for entry in repository.read_snapshot(snapshot).files}
        assert repository.damaged(contents, tmp_path) == []


@pytest.mark.slow
def test_a_day_is_corrected_while_a_correction_comes(root: Path) -> None:
    at_once((receive, root))
    life.drop(life.settings_of(root), "receive a correction")
    assert at_once((correct, root), (receive, root), (correct, root)) == ["done"] * 3
    end = life.end_of(root)
    assert at_once((correct, root), (receive, root)) == ["done"] * 2
    assert life.end_of(root) == end and at_once((sound, root)) == ["done"]
    assert sum(name.startswith("lake/_log/receipt_days/") for name in end) == 1


@pytest.mark.slow
@pytest.mark.parametrize("received_before", [True, False])
def test_the_key_is_rotated_while_files_come(root: Path, received_before: bool) -> None:
    """What came under the old key meanwhile is told, or is of the new key when both were done again."""
    if received_before:
        assert at_once((receive, root)) == ["done"]
        life.drop(life.settings_of(root), "receive a correction")
        people = root / "inbox" / life.OFFICE / "asistencia_talleres_2026T3.csv"
        people.write_text(people.read_text() + "T1,P99,Eva,4771239999,31,mujer,Centro\n")
    ended = at_once((receive, root), (rotate_key, root))
    assert all(end == "done" or end.startswith("told: ") for end in ended), ended
    assert at_once((rotate_key, root)) == ["done"]
    assert at_once((receive_turned, root)) == ["done"]
    assert at_once((sound_turned, root)) == ["done"]


@pytest.mark.slow
@pytest.mark.parametrize("other", [receive, backup, put_back])
def test_a_restore_shares_with_nobody(root: Path, expected: dict[str, str], tmp_path: Path, other: Work) -> None:
    """The other one is refused, or was through before; what is there then is the snapshot's, whole, or the restore was refused."""
    at_once((receive, root))
    at_once((backup, root))
    new = tmp_path / "nueva" / "life"
    (tmp_path / "nueva").mkdir()
    (tmp_path / "nueva" / "respaldo").symlink_to(tmp_path / "respaldo")
    life.drop(life.settings_of(new), "receive")
    shutil.rmtree(new / "lake")  # a restore wants nothing there
    ended = at_once((put_back, new), (other, new))
    assert all(end == "done" or end.startswith("told: ") for end in ended), ended
    assert at_once((receive, new)) == ["done"]
    assert life.end_of(new) == expected
    assert at_once((sound, new)) == ["done"]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ciudad")
    assert at_once((first_published, folder / "life")) == ["done"]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "pair",
    [
        (publish, publish),
        (publish, take_down),
        (publish, take_down_first),
        (publish, roll_back),
        (publish, save),
        (publish, prune),
        (publish, reject),
        (take_down, save),
        (take_down, roll_back),
        (take_down, take_down_first),
    ],
    ids=lambda pair: "+".join(work.__name__ for work in pair),
)
def test_publishing_beside_another_act(installation: Path, tmp_path: Path, pair: tuple[Work, Work]) -> None:
    folder = shutil.copytree(installation, tmp_path / "ciudad", symlinks=True)
    root = folder / "life"
    for _ in range(2):
        ended = at_once(*((work, root) for work in pair))
        assert all(end == "done" or end.startswith("told: ") for end in ended), ended
        assert at_once((published_rightly, root)) == ["done"]
    settled = tree(root, "lake", "releases")
    assert all(end == "done" or end.startswith("told: ") for end in at_once(*((work, root) for work in pair)))
    assert tree(root, "lake", "releases") == settled


def make(root: Path) -> object:
    return build(life.settings_of(root))


@pytest.mark.slow
def test_two_builds_and_a_reception_at_once(root: Path) -> None:
    """One of the builds finds the run of the other; what came meanwhile is whole in the lake, for the next one."""
    assert at_once((receive, root)) == ["done"]
    life.drop(life.settings_of(root), "receive a correction")
    assert at_once((make, root), (make, root), (receive, root)) == ["done"] * 3
    runs = life.settings_of(root).layout.runs
    whole = {path.parent.parent.name for path in runs.glob("*-r01-*/candidate/manifest.json")}
    assert (runs / "latest").readlink().name in whole and whole == {path.name for path in runs.glob("*-r01-*")}
    assert at_once((sound, root)) == ["done"] and at_once((receive, root)) == ["done"]
    assert not list(runs.glob(".*building*"))
