"""`pamga status`: every delivery, what stands, what still lies in the inbox. Reads the lake and the registry, writes nothing."""

from __future__ import annotations

from ingest.landing import all_manifests
from ingest.names import shown
from ingest.receive import pending
from pamga.documents.deliveries import Received, Refusal
from pamga.documents.status import DeliveryStatus, Status
from pamga.registry import open_registry
from pamga.settings import Settings
from pamga.standing import set_aside_now, standing_versions, version_of


def status(settings: Settings, inbox: str | None = None) -> Status:
    """Every version, refused file and duplicate; the current release; the files not yet received."""
    manifests = all_manifests(settings.layout)
    apart = set_aside_now(settings.layout, manifests)
    standing = {version_of(manifest) for manifest in standing_versions(manifests, apart).values()}
    deliveries = [
        _line(m, vigente=version_of(m) in standing, apartada=why.motivo if (why := apart.get(version_of(m))) else None)
        for m in manifests
    ]
    deliveries += [
        _line(refusal) for refusal in Refusal.all_in(sorted(settings.layout.refused.glob("*/manifest.json")))
    ]
    by_version = {version_of(manifest): manifest for manifest in manifests}
    for arrival in open_registry(settings).arrivals("duplicate"):
        key = (str(arrival.export), str(arrival.trimestre), str(arrival.dependencia), arrival.version or 0)
        if key in by_version:
            own = {
                "state": "duplicate",
                "archivo": arrival.archivo,
                "received_at": arrival.received_on.isoformat(),
                "stands": False,
                "reasons": [f"El contenido es igual al de la versión {arrival.version}, que ya se recibió."],
            }
            deliveries.append(_line(by_version[key]).model_copy(update=own))
    current = settings.layout.current
    return Status(
        deliveries=deliveries,
        release=current.resolve().name if current.exists() else None,
        inbox=[shown(entry.path.encode("utf-8", "backslashreplace").decode()) for entry in pending(settings, inbox)],
    )


def _line(received: Received, vigente: bool = False, apartada: str | None = None) -> DeliveryStatus:
    told = received.model_dump(include=set(DeliveryStatus.model_fields))
    told |= {"received_at": received.received_on, "dropped_on": received.day_dropped}
    return DeliveryStatus(**told, vigente=vigente, apartada=apartada)
