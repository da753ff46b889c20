"""`pamga status`: every delivery, what stands, what still lies in the inbox. Reads the lake and the registry, writes nothing."""

from __future__ import annotations

from typing import Any

from ingest.landing import all_manifests
from ingest.names import shown
from ingest.receive import pending
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.standing import set_aside_now, standing_versions, version_of
from pamga.storage import read_json

_FIELDS = (
    "dependencia",
    "export",
    "trimestre",
    "version",
    "sha256",
    "state",
    "rows_read",
    "accepted",
    "quarantined",
    "out_of_scope",
    "reasons",
    "archivo",
    "stands",
    "example",
    "restored_from",
)


def status(settings: Settings, inbox: str | None = None) -> dict[str, Any]:
    """`deliveries`: every version, refused file and duplicate, with `vigente` for the versions that stand now and `apartada`, why
    one is set aside (null: it is not); `release`: the current release or null; `inbox`: files not yet received."""
    manifests = all_manifests(settings.layout)
    apart = set_aside_now(settings.layout, manifests)
    standing = {version_of(manifest) for manifest in standing_versions(manifests, apart).values()}
    deliveries = [
        _line(m) | {"vigente": version_of(m) in standing, "apartada": apart.get(version_of(m), {}).get("motivo")}
        for m in manifests
    ]
    deliveries += [_line(manifest) | {"vigente": False, "apartada": None} for manifest in _refused(settings)]
    by_version = {(*_identity(manifest), manifest["version"]): manifest for manifest in manifests}
    for arrival in open_registry(settings).arrivals("duplicate"):
        key = (str(arrival.dependencia), str(arrival.export), str(arrival.trimestre), arrival.version)
        repeated = by_version.get(key)
        if repeated is not None:
            own = {
                "state": "duplicate",
                "archivo": arrival.archivo,
                "received_at": arrival.received_on.isoformat(),
                "stands": False,
                "vigente": False,
                "apartada": None,
                "reasons": [f"El contenido es igual al de la versión {arrival.version}, que ya se recibió."],
            }
            deliveries.append(_line(repeated) | own)
    current = settings.layout.current
    return {
        "deliveries": deliveries,
        "release": current.resolve().name if current.exists() else None,
        "inbox": [shown(entry.path.encode("utf-8", "backslashreplace").decode()) for entry in pending(settings, inbox)],
    }


def _identity(manifest: dict[str, Any]) -> tuple[str, str, str]:
    return manifest["dependencia"], manifest["export"], manifest["trimestre"]


def _line(manifest: dict[str, Any]) -> dict[str, Any]:
    days = {
        "received_at": manifest["received_on"],
        "dropped_on": manifest.get("dropped_on") or manifest["received_on"],
    }
    return days | {name: manifest[name] for name in _FIELDS}


def _refused(settings: Settings) -> list[dict[str, Any]]:
    paths = sorted(settings.layout.refused.glob("*/manifest.json"))
    return [read_json(path) for path in paths]
