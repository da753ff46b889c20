"""The lock of a run: exactly which deliveries, log entries, code and engine it reads (docs/interfaces.md, inputs.lock)."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pamga.errors import NothingDelivered, PamgaError
from pamga.quarter import Quarter
from pamga.releases import in_order, lineage, release_order
from pamga.settings import Settings
from pamga.standing import BY_FINDINGS, Version, decisions, let_in, set_aside_by_people, standing_versions, version_of
from pamga.storage import canonical_json, read_json, sha256_bytes, sha256_file
from pamga.takedowns import datasets_down, releases_down, takedowns
from warehouse.closing import HELD, ClosedBy, attempts, excused, given_before, missing

LOCK_NAME = "inputs.lock"
ROOMS = ("pamga", "ingest", "warehouse", "dbt_project", "quality", "publish")
FIGURE_ROOMS = ("pamga", "ingest", "warehouse", "dbt_project")  # the others check and present what these compute
CODE_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json", ".j2", ".html", ".css", ".toml"}
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
GENERATED_FOLDERS = {"__pycache__", "target", "logs"}

_VERSION_FIELDS = (
    "dependencia", "export", "trimestre", "version", "archivo", "sha256", "rows_sha256", "received_on", "dropped_on", "state", "stands",
    "rows_read", "accepted", "quarantined", "out_of_scope", "example", "restored_from", "hmac_key_id",
    "rejects_sha256",
)  # fmt: skip


def read_versions(lake: Path) -> list[dict[str, Any]]:
    """Every committed version in the lake, in order of identity and version; `path` is relative to the lake."""
    versions = []
    for manifest_path in sorted(lake.glob("export=*/trimestre=*/dependencia=*/version=*/manifest.json")):
        manifest = read_json(manifest_path)
        entry = {field: manifest.get(field) for field in _VERSION_FIELDS}
        entry["path"] = manifest_path.parent.relative_to(lake).as_posix()
        versions.append(entry)
    return versions


def pseudonym_key(settings: Settings, deliveries: list[dict[str, Any]]) -> str | None:
    """The id of the key that made the pseudonyms of these deliveries; None when there are none.

    Raises PamgaError when two keys did: one person would count as two. A version whose original had left the vault when the key
    was rotated keeps its old one (`lake/_log/rotations`).
    """
    layout = settings.layout
    if layout.rotation.exists():
        raise PamgaError(
            "The pseudonyms' key is being rotated, or a rotation was interrupted.",
            "Let it end: run `pamga rotate-key`.",
        )
    kept = {entry["name"] for path in (layout.log / "rotations").glob("*.json") for entry in read_json(path)["kept"]}
    keys: dict[str, list[str]] = {}
    for delivery in deliveries:
        name = f"{delivery['dependencia']}/{delivery['export']}_{delivery['trimestre']} v{delivery['version']}"
        if delivery.get("hmac_key_id") and name not in kept:
            keys.setdefault(delivery["hmac_key_id"], []).append(name)
    if len(keys) > 1:
        said = "; ".join(f"key {key}: {', '.join(names[:3])}" for key, names in sorted(keys.items()))
        raise PamgaError(
            f"The pseudonyms of the standing deliveries were made with {len(keys)} keys ({said}), so people cannot be counted.",
            "Set PAMGA_HMAC_KEY to the key that stands, and run `pamga rotate-key` towards it (PAMGA_HMAC_KEY_NEXT).",
        )
    return next(iter(keys), None)


def sources_hash(rooms: Sequence[str] = ROOMS) -> str:
    """SHA-256 over the names and contents of the sources of these rooms."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            parts = path.relative_to(root).parts
            if path.suffix in CODE_SUFFIXES and path.is_file() and not GENERATED_FOLDERS.intersection(parts):
                digest.update(f"{'/'.join(parts)}\0{sha256_file(path)}\n".encode())
    return digest.hexdigest()


def code_fingerprint() -> dict[str, str]:
    """The hash of every room that shapes a release, that of the rooms that shape its figures, and the commit where there is one."""
    fingerprint = {"sha256": sources_hash(), "figures": sources_hash(FIGURE_ROOMS)}
    commit = _commit()
    if commit:
        fingerprint["commit"] = commit
    return fingerprint


def _commit() -> str | None:
    """The commit of the code: what the image was built with (PAMGA_COMMIT), else what git says of this checkout.

    The image holds neither git nor the repository. A folder of code inside somebody else's repository has no commit of ours,
    and nothing is ever stopped for want of one: the hash of the sources is what a release is proved by.
    """
    given = os.environ.get("PAMGA_COMMIT", "").strip()
    if given:
        if not COMMIT.fullmatch(given):
            raise PamgaError(
                f"PAMGA_COMMIT is {given!r}, which names no commit.",
                "Build the image with `--build-arg PAMGA_COMMIT=$(git rev-parse HEAD)`, or leave it empty.",
            )
        return given
    root = Path(__file__).resolve().parent.parent
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--show-toplevel", "HEAD"],
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):  # no git on the path, or one that may not be run
        return None
    top, _, commit = said.stdout.strip().partition("\n")
    return commit if said.returncode == 0 and Path(top).resolve() == root and COMMIT.fullmatch(commit) else None


def publications(lake: Path) -> list[dict[str, Any]]:
    """The publication log, oldest first."""
    return in_order(read_json(path) for path in (lake / "_log" / "publications").glob("*.json"))


def make_lock(settings: Settings, closing: Quarter | None = None, by: ClosedBy | None = None) -> dict[str, Any]:
    """What a build started now would read. Raises PamgaError when nothing has been delivered.

    The closing release of Q shows the state as of Q although a later quarter has begun: it reads nothing delivered for one.
    `by`: who closes it although deliveries are missing, with the reason for each.
    """
    layout = settings.layout
    everything = read_versions(layout.lake)
    versions = [v for v in everything if closing is None or Quarter.parse(v["trimestre"]) <= closing]
    decided = decisions(layout)
    apart = set_aside_by_people(versions, decided)
    deliveries = list(standing_versions(versions, apart).values())
    if not deliveries:
        raise NothingDelivered(
            "There is no standing delivery in the lake.", "Drop files in the inbox and run `pamga receive` first."
        )
    key = pseudonym_key(settings, deliveries)
    people = {
        "apartadas": _apart(versions, deliveries, apart),
        "readmitidas": [dict(zip(_IDENTITY, entry, strict=True)) for entry in sorted(let_in(decided))],
    }
    code = code_fingerprint()
    lacking = missing(deliveries, closing) if closing else []
    close = {"trimestre": str(closing) if closing else None, "por": excused(by, lacking)}
    published = publications(layout.lake)
    released = {entry["release"] for entry in published}
    log = [
        {"path": path.relative_to(layout.lake).as_posix(), "sha256": sha256_file(path)}
        for kind in ("apartadas", "approvals", "checks", "ledger", "people", "publications")
        for path in sorted((layout.log / kind).glob("*.json"))
        if kind != "people" or path.stem in released  # one of a publication that was killed was never public
    ]
    withdrawn = sorted(datasets_down(takedowns(layout.log)))
    digest = _digest(deliveries, code["sha256"], close, people, withdrawn)
    quarter, release = _release_name(deliveries, log, str(closing) if closing else None)
    return {
        "format": 1,
        "run": f"{release}-{digest[:12]}",
        "release": release,
        "trimestre": quarter,
        "closing": close["trimestre"],
        "closing_by": close["por"],
        "missing": lacking,
        "closed": closed_quarters(published, _rollbacks(layout.lake), closing),
        "received_until": _received_until(deliveries, _all_standing(everything, decided), closing),
        "today": settings.today.isoformat(),
        "previous": published[-1]["release"] if published else None,
        "line": lineage(published, _rollbacks(layout.lake)),
        "withdrawn": withdrawn,
        "example": any(d["example"] for d in deliveries),
        "digest": digest,
        "deliveries": deliveries,
        "versions": versions,
        **people,
        "log": log,
        "hmac_key_id": key,
        "code": code,
        "engine": {name: version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")},
    }


def _all_standing(versions: list[dict[str, Any]], decided: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(standing_versions(versions, set_aside_by_people(versions, decided)).values())


def closed_quarters(
    published: list[dict[str, Any]], rollbacks: list[dict[str, Any]], closing: Quarter | None
) -> list[str]:
    """The quarters whose closing release stands, and the one that this run closes."""
    line = set(lineage(published, rollbacks))
    closed = {str(p["cierre"]) for p in published if p.get("cierre") and p["release"] in line}
    return sorted(closed | ({str(closing)} if closing else set()))


def _received_until(deliveries: list[dict[str, Any]], standing: list[dict[str, Any]], closing: Quarter | None) -> str:
    """The day of the newest receipt: the lake knows nothing of later days (rules.md, 'Status at a quarter').

    For a closing run a later quarter's delivery only says that its own quarter is over, so that another one changes nothing.
    """
    newest = max(str(d["received_on"]) for d in standing)
    if closing is None:
        return newest
    over = (closing.cutoff + timedelta(days=1)).isoformat()
    return max([*(str(d["received_on"]) for d in deliveries), min(newest, over)])


def _rollbacks(lake: Path) -> list[dict[str, Any]]:
    return [read_json(path) for path in sorted((lake / "_log" / "rollbacks").glob("*.json"))]


def already_published(settings: Settings, lock: dict[str, Any]) -> str | None:
    """The published release that holds what these inputs would say, when nothing is new; else None.

    What counts is the newest publication (after a rollback too, so that a run with nothing new stays rolled back) and the one
    that the world reads. A provisional candidate is also nothing new when the newest one closed its quarter with the same
    deliveries, or when only closing releases, which read less, came after the provisional one that held them; nor when a rollback
    set aside what was wrong and nothing came since: the release that is up read exactly what stands.
    """
    published, back = publications(settings.layout.lake), _rollbacks(settings.layout.lake)
    if not published:
        return None
    down = releases_down(takedowns(settings.layout.log))
    line = [name for name in lineage(published, back) if name not in down]
    by_name = {entry["release"]: entry for entry in published}
    rolled_back = bool(back) and back[-1]["ultima"] == published[-1]["release"]
    if rolled_back and line and lock["closing"] is None and _reads_the_same(by_name[line[-1]], lock):
        return line[-1]
    known = [published[-1], *(by_name[name] for name in line[-1:])]
    if lock["closing"] is None:
        known += [entry for entry in reversed(published) if not entry.get("cierre")][:1]
    for entry in known:
        earlier = _closing_of(settings, entry["release"])
        same = _digest(lock["deliveries"], lock["code"]["sha256"], earlier, lock, lock["withdrawn"])
        if entry["digest"] == lock["digest"] or (lock["closing"] is None and entry["digest"] == same):
            return str(entry["release"])
    return None


def _reads_the_same(entry: Mapping[str, Any], lock: Mapping[str, Any]) -> bool:
    """Whether a published release was built by this code from the very versions that stand."""
    fields = ("export", "trimestre", "dependencia", "version", "sha256")
    read, stands = ({tuple(d[field] for field in fields) for d in side["deliveries"]} for side in (entry, lock))
    return read == stands and entry.get("code") == lock["code"]["sha256"]


def set_aside(lock: dict[str, Any], found: Mapping[Version, Mapping[str, Any]]) -> dict[str, Any]:
    """The lock without the versions in `found` (version -> what was found in it), beside those that it sets aside already.

    `run` and `digest` stay: what a build leaves out follows from what it was started with. Raises PamgaError when nothing is
    left to stand.
    """
    apart: dict[Version, Mapping[str, Any]] = {version_of(entry): entry for entry in lock["apartadas"]}
    apart |= {version: {**entry, "origen": BY_FINDINGS} for version, entry in found.items()}
    deliveries = list(standing_versions(lock["versions"], apart).values())
    if not deliveries:
        raise PamgaError(
            "Every delivery of the lake is set aside for what was found in it.",
            "Read lake and findings of the run; `pamga set-aside --readmit` lets a version in.",
        )
    trimestre, release = _release_name(deliveries, lock["log"], lock["closing"])
    return lock | {
        "deliveries": deliveries,
        "apartadas": _apart(lock["versions"], deliveries, apart),
        "trimestre": trimestre,
        "release": release,
        "missing": missing(deliveries, Quarter.parse(lock["closing"])) if lock["closing"] else [],
        "example": any(d["example"] for d in deliveries),
    }


_IDENTITY = ("export", "trimestre", "dependencia", "version")


def _apart(
    versions: list[dict[str, Any]], deliveries: list[dict[str, Any]], apart: Mapping[Version, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The versions that are set aside, with the reason and the version that stands instead (`queda`, null for none);
    `corregida` says that this is a newer one."""
    stands = {version_of(entry)[:3]: int(entry["version"]) for entry in deliveries}
    entries = []
    for entry in versions:
        version = version_of(entry)
        why, instead = apart.get(version), stands.get(version[:3])
        if why is not None and entry["stands"]:
            entries.append(
                {field: entry[field] for field in (*_IDENTITY, "archivo", "received_on")}
                | {field: why.get(field) for field in ("origen", "motivo", "persona", "fecha")}
                | {
                    "queda": instead,
                    "corregida": instead is not None and instead > version[3],
                    "hallazgos": why.get("hallazgos", []),
                }
                | ({"veredictos": why["veredictos"]} if why.get("veredictos") else {})
            )
    return sorted(entries, key=version_of)


def _release_name(
    deliveries: list[dict[str, Any]], log: Iterable[Mapping[str, Any]], closing: str | None
) -> tuple[str, str]:
    """The quarter that the release speaks of (the one being closed, else the newest of a standing delivery), and its next free
    name."""
    quarter = (
        Quarter.parse(closing) if closing else max(Quarter.parse(delivery["trimestre"]) for delivery in deliveries)
    )
    paths = [Path(entry["path"]) for entry in log]
    published = [release_order(path.stem) for path in paths if path.parent.name == "publications"]
    number = max((number for of, number in published if of == quarter), default=0) + 1
    return str(quarter), f"{quarter}-r{number:02d}"


def _closing_of(settings: Settings, release: str) -> dict[str, Any]:
    """Which quarter a published release closes, and who closed it in spite of what."""
    path = settings.layout.release(release) / LOCK_NAME
    lock = read_json(path) if path.exists() else {}
    return {"trimestre": lock.get("closing"), "por": lock.get("closing_by")}


def closings_to_try(settings: Settings) -> list[Quarter]:
    """The held closings that what arrived since may let through: nothing that is owed lacks any more without a reason.

    One that was held by something else is tried again with every new delivery for its quarter or an earlier one.
    """
    published = publications(settings.layout.lake)
    closed = set(closed_quarters(published, _rollbacks(settings.layout.lake), None))
    due = []
    for quarter, attempt in sorted(attempts(settings).items()):
        if attempt["decision"] != HELD or quarter in closed:
            continue
        closing = Quarter.parse(quarter)
        lock = make_lock(settings, closing, given_before(settings, closing))
        reasons = len((lock["closing_by"] or {"motivos": []})["motivos"])
        if lock["digest"] != attempt["digest"] and reasons == len(lock["missing"]):
            due.append(closing)
    return due


def _digest(
    deliveries: list[dict[str, Any]],
    code: str,
    closing: dict[str, Any],
    people: Mapping[str, Any],
    withdrawn: Sequence[str],
) -> str:
    """What starts a build: the deliveries that stand, what people set aside or let in, the code, what is being closed, and what
    was taken down."""
    fields = ("export", "trimestre", "dependencia", "version", "sha256", "rows_sha256", "received_on")
    read = [[delivery[field] for field in fields] for delivery in deliveries]
    document: dict[str, Any] = {"deliveries": read, "code": code, "closing": closing}
    for kind in ("apartadas", "readmitidas"):
        if people[kind]:
            document[kind] = [[entry[field] for field in _IDENTITY] for entry in people[kind]]
    if withdrawn:
        document["withdrawn"] = list(withdrawn)
    return sha256_bytes(canonical_json(document))
