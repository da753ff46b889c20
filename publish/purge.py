"""Carry a takedown out: remove what must not be read from every release that holds it, and from the runs.

The object in `lake/_log/takedowns` says what stood and what goes; it is written first, and everything here follows from it and
can be done again: a killed takedown is completed by whoever publishes, rolls back or takes down next. What remains of a release
is written anew without what was taken down, and `lake/_log/takedowns_done/<n>.json`, written last, says its new hashes, so that
the list of sums as published, the two objects and the files that are there can always be held against one another.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef

from pamga.candidate import Candidate
from pamga.documents.candidate import Description
from pamga.documents.changes import Changes, IndicatorFile
from pamga.documents.lock import Lock
from pamga.documents.log import Takedown, TakedownDone, TakenFiles
from pamga.documents.quality import Quality
from pamga.documents.release import DataPackage, ReleaseCard
from pamga.engine import quoted, writing
from pamga.settings import Settings
from pamga.storage import (
    exclusive_lock,
    remove_folder,
    sha256_file,
    sweep_leftovers,
    sync,
    write_atomically,
    write_once,
)
from pamga.takedowns import DATASET, LIFT, RELEASE, takedowns
from publish import pages
from publish.catalogue import ADMS, DCAT, WITHDRAWN, addresses, as_json_ld, as_turtle
from publish.indicators import BESIDE
from publish.standing import done_path, standing_of
from publish.verify import DATABASE, DATABASE_SCHEMA, read_sums

READ_ONLY = 0o444
_LOG = logging.getLogger(__name__)
INDEX = "index.html"


def plan(settings: Settings, kind: str, name: str, releases: list[str]) -> dict[str, TakenFiles]:
    """release -> what goes (`retirados`) and what is written anew (`sustituidos`), with the hashes that stand."""
    planned: dict[str, TakenFiles] = {}
    for release in releases:
        folder = settings.layout.release(release)
        if not folder.is_dir():
            if kind == RELEASE and release == name:  # lost: there is nothing to remove, and its address says so
                planned[release] = TakenFiles(retirados={}, sustituidos={})
            continue
        sums = standing_of(settings, release).of(read_sums(folder))
        if kind == RELEASE and release == name:
            going, anew = sorted(sums.keys() - {INDEX}), [INDEX]
        elif kind == RELEASE:
            going, anew = [], _quoting_release(folder, name)
        else:
            going = [path for path in sums if _is_file_of(path, name)]
            anew = _quoting_dataset(folder, name, held=bool(going))
        if going or anew:
            planned[release] = TakenFiles(
                retirados={path: sums[path] for path in going},
                sustituidos={path: sums[path] for path in sorted(anew) if path in sums},
            )
    return planned


def _is_file_of(path: str, dataset: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder in ("data", "conjuntos", "diccionario") and name.partition(".")[0] == dataset


def _quoting_release(folder: Path, release: str) -> list[str]:
    """In a release that was compared with one that goes: its changes, which list the rows as they were there."""
    changes = Changes.if_whole(folder / "cambios.json")
    quotes = changes is not None and changes.de == release and any(change.detalle for change in changes.conjuntos)
    return ["cambios.json", "cambios.html"] if quotes else []


def _quoting_dataset(folder: Path, dataset: str, held: bool) -> list[str]:
    """The other files of a release that hold or describe rows of a dataset."""
    anew = ["datasets.json", DATABASE, "datapackage.json", "catalogo.jsonld", "catalogo.ttl"] if held else []
    changes = Changes.if_whole(folder / "cambios.json")
    if changes and any(change.conjunto == dataset and change.detalle for change in changes.conjuntos):
        anew += ["cambios.json", "cambios.html"]
    quality = Quality.if_whole(folder / "calidad.json")
    if quality and any(check.dataset == dataset and check.rows for check in quality.checks):
        anew += ["calidad.json", "calidad.html"]
    if dataset in BESIDE:
        for path in sorted((folder / "indicadores").glob("*.json")):
            if getattr(IndicatorFile.if_whole(path), dataset, None):
                anew += [f"indicadores/{path.name}", f"indicadores/{path.stem}.html"]
    return anew


def finish(settings: Settings) -> list[int]:
    """Carry out every takedown that is not finished. Returns their numbers. The caller holds the publishing lock."""
    finished = []
    for record in takedowns(settings.layout.log):
        if record.tipo == LIFT or done_path(settings, record.numero).exists():
            continue
        after = {release: _purge_release(settings, record, release) for release in record.publicaciones}
        _purge_aside(settings, record)
        purge_runs(settings, record)
        document = TakedownDone(numero=record.numero, despues=after)
        write_once(done_path(settings, record.numero), document.content())
        finished.append(record.numero)
    return finished


def _purge_release(settings: Settings, record: Takedown, release: str) -> dict[str, str]:
    """Remove and rewrite the files of one release; returns the hashes of what was written anew."""
    folder, own = settings.layout.release(release), record.publicaciones[release]
    if not folder.is_dir():
        return {}
    sweep_leftovers(folder)  # of a takedown that was killed: no file of the release
    anew = set(own.sustituidos)
    if record.tipo == RELEASE:
        if release == record.nombre:
            _replace(folder / INDEX, pages.tombstone_page(settings, record, top="../"))
        elif anew:
            _without_changes(settings, folder, record, None)
    else:
        _without_dataset(settings, folder, record, anew)
    for gone in own.retirados:
        (folder / gone).unlink(missing_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            sync(path)  # what was taken down does not come back with a power cut
            if not any(path.iterdir()):
                path.rmdir()
    sync(folder)
    return {path: sha256_file(folder / path) for path in own.sustituidos if (folder / path).exists()}


def _purge_aside(settings: Settings, record: Takedown) -> None:
    """What lies hidden beside the releases and may hold the same: attempts that never reached the log, a damaged release that was put
    aside, a copy that stood in the pointer's place."""
    sweep_leftovers(settings.layout.releases)
    for pattern in (".staged-*", ".aside-*", *(f".damaged-{release}-*" for release in record.publicaciones)):
        for folder in settings.layout.releases.glob(pattern):
            remove_folder(folder)


def _without_dataset(settings: Settings, folder: Path, record: Takedown, anew: set[str]) -> None:
    name = record.nombre
    if DATABASE in anew:
        _without_table(settings, folder / DATABASE, name)
    if "cambios.json" in anew:
        _without_changes(settings, folder, record, name)
    if "calidad.json" in anew:
        _without_rows_in_quality(settings, folder, record)
    for path in sorted(path for path in anew if path.startswith("indicadores/") and path.endswith(".json")):
        _without_rows_in_indicator(settings, folder, record, Path(path).stem)
    if "catalogo.ttl" in anew:
        graph = _withdrawn(settings, folder, name)
        _replace(folder / "catalogo.jsonld", as_json_ld(graph))
        _replace(folder / "catalogo.ttl", as_turtle(graph))
    if "datapackage.json" in anew:
        package = DataPackage.read(folder / "datapackage.json")
        resources = [resource for resource in package.resources if not _is_file_of(resource.path, name)]
        _replace(folder / "datapackage.json", package.model_copy(update={"resources": resources}).content())
    if "datasets.json" in anew:  # last: the pages above are written with it
        description = Description.read(folder / "datasets.json")
        left = [dataset for dataset in description.datasets if dataset.name != name]
        without = description.model_copy(update={"datasets": left, "withdrawn": sorted({*description.withdrawn, name})})
        _replace(folder / "datasets.json", without.content())


def _without_table(settings: Settings, path: Path, name: str) -> None:
    """A new database file with every table but that one, which stays empty: who asks for it gets no rows, and no error."""
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    try:
        with writing(settings, temporary, extensions=("spatial",)) as connection:
            connection.execute(f"attach {quoted(str(path))} as antes (read_only)")
            connection.execute(f"create schema {DATABASE_SCHEMA}")
            query = f"select table_name from duckdb_tables() where database_name = 'antes' and schema_name = {quoted(DATABASE_SCHEMA)}"
            for (table,) in sorted(connection.execute(query).fetchall()):
                rows = " where false" if table == name else ""
                connection.execute(
                    f'create table {DATABASE_SCHEMA}."{table}" as select * from antes.{DATABASE_SCHEMA}."{table}"{rows}'
                )
            connection.execute("detach antes")
        temporary.chmod(READ_ONLY)
        sync(temporary)
        temporary.replace(path)
    finally:
        for leftover in path.parent.glob(f"{temporary.name}*"):
            leftover.unlink()


def _without_changes(settings: Settings, folder: Path, record: Takedown, dataset: str | None) -> None:
    """cambios.json and its page without the rows of a dataset (None: of any)."""
    read = Changes.read(folder / "cambios.json")
    left = [
        change.model_copy(update={"detalle": []}) if dataset in (None, change.conjunto) else change
        for change in read.conjuntos
    ]
    changes = read.model_copy(update={"conjuntos": left})
    _replace(folder / "cambios.json", changes.content())
    _replace_page(settings, folder, record, "cambios.html", lambda: pages.changes_page(settings, changes))


def _without_rows_in_quality(settings: Settings, folder: Path, record: Takedown) -> None:
    quality = Quality.read(folder / "calidad.json")
    checks = [c.model_copy(update={"rows": []}) if c.dataset == record.nombre else c for c in quality.checks]
    _replace(folder / "calidad.json", quality.model_copy(update={"checks": checks}).content())

    def page() -> bytes:
        candidate = _as_candidate(folder)
        return pages.quality_page(settings, candidate, _common(folder, candidate))

    _replace_page(settings, folder, record, "calidad.html", page)


def _without_rows_in_indicator(settings: Settings, folder: Path, record: Takedown, identity: str) -> None:
    path = folder / "indicadores" / f"{identity}.json"
    document = IndicatorFile.read(path).model_copy(update={record.nombre: []})
    _replace(path, document.content())

    def page() -> bytes:
        candidate = _as_candidate(folder)
        return pages.indicator_page(settings, candidate, document, _common(folder, candidate))

    _replace_page(settings, folder, record, f"indicadores/{identity}.html", page)


def _as_candidate(folder: Path) -> Candidate:
    """A release as the candidate that it was made from, for its pages."""
    publication = ReleaseCard.read(folder / "publicacion.json")
    return Candidate(
        run=publication.run,
        folder=folder,
        description=Description.read(folder / "datasets.json"),
        files={},
        lock=Lock.read(folder / "inputs.lock"),
        quality=Quality.read(folder / "calidad.json"),
        approval=publication.aprobacion,
    )


def _common(folder: Path, candidate: Candidate) -> dict[str, Any]:
    publication = ReleaseCard.read(folder / "publicacion.json")
    plan = pages.PLAN_PAGE if (folder / pages.PLAN_PAGE).exists() else None
    return {"release": candidate.release, "example": candidate.example, "publication": publication, "plan_page": plan}


def _withdrawn(settings: Settings, folder: Path, name: str) -> Graph:
    """The catalogue of a release in which a dataset has no distribution any more, and says that it was withdrawn."""
    graph = Graph()
    graph.parse(folder / "catalogo.ttl", format="turtle")
    release = ReleaseCard.read(folder / "publicacion.json").release
    node, series = addresses(settings, release).dataset(name), addresses(settings, release).series(name)
    for distribution in list(graph.objects(node, DCAT.distribution)):
        for address in {*graph.objects(distribution, DCAT.downloadURL), *_checksums(graph, distribution)}:
            graph.remove((address, None, None))
        graph.remove((distribution, None, None))
        graph.remove((None, None, distribution))
    for subject in (node, series):
        graph.add((subject, ADMS.status, URIRef(WITHDRAWN)))
    return graph


def _checksums(graph: Graph, distribution: Any) -> Iterable[Any]:
    return [o for o in graph.objects(distribution) if isinstance(o, URIRef) and str(o).endswith("-suma")]


def purge_runs(settings: Settings, record: Takedown) -> None:
    """Remove the runs that hold what was taken down: candidates, warehouses, what insiders see. The next build makes them again."""
    layout = settings.layout
    if not layout.runs.is_dir():
        return
    with exclusive_lock(layout.locks / "build.lock"):
        folders = [path for path in sorted(layout.runs.iterdir()) if path.is_dir() and not path.is_symlink()]
        held = {folder for folder in folders if _holds(folder, record)}
        for pointer in (layout.runs / "latest", layout.passed, layout.passed_closing):
            if pointer.is_symlink() and (pointer.resolve() in held or not pointer.exists()):
                pointer.unlink()
        sync(layout.runs)  # no pointer leads to what goes now
        for folder in held:
            remove_folder(folder)


def _holds(run: Path, record: Takedown) -> bool:
    """A hidden folder is what a killed build or proof left, of whatever release: nobody works there while the caller has the lock."""
    if run.name.startswith("."):
        return True
    if record.tipo == DATASET:
        lock = Lock.if_whole(run / "inputs.lock")
        return lock is None or record.nombre not in lock.withdrawn
    return run.name == record.corrida or not (run / "candidate" / "manifest.json").exists()


def _replace_page(settings: Settings, folder: Path, record: Takedown, name: str, write: Callable[[], bytes]) -> None:
    """A page written anew. Where today's templates cannot write a page of an older release, the tombstone takes its place: what
    was taken down goes in any case. A release of before there was a page of data protection has none to point at."""
    try:
        page = write()
    except Exception as error:
        _LOG.warning("%s of %s could not be written anew (%s): it is now the tombstone", name, folder.name, error)
        page = pages.tombstone_page(settings, record, top="../" * (name.count("/") + 1))
    if not (folder / pages.PRIVACY_PAGE).exists():
        page = re.sub(rb'<a href="[^"]*%s">[^<]*</a>\n?' % re.escape(pages.PRIVACY_PAGE.encode()), b"", page)
    _replace(folder / name, page)


def _replace(path: Path, content: bytes) -> None:
    write_atomically(path, content, READ_ONLY)
