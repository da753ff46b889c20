"""The first look at a dropped file, before any parser sees it: is it a file at all, of which kind, and is it affordable?"""

from __future__ import annotations

import enum
import os
import re
import stat
import unicodedata
import zipfile
from pathlib import Path

from ingest.reading import Limits, RefusedFile

_SNIFF = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARK = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
_LIST_OF_OBJECTS = re.compile(rb"\[\s*\{")
_WORKBOOK = re.compile(r"(?:^|/)workbook\d*\.(?:xml|bin)$")
"""Microsoft's own services write workbook2.xml; what it is called is said in the package's relationships."""
_WEB_PAGE = re.compile(rb"<(?:html|table|!doctype html)[\s>]")
_SYLK = re.compile(rb"ID;P\w*[^\r\n]*\r?\n[A-Z]{1,2};")
_DIF = re.compile(rb"TABLE\s*\r?\n0,1\s*\r?\n")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!")
_OLD_BOOK = re.compile(rb"\x09[\x00\x02\x04][\x04\x06]\x00", re.DOTALL)
_OTHER_KINDS = (
    (b"SQLite format 3", "una base de datos (SQLite o GeoPackage)"),
    (b"\x00\x01\x00\x00Stan", "una base de datos de Access"),
    (b"PAR1", "un archivo Parquet"),
    (b"{\\rtf", "un documento de texto (RTF)"),
    (b"\x89PNG", "una imagen"),
    (b"\xff\xd8\xff", "una imagen"),
    (b"GIF8", "una imagen"),
)
"""How the content of other programs begins, and what it is. Of pictures of a table nobody can take the rows."""
_OTHER_ZIPS = (
    (
        re.compile(r"\.iwa$|(?:^|/)index\.zip$"),
        "Es un documento de Numbers. En Numbers elija Archivo, Exportar a, Excel, y entregue ese XLSX.",
    ),
    (
        re.compile(r"(?:^|/)word/document\.xml$"),
        "Es un documento de Word. Copie la tabla a un libro y entréguelo como XLSX.",
    ),
    (
        re.compile(r"\.shp$"),
        "Es un shapefile comprimido. En el programa de mapas exporte la capa como GeoJSON en WGS 84 (EPSG:4326).",
    ),
    (re.compile(r"\.kml$"), "Es un KMZ. En el programa de mapas exporte la capa como GeoJSON en WGS 84 (EPSG:4326)."),
)
_MAP = re.compile(rb"<(?:kml|gpx|(?:\w+:)?featurecollection)[\s>]")
_STREAMS_OF_A_BOOK = ("Workbook", "Book", "WORKBOOK", "BOOK", "workbook", "book")
"""A container's streams know no case, and some reporting programs write them in capitals."""
_ZIP = b"PK\x03\x04"
_MAX_MEMBERS = 5000
_MAX_RATIO = 100
"""Real sheets of numbers unpack to 10-40 times their size; a bomb to 1,000 and more."""
_RATIO_APPLIES_FROM = 50_000_000
MAX_NAME = 200


class Kind(enum.Enum):
    """What the content is, whatever the name says."""

    TEXT = "csv"
    GEOJSON = "geojson"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"


def unsafe_name(name: str) -> str | None:
    """Why a dropped file's own name is refused, in Spanish; None when it is fine."""
    if "\x00" in name or any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        return "El nombre del archivo lleva caracteres invisibles de control. Escríbalo de nuevo."
    if any(unicodedata.category(char) == "Cf" for char in name):
        return "El nombre del archivo lleva marcas invisibles (de dirección o de ancho cero). Escríbalo de nuevo."
    if "/" in name or "\\" in name or name in ("", ".", "..") or ".." in name.split("."):
        return "El nombre del archivo no puede llevar diagonales ni subir de carpeta («../»)."
    if len(name) > MAX_NAME:
        return f"El nombre del archivo tiene {len(name)} caracteres; el límite es {MAX_NAME}."
    return None


def first_look(path: Path, limits: Limits) -> Kind:
    """The kind of a file that may be read. Raises RefusedFile for anything else."""
    reason = unsafe_name(path.name)
    if reason:
        raise RefusedFile(reason)
    size = _regular_size(path)
    if size == 0:
        raise RefusedFile("El archivo está vacío (0 bytes). Expórtelo de nuevo y revise que se guardó.")
    if size > limits.file_bytes:
        raise RefusedFile(too_large(size, limits.file_bytes))
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFF)
    except PermissionError:
        raise RefusedFile(
            "No hay permiso para leer el archivo. Pida que se le dé permiso de lectura y vuelva a dejarlo."
        ) from None
    if head.startswith(_ZIP):
        return _zip_kind(path, limits)
    if head.startswith(_OLE):
        return _ole_kind(path)
    return _text_kind(head)


def too_large(size: int, limit: int) -> str:
    """Why a file is refused for its size alone, in Spanish."""
    return f"El archivo pesa {size / 1e6:,.0f} MB y el límite es {limit / 1e6:,.0f} MB. Divídalo en partes."


def _regular_size(path: Path) -> int:
    try:
        status = os.lstat(path)
    except OSError:
        raise RefusedFile("El archivo ya no está o no se puede abrir. Vuelva a dejarlo en la carpeta.") from None
    if stat.S_ISLNK(status.st_mode):
        raise RefusedFile("Es un enlace a otro archivo, no un archivo. Deje una copia del archivo mismo.")
    if stat.S_ISDIR(status.st_mode):
        raise RefusedFile("Es una carpeta con nombre de archivo. Deje el archivo mismo.")
    if not stat.S_ISREG(status.st_mode):
        raise RefusedFile("No es un archivo común (es un dispositivo o una tubería). Deje el archivo mismo.")
    return status.st_size


def _text_kind(head: bytes) -> Kind:
    if head.startswith(_PACKED):
        raise RefusedFile("Es un archivo comprimido. Entregue el XLSX, el CSV o el GeoJSON que lleva dentro.")
    what = next((said for begins, said in _OTHER_KINDS if head.startswith(begins)), None)
    if what is None and (_SYLK.match(head) or _DIF.match(head) or _OLD_BOOK.match(head)):
        what = "una hoja de cálculo en un formato antiguo (SYLK, DIF o Excel 4)"
    if what is not None:
        raise RefusedFile(
            f"El contenido es {what}, que no se recibe. Ábralo en su programa y guarde los datos como XLSX o CSV; si es una capa de un mapa, "
            "como GeoJSON."
        )
    start = _BYTE_ORDER_MARK.sub(b"", head).replace(b"\x00", b"").lstrip()  # UTF-16 has a zero beside each ASCII letter
    if start.startswith((b"{", b"\x1e{")) or _LIST_OF_OBJECTS.match(start):
        return Kind.GEOJSON
    lowered = start.lower()
    if _MAP.search(lowered):
        raise RefusedFile(
            "El contenido es una capa en KML, GML o GPX, que no se recibe. En el programa de mapas elija exportar y, como formato, "
            "GeoJSON en WGS 84 (EPSG:4326)."
        )
    if lowered.startswith(b"<") or lowered.startswith((b"mime-version:", b"from:")) or _WEB_PAGE.search(lowered):
        raise RefusedFile(
            "El contenido es una página web o un XML (así lo guardan algunos sistemas, aunque el nombre diga .xls), no una hoja de cálculo. "
            "Ábralo en Excel o LibreOffice, elija «Guardar como», tipo «Libro de Excel (.xlsx)», y entregue ese archivo."
        )
    if start.startswith(b"%PDF"):
        raise RefusedFile("El contenido es un PDF. Entregue la hoja de cálculo o el CSV del que salió.")
    return Kind.TEXT


def _ole_kind(path: Path) -> Kind:
    """An OLE container holds an old workbook, or a new one under a password, or a document of another program."""
    content = path.read_bytes()
    if _in_ole("EncryptedPackage") in content:
        raise RefusedFile(
            "El libro está protegido con contraseña. Ábralo con ella, quítesela (Archivo, Información, Proteger libro) y vuelva a entregarlo."
        )  # fmt: skip
    if not any(_in_ole(name) in content for name in _STREAMS_OF_A_BOOK):
        raise RefusedFile(
            "El contenido es un documento de otro programa (Word, PowerPoint, correo…), no una hoja de cálculo. Entregue el libro o el CSV."
        )  # fmt: skip
    return Kind.XLS


def _in_ole(name: str) -> bytes:
    """A stream's name as the container's directory writes it."""
    return name.encode("utf-16-le") + b"\x00\x00"


def _zip_kind(path: Path, limits: Limits) -> Kind:
    """XLSX and ODS are zips: look at the list of members before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            kind = _member_kind(archive, names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        raise RefusedFile(
            "El libro está dañado o incompleto. Ábralo, guárdelo de nuevo y vuelva a entregarlo."
        ) from None
    if len(members) > _MAX_MEMBERS:
        raise RefusedFile("El libro tiene demasiadas partes por dentro. Copie los datos a un libro nuevo.")
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in names):
        raise RefusedFile("El libro trae por dentro rutas que se salen de él. Copie los datos a un libro nuevo.")
    contents: dict[str, int] = {}
    if any(contents.setdefault(_part_name(m.filename), m.CRC) != m.CRC for m in members):
        raise RefusedFile(
            "El libro trae por dentro dos versiones de una misma parte y no se sabe cuál vale. Ábralo, revíselo, guárdelo con otro nombre y "
            "entregue ese."
        )
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    if unpacked > limits.unzipped_bytes or (unpacked > _RATIO_APPLIES_FROM and unpacked > _MAX_RATIO * packed):
        raise RefusedFile(
            f"El libro ocupa {unpacked / 1e6:,.0f} MB al abrirlo, mucho más de lo que pesa: suele tener millones de celdas vacías con formato. "
            "Copie solo los datos a un libro nuevo."
        )
    return kind


def _part_name(member: str) -> str:
    """Part names know no case, and some programs write them with backslashes."""
    return member.replace("\\", "/").casefold()


def _member_kind(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    lowered = set(map(_part_name, names))
    if any(_WORKBOOK.search(name) and name.endswith(".bin") for name in lowered):
        raise RefusedFile("Es un libro binario (XLSB), que no se recibe. Guárdelo como XLSX.")
    if "mimetype" in names and archive.read("mimetype")[:60].startswith(
        b"application/vnd.oasis.opendocument.spreadsheet"
    ):
        return Kind.ODS
    if "[content_types].xml" in lowered and any(map(_WORKBOOK.search, lowered)):
        return Kind.XLSX
    for pattern, told in _OTHER_ZIPS:
        if any(map(pattern.search, lowered)):
            raise RefusedFile(told)
    raise RefusedFile(
        "Es un archivo comprimido, no una hoja de cálculo. Entregue el XLSX, el CSV o el GeoJSON que lleva dentro."
    )
