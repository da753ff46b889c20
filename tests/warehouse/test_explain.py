"""`pamga explain`: the rows shown are the rows that counted, for every indicator, and the deliveries are those of the lake."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from pamga.documents.lock import Lock
from pamga.engine import connect
from pamga.errors import PamgaError, UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import canonical_json, flip_symlink, read_json, write_atomically
from tests.documents import stored
from tests.oracle.lake_writer import Version, marts_of, write_lake
from tests.oracle.second_opinion import Delivery, LogEntry
from warehouse.build import LATEST, build
from warehouse.commands import explain as explain_command
from warehouse.explain import Point, explain, rows_at
from warehouse.explain_words import in_words
from warehouse.lake import WAREHOUSE
from warehouse.lock import LOCK_NAME

PP, UT, IMJU = "presupuesto_participativo", "unidad_transparencia", "imju"
RECEIVED = date(2026, 11, 10)


def delivery(export: str, office: str, quarter: str, *rows: Mapping[str, Any]) -> Version:
    return Version(Delivery(export, office, quarter, tuple(map(dict, rows)), RECEIVED), 1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small lake, built by the real models; the run made to look like the newest candidate."""
    data = tmp_path_factory.mktemp("explain")
    taller = {
        "taller_id": "T1",
        "fecha_programada": date(2026, 6, 1),
        "fecha_realizada": date(2026, 6, 2),
        "sede": "s",
        "tipo_sede": "colonia",
    }
    old = {
        "taller_id": "T0",
        "fecha_programada": date(2025, 5, 1),
        "fecha_realizada": date(2025, 5, 2),
        "sede": "s",
        "tipo_sede": "escuela",
    }
    write_lake(
        data / "lake",
        (
            delivery("acuerdos", PP, "2026T2", *(
                {"acuerdo_id": key, "evento_id": "E", "fecha_acuerdo": date(2026, 4, 1), "tipo": "gestion", "tema": "t", "dependencia": "d", "fecha_finalizacion": done}
                for key, done in (("A", date(2026, 6, 30)), ("B", None), ("C", date(2026, 7, 1)))
            )),
            delivery("acuerdos", PP, "2026T3",
                {"acuerdo_id": "B", "evento_id": "E", "fecha_acuerdo": date(2026, 4, 1), "tipo": "gestion", "tema": "t", "dependencia": "d", "fecha_finalizacion": date(2026, 9, 30)}),
            delivery("talleres", PP, "2025T2", old),
            delivery("talleres", PP, "2026T2", taller),
            delivery("asistencia_talleres", PP, "2025T2", {"taller_id": "T0", "asistente_id": "p1", "edad": 40}),
            delivery("asistencia_talleres", PP, "2026T2",
                {"taller_id": "T1", "asistente_id": "p1", "edad": 40}, {"taller_id": "T1", "asistente_id": "p2", "edad": 18}),
            delivery("directorio", PP, "2026T2",
                {"dependencia_id": "D1", "dependencia": "d", "tiene_contacto_ciudadano": True, "fecha_actualizacion": date(2026, 2, 1)},
                {"dependencia_id": "D2", "dependencia": "d", "tiene_contacto_ciudadano": True, "fecha_actualizacion": None}),
            delivery("variables_datos_abiertos", UT, "2026T2",
                {"variable_id": "V", "conjunto": "c", "variable": "v", "tema": "areas_verdes", "planificada": True, "periodicidad": "anual",
                 "fecha_ultima_actualizacion": date(2026, 1, 1), "fecha_publicacion": date(2026, 1, 1), "url": "https://x.example"},
                {"variable_id": "W", "conjunto": "C", "variable": "w", "tema": "otro", "planificada": False, "periodicidad": "mensual"}),
            delivery("documentos", IMJU, "2026T2",
                {"documento_id": "1", "indicador": "CAJ-7", "ejercicio": 2026, "titulo": "t", "fecha_validacion": date(2026, 6, 1), "fecha_publicacion": date(2026, 6, 2),
                 "organos_validadores": "cabildo_abierto_juvenil"}),
        ),
        (LogEntry(date(2026, 5, 10), "c"), LogEntry(date(2026, 6, 1), "c", cambio=False), LogEntry(date(2026, 7, 1), "c", ("w",))),
    )  # fmt: skip
    marts_of(data)
    from warehouse.dbt_runner import run_dbt

    settings = Settings(data=data)
    run = data / "runs" / "oracle"
    run_dbt(
        settings,
        run,
        [
            "build",
            "--select",
            "+tablero_indicadores",
            "+indicadores",
            "+metas",
            "+filas_que_cuentan",
            "--exclude-resource-type",
            "unit_test",
        ],
    )
    (run / "inputs.lock").write_bytes(stored(Lock, {"run": "oracle", "release": "2026T3-r01"}))
    flip_symlink(data / "runs" / LATEST, "oracle")
    return settings


@pytest.mark.slow
def test_a_correction_moves_its_row_to_the_delivery_that_brought_it(settings: Settings) -> None:
    document = explain(settings, "MBH-2", 2026, "2026T3", rows=True)
    assert (document["numerador"], document["denominador"]) == (3, 3)
    by_quarter = {d["trimestre"]: (d["filas_en_numerador"], d["filas_en_denominador"]) for d in document["entregas"]}
    assert by_quarter == {"2026T2": (2, 2), "2026T3": (1, 1)}
    assert [(r["llave"], r["trimestre"], r["fila"]) for r in document["filas"]] == [
        ("A", "2026T2", 2),
        ("C", "2026T2", 4),
        ("B", "2026T3", 2),
    ]
    assert [d["archivo"] for d in document["entregas"]] == [f"{PP}/acuerdos_2026T2.csv", f"{PP}/acuerdos_2026T3.csv"]
    assert all(len(d["sha256"]) == 64 and d["recibido"] == RECEIVED for d in document["entregas"])


@pytest.mark.slow
def test_the_quarter_before_reads_the_state_before(settings: Settings) -> None:
    document = explain(settings, "MBH-2", 2026, "2026T2", rows=True)
    assert [(r["llave"], r["en_numerador"]) for r in document["filas"]] == [("A", True), ("B", False), ("C", False)]


@pytest.mark.slow
def test_what_is_shown_is_as_many_as_the_published_figure(settings: Settings) -> None:
    """For every figure, in every quarter: rows or, where each person counts once, people. Sí is a row above, No is none; what the plan fixes
    as the least of what is counted below (phases of a project) may be more than the rows."""
    with connect(settings, settings.layout.run(LATEST) / WAREHOUSE, read_only=True) as connection:
        figures = connection.execute(
            "select indicador, ejercicio, trimestre, regla, t.numerador, t.denominador, fases_plan from marts.tablero_indicadores as t"
            " inner join seeds.matriz_indicadores using (indicador) where trimestre >= '2026T2'"
        ).fetchall()
    assert len(figures) > 60
    people = 0
    for indicador, ejercicio, trimestre, rule, above, below, least in figures:
        document = explain(settings, indicador, ejercicio, trimestre)
        what = "personas" if "personas_en_numerador" in document else "filas"
        people += what == "personas" and above
        shown = (document[f"{what}_en_numerador"], document[f"{what}_en_denominador"])
        if rule == "producto_aprobado_y_publicado":
            assert (shown[0] > 0) == (above == 1), (indicador, ejercicio, trimestre)
        elif rule == "ambos_presentes":  # Sí takes a row of each of two kinds
            assert shown[0] >= 2 * above, (indicador, ejercicio, trimestre)
        else:
            assert (shown[0], max(shown[1], least or 0)) == (above, below), (indicador, ejercicio, trimestre)
    assert people


@pytest.mark.slow
def test_the_published_rows_are_those_that_are_explained(settings: Settings) -> None:
    """Of every target, as it is judged in the last quarter; of people none, whatever counts."""
    with connect(settings, settings.layout.run(LATEST) / WAREHOUSE, read_only=True) as connection:
        published = connection.execute(
            "select indicador, ejercicio, trimestre, cuenta, renglon, dependencia, entrega_trimestre, entrega_version, fila"
            " from marts.filas_que_cuentan"
        ).fetchall()
        targets = connection.execute(
            "select indicador, ejercicio, juzgado_el from marts.tablero_indicadores where es_ultimo_trimestre"
        ).fetchall()
        counted = {
            (indicador, ejercicio): rows_at(
                connection, indicador, ejercicio, Point(Quarter.containing(day), day)
            ).to_dict("records")
            for indicador, ejercicio, day in targets
        }
    shown: dict[str, int] = {}
    for target, rows in counted.items():
        own = {row[3:] for row in published if row[:2] == target}
        if {row[0] for row in own} == {"reservada"}:
            assert own == {("reservada", None, None, None, None, None)}
            shown["reservada"] = shown.get("reservada", 0) + len(rows)
            continue
        said = {
            (
                ("cumple" if row["en_denominador"] else "prueba") if row["en_numerador"] else "falta",
                row["llave"], row["dependencia"], row["trimestre"], row["version"], row["fila"],
            )
            for row in rows
        }  # fmt: skip
        assert own == (said or {("ninguno", None, None, None, None, None)}), target
        for row in own:
            shown[row[0]] = shown.get(row[0], 0) + 1
    assert shown.keys() == {"cumple", "falta", "prueba", "ninguno", "reservada"} and shown["reservada"] > 0


@pytest.mark.slow
def test_the_value_on_the_due_day_has_its_own_deliveries(settings: Settings) -> None:
    document = explain(settings, "CAJ-7", 2026, "2026T3", rows=True)
    due = document["al_vencimiento"]
    assert (due["estado_del_trimestre"], due["dia"], due["valor"]) == ("2026T2", date(2026, 6, 30), 100.0)
    assert [r["llave"] for r in due["filas"]] == ["1"]


@pytest.mark.slow
def test_the_figure_of_the_due_day_is_said_with_both_its_numbers(settings: Settings) -> None:
    document = explain(settings, "PP-1", 2026, "2026T3")
    due = document["al_vencimiento"]
    assert (due["numerador"], due["denominador"], due["valor_texto"]) == (2, 1, "200.0 %")
    assert "Al vencimiento (2026-08-31, con lo vigente al 2026T3): 200.0 % (2 de 1)" in in_words(document)
    assert "al_vencimiento" not in explain(settings, "MBH-2", 2026, "2026T3")  # due on 31 December


@pytest.mark.slow
def test_a_due_day_without_data_is_said_in_words(settings: Settings) -> None:
    words = in_words(explain(settings, "DA-3", 2025, "2026T3"))
    assert "Al vencimiento (2025-12-31, con lo vigente al 2025T4): Sin datos (0 de 0)" in words


@pytest.mark.slow
def test_entries_of_the_publication_log_are_named_where_the_rule_reads_it(settings: Settings) -> None:
    """A release in which the dataset did not change is no entry; a variable that does not count has none; none before the day."""
    first = {"release": "2025T1-r01", "fecha": date(2026, 5, 10), "conjunto": "c", "variables": 1}
    folded = {**first, "conjunto": "C"}
    third = {**folded, "release": "2025T1-r03", "fecha": date(2026, 7, 1)}
    assert explain(settings, "DA-6", 2026, "2026T3")["bitacora"] == [first]
    assert explain(settings, "DA-5", 2026, "2026T2")["bitacora"] == [folded, first]
    assert explain(settings, "DA-5", 2026, "2026T3")["bitacora"] == [folded, first, third]
    assert explain(settings, "DA-5", 2026, "2026T1")["bitacora"] == []
    assert explain(settings, "MBH-2", 2026, "2026T3")["bitacora"] == []
    words = in_words(explain(settings, "DA-5", 2026, "2026T3"))
    assert words.split("Bitácora de publicación de este portal")[1].count("2025T1-r0") == 3


@pytest.mark.slow
def test_words_say_the_rule_and_the_file(settings: Settings) -> None:
    words = in_words(explain(settings, "PP-1", 2026, "2026T3", rows=True))
    for said in (
        "200.0 %",
        "2 de 1",
        "asistencias a talleres realizados en el año anterior",
        "asistencia_talleres_2026T2.csv",
        "T1 · p2",
    ):
        assert said in words


@pytest.mark.slow
def test_the_command_prints_one_json_document(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_DATA", str(settings.data))
    result = CliRunner().invoke(explain_command, ["mbh-2", "2026", "2026T3", "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    assert json.loads(result.output)["entregas"][0]["recibido"] == "2026-11-10"


@pytest.mark.slow
def test_what_has_no_figure_is_wrong_use(settings: Settings) -> None:
    with pytest.raises(UsageError, match="Targets of PP-4 are for 2026, 2027"):
        explain(settings, "PP-4", 2025, "2026T3")
    with pytest.raises(UsageError, match="DA-1, DA-2"):
        explain(settings, "XX-1", 2026, "2026T3")


def test_nothing_built_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PamgaError, match="pamga build"):
        explain(Settings(data=tmp_path), "MBH-2", 2026, "2026T3")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two releases of a small lake, built by `build`: a correction moved MBH-2 between them."""
    settings = Settings(data=tmp_path_factory.mktemp("releases"))
    lake = settings.layout.lake

    def agreements(*done: date | None) -> Delivery:
        rows = tuple(
            {"acuerdo_id": str(n), "evento_id": "E", "fecha_acuerdo": date(2026, 7, 1), "tipo": "gestion", "tema": "t", "dependencia": "d", "fecha_finalizacion": day}
            for n, day in enumerate(done)
        )  # fmt: skip
        return Delivery("acuerdos", PP, "2026T3", rows, RECEIVED)

    write_lake(lake, (Version(agreements(date(2026, 9, 30), None)),))
    _lay_down_release(settings)
    write_lake(lake, (Version(agreements(date(2026, 9, 30), date(2026, 8, 1)), 2),))
    _lay_down_release(settings)
    return settings


def _lay_down_release(settings: Settings) -> None:
    """What a publication leaves of a candidate that `explain` reads: its files, its lock, the log's entry, the pointer."""
    run = build(settings)
    assert run.run_dir is not None
    lock = read_json(run.run_dir / LOCK_NAME)
    folder = settings.layout.release(run.release)
    shutil.copytree(run.run_dir / "candidate" / "data", folder / "data")
    shutil.copyfile(run.run_dir / LOCK_NAME, folder / LOCK_NAME)
    entry = {"release": run.release, "run": run.run, "fecha": "2026-11-20", "digest": lock["digest"], "code": lock["code"]["sha256"], "deliveries": [], "datasets": []}  # fmt: skip
    write_atomically(settings.layout.log / "publications" / f"{run.release}.json", canonical_json(entry))
    flip_symlink(settings.layout.current, run.release)


@pytest.mark.slow
def test_any_release_can_be_asked_about(published: Settings) -> None:
    now = explain(published, "MBH-2", 2026, "2026T3")
    assert (now["release"], now["numerador"], now["publicado"], now["vigente"]) == ("2026T3-r02", 2, True, True)
    assert [d["version"] for d in now["entregas"]] == [2]
    before = explain(published, "MBH-2", 2026, "2026T3", release="2026T3-r01")
    assert (before["release"], before["numerador"], before["vigente"]) == ("2026T3-r01", 1, False)
    assert [d["version"] for d in before["entregas"]] == [1]
    assert "Publicación: 2026T3-r01 (no es la vigente)" in in_words(before)
    with pytest.raises(UsageError, match="There is no release 2026T3-r09"):
        explain(published, "MBH-2", 2026, "2026T3", release="2026T3-r09")


@pytest.mark.slow
def test_a_pruned_run_is_built_again_and_says_the_same(published: Settings) -> None:
    before = explain(published, "MBH-2", 2026, "2026T3", rows=True, release="2026T3-r01")
    shutil.rmtree(published.layout.run(_run_of(published, "2026T3-r01")))
    said: list[str] = []
    again = explain(published, "MBH-2", 2026, "2026T3", rows=True, release="2026T3-r01", progress=said.append)
    assert again == before
    assert said == ["La corrida de 2026T3-r01 se depuró: se vuelve a construir"]
    assert not (published.layout.runs / ".explain").exists()


@pytest.mark.slow
def test_what_other_code_counted_otherwise_is_not_explained(published: Settings) -> None:
    """The published file stands for what the code of then made of the same deliveries."""
    release = published.layout.release("2026T3-r02")
    shutil.rmtree(published.layout.run(_run_of(published, release.name)))
    path = str(release / "data" / "indicadores_trimestre.parquet")
    with duckdb.connect() as connection:
        connection.execute("create table f as select * from read_parquet(?)", [path])
        connection.execute("update f set numerador = 1 where indicador = 'MBH-2' and trimestre = '2026T3'")
        connection.execute(f"copy f to '{path}' (format parquet)")
    lock = read_json(release / LOCK_NAME)
    (release / LOCK_NAME).write_bytes(canonical_json({**lock, "code": {"sha256": "0", "commit": "abc123"}}))
    with pytest.raises(PamgaError, match="counts it otherwise") as stopped:
        explain(published, "MBH-2", 2026, "2026T3")
    assert "Check out abc123" in str(stopped.value)
    assert not (published.layout.runs / ".explain").exists()


def _run_of(settings: Settings, release: str) -> str:
    return str(read_json(settings.layout.release(release) / LOCK_NAME)["run"])
