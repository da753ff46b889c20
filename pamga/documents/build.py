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
    status: str
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
