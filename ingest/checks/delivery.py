"""A reading becomes what lands: accepted rows in the lake's types, bad cells, counts that add up (rules.md, 'Rows')."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from ingest.checks.bench import WITHDRAWN, Bench, Door
from ingest.checks.interpreted import interpretations
from ingest.checks.judging import WITHDRAWN_COLUMN, judge, judge_columns, judge_months
from ingest.checks.moderation import MARKS
from ingest.checks.people import hide_personal, pseudonymise, refuse_exchanged_names, refuse_masks, refuse_people
from ingest.checks.rejects import rejects_of, told_bad_cells
from ingest.checks.repeated import repeated_rows
from ingest.contract import Contract
from ingest.reading import MONTH_COLUMNS, Reading


@dataclass
class Checked:
    """What a delivery comes to. accepted + quarantined + out_of_scope = rows_read."""

    rows: pl.DataFrame
    """Accepted rows, the contract's lake columns, sorted by fila."""
    rejects: pl.DataFrame
    """Bad cells, `REJECTS`, sorted by fila and the contract's columns."""
    rows_read: int
    accepted: int
    quarantined: int
    out_of_scope: int
    notes: list[str] = field(default_factory=list)
    marks: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MARKS))
    """What looks personal in typed texts, `MARKS`, sorted by fila: for the receipt alone."""
    interpreted: list[str] = field(default_factory=list)
    """Spanish sentences: cells that were repaired, or understood in one of several ways."""


def check_delivery(reading: Reading, contract: Contract, door: Door) -> Checked:
    """Judge every cell of a reading and put together what lands."""
    bench = Bench(reading, contract, door)
    judge_columns(bench)
    if contract.formato.disposicion == "meses":
        judge_months(bench)
    if contract.entrega == "parcial":
        judge(bench, WITHDRAWN_COLUMN)
        bench.values[WITHDRAWN] = bench.values[WITHDRAWN].fill_null(False)
    refuse_exchanged_names(bench)
    for column in contract.columnas:
        refuse_masks(bench, column)
        refuse_people(bench, column)
    for column in contract.columnas:
        if column.seudonimo:
            pseudonymise(bench, column)
    bench.bad.append(repeated_rows(bench))
    for column in contract.columnas:
        hide_personal(bench, column)
    return _assemble(bench)


def _assemble(bench: Bench) -> Checked:
    bad = told_bad_cells(bench)
    quarantined = bad.filter("cuarentena")["indice"].unique()
    accepted = None
    if len(quarantined):
        accepted = ~pl.int_range(bench.height, eager=True, dtype=pl.UInt32).is_in(quarantined.implode())
    bench.reading.keep_bad_rows(bench.fila.gather(bad["indice"].unique()).to_numpy())
    return Checked(
        _lake_rows(bench, accepted),
        rejects_of(bench, bad),
        bench.rows_read,
        bench.height - len(quarantined),
        len(quarantined),
        bench.rows_read - bench.height,
        bench.notes,
        pl.DataFrame(bench.marks, schema=MARKS, orient="row").sort("fila", maintain_order=True),
        interpretations(bench.said, bench.contract, bench.fila),
    )


def _lake_rows(bench: Bench, accepted: pl.Series | None) -> pl.DataFrame:
    """Accepted rows in the contract's lake columns."""
    contract = bench.contract
    bench.texts.clear()  # a million rows are held once, not twice: each column leaves the bench as it is taken
    names = [name for name in contract.lake_columns if name != "fila" and name in bench.values]
    if contract.formato.disposicion == "meses":
        names += MONTH_COLUMNS
    taken = ((name, bench.values.pop(name)) for name in names)
    columns = [(cells if accepted is None else cells.filter(accepted)).alias(name) for name, cells in taken]
    rows = pl.DataFrame([*columns, bench.fila if accepted is None else bench.fila.filter(accepted)])
    if contract.formato.disposicion == "meses":
        rows = _one_row_per_month(rows)
    return rows.select(list(contract.lake_columns))


def _one_row_per_month(rows: pl.DataFrame) -> pl.DataFrame:
    """The twelve months side by side become rows; an empty month makes none."""
    number = {column: month for month, column in enumerate(MONTH_COLUMNS, start=1)}
    return (
        rows.unpivot(
            MONTH_COLUMNS, index=[n for n in rows.columns if n not in number], variable_name="mes", value_name="casos"
        )
        .filter(pl.col("casos").is_not_null())
        .with_columns(pl.col("mes").replace_strict(number, return_dtype=pl.Int64))
        .sort("fila", "mes")
    )
