"""One office never stops the others: what can be blamed on a delivery sets that delivery aside, and the release says so."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ingest.contract import load_contract
from ingest.receive import receive_inbox
from ingest.status import status
from pamga.quarter import Quarter
from pamga.settings import Settings
from publish.release import publish
from publish.verify import verify_release
from quality import gate
from tests.acceptance.legitimate_lakes import Lake, Maker, as_file
from warehouse.build import build

OFFICE, OTHER, QUARTER = "presupuesto_participativo", "imju", Quarter(2026, 3)
LAKE = Lake(7, (QUARTER,), {}, "spanish", frozenset(), withdrawals=False, coordinates=False, running=False)
Rows = list[dict[str, Any]]


class City:
    """An installation, its offices and their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.maker = Maker(LAKE)
        self.maker.today = date(2026, 10, 10)

    def on(self, day: date) -> Settings:
        return Settings(data=self.folder, hoy=day, settle_seconds=0, hmac_key=SecretStr("llave"), threads=2)

    def rows(self, export: str, office: str, shape: str) -> Rows:
        return self.maker.rows(load_contract(export), office, QUARTER, shape)

    def drop(self, export: str, office: str, rows: Rows, day: date, suffix: str = "") -> None:
        extension, content = as_file(load_contract(export), rows, random.Random(1))
        path = self.on(day).layout.inbox / office / f"{export}_{QUARTER}{suffix}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def release(self, day: date) -> tuple[Settings, Path]:
        """Receive, build, check, publish; gives the release's folder."""
        settings = self.on(day)
        receive_inbox(settings)
        run = build(settings).run
        judged = gate.check(settings, run)
        assert judged.stopped_by == []
        release = publish(settings, run).release
        assert verify_release(settings, release) == []
        return settings, settings.layout.release(release)


@pytest.mark.slow
def test_bad_references_and_withdrawn_keys_hold_only_the_deliveries_that_did_it(tmp_path: Path) -> None:
    """New versions: agreements half of which name events that never were, events without those that were named; and of another
    office sessions, which nothing holds."""
    city, first, later = City(tmp_path), date(2026, 10, 10), date(2026, 10, 12)
    events = city.rows("eventos_mbh", OFFICE, "some rows") + city.rows("eventos_mbh", OFFICE, "some rows")
    agreements = city.rows("acuerdos", OFFICE, "many rows")
    sessions = city.rows("sesiones_escuela", OTHER, "some rows")
    for export, office, rows in (
        ("eventos_mbh", OFFICE, events),
        ("acuerdos", OFFICE, agreements),
        ("sesiones_escuela", OTHER, sessions),
    ):
        city.drop(export, office, rows, first)
    _, release = city.release(first)
    lock = json.loads((release / "inputs.lock").read_bytes())
    assert lock["apartadas"] == []

    bad = [{**row, "evento_id": f"nunca-{n}" if n % 2 else row["evento_id"]} for n, row in enumerate(agreements)]
    city.drop("acuerdos", OFFICE, bad, later)
    others = [{**row, "evento_id": f"otro-{n}"} for n, row in enumerate(events)]
    city.drop("eventos_mbh", OFFICE, others, later, "_confirmada")
    city.drop("sesiones_escuela", OTHER, [*sessions, *city.rows("sesiones_escuela", OTHER, "one row")], later)
    settings, release = city.release(later)

    lock = json.loads((release / "inputs.lock").read_bytes())
    apart = {(entry["export"], entry["version"]): entry for entry in lock["apartadas"]}
    assert set(apart) == {("acuerdos", 2), ("eventos_mbh", 2)}
    assert {found["tipo"] for found in apart["acuerdos", 2]["hallazgos"]} == {"referencia_inexistente"}
    assert {found["tipo"] for found in apart["eventos_mbh", 2]["hallazgos"]} == {"clave_retirada"}
    assert {entry["queda"] for entry in lock["apartadas"]} == {1}
    standing = {(d["export"], d["version"]) for d in lock["deliveries"]}
    assert standing == {("acuerdos", 1), ("eventos_mbh", 1), ("sesiones_escuela", 2)}

    said = "se apartó: Referencia a una clave que no existe"
    for page in ("index.html", "indicadores/MBH-2.html", "conjuntos/acuerdos_seguimiento.html"):
        assert said in (release / page).read_text(), page
    assert said in json.loads((release / "indicadores" / "MBH-2.json").read_bytes())["avisos"][0]
    assert "se apartó" not in (release / "indicadores" / "CAJ-5.html").read_text(), "nothing of another office"
    assert {line["export"] for line in status(settings).stored()["deliveries"] if line["apartada"]} == {
        "acuerdos",
        "eventos_mbh",
    }
    note = settings.layout.receipts / OFFICE / f"acuerdos_{QUARTER}_v0002" / "apartada.txt"
    assert "nunca-" in note.read_text()
    assert not list((settings.layout.receipts / OTHER).glob("*/apartada.txt"))
