"""A small city that lives through the calendar with the real steps: offices drop files, the lake receives, releases go out.

A day is a setting (PAMGA_HOY). Between the days on which something happens the reminders of every day are asked for, as the DAGs do.
Every statement that the public or an office would read is held against what the city itself knows.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from ingest.contract import load_contract
from ingest.receive import receive_inbox
from pamga.deadlines import owed
from pamga.documents.deliveries import Receipt
from pamga.layout import MANIFESTS
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.storage import read_json
from publish import log
from publish.release import complete, publish, rollback
from quality.gate import PUBLISH, check
from reminders.agreements import agreement_reminders
from reminders.deliveries import delivery_reminders
from reminders.notices import rejection_notices
from reminders.sending import Message, send_once
from warehouse.build import build
from warehouse.closing import ClosedBy
from warehouse.lock import closings_to_try

PARTICIPATION, TRANSPARENCY, YOUTH = "presupuesto_participativo", "unidad_transparencia", "imju"

File = tuple[str, str, str]
"""export, office, quarter"""


@dataclass
class City:
    """One installation and what happened in it."""

    root: Path
    today: date
    mails: list[tuple[date, Message]] = field(default_factory=list)
    closings: list[tuple[str, str, str]] = field(default_factory=list)  # quarter, made or held, what was missing
    warnings: dict[str, list[int]] = field(default_factory=dict)  # quarter of the release -> warnings of each
    # made, due, done: what really happened
    agreements: dict[str, tuple[date, date, date | None]] = field(default_factory=dict)
    dropped: int = 0
    key: str = "llave de la ciudad simulada"

    @property
    def settings(self) -> Settings:
        """The settings of today."""
        return Settings(
            data=self.root, hoy=self.today, settle_seconds=0, hmac_key=SecretStr(self.key),
            vault_key=SecretStr("11" * 32), threads=2, memory_limit="1GB",
        )  # fmt: skip

    # ---- what people do

    def drop(self, export: str, office: str, quarter: str, rows: Iterable[dict[str, Any]] = ()) -> None:
        """An office leaves a file; without rows it is header only."""
        columns = [column.nombre for column in load_contract(export).columnas]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
        path = self.settings.layout.inbox / office / f"{export}_{quarter}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.getvalue(), encoding="utf-8")
        self.dropped += 1  # a later file of the same day is a later file
        moment = datetime.combine(self.today, datetime.min.time(), UTC) + timedelta(hours=15, seconds=self.dropped)
        os.utime(path, (moment.timestamp(), moment.timestamp()))

    def drop_all(self, quarter: str, but: Iterable[tuple[str, str]] = ()) -> None:
        """Every owed file of a quarter, header only, but for some."""
        left = set(but)
        for file in owed():
            if (file.export, file.dependencia) not in left:
                self.drop(file.export, file.dependencia, quarter)

    # ---- what the pipeline does

    def receive(self) -> list[Receipt]:
        return receive_inbox(self.settings)

    def run(self) -> str | None:
        """As `pamga run`: receive, try held closings again, build, check, publish. Returns the release that is up."""
        self.receive()
        for quarter in closings_to_try(self.settings):
            self.close(quarter)
        self._publish(None, None)
        return log.current_release(self.settings)

    def candidate(self) -> str:
        """As `pamga build` and `pamga check`: what would go out if a person approved it. Returns the run."""
        self.receive()
        run = build(self.settings).run
        check(self.settings, run)
        return run

    def close(self, quarter: Quarter, by: ClosedBy | None = None) -> bool:
        """As `pamga run --cierre`."""
        self.receive()
        return self._publish(quarter, by)

    def _publish(self, closing: Quarter | None, by: ClosedBy | None) -> bool:
        settings = self.settings
        built = build(settings, closing, by)
        if built.run_dir is None:
            complete(settings)
            return False
        judged = check(settings, built.run)
        lock = read_json(built.run_dir / "inputs.lock")
        self.warnings.setdefault(lock["trimestre"], []).append(len(judged.warnings))
        passed = judged.decision == PUBLISH
        if passed:
            publish(settings, built.run)
        else:
            complete(settings)
        if closing is not None:
            lacking = ", ".join(f"{file['export']}/{file['dependencia']}" for file in lock["missing"])
            self.closings.append((str(closing), "made" if passed else "held", lacking or self._stopped_by(judged)))
        elif not passed:
            raise AssertionError(
                f"{self.today}: the gate stopped a provisional release:\n{judged.notice(only_stopped=True)}"
            )
        return passed

    @staticmethod
    def _stopped_by(judged: Any) -> str:
        return ", ".join(entry.id for entry in judged.stopped_by)

    def roll_back(self, reason: str, person: str, wrong: list[str] | None = None) -> None:
        rollback(self.settings, None, reason, person, wrong)

    def rotate(self, new: str) -> list[str]:
        """As `pamga rotate-key`; returns the deliveries that were hashed again."""
        from ingest.privacy.rotation import rotate

        done = rotate(self.settings.model_copy(update={"hmac_key_next": SecretStr(new)}))
        self.key = new
        return done.deliveries

    def live_until(self, day: date) -> None:
        """The days pass; each morning the reminders are asked for, on Mondays those of agreements too."""
        while self.today < day:
            self.today += timedelta(days=1)
            settings = self.settings
            messages = [*delivery_reminders(settings), *rejection_notices(settings)]
            if self.today.weekday() == 0:
                messages += agreement_reminders(settings)
            send_once(settings, messages, lambda message: self.mails.append((self.today, message)))

    # ---- what the city knows

    def versions(self) -> list[dict[str, Any]]:
        paths = self.settings.layout.lake.glob(MANIFESTS)
        return [read_json(path) for path in paths]

    def newest_receipt(self) -> date:
        return max(date.fromisoformat(m["received_on"]) for m in self.versions() if m["stands"])

    def delivered(self, until: date | None = None) -> set[File]:
        return {
            (m["export"], m["dependencia"], m["trimestre"])
            for m in self.versions()
            if m["stands"] and (until is None or date.fromisoformat(m["received_on"]) <= until)
        }

    def public(self, dataset: str) -> list[dict[str, Any]]:
        """The rows of a dataset that the world reads now."""
        return _rows(self.settings.layout.current / "data" / f"{dataset}.parquet")

    def candidate_rows(self, run: str, dataset: str) -> list[dict[str, Any]]:
        """The rows of a dataset that a run would publish."""
        return _rows(self.settings.layout.candidate(run) / "data" / f"{dataset}.parquet")

    def publication(self) -> dict[str, Any]:
        document: dict[str, Any] = read_json(self.settings.layout.current / "publicacion.json")
        return document

    def mails_by_quarter(self) -> Counter[str]:
        return Counter(str(Quarter.containing(day)) for day, _ in self.mails)


def _rows(path: Path) -> list[dict[str, Any]]:
    cursor = duckdb.execute(f"select * from read_parquet('{path}')")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
