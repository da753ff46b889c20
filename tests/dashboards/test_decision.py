"""What the page of the candidate says was decided, from the documents as they stand: each state that they can be in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import decision
import duckdb
import pytest

from tests.quality.agreed import agreed_now

RUN, RELEASE = "2026T3-r02-abc", "2026T3-r02"
CHECK = {
    "id": "acuerdos.llave", "dataset": "acuerdos", "dimension": "unicidad", "rows": [], "severity": "fail", "outcome": "fail", "explanation": "La llave no se repite.",
    "remedy": "Corríjala.", "owner": "Dependencia", "threshold": "igual a 0", "value": 3.0, "acknowledged": None,
}  # fmt: skip


class Lake:
    """The documents of one candidate under a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / "runs" / RUN
        self.lock()
        (root / "runs/latest").symlink_to(RUN)
        (root / "releases/2026T3-r01").mkdir(parents=True)
        self.point("2026T3-r01")

    def write(self, path: Path, document: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def lock(self, closing: str | None = None) -> None:
        whole = {
            "run": RUN,
            "release": RELEASE,
            "trimestre": "2026T3",
            "digest": "abc",
            "deliveries": [],
            "code": {"sha256": "abc"},
        }
        self.write(self.run / "inputs.lock", {**whole, "closing": closing})

    def gate(self, verdict: str, *checks: dict[str, Any]) -> None:
        self.write(
            self.run / "quality.json", {"run": RUN, "release": RELEASE, "decision": verdict, "checks": list(checks)}
        )

    def publish(self, run: str) -> None:
        published = {"release": RELEASE, "fecha": "2026-10-20", "run": run, "digest": "abc"}
        self.write(self.root / f"lake/_log/publications/{RELEASE}.json", published)

    def answer(self, number: int, decision: str, reason: str) -> None:
        said = {
            "run": RUN,
            "release": RELEASE,
            "decision": decision,
            "persona": "Ana",
            "fecha": "2026-10-20",
            "motivo": reason,
        }
        self.write(self.root / f"lake/_log/approvals/{RUN}{'' if number == 1 else f'-{number}'}.json", said)

    def point(self, release: str) -> None:
        (self.root / "releases" / release).mkdir(exist_ok=True)
        (self.root / "releases/current").unlink(missing_ok=True)
        (self.root / "releases/current").symlink_to(release)

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = decision.rows(decision.documents(self.root))["decision"][0]
        return said


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_nobody_has_looked_yet(lake: Lake) -> None:
    said = lake.said()
    assert said["decision"].startswith("◇") and said["que_la_detuvo"] == "Nada"
    assert said["publica"] == "Todavía no es pública; la vigente es 2026T3-r01"
    assert "No cierra" in said["cierre"] and said["persona"].startswith("Nadie")


def test_what_stopped_it_is_named_and_a_warning_is_not_what_stopped_it(lake: Lake) -> None:
    lake.gate("detener", CHECK | {"severity": "warn", "outcome": "warn", "explanation": "Un aviso."}, CHECK)
    said = decision.rows(decision.documents(lake.root))
    assert said["decision"][0]["decision"].startswith("■")
    assert said["decision"][0]["que_la_detuvo"] == "La llave no se repite."
    assert [row["resultado"] for row in said["avisos"]] == ["■ La detiene", "▲ Aviso"]


def test_datasets_and_deliveries_have_their_names(lake: Lake) -> None:
    said = {"explanation": "«acuerdos_seguimiento» trae «evento_id»."}
    checks = [CHECK | said | {"dataset": dataset} for dataset in ("acuerdos_seguimiento", "lake.acuerdos", "candidata")]
    lake.gate("detener", *checks)
    (lake.run / "marts.json").write_bytes(agreed_now().content())
    rows = decision.rows(decision.documents(lake.root))["avisos"]
    named = [row["conjunto"] for row in rows]
    titles = {mart.name: mart.title for mart in agreed_now().marts}
    delivery = agreed_now().exports["acuerdos"].titulo
    assert named == [titles["acuerdos_seguimiento"], f"{delivery} (entregas)", "Los archivos por publicar"]
    assert rows[0]["explicacion"] == f"«{titles['acuerdos_seguimiento']}» trae «evento_id»."


def test_public_rolled_back_and_closing(lake: Lake) -> None:
    lake.gate("publicar", CHECK | {"outcome": "pass"})
    lake.lock(closing="2026T3")
    lake.publish(RUN)
    lake.point(RELEASE)
    assert lake.said()["publica"] == "Ya es pública: es la publicación vigente"
    assert lake.said()["cierre"] == "Cierra el trimestre 2026T3"
    lake.point("2026T3-r01")
    assert lake.said()["publica"] == "Ya se publicó; la vigente es 2026T3-r01"
    lake.publish("of another run")
    assert lake.said()["publica"].startswith("Todavía no es pública")


def test_who_rejected_it_and_why_and_what_was_said_later(lake: Lake) -> None:
    lake.answer(1, "rechazar", "La cifra no es ésa.")
    assert lake.said()["persona"] == "Rechazada por Ana el 2026-10-20: La cifra no es ésa."
    token = decision.token(lake.root)
    lake.answer(2, "aprobar", "Ya se cotejó.")
    assert lake.said()["persona"] == "Aprobada por Ana el 2026-10-20: Ya se cotejó."
    assert decision.token(lake.root) != token


def test_without_a_candidate(tmp_path: Path) -> None:
    said = decision.rows(decision.documents(tmp_path))["decision"][0]
    assert said["publicacion"] == "Ninguna" and said["publica"] == "No hay candidata"


def test_the_file_is_made_anew_when_a_document_changes_and_old_ones_go(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    paths, tokens = [], []
    for number in range(decision.KEPT + 2):
        lake.gate("detener", CHECK | {"explanation": f"Falla {number}."})
        tokens.append(decision.token(lake.root))
        paths.append(decision.current(lake.root, folder))
        assert decision.current(lake.root, folder) == paths[-1]
    assert len(set(paths)) == len(set(tokens)) == len(paths)
    assert len(list(folder.glob("*.duckdb"))) <= decision.KEPT
    with duckdb.connect(str(paths[-1]), read_only=True) as connection:
        assert connection.execute("select que_la_detuvo from interno.decision").fetchall() == [(f"Falla {number}.",)]
