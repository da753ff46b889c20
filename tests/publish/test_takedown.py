"""The drill of a takedown: what must not be read leaves every byte, the world is told, the proof stays whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from pamga import seals
from pamga.documents.log import Takedown
from pamga.errors import UsageError
from pamga.plan import plan
from pamga.settings import Settings
from pamga.storage import read_json, sha256_file
from pamga.takedowns import datasets_down, takedowns
from publish import log, pages, purge
from publish.audit import audit_releases
from publish.release import StaleCandidate, difference, publish, rollback
from publish.server import make_app
from publish.takedown import finish_pending, lift, take_down
from publish.verify import verify_release
from tests.acceptance.test_personal_data import folded, readings
from tests.documents import made
from tests.publish.scene import Scene
from tests.servers import serving

SECRET, LATER = "Zenaida Quiroz vive en Roble 45", "Zenaida Quiroz se mudó"
DATASET, FIRST, SECOND = "seguimiento_acuerdos", "2026T3-r01", "2026T3-r02"
WHY, WHO = "Llevaba el nombre de una persona.", "Ana Ruiz, Unidad de Transparencia"
QUOTED = {
    "id": "acuerdos.x", "dataset": DATASET, "dimension": "validez", "severity": "warn", "outcome": "warn", "value": 1,
    "threshold": "= 0", "explanation": "Un tema raro.", "owner": "", "remedy": "", "rows": [{"tema": SECRET}],
}  # fmt: skip


def scenes() -> list[dict[str, Any]]:
    """Two releases: the first names somebody, the second names her otherwise, so that its changes quote both."""
    agreement = ("A-1", "Bacheo", "2026-05-02")
    return [
        {"release": FIRST, "agreements": [agreement, ("A-2", SECRET, None)], "checks": [QUOTED]},
        {"release": SECOND, "agreements": [agreement, ("A-2", LATER, None)], "checks": [QUOTED]},
    ]


@pytest.fixture(scope="module")
def two_releases(released: Callable[..., Path]) -> Path:
    """An installation with both releases."""
    return released(*(Scene(**scene) for scene in scenes()))


@pytest.fixture
def installation(settings: Settings, two_releases: Path) -> Settings:
    shutil.copytree(two_releases, settings.data, symlinks=True)
    return settings


_READ: dict[str, str] = {}  # files by their bytes: the same ones are looked through again and again


def found(settings: Settings, *words: str) -> list[str]:
    """Files of releases and runs in which one of the words is, whatever their format."""
    names = []
    for top in (settings.layout.releases, settings.layout.runs):
        for path in top.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = sha256_file(path)
                if content not in _READ:
                    _READ[content] = folded("\n".join(readings(path)))
                if any(folded(word) in _READ[content] for word in words):
                    names.append(path.relative_to(settings.data).as_posix())
    return sorted(names)


@pytest.fixture
def served(installation: Settings) -> Iterator[str]:
    with serving(make_app(installation)) as address:
        yield address


@pytest.mark.slow
def test_a_dataset_leaves_every_byte_of_every_release(installation: Settings) -> None:
    before = found(installation, SECRET, LATER)
    places = {path.split("/", 2)[2] for path in before if path.startswith("releases/")}
    assert {f"data/{DATASET}.{e}" for e in ("csv", "parquet", "xlsx")} | {"leon.duckdb", "calidad.html"} <= places
    assert f"releases/{SECOND}/cambios.html" in before and any(path.startswith("runs/") for path in before)

    result = take_down(installation, DATASET, WHY, WHO)
    assert (result.new, result.current) == (True, SECOND)
    assert found(installation, SECRET, LATER) == []
    for release in (FIRST, SECOND):
        assert verify_release(installation, release) == []
        folder = installation.layout.release(release)
        assert DATASET not in [d["name"] for d in read_json(folder / "datasets.json")["datasets"]]
        assert (folder / "sumas_sha256.txt").read_text().count(DATASET) >= 5  # the hashes that stood
        with duckdb.connect(str(folder / "leon.duckdb"), read_only=True) as connection:
            assert connection.execute(f"select count(*) from publico.{DATASET}").fetchone() == (0,)
            assert connection.execute("select count(*) from publico.indicadores").fetchone() == (
                len(plan().indicadores),
            )
        catalogue = (folder / "catalogo.ttl").read_text()
        assert "WITHDRAWN" in catalogue and f"data/{DATASET}.csv" not in catalogue
        assert f"data/{DATASET}.csv" not in (folder / "datapackage.json").read_text()
    assert read_json(installation.layout.release(SECOND) / "cambios.json")["conjuntos"]


def test_the_world_is_told(installation: Settings, served: str) -> None:
    file, page = f"{served}{FIRST}/data/{DATASET}.csv", f"{served}current/conjuntos/{DATASET}.html"
    kept = requests.get(file, timeout=10)
    assert kept.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    record = take_down(installation, DATASET, WHY, WHO).record
    for url in (file, page, f"{served}{SECOND}/diccionario/{DATASET}.json"):
        answer = requests.get(url, headers={"If-None-Match": kept.headers["ETag"]}, timeout=10)
        assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (410, '"cache"')
        assert WHY in answer.text and WHO in answer.text and record.fecha[:4] in answer.text
        assert record.publicaciones[FIRST].retirados[f"data/{DATASET}.csv"] in answer.text
    assert requests.get(f"{served}{FIRST}/data/indicadores.csv", timeout=10).status_code == 200
    changed = requests.get(f"{served}{SECOND}/cambios.json", timeout=10)
    assert changed.status_code == 200
    again = requests.get(
        f"{served}{SECOND}/cambios.json", headers={"If-None-Match": changed.headers["ETag"]}, timeout=10
    )
    assert again.status_code == 304
    assert requests.get(f"{served}retiros/0001.json", timeout=10).json() == record.stored()
    assert requests.get(f"{served}retiros/0001.html", timeout=10).status_code == 200
    feed = requests.get(f"{served}publicaciones.xml", timeout=10).content.decode()
    assert f"Se retiró el conjunto de datos {DATASET}" in feed and "Borre sus copias" in feed
    assert f"el conjunto {DATASET}" in requests.get(served, timeout=10).content.decode()


def test_a_release_that_is_current_goes_down_and_the_one_before_is_up(installation: Settings, served: str) -> None:
    result = take_down(installation, SECOND, WHY, WHO)
    assert result.current == FIRST and log.expected_current(installation) == FIRST
    assert found(installation, LATER) == []
    left = [p.name for p in installation.layout.release(SECOND).rglob("*") if p.is_file()]
    assert sorted(left) == ["index.html", "sumas_sha256.txt"]
    assert verify_release(installation, SECOND) == [] and verify_release(installation, FIRST) == []
    for path in ("", "index.html", "leon.duckdb", "data/indicadores.csv", "no/hubo.txt"):
        assert requests.get(f"{served}{SECOND}/{path}", timeout=10).status_code == 410
    assert requests.get(f"{served}{SECOND}/sumas_sha256.txt", timeout=10).status_code == 200
    assert requests.get(f"{served}current/publicacion.json", timeout=10).json()["release"] == FIRST
    assert "Retirada por completo" in requests.get(served, timeout=10).content.decode()
    with pytest.raises(UsageError, match="taken down"):
        rollback(installation, SECOND, "porque sí")
    with pytest.raises(UsageError, match="taken down"):
        difference(installation, FIRST, SECOND)


def test_a_release_that_another_was_compared_with_leaves_its_changes_too(installation: Settings) -> None:
    take_down(installation, FIRST, WHY, WHO)
    assert log.current_release(installation) == SECOND
    assert [path for path in found(installation, SECRET) if f"/{FIRST}" in path or "cambios" in path] == []
    assert verify_release(installation, SECOND) == []


def test_everything_down_leaves_nothing_up(installation: Settings) -> None:
    for release in (FIRST, SECOND):
        take_down(installation, release, WHY, WHO)
    assert log.current_release(installation) is None and not installation.layout.current.is_symlink()
    assert found(installation, SECRET, LATER) == []


def test_rows_beside_an_indicator_go_too(installation: Settings) -> None:
    assert f"releases/{FIRST}/indicadores/MBH-2.html" in found(installation, "Falta la evidencia")
    take_down(installation, "observaciones", WHY, WHO)
    assert found(installation, "Falta la evidencia") == []
    assert [verify_release(installation, release) for release in (FIRST, SECOND)] == [[], []]


@pytest.mark.slow
def test_what_is_down_stays_down_until_a_person_lifts_it(installation: Settings, candidate: Callable[..., str]) -> None:
    before = candidate(**(scenes()[1] | {"release": "2026T3-r03", "finished": 90}))
    take_down(installation, DATASET, WHY, WHO)
    assert not installation.layout.run(before).exists()  # built before: it held the rows
    stale = candidate(**(scenes()[1] | {"release": "2026T3-r03", "finished": 90}))
    with pytest.raises(StaleCandidate, match=DATASET):
        publish(installation, stale)
    publish(installation, candidate(release="2026T3-r03", finished=91, withdrawn=(DATASET,)))
    assert verify_release(installation, "2026T3-r03") == []
    catalogue = (installation.layout.current / "catalogo.ttl").read_text()
    assert "WITHDRAWN" in catalogue and WHY in catalogue
    with pytest.raises(UsageError, match="reason"):
        lift(installation, DATASET, " ")
    lift(installation, DATASET, "Ya no lleva nombres.", WHO)
    assert datasets_down(takedowns(installation.layout.log)) == {}
    publish(installation, candidate(release="2026T3-r04", finished=92))
    assert (installation.layout.current / "data" / f"{DATASET}.csv").exists()
    assert verify_release(installation, FIRST) == [] and verify_release(installation, "2026T3-r04") == []
    assert not (installation.layout.release(FIRST) / "data" / f"{DATASET}.csv").exists()
    with pytest.raises(UsageError, match="not down"):
        lift(installation, DATASET, "otra vez")


def test_taking_down_again_changes_nothing(installation: Settings) -> None:
    first = take_down(installation, DATASET, WHY, WHO)
    stand = {p: p.stat().st_mtime_ns for p in installation.layout.releases.rglob("*") if p.is_file()}
    again = take_down(installation, DATASET, "otro motivo", "Otra persona")
    assert (again.new, again.record) == (False, first.record)
    assert stand == {p: p.stat().st_mtime_ns for p in installation.layout.releases.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("what", "reason", "said"),
    [("nunca_hubo", WHY, "ever published"), (DATASET, " ", "reason"), ("indicadores", WHY, "cannot be taken down alone")],
)  # fmt: skip
def test_what_cannot_be_taken_down_is_said(installation: Settings, what: str, reason: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        take_down(installation, what, reason)
    assert takedowns(installation.layout.log) == []


class Killed(BaseException):
    """The process died here."""


@pytest.mark.slow
@pytest.mark.parametrize("step", (0, 3, 7, 12, 20, 29))
def test_a_killed_takedown_is_completed(installation: Settings, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Killed before its `step`-th write or removal, it says so, and whoever comes next completes it."""
    left = [step]

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return original(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(purge, "_replace", dying(purge._replace))
        patched.setattr(purge, "write_once", dying(vars(purge)["write_once"]))
        patched.setattr(Path, "unlink", dying(Path.unlink))
        patched.setattr(shutil, "rmtree", dying(shutil.rmtree))
        try:
            take_down(installation, DATASET, WHY, WHO)
            killed = False
        except Killed:
            killed = True
    if killed:
        assert any("--finish" in str(p) for r in (FIRST, SECOND) for p in verify_release(installation, r))
    assert finish_pending(installation) == SECOND
    assert found(installation, SECRET, LATER) == []
    assert [verify_release(installation, release) for release in (FIRST, SECOND)] == [[], []]


def test_the_audit_understands_what_was_taken_down(installation: Settings) -> None:
    take_down(installation, DATASET, WHY, WHO)
    take_down(installation, SECOND, WHY, WHO)
    assert [str(finding) for finding in audit_releases(installation)] == []
    assert [str(finding) for finding in seals.findings(installation)] == []
    spoiled = installation.layout.release(FIRST) / "cambios.json"
    spoiled.chmod(0o644)
    spoiled.write_bytes(spoiled.read_bytes() + b" ")
    assert any("cambios.json" in str(finding) for finding in audit_releases(installation))


def test_a_release_of_before_the_page_of_data_protection_can_be_mended(installation: Settings) -> None:
    """Pages written anew in it do not point at a page that it never had."""
    folder = installation.layout.release(SECOND)
    purge._without_changes(installation, folder, made(Takedown), None)
    assert b"proteccion_datos" in (folder / "cambios.html").read_bytes()
    (folder / "proteccion_datos.html").unlink()
    purge._without_changes(installation, folder, made(Takedown), None)
    assert b"proteccion_datos" not in (folder / "cambios.html").read_bytes()


def test_a_page_that_cannot_be_written_anew_becomes_the_tombstone(
    installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release of years ago may lack what today's templates ask for: what was taken down goes all the same."""

    def fails(*arguments: Any, **named: Any) -> bytes:
        raise KeyError("campo")

    with monkeypatch.context() as patched:
        patched.setattr(pages, "changes_page", fails)
        patched.setattr(pages, "quality_page", fails)
        take_down(installation, DATASET, WHY, WHO)
    assert found(installation, SECRET, LATER) == []
    assert [verify_release(installation, release) for release in (FIRST, SECOND)] == [[], []]
    assert WHY in (installation.layout.release(SECOND) / "cambios.html").read_text()


def test_what_a_killed_takedown_left_is_no_file_of_the_release(installation: Settings) -> None:
    """Killed between writing a file anew and giving it its name; whoever completes it leaves a release that reads back."""
    leftover = installation.layout.release(FIRST) / ".tmp-0123456789abcdef"
    leftover.write_bytes(SECRET.encode())
    assert verify_release(installation, FIRST)
    take_down(installation, DATASET, WHY, WHO)
    assert not leftover.exists()
    assert verify_release(installation, FIRST) == verify_release(installation, SECOND) == []


def test_what_lies_hidden_beside_the_releases_goes_too(published: Settings) -> None:
    """An attempt that never reached the log, a damaged release that was put aside, a copy in the pointer's place: each holds the same rows."""
    folder = published.layout.releases
    hidden = (".staged-2026T4-r01", ".damaged-2026T3-r01-1", ".aside-current-0a1b2c3d", ".tmp-dead")
    for name in hidden:
        shutil.copytree(folder / "2026T3-r01", folder / name)
    take_down(published, "seguimiento_acuerdos", "Llevaba un domicilio.", "Unidad de Transparencia")
    assert not [name for name in hidden if (folder / name).exists()]
    left = [path for path in folder.rglob("seguimiento_acuerdos.*") if "retiros" not in path.parts]
    assert left == [] and verify_release(published, "2026T3-r01") == []
