"""A release: complete, verified, idempotent, and the pointer that only moves when all is well."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import polars as pl
import pytest

from pamga.errors import GateStopped, PamgaError, UsageError
from pamga.log import decisions
from pamga.plan import plan
from pamga.settings import Settings
from pamga.standing import version_of
from pamga.storage import canonical_json, flip_symlink, read_json, sha256_file, write_atomically
from publish import release as release_module
from publish.audit import audit_releases
from publish.release import complete, publish, rollback
from publish.takedown import take_down
from publish.verify import SUMS, UnreadableRelease, verify_release
from tests.documents import tree
from tests.publish.scene import BASE_URL, DAY, Scene, delivery

MakeRun = Callable[..., str]
CORRECTED = {
    "release": "2026T3-r02",
    "finished": 85,
    "agreements": [("A-1", "Bacheo", "2026-05-03"), ("A-4", "Agua", None)],
}


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_others_read_what_is_published_and_write_nothing_whatever_the_umask(
    settings: Settings, candidate: MakeRun, umask: int
) -> None:
    candidate()
    before = os.umask(umask)
    try:
        publish(settings)
        take_down(settings, "colonias", "Traía un domicilio.", "Unidad de Transparencia")
    finally:
        os.umask(before)
    for path in (settings.layout.releases, *settings.layout.releases.rglob("*")):
        rights = path.stat().st_mode
        assert rights & 0o004 and not rights & 0o002, (path, oct(rights))
        assert rights & 0o001 or not path.is_dir(), path


def state(settings: Settings) -> dict[str, str]:
    """What the world and the next build see."""
    return tree(settings.data, "releases", "lake/_log")


def test_a_release_holds_everything_and_current_points_at_it(settings: Settings, candidate: MakeRun) -> None:
    run = candidate()
    result = publish(settings)
    folder = settings.layout.current
    assert (result.release, result.flipped) == ("2026T3-r01", True)
    assert folder.resolve().name == "2026T3-r01"
    files = set(tree(folder.resolve()))
    assert {"index.html", "inputs.lock", "catalogo.jsonld", "catalogo.ttl", "datapackage.json", "cambios.json", "cambios.html",
            "calidad.json", "calidad.html", "sumas_sha256.txt", "LICENCIA.txt", "leon.duckdb", "publicacion.json"} <= files  # fmt: skip
    assert {f"data/colonias.{e}" for e in ("csv", "parquet", "xlsx", "geojson")} <= files
    assert {
        f"{room}/sin_filas.{e}" for room, e in (("diccionario", "json"), ("diccionario", "html"), ("conjuntos", "html"))
    } <= files
    assert sum(name.startswith("indicadores/") and name.endswith(".json") for name in files) == len(plan().indicadores)
    assert verify_release(settings, "2026T3-r01") == []
    lock = settings.layout.run(run) / "inputs.lock"
    assert (folder / "inputs.lock").read_bytes() == lock.read_bytes()


def test_data_are_the_bytes_that_the_gate_saw_and_cannot_be_written(settings: Settings, candidate: MakeRun) -> None:
    run = candidate()
    publish(settings)
    seen = tree(settings.layout.candidate(run) / "data")
    assert tree(settings.layout.current.resolve() / "data") == seen
    modes = {path.stat().st_mode & 0o222 for path in (settings.layout.current / "data").iterdir()}
    assert modes == {0}


def test_a_finished_release_is_read_only_and_can_still_be_removed(published: Settings) -> None:
    folder = published.layout.current.resolve()
    assert not [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o222]
    shutil.rmtree(folder)
    assert not folder.exists()


def test_other_libraries_read_the_same_rows(published: Settings, candidate: MakeRun) -> None:
    data = published.layout.current / "data"
    csv = pd.read_csv(data / "seguimiento_acuerdos.csv")
    parquet = pl.read_parquet(data / "seguimiento_acuerdos.parquet")
    sheet = openpyxl.load_workbook(data / "seguimiento_acuerdos.xlsx").active
    assert csv["acuerdo_id"].tolist() == parquet["acuerdo_id"].to_list() == [cell.value for cell in sheet["A"][1:]]
    assert parquet["tema"][2].startswith("=HYPERLINK")
    assert csv["tema"][2].startswith("'=HYPERLINK")  # a spreadsheet does not run it
    assert sheet["B4"].value.startswith("'=HYPERLINK")
    assert len(pd.read_csv(data / "sin_filas.csv")) == 0


def test_publishing_again_changes_nothing(published: Settings, candidate: MakeRun) -> None:
    before = state(published)
    assert publish(published).flipped is False
    assert state(published) == before


def test_log_and_ledger_say_what_was_published(published: Settings, candidate: MakeRun) -> None:
    entry = read_json(published.layout.log / "publications" / "2026T3-r01.json")
    assert entry["fecha"] == "2026-10-20"
    changed = {d["conjunto"]: d["cambio"] for d in entry["datasets"]}
    assert changed["colonias"] is True
    assert changed["sin_filas"] is False  # no row was published
    assert entry["datasets"][0]["columnas"][0] == "colonia_id"
    assert len(read_json(published.layout.log / "ledger" / "2026T3-r01.json")["valores"]) == 3 * len(plan().indicadores)

    candidate(**CORRECTED)
    publish(published)
    entry = read_json(published.layout.log / "publications" / "2026T3-r02.json")
    changed = {d["conjunto"]: d["cambio"] for d in entry["datasets"]}
    assert {name for name, cambio in changed.items() if cambio} == {"indicadores_trimestre", "seguimiento_acuerdos"}
    values = read_json(published.layout.log / "ledger" / "2026T3-r02.json")["valores"]
    assert [(v["indicador"], v["trimestre"], v["valor"]) for v in values] == [("MBH-2", "2026T2", 85.0)]


@pytest.mark.parametrize("fields", [{"decision": "detener"}, {"decision": "otra cosa"}])
def test_the_gate_stops_a_release(published: Settings, candidate: MakeRun, fields: dict[str, str]) -> None:
    before = state(published)
    candidate(release="2026T3-r02", finished=1, **fields)
    with pytest.raises(GateStopped):
        publish(published)
    assert state(published) == before


def test_an_unchecked_run_is_refused(settings: Settings, candidate: MakeRun) -> None:
    run = candidate()
    (settings.layout.run(run) / "quality.json").unlink()
    with pytest.raises(GateStopped, match="has not been checked"):
        publish(settings)


def test_no_candidate_at_all(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no complete candidate"):
        publish(settings)


def test_approval_when_it_is_required(settings: Settings, candidate: MakeRun) -> None:
    strict = settings.model_copy(update={"require_approval": True})
    run = candidate()
    approvals = settings.layout.log / "approvals"
    approvals.mkdir(parents=True)
    with pytest.raises(GateStopped, match="nobody has approved"):
        publish(strict)
    answer = {
        "run": run,
        "release": "2026T3-r01",
        "decision": "rechazar",
        "persona": "Ana",
        "motivo": "Falta",
        "fecha": "2026-10-19",
    }
    (approvals / f"{run}.json").write_text(json.dumps(answer))
    with pytest.raises(GateStopped, match="Ana said rechazar"):
        publish(strict)
    (approvals / f"{run}-2.json").write_text(json.dumps(answer | {"decision": "aprobar", "motivo": "Revisado"}))
    publish(strict)
    assert read_json(settings.layout.current / "publicacion.json")["aprobacion"]["motivo"] == "Revisado"
    assert "Validó esta publicación Ana" in (settings.layout.current / "index.html").read_text()


def test_a_candidate_changed_after_the_gate_is_refused(settings: Settings, candidate: MakeRun) -> None:
    run = candidate()
    with (settings.layout.candidate(run) / "data" / "colonias.csv").open("a") as file:
        file.write("9,Colada,\n")
    with pytest.raises(PamgaError, match="has changed since"):
        publish(settings)
    assert not settings.layout.current.exists()
    assert not list(settings.layout.releases.iterdir())


def test_a_candidate_older_than_the_newest_release_is_refused(settings: Settings, candidate: MakeRun) -> None:
    stale = candidate(finished=60)
    candidate()
    publish(settings)
    with pytest.raises(UsageError, match="published already"):
        publish(settings, stale)


def test_a_rollback_repeated_goes_no_further_back(published: Settings, candidate: MakeRun) -> None:
    """A task that was killed after the flip runs again; a person who goes on back says something else."""
    candidate(**CORRECTED)
    publish(published)
    candidate(release="2026T3-r03", finished=90)
    publish(published)
    assert rollback(published, reason="Está mal", person="Ana Ruiz").release == "2026T3-r02"
    again = rollback(published, reason="Está mal", person="Ana Ruiz")
    assert (again.release, again.flipped) == ("2026T3-r02", False)
    assert len(list((published.layout.log / "rollbacks").iterdir())) == 1
    assert rollback(published, reason="La 02 tampoco", person="Ana Ruiz").release == "2026T3-r01"
    with pytest.raises(UsageError, match="no earlier release"):
        rollback(published, reason="Nada queda", person="Ana Ruiz")


def landed(settings: Settings, *deliveries: dict[str, Any]) -> None:
    """The versions in the lake, as far as a rollback looks at them."""
    for entry in deliveries:
        folder = settings.layout.version(entry["export"], entry["trimestre"], entry["dependencia"], entry["version"])
        write_atomically(folder / "manifest.json", canonical_json(entry))


def test_what_a_rollback_names_is_set_aside_until_a_person_lets_it_in(published: Settings, candidate: MakeRun) -> None:
    wrong, right = delivery("acuerdos", "2026T2", 2), delivery("eventos_mbh", "2026T3", 2)
    candidate(**{**CORRECTED, "deliveries": [wrong, delivery("acuerdos", "2026T3"), right]})
    publish(published)
    landed(published, wrong, right)
    with pytest.raises(UsageError, match="did not change"):
        rollback(
            published, reason="85.1 % es falso", person="Ana Ruiz", wrong=["acuerdos/2026T3/presupuesto_participativo"]
        )
    name = "acuerdos/2026T2/presupuesto_participativo"
    for _ in range(2):  # a repetition says nothing twice
        rollback(published, reason="85.1 % es falso", person="Ana Ruiz", wrong=[name])
        (decision,) = decisions(published.layout)
        assert (decision.accion, decision.persona, decision.motivo) == (
            "apartar",
            "Ana Ruiz",
            "85.1 % es falso",
        )
        assert version_of(decision) == (*(wrong[name] for name in ("export", "trimestre", "dependencia")), 2)
    above = (published.layout.releases / "index.html").read_text()
    assert "se apartan hasta que se corrijan: «acuerdos» de abril a junio de 2026, versión 2." in above

    rollback(published, "2026T3-r02", "Sí era cierto", "Eva Luna")  # back to what read it
    assert [(d.accion, d.persona) for d in decisions(published.layout)][1:] == [("readmitir", "Eva Luna")]


@pytest.mark.parametrize(("wrong", "apart"), [(None, ["acuerdos", "eventos_mbh"]), ([], [])])
def test_a_rollback_without_names_sets_aside_all_that_was_new(
    published: Settings, candidate: MakeRun, wrong: list[str] | None, apart: list[str]
) -> None:
    new = [delivery("acuerdos", "2026T2", 2), delivery("eventos_mbh", "2026T3", 2)]
    candidate(**{**CORRECTED, "deliveries": [*new, delivery("acuerdos", "2026T3")]})
    publish(published)
    landed(published, *new)
    rollback(published, reason="Está mal", person="Ana Ruiz", wrong=wrong)
    assert [d.export for d in decisions(published.layout)] == apart


def test_what_was_withdrawn_is_no_step_in_the_history_of_a_figure(published: Settings, candidate: MakeRun) -> None:
    candidate(**CORRECTED)
    publish(published)
    rollback(published, reason="Está mal", person="Ana Ruiz")
    candidate(release="2026T3-r03")  # says again what the first one says
    publish(published)
    ledger = published.layout.log / "ledger"
    assert read_json(ledger / "2026T3-r02.json")["valores"] != []
    assert read_json(ledger / "2026T3-r03.json")["valores"] == []
    assert read_json(published.layout.current / "cambios.json")["indicadores"]["reexpresados"] == []
    assert audit_releases(published) == []


def test_the_ledger_is_the_same_whether_the_release_before_was_taken_down_or_not(
    published: Settings, candidate: MakeRun
) -> None:
    candidate(**CORRECTED)
    take_down(published, "2026T3-r01", "Llevaba un domicilio.", "Unidad de Transparencia")
    publish(published)
    values = read_json(published.layout.log / "ledger" / "2026T3-r02.json")["valores"]
    assert [(v["indicador"], v["trimestre"], v["valor"]) for v in values] == [("MBH-2", "2026T2", 85.0)]
    assert audit_releases(published) == []


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, first_release: Path, built: Callable[[Scene], Path]
) -> dict[str, str]:
    """The state after two publications that nobody disturbed."""
    settings = Settings(data=tmp_path_factory.mktemp("tranquila") / "datos", hoy=DAY, base_url=BASE_URL)
    shutil.copytree(first_release, settings.data, symlinks=True)
    run = built(Scene(**CORRECTED))  # type: ignore[arg-type]
    shutil.copytree(run, settings.layout.run(run.name))
    publish(settings, run.name)
    return state(settings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "moment"),
    [
        ("compare", "before"), ("verify_folder", "after"), ("record_publication", "before"), ("record_publication", "after"),
        ("record_values", "after"), ("flip_symlink", "before"), ("flip_symlink", "after"), ("_write_above", "after"),
    ],
)  # fmt: skip
def test_killed_at_any_step_and_run_again(
    published: Settings, candidate: MakeRun, undisturbed: dict[str, str], step: str, moment: str
) -> None:
    """A real process kills itself around the step; the next one ends in the state of a run that nobody killed."""
    candidate(**CORRECTED)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, step, moment],
        env={**os.environ, "PAMGA_DATA": str(published.data), "PAMGA_HOY": DAY.isoformat(), "PAMGA_BASE_URL": BASE_URL},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    # what is up is whole at every moment
    assert verify_release(published, published.layout.current.resolve().name) == []
    publish(published)
    assert state(published) == undisturbed


KILLED = """
import os, signal, sys
from pamga.settings import Settings
from tests.publish.scene import BASE_URL, DAY, Scene
from publish import log, release
step, moment = sys.argv[1:]
module = log if hasattr(log, step) and step.startswith("record") else release
real = getattr(module, step)
def killed(*arguments, **named):
    if moment == "after":
        real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, step, killed)
release.publish(Settings())
"""


def test_a_killed_flip_is_completed_although_nothing_is_new(published: Settings) -> None:
    published.layout.current.unlink()
    (published.layout.releases / "publicaciones.xml").unlink()
    assert complete(published) is True
    assert published.layout.current.resolve().name == "2026T3-r01"
    assert (published.layout.releases / "publicaciones.xml").exists()
    assert complete(published) is False


def test_two_at_once_one_wins(settings: Settings, candidate: MakeRun) -> None:
    candidate()
    results = []
    threads = [threading.Thread(target=lambda: results.append(publish(settings))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.flipped for result in results) == [False, True]
    assert {result.release for result in results} == {"2026T3-r01"}
    assert len(list((settings.layout.log / "publications").iterdir())) == 1


def test_rollback_and_nothing_new_stays_rolled_back(published: Settings, candidate: MakeRun) -> None:
    candidate(**CORRECTED)
    publish(published)
    publications = tree(published.layout.log / "publications")
    with pytest.raises(UsageError, match="needs a reason"):
        rollback(published)
    assert rollback(published, reason="Cifra equivocada en MBH-2").release == "2026T3-r01"
    assert published.layout.current.resolve().name == "2026T3-r01"
    assert publish(published).flipped is False
    assert published.layout.current.resolve().name == "2026T3-r01"
    assert tree(published.layout.log / "publications") == publications
    record = read_json(published.layout.log / "rollbacks" / "0001.json")
    assert record["persona"] not in ("", "root")
    assert (record["de"], record["a"], record["motivo"]) == ("2026T3-r02", "2026T3-r01", "Cifra equivocada en MBH-2")
    above = (published.layout.releases / "index.html").read_text()
    assert "Cifra equivocada" in above
    assert above.count("</span> Retirada</span>") == 1

    candidate(release="2026T3-r03", finished=90)
    assert publish(published).flipped is True
    assert published.layout.current.resolve().name == "2026T3-r03"
    assert "se retiró" in (published.layout.current / "index.html").read_text()


def test_rollback_to_what_does_not_exist(published: Settings, candidate: MakeRun) -> None:
    with pytest.raises(UsageError, match="no published release"):
        rollback(published, "2025T1-r09", "x")
    with pytest.raises(UsageError, match="no earlier release"):
        rollback(published, reason="x")


def damage(path: Path, content: bytes | None) -> None:
    """Leave other bytes, or nothing, where a read-only file of a release was."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)


DAMAGES = [
    ("data/colonias.csv", None), ("data/colonias.parquet", b"PAR1"), ("datasets.json", b"{"), ("cambios.json", None),
    ("datapackage.json", None), ("leon.duckdb", None), (SUMS, None), (SUMS, b"\xff"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content"), DAMAGES)
def test_no_rollback_to_a_damaged_release(
    published: Settings, candidate: MakeRun, name: str, content: bytes | None
) -> None:
    candidate(**CORRECTED)
    publish(published)
    damage(published.layout.release("2026T3-r01") / name, content)
    before = tree(published.layout.log)
    with pytest.raises(UnreadableRelease) as refused:
        rollback(published, reason="Cifra equivocada")
    assert f"2026T3-r01 cannot be read back: {name}: " in str(refused.value) or f"; {name}: " in str(refused.value)
    if content is None and name not in (SUMS, "datapackage.json"):  # said once, not for every page that points there
        assert refused.value.cause == f"The release 2026T3-r01 cannot be read back: {name}: is missing."
    assert "`current` stays at 2026T3-r02" in refused.value.next_step
    assert published.layout.current.resolve().name == "2026T3-r02"
    assert tree(published.layout.log) == before


def test_a_release_that_is_gone_is_not_rolled_back_to(published: Settings, candidate: MakeRun) -> None:
    candidate(**CORRECTED)
    publish(published)
    shutil.rmtree(published.layout.release("2026T3-r01"))
    with pytest.raises(UnreadableRelease, match="2026T3-r01 is gone"):
        rollback(published, reason="x")
    candidate(release="2026T3-r03", finished=90)
    assert publish(published).flipped  # an older release that is gone holds nothing up, and is still listed
    assert "No disponible por ahora" in (published.layout.releases / "index.html").read_text()
    assert (
        "Publicación 2026T3-r01 (no disponible por ahora)"
        in (published.layout.releases / "publicaciones.xml").read_text()
    )


def test_a_killed_flip_is_not_completed_to_a_damaged_release(published: Settings, candidate: MakeRun) -> None:
    candidate(**CORRECTED)
    publish(published)
    flip_symlink(published.layout.current, "2026T3-r01")  # as if the flip had been killed
    page = published.layout.release("2026T3-r02") / "index.html"
    whole = page.read_bytes()
    damage(page, b"<html>")
    with pytest.raises(UnreadableRelease, match=r"index\.html: has other bytes"):
        complete(published)
    assert published.layout.current.resolve().name == "2026T3-r01"
    damage(page, whole)
    assert complete(published)
    assert published.layout.current.resolve().name == "2026T3-r02"

    flip_symlink(published.layout.current, "2026T3-r01")
    damage(page, b"<html>")
    assert rollback(published, reason="La 02 se dañó").release == "2026T3-r01"  # the way out, without the damaged one


def test_nothing_is_compared_with_a_damaged_release(published: Settings, candidate: MakeRun) -> None:
    old = published.layout.release("2026T3-r01")
    other = pl.read_parquet(old / "data" / "observaciones.parquet").clear()
    (old / "data" / "observaciones.parquet").unlink()
    other.write_parquet(old / "data" / "observaciones.parquet")  # readable, but not what was published
    candidate(**CORRECTED)
    before = state(published)
    with pytest.raises(UnreadableRelease, match=r"data/observaciones\.parquet: has other bytes"):
        publish(published)
    assert state(published) == before


def test_a_release_changed_together_with_its_sums_is_found(published: Settings) -> None:
    folder = published.layout.current.resolve()
    damage(folder / "LICENCIA.txt", b"Otra licencia\n")
    lines = (folder / SUMS).read_text().splitlines()
    new = [
        f"{sha256_file(folder / 'LICENCIA.txt')}  LICENCIA.txt" if line.endswith("  LICENCIA.txt") else line
        for line in lines
    ]
    damage(folder / SUMS, ("\n".join(new) + "\n").encode())
    assert [str(problem) for problem in verify_release(published, folder.name)] == [
        f"{SUMS}: has other bytes than the publication log says"
    ]


def test_a_release_without_its_diff_does_not_go_out(
    published: Settings, candidate: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(published)
    candidate(**CORRECTED)

    def broken(*_: object) -> None:
        raise PamgaError("The comparison failed.")

    monkeypatch.setattr(release_module, "compare", broken)
    with pytest.raises(PamgaError, match="comparison failed"):
        publish(published)
    assert state(published) == before


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("data/colonias.parquet", lambda b: b[:-40], "other bytes"),
        ("data/colonias.csv", lambda b: b + b"9,Otra,POINT (0 0)\n", "other bytes"),
        ("index.html", lambda b: b.replace(b"conjuntos/colonias.html", b"conjuntos/otra.html"), "which is not there"),
        ("indicadores/MBH-2.json", lambda _: None, "is missing"),
        ("data/intruso.csv", lambda _: b"x\n", "not in the list"),
    ],
)  # fmt: skip
def test_verify_sees_a_damaged_release(
    published: Settings, name: str, damage: Callable[[bytes], bytes | None], said: str
) -> None:
    path = published.layout.current / name
    content = damage(path.read_bytes() if path.exists() else b"")
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    assert any(
        said in problem.what and name.rsplit("/", maxsplit=1)[-1] in str(problem)
        for problem in verify_release(published, "2026T3-r01")
    )


def test_verify_counts_against_the_warehouse(settings: Settings, candidate: MakeRun) -> None:
    """Files that agree with their sums but not with what was built are found too."""
    run = candidate()
    folder = settings.layout.candidate(run)
    manifest = read_json(folder / "manifest.json")
    for name, content in (
        ("data/sin_filas.csv", b"clave,texto,fecha\nx,y,2026-01-01\n"),
        ("data/observaciones.csv", b"otra\n1\n"),
    ):
        (folder / name).write_bytes(content)
        manifest["files"][name]["sha256"] = sha256_file(folder / name)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(PamgaError, match=r"sin_filas\.csv: holds 1 rows, the warehouse 0"):
        publish(settings)
    assert not settings.layout.current.exists()
