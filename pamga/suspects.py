"""What looks personal in a text that somebody typed: marked for the person who decides whether it is published.

Nothing here is proof: a text in which nothing is found may still name somebody, so a text by or about people goes out only
where a person said so. Names come from a list (nombres.txt) and from how they are introduced («la señora …», «mi hijo …»), the
rest from patterns over words. Every step reads the text once, left to right, with bounded looks around: the time grows with the
length of the text, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from pamga.readable import readable
from pamga.spanish import without_accents
from pamga.yaml_files import load_yaml

WORDS_FILE = Path(__file__).parent / "suspects.yaml"
NAMES_FILE = Path(__file__).parent / "nombres.txt"

NAME, PHONE, EMAIL, ADDRESS, MINOR = "nombre de persona", "teléfono", "correo", "domicilio", "menor de edad"
CURP, RFC, VOTER, PASSPORT, SOCIAL = "CURP", "RFC", "clave de elector", "pasaporte", "número de seguridad social"
ACCOUNT, PLATES, HANDLE, PLACE, BIRTH = "cuenta o tarjeta", "placas", "usuario de redes", "coordenadas", "fecha de nacimiento"  # fmt: skip

UNREAD = "texto sin revisar"
"""Of a text that was not looked through: there were too many."""
NAMED_MINOR = "menor de edad con nombre"
STRONG = frozenset(
    {UNREAD, PHONE, EMAIL, ADDRESS, CURP, RFC, VOTER, PASSPORT, SOCIAL, ACCOUNT, PLATES, PLACE, BIRTH, NAMED_MINOR}
)
"""Kinds that are never published with the text, whoever allows it: the text has to be written without them."""
KINDS = (STRONG - {UNREAD}) | {NAME, MINOR, HANDLE}
IDENTIFIERS = frozenset({PHONE, EMAIL, CURP, RFC, VOTER, PASSPORT, SOCIAL, ACCOUNT, NAMED_MINOR})
"""Kinds that have no business in a title or a topic either (a venue's address has)."""

_LOOKALIKES = str.maketrans(  # Cyrillic, Greek and others that look Latin, small or as capitals
    "авгекмнорстухіјѕԁһԍԛԝӏьᴏɑαβεζηικμνορτυχϲϳıɡ", "abrekmhopctyxijsdhgqwlboaabeznikmvoptuxcjig"
)
_CAPITAL_LOOKALIKES = str.maketrans("АВЕЅԌІЈКМНОРԚСТУԜХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESGIJKMHOPQCTYWXABEZHIKMNOPTYX")
_OCR_DIGITS = str.maketrans("OoQlI|SsB", "000111558")
_LEET = str.maketrans("013457$@", "oieastsa")
_JOINED = re.compile(r"(?<=[^\W\d_])[._\-](?=[^\W\d_])")
_TOKEN = re.compile(r"[^\W_]+|[@#.,;:!?()\[\]{}/+\-]")
_SPACED_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_] ){3,}[^\W\d_](?![^\W_])")
_GLUED_CUE = re.compile(r"(?<![^\W_])((?:tel|cel|telefono|teléfono|celular|whatsapp|wa))(?=\d{3})", re.IGNORECASE)
_NICKNAME = re.compile(r"(?<=[^\W\d_] )[(\"“'«‘]((?:[Ee]l |[Ll]a )?[^\W\d_]{2,15})[)\"”'»’] (?=[^\W\d_])")
"""«Francisco (Pancho) Torres», «Juan "El Güero" Pérez»"""
_CASE_CHANGE = re.compile(r"(?<=[^\W\d_])(?=[A-ZÁÉÍÓÚÜÑ])")

_RUN_TOGETHER = re.compile(r"(?<![^\W_])(?:[A-ZÁÉÍÓÚÜÑ][a-záéíóúüñ]{2,20}){2,6}(?![^\W_])")
"""«JuanPerezLopez»"""

_DAY = r"[0-9OIL]{2}(?:[0O][1-9IL]|[1IL][0-2OIL])(?:[0O][1-9IL]|[12IL][0-9OIL]|3[01OIL])"
_CURP = re.compile(rf"[A-ZÑ][AEIOUX0][A-ZÑ]{{2}}{_DAY}[HMX][A-Z]{{5}}[A-Z0-9][0-9OIL]")
_RFC = re.compile(rf"[A-ZÑ&]{{3,4}}{_DAY}[A-Z0-9]{{3}}")
_RFC_OF_TEN = re.compile(rf"[A-ZÑ&]{{4}}{_DAY}")
_VOTER = re.compile(r"[A-ZÑ]{6}[0-9OIL]{8}[HM][0-9OIL]{3}")
_BARE_CODE = re.compile(r"@|arroba|[A-Z]{4}[ ._/-]?[0-9]{6}[ ._/-]?[A-Z]{6}|[A-Z]{6}[ ._/-]?[0-9]{6}", re.IGNORECASE)
_PASSPORT = re.compile(r"[A-Z][0-9]{8}")
_PLATES = re.compile(r"[A-Z]{3}[0-9]{3}[A-Z]|[A-Z]{3}[0-9]{4}|[A-Z]{2}[0-9]{5}|[A-Z]{2}[0-9]{4}[A-Z]|[A-Z][0-9]{3}[A-Z]{3}|[A-Z]{3}[0-9]{3}")  # fmt: skip
_VEHICLES = frozenset({"placa", "placas", "matricula", "vehiculo", "carro", "auto", "camioneta", "taxi", "moto"})
_DOCUMENTS = frozenset({"ine", "ife", "cic", "ocr", "elector", "credencial", "pasaporte", "nss", "imss", "cedula"})
_PLATES_WRITTEN = re.compile(r"(?<![\w-])[A-Z]{3}-(?:[0-9]{3}-[A-Z]|[0-9]{2}-[0-9]{2})(?![\w-])")
_RFC_WRITTEN = re.compile(rf"(?<![^\W_])[A-ZÑ&]{{4}}/{_DAY}/[A-Z0-9]{{3}}(?![^\W_])")
_PHONE_WRITTEN = re.compile(
    r"(?<![\w,.])(?:\d{3}([/,;'=]| ?[*|:#\\] ?)\d{3}\1|\d{2}([/,;'=]| ?[*|:#\\] ?)\d{4}\2)(?!(?:19|20)\d{2}(?!\w))\d{4}(?!\w|[.,]\d)"
)
"""Groups of a telephone between marks that are neither a date's nor thousands'."""
_NO_TELEPHONE = re.compile(
    r"(?<!\d)(?:\d{1,2}([-.])\d{1,2}\1(?:19|20)\d{2}|(?:19|20)\d{2}([-.])\d{1,2}\2\d{1,2})(?!\d)"  # a date
    r"|(?<![^\W\d_])(?!(?:tel|cel|whatsapp|wa)\b)[^\W\d_]{2,12}[-/](?:19|20)\d{2}[-/]\d{1,8}(?!\d)",  # a folio of a year
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@,;:<>()]@ ?[^\s@,;:<>()]{1,200}?\.[A-Za-z]{2}")
_PROFILE = re.compile(r"(?<![^\W_])(?:facebook|fb|instagram|twitter|x|tiktok|t)\.(?:com|me)/[^\s/]", re.IGNORECASE)
_LATITUDE, _LONGITUDE = r"(?<![\d.,])2[0-2][.,]\d{4,12}", r"(?<![\d.,])10[12][.,]\d{4,12}"
_COORDINATES = re.compile(
    r"(?<![\d.])2[0-2]\.\d{3,12}[ ,;/]{1,3}-? ?10[12]\.\d{3,12}"
    rf"|{_LATITUDE}[^\d\n]{{1,20}}{_LONGITUDE}|{_LONGITUDE}[^\d\n]{{1,20}}{_LATITUDE}"
    r"|(?<!\d)2[0-2] ?[°o] ?\d{1,2} ?['’′´].{1,20}(?<!\d)10[12] ?[°o] ?\d{1,2} ?['’′´]"
)
_POINT_OF_A_MAP = re.compile(
    r"(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.google|google\.[a-z.]{2,6}/maps|waze\.com/ul|osm\.org/go)[/?#.][^\s]"
    r"|(?<![\w+])(?=[^+]{0,8}\d)(?=[^+]{0,8}[A-Z])(?:76)?[2-9CFGHJMPQRVWX]{4}\+[2-9CFGHJMPQRVWX]{2,3}(?!\w)"
)
"""A link to a point, or its plus code."""
_WRITTEN = (
    (PLACE, _COORDINATES),
    (PLACE, _POINT_OF_A_MAP),
    (PLATES, _PLATES_WRITTEN),
    (RFC, _RFC_WRITTEN),
    (PHONE, _PHONE_WRITTEN),
)
"""Kinds that are told by how they are written, wherever they stand."""
_WINDOW = 6  # pieces that may make up one identifier written with blanks
_LONGEST_CODE = 18  # characters of a CURP or a voter's key

_UNITS = {"cero": "0", "un": "1", "una": "1", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9"}  # fmt: skip
_TWO = {
    "diez": "10", "once": "11", "doce": "12", "trece": "13", "catorce": "14", "quince": "15", "dieciseis": "16",
    "diecisiete": "17", "dieciocho": "18", "diecinueve": "19", "veinte": "20", "veintiun": "21", "veintiuno": "21",
    "veintidos": "22", "veintitres": "23", "veinticuatro": "24", "veinticinco": "25", "veintiseis": "26",
    "veintisiete": "27", "veintiocho": "28", "veintinueve": "29",
}  # fmt: skip
_TENS = {"treinta": "3", "cuarenta": "4", "cincuenta": "5", "sesenta": "6", "setenta": "7", "ochenta": "8", "noventa": "9"}  # fmt: skip
_HUNDREDS = {
    "cien": "1", "ciento": "1", "doscientos": "2", "trescientos": "3", "cuatrocientos": "4", "quinientos": "5",
    "seiscientos": "6", "setecientos": "7", "ochocientos": "8", "novecientos": "9",
}  # fmt: skip
_CUES = (("me", "llamo"), ("se", "llama"), ("nombre", "es"), ("nombre", "completo"), ("nombre",), ("soy",), ("atentamente",), ("atte",), ("firma",), ("firmado", "por"), ("apellido",), ("apellidos",), ("llamado",), ("llamada",))  # fmt: skip


def _word_lists() -> dict[str, frozenset[str]]:
    lists = load_yaml(WORDS_FILE)
    return {name: frozenset(words) for name, words in lists.items()}


_SAID = _word_lists()
_PARTICLES = _SAID["particles"]
_HONORIFICS = _SAID["honorifics"]
_TITLES = _SAID["titles"]
_PLACES = _SAID["places"]
_PUBLIC_FIGURES = _SAID["public_figures"]
_STREETS = _SAID["streets"]
_NUMBER_SIGNS = _SAID["number_signs"]
_HOME = _SAID["home"]
_NOT_HOUSES = _SAID["not_houses"]
_COUNTED = _SAID["counted"]
_MONTHS = _SAID["months"]
_CHILD = _SAID["child"]
_KIN = _SAID["kin"]
_SCHOOL = _SAID["school"]
_PHONE_CUES = _SAID["phone_cues"]
_BODIES = _SAID["bodies"]
_DWELLINGS = _SAID["dwellings"]
A_DWELLING = rf"(?i){'|'.join(sorted(_DWELLINGS))}"
"""Rust regex of the texts in which somebody's home may be named: a superset."""
_MAIL_HOSTS = _SAID["mail_hosts"]
_HONOURS = _SAID["honours"]
_ACQUAINTANCES = _SAID["acquaintances"]
_NUMBERED = _SAID["numbered"]
_PLURAL = frozenset(word for word in _CHILD if word.endswith("s"))


@dataclass(frozen=True)
class _Word:
    """One word or mark of a text. `plain`: folded, look-alike letters and leet read as letters."""

    text: str
    plain: str
    capital: bool
    shouted: bool


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """(given names, surnames, those of both that are everyday words too)."""
    sections: dict[str, set[str]] = {}
    current: set[str] = set()
    for line in NAMES_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            current.update(line.split())
    return frozenset(sections["nombres"]), frozenset(sections["apellidos"]), frozenset(sections["ambiguos"])


def _plain(text: str) -> str:
    return _latin(without_accents(text))


def _latin(text: str) -> str:
    """In small letters, those that only look Latin read as what they look like."""
    return text.casefold() if text.isascii() else text.translate(_CAPITAL_LOOKALIKES).casefold().translate(_LOOKALIKES)


def _words(text: str) -> list[_Word]:
    joined = _SPACED_LETTERS.sub(lambda run: _CASE_CHANGE.sub(" ", run[0].replace(" ", "")), text)
    found = []
    joined = _RUN_TOGETHER.sub(_parted, _NICKNAME.sub(_without_nickname, _GLUED_CUE.sub(r"\1 ", joined)))
    for token in _TOKEN.findall(_JOINED.sub(" ", joined)):
        plain = _plain(token)
        letters = sum(c.isalpha() for c in plain)
        if letters > 1 and not plain.isalpha() and letters * 2 > len(plain):
            plain = plain.translate(_LEET)
        found.append(_Word(token, plain, token[0].isupper(), len(token) > 1 and token.isupper()))
    return found


def _without_nickname(called: re.Match[str]) -> str:
    """A name parted by how somebody is called; other words in brackets stay in them."""
    word = called[1].split()[-1]
    return "" if word[0].isupper() and _plain(word) not in _PLACES else called[0]


def _parted(run: re.Match[str]) -> str:
    """Names that were written without blanks; «WhatsApp» is a word."""
    parts, (given, surnames, _) = _CASE_CHANGE.sub(" ", run[0]).split(), _lists()
    return " ".join(parts) if any(_plain(part) in given or _plain(part) in surnames for part in parts) else run[0]


def looks_personal(text: str) -> frozenset[str]:
    """The kinds of personal datum that a text seems to hold, however it is written."""
    text = readable(text)
    words = _words(text)
    found = set(_identifiers(text, words))
    numbers = _NO_TELEPHONE.sub(" ; ", text)
    found.update(_long_numbers(words if numbers == text else _words(numbers)))
    if _has_address(words):
        found.add(ADDRESS)
    named = _has_name(words)
    if named:
        found.add(NAME)
    if _has_minor(words):
        found.add(NAMED_MINOR if named else MINOR)
    return frozenset(found)


def is_listed_name(word: str) -> bool:
    """Whether somebody is called so, also where the word means something else too."""
    given, surnames, _ = _lists()
    return _plain(word) in given or _plain(word) in surnames


def shaped_like(code: str) -> frozenset[str]:
    """What a key, a folio or the address of a page is by its form alone, however it is written."""
    read = readable(code)
    if read == code and code.isascii() and not _BARE_CODE.search(code):
        return frozenset()
    words = _words(read)
    found = {EMAIL} if any(word.plain == "arroba" for word in words) and _spelt_mail(words) else set()
    for position in range(len(words)):
        found |= {kind for kind in _identifier_from(words, position) if kind == CURP}
    bare = _latin(re.sub(r"[ ._/\-]", "", read)).upper()
    found |= {kind for kind, form in ((CURP, _CURP), (VOTER, _VOTER)) if form.fullmatch(bare)}
    return frozenset(found)


def speaks_of_a_vehicle(text: str) -> bool:
    """Whether what has the form of plates is meant as such: «ACT-12-26» in the title of an act is its folio."""
    return any(word.plain in _VEHICLES for word in _words(readable(text)))


def names_a_home(text: str) -> bool:
    """«Casa de la señora Lupita»: a place that is somebody's home, whatever else the text says."""
    words = _words(readable(text))
    all_caps = _all_caps(words)
    for position, word in enumerate(words):
        if word.plain not in _DWELLINGS:
            continue
        ahead = position + 1
        while ahead < min(len(words), position + 4) and words[ahead].plain in _PARTICLES:
            ahead += 1
        if ahead == position + 1 or ahead >= len(words):
            continue
        named = words[ahead].plain in _TITLES or words[ahead].plain in ("vecino", "vecina")
        end = _run_end(words, ahead, all_caps)
        said = " ".join(w.plain for w in words[ahead:end])
        if named or (end - ahead > 1 and said not in _PUBLIC_FIGURES and _sure(words[ahead], _lists()[0])):
            return True
    return False


def in_order(kinds: Iterable[str]) -> list[str]:
    """Kinds as a sentence lists them."""
    return sorted(set(kinds))


# ---- identifiers -------------------------------------------------------------------------------------------------------


def _identifiers(text: str, words: list[_Word]) -> Iterable[str]:
    if _EMAIL.search(text) or _spelt_mail(words):
        yield EMAIL
    elif _PROFILE.search(text) or _handle(text):
        yield HANDLE
    yield from (kind for kind, form in _WRITTEN if form.search(text))
    for position, word in enumerate(words):
        if word.plain[0].isalnum():
            yield from _identifier_from(words, position)
        if len(word.text) > _LONGEST_CODE and _CURP.search(_code(word)):
            yield CURP
        if word.plain in ("naci", "nacio", "nacimiento", "nacido", "nacida"):
            following = [w.plain for w in words[position + 1 : position + 12]]
            if any(w.isdigit() for w in following) or _MONTHS.intersection(following):
                yield BIRTH


def _identifier_from(words: list[_Word], position: int) -> Iterable[str]:
    """Identifiers that begin at a word, written in one piece or in several."""
    code, pieces = "", 0
    before = {w.plain for w in words[max(0, position - 5) : position]}
    for ahead in range(position, min(len(words), position + 2 * _LONGEST_CODE)):
        word = words[ahead]
        if word.text in ("-", ".", "/"):
            continue
        pieces += len(word.text) > 1  # one letter at a time is spelling
        if not word.text[0].isalnum() or len(code) > _LONGEST_CODE or pieces > _WINDOW:
            return
        code += _code(word)
        kind = _identifier(code, word, before)
        if kind == RFC and not _written_as_one(words, position, before):
            continue
        if kind is not None:
            yield kind


def _code(word: _Word) -> str:
    """A word as it stands in an identifier: capitals, look-alike letters read as Latin ones."""
    return _latin(word.text).upper()


def _written_as_one(words: list[_Word], position: int, before: set[str]) -> bool:
    """Not a small word before two numbers («para 250115 123»): in one piece, joined, in capitals, or called so."""
    first = words[position]
    joined = position + 1 < len(words) and words[position + 1].text in "-."
    return not first.text.isalpha() or joined or (first.shouted and len(first.text) == 4) or "rfc" in before


def _identifier(code: str, last: _Word, before: set[str]) -> str | None:
    """What an identifier of these characters is, given its last word and the words before it; None where it is none."""
    for kind, form in ((CURP, _CURP), (VOTER, _VOTER), (RFC, _RFC)):
        if form.fullmatch(code):
            return kind
    if len(code) == 9 and _PASSPORT.fullmatch(code) and (before & {"pasaporte"} or len(last.text) == 9):
        return PASSPORT
    if "rfc" in before and _RFC_OF_TEN.fullmatch(code) and len(last.text) > 1:
        return RFC
    if before & _VEHICLES:
        return PLATES if 6 <= len(code) <= 7 and _PLATES.fullmatch(code) else None
    if before & _DOCUMENTS and sum(c.isdigit() for c in code) >= 7:
        return PASSPORT if "pasaporte" in before else SOCIAL if before & {"nss", "imss"} else VOTER
    return None


def _spelt_mail(words: list[_Word]) -> bool:
    """«juan arroba gmail punto com», and addresses with blanks around their marks."""
    for position, word in enumerate(words):
        if word.plain in _MAIL_HOSTS and position and [w.plain for w in words[position + 1 : position + 2]] == ["com"]:
            return True
        bracketed = word.plain in ("at", "a") and _bracketed(words, position)
        if word.plain in ("arroba", "@", "at") or bracketed:
            following = [w.plain for w in words[position + 1 : position + 9] if w.text not in "()[]{}"]
            if word.plain == "at" and not bracketed and following[1:2] not in (["dot"], ["punto"]):
                continue
            if _MAIL_HOSTS.intersection(following):
                return True
            if any(
                mark in ("punto", ".", "dot") and after.isalpha() and len(after) < 6
                for mark, after in pairwise(following[1:])
            ):
                return True
    return False


def _bracketed(words: list[_Word], position: int) -> bool:
    """(at), [at], {at}."""
    return 0 < position < len(words) - 1 and words[position - 1].text in "([{" and words[position + 1].text in ")]}"


def _handle(text: str) -> bool:
    return any(
        text[at + 1 : at + 2].isalnum() and (at == 0 or not text[at - 1].isalnum())
        for at, mark in enumerate(text)
        if mark == "@"
    )


# ---- telephones and accounts, in digits and in words -------------------------------------------------------------------


def _long_numbers(words: list[_Word]) -> Iterable[str]:
    """Long numbers, however they are grouped, written or spelt: ten digits, or seven after «tel.» and the like."""
    chain: list[str] = []
    cue = -100
    for position, word in enumerate(words):
        if word.plain in _PHONE_CUES:
            cue = position
        piece = _digits_of(words, position)
        if piece is not None:
            chain.append(piece)
            continue
        if word.plain in ("y", "-", ".", "(", ")", "+", "guion") or (word.plain == "," and chain and _goes_on(words, position)):  # fmt: skip
            continue
        yield from _long_number(chain, near_cue=position - cue <= 2 * len(chain) + 8)
        chain = []
    yield from _long_number(chain, near_cue=len(words) - cue <= 2 * len(chain) + 8)


def _long_number(chain: list[str], near_cue: bool) -> Iterable[str]:
    if len(chain) > 1 and all(len(piece) == 4 and piece[:2] in ("19", "20") for piece in chain):
        return  # years
    digits = sum(map(len, chain))
    if digits in (16, 18):
        yield ACCOUNT
    elif digits >= 10 or (near_cue and digits >= 7):
        yield PHONE


def _goes_on(words: list[_Word], position: int) -> bool:
    """A comma between spelt digits, or groups of two and more: no thousands, and no list of single numbers."""
    before, after = words[position - 1], words[min(position + 1, len(words) - 1)]
    return before.text.isalpha() or (after.text.isdigit() and len(after.text) in (2, 4) and len(before.text) > 1)


def _digits_of(words: list[_Word], position: int) -> str | None:
    """The digits that a word stands for, None when it stands for none."""
    word = words[position]
    if word.text.isdigit():
        return word.text
    if word.plain in _UNITS:
        return _UNITS[word.plain]
    if word.plain in _TWO:
        return _TWO[word.plain]
    if word.plain in _TENS:  # «cincuenta y siete» is 57, «cincuenta» alone 50
        unit = position + 2 < len(words) and words[position + 1].plain == "y" and words[position + 2].plain in _UNITS
        return _TENS[word.plain] + ("" if unit else "0")
    if word.plain in _HUNDREDS:
        following = words[position + 1].plain if position + 1 < len(words) else ""
        more = following in _UNITS or following in _TWO or following in _TENS
        return _HUNDREDS[word.plain] + ("" if more else "00")
    read = word.text.translate(_OCR_DIGITS)
    digits = sum(c.isdigit() for c in word.text)
    return read if read.isdigit() and digits * 2 > len(word.text) else None


# ---- addresses -----------------------------------------------------------------------------------------------------------


def _has_address(words: list[_Word]) -> bool:
    """A street with its number, a number sign after a name, or a home with a number."""
    street = home = -100
    for position, word in enumerate(words):
        if word.plain in _STREETS or (word.plain == "c" and position + 1 < len(words) and words[position + 1].text == "/"):  # fmt: skip
            street = position
        elif word.plain in _HOME:
            home = position
        elif word.text in ".;!?" and word.text and not _abbreviated(words, position):
            street = home = -100
        elif _is_a_house(words, position):
            return True
        elif _is_house_number(words, position):
            before = words[position - 1].plain if position else ""
            signed = before in _NUMBER_SIGNS or (before == "." and position > 1 and words[position - 2].plain in _NUMBER_SIGNS)  # fmt: skip
            if signed and (
                position - street <= 12
                or position - home <= 12
                or (_capital_before(words, position) and not _counts_documents(words, position))
            ):
                return True
            if before not in _NOT_HOUSES and (1 < position - street <= 7 or (0 < position - home <= 8 and position - street <= 8)):  # fmt: skip
                return True
            if home >= 0 and position - home <= 6 and before not in _NOT_HOUSES:
                return True
    return False


def _abbreviated(words: list[_Word], position: int) -> bool:
    return words[position].text == "." and position > 0 and len(words[position - 1].plain) <= 4


def _number_after(words: list[_Word], position: int) -> bool:
    following = words[position + 1 : position + 3]
    return any(w.text.isdigit() for w in following) and following[0].plain != "de"  # «lote de 20 árboles»


_OF_A_HOUSE = frozenset({"vecina", "vecino", "habitante", "frente", "casa", "marcada"})


def _is_a_house(words: list[_Word], position: int) -> bool:
    """A lot with its number, or a house by its street's name alone."""
    if words[position].plain in ("manzana", "mza", "lote", "lt"):
        return _number_after(words, position)
    return words[position].plain in _OF_A_HOUSE and _lives_at(words, position)


def _lives_at(words: list[_Word], position: int) -> bool:
    """«Vecina de Roble 45», «frente al 45 de Roble»: a house by its street's name alone."""
    after = position + 1
    while after < min(len(words), position + 4) and words[after].plain in (
        "de",
        "del",
        "la",
        "las",
        "los",
        "al",
        "a",
        "con",
        "el",
    ):
        after += 1
    if after == len(words):
        return False
    if words[after].text.isdigit():  # «45 de Roble»
        named = words[after + 2 : after + 3] if words[after + 1 : after + 2] and words[after + 1].plain == "de" else []
        return 2 <= len(words[after].text) <= 5 and any(_is_a_street_s(w) for w in named)
    end = after
    while end < min(len(words), after + 4) and (_is_a_street_s(words[end]) or words[end].plain in _PARTICLES):
        end += 1
    said = end > after > position + 1 and words[position].plain in ("vecina", "vecino", "habitante")
    return said and end < len(words) and len(words[end].text) > 1 and _is_house_number(words, end)


def _is_a_street_s(word: _Word) -> bool:
    return (
        word.capital and word.text.isalpha() and len(word.text) > 3 and word.plain not in (_MONTHS | _PLACES | _BODIES)
    )


def _counts_documents(words: list[_Word], position: int) -> bool:
    """«Acuerdo No. 477/2026», «ruta n.º 45»: the number of a document or of a line."""
    return any(w.plain in _NUMBERED for w in words[max(0, position - 4) : position])


def _is_house_number(words: list[_Word], position: int) -> bool:
    word = words[position]
    number = word.text[:-1] if word.text[-1:].isalpha() and word.text[:-1].isdigit() else word.text
    spelt = word.plain in _HUNDREDS or (word.plain in _TWO and position > 0)
    if not spelt and not (number.isdigit() and len(number) <= 5 and number[0] != "0"):
        return False
    following = words[position + 1].plain if position + 1 < len(words) else ""
    signed = position > 0 and words[position - 1].plain in _NUMBER_SIGNS
    return following not in _COUNTED or (signed and following == "de")


def _capital_before(words: list[_Word], position: int) -> bool:
    return any(w.capital and w.text.isalpha() for w in words[max(0, position - 4) : position - 1])


# ---- names ---------------------------------------------------------------------------------------------------------------


def _has_name(words: list[_Word]) -> bool:
    given, surnames, _ = _lists()
    all_caps = _all_caps(words)
    position = 0
    while position < len(words):
        end = _run_end(words, position, all_caps)
        if end == position:
            position += 1
            continue
        if _is_person(words, position, end, all_caps) or _stranger_before(words, position, all_caps, surnames):
            return True
        position = end
    return any(
        _introduced(words, at, all_caps, given, surnames) or _strangers(words, at, all_caps) for at in range(len(words))
    )


def _strangers(words: list[_Word], start: int, all_caps: bool) -> bool:
    """Three words with a capital in a row, none of which begins a sentence or belongs to a body: a name that no list has."""
    three = words[start : start + 3]
    if len(three) < 3 or start == 0 or words[start - 1].text in (".", "!", "?", ":", "("):
        return False
    return (
        " ".join(w.plain for w in three) not in _PUBLIC_FIGURES
        and all(_unknown_capital(w, all_caps) and w.plain not in _PLACES and w.plain not in _BODIES for w in three)
        and not _is_place(words, start)
    )


def _all_caps(words: list[_Word]) -> bool:
    """Written in capitals throughout: then a capital says nothing."""
    return sum(w.shouted for w in words) * 2 > sum(w.text.isalpha() and len(w.text) > 1 for w in words)


def _stranger_before(words: list[_Word], start: int, all_caps: bool, surnames: frozenset[str]) -> bool:
    """«… Rábago Sandoval»: a capital that nobody knows before a surname, within a sentence and where no place is named."""
    if start < 2 or not _sure(words[start], surnames) or not words[start].capital:
        return False
    stranger, before = words[start - 1], words[start - 2]
    starts = before.text in (".", "!", "?", ":", ";")
    return _unknown_capital(stranger, all_caps) and not starts and stranger.plain not in _PLACES and not _is_place(words, start)  # fmt: skip


def _sure(word: _Word, names: frozenset[str]) -> bool:
    """In the list, and no everyday word."""
    return word.plain in names and word.plain not in _lists()[2]


def _perhaps(word: _Word, names: frozenset[str], all_caps: bool) -> bool:
    return (
        word.plain in names
        and (word.capital or word.plain not in _lists()[2])
        and (not all_caps or word.plain in names)
    )


def _unknown_capital(word: _Word, all_caps: bool) -> bool:
    return word.capital and not all_caps and word.text.isalpha() and len(word.text) > 2 and not word.shouted


def _surname_like(word: _Word) -> bool:
    return (
        word.capital and len(word.plain) > 4 and word.plain.isalpha() and word.plain.endswith(("ez", "iz", "oz", "uz"))
    )


def _name_like(word: _Word, all_caps: bool) -> bool:
    given, surnames, _ = _lists()
    return _perhaps(word, given, all_caps) or _perhaps(word, surnames, all_caps) or _surname_like(word)


def _run_end(words: list[_Word], start: int, all_caps: bool) -> int:
    """The end of the run of name-like words that begins here (`start` when none does)."""
    if not _name_like(words[start], all_caps) and not _initial(words, start):
        return start
    given = _lists()[0]
    end, sure = start + 1, _sure(words[start], given)
    while end < len(words):
        ahead = end
        while ahead < len(words) and ahead - end < 3 and (words[ahead].plain in _PARTICLES or (words[ahead].text == "." and ahead > 0 and len(words[ahead - 1].text) <= 2)):  # fmt: skip
            ahead += 1
        if ahead >= len(words):
            break
        word = words[ahead]
        if word.text == "," and ahead + 1 < len(words) and _sure(words[ahead + 1], given) and not sure:
            ahead, word = ahead + 1, words[ahead + 1]  # «Pérez López, Juan»
        joins = _name_like(word, all_caps) or _initial(words, ahead)
        only_dots = all(w.text == "." for w in words[end:ahead])
        if not joins and not (sure and only_dots and _unknown_capital(word, all_caps)):
            break
        sure = sure or _sure(word, given)
        end = ahead + 1
    return end


def _initial(words: list[_Word], position: int) -> bool:
    word = words[position]
    return len(word.text) == 1 and word.text.isupper() and position + 1 < len(words) and words[position + 1].text == "."


def _is_person(words: list[_Word], start: int, end: int, all_caps: bool) -> bool:
    given, surnames, _ = _lists()
    run = [w for w in words[start:end] if w.plain not in _PARTICLES and w.plain.isalpha()]
    if len(run) < 2 or " ".join(w.plain for w in words[start:end]) in _PUBLIC_FIGURES:
        return False
    if " ".join(w.plain for w in run) in _PUBLIC_FIGURES or _is_place(words, start) or _places_only(words, start, end):
        return False
    sure_given = sum(_sure(w, given) for w in run)
    sure_surname = sum(_sure(w, surnames) or _surname_like(w) for w in run)
    maybe_given = sum(w.capital and w.plain in given for w in run)
    maybe_surname = sum(w.capital and (w.plain in surnames or _surname_like(w)) for w in run)
    unknown = sum(not _name_like(w, all_caps) and _unknown_capital(w, all_caps) for w in run)
    if sure_given and sure_given + sure_surname >= 2:
        return True
    if (sure_given and (maybe_surname > 1 or (maybe_surname and run[0].plain in given))) or (sure_given and unknown):
        return True
    if sure_surname and (maybe_given or (sure_surname >= 2 and all(w.capital for w in run))):
        return True
    return bool(not all_caps and len(run) >= 2 and run[0].capital and run[0].plain in given and run[1].plain in surnames and run[1].capital)  # fmt: skip


def _places_only(words: list[_Word], start: int, end: int) -> bool:
    """«Barrio de San Miguel»; «Torres Landa y López Mateos», where two streets meet."""
    if words[start].plain in _PLACES and start + 1 < end and words[start + 1].plain in _PARTICLES:
        return True
    parts = " ".join(w.plain for w in words[start:end]).split(" y ")
    return len(parts) > 1 and all(part in _PUBLIC_FIGURES for part in parts)


def _is_place(words: list[_Word], start: int) -> bool:
    """A street, a school, a park that bears a name: no person."""
    for back in range(1, 6):
        if start - back < 0:
            return False
        word = words[start - back]
        if word.plain in _PLACES:
            return True
        before = [w.plain for w in words[max(0, start - back - 2) : start - back]]
        if word.plain in ("ninos", "infantes") and before == ["jardin", "de"]:
            return True
        honoured = word.plain == "a" and bool(before) and before[-1] in _HONOURS
        passes = (
            word.plain in _PARTICLES
            or word.plain in ("el", "al")
            or word.text.isdigit()
            or word.text == "."
            or honoured
        )
        if not passes and not (word.capital and word.text.isalpha()):
            return False
    return False


def _introduced(
    words: list[_Word], position: int, all_caps: bool, given: frozenset[str], surnames: frozenset[str]
) -> bool:
    """A name after «la señora», «mi hijo», «me llamo», «atentamente»."""
    after = position + 1
    if after < len(words) and words[after].text in ".:,":
        after += 1
    if after >= len(words):
        return False
    word = words[after]
    listed = word.plain in given or (word.plain in surnames and word.capital)
    known = listed and (word.capital or word.plain not in _lists()[2])
    if words[position].plain in _HONORIFICS and len(words[position].plain) > 1:
        if words[position].plain in _PROFESSIONS and words[position].capital and _school_before(words, position):
            return False
        own_child = words[position].plain in _CHILD and position > 0 and words[position - 1].plain in _KIN
        titled = own_child or words[position].plain in _TITLES or words[position].plain in _ACQUAINTANCES
        ahead = words[after + 1] if after + 1 < len(words) else word
        titled = titled or (ahead is not word and _unknown_capital(ahead, all_caps) and ahead.plain not in _BODIES)
        stranger = _unknown_capital(word, all_caps) and word.plain not in _PLACES | _BODIES | _PARTICLES
        return known or (titled and stranger)
    for cue in _CUES:
        start = position - len(cue) + 1
        if start >= 0 and tuple(w.plain for w in words[start : position + 1]) == cue:
            introduces = len(cue) > 1 or cue[0] == "apellidos" or words[after - 1].text == ":"
            return known or (introduces and _unknown_capital(word, all_caps))
    return False


_PROFESSIONS = frozenset({"arq", "dr", "dra", "doctor", "doctora", "ing", "ingeniero", "lic", "licenciado", "licenciada", "maestro", "maestra", "mtro", "mtra", "prof", "profr", "profra", "profesor", "profesora", "gral", "general"})  # fmt: skip
_SCHOOLS = frozenset({"auditorio", "biblioteca", "colegio", "escuela", "estadio", "hospital", "instituto", "jardin", "kinder", "parque", "plaza", "preescolar", "preparatoria", "primaria", "secundaria", "telesecundaria", "unidad", "deportiva", "museo", "teatro", "calle", "avenida", "bulevar", "blvd"})  # fmt: skip


def _school_before(words: list[_Word], position: int) -> bool:
    """«Escuela Primaria Profr. Juan B. Diosdado»: what bears a name with its title."""
    return any(w.plain in _SCHOOLS and w.capital for w in words[max(0, position - 2) : position])


# ---- minors --------------------------------------------------------------------------------------------------------------


def _has_minor(words: list[_Word]) -> bool:
    """An own child, or a child with an age below 18 or a school year."""
    for position, word in enumerate(words):
        if word.plain not in _CHILD:
            continue
        around = [w.plain for w in words[max(0, position - 8) : position + 14]]
        owned = position > 0 and words[position - 1].plain in _KIN
        if _age_in(words, max(0, position - 8), position + 14) and (owned or word.plain not in _PLURAL):
            return True
        if owned and _SCHOOL.intersection(around):
            return True
        if word.plain in ("menor", "menores") and "edad" in around and "iniciales" in around:
            return True
    return False


def _age_in(words: list[_Word], start: int, end: int) -> bool:
    for position in range(start, min(end, len(words) - 1)):
        following = words[position + 1].plain
        if following not in ("ano", "anos", "anito", "anitos", "meses"):
            continue
        digits = _digits_of(words, position)
        before = words[position - 1].plain if position else ""
        if digits is not None and len(digits) <= 2 and int(digits) < 18 and before not in ("hace", "llevamos", "desde"):
            return True
    return False
