"""Verdicts that a late correction would change (rules.md, "Status at a quarter").

A due target is judged once. After its quarter was closed, a delivery that would change what the public read of it is set aside until
a named person lets it in with a reason, and the earlier verdict stays beside the new one for good.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from pamga.documents.lock import ChangedVerdict, Lock, MovedDelivery, SetAside, ToldVerdict
from pamga.log import decisions, publications
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.standing import BY_FINDINGS, Identity, Version, identity_of, version_of
from warehouse.lock import LOCK_NAME

JUDGED = ("cumplida", "cumplida_con_retraso", "incumplida")

# What the releases that lead to what is up said last of each figure, where it was no longer to be confirmed.
CHANGED = f"""
    with dicho as (
        select indicador, ejercicio, trimestre, estado, provisional, release
        from lake.libro_valores inner join (select unnest($line) as release, generate_subscripts($line, 1) as orden) using (release)
        qualify row_number() over (partition by indicador, ejercicio, trimestre order by orden desc) = 1
    )
    select indicador, ejercicio, trimestre, dicho.estado as antes, dicho.release as publicacion, ahora.estado as despues
    from dicho inner join marts.indicadores_trimestre as ahora using (indicador, ejercicio, trimestre)
    where dicho.estado in {JUDGED} and not dicho.provisional and ahora.estado is distinct from dicho.estado
        and list_contains($closed, trimestre)
    order by indicador, ejercicio, trimestre
"""
SOURCES = "select export, dependencia, indicador from intermediate.int_exportaciones_de_responsables"


def changed_verdicts(connection: duckdb.DuckDBPyConnection, settings: Settings, lock: Lock) -> list[ToldVerdict]:
    """Verdicts of closed quarters that a built warehouse changes, each with the deliveries that may have done it.

    `entregas`: those of the indicator's sources, of its offices, for quarters up to that one, of which another version was read
    by the release that is up.
    """
    line = list(lock.line or ())
    published = {entry.release: entry for entry in publications(settings.layout)}
    closed = sorted({quarter for name in line if (quarter := published[name].cierre)})
    if not closed:
        return []
    cursor = connection.execute(CHANGED, {"line": line, "closed": closed})
    names = [column[0] for column in cursor.description or []]
    found = [ChangedVerdict(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    if not found:
        return []
    serves = set(connection.execute(SOURCES).fetchall())
    before = {identity_of(entry): entry.version for entry in published[line[-1]].deliveries}
    now = {identity_of(entry): entry.version for entry in lock.deliveries}
    moved = [identity for identity in sorted(before.keys() | now.keys()) if before.get(identity) != now.get(identity)]
    return [
        ToldVerdict(
            **verdict.stored(),
            entregas=[
                MovedDelivery(
                    export=export,
                    trimestre=trimestre,
                    dependencia=dependencia,
                    version_anterior=before.get((export, trimestre, dependencia)),
                    version=now.get((export, trimestre, dependencia)),
                )
                for export, trimestre, dependencia in moved
                if (export, dependencia, verdict.indicador) in serves
                and Quarter.parse(trimestre) <= Quarter.parse(verdict.trimestre)
            ],
        )
        for verdict in found
    ]


def to_set_aside(lock: Lock, changed: Iterable[ToldVerdict]) -> dict[Version, SetAside]:
    """The versions that wait for a person: every one since what the public read, of a delivery that would change a verdict.

    What a person did is no such delivery: a version let in or restored, or an older one that stands since a newer was set aside.
    """
    admitted = {version_of(entry) for entry in lock.readmitidas}
    apart = {version_of(entry) for entry in lock.apartadas}  # each keeps its own reason
    versions = {version_of(entry): entry for entry in lock.versions}
    blamed: dict[Identity, list[ChangedVerdict]] = {}
    read: dict[Identity, int] = {}
    for verdict in changed:
        for entry in verdict.entregas:
            identity = (entry.export, entry.trimestre, entry.dependencia)
            before, now = entry.version_anterior or 0, entry.version
            if now is None or now < before:
                continue
            version = (*identity, now)
            if version in admitted or versions[version].restored_from:
                continue
            read[identity] = before
            blamed.setdefault(identity, []).append(ChangedVerdict.taken_from(verdict))
    return {
        version: SetAside(
            export=entry.export, trimestre=entry.trimestre, dependencia=entry.dependencia, version=entry.version, origen=BY_FINDINGS,
            motivo=_in_words(blamed[version[:3]]), veredictos=blamed[version[:3]],
        )
        for version, entry in versions.items()
        if version[:3] in blamed
        and version[3] > read[version[:3]]
        and version not in admitted | apart
        and entry.stands
    }  # fmt: skip


def _in_words(verdicts: Iterable[ChangedVerdict]) -> str:
    said = dict.fromkeys(f"{v.indicador} de {v.ejercicio}, de «{v.antes}» a «{v.despues}»" for v in verdicts)
    return f"Llegó después del cierre y cambiaría un veredicto publicado ({'; '.join(said).replace('_', ' ')})."


def accepted(settings: Settings, lock: Lock, changed: Iterable[ToldVerdict]) -> list[ToldVerdict]:
    """Every verdict that was ever changed on the way to this release: those that what is up tells of, and those of this run with
    the person who decided about the deliveries that did it (none: the method or the publication log did)."""
    decided = decisions(settings.layout)
    new = []
    for verdict in changed:
        identities = {(entry.export, entry.trimestre, entry.dependencia) for entry in verdict.entregas}
        words = [entry for entry in decided if identity_of(entry) in identities]
        said = {name: getattr(words[-1], name) if words else None for name in ("persona", "motivo", "fecha")}
        new.append(verdict.model_copy(update=said))
    return [*_told_by_what_is_up(settings, lock), *new]


def _told_by_what_is_up(settings: Settings, lock: Lock) -> list[ToldVerdict]:
    up = Lock.if_there(settings.layout.release(lock.line[-1]) / LOCK_NAME) if lock.line else None
    return up.veredictos if up else []
