"""Who sees what, as each person, and what an attacker gets: requests against the running Superset."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import yaml

from tests.dashboards.instance import ROOT, Superset, in_superset
from tests.servers import HANGS

pytestmark = pytest.mark.servers
ACCESS = yaml.safe_load((ROOT / "dashboards" / "access.yaml").read_text(encoding="utf-8"))
PUBLIC = sorted(ACCESS["public_dashboards"])


def dashboards(superset: Superset, session: requests.Session) -> list[str]:
    answer = session.get(f"{superset.url}/api/v1/dashboard/?q=(page_size:100)", timeout=HANGS)
    return sorted(found["slug"] for found in answer.json().get("result", []))


@pytest.fixture(scope="module")
def ids(superset: Superset) -> dict[str, dict[str, Any]]:
    """Ids of charts by title, of dashboards by slug, of datasets by name; and each chart's stored query."""
    admin = superset.login("admin")

    def listing(kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in (0, 1):  # Superset gives at most 100 entries at once
            address = f"{superset.url}/api/v1/{kind}/?q=(page_size:100,page:{page})"
            found += admin.get(address, timeout=HANGS).json()["result"]
        return found

    return {
        "dashboard": {found["slug"]: found["id"] for found in listing("dashboard")},
        "chart": {found["slice_name"]: found["id"] for found in listing("chart")},
        "dataset": {found["table_name"]: found["id"] for found in listing("dataset")},
    }


def ask(
    superset: Superset, session: requests.Session, dataset: int, query: dict[str, Any], **form: Any
) -> requests.Response:
    payload = {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"metrics": [], "row_limit": 1000, **query}],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }
    return superset.chart_data(session, payload)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (None, PUBLIC),
        ("secretariado", sorted([*PUBLIC, "candidata", "entregas-y-calidad"])),
        ("juventudes", sorted([*PUBLIC, "entregas-y-calidad"])),
        ("admin", sorted([*PUBLIC, "candidata", "entregas-y-calidad"])),
    ],
)
def test_each_sees_their_dashboards(superset: Superset, who: str | None, sees: list[str]) -> None:
    session = superset.login(who)
    assert dashboards(superset, session) == sees
    for slug in {*PUBLIC, "candidata", "entregas-y-calidad"}:
        allowed = session.get(f"{superset.url}/api/v1/dashboard/{slug}/charts", timeout=HANGS).ok
        assert allowed == (slug in sees), f"{who} and {slug}"


def test_anonymous_downloads_what_is_seen(superset: Superset, ids: dict[str, Any]) -> None:
    title = "Acuerdos por colonia en cifras"
    charts = superset.login("admin").get(f"{superset.url}/api/v1/chart/{ids['chart'][title]}", timeout=HANGS).json()
    payload = json.loads(charts["result"]["query_context"])
    payload |= {
        "result_format": "csv",
        "form_data": {"slice_id": ids["chart"][title], "dashboardId": ids["dashboard"]["mi-barrio-habla"]},
    }
    answer = superset.chart_data(requests.Session(), payload)
    assert answer.ok, answer.text[:500]
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(answer.content.decode("utf-8-sig").splitlines()) > 2


def test_departments_see_only_their_rows(superset: Superset, ids: dict[str, Any]) -> None:
    where = {"slice_id": ids["chart"]["Calendario de entregas"], "dashboardId": ids["dashboard"]["entregas-y-calidad"]}
    every = offices(ask(superset, superset.login("secretariado"), ids["dataset"]["calendario_entregas"], {}, **where))
    own = {
        who: offices(ask(superset, superset.login(who), ids["dataset"]["calendario_entregas"], {}, **where))
        for who in ("juventudes", "participativo")
    }
    assert len(own["juventudes"]) == len(own["participativo"]) == 1
    assert own["juventudes"] != own["participativo"]
    assert own["juventudes"] | own["participativo"] < every


def offices(answer: requests.Response) -> set[str]:
    assert answer.ok, answer.text[:500]
    return {row["nombre_dependencia"] for row in answer.json()["result"][0]["data"]}


def test_a_department_cannot_ask_for_anothers_rows(superset: Superset, ids: dict[str, Any]) -> None:
    session = superset.login("juventudes")
    where = {"slice_id": ids["chart"]["Calendario de entregas"], "dashboardId": ids["dashboard"]["entregas-y-calidad"]}
    own = offices(ask(superset, session, ids["dataset"]["calendario_entregas"], {}, **where))
    assert len(own) == 1
    for attempt in (
        {"filters": [{"col": "dependencia", "op": "IN", "val": ["presupuesto_participativo"]}]},
        {"extras": {"where": "1 = 1) OR (dependencia = 'presupuesto_participativo'"}},
        {"extras": {"where": "dependencia = 'presupuesto_participativo' OR 1 = 1"}},
        {"extras": {"having": "1 = 1) OR (1 = 1"}},
        {"filters": [{"col": "dependencia", "op": "==", "val": "imju' OR '1'='1"}]},
    ):
        query = {"columns": ["dependencia"], "metrics": ["entregas"], **attempt}
        answer = ask(superset, session, ids["dataset"]["calendario_entregas"], query, **where)
        assert not answer.ok or offices(answer) <= own, attempt


@pytest.mark.parametrize(
    "table", ["hallazgos", "rechazos_por_columna", "tablero_indicadores_candidata", "calendario_entregas"]
)
def test_anonymous_cannot_query_a_private_dataset(superset: Superset, ids: dict[str, Any], table: str) -> None:
    """Not directly, and not by pretending to be a chart, a layer or a filter of a public or private page."""
    page, hidden = ids["dashboard"]["mi-barrio-habla"], ids["dashboard"]["entregas-y-calidad"]
    chart, secret = ids["chart"]["Acuerdos por colonia en cifras"], ids["chart"]["Hallazgos, fila por fila"]
    for form in (
        {},
        {"dashboardId": page, "slice_id": chart},
        {"dashboardId": page, "slice_id": secret},
        {"dashboardId": hidden, "slice_id": secret},
        {"dashboardId": page, "slice_id": secret, "parent_slice_id": chart},
        {"dashboardId": page, "type": "NATIVE_FILTER", "native_filter_id": "NATIVE_FILTER-x"},
    ):
        answer = ask(superset, requests.Session(), ids["dataset"][table], {"metrics": ["filas"]}, **form)
        assert answer.status_code in {400, 401, 403}, (form, answer.status_code, answer.text[:300])


@pytest.mark.parametrize(
    "attempt",
    [
        {"filters": [{"col": "colonia", "op": "==", "val": "' UNION SELECT content FROM read_text('/etc/passwd') --"}]},
        {"filters": [{"col": "colonia = '' OR 1=1 --", "op": "==", "val": "x"}]},
        {"extras": {"where": "1=0 UNION SELECT content FROM read_text('/etc/passwd')"}},
        {"extras": {"where": "(SELECT length(content) FROM read_text('/etc/passwd')) > 0"}},
        {
            "columns": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "(SELECT max(content) FROM read_text('/etc/passwd'))",
                }
            ]
        },
        {"columns": [{"expressionType": "SQL", "label": "x", "sqlExpression": "getenv('PAMGA_SUPERSET_SECRET_KEY')"}]},
        {
            "columns": [],
            "metrics": [
                {
                    "expressionType": "SQL",
                    "label": "x",
                    "sqlExpression": "max((SELECT content FROM read_csv('/etc/passwd')))",
                }
            ],
        },
        {"orderby": [["colonia; DROP TABLE publico.colonias", True]]},
    ],
)
def test_injection_reads_nothing(superset: Superset, ids: dict[str, Any], attempt: dict[str, Any]) -> None:
    where = {
        "slice_id": ids["chart"]["Acuerdos por colonia en cifras"],
        "dashboardId": ids["dashboard"]["mi-barrio-habla"],
    }
    query = {"columns": ["colonia"], **attempt}
    answer = ask(superset, requests.Session(), ids["dataset"]["territorio_colonias"], query, **where)
    assert "root:" not in answer.text
    assert superset.env.get("PAMGA_SUPERSET_SECRET_KEY", "no key here") not in answer.text
    if answer.ok:
        assert all(not row.get("x") for row in answer.json()["result"][0]["data"]), answer.text[:300]
        if attempt.get("filters", [{}])[0].get("col") == "colonia":  # (an unknown column is left out of the query)
            assert answer.json()["result"][0]["data"] == []


@pytest.mark.parametrize("who", [None, "secretariado", "juventudes"])
def test_only_the_administrator_has_sql_lab(superset: Superset, ids: dict[str, Any], who: str | None) -> None:
    session = superset.login(who)
    assert run_sql(superset, session, "select 1").status_code in {401, 403}
    assert session.get(f"{superset.url}/api/v1/database/", timeout=HANGS).status_code in {401, 403}
    page = session.get(f"{superset.url}/sqllab/", timeout=HANGS, allow_redirects=False)
    assert page.status_code in {302, 401, 403}


@pytest.mark.parametrize(
    "sql",
    [
        "select content from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy (select 1) to '/tmp/pamga-escape.csv'",
        "create table publico.nueva as select 1",
        "delete from publico.colonias",
        "attach '/tmp/otra.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_not_even_sql_lab_leaves_the_release(superset: Superset, sql: str) -> None:
    answer = run_sql(superset, superset.login("admin"), sql)
    assert not answer.ok, answer.text[:300]
    assert "root:" not in answer.text


def run_sql(superset: Superset, session: requests.Session, sql: str) -> requests.Response:
    databases = session.get(f"{superset.url}/api/v1/database/", timeout=HANGS).json().get("result", [])
    database = next((d["id"] for d in databases if d["database_name"] == "León, datos publicados"), 1)
    return session.post(
        f"{superset.url}/api/v1/sqllab/execute/",
        json={"database_id": database, "sql": sql, "schema": "publico", "runAsync": False, "client_id": "pamga1"},
        headers=superset.csrf(session),
        timeout=HANGS,
    )


def test_headers(superset: Superset) -> None:
    answer = requests.get(f"{superset.url}/superset/dashboard/tablero-del-plan/", timeout=HANGS)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy["script-src"]
    assert "http" not in answer.headers["Content-Security-Policy"], "another origin is allowed"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    cookie = answer.headers.get("Set-Cookie", "")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_cookies_are_secure_unless_told_otherwise(superset: Superset) -> None:
    """The configuration as production reads it (no plain http): Secure cookies and HSTS."""
    code = (
        "import environment; environment.prepare(); import superset_config as c; print(c.SESSION_COOKIE_SECURE, "
        "c.TALISMAN_CONFIG['session_cookie_secure'], c.TALISMAN_CONFIG['strict_transport_security'])"
    )
    said = in_superset(code, **{**superset.env, "PAMGA_SUPERSET_PLAIN_HTTP": ""})
    assert said.split() == ["True", "True", "True"]


def test_a_change_without_csrf_token_is_refused(superset: Superset) -> None:
    session = superset.login("admin")
    answer = session.post(f"{superset.url}/api/v1/dashboard/", json={"dashboard_title": "x"}, timeout=HANGS)
    assert answer.status_code == 400
    assert "CSRF" in answer.text


@pytest.mark.parametrize("who", [None, "secretariado", "juventudes"])
def test_nobody_but_the_administrator_changes_anything(
    superset: Superset, ids: dict[str, Any], who: str | None
) -> None:
    session = superset.login(who)
    headers = superset.csrf(session)
    page = ids["dashboard"]["tablero-del-plan"]
    for method, path in (
        ("PUT", f"dashboard/{page}"),
        ("DELETE", f"dashboard/{page}"),
        ("POST", "dataset/"),
        ("POST", "database/"),
    ):
        answer = session.request(method, f"{superset.url}/api/v1/{path}", json={}, headers=headers, timeout=HANGS)
        assert answer.status_code in {401, 403, 404}, (method, path, answer.status_code)
