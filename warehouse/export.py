"""Write the candidate: the public marts as files, exactly the bytes that will be published, and their description.

Which marts and columns are public is said in dbt (`meta.publico`); everything here follows from dbt's manifest and the tables.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from pamga.documents.candidate import Dataset, Description, File, Files
from pamga.documents.lock import Lock
from pamga.documents.log import PeopleOfRun
from pamga.engine import writing
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import read_json, sha256_file
from warehouse.describe import agreed, agreed_mart, as_of, board_cutoff, describe, mart_models
from warehouse.formats import INTERNAL_FILE, INTERNAL_SCHEMA, PUBLIC_FILE, PUBLIC_SCHEMA, write_database, write_files
from warehouse.people import PEOPLE_FILE

DATA = "data"
AGREED_FILE = "marts.json"


def write_candidate(
    settings: Settings, lock: Lock, folder: Path, before: Path | None = None, as_before: Collection[str] = ()
) -> None:
    """Write candidate/ and internal.duckdb of the run in `folder`.

    `as_before`: the marts that hold what they hold in the run `before`, made by the same code: their files are the same files.
    Raises PamgaError when a public column has no description: nothing is published that nobody can explain.
    """
    candidate = folder / "candidate"
    (candidate / DATA).mkdir(parents=True)
    models = mart_models(read_json(folder / "dbt" / "manifest.json"))
    withdrawn = set(lock.withdrawn)
    public = [model for model in models if model.public]
    earlier = Earlier(before, as_before)
    with writing(settings, folder / "warehouse.duckdb", extensions=("spatial", "excel")) as connection:
        connection.execute("set preserve_insertion_order = true")
        shown = board_cutoff(connection)
        datasets = []
        people = PeopleOfRun.if_there(folder / PEOPLE_FILE)
        notices = people.avisos if people else {}
        for model in public:
            if model.name in withdrawn:  # taken down: nobody reads it until a person lifts that
                continue
            dataset = earlier.described(model.name, lock) or describe(connection, model, lock)
            dataset = dataset.model_copy(update={"notice": notices.get(model.name)})
            datasets.append(dataset)
            if not earlier.link(model.name, candidate):
                write_files(connection, dataset, candidate / DATA)
        write_database(connection, candidate / PUBLIC_FILE, PUBLIC_SCHEMA, public, empty=withdrawn)
        internal = [model for model in models if not model.public]
        write_database(connection, folder / INTERNAL_FILE, INTERNAL_SCHEMA, internal)
    description = Description(
        release=lock.release,
        run=lock.run,
        trimestre=lock.trimestre,
        corte=shown,
        cierre=lock.closing,
        cierre_por=lock.closing_by,
        example=lock.example,
        withdrawn=sorted(withdrawn),
        datasets=datasets,
    )
    (candidate / "datasets.json").write_bytes(description.content())
    (folder / AGREED_FILE).write_bytes(agreed([agreed_mart(model) for model in public]).content())
    rows = {dataset.name: dataset.rows for dataset in datasets}
    (candidate / "manifest.json").write_bytes(_listed(candidate, earlier.linked, rows).content())


def _listed(candidate: Path, linked: dict[str, File], rows: dict[str, int]) -> Files:
    """The candidate's files with their sums; those that are files of the run before (`linked`) have theirs already."""
    paths = {path.relative_to(candidate).as_posix(): path for path in sorted(candidate.rglob("*")) if path.is_file()}
    new = {name: path for name, path in paths.items() if name not in linked}
    with ThreadPoolExecutor() as hashing:
        sums = list(hashing.map(sha256_file, new.values()))
    files = dict(linked)
    for (name, path), digest in zip(new.items(), sums, strict=True):
        entry = File(sha256=digest, bytes=path.stat().st_size)
        if path.parent.name == DATA:
            entry = entry.model_copy(update={"rows": rows[path.stem]})
        files[name] = entry
    return Files(files=files)


class Earlier:
    """The candidate of the run before: what it says of the marts that are the same now, and their files."""

    def __init__(self, before: Path | None, as_before: Collection[str]) -> None:
        self.linked: dict[str, File] = {}
        self._folder = before / "candidate" if before else Path()
        self._files: dict[str, File] = {}
        self._datasets: dict[str, Dataset] = {}
        if not before or not as_before:
            return
        try:
            described = self._folder / "datasets.json"
            description = Description.read(described)
            files = Files.read(self._folder / "manifest.json").files
            whole = "datasets.json" in files and sha256_file(described) == files["datasets.json"].sha256
        except (OSError, PamgaError):
            return
        if not whole or description.run != before.resolve().name:  # damaged, or brought back from another run
            return
        self._files = files
        self._datasets = {dataset.name: dataset for dataset in description.datasets if dataset.name in as_before}

    def described(self, name: str, lock: Lock) -> Dataset | None:
        """The dataset as it was described. What has no period shows how things stand on the last day that is known now."""
        dataset = self._datasets.get(name)
        if dataset is None or dataset.temporal is None or dataset.temporal.column is not None:
            return dataset
        return dataset.model_copy(update={"temporal": as_of(lock)})

    def link(self, name: str, candidate: Path) -> bool:
        """Make hard links to all files of a dataset; False when they are not there with the bytes that they had, or cannot be linked."""
        if name not in self._datasets:
            return False
        files = {
            path: entry
            for path, entry in self._files.items()
            if PurePosixPath(path).parent.name == DATA and PurePosixPath(path).stem == name
        }
        made = []
        for path, entry in files.items():
            old = self._folder / path
            try:
                intact = old.is_file() and sha256_file(old) == entry.sha256
                if intact:
                    os.link(old, candidate / path)
                    made.append(candidate / path)
            except OSError:
                intact = False
            if not intact:
                for link in made:
                    link.unlink()
                return False
        self.linked |= files
        return bool(files)
