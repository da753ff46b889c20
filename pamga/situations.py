"""How the state of a target, the Secretariado's opinion on it and why a text is kept back are said, read from the one place (situaciones.yaml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from pamga.yaml_files import load_yaml

WORDS = Path(__file__).with_name("situaciones.yaml")


class Said(NamedTuple):
    """Words, a figure and a tone: a state is never told by its colour alone."""

    texto: str
    figura: str
    tono: str


def states() -> dict[str, Said]:
    """State of a target -> how it is said, from what asks for attention last to what asks for it first."""
    return _said("situaciones")


def opinions() -> dict[str, Said]:
    """Opinion -> how it is said: nobody having looked is said, and is no approval."""
    return _said("dictamenes")


def reserved() -> dict[str, str]:
    """Why a text by or about people is not shown -> how that is said."""
    words: dict[str, str] = load_yaml(WORDS)["reservas"]
    return words


@cache
def _said(kind: str) -> dict[str, Said]:
    return {key: Said(**said) for key, said in load_yaml(WORDS)[kind].items()}
