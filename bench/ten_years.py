"""Ten years of it: forty quarters with corrections in simulated time; what a run costs (seconds of processor time, which other work
on the machine does not change), and how lake and releases grow.

    python bench/ten_years.py [--quarters 40] [--first 2025T1]

Aim: the last quarter's run takes at most twice the fourth's, and the lake grows linearly with what is delivered.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from build_cost import size, spent
from pydantic import SecretStr

from ingest.receive import receive_inbox
from pamga.maintenance import prune_runs
from pamga.quarter import Quarter
from pamga.settings import Settings
from publish.release import publish
from quality.gate import check
from warehouse.build import build

OFFICE = "presupuesto_participativo"


def days_of(quarter: Quarter, count: int, rng: random.Random) -> list[date]:
    """So many days of a quarter, in order."""
    length = (quarter.cutoff - quarter.first_day).days
    return sorted(quarter.first_day + timedelta(days=rng.randrange(length)) for _ in range(count))


def deliveries(quarter: Quarter, finished: float) -> dict[str, str]:
    """What the office delivers for a quarter; `finished` is the share of its agreements that are finished by now."""
    rng = random.Random(str(quarter))  # noqa: S311 - seeded on purpose
    events, workshops, agreements = days_of(quarter, 6, rng), days_of(quarter, 4, rng), days_of(quarter, 60, rng)
    return {
        "eventos_mbh": "evento_id,fecha,funcionarios_seguridad,operadores_sac\n"
        + "".join(f"E-{quarter}-{n},{day:%d/%m/%Y},2,1\n" for n, day in enumerate(events)),
        "talleres": "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede,dependencias_colaboradoras\n"
        + "".join(f"T-{quarter}-{n},{day:%d/%m/%Y},{day:%d/%m/%Y},Sede,colonia,Obra Pública\n" for n, day in enumerate(workshops)),
        "asistencia_talleres": "taller_id,asistente_id,edad,sexo\n"
        + "".join(f"T-{quarter}-{n % 4},P{rng.randrange(9999):04d}-{n},{rng.randrange(16, 70)},mujer\n" for n in range(80)),
        "acuerdos": "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,fecha_finalizacion\n"
        + "".join(
            f"A-{quarter}-{n},E-{quarter}-{n % 6},{day:%d/%m/%Y},inmediato,Luz,Obra Pública,"
            f"{quarter.cutoff.strftime('%d/%m/%Y') if n < 60 * finished else ''}\n"
            for n, day in enumerate(agreements)
        ),
    }  # fmt: skip


def drop(inbox: Path, quarter: Quarter, exports: dict[str, str], suffix: str, at: int) -> None:
    """Put files into the inbox, each with a time of its own."""
    for number, (export, content) in enumerate(exports.items()):
        path = inbox / OFFICE / f"{export}_{quarter}{suffix}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        os.utime(path, (at + number, at + number))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quarters", type=int, default=40)
    arguments.add_argument("--first", type=Quarter.parse, default=Quarter.parse("2025T1"))
    asked = arguments.parse_args()
    seconds = []
    print("trimestre   recibir  construir  revisar  publicar   total   lago MB  publicaciones MB")
    with tempfile.TemporaryDirectory() as folder:
        root, quarter = Path(folder), asked.first
        for number in range(asked.quarters):
            today = quarter.cutoff + timedelta(days=12)
            at = int(time.mktime(today.timetuple())) - 86_400
            drop(root / "inbox", quarter, deliveries(quarter, 0.5), "", at)
            if number:
                previous = deliveries(quarter.shift(-1), 0.9)
                drop(root / "inbox", quarter.shift(-1), {"acuerdos": previous["acuerdos"]}, "_v2", at - 100)
            settings = Settings(
                data=root, inbox=str(root / "inbox"), hoy=today, settle_seconds=0, keep_runs=3,
                hmac_key=SecretStr("llave de prueba"), vault_key=SecretStr("5a" * 32),
            )  # fmt: skip
            marks = [spent()]
            receive_inbox(settings)
            marks.append(spent())
            run = build(settings).run
            marks.append(spent())
            decided = check(settings, run)
            if decided.decision != "publicar":
                raise SystemExit(decided.notice(only_stopped=True))
            marks.append(spent())
            publish(settings, run)
            marks.append(spent())
            prune_runs(settings)
            parts = [after - before for before, after in itertools.pairwise(marks)]
            seconds.append(sum(parts))
            print(
                f"{quarter}     " + "  ".join(f"{part:7.1f}" for part in [*parts, seconds[-1]])
                + f"  {size(settings.layout.lake) / 1e6:8.1f}  {size(settings.layout.releases) / 1e6:8.1f}",
                flush=True,
            )  # fmt: skip
            quarter = quarter.shift(1)
    if len(seconds) > 4:
        print(f"last quarter's run / fourth quarter's: {seconds[-1] / seconds[3]:.2f} (aim: at most 2)")


if __name__ == "__main__":
    main()
