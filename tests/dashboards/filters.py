"""Every filter of every public board against SQL: what the real server answers, and what the same filter says on the mart.

    .venv/bin/python -m tests.dashboards.filters http://127.0.0.1:8088 --data PAMGA_DATA --combinations 200 --seed 7

The SQL is put together here from the assets in git (columns, metrics, conditions), without Superset: what a chart shows under a view
must be what the mart says with the view's filters in a WHERE clause. Exit 1 when they differ.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import requests

from pamga.yaml_files import load_yaml
from tests.servers import HANGS

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "O'Higgins", 'Colonia "El Dorado"', "Peñón de Ñu · São Tomé", "x" * 300, "'; drop table publico.tablero_indicadores; --", "100 %_\\",
    "<b>Centro</b>", "{{ 7 * 7 }}", " ", "中央 🏞️", "null", "a,b;c&d=e#f?g+h",
)  # fmt: skip
View = dict[str, list[Any]]
"""What a reader chose: column of a filter -> values."""


@dataclass
class Chart:
    """A chart of a board: what git says it asks, and its number in the instance."""

    title: str
    number: int
    dataset: int
    table: dict[str, Any]
    queries: list[dict[str, Any]]


@dataclass
class Filter:
    """A filter of a board: the dataset that lists its values, the charts it leaves alone, and how it starts."""

    table: dict[str, Any]
    excluded: set[int]
    starts_on_first: bool
    ascending: bool


@dataclass
class Board:
    """A board, its charts, and its filters by their column."""

    slug: str
    number: int
    charts: list[Chart]
    filters: dict[str, Filter]


@dataclass
class Outcome:
    """What was compared and what differed."""

    views: int = 0
    compared: int = 0
    empty: int = 0
    differences: list[str] = field(default_factory=list)


def assets(kind: str) -> list[dict[str, Any]]:
    """The assets of a kind, as the import fills in what git says once."""
    sys.path.insert(0, str(ROOT / "dashboards"))
    from assets_io import load

    return [asset for path, asset in load().items() if path.startswith(f"{kind}/")]


def boards(url: str, session: requests.Session) -> Iterator[Board]:
    """The public boards of the instance, each chart with what git says of it."""
    tables = {one["uuid"]: one for one in assets("datasets")}
    charts = {one["slice_name"]: one for one in assets("charts")}
    for slug in load_yaml(ROOT / "dashboards" / "access.yaml")["public_dashboards"]:
        page = session.get(f"{url}/api/v1/dashboard/{slug}", timeout=HANGS).json()["result"]
        shown = [
            Chart(
                one["slice_name"], one["id"], int(one["form_data"]["datasource"].split("__")[0]),
                tables[charts[one["slice_name"]]["dataset_uuid"]], _context(charts[one["slice_name"]])["queries"],
            )
            for one in session.get(f"{url}/api/v1/dashboard/{slug}/charts", timeout=HANGS).json()["result"]
        ]  # fmt: skip
        in_git = next(one for one in assets("dashboards") if one["slug"] == slug)["metadata"][
            "native_filter_configuration"
        ]
        from_table = {one["id"]: tables[one["targets"][0]["datasetUuid"]] for one in in_git}
        filters = {
            native["targets"][0]["column"]["name"]: Filter(
                from_table[native["id"]],
                set((native.get("scope") or {}).get("excluded", [])),
                bool(native["controlValues"].get("defaultToFirstItem")),
                bool(native["controlValues"].get("sortAscending")),
            )
            for native in json.loads(page["json_metadata"])["native_filter_configuration"]
        }
        yield Board(slug, page["id"], shown, filters)


def _context(chart: dict[str, Any]) -> dict[str, Any]:
    stored = chart["query_context"]
    found: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return found


def in_reach(board: Board, chart: Chart, view: View) -> View:
    """What of a view a browser sends to a chart."""
    return {column: values for column, values in view.items() if chart.number not in board.filters[column].excluded}


def moved(board: Board, chart: Chart, view: View) -> bool:
    """Whether a view can change what a chart shows."""
    known = {one["column_name"] for one in chart.table["columns"]}
    return bool(known & in_reach(board, chart, view).keys()) or not view


# --- The mart's own answer ---------------------------------------------------------------------------------------------


def expression(table: dict[str, Any], column: Any) -> str:
    """A column of a query in SQL: of the mart, calculated in the dataset, or an expression of the chart."""
    if isinstance(column, dict) and column.get("isColumnReference"):
        assert not column.get("timeGrain"), "a chart truncates dates: say it here too"
        column = column["sqlExpression"]
    if isinstance(column, dict):
        return str(column["sqlExpression"])
    (found,) = [one for one in table["columns"] if one["column_name"] == column]
    return f"({found['expression']})" if found.get("expression") else f'"{column}"'


def aggregate(table: dict[str, Any], metric: Any) -> str:
    if isinstance(metric, str):
        (found,) = [one for one in table["metrics"] if one["metric_name"] == metric]
        return str(found["expression"])
    if metric["expressionType"] == "SQL":
        return str(metric["sqlExpression"])
    return f"{metric['aggregate']}({expression(table, metric['column']['column_name'])})"


def condition(table: dict[str, Any], column: str, operator: str, value: Any) -> tuple[str, list[Any]]:
    """A filter as SQL with its values beside it."""
    if operator == "TEMPORAL_RANGE":
        assert value == "No filter"
        return "true", []
    shown = expression(table, column)
    if operator in {"IS NOT NULL", "IS NULL"}:
        return f"{shown} {operator.lower()}", []
    values = [one for one in value if one is not None] if isinstance(value, list) else [value]
    if operator == "IN":
        listed = f"{shown} in ({', '.join('?' * len(values))})" if values else "false"
        return (f"({listed} or {shown} is null)" if None in value else listed), values
    return f"{shown} {'=' if operator == '==' else operator} ?", values


def of_the_mart(
    marts: duckdb.DuckDBPyConnection, chart: Chart, query: dict[str, Any], view: View
) -> list[tuple[Any, ...]]:
    """The rows of one of a chart's queries, all of them."""
    table = chart.table
    known = {one["column_name"] for one in table["columns"]}
    groups = [expression(table, one) for one in query.get("columns") or []]
    grouped = query.get("metrics") is not None
    figures = [aggregate(table, one) for one in query.get("metrics") or []]
    # a map says that its metric is not null: no column
    own = [one for one in query.get("filters") or [] if one["col"] in known]
    wanted = [condition(table, one["col"], one["op"], one.get("val")) for one in own]
    wanted += [condition(table, column, "IN", values) for column, values in view.items() if column in known]
    where = " and ".join(
        ["true", *(text for text, _ in wanted), *filter(None, [(query.get("extras") or {}).get("where")])]
    )
    sql = f'select {", ".join(groups + figures)} from "{table["schema"]}"."{table["table_name"]}" where {where}'
    if grouped and groups:
        sql += f" group by {', '.join(str(number + 1) for number in range(len(groups)))}"
    return marts.execute(sql, [value for _, values in wanted for value in values]).fetchall()


# --- Comparing -----------------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as both sides can say it: instants in milliseconds, numbers to nine digits."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (datetime, date)):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        value = at.replace(tzinfo=UTC).timestamp() * 1000
    if isinstance(value, (int, float, Decimal)):
        return None if math.isnan(value) else float(f"{float(value):.9g}")
    return str(value)


def label(column: Any) -> str:
    return column if isinstance(column, str) else str(column.get("label") or column.get("sqlExpression"))


def pivoted(rows: Iterable[Iterable[Any]], axis: int) -> Counter[tuple[Any, Any]]:
    """Of rows whose figures stand in columns: each figure with the place of its row on the axis."""
    found: Counter[tuple[Any, Any]] = Counter()
    for row in rows:
        cells = list(row)
        found.update((cells[axis], cell) for cell in cells[axis + 1 :] if cell is not None)
    return found


def difference(query: dict[str, Any], answer: dict[str, Any], rows: list[tuple[Any, ...]]) -> str | None:
    """In words, or None: the answer says what the rows say."""
    names = [label(one) for one in [*(query.get("columns") or []), *(query.get("metrics") or [])]]
    ours = Counter(tuple(map(plain, row)) for row in rows)
    data = answer["data"] or []
    limit = query.get("row_limit")
    if limit and len(rows) > limit:
        return None if answer["sql_rowcount"] == limit else f"{answer['sql_rowcount']} rows instead of {limit}"
    if answer["sql_rowcount"] != len(rows):
        return f"{answer['sql_rowcount']} rows, the mart has {len(rows)}"
    if any(one["operation"] == "pivot" for one in query.get("post_processing") or []):
        groups = len(query.get("columns") or [])
        own: Counter[tuple[Any, Any]] = Counter()
        for row in ours.elements():
            own.update((row[0], figure) for figure in row[groups:] if figure is not None)
        axis = names[0]
        theirs = pivoted(
            ([plain(row.get(axis)), *(plain(row[name]) for name in row if name != axis)] for row in data), 0
        )
        return None if own == theirs else f"{dict(theirs - own)} instead of {dict(own - theirs)}"[:400]
    shown = Counter(tuple(plain(row[name]) for name in names) for row in data)
    return None if shown == ours else f"{dict(shown - ours)} instead of {dict(ours - shown)}"[:400]


def compare(url: str, session: requests.Session, marts: duckdb.DuckDBPyConnection, board: Board, view: View) -> Outcome:
    """The charts of a board under a view: each that its filters reach, and of the others one, which must not change."""
    outcome = Outcome(views=1)
    reached = [chart for chart in board.charts if moved(board, chart, view)]
    others = [chart for chart in board.charts if chart not in reached]
    charts = reached + others[len(str(view)) % (len(others) or 1) :][:1]

    def ask(chart: Chart) -> requests.Response:
        filters = [
            {"col": column, "op": "IN", "val": values} for column, values in in_reach(board, chart, view).items()
        ]
        body = {
            "datasource": {"id": chart.dataset, "type": "table"},
            "queries": [{"filters": filters}],
            "form_data": {"slice_id": chart.number, "dashboardId": board.number},
            "result_format": "json", "result_type": "full",
        }  # fmt: skip
        return session.post(f"{url}/api/v1/chart/data", json=body, timeout=HANGS)

    with ThreadPoolExecutor(4) as readers:
        answers = list(readers.map(ask, charts))
    for chart, answer in zip(charts, answers, strict=True):
        where = f"{board.slug}: {chart.title}: {view}"
        if answer.status_code != 200:
            outcome.differences.append(f"{where}: {answer.status_code} {answer.text[:200]}")
            continue
        for query, result in zip(chart.queries, answer.json()["result"], strict=True):
            rows = of_the_mart(marts, chart, query, in_reach(board, chart, view))
            outcome.compared += 1
            outcome.empty += not rows
            if found := difference(query, result, rows):
                outcome.differences.append(f"{where}: {found}")
    return outcome


def values_of(marts: duckdb.DuckDBPyConnection, board: Board, column: str) -> list[Any]:
    """All values that a filter offers."""
    table = board.filters[column].table
    sql = f'select distinct {expression(table, column)} from "{table["schema"]}"."{table["table_name"]}" order by 1'
    return [row[0] for row in marts.execute(sql).fetchall()]


def views(marts: duckdb.DuckDBPyConnection, board: Board, combinations: int, chance: random.Random) -> Iterator[View]:
    """As it opens; each filter alone with a value and with all; pairs and triples; what no row has, what looks like SQL.

    A filter that always holds a value starts on the first of its list, and so does each view that does not name it.
    """
    offered = {column: values_of(marts, board, column) for column in board.filters}
    begin: View = {
        column: [offered[column][0 if one.ascending else -1]]
        for column, one in board.filters.items()
        if one.starts_on_first and offered[column]
    }

    def some(column: str) -> list[Any]:
        most = 1 if board.filters[column].starts_on_first else chance.choice([1, 1, 2, 5])
        return chance.sample(offered[column], min(len(offered[column]), most))

    yield {}
    yield begin
    for column, values in offered.items():
        yield begin | {column: some(column)}
        if column not in begin:
            yield begin | {column: values[:200]}
    for _ in range(combinations):
        chosen = chance.sample(list(offered), min(len(offered), chance.choice([2, 2, 3])))
        yield begin | {column: some(column) for column in chosen}
    texts = [column for column, values in offered.items() if any(isinstance(value, str) for value in values)]
    for value in chance.sample(HOSTILE, max(1, min(len(HOSTILE), combinations // 2))) if texts else ():
        others = {other: some(other) for other in offered if chance.random() < 0.3}
        yield begin | others | {chance.choice(texts): [value]}


def every_combination(url: str, data: Path, session: requests.Session, combinations: int, seed: int) -> Outcome:
    """All public boards."""
    chance, total = random.Random(seed), Outcome()
    with duckdb.connect(str((data / "releases/current/leon.duckdb").resolve()), read_only=True) as marts:
        for board in boards(url, session):
            for view in views(marts, board, combinations, chance):
                one = compare(url, session, marts, board, view)
                total.views, total.compared, total.empty = (
                    total.views + 1,
                    total.compared + one.compared,
                    total.empty + one.empty,
                )
                total.differences += one.differences
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--data", type=Path, required=True, help="PAMGA_DATA of the instance")
    parser.add_argument("--combinations", type=int, default=50, help="of each board")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = every_combination(arguments.url, arguments.data, requests.Session(), arguments.combinations, arguments.seed)
    print(*found.differences, sep="\n")
    print(
        f"{found.views} views, {found.compared} answers compared, {found.empty} of them empty, {len(found.differences)} differ"
    )
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
