"""The words and the addresses of a message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from pamga.errors import PamgaError
from pamga.quarter import Quarter
from pamga.settings import Settings
from pamga.spanish import counted, day_in_words
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


def secretariado(settings: Settings) -> str:
    """The address of the Secretariado."""
    return str(read_addresses(settings)["secretariado"])


def address_of(addresses: Mapping[str, Any], office: str) -> str:
    address: str | None = addresses["dependencias"].get(office)
    return address or str(addresses["unidad_de_transparencia"])


def quarter_in_words(quarter: Quarter) -> str:
    return f"{('primer', 'segundo', 'tercer', 'cuarto')[quarter.number - 1]} trimestre de {quarter.year}"


def days_in_words(days: int) -> str:
    if days == 0:
        return "vence hoy"
    count = counted(abs(days), "día")
    if days < 0:
        return f"{count} de retraso"
    return f"{'falta' if days == 1 else 'faltan'} {count}"


def due_in_words(due: date, today: date) -> str:
    if due == today:
        return f"La fecha límite es hoy, {day_in_words(due)}."
    return f"La fecha límite {'era' if due < today else 'es'} el {day_in_words(due)} ({days_in_words((due - today).days)})."


def signature(settings: Settings) -> str:
    return (
        "<p>Este aviso lo manda el sistema de seguimiento del Plan de Acción Municipal de Gobierno Abierto. "
        f"Si tiene dudas, escriba a {escape(settings.contact_email)}.</p>"
    )
