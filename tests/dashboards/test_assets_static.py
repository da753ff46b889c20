"""The YAML of dashboards/assets against the marts' own description, without starting Superset.

Every dataset, column, metric and calculated column that a chart or a filter names must exist: the metrics and calculated
columns are bound by DuckDB itself against empty tables made from the marts' yml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import assets_io
import decision
import duckdb
import pytest
import yaml
from assets_io import charts_of, load, rewritten
from presumed import number_of

from pamga.situations import states

ROOT = Path(__file__).resolve().parents[2]
ASSETS = load()
ACCESS = yaml.safe_load((ROOT / "dashboards" / "access.yaml").read_text(encoding="utf-8"))
SCHEMAS = {"publico": True, "interno": False}
ENGINE = duckdb.connect()


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {asset["uuid"]: asset for path, asset in ASSETS.items() if path.startswith(f"{kind}/")}


DATASETS, CHARTS, DASHBOARDS, DATABASES = (of_kind(kind) for kind in ("datasets", "charts", "dashboards", "databases"))


@pytest.fixture(scope="module")
def marts() -> dict[str, dict[str, Any]]:
    """Every mart's yml by its name."""
    found: dict[str, dict[str, Any]] = {}
    for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = model
    # a calculated column may look up a name in another published dataset
    ENGINE.execute("create schema if not exists publico")
    for name, model in found.items():
        if is_public(model):
            described = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"] if is_public(c))
            ENGINE.execute(f'create table publico."{name}" ({described})')
    for name, columns in decision.TABLES.items():  # made when somebody connects, of what the gate and people said
        found[name] = {"columns": [{"name": column, "data_type": kind} for column, kind in columns.items()]}
    return found


def is_public(part: dict[str, Any]) -> bool:
    return bool(part.get("config", {}).get("meta", {}).get("publico"))


def problems_of_dataset(dataset: dict[str, Any], marts: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What a dataset names that its mart does not have."""
    # Superset's SQLite metadata allows a table name once, so the candidate's datasets are queries with a name of their own
    query = re.fullmatch(r"select \* from publico\.(\w+)", dataset.get("sql") or "")
    mart = marts.get(query[1] if query else dataset["table_name"])
    if mart is None or (dataset.get("sql") and not query):
        yield f"no mart {dataset['table_name']}"
        return
    if is_public(mart) != SCHEMAS[dataset["schema"]]:
        yield f"{dataset['table_name']}: schema {dataset['schema']} but publico is {is_public(mart)}"
    columns = {column["name"]: column for column in mart["columns"]}
    described = ", ".join(f'"{name}" {column["data_type"]}' for name, column in columns.items())
    ENGINE.execute(f"create or replace table mart ({described})")
    for column in dataset["columns"]:
        expression = column.get("expression")
        if not expression and column["column_name"] not in columns:
            yield f"{dataset['table_name']}: no column {column['column_name']}"
        if not expression and dataset["schema"] == "publico" and not is_public(columns.get(column["column_name"], {})):
            yield f"{dataset['table_name']}.{column['column_name']} is not public"
        if expression:
            yield from _binds(f"select {expression} from mart", column["column_name"])
    for metric in dataset["metrics"]:
        yield from _binds(f"select {metric['expression']} from mart", metric["metric_name"])


def _binds(query: str, name: str) -> Iterator[str]:
    try:
        ENGINE.execute(query)
    except duckdb.Error as error:
        yield f"{name}: {error}"


def named_by(chart: dict[str, Any]) -> set[str]:
    """Columns and metrics that a chart names, in its settings and in its stored query."""
    params, names = chart["params"], set()
    for key in ("all_columns", "groupby", "metrics", "columns", "metric", "x_axis", "line_column", "dimension",
                "start_time", "end_time", "y_axis", "series", "timeseries_limit_metric", "tooltip_columns"):  # fmt: skip
        value = params.get(key)
        names |= {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)}
    names |= set(params.get("column_config", {})) | {
        rule["column"] for rule in params.get("conditional_formatting", [])
    }
    names |= {tip["column_name"] for tip in params.get("tooltip_contents", [])}
    for query in chart["query_context"]["queries"]:
        names |= {item for item in [*query.get("columns", []), *(query.get("metrics") or [])] if isinstance(item, str)}
        names |= {by[0] for by in query.get("orderby") or [] if isinstance(by[0], str)}
    return {name for name in names if name}


def problems_of_chart(chart: dict[str, Any], dataset: dict[str, Any]) -> Iterator[str]:
    known = {column["column_name"] for column in dataset["columns"]} | {
        metric["metric_name"] for metric in dataset["metrics"]
    }
    yield from (f"{chart['slice_name']}: {name} is not in {dataset['table_name']}" for name in named_by(chart) - known)


@pytest.mark.parametrize("uuid", sorted(DATASETS), ids=lambda uuid: DATASETS[uuid]["table_name"])
def test_dataset_exists_in_the_marts(uuid: str, marts: dict[str, dict[str, Any]]) -> None:
    assert list(problems_of_dataset(DATASETS[uuid], marts)) == []


@pytest.mark.parametrize("uuid", sorted(CHARTS), ids=lambda uuid: CHARTS[uuid]["slice_name"])
def test_chart_names_only_what_its_dataset_has(uuid: str) -> None:
    assert list(problems_of_chart(CHARTS[uuid], DATASETS[CHARTS[uuid]["dataset_uuid"]])) == []


def test_a_column_is_worked_out_because_somebody_shows_it() -> None:
    """A chart, a filter or another such column."""
    shown = dict.fromkeys(DATASETS, "")
    for text in map(str, (*CHARTS.values(), *DASHBOARDS.values())):
        shown |= {uuid: said + text for uuid, said in shown.items() if uuid in text}
    for uuid, dataset in DATASETS.items():
        said = [part["expression"] for kind in ("columns", "metrics") for part in dataset[kind] if "expression" in part]
        words = {*re.findall(r"\w+", f"{shown[uuid]}{said}")}
        idle = [c["column_name"] for c in dataset["columns"] if "expression" in c and c["column_name"] not in words]
        assert idle == [], dataset["table_name"]


def test_a_misspelt_column_is_found(marts: dict[str, dict[str, Any]]) -> None:
    dataset = next(d for d in DATASETS.values() if d["table_name"] == "acuerdos_por_dependencia")
    broken = {**dataset, "columns": [*dataset["columns"], {"column_name": "vencidoss"}]}
    assert any("vencidoss" in problem for problem in problems_of_dataset(broken, marts))
    broken = {**dataset, "metrics": [{"metric_name": "m", "expression": "SUM(vencidoss)"}]}
    assert any("vencidoss" in problem for problem in problems_of_dataset(broken, marts))
    chart = next(c for c in CHARTS.values() if c["dataset_uuid"] == dataset["uuid"])
    astray = {**chart, "params": {**chart["params"], "groupby": ["no_existe"]}}
    assert list(problems_of_chart(astray, dataset)) != []


@pytest.mark.parametrize("slug", sorted(d["slug"] for d in DASHBOARDS.values()))
def test_filters_act_on_what_is_on_the_page(slug: str) -> None:
    """A filter names a column of its dataset, and at least one chart of the page that it reaches has that column."""
    dashboard = next(d for d in DASHBOARDS.values() if d["slug"] == slug)
    numbers = {
        part["meta"]["chartId"]: part["meta"]["uuid"]
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    }
    for native in dashboard["metadata"]["native_filter_configuration"]:
        (target,) = native["targets"]
        column = target["column"]["name"]
        assert column in {c["column_name"] for c in DATASETS[target["datasetUuid"]]["columns"]}, native["name"]
        reached = [
            CHARTS[uuid]
            for number, uuid in numbers.items()
            if number not in native["scope"]["excluded"]
            and column in {c["column_name"] for c in DATASETS[CHARTS[uuid]["dataset_uuid"]]["columns"]}
        ]
        # a filter that starts on its first value and lacks this shows the value and filters nothing until Apply is pressed
        assert bool(native["controlValues"].get("defaultToFirstItem")) == bool(native.get("requiredFirst"))
        assert reached, f"{slug}: the filter {native['name']} changes nothing on the page"


def test_every_dashboard_has_its_audience() -> None:
    slugs = {dashboard["slug"] for dashboard in DASHBOARDS.values()}
    listed = [*ACCESS["public_dashboards"], *ACCESS["internal_dashboards"], *ACCESS["review_dashboards"]]
    assert sorted(listed) == sorted(slugs)


def test_public_dashboards_hold_public_data_only() -> None:
    public = {uuid for uuid, database in DATABASES.items() if "releases/current" in database["sqlalchemy_uri"]}
    for dashboard in DASHBOARDS.values():
        if dashboard["slug"] in ACCESS["public_dashboards"]:
            for uuid in charts_of(dashboard):
                assert DATASETS[CHARTS[uuid]["dataset_uuid"]]["database_uuid"] in public, CHARTS[uuid]["slice_name"]


@pytest.mark.slow
def test_files_are_written_as_an_export_would_write_them() -> None:
    """Else the next export shows changes that nobody made. `python dashboards/assets_io.py` mends it."""
    assert list(rewritten()) == []


def test_no_layered_maps() -> None:
    """Superset 6.1 does not compare a layer's dataset with the one asked for: a deck_multi on a public page opens all."""
    assert [chart["slice_name"] for chart in CHARTS.values() if chart["viz_type"] == "deck_multi"] == []


def test_each_internal_dataset_can_be_restricted_to_a_department() -> None:
    rule = ACCESS["row_level_security"]
    for dashboard in DASHBOARDS.values():
        if dashboard["slug"] in ACCESS["internal_dashboards"]:
            for uuid in charts_of(dashboard):
                dataset = DATASETS[CHARTS[uuid]["dataset_uuid"]]
                if dataset["table_name"] not in rule["without"]:
                    assert rule["column"] in {column["column_name"] for column in dataset["columns"]}


def test_every_chart_is_described_titled_and_stored_with_its_query() -> None:
    for chart in CHARTS.values():
        assert len(chart["description"] or "") > 20, chart["slice_name"]
        assert "_" not in chart["slice_name"]
        assert chart["query_context"]["queries"], chart["slice_name"]


def test_numbers_have_a_format() -> None:
    """A raw double prints with twelve digits."""
    for chart in CHARTS.values():
        dataset = DATASETS[chart["dataset_uuid"]]
        kinds = {column["column_name"]: column["type"] for column in dataset["columns"]}
        if chart["viz_type"] == "table":
            for name in chart["params"].get("all_columns", []):
                if kinds[name].startswith(("DOUBLE", "DECIMAL")):
                    assert chart["params"]["column_config"][name]["d3NumberFormat"], (chart["slice_name"], name)
        elif "big_number" in chart["viz_type"] or "echarts_timeseries" in chart["viz_type"]:
            assert chart["params"]["y_axis_format"], chart["slice_name"]


COLUMNS_OF_A_ROW = 12


def too_wide(position: dict[str, Any]) -> Iterator[str]:
    """Rows whose parts take more columns than there are, in the page or in a column of it: Superset squeezes or cuts them."""
    widths = {
        key: part["meta"].get("width", 0) for key, part in position.items() if isinstance(part, dict) and "meta" in part
    }
    for key, part in position.items():
        if isinstance(part, dict) and part["type"] == "ROW":
            around = next(
                (widths[above] for above in reversed(part["parents"]) if above.startswith("COLUMN")), COLUMNS_OF_A_ROW
            )
            total = sum(widths[child] for child in part["children"])
            if total > around:
                yield f"{key}: {total} columns where {around} fit"
        if isinstance(part, dict) and part["type"] == "COLUMN":
            yield from (
                f"{child}: {widths[child]} columns in a column of {widths[key]}"
                for child in part["children"]
                if widths[child] > widths[key]
            )


@pytest.mark.parametrize("slug", sorted(d["slug"] for d in DASHBOARDS.values()))
def test_no_row_is_wider_than_the_page(slug: str) -> None:
    dashboard = next(d for d in DASHBOARDS.values() if d["slug"] == slug)
    assert list(too_wide(dashboard["position"])) == []


def test_a_row_too_wide_is_found() -> None:
    chart = {"type": "CHART", "children": [], "meta": {"width": 8}}
    row = {"type": "ROW", "parents": ["ROOT_ID", "GRID_ID"], "children": ["CHART-a", "CHART-b"], "meta": {}}
    assert list(too_wide({"ROW-a": row, "CHART-a": chart, "CHART-b": {**chart, "meta": {"width": 4}}})) == []
    assert list(too_wide({"ROW-a": row, "CHART-a": chart, "CHART-b": {**chart, "meta": {"width": 7}}})) == [
        "ROW-a: 15 columns where 12 fit"
    ]


def test_maps_have_a_table_beside_them() -> None:
    for dashboard in DASHBOARDS.values():
        position = dashboard["position"]
        for part in position.values():
            if isinstance(part, dict) and part["type"] == "ROW":
                inside = [CHARTS[p["meta"]["uuid"]]["viz_type"] for p in _charts_under(position, part["id"])]
                if any(viz.startswith("deck_") for viz in inside):
                    assert "table" in inside, part["id"]


def _charts_under(position: dict[str, Any], start: str) -> Iterator[dict[str, Any]]:
    part = position[start]
    if part["type"] == "CHART":
        yield part
    for child in part["children"]:
        yield from _charts_under(position, child)


def test_nothing_of_this_machine_and_no_outside_address() -> None:
    for path in (ROOT / "dashboards").rglob("*"):
        if path.suffix in {".yaml", ".css", ".html", ".svg", ".json"}:
            text = path.read_text(encoding="utf-8")
            assert "/home/" not in text and "/tmp/" not in text, path
            outside = [a for a in re.findall(r"https?://[^\s\"'<>)]+", text) if "www.w3.org" not in a]
            assert outside == [], path


def test_databases_are_read_only_and_relative() -> None:
    for database in DATABASES.values():
        assert database["sqlalchemy_uri"].startswith("duckdb:///") and not database["sqlalchemy_uri"].startswith(
            "duckdb:////"
        )
        assert not database["allow_dml"] and not database["allow_ctas"] and not database["allow_csv_upload"]


JUDGED_BY_ANOTHER_DAY = {"valor", "valor_texto", "numerador", "denominador", "Valor al corte"}


def test_a_chart_that_shows_a_verdict_shows_the_value_that_was_judged() -> None:
    """Beside a verdict today's value is only `valor_hoy_texto`; what is not due yet is judged as of the cut-off."""
    boards = {uuid for uuid, d in DATASETS.items() if "tablero_indicadores" in d["table_name"]}
    shown = {c["slice_name"]: named_by(c) for c in CHARTS.values() if c["dataset_uuid"] in boards}
    assert {name for name, columns in shown.items() if columns & JUDGED_BY_ANOTHER_DAY} == set()
    assert sum(bool({"valor_juzgado_texto", "valor_y_hoy"} & columns) for columns in shown.values()) >= 2


def test_the_headline_counts_every_target_once_and_says_of_how_many() -> None:
    """Its figures are parts of one whole: every state is in exactly one, and each says how many there are in all."""
    (board,) = [d for d in DATASETS.values() if d["schema"] == "publico" and d["table_name"] == "tablero_indicadores"]
    metrics = {metric["metric_name"]: metric["expression"] for metric in board["metrics"]}
    (headline,) = [c for c in CHARTS.values() if c["slice_name"] == "Cómo van las metas del plan"]
    for state in states():
        said = [
            duckdb.sql(f"select {metrics[name]} from (values ('{state}'), (null)) as metas (estado)").fetchall()[0][0]
            for name in headline["params"]["metrics"]
        ]
        assert all(" de 2 " in part for part in said)
        assert sum("<b>1</b>" in part for part in said) == 1, said
        assert sum("<b>0</b>" in part for part in said) == len(said) - 1


def test_each_commitment_counts_every_target_once_and_what_has_no_data_is_not_open() -> None:
    (board,) = [d for d in DATASETS.values() if d["schema"] == "publico" and d["table_name"] == "tablero_indicadores"]
    metrics = {metric["metric_name"]: metric["expression"] for metric in board["metrics"]}
    (chart,) = [c for c in CHARTS.values() if c["slice_name"] == "Cada compromiso"]
    parts = [name for name in chart["params"]["metrics"] if name != "de_metas"]
    for state in states():
        metas = f"from (values ('{state}')) as metas (estado)"
        said = {name: duckdb.sql(f"select {metrics[name]} {metas}").fetchall()[0][0] for name in parts}
        assert sorted(text.split()[-1] for text in said.values()) == ["0"] * (len(parts) - 1) + ["1"], (state, said)
        assert (said["sin_datos_de"] == "◇ 1") == (state == "sin_datos")


def test_every_board_links_to_the_page_of_each_of_its_datasets() -> None:
    for dashboard in DASHBOARDS.values():
        used = {DATASETS[CHARTS[uuid]["dataset_uuid"]]["table_name"] for uuid in charts_of(dashboard)}
        public = {
            d["table_name"]
            for d in DATASETS.values()
            if d["table_name"] in used and d["schema"] == "publico" and not d.get("sql")
        } - {"publicacion_vigente"}
        text = str(dashboard["position"])
        assert {name for name in public if f"/portal/conjuntos/{name}.html" not in text} == set(), dashboard["slug"]


def test_links_in_cells_lead_to_addresses_of_ours_or_that_a_row_gives() -> None:
    """And a chart that shows a link renders it; a text that people wrote is never part of one."""
    for dataset in DATASETS.values():
        for part in [*dataset["columns"], *dataset["metrics"]]:
            text = str(part.get("expression") or "")
            for address in re.findall(r"href=\"([^\"]*)", text):
                assert re.match(r"/(indicador|portal|recibos|superset)/", address) or address.startswith("' || "), text
            if "href=" in text:
                name = part.get("column_name") or part["metric_name"]
                showing = [c for c in CHARTS.values() if c["dataset_uuid"] == dataset["uuid"] and name in named_by(c)]
                assert all(c["params"]["allow_render_html"] for c in showing), name


def test_what_people_wrote_is_not_rendered() -> None:
    """In a chart that renders links, a text by or about people (a column with `_reservado` beside it) has lost its '<'."""
    for chart in CHARTS.values():
        if not chart["params"].get("allow_render_html"):
            continue
        columns = {column["column_name"]: column for column in DATASETS[chart["dataset_uuid"]]["columns"]}
        texts = {name.removesuffix("_reservado") for name in columns if name.endswith("_reservado")}
        for name in named_by(chart) & set(columns):
            expression = columns[name].get("expression", name)
            if any(re.search(rf"\b{text}\b", expression) for text in texts):
                assert "'<', '‹'" in expression, (chart["slice_name"], name)


def test_no_filter_reaches_the_notice_of_example_data() -> None:
    """A quarter or a colonia must never make the words disappear that say what the figures are."""
    notices = {uuid for uuid, chart in CHARTS.items() if any("aviso" in str(q.get("columns")) for q in chart["query_context"]["queries"])}  # fmt: skip
    shown = 0
    for dashboard in DASHBOARDS.values():
        here = {number_of(uuid) for uuid in charts_of(dashboard) if uuid in notices}
        shown += len(here)
        for native in dashboard["metadata"].get("native_filter_configuration", []):
            assert here <= set(native["scope"]["excluded"]), f"{dashboard['slug']}: {native['name']}"
    assert shown >= len(ACCESS["public_dashboards"]) - 1


def test_a_chart_has_the_same_number_whatever_stands_beside_it() -> None:
    for dashboard in DASHBOARDS.values():
        parts = [part["meta"] for part in dashboard["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]  # fmt: skip
        assert [meta["chartId"] for meta in parts] == [number_of(meta["uuid"]) for meta in parts]
    assert len({number_of(uuid) for uuid in CHARTS}) == len(CHARTS)


def test_what_superset_holds_is_recognised_in_any_order_of_keys_and_whatever_git_says() -> None:
    """Else a column that git got would look like an edit in the browser, and applying would refuse."""
    texts = assets_io.contents_for_import()
    held = assets_io.held(texts)
    turned = {path: yaml.safe_dump(dict(reversed(yaml.safe_load(text).items()))) for path, text in texts.items()}
    assert assets_io.held(turned) == held
    path = next(path for path in texts if path.startswith("datasets/"))
    changed = texts | {path: texts[path].replace("description: ", "description: No ", 1)}
    uuid = yaml.safe_load(texts[path])["uuid"]
    assert {key for key, digest in assets_io.held(changed).items() if digest != held[key]} == {uuid}


def test_a_column_that_git_gets_leaves_the_order_of_the_others() -> None:
    before = [{"column_name": "a", "expression": "1", "description": "A"}]
    after = [{"column_name": "0", "type": "x"}, {"column_name": "a", "description": "A", "expression": "1"}]
    assert list(assets_io.in_order_of(before, after)[1]) == ["column_name", "expression", "description"]


def test_what_failed_stands_before_what_came_late_and_what_has_no_data() -> None:
    """As the chart says of itself: the order of the matrix begins with what has no data."""
    (board,) = [d for d in DATASETS.values() if d["schema"] == "publico" and d["table_name"] == "tablero_indicadores"]
    (chart,) = [c for c in CHARTS.values() if c["slice_name"] == "Lo que no se cumplió o llegó tarde, y por qué"]
    ((column, ascending), *_) = chart["query_context"]["queries"][0]["orderby"]
    expression = next(c["expression"] for c in board["columns"] if c["column_name"] == column)
    rows = duckdb.sql(
        f"select estado from (values ('sin_datos'), ('cumplida_con_retraso'), ('incumplida')) as metas (estado)"
        f" order by {expression} {'asc' if ascending else 'desc'}"
    ).fetchall()
    assert [state for (state,) in rows] == ["incumplida", "cumplida_con_retraso", "sin_datos"]
