"""dbt's cross-database macros as sqlfluff sees them: SQL of the right shape, so that models can be linted without dbt."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def concat(fields: Iterable[str]) -> str:
    return " || ".join(fields)


def type_string() -> str:
    return "varchar"


def type_bigint() -> str:
    return "bigint"


def dateadd(datepart: str, interval: object, from_date_or_timestamp: str) -> str:
    return f"date_add({from_date_or_timestamp}, {interval})"


def generate_series(upper_bound: int) -> str:
    return "select numeros.generated_number from numeros"


def listagg(measure: str, delimiter: str, order_by: str) -> str:
    return f"string_agg({measure}, {delimiter})"


def position(substring: str, text: str) -> str:
    return f"strpos({text}, {substring})"


def __getattr__(name: str) -> Callable[..., str]:
    """Any other macro is a function of its arguments."""
    return lambda *arguments, **named: f"{name}({', '.join(str(a) for a in (*arguments, *named.values()))})"
