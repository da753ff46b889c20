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
from pamga.spanish import number, some
from pamga.storage import DamagedFile

MOST = 0.5
"""A version that takes away more than this share of the rows that stand …"""
FEWEST = 10
"""… and at least so many of them, waits for its office."""
COPY = 0.95
"""So much of two deliveries must be the same rows for one to be taken for a copy of the other."""
FEWEST_COPIED = 5
"""Fewer rows may well be the same as before: only equal bytes are asked back."""
UNITS = {1000: "mil veces", 100: "cien veces", 1_000_000: "un millón de veces"}
"""What a column that comes in another unit is multiplied or divided by: thousands of pesos, a share of one for a percentage, millions."""
IN_UNISON, FEWEST_IN_UNISON = 0.9, 5
"""So much of a column's changed cells, and at least so many of them, must have moved by the same factor."""
FAR = 10
"""So many years away from its quarter a day is more likely a year mistyped (2052 for 2025) than what the office means."""
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


def told_of_other_units(
    layout: Layout, contract: Contract, before: Manifest, rows: pl.DataFrame, key_id: str | None
) -> list[str]:
    """What to tell an office whose numbers are all a thousand times (a hundred, a million) those of the version that its file replaces,
    or that part of them. It may mend an earlier mistake: it is said, and nothing is held."""
    keys = list(contract.key_columns)
    numbers = [c for c in contract.columnas if c.tipo in ("entero", "decimal") and c.in_lake and c.nombre not in keys]
    if not keys or not numbers or before.hmac_key_id != key_id:
        return []
    read = [*keys, *(column.nombre for column in numbers)]
    old = kept_rows(layout, contract, before).select(read)
    both = rows.select(_ROW, *read).join(
        old, on=keys, how="inner", nulls_equal=True, suffix="__before", maintain_order="left"
    )
    told = []
    for column in numbers:
        now, then = (pl.col(name).cast(pl.Float64) for name in (column.nombre, f"{column.nombre}__before"))
        how = _in_unison(both.select(_ROW, now=now, then=then))
        if how is not None:
            told.append(
                f"Columna «{column.header}»: {how.format(version=_of_version(before))}. Vea si la columna viene en otra unidad; "
                "si corrige un error, no haga nada."
            )
    return told


def _in_unison(cells: pl.DataFrame) -> str | None:
    """How nearly all cells that changed moved by one and the same factor of a unit, in words; None when they did not."""
    moved = cells.filter((pl.col("now") != pl.col("then")) & (pl.col("now") * pl.col("then") > 0))
    if moved.height < FEWEST_IN_UNISON:
        return None
    for factor, words in UNITS.items():
        for above, below, which in (("now", "then", "mayores"), ("then", "now", "menores")):
            alike = moved.filter((pl.col(above) / pl.col(below) / factor - 1).abs() < 0.01)
            if alike.height >= IN_UNISON * moved.height:
                row, now, then = alike.row(0)
                example = f"por ejemplo, en la fila {row} decía {number(then)} y ahora {number(now)}"
                return f"{alike.height:,} números son {words} {which} que en la {{version}} ({example})"
    return None


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


def _of_version(one: Replaces | Manifest) -> str:
    return f"versión {one.version} de {one.trimestre}"


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
        how = _repeated(layout, contract, other, rows, identity.trimestre) if other is not None else None
        if other is not None and how is not None:
            return _copy(contract, other, how)
    return None


def _copy(contract: Contract, other: Manifest, how: str) -> Doubt:
    name = f"{contract.export}_{other.trimestre}"
    sentence = f"Es igual a {name} (versión {other.version}): {how}.{_ASKED}"
    return Doubt(COPIES, sentence)


def _repeated(
    layout: Layout, contract: Contract, other: Manifest, rows: pl.DataFrame, trimestre: str
) -> str | None:  # fmt: skip
    """How a delivery repeats the rows of another quarter's, in words; None when it does not."""
    if rows.height < FEWEST_COPIED:
        return None
    if not COPY <= rows.height / max(1, other.accepted) <= 1 / COPY and contract.formato.disposicion != "meses":
        return None
    old = kept_rows(layout, contract, other)
    if not COPY <= rows.height / max(1, old.height) <= 1 / COPY:
        return None
    compared = [name for name in contract.lake_columns if name != _ROW]
    content = [name for name in compared if name not in contract.key_columns]
    if _has_nothing_of_its_own(rows, old, compared, contract, trimestre):
        return "trae las mismas filas, con los mismos datos"
    days = [column.nombre for column in contract.columnas if column.hecho and column.nombre in content]
    dated = any(rows[name].count() for name in days)
    telling = dated and rows.select(content).n_unique() > MOST * rows.height  # rows that are all alike repeat nothing
    if telling and _has_nothing_of_its_own(rows, old, content, contract, trimestre):
        return "trae las mismas filas, con otras claves"
    return None


def _has_nothing_of_its_own(
    rows: pl.DataFrame, old: pl.DataFrame, compared: list[str], contract: Contract, trimestre: str
) -> bool:  # fmt: skip
    """Nearly all rows are those of the other delivery, each as often as there, and none of the others tells of a day of the quarter."""
    nth = pl.int_range(pl.len()).over(compared).alias("__nth")
    fresh = rows.with_columns(nth).join(old.with_columns(nth), on=[*compared, "__nth"], how="anti", nulls_equal=True)
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


def told_of_far_days(contract: Contract, rows: pl.DataFrame, trimestre: str) -> list[str]:
    """What to tell an office whose file holds days many years away from its quarter. No rule forbids them, but a mistyped year takes
    a row out of its figures without a word; so that they are said, one sentence a column, and nothing is held."""
    year, told = Quarter.parse(trimestre).year, []
    for column in contract.columnas:
        if column.tipo != "fecha" or not column.in_lake:
            continue
        far = rows.filter((pl.col(column.nombre).dt.year() - year).abs() >= FAR).select(_ROW, column.nombre)
        if far.height:
            cells = [f"«{day:%d/%m/%Y}» (fila {row})" for row, day in far.iter_rows()]
            told.append(
                f"Columna «{column.header}»: trae fechas a {FAR} años o más de {trimestre}: {some(cells, _NAMED_KEYS)}. Si el año está mal "
                "escrito, corríjalo y vuelva a entregar el archivo; si está bien, no haga nada."
            )
    return told


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
