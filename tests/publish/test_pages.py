"""Words, commands and pages: what people read."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import ConsoleMessage, sync_playwright

from pamga.candidate import Candidate
from pamga.documents.candidate import Column, Temporal
from pamga.documents.changes import IndicatorFile, Row
from pamga.errors import PamgaError, UsageError
from pamga.exports import exports
from pamga.glossary import terms
from pamga.plan import plan
from pamga.settings import Settings
from pamga.spanish import counted
from pamga.storage import read_json
from publish import spanish
from publish.commands import publish as publish_command
from publish.pages import indicator_page
from publish.release import publish
from tests.documents import made
from tests.publish.scene import INDICATORS
from tests.publish.surfaces import Shown, disagreements, in_json, on_pages
from tests.servers import HANGS

CHROMIUM = Path("/usr/bin/chromium")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (spanish.number(1234567.891), "1,234,567.89"),
        (spanish.number(0), "0"),
        (spanish.number(100.0), "100"),
        (spanish.number(None), "sin dato"),
        (spanish.percent(85.714), "85.7 %"),
        (spanish.percent(None), "sin dato"),
        (spanish.percent(100.0), "100 %"),
        (spanish.percent(79.978), "79.98 %"),  # below a target of 80
        (spanish.percent(80.004), "80.004 %"),
        (spanish.percent(99.99999999), "100 %"),
        (spanish.measure(100.0, "cualitativo"), "Sí"),
        (spanish.measure(0.0, "cualitativo"), "No"),
        (spanish.measure(0.0, "porcentaje"), "0 %"),
        (spanish.measure(None, "cualitativo"), "sin dato"),
        (spanish.target(100.0, ">=", "cualitativo"), "Sí"),
        (spanish.target(80.0, ">", "porcentaje"), "más de 80 %"),
        (" ".join(spanish.contrast(79.71, 79.74, "porcentaje")), "79.71 % 79.74 %"),
        (" ".join(spanish.contrast(66.7, None, "porcentaje")), "66.7 % sin dato"),
        (spanish.long_date("2026-01-05"), "5 de enero de 2026"),
        (spanish.quarter("2025T4"), "octubre a diciembre de 2025"),
        (spanish.size(999), "999 bytes"),
        (spanish.size(1_234_567), "1.2 MB"),
        (counted(1, "fila"), "1 fila"),
        (counted(1200, "fila"), "1,200 filas"),
        (spanish.cell(True), "Sí"),
        (spanish.cell(2026), "2026"),
        (spanish.cell(12026), "12,026"),
        (spanish.cell("2026-03-01"), "1 de marzo de 2026"),
        (spanish.cell("2025T4"), "octubre a diciembre de 2025"),
        (spanish.cell(None), "vacío"),
        (spanish.cell("2026-02-31"), "2026-02-31"),  # what somebody typed; no day of the calendar
        (spanish.cell("2026-13-45"), "2026-13-45"),
        (spanish.cell("2025T4\n"), "2025T4\n"),
        (spanish.cell("20٢٥T4"), "20٢٥T4"),
        (
            spanish.said("presupuesto_participativo, implan", "dependencia"),
            "; ".join(plan().dependencias[office] for office in ("presupuesto_participativo", "implan")),
        ),
        (spanish.said("acuerdos", "export"), exports()["acuerdos"].titulo),
        (spanish.said("seguridad", "tema"), "seguridad"),  # a word, no office's folder
        (spanish.said(True, "dependencia"), "Sí"),
        (spanish.kind("DECIMAL(20,6)"), "número decimal"),
        (
            spanish.period(Temporal(column=None, start="2025T1", end="2026T3")),
            "Del 1 de enero de 2025 al 30 de septiembre de 2026.",
        ),
        (
            spanish.period(Temporal(column=None, start="2020", end="2025")),
            "Del 1 de enero de 2020 al 31 de diciembre de 2025.",
        ),
        (spanish.period(Temporal(column=None, start="2026-09-30", end="2026-09-30")), "Al 30 de septiembre de 2026."),
        (spanish.period(None), "Ninguno en particular; muestra lo vigente."),
        (spanish.listed(["una", "dos", "tres"]), "una, dos y tres"),
    ],
)
def test_mexican_spanish(said: str, expected: str) -> None:
    assert said == expected


def pages_of(settings: Settings) -> list[Path]:
    return [*settings.layout.releases.glob("*.html"), *settings.layout.current.resolve().rglob("*.html")]


def test_pages_say_that_the_data_are_examples(published: Settings) -> None:
    assert all("Datos de ejemplo" in path.read_text() for path in pages_of(published))


def test_pages_of_real_data_do_not(settings: Settings, candidate: Callable[..., str]) -> None:
    candidate(example=False)
    publish(settings)
    assert not any(
        "ejemplo" in path.read_text().split("</head>")[1].lower().replace(">ejemplo<", "").replace('"ejemplo"', "")
        for path in pages_of(settings)
    )
    assert "ejemplo" not in (settings.layout.current / "catalogo.ttl").read_text()


def test_delivered_text_is_shown_never_run(settings: Settings, candidate: Callable[..., str]) -> None:
    attack = "<script>alert(1)</script>"
    candidate(agreements=[("A-1", "Bacheo", None)])
    publish(settings)
    candidate(release="2026T3-r02", agreements=[("A-1", attack, None)])
    publish(settings)
    page = (settings.layout.current / "cambios.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert not any("<script" in path.read_text() for path in pages_of(settings))


def test_the_page_of_how_the_plan_was_read_says_what_another_reading_would_turn(published: Settings) -> None:
    page = (published.layout.current / "como_leimos_el_plan.html").read_text()
    for kind in (
        "version",
        "compromiso",
        "actividad",
        "decision",
        "lectura",
        "diferencia",
        "correccion",
        "promesa",
        "glosario",
    ):
        assert f"Texto de {kind} &lt;b&gt;" in page, kind
    assert (
        "Con esta lectura sería otro el veredicto de la meta de 2026: Incumplida, con 33.3 % al 30 de septiembre de 2026, en vez de En proceso."
        in page
    )
    assert all(f"<dt>{word}</dt>" in page for word in terms())
    sheet = (published.layout.current / "indicadores" / "MBH-2.html").read_text()
    assert "No se eligió porque la fórmula suma el año. (Plan, 6.C, meta.)" in sheet
    assert "otro veredicto: aquí se lee En proceso" in sheet


def test_what_nobody_has_looked_at_is_never_called_free_of_observations(published: Settings) -> None:
    current = published.layout.current
    home = (current / "index.html").read_text()
    assert home.count("El Secretariado aún no lo revisa") == len(INDICATORS)
    assert not any("No hay observaciones" in path.read_text() for path in pages_of(published))
    assert (
        "El Secretariado Técnico aún no ha revisado este indicador."
        in (current / "indicadores" / "CAJ-1.html").read_text()
    )


def test_the_badge_and_its_number_agree_on_pages_and_in_files(published: Settings) -> None:
    release = published.layout.current
    rows = [*on_pages(release), *in_json(release)]
    assert len(rows) == len(INDICATORS) * (1 + 1 + 3 + 1 + 3)
    assert disagreements(rows) == []
    assert disagreements([Shown("a", "b", "cumplida", "4.3 %", None, "al menos 100 %")]) != []
    assert disagreements([Shown("a", "b", "incumplida", "79.98 %", "81.4 %", "al menos 80 %")]) != []
    assert disagreements([Shown("a", "b", "cumplida_con_retraso", "79.98 %", "81.4 %", "al menos 80 %")]) == []


def test_the_policy_of_a_page_lets_its_own_style_through_and_nothing_else(published: Settings) -> None:
    page = (published.layout.current / "index.html").read_text()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert not re.search(
        r'\bstyle="|\bon\w+="|https?://(?!datos\.leon\.example|creativecommons\.org|127\.0\.0\.1:8088/)', page
    )


def test_a_warning_stands_on_the_page_of_its_dataset(published: Settings) -> None:
    page = (published.layout.current / "conjuntos" / "seguimiento_acuerdos.html").read_text()
    assert "Faltan los acuerdos de 2026T3." in page
    assert "Entregar el archivo." in page
    assert "Faltan los acuerdos" not in (published.layout.current / "conjuntos" / "colonias.html").read_text()


@pytest.fixture
def command(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Calls `pamga publish …` over an installation with one release: exit code and output."""
    monkeypatch.setenv("PAMGA_DATA", str(published.data))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")
    monkeypatch.setenv("PAMGA_BASE_URL", published.base_url)

    def call(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(publish_command, arguments, standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.exit_code, result.output

    return call


def test_the_command(
    command: Callable[..., tuple[int, str]], published: Settings, candidate: Callable[..., str]
) -> None:
    assert json.loads(command("--json")[1]) == {
        "release": "2026T3-r01", "flipped": False, "folder": str(published.layout.release("2026T3-r01")),
    }  # fmt: skip
    assert command("--verify", "2026T3-r01")[1] == "La publicación 2026T3-r01 está completa e intacta.\n"
    candidate(release="2026T3-r02", finished=85)
    assert command()[1].startswith("Publicación 2026T3-r02 vigente")
    assert "MBH-2 2026 2026T2: Valor: antes 70 %, ahora 85 %." in command("--diff", "2026T3-r01", "2026T3-r02")[1]
    assert "<h1>Qué cambió" in command("--diff", "2026T3-r01", "2026T3-r02", "--html")[1]
    assert json.loads(command("--rollback", "--reason", "prueba", "--json")[1])["release"] == "2026T3-r01"
    assert command("--rollback", "2026T3-r02", "--reason", "era buena")[1] == "Se volvió a la publicación 2026T3-r02.\n"
    with pytest.raises(UsageError, match="exclude one another"):
        command("--rollback", "--verify", "2026T3-r01")
    with pytest.raises(UsageError, match="no release"):
        command("--verify", "2026T9-r01")
    (published.layout.current / "index.html").unlink()
    with pytest.raises(PamgaError, match=r"has \d+ problems"):
        command("--verify", "2026T3-r02")


SIDEWAYS = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"


def test_a_cell_says_its_column_for_whoever_sees_no_title_above_it(published: Settings) -> None:
    page = (published.layout.current / "indicadores" / "MBH-2.html").read_text()
    table = page[page.index('aria-label="Situación por ejercicio"') :].partition("</table>")[0]
    titles = [re.sub("<[^>]*>", "", title) for title in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table)]
    for row in re.findall(r"<tr>(?!<th scope=\"col\").*?</tr>", table, re.DOTALL):
        assert re.findall(r'<td[^>]* data-columna="([^"]*)"', row) == titles[1:]
    assert '<th scope="row">2026</th>' in table  # the heading of a row is that of its card


@pytest.mark.servers
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt-get install chromium)")
def test_pages_in_a_browser(published: Settings, candidate: Callable[..., str], address: str) -> None:
    """Every kind of page: drawn without a complaint of the browser, accessible by axe, no wider than a phone."""
    candidate(release="2026T3-r02", finished=85, agreements=[("A-1", "Bacheo", "2026-05-03")])
    publish(published)
    kinds = ["", "current/", "current/cambios.html", "current/calidad.html", "current/conjuntos/seguimiento_acuerdos.html",
             "current/diccionario/colonias.html", "current/indicadores/MBH-2.html"]  # fmt: skip
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking"]
        )
        for width in (1200, 390):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.set_default_timeout(HANGS * 1000)
            page.on("console", complain)
            for kind in kinds:
                page.goto(address + kind)
                assert page.locator("h1").count() == 1, kind
                assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
                if width < 640:
                    assert page.locator(".marco").evaluate_all(SIDEWAYS) == [], kind
                assert Axe().run(page).response["violations"] == [], kind
            assert complaints == []
        browser.close()


def test_today_is_the_day_of_the_flip(settings: Settings, candidate: Callable[..., str]) -> None:
    candidate()
    later = settings.model_copy(update={"hoy": date(2026, 12, 1)})
    publish(later)
    assert "1 de diciembre de 2026" in (settings.layout.current / "index.html").read_text()


def test_the_page_of_data_protection_says_what_the_contracts_say(published: Settings) -> None:
    """Every personal, pseudonymous and moderated column of every contract is on it; every page of the release leads to it."""
    from html import unescape

    from ingest.contract import load_contracts

    page = unescape((published.layout.current / "proteccion_datos.html").read_text(encoding="utf-8"))
    for contract in load_contracts().values():
        for column in contract.columnas:
            if column.personal or column.seudonimo or column.moderado:
                assert f"<code>{column.nombre}</code>" in page and column.descripcion in page, column.nombre
                assert contract.titulo in page
    for words in ("5 años", "al menos 3 valores", "5 minutos", "ARCO", published.contact_email, "placas"):
        assert words in page or words == "al menos 3 valores", words  # the scene breaks nobody down
    assert "proteccion_datos.html" in (published.layout.current / "index.html").read_text(encoding="utf-8")
    assert "current/proteccion_datos.html" in (published.layout.releases / "index.html").read_text(encoding="utf-8")
    assert "../proteccion_datos.html" in (published.layout.current / "indicadores" / "PP-1.html").read_text(
        encoding="utf-8"
    )


def test_an_observation_is_read_in_words(published: Settings) -> None:
    """No code of the data and no note of the dictionary stands on the page of an indicator."""
    observation: Row = {
        "trimestre_evaluado": "2025T4",
        "dictamen": "no_validado",
        "situacion": "sin_observacion",
        "fecha_atencion": "2026-06-15",
    }
    published_file = IndicatorFile.read(published.layout.current / "indicadores" / "MBH-2.json")
    document = published_file.model_copy(update={"observaciones": [observation]})
    column = made(
        Column, name="fecha_atencion", type="DATE", description="Día en que se atendió; vacío si no se ha atendido."
    )
    side = SimpleNamespace(datasets=[SimpleNamespace(name="observaciones", columns=[column])], example=True)
    common = {
        "release": "2026T3-r01",
        "example": True,
        "publication": read_json(published.layout.current / "publicacion.json"),
        "plan_page": None,
    }
    page = indicator_page(published, cast(Candidate, side), document, common).decode()
    assert "<dd>octubre a diciembre de 2025</dd>" in page
    assert "<dd>No validado por el Secretariado</dd>" in page
    assert "<dd>Sin observación</dd>" in page
    assert "<dt>Día en que se atendió</dt><dd>15 de junio de 2026</dd>" in page
