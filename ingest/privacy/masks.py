"""Personal data in hand-typed text: CURP, RFC, CLABE, telephones and e-mail addresses are masked.

Delivered text may be hostile: every pattern here looks at a bounded number of characters from any position, so that masking a
text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_GAP = r"[ .\-]?"
_PATTERNS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, mask, re.compile(pattern, re.IGNORECASE))
    for kind, mask, pattern in (
        ("CURP", "[CURP oculta]", rf"(?<![A-Z0-9])[A-Z][AEIOUX][A-Z]{{2}}{_DAY}[HMX][A-Z]{{5}}[A-Z0-9]\d(?![A-Z0-9])"),
        ("RFC", "[RFC oculto]", rf"(?<![A-Z0-9Ñ&])[A-ZÑ&]{{3,4}}[ -]?{_DAY}[ -]?[A-Z0-9]{{3}}(?![A-Z0-9])"),
        ("CLABE", "[CLABE oculta]", r"(?<!\d)(?:\d[ -]?){17}\d(?!\d)"),
        (
            "teléfono",
            "[teléfono oculto]",
            rf"(?<!\d)(?:\+?52{_GAP}1?{_GAP})?"
            rf"(?:\(?\d{{3}}\)?{_GAP}\d{{3}}{_GAP}\d{{4}}|\(?\d{{2}}\)?{_GAP}\d{{4}}{_GAP}\d{{4}}"
            rf"|\(?\d{{3}}\)?{_GAP}\d{{3}}{_GAP}\d{{2}}{_GAP}\d{{2}}|\(?\d{{3}}\)?{_GAP}\d{{7}}|\d{{2}}(?:[ .\-]\d{{2}}){{4}})(?!\d)",
        ),
    )
)
MASKED = r"\[(?:correo|CURP|RFC|CLABE|teléfono) ocult[oa]\]"
"""A mask standing in a text (a regex for Rust and Python)."""
_SUSPECT = r"@|[0-9](?:[ .()+\-]{0,2}[0-9]){9}|[A-Za-zÑñ&]{3,4}[ \-]?[0-9]{6}"
"""Rust regex of the texts that a pattern may match: a superset, cheap enough for a million cells."""


_BEFORE_AT = re.compile(r"[^\s@,;:<>()\[\]\"']+")
_AFTER_AT = re.compile(r"[^\s@,;:<>()\[\]\"']+\.[A-Za-z]{2,}")
_MAIL_MASK = "[correo oculto]"


def _without_mail(text: str) -> tuple[str, int]:
    """The text with every e-mail address masked, and how many there were. What stands before an @ is read backwards from it:
    a pattern that looks for the @ from every letter would take the square of the time."""
    parts = text.split("@")
    said: list[str] = []
    count = 0
    before = parts[0]
    for after in parts[1:]:
        name, host = _BEFORE_AT.match(before[::-1]), _AFTER_AT.match(after)
        if name is None or host is None:
            said.append(f"{before}@")
            before = after
        else:
            said.append(before[: len(before) - name.end()] + _MAIL_MASK)
            before = after[host.end() :]
            count += 1
    return "".join(said) + before, count


def masked(text: str) -> tuple[str, Counter[str]]:
    """The text with every personal datum replaced by a mask, and how many of each kind there were."""
    found: Counter[str] = Counter()
    if "@" in text:
        text, count = _without_mail(text)
        if count:
            found["correo"] += count
    for kind, mask, pattern in _PATTERNS:
        text, count = pattern.subn(mask, text)
        if count:
            found[kind] += count
    return text, found


def mask(text: str) -> str:
    """The text with every personal datum masked."""
    return masked(text)[0]


def mask_series(texts: pl.Series, distinct: pl.Series | None = None) -> tuple[pl.Series, Counter[str], list[int]]:
    """Mask a column of texts: the masked column, how many data of each kind there were, the positions of their cells.

    `distinct`: the distinct texts where they are known; then a column without suspects is not looked through.
    """
    if not (texts if distinct is None else distinct).str.contains(_SUSPECT).any():
        return texts, Counter(), []
    suspect = texts.str.contains(_SUSPECT).fill_null(False)
    positions = suspect.arg_true().to_list()
    total: Counter[str] = Counter()
    changed: list[int] = []
    replaced: list[str] = []
    for position, text in zip(positions, texts.gather(positions).to_list(), strict=True):
        clean, found = masked(text)
        if found:
            total.update(found)
            changed.append(position)
            replaced.append(clean)
    return (texts.scatter(changed, replaced) if changed else texts), total, changed
