"""The gate on a small real candidate: clean data pass, planted faults are caught, the decision and its page are written."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

import pamga.exports
import pamga.plan
from pamga.candidate import load_candidate
from pamga.documents.candidate import Dataset
from pamga.documents.log import Takedown
from pamga.documents.quality import Check, Quality, Seen
from pamga.errors import PamgaError, UsageError
from pamga.settings import Settings
from pamga.storage import read_json, write_atomically
from quality import catalogue, gate
from quality.acknowledged import acknowledge
from quality.commands import check as check_command
from quality.mutations import mutation_table
from quality.report import found, report_page
from tests.documents import made, stored, tree
from tests.quality.agreed import agreed_now
from tests.quality.specimen import FEW, RUN, make_run, seal


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A run of code that publishes FEW only; the slow tests run every contract."""
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


def change(settings: Settings, dataset: str, how: str) -> None:
    """Write a dataset's file anew, `select * <how>`, and seal the candidate again."""
    path = settings.layout.candidate(RUN) / "data" / f"{dataset}.parquet"
    duckdb.execute(f"copy (select * {how} from read_parquet('{path}')) to '{path}.new' (format parquet)")
    Path(f"{path}.new").replace(path)
    seal(settings.layout.candidate(RUN))


def test_clean_candidate_may_be_published(clean: Settings) -> None:
    document = quality(clean)
    assert [check["id"] for check in document["checks"] if check["outcome"] not in ("pass",)] == []
    assert document["decision"] == "publicar"
    assert document["closing"] is None


def test_checking_again_writes_the_same(run: Settings) -> None:
    before = tree(run.data)
    gate.check(Settings(data=run.data, hoy="2026-12-24"))
    log = run.layout.log / "checks"
    assert [path.name for path in log.iterdir()] == [f"{RUN}.json"]
    assert tree(run.data) == before


def test_the_gate_judges_by_what_the_run_agreed_to(run: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracts and plan of today may say anything, or be gone: an old run gets the verdict that its own give it."""

    def not_today(*_: Any) -> None:
        raise AssertionError("the gate asked the code of today")

    before = (run.layout.run(RUN) / "quality.json").read_bytes()
    monkeypatch.setattr(pamga.exports, "FILE", run.data / "no_contracts.json")
    monkeypatch.setattr(pamga.plan, "read_matrix", not_today)
    for cached in (pamga.exports.exports, pamga.plan.plan):
        cached.cache_clear()
    gate.check(run)
    assert (run.layout.run(RUN) / "quality.json").read_bytes() == before
    agreed = run.layout.run(RUN) / "marts.json"  # while what the run carries is what decides
    document = read_json(agreed)
    (colonias,) = (mart for mart in document["marts"] if mart["name"] == "colonias")
    colonias["columns"][0]["type"] = "BOOLEAN"
    agreed.write_text(json.dumps(document))
    assert gate.check(run).decision == "detener"


def test_what_stopped_a_run_of_an_earlier_code_is_still_said(run: Settings) -> None:
    """An upgrade takes no words away; judging such a run anew is refused, with the way out."""
    path = run.layout.run(RUN) / "quality.json"
    document = read_json(path)
    document["checks"][0] |= {"outcome": "fail"}
    path.write_text(json.dumps(document))
    agreed = run.layout.run(RUN) / "marts.json"
    agreed.write_text(json.dumps({"marts": read_json(agreed)["marts"]}))
    assert document["checks"][0]["id"] in gate.what_stopped(run)
    with pytest.raises(PamgaError, match="does not say what the run agreed to"):
        gate.check(run)


@pytest.mark.slow
def test_two_checks_at_once_agree_and_leave_one_object(run: Settings) -> None:
    shutil.rmtree(run.layout.log / "checks")
    context = multiprocessing.get_context("spawn")  # DuckDB's threads do not survive a fork
    both = [context.Process(target=gate.check, args=(run, RUN)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert [path.name for path in (run.layout.log / "checks").iterdir()] == [f"{RUN}.json"]


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
    change(run, "acuerdos_seguimiento", "exclude (tema)")
    (failed,) = gate.check(run).stopped_by
    assert (failed.id, failed.rows) == ("acuerdos_seguimiento.esquema", [{"columna": "tema", "problema": "falta"}])
    assert failed.owner == "Equipo de datos"


@pytest.mark.slow
def test_what_could_not_be_evaluated_stops_unless_something_that_stops_explains_it(
    run: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soda gives up on a check whose reference data it cannot read; here the other dataset's key has another name."""
    change(run, "estaciones_calidad_aire", "rename (estacion_id as clave)")
    unseen = "mediciones_aire.referencia_entregada.estacion_id"
    explained = checks_by_id(gate.check(run))
    assert explained["estaciones_calidad_aire.esquema"].outcome == "fail"
    assert explained[unseen].outcome == "not_evaluated"

    waiver = catalogue.Waiver("estaciones_calidad_aire.esquema", "2026T3-r02", "Ana Ruiz", "Cambio acordado.")
    monkeypatch.setattr(catalogue, "waivers", lambda: [waiver])
    alone = gate.check(run)
    assert alone.decision == "detener"
    assert unseen in {check.id for check in alone.stopped_by}


def test_a_dataset_without_contract_and_a_vanished_one_stop(run: Settings) -> None:
    data = run.layout.candidate(RUN) / "data"
    (data / "participacion_colonia.parquet").rename(data / "sorpresa.parquet")
    rest = [d.stored() for d in load_candidate(run).datasets if d.name != "participacion_colonia"]
    describe(run, datasets=[*rest, made(Dataset, name="sorpresa", rows=1).stored()])
    stopped = {check.id: check.rows for check in gate.check(run).stopped_by}
    assert stopped == {
        "candidata.sin_contrato": [{"conjunto": "sorpresa"}],
        "candidata.conjunto_faltante": [{"conjunto": "participacion_colonia"}],
    }


def test_what_was_taken_down_is_no_missing_dataset(run: Settings) -> None:
    (run.layout.candidate(RUN) / "data" / "participacion_colonia.parquet").unlink()
    rest = [d.stored() for d in load_candidate(run).datasets if d.name != "participacion_colonia"]
    describe(run, datasets=rest, withdrawn=["participacion_colonia"])
    assert gate.check(run).stopped_by == []


def test_offending_rows_are_listed_not_only_counted(run: Settings) -> None:
    change(run, "participacion_colonia", "replace (3 as personas)")
    stopped = {check.id: check for check in gate.check(run).stopped_by}
    assert stopped.keys() == {"participacion_colonia.celdas_chicas", "participacion_colonia.celdas_deducibles"}
    failed = stopped["participacion_colonia.celdas_chicas"]
    assert len(failed.rows) == 1
    assert "personas" not in failed.rows[0]  # the page never shows what must not be shown
    page = (run.layout.run(RUN) / "quality.html").read_text()
    assert "No se publica" in page
    assert "participacion_colonia.celdas_chicas" in page


ENTREGAS_FALTANTES = "calendario_entregas.entregas_faltantes"


def undelivered(settings: Settings) -> None:
    """The same candidate when nobody delivered the quarter that it closes."""
    with duckdb.connect(str(settings.layout.run(RUN) / "warehouse.duckdb")) as connection:
        connection.execute(
            "update marts.calendario_entregas set exigible = true, version_vigente = null, trimestre = '2026T3',"
            " export = 'acuerdos', dependencia = 'presupuesto_participativo'"
        )
    change(
        settings,
        "calendario_entregas",
        "replace (true as exigible, null::bigint as version_vigente, 'falta' as situacion, '2026T3' as trimestre,"
        " 'acuerdos' as export, 'presupuesto_participativo' as dependencia)",
    )


@pytest.mark.slow
def test_a_missing_delivery_warns_in_a_provisional_release_and_stops_a_closing_one(run: Settings) -> None:
    undelivered(run)
    provisional = gate.check(run)
    assert provisional.decision == "publicar"
    assert "calendario_entregas.entregas_faltantes" in {check.id for check in provisional.warnings}

    describe(run, cierre="2026T3")
    closing = gate.check(run)
    assert closing.decision == "detener"
    assert "calendario_entregas.entregas_faltantes" in {check.id for check in closing.stopped_by}

    missing = [row for check in closing.stopped_by for row in check.rows if check.id == ENTREGAS_FALTANTES]
    reasons = [
        {
            "export": row["export"],
            "dependencia": row["dependencia"],
            "archivo": row["export"],
            "motivo": "No tuvo actividad.",
        }
        for row in missing
    ]
    other = [{**reasons[0], "export": "documentos", "dependencia": "imju"}]
    describe(run, cierre_por={"persona": "Ana Ruiz", "motivos": other})
    assert gate.check(run).decision == "detener"  # the file that is missing has no reason

    by = {"persona": "Ana Ruiz", "motivos": reasons}
    describe(run, cierre_por=by)
    closed = gate.check(run)
    assert closed.decision == "publicar"
    assert quality(run)["closed_by"] == by
    assert "Ana Ruiz" in (run.layout.run(RUN) / "quality.html").read_text()
    attempts = sorted(path.name for path in (run.layout.log / "closings").iterdir())
    assert attempts == ["2026T3-2.json", "2026T3-3.json", "2026T3.json"]
    assert read_json(run.layout.log / "closings" / "2026T3-3.json")["decision"] == "publicar"


def entregas(settings: Settings, change: str) -> None:
    """Change lake.entregas of the run's warehouse."""
    with duckdb.connect(str(settings.layout.run(RUN) / "warehouse.duckdb")) as connection:
        connection.execute(change)


def checks_by_id(result: gate.GateResult) -> dict[str, Check]:
    return {check.id: check for check in result.checks}


PARTICIPATION = "Dirección General de Presupuesto Participativo y Delegaciones"


def test_a_stale_dataset_says_which_source_until_when_and_how_late(run: Settings) -> None:
    entregas(run, "update lake.entregas set trimestre = '2026T1' where export = 'acuerdos'")
    entregas(run, "update lake.entregas set trimestre = '2025T4' where export = 'eventos_mbh'")
    change(run, "acuerdos_seguimiento", "replace (date '2025-11-30' as fecha_acuerdo)")
    found = checks_by_id(gate.check(run))
    stale = found["indicadores_trimestre.frescura"]
    assert (stale.outcome, stale.owner) == ("warn", PARTICIPATION)
    assert stale.rows == [
        {
            "conjunto": "indicadores_trimestre", "fuente": source, "cubre_hasta": until, "debe_cubrir_hasta": "2026-09-30",
            "dias_de_atraso": days, "dependencia": "presupuesto_participativo",
        }
        for source, until, days in (("acuerdos", "2026-03-31", 183), ("eventos_mbh", "2025-12-31", 273))
    ]  # fmt: skip
    raw = found["acuerdos.entrega_frescura"]
    assert (raw.outcome, raw.value, raw.owner) == ("warn", 2.0, PARTICIPATION)
    assert raw.rows == [
        {
            "export": "acuerdos", "dependencia": "presupuesto_participativo", "ultimo_trimestre": "2026T1",
            "trimestre_esperado": "2026T3", "fecha_limite": "2026-10-15", "dias_de_atraso": 0,
        }
    ]  # fmt: skip


def test_days_late_are_counted_from_the_day_since_which_the_calendar_says_it_is_owed(run: Settings) -> None:
    entregas(run, "update lake.entregas set trimestre = '2026T1' where export = 'acuerdos'")
    changed = "'2026T3' as trimestre, date '2026-11-20' as debida_desde, date '2026-11-28' as dia_referencia"
    change(run, "calendario_entregas", f"replace ({changed})")
    (late,) = checks_by_id(gate.check(run))["acuerdos.entrega_frescura"].rows
    assert (late["fecha_limite"], late["dias_de_atraso"]) == ("2026-10-15", 8)


def test_an_observed_series_says_its_newest_day(run: Settings) -> None:
    change(run, "mediciones_aire", "replace (date '2026-02-01' as fecha)")
    stale = checks_by_id(gate.check(run))["mediciones_aire.frescura"]
    assert stale.rows == [
        {
            "conjunto": "mediciones_aire",
            "cubre_hasta": "2026-02-01",
            "debe_cubrir_hasta": "2026-06-30",
            "dias_de_atraso": 149,
        }
    ]
    assert stale.owner == "Dirección General de Medio Ambiente"


def test_quarantined_deliveries_are_named_with_their_share(run: Settings) -> None:
    """One office that delivers well does not hide another that does not."""
    good = (
        "select 'imju', 'acuerdos', '2026T3', 1, '', date '2026-10-10', 'accepted', true, 1000, 1000, 0, 0, true, null"
    )
    entregas(run, f"insert into lake.entregas {good}")
    entregas(
        run,
        """update lake.entregas set rows_read = 42, quarantined = 6, out_of_scope = 2
        where export = 'acuerdos' and dependencia = 'presupuesto_participativo'""",
    )
    found = checks_by_id(gate.check(run))["acuerdos.entrega_rechazo"]
    assert (found.outcome, found.value, found.owner) == ("warn", 15.0, PARTICIPATION)
    assert found.rows == [
        {
            "export": "acuerdos", "dependencia": "presupuesto_participativo", "trimestre": "2026T3", "version": 1,
            "filas_leidas": 42, "filas_apartadas": 6, "porcentaje_apartado": 15.0,
        }
    ]  # fmt: skip


def test_a_loss_of_rows_shows_both_counts(run: Settings) -> None:
    entregas(run, "insert into lake.publicaciones values ('2026T2-r04', 1, date '2026-08-01', 'metas', '', 60, true)")
    lost = checks_by_id(gate.check(run))["metas.volumen_perdida"]
    assert lost.outcome == "fail"
    assert lost.rows == [
        {"publicacion_anterior": "2026T2-r04", "filas_antes": 60, "filas_ahora": 1, "cambio_porcentual": -98.3}
    ]


def lost_against(run: Settings, published: list[tuple[str, int]], **lock: Any) -> str | None:
    """The release that a loss of rows of `metas` is measured against, all of them having gone out on one day in this order."""
    for order, (release, rows) in enumerate(published, start=1):
        entregas(
            run,
            f"insert into lake.publicaciones values ('{release}', {order}, '2026-08-01', 'metas', '', {rows}, true)",
        )
    path = run.layout.run(RUN) / "inputs.lock"
    path.write_text(json.dumps(read_json(path) | lock))
    lost = checks_by_id(gate.check(run))["metas.volumen_perdida"].rows
    return str(lost[0]["publicacion_anterior"]) if lost else None


def test_a_late_closing_is_not_measured_against_later_quarters(run: Settings) -> None:
    """It shows its quarter and none after it (rules.md, "Provisional and closing releases"), so it has fewer rows than what was published since."""
    describe(run, cierre="2026T3")
    assert lost_against(run, [("2027T1-r01", 60)]) is None


def test_a_late_closing_is_measured_against_the_last_release_of_its_quarter(run: Settings) -> None:
    describe(run, cierre="2026T3")
    published = [("2026T3-r01", 1), ("2026T3-r02", 60), ("2026T4-r01", 1)]
    assert lost_against(run, published, line=[release for release, _ in published]) == "2026T3-r02"


def test_what_follows_a_late_closing_is_measured_against_what_had_shown_more(run: Settings) -> None:
    published = [("2026T3-r01", 1), ("2026T4-r01", 60), ("2026T3-r02", 1)]
    assert lost_against(run, published, line=[release for release, _ in published]) == "2026T4-r01"


def test_a_loss_is_measured_by_the_order_of_publication(run: Settings) -> None:
    published = [("2026T2-r99", 1), ("2026T2-r100", 60)]
    assert lost_against(run, published, line=[release for release, _ in published]) == "2026T2-r100"


@pytest.mark.parametrize(("withdrawn", "found"), [((1, 60), "2026T2-r02"), ((60, 1), None)])
def test_a_loss_is_not_measured_against_what_was_rolled_back(
    run: Settings, withdrawn: tuple[int, int], found: str | None
) -> None:
    """The public reads what came before it: a loss that what was withdrawn hid is found, one of what it had added too much is none."""
    wrong, right = withdrawn[0], withdrawn[1]
    published = [("2026T2-r01", 1), ("2026T2-r02", right), ("2026T2-r03", wrong), ("2026T3-r01", wrong)]
    assert lost_against(run, published, line=["2026T2-r01", "2026T2-r02"]) == found


def test_a_loss_is_not_measured_against_what_was_taken_down(run: Settings) -> None:
    record = stored(Takedown, {"tipo": "publicacion", "nombre": "2026T2-r02"})
    write_atomically(run.layout.log / "takedowns" / "0001.json", record)
    published = [("2026T2-r01", 1), ("2026T2-r02", 60)]
    assert lost_against(run, published, line=[release for release, _ in published]) is None


@pytest.mark.slow
def test_a_loss_that_a_correction_explains_only_warns(run: Settings) -> None:
    before = "insert into lake.publicaciones values ('2026T2-r04', 1, date '2026-08-01', 'acuerdos_seguimiento', '', 60, true)"
    entregas(run, before)
    assert checks_by_id(gate.check(run))["acuerdos_seguimiento.volumen_perdida"].outcome == "fail"
    entregas(
        run,
        """insert into lake.insumos_release (release, dependencia, export, trimestre, version)
        select '2026T2-r04', dependencia, export, trimestre, version from lake.entregas""",
    )
    assert checks_by_id(gate.check(run))["acuerdos_seguimiento.volumen_perdida"].outcome == "fail", "nothing changed"
    entregas(run, "update lake.entregas set version = 2 where export = 'acuerdos'")
    found = checks_by_id(gate.check(run))
    assert found["acuerdos_seguimiento.volumen_perdida"].outcome == "pass"
    assert found["acuerdos_seguimiento.volumen_cambio"].outcome == "warn"


def test_a_quarter_that_still_runs_is_owed_by_nobody_and_hides_no_missing_one(run: Settings) -> None:
    """2026T4 is delivered as it goes: what is missing of it is not late, what is missing of 2026T3 is."""
    undelivered(run)
    describe(run, trimestre="2026T4")
    found = checks_by_id(gate.check(run))
    missing = found["calendario_entregas.entregas_faltantes"]
    assert (missing.outcome, missing.rows[0]["trimestre_esperado"]) == ("warn", "2026T3")
    assert found["acuerdos.entrega_frescura"].outcome == "pass"


def test_the_command_says_what_is_wrong_who_mends_it_and_how(run: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")
    undelivered(run)
    change(
        run,
        "calendario_entregas",
        "replace ('presupuesto_participativo' as dependencia, 'acuerdos' as export, 7 as dias_retraso,"
        " date '2026-10-15' as fecha_limite)",
    )
    describe(run, cierre="2026T3")
    answer = CliRunner().invoke(check_command, ["--data", str(run.data)])
    assert answer.exit_code == 1
    said = answer.output.split("\n\n")[0]
    assert said.splitlines() == [
        "DETIENE: Al corriente · Calendario de entregas (calendario_entregas.entregas_faltantes)",
        "  Debe cumplirse: Está entregado todo lo que el plan necesita del trimestre para medir sus indicadores.",
        "  Se encontró: 1 fila que no cumple",
        f"    - dependencia: {PARTICIPATION}; archivo: Acuerdos de Mi Barrio Habla; trimestre esperado: 2026T3; "
        "fecha límite: 15 de octubre de 2026; días de atraso: 7",
        f"  Le toca a: {PARTICIPATION}",
        "  Qué hacer: " + catalogue.written_checks()["calendario_entregas.entregas_faltantes"].card.remedy,
    ]
    page = (run.layout.run(RUN) / "quality.html").read_text()
    assert f"<td>{PARTICIPATION}</td>" in page
    assert "<td>Acuerdos de Mi Barrio Habla</td>" in page


@pytest.mark.parametrize(
    ("what", "value", "threshold", "said"),
    [
        ("filas", 1_234_567.0, "igual a 0", "1,234,567 filas que no cumplen"),
        ("filas", 1.0, "igual a 0", "1 fila que no cumple"),
        ("volumen", 123_456.0, "a lo más 90000", "123,456 (debe ser a lo más 90000)"),
        ("entrega_frescura", 1.0, "a lo más 0", "1 trimestre de atraso (debe ser a lo más 0)"),
        ("frescura", 12.0, "a lo más 7", "12 días desde el dato más reciente (debe ser a lo más 7)"),
        ("entrega_rechazo", 12.345, "a lo más 5", "12.35 de cada 100 filas apartadas (debe ser a lo más 5)"),
    ],
)
def test_what_was_measured_is_written_as_mexico_writes_it(what: str, value: float, threshold: str, said: str) -> None:
    assert found(made(Check, id=f"acuerdos.{what}", value=value, threshold=threshold)) == said


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
    check: dict[str, Any] = {
        "id": "x.y", "dataset": "x", "dimension": "validez", "severity": "fail", "outcome": "fail", "value": 1.0,
        "threshold": "igual a 0", "explanation": "e", "owner": "o", "remedy": "r", "rows": [{"c": "<script>alert(1)</script>"}],
    }  # fmt: skip
    page = report_page(Quality(run="r", release="q", decision="detener", checks=[Check(**check)]), agreed_now())
    assert "<script>" not in page


@pytest.mark.slow
def test_one_missing_file_is_one_notice(run: Settings) -> None:
    undelivered(run)
    entregas(run, "update lake.entregas set trimestre = '2025T4' where export = 'acuerdos'")
    found = checks_by_id(gate.check(run))
    repeated = {name for name, entry in found.items() if entry.told_with == ENTREGAS_FALTANTES}
    assert "acuerdos.entrega_frescura" in repeated
    assert all(found[name].outcome == "warn" for name in repeated)  # it stays in the record, and beside its dataset
    assert not repeated & {entry.id for entry in gate.check(run).warnings}
    assert gate.check(run).notice().count("acuerdos.entrega_frescura") == 0


@pytest.mark.slow
def test_a_warning_is_acknowledged_until_it_finds_something_else(run: Settings) -> None:
    entregas(run, "update lake.entregas set rows_read = 100, quarantined = 50, accepted = 50 where export = 'acuerdos'")
    name = "acuerdos.entrega_rechazo"
    assert name in {entry.id for entry in gate.check(run).warnings}
    with pytest.raises(UsageError, match="does not warn"):
        acknowledge(run, "acuerdos.esquema", "Ana Ruiz", "Ya se sabe.")
    with pytest.raises(UsageError, match="person"):
        acknowledge(run, name, " ", "Ya se sabe.")
    first = acknowledge(run, name, "Ana Ruiz", "La oficina ya no tiene esas filas.")
    assert acknowledge(run, name, "Ana Ruiz", "La oficina ya no tiene esas filas.") == first
    seen = gate.check(run)
    assert name not in {entry.id for entry in seen.warnings}
    assert checks_by_id(seen)[name].acknowledged == Seen(
        persona="Ana Ruiz", motivo="La oficina ya no tiene esas filas.", fecha="2026-10-20"
    )
    assert "Lo reconoció Ana Ruiz" in (run.layout.run(RUN) / "quality.html").read_text()

    entregas(run, "update lake.entregas set quarantined = 60, accepted = 40 where export = 'acuerdos'")
    assert name in {entry.id for entry in gate.check(run).warnings}


@pytest.mark.slow
def test_a_quarter_that_runs_is_not_closed(run: Settings) -> None:
    lock = run.layout.run(RUN) / "inputs.lock"
    describe(run, cierre="2026T3")
    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"today": "2026-09-30"}))
    closing = gate.check(run)
    assert "candidata.trimestre_en_curso" in {entry.id for entry in closing.stopped_by}
    assert not (run.layout.log / "closings").exists()  # nobody is told that a quarter which runs is not closed
    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"today": "2026-10-01"}))
    assert "candidata.trimestre_en_curso" not in {entry.id for entry in gate.check(run).checks}
