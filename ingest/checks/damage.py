"""Text that a program damaged on its way: repaired where only one original is possible, else unreadable (rules.md, 'Rows').

Letters decoded twice (`JosÃ©`), entities of web pages (`&eacute;`), escapes of XML and JSON (`_x000D_`, `\\u00f3`) and formulas
that hold a text (`="T-001"`) have one original. A replacement character, a letter that became `?`, an error of a spreadsheet,
a number cut to scientific notation and a formula without its result have none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html import unescape

MAX_CELL = 32_767
"""Characters of a cell: what a spreadsheet can hold."""

SUSPECT_TEXT = (
    r"^[=#']"  # a formula, an error, a spreadsheet's mark of a text
    r"|&[#A-Za-z][0-9A-Za-z]*;"  # an entity
    r"|_x00[0-9A-Fa-f]{2}_|\\u[0-9A-Fa-f]{4}|\\[\"']"
    r"|^[Ee][Rr][Rr]:[0-9]"
    r"|[a-z\x{df}-\x{ff}]\"[a-z\x{df}-\x{ff}]"  # a quote within a word
    r"|^[+-]?[0-9]+[.,]?[0-9]*[Ee][+-][0-9]"  # scientific notation
)
"""Rust regex of the plain ASCII texts that may be damaged; all damage outside ASCII is odd for `words.ODD_TEXT` anyway."""
SUSPECT_QUESTION_MARK = r"[A-Za-z]\?[a-z]|[A-Z]\?[A-Z]|^\?[a-z]"
"""Likewise, in columns that hold no addresses."""
LOST_LETTER = (
    r"[A-ZÑÁÉÍÓÚa-zñáéíóú]\?[a-zñáéíóú]|[A-ZÑÁÉÍÓÚ]\?[A-ZÑÁÉÍÓÚ]"
    r"|^\?[a-z]\S*$|^\?[a-z].*[^?]$"  # ?g/m?, ?vila Camacho; and no question that ends
)
"""A letter that became `?`: no text has that sign within a word, or before one."""
MAY_BE_LOST = r"[A-Za-z]\?|\?[A-Za-z]"
"""Likewise, in a file in which letters were lost: at the end of a word or at its beginning."""
HOLDS_WHOLE_MARKS = r"¿|://|www\."
"""A text in which a question is whole, or an address."""

_ROUNDS = 3  # how often a text is taken to have gone through the same damage
_FORMULA_TEXT = re.compile(r'=\s?"((?:[^"]|"")*)"', re.DOTALL)
_MARKED_TEXT = re.compile(r"'([^'\s][^']*)", re.DOTALL)
"""'007: the apostrophe that tells a spreadsheet to leave a text alone, and that it does not show."""
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""The plain signs as keyboards of East Asia write them."""
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_XML_ESCAPE = re.compile(r"_x(00[0-9A-Fa-f]{2})_")
_ESCAPED_QUOTE = re.compile(r"""\\(["'])""")
_JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")

AS_FORMULA, AS_MARKED, AS_WIDE, AS_ENTITY, AS_ESCAPE, AS_ENCODING = (
    "con una fórmula que sólo encierra un texto",
    "con el apóstrofo con que una hoja de cálculo marca un texto",
    "con signos de ancho doble",
    "con letras escritas como en una página web",
    "con caracteres escritos en clave",
    "con letras dañadas al pasar de un programa a otro (cambió su codificación)",
)

AS_LINES = "con un valor en cada renglón de la celda"


def mended(text: str) -> tuple[str, str]:
    """The text as it was before it was damaged, and what had happened to it ("" when nothing had)."""
    how = ""
    for pattern, said in ((_FORMULA_TEXT, AS_FORMULA), (_MARKED_TEXT, AS_MARKED)):
        match = pattern.fullmatch(text.strip())
        if match is not None:
            text, how = match[1].replace('""', '"'), said
    for mend, said in (
        (_without_wide_signs, AS_WIDE),
        (_without_entities, AS_ENTITY),
        (_without_escapes, AS_ESCAPE),
        (decoded_once, AS_ENCODING),
    ):
        clean = mend(text)
        if clean != text:
            text, how = clean, how or said
    return text, how


def _without_wide_signs(text: str) -> str:
    return text if text.isascii() else text.translate(_WIDE)


def _until_still(text: str, mend: Callable[[str], str]) -> str:
    """The text mended again and again, as it may have been damaged more than once."""
    for _ in range(_ROUNDS):
        clean = mend(text)
        if clean == text:
            break
        text = clean
    return text


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    return _until_still(text, lambda before: _ENTITY.sub(lambda match: unescape(match[0]), before))


def _without_escapes(text: str) -> str:
    for pattern in (_XML_ESCAPE, _JSON_ESCAPE):
        if pattern.search(text):
            text = pattern.sub(lambda match: _character(int(match[1], 16)), text)
    return _ESCAPED_QUOTE.sub(r"\1", text)


def _character(code: int) -> str:
    if code in (9, 10, 13):
        return " "
    return "\ufffd" if code < 32 or 0xD800 <= code < 0xE000 else chr(code)


# ---- letters decoded twice ---------------------------------------------------------------------------------------------

_WRONGLY_READ_AS = ("cp1252", "mac_roman", "cp850", "cp437")
_TARGETS = "".join(chr(code) for code in range(0x80, 0x100)) + "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"


def _wrongly_read(char: str, encoding: str) -> str:
    """A character's UTF-8 bytes as the letters of another encoding; bytes that it lacks stay as control characters."""
    return "".join(_letter(byte, encoding) for byte in char.encode())


def _letter(byte: int, encoding: str) -> str:
    try:
        return bytes([byte]).decode(encoding)
    except UnicodeDecodeError:
        return chr(byte)


@cache
def _original_of() -> dict[str, str]:
    """Damaged letters -> the letter they were. Only letters and signs that Spanish texts hold."""
    table: dict[str, str] = {}
    for encoding in ("latin-1", *_WRONGLY_READ_AS):
        for char in _TARGETS:
            damaged = _wrongly_read(char, encoding)
            table.setdefault(damaged, char)
            table.setdefault(unicodedata.normalize("NFC", damaged), char)
    return table


@cache
def _damaged_letters() -> re.Pattern[str]:
    """The damaged letters, and the four that a sign outside the usual ones (an emoji, ð) becomes in Windows' letters."""
    continuation = "".join(
        sorted({_letter(byte, "cp1252") for byte in range(0x80, 0xC0)} | set(map(chr, range(0x80, 0xC0))))
    )
    known = "|".join(re.escape(damaged) for damaged in sorted(_original_of(), key=lambda d: (-len(d), d)))
    kept = re.escape(continuation)
    return re.compile(f"{known}|[ï][{kept}]{{2}}|[â][{kept}]{{2}}|[ð][{kept}]{{3}}")


def decoded_once(text: str) -> str:
    """The text with letters that had been decoded twice (UTF-8 taken for a Windows, DOS or Macintosh text) made whole."""
    if text.isascii():
        return text
    return _until_still(text, lambda before: _damaged_letters().sub(lambda match: _original(match[0]), before))


def _original(damaged: str) -> str:
    known = _original_of().get(damaged)
    if known is not None:
        return known
    try:
        return b"".join(_byte(char) for char in damaged).decode()
    except UnicodeDecodeError:
        return damaged


def _byte(char: str) -> bytes:
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return bytes([ord(char)])


# ---- what cannot be mended ---------------------------------------------------------------------------------------------

_WITH_EXCLAMATION = (
    "REF|VALUE|VALOR|VALEUR|WERT|VALORE|WAARDE|DIV/0|NUM|NÚM|NÚMERO|ZAHL|NOMBRE|GETAL|NULL|NULO|NUL|NULLO|LEEG|BEZUG|VERW|RIF"
    "|SPILL|DESBORDAMIENTO|DERRAME|DESPEJAR|ÜBERLAUF|PROPAGATION|CALC|CÁLCULO|CALCULO|KALK|FIELD|CAMPO|CHAMP|FELD|BLOCKED|BLOQUEADO"
    "|UNKNOWN|DESCONOCIDO|CONNECT|CONECTAR|CONEXIÓN|BUSY|OCUPADO|PYTHON|EXTERNAL|EXTERNO|ERROR|TIMEOUT|NAME|N/A|N/D"
)
_WITH_QUESTION = "NAME|NOMBRE|NOM|NOME|NAAM"
_WITHOUT_MARK = "N/A|N/D|N/B|NV|ND|GETTING_DATA|OBTENIENDO_DATOS|ERROR|REF|VALOR|VALUE|NULL|NUM|DIV/0"
_SHEET_ERROR = re.compile(
    rf"#\s?(?:¡?\s?(?:{_WITH_EXCLAMATION})\s?!|¿?\s?(?:{_WITH_QUESTION})\s?\?|(?:{_WITHOUT_MARK}))|ERR:\d{{3}}",
    re.IGNORECASE,
)
_TOO_NARROW = re.compile(r"#{2,}")
_SCIENTIFIC = re.compile(r"[+-]?\d[\d]*(?:[.,](\d*))?E([+-]\d{1,3})", re.IGNORECASE)
_UNCALCULATED = re.compile(
    r"=\s?[+-]?[A-ZÁÉÍÓÚÑ.]{1,30}\(.*\)|=\s?[+-]?\(?(?:'?[\w .]{1,60}'?!)?\$?[A-Z]{1,3}\$?\d{1,7}(?:\W.*)?|=\s?\".*\"\s?&.*",
    re.IGNORECASE | re.DOTALL,
)
"""=SUMA(A1:A9), =B2, =Hoja1!B2*2, ="T-"&A2."""
_BROKEN_LETTER = re.compile("[\ufffd\x80-\x9f]")
_HALF_A_LETTER = re.compile(r"Ã(?![OEoe])|Â(?=$|[\s?.,;])|[a-z][√¬]|[√¬][a-z]")
"""What stays of a letter decoded twice whose second half is gone. `SÃO` and `GUIMARÃES` are names."""
_OTHER_ALPHABETS = "\u0400-\u06ff\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af\uff66-\uff9f"
"""Cyrillic, Hebrew, Arabic, Thai, Chinese, Japanese, Korean; of the Greek letters, those that name no unit stand beside them."""
_FOREIGN_LETTER = re.compile(
    r"[a-zñáéíóúü][ÀÂ-ÈÊ-ÌÎ-ÐÒÔ-ÖØÙÚÛÜÝÞ](?![A-ZÀ-ÖØ-Þ])"  # JosÚ, MarÌa: one letter of another encoding among small ones
    r"|[a-z][ΘφΓΦΣσπδε≤≥≡∩∞]"  # JosΘ, Le≤n
    rf"|[A-Za-z][{_OTHER_ALPHABETS}\u0386-\u03a8\u03ac-\u03bb\u03bd-\u03ce]|[{_OTHER_ALPHABETS}][A-Za-z]"  # Leуn, Peρa, Le髇
    r"|(?<!\w)[\u0391-\u03a8\u0400-\u04ff][-_ ]?\d"  # Т-001: a letter that only looks like one of ours
    r"|[A-Za-z][¢¤£¥¡¿‚‡Žµ¾±][A-Za-z]|[a-km-z]·[a-z]"  # Le¢n, ni¤o, Le¿n
    r"|[A-Za-z](?!»«)[\u00a1-\u00bf]{2}[a-z]"  # Le¿«n: a letter of two bytes
    r"|[A-Za-z][\u2500-\u259f]|[\u2500-\u259f][A-Za-z]"  # the frames of DOS
)
"""A letter in the signs of an encoding that the text was not written in."""
_QUOTE_IN_A_WORD = re.compile(r'[a-zß-ÿ]"[a-zß-ÿ]')
_LOST_LETTER, _MAY_BE_LOST, _HOLDS_WHOLE_MARKS = map(re.compile, (LOST_LETTER, MAY_BE_LOST, HOLDS_WHOLE_MARKS))
_LARGEST_EXACT = 5  # decimals of a number that a spreadsheet shortened to the six digits that fit


def unreadable(text: str, tipo: str, letters_lost: bool = False) -> tuple[str, str, str] | None:
    """(what is wrong, what was expected, the remedy) of a normalised text from which its author's cannot be known.
    `letters_lost`: other cells of the file lost theirs."""
    if len(text) > MAX_CELL:
        return (
            f"La celda tiene {len(text):,} caracteres y una celda puede tener {MAX_CELL:,}.",
            f"Un texto de hasta {MAX_CELL:,} caracteres.",
            "Acorte el texto; si trae varias filas pegadas, sepárelas.",
        )
    if text[0] in "#Ee" and _SHEET_ERROR.fullmatch(text):
        return _sheet_error(text)
    if text[0] == "#" and _TOO_NARROW.fullmatch(text):
        return (
            "La celda sólo dice ####: la columna era demasiado angosta cuando se guardó el archivo y el valor se perdió.",
            "El valor de la celda.",
            "Ensanche la columna en la hoja de cálculo y guarde de nuevo.",
        )
    if text[0] == "=" and _UNCALCULATED.fullmatch(text):
        return (
            "La celda trae una fórmula y no su resultado.",
            "El resultado, no la fórmula.",
            "Copie la columna y péguela como valores antes de guardar.",
        )
    return _cut_number(text, tipo) or _loose_quote(text) or _broken_letters(text, tipo, letters_lost)


def is_sheet_error(text: str) -> bool:
    """An error of a spreadsheet, in any of its languages: #¡REF!, Err:502."""
    return _SHEET_ERROR.fullmatch(text) is not None


def _sheet_error(text: str) -> tuple[str, str, str]:
    return (
        f"La celda tiene un error de la hoja de cálculo ({text}).",
        "Un valor, no un error de fórmula.",
        "Corrija la fórmula o escriba el valor en la celda.",
    )


def _cut_number(text: str, tipo: str) -> tuple[str, str, str] | None:
    """A number that a spreadsheet shortened: its last digits are lost. Where a number is asked for, one that fits is one."""
    match = _SCIENTIFIC.fullmatch(text)
    if match is None:
        return None
    decimals, exponent = len(match[1] or ""), int(match[2])
    if tipo in ("entero", "decimal") and not (decimals >= _LARGEST_EXACT and exponent > decimals):
        return None
    return (
        f"«{text}» es un número recortado por la hoja de cálculo: ya no se sabe cuáles eran todas sus cifras.",
        "El número o la clave con todas sus cifras.",
        "Dé a la columna formato de Texto (o Número sin decimales), escriba el dato completo y guarde de nuevo.",
    )


def _loose_quote(text: str) -> tuple[str, str, str] | None:
    if text.count('"') != 1 or _QUOTE_IN_A_WORD.search(text) is None:
        return None
    return (
        "El texto trae una comilla suelta dentro de una palabra: no se puede saber si ahí termina o empieza otra celda.",
        "El texto sin la comilla.",
        "Quite la comilla, o escriba la que falta.",
    )


def _broken_letters(text: str, tipo: str, letters_lost: bool) -> tuple[str, str, str] | None:
    asks = "?" in text and tipo not in ("url", "correo") and _HOLDS_WHOLE_MARKS.search(text) is None
    lost = asks and _LOST_LETTER.search(text) is not None
    broken = not text.isascii() and any(p.search(text) for p in (_BROKEN_LETTER, _HALF_A_LETTER, _FOREIGN_LETTER))
    expected, remedy = (
        "El texto con sus acentos y eñes.",
        "Escríbalo de nuevo y guarde el archivo como «CSV UTF-8» o como libro de Excel.",
    )
    if lost or broken:
        said = "El texto trae letras perdidas al pasar de un programa a otro (acentos, eñes u otros signos): no se puede saber cuáles eran."
        return said, expected, remedy
    if asks and letters_lost and _MAY_BE_LOST.search(text) is not None:
        said = "Otras celdas del archivo perdieron acentos y eñes, que quedaron como «?»: no se puede saber si este «?» también lo era."
        return said, expected, remedy
    return None
