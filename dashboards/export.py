"""Bring what was changed by hand in the browser back to git: `make dashboards-export`.

    .venv-superset/bin/python dashboards/export.py [--check] [--to FOLDER]

Only dashboards, and the charts and datasets they use, come back: somebody's unfinished chart stays in Superset.
`--check` writes nothing and exits 1 when Superset and git differ.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from assets_io import ASSETS, METADATA, canonical, charts_of, in_git
from environment import end_with, make_app, options, prepare

from pamga.yaml_files import parse_yaml

METADATA_TEXT = "version: 1.0.0\ntype: assets\ntimestamp: '2026-01-01T00:00:00+00:00'\n"  # no wall clock in git


def export(folder: Path = ASSETS) -> dict[str, str]:
    """The text of every asset in use as it is to stand in git, by its path below `folder`."""
    prepare()
    app = make_app()
    with app.app_context(), app.test_request_context():
        return in_git(live(exported(), folder))


def exported() -> dict[str, str]:
    """Superset's own export of all that it holds, inside of the context of its application: its file names to YAML text."""
    from superset import security_manager
    from superset.commands.export.assets import ExportAssetsCommand
    from superset.utils.core import override_user

    with override_user(security_manager.find_user("admin")):
        return {name: content() for name, content in ExportAssetsCommand().run()}


def live(everything: dict[str, str], folder: Path = ASSETS) -> dict[str, str]:
    """The canonical text of what of an export is in use, by its path below `folder`."""
    files = canonical(everything, folder)
    assets = {path: parse_yaml(text) for path, text in files.items()}
    charts = {uuid for path, asset in assets.items() if path.startswith("dashboards/") for uuid in charts_of(asset)}
    datasets = {
        asset["dataset_uuid"]
        for path, asset in assets.items()
        if path.startswith("charts/") and asset["uuid"] in charts
    } | {
        target["datasetUuid"]
        for path, asset in assets.items()
        if path.startswith("dashboards/")
        for native in asset["metadata"].get("native_filter_configuration", [])
        for target in native.get("targets", [])
        if "datasetUuid" in target
    }
    used = charts | datasets
    return {METADATA: METADATA_TEXT} | {
        path: text
        for path, text in files.items()
        if path.startswith(("dashboards/", "databases/")) or assets[path]["uuid"] in used
    }


def differences(files: dict[str, str], folder: Path = ASSETS) -> list[str]:
    """Unified diff, git against Superset; empty when they are the same."""
    known = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")}
    lines: list[str] = []
    for name in sorted(known.keys() | files.keys()):
        before, after = known.get(name, ""), files.get(name, "")
        if before != after:
            lines += difflib.unified_diff(
                before.splitlines(), after.splitlines(), f"git/{name}", f"superset/{name}", lineterm="", n=2
            )
    return lines


def write(files: dict[str, str], folder: Path) -> None:
    """Write `files`, and drop the YAML that is no longer in use."""
    for path in folder.rglob("*.yaml"):
        if path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 when different")
    parser.add_argument("--to", type=Path, default=ASSETS, help="folder to write (default: assets/)")
    arguments = parser.parse_args()
    files = export()
    changed = differences(files)
    if arguments.check:
        print("\n".join(changed) or "git and Superset are the same")
        return 1 if changed else 0
    write(files, arguments.to)
    print(f"{len(files)} files; " + ("changes brought back, see git diff" if changed else "nothing had changed"))
    return 0


if __name__ == "__main__":
    end_with(main)
