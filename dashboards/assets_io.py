"""The YAML of assets/ and what Superset imports and exports: one canonical form, so that git shows only real changes.

Superset's export carries numbers that differ from one installation to the next (ids of charts and datasets) and file names
made of them. Here charts of a dashboard are numbered after their uuids, datasets are named by uuid
alone, and a file keeps the path that its uuid already has in git. What stands elsewhere (the plan's years and names, the words of
states) is a place in git and the words in Superset (said_once.py); what a dataset says as its mart does stands only there (declared.py), and
what follows from the rest of an asset or is so in every one is left out (presumed.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from declared import emptied, filled
from presumed import emptied_board, emptied_chart, filled_board, filled_chart, number_of
from said_once import expanded, folded, slug

from pamga.plan import plan
from pamga.yaml_files import load_yaml, parse_yaml

Form = Callable[[dict[str, Any]], dict[str, Any]]
HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
METADATA = "metadata.yaml"
NO_FILTER = "No filter"
FILLED_IN = ("matrixify_", "temporal_columns_lookup")
"""Settings of charts that Superset's editor derives or that belong to what is switched off."""
UNCHOSEN = {
    "align_pn": False, "comparison_color_enabled": False, "comparison_color_scheme": "Green", "comparison_type": "values", "order_desc": True,
    "percent_metric_calculation": "row_limit", "server_page_length": 10, "show_totals": False,
}  # fmt: skip
"""What its controls stand at when nobody touched them."""
FORMS: dict[str, tuple[Form, Form]] = {
    "datasets": (filled, emptied), "charts": (filled_chart, emptied_chart), "dashboards": (filled_board, emptied_board)
}  # fmt: skip
"""Kind -> what makes an asset of git whole, and what leaves of a whole one what git says."""
KINDS = ("databases", "datasets", "charts", "dashboards")


class _Plain(yaml.SafeDumper):
    """Without anchors: what stands twice is written twice, as an export does."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(document: dict[str, Any]) -> str:
    """YAML as it stands in git."""
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def load(folder: Path = ASSETS) -> dict[str, dict[str, Any]]:
    """Every asset by its path below `folder`, without metadata.yaml, as Superset is to hold it."""
    paths = [path for kind in KINDS for path in sorted((folder / kind).rglob("*.yaml"))]
    return {(name := path.relative_to(folder).as_posix()): _whole(name, load_yaml(path)) for path in paths}


def _whole(path: str, asset: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = expanded(asset, _commitment(path))
    whole, _ = FORMS.get(path.split("/", maxsplit=1)[0], (dict, dict))
    return whole(said)


def in_git(texts: dict[str, str]) -> dict[str, str]:
    """The canonical texts of what Superset holds, as they stand in git: path to text."""
    return {
        path: dump(_own(path, parse_yaml(text))) if text and path.startswith(KINDS) else text
        for path, text in texts.items()
    }


def _own(path: str, asset: dict[str, Any]) -> dict[str, Any]:
    _, own = FORMS.get(path.split("/", maxsplit=1)[0], (dict, dict))
    said: dict[str, Any] = folded(own(asset), _commitment(path))
    return said


def _commitment(path: str) -> str | None:
    """The code of the commitment that the board of this chart is called after."""
    folders = path.split("/")[:-1]
    return next((code for code, name in plan().compromisos.items() if slug(name) in folders), None)


def contents_for_import(folder: Path = ASSETS) -> dict[str, str]:
    """What ImportAssetsCommand takes: path to YAML text, a chart's stored query as the JSON text that Superset keeps."""
    contents = {METADATA: (folder / METADATA).read_text(encoding="utf-8")}
    for path, asset in load(folder).items():
        if isinstance(asset.get("query_context"), dict):
            asset["query_context"] = json.dumps(asset["query_context"], ensure_ascii=False)
        contents[path] = dump(asset)
    return contents


def _canonical_chart(chart: dict[str, Any]) -> dict[str, Any]:
    params = chart["params"]
    for volatile in ("datasource", "slice_id", "dashboards", "dashboardId", "url_params", "extra_form_data"):
        params.pop(volatile, None)
    query = chart.pop("query_context", None)
    if isinstance(query, str):
        query = json.loads(query)
    if query:
        # what is asked, not where it was asked from: Superset fills in the dataset on import
        chart["query_context"] = {
            "datasource": {"id": 0, "type": "table"},
            "force": False,
            "queries": [_canonical_query(one) for one in query["queries"]],
            "form_data": {},
            "result_format": "json",
            "result_type": "full",
        }
    for empty in ("certified_by", "certification_details", "cache_timeout", "tags"):
        if chart.get(empty) in (None, [], ""):
            chart.pop(empty, None)
    return chart


def _canonical_query(query: dict[str, Any]) -> dict[str, Any]:
    query = dict(query)
    for volatile in ("datasource", "url_params", "custom_params", "custom_form_data"):
        query.pop(volatile, None)
    return query


def _canonical_dashboard(dashboard: dict[str, Any]) -> dict[str, Any]:
    charts = {
        part["meta"]["uuid"]: part["meta"]
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part.get("type") == "CHART"
    }
    by_old_id = {meta["chartId"]: number_of(uuid) for uuid, meta in charts.items()}
    for uuid, meta in charts.items():
        meta["chartId"] = number_of(uuid)
    metadata = dashboard.get("metadata") or {}
    for derived in (
        "chart_configuration", "color_scheme_domain", "global_chart_configuration", "map_label_colors", "shared_label_colors"
    ):  # fmt: skip
        metadata.pop(derived, None)
    for empty, nothing in (("chart_customization_config", []), ("default_filters", "{}")):  # written with every save
        if metadata.get(empty) == nothing:
            metadata.pop(empty)
    for native in metadata.get("native_filter_configuration", []):
        native.pop("chartsInScope", None)
        native.pop("tabsInScope", None)
        if excluded := native.get("scope", {}).get("excluded"):
            native["scope"]["excluded"] = sorted(by_old_id[old] for old in excluded if old in by_old_id)
    for empty in ("certified_by", "certification_details", "tags", "theme_uuid"):
        if dashboard.get(empty) in (None, [], ""):
            dashboard.pop(empty, None)
    return dashboard


def _canonical_dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    dataset["columns"] = sorted(dataset["columns"], key=lambda column: str(column["column_name"]))
    dataset["metrics"] = sorted(dataset["metrics"], key=lambda metric: str(metric["metric_name"]))
    for part in [*dataset["columns"], *dataset["metrics"]]:
        for key in [key for key, value in part.items() if value is None or value == {}]:
            part.pop(key)
        part.pop("uuid", None)
    for key in [key for key, value in dataset.items() if value is None]:
        dataset.pop(key)
    return dataset


def _canonical(kind: str, asset: dict[str, Any]) -> dict[str, Any]:
    forms = {"charts": _canonical_chart, "dashboards": _canonical_dashboard, "datasets": _canonical_dataset}
    return forms[kind](asset) if kind in forms else asset


def held(exported: dict[str, str]) -> dict[str, str]:
    """What Superset holds, whatever git says of it: uuid to a digest that no order of keys changes."""
    digests = {}
    for name, text in exported.items():
        kind = name.split("/", 1)[0]
        if kind in KINDS:
            asset = _canonical(kind, parse_yaml(text))
            digests[asset["uuid"]] = hashlib.sha256(json.dumps(asset, sort_keys=True, default=str).encode()).hexdigest()
    return digests


def canonical(exported: dict[str, str], folder: Path = ASSETS) -> dict[str, str]:
    """Superset's export under the paths of `folder`, as Superset holds it: path to text (`in_git` says how it stands in a file).

    `exported` maps Superset's file names to YAML text. A path already used for a uuid is kept.
    """
    known = load(folder)
    paths = {asset["uuid"]: path for path, asset in known.items()}
    result = {}
    for name, text in exported.items():
        kind = name.split("/", 1)[0]
        if kind not in KINDS:
            continue
        asset = parse_yaml(text)
        title = asset.get("database_name") or asset.get("table_name") or asset.get("slice_name") or asset["slug"]
        asset = _canonical(kind, asset)
        path = paths.get(asset["uuid"], f"{kind}/{slug(title)}_{asset['uuid'][:8]}.yaml")
        if kind == "charts" and path in known:
            _without_fillings(known[path], asset)
        result[path] = dump(in_order_of(known.get(path), asset))
    return dict(sorted(result.items()))


def _without_fillings(before: dict[str, Any], chart: dict[str, Any]) -> None:
    """Take out what the editor of charts writes with every save although nobody chose it: settings that stand at their beginning,
    filters that filter nothing. What git has of that kind stays."""
    old, new = before["params"], chart["params"]
    for key in [key for key in new if key not in old]:
        if key.startswith(FILLED_IN) or (key in UNCHOSEN and new[key] == UNCHOSEN[key]):
            new.pop(key)
    for key in [key for key in old if key not in new and old[key] in ([], {}, "", None)]:
        new[key] = old[key]
    if "adhoc_filters" in new:
        kept = old.get("adhoc_filters") or []
        new["adhoc_filters"] = [
            one for one in new["adhoc_filters"] if one in kept or one.get("comparator") != NO_FILTER
        ]
    stored = (before.get("query_context") or {}).get("queries") or [{}]
    for number, query in enumerate((chart.get("query_context") or {}).get("queries") or []):
        own = stored[min(number, len(stored) - 1)]
        idle = [one for one in own.get("filters") or [] if one.get("val") == NO_FILTER]
        query["filters"] = [*idle, *(one for one in query.get("filters") or [] if one.get("val") != NO_FILTER)]
        if query.get("row_offset") == 0 and "row_offset" not in own:
            query.pop("row_offset")


def in_order_of(before: Any, after: Any) -> Any:
    """`after` with its keys in the order in which `before` has them, new ones behind: the editors save them sorted, or as they come.

    Parts of a list are the same part when they have the same id or name, or stand at the same place.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [*(key for key in before if key in after), *(key for key in after if key not in before)]
        return {key: in_order_of(before.get(key), after[key]) for key in keys}
    if isinstance(before, list) and isinstance(after, list):
        known = {name: one for one in before if (name := _name(one))}
        places = [*before, *[None] * len(after)]
        return [
            in_order_of(known.get(name) if (name := _name(one)) else place, one)
            for place, one in zip(places, after, strict=False)
        ]
    return after


def _name(part: Any) -> Any:
    """By what a part of a list is known: a filter's id, a column's or a metric's name."""
    keys = ("id", "column_name", "metric_name")
    return next((part[key] for key in keys if key in part), None) if isinstance(part, dict) else None


def rewritten(folder: Path = ASSETS) -> dict[str, str]:
    """The files whose text an export would write otherwise (line breaks, order of columns): path to canonical text.

    `python dashboards/assets_io.py` writes them, after a file was edited by hand.
    """
    canonical_form = {"datasets": _canonical_dataset, "dashboards": _canonical_dashboard, "charts": _in_order}
    texts = in_git(
        {path: dump(canonical_form.get(path.split("/")[0], dict)(asset)) for path, asset in load(folder).items()}
    )
    return {path: text for path, text in texts.items() if (folder / path).read_text(encoding="utf-8") != text}


def _in_order(chart: dict[str, Any]) -> dict[str, Any]:
    last = ("params", "cache_timeout", "uuid", "version", "dataset_uuid", "query_context")
    return {
        key: chart[key] for key in [*(key for key in chart if key not in last), *(key for key in last if key in chart)]
    }


def charts_of(dashboard: dict[str, Any]) -> Iterator[str]:
    """The uuids of the charts that a dashboard shows."""
    for part in dashboard["position"].values():
        if isinstance(part, dict) and part.get("type") == "CHART":
            yield part["meta"]["uuid"]


if __name__ == "__main__":
    for path, text in rewritten().items():
        (ASSETS / path).write_text(text, encoding="utf-8")
