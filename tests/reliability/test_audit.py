"""A patient insider rewrites the lake: each thing that can be rewritten is named, and nothing is published on top of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from ingest.audit import rebuild_registry
from ingest.receive import receive_inbox
from operation.audit import audit
from pamga.seals import refuse_rewritten
from pamga.settings import Settings
from pamga.storage import canonical_json, read_json
from tests.reliability.life import OFFICE, Life, settings_of

VERSION = f"lake/export=acuerdos/trimestre=2026T3/dependencia={OFFICE}/version=0001"


@pytest.fixture
def installation(life: Life, tmp_path: Path) -> Settings:
    """A copy of the lived installation from before anything was taken away, all of whose keys are the new ones."""
    root = tmp_path / "life"
    shutil.copytree(life.whole, root, symlinks=True)
    return settings_of(root)


def _edit(name: str, **fields: object) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = root / name
        path.chmod(0o644)
        path.write_bytes(canonical_json(read_json(path) | fields))

    return edit


def _point_at(release: str) -> Callable[[Path], None]:
    def point(root: Path) -> None:
        (root / "releases/current").unlink()
        (root / "releases/current").symlink_to(release)

    return point


def _remove(name: str) -> Callable[[Path], None]:
    def remove(root: Path) -> None:
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def _drop_rejects(root: Path) -> None:
    path = root / VERSION / "rejects.parquet"
    pl.read_parquet(path).clear().write_parquet(path)


def _raise_a_value(root: Path) -> None:
    path = root / "lake/_log/ledger/2026T3-r01.json"
    document = read_json(path)
    document["valores"][0]["valor"] = 99.5
    path.write_bytes(canonical_json(document))


def _flip_a_bit(pattern: str) -> Callable[[Path], None]:
    def flip(root: Path) -> None:
        path = sorted(root.glob(pattern))[0]
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return flip


REWRITTEN: dict[str, tuple[Callable[[Path], None], str, bool]] = {
    "rejects taken away": (_drop_rejects, f"{VERSION}/rejects.parquet", False),
    "counts of a manifest": (_edit(f"{VERSION}/manifest.json", accepted=119, rows_read=119, quarantined=0), "manifest.json", True),
    "the original's hash": (_edit(f"{VERSION}/manifest.json", sha256="0" * 64), "manifest.json", True),
    "a version": (_remove(VERSION), "export=acuerdos/trimestre=2026T3", True),
    "a value of the ledger": (_raise_a_value, "_log/ledger/2026T3-r01.json", True),
    "an object of the publication log": (_remove("lake/_log/publications/2026T3-r02.json"), "publications/2026T3-r02.json", True),
    "an outcome of the gate": (_flip_a_bit("lake/_log/checks/*.json"), "_log/checks/", True),
    "a refusal": (_flip_a_bit("lake/_refused/*/manifest.json"), "_refused/", True),
    "a contract": (_flip_a_bit("lake/_contracts/*.yaml"), "_contracts/", True),
    "a contract taken away": (lambda root: sorted(root.glob("lake/_contracts/*.yaml"))[0].unlink(), "_contracts/", True),
    "a byte of the vault": (_flip_a_bit("vault/*/*.enc"), "vault/", False),
    "an original": (lambda root: sorted(root.glob("vault/*/*.enc"))[0].unlink(), "vault/", False),
    "a seal": (_edit("lake/_log/seals/2026T3-r01.json", objetos={}), "seals/2026T3-r02.json", True),
    "the first seal": (_remove("lake/_log/seals/2026T3-r01.json"), "seals/2026T3-r02.json", True),
    "a published file": (_flip_a_bit("releases/2026T3-r01/data/*.csv"), "releases/2026T3-r01/data/", False),
    "a release": (_remove("releases/2026T3-r02"), "releases/2026T3-r02", False),
    "the pointer": (_point_at("2026T3-r02"), "releases/current", False),
}  # fmt: skip


@pytest.mark.slow
def test_a_lived_installation_is_as_it_was_recorded(installation: Settings) -> None:
    assert audit(installation) == []
    refuse_rewritten(installation)


@pytest.mark.slow
@pytest.mark.parametrize("what", REWRITTEN)
def test_what_was_rewritten_is_named_with_the_way_back(installation: Settings, what: str) -> None:
    rewrite, named, stops = REWRITTEN[what]
    rewrite(installation.layout.root)
    found = audit(installation)
    assert any(named in finding.object for finding in found), [str(finding) for finding in found]
    assert all(finding.way_back for finding in found)
    if stops:
        with pytest.raises(Exception, match=r"changed after it was sealed|cannot be read"):
            refuse_rewritten(installation)


@pytest.mark.slow
def test_a_lost_registry_is_made_again_from_the_lake(installation: Settings) -> None:
    installation.layout.registry.unlink()
    made = rebuild_registry(installation)
    assert made["arrivals"] == 6
    assert receive_inbox(installation) == [], "nothing is taken for new"
    assert audit(installation) == []


@pytest.mark.slow
def test_a_version_that_is_taken_out_is_received_again(installation: Settings) -> None:
    """The way out that the message names works."""
    root = installation.layout.root
    rebuild_registry(installation)  # the copy's inbox lies elsewhere
    newest = sorted((root / f"lake/export=talleres/trimestre=2026T3/dependencia={OFFICE}").iterdir())[-1]
    (newest / "manifest.json").write_bytes(b"")
    with pytest.raises(ValueError, match=r"manifest\.json cannot be read"):
        audit(installation)
    shutil.move(newest, root / "taken-out")
    (receipt,) = receive_inbox(installation)
    assert (receipt.export, receipt.state) == ("talleres", "accepted")
    assert json.loads((newest / "manifest.json").read_bytes())["sha256"]
