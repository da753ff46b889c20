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
import sys
from pathlib import Path
from typing import Any

import duckdb

sys.path.append(str(Path(__file__).resolve().parent.parent))

from pamga.documents.candidate import Agreed

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


def documents(root: Path) -> dict[str, Any]:
    """What is known of the newest candidate: its lock, what the gate says, who approved it, what is public."""
    run = (root / "runs/latest").resolve()
    lock = _read(run / "inputs.lock") or {}
    release = str(lock.get("release") or "")
    current = root / "releases/current"
    return {
        "run": run.name if lock else "",
        "release": release,
        "closing": lock.get("closing"),
        "agreed": Agreed.if_whole(run / Path(Agreed.WHERE).name),
        "quality": _read(run / "quality.json"),
        "approval": _read(root / "lake/_log/approvals" / f"{run.name}.json"),
        "published": _read(root / "lake/_log/publications" / f"{release}.json") if release else None,
        "current": current.resolve().name if current.exists() else "",
    }


def token(root: Path) -> str:
    """Changes whenever one of the documents does; read for every answer, so only names and times of files are looked at."""
    run = (root / "runs/latest").resolve()
    looked = [run / "quality.json", root / "lake/_log/approvals" / f"{run.name}.json"]
    times = [path.stat().st_mtime_ns if path.exists() else 0 for path in looked]
    return f"{run.name} {(root / 'releases/current').resolve().name} {times}"


def rows(known: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of both tables, in words."""
    quality = known["quality"]
    checks = [check for check in (quality or {}).get("checks", []) if check["outcome"] != "pass"]
    stops = [check for check in checks if check["severity"] == "fail" and check["outcome"] in {"fail", "not_evaluated"}]
    order = {"fail": 0, "not_evaluated": 1, "warn": 2}
    checks.sort(key=lambda check: (check not in stops, order[check["outcome"]], check["id"]))
    return {
        "decision": [
            {
                "publicacion": known["release"] or "Ninguna",
                "corrida": known["run"],
                "decision": _decision(quality),
                "cierre": f"Cierra el trimestre {known['closing']}"
                if known["closing"]
                else "No cierra ningún trimestre: es una publicación provisional",
                "que_la_detuvo": " · ".join(_in_names(check["explanation"], known["agreed"]) for check in stops)
                or "Nada",
                "publica": _public(known),
                "persona": _person(known["approval"]),
            }
        ],
        "avisos": [
            {
                "orden": number,
                "resultado": RESULTS["fail"] if check in stops else RESULTS[check["outcome"]],
                "conjunto": known["agreed"].title_of(check["dataset"]) if known["agreed"] else check["dataset"],
                "explicacion": _in_names(check["explanation"], known["agreed"]),
                "valor": check["value"],
                "umbral": check["threshold"],
                "remedio": check["remedy"],
                "encargado": check["owner"],
                "visto": _seen(check.get("acknowledged")),
            }
            for number, check in enumerate(checks, start=1)
        ],
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
    spare.replace(path)
    for old in sorted(folder.glob("*.duckdb"), key=lambda one: one.stat().st_mtime_ns, reverse=True)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def _decision(quality: dict[str, Any] | None) -> str:
    if quality is None:
        return "◇ El control de calidad todavía no la revisa"
    if quality["decision"] == "publicar":
        return "● El control de calidad la deja publicar"
    return "■ El control de calidad la detiene"


def _in_names(explanation: str, agreed: Agreed | None) -> str:
    """A sentence of the gate with the datasets' names where it says their codes."""
    return CODE.sub(lambda found: f"«{agreed.title_of(found[1])}»", explanation) if agreed else explanation


def _public(known: dict[str, Any]) -> str:
    published = known["published"]
    if not known["release"]:
        return "No hay candidata"
    if published is None or published.get("run") not in (None, known["run"]):
        return f"Todavía no es pública; la vigente es {known['current'] or 'ninguna'}"
    if known["current"] == known["release"]:
        return "Ya es pública: es la publicación vigente"
    return f"Ya se publicó; la vigente es {known['current'] or 'ninguna'}"


def _person(approval: dict[str, Any] | None) -> str:
    if approval is None:
        return "Nadie la ha aprobado ni rechazado"
    verb = "Aprobada" if approval["decision"] == "aprobar" else "Rechazada"
    return f"{verb} por {approval['persona']} el {approval['fecha']}" + (
        f": {approval['motivo']}" if approval.get("motivo") else ""
    )


def _seen(acknowledged: dict[str, Any] | None) -> str | None:
    return f"Lo conoce {acknowledged['persona']}: {acknowledged['motivo']}" if acknowledged else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found
