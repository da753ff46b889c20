"""What changed between two releases: rows per dataset by primary key, restated indicator values and what caused them.

Both sides are read from their Parquet files by DuckDB; datasets whose files have equal bytes are not opened at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pamga.documents.base import Cell
from pamga.documents.candidate import Dataset, Description
from pamga.documents.changes import (
    ChangedDataset,
    ChangedDelivery,
    ChangedFigures,
    ChangedMethod,
    ChangedRow,
    Changes,
    DeliveryCause,
    Differs,
    FigureKey,
    LogCause,
    MethodCause,
    Restatement,
    Row,
    Stands,
)
from pamga.documents.lock import Lock, LockedVersion
from pamga.documents.release import ReleaseCard
from pamga.engine import connect, quoted
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.spanish import counted
from publish import spanish
from publish.log import IndicatorKey
from publish.standing import standing_of
from publish.verify import read_sums

INDICATOR_KEY = tuple(FigureKey.model_fields)
DETAIL_ROWS = 500  # changed rows listed one by one per dataset; the counts are always complete
RESTATED_FIELDS = ("valor", "valor_al_vencimiento", "estado")  # rules.md, 'Quarters, deliveries, versions'
RESERVED = "_reservado"  # suffix of the column that says why a text by or about people is not shown
MASKS = (" oculto]", " oculta]")  # how ingest marks what it took out of a text
HIDDEN = "…"
JUDGED_FIELDS = ("valor_juzgado", "numerador_juzgado", "denominador_juzgado")  # what stands beside the verdict
COUNT_FIELDS = ("numerador", "denominador")
INDICATORS = "indicadores_trimestre"
SHEETS = "indicadores"
WORDS = "palabras_del_plan"
SOURCES, OFFICES = "claves_exportaciones", "claves_responsables"  # columns of the sheets
# an export whose rows the publication log also dates (rules.md, 'The publication log')
LOGGED = "variables_datos_abiertos"


@dataclass(frozen=True)
class Side:
    """One of the two releases compared: a folder with data/, its description and its lock. A candidate may be one."""

    release: str
    day: str
    folder: Path
    datasets: list[Dataset]
    sums: dict[str, str]
    lock: Lock

    @property
    def example(self) -> bool:
        return self.lock.example

    def dataset(self, name: str) -> Dataset | None:
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def parquet(self, name: str) -> str:
        return f"read_parquet({quoted(str(self.folder / 'data' / f'{name}.parquet'))})"


def side_of_release(settings: Settings, release: str) -> Side:
    """A published release as a side of the comparison."""
    folder = settings.layout.release(release)
    return Side(
        release=release,
        day=ReleaseCard.read(folder / "publicacion.json").fecha,
        folder=folder,
        datasets=Description.read(folder / "datasets.json").datasets,
        sums=standing_of(settings, release).of(read_sums(folder)),
        lock=Lock.read(folder / "inputs.lock"),
    )


def compare(settings: Settings, before: Side | None, after: Side) -> Changes:
    """What `after` says that `before` did not. Without `before` everything is new."""
    names = {d.name for d in after.datasets} | ({d.name for d in before.datasets} if before else set())
    with connect(settings) as connection:
        datasets = [_compare_dataset(connection, before, after, name) for name in sorted(names)]
        indicators = _compare_indicators(connection, before, after)
    told = before.lock.veredictos if before else []
    return Changes(
        format=Changes.FORMAT,
        de=before.release if before else None,
        a=after.release,
        fecha_de=before.day if before else None,
        fecha_a=after.day,
        ejemplo=after.example,
        conjuntos=datasets,
        indicadores=indicators,
        veredictos=[entry for entry in after.lock.veredictos if entry not in told],
        entregas=changed_deliveries(before.lock, after.lock) if before else [],
        metodo=_changed_method(before, after),
    )


def change_sentence(change: ChangedDataset, before: str | None) -> str:
    """How a dataset differs from the release before, in a sentence."""
    if change.estado == "nuevo":
        return "Se publica por primera vez." if before else "Es la primera publicación."
    if change.estado == "sin_cambios":
        return f"Sin cambios frente a {before}."
    if change.sobre_personas:
        return f"Frente a {before}: la tabla se volvió a publicar. Para proteger a las personas no se dice qué cifras cambiaron."
    parts = [
        counted(number, f"fila {one}", f"filas {one}s")
        for number, one in (
            (change.agregadas, "agregada"),
            (change.modificadas, "modificada"),
            (change.eliminadas, "eliminada"),
        )
        if number
    ]
    if change.columnas_agregadas or change.columnas_eliminadas:
        parts.append("cambiaron sus columnas")
    return f"Frente a {before}: {spanish.listed(parts)}."


def _compare_dataset(
    connection: duckdb.DuckDBPyConnection, before: Side | None, after: Side, name: str
) -> ChangedDataset:
    old, new = before.dataset(name) if before else None, after.dataset(name)
    unchanged = ChangedDataset(
        conjunto=name,
        titulo=next(side.title for side in (new, old) if side),
        estado="sin_cambios",
        filas_antes=old.rows if old else None,
        filas_despues=new.rows if new else None,
        agregadas=0,
        modificadas=0,
        eliminadas=0,
        columnas_agregadas=[],
        columnas_eliminadas=[],
        detalle=[],
        sobre_personas=any(side.about_people for side in (old, new) if side),
    )
    if new is None:
        return unchanged.model_copy(update={"estado": "retirado", "eliminadas": old.rows if old else 0})
    if before is None or old is None:
        return unchanged.model_copy(update={"estado": "nuevo", "agregadas": new.rows})
    file = f"data/{name}.parquet"
    if before.sums[file] == after.sums[file]:
        return unchanged
    types = {column.name: column.type for column in old.columns}
    # another type, another column
    common = [column.name for column in new.columns if types.get(column.name) == column.type]
    came, gone = sorted(set(new.column_names) - set(common)), sorted(set(old.column_names) - set(common))
    key = [column for column in new.primary_key if column in common]
    if (
        key
        and key == new.primary_key
        and not unchanged.sobre_personas
        and _is_key(connection, before, after, name, key)
    ):
        rows = _rows_by_key(connection, before, after, name, key, common)
    else:
        rows = _rows_as_a_whole(connection, before, after, name, common)
    differs = came or gone or any(rows.values())
    if unchanged.sobre_personas:  # rules.md, "Personal data": its differences are never listed, nor how many they are
        rows = {}
    columns = {"columnas_agregadas": came, "columnas_eliminadas": gone}
    return unchanged.model_copy(update={"estado": "modificado" if differs else "sin_cambios", **columns, **rows})


def _is_key(connection: duckdb.DuckDBPyConnection, before: Side, after: Side, name: str, key: list[str]) -> bool:
    """Whether the key tells every row of both sides apart; a dataset whose key changed is compared as whole rows."""
    columns = ", ".join(map(_name, key))
    for side in (before, after):
        query = f"select count(*) from (select 1 from {side.parquet(name)} group by {columns} having count(*) > 1)"
        if _one(connection, query):
            return False
    return True


def _rows_by_key(
    connection: duckdb.DuckDBPyConnection, before: Side, after: Side, name: str, key: list[str], common: list[str]
) -> dict[str, Any]:
    """Counts of rows added, changed and removed, and the first of them one by one."""
    on = " and ".join(f"a.{_name(column)} is not distinct from b.{_name(column)}" for column in key)
    values = [column for column in common if column not in key]
    differs = " or ".join(f"a.{_name(c)} is distinct from b.{_name(c)}" for c in values) or "false"
    joined = f"""(select true as here, * from {before.parquet(name)}) as a
        full join (select true as here, * from {after.parquet(name)}) as b on {on}"""
    kind = f"""case when a.here is null then 'agregada' when b.here is null then 'eliminada'
        when {differs} then 'modificada' end"""
    counts = dict(connection.execute(f"select {kind} as tipo, count(*) from {joined} group by 1").fetchall())
    keys = [f"coalesce(a.{_name(c)}, b.{_name(c)})" for c in key]
    pairs = [f"a.{_name(c)}, b.{_name(c)}" for c in values]
    order = ", ".join(str(position) for position in range(2, len(key) + 2))
    rows = connection.execute(
        f"select {', '.join([kind, *keys, *pairs])} from {joined} where {kind} is not null order by {order} limit {DETAIL_ROWS}"
    ).fetchall()
    return {
        "agregadas": counts.get("agregada", 0),
        "modificadas": counts.get("modificada", 0),
        "eliminadas": counts.get("eliminada", 0),
        "detalle": [_detail(row, key, values, _moderated(after, name)) for row in rows],
    }


def _moderated(side: Side, name: str) -> set[str]:
    """Columns of texts by or about people: beside each is one that says why it may not be shown."""
    dataset = side.dataset(name)
    columns = dataset.column_names if dataset else []
    return {column.removesuffix(RESERVED) for column in columns if column.endswith(RESERVED)}


def _before(column: str, before: Any, after: Any, moderated: set[str]) -> Any:
    """What a column said before, unless it may have been changed because it should not be read: quoting it would publish it again."""
    withdrawn = isinstance(after, str) and any(mask in after for mask in MASKS)
    return HIDDEN if before is not None and (column in moderated or withdrawn) else plain(before)


def _detail(row: tuple[Any, ...], key: list[str], values: list[str], moderated: set[str]) -> ChangedRow:
    """One changed row: its key, and for a modified one each column's value before and after."""
    llave = {column: plain(value) for column, value in zip(key, row[1:], strict=False)}
    if row[0] != "modificada":
        return ChangedRow(tipo=row[0], llave=llave)
    pairs = row[1 + len(key) :]
    sides = zip(values, pairs[::2], pairs[1::2], strict=True)
    changed = {
        column: Differs(antes=_before(column, was, now, moderated), despues=plain(now))
        for column, was, now in sides
        if was != now
    }
    return ChangedRow(tipo=row[0], llave=llave, cambios=changed)


def _rows_as_a_whole(
    connection: duckdb.DuckDBPyConnection, before: Side, after: Side, name: str, common: list[str]
) -> dict[str, Any]:
    """Without a usable key a row is either the same or another one."""
    columns = ", ".join(map(_name, common))
    old, new = (f"select {columns} from {side.parquet(name)}" for side in (before, after))
    return {
        "agregadas": _one(connection, f"select count(*) from ({new} except all {old})"),
        "eliminadas": _one(connection, f"select count(*) from ({old} except all {new})"),
    }


def indicator_rows(connection: duckdb.DuckDBPyConnection, side: Side | None) -> list[Row]:
    """The rows of the indicator mart of a side, in the order of its key; none when it publishes no such mart."""
    if side is None or side.dataset(INDICATORS) is None:
        return []
    return table_rows(connection, side.parquet(INDICATORS), INDICATOR_KEY)


def table_rows(connection: duckdb.DuckDBPyConnection, relation: str, order: tuple[str, ...] = ()) -> list[Row]:
    """A small table as dictionaries of JSON values."""
    ordering = f" order by {', '.join(map(_name, order))}" if order else ""
    cursor = connection.execute(f"select * from {relation}{ordering}")
    names = [column[0] for column in cursor.description or []]
    return [{name: plain(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _compare_indicators(connection: duckdb.DuckDBPyConnection, before: Side | None, after: Side) -> ChangedFigures:
    old = {_key(row): row for row in indicator_rows(connection, before)}
    new = {_key(row): row for row in indicator_rows(connection, after)}
    told = table_rows(connection, after.parquet(SHEETS)) if after.dataset(SHEETS) else []
    sheets = {row["indicador"]: row for row in told}
    restated = [
        _restatement(old[key], row, sheets.get(key[0], {}), before, after)
        for key, row in new.items()
        if before
        and key in old
        and not _was_running(old[key])
        and any(old[key][field] != row[field] for field in RESTATED_FIELDS)
    ]
    added = sorted(key for key in new if key not in old) if before else []
    # a closing release stops at its quarter: what it does not show of later ones is not withdrawn
    removed = sorted(key for key in old if key not in new and key[2] <= (after.lock.closing or key[2]))
    return ChangedFigures(reexpresados=restated, nuevos=_named(added), retirados=_named(removed))


def _key(row: Row) -> IndicatorKey:
    named = FigureKey.out_of(row)
    return named.indicador, named.ejercicio, named.trimestre


def _named(keys: Iterable[IndicatorKey]) -> list[FigureKey]:
    return [FigureKey(indicador=key[0], ejercicio=key[1], trimestre=key[2]) for key in keys]


def _was_running(row: Row) -> bool:
    """Whether a published figure said how a quarter stood before its end: what moves then is no restatement (rules.md)."""
    return str(row["fecha_corte"]) < Quarter.parse(str(row["trimestre"])).cutoff.isoformat()


def _restatement(old: Row, new: Row, sheet: Row, before: Side, after: Side) -> Restatement:
    """One indicator value that changed: from what to what, why, and how the target stands now, the Secretariado's opinion with it."""
    was, now = judged(old), judged(new)
    known = [f for f in (*RESTATED_FIELDS, *JUDGED_FIELDS, *COUNT_FIELDS) if f in was and f in now]
    return Restatement(
        **FigureKey.out_of(new).stored(),
        nombre=_text(sheet, "nombre"),
        unidad=_text(sheet, "unidad"),
        vencida=str(new["fecha_corte"]) >= str(new["vence"]),
        cambios={f: Differs(antes=was[f], despues=now[f]) for f in known if was[f] != now[f]},
        ahora=Stands.out_of(defaultdict(lambda: None, now)),
        causas=causes(sheet, str(new["trimestre"]), before, after),
    )


def _text(row: Row, column: str) -> str | None:
    value = row.get(column)
    return None if value is None else str(value)


def judged(row: Row) -> Row:
    """A row with the value that decides its state (rules.md, 'Status at a quarter').

    Releases made before that value had a column of its own say only the values: the counts of the due day are not known of them.
    """
    if "valor_juzgado" in row:
        return row
    if str(row["fecha_corte"]) >= str(row["vence"]):
        return {**row, "valor_juzgado": row["valor_al_vencimiento"], "juzgado_el": row["vence"]}
    counts = {f"{field}_juzgado": row[field] for field in COUNT_FIELDS}
    return {**row, **counts, "valor_juzgado": row["valor"], "juzgado_el": row["fecha_corte"]}


def causes(sheet: Row, trimestre: str, before: Side, after: Side) -> list[DeliveryCause | MethodCause | LogCause]:
    """Why a value of the quarter `trimestre` may differ between two releases.

    A figure of quarter Q rests on deliveries of quarters up to Q (rules.md, "State as of a quarter") of the indicator's sources, by
    offices responsible for it; else on the method (the code), or on the publication log for the two that measure us.
    """
    sources, offices = set(listed(sheet.get(SOURCES))), set(listed(sheet.get(OFFICES)))
    found: list[DeliveryCause | MethodCause | LogCause] = [
        DeliveryCause(tipo="entrega", **delivery.stored())
        for delivery in changed_deliveries(before.lock, after.lock)
        if delivery.export in sources
        and (not offices or delivery.dependencia in offices)
        and Quarter.parse(delivery.trimestre) <= Quarter.parse(trimestre)
    ]
    method = _changed_method(before, after)
    if method:
        found.append(MethodCause(tipo="metodo", **method.stored()))
    if not found and LOGGED in listed(sheet.get(SOURCES)):
        found.append(LogCause(tipo="bitacora_publicaciones", desde=before.release))
    return found


def listed(cell: Cell) -> list[str]:
    """The items of a cell that joins them by semicolons."""
    return [item.strip() for item in str(cell or "").split(";") if item.strip()]


def changed_deliveries(before: Lock, after: Lock) -> list[ChangedDelivery]:
    """Deliveries that stand in the lock `after` and not, or in another version, in `before`; and those that are gone."""
    old = {(d.dependencia, d.export, d.trimestre): d for d in before.deliveries}
    new = {(d.dependencia, d.export, d.trimestre): d for d in after.deliveries}
    changed = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        delivery = now or was
        if delivery is None or (was and now and _is_the_same(was, now)):
            continue
        changed.append(
            ChangedDelivery.taken_from(
                delivery,
                version=now.version if now else None,
                version_anterior=was.version if was else None,
                recibido=delivery.received_on,
            )
        )
    return changed


def _is_the_same(was: LockedVersion, now: LockedVersion) -> bool:
    """The same version with the same rows, as far as both locks tell them and one key made their pseudonyms."""
    told = None not in (was.rows_hmac, now.rows_hmac) and was.hmac_key_id == now.hmac_key_id
    return was.version == now.version and (was.rows_hmac == now.rows_hmac or not told)


def _changed_method(before: Side | None, after: Side) -> ChangedMethod | None:
    """The code on both sides when what computes the figures differs; another page or check alone is no other method."""
    if before is None:
        return None
    old, new = before.lock.code, after.lock.code
    # older locks know only the whole
    same = old.figures == new.figures if old.figures and new.figures else old.sha256 == new.sha256
    if same:
        return None
    return ChangedMethod(codigo_antes=old.commit or old.sha256, codigo_despues=new.commit or new.sha256)


def plain(value: Any) -> Cell:
    """A cell as a JSON value: dates ISO, exact decimals as numbers, a geometry only named, anything else as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "(geometría)"
    return value if isinstance(value, Cell) else str(value)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
