"""Pages that Superset lacks or says in another language: errors as pages, words of the menu, what is shown at the entrance."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, request

MENU = {"Paneles de control": "Tableros", "Dashboards": "Tableros", "Gráficos": "Gráficas"}
ACCOUNT = "/user_info/"
OLD_ACCOUNT_PAGES = ("/users/userinfo", "/resetmypassword", "/userinfoeditview")
WORDS = {
    HTTPStatus.FORBIDDEN: ("No tiene acceso a esta página", "Su cuenta no la incluye. Si debería, pídalo a la administración de los tableros."),
    HTTPStatus.NOT_FOUND: ("Esta página no existe", "La dirección puede estar mal escrita o el tablero pudo cambiar de nombre."),
    HTTPStatus.TOO_MANY_REQUESTS: ("Demasiadas peticiones", "Espere un minuto y vuelva a intentar."),
}  # fmt: skip
SHORTEST_PASSWORD = 12


def menu_in_spanish(bootstrap: dict[str, Any]) -> dict[str, Any]:
    """What a page is started with: the entries of the menu by the names that the dashboards use."""
    menu = bootstrap.get("menu_data") or {}
    for entry in menu.get("menu", []):
        entry["label"] = MENU.get(str(entry.get("label")), entry.get("label"))
        for below in entry.get("childs", []):
            if isinstance(below, dict):
                below["label"] = MENU.get(str(below.get("label")), below.get("label"))
    return {"menu_data": menu}


def account_page() -> Any:
    """Flask-AppBuilder's old pages of one's account lead to Superset's own, where the password is changed."""
    return redirect(ACCOUNT) if request.path.startswith(OLD_ACCOUNT_PAGES) else None


def error_as_page(response: Response) -> Response:
    """After a request: an error that a person would see as JSON or in English, as a page."""
    if (
        response.status_code < 400
        or request.method not in {"GET", "HEAD"}
        or "text/html" not in request.headers.get("Accept", "")
        or isinstance(response, Said)
    ):
        return response
    if request.path.startswith("/api/") or response.mimetype not in {"application/json", "text/html"}:
        return response
    title, advice = WORDS.get(
        HTTPStatus(response.status_code), ("Algo falló", "Vuelva a intentar; si se repite, avise a la administración de los tableros.")
    )  # fmt: skip
    response.direct_passthrough = False  # Superset sends its own page as a file
    response.set_data(_page(title, advice))
    response.mimetype = "text/html"
    return response


class Said(Response):
    """An answer that says already what is the matter."""


def said(title: str, advice: str, status: int) -> Response:
    """An answer in words of our own: a page for people, a line for programs."""
    if "text/html" in request.headers.get("Accept", ""):
        answer = Said(_page(title, advice), status=status, mimetype="text/html")
    else:
        answer = Said(f"{title}. {advice}\n", status=status, mimetype="text/plain")
    answer.vary.add("Accept")
    return answer


def _page(title: str, advice: str) -> str:
    return (
        '<!doctype html><html lang="es-MX"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/pamga/tema.css"></head><body class="aviso-error"><main><h1>{escape(title)}</h1>'
        f'<p>{escape(advice)}</p><p><a href="/">Ir a los tableros</a> · <a href="/login/">Iniciar sesión</a></p></main></body></html>'
    )


def acceptable_password(password: str) -> None:
    """Length is what makes a password hard to guess. Raises what Superset's form shows."""
    from flask_appbuilder.exceptions import PasswordComplexityValidationError

    if len(password) < SHORTEST_PASSWORD or len(set(password)) < 5:
        raise PasswordComplexityValidationError(
            f"La contraseña debe tener al menos {SHORTEST_PASSWORD} caracteres, cinco de ellos distintos."
        )
