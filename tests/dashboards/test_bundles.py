"""Superset's scripts: packed once, whole, and kept by browsers; nothing else is served from there."""

from __future__ import annotations

from tests.dashboards.instance import in_superset

SCRIPT = """
import tempfile
from pathlib import Path
import brotli
from flask import Flask
import bundles
with tempfile.TemporaryDirectory() as home:
    assets = Path(home) / "static" / "assets"
    assets.mkdir(parents=True)
    name, text = "spa.0123456789abcdef0123.entry.js", "let x = 1; " * 5000
    (assets / name).write_text(text)
    starts = "vendors.0123456789abcdef0123.entry.js"
    (assets / starts).write_text(text)
    (assets / "a.0123456789abcdef0123.woff2").write_text("font")
    (assets / "manifest.json").write_text('{"entrypoints": {"spa": {"js": ["/static/assets/%s"]}}}' % starts)
    (assets / "plain.js").write_text(text)
    (Path(home) / "secret.0123456789abcdef0123.js").write_text("no")
    app = Flask("x", root_path=home, static_folder="static")
    app.secret_key = "x"
    @app.before_request
    def enter():
        from flask import session
        session["seen"] = True
    bundles.install(app, Path(home) / "cache" / "bundles")
    client, accepts = app.test_client(), {"Accept-Encoding": "gzip, br"}
    first = client.get(f"/static/assets/{name}", headers=accepts)
    bundles._packers.shutdown(wait=True)
    second = client.get(f"/static/assets/{name}", headers=accepts)
    old = client.get(f"/static/assets/{name}", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/static/assets/plain.js", headers=accepts)
    font = client.get("/static/assets/a.0123456789abcdef0123.woff2", headers=accepts)
    head = client.head(f"/static/assets/{name}", headers=accepts)
    away = client.get("/static/assets/../../secret.0123456789abcdef0123.js", headers=accepts)
    print(
        first.get_data(as_text=True) == text, brotli.decompress(second.get_data()).decode() == text,
        second.headers["Content-Encoding"], second.content_type.startswith("text/javascript"), len(second.get_data()) < 1000,
        all("immutable" in answer.headers["Cache-Control"] for answer in (first, second, old)),
        old.get_data(as_text=True) == text, "immutable" in plain.headers.get("Cache-Control", ""), away.status_code,
        all(answer.headers["Vary"] == "Accept-Encoding" and "Set-Cookie" not in answer.headers for answer in (first, second, old, font)),
        "immutable" in font.headers["Cache-Control"], len(head.get_data()), (Path(home) / "cache" / "bundles" / f"{starts}.br").exists(),
    )
"""


def test_packed_once_whole_and_kept() -> None:
    assert in_superset(SCRIPT).strip() == "True True br True True True True False 404 True True 0 True"
