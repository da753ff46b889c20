"""What reaches Superset: how large, how often, which addresses without an account, and which questions.

Runs before Superset's views, in this order: the size of the body, the rate, the addresses that a visitor's browser asks for, the
question (asked.py). Whoever looks at dashboards never needs more; an administrator is only limited in size and rate.
"""

from __future__ import annotations

import json
import logging
import re
from http import HTTPStatus
from io import BytesIO
from typing import Any

import addresses
import asked
import limiter
from environment import number
from flask import Flask, Response, g, jsonify, redirect, request
from flask.globals import request_ctx
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

log = logging.getLogger("pamga.dashboards")

CHART_DATA = "/api/v1/chart/data"
LARGEST_QUESTION = 64 * 1024
LARGEST_STATE = 16 * 1024
LARGEST_OF_ALL = 8 * 1024 * 1024
COST_OF_A_FILE = 20
LOGINS = 10
"""Attempts a minute with one name from one address."""

LOG = re.compile(r"/superset/log/?")
PERMALINK = re.compile(r"/api/v1/dashboard/([^/]+)/permalink")
FILTER_STATE = re.compile(r"/api/v1/(?:dashboard/[^/]+/filter_state|explore/form_data).*")
COLORS = re.compile(r"/api/v1/dashboard/\d+/colors")
TOO_LARGE_A_NUMBER = re.compile(r"/[0-9]{10,}(?:/|$)")
"""In an address: no row of the metadata has it, and a database says so with an error."""
STATIC = re.compile(r"/(?:static|pamga)/.*|/health|/ping|/healthcheck|/favicon\.ico")
WITHOUT_ACCOUNT = {
    "GET": re.compile(
        r"/|/(?:login|logout)/?|/superset/welcome/?|/superset/dashboard/[^/]+/?|/superset/dashboard/p/[^/]+/?"
        r"|/superset/language_pack/\w+/?|/indicador/[^/]+|/portal/.*"
        r"|/api/v1/dashboard/(?:[^/]+(?:/(?:charts|datasets))?)?|/api/v1/dashboard/permalink/[^/]+"
        r"|/api/v1/me/(?:roles/)?|/api/v1/security/csrf_token/"
    ),
    "POST": re.compile(rf"{CHART_DATA}|/login/?|{PERMALINK.pattern}"),
}
WITHOUT_ACCOUNT["HEAD"] = WITHOUT_ACCOUNT["GET"]

_limiter = limiter.Limiter()


def install(app: Flask) -> None:
    """Before everything else that looks at a request, and the size limit for what arrives without saying how long it is."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_OF_ALL
    app.before_request_funcs.setdefault(None, []).insert(0, look)
    app.after_request(_without_sql)
    app.after_request(_in_plain_words)


def look() -> AnyResponse | None:
    """An answer that ends the request, or None: Superset answers."""
    if STATIC.fullmatch(request.path):
        return None
    for question in (_too_large, _too_often, _nowhere, _not_logged, _own_answer, _not_without_account):
        answer = question()
        if answer is not None:
            return answer
    return None


def _without_sql(response: Response) -> Response:
    """An answer to readers holds rows; the SQL that found them, with the conditions of a department's rights, is nobody's business."""
    own = g.get("own_question")
    if own is None or own["result_format"] != "json" or response.status_code != 200 or response.is_streamed:
        return response
    document = response.get_json(silent=True)
    if isinstance(document, dict) and isinstance(document.get("result"), list):
        for one in document["result"]:
            one.pop("query", None)
        response.set_data(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    return response


NOT_THERE = "Cannot open database"  # DuckDB, of a file that is not there
OWN_WORDS = "La consulta tardó"  # served_file.py
BEFORE_THE_FIRST = "Todavía no hay nada publicado que mostrar aquí: aparecerá con la primera publicación."
FAILED = "No se pudo consultar. Vuelva a intentar; si se repite, avise a la administración de los tableros."


def _in_plain_words(response: Response) -> Response:
    """What a reader is told of what failed: not the engine's message, which names files of this machine, nor the metadata's, which names
    its server, its tables and what was asked."""
    refused = g.get("own_question") is not None and response.status_code >= HTTPStatus.BAD_REQUEST
    broken = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and response.is_json
    if not (refused or broken) or _may_be_told():
        return response
    text = response.get_data(as_text=True)
    if OWN_WORDS in text:
        return response
    log.warning("A reader's question failed: %s", text[:2000])
    return say(response.status_code, BEFORE_THE_FIRST if NOT_THERE in text else FAILED)


def is_administrator() -> bool:
    """Whether who asks may edit: what is changed on the way out for readers must not be what an editor saves."""
    return current_user.is_authenticated and any(role.name == "Admin" for role in current_user.roles)


def _may_be_told() -> bool:
    """Whether who asks may read why: an administrator, as far as the metadata can be asked who it is."""
    try:
        return is_administrator()
    except SQLAlchemyError:
        return False


def say(status: int, message: str, **headers: str) -> Response:
    """A refusal in the form that Superset's pages show."""
    response = jsonify({"message": message, "errors": [{"message": message, "error_type": "GENERIC_BACKEND_ERROR"}]})
    response.status_code = status
    response.headers.update(headers)
    return response


def _too_large() -> AnyResponse | None:
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        most = 0
    elif request.path == CHART_DATA:
        most = LARGEST_QUESTION
    elif FILTER_STATE.fullmatch(request.path) or not current_user.is_authenticated:
        most = LARGEST_STATE
    else:
        most = LARGEST_OF_ALL
    if "Transfer-Encoding" in request.headers:
        return say(411, "La petición debe decir su tamaño.")
    if (request.content_length or 0) > most:
        return say(413, f"La petición es demasiado grande: se aceptan {most // 1024} KB.")
    return None


def _too_often() -> AnyResponse | None:
    client = limiter.address(request.remote_addr)
    cost = 1.0
    if request.path == CHART_DATA and _wants_file():
        cost = COST_OF_A_FILE
    seconds = _limiter.wait(client, number("PAMGA_SUPERSET_REQUESTS_PER_MINUTE", 1200), cost)
    if not seconds and request.method == "POST" and request.path.rstrip("/") == "/login":
        name = str(request.form.get("username", ""))[:100].strip().lower()
        seconds = _limiter.wait(f"login {client} {name}", LOGINS)
    if seconds:
        return say(429, f"Demasiadas peticiones: espere {seconds} s.", **{"Retry-After": str(seconds)})
    return None


def _nowhere() -> AnyResponse | None:
    return say(404, "Esa dirección no existe.") if TOO_LARGE_A_NUMBER.search(request.path) else None


def _not_logged() -> AnyResponse | None:
    """Superset's pages report what is looked at; nobody keeps it."""
    return jsonify({}) if LOG.fullmatch(request.path) else None


def _own_answer() -> AnyResponse | None:
    """What is answered otherwise than Superset would, to everybody but administrators."""
    if is_administrator():
        return None
    if request.method == "PUT" and COLORS.fullmatch(request.path):
        # The page of a dashboard with fixed colours stores them; a 401 would throw its reader out to the login form.
        return jsonify({"message": "Los colores sólo los guarda quien edita."})
    if shared := PERMALINK.fullmatch(request.path):
        return _address_of_a_view(shared[1])
    if request.path == CHART_DATA and request.method == "POST":
        return _ask_own_question()
    return None


def _not_without_account() -> AnyResponse | None:
    if current_user.is_authenticated:
        return None
    allowed = WITHOUT_ACCOUNT.get(request.method)
    if allowed is not None and allowed.fullmatch(request.path):
        return None
    if request.method == "GET" and not request.path.startswith("/api/"):
        return redirect(addresses.login(request.full_path))
    return say(403, "Hace falta entrar con una cuenta.")


def _wants_file() -> bool:
    body = _body()
    return isinstance(body, dict) and body.get("result_format", "json") != "json"


def _body() -> Any:
    """What was sent, as JSON: by the page, or by the form that starts a download."""
    try:
        return request.get_json(silent=True) if request.is_json else json.loads(request.form.get("form_data", ""))
    except (ValueError, RecursionError):  # no JSON, or nested so deep that it is none
        return None


def _ask_own_question() -> AnyResponse | None:
    try:
        own = asked.own_question(_body())
    except asked.Refused as refused:
        return say(refused.status, str(refused))
    g.own_question = own
    _replace_body(json.dumps(own, ensure_ascii=False, sort_keys=True).encode())
    return None


def _replace_body(body: bytes) -> None:
    """Go on with a request that carries `body` as JSON instead of what was sent."""
    sent = request_ctx.request
    environ = {
        **sent.environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", "QUERY_STRING": ""
    }  # fmt: skip
    environ.pop("werkzeug.request", None)
    changed = type(sent)(environ)
    changed.url_rule, changed.view_args = sent.url_rule, sent.view_args
    changed.routing_exception = sent.routing_exception
    request_ctx.request = changed


def _address_of_a_view(dashboard: str) -> Response:
    """What "share" gives: an address that says the filters itself, so that nothing is stored."""
    if request.method != "POST":
        return say(405, "Sólo se puede pedir un enlace.")
    try:
        path = addresses.of_view(dashboard, _body())
    except asked.Refused as refused:
        return say(refused.status, str(refused))
    response = jsonify({"key": "", "url": request.host_url.rstrip("/") + path})
    response.status_code = 201
    return response
