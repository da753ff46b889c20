"""Read a release back: sums, every file opened by a library other than the one that wrote it, counts, columns and links.

DuckDB writes the data; here Arrow reads CSV and Parquet, calamine the workbooks, Shapely the geometry. Used on the staged
release before the pointer flips, and every week on every release (DAG auditar_publicaciones).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import shapely

from pamga.documents.candidate import Dataset, Description
from pamga.documents.release import DataPackage
from pamga.engine import connect, quoted
from pamga.errors import PamgaError, UsageError
from pamga.plan import plan
from pamga.settings import Settings
from pamga.storage import sha256_file
from publish import log
from publish.standing import Standing, standing_of

SUMS = "sumas_sha256.txt"
DATABASE, DATABASE_SCHEMA = plan().base_publica, "publico"
BATCH_ROWS = 65_536
REQUIRED = (
    "index.html", "publicacion.json", "datasets.json", "inputs.lock", "LICENCIA.txt", DATABASE, "catalogo.jsonld",
    "catalogo.ttl", "datapackage.json", "cambios.json", "cambios.html", "calidad.json", "calidad.html",
)  # fmt: skip
MISSING = "is missing"
LISTED_PROBLEMS = 10  # in an error message; `pamga publish --verify` says them all
LINK = re.compile(r'\b(?:href|src)="([^"]*)"')  # our own pages: every attribute is quoted and escaped


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was published. `file` is relative to the release."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


class UnreadableRelease(PamgaError):
    """A release that is not, or no longer, what was published: nothing may point at it or be compared with it."""


def refuse_unreadable(settings: Settings, release: str, next_step: str) -> None:
    """Read a published release back. Raises UnreadableRelease that names its damaged files and says the next step."""
    if not settings.layout.release(release).is_dir():
        raise UnreadableRelease(f"The folder of the release {release} is gone.", next_step)
    problems = verify_release(settings, release)
    if problems:
        raise UnreadableRelease(f"The release {release} cannot be read back: {in_a_line(problems)}.", next_step)


def in_a_line(problems: list[Problem]) -> str:
    """The first problems, for an error message."""
    more = len(problems) - LISTED_PROBLEMS
    return "; ".join(map(str, problems[:LISTED_PROBLEMS])) + (f"; and {more} more" if more > 0 else "")


def verify_release(settings: Settings, release: str) -> list[Problem]:
    """Every problem of a published release; an empty list means that it is whole. Raises UsageError when there is none."""
    folder = settings.layout.release(release)
    if not folder.is_dir():
        raise UsageError(f"There is no release {release} in {settings.layout.releases}.", "See releases/index.html.")
    published = next((entry for entry in log.publications(settings) if entry.release == release), None)
    return verify_folder(settings, folder, published.sumas if published else None)


def verify_folder(settings: Settings, folder: Path, sums: str | None = None) -> list[Problem]:
    """The same for a folder that is about to become a release. `sums`: what its list of sums must hash to, when that is known."""
    standing = standing_of(settings, folder.name)
    problems = [*_sums(folder, sums, standing)]
    gone = {problem.file for problem in problems if problem.what == MISSING}
    problems += _links(folder, gone | standing.removed.keys())
    damaged = {problem.file for problem in problems}
    if not (folder / "datasets.json").exists():
        return problems  # said already (or taken down), and without it nobody knows what there should be
    try:
        description = Description.read(folder / "datasets.json")
    except (OSError, ValueError, KeyError) as error:
        return [*problems, _unreadable("datasets.json", error)]
    problems += _database(settings, folder, description.datasets, description.withdrawn)
    for dataset in description.datasets:
        for extension, read in READERS.items():
            path = folder / "data" / f"{dataset.name}.{extension}"
            relative = path.relative_to(folder).as_posix()
            if not path.exists():
                always = extension in ("csv", "parquet") or (extension == "geojson" and dataset.geometry)
                if always and relative not in damaged:
                    problems.append(Problem(relative, MISSING))
            elif relative not in damaged:
                problems += _read_back(path, relative, dataset, read)
    return problems


def _read_back(
    path: Path, relative: str, dataset: Dataset, read: Callable[[Path, Dataset], tuple[list[str], int]]
) -> Iterator[Problem]:
    try:
        columns, rows = read(path, dataset)
    except Exception as error:  # whatever a reader says about a broken file is a finding, not a crash
        yield _unreadable(relative, error)
        return
    if rows != dataset.rows:
        yield Problem(relative, f"holds {rows} rows, the warehouse {dataset.rows}")
    expected = dataset.column_names
    if path.suffix in (".geojson", ".xlsx"):
        expected = [name for name in expected if name != dataset.geometry]
    if columns != expected and (rows or path.suffix != ".geojson"):
        yield Problem(relative, f"has the columns {columns}, expected {expected}")


def _unreadable(relative: str, error: Exception) -> Problem:
    return Problem(relative, f"cannot be read: {type(error).__name__}: {error}")


def _read_csv(path: Path, dataset: Dataset) -> tuple[list[str], int]:
    types = {name: pa.string() for name in dataset.column_names}
    with pyarrow.csv.open_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=types),
    ) as reader:
        return list(reader.schema.names), sum(batch.num_rows for batch in reader)


def _read_parquet(path: Path, dataset: Dataset) -> tuple[list[str], int]:
    with pyarrow.parquet.ParquetFile(path) as file:
        columns, rows = list(file.schema_arrow.names), 0
        for batch in file.iter_batches(BATCH_ROWS):
            rows += batch.num_rows
            if dataset.geometry:
                shapely.from_wkb(batch.column(dataset.geometry).to_numpy(zero_copy_only=False))
        if dataset.geometry and b"geo" not in (file.schema_arrow.metadata or {}):
            raise ValueError("it is not GeoParquet: the key 'geo' is missing")
    return columns, rows


def _read_workbook(path: Path, dataset: Dataset) -> tuple[list[str], int]:
    from python_calamine import load_workbook

    workbook = load_workbook(str(path))
    rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [str(name) for name in rows[0]], len(rows) - 1


def _read_geojson(path: Path, dataset: Dataset) -> tuple[list[str], int]:
    features = json.loads(path.read_bytes())["features"]
    geometries = [json.dumps(feature["geometry"]) for feature in features if feature["geometry"] is not None]
    shapely.from_geojson(geometries)
    columns = list(features[0]["properties"]) if features else []
    return columns, len(features)


READERS: dict[str, Callable[[Path, Dataset], tuple[list[str], int]]] = {
    "csv": _read_csv,
    "parquet": _read_parquet,
    "xlsx": _read_workbook,
    "geojson": _read_geojson,
}


def _database(settings: Settings, folder: Path, datasets: list[Dataset], withdrawn: list[str]) -> Iterator[Problem]:
    """The public database holds every published table, with its columns and as many rows, and nothing else but empty tables of
    datasets that were taken down."""
    if not (folder / DATABASE).exists():
        return
    try:
        with connect(settings, folder / DATABASE, read_only=True) as connection:
            tables = {
                name: connection.execute(f'select * from {DATABASE_SCHEMA}."{name}" limit 0').description
                for (name,) in connection.execute(
                    f"select table_name from duckdb_tables() where schema_name = {quoted(DATABASE_SCHEMA)}"
                ).fetchall()
            }
            counts = {
                name: (connection.execute(f'select count(*) from {DATABASE_SCHEMA}."{name}"').fetchone() or (0,))[0]
                for name in tables
            }
    except Exception as error:
        yield _unreadable(DATABASE, error)
        return
    for dataset in datasets:
        if dataset.name not in tables:
            yield Problem(DATABASE, f"has no table {dataset.name}")
            continue
        if counts[dataset.name] != dataset.rows:
            yield Problem(
                DATABASE, f"{dataset.name} has {counts[dataset.name]} rows there, {dataset.rows} as described"
            )
        columns = [column[0] for column in tables[dataset.name] or []]
        if columns != dataset.column_names:
            yield Problem(DATABASE, f"{dataset.name} has the columns {columns} there")
    for extra in sorted(tables.keys() - {dataset.name for dataset in datasets}):
        if extra not in withdrawn or counts[extra]:
            yield Problem(DATABASE, f"holds {extra}, which is not published")


def _sums(folder: Path, expected: str | None, standing: Standing) -> Iterator[Problem]:
    """sumas_sha256.txt is what the publication log says, and names every file of the release and its bytes, but for what the
    log of takedowns says is gone or was written anew."""
    listed: dict[str, str] = {}
    present = _files(folder) - {SUMS}
    try:
        listed = read_sums(folder)
    except (OSError, ValueError) as error:
        yield _unreadable(SUMS, error)
    else:
        if expected not in (None, sha256_file(folder / SUMS)):
            yield Problem(SUMS, "has other bytes than the publication log says")
    for path in sorted((listed.keys() | set(REQUIRED)) - present - standing.removed.keys()):
        yield Problem(path, MISSING)
    for path in sorted(present & standing.removed.keys()):
        yield Problem(
            path, f"is still there: takedown {standing.removed[path]} is not finished (pamga takedown --finish)"
        )
    for path in sorted(path for path, sha256 in standing.replaced.items() if sha256 is None and path in present):
        yield Problem(path, "may still hold what was taken down: run pamga takedown --finish")
    for path in sorted(present - listed.keys()):
        yield Problem(path, "is not in the list of sums")
    for path in sorted((present & listed.keys()) - standing.removed.keys()):
        if sha256_file(folder / path) != (standing.replaced.get(path) or listed[path]):
            yield Problem(path, "has other bytes than the list of sums says")


def read_sums(folder: Path) -> dict[str, str]:
    """sumas_sha256.txt of a release: relative path -> sha256."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    return {path: sha256 for sha256, _, path in (line.partition("  ") for line in lines)}


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _links(folder: Path, missing: set[str]) -> Iterator[Problem]:
    """Every relative link of a page leads to a file of the release (or to the pages above it, which are not its own).

    What is `missing` has been said already: once, and not again for each page that points to it.
    """
    present = _files(folder)
    known = present | missing
    for page in sorted(name for name in present if name.endswith(".html")):
        for address in LINK.findall((folder / page).read_text(encoding="utf-8", errors="replace")):
            parts = urlsplit(unescape(address))
            if parts.scheme or parts.netloc or not parts.path:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
            if not target.startswith("..") and target not in known:
                yield Problem(page, f"points to {address}, which is not there")
    if "datapackage.json" not in present:
        return
    try:
        resources = DataPackage.read(folder / "datapackage.json").resources
    except (OSError, ValueError) as error:
        yield _unreadable("datapackage.json", error)
        return
    for resource in resources:
        if resource.path not in known:
            yield Problem("datapackage.json", f"names {resource.path}, which is not there")


def as_documents(problems: list[Problem]) -> list[dict[str, Any]]:
    """Problems for --json."""
    return [{"file": problem.file, "what": problem.what} for problem in problems]
