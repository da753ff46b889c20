"""What dbt did in a build: what Airflow shows of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pamga.documents.base import Document, Part


class DbtNode(Part):
    """A model, seed or test that dbt ran."""

    name: str
    layer: str = Field(description="staging, intermediate, marts, seeds …: where it lies in the project")
    kind: str = Field(description="`model`, `seed` or `test`")
    status: str = Field(description="what dbt said; `as before`: taken over from the run before")
    seconds: float


class DbtRun(Document):
    """What dbt ran for a candidate, in its order. Not published."""

    WHERE: ClassVar[str] = "runs/<run>/dbt_results.json"

    nodes: list[DbtNode]

    def layers(self) -> dict[str, list[DbtNode]]:
        """The nodes by layer, in the order in which dbt came to them."""
        found: dict[str, list[DbtNode]] = {}
        for node in self.nodes:
            found.setdefault(node.layer, []).append(node)
        return found


class Computed(Document):
    """What a run's warehouse was computed of, so that the next run computes anew only what is made of something else
    (docs/decisions/rebuild.md). Not published, and read by nothing else: without it everything is computed."""

    WHERE: ClassVar[str] = "runs/<run>/computed.json"

    by: str = Field(description="hash of the code, the packages and the machine that computed it")
    warehouse: str = Field(description="sha256 of warehouse.duckdb")
    keys: dict[str, str] = Field(description="dbt node -> hash of what it was computed of")
    contents: dict[str, str] = Field(
        description="relation -> hash of what it holds, or of what it is made of; the keys of what reads it are made of these"
    )
