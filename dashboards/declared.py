"""What a dataset of Superset says as its mart declares it (types, descriptions) or as Superset presumes: in git it says only what is its own."""

from __future__ import annotations

import re
from functools import cache

import environment  # noqa: F401 - makes pamga findable
from presumed import Part, in_order, without

from pamga.plan import MATRIX
from pamga.yaml_files import load_yaml

DECLARATIONS = sorted((MATRIX.parent.parent / "dbt_project" / "models" / "marts").rglob("*.yml"))
"""What `filled` depends on besides the assets."""
PRESUMED = {"offset": 0, "filter_select_enabled": True, "normalize_columns": False, "always_filter_main_dttm": False}
PRESUMED_OF_A_COLUMN = {"is_dttm": False, "is_active": True, "groupby": True, "filterable": True}
OF_A_DAY = ("DATE", "TIMESTAMP")
FIRST = (
    "table_name",
    "main_dttm_col",
    "description",
    "default_endpoint",
    "offset",
    "cache_timeout",
    "schema",
    "sql",
    *PRESUMED,
)
FIRST_OF_A_COLUMN = (
    "column_name",
    "verbose_name",
    "is_dttm",
    "is_active",
    "type",
    "groupby",
    "filterable",
    "expression",
    "description",
)
"""In which order an export writes them."""


def filled(dataset: Part) -> Part:
    """A dataset of git as Superset is to hold it."""
    whole = in_order(FIRST, {**_of_dataset(dataset), **dataset})
    whole["columns"] = [in_order(FIRST_OF_A_COLUMN, {**_of_column(dataset, one), **one}) for one in dataset["columns"]]
    return whole


def emptied(dataset: Part) -> Part:
    """A dataset of Superset as git holds it."""
    own = without(dataset, _of_dataset(dataset))
    own["columns"] = [without(one, _of_column(dataset, one)) for one in dataset["columns"]]
    return own


def _of_dataset(dataset: Part) -> Part:
    mart = _mart_of(dataset)
    return PRESUMED | ({"description": mart["description"]} if mart else {})


def _of_column(dataset: Part, column: Part) -> Part:
    """What a column says where it does not say otherwise; one that is worked out in Superset has its own type and description."""
    declared = {} if "expression" in column else _columns_of(_mart_of(dataset)).get(column["column_name"], {})
    day = column.get("type", declared.get("type", "")).startswith(OF_A_DAY)
    return PRESUMED_OF_A_COLUMN | {"is_dttm": day} | declared


def _mart_of(dataset: Part) -> Part:
    """The mart that a dataset reads; the candidate's are queries on one, with a name of their own."""
    query = re.fullmatch(r"select \* from publico\.(\w+)", dataset.get("sql") or "")
    return _marts().get(query[1] if query else dataset["table_name"], {})


def _columns_of(mart: Part) -> dict[str, Part]:
    return {
        one["name"]: {"type": one["data_type"].upper(), "description": one["description"]}
        for one in mart.get("columns", ())
    }


@cache
def _marts() -> dict[str, Part]:
    return {mart["name"]: mart for path in DECLARATIONS for mart in load_yaml(path).get("models", ())}
