"""Writes the dbt description of each mart from its declaration: `python -m warehouse.marts`; `--check` names the stale ones.

A declaration (dbt_project/conjuntos/<folder>/<mart>.yaml) is a dbt description without what follows from elsewhere (docs/dbt.md, "Words"):
a column is named, and has its text, type, unit and values from `conjuntos/terminos.yaml` or from the delivery that it comes from, as
the dbt source describes it. What a mart alone means stands in its declaration.
"""

from __future__ import annotations

import csv
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pamga.errors import UsageError
from pamga.exports import exports
from pamga.plan import plan, read_matrix
from pamga.situations import opinions, states
from pamga.yaml_files import as_yaml, load_yaml

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
DECLARATIONS = PROJECT / "conjuntos"
TERMS = DECLARATIONS / "terminos.yaml"
MARTS = PROJECT / "models" / "marts"
SEEDS = PROJECT / "seeds"
DELIVERED = PROJECT / "models" / "sources" / "lake.yml"
HEADER = "# Written by `python -m warehouse.marts` from conjuntos/{}; never edit it by hand.\n"
WRITTEN = HEADER.partition(" from ")[0]

KEY_TEST = "clave_unica"
CUTOFF = "fecha_corte"
OF_THE_PLAN = "plan.fuentes"
DATASET = {"titulo", "palabras_clave", "llave", "fuentes"}
WITH_DEFAULT = {"publico", "tema", "periodicidad", "columna_periodo"}
OPTIONAL = {"columna_cobertura", "sobre_personas"}
SAID = {"situaciones": states, "dictamenes": opinions}
COLUMN = {"description", "data_type", "required", "publico", "unidad", "valores", "ejemplo", "data_tests"}

Entry = dict[str, Any]


def files() -> dict[Path, str]:
    """Path -> text of the dbt description of every declared mart."""
    written = {}
    for path in declarations():
        below = path.relative_to(DECLARATIONS)
        document = {"version": 2, "models": [model(path)]}
        text = as_yaml(document)
        written[(MARTS / below).with_suffix(".yml")] = HEADER.format(below.as_posix()) + text
    return written


def stale_files() -> list[Path]:
    """Descriptions that are not what the declarations say, and those of a mart that is declared no more."""
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    others = [path for path in sorted(MARTS.rglob("*.yml")) if path not in wanted]
    return stale + [path for path in others if path.read_text(encoding="utf-8").startswith(WRITTEN)]


def write_files() -> list[Path]:
    """Write what is stale, remove what is declared no more; returns the paths concerned."""
    wanted, stale = files(), stale_files()
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return stale


def declarations() -> list[Path]:
    """The declarations of marts, in order of folder and name."""
    return sorted(DECLARATIONS.glob("*/*.yaml"))


def model(path: Path) -> Entry:
    """dbt's description of the mart that this file declares. Raises UsageError when it says what no mart has, or leaves out what
    stands nowhere else."""
    declared = load_yaml(path)
    unknown = declared.keys() - DATASET - WITH_DEFAULT - OPTIONAL - {"description", "columns"}
    missing = (DATASET | {"description", "columns"}) - declared.keys()
    if unknown or missing:
        raise _fault(path, f"says what no mart has: {sorted(unknown)}; lacks {sorted(missing)}")
    public, key, sources = declared.get("publico", True), declared["llave"], _sources(path, declared["fuentes"])
    columns = [_column(path, entry, key, sources, public=public) for entry in declared["columns"]]
    names = [column["name"] for column in columns]
    if len(set(names)) < len(names) or not set(key) <= set(names):
        raise _fault(path, "names a column twice, or a key that is no column")
    return {
        "name": path.stem,
        "description": declared["description"],
        "config": {
            "meta": {
                "publico": public,
                "titulo": declared["titulo"],
                "tema": declared.get("tema", path.parent.name),
                "palabras_clave": declared["palabras_clave"],
                "periodicidad": declared.get("periodicidad", "trimestral"),
                "llave": key,
                "columna_periodo": declared.get("columna_periodo", CUTOFF if CUTOFF in names else None),
                "geometria": next((column["name"] for column in columns if column["data_type"] == "blob"), None),
                "fuentes": sources,
                **{name: declared[name] for name in sorted(OPTIONAL) if name in declared},
            }
        },
        "data_tests": [{KEY_TEST: {"arguments": {"columnas": key}}}],
        "columns": columns,
    }


def _sources(path: Path, declared: list[str] | str) -> list[str]:
    """The exports that a mart is made of: listed, those by which the plan is measured, or those of the mart of this folder that is named."""
    if declared == OF_THE_PLAN:
        named = dict.fromkeys([*read_matrix()["exportaciones"], *plan().fuentes])
        return [export for export in named if export in plan().fuentes]
    if isinstance(declared, list):
        if unknown := set(declared) - exports().keys():
            raise _fault(path, f"is made of what nobody delivers: {sorted(unknown)}")
        return declared
    other = path.with_stem(declared)
    sources: list[str] | str = load_yaml(other)["fuentes"] if other.exists() else declared
    if isinstance(sources, str) and sources != OF_THE_PLAN:
        raise _fault(path, f"has the `fuentes` of {declared}, which lists none")
    return _sources(other, sources)


def _column(path: Path, entry: Entry | str, key: list[str], sources: list[str], *, public: bool) -> Entry:
    """dbt's description of a column: what it is elsewhere, and what this mart says of it alone."""
    if isinstance(entry, dict) and len(entry) != 1 and "name" not in entry:
        raise _fault(path, f"has a column without a name: {entry}")
    name, elsewhere, own = _named(entry)
    said = own if "description" in own else {**_elsewhere(path, name, elsewhere, sources), **own}
    if unknown := said.keys() - COLUMN:
        raise _fault(path, f"says of {name} what no column has: {sorted(unknown)}")
    if isinstance(said.get("valores"), str):
        said = {**said, "valores": _values(path, said["valores"])}
    meta = {fact: said[fact] for fact in ("unidad", "valores", "ejemplo") if said.get(fact) is not None}
    described: Entry = {
        "name": name,
        "data_type": said.get("data_type", "varchar"),
        "description": said["description"],
        "config": {"meta": {"publico": public and said.get("publico", True), **meta}},
    }
    if said.get("required", name in key):
        described["constraints"] = [{"type": "not_null"}]
    if "accepted_values" in said.get("data_tests", ()) and not said.get("valores"):
        raise _fault(path, f"tests the values of {name} and lists none")
    if tests := [_test(test, said) for test in said.get("data_tests", ())]:
        described["data_tests"] = tests
    return described


def _named(entry: Entry | str) -> tuple[str, str, Entry]:
    """(name, what it is called elsewhere, what is said of it here) of `name`, `name: term`, or a mapping that says more."""
    if isinstance(entry, str):
        return entry, entry, {}
    if len(entry) == 1:
        ((name, elsewhere),) = entry.items()
        return name, elsewhere, {}
    own = dict(entry)
    name = own.pop("name")
    return name, own.pop("term", name), own


def _elsewhere(path: Path, column: str, called: str, sources: list[str]) -> Entry:
    """What the term says, else the delivery that is named, else the first of the mart's deliveries that has this column."""
    if called in terms():
        return terms()[called]
    deliveries = sources if called == column else [called] if called in exports() else []
    for export in deliveries:
        if column in described_sources()[export]:
            data_type = exports()[export].columns.get(column, "varchar").lower()
            return {"description": described_sources()[export][column], "data_type": data_type}
    raise _fault(path, f"{column} ({called}) is no term, and no delivery of {', '.join(sources)} has it: describe it")


def _test(test: Entry | str, column: Entry) -> Entry:
    """A test of dbt's: `accepted_values` is of the column's `valores`, any other is written as dbt has it."""
    return {test: {"arguments": {"values": column["valores"]}}} if isinstance(test, str) else test


def _values(path: Path, where: str) -> list[str]:
    """The values of a term, of a column of a delivery as its contract lists them, of a column of a seed, what the plan has, or the keys or
    words (`situaciones.clave`, `situaciones.texto`) in which states and opinions are said."""
    name, _, column = where.partition(".")
    if not column:
        values = terms().get(name, {}).get("valores")
        if isinstance(values, str):
            return _values(path, values)
    elif name == "plan":
        values = getattr(plan(), column, None)
    elif name in SAID:
        values = list(SAID[name]()) if column == "clave" else [getattr(said, column) for said in SAID[name]().values()]
    elif name in exports():
        values = exports()[name].valores.get(column)
    else:
        values = _values_of_seed(SEEDS / f"{name}.csv", column)
    if not isinstance(values, list):
        raise _fault(path, f"has the values of {where}, which lists none")
    return values


def _values_of_seed(seed: Path, column: str) -> list[str] | None:
    if not seed.exists():
        return None
    with seed.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return list(dict.fromkeys(row[column] for row in rows)) if column in (rows.fieldnames or ()) else None


@cache
def terms() -> dict[str, Entry]:
    """Term -> what a column of that meaning is, in every mart that has it."""
    found: dict[str, Entry] = load_yaml(TERMS)
    return found


@cache
def described_sources() -> dict[str, dict[str, str]]:
    """Export -> column -> its description, as the dbt source has it from the contract."""
    (source,) = load_yaml(DELIVERED)["sources"]
    return {table["name"]: {c["name"]: c["description"] for c in table["columns"]} for table in source["tables"]}


def _fault(path: Path, what: str) -> UsageError:
    return UsageError(f"{path.relative_to(PROJECT)}: {what}.", "docs/dbt.md says what a declaration holds.")


def main(arguments: list[str]) -> int:
    """Write the files, or with --check name the stale ones. Returns the exit code."""
    check = arguments == ["--check"]
    try:
        concerned = stale_files() if check else write_files()
    except UsageError as fault:
        print(fault)
        return 1
    for path in concerned:
        print(f"{'stale' if check else 'written'}: {path.relative_to(PROJECT)}")
    return 1 if check and concerned else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
