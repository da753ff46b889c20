"""Deliveries that rules.md and the contracts allow, of every export, at their extremes: what nothing may stop.

Hypothesis draws the shape of a lake (which quarters, what each office delivers in each, corrections, withdrawals, how texts
look) and a seed for its cells; the cells come from the contracts alone (types, limits, values, patterns, keys, references), so a
new export needs no line here. `python -m tests.acceptance.legitimate_lakes --lakes 100` tries many and prints what stopped.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from pydantic import SecretStr

from ingest.contract import Column, Contract, load_contracts
from ingest.receive import receive_inbox
from pamga import spanish
from pamga.documents.quality import Check
from pamga.quarter import Quarter
from pamga.settings import Settings
from publish.release import publish
from publish.verify import verify_release
from quality import gate
from warehouse.build import build

FIRST, LAST = Quarter(2024, 4), Quarter(2027, 4)
SHAPES = ("nothing", "header only", "one row", "keys only", "boundaries", "some rows", "many rows")
ROWS = {"one row": 1, "keys only": 4, "boundaries": 9, "some rows": 5, "many rows": 70}
TEXTS = ("plain", "spanish", "everywhere", "odd")
MONTHS = [spanish.month(number).capitalize() for number in range(1, 13)]
LEON = (-101.68, 21.12)
WORDS = {
    "plain": ("Centro", "Taller vecinal", "Reparar la bomba", "Parque"),
    "spanish": ("Ñandú Güémez de la Peña", "Colonia 10 de Mayo", "¿Quién? ¡Tú!", "Doña María «La Güera»"),
    "everywhere": ("Łódź", "Ελλάδα", "北京市", "Nguyễn Thị Ánh", "Şişli", "Aéroport d’Orly"),
    "odd": ("=1+1", "-", "a;b,c|d", 'dice "hola"', "x" * 400, "null", "  dos   blancos ", "0", "1e5", "🏛️ cabildo"),
}  # fmt: skip
BOUNDARY_DAYS = (
    "2024-02-29",
    "2025-01-01",
    "2025-03-31",
    "2025-04-01",
    "2025-12-31",
    "2026-06-30",
    "2027-12-31",
    "1999-12-31",
    "2099-12-31",
)


@dataclass(frozen=True)
class Lake:
    """The shape of a lake: `plan` says what each export delivers in each stage; a stage ends with a publication."""

    seed: int
    quarters: tuple[Quarter, ...]
    plan: dict[tuple[str, str, Quarter], str]
    texts: str
    corrections: frozenset[tuple[str, str, Quarter]]
    withdrawals: bool
    coordinates: bool
    running: bool  # the last quarter has not ended on the day of the last receipt

    def __repr__(self) -> str:  # what Hypothesis prints of a lake that stopped
        told = {f"{o}/{e}_{q}": shape for (e, o, q), shape in self.plan.items() if shape != "nothing"}
        corrected = sorted(f"{o}/{e}_{q}" for e, o, q in self.corrections)
        return (
            f"Lake(seed={self.seed}, texts={self.texts!r}, withdrawals={self.withdrawals}, coordinates={self.coordinates}, "
            f"running={self.running}, corrections={corrected}, plan={told})"
        )


@st.composite
def lakes(draw: st.DrawFn) -> Lake:
    """The shape of a lake. It shrinks towards few quarters in which nothing was delivered."""
    count = draw(st.integers(1, 3))
    first = FIRST.shift(draw(st.integers(0, 9)))
    quarters = tuple(first.shift(step) for step in range(count))
    offices = [(export, office) for export, c in load_contracts().items() for office in c.dependencias]
    absent = draw(st.sets(st.sampled_from(sorted({office for _, office in offices})), max_size=2))
    usual = draw(st.sampled_from(SHAPES))
    plan: dict[tuple[str, str, Quarter], str] = {}
    for quarter in quarters:
        for export, office in offices:
            own = draw(st.booleans())
            shape = draw(st.sampled_from(SHAPES)) if own else usual
            plan[export, office, quarter] = "nothing" if office in absent else shape
    if all(shape == "nothing" for shape in plan.values()):  # somebody must have come
        plan[offices[0][0], offices[0][1], quarters[0]] = "header only"
    corrected = draw(st.sets(st.sampled_from(sorted(plan, key=str)), max_size=6))
    return Lake(
        draw(st.integers(0, 2**32)), quarters, plan, draw(st.sampled_from(TEXTS)),
        frozenset(key for key in corrected if plan[key] != "nothing"), draw(st.booleans()), draw(st.booleans()), draw(st.booleans()),
    )  # fmt: skip


# ---- cells


@dataclass
class Maker:
    """Makes the deliveries of a lake and remembers the keys, so that references and redelivered rows are true."""

    lake: Lake
    rng: random.Random = field(init=False)
    today: date = field(init=False)
    known: dict[tuple[str, str], dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    serial: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.lake.seed)

    def rows(self, contract: Contract, office: str, quarter: Quarter, shape: str) -> list[dict[str, Any]]:
        """Rows of one delivery: new keys, and some delivered before with other values."""
        if shape in ("nothing", "header only"):
            return []
        before = self.known.setdefault((contract.export, office), {})
        count = ROWS[shape]
        rows = []
        if contract.entrega == "parcial" and before and shape != "one row":
            for key in self.rng.sample(sorted(before, key=str), min(len(before), count // 3)):
                rows.append(self._again(contract, before[key], quarter, shape))
        while len(rows) < count:
            rows.append(self._new(contract, office, quarter, shape))
        keys = contract.key_columns
        unique: dict[Any, Any] = (
            {tuple(str(row.get(name)) for name in keys): row for row in rows} if keys else dict(enumerate(rows))
        )
        if contract.entrega == "completa":
            before.clear()
        for key, row in unique.items():
            before[key if isinstance(key, tuple) else (key,)] = row
        return list(unique.values())

    def _again(self, contract: Contract, row: dict[str, Any], quarter: Quarter, shape: str) -> dict[str, Any]:
        fresh = self._new(contract, "", quarter, shape)
        kept = {c.nombre for c in contract.columnas if c.fija or c.nombre in contract.clave or c.referencia}
        again = {name: row[name] if name in kept else value for name, value in fresh.items()}
        if self.lake.withdrawals and self.rng.random() < 0.3:
            again["baja"] = "Sí"
        return again

    def _new(self, contract: Contract, office: str, quarter: Quarter, shape: str) -> dict[str, Any]:
        self.serial += 1
        row = {column.nombre: self._cell(contract, column, office, quarter, shape) for column in contract.columnas}
        self._in_order(contract, row)
        return row

    def _in_order(self, contract: Contract, row: dict[str, Any]) -> None:
        """What happened happened in the contract's order (finished after it was made); plans keep no order."""
        done = [c.nombre for c in contract.columnas if c.hecho and row.get(c.nombre) is not None]
        for name, day in zip(done, sorted(row[name] for name in done), strict=True):
            row[name] = day

    def _cell(self, contract: Contract, column: Column, office: str, quarter: Quarter, shape: str) -> Any:
        needed = column.obligatoria or column.nombre in contract.clave or column.seudonimo
        if not needed and (shape == "keys only" or self.rng.random() < 0.25):
            return None
        if column.nombre in ("latitud", "longitud") and not self.lake.coordinates and not column.obligatoria:
            return None
        if column.referencia:
            export, _, referred = column.referencia.partition(".")
            keys = [
                r[referred]
                for (e, _), rows in self.known.items()
                if e == export
                for r in rows.values()
                if not r.get("baja")
            ]
            if keys:
                return self.rng.choice(keys)
            return self._key(column) if needed else None
        counted = contract.formato.disposicion == "meses"  # its key is made of the kinds and months that are counted
        free = column.tipo in ("texto", "entero") and not column.patron and not column.valores
        if free and column.nombre in contract.clave and not counted:
            return self._key(column)
        return self._value(column, office, quarter, shape)

    def _key(self, column: Column) -> Any:
        if column.tipo == "entero":
            return self.serial + 1000
        if self.lake.texts == "everywhere" and self.rng.random() < 0.3:
            return f"Ñ-{self.serial}"
        return f"K-{self.serial:05d}"

    def _value(self, column: Column, office: str, quarter: Quarter, shape: str) -> Any:
        extreme = shape == "boundaries" or self.rng.random() < 0.2
        makers: dict[str, Callable[[], Any]] = {
            "fecha": lambda: self._day(column, quarter, extreme),
            "entero": lambda: self._number(column, quarter, extreme),
            "decimal": lambda: self._number(column, quarter, extreme),
            "booleano": lambda: self.rng.choice(("Sí", "No")),
            "categoria": lambda: self.rng.choice(column.allowed(office) or column.valores),
            "lista": lambda: self._list(column.valores or ("Obra Pública", "SAPAL", "IMJU")),
            "url": lambda: f"https://leon.gob.mx/{self.serial}",
            "correo": lambda: f"oficina{self.serial}@leon.gob.mx",
            "texto": lambda: self._matching(column) if column.patron else self._words(column),
        }
        return makers[column.tipo]() if column.tipo in makers else None

    def _list(self, pool: tuple[str, ...]) -> str:
        return ";".join(self.rng.sample(pool, self.rng.randint(1, min(3, len(pool)))))

    def _words(self, column: Column) -> str:
        odd = self.lake.texts == "odd" and column.obligatoria
        return self._solid() if odd else self.rng.choice(WORDS[self.lake.texts])

    def _solid(self) -> str:
        return self.rng.choice([word for word in WORDS["odd"] if word.strip() not in ("-", "")])

    def _matching(self, column: Column) -> str:
        """A text of the column's pattern: its alternatives and repeated classes, taken at random."""
        pattern = str(column.patron).strip("^$")
        pattern = re.sub(r"\(([^)]*)\)", lambda found: self.rng.choice(found[1].split("|")), pattern)
        return re.sub(
            r"\[([0-9])-([0-9])\](?:\{(\d+)\})?",
            lambda f: "".join(str(self.rng.randint(int(f[1]), int(f[2]))) for _ in range(int(f[3] or 1))),
            pattern,
        )

    def _day(self, column: Column, quarter: Quarter, extreme: bool) -> date:
        if extreme:
            days = [date.fromisoformat(day) for day in BOUNDARY_DAYS]
            days += [quarter.cutoff, quarter.cutoff + timedelta(days=1), quarter.shift(-1).cutoff, self.today]
        else:
            days = [quarter.cutoff - timedelta(days=self.rng.randint(0, 400)) for _ in range(3)]
            days += [quarter.cutoff + timedelta(days=self.rng.randint(1, 90))]
        days = [day for day in days if not column.hecho or day <= self.today]
        return self.rng.choice(days)

    def _number(self, column: Column, quarter: Quarter, extreme: bool) -> int | Decimal:
        low = column.minimo if column.minimo is not None else Decimal(-(10**6) if extreme else 0)
        high = column.maximo if column.maximo is not None else Decimal(10**12 if extreme else 3000)
        if column.nombre in ("anio", "ejercicio", "ejercicio_fiscal") and column.maximo is None:
            return quarter.year
        if column.nombre in ("latitud", "longitud") and not extreme:
            middle = LEON[column.nombre == "latitud"]
            return Decimal(str(round(middle + self.rng.uniform(-0.05, 0.05), 6)))
        value = self.rng.choice((low, high)) if extreme else Decimal(str(self.rng.uniform(float(low), float(high))))
        if column.tipo == "entero":
            return int(value)
        return value.quantize(Decimal("0.000001"))


# ---- files


def as_file(contract: Contract, rows: list[dict[str, Any]], bounds: random.Random) -> tuple[str, bytes]:
    """Extension and bytes of a delivery in the layout that its contract asks for."""
    layout = contract.formato.disposicion
    if layout == "geojson":
        return "geojson", _geojson(contract, rows, bounds)
    if layout == "posiciones":
        return "txt", _positions(contract, rows)
    if layout == "meses":
        return "csv", _months(contract, rows)
    names = [c.nombre for c in contract.columnas] + (["baja"] if contract.entrega == "parcial" else [])
    scope = {s.encabezado or s.nombre: s.igual for s in contract.solo}
    headers = {c.nombre: c.header for c in contract.columnas} | {"baja": "baja"}
    table = [[*(headers[name] for name in names), *scope]]
    table += [[*(_text(row.get(name)) for name in names), *scope.values()] for row in rows]
    return "csv", _csv(table)


def _csv(table: list[list[str]], separator: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(table)
    return file.getvalue().encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)


def _geojson(contract: Contract, rows: list[dict[str, Any]], bounds: random.Random) -> bytes:
    features = []
    for number, row in enumerate(rows):
        properties = {
            c.header: float(row[c.nombre]) if isinstance(row[c.nombre], Decimal) else row[c.nombre]
            for c in contract.columnas if c.tipo != "geometria"
        }  # fmt: skip
        features.append(
            {"type": "Feature", "properties": properties, "geometry": _shape(contract.export, number, bounds)}
        )
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, default=str).encode()


def _shape(export: str, number: int, rng: random.Random) -> dict[str, Any]:
    west, south = LEON[0] + 0.004 * (number % 12) - 0.03, LEON[1] + 0.004 * (number // 12) - 0.02
    if export == "municipio":
        west, south, size = -101.85, 20.95, 0.4
    else:
        size = 0.003
    if export == "tianguis":
        return {"type": "LineString", "coordinates": [[west, south], [west + size, south + size * rng.random()]]}
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def _positions(contract: Contract, rows: list[dict[str, Any]]) -> bytes:
    lines = []
    for row in rows:
        cells = ["x"] * int(contract.formato.columnas or 1)
        for condition in contract.solo:
            cells[int(condition.posicion or 1) - 1] = condition.igual
        for column in contract.columnas:
            cells[int(column.posicion or 1) - 1] = str(row[column.nombre]).replace("|", "/")
        lines.append("|".join(cells))
    text = "\r\n".join(lines) + "\r\n"
    return text.encode(contract.formato.codificacion or "utf-8", "replace")


def _months(contract: Contract, rows: list[dict[str, Any]]) -> bytes:
    """A row per year and kind, the months side by side; a month without a count is not reported."""
    wide = [c for c in contract.columnas if c.nombre not in ("mes", "casos")]
    scope = {s.encabezado or s.nombre: s.igual for s in contract.solo}
    table = [[*(c.header for c in wide), *scope, *MONTHS]]
    seen = set()
    for row in rows:
        key = tuple(row[name] for name in contract.clave if name != "mes")
        if key in seen:
            continue
        seen.add(key)
        counts = [""] * 12
        for month in range(int(row["mes"])):
            counts[month] = _text(row["casos"])
        table.append([*(_text(row[c.nombre]) for c in wide), *scope.values(), *counts])
    return _csv(table)


# ---- the proof


@dataclass
class Outcome:
    """What became of a lake: what stopped it, how much was received and set aside."""

    stopped: list[Check] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    deliveries: int = 0
    refused: list[str] = field(default_factory=list)
    rows: int = 0
    quarantined: int = 0
    set_aside: list[str] = field(default_factory=list)
    releases: int = 0

    @property
    def said(self) -> str:
        """What stopped the lake, for a person; empty when nothing did."""
        checks = [f"{c.id} = {c.value}: {c.rows[:2]}" for c in self.stopped]
        return "\n".join([*checks, *self.problems])


def deliveries(lake: Lake) -> Iterator[tuple[date, list[tuple[str, bytes]]]]:
    """Per stage the day and the files that are dropped then: each quarter's, and last the corrections."""
    maker, contracts = Maker(lake), load_contracts()
    ordered = sorted(contracts, key=lambda e: (len([c for c in contracts[e].columnas if c.referencia]), e))
    for number, quarter in enumerate(lake.quarters):
        last = number == len(lake.quarters) - 1
        maker.today = quarter.cutoff + timedelta(days=-20 if last and lake.running else 10)
        files = []
        for export in ordered:
            contract = contracts[export]
            for office in contract.dependencias:
                shape = lake.plan[export, office, quarter]
                if shape == "nothing" or (shape == "header only" and contract.formato.disposicion == "posiciones"):
                    continue
                extension, content = as_file(contract, maker.rows(contract, office, quarter, shape), maker.rng)
                files.append((f"{office}/{export}_{quarter}.{extension}", content))
        yield maker.today, files
    corrected = []
    for export, office, quarter in sorted(lake.corrections, key=str):
        contract = contracts[export]
        if contract.formato.disposicion != "posiciones":
            extension, content = as_file(contract, maker.rows(contract, office, quarter, "some rows"), maker.rng)
            corrected.append((f"{office}/{export}_{quarter}_confirmada.{extension}", content))
    if corrected:
        yield maker.today + timedelta(days=3), corrected


def go_through(lake: Lake, folder: Path) -> Outcome:
    """Receive, build, check, publish and read back every stage of a lake."""
    outcome = Outcome()
    for day, files in deliveries(lake):
        shutil.rmtree(folder / "inbox", ignore_errors=True)
        ours = Settings(data=folder, hoy=day, settle_seconds=0, hmac_key=SecretStr("llave de prueba"), threads=2)
        for path, content in files:
            target = ours.layout.inbox / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        ours.layout.inbox.mkdir(parents=True, exist_ok=True)
        for receipt in receive_inbox(ours):
            outcome.deliveries += 1
            outcome.rows += receipt.accepted
            outcome.quarantined += receipt.quarantined
            if receipt.state == "rejected":
                outcome.refused.append(f"{receipt.archivo}: {'; '.join(receipt.reasons)}")
        if not any(ours.layout.lake.glob("export=*/*/*/*/manifest.json")):
            continue
        built = build(ours)
        if built.run_dir is None:
            continue
        apart = json.loads((built.run_dir / "inputs.lock").read_bytes())["apartadas"]
        outcome.set_aside += [f"{e['export']}_{e['trimestre']} v{e['version']}: {e['motivo']}" for e in apart]
        judged = gate.check(ours, built.run)
        outcome.stopped += judged.stopped_by
        if judged.stopped_by:
            return outcome
        release = publish(ours, built.run).release
        outcome.releases += 1
        outcome.problems += [str(problem) for problem in verify_release(ours, release)]
    return outcome


def main() -> int:
    """Try many lakes; prints what stopped and how much was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lakes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--say", action="store_true", help="say every lake")
    options = parser.parse_args()
    tried: list[Outcome] = []
    started = time.monotonic()

    @hypothesis_seed(options.seed)
    @settings(
        max_examples=options.lakes, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(lakes())
    def run(lake: Lake) -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = go_through(lake, Path(folder))
            except Exception as error:  # a failure of ours is a stop too, and the others are tried all the same
                outcome = Outcome(problems=[f"{type(error).__name__}: {str(error)[:2000]}"])
        tried.append(outcome)
        if outcome.said or options.say:
            print(f"{lake!r}\n  {outcome.said or 'went through'}", flush=True)
        for words in (*outcome.refused, *outcome.set_aside):
            if options.say:
                print(f"  {words}", flush=True)

    run()
    stops = sum(bool(outcome.said) for outcome in tried)
    print(
        f"{len(tried)} lakes, {stops} stopped; {sum(o.releases for o in tried)} releases read back whole, "
        f"{sum(o.deliveries for o in tried)} deliveries ({sum(len(o.refused) for o in tried)} refused, "
        f"{sum(len(o.set_aside) for o in tried)} set aside), {sum(o.rows for o in tried)} rows accepted, "
        f"{sum(o.quarantined for o in tried)} quarantined; {time.monotonic() - started:.0f} s"
    )
    return 1 if stops else 0


if __name__ == "__main__":
    sys.exit(main())
