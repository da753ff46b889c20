"""A short life of an installation, with everything that acknowledges something, recorded on a disk that can be cut off.

The power cut is played before every so many of the recorded operations, with every way of losing what was not synced, and each time
every promise must still hold; some cuts are made real, the life goes on from there, and must end in the state of the undisturbed one.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import SecretStr

from pamga import lake_secret
from pamga.documents.log import LakeSecret
from pamga.settings import Settings
from pamga.storage import read_json, sha256_file, write_once
from tests.documents import tree
from tests.reliability.crash_disk import POLICIES, CrashDisk, Told
from tests.reliability.promises import broken_promises

DAY = date(2026, 10, 12)
OFFICE = "presupuesto_participativo"
WITHDRAWN, BACKUP = "2026T3-r02", "respaldo"
_AGREEMENTS = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,fecha_finalizacion\n"
_PEOPLE = "taller_id,asistente_id,nombre,telefono,edad,sexo,colonia\n"
_WORKSHOPS = "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede\n"


def _agreements(finished: int) -> str:
    return _AGREEMENTS + "".join(
        f"A{n},E{n % 7},{n % 28 + 1:02d}/07/2026,inmediato,Luz,Obra Pública,{'10/09/2026' if n < finished else ''}\n"
        for n in range(120)
    )


DROPS: dict[str, dict[str, str]] = {
    "receive": {
        f"{OFFICE}/acuerdos_2026T3.csv": _agreements(60) + "A1,,ayer,inmediato,Luz,Obra Pública,\n",
        f"{OFFICE}/talleres_2026T3.csv": _WORKSHOPS + "T1,01/07/2026,02/07/2026,Delegación,delegacion\n",
        f"{OFFICE}/asistencia_talleres_2026T3.csv": _PEOPLE
        + "".join(f"T1,P{n},Ana {n},4771230{n:03d},{18 + n % 50},mujer,Centro\n" for n in range(60)),
        f"{OFFICE}/eventos_mbh_2026T3.csv": "evento_id,fecha,funcionarios_seguridad,operadores_sac\n"
        + "".join(f"E{n},0{n + 1}/07/2026,1,1\n" for n in range(7)),
        "imju/acuerdos_2026T3.csv": "x\n",
    },
    "receive a correction": {f"{OFFICE}/acuerdos_2026T3_v2.csv": _agreements(90)},
}


def settings_of(root: Path) -> Settings:
    """An installation on a fixed day."""
    return Settings(
        data=root,
        inbox=str(root / "inbox"),
        hoy=DAY,
        settle_seconds=0,
        read_apart=False,  # a worker writes nothing, and a trial in a process of its own would start one each time
        hmac_key=SecretStr("la primera llave"),
        vault_key=SecretStr("5a" * 32),
    )


Files = dict[str, str | None]


def _below(root: Path, folder: Path) -> Files:
    """The files of a folder by digest; those that a rotation may change later need only be there."""
    return {
        path.relative_to(root).as_posix(): None if "asistencia_talleres" in str(path) else sha256_file(path)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _receive(settings: Settings) -> Files:
    from ingest.receive import receive_inbox

    root, files = settings.layout.root, Files()
    for receipt in receive_inbox(settings):
        files |= _below(root, Path(str(receipt.folder)))
        if receipt.version is not None and receipt.export and receipt.trimestre and receipt.dependencia:
            version = settings.layout.version(receipt.export, receipt.trimestre, receipt.dependencia, receipt.version)
            files |= _below(root, version)
            sha256 = read_json(version / "manifest.json")["sha256"]
            files[f"vault/{sha256[:2]}/{sha256}.enc"] = None
    return files


def _build(settings: Settings) -> Files:
    from warehouse.build import build

    result = build(settings)
    return _below(settings.layout.root, settings.layout.run(result.run)) if result.run else {}


def _check(settings: Settings) -> Files:
    from quality.gate import check

    result = check(settings)
    assert result.decision == "publicar", result.notice(only_stopped=True)
    return _below(settings.layout.root, settings.layout.log / "checks")


def _publish(settings: Settings) -> Files:
    from publish.release import publish

    result = publish(settings)
    release = settings.layout.release(result.release)
    return _below(settings.layout.root, release) | _below(settings.layout.root, settings.layout.log / "publications")


def _roll_back(settings: Settings) -> Files:
    from publish.release import rollback

    rollback(settings, "2026T3-r01", reason="La cifra estaba mal.", person="Ana Ruiz")
    return _below(settings.layout.root, settings.layout.log / "rollbacks")


def _rotate(settings: Settings) -> Files:
    from ingest.privacy.rotation import rotate

    rotate(settings.model_copy(update={"hmac_key_next": SecretStr("la segunda llave")}))
    return _below(settings.layout.root, settings.layout.lake / "export=asistencia_talleres")


def _restore(settings: Settings) -> Files:
    from ingest.landing import Identity, versions
    from ingest.receive import restore

    identity = Identity("acuerdos", "2026T3", OFFICE)
    if versions(settings.layout, identity)[-1].restored_from is None:
        restore(settings, identity, 1, "Se entregó el archivo equivocado.")
    return _below(settings.layout.root, identity.folder(settings.layout))


def _correct_day(settings: Settings) -> Files:
    from ingest.landing import Identity
    from ingest.receipt_day import correct_receipt_day

    identity = Identity("acuerdos", "2026T3", OFFICE)
    correct_receipt_day(settings, identity, 1, date(2026, 9, 5), "Ana Ruiz", "El reloj iba adelantado.")
    return _below(settings.layout.root, settings.layout.log / "receipt_days") | _below(
        settings.layout.root, identity.folder(settings.layout)
    )


def _reject(settings: Settings) -> Files:
    from quality.approval import REJECT, record_answer

    run = settings.layout.run("latest").resolve().name
    record_answer(settings, run, REJECT, "Ana Ruiz", "La cifra de acuerdos no es la del acta.")
    return _below(settings.layout.root, settings.layout.log / "approvals")


def _back_up(settings: Settings) -> Files:
    from pamga.backup import back_up

    back_up(settings, str(settings.layout.root / BACKUP), keep_days=0)
    folder = settings.layout.root / BACKUP
    return {name: sha256_file(settings.layout.root / name) for name in _below(settings.layout.root, folder)}


def _take_down(settings: Settings) -> Files:
    from publish.takedown import take_down

    take_down(settings, WITHDRAWN, "Llevaba un domicilio.", "Unidad de Transparencia")
    return _below(settings.layout.root, settings.layout.log / "takedowns")


def _let_originals_go(settings: Settings) -> Files:
    from ingest.privacy.retention import enforce_retention

    enforce_retention(settings.model_copy(update={"hoy": date(2032, 1, 2), "clock_days": 4000}))
    return {}


STEPS: dict[str, Callable[[Settings], Files]] = {
    "receive": _receive,
    "build": _build,
    "check": _check,
    "publish": _publish,
    "receive a correction": _receive,
    "build again": _build,
    "check again": _check,
    "publish again": _publish,
    "roll back": _roll_back,
    "rotate": _rotate,
    "restore": _restore,
    "correct the day": _correct_day,
    "reject": _reject,
    "back up": _back_up,
    "take down": _take_down,
    "let originals go": _let_originals_go,
}
GONE: dict[str, tuple[str, ...]] = {
    "take down": (f"releases/{WITHDRAWN}/*", "runs/*"),
    "let originals go": ("vault/*.enc",),
}
"""What a step takes away: from its beginning it may be gone, and once it is told what it did not leave there stays away."""


def drop(settings: Settings, step: str) -> None:
    """Put the files of a step into the inbox, at times of their own; and the lake's secret, random else, in its place: two lives end alike."""
    secret = LakeSecret(format=LakeSecret.FORMAT, secreto="5a" * 32)
    write_once(settings.layout.lake / lake_secret.OBJECT, secret.content())
    for number, (name, content) in enumerate(DROPS.get(step, {}).items()):
        path = settings.layout.inbox / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        moment = 1_760_000_000 + number + 100 * list(STEPS).index(step)
        os.utime(path, (moment, moment))


@dataclass
class Life:
    """A recorded life, and what it came to."""

    root: Path
    whole: Path
    """A copy of it from before anything was taken away."""
    disk: CrashDisk
    end: dict[str, str]
    moments: dict[str, int]
    """The operation at which each step began."""


def live(root: Path, blobs: Path) -> Life:
    """Live the whole life once, recorded."""
    settings = settings_of(root)
    settings.layout.inbox.mkdir(parents=True)
    disk, moments, whole = CrashDisk(settings.layout.root, blobs), {}, blobs.parent / "whole"
    with disk.recording():
        for step, run in STEPS.items():
            if step == next(iter(GONE)):
                shutil.copytree(root, whole, symlinks=True)
            drop(settings, step)
            moments[step] = len(disk.operations)
            files = run(settings)
            there = _below(settings.layout.root, settings.layout.root)
            disk.tell(step, files=files, there=set(there), takes=GONE.get(step, ()))
    return Life(root, whole, disk, end_of(root), moments)


def end_of(root: Path) -> dict[str, str]:
    """What lake and releases hold, but for the lake's secret, which a lake that was never built from has not."""
    held = {
        name: content
        for name, content in tree(root, "lake", "releases").items()
        if not name.startswith("lake/_log/secret/")
    }
    return {name: content for name, content in held.items() if not Path(name).name.startswith(".tmp-")}


def go_on(life: Life, moment: int, policy: str, seed: int, root: Path) -> dict[str, str]:
    """Make the cut real, do again whatever was not told to be done, and give what it comes to."""
    step = [name for name, at in life.moments.items() if at <= moment][-1]
    life.disk.lay_out(life.disk.after_cut(moment, policy, seed), root)
    settings = settings_of(root)
    steps = list(STEPS)
    for earlier in steps[: steps.index(step) + 1]:
        drop(settings, earlier)
    for name in steps[steps.index(step) :]:
        drop(settings, name)
        STEPS[name](settings)
    return end_of(root)


def survey(life: Life, points: int, seed: int) -> tuple[int, list[str]]:
    """Play the cut at about `points` moments and ways; how many were played, and what was broken."""
    moments = range(1, len(life.disk.operations) + 1)
    every = max(1, len(moments) * len(POLICIES) // points)
    broken, played = [], 0
    for moment in moments:
        if moment % every and not isinstance(life.disk.operations[moment - 1], Told):
            continue
        for policy in POLICIES:
            state = life.disk.after_cut(moment, policy, seed)
            played += 1
            broken += [f"{moment} {policy}: {promise}" for promise in broken_promises(life.disk, state, moment)]
    return played, broken


def report(folder: Path, points: int, recoveries: int, seed: int) -> str:
    """Live, cut the power at about so many moments, make some of the cuts real and go on; the figures, in words."""
    life = live(folder / "life", folder / "blobs")
    played, broken = survey(life, points, seed)
    lines = [
        f"{len(life.disk.operations)} operations recorded",
        f"{played} power cuts played, {len(broken)} broken promises",
    ]
    rng, failed = random.Random(seed), []
    for number in range(recoveries):
        moment, policy = rng.randrange(1, len(life.disk.operations)), rng.choice(POLICIES)
        root = folder / f"after-{number}" / "life"
        try:
            end = go_on(life, moment, policy, seed, root)
            different = sorted(n for n in set(end) | set(life.end) if end.get(n) != life.end.get(n))
        except Exception as error:  # told, and counted
            different = [f"{type(error).__name__}: {error}"]
        if different:
            failed.append(f"{moment} {policy}: {different[:5]}")
        shutil.rmtree(root.parent)
    lines.append(f"{recoveries} cuts made real, {len(failed)} did not end as the undisturbed life")
    return "\n".join([*lines, *broken[:40], *failed])
