"""The dbt models that follow from a contract: staging, versions, standing state, and the mart of an export that is published as it is.

They are files of the dbt project, each marked as generated: lineage, documentation, linters and a fresh clone see them as any
other model. `python -m ingest.generate` writes them, removes those of an export that is gone, and says with `--check`
which are stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from ingest.contract import DELIVERING_OFFICE, RESERVED, Column, Contract
from ingest.odcs import PUBLISHABLE, REVIEWED

ROOT = Path(__file__).resolve().parent.parent
MODELS = Path("dbt_project") / "models"
STAGING = MODELS / "staging" / "exports"
VERSIONS = MODELS / "intermediate" / "versiones"
STANDING = MODELS / "intermediate" / "vigente"
AS_IT_IS = MODELS / "marts" / "tal_cual"
FOLDERS = (STAGING, VERSIONS, STANDING, AS_IT_IS)
LIST = Path("dbt_project") / "macros" / "exportaciones.sql"
DESCRIPTIONS = "_exportaciones.yml"

LONGEST_LIST = 80
TEMPLATE = re.compile(r"\{[{%#]")
NAME = re.compile(r"[a-z][a-z0-9_]*")
OFFICE = "dependencia"
"""Name under which a published dataset says who delivered a row, where that is part of its key."""
PUBLISHED_UNITS = {
    "hm³": "hectómetros cúbicos",
    "m²": "metros cuadrados",
    "%": "porcentaje",
    "MXN": "pesos",
    "habitantes": "personas",
}
"""How a contract's unit is written out for whoever reads the dataset."""
NO_UNIT = ("año", "la que dice unidad")

HOW_IT_IS_REPLACED = {
    "parcial": "Delivery parcial: a row stands until its key comes again.",
    "completa": "Delivery completa: a delivery replaces the one before it.",
}


def staged_columns(contract: Contract) -> Iterator[str]:
    """The select list of the staging model: the lake's columns in the contract's order, moderated texts as they may be shown."""
    for column in contract.columnas:
        if not column.in_lake:
            continue
        if column in contract.moderated:
            yield f"{{{{ texto_moderado('{column.nombre}') }}}}"
            yield f"{{{{ texto_reservado('{column.nombre}') }}}}"
        elif column.sin_valor:
            yield f"{_null_where(column)} as {column.nombre}"
        else:
            yield column.nombre
    if contract.entrega == "parcial":
        yield "baja"
    yield "entrega_dependencia"
    yield "entrega_trimestre"
    yield "{{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice"
    yield "entrega_version"
    yield "fila"


def _in_lines(parts: list[str], *, indent: int, before: str = "") -> str:
    """A list on the line that it stands on, or a line for each part where that would be too long."""
    line = before + ", ".join(parts)
    if len(line) <= LONGEST_LIST:
        return line
    blank = "\n" + " " * indent
    return blank + f",{blank}".join(parts) + ("" if before else "\n")


def _null_where(column: Column) -> str:
    sql = column.nombre
    for written in column.sin_valor:
        quoted = written.replace("'", "''")
        sql = f"nullif({sql}, '{quoted}')"
    return sql


def key(contract: Contract) -> list[str]:
    """The business key as the warehouse's columns name it."""
    return ["entrega_dependencia" if name == DELIVERING_OFFICE else name for name in contract.clave]


def staging_sql(contract: Contract) -> str:
    """stg_<export>: names and types, and which texts may be shown; nothing else."""
    selected = ",\n        ".join(staged_columns(contract))
    return f"""with

source as (

    select * from {{{{ source('lake', '{contract.export}') }}}}

),

renamed as (

    select
        {selected}
    from source

)

select * from renamed
"""


def versions_sql(contract: Contract) -> str:
    """int_<export>_versiones: each version of a row with the quarters in which it is the state."""
    staged = f"ref('stg_{contract.export}')"
    if contract.entrega == "completa":
        return f"{{{{ versiones_de_entrega_completa({staged}, '{contract.export}') }}}}\n"
    keys = _in_lines([repr(name) for name in key(contract)], indent=4)
    return f"{{{{ versiones_de_entrega_parcial({staged}, [{keys}]) }}}}\n"


def standing_sql(contract: Contract) -> str:
    """int_<export>_vigente: the state as of the last delivery."""
    return f"{{{{ estado_vigente(ref('int_{contract.export}_versiones')) }}}}\n"


def refusals(contract: Contract, models: Path = ROOT / MODELS) -> list[str]:
    """Why dbt models cannot be made of an export, or it cannot be published as it is; empty when they can."""
    found = [
        f"{contract.export}: `{name}` cannot name {what} in SQL: lower-case letters, digits and _, and no word of the language."
        for name, what in ((contract.export, "a table"), *((column.nombre, "a column") for column in contract.columnas))
        if not NAME.fullmatch(name) or name in _reserved_words()
    ]
    texts = [contract.titulo, contract.descripcion]
    texts += [text or "" for c in contract.columnas for text in (c.descripcion, c.descripcion_publica)]
    braces = filter(TEMPLATE.search, texts)
    found += [f"{contract.export}: dbt would read the braces in «{text}» as its own." for text in braces]
    return found + (_unpublishable(contract, models) if contract.tal_cual else [])


@cache
def _reserved_words() -> frozenset[str]:
    with duckdb.connect() as connection:
        query = "select keyword_name from duckdb_keywords() where keyword_category = 'reserved'"
        rows = connection.execute(query).fetchall()
    return frozenset(word for (word,) in rows)


def _unpublishable(contract: Contract, models: Path) -> list[str]:
    where = f"{contract.export}: `publicar: tal_cual`"
    found = [
        f"{where} of rows that are people ({column.nombre}): publish what may be counted of them, in a mart of its own."
        for column in contract.columnas
        if column.personal or column.seudonimo
    ]
    if contract.filas_de_personas:
        found.append(f"{where} of rows that are people: publish what may be counted of them, in a mart of its own.")
    if DELIVERING_OFFICE in contract.clave and OFFICE in contract.names:
        found.append(
            f"{where} needs the column {OFFICE} to say who delivered a row, and the export has one of its own."
        )
    if sum(column.tipo == "geometria" for column in contract.columnas) > 1:
        found.append(f"{where} with more than one geometry: a published dataset lies in one place.")
    own = [
        path for path in models.rglob(f"{contract.export}.sql") if path.parent != models / AS_IT_IS.relative_to(MODELS)
    ]
    found += [
        f"{where}, and {path.name} in {path.parent.name}/ has that name already: it is one or the other."
        for path in own
    ]
    if len(contract.clave) == 1 and not contract.column(contract.clave[0]).obligatoria:
        found.append(f"{where} with a key ({contract.clave[0]}) that may be empty: the column is `required`.")
    published = {entry["name"] for entry in _published_columns(contract)}
    named = [contract.conjunto.columna_periodo, *contract.conjunto.columna_cobertura]
    found += [
        f"{where}: `conjunto` names {name}, which is not published." for name in named if name and name not in published
    ]
    return found


def _published_key(contract: Contract) -> list[str]:
    return [OFFICE if name == DELIVERING_OFFICE else name for name in contract.clave]


def _published_order(contract: Contract) -> list[str]:
    """The key as rows are sorted by it; where a part of it may be empty, engines differ in where that stands unless it is said."""
    required = {column.nombre for column in contract.columnas if column.obligatoria} | {OFFICE}
    return [name if name in required else f"{name} nulls last" for name in _published_key(contract)]


def _published_columns(contract: Contract) -> Iterator[dict[str, Any]]:
    """The dbt description of each column of the published dataset, in order."""
    keys = _published_key(contract)
    if DELIVERING_OFFICE in contract.clave:
        yield _column_entry(OFFICE, "varchar", "Clave de la dependencia que la entregó.", {}, required=True)
    for column in contract.columnas:
        if not column.in_lake or (contract.moderated and column.nombre in (PUBLISHABLE, REVIEWED)):
            continue
        meta: dict[str, Any] = {}
        if column.unidad and column.unidad not in NO_UNIT:
            meta["unidad"] = PUBLISHED_UNITS.get(column.unidad, column.unidad)
        if column.valores and column.tipo == "categoria":
            meta["valores"] = list(column.valores)
        if column.ejemplo_publico:
            meta["ejemplo"] = column.ejemplo_publico
        required = column.nombre in keys and column.obligatoria
        said = column.descripcion_publica or column.descripcion
        yield _column_entry(column.nombre, column.lake_type.lower(), said, meta, required=required)
        if column in contract.moderated:
            name = column.nombre + RESERVED
            why = f"Por qué no está «{column.titulo}»: sin_autorizacion o datos_personales; vacía si está o no lo hubo."
            yield _column_entry(name, "varchar", why, {}, required=False)


def _column_entry(
    name: str, sql_type: str, description: str, meta: dict[str, Any], *, required: bool
) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "data_type": sql_type, "description": description}
    entry["config"] = {"meta": {"publico": True, **meta}}
    if required:
        entry["constraints"] = [{"type": "not_null"}]
    return entry


def mart_sql(contract: Contract) -> str:
    """The mart of an export that is published as it is: its standing rows, in the order of their key."""
    selected = ",\n        ".join(
        f"entrega_dependencia as {OFFICE}" if name == OFFICE and DELIVERING_OFFICE in contract.clave else name
        for name in (entry["name"] for entry in _published_columns(contract))
    )
    return f"""with

vigente as (

    select * from {{{{ ref('int_{contract.export}_vigente') }}}}

),

publicable as (

    select
        {selected}
    from vigente

)

select * from publicable
order by{_in_lines(_published_order(contract), indent=4, before=" ")}
"""


def mart_description(contract: Contract) -> dict[str, Any]:
    """The mart's contract, key test and Spanish words, all of them the contract's own."""
    dataset, keys = contract.conjunto, _published_key(contract)
    every = "sin_periodicidad" if contract.entrega == "completa" else "trimestral"
    meta = {
        "publico": True,
        "titulo": dataset.titulo or contract.titulo,
        "tema": dataset.tema or contract.tema,
        "palabras_clave": list(dataset.palabras_clave or (dataset.titulo or contract.titulo,)),
        "periodicidad": dataset.periodicidad or every,
        "llave": keys,
        "columna_periodo": dataset.columna_periodo,
        "geometria": contract.geometry_column,
        "fuentes": [contract.export],
    }
    if dataset.columna_cobertura:
        meta["columna_cobertura"] = list(dataset.columna_cobertura)
    return {
        "name": contract.export,
        "description": dataset.descripcion or contract.descripcion,
        "config": {"contract": {"enforced": True}, "meta": meta},
        "data_tests": [{"clave_unica": {"arguments": {"columnas": keys}}}],
        "columns": list(_published_columns(contract)),
    }


def descriptions(contracts: dict[str, Contract]) -> dict[Path, dict[str, Any]]:
    """Path -> the dbt description of the models that were generated beside it."""
    staged, versions, standing = [], [], []
    for export, contract in contracts.items():
        said = f"Rows of `{export}` in the standing deliveries, one row per accepted row."
        staged.append({"name": f"stg_{export}", "description": said})
        said = f"Every version of a row of `{export}` with the quarters [vigente_desde, vigente_hasta) in which it is the state."
        said += f" {HOW_IT_IS_REPLACED[contract.entrega]}"
        meta = {"llave": [*key(contract), "vigente_desde"]}
        versions.append({"name": f"int_{export}_versiones", "description": said, "config": {"meta": meta}})
        said = f"State of `{export}` as of its last delivery, one row per key."
        meta = {"llave": key(contract)}
        standing.append({"name": f"int_{export}_vigente", "description": said, "config": {"meta": meta}})
    marts = [mart_description(contract) for contract in contracts.values() if contract.tal_cual]
    return {
        folder / DESCRIPTIONS: {"version": 2, "models": models}
        for folder, models in ((STAGING, staged), (VERSIONS, versions), (STANDING, standing), (AS_IT_IS, marts))
    }


def models(contracts: dict[str, Contract]) -> dict[Path, str]:
    """Path -> SQL of every model that follows from a contract."""
    written = {}
    for export, contract in contracts.items():
        written[STAGING / f"stg_{export}.sql"] = staging_sql(contract)
        written[VERSIONS / f"int_{export}_versiones.sql"] = versions_sql(contract)
        written[STANDING / f"int_{export}_vigente.sql"] = standing_sql(contract)
        if contract.tal_cual:
            written[AS_IT_IS / f"{export}.sql"] = mart_sql(contract)
    return written


def _place_columns(contract: Contract) -> list[str]:
    """The columns that say where a row is, by which it is joined to its place; a shape does where there is a name beside it."""
    names = {column.nombre for column in contract.columnas}
    if "colonia" not in names and not {"latitud", "longitud"} <= names:
        return []
    said = ["colonia", "latitud", "longitud", *(["geometria"] if "colonia" in names else [])]
    return [name for name in said if name in names]


def exports_macro(contracts: dict[str, Contract]) -> str:
    """What models and tests that look at every export loop over: a macro that gives the exports and what their contracts say."""
    entries = []
    for export, contract in contracts.items():
        facts = {
            "export": export,
            "clave": key(contract),
            "llave": "null" if contract.about_people else contract.key_columns[0],
            "entrega": contract.entrega,
            "fijas": [column.nombre for column in contract.columnas if column.fija],
            "referencias": [[c.nombre, *c.referencia.split(".")] for c in contract.columnas if c.referencia],
            "lugar": _place_columns(contract),
        }
        entries.append(f"    {facts!r},")
    lines = "\n".join(entries)
    return (
        f"{{% macro exportaciones() %}}\n{{% set todas = [\n{lines}\n] %}}\n{{{{ return(todas) }}}}\n{{% endmacro %}}\n"
    )
