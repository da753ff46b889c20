"""Which office must see to what a check found: by the delivery or the indicator that it is about, as the candidate's own plan says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pamga.documents.candidate import Agreed
from pamga.documents.exports import Export
from pamga.spanish import day_or_text

MAX_NAMED = 4
UNKNOWN = "La dependencia que entrega los datos"


@dataclass(frozen=True)
class Offices:
    """The offices of a candidate: their names, what they deliver, the indicators that they answer for."""

    names: Mapping[str, str]
    exports: Mapping[str, Export]
    responsible: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, agreed: Agreed) -> Offices:
        names = {office.dependencia: office.nombre for office in agreed.dependencias}
        return cls(names, agreed.exports, agreed.responsables)

    @property
    def owed(self) -> frozenset[str]:
        """The exports that some office owes every quarter; of the others nobody is asked for anything."""
        return frozenset(name for name, export in self.exports.items() if export.exigible)

    def delivering(self, export: object) -> Sequence[str]:
        """Those that deliver an export; none for what is no export."""
        return self.exports[str(export)].dependencias if export in self.exports else ()

    def title(self, export: str) -> str:
        return self.exports[export].titulo if export in self.exports else export

    def concerned(self, rows: Iterable[Mapping[str, Any]], exports: Sequence[str]) -> str:
        """The names of the offices whose deliveries the rows are about; where the rows do not say, of those that deliver `exports`.

        A row says it by its office or by its export. An office in a row counts only when it delivers: `dependencia` of an
        agreement is who must see to it, in the words of whoever typed it.
        """
        delivering = {office for export in exports or self.exports for office in self.delivering(export)}
        found = [office for row in rows for office in self._of_row(row, delivering)]
        return self.in_words(found or [office for export in exports for office in self.delivering(export)])

    def _of_row(self, row: Mapping[str, Any], delivering: set[str]) -> Iterator[str]:
        office, export = row.get("dependencia"), row.get("export") or row.get("fuente")
        if office in (set(self.delivering(export)) if export in self.exports else delivering):
            yield str(office)
        else:
            yield from self.delivering(export)

    def answering(self, rows: Iterable[Mapping[str, Any]]) -> str:
        """The names of the offices that answer for the indicators of the rows; of all of them when no row is given."""
        found = [office for row in rows for office in self.responsible.get(str(row.get("indicador")), ())]
        return self.in_words(found or [office for offices in self.responsible.values() for office in offices])

    def with_office(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row of a source, with the offices that deliver it."""
        if row.get("fuente") not in self.exports or "dependencia" in row:
            return dict(row)
        return {**row, "dependencia": ", ".join(self.delivering(row["fuente"]))}

    def in_words(self, found: Iterable[str]) -> str:
        """The offices' names, each once, in the plan's order."""
        kept = set(found)
        return "; ".join(name for office, name in self.names.items() if office in kept) or UNKNOWN

    def said(self, column: str, value: Any) -> str:
        """A cell of an offending row for people: offices and exports by their names."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "Sí" if value else "No"
        if column not in ("dependencia", "export", "fuente"):
            return day_or_text(str(value))
        name = self.title if column != "dependencia" else lambda office: self.names.get(office, office)
        return "; ".join(name(part) for part in str(value).split(", "))


def exports_in_words(names: Sequence[str], exports: Mapping[str, Export]) -> str:
    """The names of some exports; their number when they are too many to read."""
    if len(names) > MAX_NAMED:
        return f"los {len(names)} archivos de los que sale"
    return ", ".join(f"«{exports[name].titulo}»" for name in names)
