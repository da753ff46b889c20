"""The gate on a small real candidate: clean data pass, planted faults are caught, the decision and its page are written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from pamga.errors import PamgaError
from pamga.settings import Settings
from quality import catalogue, gate
from quality.candidate import load_candidate
from quality.commands import check as check_command
from quality.mutations import mutation_table
from quality.report import report_page
from tests.quality.specimen import FEW, RUN, make_run, seal


@pytest.fixture(scope="module")
def few_contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The gate with the contracts of FEW only; the slow tests run all of them."""
    folder = tmp_path_factory.mktemp("contracts")
    for name in FEW:
        shutil.copy(catalogue.CONTRACTS / f"{name}.yml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "CONTRACTS", folder)
        yield


@pytest.fixture(scope="module")
def clean(few_contracts: None, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = make_run(tmp_path_factory.mktemp("gate"), FEW)
    gate.check(settings)
    return settings


@pytest.fixture
def run(clean: Settings, tmp_path: Path) -> Settings:
    """A copy of the clean run to be spoiled."""
    root = tmp_path / "data"
    shutil.copytree(clean.layout.root, root, symlinks=True)
    return Settings(data=root, hoy="2026-10-20", threads=1, memory_limit="500MB")


def quality(settings: Settings) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((settings.layout.run(RUN) / "quality.json").read_text())
    return document


def describe(settings: Settings, **changes: Any) -> None:
    """Change datasets.json of the candidate and seal it again."""
    folder = settings.layout.candidate(RUN)
    document = json.loads((folder / "datasets.json").read_text()) | changes
    (folder / "datasets.json").write_text(json.dumps(document))
    seal(folder)


def test_clean_candidate_may_be_published(clean: Settings) -> None:
    document = quality(clean)
    assert [check["id"] for check in document["checks"] if check["outcome"] not in ("pass",)] == []
    assert document["decision"] == "publicar"
    assert document["closing"] is None


def test_checking_again_writes_the_same(run: Settings) -> None:
    before = {path: path.read_bytes() for path in run.layout.root.rglob("*") if path.is_file()}
    gate.check(Settings(data=run.data, hoy="2026-12-24"))
    log = run.layout.log / "checks"
    assert [path.name for path in log.iterdir()] == [f"{RUN}.json"]
    assert {path: path.read_bytes() for path in run.layout.root.rglob("*") if path.is_file()} == before


def test_another_outcome_is_another_object(run: Settings) -> None:
    data = run.layout.candidate(RUN) / "data"
    shutil.copy(data / "metas.parquet", data / "estaciones_calidad_aire.parquet")
    result = gate.check(run)
    assert result.decision == "detener"
    assert {"candidata.archivos_intactos", "estaciones_calidad_aire.esquema"} <= {
        check.id for check in result.stopped_by
    }
    assert sorted(path.name for path in (run.layout.log / "checks").iterdir()) == [f"{RUN}-2.json", f"{RUN}.json"]


def test_a_missing_column_fails_the_schema_and_names_it(run: Settings) -> None:
    path = run.layout.candidate(RUN) / "data" / "acuerdos_seguimiento.parquet"
    duckdb.execute(f"copy (select * exclude (tema) from read_parquet('{path}')) to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)
    seal(run.layout.candidate(RUN))
    (failed,) = gate.check(run).stopped_by
    assert (failed.id, failed.rows) == ("acuerdos_seguimiento.esquema", [{"columna": "tema", "problema": "falta"}])
    assert failed.owner == "Equipo de datos"


def test_a_dataset_without_contract_and_a_vanished_one_stop(run: Settings) -> None:
    data = run.layout.candidate(RUN) / "data"
    (data / "participacion_colonia.parquet").rename(data / "sorpresa.parquet")
    rest = [entry for entry in load_candidate(run).description["datasets"] if entry["name"] != "participacion_colonia"]
    describe(run, datasets=[*rest, {"name": "sorpresa", "rows": 1}])
    stopped = {check.id: check.rows for check in gate.check(run).stopped_by}
    assert stopped == {
        "candidata.sin_contrato": [{"conjunto": "sorpresa"}],
        "candidata.conjunto_faltante": [{"conjunto": "participacion_colonia"}],
    }


def test_offending_rows_are_listed_not_only_counted(run: Settings) -> None:
    path = run.layout.candidate(RUN) / "data" / "participacion_colonia.parquet"
    duckdb.execute(
        f"copy (select * replace (3 as personas) from read_parquet('{path}')) to '{path}.new' (format parquet)"
    )
    Path(f"{path}.new").replace(path)
    seal(run.layout.candidate(RUN))
    (failed,) = gate.check(run).stopped_by
    assert failed.id == "participacion_colonia.celdas_chicas"
    assert len(failed.rows) == 1
    assert "personas" not in failed.rows[0]  # the page never shows what must not be shown
    page = (run.layout.run(RUN) / "quality.html").read_text()
    assert "No se publica" in page
    assert "participacion_colonia.celdas_chicas" in page


def undelivered(settings: Settings) -> None:
    """The same candidate when nobody delivered the quarter that it closes."""
    with duckdb.connect(str(settings.layout.run(RUN) / "warehouse.duckdb")) as connection:
        connection.execute(
            "update marts.calendario_entregas set exigible = true, version_vigente = null, trimestre = '2026T3'"
        )
    path = settings.layout.candidate(RUN) / "data" / "calendario_entregas.parquet"
    duckdb.execute(
        f"""copy (select * replace (true as exigible, null::bigint as version_vigente, 'falta' as situacion, '2026T3' as trimestre)
        from read_parquet('{path}')) to '{path}.new' (format parquet)"""
    )
    Path(f"{path}.new").replace(path)


def test_a_missing_delivery_warns_in_a_provisional_release_and_stops_a_closing_one(run: Settings) -> None:
    undelivered(run)
    seal(run.layout.candidate(RUN))
    provisional = gate.check(run)
    assert provisional.decision == "publicar"
    assert "calendario_entregas.entregas_faltantes" in {check.id for check in provisional.warnings}

    describe(run, cierre="2026T3")
    closing = gate.check(run)
    assert closing.decision == "detener"
    assert "calendario_entregas.entregas_faltantes" in {check.id for check in closing.stopped_by}

    describe(run, cierre_por={"persona": "Ana Ruiz", "motivo": "La oficina no tuvo actividad."})
    closed = gate.check(run)
    assert closed.decision == "publicar"
    document = quality(run)
    assert document["closed_by"] == {"persona": "Ana Ruiz", "motivo": "La oficina no tuvo actividad."}
    assert "Ana Ruiz" in (run.layout.run(RUN) / "quality.html").read_text()

    describe(run, cierre_por={"persona": "Ana Ruiz", "motivo": " "})
    with pytest.raises(PamgaError, match="reason"):
        gate.check(run)


def test_the_command_exits_1_when_stopped(run: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")
    (run.layout.candidate(RUN) / "leftover.txt").write_text("x")
    seal(run.layout.candidate(RUN))
    (run.layout.candidate(RUN) / "leftover.txt").write_text("changed after the build")
    answer = CliRunner().invoke(check_command, ["--json", "--data", str(run.data)])
    assert answer.exit_code == 1
    assert json.loads(answer.output)["decision"] == "detener"


def test_without_a_candidate_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PamgaError, match="pamga build"):
        gate.check(Settings(data=tmp_path))


def test_faults_are_caught_and_clean_data_pass(clean: Settings) -> None:
    table = mutation_table(clean, datasets={"indicadores_trimestre", "mediciones_aire", "hallazgos_resumen"})
    assert len(table) > 25
    assert [entry for entry in table if not entry.proved] == []


def test_text_in_the_page_is_escaped() -> None:
    check = {
        "id": "x.y", "dataset": "x", "dimension": "validez", "severity": "fail", "outcome": "fail", "value": 1.0,
        "threshold": "igual a 0", "explanation": "e", "owner": "o", "remedy": "r", "rows": [{"c": "<script>alert(1)</script>"}],
    }  # fmt: skip
    page = report_page(
        {"run": "r", "release": "q", "decision": "detener", "closing": None, "closed_by": None, "checks": [check]}
    )
    assert "<script>" not in page
