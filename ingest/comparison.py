"""What a new version changes, and whether it needs a second word of its office before it stands (rules.md, 'Rows').

A version is compared with the one whose place it takes. One that would take most of those rows away, or that repeats another
quarter's delivery, is kept but does not stand until the office drops it with `_confirmada` in its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingest.contract import Contract
from ingest.landing import Identity, as_contract, quarters_of, standing, versions
from pamga.documents.deliveries import Manifest, Replaces
from pamga.layout import Layout
from pamga.quarter import Quarter
from pamga.spanish import some
from pamga.storage import DamagedFile

MOST = 0.5
"""A version that takes away more than this share of the rows that stand …"""
FEWEST = 10
"""… and at least so many of them, waits for its office."""
COPY = 0.95
"""So much of two deliveries must be the same rows for one to be taken for a copy of the other."""
FEWEST_COPIED = 5
"""Fewer rows may well be the same as before: only equal bytes are asked back."""
_NAMED_KEYS = 5
_ASKED = " ¿Se equivocó de archivo o de trimestre?"
LOSES, COPIES = "pierde_filas", "copia_de_otro_trimestre"
_WITHDRAWN, _ROW = "baja", "fila"


@dataclass(frozen=True)
class Doubt:
    """Why a version waits for a second word: a kind that the manifest keeps, and the sentence for its author."""

    kind: str
    sentence: str

    @property
    def settled(self) -> str:
        """The sentence for a version that its office confirmed."""
        told = self.sentence.replace("Quitaría", "Quita", 1).replace("que valen hoy", "que valían", 1)
        return f"La dependencia confirmó esta versión con el nombre del archivo. {told.removesuffix(_ASKED)}"


# ---- the version that it replaces --------------------------------------------------------------------------------------


def replaced(layout: Layout, identity: Identity, contract: Contract) -> Manifest | None:
    """The manifest of the version whose place a new one takes: what stands of the same delivery; of a whole layer that was
    not yet delivered for its quarter, what stands of the newest earlier one."""
    own = standing(layout, versions(layout, identity))
    if own is not None or contract.entrega == "parcial":
        return own
    earlier = [quarter for quarter in quarters_of(layout, identity) if quarter < identity.trimestre]
    for quarter in reversed(earlier):
        layer = standing(layout, versions(layout, Identity(identity.export, quarter, identity.dependencia)))
        if layer is not None:
            return layer
    return None


def compare(layout: Layout, contract: Contract, before: Manifest, rows: pl.DataFrame, key_id: str | None) -> Replaces:
    """What `rows` change against the version `before` (docs/interfaces.md, `replaces` of a manifest): counts and a few keys,
    no personal value. `key_id`: that of the new rows' pseudonyms; rows hashed with another key cannot be told apart."""
    old = kept_rows(layout, contract, before)
    fewer = old.height - rows.height
    counted = Replaces(
        trimestre=before.trimestre,
        version=before.version,
        rows_before=old.height,
        rows_after=rows.height,
        lost=max(0, fewer),
        keys_gone=max(0, fewer),
        keys_new=max(0, -fewer),
        withdrawn=0,
        rows_changed=0,
        changed_by_column={},
        first_gone=[],
        first_new=[],
        respelt=None,
    )
    return counted if before.hmac_key_id != key_id else counted.model_copy(update=_by_key(contract, old, rows))


def _by_key(contract: Contract, old: pl.DataFrame, rows: pl.DataFrame) -> dict[str, Any]:
    """What differs between the rows of two versions, told apart by their key."""
    keys = list(contract.key_columns)
    both = old.join(rows, on=keys, how="inner", nulls_equal=True, suffix="__after")
    gone = old.join(rows, on=keys, how="anti", nulls_equal=True, maintain_order="left")
    new = rows.join(old, on=keys, how="anti", nulls_equal=True, maintain_order="left")
    changed = {
        name: int(both[name].ne_missing(both[f"{name}__after"]).sum())
        for name in old.columns
        if name not in keys and name != _ROW
    }
    differs = [pl.col(name).ne_missing(pl.col(f"{name}__after")) for name in changed]
    withdrawn = int((both[f"{_WITHDRAWN}__after"] & ~both[_WITHDRAWN]).sum()) if _WITHDRAWN in old.columns else 0
    hidden = any(contract.column(name).seudonimo for name in keys)
    gone_keys, new_keys = ([] if hidden else _shown_keys(frame, keys) for frame in (gone, new))
    return {
        "lost": gone.height + withdrawn,
        "keys_gone": gone.height,
        "keys_new": new.height,
        "withdrawn": withdrawn,
        "rows_changed": both.filter(pl.any_horizontal(differs)).height if differs else 0,
        "changed_by_column": {name: count for name, count in changed.items() if count},
        "first_gone": gone_keys[:_NAMED_KEYS],
        "first_new": new_keys[:_NAMED_KEYS],
        "respelt": _respelt(gone_keys, new_keys),
    }


def loses_most(change: Replaces) -> bool:
    """Most of the rows that stand would be gone: the receipt says so in its headline."""
    return change.lost > MOST * change.rows_before


def loss(change: Replaces) -> Doubt | None:
    """The doubt about a version that would take most of the rows away; None when it would not."""
    if not loses_most(change) or change.lost < FEWEST:
        return None
    what = f"{change.keys_gone:,} ya no vienen" if change.keys_gone else ""
    if change.withdrawn:
        what += (" y " if what else "") + f"{change.withdrawn:,} vienen con baja"
    sentence = (
        f"Quitaría {change.lost:,} de las {change.rows_before:,} filas que valen hoy ({_of_version(change)}): {what}."
    )
    if change.respelt:
        old, new = change.respelt
        sentence += f" Parece que cambió la forma de escribir la clave: antes «{old}», ahora «{new}»."
    elif change.first_gone:
        sentence += f" Por ejemplo: {some([f'«{key}»' for key in change.first_gone], _NAMED_KEYS, change.keys_gone)}."
    return Doubt(LOSES, sentence)


def _of_version(change: Replaces) -> str:
    return f"versión {change.version} de {change.trimestre}"


def _shown_keys(frame: pl.DataFrame, keys: list[str]) -> list[str]:
    """Each row's key as a person reads it."""
    columns = [
        pl.col(name).dt.strftime("%d/%m/%Y") if frame.schema[name] == pl.Date else pl.col(name).cast(pl.String)
        for name in keys
    ]
    shown = frame.select(pl.concat_str([c.fill_null("(vacía)") for c in columns], separator=" | ").alias("clave"))
    return shown["clave"].to_list()


def _respelt(gone: list[str], new: list[str]) -> list[str] | None:
    """One key in its old and new spelling, where most keys that are gone came back spelt otherwise."""
    again = {_bare(key): key for key in reversed(new)}
    pairs = [(key, again[_bare(key)]) for key in gone if _bare(key) in again]
    return list(pairs[0]) if gone and len(pairs) > MOST * len(gone) else None


def _bare(key: str) -> str:
    """A key without case, marks and leading zeros: what is left when a spreadsheet or a habit changes its looks."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[^\w|]|_", "", key.casefold()))


# ---- a copy of another quarter's delivery ------------------------------------------------------------------------------


def copied_from(
    layout: Layout, identity: Identity, contract: Contract, sha256: str, rows: pl.DataFrame
) -> Doubt | None:
    """The doubt about a delivery that repeats another quarter's of its office; None when it does not.

    A whole layer and an inventory may stay the same from quarter to quarter, and a delivery without rows is like any other.
    Elsewhere a quarter's file brings that quarter's rows: it may repeat many earlier ones, but something in it is of its
    own: a row that is new or changed and tells of a day of that quarter.
    """
    if contract.entrega == "completa" or contract.inventario or not rows.height:
        return None
    for quarter in quarters_of(layout, identity):
        if quarter == identity.trimestre:
            continue
        known = versions(layout, Identity(identity.export, quarter, identity.dependencia))
        same_bytes = next((m for m in reversed(known) if m.sha256 == sha256 and m.accepted), None)
        if same_bytes is not None:
            return _copy(contract, same_bytes, "el archivo es el mismo, byte por byte")
        other = standing(layout, known)
        if other is not None and other.accepted and _repeats(layout, contract, other, rows, identity.trimestre):
            return _copy(contract, other, "trae las mismas filas, con los mismos datos")
    return None


def _copy(contract: Contract, other: Manifest, how: str) -> Doubt:
    name = f"{contract.export}_{other.trimestre}"
    sentence = f"Es igual a {name} (versión {other.version}): {how}.{_ASKED}"
    return Doubt(COPIES, sentence)


def _repeats(
    layout: Layout, contract: Contract, other: Manifest, rows: pl.DataFrame, trimestre: str
) -> bool:  # fmt: skip
    if rows.height < FEWEST_COPIED:
        return False
    if not COPY <= rows.height / max(1, other.accepted) <= 1 / COPY and contract.formato.disposicion != "meses":
        return False
    compared = [name for name in contract.lake_columns if name != _ROW]
    old = kept_rows(layout, contract, other)
    if not COPY <= rows.height / max(1, old.height) <= 1 / COPY:
        return False
    fresh = rows.join(old, on=compared, how="anti", nulls_equal=True)
    repeated = rows.height - fresh.height
    return repeated >= COPY * max(rows.height, old.height) and not _tells_of(fresh, contract, Quarter.parse(trimestre))


def told_of_a_later_quarter(contract: Contract, rows: pl.DataFrame, trimestre: str) -> list[str]:
    """What to tell an office whose file holds no day up to the end of the quarter in its name: it may be another quarter's. A
    late row of an earlier quarter is welcome, so that this is said and nothing is held."""
    if contract.entrega == "completa" or contract.inventario:
        return []
    cutoff = Quarter.parse(trimestre).cutoff
    days = [rows[column.nombre] for column in contract.columnas if column.hecho and column.in_lake]
    if all(series.is_null().all() for series in days) or any(bool((series <= cutoff).any()) for series in days):
        return []
    return [
        f"Todas las fechas de este archivo son posteriores al {trimestre}, que terminó el {cutoff:%d/%m/%Y}. Si es la entrega de otro "
        "trimestre, déjelo también con el nombre de ése y pida a la Unidad de Transparencia que aparte esta versión."
    ]


def _tells_of(rows: pl.DataFrame, contract: Contract, quarter: Quarter) -> bool:
    """A row holds a day of that quarter on which something happened."""
    first, last = quarter.first_day, quarter.cutoff
    days = [rows[column.nombre] for column in contract.columnas if column.hecho and column.in_lake]
    return any(bool(series.is_between(first, last).any()) for series in days)


# ---- rows of an older version ------------------------------------------------------------------------------------------


def kept_rows(layout: Layout, contract: Contract, manifest: Manifest) -> pl.DataFrame:
    """The rows of a version under the contract's present columns."""
    path = layout.version_of(manifest) / "rows.parquet"
    try:
        return as_contract(pl.read_parquet(path, hive_partitioning=False), contract)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DamagedFile(path, f"no Parquet: {type(error).__name__}") from error
