"""Superset's configuration: Spanish, same-origin, read-only, no outside calls. Read by Superset through SUPERSET_CONFIG_PATH.

environment.py documents the variables. Every choice that differs from Superset's default says why.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:  # Superset loads this file by its path, so its neighbours must be made findable
    sys.path.insert(0, str(HERE))

import addresses  # noqa: E402
import answers  # noqa: E402
import basemap  # noqa: E402
import brotli  # noqa: E402
import bundles  # noqa: E402
import decision  # noqa: E402
import downloads  # noqa: E402
import first_screen  # noqa: E402
import first_value  # noqa: E402
import links  # noqa: E402
import pages  # noqa: E402
import phone  # noqa: E402
import reach  # noqa: E402
import receipts  # noqa: E402
import rights  # noqa: E402
import row_counts  # noqa: E402
import served_file  # noqa: E402
import visitors  # noqa: E402
from babel import Locale  # noqa: E402
from environment import EnvironmentProblem, cache_folder, data_root, flag, number, superset_home, take_secrets  # noqa: E402
from flask import Blueprint, Flask, make_response, redirect, request  # noqa: E402
from flask_login import current_user  # noqa: E402
from jinja2 import ChoiceLoader, FileSystemLoader  # noqa: E402
from superset.translations import utils as translations  # noqa: E402
from superset.utils.log import AbstractEventLogger  # noqa: E402

from pamga.plan import plan  # noqa: E402 - environment makes it findable

if TYPE_CHECKING:
    from sqlalchemy.engine.url import URL
    from werkzeug.wrappers import Response

DATA = data_root()
HOME_DASHBOARD = "/superset/dashboard/tablero-del-plan/"
DASHBOARD_PAGE = re.compile(r"/superset/dashboard/([^/]+)/?")
PLAIN_HTTP = flag("PAMGA_SUPERSET_PLAIN_HTTP")

# --- Keys and metadata ------------------------------------------------------------------------------------------------
take_secrets()
SECRET_KEY = os.environ.get("PAMGA_SUPERSET_SECRET_KEY", "")
if len(SECRET_KEY) < 32:
    raise EnvironmentProblem(
        "PAMGA_SUPERSET_SECRET_KEY must hold at least 32 random characters. "
        "Next: export it (`openssl rand -base64 42`) or start Superset with dashboards/serve.py."
    )
GUEST_TOKEN_JWT_SECRET = SECRET_KEY + "-guest"  # embedding is off; Superset still refuses its published default
GLOBAL_ASYNC_QUERIES_JWT_SECRET = SECRET_KEY + "-async"
SQLALCHEMY_DATABASE_URI = (
    os.environ.get("PAMGA_SUPERSET_DATABASE_URL") or f"sqlite:///{superset_home() / 'superset.db'}"
)
if SQLALCHEMY_DATABASE_URI.startswith("sqlite"):
    SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 30}}  # several workers write filter states to one file

# --- Language, formats ------------------------------------------------------------------------------------------------
BABEL_DEFAULT_LOCALE = "es"
LANGUAGES = {"es": {"flag": "mx", "name": "Español"}}
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]}
_words = Locale.parse("es_MX")


def _of_the_calendar(words: Mapping[int, str], first: int = 0) -> list[str]:
    """Names of days or months in their order; days are counted from Monday, D3 begins with Sunday (`first`)."""
    names = [words[number].removesuffix(".") for number in sorted(words)]
    return names[first:] + names[:first]


D3_TIME_FORMAT = {
    "dateTime": "%-d de %B de %Y, %H:%M",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["a. m.", "p. m."],
    "days": _of_the_calendar(_words.days["format"]["wide"], first=-1),
    "shortDays": _of_the_calendar(_words.days["format"]["abbreviated"], first=-1),
    "months": _of_the_calendar(_words.months["format"]["wide"]),
    "shortMonths": _of_the_calendar(_words.months["format"]["abbreviated"]),
}
CURRENCIES = ["MXN"]
CSV_EXPORT = {"encoding": "utf-8-sig"}  # so that a spreadsheet opens the accents of a download

_pack = translations.get_language_pack("es") or {}
_messages = _pack.get("locale_data", {}).get("superset", {})
for _english, _spanish in json.loads((HERE / "traducciones.json").read_text(encoding="utf-8")).items():
    _messages[_english] = (
        _spanish if isinstance(_spanish, list) else [_spanish]
    )  # what Superset's own Spanish leaves in English or says in another Spanish
for _english in [one for one, said in _messages.items() if one and (not any(said) or said == [one])]:
    del _messages[_english]  # what has no Spanish stands in the scripts as it is
_BOARD = re.compile(
    r"\b([Pp])anel(es)? de control\b"
)  # one word for one thing: what Superset's Spanish calls so is here a board
for _english, _said in _messages.items():
    if _english:  # the first entry describes the catalogue
        _messages[_english] = [
            _BOARD.sub(lambda m: ("Tablero" if m[1] == "P" else "tablero") + ("s" if m[2] else ""), one or "")
            for one in _said
        ]
LANGUAGE_PACK = json.dumps(_pack, ensure_ascii=False).encode()  # Superset would send its own file, without these

# --- Look -------------------------------------------------------------------------------------------------------------
APP_NAME = plan().portal
LOGO = os.environ.get("PAMGA_LOGO_URL") or "/pamga/logo.svg"
APP_ICON = LOGO
LOGO_TARGET_PATH = HOME_DASHBOARD
LOGO_TOOLTIP = plan().titulo
FAVICONS = [{"href": "/pamga/favicon.svg", "type": "image/svg+xml"}]
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": f"{APP_NAME}: inicio",
        "brandLogoUrl": LOGO,
        "brandLogoHref": HOME_DASHBOARD,
        "brandLogoHeight": "32px",
        "brandLogoMargin": "10px 0",
        "brandIconMaxWidth": 220,
        # Okabe and Ito's colours, darkened until text on white reaches 4.5:1 (WCAG AA)
        "colorPrimary": "#0B5C8A",
        "colorPrimaryBg": "#E3EEF5",  # Superset's own is too dark for the words on it
        "colorPrimaryBgHover": "#D5E5EF",
        "colorLink": "#0B5C8A",
        "colorInfo": "#0B5C8A",
        "colorSuccess": "#00735A",
        "colorWarning": "#9A6200",
        "colorError": "#B0400A",
        "colorTextBase": "#1B2733",
        "colorTextDescription": "#46525E",
        "colorTextTertiary": "#56626E",
        "colorTextPlaceholder": "#5F6B77",
        "borderRadius": 6,
        "fontFamily": "'Inter', 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif",
        "fontSize": 14,
        "fontUrls": [],
    },
    # "Todas" and "Inversa" beside each legend: words of a program, which push its last names out of the drawing. Nothing grows before the reader's
    # eyes: not all bear it, a slow phone pays for it, and what is printed or photographed meanwhile has half its bars.
    "echartsOptionsOverrides": {"legend": {"selector": False}, "animation": False},
    "echartsOptionsOverridesByChartType": {
        "gantt_chart": {"legend": {"type": "plain"}}
    },  # it takes none of its own (phone.py)
    "algorithm": "default",
}
THEME_DARK = None  # one look that was checked for contrast
ENABLE_UI_THEME_ADMINISTRATION = False
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "pamga",
        "label": "PAMGA, segura para daltonismo",
        "description": "Okabe e Ito",
        "isDefault": True,
        "colors": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5F6B77", "#B8A800"],
    }
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "pamga_azul",
        "label": "PAMGA, de menos a más",
        "description": "Claro a oscuro en un solo tono",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#DCEAF4", "#A9CCE3", "#6AA5CC", "#2F7CB0", "#0B5C8A", "#083D5C"],
    }
]
DECKGL_BASE_MAP = [["tile:///pamga/base/{z}/{x}/{y}.png", "Colonias"], ["", "Sin mapa base"]]
TILES = os.environ.get("PAMGA_TILES_URL", "")
MAPBOX_API_KEY = ""
VIZ_TYPE_DENYLIST = ["mapbox", "iframe", "world_map", "country_map"]  # they ask outside services or load code
HTML_SANITIZATION = True
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["className"]}}  # legends are classes of static/tema.css

# --- What is switched on and off --------------------------------------------------------------------------------------
FEATURE_FLAGS = {
    "DASHBOARD_RBAC": True,
    "DRILL_BY": False,  # a visitor reads the figures that a mart has, and no others
    "DRILL_TO_DETAIL": False,
    "EMBEDDABLE_CHARTS": False,
    "EMBEDDED_SUPERSET": False,
    "ENABLE_TEMPLATE_PROCESSING": False,  # no Jinja in SQL
    "ENABLE_JAVASCRIPT_CONTROLS": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    "ALLOW_FULL_CSV_EXPORT": True,
    "ALERT_REPORTS": False,
    "THUMBNAILS": False,
    "CSS_TEMPLATES": False,
    "ESCAPE_MARKDOWN_HTML": False,
    "DASHBOARD_VIRTUALIZATION": True,
    "AVOID_COLORS_COLLISION": True,
}
ALLOWED_EXTENSIONS: set[str] = set()
UPLOAD_FOLDER = str(superset_home() / "uploads")
PREVENT_UNSAFE_DB_CONNECTIONS = True
DATASET_IMPORT_ALLOWED_DATA_URLS: list[str] = []
FAB_API_SWAGGER_UI = False
SHOW_STACKTRACE = False
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
SUPERSET_WEBSERVER_TIMEOUT = int(timedelta(minutes=1).total_seconds())


class NoEventLogger(AbstractEventLogger):
    """Keeps no record of who looked at what: citizens read anonymously, and every reader would write to the metadata."""

    def log(self, *args: Any, **kwargs: Any) -> None:
        return None


EVENT_LOGGER = NoEventLogger()
SUPERSET_LOG_VIEW = False

# --- Who may see ------------------------------------------------------------------------------------------------------
AUTH_ROLE_PUBLIC = "Public"
CUSTOM_SECURITY_MANAGER = rights.RightsReadOnce
PUBLIC_ROLE_LIKE = "Public"
AUTH_USER_REGISTRATION = False
FAB_PASSWORD_COMPLEXITY_ENABLED = True
FAB_PASSWORD_COMPLEXITY_VALIDATOR = pages.acceptable_password
COMMON_BOOTSTRAP_OVERRIDES_FUNC = pages.menu_in_spanish

# --- Hardening --------------------------------------------------------------------------------------------------------
WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not PLAIN_HTTP
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)
ENABLE_PROXY_FIX = flag("PAMGA_SUPERSET_BEHIND_PROXY")
ENABLE_CORS = False
TALISMAN_ENABLED = True
_tile_origin = [f"{urlsplit(TILES).scheme}://{urlsplit(TILES).netloc}"] if TILES.startswith("http") else []
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:", *_tile_origin],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *_tile_origin],
        "object-src": ["'none'"],
        "style-src": ["'self'", "'unsafe-inline'"],  # emotion writes its styles at run time
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # TLS ends at the proxy
    "strict_transport_security": not PLAIN_HTTP,
    "session_cookie_secure": not PLAIN_HTTP,
    "frame_options": "SAMEORIGIN",
    "referrer_policy": "strict-origin-when-cross-origin",
}

# --- Caches -----------------------------------------------------------------------------------------------------------
_cache_url = os.environ.get("PAMGA_SUPERSET_CACHE_URL")


def _cache(name: str, largest: int, most: int, keep: timedelta = timedelta(days=1), **more: Any) -> dict[str, Any]:
    """A cache with a largest entry: files for one machine, with a limit for all together; Redis for several."""
    common = {"CACHE_DEFAULT_TIMEOUT": int(keep.total_seconds()), "CACHE_LARGEST_ENTRY": largest, **more}
    if _cache_url:
        return {
            "CACHE_TYPE": "bounded_cache.BoundedRedis",
            "CACHE_REDIS_URL": _cache_url,
            "CACHE_KEY_PREFIX": f"pamga_{name}_",
            **common,
        }
    return {
        "CACHE_TYPE": "bounded_cache.BoundedFiles",
        "CACHE_DIR": str(cache_folder() / name),
        "CACHE_MOST_BYTES": most,
        **common,
    }


_KB, _MB = 1024, 1024 * 1024
CACHE_CONFIG = _cache("metadata", _MB, 32 * _MB)
DATA_CACHE_CONFIG = _cache("data", 4 * _MB, 256 * _MB, CACHE_RELEASE_ROOT=str(DATA)) | {
    "CACHE_TYPE": "release_cache.ReleaseCache"
}
# Superset would keep these in its metadata database, for months
FILTER_STATE_CACHE_CONFIG = _cache("filter_state", 64 * _KB, 16 * _MB, timedelta(days=7))
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("form_data", 256 * _KB, 16 * _MB, timedelta(days=7))

# --- The databases: exactly these files, read-only ---------------------------------------------------------------------
SERVED_FILES = (
    f"releases/current/{plan().base_publica}",
    f"runs/latest/candidate/{plan().base_publica}",
    "runs/latest/internal.duckdb",
    decision.SERVED,
)


def DB_CONNECTION_MUTATOR(  # Superset's name
    uri: URL, params: dict[str, Any], username: str | None, security_manager: Any, source: Any
) -> tuple[URL, dict[str, Any]]:
    """Resolve a served file under PAMGA_DATA, through the pointer, at the moment of the connection.

    The assets name files relative to PAMGA_DATA, so nothing of this machine is in git. Opening the real path (not the
    pointer) means that two overlapping connections of one process never share an instance across a flip. Whatever else
    somebody configures is refused, and what Superset stored cannot loosen the lock of the connection.
    """
    if uri.drivername != "duckdb" or uri.database not in SERVED_FILES:
        raise EnvironmentProblem(f"Only {', '.join(SERVED_FILES)} under PAMGA_DATA may be connected, not {uri!r}")
    if uri.database == decision.SERVED:
        database = decision.current(DATA, superset_home() / "decision")
    else:
        database = (DATA / uri.database).resolve()
    served_file.keep_open(uri.database, database)
    connect_args = {**(params.get("connect_args") or {}), **served_file.connect_args()}
    return uri.set(database=str(database), query={}), {**params, "connect_args": connect_args}


BLUEPRINTS = [
    Blueprint("pamga", __name__, static_folder=str(HERE / "static"), static_url_path="/pamga"),
    basemap.blueprint(TILES),
    links.blueprint(),
    receipts.blueprint(DATA),
]


@cache
def _packed_language() -> bytes:
    return brotli.compress(LANGUAGE_PACK, quality=11)


def _language_pack() -> Response | None:
    """Superset's Spanish with this project's words, to whoever asks for the words of the interface."""
    if request.path != "/superset/language_pack/es/":
        return None
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if "br" in request.headers.get("Accept-Encoding", ""):
        answer = make_response(_packed_language(), {**headers, "Content-Encoding": "br"})
    else:
        answer = make_response(LANGUAGE_PACK, headers)
    answer.add_etag()
    return answer.make_conditional(request)


def _before_request() -> Response | None:
    """Where an address leads: the bare one to a dashboard, not to a login form or Superset's own home; a filtered view's to it."""
    if request.path in {"/", "/superset/welcome/"}:
        return redirect(addresses.home(current_user))
    if view := DASHBOARD_PAGE.fullmatch(request.path):
        return addresses.open_view(request, view[1])
    return None


def FLASK_APP_MUTATOR(app: Flask) -> None:  # Superset's name
    """What may reach Superset, our templates before its own, our words, the way home, and the layout of phones."""
    app.jinja_loader = ChoiceLoader([FileSystemLoader(str(HERE / "templates")), *filter(None, [app.jinja_loader])])
    visitors.install(app)
    app.before_request(_language_pack)
    app.before_request(_before_request)
    app.before_request(pages.account_page)
    answers.install(app, DATA)
    links.plain_downloads()
    served_file.stop_long_queries(number("PAMGA_SUPERSET_QUERY_SECONDS", 30))
    downloads.install(app, DATA)
    row_counts.install(app, DATA)
    bundles.install(app, cache_folder() / "bundles")
    app.after_request(first_value.waived)
    app.after_request(reach.said)
    app.after_request(phone.restack)
    app.after_request(pages.error_as_page)
    first_screen.install(app, DATA)
