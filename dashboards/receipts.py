"""Receipts of deliveries, one click from the calendar: /recibos/<dependencia>/<export>_<trimestre>/.

A department reads its own, the Secretariado all of them, nobody else any. The address leads to the newest version's receipt; what it
links to (the sheet to correct, the list of errors) is served beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import environment  # noqa: F401 - makes pamga findable
from flask import Blueprint, redirect, send_file
from flask_login import current_user
from pages import said
from werkzeug.wrappers import Response

from pamga.yaml_files import load_yaml

HERE = Path(__file__).resolve().parent
OFFICE = re.compile(r"[a-z_]{2,60}")
DELIVERY = re.compile(r"[a-z_]{2,60}_[0-9]{4}T[1-4]")
VERSION = re.compile(r"[a-z_]{2,60}_[0-9]{4}T[1-4]_v[0-9]{4}\w*")
FILES = {"index.html", "resumen.txt", "correccion.xlsx", "errores.csv", "apartada.txt"}
EVERYBODYS = {"Admin", "Secretariado"}


def may_read(roles: set[str], office: str, departments: dict[str, str]) -> bool:
    """Whether somebody with these roles may read the receipts of an office."""
    return bool(roles & EVERYBODYS) or departments.get(office) in roles


def newest(root: Path, office: str, delivery: str) -> str | None:
    """The folder of a delivery's newest receipt; a duplicate's only where there is no other."""
    found = [
        path.name
        for path in (root / "receipts" / office).glob(f"{delivery}_v*")
        if VERSION.fullmatch(path.name) and (path / "index.html").is_file()
    ]
    return max(found, key=lambda name: ("duplicado" not in name, name), default=None)


def blueprint(root: Path) -> Blueprint:
    """The routes; `root` is PAMGA_DATA."""
    routes = Blueprint("pamga_recibos", __name__)
    departments: dict[str, str] = load_yaml(HERE / "access.yaml")["departments"]

    def refused(office: str) -> Response | None:
        roles = {role.name for role in current_user.roles} if current_user.is_authenticated else set()
        if not OFFICE.fullmatch(office) or not may_read(roles, office, departments):
            return said(
                "Este recibo no se puede ver", "Es de otra dependencia, o hace falta entrar con una cuenta.", 403
            )
        return None

    @routes.get("/recibos/<office>/<delivery>/")
    def delivery_receipt(office: str, delivery: str) -> Any:
        if answer := refused(office):
            return answer
        version = newest(root, office, delivery) if DELIVERY.fullmatch(delivery) else None
        if version is None:
            return said(
                "No hay recibo de esa entrega",
                "La dependencia todavía no la deja, o la dirección está mal escrita.",
                404,
            )
        return redirect(f"/recibos/{office}/{version}/index.html")

    @routes.get("/recibos/<office>/<version>/<name>")
    def receipt_file(office: str, version: str, name: str) -> Any:
        if answer := refused(office):
            return answer
        path = root / "receipts" / office / version / name
        if not VERSION.fullmatch(version) or name not in FILES or not path.is_file():
            return said(
                "Ese archivo no existe",
                "El acuse de esta entrega no lo tiene: ábralo desde el calendario de entregas.",
                404,
            )
        return send_file(path, as_attachment=not name.endswith((".html", ".txt")), max_age=0)

    return routes
