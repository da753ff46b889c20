"""The contracts: valid ODCS 3.1, valid customProperties, understandable, and the facts of the plan's exports."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import open_data_contract_standard
import pytest
import yaml
from click.testing import CliRunner
from open_data_contract_standard.model import OpenDataContractStandard

from ingest.commands import contract as contract_command
from ingest.contract import (
    CONTRACTS_FOLDER,
    Contract,
    kept_contract,
    load_contract,
    load_contracts,
)
from ingest.generate import stale_files
from ingest.odcs import IN_COMMON, as_yaml, faults_of_own_words, whole
from pamga.errors import PamgaError
from pamga.plan import plan

PATHS = sorted(CONTRACTS_FOLDER.glob("*.yaml"))
CONTRACTS = load_contracts()


# The exports that offices deliver today: what is asserted of their shapes says nothing of one that is added.
OURS = {
    "actualizaciones_datos_abiertos", "acuerdos", "almacenamiento_presas", "areas_verdes", "asistencia_talleres",
    "banco_propuestas", "capacitaciones", "codigos_postales", "colonias", "comentarios_ciudadanos",
    "comite_seleccion", "directorio", "documentos", "elementos_interactivos", "encuestas_satisfaccion",
    "estaciones_calidad_aire", "eventos_mbh", "evidencias", "fases_proyecto", "incidencia_delictiva",
    "integrantes_cabildo", "localidades", "mediciones_aire", "mesas_trabajo", "municipio", "observaciones",
    "presas", "propuestas_cabildo", "proyectos_pp", "sesiones_escuela", "sesiones_rendicion", "talleres",
    "tianguis", "variables_datos_abiertos",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_contract_is_completed_to_valid_odcs_3_1(path: Path) -> None:
    schema = json.loads(resources.files(open_data_contract_standard).joinpath("schema.json").read_text())
    document = whole(path)
    assert document["apiVersion"] == "v3.1.0"
    assert [e.message for e in jsonschema.Draft201909Validator(schema).iter_errors(document)] == []
    OpenDataContractStandard.model_validate(document)
    assert faults_of_own_words(document) == []


WRITTEN = """
name: Obras
description: {purpose: Obras públicas., usage: Dice cuáles hay.}
dependencias: [implan]
entrega: parcial
dias_plazo: 20
properties:
- {name: obra_id, businessName: Clave, description: Clave de la obra., tipo: texto, primaryKey: true, examples: [O-1]}
- {name: dia, businessName: Día, description: Día de la obra., tipo: fecha, primaryKey: true, required: false, hecho: true}
- {name: enlace, businessName: Enlace, description: Dónde se ve., tipo: url, pattern: ^https, foreignKey: obras.obra_id}
- {common: latitud, encabezado: lat}
- {common: edad, minimum: 21}
"""


def written(folder: Path, text: str) -> Path:
    (folder / IN_COMMON).parent.mkdir()
    (folder / IN_COMMON).write_bytes((CONTRACTS_FOLDER / IN_COMMON).read_bytes())
    path = folder / "obras.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_once_is_completed(tmp_path: Path) -> None:
    """Types, formats, the key's order, what a key column has to be, what all contracts say and what a column has in common."""
    document = whole(written(tmp_path, WRITTEN))
    (table,) = document.pop("schema")
    columns = table.pop("properties")
    assert document == {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "obras", "version": "1.0.0", "status": "active", "name": "Obras",
        "domain": "pamga-leon", "description": {"purpose": "Obras públicas.", "usage": "Dice cuáles hay."},
        "customProperties": [
            {"property": "dependencias", "value": ["implan"]}, {"property": "entrega", "value": "parcial"}, {"property": "dias_plazo", "value": 20}
        ],
    }  # fmt: skip
    assert table == {"name": "obras", "logicalType": "object", "physicalType": "table"}
    assert columns[0] == {
        "name": "obra_id", "businessName": "Clave", "description": "Clave de la obra.", "logicalType": "string", "physicalType": "VARCHAR",
        "required": True, "primaryKey": True, "primaryKeyPosition": 1, "examples": ["O-1"],
        "customProperties": [{"property": "tipo", "value": "texto"}],
    }  # fmt: skip
    assert columns[1] == {
        "name": "dia", "businessName": "Día", "description": "Día de la obra.", "logicalType": "date", "physicalType": "DATE",
        "primaryKey": True, "primaryKeyPosition": 2,
        "customProperties": [{"property": "tipo", "value": "fecha"}, {"property": "hecho", "value": True}],
    }  # fmt: skip
    assert columns[2]["logicalTypeOptions"] == {"pattern": "^https", "format": "uri"}
    assert columns[2]["relationships"] == [{"type": "foreignKey", "to": "obras.obra_id"}]
    latitude = columns[3]
    assert latitude["physicalType"] == "DOUBLE"
    assert columns[4]["logicalTypeOptions"] == {"minimum": 21, "maximum": 120}
    assert latitude["customProperties"][-1] == {"property": "encabezado", "value": "lat"}
    assert faults_of_own_words({**document, "schema": [{"properties": columns}]}) == []


def test_a_whole_document_is_a_contract_too(tmp_path: Path) -> None:
    """What another program writes, and what versions were kept with before contracts were written short."""
    document = whole(CONTRACTS_FOLDER / "acuerdos.yaml")
    (tmp_path / "acuerdos.yaml").write_bytes(as_yaml(document))
    assert whole(tmp_path / "acuerdos.yaml") == document
    for part in (document, document["schema"][0]["properties"][0]):
        part["customProperties"].append({"property": "de_otro_dia", "value": ["x"]})
    otherwise = yaml.safe_dump(
        document, allow_unicode=True, sort_keys=False, width=80, default_flow_style=None
    ).encode()
    kept = kept_contract(otherwise)
    assert kept.columnas == load_contract("acuerdos").columnas
    assert kept.sha256 == hashlib.sha256(otherwise).hexdigest() != load_contract("acuerdos").sha256


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("tipo: texto", "tipo: text", "`tipo` of the column 'obra_id' is none of"),
        ("tipo: texto, ", "", "`tipo` of the column 'obra_id' is none of"),
        ("hecho: true", "echo: true", "'dia' says `echo`, which means nothing"),
        ("primaryKey", "primarykey", "'obra_id' says `primarykey`"),
        ("dias_plazo", "plazo", "it says `plazo`"),
        ("common: latitud", "common: latitude", "no column in common is called 'latitude'"),
        ("businessName: Clave, ", "", "the column 'obra_id' has no `businessName`"),
        ("name: Obras\n", "", "it has no `name`"),
        ("primaryKey: true", "primaryKey: true, primaryKeyPosition: 2", "the key have the positions 2, 2"),
        ("- {name: dia", "- dia\n- {name: dia", "column 2 is not made of words"),
        ("properties:", "properties: x\ntema:", "`properties` is no list"),
        (WRITTEN, "- x", "the file is not made of words"),
        (WRITTEN, "", "the file is not made of words"),
        ("{purpose:", "{purpose: [", "line"),
        ("hecho: true", "hecho: true, hecho: false", "`hecho` is said twice"),
        ("dias_plazo:", "dias_plazo: 9\ndias_plazo:", "`dias_plazo` is said twice"),
        ("hecho: true", "hecho: false", "`hecho` of the column 'dia' is `true` or is not said"),
        ("hecho: true", "hecho: 'sí'", "`hecho` of the column 'dia' is `true` or is not said"),
        (
            "tipo: texto, ",
            "tipo: texto, texto_libre: true, moderado: true, ",
            "'obra_id' needs the columns 'publicable' and 'revisado'",
        ),
        (
            "tipo: texto, ",
            "tipo: texto, seudonimo: true, seudonimo_de: [[nombre]], ",
            "'obra_id' names 'nombre', which is no `personal`",
        ),
        ("[implan]", "[implan, imju]", "several offices deliver it"),
        (
            "[implan]\nentrega: parcial",
            "[implan, imju]\nentrega: completa\nclave_por_dependencia: true",
            "several offices deliver it",
        ),
        ("- {name: dia", "- common: latitud\n- common: latitud\n- {name: dia", "names a column twice"),
    ],
)
def test_a_contract_that_cannot_be_completed_says_where(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    with pytest.raises(PamgaError, match=f"(?s)obras.yaml: .*{said}"):
        whole(written(tmp_path, WRITTEN.replace(right, wrong, 1)))


def test_the_command_prints_the_whole_document() -> None:
    printed = CliRunner().invoke(contract_command, ["acuerdos"])
    assert printed.exit_code == 0 and printed.stdout_bytes == load_contract("acuerdos").content
    assert yaml.safe_load(printed.stdout) == whole(CONTRACTS_FOLDER / "acuerdos.yaml")
    assert "acuerdos" in str(CliRunner().invoke(contract_command, ["acuerdo"]).exception)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.export)
def test_contract_is_consistent(contract: Contract) -> None:
    names = [column.nombre for column in contract.columnas]
    assert len(set(names)) == len(names)
    assert contract.key_columns and set(contract.key_columns) <= set(names)
    for column in contract.columnas:
        for group in column.seudonimo_de:
            assert all(contract.column(name).personal for name in group)
        if column.valores_por_dependencia:
            assert set(column.valores_por_dependencia) == set(contract.dependencias)
            said = [value for values in column.valores_por_dependencia.values() for value in values]
            assert sorted(said) == sorted(column.valores)
        if column.referencia:
            export, _, name = column.referencia.partition(".")
            assert load_contract(export).column(name).tipo == column.tipo
        assert (column.hecho, column.futura).count(True) == (column.tipo == "fecha"), column.nombre


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.export)
def test_every_column_is_explained_in_spanish_with_an_example(contract: Contract) -> None:
    for column in contract.columnas:
        assert len(column.descripcion) > 10 and column.descripcion.endswith("."), column.nombre
        assert column.titulo and column.titulo[0].isupper(), column.nombre
        assert column.ejemplo is not None or column.tipo == "geometria", column.nombre
        if column.nombre.endswith(("_mxn", "_m2", "_hm3", "_pct")):
            assert column.unidad, column.nombre


def test_the_examples_are_accepted_by_their_own_contract() -> None:
    from datetime import date

    from ingest.checks.cells import Style, judge_cell

    for contract in CONTRACTS.values():
        for column in contract.columnas:
            if column.ejemplo is None or column.personal:
                continue
            office = contract.dependencias[-1]
            verdict = judge_cell(column, column.ejemplo, False, date(2027, 12, 31), column.allowed(office), Style())
            assert verdict.regla is None, (contract.export, column.nombre, verdict)


def test_the_plan_s_exports_keep_their_shape() -> None:
    """Facts of the interface with the departments: a change here breaks their files."""
    assert "banco_propuestas" in CONTRACTS  # Annex 2 of the plan
    acuerdos = load_contract("acuerdos")
    assert acuerdos.lake_columns == {
        "acuerdo_id": "VARCHAR", "evento_id": "VARCHAR", "fecha_acuerdo": "DATE", "tipo": "VARCHAR", "tema": "VARCHAR",
        "dependencia": "VARCHAR", "descripcion": "VARCHAR", "folio_sac": "VARCHAR", "colonia": "VARCHAR", "latitud": "DOUBLE",
        "longitud": "DOUBLE", "fecha_finalizacion": "DATE", "publicable": "BOOLEAN", "revisado": "BOOLEAN",
        "descripcion_reservado": "VARCHAR", "baja": "BOOLEAN", "fila": "BIGINT",
    }  # fmt: skip
    assert load_contract("documentos").clave == ("dependencia_que_entrega", "documento_id")
    assert load_contract("evidencias").clave == ("dependencia_que_entrega", "evidencia_id")
    assert load_contract("tianguis").clave == ("origen_id", "nombre", "colonia", "dia", "calle")
    ours = {name: contract for name, contract in CONTRACTS.items() if name in OURS}
    assert set(ours) == OURS
    whole = {name for name, contract in ours.items() if contract.entrega == "completa"}
    assert whole == {
        "colonias", "municipio", "localidades", "codigos_postales", "estaciones_calidad_aire", "presas", "tianguis"
    }  # fmt: skip

    def columns(flag: str) -> set[str]:
        return {f"{e}.{c.nombre}" for e, contract in ours.items() for c in contract.columnas if getattr(c, flag)}

    assert columns("personal") == {
        "asistencia_talleres.nombre", "asistencia_talleres.telefono", "asistencia_talleres.correo", "acuerdos.solicitante",
        "comite_seleccion.nombre", "integrantes_cabildo.nombre", "comentarios_ciudadanos.remitente",
    }  # fmt: skip
    assert columns("moderado") == {
        "acuerdos.descripcion", "comentarios_ciudadanos.comentario", "comentarios_ciudadanos.respuesta",
        "observaciones.observacion", "observaciones.respuesta", "observaciones.ajuste_acordado",
    }  # fmt: skip
    assert columns("seudonimo") == {"asistencia_talleres.asistente_id", "integrantes_cabildo.integrante_id"}
    assert columns("futura") == {
        "capacitaciones.fecha_programada", "elementos_interactivos.fecha_programada", "fases_proyecto.fecha_programada",
        "mesas_trabajo.fecha_programada", "observaciones.fecha_compromiso", "proyectos_pp.fecha_entrega_programada",
        "sesiones_escuela.fecha_programada", "talleres.fecha_programada",
    }  # fmt: skip
    assert CONTRACTS.keys() >= plan().fuentes.keys()


def test_generated_files_are_fresh() -> None:
    assert stale_files() == [], "run python -m ingest.generate"


def test_a_stale_generated_file_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from ingest import generate

    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert stale_files() == list(generate.generated_files())
    for path, content in generate.generated_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    assert stale_files() == []
    (tmp_path / "pamga" / "exports.json").write_text("{}")
    assert stale_files() == [tmp_path / "pamga" / "exports.json"]


def test_a_generated_model_of_an_export_that_is_gone_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from ingest import dbt_models, generate

    monkeypatch.setattr(generate, "ROOT", tmp_path)
    folder = tmp_path / dbt_models.STANDING
    folder.mkdir(parents=True)
    (folder / "int_desaparecida_vigente.sql").write_text(f"-- {generate.NOTICE}\nselect 1\n")
    (folder / "int_hecha_a_mano_vigente.sql").write_text("select 1\n")
    assert generate.orphaned_files() == [folder / "int_desaparecida_vigente.sql"]


def test_no_contract_names_a_path_or_a_registry() -> None:
    for path in PATHS:
        assert not re.search(r"/home/|/tmp/|pypi", path.read_text())
