"""The catalogue of the gate's checks (checks.yaml): what each means, who mends it, how; and the waivers that a person signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pamga.errors import PamgaError
from pamga.yaml_files import load_yaml

CATALOGUE = Path(__file__).parent / "checks.yaml"
WAIVERS = Path(__file__).parent / "waivers.yaml"

LEVEL = {"detener": "fail", "avisar": "warn"}
SAID = frozenset({"dimension", "severidad", "razon", "responsable", "explicacion", "remedio"})
WRITTEN = frozenset({"consulta", "falla", "falla_dicha", "legitimo", "legitimo_dicho"})
DIMENSIONS = (
    "esquema", "volumen", "frescura", "validez", "unicidad", "referencias", "conciliacion", "futuro", "anomalia", "hallazgos",
)  # fmt: skip


@dataclass(frozen=True)
class Card:
    """What a check says to people, and whether it stops a publication."""

    dimension: str
    severity: str  # fail | warn
    owner: str
    explanation: str
    remedy: str

    def filled(self, **words: str) -> Card:
        """The card of a repeated check, with the dataset's own words in place of {conjunto}, {columna}…"""
        known = {name: word or "—" for name, word in words.items()}
        return replace(
            self, **{part: getattr(self, part).format_map(known) for part in ("owner", "explanation", "remedy")}
        )


@dataclass(frozen=True)
class WrittenCheck:
    """A check written by hand: one query that returns the offending rows, the fault that it must catch and the extreme that
    rules.md allows, which must pass."""

    id: str
    dataset: str
    card: Card
    query: str
    fault: dict[str, str] = field(default_factory=dict)
    fault_words: str = ""
    lawful: dict[str, str] = field(default_factory=dict)
    lawful_words: str = ""


@dataclass(frozen=True)
class Waiver:
    """An outcome that a named person accepted for one release, with the reason, which is published."""

    check: str
    release: str
    person: str
    reason: str


@cache
def document() -> dict[str, Any]:
    """checks.yaml with what it says once said of each check: what goes without saying, the dataset, the cases of an entry."""
    content: dict[str, Any] = load_yaml(CATALOGUE)
    usual = content.pop("por_omision")
    content["clases"] = {name: usual | entry for name, entry in content["clases"].items()}
    content["verificaciones"] = {
        name: {"conjunto": name.partition(".")[0]} | usual | entry
        for written in content["verificaciones"].items()
        for name, entry in _cases(*written)
    }
    for name, entry in content["clases"].items():
        _require(name, entry, SAID)
    for name, entry in content["verificaciones"].items():
        _require(name, entry, SAID | WRITTEN)
    return content


def _require(name: str, entry: dict[str, Any], words: frozenset[str]) -> None:
    """Raise PamgaError where a check lacks one of its words, has one that means nothing, or a word that it may not say."""
    faults = [f"lacks `{word}`" for word in sorted(words - entry.keys())]
    faults += [f"says `{word}`, which means nothing" for word in sorted(entry.keys() - words - {"conjunto"})]
    for word, known in (("dimension", DIMENSIONS), ("severidad", tuple(LEVEL))):
        if word in entry and entry[word] not in known:
            faults.append(f"has the {word} {entry[word]}, which is none of {', '.join(known)}")
    if faults:
        raise PamgaError(
            f"quality/checks.yaml: {name} {'; '.join(faults)}.", "Its first lines say what an entry holds."
        )


def _cases(name: str, entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The checks that an entry stands for: itself, or one a case."""
    cases = entry.pop("casos", None)
    if cases is None:
        yield name, entry
        return
    for case in cases:
        yield _said_of(case, name), _said_of(case, entry)


def _said_of(case: dict[str, str], told: Any) -> Any:
    """What is told with the case's own words in place of <word>."""
    if isinstance(told, dict):
        return {_said_of(case, key): _said_of(case, value) for key, value in told.items()}
    for word, text in case.items():
        told = told.replace(f"<{word}>", text)
    return told


def _card(entry: dict[str, Any]) -> Card:
    return Card(
        entry["dimension"], LEVEL[entry["severidad"]], entry["responsable"], entry["explicacion"], entry["remedio"]
    )


@cache
def kinds() -> dict[str, Card]:
    """The checks that repeat, by name."""
    return {name: _card(entry) for name, entry in document()["clases"].items()}


@cache
def written_checks() -> dict[str, WrittenCheck]:
    """The checks written by hand, by id."""
    return {
        name: WrittenCheck(
            name, entry["conjunto"], _card(entry), entry["consulta"], entry["falla"], entry["falla_dicha"],
            entry["legitimo"], entry["legitimo_dicho"],
        )
        for name, entry in document()["verificaciones"].items()
    }  # fmt: skip


def conventions() -> dict[str, Any]:
    """What the generator reads out of column names, units and periodicities."""
    content: dict[str, Any] = document()["convenciones"]
    return content


def internal_relations() -> dict[str, str]:
    """Relations that are checked and not published: name in the contracts -> relation in the run's warehouse."""
    content: dict[str, str] = document()["relaciones_internas"]
    return content


def waivers() -> list[Waiver]:
    """The accepted outcomes of waivers.yaml."""
    entries = load_yaml(WAIVERS)["excepciones"]
    return [Waiver(e["verificacion"], e["publicacion"], e["persona"], e["motivo"]) for e in entries]
