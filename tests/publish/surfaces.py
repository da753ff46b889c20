"""What every surface of a release shows beside each verdict: the same figures, read as a person reads them."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import openpyxl

from publish import spanish

WORDS = {words: state for state, (words, _, _) in spanish.STATES.items()}
NOTHING = ("Sin datos", "sin dato", "")


@dataclass(frozen=True)
class Shown:
    """One verdict as a surface shows it: the value beside it, and what it calls today's value (None where it shows none)."""

    surface: str
    target: str
    estado: str
    judged: str
    today: str | None
    meta: str


def meets(value: str, meta: str) -> bool:
    """Whether the text of a value reaches the text of a target."""
    if value in NOTHING:
        return False
    if meta == "Sí":
        return value in ("Sí", "100", "100.0")
    asked = float(re.sub(r"[^0-9.]", "", meta))
    reached = 100.0 if value == "Sí" else float(value.replace("%", "").replace(",", ""))
    return reached > asked if meta.startswith("más de") else reached >= asked


def disagreements(rows: list[Shown]) -> list[str]:
    """Verdicts whose value says otherwise: met shows a value that meets, missed one that does not, met late both in turn."""
    wrong = []
    for row in rows:
        judged, today = meets(row.judged, row.meta), row.today is not None and meets(row.today, row.meta)
        right = {
            "cumplida": judged,
            "en_meta": judged,
            "cumplida_con_retraso": not judged and today,
            "incumplida": not judged and not today,
            "en_proceso": not judged,
            "no_iniciada": not judged,
            "sin_datos": row.judged in NOTHING,
        }[row.estado]
        if not right:
            wrong.append(f"{row.surface} {row.target}: {row.estado}, {row.judged} (hoy {row.today}), meta {row.meta}")
    return wrong


def on_pages(release: Path) -> Iterator[Shown]:
    """The home page and both tables of every indicator's page."""
    yield from _of_page("home", (release / "index.html").read_text(encoding="utf-8"), None)
    for path in sorted((release / "indicadores").glob("*.html")):
        document = json.loads(path.with_suffix(".json").read_bytes())
        targets = {t["ejercicio"]: t for t in document["metas"]}
        metas = {
            str(year): spanish.target(t["meta"], t["operador"], document["ficha"]["unidad"])
            for year, t in targets.items()
        }
        page = path.read_text(encoding="utf-8").partition("Con otra lectura del plan</h2>")[0]
        yield from _of_page(path.stem, page, metas)


def _of_page(surface: str, page: str, metas: dict[str, str] | None) -> Iterator[Shown]:
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.S):
        if 'class="juzgado"' not in row:
            continue
        text = html.unescape(row)
        (year,) = re.findall(r"</a> · (20\d\d)", text) or re.findall(r"<th scope=\"row\">(20\d\d)</th>", text)
        meta = metas[year] if metas else re.findall(r"<td class=\"n\"[^>]*>([^<]*)</td>", text)[-1]
        yield _of_row(surface, year, text, meta)


def _of_row(surface: str, key: str, text: str, meta: str) -> Shown:
    """The badge and the values of a row of a table on a page, beside which the Secretariado's opinion has to stand."""
    word = re.search(r"class=\"estado \w+\"><span[^>]*>.</span> ([^<]+)</span>", text)
    judged = re.search(r"class=\"juzgado\">([^<]*)<", text)
    today = re.search(r"class=\"confirmar\">hoy ([^:<]*):", text)
    assert word and judged, text
    assert any(words in text for words, _, _ in spanish.OPINIONS.values()), text
    return Shown(surface, key, WORDS[word[1]], judged[1], today[1] if today else None, meta)


def in_json(release: Path) -> Iterator[Shown]:
    for path in sorted((release / "indicadores").glob("*.json")):
        document = json.loads(path.read_bytes())
        unit = document["ficha"]["unidad"]
        targets = {t["ejercicio"]: t for t in document["metas"]}
        for row in [*document["situacion"], *document["serie"]]:
            target = targets[row["ejercicio"]]
            later = row["juzgado_el"] != row["fecha_corte"]
            yield Shown(
                f"{path.name}",
                f"{row['ejercicio']} {row['trimestre']}",
                row["estado"],
                spanish.measure(row["valor_juzgado"], unit),
                spanish.measure(row["valor"], unit) if later else None,
                spanish.target(target["meta"], target["operador"], unit),
            )


def in_changes(releases: Path) -> Iterator[Shown]:
    """What is said of a published figure that changed: cambios.json, its page, the indicators' pages and the feed."""
    release = releases / "current"
    restated = json.loads((release / "cambios.json").read_bytes())["indicadores"]["reexpresados"]
    metas = {}
    for item in restated:
        unit, now = item["unidad"], item["ahora"]
        key = f"{item['indicador']}-{item['ejercicio']}-{item['trimestre']}"
        metas[key] = spanish.target(now["meta"], now["operador"], unit)
        later = now["juzgado_el"] != now["fecha_corte"]
        today = spanish.measure(now["valor"], unit) if later else None
        yield Shown("cambios.json", key, now["estado"], spanish.measure(now["valor_juzgado"], unit), today, metas[key])
    for path in (release / "cambios.html", *sorted((release / "indicadores").glob("*.html"))):
        for key, row in re.findall(
            r"<tr id=\"([A-Z]+-\d-\d{4}-\d{4}T\d)\">(.*?)</tr>", path.read_text(encoding="utf-8"), re.S
        ):
            yield _of_row(path.name, key, html.unescape(row), metas[key])
    feed = Xml.parse(releases / "reexpresiones.xml").getroot()  # noqa: S314 - our own file
    for entry in feed.iter("{http://www.w3.org/2005/Atom}entry"):
        said = entry.findtext("{http://www.w3.org/2005/Atom}summary", "")
        key = entry.findtext("{http://www.w3.org/2005/Atom}id", "").partition("#")[2]
        stands = re.search(r"Queda: ([^,(]+?)(?: \(por confirmar\))?, (.+?) al \d+ de ", said)
        asked = re.search(r"Meta: (.+?)\. ", said)
        now = re.search(r"\(hoy\): (.+?)\. ", said)
        assert stands and asked, said
        assert any(words in said for words, _, _ in spanish.OPINIONS.values()), said
        yield Shown("reexpresiones.xml", key, WORDS[stands[1]], stands[2], now[1] if now else None, asked[1])


def in_tables(release: Path) -> Iterator[Shown]:
    """The CSV and the workbook of the board, row by row, in words."""
    with (release / "data" / "tablero_indicadores.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from (_of_table("CSV", row) for row in csv.DictReader(file))
    book = openpyxl.load_workbook(release / "data" / "tablero_indicadores.xlsx", read_only=True)
    rows = book[book.sheetnames[0]].iter_rows(values_only=True)
    names = next(rows)
    while "indicador" not in names:
        names = next(rows)
    for row in rows:
        # a row ends with its last value
        yield _of_table("XLSX", {str(n): "" if v is None else str(v) for n, v in zip(names, row, strict=False)})


def _of_table(surface: str, row: dict[str, str]) -> Shown:
    today = None if row["valor_hoy_texto"] == "—" else row["valor_hoy_texto"]
    key = f"{row['indicador']} {row['ejercicio']} {row['trimestre']}"
    return Shown(surface, key, row["estado"], row["valor_juzgado_texto"], today, row["meta_texto"])


def in_terminal(printed: str) -> Iterator[Shown]:
    """The table that a run ends with; a cell may go on in the lines below."""
    cells: list[list[str]] = []
    for line in printed.splitlines():
        if "│" not in line:
            continue
        row = [cell.strip() for cell in line.strip().strip("│").split("│")]
        if re.fullmatch(r"(DA|PP|MBH|CAJ)-\d", row[0]):
            cells.append(row)
        elif cells and not row[0] and len(row) == len(cells[-1]):
            cells[-1] = [f"{a} {b}".strip() for a, b in zip(cells[-1], row, strict=True)]
    for indicator, year, judged, _, today, meta, verdict, _ in cells:
        word = re.sub(r"^\S+ | \(por confirmar\).*| \*$", "", verdict)
        yield Shown("terminal", f"{indicator} {year}", WORDS[word], judged, None if today == "—" else today, meta)
