"""What is checked of each dataset: one definition a check, from the mart's description and checks.yaml.

A definition is SQL for the offending rows. Soda counts with it (quality/contracts.py puts it into the contract), and the gate lists
the rows with it, so that what is counted is what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

from pamga.documents.candidate import AgreedColumn
from pamga.documents.exports import Export
from pamga.engine import quoted
from pamga.plan import plan
from quality import catalogue
from quality.catalogue import Card
from quality.marts import Mart

COORDINATES = {name: {"min": least, "max": most} for name, (least, most) in plan().lugar.coordenadas.items()}
"""Column of a coordinate -> between what it should be."""
NUMERIC = {"bigint", "integer", "smallint", "hugeint", "double", "decimal", "float"}
MIN_ROWS_LOSS, MIN_ROWS_CHANGE = 50, 20  # smaller datasets move too much for a ratio to mean anything
MAX_QUARANTINED_PERCENT = 5
MONTHLY = "mensual"
WHOLE_LAYER = "completa"  # delivered when it changes: it makes nothing stale
# Of a delivery that is held against the office's earlier ones: so many cells say something; a unit is a thousand times another, while
# what really happens seldom is fifty times as much; and dates of another period leave next to none in their own.
MIN_CELLS, MIN_PERCENT_IN_QUARTER, USUAL_PERCENT_IN_QUARTER = 5, 10, 50
QUARTILES = {
    "mediana": 50,
    "primer_cuartil": 20,
    "tercer_cuartil": 20,
}  # each this many times what it was, or as small a part
HALF_A_HEXAGON = 0.01  # degrees; those of H3's resolution 8 are about a kilometre wide
# a whole layer (entrega: completa) stands until a newer one comes; a year is worth a warning
QUARTERS_A_LAYER_MAY_AGE = 4


@dataclass(frozen=True)
class Measure:
    """A check that measures instead of counting: the column of its rows that holds the measure, and the most that it may be."""

    column: str
    limit: float
    unit: str = ""


@dataclass(frozen=True)
class Definition:
    """One check: the rows that fail it, as a condition on the dataset or as a whole query (both may hold ${var.…}).

    With a measure the query lists everything measured; the rows beyond the limit fail. The structure (columns and types) is
    the one check without SQL: Soda compares what is there with what the contract agrees.
    """

    id: str
    card: Card
    column: str | None = None  # where it stands in the contract
    condition: str | None = None
    query: str | None = None
    measure: Measure | None = None

    @property
    def is_structure(self) -> bool:
        return self.condition is None and self.query is None

    @property
    def limit(self) -> float:
        """The most that the check's number may be."""
        return self.measure.limit if self.measure is not None else 0

    @property
    def measured_sql(self) -> str:
        """The one number that a measuring check is judged by: the greatest of its rows, null when there are none."""
        if self.measure is None:
            raise ValueError(f"{self.id} measures nothing")
        return f"select max({self.measure.column}) from (\n{self.query}\n) as medidas\n"

    def rows_sql(self, table: str) -> str:
        """The failing rows of `table`, the very ones that are counted."""
        if self.measure is not None:
            column, limit = self.measure.column, self.measure.limit
            return f"select * exclude ({column}) from (\n{self.query}\n) as medidas where {column} > {limit}"
        return self.query or f"select * from {table} where {self.condition}"


def mart_definitions(mart: Mart, published: set[str]) -> list[Definition]:
    """Every check of a published dataset."""
    checks = [check for column in mart.columns for check in _column_checks(mart, column, published)]
    return [*checks, *_dataset_checks(mart), *written_definitions(mart.name)]


def written_definitions(dataset: str) -> list[Definition]:
    """The checks of a dataset that are written by hand in checks.yaml."""
    return [
        Definition(check.id, check.card, query=check.query.strip())
        for check in catalogue.written_checks().values()
        if check.dataset == dataset
    ]


def delivery_definitions(export: str, agreed: Export) -> list[Definition]:
    """The checks of an export's deliveries as they lie in the lake; they warn, ingest judges cells. That a file holds its header
    only is nothing to complain of."""
    may_age = QUARTERS_A_LAYER_MAY_AGE if agreed.entrega == WHOLE_LAYER else 0
    kinds = catalogue.kinds()
    return [
        Definition(
            f"{export}.entrega_frescura",
            kinds["entrega_frescura"],
            query=_late_deliveries(export, may_age),
            measure=Measure("trimestres_de_atraso", may_age),
        ),
        Definition(
            f"{export}.entrega_rechazo",
            kinds["entrega_rechazo"],
            query=_quarantined_deliveries(export),
            measure=Measure("apartado", MAX_QUARANTINED_PERCENT),
        ),
        *_unlike_before(export, agreed),
    ]


def _unlike_before(export: str, agreed: Export) -> Iterator[Definition]:
    """What no rule forbids and no office does on purpose: numbers in another unit, dates of another period."""
    for column, limits in agreed.limites.items():
        if column not in agreed.clave and (limits.min is None or limits.max is None):
            query = _other_magnitude(export, column)
            yield _of_kind("entrega_magnitud", f"{export}.entrega_magnitud.{column}", query=query)
    for column, sql_type in agreed.columns.items():
        if sql_type == "DATE" and column not in agreed.futuras and agreed.entrega != WHOLE_LAYER:
            yield _of_kind("entrega_periodo", f"{export}.entrega_periodo.{column}", query=_other_period(export, column))


def _of_kind(kind: str, check_id: str, **definition: Any) -> Definition:
    return Definition(check_id, catalogue.kinds()[kind], **definition)


def _column_checks(mart: Mart, column: AgreedColumn, published: set[str]) -> Iterator[Definition]:
    name, cell = column.name, f'"{column.name}"'

    def of_kind(kind: str, condition: str) -> Definition:
        return _of_kind(kind, f"{mart.name}.{kind}.{name}", column=name, condition=condition)

    if name in mart.key and len(mart.key) == 1:
        yield of_kind("llave_vacia", f"{cell} is null")
    if column.values:
        listed = ", ".join(quoted(str(value)) if column.type == "varchar" else str(value) for value in column.values)
        yield of_kind("valores", f"{cell} not in ({listed})")
    limits = limits_of(column)
    if limits:
        if _is_middle_of_hexagon(mart, name):
            reach = {"min": -HALF_A_HEXAGON, "max": HALF_A_HEXAGON}
            limits = {side: round(limit + reach[side], 6) for side, limit in limits.items()}
        outside = [f"{cell} {'<' if side == 'min' else '>'} {limit}" for side, limit in limits.items()]
        yield of_kind("rango" if _kept_by_ingest(mart, name, limits) else "rango_entregado", " or ".join(outside))
    if column.type == "date" and not _may_be_future(mart, name):
        yield of_kind("futuro", f"{cell} > date '${{var.recibido_hasta}}'")
    reference = reference_of(mart, name)
    names_itself = mart.key == [name]  # a dataset's own key points nowhere
    if reference and reference.dataset in published and reference.dataset != mart.name and not names_itself:
        kind = "referencia_entregada" if reference.by_an_office else "referencia"
        # with its alias, so that a dataset that lost the column is an error and not the row's own cell; nothing is in no
        # empty dataset either, and an empty cell points nowhere
        referred = f'referido."{reference.column}"'
        there = f'select {referred} from "{reference.dataset}" as referido where {referred} is not null'
        absent = f"{cell} is not null and {cell} not in ({there})"
        yield of_kind(kind, f"not ({reference.unless}) and {absent}" if reference.unless else absent)


@dataclass(frozen=True)
class Reference:
    """The published column in which a cell must exist, and whether an office wrote the cell or the warehouse did."""

    dataset: str
    column: str
    by_an_office: bool
    unless: str | None = None


def reference_of(mart: Mart, column: str) -> Reference | None:
    """What a column of a mart points at: as the contract of an export of the mart says, else by its name (checks.yaml)."""
    delivered = {mart.exports[source].referencias.get(column) for source in mart.sources} - {None}
    if len(delivered) == 1:
        dataset, _, referred = str(*delivered).partition(".")
        return Reference(dataset, referred, by_an_office=True)
    entry = catalogue.conventions()["referencias"].get(column)
    if entry is None:
        return None
    dataset, _, referred = entry["en"].partition(".")
    by_an_office = mart.name in entry.get("escrita_en", ()) or mart.as_it_is
    return Reference(dataset, referred, by_an_office, entry.get("salvo"))


def _may_be_future(mart: Mart, column: str) -> bool:
    """A plan or a deadline: the contract of an export of the mart says so, or the warehouse worked it out."""
    planned = {name for source in mart.sources for name in mart.exports[source].futuras}
    return column in planned or column in catalogue.conventions()["fechas_que_pueden_ser_futuras"]


def _kept_by_ingest(mart: Mart, column: str, limits: dict[str, float]) -> bool:
    """Whether a number outside the limits can only come from a model: no export of the mart delivers such a column, or the
    contract of each that does holds the limits (then ingest has quarantined what is outside).

    The middle of a colonia or a hexagon is no delivered coordinate: that of a hexagon on the edge lies a little outside.
    """
    if column in COORDINATES and {"colonia_id", "hexagono"} & set(mart.key):
        return False
    delivered = [limites[column] for source in mart.sources if column in (limites := mart.exports[source].limites)]
    return all(
        (-inf if own.min is None else own.min) >= limits.get("min", -inf)
        and (inf if own.max is None else own.max) <= limits.get("max", inf)
        for own in delivered
    )


def _is_middle_of_hexagon(mart: Mart, column: str) -> bool:
    """Whether a coordinate is that of a hexagon's middle: one that holds a place on the very limit reaches beyond it."""
    return column in COORDINATES and "hexagono" in mart.key


def limits_of(column: AgreedColumn) -> dict[str, float]:
    """The range that a column's numbers should be in, by its name or its unit; empty when there is none."""
    conventions = catalogue.conventions()
    if column.type not in NUMERIC:
        return {}
    if column.name in COORDINATES:
        return COORDINATES[column.name]
    not_negative = (
        column.unit in conventions["unidades_no_negativas"] and column.name not in conventions["columnas_con_signo"]
    )
    return {"min": 0} if not_negative else {}


def _dataset_checks(mart: Mart) -> Iterator[Definition]:
    name = mart.name

    def of_kind(kind: str, query: str | None) -> Definition:
        return _of_kind(kind, f"{name}.{kind}", query=query and query.strip())

    yield of_kind("esquema", None)
    if mart.key:
        yield of_kind("unicidad", _repeated_keys(mart))
    yield of_kind("archivo_completo", _whole_file(name))
    if name not in catalogue.conventions()["pueden_vaciarse"]:
        yield of_kind("volumen_perdida", _lost_rows(mart))
        yield of_kind("volumen_cambio", _changed_rows(name))
    counted = reconciled(mart)
    if counted:
        yield of_kind("lago_completo", _whole_lake(mart, counted))
    yield from _freshness(mart)


def _repeated_keys(mart: Mart) -> str:
    keys = ", ".join(f'"{name}"' for name in mart.key)
    return f'select {keys}, count(*) as veces from "{mart.name}" group by all having count(*) > 1 order by all'


@dataclass(frozen=True)
class Reconciled:
    """A dataset that holds one row per row of the state of an export, but for those that do not meet `condition`."""

    export: str
    condition: str = "true"


def reconciled(mart: Mart) -> Reconciled | None:
    """The export whose state a dataset is counted against: of those that are published as they are, and the listed ones."""
    listed = catalogue.conventions()["conciliacion_con_el_lago"].get(mart.name)
    if listed:
        return Reconciled(listed["export"], listed.get("condicion", "true"))
    return Reconciled(mart.name) if mart.as_it_is else None


def _whole_lake(mart: Mart, counted: Reconciled) -> str:
    """Rows of the mart against an own count of the state in the lake: per key the newest delivery, unless it withdraws it."""
    export, condition = counted.export, counted.condition
    if mart.exports[export].entrega == WHOLE_LAYER:
        state = f"""
    select * from lake.{export}
    where entrega_trimestre = (select max(trimestre) from lake.entregas where vigente and export = '{export}')"""
    else:
        state = f"""
    select * from lake.{export}
    qualify row_number() over (partition by {", ".join(mart.exports[export].clave)} order by entrega_trimestre desc) = 1"""
        condition = f"not coalesce(baja, false) and {condition}"
    return f"""
with estado as ({state}
),
filas as (
    select
        (select count(*) from estado where {condition}) as en_el_lago,
        (select count(*) from {mart.name}) as en_el_conjunto
)
select en_el_lago, en_el_conjunto from filas where en_el_lago <> en_el_conjunto
"""


def _whole_file(name: str) -> str:
    return f"""
with filas as (
    select (select count(*) from {name}) as en_archivo, (select count(*) from marts.{name}) as en_almacen
)
select en_archivo, en_almacen from filas where en_archivo <> en_almacen
"""


def _lost_rows(mart: Mart) -> str:
    """More than half of the rows gone although nothing that was delivered explains it.

    What an office corrects, withdraws or no longer delivers takes rows away rightly: the door has asked it for a second word
    where most of a delivery would vanish, and volumen_cambio says it with the release.
    """
    name, explained = mart.name, ""
    if mart.sources:
        explained = f"""
    and not exists (select 1 from entregas_cambiadas where export in ({", ".join(f"'{source}'" for source in mart.sources)}))"""
    return f"""
with ahora as (select count(*) as filas from {name})
select anterior.release as publicacion_anterior, anterior.filas as filas_antes, ahora.filas as filas_ahora,
    round(100.0 * (ahora.filas - anterior.filas) / anterior.filas, 1) as cambio_porcentual
from publicado_antes as anterior cross join ahora
where anterior.conjunto = '{name}' and anterior.filas >= {MIN_ROWS_LOSS} and ahora.filas * 2 < anterior.filas{explained}
"""


def _changed_rows(name: str) -> str:
    return f"""
with ahora as (select count(*) as filas from {name})
select anterior.release as publicacion_anterior, anterior.filas as filas_antes, ahora.filas as filas_ahora,
    round(100.0 * (ahora.filas - anterior.filas) / anterior.filas, 1) as cambio_porcentual
from publicado_antes as anterior cross join ahora
where anterior.conjunto = '{name}' and anterior.filas >= {MIN_ROWS_CHANGE}
    and (ahora.filas * 10 < anterior.filas * 9 or ahora.filas > anterior.filas * 3)
"""


def _freshness(mart: Mart) -> Iterator[Definition]:
    """Freshness by the period that the data cover, never by when a file arrived.

    An observed series (crimes, air, dams) covers what its rows say. The plan's own exports are also up to date when the quarter
    was delivered and nothing happened in it: a header-only file is a delivery (rules.md). Periods after the reference day
    are left out, so that a plan for next year hides nothing.
    """
    conventions = catalogue.conventions()
    days = conventions["periodicidad_dias"].get(mart.periodicity)
    column = mart.column(mart.period) if mart.period else None
    if days is None or column is None or not mart.sources:  # what comes from no delivery cannot be late
        return
    check_id, observed = f"{mart.name}.frescura", mart.observed
    if observed and column.type == "date":
        series = _stale_series(mart.name, column.name, days, by_month=mart.periodicity == MONTHLY)
        yield _of_kind("frescura", check_id, query=series, measure=Measure("dias_sin_cubrir", days, "días"))
        return
    sources = [] if observed else [s for s in mart.sources if mart.exports[s].entrega != WHOLE_LAYER]
    own_period = column.name != conventions["columna_de_corte"]
    if sources or own_period:
        query = _stale_period(mart.name, column if own_period else None, sources, days)
        yield _of_kind("frescura", check_id, query=query.strip())


def _stale_series(name: str, column: str, days: int, *, by_month: bool) -> str:
    """An observed series: its newest day, the oldest that would do, and how far it is behind. The date of a monthly one stands for its month,
    which it covers to the end. One that has rows and none up to the reference day covers nothing at all; an empty one has no row here,
    and nothing is measured."""
    newest = f'max("{column}") filter ("{column}" <= date \'${{var.corte}}\')'
    if by_month:
        newest = f"case when {newest} is not null then least(last_day({newest}), date '${{var.corte}}') end"
    return f"""
select '{name}' as conjunto, cubre_hasta, date '${{var.corte}}' - {days} as debe_cubrir_hasta,
    date_diff('day', cubre_hasta, date '${{var.corte}}' - {days}) as dias_de_atraso,
    date_diff('day', coalesce(cubre_hasta, date '1900-01-01'), date '${{var.corte}}') as dias_sin_cubrir
from (select {newest} as cubre_hasta, count(*) as filas from "{name}") as serie
where filas > 0
""".strip()


def _stale_period(name: str, column: AgreedColumn | None, sources: list[str], days: int) -> str:
    """The newest period covered: by the rows (a date, a quarter as 2026T3 or a year) and by the quarters delivered.

    A mart that only carries the cut-off for which it was computed covers what its slowest source delivered. An empty
    dataset covers nothing and is not stale. A stale one lists the sources that hold it back, with the end of the oldest
    quarter that would do.
    """
    exports = ", ".join(f"'{source}'" for source in sources) or "null"
    own = f"""select max({last_day(column.name, column.type)}) as cubre_hasta from {name}
    where {last_day(column.name, column.type, start=True)} <= date '${{var.corte}}'""" if column else (
        "select cast(null as date) as cubre_hasta"
    )  # fmt: skip
    return f"""
with datos as (
    {own}
),
exigido as (
    select date '${{var.corte}}' - {days - 1} as desde,
        least(last_day(date_trunc('quarter', date '${{var.corte}}' - {days - 1}) + interval 2 month), date '${{var.corte}}') as debe_cubrir_hasta
),
por_fuente as (
    select export, least(max({last_day("trimestre", "varchar")}), date '${{var.corte}}') as cubre_hasta from lake.entregas
    where vigente and export in ({exports}) and trimestre <= '${{var.trimestre}}'
    group by export
),
cobertura as (
    select greatest((select cubre_hasta from datos), (select min(cubre_hasta) from por_fuente)) as cubre_hasta
),
atrasadas as (select export, cubre_hasta from por_fuente where cubre_hasta < (select desde from exigido))
select '{name}' as conjunto, atrasadas.export as fuente, coalesce(atrasadas.cubre_hasta, cobertura.cubre_hasta) as cubre_hasta,
    debe_cubrir_hasta, date_diff('day', coalesce(atrasadas.cubre_hasta, cobertura.cubre_hasta), debe_cubrir_hasta) as dias_de_atraso
from cobertura cross join exigido left join atrasadas on true
where (cobertura.cubre_hasta is null or cobertura.cubre_hasta < desde) and exists (select 1 from {name})
order by atrasadas.export
"""


def last_day(column: str, sql_type: str, *, start: bool = False) -> str:
    """SQL for the last (or first) day of the period that a column names: a date, a quarter (2026T3) or a year."""
    if sql_type == "date":
        return column
    if sql_type in NUMERIC:
        first, months = f"make_date(cast({column} as integer), 1, 1)", 12
    else:
        month = f"cast({column}[6:6] as integer) * 3 - 2"
        first, months = f"make_date(cast({column}[1:4] as integer), {month}, 1)", 3
    return first if start else f"last_day({first} + interval {months - 1} month)"


def _late_deliveries(export: str, may_age: int) -> str:
    """Of each office the newest delivery, so that one that delivers well hides no other. The quarter that would do is the run's own;
    a layer may be as many quarters old as the check allows. Days late are counted as the calendar counts them: since the day from which
    a delivery of that quarter is owed (rules.md, "Quarters, deliveries, versions"), until the calendar's today."""
    wanted, delivered = _quarter_index("'${var.trimestre_exigible}'"), _quarter_index("ultimo_trimestre")
    return f"""
with esperado as (
    select last_day(date '${{var.fin_exigible}}' - interval ({may_age} * 3) month) as fin_exigido
),
entregado as (
    select dependencia, max(trimestre) as ultimo_trimestre from lake.entregas where export = '{export}' and vigente group by all
),
plazos as (select dependencia, dias_plazo from seeds.plazos_entrega where export = '{export}'),
calendario as (
    select trimestre as trimestre_esperado, max(debida_desde) filter (debida_desde > fecha_limite) as debida_desde
    from calendario_entregas
    group by all
),
debido as (
    select dependencia, ultimo_trimestre, year(fin_exigido) || 'T' || quarter(fin_exigido) as trimestre_esperado,
        fin_exigido + cast(coalesce(dias_plazo, 0) as integer) as fecha_limite
    from entregado cross join esperado left join plazos using (dependencia)
)
select '{export}' as export, dependencia, ultimo_trimestre, trimestre_esperado, fecha_limite,
    greatest(date_diff('day', greatest(debida_desde, fecha_limite), (select max(dia_referencia) from calendario_entregas)), 0) as dias_de_atraso,
    {wanted} - {delivered} as trimestres_de_atraso
from debido left join calendario using (trimestre_esperado)
order by ultimo_trimestre, dependencia
""".strip()


def _quarantined_deliveries(export: str) -> str:
    return f"""
select export, dependencia, trimestre, version, rows_read as filas_leidas, quarantined as filas_apartadas,
    round(100.0 * quarantined / nullif(rows_read - out_of_scope, 0), 1) as porcentaje_apartado,
    coalesce(100.0 * quarantined / nullif(rows_read - out_of_scope, 0), 0) as apartado
from lake.entregas
where export = '{export}' and vigente
qualify row_number() over (partition by dependencia order by trimestre desc) = 1
order by porcentaje_apartado desc, dependencia
""".strip()


def _other_magnitude(export: str, column: str) -> str:
    """The newest delivery of an office whose middle number is many times that of its earlier ones, or a small part of it. Another unit
    moves small and large numbers alike; where only the middle moved, the office had more large ones this time."""
    larger = [f"entregas.{name} >= {times} * antes.{name}" for name, times in QUARTILES.items()]
    smaller = [f"{times} * entregas.{name} <= antes.{name}" for name, times in QUARTILES.items()]
    return f"""
with entregas as (
    select entrega_dependencia as dependencia, entrega_trimestre as trimestre, median(abs("{column}")) as mediana,
        quantile_cont(abs("{column}"), 0.25) as primer_cuartil, quantile_cont(abs("{column}"), 0.75) as tercer_cuartil
    from lake.{export} where "{column}" <> 0
    group by all having count(*) >= {MIN_CELLS}
),
ultimas as (select dependencia, max(trimestre) as trimestre from entregas group by all),
antes as (
    select entregas.dependencia, {", ".join(f"median({name}) as {name}" for name in QUARTILES)} from entregas
    inner join ultimas on entregas.dependencia = ultimas.dependencia and entregas.trimestre < ultimas.trimestre
    group by all
)
select '{export}' as export, dependencia, trimestre, '{column}' as columna, round(entregas.mediana, 3) as mediana,
    round(antes.mediana, 3) as mediana_antes
from entregas inner join ultimas using (dependencia, trimestre) inner join antes using (dependencia)
where ({" and ".join(larger)}) or ({" and ".join(smaller)})
order by dependencia
""".strip()


def _other_period(export: str, column: str) -> str:
    """The newest delivery of an office with next to no date of its own quarter, where its earlier ones have most."""
    return f"""
with entregas as (
    select entrega_dependencia as dependencia, entrega_trimestre as trimestre, count("{column}") as fechas,
        100.0 * count(*) filter (year("{column}") || 'T' || quarter("{column}") = entrega_trimestre) / count("{column}") as del_trimestre
    from lake.{export} where "{column}" is not null
    group by all having count("{column}") >= {MIN_CELLS}
),
ultimas as (select dependencia, max(trimestre) as trimestre from entregas group by all),
antes as (
    select entregas.dependencia, median(del_trimestre) as del_trimestre from entregas
    inner join ultimas on entregas.dependencia = ultimas.dependencia and entregas.trimestre < ultimas.trimestre
    group by all having count(*) >= 2
)
select '{export}' as export, dependencia, trimestre, '{column}' as columna, fechas,
    round(entregas.del_trimestre, 1) as porcentaje_del_trimestre, round(antes.del_trimestre, 1) as porcentaje_antes
from entregas inner join ultimas using (dependencia, trimestre) inner join antes using (dependencia)
where entregas.del_trimestre < {MIN_PERCENT_IN_QUARTER} and antes.del_trimestre >= {USUAL_PERCENT_IN_QUARTER}
order by dependencia
""".strip()


def _quarter_index(text: str) -> str:
    """SQL: the number of a quarter, so that consecutive quarters differ by one."""
    return f"(cast(substr({text}, 1, 4) as integer) * 4 + cast(substr({text}, 6, 1) as integer))"
