"""How the rooms meet: in documents with a model, never in loose dictionaries, and no room opens another room's files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from pamga.documents.base import Document
from pamga.documents.page import PAGE, documents, written

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("pamga", "ingest", "warehouse", "quality", "publish", "reminders", "operation", "dags")
LOOSE = re.compile(r"\b(dict|Mapping|MutableMapping)\[str, Any\]")
# What is no document: the plan's own words, to which warehouse/matrix.py gives their shape.
OWN_SHAPE = {("pamga.plan", "read_matrix")}
# Whose a folder is that is no room; what is no room's (docs) anybody may read.
HOME = {"dbt_project": "warehouse", "plan": "pamga", "dashboards": "dashboards", "docker": "docker"}
# Who may name a folder of another room, and why.
OPENED = {
    "ingest/generate.py": {"dbt_project", "pamga", "publish"},  # writes there what the contracts say, reads none of it
    "warehouse/exposures.py": {"dashboards"},  # writes dbt's list of the boards that read its marts
    "operation/airflow_env.py": {"dags"},  # starts Airflow over them
    "operation/servers.py": {"dashboards"}, "operation/superset.py": {"dashboards"},  # starts Superset with them
}  # fmt: skip


@cache
def trees() -> dict[str, ast.Module]:
    """Module -> what it says."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def doors() -> Iterator[tuple[str, str]]:
    """(module, name) of what modules of another room take from it, also through an imported module."""
    for module, tree in trees().items():
        modules = {}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.split(".")[0] in set(ROOMS) - {module.split(".")[0]}
            ):
                for alias in node.names:
                    if f"{node.module}.{alias.name}" in trees():
                        modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                    else:
                        yield node.module, alias.name
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                yield modules[node.value.id], node.attr


def signatures(module: str, name: str) -> Iterator[str]:
    """What a function, or the public part of a class, takes and gives."""
    for node in trees()[module].body if module in trees() else ():
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield _signature(node)
        if isinstance(node, ast.ClassDef) and node.name == name:
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    yield _signature(part)
                elif isinstance(part, ast.AnnAssign):
                    yield ast.unparse(part)


def _signature(node: ast.FunctionDef) -> str:
    returns = ast.unparse(node.returns) if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}) -> {returns}"


def test_no_loose_dictionary_crosses_a_rooms_door() -> None:
    crossing = set(doors())
    assert len(crossing) > 200, "the walk finds the doors"
    loose = [
        f"{module}: {signature}"
        for module, name in sorted(crossing - OWN_SHAPE)
        for signature in signatures(module, name)
        if LOOSE.search(signature)
    ]
    assert loose == []


def opened_elsewhere() -> dict[str, set[str]]:
    """File -> the folders of other rooms that it leads to, from its own place or from a constant of the code's."""
    found: dict[str, set[str]] = {}
    for module, tree in trees().items():
        room = module.partition(".")[0]
        for node in ast.walk(tree):
            if not (
                isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant)
            ):
                continue
            folder = str(node.right.value).partition("/")[0]
            elsewhere = HOME.get(folder, folder if folder in ROOMS else room) != room
            if elsewhere and re.search(r"__file__|\b[A-Z]{3,}\b", ast.unparse(node.left)):
                found.setdefault(f"{module.replace('.', '/')}.py", set()).add(folder)
    return found


def test_no_room_opens_another_rooms_files() -> None:
    assert opened_elsewhere() == OPENED


STEPS = {
    ("ingest.receive", "receive_inbox"),
    ("warehouse.build", "build"),
    ("quality.gate", "check"),
    ("publish.release", "publish"),
}


def test_the_four_steps_are_taken_in_one_place() -> None:
    """What starts them from above (a command over all four, DAGs, the local run) asks operation/steps.py, which puts them in order."""
    above = {module: tree for module, tree in trees().items() if module.startswith(("dags.", "operation."))}
    taken = {
        module
        for module, tree in above.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and {(node.module, alias.name) for alias in node.names} & STEPS
    }
    assert taken == {"operation.steps"}


# Who parses JSON beside the documents, and what it is.
PARSES = {
    "pamga.storage": "the reader of the documents itself",
    "ingest.evolution": "the room's own record of what its contracts said",
    "ingest.odcs": "the published schema of a standard",
    "ingest.readers.geojson": "what an office drops",
    "ingest.receive": "a queue's text, which the same class wrote",
    "operation.doctor.mail": "Airflow's own settings", "operation.watcher": "Airflow's own settings",
    "publish.catalogue": "what rdflib writes",
    "publish.verify": "a published layer, read back as its readers do",
    "warehouse.build": "dbt's own manifest", "warehouse.explain": "dbt's own manifest", "warehouse.export": "dbt's own manifest",
    "warehouse.spark.session": "what a process and its worker say to one another", "warehouse.spark.worker": "the same",
}  # fmt: skip
PARSERS = {"json.loads", "json.load", "read_json", "storage.read_json", "parsed_json"}


def test_documents_are_read_through_their_models() -> None:
    """Nobody parses a document of ours by hand: what is read is a model, or nothing that this project writes for another reader."""
    found = {
        module
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PARSERS
        and not module.startswith("pamga.documents.")
    }  # fmt: skip
    assert found == set(PARSES)


def test_the_page_says_what_the_models_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run `make generated`"


def test_the_page_has_every_document() -> None:
    """Also one of a module that the page does not know yet."""
    known = set(documents())
    everywhere = {kind for kind in _below(Document) if kind.__module__.startswith("pamga.") and "WHERE" in vars(kind)}
    assert everywhere == known


def _below(kind: type[Document]) -> Iterator[type[Document]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


@pytest.mark.parametrize("model", documents(), ids=lambda model: model.__name__)
def test_a_document_of_later_code_is_not_guessed_at(model: type[Document], tmp_path: Path) -> None:
    from pamga.documents.base import NewerDocument
    from pamga.storage import DamagedFile

    path = tmp_path / "x.json"
    path.write_text(f'{{"format": {model.FORMAT + 1}}}')
    with pytest.raises(NewerDocument):
        model.read(path)
    for damaged in ("[]", '"x"', '{"format": 1, "x": 1}', '{"format": "1"}', "{"):
        path.write_text(damaged)
        with pytest.raises((DamagedFile, NewerDocument)):
            model.read(path)


@pytest.mark.parametrize("model", documents(), ids=lambda model: model.__name__)
def test_what_is_read_is_what_is_written(model: type[Document], tmp_path: Path) -> None:
    """Field by field, the unknown ones of a later day included; and nothing that was absent comes in."""
    from pamga.storage import canonical_json
    from tests.documents import made

    document = {**made(model).stored(), "una_llave_de_mañana": [1, 2.0, None]}
    path = tmp_path / "x.json"
    path.write_bytes(canonical_json(document))
    assert model.read(path).content() == path.read_bytes()


def test_no_modules_import_one_another_in_a_circle() -> None:
    graph = grimp.build_graph(*ROOMS)
    circles = TopologicalSorter(
        {name: graph.find_modules_directly_imported_by(name) - {name} for name in graph.modules}
    )
    assert len([*circles.static_order()]) > 100  # it raises CycleError, which names the circle
