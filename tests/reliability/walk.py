"""Random walks over the acts of an installation, in orders that nobody tried: after each act everything must agree.

`python -m tests.reliability.walk FOLDER SEED WALKS [STEPS]` walks and prints what it found; the slow test takes a few of them. Releases are
made of the runs of `tests.publish.scene`, so that no build is needed; what is received is that of `tests.reliability.life`. Some acts are
killed at a random operation of the file system, and completed by whatever comes next; the clock jumps now and then.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pydantic import SecretStr

from ingest.audit import rebuild_registry
from ingest.landing import Identity, versions
from ingest.privacy.retention import enforce_retention
from ingest.privacy.rotation import rotate
from ingest.receipt_day import correct_receipt_day
from ingest.receive import receive_inbox
from ingest.receive import restore as restore_version
from operation import steps
from operation.audit import audit
from pamga.backup import back_up, restore
from pamga.errors import PamgaError, UsageError
from pamga.maintenance import prune_runs, sweep
from pamga.settings import Settings
from pamga.standing import BY_PERSON, LET_IN, SET_ASIDE, decide
from pamga.storage import flip_symlink
from pamga.takedowns import datasets_down, releases_down, takedowns
from publish import log
from publish.mend import mend_release
from publish.release import complete, publish, rollback
from publish.takedown import finish_pending, lift, take_down
from publish.verify import verify_release
from quality.approval import APPROVE, REJECT, record_answer
from tests.publish.scene import BASE_URL, DAY, Scene, make_run
from tests.reliability import life

DATASET = "seguimiento_acuerdos"
AGREEMENTS = Identity("acuerdos", "2026T3", life.OFFICE)
SCENES = (
    Scene(),
    Scene(release="2026T3-r02", finished=85),
    Scene(release="2026T3-r03", finished=70, agreements=[("A-1", "Bacheo", "2026-05-03")]),
    Scene(release="2026T3-r04", finished=85),
)
OPERATIONS = ("rename", "replace", "link", "unlink", "rmdir", "symlink", "mkdir", "fsync", "chmod")


class Killed(BaseException):
    """The process ended here: nothing that it would still do is done."""


@contextmanager
def killed_at(operation: int) -> Iterator[list[int]]:
    """From its n-th operation on, nothing that changes the file system is done any more; gives how many there were."""
    done, real = [0], {name: getattr(os, name) for name in OPERATIONS}

    def dying(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            done[0] += 1
            if done[0] >= operation:
                raise Killed(name)
            return real[name](*arguments, **named)

        return call

    for name in OPERATIONS:
        setattr(os, name, dying(name))
    try:
        yield done
    finally:
        for name, function in real.items():
            setattr(os, name, function)


@dataclass
class Walk:
    """One installation on its way, what was done there, and what was wrong."""

    root: Path
    hoy: date
    rng: random.Random
    key: int = 0
    corrections: int = 0
    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def backup(self) -> Path:
        """Beside the installation, and of that one alone."""
        return self.root.parent / "respaldo"

    @property
    def settings(self) -> Settings:
        """As the environment would give them today."""
        return life.settings_of(self.root).model_copy(
            update={
                "hoy": self.hoy, "base_url": BASE_URL, "backup": str(self.backup), "keep_runs": 1,
                "hmac_key": SecretStr(f"la llave {self.key}"),
            }
        )  # fmt: skip

    def run(self, number: int) -> str:
        """The run of a scene, which a restore or a takedown may have taken away: then a build makes it again."""
        scene = SCENES[number - 1]
        records = takedowns(self.settings.layout.log)
        if scene.release in releases_down(records):
            raise UsageError(f"No build makes {scene.release} again.", "It was taken down.")
        scene = Scene(**{**scene.__dict__, "withdrawn": tuple(sorted(datasets_down(records)))})
        found = sorted(self.settings.layout.runs.glob(f"{scene.release}-*"))
        return found[0].name if found else make_run(self.settings, scene)


def _publish(number: int) -> Callable[[Walk], object]:
    return lambda walk: publish(walk.settings, walk.run(number))


def _correct(walk: Walk) -> object:
    walk.corrections += 1
    finished, day = 60 + walk.corrections, walk.corrections
    path = walk.settings.layout.inbox / life.OFFICE / f"acuerdos_2026T3_v{walk.corrections + 1}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(life._agreements(finished))
    os.utime(path, (1_760_100_000 + day, 1_760_100_000 + day))
    return receive_inbox(walk.settings)


def _come_late(walk: Walk) -> object:
    """A delivery, or a correction, of a quarter long past."""
    walk.corrections += 1
    path = walk.settings.layout.inbox / life.OFFICE / f"acuerdos_2025T4_v{walk.corrections}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(life._agreements(walk.corrections).replace("/07/2026", "/11/2025").replace("/09/2026", "/12/2025"))
    return receive_inbox(walk.settings)


def _lose_the_registry(walk: Walk) -> object:
    walk.settings.layout.registry.unlink(missing_ok=True)
    return rebuild_registry(walk.settings)


def _rotate(walk: Walk) -> object:
    new = SecretStr(f"la llave {walk.key + 1}")
    rotate(walk.settings.model_copy(update={"hmac_key_next": new}))
    walk.key += 1
    return None


def _a_version(walk: Walk) -> Any:
    return (*AGREEMENTS.__dict__.values(), walk.rng.randint(1, max(1, len(versions(walk.settings.layout, AGREEMENTS)))))


def _decide(action: str) -> Callable[[Walk], object]:
    return lambda walk: decide(
        walk.settings, action, _a_version(walk), origin=BY_PERSON, person="Ana Ruiz", reason="Se revisó."
    )


def _correct_day(walk: Walk) -> object:
    return correct_receipt_day(
        walk.settings, AGREEMENTS, 1, date(2026, 9, walk.rng.randint(1, 28)), "Ana Ruiz", "El reloj."
    )


def _answer(decision: str) -> Callable[[Walk], object]:
    def act(walk: Walk) -> object:
        runs = sorted(path.parent.name for path in walk.settings.layout.runs.glob("*/quality.json"))
        return record_answer(walk.settings, walk.rng.choice(runs), decision, "Ana Ruiz", "Se vio.") if runs else None

    return act


def _lose_the_machine(walk: Walk) -> object:
    """A new machine, and the newest backup of the old one."""
    inbox, new = walk.root / "inbox", walk.root.parent / "nueva"
    shutil.rmtree(new, ignore_errors=True)
    restore(walk.settings.model_copy(update={"data": new, "inbox": str(new / "inbox")}))
    shutil.copytree(inbox, new / "inbox")
    shutil.rmtree(walk.root)
    new.rename(walk.root)
    return steps.carry_out_acts(walk.settings)


def _restore_in_place(walk: Walk) -> object:
    try:
        restore(walk.settings)
    except PamgaError:
        return None
    raise AssertionError("a restore over an installation was not refused")


def _damage(walk: Walk) -> object:
    """A release loses a file; a person asks for it back."""
    standing = [entry.release for entry in log.publications(walk.settings)]
    release = walk.rng.choice(standing)
    saved = walk.root.parent / "a-salvo"
    shutil.rmtree(saved, ignore_errors=True)
    folder = walk.settings.layout.release(release)
    if not folder.is_dir():
        return None
    shutil.copytree(folder, saved, copy_function=shutil.copy2)
    (folder / "catalogo.ttl").unlink(missing_ok=True)
    try:
        return mend_release(walk.settings, release)
    except PamgaError:
        shutil.rmtree(folder)
        saved.rename(folder)
        raise


ACTS: dict[str, Callable[[Walk], object]] = {
    **{f"p{number}": _publish(number) for number in range(1, len(SCENES) + 1)},
    "publish": lambda walk: publish(walk.settings),
    **{
        f"t{number}": lambda walk, n=number: take_down(walk.settings, f"2026T3-r0{n}", f"Motivo {n}", "Unidad")  # type: ignore[misc]
        for number in range(1, 4)
    },
    "td": lambda walk: take_down(walk.settings, DATASET, "Llevaba un domicilio.", "Unidad"),
    "ld": lambda walk: lift(walk.settings, DATASET, "Ya no.", "Unidad"),
    "b": lambda walk: rollback(walk.settings, None, f"Vuelta del {walk.hoy}", "Ana Ruiz"),
    "b1": lambda walk: rollback(walk.settings, "2026T3-r01", "Vuelta uno", "Ana Ruiz", []),
    "b2": lambda walk: rollback(walk.settings, "2026T3-r02", "Vuelta dos", "Ana Ruiz"),
    "complete": lambda walk: complete(walk.settings),
    "finish": lambda walk: finish_pending(walk.settings),
    "receive": lambda walk: receive_inbox(walk.settings),
    "correct": _correct,
    "late": _come_late,
    "registry": _lose_the_registry,
    "retention": lambda walk: enforce_retention(walk.settings),
    "version": lambda walk: restore_version(walk.settings, AGREEMENTS, _a_version(walk)[-1], "Se equivocó."),
    "rotate": _rotate,
    "aside": _decide(SET_ASIDE),
    "in": _decide(LET_IN),
    "day": _correct_day,
    "approve": _answer(APPROVE),
    "reject": _answer(REJECT),
    "backup": lambda walk: back_up(walk.settings, keep_days=0),
    "machine": _lose_the_machine,
    "in place": _restore_in_place,
    "mend": _damage,
    "prune": lambda walk: prune_runs(walk.settings),
    "sweep": lambda walk: sweep(walk.settings),
}
NOT_KILLED = ("machine", "mend", "in place")  # they do by hand what no command does


def settle(walk: Walk) -> None:
    """What the next hour's runs would do anyway: complete what was begun."""
    if walk.settings.layout.rotation.exists():
        _rotate(walk)
    complete(walk.settings)
    receive_inbox(walk.settings)


def problems(walk: Walk) -> list[str]:
    """Everything that does not agree now."""
    settings = walk.settings
    found = [str(finding) for finding in audit(settings)]
    records = takedowns(settings.layout.log)
    down, gone = releases_down(records), datasets_down(records)
    for entry in log.publications(settings):
        if entry.release not in down and settings.layout.release(entry.release).is_dir():
            found += [f"{entry.release}: {problem}" for problem in verify_release(settings, entry.release)]
    releases = settings.layout.releases
    page = (releases / "index.html").read_text() if log.publications(settings) else ""
    found += [f"index.html does not name {e.release}" for e in log.publications(settings) if e.release not in page]
    found += [f"index.html does not name takedown {r.numero}" for r in records if f"retiros/{r.numero:04d}" not in page]
    for feed in releases.glob("*.xml"):
        ElementTree.parse(feed)  # noqa: S314  # our own
    for folder in ("releases", "runs"):
        held = [p for name in gone for p in (settings.layout.root / folder).glob(f"**/{name}.*")]
        found += [f"{path} is still there" for path in held if "retiros" not in path.parts]
    for release in down:
        left = {p.name for p in settings.layout.release(release).glob("*")} - {"index.html", "sumas_sha256.txt"}
        found += [f"{release} still holds {sorted(left)}"] if left else []
        runs = [r.corrida for r in records if r.nombre == release and r.corrida]
        found += [f"the run {run} of {release} is still there" for run in runs if settings.layout.run(run).exists()]
    for name, read in (("takedowns", "numero"),):
        numbers = [json.loads(path.read_text())[read] for path in (settings.layout.log / name).glob("*.json")]
        found += (
            [f"{name} are numbered {sorted(numbers)}"] if sorted(numbers) != list(range(1, len(numbers) + 1)) else []
        )
    return found


def step(walk: Walk, name: str, kill: int | None = None) -> bool:
    """Do one act, killed or not, and look; whether the walk may go on."""
    told = name if kill is None else f"{name}†{kill}"
    try:
        if kill is None:
            ACTS[name](walk)
        else:
            with killed_at(kill):
                ACTS[name](walk)
            told = name  # it was through before
    except PamgaError as error:
        told += f"! ({error.cause[:50]})"
        walk.odd.append(f"{name}: {error.cause[:110]}")
    except Killed:
        walk.done.append(told)
        return True  # whoever comes next completes it
    except Exception as error:
        walk.done.append(told)
        walk.wrong.append(f"{type(error).__name__}: {error}"[:400])
        return False
    walk.done.append(told)
    return True


def prepare(folder: Path) -> None:
    """An installation with one release, deliveries and a backup, to begin each walk with."""
    walk = Walk(folder / "life", DAY, random.Random(0))
    life.drop(walk.settings, "receive")
    receive_inbox(walk.settings)
    for number in range(len(SCENES), 0, -1):
        run = walk.run(number)
    flip_symlink(walk.settings.layout.runs / "latest", run)
    publish(walk.settings, run)
    back_up(walk.settings, keep_days=0)


def take_walk(start: Path, folder: Path, seed: int, steps: int, kills: float = 0.3) -> Walk:
    """One walk over a copy of what was prepared; `kills`: how many of the acts are killed on their way."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder, symlinks=True)
    walk = Walk(folder / "life", DAY, random.Random(seed))
    names, killed = list(ACTS), False
    for _ in range(steps):
        name = walk.rng.choice([*names, "p2", "p3", "p4", "td", "b", "correct"])  # more of what the others need
        if walk.rng.random() < 0.1:
            walk.hoy += timedelta(days=walk.rng.choice([-1, 1, 40, 365]))
            walk.done.append(f"[{walk.hoy}]")
        kill = walk.rng.randint(1, 60) if walk.rng.random() < kills and name not in NOT_KILLED else None
        if not step(walk, name, kill):
            break
        if "†" in walk.done[-1]:
            killed = True
            continue
        if killed:
            try:
                settle(walk)
            except Exception as error:
                walk.wrong.append(f"settling: {type(error).__name__}: {error}"[:400])
                break
            killed = False
        try:
            walk.wrong += problems(walk)
        except Exception as error:
            walk.wrong.append(f"looking: {type(error).__name__}: {error}"[:400])
        if walk.wrong:
            break
    return walk


def main(arguments: list[str]) -> int:
    """Walk, and print what was wrong."""
    folder, seed, walks = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    steps = int(arguments[3]) if len(arguments) > 3 else 12
    shutil.rmtree(folder, ignore_errors=True)
    prepare(folder / "start")
    done, bad = 0, 0
    odd: dict[str, int] = {}
    for number in range(walks):
        walk = take_walk(folder / "start", folder / "walk", seed * 10_000 + number, steps)
        done += len(walk.done)
        print(f"{number + 1} walks, {done} steps", file=sys.stderr, flush=True)
        for told in walk.odd:
            odd[told] = odd.get(told, 0) + 1
        if walk.wrong:
            bad += 1
            print(f"walk {number}: {' '.join(walk.done)}\n  {walk.wrong[:3]}", flush=True)
    print(f"{walks} walks, {done} steps, {bad} went wrong")
    for told, times in sorted(odd.items(), key=lambda entry: -entry[1]):
        print(f"  {times} x {told}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
