"""Personal data in hand-typed text: CURP, RFC, CLABE, telephones and e-mail addresses are masked; where one is written so that no
pattern finds it, but whoever looks for what is personal does (pamga/suspects.py), the text is hidden whole.

Delivered text may be hostile: every pattern here looks at a bounded number of characters from any position, so that masking a
text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from pamga.readable import readable
from pamga.suspects import ACCOUNT, CURP, EMAIL, NAME, PHONE, RFC, SOCIAL, VOTER, looks_personal, shaped_like

HIDDEN = "[dato personal oculto]"
_NEVER_REPEATED = frozenset({ACCOUNT, CURP, EMAIL, PHONE, RFC, SOCIAL, VOTER})
_NEVER_A_CODE = frozenset({CURP, EMAIL, VOTER})
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
MASKED = r"\[(?:correo|CURP|RFC|CLABE|teléfono|dato personal) ocult[oa]\]"
"""A mask standing in a text (a regex for Rust and Python)."""
_SUSPECT = r"@|[0-9](?:[ .()+\-]{0,2}[0-9]){9}|[A-Za-zÑñ&]{3,4}[ \-]?[0-9]{6}"
"""Rust regex of the texts that a pattern may match: a superset, cheap enough for a million cells."""


_BEFORE_AT = re.compile(r"[^\s@,;:<>()\[\]\"']+")
_AFTER_AT = re.compile(r"[^\s@,;:<>()\[\]\"']+\.[A-Za-z]{2,}")
_MAIL_MASK = "[correo oculto]"


_BEFORE_AT_IN_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"'/=?&#]+")


def _without_mail(text: str, before_at: re.Pattern[str]) -> tuple[str, int]:
    """The text with every e-mail address masked, and how many there were. What stands before an @ is read backwards from it:
    a pattern that looks for the @ from every letter would take the square of the time."""
    parts = text.split("@")
    said: list[str] = []
    count = 0
    before = parts[0]
    for after in parts[1:]:
        name, host = before_at.match(before[::-1]), _AFTER_AT.match(after)
        if name is None or host is None:
            said.append(f"{before}@")
            before = after
        else:
            said.append(before[: len(before) - name.end()] + _MAIL_MASK)
            before = after[host.end() :]
            count += 1
    return "".join(said) + before, count


_PARTED = (
    r"(?=\(?[2-9])(?:\(\d{2,3}\)[ .\-]?\d{3,4}[ .\-]?\d{4}|\d{3} \d{3}[ .\-]?\d{4}|\d{2} \d{4}[ .\-]?\d{4}|\d{3}\.\d{3}\.\d{4}|\d{2}\.\d{4}\.\d{4}|(?:\d{3} \d{3}|\d{2} \d{2} \d{2}) \d{2} \d{2}"
    r"|\d{3}-\d{3}[ \-]\d{4}|\d{3}[ \-]\d{3} \d{4}|\d{3}[ \-]\d{7})"
)
"""A telephone in groups as nobody writes a key or an amount: the last of four digits, after blanks or an area code in parentheses."""
_CALLED = r"(?<![^\W_])(?:tels?|cels?|tel[eé]fonos?|celular(?:es)?|m[oó]vil|whats(?:app)?)\b[ .:#]{0,4}(?:\+?52[ .\-]?)?\d(?:[ .()\-]{0,3}\d){6,11}"
_CODED = (
    ("CURP", "[CURP oculta]", _PATTERNS[0][2]),
    ("teléfono", "[teléfono oculto]", re.compile(rf"(?<![\w,.\-])(?:\+?52[ .\-]?1?[ .\-]?)?{_PARTED}(?![\w\-]|[.,]\d)|{_CALLED}(?!\d)", re.IGNORECASE)),
    ("teléfono", "[teléfono oculto]", re.compile(r"(?:(?<=wa\.me/)|(?<=phone=)|(?<=tel:))(?:\+|%2B)?(?:\d(?:[ .()\-]|%20){0,3}){9,14}\d(?!\d)", re.IGNORECASE)),
)  # fmt: skip
_CODED_SUSPECT = r"(?i)@|%40|&#|&commat|arroba|[^\x00-\x7f]|[A-Z]{4}[ ._/\-]?[0-9]{6}[ ._/\-]?[A-Z]{6}|[A-Z]{6}[ ._/\-]?[0-9]{6}|wa\.me/|phone=|tel|cel|m[oó]vil|whats|\d{3}[ .\-]\d{3}[ .\-]?\d{4}|\d{2}[ .]\d{4}[ .\-]?\d{4}|\(\d{2,3}\)|\d{2} \d{2} \d{2}|\d{3} \d{3} \d{2}|\d{3}[ \-]\d{7}"
"""Rust regex of the texts that `masked` may change where they are codes: a superset."""
_CODED_LOOK = re.compile(_CODED_SUSPECT)


def masked(text: str, *, codes: bool = False) -> tuple[str, Counter[str]]:
    """The text with every personal datum replaced by a mask, and how many of each kind there were. `codes`: of keys, folios and
    addresses of pages, in which a long number is no telephone and letters with figures are no RFC, only e-mail addresses, CURP and
    links that call somebody."""
    found: Counter[str] = Counter()
    if "@" in text:
        text, found["correo"] = _without_mail(text, _BEFORE_AT_IN_ADDRESS if codes else _BEFORE_AT)
    for kind, mask, pattern in _CODED if codes else _PATTERNS:
        text, count = pattern.subn(mask, text)
        found[kind] += count
    if codes and (kinds := _hidden_in_code(text)):
        text, found = HIDDEN, found + Counter(kinds)
    return text, +found


def mask_code(text: str) -> str:
    """A key, a folio or the address of a page with every personal datum masked."""
    return masked(text, codes=True)[0] if _CODED_LOOK.search(text) else text


def _hidden_in_code(text: str) -> frozenset[str]:
    """What a key, a folio or the address of a page still holds, written in another way than the patterns know."""
    read = readable(text)
    mail = {EMAIL} if read != text and "@" in read and _without_mail(read, _BEFORE_AT_IN_ADDRESS)[1] else set()
    return (shaped_like(text) & _NEVER_A_CODE) | mail


_WORTH_A_LOOK = re.compile(
    r"@|[0-9](?:[^0-9]{0,8}[0-9]){5}|arroba|(?:gmail|hotmail|outlook|yahoo)|[A-Z]{6}[0-9]{8}"
    r"|(?:(?:cero|uno?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieci|veint|treinta|cuarenta"
    r"|cincuenta|sesenta|setenta|ochenta|noventa|cien|[a-z]{2,8}cientos)[a-z]{0,9}[^a-z0-9]{1,3}){3}",
    re.IGNORECASE,
)
"""A superset of the texts in which something may be found that is never repeated: cheap enough for every cell of a sheet."""
_MOMENT = re.compile(r"(?:19|20)\d{2}[01]\d[0-3]\d{5,7}(?:\.\d{1,6})?")


def mask(text: str) -> str:
    """The text with every personal datum masked; hidden whole where one is left that is written in another way."""
    seen = text if text.isascii() and "&" not in text and "%" not in text and len(text) < 16 else readable(text)
    if not _WORTH_A_LOOK.search(seen):
        return text
    clean = masked(text)[0]
    if _MOMENT.fullmatch(clean.strip()):
        return clean
    return HIDDEN if looks_personal(clean) & _NEVER_REPEATED else clean


_QUOTED = re.compile("«([^«»]{1,400})»")


def mask_quoted(sentence: str, names: bool) -> str:
    """A sentence for an office in which what it quotes of its file (a header, the name of a sheet) holds nothing personal. `names`: in a file
    with data of people nobody is named either."""
    return _QUOTED.sub(lambda quoted: f"«{mask_title(quoted[1], names)}»", sentence)


def mask_title(title: str, names: bool = True) -> str:
    """The name of a sheet or of a column as it may be repeated; `names`: where it names somebody it is not."""
    return HIDDEN if names and NAME in looks_personal(title) else mask(title)


def mask_series(
    texts: pl.Series, distinct: pl.Series | None = None, *, codes: bool = False, whole: bool = False
) -> tuple[pl.Series, Counter[str], list[int]]:
    """Mask a column of texts: the masked column, how many data of each kind there were, the positions of their cells.

    `distinct`: the distinct texts where they are known; then a column without suspects is not looked through. `codes`: the column holds
    keys, folios or addresses of pages. `whole`: of texts that are no label of anything (values of bad cells), which are hidden whole
    where a datum is written in a way that no pattern knows.
    """
    if whole and not codes:
        return _mask_whole(texts)
    suspects = _CODED_SUSPECT if codes else _SUSPECT
    if not (texts if distinct is None else distinct).str.contains(suspects).any():
        return texts, Counter(), []
    suspect = texts.str.contains(suspects).fill_null(False)
    positions = suspect.arg_true().to_list()
    total: Counter[str] = Counter()
    changed: list[int] = []
    replaced: list[str] = []
    for position, text in zip(positions, texts.gather(positions).to_list(), strict=True):
        clean, found = masked(text, codes=codes)
        if found:
            total.update(found)
            changed.append(position)
            replaced.append(clean)
    return (texts.scatter(changed, replaced) if changed else texts), total, changed


def _mask_whole(texts: pl.Series) -> tuple[pl.Series, Counter[str], list[int]]:
    masks = {text: clean for text in texts.drop_nulls().unique().to_list() if (clean := mask(text)) != text}
    if not masks:
        return texts, Counter(), []
    positions = texts.is_in(list(masks)).fill_null(False).arg_true().to_list()
    return texts.scatter(positions, [masks[text] for text in texts.gather(positions).to_list()]), Counter(), positions
