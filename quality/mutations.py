"""The mutation table: for every check a fault is planted in a copy of the candidate, and the check must catch it and list rows;
and an extreme that rules.md and the contracts allow, which it must let through.

Nothing is written: what is planted is a view over the clean relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pamga.candidate import load_candidate
from pamga.engine import quoted
from pamga.errors import PamgaError
from pamga.settings import Settings
from quality import catalogue, soda
from quality.candidate import opened, planted, variables
from quality.contracts import Contract, contracts_of
from quality.definitions import limits_of, reconciled
from quality.marts import Mart, marts_of, plain_type

FUTURE, PAST = "date '2999-12-31'", "date '1990-01-01'"
HUGE = 1_000_000_000

# What is done to the candidate, in words, by kind of check.
FAULTS = {
    "esquema": "a private column slips into the file",
    "unicidad": "a row is repeated",
    "llave_vacia": "a row without key",
    "valores": "a value that nobody agreed",
    "rango": "a number outside the range",
    "rango_entregado": "a number outside the range",
    "futuro": "a date in the year 2999",
    "referencia": "a key that does not exist in the other table",
    "referencia_entregada": "a key that does not exist in the other table",
    "archivo_completo": "the file holds another number of rows than its table",
    "volumen_perdida": "the release before had a thousand million rows",
    "volumen_cambio": "the release before had a thousand million rows",
    "frescura": "the newest period is many years old",
    "lago_completo": "a row that the lake does not have",
    "entrega_frescura": "the newest delivery is of 2001",
    "entrega_rechazo": "every row of the delivery is quarantined",
    "entrega_magnitud": "an office that delivered ones and then thousands",
    "entrega_periodo": "an office whose dates were of their quarter and then of the year before",
}
# What rules.md and the contracts allow at its extreme, in words, by kind of check.
EXTREMES = {
    "esquema": "no row at all",
    "unicidad": "two rows whose keys differ in one column, and only in their case where that is text",
    "llave_vacia": "a key that is 0",
    "valores": "every agreed value, and none",
    "rango": "the limits themselves, and none",
    "rango_entregado": "the limits themselves, and none",
    "futuro": "the very day of the newest receipt, and none",
    "referencia": "no reference",
    "referencia_entregada": "no reference",
    "archivo_completo": "no row in the file and none in its table",
    "volumen_perdida": "half of the rows gone; or all but a few when a delivery was corrected",
    "volumen_cambio": "a tenth of the rows gone",
    "frescura": "the oldest day that would do; or nothing at all",
    "lago_completo": "no row delivered",
    "entrega_frescura": "the delivery of the quarter that is owed",
    "entrega_rechazo": "one of twenty rows is quarantined",
    "entrega_magnitud": "an office that delivered ones and then forty-nine",
    "entrega_periodo": "one date of ten is of the quarter",
}
_NEW_OFFICE = "select * from {} union all by name select 'nueva' as entrega_dependencia, trimestre as entrega_trimestre, 1 as entrega_version"
_THREE_QUARTERS = "from (values ('2025T1', 2, 0), ('2025T2', 5, 0), ('2025T3', 8, 1)) as v(trimestre, mes, ultimo), range(10) as filas(fila)"
_MAGNITUDE = f'{_NEW_OFFICE}, 1 + ultimo * {{times}} as "{{columna}}" {_THREE_QUARTERS}'
_PERIOD = f'{_NEW_OFFICE}, make_date(2025 - (ultimo = 1 and fila >= {{inside}})::int, mes, 15) as "{{columna}}" {_THREE_QUARTERS}'
RAW_EXTREMES = {
    "entrega_frescura": ("lake.entregas", "select * replace ('{trimestre_exigible}' as trimestre) from {}"),
    "entrega_rechazo": (
        "lake.entregas",
        "select * replace (20 as rows_read, 0 as out_of_scope, 1 as quarantined) from {}",
    ),
    "entrega_magnitud": ("lake.{}", _MAGNITUDE.replace("{times}", "48")),
    "entrega_periodo": ("lake.{}", _PERIOD.replace("{inside}", "1")),
}
RAW_FAULTS = {
    "entrega_frescura": ("lake.entregas", "select * replace ('2001T1' as trimestre) from {}"),
    "entrega_rechazo": (
        "lake.entregas",
        "select * replace (1000 as rows_read, 0 as out_of_scope, 1000 as quarantined) from {}",
    ),
    "entrega_magnitud": ("lake.{}", _MAGNITUDE.replace("{times}", "999")),
    "entrega_periodo": ("lake.{}", _PERIOD.replace("{inside}", "0")),
}


@dataclass(frozen=True)
class Mutation:
    """One line of the table."""

    check: str
    fault: str
    clean: str  # outcome on the candidate as it is
    faulty: str  # outcome with the fault
    rows: int  # offending rows that the check lists then
    extreme: str
    lawful: str  # outcome with the extreme that is allowed

    @property
    def caught(self) -> bool:
        """The clean relation passes, the faulty one does not, and the check says which rows."""
        return self.clean == "pass" and self.faulty in ("fail", "warn") and self.rows > 0

    @property
    def let_through(self) -> bool:
        """What is allowed passes; an empty dataset covers no period, so its freshness says nothing."""
        return self.lawful == "pass" or (self.lawful == "not_evaluated" and self.check.endswith(".frescura"))

    @property
    def proved(self) -> bool:
        return self.caught and self.let_through

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "proved": self.proved}


@dataclass(frozen=True)
class Planted:
    """What is done to a candidate for one check: the fault and the extreme, in words and as relation -> query."""

    fault: str
    faults: dict[str, str]
    extreme: str
    extremes: dict[str, str]


def mutation_table(settings: Settings, run: str | None = None, datasets: set[str] | None = None) -> list[Mutation]:
    """Plant every fault and every allowed extreme, one at a time, and run only the contract concerned. `datasets` narrows the table."""
    candidate = load_candidate(settings, run)
    marts = {mart.name: mart for mart in marts_of(candidate)}
    given = variables(candidate)
    there = {*candidate.by_name, *catalogue.internal_relations()}
    table = []
    with opened(settings, candidate) as connection:
        for name, contract in contracts_of(candidate).items():
            if not (name in there or name.startswith("lake.")) or not (datasets is None or name in datasets):
                continue
            clean = {m.id: m.outcome for m in soda.verify_contract(connection, contract, given)}
            for check_id, case in planted_cases(connection, contract, marts.get(name), given).items():
                alone = contract.narrowed(check_id)
                with planted(connection, case.faults):
                    (measured,) = soda.verify_contract(connection, alone, given)
                with planted(connection, case.extremes):
                    (allowed,) = soda.verify_contract(connection, alone, given)
                rows = len(measured.offending.rows)
                table.append(
                    Mutation(
                        check_id, case.fault, clean[check_id], measured.outcome, rows, case.extreme, allowed.outcome
                    )
                )
    return table


def planted_cases(
    connection: duckdb.DuckDBPyConnection, contract: Contract, mart: Mart | None, variables: Mapping[str, str]
) -> dict[str, Planted]:
    """Check id -> what is planted for it, for every check of a contract."""
    described = connection.execute(f"describe {contract.name}").fetchall()
    types = {row[0]: plain_type(row[1]) for row in described}
    return {check.id: _case(check.id, mart, types, variables) for check in contract.checks}


def _case(check_id: str, mart: Mart | None, types: dict[str, str], variables: Mapping[str, str]) -> Planted:
    written = catalogue.written_checks().get(check_id)
    if written:
        if not written.fault or not written.lawful:
            raise PamgaError(
                f"The check {check_id} has no fault or no allowed extreme that proves it.",
                "Add `falla` and `legitimo` in quality/checks.yaml.",
            )
        return Planted(written.fault_words, written.fault, written.lawful_words, written.lawful)
    dataset, kind, *rest = check_id.split(".")
    if kind in RAW_FAULTS:
        relation, query = RAW_FAULTS[kind]
        _, lawful = RAW_EXTREMES[kind]
        query, lawful = (text.replace("{columna}", (rest or [""])[0]) for text in (query, lawful))
        lawful = lawful.replace("{trimestre_exigible}", variables["trimestre_exigible"])
        name = relation.format(dataset)
        return Planted(FAULTS[kind], {name: query}, EXTREMES[kind], {name: lawful})
    if mart is None:
        raise PamgaError(
            f"The check {check_id} belongs to no published mart.", "Look at its dataset in quality/checks.yaml."
        )
    column = rest[0] if rest else next(iter(types))
    return Planted(
        FAULTS[kind],
        _kind_fault(mart, kind, column, types),
        EXTREMES[kind],
        _kind_extreme(mart, kind, column, types, variables),
    )


def _kind_extreme(
    mart: Mart, kind: str, column: str, types: dict[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """The relations to replace by the extreme that a kind of check must let through."""
    name = mart.name
    emptied = {
        "esquema": [name],
        "archivo_completo": [name, f"marts.{name}"],
        "lago_completo": [
            name,
            *(f"lake.{entry.export}" for entry in [reconciled(mart)] if entry),
        ],
    }
    if kind in emptied:
        return dict.fromkeys(emptied[kind], NOTHING)
    of_the_whole = {
        "volumen_perdida": lambda: _lost_rightly(mart, column, types),
        "volumen_cambio": lambda: _fewer(name, 18, 20),
        "frescura": lambda: _oldest(mart, variables),
        "unicidad": lambda: _nearly_equal_keys(mart, types),
    }
    if kind in of_the_whole:
        return of_the_whole[kind]()
    cells = [
        _row({column: f"cast({value} as {types[column]})"}) for value in _allowed(mart, kind, column, types, variables)
    ]
    return {name: " union all by name ".join(["select * from {}", *cells])}


NOTHING = "select * from {} where false"


def _lost_rightly(mart: Mart, column: str, types: dict[str, str]) -> dict[str, str]:
    """Half of the rows gone; where the dataset is made of deliveries, nearly all, one of them having changed."""
    if not mart.sources:
        return _fewer(mart.name, 25, 50)
    read = f"'2000T1-r99' as release, '{mart.sources[0]}' as export, 'una' as dependencia, '2999T4' as trimestre, 1 as version"
    lost = _kind_fault(mart, "volumen_perdida", column, types)
    return {**lost, "lake.insumos_release": f"select * from {{}} union all by name select {read}"}


def _fewer(name: str, now: int, before: int) -> dict[str, str]:
    published = f"'2000T1-r99' as release, {FUTURE} as fecha, '{name}' as conjunto, cast({before} as bigint) as filas"
    return {
        name: f"select * from {{}} cross join range({now}) as veces(vez) qualify row_number() over () <= {now}",
        "publicado_antes": f"select {published}",
    }


def _oldest(mart: Mart, variables: Mapping[str, str]) -> dict[str, str]:
    """The oldest day that would do for a series; of anything else no row, which covers no period."""
    own, conventions = mart.column(mart.period or ""), catalogue.conventions()
    if own is None or own.type != "date" or not mart.observed:
        return {mart.name: NOTHING}
    oldest = f"cast(date '{variables['corte']}' - {conventions['periodicidad_dias'][mart.periodicity]} as date)"
    return {mart.name: f"select * replace ({oldest} as {own.name}) from {{}}"}


def _nearly_equal_keys(mart: Mart, types: dict[str, str]) -> dict[str, str]:
    first, *others = mart.key
    values = {"varchar": ("'repetida'", "'Repetida'"), "date": ("date '2026-01-01'", "date '2026-01-02'")}
    pair = values.get(types[first], (f"cast(1 as {types[first]})", f"cast(0 as {types[first]})"))
    rows = [_row({first: value, **{key: _value(types[key]) for key in others}}) for value in pair]
    return {mart.name: " union all by name ".join([NOTHING, *rows])}


def _allowed(mart: Mart, kind: str, column: str, types: dict[str, str], variables: Mapping[str, str]) -> list[str]:
    """Cells that a check of one column must let through."""
    described = mart.column(column)
    if kind == "llave_vacia":
        return [{"varchar": "'0'", "date": "date '1900-01-01'"}.get(types[column], "0")]
    if kind == "valores" and described is not None:
        return ["null", *(quoted(v) if isinstance(v, str) else str(v) for v in described.values)]
    if kind in ("rango", "rango_entregado") and described is not None:
        return ["null", *(str(limit) for limit in limits_of(described).values())]
    if kind == "futuro":
        return ["null", f"date '{variables['recibido_hasta']}'"]
    return ["null"]


def _kind_fault(mart: Mart, kind: str, column: str, types: dict[str, str]) -> dict[str, str]:
    """The relations to replace for a check of a kind."""
    name = mart.name
    if kind in ("volumen_perdida", "volumen_cambio"):
        before = f"'2000T1-r99' as release, {FUTURE} as fecha, '{name}' as conjunto, cast({HUGE} as bigint) as filas"
        return {"publicado_antes": f"select {before}"}
    if kind == "frescura":
        old_rows = f"select * replace ({_old('varchar')} as trimestre) from {{}}"
        period = mart.period or column
        rows = f"select * replace ({_old(types[period])} as {period}) from {{}}"
        return {
            name: f"{rows} union all by name {_row({period: _old(types[period])})}",
            "lake.entregas": old_rows,
        }
    if kind == "esquema":
        return {name: "select *, 'privado' as columna_privada from {}"}
    if kind == "unicidad":
        repeated = _row({key: _value(types[key]) for key in mart.key})
        return {name: f"select * from {{}} union all by name {repeated} union all by name {repeated}"}
    absent = "'no existe'" if types[column] == "varchar" else str(HUGE)
    wrong = {
        "llave_vacia": "null",
        "archivo_completo": "null",
        "lago_completo": "null",
        "valores": "'valor que nadie acordó'" if types[column] == "varchar" else str(HUGE),
        "rango": "-200",
        "rango_entregado": "-200",
        "futuro": FUTURE,
        "referencia": absent,
        "referencia_entregada": absent,
    }[kind]
    return {name: f"select * from {{}} union all by name {_row({column: f'cast({wrong} as {types[column]})'})}"}


def _row(values: dict[str, str]) -> str:
    return "select " + ", ".join(f'{value} as "{name}"' for name, value in values.items())


def _value(sql_type: str) -> str:
    return {"varchar": "'repetida'", "date": "date '2026-01-01'"}.get(sql_type, f"cast(1 as {sql_type})")


def _old(sql_type: str) -> str:
    return {"date": PAST, "varchar": "'2001T1'"}.get(sql_type, f"cast(1990 as {sql_type})")


def table_text(table: list[Mutation]) -> str:
    """The table as Markdown, for the terminal and for CI."""
    lines = [
        "| check | fault planted | clean | with the fault | rows listed | caught | allowed extreme | with it |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{m.check}` | {m.fault} | {m.clean} | {m.faulty} | {m.rows} | {'yes' if m.caught else 'NO'} "
        f"| {m.extreme} | {m.lawful if m.let_through else m.lawful.upper()} |"
        for m in table
    ]
    caught, through = sum(m.caught for m in table), sum(m.let_through for m in table)
    said = f"{caught} of {len(table)} faults caught by checks that pass on clean data; {through} of {len(table)} allowed extremes let through."
    return "\n".join([*lines, "", said])
