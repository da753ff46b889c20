"""Another municipality's plan, walked from dropped files to a published release (docs/decisions/another-city.md says what is replaced)."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.recipes import copy_of_the_repository, run

pytestmark = pytest.mark.slow

CITY = Path(__file__).parent / "another_city"
KEPT = (
    "banco_propuestas", "colonias", "comentarios_ciudadanos", "documentos", "evidencias", "fases_proyecto", "municipio", "observaciones",
    "sesiones_rendicion",
)  # fmt: skip
OF_LEON = ("mi_barrio_habla", "presupuesto_participativo", "cabildo_abierto_juvenil", "datos_abiertos", "temas")
HERE = {  # in the contracts that are kept
    r"(?m)^dependencias: .*": "dependencias: [contraloria]", "León": "Valle Azul", "11020": "26901", r"contiene: .*": "contiene: [-110.0, 29.1]",
}  # fmt: skip
WORDS_OF_LEON = re.compile(r"León|Guanajuato|leon\b|Mi Barrio Habla|\b(DA|PP|MBH|CAJ)-\d")


def replace_the_city(root: Path) -> None:
    """What another-city.md lists, and nothing else."""
    shutil.copytree(CITY / "plan", root / "plan", dirs_exist_ok=True)
    contracts, dbt = root / "ingest" / "contracts", root / "dbt_project"
    for path in contracts.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for pattern, words in HERE.items():
            text = re.sub(pattern, words, text)
        path.write_text(text, encoding="utf-8") if path.stem in KEPT else path.unlink()
    shutil.copytree(CITY / "contracts", contracts, dirs_exist_ok=True)
    (contracts / "evolution.json").write_text("{}", encoding="utf-8")
    for layer in ("models/intermediate", "models/marts", "conjuntos"):
        folders = [dbt / layer / name for name in OF_LEON]
        own = [path for folder in folders for path in folder.glob("*") if not path.name.startswith("int_documentos_")]
        own += [
            path
            for name in ("territorio_*", "mapa_*", "int_cifras_por_lugar.sql")
            for path in (dbt / layer / "territorio").glob(name)
        ]
        for path in own:
            if path.name != "_datos_abiertos.yml":
                path.unlink()
    for path in (dbt / "models").rglob("_*.yml"):
        text = path.read_text(encoding="utf-8")
        path.unlink() if path.name.startswith("_pruebas") else path.write_text(
            text.partition("unit_tests:")[0], encoding="utf-8"
        )
    for kind in ("dashboards", "charts"):
        for name in OF_LEON:
            path = root / "dashboards" / "assets" / kind / name
            shutil.rmtree(path) if path.is_dir() else path.with_suffix(".yaml").unlink(missing_ok=True)


def drop(root: Path, name: str, *rows: str) -> None:
    path = root / "data" / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_another_city_s_plan_is_published_without_a_word_of_leon(tmp_path: Path) -> None:
    root = copy_of_the_repository(tmp_path)
    replace_the_city(root)
    done = [f"F-{n},Mina,{n:02d}/05/2028,{'' if n % 4 == 0 else f'{n + 5:02d}/05/2028'},Centro" for n in range(1, 21)]
    drop(root, "agua/fugas_2028T2.csv", "fuga_id,calle,reportada,reparada,colonia", *done)
    drop(
        root,
        "agua/fugas_2029T1.csv",
        "fuga_id,calle,reportada,reparada,colonia",
        "G-1,Luz,01/02/2029,08/02/2029,Loma",
        "G-2,Luz,01/02/2029,,Loma",
    )
    answers = [f"S-{n},{n:02d}/01/2029,{'No' if n % 5 == 0 else 'Sí'}" for n in range(1, 11)]
    drop(root, "contraloria/solicitudes_2029T1.csv", "folio,recibida,respondida", *answers)
    drop(
        root, "contraloria/documentos_2028T2.csv",
        "documento_id,indicador,ejercicio,titulo,fecha_validacion,organos_validadores,fecha_publicacion,url_publicacion",
        "D-1,TR-2,2028,Manual,01/05/2028,cabildo,10/05/2028,https://valle.example/manual.pdf", "D-2,MV-1,2028,Plan,01/05/2028,,,",
    )  # fmt: skip
    run(root, "make -s generated && pamga run", PAMGA_HOY="2029-04-20")

    release = root / "data" / "releases" / "current"
    assert release.resolve().name == "2029T1-r01"
    with (release / "data" / "indicadores_trimestre.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["trimestre"] == "2029T1"]
    figures = {(r["indicador"], r["ejercicio"]): (r["numerador"], r["denominador"], r["estado"]) for r in rows}
    assert figures["AGUA-1", "2028"] == ("15", "20", "incumplida")
    assert figures["AGUA-2", "2028"] == ("15", "20", "incumplida"), "five days are in time"
    assert figures["AGUA-2", "2029"] == ("0", "2", "en_proceso"), "seven are not"
    assert figures["AGUA-3", "2029"] == ("1", "15", "en_proceso")
    assert figures["MV-2", "2028"] == ("1", "1", "cumplida")
    assert figures["TR-1", "2029"] == ("8", "10", "en_meta")
    assert figures["TR-2", "2028"] == ("1", "1", "cumplida")
    assert figures["MV-1", "2028"] == ("0", "1", "incumplida")
    assert (release / "valleazul.duckdb").exists()
    pages = [
        path for path in release.rglob("*") if path.suffix in (".html", ".json", ".jsonld", ".ttl", ".csv", ".txt")
    ]
    said = {
        path.relative_to(release).as_posix(): [
            line for line in path.read_text(encoding="utf-8").splitlines() if WORDS_OF_LEON.search(line)
        ]
        for path in pages
    }
    # the examples of the dictionary are texts of conjuntos/, which a city writes for itself
    found = [
        (name, line)
        for name, lines in said.items()
        for line in lines
        if not re.search(r'"(ejemplo|example)": |data-columna="Ejemplo"', line)
    ]
    assert found == []
