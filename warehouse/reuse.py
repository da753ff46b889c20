"""What of the run before need not be computed again: whatever would be computed by the same code of the same inputs.

A model is a pure function of its code and of what it reads, so its key is the hash of both: when the key is that of the run before, the
table is taken as it is there. What that saves is only time: without the run before, or with one that is damaged or made by other code,
everything is computed, and the bytes are the same (docs/decisions/rebuild.md).
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from pamga.documents.build import Computed
from pamga.documents.lock import Lock, LockedVersion
from pamga.errors import PamgaError
from pamga.exports import exports
from pamga.standing import version_of
from pamga.storage import canonical_json, sha256_bytes, sha256_file
from warehouse.lake import PLACES, WAREHOUSE, former_versions

COMPUTED = "computed.json"
RUN_BY_DBT = ("model", "seed", "test")
RESOLVED_WITH = "places"  # the layers with which the places of the rows were resolved
LAYERS = ("colonias", "municipio")  # by which rows are located
BATCH = 10_000
MOST_FREE = 0.5  # of a copied warehouse's blocks: beyond that it is made anew, so that no file grows without end


def key_of(*parts: Any) -> str:
    """The hash of what something is made of."""
    return sha256_bytes(canonical_json(parts))


class Graph:
    """The nodes that dbt runs, from its manifest: what each reads, and how it is asked for."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.nodes: dict[str, dict[str, Any]] = {
            name: node for name, node in manifest["nodes"].items() if node["resource_type"] in RUN_BY_DBT
        }
        self.sources: dict[str, str] = {name: source["name"] for name, source in manifest["sources"].items()}
        self._upstream: dict[str, frozenset[str]] = {}

    def parents(self, name: str) -> list[str]:
        """What a node reads, in an order that is always the same."""
        return sorted(set(self.nodes[name].get("depends_on", {}).get("nodes", ())))

    @cached_property
    def in_order(self) -> list[str]:
        """The nodes, each behind all that it reads."""
        placed: dict[str, None] = {}

        def place(name: str) -> None:
            if name in placed or name not in self.nodes:
                return
            for parent in self.parents(name):
                place(parent)
            placed[name] = None

        for name in sorted(self.nodes):
            place(name)
        return list(placed)

    def upstream(self, name: str) -> frozenset[str]:
        """The relations of schema lake that a node is made of, directly or not."""
        if name in self.sources:
            return frozenset([self.sources[name]])
        if name not in self._upstream:
            self._upstream[name] = frozenset().union(*(self.upstream(parent) for parent in self.parents(name)))
        return self._upstream[name]

    def is_table(self, name: str) -> bool:
        node = self.nodes[name]
        return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "table")

    def relation(self, name: str) -> str:
        """The relation of a node as SQL."""
        node = self.nodes[name]
        return f'"{node["schema"]}"."{node["alias"]}"'


@dataclass
class Reuse:
    """What the warehouse of a run that is being built holds already, and of what each was made."""

    keys: dict[str, str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    graph: Graph = field(default_factory=lambda: Graph({"nodes": {}, "sources": {}}))
    parsed: Any = None
    """The project as dbt parsed it."""
    before: dict[str, str] = field(default_factory=dict)
    """The keys of the run before."""

    looked_at: frozenset[str] = frozenset()
    """The small relations of schema lake: our own, and the layers that are delivered whole."""

    def take_sources(self, connection: duckdb.DuckDBPyConnection, lock: Lock) -> None:
        """Note what the relations of schema lake hold now."""
        from_lock = contents_from_lock(lock)
        small = {
            name: content_of(connection, f'lake."{name}"') for name in _tables(connection) if name not in from_lock
        }
        self.looked_at = frozenset(
            {*small, *(export for export, said in exports().items() if said.entrega == "completa")}
        )
        self.contents[RESOLVED_WITH] = layers_key(lock)
        self.contents |= {f"source.pamga_leon.lake.{name}": content for name, content in (from_lock | small).items()}

    def has_places_of(self, lock: Lock) -> bool:
        """Whether the places that the warehouse holds were resolved with the colonias and the municipality of this lock."""
        return self.contents.get(RESOLVED_WITH) == layers_key(lock)

    def stale(self, among: Collection[str]) -> list[str]:
        """The nodes of these whose table is not that of what they would be computed of, in dbt's order.

        Their keys are noted as computed: a caller that does not compute them has no run.
        """
        found = []
        for name in self.graph.in_order:
            if name not in among:
                continue
            key = key_of(name, [self.contents[parent] for parent in self.graph.parents(name)])
            if self.keys.get(name) != key:
                found.append(name)
            self.keys[name] = key
            self.contents[name] = key
        return found

    def look_at(self, connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
        """Note what these tables hold rather than what they were made of: of other inputs they may hold the same, and then what
        reads them does not change."""
        for name in names:
            if self.graph.is_table(name):
                self.contents[name] = content_of(connection, self.graph.relation(name))

    def as_before(self) -> list[str]:
        """The nodes of which the run before has the same."""
        return [
            name for name in self.graph.in_order if name in self.before and self.before[name] == self.keys.get(name)
        ]

    def tables_as_before(self) -> frozenset[str]:
        """The names of the models whose tables hold what they hold in the run before."""
        return frozenset(str(self.graph.nodes[name]["name"]) for name in self.as_before() if self.graph.is_table(name))

    def write(self, folder: Path, lock: Lock) -> None:
        """Say of the finished warehouse in `folder` what it was computed of."""
        document = Computed(
            by=computed_by(lock), warehouse=sha256_file(folder / WAREHOUSE), keys=self.keys, contents=self.contents
        )
        (folder / COMPUTED).write_bytes(document.content())


def begin(before: Path | None, lock: Lock, folder: Path) -> Reuse:
    """Begin the warehouse in `folder` with that of the run `before`, where that may be used; else with nothing.

    It may when the same code, packages and machine made it with the same key of pseudonyms and nothing withdrawn since, and its
    bytes are those that it was finished with.
    """
    if before is None or not (before / COMPUTED).exists():
        return Reuse()
    target = folder / WAREHOUSE
    try:
        known = Computed.read(before / COMPUTED)
        if known.by != computed_by(lock) or Path(f"{before / WAREHOUSE}.wal").exists():
            return Reuse()
        shutil.copyfile(before / WAREHOUSE, target)
        if sha256_file(target) != known.warehouse or _mostly_free(target):
            target.unlink()
            return Reuse()
    except (OSError, PamgaError, KeyError, duckdb.Error):
        target.unlink(missing_ok=True)
        return Reuse()
    return Reuse(keys=dict(known.keys), before=dict(known.keys), contents=dict(known.contents))


def _mostly_free(warehouse: Path) -> bool:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        free, blocks = connection.execute(
            "select free_blocks, total_blocks from pragma_database_size()"
        ).fetchone() or (0, 0)
    return bool(free > MOST_FREE * blocks)


def computed_by(lock: Lock) -> str:
    """What a table depends on besides its inputs: our code, the packages, the interpreter and machine that ran them, the pseudonyms'
    key, and what was taken down (a warehouse keeps bytes of tables that it no longer holds)."""
    packages = {path.name for folder in sys.path for path in Path(folder or ".").glob("*.dist-info")}
    made = [sys.version, platform.machine(), platform.libc_ver()[1]]
    return key_of(lock.code.figures or lock.code.sha256, sorted(packages), made, lock.hmac_key_id, lock.withdrawn)


def contents_from_lock(lock: Lock) -> dict[str, str]:
    """Relation of schema lake -> the hash of what it is made of: the files that the lock names, and for the places all exports."""
    contents = {export: key_of([_named(d) for d in lock.deliveries if d.export == export]) for export in exports()}
    apart = {version_of(entry) for entry in lock.apartadas}
    return {
        **contents,
        "rechazos": key_of([[*version_of(d), d.rejects_hmac or d.rejects_sha256] for d in lock.deliveries]),
        "claves_no_vigentes": key_of([[*_named(v), version_of(v) in apart] for v in former_versions(lock)]),
        **{name: key_of(name, {export: contents[export] for export in [*_located(), *LAYERS]}) for name in PLACES},
    }


def layers_key(lock: Lock) -> str:
    """The hash of the layers by which rows are located."""
    return key_of([_named(d) for d in lock.deliveries if d.export in LAYERS])


def _located() -> list[str]:
    """The exports of which places are made (warehouse/places)."""
    return [
        export
        for export, said in exports().items()
        if "colonia" in said.columns or {"latitud", "longitud"} <= said.columns.keys()
    ]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of schema lake."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'lake' order by 1"
    ).fetchall()
    return [name for (name,) in rows]


def _named(version: LockedVersion) -> list[Any]:
    return [*version_of(version), version.rows_hash]


def content_of(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """The hash of all rows of a small relation, in its order, and of its columns."""
    digest = hashlib.sha256()
    rows = connection.execute(f"select * from {relation}")
    digest.update(repr(rows.description).encode())
    while batch := rows.fetchmany(BATCH):
        digest.update(repr(batch).encode())
    return digest.hexdigest()
