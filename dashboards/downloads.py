"""Downloads that say what they are: dataset, release, filters and licence in their name; and when they are not all of it.

A file holds as many rows as visitors may ask for (asked.py). One that reaches them says so in its name, and its answer links to the
page of the release that has the whole dataset.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asked
import links
from flask import Flask, Response, g
from said_once import slug

from pamga.documents.release import DataPackage, Licence

LONGEST = 120


def install(app: Flask, root: Path) -> None:
    """Name every file that a chart gives. `root` is PAMGA_DATA."""

    def named(response: Response) -> Response:
        own = g.get("own_question")
        if own is None or own["result_format"] == "json" or response.status_code != 200:
            return response
        dataset, folder = _source(own["datasource"]["id"], root)
        licence, address = _licence(folder)
        most = own["queries"][0].get("row_limit")
        cut = most if isinstance(most, int) and g.get("downloaded_rows", 0) >= most else None
        stem = name(dataset, folder.name, asked.chosen(own), licence, cut)
        ending = "zip" if "zip" in (response.mimetype or "") else own["result_format"]
        response.headers["Content-Disposition"] = f'attachment; filename="{stem}.{ending}"'
        if address:
            response.headers.add("Link", f'<{address}>; rel="license"')
        if cut and (whole := whole_dataset(own["datasource"]["id"], root)):
            response.headers.add("Link", f'<{whole}>; rel="collection"; title="all rows"')
        return response

    app.after_request(named)


def name(dataset: str, release: str, filters: list[dict[str, Any]], licence: str, cut: int | None = None) -> str:
    """`acuerdos_por_colonia_2026T3-r01_trimestre-2026T3_CC-BY-4.0`, short enough for any file system.

    `cut`: how many rows the file holds, where there may be more.
    """
    chosen = []
    for one in filters:
        values = one["val"] if isinstance(one["val"], list) else [one["val"]]
        shown = "-".join(_plain(str(value)) for value in values[:3]) + (
            f"-y-{len(values) - 3}-mas" if len(values) > 3 else ""
        )
        chosen.append(f"{_plain(one['col'])}-{shown}")
    middle = "_".join(chosen)
    if cut:
        dataset = f"{dataset}_solo-las-primeras-{cut}-filas"
    room = LONGEST - len(dataset) - len(release) - len(licence) - 3
    return "_".join(part for part in (dataset, release, middle[: max(room, 0)].strip("-_"), licence) if part)


def whole_dataset(number: int, root: Path) -> str:
    """Address of the page that has all of a dataset; nothing for what is not published."""
    dataset, folder = _source(number, root)
    published = folder.parent.name == "releases"
    return f"{links.base_url()}/{folder.name}/conjuntos/{dataset}.html" if published else ""


def _plain(text: str) -> str:
    return text if text.isascii() and text.isalnum() else slug(text).replace("_", "-")


def _source(number: int, root: Path) -> tuple[str, Path]:
    """A dataset's name, and the folder of the release (or of the run, for what is not published) that it is read from."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    table = db.session.get(SqlaTable, number)
    kind, pointer, *_ = Path(str(table.database.url_object.database)).parts
    one = (root / kind / pointer).resolve().name  # `root / kind` itself may be a link to another disk
    return slug(table.table_name), root / kind / one


def _licence(folder: Path) -> tuple[str, str]:
    """Name and address of the licence as the release itself says it; none for what is not published."""
    try:
        described = DataPackage.read(folder / Path(DataPackage.WHERE).name)
    except FileNotFoundError:
        return "", ""
    first = next(iter(described.licenses), Licence())
    return first.name, first.path
