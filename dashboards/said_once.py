"""What assets say that stands elsewhere: the plan's years, commitments and municipality, the names of offices, exports, themes and states,
and the menu that every board begins with.

In git an asset holds the place, Superset the words (`expanded`); what the browser exports gets the places back (`folded`). Both
are exact inverses for what the house says itself, so that what a person typed in the browser stays as it was typed.

| in git | in Superset |
| --- | --- |
| a metric, column or setting called `…_{ejercicio}` | one for each year of the plan, `{ejercicio}` being the year wherever it stands in it |
| `'{compromiso}'`, in a chart of a board that is called as a commitment | that commitment's code |
| `{plan}`, `{municipio}`, `{base publica}` | the plan's title, the municipality, the file of its published tables |
| `{menú}` | the links to every board, where the board stands among them said without one (`menu`) |
| `{hoy}` | the SQL expression that is today where the city is |
| `{figura de la situación: estado}` … (`cases`) | the SQL expression that says in words what is in that column |
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import environment  # noqa: F401 - makes pamga findable

from pamga import plan as matrix
from pamga.clock import CITY
from pamga.exports import FILE, exports
from pamga.situations import WORDS, reserved, states

YEAR = "{ejercicio}"
COMMITMENT = "'{compromiso}'"
TODAY = "{hoy}"
MENU = "{menú}"
BOARDS = Path(__file__).parent / "assets" / "dashboards"
SOURCES = (matrix.MATRIX, FILE, WORDS)
"""What `expanded` depends on besides the assets."""


def expanded(asset: Any, commitment: str | None = None) -> Any:
    """An asset of git as Superset is to hold it; `commitment` is the code of the one that its board is about."""
    return _each_text(_years_written_out(asset), partial(_words, commitment, menu(_board(asset))))


def folded(asset: Any, commitment: str | None = None) -> Any:
    """An asset of Superset as git holds it."""
    return _years_folded(_each_text(asset, partial(_places, commitment, menu(_board(asset)))))


def slug(text: str) -> str:
    """File name for a title: lower case, no accents, underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def menu(board: str) -> str:
    """The links that a board begins with: to every board, the commitments' in the plan's order, and to the portal."""
    boards = {slug(name): name for name in matrix.plan().compromisos.values()}
    links = {
        "/superset/dashboard/tablero-del-plan/": "Tablero del plan",
        "/superset/dashboard/indicador/": "Un indicador",
        **{_address(file): name for file, name in boards.items() if (BOARDS / f"{file}.yaml").exists()},
        "/portal/index.html": "Datos para descargar",
        "/portal/como_leimos_el_plan.html": "Glosario",
        "/superset/dashboard/entregas-y-calidad/": "Entregas y calidad (personal)",
    }
    said = (
        f"<b>{name}</b>" if address == _address(board) else f'<a href="{address}">{name}</a>'
        for address, name in links.items()
    )
    return f'<div class="enlaces">{" ".join(said)}</div>'


def _address(board: str) -> str:
    return f"/superset/dashboard/{board.replace('_', '-')}/"


def _board(asset: Any) -> str:
    """The board that an asset is; "" where it is none."""
    return str(asset.get("slug", "")) if isinstance(asset, dict) else ""


def _each_text(node: Any, change: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return change(node)
    if isinstance(node, dict):
        return {change(key) if isinstance(key, str) else key: _each_text(value, change) for key, value in node.items()}
    return [_each_text(one, change) for one in node] if isinstance(node, list) else node


def _words(commitment: str | None, links: str, text: str) -> str:
    if commitment:
        text = text.replace(COMMITMENT, f"'{commitment}'")
    for place, words in {**matrix.plan().nombres, TODAY: today(), MENU: links}.items():
        text = text.replace(place, words)
    for name, case in cases().items():
        text = re.sub(rf"\{{{name}: (\w+)\}}", lambda found, case=case: case.format(found[1]), text)  # type: ignore[misc]
    return text


def _places(commitment: str | None, links: str, text: str) -> str:
    text = text.replace(links, MENU)
    for name, case in cases().items():
        before, *after = (re.escape(part) for part in case.split("{0}"))
        pattern = before + r"(\w+)" + "".join(r"\1" + part if number else part for number, part in enumerate(after))
        text = re.sub(pattern, rf"{{{name}: \1}}", text)
    text = text.replace(today(), TODAY)
    for place, words in matrix.plan().nombres.items():
        text = re.sub(rf"\b{re.escape(words)}\b", place, text)
    return text.replace(f"'{commitment}'", COMMITMENT) if commitment else text


def today() -> str:
    """Today where the city is, as DuckDB works it out without the extension that knows time zones: the hours by which its clocks stand off
    UTC now, which an import of the assets brings up to date where they change with the season."""
    off = datetime.now(CITY).utcoffset() or timedelta()
    microseconds = off // timedelta(microseconds=1)
    return f"CAST(MAKE_TIMESTAMP(EPOCH_US(NOW()) {'-' if microseconds < 0 else '+'} {abs(microseconds)}) AS DATE)"


@cache
def cases() -> dict[str, str]:
    """Place -> the SQL expression that it stands for, `{0}` being the column."""
    offices = dict(sorted(matrix.plan().dependencias.items()))
    themes = {key: theme.nombre for key, theme in matrix.plan().temas.items()}
    return {
        "nombre de la exportación": _case({name: export.titulo for name, export in exports().items()}, "{0}"),
        "nombre del tema": _case({**themes, "otro": "Otro"}, "{0}"),
        "nombre de la dependencia": _case(offices, "{0}"),
        "figura de la situación": _case({state: f"{said.figura} " for state, said in states().items()}, "''"),
        "texto o por qué se reserva": _case(reserved(), "{0}").replace("CASE {0}", "CASE {0}_reservado"),
        "figura y situación": _case({state: f"{said.figura} {said.texto}" for state, said in states().items()}, "{0}"),
    }


def _case(words: Mapping[str, str], otherwise: str) -> str:
    quoted = {key: said.replace("'", "''") for key, said in words.items()}
    when = " ".join(f"WHEN '{key}' THEN '{said}'" for key, said in quoted.items())
    return f"CASE {{0}} {when} ELSE {otherwise} END"


def _named(unit: Any) -> str:
    """What a part of a list, or an entry of a mapping, is called: by that it belongs to a year."""
    if isinstance(unit, dict):
        return next((str(unit[key]) for key in ("metric_name", "column_name", "column") if key in unit), "")
    if isinstance(unit, list | tuple):
        return unit[0] if unit and isinstance(unit[0], str) else ""
    return unit if isinstance(unit, str) else ""


def _of_year(unit: Any, year: str) -> bool:
    return _named(unit).endswith(f"_{year}")


def _in_year(unit: Any, before: str, after: str) -> Any:
    if isinstance(unit, tuple):  # an entry of a mapping
        return tuple(_in_year(part, before, after) for part in unit)
    return _each_text(unit, lambda text: text.replace(before, after))


def _years_written_out(node: Any) -> Any:
    return _walk(node, _write_out)


def _years_folded(node: Any) -> Any:
    def fold(units: list[Any]) -> list[Any]:
        found = list(_fold(units))
        return found if _write_out(found) == units else units  # two runs side by side would be written out as one

    return _walk(node, fold)


def _write_out(units: list[Any]) -> list[Any]:
    written: list[Any] = []
    start = 0
    while start < len(units):
        length = _run(units, start, YEAR)
        for year in matrix.plan().ejercicios if length else ():
            written += (_in_year(unit, YEAR, str(year)) for unit in units[start : start + length])
        if not length:
            written.append(units[start])
        start += length or 1
    return written


def _fold(units: list[Any]) -> Iterator[Any]:
    years = [str(year) for year in matrix.plan().ejercicios]
    start = 0
    while start < len(units):
        for length in range(_run(units, start, years[0]), 0, -1):
            common = [_in_year(unit, years[0], YEAR) for unit in units[start : start + length]]
            said = _write_out(common)
            if units[start : start + len(said)] == said:
                yield from common
                start += len(said)
                break
        else:
            yield units[start]
            start += 1


def _run(units: list[Any], start: int, year: str) -> int:
    """How many parts in a row, from `start` on, are called after `year`."""
    end = start
    while end < len(units) and _of_year(units[end], year):
        end += 1
    return end - start


def _walk(node: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """`node` with the parts of its lists and the entries of its mappings changed, from the outside in."""
    if isinstance(node, dict):
        return {key: _walk(value, change) for key, value in change(list(node.items()))}
    return [_walk(one, change) for one in change(node)] if isinstance(node, list) else node
