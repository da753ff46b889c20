"""Short addresses that lead from a dashboard to what stands behind it, so that no address of an installation is in git.

| address | leads to |
| --- | --- |
| /indicador/<indicador> | the dashboard of that indicator; the address to share |
| /portal/<page> | a page of the current release (PAMGA_BASE_URL), e.g. /portal/conjuntos/acuerdos_seguimiento.html |
"""

from __future__ import annotations

import os
import re
from typing import Any

import addresses
from flask import Blueprint, g, redirect
from werkzeug.wrappers import Response

ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>')
INDICATOR = re.compile(r"[A-Z]{2,5}-[0-9]{1,2}")
PAGE = re.compile(r"[\w][\w./-]*")


def base_url() -> str:
    """Where the releases are served (pamga.settings says the same default)."""
    return (os.environ.get("PAMGA_BASE_URL") or "http://127.0.0.1:8090/").rstrip("/")


def blueprint() -> Blueprint:
    """The addresses as routes; each ends in a redirect."""
    routes = Blueprint("pamga_enlaces", __name__)

    @routes.get("/indicador/<indicator>")
    def indicator_page(indicator: str) -> Response:
        if not INDICATOR.fullmatch(indicator):
            return Response("No existe ese indicador.\n", status=404, mimetype="text/plain")
        return redirect(addresses.path_of("indicador", [("indicador", indicator)]))

    @routes.get("/portal/")
    @routes.get("/portal/<path:page>")
    def portal(page: str = "index.html") -> Response:
        if not PAGE.fullmatch(page) or ".." in page:
            return Response("No existe esa página.\n", status=404, mimetype="text/plain")
        return redirect(f"{base_url()}/current/{page}")

    return routes


def plain(value: Any) -> Any:
    """A cell of a chart as a downloaded file holds it: words, and of a link to the outside its address."""
    if not isinstance(value, str) or "<" not in value:
        return value
    text = ANCHOR.sub(lambda link: f"{link[2]} {link[1]}" if link[1].startswith("http") else link[2], value)
    return re.sub(r"</?b>", "", text.replace("<br>", "; "))


def plain_downloads() -> None:
    """Superset writes a file from the same cells that it draws; here they lose their markup first."""
    from superset.utils import csv, excel

    to_csv, to_excel = csv.df_to_escaped_csv, excel.df_to_excel

    def words(df: Any) -> Any:
        g.downloaded_rows = len(df)  # downloads.py says when they are not all
        return df.map(plain)

    csv.df_to_escaped_csv = lambda df, **kwargs: to_csv(words(df), **kwargs)
    excel.df_to_excel = lambda df, **kwargs: to_excel(words(df), **kwargs)
