"""`make torture`: the disk fails, the process dies, the power goes, and mutated files are dropped; bounded, seeded, with figures.

python -m tests.reliability.torture faults [--trials 200] [--seed 7]
python -m tests.reliability.torture fuzz [--files 2000] [--seed 7]
python -m tests.reliability.torture acts [--trials 200] [--only receive,publish] [--native inject.c]
python -m tests.reliability.torture cuts [--points 20000] [--recoveries 30] [--seed 7]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from pamga.settings import Settings
from tests.reliability import life
from tests.reliability.disk_faults import HOWS, failing
from tests.reliability.whole_acts import whole_acts

SECONDS_A_TRIAL = 120


# ---- the disk fails, the process dies ------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What trials came to: how each ended, and those that did not end in the state of an undisturbed run."""

    endings: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


def forked(work: Callable[[], None], seconds: int = SECONDS_A_TRIAL) -> str:
    """Do the work in a child that may die; `done`, `told` (our fault, said as such), `killed`, `hung`, or the error that escaped."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(seconds)
        said = "done"
        try:
            work()
        except BaseException as error:  # whatever it is goes to the parent by name
            from pamga.faults import our_fault

            said = "told" if our_fault(error) is not None else f"{type(error).__name__}: {str(error)[:160]}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        said = answers.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        known: dict[int, str] = {signal.SIGKILL: "killed", signal.SIGALRM: "hung"}
        return known.get(os.WTERMSIG(status), f"signal {os.WTERMSIG(status)}")
    return said


def prepared(folder: Path) -> Path:
    """An installation with files in its inbox, nothing received."""
    root = folder / "prepared"
    settings = life.settings_of(root)
    settings.layout.inbox.mkdir(parents=True)
    life.drop(settings, "receive")
    return root


def faults(folder: Path, trials: int, seed: int) -> Outcome:
    """Receive with one fault at a random operation, then again undisturbed: the lake must be that of one good run."""
    import ingest.readers.text
    import ingest.receipts
    import ingest.receive

    del ingest
    start, rng, outcome = prepared(folder), random.Random(seed), Outcome()

    def fresh(name: str) -> Path:
        shutil.copytree(start, folder / name / "life")
        return folder / name / "life"

    def receive(root: Path, number: int, how: str, persistent: bool, counted: Path | None = None) -> None:
        from ingest.receive import receive_inbox

        with failing(root, number, how, persistent) as state:
            receive_inbox(life.settings_of(root))
        if counted is not None:
            counted.write_text(str(state.count))

    undisturbed, counted = fresh("undisturbed"), folder / "count"
    assert forked(lambda: receive(undisturbed, 0, "kill", False, counted)) == "done"
    operations, expected = int(counted.read_text()), life.end_of(undisturbed)
    for trial in range(trials):
        how, number, persistent = (
            HOWS[trial % len(HOWS)],
            rng.randrange(1, operations + 1),
            bool(trial // len(HOWS) % 2),
        )
        root = fresh(f"trial-{trial}")
        ended = forked(lambda: receive(root, number, how, persistent))  # noqa: B023 - done before the next turn
        outcome.endings[f"{how}: {ended}"] += 1
        again = forked(lambda: receive(root, 0, "kill", False))  # noqa: B023
        if again != "done" or life.end_of(root) != expected:
            outcome.different.append(f"{how} at operation {number} of {operations}: {ended}, then {again}")
        shutil.rmtree(root.parent)
    return outcome


# ---- mutated files -------------------------------------------------------------------------------------------------------

_TOKENS = (b'"', b'""', b"\x00", b"\r", b"\n", b",", b";", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a", b"=1+1", b"<b>", b"&#x0;",
           "é".encode(), "é".encode("cp1252"), "Ã©".encode(), b"\xef\xbf\xbd", b"1e999", b"99999999999999999999", b"31/02/2026",
           b"NaN", b"#REF!", b"</row>", b"<c r='XFD1048576'>", b"{", b"}", b"[", b"null", b"-0", b"0x10", b"{{7*7}}", b"../")  # fmt: skip


def mutated(content: bytes, rng: random.Random) -> bytes:
    """One to six things that go wrong with a file on its way."""
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(damaged) + 1), rng.randrange(1, 400)
        kind = rng.randrange(7)
        if kind == 0 and damaged:
            damaged[at % len(damaged)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            damaged[at:at] = rng.choice(_TOKENS)
        elif kind == 2:
            del damaged[at : at + length]
        elif kind == 3:
            damaged[at:at] = damaged[at : at + length]
        elif kind == 4:
            damaged[at : at + 4] = rng.randbytes(4)
        elif kind == 5:
            damaged[at:at] = rng.choice(_TOKENS) * rng.randrange(1, 60)
        elif rng.random() < 0.2:
            del damaged[at:]
    return bytes(damaged)


@dataclass
class Fuzzed:
    """What the dropped files came to."""

    files: int = 0
    states: Counter[str] = field(default_factory=Counter)
    escaped: list[str] = field(default_factory=list)
    slowest: float = 0.0
    peak_mb: float = 0.0


def fuzz(folder: Path, files: int, seed: int) -> Fuzzed:
    """Drop mutated copies of the sample's deliveries, one after the other, each received alone."""
    from ingest.receive import receive_inbox
    from ingest.sample import write_inbox

    write_inbox(folder / "sample", 7)
    small = [
        path
        for path in sorted((folder / "sample").rglob("*.*"))
        if path.stat().st_size < 300_000 and path.parent.name != "sample"
    ]
    rng, found = random.Random(seed), Fuzzed()
    for number in range(files):
        source = rng.choice(small)
        root = folder / f"file-{number % 50}"
        if number % 50 == 0:
            for old in folder.glob("file-*"):
                shutil.rmtree(old)
        settings = Settings(
            data=root, inbox=str(root / "inbox"), hoy=date(2027, 1, 20), settle_seconds=0, hmac_key=SecretStr("llave"),
            vault_key=SecretStr("5a" * 32),
        )  # fmt: skip
        target = root / "inbox" / source.parent.name / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(mutated(source.read_bytes(), rng))
        begun = time.monotonic()
        try:
            (receipt,) = receive_inbox(settings)
            found.states[receipt.state] += 1
        except Exception as error:  # what escapes is the finding
            found.escaped.append(
                f"{source.name}, mutation {number} of seed {seed}: {type(error).__name__}: {str(error)[:200]}"
            )
        found.files += 1
        found.slowest = max(found.slowest, time.monotonic() - begun)
    own, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found.peak_mb = max(own, children) / 1024
    return found


def _acts(folder: Path, asked: argparse.Namespace) -> None:
    folder = asked.folder or folder
    if asked.native is not None and "LD_PRELOAD" not in os.environ:
        library = Path(tempfile.mkdtemp()) / "inject.so"
        compiled = ["gcc", "-shared", "-fPIC", "-O1", "-w", "-o", str(library), str(asked.native), "-ldl"]
        subprocess.run(compiled, check=True)
        again = [sys.executable, "-m", "tests.reliability.torture", *sys.argv[1:]]
        raise SystemExit(subprocess.run(again, check=False, env={**os.environ, "LD_PRELOAD": str(library)}).returncode)
    only = {name for name in asked.only.split(",") if name}
    found = whole_acts(folder, asked.trials, only, partial(forked, seconds=1200), native=asked.native is not None)
    if asked.json:
        print(json.dumps({name: tried.__dict__ for name, tried in found}))
        return
    for name, tried in found:
        told = ", ".join(f"{count} {ending}" for ending, count in sorted(tried.endings.items()))
        print(
            f"{name}: {tried.operations} operations, {tried.trials} faults ({told}); {len(tried.different)} differ",
            flush=True,
        )
        print(*tried.different, sep="\n")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=("faults", "fuzz", "cuts", "acts"))
    for name, default in (("trials", 200), ("files", 2000), ("points", 20_000), ("recoveries", 30), ("seed", 7)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    arguments.add_argument("--json", action="store_true", help="faults, fuzz and acts as one JSON document")
    arguments.add_argument("--only", default="", help="acts: these alone, with commas")
    arguments.add_argument(
        "--native", type=Path, help="acts: the source of a library that fails what native code does too"
    )
    arguments.add_argument("--folder", type=Path, help="acts: work there, and find what an earlier call prepared")
    asked, begun = arguments.parse_args(), time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if asked.what == "cuts":
            print(life.report(folder, asked.points, asked.recoveries, asked.seed))
        elif asked.what == "acts":
            _acts(folder, asked)
        elif asked.what == "faults":
            outcome = faults(folder, asked.trials, asked.seed)
            if asked.json:
                print(json.dumps(outcome.__dict__))
                return
            print(json.dumps(outcome.endings, indent=1, sort_keys=True))
            print(f"{asked.trials} faults; {len(outcome.different)} did not end as one good run")
            print(*outcome.different, sep="\n")
        else:
            found = fuzz(folder, asked.files, asked.seed)
            if asked.json:
                print(json.dumps(found.__dict__))
                return
            print(json.dumps(found.states, indent=1, sort_keys=True))
            print(
                f"{found.files} mutated files: {len(found.escaped)} escaping errors, slowest {found.slowest:.1f} s, "
                f"peak {found.peak_mb:.0f} MB"
            )
            print(*found.escaped, sep="\n")
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
