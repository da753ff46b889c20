"""A department at work: an installation in a temporary folder, files dropped into its inbox, a fixed day."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import polars as pl
import pytest
from pydantic import SecretStr

from ingest.landing import Identity, all_manifests, standing, versions
from ingest.receive import receive_inbox
from pamga.documents.deliveries import Manifest, Receipt
from pamga.settings import Settings
from tests.documents import tree

_NOBODY = 65534


@contextmanager
def common_user() -> Iterator[None]:
    """What is done inside is done by a common user, also where root runs the tests: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def killed_at(function: str) -> Iterator[None]:
    """What is done inside dies where it calls that function."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(function, Mock(side_effect=KeyboardInterrupt))
        yield


def folder_of(receipt: Receipt) -> Path:
    return Path(str(receipt.folder))


def summary(receipt: Receipt) -> str:
    """The short answer that an office gets."""
    return (folder_of(receipt) / "resumen.txt").read_text()


def page(receipt: Receipt) -> str:
    """The answer as a page."""
    return (folder_of(receipt) / "index.html").read_text()


class Office:
    """An installation and its inbox."""

    def __init__(self, root: Path, **overrides: Any) -> None:
        self.settings = Settings(
            data=root,
            settle_seconds=0,
            hoy=overrides.pop("hoy", date(2026, 11, 22)),
            hmac_key=SecretStr("llave de prueba"),
            read_apart=overrides.pop("read_apart", False),  # what a test replaces is replaced in its own process
            **overrides,
        )
        self.inbox = self.settings.layout.inbox

    def drop(self, path: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        """Drop a file; gives its path."""
        target = self.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return target

    def receive(self) -> list[Receipt]:
        return receive_inbox(self.settings)

    def deliver(self, path: str, content: str | bytes) -> Receipt:
        """Drop one file and receive it."""
        self.drop(path, content)
        (receipt,) = self.receive()
        return receipt

    def manifests(self) -> list[dict[str, Any]]:
        """Every manifest, as it is stored."""
        return [manifest.stored() for manifest in all_manifests(self.settings.layout)]

    def stands(self, identity: Identity) -> Manifest | None:
        """The version of a delivery that stands, if any does."""
        return standing(self.settings.layout, versions(self.settings.layout, identity))

    def table(self, receipt: Receipt, name: str = "rows") -> pl.DataFrame:
        identity = Identity(str(receipt.export), str(receipt.trimestre), str(receipt.dependencia))
        folder = identity.folder(self.settings.layout) / f"version={receipt.version:04d}"
        return pl.read_parquet(folder / f"{name}.parquet")

    def rules(self, receipt: Receipt) -> list[tuple[int, str, str]]:
        """(fila, columna, regla) of the rejects."""
        return self.table(receipt, "rejects").select("fila", "columna", "regla").rows()

    def lake(self) -> dict[str, str]:
        return tree(self.settings.layout.lake)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "data")


@pytest.fixture
def october(tmp_path: Path) -> Office:
    """On a day on which the third quarter's deliveries come."""
    return Office(tmp_path / "data", hoy=date(2026, 10, 10))


@pytest.fixture
def make_office(tmp_path: Path) -> Callable[..., Office]:
    return lambda name, **overrides: Office(tmp_path / name, **overrides)
