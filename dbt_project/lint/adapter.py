"""dbt's `adapter` as sqlfluff sees it: a dispatched macro is a function of its arguments."""

from __future__ import annotations

from collections.abc import Callable

TYPES = {"tipo_doble": "double"}


def dispatch(macro: str, package: str) -> Callable[..., str]:
    if macro == "cambiar_patron":
        return lambda text, pattern, by: f"regexp_replace({text}, '{pattern}', '{by}')"
    return lambda *arguments: TYPES.get(macro) or f"{macro}({', '.join(str(a) for a in arguments)})"
