"""The words and the addresses of a message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.yaml_files import load_yaml

ADDRESSES = Path(__file__).parent / "addresses.yaml"


def read_addresses(settings: Settings) -> dict[str, Any]:
    """The addresses file. Raises PamgaError when it is absent or lacks a part."""
    path = settings.addresses or ADDRESSES
    if not path.exists():
        raise PamgaError(
            f"There is no addresses file {path}.", "Set PAMGA_ADDRESSES to a file like reminders/addresses.yaml."
        )
    addresses: dict[str, Any] = load_yaml(path)
    lacking = [part for part in ("dependencias", "unidad_de_transparencia", "secretariado") if not addresses.get(part)]
    if lacking:
        raise PamgaError(f"{path} lacks {', '.join(lacking)}.", "Give it the shape of reminders/addresses.yaml.")
    return addresses


def address_of(addresses: Mapping[str, Any], office: str) -> str:
    address: str | None = addresses["dependencias"].get(office)
    return address or str(addresses["unidad_de_transparencia"])


MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


def spanish_day(day: date) -> str:
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


def quarter_in_words(quarter: Quarter) -> str:
    return f"{('primer', 'segundo', 'tercer', 'cuarto')[quarter.number - 1]} trimestre de {quarter.year}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def days_in_words(days: int) -> str:
    if days == 0:
        return "vence hoy"
    count = counted(abs(days), "día")
    if days < 0:
        return f"{count} de retraso"
    return f"{'falta' if days == 1 else 'faltan'} {count}"


def due_in_words(due: date, today: date) -> str:
    if due == today:
        return f"La fecha límite es hoy, {spanish_day(due)}."
    return (
        f"La fecha límite {'era' if due < today else 'es'} el {spanish_day(due)} ({days_in_words((due - today).days)})."
    )


def signature(settings: Settings) -> str:
    return (
        "<p>Este aviso lo manda el sistema de seguimiento del Plan de Acción Municipal de Gobierno Abierto. "
        f"Si tiene dudas, escriba a {escape(settings.contact_email)}.</p>"
    )


def slug_of(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "sin-nombre"
