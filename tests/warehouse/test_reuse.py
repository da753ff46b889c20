"""What is taken from the run before is what would be computed of the same inputs, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pamga.documents.build import Computed
from pamga.documents.lock import Code, Lock
from pamga.settings import Settings
from pamga.storage import sha256_file
from tests.warehouse.rebuilt import live
from warehouse.dbt_runner import _keep_parse_cache, _take_parse_cache, parse_caches
from warehouse.export import Earlier
from warehouse.lake import WAREHOUSE
from warehouse.reuse import COMPUTED, Graph, Reuse, begin, content_of

LAKE = "source.p.lake."


def node(name: str, *reads: str, kind: str = "model", materialized: str = "table") -> dict[str, Any]:
    return {
        "resource_type": kind, "name": name, "alias": name, "schema": "main", "fqn": ["p", name],
        "config": {"materialized": materialized}, "depends_on": {"nodes": list(reads)},
    }  # fmt: skip


def graph() -> Graph:
    """small → quarters, and large → counted (of quarters too) → its test; a view between."""
    nodes = {
        "m.quarters": node("quarters", f"{LAKE}small"),
        "m.rows": node("rows", f"{LAKE}large", materialized="view"),
        "m.counted": node("counted", "m.rows", "m.quarters"),
        "t.counted": node("counted_ok", "m.counted", kind="test"),
        "m.other": node("other", f"{LAKE}other"),
        "op.hook": node("hook", kind="operation"),
    }
    return Graph({"nodes": nodes, "sources": {f"{LAKE}{name}": {"name": name} for name in ("small", "large", "other")}})


def reuse(**contents: str) -> Reuse:
    state = Reuse(graph=graph(), contents={f"{LAKE}{name}": content for name, content in contents.items()})
    state.stale(graph().in_order)
    return state


def test_each_node_comes_behind_all_that_it_reads() -> None:
    placed = graph().in_order
    assert sorted(placed) == ["m.counted", "m.other", "m.quarters", "m.rows", "t.counted"]
    assert placed.index("m.rows") < placed.index("m.counted") < placed.index("t.counted")
    assert graph().upstream("t.counted") == {"small", "large"}


def test_nothing_is_stale_twice_and_what_reads_something_new_is() -> None:
    state = reuse(small="s", large="l", other="o")
    assert state.stale(graph().in_order) == []
    state.contents[f"{LAKE}large"] = "l2"
    assert state.stale(graph().in_order) == ["m.rows", "m.counted", "t.counted"]


def test_a_table_that_comes_out_as_it_was_changes_nothing_that_reads_it() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table quarters as select 1 as q")
        state = reuse(small="s", large="l", other="o")
        state.look_at(connection, ["m.quarters"])
        state.stale(set(graph().in_order) - {"m.quarters"})
        state.contents[f"{LAKE}small"] = "s2"
        assert state.stale(["m.quarters"]) == ["m.quarters"]
        state.look_at(connection, ["m.quarters"])
        assert state.stale(set(graph().in_order) - {"m.quarters"}) == []
        connection.execute("insert into quarters values (2)")
        state.look_at(connection, ["m.quarters"])
        assert state.stale(set(graph().in_order) - {"m.quarters"}) == ["m.counted", "t.counted"]


def test_what_was_computed_anew_and_then_as_before_is_as_before() -> None:
    state = reuse(small="s", large="l", other="o")
    state.before = dict(state.keys)
    state.contents[f"{LAKE}other"] = "o2"
    assert state.stale(graph().in_order) == ["m.other"]
    assert state.tables_as_before() == {"quarters", "counted"}
    state.contents[f"{LAKE}other"] = "o"  # what another try set aside
    assert state.stale(graph().in_order) == ["m.other"]
    assert state.tables_as_before() == {"quarters", "counted", "other"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 'a, b' as x, 'c' as y", "select 'a' as x, 'b, c' as y"),
        ("select null as x", "select 'None' as x"),
        ("select 1 as x", "select '1' as x"),
        ("select 1 as x", "select 1 as y"),
        ("select 1 as x", "select cast(1 as double) as x"),
        ("select unnest([1, 2]) as x", "select unnest([2, 1]) as x"),
        ("select date '2026-01-01' as x", "select timestamp '2026-01-01' as x"),
    ],
)
def test_tables_that_differ_have_other_contents(one: str, other: str) -> None:
    with duckdb.connect() as connection:
        assert content_of(connection, f"({one})") == content_of(connection, f"({one})")
        assert content_of(connection, f"({one})") != content_of(connection, f"({other})")


# ---- whether the run before may be used


def lock(figures: str = "code", **changed: Any) -> Lock:
    return Lock(
        run="r", release="2026T3-r01", trimestre="2026T3", closing=None, example=True, digest="", deliveries=[],
        code=Code(sha256="all", figures=figures), **changed,
    )  # fmt: skip


@pytest.fixture
def before(tmp_path: Path) -> Path:
    folder = tmp_path / "before"
    folder.mkdir()
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        connection.execute("create table t as select 1 as x")
    reuse(small="s", large="l", other="o").write(folder, lock())
    return folder


def begun(before: Path | None, lock: Lock) -> bool:
    """Whether the run before is used; what is begun is either all of it or nothing."""
    assert before is not None
    folder = before.parent / "new"
    folder.mkdir(exist_ok=True)
    used = bool(begin(before, lock, folder).keys)
    assert (folder / WAREHOUSE).exists() == used
    return used


def test_the_same_code_goes_on_with_it(before: Path) -> None:
    assert begun(before, lock())
    assert (before.parent / "new" / WAREHOUSE).read_bytes() == (before / WAREHOUSE).read_bytes()


def test_a_check_or_a_page_that_changed_does_not_make_figures_anew(before: Path) -> None:
    assert begun(before, lock().model_copy(update={"code": Code(sha256="other", figures="code")}))


@pytest.mark.parametrize("changed", [{"figures": "other"}, {"hmac_key_id": "other"}, {"withdrawn": ["acuerdos"]}])
def test_other_code_another_key_or_a_takedown_begins_anew(before: Path, changed: dict[str, Any]) -> None:
    assert not begun(before, lock(**changed))


def test_other_packages_begin_anew(before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site" / "shapely-99.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert not begun(before, lock())


@pytest.mark.parametrize(
    "damage", ["byte", "shorter", "gone", "wal", "no word", "half a word", "no map", "no database", "folder"]
)
def test_a_damaged_run_is_not_used(before: Path, damage: str) -> None:
    warehouse, said = before / WAREHOUSE, before / COMPUTED
    content = warehouse.read_bytes()
    match damage:
        case "byte":
            warehouse.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
        case "shorter":
            warehouse.write_bytes(content[:-1])
        case "gone":
            warehouse.unlink()
        case "wal":
            Path(f"{warehouse}.wal").write_bytes(b"x")
        case "no word":
            said.unlink()
        case "half a word":
            said.write_bytes(said.read_bytes()[:100])
        case "no database":  # as it was finished with, and no DuckDB opens it
            warehouse.write_bytes(b"x" * 20_000)
            said.write_bytes(Computed.read(said).model_copy(update={"warehouse": sha256_file(warehouse)}).content())
        case "folder":
            warehouse.unlink()
            warehouse.mkdir()
        case "no map":
            said.write_text('{"by": "x", "warehouse": "y", "keys": [], "contents": {}}')
    assert not begun(before, lock())


def test_a_warehouse_that_is_mostly_free_space_is_made_anew(before: Path) -> None:
    with duckdb.connect(str(before / WAREHOUSE)) as connection:
        connection.execute("create table wide as select sha256(i::varchar) as x from range(200000) r(i)")
        connection.execute("checkpoint")
        connection.execute("create table last as select 1 as x; drop table wide")
        connection.execute("create table end_of_file as select sha256(i::varchar) as x from range(20000) r(i)")
        connection.execute("checkpoint")
        free, blocks = connection.execute(
            "select free_blocks, total_blocks from pragma_database_size()"
        ).fetchone() or (0, 1)
    said = Computed.read(before / COMPUTED)
    reuse(small="s", large="l", other="o").write(before, lock())
    assert Computed.read(before / COMPUTED).warehouse != said.warehouse
    assert free > blocks / 2 and not begun(before, lock())


# ---- the parsed project


def test_where_the_installation_is_read_only_the_parse_is_kept_with_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, made = tmp_path / "project", tmp_path / "made"
    made.write_bytes(b"parsed")
    project.write_bytes(b"")  # no folder: nothing can be made below it, not even by root
    monkeypatch.setattr("warehouse.dbt_runner.PROJECT", project)
    beside, with_runs = parse_caches(Settings(data=tmp_path))
    _keep_parse_cache(made, [beside, with_runs])
    assert not beside.exists() and not with_runs.exists()  # nor are there runs yet
    with_runs.parent.parent.mkdir()
    _keep_parse_cache(made, [beside, with_runs])
    taken = tmp_path / "taken"
    assert not beside.exists() and _take_parse_cache([beside, with_runs], taken) and taken.read_bytes() == b"parsed"
    assert [path.name for path in with_runs.parent.iterdir()] == [with_runs.name]


@pytest.mark.parametrize("damage", ["byte", "shorter", "empty", "of before"])
def test_a_damaged_parse_is_made_anew(tmp_path: Path, damage: str) -> None:
    """dbt would run whatever SQL it holds."""
    made, cache = tmp_path / "made", tmp_path / "kept" / "x-partial_parse.msgpack"
    made.write_bytes(b"select 1 as cumplidos")
    _keep_parse_cache(made, [cache])
    whole = cache.read_bytes()
    damaged = {"byte": whole.replace(b"1", b"2"), "shorter": whole[:-1], "empty": b"", "of before": made.read_bytes()}
    cache.write_bytes(damaged[damage])
    assert not _take_parse_cache([cache], tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
    _keep_parse_cache(made, [cache])
    assert cache.read_bytes() == whole


# ---- files


def candidate(run: Path, **files: str) -> None:
    import hashlib

    from pamga.documents.candidate import Dataset, Description, File, Files, Temporal

    data = run / "candidate" / "data"
    data.mkdir(parents=True)
    entries = {}
    for name, text in files.items():
        path = data / name.replace("_", ".", 1)
        path.write_text(text)
        entries[f"data/{path.name}"] = File(sha256=hashlib.sha256(text.encode()).hexdigest(), bytes=len(text), rows=1)
    datasets = [
        Dataset(
            name=name, title="", description="", theme=None, keywords=[], periodicity=None, primary_key=[], geometry=None, sources=[],
            rows=1, temporal=Temporal(column=None, start="2026-01-01", end="2026-01-01"), columns=[],
        )
        for name in ("metas", "metas2")
    ]  # fmt: skip
    described = Description(release="r", run=run.name, trimestre="2026T3", datasets=datasets).content()
    (run / "candidate" / "datasets.json").write_bytes(described)
    entries["datasets.json"] = File(sha256=hashlib.sha256(described).hexdigest(), bytes=len(described))
    (run / "candidate" / "manifest.json").write_bytes(Files(files=entries).content())


def test_the_files_of_a_table_that_is_as_before_are_the_same_files(tmp_path: Path) -> None:
    candidate(tmp_path / "before", metas_csv="a", metas_parquet="b", metas2_csv="c")
    new = tmp_path / "new"
    (new / "data").mkdir(parents=True)
    earlier = Earlier(tmp_path / "before", {"metas"})
    assert earlier.link("metas", new) and not earlier.link("metas2", new) and not earlier.link("unknown", new)
    assert sorted(earlier.linked) == ["data/metas.csv", "data/metas.parquet"]
    assert sorted(path.name for path in (new / "data").iterdir()) == ["metas.csv", "metas.parquet"]
    assert (new / "data" / "metas.csv").samefile(tmp_path / "before" / "candidate" / "data" / "metas.csv")


def test_what_has_no_period_is_as_of_today(tmp_path: Path) -> None:
    candidate(tmp_path / "before")
    described = Earlier(tmp_path / "before", {"metas"}).described("metas", lock(received_until="2026-08-05"))
    assert described is not None and described.temporal is not None and described.temporal.end == "2026-08-05"


@pytest.mark.parametrize("damage", ["a word", "of another run"])
def test_a_description_that_is_not_that_of_the_run_is_made_anew(tmp_path: Path, damage: str) -> None:
    candidate(tmp_path / "before", metas_csv="a")
    before = tmp_path / "before"
    if damage == "a word":
        path = before / "candidate" / "datasets.json"
        path.write_text(path.read_text().replace("2026-01-01", "2020-01-01"))
    else:
        before = before.rename(tmp_path / "other")
    (tmp_path / "new" / "data").mkdir(parents=True)
    earlier = Earlier(before, {"metas"})
    assert earlier.described("metas", lock()) is None and not earlier.link("metas", tmp_path / "new")


@pytest.mark.parametrize("damage", ["byte", "gone", "no links"])
def test_damaged_files_are_written_anew_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    candidate(tmp_path / "before", metas_csv="a", metas_parquet="b")
    old, new = tmp_path / "before" / "candidate" / "data" / "metas.parquet", tmp_path / "new"
    (new / "data").mkdir(parents=True)
    if damage == "byte":
        old.write_text("c")
    elif damage == "gone":
        old.unlink()
    else:

        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    earlier = Earlier(tmp_path / "before", {"metas"})
    assert not earlier.link("metas", new)
    assert not earlier.linked and not list((new / "data").iterdir())


# ---- the whole


@pytest.mark.slow
def test_a_build_that_takes_over_what_is_the_same_gives_what_one_from_nothing_gives(tmp_path: Path) -> None:
    assert live(tmp_path, seed=1, steps=2).taken > 300
