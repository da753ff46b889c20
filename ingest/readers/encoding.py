"""Bytes of a text file → UTF-8 bytes with one kind of line end, and the name of the encoding that was understood.

Offices send UTF-8 with and without BOM, UTF-16 (Excel's "Unicode text"), cp1252 (Windows), cp850 (DOS programs) and Mac
Roman. The last three use the same bytes for different letters and all three can decode anything, so the words that hold
such bytes are decoded in each and the most plausible Spanish wins. A file that holds words of UTF-8 beside them is of two
encodings, and each word is read in its own.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from pamga.spanish import some

BLOCK = 1 << 22
_VALIDATED = 1 << 16  # bytes: a larger block's text would be paged in and out of memory each time
_SINGLE_BYTE = ("cp1252", "cp850", "mac_roman")
_SPANISH_LOWER = frozenset("áéíóúüñ")
_SPANISH_UPPER = frozenset("ÁÉÍÓÚÜÑ")
_PUNCTUATION = frozenset("°ºª²³·¿¡“”‘’–—…«»€´§½¼\u00a0")
_NEVER_AFTER_A_LETTER = frozenset("¡¿“‘«§½¼´·€")
_HIGH_WORD = re.compile(rb"[A-Za-z]?[\x80-\xff][A-Za-z\x80-\xff]*")
"""A word from the letter before its first high byte on: more of it says nothing, and looking for the rest from every letter
would take the square of the time."""
_UTF8_LETTER = re.compile(rb"([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})")
_SECOND_MARK = "\ufeff".encode()  # a program that adds the mark to a file that has it
_NAMES = {"cp1252": "Windows-1252", "cp850": "DOS (cp850)", "mac_roman": "Mac Roman"}
_LISTED_LINES = 10
_BLANK_OR_LETTER = b"\xa0"
"""A hard blank of Windows, pasted from a page, or the á of DOS: what stands in the other words decides, and where there is none the letter
before it: no Spanish word ends in -oá, and after those in which words end without it (abril, taller, Juan) the blank is likelier."""
_NEVER_BEFORE_LOWER_A = frozenset("aeoAEOá")
_ENDS_WORDS = frozenset("dlnrszDLNRSZ")
_BLANK_OR_ENDING = re.compile(rb"[a-z][dlnrsz]\xa0(?![A-Za-z\x80-\xff])")
"""ser\\xa0: a blank of Windows behind `ser`, or `será` of DOS."""
_LONE_CR = re.compile(rb"\r(?!\n)")
_MAX_WORDS = 20_000
MAX_LINE_BYTES = 1_000_000
"""A line of text is shorter than this: 30 cells as long as a spreadsheet's longest."""
_UTF16_ZEROS = 0.3  # share of zero bytes at one parity that betrays UTF-16 without a byte order mark


@dataclass(frozen=True)
class DecodedText:
    """The text as UTF-8 without BOM, lines ending in \\n or \\r\\n."""

    utf8: bytes
    encoding: str
    line_end: str
    notes: tuple[str, ...] = ()


class BinaryContent(ValueError):
    """The bytes are no text in any encoding that we know."""


def decode_text(content: bytes) -> DecodedText:
    """Find the encoding of a whole file and give it back as UTF-8. Raises BinaryContent when it is not text."""
    utf8, encoding, notes = _to_utf8(content)
    if b"\x00" in utf8:
        raise BinaryContent
    utf8, line_end = _one_line_end(utf8)
    return DecodedText(utf8, encoding, line_end, notes)


def too_long_line(utf8: bytes) -> int | None:
    """The number of the first line longer than MAX_LINE_BYTES; None when there is none. Leaps from line end to line end."""
    start = 0
    while len(utf8) - start > MAX_LINE_BYTES:
        end = utf8.rfind(b"\n", start, start + MAX_LINE_BYTES + 1)
        if end < 0:
            return utf8.count(b"\n", 0, start) + 1
        start = end + 1
    return None


def _to_utf8(content: bytes) -> tuple[bytes, str, tuple[str, ...]]:
    marked = content.startswith(codecs.BOM_UTF8)
    body = content[3:] if marked else content
    if not marked:
        utf16 = _utf16_variant(content)
        if utf16 is not None:
            try:
                return _transcode(content, utf16), "utf-16", ()
            except UnicodeDecodeError:
                raise BinaryContent from None
    if _is_utf8(body):
        return body.removeprefix(_SECOND_MARK), "utf-8 con BOM" if marked else "utf-8", ()
    words = _words_with_high_bytes(body)
    encoding = _best_single_byte(words)
    if marked or any(_is_whole_utf8(word, encoding) for word in words):
        return _mixed(body, encoding)
    return _transcode(body, encoding), encoding, _blanks_in_doubt(body, words, encoding)


def _blanks_in_doubt(body: bytes, words: Counter[bytes], encoding: str) -> tuple[str, ...]:
    """What to tell where nothing in the file says whether a byte is Windows' blank or the á of DOS, and it stands where a word may end so."""
    if encoding != "cp1252" or any(byte >= 0x80 and byte != _BLANK_OR_LETTER[0] for word in words for byte in word):
        return ()
    lines = [number for number, line in enumerate(body.split(b"\n"), start=1) if _BLANK_OR_ENDING.search(line)]
    if not lines:
        return ()
    which = "En la línea" if len(lines) == 1 else "En las líneas"
    return (
        f"{which} {some(lines, _LISTED_LINES)} hay palabras seguidas de un signo que en Windows es un espacio y en programas antiguos (DOS) una á: "
        "se leyó como espacio. Si ahí falta un acento (será, estará), guarde el archivo como «CSV UTF-8» y entréguelo de nuevo.",
    )


def _best_single_byte(words: Counter[bytes]) -> str:
    """The encoding in which the words that are no UTF-8 look most like Spanish."""
    stray = Counter({word: count for word, count in words.items() if not _is_utf8(word)}) or words
    stray = Counter({word: count for word, count in stray.items() if _BLANK_OR_LETTER not in word}) or stray
    return max(_SINGLE_BYTE, key=lambda name: (_score(stray, name), -_SINGLE_BYTE.index(name)))


def _is_whole_utf8(word: bytes, encoding: str) -> bool:
    """The word is UTF-8, and not by chance a word of the other encoding (CAFÉ” is UTF-8 too)."""
    if not _is_utf8(word):
        return False
    return _plausibility(word.decode()) > _plausibility(word.decode(encoding, "replace"))


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _VALIDATED):
            decoder.decode(content[start : start + _VALIDATED])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_variant(content: bytes) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = content[:4096]
    half = len(sample) // 2
    if half < 4:
        return None
    if sample[1::2].count(0) > _UTF16_ZEROS * half and sample[0::2].count(0) == 0:
        return "utf-16-le"
    if sample[0::2].count(0) > _UTF16_ZEROS * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _transcode(content: bytes, encoding: str) -> bytes:
    """UTF-8 bytes of `content`, block by block so that no whole-file str is built; undefined bytes become U+FFFD."""
    errors = "strict" if encoding.startswith("utf-16") else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    blocks = [decoder.decode(content[start : start + BLOCK]).encode() for start in range(0, len(content), BLOCK)]
    blocks.append(decoder.decode(b"", final=True).encode())
    return b"".join(blocks)


def _words_with_high_bytes(content: bytes) -> Counter[bytes]:
    words: Counter[bytes] = Counter()
    for start in range(0, len(content), BLOCK):
        words.update(_HIGH_WORD.findall(content[start : start + BLOCK]))
        if len(words) > _MAX_WORDS:
            break
    return words


def _mixed(content: bytes, encoding: str) -> tuple[bytes, str, tuple[str, ...]]:
    """A file of two encodings, glued together or filled by two programs: word by word, so that a line may hold both."""
    known: dict[bytes, bytes] = {}
    other: list[int] = []
    lines = content.split(b"\n")
    for index, line in enumerate(lines):
        if line.isascii():
            continue
        if _is_utf8(line) and all(_is_whole_utf8(word, encoding) for word in _HIGH_WORD.findall(line)):
            continue
        lines[index] = _HIGH_WORD.sub(lambda match: _decoded(match[0], encoding, known), line)
        if lines[index] != line:
            other.append(index + 1)
    note = (
        f"El archivo mezcla dos codificaciones: hay partes en UTF-8, y las líneas {some(other, _LISTED_LINES)} traen letras en {_NAMES[encoding]}. "
        "Cada una se leyó en la suya; revise los acentos y, al guardar, elija «CSV UTF-8»."
    )
    return b"\n".join(lines), f"utf-8 y {encoding} mezcladas", (note,)


def _decoded(word: bytes, encoding: str, known: dict[bytes, bytes]) -> bytes:
    """A word in UTF-8: as it is where it is that, else decoded; a word that holds both, letter by letter."""
    found = known.get(word)
    if found is None:
        if _is_whole_utf8(word, encoding):
            found = word
        elif _UTF8_LETTER.search(word) and not _is_utf8(word):
            found = b"".join(
                piece if _is_whole_utf8(piece, encoding) else piece.decode(encoding, "replace").encode()
                for piece in _UTF8_LETTER.split(word)
            )
        else:
            found = word.decode(encoding, "replace").encode()
        if len(known) < _MAX_WORDS:
            known[word] = found
    return found


def _score(words: Counter[bytes], encoding: str) -> float:
    return sum(_plausibility(word.decode(encoding, "replace")) * count for word, count in words.items())


def _plausibility(word: str) -> float:
    """How much a word looks like Spanish: its own letters in the right case count for it, stray symbols against it."""
    score = 0.0
    for index, char in enumerate(word):
        if char.isascii():
            continue
        before = word[index - 1] if index else ""
        after = word[index + 1] if index + 1 < len(word) else ""
        inside = bool(before or after)
        if char == "á" and before in _NEVER_BEFORE_LOWER_A:
            score -= 2
        elif char == "á" and before in _ENDS_WORDS and not after:
            score += 1
        elif char in _SPANISH_LOWER:
            if not inside or after.isupper():
                score += 0.5
            else:  # JOSé or Sí: no more than the letter before it is known
                score += 1.5 if before.isupper() and not after else 3
        elif char in _SPANISH_UPPER:
            score += 0.5 if not inside or before.islower() or (before and after.islower()) else 3
        elif char in _PUNCTUATION:
            splits = before and (after or char in _NEVER_AFTER_A_LETTER)
            score += -2 if splits and not (char == "\u00a0" and after.isupper()) else 1
        elif char == "\ufffd" or not char.isprintable():
            score -= 10
        else:
            score -= 1 if char.isalpha() else 3
    return score


def _one_line_end(utf8: bytes) -> tuple[bytes, str]:
    """Old Macintosh exports end lines with CR alone; a few programs write CR CR LF."""
    if b"\r" not in utf8:
        return utf8, "LF"
    newlines = utf8.count(b"\n")
    if newlines == 0:
        return utf8.replace(b"\r", b"\n"), "CR"
    if utf8.count(b"\r\n") == utf8.count(b"\r"):
        return utf8, "CRLF"
    utf8 = utf8.replace(b"\r\r\n", b"\n")
    lone = len(_LONE_CR.findall(utf8))
    # Many lone CRs are line ends of a second program; a few are line breaks that somebody pasted into a cell.
    replacement = b"\n" if lone > 0.2 * newlines else b" "
    return _LONE_CR.sub(replacement, utf8), "mezclados"
