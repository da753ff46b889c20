"""The recipes of CONTRIBUTING.md, each carried out in a copy of the repository: they work, and take no more hand-written files than promised."""

from __future__ import annotations

import csv
import json
import re
import uuid
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pamga.plan import plan
from tests.acceptance.recipes import PAGE, carry_out, changed_files, copy_of_the_repository, edit, recipe, run

pytestmark = pytest.mark.slow


def test_every_recipe_has_its_test() -> None:
    """The test of a recipe is called as it is."""
    titles = re.findall(r"^### (.+)$", PAGE.read_text(encoding="utf-8").partition("\n## Six recipes\n")[2], flags=re.M)
    assert titles
    assert [title for title in titles if f"test_{title.lower().replace(' ', '_')}" not in globals()] == []


CANDIDATE = """
from pathlib import Path
from tests.quality.specimen import make_run
make_run(Path("data"), frozenset({"talleres", "colonias"}))
"""
PROVE_CHECK = """
from pathlib import Path
from pamga.settings import Settings
from quality.mutations import mutation_table
table = mutation_table(Settings(data=Path("data"), hoy="2026-10-20"), datasets={"talleres"})
print([entry.proved for entry in table if entry.check == "talleres.realizado_con_sede"])
"""


def test_change_a_due_date(tmp_path: Path) -> None:
    root, done = carry_out("Change a due date", tmp_path)
    assert len(done.files_by_hand) == 1
    with (root / "dbt_project" / "seeds" / "plazos_entrega.csv").open(encoding="utf-8", newline="") as file:
        days = {row["export"]: row["dias_plazo"] for row in csv.DictReader(file)}
    assert days["acuerdos"] == "20"
    assert {value for export, value in days.items() if export != "acuerdos"} == {"15"}


def drop(root: Path, name: str, *rows: str) -> None:
    path = root / "data" / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PROVE_RULE = """
from pamga.settings import Settings
from warehouse.dbt_runner import run_dbt
settings = Settings()
run_dbt(settings, settings.layout.runs / "latest", ["test", "--select", "mbh_6_eventos_concurridos"])
"""


OF_A_YEAR = """  PP-6:
    nombre: '% de proyectos financiados de mil metros cuadrados o más'
    actividad: Obras que se notan
    descripcion: 'Que lo financiado alcance: "ni chico ni a medias" (100 % de lo dicho).'
    unidad: porcentaje
    formula: (Proyectos financiados de mil metros / Proyectos financiados) * 100
    meta_esperada: La mitad a mayo
    medio_verificacion: Expediente de obra
    responsables: [presupuesto_participativo]
    regla: proporcion_de_registros
    denominador: proyectos financiados del ejercicio
    numerador: de esos proyectos, los de mil metros o más
    calculo: {ejercicio: ejercicio_fiscal, solo: financiado, arriba: superficie_m2 >= 1000}
    cuenta: {uno: proyecto grande, varios: proyectos grandes}
    fuentes: [proyectos_pp]
    palabras_de: una prueba
    metas:
      - {ejercicio: 2026, inicio: 2026-01-01, vence: 2026-05-31, op: ">=", meta: 50}
    decisiones:
      - {texto: Sin superficie dicha no cuenta como grande., seccion: '6.C, meta'}
"""


def test_add_an_indicator(tmp_path: Path) -> None:
    """One entry of the matrix and its unit test, and it is counted, judged, published, shown and explained. In the same copy a due day is moved,
    which is one place too."""
    root, done = carry_out("Add an indicator", tmp_path)
    matrix = "plan/indicadores.yaml"
    assert done.files_by_hand == {matrix, "dbt_project/models/intermediate/indicadores/_pruebas.yml"}
    before = '      - {ejercicio: 2026, inicio: 2026-03-01, vence: 2026-07-31, op: ">=", meta: 100}\n'
    text = (root / matrix).read_text(encoding="utf-8")
    where = text.index(before, text.index("\n  CAJ-5:"))
    moved = before.replace("2026-07-31", "2026-08-31")
    (root / matrix).write_text(text[:where] + moved + text[where + len(before) :] + OF_A_YEAR, encoding="utf-8")
    drop(
        root, "presupuesto_participativo/proyectos_pp_2026T3.csv", "proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,superficie_m2",
        "P-1,Parque,espacio_publico,Sí,2026,1000", "P-2,Cancha,espacio_publico,Sí,2026,", "P-3,Plaza,otro,No,2026,5000",
    )  # fmt: skip
    drop(
        root, "presupuesto_participativo/eventos_mbh_2026T3.csv", "evento_id,fecha,colonia,asistentes,funcionarios_seguridad,operadores_sac",
        "E-1,02/07/2026,San Miguel,50,1,1", "E-2,09/07/2026,Obregón,49,1,1", "E-3,30/09/2026,Centro,120,0,1",
    )  # fmt: skip
    run(root, "make -s generated && pamga run && python - <<'PY'\n" + PROVE_RULE + "PY", PAMGA_HOY="2026-10-20")
    by_hand = done.files_by_hand
    assert {file.rpartition("/")[2] for file in changed_files(root) - by_hand} == {
        "reglas.sql", "matriz_decisiones.csv", "matriz_exportaciones.csv", "matriz_fuentes.csv", "matriz_indicadores.csv", "matriz_metas.csv",
        "matriz_palabras.csv", "matriz_responsables.csv", "diccionario_entregas.md", "evolution.json",
    }  # fmt: skip

    release = root / "data" / "releases" / "current"
    (row,) = [
        r for r in table(release, "indicadores_trimestre") if (r["indicador"], r["trimestre"]) == ("MBH-6", "2026T3")
    ]
    assert (row["ejercicio"], row["numerador"], row["denominador"], row["estado"]) == ("2026", "2", "3", "en_meta")
    (row,) = [
        r for r in table(release, "indicadores_trimestre") if (r["indicador"], r["trimestre"]) == ("PP-6", "2026T3")
    ]
    assert (row["numerador"], row["denominador"]) == ("1", "2"), (
        "a share by a column of the year, without a day of its own"
    )
    due = {(r["indicador"], r["ejercicio"]): r["vence"] for r in table(release, "metas")}
    assert (due["CAJ-5", "2026"], due["CAJ-6", "2026"]) == ("2026-08-31", "2026-07-31")
    (shown,) = [
        r for r in table(release, "tablero_indicadores") if (r["indicador"], r["trimestre"]) == ("MBH-6", "2026T3")
    ]
    assert "cincuenta asistentes" in shown["nombre"]
    sheet = json.loads((release / "indicadores" / "MBH-6.json").read_text(encoding="utf-8"))
    schema = json.loads(next((release / "esquemas").glob("indicador-*.json")).read_text(encoding="utf-8"))
    jsonschema.validate(sheet, schema)
    page = (release / "indicadores" / "MBH-6.html").read_text(encoding="utf-8")
    assert "Listas de asistencia" in page
    assert "MBH-6" in (release / "index.html").read_text(encoding="utf-8")
    assert f"sus {len(plan().indicadores) + 2} indicadores" in (release.parent / "index.html").read_text(
        encoding="utf-8"
    )
    told = json.loads(run(root, "pamga explain MBH-6 2026 2026T3 --rows --json"))
    assert [(r["llave"], r["en_numerador"]) for r in told["filas"]] == [("E-1", True), ("E-2", False), ("E-3", True)]


def every_kind_of_column(root: Path) -> None:
    """A contract with everything that one may say of a column, and what an office might write into it: nothing of it may stop a release."""
    types: dict[str, tuple[str, dict[str, Any]]] = {
        "obra_id": ("texto", {}), "etapa": ("categoria", {"valores": ["uno", "dos"]}), "titulo": ("texto", {}),
        "comentario": ("texto", {"moderado": True, "texto_libre": True}), "publicable": ("booleano", {}), "revisado": ("booleano", {}),
        "limite": ("fecha", {"futura": True}), "avance_pct": ("decimal", {"unidad": "%"}), "latitud": ("decimal", {}),
        "longitud": ("decimal", {}), "estacion_id": ("entero", {}), "telefono": ("texto", {"sin_valor": ["S/N"]}),
        "oficinas": ("lista", {}), "enlace": ("url", {}), "vieja": ("texto", {"retirada": True}), "indicador": ("texto", {}),
    }  # fmt: skip
    columns: list[dict[str, Any]] = [
        {"name": name, "businessName": name.capitalize(), "description": f"Lo que es «{name}», con \"comillas\" y 100 %.",
         "tipo": kind, **own, "examples": ["1"]}
        for name, (kind, own) in types.items()
    ]  # fmt: skip
    for column in columns[:2]:
        column["primaryKey"] = True
    columns[10]["foreignKey"] = "estaciones_calidad_aire.estacion_id"
    whole = {
        "dependencias": ["economia", "implan"],
        "entrega": "parcial",
        "clave_por_dependencia": True,
        "publicar": "tal_cual",
    }
    contract = yaml.safe_load((root / "ingest" / "contracts" / "puntos_de_recarga.yaml").read_text(encoding="utf-8"))
    contract |= {"name": "Obras «de barrio»", **whole, "properties": columns}
    del contract["tema"]
    path = root / "ingest" / "contracts" / "obras.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")
    run(
        root,
        "make -s generated && python -m pytest -q -p no:cacheprovider tests/ingest/test_contracts.py -k 'obras and not example'",
    )
    header = ",".join(name for name in types if name != "vieja")
    drop(
        root, "economia/obras_2026T3.csv", header,
        '1,Uno,"Un título, con coma",Me gusta el parque,Sí,Sí,01/01/2031,-5,19.4,-99.1,7,S/N,Una; Otra,https://a.example/x,DA-9',
        "1,Dos,,No publicar esto,No,Sí,01/01/2031,140,,,,,,,",
    )  # fmt: skip
    drop(root, "implan/obras_2026T3.csv", header, "1,Uno,De otra oficina,,,,,,,,,477 1,,,")


def test_add_an_export_and_publish_it(tmp_path: Path) -> None:
    """From a dropped file to the release: received, built, judged by the gate, published and described, with one file by hand."""
    root, done = carry_out("Add an export and publish it", tmp_path)
    contract = "ingest/contracts/puntos_de_recarga.yaml"
    assert done.files_by_hand == {contract}
    generated = changed_files(root) - {contract}
    run(root, "make -s generated")
    assert changed_files(root) - {contract} == generated
    run(root, f"sqlfluff lint {' '.join(sorted(name for name in generated if name.endswith('.sql')))}")

    drop(
        root, "medio_ambiente/puntos_de_recarga_2026T3.csv", "punto_id,colonia,conector,potencia_kw,en_servicio_desde",
        "PR-002,San Miguel,Tipo 2,22,12/03/2026", "PR-001,Obregón,CCS,50.5,01/07/2026", "PR-003,Centro,Ninguno,7,02/07/2026",
    )  # fmt: skip
    every_kind_of_column(root)
    run(root, "pamga run", PAMGA_HOY="2026-10-20")

    release = root / "data" / "releases" / "current"
    assert [list(row.values()) for row in table(release, "puntos_de_recarga")] == [
        ["PR-001", "Obregón", "ccs", "50.500000", "2026-07-01"],
        ["PR-002", "San Miguel", "tipo_2", "22.000000", "2026-03-12"],
    ]
    assert [[*row.values()] for row in table(release, "obras")] == [
        ["economia", "1", "dos", "", "", "sin_autorizacion", "2031-01-01", "140.000000", *[""] * 8],
        ["economia", "1", "uno", "Un título, con coma", "Me gusta el parque", "", "2031-01-01", "-5.000000", "19.4", "-99.1", "7", "",
         "Una;Otra", "https://a.example/x", "", "DA-9"],
        ["implan", "1", "uno", "De otra oficina", *[""] * 7, "477 1", *[""] * 4],
    ]  # fmt: skip
    assert {path.suffix for path in (release / "data").glob("puntos_de_recarga.*")} == {".csv", ".parquet", ".xlsx"}
    (due,) = [
        row
        for row in table(release, "calendario_entregas")
        if (row["export"], row["trimestre"]) == ("puntos_de_recarga", "2026T3")
    ]
    assert (due["dependencia"], due["fecha_limite"], due["exigible"]) == ("medio_ambiente", "2026-10-15", "false")
    said = [path for path in release.rglob("*") if path.suffix in (".jsonld", ".html", ".json")]
    described = "\n".join(path.read_text(encoding="utf-8") for path in said)
    for words in ("Puntos de recarga eléctrica", "Lugares del municipio donde se carga", "Potencia con la que carga."):
        assert words in described, words
    judged = {
        entry["id"]: entry["outcome"]
        for entry in json.loads((root / "data" / "runs" / "latest" / "quality.json").read_text())["checks"]
    }
    own = {name.partition(".")[2]: outcome for name, outcome in judged.items() if name.startswith("puntos_de_recarga.")}
    assert {
        "esquema",
        "unicidad",
        "archivo_completo",
        "lago_completo",
        "llave_vacia.punto_id",
        "valores.conector",
        "futuro.en_servicio_desde",
    } <= set(own)
    assert {name for name, outcome in own.items() if outcome == "fail"} == set()


def test_add_a_column_and_publish_it(tmp_path: Path) -> None:
    """What was delivered under the contract of its day is read on: the new column is empty there."""
    root = copy_of_the_repository(tmp_path)
    chosen = recipe("Add a column and publish it")
    header = (
        "dependencia_id,dependencia,tiene_contacto_ciudadano,telefono,correo,domicilio,url,horario,fecha_actualizacion"
    )
    row = "Obra Pública,Sí,477 788 0000,contacto@leon.gob.mx,Centro,https://www.leon.gob.mx/obra,8 a 15,20/06/2026"
    drop(root, "presupuesto_participativo/directorio_2026T2.csv", header, f"DEP-1,{row}", f"DEP-2,{row}")
    run(root, "pamga receive", PAMGA_HOY="2026-07-10")
    for file, lines in chosen.edits:
        edit(root, file, lines)
    run(root, chosen.commands)
    assert chosen.files_by_hand == {
        "ingest/contracts/directorio.yaml",
        "dbt_project/models/marts/mi_barrio_habla/directorio.sql",
        "dbt_project/conjuntos/mi_barrio_habla/directorio.yaml",
    }

    drop(
        root,
        "presupuesto_participativo/directorio_2026T3.csv",
        f"{header},red_social",
        f"DEP-2,{row},https://www.ejemplo.mx/obra",
    )
    run(root, "pamga receive && pamga build", PAMGA_HOY="2026-10-20")
    built = table(root / "data" / "runs" / "latest" / "candidate", "directorio")
    assert [(entry["dependencia_id"], entry["red_social"]) for entry in built] == [
        ("DEP-1", ""),
        ("DEP-2", "https://www.ejemplo.mx/obra"),
    ]


def test_add_a_check(tmp_path: Path) -> None:
    root, chosen = copy_of_the_repository(tmp_path), recipe("Add a check")
    run(root, f"python - <<'END'\n{CANDIDATE}\nEND\n")
    for file, lines in chosen.edits:
        edit(root, file, lines)
    assert "name: talleres.realizado_con_sede" in run(root, chosen.commands)
    assert changed_files(root) == chosen.files_by_hand == {"quality/checks.yaml"}
    assert run(root, f"python - <<'END'\n{PROVE_CHECK}\nEND\n").strip().endswith("[True]")


def add_chart(root: Path, width: int) -> None:
    """What an export leaves of a chart that somebody made in the browser: its file, and a row of its own in the dashboard."""
    assets = root / "dashboards" / "assets"
    chart = yaml.safe_load(
        (assets / "charts" / "datos_abiertos" / "llenado_de_las_presas.yaml").read_text(encoding="utf-8")
    )
    chart |= {"uuid": str(uuid.UUID(int=7)), "slice_name": "Las presas, otra vez"}
    board_path = assets / "dashboards" / "datos_abiertos.yaml"
    board = yaml.safe_load(board_path.read_text(encoding="utf-8"))
    board["position"]["GRID_ID"]["children"].append("ROW-nueva")
    board["position"]["ROW-nueva"] = {"type": "ROW", "children": ["CHART-nueva", "CHART-otra"]}
    for part, columns, title in (("CHART-nueva", width, chart), ("CHART-otra", 4, None)):
        shown = title or yaml.safe_load(
            (assets / "charts" / "datos_abiertos" / "llenado_de_las_presas.yaml").read_text(encoding="utf-8")
        )
        meta = {"width": columns, "height": 40, "sliceName": shown["slice_name"], "uuid": shown["uuid"]}
        board["position"][part] = {"type": "CHART", "meta": meta}
    new = assets / "charts" / "las_presas_otra_vez_00000000.yaml"
    for path, document in ((new, chart), (board_path, board)):
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")


def test_add_a_chart(tmp_path: Path) -> None:
    """The way through the browser itself is tests/dashboards/test_as_code.py; here what it leaves is accepted, and a row too wide is not."""
    root = copy_of_the_repository(tmp_path)
    chosen = recipe("Add a chart")
    assert chosen.files_by_hand == set()
    add_chart(root, width=8)
    run(root, chosen.commands)
    run(root, "git checkout -q .")
    add_chart(root, width=11)
    with pytest.raises(AssertionError, match="15 columns"):
        run(root, chosen.commands)
