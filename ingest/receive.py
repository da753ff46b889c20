"""Receiving: what was dropped is read, checked, landed and answered. The room's front door.

Crash-safe by order: the vault keeps the original, the version appears in the lake in one rename, the receipt is written, and
last the registry records the arrival. A run that was killed anywhere leaves an unrecorded file, and the next run does the rest
of the work and none of it twice. Two receivers exclude each other per delivery by a lock that dies with its process.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ingest.apart import Defeated, Desk, Stopped, warm_up
from ingest.apart import desk as open_desk
from ingest.arrivals import archivo_of, arrival_of, kept_manifest, path_key, queued, refused_id_of, told, unqueued
from ingest.checks.bench import Door
from ingest.checks.delivery import Checked
from ingest.comparison import (
    compare,
    copied_from,
    loss,
    replaced,
    told_of_a_later_quarter,
    told_of_far_days,
    told_of_other_units,
)
from ingest.contract import Contract, load_contract
from ingest.corrections import Vaulted
from ingest.dropped import Entry, inbox_url, is_example, is_readable, list_inbox, local_copy, settled, unchanged
from ingest.evolution import keep_contract
from ingest.landing import (
    HELD,
    Facts,
    Identity,
    all_manifests,
    empty_rejects,
    land,
    manifest_of,
    next_version,
    refused_checked,
    standing,
    state_of,
    versions,
)
from ingest.names import Named, understand, understand_folder
from ingest.privacy import vault
from ingest.privacy.keys import hmac_key
from ingest.privacy.masks import mask
from ingest.readers.guard import too_large
from ingest.reading import Limits, Outcome, RefusedFile
from ingest.remote import OtherBytes, is_remote
from pamga.clock import day_in_the_city, today_in_the_city
from pamga.documents.deliveries import Corrects, Manifest, Receipt, Received, Refusal
from pamga.errors import PamgaError, UsageError
from pamga.faults import ALWAYS_OURS, OurFault, first_line, our_fault
from pamga.layout import Layout
from pamga.logs import about
from pamga.plausible import require_plausible_day
from pamga.quarter import Quarter
from pamga.registry import Arrival, Registry, open_registry
from pamga.sealing import key_id
from pamga.settings import Settings
from pamga.standing import set_aside_now, standing_versions, version_of
from pamga.storage import (
    DamagedFile,
    exclusive_lock,
    staged_folder,
    sweep_leftovers,
    sync,
)

BOUNDARY = "municipio"
_CHANGED = "El archivo cambió mientras se leía; se toma cuando esté completo."
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dropped:
    """A file to receive: one mapped task. `before`: the files that must be received first (older ones of the same delivery,
    and the municipality's boundary before any layer that is held against it)."""

    entry: Entry
    label: str
    """office/export/quarter, or the file's name when it is not understood."""
    before: tuple[Entry, ...] = ()

    def queued(self) -> str:
        """For a queue, as JSON: what Airflow keeps in its database and shows."""
        document = {
            "entry": queued(self.entry).as_dict(),
            "label": self.label,
            "before": [queued(e).as_dict() for e in self.before],
        }
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def from_queue(cls, text: str) -> Dropped:
        document = json.loads(text)
        return cls(Entry(**document["entry"]), document["label"], tuple(Entry(**e) for e in document["before"]))


def discover(settings: Settings, inbox: str | None = None) -> list[Dropped]:
    """New and changed files of the inbox, in the order in which they must be received. Waits for files still being written."""
    require_believable_clock(settings)
    url = inbox_url(settings, inbox)
    found = pending(settings, url)
    _see(settings, url, found)
    registry = open_registry(settings)
    cases = [_Case.of(settings, registry, entry) for entry in settled(settings, found, url)]
    # stable: modification time and name stay the order within
    cases.sort(key=lambda case: case.named.export != BOUNDARY)
    dropped = []
    for position, case in enumerate(cases):
        before = tuple(other.entry for other in cases[:position] if _must_precede(other, case))
        dropped.append(Dropped(case.entry, case.label, before))
    return dropped


def _see(settings: Settings, url: str, found: list[Entry]) -> None:
    """Record when each new file was dropped, and that the inbox was looked at: before, for a killed look is no look."""
    registry = open_registry(settings)
    before = registry.last_look(url)
    for entry in found:
        registry.record_sighting(*_sighting(entry), _dropped_on(settings, entry, before))
    registry.record_look(url, settings.today)


def _sighting(entry: Entry) -> tuple[str, str, int, int]:
    return entry.inbox, path_key(entry), entry.size, entry.mtime_ns


def _dropped_on(settings: Settings, entry: Entry, last_look: date | None) -> date:
    """The day on which a file was dropped (docs/reading-files.md, 'The day of a delivery'): that of its modification, which is no
    day after today, none before the last look that did not find it, and none before its quarter began."""
    named = understand(told(entry.path), settings.today)
    modified = day_in_the_city(entry.mtime_ns) if entry.mtime_ns > 0 else None
    if modified is None or modified >= today_in_the_city():  # just written; also where PAMGA_HOY plays another day
        return settings.today
    if named.trimestre is not None and modified < Quarter.parse(named.trimestre).first_day:
        return settings.today
    return min(settings.today, max(modified, last_look or modified))


def pending(settings: Settings, inbox: str | None = None) -> list[Entry]:
    """Files of the inbox that were not yet received as they are now."""
    url = inbox_url(settings, inbox)
    registry = open_registry(settings)
    found = (_affordable(settings, entry) for entry in list_inbox(url))
    return [entry for entry in found if _is_new(_Case.of(settings, registry, entry))]


def require_believable_clock(settings: Settings) -> None:
    """Raise ImplausibleDay where what is received now would get a day that cannot be right. A lost registry leaves the lake's word."""
    registry = open_registry(settings)
    received = registry.newest_receipt()
    if received is None:
        received = max((date.fromisoformat(m.received_on) for m in all_manifests(settings.layout)), default=None)
    require_plausible_day(settings, received, registry.newest_look())


def receive_inbox(settings: Settings, inbox: str | None = None) -> list[Receipt]:
    """Receive everything new in the inbox. Bad input never raises: it is refused with its reason and the others go on."""
    return list(receive_each(settings, discover(settings, inbox)))


def receive_each(settings: Settings, dropped: Iterable[Dropped]) -> Iterator[Receipt]:
    """Receive files one after the other. Where one fails (a full disk, a fault of ours) the others go on: the first failure
    is raised when they are done. A PamgaError, which the next file would meet too, is raised at once."""
    failure: Exception | None = None
    for file in dropped:
        try:
            receipt = receive_file(settings, file)
        except DamagedFile as error:  # what this delivery rests on is damaged: that of the others may be whole
            failure = failure or error
            continue
        except PamgaError:
            raise
        except Exception as error:
            failure = failure or error
            continue
        yield receipt
    if failure is not None:
        raise failure


def receive_file(settings: Settings, dropped: Dropped) -> Receipt:
    """Receive one file, after those that must precede it. Receiving a file that already was gives its receipt again."""
    require_believable_clock(settings)
    inbox_url(settings)  # a process of its own learns how to get there
    *before, entry = unqueued([*dropped.before, dropped.entry])
    for earlier in before:
        _receive(settings, earlier)
    return _receive(settings, entry)


def restore(
    settings: Settings, identity: Identity, version: int, reason: str | None = None, person: str | None = None
) -> Manifest:
    """Bring an older version back as a new one, with its receipt; who did it (`person`) and why are kept in its notes, personal
    data of the `reason` masked. Returns its manifest.

    Raises UsageError when it cannot stand.
    """
    from ingest.receipts import write_receipt

    require_believable_clock(settings)
    layout = settings.layout
    if layout.rotation.exists():
        raise UsageError("The pseudonyms' key is being rotated.", "Let it end (`pamga rotate-key`), then restore.")
    with _delivery_lock(settings, identity):
        sweep_leftovers(identity.folder(layout))
        known = {manifest.version: manifest for manifest in versions(layout, identity)}
        older = known.get(version)
        if older is None or not _may_stand(older):
            raise UsageError(
                f"Version {version} of {identity} is not there or has no accepted row.",
                f"Versions that can be restored: {[v for v, m in known.items() if _may_stand(m)]}.",
            )
        newest = standing(layout, list(known.values()))
        if newest is not None and newest.rows_sha256 == older.rows_sha256:
            return newest
        number = next_version(layout, identity)
        source = layout.version_of(older)
        final = layout.version(identity.export, identity.trimestre, identity.dependencia, number)
        anew: dict[str, Any] = {
            "version": number,
            "restored_from": version,
            "received_on": settings.today.isoformat(),
            "notes": [*older.notes, _who_restored(version, person, reason)],
        }
        if older.state == HELD:  # a person lets it in without the office's second word
            anew |= {"state": state_of(bool(older.rejects_by_rule)), "stands": True, "reasons": []}
        restored = older.model_copy(update=anew)
        with staged_folder(final) as folder:
            for name in ("rows.parquet", "rejects.parquet"):
                (folder / name).write_bytes((source / name).read_bytes())
            (folder / "manifest.json").write_bytes(restored.content())
        rejects = pl.read_parquet(final / "rejects.parquet")
        # the office is told; the file itself is in the vault, so there is no marked-up copy of it
        write_receipt(settings, Outcome(restored, rejects, load_contract(identity.export)), Path(restored.archivo))
        return restored


def _may_stand(manifest: Manifest) -> bool:
    return manifest.stands or manifest.state == HELD


def _who_restored(version: int, person: str | None, reason: str | None) -> str:
    said = mask(" ".join((reason or "").split())).rstrip(".")
    why = f" Motivo: {said}." if said else ""
    return f"Se restauró la versión {version}.{why}" + (f" Lo hizo {person}." if person else "")


# ---- one file ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """A dropped file, what its name says, and the registry that knows what became of it."""

    settings: Settings
    registry: Registry
    entry: Entry
    named: Named

    @classmethod
    def of(cls, settings: Settings, registry: Registry, entry: Entry) -> _Case:
        understood = understand_folder if entry.is_folder else understand
        return cls(settings, registry, entry, understood(told(entry.path), settings.today))

    @property
    def archivo(self) -> str:
        return archivo_of(self.entry)

    @property
    def is_refused(self) -> bool:
        """Nothing but its name, or that it is no file, is needed to refuse it."""
        return self.entry.fault is not None or bool(self.named.reasons)

    @property
    def identity(self) -> Identity:
        return Identity(str(self.named.export), str(self.named.trimestre), str(self.named.dependencia))

    @property
    def label(self) -> str:
        """office/export/quarter, or the file's name when it is not understood."""
        named = self.named
        return self.archivo if self.is_refused else f"{named.dependencia}/{named.export}/{named.trimestre}"


def _receive(settings: Settings, entry: Entry) -> Receipt:
    case = _Case.of(settings, open_registry(settings), _affordable(settings, entry))
    with about(entrega=case.label):
        receipt = _receive_case(case)
        _LOG.info(
            "%s: version %s, %d rows accepted, %d quarantined, %d out of scope",
            receipt.state, receipt.version, receipt.accepted, receipt.quarantined, receipt.out_of_scope,
        )  # fmt: skip
        return receipt


def _affordable(settings: Settings, entry: Entry) -> Entry:
    """A file that is larger than one may be is refused by what is told of it, and neither brought nor kept: a terabyte of nothing
    costs whoever drops it no space."""
    limit = Limits.of(settings).file_bytes
    if entry.fault is not None or entry.size <= limit:
        return entry
    return replace(entry, fault=too_large(entry.size, limit))


def _receive_case(case: _Case) -> Receipt:
    with _lock(case):
        known = _arrival(case)
        if known is not None and not _may_come_now(case, known):
            return _receipt_again(case.settings, known)
        if case.is_refused:
            return _refuse(case)
        try:
            with _one_key(case) as steady, local_copy(case.entry) as source:
                if not steady:
                    return _waiting(
                        case, "Se está cambiando la llave de los seudónimos; la entrega se toma al terminar."
                    )
                return _take(case, source)
        except FileExistsError:
            return _waiting(case, "Otra máquina recibía esta entrega al mismo tiempo; se revisa de nuevo.")
        except OSError as error:
            return _unread(case, error)


def _unread(case: _Case, error: OSError) -> Receipt:
    """What the author of a file that could not be read is told; raises what was the fault of this machine."""
    if isinstance(error, OtherBytes):
        _LOG.warning("%s was not brought: %s", case.archivo, first_line(error))
        if not is_remote(case.entry.inbox):
            return _waiting(case, _CHANGED)
        return _waiting(case, "El archivo no llegó como el servidor lo había dicho; se intenta de nuevo.")
    _raise_if_ours(case, error)
    gone = f"No se pudo leer el archivo ({error.strerror or type(error).__name__}). Déjelo de nuevo en la carpeta."
    return _waiting(case, gone)


def _raise_if_ours(case: _Case, error: OSError) -> None:
    if error.errno in ALWAYS_OURS or is_readable(case.entry):
        raise our_fault(error) or OurFault(f"{first_line(error)}.", "Mend it and receive again.") from error


def _opens(source: Path) -> bool:
    try:
        with source.open("rb") as file:
            while file.read(1 << 20):
                pass
    except OSError:
        return False
    return True


def _take(case: _Case, source: Path) -> Receipt:
    """Keep, judge and land a file whose identity is known."""
    settings, identity = case.settings, case.identity
    warm_up(settings)
    contract = load_contract(identity.export)
    sweep_leftovers(identity.folder(settings.layout))
    sha256 = vault.keep(settings, source)
    if not unchanged(case.entry):
        return _waiting(case, _CHANGED)
    known = versions(settings.layout, identity)
    same = next((m for m in reversed(known) if m.sha256 == sha256), None)
    confirmed = _is_confirmed(case, same, known)
    if same is not None and _is_the_landing_itself(case, same):
        landed = same
    elif same is not None and not (same.state == HELD and confirmed):
        notes = _what_stands_instead(settings.layout, same, known)
        own = {"state": "duplicate", "archivo": case.archivo, "notes": notes}
        outcome = Outcome(same.model_copy(update=own), empty_rejects(), contract)
        return _answer(case, outcome, source, landed=False)
    else:
        landed = None
    received_on = settings.today if landed is None else date.fromisoformat(landed.received_on)
    earlier = known if landed is None else [m for m in known if m.version < landed.version]
    originals = Vaulted(settings, identity, contract, earlier)
    desk = open_desk(settings)
    understood, checked, reasons, corrects = _judge(desk, originals, case.archivo, source, received_on)
    if not unchanged(case.entry):
        return _waiting(case, _CHANGED)
    if landed is None:
        facts = _facts(case, contract, sha256, understood, received_on)
        manifest = manifest_of(identity, facts, checked, reasons)
        manifest = manifest.model_copy(update={"corrects": corrects})
        weighed = _weighed(settings.layout, identity, contract, manifest, checked, confirmed)
        manifest = manifest.model_copy(update=weighed)
        keep_contract(settings.layout, contract)
        manifest = land(settings.layout, identity, manifest, checked)
    else:
        manifest = landed
        sync(identity.folder(settings.layout))  # the killed run may not have come to it
    outcome = Outcome(manifest, checked.rejects, contract, None, checked.marks)
    return _answer(case, outcome, source, landed=True, desk=None if reasons else desk)


def _is_confirmed(case: _Case, same: Manifest | None, known: list[Manifest]) -> bool:
    """The office says by the file's name that it means what the version takes away or repeats. A name is a word once: a file
    that is saved again under a name that was already received has to be confirmed anew."""
    said_before = any(manifest.archivo == case.archivo for manifest in known)
    return case.named.confirmed and (not said_before or (same is not None and same.state == HELD))


def _weighed(
    layout: Layout, identity: Identity, contract: Contract, manifest: Manifest, checked: Checked, confirmed: bool
) -> dict[str, Any]:
    """What the manifest says of the version that it replaces; and that it is held, where its office must confirm it first."""
    if not manifest.stands:
        return {}
    said_of = (told_of_a_later_quarter, told_of_far_days)
    told = [sentence for say in said_of for sentence in say(contract, checked.rows, identity.trimestre)]
    notes = [*told, *manifest.notes]
    before = replaced(layout, identity, contract)
    change = None if before is None else compare(layout, contract, before, checked.rows, manifest.hmac_key_id)
    if before is not None:
        notes = [*told_of_other_units(layout, contract, before, checked.rows, manifest.hmac_key_id), *notes]
    copied = copied_from(layout, identity, contract, manifest.sha256, checked.rows)
    doubts = [doubt for doubt in (loss(change) if change else None, copied) if doubt is not None]
    weighed: dict[str, Any] = {"replaces": change, "doubts": [doubt.kind for doubt in doubts], "notes": notes}
    if not doubts:
        return weighed
    if confirmed:
        return weighed | {"notes": [*(doubt.settled for doubt in doubts), *notes]}
    return weighed | {"state": HELD, "stands": False, "reasons": [doubt.sentence for doubt in doubts]}


def _what_stands_instead(layout: Layout, same: Manifest, known: list[Manifest]) -> list[str]:
    """For the author of a duplicate: it is not the version that stands, and dropping it again does not change that."""
    newest = standing(layout, known)
    apart = set_aside_now(layout, known).get(version_of(same))
    if apart is not None:
        instead = f"vale la versión {newest.version}" if newest else "la entrega cuenta como no recibida"
        return [
            f"Es igual a la versión {same.version}, que está apartada: {str(apart.motivo).rstrip('.')}. Mientras tanto "
            f"{instead}. Corrija el archivo y entréguelo de nuevo."
        ]
    if newest is None or not same.stands or newest.rows_sha256 == same.rows_sha256:
        return []
    return [
        f"Es igual a la versión {same.version}, pero la vigente es la {newest.version}, que llegó después. Si quiere que "
        f"vuelva a valer la {same.version}, pida a la Unidad de Transparencia que la restaure."
    ]


def judge_again(
    settings: Settings, manifest: Manifest, day: date, source: Path
) -> tuple[dict[str, Any], Checked, list[str], Corrects | None]:
    """What the original of a version comes to on another day of receipt; as `_judge` says it."""
    identity = Identity(manifest.export, manifest.trimestre, manifest.dependencia)
    contract = load_contract(identity.export)
    warm_up(settings)
    earlier = [known for known in versions(settings.layout, identity) if known.version < manifest.version]
    originals = Vaulted(settings, identity, contract, earlier)
    return _judge(open_desk(settings), originals, manifest.archivo, source, day)


def _judge(
    desk: Desk, originals: Vaulted, archivo: str, source: Path, received_on: date
) -> tuple[dict[str, Any], Checked, list[str], Corrects | None]:
    """(how it was understood, what it comes to, why it is refused whole, of which version it is the correction)."""
    settings, identity, contract = originals.settings, originals.identity, originals.contract
    key = hmac_key(settings) if contract.has_pseudonyms else b""  # only where the export needs it
    door = Door(identity.dependencia, archivo, received_on, key, _boundary(settings, contract))
    try:
        understood, checked, corrects = desk.judge(source, originals, door)
        return understood, checked, [], corrects
    except RefusedFile as refusal:
        reasons = refusal.reasons
    except Stopped as stop:
        _LOG.error("%s was not read to its end: the worker was stopped", archivo)
        reasons = [stop.reason]
    except Defeated as defeat:
        _LOG.error("%s could not be read: %s at %s", archivo, defeat.kind, defeat.where)
        reasons = [_defeated_by(defeat.kind)]
    except OSError as error:
        if error.errno in ALWAYS_OURS or not _opens(source):
            raise
        reasons = [_defeated_by(type(error).__name__)]
    return {}, refused_checked(contract), reasons, None


def _defeated_by(kind: str) -> str:
    """What to tell of a file that a library or a fault of ours could not cope with."""
    return (
        f"El archivo no se pudo revisar: algo en su contenido detuvo al programa ({kind}). Se conserva completo. "
        "Ábralo, guárdelo de nuevo y vuelva a entregarlo; si se repite, avise a la Unidad de Transparencia."
    )


def _facts(case: _Case, contract: Contract, sha256: str, understood: dict[str, Any], received_on: date) -> Facts:
    """What is known of a file besides what its rows come to. `received_on`: the day as of which they were judged; reading may have gone
    on past midnight."""
    settings, entry = case.settings, case.entry
    return Facts(
        archivo=case.archivo,
        sha256=sha256,
        bytes=entry.size,
        received_on=received_on.isoformat(),
        dropped_on=(case.registry.dropped_on(*_sighting(entry)) or _dropped_on(settings, entry, None)).isoformat(),
        example=is_example(entry.inbox),
        understood=understood,
        contract_sha256=contract.sha256,
        hmac_key_id=key_id(hmac_key(settings)) if contract.has_pseudonyms else None,
    )


def _refuse(case: _Case) -> Receipt:
    """Refuse a file whose identity is not known or not allowed; it is kept all the same."""
    settings, entry, named = case.settings, case.entry, case.named
    reasons = [*filter(None, [entry.fault]), *named.reasons]
    sha256 = None
    if entry.fault is None and entry.size <= Limits.of(settings).file_bytes:
        try:
            with local_copy(entry) as source:
                sha256 = vault.keep(settings, source)
        except OtherBytes as error:
            return _unread(case, error)
        except OSError as error:
            _raise_if_ours(case, error)
    refused_id = refused_id_of(entry, sha256)
    manifest = Refusal(
        format=Refusal.FORMAT,
        export=named.export,
        trimestre=named.trimestre,
        dependencia=named.dependencia,
        version=None,
        archivo=case.archivo,
        sha256=sha256,
        bytes=entry.size,
        received_on=settings.today.isoformat(),
        state="rejected",
        stands=False,
        example=is_example(entry.inbox),
        restored_from=None,
        rows_read=0,
        accepted=0,
        quarantined=0,
        out_of_scope=0,
        rejects_by_rule={},
        reasons=reasons,
        notes=[],
        understood={},
        refused_id=refused_id,
    )
    final = settings.layout.refused / refused_id
    sweep_leftovers(settings.layout.refused)
    if final.exists():
        manifest = Refusal.read(final / "manifest.json")
    else:
        with staged_folder(final) as folder:
            (folder / "manifest.json").write_bytes(manifest.content())
    contract = load_contract(named.export) if named.export else None
    outcome = Outcome(manifest, empty_rejects(), contract)
    waits = named.not_yet or (entry.fault is not None and not named.reasons)
    # a refusal's receipt does not read the file
    source = Path(told(entry.path))
    return _answer(case, outcome, source, landed=False, refused_id=refused_id, not_yet=waits)


def _answer(
    case: _Case,
    outcome: Outcome,
    source: Path,
    landed: bool,
    refused_id: str | None = None,
    not_yet: bool = False,
    desk: Desk | None = None,
) -> Receipt:
    """Write the receipt, then record the arrival: in that order, so that nobody is left without an answer."""
    from ingest.receipts import write_receipt

    files = None
    if desk is not None:
        try:
            files = desk.answer(outcome, source)
        except Stopped as stop:  # the rows are in; what copies the sheet to be mended was too much
            _LOG.error("%s has no copy to mend: the worker was stopped", case.archivo)
            notes = [*outcome.manifest.notes, f"No se pudo preparar correccion.xlsx. {stop.reason}"]
            outcome = replace(outcome, manifest=outcome.manifest.model_copy(update={"notes": notes}))
    folder = write_receipt(case.settings, outcome, source, files)
    case.registry.record(arrival_of(case.settings, case.entry, outcome.manifest, refused_id, not_yet))
    return Receipt.telling(outcome.manifest, folder, landed)


# ---- what is already known ---------------------------------------------------------------------------------------------


def _is_new(case: _Case) -> bool:
    known = _arrival(case)
    return known is None or _may_come_now(case, known)


def _arrival(case: _Case) -> Arrival | None:
    """The arrival of exactly this file. One whose version the lake no longer holds (a disk lost it, or somebody took a damaged
    one out) counts for nothing: the registry never knows more than the lake, and the file is new again."""
    known = case.registry.arrival(*_sighting(case.entry))
    return known if known is not None and kept_manifest(case.settings, known).exists() else None


def _may_come_now(case: _Case, known: Arrival) -> bool:
    """The file was refused because its quarter had not begun or nobody let us read it, and now that is over."""
    return known.not_yet and not case.is_refused


def _is_the_landing_itself(case: _Case, manifest: Manifest) -> bool:
    """This very file made that version, but the run was killed before it recorded so (or the registry was lost)."""
    identity = (manifest.dependencia, manifest.export, manifest.trimestre)
    return manifest.archivo == case.archivo and case.registry.landed_from(*identity, manifest.version) is None


def _receipt_again(settings: Settings, known: Arrival) -> Receipt:
    """The receipt of a file that was already received: by another receiver, or by a task that was killed before it told."""
    manifest: Received
    if known.refused_id is None:
        kept = Manifest.read(kept_manifest(settings, known))
        manifest = kept.model_copy(update={"state": known.state, "archivo": known.archivo})
    else:
        manifest = Refusal.read(kept_manifest(settings, known))
    landed = known.refused_id is None and known.state != "duplicate"
    return Receipt.telling(manifest, None, landed)


def _waiting(case: _Case, reason: str) -> Receipt:
    """Not received this time and not recorded: the next run takes it."""
    named = case.named
    return Receipt(
        archivo=case.archivo, state="pending", dependencia=named.dependencia, export=named.export, trimestre=named.trimestre,
        version=None, rows_read=0, accepted=0, quarantined=0, out_of_scope=0, reasons=[reason], folder=None, landed=False,
    )  # fmt: skip


# ---- small things ------------------------------------------------------------------------------------------------------


def _must_precede(earlier: _Case, later: _Case) -> bool:
    if earlier.named.reasons or later.named.reasons:
        return False
    layer = later.identity.export
    needs_boundary = layer != BOUNDARY and load_contract(layer).geometry_column is not None
    return earlier.identity == later.identity or (earlier.identity.export == BOUNDARY and needs_boundary)


def _delivery_lock(settings: Settings, identity: Identity) -> contextlib.AbstractContextManager[None]:
    name = f"{identity.export}-{identity.trimestre}-{identity.dependencia}.lock"
    return exclusive_lock(settings.layout.locks / name)


def _lock(case: _Case) -> contextlib.AbstractContextManager[None]:
    if case.is_refused:
        return exclusive_lock(case.settings.layout.locks / "refused.lock")
    return _delivery_lock(case.settings, case.identity)


@contextlib.contextmanager
def _one_key(case: _Case) -> Iterator[bool]:
    """Keep the pseudonyms' key from being rotated while a delivery that needs it is received; False where it is being rotated."""
    layout = case.settings.layout
    if not load_contract(case.identity.export).has_pseudonyms:
        yield True
        return
    with exclusive_lock(layout.rotation_lock, shared=True):
        yield not layout.rotation.exists()


def _boundary(settings: Settings, contract: Contract) -> Any:
    """The municipality's boundary as the lake's newest standing delivery gives it; None when there is none."""
    if contract.geometry_column is None or contract.export == BOUNDARY:
        return None
    import shapely

    manifests = [m for m in all_manifests(settings.layout) if m.export == BOUNDARY]
    standing_ones = standing_versions(manifests, set_aside_now(settings.layout, manifests)).values()
    if not standing_ones:
        return None
    newest = max(standing_ones, key=lambda m: (m.trimestre, m.version))
    rows = pl.read_parquet(settings.layout.version_of(newest) / "rows.parquet", columns=["geometria"])
    return shapely.union_all(shapely.from_wkb(rows["geometria"].to_list())) if rows.height else None
