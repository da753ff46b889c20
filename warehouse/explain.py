"""From a published figure to the deliveries behind it and to the rows that count: `pamga explain <indicador> <ejercicio> 2026T3`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.engine import connect
from pamga.errors import PamgaError, UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import exclusive_lock, read_json
from warehouse.build import LATEST, rebuild
from warehouse.lake import WAREHOUSE
from warehouse.lock import LOCK_NAME

FACTS = "int_hechos"  # what is counted (models/intermediate/indicadores/int_hechos.sql)
MANIFEST = Path("dbt/manifest.json")
LOG_MODEL = "int_bitacora_de_variables"  # an indicator whose rows come by way of it counts our own publications too
PEOPLE = "personas"  # `se_cuentan` of an indicator that counts each person once, however many of their rows count
FIGURE = ("numerador", "denominador", "valor", "valor_al_vencimiento", "estado")

Progress = Callable[[str], None]

# Facts at one point of evaluation, as macros/indicadores/contar.sql counts them; those of one row are one.
ROWS = f"""
select
    llave,
    entrega_dependencia as dependencia,
    entrega_trimestre as trimestre,
    entrega_version as version,
    fila,
    coalesce(bool_or(fecha_denominador <= $dia), false) as en_denominador,
    coalesce(bool_or(fecha_numerador <= $dia), false) as en_numerador
from intermediate.{FACTS}
where
    indicador = $indicador
    and lectura = ''
    and ejercicio = $ejercicio
    and vigente_desde <= $estado
    and vigente_hasta > $estado
    and (fecha_hasta is null or fecha_hasta >= $dia)
    and (fecha_denominador <= $dia or fecha_numerador <= $dia)
group by all
order by trimestre, dependencia, version, fila, llave
"""


@dataclass(frozen=True)
class Point:
    """Where an indicator is evaluated: on the state as of a quarter, at a day."""

    estado: Quarter
    dia: date


@dataclass(frozen=True)
class Warehouse:
    """The warehouse of one run; `published` and `current` say what became of its release."""

    folder: Path
    release: str
    published: bool
    current: bool


def explain(
    settings: Settings,
    indicador: str,
    ejercicio: int,
    trimestre: str,
    rows: bool = False,
    release: str | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Everything behind the value of a target at a quarter (rules.md, "Value of an indicator").

    The document has the figure, the rule in words, the standing deliveries that it was counted from (file, sha256, received,
    version, and how many of the rows that count each one holds), the entries of the publication log where the rule reads it and,
    with `rows`, the rows themselves; the same for the value on the due day once that has come. `release`: the publication whose
    value is meant, by default the current one. Raises UsageError for a target or quarter without a figure and for an unknown
    release, PamgaError when a pruned run cannot be made again.
    """
    with (
        _warehouse(settings, release, progress) as warehouse,
        connect(settings, warehouse.folder / WAREHOUSE, read_only=True) as connection,
    ):
        figure = _figure(connection, indicador, ejercicio, trimestre)
        at_due = {
            "valor_texto": figure.pop("valor_al_vencimiento_texto"),
            "numerador": figure.pop("numerador_al_vencimiento"),
            "denominador": figure.pop("denominador_al_vencimiento"),
        }
        quarter = Quarter.parse(trimestre)
        document = {
            "release": warehouse.release,
            "publicado": warehouse.published,
            "vigente": warehouse.current,
            **figure,
            "regla": _rule(connection, indicador),
            **_counted(connection, warehouse, figure, Point(quarter, figure["fecha_corte"]), rows),
        }
        _name_originals(settings, document["entregas"])
        if figure["vence"] <= figure["fecha_corte"]:
            due = Point(Quarter.containing(figure["vence"]), figure["vence"])
            document["al_vencimiento"] = {
                "estado_del_trimestre": str(due.estado),
                "dia": due.dia,
                "valor": figure["valor_al_vencimiento"],
                **at_due,
                **_counted(connection, warehouse, figure, due, rows),
            }
            _name_originals(settings, document["al_vencimiento"]["entregas"])
    return document


@contextmanager
def _warehouse(settings: Settings, release: str | None, progress: Progress) -> Iterator[Warehouse]:
    """The warehouse of a release, by default of the current one; before the first release, of the newest candidate.

    Runs are pruned and releases are not: a run that is gone is built again from the release's own lock.
    """
    layout = settings.layout
    if release is None:
        lock_path = layout.current / LOCK_NAME
        if not lock_path.exists():
            lock_path = layout.run(LATEST) / LOCK_NAME
        if not lock_path.exists():
            raise PamgaError("Nothing has been built yet.", "Run `pamga build` first.")
    else:
        lock_path = layout.release(release) / LOCK_NAME
        if not lock_path.exists():
            raise UsageError(f"There is no release {release}.", f"Choose one of the folders in {layout.releases}.")
    lock = Lock.read(lock_path)
    published = layout.release(lock.release)
    found = Warehouse(
        layout.run(lock.run), lock.release, published.exists(), layout.current.resolve() == published.resolve()
    )
    if (found.folder / WAREHOUSE).exists() and _has_facts(settings, found.folder / WAREHOUSE):
        yield found
        return
    progress(f"La corrida de {found.release} se depuró: se vuelve a construir")
    with exclusive_lock(layout.locks / "build.lock"):
        working = layout.runs / ".explain"
        try:
            rebuild(settings, lock_path, working)
            again = Warehouse(working, found.release, found.published, found.current)
            if found.published:
                _require_same_figures(settings, again, published, lock.code.commit)
            yield again
        finally:
            shutil.rmtree(working, ignore_errors=True)


def _has_facts(settings: Settings, warehouse: Path) -> bool:
    """Whether code that kept what it counted built this warehouse; one of before is treated as pruned."""
    with connect(settings, warehouse, read_only=True) as connection:
        found = connection.execute("select 1 from information_schema.tables where table_name = ?", [FACTS]).fetchone()
    return found is not None


def _require_same_figures(settings: Settings, warehouse: Warehouse, published: Path, commit: str | None) -> None:
    """What was built again must say what was published; other code may count otherwise."""
    with connect(settings, warehouse.folder / WAREHOUSE, read_only=True) as connection:
        columns = ", ".join(("indicador", "ejercicio", "trimestre", *FIGURE))
        differing = connection.execute(
            f"select count(*) from (select {columns} from read_parquet(?) except select {columns} from marts.indicadores_trimestre)",
            [str(published / "data" / "indicadores_trimestre.parquet")],
        ).fetchone()
    if differing is None or differing[0]:
        raise PamgaError(
            f"The run behind release {warehouse.release} was pruned, and today's code counts it otherwise.",
            f"Check out {commit} and ask again." if commit else "Ask again with the code that published it.",
        )


def _figure(connection: duckdb.DuckDBPyConnection, indicador: str, ejercicio: int, trimestre: str) -> dict[str, Any]:
    found = connection.execute(
        """
        select
            t.*, b.nombre, b.responsables, b.meta_texto, b.valor_texto, b.situacion, b.valor_al_vencimiento_texto, b.dictamen_texto,
            e.numerador_al_vencimiento, e.denominador_al_vencimiento
        from marts.indicadores_trimestre as t
        inner join marts.tablero_indicadores as b using (indicador, ejercicio, trimestre)
        inner join intermediate.int_indicadores_evaluados as e using (indicador, ejercicio, trimestre)
        where t.indicador = ? and t.ejercicio = ? and t.trimestre = ?
        """,
        [indicador, ejercicio, trimestre],
    ).df()
    if found.empty:
        targets = connection.execute("select ejercicio from marts.metas where indicador = ? order by 1", [indicador])
        years = ", ".join(str(row[0]) for row in targets.fetchall())
        quarters = connection.execute("select min(trimestre), max(trimestre) from marts.indicadores_trimestre")
        first, last = quarters.fetchone() or (None, None)
        raise UsageError(
            f"There is no figure for {indicador} {ejercicio} {trimestre}.",
            f"Targets of {indicador} are for {years}; quarters run from {first} to {last}."
            if years
            else f"Indicators are written as in the plan: {_codes(connection)}.",
        )
    return _plain(found)[0]


def _codes(connection: duckdb.DuckDBPyConnection) -> str:
    found = connection.execute("select string_agg(indicador, ', ' order by orden) from seeds.matriz_indicadores")
    return str((found.fetchone() or ("",))[0])


def _rule(connection: duckdb.DuckDBPyConnection, indicador: str) -> dict[str, Any]:
    return _plain(
        connection.execute(
            """
            select
                formula,
                que_cuenta_el_numerador as numerador,
                que_cuenta_el_denominador as denominador,
                decisiones,
                medio_verificacion
            from marts.indicadores
            where indicador = ?
            """,
            [indicador],
        ).df()
    )[0]


def _counted(
    connection: duckdb.DuckDBPyConnection, warehouse: Warehouse, figure: dict[str, Any], point: Point, rows: bool
) -> dict[str, Any]:
    """Deliveries behind the figure at a point, with how many of the rows that count are in each; the rows when asked for."""
    counted_from = _counted_from(connection, figure["indicador"])
    counting = rows_at(connection, figure["indicador"], figure["ejercicio"], point)
    export = counted_from["filas_de"]
    deliveries = _deliveries(connection, figure["indicador"], point)
    per_delivery = counting.groupby(["dependencia", "trimestre", "version"], as_index=False).agg(
        filas_en_numerador=("en_numerador", "sum"), filas_en_denominador=("en_denominador", "sum")
    )
    per_delivery["export"] = export
    joined = deliveries.merge(per_delivery, on=["export", "dependencia", "trimestre", "version"], how="left")
    joined = joined.fillna({"filas_en_numerador": 0, "filas_en_denominador": 0})
    joined = joined.astype({"filas_en_numerador": int, "filas_en_denominador": int})
    logged = _reads_the_log(warehouse, counted_from["relacion"])
    counted = {
        "filas_en_numerador": int(counting["en_numerador"].sum()),
        "filas_en_denominador": int(counting["en_denominador"].sum()),
        "entregas": _plain(joined),
        "bitacora": _log_entries(connection, point, counting["llave"].tolist()) if logged else [],
    }
    if counted_from["se_cuentan"] == PEOPLE:
        for where in ("en_numerador", "en_denominador"):
            counted[f"personas_{where}"] = int(counting[counting[where]]["llave"].nunique())
    if rows:
        counting.insert(0, "export", export)
        counted["filas"] = _plain(counting)
    return counted


def rows_at(connection: duckdb.DuckDBPyConnection, indicador: str, ejercicio: int, point: Point) -> pd.DataFrame:
    """The rows that count at a point, from the very facts that were counted."""
    return connection.execute(
        ROWS, {"indicador": indicador, "dia": point.dia, "ejercicio": ejercicio, "estado": point.estado.index}
    ).df()


def _reads_the_log(warehouse: Warehouse, relation: str) -> bool:
    """Whether the rows that are counted come by way of the publication log, by dbt's own lineage of this run."""
    nodes = read_json(warehouse.folder / MANIFEST)["nodes"]
    named = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
    return any(parent.endswith(f".{LOG_MODEL}") for parent in named[relation]["depends_on"]["nodes"])


def _log_entries(connection: duckdb.DuckDBPyConnection, point: Point, variables: list[str]) -> list[dict[str, Any]]:
    """Our own publications by the day of the datasets that these variables belong to (rules.md, "The publication log")."""
    return _plain(
        connection.execute(
            f"""
            select b.release, b.fecha, b.conjunto, count(distinct v.variable_id) as variables
            from intermediate.{LOG_MODEL} as b
            inner join intermediate.int_variables_datos_abiertos_versiones as v using (conjunto, variable)
            where
                b.fecha <= $dia
                and v.vigente_desde <= $estado
                and v.vigente_hasta > $estado
                and v.variable_id in (select unnest($variables::varchar[]))
            group by all
            order by b.fecha, b.release, b.conjunto
            """,
            {"dia": point.dia, "estado": point.estado.index, "variables": variables},
        ).df()
    )


def _counted_from(connection: duckdb.DuckDBPyConnection, indicador: str) -> dict[str, Any]:
    """The export whose rows are counted (attendances, not workshops), the relation that they come from, and what of them is counted."""
    found = connection.execute(
        "select filas_de, relacion, se_cuentan from seeds.matriz_indicadores where indicador = ?", [indicador]
    ).df()
    return _plain(found)[0]


def _deliveries(connection: duckdb.DuckDBPyConnection, indicador: str, point: Point) -> pd.DataFrame:
    """Standing deliveries up to the quarter of the exports that serve the indicator."""
    return connection.execute(
        """
        select export, dependencia, trimestre, version, archivo, received_on as recibido, accepted as filas_aceptadas
        from staging.stg_entregas
        where
            vigente
            and indice <= ?
            and export in (select export from seeds.matriz_exportaciones where indicador = ?)
        order by export, trimestre, dependencia
        """,
        [point.estado.index, indicador],
    ).df()


def _name_originals(settings: Settings, deliveries: list[dict[str, Any]]) -> None:
    """Add the hashes of the originals: no lock has them, since locks are published; the lake does."""
    for delivery in deliveries:
        version = settings.layout.version(
            delivery["export"], delivery["trimestre"], delivery["dependencia"], delivery["version"]
        )
        manifest = Manifest.if_there(version / "manifest.json")
        delivery["sha256"] = manifest.sha256 if manifest else None


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python values: dates without a time, missing ones None."""
    records = []
    for record in frame.astype(object).to_dict("records"):
        plain: dict[str, Any] = {}
        for name, value in record.items():
            if pd.isna(value):
                plain[str(name)] = None
            elif isinstance(value, pd.Timestamp):
                plain[str(name)] = value.date()
            else:
                plain[str(name)] = value.item() if hasattr(value, "item") else value
        records.append(plain)
    return records
