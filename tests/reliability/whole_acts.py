"""Every act of an installation, whole, with a fault at every so many of its file operations; then the same act again, undisturbed.

It must end as one good run does, and where the disturbed one said that it was done it must have ended so by itself. Faults come from the
audit hook of `disk_faults` (what Python does) or, with `native`, from a library that is loaded before libc (what DuckDB, SQLite and Polars
do too: `shared/tools/inject.c`).
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from pamga.settings import Settings
from tests.reliability import life
from tests.reliability.disk_faults import failing

HOWS = ("kill", "EIO", "ENOSPC", "kill", "EROFS", "EACCES", "EDQUOT")
DATASET = "acuerdos_seguimiento"
End = dict[str, str]


def settings_of(root: Path) -> Settings:
    """The installation `life` of a trial, whose backup lies beside it."""
    given = life.settings_of(root / "life")
    return given.model_copy(update={"backup": str(root / "respaldo")})


# ---- the acts ------------------------------------------------------------------------------------------------------------


def _receive(root: Path) -> None:
    from ingest.receive import receive_inbox

    receive_inbox(settings_of(root))


def _build(root: Path) -> None:
    from warehouse.build import build

    build(settings_of(root))


def _check(root: Path) -> None:
    from quality.gate import check

    check(settings_of(root))


def _publish(root: Path) -> None:
    from publish.release import publish

    publish(settings_of(root))


def _roll_back(root: Path) -> None:
    from publish.release import rollback

    rollback(settings_of(root), "2026T3-r01", reason="La cifra estaba mal.", person="Ana Ruiz")


def _take_down(root: Path) -> None:
    from publish.takedown import take_down

    take_down(settings_of(root), DATASET, "Llevaba un domicilio.", "Unidad de Transparencia")


def _back_up(root: Path) -> None:
    from pamga.backup import back_up

    back_up(settings_of(root))


def _put_back(root: Path) -> None:
    """Killed after its last file took its place, the next one finds an installation that is whole and only finishes what is left."""
    from operation import steps
    from pamga.backup import restore
    from pamga.errors import UsageError

    other = life.settings_of(root / "otra").model_copy(update={"backup": str(root / "respaldo")})
    try:
        restore(other)
    except UsageError as error:
        if "is not empty" not in str(error):
            raise
    steps.carry_out_acts(other)


def _correct_day(root: Path) -> None:
    from datetime import date

    from ingest.landing import Identity
    from ingest.receipt_day import correct_receipt_day

    identity = Identity("acuerdos", "2026T3", life.OFFICE)
    correct_receipt_day(settings_of(root), identity, 1, date(2026, 9, 5), "Ana Ruiz", "El reloj iba adelantado.")


def _rotate(root: Path) -> None:
    from ingest.privacy.rotation import rotate

    rotate(settings_of(root).model_copy(update={"hmac_key_next": SecretStr("la segunda llave")}))


def _reject(root: Path) -> None:
    from quality.approval import REJECT, record_answer

    settings = settings_of(root)
    run = settings.layout.run("latest").resolve().name
    record_answer(settings, run, REJECT, "Ana Ruiz", "La cifra de acuerdos no es la del acta.")


def _prune(root: Path) -> None:
    from pamga.maintenance import prune_runs

    prune_runs(settings_of(root).model_copy(update={"keep_runs": 1}))


def _run(root: Path) -> None:
    """What the DAGs do, one step after the other, in one process."""
    from operation import steps

    settings = settings_of(root)
    steps.receive(settings)
    outcome = steps.build_check_publish(settings)
    assert not outcome.stopped


def _drop(step: str, root: Path) -> None:
    life.drop(settings_of(root), step)


# ---- what they come to ---------------------------------------------------------------------------------------------------


def _end(root: Path) -> End:
    return life.end_of(root / "life")


def _end_of_build(root: Path) -> End:
    """The candidate's files, without its database file, which has other bytes each time, and what says its hash."""
    from pamga.storage import sha256_file

    runs = settings_of(root).layout.runs
    found = {p.relative_to(runs).as_posix(): sha256_file(p) for p in runs.glob("2*/candidate/data/*")}
    folders = {path.name: str(sorted(inside.name for inside in path.iterdir())) for path in runs.glob("2*")}
    return {**found, **folders, "pointers": str({p.name: p.readlink().name for p in runs.iterdir() if p.is_symlink()})}


def _end_of_check(root: Path) -> End:
    from pamga.storage import sha256_file

    runs = settings_of(root).layout.runs
    judged = {path.relative_to(runs).as_posix(): sha256_file(path) for path in runs.glob("2*/quality.*")}
    return {
        **_end(root),
        **judged,
        "passed": (runs / "passed").readlink().name if (runs / "passed").is_symlink() else "",
    }


def _end_of_pruning(root: Path) -> End:
    """Every run is whole or gone."""
    runs = settings_of(root).layout.runs
    return {path.name: str(sum(1 for _ in path.rglob("*"))) for path in runs.iterdir()}


def _end_of_run(root: Path) -> End:
    """What is up, read back; names of the rest, since hashes of the database file stand in many documents."""
    from ingest.audit import audit_lake
    from pamga.storage import sha256_file
    from publish.verify import verify_release

    settings = settings_of(root)
    data = {str(p.relative_to(root)): sha256_file(p) for p in settings.layout.current.resolve().glob("data/*")}
    return {
        **data,
        "names": str(sorted(_end(root))),
        "up": settings.layout.current.readlink().name if settings.layout.current.is_symlink() else "",
        "problems": str([str(problem) for problem in verify_release(settings, "2026T3-r01")]),
        "audit": str(audit_lake(settings)),
    }


def _end_of_backup(root: Path) -> End:
    """What the newest snapshot and the acts say, every object read back."""
    from pamga.backup import open_repository

    repository = open_repository(settings_of(root))
    known = repository.snapshots() if (root / "respaldo").exists() else []
    if not known:
        return {}
    files = repository.read_snapshot(known[-1]).files
    work = root / "work"
    work.mkdir(exist_ok=True)
    damaged = repository.damaged({entry.sha256 for entry in files}, work)
    kept = {entry.path: entry.sha256 for entry in files if not entry.path.startswith("databases/")}
    return {**kept, "damaged": str(damaged), "acts": str(sorted(act.path for act in repository.acts()))}


def _end_of_takedown(root: Path) -> End:
    from pamga.backup.acts import unkept
    from publish.verify import verify_release

    settings = settings_of(root)
    problems = [str(p) for name in ("2026T3-r01", "2026T3-r02") for p in verify_release(settings, name)]
    named = [name for name in _end(root) if name.startswith("releases/")]
    return {"problems": str(problems), "releases": str(named), "acts": str(unkept(settings))}


def _end_of_restore(root: Path) -> End:
    from pamga.storage import sha256_file
    from publish.verify import verify_release

    other = life.settings_of(root / "otra")
    vault = {str(p.relative_to(root)): sha256_file(p) for p in sorted((root / "otra/vault").rglob("*.enc"))}
    problems = [str(p) for name in ("2026T3-r01", "2026T3-r02") for p in verify_release(other, name)]
    # of the database file that a takedown writes anew DuckDB chooses two bytes of the header, others each time
    end = {
        name: sha256
        for name, sha256 in life.end_of(root / "otra").items()
        if not name.endswith(".duckdb") and "/takedowns_done/" not in name
    }
    return {**end, **vault, "problems": str(problems)}


@dataclass(frozen=True)
class Act:
    """Its name, what comes before it, what it does, and what it comes to."""

    name: str
    before: tuple[Callable[[Path], None], ...]
    work: Callable[[Path], None]
    end: Callable[[Path], End]


_DROPPED = partial(_drop, "receive")
_FIRST = (_DROPPED, _receive, _build, _check, _publish)
_SECOND = (*_FIRST, partial(_drop, "receive a correction"), _receive, _build, _check, _publish)
ACTS = (
    Act("receive", (_DROPPED,), _receive, _end),
    Act("receipt-day", _FIRST[:2], _correct_day, _end),
    Act("backup", _SECOND, _back_up, _end_of_backup),
    Act("rollback", _SECOND, _roll_back, _end),
    Act("takedown", (*_SECOND, _back_up), _take_down, _end_of_takedown),
    Act("restore", (*_SECOND, _back_up, _take_down), _put_back, _end_of_restore),
    Act("publish", _FIRST[:4], _publish, _end),
    Act("build", _FIRST[:2], _build, _end_of_build),
    Act("check", _FIRST[:3], _check, _end_of_check),
    Act("reject", _FIRST[:4], _reject, _end),
    Act("rotate", _FIRST[:2], _rotate, _end),
    Act("prune", _SECOND, _prune, _end_of_pruning),
    Act("run", _FIRST[:1], _run, _end_of_run),
)


# ---- trials ---------------------------------------------------------------------------------------------------------------


@dataclass
class Tried:
    """What the trials of an act came to."""

    operations: int = 0
    trials: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


def whole_acts(
    folder: Path, trials: int, only: set[str], forked: Callable[[Callable[[], None]], str], native: bool = False
) -> Iterator[tuple[str, Tried]]:
    """About `trials` faults in each act, at operations spread evenly over it."""
    prepared: dict[tuple[object, ...], Path] = {}
    for act in ACTS:
        if not only or act.name in only:
            start = _prepared(folder, act.before, prepared, forked)
            yield act.name, _try(folder, act, start, trials, forked, native)


def _prepared(
    folder: Path, steps: tuple[object, ...], known: dict[tuple[object, ...], Path], forked: Callable[..., str]
) -> Path:
    """An installation on which these steps were done, each in a process of its own: what is forked must not have begun threads."""
    if steps not in known:
        before = _prepared(folder, steps[:-1], known, forked) if len(steps) > 1 else None
        step = steps[-1]
        assert callable(step)
        root = folder / f"prepared-{len(steps)}-{_label(step)}"
        if root.exists():  # by an earlier call with the same folder
            known[steps] = root
            return root
        if before is not None:
            shutil.copytree(before, root, symlinks=True)
        else:
            (root / "life" / "inbox").mkdir(parents=True)
        said = forked(lambda: step(root))
        assert said == "done", f"{step}: {said}"
        known[steps] = root
    return known[steps]


def _label(step: object) -> str:
    return str(getattr(getattr(step, "func", step), "__name__", "step")).strip("_")


def _try(
    folder: Path, act: Act, start: Path, trials: int, forked: Callable[[Callable[[], None]], str], native: bool
) -> Tried:
    tried = Tried()

    def fresh(name: str) -> Path:
        return shutil.copytree(start, folder / f"{act.name}-{name}", symlinks=True)

    def ends_as(root: Path, into: Path) -> End:
        into.unlink(missing_ok=True)
        forked(lambda: _write_end(act, root, into))
        return dict(json.loads(into.read_text())) if into.exists() else {"unreadable": "yes"}

    good, counted = fresh("good"), folder / f"{act.name}-count"
    said = forked(lambda: _disturbed(act.work, good, 0, "kill", native, counted))
    assert said == "done", f"{act.name}: {said}"
    tried.operations, expected = int(counted.read_text()), ends_as(good, folder / f"{act.name}-end")
    shutil.rmtree(good)
    every = max(1, tried.operations // trials)
    for turn, number in enumerate(range(1 + every // 2, tried.operations + 1, every)):
        how, root, answer = HOWS[turn % len(HOWS)], fresh(str(number)), folder / f"{act.name}-answer"
        ended = forked(lambda: _disturbed(act.work, root, number, how, native))  # noqa: B023 - done before the next turn
        tried.trials += 1
        tried.endings[f"{how}: {ended}"] += 1
        if ended == "done" and ends_as(root, answer) != expected:
            tried.different.append(f"{how} at {number} of {tried.operations}: said done, and is not")
        again = forked(lambda: act.work(root))  # noqa: B023
        end = ends_as(root, answer)
        if again != "done" or end != expected:
            names = sorted(name for name in {*end, *expected} if end.get(name) != expected.get(name))
            tried.different.append(f"{how} at {number} of {tried.operations}: {ended}, then {again}: {names[:4]}")
        shutil.rmtree(root)
    return tried


def _write_end(act: Act, root: Path, into: Path) -> None:
    into.write_text(json.dumps(act.end(root)))


def _disturbed(
    work: Callable[[Path], None], root: Path, number: int, how: str, native: bool, counted: Path | None = None
) -> None:
    """Do it with one fault at its `number`th operation (0: none, only count)."""
    if not native:
        with failing(root, number, how) as state:
            work(root)
        count = state.count
    else:
        library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        library.inj_count.restype = ctypes.c_longlong
        mode = 0 if not number else 1 if how == "kill" else 2
        code = getattr(errno, how, 0)
        library.inj_set(str(root).encode(), ctypes.c_longlong(number), mode, code, 0, None)
        work(root)
        count = library.inj_count()
        library.inj_set(b"/nowhere", ctypes.c_longlong(0), 0, 0, 0, None)
    if counted is not None:
        counted.write_text(str(count))
