"""What no restore may undo: takedowns, rollbacks, what people set aside or rejected, rotations of the pseudonyms' key.

A snapshot is of a night, and such an act is of a moment: restored without it, what was withdrawn would be online again. So each is
written to the backup before it is acknowledged. Where the backup does not answer the act stands all the same; `unkept` names it, and
every further act, publication and backup tries again. A restore applies to its snapshot, before anything takes its place, every act
that came after it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pamga.backup.snapshots import Repository, open_present, open_repository
from pamga.documents.backup import ActsInBackup, KeptAct, SnapshotFiles
from pamga.documents.deliveries import Manifest
from pamga.documents.log import Answer, Decision, Publication, ReceiptDay, Rollback, Rotation, RotationPlan, Takedown
from pamga.errors import PamgaError
from pamga.faults import first_line
from pamga.keys import kept_key
from pamga.layout import Layout
from pamga.releases import in_order
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.storage import exclusive_lock, sha256_bytes, write_atomically, write_once
from pamga.takedowns import LIFT, RELEASE, takedowns

_LOG = logging.getLogger(__name__)
TAKEDOWNS, ROLLBACKS, DECISIONS, DAYS, ANSWERS, ROTATIONS = KINDS = (
    "takedowns", "rollbacks", "apartadas", "receipt_days", "approvals", "rotations",
)  # fmt: skip
HMAC_KEY = "keys/hmac.key"
KEPT = "acts-in-backup.json"  # under locks/
_NUMBER = re.compile(r"(?:.*-)?(\d+)")


# ---- keeping -----------------------------------------------------------------------------------------------------------


def keep_acts(settings: Settings) -> list[str]:
    """Bring to the backup the acts that it lacks; returns those that could not be brought, by their path below PAMGA_DATA.

    Never raises for a backup that does not answer: the act stands, and whoever watches is told.
    """
    pending = unkept(settings)
    if pending:
        try:
            bring_acts(settings, open_present(settings))
        except (PamgaError, OSError) as error:
            _LOG.error("The backup lacks %s: %s", ", ".join(pending), first_line(error))
            return unkept(settings)
    return []


def unkept(settings: Settings) -> list[str]:
    """The acts that the backup of the settings was not yet seen to hold; looks at this machine only. None where there is no backup."""
    if not settings.backup:
        return []
    known = _kept(settings)
    return [path for path in _acts(settings.layout) if _name(settings.layout, path) not in known]


def bring_acts(settings: Settings, repository: Repository, *, read_back: bool = False) -> None:
    """Bring every act that a backup does not hold, each read back. `read_back`: also those that it holds already."""
    layout = settings.layout
    repository.prepare()
    with exclusive_lock(layout.locks / "acts.lock"):
        held = repository.act_names()
        names = set()
        for path in _acts(layout):
            name = _name(layout, path)
            if repository.act_name(name) not in held or (read_back and not repository.holds_act(name)):
                repository.write_act(name, _as_act(settings, repository, path))
            names.add(name)
        if repository.store.name == _where(settings):
            kept = ActsInBackup(where=repository.store.name, names=sorted(names))
            write_atomically(layout.locks / KEPT, kept.content())


def _where(settings: Settings) -> str | None:
    return open_repository(settings).store.name if settings.backup else None


def _kept(settings: Settings) -> set[str]:
    known = ActsInBackup.if_whole(settings.layout.locks / KEPT)
    return set(known.names) if known is not None and known.where == _where(settings) else set()


def _acts(layout: Layout) -> list[str]:
    """The acts of the log, by path below the data folder."""
    found = (path for kind in KINDS for path in sorted((layout.log / kind).glob("*.json")))
    return [path.relative_to(layout.root).as_posix() for path in found if _is_an_act(path)]


def _is_an_act(path: Path) -> bool:
    """Of answers only a person's no: a yes was about a candidate as it then was."""
    if path.name.startswith(".tmp-"):
        return False
    return path.parent.name != ANSWERS or Answer.read(path).rejected_by_a_person


def _name(layout: Layout, path: str) -> str:
    """What names an act: where it stands and what it says."""
    return sha256_bytes(path.encode() + b"\0" + (layout.root / path).read_bytes())


def _as_act(settings: Settings, repository: Repository, path: str) -> KeptAct:
    layout = settings.layout
    full = layout.root / path
    files, about = {path: full.read_text(encoding="utf-8")}, None
    if full.parent.name == TAKEDOWNS:
        record = Takedown.read(full)
        published = layout.log / "publications" / f"{record.nombre}.json"
        if record.tipo == RELEASE and published.exists():
            files[published.relative_to(layout.root).as_posix()] = published.read_text(encoding="utf-8")
    elif full.parent.name in (DECISIONS, DAYS):
        said = (Decision if full.parent.name == DECISIONS else ReceiptDay).read(full)
        version = Manifest.if_there(layout.version_of(said) / "manifest.json")
        about = version.sha256 if version else None
    elif full.parent.name == ROTATIONS and repository.sealed and settings.backup_keys is not False:
        key = layout.root / HMAC_KEY
        if key.exists() and key_id(kept_key(key).encode()) == Rotation.read(full).hmac_key_id:
            files[HMAC_KEY] = key.read_text()
    act = KeptAct(
        format=KeptAct.FORMAT, path=path, files=files, of_content=about,
        written=datetime.now(UTC).isoformat(timespec="microseconds"), sum="",
    )  # fmt: skip
    return act.model_copy(update={"sum": act.summed})


# ---- applying ----------------------------------------------------------------------------------------------------------


@dataclass
class Applied:
    """What acts came to, in words for whoever restores."""

    done: list[str] = field(default_factory=list)
    not_applied: list[str] = field(default_factory=list)


def rotation_since(acts: Iterable[KeptAct], document: SnapshotFiles) -> KeptAct | None:
    """The newest rotation of the pseudonyms' key, where the snapshot is older than it."""
    rotations = sorted((act for act in acts if _kind(act) == ROTATIONS), key=lambda act: act.written)
    known = {entry.path for entry in document.files}
    return rotations[-1] if rotations and rotations[-1].path not in known else None


def apply_acts(acts: Iterable[KeptAct], root: Path, rotation: KeptAct | None) -> Applied:
    """Write into an installation that is being restored below `root` every act that it does not know."""
    layout, told = Layout(root), Applied()
    appliers: dict[str, Callable[[Layout, KeptAct, Applied], None]] = {
        TAKEDOWNS: _take_down, ROLLBACKS: _roll_back, DECISIONS: _decide, DAYS: _date_receipt, ANSWERS: _answer,
    }  # fmt: skip
    for kind, apply in appliers.items():
        for act in sorted((act for act in acts if _kind(act) == kind), key=lambda act: (_number(act), act.written)):
            content = act.content_of_object
            if all(path.read_bytes() != content for path in (layout.log / kind).glob("*.json")):
                apply(layout, act, told)
    if rotation is not None:
        _rotate(layout, rotation, told)
    return told


def _kind(act: KeptAct) -> str:
    return Path(act.path).parent.name


def _number(act: KeptAct) -> int:
    match = _NUMBER.fullmatch(Path(act.path).stem)
    return int(match[1]) if match else 1


def _take_down(layout: Layout, act: KeptAct, told: Applied) -> None:
    record = Takedown.parsed(act.content_of_object, Path(act.path))
    said = f"{'levantamiento del retiro' if record.tipo == LIFT else 'retiro'} de {record.nombre} ({record.fecha}, {record.persona})"
    for path, text in act.files.items():
        if path == act.path:
            continue
        there = layout.root / path
        if there.exists() and there.read_text(encoding="utf-8") != text:
            told.not_applied.append(f"{said}: aquí {record.nombre} es otra publicación")
            return
        write_once(there, text.encode())
    taken = {entry.numero for entry in takedowns(layout.log)}
    if record.numero in taken:
        record = record.model_copy(update={"numero": max(taken) + 1})
    write_once(layout.log / TAKEDOWNS / f"{record.numero:04d}.json", record.content())
    told.done.append(said)


def _roll_back(layout: Layout, act: KeptAct, told: Applied) -> None:
    """A rollback counts while what was published last then still is; where that was lost, so was what it withdrew."""
    record = Rollback.parsed(act.content_of_object, Path(act.path))
    published = in_order(Publication.all_in((layout.log / "publications").glob("*.json")))
    if published and published[-1].release == record.ultima:
        _append(layout, ROLLBACKS, record.content())
        told.done.append(f"regreso de {record.de} a {record.a} ({record.fecha}, {record.persona})")


def _decide(layout: Layout, act: KeptAct, told: Applied) -> None:
    record = Decision.parsed(act.content_of_object, Path(act.path))
    version = Manifest.if_there(layout.version_of(record) / "manifest.json")
    said = (
        f"{record.accion} {record.dependencia}/{record.export}_{record.trimestre} versión {record.version} "
        f"({record.fecha}, {record.persona})"
    )
    if version is None or version.sha256 != act.of_content:
        told.not_applied.append(f"{said}: esa versión no está en esta copia; decídalo de nuevo cuando llegue")
        return
    _append(layout, DECISIONS, record.content())
    told.done.append(said)


def _date_receipt(layout: Layout, act: KeptAct, told: Applied) -> None:
    record = ReceiptDay.parsed(act.content_of_object, Path(act.path))
    version = Manifest.if_there(layout.version_of(record) / "manifest.json")
    if version is not None and version.sha256 == act.of_content:  # else it comes again, under the clock of then
        _append(layout, DAYS, record.content())
        told.done.append(
            f"día de recibo de {record.dependencia}/{record.export}_{record.trimestre} versión {record.version}: {record.recibido} "
            f"({record.fecha}, {record.persona})"
        )


def _answer(layout: Layout, act: KeptAct, told: Applied) -> None:
    record = Answer.parsed(act.content_of_object, Path(act.path))
    number = 1
    while (path := layout.log / ANSWERS / f"{record.run}{'' if number == 1 else f'-{number}'}.json").exists():
        number += 1
    write_once(path, record.content())
    told.done.append(f"rechazo de {record.release} ({record.fecha}, {record.persona})")


def _rotate(layout: Layout, act: KeptAct, told: Applied) -> None:
    """The pseudonyms of this snapshot are of a key that was rotated away: nothing is built before they are made again."""
    record = Rotation.parsed(act.content_of_object, Path(act.path))
    plan = RotationPlan(
        format=RotationPlan.FORMAT, fecha=record.fecha, hmac_key_id=record.hmac_key_id, versions=[], kept=[], due=True
    )
    write_atomically(layout.rotation, plan.content())
    if HMAC_KEY in act.files:
        write_atomically(layout.root / HMAC_KEY, act.files[HMAC_KEY].encode(), 0o600)
    told.done.append(f"cambio de la llave de los seudónimos a {record.hmac_key_id} ({record.fecha})")


def _append(layout: Layout, kind: str, content: bytes) -> None:
    """As the next object of a log whose objects are numbered from 1."""
    number = sum(1 for _ in (layout.log / kind).glob("*.json")) + 1
    write_once(layout.log / kind / f"{number:04d}.json", content)
