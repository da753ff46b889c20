"""What `make run` does once the environments are there: the DAGs for real on the example inbox, and again with nothing new."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import jsonschema
import pyshacl
import pytest
import rdflib

from pamga.plan import plan, read_matrix
from pamga.settings import Settings
from reminders.agreements import agreement_reminders
from tests.documents import tree
from tests.publish.scene import shapes_file
from tests.publish.surfaces import disagreements, in_json, in_tables, in_terminal, on_pages

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


COMMIT = "5eed" * 10
TARGETS = sum(len(indicator["metas"]) for indicator in read_matrix()["indicadores"].values())


def make_run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the Makefile's recipe runs, with Airflow's own state under `data`.

    On a path like the image's: nothing on it but the environment's own programs (no git), and the commit said from outside.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PAMGA_", "AIRFLOW"))}
    environment |= {"PATH": str(Path(sys.executable).parent), "PAMGA_COMMIT": COMMIT}
    return subprocess.run(
        [sys.executable, "-m", "operation.local", *arguments],
        cwd=ROOT, env={**environment, "PAMGA_DATA": str(data), "COLUMNS": "160"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def without_airflow(data: Path) -> dict[str, str]:
    """This process's environment, without the Airflow that tests of DAGs may have set in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {**kept, "PAMGA_DATA": str(data)}


def pamga(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pamga.cli import main; main()", *arguments],
        cwd=ROOT, env=without_airflow(data), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    data = tmp_path_factory.mktemp("make_run")
    return data, make_run(data)


def test_it_publishes_and_prints_every_indicator(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    data, result = first_run
    assert result.returncode == 0, result.stderr[-3000:]
    assert (data / "releases" / "current").is_symlink()
    assert json.loads((data / "releases" / "current" / "inputs.lock").read_bytes())["code"]["commit"] == COMMIT
    with (data / "releases" / "current" / "data" / "indicadores_trimestre.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    indicators = {row["indicador"] for row in rows}
    assert len(indicators) == len(plan().indicadores)
    assert {row["trimestre"] for row in rows} == {
        f"{y}T{q}" for y, q in [(2025, q) for q in (1, 2, 3, 4)] + [(2026, q) for q in (1, 2, 3)]
    }
    assert len(rows) == TARGETS * 7
    for indicator in indicators:
        assert indicator in result.stdout


def test_the_badge_and_its_number_agree_on_every_surface(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    data, result = first_run
    release = data / "releases" / "current"
    shown = {
        "pages": list(on_pages(release)), "json": list(in_json(release)), "tables": list(in_tables(release)),
        "terminal": list(in_terminal(result.stdout)),
    }  # fmt: skip
    counts = {surface: len(rows) for surface, rows in shown.items()}
    assert counts == {"pages": 50 + 50 * 8, "json": 50 * 8, "tables": 2 * 50 * 7, "terminal": 50}
    assert [wrong for rows in shown.values() for wrong in disagreements(rows)] == []


def test_the_secretariados_opinion_stands_beside_the_verdict(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    data, _ = first_run
    release = data / "releases" / "current"
    home = (release / "index.html").read_text(encoding="utf-8")
    (row,) = [r for r in home.split("<tr>") if "MBH-2</a> · 2025" in r]
    assert "No validado por el Secretariado" in row
    readings = json.loads((release / "indicadores" / "MBH-2.json").read_bytes())["otras_lecturas"]
    turning = [r for r in readings if r["ejercicio"] == 2025 and r["difiere"]]
    assert turning and all(
        f"«{r['descripcion']}»: {r['estado_texto']}, {r['valor_juzgado_texto']}" in row for r in turning
    )
    assert home.count("El Secretariado aún no lo revisa") == TARGETS - 5
    assert "No hay observaciones" not in "".join(
        p.read_text(encoding="utf-8") for p in release.glob("indicadores/*.html")
    )
    plan = (release / "como_leimos_el_plan.html").read_text(encoding="utf-8")
    assert "Glosario del plan" in plan and "sesión ordinaria" in plan.lower()


def test_what_the_release_says_of_itself_is_valid(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    release = first_run[0] / "releases" / "current"
    report = frictionless.validate(str(release / "datapackage.json"))
    assert report.valid, report.flatten(["name", "type", "note"])
    assert len(report.tasks) == len(list((release / "data").iterdir()))
    schema = json.loads((release / "esquemas" / "indicador-1.1.schema.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    documents = [json.loads(path.read_bytes()) for path in (release / "indicadores").glob("*.json")]
    assert len(documents) == len(plan().indicadores)
    assert [error.message for document in documents for error in validator.iter_errors(document)] == []


@pytest.mark.skipif(not shapes_file().exists(), reason="the shapes of DCAT-AP 3 are not beside this checkout")
def test_its_catalogue_violates_no_shape(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    catalogue = rdflib.Graph().parse(first_run[0] / "releases" / "current" / "catalogo.jsonld", format="json-ld")
    conforms, _, said = pyshacl.validate(
        catalogue, shacl_graph=rdflib.Graph().parse(shapes_file()), do_owl_imports=False
    )
    assert conforms, said


def test_a_second_run_says_so_and_changes_nothing(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    data, _ = first_run
    parts = ("inbox", "lake", "vault", "receipts", "runs", "releases")
    before = tree(data, *parts)
    again = make_run(data)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "Nada nuevo" in again.stdout
    assert tree(data, *parts) == before


def test_the_release_is_built_again_from_the_lake_byte_for_byte(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    data, _ = first_run
    release = (data / "releases" / "current").resolve()
    result = pamga(data, "reproduce", release.name, "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["different"] == []
    files, tables = list((release / "data").iterdir()), {path.stem for path in (release / "data").glob("*.parquet")}
    assert {f"leon.duckdb: {name}" for name in tables} <= set(document["equal"])
    assert len(document["equal"]) == len(files) + len(tables)


def insiders(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table that the boards for insiders read, row by row."""
    with duckdb.connect(str(data / "runs" / "latest" / "internal.duckdb"), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'interno'").fetchall()
        return {
            name: sorted(connection.execute(f'select * from interno."{name}"').fetchall(), key=str)
            for (name,) in sorted(names)
        }


def test_the_drill_everything_comes_back_from_a_bucket_and_goes_on(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
    tmp_path: Path,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The data folder is lost. From the sealed backup: equal releases, equal boards, the same letters about agreements, nothing that the
    audit would name, and the next delivery is published."""
    data, other = first_run[0], tmp_path / "otra"
    monkeypatch.setenv("PAMGA_BACKUP", f"{bucket}/respaldo")
    monkeypatch.setenv("PAMGA_BACKUP_KEY", hashlib.sha256(b"la llave del respaldo").hexdigest())
    monkeypatch.setenv("PAMGA_HOY", "2026-10-19")
    letters = [message.html for message in agreement_reminders(Settings(data=data))]
    assert letters
    saved = pamga(data, "backup", "--json")
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)["databases"] == ["airflow", "registry"]
    restored = pamga(other, "restore", "--json")
    assert restored.returncode == 0, restored.stderr
    release = (data / "releases" / "current").resolve()
    assert json.loads(restored.stdout)["run"] == json.loads((release / "inputs.lock").read_text())["run"]
    parts = ("lake", "vault", "receipts", "releases", "keys")
    after = tree(other, *parts)
    assert after == tree(data, *parts)
    assert insiders(other) == insiders(data)
    assert [message.html for message in agreement_reminders(Settings(data=other))] == letters
    audited = pamga(other, "audit", "--json")
    assert json.loads(audited.stdout)["findings"] == []

    nothing = pamga(other, "run", "--json")
    assert json.loads(nothing.stdout)["published"] is False, nothing.stderr
    receive_event(other, 1)
    went_on = pamga(other, "run", "--json")
    assert went_on.returncode == 0, went_on.stderr
    assert json.loads(went_on.stdout)["release"] == "2026T4-r01"
    first = tree(other, f"releases/{release.name}")
    assert first and first.items() <= after.items()


def test_a_new_delivery_becomes_the_next_release_and_leaves_the_first_alone(
    first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    data, _ = first_run
    first = (data / "releases" / "current").resolve()
    before = tree(first)
    inbox = tmp_path / "inbox" / "presupuesto_participativo"
    inbox.mkdir(parents=True)
    (inbox / "eventos_mbh_2026T4.csv").write_text(
        "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\nEV-NUEVO-1,2026-10-05,Centro,2,1\n",
        encoding="utf-8",
    )
    result = make_run(data, "--inbox", str(tmp_path / "inbox"))
    assert result.returncode == 0, result.stderr[-3000:]
    second = (data / "releases" / "current").resolve()
    assert second.name == "2026T4-r01"
    assert tree(first) == before


def test_rolling_back_is_one_pointer_and_a_run_with_nothing_new_stays_there(
    first_run: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    data, _ = first_run
    newest = (data / "releases" / "current").resolve().name
    back = pamga(data, "publish", "--rollback", "--reason", "Prueba de reversión", "--json")
    assert back.returncode == 0, back.stderr
    earlier = (data / "releases" / "current").resolve().name
    assert earlier < newest
    again = pamga(data, "run", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["published"] is False
    assert (data / "releases" / "current").resolve().name == earlier


EVENT = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\nEV-NUEVO-{0},2026-10-0{0},Centro,2,1\n"
PUBLICAR = "import os; from operation.airflow_env import airflow_environment; from pamga.settings import Settings; \
os.environ.update(airflow_environment(Settings())); from dags.publicar import DAG_OBJECT; print('state', DAG_OBJECT.test().state)"


def build_and_check(data: Path, *arguments: str) -> str:
    """The run that was built; it need not have passed."""
    built = pamga(data, "build", "--json", *arguments)
    assert built.returncode == 0, built.stderr
    run = str(json.loads(built.stdout)["run"])
    assert pamga(data, "check", "--run", run).returncode in (0, 1)
    return run


def receive_event(data: Path, number: int) -> None:
    office = data / "inbox" / "presupuesto_participativo"
    office.mkdir(parents=True, exist_ok=True)
    (office / "eventos_mbh_2026T4.csv").write_text(EVENT.format(number), encoding="utf-8")
    assert pamga(data, "receive").returncode == 0


def publicar(data: Path) -> str:
    """The release that is up after the DAG publicar has run by itself, as after the asset `candidata`."""
    environment = without_airflow(data)
    done = subprocess.run(
        [sys.executable, "-c", PUBLICAR], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert "state success" in done.stdout, done.stderr[-3000:]
    return (data / "releases" / "current").resolve().name


def test_publicar_takes_what_passed_and_builds_again_what_was_overtaken(
    first_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    data, _ = first_run
    receive_event(data, 2)
    passed = build_and_check(data)
    held = build_and_check(data, "--cierre", "2026T4")
    assert (data / "runs" / "latest").resolve().name == held
    assert json.loads((data / "runs" / held / "quality.json").read_text())["decision"] == "detener"
    overtaken_by = passed.rpartition("-")[0]

    receive_event(data, 3)
    waiting = build_and_check(data)
    assert waiting.startswith(overtaken_by)  # both were built to become the same release
    assert pamga(data, "check", "--run", passed).returncode == 0
    assert publicar(data) == overtaken_by
    publication = json.loads((data / "releases" / "current" / "publicacion.json").read_text())
    assert publication["run"] == passed

    assert pamga(data, "check", "--run", waiting).returncode == 0
    after = publicar(data)
    assert after > overtaken_by
    publication = json.loads((data / "releases" / "current" / "publicacion.json").read_text())
    assert publication["run"] != waiting
    assert publicar(data) == after  # nothing is left to publish
