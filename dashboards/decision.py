"""What was decided about the candidate, as tables that charts can read: `runs/latest/decision.duckdb`.

The candidate's own tables are built before the gate looks at them, before a person approves and before they are published, so they
cannot say what came of it. This file does not lie in the run: it is made, when somebody connects, of the documents as they
stand at that moment (docs/interfaces.md: quality.json, inputs.lock, approvals, publications), and kept under the hash of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import environment  # noqa: F401 - makes pamga findable

from pamga.documents.base import Cell
from pamga.documents.candidate import Agreed
from pamga.documents.lock import Lock
from pamga.documents.log import Answer, Publication
from pamga.documents.quality import Check, Quality
from pamga.layout import Layout
from pamga.log import newest_answer

SERVED = "runs/latest/decision.duckdb"
CODE = re.compile(r"«(\w+)»")
KEPT = 3
"""Older ones are removed; a reader that has one open goes on reading it."""

TABLES = {
    "decision": {
        "publicacion": "VARCHAR", "corrida": "VARCHAR", "decision": "VARCHAR", "cierre": "VARCHAR", "que_la_detuvo": "VARCHAR",
        "publica": "VARCHAR", "persona": "VARCHAR",
    },
    "avisos": {
        "orden": "INTEGER", "resultado": "VARCHAR", "conjunto": "VARCHAR", "explicacion": "VARCHAR", "valor": "DOUBLE", "umbral": "VARCHAR",
        "remedio": "VARCHAR", "encargado": "VARCHAR", "visto": "VARCHAR",
    },
}  # fmt: skip
RESULTS = {"fail": "■ La detiene", "warn": "▲ Aviso", "not_evaluated": "◇ No se pudo evaluar"}


ORDER = {"fail": 0, "not_evaluated": 1, "warn": 2}
Rows = list[dict[str, Cell]]


@dataclass(frozen=True)
class Known:
    """What is known of the newest candidate: its lock, what the gate says, who approved it, what is public."""

    lock: Lock | None
    agreed: Agreed | None
    quality: Quality | None
    answer: Answer | None
    published: Publication | None
    current: str

    @property
    def run(self) -> str:
        return self.lock.run if self.lock else ""

    @property
    def release(self) -> str:
        return self.lock.release if self.lock else ""


def documents(root: Path) -> Known:
    """The documents as they stand."""
    layout = Layout(root)
    run = (layout.runs / "latest").resolve()
    locked = Lock.if_there(run / "inputs.lock")
    if locked is None:
        return Known(None, None, None, None, None, _current(layout))
    return Known(
        locked,
        Agreed.if_whole(run / Path(Agreed.WHERE).name),
        Quality.if_there(run / "quality.json"),
        newest_answer(layout, run.name),
        Publication.if_there(layout.log / "publications" / f"{locked.release}.json"),
        _current(layout),
    )


def _current(layout: Layout) -> str:
    return layout.current.resolve().name if layout.current.exists() else ""


def token(root: Path) -> str:
    """Changes whenever one of the documents does; read for every answer, so only names and times of files are looked at."""
    layout = Layout(root)
    run = (layout.runs / "latest").resolve()
    looked = [run / "quality.json", *sorted((layout.log / "approvals").glob(f"{run.name}*.json"))]
    times = [path.stat().st_mtime_ns if path.exists() else 0 for path in looked]
    return f"{run.name} {layout.current.resolve().name} {times}"


def rows(known: Known) -> dict[str, Rows]:
    """The rows of both tables, in words."""
    checks = [check for check in (known.quality.checks if known.quality else []) if check.outcome != "pass"]
    stops = [check for check in checks if check.severity == "fail" and check.outcome in {"fail", "not_evaluated"}]
    checks.sort(key=lambda check: (check not in stops, ORDER[check.outcome], check.id))
    closing = known.lock.closing if known.lock else None
    return {
        "decision": [
            {
                "publicacion": known.release or "Ninguna",
                "corrida": known.run,
                "decision": _decision(known.quality),
                "cierre": f"Cierra el trimestre {closing}"
                if closing
                else "No cierra ningún trimestre: es una publicación provisional",
                "que_la_detuvo": " · ".join(_in_names(check.explanation, known.agreed) for check in stops) or "Nada",
                "publica": _public(known),
                "persona": _person(known.answer),
            }
        ],
        "avisos": [
            _notice(number, check, stops=check in stops, agreed=known.agreed)
            for number, check in enumerate(checks, start=1)
        ],
    }


def _notice(number: int, check: Check, *, stops: bool, agreed: Agreed | None) -> dict[str, Cell]:
    return {
        "orden": number,
        "resultado": RESULTS["fail" if stops else check.outcome],
        "conjunto": agreed.title_of(check.dataset) if agreed else check.dataset,
        "explicacion": _in_names(check.explanation, agreed),
        "valor": check.value,
        "umbral": check.threshold,
        "remedio": check.remedy,
        "encargado": check.owner,
        "visto": f"Lo conoce {seen.persona}: {seen.motivo}" if (seen := check.acknowledged) else None,
    }


def current(root: Path, folder: Path) -> Path:
    """The file with the tables as the documents stand now; `folder` holds those made before."""
    known = documents(root)
    made = json.dumps([rows(known), TABLES], ensure_ascii=False, sort_keys=True)
    path = folder / f"{hashlib.sha256(made.encode()).hexdigest()[:16]}.duckdb"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    spare = folder / f".{path.name}.{os.getpid()}"
    spare.unlink(missing_ok=True)
    with duckdb.connect(str(spare)) as connection:
        connection.execute("create schema interno")
        for table, columns in TABLES.items():
            described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table interno.{table} ({described})")
            places = ", ".join("?" * len(columns))
            for row in rows(known)[table]:
                connection.execute(f"insert into interno.{table} values ({places})", [row[name] for name in columns])
        connection.execute("checkpoint")  # closing does it too, and says nothing where the disk refuses
    spare.replace(path)
    for old in sorted(folder.glob("*.duckdb"), key=lambda one: one.stat().st_mtime_ns, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def _decision(quality: Quality | None) -> str:
    if quality is None:
        return "◇ El control de calidad todavía no la revisa"
    if quality.stopped:
        return "■ El control de calidad la detiene"
    return "● El control de calidad la deja publicar"


def _in_names(explanation: str, agreed: Agreed | None) -> str:
    """A sentence of the gate with the datasets' names where it says their codes."""
    return CODE.sub(lambda found: f"«{agreed.title_of(found[1])}»", explanation) if agreed else explanation


def _public(known: Known) -> str:
    if known.lock is None:
        return "No hay candidata"
    if known.published is None or known.published.run != known.run:
        return f"Todavía no es pública; la vigente es {known.current or 'ninguna'}"
    if known.current == known.release:
        return "Ya es pública: es la publicación vigente"
    return f"Ya se publicó; la vigente es {known.current or 'ninguna'}"


def _person(answer: Answer | None) -> str:
    if answer is None:
        return "Nadie la ha aprobado ni rechazado"
    verb = "Aprobada" if answer.approves else "Rechazada"
    return f"{verb} por {answer.persona} el {answer.fecha}" + (f": {answer.motivo}" if answer.motivo else "")
